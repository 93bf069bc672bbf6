"""One place of a solution changed: each function here takes a node and yields what may stand there.

They are kept in `CHANGES`, by the name that the record and the table of equivalents use. `Place`
says what stands around the node.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

CHANGES: dict[str, Callable[[ast.AST, Place], Iterator[ast.AST]]] = {}

# Calls of which a reader takes one for the other; each name's next one in the row, and round.
NEIGHBOURS = (
    ("mean", "sum", "median"),
    ("max", "min"),
    ("amax", "amin"),
    ("argmax", "argmin"),
    ("any", "all"),
    ("relu", "sigmoid", "tanh", "softplus"),
    ("ReLU", "Sigmoid", "Tanh"),
    ("softmax", "log_softmax", "softmin"),
    ("exp", "expm1"),
    ("log", "log2", "log1p", "exp"),
    ("log2", "log"),
    ("sqrt", "square", "abs"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("new_zeros", "new_ones"),
    ("rand", "randn"),
    ("std", "var"),
    ("cumsum", "cumprod"),
    ("floor", "round", "ceil"),
    ("eval", "train"),
    ("binary_cross_entropy", "binary_cross_entropy_with_logits"),
    ("logsumexp", "sum"),
    ("eye", "ones_like"),
    ("int", "round"),
    ("append", "insert"),
)
# Where the axis stands among the arguments of a method; one place later in torch.name(x, axis).
FIRST = "mean sum median max min amax amin argmax argmin any all softmax log_softmax logsumexp \
cumsum cumprod std var sort flip diff gather unsqueeze squeeze flatten norm prod"
SECOND = "kthvalue quantile chunk split topk"
AXIS = dict.fromkeys(FIRST.split(), 0) | dict.fromkeys(SECOND.split(), 1)
LIBRARIES = ("torch", "F", "np", "math")
# Methods without which a line still makes sense.
LEFT_OUT = "abs exp log log2 sqrt square float double int long flatten clone detach item tolist \
clamp round sigmoid tanh relu softplus logsumexp bool neg flip sort cumsum diff normalize"
STEPS = set(LEFT_OUT.split())
SHAPE_STEPS = {"unsqueeze", "squeeze", "expand", "view", "reshape", "permute"}


@dataclass(frozen=True)
class Place:
    """What stands around a node: its parents, the nearest first."""

    parents: tuple[ast.AST, ...]

    @property
    def parent(self) -> ast.AST | None:
        return self.parents[0] if self.parents else None

    def nearest(self, kind: type) -> ast.AST | None:
        """Return the nearest node of a kind around this one."""
        return next((parent for parent in self.parents if isinstance(parent, kind)), None)

    def within(self, *kinds: type) -> bool:
        """Whether the node stands within a node of one of these kinds."""
        return any(isinstance(parent, kinds) for parent in self.parents)


def change(name: str):
    """Keep the decorated function under this name."""

    def keep(function):
        CHANGES[name] = function
        return function

    return keep


@change("constant changed")
def constant(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """A number 10 % off, or one more where a whole one is needed; True for False."""
    if not isinstance(node, ast.Constant) or is_axis(node, place.parent):
        return
    if isinstance(place.parent, ast.keyword) and place.parent.arg == "strict":
        return
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float) and within_arithmetic(place):
        yield ast.Constant(round(1.1 * node.value, 12) if node.value else 0.1)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, float):
        yield ast.Constant(1.1 * node.value or 0.1)


OPPOSITE = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
}


@change("+ for -, * for /")
def arithmetic(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """The opposite operation."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPPOSITE:
        yield ast.BinOp(node.left, OPPOSITE[type(node.op)](), node.right)
    if isinstance(node, ast.AugAssign) and type(node.op) in OPPOSITE:
        yield ast.AugAssign(node.target, OPPOSITE[type(node.op)](), node.value)


