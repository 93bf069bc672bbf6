"""The longest files and functions: ``make lint`` prints them, and nothing fails.

Length is a smell, not a fault. One file holds one idea, and a student reads it in one go; most do
that in fewer than 250 lines. What stands in this list is worth a look: does it hold two ideas?

python tools/sizes.py            the package's ten longest
python tools/sizes.py tests 20   another folder's, and more of them
"""

from __future__ import annotations

import ast
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def own_files(folder: Path) -> list[Path]:
    """Every module under `folder`, without what an editor keeps in hidden folders."""
    found = sorted(folder.rglob("*.py"))
    return [
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body without its docstring.

    >>> body_lines(ast.parse("def f(): return 1").body[0])
    1
    """
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def measure(folder: Path) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Lines of every file and of every function under `folder`, each with its name."""
    files, functions = [], []
    for path in own_files(folder):
        text = path.read_text("utf-8")
        place = path.relative_to(folder.parent).as_posix()
        files.append((text.count("\n"), place))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.append((body_lines(node), f"{place}:{node.lineno} {node.name}"))
    return files, functions


def table(what: str, measured: list[tuple[int, str]], many: int) -> str:
    """The longest, with the middle one's length to compare."""
    middle = statistics.median(lines for lines, _ in measured)
    head = f"The longest of {len(measured)} {what} (the middle one has {middle:g} lines):"
    longest = sorted(measured, key=lambda row: (-row[0], row[1]))[:many]
    return "\n".join([head, *(f"{lines:6}  {name}" for lines, name in longest)])


def main(arguments: list[str]) -> int:
    """Print both tables; there is nothing to fail."""
    folder = ROOT / (arguments[0] if arguments else "aigc_teach")
    many = int(arguments[1]) if len(arguments) > 1 else 10
    files, functions = measure(folder)
    print(table("files", files, many))
    print(table("functions", functions, many))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
