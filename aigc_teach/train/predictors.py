"""Experiments with a network that predicts: the next token, or the noise in an item.

Its loss is computed again with hooks on the network: with other answers, with another token, with
another step. Nothing is trained. Legend: N batch, T tokens, V vocabulary, D values of an item.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..core import AigcError
from .subject import Subject, reason, step_call, swapped, tensors_in
from .untouched import hooked, parts_of_all

SEEDS = 4  # turns from which a mean is taken
SEEDS_OF_ONE_STEP = 24  # the same where all items of a turn have one step
TRIED = 8  # networks inside the network that are asked for the answer
SHIFTS = (1, 0, -1, 2)  # target minus place of the input


@dataclass
class Answered:
    """Which part of a network gives the answer that its loss judges.

    Attributes
    ----------
    player : str
        Whose loss.
    module : Module
        The part.
    axis : int or None
        Of the classes, for tokens.
    gradient : Tensor
        Of the loss, by the answers, where all answers are 0.
    """

    player: str
    module: nn.Module
    axis: int | None
    gradient: Tensor


def answered(subject: Subject) -> Answered:
    """Find the answer: the last part whose output the loss looks at as at a prediction."""
    if "network" not in subject.networks:
        raise AigcError("there is no network that predicts (give model= and losses=, if so)")
    player = next(iter(subject.losses))
    tried = 0
    for module in reversed(parts_called(subject, player)):
        answers, gradient = pull_on_zeros(subject, player, module)
        if gradient is None or not gradient.any():
            continue
        tried += 1
        if subject.tokens:
            axis = class_axis(gradient, int(subject.real.max()) + 1)
            if axis is not None:
                return Answered(player, module, axis, gradient)
        elif len(gradient) == len(subject.real) and varies(gradient):
            return Answered(player, module, None, gradient)
        if tried >= TRIED:
            break
    raise AigcError("no prediction of the network is seen in its loss")


def parts_called(subject: Subject, player: str) -> list[nn.Module]:
    """The parts of a network in the order in which they answer, each once."""
    order: list[nn.Module] = []
    every = parts_of_all(subject.modules)
    hooks = [m.register_forward_hook(lambda m, *_: order.append(m)) for m in every]
    with hooked(hooks), torch.no_grad():
        subject.losses[player](0)
    return list({id(m): m for m in reversed(order)}.values())[::-1]


def pull_on_zeros(subject: Subject, player: str, module: nn.Module) -> tuple[list, Tensor | None]:
    """What was answered, and the gradient of the loss by a first answer of nothing but 0."""
    total, given = with_answers(subject, player, module, torch.zeros_like)
    if not given or not total.requires_grad:
        return given, None
    return given, torch.autograd.grad(total, given[:1], allow_unused=True)[0]


def with_answers(
    subject: Subject, player: str, module: nn.Module, change: Callable, seed: int = 0
) -> tuple[Tensor, list[Tensor]]:
    """A loss where one part's answers are changed, and the answers given in their place."""
    given: list[Tensor] = []

    def speak(part: nn.Module, args: tuple, output: object) -> object:
        old = main_answer(output, subject)
        if old is None:
            return None
        new = change(old.detach()).requires_grad_()
        given.append(new)
        return swapped(output, old, new + 0)  # somebody may change it in place

    with hooked([module.register_forward_hook(speak)]), torch.enable_grad():
        return subject.losses[player](seed), given


def main_answer(output: object, subject: Subject) -> Tensor | None:
    """The tensor of an output that may be an answer: one row an item, as long as the data's."""
    found = tensors_in(output)
    if subject.tokens:
        least = max(3, int(subject.real.max()) + 1)
        found = [y for y in found if y.ndim > 1 and least <= max(y.shape[-1], y.shape[1])]
    else:
        found = [y for y in found if len(y) == len(subject.real)]
        same = [y for y in found if y.numel() == subject.real.numel()]
        found = same or found
    return max(found, key=lambda y: y.numel(), default=None)


def class_axis(gradient: Tensor, least: int) -> int | None:
    """The axis of the classes if this is a cross-entropy's gradient at logits of 0, else None.

    There each row is softmax minus one-hot: its sum is 0, and one entry alone is far below it.

    >>> logits = torch.zeros(4, 5, requires_grad=True)
    >>> nn.functional.cross_entropy(logits, torch.arange(4)).backward()
    >>> class_axis(logits.grad, 5), class_axis(torch.ones(4, 5), 5)
    (-1, None)
    """
    for axis in (-1, 1):
        if gradient.ndim < 2 or gradient.shape[axis] < max(3, least):
            continue
        rows = gradient.movedim(axis, -1).flatten(0, -2).double()  # [R, V]
        size = rows.abs().sum(dim=1)
        rows, size = rows[size > 0], size[size > 0]
        even = rows.sum(dim=1).abs() < 1e-3 * size
        alone = rows.min(dim=1).values < -0.25 * size
        if len(rows) and (even & alone).float().mean() > 0.99:
            return axis
    return None


