"""What a film and its subtitles must be: checked by all that write, show or change them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from torch import Tensor

from .errors import DataError, DtypeError, RangeError, ShapeError, check_images


def check_film(film: object, what: str = "The film") -> Tensor:
    """Return `film`, or raise, with a sentence, if it is no film: ``[T, 1 or 3, H, W]``, [-1, 1].

    >>> import torch
    >>> check_film(torch.zeros(2, 20, 1, 8, 8))
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.ShapeError: The film has 5 axes, [2, 20, 1, 8, 8]: give one clip, ...
    """
    if not isinstance(film, Tensor):
        raise DtypeError(
            f"{what} must be a tensor [T, 1 or 3, H, W]; you gave a {type(film).__name__}."
        )
    if film.ndim == 5:
        raise ShapeError(f"{what} has 5 axes, {[*film.shape]}: give one clip, clips[0].")
    if film.ndim == 4 and not film.numel():
        raise DataError(f"{what} has no frames: its shape is {[*film.shape]}.")
    if film.ndim != 4 or film.shape[1] not in (1, 3):
        raise ShapeError(f"{what} must have shape [T, 1 or 3, H, W]; yours is {[*film.shape]}.")
    check_images(film)
    return film


def check_subtitles(
    subtitles: object,
) -> dict[str, list[tuple[float, float, str]]]:
    """Subtitles by language as lists of ``(start, end, text)`` in seconds, or a sentence.

    >>> check_subtitles({"en": [(0, 1.5, "Hello")]})
    {'en': [(0.0, 1.5, 'Hello')]}
    >>> check_subtitles({"en": [(2, 1.5, "Hello")]})
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: Cue 1 of 'en' goes from 2 to 1.5 seconds: it must begin ...
    """
    if subtitles is None:
        return {}
    if not isinstance(subtitles, Mapping):
        raise DtypeError("Give subtitles by language: {'en': [(start, end, text), ...]}.")
    return {str(name): _check_cues(cues, str(name)) for name, cues in subtitles.items()}


def _check_cues(cues: object, language: str) -> list[tuple[float, float, str]]:
    checked = []
    for number, cue in enumerate(cues, 1):
        which = f"Cue {number} of {language!r}"
        if not isinstance(cue, Sequence) or len(cue) != 3 or not isinstance(cue[2], str):
            raise DtypeError(f"{which} must be (start, end, text); yours is {cue!r}.")
        start, end = float(cue[0]), float(cue[1])
        if not (0 <= start < end < math.inf):
            raise RangeError(
                f"{which} goes from {start:g} to {end:g} seconds: it must begin at 0 or later, "
                "and end after it began."
            )
        checked.append((start, end, cue[2]))
    return checked
