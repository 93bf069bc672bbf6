"""No circles: modules of one package import each other in one direction."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from house import rules

ROOT = Path(__file__).resolve().parents[2]
HEAD = '"""A module."""\n'


def graph(package: Path) -> dict[str, set[str]]:
    """For each module of `package` the other modules of its folder that it imports, at any place.

    An import inside a function counts: that is how a circle is hidden. A package's
    ``__init__`` stands for its public names and is left out.
    """
    known = {place.removesuffix(".py") for place, _, _ in rules.modules(package)}
    edges: dict[str, set[str]] = {name: set() for name in known}
    for place, _, tree in rules.modules(package):
        own = place.removesuffix(".py")
        if own.endswith("__init__"):
            continue
        for name in imported(tree, place):
            target = name.removeprefix("aigc_teach.").replace(".", "/")
            while target and target not in known:  # aigc_teach.data.digits.digits: a name in it
                target = target.rpartition("/")[0]
            if target and target != own:
                edges[own].add(target)
    return edges


def imported(tree: ast.Module, place: str) -> Iterator[str]:
    """Absolute names of what a module imports of the package itself, type checks left out."""
    hidden = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and ast.unparse(test.test).endswith("TYPE_CHECKING")
        for node in ast.walk(test)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in hidden:
            alone = ast.Module([node], [])
            yield from (name for _, name in rules.imported(alone, place)
                        if name.startswith("aigc_teach."))  # fmt: skip


def circles(edges: dict[str, set[str]]) -> list[str]:
    """Each circle once, as a sentence that names its way round."""
    found, done = [], set()

    def walk(name: str, path: list[str]) -> None:
        if name in path:
            found.append(" -> ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for target in sorted(edges[name]):
                walk(target, [*path, name])
            done.add(name)

    for name in sorted(edges):
        walk(name, [])
    return found


def test_no_modules_import_each_other():
    assert circles(graph(ROOT / "aigc_teach")) == []


def plant(folder: Path, **texts: str) -> Path:
    for place, text in texts.items():
        path = folder / (place.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + text)
    return folder


@pytest.mark.parametrize(
    ("texts", "way"),
    [
        ({"data__a": "from .b import f\n", "data__b": "from .a import g\n"}, "data/a -> data/b"),
        ({"data__a": "from . import b\n", "data__b": "import aigc_teach.data.a\n"}, "-> data/b ->"),
        (
            {"data__a": "from .b import f\n", "data__b": "def f():\n    from .a import g\n"},
            "-> data/b",
        ),
        (
            {"a": "from .b import x\n", "b": "from .c import x\n", "c": "from . import a\n"},
            "a -> b -> c -> a",
        ),
    ],
    ids=["two", "two ways of writing it", "hidden in a function", "three"],
)
def test_a_planted_circle_is_found(texts, way, tmp_path):
    (found,) = circles(graph(plant(tmp_path, **texts)))
    assert way in found


def test_one_direction_a_name_alone_and_a_type_check_are_no_circle(tmp_path):
    plant(
        tmp_path,
        data__a="from .b import f\nfrom .a import itself\n",
        data__b="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import A\n",
        data__c="from .a import f\nfrom .b import f\n",
    )
    assert circles(graph(tmp_path)) == []
