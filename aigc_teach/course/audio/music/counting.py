"""What is counted about written tunes: whether they are valid, and how they compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ....core import AigcError, DataError
from ....data.abc import bar_faults, read_abc, write_abc
from ....data.tune_tokens import MARKS, TuneTokens
from ....data.tunes import Part, Tune
from ....metrics import music
from .writing import Written

BAR, PART_ENDS = MARKS.index("|"), (MARKS.index(":|"), MARKS.index("||"))
# ways to spoil a tune, each of which leaves it looking like one
SPOILT = ("a longer note", "a missing note", "a missing bar line", "a strange sign", "a wrong note")


def fault(cut: TuneTokens, ids: Sequence[int], *, ended: bool = True) -> str:
    """What is wrong with a tune of tokens, as the reader of ABC says it; empty if valid.

    >>> cut = TuneTokens()
    >>> fault(cut, [cut.rest, cut.lengths[10], 4, cut.end])
    'Bar 1 lasts 11/16; the metre 6/8 asks for 3/4.'
    """
    try:
        faults = bar_faults(read_abc(cut.to_abc(ids)), upbeats=False)
    except AigcError as error:
        return str(error)
    if faults:
        return faults[0]
    return "" if ended else "The tune does not end."


def valid(cut: TuneTokens, written: Written) -> float:
    """The share of tunes without a fault."""
    pairs = zip(written.ids, written.ended, strict=True)
    return sum(not fault(cut, ids, ended=ended) for ids, ended in pairs) / len(written.ids)


def tunes_of(cut: TuneTokens, written: Written) -> list[Tune]:
    """What of the written tunes can be played: their parts up to the last end of a part.

    One whose notes lack a length, or that has no end of a part, is left out.
    """
    found = []
    for ids in written.ids:
        last = max((k for k, number in enumerate(ids) if number in PART_ENDS), default=-1)
        try:
            parts = cut.decode(ids[: last + 1])
        except DataError:
            continue
        found.append(Tune(f"tune {len(found) + 1}", "written", tuple(parts)))
    return found


def bars_in(cut: TuneTokens, ids: Sequence[int]) -> list[tuple]:
    """The bars of a tune that may break off: all that have their bar line.

    >>> cut = TuneTokens()
    >>> bars_in(cut, [cut.rest, cut.lengths[11], 2, cut.rest])
    [((None, 12),)]
    """
    marks = [k for k, number in enumerate(ids) if number in (BAR, *PART_ENDS)]
    if not marks:
        return []
    parts = cut.decode([*ids[: marks[-1]], PART_ENDS[1]])
    return [bar for part in parts for bar in part.bars]


def spoilt(text: str, how: str, generator: torch.Generator) -> str:
    """A tune's ABC text with one fault of the kind `how`, of `SPOILT`."""
    head, body = text[: text.index("K:G") + 4], text[text.index("K:G") + 4 :]
    notes = [k for k, sign in enumerate(body) if sign in "ABCDEFGabcdefg" and body[k + 1].isdigit()]
    lines = [k for k, sign in enumerate(body) if sign == "|" and body[k - 1].isdigit()]
    lines = [k for k in lines if body[k + 1 : k + 2] not in ("|", "")]
    at = notes[int(torch.randint(len(notes), (), generator=generator))]
    end = at + 1
    while body[end].isdigit():
        end += 1
    if how == "a longer note":
        body = body[: at + 1] + str(int(body[at + 1 : end]) + 2) + body[end:]
    elif how == "a missing note":
        at -= body[at - 1] in "^=_"
        while body[end] in "',":
            end += 1
        body = body[:at] + body[end:]
    elif how == "a missing bar line":
        at = lines[int(torch.randint(len(lines), (), generator=generator))]
        body = body[:at] + body[at + 1 :]
    elif how == "a strange sign":
        body = body[:at] + "?" + body[at:]
    else:  # another letter: the time is right, the music is not
        body = body[:at] + "abcdefgabc"["abcdefg".index(body[at].lower()) + 3] + body[at + 1 :]
    return head + body


