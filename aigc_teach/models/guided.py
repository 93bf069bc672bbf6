"""What every model shares that asks a net about noised data, with or without a label.

Labels are hidden in training and their effect is exaggerated in sampling: guidance without a
classifier (Ho & Salimans 2022). Legend: N batch, K classes.
"""

from __future__ import annotations

import math
from abc import ABC
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

from ..core import AigcError, RangeError, check_number, drawn_on, refuse_condition
from ..nn import DenoisingMLP, UNet, standard_normal
from .conditional import ClassConditional


class Guided(ClassConditional, ABC):
    """A net that is asked ``net(x, time [N], labels)``, where the label K means "no label".

    Parameters
    ----------
    data_shape : tuple of int
        ``(C, H, B)`` for pictures, which get a U-Net; else an MLP.
    width, depth : int
        Of the net; a width of 24 for pictures and 128 for points if left out.
    n_classes : int
        K; 0 for a model without labels.
    class_shares : sequence of float, optional
    label_dropout : float
        In [0, 1).
    guidance : float
    net : nn.Module, optional
        In the place of its own.
    """

    def __init__(
        self,
        data_shape: tuple[int, ...],
        *,
        width: int | None,
        depth: int,
        n_classes: int,
        class_shares,
        label_dropout: float,
        guidance: float,
        net: nn.Module | None,
    ):
        if not check_number("label_dropout", label_dropout) < 1:
            raise RangeError(f"label_dropout={label_dropout} must be at least 0 and below 1.")
        super().__init__(
            data_shape,
            math.prod(data_shape),  # the code is the noise: as many numbers as the data
            n_classes=n_classes,
            class_shares=class_shares,
        )
        self.net = small_net(self.data_shape, width, depth, n_classes) if net is None else net
        self.label_dropout = float(label_dropout)
        self.guidance = self.check_guidance(guidance)

    @property
    def pictures(self) -> bool:
        """Whether an item is a picture, whose values lie in [-1, 1]."""
        return len(self.data_shape) == 3

    def hide_labels(
        self, labels: Tensor | None, generator: torch.Generator | None
    ) -> Tensor | None:
        """The labels ``[N]`` with their share `label_dropout` replaced by K."""
        if labels is None or not self.label_dropout:
            return labels
        place = drawn_on(self.device, generator)
        hidden = torch.rand(len(labels), generator=generator, device=place) < self.label_dropout
        return labels.masked_fill(hidden.to(self.device), self.n_classes)

    def even_parts(self, n: int, generator: torch.Generator | None) -> Tensor:
        """`n` numbers in [0, 1), one in each of `n` equal parts of the circle: ``[n]``.

        Each is uniform by itself; together they cover everything, so that a loss varies less from
        batch to batch (Kingma et al. 2021, appendix I.1).
        """
        place = drawn_on(self.device, generator)
        start = torch.rand((), generator=generator, device=place)
        return ((start + torch.arange(n, device=place) / n) % 1).to(self.device)

    def answer(
        self, x_t: Tensor, time: Tensor, condition: Tensor | None, guidance: float | None
    ) -> Tensor:
        """The guided answer in x_t's dtype; the model's own weight where `guidance` is None."""
        weight = self.guidance if guidance is None else self.check_guidance(guidance)
        if not self.n_classes:
            refuse_condition(self, condition)
        labels = None if condition is None else self.check_labels(condition, len(x_t))
        return self.guided(x_t, time, labels, weight).to(x_t.dtype)

    def first_noise(self, n: int, generator: torch.Generator | None) -> Tensor:
        """Where `n` samples begin: ``[n, *data_shape]``."""
        like = next(self.parameters())
        return standard_normal(n, *self.data_shape, like=like, generator=generator).to(like.dtype)

    def finished(self, frames: Iterable[Tensor], times: Sequence) -> Iterator[Tensor]:
        """The frames after each step; of pictures the last one, at time 0, is held to [-1, 1]."""
        for s, x in zip(times[1:], frames, strict=True):
            yield x.clamp(-1, 1) if s == 0 and self.pictures else x

    def guided(self, x_t: Tensor, time: Tensor, labels: Tensor | None, weight: float) -> Tensor:
        """The net's answer; both with and without the label where the weight needs both.

        Ho & Salimans 2022, equation 6, where their w is `weight` - 1.
        """
        if labels is None or weight == 0:
            return self.net(x_t, time, self._no_labels(x_t))
        if weight == 1:
            return self.net(x_t, time, labels)
        both = torch.cat([labels, self._no_labels(x_t)])  # [2 N]: one call for both answers
        answers = self.net(torch.cat([x_t, x_t]), torch.cat([time, time]), both)
        told, untold = answers.chunk(2)
        return untold + weight * (told - untold)

    def check_guidance(self, guidance: float) -> float:
        """The weight as a float of at least 0, or a sentence on why it cannot be used."""
        weight = check_number("guidance", guidance)
        kind = type(self).__name__
        if not self.n_classes and weight != 1:
            raise AigcError(
                f"guidance={guidance} exaggerates a label, and this {kind} was built without "
                "classes. Leave it out, or build one with n_classes."
            )
        if weight not in (0, 1) and not self.label_dropout:
            raise AigcError(
                f"guidance={guidance} compares the answers with and without a label, and with "
                "label_dropout=0 the net never learns to answer without. Use guidance=1, or train "
                "with label_dropout=0.1."
            )
        return weight

    def _no_labels(self, x: Tensor) -> Tensor | None:
        if not self.n_classes:
            return None
        return torch.full((len(x),), self.n_classes, device=x.device)


def small_net(shape: tuple[int, ...], width: int | None, depth: int, n_classes: int) -> nn.Module:
    """The U-Net or the MLP that suits an item of that shape."""
    if len(shape) == 3:
        return UNet(shape, width=24 if width is None else width, depth=depth, n_classes=n_classes)
    width = 128 if width is None else width
    return DenoisingMLP(shape, width=width, depth=depth, n_classes=n_classes)
