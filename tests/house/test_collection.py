"""Two processes collect the same tests, and collecting does no test's work.

pytest-xdist refuses to share the tests out where two workers name them differently.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SUITE = ["-m", "not browser", "--doctest-modules"]
NAME = re.compile(r"[ -~]{1,250}")  # what a terminal, a log and `pytest NAME` can hold


@dataclass
class Collected:
    names: list[str]
    refused: list[str]
    seconds: float
    in_time: bool
    code: int
    printed: str


def collect_twice(folder: Path, target: Path, *arguments: str) -> list[Collected]:
    """Collect in two processes at once, begun a second apart, with two seeds for hashes."""
    processes = []
    for seed in "1", "2":
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent), str(ROOT)]),
            "PYTHONHASHSEED": seed,
            "OMP_NUM_THREADS": "1",
            "WATCHED": str(target / f"{seed}.json"),
        }
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "watched"]
        command += ["-p", "no:cacheprovider", *arguments]
        log = (target / f"{seed}.log").open("w")
        processes.append(
            subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        )
        if seed == "1":
            wait_for(target / f"{seed}.begun", process=processes[0])
            time.sleep(1.1)  # some names hold a time stamp of whole seconds
    return [
        Collected(
            code=process.wait(),
            printed=(target / f"{seed}.log").read_text(errors="replace"),
            **json.loads((target / f"{seed}.json").read_text("utf-8")),
        )
        for seed, process in zip("12", processes, strict=True)
    ]


def wait_for(file: Path, process: subprocess.Popen) -> None:
    """Wait until `process` has written `file`: on a busy machine it may start late."""
    while not file.exists() and process.poll() is None:
        time.sleep(0.02)


def bad_names(names: list[str]) -> list[str]:
    """The names that hold an address, bytes, a float's long tail or what no terminal shows."""
    garbage = re.compile(r"0x[0-9a-fA-F]{6,}|\d\.\d{9,}|\\(?!\\)")
    plain = {name: name.replace("\\\\", "/") for name in names}  # a backslash, as pytest writes it
    return [n for n, text in plain.items() if not NAME.fullmatch(text) or garbage.search(text)]


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    return collect_twice(ROOT, tmp_path_factory.mktemp("suite"), *SUITE)


def test_two_processes_collect_the_same_tests_in_the_same_order(suite):
    one, two = suite
    assert one.code == two.code == 0, one.printed[-6000:]
    assert len(one.names) > 4000 and len(set(one.names)) == len(one.names)
    assert set(one.names) ^ set(two.names) == set()
    assert one.names == two.names


def test_collecting_reads_no_data_and_trains_nothing(suite):
    for one in suite:
        assert one.refused == [], one.printed[-6000:]


def test_collecting_is_quick(suite):
    assert any(one.in_time for one in suite), [one.seconds for one in suite]


def test_names_can_be_read_and_typed(suite):
    assert bad_names(suite[0].names) == []


@pytest.mark.parametrize(
    "tail",
    [
        "<object object at 0x7f3a2c0b1d50>",
        r"\x1f\x8b\x08\x00",
        r"\u7240\u524d",
        r"a\nb",
        "0.6931471805599453",
        "1e-05-2.220446049250313e-16",
        "床前",
        "x" * 300,
    ],
    ids=["address", "bytes", "script", "lines", "float", "small float", "ideographs", "long"],
)
def test_a_bad_name_is_found(tail):
    assert bad_names([f"tests/a.py::test_a[{tail}]"])


@pytest.mark.parametrize("tail", ["0.001-adam", r"\\[N, 1, 28, 28\\]", "a page", "1e-05"])
def test_a_good_name_is_not(tail):
    assert not bad_names([f"tests/a.py::test_a[{tail}]"])


@pytest.mark.parametrize(
    ("words", "expression", "left_out"),
    [
        ("pytestmark = pytest.mark.browser", "browser", None),
        ("pytestmark = [pytest.mark.browser, pytest.mark.slow]", "browser", None),
        ("@pytest.mark.browser\ndef test_a(): pass", "browser", None),
        ("def test_a(): pass", "browser", True),
        ("def test_a(): pass", "not browser", None),
        ("def test_a(): pass", "", None),
    ],
)
def test_files_without_a_browser_are_left_alone_by_its_stage(
    tmp_path, pytestconfig, words, expression, left_out
):
    house = pytestconfig.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    file = tmp_path / "test_a.py"
    file.write_text(words, "utf-8")
    asked = SimpleNamespace(option=SimpleNamespace(markexpr=expression))
    assert house.pytest_ignore_collect(file, asked) is left_out


UNSTEADY = {
    "clock": "import time; NAMES = [str(int(time.time()))]",
    "bytes_of_the_moment": "import gzip; NAMES = [gzip.compress(b'a').hex()]",
    "address": "NAMES = [repr(object())]",
    "hash_seed": "NAMES = [str(hash('a'))]",
    "set_order": "NAMES = list({'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'})",
    "chance": "import random; NAMES = [str(random.random())]",
}
WORK = {
    "data": "import numpy; numpy.load('picture.npz')",
    "weights": "from safetensors.torch import load_file; load_file('weights.safetensors')",
    "own_data": "from aigc_teach import data; data.digits()",
    "gradient": "import torch; torch.ones(1, requires_grad=True).sum().backward()",
    "step": "import torch; torch.optim.Adam([torch.ones(1, requires_grad=True)]).step()",
    "caught": "try: open('a.npy')\nexcept Exception: pass",
}
TEST = """
import pytest
{setting}
@pytest.mark.parametrize("name", globals().get("NAMES", ["x"]))
def test_{kind}(name):
    pass
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """What is collected from a folder in which each module breaks one rule."""
    folder, target = tmp_path_factory.mktemp("planted"), tmp_path_factory.mktemp("names")
    for kind, setting in (UNSTEADY | WORK | {"sound": ""}).items():
        (folder / f"test_{kind}.py").write_text(TEST.format(kind=kind, setting=setting), "utf-8")
    return collect_twice(folder, target, "--continue-on-collection-errors")


@pytest.mark.parametrize("kind", UNSTEADY)
def test_names_that_differ_are_found(planted, kind):
    one, two = ([n for n in c.names if n.startswith(f"test_{kind}.py")] for c in planted)
    assert one and one != two


@pytest.mark.parametrize("kind", WORK)
def test_work_while_collecting_is_found(planted, kind):
    assert f"test_{kind}.py" in planted[0].printed or kind == "caught"
    assert len(planted[0].refused) == len(WORK) == len(planted[1].refused)


def test_a_sound_module_is_left_alone(planted):
    assert all("test_sound.py::test_sound[x]" in one.names for one in planted)
