"""All mutants of a stored solution, each once, with the line that tells it."""

from __future__ import annotations

import ast
import copy
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from .arguments import before_the_first_line
from .solutions import Solution
from .syntax import CHANGES, Place


@dataclass(frozen=True)
class Mutant:
    """A wrong answer.

    Attributes
    ----------
    change : str
        What was done, for example ``"comparison turned"``.
    line : str
        What tells it: the line as it is now.
    source : str
        The whole text, to be built in place of the solution's.
    """

    change: str
    line: str
    source: str


def mutants_of(solution: Solution) -> list[Mutant]:
    """Return every mutant of a stored solution; two changes that write the same text are one."""
    tree = ast.parse(solution.source)
    found: dict[str, Mutant] = {}
    for change, changed in changed_trees(tree):
        source = ast.unparse(ast.fix_missing_locations(changed))
        if source != solution.source and compiles(source):
            mutant = Mutant(change, new_line(solution.source, source), source)
            found.setdefault(source, mutant)
    return list(found.values())


def changed_trees(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Yield (name of the change, changed tree) for each change that can be made."""
    for number, (node, place) in enumerate(places(tree)):
        for name, make in CHANGES.items():
            for instead in make(node, place):
                yield name, replaced(tree, number, instead)
    yield from before_the_first_line(tree)


def places(tree: ast.AST, parents: tuple[ast.AST, ...] = ()) -> Iterator[tuple[ast.AST, Place]]:
    """Yield every node below `tree` with what stands around it; always in the same order."""
    if isinstance(tree, ast.Raise):
        return  # what an error says may be said otherwise
    for child in ast.iter_child_nodes(tree):
        yield child, Place((tree, *parents))
        yield from places(child, (tree, *parents))


def replaced(tree: ast.Module, number: int, instead: ast.AST) -> ast.Module:
    """Return a copy of a tree with another node in the place of this number."""
    changed = copy.deepcopy(tree)
    node, _ = list(places(changed))[number]
    return Exchange(node, copy.deepcopy(instead)).visit(changed)


class Exchange(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def compiles(source: str) -> bool:
    """Whether a text is Python."""
    try:
        compile(source, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def new_line(before: str, after: str) -> str:
    """Return the line of `after` that is not in `before`, or the one that is gone."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    new = [line[2:].strip() for line in lines if line.startswith("+ ")]
    gone = [line[2:].strip() for line in lines if line.startswith("- ")]
    if new in ([], ["pass"]):
        return f"without: {' / '.join(gone)}"
    return " / ".join(new)
