"""What the README shows really runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from aigc_teach.cli import make_parser

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


def test_the_dozen_lines_run(capfd):
    code, _ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    short = code.replace("steps=1000", "steps=3")
    assert short != code and len(code.splitlines()) <= 14
    names: dict = {}
    exec(compile(short, "README.md", "exec"), names)
    assert names["run"].step == 3
    assert names["images"].shape == (16, 1, 28, 28)
    assert -1 <= names["images"].min() <= names["images"].max() <= 1


def test_the_shapes_beside_the_lines_are_true():
    from aigc_teach import data

    assert "# x: [4500, 1, 28, 28] in [-1, 1]" in README
    assert data.digits("train").x.shape == (4500, 1, 28, 28)


COMMANDS = re.findall(r"^aigc-teach (.+?)\s*(?:#.*)?$", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_are_known(command):
    assert make_parser().parse_args(shlex.split(command)).command == command.split()[0]


def test_all_five_commands_are_shown():
    assert {c.split()[0] for c in COMMANDS} == {"doctor", "train", "sample", "status", "progress"}
