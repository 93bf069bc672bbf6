"""DivergenceExplorer: bad input is told in a sentence; the page's numbers equal the package's."""

from __future__ import annotations

import json
import math
import shutil
import subprocess

import pytest
import torch
from torch.distributions import Normal

from aigc_teach.core import ChoiceError, RangeError
from aigc_teach.losses import divergence
from aigc_teach.widgets import DivergenceExplorer
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.divergence import MEASURES, describe

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

STEP = 0.005
X = torch.arange(-18, 18 + STEP / 2, STEP, dtype=torch.float64)
PLAIN = {"modes": 1, "p_mean": -1.0, "p_width": 0.7, "q_mean": 2.0, "q_width": 0.9}
STATES = [
    PLAIN,
    {**PLAIN, "modes": 2, "gap": 4.0},
    {**PLAIN, "modes": 2, "gap": 6.0, "p_mean": 5.0, "p_width": 2.0, "q_mean": -5.0, "q_width": 2},
    {**PLAIN, "p_width": 2.0, "q_width": 0.2, "q_mean": 0.3},
    {**PLAIN, "p_width": 0.2, "q_width": 2.0},
    {**PLAIN, "p_mean": -1.5, "p_width": 0.4, "q_mean": 1.5, "q_width": 0.4, "bandwidth": 0.3},
    {**PLAIN, "q_mean": -1.0, "q_width": 0.75, "bandwidth": 4.0},
]
FAR = {**PLAIN, "p_mean": -5.0, "p_width": 0.2, "q_mean": 5.0, "q_width": 0.2}


def complete(state):
    return {"gap": 4.0, "bandwidth": 1.0, **state}


def run_node(folder, body, given):
    (folder / "given.json").write_text(json.dumps(given))
    script = page_script("core", "chart", "controls", "divergence") + (
        'import { readFileSync } from "node:fs";'
        'const given = JSON.parse(readFileSync("given.json"));' + body
    )
    (folder / "run.mjs").write_text(script)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MEASURE = "console.log(JSON.stringify(given.map((s) => [measure(s).values, measure(s).slopes])));"


def in_torch(state):
    """The six values and their gradients by q's mean and width, by the package and autograd."""
    s = complete(state)
    theta = torch.tensor([s["q_mean"], s["q_width"]], dtype=torch.float64, requires_grad=True)
    means = [s["p_mean"]]
    if s["modes"] == 2:
        means = [s["p_mean"] - s["gap"] / 2, s["p_mean"] + s["gap"] / 2]
    p = sum(
        Normal(torch.tensor(m, dtype=torch.float64), s["p_width"]).log_prob(X).exp() for m in means
    ) / len(means)
    q = Normal(theta[0], theta[1]).log_prob(X).exp()
    values = {
        "kl_pq": divergence.kl(p, q, step=STEP),
        "kl_qp": divergence.kl(q, p, step=STEP),
        "js": divergence.jensen_shannon(p, q, step=STEP),
        "tv": divergence.total_variation(p, q, step=STEP),
        "w1": divergence.wasserstein_from_densities(p, q, step=STEP),
        "mmd": divergence.mmd_from_densities(
            p[::12], q[::12], step=12 * STEP, bandwidth=s["bandwidth"]
        ),
    }
    slopes = {
        name: torch.autograd.grad(value, theta, retain_graph=True)[0].tolist()
        for name, value in values.items()
    }
    return {name: value.item() for name, value in values.items()}, slopes


@needs_node
def test_values_and_slopes_equal_the_package(tmp_path):
    pages = run_node(tmp_path, MEASURE, [complete(state) for state in STATES])
    for state, (values, slopes) in zip(STATES, pages, strict=True):
        truth, gradients = in_torch(state)
        for name in MEASURES:
            if not math.isfinite(truth[name]) or truth[name] > 200:
                continue  # there the package's densities round to 0; the page works with their logs
            assert values[name] == pytest.approx(truth[name], rel=1e-3, abs=2e-3), (name, state)
            assert slopes[name] == pytest.approx(gradients[name], rel=1e-2, abs=5e-3), (name, state)


@needs_node
def test_slopes_equal_finite_differences_of_the_page_itself(tmp_path):
    h = 0.01  # between two places of the grid the kinks of TV and W1 would jump
    moved = []
    for state in STATES:
        for name in ("q_mean", "q_width"):
            for sign in (1, -1):
                moved.append({**complete(state), name: state[name] + sign * h})
    pages = run_node(tmp_path, MEASURE, [complete(state) for state in STATES] + moved)
    here, there = pages[: len(STATES)], pages[len(STATES) :]
    for i, state in enumerate(STATES):
        for name in MEASURES:
            for axis in (0, 1):
                up, down = there[4 * i + 2 * axis], there[4 * i + 2 * axis + 1]
                measured = (up[0][name] - down[0][name]) / (2 * h)
                close = pytest.approx(measured, rel=2e-2, abs=1e-2)
                assert here[i][1][name][axis] == close, (name, axis, state)


