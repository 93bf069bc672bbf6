"""Container, development container and the public host's tests name what is there."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
CLASSIFIERS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
PYTHONS = [c.rpartition(" ")[2] for c in CLASSIFIERS if re.search(r":: 3\.\d+$", c)]


def container() -> dict[str, list[str]]:
    """The Dockerfile's instructions, each with its texts."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.M)
    said: dict[str, list[str]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            said.setdefault(word, []).append(rest.strip())
    return said


def commands(text: str) -> list[list[str]]:
    return [shlex.split(part) for part in text.split("&&")]


def test_the_container_makes_the_environment_and_opens_the_course():
    said = container()
    (image,) = said["FROM"]
    assert re.fullmatch(r"python:(\S+)-slim", image)[1] in PYTHONS
    made = [c for text in said["RUN"] for c in commands(text) if c[0] == "make"]
    assert made == [["make", "env-lab"]]
    interpreter, script, *options = json.loads(said["CMD"][0])
    assert interpreter == ".venv/bin/python" and (ROOT / script).is_file()
    assert "--ip=0.0.0.0" in options, "else nothing outside the container reaches it"


def test_the_container_is_no_administrators():
    said = container()
    (user,) = said["USER"]
    assert f"--uid {user} " in " ".join(said["RUN"])
    assert all(f"--chown={user}:{user}" in text for text in said["COPY"])


@pytest.mark.parametrize("name", [".git", ".venv*", "my_course", "**/__pycache__"])
def test_the_container_takes_no_local_files_along(name):
    assert name in (ROOT / ".dockerignore").read_text("utf-8").splitlines()


def test_the_development_container_makes_the_tests_environment():
    told = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    assert told["image"].rpartition(":")[2] in PYTHONS
    make, target = told["postCreateCommand"].split()
    assert make == "make" and target in TARGETS


def test_the_public_host_runs_what_a_change_must_pass():
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]
    assert ".ci/run" in [step.get("run") for step in jobs["whole"]["steps"]]
    systems = jobs["systems"]
    matrix = systems["strategy"]["matrix"]
    assert {system.split("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"}
    assert {min(PYTHONS), max(PYTHONS)} <= set(matrix["python"]) <= set(PYTHONS)
    suite = re.search(r"^SUITE := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.M)[1]
    asked = suite.replace("$(JOBS)", "2")
    assert any(asked in step.get("run", "") for step in systems["steps"]), asked
    assert systems["env"]["OMP_NUM_THREADS"] == "1"
