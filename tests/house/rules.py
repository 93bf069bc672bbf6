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
    "viz": {"core"},
    "widgets": {"core", "viz"},
}
BELOW["lab"] = set(BELOW)
BELOW["course"] = set(BELOW)
BELOW["doctor"] = set(BELOW)
BELOW["cli"] = set(BELOW)

# The one place below the course that looks up at it: file and function.
LOOKS_UP = "lab/register.py:_course"
# Lessons that build on another lesson of their own part.
SAME_PART = {"clinic/it_is_judged_wrongly": ("it_runs_and_lies", "the_protocol_is_wrong")}

MAY_PRINT = ("lab/", "cli.py", "doctor.py", "zoo/remake.py", "train/under_way.py")
UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}

# An absolute path of somebody's machine, or a package registry by name.
PRIVATE = re.compile(
    r"(?<![\w.:/~-])/(?:home|root|Users|tmp|opt|mnt|work)/\w+"
    r"|[A-Z]:\\Users\\"
    r"|\b(?:pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)\b"
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b|\braise NotImplementedError\b")


def files(folder: Path, pattern: str = "*") -> Iterator[Path]:
    """The project's files in a folder; hidden folders and files are an editor's or a tool's."""
    for path in sorted(folder.rglob(pattern)):
        parts = path.relative_to(folder).parts
        own = not any(part.startswith((".", "Untitled")) for part in parts)
        if own and not {"_build", "__pycache__"} & {*parts} and path.is_file():
            yield path


def modules(package: Path) -> Iterator[tuple[str, str, ast.Module]]:
    """Every module of a package: its path from there, its text, its syntax tree."""
    for path in files(package, "*.py"):
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


def parts_of_the_course(package: Path) -> list[str]:
    """One part of the course never imports another, nor one lesson another of its part.

    What the lessons of a part share stands in its folder ``common``; a part may say in
    ``SAME_PART`` which lesson builds on which.
    """
    wrong = []
    for place, _, tree in modules(package):
        steps = place.removesuffix(".py").split("/")
        if steps[0] != "course" or len(steps) < 3:
            continue
        own, lesson = steps[1], steps[2]
        for line, name in imported(tree, place):
            target = name.split(".")
            if target[:2] != ["aigc_teach", "course"] or len(target) < 3:
                continue
            if target[2] != own:
                wrong.append(f"{place}:{line}: part {own} imports part {target[2]}.")
            other = target[3] if len(target) > 3 else lesson
            is_lesson = (package / "course" / own / other).is_dir() or (
                package / "course" / own / f"{other}.py"
            ).is_file()
            if lesson == "__init__" or not is_lesson or other in (lesson, "common"):
                continue
            if other not in SAME_PART.get(f"{own}/{lesson}", ()):
                wrong.append(f"{place}:{line}: lesson {lesson} imports lesson {other}.")
    return wrong


def looks_up_at_the_course(package: Path) -> list[str]:
    """Only one function of the lab knows the course, and it finds a lesson by its name."""
    found = []
    for place, _, tree in modules(package):
        if place.split("/")[0] in ("course", "cli.py", "doctor.py"):
            continue
        docs = {id(doc) for node in ast.walk(tree) if (doc := docstring_node(node))}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else ""
            if isinstance(text, str) and "aigc_teach.course" in text and id(node) not in docs:
                found.append((place, node.lineno))
    return [
        f"{place}:{line}: names aigc_teach.course; only {LOOKS_UP} may."
        for place, line in found
        if f"{place}:{function_at(package / place, line)}" != LOOKS_UP
    ]


def docstring_node(node: ast.AST) -> ast.Constant | None:
    """The constant that is a module's, class's or function's docstring."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    body = getattr(node, "body", None) if isinstance(node, kinds) else None
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return first.value if is_text else None


def function_at(path: Path, line: int) -> str:
    """The function that holds a line, or nothing."""
    inside = (f for f in functions(ast.parse(path.read_text("utf-8"))))
    return next((f.name for f in inside if f.lineno <= line <= f.end_lineno), "")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in ast.walk(tree) if isinstance(node, kinds))


def outputs(notebooks: Path) -> list[str]:
    """Notebooks are stored without outputs and execution counts."""
    wrong = []
    for path in files(notebooks, "*.ipynb"):
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


def shells(package: Path) -> list[str]:
    """No command goes through a shell: each system has another one, and reads text its own way."""
    return [
        f"{place}:{node.lineno}: {fault}"
        for place, _, tree in modules(package)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (fault := asks_a_shell(node))
    ]


def asks_a_shell(call: ast.Call) -> str:
    """How a call asks a shell, or nothing."""
    name = ast.unparse(call.func)
    if name in ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"):
        return f"calls {name}."
    asked = any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords)
    return "passes shell=True." if asked else ""


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


def said_twice(package: Path) -> list[str]:
    """A line of prose that a module's docstring holds twice: two edits were joined badly."""
    found = []
    for place, _, tree in modules(package):
        lines = [line.strip() for line in (ast.get_docstring(tree) or "").splitlines()]
        long = [line for line in lines if len(line) >= 40]
        found += [f"{place}: {line!r} stands twice." for line in {*long} if long.count(line) > 1]
    return found


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
    paths = [path for path in root.iterdir() if path.is_file() and path.name != ".git"]
    for folder in folders:
        found = (path for path in files(root / folder) if path.suffix in kinds)
        paths += (path for path in found if "_static" not in path.parts)
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
    pages = [*root.glob("*.md"), *files(root / "book", "*.md"), root / ".ci/run"]
    wrong = []
    for path in sorted(path for path in pages if path.is_file()):
        code = re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text("utf-8"), re.MULTILINE)
        wrong += [
            f"{path.name}: there is no `make {name}`." for name in code if name not in targets
        ]
    return wrong


