"""What can be read off a film: where its picture is, how it moves, how late its sound is.

Legend: N films, T frames, H height, W width. Places are (row, column) in pixels from the middle
of the upper left pixel; a shift of (1, -2) means one pixel down and two to the left.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError, check_count


class Delay(NamedTuple):
    """How late one course is behind another.

    Attributes
    ----------
    frames : int
        Above 0 where the first course is late.
    correlation : float
        Between the two once the delay is taken out, -1 to 1.
    """

    frames: int
    correlation: float


def centre(frames: Tensor) -> Tensor:
    """The middle of what is bright: the centre of mass of all that is over half of the peak.

    Ink is (x + 1) / 2, what lies below half of the frame's largest ink weighs nothing, and the
    rest weighs by how far it is above. So a faint haze does not pull the middle aside.

    Parameters
    ----------
    frames : Tensor
        ``[..., H, W]``, -1 is the background.

    Returns
    -------
    Tensor
        float32 ``[..., 2]``, row and column; NaN where a frame is all background.

    Raises
    ------
    DtypeError, ShapeError

    >>> frame = torch.full((6, 8), -1.0)
    >>> frame[2:4, 3:7] = 1.0
    >>> centre(frame)
    tensor([2.5000, 4.5000])
    """
    _check_frames("frames", frames)
    ink = (frames.float() + 1).clamp(min=0) / 2
    ink = (ink - ink.amax((-2, -1), keepdim=True) / 2).clamp(min=0)  # [..., H, W]
    mass = ink.sum((-2, -1))
    rows = torch.arange(ink.shape[-2], device=ink.device)
    columns = torch.arange(ink.shape[-1], device=ink.device)
    down, across = (ink.sum(-1) * rows).sum(-1), (ink.sum(-2) * columns).sum(-1)
    return torch.stack([down, across], dim=-1) / mass.unsqueeze(-1)


def phase_shift(before: Tensor, after: Tensor) -> Tensor:
    """By how many whole pixels a picture was moved: phase correlation.

    The spectrum of a shifted picture differs from that of the picture by its phases alone. Their
    product, with all sizes set to 1, goes back to a single peak at the shift. Kuglin & Hines 1975.

    Parameters
    ----------
    before, after : Tensor
        ``[..., H, W]`` of one shape.

    Returns
    -------
    Tensor
        int64 ``[..., 2]``: rows down and columns to the right, each within half of the size.

    Raises
    ------
    DtypeError, ShapeError

    >>> before = torch.full((1, 8, 8), -1.0)
    >>> before[0, 2:4, 3:5] = 1.0
    >>> phase_shift(before, before.roll((1, -2), dims=(1, 2)))
    tensor([[ 1, -2]])
    """
    _check_frames("before", before)
    _check_frames("after", after)
    if before.shape != after.shape:
        raise ShapeError(
            f"before {list(before.shape)} and after {list(after.shape)} must have one shape."
        )
    height, width = before.shape[-2:]
    # in float64: the largest is looked for among numbers that may be nearly alike
    product = torch.fft.fft2(after.double()) * torch.fft.fft2(before.double()).conj()
    peak = torch.fft.ifft2(product / product.abs().clamp(min=1e-12)).real.flatten(-2).argmax(-1)
    shift = torch.stack([peak // width, peak % width], dim=-1)
    size = torch.tensor([height, width], device=shift.device)
    return torch.where(shift > size // 2, shift - size, shift)


def delay(course: Tensor, beside: Tensor, most: int = 10) -> Delay:
    """How many frames one course is behind another: where their correlation is highest.

    Parameters
    ----------
    course, beside : Tensor
        ``[T]`` each: for example how far a mouth is open, and how loud the sound is.
    most : int
        The longest delay that is looked for, either way; T must be larger by 2 at least.

    Returns
    -------
    Delay
        Of equally good delays the shortest.

    Raises
    ------
    DtypeError, ShapeError, RangeError, DataError

    >>> loud = torch.tensor([0.0, 0, 1, 3, 1, 0, 2, 0, 0, 0])
    >>> delay(loud.roll(2), loud, most=3)
    Delay(frames=2, correlation=1.0)
    """
    for name, value in {"course": course, "beside": beside}.items():
        if not isinstance(value, Tensor):
            raise DtypeError(f"{name} must be a torch.Tensor; you gave a {type(value).__name__}.")
        if value.ndim != 1 or value.shape != course.shape:
            raise ShapeError(
                f"course and beside must be [T] with one T; they are {list(course.shape)} and "
                f"{list(getattr(beside, 'shape', ()))}."
            )
    check_count("most", most, at_least=0)
    if len(course) < most + 3:
        raise RangeError(f"most={most} needs at least {most + 3} frames; there are {len(course)}.")
    found = None
    for lag in sorted(range(-most, most + 1), key=abs):
        late, early = course[max(lag, 0) :], beside[max(-lag, 0) :]
        n = min(len(late), len(early))
        pair = torch.stack([late[:n].double(), early[:n].double()])
        pair = pair - pair.mean(1, keepdim=True)
        sizes = pair.norm(dim=1).prod().item()
        if sizes == 0:
            continue  # one of them stands still: no correlation
        value = round((pair[0] @ pair[1]).item() / sizes, 9)
        if found is None or value > found.correlation:
            found = Delay(lag, value)
    if found is None or not torch.isfinite(torch.stack([course, beside])).all():
        raise DataError("course and beside must be finite, and each must change somewhere.")
    return found


def _check_frames(name: str, frames: object) -> None:
    if not isinstance(frames, Tensor) or not frames.is_floating_point():
        raise DtypeError(
            f"{name} must be a float tensor of frames [..., H, W]; you gave "
            f"{getattr(frames, 'dtype', type(frames).__name__)}."
        )
    if frames.ndim < 2 or not frames.numel():
        raise ShapeError(f"{name} must be [..., H, W] with pixels; yours is {list(frames.shape)}.")
