"""A clone of this checkout, as it stands, in a folder of its own: what a person would have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOBODY = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


def git(root: Path, *words: str) -> str:
    """Run git in `root`; what it printed."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


def clone(target: Path) -> Path:
    """Copy what git tracks, or would, into `target`, as a repository with one commit."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no git checkout, or git is not installed")
    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    git(target, "init", "-q")
    git(target, "add", "-A")
    git(target, *NOBODY, "commit", "-q", "-m", "as it stands")
    return target


def run_in(
    root: Path, *words: str, cwd: Path | None = None, **settings: str
) -> subprocess.CompletedProcess:
    """Run this Python in the clone (or `cwd`), with the clone's package first; asserts nothing."""
    quiet = {"OMP_NUM_THREADS": "1", "AIGC_PROGRESS": "off", "PYTEST_ADDOPTS": ""}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_XDIST")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd or root,
        capture_output=True,
        text=True,
        env={**inherited, **quiet, "PYTHONPATH": str(root), **settings},
    )
