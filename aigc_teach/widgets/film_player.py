"""FilmPlayer: films side by side in step, with sound and subtitles, in the page.

Nothing plays before it is asked to. The page holds frames, samples and cues themselves, so the
static book plays without a kernel, and without a program that knows films.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets
from torch import Tensor

from ..core.errors import DtypeError, RangeError, check_count
from ..core.film import check_film, check_fps, check_subtitles
from .base import PageWidget, packed, packed_bytes, page_script
from .frames import check_size, image_bytes
from .sound_player import page_samples

MOST_FILMS = 6
REMEDY = "Give a part of it, or write a file with data.write_film."


class FilmPlayer(PageWidget):
    """See films move, one or several in step, and hear and read what belongs to them.

    Space plays and pauses, the arrow keys step a frame, the slider scrubs. Where films have
    different lengths, the shorter ones stay at their last frame.

    Parameters
    ----------
    films : Tensor or mapping of str to Tensor
        ``[T, 1 or 3, H, W]`` in [-1, 1], or up to six of them by name, shown side by side.
    fps : float
        Frames a second, above 0 and at most 60.
    sound : Tensor, optional
        Floating point ``[S]``; at most 160,000 samples, kept on the mu-law scale of 8 bits. A
        sound whose loudest sample is beyond -1 decibel of full scale is made softer.
    rate : int
        Samples a second of the sound; from 8,000 to 48,000.
    subtitles : mapping, optional
        ``{"en": [(start, end, text), ...], "zh": [...]}``; seconds from the beginning.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, for what cannot be played.

    Examples
    --------
    >>> import torch
    >>> film = torch.zeros(20, 1, 32, 32)
    >>> player = FilmPlayer({"true": film, "copied": film}, fps=10)
    >>> player.names, player.shapes
    (['true', 'copied'], [[20, 32, 32, 1], [20, 32, 32, 1]])
    """

    _esm = page_script("core", "controls", "speaker", "film_player")
    _css = PageWidget._css + (
        ".aigc-film-player .aigc-icon { width: 2.5rem; height: 2.5rem; flex: none; }"
        ".aigc-cue { min-height: 3.4em; margin-top: 0.6rem; text-align: center; }"
        ".aigc-cue p { margin: 0; white-space: pre-line; }"
    )

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    shapes = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)  # [T, H, W, C] each
    data = traitlets.Bytes(b"").tag(sync=True)  # all films one after the other, deflated
    fps = traitlets.Float(10.0).tag(sync=True)
    sound = traitlets.Bytes(b"").tag(sync=True)
    rate = traitlets.Int(16_000).tag(sync=True)
    subtitles = traitlets.Dict().tag(sync=True)
    # what the learner changes; written back when things come to rest
    time = traitlets.Float(0.0).tag(sync=True)
    language = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        films: Tensor | Mapping[str, Tensor],
        *,
        fps: float,
        sound: Tensor | None = None,
        rate: int = 16_000,
        subtitles: Mapping[str, Sequence[tuple[float, float, str]]] | None = None,
        title: str = "Film",
        alt: str | None = None,
    ):
        check_count("rate", rate, at_least=8_000, at_most=48_000)
        films = _check_films(films)
        tracks = check_subtitles(subtitles)
        super().__init__(
            names=list(films),
            shapes=[list(frames.shape) for frames in films.values()],
            data=packed_bytes(b"".join(frames.tobytes() for frames in films.values())),
            fps=check_fps(fps),
            sound=b"" if sound is None else packed(page_samples(sound, "player", REMEDY)),
            rate=rate,
            subtitles={name: [list(cue) for cue in cues] for name, cues in tracks.items()},
            language=next(iter(tracks), ""),
            title=title,
            alt=alt or _describe(films, fps),
        )


def _check_films(films: object) -> dict[str, np.ndarray]:
    """Each film as uint8 ``[T, H, W, C]``, or a sentence."""
    if isinstance(films, Tensor):
        films = {"film": films}
    if not isinstance(films, Mapping) or not films:
        raise DtypeError("Give a film as a tensor [T, 1 or 3, H, W], or films as {'name': film}.")
    if len(films) > MOST_FILMS:
        raise RangeError(f"There are {len(films)} films; at most {MOST_FILMS} stand side by side.")
    for name, film in films.items():
        check_film(film, f"The film {str(name)!r}")
    frames = {str(name): image_bytes(film.detach().cpu()) for name, film in films.items()}
    check_size(sum(film.nbytes for film in frames.values()))
    return frames


def _describe(films: Mapping[str, np.ndarray], fps: float) -> str:
    frames = max(map(len, films.values()))
    names = f": {', '.join(films)}" if len(films) > 1 else ""
    many = f"{len(films)} films side by side" if len(films) > 1 else "A film"
    return f"{many} of {frames} frames, {frames / fps:.2g} seconds{names}."
