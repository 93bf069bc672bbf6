"""A DataLoader without end: every epoch begun anew, pairs as batches, resumed exactly."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from aigc_teach.core import CheckpointError, DataError, DtypeError, Labelled, RangeError
from aigc_teach.data import Epochs

N, SIZE = 12, 4


class Shaken(Dataset):
    """Numbers 0 to 11, each with an augmentation from each source of chance."""

    def __len__(self):
        return N

    def __getitem__(self, i):
        noise = torch.rand(1).item(), random.random(), float(np.random.rand())
        return torch.tensor([float(i), *noise]), i


def loader(**options):
    return DataLoader(Shaken(), batch_size=SIZE, shuffle=True, **options)


def draw(batches, n):
    return [next(batches) for _ in range(n)]


def order(batches):
    return [int(i) for batch in batches for i in batch[1]]


def test_cycle_freezes_the_first_epoch_and_epochs_do_not():
    frozen, alive = draw(itertools.cycle(loader()), 6), draw(Epochs(loader()), 6)
    assert order(frozen[:3]) == order(frozen[3:])
    assert all(a[0] is b[0] for a, b in zip(frozen[:3], frozen[3:], strict=True))  # kept whole
    assert order(alive[:3]) != order(alive[3:])
    for batches in (alive[:3], alive[3:]):
        assert sorted(order(batches)) == list(range(N))  # every item once an epoch
    seen = torch.cat([x for x, _ in alive])
    assert len(seen[:, 1:].unique(dim=0)) == 2 * N  # each augmentation is drawn anew
    assert len(torch.cat([x for x, _ in frozen])[:, 1:].unique(dim=0)) == N


def test_pairs_become_labelled_and_single_ones_tensors():
    batch = next(Epochs(loader()))
    assert isinstance(batch, Labelled) and batch.x.shape == (SIZE, 4)
    assert batch.condition.dtype == torch.int64
    alone = DataLoader(TensorDataset(torch.zeros(4, 2)), batch_size=2)
    assert next(Epochs(alone)).shape == (2, 2)
    assert next(Epochs([torch.zeros(3, 2)])).shape == (3, 2)
    ready = Labelled(torch.zeros(3, 2), torch.arange(3))
    assert next(Epochs([ready])) is ready


@pytest.mark.parametrize("options", [{}, {"generator": torch.Generator()}, {"num_workers": 1}])
@pytest.mark.parametrize("at", [0, 2, 3, 5])
def test_it_goes_on_exactly(options, at):
    if options.get("num_workers") and at != 5:
        pytest.skip("a process for each is slow")
    whole = draw(Epochs(loader(**options), seed=5), 8)
    first = Epochs(loader(**options), seed=5)
    draw(first, at)
    second = Epochs(loader(**options), seed=9)
    second.load_state_dict(first.state_dict())
    for one, other in zip(whole[at:], draw(second, 8 - at), strict=True):
        assert torch.equal(one.x, other.x) and torch.equal(one.condition, other.condition)


def test_the_seed_decides_and_nothing_outside_is_touched():
    def state():
        return torch.rand(1).item(), random.random(), np.random.rand()

    torch.manual_seed(3), random.seed(3), np.random.seed(3)
    before = state()
    torch.manual_seed(3), random.seed(3), np.random.seed(3)
    a = draw(Epochs(loader(), seed=1), 4)
    assert state() == before
    torch.manual_seed(8)
    b, c = draw(Epochs(loader(), seed=1), 4), draw(Epochs(loader(), seed=2), 4)
    assert all(torch.equal(x.x, y.x) for x, y in zip(a, b, strict=True))
    assert not all(torch.equal(x.x, y.x) for x, y in zip(a, c, strict=True))


def test_an_interrupted_batch_is_not_lost():
    class Breaks(Shaken):
        broken = True

        def __getitem__(self, i):
            if i == 7 and self.broken:
                raise KeyboardInterrupt
            return super().__getitem__(i)

    data = Breaks()
    batches = Epochs(DataLoader(data, batch_size=3, shuffle=True), seed=2)
    seen = []
    with pytest.raises(KeyboardInterrupt):
        while True:
            seen += next(batches).condition.tolist()
    data.broken = False
    while len(seen) < N:
        seen += next(batches).condition.tolist()
    assert sorted(seen) == list(range(N))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (iter([torch.zeros(2, 2)]), DtypeError, "can be gone through once"),
        (torch.zeros(2, 2), DtypeError, r"data.Batches\(x\)"),
        ("pictures", DtypeError, "a str does not"),
        (3, DtypeError, "you gave a int"),
        ([], DataError, "gives no batch"),
        ([{"x": torch.zeros(2, 2)}], DtypeError, "dict of 1 parts"),
        ([(torch.zeros(2), torch.zeros(2), torch.zeros(2))], DtypeError, "tuple of 3 parts"),
        ([["a", "b"]], DtypeError, "list of 2 parts"),
        ([torch.full((2, 3, 8, 8), 255.0)], RangeError, "255"),
        ([torch.full((2, 2), float("nan"))], RangeError, "NaN"),
    ],
)
def test_what_cannot_be_is_said(given, error, words):
    with pytest.raises(error, match=words):
        next(Epochs(given))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batches": 4}, "4 batches an epoch, but this loader has 3"),
        ({"position": 9}, "damaged"),
        ({"epoch": -1}, "damaged"),
    ],
)
def test_a_state_that_cannot_be_taken_up(change, words):
    batches = Epochs(loader())
    with pytest.raises(CheckpointError, match=words):
        batches.load_state_dict({**batches.state_dict(), **change})
    with pytest.raises(CheckpointError, match="lacks"):
        batches.load_state_dict({"seed": 0})
