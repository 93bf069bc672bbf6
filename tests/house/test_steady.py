"""A busy machine fails no test: no bare limits of time, and the command that shows it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

import steady
from house.clocks import bare_limits
from load import reference_seconds, seconds, within

TESTS = Path(__file__).resolve().parents[1]


def test_no_test_holds_a_time_against_a_constant_alone():
    found = {
        f"{path.relative_to(TESTS).as_posix()}:{line}"
        for path in TESTS.rglob("*.py")
        for line in bare_limits(path.read_text("utf-8"))
    }
    assert not found, f"Compare with load.reference_seconds(), or count something else: {found}"


@pytest.mark.parametrize(
    "body",
    [
        "start = time.perf_counter(); work(); assert time.perf_counter() - start < 0.1",
        "start = time.monotonic(); work(); took = time.monotonic() - start; assert took < 3",
        "assert min(timed(work) for _ in range(5)) < LIMIT",
        "best = min(timed(work) for _ in range(5)); assert 0 < best < 0.1",
        "assert run(work).seconds < 10",
        "assert 10 >= run(work).seconds > 0",
        "start = time.time(); work(); assert time.time() - start == pytest.approx(1, abs=0.1)",
    ],
)
def test_a_bare_limit_is_found(body):
    assert bare_limits(planted(body))


@pytest.mark.parametrize(
    "body",
    [
        "assert timed(work) < 5 * reference_seconds()",
        "assert within(timed(work), 0.1)",
        "assert timed(lambda: work(2)) < 0.5 * timed(lambda: work(200))",
        "deadline = time.monotonic() + 20\n    while time.monotonic() < deadline: pass",
        "clock = 3; assert clock < 4",
        "assert run(work).seconds > 0",
    ],
)
def test_a_comparison_in_the_same_moment_is_not(body):
    assert not bare_limits(planted(body))


def planted(body: str) -> str:
    timer = "start = time.process_time(); work(); return time.process_time() - start"
    return f"import time\ndef timed(work):\n    {timer}\ndef test_a():\n    {body}\n"


def test_the_reference_is_a_time_and_a_slow_machine_gets_more_of_it(monkeypatch):
    assert 0 < reference_seconds() < seconds(lambda: [reference_seconds() for _ in range(3)])
    monkeypatch.setattr("load.reference_seconds", lambda: 0.06)  # three times as slow
    assert within(1.0, 1.0) and within(2.9, 1.0) and not within(3.1, 1.0)


def test_busy_processes_work_and_end():
    with steady.busy(2) as processes:
        assert len(processes) == 2
        watched = [psutil.Process(process.pid) for process in processes]
        while min(sum(one.cpu_times()[:2]) for one in watched) < 0.2:
            time.sleep(0.05)
    assert all(process.poll() is not None for process in processes)


def test_a_busy_process_ends_with_whoever_started_it(tmp_path):
    """Nobody must hunt for processes after a run that was killed."""
    code = f"import steady\nwith steady.busy(1) as p: print(p[0].pid, flush=True); {'input()'}"
    parent = psutil.Popen(
        [steady.sys.executable, "-c", code],
        cwd=steady.ROOT / "tools",
        stdin=steady.subprocess.PIPE,
        stdout=steady.subprocess.PIPE,
        text=True,
    )
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    psutil.wait_procs([child], timeout=200)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("text", "counts", "failed"),
    [
        ("3 passed in 1.00s", {"passed": 3}, []),
        ("== 2 failed, 1 passed, 4 skipped in 61.2s (0:01:01) ==", [2, 1, 4], []),
        ("FAILED a.py::b[c d] - x\nERROR e.py - y\n1 failed, 1 error in 2s", [1, 1], ["a.py::b[c"]),
        ("no tests ran in 0.01s", {}, []),
        ("", {}, []),
    ],
)
def test_a_report_is_read(text, counts, failed):
    found, names = steady.read_report(text)
    assert found == counts or list(found.values()) == counts
    assert names[: len(failed)] == failed


def test_frame_times_are_held_beside_busy_processes_too(monkeypatch):
    asked = []
    monkeypatch.setattr(steady, "steady", lambda runs, busy, words: asked.append(words) or True)
    assert steady.main([]) == steady.main(["--browser"]) == 0
    assert ["not browser" in words for words in asked] == [True, False]
    assert all("browser" in " ".join(words) for words in asked)


def test_the_command_counts_runs_and_names_failures(tmp_path, capsys):
    flag = tmp_path / "seen"
    (tmp_path / "test_now_and_then.py").write_text(
        "from pathlib import Path\n"
        f"def test_second_time_only():\n    assert not Path({str(flag)!r}).touch(exist_ok=False)\n"
        "def test_always(): pass\n"
    )
    told = [
        "--",
        str(tmp_path),
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:nbval",
        f"--rootdir={tmp_path}",
    ]
    assert steady.main(["--runs", "2", "--busy", "1", *told]) == 1
    first, second = capsys.readouterr().out.split("run 2 of 2")
    assert "2 passed, exit status 0" in first
    assert "1 failed, 1 passed, exit status 1" in second
    assert "test_now_and_then.py::test_second_time_only" in second
    assert os.getpid() not in [p.pid for p in psutil.Process().children()]
