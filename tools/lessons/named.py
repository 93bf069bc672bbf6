"""The one lesson that somebody names on a command line."""

from __future__ import annotations

from pathlib import Path

import where
from lessons.places import Places
from lessons.source import LessonError


def find_one(wish: str, places: Places) -> Path:
    """Return the source of the lesson called `wish`; a LessonError lists the choice if not one."""
    found = where.find(wish, places)
    if len(found) != 1:
        known = ", ".join(f"{s.parent.name}/{s.stem}" for s in found or places.sources())
        raise LessonError(f"{wish!r} names {len(found)} lessons; name one of {known}.")
    return found[0]
