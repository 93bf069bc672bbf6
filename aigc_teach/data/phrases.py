"""2,300 short phrases of JupyterLab's menus and messages, in English, Chinese and French.

Volunteers translated them; they are the catalogues of JupyterLab's own language packs. Kept are
phrases of one line, at most 46 characters of English, that are translated in both languages and
hold the same placeholders (``%1``, ``{}``) in all three. Phrases that are much alike in English
(six tenths of their runs of three letters in common) lie on one side of the split. Origin,
licence and checksum are in ``phrases.json`` and ``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..core import check_choice
from ..core.outside import refusing
from .vendored import AGAIN, problems, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "phrases.npz"
RECORD = FOLDER / "phrases.json"
N_TRAIN, N_ALL = 2_000, 2_300
SPLITS = {"train": slice(None, N_TRAIN), "held_out": slice(N_TRAIN, None), "all": slice(None)}
COLUMNS = {"zh": 1, "fr": 2}


def phrases(split: str = "train", *, to: str = "zh") -> list[tuple[str, str]]:
    """English phrases and their translations.

    Parameters
    ----------
    split : {"train", "held_out", "all"}
        2,000 phrases to learn from, in mixed order, so that any beginning of them is a fair
        sample; 300 to judge with; or both.
    to : {"zh", "fr"}

    Returns
    -------
    list of (str, str)

    Raises
    ------
    ChoiceError
        For an unknown split or language.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> len(phrases()), len(phrases("held_out"))
    (2000, 300)
    >>> [pair for pair in phrases("all") if pair[0] == "Show Line Numbers"]
    [('Show Line Numbers', '显示行号')]
    """
    check_choice("split", split, SPLITS)
    check_choice("to", to, COLUMNS)
    packed = read_vendored(FILE, RECORD, {"phrases": (None,)})["phrases"]
    with refusing(f"{FILE.name} holds no phrases", remedy=AGAIN):
        rows = json.loads(packed.tobytes().decode("utf-8"))
        if len(rows) != N_ALL:
            raise ValueError(f"it holds {len(rows)} rows")
        return [(str(row[0]), str(row[COLUMNS[to]])) for row in rows[SPLITS[split]]]


def verify() -> list[str]:
    """Compare the stored phrases with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)
