"""A reader and a writer of melodies in ABC notation: the part of it that one voice needs.

ABC (version 2.1, 2011, abcnotation.com/wiki/abc:standard:v2.1) writes a tune as text: lines such
as ``K:G`` say what it is, and then come its notes. ``C`` to ``B`` are the octave from middle C,
``c`` to ``b`` the next; ``'`` and ``,`` go an octave up and down; a number behind a note is its
length in units of ``L:``.

What is read: notes, rests, accidentals (they hold to the end of the bar, in every octave), keys
and modes, lengths, broken rhythm (``>``), tuplets, ties within a bar, bar lines, repeats and
endings. What is passed over: grace notes, ornaments, slurs, chord symbols, beams. What is
refused, with the bar named: chords, several voices, a change of key or metre within the tune.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from ..core import DataError, RangeError, check_text

LONGEST = 200_000  # characters of one tune
MOST_BARS = 1_000
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
MODES = {"lyd": 1, "maj": 0, "ion": 0, "mix": -1, "dor": -2, "min": -3, "aeo": -3, "phr": -4}
MODES |= {"loc": -5, "m": -3, "": 0}
SHARPS = "FCGDAEB"
ACCIDENTALS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # p notes in the time of q; 5, 7, 9: by the metre
SPELLED = ("C", "^C", "D", "^D", "E", "F", "^F", "G", "^G", "A", "^A", "B")
TOKEN = re.compile(
    r"(?P<space>[\s`\\$]+)|(?P<chord>\"[^\"\n]*\")|(?P<grace>\{[^}\n]*\})|(?P<mark>![^!\n]*!|\+[^+\n]*\+)"
    r"|(?P<field>\[[A-Za-z]:[^\]\n]*\])|(?P<ending>\[[1-9][0-9,\-]*)"
    r"|(?P<bar>(?:\[\||:+\|+:+|:+\|+\]?|:{2,}|\|+:+|\|+\]?)[1-9]?)"
    r"|(?P<tuplet>\([2-9](?::[0-9]*){0,2})"
    r"|(?P<note>(?P<sign>\^{1,2}|_{1,2}|=)?(?P<name>[A-Ga-gzx])(?P<octave>[',]*)"
    r"(?P<length>[0-9]*/*[0-9]*))"
    r"|(?P<broken>>{1,3}|<{1,3})|(?P<tie>-)|(?P<passed>[()~.uvTHLMOPSWJRKy])"
)


class Note(NamedTuple):
    """One note, or a rest.

    Attributes
    ----------
    pitch : int or None
        MIDI number, 60 is middle C; None is a rest.
    length : Fraction
        In whole notes.
    """

    pitch: int | None
    length: Fraction


class Bar(NamedTuple):
    """What stands between two bar lines.

    Attributes
    ----------
    notes : tuple of Note
    opens, closes : bool
        Whether a repeat begins before it, or ends after it.
    ending : int
        0, or the number of the ending (first, second time) that begins here.
    ends : bool
        Whether a double line or a repeat follows: the end of a part.
    """

    notes: tuple[Note, ...]
    opens: bool = False
    closes: bool = False
    ending: int = 0
    ends: bool = False

    @property
    def length(self) -> Fraction:
        """In whole notes."""
        return sum((note.length for note in self.notes), Fraction(0))


class AbcTune(NamedTuple):
    """A tune as it was read.

    Attributes
    ----------
    title, number, rhythm, source, transcriber : str
        The fields T, X, R, B and Z; empty where there is none.
    metre : Fraction
        How many whole notes a bar lasts: 3/4 for 6/8.
    beats : tuple of int
        The metre as it is written: (6, 8).
    key : str
        As it is written: ``"G"``, ``"Edor"``.
    tonic : int
        0 to 11, 0 is C.
    mode : str
        ``"major"``, ``"minor"``, or the first three letters of another.
    bars : tuple of Bar
    """

    title: str
    number: str
    rhythm: str
    source: str
    transcriber: str
    metre: Fraction
    beats: tuple[int, int]
    key: str
    tonic: int
    mode: str
    bars: tuple[Bar, ...]


def read_abc(text: str) -> AbcTune:
    r"""One tune in ABC notation, read.

    Parameters
    ----------
    text : str
        Fields and notes, at most 200,000 characters and 1,000 bars.

    Returns
    -------
    AbcTune

    Raises
    ------
    DataError, DtypeError
        A sentence that names the bar, for what this reader does not know.

    Examples
    --------
    >>> tune = read_abc("X:1\nT:A bar\nM:6/8\nL:1/8\nK:G\nG2A BAF |")
    >>> [(note.pitch, str(note.length)) for note in tune.bars[0].notes][-2:]
    [(69, '1/8'), (66, '1/8')]
    >>> read_abc("X:1\nM:6/8\nK:G\nGAB c2d | G? |")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: Bar 2: '? |' is not ABC notation that is read here.
    """
    check_text("text", text)
    if len(text) > LONGEST:
        raise DataError(f"The text has {len(text):,} characters; a tune has at most {LONGEST:,}.")
    fields, body = _split(text)
    if "K" not in fields:
        raise DataError("The tune has no key: a line K: must stand before its notes.")
    tonic, mode, signature = _key(fields["K"])
    beats = _metre(fields.get("M", "4/4"))
    metre = Fraction(*beats)
    unit = _unit(fields.get("L"), metre)
    bars = tuple(_Reader(body, signature, unit, beats).bars())
    if not any(bar.notes for bar in bars):
        raise DataError("The tune has no notes: nothing stands behind the line K:.")
    names = (fields.get(name, "") for name in "TXRBZ")
    return AbcTune(*names, metre, beats, fields["K"], tonic, mode, bars)


def bar_faults(tune: AbcTune, *, upbeats: bool = True) -> list[str]:
    """The bars that do not last as long as the metre asks, as sentences.

    Parameters
    ----------
    tune : AbcTune
    upbeats : bool
        Whether a part may begin or end with a short bar, as tunes do that begin on an upbeat.

    Examples
    --------
    >>> tune = read_abc("M:6/8" + chr(10) + "L:1/8" + chr(10) + "K:G" + chr(10) + "GAB c2d|GA|G6|]")
    >>> bar_faults(tune)
    ['Bar 2 lasts 1/4; the metre 6/8 asks for 3/4.']
    """
    faults, begins = [], True
    for number, bar in enumerate(tune.bars, start=1):
        short = upbeats and (begins or bar.ends or bar.ending or number == len(tune.bars))
        if bar.length > tune.metre or (bar.length < tune.metre and not short):
            written = "/".join(map(str, tune.beats))
            faults.append(
                f"Bar {number} lasts {bar.length}; the metre {written} asks for {tune.metre}."
            )
        begins = bar.ends
    return faults


def write_abc(
    parts: Sequence[tuple[Sequence[Sequence[tuple[int | None, int]]], bool]],
    *,
    title: str = "A tune",
    metre: str = "6/8",
    key: str = "G",
    unit: int = 16,
    number: int = 1,
) -> str:
    r"""Notes as ABC text, which `read_abc` reads back.

    Parameters
    ----------
    parts : sequence of (bars, repeated)
        Bars of (pitch or None, length) pairs; the lengths count units.
    title, metre, key : str
        The fields T, M and K.
    unit : int
        The unit is one `unit`-th of a whole note.
    number : int
        The field X.

    Returns
    -------
    str

    Examples
    --------
    >>> print(write_abc([([[(67, 2), (69, 2), (71, 2), (66, 6)]], True)], title="One bar"))
    X:1
    T:One bar
    M:6/8
    L:1/16
    K:G
    |:G2A2B2F6:|
    """
    _, _, signature = _key(key)
    lines = []
    for bars, repeated in parts:
        written = ["".join(_written_bar(bar, signature)) for bar in bars]
        if not written or not all(written):
            raise DataError("A part without bars, or a bar without notes, cannot be written.")
        rows = ["|".join(written[at : at + 4]) for at in range(0, len(written), 4)]
        begin, end = ("|:", ":|") if repeated else ("", "||")
        lines += [begin + rows[0], *rows[1:]]
        lines[-1] += end
        lines[-len(rows) : -1] = [row + "|" for row in lines[-len(rows) : -1]]
    title = " ".join(check_text("title", title).split())
    head = [f"X:{number}", f"T:{title}", f"M:{metre}", f"L:1/{unit}", f"K:{key}"]
    return "\n".join(head + lines)


def split_book(text: str) -> list[str]:
    r"""The tunes of a book of ABC: each from its line ``X:`` to the next.

    >>> split_book("% a book\nX:1\nK:G\nG|\n\nX:2\nK:D\nD|")
    ['X:1\nK:G\nG|\n\n', 'X:2\nK:D\nD|']
    """
    return re.split(r"(?m)^(?=X:)", check_text("text", text))[1:]


def _split(text: str) -> tuple[dict[str, str], str]:
    """Fields up to the key (the first of each name), and the notes behind it."""
    fields, body = {}, []
    for line in text.splitlines():
        line = line.split("%")[0].rstrip()
        match = re.match(r"\s*([A-Za-z]):(.*)", line)
        if match and not re.match(r"\s*[A-Ga-gz]:\|", line):
            name, value = match[1], match[2].strip()
            if "K" in fields and name in "KMLV" and value != fields.get(name):
                body.append(f"[{name}:{value}]")  # refused later, where its bar is known
            elif name not in fields or name == "M" and "K" not in fields:
                fields[name] = value
        elif "K" in fields:
            body.append(line)
    return fields, "\n".join(body)


def _key(text: str) -> tuple[int, str, dict[str, int]]:
    """Tonic, mode, and what the signature does to each letter."""
    match = re.fullmatch(r"([A-G])([#b]?)\s*([A-Za-z]*).*", text.strip())
    mode = match[3].lower()[:3] if match else ""
    mode = "m" if match and match[3] == "m" else mode
    if not match or mode not in MODES:
        raise DataError(
            f"The key {text!r:.40} is not known; write a letter and a mode, as in Edor."
        )
    shift = {"#": 7, "b": -7, "": 0}[match[2]]
    fifths = FIFTHS[match[1]] + shift + MODES[mode]
    if not -7 <= fifths <= 7:
        raise DataError(f"The key {text!r:.40} has more than seven signs.")
    sign = 1 if fifths > 0 else -1
    letters = SHARPS[:fifths] if fifths > 0 else SHARPS[::-1][: -fifths or 0]
    signature = {letter: sign if letter in letters and fifths else 0 for letter in STEPS}
    tonic = (STEPS[match[1]] + {"#": 1, "b": -1, "": 0}[match[2]]) % 12
    names = {0: "major", -3: "minor"}
    return tonic, names.get(MODES[mode], mode), signature


def _metre(text: str) -> tuple[int, int]:
    text = text.strip()
    text = {"C": "4/4", "C|": "2/2", "": "4/4"}.get(text, text)
    match = re.fullmatch(r"([1-9][0-9]?)\s*/\s*(1|2|4|8|16|32)", text)
    if not match:
        raise DataError(f"The metre {text!r:.40} is not known; write two numbers, as in 6/8.")
    return int(match[1]), int(match[2])


def _unit(text: str | None, metre: Fraction) -> Fraction:
    if text is None:  # ABC 2.1, section 3.1.7
        return Fraction(1, 16) if metre < Fraction(3, 4) else Fraction(1, 8)
    match = re.fullmatch(r"1\s*/\s*(1|2|4|8|16|32|64)", text.strip())
    if not match:
        raise DataError(f"The unit length {text!r:.40} is not known; write 1/8 or the like.")
    return Fraction(1, int(match[1]))


class _Reader:
    """Goes through the notes once and cuts them into bars."""

    def __init__(self, body: str, signature: dict, unit: Fraction, beats: tuple[int, int]):
        self.body, self.signature, self.unit = body, signature, unit
        self.compound = beats[0] % 3 == 0 and beats[0] > 3
        self.number = 1
        self.begin()

    def begin(self) -> None:
        """Start a bar: no notes, no accidentals."""
        self.notes: list[Note] = []
        self.altered: dict[str, int] = {}
        self.tuplet, self.broken, self.tied = (0, Fraction(1)), Fraction(1), False

    def refuse(self, what: str) -> DataError:
        """The sentence that refuses this bar."""
        return DataError(f"Bar {self.number}: {what}")

    def bars(self) -> Iterator[Bar]:
        """Each bar, once its end is known."""
        opens, ending, at = False, 0, 0
        while at < len(self.body):
            match = TOKEN.match(self.body, at)
            if not match or match.end() == at:
                rest = self.body[at : at + 12].split("\n")[0]
                if rest.startswith("["):
                    raise self.refuse(f"{rest!r} is a chord; only one voice is read here.")
                raise self.refuse(f"{rest!r} is not ABC notation that is read here.")
            at, kind = match.end(), match.lastgroup
            if match["bar"]:
                line = match["bar"]
                closes, next_opens = line.startswith(":"), line.rstrip("123456789").endswith(":")
                double = closes or next_opens or "||" in line or "]" in line or "[" in line
                if self.notes:
                    yield self.finish(opens, closes, ending, double)
                    opens, ending = False, 0
                opens = opens or next_opens
                if line[-1].isdigit():
                    ending = int(line[-1])
            elif match["ending"]:
                ending = int(match["ending"][1])
            elif match["field"]:
                raise self.refuse(f"{match['field']} changes the tune on its way; not read here.")
            elif match["note"]:
                self.add(match)
            elif match["tuplet"]:
                self.tuplet = self.ratio(match["tuplet"])
            elif match["broken"]:
                self.dot(match["broken"])
            elif kind == "tie":
                self.tied = True
        if self.notes:
            yield self.finish(opens, False, ending, True)

    def finish(self, opens: bool, closes: bool, ending: int, ends: bool) -> Bar:
        """The bar that ends here."""
        if self.broken != 1:
            raise self.refuse("a note is missing behind > or <.")
        bar = Bar(tuple(self.notes), opens, closes, ending, ends)
        self.number += 1
        if self.number > MOST_BARS + 1:
            raise DataError(f"The tune has more than {MOST_BARS:,} bars; that is no tune for this.")
        self.begin()
        return bar

    def add(self, match: re.Match) -> None:
        """One more note, or a longer one where it is tied."""
        letter = match["name"]
        length = self.unit * self.factor(match["length"]) * self.broken
        self.broken = Fraction(1)
        left, times = self.tuplet
        if left:
            length *= times
            self.tuplet = (left - 1, times)
        pitch = None if letter in "zx" else self.pitch(match)
        last = self.notes[-1] if self.notes else None
        if self.tied and last and last.pitch == pitch is not None:
            self.notes[-1] = Note(pitch, last.length + length)
        else:
            self.notes.append(Note(pitch, length))
        self.tied = False

    def pitch(self, match: re.Match) -> int:
        """The MIDI number of a note, by its sign, the bar's accidentals and the key."""
        letter = match["name"].upper()
        if match["sign"]:
            self.altered[letter] = ACCIDENTALS[match["sign"]]
        octave = match["octave"].count("'") - match["octave"].count(",")
        octave += match["name"].islower()
        sign = self.altered.get(letter, self.signature[letter])
        number = 60 + STEPS[letter] + sign + 12 * octave
        if not 0 <= number <= 127:
            raise self.refuse(f"{match[0]} lies outside the notes of MIDI (0 to 127).")
        return number

    def factor(self, text: str) -> Fraction:
        """``3``, ``/``, ``3/2``, ``//`` as a fraction."""
        over, slash, under = text.partition("/")
        if not slash:
            value = Fraction(int(over or 1))
        elif under.strip("/") == "":
            value = Fraction(int(over or 1), 2 ** (1 + under.count("/")))
        elif "/" in under or not int(under):
            raise self.refuse(f"the length {text!r} cannot be read.")
        else:
            value = Fraction(int(over or 1), int(under))
        if not 0 < value <= 64:
            raise self.refuse(f"the length {text!r:.20} must lie between 0 and 64 units.")
        return value

    def dot(self, sign: str) -> None:
        """Broken rhythm: what one note gains, the next loses."""
        if not self.notes or self.broken != 1:
            raise self.refuse(f"{sign} must stand between two notes.")
        short = Fraction(1, 2 ** len(sign))
        first, second = (2 - short, short) if sign[0] == ">" else (short, 2 - short)
        last = self.notes[-1]
        self.notes[-1] = Note(last.pitch, last.length * first)
        self.broken = second

    def ratio(self, text: str) -> tuple[int, Fraction]:
        """``(p:q:r``: the next r notes are p in the time of q."""
        numbers = [int(part) if part else 0 for part in text[1:].split(":")] + [0, 0]
        p, q, r = numbers[:3]
        q = q or TUPLETS.get(p, 3 if self.compound else 2)
        return r or p, Fraction(q, p)


