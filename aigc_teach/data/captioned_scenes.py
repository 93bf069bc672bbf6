"""Small drawn scenes and the sentences that describe them, from a small grammar.

"two red circles left of a blue square": one to three things of a colour and a shape, or one or two
of them beside, above or below one other. Scene and sentence come from the same row of numbers, so
that a picture can be held against its sentence by a program. The split holds combinations out: four
pairs of colour and shape, and two pairs of number and shape, are never in the part called "seen".

Legend: N pictures, K sentences, T words. The same rows and draws give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, DtypeError, check_choice, check_count
from .canvas import Canvas, blank, colour

SIDE = 16
CELL = 8  # the side of one of four cells, in pixels; each holds one thing at most
COLOURS = {"red": "#f2473a", "green": "#35cc55", "blue": "#4a78ff", "yellow": "#ffd83d"}
BACKGROUND = "#14161f"
SHAPES = ("circle", "square", "triangle", "7")
NUMBERS = ("a", "two", "three", "four")  # "four" is a word that no training sentence holds
RELATIONS = ("", "left of", "right of", "above", "below")
PAIRS_HELD = (("red", "triangle"), ("green", "square"), ("blue", "7"), ("yellow", "circle"))
COUNTS_HELD = (("three", "square"), ("two", "triangle"))
PARTS = ("seen", "pairs", "counts", "four")
SMALLEST, LARGEST, JITTER = 2.6, 3.1, 0.4  # half a thing's side; how far from its cell's middle

PADDING, BEGIN = 0, 1
ROAD = ("crossing", "car", "lorry", "from", "the", "child", "dog", "on", "zebra", "pavement")
VOCABULARY = (
    *("", "<begin>"),
    *NUMBERS,
    *COLOURS,
    *SHAPES,
    *(f"{shape}s" for shape in SHAPES),
    *("left", "right", "of", "above", "below"),
    *ROAD,
)
"""All words, those of `road_scenes` too; the place in it is the word's number. The first two are no
words."""
LONGEST = 14  # words of a sentence at most, the begin sign among them; a crossing takes so many


class Caption(NamedTuple):
    """What a scene shows, as the grammar has it; places in the tuples of this module.

    Attributes
    ----------
    number : int
        Of things of the first kind, 1 to 4.
    colour, shape : int
    relation : int
        0 for none.
    other_colour, other_shape : int
        Of the one thing of the second kind; -1 where there is none.
    """

    number: int
    colour: int
    shape: int
    relation: int = 0
    other_colour: int = -1
    other_shape: int = -1


class SceneSet(NamedTuple):
    """Scenes and what they show.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, 3, 16, 16]`` in [-1, 1].
    captions : Tensor
        int64 ``[N, 6]``: the rows of :class:`Caption`.
    """

    x: Tensor
    captions: Tensor


def sentence(caption: Sequence[int]) -> str:
    """The sentence of a caption.

    >>> sentence(Caption(2, 0, 0, 1, 2, 1))
    'two red circles left of a blue square'
    """
    c = Caption(*(int(value) for value in caption))
    colours = [*COLOURS]
    words = f"{NUMBERS[c.number - 1]} {colours[c.colour]} {SHAPES[c.shape]}" + "s" * (c.number > 1)
    if c.relation:
        words += f" {RELATIONS[c.relation]} a {colours[c.other_colour]} {SHAPES[c.other_shape]}"
    return words


def read_sentence(words: str) -> Caption:
    """The caption of a sentence of the grammar: the way back from :func:`sentence`.

    Raises
    ------
    DtypeError, DataError
        For unknown words, which are named, and for known words that are no sentence.

    >>> read_sentence("a green 7 above a red circle")
    Caption(number=1, colour=1, shape=3, relation=3, other_colour=0, other_shape=0)
    >>> read_sentence("circle red a")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: "circle red a" is no sentence of the grammar, which ...
    """
    word_numbers(words)  # names what is unknown
    plain = " ".join(words.lower().replace(",", " ").split())
    known = _sentences()
    if plain not in known:
        raise DataError(
            f'"{plain}" is no sentence of the grammar, which knows "two red circles" and "a red '
            'circle left of a blue square", with one or two things before the relation.'
        )
    return known[plain]


@cache
def _sentences() -> dict[str, Caption]:
    rows = _grammar()
    return {sentence(row): row for row in rows}


@cache
def _grammar() -> tuple[Caption, ...]:
    """Every caption there is."""
    kinds = list(product(range(4), range(4)))
    alone = [Caption(n, *kind) for n in (1, 2, 3, 4) for kind in kinds]
    beside = [
        Caption(n, *kind, relation, *other)
        for n in (1, 2)
        for kind in kinds
        for relation in (1, 2, 3, 4)
        for other in kinds
        if kind != other
    ]
    return (*alone, *beside)


def word_numbers(words: str, *, length: int = LONGEST) -> Tensor:
    """A sentence as its words' numbers, a begin sign first and padding (0) last: int64 ``[T]``.

    Parameters
    ----------
    words : str
        Lower or upper case; commas do not count.
    length : int
        T.

    Raises
    ------
    DtypeError, DataError
        For what is no text, unknown words (they are named), and sentences that are too long.

    >>> word_numbers("a red circle", length=6)
    tensor([ 1,  2,  6, 10,  0,  0])
    >>> word_numbers("a purple cow")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: Unknown words: purple, cow. Known are: a, two, three, ...
    """
    if not isinstance(words, str):
        raise DtypeError(f"A sentence is a text; you gave a {type(words).__name__}.")
    each = words.lower().replace(",", " ").split()
    unknown = [word for word in dict.fromkeys(each) if word not in VOCABULARY[2:]]
    if unknown:
        raise DataError(
            f"Unknown words: {', '.join(unknown)}. Known are: {', '.join(VOCABULARY[2:])}."
        )
    if len(each) >= length:
        raise DataError(f"The sentence has {len(each)} words; at most {length - 1} have room.")
    numbers = [BEGIN, *(VOCABULARY.index(word) for word in each)]
    return torch.tensor(numbers + [PADDING] * (length - len(numbers)))


def sentence_table(sentences: Sequence[str], *, length: int = LONGEST) -> Tensor:
    """Several sentences as :func:`word_numbers` has them: int64 ``[K, T]``."""
    return torch.stack([word_numbers(one, length=length) for one in sentences])


def part_of(caption: Sequence[int]) -> str:
    """Which part of the split a caption belongs to; "" for one that holds out two things at once.

    >>> part_of(Caption(1, 0, 0)), part_of(Caption(1, 0, 2)), part_of(Caption(3, 2, 1))
    ('seen', 'pairs', 'counts')
    """
    c, colours = Caption(*(int(value) for value in caption)), [*COLOURS]
    things = [(colours[c.colour], SHAPES[c.shape])]
    if c.relation:
        things.append((colours[c.other_colour], SHAPES[c.other_shape]))
    marks = [
        name
        for name, is_so in (
            ("pairs", any(thing in PAIRS_HELD for thing in things)),
            ("counts", (NUMBERS[c.number - 1], SHAPES[c.shape]) in COUNTS_HELD),
            ("four", c.number == 4),
        )
        if is_so
    ]
    return "seen" if not marks else marks[0] if len(marks) == 1 else ""


def all_captions(part: str = "seen") -> Tensor:
    """Every caption of a part: int64 ``[K, 6]``.

    Parameters
    ----------
    part : {"seen", "pairs", "counts", "four"}
        To train on; with a pair of colour and shape that is not in it; with a pair of number and
        shape that is not in it; with four things.

    >>> [len(all_captions(part)) for part in PARTS]
    [954, 766, 138, 12]
    """
    check_choice("part", part, PARTS)
    return torch.tensor([row for row in _grammar() if part_of(row) == part])


def draw_captions(
    n: int, part: str = "seen", *, beside: float = 0.65, generator: torch.Generator | None = None
) -> Tensor:
    """`n` captions of a part, a share `beside` of them with a relation: int64 ``[n, 6]``.

    Parts without sentences of a kind take them all from the other.
    """
    check_count("n", n)
    table = all_captions(part)
    groups = [table[table[:, 3] == 0], table[table[:, 3] > 0]]
    where = torch.rand(n, generator=generator)
    place = torch.rand(n, generator=generator)
    which = [len(groups[1]) > 0 and w < beside or not len(groups[0]) for w in where.tolist()]
    return picked(groups, which, place)


def picked(groups: Sequence[Tensor], which: Sequence[int], place: Tensor) -> Tensor:
    """One row for each of N: of the group that `which` names, the one at `place` in [0, 1).

    >>> picked([torch.zeros(2, 1), torch.ones(3, 1)], [0, 1], torch.tensor([0.9, 0.1])).tolist()
    [[0.0], [1.0]]
    """
    own = [groups[int(k)] for k in which]
    return torch.stack(
        [rows[int(p * len(rows))] for rows, p in zip(own, place.tolist(), strict=True)]
    )


def scenes(
    n: int | None = None,
    *,
    part: str = "seen",
    captions: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> SceneSet:
    """Draw scenes: of a part of the split, or of the captions that are given.

    Parameters
    ----------
    n : int, optional
        How many, of captions drawn from `part`.
    part : {"seen", "pairs", "counts", "four"}
    captions : Tensor, optional
        int64 ``[N, 6]``, one a scene, in the place of `n`.
    generator : torch.Generator, optional
        Draws captions, places and sizes; without it the same scenes each time.

    Returns
    -------
    SceneSet

    Examples
    --------
    >>> x, captions = scenes(5)
    >>> x.shape, captions.shape
    (torch.Size([5, 3, 16, 16]), torch.Size([5, 6]))
    """
    generator = generator or torch.Generator().manual_seed(0)
    if captions is None:
        captions = draw_captions(check_count("n", 1 if n is None else n), part, generator=generator)
    cells, kinds, colours = _arrange(captions, generator)
    return SceneSet(paint_things(cells, kinds, colours, generator), captions)


def _arrange(captions: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Cell, shape and colour of up to four things, ``[N, 4]`` each; -1 for no thing."""
    n = len(captions)
    number, hue, shape, relation, hue2, shape2 = captions.unbind(1)
    anywhere = torch.rand(n, 4, generator=generator).argsort(1)  # [N, 4]
    along = torch.rand(n, 2, generator=generator).argsort(1)  # [N, 2]
    apart = torch.randint(2, (n,), generator=generator)
    first = ((relation == 2) | (relation == 4)).long()  # the first kind stands right or below
    upright = relation >= 3  # one of two rows, not of two columns

    def cell(line: Tensor, place: Tensor) -> Tensor:
        return torch.where(upright, 2 * line + place, 2 * place + line)

    cells = anywhere.clone()
    beside = relation > 0
    for k in range(2):
        cells[:, k] = torch.where(beside, cell(first, along[:, k]), cells[:, k])
    cells[:, 3] = torch.where(beside, cell(1 - first, apart), cells[:, 3])
    slot = torch.arange(4)
    there = slot < number[:, None]  # [N, 4]
    last = beside[:, None] & (slot == 3)
    there = there & ~(beside[:, None] & (slot >= 2)) | last
    kinds = torch.where(last, shape2[:, None], shape[:, None]).masked_fill(~there, -1)
    colours = torch.where(last, hue2[:, None], hue[:, None]).masked_fill(~there, -1)
    return cells, kinds, colours


