"""PipelineBreaker: what Python checks, and the page's arithmetic against torch, run by node."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import zlib

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core.errors import ChoiceError, DataError, RangeError, ShapeError
from aigc_teach.models.density import cholesky_with, gaussian_log_density
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.pipeline import STAGES, PipelineBreaker, principal_components

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
WHOLE = {stage: options[0][0] for stage, options in STAGES.items()}
SINGLE = [(s, option[0]) for s, options in STAGES.items() for option in options[1:]]

READ = """
import { readFileSync } from "node:fs";
const { scales, sizes, runs } = JSON.parse(readFileSync("given.json"));
const numbers = (name, scale) => {
  const bytes = readFileSync(name);
  return Float32Array.from(new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2), (v) => v * scale);
};
const all = numbers("basis", scales[0]), codes = numbers("codes", scales[1]);
const labels = new Uint8Array(readFileSync("labels"));
const work = makePipework({ mean: all.slice(0, 784), directions: all.slice(784), codes, labels, sizes });
const run = (choices, seed) => { const drawn = work.draw(choices, seed); return { ...drawn, ...work.measure(choices, drawn) }; };
"""  # noqa: E501


def breaker(**options):
    train, held_out = data.digits("train"), data.digits("held_out")
    return PipelineBreaker(train.x, train.labels, held_out.x, held_out.labels, **options)


@pytest.fixture(scope="module")
def widget():
    return breaker()


def node(folder, script, widget, runs=()):
    for name in ("basis", "codes", "labels"):
        (folder / name).write_bytes(zlib.decompress(getattr(widget, name)))
    given = {"scales": widget.scales, "sizes": widget.sizes, "runs": list(runs)}
    (folder / "given.json").write_text(json.dumps(given))
    (folder / "run.mjs").write_text(page_script("gaussians", "pipework") + READ + script)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def packed_codes(widget):
    codes = np.frombuffer(zlib.decompress(widget.codes), dtype="<i2") * widget.scales[1]
    labels = np.frombuffer(zlib.decompress(widget.labels), dtype=np.uint8)
    return torch.tensor(codes.reshape(-1, widget.sizes[0])).double(), torch.tensor(labels).long()


def test_the_page_holds_the_digits_as_codes(widget):
    train = data.digits("train").x[:1000].flatten(1)
    mean, directions = principal_components(train, 40)
    codes, labels = packed_codes(widget)
    assert torch.allclose(codes[:1000].float(), (train - mean) @ directions.T, atol=1e-3)
    assert torch.equal(labels[:1000], data.digits("train").labels[:1000])
    assert torch.allclose(directions @ directions.T, torch.eye(40), atol=1e-4)
    assert len(widget.basis) + len(widget.codes) < 160_000


def test_choices_are_checked_and_completed(widget):
    assert widget.choices == WHOLE
    widget.choices = {"model": "single"}
    assert widget.choices == WHOLE | {"model": "single"}
    with pytest.raises(ChoiceError, match="pixelwise"):
        widget.choices = {"model": "huge"}
    with pytest.raises(ChoiceError, match="feedback"):
        widget.choices = {"marketing": "none"}
    widget.choices = WHOLE


def test_each_break_has_words_and_a_sentence():
    assert len(STAGES) == 7
    for options in STAGES.values():
        assert len(options) >= 3 and options[0][2] == ""
        assert all(words and sentence.endswith(".") for _, words, sentence in options[1:])


def test_bad_digits_are_told_in_a_sentence():
    x, labels = data.digits("held_out")
    with pytest.raises(ShapeError, match="labels"):
        PipelineBreaker(x, labels[:-1], x, labels)
    with pytest.raises(RangeError, match=r"\[-1, 1\]"):
        PipelineBreaker(x * 200, labels, x, labels)
    with pytest.raises(DataError, match="0 to 9"):
        PipelineBreaker(x[labels != 3], labels[labels != 3], x, labels)
    with pytest.raises(DataError, match="components"):
        PipelineBreaker(x, labels, x, labels, components=900)
    with pytest.raises(RangeError, match="at least 2"):
        breaker(components=1)


def test_words_stand_where_no_page_is_drawn(widget):
    text = widget._repr_mimebundle_()
    text = (text[0] if isinstance(text, tuple) else text)["text/plain"]
    assert "seven stages" in text


@needs_node
def test_gaussians_are_torchs(widget, tmp_path):
    script = """
    const [n, D] = [200, sizes[0]], which = Array.from({ length: n }, (_, i) => i);
    const { mean, covariance } = meanAndCovariance(codes, which, D), root = cholesky(covariance, D, 0.1);
    const logs = which.slice(0, 20).map((r) => logGaussian(codes, r * D, mean, root, D));
    const random = makeRandom(7), normals = Array.from({ length: 40000 }, random.normal);
    const uniforms = Array.from({ length: 20000 }, random.uniform);
    console.log(JSON.stringify({ mean: [...mean], covariance: [...covariance], root: [...root], logs, normals,
      uniforms, sums: [logSumExp([-2000, -2001]), logSumExp([900, 902, 3])] }));
    """  # noqa: E501
    got = {k: torch.tensor(v).double() for k, v in node(tmp_path, script, widget).items()}
    x = packed_codes(widget)[0][:200]
    covariance = torch.cov(x.T, correction=0)
    root = cholesky_with(covariance, 0.1)
    assert torch.allclose(got["mean"], x.mean(0), atol=1e-4)
    assert torch.allclose(got["covariance"].view(40, 40), covariance, atol=1e-3)
    assert torch.allclose(got["root"].view(40, 40), root, atol=1e-3)
    assert torch.allclose(got["logs"], gaussian_log_density(x[:20], x.mean(0), root), rtol=1e-3)
    expected = [torch.tensor(v).logsumexp(0).item() for v in ([-2000.0, -2001.0], [900.0, 902, 3])]
    assert got["sums"].tolist() == pytest.approx(expected)
    normals, uniforms = got["normals"], got["uniforms"]
    assert abs(normals.mean()) < 0.02 and abs(normals.std() - 1) < 0.02
    assert abs((normals**4).mean() - 3) < 0.2 and 0 < uniforms.min() < uniforms.max() < 1
    assert abs((normals[1:] * normals[:-1]).mean()) < 0.02 and abs(uniforms.mean() - 0.5) < 0.01


@needs_node
def test_the_fit_and_the_surprise_are_torchs(widget, tmp_path):
    script = """
    const { model } = work.fit(runs[0]);
    const sums = [5, 700].map((seed) => { const r = makeRandom(seed); return [r.normal(), r.normal()]; });
    const noise = makeRandom(4), drawn = Array.from({ length: 100 * sizes[0] }, noise.normal);
    console.log(JSON.stringify({ roots: model.map((g) => [...g.noisy]), means: model.map((g) => [...g.mean]),
      drawn, surprise: run(runs[0], 0).surprise }));
    """  # noqa: E501
    got = node(tmp_path, script, widget, [WHOLE])
    codes, labels = packed_codes(widget)
    train, classes = codes[:1000], labels[:1000]
    own = torch.stack([torch.cov(train[classes == k].T, correction=0) for k in range(10)])
    weights = torch.bincount(classes) / 1000.0
    pooled = (weights[:, None, None] * own).sum(0)
    roots = cholesky_with(0.8 * own + 0.2 * pooled, 0.1)
    means = torch.stack([train[classes == k].mean(0) for k in range(10)])
    assert torch.allclose(torch.tensor(got["means"]).double(), means, atol=1e-4)
    assert torch.allclose(torch.tensor(got["roots"]).double().view(10, 40, 40), roots, atol=1e-3)
    noisy = codes[1000:] + 0.1 * torch.tensor(got["drawn"]).double().view(100, 40)
    parts = torch.distributions.MultivariateNormal(means, scale_tril=roots)
    mixed = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(weights), parts)
    floor = 40 * 0.5 * np.log2(2 * np.pi * np.e * 0.01)
    expected = -mixed.log_prob(noisy).mean().item() / np.log(2) - floor
    assert got["surprise"] == pytest.approx(expected, rel=1e-3)


@needs_node
def test_judge_bytes_and_measures_are_torchs(widget, tmp_path):
    script = """
    const { bytes, ...rest } = run(runs[0], 3);
    const { limit, realDistance: real } = work;
    console.log(JSON.stringify({ bytes: [...bytes], limit, real, ...rest }));
    """
    got = node(tmp_path, script, widget, [WHOLE])
    codes, labels = packed_codes(widget)
    basis = np.frombuffer(zlib.decompress(widget.basis), dtype="<i2") * widget.scales[0]
    mean, directions = torch.tensor(basis[:784]), torch.tensor(basis[784:]).view(40, 784)
    train = mean + codes[:1000] @ directions
    real = torch.cdist(mean + codes[1000:] @ directions, train).min(1).values
    assert got["limit"] == pytest.approx(real.sort().values[95].item(), rel=1e-3)
    assert got["real"] == pytest.approx(real.mean().item(), rel=1e-3)
    y = torch.tensor(got["bytes"]).double().view(30, 784) / 127.5 - 1
    nearest, at = torch.cdist(y, train).min(1)
    asked, accepted = torch.arange(30) % 10, nearest <= got["limit"]
    assert got["distance"] == pytest.approx(nearest.mean().item(), rel=1e-3)
    assert got["digits"] == int(accepted.sum())
    assert got["asked"] == int((accepted & (labels[:1000][at] == asked)).sum())
    same = torch.triu(asked[:, None] == asked, diagonal=1)
    own, unseen = labels[1000:], codes[1000:]
    real_same = torch.triu(own[:, None] == own, diagonal=1)
    variety = torch.cdist(y, y)[same].mean() / torch.cdist(unseen, unseen)[real_same].mean()
    assert got["variety"] == pytest.approx(variety.item(), rel=1e-3)


@needs_node
def test_every_break_does_the_damage_that_its_sentence_says(widget, tmp_path):
    runs = [WHOLE] + [WHOLE | {stage: choice} for stage, choice in SINGLE]
    script = """
    console.log(JSON.stringify(runs.map((choices) => {
      const { bytes, ...rest } = run(choices, 0);
      return { ...rest, black: bytes.filter((b) => b < 2).length / bytes.length, sum: bytes.reduce((a, b) => a + b) };
    })));
    """  # noqa: E501
    whole, *broken = node(tmp_path, script, widget, runs)
    got = dict(zip([choice for _, choice in SINGLE], broken, strict=True))
    assert whole["digits"] >= 22 and whole["asked"] >= 19 and 0.7 < whole["variety"] < 1
    assert got["no_sevens"]["asked"] < whole["asked"]
    assert got["few"]["digits"] >= 28 and got["few"]["surprise"] > 5 * whole["surprise"]
    assert got["shuffled"]["asked"] <= 7
    assert got["unit"]["digits"] == 0 and got["unit"]["surprise"] == whole["surprise"]
    assert got["flip"]["surprise"] == whole["surprise"] and got["flip"]["digits"] < 15
    assert got["single"]["asked"] <= 7 and got["single"]["surprise"] > whole["surprise"]
    assert got["pixelwise"]["digits"] < 12 and got["pixelwise"]["surprise"] > 400
    assert got["cold"]["variety"] == 0 and got["cold"]["digits"] == 30
    assert got["hot"]["digits"] < 15 and got["hot"]["variety"] > 1
    assert got["unscaled"]["black"] > 0.99 and got["unscaled"]["asked"] == 3  # three ones asked for
    assert got["wrap"]["digits"] < 5 and got["wrap"]["outside"] == whole["outside"]
    assert got["seen"]["surprise"] < whole["surprise"] and got["seen"]["sum"] == whole["sum"]
    assert got["polite"]["digits"] == 30 and got["polite"]["sum"] == whole["sum"]
    assert got["own"]["variety"] < 0.9 * whole["variety"]
    assert got["best"]["variety"] < 0.5 and got["best"]["digits"] >= 28


@needs_node
def test_all_combinations_give_finite_numbers(widget, tmp_path):
    names = list(STAGES)
    options = [[option[0] for option in STAGES[name]] for name in names]
    runs = [dict(zip(names, picked, strict=True)) for picked in itertools.product(*options)]
    script = """
    const bad = runs.filter((choices) => {
      const { bytes, ...rest } = run(choices, 1);
      return bytes.length !== 30 * 784 || !Object.values(rest).every(Number.isFinite);
    });
    console.log(JSON.stringify(bad));
    """
    fit_dear = [run for run in runs if run["generate"] != "one" or run["evaluate"] == "seen"]
    assert len(fit_dear) > 2000
    assert node(tmp_path, script, widget, fit_dear[::7]) == []
