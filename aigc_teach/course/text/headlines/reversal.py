"""Sentences with their meaning reversed by one word, by a list of opposites written by hand."""

from __future__ import annotations

import re

from ....core import check_text

_PAIRS = (
    "true false, minimum maximum, min max, smallest largest, add remove, adds removes, "
    "enable disable, start stop, first last, left right, upper lower, increase decrease, "
    "increasing decreasing, encode decode, load save, loads saves, read write, reads writes, "
    "open close, forward backward, before after, with without, same different, can cannot, "
    "positive negative, input output, inputs outputs, valid invalid, "
    "connected disconnected, weighted unweighted, directed undirected, dense sparse, "
    "shortest longest, lowest highest, initial final, local global, inside outside, "
    "required optional, public private, single multiple, current previous, equal different, "
    "sorted unsorted, supported unsupported, allowed forbidden"
)
OPPOSITES: dict[str, str] = {}
for _pair in _PAIRS.split(", "):
    _one, _other = _pair.split()
    OPPOSITES.setdefault(_one, _other)
    OPPOSITES.setdefault(_other, _one)
VERBS = ("is", "are", "does", "should", "must")  # a "not" goes behind these
_WORD = re.compile(r"[A-Za-z]+")


def reverse_meaning(text: str) -> str | None:
    """The same sentence with one word turned into its opposite, or a "not" put in.

    Parameters
    ----------
    text : str
        English.

    Returns
    -------
    str or None
        None where no word of the list stands in it.

    Examples
    --------
    >>> reverse_meaning("Return the first of the nodes")
    'Return the last of the nodes'
    >>> reverse_meaning("Add an edge"), reverse_meaning("Say what is known")
    ('Remove an edge', 'Say what is not known')
    >>> reverse_meaning("Make a graph") is None
    True
    """
    found = list(_WORD.finditer(check_text("text", text)))
    for match in found:
        opposite = OPPOSITES.get(match.group().lower())
        if opposite:
            like = opposite.capitalize() if match.group()[0].isupper() else opposite
            return text[: match.start()] + like + text[match.end() :]
    for match in found:
        if match.group().lower() in VERBS:
            return f"{text[: match.end()]} not{text[match.end() :]}"
    return None
