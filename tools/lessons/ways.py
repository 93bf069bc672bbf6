"""The learning paths: chosen in book/paths.toml, their minutes counted from the lessons."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from lessons.places import Places
from lessons.source import Lesson, LessonError, read_lesson, section, sections

NEEDED = re.compile(r"\]\(((?:\.\./)?(?:\d\d_\w+/)?\d\d_\w+)\.md")
README_ROW = re.compile(
    r"^(\|[^|]*\| \[[^]]*\]\(notebooks/(\S+?)\.ipynb\) \|)[^|]*(?=\|)", re.MULTILINE
)
HEAD = """# Three paths through the course

Not every reader has a term. Here are lists of lessons for three lengths, each in the course's own
order, so that what a lesson builds on comes before it. Below each stands what to swap if you are an
engineer, an artist or a teacher.

**How the minutes are counted.** *Work* is the time to read a lesson with its code and exercises, as
the lesson's own budget line says it: 80 words of prose a minute, 15 lines of code a minute, 4
minutes an exercise. *Run* is what the computer may take for the lesson on two CPU cores, all in
minutes.

`aigc-teach progress --path afternoon` (or `week`, `term`) says in a terminal what comes next on a
path and what to repeat; in a notebook `lab.progress("afternoon")` says the same. Your progress is
one file on your own computer; `aigc-teach progress --forget` says what it holds and deletes it.
"""


def source_of_paths(places: Places) -> Path:
    return places.book / "paths.toml"


def derived(places: Places) -> dict[Path, str]:
    """Return the page and the package's list with their texts; nothing where no paths are."""
    if not source_of_paths(places).exists():
        return {}
    course = course_list(places)
    listed = json.dumps(course, indent=1, ensure_ascii=False) + "\n"
    texts = {
        places.book / "paths.md": page(course),
        places.root / "aigc_teach" / "course" / "lessons.json": listed,
    }
    readme = places.root / "README.md"
    if readme.exists():
        texts[readme] = with_minutes(readme.read_text("utf-8"), course["lessons"])
    return texts


def with_minutes(readme: str, rows: list[dict]) -> str:
    """Return the README with the minutes of each finished lesson in its table.

    >>> row = {"lesson": "00_a/00_b", "work": 50, "run": 3}
    >>> with_minutes("| a | [b](notebooks/00_a/00_b.ipynb) | – | see |", [row])
    '| a | [b](notebooks/00_a/00_b.ipynb) | 53 | see |'
    """
    known = {row["lesson"]: f"{row['work'] + row['run']:g}" for row in rows}
    return README_ROW.sub(lambda row: f"{row[1]} {known.get(row[2], '–')} ", readme)


def contents(places: Places) -> str:
    """Return the landing page's list of parts and lessons; nothing where no paths are.

    Raises
    ------
    LessonError
        Where paths.toml has no sentence on a part that holds a finished lesson.
    """
    if not source_of_paths(places).exists():
        return ""
    said = tomllib.loads(source_of_paths(places).read_text("utf-8"))["parts"]
    parts: dict[str, list[dict]] = {}
    for row in course_list(places)["lessons"]:
        parts.setdefault(row["lesson"].split("/")[0], []).append(row)
    if missing := sorted(parts.keys() - said.keys()):
        raise LessonError(f"paths.toml: [parts] says nothing of {missing[0]}.")
    return "\n".join(part_of(said[folder], rows) for folder, rows in parts.items())


def part_of(said: dict, rows: list[dict]) -> str:
    """Return one part of the landing page: its sentence, its lessons, their minutes."""
    work, run = (sum(row[key] for row in rows) for key in ("work", "run"))
    many = "1 lesson" if len(rows) == 1 else f"{len(rows)} lessons"
    lines = [f"| {link(row)} | {row['work']:g} | {row['run']:g} |" for row in rows]
    head = [f"**{said['title']}.** {said['promise']} {many}, about {hours(work + run)}.", ""]
    return "\n".join([*head, "| lesson | work | run |", "|---|---:|---:|", *lines, ""])


def course_list(places: Places) -> dict:
    """Return every finished lesson with its minutes, and the paths with their swaps.

    Raises
    ------
    LessonError
        Where a path is not one that a reader can walk; the sentence says why.
    """
    lessons = [lesson for lesson in map(read_lesson, places.sources()) if not lesson.draft]
    chosen = tomllib.loads(source_of_paths(places).read_text("utf-8"))
    rows = [row_of(lesson) for lesson in lessons]
    order = [row["lesson"] for row in rows]
    paths = {}
    for name, path in chosen["paths"].items():
        every = path["lessons"] == "all"
        plain = list(order) if every else path["lessons"]
        paths[name] = {key: path[key] for key in ("title", "promise")} | {"lessons": plain}
        paths[name]["for"] = {}
        for audience, wishes in chosen["audiences"].items():
            swap = wishes.get(name, {"out": [], "in": []})
            kept = [lesson for lesson in plain if lesson not in swap["out"]] + swap["in"]
            if set(swap["out"]) - set(plain) or set(swap["in"]) & set(plain):
                raise LessonError(
                    f"paths.toml: {audience} leave out of {name!r} what is not on it, "
                    "or take in what is."
                )
            paths[name]["for"][audience] = sorted(kept)
        for who, walked in [("everybody", plain), *paths[name]["for"].items()]:
            for fault in faults(walked, lessons, rows, path["at_most"]):
                raise LessonError(f"paths.toml: the path {name!r} for {who}: {fault}")
    reasons = {name: wishes["reason"] for name, wishes in chosen["audiences"].items()}
    return {"lessons": rows, "paths": paths, "audiences": reasons}


