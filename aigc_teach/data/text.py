"""Two texts that lie inside the package: Tang poems in Chinese, a novel in English.

唐詩三百首 (*Three Hundred Tang Poems*, 320 poems in this edition, traditional script) and
Herman Melville's *Moby-Dick* (1851, all 135 chapters), stored as UTF-8 bytes in
``texts.npz``. Both are in the public domain; where the files come from is in
``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from ..core import check_choice
from ..core.outside import refusing
from .quatrains import SCRIPTS, simplified
from .vendored import AGAIN, problems, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "texts.npz"
RECORD = FOLDER / "texts.json"


class Poem(NamedTuple):
    """A poem.

    Attributes
    ----------
    title, author : str
        In traditional Chinese script, or simplified where that was asked for.
    text : str
        The verses with their punctuation, one printed line a line, joined by newlines.
    """

    title: str
    author: str
    text: str


def poems(*, script: str = "traditional") -> list[Poem]:
    """The 320 poems of 唐詩三百首.

    Parameters
    ----------
    script : {"traditional", "simplified"}
        Simplified as by `simplified`, character by character.

    Returns
    -------
    list of Poem
        Always in the same order.

    Raises
    ------
    ChoiceError
        For an unknown script.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> first = poems()[0]
    >>> print(first.title, first.author, first.text.splitlines()[0])
    行宮 元稹 寥落古行宮，宮花寂寞紅。
    """
    check_choice("script", script, SCRIPTS)
    with refusing(f"{FILE.name} holds no poems", remedy=AGAIN):
        found = [Poem(**poem) for poem in json.loads(_read("poems"))]
    if script == "traditional":
        return found
    return [Poem(*map(simplified, poem)) for poem in found]


def prose() -> str:
    r"""Herman Melville's *Moby-Dick*: about 1.2 million characters of English.

    Returns
    -------
    str
        The chapters in their order, each begun by its title; an empty line between paragraphs.

    Raises
    ------
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> prose()[:26]
    'Loomings.\n\nCall me Ishmael'
    """
    return _read("prose")


def verify() -> list[str]:
    """Compare the stored texts with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def _read(name: str) -> str:
    stored = read_vendored(FILE, RECORD, {name: (None,)})[name]
    with refusing(f"{FILE.name} holds no text", remedy=AGAIN):
        return stored.tobytes().decode("utf-8")