@change("sides exchanged")
def sides(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """A - b for b - a, and so for division and matrix products."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        if isinstance(node.op, ast.Sub) and is_even(place.parent):
            return  # nothing changes under a square or an absolute value
        yield ast.BinOp(node.right, node.op, node.left)


@change("a term left out")
def term(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """One side of an operation alone."""
    if isinstance(node, ast.BinOp):
        yield node.left
        if not isinstance(node.op, ast.Pow | ast.Mod | ast.FloorDiv):
            yield node.right


@change("sign flipped")
def sign(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """A minus, a tilde or a `not` taken away; a returned value negated."""
    if isinstance(node, ast.UnaryOp) and not place.within(ast.Slice):
        yield node.operand
    if isinstance(place.parent, ast.Return) and isinstance(node, ast.expr):
        yield from each_part(node, lambda part: ast.UnaryOp(ast.USub(), part))


@change("result 10 % off")
def result(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """What is returned, or one part of it, times 1.1."""
    if isinstance(place.parent, ast.Return) and isinstance(node, ast.expr):
        yield from each_part(node, lambda part: ast.BinOp(ast.Constant(1.1), ast.Mult(), part))


@change("comparison turned")
def turned(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """Less for greater, equal for different."""
    other = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
    other |= {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In}
    yield from compared(node, other)


@change("edge of a comparison")
def edge(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """Less-or-equal for less."""
    other = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
    yield from compared(node, other)


@change("and for or")
def junction(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """And for or; and each side alone."""
    other = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And}
    if isinstance(node, ast.BinOp) and type(node.op) in other:
        yield ast.BinOp(node.left, other[type(node.op)](), node.right)
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(other[type(node.op)](), node.values)
        yield from node.values
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
        yield node.body
        yield node.orelse
    if isinstance(node, ast.If):
        yield ast.If(ast.Constant(True), node.body, node.orelse)
        yield ast.If(ast.Constant(False), node.body, node.orelse)


@change("neighbour called")
def neighbour(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """A function of the neighbouring name."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
    if not (isinstance(place.parent, ast.Call) and place.parent.func is node):
        return
    for row in NEIGHBOURS:
        if name in row:
            for other in row:
                if other == name:
                    continue
                if isinstance(node, ast.Attribute):
                    yield ast.Attribute(node.value, other, ast.Load())
                elif name in ("max", "min", "int", "any", "all", "sum"):
                    yield ast.Name(other, ast.Load())


@change("keyword changed")
def keyword(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """min= for max=; a keyword that is not the axis left out."""
    if not isinstance(node, ast.Call):
        return
    for i, given in enumerate(node.keywords):
        if given.arg in ("min", "max"):
            other = ast.keyword("max" if given.arg == "min" else "min", given.value)
            yield ast.Call(
                node.func, node.args, [*node.keywords[:i], other, *node.keywords[i + 1 :]]
            )
        if given.arg not in ("dim", "axis", "strict"):
            yield ast.Call(node.func, node.args, [*node.keywords[:i], *node.keywords[i + 1 :]])


@change("axis changed")
def axis(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """Another axis, or none."""
    if is_axis(node, place.parent):
        if isinstance(node, ast.Tuple):
            yield ast.Tuple(node.elts[1:], ast.Load())
            yield ast.Tuple(node.elts[:-1], ast.Load())
        else:
            value = ast.literal_eval(node)
            yield ast.Constant({0: 1, 1: 0}.get(value, 0))
    if isinstance(node, ast.Call) and (place_of := axis_of(node)) is not None:
        without = [given for given in node.args if given is not place_of]
        keywords = [given for given in node.keywords if given.value is not place_of]
        yield ast.Call(node.func, without, keywords)


@change("a step left out")
def step(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """``x.abs()`` becomes x; so does ``F.relu(x)``, and ``x.T``."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) or of_library(node.func):
        yield from node.args[:1]
    elif getattr(node.func, "attr", "") in STEPS:
        yield node.func.value


@change("a shape step left out")
def shape_step(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """``x.unsqueeze(1)`` and ``x[:, None]`` become x."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SHAPE_STEPS
    ):
        yield node.func.value
    if isinstance(node, ast.Subscript) and any(
        isinstance(n, ast.Constant) and n.value is None for n in ast.walk(node.slice)
    ):
        yield node.value


@change("an index left out")
def index(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """``x[:-1]`` and ``x[seen]`` become x."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value


@change("results swapped")
def swapped(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """Two neighbours of a returned tuple, or of a list that is stacked, exchanged."""
    if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load):
        if is_axis(node, place.parent):
            return  # the order of several axes does not matter
        for i in range(len(node.elts) - 1):
            parts = list(node.elts)
            parts[i], parts[i + 1] = parts[i + 1], parts[i]
            yield type(node)(parts, ast.Load())


@change("arguments swapped")
def arguments(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """The first two arguments of a call exchanged."""
    if isinstance(node, ast.Call) and len(node.args) >= 2:
        if isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
            return  # their order does not matter
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)


@change("another argument")
def argument(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """One of the function's arguments where another one stood."""
    function = place.nearest(ast.FunctionDef)
    if function is None or not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    names = arguments_of(function)
    if node.id in names and len(names) > 1:
        yield ast.Name(names[(names.index(node.id) + 1) % len(names)], ast.Load())


@change("gradient cut")
def gradient(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """An argument at one of its places, or a part of the result, that lets no gradient through."""
    if isinstance(place.parent, ast.Return) and isinstance(node, ast.expr):
        yield from each_part(node, lambda part: called("cut", part))
    function = place.nearest(ast.FunctionDef)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and function:
        names = [n.id for n in ast.walk(function) if isinstance(n, ast.Name)]
        if node.id in arguments_of(function) and names.count(node.id) > 1:
            yield called("cut", node)


@change("size built in")
def size(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """A size as it was in the first call of all."""
    if is_size(node) and not (isinstance(place.parent, ast.Subscript)):
        yield called("built_in", node)


@change("line left out")
def line(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """A statement that does nothing, unless the name it gives would then be missing."""
    if not isinstance(node, ast.stmt) or not place.within(ast.FunctionDef, ast.ClassDef):
        return
    function = place.nearest(ast.FunctionDef)
    if function is None or function.body == [node]:
        return
    if isinstance(node, ast.Assign) and not given_before(node, function):
        return
    if not isinstance(node, ast.Return | ast.FunctionDef | ast.Pass):
        yield ast.Pass()


@change("loop cut short")
def once(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """A loop that ends after its first round."""
    if isinstance(node, ast.For):
        yield ast.For(node.target, node.iter, [*node.body, ast.Break()], node.orelse)


def compared(node: ast.AST, other: dict) -> Iterator[ast.AST]:
    """Yield a comparison with each of its signs replaced by what `other` says."""
    for i, given in enumerate(node.ops) if isinstance(node, ast.Compare) else ():
        if type(given) in other:
            ops = [*node.ops[:i], other[type(given)](), *node.ops[i + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


def each_part(node: ast.expr, make: Callable[[ast.expr], ast.expr]) -> Iterator[ast.expr]:
    """Yield a value made anew, or a tuple with one of its parts made anew."""
    if isinstance(node, ast.Constant) and (isinstance(node.value, str) or not node.value):
        return  # a word has no sign, and 0 none either
    if not isinstance(node, ast.Tuple):
        yield make(node)
        return
    for i, part in enumerate(node.elts):
        yield ast.Tuple([*node.elts[:i], make(part), *node.elts[i + 1 :]], ast.Load())


def called(name: str, value: ast.expr) -> ast.Call:
    """Return a call of one of the functions that the mutant is given."""
    return ast.Call(ast.Name(name, ast.Load()), [copy.deepcopy(value)], [])


def arguments_of(function: ast.FunctionDef) -> list[str]:
    """Return the names of a function's arguments."""
    return [argument.arg for argument in function.args.args if argument.arg != "self"]


def is_even(node: ast.AST | None) -> bool:
    """Whether a node gives the same for a number and its negative."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return ast.unparse(node.right) == "2"
    name = node.func if isinstance(node, ast.Call) else node
    return getattr(name, "attr", getattr(name, "id", "")) in ("abs", "square")


def within_arithmetic(place: Place) -> bool:
    """Whether a number is computed with, rather than counts or chooses something."""
    for parent in place.parents:
        if isinstance(parent, ast.Subscript | ast.Call | ast.stmt):
            return isinstance(parent, ast.Return | ast.Assign)
        if isinstance(parent, ast.BinOp | ast.Compare):
            return True
    return False


def axis_of(call: ast.Call) -> ast.expr | None:
    """Return the axis among a call's arguments."""
    for given in call.keywords:
        if given.arg in ("dim", "axis"):
            return given.value
    if isinstance(call.func, ast.Attribute) and call.func.attr in AXIS:
        place = AXIS[call.func.attr] + of_library(call.func)
        if len(call.args) > place and is_whole(call.args[place]):
            return call.args[place]
    return None


def is_axis(node: ast.AST, parent: ast.AST | None) -> bool:
    """Whether a node is the axis of the call around it."""
    if isinstance(parent, ast.keyword):
        return parent.arg in ("dim", "axis")
    if isinstance(parent, ast.Tuple) and isinstance(node, ast.Constant):
        return False
    return isinstance(parent, ast.Call) and axis_of(parent) is node


def is_whole(node: ast.AST) -> bool:
    """Whether a node is a whole number or a tuple of them, as it stands."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return False
    return isinstance(value, int | tuple) and not isinstance(value, bool)


def is_size(node: ast.AST) -> bool:
    """Whether a node asks how large something is."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id == "len"
    return isinstance(node.func, ast.Attribute) and node.func.attr in ("size", "numel")


def of_library(function: ast.expr) -> bool:
    """Whether a function is called by its library's name: ``torch.exp``."""
    library = getattr(function, "value", None)
    return isinstance(library, ast.Name) and library.id in LIBRARIES


def given_before(node: ast.Assign, function: ast.FunctionDef) -> bool:
    """Whether every name that a line gives exists without it."""
    known = {a.arg for a in function.args.args}
    known |= {
        n.id
        for statement in ast.walk(function)
        if isinstance(statement, ast.Assign | ast.For) and statement is not node
        for n in ast.walk(statement)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    targets = [n for target in node.targets for n in ast.walk(target)]
    names = {n.id for n in targets if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names <= known
