"""The optimizers that `fit` knows: how each is made, and what it keeps for a weight."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from ..core import CheckpointError
from ..core.device import has_fused_adam
from .config import TrainConfig

ADAM = frozenset({"step", "exp_avg", "exp_avg_sq"})
KEEPS = {"adam": ADAM, "adamw": ADAM, "rmsprop": frozenset({"step", "square_avg"}), "sgd": set()}


def make_optimizer(
    weights: list[nn.Parameter], config: TrainConfig, player: str, device: torch.device
) -> torch.optim.Optimizer:
    """The optimizer that `config` names for `player`, over the player's weights.

    Adam (Kingma and Ba 2015) and AdamW run fused into one kernel where they can.
    """
    kind = config.optimizer_of(player)
    if kind == "rmsprop":
        return torch.optim.RMSprop(weights, lr=1.0)  # fit sets the rate before each turn
    if kind == "sgd":
        return torch.optim.SGD(weights, lr=1.0)
    options = {"lr": 1.0, "betas": config.betas, "fused": has_fused_adam(device)}
    if kind == "adamw":
        return torch.optim.AdamW(weights, weight_decay=config.weight_decay, **options)
    return torch.optim.Adam(weights, **options)


def check_same_averages(then: TrainConfig, now: TrainConfig, players: Iterable[str]) -> None:
    """Raise a sentence where a player's new optimizer could do nothing with the old averages.

    >>> now = TrainConfig(steps=2, optimizer="adamw")
    >>> check_same_averages(TrainConfig(steps=1), now, ["model"])
    """
    for player in players:
        old, new = then.optimizer_of(player), now.optimizer_of(player)
        if KEEPS[old] != KEEPS[new]:
            raise CheckpointError(
                f"The training to resume used the optimizer {old!r} for the player {player!r}, "
                f"whose averages mean nothing to {new!r}. Go on with {old!r}, or leave out resume "
                "to train anew with the weights that the model has."
            )
