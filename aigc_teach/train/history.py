"""The losses of a training, one series per name, kept on the device until someone looks."""

from __future__ import annotations

from array import array

import numpy as np
import torch
from torch import Tensor

from ..core import Loss, check_choice


class History:
    """Named series of numbers, one value a step.

    ``append`` keeps a loss where it is, so the training never waits for a GPU. The values
    move over in one block when a series is read.

    Examples
    --------
    >>> history = History()
    >>> history.append(1, Loss(torch.tensor(3.5), {"kl": torch.tensor(0.5)}))
    >>> history["total"], history.last("kl"), history.names
    (array([3.5], dtype=float32), 0.5, ['kl', 'total'])
    """

    def __init__(self) -> None:
        self._pending: dict[tuple[str, int], Tensor] = {}  # (name, step) -> scalar on the device
        self._steps: dict[str, array] = {}
        self._values: dict[str, array] = {}

    def append(self, step: int, loss: Loss, prefix: str = "") -> None:
        """Note the loss of `step`; a second loss of the same step replaces the first.

        Parameters
        ----------
        step : int
            Counted from 1.
        loss : Loss
            Its total and its parts, each a scalar.
        prefix : str
            Stands before each name: ``"critic."`` gives ``"critic.total"``.
        """
        for name, value in loss.parts.items():
            if not isinstance(value, Tensor):
                value = torch.as_tensor(value, device=loss.total.device)
            self._pending[prefix + name, step] = value.detach()
        self._pending[prefix + "total", step] = loss.total.detach()

    def flush(self) -> None:
        """Bring everything noted since the last time over from the device, in one block."""
        if not self._pending:
            return
        keys, self._pending, pending = list(self._pending), {}, self._pending
        scalars = [v if is_plain(v) else v.reshape(()).float() for v in pending.values()]
        block = torch.stack(scalars)  # one transfer, one wait for the device
        for (name, step), value in zip(keys, block.tolist(), strict=True):
            self._steps.setdefault(name, array("q")).append(step)
            self._values.setdefault(name, array("f")).append(value)

    @property
    def names(self) -> list[str]:
        """The names of all series, in the order in which they first came."""
        self.flush()
        return list(self._values)

    @property
    def totals(self) -> list[str]:
        """The names of those series that are a player's total loss."""
        return [name for name in self.names if name.split(".")[-1] == "total"]

    def __getitem__(self, name: str) -> np.ndarray:
        """One series: float32 ``[steps]``."""
        self._check(name)
        return np.array(self._values[name], dtype=np.float32)

    def steps(self, name: str) -> np.ndarray:
        """The step of each value of a series: int64 ``[steps]``, the first step is 1."""
        self._check(name)
        return np.array(self._steps[name], dtype=np.int64)

    def last(self, name: str) -> float:
        """The newest value of a series."""
        self._check(name)
        return self._values[name][-1]

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __len__(self) -> int:
        """How many steps were noted."""
        self.flush()
        return max((len(values) for values in self._values.values()), default=0)

    def __repr__(self) -> str:
        return f"History({len(self)} steps: {', '.join(self.names)})"

    def _check(self, name: str) -> None:
        check_choice("series", name, self.names)

    def truncate(self, step: int) -> None:
        """Forget everything after `step`."""
        self.flush()
        for name, steps in list(self._steps.items()):
            keep = sum(s <= step for s in steps)
            del steps[keep:], self._values[name][keep:]
            if not keep:
                del self._steps[name], self._values[name]

    def state_dict(self) -> dict[str, Tensor]:
        """All series as tensors: ``"<name>/steps"`` int64 and ``"<name>/values"`` float32."""
        state = {}
        for name in self.names:
            state[f"{name}/steps"] = torch.from_numpy(self.steps(name))
            state[f"{name}/values"] = torch.from_numpy(self[name])
        return state

    def load_state_dict(self, state: dict[str, Tensor], names: list[str]) -> None:
        """Take over what `state_dict` gave; `names` sets the order of the series."""
        self._pending = {}
        self._steps = {n: array("q", state[f"{n}/steps"].tolist()) for n in names}
        self._values = {n: array("f", state[f"{n}/values"].tolist()) for n in names}


def is_plain(value: Tensor) -> bool:
    """True for a float32 scalar, which needs no conversion.

    >>> is_plain(torch.tensor(1.0)), is_plain(torch.ones(1))
    (True, False)
    """
    return value.dtype == torch.float32 and value.ndim == 0
