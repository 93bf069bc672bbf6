"""An answer that never returns is stopped and told so; the kernel and everybody's timers live."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
import time

import pytest
import torch

from aigc_teach import lab
from aigc_teach.lab import limit
from aigc_teach.lab.judge import judge
from aigc_teach.lab.limit import TimeIsUp, within

SECONDS = 0.2
alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms on this system")


def spin(*x):
    while True:
        pass


def sleep(*x):
    time.sleep(10_000)


def wait(*x):
    threading.Event().wait()


def type_in(*x):
    reader, _ = os.pipe()
    os.read(reader, 1)


def work_and_sleep(*x):
    while True:
        sum(range(20_000))
        time.sleep(0.001)


def endless_list(*x):
    for _ in iter(int, 1):
        torch.ones(3).sum()


def catch_all(*x):
    while True:
        try:
            spin()
        except BaseException:  # noqa: B036  (this is the point)
            continue


def catch_all_twice(*x):
    while True:
        with contextlib.suppress(BaseException):
            catch_all()


def catch_once(x):
    try:
        spin()
    except BaseException:  # noqa: B036
        return x * x


ENDLESS = [spin, sleep, wait, type_in, work_and_sleep, endless_list, catch_all, catch_all_twice]


@pytest.fixture(autouse=True)
def a_short_limit(monkeypatch):
    monkeypatch.setenv("AIGC_CHECK_SECONDS", str(SECONDS))


@pytest.fixture
def stop_button():
    """Ctrl-C raises KeyboardInterrupt, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@alarms
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("answer", [*ENDLESS, catch_once], ids=lambda f: f.__name__)
def test_an_endless_answer_gets_a_sentence(answer, capsys):
    assert lab.check("99/function", answer) is None
    said = capsys.readouterr().out
    assert said.startswith(f"Not quite. After {SECONDS:g} seconds your answer had not come back")
    assert judge("99/function", lambda x: x * x).state == "right"  # and the next one is judged


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("answer", [spin, endless_list, catch_once], ids=lambda f: f.__name__)
def test_in_another_thread_too(answer):
    verdicts = []

    def kernel():
        verdicts.append(judge("99/function", answer))
        verdicts.append(judge("99/function", lambda x: x * x))

    thread = threading.Thread(target=kernel)
    thread.start()
    thread.join()
    assert [v.state for v in verdicts] == ["wrong", "right"]
    assert "had not come back" in verdicts[0].message


@pytest.mark.usefixtures("demo")
def test_where_there_are_no_alarms_a_thread_watches(monkeypatch):
    monkeypatch.setattr(limit, "_can_take_an_alarm", lambda: False)
    assert "had not come back" in judge("99/function", spin).message
    assert judge("99/function", lambda x: x * x).state == "right"


@pytest.mark.parametrize("ways", [limit._by_alarm, limit._by_thread])
def test_what_returns_in_time_is_left_alone(ways):
    assert ways(30, lambda: 4) == 4
    with pytest.raises(KeyError):
        ways(30, lambda: {}[1])


@pytest.mark.parametrize("ways", [limit._by_alarm, limit._by_thread])
def test_no_alarm_comes_afterwards(ways):
    for _ in range(20):
        with contextlib.suppress(TimeIsUp):
            ways(0.01, lambda: time.sleep(0.01))
    time.sleep(2 * limit.AGAIN)


def test_nor_where_the_time_is_up_before_the_watching_thread_has_started(monkeypatch):
    """A busy machine: `start` comes back after the first alarm, and the second must not come."""

    class Slow(threading.Thread):
        def start(self):
            super().start()
            time.sleep(0.3)

    monkeypatch.setattr(limit.threading, "Thread", Slow)
    with pytest.raises(TimeIsUp):
        limit._by_thread(0.01, lambda: None)
    time.sleep(2 * limit.AGAIN)


@alarms
@pytest.mark.parametrize("ways", [limit._by_alarm, limit._by_thread])
def test_a_module_that_is_being_imported_is_not_cut_in_half(ways, tmp_path, monkeypatch):
    """Half a module stays in sys.modules, and every later import of it fails."""
    slow = "import time\nend = time.process_time() + 1.0\nwhile time.process_time() < end: pass\n"
    (tmp_path / "slow_to_load.py").write_text(slow + "whole = True\n")
    monkeypatch.syspath_prepend(tmp_path)

    def answer():
        import slow_to_load  # noqa: F401

        spin()

    with pytest.raises(TimeIsUp):
        ways(0.3, answer)
    assert sys.modules.pop("slow_to_load").whole


