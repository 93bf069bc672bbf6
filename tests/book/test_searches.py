"""Eighty searches in the words of stuck people, put to the site's own search in a real Chromium.

`searches.toml` holds the words, where they come from, and which page or entry should answer.
"""

from __future__ import annotations

import io
import json
import re
import tomllib
from pathlib import Path

import pytest

from lessons.places import here

BOOK = here().book
SEARCHES = tomllib.loads((Path(__file__).parent / "searches.toml").read_text("utf-8"))["search"]
FIRST = 5  # hits that somebody looks at
SCRIPTS = ("doctools.js", "sphinx_highlight.js", "language_data.js", "searchtools.js", "search.js")
ASK = f"""(words) => Search._performSearch(...Search._parseQuery(words)).reverse()
    .slice(0, {FIRST}).map(([page, , anchor]) => [page, anchor])"""
HEADINGS = """() => Object.entries(Search._index.alltitles).flatMap(([title, places]) =>
    places.map(([file, id]) =>
        [Search._index.docnames[file], title.replaceAll(/[‘’]/g, "'"), id ? `#${id}` : ""]))"""


def headings(page: str) -> list[str]:
    """The headings of a page, without Markdown."""
    text = (BOOK / f"{page}.md").read_text("utf-8")
    return [line.replace("`", "") for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]


def split(answer: str) -> tuple[str, str]:
    """The page of an answer and the beginning of its entry's heading, if it names one."""
    page, _, beginning = answer.partition(": ")
    return page, beginning


def test_there_are_eighty_and_each_answer_exists():
    assert len({search["words"] for search in SEARCHES}) == len(SEARCHES) == 80
    for search in SEARCHES:
        assert search["said"] and search["answers"], search
        for page, beginning in map(split, search["answers"]):
            found = [title for title in headings(page) if title.startswith(beginning)]
            assert found and (len(found) == 1 or not beginning), (page, beginning, found)


@pytest.fixture(scope="module")
def search_page(tmp_path_factory, chromium):
    """The search of the whole book: its real index and scripts, on a page with nothing else."""
    from sphinx import package_dir
    from sphinx.application import Sphinx
    from sphinx.search import IndexBuilder, js_index

    folder = tmp_path_factory.mktemp("search")
    app = Sphinx(
        BOOK,
        BOOK,
        folder / "html",
        folder / "doctrees",
        "html",
        {"nb_execution_mode": "off"},
        status=None,
        warning=io.StringIO(),
    )
    app.builder.read()
    index = IndexBuilder(app.env, "en", {}, "")
    for page in app.env.found_docs:
        index.feed(page, f"{page}.md", app.env.titles[page].astext(), app.env.get_doctree(page))
    with (folder / "searchindex.js").open("w", encoding="utf-8") as stream:
        index.dump(stream, js_index)
    theme = Path(package_dir) / "themes" / "basic" / "static"
    template = (theme / "language_data.js.jinja").read_text("utf-8")
    (folder / "language_data.js").write_text(
        app.builder.templates.render_string(template, index.context_for_searchtool()), "utf-8"
    )
    for name in SCRIPTS:
        for place in (theme, BOOK / "_static"):
            if (place / name).exists():
                (folder / name).write_text((place / name).read_text("utf-8"), "utf-8")
    conf = app.config.setup.__globals__
    entries = {name: conf["entries_of"](app, name) for name in conf["ENTRY_PAGES"]}
    options = f"const DOCUMENTATION_OPTIONS = {{}}, ENTRIES = {json.dumps(entries)};"
    scripts = "".join(f'<script src="{name}"></script>' for name in [*SCRIPTS, "searchindex.js"])
    (folder / "search.html").write_text(
        f"<!doctype html><meta charset=utf-8><script>{options}</script>{scripts}", "utf-8"
    )
    page = chromium.new_page()
    page.goto((folder / "search.html").as_uri())
    yield page
    page.close()


@pytest.mark.browser
def test_most_searches_lead_to_the_right_page(search_page):
    places = search_page.evaluate(HEADINGS)
    missed, only_page = [], []
    for search in SEARCHES:
        answers = list(map(split, search["answers"]))
        pages = {page for page, _ in answers}
        entries = {
            (place, anchor if beginning else "")
            for page, beginning in answers
            for place, title, anchor in places
            if place == page and title.startswith(beginning)
        }
        hits = search_page.evaluate(ASK, search["words"])
        if any((page, anchor) in entries for page, anchor in hits):
            continue
        on_page = any(page in pages and not anchor for page, anchor in hits)
        (only_page if on_page else missed).append(f"{search['words']}\n    {hits}")
    told = "\n".join(["Not found:", *missed, "", "The page, and not the entry:", *only_page])
    print(f"{len(missed)} missed, {len(only_page)} lead to the page only\n{told}")
    assert len(SEARCHES) - len(missed) >= 76, told
    assert len(SEARCHES) - len(missed) - len(only_page) >= 70, told
