"""Films in files: WebM with sound, subtitles and a mark that says "made by a machine".

WebM is the container of films on the open web: pictures as VP9, sound as Opus, subtitles as
WebVTT, all free to use. PyAV, which knows these codecs, is an optional extra; nothing of it is
loaded before a film is written or read.

The mark stands in the file's tags, as in `data.wav`. It survives a copy of the *file*; most
programs that save the film anew drop it.
"""

from __future__ import annotations

import contextlib
import html
import importlib.util
import io
import math
import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import (
    DataError,
    RangeError,
    check_count,
    check_number,
    check_text,
    write_atomically,
)
from ..core.film import Cue, check_film, check_fps, check_subtitles
from ..core.outside import MB, check_path, read_source, refusing
from ..core.resample import PEAK, check_sound, resample
from .subtitles import vtt_text
from .wav import marked

MISSING = (
    "PyAV, which writes and reads films, is not installed. It is an optional extra: "
    "pip install 'aigc-teach[video]'. FilmPlayer shows a film in the page without it."
)
CODECS = (  # builds of PyAV that an operating system ships may lack some
    "PyAV must know the codecs VP9 (libvpx-vp9) and Opus (libopus): its wheels on PyPI do. "
    "pip install --force-reinstall av"
)
OPUS_RATE = 48_000  # the one rate that Opus decodes to
MOST_SECONDS = 600.0
MOST_VALUES = 150_000_000  # of all frames together in memory: 600 MB
LARGEST_FILE = 200 * MB
QUALITY = 18  # of VP9, 0 (largest file) to 63


class Film(NamedTuple):
    """What a film file holds.

    Attributes
    ----------
    frames : Tensor
        float32 ``[T, 3, H, W]`` in [-1, 1].
    fps : float
        Frames a second.
    wave : Tensor or None
        float32 ``[S]``, the mean of its channels; None where the film is mute.
    rate : int
        Samples a second of `wave`.
    subtitles : dict
        By language, as the file calls it (``"eng"``): a list of cues.
    tags : dict
        What the file says of itself, names in lower case.
    changed : tuple of str
        What was done to it, or is odd about it, a sentence each.
    """

    frames: Tensor
    fps: float
    wave: Tensor | None
    rate: int
    subtitles: dict[str, list[Cue]]
    tags: dict[str, str]
    changed: tuple[str, ...]


def film_missing() -> str:
    """A sentence that says what is missing, and how to get it; empty where it is there.

    >>> film_missing() in ("", MISSING)
    True
    """
    return "" if importlib.util.find_spec("av") else MISSING


def write_film(
    path: str | os.PathLike,
    frames: Tensor,
    fps: float,
    *,
    sound: Tensor | None = None,
    rate: int = 16_000,
    subtitles: Mapping[str, Sequence[tuple[float, float, str]]] | None = None,
    enlarge: int = 1,
    note: str = "",
) -> None:
    """Write a film as WebM that says it was made by a machine.

    Parameters
    ----------
    path : str or Path
        Where to; its name should end in ``.webm``. What stood there is replaced in one go.
    frames : Tensor
        ``[T, 1 or 3, H, W]`` in [-1, 1]; at most 600 seconds, each side times `enlarge` from 16
        to 4,096.
    fps : float
        Frames a second, above 0 and at most 60.
    sound : Tensor, optional
        Floating point ``[S]``. One whose loudest sample is beyond -1 decibel of full scale
        (0.891) is made softer as a whole.
    rate : int
        Samples a second of the sound; from 1,000 to 200,000. The film holds 48,000.
    subtitles : mapping, optional
        ``{"en": [(start, end, text), ...], "zh": [...]}``, seconds.
    enlarge : int
        Every pixel becomes a square of this many: a film of 32 pixels is a stamp on a screen,
        and the file keeps half as many colours as pixels in each direction.
    note : str
        Added to the mark: which model made it, and from what. At most 1,000 characters are kept.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence; DataError also where PyAV, or a codec in it, is missing.
    FileWriteError
        Where the file cannot be written.

    Examples
    --------
    >>> import tempfile, pytest
    >>> _ = pytest.importorskip("av")
    >>> path = os.path.join(tempfile.mkdtemp(), "grey.webm")
    >>> write_film(path, torch.zeros(10, 1, 32, 32), 10, note="a grey film")
    >>> film = read_film(path)
    >>> film.frames.shape, film.fps, film.tags["comment"]
    (torch.Size([10, 3, 32, 32]), 10.0, 'synthetic: made by aigc-teach; a grey film')
    """
    path = check_path("path", path)
    check_film(frames)
    check_fps(fps)
    check_count("enlarge", enlarge, at_most=64)
    check_text("note", note)
    _check_seconds(len(frames) / fps, "Write it in parts.")
    sides = [enlarge * side for side in frames.shape[2:]]
    if not all(16 <= side <= 4096 for side in sides):
        raise RangeError(
            f"The film's frames are {sides[0]} x {sides[1]} pixels; each side must be from 16 to "
            "4,096. A larger `enlarge` repeats each pixel."
        )
    tracks = check_subtitles(subtitles)
    wave = None if sound is None else _safe(check_sound(sound), rate)
    if film_missing():
        raise DataError(MISSING)
    with refusing("The film cannot be written as WebM", remedy=CODECS):
        content = _webm(frames, fps, wave, tracks, enlarge, note)
    write_atomically(path, content)


