"""A line before a solution's first one: an argument ignored, cut off the gradient, the seed fixed.

The lines call the four functions below, which `meddler` hands to the mutant. They change nothing
where an argument is of a kind that they do not know (a module, an optimiser); then the mutant is
the solution itself and does not count: `Meddler.met` says whether anything was changed.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

import torch
from torch import Tensor

# name of the change -> the line that does it to an argument
PER_ARGUMENT = {
    "argument ignored": "{0} = ignored({0}, 1)",
    "argument ignored (many)": "{0} = ignored({0}, 50)",
    "argument of the first call": "{0} = first({0}, '{0}')",
    "gradient cut": "{0} = cut({0})",
}
DRAWS = ("rand", "randn", "noise", "normal", "multinomial", "bernoulli", "randperm", "sample")


def before_the_first_line(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Yield (name of the change, changed tree) for the functions of a solution."""
    for number, function in enumerate(outer_functions(tree)):
        for argument in function.args.args:
            if argument.arg == "self" or not is_read(argument.arg, function):
                continue
            for name, line in PER_ARGUMENT.items():
                yield name, with_line(tree, number, line.format(argument.arg))
        if any(name in DRAWS for name in called(function)):
            yield "seed fixed", with_line(tree, number, "fix_seed()")


class Meddler:
    """The functions that a mutant's first line calls, new for each mutant."""

    def __init__(self) -> None:
        self.met = False
        self.kept: dict[object, object] = {}

    @property
    def names(self) -> dict[str, object]:
        """What the mutant's text may call."""
        return {
            "ignored": self.ignored,
            "first": self.first,
            "cut": self.cut,
            "built_in": self.built_in,
            "fix_seed": self.fix_seed,
        }

    def ignored(self, value: object, constant: int) -> object:
        """Return a constant of the same kind."""
        if isinstance(value, Tensor):
            self.met = True
            return torch.ones_like(value) if constant == 1 else torch.zeros_like(value)
        if type(value) in (int, float):
            self.met = True
            return type(value)(constant if type(value) is int else constant / 2)
        if type(value) is bool:
            self.met = True
            return constant == 1
        if type(value) in (list, tuple) and value and constant == 1:
            self.met = True
            return type(value)(value[:1] * len(value))
        return value

    def first(self, value: object, name: str) -> object:
        """Return what this argument was in the first call."""
        if isinstance(value, Tensor | int | float | str | list | tuple):
            self.met = True
            if name not in self.kept:
                self.kept[name] = copy.deepcopy(
                    value.detach() if isinstance(value, Tensor) else value
                )
            elif (
                not isinstance(value, Tensor)
                or value.shape != self.kept[name].shape
                or not torch.equal(value.detach(), self.kept[name])
            ):
                return self.kept[name]
        return value

    def cut(self, value: object) -> object:
        """Return a tensor of numbers that no gradient reaches."""
        if isinstance(value, Tensor) and value.is_floating_point():
            self.met = True
            return value.detach()
        return value

    def built_in(self, value: object) -> object:
        """Return the size of the first call."""
        self.met = True
        return self.kept.setdefault("size", value)

    def fix_seed(self) -> None:
        """Begin torch's random numbers anew."""
        self.met = True
        torch.manual_seed(0)


def outer_functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """Return the functions, and the methods of classes, that stand in no other function."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.append(node)
        elif isinstance(node, ast.ClassDef):
            found += [part for part in node.body if isinstance(part, ast.FunctionDef)]
    return found


def with_line(tree: ast.Module, number: int, line: str) -> ast.Module:
    """Return a copy of a tree whose function of this number begins with `line`."""
    changed = copy.deepcopy(tree)
    outer_functions(changed)[number].body[:0] = ast.parse(line).body
    return changed


def is_read(name: str, function: ast.FunctionDef) -> bool:
    """Whether a function reads the name of its argument."""
    names = (node for node in ast.walk(function) if isinstance(node, ast.Name))
    return any(node.id == name and isinstance(node.ctx, ast.Load) for node in names)


def called(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the name of every function and method that is called."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", getattr(node.func, "id", ""))
