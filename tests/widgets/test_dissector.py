"""The bound dissector: its Python side, and the page's arithmetic against the exact model."""

from __future__ import annotations

import json
import math
import shutil
import subprocess

import pytest
import torch

from aigc_teach.core.errors import AigcError
from aigc_teach.losses import bound
from aigc_teach.models import LinearGaussian
from aigc_teach.widgets import BoundDissector
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.dissector import LIMITS

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
NAMES = ("x", "weight", "noise", "beta", "mean", "spread")


def in_node(folder, code: str, given):
    """Run `code` after the page's own script; it finds `given` and calls `tell(result)`."""
    script = page_script("core", "chart", "controls", "dissector").replace("export default", "0,")
    head = f"const given = {json.dumps(given)}; const tell = (r) => console.log(JSON.stringify(r));"
    (folder / "run.mjs").write_text(f"{script}\n{head}\n{code}", encoding="utf-8")
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def states(count: int = 200) -> list[dict]:
    """Random states, and every corner of the sliders' ranges."""
    generator = torch.Generator().manual_seed(0)
    shares = torch.rand(count, len(NAMES), generator=generator, dtype=torch.float64)
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * len(NAMES))
    rows = []
    for row in torch.cat([shares, corners]).tolist():
        ends = [LIMITS[name] for name in NAMES]
        rows.append({n: a + s * (b - a) for n, s, (a, b) in zip(NAMES, row, ends, strict=True)})
    return rows


def exact(state: dict):
    def column(value):
        return torch.tensor([[value]], dtype=torch.float64)

    model = LinearGaussian(column(state["weight"]), sigma=state["noise"])
    x, q = column(state["x"]), (column(state["mean"]), column(state["spread"] ** 2))
    return model, x, q


@needs_node
def test_every_term_equals_the_models(tmp_path):
    rows = states()
    results = in_node(tmp_path, "tell(given.map(dissect))", rows)
    for state, got in zip(rows, results, strict=True):
        model, x, q = exact(state)
        terms = {name: value.item() for name, value in model.terms(x, *q)._asdict().items()}
        for name, value in terms.items():
            assert got[name] == pytest.approx(value, rel=1e-9, abs=1e-9), (name, state)
        weighted = terms["reconstruction"] - state["beta"] * terms["kl"]
        assert got["weighted"] == pytest.approx(weighted, rel=1e-9, abs=1e-9)
        mean, covariance = model.posterior(x)
        assert got["posterior"]["mean"] == pytest.approx(mean.item(), abs=1e-12)
        assert got["posterior"]["spread"] == pytest.approx(covariance.sqrt().item(), rel=1e-12)


@needs_node
def test_the_three_writings_agree_and_the_gap_is_never_negative(tmp_path):
    for t in in_node(tmp_path, "tell(given.map(dissect))", states()):
        assert t["gap"] >= -1e-12
        for other in (t["evidence"] - t["gap"], t["energy"] + t["entropy"]):
            assert other == pytest.approx(t["bound"], rel=1e-9, abs=1e-9)


@needs_node
def test_the_posterior_fits_into_the_sliders_everywhere(tmp_path):
    for p in in_node(tmp_path, "tell(given.map(posteriorOf))", states()):
        assert LIMITS["mean"][0] <= p["mean"] <= LIMITS["mean"][1]
        assert LIMITS["spread"][0] <= p["spread"] <= LIMITS["spread"][1]


@needs_node
def test_the_best_q_for_beta_is_beaten_by_no_other(tmp_path):
    rows = states(60)
    best = in_node(tmp_path, "tell(given.map(bestFor))", rows)
    for state, q in zip(rows, best, strict=True):
        at_edge = any(
            math.isclose(q[name], end, abs_tol=1e-9) for name in q for end in LIMITS[name]
        )
        if at_edge or state["beta"] == 0:  # there the best is cut off by the slider, or is no q
            continue

        def objective(mean, spread, state=state):
            model, x, _ = exact(state)
            values = [torch.tensor([[v]], dtype=torch.float64) for v in (mean, spread**2)]
            t = model.terms(x, *values)
            return (t.reconstruction - state["beta"] * t.kl).item()

        top = objective(**q)
        for dm, ds in [(0.01, 1), (-0.01, 1), (0, 1.01), (0, 0.99)]:
            assert objective(q["mean"] + dm, q["spread"] * ds) <= top + 1e-9


