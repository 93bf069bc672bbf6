"""Term plans for a lecturer: lessons spread over weeks, from book/paths.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from itertools import accumulate

from lessons.places import Places
from lessons.source import LessonError
from lessons.ways import course_list, faults, hours, link, source_of_paths

HEAD = """# Term plans

Three plans: the lessons in the course's order, cut into weeks so that the weeks are as even as
they can be. A lesson is never cut. *In class* counts 45 minutes for each lesson, as long as its
slides take (`make slides`); *at home* is what is left of the lesson's work and run, as its budget
line says them.

[What each lesson asks of a class](index.md) has a page for each. `make student` writes the
notebooks without solutions, `make solutions` the exercises solved, with a key of the questions;
`make exam LESSON=vae SEED=7` an exam with its key. `aigc-teach progress --class FOLDER` reads the
progress files that students hand in.
"""
IN_CLASS = 45


def spread(minutes: Sequence[float], weeks: int) -> list[int]:
    """Return how many lessons each week holds, in order, so that weeks differ least.

    The sum of the squares of the weeks' minutes is made as small as it can be: best[w][n] is the
    smallest for the first n lessons in w weeks.

    >>> spread([60, 60, 30, 30, 60], 3)
    [1, 2, 2]
    """
    if len(minutes) < weeks:
        raise LessonError(f"{len(minutes)} lessons do not fill {weeks} weeks.")
    upto = [0.0, *accumulate(minutes)]
    lessons = range(len(upto))
    best = [{0: (0.0, 0)}]  # lessons so far: (the sum of squares, where the last week begins)
    for _ in range(weeks):
        week = {}
        for n in lessons:
            before = [(best[-1][k][0] + (upto[n] - upto[k]) ** 2, k) for k in best[-1] if k < n]
            if before:
                week[n] = min(before)
        best.append(week)
    counts, n = [], len(minutes)
    for week in reversed(best[1:]):
        counts.append(n - week[n][1])
        n = week[n][1]
    return counts[::-1]


def page(places: Places, lessons: list) -> str:
    """Return the text of book/teach/plan.md."""
    course = course_list(places)
    rows = {row["lesson"]: row for row in course["lessons"]}
    pieces = ["<!-- Made by `make notebooks` from paths.toml: do not edit. -->", HEAD.strip()]
    for plan in tomllib.loads(source_of_paths(places).read_text("utf-8"))["plans"]:
        chosen = plan["lessons"]  # a list, the name of a path, or all
        if isinstance(chosen, str):
            chosen = list(rows) if chosen == "all" else course["paths"][chosen]["lessons"]
        walked = sorted(chosen)
        for fault in faults(walked, lessons, course["lessons"], 60 * plan["hours"] * plan["weeks"]):
            raise LessonError(f"paths.toml: the plan of {plan['weeks']} weeks: {fault}")
        pieces.append(section_of(plan, [rows[name] for name in walked]))
    return "\n\n".join(pieces) + "\n"


def section_of(plan: dict, walked: list[dict]) -> str:
    """Return one plan's heading and its table of weeks."""
    counts = spread([row["work"] + row["run"] for row in walked], plan["weeks"])
    total = sum(row["work"] + row["run"] for row in walked)
    lines = [
        f"## {plan['weeks']} weeks",
        "",
        f"{plan['promise']} {len(walked)} lessons, about {hours(total)} in all, at most "
        f"{plan['hours']:g} hours a week on average.",
        "",
        "| week | lessons | in class | at home |",
        "|---:|---|---:|---:|",
    ]
    begin = 0
    for week, count in enumerate(counts, 1):
        rows = walked[begin : begin + count]
        begin += count
        work = sum(row["work"] + row["run"] for row in rows)
        shown = min(IN_CLASS * count, work)
        lines.append(f"| {week} | {', '.join(map(link_up, rows))} | {shown:g} | {work - shown:g} |")
    return "\n".join(lines)


def link_up(row: dict) -> str:
    """A link to a lesson from book/teach."""
    return link(row).replace("](", "](../")
