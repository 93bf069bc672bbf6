"""Tunes in ABC, by our writer and by hand, read by music21: pitches and lengths of all notes.

With version 2.1 named it lets an accidental hold as the standard says.
"""

from __future__ import annotations

from fractions import Fraction

from aigc_teach import data

HEAD = "X:1\nT:test\nM:6/8\nL:1/8\nK:"
BODIES = [  # what the two readers must read alike
    "G2A BAF|A>FD DA,D|(3GAB c e3|z2G ^c2c|=f2f f3|F6|]",
    "|:g2f edB|d/e/f/g/ a2b|c'3 C3:|\n|:B,2D G,2A|{c}B2A ~G3:|",
    "d3/2e/ d B<A G|G2 z4|^G=GG _B=BB|e3 e2^d|]",
]


def test_notes(agree, truth, recwarn):
    texts = [f"{HEAD}{key}\n{body}" for body in BODIES for key in ("G", "F", "Edor")]
    texts += [tune.abc() for tune in data.tunes("all")[::15]]
    for text in texts:
        score = truth.parse("%abc-2.1\n" + text, format="abc")
        theirs = [
            (None if n.isRest else n.pitch.midi, Fraction(n.duration.quarterLength) / 4)
            for n in score.flatten().notesAndRests
            if not n.duration.isGrace
        ]
        ours = [(n.pitch, n.length) for bar in data.read_abc(text).bars for n in bar.notes]
        agree(ours, [(pitch, n.limit_denominator(96)) for pitch, n in theirs], text)
