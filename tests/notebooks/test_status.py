"""The stored status: the numbers in the lessons' prose, as several seeds measured them."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass

import pytest

import status
from lessons.places import here
from lessons.source import read_lesson

STORED = json.loads((here().book / "status.json").read_text("utf-8"))
ROWS = {row["lesson"]: row for row in STORED["lessons"]}


@dataclass
class Stated:
    """What a lesson's cells state, off its `lesson.expect` calls."""

    whole: dict[str, tuple[float, float, bool]]  # name -> low, high, exact
    patterns: list[str]  # of names that a loop puts together
    numbers: set[float]  # all that stand in the cells: a loop takes its bounds from them

    def disagrees(self, claims: dict[str, dict]) -> str:
        """The first stored claim that the cells do not state, or the other way round; or ""."""
        for name, claim in claims.items():
            bounds = (claim["low"], claim["high"], claim.get("exact", False))
            if name in self.whole:
                if self.whole[name] != bounds:
                    return f"{name}: {bounds} is stored, {self.whole[name]} stated"
            elif not any(re.fullmatch(pattern, name) for pattern in self.patterns):
                return f"{name} is stored and not stated"
            elif not set(map(float, bounds[:2])) <= self.numbers:
                return f"{name}: {bounds[:2]} stand nowhere in the cells"
        missing = set(self.whole) - set(claims)
        missing |= {p for p in self.patterns if not any(re.fullmatch(p, name) for name in claims)}
        return f"stated and not stored: {sorted(missing)}" if missing else ""


def stated_in(code: str) -> Stated:
    """Read a lesson's code: names as they stand, or put together in a loop (an f-string)."""
    found, tree = Stated({}, [], set()), ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            found.numbers |= {float(node.value), -float(node.value)}
        if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "expect"):
            continue
        name, exact = node.args[0], [k.value for k in node.keywords if k.arg == "exact"]
        if isinstance(name, ast.JoinedStr):
            parts = [
                re.escape(p.value) if isinstance(p, ast.Constant) else ".+" for p in name.values
            ]
            found.patterns.append("".join(parts))
        else:
            bounds = map(ast.literal_eval, node.args[2:4])
            found.whole[name.value] = (*bounds, any(map(ast.literal_eval, exact)))
    return found


def test_a_claim_that_was_changed_on_one_side_only_is_seen():
    stated = stated_in("""
lesson.expect("a", 1.0, 0, 2)
for name, low in (("x", -3), ("y", 4)):
    lesson.expect(f"of {name}", 1.0, low, 5)
""")
    claims = {
        "a": {"low": 0, "high": 2},
        "of x": {"low": -3, "high": 5},
        "of y": {"low": 4, "high": 5},
    }
    assert stated.disagrees(claims) == ""
    assert "a: (0, 3, False) is stored" in stated.disagrees(claims | {"a": {"low": 0, "high": 3}})
    assert "nowhere" in stated.disagrees(claims | {"of y": {"low": 6, "high": 5}})
    assert "b is stored" in stated.disagrees(claims | {"b": {"low": 0, "high": 2}})
    assert "['a']" in stated.disagrees({n: c for n, c in claims.items() if n != "a"})
    assert "of" in stated.disagrees({"a": claims["a"]})


@pytest.mark.parametrize("source", here().sources(), ids=lambda path: path.stem)
def test_every_stated_range_was_measured_with_three_seeds_or_more_and_holds(source):
    if read_lesson(source).draft:
        pytest.skip("a draft: its numbers are not measured yet")
    name = read_lesson(source).name
    claims = {claim["name"]: claim for claim in ROWS[name]["claims"]}
    cells = read_lesson(source).cells
    stated = stated_in("\n".join(cell.text for cell in cells if cell.kind == "code"))
    assert stated.whole, "a lesson states numbers, and holds them against its own run"
    assert stated.disagrees(claims) == ""
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


def test_a_run_on_another_processor_is_held_to_the_same_ranges():
    claim = {"name": "a | b", "low": 0, "high": 1, "values": {"0": 0.5, "1": 0.6}}
    promise = {"promised_minutes": 2, "promised_memory_gb": 1}
    row = promise | {"lesson": "x", "title": "X", "claims": [claim], "passed": True}
    row |= {"minutes": 1, "memory_gb": 0.5}
    there = {"cpu": "Z, AVX2, float32", "date": "2026-11-30", "passed": True}
    there |= {"values": {"a | b": {"7": 0.9}}}
    assert status.other_verdict(row, there) == "runs"
    assert "| Z, AVX2, float32 | 7 | 2026-11-30 | 1 |" in status.other_row(row, there)
    assert status.verdict(row | {"also": [there]}) == "runs"
    out = there | {"values": {"a | b": {"7": 1.1}}}
    assert status.other_verdict(row, out) == "OUTSIDE: a \\| b: 1.1, stated 0 to 1"
    assert status.other_verdict(row, there | {"passed": False}) == "fails"
    assert status.verdict(row | {"also": [there, out]}) == "does not run so on another processor"


def test_what_another_processor_gave_is_kept_beside_the_row(tmp_path, monkeypatch):
    places = here()
    name = read_lesson(places.sources()[0]).name
    stored = tmp_path / "status.json"
    stored.write_text(json.dumps({"lessons": [ROWS[name]]}))
    measured = ROWS[name] | {"date": "2026-12-01"}
    monkeypatch.setattr(status, "run_lesson", lambda source, places, seeds: measured)
    monkeypatch.setattr(status, "setting", lambda: "Z")
    for _ in range(2):  # the second run takes the first one's place
        status.run_elsewhere([name], (0,), stored, places)
    (row,) = json.loads(stored.read_text("utf-8"))["lessons"]
    (entry,) = (entry for entry in row["also"] if entry["cpu"] == "Z")
    assert entry["date"] == "2026-12-01" and set(entry["values"]) == {
        c["name"] for c in row["claims"]
    }
    assert row["claims"] == ROWS[name]["claims"] and row["date"] == ROWS[name]["date"]
