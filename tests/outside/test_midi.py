"""MIDI files that we write, read by mido: notes, times, tempo, the mark."""

from __future__ import annotations

import io

from aigc_teach import data
from aigc_teach.data import midi

NOTES = [(67, 4), (None, 2), (71, 6), (71, 12), (None, 200), (74, 1)]


def test_notes(agree, truth):
    file = truth.MidiFile(file=io.BytesIO(midi.midi_bytes(NOTES, beats=120)))
    agree([0, 1, 480], [file.type, len(file.tracks), file.ticks_per_beat])
    at, starts, found = 0, {}, []
    for message in file.tracks[0]:
        at += message.time
        if message.type == "note_on":
            starts[message.note] = at
        elif message.type == "note_off":
            found.append((message.note, starts[message.note], at - starts[message.note]))
    written, at = [], 0
    for pitch, length in NOTES:
        if pitch is not None:
            written.append((pitch, at * 120, length * 120))
        at += length
    agree(written, found)
    kinds = {message.type: message for message in file.tracks[0] if message.is_meta}
    assert "synthetic" in kinds["text"].text
    agree([6, 8], [kinds["time_signature"].numerator, kinds["time_signature"].denominator])
    agree(180.0, truth.tempo2bpm(kinds["set_tempo"].tempo))  # dotted quarters: 120


def test_a_whole_tune_lasts_as_long_as_it_should(agree, truth):
    notes = data.tunes()[0].notes(repeats=True)
    bars = sum(length for _, length in notes) / 12
    file = truth.MidiFile(file=io.BytesIO(midi.midi_bytes(notes, beats=100)))
    agree(bars * 2 * 60 / 100, file.length)
