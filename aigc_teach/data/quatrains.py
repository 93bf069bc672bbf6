"""24,000 seven-character quatrains (七言絕句) of the Tang and Song dynasties, and their rhymes.

Four lines of seven characters each: the largest form of Chinese verse in which every poem has
one length, so that form can be judged by counting. All quatrains of the Tang dynasty in the
collection are here, and evenly spaced ones of the Song. Left out are second versions of a poem,
and poems with a character that fewer than 20 quatrains of the collection have: 3,380 different
characters remain. Poems that share a line, or much the same, are on one side of the split.

Beside them lies the rhyme book of their own time, the 106 groups of 平水韻 (1252): what rhymed
then does not always rhyme in the Mandarin of today, nor does the tone. Origin, licences and
checksums are in ``quatrains.json`` and ``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..core import check_choice, check_text
from ..core.outside import refusing
from .vendored import AGAIN, problems, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "quatrains.npz"
RECORD = FOLDER / "quatrains.json"
N_ALL, N_TRAIN = 24_000, 22_000
SPLITS = {"train": slice(None, N_TRAIN), "held_out": slice(N_TRAIN, None), "all": slice(None)}
SCRIPTS = ("traditional", "simplified")
LEVEL = range(30)  # the groups of the level tone (平聲); all others are oblique (仄聲)


def quatrains(split: str = "train", *, script: str = "traditional") -> list[str]:
    r"""The quatrains that come with the package.

    Parameters
    ----------
    split : {"train", "held_out", "all"}
        22,000 poems to learn from, 2,000 to judge with, or both.
    script : {"traditional", "simplified"}

    Returns
    -------
    list of str
        Two printed lines a poem, 33 characters with punctuation: ``7，7。\n7，7。``

    Raises
    ------
    ChoiceError
        For an unknown split or script.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> print(quatrains("held_out")[0])
    風情漸老見春羞，到處消魂感舊遊。
    多謝長條似相識，強垂煙態拂人頭。
    """
    check_choice("split", split, SPLITS)
    check_choice("script", script, SCRIPTS)
    shapes = {"characters": (None,), "low": (N_ALL, 28), "high": (N_ALL, 28)}
    stored = read_vendored(FILE, RECORD, shapes)
    places = stored["low"][SPLITS[split]] + 256 * stored["high"][SPLITS[split]].astype(np.int64)
    with refusing(f"{FILE.name} holds no quatrains", remedy=AGAIN):
        characters = np.array(list(_text(stored["characters"])))
        if script == "simplified":
            characters = np.array(list(simplified("".join(characters))))
        return [_printed("".join(poem)) for poem in characters[places]]


def simplified(text: str) -> str:
    """A text of traditional script in simplified script, character by character.

    The first form that OpenCC's table gives. OpenCC itself knows phrases, too (乾 stays 乾 in
    乾坤, here it becomes 干), and characters beyond Unicode's first plane: of the 24,000
    quatrains 269 come out with at least one other character there.

    >>> simplified("黃河入海流")
    '黄河入海流'
    """
    return check_text("text", text).translate(_simpler())


def rhyme_groups(script: str = "traditional") -> dict[str, frozenset[int]]:
    """Which of the 106 rhymes of 平水韻 each character belongs to.

    A character with several readings has several. Two characters rhyme where they share one;
    the groups 0 to 29 (``LEVEL``) have the level tone, the others an oblique one. A variant
    that the book lacks (爲 for 為) has the groups of those with the same simplified form.

    Parameters
    ----------
    script : {"traditional", "simplified"}
        A simplified character has the groups of all that it stands for.

    Returns
    -------
    dict of str to frozenset of int

    Examples
    --------
    >>> rhymes = rhyme_groups()
    >>> bool(rhymes["流"] & rhymes["樓"]), bool(rhymes["流"] & rhymes["山"])
    (True, False)
    >>> rhyme_names()[next(iter(rhymes["流"]))]
    '下平聲十一尤'
    """
    check_choice("script", script, SCRIPTS)
    shorter, book, forms = _simpler(), defaultdict(set), defaultdict(set)
    for number, (_, characters) in enumerate(_rhyme_book()):
        for character in characters:
            book[character].add(number)
            forms[character.translate(shorter)].add(number)
    if script == "simplified":
        return {character: frozenset(groups) for character, groups in forms.items()}
    for character in [*map(chr, shorter), *forms]:  # the variants
        if character not in book and (groups := forms.get(character.translate(shorter))):
            book[character] = groups
    return {character: frozenset(groups) for character, groups in book.items()}


def rhyme_names() -> list[str]:
    """The names of the 106 groups; a group is a place in this list.

    >>> len(rhyme_names()), rhyme_names()[0]
    (106, '上平聲一東')
    """
    return [name for name, _ in _rhyme_book()]


def verify() -> list[str]:
    """Compare the stored quatrains with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def _printed(poem: str) -> str:
    a, b, c, d = (poem[at : at + 7] for at in range(0, 28, 7))
    return f"{a}，{b}。\n{c}，{d}。"


def _simpler() -> Mapping[int, str]:
    pairs = _text(read_vendored(FILE, RECORD, {"simpler": (None,)})["simpler"])
    return {ord(before): after for before, after in zip(pairs[::2], pairs[1::2], strict=True)}


def _rhyme_book() -> list[tuple[str, str]]:
    stored = read_vendored(FILE, RECORD, {"rhymes": (None,)})["rhymes"]
    with refusing(f"{FILE.name} holds no rhymes", remedy=AGAIN):
        lines = _text(stored).split("\n")
        return [(name, characters) for name, characters in (line.split(" ") for line in lines)]


def _text(stored: np.ndarray) -> str:
    with refusing(f"{FILE.name} holds no text", remedy=AGAIN):
        return stored.tobytes().decode("utf-8")
