"""The lesson pipeline's commands.

python tools/notebooks.py generate              every notebook, and what else is made of them
python tools/notebooks.py check                 what is wrong with a lesson, in sentences
python tools/notebooks.py pull NOTEBOOK         carry an edited notebook, or your own copy of it,
                                                back into its source
python tools/notebooks.py picture SOURCE ...    run lessons and store their lead pictures
python tools/notebooks.py try SOURCE            run a lesson in full, store nothing
python tools/notebooks.py run NOTEBOOK          run a notebook's every cell under nbval
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lessons import teach, ways
from lessons.bibliography import read_bibliography, references_page
from lessons.checks import check_all
from lessons.notebook import notebook_text, pull, to_notebook
from lessons.pictures import execute, store_picture
from lessons.places import Places, here
from lessons.source import LessonError, read_lesson
from my_course import stored_of


def derived_files(places: Places) -> dict[Path, str]:
    """Return every file the pipeline makes, with the text it should hold."""
    entries = read_bibliography(places.bibliography)
    files = {places.book / "references.md": references_page(entries)}
    lessons = [read_lesson(source) for source in places.sources()]
    for lesson in lessons:
        notebook = to_notebook(lesson, places, entries)
        files[places.notebook_of(lesson.path)] = notebook_text(notebook)
    return files | ways.derived(places) | teach.derived(lessons, places)


def generate(places: Places) -> list[Path]:
    """Write what changed; remove notebooks without a source. Return the paths touched."""
    touched = []
    wanted = derived_files(places)
    for path, text in wanted.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            touched.append(path)
    for path in places.stored_notebooks():
        if path not in wanted:
            path.unlink()
            touched.append(path)
    return touched


def check(places: Places) -> list[str]:
    """Return every problem of sources and derived files as sentences."""
    problems = check_all(places)
    if problems:  # a source with a fault has no notebook worth comparing
        return problems
    wanted = derived_files(places)
    for path, text in wanted.items():
        if not path.exists() or path.read_text("utf-8") != text:
            name = path.relative_to(places.root)
            problems.append(f"{name} is not in step with its source: run `make notebooks`.")
    for path in places.stored_notebooks():
        if path not in wanted:
            problems.append(f"{path.relative_to(places.root)} is an orphan: it has no source.")
    return problems


def carry_back(path: Path, places: Places) -> Path:
    """Write an edited notebook, or a learner's copy, into its source; regenerate the notebook."""
    copy = path.resolve()
    path = stored_of(copy, places.root)
    if not path.is_relative_to(places.notebooks) or not path.exists():
        raise LessonError(f"{copy.name} is not one of the notebooks under notebooks/.")
    source = places.source_of(path)
    text = pull(copy, source, places, read_bibliography(places.bibliography))
    source.write_text(text, "utf-8")
    generate(places)
    return source


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, help="the course's folder; else this checkout")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("generate", help="make every notebook from its source")
    commands.add_parser("check", help="say what is wrong, in sentences")
    commands.add_parser("pull", help="carry an edited notebook back").add_argument("notebook")
    commands.add_parser("picture", help="store lead pictures").add_argument("source", nargs="+")
    commands.add_parser("try", help="run a lesson, store nothing").add_argument("source", type=Path)
    running = commands.add_parser("run", help="run a notebook under nbval")
    running.add_argument("notebook", type=Path)
    running.add_argument("--keep", type=Path, help="where the executed notebook goes")
    asked = parser.parse_args(arguments)
    if asked.command == "run":
        from lessons.under_nbval import run_under_nbval  # brings pytest and Jupyter in

        return run_under_nbval(asked.notebook, asked.keep)
    places = places or (Places(asked.root.resolve()) if asked.root else here())
    try:
        return run(asked, places)
    except LessonError as problem:
        print(problem, file=sys.stderr)
        return 1


def run(asked: argparse.Namespace, places: Places) -> int:
    if asked.command == "check":
        problems = check(places)
        print("\n".join(problems) or "Every lesson is in order and in step with its notebook.")
        return 1 if problems else 0
    if asked.command == "pull":
        print(f"wrote {carry_back(Path(asked.notebook), places).relative_to(places.root)}")
    elif asked.command == "try":
        execute(asked.source.resolve(), places)
    elif asked.command == "picture":
        for source in asked.source:
            print(f"wrote {store_picture(Path(source).resolve(), places).relative_to(places.root)}")
    else:
        touched = generate(places)
        print(
            "\n".join(f"wrote {path.relative_to(places.root)}" for path in touched) or "no change"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
