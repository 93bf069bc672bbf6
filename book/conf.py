"""Sphinx builds the book from this: `make book`, or `sphinx-build -n -W book book/_build/html`."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from importlib.metadata import version as version_of
from pathlib import Path

import anywidget
from docutils import nodes

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tools"))

from lessons.bibliography import read_bibliography  # noqa: E402  (needs the line above)
from lessons.book_cache import fill  # noqa: E402
from lessons.links import expand_references  # noqa: E402
from lessons.notebook import launch_links  # noqa: E402
from lessons.places import Places  # noqa: E402
from lessons.ways import contents, source_of_paths  # noqa: E402

# How the lessons run where they must: few steps unless AIGC_BUDGET asks for more, one thread.
os.environ.setdefault("AIGC_BUDGET", "ci")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("AIGC_PROGRESS", "off")
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # the kernel's debugger warns else

PLACES = Places(ROOT)
ENTRY_PAGES = ("symptoms", "faq")  # a search leads to their entries, by all the words in them
ENTRIES = read_bibliography(PLACES.bibliography)


project = "aigc-teach"
author = "The aigc-teach authors"
copyright = "The aigc-teach authors. Text: CC BY 4.0, code: Apache-2.0"
version = release = version_of("aigc-teach")
language = "en"

extensions = ["myst_nb", "sphinx_copybutton", "sphinx_design", "sphinx_togglebutton"]
exclude_patterns = ["_build", "jupyter_execute", "_static", "**/.ipynb_checkpoints"]
nitpicky = True

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "attrs_block"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

nb_execution_mode = "cache"
# What has been run already with this package, these versions and this budget is not run again.
nb_execution_cache_path = str(fill(PLACES, os.environ["AIGC_BUDGET"]))
nb_execution_timeout = 600  # seconds a cell
nb_execution_show_tb = True  # a failed cell is a warning, and -W fails the build on it
nb_merge_streams = True
nb_code_prompt_show = "Show the solution"  # only solutions are folded
nb_code_prompt_hide = "Hide the solution"

# Nothing is fetched from another host: fonts, formulas and widgets lie beside the pages.
mathjax_path = "mathjax/tex-chtml.js"
nb_ipywidgets_js = {  # in this order; loaded on pages with widgets only
    "widgets/require.js": {},
    "widgets/config.js": {},
    # The attribute takes the place of a CDN: a module that is missing fails here, and is seen.
    "widgets/embed-amd.js": {"data-jupyter-widgets-cdn": "widgets-are-vendored/"},
}
COPIED = HERE / "_build" / "static" / "widgets"
COPIED.mkdir(parents=True, exist_ok=True)
# The widget class in the page must be the one that ran the lessons: the installed one.
shutil.copy(Path(anywidget.__file__).parent / "nbextension" / "index.js", COPIED / "anywidget.js")

html_theme = "sphinx_book_theme"
html_title = "aigc-teach"
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_static_path = ["_static", "_build/static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None
html_context = {"default_mode": "light"}
html_theme_options = {
    "repository_url": PLACES.repository,
    "repository_branch": "main",
    "path_to_docs": "book",
    "logo": {"text": "aigc-teach"},
    "navbar_persistent": [],  # the search field stands in the side bar
    "use_repository_button": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": False,
    "show_navbar_depth": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
if PLACES.notebooks.exists():
    html_extra_path = [str(PLACES.notebooks)]  # each notebook beside its page, to be downloaded


def complete_source(app, docname: str, source: list[str]) -> None:
    """Fill in what a source leaves out: repository, titles of papers, the look of a question."""
    if docname == "index":
        source[0] = source[0].replace("REPOSITORY", PLACES.repository)
        source[0] = source[0].replace("LESSONS\n", contents(PLACES))
        for read in (*PLACES.sources(), source_of_paths(PLACES)):  # a change is shown here, too
            app.env.note_dependency(str(read))
    if PLACES.book / f"{docname}.md" in PLACES.sources():
        text = expand_references(source[0], ENTRIES)
        source[0] = re.sub(r"^(?=\*\*Predict)", "{.predict}\n", text, flags=re.MULTILINE)


def point_at_notebook(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put a menu on each lesson that runs or downloads its notebook (never the page's source)."""
    source = PLACES.book / f"{pagename}.md"
    if source not in PLACES.sources():
        return
    path = PLACES.notebook_of(source).relative_to(PLACES.root).as_posix()
    links = launch_links(path, PLACES.repository)
    buttons = [
        {"type": "link", "text": f"Run on {name}", "url": url} for name, url in links.items()
    ]
    notebook = context["pathto"](f"{pagename}.ipynb", 1)
    buttons.append({"type": "link", "text": "Download the notebook", "url": notebook})
    group = {"type": "group", "buttons": buttons, "icon": "fas fa-rocket"}
    group |= {"tooltip": "Run this lesson", "label": "launch-buttons"}
    context["header_buttons"].insert(0, group)


def entries_of(app, name: str) -> dict[str, str]:
    """The text of each lowest section of a page, under its anchor."""
    sections = app.env.get_doctree(name).findall(nodes.section)
    lowest = [section for section in sections if not list(section.findall(nodes.section))[1:]]
    return {section["ids"][0]: section.astext() for section in lowest}


def make_search_tolerant(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the page of search results its own rules, and the words of all entries to look in."""
    if pagename == "search":
        entries = {name: entries_of(app, name) for name in ENTRY_PAGES}
        app.add_js_file(None, body=f"const ENTRIES = {json.dumps(entries)};")
        app.add_js_file("search.js")


def setup(app) -> None:
    """Connect the hooks above."""
    app.connect("source-read", complete_source)
    app.connect("html-page-context", point_at_notebook, priority=600)  # after the theme's own
    app.connect("html-page-context", make_search_tolerant)
