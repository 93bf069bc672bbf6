"""VideoPlayer: a film file in the page's own <video>, with subtitles to choose from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import traitlets

from ..core.errors import DataError
from ..core.film import check_subtitles
from ..core.outside import MB, read_source
from .base import PageWidget, page_script

LARGEST = 3 * MB  # a saved notebook holds it as text, a third longer
EBML = b"\x1a\x45\xdf\xa3"  # what every WebM file begins with


class VideoPlayer(PageWidget):
    """Play a WebM file as any page on the web would: the browser's own buttons, no autoplay.

    Browsers do not show the subtitles inside a WebM file; so they are handed over beside it.

    Parameters
    ----------
    film : str, Path, or bytes
        A file that `data.write_film` wrote, or its bytes; at most 3 MB.
    subtitles : mapping, optional
        ``{"en": [(start, end, text), ...], "zh": [...]}``; the first is shown at once.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where there is no such file, or it is no WebM.

    Examples
    --------
    >>> VideoPlayer(b"RIFF....AVI ")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: These bytes are no WebM film. data.write_film writes one.
    """

    _esm = page_script("core", "video_player")
    _css = PageWidget._css + (
        ".aigc-video { width: 100%; max-width: 34rem; max-height: 60vh; background: #000; }"
    )

    data = traitlets.Bytes(b"").tag(sync=True)
    subtitles = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        film: str | os.PathLike | bytes,
        *,
        subtitles: Mapping[str, Sequence[tuple[float, float, str]]] | None = None,
        title: str = "Film",
        alt: str = "A film.",
    ):
        tracks = check_subtitles(subtitles)
        super().__init__(
            data=_content(film),
            subtitles={name: [list(cue) for cue in cues] for name, cues in tracks.items()},
            title=title,
            alt=alt,
        )


def _content(film: object) -> bytes:
    content, name = read_source("film", film, LARGEST)
    if not content.startswith(EBML):
        are = "are" if name == "These bytes" else "is"
        raise DataError(f"{name} {are} no WebM film. data.write_film writes one.")
    return content
