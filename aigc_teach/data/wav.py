"""Sounds in files: WAV written with a mark that says "made by a machine", and read with care.

A WAV file is a RIFF file: chunks, each with four letters, a length and its bytes. ``fmt`` says
how the samples are kept, ``data`` holds them, ``LIST INFO`` holds notes in words; the note
``ICMT``, a comment, carries the mark. Microsoft and IBM, "Multimedia Programming Interface and
Data Specifications 1.0", 1991.

The mark survives a copy of the *file*; most programs that save the sound anew drop it. So it
tells those who wish to know, and stops nobody who wishes to hide it.
"""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core import (
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    check_count,
    check_number,
    check_text,
    write_atomically,
)
from ..core.outside import check_ordinary, check_path, what_is
from ..core.resample import PEAK

MARK = "synthetic: made by aigc-teach"
LONGEST_NOTE = 1000
MOST_SECONDS = 600.0  # of sound in memory at once
REMEDY = "Save it in any program for sound as WAV, PCM of 16 bits, and try again."
EXTENSIBLE = 0xFFFE


class Recording(NamedTuple):
    """What a WAV file holds.

    Attributes
    ----------
    wave : Tensor
        float32 ``[T]`` in [-1, 1], or ``[2, T]`` where both channels were asked for.
    rate : int
        Samples a second.
    changed : tuple of str
        What was done to it, or is odd about it, a sentence each.
    """

    wave: Tensor
    rate: int
    changed: tuple[str, ...]


def write_wav(path: str | os.PathLike, wave: Tensor, rate: int, *, note: str = "") -> float:
    """Write a sound as a WAV file of 16 bits that says it was made by a machine.

    No sample is louder than -1 decibel of full scale (0.891): a louder wave is made softer as a
    whole, and the factor is returned, so that nothing is clipped and nobody is startled.

    Parameters
    ----------
    path : str or Path
        Where to; its name should end in ``.wav``. What stood there is replaced in one go.
    wave : Tensor
        Floating point ``[T]``, or ``[2, T]`` for left and right; at most 600 seconds.
    rate : int
        Samples a second, from 1,000 to 200,000.
    note : str
        Added to the mark: which model made it, and from what. At most 1,000 characters are kept.

    Returns
    -------
    float
        What the wave was multiplied by: 1.0, or less where its peak was above 0.891.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.
    FileWriteError
        Where the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "beep.wav")
    >>> round(write_wav(path, torch.sin(torch.arange(8000) / 3), 8000, note="a tone"), 3)
    0.891
    >>> read_mark(path)
    {'synthetic': 'made by aigc-teach', 'note': 'a tone'}
    >>> wave, rate, changed = read_wav(path)
    >>> wave.shape, rate, changed
    (torch.Size([8000]), 8000, ())
    """
    path = check_path("path", path)
    check_count("rate", rate, at_least=1000, at_most=200_000)
    check_text("note", note)
    both = _channels(wave, rate)  # [C, T]
    scale = min(1.0, PEAK / max(both.abs().max().item(), 1e-12))
    samples = (both.double() * scale * 32768).round().to(torch.int16).T.contiguous().numpy()
    write_atomically(path, _riff(samples.astype("<i2"), rate, marked(note)))
    return scale


def marked(note: str) -> str:
    r"""The mark, and behind it a note of at most 1,000 characters that can be printed.

    >>> marked("a\ntone"), marked(" ")
    ('synthetic: made by aigc-teach; a tone', 'synthetic: made by aigc-teach')
    """
    words = "".join(letter if letter.isprintable() else " " for letter in note)[:LONGEST_NOTE]
    return f"{MARK}; {words}" if words.strip() else MARK


def _channels(wave: object, rate: int) -> Tensor:
    """A wave as ``[C, T]``, or a sentence."""
    if not isinstance(wave, Tensor) or not wave.dtype.is_floating_point:
        kind = wave.dtype if isinstance(wave, Tensor) else type(wave).__name__
        raise DtypeError(f"A sound must be a floating-point tensor in [-1, 1]; yours is {kind}.")
    both = wave.detach().cpu()[None] if wave.ndim == 1 else wave.detach().cpu()
    if both.ndim != 2 or len(both) not in (1, 2):
        raise ShapeError(
            f"A sound must have shape [T], or [2, T] for two channels; yours is {list(wave.shape)}."
        )
    if not both.shape[1]:
        raise DataError("The sound is empty: it holds 0 samples; at least 1 is needed.")
    if not torch.isfinite(both).all():
        raise RangeError("The sound holds values that are NaN or infinite; all must be finite.")
    _check_length(both.shape[1] / rate, "Write it in parts.")
    return both


