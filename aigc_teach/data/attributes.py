"""What a made picture shows, as numbers and choices: drawn, given, or coupled.

Every attribute has its own stream of random numbers, drawn whether it is needed or not. So
giving one attribute leaves all others as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..core import (
    DtypeError,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    drawn_on,
    make_generator,
)

MOST = 200_000  # pictures at once


@dataclass(frozen=True)
class Amount:
    """An attribute that is a number, drawn evenly from [low, high).

    >>> Amount(-1, 1).value(torch.tensor([0.0, 0.75])).tolist()
    [-1.0, 0.5]
    """

    low: float
    high: float

    def value(self, quantile: Tensor) -> Tensor:
        """The values at the quantiles (numbers in [0, 1), ``[N]``), float32."""
        return self.low + (self.high - self.low) * quantile

    def quantile(self, value: Tensor, within: Tensor) -> Tensor:
        """Where values stand between low (0) and high (1)."""
        return (value - self.low) / (self.high - self.low)

    def read(self, name: str, given: object, n: int) -> Tensor:
        """What the caller gave, as float32 ``[n]``; a sentence where it is of no use."""
        value = as_column(name, given, n, torch.float32)
        if not bool(((value >= self.low) & (value <= self.high)).all()):
            raise RangeError(
                f"{name} must lie in [{self.low:g}, {self.high:g}]; yours lie in "
                f"[{value.min().item():g}, {value.max().item():g}]."
            )
        return value


@dataclass(frozen=True)
class Choice:
    """An attribute that is one of a few names; stored as its place among them.

    `shares` says how often each is drawn (equally often if left out).

    >>> Choice("none", "round").value(torch.tensor([0.0, 0.75])).tolist()
    [0, 1]
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]

    def __init__(self, *names: str, shares: Sequence[float] = ()):
        equal = [1 / len(names)] * len(names)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "shares", tuple(shares or equal))

    def starts(self) -> Tensor:
        """The quantile at which each name begins, ``[K]``."""
        return torch.tensor([sum(self.shares[:k]) for k in range(len(self.names))])

    def value(self, quantile: Tensor) -> Tensor:
        """The places at the quantiles (numbers in [0, 1], ``[N]``), int64."""
        return (quantile.unsqueeze(1) >= self.starts()).sum(1) - 1

    def quantile(self, value: Tensor, within: Tensor) -> Tensor:
        """A quantile that gives these places: `within` in [0, 1) says where in their share."""
        return self.starts()[value] + torch.tensor(self.shares)[value] * within

    def read(self, name: str, given: object, n: int) -> Tensor:
        """What the caller gave (names or places), as int64 ``[n]``."""
        words = [given] if isinstance(given, str) else given
        if isinstance(words, Sequence) and words and all(isinstance(w, str) for w in words):
            for word in words:
                check_choice(name, word, self.names)
            given = torch.tensor([self.names.index(word) for word in words])
            given = given[0] if len(words) == 1 else given
        value = as_column(name, given, n, torch.int64)
        if not bool(((value >= 0) & (value < len(self.names))).all()):
            raise RangeError(
                f"{name} must lie in 0..{len(self.names) - 1} (places in {list(self.names)}); "
                f"yours lie in {value.min().item()}..{value.max().item()}."
            )
        return value


Kind = Amount | Choice


def as_column(name: str, given: object, n: int, dtype: torch.dtype) -> Tensor:
    """One number, or one a picture, as ``[n]``."""
    whole = dtype == torch.int64
    wanted = "a whole number, a name" if whole else "a number"
    try:
        value = torch.as_tensor(given).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        value = None
    if value is None or value.is_complex() or (whole and value.is_floating_point()):
        raise DtypeError(
            f"{name} must be {wanted}, or {n} of them, one a picture; you gave {given!r:.80}."
        )
    if value.ndim > 1 or (value.ndim == 1 and len(value) != n):
        raise ShapeError(
            f"{name} must be {wanted}, or {n} of them, one a picture; yours has the shape "
            f"{list(value.shape)}."
        )
    return value.to(dtype).expand(n).contiguous()


def draw_attributes(
    kinds: Mapping[str, Kind],
    n: int,
    given: Mapping[str, object],
    couple: tuple[str, str, float] | None,
    generator: torch.Generator | None,
) -> dict[str, Tensor]:
    """Values of all attributes for `n` pictures: those given, the others drawn.

    Parameters
    ----------
    kinds : mapping of str to Amount or Choice
    n : int
        At most 200,000.
    given : mapping of str to object
        A value, or `n` of them; a choice also by name.
    couple : (first, second, amount), optional
        The second takes the first's quantile with probability abs(amount), one minus it for a
        negative amount. Each alone is distributed as ever; between quantiles the correlation
        is `amount`.
    generator : torch.Generator, optional
        That of seed 0 if left out.

    Examples
    --------
    >>> kinds = {"smile": Amount(-1, 1), "glasses": Choice("none", "round")}
    >>> draw_attributes(kinds, 3, {"glasses": "round"}, None, None)["glasses"].tolist()
    [1, 1, 1]
    """
    check_count("n", n, at_most=MOST)
    for name in given:
        check_choice("attribute", name, kinds)
    generator = generator or make_generator(0)
    where = drawn_on(torch.device("cpu"), generator)
    columns = len(kinds) + 1  # the last decides which pictures are coupled
    table = torch.rand(n, columns, generator=generator, device=where).cpu()
    quantiles = dict(zip(kinds, table.unbind(1), strict=False))
    values = {name: kinds[name].read(name, value, n) for name, value in given.items()}
    if couple is not None:
        first, second, amount = check_couple(couple, kinds, given)
        leader = quantiles[first]
        if first in values:
            leader = kinds[first].quantile(values[first], leader)
        leader = leader if amount >= 0 else 1 - leader
        follows = table[:, -1] < abs(amount)
        quantiles[second] = torch.where(follows, leader, quantiles[second])
    return {name: values.get(name, kinds[name].value(quantiles[name])) for name in kinds}


def check_couple(
    couple: object, kinds: Mapping[str, Kind], given: Mapping[str, object]
) -> tuple[str, str, float]:
    """The coupling, or a sentence that says what is wrong with it."""
    if not (isinstance(couple, Sequence) and not isinstance(couple, str) and len(couple) == 3):
        raise DtypeError(
            "couple must be (first attribute, second attribute, amount), for example "
            f"{(*list(kinds)[:2], 0.8)}; you gave {couple!r:.80}."
        )
    first, second, amount = couple
    for name in (first, second):
        check_choice("couple", name, kinds)
    if first == second or second in given:
        why = "with itself" if first == second else f"when {second} is given"
        raise RangeError(f"couple cannot tie {second} {why}; name an attribute that is drawn.")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not -1 <= amount <= 1:
        raise RangeError(f"couple's amount={amount!r} must be a number from -1 to 1.")
    return first, second, float(amount)
