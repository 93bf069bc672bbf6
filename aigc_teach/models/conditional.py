"""What every model that may be told a class label shares.

Legend: N batch, L latent size, K classes (0: a model without labels).
"""

from __future__ import annotations

from abc import ABC

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import (
    AigcError,
    DtypeError,
    GenerativeModel,
    Labelled,
    RangeError,
    ShapeError,
    check_count,
    check_sizes,
    drawn_on,
    refuse_condition,
)
from .checks import check_codes, check_data

WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


class ClassConditional(GenerativeModel, ABC):
    """A model whose decoder or generator takes a code and, with K > 0, a label beside it.

    Parameters
    ----------
    data_shape : tuple of int
        Shape of one item; three axes mean an image in [-1, 1].
    latent_size : int
        L.
    n_classes : int
        K; 0 for a model without labels.
    class_shares : sequence of float, optional
        Relative frequency of each class in the data, used where no label is asked for;
        all equal if left out.
    """

    def __init__(
        self,
        data_shape: tuple[int, ...],
        latent_size: int,
        *,
        n_classes: int = 0,
        class_shares=None,
    ):
        super().__init__()
        self.data_shape = check_sizes("data_shape", data_shape, fewest=1)
        self.latent_size = check_count("latent_size", latent_size)
        self.n_classes = check_count("n_classes", n_classes, at_least=0)
        shares = _shares(class_shares, n_classes)
        self.register_buffer("class_shares", shares, persistent=bool(n_classes))

    def draw_labels(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw `n` labels with the data's own frequencies: int64 ``[n]``."""
        if not self.n_classes:
            raise AigcError(f"{type(self).__name__} was built without classes; it has no labels.")
        # with a generator elsewhere the shares are copied there, and the CPU waits
        shares = self.class_shares.to(drawn_on(self.device, generator))
        labels = torch.multinomial(shares, n, replacement=True, generator=generator)
        return labels.to(self.device)

    def labels_for(
        self, n: int, condition: Tensor | None, generator: torch.Generator | None
    ) -> Tensor | None:
        """The labels of `n` samples: those asked for, or drawn; None for a model without them."""
        if not self.n_classes:
            refuse_condition(self, condition)
            return None
        if condition is None:
            return self.draw_labels(n, generator=generator)
        return self.check_labels(condition, n)

    def split(self, batch: Tensor | Labelled) -> tuple[Tensor, Tensor | None]:
        """Data and labels of a checked batch; labels are None for a model without them."""
        has_labels = isinstance(batch, Labelled)
        if has_labels != bool(self.n_classes):
            need = "Labelled(x, condition)" if self.n_classes else "a plain tensor"
            raise AigcError(
                f"This {type(self).__name__} has n_classes={self.n_classes}, so its batch must be "
                f"{need}; you gave a {type(batch).__name__}."
            )
        x, labels = batch if has_labels else (batch, None)
        check_data(x, self.data_shape, weights=self.weights_dtype)
        return x, self.check_labels(labels, len(x)) if has_labels else None

    def with_label(self, z: Tensor, condition: Tensor | None) -> Tensor:
        """Codes ``[N, L]`` with the labels ``[N]`` beside them, one-hot: ``[N, L + K]``."""
        check_codes(z, self.latent_size, weights=self.weights_dtype)
        z = z.to(self.device)
        if not self.n_classes:
            refuse_condition(self, condition)
            return z
        labels = self.check_labels(condition, len(z))
        return torch.cat([z, F.one_hot(labels, self.n_classes).to(z.dtype)], dim=1)  # [N, L + K]

    def check_labels(self, labels: Tensor | None, n: int) -> Tensor:
        """`n` labels as int64 on the model's device, or a sentence on what is wrong."""
        if labels is None:
            raise AigcError(f"{type(self).__name__} is conditional: give one label for each item.")
        if not isinstance(labels, Tensor):
            raise DtypeError(
                f"Labels must be a torch.Tensor of {n} whole numbers, one an item; you gave a "
                f"{type(labels).__name__}. Use torch.tensor([...]), or torch.full(({n},), 7) for "
                "sevens only."
            )
        if labels.dtype not in WHOLE:
            raise DtypeError(f"Labels must be whole numbers (int64); yours are {labels.dtype}.")
        if labels.shape != (n,):
            raise ShapeError(f"Labels must be [{n}], one an item; yours are {list(labels.shape)}.")
        near = labels.device.type == "cpu"  # elsewhere a look would make the CPU wait
        if near and (labels.min() < 0 or labels.max() >= self.n_classes):
            raise RangeError(
                f"Labels must lie in 0..{self.n_classes - 1}; "
                f"yours lie in {int(labels.min())}..{int(labels.max())}."
            )
        return labels.to(self.device, torch.int64)


def _shares(shares, n_classes: int) -> Tensor:
    if shares is None:
        return torch.ones(max(n_classes, 1)) / max(n_classes, 1)
    said = RangeError(
        f"class_shares must be {n_classes} numbers, none negative, not all 0; you gave {shares!r}."
    )
    try:
        shares = torch.as_tensor(shares, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError):
        raise said from None
    if shares.shape != (n_classes,) or not n_classes:
        raise said
    if not shares.isfinite().all() or shares.min() < 0 or shares.sum() <= 0:
        raise said
    return shares / shares.sum()