def _check_seconds(seconds: float, remedy: str) -> None:
    if seconds > MOST_SECONDS:
        raise RangeError(
            f"The film lasts {seconds:,.0f} seconds; at most {MOST_SECONDS:g} are taken at once. "
            + remedy
        )


def _safe(sound: Tensor, rate: int) -> Tensor:
    """The sound at 48,000 samples a second, no sample beyond -1 decibel of full scale.

    Opus does not keep a wave exactly: its peak may come out some per cent higher.
    """
    wave = resample(sound.detach().cpu().float(), rate, OPUS_RATE)
    return wave * min(1.0, 0.9 * PEAK / max(wave.abs().max().item(), 1e-12))


def _webm(
    frames: Tensor,
    fps: float,
    wave: Tensor | None,
    tracks: dict[str, list[Cue]],
    enlarge: int,
    note: str,
) -> bytes:
    """The bytes of the file."""
    import av

    speed = Fraction(fps).limit_denominator(1001)
    file = io.BytesIO()
    with contextlib.ExitStack() as opened:
        out = opened.enter_context(av.open(file, "w", format="webm"))
        out.metadata["comment"] = marked(note)
        pictures = out.add_stream("libvpx-vp9", rate=speed)
        pictures.height, pictures.width = (enlarge * side for side in frames.shape[2:])
        pictures.pix_fmt = "yuv420p"
        pictures.options = {"crf": str(QUALITY), "b": "0", "deadline": "good", "cpu-used": "5"}
        if wave is not None:
            voice = out.add_stream("libopus", rate=OPUS_RATE, layout="mono")
        cues = []  # all streams are announced before the first packet is written
        for language, track in tracks.items():
            written = opened.enter_context(
                av.open(io.BytesIO(vtt_text(track).encode("utf-8")), format="webvtt")
            )
            stream = out.add_stream_from_template(written.streams.subtitles[0])
            stream.metadata["language"] = language
            cues += [(packet, stream) for packet in written.demux() if packet.pts is not None]
        for packet, stream in cues:
            packet.stream = stream
            out.mux(packet)
        for number, frame in enumerate(frames):
            large = frame.detach().cpu().expand(3, -1, -1).movedim(0, -1)  # [H, W, 3]
            large = large.repeat_interleave(enlarge, 0).repeat_interleave(enlarge, 1)
            bytes_ = ((large + 1) * 127.5).round().to(torch.uint8).contiguous().numpy()
            picture = av.VideoFrame.from_ndarray(bytes_, format="rgb24")
            picture.pts, picture.time_base = number, 1 / speed
            out.mux(pictures.encode(picture))
        out.mux(pictures.encode())
        if wave is not None:
            samples = av.AudioFrame.from_ndarray(wave[None].numpy(), format="flt", layout="mono")
            samples.sample_rate, samples.pts = OPUS_RATE, 0
            out.mux(voice.encode(samples))
            out.mux(voice.encode())
    return file.getvalue()


