"""Decks: what of a lesson stands on slides, what is said, and what would keep a class waiting."""

from __future__ import annotations

import hashlib
import re
from copy import deepcopy

import pytest
from nbformat.v4 import new_output

from lessons.deck import TEXT_LINES, blocks, first_sentences, make_deck, sentences
from lessons.deck_page import TOOLS, copy_static, write_deck
from lessons.kept import code_cells, place, save
from lessons.named import find_one
from lessons.source import LessonError, parse_lesson
from sample_deck import ran
from slides import main

DECK = TOOLS / "deck"


def deck_of(text, course, **options):
    lesson = parse_lesson(text, course.book / "01_sample" / "01_sample.md")
    return make_deck(lesson, ran(lesson, course, **options), "lecture")


@pytest.fixture
def deck(course, sample_text):
    return deck_of(sample_text, course)


def told(slide):
    return "\n".join(part for part in slide.parts if isinstance(part, str))


def test_an_untagged_lesson_gives_the_anatomy_in_order(deck):
    kinds = [slide.kind for slide in deck.slides]
    assert kinds[:4] == ["title", "objectives", "predict", "output"]
    assert kinds[-3:] == ["recap", "question", "end"]
    assert kinds.count("predict") == 4
    assert "You learn how a lesson looks." in told(deck.slides[0])
    assert "figures/01_sample.png" in told(deck.slides[0])
    everything = "\n".join(map(told, deck.slides))
    assert "**Answer.** It is: $1 = 1$." in everything and "Exercise" not in everything
    assert "lab.setup" not in everything and "references.md" not in everything
    titles = [slide.title for slide in deck.slides]
    assert "What goes wrong: counting from one" in titles and "References" not in titles


def test_a_prediction_stands_alone_before_its_cell(deck):
    for slide, after in zip(deck.slides, deck.slides[1:], strict=False):
        if slide.kind == "predict":
            assert len(slide.parts) == 1 and told(slide).startswith("**Predict.**")
            assert after.kind in ("code", "output") and after.title == slide.title


def test_the_explanation_stands_under_the_output_and_whole_in_the_notes(course, sample_text):
    long = "Two. " + "This goes on and on, for ten words or more. " * 9
    deck = deck_of(sample_text.replace("Two, not three.", long.strip()), course)
    slide = next(slide for slide in deck.slides if slide.notes.startswith("Two. This"))
    assert slide.kind == "output" and "**Predict" not in told(slide)
    assert len(slide.parts[-1].split()) < 35 and slide.parts[-1].startswith("Two. This goes")
    assert len(slide.notes.split()) > 80


def test_long_code_and_long_outputs_are_folded(course, sample_text):
    long = "\n".join(f"number_{n} = {n}" for n in range(25))
    deck = deck_of(sample_text.replace("print(1 + 1)", long), course)
    code = next(slide for slide in deck.slides if slide.kind == "code")
    assert "11 more lines in the lesson" in told(code) and told(code).count("\n") <= 16
    assert "number_24 = 24" in code.notes
    output = next(slide for slide in deck.slides if slide.kind == "output").parts[-2]
    assert "more lines" in output.outputs[0].text
    assert output.outputs[0].text.count("\n") < TEXT_LINES


def test_tags_overrule_the_anatomy(course, sample_text):
    cell = "```{code-cell} python\nprint(1 + 1)\n"
    tagged = {
        tag: deck_of(
            sample_text.replace(cell, cell.replace("python\n", f"python\n:tags: [{tag}]\n\n")),
            course,
        )
        for tag in ("skip", "notes", "slide")
    }
    assert "print(1 + 1)" not in "\n".join(told(s) + s.notes for s in tagged["skip"].slides)
    assert "print(1 + 1)" in tagged["notes"].slides[2].notes
    assert "print(1 + 1)" not in "\n".join(map(told, tagged["notes"].slides))
    assert any(s.kept and "print(1 + 1)" in told(s) for s in tagged["slide"].slides)


def test_a_long_lesson_is_cut_to_45_minutes_and_nothing_is_lost(course, sample_text):
    middle = re.search(r"## Look.*?(?=## Draw)", sample_text, re.S)[0]
    words = "Many words are said here. " * 60
    many = "".join(
        middle.replace("## Look", f"## Look {n}").replace("Two, as", f"{words}\n\nTwo, as")
        for n in range(25)
    )
    deck = deck_of(sample_text.replace(middle, many), course)
    assert not any("the deck takes" in said for said in deck.complaints())
    below = [slide for slide in deck.slides if slide.spare]
    assert below and sum(s.kind == "predict" for s in deck.slides) == 28
    assert not any(slide.spare for slide in (deck.slides[0], *deck.slides[-3:]))


def test_a_class_that_would_wait_is_told_which_cell(course, sample_text):
    deck = deck_of(sample_text, course, seconds=21)
    complaints = deck.complaints()
    assert len(complaints) == 4
    line = 1 + sample_text.splitlines().index("print(1 + 1)")
    assert complaints[0].startswith(f"01_sample/01_sample:{line}: this cell in 'Look' runs 21 s")
    assert deck_of(sample_text, course, seconds=19).complaints() == []
    assert "run 84 s in all, the longest 21 s (lecture budget)" in told(deck.slides[0])


