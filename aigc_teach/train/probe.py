"""What a diagnosis looks at: one training put through a few harmless experiments.

Everything is as before afterwards: weights, running statistics, modes, gradients and the global
random numbers. An experiment that fails costs no other: its reason is kept. Legend: N batch,
K answers, L code size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..core import AigcError, DataError, evaluating
from .predictors import (
    answers_are_chances,
    change_by_step,
    constant_answer,
    shares_of_data,
    shifts_and_future,
)
from .subject import (
    Subject,
    encoded,
    owner,
    parts_of,
    reason,
    rng,
    swapped,
    tensors_in,
)
from .untouched import hooked, parts_of_all, untouched

NEUTRAL = 0.5  # a logit, a score or a probability that says nothing
FURTHER = 0.9  # a second answer, to see how the pull bends
LARGE = 1e4  # times the last layer's answers: what comes out then lies at the ends of what can
MOSTLY_OWN = 0.9  # of an item's comparisons with others' items; half of them are chance
SURELY_OWN = 0.97  # the same where nothing else is known
OWN_MARGIN = 0.2  # so much better must one explanation be than the other
COUNTED = 30  # batches, after which a batch normalisation's averages are compared
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass
class Probe:
    """What was seen of a training.

    Attributes
    ----------
    subject : Subject
    real : Tensor
        Real data, ``[N, ...]``.
    samples : Tensor
        As many made by the model, ``[N, ...]``.
    reach : (float, float)
        Lowest and highest value that can come out of the model, whatever its weights:
        (-1, 1) for one that ends in a tanh, (-inf, inf) for one that ends in a linear layer.
    push : dict of str to float or str
        For each player the root mean square of its loss's gradient, per weight; or the
        sentence that says why there is none.
    answers, pull, further : Tensor
        What the critic answered in its own turn, one number an item, ``[2 N]``, real items
        first; and the gradient of its loss by each answer if all answers were neutral, and if
        all were a little higher.
    provoked : Tensor
        All the critic's answers, ``[K]``: to the batch, to a thousand times the batch, and to
        the negative of this.
    one_half : str
        "made" or "real" if the critic's own loss asks for nothing about these; else "".
    aims : (Tensor, Tensor)
        How the generator's loss and the critic's pull each answer about a generated item.
    noises : list of Tensor
        What entered the generator in two turns with different seeds.
    totals : dict of str to float
        For each player its loss as it is now.
    by_label : float
        How far a sample moves if its label is another and its noise the same, over the mean
        distance of two samples.
    spread : Tensor
        How much each coordinate of the mean code varies over the batch, ``[L]``.
    decoded : bool
        True where the code's own scale tells nothing: then `spread` is ``[1]``, the variance of
        what is decoded over the variance of the data.
    rebuilt : float
        Where `decoded`: the squared error of what is decoded over the variance of the data.
    chances : bool
        Whether a predictor's answers are probabilities while its loss is a cross-entropy's.
    modes : (float, float, float)
        How far samples of the same noise lie apart with batch normalisation in training and in
        evaluation mode, over the mean distance of two real items; and the losses of players that
        have no opponent: evaluation over training; and the samples' energy distances to the real
        items, evaluation over training. NaN for what is not there.
    twins : set of str
        The roles whose network is a copy of one that is trained, such as an average.
    constant : (float, float)
        A predictor's loss, and the loss that one constant answer would have.
    reads : (dict, float)
        A language model's shifts of the target, and how far a later token reaches back.
    shares : (float, float, float, float)
        Of a noisy item's squares, how much is data: least, at which step, most; and how many nats
        the noisiest items are from noise alone.
    by_step : float
        How far a noise predictor's answers move with the step it is told.
    missing : dict of str to str
        For each of these that could not be had: why.
    """

    subject: Subject
    real: Tensor
    samples: Tensor | None = None
    reach: tuple[float, float] | None = None
    push: dict[str, float | str] | None = None
    answers: Tensor | None = None
    pull: Tensor | None = None
    further: Tensor | None = None
    provoked: Tensor | None = None
    one_half: str | None = None
    aims: tuple[Tensor, Tensor] | None = None
    noises: list[Tensor] | None = None
    totals: dict[str, float] | None = None
    by_label: float | None = None
    spread: Tensor | None = None
    decoded: bool | None = None
    rebuilt: float | None = None
    chances: bool | None = None
    modes: tuple[float, float, float] | None = None
    twins: set[str] | None = None
    constant: tuple[float, float] | None = None
    reads: tuple[dict[int, float], float] | None = None
    shares: tuple[float, float, float, float] | None = None
    by_step: float | None = None
    missing: dict[str, str] = field(default_factory=dict)

    def late(self, name: str) -> float | None:
        """The mean of a series over its last tenth (at least 20 steps); None if it is missing."""
        series = self.subject.curves.get(name)
        if series is None or not len(series):
            return None
        return float(series[-max(20, len(series) // 10) :].mean())

    def measure(self, names: str, experiment: Callable, *arguments) -> None:
        """Make one experiment and keep what it shows; if it fails, keep why.

        Parameters
        ----------
        names : str
            The attributes that it fills, with blanks between.
        experiment : callable
            One value for one name, a tuple for several.
        """
        names = names.split()
        try:
            found = experiment(*arguments)
        except Exception as error:
            self.missing |= dict.fromkeys(names, reason(error))
            return
        for name, value in zip(names, found if len(names) > 1 else (found,), strict=True):
            setattr(self, name, value)


def look(subject: Subject) -> Probe:
    """Put a training through the experiments and note what is seen.

    Parameters
    ----------
    subject : Subject
        As the training left it; untouched.
    """
    probe = Probe(subject, subject.real)
    modules = subject.modules
    with untouched(modules):
        for module in modules:
            module.eval()
        with torch.no_grad():
            probe.measure("samples", samples_of, subject)
            probe.measure("reach", reach_of, subject)
            probe.measure("by_label", change_by_label, subject)
            probe.measure("spread decoded rebuilt", code_spread, subject)
            probe.measure("modes", change_by_mode, subject)
        probe.measure("twins", twins_of, subject)
        probe.measure("reads", shifts_and_future, subject)
        probe.measure("shares", shares_of_data, subject)
        probe.measure("by_step", change_by_step, subject)
        for module in modules:
            module.train()
        probe.measure("push", all_pushes, subject, probe.missing)
        probe.measure("answers pull further provoked", critic_turn, subject)
        probe.measure("one_half", half_without_pull, subject)
        probe.measure("aims", aims_of, subject)
        probe.measure("noises", noises_of, subject)
        probe.measure("totals", totals_of, subject)
        probe.measure("constant", constant_answer, subject)
        probe.measure("chances", answers_are_chances, subject)
    return probe


def samples_of(subject: Subject) -> Tensor:
    """As many samples as there are real items."""
    if subject.sample is None:
        raise AigcError(subject.missing["sample"])
    size = subject.real[0].numel()
    found = tensors_in(subject.sample(len(subject.real)))
    found = [x for x in found if len(x) >= 16 and x[0].numel() == size]
    if not found:
        raise DataError(
            f"the samples have another shape than the real data, {list(subject.real.shape)}"
        )
    x = found[0].detach()
    return x.reshape(len(x), *subject.real.shape[1:])


def counted_norms(modules: list[nn.Module]) -> list[nn.Module]:
    """The batch normalisations that have counted batches, each once."""
    norms = [m for m in parts_of_all(modules) if isinstance(m, BATCH_NORMS)]
    return [m for m in norms if m.track_running_stats and settled(m)]


def settled(norm: nn.Module) -> bool:
    """Whether a batch normalisation has counted enough for its averages to mean something."""
    return norm.num_batches_tracked is not None and norm.num_batches_tracked >= COUNTED


def change_by_mode(subject: Subject) -> tuple[float, float, float]:
    """What batch normalisation alone makes of the two modes; dropout is switched off in both."""
    norms = counted_norms(subject.modules)
    if not norms:
        raise AigcError(f"there is no batch normalisation that has counted {COUNTED} batches")
    samples = ratio = worse = float("nan")
    if "generator" in subject.networks and subject.sample is not None:
        told = [in_mode(norms, training, lambda: samples_of(subject)) for training in (False, True)]
        apart = (told[0] - told[1]).flatten(1).double().norm(dim=1).mean()
        samples = (apart / torch.pdist(subject.real.flatten(1).double()).mean()).item()
        settled, trained = (energy_distance(made, subject.real) for made in told)
        worse = settled / max(trained, 1e-12)
    elif subject.losses and "critic" not in subject.networks:
        ratio = loss_by_mode(subject, norms)
    else:
        raise AigcError("give generator= and noise=, or losses=")
    return samples, ratio, worse


def energy_distance(some: Tensor, others: Tensor) -> float:
    """Twice the mean distance between two sets, less the two mean distances within each.

    >>> energy_distance(torch.zeros(3, 2), torch.zeros(2, 2) + 1) == 2 * 2**0.5
    True
    """
    a, b = (x.flatten(1).double() for x in (some, others))
    return (2 * torch.cdist(a, b).mean() - torch.pdist(a).mean() - torch.pdist(b).mean()).item()


def in_mode(norms: list[nn.Module], training: bool, function: Callable) -> Tensor:
    """A function's value with batch normalisations in one mode."""
    kept = [[b.clone() for b in norm.buffers()] for norm in norms]
    for norm in norms:
        norm.train(training)
    try:
        return function()
    finally:
        for norm, buffers in zip(norms, kept, strict=True):
            norm.eval()
            for buffer, old in zip(norm.buffers(), buffers, strict=True):
                buffer.copy_(old)


