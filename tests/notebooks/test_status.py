"""The stored status: the numbers in the lessons' prose, as several seeds measured them."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import status
from lessons.places import here
from lessons.source import read_lesson

STORED = json.loads((here().book / "status.json").read_text("utf-8"))
ROWS = {row["lesson"]: row for row in STORED["lessons"]}


def stated_in(source: Path) -> dict[str, tuple[float, float, bool]]:
    """What the lesson's cells state: name -> (low, high, exact), off its `lesson.expect` calls."""
    code = "\n".join(cell.text for cell in read_lesson(source).cells if cell.kind == "code")
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    expects = [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "expect"]
    return {
        c.args[0].value: (
            *map(ast.literal_eval, c.args[2:4]),
            any(k.arg == "exact" and ast.literal_eval(k.value) for k in c.keywords),
        )
        for c in expects
    }


@pytest.mark.parametrize("source", here().sources(), ids=lambda path: path.stem)
def test_every_stated_range_was_measured_with_three_seeds_or_more_and_holds(source):
    if read_lesson(source).draft:
        pytest.skip("a draft: its numbers are not measured yet")
    name = read_lesson(source).name
    claims = {claim["name"]: claim for claim in ROWS[name]["claims"]}
    stated = stated_in(source)
    assert stated, "a lesson states numbers, and holds them against its own run"
    assert {n: (c["low"], c["high"], c.get("exact", False)) for n, c in claims.items()} == stated
    for claim in claims.values():
        assert set(claim["values"]) >= {"0", "1", "2"}
        assert status.claim_verdict(claim) == "holds", claim


@pytest.mark.parametrize("source", here().sources(), ids=lambda path: path.stem)
def test_every_lesson_ran_within_its_promise(source):
    lesson = read_lesson(source)
    row = ROWS[lesson.name]
    assert status.verdict(row) == ("draft" if lesson.draft else "runs")
    assert row["promised_minutes"] == lesson.budget.learn
    assert row["promised_memory_gb"] == lesson.budget.memory_gb


def test_the_page_is_made_from_the_stored_figures():
    assert (here().book / "status.md").read_text("utf-8") == status.page(STORED)


def test_a_seed_that_leaves_the_range_is_seen(tmp_path):
    claims = {}
    for seed, value in enumerate((0.5, 0.95)):
        file = tmp_path / f"{seed}.jsonl"
        row = {"name": "share", "value": value, "low": 0.9, "high": 1.0}
        file.write_text(json.dumps(row) + "\n")
        status.add_claims(claims, seed, file)
    (claim,) = claims.values()
    assert claim["values"] == {"0": 0.5, "1": 0.95} and status.outside(claim)
    row = {"passed": True, "claims": [claim]}
    assert status.verdict(row) == "states a range that a seed leaves"


@pytest.mark.parametrize(
    ("exact", "values", "word"),
    [
        (False, (0.31, 0.33, 0.30), "holds"),
        (False, (0.31, 0.31, 0.31), "does not vary as it is called"),
        (False, (1.0, 1.0, 1.0), "holds"),  # a share that is full at every seed
        (True, (0.31, 0.31, 0.31), "holds"),
        (True, (0.31, 0.3101, 0.31), "holds"),  # another processor rounds otherwise
        (True, (0.31, 0.33, 0.30), "does not vary as it is called"),
        (True, (0.31, 0.31, 1.31), "OUTSIDE"),
    ],
)
def test_a_number_varies_as_it_is_called(exact, values, word):
    claim = {"name": "n", "low": 0, "high": 1, "exact": exact}
    claim["values"] = {str(seed): value for seed, value in enumerate(values)}
    assert status.claim_verdict(claim) == word
