"""The key of every eighth vendored tune, and how well it fits, as music21 finds it."""

from __future__ import annotations

from aigc_teach import data
from aigc_teach.metrics import music


def test_keys(agree, truth):
    for tune in data.tunes("all")[::8]:
        line = truth.stream.Stream()
        for pitch, length in tune.notes():
            one = truth.note.Rest() if pitch is None else truth.note.Note(pitch)
            one.duration.quarterLength = length / 4
            line.append(one)
        theirs = truth.analysis.discrete.KrumhanslKessler(line).getSolution(line)
        ours = music.key_of(tune.notes())
        agree(
            [ours.tonic, float(ours.mode == "major"), ours.fit],
            [theirs.tonic.pitchClass, float(theirs.mode == "major"), theirs.correlationCoefficient],
            tune.title,
        )
