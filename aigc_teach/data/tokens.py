"""Text to whole numbers and back: characters, bytes, and byte pairs merged by frequency.

A *token* (词元) is a piece of text with a number, its id. All three tokenizers have ``size``
(how many ids there are), ``encode`` (text to ids), ``decode`` (ids to text) and ``token``
(the bytes of one id). Byte-pair encoding was a compression scheme (P. Gage, 1994) before
R. Sennrich, B. Haddow and A. Birch took it into translation (2016, algorithm 1).
"""

from __future__ import annotations

import html
import operator
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

import torch
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, check_count, check_text

UNKNOWN = "\ufffd"  # what a character tokenizer reads where a character is none of its own
WORD = re.compile(r"\s?\S+|\s")  # a word with the space before it; joined, they are the text
LONGEST = 100_000  # bytes of one id: fifty merges of an id with itself would fill any memory
Pair = tuple[int, int]


class Tokenizer:
    """What the three tokenizers share: the check of ids, and the bytes of each."""

    size: int

    def token(self, number: int) -> bytes:
        """The bytes that one id stands for."""
        return self._table()[self._checked([number])[0]]

    def pieces(self, text: str) -> list[tuple[int, bytes]]:
        """The ids of a text, each with its bytes: for looking at."""
        table = self._table()
        return [(number, table[number]) for number in self.encode(text)]

    def _checked(self, ids: Iterable[int]) -> list[int]:
        ids = whole_numbers("ids", ids)
        for number in ids:
            if not 0 <= number < self.size:
                raise RangeError(
                    f"{number} is no id of this tokenizer; its ids are 0 to {self.size - 1}."
                )
        return ids


class CharacterTokenizer(Tokenizer):
    """One id a character; 0 stands for every character that the given text does not hold.

    Parameters
    ----------
    text : str
        Its characters become the vocabulary, in Unicode's order.

    Raises
    ------
    DtypeError, DataError
        If the text is no text, or empty.

    Examples
    --------
    >>> letters = CharacterTokenizer("abba")
    >>> letters.size, letters.encode("cab"), letters.decode([1, 2])
    (3, [0, 1, 2], 'ab')
    """

    def __init__(self, text: str):
        self.characters = [UNKNOWN, *sorted(set(check_whole_text(text, empty=False)) - {UNKNOWN})]
        self.ids = {character: number for number, character in enumerate(self.characters)}
        self.size = len(self.characters)

    def encode(self, text: str) -> list[int]:
        """The id of each character; 0 for those never seen."""
        return [self.ids.get(character, 0) for character in check_whole_text(text)]

    def unknown(self, text: str) -> list[str]:
        """The characters of a text that have no id of their own, each once.

        >>> CharacterTokenizer("abc").unknown("a☃b☃")
        ['☃']
        """
        return [c for c in dict.fromkeys(check_whole_text(text)) if c not in self.ids]

    def decode(self, ids: Iterable[int]) -> str:
        """The characters of `ids`; U+FFFD for id 0."""
        return "".join(self.characters[number] for number in self._checked(ids))

    def _table(self) -> list[bytes]:
        return [character.encode("utf-8") for character in self.characters]


