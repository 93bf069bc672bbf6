"""Read drawn faces and landscapes back, and say which answers not to trust.

The reader is a small network and answers whatever it is shown. Because everything in these
pictures is known, each answer can be drawn again: where that picture is far from the one that
was read, or has detail that the one that was read lacks, the answer is declined. This catches
what is no such picture, mixtures of two, and mush; it does not catch a small thing misread (a
smile in a noisy face), since that changes few pixels. How wrong each attribute is, and how much
more so under noise and blur, stands in
``zoo.manifest()["face_reader"]["quality"]["error"]``.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from torch import Tensor

from aigc_teach.core import WeightsError
from aigc_teach.data import FaceAttributes, LandscapeAttributes
from aigc_teach.metrics import AttributeReader, read_attributes

from . import store
from .reader_recipe import SUBJECTS


class Reading(NamedTuple):
    """What was read off N pictures.

    Attributes
    ----------
    attributes : FaceAttributes or LandscapeAttributes
        ``[N]`` each; can be given to `data.faces` or `data.landscapes` to draw them again.
    error : Tensor
        float32 ``[N]``: root mean square difference, in [-1, 1], between the picture and its
        reading drawn again, both averaged down to 16 x 16 pixels.
    detail : Tensor
        float32 ``[N]``: how much of that drawing's fine detail the picture has: about 1 as
        drawn, 0.7 after a blur of half a pixel, 0.2 after one of a pixel, 0.05 after two.
    trusted : Tensor
        bool ``[N]``: whether the error is so small as only one in a hundred mixtures of two
        pictures has it, and the detail at least 0.12.
    """

    attributes: FaceAttributes | LandscapeAttributes
    error: Tensor
    detail: Tensor
    trusted: Tensor


def read_faces(x: Tensor) -> Reading:
    """Read the attributes of faces as `data.faces` draws them.

    Parameters
    ----------
    x : Tensor
        float32 ``[N, 3, S, S]`` in [-1, 1]; S is 32 or a multiple of it, such as 64.

    Returns
    -------
    Reading
        On the CPU.

    Raises
    ------
    DtypeError, ShapeError, RangeError, DataError
        With a sentence, for anything else than such pictures.
    WeightsError
        Where the reader's weights are missing or damaged.

    Examples
    --------
    >>> from aigc_teach import data
    >>> reading = read_faces(data.faces(3, hair="curly").x)
    >>> [data.FACE["hair"].names[place] for place in reading.attributes.hair]
    ['curly', 'curly', 'curly']
    >>> read_faces(data.landscapes(3).x).trusted.tolist()
    [False, False, False]
    """
    return Reading(*_read("face_reader", x, FaceAttributes))


def read_landscapes(x: Tensor) -> Reading:
    """Read the attributes of landscapes as `data.landscapes` draws them.

    Parameters
    ----------
    x : Tensor
        float32 ``[N, 3, S, S]`` in [-1, 1]; S is 32 or a multiple of it, such as 64.

    Returns
    -------
    Reading
        On the CPU.

    Raises
    ------
    DtypeError, ShapeError, RangeError, DataError
        With a sentence, for anything else than such pictures.
    WeightsError
        Where the reader's weights are missing or damaged.

    Examples
    --------
    >>> from aigc_teach import data
    >>> reading = read_landscapes(data.landscapes(3, weather="snow").x)
    >>> [data.LANDSCAPE["weather"].names[place] for place in reading.attributes.weather]
    ['snow', 'snow', 'snow']
    """
    return Reading(*_read("landscape_reader", x, LandscapeAttributes))


def _read(name: str, x: Tensor, kind: type) -> tuple:
    reader, limit = _reader(name)
    subject = SUBJECTS[name]
    attributes = subject.attributes(*read_attributes(reader, x))
    again = subject.redrawn(x, attributes)
    return kind(**attributes), *again, again.within(limit)


@cache
def _reader(name: str) -> tuple[AttributeReader, float]:
    """A reader of the package's own shelf, and the largest error that is trusted."""
    try:
        limit = store.manifest()[name]["quality"]["limit"]["shipped"]
    except (KeyError, TypeError):
        limit = None
    if not isinstance(limit, float):
        raise WeightsError(f"The zoo's list has no limit for {name}. {store.REMEDY}")
    return store.load(name), limit
