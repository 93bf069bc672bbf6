"""Forms of verse as small grammars in code: what may stand at the next place of a text.

A grammar has one method, ``allowed(text)``: given what stands, the set of what may follow. It
knows no model. Whoever draws (`models.constrained`) gives everything else the probability zero.

`Form` is for Chinese verse and is written as the verse books write it, one sign a place:

    平 level tone    仄 oblique tone    韻 rhyme (of level tone)    中 any character

Everything else stands for itself, so punctuation and line ends belong to the form. `Couplet` is for
English: iambic lines whose last words rhyme in pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import final

from ..core import (
    ChoiceError,
    DataError,
    DtypeError,
    RangeError,
    check_choice,
    check_count,
    check_text,
)

LEVEL, OBLIQUE, RHYME, ANY = "平仄韻中"
SIGNS = frozenset((LEVEL, OBLIQUE, RHYME, ANY))
RULES = ("lengths", "rhyme", "tones")
KEPT = 1000
"""Answers a form keeps: texts that are drawn side by side ask alike, earlier places never again."""
NOTHING: frozenset = frozenset()


def verse_patterns(lines: int = 4, length: int = 7, *, rules: str = "tones") -> tuple[str, ...]:
    r"""The patterns of a Chinese form: a poem must follow one of them.

    Four lines of five (五絕) or seven (七絕), or eight (律詩). In each line the even places
    alternate; the lines of a couplet oppose each other, and a couplet begins as the one before it
    ended (Wang Li 1958). Even lines rhyme on a level tone, odd ones but the first end on an
    oblique tone.

    Parameters
    ----------
    lines : int
        Even, at least 2.
    length : {5, 7}
    rules : {"lengths", "rhyme", "tones"}
        The lengths alone; and the rhyme; and the tones as well.

    Returns
    -------
    tuple of str
        Two for "tones", by the tone of the second place; else one.

    Examples
    --------
    >>> print(verse_patterns(rules="rhyme")[0])
    中中中中中中中，中中中中中中韻。
    中中中中中中中，中中中中中中韻。
    >>> print(verse_patterns(length=5)[0])
    中平中仄中，中仄中平韻。
    中仄中平仄，中平中仄韻。
    """
    if check_count("lines", lines, at_least=2) % 2:
        raise RangeError(f"lines={lines} must be even: verse goes in couplets.")
    if length not in (5, 7):
        raise ChoiceError(f"length={length!r} is not known. Choose one of: 5, 7.")
    check_choice("rules", rules, RULES)
    starts = (LEVEL, OBLIQUE) if rules == "tones" else (ANY,)
    return tuple(_pattern(lines, length, rules, start) for start in starts)


def _pattern(lines: int, length: int, rules: str, start: str) -> str:
    other = {LEVEL: OBLIQUE, OBLIQUE: LEVEL, ANY: ANY}
    written = ""
    for k in range(lines):
        tone = start if k % 4 in (0, 3) else other[start]
        evens = [tone, other[tone], tone][: length // 2]
        last = RHYME if k % 2 else OBLIQUE if k and rules == "tones" else ANY
        last = ANY if rules == "lengths" else last
        line = "".join(ANY + even for even in evens) + last
        written += line + ("。\n" if k % 2 else "，")
    return written.rstrip("\n")


@final
class Form:
    r"""A form of Chinese verse: patterns, and what the characters sound like.

    Parameters
    ----------
    patterns : sequence of str
        All of one length, with the rhyme at the same places. A text must follow one of them.
    alphabet : collection of str
        The characters that may be written at all: those the model knows.
    rhymes : mapping of str to collection of int
        The rhyme groups of each character (``data.rhyme_groups()``).
    level : collection of int
        Which groups have the level tone.
    fixed : mapping of int to collection of str, optional
        Places where only these characters may stand; see `acrostic`.

    Notes
    -----
    A character with two tones fits both. Rhyming characters share one group, and none comes
    twice; a group with fewer characters than the form has rhymes is not begun with, so that no
    poem gets stuck.

    Examples
    --------
    >>> rhymes = {"a": {0}, "b": {0}, "c": {40}, "d": {1}, "e": {1}, "f": {1, 40}}
    >>> form = Form(["中韻,仄韻"], alphabet="abcdef,", rhymes=rhymes)
    >>> sorted(form.allowed("ab,")), sorted(form.allowed("ab,c"))
    (['c', 'f'], ['a'])
    >>> form.fits("ab,ca"), form.fits("ab,cd")
    (True, False)
    """

    def __init__(
        self,
        patterns: Sequence[str],
        *,
        alphabet: Collection[str],
        rhymes: Mapping[str, Collection[int]],
        level: Collection[int] = range(30),
        fixed: Mapping[int, Collection[str]] | None = None,
    ):
        self.patterns = _check_patterns(patterns)
        self.alphabet, self.rhymes, self.level = frozenset(alphabet), rhymes, frozenset(level)
        self.length = len(self.patterns[0])
        self.fixed = {place: frozenset(chars) for place, chars in (fixed or {}).items()}
        wrong = [place for place in self.fixed if not 0 <= place < self.length]
        if wrong:
            raise RangeError(f"There is no place {wrong[0]}: the form has {self.length}.")
        self._places = [k for k, sign in enumerate(self.patterns[0]) if sign == RHYME]
        self._sets = self._of_each_sign()
        self._known: dict = {}  # what was worked out before

    def allowed(self, text: str) -> frozenset[str]:
        """What may follow `text`; empty where it is complete, or has left the form."""
        check_text("text", text)
        place = len(text)
        if place >= self.length:
            return NOTHING
        alive = tuple(p for p in self.patterns if self._follows(p, text))
        used = tuple(text[k] for k in self._places if k < place)
        key = (place, alive, used)
        if key not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[key] = self._next(place, alive, used)
        return self._known[key]

    def fits(self, text: str) -> bool:
        """Whether a whole text has the form."""
        whole = len(check_text("text", text)) == self.length
        return whole and all(text[k] in self.allowed(text[:k]) for k in range(self.length))

    def acrostic(
        self, characters: str, *, at: int = 0, same: Callable[[str], str] | None = None
    ) -> Form:
        """The same form with given characters at one place of each line (藏頭詩 for the first).

        Parameters
        ----------
        characters : str
            One for each line.
        at : int
            Their place in the line, from 0; -1 is the last.
        same : callable, optional
            What makes characters equal, a function of text that works character by character:
            with ``data.simplified`` 发 is written as 發 or as 髮, whichever the alphabet has.

        Raises
        ------
        DataError
            With a sentence: for another number of characters, or for those that the alphabet
            lacks.
        """
        lines = self._lines()
        count = len(check_text("characters", characters))
        if count != len(lines):
            raise DataError(
                f"This form has {len(lines)} lines, so it needs as many characters, one a line; "
                f"you gave {count}."
            )
        letters = sorted(self._sets[ANY])
        writing = defaultdict(set)
        for key, character in zip(_same(letters, same), letters, strict=True):
            writing[key].add(character)
        wanted = _same(characters, same)
        lacking = [one for one, key in zip(characters, wanted, strict=True) if not writing.get(key)]
        if lacking:
            raise DataError(
                f"Of your characters the model has never seen {', '.join(lacking)}. Take others "
                "in their place, or train on poems that have them."
            )
        places = [line[at] for line in lines]
        fixed = self.fixed | {k: writing[key] for k, key in zip(places, wanted, strict=True)}
        return Form(
            self.patterns,
            alphabet=self.alphabet,
            rhymes=self.rhymes,
            level=self.level,
            fixed=fixed,
        )

    def _lines(self) -> list[list[int]]:
        """The places of each line's characters."""
        lines, line = [], []
        for place, sign in enumerate(self.patterns[0] + "\n"):
            if sign in SIGNS:
                line.append(place)
            elif line:
                lines.append(line)
                line = []
        return lines

    def _of_each_sign(self) -> dict[str, frozenset[str]]:
        letters = frozenset(c for c in self.alphabet if c.isalpha())
        tones = {c: {group in self.level for group in self.rhymes.get(c, ())} for c in letters}
        level = frozenset(c for c in letters if True in tones[c])
        oblique = frozenset(c for c in letters if False in tones[c])
        members = defaultdict(set)
        for c in level:
            for group in self.level.intersection(self.rhymes[c]):
                members[group].add(c)
        needed = len(self._places)
        self._members = {g: frozenset(cs) for g, cs in members.items() if len(cs) >= needed}
        rhyming = frozenset().union(*self._members.values())
        return {ANY: letters, LEVEL: level, OBLIQUE: oblique, RHYME: rhyming}

    def _follows(self, pattern: str, text: str) -> bool:
        return all(
            c in self._sets.get(sign, (sign,)) and c in self.fixed.get(k, (c,))
            for k, (c, sign) in enumerate(zip(text, pattern, strict=False))
        )

    def _next(self, place: int, alive: tuple[str, ...], used: tuple[str, ...]) -> frozenset[str]:
        found: frozenset = NOTHING
        for sign in {pattern[place] for pattern in alive}:
            if sign == RHYME and used:
                found |= self._rhyming_with(used)
            else:
                found |= self._sets.get(sign, self.alphabet & {sign})
        return found & self.fixed.get(place, found)

    def _rhyming_with(self, used: tuple[str, ...]) -> frozenset[str]:
        groups = set(self._members)
        for character in used:
            groups &= set(self.rhymes.get(character, ()))
        if len(set(used)) < len(used):
            return NOTHING  # a rhyme that came twice
        return frozenset().union(*(self._members[g] for g in groups)) - set(used)


