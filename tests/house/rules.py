"""The house rules as functions: a folder in, sentences about what breaks the rule out.

Each is run on the project (no sentence may come) and on a small planted violation (a sentence
must come): see test_rules.py.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

# Who may import whom, package by package. Everything else is forbidden.
BELOW = {
    "core": set(),
    "data": {"core"},
    "nn": {"core"},
    "losses": {"core"},
    "models": {"core", "nn", "losses"},
    "train": {"core"},
    "metrics": {"core"},
    "zoo": {"core", "data", "models", "train", "metrics"},
    "clinic": {"core", "nn", "losses", "models", "train", "metrics"},
    "viz": {"core"},
    "widgets": {"core", "viz"},
}
BELOW["lab"] = set(BELOW)
BELOW["doctor"] = set(BELOW) | {"lab"}
BELOW["cli"] = set(BELOW) | {"lab", "doctor"}

LONGEST_FILE = 300
LONGEST_FUNCTION = 60

MAY_PRINT = ("lab/", "cli.py", "doctor.py", "zoo/remake.py", "train/under_way.py")
UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}

# An absolute path of somebody's machine, or a package registry by name.
PRIVATE = re.compile(
    r"(?<![\w.:/~-])/(?:home|root|Users|tmp|opt|mnt|work)/\w+"
    r"|[A-Z]:\\Users\\"
    r"|\b(?:pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)\b"
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b|\braise NotImplementedError\b")


def modules(package: Path) -> Iterator[tuple[str, str, ast.Module]]:
    """Every module of a package: its path from there, its text, its syntax tree."""
    for path in sorted(package.rglob("*.py")):
        text = path.read_text("utf-8")
        yield path.relative_to(package).as_posix(), text, ast.parse(text)


def imported(tree: ast.Module, place: str) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of every import in the module at `place`."""
    parents = ["aigc_teach", *place.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parents[: len(parents) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def floors(package: Path) -> list[str]:
    """A module imports only lower floors."""
    wrong = []
    for place, _, tree in modules(package):
        own = place.split("/")[0].removesuffix(".py")
        if own == "__init__":
            continue
        if own not in BELOW:
            wrong.append(
                f"{place}: {own!r} stands on no floor. Give it one in tests/house/rules.py."
            )
            continue
        for line, name in imported(tree, place):
            parts = name.split(".")
            if parts[0] != "aigc_teach" or parts[1:2] in ([own], ["__version__"]):
                continue
            if parts[1] not in BELOW[own]:
                wrong.append(f"{place}:{line}: {own} imports {parts[1]}, which it may not.")
    return wrong


def file_sizes(package: Path) -> list[str]:
    """No file is longer than a student reads in one go."""
    return [
        f"{place}: {text.count(chr(10))} lines; {LONGEST_FILE} are allowed."
        for place, text, _ in modules(package)
        if text.count("\n") > LONGEST_FILE
    ]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in ast.walk(tree) if isinstance(node, kinds))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def function_sizes(package: Path) -> list[str]:
    """No function body is longer than a screen."""
    return [
        f"{place}:{function.lineno}: {function.name} has {body_lines(function)} lines; "
        f"{LONGEST_FUNCTION} are allowed."
        for place, _, tree in modules(package)
        for function in functions(tree)
        if body_lines(function) > LONGEST_FUNCTION
    ]


def outputs(notebooks: Path) -> list[str]:
    """Notebooks are stored without outputs and execution counts."""
    wrong = []
    for path in sorted(notebooks.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"]):
            if cell.get("outputs") or cell.get("execution_count"):
                wrong.append(f"{path.name}: cell {number} holds an output or a count.")
    return wrong


def unpickling(package: Path) -> list[str]:
    """Nothing unpickles, and nothing evaluates text."""
    wrong = []
    for place, _, tree in modules(package):
        for line, name in imported(tree, place):
            if name.split(".")[0] in UNPICKLERS:
                wrong.append(f"{place}:{line}: imports {name}.")
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        wrong += [f"{place}:{c.lineno}: {fault}" for c in calls if (fault := unsafe_call(c))]
    return wrong


def unsafe_call(call: ast.Call) -> str:
    """What is unsafe about a call, or nothing."""
    name = ast.unparse(call.func)
    if name in ("eval", "exec", "torch.load") or name.endswith(".read_pickle"):
        return f"calls {name}."
    if name in ("np.load", "numpy.load"):
        plain = {k.arg: ast.unparse(k.value) for k in call.keywords}.get("allow_pickle") == "False"
        return "" if plain else "np.load without allow_pickle=False."
    return ""


def swallowed_errors(package: Path) -> list[str]:
    """No bare except, and no broad one that does nothing."""
    wrong = []
    for place, _, tree in modules(package):
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
            silent = all(isinstance(step, ast.Pass) for step in node.body)
            if node.type is None or (broad and silent):
                wrong.append(f"{place}:{node.lineno}: this except hides every mistake.")
    return wrong


def printing(package: Path) -> list[str]:
    """The library does not print; commands and lessons may."""
    return [
        f"{place}:{node.lineno}: prints."
        for place, _, tree in modules(package)
        if not place.startswith(MAY_PRINT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]


def docstrings(package: Path) -> list[str]:
    """Every public module, class, function and method says what it is."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    wrong = []
    for place, _, tree in modules(package):
        if not ast.get_docstring(tree):
            wrong.append(f"{place}: the module has no docstring.")
        inner = [node for top in tree.body if isinstance(top, ast.ClassDef) for node in top.body]
        for node in [*tree.body, *inner]:
            public = isinstance(node, kinds) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                wrong.append(f"{place}:{node.lineno}: {node.name} has no docstring.")
    return wrong


def unfinished(package: Path) -> list[str]:
    """No TODO, no stub, no star import, annotations everywhere alike."""
    wrong = []
    for place, text, tree in modules(package):
        wrong += [f"{place}: holds {found!r}." for found in UNFINISHED.findall(text)]
        names = list(imported(tree, place))
        wrong += [f"{place}:{line}: star import." for line, name in names if name.endswith(".*")]
        future = "__future__.annotations" in {name for _, name in names}
        if not future and not place.endswith("__init__.py"):
            wrong.append(f"{place}: lacks `from __future__ import annotations`.")
    return wrong


def private_places(root: Path) -> list[str]:
    """Public text names no machine's paths and no package registry."""
    folders = ("aigc_teach", "book", "notebooks", "tools")
    kinds = (".py", ".md", ".ipynb", ".toml", ".yml", ".json", ".js")
    paths = [path for path in root.iterdir() if path.is_file()]
    for folder in folders:
        found = (path for path in (root / folder).rglob("*") if path.suffix in kinds)
        paths += (p for p in found if not {"_build", "_static", ".ipynb_checkpoints"} & {*p.parts})
    wrong = []
    for path in sorted(paths):
        for match in PRIVATE.finditer(path.read_text("utf-8", errors="replace")):
            wrong.append(f"{path.relative_to(root)}: names {match[0]!r}.")
    return wrong


def tree_names(readme: str) -> tuple[set[str], set[str]]:
    """What the README's tree lists: inside the package, and beside it."""
    block = re.search(r"```text\naigc_teach/\n(.*?)```", readme, re.DOTALL)
    text = block[1] if block else ""
    inside = re.findall(r"^  (\w+)(?:/|\.py)\s", text, re.MULTILINE)
    return set(inside), set(re.findall(r"^(\w+)/\s", text, re.MULTILINE))


def readme_tree(root: Path) -> list[str]:
    """The README's tree shows what is there."""
    inside, beside = tree_names((root / "README.md").read_text("utf-8"))
    package = root / "aigc_teach"
    real = {path.parent.name for path in package.glob("*/__init__.py")}
    real |= {path.stem for path in package.glob("*.py")} - {"__init__"}
    wrong = [f"README.md: the tree lacks {name}." for name in sorted(real - inside)]
    gone = (inside - real) | {name for name in beside if not (root / name).is_dir()}
    return wrong + [f"README.md: the tree shows {name}, which is not there." for name in gone]


def make_commands(root: Path) -> list[str]:
    """Every `make` command that a page names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    pages = [*root.glob("*.md"), *(root / "book").rglob("*.md"), root / ".ci/run"]
    wrong = []
    for path in sorted(path for path in pages if path.is_file() and "_build" not in path.parts):
        code = re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text("utf-8"), re.MULTILINE)
        wrong += [
            f"{path.name}: there is no `make {name}`." for name in code if name not in targets
        ]
    return wrong


BRANDS = {"cuda", "mps", "xpu"}


def device_by_brand(package: Path) -> list[str]:
    """Only core/device.py names a brand of device; others ask whether it is the CPU or not."""
    return [
        f'{place}:{node.lineno}: {fault}; ask `x.device.type == "cpu"`, or core/device.py.'
        for place, _, tree in modules(package)
        if place != "core/device.py"
        for node in ast.walk(tree)
        if (fault := names_a_brand(node))
    ]


def names_a_brand(node: ast.AST) -> str:
    """How a piece of code asks for one brand of device, or nothing."""
    if isinstance(node, ast.Attribute) and node.attr in {f"is_{brand}" for brand in BRANDS}:
        return f"asks {node.attr}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return f"calls .{node.func.attr}()" if node.func.attr in BRANDS else ""
    if isinstance(node, ast.Compare):
        texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
        named = [t for t in texts if isinstance(t, str) and t.split(":")[0] in BRANDS]
        return f"compares with {named[0]!r}" if named else ""
    return ""


PACKAGE_RULES = (
    device_by_brand,
    floors,
    file_sizes,
    function_sizes,
    unpickling,
    swallowed_errors,
    printing,
    docstrings,
    unfinished,
)
ROOT_RULES = (private_places, readme_tree, make_commands)