class ByteTokenizer(Tokenizer):
    """The bytes of the text's UTF-8 form: 256 ids, and every text can be written.

    Examples
    --------
    >>> ByteTokenizer().encode("a月")
    [97, 230, 156, 136]
    """

    size = 256

    def encode(self, text: str) -> list[int]:
        """One id for each byte; a Chinese character usually has three."""
        return list(check_whole_text(text).encode("utf-8"))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the bytes; U+FFFD where they are no UTF-8."""
        return bytes(self._checked(ids)).decode("utf-8", errors="replace")

    def _table(self) -> list[bytes]:
        return [bytes([number]) for number in range(256)]


class BPE(Tokenizer):
    """Byte-pair encoding: ids 0 to 255 are the bytes, each further id joins two earlier ones.

    Parameters
    ----------
    merges : sequence of (int, int)
        Merge k makes id 256 + k of two smaller ids. `BPE.train` finds them.

    Raises
    ------
    DtypeError, DataError
        If a merge is no pair of whole numbers, or stands there twice.
    RangeError
        If a merge uses an id that does not exist yet, or makes one of over 100,000 bytes.

    Examples
    --------
    >>> bpe = BPE.train("low lower lowest", size=259)
    >>> [bpe.token(i) for i in (256, 257, 258)], bpe.decode(bpe.encode("slow 月"))
    ([b'lo', b'low', b' low'], 'slow 月')
    """

    def __init__(self, merges: Sequence[Pair]):
        self.merges = check_merges(merges)
        self.table = [bytes([number]) for number in range(256)]
        for a, b in self.merges:
            if not (0 <= a < len(self.table) and 0 <= b < len(self.table)):
                raise RangeError(f"The merge {(a, b)} joins an id that does not exist yet.")
            if len(self.table[a]) + len(self.table[b]) > LONGEST:
                raise RangeError(f"Id {len(self.table)} would stand for over {LONGEST} bytes.")
            self.table.append(self.table[a] + self.table[b])
        self.size = len(self.table)
        self.rank = {pair: k for k, pair in enumerate(self.merges)}

    @classmethod
    def train(cls, text: str, size: int = 512) -> BPE:
        """Merge the most frequent pair of neighbours, again and again.

        Pairs never reach across the words of ``WORD``; of equally frequent pairs the one
        with the smaller ids is merged. Ends early where no pair occurs twice.

        Parameters
        ----------
        text : str
        size : int
            How many ids at most; at least 256.

        Returns
        -------
        BPE
        """
        check_count("size", size, at_least=256)
        counts = Counter(WORD.findall(check_whole_text(text, empty=False)))
        words = [list(word.encode("utf-8")) for word in counts]
        times = list(counts.values())
        frequency, homes = Counter(), defaultdict(set)  # of each pair; the words it occurs in
        for place, word in enumerate(words):
            _count(word, place, times[place], frequency, homes)
        queue = [(-n, pair) for pair, n in frequency.items()]  # the most frequent pair first
        heapify(queue)
        merges: list[Pair] = []
        while len(merges) < size - 256 and queue:
            told, pair = heappop(queue)
            if -told != frequency[pair]:  # earlier merges took some: back to its new place
                heappush(queue, (-frequency[pair], pair))
                continue
            if frequency[pair] < 2:
                break
            new, born = 256 + len(merges), set()
            for place in homes.pop(pair):
                _count(words[place], place, -times[place], frequency, homes)
                words[place] = merge(words[place], pair, new)
                _count(words[place], place, times[place], frequency, homes)
                born |= {p for p in zip(words[place], words[place][1:], strict=False) if new in p}
            for neighbours in born:  # no other pair has become more frequent
                heappush(queue, (-frequency[neighbours], neighbours))
            merges.append(pair)
        return cls(merges)

    def encode(self, text: str) -> list[int]:
        """Ids of the text: in each word the earliest merges first, as they were learnt."""
        known: dict[str, list[int]] = {}
        ids: list[int] = []
        for word in WORD.findall(check_whole_text(text)):
            if word not in known:
                known[word] = self._encode_word(word)
            ids += known[word]
        return ids

    def _encode_word(self, word: str) -> list[int]:
        ids = list(word.encode("utf-8"))
        while len(ids) > 1:
            pairs = zip(ids, ids[1:], strict=False)
            pair = min(pairs, key=lambda p: self.rank.get(p, len(self.rank)))
            if pair not in self.rank:
                break
            ids = merge(ids, pair, 256 + self.rank[pair])
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text; U+FFFD where the bytes are no UTF-8."""
        joined = b"".join(self.table[number] for number in self._checked(ids))
        return joined.decode("utf-8", errors="replace")

    def _table(self) -> list[bytes]:
        return self.table


def prompt(tokenizer: Tokenizer, text: str) -> Tensor:
    """The ids of a text as a language model's prompt, int64 ``[P]``; P = 0 for an empty text.

    Parameters
    ----------
    tokenizer : Tokenizer
    text : str

    Returns
    -------
    Tensor

    Warns
    -----
    UserWarning
        Where a character is none of the tokenizer's: which, and that it is read as id 0.

    Examples
    --------
    >>> prompt(ByteTokenizer(), "ab"), list(prompt(ByteTokenizer(), "").shape)
    (tensor([97, 98]), [0])
    """
    strange = tokenizer.unknown(text) if isinstance(tokenizer, CharacterTokenizer) else []
    if strange:
        named = ", ".join(repr(character) for character in strange[:10])
        more = f" and {len(strange) - 10} others" if len(strange) > 10 else ""
        warnings.warn(
            f"The prompt holds characters that the tokenizer never saw: {named}{more}. Each is "
            "read as id 0, the unknown character.",
            stacklevel=2,
        )
    return torch.tensor(tokenizer.encode(text), dtype=torch.int64)


