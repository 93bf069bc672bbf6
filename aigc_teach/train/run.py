"""One training as an object: what it trains, how far it is, and what it has seen."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..core import DataError, DtypeError, GenerativeModel, Labelled, Machine
from .config import TrainConfig
from .history import History


@dataclass(repr=False)
class Run:
    """What `fit` returns, what callbacks are shown, and what ``resume=`` takes.

    Attributes
    ----------
    model : GenerativeModel
    batches : iterator
        Where the batches come from.
    config : TrainConfig
    machine : Machine
        Device, precision and memory layout of this training.
    generator : torch.Generator
        The randomness handed to the model's loss.
    weights, optimizers : dict
        Per player: the weights it may change, and the optimizer that changes them.
    turns : list of (str, bool)
        Who moves in one step, and whether a new batch is drawn for that move.
    step : int
        How many steps are finished.
    history : History
        The losses, step by step.
    callbacks : list
        Those that take part, in the order in which they are called.
    stopped : str or None
        None for a training that reached its end, else a sentence saying why it did not.
    error : BaseException or None
        What broke the training off, if something did.
    training : str
        Names this training, the same before and after a resume.
    """

    model: GenerativeModel
    batches: Iterator
    config: TrainConfig
    machine: Machine
    generator: torch.Generator
    weights: dict[str, list[nn.Parameter]] = field(default_factory=dict)
    optimizers: dict[str, torch.optim.Optimizer] = field(default_factory=dict)
    turns: list[tuple[str, bool]] = field(default_factory=list)
    step: int = 0
    history: History = field(default_factory=History)
    callbacks: list = field(default_factory=list)
    stopped: str | None = None
    error: BaseException | None = None
    training: str = field(default_factory=lambda: secrets.token_hex(8))
    random: dict[str, Tensor] = field(default_factory=dict)  # torch's global randomness, resting
    batches_state: dict = field(default_factory=dict)  # where the batches stood, resting
    callback_states: dict[str, Tensor] = field(default_factory=dict)  # until they are started
    running: bool = False
    _seconds: float = 0.0
    _since: float = 0.0

    @property
    def seconds(self) -> float:
        """How long the training has taken so far, in seconds, pauses left out."""
        return self._seconds + (time.perf_counter() - self._since if self.running else 0.0)

    def start_clock(self) -> None:
        """Count the seconds from now on."""
        self._since, self.running = time.perf_counter(), True

    def stop_clock(self) -> None:
        """Count no further seconds."""
        self._seconds, self.running = self.seconds, False

    def prefix(self, player: str) -> str:
        """What stands before the names of a player's losses in the history."""
        return f"{player}." if len(self.model.players) > 1 else ""

    def stop(self, reason: str) -> None:
        """End the training after the step that is under way.

        Parameters
        ----------
        reason : str
            How the sentence begins: ``"Stopped by you"``.
        """
        self.stopped = reason

    def next_batch(self) -> Tensor | Labelled:
        """The next batch, on the machine's device and in its memory layout."""
        try:
            batch = next(self.batches)
        except StopIteration:
            raise DataError(
                f"The batches ran out at step {self.step + 1} of {self.config.steps}. fit needs "
                "an endless iterator: data.Batches(x), or data.Epochs(a_list_or_DataLoader)."
            ) from None
        x, condition = batch if isinstance(batch, Labelled) else (batch, None)
        x = self._place(x)
        if x.dtype == torch.float64 and not self._computes_in_float64():
            raise DtypeError(
                f"The batch is float64 and {type(self.model).__name__} computes in float32. "
                "Use x.float(); numbers from NumPy are float64 unless you say otherwise."
            )
        return x if condition is None else Labelled(x, self._place(condition))

    def _computes_in_float64(self) -> bool:
        return any(weight.dtype == torch.float64 for weight in self.model.parameters())

    def _place(self, x: Tensor) -> Tensor:
        if not isinstance(x, Tensor):
            raise DtypeError(
                "A batch must be a torch.Tensor or a Labelled(x, condition); "
                f"yours is a {type(x).__name__}. data.Epochs(loader) makes batches of a "
                "DataLoader's pairs."
            )
        if x.shape[:1] == (0,):
            raise DataError("The batch is empty: it holds 0 items; at least 1 is needed.")
        if self.machine.channels_last and x.ndim == 4:
            return x.to(self.machine.device, memory_format=torch.channels_last)
        return x.to(self.machine.device)

    def __repr__(self) -> str:
        losses = "".join(f", {n} {self.history.last(n):.4g}" for n in self.history.totals)
        name = type(self.model).__name__
        return f"Run({name}, step {self.step} of {self.config.steps}{losses}, {self.seconds:.1f} s)"


def read_randomness(device: torch.device) -> dict[str, Tensor]:
    """The state of torch's global random numbers, which dropout draws from.

    >>> sorted(read_randomness(torch.device("cpu")))
    ['cpu']
    """
    states = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        states[device.type] = torch.get_device_module(device).get_rng_state()
    return states


def set_randomness(states: dict[str, Tensor]) -> None:
    """Put back what `read_randomness` gave."""
    for kind, state in states.items():
        if kind == "cpu":
            torch.set_rng_state(state)
        else:
            torch.get_device_module(kind).set_rng_state(state)
