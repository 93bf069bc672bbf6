"""Tensors -> small bytes that a page can draw: images as uint8, point clouds as uint16."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core.errors import DataError, DtypeError, RangeError, ShapeError, check_values

MOST_BYTES = 24_000_000  # before deflating; beyond it a saved notebook becomes unwieldy


class Frames(NamedTuple):
    """Quantised frames.

    Attributes
    ----------
    kind : str
        ``"images"`` or ``"points"``.
    values : numpy.ndarray
        uint8 ``[T, N, H, W, C]`` (0 is -1, 255 is 1), or uint16 ``[T, N, 2]``.
    limits : tuple of float
        What the smallest and the largest stored value stand for.
    """

    kind: str
    values: np.ndarray
    limits: tuple[float, float]


def stack_frames(frames: Tensor | Iterable[Tensor]) -> Tensor:
    """One float tensor ``[T, N, ...]`` on the CPU from a tensor or any iterable of tensors.

    A single frame ``[N, ...]`` cannot be told from a film ``[T, N]`` by its axes alone,
    so a tensor must have its time axis; an iterable yields one frame after another.
    """
    if isinstance(frames, np.ndarray):
        frames = torch.from_numpy(frames)
    if not isinstance(frames, Tensor):
        frames = [torch.as_tensor(frame).detach().cpu() for frame in frames]
        if not frames:
            raise DataError("There are no frames: at least 1 is needed.")
        shapes = {tuple(frame.shape) for frame in frames}
        if len(shapes) > 1:
            listed = ", ".join(str(list(shape)) for shape in sorted(shapes))
            raise ShapeError(f"All frames must have the same shape; yours have {listed}.")
        frames = torch.stack(frames)
    if not frames.dtype.is_floating_point:
        raise DtypeError(
            f"Frames must be floating point (images in [-1, 1]); yours are {frames.dtype}. "
            "For bytes in [0, 255] use: x.float() / 127.5 - 1; tokens need tokenizer=..."
        )
    if frames.numel() == 0:
        raise DataError(f"The frames are empty: their shape is {list(frames.shape)}.")
    return frames.detach().float().cpu()


def text_frames(frames: Tensor | Iterable[Tensor], tokenizer: object) -> list[list[str]]:
    """Texts ``[T][N]`` of tokens: T frames int64 ``[N, L]``, whose L may grow from one to the next.

    Raises
    ------
    DtypeError, ShapeError, DataError
        With a sentence, for frames that hold no tokens.

    Examples
    --------
    >>> from aigc_teach.data import CharacterTokenizer
    >>> text_frames([torch.tensor([[1]]), torch.tensor([[1, 2]])], CharacterTokenizer("ab"))
    [['a'], ['ab']]
    """
    if not hasattr(tokenizer, "decode"):
        raise DtypeError(f"A tokenizer has decode(); you gave a {type(tokenizer).__name__}.")
    texts = []
    for number, frame in enumerate(frames):
        if not isinstance(frame, Tensor) or frame.dtype != torch.int64:
            given = frame.dtype if isinstance(frame, Tensor) else f"a {type(frame).__name__}"
            raise DtypeError(f"Frames of tokens must be int64; frame {number} is {given}.")
        if frame.ndim != 2 or len(frame) == 0 or (texts and len(frame) != len(texts[0])):
            raise ShapeError(
                f"Each frame of tokens must be [N, L] with one N; frame {number} is "
                f"{[*frame.shape]}" + (f", the first has N = {len(texts[0])}." if texts else ".")
            )
        texts.append([tokenizer.decode(row) for row in frame.tolist()])
    if not texts:
        raise DataError("There are no frames: at least 1 is needed.")
    return texts


def quantise(frames: Tensor, *, limits: tuple[float, float] | None = None) -> Frames:
    """Quantise ``[T, N, 1|3, H, W]`` images or ``[T, N, 2]`` point clouds.

    Parameters
    ----------
    frames : Tensor
        Images in [-1, 1], or points anywhere.
    limits : tuple of float, optional
        For points: the square ``[low, high] x [low, high]`` to show; by default the
        smallest centred one that holds all points.

    Returns
    -------
    Frames

    Raises
    ------
    ShapeError, RangeError
        With a sentence naming what was given and what is allowed.

    Examples
    --------
    >>> quantise(torch.tensor([-1.0, 1.0]).view(1, 1, 1, 1, 2)).values.ravel().tolist()
    [0, 255]
    """
    if frames.ndim == 5 and frames.shape[2] in (1, 3):
        check_values("Frames", frames, low=-1, high=1)
        return Frames("images", image_bytes(frames), (-1.0, 1.0))
    if frames.ndim == 3 and frames.shape[2] == 2:
        return _quantise_points(frames, limits)
    raise ShapeError(
        "Frames must be images [T, N, 1 or 3, H, W] or points in the plane [T, N, 2]; "
        f"yours have shape {list(frames.shape)}."
    )


def image_bytes(images: Tensor) -> np.ndarray:
    """Images ``[..., C, H, W]`` in [-1, 1] -> uint8 ``[..., H, W, C]``."""
    bytes_ = ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return bytes_.movedim(-3, -1).contiguous().numpy()


def _quantise_points(points: Tensor, limits: tuple[float, float] | None) -> Frames:
    if not torch.isfinite(points).all():
        raise RangeError("Points hold values that are NaN or infinite; all must be finite.")
    if limits is None:
        reach = 1.05 * max(points.abs().max().item(), 1e-6)
        limits = (-reach, reach)
    low, high = float(limits[0]), float(limits[1])
    if not low < high:
        raise RangeError(f"limits={limits} are empty: the first must be below the second.")
    scaled = (points - low) / (high - low) * 65535
    values = scaled.round().clamp(0, 65535).numpy().astype(np.uint16)
    return Frames("points", values, (low, high))


def check_size(size: int) -> None:
    """Refuse a film of `size` bytes that would make a saved notebook unwieldy."""
    if size > MOST_BYTES:
        raise DataError(
            f"These frames hold {size / 1e6:.0f} MB; the player takes at most "
            f"{MOST_BYTES / 1e6:.0f}. Show fewer items, or every second frame: frames[::2, :16]."
        )
