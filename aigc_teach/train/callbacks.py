"""What may happen around the steps of a training: progress, pictures, an early end, a guard."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor

from ..core import (
    RangeError,
    check_choice,
    check_count,
    check_number,
    check_seed,
    make_generator,
)
from .run import Run


class Callback:
    """Called by `fit` at the start, after every step and at the end; does nothing by itself.

    Any object with ``on_start``, ``on_step`` and ``on_end`` will do; ``on_turn`` is called where
    there is one. Those of a smaller `order`
    are called first; equal ones in the order in which they were given. `on_end` is called also
    when the training breaks off: ``run.error`` then holds the reason.

    Examples
    --------
    >>> class Count(Callback):
    ...     def on_step(self, run): print("step", run.step, "is done")
    """

    order = 0

    def check(self, run: Run, state: dict[str, Tensor]) -> None:
        """Before anything is touched: raise a sentence if this training cannot be served.

        `run` has its model, batches, config and machine; `state` is what a resume will hand to
        `load_state_dict`, empty where there is none.
        """

    def on_start(self, run: Run) -> None:
        """Before the first step; after a resume `run.step` is not 0."""

    def on_step(self, run: Run) -> None:
        """After step `run.step`, all players' turns included."""

    def on_turn(self, run: Run, player: str) -> None:
        """After each turn of a player, when its weights have moved."""

    def on_end(self, run: Run) -> None:
        """After the last step."""

    def state_dict(self) -> dict[str, Tensor]:
        """What a checkpoint must hold for this callback to go on exactly."""
        return {}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what `state_dict` gave, after `on_start`."""


def by_name(callbacks: list) -> dict[str, object]:
    """The callbacks by class and number, the name under which their state is stored.

    >>> list(by_name([Callback(), Callback()]))
    ['Callback.0', 'Callback.1']
    """
    named = {}
    for callback in callbacks:
        kind = type(callback).__name__
        named[f"{kind}.{sum(k.startswith(kind + '.') for k in named)}"] = callback
    return named


def callback_states(callbacks: list) -> dict[str, Tensor]:
    """The states of all callbacks that have one, under ``"<class>.<number>/<name>"``."""
    keepers = {n: c for n, c in by_name(callbacks).items() if hasattr(c, "state_dict")}
    return {f"{n}/{k}": v for n, c in keepers.items() for k, v in c.state_dict().items()}


def own_states(callbacks: list, states: dict[str, Tensor]) -> list[tuple[object, dict]]:
    """Each callback with its own part of what `callback_states` gave, empty if it has none."""
    return [
        (c, {k.removeprefix(f"{n}/"): v for k, v in states.items() if k.startswith(f"{n}/")})
        for n, c in by_name(callbacks).items()
    ]


def check_callbacks(run: Run, callbacks: list, states: dict[str, Tensor]) -> None:
    """Let each callback look at what is to come, and refuse, before anything is touched."""
    for callback, state in own_states(callbacks, states):
        if hasattr(callback, "check"):
            callback.check(run, state)


def set_callback_states(callbacks: list, states: dict[str, Tensor], only: object = None) -> None:
    """Hand each callback, or only one of them, its own part of what `callback_states` gave."""
    for callback, state in own_states(callbacks, states):
        if state and only in (None, callback):
            callback.load_state_dict(state)


def call_on_turn(run: Run, player: str) -> None:
    """Tell the callbacks that `player` has moved, those that want to know."""
    for callback in run.callbacks:
        if hasattr(callback, "on_turn"):
            callback.on_turn(run, player)


class ClipWeights(Callback):
    """After each of its turns, cut every weight of a player to ``[-limit, limit]``.

    It bounds a critic's slope by a number nobody knows: the first way to train a Wasserstein GAN
    (Arjovsky et al. 2017, algorithm 1, line 7).

    Parameters
    ----------
    limit : float
        The largest size of a weight, above 0; 0.01 in the paper.
    player : str
        Whose weights; ``"critic"`` unless you say otherwise.

    Raises
    ------
    RangeError, DtypeError
        For a limit that is no finite number above 0.
    ChoiceError
        As the training starts, if its model has no such player.

    Examples
    --------
    >>> ClipWeights(0.01).player
    'critic'
    """

    def __init__(self, limit: float = 0.01, *, player: str = "critic") -> None:
        self.limit, self.player = check_number("limit", limit, above=True), player

    def check(self, run: Run, state: dict[str, Tensor]) -> None:
        """Refuse a model without this player."""
        check_choice("player", self.player, run.model.players)

    def on_turn(self, run: Run, player: str) -> None:
        """Cut, if it was this player's turn."""
        if player == self.player:
            with torch.no_grad():
                for weight in run.weights[player]:
                    weight.clamp_(-self.limit, self.limit)


