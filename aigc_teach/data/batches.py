"""Batches indexed out of one tensor that already lies on the device.

Data that fits in memory needs no worker processes: a shuffled index and one gather a
step are faster. The order of an epoch follows from (seed, epoch) alone, so five whole
numbers are enough to go on exactly where a run was stopped.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..core import (
    CheckpointError,
    DataError,
    DtypeError,
    Labelled,
    RangeError,
    ShapeError,
    check_count,
    check_images,
    check_seed,
)

FLOATS = (torch.float32, torch.float16, torch.bfloat16)


class Batches:
    """An endless, seeded, shuffling iterator over a data set.

    Every item comes once an epoch. A batch is always full: where an epoch ends in the
    middle of one, the batch is filled up from the next epoch.

    Parameters
    ----------
    x : Tensor
        ``[N, ...]``. Images (4 axes, in [-1, 1]), points, or int64 tokens. Never changed.
    condition : Tensor, optional
        ``[N, ...]``, int64 labels for example; moved to `x`'s device. With it, a batch
        is a :class:`~aigc_teach.core.Labelled`, without it a Tensor.
    batch_size : int
        Items a batch, at most N.
    seed : int
        Fixes the order: the same on every device.
    check_range : bool
        False lets 4-axis data that are no images (latent codes, say) leave [-1, 1].
    padding : int, optional
        For rows of tokens: columns at a batch's end that hold nothing else in it are left out,
        of `x` and of the condition. The longest row of a batch decides, no longer that of all.

    Attributes
    ----------
    epoch, position : int
        How many epochs were begun before this one, and how many of its items were served.

    Raises
    ------
    DtypeError, ShapeError, RangeError, DataError
        Each with a sentence that names what was given and what is allowed.

    Examples
    --------
    >>> batches = Batches(torch.arange(6.0)[:, None], batch_size=4)
    >>> list(next(batches).shape), len(batches)
    ([4, 1], 2)
    """

    def __init__(
        self,
        x: Tensor,
        condition: Tensor | None = None,
        *,
        batch_size: int = 128,
        seed: int = 0,
        check_range: bool = True,
        padding: int | None = None,
    ):
        check_data(x, check_range=check_range)
        if padding is not None:
            check_rows("The data", x)
            if condition is not None:
                check_rows("The condition", condition)
            check_count("padding", padding, at_least=0)
        if condition is not None:
            check_condition(condition, len(x))
            condition = condition.detach().to(x.device)
        check_count("batch_size", batch_size)
        check_seed("seed", seed)
        if batch_size > len(x):
            raise DataError(
                f"batch_size={batch_size} is larger than the data: there are {len(x)} items. "
                f"Choose a batch_size of at most {len(x)}."
            )
        self.x = x.detach()
        self.condition = condition
        self.batch_size = batch_size
        self.seed = seed
        self.padding = padding
        self.epoch = 0
        self.position = 0
        self._channels_last = False
        self._order = self._order_of(0)

    @property
    def device(self) -> torch.device:
        """Where the data lie, and so where the batches come out."""
        return self.x.device

    def __len__(self) -> int:
        """Batches an epoch, the last one counted even if the next epoch fills it up."""
        return -(-len(self.x) // self.batch_size)

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Tensor | Labelled:
        epoch, start, order = self.epoch, self.position, self._order
        end = start + self.batch_size
        index = order[start:end]  # [batch_size], or fewer at the epoch's edge
        if end > len(order):
            end -= len(order)
            epoch, order = epoch + 1, self._order_of(epoch + 1)
            index = torch.cat([index, order[:end]])  # [batch_size]
        batch = self._gather(index)
        # Moved on only now: whoever interrupts a step above loses no item.
        self.epoch, self.position, self._order = epoch, end, order
        return batch

    def to(self, device: torch.device | str, channels_last: bool = False) -> Batches:
        """Move the data, in place, and return self; the order and the place in it stay.

        Parameters
        ----------
        device : torch.device or str
        channels_last : bool
            True: batches of 4 axes come in channels-last memory format.
        """
        self.x = self.x.to(device)
        if self.condition is not None:
            self.condition = self.condition.to(device)
        self._channels_last = channels_last and self.x.ndim == 4
        self._order = self._order.to(self.device)
        return self

    def state_dict(self) -> dict[str, int]:
        """All that is needed to go on exactly here: five whole numbers."""
        return {
            "n": len(self.x),
            "batch_size": self.batch_size,
            "seed": self.seed,
            "epoch": self.epoch,
            "position": self.position,
        }

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where another Batches of the same data stood (its seed is taken over).

        Raises
        ------
        CheckpointError
            Where entries are missing, or the number of items or the batch size differ.
        """
        missing = sorted(self.state_dict().keys() - state.keys())
        if missing:
            raise CheckpointError(f"The batches' state lacks {missing}; it cannot be resumed.")
        state = {name: int(value) for name, value in state.items()}
        for name, here in (("n", len(self.x)), ("batch_size", self.batch_size)):
            if state[name] != here:
                raise CheckpointError(
                    f"The state was saved with {name}={state[name]}, but these batches have "
                    f"{name}={here}. Resume with the same data and the same batch_size."
                )
        if state["seed"] < 0 or state["epoch"] < 0 or not 0 <= state["position"] <= state["n"]:
            raise CheckpointError(f"The batches' state is damaged: {state}.")
        self.seed, self.epoch, self.position = state["seed"], state["epoch"], state["position"]
        self._order = self._order_of(self.epoch)

    def _order_of(self, epoch: int) -> Tensor:
        """The permutation of an epoch, ``[N]``: drawn on the CPU, so it is the same anywhere."""
        mixed = np.random.SeedSequence([self.seed, epoch]).generate_state(1)[0]
        generator = torch.Generator().manual_seed(int(mixed))
        return torch.randperm(len(self.x), generator=generator).to(self.device)

    def _gather(self, index: Tensor) -> Tensor | Labelled:
        x = self._shortened(self.x.index_select(0, index))  # [batch_size, ...]
        if self._channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        if self.condition is None:
            return x
        return Labelled(x, self._shortened(self.condition.index_select(0, index)))

    def _shortened(self, rows: Tensor) -> Tensor:
        """Rows of tokens up to the last column that is not padding alone, one column at least."""
        if self.padding is None:
            return rows
        used = (rows != self.padding).any(0).nonzero()
        return rows[:, : int(used[-1]) + 1 if len(used) else 1]


