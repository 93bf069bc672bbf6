"""The contract's clauses, tried on a model of one's own: which it keeps, and which it breaks."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from .contract import GenerativeModel, Labelled, Loss
from .errors import AigcError, ChoiceError, DtypeError
from .random import make_generator


class Broken(Exception):
    """A clause is broken; the text says how."""


def check_contract(build: Callable[[], GenerativeModel], batch: Tensor | Labelled) -> dict:
    """Try every clause of the contract on a model, and say of each what is wrong.

    It looks at the model's words and manners, and not at what it learns: that is for a training
    to show. The same clauses, and some more, hold for every model of this package.

    Parameters
    ----------
    build : callable
        Makes a new, untrained model: its class, or a function without arguments.
    batch : Tensor or Labelled
        A batch that the model takes, ``[N, ...]`` with N at least 2; it is not changed.

    Returns
    -------
    dict of str to str
        For each clause, in words, ``"kept"`` or a sentence that says what is wrong.

    Raises
    ------
    DtypeError
        If `build` makes no :class:`~aigc_teach.core.GenerativeModel`, or `batch` is no batch.

    Examples
    --------
    >>> class Still(GenerativeModel):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.mean = torch.nn.Parameter(torch.zeros(2))
    ...     def loss(self, batch, player="model", *, generator=None):
    ...         return Loss((batch - self.mean).square().mean(), {})
    ...     def trajectory(self, n, *, condition=None, generator=None):
    ...         yield self.mean + torch.randn(n, 2)
    >>> found = check_contract(Still, torch.ones(4, 2))
    >>> found["the same generator gives the same sample"]
    'Two samples from make_generator(3) differ: hand `generator` to every draw.'
    """
    if not isinstance(batch, Tensor | Labelled):
        kind = type(batch).__name__
        raise DtypeError(f"batch must be a tensor or a Labelled(x, condition); you gave a {kind}.")
    if not callable(build) or isinstance(build, torch.nn.Module):
        raise DtypeError("build must make a new model: give its class, without brackets.")
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        model = build()
        if not isinstance(model, GenerativeModel):
            kind = type(model).__name__
            raise DtypeError(f"build must make a GenerativeModel; it made a {kind}.")
        return {words: _told(clause, build, copy.deepcopy(batch)) for words, clause in CLAUSES}


def _told(clause: Callable, build: Callable, batch: Tensor | Labelled) -> str:
    torch.manual_seed(0)
    try:
        clause(build, batch)
    except Broken as broken:
        return str(broken)
    except Exception as error:  # whatever a stranger's model raises belongs into the report
        return f"It stopped with {type(error).__name__}: {error}"
    return "kept"


def need(condition: object, sentence: str) -> None:
    """Raise Broken with `sentence` unless `condition` holds."""
    if not condition:
        raise Broken(sentence)


def data_of(batch: Tensor | Labelled) -> Tensor:
    """The data of a batch, without the condition."""
    return batch.x if isinstance(batch, Labelled) else batch


def scored(model: GenerativeModel, batch: Tensor | Labelled, player: str, seed: int = 1) -> Loss:
    """The loss of one player, from a seeded generator."""
    return model.loss(batch, player, generator=make_generator(seed))


def loss_is_one_number(build: Callable, batch: Tensor | Labelled) -> None:
    """A Loss whose total is one finite number with a gradient, and parts without one."""
    model = build()
    for player in model.players:
        loss = scored(model, batch, player)
        need(
            isinstance(loss, Loss), f"loss gave a {type(loss).__name__}: return Loss(total, {{}})."
        )
        total, parts = loss
        need(
            isinstance(total, Tensor) and total.shape == () and total.isfinite(),
            f"The total of {player!r} must be one finite number: average or sum it.",
        )
        need(total.requires_grad, f"The total of {player!r} does not depend on any weight.")
        for name, value in parts.items():
            need(
                isinstance(value, Tensor) and value.shape == () and not value.requires_grad,
                f"The part {name!r} must be one number without a gradient: .detach() it.",
            )


def every_weight_has_one_owner(build: Callable, batch: Tensor | Labelled) -> None:
    """The gradient reaches each weight of the player who owns it, and none is left out."""
    model = build()
    owned = [id(w) for player in model.players for w in model.player_parameters(player)]
    need(len(owned) == len(set(owned)), "A weight belongs to two players.")
    need(
        set(owned) == {id(w) for w in model.parameters()},
        "Some weights belong to no player: nothing would ever train them.",
    )
    names = {id(w): name for name, w in model.named_parameters()}
    for player in model.players:
        own = [w for w in model.player_parameters(player) if w.requires_grad]
        total = scored(model, batch, player).total
        gradients = torch.autograd.grad(total, own, allow_unused=True)
        for weight, gradient in zip(own, gradients, strict=True):
            need(
                gradient is not None,
                f"No gradient of {player!r} reaches {names[id(weight)]}: is a detach() in the way?",
            )


def the_batch_stays(build: Callable, batch: Tensor | Labelled) -> None:
    """No loss writes into its batch."""
    model, before = build(), copy.deepcopy(batch)
    for player in model.players:
        scored(model, batch, player)
        for now, then in zip(
            [*batch] if isinstance(batch, Labelled) else [batch],
            [*before] if isinstance(before, Labelled) else [before],
            strict=True,
        ):
            need(
                torch.equal(now, then), f"The loss of {player!r} changed its batch: copy it first."
            )


def samples_look_like_data(build: Callable, batch: Tensor | Labelled) -> None:
    """Samples have the data's shape and type, are finite and carry no gradient."""
    x, real = build().sample(3), data_of(batch)
    need(
        isinstance(x, Tensor) and x.shape == (3, *real.shape[1:]),
        f"sample(3) gave {list(getattr(x, 'shape', []))}; it should be {[3, *real.shape[1:]]}.",
    )
    need(x.dtype == real.dtype, f"Samples are {x.dtype}; the data are {real.dtype}.")
    need(x.isfinite().all(), "Samples hold values that are NaN or infinite.")


