"""The learning paths can be walked, and their minutes are those of the lessons."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from lessons import ways
from lessons.places import Places
from lessons.source import LessonError, read_lesson

ROOT = Path(__file__).resolve().parents[2]
PLACES = Places(ROOT)
LESSONS = {source.relative_to(ROOT): read_lesson(source) for source in PLACES.sources()}
COURSE = ways.course_list(PLACES)
PAGE = (ROOT / "book" / "paths.md").read_text("utf-8")
BUDGET = re.compile(
    r"\*\*Budget\.\*\*.*?(\d+) with code and exercises; (\d+(?:\.\d+)?) minutes? to run"
)


def promised(lesson: str) -> tuple[float, float]:
    """Work and run minutes as a reader finds them on the lesson's page."""
    work, run = BUDGET.search((ROOT / "book" / f"{lesson}.md").read_text("utf-8")).groups()
    return float(work), float(run)


def test_page_and_list_are_in_step():
    for path, text in ways.derived(PLACES).items():
        assert path.read_text("utf-8") == text, f"{path.name}: run `make notebooks`"


def test_the_landing_page_lists_every_lesson_with_its_minutes():
    listed = ways.contents(PLACES)
    for row in COURSE["lessons"]:
        work, run = promised(row["lesson"])
        assert f"| [{row['title']}]({row['lesson']}.md) | {work:g} | {run:g} |" in listed
    index = (ROOT / "book" / "index.md").read_text("utf-8")
    assert index.count("\nLESSONS\n") == 1  # conf.py puts the list there
    assert listed.count("| lesson | work | run |") == index.count("/*\n```")


def test_a_part_of_which_nothing_is_said_is_refused(course):
    chosen = course.book / "paths.toml"
    text = chosen.read_text("utf-8")
    chosen.write_text(text.replace("[parts.05_images]", "[parts.05_pictures]"), "utf-8")
    with pytest.raises(LessonError, match=r"\[parts\] says nothing of 05_images"):
        ways.contents(course)


def test_the_readme_says_each_lesson_s_minutes():
    readme = (ROOT / "README.md").read_text("utf-8")
    for row in COURSE["lessons"]:
        minutes = sum(promised(row["lesson"]))
        assert f"(notebooks/{row['lesson']}.ipynb) | {minutes:g} | " in readme, row["lesson"]


def tables() -> list[tuple[str, list[list[str]]]]:
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    return [
        (part.splitlines()[0], [row.strip("| \n").split("|") for row in rows_of(part)])
        for part in parts
    ]


def rows_of(part: str) -> list[str]:
    return [line for line in part.splitlines() if re.match(r"\| \d", line)]


@pytest.mark.parametrize(("title", "rows"), tables(), ids=lambda v: v if type(v) is str else "")
def test_the_minutes_on_the_page_are_those_of_the_pages_and_add_up(title, rows):
    sums = [0.0, 0.0, 0.0]
    for cells in rows:
        lesson = re.search(r"\]\((.+)\.md\)", cells[1])[1]
        work, run, both = (float(cell) for cell in cells[2:])
        assert (work, run, both) == (*promised(lesson), sum(promised(lesson)))
        sums = [a + b for a, b in zip(sums, (work, run, both), strict=True)]
    part = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    total = re.search(r"\*\*together\*\* \| (.*) \|", part)[1].replace("*", "").split("|")
    assert [float(cell) for cell in total] == sums
    assert f"{len(rows)} lessons, {sums[2]:g} minutes" in part


def test_the_term_holds_every_finished_lesson_in_order():
    finished = [lesson.name for lesson in LESSONS.values() if not lesson.draft]
    assert (
        COURSE["paths"]["term"]["lessons"] == finished == [r["lesson"] for r in COURSE["lessons"]]
    )


def test_the_minutes_of_each_swap_add_up():
    for name, path in COURSE["paths"].items():
        for audience, walked in path["for"].items():
            if walked == path["lessons"]:
                assert name == "term"
                continue
            total = sum(sum(promised(lesson)) for lesson in walked)
            line = next(li for li in PAGE.splitlines() if f"--path {name} --for {audience}" in li)
            assert f"{total:g} minutes" in line and len(walked) == len(path["lessons"])


def test_what_a_page_says_one_needs_is_read():
    found = ways.needs(LESSONS[Path("book/03_models/10_diffusion.md")])
    assert found == {"02_mathematics/04_the_elbo", "03_models/06_conditional_generation"}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The course's sources, read already, to choose other paths in."""
    places = Places(tmp_path)
    for source in LESSONS:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / source).touch()
    known = {tmp_path / source: lesson for source, lesson in LESSONS.items()}
    monkeypatch.setattr(ways, "read_lesson", known.__getitem__)
    shutil.copy(ROOT / "book" / "paths.toml", places.book)
    return places


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('    "00_start/00_first_image",\n', "", "needs 00_start/00_first_image"),
        ("00_start/00_first_image", "00_start/00_gone", "no finished lesson '00_start/00_gone'"),
        ("at_most = 270", "at_most = 100", "minutes; at most 100 are promised"),
        ('out = ["01_concepts/01_what_is', 'out = ["04_clinic/01_it", "01_concepts/01_what_is',
         "leave out of 'afternoon' what is not on it"),
    ],
)  # fmt: skip
def test_a_path_that_cannot_be_walked_is_refused(old, new, words, course):
    chosen = course.book / "paths.toml"
    text = chosen.read_text("utf-8")
    assert old in text
    chosen.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(LessonError, match=re.escape(words)):
        ways.course_list(course)


def test_lessons_out_of_order_are_refused():
    lessons = list(LESSONS.values())[:2]
    walked = [lesson.name for lesson in reversed(lessons)]
    assert any("order" in fault for fault in ways.faults(walked, lessons, COURSE["lessons"], 999))


def test_the_list_in_the_package_knows_every_lesson_by_its_name_there():
    from aigc_teach.lab import register

    stored = json.loads((ROOT / "aigc_teach" / "course" / "lessons.json").read_text("utf-8"))
    assert stored == COURSE == register.course_list()
    assert {row["name"] for row in stored["lessons"]} <= set(register.lessons())
