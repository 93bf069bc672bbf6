"""Who is looked at: networks, losses and optimizers of a training, whatever they are called.

A :class:`Subject` is made from this library's model (:func:`of_model`) or from plain things
(:func:`of_things`). The experiments of ``probe.py`` know subjects only. Legend: N batch.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import (
    AigcError,
    DataError,
    DtypeError,
    GenerativeModel,
    Labelled,
    ShapeError,
    make_generator,
)
from .history import History
from .untouched import hooked, parts_of_all, untouched

MANY = 256  # items looked at, at most
TOKENS = (torch.int64, torch.int32, torch.int16)
NAMES = {
    "critic": ("critic", "discriminator", "discrim", "disc", "dis", "d", "crit", "adversary"),
    "generator": ("generator", "gen", "g"),
    "encoder": ("encode", "encoder", "enc", "e"),
    "decoder": ("decode", "decoder", "dec"),
}
OPPONENTS = {"critic": "generator", "generator": "critic"}
CURVES = {"dx": "critic.real", "dgz": "critic.fake", "dgz1": "critic.fake"}
CURVES |= dict.fromkeys(("kl", "kld", "klloss", "losskl", "kldloss"), "kl")


@dataclass
class Subject:
    """A training, as far as it is known.

    Attributes
    ----------
    real : Tensor
        Real data, ``[N, ...]``; tokens are whole numbers, ``[N, T]``.
    labels : Tensor or None
        One entry an item.
    curves : dict of str to array
        What was logged, one value a step.
    networks : dict of str to callable
        For each of "generator", "critic", "encoder" and "decoder" that there is: the network. A
        network that predicts (the next token, or the noise in an item) is called "network".
    names : dict of str to str
        What its owner calls it.
    losses : dict of str to callable
        For each player a function from a seed to the scalar of its loss.
    weights : dict of str to list of Parameter
        For each player what it may change.
    sample : callable or None
        ``n -> [n, ...]``.
    draw : callable or None
        ``n ->`` the noise of n items.
    optimizers : list of Optimizer
    modules : list of Module
        All that must be as before afterwards.
    trained : bool or None
        Whether steps were made; None if it cannot be known.
    decodes : bool
        Whether samples come straight from somebody's decoder, which may give logits.
    code_size : int or None
        How many numbers the decoder takes an item, if it is known.
    code_shape : tuple of int
        The shape of one item's code, once it has been seen.
    with_labels : callable or None
        One label an item -> samples of the same noise with these labels.
    turns : dict
        Turns of the players that the experiments have replayed.
    missing : dict of str to str
        Why something is None or empty.
    """

    real: Tensor
    labels: Tensor | None = None
    curves: dict[str, np.ndarray] = field(default_factory=dict)
    networks: dict[str, Callable] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    losses: dict[str, Callable[[int], Tensor]] = field(default_factory=dict)
    weights: dict[str, list[nn.Parameter]] = field(default_factory=dict)
    sample: Callable[[int], Tensor] | None = None
    draw: Callable[[int], Tensor] | None = None
    optimizers: list[torch.optim.Optimizer] = field(default_factory=list)
    modules: list[nn.Module] = field(default_factory=list)
    trained: bool | None = None
    decodes: bool = False
    code_size: int | None = None
    code_shape: tuple[int, ...] = ()
    with_labels: Callable[[Tensor], Tensor] | None = None
    turns: dict[tuple[str, float], tuple] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def tokens(self) -> bool:
        """Whether the data are tokens."""
        return not self.real.is_floating_point()

    @property
    def steps(self) -> int | None:
        """How many steps were made, as far as curves and optimizers tell."""
        made = [len(series) for series in self.curves.values()]
        states = [state for one in self.optimizers for state in one.state.values()]
        made += [int(state["step"]) for state in states if "step" in state]
        return max(made, default=None)

    @property
    def steps_of_generator(self) -> int | None:
        """How many steps the generator made, if an optimizer tells: the critic may make more."""
        net = owner(self.networks.get("generator"))
        own = {id(w) for w in net.parameters()} if net is not None else set()
        made = [
            int(state["step"])
            for optimizer in self.optimizers
            for weight, state in optimizer.state.items()
            if id(weight) in own and "step" in state
        ]
        return max(made, default=self.steps)

    def module(self, role: str) -> nn.Module | None:
        """The network of a role if it is a Module, on which hooks can be set.

        Of a function that calls one network, such as ``lambda b: netD(torch.cat([a, b], 1))``,
        it is this one.
        """
        network = self.networks.get(role)
        return network if isinstance(network, nn.Module) else inside(network)

    def of_role(self, role: str) -> str | None:
        """The player with a loss that has this role: by its name, or, of two, the one left over."""
        other = OPPONENTS.get(role)
        found = self._named(role)
        if found or other not in self.networks or role not in self.networks:
            return found
        rest = [player for player in self.losses if player != self._named(other)]
        return rest[0] if len(rest) == 1 < len(self.losses) else None

    def _named(self, role: str) -> str | None:
        """The player with a loss whose name speaks of this role."""
        own = self.names.get(role)
        names = [p for p in self.losses if p in (own, role)]
        names += [p for p in self.losses if own and own.lower() in p.lower()]
        names += [p for p in self.losses if role_of(p) == role]
        return names[0] if names else None


def role_of(name: str) -> str | None:
    """The role that a name speaks of, or None.

    >>> [role_of(name) for name in ("netD", "loss_G", "discriminator", "errD", "vae", "decoder")]
    ['critic', 'generator', 'critic', 'critic', None, 'decoder']
    """
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    for role, known in NAMES.items():
        if any(word in known for word in words):
            return role
    return None


def owner(thing: object) -> nn.Module | None:
    """The Module that a network is, or whose method it is, or the only one that it calls."""
    holder = getattr(thing, "__self__", thing)
    return holder if isinstance(holder, nn.Module) else inside(thing)


def inside(function: object) -> nn.Module | None:
    """The network that a function calls, if there is exactly one; not for a module's own method.

    >>> net = nn.Linear(2, 1)
    >>> inside(lambda x: net(x)) is net
    True
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    cells = getattr(function, "__closure__", None) or ()
    held = [cell.cell_contents for cell in cells if filled(cell)]
    known = getattr(function, "__globals__", {})
    held += [known[name] for name in code.co_names if name in known]
    nets = {id(x): x for x in held if isinstance(x, nn.Module)}
    return next(iter(nets.values())) if len(nets) == 1 else None


