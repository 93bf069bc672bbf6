"""MetricBreaker: the page looks up and judges as Python does; what it refuses in words."""

from __future__ import annotations

import itertools
import json
import math
import shutil
import subprocess
import zlib

import numpy as np
import pytest
import torch

from aigc_teach.core.errors import (
    ChoiceError,
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
)
from aigc_teach.viz.figure import SIZE, alt_text, smallest_text
from aigc_teach.widgets import MetricBreaker
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.breaker import FAR, standing, verdict

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

FAULTS = {"blur": [0, 0.6, 1.2], "drop modes": ["none", "7 digits"], "noise": [0, 0.1, 0.3, 0.5]}
REAL = {"good": 0.98, "Frechet": 20.0, "nearest": 10.5, "flat": 1.0}
NOISE = {"good": (0.95, 1.0), "Frechet": (13.0, 28.0), "nearest": (10.2, 10.8), "flat": (1.0, 1.0)}
BETTER = {"good": 1, "Frechet": -1}


def parts(seed=0, pictures=6):
    random = torch.Generator().manual_seed(seed)
    table = torch.rand(3, 2, 4, 4, generator=random) * torch.tensor([1.2, 60.0, 21.0, 2.0])
    table[0, 0, 0] = torch.tensor(list(REAL.values()))
    strips = 2 * torch.rand(3, 2, 4, pictures, 5, 7, generator=random) - 1
    return table, strips


def breaker(**changes):
    table, strips = parts()
    given = {"table": table, "strips": strips, "faults": FAULTS, "real": REAL, "noise": NOISE}
    return MetricBreaker(**(given | {"better": BETTER} | changes))


def in_node(folder, code):
    (folder / "run.mjs").write_text(page_script("core", "controls", "breaker") + code)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_every_combination_is_looked_up_as_in_python(tmp_path):
    widget = breaker()
    sizes = [len(words) for _, words in widget.faults]
    every = [list(levels) for levels in itertools.product(*map(range, sizes))]
    table = np.frombuffer(zlib.decompress(widget.table), dtype="<f4").tolist()
    code = (
        f"const table = {json.dumps(table)}, measures = {json.dumps(widget.measures)};"
        f"console.log(JSON.stringify({json.dumps(every)}.map((levels) =>"
        f" readScores(table, measures, levels, {sizes}))));"
    )
    known = widget.standings()
    for levels, scores in zip(every, in_node(tmp_path, code), strict=True):
        assert [s["name"] for s in scores] == list(REAL)
        values = widget.values[tuple(levels)]
        assert [s["value"] for s in scores] == pytest.approx(values.tolist(), rel=1e-6)
        expected = known[tuple(levels)].tolist()
        assert [s["standing"] for s in scores] == pytest.approx(expected, rel=1e-4, abs=1e-6)
        assert {s["name"]: s["says"] for s in scores} == widget.verdicts(levels)


@needs_node
def test_standings_equal_python_on_many_scores_and_stay_on_the_track(tmp_path):
    values = [-1e9, -3.0, 0.0, 0.94, 0.95, 0.98, 0.99, 1.0, 1.01, 10.2, 20.0, 28.0, 29.0, 1e9]
    measures = [
        {"name": name, "real": REAL[name], "low": low, "high": high, "better": better}
        for name, (low, high) in NOISE.items()
        for better in (-1, 0, 1)
    ]
    code = (
        f"console.log(JSON.stringify({json.dumps(measures)}.map((m) => {values}.map((v) => {{"
        " const s = standingOf(v, m); return [s, trackPlace(s), verdictOf(s)]; }))));"
    )
    for measure, row in zip(measures, in_node(tmp_path, code), strict=True):
        places = []
        for value, (where, place, says) in zip(values, row, strict=True):
            assert where == pytest.approx(standing(value, measure), rel=1e-9)
            assert says == verdict(standing(value, measure))
            assert -1 <= place <= 1 and math.copysign(1, place) * where >= 0
            places.append((where, place))
        ordered = [place for _, place in sorted(places)]
        assert ordered == sorted(ordered)  # farther from real, farther along the track


@needs_node
def test_places_outside_the_table_are_kept_inside(tmp_path):
    code = (
        "console.log(JSON.stringify([placeOf([0, 0], [3, 4]), placeOf([2, 3], [3, 4]),"
        " placeOf([1, 0], [3, 4]), placeOf([9, 9], [3, 4]), placeOf([-1, 0], [3, 4]),"
        " short(0.1234), short(12.345), short(1234.5), short(-8.2),"
        " sortOut([{ name: 'a', says: 'worse' }, { name: 'b', says: 'better' }], true)]));"
    )
    *places, small, middle, large, minus, sorted_out = in_node(tmp_path, code)
    assert places == [0, 11, 4, 11, 0]
    assert (small, middle, large, minus) == ("0.12", "12.3", "1235", "\u22128.20")
    assert [names for _, names in sorted_out] == ["a", "none", "b"]


