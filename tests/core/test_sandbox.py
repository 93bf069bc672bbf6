"""A process of its own: endless loops, memory eaters, writers, callers and forkers are stopped."""

from __future__ import annotations

import os
import sys

import pytest

from aigc_teach.core import DataError, DtypeError, RangeError, run_python
from aigc_teach.core.sandbox import LONGEST, limits

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no resource limits")
LOOP = "while True:\n    pass"
FORKS = """
import os
for _ in range(5):
    os.fork()
"""
THREADS = "import _posixsubprocess\nimport subprocess\nsubprocess.run(['true'])"


def test_what_passes_and_what_fails():
    assert run_python("def f(x):\n    return x\nassert f(2) == 2").passed
    outcome = run_python("print('here')\nassert 1 == 2, 'one is not two'")
    assert outcome.verdict == "failed" and outcome.output == "here\n"
    assert outcome.said == "A test failed: one is not two"
    for code, words in (
        ("1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("f(1)", "name 'f' is not defined"),
        ("def f(x):\n    return f(x)\nf(1)", "RecursionError"),
    ):
        outcome = run_python(code)
        assert outcome.verdict == "error" and words in outcome.said, outcome


@posix
def test_an_endless_loop_is_stopped_by_its_processor_time():
    outcome = run_python(LOOP, seconds=0.5)
    assert outcome.verdict == "time" and "0.5 s" in outcome.said


def test_what_only_waits_is_stopped_by_the_clock(monkeypatch):
    monkeypatch.setattr("aigc_teach.core.sandbox.START", 0.5)
    outcome = run_python("import time\ntime.sleep(600)", seconds=0.5)
    assert outcome.verdict == "time"  # not "passed": it was not waited for


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not enforce it")
def test_a_memory_eater_is_told_so():
    outcome = run_python("x = bytearray(10**9)", memory_mb=128)
    assert outcome.verdict == "memory" and "128 MB" in outcome.said
    growing = "x = []\nwhile True:\n    x.append(bytes(10**6))"
    assert run_python(growing, memory_mb=128).verdict == "memory"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("open('here.txt', 'w').write('x')", "write a file"),
        ("import os\nos.open('here', os.O_CREAT | os.O_WRONLY)", "write a file"),
        ("import os\nos.mkdir('here')", "change files"),
        ("open('/etc/passwd').read()", "read a file"),
        ("import socket\nsocket.create_connection(('192.0.2.1', 80))", "reach the network"),
        ("import urllib.request\nurllib.request.urlopen('http://192.0.2.1')", "reach the network"),
        ("import os\nos.system('true')", "start or end a process"),
        ("import subprocess\nsubprocess.run(['true'])", "start or end a process"),
    ],
)
def test_what_is_refused_is_named_even_if_the_code_swallows_it(code, words):
    if "passwd" in code and os.name != "posix":
        pytest.skip("there is no such file")
    outcome = run_python(code)
    assert outcome.verdict == "refused" and words in outcome.said, outcome
    body = "\n".join(f"    {line}" for line in code.split("\n"))
    assert run_python(f"try:\n{body}\nexcept Exception:\n    pass").verdict == "refused"


@posix
def test_a_fork_bomb_does_not_start():
    assert run_python(FORKS).verdict == "refused"


def test_nothing_of_the_learners_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "secret")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit")
    code = "import json, os, sys\nassert 'MY_TOKEN' not in os.environ\nassert 'torch' not in str("
    assert run_python(code + "sys.path)").passed
    assert sorted(p.name for p in tmp_path.iterdir()) == ["json.py"]


def test_leaving_early_or_printing_passed_is_not_passing():
    for code in ("raise SystemExit(0)", "import os\nos._exit(0)", "print('passed')\nexit = 1 / 0"):
        assert not run_python(code).passed
    assert run_python("import os\nos._exit(0)").verdict == "left"
    words = run_python("import sys\nsys.stderr.write('passed')\nassert False")
    assert words.verdict == "failed"


@posix
def test_an_endless_printer_is_cut():
    outcome = run_python("while True:\n    print('x' * 1000)", seconds=2)
    assert not outcome.passed and len(outcome.output) <= 100_000


def test_bad_input_is_a_sentence():
    with pytest.raises(DtypeError, match="must be text"):
        run_python(None)
    with pytest.raises(DataError, match="at most 100000"):
        run_python("#" * (LONGEST + 1))
    with pytest.raises(DataError, match="NUL"):
        run_python("x = '\0'")
    with pytest.raises((DataError, RangeError)):
        run_python("1", seconds=0)
    with pytest.raises(RangeError, match="memory_mb"):
        run_python("1", memory_mb=1)
    assert run_python("名字 = '月'\nassert 名字 == '月'").passed
    assert "clock" in limits()