def paint_things(
    cells: Tensor, kinds: Tensor, colours: Tensor, generator: torch.Generator
) -> Tensor:
    """Pictures of things in cells, ``[N, 4]`` each: float32 ``[N, 3, 16, 16]`` in [-1, 1]."""
    canvas = blank(len(cells), SIDE)
    canvas.paint(1.0, colour(BACKGROUND))
    palette = torch.tensor([colour(code) for code in COLOURS.values()])
    shift = (2 * torch.rand(len(cells), 4, 2, generator=generator) - 1) * JITTER
    size = SMALLEST + (LARGEST - SMALLEST) * torch.rand(len(cells), 4, generator=generator)
    for k in range(4):
        row, column = cells[:, k] // 2, cells[:, k] % 2
        cx = (CELL * column + CELL / 2 + shift[:, k, 0]) / SIDE
        cy = (CELL * row + CELL / 2 + shift[:, k, 1]) / SIDE
        paint = palette[colours[:, k].clamp(min=0)].unbind(1)
        for kind in range(len(SHAPES)):
            cover = shape_cover(canvas, kind, cx, cy, size[:, k] / SIDE)
            canvas.paint(cover * (kinds[:, k] == kind), paint)
    return canvas.bytes().float().div_(127.5).sub_(1)


def shape_cover(canvas: Canvas, kind: int, cx: Tensor, cy: Tensor, r: Tensor) -> Tensor:
    """How far a shape of half side `r` covers each pixel: ``[H, W, N]`` in [0, 1]."""
    if SHAPES[kind] == "circle":
        return canvas.disc(cx, cy, r, r)
    if SHAPES[kind] == "square":
        return canvas.box(cx, cy, 0.9 * r, 0.9 * r)
    x, y = canvas.x - cx, canvas.y - cy
    if SHAPES[kind] == "triangle":
        sides = torch.maximum(x, -x) * 0.8944 - (y + r) * 0.4472  # two sides, 2 up for 1 across
        return canvas.edge(torch.maximum(sides, y - r))
    bar = canvas.box(cx, cy - 0.75 * r, 0.8 * r, 0.3 * r)
    stem = canvas.line(cx + 0.55 * r, cy - 0.6 * r, cx - 0.3 * r, cy + 0.8 * r, 1.7 / SIDE)
    return torch.maximum(bar, stem)