class Progress(Callback):
    """A progress bar with the newest losses and the time left, at most twice a second.

    Parameters
    ----------
    file : text stream, optional
        Where a bar in plain text goes; default: standard error, or a bar of the notebook.
    """

    EVERY = 0.5  # seconds

    def __init__(self, *, file=None) -> None:
        self.file, self.bar, self._next = file, None, 0.0

    def on_start(self, run: Run) -> None:
        """Open the bar, at the step of a resume."""
        from tqdm.auto import tqdm  # here: it looks for a notebook, which takes a moment

        total, name = run.config.steps, type(run.model).__name__
        self.bar = tqdm(total=total, initial=run.step, desc=name, unit="step", file=self.file)

    def on_step(self, run: Run) -> None:
        """Move the bar, if the last time was long enough ago."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self.EVERY
            self._show(run)

    def on_end(self, run: Run) -> None:
        """Show the last step and close the bar."""
        if self.bar is not None:
            self._show(run)
            self.bar.close()
            self.bar = None

    def _show(self, run: Run) -> None:
        losses = {name: f"{run.history.last(name):.4g}" for name in run.history.totals}
        self.bar.set_postfix(losses, refresh=False)
        self.bar.n = run.step
        self.bar.refresh()


class Snapshots(Callback):
    """Sample the model every `every` steps, always from the same noise.

    The samples come from a generator of their own: training goes exactly as without them.

    Parameters
    ----------
    every : int
        Steps between two pictures; the untrained model and the end are pictured too.
    n : int
        Samples in one picture.
    condition : Tensor, optional
        One condition per sample.
    seed : int
        Of the samples' noise.
    of : EMA or GenerativeModel, optional
        Whom to sample instead of the model in training, for example an `EMA`.

    Attributes
    ----------
    frames : Tensor
        ``[T, n, ...]`` on the CPU, in the samples' own range.
    steps : list of int
        The step of each frame; 0 is the untrained model.
    """

    def __init__(
        self,
        every: int,
        n: int = 16,
        *,
        condition: Tensor | None = None,
        seed: int = 0,
        of: object = None,
    ) -> None:
        self.every, self.n = check_count("every", every), check_count("n", n)
        self.condition, self.seed, self.of = condition, check_seed("seed", seed), of
        self.steps: list[int] = []
        self._frames: list[Tensor] = []

    @property
    def frames(self) -> Tensor:
        """All pictures so far: ``[T, n, ...]``."""
        return torch.stack(self._frames) if self._frames else torch.empty(0, self.n)

    def on_start(self, run: Run) -> None:
        """Picture the untrained model; after a resume, keep what came before."""
        kept = [i for i, step in enumerate(self.steps) if run.step > 0 and step <= run.step]
        self.steps = [self.steps[i] for i in kept]
        self._frames = [self._frames[i] for i in kept]
        if run.step == 0:
            self.take(run)

    def on_step(self, run: Run) -> None:
        """Picture the model if it is time."""
        if run.step % self.every == 0:
            self.take(run)

    def on_end(self, run: Run) -> None:
        """Picture the last step."""
        if run.error is None and self.steps[-1:] != [run.step]:
            self.take(run)

    def take(self, run: Run) -> None:
        """Take one picture now."""
        model = run.model if self.of is None else getattr(self.of, "model", self.of)
        device = run.machine.device
        generator = make_generator(self.seed, device)  # the same noise each time
        condition = None if self.condition is None else self.condition.to(device)
        with torch.random.fork_rng([] if device.type == "cpu" else None):
            samples = model.sample(self.n, condition=condition, generator=generator)
        self._frames.append(samples.cpu())
        self.steps.append(run.step)


class EarlyStop(Callback):
    """End the training when a loss has not fallen for a while.

    The series is averaged over blocks of `every` steps, because single losses jump.

    Parameters
    ----------
    series : str
        The name of a series of the history.
    patience : int
        How many steps may pass without a better block.
    every : int
        Length of a block, in steps.
    min_gain : float
        By how much a block must be better to count.

    Examples
    --------
    >>> EarlyStop("total", patience=200).every
    50
    """

    def __init__(
        self,
        series: str = "total",
        patience: int = 500,
        *,
        every: int = 50,
        min_gain: float = 0.0,
    ) -> None:
        self.series, self.min_gain = series, min_gain
        self.patience, self.every = check_count("patience", patience), check_count("every", every)
        if patience < every:
            raise RangeError(f"patience={patience} must be at least one block of {every} steps.")

    def on_step(self, run: Run) -> None:
        """Look at the blocks whenever one is full."""
        if run.step % self.every:
            return
        # from the history alone: after a resume the answer is the same
        values = run.history[self.series]
        blocks = values[: len(values) // self.every * self.every].reshape(-1, self.every).mean(1)
        best = best_block(blocks, self.min_gain)
        if (len(blocks) - 1 - best) * self.every >= self.patience:
            run.stop(
                f"Stopped early ({self.series} has not fallen below {blocks[best]:.4g} "
                f"for {self.patience} steps)"
            )


def best_block(means: np.ndarray, min_gain: float) -> int:
    """The index of the last block that was better than all before it by `min_gain`.

    >>> best_block(np.array([3.0, 2.0, 1.9, 2.5]), min_gain=0.5)
    1
    """
    best = 0
    for i, mean in enumerate(means):
        if mean < means[best] - min_gain:
            best = i
    return best