def varies(gradient: Tensor) -> bool:
    """Whether the loss asks something else about each item."""
    rows = gradient.flatten(1)
    return bool(rows.std(dim=0).mean() > 1e-6 * rows.abs().mean())


def constant_answer(subject: Subject) -> tuple[float, float]:
    """The loss as it is, and the lower of two losses: all answers 0, and all the mean answer."""
    view = answered(subject)

    def average(y: Tensor) -> Tensor:
        if view.axis is None:
            return y.mean(dim=0, keepdim=True).expand_as(y).clone()
        last = y.movedim(view.axis, -1)
        mean = last.flatten(0, -2).mean(dim=0)  # [V]
        return mean.expand_as(last).movedim(-1, view.axis).clone()

    totals = []
    for change in (torch.clone, average, torch.zeros_like):
        losses = [
            with_answers(subject, view.player, view.module, change, k)[0] for k in range(SEEDS)
        ]
        totals.append(sum(loss.item() for loss in losses) / SEEDS)
    return totals[0], min(totals[1:])


def answers_are_chances(subject: Subject) -> bool:
    """Whether what a cross-entropy takes for logits are probabilities: above 0, with the sum 1."""
    view = answered(subject)
    if view.axis is None:
        raise AigcError("the network's loss is no cross-entropy")
    (told, *_) = with_answers(subject, view.player, view.module, torch.clone)[1]
    whole = told.detach().sum(dim=view.axis)
    return bool(told.min() >= 0 and (whole - 1).abs().max() < 1e-3)


# ------------------------------------------------------------------------------------- tokens


@dataclass
class Reading:
    """What a language model reads and what it is asked for.

    Attributes
    ----------
    ids : Tensor
        The tokens that enter it, ``[N, T]``.
    targets : Tensor
        The tokens that its loss asks for, ``[N, T]``; -1 where it asks for nothing.
    logits : callable
        Tokens ``[N, T]`` in place of `ids` -> logits ``[N, T, V]``.
    """

    ids: Tensor
    targets: Tensor
    logits: Callable[[Tensor], Tensor]


def read_tokens(subject: Subject) -> Reading:
    """See what enters a language model and, from its loss's gradient, what is asked of it."""
    if not subject.tokens:
        raise AigcError("the data are no tokens")
    view = answered(subject)
    found, why = [], ""
    for place in token_places(subject, view.player):
        try:
            one = reading_at(subject, view, *place)
            if not torch.equal(one.logits(one.ids), one.logits(other(one.ids))):
                found.append(one)  # and no mask or target, which changes no answer
        except AigcError as error:
            why = str(error)
        except Exception as error:  # targets changed to what is no token
            why = reason(error)
    if not found:
        raise AigcError(why or "no rows of tokens are seen to enter the network")
    return max(found, key=lambda one: best_share(one))


def other(ids: Tensor) -> Tensor:
    """Each token replaced by another one that occurs."""
    return torch.where(ids == ids.max(), ids.min(), ids + 1)


def token_places(subject: Subject, player: str) -> list[tuple[nn.Module, int | str, bool]]:
    """Where rows of tokens enter the outermost part that takes any: part, argument, turned."""
    n, found = len(subject.real), []

    def note(module: nn.Module, args: tuple, kwargs: dict) -> None:
        if found:
            return
        for key, x in [*enumerate(args), *kwargs.items()]:
            whole = isinstance(x, Tensor) and not x.is_floating_point() and x.dtype != torch.bool
            if whole and x.ndim == 2 and n in x.shape and x.shape[0] * x.shape[1] > n:
                found.append((module, key, x.shape[0] != n, x.detach().clone()))

    every = parts_of_all(subject.modules)
    hooks = [m.register_forward_pre_hook(note, with_kwargs=True) for m in every]
    with hooked(hooks), torch.no_grad():
        subject.losses[player](0)
    return found