class SceneStyle(NamedTuple):
    """What a program must know to read scenes.

    Attributes
    ----------
    background : Tensor
        ``[3]`` in [-1, 1].
    colours : Tensor
        ``[4, 3]`` in [-1, 1].
    templates : Tensor
        ``[S, M, 7, 7]``: of each shape M covers in [0, 1], of several sizes and places.
    """

    background: Tensor
    colours: Tensor
    templates: Tensor


def scene_style() -> SceneStyle:
    """The colours, and what each shape looks like by its closed form.

    >>> [list(part.shape) for part in scene_style()]
    [[3], [4, 3], [4, 75, 7, 7]]
    """
    spots = torch.linspace(-0.5, 0.5, 5)
    sizes = torch.tensor([SMALLEST, (SMALLEST + LARGEST) / 2, LARGEST])
    grid = torch.cartesian_prod(sizes, spots, spots)  # [M, 3]
    canvas = blank(len(grid), SIDE)
    r, dx, dy = (grid / SIDE).unbind(1)
    middle = (SIDE // 2 + 0.5) / SIDE
    covers = [shape_cover(canvas, k, middle + dx, middle + dy, r) for k in range(len(SHAPES))]
    templates = torch.stack([_windows(cover.permute(2, 0, 1)) for cover in covers])
    codes = torch.tensor([colour(code) for code in (BACKGROUND, *COLOURS.values())]) * 2 - 1
    return SceneStyle(codes[0], codes[1:], templates)


def _windows(covers: Tensor) -> Tensor:
    """The 7 x 7 pixels around the centre of mass of each of ``[M, H, W]``: ``[M, 7, 7]``."""
    place = torch.arange(covers.shape[1]) + 0.5
    solid = covers * (covers > 0.5)
    mass = solid.sum((1, 2))
    row = ((solid.sum(2) * place).sum(1) / mass).floor().long()
    column = ((solid.sum(1) * place).sum(1) / mass).floor().long()
    step = torch.arange(-3, 4)
    which = torch.arange(len(covers))[:, None, None]
    return covers[which, (row[:, None] + step)[:, :, None], (column[:, None] + step)[:, None]]
