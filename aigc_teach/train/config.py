"""How to train, in one frozen dataclass: what the loop needs to know and nothing more."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass

from ..core import (
    AigcError,
    DtypeError,
    RangeError,
    check_choice,
    check_count,
    check_number,
    check_seed,
)

OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
SCHEDULES = ("cosine", "cosine_tail", "constant")
TAIL = 0.4  # the share of the steps over which "cosine_tail" falls to zero


@dataclass(frozen=True)
class TrainConfig:
    """The settings of one training.

    Attributes
    ----------
    steps : int
        How many steps the whole training has, those before a resume included.
    lr : float or dict of str to float
        The learning rate, or one per player: ``{"critic": 4e-4, "generator": 1e-4}``.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"} or dict of str to str
        What moves the weights, or one per player: ``{"critic": "rmsprop", "generator": "adam"}``.
    betas : tuple of float
        The two averaging factors of "adam" and "adamw", each in [0, 1). The other optimizers
        have PyTorch's own settings.
    weight_decay : float
        Of "adamw" alone: at each turn its weights shrink by this part of the learning rate.
    schedule : {"cosine", "cosine_tail", "constant"}
        How the learning rate falls: half a cosine over all steps (Loshchilov and Hutter
        2017, equation 5, without restarts), the same over the last 40 % only, or never.
    precision : {"auto", "bfloat16", "float32"}
        ``"auto"`` leaves the choice to the machine.
    seed : int
        Seeds all randomness inside the training.
    log_every : int
        Every how many steps losses are brought over from the device and looked at.
    clip_norm : float, optional
        The largest length of one player's gradient; longer ones are shortened to it.
    turns : tuple of str, optional
        Who moves in one step, in order; default: each of the model's players once.
        ``("critic",) * 5 + ("generator",)`` trains the critic five times a step.

    Raises
    ------
    AigcError
        One of its subclasses, with a sentence, for a value that makes no sense.

    Examples
    --------
    >>> config = TrainConfig(steps=100, lr=0.01, schedule="constant")
    >>> config.learning_rate(step=99)
    0.01
    """

    steps: int
    lr: float | dict[str, float] = 2e-3
    optimizer: str | dict[str, str] = "adam"
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.01
    schedule: str = "cosine"
    precision: str = "auto"
    seed: int = 0
    log_every: int = 50
    clip_norm: float | None = None
    turns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_count("steps", self.steps)
        check_seed("seed", self.seed)
        check_count("log_every", self.log_every)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_choice("precision", self.precision, ("auto", "bfloat16", "float32"))
        for name, rate in per_player("lr", self.lr).items():
            check_positive(name, rate)
        for name, kind in per_player("optimizer", self.optimizer).items():
            check_choice(name, kind, OPTIMIZERS)
        check_number("weight_decay", self.weight_decay)
        if self.clip_norm is not None:
            check_positive("clip_norm", self.clip_norm)
        object.__setattr__(self, "betas", check_betas(self.betas))
        object.__setattr__(self, "turns", check_turns(self.turns))

    def optimizer_of(self, player: str = "model") -> str:
        """The name of the optimizer that moves `player`.

        >>> TrainConfig(steps=1, optimizer={"critic": "rmsprop"}).optimizer_of("critic")
        'rmsprop'
        """
        return self.optimizer[player] if isinstance(self.optimizer, dict) else self.optimizer

    def learning_rate(self, player: str = "model", *, step: int) -> float:
        """The learning rate of `player` after `step` finished steps (0 before the first).

        >>> [round(TrainConfig(steps=4, lr=1.0).learning_rate(step=s), 2) for s in range(4)]
        [1.0, 0.85, 0.5, 0.15]
        """
        peak = self.lr[player] if isinstance(self.lr, dict) else self.lr
        if self.schedule == "constant":
            return peak
        start = 0.0 if self.schedule == "cosine" else (1 - TAIL) * self.steps
        progress = (step - start) / (self.steps - start)
        return peak * 0.5 * (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))

    def turns_of(self, players: tuple[str, ...]) -> list[tuple[str, bool]]:
        """Who moves in one step, and whether a new batch is drawn for that move.

        One batch serves a whole step, until a player moves again: then a new one is drawn.

        >>> config = TrainConfig(steps=1, turns=("critic", "critic", "generator"))
        >>> config.turns_of(("critic", "generator"))
        [('critic', True), ('critic', True), ('generator', False)]
        """
        turns, seen = [], None  # seen: who has used the current batch
        for player in self.turns or players:
            check_choice("turns", player, players)
            draw = seen is None or player in seen
            seen = {player} if draw else seen | {player}
            turns.append((player, draw))
        moving = {player for player, _ in turns}
        check_players("lr", "learning rate", self.lr, players, moving)
        check_players("optimizer", "optimizer", self.optimizer, players, moving)
        return turns

    def to_dict(self) -> dict:
        """All settings as plain values, for a checkpoint's header."""
        return asdict(self)


def per_player(name: str, value: object) -> dict[str, object]:
    """A setting under its name, or those of each player under names such as ``lr['critic']``.

    >>> per_player("lr", {"critic": 0.1}), per_player("lr", 0.2)
    ({"lr['critic']": 0.1}, {'lr': 0.2})
    """
    if not isinstance(value, dict):
        return {name: value}
    return {f"{name}[{player!r}]": one for player, one in value.items()}


def check_players(
    name: str, words: str, value: object, players: tuple[str, ...], moving: set[str]
) -> None:
    """Raise a sentence unless a setting per player names players, and every one that moves."""
    if not isinstance(value, dict):
        return
    for player in value:
        check_choice(f"{name}'s player", player, players)
    for player in sorted(moving - set(value)):
        raise AigcError(f"{name}={value} names no {words} for the player {player!r}.")


def check_positive(what: str, value: object) -> None:
    """Raise a sentence unless `value` is a finite number above zero.

    >>> check_positive("lr", 0.01)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DtypeError(f"{what}={value!r} is a {type(value).__name__}; it must be a number.")
    if not (0 < value <= sys.float_info.max):
        raise RangeError(f"{what}={value} must be a finite number above 0.")


def check_betas(betas: object) -> tuple[float, float]:
    """Return Adam's two betas as a tuple, or raise a sentence.

    >>> check_betas([0.5, 0.99])
    (0.5, 0.99)
    """
    try:
        first, second = (float(beta) for beta in betas)
    except (TypeError, ValueError):
        raise DtypeError(f"betas={betas!r} must be two numbers, such as (0.9, 0.999).") from None
    if not (0 <= first < 1 and 0 <= second < 1):
        raise RangeError(f"betas={betas} must both be at least 0 and below 1.")
    return first, second


def check_turns(turns: object) -> tuple[str, ...] | None:
    """Return the turns as a tuple of names, or raise a sentence.

    >>> check_turns(["critic", "generator"])
    ('critic', 'generator')
    """
    if turns is None:
        return None
    if isinstance(turns, str):
        raise DtypeError(f"turns={turns!r} is one text; write turns=({turns!r},).")
    turns = tuple(turns)
    if not turns or not all(isinstance(player, str) for player in turns):
        raise DtypeError(f"turns={turns!r} must name at least one player, such as ('critic',).")
    return turns
