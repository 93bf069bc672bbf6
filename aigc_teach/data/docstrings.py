"""4,600 docstrings of Python packages: what follows the first line, and the first line itself.

Of the standard library, numpy, scipy, matplotlib, torch and scikit-learn 4,000 pairs to learn
from and 300 held out; of networkx and pandas, of which nothing is learnt, 300 more. A *body* is
what stands below the first line, at most 50 words of it, on one line and without the marks of
reStructuredText. Near-duplicates (half of their pairs of words in common, or one first line) were
removed over all packages. Origin, licences and checksum are in ``docstrings.json`` and
``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from ..core import check_choice
from ..core.outside import refusing
from .vendored import AGAIN, problems, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "docstrings.npz"
RECORD = FOLDER / "docstrings.json"
N_TRAIN, N_SEEN, N_ALL = 4_000, 4_300, 4_600
SPLITS = {
    "train": slice(None, N_TRAIN),
    "held_out": slice(N_TRAIN, N_SEEN),
    "unseen": slice(N_SEEN, None),
    "all": slice(None),
}


class Docstring(NamedTuple):
    """One docstring, cut in two.

    Attributes
    ----------
    package : str
        Where it stands, as the package is called on the index; "python" is the standard library.
    body : str
        15 to 50 words that follow the first line.
    summary : str
        The first line, 3 to 16 words, without a full stop at its end.
    """

    package: str
    body: str
    summary: str


def docstrings(split: str = "train") -> list[Docstring]:
    """Bodies and first lines of docstrings.

    Parameters
    ----------
    split : {"train", "held_out", "unseen", "all"}
        4,000 pairs in mixed order, so that any beginning of them is a fair sample; 300 of the
        same packages; 150 of networkx and then 150 of pandas; or all of them.

    Returns
    -------
    list of Docstring

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> len(docstrings()), len(docstrings("held_out")), len(docstrings("unseen"))
    (4000, 300, 300)
    >>> docstrings()[1].summary
    'Return an opened, file-like object for binary reading'
    >>> sorted({pair.package for pair in docstrings("unseen")})
    ['networkx', 'pandas']
    """
    check_choice("split", split, SPLITS)
    packed = read_vendored(FILE, RECORD, {"docstrings": (None,)})["docstrings"]
    with refusing(f"{FILE.name} holds no docstrings", remedy=AGAIN):
        rows = json.loads(packed.tobytes().decode("utf-8"))
        if len(rows) != N_ALL:
            raise ValueError(f"it holds {len(rows)} rows")
        return [Docstring(*map(str, row[:3])) for row in rows[SPLITS[split]]]


def verify() -> list[str]:
    """Compare the stored docstrings with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)
