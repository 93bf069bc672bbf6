"""Every file of a lesson: ``make where LESSON=vae``, or python tools/where.py vae.

A lesson is called ``vae``, ``02_vae``, ``models/vae`` or ``03_models/02_vae``.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lessons.places import Places, here

NUMBER = re.compile(r"^\d\d_")
ZOO = re.compile(r"\bzoo\.load\(\s*[\"']([\w-]+)[\"']")
WIDGET = re.compile(r"\bwidgets\.([A-Z]\w+)")
WIDGET_HOME = re.compile(r"^    \"(\w+)\": \"(\w+)\",$", re.MULTILINE)


def without_numbers(source: Path) -> str:
    """The lesson's name in package and tests.

    >>> without_numbers(Path("book/03_models/02_vae.md"))
    'models/vae'
    """
    return f"{NUMBER.sub('', source.parent.name)}/{NUMBER.sub('', source.stem)}"


def names(source: Path) -> set[str]:
    """Every name by which a lesson may be asked for."""
    full, short = f"{source.parent.name}/{source.stem}", without_numbers(source)
    return {full, short, full.partition("/")[2], short.partition("/")[2]}


def find(wish: str, places: Places) -> list[Path]:
    """The sources of the lessons called so; usually one."""
    wish = wish.removesuffix(".md").removesuffix(".ipynb").strip("/")
    wish = wish.removeprefix("book/").removeprefix("notebooks/")
    return [source for source in places.sources() if wish in names(source)]


def near(wish: str, places: Places) -> list[str]:
    """The names that come near, or all of them."""
    known = {name: without_numbers(source) for source in places.sources() for name in names(source)}
    close = difflib.get_close_matches(wish, known, n=5, cutoff=0.5)
    close += [name for name in known if wish and wish in name]
    return sorted({known[name] for name in close}) or sorted(set(known.values()))


def files_of(source: Path, places: Places) -> Iterator[tuple[str, str]]:
    """Yield (what it is, where it lies) for everything that belongs to a lesson."""
    root, text = places.root, source.read_text("utf-8")
    part, name = without_numbers(source).split("/")

    def show(path: Path) -> str:
        return path.relative_to(root).as_posix()

    yield "source", show(source)
    yield "notebook", show(places.notebook_of(source))
    for picture in sorted(source.parent.glob(f"figures/{source.stem}*")):
        yield "picture", show(picture)
    room = root / "aigc_teach" / "course" / part / name
    for path in [room.with_suffix(".py"), *sorted(room.glob("[!._]*"))]:
        if path.is_file():
            yield "course", show(path)
    tests = root / "tests" / "course" / part
    for path in sorted({tests / f"test_{name}.py", *tests.glob(f"test_{name}_*.py")}):
        if path.is_file() and belongs(path, part, name, places):
            yield "test", show(path)
    yield from rows_of(source, places)
    for weights in sorted(set(ZOO.findall(text))):
        yield "weights", f"aigc_teach/zoo/weights/{weights}.safetensors"
    homes = dict(WIDGET_HOME.findall(widget_homes(root)))
    for widget in sorted(set(WIDGET.findall(text))):
        yield "widget", f"aigc_teach/widgets/{homes.get(widget, '?')}.py ({widget})"


def belongs(test: Path, part: str, name: str, places: Places) -> bool:
    """Whether a test is this lesson's and not one's with a longer name, such as gan and gan_mlp."""
    others = [without_numbers(source).split("/") for source in places.sources()]
    longer = [n for p, n in others if p == part and n.startswith(f"{name}_")]
    return not any(f"{test.stem}_".startswith(f"test_{other}_") for other in longer)


def widget_homes(root: Path) -> str:
    """The text that says which module each widget stands in."""
    path = root / "aigc_teach" / "widgets" / "__init__.py"
    return path.read_text("utf-8") if path.exists() else ""


def rows_of(source: Path, places: Places) -> Iterator[tuple[str, str]]:
    """Yield the rows that name a lesson: in the README's table, in the status page."""
    lesson = f"{source.parent.name}/{source.stem}"
    lists = {"README.md": f"notebooks/{lesson}.ipynb", "book/status.md": f"({lesson}.md)"}
    for file, mark in lists.items():
        path = places.root / file
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        number = next((n for n, line in enumerate(lines, 1) if mark in line), None)
        yield "row", f"{file}:{number}" if number else f"{file} (no row yet)"
    stored = places.book / "status.json"
    rows = json.loads(stored.read_text("utf-8"))["lessons"] if stored.exists() else []
    if any(row["lesson"] == lesson for row in rows):
        yield "figures", "book/status.json"


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Print the files of the lesson asked for; say what comes near if there is none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", help="vae, models/vae or 03_models/02_vae")
    wish = parser.parse_args(arguments).lesson
    places = places or here()
    found = find(wish, places)
    if len(found) != 1:
        said = f"Several lessons are called {wish!r}" if found else f"There is no lesson {wish!r}"
        nearest = map(without_numbers, found) if found else near(wish, places)
        print(f"{said}. Say one of: {', '.join(nearest)}.", file=sys.stderr)
        return 1
    for what, where in files_of(found[0], places):
        print(f"{what:9} {where}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
