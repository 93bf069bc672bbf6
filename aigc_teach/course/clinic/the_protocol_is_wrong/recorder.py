"""Looking into a training that is over: its first steps are lived through once more.

Legend: N batch, L latent size, K latents seen.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ....core import check_count, make_generator
from ....train.subject import held_by
from ..common.gan_plan import PlannedGan, TrainingState
from ..common.training import FinishedTraining

PLAYERS = ("critic", "generator")
TWO_MODE_LAYERS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout)
FIRST_STEPS = 10


@dataclass
class TrainingRecord:
    """What was seen in the first steps of a training.

    Attributes
    ----------
    latents : Tensor
        All that entered the generator, ``[K, L]``.
    pictures : Tensor
        What the generator made in the first step, ``[N, C, H, W]``.
    train_mode_share : dict of str to float
        For each kind of layer with two modes: the share of its calls made in training mode.
    weight_change : dict of (str, str) to float
        How far the weights of the second player go, as root mean square, each time the
        optimizer that belongs to the first makes its step.
    steps_per_turn : dict of str to float
        For each player how many steps its optimizer makes in one turn of the training.
    gradient_share : dict of str to float
        For each player the share of its steps before which a gradient reached its weights.
    gradient_ratio : dict of str to float
        Length of the gradient that a player's optimizer uses, over the length of what arrived
        since its last step; 1.0 where nothing is left over. No entry where it uses none.
    critic_drift : float
        How far the critic has moved between its answer to the generator and the generator's
        step that uses this answer, in root mean squares a weight.
    """

    latents: Tensor
    pictures: Tensor
    train_mode_share: dict[str, float] = field(default_factory=dict)
    weight_change: dict[tuple[str, str], float] = field(default_factory=dict)
    steps_per_turn: dict[str, float] = field(default_factory=dict)
    gradient_share: dict[str, float] = field(default_factory=dict)
    gradient_ratio: dict[str, float] = field(default_factory=dict)
    critic_drift: float = 0.0


def watch(training: FinishedTraining, steps: int = FIRST_STEPS) -> TrainingRecord:
    """Live through the first steps of a GAN's training again, and note what happens.

    Parameters
    ----------
    training : FinishedTraining
        Its plan, seed and pixels are used; nothing of it is changed.
    steps : int
        At least 1.

    Raises
    ------
    AigcError
        For a training without two players.
    """
    check_count("steps", steps)
    state, batches = training.start_again()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        recorder = StepRecorder(state)
        for _ in range(steps):
            training.plan.step(state, next(batches))
        recorder.hooks.clear()
    return recorder.summary(steps)


class StepRecorder:
    """Hooks on the networks and optimizers of one training, and what they saw.

    Parameters
    ----------
    state : TrainingState
    """

    def __init__(self, state: TrainingState):
        self.gan = state.gan
        self.seen: dict[str, list] = defaultdict(list)
        self.arrived: dict[str, dict[int, Tensor]] = {}
        self.before: dict[str, list[Tensor]] = {}
        self.critic_at_answer: list[Tensor] | None = None
        self.hooks = [
            state.gan.generator.register_forward_hook(self._on_pictures),
            state.gan.critic.register_forward_hook(self._on_answer),
        ]
        for module in state.gan.modules():
            if isinstance(module, TWO_MODE_LAYERS):
                self.hooks.append(module.register_forward_hook(self._on_layer))
        for player in PLAYERS:
            optimizer = getattr(state, f"{player}_optimizer")
            for place, weight in enumerate(getattr(state.gan, player).parameters()):
                self.hooks.append(weight.register_hook(self._on_gradient(player, place)))
            optimizer.register_step_pre_hook(self._before_step(player))
            optimizer.register_step_post_hook(self._after_step(player))

    def weights(self, player: str) -> list[Tensor]:
        """A player's weights as they are now."""
        return [w.detach().clone() for w in getattr(self.gan, player).parameters()]

    def _on_pictures(self, module, inputs, output) -> None:
        self.seen["latents"].append(inputs[0].detach())
        self.seen["pictures"].append(output.detach())

    def _on_answer(self, module, inputs, output) -> None:
        if inputs[0].requires_grad:  # in the generator's turn
            self.critic_at_answer = self.weights("critic")

    def _on_layer(self, module, inputs, output) -> None:
        self.seen[type(module).__name__].append(float(module.training))

    def _on_gradient(self, player: str, place: int):
        def note(gradient: Tensor) -> None:
            sums = self.arrived.setdefault(player, {})
            sums[place] = sums.get(place, 0) + gradient.detach()

        return note

    def _before_step(self, mover: str):
        def note(optimizer, args, kwargs) -> None:
            self.before = {player: self.weights(player) for player in PLAYERS}
            held = held_by(optimizer)
            own = [w for w in getattr(self.gan, mover).parameters() if id(w) in held]
            used = [w.grad for w in own if w.grad is not None]
            came = self.arrived.get(mover, {})
            self.seen["gradient_share", mover].append(float(bool(came)))
            if used and came:
                self.seen["gradient_ratio", mover].append(
                    total_norm(used) / (total_norm(came.values()) or 1.0)
                )
            if mover == "generator" and self.critic_at_answer is not None:
                self.seen["critic_drift"].append(
                    rms_difference(self.critic_at_answer, self.before["critic"])
                )

        return note

    def _after_step(self, mover: str):
        def note(optimizer, args, kwargs) -> None:
            for player in PLAYERS:
                moved = rms_difference(self.before[player], self.weights(player))
                self.seen["moved", mover, player].append(moved)
            self.arrived.pop(mover, None)
            if mover == "generator":
                self.arrived.clear()  # what it sent through the critic belongs to no step

        return note

    def summary(self, steps: int) -> TrainingRecord:
        """All that was seen, as means."""

        def mean(key) -> float:
            return sum(self.seen[key]) / max(1, len(self.seen[key]))

        kinds = [m.__name__ for m in TWO_MODE_LAYERS if m.__name__ in self.seen]
        return TrainingRecord(
            latents=torch.cat([torch.empty(0, self.gan.latent_size), *self.seen["latents"]]),
            pictures=next(iter(self.seen["pictures"]), torch.empty(0)),
            train_mode_share={kind: mean(kind) for kind in kinds},
            weight_change={(a, b): mean(("moved", a, b)) for a in PLAYERS for b in PLAYERS},
            steps_per_turn={p: len(self.seen["moved", p, p]) / steps for p in PLAYERS},
            gradient_share={p: mean(("gradient_share", p)) for p in PLAYERS},
            gradient_ratio={
                p: mean(("gradient_ratio", p))
                for p in PLAYERS
                if ("gradient_ratio", p) in self.seen
            },
            critic_drift=mean("critic_drift"),
        )


