"""LossSurface: its arithmetic in the page equals torch's; what it refuses in words."""

from __future__ import annotations

import json
import math
import shutil
import subprocess

import pytest
import torch
from torch.nn import functional as F

from aigc_teach.core.errors import ChoiceError, DataError, DtypeError, RangeError
from aigc_teach.losses import likelihood
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.surface import LOSSES, LossSurface

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
SETS = [[1.0], [0.0], [0.5], [0.0, 1.0], [0.0, 0.0, 0.0, 0.3, 1.0], [0.2, 0.9, 0.4], [0.7] * 7]


def in_node(folder, code):
    (folder / "run.mjs").write_text(page_script("core", "chart", "controls", "surface") + code)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_torch(kind, a, x):
    p = a.sigmoid()
    if kind == "mse":
        return (p - x) ** 2
    if kind == "l1":
        return (p - x).abs()
    if kind == "bce":
        return F.binary_cross_entropy_with_logits(a, x)
    if kind == "twice":
        return F.binary_cross_entropy(p.sigmoid(), x)
    return likelihood.continuous_bernoulli_nll(a.view(-1, 1), x.reshape(-1, 1))


@needs_node
@pytest.mark.parametrize("kind", LOSSES)
def test_value_and_slope_equal_torch(kind, tmp_path):
    places = [-10.0, -4.0, -0.26, -0.24, -1e-3, 0.0, 0.1, 0.7, 3.3, 10.0]
    greys = [0.0, 0.13, 0.5, 0.77, 1.0]
    got = in_node(
        tmp_path,
        f"const out = []; for (const a of {places}) for (const x of {greys})"
        f" {{ const r = lossAt('{kind}', a, x); out.push([r.value, r.slope]); }}"
        "console.log(JSON.stringify(out));",
    )
    pairs = [(a, x) for a in places for x in greys]
    for (value, slope), (a, x) in zip(got, pairs, strict=True):
        at = torch.tensor(a, dtype=torch.float64, requires_grad=True)
        truth = in_torch(kind, at, torch.tensor(x, dtype=torch.float64))
        truth.backward()
        assert value == pytest.approx(truth.item(), abs=1e-8), (a, x)
        assert slope == pytest.approx(at.grad.item(), abs=1e-7), (a, x)


@needs_node
@pytest.mark.parametrize("kind", LOSSES)
def test_the_marked_minimum_is_the_minimum(kind, tmp_path):
    """No place on a fine grid is lower; along an interval of minima the loss is level."""
    got = in_node(
        tmp_path,
        f"console.log(JSON.stringify({json.dumps(SETS)}.map((targets) => lowest('{kind}', targets))"
        ".map((b, i) => [...b, ...b.map((a) => lossOver("
        f"'{kind}', a, {json.dumps(SETS)}[i], 'logit').value)])));",
    )
    grid = torch.linspace(-10, 10, 2001, dtype=torch.float64)
    for targets, (low, high, at_low, at_high) in zip(SETS, got, strict=True):
        x = torch.tensor(targets, dtype=torch.float64)
        losses = torch.stack([in_torch(kind, grid, t.expand_as(grid)) for t in x]).mean(0)
        assert low <= high
        assert at_low == pytest.approx(at_high, abs=1e-4)
        assert at_low <= losses.min().item() + 1e-4, targets


@needs_node
def test_minimisers_are_mean_and_median_and_the_floor(tmp_path):
    targets = [0.0, 0.0, 0.3, 0.6, 1.0]
    code = (
        f"const t = {targets};"
        "const p = (k) => lowest(k, t).map(sigmoid);"
        "const down = descend('twice', -8, [1], 2000);"
        "console.log(JSON.stringify([p('mse'), p('l1'), p('bce'), lossAt('twice', 10, 1).value,"
        " lossAt('twice', -10, 1).value,"
        " descend('bce', -8, [1], 20), descend('twice', -8, [1], 20),"
        " down, lossOver('bce', 1.2, t, 'prediction').slope]));"
    )
    mse, l1, bce, floor, ceiling, right, wrong, later, slope = in_node(tmp_path, code)
    assert mse == pytest.approx([0.38, 0.38]) and bce == pytest.approx([0.38, 0.38])
    assert l1 == pytest.approx([0.3, 0.3])
    assert floor == pytest.approx(math.log(1 + math.exp(-1)), abs=1e-4)  # 0.3133
    assert ceiling == pytest.approx(math.log(2), abs=1e-4)
    assert right > 0 and wrong < -7.9 and later < -7  # the slope has all but vanished
    p = torch.tensor(1.2).sigmoid().item()
    assert slope == pytest.approx((p - 0.38) / (p * (1 - p)), rel=1e-6)


@needs_node
def test_nothing_is_infinite_at_the_ends(tmp_path):
    got = in_node(
        tmp_path,
        "const out = []; for (const k of LOSS_KINDS) for (const a of [-10, -1e-9, 0, 10])"
        " for (const axis of ['logit', 'prediction']) for (const t of [[0], [1], [0, 1]]) {"
        " const r = lossOver(k, a, t, axis);"
        " out.push(Number.isFinite(r.value) && Number.isFinite(r.slope)"
        " && lowest(k, t).every(Number.isFinite)); }"
        "console.log(JSON.stringify(out));",
    )
    assert all(got) and len(got) == 120


def test_what_it_holds():
    one = LossSurface([0, 0.25, 1], prediction=0.75, loss="l1", axis="logit")
    assert one.targets == [0.0, 0.25, 1.0]
    assert one.logit == pytest.approx(math.log(3))
    assert (one.loss, one.axis, one.chosen) == ("l1", "logit", 0)
    assert "0, 0.25, 1" in one.alt and "absolute error" in repr(one)
    assert LossSurface(prediction=0).logit == -10 and LossSurface(prediction=1).logit == 10
    assert LossSurface(torch.tensor([0.5, 0.5])).targets == [0.5, 0.5]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"targets": []}, DataError, "give 1 to 7"),
        ({"targets": [0.1] * 8}, DataError, "8 targets"),
        ({"targets": [1.2]}, RangeError, "from black to white"),
        ({"targets": [float("nan")]}, RangeError, "must lie in"),
        ({"targets": 0.5}, DtypeError, "a list of greys"),
        ({"targets": "white"}, DtypeError, "a list of greys"),
        ({"targets": [None]}, DtypeError, "must be a number"),
        ({"prediction": -0.1}, RangeError, "prediction"),
        ({"loss": "hinge"}, ChoiceError, "'mse'"),
        ({"axis": "x"}, ChoiceError, "'logit'"),
    ],
)
def test_bad_input_is_told_in_words(given, error, words):
    with pytest.raises(error, match=words):
        LossSurface(**given)
