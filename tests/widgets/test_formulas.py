"""FormulaJudge: what it takes, what it refuses in words, and its score in Python and in node."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest

from aigc_teach.core.errors import ChoiceError, DataError
from aigc_teach.course.mathematics import formula_clinic as formulas
from aigc_teach.widgets import FormulaJudge
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")


def row(number="F01", verdict="wrong", count=1, **more):
    plain = {"number": number, "place": "article S0a, line 73", "text": "L = −log(D", "why": "So."}
    plain |= {"verdict": verdict, "corrected_text": "L = −log(D)", "count": count}
    return plain | {"evidence": [["brackets", "1", "0", False]]} | more


def test_it_takes_the_clinics_rows():
    judge = FormulaJudge(formulas.rows("losses", "updates"))
    assert judge.score == (0, 0, 23)
    assert [r["number"] for r in judge.rows][:2] == ["F01 to F04", "F05 to F09"]
    assert "23 printed formulas" in repr(judge)


def test_every_group_makes_an_instrument():
    judges = [FormulaJudge(formulas.rows(name)) for name in formulas.GROUPS]
    assert sum(judge.score[2] for judge in judges) == 65


def test_the_score_counts_formulas_not_rows():
    judge = FormulaJudge([row("a", "wrong", 4), row("b", "right", 5), row("c", "incomplete")])
    judge.answers = {"a": "wrong", "b": "incomplete"}
    assert judge.score == (4, 9, 10)
    judge.answers = {}
    assert judge.score == (0, 0, 10)


@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        ([], DataError, "no formula to judge"),
        ([row(), row()], DataError, "same number"),
        ([{"number": "F01"}], DataError, "Row 0 lacks place, text, verdict"),
        ([row(verdict="false")], ChoiceError, "'right', 'wrong', 'incomplete'"),
        ([row(evidence=[["what", "1"]])], DataError, "a check is"),
    ],
)
def test_bad_rows_are_told_in_words(rows, error, words):
    with pytest.raises(error, match=words):
        FormulaJudge(rows)


@pytest.mark.parametrize("answers", [{"F99": "right"}, {"F01": "false"}])
def test_bad_answers_are_refused(answers):
    judge = FormulaJudge([row()])
    with pytest.raises(ChoiceError):
        judge.answers = answers
    assert judge.answers == {}


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
def test_the_page_counts_as_python_does(tmp_path):
    chance = random.Random(0)
    rows = formulas.rows(*formulas.GROUPS)
    judge, cases, expected = FormulaJudge(rows), [], []
    for _ in range(300):
        said = {
            r["number"]: chance.choice(formulas.VERDICTS) for r in rows if chance.random() < 0.6
        }
        judge.answers = said
        cases.append(said)
        expected.append(list(judge.score))
    script = page_script("core", "controls", "formulas").replace("export default", "const page =")
    runner = """
import { readFileSync } from "node:fs";
const { rows, cases } = JSON.parse(readFileSync("cases.json"));
const scores = cases.map((said) => countScore(rows, said));
console.log(JSON.stringify({
  scores: scores.map(({ agreed, judged, total }) => [agreed, judged, total]),
  words: [scoreWords(countScore(rows, {})), ...scores.slice(0, 3).map(scoreWords)],
  outcomes: [outcomeWords(rows[0], "wrong"), outcomeWords(rows[0], "right")],
}));
"""
    (tmp_path / "cases.json").write_text(json.dumps({"rows": judge.rows, "cases": cases}))
    (tmp_path / "run.mjs").write_text(script + runner)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    page = json.loads(done.stdout)
    assert page["scores"] == expected
    assert page["words"][0] == "65 formulas to judge."
    agreed, judged, total = expected[0]
    assert page["words"][1] == f"{agreed} of {judged} so far; {total - judged} still to judge."
    assert page["outcomes"] == ["Yes: wrong.", "Not right: wrong."]
