"""The lesson on synthetic records: what its page shares, its exercises and its questions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ...core import make_generator
from ...data import RecordTable, records
from ...lab.checkers import same_on
from ...lab.register import exercise, question
from ...metrics import attacks, tables

LESSON = "interactive/synthetic_records"
MEMBERS, OTHERS = 100, 300


class Split(NamedTuple):
    """The records of one run of the page, numbers standardised.

    Attributes
    ----------
    members, others, elsewhere : Tensor
        100 to train on, 300 that no generator sees, and 169 from which the scale was taken and on
        which classifiers are tested.
    table : RecordTable
        Names and kinds of the columns.
    mean, spread : Tensor
        ``[D]``, of the rows elsewhere; 0 and 1 for the diagnosis.
    """

    members: Tensor
    others: Tensor
    elsewhere: Tensor
    table: RecordTable
    mean: Tensor
    spread: Tensor

    def in_units(self, rows: Tensor) -> Tensor:
        """Standardised rows in the units of the records."""
        return rows * self.spread + self.mean

    def texts(self, rows: Tensor) -> list[list[str]]:
        """Standardised rows as words: numbers in their units, the diagnosis by its name."""
        named = self.table.values[-1]
        return [
            [f"{v:.3g}" for v in row[:-1]] + [named[int(row[-1])]]
            for row in self.in_units(rows).tolist()
        ]


def split_records(generator: torch.Generator) -> Split:
    """Deal the 569 records out at random, and standardise by the rows elsewhere.

    >>> parts = split_records(make_generator(0))
    >>> [len(part) for part in parts[:3]]
    [100, 300, 169]
    """
    table = records()
    rows = table.rows[torch.randperm(len(table.rows), generator=generator)]
    elsewhere = rows[MEMBERS + OTHERS :]
    mean, spread = elsewhere.mean(0), elsewhere.std(0)
    mean[-1], spread[-1] = 0.0, 1.0
    z = (rows - mean) / spread
    parts = z.split([MEMBERS, OTHERS, len(elsewhere)])
    return Split(*parts, table, mean, spread)


class Report(NamedTuple):
    """One synthetic table, judged.

    Attributes
    ----------
    quality : float
        Likeness of columns and pairs to the members, in [0, 1].
    use : float
        Accuracy on rows elsewhere of a classifier trained on the synthetic rows.
    nearer : float
        Share of synthetic rows nearer to a member than to any of as many others; 0.5 is chance.
    attack : attacks.Membership
        By the distance to the nearest synthetic row.
    repeats : float
        The AUC by how many of a record's numbers come at least twice in the synthetic rows.
    white : attacks.Membership or None
        By a score of the model's own, for an attacker who holds the model.
    means : tuple of float or None
        Mean of that score over the members, and over the others.
    leak : float
        How much more often a member's diagnosis is guessed than another's.
    """

    quality: float
    use: float
    nearer: float
    attack: attacks.Membership
    repeats: float
    white: attacks.Membership | None
    means: tuple[float, float] | None
    leak: float

    @property
    def aucs(self) -> dict[str, float]:
        """The AUC of each membership attack that was made, by its name."""
        made = {"distance": self.attack.auc, "repeats": self.repeats}
        return made | ({"with the model": self.white.auc} if self.white else {})

    def line(self, name: str) -> str:
        """The report in one line of text."""
        held = f", {self.white.auc:.2f} with the model" if self.white else ""
        return (
            f"{name}: quality {self.quality:.3f}, accuracy {self.use:.3f}, nearer to members "
            f"{self.nearer:.2f}, membership AUC {self.attack.auc:.2f} by distance, "
            f"{self.repeats:.2f} by repeats{held}, diagnosis leak {self.leak:+.2f}"
        )


def judge(
    synthetic: Tensor,
    parts: Split,
    generator: torch.Generator,
    *,
    bound: Callable[[Tensor], Tensor] | None = None,
) -> Report:
    """Everything that the page measures of one synthetic table.

    Parameters
    ----------
    synthetic : Tensor
        ``[N, 11]``, standardised.
    parts : Split
    generator : torch.Generator
        For the bootstrap.
    bound : callable, optional
        A score of rows by the model itself, higher for what it knows.
    """
    kinds, members, others = parts.table.categories, parts.members, parts.others

    def near(rows: Tensor) -> Tensor:
        return -attacks.nearest(rows, synthetic, kinds)[0]

    twice = attacks.repeated_values(synthetic, kinds)
    repeats = [attacks.count_found(x, twice, kinds) for x in (members, others)]
    attack = attacks.membership(near(members), near(others), generator=generator)
    held = [bound(x) for x in (members, others)] if bound else None
    white = attacks.membership(*held, generator=generator) if held else None
    guessed = [attacks.attribute_inference(synthetic, x, kinds, -1) for x in (members, others)]
    return Report(
        tables.table_scores(synthetic, members, kinds).quality,
        tables.train_test(synthetic, parts.elsewhere, kinds).accuracy,
        attacks.nearer_to_training(synthetic, members, others[: len(members)], kinds),
        attack,
        tables.auc(*repeats),
        white,
        (held[0].mean().item(), held[1].mean().item()) if held else None,
        guessed[0] - guessed[1],
    )


_g = make_generator(3)
SKEWED = torch.tensor([3.0, 0.1, 40.0, 7.0, 0.5])
NUMBERS = [(SKEWED,), (torch.tensor([2.0, -1.0, 0.0, 5.0]),), (SKEWED.flip(0)[:4],)]


def _ranks(x: Tensor) -> Tensor:
    return x.double().argsort().argsort().double()  # 0 for the least


def _scores(x: Tensor) -> Tensor:
    return torch.special.ndtri((_ranks(x) + 0.5) / len(x))


SCORES_MISTAKES = {
    "Those are shares of ranks, spread evenly; the normal quantile is still to come.": (
        lambda x: (_ranks(x) + 0.5) / len(x)
    ),
    "You standardised: a skewed column stays skewed. Only the rank may count.": (
        lambda x: (x.double() - x.double().mean()) / x.double().std(correction=0)
    ),
    "You standardised, with N - 1: a skewed column stays skewed. Only the rank may count.": (
        lambda x: (x.double() - x.double().mean()) / x.double().std()
    ),
    "The order is turned round: the least value has the lowest score.": lambda x: -_scores(x),
    "argsort once says who stands in each place; you need the place of each: argsort twice.": (
        lambda x: torch.special.ndtri((x.double().argsort().double() + 0.5) / len(x))
    ),
    "Your shares are (rank + 1) / (N + 1); here they are (rank + 1/2) / N.": (
        lambda x: torch.special.ndtri((_ranks(x) + 1) / (len(x) + 1))
    ),
}


@exercise(
    f"{LESSON}/scores",
    not_yet="Write the body of `normal_scores(x)` and return a tensor [N].",
    right="Whatever the column looked like, its scores look Gaussian.",
    hints=[
        "x.argsort().argsort() is the rank of each value, from 0.",
        "(rank + 1/2) / N is a share in (0, 1); torch.special.ndtri is the normal quantile.",
        "torch.special.ndtri((x.argsort().argsort() + 0.5) / len(x))",
    ],
)
def scores(answer) -> None:
    """The normal scores of a column without ties."""
    same_on(answer, _scores, NUMBERS, mistakes=SCORES_MISTAKES)


NEAR = torch.rand(6, 4, generator=_g)
FAR = torch.rand(6, 4, generator=_g)
DISTANCES = [(NEAR, FAR), (NEAR[:5, :3], FAR[1:, :3]), (FAR, NEAR)]


def _nearer(a: Tensor, b: Tensor) -> Tensor:
    return (a.amin(1) < b.amin(1)).double().mean()


NEARER_MISTAKES = {
    "That is the share nearer to the *others*.": lambda a, b: 1 - _nearer(a, b),
    "You took means over all records; what gives a copy away is its one nearest record.": (
        lambda a, b: (a.mean(1) < b.mean(1)).double().mean()
    ),
    "You looked for the synthetic row nearest to each record; ask it of each synthetic row.": (
        lambda a, b: (a.amin(0) < b.amin(0)).double().mean()
    ),
    "You compared record with record by their place; take each row's nearest first.": (
        lambda a, b: (a < b).double().mean()
    ),
    "That is the number of rows; divide by how many there are.": (
        lambda a, b: (a.amin(1) < b.amin(1)).double().sum()
    ),
    "You compared the smallest distance of all; ask each synthetic row by itself.": (
        lambda a, b: torch.tensor(float(a.min() < b.min()))
    ),
}


@exercise(
    f"{LESSON}/nearer",
    not_yet="Write the body of `nearer(to_members, to_others)` and return one number.",
    right="About 1/2 says nothing was copied row by row; it does not say that nothing leaks.",
    hints=[
        "Each row of both matrices belongs to one synthetic record.",
        "Its nearest member lies at to_members.amin(1).",
        "(to_members.amin(1) < to_others.amin(1)).double().mean()",
    ],
)
def nearer(answer) -> None:
    """The share of synthetic rows that lie nearer to a member than to any other record."""
    same_on(answer, _nearer, DISTANCES, mistakes=NEARER_MISTAKES)


USED = torch.tensor([0.1, 0.4, 0.2, 0.9])
UNUSED = torch.tensor([0.5, 0.4, 0.8])
SETS = [(USED, UNUSED), (UNUSED, USED[:2]), (USED[1:], UNUSED[:2])]


def _wins(members: Tensor, others: Tensor) -> Tensor:
    a, b = members.double()[:, None], others.double()[None]
    return ((a < b).double() + 0.5 * (a == b).double()).mean()


ATTACK_MISTAKES = {
    "Turned round, and ties left out: a member is expected *nearer*, and a tie counts half.": (
        lambda m, o: (m[:, None] > o).double().mean()
    ),
    "These are distances: the *smaller* one says member.": lambda a, b: 1 - _wins(a, b),
    "A tie counts half; you counted it as lost.": (
        lambda a, b: (a[:, None] < b[None]).double().mean()
    ),
    "A tie counts half; you counted it as won.": (
        lambda a, b: (a[:, None] <= b[None]).double().mean()
    ),
    "You compared the means; the AUC counts pairs of records.": (
        lambda a, b: torch.tensor(float(a.mean() < b.mean()))
    ),
    "That is the number of pairs won; divide by how many pairs there are.": (
        lambda a, b: _wins(a, b) * len(a) * len(b)
    ),
    "That is the sum of wins over the members; average over the others, too.": (
        lambda a, b: _wins(a, b) * len(b)
    ),
}


@exercise(
    f"{LESSON}/attack",
    not_yet="Write the body of `attack_auc(members, others)` and return one number.",
    right="The probability that a member lies nearer than a record that was not used.",
    hints=[
        "Compare every member with every other record: members[:, None] < others.",
        "Equal distances count one half.",
        "((m < o).double() + 0.5 * (m == o).double()).mean() with m = members[:, None], o = others",
    ],
)
def attack(answer) -> None:
    """The AUC of a membership attack by distances."""
    same_on(answer, _wins, SETS, mistakes=ATTACK_MISTAKES)


GRADIENTS = torch.tensor([[3.0, 4.0, 0.0], [0.3, 0.0, 0.4], [0.0, -2.0, 0.0], [0.6, 0.0, -0.7]])
CLIPS = [(GRADIENTS, 1.0), (GRADIENTS[1:], 2.0), (GRADIENTS.flip(0)[:3], 0.4)]


def _cut(g: Tensor, c: float) -> Tensor:
    g = g.double()
    return (g * (c / g.norm(dim=1, keepdim=True)).clamp(max=1.0)).sum(0)


CLIP_MISTAKES = {
    "You cut the sum: noise that hides one record would then hide them all; cut each first.": (
        lambda g, c: g.double().sum(0) * min(1.0, c / g.double().sum(0).norm().item())
    ),
    "You stretched short gradients to the full norm; those stay as they are.": (
        lambda g, c: (g.double() * c / g.double().norm(dim=1, keepdim=True)).sum(0)
    ),
    "You cut each number to [-C, C]; it is the norm of a whole gradient that is cut.": (
        lambda g, c: g.double().clamp(-c, c).sum(0)
    ),
    "That is the mean; the noise is made for the sum.": lambda g, c: _cut(g, c) / len(g),
    "Nothing was cut: that is the plain sum.": lambda g, c: g.double().sum(0),
    "You left long gradients out; they count, scaled down to the norm C.": (
        lambda g, c: (g.double() * (g.double().norm(dim=1, keepdim=True) <= c)).sum(0)
    ),
    "You divided by the squared norm: take its root.": (
        lambda g, c: (
            g.double() * (c / g.double().square().sum(1, keepdim=True)).clamp(max=1.0)
        ).sum(0)
    ),
}


@exercise(
    f"{LESSON}/clip",
    not_yet="Write the body of `clipped(gradients, norm)` and return a tensor [P].",
    right="Now no record moves the sum by more than C, whatever it says.",
    hints=[
        "gradients.norm(dim=1, keepdim=True) is the norm of each record's gradient.",
        "Scale a gradient by C over its norm, but never up: .clamp(max=1).",
        "(gradients * (norm / gradients.norm(dim=1, keepdim=True)).clamp(max=1)).sum(0)",
    ],
)
def clip(answer) -> None:
    """The sum of gradients, each cut to a norm."""
    same_on(answer, _cut, CLIPS, mistakes=CLIP_MISTAKES)


ORDERS = torch.tensor([2.0, 4.0, 8.0, 16.0, 32.0])
COSTS = [
    (ORDERS, ORDERS / 200, 100, 1e-5),
    (ORDERS[:4], ORDERS[:4] ** 2 / 900, 9, 1e-3),
    (ORDERS, ORDERS / 50, 4, 1e-2),
]


def _price(a: Tensor, cost: Tensor, steps: int, delta: float) -> Tensor:
    return (steps * cost.double() - _log(delta) / (a.double() - 1)).min()


def _log(x: float) -> Tensor:
    return torch.tensor(x, dtype=torch.float64).log()


PRICE_MISTAKES = {
    "The price of delta is paid once, not at each step: only the costs are multiplied.": (
        lambda orders, costs, steps, delta: steps * (costs - math.log(delta) / (orders - 1)).min()
    ),
    "That is the price of one step: the costs of all steps add up.": (
        lambda a, r, n, d: _price(a, r, 1, d)
    ),
    "Every order gives a promise that holds; you may keep the smallest, not the largest.": (
        lambda a, r, n, d: (n * r.double() - _log(d) / (a.double() - 1)).max()
    ),
    "log(delta) is negative: subtract it, or take log(1 / delta).": (
        lambda a, r, n, d: (n * r.double() + _log(d) / (a.double() - 1)).min()
    ),
    "Renyi costs add up; they grow with the steps, not with their root.": (
        lambda a, r, n, d: _price(a, r * n**0.5 / n, n, d)
    ),
    "You left delta out of the price.": lambda a, r, n, d: (n * r.double()).min(),
    "Take the natural logarithm; yours has base 10.": (
        lambda a, r, n, d: (n * r.double() - _log(d) / _log(10.0) / (a.double() - 1)).min()
    ),
    "Divide log(1 / delta) by the order minus 1.": (
        lambda a, r, n, d: (n * r.double() - _log(d) / a.double()).min()
    ),
}


@exercise(
    f"{LESSON}/price",
    not_yet="Write the body of `price(orders, costs, steps, delta)` and return one number.",
    right="Costs add up over the steps, and the best order speaks for all.",
    hints=[
        "At each order: steps * costs + log(1 / delta) / (orders - 1).",
        "Each of these is a promise that holds; which one do you tell?",
        "(steps * costs - math.log(delta) / (orders - 1)).min()",
    ],
)
def price(answer) -> None:
    """Epsilon from the Renyi costs of one step at several orders."""
    same_on(answer, _price, COSTS, mistakes=PRICE_MISTAKES)


question(
    f"{LESSON}/q1",
    "A synthetic table has quality 0.99. What does that say about privacy?",
    options={
        "a": ("Nothing.", "A copy of the records has 1."),
        "b": ("Much: it looks real without being real.", "It may be real, row by row."),
        "c": (
            "A little: it cannot be the real table.",
            "It can: the real table itself would have 1.",
        ),
    },
    answer="a",
)

question(
    f"{LESSON}/q2",
    "A membership attack has AUC 0.53 on 100 members and 300 others. Is there a leak?",
    options={
        "a": ("Yes: it is above 0.5.", "So are half of all attacks that know nothing."),
        "b": ("It does not show.", "Chance alone spreads by 0.033, so 0.53 is within it."),
        "c": ("No: 0.53 is too little.", "No attack can prove that there is no leak."),
    },
    answer="b",
)

question(
    f"{LESSON}/q3",
    "Why is each example's gradient clipped before the noise is added?",
    options={
        "a": ("So that training is stable.", "It may be; that is not what the promise needs."),
        "b": (
            "So that the noise is never larger than the gradient itself.",
            "It may well be larger; its spread is set by C.",
        ),
        "c": (
            "So that one record can move the sum by C at most.",
            "Noise hides a move only if the move is bounded.",
        ),
    },
    answer="c",
)

question(
    f"{LESSON}/q4",
    "The noise stays, and the training runs twice as long. What becomes of epsilon?",
    options={
        "a": (
            "It grows, as the costs of all steps add up.",
            "They are Renyi divergences; every step is one more look at the records.",
        ),
        "b": ("It stays: the noise is the same.", "Each step asks the records again."),
        "c": (
            "It falls: every step brings more noise.",
            "And every step asks the records once more, which costs more than it hides.",
        ),
    },
    answer="a",
)

question(
    f"{LESSON}/q5",
    "A clinic drops all rows with a missing bill, then makes synthetic ones. What can go wrong?",
    options={
        "a": ("Nothing but fewer rows.", "Only if bills were missing by pure chance."),
        "b": ("New bills come out missing.", "The generator has never seen a gap."),
        "c": (
            "People who often have no bill become rare.",
            "The rows that stay are no fair sample, and the generator copies that.",
        ),
    },
    answer="c",
)
