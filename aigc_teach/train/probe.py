"""What a diagnosis looks at: one model put through a few harmless experiments.

The model is as before afterwards: weights, running statistics, modes, gradients and torch's
random numbers. Legend: N batch, L latent size.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..core import AigcError, DataError, DtypeError, GenerativeModel, Labelled, make_generator
from .history import History

MANY = 256  # items looked at, at most
NEUTRAL = 0.5  # a logit, a score or a probability that says nothing
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass
class Probe:
    """What was seen of a model, its history and a batch of real data.

    Attributes
    ----------
    history : History
    model : GenerativeModel
    real : Tensor
        The batch, ``[N, ...]``.
    samples : Tensor
        As many drawn from the model, ``[N, ...]``.
    push : dict of str to float or str
        For each player the root mean square of its loss's gradient, per weight; or the
        sentence that says why there is none.
    answers, pull : Tensor or None
        What the critic answered in its own turn, ``[2 N]``, real items first, and the gradient
        of its loss by each answer if all answers were neutral; None for a model without critic.
    provoked : list of Tensor
        The critic's answers to the batch made a thousand times larger, and to its negative.
    noises : list of Tensor
        What entered the generator in two turns with different seeds; empty without one.
    spread : Tensor or None
        For a model with ``encode``: how much each coordinate of the mean code varies over the
        batch (its variance), ``[L]``.
    """

    history: History
    model: GenerativeModel
    real: Tensor
    samples: Tensor
    push: dict[str, float | str] = field(default_factory=dict)
    answers: Tensor | None = None
    pull: Tensor | None = None
    provoked: list[Tensor] = field(default_factory=list)
    noises: list[Tensor] = field(default_factory=list)
    spread: Tensor | None = None

    def late(self, name: str) -> float | None:
        """The mean of a series over its last tenth (at least 20 steps); None if it is missing."""
        if name not in self.history:
            return None
        series = self.history[name]
        return float(series[-max(20, len(series) // 10) :].mean())


def look(history: History, model: GenerativeModel, batch: Tensor | Labelled) -> Probe:
    """Put a model through the experiments and note what is seen.

    Parameters
    ----------
    history : History
        Of the training; may be empty.
    model : GenerativeModel
        As the training left it; untouched.
    batch : Tensor or Labelled
        Real data as the training saw it, 16 items at least; the first 256 are used.

    Raises
    ------
    DtypeError, DataError
        With a sentence, for anything else.
    """
    if not isinstance(history, History) or not isinstance(model, GenerativeModel):
        raise DtypeError(
            "diagnose takes a History, a GenerativeModel and a batch, in this order; you gave "
            f"a {type(history).__name__} and a {type(model).__name__}. "
            "A training keeps its history: run = fit(...), then run.history."
        )
    batch = first_items(batch)
    real = batch.x if isinstance(batch, Labelled) else batch
    condition = batch.condition if isinstance(batch, Labelled) else None
    with untouched(model):
        samples = model.sample(len(real), condition=condition, generator=rng(model, 0))
        probe = Probe(history, model, real, samples)
        model.train()
        for player in model.players:
            probe.push[player] = push_on(model, batch, player)
        if isinstance(getattr(model, "critic", None), nn.Module):
            probe.answers, probe.pull = critic_turn(model, batch)
            given = () if condition is None else (condition,)
            with torch.no_grad():
                probe.provoked = [
                    model.critic(factor * real, *given).flatten() for factor in (1e3, -1e3)
                ]
        if isinstance(getattr(model, "generator", None), nn.Module):
            probe.noises = [noise_of(model, batch, seed) for seed in (1, 2)]
        probe.spread = code_spread(model, real)
    return probe


def first_items(batch: Tensor | Labelled) -> Tensor | Labelled:
    """The first items of a batch, or a sentence about what is wrong with it."""
    x = batch.x if isinstance(batch, Labelled) else batch
    if not isinstance(x, Tensor) or not x.is_floating_point():
        raise DtypeError("The batch must be a floating-point tensor of real data, or Labelled.")
    if len(x) < 16:
        raise DataError(f"The batch holds {len(x)} items; a diagnosis needs 16 at least.")
    if isinstance(batch, Labelled):
        return Labelled(x[:MANY], batch.condition[:MANY])
    return x[:MANY]


def rng(model: nn.Module, seed: int) -> torch.Generator:
    """A generator on the model's device; torch's global numbers are seeded alike."""
    torch.manual_seed(seed)
    return make_generator(seed, device=next(model.parameters()).device)


@contextlib.contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Whatever happens inside, the model and torch's random numbers are as before after it."""
    state = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [(module, module.training) for module in model.modules()]
    cpu, cuda = torch.get_rng_state(), None
    if torch.cuda.is_initialized():
        cuda = torch.cuda.get_rng_state_all()
    try:
        yield
    finally:
        model.load_state_dict(state)
        for module, training in modes:
            module.training = training
        torch.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)


def push_on(model: GenerativeModel, batch, player: str) -> float | str:
    """Root mean square of the gradient per weight of one player; a sentence if there is none."""
    weights = [w for w in model.player_parameters(player) if w.requires_grad]
    if not weights:
        return f"all weights of {player!r} are frozen (requires_grad is False)"
    try:
        total = model.loss(batch, player, generator=rng(model, 0)).total
        gradients = torch.autograd.grad(total, weights, allow_unused=True)
    except (AigcError, RuntimeError):
        return f"the loss of {player!r} is not connected with its weights"
    squares = sum(g.double().square().sum().item() for g in gradients if g is not None)
    return (squares / sum(w.numel() for w in weights)) ** 0.5


def critic_turn(model: GenerativeModel, batch) -> tuple[Tensor | None, Tensor | None]:
    """The critic's answers to real and generated items, and its loss's pull on neutral ones.

    The loss is given :data:`NEUTRAL` in place of every answer: a critic that has settled far out
    feels no pull any more, and the question is what its loss asks for.
    """
    told: list[Tensor] = []
    neutral: list[Tensor] = []

    def speak(module: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
        told.append(output.detach())
        neutral.append(0.0 * output + NEUTRAL)  # still on the way to the inputs, for penalties
        return neutral[-1]

    hook = model.critic.register_forward_hook(speak)
    try:
        total = model.loss(batch, "critic", generator=rng(model, 0)).total
        pulls = torch.autograd.grad(total, neutral, allow_unused=True)
    except (AigcError, RuntimeError):
        return None, None
    finally:
        hook.remove()
    asked = 2 * len(batch.x if isinstance(batch, Labelled) else batch)
    pairs = [(a, p) for a, p in zip(told, pulls, strict=True) if p is not None]
    if sum(a.numel() for a, _ in pairs) < asked:
        return None, None  # one answer an item is missing: nothing can be said
    both = (torch.cat([pair[k].flatten() for pair in pairs]) for k in (0, 1))
    return tuple(each[:asked] for each in both)  # a penalty asks again, afterwards


def noise_of(model: GenerativeModel, batch, seed: int) -> Tensor:
    """What enters the generator in its own turn."""
    seen: list[Tensor] = []
    hook = model.generator.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    try:
        model.loss(batch, "generator", generator=rng(model, seed))
    finally:
        hook.remove()
    return seen[0].detach().clone() if seen else torch.empty(0)


def code_spread(model: GenerativeModel, real: Tensor) -> Tensor | None:
    """Variance over the batch of each coordinate of the mean code; None without an encoder."""
    if not hasattr(model, "encode"):
        return None
    with torch.no_grad():
        code = model.encode(real)
    return code[0].var(dim=0).flatten() if isinstance(code, tuple) else None  # (mu, logvar)
