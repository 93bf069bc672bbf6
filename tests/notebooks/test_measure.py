"""The runner measures time and memory, sees failures, and is truly offline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"

OUTSIDE = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5).close()
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as refusal:
    print(refusal.errno, refusal)
    raise SystemExit(0)
raise SystemExit("a connection to the outside was made")
"""


def notebook_of(*cells: str, path: Path) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)
    return path


def test_the_namespace_has_loopback_and_no_way_out():
    from offline import offline_command

    command, why_not = offline_command([sys.executable, "-c", OUTSIDE])
    if why_not:
        pytest.skip(f"no network namespace here: {why_not}")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "unreachable" in done.stdout.lower()  # at once, not after a time-out


def test_offline_passes_the_exit_code_on():
    offline = [sys.executable, str(TOOLS / "offline.py"), sys.executable, "-c"]
    assert subprocess.run([*offline, "raise SystemExit(7)"], capture_output=True).returncode == 7


def test_offline_says_why_it_cannot_and_runs_all_the_same(monkeypatch):
    import offline

    monkeypatch.setattr(offline.shutil, "which", lambda name: None)
    command, why_not = offline.offline_command(["true"])
    assert command == ["true"] and "unshare" in why_not


@pytest.mark.slow
def test_a_notebook_runs_offline_in_ci_budget_and_is_measured(tmp_path):
    from lessons.measure import record, run_tests_of

    path = notebook_of(
        "import os, socket\nassert os.environ['AIGC_BUDGET'] == 'ci'",
        "held = bytearray(300_000_000)\nimport time\ntime.sleep(1)",
        path=tmp_path / "measured.ipynb",
    )
    measured = run_tests_of(path, tmp_path)
    assert measured.passed, measured.output
    assert 0.3 < measured.memory_gb < 1.0
    assert measured.minutes > 1 / 60  # it slept for a second
    assert measured.cpu_seconds > 0.2  # it started Python, and a kernel
    assert measured.complaint(minutes=1, memory_gb=2) == ""
    assert "GB of memory; its limit is" in measured.complaint(minutes=1, memory_gb=0.05)
    assert "its budget is 0.01" in measured.complaint(minutes=0.01, memory_gb=2)
    stored = json.loads(record(measured, tmp_path / "figures").read_text("utf-8"))
    assert stored["name"] == "measured.ipynb" and stored["passed"] is True


@pytest.mark.slow
def test_a_failing_cell_fails_the_notebook(tmp_path):
    from lessons.measure import run_tests_of

    path = notebook_of("x = 1", "assert x == 2, 'planted'", path=tmp_path / "bad.ipynb")
    measured = run_tests_of(path, tmp_path)
    assert not measured.passed
    assert "planted" in measured.complaint(minutes=1, memory_gb=2)


def test_memory_above_two_gigabytes_is_never_allowed():
    from lessons.measure import Measured

    measured = Measured("greedy", minutes=0.1, memory_gb=2.5, passed=True, offline=True)
    assert "its limit is 2 GB" in measured.complaint(minutes=1, memory_gb=4)


def test_a_build_of_torch_that_takes_more_by_itself_is_no_lesson_s_fault():
    from lessons.measure import TORCH_MEMORY, Measured

    facts = {"minutes": 0.1, "memory_gb": 0.9, "passed": True, "offline": True}
    assert "its limit is 0.8 GB" in Measured("x", **facts).complaint(minutes=1, memory_gb=0.8)
    cuda = Measured("x", torch_gb=TORCH_MEMORY + 0.3, **facts)
    assert cuda.complaint(minutes=1, memory_gb=0.8) == ""
    assert "its limit is 0.8 GB" in cuda.complaint(minutes=1, memory_gb=0.5)


def test_threads_that_wait_for_each_other_are_not_counted_as_work():
    """Two OpenMP threads spend twice the CPU seconds, even where one of them only spins."""
    from lessons.measure import Measured

    facts = {"minutes": 0.9, "memory_gb": 0.5, "passed": True, "offline": True, "cpu_seconds": 100}
    assert "100.0 s of CPU time of 1 thread," in Measured("x", **facts).complaint(
        minutes=1, memory_gb=2
    )
    assert Measured("x", threads=2, **facts).complaint(minutes=1, memory_gb=2) == ""
    assert "of 2 threads," in Measured("x", threads=2, **facts).complaint(minutes=0.5, memory_gb=2)


