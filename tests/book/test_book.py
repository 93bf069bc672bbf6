"""The book builds without a warning, fails on a failed cell, and shows what a lesson holds."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "book" / "_static"

UNRUN = ("-D", "nb_execution_mode=off")

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def lesson_page(small_book) -> str:
    return (small_book / "01_sample" / "01_sample.html").read_text("utf-8")


@pytest.mark.slow
def test_the_lesson_ran_and_its_figure_kept_its_alt_text(lesson_page):
    assert re.search(r'<img[^>]*alt="Three bars that grow from left to right\.', lesson_page)
    shown = re.findall(r'<div class="output stream.*?</pre>', lesson_page, re.DOTALL)
    assert sum("checked" in output for output in shown) == 6  # every stub and solution ran


@pytest.mark.slow
def test_solutions_are_folded_and_nothing_else_is(lesson_page):
    assert lesson_page.count("Show the solution") == 3
    assert lesson_page.count("tag_solution") == 3


@pytest.mark.slow
def test_the_menu_points_at_the_notebook(lesson_page, small_book):
    for service in ("mybinder.org", "colab.research.google.com", "kaggle.com"):
        (link,) = re.findall(rf'href="(https://{service}[^"]*)"', lesson_page)
        assert link.endswith("notebooks/01_sample/01_sample.ipynb")
    assert 'href="01_sample.ipynb"' in lesson_page
    assert (small_book / "01_sample" / "01_sample.ipynb").exists()


@pytest.mark.slow
def test_a_reference_shows_its_title_and_leads_to_the_bibliography(lesson_page):
    assert 'href="../references.html#kingma2014"' in lesson_page
    assert "<em>Auto-Encoding Variational Bayes</em>" in lesson_page


@pytest.mark.slow
def test_the_landing_page_names_the_repository(small_book):
    text = (small_book / "index.html").read_text("utf-8")
    assert "REPOSITORY" not in text
    assert "git clone https://" in re.sub(r"<[^>]*>", "", text)


@pytest.mark.slow
def test_a_failed_cell_fails_the_build(build_with):
    done = build_with("print(1 + 1)", "raise RuntimeError('planted')")
    assert done.returncode != 0
    assert "planted" in done.stdout + done.stderr


@pytest.mark.slow
def test_a_link_to_nowhere_fails_the_build(build_with):
    done = build_with("(../references.md#kingma2014).", "(../references.md#nobody1999).", *UNRUN)
    assert done.returncode != 0
    assert "nobody1999" in done.stderr


@pytest.mark.slow
def test_what_was_kept_is_shown_and_not_run_again(kept_course):
    _, book, build, words = kept_course
    done = build(book)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    assert "Executed notebook in" not in done.stdout
    page = (book / "_build" / "html" / "01_sample" / "01_sample.html").read_text("utf-8")
    assert page.count(words) > 8
    assert not re.search(r'<img[^>]*alt="Three bars', page)  # what the cell would have shown
    assert page.count("Show the solution") == 3  # tags come from the source


@pytest.mark.parametrize("change", ["nothing", "fresh", "code", "budget"])
def test_only_what_fits_goes_into_the_cache_of_the_book(kept_course, monkeypatch, change):
    from jupyter_cache import get_cache

    from lessons.book_cache import fill

    places, *_ = kept_course
    (source,) = places.sources()
    assert len(get_cache(str(fill(places, "ci"))).list_cache_records()) == 1
    if change == "fresh":
        monkeypatch.setenv("AIGC_FRESH", "1")
    if change == "code":
        source.write_text(source.read_text("utf-8").replace("print(1 + 1)", "print(3)"), "utf-8")
        shutil.rmtree(places.root / ".cache" / "book")
    folder = fill(places, "learn" if change == "budget" else "ci")
    assert len(get_cache(str(folder)).list_cache_records()) == (change == "nothing")


def test_what_is_vendored_is_what_was_published():
    listed = re.findall(r"^- `(\w{64})` (\S+)$", (STATIC / "VENDORED.md").read_text("utf-8"), re.M)
    sums = {name: digest for digest, name in listed}
    files = [p for folder in ("mathjax", "widgets") for p in (STATIC / folder).rglob("*.*")]
    files = [p for p in files if p.is_file() and p.name != "config.js"]
    assert {p.relative_to(STATIC).as_posix() for p in files} == set(sums)
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest == sums[path.relative_to(STATIC).as_posix()], path