def row_of(lesson: Lesson) -> dict:
    """Return what a path must know of a lesson; minutes as its budget line says them."""
    title = next(
        line for cell in lesson.cells for line in cell.text.splitlines() if line[:2] == "# "
    )
    names = [re.sub(r"^\d\d_", "", step) for step in lesson.name.split("/")]
    return {
        "lesson": lesson.name,
        "name": "/".join(names),
        "title": title[2:].strip(),
        "work": lesson.budget.work_minutes,
        "run": lesson.budget.learn,
    }


def faults(
    walked: list[str], lessons: list[Lesson], rows: list[dict], at_most: float
) -> Iterator[str]:
    """Yield in sentences what makes a list of lessons no path."""
    known = {lesson.name: lesson for lesson in lessons}
    for name in walked:
        if name not in known:
            yield f"there is no finished lesson {name!r}."
            return
    if walked != sorted(set(walked)):
        yield "its lessons do not stand in the course's order, each once."
    for place, name in enumerate(walked):
        for other in sorted(needs(known[name]) - set(walked[:place])):
            yield f"{name} needs {other}, which does not come before it."
    total = minutes(walked, rows)
    if total > at_most:
        yield f"it takes {total:g} minutes; at most {at_most:g} are promised."


def needs(lesson: Lesson) -> set[str]:
    """Return the lessons that a page says one needs: the links of its sentences with "you need".

    A lesson that stands later in the course is a pointer forward, not a need.
    """
    text = section(sections(lesson), "Before you start").prose
    sentences = [part for part in re.split(r"\.\s", text) if "you need" in part.casefold()]
    links = (match.removeprefix("../") for match in NEEDED.findall(" ".join(sentences)))
    folder = lesson.path.parent.name
    found = {link if "/" in link else f"{folder}/{link}" for link in links}
    return {name for name in found if name < lesson.name}


def minutes(walked: list[str], rows: list[dict]) -> float:
    """Return how long a list of lessons takes: to work through, and to run."""
    return sum(row["work"] + row["run"] for row in rows if row["lesson"] in walked)


def hours(total: float) -> str:
    """Return minutes as hours, to the nearest half.

    >>> hours(239), hours(60), hours(80)
    ('4 hours', '1 hour', '1½ hours')
    """
    halves = round(total / 30)
    text = f"{halves // 2 or ''}{'½' if halves % 2 else ''}"
    return f"{text} hour" + ("s" if halves > 2 else "")


def page(course: dict) -> str:
    """Return the text of book/paths.md."""
    made = "<!-- Made by `make notebooks` from paths.toml and the lessons: do not edit. -->"
    parts = [f"{made}\n\n{HEAD}"]
    rows = {row["lesson"]: row for row in course["lessons"]}
    for name, path in course["paths"].items():
        parts.append(section_of(name, path, rows, course["audiences"]))
    return "\n".join(parts)


def section_of(name: str, path: dict, rows: dict[str, dict], audiences: dict[str, str]) -> str:
    """Return one path's heading, table and swaps."""
    walked = [rows[lesson] for lesson in path["lessons"]]
    work, run = (sum(row[key] for row in walked) for key in ("work", "run"))
    lines = [
        f"## {path['title']}",
        "",
        f"{path['promise']} {len(walked)} lessons, {work + run:g} minutes: "
        f"about {hours(work + run)}.",
        "",
        "| no. | lesson | work | run | sum |",
        "|---:|---|---:|---:|---:|",
    ]
    for number, row in enumerate(walked, 1):
        lines.append(
            f"| {number} | {link(row)} | {row['work']:g} | {row['run']:g} "
            f"| {row['work'] + row['run']:g} |"
        )
    lines += [f"| | **together** | **{work:g}** | **{run:g}** | **{work + run:g}** |", ""]
    swaps = []
    for audience, lessons in path["for"].items():
        if gone := [rows[lesson] for lesson in path["lessons"] if lesson not in lessons]:
            new = [rows[lesson] for lesson in lessons if lesson not in path["lessons"]]
            total = minutes(lessons, list(rows.values()))
            swaps.append(
                f"* **For {audience}.** {audiences[audience]} Leave out {listed(gone)}; "
                f"take {listed(new)} instead: {total:g} minutes. "
                f"(`aigc-teach progress --path {name} --for {audience}`)"
            )
    return "\n".join([*lines, *(swaps or ["Everything is on it: there is nothing to swap."]), ""])


def link(row: dict) -> str:
    return f"[{row['title']}]({row['lesson']}.md)"


def listed(rows: list[dict]) -> str:
    """Return links joined by commas and a last *and*; a title's comma would blur them."""
    links = [link(row) for row in rows]
    return " and ".join(filter(None, [", ".join(links[:-1]), links[-1]]))
