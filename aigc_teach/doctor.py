"""``aigc-teach doctor``: can this machine run the course? One screen, in words.

Each check returns findings; a finding that is a problem says how to mend it. Nothing here
needs torch to be whole: a broken torch is one of the things to find.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import os
import pkgutil
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from subprocess import DEVNULL
from typing import NamedTuple

GB = 1e9
NEEDED_PYTHON = (3, 11)
HOME = Path(__file__).parent  # the package; beside it lies the Makefile, in a copy of the project

# In the order in which they are shown; the ranges come from the package's own metadata.
PACKAGES = ("torch", "numpy", "matplotlib", "safetensors", "ipywidgets", "anywidget", "jupyterlab")
# Told of only where something is wrong with them.
QUIET_PACKAGES = ("tqdm", "filelock", "requests", "platformdirs")
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


def is_checkout() -> bool:
    """Whether the package lies in a copy of the project, where `make` knows what to do."""
    return all((HOME.parent / name).is_file() for name in ("Makefile", "pyproject.toml"))


def again() -> str:
    """How to install this package again, as it was installed.

    No package index is named: what stands there under this name would be somebody else's.
    """
    if is_checkout():
        return "Get the files back with: git checkout -- aigc_teach (or take a fresh copy)"
    url = origin()
    if url:
        return f'Install it again from where it came: pip install --force-reinstall "{url}"'
    return (
        "Install it again from the file it came in: pip install --force-reinstall "
        "aigc_teach-VERSION-py3-none-any.whl"
    )


def origin() -> str:
    """The file or address that the package was installed from, where pip wrote it down."""
    try:
        return str(
            json.loads(metadata.distribution("aigc-teach").read_text("direct_url.json"))["url"]
        )
    except (metadata.PackageNotFoundError, ValueError, KeyError, TypeError):  # nothing is on record
        return ""


def fresh(build: str = "") -> str:
    """How to make the environment anew, as it was made; `build` chooses torch's build."""
    if is_checkout():
        return "make clean, then make lab" + f" TORCH={build}" * bool(build)
    return "make a new environment (python -m venv), then install the package in it"


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
    findings = {
        name: check_package(name, lowest[name], installed)
        for name in PACKAGES + QUIET_PACKAGES
        if name in lowest
    }
    return [f for name, f in findings.items() if name in PACKAGES or f.state != "ok"]


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
    remedy = f"Make a fresh environment: {fresh()}."
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
        remedy = "For the GPU, install torch's CUDA build: "
        remedy += fresh("default") if is_checkout() else "see https://pytorch.org/get-started"
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


def check_folders() -> list[Finding]:
    """Whether a file can be written where the course writes: it is written, and removed."""
    here = why_not_writable(Path.cwd())
    if here:
        words = f"{Path.cwd()} cannot be written ({here}): no notebook, figure or model is kept"
        return [Finding("folders", "problem", words, "Work in a folder of your own.")]
    notes = [
        Finding("folders", "note", f"{folder} cannot be written ({why}); {loss}", remedy)
        for folder, loss, remedy in other_folders()
        if (why := why_not_writable(folder))
    ]
    return notes or [Finding("folders", "ok", "this folder, progress and cache can be written")]


def other_folders() -> list[tuple[Path, str, str]]:
    """Where else files go: the folder, what is lost without it, and what to do."""
    import platformdirs

    from .lab.record import progress_path

    cache, progress = Path(platformdirs.user_cache_dir("aigc-teach")), progress_path()
    folders = [(cache, "downloads are not kept", "Name another folder with `cache`.")]
    if progress is not None:
        remedy = "Set AIGC_PROGRESS to a file that can be written, or to off."
        folders.append((progress.parent, "your progress is not kept", remedy))
    return folders


def why_not_writable(folder: Path) -> str:
    """Why no file can be written to `folder`, made if need be; nothing where one can."""
    made = [part for part in (folder, *folder.parents) if not part.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(10_000))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or type(error).__name__
    finally:
        for part in made:  # what was not there before is not there afterwards
            if part.is_dir():
                part.rmdir()
    return ""