@needs_node
def test_the_bound_of_k_draws(tmp_path):
    """From the page's own noise as torch computes it: exact at K = 1, then towards log p(x)."""
    state = {"x": 2.5, "weight": 2.0, "noise": 1.0, "beta": 1.0, "mean": 0.6, "spread": 0.6}
    code = (
        "const eps = seededNormals(ROUNDS * MOST_DRAWS, 7);"
        "tell({ eps: [...eps], all: [1, 5, 50, 64].map((k) => boundOfDraws(given, k, eps)) })"
    )
    got = in_node(tmp_path, code, state)
    model, x, (mean, variance) = exact(state)
    eps = torch.tensor(got["eps"], dtype=torch.float64).view(300, 64, 1)
    assert abs(eps.mean().item()) < 0.03 and abs(eps.std().item() - 1) < 0.03
    assert abs((eps**4).mean().item() - 3) < 0.25  # the tails are those of a Gaussian
    z = mean + variance.sqrt() * eps  # [300, 64, 1]
    log_w = model.log_joint(x, z.transpose(0, 1)) - bound.gaussian_log_prob(
        z.transpose(0, 1), mean, variance.log()
    )  # [64, 300]
    elbo = model.elbo(x, mean, variance).item()
    for k, page in zip([1, 5, 50, 64], got["all"], strict=True):
        gain = bound.importance_weighted_bound(log_w[:k]) - log_w[:k].mean(0)
        assert page["value"] == pytest.approx(elbo + gain.mean().item(), abs=1e-9)
        assert page["error"] == pytest.approx(gain.std().item() / math.sqrt(300), abs=1e-6)
    values = [page["value"] for page in got["all"]]
    assert values[0] == pytest.approx(elbo, abs=1e-12) and values == sorted(values)
    assert values[-1] == pytest.approx(model.log_prob(x).item(), abs=0.05)


@needs_node
def test_no_end_of_any_slider_gives_nan(tmp_path):
    code = (
        "const eps = seededNormals(ROUNDS * MOST_DRAWS, 7);"
        "tell(given.map((s) => { const t = dissect(s), k = boundOfDraws(s, 64, eps);"
        "const r = rangeOf(columnsOf(t, s.beta, k));"
        "const q = bestFor(s);"
        "return [t.bound, t.weighted, k.value, k.error, ...r, q.mean, q.spread]; }))"
    )
    for row in in_node(tmp_path, code, states(20)):
        assert all(isinstance(v, int | float) and math.isfinite(v) for v in row)  # NaN is null
        assert row[4] < 0 < row[5]


def test_what_is_given_is_kept():
    tool = BoundDissector(x=-1, weight=0.5, noise=2, beta=0, mean=1, spread=0.3, draws=50)
    assert (tool.x, tool.weight, tool.noise, tool.beta) == (-1.0, 0.5, 2.0, 0.0)
    assert (tool.mean, tool.spread, tool.draws) == (1.0, 0.3, 50)
    assert "x = -1" in tool.alt and "The bound, taken apart" in repr(tool)


def test_the_alternative_text_states_the_posterior():
    assert "mean 1.00 and spread 0.45" in BoundDissector(x=2.5, weight=2.0, noise=1.0).alt


@pytest.mark.parametrize(
    "options, words",
    [
        ({"x": 4}, "between -3 and 3"),
        ({"noise": 0.0}, "between 0.4 and 3"),
        ({"spread": math.nan}, "between 0.05 and 3"),
        ({"beta": -1}, "between 0 and 4"),
        ({"mean": "middle"}, "must be a number"),
        ({"weight": True}, "must be a number"),
        ({"draws": 0}, "at least 1"),
        ({"draws": 1000}, "at most 64"),
        ({"draws": 2.5}, "whole number"),
    ],
)
def test_bad_input_is_told_in_a_sentence(options, words):
    with pytest.raises(AigcError) as told:
        BoundDissector(**options)
    assert words in str(told.value)
