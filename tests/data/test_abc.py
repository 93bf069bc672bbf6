"""ABC is read as the standard says, by hand-made truths."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aigc_teach import data
from aigc_teach.core import DataError, DtypeError, RangeError

HEAD = "X:1\nT:test\nM:6/8\nL:1/8\nK:G\n"


def notes(body, head=HEAD):
    return [
        (note.pitch, str(note.length))
        for bar in data.read_abc(head + body).bars
        for note in bar.notes
    ]


def pitches(body, head=HEAD):
    return [pitch for pitch, _ in notes(body, head)]


def test_letters_octaves_and_the_key():
    assert pitches("C D E F G A B c f' B,, z") == [60, 62, 64, 66, 67, 69, 71, 72, 90, 47, None]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("C", [65, 71]), ("G", [66, 71]), ("F", [65, 70]), ("Am", [65, 71]), ("A minor", [65, 71]),
        ("Ador", [66, 71]), ("D Mixolydian", [66, 71]), ("Gm", [65, 70]), ("Flyd", [65, 71]),
        ("Ephr", [65, 71]), ("Bloc", [65, 71]), ("Bb", [65, 70]), ("F#m", [66, 71]),
        ("Emaj", [66, 71]), ("EM", [66, 71]),
    ],
)  # fmt: skip
def test_signatures(key, wanted):
    assert pitches("F B", HEAD.replace("K:G", f"K:{key}")) == wanted


def test_an_accidental_holds_to_the_end_of_its_bar_in_every_octave():
    assert pitches("^c c C =f f F | c f") == [73, 73, 61, 77, 77, 65, 72, 78]
    assert pitches("__B _A ^^G") == [69, 68, 69]


def test_lengths():
    found = [length for _, length in notes("G G2 G/ G// G3/2 G/4 G12")]
    assert found == ["1/8", "1/4", "1/16", "1/32", "3/16", "1/32", "3/2"]


def test_broken_rhythm_tuplets_and_ties():
    assert [n for _, n in notes("G>A G<A G>>A G3>A")] == [
        "3/16", "1/16", "1/16", "3/16", "7/32", "1/32", "9/16", "1/16",
    ]  # fmt: skip
    assert [n for _, n in notes("(3GAB (2GA (3:2:2GA")] == ["1/12"] * 3 + ["3/16"] * 2 + [
        "1/12"
    ] * 2
    assert notes("G2-G A-B") == [(67, "3/8"), (69, "1/8"), (71, "1/8")]
    assert notes("G-|G") == [(67, "1/8"), (67, "1/8")]  # over a bar line it is struck again


def test_what_is_passed_over():
    body = '"Am"~G {ab}A !trill!B (c.d)ue | Td vB % a comment\n G'
    assert pitches(body) == [67, 69, 71, 72, 74, 76, 74, 71, 67]


def test_bars_repeats_and_endings():
    bars = data.read_abc(HEAD + "|:G6|A6|1 B6:|2 c6||\nd6|[1 e6 :|[2 f6|]").bars
    assert [bar.notes[0].pitch for bar in bars] == [67, 69, 71, 72, 74, 76, 78]
    assert [bar.ending for bar in bars] == [0, 0, 1, 2, 0, 1, 2]
    assert [bar.closes for bar in bars] == [False, False, True, False, False, True, False]
    assert [bar.ends for bar in bars] == [False, False, True, True, False, True, True]
    assert bars[0].opens and not bars[1].opens
    bars = data.read_abc(HEAD + "G6::A6:|").bars
    assert [(bar.opens, bar.closes) for bar in bars] == [(False, True), (True, True)]


def test_fields():
    tune = data.read_abc("X: 12\nT:One\nT:Two\nR:jig\nB:a book\nZ:a hand\nM:C|\nK:D\nD4|")
    assert tune[:5] == ("One", "12", "jig", "a book", "a hand")
    assert tune.beats == (2, 2) and tune.metre == 1 and tune.tonic == 2 and tune.mode == "major"
    assert tune.bars[0].length == Fraction(1, 2)  # the unit is 1/8 where the metre is 3/4 or more
    assert data.read_abc("M:2/4\nK:C\nC4|").bars[0].length == Fraction(1, 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no key"),
        ("X:1\nT:nothing\n", "has no key"),
        (HEAD, "has no notes"),
        (HEAD + "| | :|", "has no notes"),
        (HEAD + "G6|[GB]6|", "Bar 2: .* is a chord"),
        (HEAD + "G6|A6|?", "Bar 3: .* is not ABC"),
        (HEAD + "G6|\u6c49", "Bar 2: .* is not ABC"),
        (HEAD + "G6|[K:D]A6|", "Bar 2: .* changes the tune"),
        (HEAD + "G6|\nK:D\nA6|", "Bar 2: .* changes the tune"),
        (HEAD + "G6|\nM:4/4\nA6|", "Bar 2: .* changes the tune"),
        (HEAD + ">G", "Bar 1: > must stand between"),
        (HEAD + "G>|A", "Bar 1: a note is missing"),
        (HEAD + "G0", "Bar 1: the length '0'"),
        (HEAD + "G999", "Bar 1: the length '999'"),
        (HEAD + "G2/0", "Bar 1: the length"),
        (HEAD + "G''''''''", "Bar 1: .* outside the notes of MIDI"),
        (HEAD.replace("K:G", "K:H"), "key 'H' is not known"),
        (HEAD.replace("K:G", "K:Gxyz"), "key 'Gxyz' is not known"),
        (HEAD.replace("K:G", "K:G#"), "more than seven signs"),
        (HEAD.replace("6/8", "six"), "metre 'six' is not known"),
        (HEAD.replace("6/8", "0/8"), "metre '0/8' is not known"),
        (HEAD.replace("L:1/8", "L:8"), "unit length '8' is not known"),
        (HEAD + "G6|" * 10_000, "more than 1,000 bars"),
        ("x" * 300_000, "300,000 characters"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(text, words):
    with pytest.raises(DataError, match=words):
        data.read_abc(text)


def test_no_text_is_refused():
    with pytest.raises(DtypeError, match="must be text"):
        data.read_abc(b"X:1")


def test_bars_that_do_not_add_up_are_named():
    tune = data.read_abc(HEAD + "G|G6|A5|B7|c5:|d|d6|]")
    assert data.bar_faults(tune) == [
        "Bar 3 lasts 5/8; the metre 6/8 asks for 3/4.",
        "Bar 4 lasts 7/8; the metre 6/8 asks for 3/4.",
    ]
    assert len(data.bar_faults(tune, upbeats=False)) == 5


def test_every_tune_is_written_and_read_back():
    for tune in data.tunes("all"):
        read = data.read_abc(tune.abc())
        assert [(n.pitch, n.length * 16) for bar in read.bars for n in bar.notes] == tune.notes()
        assert data.bar_faults(read, upbeats=False) == []
        assert (read.title, read.tonic, read.mode) == (tune.title, 7, "major")


@pytest.mark.parametrize("key", ["C", "G", "F", "Bb", "E", "Am", "Ebm"])
def test_chromatic_notes_are_written_in_any_key(key):
    bar = [(pitch, 1 + pitch % 3) for pitch in [*range(36, 97), *range(96, 35, -1)]]
    text = data.write_abc([([bar, bar], False)], metre="4/4", key=key)
    read = data.read_abc(text)
    assert [[(n.pitch, n.length * 16) for n in b.notes] for b in read.bars] == [bar, bar]


def test_what_cannot_be_written_is_a_sentence():
    with pytest.raises(DataError, match="without bars"):
        data.write_abc([([], False)])
    with pytest.raises(DataError, match="without notes"):
        data.write_abc([([[]], False)])
    with pytest.raises(RangeError, match="whole number of units"):
        data.write_abc([([[(60, 0)]], False)])
    with pytest.raises(RangeError, match="MIDI number"):
        data.write_abc([([[(200, 1)]], False)])
    assert "K:G\n" in data.write_abc([([[(60, 1)]], False)], title="two\nK:C lines")
    assert data.read_abc(data.write_abc([([[(60, 1)]], False)], title="two\nK:C")).key == "G"
