"""Subtitles in files: WebVTT, which browsers play, and SRT, which everything else reads.

A cue is a text with the time at which it appears and the time at which it goes. WebVTT is read as
the standard says ("WebVTT: The Web Video Text Tracks Format", W3C Candidate Recommendation, 4 April
2019, sections 6.1 to 6.4): what is not understood is passed over, and no file with the
signature is refused. SRT has no standard; blocks of number, times and text are divided by blank
lines.

A file that `write_vtt` writes says in a note that a machine made it. SRT has no place for a note.
"""

from __future__ import annotations

import html
import itertools
import os
import re
from collections.abc import Iterable, Sequence

from ..core import DataError, check_text, write_atomically
from ..core.film import Cue, check_cues
from ..core.outside import check_path, read_bounded, refusing
from .wav import marked

MOST_BYTES = 10_000_000
VTT_TIME = re.compile(r"(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})(?!\d)", re.ASCII)
ARROW = re.compile(r"[ \t\f]*(\S*?)[ \t\f]*-->[ \t\f]*(\S*)(.*)")
SRT_TIMES = re.compile(
    r"\s*(\d+):(\d\d):(\d\d)[,.](\d{1,3})\s*-->\s*(\d+):(\d\d):(\d\d)[,.](\d{1,3})(?:\s.*)?",
    re.ASCII,
)
TAG = re.compile(r"<[^>]*(?:>|$)")


def write_vtt(path: str | os.PathLike, cues: Iterable[Sequence], *, note: str = "") -> None:
    """Write cues as WebVTT, which a browser shows below ``<video>``.

    Parameters
    ----------
    path : str or Path
        Where to; its name should end in ``.vtt``.
    cues : iterable of Cue, or of (start, end, text)
        See `check_cues`. "&", "<" and ">" are written as escapes.
    note : str
        Added to the mark: which model made them, and from what. One line.

    Raises
    ------
    AigcError
        With a sentence.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "film.vtt")
    >>> write_vtt(path, [Cue(0.5, 2.0, "rain & wind")], note="aligned by templates")
    >>> print(path.read_text("utf-8").rstrip())
    WEBVTT
    <BLANKLINE>
    NOTE synthetic: made by aigc-teach; aligned by templates
    <BLANKLINE>
    1
    00:00:00.500 --> 00:00:02.000
    rain &amp; wind
    """
    write_atomically(check_path("path", path), vtt_text(cues, note=note).encode("utf-8"))


def vtt_text(cues: Iterable[Sequence], *, note: str = "") -> str:
    """What `write_vtt` writes, as a text.

    >>> vtt_text([]).startswith("WEBVTT")
    True
    """
    words = " ".join(check_text("note", note).replace("-->", "to").split())
    blocks = ["WEBVTT", f"NOTE {marked(words)}"]
    for place, cue in enumerate(check_cues(cues), 1):
        text = html.escape(cue.text, quote=False)
        blocks.append(f"{place}\n{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{text}")
    return "\n\n".join(blocks) + "\n"


def write_srt(path: str | os.PathLike, cues: Iterable[Sequence]) -> None:
    """Write cues as SRT (SubRip). There are no notes in it, so it carries no mark.

    Parameters
    ----------
    path : str or Path
        Where to; its name should end in ``.srt``.
    cues : iterable of Cue, or of (start, end, text)
        See `check_cues`.

    Raises
    ------
    AigcError
        With a sentence; also where a line of a text looks like the times of the next cue.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "film.srt")
    >>> write_srt(path, [Cue(0.5, 2.0, "rain")])
    >>> print(path.read_text("utf-8").rstrip())
    1
    00:00:00,500 --> 00:00:02,000
    rain
    """
    blocks = []
    for place, cue in enumerate(check_cues(cues), 1):
        if "-->" in cue.text:
            raise DataError(
                f"The text of cue {place} holds '-->'. SRT has no escape for it; write WebVTT, or "
                "another arrow."
            )
        blocks.append(f"{place}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{cue.text}\n")
    write_atomically(check_path("path", path), "\n".join(blocks).encode("utf-8"))


def _time(seconds: float, point: str) -> str:
    """``hh:mm:ss.mmm``.

    >>> _time(3661.5, ",")
    '01:01:01,500'
    """
    whole, thousandths = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{thousandths:03}"


