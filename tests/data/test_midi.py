"""MIDI bytes follow the standard, and sounds are safe to play."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import ChoiceError, DataError, FileWriteError, RangeError
from aigc_teach.data import instruments, midi

NOTES = [(67, 4), (None, 2), (71, 6), (71, 12), (None, 200), (74, 1)]


def test_a_file_is_written(tmp_path):
    path = midi.write_midi(tmp_path / "a.mid", NOTES)
    assert path.read_bytes() == midi.midi_bytes(NOTES)
    with pytest.raises(FileWriteError):
        midi.write_midi(tmp_path / "no" / "a.mid", NOTES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"notes": []}, "0 notes"),
        ({"notes": [(60, 1)] * 100_001}, "100001 notes"),
        ({"notes": [(128, 1)]}, "pitch=128 is too large"),
        ({"notes": [(60, 0)]}, "length=0 is too small"),
        ({"unit": 12}, "unit=12"),
        ({"beats": 0}, "beats=0"),
        ({"program": 128}, "program=128"),
        ({"metre": (6, 7)}, "metre="),
        ({"notes": [(60, 10**9)]}, "too long"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(change, words):
    given = {"notes": NOTES} | change
    with pytest.raises((DataError, RangeError), match=words):
        midi.midi_bytes(given.pop("notes"), **given)


@pytest.mark.parametrize("voice", instruments.VOICES)
def test_a_note_has_its_pitch_and_begins_and_ends_at_zero(voice):
    wave = instruments.note_wave(69, 1.0, voice=voice)
    spectrum = torch.fft.rfft(wave.double()).abs()
    at = torch.arange(len(spectrum)) * 16_000 / len(wave)
    ratio = instruments.VOICES[voice][0] if voice in instruments.FM else 1.0
    partials = [abs(440 + k * 440 * ratio) for k in range(-9, 10)]
    near = torch.stack([(at - p).abs() < 8 for p in partials]).any(0)
    assert spectrum[near].square().sum() / spectrum.square().sum() > 0.97
    assert wave[0].abs() < 1e-3 and wave[-1].abs() < 1e-3 and wave.abs().max() <= 1


def test_the_bandwidth_of_fm_is_that_of_its_index():
    """Chowning 1973: sidebands at f +- k r f, with the amplitude of Bessel's J_k(I)."""
    special = pytest.importorskip("scipy.special")
    t = torch.arange(16_000, dtype=torch.float64) / 16_000
    turn = 2 * math.pi * 1000 * t
    wave = torch.sin(turn + 3.0 * torch.sin(0.1 * turn))
    spectrum = torch.fft.rfft(wave).abs() / 8_000
    for k in range(-5, 6):
        assert spectrum[1000 + 100 * k].item() == pytest.approx(abs(special.jv(k, 3.0)), abs=1e-9)


def test_a_melody_is_safe_and_as_long_as_it_should_be():
    wave = instruments.play(NOTES, unit=0.05)
    assert len(wave) == round(sum(n for _, n in NOTES) * 0.05 * 16_000)
    assert wave.abs().max().item() == pytest.approx(10 ** (-1 / 20), abs=1e-6)
    assert torch.equal(instruments.play([(None, 4)]), torch.zeros(round(4 * 0.09 * 16_000)))
    high = instruments.play([(120, 8)], voice="fiddle")  # partials above half the rate are left out
    assert torch.isfinite(high).all() and high.abs().max() <= 0.8913


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"notes": []}, DataError, "0 notes"),
        ({"notes": [(60, 1)] * 4001}, DataError, "4001 notes"),
        ({"notes": [(60, 4000)], "unit": 1.0}, RangeError, "4000 s"),
        ({"notes": [(200, 4)]}, RangeError, "number=200"),
        ({"unit": 0}, RangeError, "unit=0"),
        ({"voice": "organ"}, ChoiceError, "organ"),
    ],
)
def test_what_cannot_be_played_is_a_sentence(change, error, words):
    given = {"notes": NOTES} | change
    with pytest.raises(error, match=words):
        instruments.play(given.pop("notes"), **given)
