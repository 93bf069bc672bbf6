"""Make `.venv` what the lock says, fast when it already is: ``python tools/environment.py lab``.

`make lab`, `make test` and the others call this first. It takes uv when that is on the PATH,
else venv and pip, and leaves a stamp in `.venv` so that the next call returns at once.
Settings of pip and uv in the environment (an index, a folder of wheels) are respected.

Two more environments try the ends of the ranges in pyproject.toml, each in a folder of its own:
`newest` takes what the index gives today, `oldest` the lowest versions (constraints-oldest.txt).
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING = ".[lab,test,book]"


@dataclass(frozen=True)
class Kind:
    """One kind of environment: its folder, the file that decides the versions, what to install.

    Without a file the index decides, and the environment is looked at again each day.
    """

    folder: str
    versions: str | None
    packages: tuple[str, ...]

    @property
    def own_lock(self) -> bool:
        """Whether every package is pinned: then the project itself is added without any other."""
        return self.packages[0] == "-r"


KINDS = {
    "lab": Kind(".venv", "requirements.lock", ("-r", "requirements.lock")),
    "test": Kind(".venv", "requirements-test.lock", ("-r", "requirements-test.lock")),
    "newest": Kind(".venv-newest", None, ("--upgrade", "-e", EVERYTHING)),
    "oldest": Kind(
        ".venv-oldest", "constraints-oldest.txt", ("-c", "constraints-oldest.txt", "-e", EVERYTHING)
    ),
}

# PyTorch's own page. On Linux the usual torch is a CUDA build of several GB; this one has
# builds of 0.2 GB for machines without an NVIDIA card.
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"

# Who sets one of these knows where packages come from: then nothing is added.
PIP_SETTINGS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX")
UV_SETTINGS = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "UV_OFFLINE",
    "UV_TORCH_BACKEND",
)

# uv does not read pip's settings. The same wish, in uv's words:
PIP_TO_UV = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
}


def with_uv_settings(env: Mapping[str, str]) -> dict[str, str]:
    """The environment with pip's settings repeated for uv, where uv has none of its own.

    >>> with_uv_settings({"PIP_FIND_LINKS": "wheels more"})["UV_FIND_LINKS"]
    'wheels,more'
    """
    said = dict(env)
    for pip_name, uv_name in PIP_TO_UV.items():
        separator = "," if uv_name == "UV_FIND_LINKS" else " "
        if env.get(pip_name, "").strip():
            said.setdefault(uv_name, separator.join(env[pip_name].split()))
    return said


def torch_build(wish: str, env: Mapping[str, str], system: str, has_nvidia: bool) -> str:
    """Which build of torch to ask for: "cpu", or "default" for whatever pip or uv finds.

    >>> torch_build("auto", {}, "Linux", has_nvidia=False)
    'cpu'
    >>> torch_build("auto", {"PIP_FIND_LINKS": "wheels"}, "Linux", has_nvidia=False)
    'default'
    """
    if wish not in ("auto", "cpu", "default"):
        raise SystemExit(f"TORCH={wish} is not known. Choose one of: auto, cpu, default.")
    if wish != "auto":
        return wish
    settled = any(env.get(name, "").strip() for name in PIP_SETTINGS + UV_SETTINGS)
    return "cpu" if system == "Linux" and not has_nvidia and not settled else "default"


def install_commands(tool: list[str], kind: Kind, build: str, with_uv: bool) -> list[list[str]]:
    """The commands that fill an environment: its packages, and the project itself, editable."""
    cpu = build == "cpu"
    commands = []
    # compiling 15,000 files at once takes half of pip's time; Python compiles what it imports
    install = ["install", "-q", "--no-compile"]
    if with_uv:
        backend = ["--torch-backend", "cpu"] if cpu else []
        commands.append([*tool, "install", *backend, *kind.packages])
    else:
        if cpu:  # torch alone sees the extra page, so no other package can come from it
            page = ["--extra-index-url", CPU_BUILDS, "--retries", "1"]
            held = ["-c", kind.versions] if kind.versions else []
            commands.append([*tool, *install, "--no-deps", *page, *held, "torch"])
        commands.append([*tool, *install, *kind.packages])
    if kind.own_lock:
        quiet = [] if with_uv else ["-q"]
        commands.append([*tool, "install", *quiet, "--no-deps", "-e", "."])
    return commands


def venv_python(venv: Path) -> Path:
    """The interpreter inside `venv`."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp_text(kind: Kind) -> str:
    """What a finished environment looks like: place, versions and metadata."""
    digest = hashlib.sha256(str(ROOT / kind.folder).encode())
    digest.update((ROOT / "pyproject.toml").read_bytes())
    if kind.versions:
        digest.update((ROOT / kind.versions).read_bytes())
    else:
        digest.update(today().encode())
    return digest.hexdigest()


