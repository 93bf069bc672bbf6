"""The stored solutions of a lesson, cut out of its source so that each runs by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lessons.source import Lesson, LessonError


@dataclass(frozen=True)
class Solution:
    """What a lesson hands to `lab.check`, as text.

    Attributes
    ----------
    exercise : str
        Its name, ``"models/vae/kl"``.
    context : str
        The imports, and the lesson's own functions that the solution calls.
    source : str
        The statements that make the answer; these are what a mutant changes.
    result : str
        The expression that is handed in, mostly the name of a function.
    """

    exercise: str
    context: str
    source: str
    result: str


def solutions_in(lesson: Lesson) -> list[Solution]:
    """Return the stored solution of each exercise of a lesson, in their order."""
    found, before = [], []
    for cell in lesson.cells:
        if cell.kind != "code" or "exercise" in cell.tags:
            continue
        tree = ast.parse(cell.text)
        if "solution" in cell.tags:
            found += read_cell(tree.body, before, f"{lesson.name}, line {cell.line}")
        before += tree.body
    return found


def read_cell(cell: list[ast.stmt], before: list[ast.stmt], place: str) -> Iterator[Solution]:
    """Yield what a solution cell hands to `lab.check`; `before` is the lesson above it."""
    checks = [node for node in cell if (is_check(node))]
    if not checks:
        raise LessonError(f"{place}: a solution cell without lab.check(name, answer).")
    for check in checks:
        name, answer = check.value.args
        above = cell[: cell.index(check)]
        own = needed(names_in([answer]), [node for node in above if not is_import(node)])
        lesson = [node for node in before if is_import(node) or is_definition(node)]
        around = needed(names_in(own), [node for node in lesson if not is_import(node)])
        imports = [node for node in (*before, *above) if is_import(node)]
        yield Solution(
            ast.literal_eval(name), text(imports + around), text(own), ast.unparse(answer)
        )


def needed(names: set[str], statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return those statements that bind one of `names`, or what such a statement names."""
    kept = []
    for node in reversed(statements):
        if bound_by(node) & names:
            kept.append(node)
            names = names | names_in([node])
    return kept[::-1]


def build(solution: Solution, source: str | None = None, **known: object) -> object:
    """Run a solution, or a mutant of its source, and return the answer.

    `known` are names that the mutant's text may use.
    """
    space: dict[str, object] = {"__name__": "mutant", **known}
    own = solution.source if source is None else source
    for part in (solution.context, own, f"handed_in = {solution.result}"):
        exec(compile(part, "<stored solution>", "exec"), space)  # the course's own text
    return space["handed_in"]


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return every name that is read or written in these nodes."""
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds on the lesson's level."""
    if is_definition(node):
        return {node.name}
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return names_in(targets)
    return set()


def is_definition(node: ast.stmt) -> bool:
    """Whether a statement defines a function or a class."""
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


def is_import(node: ast.stmt) -> bool:
    """Whether a statement imports something."""
    return isinstance(node, ast.Import | ast.ImportFrom)


def is_check(node: ast.stmt) -> bool:
    """Whether a statement is ``lab.check(name, answer, ...)``."""
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call) and ast.unparse(call.func) == "lab.check" and len(call.args) == 2
    )


def text(nodes: list[ast.stmt]) -> str:
    """Return statements as text, one way of writing for all."""
    return "\n".join(map(ast.unparse, nodes))
