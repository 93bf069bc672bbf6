"""Bytes of characters against RFC 3629 and the Unicode Standard, and every character back again.

RFC 3629, section 7, spells out three texts byte by byte; section 3 says where one byte more is
needed. The Unicode Standard, section 3.9, tables 3-8 to 3-11, says how many U+FFFD stand for bytes
that are no UTF-8.
"""

from __future__ import annotations

import unicodedata

import pytest

from aigc_teach.data.tokens import BPE, ByteTokenizer, CharacterTokenizer

EXAMPLES = {  # RFC 3629, section 7
    "41 E2 89 A2 CE 91 2E": "A\u2262\u0391.",
    "ED 95 9C EA B5 AD EC 96 B4": "\ud55c\uad6d\uc5b4",
    "E6 97 A5 E6 9C AC E8 AA 9E": "\u65e5\u672c\u8a9e",
    "EF BB BF F0 A3 8E B4": "\ufeff\U000233b4",
}
BOUNDARIES = {  # RFC 3629, section 3: the first and the last character of each length
    "00": "\x00",
    "7F": "\x7f",
    "C2 80": "\x80",
    "DF BF": "\u07ff",
    "E0 A0 80": "\u0800",
    "ED 9F BF": "\ud7ff",
    "EE 80 80": "\ue000",
    "EF BF BF": "\uffff",
    "F0 90 80 80": "\U00010000",
    "F4 8F BF BF": "\U0010ffff",
}
BROKEN = {  # The Unicode Standard, tables 3-8 to 3-11; R stands for U+FFFD
    "C0 AF E0 80 BF F0 81 82 41": "RRRRRRRRA",
    "ED A0 80 ED BF BF ED AF 41": "RRRRRRRRA",
    "F4 91 92 93 FF 41 80 BF 42": "RRRRRARRB",
    "E1 80 E2 F0 91 92 F1 BF 41": "RRRRA",
}
TEACHER = "\U0001f469\u200d\U0001f3eb"  # a woman, a zero-width joiner, a school: one emoji
HARD = [TEACHER, "e\u0301 \u0301", "\x00a\x00", "\r\n\t\x0b\x85\u2028", "\u202eabc", "\ufeffx"]


@pytest.fixture(scope="module")
def bpe():
    """Merges that reach into characters of two, three and four bytes."""
    return BPE.train(f"\u00e9\u00e8\u00e9 \u660e\u6708 {TEACHER} the cat sat " * 5, size=290)


@pytest.mark.parametrize("bytes_", [*EXAMPLES, *BOUNDARIES])
def test_bytes_of_characters(agree, bpe, bytes_):
    text, raw = {**EXAMPLES, **BOUNDARIES}[bytes_], bytes.fromhex(bytes_)
    agree(ByteTokenizer().encode(text), list(raw))
    agree(b"".join(bpe.token(number) for number in bpe.encode(text)), raw)
    agree(CharacterTokenizer(text).token(1), sorted(text)[0].encode("utf-8"))


@pytest.mark.parametrize("bytes_", BROKEN)
def test_bytes_that_are_no_text(agree, bpe, bytes_):
    for tokenizer in (ByteTokenizer(), bpe):
        agree(tokenizer.decode(bytes.fromhex(bytes_)), BROKEN[bytes_].replace("R", "\ufffd"))


@pytest.mark.parametrize("plane", range(17))
def test_every_character_of_a_plane_comes_back(agree, bpe, plane):
    """All code points, assigned or not, 64 to a word; surrogates are no characters.

    Planes that hold nothing, or private characters only, are looked at in every 17th place.
    """
    step = 1 if plane in (0, 1, 2, 3, 14) else 17
    points = range(plane << 16, (plane + 1) << 16, step)
    points = [point for point in points if not 0xD800 <= point < 0xE000]
    text = " ".join("".join(map(chr, points[k : k + 64])) for k in range(0, len(points), 64))
    for tokenizer in (ByteTokenizer(), bpe):
        ids, pieces = zip(*tokenizer.pieces(text), strict=True)
        agree(tokenizer.decode(ids), text)
        agree(b"".join(pieces), text.encode("utf-8"))


def test_characters_that_belong_together_come_back(agree, bpe):
    every_mark = "".join(chr(p) for p in range(0x3000) if unicodedata.combining(chr(p)))
    for text in [*HARD, f"a{every_mark}"]:
        for tokenizer in (ByteTokenizer(), bpe, CharacterTokenizer(text)):
            agree(tokenizer.decode(tokenizer.encode(text)), text, ascii(text))
