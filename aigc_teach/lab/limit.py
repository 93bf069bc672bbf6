"""A time limit for checks: an answer that never returns is stopped, and the kernel lives.

The limit counts the *work* of the thread that checks (its CPU time), not the clock on the wall:
on a busy machine a check waits longer for the processor, but it needs no more of it. A thread
that does next to nothing (it sleeps, it waits for a lock or for somebody to type) is told by the
clock instead, and so is, much later, one that does both.

In the main thread of Linux and macOS an alarm signal stops Python code and sleeps alike. On
Windows, and in other threads, a second thread raises the exception in the first: that stops
Python code as soon as it takes its next step, but not a sleep, nor a function that catches every
exception again and again. Nowhere can a single call into torch be stopped before it comes back.
What is left is the stop button or a restart of the kernel.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import CodeType, FrameType

SECONDS = 30.0
WAITING = 0.01  # a thread that works less than this share of the time only waits
PATIENCE = 10  # times the limit, by the clock: on a busy machine work takes so long
AGAIN = 0.2  # seconds to the next alarm, should the function have caught the first one
LOADING = 30.0  # seconds more, while a module is being imported: half a module would stay behind

_here = threading.local()


class TimeIsUp(BaseException):
    """The time is up; not an Exception, so that ``except Exception`` lets it pass."""


def seconds_allowed() -> float:
    """The limit: the environment variable ``AIGC_CHECK_SECONDS``, else 30 seconds."""
    try:
        seconds = float(os.environ.get("AIGC_CHECK_SECONDS", ""))
    except ValueError:
        return SECONDS
    return seconds if 0 < seconds < math.inf else SECONDS


def within(seconds: float, run: Callable[[], object]) -> object:
    """What ``run()`` returns, or TimeIsUp after about `seconds` of work.

    A run that catches the alarm and returns all the same is out of time, too. An earlier
    handler and timer of the same signal go on afterwards. Inside another `within` of the same
    thread the outer limit alone holds.

    >>> within(30, lambda: 4)
    4
    """
    if getattr(_here, "limited", False):
        return run()
    _here.limited = True
    try:
        return _by_alarm(seconds, run) if _can_take_an_alarm() else _by_thread(seconds, run)
    finally:
        _here.limited = False


class Clock:
    """Says how long to wait until the next look; 0 where the time is up.

    Parameters
    ----------
    seconds : float
        The limit.
    work : callable
        The seconds of work done so far; it may begin anywhere.
    """

    def __init__(self, seconds: float, work: Callable[[], float]):
        self.seconds, self.work = seconds, work
        self.start, self.before = time.monotonic(), work()

    def left(self) -> float:
        """Seconds until the next look, 0 where the time is up."""
        wall, work = self.elapsed(), self.work() - self.before
        if wall < self.seconds:
            return self.seconds - wall
        if work >= self.seconds or work < WAITING * wall or wall >= PATIENCE * self.seconds:
            return 0.0
        return max(0.01, min(self.seconds - work, PATIENCE * self.seconds - wall))

    def elapsed(self) -> float:
        """Seconds since the start, by the clock on the wall."""
        return time.monotonic() - self.start


def _can_take_an_alarm() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGALRM) is not None  # None: set outside Python, no way back
    )


def _by_alarm(seconds: float, run: Callable[[], object]) -> object:
    here, clock = sys._getframe(), Clock(seconds, time.thread_time)
    active, strikes = True, 0
    report = sys.unraisablehook

    def hook(lost) -> None:
        """An alarm in a ``__del__`` gets no further than that; the next one is on its way."""
        if not isinstance(lost.exc_value, TimeIsUp):
            report(lost)

    def on_alarm(signum, frame) -> None:
        nonlocal strikes
        if not active:
            return
        left = 0.0 if strikes else clock.left()
        if not (left or strikes) and clock.elapsed() < seconds + LOADING:
            left = AGAIN if _is_importing(frame, here) else 0.0
        # too early; or `run` has just come back; or whoever reports a lost exception would be hit
        if left or frame is here or _is_within(frame, hook.__code__):
            signal.setitimer(signal.ITIMER_REAL, left or AGAIN, AGAIN)
            return
        strikes += 1
        signal.setitimer(signal.ITIMER_REAL, _pause(strikes), AGAIN)
        raise TimeIsUp

    sys.unraisablehook = hook
    handler = signal.signal(signal.SIGALRM, on_alarm)
    delay, interval = signal.setitimer(signal.ITIMER_REAL, clock.left(), AGAIN)
    try:
        result = run()
    finally:
        active = False  # first of all: from here on an alarm does nothing
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        sys.unraisablehook = report
        if delay:  # an earlier timer: what is left of it, at once if that time has passed
            signal.setitimer(signal.ITIMER_REAL, max(1e-4, delay - clock.elapsed()), interval)
        if strikes:
            raise TimeIsUp
    return result


def _is_within(frame: FrameType | None, code: CodeType) -> bool:
    """Whether a frame runs `code`, or was called from it."""
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


def _is_importing(frame: FrameType | None, here: FrameType) -> bool:
    """Whether what `here` has called is importing a module."""
    while frame is not None and frame is not here:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _pause(strikes: int) -> float:
    """Seconds to the next alarm: long at first, so that ``finally`` blocks can clean up.

    A loop around ``except BaseException`` outlives any single alarm. Only one that comes in
    the few steps between two rounds of the ``try`` ends it, so later ones follow within 1 to
    30 millionths of a second, a little different each time.
    """
    return AGAIN if strikes < 5 else 1e-6 * (1 + 37 * strikes % 30)


def _by_thread(seconds: float, run: Callable[[], object]) -> object:
    # another thread's own work cannot be read everywhere; the whole process' is never less
    clock, target = Clock(seconds, time.process_time), threading.get_ident()
    here = sys._getframe()
    done, lock, struck = threading.Event(), threading.Lock(), threading.Event()

    def watch() -> None:
        pause = seconds
        while not done.wait(pause):
            pause = AGAIN if struck.is_set() else clock.left()
            if not pause and clock.elapsed() < seconds + LOADING:
                pause = AGAIN if _is_importing(sys._current_frames().get(target), here) else 0.0
            if pause and not struck.is_set():
                continue
            with lock:
                if not done.is_set():
                    struck.set()
                    _raise_in(target, TimeIsUp)
            pause = AGAIN

    def close() -> None:
        while not done.is_set():
            with contextlib.suppress(TimeIsUp), lock:
                done.set()
                _raise_in(target, None)  # one that is still on its way

    try:
        try:  # a slow machine can be out of time before the thread's start() comes back
            threading.Thread(target=watch, daemon=True).start()
            result = run()
        finally:
            close()
    except TimeIsUp:  # which may have come on the way into close()
        close()
        raise
    if struck.is_set():
        raise TimeIsUp
    return result


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise `error` in a thread at its next step of Python; None takes back one not yet raised."""
    what = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