def filled(cell: object) -> bool:
    """Whether a closure's cell holds anything yet."""
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def first_items(batch: object, labels: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """Real data and labels out of what people have, 256 items at most; or a sentence.

    >>> x, labels = first_items((torch.zeros(20, 3), torch.arange(20)))
    >>> list(x.shape), len(labels)
    ([20, 3], 20)
    """
    if isinstance(batch, torch.utils.data.DataLoader):
        batch = collect(batch)
    if isinstance(batch, (tuple, list)) and batch and isinstance(batch[0], Tensor):
        batch, labels = batch[0], batch[1] if len(batch) > 1 and labels is None else labels
    if isinstance(batch, np.ndarray):
        batch = torch.from_numpy(batch)
    if not isinstance(batch, Tensor) or not (batch.is_floating_point() or are_tokens(batch)):
        raise DtypeError(
            "The batch must be a floating-point tensor of real data, or Labelled, or tokens: whole "
            "numbers [N, T] (int64)."
        )
    if batch.ndim < 2:
        raise ShapeError(
            f"The batch has the shape {list(batch.shape)}; real data are [N, ...]: a first axis "
            "that counts the items, and at least one more. For single numbers use x[:, None]."
        )
    if len(batch) < 16:
        raise DataError(f"The batch holds {len(batch)} items; a diagnosis needs 16 at least.")
    if labels is not None:
        labels = torch.as_tensor(labels)
        if labels.shape[:1] != batch.shape[:1]:
            raise ShapeError(
                f"There are {len(batch)} items, and the labels have the shape "
                f"{list(labels.shape)}; each item needs one."
            )
        labels = labels[:MANY]
    return batch.detach()[:MANY], labels


def are_tokens(batch: Tensor) -> bool:
    """Whether these are rows of whole numbers, as a language model takes them; bytes are none.

    >>> are_tokens(torch.zeros(8, 5, dtype=torch.long)), are_tokens(torch.zeros(8, 5))
    (True, False)
    """
    return batch.dtype in TOKENS and batch.ndim == 2


def collect(loader: Iterable) -> tuple[Tensor, ...] | Tensor:
    """The first batches of a DataLoader as one."""
    parts, n = [], 0
    for part in loader:
        parts.append(part if isinstance(part, (tuple, list)) else (part,))
        n += len(parts[-1][0])
        if n >= MANY:
            break
    if not parts:
        raise DataError("The DataLoader gave no batch at all.")
    return tuple(torch.cat(list(column)) for column in zip(*parts, strict=True))


def curves_of(history: object) -> dict[str, np.ndarray]:
    """What was logged, under the names used here; a sentence for anything else.

    >>> sorted(curves_of({"D(x)": [0.5, 0.6], "lossG": [1.0, 2.0]}))
    ['critic.real', 'lossG']
    """
    if history is None:
        return {}
    if isinstance(history, History):
        return {name: history[name] for name in history.names}
    if not isinstance(history, Mapping):
        raise DtypeError(
            "diagnose takes a History, a Run, or a dict of lists of numbers as the first "
            f"argument; you gave a {type(history).__name__}. A training keeps its history: "
            "run = fit(...), then run.history. Plain things are given by name: "
            "diagnose(real=x, generator=G, critic=D)."
        )
    curves = {}
    for name, values in history.items():
        known = CURVES.get(re.sub("[^a-z0-9]", "", str(name).lower()), str(name))
        values = [float(v.detach()) if isinstance(v, Tensor) else float(v) for v in values]
        curves.setdefault(known, np.asarray(values, dtype=np.float64))
    return curves


def rng(device: torch.device, seed: int) -> torch.Generator:
    """A generator on a device; all global random numbers are seeded alike."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    return make_generator(seed, device=device)


def device_of(modules: list[nn.Module]) -> torch.device:
    """Where the first weight lies."""
    weights = (weight for module in modules for weight in module.parameters())
    first = next(weights, None)
    return torch.device("cpu") if first is None else first.device


def of_model(model: GenerativeModel, real: Tensor, labels: Tensor | None, curves: dict) -> Subject:
    """A subject made of a model that speaks this library's contract; names are learned."""
    device = device_of([model])
    real = real.to(device)
    labels = None if labels is None else labels.to(device)
    batch = real if labels is None else Labelled(real, labels)
    subject = Subject(real, labels, curves, modules=[model], trained=bool(curves) or None)
    subject.missing["trained"] = "the history is empty: it is not known whether steps were made"

    def loss_of(player: str) -> Callable[[int], Tensor]:
        return lambda seed: model.loss(batch, player, generator=rng(device, seed)).total

    for player in model.players:
        subject.losses[player] = loss_of(player)
        try:
            subject.weights[player] = model.player_parameters(player)
        except AigcError as error:
            subject.missing[player] = str(error)
    subject.sample = lambda n: model.sample(
        n, condition=None if labels is None else labels[:n], generator=rng(device, 0)
    )
    if labels is not None:
        subject.with_labels = lambda labels: model.sample(
            len(labels), condition=labels, generator=rng(device, 0)
        )
    learn_names(subject, model, model.players)
    if len(model.players) > 1 and not {"generator", "critic"} <= subject.networks.keys():
        learn_from_deeds(subject, model, model.players)
    return subject


def learn_from_deeds(subject: Subject, model: nn.Module, players: Iterable[str]) -> None:
    """Find generator and critic among a model's parts by what goes in and what comes out.

    Who turns something else into items of the data's size is the generator; who turns items of
    the data's size into something else is the critic.
    """
    size = subject.real[0].numel()
    parts = {p: getattr(model, p, None) for p in players}
    parts = {name: part for name, part in parts.items() if isinstance(part, nn.Module)}

    def note(player: str) -> Callable:
        def hook(module: nn.Module, args: tuple, kwargs: dict, output: object) -> None:
            inside = any(x[0].numel() == size for x in tensors_in([*args, *kwargs.values()]))
            outside = any(x[0].numel() == size for x in tensors_in(output))
            if inside != outside:
                role = "critic" if inside else "generator"
                subject.networks.setdefault(role, module)
                subject.names.setdefault(role, player)

        return hook

    with untouched([model]):
        for player, loss in subject.losses.items():
            hooks = [
                part.register_forward_hook(note(name), with_kwargs=True)
                for name, part in parts.items()
            ]
            with hooked(hooks):
                try:
                    loss(0)
                except Exception as error:
                    subject.missing.setdefault(f"loss of {player}", str(error))


def learn_names(subject: Subject, model: nn.Module, players: tuple[str, ...]) -> None:
    """Find the networks among a module's parts: by their names, then among the players."""
    found = dict(model.named_children())
    for role in NAMES:
        named = [name for name in found if name.lower() in NAMES[role]]
        named += [name for name in players if name in found and role_of(name) == role]
        named += [
            name
            for name in found
            if role_of(name) == role and "ema" not in name.lower() and not one_of_many(name, found)
        ]
        if named and role not in subject.networks:
            subject.networks[role], subject.names[role] = found[named[0]], named[0]
    for role, verb in (("encoder", "encode"), ("decoder", "decode")):
        method = getattr(model, verb, None)
        wanted = role == "encoder" or role not in subject.networks
        if wanted and callable(method) and not isinstance(method, nn.Module):
            subject.networks[role], subject.names[role] = method, verb


def one_of_many(name: str, names: Iterable[str]) -> bool:
    """Whether a part is one of a row of layers, such as e1, e2, e3, and no network of its own.

    So are several layers of an encoder or a decoder.

    >>> one_of_many("e1", ["e1", "e2", "d1"]), one_of_many("d1", ["e1", "e2", "d1"])
    (True, False)
    >>> one_of_many("encoder_in", ["encoder_in", "encoder_out"])
    True
    """
    if role_of(name) in ("encoder", "decoder"):
        return sum(role_of(other) == role_of(name) for other in names) > 1
    stem = name.rstrip("0123456789")
    return stem != name and sum(other.rstrip("0123456789") == stem for other in names) > 1


def of_things(given: dict[str, object], real: Tensor, labels: Tensor | None) -> Subject:
    """A subject made of plain networks and functions, as :func:`diagnose` describes them."""
    curves = curves_of(given.get("history"))
    subject = Subject(real, labels, curves)
    model = given.get("model")
    if isinstance(model, nn.Module):
        if not subject.tokens:  # the encoder and decoder of a language model are something else
            learn_names(subject, model, ())
        subject.modules.append(model)
    for role in NAMES:
        network = given.get(role)
        if network is None:
            continue
        if not callable(network):
            raise DtypeError(
                f"{role}= must be a network or a function; you gave a {type(network).__name__}."
            )
        subject.networks[role], subject.names[role] = network, role
        if owner(network) is not None:
            subject.modules.append(owner(network))
    device = device_of(subject.modules)
    subject.real = real.to(device)
    subject.labels = None if labels is None else labels.to(device)
    add_losses(subject, given.get("losses"), model)
    if isinstance(model, nn.Module) and not subject.networks and len(subject.losses) > 1:
        learn_from_deeds(subject, model, [name for name, _ in model.named_children()])
        add_losses(subject, given.get("losses"), model)  # now it is known whose they are
    if isinstance(model, nn.Module) and subject.losses:
        alone = {*subject.networks} <= {"encoder", "decoder"}
        if not subject.networks or (alone and takes_steps(subject)):
            subject.networks, subject.names = {"network": model}, {"network": "model"}
    if not subject.networks and given.get("fake") is None:
        raise DtypeError(
            f"There is nothing to look at in a {type(model).__name__}: none of its parts is called "
            "generator, critic, encoder or decoder. Give them by name: generator=, critic=, "
            "encoder=, decoder=; or, if it is one network that predicts, its loss: losses=."
        )
    add_optimizers(subject, given.get("optimizers"))
    noise = add_noise(subject, given.get("noise"), device)
    subject.code_size = code_size(subject, given.get("noise"))
    if noise is None and subject.labels is not None and subject.labels.ndim > 2:
        pictures = subject.labels  # from picture to picture: no noise, and a condition like data

        def noise(n: int) -> Tensor:
            return pictures[:n]

    add_samples(subject, given.get("fake"), noise)
    subject.trained = True if curves or any(o.state for o in subject.optimizers) else None
    subject.missing["trained"] = (
        "it is not known whether steps were made (give history= or optimizers=)"
    )
    return subject


def takes_steps(subject: Subject) -> bool:
    """Whether a network is called with noisy items and the step of their noise: diffusion."""
    seen = []

    def note(module: nn.Module, args: tuple, kwargs: dict) -> None:
        seen.append(step_call([*args, *kwargs.values()], subject.real, subject.labels))

    with untouched(subject.modules), torch.no_grad():
        parts = parts_of_all(subject.modules)
        with hooked([m.register_forward_pre_hook(note, with_kwargs=True) for m in parts]):
            try:
                next(iter(subject.losses.values()))(0)
            except Exception as error:  # it is reported where the loss is needed
                subject.missing.setdefault("takes_steps", str(error))
    return any(found is not None for found in seen)


def step_call(given: list, real: Tensor, labels: Tensor | None) -> tuple[int, int] | None:
    """The places of noisy items and of their steps among a network's arguments, or None.

    Where the step is the items' last column, both places are the same.

    >>> x = torch.zeros(4, 3)
    >>> step_call([x + 1, torch.arange(4)], x, None), step_call([x, torch.arange(4)], x, None)
    ((0, 1), None)
    """
    n, flat = len(real), real.flatten(1)
    for k, x in enumerate(given):
        if not isinstance(x, Tensor) or not x.is_floating_point() or x.shape[:1] != (n,):
            continue
        rows = x.detach().flatten(1)
        if x.ndim == 2 and rows.shape[1] == flat.shape[1] + 1 > 2:  # the step is a column
            if torch.equal(rows[:, :-1], flat) or same_entries(rows[:, -1], labels):
                continue
            return k, k
        if rows.shape != flat.shape or torch.equal(rows, flat):
            continue
        for m, t in enumerate(given):
            one_each = isinstance(t, Tensor) and t.numel() in (1, n) and not same_entries(t, labels)
            if m != k and (one_each or type(t) in (int, float)):
                return k, m
    return None


def same_entries(t: Tensor, labels: Tensor | None) -> bool:
    """Whether these are the labels, in whatever shape."""
    if labels is None or labels.numel() != t.numel():
        return False
    return torch.equal(t.detach().flatten().double(), labels.flatten().double())


def add_losses(subject: Subject, losses: object, model: nn.Module | None) -> None:
    """Functions become the players' losses, lists of numbers become curves."""
    if losses is None:
        return
    if callable(losses):
        losses = {"model": losses}
    if not isinstance(losses, Mapping):
        raise DtypeError(
            "losses= must be a dict with, for each player, a function of the real data that "
            "returns its loss, or the list of its values; you gave a "
            f"{type(losses).__name__}. For example: losses={{'critic': lambda x: ...}}."
        )
    for name, loss in losses.items():
        if not callable(loss):
            subject.curves |= curves_of({name: loss})
            continue
        role = role_of(str(name)) or next(
            (r for r, own in subject.names.items() if own.lower() in str(name).lower()), None
        )
        network = subject.networks.get(role) if role in ("critic", "generator") else None
        holders = [owner(network)] if owner(network) is not None else subject.modules
        subject.losses[str(name)] = scalar_of(subject, str(name), loss)
        if role in ("critic", "generator") and network is None and not isinstance(model, nn.Module):
            subject.missing[str(name)] = f"give {role}=, the network itself"
            continue
        if not holders:
            subject.missing[str(name)] = "give the network (model=, or generator=, encoder=, ...)"
            continue
        if network is not None and owner(network) is None:
            subject.missing[str(name)] = f"{role}= is a function; give the network itself"
            continue
        weights = {id(w): w for module in holders for w in module.parameters()}
        subject.weights[str(name)] = list(weights.values())


def scalar_of(subject: Subject, name: str, loss: Callable) -> Callable[[int], Tensor]:
    """A function from a seed to the scalar of somebody's loss."""
    takes = [
        p
        for p in inspect.signature(loss).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]

    def compute(seed: int) -> Tensor:
        if len(takes) > 1 and subject.labels is None:
            raise DataError(f"the loss of {name!r} takes labels as well: give labels=")
        rng(subject.real.device, seed)
        given = [subject.real.clone(), subject.labels][: len(takes)]
        try:
            value = loss(*given)
        except (RuntimeError, ValueError) as error:
            if isinstance(error, AigcError):
                raise
            raise AigcError(
                f"the loss of {name!r} failed on {len(subject.real)} items ({reason(error)}); if "
                "it is made for one batch size, give real= of this size"
            ) from error
        if not isinstance(value, Tensor) and hasattr(value, "loss"):
            value = value.loss
        if isinstance(value, Mapping):
            value = value.get("loss", next(iter(value.values()), None))
        while isinstance(value, (tuple, list)) and value:
            value = value[0]
        if not isinstance(value, Tensor) or value.numel() != 1:
            what = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise DtypeError(
                f"the loss of {name!r} must return a scalar tensor; it returned {what}"
            )
        return value.reshape(())

    return compute


def add_optimizers(subject: Subject, optimizers: object) -> None:
    """One optimizer, a list or a dict of them."""
    if optimizers is None:
        return
    if isinstance(optimizers, Mapping):
        optimizers = list(optimizers.values())
    if not isinstance(optimizers, (tuple, list)):
        optimizers = [optimizers]
    for optimizer in optimizers:
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise DtypeError(
                "optimizers= must be a torch optimizer, or a dict or list of them; there is a "
                f"{type(optimizer).__name__} in it."
            )
    subject.optimizers = list(optimizers)


def add_noise(subject: Subject, noise: object, device: torch.device) -> Callable | None:
    """Where noise comes from: a function, a tensor, a size, or the first layer's size."""
    if isinstance(noise, Tensor):
        subject.missing["draw"] = "noise= is one tensor; give the function that draws it"
        return lambda n: noise.to(device)[:n]
    if callable(noise):
        subject.draw = noise
        return noise
    subject.missing["draw"] = "give noise=, the function that draws it: noise=lambda n: ..."
    if isinstance(noise, int) and not isinstance(noise, bool):
        noise = (noise,)
    made_by = subject.module("generator") or subject.module("decoder")
    size = tuple(noise) if isinstance(noise, (tuple, list)) else size_of_noise(made_by)
    return None if size is None else lambda n: torch.randn(n, *size, device=device)


def code_size(subject: Subject, noise: object) -> int | None:
    """How many numbers a decoder takes: as its owner says, or read off its first layer."""
    size = noise if isinstance(noise, (tuple, list)) else (noise,)
    if len(size) == 1 and isinstance(size[0], int) and not isinstance(size[0], bool):
        return size[0]
    size = size_of_noise(owner(subject.networks.get("decoder")))
    return size[0] if size is not None and len(size) == 1 else None


def size_of_noise(network: nn.Module | None) -> tuple[int, ...] | None:
    """The shape of one item of noise, read off the first layer with weights.

    >>> size_of_noise(nn.Sequential(nn.ConvTranspose2d(100, 8, 4), nn.ReLU()))
    (100, 1, 1)
    """
    for layer in () if network is None else network.modules():
        if isinstance(layer, nn.Linear):
            return (layer.in_features,)
        if isinstance(layer, nn.ConvTranspose2d):
            return (layer.in_channels, 1, 1)
        if next(layer.parameters(recurse=False), None) is not None:
            return None
    return None


def add_samples(subject: Subject, fake: object, noise: Callable | None) -> None:
    """How samples come about: given, or made by the generator or the decoder."""
    made_by = subject.networks.get("generator") or subject.networks.get("decoder")
    if isinstance(fake, Tensor):
        subject.sample = lambda n: fake.detach().to(subject.real.device)[:n]
    elif callable(fake):
        subject.sample = fake
    elif made_by is None:
        subject.missing["sample"] = "give generator=, decoder= or fake="
    elif noise is None:
        subject.missing["sample"] = "give noise=, the function that draws the generator's noise"
    elif "generator" in subject.networks:
        subject.sample = lambda n: made(made_by, noise, n, subject)
        if subject.labels is not None and subject.labels.ndim < 3:
            subject.with_labels = lambda labels: made_with(made_by, noise, labels, subject)
    else:
        subject.decodes = True
        subject.sample = lambda n: made(made_by, codes_for(subject, noise), n, subject)


def codes_for(subject: Subject, noise: Callable) -> Callable:
    """Where a decoder's codes come from: drawn for a VAE, the data's own for an autoencoder.

    Where the encoder gives one tensor without chance, its scale may be anything; codes drawn at
    random would say nothing about the decoder.
    """
    encoder = subject.networks.get("encoder")
    if encoder is None:
        return noise
    first, second = (encoded(subject, encoder, seed) for seed in (1, 2))
    if len(first) > 1 or not torch.equal(first[0], second[0]):
        return noise
    return lambda n: first[0][:n]


def encoded(subject: Subject, encoder: Callable, seed: int) -> list[Tensor]:
    """What an encoder returns, each ``[N, L]``; given rows, or labels as well, if it wants them."""
    rng(subject.real.device, seed)
    x, labels = subject.real, subject.labels
    ways = [(x,), (x.flatten(1),)]
    if labels is not None:
        ways += [(x, labels), (x.flatten(1), labels)]
    error = None
    for way in ways:
        try:
            found = [y for y in tensors_in(encoder(*way)) if len(y) == len(x)]
        except Exception as again:  # somebody's network may raise anything
            error = error or again
            continue
        if found:
            subject.code_shape = tuple(found[0].shape[1:])
            return halves(subject, [y.detach().float().flatten(1) for y in found])
    raise AigcError(
        "the encoder returned no tensor with one row an item" if error is None else reason(error)
    )


def halves(subject: Subject, found: list[Tensor]) -> list[Tensor]:
    """One tensor twice as wide as the decoder's input is a mean and a log variance, in one."""
    if len(found) == 1 and found[0].shape[1] == 2 * (subject.code_size or 0):
        return list(found[0].chunk(2, dim=1))
    return found


def reason(error: Exception) -> str:
    """An error as the end of a sentence, on one line.

    >>> reason(ValueError("too long")), reason(AigcError("There is none."))
    ('ValueError: too long', 'There is none')
    """
    text = (str(error).strip().splitlines() or ["no message"])[0].rstrip(".")
    return text if isinstance(error, AigcError) else f"{type(error).__name__}: {text:.160}"


def made(network: Callable, noise: Callable, n: int, subject: Subject) -> Tensor:
    """Samples of somebody's generator: with labels if it wants them, in the order it wants."""
    rng(subject.real.device, 0)
    z = noise(n)
    ways = [tuple(z) if isinstance(z, (tuple, list)) else (z,)]
    if subject.labels is not None and len(ways[0]) == 1:
        ways = labelled(ways[0], subject.labels[:n]) + ways
    return first_that_works(network, ways, n, subject)


def made_with(network: Callable, noise: Callable, labels: Tensor, subject: Subject) -> Tensor:
    """Samples of a generator that takes labels, with these; the noise is always the same."""
    n = len(labels)
    rng(subject.real.device, 0)
    z = noise(n)
    way = tuple(z) if isinstance(z, (tuple, list)) else (z,)
    rng(subject.real.device, 0)  # what is drawn inside comes again as well
    return first_that_works(network, labelled(way, labels), n, subject)


def labelled(way: tuple, labels: Tensor) -> list[tuple]:
    """Arguments with labels beside them, as numbers or one-hot, after them or before."""
    kinds = [labels]
    if labels.ndim == 1 and not labels.is_floating_point():
        kinds.append(F.one_hot(labels.long()).float())
    return [given for kind in kinds for given in ((*way, kind), (kind, *way))]


def first_that_works(network: Callable, ways: list[tuple], n: int, subject: Subject) -> Tensor:
    """Samples made with the first of these arguments that the network takes."""
    errors = []
    for way in ways:
        try:
            found = tensors_in(network(*way))
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
            continue
        size = subject.real[0].numel()
        for x in found:
            if len(x) == n and x[0].numel() == size:
                return x.detach().reshape(n, *subject.real.shape[1:])
        errors.append(
            f"it made {[list(x.shape) for x in found]}, and the data are {list(subject.real.shape)}"
        )
    raise AigcError(f"no samples could be made: {errors[0]}")


def held_by(optimizer: torch.optim.Optimizer) -> set[int]:
    """The ids of all weights that an optimizer moves: tensors compare by value, not by place.

    >>> net = nn.Linear(2, 1)
    >>> held_by(torch.optim.SGD([net.bias], 0.1)) == {id(net.bias)}
    True
    """
    return {id(weight) for group in optimizer.param_groups for weight in group["params"]}


def tensors_in(output: object, depth: int = 6) -> list[Tensor]:
    """The floating-point tensors with a first axis in what a network returned, not too deep.

    >>> [list(x.shape) for x in tensors_in((torch.zeros(3, 1), {"a": torch.zeros(3, 2)}, None))]
    [[3, 1], [3, 2]]
    >>> from types import SimpleNamespace
    >>> len(tensors_in(SimpleNamespace(loss=None, logits=torch.zeros(3, 1))))
    1
    """
    if isinstance(output, Tensor):
        return [output] if output.is_floating_point() and output.ndim else []
    parts = parts_of(output).values() if depth else ()
    return [x for part in parts for x in tensors_in(part, depth - 1)]


def attribute(thing: object, name: str) -> object:
    """An attribute that may fail, as the mean of some distributions does; then None.

    >>> attribute(torch.distributions.HalfCauchy(1.0), "mode"), attribute(1, "mean")
    (tensor(0.), None)
    """
    try:
        return getattr(thing, name, None)
    except Exception:  # somebody's property may raise anything
        return None


def parts_of(output: object) -> dict[object, object]:
    """What a network's answer consists of: a tuple's places, a dict's keys, an object's attributes.

    >>> parts_of((1, 2)), parts_of({"logits": 3}), parts_of(4)
    ({0: 1, 1: 2}, {'logits': 3}, {})
    """
    if isinstance(output, Mapping):
        return dict(output)
    if isinstance(output, torch.distributions.Distribution):
        return {
            name: x for name in ("mean", "stddev") if (x := attribute(output, name)) is not None
        }
    if isinstance(output, (tuple, list)):
        return dict(enumerate(output))
    if isinstance(output, (nn.Module, type)) or callable(output):
        return {}
    return dict(getattr(output, "__dict__", {}))


def swapped(output: object, old: Tensor, new: Tensor) -> object:
    """The same output with one tensor in it replaced."""
    if output is old:
        return new
    if isinstance(output, (tuple, list)):
        parts = [swapped(part, old, new) for part in output]
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
    if type(output) is dict:
        return {key: swapped(part, old, new) for key, part in output.items()}
    parts = parts_of(output)
    if not any(x is old for x in tensors_in(output)) or isinstance(
        output, torch.distributions.Distribution
    ):
        return output
    other = copy.copy(output)  # an object with attributes, or a dict with attributes
    for name, part in parts.items():
        if isinstance(other, MutableMapping):
            other[name] = swapped(part, old, new)
        if hasattr(other, "__dict__") and name in vars(other):
            object.__setattr__(other, name, swapped(part, old, new))
    return other