@pytest.mark.parametrize("ways", [limit._by_alarm, limit._by_thread])
def test_a_module_that_never_ends_is_cut_all_the_same(ways, tmp_path, monkeypatch):
    monkeypatch.setattr(limit, "LOADING", 0.5)
    (tmp_path / "never_loaded.py").write_text("while True: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TimeIsUp):
        ways(0.2, lambda: __import__("never_loaded"))


def test_an_earlier_alarm_goes_on():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 1000, 7)
        with pytest.raises(TimeIsUp):
            within(SECONDS, spin)
        left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left < 1000 and interval == 7 and not rung
        signal.setitimer(signal.ITIMER_REAL, SECONDS / 10)  # due while the answer runs
        with pytest.raises(TimeIsUp):
            within(SECONDS, spin)
        signal.pause() if not rung else None
        assert rung
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@alarms
@pytest.mark.usefixtures("demo")
def test_inside_another_limit_the_outer_one_holds():
    """An answer that checks answers, without end."""

    def checks_for_ever(x):
        while True:
            lab.check("99/number", 4, keep=False)

    def hides_behind_a_check(x):
        while True:
            judge("99/function", spin)

    for answer in (checks_for_ever, hides_behind_a_check):
        assert "had not come back" in judge("99/function", answer).message


@alarms
@pytest.mark.parametrize("attempt", range(3))
def test_an_alarm_in_a_finalizer_is_nobodys_error(attempt, capfd):
    """pytest collects what a ``__del__`` loses and fails the test; a notebook prints it."""

    class Ring:
        def __init__(self):
            self.me = self

        def __del__(self):
            sum(range(50))

    def litters():
        while True:
            with contextlib.suppress(BaseException):
                while True:
                    Ring(), sum(range(200))

    hook = sys.unraisablehook
    with pytest.raises(TimeIsUp):
        within(SECONDS, litters)
    assert sys.unraisablehook is hook
    gc.collect()
    assert "TimeIsUp" not in capfd.readouterr().err


@alarms
def test_another_error_in_a_finalizer_is_still_reported(monkeypatch):
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)

    class Careless:
        def __del__(self):
            raise KeyError("mine")

    within(30, lambda: Careless() and None)
    assert [type(one.exc_value) for one in lost] == [KeyError]


@pytest.mark.usefixtures("demo")
def test_an_event_loop_goes_on():
    async def cell():
        ticks = []

        async def tick():
            while True:
                ticks.append(1)
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0.01)
        said = judge("99/function", spin).message
        seen = len(ticks)
        while len(ticks) < seen + 3:
            await asyncio.sleep(0.001)
        ticking.cancel()
        return said

    assert "had not come back" in asyncio.run(cell())


@pytest.mark.usefixtures("demo")
def test_the_random_stream_is_left_alone_by_an_answer_that_is_stopped():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    judge("99/function", lambda x: torch.rand(3) is None or spin())
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("gone", "worked", "left"),
    [
        (0, 0, 30),
        (31, 0.2, 0),  # it only waits
        (31, 10, 20),  # it had a third of the processor
        (300, 29.999, 0),  # the patience ends, too
        (61, 29, 1),
        (61, 30, 0),
    ],
)
def test_work_counts_and_not_the_clock_on_the_wall(gone, worked, left):
    work = [5.0]
    clock = limit.Clock(30, lambda: work[0])
    clock.start -= gone
    work[0] += worked
    assert clock.left() == pytest.approx(left, abs=0.9)
    assert (clock.left() == 0) == (left == 0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("2.5", 2.5), ("", 30), ("soon", 30), ("-1", 30), ("inf", 30)]
)
def test_the_environment_sets_the_limit(text, seconds, monkeypatch):
    monkeypatch.setenv("AIGC_CHECK_SECONDS", text)
    assert limit.seconds_allowed() == seconds


def test_a_long_call_into_torch_is_told_when_it_comes_back():
    x = torch.rand(400, 400)

    def long_call():
        while True:  # many calls, each without a step of Python inside
            torch.linalg.eigvals(x)

    with pytest.raises(TimeIsUp):
        within(SECONDS, long_call)


@pytest.mark.parametrize("ways", [limit._by_alarm, limit._by_thread])
def test_the_stop_button_works_while_a_check_runs(ways, stop_button):
    def answer():
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        spin()

    with pytest.raises(KeyboardInterrupt):
        ways(1000, answer)
