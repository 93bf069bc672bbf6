"""``aigc-teach doctor``: can this machine run the course? One screen, in words.

Each check returns findings; a finding that is a problem says how to mend it. Nothing here
needs torch to be whole: a broken torch is one of the things to find.
"""

from __future__ import annotations

import importlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

GB = 1e9
NEEDED_PYTHON = (3, 11)
AGAIN = "Install the package again: pip install --force-reinstall --no-deps aigc-teach"

# In the order in which they are shown; the ranges come from the package's own metadata.
PACKAGES = ("torch", "numpy", "matplotlib", "safetensors", "ipywidgets", "anywidget", "jupyterlab")


SIGNS = {"ok": "✓", "note": "!", "problem": "✗"}
PLAIN_SIGNS = {"ok": "+", "note": "!", "problem": "x"}


class Finding(NamedTuple):
    """One line of the report.

    Attributes
    ----------
    what : str
        What was looked at, in a word or two.
    state : {"ok", "note", "problem"}
        A note does not stop the course; a problem does.
    words : str
        What was found, in words.
    remedy : str
        What to do about it; empty where nothing needs doing.
    """

    what: str
    state: str
    words: str
    remedy: str = ""


def version_numbers(version: str) -> tuple[int, ...]:
    """The numbers a version starts with.

    >>> version_numbers("2.13.0+cpu") >= version_numbers("2.6")
    True
    """
    return tuple(int(n) for n in re.match(r"\d*(?:\.\d+)*", version)[0].split(".") if n)


def lowest_versions(requires: Iterable[str]) -> dict[str, str]:
    """Package name to lowest version, read from requirements of the form ``name>=1.2``.

    >>> lowest_versions(["torch>=2.6", 'jupyterlab>=4.2; extra == "lab"'])
    {'torch': '2.6', 'jupyterlab': '4.2'}
    """
    found = (re.match(r"([\w.-]+)\s*>=\s*([\d.]+)", line) for line in requires)
    return {match[1].lower(): match[2] for match in found if match}


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> list[Finding]:
    """Whether Python is new enough."""
    have, need = ".".join(map(str, version)), ".".join(map(str, NEEDED_PYTHON))
    if version >= NEEDED_PYTHON:
        return [Finding("python", "ok", f"{have} ({need} or newer is needed)")]
    remedy = f"Install Python {need} or newer, then make a new environment with it."
    return [Finding("python", "problem", f"{have} is too old; {need} or newer is needed", remedy)]


def check_packages(
    requires: Iterable[str] | None = None, installed: Callable[[str], str] = metadata.version
) -> list[Finding]:
    """Whether each package is there, and inside the range that the metadata names."""
    if requires is None:
        requires = metadata.requires("aigc-teach") or []
    lowest = lowest_versions(requires)
    return [check_package(name, lowest[name], installed) for name in PACKAGES if name in lowest]


def check_package(name: str, need: str, installed: Callable[[str], str]) -> Finding:
    """One package against the lowest version that will do."""
    remedy = f'pip install "{name}>={need}"'
    try:
        have = installed(name)
    except metadata.PackageNotFoundError:
        if name == "jupyterlab":  # Colab and others bring a front end of their own
            return Finding(name, "note", "not here; needed only to open lessons locally", remedy)
        return Finding(name, "problem", f"missing; {need} or newer is needed", remedy)
    if version_numbers(have) < version_numbers(need):
        return Finding(name, "problem", f"{have} is too old; {need} or newer is needed", remedy)
    return Finding(name, "ok", f"{have} ({need} or newer is needed)")


def check_torch() -> list[Finding]:
    """Whether torch loads, and shares arrays with numpy."""
    remedy = "Make a fresh environment: make clean, then make lab (or pip install torch again)."
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        return [Finding("torch loads", "problem", f"it does not: {first_line(error)}", remedy)]
    try:
        torch.ones(2).numpy()
    except RuntimeError as error:
        words = f"torch cannot use this numpy: {first_line(error)}"
        return [Finding("torch loads", "problem", words, 'pip install -U "torch>=2.6" numpy')]
    return []


def check_machine() -> list[Finding]:
    """Which device and precision are chosen, and why."""
    from .core import choose_machine
    from .core.device import usable_cores

    machine, cores = choose_machine(), usable_cores()
    threads = f"{machine.threads} thread{'s' * (machine.threads > 1)} for one operation"
    findings = [
        Finding("device", "ok", machine.why),
        Finding("precision", "ok", machine.precision),
        Finding("cores", "ok", f"{cores} usable, {threads}"),
    ]
    if shutil.which("nvidia-smi") and machine.device.type == "cpu":
        words = "an NVIDIA driver is here, but this build of torch does not see a GPU"
        remedy = "For the GPU, install torch's CUDA build: make clean, then make lab TORCH=default"
        findings.append(Finding("gpu", "note", words, remedy))
    return findings


