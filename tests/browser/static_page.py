"""A page with widgets and no kernel, made as the book makes its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import anywidget
from ipywidgets.embed import dependency_state, embed_data

VENDORED = Path(__file__).parents[2] / "book" / "_static" / "widgets"

PAGE = """<!doctype html>
<html lang="en"{theme}><head><meta charset="utf-8"><title>Widgets</title>
<style>{style}</style>
<script src="widgets/require.js"></script>
<script src="widgets/config.js"></script>
<script src="widgets/embed-amd.js" data-jupyter-widgets-cdn="widgets-are-vendored/"></script>
<script type="application/vnd.jupyter.widget-state+json">{state}</script>
</head><body><main><h1>Widgets</h1>{views}</main></body></html>
"""
VIEW = '<div><script type="application/vnd.jupyter.widget-view+json">{spec}</script></div>'
LIGHT = "body { margin: 1rem; font-family: sans-serif; }"
DARK = "body { margin: 1rem; font-family: sans-serif; background: #14181e; color: #e5e7eb; }"


def write_page(folder: Path, widgets: list, *, dark: bool = False) -> Path:
    """Write ``page.html`` with `widgets` and every script it needs; return its path."""
    shutil.copytree(VENDORED, folder / "widgets", dirs_exist_ok=True)
    amd = Path(anywidget.__file__).parent / "nbextension" / "index.js"
    shutil.copy(amd, folder / "widgets" / "anywidget.js")
    data = embed_data(views=widgets, state=dependency_state(widgets, drop_defaults=False))
    views = "\n".join(VIEW.format(spec=json.dumps(spec)) for spec in data["view_specs"])
    state = json.dumps(data["manager_state"]).replace("</", "<\\/")
    page = PAGE.format(
        state=state,
        views=views,
        theme=' data-theme="dark"' if dark else "",
        style=DARK + ":root { --pst-color-text-base: #e5e7eb; }" if dark else LIGHT,
    )
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    return path
