"""WAV files: what was written is read back, with its mark; bad files become a sentence."""

from __future__ import annotations

import struct
import wave as standard

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.core.resample import PEAK
from aigc_teach.data import read_mark, read_wav, sound, write_wav


def pcm(samples: np.ndarray, rate: int = 8000, *, width: int = 2, channels: int = 1) -> bytes:
    """A WAV file that Python's own module writes, from the raw samples."""
    import io

    file = io.BytesIO()
    with standard.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def test_there_and_back(tmp_path):
    x = 0.5 * sound.tone(440.0, 0.5)
    assert write_wav(tmp_path / "a.wav", x, 16_000, note="a tone, 440 Hz") == 1.0
    wave, rate, changed = read_wav(tmp_path / "a.wav")
    assert rate == 16_000 and changed == () and wave.dtype == torch.float32
    assert (wave - x).abs().max() <= 0.5001 / 32_768
    assert read_mark(tmp_path / "a.wav") == {
        "synthetic": "made by aigc-teach",
        "note": "a tone, 440 Hz",
    }


def test_the_standard_library_reads_it_too(tmp_path):
    x = 0.5 * sound.tone(440.0, 0.1)
    write_wav(tmp_path / "a.wav", torch.stack([x, -x]), 22_050, note="left and right")
    with standard.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (2, 2, 22_050, 1600)
        raw = np.frombuffer(file.readframes(1600), "<i2").reshape(-1, 2)
    assert np.array_equal(raw[:, 0], -raw[:, 1])
    both = read_wav(tmp_path / "a.wav", mono=False).wave
    assert both.shape == (2, 1600)
    wave, _, changed = read_wav(tmp_path / "a.wav")
    assert wave.shape == (1600,) and not wave.any()
    assert changed == (
        "It had two channels; this is their mean.",
        "It is silent: every sample is 0.",
    )


def test_a_loud_wave_is_made_softer_as_a_whole(tmp_path):
    x = 3 * sound.tone(440.0, 0.2)
    scale = write_wav(tmp_path / "a.wav", x, 16_000)
    wave = read_wav(tmp_path / "a.wav").wave
    assert scale == pytest.approx(PEAK / x.abs().max().item())
    assert wave.abs().max() <= PEAK + 1e-4
    assert torch.allclose(wave, scale * x, atol=1e-4)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    write_wav(tmp_path / "a.wav", torch.zeros(100), 8000)
    old = (tmp_path / "a.wav").read_bytes()
    with pytest.raises(RangeError):
        write_wav(tmp_path / "a.wav", torch.full((100,), torch.nan), 8000)
    assert (tmp_path / "a.wav").read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(
    ("width", "raw", "wanted"),
    [
        (1, np.array([0, 128, 255], np.uint8), [-1, 0, 127 / 128]),
        (2, np.array([-32_768, 0, 32_767], "<i2"), [-1, 0, 32_767 / 32_768]),
        (3, np.array([0, 0, 0x80, 0, 0, 0, 0xFF, 0xFF, 0x7F], np.uint8), [-1, 0, 1 - 2**-23]),
        (3, np.array([1, 0, 0, 0xFF, 0xFF, 0xFF], np.uint8), [2**-23, -(2**-23)]),
    ],
)
def test_bits(width, raw, wanted):
    assert read_wav(pcm(raw, width=width)).wave.tolist() == pytest.approx(wanted, abs=1e-9)


def test_the_extensible_form_is_read():
    content = pcm(np.array([100, -100], "<i2"))
    head = struct.pack("<HHIIHHHHIH14s", 0xFFFE, 1, 8000, 16_000, 2, 16, 22, 16, 4, 1, b"\0" * 14)
    chunk = b"fmt " + struct.pack("<I", len(head)) + head
    content = content[:12] + chunk + content[content.index(b"data") :]
    assert (read_wav(content).wave * 32_768).tolist() == [100, -100]


def test_a_part_is_read():
    content = pcm(np.arange(8000, dtype="<i2"))
    wave, rate, _ = read_wav(content, start=0.5, seconds=0.25)
    assert (wave * 32_768).tolist() == list(range(4000, 6000))
    assert len(read_wav(content, start=0.75, seconds=9).wave) == 2000


