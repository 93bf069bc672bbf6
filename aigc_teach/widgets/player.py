"""Player: scrub any trajectory or recorded training, frame by frame, in the page."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import traitlets
from torch import Tensor

from ..core.errors import DataError, RangeError, check_count
from .base import PageWidget, packed, packed_bytes, page_script
from .frames import check_size, quantise, stack_frames, text_frames


class Player(PageWidget):
    """A film of samples with a slider, play and pause, speeds and a caption per frame.

    The frames are handed over once, as bytes; the page draws them. Nothing asks the kernel,
    so the film still runs in a saved notebook and in the static book.

    Parameters
    ----------
    frames : Tensor or iterable of Tensor
        Images ``[T, N, 1 or 3, H, W]`` in [-1, 1] or points ``[T, N, 2]``; or an iterable
        of T frames, for example ``model.trajectory(16)``. With a tokenizer: T frames of tokens,
        int64 ``[N, L]``, L growing or not; what a frame adds to a text is marked.
    tokenizer : Tokenizer, optional
        Turns tokens into the texts that are shown.
    captions : sequence of str, optional
        One a frame, for example ``"step 200"``; by default "frame 3 of 40".
    title : str
        Heading, and name of the instrument for a screen reader.
    columns : int, optional
        Columns of the grid of images or texts; about the square root of N by default, and fewer
        texts side by side where the page is narrow.
    frames_per_second : float
        Speed of "1x".
    limits : tuple of float, optional
        For points: the range shown on both axes.
    reference : Tensor, optional
        For points: ``[M, 2]`` points drawn pale behind every frame, such as the real data.
    alt : str, optional
        What is shown, in words; by default a sentence with the sizes.

    Raises
    ------
    ShapeError, RangeError, DtypeError, DataError
        With a sentence, for frames that cannot be drawn.

    Examples
    --------
    >>> import torch
    >>> film = Player(torch.zeros(5, 4, 1, 28, 28), captions=[f"step {t}" for t in range(5)])
    >>> film.frame, film.captions[-1]
    (4, 'step 4')
    """

    _esm = page_script("core", "controls", "player")

    kind = traitlets.Unicode("images").tag(sync=True)
    data = traitlets.Bytes(b"").tag(sync=True)
    backdrop = traitlets.Bytes(b"").tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [T, N, H, W, C], [T, N, 2] or [T, N]
    limits = traitlets.List(traitlets.Float()).tag(sync=True)
    columns = traitlets.Int(1).tag(sync=True)
    captions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    speed = traitlets.Float(1.0).tag(sync=True)
    frames_per_second = traitlets.Float(8.0).tag(sync=True)

    def __init__(
        self,
        frames: Tensor | Iterable[Tensor],
        *,
        tokenizer: object = None,
        captions: Sequence[str] | None = None,
        title: str = "Player",
        columns: int | None = None,
        frames_per_second: float = 8.0,
        limits: tuple[float, float] | None = None,
        reference: Tensor | None = None,
        alt: str | None = None,
    ):
        film = _film(frames, tokenizer, limits, reference)
        if not 0 < frames_per_second <= 60:
            raise RangeError(f"frames_per_second={frames_per_second} must lie in (0, 60].")
        count, items = film.shape[:2]
        columns = check_count("columns", columns) if columns else math.ceil(math.sqrt(items))
        super().__init__(
            kind=film.kind,
            data=film.data,
            backdrop=_backdrop(film.kind, reference, film.limits),
            shape=list(film.shape),
            limits=list(film.limits),
            columns=min(columns, items),
            captions=_captions(captions, count),
            frame=count - 1,  # where no one presses play, the result is what should show
            frames_per_second=float(frames_per_second),
            title=title,
            alt=alt or _describe(film.kind, film.shape),
        )

    @traitlets.validate("frame")
    def _inside(self, proposal) -> int:
        count = self.shape[0] if self.shape else proposal["value"] + 1
        return max(0, min(proposal["value"], count - 1))


class Film(NamedTuple):
    """What the page draws: images, points or texts, deflated.

    Attributes
    ----------
    kind : str
        ``"images"``, ``"points"`` or ``"text"``.
    data : bytes
    shape : tuple of int
        ``[T, N, ...]``.
    limits : tuple of float
    """

    kind: str
    data: bytes
    shape: tuple[int, ...]
    limits: tuple[float, float]


def _film(frames: object, tokenizer: object, limits: object, reference: Tensor | None) -> Film:
    if tokenizer is not None:
        texts = text_frames(frames, tokenizer)
        written = json.dumps(texts, ensure_ascii=False).encode("utf-8", "replace")
        check_size(len(written))
        return Film("text", packed_bytes(written), (len(texts), len(texts[0])), (0.0, 1.0))
    stacked = stack_frames(frames)  # [T, N, ...]
    if stacked.ndim == 3 and limits is None and reference is not None:
        largest = max(stacked.abs().max().item(), reference.abs().max().item())
        limits = (-1.05 * largest, 1.05 * largest)
    film = quantise(stacked, limits=limits)
    check_size(film.values.nbytes)
    return Film(film.kind, packed(film.values), film.values.shape, film.limits)


def _captions(captions: Sequence[str] | None, count: int) -> list[str]:
    if captions is None:
        return [f"frame {t + 1} of {count}" for t in range(count)]
    captions = [str(caption) for caption in captions]
    if len(captions) != count:
        raise DataError(f"There are {count} frames but {len(captions)} captions.")
    return captions


def _backdrop(kind: str, reference: Tensor | None, limits: tuple[float, float]) -> bytes:
    if reference is None:
        return b""
    if kind != "points":
        raise DataError(
            "`reference` points can only stand behind points, not behind images or texts."
        )
    return packed(quantise(stack_frames([reference]), limits=limits).values)


def _describe(kind: str, shape: tuple[int, ...]) -> str:
    count, items = shape[:2]
    if kind == "points":
        return f"A film of {count} frames, each a scatter of {items} points."
    if kind == "text":
        return f"A film of {count} frames, each of {items} text{'s' * (items > 1)}."
    return f"A film of {count} frames, each a grid of {items} images of {shape[2]} x {shape[3]}."