def total_norm(tensors) -> float:
    """Length of several tensors laid end to end."""
    return sum(t.double().square().sum().item() for t in tensors) ** 0.5


def rms_difference(one: list[Tensor], other: list[Tensor]) -> float:
    """Root mean square of the difference of two lists of weights."""
    changes = torch.cat([(a - b).flatten() for a, b in zip(one, other, strict=True)])
    return changes.square().mean().sqrt().item()


def batch_dependence(gan: PlannedGan, n: int = 64, seed: int = 0) -> float:
    """How much a picture changes with the latents drawn beside it.

    The first of `n` latents is sampled twice, in two different batches; the mean
    absolute difference of its two pictures, in units of the pixels.
    """
    one, other = (gan.new_latents(n, make_generator(seed + k)) for k in (0, 1))  # [n, L]
    other[0] = one[0]
    with torch.no_grad():
        return (gan.generator(one)[0] - gan.generator(other)[0]).abs().mean().item()


def seen_and_new_pictures(training: FinishedTraining, n: int = 500) -> tuple[Tensor, Tensor]:
    """Pictures made of latents that the training used in its first steps, and of new ones.

    Returns
    -------
    tuple of Tensor
        ``[m, C, H, W]`` with m at most `n`, and ``[n, C, H, W]``.
    """
    own = distinct_rows(watch(training).latents)[:n]
    with torch.no_grad():
        pictures = training.plan.show(training.model.generator(own))
    return pictures, training.pictures(n, seed=training.seed + 1)


def distinct_rows(latents: Tensor) -> Tensor:
    """The different rows among ``[K, L]``."""
    return torch.unique(latents, dim=0)
