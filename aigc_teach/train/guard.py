"""A watch over the loss: training that has turned into NaN is undone and explained."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..core import TrainingDiverged
from .callbacks import Callback, set_callback_states
from .run import Run
from .state import batches_of, capture, part_of, restore, set_batches

SMALL_RATE = 1e-5  # a learning rate below this is not what makes a loss explode


class NaNGuard(Callback):
    """Stop when a loss or a weight becomes NaN or infinite, and put the last good state back.

    Every ``config.log_every`` steps it looks at the losses since the last look, so a GPU is
    not made to wait each step, and keeps a copy of everything if all is well. `fit` adds
    one by itself.

    Raises
    ------
    TrainingDiverged
        Naming the step and the last finite loss. The error's ``.run`` holds the model with
        its good weights and the whole history; ``fit(..., resume=error.run)`` goes on from
        there, with a smaller learning rate for example.
    """

    order = 2  # last: what it keeps includes what the others did in this step

    def __init__(self) -> None:
        self._tensors: dict[str, Tensor] = {}
        self._facts: dict = {}

    def on_start(self, run: Run) -> None:
        """Keep the state before the first step."""
        self._keep(run)

    def on_step(self, run: Run) -> None:
        """Look at the newest block of losses, if it is full."""
        if run.step % run.config.log_every == 0:
            self.look(run)
            self._keep(run)

    def on_end(self, run: Run) -> None:
        """Look at the last block, and let go of the copy."""
        if run.error is None:
            self.look(run)
        self._tensors = {}

    def look(self, run: Run) -> None:
        """If a loss since the last look, or a weight, is not finite: undo and raise."""
        bad = first_bad_loss(run, since=self._facts["step"])
        if bad is None and weights_are_finite(run):
            return
        message = self._explain(run, bad)
        restore(run, self._tensors, self._facts)
        set_batches(run.batches, batches_of(self._tensors, self._facts))
        set_callback_states(run.callbacks, part_of(self._tensors, "callback"))
        error = TrainingDiverged(message)
        error.run = run
        raise error

    def _keep(self, run: Run) -> None:
        tensors, self._facts = capture(run, history=False)
        for name, value in tensors.items():
            if name in self._tensors:
                self._tensors[name].copy_(value)  # into the memory of the last copy
            else:
                self._tensors[name] = value.detach().clone()

    def _explain(self, run: Run, bad: tuple[str, int] | None) -> str:
        if bad is None:
            what = f"The weights became NaN or infinite before the end of step {run.step}"
        else:
            name, step = bad
            value, finite = loss_at(run, name, step), last_finite(run, name, step)
            kind = "NaN" if np.isnan(value) else "infinite"
            what = f"The loss became {kind} at step {step}; {finite}"
            if name != "total":
                what = what.replace("The loss", f"The loss {name}")
        return (
            f"{what}. The weights of step {self._facts['step']} were put back. {advice(run, bad)}"
        )


def advice(run: Run, bad: tuple[str, int] | None) -> str:
    """What to try: a smaller learning rate only where the rate can be the cause."""
    rates = run.config.lr.values() if isinstance(run.config.lr, dict) else [run.config.lr]
    look = (
        "look for a division by 0, or a logarithm or root of 0 or less, in the loss, and for NaN "
        "in the data; torch.autograd.set_detect_anomaly(True) names the operation"
    )
    if bad is not None and bad[1] == 1:
        return f"No step had been taken, so the learning rate is not the cause: {look}."
    rate = run.config.lr if isinstance(run.config.lr, dict) else f"{run.config.lr:g}"
    if max(rates) < SMALL_RATE:
        return f"The learning rate (now {rate}) is small enough: {look}."
    clip = "" if run.config.clip_norm else ", or clip_norm=1.0 for the gradient"
    return f"Try a smaller learning rate (now {rate}){clip}."


def first_bad_loss(run: Run, since: int) -> tuple[str, int] | None:
    """The name and step of the first total after step `since` that is not finite."""
    found = []
    for order, name in enumerate(run.history.totals):
        steps, values = run.history.steps(name), run.history[name]
        bad = steps[(steps > since) & ~np.isfinite(values)]
        found += [(bad[0], order, name)] if len(bad) else []
    return (min(found)[2], int(min(found)[0])) if found else None


def loss_at(run: Run, name: str, step: int) -> float:
    """The value of one series at one step."""
    return float(run.history[name][run.history.steps(name) == step][0])


def last_finite(run: Run, name: str, step: int) -> str:
    """In words: the last finite value of a series before `step`."""
    steps, values = run.history.steps(name), run.history[name]
    good = np.flatnonzero((steps < step) & np.isfinite(values))
    if not len(good):
        return "no loss before it was finite"
    return f"the last finite loss was {values[good[-1]]:.4g} at step {steps[good[-1]]}"


def weights_are_finite(run: Run) -> bool:
    """True if no weight is NaN or infinite; one look at the device for all of them."""
    norms = torch._foreach_norm(list(run.model.parameters()), ord=1)
    return bool(torch.isfinite(torch.stack([norm.float() for norm in norms])).all())