def test_the_status_page_shows_each_lesson_beside_its_promise(course):
    import status
    from lessons.measure import Measured
    from lessons.source import read_lesson

    lesson = read_lesson(course.sources()[0])
    slow = Measured("x", minutes=9, memory_gb=0.52, passed=True, offline=True, cpu_seconds=84)
    text = status.page({**status.machine(), "lessons": [status.row(lesson, slow)]})
    row = next(line for line in text.splitlines() if "01_sample/01_sample.md" in line)
    assert "A sample lesson" in row and "| 1.4 | 1 | 0.52 | 1.0 |" in row
    assert row.endswith("| above its budget |")
    assert "| torch |" in text and "2 cores" not in text.splitlines()[0]


SAMPLE = "01_sample/01_sample"


@pytest.mark.slow
def test_status_runs_each_lesson_in_full_and_stores_its_lead_picture(course, capsys, monkeypatch):
    import notebooks
    import status

    source = course.book / "01_sample" / "01_sample.md"
    figure = "from aigc_teach import viz\n\nviz.bars({'one': 1})"
    text = source.read_text("utf-8").replace('print("a figure")', figure)
    code = "import os\n\nassert os.environ['AIGC_BUDGET'] == 'learn'"
    log = course.root / "seeds.txt"
    code += f"\nopen({str(log)!r}, 'a').write(os.environ['AIGC_SEED'])"
    text = text.replace("print(1 + 1)", code)
    source.write_text(text, "utf-8")
    other = course.book / "01_sample" / "02_other.md"
    other.write_text(
        text.replace("print(len(range(1, 3)))", "raise ValueError('planted')"), "utf-8"
    )
    notebooks.generate(course)
    picture = source.parent / "figures" / "01_sample.png"
    before = picture.read_bytes()
    monkeypatch.setattr(status, "SEEDS", (0,))
    assert status.main([], course) == 1
    assert "planted" in capsys.readouterr().out
    assert log.read_text("utf-8") == "00"  # two lessons, one run each
    rows = {
        r["lesson"]: r for r in json.loads((course.book / "status.json").read_text())["lessons"]
    }
    assert rows["01_sample/01_sample"]["passed"] and not rows["01_sample/02_other"]["passed"]
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.read_bytes() != before
    page = (course.book / "status.md").read_text("utf-8")
    assert "| fails |" in page and "| runs |" in page
    ran = []
    monkeypatch.setattr(status, "run_lesson", lambda s, places: ran.append(s) or rows[SAMPLE])
    assert status.main([SAMPLE], course) == 1  # one lesson again; the other's row is kept
    assert ran == [source]
    assert (course.book / "status.md").read_text("utf-8") == page
    with pytest.raises(SystemExit, match="There is no lesson '01_sample/03_none'"):
        status.main(["01_sample/03_none"], course)


@pytest.mark.slow
def test_a_check_with_other_seeds_leaves_the_stored_picture(course):
    import notebooks
    import status

    source = course.book / f"{SAMPLE}.md"
    picture = source.parent / "figures" / f"{source.stem}.png"
    before = picture.read_bytes()
    log = course.root / "seeds.txt"
    code = f"import os\n\nopen({str(log)!r}, 'a').write(os.environ['AIGC_SEED'])"
    text = source.read_text("utf-8").replace("print(1 + 1)", code)
    figure = "from aigc_teach import viz\n\nviz.bars({'one': 1})"
    source.write_text(text.replace('print("a figure")', figure), "utf-8")
    notebooks.generate(course)
    files = {path for path in course.root.rglob("*") if path.is_file()}
    assert status.main([SAMPLE, "--check", "5"], course) == 0
    assert log.read_text("utf-8") == "5"  # it ran, and would have shown another picture
    assert picture.read_bytes() == before
    assert {path for path in course.root.rglob("*") if path.is_file()} == files | {log}
