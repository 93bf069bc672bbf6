"""TrainingMonitor: curves, newest samples and the time left while a model trains.

It measures what its own looking costs and spends at most 3 % of the training's time on it:
a slow sampler is shown less often, never at the training's expense.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import traitlets
from IPython import get_ipython
from IPython.display import display
from torch import Tensor

from ..core.errors import RangeError, ShapeError, check_count
from ..core.random import make_generator
from .allowance import Allowance
from .base import PageWidget, packed, page_script
from .curves import choose_names, decimate, stack_curves
from .frames import image_bytes

SHARE_OF_TIME = 0.03


class TrainingMonitor(PageWidget):
    """A callback for `fit` that draws itself in the notebook as the training runs.

    Where no notebook is listening (a script, a test) it does nothing at all. Stop a training
    with the notebook's own stop button: what was drawn last stays.

    Parameters
    ----------
    every_seconds : float
        At most one update in this time; not below 0.5.
    n : int
        How many samples to show; 0 for none.
    names : sequence of str, optional
        The series of ``run.history`` to draw; by default the totals, or all of them for a
        model with one player.
    model : GenerativeModel or object with ``.model``, optional
        What to sample from instead of ``run.model``, for example the averaged twin that a
        ``train.EMA`` callback keeps (give the callback itself).
    sample_kwargs : dict, optional
        Passed to ``model.sample``, for example ``{"condition": labels}``.
    reference : Tensor, optional
        ``[M, 2]`` points drawn pale behind samples that are points, such as the real data.
    title : str
        Heading.
    seed : int
        Every update draws the same latents, so that one sees the model change, not the draw.
    show : bool, optional
        True or False overrides the search for a notebook.

    Examples
    --------
    >>> monitor = TrainingMonitor(n=16)
    >>> monitor.watching
    False
    """

    _esm = page_script("core", "monitor")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    curves = traitlets.Bytes(b"").tag(sync=True)  # float32 [series, 2, points]: steps, values
    latest = traitlets.List(traitlets.Float(allow_none=True)).tag(sync=True)
    samples = traitlets.Bytes(b"").tag(sync=True)
    samples_shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [n, H, W, C] or [n, 2]
    samples_reach = traitlets.Float(1.0).tag(sync=True)  # points: axes from -reach to reach
    backdrop = traitlets.Bytes(b"").tag(sync=True)  # float32 [M, 2]
    samples_step = traitlets.Int(0).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)
    seconds_left = traitlets.Float(-1.0).tag(sync=True)  # below zero: not known yet
    state = traitlets.Unicode("waiting").tag(sync=True)  # waiting, running, done, stopped
    message = traitlets.Unicode("Waiting for the training to begin.").tag(sync=True)

    def __init__(
        self,
        every_seconds: float = 0.5,
        *,
        n: int = 16,
        names: Sequence[str] | None = None,
        model=None,
        sample_kwargs: dict | None = None,
        reference: Tensor | None = None,
        title: str = "Training",
        seed: int = 0,
        show: bool | None = None,
    ):
        if not (math.isfinite(every_seconds) and every_seconds >= 0.5):
            raise RangeError(f"every_seconds={every_seconds} is too small; 0.5 is the least.")
        check_count("n", n, at_least=0)
        super().__init__(title=title, alt="Loss curves and newest samples of a training run.")
        if reference is not None:
            self._set_backdrop(reference)
        self.n, self.seed, self.wanted, self.source = n, seed, names, model
        self.sample_kwargs = dict(sample_kwargs or {})
        self.show = show
        self.watching = False
        self.looks = Allowance(SHARE_OF_TIME / 3, every_seconds)
        self.draws = Allowance(SHARE_OF_TIME * 2 / 3, every_seconds)

    def _set_backdrop(self, reference: Tensor) -> None:
        points = drawable(reference)
        if points is None or points.ndim != 2:
            raise ShapeError(f"`reference` must be points [M, 2]; yours: {list(reference.shape)}.")
        self.backdrop = packed(points)
        self.samples_reach = max(1e-6, 1.1 * float(np.abs(points).max()))

    @property
    def cost(self) -> float:
        """Seconds that the monitor itself has taken during the training."""
        return self.looks.spent + self.draws.spent if self.watching else 0.0

    def on_start(self, run) -> None:
        """Show the empty monitor and start its clock."""
        self.watching = in_notebook() if self.show is None else self.show
        if not self.watching:
            return
        self.began, self.first_step = time.perf_counter(), run.step
        self.looks.start(self.began)
        self.draws.start(self.began)
        with self.hold_sync():
            self.step, self.steps = run.step, run.config.steps
            self.state, self.message, self.seconds_left = "running", "Training has begun.", -1.0
        if self.show is None:
            display(self)

    def on_step(self, run) -> None:
        """Update what is due; mostly nothing, at the price of reading a clock."""
        if not self.watching:
            return
        start = time.perf_counter()
        if not self.looks.due(start):
            return
        drawing = 0.0
        with self.hold_sync():  # one message, sent at the end of this block
            self._look(run)
            if self.n > 0 and self.draws.due(start):
                before = time.perf_counter()
                self._draw(run)
                drawing = time.perf_counter() - before
        now = time.perf_counter()
        self.looks.charge(now - start - drawing, now)
        if drawing:
            self.draws.charge(drawing, now)

    def on_end(self, run) -> None:
        """Draw the final state, however the training ended."""
        if not self.watching:
            return
        with self.hold_sync():
            self._look(run)
            if self.n > 0:
                self._draw(run)
            stopped = getattr(run, "stopped", None)
            self.state = "stopped" if stopped or run.step < run.config.steps else "done"
            self.message = self._closing_words(run, stopped)
            self.seconds_left = 0.0
            self.alt = f"Loss curves and newest samples. {self.message}"

    def _look(self, run) -> None:
        """Curves and progress."""
        self.step = run.step
        elapsed, done = time.perf_counter() - self.began, run.step - self.first_step
        if done > 0:
            self.seconds_left = elapsed / done * max(0, run.config.steps - run.step)
        names = choose_names(run.history.names, self.wanted)
        series = {name: np.asarray(run.history[name], dtype=np.float64) for name in names}
        series = {name: values for name, values in series.items() if len(values)}
        if series:
            curves = [decimate(run.history.steps(name), series[name]) for name in series]
            self.names = list(series)
            self.curves = packed(stack_curves(curves))
            self.latest = [_finite_or_none(values[-1]) for values in series.values()]

    def _draw(self, run) -> None:
        """Newest samples, from the same latents every time."""
        model = self._model(run)
        generator = make_generator(self.seed, getattr(model, "device", "cpu"))
        x = model.sample(self.n, generator=generator, **self.sample_kwargs)
        values = drawable(x)
        if values is not None:
            if values.ndim == 2:  # never shrinks, so that one sees the points move, not the axes
                self.samples_reach = max(self.samples_reach, 1.1 * float(np.abs(values).max()))
            self.samples, self.samples_shape = packed(values), list(values.shape)
            self.samples_step = run.step

    def _model(self, run):
        source = run.model if self.source is None else self.source
        return source if hasattr(source, "sample") else source.model  # an EMA callback has one

    def _closing_words(self, run, stopped: str | None) -> str:
        if stopped:
            return stopped
        seconds = time.perf_counter() - self.began
        took = f"{run.step:,} of {run.config.steps:,} steps in {seconds:.0f} s"
        if run.step < run.config.steps:
            return f"Stopped after {took}; the model and its history are kept."
        return f"Done: {took}."


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this code, so that something displayed is seen."""
    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def drawable(x) -> np.ndarray | None:
    """Samples as the page draws them: uint8 images, float32 points, or None if neither."""
    if not isinstance(x, Tensor):
        return None
    x = x.detach().float().cpu()
    if x.ndim == 4 and x.shape[1] in (1, 3):
        return image_bytes(x.nan_to_num(0.0))  # [n, H, W, C]
    if x.ndim == 2 and x.shape[1] == 2:
        return x.nan_to_num(0.0).numpy().astype(np.float32)
    return None


def _finite_or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