def test_a_stated_number_stands_bare_on_a_slide_and_one_outside_fails_the_check(
    course, sample_text
):
    lesson = parse_lesson(sample_text, course.book / "01_sample" / "01_sample.md")
    notebook = ran(lesson, course)
    texts = ["first\n", "share: 0.95, inside the 0.9 to 1 that the text states\n"]
    outputs = [new_output("stream", name="stdout", text=text) for text in texts]
    cells = [cell for cell in code_cells(notebook) if cell.outputs[0].output_type == "stream"]
    for cell in cells:
        cell.outputs = deepcopy(outputs)
    deck = make_deck(lesson, notebook, "lecture")
    shown = [
        out
        for slide in deck.slides
        for part in slide.parts
        if not isinstance(part, str)
        for out in part.outputs
        if out.output_type == "stream"
    ]
    assert shown and all(out.text == "first\nshare: 0.95\n" for out in shown)
    assert deck.complaints() == []
    cells[-1].outputs[
        1
    ].text = "share: 0.8, OUTSIDE the 0.9 to 1 that the text states on its machine\n"
    complaint = make_deck(lesson, notebook, "lecture").complaints()[0]
    assert "share: 0.8, OUTSIDE the 0.9 to 1" in complaint and "lecture" in complaint


def test_a_printed_table_is_drawn(course, sample_text):
    lesson = parse_lesson(sample_text, course.book / "01_sample" / "01_sample.md")
    notebook = ran(lesson, course)
    table = "| who | good |\n|---|---:|\n| you | 0.5 |\n"
    for cell in code_cells(notebook):
        if cell.outputs[0].output_type == "stream":
            cell.outputs = [new_output("stream", name="stdout", text=f"before\n{table}after\n")]
    slides = make_deck(lesson, notebook, "lecture").slides
    found = next(
        part.outputs
        for slide in slides
        for part in slide.parts
        if not isinstance(part, str) and len(part.outputs) == 3
    )
    assert [found[0].text, found[1].data["text/markdown"], found[2].text] == [
        "before\n",
        table,
        "after\n",
    ]


def test_cells_that_nobody_measured_fail_the_check(course, sample_text):
    deck = deck_of(sample_text, course, seconds=None)
    assert "not measured" in deck.complaints()[0] and "not measured" in told(deck.slides[0])


def test_the_page_asks_nobody_for_anything_and_carries_notes(course, sample_text, deck, tmp_path):
    lesson = parse_lesson(sample_text, course.book / "01_sample" / "01_sample.md")
    page = write_deck(deck, ran(lesson, course), course, tmp_path).read_text("utf-8")
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page) and "mermaid" not in page
    assert page.count('<aside class="notes">') == len(deck.slides)
    assert re.search(r"About \d\.\d minutes; then \d+ of 45 are over", page)
    assert 'alt="One pixel"' in page and "data:image/png;base64" in page
    assert "../_static/reveal/reveal.js" in page
    assert page.count("<section") == 2 * len(deck.slides) - sum(s.spare for s in deck.slides)
    copy_static(tmp_path)
    for name in re.findall(r'(?:src|href)="\.\./(_static/[^"]+)"', page):
        assert (tmp_path / name).exists(), name


def test_the_command_takes_what_is_kept_and_fails_only_where_it_checks(
    course, sample_text, tmp_path, capsys
):
    source = course.book / "01_sample" / "01_sample.md"
    lesson = parse_lesson(sample_text, source)
    for seconds, code in ((30, 1), (2, 0)):
        save(ran(lesson, course, seconds), place(source, course, "lecture"))
        to = ["--to", str(tmp_path / "out"), "01_sample"]
        assert main(to, course) == 0
        assert main(["--check", *to], course) == code
        assert ("this cell in 'Look' runs 30 s" in capsys.readouterr().err) == bool(code)
    assert (tmp_path / "out" / "01_sample" / "01_sample.html").exists()


def test_a_lesson_is_found_by_its_short_name(course):
    assert find_one("sample", course) == find_one("book/01_sample/01_sample.md", course)
    with pytest.raises(LessonError, match="'vae' names 0 lessons; name one of 01_sample/01_sample"):
        find_one("vae", course)


def test_sentences_do_not_end_inside_formulas_code_or_brackets():
    text = "See $a. B$ here (as is. So what) and `x. Y` too. Then **bold. Not** yet. End."
    assert sentences(text) == [
        "See $a. B$ here (as is. So what) and `x. Y` too.",
        "Then **bold. Not** yet.",
        "End.",
    ]
    assert first_sentences("1. One. More.\n2. Two. More.", 2) == "1. One.\n2. Two."


def test_blocks_keep_formulas_code_and_folded_text_whole():
    text = "A.\n\n```python\na\n\nb\n```\n\n<details>\n\nhidden\n\n</details>\n\nEnd."
    assert blocks(text) == [
        "A.",
        "```python\na\n\nb\n```",
        "<details>\n\nhidden\n\n</details>",
        "End.",
    ]


def test_vendored_files_are_those_of_the_package():
    listed = re.findall(r"^- `(\w{64})` (\S+)$", (DECK / "VENDORED.md").read_text("utf-8"), re.M)
    there = {path.relative_to(DECK).as_posix() for path in (DECK / "reveal").iterdir()}
    assert {name for _, name in listed} == there
    for digest, name in listed:
        assert hashlib.sha256((DECK / name).read_bytes()).hexdigest() == digest, name
