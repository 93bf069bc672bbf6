"""Films: written, read back, marked; what is no film becomes a sentence."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import AigcError
from aigc_teach.core.film import check_film, check_subtitles
from aigc_teach.data import film as film_module
from aigc_teach.data import moving_digits, read_film, write_film

CUES = {
    "en": [(0.0, 1.0, "Hello\nyou & <all>"), (1.2, 2.0, "two")],
    "zh": [(0.25, 1.5, "\u4f60\u597d")],
}


@pytest.fixture(scope="module")
def clip():
    """30 frames, 3 seconds, of a bright square that moves."""
    square = torch.ones(1, 1, 12, 12)
    return moving_digits(1, square, frames=30, size=32, generator=torch.Generator().manual_seed(0))[
        0
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory, clip):
    pytest.importorskip("av")
    path = tmp_path_factory.mktemp("film") / "square.webm"
    tone = 3 * torch.sin(2 * math.pi * 440 * torch.arange(48_000) / 16_000)
    write_film(path, clip, 10, sound=tone, subtitles=CUES, enlarge=2, note="a square")
    return path


def test_what_was_written_is_read_back(written, clip):
    film = read_film(written)
    assert film.frames.shape == (30, 3, 64, 64) and film.fps == 10 and film.changed == ()
    back = film.frames[:, :1, ::2, ::2]
    assert (back - clip).abs().mean() < 0.02  # of 2: the codec is not exact
    assert film.subtitles == CUES
    assert read_film(written.read_bytes(), sound=False).wave is None


def test_its_sound_is_the_tone_and_safe(written):
    film = read_film(written)
    assert film.rate == 48_000 and abs(len(film.wave) - 144_000) <= 4800
    assert 0.6 < film.wave.abs().max() <= 10 ** (-1 / 20)
    spectrum = torch.fft.rfft(film.wave[48_000:96_000]).abs()
    assert spectrum.argmax().item() == 440


def test_it_says_that_a_machine_made_it(written):
    assert read_film(written).tags["comment"] == "synthetic: made by aigc-teach; a square"


def test_a_part_is_read_and_a_cut_film_is_called_cut(written):
    part = read_film(written, seconds=1)
    assert len(part.frames) == 10 and len(part.wave) == 48_000
    assert [cue[0] for cue in part.subtitles["en"]] == [0.0]
    content = written.read_bytes()
    cut = read_film(content[: len(content) // 2])
    assert any("cut short" in sentence for sentence in cut.changed)


def test_odd_sides_and_odd_rates(tmp_path):
    pytest.importorskip("av")
    write_film(tmp_path / "odd.webm", torch.rand(5, 3, 33, 47) * 2 - 1, 7.5)
    film = read_film(tmp_path / "odd.webm")
    assert film.frames.shape == (5, 3, 33, 47) and film.fps == 7.5 and film.wave is None


def test_too_long_for_memory_is_refused(written, monkeypatch):
    monkeypatch.setattr(film_module, "MOST_VALUES", 64 * 64 * 3 * 20)
    with pytest.raises(AigcError, match=r"Read a part of it: read_film\(source, seconds=10\)"):
        read_film(written)
    assert len(read_film(written, seconds=1).frames) == 10


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"frames": torch.zeros(0, 1, 32, 32)}, "no frames"),
        ({"frames": torch.zeros(2, 5, 1, 32, 32)}, r"give one clip, clips\[0\]"),
        ({"frames": torch.zeros(5, 2, 32, 32)}, "must have shape"),
        ({"frames": 3 * torch.ones(5, 1, 32, 32)}, "-1"),
        ({"frames": [1, 2]}, "you gave a list"),
        ({"frames": torch.zeros(5, 1, 8, 8)}, "A larger `enlarge` repeats each pixel"),
        ({"fps": 0}, "fps=0"),
        ({"fps": 90}, "at most 60"),
        ({"fps": 0.005}, "lasts 1,000 seconds"),
        ({"sound": torch.zeros(2, 100)}, r"wave.mean\(0\)"),
        ({"sound": torch.zeros(0)}, "empty"),
        ({"subtitles": [(0, 1, "a")]}, "by language"),
        ({"subtitles": {"en": [(2, 3, "b"), (0, 1, "a")]}}, "sort them by their start"),
        ({"subtitles": {"en": [(0, 1)]}}, r"three things, \(start, end, text\)"),
        ({"subtitles": {"en": [(1, 1, "a")]}}, "end after it begins"),
        ({"subtitles": {"en": [(0, math.inf, "a")]}}, "below 3,600,000"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, change, sentence):
    given = {"frames": torch.zeros(5, 1, 32, 32), "fps": 10} | change
    with pytest.raises(AigcError, match=sentence):
        write_film(tmp_path / "x.webm", given.pop("frames"), given.pop("fps"), **given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1a\x45\xdf\xa3" + bytes(200)])
def test_what_is_no_film_is_refused(content):
    pytest.importorskip("av")
    with pytest.raises(AigcError, match="Save it as WebM or MP4"):
        read_film(content)


def test_a_film_of_sound_alone_holds_no_pictures(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "sound.ogg"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        piece = av.AudioFrame.from_ndarray(torch.zeros(1, 4800).numpy(), "flt", "mono")
        piece.sample_rate = 48_000
        out.mux(stream.encode(piece))
        out.mux(stream.encode())
    with pytest.raises(AigcError, match="holds no pictures"):
        read_film(path)
    with pytest.raises(AigcError, match="no file"):
        read_film(tmp_path / "none.webm")


def test_without_the_extra_a_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(film_module.importlib.util, "find_spec", lambda name: None)
    for call in (
        lambda: write_film(tmp_path / "x.webm", torch.zeros(5, 1, 32, 32), 10),
        lambda: read_film(b"any"),
    ):
        with pytest.raises(AigcError, match=r"pip install 'aigc-teach\[video\]'"):
            call()


def test_a_missing_codec_is_a_sentence_and_leaves_what_stood_there(tmp_path, monkeypatch):
    av = pytest.importorskip("av")
    add = av.container.OutputContainer.add_stream

    class Poor:  # an installation without the codec of the pictures
        def __init__(self, out):
            self.out = out

        def __getattr__(self, name):
            return getattr(self.out, name)

        def __enter__(self):
            self.out.__enter__()
            return self

        def __exit__(self, *problem):
            return self.out.__exit__(*problem)

        def add_stream(self, codec, **options):
            return add(self.out, "no-such-" + codec, **options)

    opened = av.open
    monkeypatch.setattr(av, "open", lambda *given, **named: Poor(opened(*given, **named)))
    (tmp_path / "x.webm").write_bytes(b"before")
    with pytest.raises(AigcError, match=r"no-such-libvpx-vp9.*VP9 \(libvpx-vp9\) and Opus"):
        write_film(tmp_path / "x.webm", torch.zeros(5, 1, 32, 32), 10)
    assert (tmp_path / "x.webm").read_bytes() == b"before"


def test_checks_return_what_is_right():
    assert check_film(torch.zeros(2, 3, 4, 4)).shape == (2, 3, 4, 4)
    assert check_subtitles(None) == {}