def test_an_hour_is_refused_whole_and_read_in_parts(tmp_path):
    rate, seconds = 8000, 3600
    head = pcm(np.zeros(0, np.uint8), rate, width=1)
    path = tmp_path / "hour.wav"
    with path.open("wb") as file:
        file.write(head[:-4] + struct.pack("<I", rate * seconds))
        file.truncate(len(head) + rate * seconds)  # a hole: it takes no room
    with pytest.raises(RangeError, match="lasts 3,600 seconds; at most 600 .* Read a part"):
        read_wav(path)
    part = read_wav(path, start=3000, seconds=2)
    assert part.wave.shape == (16_000,) and part.wave.unique().tolist() == [-1]


def test_no_mark():
    assert read_mark(pcm(np.zeros(10, "<i2"))) is None
    other = b"RIFF\0\0\0\0WAVE" + b"LIST" + struct.pack("<I", 20) + b"INFOICMT"
    assert read_mark(other + struct.pack("<I", 8) + b"my song\0") is None


def test_notes_of_other_scripts_and_of_any_length(tmp_path):
    write_wav(tmp_path / "a.wav", torch.zeros(9), 8000, note="合成\nvoice\0" + "x" * 5000)
    note = read_mark(tmp_path / "a.wav")["note"]
    assert note.startswith("合成 voice xx") and len(note) == 1000
    assert len(read_wav(tmp_path / "a.wav").wave) == 9


GOOD = pcm(np.arange(800, dtype="<i2"))
FLOATS = GOOD[:20] + struct.pack("<H", 3) + GOOD[22:34] + struct.pack("<H", 32) + GOOD[36:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "are no WAV file: empty"),
        (b"ID3\x04 and some music", "it begins with b'ID3"),
        (b"RIFF\0\0\0\0AVI and some film", "without b'WAVE'"),
        (GOOD[:300], "cut short: 1,600 bytes of sound are announced, 256 follow"),
        (GOOD[:30], "damaged: its 'fmt ' chunk has 10 bytes"),
        (GOOD[:36], "no sound"),
        (GOOD[:40] + b"\0\0\0\0", "empty: there is not one sample"),
        (GOOD[:12] + GOOD[36:], "no 'fmt ' chunk before"),
        (FLOATS, "floating-point numbers; 8, 16 and 24 bits"),
        (GOOD[:22] + b"\6" + GOOD[23:], "has 6 channels"),
        (GOOD[:24] + b"\1\0\0\0" + GOOD[28:], "claims 1 samples a second"),
    ],
)
def test_a_bad_file_is_a_sentence(content, words, tmp_path):
    with pytest.raises(DataError, match=words):
        read_wav(content)
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(DataError, match="bad.wav"):
        read_wav(tmp_path / "bad.wav")


@pytest.mark.parametrize("at", range(0, len(GOOD), 7))
def test_a_cut_file_is_never_another_kind_of_error(at):
    for content in (GOOD[:at], GOOD[:at] + b"\xff" * 9 + GOOD[at + 9 :]):
        try:
            assert torch.isfinite(read_wav(content).wave).all()
        except AigcError as error:
            assert str(error).endswith((".", ")"))


def test_nothing_there_and_other_things(tmp_path):
    with pytest.raises(DataError, match="no file"):
        read_wav(tmp_path / "none.wav")
    with pytest.raises(DataError, match="folder"):
        read_mark(tmp_path)
    with pytest.raises(DtypeError, match="path"):
        read_wav(3)
    with pytest.raises(RangeError, match="behind the end"):
        read_wav(GOOD, start=7)


@pytest.mark.parametrize(
    ("x", "rate", "error", "words"),
    [
        ([0.0], 8000, DtypeError, "floating-point tensor"),
        (torch.zeros(9, dtype=torch.int16), 8000, DtypeError, "int16"),
        (torch.zeros(3, 9), 8000, ShapeError, r"\[3, 9\]"),
        (torch.zeros(0), 8000, DataError, "empty"),
        (torch.full((9,), torch.inf), 8000, RangeError, "infinite"),
        (torch.zeros(9), 10, RangeError, "rate=10"),
        (torch.zeros(1000).expand(7000, 1000).reshape(-1), 10_000, RangeError, "lasts 700 seconds"),
    ],
)
def test_bad_sounds_are_a_sentence(x, rate, error, words, tmp_path):
    with pytest.raises(error, match=words):
        write_wav(tmp_path / "a.wav", x, rate)
    assert not (tmp_path / "a.wav").exists()