def check_files() -> list[Finding]:
    """Whether the package's own files are those that were installed, where pip wrote it down."""
    try:
        files = metadata.files("aigc-teach") or []
    except metadata.PackageNotFoundError:
        return []
    own = [file for file in files if file.parts[0] == HOME.name and file.hash is not None]
    broken = [str(file) for file in own if not has_hash(file)]
    if not broken:
        return []
    words = f"{len(broken)} of {len(own)} are missing or changed, {broken[0]} first"
    return [Finding("files", "problem", words, again())]


def has_hash(file: metadata.PackagePath) -> bool:
    """Whether an installed file has the hash that pip wrote down."""
    try:
        digest = hashlib.new(file.hash.mode, Path(file.locate()).read_bytes()).digest()
    except (OSError, ValueError):
        return False
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value


def check_widgets() -> list[Finding]:
    """Whether every instrument can be made: anywidget works, scripts and style sheet are there."""
    remedy = f'pip install --force-reinstall "anywidget>=0.9.18" ipywidgets, or {fresh()}.'
    try:
        anywidget = importlib.import_module("anywidget")
        anywidget.AnyWidget(_esm="export default {}").close()
    except Exception as error:  # whatever is broken inside it
        words = f"anywidget does not work: {first_line(error)}"
        return [Finding("instruments", "problem", words, remedy)]
    try:
        found = instruments()
    except OSError as error:
        words = f"{Path(error.filename or '').name} cannot be read ({error.strerror})"
        return [Finding("instruments", "problem", words, again())]
    empty = [file.name for file in (HOME / "widgets/static").iterdir() if not file.stat().st_size]
    if empty:
        words = f"{', '.join(sorted(empty))} is empty"
        return [Finding("instruments", "problem", words, again())]
    return [Finding("instruments", "ok", f"{len(found)}, each with its script and style sheet")]


def instruments() -> dict[str, type]:
    """Every instrument of the page by its name; their modules read the scripts."""
    from . import widgets
    from .widgets.base import PageWidget, StillWidget

    for module in pkgutil.iter_modules(widgets.__path__, f"{widgets.__name__}."):
        importlib.import_module(module.name)
    kinds = {*PageWidget.__subclasses__(), *StillWidget.__subclasses__()} - {StillWidget}
    return {cls.__name__: cls for cls in kinds}


def check_kernel() -> list[Finding]:
    """Whether a notebook's kernel starts, and answers from this very environment."""
    remedy = f'pip install --force-reinstall "ipykernel>=6.29", or {fresh()}.'
    try:
        manager = importlib.import_module("jupyter_client.manager")
    except ImportError:
        words = "jupyter is not here; needed only to open lessons locally"
        return [Finding("kernel", "note", words, remedy)]
    try:
        kernel, client = manager.start_new_kernel(
            startup_timeout=60, kernel_name="python3", stdout=DEVNULL, stderr=DEVNULL
        )
    except Exception as error:  # no kernel spec, no such interpreter, a kernel that dies
        words = f"a notebook's kernel does not start: {first_line(error)}"
        return [Finding("kernel", "problem", words, remedy)]
    try:
        reply = client.execute_interactive(
            "import aigc_teach", silent=True, timeout=60, output_hook=lambda message: None
        )
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok":
        words = "a notebook's kernel runs in another environment, without aigc-teach"
        remedy = f"{sys.executable} -m ipykernel install --sys-prefix"
        return [Finding("kernel", "problem", words, remedy)]
    return [Finding("kernel", "ok", "starts, and finds aigc-teach")]


def check_data() -> list[Finding]:
    """Whether the data that come with the package are whole."""
    from . import data

    problems = data.verify()
    if problems:
        return [Finding("data", "problem", words, again()) for words in problems]
    return [Finding("data", "ok", "digits, emoji, poems and a novel: intact (sha256)")]


def check_weights() -> list[Finding]:
    """Whether the weights of the zoo are there and whole."""
    from . import zoo

    problems = zoo.verify()
    if problems:
        return [Finding("weights", "problem", words, again()) for words in problems]
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
    check_folders,
    check_files,
    check_data,
    check_weights,
    check_widgets,
    check_kernel,
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
            findings.append(Finding(what, "problem", words, f"Mend the lines above. {again()}"))
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
    if is_checkout():
        return "This machine can run the course. Open the first lesson with: make lab"
    return (
        "This machine can run the course. Its notebooks come with a copy of the project: open one "
        "with jupyter lab"
    )


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
