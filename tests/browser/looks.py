"""How instruments are looked at: light and dark, wide and narrow.

Colours do not change where a line breaks, nor a width a colour: two of the four pairs show all.
AIGC_ALL=1 (`make test-all`) takes the others, too.
"""

from __future__ import annotations

import os

import pytest


def pairs(first, second) -> list[tuple]:
    """(dark, size): the first size light and the second dark, or both in both."""
    two = [(False, first), (True, second)]
    return two + [(True, first), (False, second)] if os.environ.get("AIGC_ALL") else two


def in_looks(size: str, first, second):
    """A mark that runs a test once a look, with ``dark`` and with `size`."""
    return pytest.mark.parametrize(("dark", size), pairs(first, second))