@needs_node
def test_far_apart(tmp_path):
    ((values, slopes),) = run_node(tmp_path, MEASURE, [complete(FAR)])
    exact = 10**2 / (2 * 0.2**2)
    assert values["kl_pq"] == pytest.approx(exact) and values["kl_qp"] == pytest.approx(exact)
    assert slopes["kl_pq"][0] == pytest.approx(10 / 0.2**2)
    assert values["js"] == pytest.approx(math.log(2)) and values["tv"] == pytest.approx(1)
    assert abs(slopes["js"][0]) < 1e-6 and abs(slopes["tv"][0]) < 1e-6
    assert values["w1"] == pytest.approx(10) and slopes["w1"] == pytest.approx([1, 0], abs=1e-6)


@needs_node
def test_nothing_is_nan_anywhere(tmp_path):
    ends = [
        {
            "modes": modes,
            "p_mean": p,
            "p_width": a,
            "q_mean": q,
            "q_width": b,
            "gap": gap,
            "bandwidth": h,
        }
        for modes in (1, 2)
        for p in (-5, 0, 5)
        for q in (-5, 0, 5)
        for a in (0.2, 2)
        for b in (0.2, 2)
        for gap, h in ((0.1, 0.1), (6, 4))
    ]
    pages = run_node(tmp_path, MEASURE, ends)  # JSON has no NaN: it would be null
    for values, slopes in pages:
        for name in MEASURES:
            assert math.isfinite(values[name]) and values[name] > -1e-6
            assert all(math.isfinite(slope) for slope in slopes[name])
    equal = [
        values
        for state, (values, _) in zip(ends, pages, strict=True)
        if state["modes"] == 1 and (state["p_mean"], state["p_width"]) == (0, state["q_width"])
        if state["q_mean"] == 0
    ]
    assert equal and all(max(values.values()) < 1e-9 for values in equal)


@needs_node
def test_what_adds_up_is_the_value(tmp_path):
    body = """const { values, curves } = measure(given);
    const total = (curve) => curve.reduce((a, b) => a + b) * CELL;
    console.log(JSON.stringify(MEASURES.map(([m]) => [values[m], total(curves[m])])));"""
    for value, total in run_node(tmp_path, body, complete(STATES[1])):
        assert value == pytest.approx(total)


FOLLOW = """console.log(JSON.stringify(MEASURES.map(([m]) => {
    let s = given;
    for (let k = 0, next = s; k < 400 && (next = stepDownhill(s, m)); k++) s = next;
    return [m, s.q_mean, s.q_width];
})));"""


@needs_node
def test_following_the_gradient_as_the_lesson_says(tmp_path):
    near = {"p_width": 0.5, "q_width": 0.5}
    start = complete({**PLAIN, **near, "p_mean": -3.0, "q_mean": 3.0})
    ends = {m: (mean, width) for m, mean, width in run_node(tmp_path, FOLLOW, start)}
    for name in ("kl_pq", "kl_qp", "w1", "mmd"):
        assert ends[name] == pytest.approx((-3.0, 0.5), abs=0.05), name
    for name in ("js", "tv"):
        assert ends[name][0] > 2.9, name


@needs_node
def test_mmd_first_grows_wide_as_the_lesson_says(tmp_path):
    body = """let s = given, widest = 0;
    while (s.q_mean > 2) { s = stepDownhill(s, "mmd"); widest = Math.max(widest, s.q_width); }
    console.log(JSON.stringify([s.q_mean, widest]));"""
    near = {"p_width": 0.5, "q_width": 0.5}
    _, widest = run_node(tmp_path, body, complete({**PLAIN, **near, "p_mean": -3, "q_mean": 3}))
    assert widest > 1.5


@needs_node
def test_covering_and_seeking(tmp_path):
    start = complete({**PLAIN, "modes": 2, "p_mean": 0.0, "p_width": 0.5, "q_mean": 1.0})
    ends = {m: (mean, width) for m, mean, width in run_node(tmp_path, FOLLOW, start)}
    assert ends["kl_pq"] == pytest.approx((0.0, 2.0), abs=0.1)  # 2.06, but 2 is the widest
    assert ends["kl_qp"] == pytest.approx((2.0, 0.5), abs=0.05)


def test_bad_input():
    with pytest.raises(ChoiceError, match="measure='kl' is not known"):
        DivergenceExplorer("kl")
    with pytest.raises(ChoiceError, match="modes=3"):
        DivergenceExplorer(modes=3)
    with pytest.raises(RangeError, match="q_width=0 must be a number from 0.2 to 2"):
        DivergenceExplorer(q_width=0)
    with pytest.raises(RangeError, match="p_mean=nan"):
        DivergenceExplorer(p_mean=math.nan)
    with pytest.raises(RangeError, match="gap='wide'"):
        DivergenceExplorer(gap="wide")
    with pytest.raises(RangeError, match="bandwidth=9"):
        DivergenceExplorer(bandwidth=9)


def test_words_beside_the_live_view():
    explorer = DivergenceExplorer("w1", modes=2, p_mean=0, q_mean=1.5, title="Six distances")
    text = repr(explorer)
    assert text.startswith("Six distances. Two densities to drag: p, two Gaussians of width 0.7")
    assert "mean 1.5" in text and "mean 1.5" in describe(2, 0, 0.7, 1.5, 0.7)
    bundle = explorer._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == text


def test_the_state_is_kept():
    state = DivergenceExplorer("mmd", modes=2, q_mean=-2, bandwidth=0.5).get_state()
    assert (state["measure"], state["modes"], state["q_mean"]) == ("mmd", 2, -2.0)
    assert state["bandwidth"] == 0.5 and state["gap"] == 4.0
