"""A reader of attributes: a small network that says what a made picture shows.

Shapes: N pictures, A amounts (numbers), C choices with K_1, ..., K_C names each.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_teach.core import ShapeError, check_count, check_images, check_sizes

SIDE = 32
"""Pixels that the network looks at; a larger picture is averaged down to them."""
HIDDEN = 96
"""Numbers that the whole picture is summed up in, before the answers."""


class AttributeReader(nn.Module):
    """Reads numbers and choices off a colour picture.

    It always answers, noise and strangers included: whether to trust an answer is another
    question, which `zoo.read_faces` and `zoo.read_landscapes` put by drawing it again.

    Parameters
    ----------
    amounts : int
        A: numbers to read, each in [0, 1].
    choices : sequence of int
        How many names each choice has.

    Examples
    --------
    >>> reader = AttributeReader(2, (3, 6)).eval()
    >>> amounts, logits = reader(torch.zeros(5, 3, 64, 64))
    >>> amounts.shape, [list(one.shape) for one in logits]
    (torch.Size([5, 2]), [[5, 3], [5, 6]])
    """

    def __init__(self, amounts: int, choices: Sequence[int]):
        super().__init__()
        self.amounts = check_count("amounts", amounts)
        self.choices = check_sizes("choices", choices, fewest=1)
        self.body = nn.Sequential(
            *_stage(3, 24, kernel=5),  # [N, 24, 16, 16]
            *_stage(24, 48),  # [N, 48, 8, 8]
            nn.Flatten(),  # [N, 3072]
            nn.Linear(48 * 8 * 8, HIDDEN, bias=False),
            nn.BatchNorm1d(HIDDEN),  # without it one attribute in some trainings is never learnt
            nn.ReLU(),  # [N, 96]
        )
        self.head = nn.Linear(HIDDEN, amounts + sum(self.choices))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Read pictures.

        Parameters
        ----------
        x : Tensor
            float32 ``[N, 3, S, S]`` in [-1, 1]; S is 32 or a multiple of it.

        Returns
        -------
        amounts : Tensor
            ``[N, A]``, about in [0, 1]: 0 is an attribute's lowest value, 1 its highest.
        logits : list of Tensor
            For each choice ``[N, K]``.
        """
        answers = self.head(self.body(shrink(x)))  # [N, A + sum of K]
        amounts, *logits = answers.split([self.amounts, *self.choices], dim=1)
        return amounts, logits


def shrink(x: Tensor) -> Tensor:
    """Pictures at 32 x 32, by the mean of squares of pixels.

    Parameters
    ----------
    x : Tensor
        float32 ``[N, 3, S, S]`` in [-1, 1]; S is 32 or a multiple of it.

    Raises
    ------
    DtypeError, ShapeError, RangeError, DataError
        With a sentence, for anything else.

    Examples
    --------
    >>> shrink(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 3, 32, 32])
    """
    check_images(x)
    channels, height, width = x.shape[1:]
    if channels != 3 or height != width or height % SIDE:
        raise ShapeError(
            "The reader takes colour pictures [N, 3, 32, 32], or of 64 x 64 or another multiple "
            f"of 32; you gave {list(x.shape)}."
        )
    return F.avg_pool2d(x, height // SIDE) if height > SIDE else x


@torch.no_grad()
def read_attributes(
    reader: AttributeReader, x: Tensor, *, chunk: int = 500
) -> tuple[Tensor, list[Tensor]]:
    """What the reader says of many pictures, a chunk at a time.

    Parameters
    ----------
    reader : AttributeReader
        Works in evaluation mode and gets its own mode back.
    x : Tensor
        float32 ``[N, 3, S, S]`` in [-1, 1]; S is 32 or a multiple of it.
    chunk : int
        Pictures at once; bounds the memory.

    Returns
    -------
    amounts : Tensor
        ``[N, A]``, cut to [0, 1].
    choices : list of Tensor
        int64 ``[N]`` each: the likeliest place.

    Examples
    --------
    >>> amounts, choices = read_attributes(AttributeReader(2, (3, 6)), torch.zeros(5, 3, 32, 32))
    >>> amounts.shape, len(choices)
    (torch.Size([5, 2]), 2)
    """
    check_count("chunk", chunk)
    check_images(x)
    device, training = reader.head.weight.device, reader.training
    reader.eval()
    try:
        answers = [reader(part.to(device).float()) for part in x.split(chunk)]
    finally:
        reader.train(training)
    amounts = torch.cat([amounts for amounts, _ in answers]).clamp_(0, 1)
    columns = zip(*(logits for _, logits in answers), strict=True)
    return amounts, [torch.cat(column).argmax(dim=1) for column in columns]


def _stage(inputs: int, outputs: int, *, kernel: int = 3) -> list[nn.Module]:
    """Convolution that halves height and width, normalisation, ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]
