"""Make the lock files from the ranges in pyproject.toml: ``make lock``.

``requirements.lock`` holds what the lessons need, ``requirements-test.lock`` adds tests and
book, and the pip part of ``environment.yml`` (Binder) repeats the first. Each version is kept
as long as the ranges allow it; ``make lock UPGRADE=1`` takes the newest instead.
``constraints-oldest.txt`` holds the lower ends of the lessons' ranges, for ``make test-oldest``.

uv makes the locks, because only uv resolves for every platform and Python at once.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# torch is pinned by hand: the course's numbers were measured with this version.
TORCH = "torch==2.13.0"

# The CUDA build of torch brings these along, the CPU build does not want them. Left out of
# the lock, they come with the build that needs them, in the versions that it asks for.
ONLY_FOR_CUDA = re.compile(r"^(nvidia-|cuda-|triton\b)")

OLDEST = "constraints-oldest.txt"
OLDEST_HEADER = (
    "# The lowest versions that pyproject.toml allows. Made by `make lock`; do not edit.\n"
)

LOCKS = {"requirements.lock": ["lab"], "requirements-test.lock": ["lab", "test", "book"]}

HEADER = """\
# Made by `make lock` from pyproject.toml. Do not edit.
# Linux, macOS and Windows, Python 3.11 to 3.13. No build of torch is named: see README.md.
"""

ENVIRONMENT = """\
# For Binder. Made by `make lock`: the pip part repeats requirements.lock.
# conda brings python and pip only, so that Binder runs what was tested everywhere else.
name: aigc-teach
channels:
  - conda-forge
dependencies:
  - python=3.12
  - pip
  - pip:
      # PyTorch's own page with the CPU builds: Binder has no GPU, and the CUDA build is huge.
      - --extra-index-url https://download.pytorch.org/whl/cpu
"""


def clean(compiled: str) -> list[str]:
    r"""The pins of a compiled lock: no comments, no CUDA packages, no local versions.

    >>> clean("# via uv\ntorch==2.13.0+cpu\ntriton==3.4.0\ntqdm==4.67.1\n")
    ['torch==2.13.0', 'tqdm==4.67.1']
    """
    lines = [line.split("#")[0].strip() for line in compiled.splitlines()]
    pins = [line for line in lines if line and not line.startswith("-")]
    return [re.sub(r"(==[^;+\s]+)\+\w+", r"\1", p) for p in pins if not ONLY_FOR_CUDA.match(p)]


def lowest(project: dict) -> list[str]:
    """The lower end of each range that a lesson depends on, as a constraint.

    >>> lowest({"dependencies": ["torch>=2.6"], "optional-dependencies": {"lab": []}})
    ['torch==2.6']
    """
    ranges = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    return [line.replace(">=", "==") for line in ranges]


def write_oldest() -> None:
    """Write the constraints that `make test-oldest` installs under."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (ROOT / OLDEST).write_text(OLDEST_HEADER + "\n".join(lowest(project)) + "\n")


def environment_yml(pins: list[str]) -> str:
    """The text of environment.yml around `pins`."""
    quoted = (f'      - "{pin}"' if ";" in pin else f"      - {pin}" for pin in pins)
    return ENVIRONMENT + "\n".join(quoted) + "\n"


def compile_lock(uv: list[str], extras: list[str], old: Path, upgrade: bool) -> list[str]:
    """Resolve the project with `extras`, keeping the versions in `old` where possible."""
    command = [*uv, "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"]
    command += ["--no-annotate", "--no-header", "--quiet", "--constraint", "-"]
    command += [option for extra in extras for option in ("--extra", extra)]
    if upgrade:
        command.append("--upgrade")
    scratch = ROOT / f".{old.name}.tmp"
    scratch.write_text(old.read_text() if old.exists() else "")
    try:
        command += ["--output-file", str(scratch)]
        subprocess.run(command, cwd=ROOT, check=True, input=TORCH, text=True)
        return clean(scratch.read_text())
    finally:
        scratch.unlink()


def gigabytes(pins: list[str]) -> float:
    """What the packages of a lock take on the disk where they are installed: here, in GB.

    >>> gigabytes(["a-package-that-nobody-wrote==1.0"])
    0.0
    """
    total = 0
    for pin in pins:
        try:
            parts = metadata.distribution(pin.split("==")[0]).files or []
        except metadata.PackageNotFoundError:  # for another system
            continue
        total += sum(part.size or 0 for part in parts)
    return total / 1e9


def find_uv() -> list[str] | None:
    """How to call uv here, or None."""
    if shutil.which("uv"):
        return ["uv"]
    probe = subprocess.run([sys.executable, "-m", "uv", "--version"], capture_output=True)
    return [sys.executable, "-m", "uv"] if probe.returncode == 0 else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    write_oldest()
    uv = find_uv()
    if uv is None:
        print("The lock is made by uv, which is not here. Install it: pip install uv")
        return 1
    for name, extras in LOCKS.items():
        pins = compile_lock(uv, extras, ROOT / name, options.upgrade)
        (ROOT / name).write_text(HEADER + "\n".join(pins) + "\n")
        print(f"{name}: {len(pins)} packages")
        if name == "requirements.lock":
            (ROOT / "environment.yml").write_text(environment_yml(pins))
            # The larger lock starts from the smaller one, so that both agree.
            merge(ROOT / name, ROOT / "requirements-test.lock")
    return 0


def merge(small: Path, large: Path) -> None:
    """Put the pins of `small` into `large` as preferences for the next resolution."""
    pins = clean(small.read_text())
    names = {pin.split("==")[0] for pin in pins}
    old = clean(large.read_text()) if large.exists() else []
    large.write_text("\n".join([*pins, *(p for p in old if p.split("==")[0] not in names)]) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("UV_NO_PROGRESS", "1")
    sys.exit(main())
