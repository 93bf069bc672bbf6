"""How much of a checkerboard there is in pictures."""

from __future__ import annotations

from torch import Tensor

from ..core import ShapeError


def checkerboard(images: Tensor, *, size: int = 20) -> float:
    """How much the four kinds of pixel (even and odd rows, even and odd columns) differ.

    Transposed convolutions whose step does not divide their kernel add more numbers to some
    pixels than to others (Odena et al. 2016, doi:10.23915/distill.00003); the mean over all pixels
    of one kind then differs from that of another kind. It is compared with the spread of all
    pixels, within the middle of each picture: at the border pixels differ anyway.

    Parameters
    ----------
    images : Tensor
        ``[N, C, H, W]``; channels are averaged.
    size : int
        Side of the middle that is looked at, an even number, at most H and W.

    Returns
    -------
    float
        Standard deviation of the four means over that of the pixels, averaged over the pictures;
        0 where the four kinds do not differ.

    Raises
    ------
    ShapeError

    Examples
    --------
    >>> import torch
    >>> board = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).repeat(14, 14)[None, None]  # [1, 1, 28, 28]
    >>> round(checkerboard(board), 2)
    1.15
    >>> round(checkerboard(torch.linspace(0, 1, 28).expand(1, 1, 28, 28).mT.contiguous()), 2)
    0.1
    """
    if images.ndim != 4 or size % 2 or not 2 <= size <= min(images.shape[2:]):
        raise ShapeError(
            f"images [N, C, H, W] and an even size of at most H and W are needed; got "
            f"{tuple(images.shape)} and {size}."
        )
    top, left = ((side - size) // 2 for side in images.shape[2:])
    inner = images.mean(dim=1)[:, top : top + size, left : left + size]  # [N, size, size]
    half = size // 2
    means = inner.reshape(-1, half, 2, half, 2).mean((1, 3)).flatten(1)  # [N, 4]
    return (means.std(1) / inner.flatten(1).std(1)).mean().item()
