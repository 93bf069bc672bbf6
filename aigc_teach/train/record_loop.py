"""The hooks of a watched loop, and what they note. They only look, and are removed at the end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..core import AigcError
from .probe import BATCH_NORMS
from .subject import TOKENS, held_by, role_of, tensors_in

PICTURE = 64  # an item of so many values is a picture, say
MOST_OF_A_BATCH = 128  # a larger one that comes again may well be all the data
FEWEST_OF_A_BATCH = 8
ACCUMULATED = 3  # so many older gradients since the last step are accumulated on purpose
FEW_VALUES = 16  # noise of fewer different numbers may well come again
SAMPLED = 1024  # weights of a network whose movement is noted at every step, about
KEPT_CALLS = 16  # of a network's last answers, with the gradients that came back to them
KEPT_ITEMS = 16  # that a network with batch normalisation was shown last, at least
MOST_CALLS = 16


@dataclass
class Player:
    """What was seen of one network.

    Attributes
    ----------
    net : Module
    start : list of Tensor
        Its weights when the watch began.
    moved_by : Counter
        For each optimizer in how many of its steps these weights changed.
    reached : set of str
        The weights that a gradient other than 0 has reached before a step.
    used : set of str
        The weights of parts that were called.
    counted : dict of str to Tensor
        What its batch normalisations had counted when the watch began.
    frozen : bool
        Whether all its weights were frozen when the watch began.
    training, evaluating : int
        How often it was called with gradients on, in each of the two modes.
    moves, pulls : list of Tensor
        At each step of its own: how far a sample of its weights moved, and how large their
        gradient was; means.
    backwards : int
        How often a gradient arrived.
    overflows : list of Tensor
        Whether it was not finite.
    answers : deque of (Tensor, Tensor)
        Its last answers in training, and the gradients that came back to them.
    shown : deque of (tuple, dict)
        The arguments of its last calls in training, if it has batch normalisation.
    """

    net: nn.Module
    start: list[Tensor] = field(default_factory=list)
    moved_by: Counter = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    counted: dict[str, Tensor] = field(default_factory=dict)
    frozen: bool = False
    training: int = 0
    evaluating: int = 0
    moves: list[Tensor] = field(default_factory=list)
    pulls: list[Tensor] = field(default_factory=list)
    backwards: int = 0
    overflows: list[Tensor] = field(default_factory=list)
    answers: deque = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))
    shown: deque = field(default_factory=lambda: deque(maxlen=MOST_CALLS))

    def weights(self) -> list[Tensor]:
        """Copies of its weights as they are now."""
        return [w.detach().clone() for w in self.net.parameters()]


@dataclass
class Arrival:
    """A gradient that arrived at one weight: at which tick, and its values."""

    tick: int
    gradient: Tensor


class Record:
    """What happens between two networks and their optimizers while it is running.

    Parameters
    ----------
    networks : dict of str to Module
    optimizers : dict of str to Optimizer
    closely : int
        Steps of each optimizer that are looked at closely; afterwards they are only counted.

    Attributes
    ----------
    losses : dict of str to list of Tensor
        What :meth:`step` was given.
    """

    def __init__(self, networks: dict, optimizers: dict, closely: int) -> None:
        self.players = {name: Player(net) for name, net in networks.items()}
        self.optimizers = optimizers
        self.closely = closely
        self.losses: dict[str, list[Tensor]] = {}
        self.steps: Counter = Counter()  # of each optimizer
        self.shares: list[float] = []  # of known noise, one a step of the generator
        self.stale: Counter = Counter()  # steps of a player that used old gradients
        self.judged: Counter = Counter()  # steps of a player whose gradients were compared
        self._hooks: list = []
        self._before: dict[str, list[Tensor]] = {}
        self._known: set[bytes] = set()
        self._rows: list[list[bytes]] = []  # one list a call
        self._made: set[bytes] = set()  # the generator's latest samples
        self._batches: dict[str, dict[int, list[frozenset]]] = {}  # of each network, step by step
        self.few_values = False
        self.from_pictures = False
        self._tick = 0
        self._arrived: dict[str, list[Arrival]] = {}
        self._own_steps: dict[str, list[int]] = {}
        self._witness: dict[str, nn.Parameter] = {}
        self._sampled: dict[str, Tensor] = {}  # weights before a step
        self._pulled: dict[str, Tensor] = {}  # and the gradient that it used

    def __enter__(self) -> Record:
        if self._hooks:
            raise AigcError("This watch is running already; make a new one: train.watch(...).")
        for name, player in self.players.items():
            player.start = player.weights()
            player.counted = counts(player.net)
            player.frozen = not any(w.requires_grad for w in player.net.parameters())
            hook = player.net.register_forward_hook(self._on_call(name), with_kwargs=True)
            self._hooks.append(hook)
            self._hooks += self._call_hooks(player)
            witness = next((w for w in reversed([*player.net.parameters()]) if w.ndim > 1), None)
            if witness is not None and witness.requires_grad:
                self._witness[name] = witness
                self._hooks.append(witness.register_hook(self._on_gradient(name)))
        for name, optimizer in self.optimizers.items():
            self._hooks.append(optimizer.register_step_pre_hook(self._before_step(name)))
            self._hooks.append(optimizer.register_step_post_hook(self._after_step(name)))
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        self._before.clear()
        self._arrived.clear()
        self._sampled.clear()
        self._pulled.clear()

    def step(self, losses: Mapping | Iterable | Tensor | float | None = None) -> None:
        """Note the losses of one step of the loop; optional.

        Parameters
        ----------
        losses : dict, sequence or scalar
            ``{"d": d_loss, "g": g_loss}`` for example; nothing waits for the device.
        """
        if losses is None:
            return
        if not isinstance(losses, Mapping):
            many = losses if isinstance(losses, (tuple, list)) else [losses]
            losses = {f"loss {k + 1}": value for k, value in enumerate(many)}
        for name, value in losses.items():
            value = value.detach() if isinstance(value, Tensor) else torch.tensor(float(value))
            self.losses.setdefault(str(name), []).append(value)

    def __repr__(self) -> str:
        steps = ", ".join(f"{name} {self.steps[name]}" for name in self.optimizers)
        return f"{type(self).__name__}(steps: {steps})"

    def holders(self, name: str) -> list[str]:
        """The optimizers that hold weights of a player."""
        own = {id(w) for w in self.players[name].net.parameters()}
        return [key for key, optimizer in self.optimizers.items() if own & held_by(optimizer)]

    def meant_to_rest(self) -> list[str]:
        """The networks that were frozen from the start and that no optimizer holds.

        A copy of a network that is trained does not belong to them: such a twin is moved by hand.
        Nor do they count where no other network is watched.
        """
        resting = [n for n, p in self.players.items() if p.frozen and not self.holders(n)]
        trained = [p.start for n, p in self.players.items() if n not in resting]
        resting = [
            name
            for name in resting
            if not any(equal(self.players[name].start, start) for start in trained)
        ]
        return resting if trained else []

    def _call_hooks(self, player: Player) -> list:
        """Hooks that note which parts with weights of their own are called."""
        hooks = []
        for place, module in player.net.named_modules():
            own = {f"{place}.{n}".lstrip(".") for n, _ in module.named_parameters(recurse=False)}
            if own and not isinstance(module, (nn.ParameterList, nn.ParameterDict)):

                def note(part: nn.Module, args: tuple, own: set = own) -> None:
                    player.used.update(own)

                hooks.append(module.register_forward_pre_hook(note))
            else:
                player.used.update(own)  # lists of weights are never called
        return hooks

    def _on_call(self, name: str):
        def note(module: nn.Module, args: tuple, kwargs: dict, output: object) -> None:
            self._note_batch(name, module, [*args, *kwargs.values()], output)
            if torch.is_grad_enabled():
                self.players[name].training += module.training
                self.players[name].evaluating += not module.training
            if module.training and torch.is_grad_enabled():
                self._note_answer(name, args, kwargs, output)
            if role_of(name) != "generator" or not module.training:
                return
            if not torch.is_grad_enabled() or len(self.shares) >= 4 * self.closely:
                return
            inputs = tensors_in([*args, *kwargs.values()])
            if not inputs:
                return
            noise = max(inputs, key=lambda x: x.detach()[:8].unique().numel())
            noise = noise.detach().flatten(1)
            size = noise.shape[1]
            if size >= PICTURE and any(x[0].numel() == size for x in tensors_in(output)):
                self.from_pictures = True  # it turns pictures into pictures
                return
            self._note_noise(noise.float().cpu())

        return note

    def _note_batch(self, name: str, module: nn.Module, given: list, output: object) -> None:
        """Keep which items a network was shown, so that one batch again and again is seen."""
        role, made = role_of(name), sum(self.steps.values()) < self.closely
        if not made or not module.training or not torch.is_grad_enabled() or role == "decoder":
            return
        if role == "generator":
            for x in tensors_in(output):
                self._made = {row.tobytes() for row in x.detach().flatten(1).float().cpu().numpy()}
            return
        tokens = [x for x in given if isinstance(x, Tensor) and x.dtype in TOKENS and x.ndim == 2]
        for x in (tokens or tensors_in(given))[:1]:  # a mask is no batch
            if len(x) > MOST_OF_A_BATCH:
                continue
            rows = frozenset(r.tobytes() for r in x.detach().flatten(1).float().cpu().numpy())
            if len(rows) >= FEWEST_OF_A_BATCH and not rows & self._made:
                by_tick = self._batches.setdefault(name, {})
                by_tick.setdefault(self._tick, []).append(rows)

    def _note_answer(self, name: str, args: tuple, kwargs: dict, output: object) -> None:
        """Keep the last answers of a network that has no opponent, and what it was shown last."""
        player, role = self.players[name], role_of(name)
        if player.counted and role != "critic":
            player.shown.append((detached(args), detached(kwargs)))
            while sum(map(items_in, list(player.shown)[1:])) >= KEPT_ITEMS:
                player.shown.popleft()
        answer = max(tensors_in(output), key=lambda y: y.numel(), default=None)
        if role is None and answer is not None and answer.requires_grad:
            value = answer.detach()
            answer.register_hook(lambda g: player.answers.append((value, g.detach().clone())))

    def same_again(self, name: str) -> tuple[int, int, int]:
        """At how many of how many ticks a network was shown the first batch; its size."""
        ticks = list(self._batches.get(name, {}).values())
        if not ticks:
            return 0, 0, 0
        again = [sum(batch in shown for shown in ticks) for batch in ticks[0]]
        return max(again), len(ticks), len(ticks[0][again.index(max(again))])

    def _note_noise(self, noise: Tensor) -> None:
        self.few_values |= noise[:8].unique().numel() < FEW_VALUES
        self._rows.append([row.tobytes() for row in noise.numpy()])

    def _on_gradient(self, name: str):
        def note(gradient: Tensor) -> None:
            self.players[name].backwards += 1
            self.players[name].overflows.append(~torch.isfinite(gradient.detach()).all())
            if self.judged[name] < self.closely:
                arrival = Arrival(self._tick, gradient.detach().clone())
                self._arrived.setdefault(name, []).append(arrival)
                del self._arrived[name][:-20]  # enough for any loop, and not without end

        return note

    def _before_step(self, key: str):
        def note(optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
            held = held_by(optimizer)
            self._sampled |= {n: sample(w) for n, w in self._witness.items() if id(w) in held}
            if self.steps[key] < self.closely:
                self._before |= {name: player.weights() for name, player in self.players.items()}
            if not has_closure(args, kwargs):
                self._note_gradients(key, held)

        return note

    def _note_gradients(self, key: str, held: set[int]) -> None:
        """Look at the gradients that a step uses: before it, or after its closure made them."""
        for name, witness in self._witness.items():
            if name in self._sampled and id(witness) in held and witness.grad is not None:
                self._pulled[name] = sample(witness.grad)
        if self.steps[key] >= self.closely:
            return
        for name, player in self.players.items():
            for place, weight in player.net.named_parameters():
                if id(weight) not in held or weight.grad is None:
                    continue
                if weight.ndim < 2 or bool((weight.grad != 0).any()):  # a bias may well get 0
                    player.reached.add(place)
            if id(self._witness.get(name)) in held:
                self._compare(name)

    def _compare(self, name: str) -> None:
        """Whether the gradient in use is made of what arrived since the last step, and no more."""
        used = self._witness[name].grad
        arrived, total, included = self._arrived.get(name, []), 0, []
        if used is None or not arrived or not torch.isfinite(used).all():
            return
        for arrival in reversed(arrived):
            total = total + arrival.gradient
            included.append(arrival.tick)
            if torch.allclose(used, total, rtol=1e-3, atol=1e-3 * float(used.abs().max())):
                self.judged[name] += 1
                last = self._own_steps.get(name, [-1])[-1]
                older = sum(tick != included[0] for tick in included)
                straddles = 0 < older < ACCUMULATED  # another player moved in between
                self.stale[name] += bool(included[-1] <= last or straddles)
                return

    def _after_step(self, key: str):
        def note(optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
            if has_closure(args, kwargs):
                self._note_gradients(key, held_by(optimizer))
            for name, gradient in self._pulled.items():
                moved = sample(self._witness[name]) - self._sampled[name]
                self.players[name].moves.append(moved.abs().mean())
                self.players[name].pulls.append(gradient.abs().mean())
            self._sampled.clear()
            self._pulled.clear()
            for name, player in self.players.items():
                before = self._before.pop(name, None)
                if before is None:
                    continue
                now = player.net.parameters()
                if not all(torch.equal(a, b) for a, b in zip(before, now, strict=True)):
                    player.moved_by[key] += 1
                if key in self.holders(name):
                    self._own_steps.setdefault(name, []).append(self._tick)
                    if role_of(name) == "generator":
                        self._end_of_noise()
            self.steps[key] += 1
            self._tick += 1

        return note

    def _end_of_noise(self) -> None:
        """Note, at the end of a generator's step, how much of its noise had come before."""
        calls = [rows for rows in self._rows if rows]
        if calls:  # the freshest call counts: others may be pictures to look at
            self.shares.append(min(sum(r in self._known for r in c) / len(c) for c in calls))
            self._known.update(row for rows in calls for row in rows)
            self._rows = []