def loss_by_mode(subject: Subject, norms: list[nn.Module]) -> float:
    """The loss in evaluation mode over the loss in training mode, batches of all and of one."""
    loss = next(iter(subject.losses.values()))

    def mean() -> Tensor:
        return torch.stack([loss(seed) for seed in (0, 1)]).mean()

    def alone() -> Tensor:
        whole, labels = subject.real, subject.labels
        found = []
        try:
            for k in range(0, len(whole), max(1, len(whole) // 16)):
                subject.real = whole[k : k + 1]
                subject.labels = None if labels is None else labels[k : k + 1]
                found.append(loss(0))
        finally:
            subject.real, subject.labels = whole, labels
        return torch.stack(found).mean()

    settled = in_mode(norms, False, mean).item()
    known = [in_mode(norms, True, mean).item()]
    try:
        known.append(in_mode(norms, True, alone).item())
    except Exception as error:  # most layers cannot normalise one value
        subject.missing["loss of one item"] = reason(error)
    known = [value for value in known if value > 0]
    if not known or settled <= 0:
        raise AigcError("the loss is not always above 0, so two of them cannot be compared")
    return settled / min(known)


def twins_of(subject: Subject) -> set[str]:
    """The roles whose network no optimizer holds because it is a copy of one that is trained.

    An optimizer holds weights of the same shapes. Either no loss calls the copy, or, where no loss
    is given, its weights go the same way as those.
    """
    found = set()
    held = [w for o in subject.optimizers for g in o.param_groups for w in g["params"]]
    for role, network in subject.networks.items():
        net = owner(network)
        if net is None:
            continue
        own = list(net.parameters())
        if not own or {id(w) for w in own} & {id(w) for w in held}:
            continue
        first = place_of(own, held)
        if first is None:
            continue
        if subject.losses:
            if not any(loss_and_calls(subject, player, own)[1] for player in subject.losses):
                found.add(role)
        elif alike(own, held[first : first + len(own)]):
            found.add(role)
    return found


def place_of(own: list[Tensor], held: list[Tensor]) -> int | None:
    """Where a list of weights with the same shapes begins in another list, or None."""
    shapes, others = ([w.shape for w in some] for some in (own, held))
    for k in range(len(others) - len(shapes) + 1):
        if others[k : k + len(shapes)] == shapes:
            return k
    return None


def alike(some: list[Tensor], others: list[Tensor]) -> bool:
    """Whether two lists of weights go the same way: an average does, a new network does not."""
    one, two = (
        torch.cat(
            [w.detach().flatten().double() for w in weights if w.ndim > 1] or [torch.zeros(1)]
        )
        for weights in (some, others)
    )
    return bool((one * two).sum() > 0.5 * one.norm() * two.norm())


def change_by_label(subject: Subject) -> float:
    """How much of what a generator makes hangs on the label it is given."""
    if subject.with_labels is None or subject.labels is None:
        raise AigcError("there are no labels (give labels=, if the generator takes them)")
    labels = subject.labels
    one, other = (
        subject.with_labels(given).detach().flatten(1).double()
        for given in (labels, labels[next_other(labels)])
    )
    return ((one - other).norm(dim=1).mean() / torch.pdist(one).mean().clamp_min(1e-12)).item()


def next_other(labels: Tensor) -> Tensor:
    """For each item the place of another label, ``[N]``."""
    rows = labels.reshape(len(labels), -1)
    apart = (rows[:, None] != rows[None]).any(dim=2)  # [N, N]
    if not apart.any():
        raise AigcError("all labels are the same")
    return apart.int().argmax(dim=1)


def reach_of(subject: Subject) -> tuple[float, float]:
    """Lowest and highest value that can come out behind the last layer that has weights.

    This layer's answers are replaced by very large ones. That tells a generator that is merely
    undertrained from one that could never reach the data.
    """
    if subject.sample is None:
        raise AigcError(subject.missing["sample"])
    last: list[nn.Module] = []
    layers = [
        layer
        for layer in parts_of_all(subject.modules)
        if next(layer.parameters(recurse=False), None) is not None
    ]
    with hooked([x.register_forward_hook(lambda m, *_: last.append(m)) for x in layers]):
        samples_of(subject)
    if not last:
        raise AigcError("the samples do not come from the networks that were given")
    ends = [extremes(subject, last[-1], size) for size in (LARGE, 10 * LARGE)]
    (low, high), (lower, higher) = ends
    unit = max(1e-6, abs(low), abs(high))
    return (
        float("-inf") if low - lower > 0.1 * unit else low,
        float("inf") if higher - high > 0.1 * unit else high,
    )


def extremes(subject: Subject, layer: nn.Module, size: float) -> tuple[float, float]:
    """The lowest and highest sample where a layer's answers are enlarged, in both directions."""
    ends = []
    for sign in (size, -size):
        hook = layer.register_forward_hook(
            lambda module, inputs, output, sign=sign: (
                sign * (output + 1) if isinstance(output, Tensor) else output
            )
        )
        with hooked([hook]):
            ends += [end.item() for end in torch.aminmax(samples_of(subject))]
    return min(ends), max(ends)


def all_pushes(subject: Subject, missing: dict[str, str]) -> dict[str, float | str]:
    """For each player the push on its weights; what cannot be judged goes into `missing`."""
    if not subject.losses:
        raise AigcError("give losses=, for each player a function of the real data")
    pushes, reasons = {}, []
    for player in subject.losses:
        if player not in subject.weights:
            reasons.append(subject.missing.get(player, f"{player!r} has no weights"))
            continue
        try:
            pushes[player] = push_on(subject, player)
        except Exception as error:
            reasons.append(f"{player!r}: {reason(error)}")
    if not pushes:
        raise AigcError("; ".join(reasons))
    if reasons:
        missing["some_pushes"] = "; ".join(reasons)
    return pushes


def totals_of(subject: Subject) -> dict[str, float]:
    """Each player's loss now, where it can be computed."""
    found = {}
    for player, loss in subject.losses.items():
        try:
            found[player] = loss(0).item()
        except Exception as error:  # its reason stands elsewhere
            subject.missing.setdefault(f"total of {player}", reason(error))
    return found


def push_on(subject: Subject, player: str) -> float | str:
    """Root mean square of the gradient per weight of one player; a sentence if there is none."""
    every = subject.weights[player]
    weights = [w for w in every if w.requires_grad]
    total, called = loss_and_calls(subject, player, every)
    if not called:  # some models use once what the other's turn has left
        total, called = loss_and_calls(subject, player, every)
    if not called:
        raise AigcError(
            "its loss never calls its network (an averaged twin? give the one that is trained)"
        )
    if not weights:
        return f"all weights of {player!r} are frozen (requires_grad is False)"
    if not total.requires_grad:
        return f"the loss of {player!r} is not connected with its weights"
    gradients = torch.autograd.grad(total, weights, allow_unused=True)
    if all(g is None for g in gradients):
        if {id(w) for m in subject.modules for w in m.parameters()} <= {id(w) for w in every}:
            raise AigcError("its loss moves a network that was not given")  # and none of these
        return f"the loss of {player!r} is not connected with its weights"
    squares = sum(g.double().square().sum().item() for g in gradients if g is not None)
    return (squares / sum(w.numel() for w in weights)) ** 0.5


def loss_and_calls(
    subject: Subject, player: str, weights: list[nn.Parameter]
) -> tuple[Tensor, bool]:
    """A player's loss, and whether a layer with some of these weights was called for it."""
    used: list[int] = []
    own = {id(w) for w in weights}
    hooks = [
        m.register_forward_pre_hook(lambda *_: used.append(1))
        for m in parts_of_all(subject.modules)
        if any(id(w) in own for w in direct(m))
    ]
    with hooked(hooks):
        total = subject.losses[player](0)
    return total, bool(used) or not hooks


def direct(module: nn.Module) -> list[nn.Parameter]:
    """A module's own weights, and those in its lists and dicts of weights, which are not called."""
    lists = [m for m in module.children() if isinstance(m, (nn.ParameterList, nn.ParameterDict))]
    return [w for m in (module, *lists) for w in m.parameters(recurse=False)]


@dataclass
class Call:
    """One call of the critic in its own turn: whom it judged, the answer, the neutral answer."""

    given: list  # its arguments, those with names last
    names: list[str]
    place: int  # of the data among the arguments
    items: Tensor  # the data as they came, [N, ...]
    free: bool  # whether they are a penalty's own points
    rows: slice
    answer: Tensor
    neutral: Tensor
    kind: str = ""  # "real", "made" or "between"


def critic_turn(subject: Subject) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The critic's answers to real and generated items, and its loss's pull on neutral ones.

    The loss is given :data:`NEUTRAL` in place of every answer: a critic that has settled far out
    feels no pull any more, and the question is what its loss asks for. Who is judged in a call
    is seen from the data themselves, so that penalties, data shown twice, labels in any place
    and several answers an item do no harm.
    """
    critic, player = critic_and_player(subject)
    calls, pull = turn_at(subject, critic, player, NEUTRAL)
    _, further = turn_at(subject, critic, player, FURTHER)
    n = len(subject.real)
    answers = torch.cat([c.answer.reshape(n, -1).float().mean(dim=1) for c in calls])  # [2 N]
    return answers, pull, further, provoke(critic, calls)


def critic_and_player(subject: Subject) -> tuple[nn.Module, str]:
    """The critic's network and the player whose loss is its own; or why there is none."""
    if "critic" not in subject.networks:
        raise AigcError("there is no critic (give critic=, if there is one)")
    critic, player = subject.module("critic"), subject.of_role("critic")
    if critic is None:
        raise AigcError("the critic is a function; give the network itself")
    if player is None:
        raise AigcError("give losses={'critic': ...}, a function of the real data")
    return critic, player


def half_without_pull(subject: Subject) -> str:
    """The kind of data about which the critic's own loss asks for nothing: "", "made", "real"."""
    critic, player = critic_and_player(subject)
    pulled: set[str] = set()
    asked: set[str] = set()
    for value in (NEUTRAL, FURTHER):  # at one of them a squared error may happen to rest
        calls, pulls, _ = calls_and_pulls(subject, critic, player, value)
        asked |= {call.kind for call in calls}
        pulled |= {c.kind for c, g in zip(calls, pulls, strict=True) if g is not None and g.any()}
    if "real" in pulled and "made" not in pulled:
        return "made"
    return "" if {"real", "made"} <= pulled else unclear(asked)


def unclear(asked: set[str]) -> str:
    """A critic that is not seen to judge real data may judge them in another form."""
    raise AigcError(f"the critic's own loss is seen to ask about {', '.join(asked) or 'nothing'}")


def aims_of(subject: Subject) -> tuple[Tensor, Tensor]:
    """How the two players' losses pull the answers about generated items, ``[N]`` each."""
    critic, player = critic_and_player(subject)
    other = subject.of_role("generator")
    if other is None or other == player:
        raise AigcError("give losses={'generator': ...}, a function of the real data")
    aims = []
    for who in (other, player):
        for value in (NEUTRAL, FURTHER):
            calls, pulls, rows = calls_and_pulls(subject, critic, who, value)
            made = [
                own
                for call, own in zip(calls, pulls, strict=True)
                if call.kind == "made" and own is not None and own.any()
            ]
            if made:
                aims.append(one_each(made[0], rows))
                break
        else:
            raise AigcError(f"the loss of {who!r} is not seen to ask the critic about samples")
    return aims[0], aims[1]


def one_each(pull: Tensor, n: int) -> Tensor:
    """The pull on each item, ``[N]``; of several classes, whose pulls cancel, the last one's."""
    if pull.numel() == 1:  # one answer for the whole batch
        return (pull / n).reshape(1).expand(n)
    rows = pull.reshape(n, -1)
    total = rows.sum(dim=1)
    if total.abs().max() < 1e-3 * rows.abs().sum(dim=1).max():
        return rows[:, -1]
    return total


def turn_at(
    subject: Subject, critic: nn.Module, player: str, value: float
) -> tuple[list[Call], Tensor]:
    """The critic's turn with all its answers replaced.

    Returns
    -------
    tuple
        Its calls about real and about made items, and the pull on each item, ``[2 N]``.
    """
    calls, pulls, n = calls_and_pulls(subject, critic, player, value)
    chosen, pull = [], []
    for kind in ("real", "made"):
        for call, own in zip(calls, pulls, strict=True):
            if call.kind == kind and own is not None and own.any():
                chosen.append(call)
                pull.append(one_each(own, n))
                break
        else:
            what = {"real": "real data as they were given", "made": "generated data"}[kind]
            raise AigcError(f"no answer about {what} is seen in the critic's own loss")
    return chosen, torch.cat(pull).float()


def calls_and_pulls(
    subject: Subject, critic: nn.Module, player: str, value: float
) -> tuple[list[Call], list[Tensor | None], int]:
    """All a player's calls of the critic, its loss's pull on each call's rows, and N.

    Every answer is replaced by `value`. What was seen once is kept in the subject.
    """
    if (player, value) not in subject.turns:
        subject.turns[player, value] = replay(subject, critic, player, value)
    return subject.turns[player, value]


def replay(
    subject: Subject, critic: nn.Module, player: str, value: float
) -> tuple[list[Call], list[Tensor | None], int]:
    """One turn of a player with all the critic's answers replaced; see `calls_and_pulls`."""
    real, calls, created = subject.real, [], []

    def note(module: nn.Module, args: tuple, output: object) -> None:
        created.extend(x.detach() for x in tensors_in(output) if x[0].numel() == real[0].numel())

    def speak(module: nn.Module, args: tuple, kwargs: dict, output: object) -> object:
        answer = answer_in(output)
        names = list(kwargs)
        given = [*args, *kwargs.values()]
        place = next(
            (k for k, x in enumerate(given) if data_in(x, real, created) is not None), None
        )
        if answer is None or place is None:
            return None
        neutral = answer - answer.detach() + value  # still on the way to the inputs
        if answer.numel() % len(given[place]) == 0:  # one answer an item, or several
            neutral = neutral.reshape(len(given[place]), -1)
        elif answer.numel() != 1 or len(given[place]) != len(real):
            return None
        calls.extend(calls_in(given, names, place, answer, neutral, real, created))
        return swapped(output, answer, neutral.reshape(answer.shape))

    hooks = [critic.register_forward_hook(speak, with_kwargs=True)]
    if subject.module("generator") is not None:
        hooks.append(subject.module("generator").register_forward_hook(note))
    with hooked(hooks):
        total = subject.losses[player](0)
        for call in calls:  # only now is it known what the generator made
            call.kind = kind_of(call.items, call.free, real, created)
        if not calls:
            raise AigcError(
                f"the loss of {player!r} never asks the critic about items of the data's size"
            )
        given = {id(c.neutral): c.neutral for c in calls}
        if not total.requires_grad:
            raise AigcError(f"the loss of {player!r} is not connected with any weights")
        pulls = torch.autograd.grad(total, list(given.values()), allow_unused=True)
    by_call = dict(zip(given, pulls, strict=True))
    found = []
    for call in calls:
        own = by_call[id(call.neutral)]
        found.append(own if own is None or own.numel() == 1 else own.detach()[call.rows])
    return calls, found, len(real)


def answer_in(output: object) -> Tensor | None:
    """The critic's answer: what it calls so, or else the smallest tensor that it returned."""
    if isinstance(output, Tensor):
        return output if output.is_floating_point() else None
    parts = parts_of(output)
    for name in ("logits", "validity", "score", "scores", "prediction"):
        if isinstance(parts.get(name), Tensor):
            return parts[name]
    return min(tensors_in(output), key=lambda x: x[0].numel(), default=None)


def data_in(x: object, real: Tensor, created: list[Tensor]) -> Tensor | None:
    """The items in a network's argument: all of it, or some of its channels beside others."""
    if is_data(x, real):
        return x
    glued = (
        isinstance(x, Tensor)
        and x.is_floating_point()
        and x.ndim == real.ndim > 2
        and len(x) == len(real)
        and x.shape[2:] == real.shape[2:]
        and x.shape[1] > real.shape[1]
    )
    if not glued:
        return None
    width = real.shape[1]
    slices = [x[:, k : k + width] for k in range(x.shape[1] - width + 1)]
    known = [real, *(y.reshape(real.shape) for y in created if y.numel() == real.numel())]
    same = [part for part in slices if any(torch.equal(part.detach(), y) for y in known)]
    return same[0] if same else None


def is_data(x: object, real: Tensor) -> bool:
    """Whether a network's argument is a batch of data: N items or a multiple, of their size."""
    return (
        isinstance(x, Tensor)
        and x.is_floating_point()
        and x.ndim > 0
        and len(x) > 0
        and len(x) % len(real) == 0
        and x[0].numel() == real[0].numel()
    )


def calls_in(given, names, place, answer, neutral, real, created) -> list[Call]:
    """One call of the critic, or several where real and generated items came in one batch."""
    n, found = len(real), []
    answer = answer.detach()
    items = data_in(given[place], real, created)
    free = items.requires_grad and items.is_leaf
    rowed = answer.reshape(len(neutral), -1) if answer.numel() > 1 else answer.expand(n, 1)
    for start in range(0, len(items), n):
        rows = slice(start, start + n)
        own = items[rows].detach().clone()
        found.append(Call(given, names, place, own, free, rows, rowed[rows], neutral))
    return found


def kind_of(items: Tensor, free: bool, real: Tensor, created: list[Tensor]) -> str:
    """Whether these are real items, generated ones (perhaps with noise added), or in between.

    An item with noise added is still nearer to the item that it was than to the others, however
    strong the noise is; so are shifted, blurred or brightened items, mostly.
    """
    x, near = items.flatten(1), real.flatten(1)
    if torch.equal(x, near):
        return "real"
    made = [y.flatten(1) for y in created if len(y) == len(x)]
    if any(torch.equal(x, y) for y in made):
        return "made"
    if free:
        return "between"  # a penalty's own points
    as_real = own_is_nearest(x, near)
    if not made:  # the generator is a function, and its samples are not known
        return "real" if as_real > SURELY_OWN else "made"
    as_made = max(own_is_nearest(x, y) for y in made)
    if min(as_real, as_made) > MOSTLY_OWN:  # a generator that copies its input
        return "real" if (x - near).norm() < min((x - y).norm() for y in made) else "made"
    return "real" if as_real > as_made + OWN_MARGIN else "made"


def own_is_nearest(x: Tensor, items: Tensor) -> float:
    """In which share of comparisons row k of x is nearer to item k than to another item.

    For rows that have nothing to do with the items it is about a half. At least two rows.

    >>> items = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> own_is_nearest(items + 0.1, items), own_is_nearest(torch.zeros(4, 1), items)
    (1.0, 0.5)
    """
    own = (x - items).norm(dim=1)
    others = range(1, min(8, len(items)))
    further = torch.stack([(x - items.roll(k, 0)).norm(dim=1) for k in others])  # [7, N]
    return ((own < further).float() + 0.5 * (own == further).float()).mean().item()


def provoke(critic: nn.Module, calls: list[Call]) -> Tensor:
    """All answers to what the critic judged, and to the same made a thousand times larger."""
    told = [call.answer.flatten() for call in calls]
    with evaluating(critic), torch.no_grad():
        for call in calls:
            for factor in (1e3, -1e3):
                given = list(call.given)
                given[call.place] = factor * given[call.place].detach()
                split = len(given) - len(call.names)
                named = dict(zip(call.names, given[split:], strict=True))
                told.append(answer_in(critic(*given[:split], **named)).flatten())
    return torch.cat(told).float()


def noises_of(subject: Subject) -> list[Tensor]:
    """What enters the generator in two turns with different seeds, one row an item."""
    if "generator" not in subject.networks:
        raise AigcError("there is no generator (give generator=, if there is one)")
    player, generator = subject.of_role("generator"), subject.module("generator")
    if player is not None and generator is not None:
        return [noise_in(subject, generator, player, seed) for seed in (1, 2)]
    if subject.draw is None:
        raise AigcError(subject.missing.get("draw", "give noise=, the function that draws it"))
    found = []
    for seed in (1, 2):
        rng(subject.real.device, seed)
        found.append(most_varied(tensors_in(subject.draw(len(subject.real)))))
    return found


def noise_in(subject: Subject, generator: nn.Module, player: str, seed: int) -> Tensor:
    """What enters the generator in its own turn: of several inputs the most varied."""
    seen: list[Tensor] = []

    def note(module: nn.Module, args: tuple, kwargs: dict) -> None:
        seen.append(most_varied(tensors_in([*args, *kwargs.values()])))

    with hooked([generator.register_forward_pre_hook(note, with_kwargs=True)]):
        subject.losses[player](seed)
        if not seen:  # some models use once what the critic's turn has left
            subject.losses[player](seed)
    if not seen:
        raise AigcError("the generator's loss never calls the generator")
    return seen[0]


def most_varied(tensors: list[Tensor]) -> Tensor:
    """Of several tensors the one with the most different values, flat: one row an item."""
    if not tensors:
        raise AigcError("no noise of floating-point numbers enters the generator")
    most = max(tensors, key=lambda x: x.detach().unique().numel())
    return most.detach().clone().flatten(1)


def code_spread(subject: Subject) -> tuple[Tensor, bool, float]:
    """Variance over the batch of each coordinate of the mean code, or of what is decoded.

    Beside it, whether it is the latter, and then the error of what is decoded (else NaN).
    """
    encoder = subject.networks.get("encoder")
    if encoder is None:
        raise AigcError("there is no encoder (give encoder=, if there is one)")
    first, second = (encoded(subject, encoder, seed) for seed in (1, 2))
    steady = [a for a, b in zip(first, second, strict=True) if torch.equal(a, b)]
    if len(first) < 2 and steady:  # a mean alone, or the code of a plain autoencoder
        share, error = alone(subject, steady[0])
        return share, True, error
    if steady:  # (mu, logvar), (z, mu, logvar) or (mu, logvar, z): what is no draw
        return steady[0].var(dim=0).flatten(), False, float("nan")
    draws = [[encoded(subject, encoder, 16 * half + k)[0] for k in range(16)] for half in (0, 1)]
    one, other = (torch.stack(half).mean(dim=0) for half in draws)  # [N, L]
    together = ((one - one.mean(0)) * (other - other.mean(0))).mean(dim=0)
    return together.flatten(), False, float("nan")


def alone(subject: Subject, code: Tensor) -> tuple[Tensor, float]:
    """The spread of a mean that comes without a variance: only what comes out again can tell.

    Its scale may be anything, so the decoder's answers are measured: their variance over the
    data's, ``[1]``, and their squared error over it.
    """
    decoder = subject.networks.get("decoder")
    if decoder is None:
        raise AigcError("the encoder returns one tensor; give decoder=, to see what comes of it")
    if len(subject.code_shape) > 1:  # the code of a convolution
        code = code.reshape(len(code), *subject.code_shape)
    found = [y for y in tensors_in(decoder(code)) if len(y) == len(code)]
    data = subject.real.flatten(1)
    if not found or found[0][0].numel() != data.shape[1]:
        raise AigcError("the decoder makes something of another size than the data")
    made, unit = found[0].flatten(1), data.var(dim=0).mean().clamp_min(1e-12)
    share, error = made.var(dim=0).mean() / unit, (made - data).square().mean() / unit
    return share.reshape(1), error.item()