def read_film(
    source: str | os.PathLike | bytes, *, seconds: float | None = None, sound: bool = True
) -> Film:
    """Read a film of any kind that PyAV knows (WebM, MP4, ...): frames, sound and subtitles.

    Parameters
    ----------
    source : str, Path, or bytes
        Where the file lies, or what it holds; at most 200 MB.
    seconds : float, optional
        How much to read from the beginning, at most 600; without it all.
    sound : bool
        False leaves the sound unread.

    Returns
    -------
    Film
        Frames, their rate, sound, subtitles, tags, and sentences about what was changed.

    Raises
    ------
    DataError
        Where there is no such file, it is no film, has no frames, or PyAV is missing.
    RangeError
        Where more than 600 seconds or 600 MB of frames would be read.
    """
    if seconds is not None:
        check_number("seconds", seconds, above=True)
    if film_missing():
        raise DataError(MISSING)
    content, name = read_source("source", source, LARGEST_FILE)
    most = seconds if seconds is not None else math.inf
    with refusing(f"{name} cannot be read as a film", remedy="Save it as WebM or MP4, try again."):
        film = _read(content, most, sound)
    if film is None:
        raise RangeError(
            f"{name} holds more than {MOST_SECONDS:g} seconds, or more pictures than "
            f"{4 * MOST_VALUES // MB} MB take. Read a part of it: read_film(source, seconds=10)."
        )
    return film


def _read(content: bytes, most: float, sound: bool) -> Film | None:
    """What the file holds up to second `most`; None where that is too much for memory."""
    import av

    changed = []
    with av.open(io.BytesIO(content)) as film:
        if not film.streams.video:
            raise DataError("it holds no pictures")
        stream = film.streams.video[0]
        fps = float(stream.average_rate or stream.guessed_rate or 0)
        tags = {key.lower(): value for key, value in film.metadata.items()}
        languages = [
            (track.index, track.metadata.get("language", f"track {number}"))
            for number, track in enumerate(film.streams.subtitles, 1)
        ]
        announced = (film.duration or 0) / 1e6  # microseconds
        size = stream.width * stream.height * 3
        frames, total = [], 0
        for picture in film.decode(stream):
            if picture.time is not None and picture.time >= most:
                break
            total += size
            if total > MOST_VALUES or len(frames) > MOST_SECONDS * max(fps, 1):
                return None
            frames.append(torch.from_numpy(picture.to_ndarray(format="rgb24")))
    if not frames:
        raise DataError("it holds no frames")
    if not fps:
        fps = 25.0
        changed.append("It does not say how fast it goes; 25 frames a second are assumed.")
    last = len(frames) / fps
    if most == math.inf and announced > last + max(0.5, 3 / fps):
        changed.append(
            f"It is cut short: {announced:.3g} seconds are announced, {last:.3g} are there."
        )
    pictures = torch.stack(frames).movedim(-1, 1).float() / 127.5 - 1  # [T, 3, H, W]
    wave = _wave(content, most, changed) if sound else None
    subtitles = _subtitles(content, dict(languages), most)
    return Film(pictures, fps, wave, OPUS_RATE, subtitles, tags, tuple(changed))


def _wave(content: bytes, most: float, changed: list[str]) -> Tensor | None:
    """The sound as float32 ``[S]`` at 48,000 a second; None where there is none."""
    import av

    with av.open(io.BytesIO(content)) as film:
        if not film.streams.audio:
            return None
        to_floats = av.AudioResampler(format="fltp", rate=OPUS_RATE)
        parts, seconds = [], 0.0
        for piece in film.decode(film.streams.audio[0]):
            for part in to_floats.resample(piece):
                parts.append(torch.from_numpy(part.to_ndarray()))  # [channels, samples]
                seconds += part.samples / OPUS_RATE
            if seconds >= min(most, MOST_SECONDS):
                break
    if not parts:
        return None
    wave = torch.cat(parts, 1)
    if len(wave) > 1:
        changed.append(f"Its sound had {len(wave)} channels; this is their mean.")
    wave = wave.mean(0)
    return wave if most == math.inf else wave[: round(most * OPUS_RATE)]


def _subtitles(content: bytes, languages: dict[int, str], most: float) -> dict[str, list[Cue]]:
    import av

    tracks: dict[str, list[Cue]] = {name: [] for name in languages.values()}
    if not languages:
        return tracks
    with av.open(io.BytesIO(content)) as film:
        for packet in film.demux(*film.streams.subtitles):
            if packet.pts is None:
                continue
            start = float(packet.pts * packet.time_base)
            end = start + float((packet.duration or 0) * packet.time_base)
            if start < most:
                text = html.unescape(bytes(packet).decode("utf-8", "replace"))
                tracks[languages[packet.stream_index]].append(Cue(start, end, text))
    return tracks