def read_vtt(
    source: str | os.PathLike | bytes, *, strict: bool = False, plain: bool = True
) -> list[Cue]:
    r"""The cues of a WebVTT file, in its own order; settings, styles and regions are left out.

    Parameters
    ----------
    source : str, Path or bytes
        A path, or the content itself as bytes; at most 10 MB, UTF-8.
    strict : bool
        Refuse what the standard passes over: times that cannot be read, and cues that do not end
        after they begin.
    plain : bool
        Take away the tags and resolve the escapes of each text; else the text as it stands.

    Raises
    ------
    DataError
        Where the file cannot be read or does not begin with WEBVTT; with `strict`, see above. The
        sentence names the line.

    Examples
    --------
    >>> read_vtt(b"WEBVTT\n\n00:01.000 --> 00:02.500 line:0\n<b>rain</b> &amp; wind")
    [Cue(start=1.0, end=2.5, text='rain & wind')]
    >>> read_vtt(b"rain")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: This is no WebVTT: the first line must begin with WEBVTT...
    """
    text, name = _opened(source)
    lines = re.split("\r\n|\r|\n", text.replace("\0", "\ufffd"))
    if not re.match(r"WEBVTT(?:[ \t]|$)", lines[0]):
        raise DataError(
            f"{name} is no WebVTT: the first line must begin with WEBVTT; it is {lines[0]!r:.60}."
        )
    cues, place, in_header = [], 1, True
    while place < len(lines):
        if not lines[place]:
            place, in_header = place + 1, False
            continue
        found, place = _block(lines, place, name, strict, in_header)
        in_header = False
        if found is not None:
            cues.append(found._replace(text=plain_text(found.text)) if plain else found)
    return cues


def _block(
    lines: list[str], first: int, name: str, strict: bool, in_header: bool
) -> tuple[Cue | None, int]:
    """The cue of a block, or None, and where the next block begins (section 6.1, in words)."""
    place, times = first, None
    while place < len(lines) and lines[place]:
        if "-->" in lines[place]:
            if in_header or place > first + 1 or (place > first and "-->" in lines[first]):
                break  # another block begins here without a blank line
            times = place
        place += 1
    if in_header or times is None:
        return None, place
    seconds = _vtt_seconds(lines[times])
    if seconds is None or (strict and seconds[1] <= seconds[0]):
        if strict:
            what = "cannot be read" if seconds is None else "do not end after they begin"
            raise DataError(f"{name}, line {times + 1}: the times {lines[times]!r:.60} {what}.")
        if seconds is None:
            return None, place
    return Cue(*seconds, "\n".join(lines[times + 1 : place])), place


def _vtt_seconds(line: str) -> tuple[float, float] | None:
    """Both times of a line, or None (section 6.3 and 6.4)."""
    told = ARROW.fullmatch(line)
    if not told:
        return None
    start = VTT_TIME.fullmatch(told[1])
    end = VTT_TIME.match(told[2])
    if not start or not end:
        return None
    both = [tuple(int(part or 0) for part in time.groups()) for time in (start, end)]
    if any(minutes > 59 or seconds > 59 for _, minutes, seconds, _ in both):
        return None
    first, last = ((1000 * (3600 * h + 60 * m + s) + t) / 1000 for h, m, s, t in both)
    return first, last


def plain_text(text: str) -> str:
    """The payload of a WebVTT cue without tags, its escapes resolved.

    >>> plain_text("<v Ann>warm &lt; hot</v> <00:01.000>now")
    'warm < hot now'
    """
    return html.unescape(TAG.sub("", text))


def read_srt(source: str | os.PathLike | bytes) -> list[Cue]:
    r"""The cues of an SRT file.

    Parameters
    ----------
    source : str, Path or bytes
        A path, or the content itself as bytes; at most 10 MB, UTF-8. The numbers are not looked
        at; "," and "." are both taken before the thousandths.

    Raises
    ------
    DataError
        With a sentence that names the line where a block holds no times, or they run backwards.

    Examples
    --------
    >>> read_srt(b"1\n00:00:01,000 --> 00:00:02,500\nrain\n")
    [Cue(start=1.0, end=2.5, text='rain')]
    """
    text, name = _opened(source)
    numbered = list(enumerate(re.split("\r\n|\r|\n", text), 1))
    cues = []
    for filled, group in itertools.groupby(numbered, key=lambda line: bool(line[1].strip())):
        if not filled:
            continue
        lines = list(group)
        if lines[0][1].strip().isdigit() and len(lines) > 1:
            lines = lines[1:]
        number, first = lines[0]
        times = SRT_TIMES.fullmatch(first)
        if not times:
            raise DataError(
                f"{name}, line {number}: {first!r:.60} should be two times such as "
                "00:00:01,000 --> 00:00:02,500."
            )
        parts = times.groups()
        start, end = (
            (1000 * (3600 * int(h) + 60 * int(m) + int(s)) + int(t.ljust(3, "0"))) / 1000
            for h, m, s, t in (parts[:4], parts[4:])
        )
        if end < start:
            raise DataError(f"{name}, line {number}: the cue ends before it begins.")
        cues.append(Cue(start, end, "\n".join(line for _, line in lines[1:])))
    return cues


def _opened(source: object) -> tuple[str, str]:
    """The text of a path or of bytes, and what to call it in a sentence."""
    if isinstance(source, bytes | bytearray):
        content, name = bytes(source), "This"
        if len(content) > MOST_BYTES:
            raise DataError(f"These are {len(content):,} bytes; at most {MOST_BYTES:,} are read.")
    else:
        path = check_path("source", source)
        name = path.name
        with refusing(f"{name} cannot be read"):
            content = read_bounded(path, MOST_BYTES)
    try:
        return content.decode("utf-8-sig"), name
    except UnicodeDecodeError as problem:
        raise DataError(
            f"{name} is not UTF-8 (byte {problem.start:,}). Save it as UTF-8, the only encoding "
            "that WebVTT knows."
        ) from None