def check_data(x: Tensor, *, check_range: bool = True) -> None:
    """Raise a sentence if `x` is nothing to make batches of."""
    if not isinstance(x, Tensor):
        raise DtypeError(f"The data must be a torch.Tensor; you gave a {type(x).__name__}.")
    if x.ndim == 0:
        raise ShapeError("The data must have a first axis that counts items; yours is a number.")
    if len(x) == 0:
        raise DataError("The data are empty: they hold 0 items; at least 1 is needed.")
    if x.ndim == 4 and x.dtype != torch.float64:
        check_images(x, check_range=check_range)
    if x.dtype != torch.int64 and x.dtype not in FLOATS:
        raise DtypeError(
            f"The data are {x.dtype}; they must be float32 (use x.float()), or int64 for tokens."
        )
    check_finite("The data", x)


def check_rows(what: str, x: Tensor) -> None:
    """Raise a sentence if `x` are no rows of tokens, from which padding could be left out."""
    if not isinstance(x, Tensor) or x.dtype != torch.int64 or x.ndim != 2:
        raise DtypeError(f"{what} must be int64 [N, T] where padding is to be left out.")


def check_condition(condition: Tensor, n: int) -> None:
    """Raise a sentence if `condition` does not hold one usable entry for each of `n` items."""
    if not isinstance(condition, Tensor):
        kind = type(condition).__name__
        raise DtypeError(f"The condition must be a torch.Tensor; you gave a {kind}.")
    if condition.ndim == 0 or len(condition) != n:
        given = "a single number" if condition.ndim == 0 else f"{len(condition)} entries"
        raise ShapeError(f"The condition needs one entry for each of the {n} items; it is {given}.")
    if condition.dtype not in (torch.int64, torch.bool, *FLOATS):
        raise DtypeError(
            f"The condition is {condition.dtype}; labels must be int64: use labels.long()."
        )
    check_finite("The condition", condition)


def check_finite(what: str, x: Tensor) -> None:
    """Raise :class:`RangeError` where `x` holds NaN or an infinity."""
    if x.dtype.is_floating_point and not torch.isfinite(x).all():
        raise RangeError(f"{what} hold values that are NaN or infinite; all must be finite.")
