"""Give the book what has been run already: kept notebooks become entries of MyST-NB's cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from filelock import FileLock
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbformat.v4 import new_code_cell, new_notebook

from lessons.kept import code_cells, environment_key, load, place
from lessons.places import Places
from lessons.source import KERNEL

MOST = 3  # caches: one for each state of the package, of which the oldest go first


def fill(places: Places, budget: str) -> Path:
    """Return the folder of the book's cache, filled with the notebooks kept in `budget`.

    What the book runs itself is added to it by MyST-NB. Where the environment variable AIGC_FRESH
    is set the cache starts empty, and the book runs every lesson.
    """
    folder = places.root / ".cache" / "book" / environment_key(places.root, budget)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / "lock"):
        if os.environ.get("AIGC_FRESH"):
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        os.utime(folder)
        remove_oldest(folder.parent)
        if not os.environ.get("AIGC_FRESH"):
            add_kept(folder, places, budget)
    return folder


def add_kept(folder: Path, places: Places, budget: str) -> None:
    """Put every kept notebook that the cache in `folder` lacks into it."""
    cache = get_cache(str(folder))
    cache.change_cache_limit(10_000)
    for source in places.sources():
        path = place(source, places, budget)
        kept = load(path, source)
        if kept is None:
            continue
        notebook = as_source(kept)
        try:
            cache.match_cache_notebook(notebook)
        except KeyError:
            cache.cache_notebook_bundle(
                CacheBundleIn(notebook, str(source)), check_validity=False, overwrite=True
            )


def as_source(kept):
    """Return a kept notebook as MyST-NB reads its lesson: the source's own cells, with outputs."""
    cells = []
    for cell in code_cells(kept):
        tags = cell.metadata.get("tags", [])
        cells.append(
            new_code_cell(
                cell.source,
                metadata={"tags": list(tags)} if tags else {},
                outputs=cell.outputs,
                execution_count=cell.execution_count,
            )
        )
    shown = {key: kept.metadata[key] for key in ("widgets",) if key in kept.metadata}
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, **shown})


def remove_oldest(folder: Path) -> None:
    """Keep the newest caches only."""
    caches = [path for path in folder.iterdir() if path.is_dir()]
    for old in sorted(caches, key=lambda path: path.stat().st_mtime, reverse=True)[MOST:]:
        shutil.rmtree(old, ignore_errors=True)
