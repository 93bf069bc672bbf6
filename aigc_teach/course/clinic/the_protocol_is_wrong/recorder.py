"""Looking into a training that is over: its first steps are lived through once more.

Legend: N batch, L latent size, K latents seen.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ....core import AigcError, check_count, make_generator
from ..common.case import Patient
from ..common.gan_plan import LATENT, Game, GanPlan, Table, fresh_noise

PLAYERS = ("critic", "generator")
MODAL = (nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout)
LOOKED_AT = 10  # first steps


@dataclass
class Watch:
    """What was seen in the first steps of a training.

    Attributes
    ----------
    latents : Tensor
        All that entered the generator, ``[K, L]``.
    pictures : Tensor
        What the generator made in the first step, ``[N, C, H, W]``.
    training : dict of str to float
        For each kind of layer with two modes: the share of its calls made in training mode.
    moves : dict of (str, str) to float
        How far the weights of the second player go, as root mean square, each time the
        optimizer that belongs to the first makes its step.
    works : dict of str to float
        For each player how many steps its optimizer makes in one turn of the training.
    heard : dict of str to float
        For each player the share of its steps before which a gradient reached its weights.
    held : dict of str to float
        Length of the gradient that a player's optimizer uses, over the length of what arrived
        since its last step; 1.0 where nothing is left over. No entry where it uses none.
    age : float
        How far the critic has moved between its answer to the generator and the generator's
        step that uses this answer, in root mean squares a weight.
    """

    latents: Tensor
    pictures: Tensor
    training: dict[str, float] = field(default_factory=dict)
    moves: dict[tuple[str, str], float] = field(default_factory=dict)
    works: dict[str, float] = field(default_factory=dict)
    heard: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    age: float = 0.0


def watch(patient: Patient, steps: int = LOOKED_AT) -> Watch:
    """Live through the first steps of a GAN's training again, and note what happens.

    Parameters
    ----------
    patient : Patient
        Its plan, seed and pixels are used; nothing of it is changed.
    steps : int
        At least 1.

    Raises
    ------
    AigcError
        For a training without two players.
    """
    plan = patient.plan
    if not isinstance(plan, GanPlan):
        raise AigcError(f"Only a game of two players has turns to watch; not {plan!r:.20}.")
    check_count("steps", steps)
    data, order = plan.prepare(patient.pixels), make_generator(patient.seed + 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(patient.seed)
        table = plan.lay(plan, make_generator(patient.seed))
        table.game.train()
        notes = Notes(table)
        for _ in range(steps):
            chosen = torch.randint(len(data), (plan.batch_size,), generator=order)  # [N]
            plan.step(table, data[chosen])
        notes.hooks.clear()
    return notes.watch(steps)


class Notes:
    """Hooks on the networks and optimizers of one table, and what they heard.

    Parameters
    ----------
    table : Table
    """

    def __init__(self, table: Table):
        self.game = table.game
        self.seen: dict[str, list] = defaultdict(list)
        self.arrived: dict[str, dict[int, Tensor]] = {}
        self.before: dict[str, list[Tensor]] = {}
        self.answered: list[Tensor] | None = None
        self.hooks = [
            table.game.generator.register_forward_hook(self._on_pictures),
            table.game.critic.register_forward_hook(self._on_answer),
        ]
        for module in table.game.modules():
            if isinstance(module, MODAL):
                self.hooks.append(module.register_forward_hook(self._on_layer))
        for player in PLAYERS:
            optimizer = getattr(table, f"{player}_optimizer")
            for place, weight in enumerate(getattr(table.game, player).parameters()):
                self.hooks.append(weight.register_hook(self._on_gradient(player, place)))
            optimizer.register_step_pre_hook(self._before_step(player))
            optimizer.register_step_post_hook(self._after_step(player))

    def weights(self, player: str) -> list[Tensor]:
        """A player's weights as they are now."""
        return [w.detach().clone() for w in getattr(self.game, player).parameters()]

    def _on_pictures(self, module, inputs, output) -> None:
        self.seen["latents"].append(inputs[0].detach())
        self.seen["pictures"].append(output.detach())

    def _on_answer(self, module, inputs, output) -> None:
        if inputs[0].requires_grad:  # the generator asks
            self.answered = self.weights("critic")

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
            kept = {id(w) for group in optimizer.param_groups for w in group["params"]}
            own = [w for w in getattr(self.game, mover).parameters() if id(w) in kept]
            used = [w.grad for w in own if w.grad is not None]
            came = self.arrived.get(mover, {})
            self.seen["heard", mover].append(float(bool(came)))
            if used and came:
                self.seen["held", mover].append(length(used) / (length(came.values()) or 1.0))
            if mover == "generator" and self.answered is not None:
                self.seen["age"].append(apart(self.answered, self.before["critic"]))

        return note

    def _after_step(self, mover: str):
        def note(optimizer, args, kwargs) -> None:
            for player in PLAYERS:
                moved = apart(self.before[player], self.weights(player))
                self.seen["moved", mover, player].append(moved)
            self.arrived.pop(mover, None)
            if mover == "generator":
                self.arrived.clear()  # what it sent through the critic belongs to no step

        return note

    def watch(self, steps: int) -> Watch:
        """All that was heard, as means."""

        def mean(key) -> float:
            return sum(self.seen[key]) / max(1, len(self.seen[key]))

        kinds = [m.__name__ for m in MODAL if m.__name__ in self.seen]
        return Watch(
            latents=torch.cat([torch.empty(0, LATENT), *self.seen["latents"]]),
            pictures=next(iter(self.seen["pictures"]), torch.empty(0)),
            training={kind: mean(kind) for kind in kinds},
            moves={(a, b): mean(("moved", a, b)) for a in PLAYERS for b in PLAYERS},
            works={p: len(self.seen["moved", p, p]) / steps for p in PLAYERS},
            heard={p: mean(("heard", p)) for p in PLAYERS},
            held={p: mean(("held", p)) for p in PLAYERS if ("held", p) in self.seen},
            age=mean("age"),
        )


def length(tensors) -> float:
    """Length of several tensors laid end to end."""
    return sum(t.double().square().sum().item() for t in tensors) ** 0.5


def apart(one: list[Tensor], other: list[Tensor]) -> float:
    """Root mean square of the difference of two lists of weights."""
    changes = torch.cat([(a - b).flatten() for a, b in zip(one, other, strict=True)])
    return changes.square().mean().sqrt().item()


def neighbour_gap(game: Game, n: int = 64, seed: int = 0) -> float:
    """How much a picture changes with the latents drawn beside it.

    The first of `n` latents is sampled twice, in the company of two different sets; the mean
    absolute difference of its two pictures, in units of the pixels.
    """
    one, other = (fresh_noise(n, make_generator(seed + k)) for k in (0, 1))  # [n, L]
    other[0] = one[0]
    with torch.no_grad():
        return (game.generator(one)[0] - game.generator(other)[0]).abs().mean().item()


def own_and_new(patient: Patient, n: int = 500) -> tuple[Tensor, Tensor]:
    """Pictures made of latents that the training used in its first steps, and of new ones.

    Returns
    -------
    tuple of Tensor
        ``[m, C, H, W]`` with m at most `n`, and ``[n, C, H, W]``.
    """
    own = distinct(watch(patient).latents)[:n]
    with torch.no_grad():
        pictures = patient.plan.show(patient.model.generator(own))
    return pictures, patient.pictures(n, seed=patient.seed + 1)


def distinct(latents: Tensor) -> Tensor:
    """The different rows among ``[K, L]``."""
    return torch.unique(latents.reshape(-1, LATENT), dim=0)