def _same(characters: Iterable[str], same: Callable[[str], str] | None) -> str:
    text = "".join(characters)
    return same(text) if same else text


def _check_patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    if isinstance(patterns, str) or not isinstance(patterns, Sequence) or not patterns:
        raise DtypeError("Give a list of patterns; for one alone write [pattern].")
    for pattern in patterns:
        check_text("pattern", pattern)
    if len({len(pattern) for pattern in patterns}) > 1 or not patterns[0]:
        sizes = ", ".join(str(len(pattern)) for pattern in patterns)
        raise DataError(f"All patterns must have one length, at least 1; yours have {sizes}.")
    places = {tuple(k for k, sign in enumerate(p) if sign == RHYME) for p in patterns}
    if len(places) > 1:
        raise DataError(f"All patterns must have the sign {RHYME} at the same places.")
    return tuple(patterns)


@final
class Couplet:
    """English lines in iambic metre that rhyme in pairs: a grammar of words.

    A line has an even number of syllables, weak and strong in turn. In a word of two syllables or
    more the main stress stands at a strong place; a word of one syllable fits anywhere. (This is
    nearly the rule of Halle & Keyser 1966.) A line ends with a word whose last syllable is
    stressed. Rhyming words are different and share all sounds from that vowel on.

    Parameters
    ----------
    spoken : mapping of str to iterable of (stresses, rhyme)
        For each word its pronunciations: the stress digits, one a syllable, and what must be
        shared to rhyme (``data.stresses`` and ``data.rhyme_part``).
    syllables : int
        Even: 8 for a tetrameter, 10 for a pentameter.
    lines : int
        Even.

    Examples
    --------
    >>> spoken = {"the": [("0", "AH")], "whale": [("1", "EY L")], "sail": [("1", "EY L")],
    ...           "ocean": [("10", "OW SH AH N")], "away": [("01", "EY")]}
    >>> form = Couplet(spoken, syllables=2)
    >>> sorted(form.allowed([])), sorted(form.allowed(["the"]))
    (['sail', 'the', 'whale'], ['sail', 'whale'])
    >>> form.fits(["the", "whale", "the", "sail"]), form.fits(["the", "whale", "the", "whale"])
    (True, False)
    """

    def __init__(
        self,
        spoken: Mapping[str, Iterable[tuple[str, str]]],
        *,
        syllables: int = 8,
        lines: int = 2,
    ):
        for name, value in (("syllables", syllables), ("lines", lines)):
            if check_count(name, value, at_least=2) % 2:
                raise RangeError(f"{name}={value} must be even.")
        self.syllables, self.lines = syllables, lines
        self.spoken = {word: tuple(how) for word, how in spoken.items()}
        short = defaultdict(set)  # rhyme -> words of one syllable
        for word, how in self.spoken.items():
            for stress, rhyme in how:
                if stress in ("1", "2"):
                    short[rhyme].add(word)
        # a rhyme begun with one of two short words can always be ended with the other
        self._rhymes = {rhyme for rhyme, words in short.items() if len(words) > 1}
        self._known: dict = {}

    def allowed(self, words: Sequence[str]) -> frozenset[str]:
        """Which words may follow `words`; none where the lines are full, or have left the form."""
        return frozenset().union(*(self._next(state) for state in self._states(words)))

    def fits(self, words: Sequence[str]) -> bool:
        """Whether the words are the whole form."""
        return any(state[0] == self.lines for state in self._states(words))

    def line_ends(self, words: Sequence[str]) -> list[int]:
        """After how many words each line that is full ends, in one way to speak them."""
        ends = []
        for count in range(1, len(words) + 1):
            if any(
                line == len(ends) + 1 and not at for line, at, *_ in self._states(words[:count])
            ):
                ends.append(count)
        return ends

    def _states(self, words: Sequence[str]) -> set[tuple]:
        """All (line, syllable, rhyme to meet, word to avoid) where the words may have led."""
        if isinstance(words, str):
            raise DtypeError("Give a list of words, not one text.")
        states = {(0, 0, None, None)}
        for word in words:
            states = {new for state in states for new in self._after(state, word)}
        return states

    def _after(self, state: tuple, word: str) -> Iterable[tuple]:
        line, at, rhyme, avoid = state
        if line == self.lines:
            return
        for stress, sounds in self.spoken.get(word, ()):
            end = at + len(stress)
            strong = len(stress) == 1 or all((at + k) % 2 for k, d in enumerate(stress) if d == "1")
            if end < self.syllables and strong:
                yield (line, end, rhyme, avoid)
            elif end == self.syllables and strong and stress[-1] != "0":
                if rhyme is None and sounds in self._rhymes:
                    yield (line + 1, 0, sounds, word)
                elif sounds == rhyme and word != avoid:
                    yield (line + 1, 0, None, None)

    def _next(self, state: tuple) -> frozenset[str]:
        if state not in self._known:
            fits = (word for word in self.spoken if any(True for _ in self._after(state, word)))
            self._known[state] = frozenset(fits)
        return self._known[state]
