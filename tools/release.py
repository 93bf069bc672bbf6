"""Whether what would be published works: ``make release-check``.

Both archives are built, and looked into. The wheel is then installed with the lock's versions
into an environment of its own, far from the repository; there the doctor must be content, and
the first lesson, taken from the source archive, must run from its first cell to its last. It
needs the package registry for that, about three minutes, and 1.5 GB that it frees again.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import environment
from lessons.places import Places

ROOT = Path(__file__).resolve().parent.parent
FIRST = "notebooks/00_start/00_first_image.ipynb"
LICENCES = ("LICENSE", "LICENSE-TEXT.md", "aigc_teach/data/DATA_LICENSES.md")
RUN_NOTEBOOK = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=900, kernel_name="python3").execute()
"""


def told_version(root: Path) -> list[str]:
    """What is wrong with the version and the changelog; nothing if they agree.

    A release has a heading with its version and the day; what is not released says so.
    """
    version = re.search(
        r'^__version__ = "(.+)"', (root / "aigc_teach/__init__.py").read_text("utf-8"), re.M
    )[1]
    headings = re.findall(
        r"^## \[(.+?)\](?: - (\S+))?", (root / "CHANGELOG.md").read_text("utf-8"), re.M
    )
    if not headings or headings[0][0] != version:
        first = headings[0][0] if headings else "nothing"
        return [f"The package says {version}, the changelog begins with {first}."]
    day = headings[0][1]
    try:
        date.fromisoformat(day)
    except ValueError:
        return [f"The changelog gives {version} no day: it says {day or 'nothing'!r}."]
    return []


def lacking(names: Iterable[str], wanted: Iterable[str], archive: str) -> list[str]:
    """A sentence for each file that an archive should hold and does not."""
    held = set(names)
    return [f"{archive} lacks {name}." for name in wanted if name not in held]


def look_into_source(archive: Path, root: Path) -> list[str]:
    """What the source archive lacks: every notebook, its source, the licences, the two commands."""
    with tarfile.open(archive) as tar:
        names = [name.partition("/")[2] for name in tar.getnames()]
    places = Places(root)
    lessons = [(source, places.notebook_of(source)) for source in places.sources()]
    wanted = [path.relative_to(root).as_posix() for pair in lessons for path in pair]
    wanted += [*LICENCES, "README.md", "Makefile", "requirements.lock", "tools/my_course.py"]
    return lacking(names, wanted, archive.name)


def look_into_wheel(archive: Path) -> list[str]:
    """What the wheel lacks: licences, and the commands; and what does not belong to it."""
    names = zipfile.ZipFile(archive).namelist()
    inside = [name.rpartition("licenses/")[2] for name in names if ".dist-info/licenses/" in name]
    faults = lacking([*names, *inside], LICENCES, archive.name)
    foreign = sorted({name.split("/")[0] for name in names} - {"aigc_teach"})
    foreign = [name for name in foreign if not name.endswith(".dist-info")]
    return faults + [f"{archive.name} holds {name}, which is not the package." for name in foreign]


def build(folder: Path) -> tuple[Path, Path]:
    """Build the source archive and, from it, the wheel."""
    run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], ROOT)
    (source,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return source, wheel


def install(wheel: Path, folder: Path) -> Path:
    """An environment with the wheel and JupyterLab, in the lock's versions; its interpreter."""
    run([sys.executable, "-m", "venv", str(folder)], folder.parent)
    python = environment.venv_python(folder)
    locked = ["-c", str(ROOT / "requirements.lock")]
    has_card = bool(shutil.which("nvidia-smi"))
    cpu = environment.torch_build("auto", os.environ, platform.system(), has_card) == "cpu"
    pages = ["--extra-index-url", environment.CPU_BUILDS] if cpu else []
    pip = [str(python), "-m", "pip", "install", "-q", *pages, *locked]
    run([*pip, f"{wheel}[lab]"], folder.parent)
    return python


def try_out(python: Path, source: Path, folder: Path) -> list[str]:
    """Ask the doctor, then run the first lesson, with nothing of the repository in reach."""
    with tarfile.open(source) as tar:
        tar.extractall(folder, filter="data")
    (unpacked,) = folder.iterdir()
    lesson = folder / "lesson.ipynb"
    lesson.write_bytes((unpacked / FIRST).read_bytes())
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env |= {"AIGC_HOME": str(folder / "home"), "AIGC_BUDGET": "ci", "OMP_NUM_THREADS": "1"}
    faults = []
    for command, fault in (
        ([str(python.with_name("aigc-teach")), "doctor"], "The doctor is not content."),
        ([str(python), "-c", RUN_NOTEBOOK, str(lesson)], "The first lesson does not run."),
    ):
        if subprocess.run(command, cwd=folder, env=env).returncode:
            faults.append(f"{fault} Its own words stand above.")
    return faults


def run(command: list[str], folder: Path) -> None:
    """Run a command, and stop with a sentence if it fails."""
    code = subprocess.run(command, cwd=folder).returncode
    if code:
        raise SystemExit(f"This command failed (exit code {code}):\n  " + " ".join(command))


def main() -> int:
    """Check, and say what is wrong; the number of faults is the exit code."""
    faults = told_version(ROOT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("dist", "tried"):
            (folder / part).mkdir()
        source, wheel = build(folder / "dist")
        faults += look_into_source(source, ROOT) + look_into_wheel(wheel)
        python = install(wheel, folder / "venv")
        faults += try_out(python, source, folder / "tried")
        for archive in (source, wheel):
            print(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB")
    for fault in faults:
        print("-", fault)
    print("Ready to publish." if not faults else f"{len(faults)} to mend before publishing.")
    return len(faults)


if __name__ == "__main__":
    raise SystemExit(main())
