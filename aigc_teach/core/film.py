"""What a film and its subtitles must be: checked by all that write, show or change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from .errors import (
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    check_images,
    check_number,
    check_text,
)

LONGEST = 1000 * 3600.0  # seconds: 1,000 hours


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


def check_fps(fps: float) -> float:
    """Return frames a second, above 0 and at most 60, or raise, with a sentence.

    >>> check_fps(90)
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: fps=90 must be at most 60 frames a second.
    """
    check_number("fps", fps, above=True)
    if fps > 60:
        raise RangeError(f"fps={fps:g} must be at most 60 frames a second.")
    return float(fps)


def check_subtitles(
    subtitles: object,
) -> dict[str, list[Cue]]:
    """Subtitles by language as lists of cues, or a sentence.

    >>> check_subtitles({"en": [(0, 1.5, "Hello")]})
    {'en': [Cue(start=0.0, end=1.5, text='Hello')]}
    >>> check_subtitles({"en": [(2, 1.5, "Hello")]})
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: Cue 1 of 'en' lasts from 2 to 1.5 s; ...
    """
    if subtitles is None:
        return {}
    if not isinstance(subtitles, Mapping):
        raise DtypeError("Give subtitles by language: {'en': [(start, end, text), ...]}.")
    return {
        str(name): check_cues(cues, f"of {name!r}", written=False)
        for name, cues in subtitles.items()
    }


class Cue(NamedTuple):
    """A text, and from when to when it is shown.

    Attributes
    ----------
    start, end : float
        Seconds from the beginning of the film.
    text : str
        One line or more, divided by newlines; plain, without tags.
    """

    start: float
    end: float
    text: str


def check_cues(cues: object, which: str = "", *, written: bool = True) -> list[Cue]:
    """Cues that both formats can hold, their times rounded to milliseconds; or a sentence.

    Parameters
    ----------
    cues : iterable of Cue, or of (start, end, text)
        In the order of their starts. They may overlap.
    which : str
        Words for the messages: "of 'en'".
    written : bool
        False takes them in any order, and leaves their times as they are.

    Returns
    -------
    list of Cue

    Raises
    ------
    DtypeError, RangeError, DataError
        For what is no cue, times that are not 0 <= start < end < 1,000 hours (a millisecond
        apart at least), texts that are empty or hold a blank line or a control character, and
        cues that are not in order.

    Examples
    --------
    >>> check_cues([(0, 1.25, "one")])
    [Cue(start=0.0, end=1.25, text='one')]
    >>> check_cues([(2, 1, "one")])
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: Cue 1 lasts from 2 to 1 s; it must end after it begins...
    """
    if isinstance(cues, str | bytes) or not isinstance(cues, Iterable):
        raise DtypeError("Give cues as a list of (start, end, text).")
    checked: list[Cue] = []
    for place, cue in enumerate(cues, 1):
        exact = _checked(cue, f"{place} {which}".rstrip())
        checked.append(_rounded(exact) if written else exact)
        if written and len(checked) > 1 and checked[-1].start < checked[-2].start:
            raise DataError(f"Cue {place} begins before cue {place - 1}; sort them by their start.")
    return checked


def _checked(cue: object, place: str) -> Cue:
    if isinstance(cue, str) or not isinstance(cue, Sequence) or len(cue) != 3:
        raise DtypeError(
            f"Cue {place} must be three things, (start, end, text); it is {cue!r:.80}."
        )
    start, end, text = cue
    for seconds in (start, end):
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise DtypeError(
                f"Cue {place}: a time must be a number of seconds, not {seconds!r:.80}."
            )
        if not 0 <= seconds < LONGEST:
            raise RangeError(
                f"Cue {place}: {seconds:g} s must be at least 0 and below 3,600,000 (1,000 hours)."
            )
    check_text(f"The text of cue {place}", text)
    start, end = (round(1000 * float(seconds)) for seconds in (start, end))
    if end <= start:
        raise RangeError(
            f"Cue {place} lasts from {cue[0]:g} to {cue[1]:g} s; it must end after it begins, by a "
            "millisecond at least."
        )
    lines = text.split("\n")
    if not all(line.strip() for line in lines):
        raise DataError(
            f"The text of cue {place} is empty or holds a blank line, which would end the cue."
        )
    if any(
        not letter.isprintable() and letter not in "\t\u3000\u00a0\u200b"
        for letter in "".join(lines)
    ):
        raise DataError(f"The text of cue {place} holds a character that cannot be printed.")
    return Cue(float(cue[0]), float(cue[1]), text)


def _rounded(cue: Cue) -> Cue:
    """Its times in whole milliseconds, as files hold them."""
    return cue._replace(start=round(1000 * cue.start) / 1000, end=round(1000 * cue.end) / 1000)
