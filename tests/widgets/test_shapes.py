"""The shape calculator: bad input is told; the page computes what Python and torch compute."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess

import pytest
import torch

from aigc_teach.core.errors import DtypeError, RangeError, ShapeError
from aigc_teach.nn.shapes import conv_size, conv_transpose_size, overlap_counts
from aigc_teach.widgets import ShapeCalculator
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.shapes import LIMITS

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

RUNNER = """
import { readFileSync } from "node:fs";
const cases = JSON.parse(readFileSync("cases.json"));
console.log(JSON.stringify(cases.map((s) => {
  const chain = sizeChain(s), { sizes } = chain;
  const whole = !chain.problem, one = sizes.length > 1;
  return {
    sizes, problem: chain.problem,
    paths: whole ? pathCounts(sizes, s) : [],
    feeders: one ? Array.from({ length: sizes[1] }, (_, at) => feeders(at, s.size, s)) : [],
    inside: tapsInside(s), formula: formula(s.size, s),
  };
})));
"""
NAMES = ("kernel", "stride", "padding", "output_padding", "dilation")


def in_page(cases, folder):
    (folder / "cases.json").write_text(json.dumps(cases))
    script = page_script("core", "controls", "shapes").replace("export default", "void")
    (folder / "run.mjs").write_text(script + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def grid(transposed, sizes=(1, 2, 5, 8), layers=(1,)):
    numbers = itertools.product((1, 2, 3, 4, 5), (1, 2, 3), (0, 1, 3), (0, 1, 2), (1, 2))
    return [
        dict(zip(NAMES, n, strict=True), size=size, layers=many, transposed=transposed)
        for n, size, many in itertools.product(numbers, sizes, layers)
        if transposed or n[3] == 0
    ]


def in_python(case):
    """(sizes, problem) of the same chain by the package's functions."""
    sizes = [case["size"]]
    for _ in range(case["layers"]):
        rest = {name: case[name] for name in NAMES}
        try:
            if case["transposed"]:
                sizes.append(conv_transpose_size(sizes[-1], **rest))
            else:
                rest.pop("output_padding")
                sizes.append(conv_size(sizes[-1], **rest))
        except (RangeError, ShapeError) as error:
            return sizes, str(error)
    return sizes, ""


@needs_node
@pytest.mark.parametrize("transposed", [False, True])
def test_sizes_and_sentences_equal_python(transposed, tmp_path):
    cases = grid(transposed, layers=(1, 3))
    problems = 0
    for case, page in zip(cases, in_page(cases, tmp_path), strict=True):
        assert (page["sizes"], page["problem"]) == in_python(case), case
        problems += bool(page["problem"])
        if not page["problem"]:
            assert page["formula"].endswith(f"= {page['sizes'][1]}")
    assert 0 < problems < len(cases)


@needs_node
def test_counts_equal_python_and_chains_equal_torch(tmp_path):
    cases = grid(True, sizes=(1, 4), layers=(1, 2))
    for case, page in zip(cases, in_page(cases, tmp_path), strict=True):
        if page["problem"]:
            continue
        k, s, p, a, d = (case[name] for name in NAMES)
        x, w = torch.ones(1, 1, case["size"]).double(), torch.ones(1, 1, k).double()
        for _ in range(case["layers"]):
            x = torch.nn.functional.conv_transpose1d(x, w, None, s, p, a, 1, d)
        assert page["paths"] == x[0, 0].round().long().tolist(), case
        if case["layers"] == 1:
            assert page["paths"] == overlap_counts(case["size"], k, s, p, a, d).tolist()
            assert [len(n) for n in page["feeders"]] == page["paths"]


@needs_node
def test_uses_of_an_input_pixel_equal_the_gradient(tmp_path):
    """The gradient of a convolution's summed output, with ones in the kernel, counts the uses."""
    cases = grid(False, sizes=(5, 8), layers=(1, 2))
    for case, page in zip(cases, in_page(cases, tmp_path), strict=True):
        if page["problem"]:
            continue
        k, s, p, _, d = (case[name] for name in NAMES)
        x = torch.zeros(1, 1, case["size"], requires_grad=True)
        y = x
        for _ in range(case["layers"]):
            y = torch.nn.functional.conv1d(y, torch.ones(1, 1, k), None, s, p, d)
        y.sum().backward()
        assert page["paths"] == x.grad[0, 0].round().long().tolist(), case


@needs_node
def test_marked_inputs_are_those_with_a_gradient(tmp_path):
    cases = grid(True, sizes=(5,)) + grid(False, sizes=(6,))
    for case, page in zip(cases, in_page(cases, tmp_path), strict=True):
        if page["problem"]:
            continue
        k, s, p, a, d = (case[name] for name in NAMES)
        w = torch.ones(1, 1, k)
        for at in {0, page["sizes"][1] // 2, page["sizes"][1] - 1}:
            x = torch.zeros(1, 1, case["size"], requires_grad=True)
            if case["transposed"]:
                y = torch.nn.functional.conv_transpose1d(x, w, None, s, p, a, 1, d)
            else:
                y = torch.nn.functional.conv1d(x, w, None, s, p, d)
            y[0, 0, at].backward()
            marked = sorted(n for n in page["feeders"][at] if 0 <= n < case["size"])
            assert marked == x.grad[0, 0].nonzero().flatten().tolist(), (case, at)


@needs_node
def test_taps_inside_equal_a_long_row(tmp_path):
    cases = [c for c in grid(True, sizes=(28,)) if not in_python(c)[1] and c["padding"] == 0]
    for case, page in zip(cases, in_page(cases, tmp_path), strict=True):
        s = case["stride"]
        counts = overlap_counts(case["size"], **{name: case[name] for name in NAMES})
        middle = len(counts) // 2 // s * s
        assert page["inside"] == counts[middle : middle + s].tolist(), case


@pytest.mark.parametrize(
    "settings, error, words",
    [
        ({"size": 0}, RangeError, "size=0 is too small"),
        ({"size": 29}, RangeError, "the slider ends at 28"),
        ({"kernel": 8}, RangeError, "kernel=8 is too large"),
        ({"layers": 2.0}, DtypeError, "whole number"),
        ({"row": -1}, RangeError, "row=-1"),
        ({"transposed": "yes"}, DtypeError, "True or False"),
    ],
)
def test_bad_input_is_a_sentence(settings, error, words):
    with pytest.raises(error, match=words):
        ShapeCalculator(**settings)


def test_both_ends_of_every_slider_are_accepted_and_words_are_there():
    for name, ends in LIMITS.items():
        for value in ends:
            assert getattr(ShapeCalculator(**{name: value}), name) == value
    shown = ShapeCalculator(transposed=False, size=28, title="Sizes")
    assert repr(shown).startswith("Sizes. A calculator for the output size of a convolution")
    assert "size 28" in shown.alt
