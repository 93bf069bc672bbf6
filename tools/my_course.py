"""Open the course in JupyterLab, in copies of your own: `make lab` or python tools/my_course.py.

The lessons are stored in ``notebooks/`` without outputs. You work in ``my_course/``, which git
ignores: each lesson is copied there once, with the pictures and pages that it links to, and
JupyterLab sees nothing else. A copy in which you have worked is never written over. After an
update of the course an untouched copy is renewed, and you are told which lessons are new or have
changed.

python tools/my_course.py                  open JupyterLab on the first lesson
python tools/my_course.py --fresh          put an untouched copy beside each one you worked in
python tools/my_course.py --fresh 02_vae   the same for one lesson
python tools/my_course.py --only-copies    make the copies, open nothing (for another editor)

Whatever else stands on the line is passed on to JupyterLab, for example ``--port=9000``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lessons.places import Places

ROOT = Path(__file__).resolve().parent.parent
COURSE = "my_course"
RECORD = ".copies.json"  # what each copy held when it was made
FIRST = "notebooks/00_start/00_first_image.ipynb"

PAGE_LINK = re.compile(r"\]\(\.\./\.\./book/([^)#\s]+)")  # from a notebook
LINK = re.compile(r"(\]\()([^)#\s:]+)(?=[)#])")  # from a page of the book
LESSON_SOURCE = re.compile(r"^(\d\d_\w+/\d\d_\w+)\.md$")

# How a file fails to be a notebook.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass
class Report:
    """What the learner is told: lessons by what happened to them, as ``part/name``."""

    new: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # changed, but the learner worked in it
    gone: list[str] = field(default_factory=list)  # no longer in the course, but worked in
    fresh: list[str] = field(default_factory=list)  # files put beside a copy

    def sentences(self) -> Iterator[str]:
        """Yield what there is to say, in words."""
        if self.new:
            yield "New lessons: " + ", ".join(self.new) + "."
        if self.renewed:
            yield "Changed since your copies were made, and renewed: " + ", ".join(self.renewed)
        if self.kept:
            yield "Changed, but you have worked in your copies, which stay as they are: " + (
                ", ".join(self.kept)
                + ". To get the new ones beside them: make lab FRESH=1 (python tools/my_course.py "
                "--fresh)."
            )
        if self.gone:
            yield "No longer part of the course; your copies stay: " + ", ".join(self.gone) + "."
        if self.fresh:
            yield "An untouched copy lies beside yours: " + ", ".join(self.fresh) + "."


def lesson_text(data: bytes) -> str:
    """A hash of what a notebook says: kinds and texts of its cells, not outputs or counts.

    What cannot be read as a notebook counts as a text of its own.
    """
    try:
        cells = json.loads(data)["cells"]
        said = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except UNREADABLE:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def was_run(data: bytes) -> bool:
    """Whether a notebook holds outputs or counts: they are the learner's work."""
    try:
        cells = json.loads(data)["cells"]
        return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    except UNREADABLE:
        return True


def write(path: Path, data: bytes) -> None:
    """Write a file as a whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.new")
    half.write_bytes(data)
    os.replace(half, path)


def read_record(path: Path) -> dict[str, str]:
    """What each copy held when it was made; empty if nobody knows."""
    try:
        known = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def beside(copy: Path) -> list[Path]:
    """The copies that ``--fresh`` put beside `copy`, in the order they were made."""
    found = copy.parent.glob(f"{copy.stem}.fresh-*.ipynb")
    numbered = [(path.stem.rpartition("-")[2], path) for path in found]
    return [path for _, path in sorted((int(n), p) for n, p in numbered if n.isdigit())]


def stored_of(copy: Path, root: Path) -> Path:
    """The stored notebook that a learner's copy stands for; any other path is given back.

    >>> stored_of(Path("x/my_course/notebooks/03_models/02_vae.fresh-2.ipynb"), Path("x")).name
    '02_vae.ipynb'
    """
    home = root / COURSE / "notebooks"
    if not copy.is_relative_to(home):
        return copy
    name = re.sub(r"\.fresh-\d+\.ipynb$", ".ipynb", copy.name)
    return root / "notebooks" / copy.relative_to(home).parent / name


def make_copies(root: Path, fresh: str | None = None) -> Report:
    """Bring ``my_course/`` in step with the stored lessons, without losing anyone's work.

    Parameters
    ----------
    root : Path
        The course's folder.
    fresh : str, optional
        Put an untouched copy beside each one that was worked in and whose name holds this.
    """
    home = root / COURSE
    record = read_record(home / RECORD)
    first_time, report = not record, Report()
    for stored in Places(root).stored_notebooks():
        wanted = fresh is not None and fresh in stored.relative_to(root).as_posix()
        copy_lesson(stored, home, record, report, wanted)
    if first_time:
        report.new.clear()
    forget_what_is_gone(root, home, record, report)
    copy_linked([path.read_text("utf-8") for path in Places(root).stored_notebooks()], root, home)
    write(home / RECORD, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    return report


def copy_lesson(
    stored: Path, home: Path, record: dict[str, str], report: Report, fresh: bool
) -> None:
    """Make, renew or keep the copies of one lesson, and note what was done."""
    lesson = f"{stored.parent.name}/{stored.stem}"
    main = home / "notebooks" / stored.parent.name / stored.name
    data = stored.read_bytes()
    text = lesson_text(data)

    def name(path: Path) -> str:
        return path.relative_to(home).as_posix()

    def put(path: Path) -> None:
        write(path, data)
        record[name(path)] = text

    if not main.exists():
        if name(main) not in record:
            report.new.append(lesson)
        put(main)
    changed, renewed, untouched = False, False, []
    for path in (main, *beside(main)):
        holds = path.read_bytes()
        now = lesson_text(holds)
        if now == text:
            record[name(path)] = text
        came_from = record.get(name(path))  # None: nobody remembers, so it is the learner's
        changed |= came_from != text
        if came_from == now and not was_run(holds):
            untouched.append(path)
            if now != text:
                renewed = True
                put(path)
    if fresh and not untouched:
        last = int(beside(main)[-1].stem.rpartition("-")[2]) if beside(main) else 1
        new = main.with_name(f"{main.stem}.fresh-{last + 1}.ipynb")
        put(new)
        report.fresh.append(new.relative_to(home.parent).as_posix())
    elif renewed:
        report.renewed.append(lesson)
    elif changed and not any(record.get(name(path)) == text for path in beside(main)):
        report.kept.append(lesson)


def forget_what_is_gone(root: Path, home: Path, record: dict[str, str], report: Report) -> None:
    """Take away untouched copies of lessons that the course no longer has; keep the others."""
    for name in sorted(record):
        copy = home / name
        if stored_of(copy, root).exists():
            continue
        came_from = record.pop(name)
        if not copy.is_file():
            continue
        holds = copy.read_bytes()
        if came_from == lesson_text(holds) and not was_run(holds):
            copy.unlink()
        else:
            report.gone.append(name)


def copy_linked(texts: list[str], root: Path, home: Path) -> None:
    """Copy the pictures and pages that notebooks link to; a page's links lead to the copies."""
    waiting = {name for text in texts for name in PAGE_LINK.findall(text)}
    done = set()
    while waiting:
        name = waiting.pop()
        source = root / "book" / name
        done.add(name)
        if not source.is_file():
            continue
        data = source.read_bytes()
        if source.suffix == ".md":
            page, more = page_for_copies(data.decode("utf-8"), Path(name))
            waiting |= more - done
            data = page.encode()
        target = home / "book" / name
        if not target.exists() or target.read_bytes() != data:
            write(target, data)


