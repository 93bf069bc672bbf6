"""Ten seconds of damage: every parser reads what is right or refuses it in a sentence.

The seeds are fixed, so the same cases run everywhere. `make fuzz` runs for an hour with others.
"""

from __future__ import annotations

import gzip
import random

import pytest

from aigc_teach.core import AigcError, DataError
from aigc_teach.core.measured import read_measured
from aigc_teach.data.film import film_missing
from fuzzing import case as fuzz_case
from fuzzing import mutate as fuzz_mutate
from fuzzing import targets as fuzz_targets

CASES = {
    "checkpoint": 40,
    "kept_beside": 20,
    "manifest": 60,
    "weights": 60,
    "npz": 300,
    "idx": 300,
    "archive": 100,
    "pictures": 150,
    "merges": 200,
    "ids": 200,
    "progress": 40,
    "arguments": 40,
    "answers": 100,
    "handed_in": 200,
    "wav": 1500,
    "mark": 3000,
    "vtt": 2000,
    "srt": 3000,
    "abc": 1500,
    "own_picture": 150,
    "level": 3000,
    "scene": 1500,
    "film": 80,
}
if film_missing():
    del CASES["film"]


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    return {target.name: target for target in fuzz_targets.targets(tmp_path_factory.mktemp("fuzz"))}


@pytest.mark.parametrize("name", CASES)
def test_damage_is_refused_in_a_sentence(name, targets):
    tally = fuzz_case.Tally()
    for seed in range(CASES[name]):
        fuzz_case.run_case(targets[name], seed, tally)
    assert not tally.faults, "\n".join(tally.faults)
    if name != "progress":  # a damaged one is set aside, and the lesson goes on
        assert tally.refused > 0, "nothing was damaged"


def test_every_target_is_run(targets):
    assert set(targets) == set(CASES)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("arguments", "answers")])
def test_what_is_whole_is_read(name, targets):
    with fuzz_case.quiet():
        targets[name].read(targets[name].valid if name != "archive" else packed(targets[name]))


def packed(target) -> bytes:
    return gzip.compress(target.valid)


def faulty(read) -> list[str]:
    tally = fuzz_case.Tally()
    target = fuzz_case.Target("planted", b"abc", fuzz_mutate.mutate_bytes, read)
    for seed in range(20):
        fuzz_case.run_case(target, seed, tally)
    return tally.faults


def test_a_planted_fault_is_found():
    def foreign(raw):
        return {}[raw]

    def wrong_value(raw):
        assert raw == b"abc"

    def page(raw):
        raise DataError("first line of a sentence\nand a page of details")

    def silent(raw):
        raise AigcError("")

    def leaves(raw):
        raise SystemExit(1)

    for read in (foreign, wrong_value, page, silent, leaves):
        assert faulty(read), read.__name__

    def sentence(raw):
        raise DataError("The file is damaged: it holds other bytes.")

    assert faulty(sentence) == [] and faulty(len) == []


def test_the_same_seed_does_the_same_damage():
    first, again = (fuzz_mutate.mutate_json(b'{"a": [1, 2]}', random.Random(3)) for _ in range(2))
    assert first == again


def test_the_long_form_counts_what_it_did_and_keeps_it(tmp_path, monkeypatch, capsys):
    import fuzz

    monkeypatch.setattr(fuzz, "TURN", 0.0)
    monkeypatch.setattr(fuzz_targets, "targets", lambda folder: [planted(), planted("other")])
    monkeypatch.setattr(fuzz, "take_turn", one_case)
    out = tmp_path / "fuzz.json"
    assert fuzz.main(["--minutes", "0.0005", "--seed", "3", "--out", str(out)]) == 1
    content = read_measured(out, "make fuzz")
    assert [row["target"] for row in content["rows"]] == ["planted", "other"]
    assert content["facts"]["faults"] == sum(row["faults"] for row in content["rows"]) > 0
    assert "faults" in capsys.readouterr().out


def planted(name: str = "planted"):
    return fuzz_case.Target(name, b"abc", fuzz_mutate.mutate_bytes, lambda raw: {}[raw])


def one_case(target, tally, first, say):
    fuzz_case.run_case(target, first + tally.cases, tally)