def has_closure(args: tuple, kwargs: dict) -> bool:
    """Whether a step is given the function that computes its gradients.

    >>> has_closure((None,), {}), has_closure((None, len), {}), has_closure((), {"closure": len})
    (False, True, True)
    """
    return any(map(callable, [*args[1:], *kwargs.values()]))


def sample(tensor: Tensor) -> Tensor:
    """Copies of about a thousand of its values, from all over it."""
    flat = tensor.detach().flatten()
    return flat[:: max(1, len(flat) // SAMPLED)].clone()


def detached(given: object) -> object:
    """Arguments without their history; nothing is copied.

    >>> detached((torch.zeros(2, requires_grad=True), 3))[1]
    3
    """
    if isinstance(given, Tensor):
        return given.detach()
    if isinstance(given, dict):
        return {key: detached(value) for key, value in given.items()}
    return type(given)(map(detached, given)) if type(given) in (tuple, list) else given


def items_in(call: tuple) -> int:
    """How many items a network was shown in a call."""
    args, kwargs = call
    return max((len(x) for x in tensors_in([*args, *kwargs.values()])), default=0)


def equal(some: list[Tensor], others: list[Tensor]) -> bool:
    """Whether two networks have the same weights.

    >>> equal([torch.zeros(2)], [torch.zeros(2)]), equal([torch.zeros(2)], [torch.zeros(3)])
    (True, False)
    """
    return len(some) == len(others) and all(map(torch.equal, some, others))


def counts(net: nn.Module) -> dict[str, Tensor]:
    """What each batch normalisation has counted so far."""
    return {
        place: module.num_batches_tracked.clone()
        for place, module in net.named_modules()
        if isinstance(module, BATCH_NORMS) and module.track_running_stats
    }