def page_for_copies(text: str, place: Path) -> tuple[str, set[str]]:
    """A page of the book with links to lessons turned to notebooks, and what else it links to.

    >>> page_for_copies("[a](03_models/02_vae.md), [b](references.md#x)", Path("glossary.md"))
    ('[a](../notebooks/03_models/02_vae.ipynb), [b](references.md#x)', {'references.md'})
    """
    more = set()
    up = "../" * len(place.parts)

    def turn(match: re.Match) -> str:
        target = os.path.normpath(place.parent / match[2]).replace(os.sep, "/")
        if lesson := LESSON_SOURCE.match(target):
            return f"{match[1]}{up}notebooks/{lesson[1]}.ipynb"
        more.add(target)
        return match[0]

    return LINK.sub(turn, text), {name for name in more if not name.startswith("..")}


def has_screen() -> bool:
    """Whether a browser can be opened here."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def jupyter_options(home: Path, others: Sequence[str] = ()) -> list[str]:
    """JupyterLab on this machine only, in the learner's folder, asking the network for nothing.

    JupyterLab takes each setting once: where `others` has its own, under either name, it counts.
    """
    settings = {
        ("--ServerApp.ip", "--ip"): "127.0.0.1",
        ("--ServerApp.root_dir", "--notebook-dir"): home,
        ("--LabApp.default_url", "--ServerApp.default_url"): f"/lab/tree/{FIRST}",
        ("--LabApp.extension_manager",): "readonly",
    }
    said = {option.partition("=")[0] for option in others}
    options = [f"{names[0]}={value}" for names, value in settings.items() if said.isdisjoint(names)]
    if not has_screen():  # it prints its address
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # containers know nothing but root
        options.append("--allow-root")
    return [*options, *others]


def check_fresh(wish: str | None, root: Path) -> str | None:
    """Return the text to look for in names ("" for every lesson), or stop with a sentence."""
    if wish is None or wish == "1":
        return None if wish is None else ""
    names = [
        path.relative_to(root / "notebooks").as_posix() for path in Places(root).stored_notebooks()
    ]
    if not any(wish in name for name in names):
        raise SystemExit(f"No lesson's name holds {wish!r}. There are: {', '.join(names)}.")
    return wish


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Make the copies, tell what is new, and open JupyterLab."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Other options are passed on to JupyterLab."
    )
    parser.add_argument("--fresh", nargs="?", const="1", metavar="LESSON", help="untouched copies")
    parser.add_argument("--only-copies", action="store_true", help="open nothing")
    asked, others = parser.parse_known_args(arguments)
    try:
        report = make_copies(root, check_fresh(asked.fresh, root))
    except OSError as error:
        raise SystemExit(f"Your copies cannot be made in {root / COURSE}: {error}.") from None
    if asked.fresh and not report.fresh:
        print("Every lesson asked for has an untouched copy already.")
    print("\n".join(report.sentences()) or f"You work in {COURSE}/, in copies of your own.")
    if asked.only_copies:
        return 0
    sys.stdout.flush()
    from jupyterlab.labapp import main as open_jupyterlab

    return open_jupyterlab(jupyter_options(root / COURSE, others)) or 0


if __name__ == "__main__":
    sys.exit(main())
