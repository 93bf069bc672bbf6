"""Batches of a DataLoader without end: every epoch begun anew, and resumed exactly."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from ..core import CheckpointError, DataError, DtypeError, Labelled, check_seed
from .batches import check_data

END = object()


class Epochs:
    """An endless iterator over a DataLoader, or over any other thing that can be gone through anew.

    Where one epoch ends the loader is started again: it shuffles anew, and draws its
    augmentations anew. (``itertools.cycle`` keeps the first epoch in memory and repeats that.)
    What is drawn follows from `seed` and the epoch alone, so a training goes on exactly where it
    was stopped; the batches of the epoch that were served before are then drawn again, and
    thrown away. Python's, NumPy's and torch's global random numbers stay as they were.

    Parameters
    ----------
    loader : DataLoader or other iterable
        Gives batches: a tensor x ``[N, ...]``; a list or tuple ``[x]``; a pair ``[x, labels]``,
        which becomes a :class:`~aigc_teach.core.Labelled`. No generator, which is used up after
        one epoch.
    seed : int
        Fixes the order and the augmentations.
    check_range : bool
        False lets images leave [-1, 1].

    Attributes
    ----------
    epoch, position : int
        How many epochs were finished, and how many batches of this one were served.

    Raises
    ------
    DtypeError
        For something that is no such loader, or a batch of another form.
    DataError
        For a loader that gives no batch.
    ShapeError, RangeError
        For a first batch that cannot be used, with a sentence.

    Examples
    --------
    >>> from torch.utils.data import DataLoader, TensorDataset
    >>> pairs = TensorDataset(torch.arange(4.0)[:, None], torch.arange(4))
    >>> epochs = Epochs(DataLoader(pairs, batch_size=2, shuffle=True))
    >>> sorted(label for _ in range(2) for label in next(epochs).condition.tolist())
    [0, 1, 2, 3]
    """

    def __init__(self, loader: Iterable, *, seed: int = 0, check_range: bool = True):
        refuse_what_ends(loader)
        self.loader, self.seed, self.check_range = loader, check_seed("seed", seed), check_range
        self.epoch, self.position = 0, 0
        self._items: Iterator | None = None  # of the epoch under way
        self._random: tuple = ()  # its random numbers, resting
        self._looked = False  # at a first batch

    def __iter__(self) -> Epochs:
        return self

    def __next__(self) -> Tensor | Labelled:
        try:
            with self._own_randomness():
                if self._items is None:
                    self._begin()
                item = next(self._items, END)
                if item is END and self.position:
                    self.epoch, self.position = self.epoch + 1, 0
                    self._begin()
                    item = next(self._items, END)
        except BaseException:  # whoever interrupts loses no batch: the epoch is gone through again
            self._items = None
            raise
        if item is END:
            self._items = None
            raise DataError("The loader gives no batch: are the data fewer than one batch?")
        batch = as_batch(item)
        if not self._looked:
            x = batch.x if isinstance(batch, Labelled) else batch
            check_data(x, check_range=self.check_range)
            self._looked = True
        self.position += 1
        return batch

    def state_dict(self) -> dict[str, int]:
        """All that is needed to go on exactly here: whole numbers; ``batches`` an epoch or -1."""
        return {
            "seed": self.seed,
            "epoch": self.epoch,
            "position": self.position,
            "batches": len(self.loader) if hasattr(self.loader, "__len__") else -1,
        }

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where other Epochs of the same loader stood (their seed is taken over).

        Raises
        ------
        CheckpointError
            Where entries are missing or damaged, or the number of batches differs.
        """
        mine = self.state_dict()
        if missing := sorted(mine.keys() - state.keys()):
            raise CheckpointError(f"The loader's state lacks {missing}; it cannot be resumed.")
        state = {name: int(state[name]) for name in mine}
        if state["batches"] != mine["batches"]:
            raise CheckpointError(
                f"The state was saved with {state['batches']} batches an epoch, but this loader "
                f"has {mine['batches']}. Resume with the same data and the same batch_size."
            )
        most = state["batches"] if state["batches"] >= 0 else 2**31
        if state["seed"] < 0 or state["epoch"] < 0 or not 0 <= state["position"] <= most:
            raise CheckpointError(f"The loader's state is damaged: {state}.")
        self.seed, self.epoch, self.position = state["seed"], state["epoch"], state["position"]
        self._items = None

    def _begin(self) -> None:
        """Start the epoch, from random numbers of its own, and pass over what was served of it."""
        mixed = np.random.SeedSequence([self.seed, self.epoch]).generate_state(2, np.uint64)
        seed = int(mixed[0]) >> 1
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        if isinstance(own := getattr(self.loader, "generator", None), torch.Generator):
            own.manual_seed(int(mixed[1]) >> 1)
        self._items = iter(self.loader)
        for _ in range(self.position):
            next(self._items, END)

    @contextlib.contextmanager
    def _own_randomness(self) -> Iterator[None]:
        """The epoch's random numbers in place of the global ones, which are put back."""
        outside = read_random()
        if self._items is not None:
            set_random(self._random)
        try:
            yield
        finally:
            self._random = read_random()
            set_random(outside)


def read_random() -> tuple:
    """The states of Python's, NumPy's and torch's global random numbers (torch's on the CPU)."""
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def set_random(states: tuple) -> None:
    """Put back what `read_random` gave."""
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])


def refuse_what_ends(loader: object) -> None:
    """Raise a sentence unless `loader` gives batches, and can be gone through again and again."""
    kind = type(loader).__name__
    if hasattr(loader, "__next__"):
        raise DtypeError(
            f"A {kind} can be gone through once: the second epoch would be empty. Give the "
            "DataLoader itself, or a list of batches."
        )
    if isinstance(loader, Tensor | np.ndarray | str | bytes | dict):
        raise DtypeError(
            f"A loader gives batches; a {kind} does not. data.Batches(x) makes batches of a tensor."
        )
    if not hasattr(loader, "__iter__"):
        raise DtypeError(f"A loader must be a DataLoader or a list of batches; you gave a {kind}.")


def as_batch(item: object) -> Tensor | Labelled:
    """What a loader gave as a batch: a tensor, or a pair with a condition.

    >>> as_batch([torch.zeros(2, 3), torch.tensor([1, 0])]).condition
    tensor([1, 0])
    """
    if isinstance(item, Tensor | Labelled):
        return item
    if isinstance(item, list | tuple) and all(isinstance(part, Tensor) for part in item):
        if len(item) == 1:
            return item[0]
        if len(item) == 2:
            return Labelled(*item)
    size = f" of {len(item)} parts" if isinstance(item, list | tuple | dict) else ""
    raise DtypeError(
        "A batch of the loader must be a tensor x, or a pair of tensors (x, labels); yours is a "
        f"{type(item).__name__}{size}. Let the data set's __getitem__ return a pair."
    )
