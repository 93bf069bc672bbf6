"""CaseFile: what it takes, what it refuses in words, and its counting in Python and in node."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import numpy as np
import pytest

from aigc_teach.core.errors import AigcError, ChoiceError, DataError, DtypeError
from aigc_teach.widgets import CaseFile
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")


def entry(key="a", true=False, **more):
    texts = {"claim": f"Claim {key}.", "seen": f"Seen {key}: 3.5.", "verdict": f"Verdict {key}."}
    return texts | {"true": true} | more


def entries(n=4, truth=0):
    return [entry("abcdefgh"[k], k == truth) for k in range(n)]


def case_file(**options):
    return CaseFile("Every picture is grey.", entries(), **options)


def place(case, key):
    return [line["claim"] for line in case.entries].index(f"Claim {key}.")


def test_words_say_complaint_and_claims_and_never_the_truth():
    case = case_file(title="Grey")
    words = repr(case)
    assert words.startswith("Grey. Complaint: Every picture is grey.")
    assert all(f"Claim {key}." in words for key in "abcd")
    assert "Seen" not in words and "Verdict" not in words and "True" not in words
    assert case._repr_mimebundle_()[0]["text/plain"] == words
    case.log = [["diagnosis", place(case, "a")]]
    assert repr(case) == words


def test_the_complaint_decides_the_order():
    assert case_file().entries == case_file().entries
    complaints = [f"Complaint number {k}." for k in range(200)]
    places = [place(CaseFile(words, entries()), "a") for words in complaints]
    assert {places.count(k) > 30 for k in range(4)} == {True}  # the truth is given first
    given = entries()
    CaseFile("Every picture is grey.", given)
    assert given == entries()  # the caller's list keeps its order


def test_it_counts_experiments_before_the_cause_is_named():
    case = case_file()
    a, b, c = (place(case, key) for key in "abc")
    assert (case.found, case.experiments) == (False, 0)
    case.log = [["experiment", b], ["diagnosis", b], ["experiment", a]]
    assert (case.found, case.experiments) == (False, 2)
    case.log = [*case.log, ["diagnosis", a], ["experiment", c]]
    assert (case.found, case.experiments) == (True, 2)
    case.log = []
    assert (case.found, case.experiments) == (False, 0)


def test_entries_may_come_from_a_generator_and_true_from_numpy():
    case = CaseFile(" Grey. ", (entry(k, np.bool_(k == "b")) for k in "ab"))
    assert case.complaint == "Grey." and [type(line["true"]) for line in case.entries] == [bool] * 2
    json.dumps(case.entries)


@pytest.mark.parametrize(
    ("complaint", "given", "error", "words"),
    [
        ("", entries(), DataError, "The complaint is empty"),
        (None, entries(), DtypeError, "The complaint must be a text; you gave a NoneType"),
        ("Grey.", [], DataError, "at least 2 entries to choose from; you gave 0"),
        ("Grey.", entries(1), DataError, "at least 2 entries to choose from; you gave 1"),
        ("Grey.", entries(3, None), DataError, "Exactly one entry must be true; of yours, 0 are"),
        ("Grey.", [entry("a", True), entry("b", True)], DataError, "of yours, 2 are"),
        ("Grey.", [entry("a", True), entry("a")], DataError, "the same claim"),
        ("Grey.", {"a": entry("a", True)}, DtypeError, "Entry 0 must be a dict; you gave a str"),
        ("Grey.", [{"claim": "x"}], DataError, "Entry 0 lacks seen, verdict, true"),
        ("Grey.", [entry(), entry("b", seen=" ")], DataError, "Entry 1: `seen` is empty"),
        ("Grey.", [entry(verdict=3)], DtypeError, "`verdict` must be a text; you gave a int"),
        ("Grey.", [entry(true="False")], DtypeError, "`true` must be True or False"),
    ],
)
def test_bad_input_is_told_in_words(complaint, given, error, words):
    with pytest.raises(error, match=words):
        CaseFile(complaint, given)


@pytest.mark.parametrize(
    ("trait", "value", "error"),
    [
        ("picked", 4, ChoiceError),
        ("picked", -2, ChoiceError),
        ("log", [["guess", 0]], ChoiceError),
        ("log", [["experiment", 4]], ChoiceError),
        ("log", [["experiment", -1]], AigcError),
        ("log", [["experiment", 0.5]], DtypeError),
        ("log", [["experiment"]], DataError),
    ],
)
def test_a_state_that_cannot_be_is_refused(trait, value, error):
    case = case_file()
    with pytest.raises(error):
        setattr(case, trait, value)
    assert (case.picked, case.log) == (-1, [])


RUNNER = """
import { readFileSync } from "node:fs";
const { entries, logs, told } = JSON.parse(readFileSync("cases.json"));
const known = logs.map((log) => readLog(entries, log));
console.log(JSON.stringify({
  known: known.map(({ found, experiments }) => [found, experiments]),
  words: told.map((log) => standWords(readLog(entries, log))),
  marks: told.map((log) => entries.map((_, i) => markOf(entries, log, i))),
  lines: entries.flatMap((_, i) =>
    ["experiment", "diagnosis"].map((kind) => lineOf(entries, [kind, i]))),
}));
"""


def from_node(folder, **cases):
    script = page_script("core", "controls", "casefile").replace("export default", "const page =")
    (folder / "cases.json").write_text(json.dumps(cases))
    (folder / "run.mjs").write_text(script + RUNNER)
    done = subprocess.run([NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
def test_the_page_counts_and_speaks_as_it_should(tmp_path):
    chance, case, logs, expected = random.Random(0), case_file(), [], []
    for _ in range(300):
        steps = [[kind, i] for kind in ("experiment", "diagnosis") for i in range(4)]
        case.log = chance.sample(steps, chance.randrange(9))
        logs.append(case.log)
        expected.append([case.found, case.experiments])
    a, b, c = (place(case, key) for key in "abc")

    def run(i):
        return ["experiment", i]

    def name(i):
        return ["diagnosis", i]

    told = {
        "No experiment yet.": [],
        "1 experiment so far.": [run(b)],
        "2 experiments so far, 1 wrong diagnosis.": [run(b), name(b), run(c)],
        "0 experiments so far, 2 wrong diagnoses.": [name(b), name(c)],
        "Found with 2 experiments.": [run(b), run(a), name(a), run(c)],
        "Found with 1 experiment and 1 wrong diagnosis.": [name(c), run(a), name(a)],
        "A guess: run the experiment before you believe it.": [name(a)],
        "A guess, after 1 wrong diagnosis: run the experiment before you believe it.": [
            *(name(c), name(a))
        ],
        "A guess; now its experiment is in the file.": [name(a), run(a)],
    }
    page = from_node(tmp_path, entries=case.entries, logs=logs, told=list(told.values()))
    assert page["known"] == expected
    assert page["words"] == list(told)
    marks = dict(zip(told, page["marks"], strict=True))
    assert set(marks["No experiment yet."]) == {""}
    mixed = marks["Found with 1 experiment and 1 wrong diagnosis."]
    assert [mixed[k] for k in (a, b, c)] == ["the cause", "", "not this"]
    assert marks["1 experiment so far."][b] == "examined"
    for i, line in enumerate(case.entries):
        seen, told = page["lines"][2 * i : 2 * i + 2]
        assert seen["kind"] == "experiment" and seen["text"] == line["seen"]
        assert told["kind"] == ("right" if line["true"] else "wrong")
        assert told["text"] == line["verdict"] and told["claim"] == line["claim"]
