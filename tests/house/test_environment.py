"""Setting up .venv: which commands, which build of torch, and nothing done twice."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import environment
import lock
from environment import install_commands, torch_build


@pytest.mark.parametrize(
    ("wish", "env", "system", "has_nvidia", "build"),
    [
        ("auto", {}, "Linux", False, "cpu"),
        ("auto", {}, "Linux", True, "default"),
        ("auto", {}, "Darwin", False, "default"),
        ("auto", {"PIP_INDEX_URL": "x"}, "Linux", False, "default"),
        ("auto", {"UV_FIND_LINKS": "x"}, "Linux", False, "default"),
        ("auto", {"PIP_INDEX_URL": " "}, "Linux", False, "cpu"),
        ("cpu", {"PIP_INDEX_URL": "x"}, "Linux", True, "cpu"),
        ("default", {}, "Linux", False, "default"),
    ],
)
def test_the_build_of_torch(wish, env, system, has_nvidia, build):
    assert torch_build(wish, env, system, has_nvidia) == build


def test_an_unknown_build_is_refused_in_words():
    with pytest.raises(SystemExit, match="Choose one of: auto, cpu, default"):
        torch_build("gpu", {}, "Linux", False)


def test_pip_fetches_only_torch_from_the_cpu_page():
    lab = environment.KINDS["lab"]
    first, second, third = install_commands(["pip"], lab, "cpu", with_uv=False)
    assert environment.CPU_BUILDS in first and first[-1] == "torch" and "--no-deps" in first
    assert environment.CPU_BUILDS not in second and second[-1] == "requirements.lock"
    assert third[-3:] == ["--no-deps", "-e", "."]


def test_uv_takes_the_cpu_build_by_its_own_option():
    lab = environment.KINDS["lab"]
    first, second = install_commands(["uv", "pip"], lab, "cpu", with_uv=True)
    assert first[:5] == ["uv", "pip", "install", "--torch-backend", "cpu"]
    assert second[-3:] == ["--no-deps", "-e", "."]


def test_uv_keeps_its_own_settings():
    env = {"PIP_FIND_LINKS": "a", "UV_FIND_LINKS": "b"}
    assert environment.with_uv_settings(env)["UV_FIND_LINKS"] == "b"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A project whose installation is only written down."""
    names = ("requirements.lock", "requirements-test.lock", "constraints-oldest.txt")
    for name in (*names, "pyproject.toml"):
        (tmp_path / name).write_text(name)
    done = []
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "check", lambda command, venv: done.append(command))
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    for kind in environment.KINDS.values():
        python = environment.venv_python(tmp_path / kind.folder)
        python.parent.mkdir(parents=True, exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to(sys.executable)
    monkeypatch.setattr(environment, "run", lambda command, venv, quiet=False: 0)
    return tmp_path, done


def test_the_second_call_does_nothing(house):
    _, done = house
    environment.prepare("lab", "default")
    assert len(done) == 2
    environment.prepare("lab", "default")
    assert len(done) == 2


def test_jupyterlab_asks_nobody_about_news(house):
    root, _ = house
    environment.prepare("lab", "default")
    settings = json.loads((root / ".venv/share/jupyter/lab/settings/overrides.json").read_text())
    quiet = settings["@jupyterlab/apputils-extension:notification"]
    assert quiet == {"fetchNews": "false", "checkForUpdates": False}


def test_a_changed_lock_is_installed(house):
    root, done = house
    environment.prepare("lab", "default")
    (root / "requirements.lock").write_text("other")
    environment.prepare("lab", "default")
    assert len(done) == 4


def test_the_test_environment_serves_the_lab_too(house):
    _, done = house
    environment.prepare("test", "default")
    environment.prepare("lab", "default")
    assert len(done) == 2


def test_the_ends_of_the_ranges_have_folders_of_their_own(house):
    root, done = house
    for what in ("newest", "oldest"):
        environment.prepare(what, "default")
    newest, oldest = (command[command.index("install") + 1 :] for command in done)
    assert newest == ["-q", "--no-compile", "--upgrade", "-e", environment.EVERYTHING]
    held = ["-c", "constraints-oldest.txt", "-e", environment.EVERYTHING]
    assert oldest == ["-q", "--no-compile", *held]
    assert sorted(path.name for path in root.glob(".venv*")) == [
        ".venv",
        ".venv-newest",
        ".venv-oldest",
    ]
    assert not (root / ".venv/.aigc-newest").exists()


def test_the_newest_are_looked_for_again_on_another_day(house, monkeypatch):
    _, done = house
    for _ in range(2):
        environment.prepare("newest", "default")
    assert len(done) == 1
    monkeypatch.setattr(environment, "today", lambda: "the day after")
    environment.prepare("newest", "default")
    assert len(done) == 2


def test_the_versions_of_an_unlocked_environment_are_printed():
    command = [sys.executable, "-c", environment.SHOW_VERSIONS]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert {"torch", "numpy", "jupyterlab", "ipykernel"} <= {
        word.split()[0] for word in said.split(", ")
    }
    assert "pytest" not in said and version("torch") in said


def test_a_failed_installation_leaves_no_stamp(house, monkeypatch):
    root, _ = house

    def fail(command, venv):
        raise SystemExit("failed")

    monkeypatch.setattr(environment, "check", fail)
    with pytest.raises(SystemExit):
        environment.prepare("lab", "default")
    assert not (root / ".venv/.aigc-lab").exists()


def test_a_set_up_that_is_stopped_ends_in_a_sentence(monkeypatch):
    def stop(what, wish):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "prepare", stop)
    monkeypatch.setattr(sys, "argv", ["environment.py", "lab"])
    with pytest.raises(SystemExit, match="Stopped. Nothing is lost"):
        environment.main()


def test_a_failed_command_is_named(monkeypatch):
    monkeypatch.setattr(environment, "run", lambda command, venv: 3)
    with pytest.raises(SystemExit, match=r"(?s)failed \(exit code 3\).*pip install x"):
        environment.check(["pip", "install", "x"], Path("venv"))


def test_the_lock_keeps_markers_and_drops_builds():
    compiled = "--find-links x\na==1.0+cpu ; os_name == 'nt'\nnvidia-nccl-cu12==2.0\n# via a\n"
    assert lock.clean(compiled) == ["a==1.0 ; os_name == 'nt'"]


def test_the_oldest_are_the_ranges_lower_ends():
    project = {
        "dependencies": ["torch>=2.6"],
        "optional-dependencies": {"lab": ["jupyterlab>=4.2"], "test": ["pytest>=8"]},
    }
    assert lock.lowest(project) == ["torch==2.6", "jupyterlab==4.2"]


def test_environment_yml_quotes_markers():
    text = lock.environment_yml(["a==1", "b==2 ; os_name == 'nt'"])
    assert text.endswith("      - a==1\n      - \"b==2 ; os_name == 'nt'\"\n")