def today() -> str:
    """The date: the newest releases are looked for once a day."""
    return datetime.date.today().isoformat()


def create(venv: Path, uv: str | None) -> list[str]:
    """Make `venv` if it is not there, and say how to install into it."""
    python = venv_python(venv)
    works = python.exists() and run([str(python), "-c", ""], venv, quiet=True) == 0
    if not works:
        shutil.rmtree(venv, ignore_errors=True)
    if uv:
        if not works:
            check([uv, "venv", "--quiet", "--seed", "--python", ">=3.11", str(venv)], venv)
        return [uv, "pip"]
    if not works and sys.version_info < (3, 11):
        have = platform.python_version()
        raise SystemExit(
            f"aigc-teach needs Python 3.11 or newer; this is {have}. "
            "Name a newer one: make lab PYTHON=python3.12"
        )
    if not works and run([sys.executable, "-m", "venv", str(venv)], venv, quiet=True):
        # Debian keeps ensurepip in a package of its own; the outer pip can fill the venv too.
        check([sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)], venv)
    inside = run([str(python), "-m", "pip", "--version"], venv, quiet=True) == 0
    if inside:
        return [str(python), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(python)]


def run(command: list[str], venv: Path, *, quiet: bool = False) -> int:
    """Run a command in the project's folder, with `venv` as the place to install; its exit code."""
    sink = subprocess.DEVNULL if quiet else None
    env = with_uv_settings(os.environ) | {"VIRTUAL_ENV": str(venv)}
    return subprocess.run(command, cwd=ROOT, env=env, stdout=sink, stderr=sink).returncode


def check(command: list[str], venv: Path) -> None:
    """Run a command, and stop with a sentence if it fails."""
    code = run(command, venv)
    if code:
        raise SystemExit(
            f"This command failed (exit code {code}); its own words stand above:\n  "
            + " ".join(command)
            + "\nNothing is lost: mend what it names and run make again."
        )


def switch_off_news(venv: Path) -> None:
    """Keep JupyterLab from asking a newcomer about news, and the network about updates."""
    folder = venv / "share/jupyter/lab/settings"
    folder.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings = {"@jupyterlab/apputils-extension:notification": quiet}
    (folder / "overrides.json").write_text(json.dumps(settings, indent=2) + "\n")


# Run in the environment itself: the versions of what a learner's project asks for.
SHOW_VERSIONS = """
from importlib.metadata import requires, version
wanted = (r for r in requires("aigc-teach") if "extra" not in r or '"lab"' in r)
names = [r.split(">=")[0] for r in wanted]
print(*(f"{name} {version(name)}" for name in names), sep=", ")
"""


def show_versions(kind: Kind) -> None:
    """Print what an environment holds, where no lock says it."""
    python = str(venv_python(ROOT / kind.folder))
    print(f"{kind.folder} holds:", flush=True)
    check([python, "-c", SHOW_VERSIONS], ROOT / kind.folder)


def prepare(what: str, wish: str) -> None:
    """Bring the environment of this kind in step with what decides its versions."""
    kind = KINDS[what]
    venv = ROOT / kind.folder
    stamp = venv / f".aigc-{what}"
    wanted = stamp_text(kind)
    if stamp.exists() and stamp.read_text() == wanted and venv_python(venv).exists():
        return
    uv = shutil.which("uv")
    has_nvidia = shutil.which("nvidia-smi") is not None
    build = torch_build(wish, os.environ, platform.system(), has_nvidia)
    wait = "uv: seconds" if uv else "pip: two minutes or so"
    source = kind.versions or "the newest releases"
    print(f"Setting up {kind.folder} from {source}, this once ({wait}; about 1.2 GB on disk).")
    sys.stdout.flush()
    start = time.perf_counter()
    for command in install_commands(create(venv, uv), kind, build, with_uv=uv is not None):
        check(command, venv)
    switch_off_news(venv)
    stamp.write_text(wanted)
    if what == "test":  # the larger lock holds the smaller one
        (venv / ".aigc-lab").write_text(stamp_text(KINDS["lab"]))
    print(f"Done in {time.perf_counter() - start:.0f} s.", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=list(KINDS))
    parser.add_argument("--torch", default="auto", help="auto, cpu or default")
    options = parser.parse_args()
    try:
        prepare(options.what, options.torch)
    except KeyboardInterrupt:
        raise SystemExit("Stopped. Nothing is lost: the next call goes on with it.") from None
    if not KINDS[options.what].own_lock:
        show_versions(KINDS[options.what])
    return 0


if __name__ == "__main__":
    sys.exit(main())