def _written_bar(bar: Sequence[tuple[int | None, int]], signature: dict) -> Iterator[str]:
    """Each note of a bar as ABC."""
    altered: dict[str, int] = {}
    for pitch, length in bar:
        if not isinstance(length, int) or length < 1:
            raise RangeError(f"length={length!r} must be a whole number of units, at least 1.")
        yield _written(pitch, signature, altered) + ("" if length == 1 else str(length))


def _written(pitch: int | None, signature: dict, altered: dict) -> str:
    if pitch is None:
        return "z"
    if not isinstance(pitch, int) or not 0 <= pitch <= 127:
        raise RangeError(f"pitch={pitch!r} must be a MIDI number from 0 to 127, or None.")
    flat = min(signature.values()) < 0
    options = [letter for letter, step in STEPS.items() if (step - pitch) % 12 in (0, 1, 11)]

    def cost(letter: str) -> tuple:  # first what needs no sign, then naturals, then the key's kind
        sign = (pitch - STEPS[letter] + 6) % 12 - 6
        now = altered.get(letter, signature[letter])
        return sign != now, sign != 0, (sign > 0) == flat

    letter = min(options, key=cost)
    sign = (pitch - STEPS[letter] + 6) % 12 - 6
    mark = ""
    if altered.get(letter, signature[letter]) != sign:
        mark = {1: "^", 0: "=", -1: "_"}[sign]
        altered[letter] = sign
    octave = (pitch - sign - STEPS[letter] - 60) // 12
    if octave >= 1:
        return mark + letter.lower() + "'" * (octave - 1)
    return mark + letter + "," * -octave
