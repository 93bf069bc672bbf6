"""A running average of the weights: a calmer twin of the model being trained."""

from __future__ import annotations

import copy
import warnings

import torch
from torch import Tensor

from ..core import CheckpointError, GenerativeModel, RangeError, check_number
from .callbacks import Callback
from .run import Run
from .state import check_same_model, part_of


class EMA(Callback):
    """Keep an exponential moving average of the weights (Polyak and Juditsky 1992).

    After each step ``average = d * average + (1 - d) * weights``. In the first steps ``d`` is
    smaller, ``(1 + t) / (10 + t)``, so that the untrained weights are soon forgotten: for 0.995 up
    to step 1,790. Until then it averages over about the last tenth of the steps made.

    Parameters
    ----------
    decay : float
        d, in [0, 1); 0.995 averages, in the end, over about the last 200 steps.
    model : GenerativeModel, optional
        Makes the twin at once; otherwise it appears when the training starts.

    Attributes
    ----------
    model : GenerativeModel or None
        The averaged twin, in eval mode, without gradients: sample from it like any model.

    Examples
    --------
    >>> EMA(0.995).model is None
    True
    """

    order = -1  # before those that look at the average, such as Snapshots

    def __init__(self, decay: float = 0.995, model: GenerativeModel | None = None) -> None:
        if not check_number("decay", decay) < 1:
            raise RangeError(f"decay={decay} must be at least 0 and below 1; 0.995 is usual.")
        self.decay, self.updates = decay, 0
        self.model, self._source = None, None
        if model is not None:
            self._copy(model)

    def _copy(self, model: GenerativeModel) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._source, self.updates = model, 0

    def on_start(self, run: Run) -> None:
        """Make the twin, or set it back to the weights of a training that begins anew."""
        if self._source is not run.model:
            self._copy(run.model)
        elif run.step == 0:
            self.updates = 0
            self.model.to(run.machine.device).load_state_dict(run.model.state_dict())
        self._averages = list(self.model.parameters())
        self._weights = list(run.model.parameters())

    @torch.no_grad()
    def on_step(self, run: Run) -> None:
        """Move the averages a little towards the weights."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._averages, self._weights, 1 - decay)
        for mine, theirs in zip(self.model.buffers(), run.model.buffers(), strict=True):
            mine.copy_(theirs)  # batch-norm's statistics are averages already

    def check(self, run: Run, state: dict[str, Tensor]) -> None:
        """Raise a sentence if `state` is no average of this model."""
        if not state:
            return
        counts = [state.get(name) for name in ("updates", "decay")]
        if any(v is None or v.shape != () or not (v >= 0 and v.isfinite()) for v in counts):
            raise CheckpointError(
                "The checkpoint is damaged or forged: its running average does not say over how "
                "many steps it goes. Use an earlier copy, or train anew."
            )
        check_same_model(run.model, part_of(state, "model"))

    def state_dict(self) -> dict[str, Tensor]:
        """The averages, how many steps went into them, and the decay."""
        counts = {"updates": self.updates, "decay": self.decay}
        averages = {f"model/{name}": value for name, value in self.model.state_dict().items()}
        return {name: torch.tensor(n, dtype=torch.float64) for name, n in counts.items()} | averages

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what `state_dict` gave; warn if it was kept with another decay."""
        if (decay := float(state["decay"])) != self.decay:
            warnings.warn(
                f"The running average was kept with decay={decay:g} and goes on with "
                f"decay={self.decay:g}.",
                stacklevel=2,
            )
        self.updates = int(state["updates"])
        self.model.load_state_dict(part_of(state, "model"))