def _check_length(seconds: float, remedy: str) -> None:
    if seconds > MOST_SECONDS:
        raise RangeError(
            f"The sound lasts {seconds:,.0f} seconds; at most {MOST_SECONDS:g} are taken at once. "
            + remedy
        )


def _riff(samples: np.ndarray, rate: int, comment: str) -> bytes:
    """The bytes of a file: samples int16 ``[T, C]`` and one comment."""
    channels = samples.shape[1]
    layout = struct.pack("<HHIIHH", 1, channels, rate, 2 * channels * rate, 2 * channels, 16)
    text = comment.encode("utf-8") + b"\0"
    body = b"WAVE" + _chunk(b"fmt ", layout)
    body += _chunk(b"LIST", b"INFO" + _chunk(b"ICMT", text)) + _chunk(b"data", samples.tobytes())
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, content: bytes) -> bytes:
    """Name, length, content; padded to an even number of bytes."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def read_wav(
    source: str | os.PathLike | bytes,
    *,
    mono: bool = True,
    start: float = 0.0,
    seconds: float | None = None,
) -> Recording:
    """Read a WAV file of 8, 16 or 24 bits, with one channel or two.

    Of a long recording only the part that is asked for is read.

    Parameters
    ----------
    source : str, Path, or bytes
        Where the file lies, or what it holds (what an upload button gives).
    mono : bool
        Average two channels into one.
    start : float
        Second to begin at.
    seconds : float, optional
        How much to read, at most 600 and up to the end; without it all the rest.

    Returns
    -------
    Recording
        ``wave``, ``rate``, and ``changed``: sentences about what was done, or that it is silent.

    Raises
    ------
    DataError
        Where there is no such file, it is no WAV, cut short, or kept in a way that is not read.
    RangeError
        Where more than 600 seconds would be read, or `start` lies behind the end.

    Examples
    --------
    >>> read_wav(b"ID3 and some music")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: These bytes are no WAV file: ... Save it in any program ...
    """
    check_number("start", start)
    if seconds is not None:
        check_number("seconds", seconds, above=True)
    file, name = _opened(source)
    with file:
        form, place, size = _find_sound(file, name)
        channels, rate, bits = form
        frame = channels * bits // 8
        frames = size // frame
        first = round(start * rate)
        if first >= frames:
            raise RangeError(
                f"start={start:g} lies behind the end: {name} lasts {frames / rate:.3g} seconds."
            )
        count = frames - first if seconds is None else min(frames - first, round(seconds * rate))
        if count < 1:
            raise RangeError(f"seconds={seconds:g} holds no sample at {rate:,} a second.")
        _check_length(count / rate, "Read a part: read_wav(source, start=0, seconds=60).")
        file.seek(place + first * frame)
        raw = file.read(count * frame)
    values = _values(raw, bits).reshape(-1, channels).T  # [C, T]
    wave = torch.from_numpy(np.ascontiguousarray(values))
    changed = []
    if channels == 2 and mono:
        changed.append("It had two channels; this is their mean.")
        wave = wave.mean(0, keepdim=True)
    if not wave.any():
        changed.append("It is silent: every sample is 0.")
    return Recording(wave if channels == 2 and not mono else wave[0], rate, tuple(changed))


def read_mark(source: str | os.PathLike | bytes) -> dict[str, str] | None:
    """What the mark of a WAV file says, or None where it carries none.

    None does **not** mean that a human being spoke or played: the mark is lost where a sound is
    saved again.

    Parameters
    ----------
    source : str, Path, or bytes

    Returns
    -------
    dict or None
        ``synthetic``, and ``note`` where one was given.

    Raises
    ------
    DataError
        Where there is no such file, or no WAV in it.
    """
    file, name = _opened(source)
    with file:
        for chunk, place, size in _chunks(file, name):
            if chunk == b"LIST":
                file.seek(place)
                comment = _comment(file.read(min(size, 65_536)))
                if comment.startswith(MARK):
                    note = comment[len(MARK) :].removeprefix("; ")
                    return {"synthetic": "made by aigc-teach"} | ({"note": note} if note else {})
    return None


def _comment(content: bytes) -> str:
    """The text of ICMT in a LIST INFO chunk; empty where there is none."""
    at = 4
    while content.startswith(b"INFO") and at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        if name == b"ICMT":
            return content[at + 8 : at + 8 + size].split(b"\0")[0].decode("utf-8", "replace")
        at += 8 + size + size % 2
    return ""


def _opened(source: object) -> tuple[BinaryIO, str]:
    """A file to read from, and what to call it."""
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(bytes(source)), "These bytes"
    path = check_path("source", source)
    if what_is(path) == "nothing":
        raise DataError(f"There is no file {str(path)!r}.")
    check_ordinary(path)
    try:
        return Path(path).open("rb"), path.name
    except OSError as problem:
        raise DataError(f"{path.name} cannot be read: {problem.strerror}.") from None


def _chunks(file: BinaryIO, name: str):
    """(name, place, length) of each chunk of a RIFF file."""
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        begins = "empty" if not head else f"it begins with {head[:4]!r}, not with b'RIFF'"
        if head[:4] == b"RIFF":
            begins = "it is a RIFF file without b'WAVE'"
        raise DataError(f"{name} {_be(name)} no WAV file: {begins}. {REMEDY}")
    at = 12
    while len(part := file.read(8)) == 8:
        chunk, size = struct.unpack("<4sI", part)
        yield chunk, at + 8, size
        at += 8 + size + size % 2
        file.seek(at)


def _be(name: str) -> str:
    return "are" if name == "These bytes" else "is"


def _find_sound(file: BinaryIO, name: str) -> tuple[tuple[int, int, int], int, int]:
    """((channels, rate, bits), where the samples begin, how many bytes), or a sentence."""
    form = None
    for chunk, place, size in _chunks(file, name):
        if chunk == b"fmt ":
            file.seek(place)
            form = _form(file.read(min(size, 40)), name)
        elif chunk == b"data":
            if form is None:
                raise DataError(f"{name} {_be(name)} damaged: no 'fmt ' chunk before 'data'.")
            there = file.seek(0, os.SEEK_END) - place
            if there < size:
                raise DataError(
                    f"{name} {_be(name)} cut short: {size:,} bytes of sound are announced, "
                    f"{max(0, there):,} follow. Copy or download the file again."
                )
            if size < form[0] * form[2] // 8:
                raise DataError(f"{name} {_be(name)} empty: there is not one sample.")
            return form, place, size
    raise DataError(f"{name} {_be(name)} cut short: no sound ('data' chunk) was found.")


def _form(content: bytes, name: str) -> tuple[int, int, int]:
    """(channels, rate, bits) from a 'fmt ' chunk, or a sentence."""
    if len(content) < 16:
        raise DataError(f"{name} {_be(name)} damaged: its 'fmt ' chunk has {len(content)} bytes.")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content)
    if kind == EXTENSIBLE and len(content) >= 26:
        kind = struct.unpack_from("<H", content, 24)[0]
    if kind != 1 or bits not in (8, 16, 24):
        how = {1: f"whole numbers of {bits} bits", 3: "floating-point numbers", 7: "mu-law"}
        raise DataError(
            f"{name} keeps its samples as {how.get(kind, f'format {kind}')}; 8, 16 and 24 bits "
            f"(PCM) are read. {REMEDY}"
        )
    if channels not in (1, 2):
        raise DataError(f"{name} has {channels} channels; one or two are read. {REMEDY}")
    if not 1000 <= rate <= 200_000:
        raise DataError(f"{name} claims {rate:,} samples a second; 1,000 to 200,000 are read.")
    return channels, rate, bits


def _values(raw: bytes, bits: int) -> np.ndarray:
    """Samples as float32 in [-1, 1)."""
    if bits == 8:  # the only ones without a sign
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / 128
    if bits == 16:
        return np.frombuffer(raw, "<i2").astype(np.float32) / 32768
    parts = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
    whole = parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16
    return ((whole ^ 0x800000) - 0x800000).astype(np.float32) / 0x800000
