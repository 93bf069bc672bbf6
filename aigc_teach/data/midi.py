"""A melody as a standard MIDI file, format 0: what any player of music can open.

The file is written by hand, for the format is short: a header, one track, and in it events,
each behind the time since the one before (Standard MIDI Files 1.0, MIDI Manufacturers
Association, 1988). A text event says that the notes were made by a machine.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from ..core import DataError, RangeError, check_count, check_number, check_text, write_atomically

MARK = "synthetic: made by a generative model (aigc-teach)"
TICKS = 480  # of a quarter note
MOST_NOTES = 100_000


def midi_bytes(
    notes: Sequence[tuple[int | None, int]],
    *,
    unit: int = 16,
    beats: float = 110.0,
    metre: tuple[int, int] = (6, 8),
    program: int = 73,
    mark: str = MARK,
) -> bytes:
    """A melody as the bytes of a MIDI file.

    Parameters
    ----------
    notes : sequence of (int or None, int)
        Pitch (MIDI number; None is a rest) and length in units.
    unit : int
        A unit is one `unit`-th of a whole note: 4, 8, 16 or 32.
    beats : float
        Beats a minute, 20 to 400: a dotted quarter note where the metre counts eighths in
        threes, else a quarter note.
    metre : (int, int)
        As it is written, (6, 8); the second a power of two.
    program : int
        The instrument of General MIDI, 0 to 127; 73 is the flute.
    mark : str
        Text kept in the file: where the notes are from.

    Returns
    -------
    bytes

    Raises
    ------
    DataError, RangeError
        For no notes, or numbers outside these ranges.

    Examples
    --------
    >>> midi_bytes([(67, 4), (69, 4)])[:4]
    b'MThd'
    """
    if not notes or len(notes) > MOST_NOTES:
        raise DataError(f"There are {len(notes)} notes; a melody has 1 to {MOST_NOTES:,}.")
    if unit not in (4, 8, 16, 32):
        raise RangeError(f"unit={unit!r} must be 4, 8, 16 or 32.")
    if not 20 <= check_number("beats", beats) <= 400:
        raise RangeError(f"beats={beats} must lie from 20 to 400 a minute.")
    check_count("program", program, at_least=0, at_most=127)
    over, under = metre
    if not 1 <= over <= 99 or under not in (1, 2, 4, 8, 16, 32):
        raise RangeError(f"metre={metre} is not known; write it as (6, 8).")
    threes = under == 8 and over % 3 == 0
    quarter = round(60e6 / beats / (1.5 if threes else 1.0))  # microseconds
    events = _meta(1, check_text("mark", mark).encode("ascii", "replace"))
    events += _meta(0x51, struct.pack(">I", quarter)[1:])
    events += _meta(0x58, bytes([over, under.bit_length() - 1, 36 if threes else 24, 8]))
    events += b"\x00" + bytes([0xC0, program])
    wait = 0
    for pitch, length in notes:
        ticks = check_count("length", length) * 4 * TICKS // unit
        if pitch is None:
            wait += ticks
            continue
        check_count("pitch", pitch, at_least=0, at_most=127)
        events += _number(wait) + bytes([0x90, pitch, 80])
        events += _number(ticks) + bytes([0x80, pitch, 0])
        wait = 0
    events += _number(wait) + b"\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS)
    return header + b"MTrk" + struct.pack(">I", len(events)) + events


def write_midi(path: str | Path, notes: Sequence[tuple[int | None, int]], **how) -> Path:
    """Write a melody as a MIDI file; `how` as for `midi_bytes`. Returns the path.

    Raises
    ------
    FileWriteError
        Where the file cannot be written.
    """
    path = Path(path)
    write_atomically(path, midi_bytes(notes, **how))
    return path


def _meta(kind: int, content: bytes) -> bytes:
    return b"\x00\xff" + bytes([kind]) + _number(len(content)) + content


def _number(value: int) -> bytes:
    r"""Seven bits a byte, the highest bit set in all but the last.

    >>> _number(0), _number(200)
    (b'\x00', b'\x81H')
    """
    if value >= 1 << 28:
        raise RangeError("A pause or a note is too long for a MIDI file.")
    out = [value & 127]
    while value := value >> 7:
        out.append(128 | value & 127)
    return bytes(reversed(out))
