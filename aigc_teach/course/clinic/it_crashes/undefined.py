"""Reading cells without running them: which names they define, and which they only use."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable


def from_outside(source: str) -> set[str]:
    r"""Names that a function, class or comprehension takes from around it.

    >>> sorted(from_outside("def f(x):\n    y = x + a\n    return [y + b for y in x]"))
    ['a', 'b']
    """
    tables, found = list(symtable.symtable(source, "<cell>", "exec").get_children()), set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        used = (s for s in table.get_symbols() if s.is_referenced() and s.is_global())
        found |= {symbol.get_name() for symbol in used}
    return found


class Reader(ast.NodeVisitor):
    """Reads cells in the order in which they are run.

    Parameters
    ----------
    known : iterable of str
        Names that need no definition.
    """

    def __init__(self, known: Iterable[str]):
        self.known, self.number = set(known), 0
        self.early: dict[str, int] = {}  # used at once, without a definition above
        self.later: dict[str, int] = {}  # used in a function, looked up when it is called

    def read(self, source: str, number: int) -> None:
        """Read one cell."""
        self.number = number
        self.visit(ast.parse(source))

    def missing(self) -> dict[str, int]:
        """What nobody has defined so far, with the cell of its first use."""
        left = {name: cell for name, cell in self.later.items() if name not in self.known}
        every = {name: min(cell, self.early.get(name, cell)) for name, cell in left.items()}
        return self.early | every

    def use(self, name: str) -> None:
        """A name is needed now."""
        if name not in self.known:
            self.early.setdefault(name, self.number)

    def visit_Name(self, node: ast.Name) -> None:
        """A name alone: used, defined or deleted."""
        if isinstance(node.ctx, ast.Store):
            self.known.add(node.id)
        elif isinstance(node.ctx, ast.Load):
            self.use(node.id)
        else:
            self.known.discard(node.id)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import defines the name it gives."""
        self.known |= {alias.asname or alias.name.split(".")[0] for alias in node.names}

    visit_ImportFrom = visit_Import

    def visit_Assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        """The right side is used before the left one is defined."""
        parts = [node.value] if node.value else []
        parts += node.targets if isinstance(node, ast.Assign) else [node.annotation, node.target]
        for part in parts:
            self.visit(part)

    visit_AnnAssign = visit_Assign

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """``a += b`` uses both."""
        if isinstance(node.target, ast.Name):
            self.use(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_For(self, node: ast.For) -> None:
        """What is gone through comes before the name that goes through it."""
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """``except Error as name`` defines the name."""
        self.known |= {node.name} if node.name else set()
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Its head is run now, its body when it is called."""
        spec = node.args
        for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs):
            if argument.annotation:
                self.visit(argument.annotation)
        self.known.add(node.name)
        for part in (*node.decorator_list, *spec.defaults, *filter(None, spec.kw_defaults)):
            self.visit(part)
        if node.returns:
            self.visit(node.returns)
        self.postpone(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """As a function without a name."""
        self.postpone(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Its bases are needed now, what its methods use when they are called."""
        for part in (*node.bases, *(k.value for k in node.keywords), *node.decorator_list):
            self.visit(part)
        self.known.add(node.name)
        self.postpone(node)

    def postpone(self, node: ast.AST) -> None:
        """Note what a body takes from outside, to be looked up at the end."""
        for name in from_outside(ast.unparse(node)):
            self.later.setdefault(name, self.number)

    def visit_ListComp(self, node: ast.AST) -> None:
        """A comprehension is run at once and keeps its own names to itself."""
        # in a lambda: at a cell's top Python 3.12 counts a comprehension's names among the cell's
        for name in sorted(from_outside(f"lambda: {ast.unparse(node)}")):
            self.use(name)
        self.visit(node.generators[0].iter)  # the first iterable belongs to the outside

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp
