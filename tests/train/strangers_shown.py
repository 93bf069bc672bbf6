"""What set E shares: its data, and the checks that show a training sound without any diagnosis.

A script of set E brings its own outcome: for each figure the bound it must stay below. A script
that is held for sound and fails its own check is dropped or counted as sick before any rule sees
it; `tools/measure_strangers.py --outcomes` prints the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_teach.metrics import frechet_distance, gaussian_of
from train.strangers import Trained

__all__ = ["Samples", "Shown", "exam", "held_out", "spare", "told"]


@dataclass
class Shown(Trained):
    """A training, and by what it is shown sound: each figure with the bound it stays below."""

    outcome: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether every figure is below its bound (a figure that is not a number is not)."""
        return bool(self.outcome) and all(value < bound for value, bound in self.outcome.values())


@contextmanager
def exam(*nets: nn.Module) -> Iterator[None]:
    """Evaluation without a trace: no gradient, chance put back, each part's mode put back."""
    modes = [(part, part.training) for net in nets for part in net.modules()]
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(99)
        for net in nets:
            net.eval()
        yield
    for part, mode in modes:
        part.training = mode


def held_out(loss: Callable[[], Tensor], constant: float, *nets: nn.Module, share: float = 0.9):
    """The loss on items never trained on, and a share of the best constant answer's."""
    with exam(*nets):
        values = [float(loss()) for _ in range(4)]
    return {"held-out loss": (sum(values) / 4, constant * share if constant > 0 else constant)}


def spare(train: Tensor, held: Tensor) -> float:
    """Mean squared error of the training items' mean on the held-out items."""
    return float(((held - train.mean(0)) ** 2).mean())


def told(train: Tensor, held: Tensor, size: int) -> float:
    """Cross entropy in nats of the training tokens' shares on the held-out tokens."""
    share = torch.bincount(train.flatten(), minlength=size).float() + 1e-3
    return float(-(share / share.sum()).log()[held.flatten()].mean())


class Samples:
    """Samples against held-out items: squared Frechet distance, at the start and now, and spread.

    The distance is that of the first principal directions of the held-out items; the spread is
    the mean distance of two samples over that of two held-out items.
    """

    def __init__(self, held: Tensor, draw: Callable[[int], Tensor], *nets: nn.Module):
        self.draw, self.nets, self.held = draw, nets, held.flatten(1).double()
        self.mean = self.held.mean(0)
        k = min(8, self.held.shape[1])
        self.axes = torch.linalg.svd(self.held - self.mean, full_matrices=False)[2][:k].T
        self.start = self.now()[0]

    def now(self) -> tuple[float, float]:
        """The distance and the spread."""
        with exam(*self.nets):
            made = self.draw(256).flatten(1).double()
        a, b = ((x - self.mean) @ self.axes for x in (made, self.held))
        spread = torch.pdist(made).mean() / torch.pdist(self.held).mean()
        return frechet_distance(*gaussian_of(a), *gaussian_of(b)), float(spread)

    def outcome(self, share: float = 0.6, least: float = 0.35) -> dict:
        """Nearer than at the start, and no heap of equal samples."""
        distance, spread = self.now()
        return {
            "Frechet distance": (distance, share * self.start),
            "1 - spread": (1 - spread, 1 - least),
        }


def missed(made: Tensor, centres: Tensor, near: float) -> float:
    """The share of the modes that no sample comes near to."""
    return float((torch.cdist(centres, made).min(1).values > near).float().mean())


# ------------------------------------------------------------------------------------ data


def draws(seed: int) -> torch.Generator:
    """A generator that starts the same at each call: the data are always the same."""
    return torch.Generator().manual_seed(seed)


def colours(n: int) -> Tensor:
    """Pictures in two colours that run into each other, [n, 3, 8, 8] in [-1, 1]."""
    g = draws(21)
    ends = torch.rand(n, 2, 3, 1, 1, generator=g) * 1.6 - 0.8
    angle = torch.rand(n, 1, 1, generator=g) * 6.283
    axis = torch.linspace(-1, 1, 8)
    along = torch.sigmoid(3 * (axis[:, None] * angle.sin() + axis * angle.cos()))[:, None]
    return ends[:, 0] * along + ends[:, 1] * (1 - along)


def bars(n: int) -> Tensor:
    """One bright row or column, sometimes two, [n, 1, 8, 8], -1 or 1."""
    g = draws(22)
    x = -torch.ones(n, 1, 8, 8)
    for k in range(n):
        for _ in range(int(torch.randint(1, 3, (1,), generator=g))):
            at, way = torch.randint(8, (1,), generator=g), torch.rand(1, generator=g)
            if way < 0.5:
                x[k, 0, at] = 1.0
            else:
                x[k, 0, :, at] = 1.0
    return x


def waves(n: int, length: int = 32) -> Tensor:
    """Two sines of chance pitch, height and phase, [n, 1, length], within [-1, 1]."""
    g = draws(23)
    pitch = 1 + 2 * torch.rand(n, 2, 1, generator=g)
    height = 0.15 + 0.35 * torch.rand(n, 2, 1, generator=g)
    phase = 6.283 * torch.rand(n, 2, 1, generator=g)
    time = torch.linspace(0, 6.283, length)
    return (height * torch.sin(pitch * time + phase)).sum(1, keepdim=True)


def people(n: int) -> Tensor:
    """A table: six measured quantities of two groups, each with mean 0 and deviation 1, [n, 6]."""
    g = draws(24)
    group = (torch.rand(n, 1, generator=g) < 0.4).float()
    size = torch.randn(n, 2, generator=g) @ torch.randn(2, 6, generator=draws(3))
    x = 2.5 * group * torch.tensor([1.0, -1, 0.5, 0, 1, -0.5]) + size
    x = x + 0.3 * torch.randn(n, 6, generator=g)
    return (x - x.mean(0)) / x.std(0)


def spiral(n: int) -> Tensor:
    """Points on two arms, [n, 2], within [-2, 2]."""
    g = draws(25)
    r = torch.rand(n, generator=g).sqrt()
    angle = 4.5 * r + 3.1416 * (torch.rand(n, generator=g) < 0.5)
    return 1.8 * torch.stack([r * angle.cos(), r * angle.sin()], 1) + 0.05 * torch.randn(
        n, 2, generator=g
    )


GRID = torch.cartesian_prod(torch.arange(3.0), torch.arange(3.0)) - 1


def grid(n: int) -> Tensor:
    """Points around nine places, [n, 2]."""
    g = draws(26)
    which = torch.randint(9, (n,), generator=g)
    return 1.5 * GRID[which] + 0.12 * torch.randn(n, 2, generator=g)


SUMS = "0123456789+=;"


def sums(n: int) -> Tensor:
    """Rows "34+27=61;" of nine tokens, [n, 9]."""
    g = draws(27)
    a, b = torch.randint(10, 50, (n,), generator=g), torch.randint(10, 50, (n,), generator=g)
    rows = [f"{i}+{j}={i + j};" for i, j in zip(a.tolist(), b.tolist(), strict=True)]
    return torch.tensor([[SUMS.index(c) for c in row] for row in rows])


def chain(n: int, length: int, letters: int = 6) -> Tensor:
    """Rows of letters, of which each leans on the two before it, [n, length]."""
    g = draws(28)
    table = torch.softmax(2.5 * torch.randn(letters, letters, letters, generator=draws(4)), -1)
    x = torch.randint(letters, (n, 2), generator=g)
    while x.shape[1] < length:
        nxt = torch.multinomial(table[x[:, -2], x[:, -1]], 1, generator=g)
        x = torch.cat([x, nxt], 1)
    return x


def melodies(n: int, length: int) -> Tensor:
    """Walks up and down a scale of 12 notes, [n, length]."""
    g = draws(29)
    steps = torch.multinomial(
        torch.tensor([0.1, 0.35, 0.1, 0.35, 0.1]), n * length, replacement=True, generator=g
    ).view(n, length)
    start = torch.randint(12, (n, 1), generator=g)
    at = (start + (steps - 2).cumsum(1)) % 22
    return torch.where(at > 11, 22 - at, at).clamp(0, 11)


def cut(x: Tensor, held: int = 256) -> tuple[Tensor, Tensor]:
    """Items to train on, and items held out."""
    return x[:-held], x[-held:]


def flow_of(x: Tensor, size: int, steps: int) -> Iterator[Tensor]:
    """So many batches, each drawn anew with replacement."""
    for _ in range(steps):
        yield x[torch.randint(len(x), (size,))]


def bits(logits: Tensor, x: Tensor) -> Tensor:
    """Binary cross entropy summed over an item, mean over items."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1).mean()


def entropy_of(train: Tensor, held: Tensor) -> float:
    """What `bits` gives for the best constant answer, pixel by pixel."""
    p = train.flatten(1).mean(0).clamp(0.01, 0.99)
    return float(bits(torch.logit(p).expand(len(held), -1), held.flatten(1)))
