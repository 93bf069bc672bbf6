"""Around the steps: modes, seeds, threads, the stop button, callbacks; all put back at the end."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

import torch

from .callbacks import set_callback_states
from .run import Run, read_randomness, set_randomness
from .state import batches_state


@contextlib.contextmanager
def under_way(run: Run) -> Iterator[None]:
    """Everything that must hold while the steps of `run` are taken, and be undone after."""
    run.stopped = run.error = None
    run.model.train()
    try:
        with threads(run.machine.threads), own_randomness(run), clock(run), stop_button(run):
            try:
                start_callbacks(run)
                yield
                run.stopped = last_word(run)
            except BaseException as error:
                run.error = error
                raise
            finally:
                for callback in run.callbacks:
                    callback.on_end(run)
    finally:
        run.model.eval()
        run.batches_state = batches_state(run.batches)
    if run.stopped:
        sys.stdout.write(run.stopped + "\n")  # whoever pressed stop is waiting for an answer


def start_callbacks(run: Run) -> None:
    """Start each callback and hand it what a resume kept for it."""
    for callback in run.callbacks:
        callback.on_start(run)
        set_callback_states(run.callbacks, run.callback_states, only=callback)
    run.callback_states = {}


def last_word(run: Run) -> str | None:
    """The sentence on a training that ended early; None if it reached its end."""
    if not run.stopped or run.step >= run.config.steps:
        return None
    return (
        f"{run.stopped} at step {run.step} of {run.config.steps}; the model and its history are "
        "kept. To go on: fit(..., resume=run)."
    )


@contextlib.contextmanager
def stop_button(run: Run) -> Iterator[None]:
    """Let the first SIGINT (the kernel's stop, Ctrl-C) end the training between two steps."""
    before = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or before in (signal.SIG_IGN, None):
        yield  # signals reach only the main thread; an ignored signal stays ignored
        return

    def stop(signum, frame) -> None:
        if run.stopped:  # asked twice: do not wait for the end of the step
            raise KeyboardInterrupt
        run.stop("Stopped by you")

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def own_randomness(run: Run) -> Iterator[None]:
    """Give the run torch's global random numbers for itself (dropout draws from them)."""
    outside = read_randomness(run.machine.device)
    if run.random:
        set_randomness(run.random)
    else:
        torch.manual_seed(run.config.seed)
    try:
        yield
    finally:
        run.random = read_randomness(run.machine.device)
        set_randomness(outside)


@contextlib.contextmanager
def threads(n: int) -> Iterator[None]:
    """Compute with `n` CPU threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def clock(run: Run) -> Iterator[None]:
    """Count the seconds of the training."""
    run.start_clock()
    try:
        yield
    finally:
        run.stop_clock()