def test_standing_in_words():
    lower, higher, either = ({"real": 20.0, "low": 13.0, "high": 28.0, "better": b}
                             for b in (-1, 1, 0))  # fmt: skip
    assert standing(36.0, lower) == 2 and standing(36.0, higher) == -2 and standing(36, either) == 2
    assert standing(6.0, lower) == -2 and standing(6.0, higher) == 2 and standing(6, either) == 2
    assert standing(20.0, lower) == 0
    flat = {"real": 1.0, "low": 1.0, "high": 1.0, "better": 1}
    assert standing(0.5, flat) == FAR and standing(1.5, flat) == -FAR and standing(1, flat) == 0
    assert [verdict(w) for w in (1.0, -1.0, 1.001, -1.001)] == ["same", "same", "worse", "better"]


def test_what_it_holds():
    widget = breaker(title="Break them")
    assert widget.levels == [0, 0, 0] and widget.pictures == [6, 5, 7]
    assert widget.faults[0] == ["blur", ["0", "0.6", "1.2"]]
    assert "blur: 0, 0.6, 1.2" in widget.alt and "Break them" in repr(widget)
    strips = np.frombuffer(zlib.decompress(widget.strips), dtype=np.uint8).reshape(24, 6, 5, 7)
    true = (parts()[1].flatten(0, 2) + 1) * 127.5
    assert np.abs(strips - true.numpy()).max() <= 8.6  # sixteen shades, 17 apart
    assert set(strips.flatten().tolist()) <= set(range(0, 256, 17))
    widget.levels = [2, 1, 3]
    assert widget.verdicts(widget.levels).keys() == REAL.keys()
    assert set(widget.verdicts([0, 0, 0]).values()) == {"same"}
    table, strips = parts()
    assert breaker(strips=strips.unsqueeze(-3)).strips == widget.strips  # [K, 1, H, W] as well
    assert breaker(table=table.numpy()).table == widget.table
    assert isinstance(widget.standings(), torch.Tensor) and widget.standings().shape == table.shape


def wrong(**changes):
    return changes


def test_the_chart_says_what_the_verdicts_say():
    widget, places = breaker(), {"sharp": [0, 1, 0], "noisy": (1, 0, 3)}
    figure = widget.chart(places, title="Two faults")
    axes = figure.axes[0]
    said = {text.get_position(): text.get_text() for text in axes.texts}
    for column, (name, levels) in enumerate(places.items()):
        told = widget.verdicts(levels)
        assert [said[column, row] for row in range(len(told))] == list(told.values())
        assert f"{name}: " + ", ".join(" ".join(pair) for pair in told.items()) in alt_text(figure)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list(places)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(REAL)
    assert alt_text(figure).startswith("Two faults. ") and smallest_text(figure) >= SIZE
    figure.canvas.draw()


@pytest.mark.parametrize("places", [{}, [[0, 0, 0]], None])
def test_a_chart_needs_named_places(places):
    with pytest.raises(DtypeError, match="places must be a dict"):
        breaker().chart(places)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (wrong(faults={}), DtypeError, "faults must be a dict"),
        (wrong(faults=["blur"]), DtypeError, "faults must be a dict"),
        (wrong(faults={"blur": [0]}), DataError, "at least two levels"),
        (wrong(faults={"blur": "none"}), DataError, "at least two levels"),
        (wrong(faults={"blur": [0, 1, 2]}), ShapeError, "one axis a fault"),
        (wrong(table=torch.zeros(3, 2, 4, 3)), ShapeError, "measures last"),
        (wrong(table=torch.full((3, 2, 4, 4), torch.nan)), RangeError, "NaN"),
        (wrong(strips=torch.zeros(3, 2, 4, 6, 5)), ShapeError, "then"),
        (wrong(strips=torch.zeros(3, 2, 2, 6, 5, 7)), ShapeError, "then"),
        (wrong(strips=torch.zeros(3, 2, 4, 6, 5, 7).byte()), DtypeError, "floating-point"),
        (wrong(strips=torch.full((3, 2, 4, 6, 5, 7), 9.0)), RangeError, "must lie in"),
        (wrong(real={}), DtypeError, "real must be a dict"),
        (wrong(real=REAL | {"flat": "one"}), DtypeError, "must be a number"),
        (wrong(real=REAL | {"flat": math.inf}), RangeError, "finite"),
        (wrong(real=REAL | {"flat": 3.0}), RangeError, "outside its range"),
        (wrong(noise={"good": (0, 1)}), ChoiceError, "no range for 'Frechet'"),
        (wrong(better={"size": 1}), ChoiceError, "'size'"),
        (wrong(better={"good": 2}), ChoiceError, "better"),
    ],
)
def test_bad_input_is_told_in_words(given, error, words):
    with pytest.raises(error, match=words) as caught:
        breaker(**given)
    assert str(caught.value).endswith(".")


def test_bad_levels_are_told_in_words():
    widget = breaker()
    for levels, error in [([0, 0], ShapeError), ([0, 2, 0], RangeError), ([0, 0.5, 0], DtypeError)]:
        with pytest.raises(error):
            widget.verdicts(levels)
    with pytest.raises(RangeError, match="the last level is 1"):
        widget.levels = [0, 2, 0]
