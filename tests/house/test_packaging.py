"""Metadata, locks, Binder, licences and commands agree with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import aigc_teach
import environment
import lock
from house import rules

ROOT = Path(__file__).resolve().parents[2]
WHOLE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = WHOLE["project"]
README = (ROOT / "README.md").read_text("utf-8")
EXTRAS = PROJECT["optional-dependencies"]
LINUX = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}


def pins(name: str) -> list[str]:
    """The lines of a lock without its heading."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def versions(name: str, python: str = "3.11") -> dict[str, str]:
    """Package to pinned version, as Linux and one Python see the lock."""
    seen = {**LINUX, "python_version": python, "python_full_version": f"{python}.9"}
    wanted = [Requirement(line) for line in pins(name)]
    wanted = [r for r in wanted if r.marker is None or r.marker.evaluate(seen)]
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in wanted}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_is_plain_pins(name):
    for line in pins(name):
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", line), line
    names = [line.split(" ; ")[0] for line in pins(name)]
    assert len(names) == len(set(names)), "a package is pinned twice"
    assert not [name for name in names if name.startswith(("nvidia-", "triton"))]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(
    ("name", "extras"),
    [("requirements.lock", ["lab"]), ("requirements-test.lock", ["lab", "test", "book"])],
)
def test_a_lock_satisfies_the_ranges(name, extras, python):
    locked = versions(name, python)
    for line in [*PROJECT["dependencies"], *(r for extra in extras for r in EXTRAS[extra])]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)]), line


def test_both_locks_agree():
    small, large = versions("requirements.lock"), versions("requirements-test.lock")
    assert small.items() <= large.items()
    assert small["torch"] == "2.13.0"


def test_the_oldest_versions_are_the_ranges_lower_ends():
    assert pins(lock.OLDEST) == lock.lowest(PROJECT)


def test_every_range_is_one_that_doctor_can_read():
    for line in [*PROJECT["dependencies"], *(r for extra in EXTRAS.values() for r in extra)]:
        assert re.fullmatch(r"[\w-]+>=[\d.]+", line), line


def test_colab_will_do():
    """What Colab's image of August 2026 ships lies inside the ranges."""
    colab = {"torch": "2.11.0", "numpy": "2.1.2", "matplotlib": "3.10.0", "ipywidgets": "7.7.1"}
    colab["anywidget"] = "0.9.21"
    ranges = {r.name: r.specifier for r in map(Requirement, PROJECT["dependencies"])}
    for name, version in colab.items():
        assert ranges[name].contains(version), name


def binder() -> tuple[list[str], list[str]]:
    """The conda part and the pip part of environment.yml."""
    parts = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    conda = [part for part in parts if isinstance(part, str)]
    (pip,) = (part["pip"] for part in parts if isinstance(part, dict))
    return conda, pip


def test_binder_pins_what_the_lock_pins():
    conda, pip = binder()
    assert [re.split(r"[=<>]", part)[0] for part in conda] == ["python", "pip"]
    assert [line for line in pip if not line.startswith("--")] == pins("requirements.lock")
    for line in pip:
        assert line.startswith("--") or Requirement(line)
    options = [line for line in pip if line.startswith("--")]
    assert options == [f"--extra-index-url {environment.CPU_BUILDS}"]


def test_conda_understands_its_part():
    rattler = pytest.importorskip("rattler", reason="py-rattler is not installed")
    for part in binder()[0]:
        assert rattler.MatchSpec(part)


def test_the_readme_says_what_binder_s_packages_take():
    if "+cpu" not in metadata.version("torch"):
        pytest.skip("Binder has the CPU build of torch, this environment another")
    said = float(re.search(r"\*\*On Binder\*\*.*?([\d.]+) GB", README, re.DOTALL)[1])
    assert said == pytest.approx(lock.gigabytes(pins("requirements.lock")), rel=0.1)


def test_binder_installs_the_package_without_its_dependencies():
    text = (ROOT / "postBuild").read_text("utf-8")
    assert "pip install --no-deps ." in text
    assert (ROOT / "postBuild").stat().st_mode & 0o111, "postBuild must be executable"


def test_licences_are_the_ones_named():
    assert PROJECT["license"] == "Apache-2.0"
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in licence and "Version 2.0, January 2004" in licence
    assert len(licence.splitlines()) > 190
    assert "CC BY 4.0" in (ROOT / "LICENSE-TEXT.md").read_text("utf-8")


def test_the_citation_agrees_with_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors", "version"} <= citation.keys()
    assert citation["version"] == aigc_teach.__version__
    assert citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == PROJECT["urls"]["Repository"]


def test_the_changelog_starts_with_this_version():
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert headings[0] in ("Unreleased", aigc_teach.__version__)
    assert aigc_teach.__version__ in headings


def test_make_help_lists_every_target():
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z-]+):", text, re.M)
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in targets:
        if not target.startswith("env-"):
            assert re.search(rf"^  {target} +\S", shown.stdout, re.M), target


def test_make_keeps_what_python_compiles_whatever_the_image_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "asks.mk").write_text("asks:\n\t@echo told [$$PYTHONDONTWRITEBYTECODE]\n")
    command = ["make", "--no-print-directory", "-f", "Makefile", "-f", tmp_path / "asks.mk", "asks"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "told []"


def test_ci_runs_the_readme_command():
    text = (ROOT / ".ci/run").read_text("utf-8")
    assert "set -euo pipefail" in text
    assert "stages.py env-test lint test+test-browser" in text
    assert "make test" in (ROOT / "README.md").read_text("utf-8")
    checked = subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, capture_output=True)
    assert checked.returncode == 0, checked.stderr


def builder_is_here() -> bool:
    """Whether setuptools is installed, in a version that the project may be built with."""
    (wanted,) = map(Requirement, WHOLE["build-system"]["requires"])
    try:
        return wanted.specifier.contains(metadata.version(wanted.name))
    except metadata.PackageNotFoundError:
        return False


@pytest.mark.skipif(not builder_is_here(), reason="no setuptools here that builds the project")
def test_the_wheel_holds_data_weights_and_scripts(tmp_path):
    names = ["pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT.md"]
    for name in names:
        shutil.copy(ROOT / name, tmp_path)
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "aigc_teach", tmp_path / "aigc_teach", ignore=skip)
    build = "from setuptools.build_meta import build_wheel; build_wheel('out')"
    (tmp_path / "out").mkdir()
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "out").glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "aigc_teach"
    kinds = {".py", ".npz", ".json", ".safetensors", ".js", ".css"}
    ours = (path for path in rules.files(package) if path.suffix in kinds)
    missing = {f"aigc_teach/{path.relative_to(package).as_posix()}" for path in ours} - packed
    assert not missing
    assert not {name for name in packed if name.startswith(("tests/", "tools/"))}