def lessons(root: Path) -> Iterator[tuple[str, str]]:
    """Every lesson, ``part/name`` with its numbers, and its source's text."""
    for path in files(root / "book", "[0-9][0-9]_*.md"):
        if re.match(r"\d\d_", path.parent.name):
            yield f"{path.parent.name}/{path.stem}", path.read_text("utf-8")


def is_draft(source: str) -> bool:
    """Whether ``draft: true`` stands in the front matter."""
    return bool(re.search(r"^draft: true$", source.split("\n---\n")[0], re.MULTILINE))


def drafts(root: Path) -> list[str]:
    """A finished lesson holds no mark of a draft, and a release holds no draft."""
    heading = re.search(r"^## .*$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    released = heading is not None and "Unreleased" not in heading[0]
    wrong = []
    for lesson, text in lessons(root):
        if is_draft(text) and released:
            wrong.append(f"{lesson} is a draft, but CHANGELOG.md says this is a release.")
        if not is_draft(text) and "[draft]" in text:
            wrong.append(f"{lesson} is no draft, but [draft] stands in it.")
    return wrong


def readme_lessons(root: Path) -> list[str]:
    """The README's table has one row for each lesson, and says which are drafts."""
    row = re.compile(r"^\|.*\]\(notebooks/(\S+?)\.ipynb\) \|(.*)\|$", re.MULTILINE)
    rows = row.findall((root / "README.md").read_text("utf-8"))
    known = dict(lessons(root))
    wrong = [
        f"README.md: {lesson} has {count} rows; one is right."
        for lesson in known
        if (count := [name for name, _ in rows].count(lesson)) != 1
    ]
    for name, words in rows:
        if name not in known:
            wrong.append(f"README.md: a row leads to {name}, which is not there.")
        elif is_draft(known[name]) != ("*draft*" in words):
            wrong.append(f"README.md: the row of {name} and its source disagree on *draft*.")
    return wrong


def house_drawing(contributing: str) -> list[tuple[int, list[str]]]:
    """The floors as CONTRIBUTING draws them, from the ground up: (number, packages)."""
    block = re.search(r"```text\n(\s*\d+ .*?)```", contributing, re.DOTALL)
    lines = block[1].splitlines() if block else []
    found = [re.match(r"\s*(\d+)  (.*?)(?:  |$)", line) for line in lines]
    floors = [(int(match[1]), match[2].split()) for match in found if match]
    return sorted(floors)


def drawing(root: Path) -> list[str]:
    """The house is drawn as it is built: every import of the package leads down the drawing."""
    floors = house_drawing((root / "CONTRIBUTING.md").read_text("utf-8"))
    height = {name: number for number, names in floors for name in names}
    drawn = [name for _, names in floors for name in names]
    wrong = [f"CONTRIBUTING.md: {name} is drawn twice." for name in height if drawn.count(name) > 1]
    wrong += [
        f"CONTRIBUTING.md: the drawing lacks {name}." for name in sorted(BELOW.keys() - height)
    ]
    wrong += [
        f"CONTRIBUTING.md: nothing is called {name}."
        for name in sorted(height.keys() - BELOW.keys())
    ]
    order = {name: place for place, name in enumerate(drawn)}
    pairs = {(own, other) for own, others in BELOW.items() for other in others}
    pairs |= real_imports(root / "aigc_teach")
    for own, other in sorted(pairs):
        if not {own, other} <= height.keys():
            continue
        same_floor = height[own] == height[other] and not (own == "cli" and other == "doctor")
        if order[other] > order[own] or same_floor:
            wrong.append(f"CONTRIBUTING.md: {own} uses {other}, which is not drawn below it.")
    return wrong


def real_imports(package: Path) -> set[tuple[str, str]]:
    """Which package imports which, read off the code."""
    pairs = set()
    for place, _, tree in modules(package):
        own = place.split("/")[0].removesuffix(".py")
        for _, name in imported(tree, place):
            parts = name.split(".")
            if parts[0] == "aigc_teach" and len(parts) > 1 and own != "__init__":
                pairs.add((own, parts[1]))
    return {(own, other) for own, other in pairs if own != other and other in BELOW}


def line_ends(root: Path) -> list[str]:
    """git hands out the bytes it stores, on Windows too: hashes of text files hold there."""
    file = root / ".gitattributes"
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    wrong = [] if "* text=auto eol=lf" in lines else [".gitattributes: lacks `* text=auto eol=lf`."]
    binary = {line.split()[0].removeprefix("*") for line in lines if line.endswith(" binary")}
    kinds = {path.suffix: path for folder in STORED for path in files(root / folder)}
    for kind, path in sorted(kinds.items()):
        if kind not in binary and b"\0" in path.read_bytes()[:8000]:
            wrong.append(f".gitattributes: does not call *{kind} binary ({path.name}).")
    return wrong


STORED = ("aigc_teach", "book", "notebooks", "tests", "tools")
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
    parts_of_the_course,
    looks_up_at_the_course,
    unpickling,
    shells,
    swallowed_errors,
    printing,
    docstrings,
    said_twice,
    unfinished,
)
ROOT_RULES = (
    private_places,
    readme_tree,
    make_commands,
    drafts,
    readme_lessons,
    drawing,
    line_ends,
)