def reading_at(
    subject: Subject, view: Answered, module: nn.Module, key: int | str, turned: bool, ids: Tensor
) -> Reading:
    """The reading of one argument; AigcError where answers and tokens do not fit together."""

    def ordered(y: Tensor) -> Tensor:
        y = y.movedim(view.axis, -1)  # [..., V]
        n, lead = len(subject.real), list(y.shape[:-1])
        if len(lead) == 1 and lead[0] > n and lead[0] % n == 0:
            y = y.reshape(-1, n, y.shape[-1]) if turned else y.reshape(n, -1, y.shape[-1])
            lead = list(y.shape[:-1])
        if len(lead) != 2:
            raise AigcError("the network answers once a row, not once a token")
        return y.transpose(0, 1) if turned else y

    def logits(new: Tensor) -> Tensor:
        seen = []

        def replace(part: nn.Module, args: tuple, kwargs: dict) -> tuple:
            entered = new.t() if turned else new
            if isinstance(key, int):
                return (*args[:key], entered, *args[key + 1 :]), kwargs
            return args, kwargs | {key: entered}

        hooks = [module.register_forward_pre_hook(replace, with_kwargs=True)]
        hooks.append(
            view.module.register_forward_hook(
                lambda part, args, output: seen.append(main_answer(output, subject).detach())
            )
        )
        with hooked(hooks), torch.no_grad():
            subject.losses[view.player](0)
        return ordered(seen[0])

    gradient = ordered(view.gradient)  # [N, T, V]
    targets = gradient.argmin(dim=-1)
    targets[gradient.abs().sum(dim=-1) == 0] = -1
    ids = ids.t() if turned else ids
    if targets.shape != ids.shape:
        raise AigcError("the network reads and answers rows of two lengths")
    return Reading(ids, targets, logits)


def share_at(reading: Reading, shift: int) -> float:
    """In which share of the places the target is the token `shift` places further on."""
    length = reading.ids.shape[1]
    here = slice(max(0, -shift), length - max(0, shift))
    there = slice(max(0, shift), length + min(0, shift))
    asked, given = reading.targets[:, here], reading.ids[:, there]
    kept = asked >= 0
    return (asked == given)[kept].float().mean().item() if kept.any() else 0.0


def best_share(reading: Reading) -> float:
    """How well any shift explains the targets."""
    return max(share_at(reading, shift) for shift in SHIFTS)


