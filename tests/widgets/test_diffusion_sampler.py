"""The sampler in the page: the same points as torch's samplers from the same noise; bad input."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.core.errors import (
    AigcError,
    ChoiceError,
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
)
from aigc_teach.models import Diffusion, samplers
from aigc_teach.nn import DenoisingMLP, UNet
from aigc_teach.widgets import DiffusionSampler
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
PARTS = ("core", "controls", "network", "timed", "denoiser", "diffusion_sampler")

RUNNER = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync("given.json"));
const net = makeDenoiser(given.plan, new Uint8Array(readFileSync("weights.bin")));
const abar = new Float32Array(new Uint8Array(readFileSync("abar.bin")).buffer), T = abar.length - 1;
const films = given.cases.map(({ kind, steps, guidance, noise }) => {
  const times = evenTimes(T, steps), film = [Float32Array.from(noise[0])];
  let drawn = 0;
  const normal = () => noise[1][drawn++];
  const guided = (p, t) => net.guided(p, t / T, given.labels, guidance);
  const ask = (p, t) => noiseEstimate(given.target, guided(p, t), p, abar[t]);
  for (let k = 0; k < steps; k++) {
    film.push(samplerStep(kind, ask, film[k], times[k], times[k + 1], abar, normal).x);
  }
  return film.map((x) => Array.from(x));
});
const { x: shown, labels, data, dataLabels } = given.judged;
const judged = judgePoints(shown, labels, data, dataLabels);
const answers = given.cases.map(
  ({ kind, steps, guidance }) => answersOf(kind, steps, steps, guidance));
const times = given.counts.map((steps) => evenTimes(T, steps));
const used = process.cpuUsage().user, x = Float32Array.from(given.cases[0].noise[0]);
for (let turn = 0; turn < 20; turn++) net.guided(x, 0.5, given.labels, 2);
const cpu = (process.cpuUsage().user - used) / 1000 / 20;
console.log(JSON.stringify({ films, judged, answers, times, cpu }));
"""


def halved(model: Diffusion) -> Diffusion:
    """With the weights that the page gets, and answers that are not all zero."""
    for name, weight in model.named_parameters():
        if name.startswith("net.outward"):
            torch.nn.init.normal_(weight, std=0.2)
        weight.data = weight.data.half().float()
    return model.eval()


def model(target: str = "v", **settings) -> Diffusion:
    torch.manual_seed(0)
    return halved(Diffusion((2,), width=64, target=target, **({"n_classes": 2} | settings)))


def sampler(made: Diffusion, **settings) -> DiffusionSampler:
    points = torch.randn(40, 2, generator=make_generator(3))
    labels = torch.arange(40) % made.n_classes if made.n_classes else None
    given = {"points": points, "labels": labels, "target": made.target}
    return DiffusionSampler(made.net, made.abar, **(given | settings))


