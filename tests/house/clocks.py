"""Finds tests that compare a measured time with a constant alone: they fail on a busy machine."""

from __future__ import annotations

import ast
import re

CLOCKS = {"perf_counter", "monotonic", "process_time", "thread_time", "perf_counter_ns", "time_ns"}
MEASURED = {"seconds", "minutes", "elapsed"}  # attributes of what measures itself


def bare_limits(source: str) -> list[int]:
    """Return the lines on which an assertion holds a measured time against a constant."""
    if not (CLOCKS | MEASURED | {"time"}) & set(re.findall(r"\w+", source)):
        return []  # most files name no clock
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    timers: set[str] = set()
    while new := {f.name for f in functions if returns_a_time(f, timers)} - timers:
        timers |= new
    found = set()
    for function in functions:
        names = names_of_times(function, timers)
        for check in asserted(function):
            for small, large in limits(check):
                if is_time(small, timers, names) and is_constant(large):
                    found.add(check.lineno)
    return sorted(found)


def asserted(function: ast.FunctionDef) -> list[ast.Compare]:
    """Return the comparisons that a function asserts."""
    checks = [node for node in ast.walk(function) if isinstance(node, ast.Assert)]
    inside = [node for check in checks for node in ast.walk(check)]
    return [node for node in inside if isinstance(node, ast.Compare)]


def limits(compare: ast.Compare) -> list[tuple[ast.expr, ast.expr]]:
    """Return (what must be small, its limit) for each pair that a comparison compares.

    "At least" is no danger: a busy machine only adds to a time.
    """
    sides = [compare.left, *compare.comparators]
    pairs = []
    for sign, a, b in zip(compare.ops, sides, sides[1:], strict=False):
        if isinstance(sign, ast.Lt | ast.LtE | ast.Eq):
            pairs.append((a, b))
        if isinstance(sign, ast.Gt | ast.GtE | ast.Eq):
            pairs.append((b, a))
    return pairs


def returns_a_time(function: ast.FunctionDef, timers: set[str]) -> bool:
    names = names_of_times(function, timers)
    returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return any(value is not None and is_time(value, timers, names) for value in returns)


def names_of_times(function: ast.FunctionDef, timers: set[str]) -> set[str]:
    """Return the names that hold a clock's reading, or something computed from one."""
    names: set[str] = set()
    for _ in range(2):  # a name may be read above the line that sets it, in a loop
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and is_time(node.value, timers, names):
                targets = [n for t in node.targets for n in ast.walk(t)]
                names |= {n.id for n in targets if isinstance(n, ast.Name)}
    return names


def is_time(value: ast.expr, timers: set[str], names: set[str]) -> bool:
    for node in ast.walk(value):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in CLOCKS | timers or ast.unparse(node.func) == "time.time":
                return True
        if isinstance(node, ast.Name) and node.id in names:
            return True
        if isinstance(node, ast.Attribute) and node.attr in MEASURED:
            return True
    return False


def is_constant(value: ast.expr) -> bool:
    """Return whether nothing in an expression is measured: numbers, and names in capitals."""
    names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]
    if any(isinstance(node, ast.Call | ast.Attribute) for node in ast.walk(value)):
        return ast.unparse(value).startswith("pytest.approx(") and all(n == "pytest" for n in names)
    return all(name.isupper() for name in names)
