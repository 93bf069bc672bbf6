"""The jigs: every bar whole, families on one side, tokens that say the same in two ways."""

from __future__ import annotations

import importlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, RangeError
from aigc_teach.data.tunes import UNITS, Part, Tune

home = importlib.import_module("aigc_teach.data.tunes")
TOOLS = Path(__file__).parents[2] / "tools"
BAR = ((67, 4), (None, 2), (71, 6))


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_tunes", TOOLS / "make_tunes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_bar_is_whole_and_every_part_has_eight():
    for tune in data.tunes("all"):
        assert 2 <= len(tune.parts) <= 4
        for part in tune.parts:
            assert len(part.bars) == 8
            assert all(sum(length for _, length in bar) == UNITS for bar in part.bars)


def test_the_splits():
    train, held_out = data.tunes(), data.tunes("held_out")
    assert (len(train), len(held_out)) == (397, 70)
    assert train + held_out == data.tunes("all")
    assert not {tune.title for tune in train} & {tune.title for tune in held_out}
    with pytest.raises(ChoiceError, match="held_out"):
        data.tunes("test")


def test_no_held_out_tune_is_a_setting_of_a_training_tune(tool):
    train = [tool.runs(list(tune.parts)) for tune in data.tunes()]
    for tune in data.tunes("held_out"):
        own = tool.runs(list(tune.parts))
        shared = max(len(own & other) / max(1, min(len(own), len(other))) for other in train)
        assert shared < tool.ALIKE, tune.title


def test_a_known_tune():
    """The Irish Washerwoman in Ryan's book: its beginning is known to many."""
    tune = next(t for t in data.tunes("all") if "Irish Wash" in t.title)
    steps = np.diff([pitch for pitch, _ in tune.notes()[:12]]).tolist()
    assert steps[:8] == [-4, 0, -5, 5, 0, 4, -4, 4]


def test_repeats_are_played(tool):
    tune = Tune("t", "b", (Part((BAR,), True), Part((BAR, BAR), False)))
    assert len(tune.notes()) == 9 and len(tune.notes(repeats=True)) == 12


def test_the_tool_leaves_out_upbeats_and_second_thoughts(tool):
    text = "X:1\nT:t\nB:Ryan\nM:6/8\nL:1/8\nK:D\nA|" + "d3 f3|" * 7 + "[1 d3 e2:|2 d5||"
    found = tool.normal(data.read_abc(text + "A|" + "d3 f3|" * 7 + "d5|]"))
    assert [(len(bars), repeated) for bars, repeated in found] == [(8, True), (8, False)]
    assert found[0][0][-1] == [(67, 12)] and found[0][0][0] == [(67, 6), (71, 6)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("M:6/8", "M:4/4"), "another metre"),
        (("K:D", "K:Dm"), "another mode"),
        (("d3 f3|", "d3 f2|"), "add up"),
        (("d3 f3|", "d5/4 d7/4 f3|"), "sixteenths"),
        (("d3 f3|", "d,,,3 f'''3|"), "three octaves"),
    ],
)
def test_the_tool_says_why_a_tune_is_left_out(tool, change, why):
    text = "X:1\nT:t\nM:6/8\nL:1/8\nK:D\n" + ("d3 f3|" * 8 + "|") * 2
    tool.normal(data.read_abc(text))
    with pytest.raises(DataError, match=why):
        tool.normal(data.read_abc(text.replace(*change)))


def test_the_stored_file_is_what_the_tool_writes(tool):
    record = json.loads(home.RECORD.read_text())
    assert record["sha256_of_arrays"] == tool.stored_sha256(tool.FILE)
    assert (record["tunes"], record["train"]) == (467, 397)
    with np.load(home.FILE) as stored:
        arrays = {name: stored[name] for name in stored.files}
    assert tool.npz_bytes(**arrays) == home.FILE.read_bytes()


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    copy = tmp_path / "tunes.npz"
    raw = bytearray(home.FILE.read_bytes())
    raw[200] ^= 1
    copy.write_bytes(raw)
    monkeypatch.setattr(home, "FILE", copy)
    with pytest.raises(DataError, match=r"tunes\.npz is damaged"):
        data.tunes()


@pytest.mark.parametrize("kind", ["absolute", "steps"])
def test_tokens_say_the_tune(kind):
    cut = data.TuneTokens(kind)
    for tune in data.tunes("all")[::9]:
        ids = cut.encode(tune.parts)
        assert tuple(cut.decode(ids)) == tune.parts
        assert tuple(cut.from_abc(cut.to_abc(ids))) == tune.parts
    assert len(set(cut.names)) == len(cut.names)


def test_steps_are_the_same_in_every_key_and_pitches_are_not():
    parts = data.tunes()[0].parts
    steps, pitches = data.TuneTokens("steps"), data.TuneTokens()
    assert steps.encode(parts, up=5) == steps.encode(parts)
    up, flat = (torch.tensor(pitches.encode(parts, up=k)) for k in (5, 0))
    assert set((up - flat).tolist()) == {0, 5}
    assert [len(bar) for bar in steps.decode(steps.encode(parts), tonic=72)[0].bars] == [
        len(bar) for bar in parts[0].bars
    ]


def test_batches_are_padded():
    cut = data.TuneTokens()
    batch = cut.batch(data.tunes()[:4])
    for row, tune in zip(batch, data.tunes(), strict=False):
        assert row[row != cut.pad].tolist() == cut.encode(tune.parts)


def test_your_own_tune_is_moved_to_g():
    cut = data.TuneTokens()
    for key, first in (("G", "G"), ("D", "D"), ("A", "A"), ("C", "C")):
        (part,) = cut.from_abc(f"M:6/8\nL:1/8\nK:{key}\n{first}6|{first}6:|")
        assert part.repeated and {p % 12 for bar in part.bars for p, _ in bar} == {7}


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([], "empty"),
        ([1], "empty"),
        ([5], "Token 0 is '1'; a note"),
        ([17, 17], "Token 1 is 'rest'; a length"),
        ([17, 5, 0], "padding"),
        ([2], "a bar line behind no note"),
        ([17, 5], "breaks off"),
        ([17], "breaks off"),
        ([17, 5, 2], "breaks off"),
    ],
)
def test_tokens_that_are_no_tune_are_told(ids, words):
    with pytest.raises(DataError, match=words):
        data.TuneTokens().decode(ids)


def test_what_has_no_token_is_told():
    cut = data.TuneTokens()
    with pytest.raises(DataError, match="at least one part"):
        cut.encode([])
    with pytest.raises(DataError, match="at least one part"):
        cut.encode([Part(((),), False)])
    with pytest.raises(RangeError, match="must lie from 48 to 98"):
        cut.encode([Part((((120, 2),),), False)])
    with pytest.raises(RangeError, match="from -24 to 24"):
        data.TuneTokens("steps").encode([Part((((48, 2), (98, 2)),), False)])
    with pytest.raises(RangeError, match="at most 12"):
        cut.encode([Part((((60, 13),),), False)])
    with pytest.raises(RangeError, match="must lie from 0 to 68"):
        cut.decode([500])
    with pytest.raises(DataError, match="your tune has M:3/4"):
        cut.from_abc("M:3/4\nK:G\nG6|")
    with pytest.raises(DataError, match="Bar 2: a note is no whole number"):
        cut.from_abc("M:6/8\nL:1/8\nK:G\nG6|(3GAB G4|")
    with pytest.raises(ChoiceError, match="'steps'"):
        data.TuneTokens("letters")