def a_generator_repeats_a_sample(build: Callable, batch: Tensor | Labelled) -> None:
    """Equal seeds, equal samples; other seeds, other samples."""
    model = build()
    one, again, other = (model.sample(4, generator=make_generator(s)) for s in (3, 3, 4))
    need(
        torch.equal(one, again),
        "Two samples from make_generator(3) differ: hand `generator` to every draw.",
    )
    need(
        not torch.equal(one, other),
        "Samples from two seeds are equal: is a seed fixed inside, or is nothing drawn?",
    )


def a_generator_repeats_a_loss(build: Callable, batch: Tensor | Labelled) -> None:
    """Equal seeds, equal losses."""
    model = build()
    for player in model.players:  # fresh copies: statistics of batch norm move with each call
        one, again = (scored(copy.deepcopy(model), batch, player).total for _ in range(2))
        need(
            torch.equal(one, again),
            f"Two losses of {player!r} from make_generator(1) differ: hand `generator` to every "
            "draw.",
        )


def global_randomness_rests(build: Callable, batch: Tensor | Labelled) -> None:
    """With a generator given, torch's global one is not drawn from (dropout is, and may be)."""
    model = build().eval()
    before = torch.get_rng_state()
    model.sample(3, generator=make_generator(0))
    for player in model.players:
        scored(model, batch, player)
    need(
        torch.equal(before, torch.get_rng_state()),
        "Torch's global random numbers were used, although a generator was given.",
    )


def state_holds_everything(build: Callable, batch: Tensor | Labelled) -> None:
    """Another model with the same state_dict gives the same samples."""
    model = build()
    torch.manual_seed(99)
    twin = build()
    twin.load_state_dict(model.state_dict())
    samples = []
    for each in (model, twin):
        torch.manual_seed(7)  # a draw from the global numbers is another clause's matter
        samples.append(each.sample(3, generator=make_generator(7)))
    need(
        torch.equal(*samples),
        "A twin with the same state_dict() samples otherwise: keep tensors as nn.Parameter or "
        "with register_buffer, or a checkpoint loses them.",
    )


def strangers_are_refused(build: Callable, batch: Tensor | Labelled) -> None:
    """An unknown player is answered with the list of those there are."""
    try:
        build().loss(batch, "referee")
    except ChoiceError:
        return
    raise Broken(
        "loss(batch, 'referee') was not refused with a ChoiceError: begin it with "
        "check_choice('player', player, self.players)."
    )


def conditions_are_answered(build: Callable, batch: Tensor | Labelled) -> None:
    """A model without conditions refuses one; a conditional one obeys it, or draws its own."""
    model = build()
    if isinstance(batch, Labelled):
        asked = batch.condition[:1].repeat(3, *[1] * (batch.condition.ndim - 1))
        need(len(model.sample(3, condition=asked)) == 3, "sample(3, condition=...) gave not 3.")
        need(len(model.sample(3)) == 3, "sample(3) without a condition gave not 3.")
        return
    samples = []
    for asked in (0, 1):  # a language model goes on from either, as from a prompt
        condition, draw = torch.full((3,), asked), make_generator(3)
        try:
            samples.append(model.sample(3, condition=condition, generator=draw))
        except AigcError:
            return
    need(
        not torch.equal(*samples),
        "A condition was neither refused nor obeyed: begin trajectory with refuse_condition(...).",
    )


def no_value_is_asked_for(build: Callable, batch: Tensor | Labelled) -> None:
    """It runs on torch's device ``meta``, which holds no values; so a GPU need never wait."""
    model = build().to("meta")
    held = (
        Labelled(*(t.to("meta") for t in batch))
        if isinstance(batch, Labelled)
        else (batch.to("meta"))
    )
    try:
        for player in model.players:
            model.loss(held, player).total.backward()
        model.sample(3)
    except (RuntimeError, NotImplementedError, TypeError) as error:
        raise Broken(
            "It does not run on torch's device 'meta', which knows shapes and no values: make "
            "tensors on the weights' device, and leave out .item(), .numpy() and an if on a "
            f"tensor. ({str(error).splitlines()[0]})"
        ) from error


CLAUSES = (
    ("a loss is one number, its parts are detached", loss_is_one_number),
    ("each weight has one owner, whose loss reaches it", every_weight_has_one_owner),
    ("a loss leaves its batch alone", the_batch_stays),
    ("samples have the data's shape and type", samples_look_like_data),
    ("the same generator gives the same sample", a_generator_repeats_a_sample),
    ("the same generator gives the same loss", a_generator_repeats_a_loss),
    ("torch's global random numbers are left alone", global_randomness_rests),
    ("the state_dict holds everything", state_holds_everything),
    ("an unknown player is refused", strangers_are_refused),
    ("conditions are obeyed, or refused", conditions_are_answered),
    ("no value is asked for: it runs on any device", no_value_is_asked_for),
)