class Counted(NamedTuple):
    """Averages over tunes.

    Attributes
    ----------
    in_key : float
        Share whose key is found to be G major.
    ends : float
        Share whose last note is G, in any octave.
    span : float
        Semitones from the lowest note to the highest, on average.
    eights : float
        Share of parts that have eight bars.
    returns : float
        Share of bars that are equal to the bar four places earlier in their part.
    rhymes : float
        Share of tunes whose first two parts end with the same two bars.
    """

    in_key: float
    ends: float
    span: float
    eights: float
    returns: float
    rhymes: float


def counted(tunes: Sequence[Tune]) -> Counted:
    """Key, last note, range and form of tunes, averaged.

    Raises
    ------
    DataError
        Where there is no tune.
    """
    if not tunes:
        raise DataError("No tune was whole, so there is nothing to count.")
    keys = Counter(key_name(tune) for tune in tunes)
    parts = [part for tune in tunes for part in tune.parts]
    pairs = [(a, b) for part in parts for a, b in zip(part.bars, part.bars[4:], strict=False)]
    several = [tune for tune in tunes if len(tune.parts) > 1]
    last = [[pitch for pitch, _ in tune.notes() if pitch is not None] for tune in tunes]
    return Counted(
        keys["G major"] / len(tunes),
        sum(bool(p) and p[-1] % 12 == 7 for p in last) / len(tunes),
        sum(max(p) - min(p) for p in last if p) / len(tunes),
        sum(len(part.bars) == 8 for part in parts) / len(parts),
        sum(a == b for a, b in pairs) / max(1, len(pairs)),
        sum(t.parts[0].bars[-2:] == t.parts[1].bars[-2:] for t in several) / max(1, len(several)),
    )


def key_name(tune: Tune) -> str:
    """The key of a tune by `metrics.music.key_of`; "none" where none can be found."""
    try:
        return music.key_of(tune.notes()).name
    except DataError:
        return "none"


def copied(tunes: Sequence[Tune], sources: Sequence[Tune]) -> list[music.Copied]:
    """The longest run that each tune shares with one of the sources."""
    others = [source.notes() for source in sources]
    return [music.longest_run(tune.notes(), others) for tune in tunes]


def first_bars(bars: Sequence, cut: TuneTokens) -> list[int]:
    """Bars as a prompt: their tokens with a bar line behind each, and no end."""
    return [*cut.encode([Part(tuple(bars), False)])[:-2], BAR]


def played_out(tunes: Sequence[Tune]) -> list[Tune]:
    """The first part of each, written twice in a row: what a repeat sign stands for."""
    return [Tune(tune.title, tune.book, (Part(tune.parts[0].bars * 2, False),)) for tune in tunes]


def twice(tokens: Tensor, each: Tensor) -> tuple[float, float]:
    """The mean of what tokens of `played_out` cost, the first time and the second.

    Parameters
    ----------
    tokens : Tensor
        int64 ``[N, T]``, 16 bars each.
    each : Tensor
        ``[N, T]``, the bits of each token.

    Returns
    -------
    (float, float)
    """
    lines = (tokens == BAR) | (tokens == PART_ENDS[0]) | (tokens == PART_ENDS[1])
    bar = lines.cumsum(1) - lines.long()  # [N, T], from 0
    notes = tokens >= len(MARKS)
    first, second = notes & (bar < 8), notes & (bar >= 8)
    return each[first].mean().item(), each[second].mean().item()


def form_played(tune: Tune) -> str:
    """The form of a tune with its repeats: "AABB" is two parts, each twice."""
    form = "".join(
        letter * (1 + part.repeated)
        for letter, part in zip(_letters(tune), tune.parts, strict=True)
    )
    return form


def _letters(tune: Tune) -> str:
    """A letter for each part; equal parts, equal letters."""
    known: dict = {}
    letters = (known.setdefault(part.bars, len(known)) for part in tune.parts)
    return "".join(chr(ord("A") + min(k, 25)) for k in letters)


def as_abc(tune: Tune) -> str:
    """A written tune as ABC text that says who wrote it."""
    return write_abc(tune.parts, title=tune.title) + "\n% synthetic: made by a model\n"


def bars_of(tune: Tune) -> list:
    """All bars of a tune, one part after another.

    >>> from aigc_teach import data
    >>> len(bars_of(data.tunes()[0])) % 8
    0
    """
    return [bar for part in tune.parts for bar in part.bars]