def check_memory(total: float | None = None) -> list[Finding]:
    """Whether a lesson (at most 2 GB) fits into memory."""
    total = memory_bytes() if total is None else total
    if total is None:
        return [Finding("memory", "note", "unknown on this system; a lesson needs up to 2 GB")]
    words = f"{total / GB:.1f} GB (a lesson needs up to 2 GB)"
    if total < 2 * GB:
        remedy = "Use Binder or Colab (the badges in the README), or a machine with more memory."
        return [Finding("memory", "problem", words, remedy)]
    if total < 4 * GB:
        return [Finding("memory", "note", words, "Keep one lesson open at a time.")]
    return [Finding("memory", "ok", words)]


def memory_bytes() -> float | None:
    """Memory of this machine or container in bytes; None where it cannot be asked."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    limit = Path("/sys/fs/cgroup/memory.max")  # a container may be granted less
    granted = limit.read_text().strip() if limit.is_file() else "max"
    return min(total, int(granted)) if granted.isdigit() else total


def check_disk(free: float | None = None) -> list[Finding]:
    """Whether there is room to save a model."""
    free = shutil.disk_usage(Path.cwd()).free if free is None else free
    words = f"{free / GB:.1f} GB free here (checkpoints and figures need 0.5 GB)"
    if free < 0.5 * GB:
        return [Finding("disk", "problem", words, "Free some space, or work in another folder.")]
    return [Finding("disk", "ok", words)]


def check_data() -> list[Finding]:
    """Whether the data that come with the package are whole."""
    from . import data

    problems = data.verify()
    if problems:
        return [Finding("data", "problem", words, AGAIN) for words in problems]
    return [Finding("data", "ok", "digits, emoji, poems and a novel: intact (sha256)")]


def check_weights() -> list[Finding]:
    """Whether the weights of the zoo are there and whole."""
    from . import zoo

    problems = zoo.verify()
    if problems:
        return [Finding("weights", "problem", words, AGAIN) for words in problems]
    return [Finding("weights", "ok", f"{', '.join(zoo.names())}: intact (sha256)")]


def check_network() -> list[Finding]:
    """Nothing to check, and worth saying."""
    return [Finding("network", "ok", "not needed: data and weights come with the package")]


CHECKS = (
    check_python,
    check_packages,
    check_torch,
    check_machine,
    check_memory,
    check_disk,
    check_data,
    check_weights,
    check_network,
)


def examine(checks: Iterable[Callable[[], list[Finding]]] = CHECKS) -> list[Finding]:
    """Run every check; one that cannot run is itself a problem, never a traceback."""
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += check()
        except Exception as error:  # whatever is broken here, the report must still come out
            what = check.__name__.removeprefix("check_")
            words = f"cannot be checked: {first_line(error)}"
            findings.append(Finding(what, "problem", words, f"Mend the lines above. {AGAIN}"))
    return findings


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its name where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def report(findings: list[Finding], *, plain: bool = False) -> str:
    """The screen as text.

    Parameters
    ----------
    findings : list of Finding
    plain : bool
        Signs from ASCII alone, for a terminal that cannot show others.

    >>> print(report([Finding("disk", "ok", "5.0 GB free")]).splitlines()[0])
      ✓ ok       disk         5.0 GB free
    """
    signs, arrow = (PLAIN_SIGNS, "->") if plain else (SIGNS, "→")
    lines = []
    for what, state, words, remedy in findings:
        lines.append(f"  {signs[state]} {state:<8} {what:<12} {words}")
        if remedy:
            lines.append(f"{'':<24} {arrow} {remedy}")
    return "\n".join([*lines, "", verdict(findings)])


def verdict(findings: list[Finding]) -> str:
    """The closing sentence."""
    problems = sum(finding.state == "problem" for finding in findings)
    if problems:
        verb = "stands" if problems == 1 else "stand"
        return (
            f"{problems} problem{'s' * (problems > 1)} {verb} in the way; each line says the cure."
        )
    return "This machine can run the course. Open the first lesson with: make lab"


def doctor() -> int:
    """Print the report; 0 if the course can run, 1 if something stands in the way."""
    from . import __version__

    findings = examine()
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "✓✗→".encode(encoding)
        plain = False
    except UnicodeEncodeError:
        plain = True
    print(f"aigc-teach {__version__} on {platform.system()} {platform.machine()}\n")
    print(report(findings, plain=plain))
    return int(any(finding.state == "problem" for finding in findings))
