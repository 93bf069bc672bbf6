"""The table and its frame: rows and modules belong together, and no fault goes unnoticed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from email.message import Message
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from outside import frame
from outside.frame import Absent, Agreement, Changed, outside_folder, reach, row_of
from outside.table import ROWS, File, Numbers, Package, Row

HERE = Path(__file__).parent
PACKAGES = [row for row in ROWS if isinstance(row.where, Package)]
TEXT = b"to be or not to be"
PLAY = Row(
    "play",
    "its text",
    "a theatre",
    "public domain",
    File("x/play.txt", hashlib.sha256(TEXT).hexdigest()),
)


def test_each_row_has_a_module_and_each_module_a_row():
    modules = {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")} - {"table"}
    assert sorted(row.name for row in ROWS) == sorted(modules)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_what_it_must(row):
    assert row.about and row.source and row.why and row.licence
    assert row.tolerance >= 0 and (row.tolerance == 0) == (row.why == "equal")
    if isinstance(row.where, File):
        assert re.fullmatch("[0-9a-f]{64}", row.where.sha256)
        assert not Path(row.where.path).is_absolute()
    if isinstance(row.where, Package):
        assert row.licence in frame.SPELLINGS
    assert isinstance(row.where, Numbers) or row.licence != "facts"


def test_each_package_is_a_requirement_of_the_tests():
    project = tomllib.loads((frame.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    wanted = {canonicalize_name(Requirement(line).name) for line in lines}
    named = {canonicalize_name(row.where.name) for row in PACKAGES}
    assert named <= wanted, f"add to the extra `test` of pyproject.toml: {sorted(named - wanted)}"


def test_no_package_of_a_row_is_imported_by_the_course():
    """What learners install must do without them, except for torch."""
    names = {row.where.name for row in PACKAGES} - {"torch"}
    pattern = re.compile(rf"^\s*(?:import|from) (?:{'|'.join(names)})\b", re.MULTILINE)
    for path in sorted((frame.ROOT / "aigc_teach").rglob("*.py")):
        assert not pattern.search(path.read_text("utf-8")), path


def test_no_module_imports_its_package_while_tests_are_collected():
    names = {row.where.name for row in PACKAGES} - {"torch"}
    pattern = re.compile(rf"^(?:import|from) (?:{'|'.join(names)})\b", re.MULTILINE)
    for path in sorted(HERE.glob("*.py")):
        assert not pattern.search(path.read_text("utf-8")), path.name


# --- files ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "play.txt").write_bytes(TEXT)
    return tmp_path


def test_the_folder_is_beside_the_repository_or_named(tmp_path):
    assert outside_folder({}, tmp_path / "repo") == tmp_path / "shared" / "outside"
    assert outside_folder({"AIGC_OUTSIDE": "elsewhere"}) == Path("elsewhere")
    assert outside_folder({"AIGC_OUTSIDE": ""}, tmp_path / "repo").name == "outside"


def test_a_file_is_found_missed_or_told_to_have_changed(folder):
    assert reach(PLAY, folder).read_bytes() == TEXT
    with pytest.raises(Absent, match=r"play: x/play.txt is not in .*nowhere.*AIGC_OUTSIDE"):
        reach(PLAY, folder / "nowhere")
    for other in (TEXT[:-1], TEXT + b"\n", TEXT.upper(), b""):
        (folder / "x" / "play.txt").write_bytes(other)
        with pytest.raises(Changed, match="play.txt has changed"):
            reach(PLAY, folder)


# --- packages ------------------------------------------------------------------------------


def row_for(package: str, licence: str = "MIT", version: str = "0") -> Row:
    return replace(PLAY, licence=licence, where=Package(package, version))


def test_a_package_is_found_missed_or_of_another_licence():
    assert reach(row_for("pytest"), HERE) is pytest
    with pytest.raises(Absent, match="no-such-package is not installed"):
        reach(row_for("no-such-package"), HERE)
    with pytest.raises(Absent, match="is older than 9999"):
        reach(row_for("pytest", version="9999"), HERE)
    with pytest.raises(Changed, match="declares 'MIT.* the table says Apache-2.0"):
        reach(row_for("pytest", "Apache-2.0"), HERE)


@pytest.mark.parametrize(
    "fields, licence, agrees",
    [
        ({"License-Expression": "MIT"}, "MIT", True),
        (
            {"License": "UNKNOWN", "Classifier": "License :: OSI Approved :: MIT License"},
            "MIT",
            True,
        ),
        ({"License": "Apache License, Version 2.0"}, "Apache-2.0", True),
        ({"License": "BSD 3-Clause\n\nlong text"}, "BSD-3-Clause", True),
        (
            {"License-Expression": "BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1"},
            "BSD-3-Clause",
            True,
        ),
        ({"License": "limited to those who permit it"}, "MIT", False),
        ({"License-Expression": "MIT AND GPL-3.0-only"}, "MIT", False),
        (
            {"License": "MIT", "Classifier": "License :: GNU General Public License v3"},
            "MIT",
            False,
        ),
        ({}, "MIT", False),
    ],
    ids=range(9),
)
def test_what_metadata_say_about_a_licence(fields, licence, agrees):
    about = Message()
    for name, value in fields.items():
        about[name] = value
    assert frame.says(frame.licence_words(about), licence) is agrees


# --- comparing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ours, theirs, tolerance, relative",
    [
        ([1, 2], [1, 3], 0, False),
        ("a", "b", 0, False),
        (np.array([1, 2]), np.array([1, 3]), 0, False),
        (np.array([1, 2]), np.array([1, 2, 3]), 0, False),
        ([1.0], [1.2], 0.1, False),
        ([1.0, 2.0], [1.0], 0.1, False),
        (float("nan"), 1.0, 0.1, False),
        (float("nan"), float("nan"), 0.1, False),
        (100.0, 111.0, 0.05, True),
        ([1j], [0j], 0.1, False),
    ],
    ids=range(10),
)
def test_a_difference_is_told(ours, theirs, tolerance, relative):
    agree = Agreement(replace(PLAY, tolerance=tolerance, relative=relative))
    with pytest.raises(AssertionError, match=r"(?s)its text differs.*ours:.*theirs:"):
        agree(ours, theirs)


def test_the_largest_difference_is_remembered():
    agree = Agreement(replace(PLAY, tolerance=0.5))
    for ours in (1.0, 1.3, 1.1):
        agree(ours, 1.0)
    assert agree.largest == pytest.approx(0.3)
    exact = Agreement(PLAY)
    exact([1, 2], [1, 2])
    assert exact.largest == 0


def test_a_name_without_a_row_is_told():
    with pytest.raises(LookupError, match="no row named 'nothing'"):
        row_of("nothing")


# --- the report ----------------------------------------------------------------------------

MODULES = {
    "utf8": "def test_one(agree): agree(1, 1)\n\ndef test_two(agree): agree(1, 1)\n",
    "mnist": "def test_wrong(agree): agree(1, 2)\n\ndef test_right(agree): agree(1, 1)\n",
    "dcgan": "def test_lazy(): pass\n",
    "windows": "def test_near(agree): agree(1.00003, 1.0)\n",
    "shakespeare": "def test_absent(truth, agree): agree(truth, 1)\n",
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What pytest prints for five modules: right, wrong, lazy, near, and without its file."""
    folder = tmp_path_factory.mktemp("planted") / "outside"
    folder.mkdir()
    for name in ("conftest.py", "frame.py", "table.py"):
        shutil.copy(HERE / name, folder)
    for name, text in MODULES.items():
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", str(folder), "-rs", "--import-mode=importlib"]
    command += ["-p", "no:cacheprovider", "--rootdir", str(folder.parent)]
    env = {**os.environ, "PYTHONPATH": str(folder.parent), "COLUMNS": "300"}
    env |= {"AIGC_OUTSIDE": str(folder / "empty"), "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    return done.stdout


def test_the_report_is_a_table(printed):
    table = printed[printed.index("outside truths") :]
    for words in (
        r"utf8: .*numbers in the module +facts +equal \(2 tests\)",
        r"mnist: .* DIFFERS: 1 of 2 tests failed",
        r"windows: .* differs by 3.0e-05, 6e-05 allowed \(1 test\)",
        r"shakespeare: .*file shakespeare/input.txt +public domain +skipped \(-rs says why\)",
    ):
        assert re.search(words, table), printed


def test_a_skip_names_the_row_and_the_folder(printed):
    assert re.search(r"SKIPPED .*shakespeare: shakespeare/input.txt is not in .*empty", printed)


def test_a_test_that_compares_nothing_is_refused(printed):
    assert "This test compared nothing with its truth" in printed
    assert re.search(r"dcgan: .* DIFFERS", printed)