def in_page(widget: DiffusionSampler, folder, **given) -> dict:
    given |= {"plan": widget.plan, "target": widget.target}
    (folder / "given.json").write_text(json.dumps(given))
    (folder / "weights.bin").write_bytes(widget.weights)
    (folder / "abar.bin").write_bytes(widget.abar)
    script = page_script(*PARTS).replace("export default", "void")
    (folder / "run.mjs").write_text(script + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def noise_of(kind: str, n: int, steps: int, seed: int) -> list[list[float]]:
    """The numbers that torch's sampler draws, in its order: the start, then one set a step."""
    g = make_generator(seed)
    start = torch.randn(n, 2, generator=g)
    fresh = [torch.randn(n, 2, generator=g) for _ in range(steps - 1)] if kind == "ddpm" else []
    return [start.flatten().tolist(), torch.stack(fresh).flatten().tolist() if fresh else []]


@needs_node
@pytest.mark.parametrize("target", ["v", "eps", "x0"])
def test_every_frame_equals_torch_on_the_same_noise(target, tmp_path):
    n, made = 20, model(target, schedule="linear" if target == "eps" else "cosine")
    asked = torch.arange(n) % 2
    rows = [(kind, steps, w) for kind in samplers.KINDS for steps, w in ((1, 1.0), (16, 1.5))]
    rows += [("ddim", 7, 0.0), ("heun", 6, 4.0)]
    cases = [
        {"kind": kind, "steps": steps, "guidance": w, "noise": noise_of(kind, n, steps, 5)}
        for kind, steps, w in rows
    ]
    judged = {"x": [0.0, 0.0, 3.0, 0.0], "labels": [0, 1], "dataLabels": [0, 0, 1, 1],
              "data": [0.0, 1.0, 0.0, -1.0, 4.0, 1.0, 4.0, -1.0]}  # fmt: skip
    counts = list(range(1, 51))
    page = in_page(
        sampler(made), tmp_path, cases=cases, labels=asked.tolist(), judged=judged, counts=counts
    )
    assert page["times"] == [samplers.even_times(1000, count) for count in counts]
    for (kind, steps, w), case, film in zip(rows, cases, page["films"], strict=True):
        settings = {"sampler": kind, "steps": steps, "guidance": w, "condition": asked}
        with torch.no_grad():
            torchs = list(made.trajectory(n, generator=make_generator(5), **settings))
        assert len(film) == len(torchs) == steps + 1
        for k, (mine, x) in enumerate(zip(film, torchs, strict=True)):
            size = max(1.0, x.abs().max().item())
            off = (torch.tensor(mine).view(n, 2) - x).abs().max().item()
            assert off < 1e-4 * size, (case["kind"], steps, w, k, off)
        assert torchs[-1].std() > 0.05, "points on one spot would prove nothing"
    assert page["answers"] == [
        samplers.evaluations(kind, steps) * (1 if w in (0, 1) else 2) for kind, steps, w in rows
    ]
    assert page["judged"] == {"obeys": 1.0, "spread": 0.0}
    assert page["cpu"] < 20  # processor time of one guided answer for all points, ms


@needs_node
def test_a_net_without_labels(tmp_path):
    made = model(n_classes=0)
    case = {"kind": "ddim", "steps": 9, "guidance": 1.0, "noise": noise_of("ddim", 8, 9, 1)}
    judged = {"x": [0, 0], "labels": [0], "data": [0, 0, 1, 1], "dataLabels": [0, 0]}
    page = in_page(sampler(made), tmp_path, cases=[case], labels=[0] * 8, judged=judged, counts=[3])
    with torch.no_grad():
        *_, x = made.trajectory(8, sampler="ddim", steps=9, generator=make_generator(1))
    assert torch.allclose(torch.tensor(page["films"][0][-1]).view(8, 2), x, atol=1e-4)


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"net": UNet((1, 8, 8), width=8, depth=1)}, DtypeError, "model.net"),
        ({"net": DenoisingMLP((3,), width=8)}, DtypeError, "points"),
        ({"net": DenoisingMLP(width=256, n_classes=2)}, AigcError, "smaller width"),
        ({"abar": torch.linspace(0, 1, 101)}, ShapeError, "falling from 1"),
        ({"abar": torch.linspace(1, 0.1, 9)}, ShapeError, "at least 50"),
        ({"points": torch.zeros(40, 3)}, ShapeError, r"\[N, 2\]"),
        ({"points": torch.zeros(501, 2)}, ShapeError, "2 to 500"),
        ({"points": torch.full((40, 2), torch.nan)}, RangeError, "NaN"),
        ({"labels": torch.zeros(40, dtype=torch.int64)}, DataError, r"each of \[0, 1\]"),
        ({"labels": torch.arange(39) % 2}, DataError, r"\[40\]"),
        ({"names": ["left"]}, DataError, "2 labels; you gave 1"),
        ({"guidance": 9}, RangeError, "from 0 to 8"),
        ({"steps": 51}, RangeError, "steps=51"),
        ({"sampler": "euler"}, ChoiceError, "euler"),
        ({"target": "score"}, ChoiceError, "score"),
    ],
)
def test_bad_input_is_a_sentence(change, error, words):
    made = model()
    settings = {"net": made.net, "abar": made.abar, "points": torch.randn(40, 2)}
    settings |= {"labels": torch.arange(40) % 2} | change
    net, abar = settings.pop("net"), settings.pop("abar")
    with pytest.raises(error, match=words):
        DiffusionSampler(net, abar, **settings)


def test_guidance_without_labels_is_refused():
    made = model(n_classes=0)
    with pytest.raises(RangeError, match="without any"):
        DiffusionSampler(made.net, made.abar, points=torch.randn(9, 2), guidance=2)


def test_size_and_state():
    widget = sampler(model(), names=["left", "right"], steps=16, guidance=1.5)
    raw = sum(len(getattr(widget, name)) for name in ("weights", "abar", "points", "labels"))
    assert raw * 4 / 3 < 150_000, "base64 in the page"
    assert widget.at == widget.steps == 16 and widget.first["guidance"] == 1.5
    assert repr(widget).startswith("Out of the noise. A cloud of 40 points that come out of noise")
    widget.guidance = 4.0  # as a saved notebook hands it back
    assert widget.get_state(["guidance"]) == {"guidance": 4.0}
    assert np.frombuffer(widget.points, "<f4").shape == (80,)