def shifts_and_future(subject: Subject) -> tuple[dict[int, float], float]:
    """For each shift the share of targets it explains; and how far a later token reaches back.

    The second is the largest change of an earlier logit when a later token is another one, over
    the spread of the logits.
    """
    reading = read_tokens(subject)
    shares = {shift: share_at(reading, shift) for shift in SHIFTS}
    length = reading.ids.shape[1]
    first = reading.logits(reading.ids)
    if not torch.equal(first, reading.logits(reading.ids)):
        raise AigcError("the network answers something else each time, even in evaluation mode")
    unit, reach = first.std().clamp_min(1e-12).item(), 0.0
    for place in {length - 1, length // 2}:
        changed = reading.ids.clone()
        changed[:, place] = other(reading.ids)[:, place]
        moved = (reading.logits(changed) - first).abs()  # [N, T, V]
        reach = max(reach, moved[:, :place].max().item() / unit if place else 0.0)
    return shares, reach


# ---------------------------------------------------------------------------------- diffusion


@dataclass
class Noised:
    """One call of a network with noisy items.

    Attributes
    ----------
    module : Module
    items : Tensor
        ``[N, D]``.
    steps : Tensor
        ``[N]``.
    places : (int, int)
        Of the two among its arguments.
    """

    module: nn.Module
    items: Tensor
    steps: Tensor
    places: tuple[int, int]


def noised(subject: Subject, seed: int = 0) -> Noised:
    """The first call of a network with noisy items and the steps of their noise."""
    if "network" not in subject.networks or subject.tokens:
        raise AigcError("there is no network that takes noisy items and their step")
    found: list[Noised] = []

    def note(module: nn.Module, args: tuple, kwargs: dict) -> None:
        given = [*args, *kwargs.values()]
        places = None if found else step_call(given, subject.real, subject.labels)
        if places is None:
            return
        x, t = (given[k] for k in places)
        rows, n = x.detach().flatten(1), len(subject.real)
        if places[0] == places[1]:
            rows, t = rows[:, :-1], rows[:, -1]
        steps = torch.as_tensor(t, device=rows.device).detach().flatten().double()
        found.append(Noised(module, rows.double(), steps.expand(n).clone(), places))

    every = parts_of_all(subject.modules)
    hooks = [m.register_forward_pre_hook(note, with_kwargs=True) for m in every]
    with hooked(hooks), torch.no_grad():
        subject.losses[next(iter(subject.losses))](seed)
    if not found:
        raise AigcError("there is no network that takes noisy items and their step")
    return found[0]


def shares_of_data(subject: Subject) -> tuple[float, float, float, float]:
    """How much of a noisy item is data: at the noisiest steps, which steps these are, and at most.

    The share is a squared correlation of noisy and clean items, in bins of like steps. The fourth
    number is how far the noisiest items are from noise alone; see :func:`nats_from_noise`.
    """
    calls = [noised(subject)]
    many = SEEDS if calls[0].steps.unique().numel() > 1 else SEEDS_OF_ONE_STEP
    calls += [noised(subject, seed) for seed in range(1, many)]
    clean = subject.real.flatten(1).double().repeat(many, 1)  # [M, D]
    items = torch.cat([call.items for call in calls])
    steps = torch.cat([call.steps for call in calls])  # [M]
    order = steps.argsort()
    shares, least = [], {}
    for rows in order.chunk(max(4, min(32, len(order) // 32))):
        x, y = items[rows], clean[rows]
        share = (x * y).sum() ** 2 / (x.square().sum() * y.square().sum()).clamp_min(1e-12)
        shares.append((share.item(), steps[rows].mean().item()))
        least.setdefault(shares[-1], rows)
    rows = least[min(shares)]
    nats = nats_from_noise(items[rows], clean[rows], subject.real.flatten(1).double())
    return *min(shares), max(shares)[0], nats


def nats_from_noise(items: Tensor, clean: Tensor, data: Tensor) -> float:
    """The divergence KL(noisy items || noise alone), in nats an item, noise of the same size.

    Noisy items are a data item times a number, plus Gaussian noise, so their law is a mixture with
    one part for each item. Whoever begins with noise alone in their place, and does everything
    else right, makes samples that are at most so many nats from right ones (data processing).

    >>> draw = torch.Generator().manual_seed(0)
    >>> x, eps = (torch.randn(256, 2, generator=draw) for _ in range(2))
    >>> x = x.sign()
    >>> far, near = (nats_from_noise(x + size * eps, x, x) for size in (9.0, 0.1))
    >>> round(abs(far), 1), round(near)
    (0.0, 3)
    """
    size = items.shape[1]
    slope = (clean * items).sum() / clean.square().sum().clamp_min(1e-12)
    noise = (items - slope * clean).square().mean().clamp_min(1e-12)  # variances
    whole = items.square().mean().clamp_min(1e-12)
    far = torch.cdist(items, slope * data).square()  # [B, N]
    mixed = torch.logsumexp(-far / (2 * noise), dim=1) - math.log(len(data))
    alone = -items.square().sum(dim=1) / (2 * whole)
    return (mixed - alone + size / 2 * (whole / noise).log()).mean().item()


def change_by_step(subject: Subject) -> float:
    """How far the answers move if each item is told another step, over two answers' distance."""
    call = noised(subject)
    if call.steps.unique().numel() < 2:
        raise AigcError("all items of a turn have the same step")

    def turned(t: Tensor) -> Tensor:
        return t.roll(max(1, len(t) // 2), 0)

    def replace(module: nn.Module, args: tuple, kwargs: dict) -> tuple:
        given, (x, t) = [*args, *kwargs.values()], call.places
        if x == t:
            given[t] = torch.cat([given[t][:, :-1], turned(given[t][:, -1:])], dim=1)
        else:
            given[t] = turned(given[t])
        return tuple(given[: len(args)]), dict(zip(kwargs, given[len(args) :], strict=True))

    one, moved = answers_of(subject, call, None), answers_of(subject, call, replace)
    spread = torch.pdist(one).mean()
    if spread < 1e-9:
        raise AigcError("the network's answers are all the same")
    return ((one - moved).norm(dim=1).mean() / spread).item()


def answers_of(subject: Subject, call: Noised, replace: Callable | None) -> Tensor:
    """What the network answers in its turn, ``[N, D]``."""
    seen: list[Tensor] = []

    def note(module: nn.Module, args: tuple, output: object) -> None:
        seen.append(max(tensors_in(output), key=lambda y: y.numel()).detach().flatten(1).double())

    hooks = [call.module.register_forward_hook(note)]
    if replace is not None:
        hooks.append(call.module.register_forward_pre_hook(replace, with_kwargs=True))
    with hooked(hooks), torch.no_grad():
        subject.losses[next(iter(subject.losses))](0)
    return seen[0]