def whole_numbers(what: str, values: object) -> list[int]:
    """`values` as a list of int, or a sentence: 97.9 is no id, nor is "98".

    Whole numbers of NumPy and torch will do, and tensors with one axis.

    >>> whole_numbers("ids", [1, 2]), whole_numbers("ids", b"ab")
    ([1, 2], [97, 98])
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise DtypeError(f"{what} must be a list of whole numbers; you gave {values!r:.80}.")
    numbers = []
    try:
        for value in values:
            if isinstance(value, bool):
                raise TypeError("a bool")
            numbers.append(operator.index(value))
    except TypeError:  # also of a tensor without axes, and of one with two
        raise DtypeError(
            f"{what} must be whole numbers (int); number {len(numbers)} of them is not."
        ) from None
    return numbers


def check_merges(merges: object) -> list[Pair]:
    """Each merge as a pair of whole numbers, or a sentence.

    >>> check_merges([(97, 98)])
    [(97, 98)]
    """
    if isinstance(merges, str | bytes) or not isinstance(merges, Iterable):
        raise DtypeError(f"merges must be a list of pairs of ids; you gave {merges!r:.80}.")
    pairs = [tuple(whole_numbers("The ids of a merge", merge)) for merge in merges]
    for pair in pairs:
        if len(pair) != 2:
            raise DataError(f"A merge joins two ids; {pair!r:.80} holds {len(pair)}.")
    if len(set(pairs)) != len(pairs):
        raise DataError("The same merge stands twice in the list.")
    return pairs


def merge(ids: Sequence[int], pair: Pair, new: int) -> list[int]:
    """Replace each occurrence of `pair`, from the left, by `new`.

    >>> merge([1, 2, 1, 2, 2], (1, 2), 9)
    [9, 9, 2]
    """
    out, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def _count(word: list[int], place: int, times: int, frequency: Counter, homes: dict) -> None:
    for pair in zip(word, word[1:], strict=False):
        frequency[pair] += times
        if times > 0:
            homes[pair].add(place)
        if not frequency[pair]:
            del frequency[pair]


def check_whole_text(text: object, *, empty: bool = True) -> str:
    """Return `text`, or raise with a sentence if it is no text (or empty where it must not be)."""
    if not check_text("What a tokenizer takes", text) and not empty:
        raise DataError("The text is empty; a vocabulary needs at least 1 character.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise DataError("The text holds half a character (a lone surrogate), which has no bytes.")
    return text


class Coloured:
    """Tokens in coloured boxes with their ids below, for a notebook; plain words elsewhere.

    >>> Coloured(ByteTokenizer(), "a <")
    a·97 |  ·32 | <·60
    """

    COLOURS = ("0, 114, 178", "230, 159, 0", "0, 158, 115", "204, 121, 167")

    def __init__(self, tokenizer: Tokenizer, text: str):
        self.pieces = [(number, _readable(raw)) for number, raw in tokenizer.pieces(text)]

    def __repr__(self) -> str:
        return " | ".join(f"{words}·{number}" for number, words in self.pieces)

    def _repr_html_(self) -> str:
        box = (
            '<span style="display: inline-block; margin: 0 1px 5px; padding: 1px 4px; text-align: '
            'center; white-space: pre; border-radius: 4px; background: rgba({colour}, 0.3)">{words}'
            '<br><small style="font-size: 70%">{number}</small></span>'
        )
        boxes = (
            box.format(
                colour=self.COLOURS[k % 4],
                words=html.escape(words.replace(" ", "\u2423").replace("\n", "\u21b5")),
                number=number,
            )
            for k, (number, words) in enumerate(self.pieces)
        )
        return f'<div role="img" aria-label="{html.escape(repr(self))}">{"".join(boxes)}</div>'


def _readable(raw: bytes) -> str:
    """The characters of the bytes, or their hexadecimal digits where they are none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.hex(" ").upper()
