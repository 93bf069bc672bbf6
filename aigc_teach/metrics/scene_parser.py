"""Read a scene back by program: connected areas of a colour, their place, their shape.

No net is asked. A pixel belongs to the colour whose line from the background passes nearest; an
area's shape is that of the nearest template. So the reader can be wrong only in ways that its code
shows, and what it makes of true pictures is its own error.

Legend: N pictures, C colours, S shapes, O things at most.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import ShapeError, check_images

MOST = 6  # things that are kept of a picture
SPECK = 4.0  # pixels of cover that an area has at least to be a thing
UNLIKE = 0.22  # root mean squared distance from the nearest template beyond which a shape is none
GROWTH = 30  # steps in which an area is filled


class Reading(NamedTuple):
    """What was found.

    Attributes
    ----------
    colours, shapes : Tensor
        int64 ``[N, O]``; -1 where there is no further thing. A shape of -2 is like none known.
    places : Tensor
        ``[N, O, 2]``: middles (x, y) in pixels from the upper left corner.
    counts : Tensor
        int64 ``[N]``: how many things.
    """

    colours: Tensor
    shapes: Tensor
    places: Tensor
    counts: Tensor


class Obedience(NamedTuple):
    """Where pictures do what their captions ask, bool ``[N]`` each.

    Attributes
    ----------
    counts : Tensor
        As many things as asked for.
    colours, shapes : Tensor
        The right ones, as often as asked for, whatever they are bound to.
    things : Tensor
        The right things: each colour on its own shape, as often as asked for.
    relation : Tensor
        Things of both kinds are there, and all stand as asked for; False where none is asked for.
    bound_wrongly : Tensor
        Colours and shapes are right and the things are not: a binding error.
    whole : Tensor
        Things, and relation where one is asked for.
    """

    counts: Tensor
    colours: Tensor
    shapes: Tensor
    things: Tensor
    relation: Tensor
    bound_wrongly: Tensor
    whole: Tensor


class SceneParser:
    """Reads scenes made of things in plain colours on a plain background.

    Parameters
    ----------
    background : Tensor
        ``[3]`` in [-1, 1].
    colours : Tensor
        ``[C, 3]`` in [-1, 1].
    templates : Tensor
        ``[S, M, 7, 7]``: covers in [0, 1] of each shape.

    Examples
    --------
    >>> dark, light = torch.full((3,), -1.0), torch.ones(1, 3)
    >>> x = torch.full((1, 3, 12, 12), -1.0)
    >>> x[:, :, 3:6, 4:7] = 1.0
    >>> template = F.pad(torch.ones(1, 1, 3, 3), (2, 2, 2, 2))
    >>> found = SceneParser(dark, light, template)(x)
    >>> found.counts.item(), found.shapes[0, 0].item(), found.places[0, 0].tolist()
    (1, 0, [5.5, 4.5])
    """

    def __init__(self, background: Tensor, colours: Tensor, templates: Tensor):
        if background.shape != (3,) or colours.ndim != 2 or colours.shape[1] != 3:
            raise ShapeError(
                "background must be [3] and colours [C, 3]; they are "
                f"{list(background.shape)} and {list(colours.shape)}."
            )
        if templates.ndim != 4 or templates.shape[2:] != (7, 7):
            raise ShapeError(f"templates must be [S, M, 7, 7]; yours are {list(templates.shape)}.")
        self.background, self.colours, self.templates = background, colours, templates

    def covers(self, x: Tensor) -> Tensor:
        """How far each pixel is covered by each colour, only by the nearest: ``[N, C, H, W]``."""
        off = x - self.background[:, None, None]  # [N, 3, H, W]
        lines = self.colours - self.background  # [C, 3]
        length = lines.square().sum(1)  # [C]
        share = torch.einsum("nchw,kc->nkhw", off, lines) / length[:, None, None]
        share = share.clamp(0, 1)  # [N, C, H, W]
        square = off.square().sum(1, keepdim=True)
        beside = square - 2 * share * torch.einsum("nchw,kc->nkhw", off, lines)
        beside = beside + share.square() * length[:, None, None]  # squared distance from the line
        nearest = beside.argmin(1, keepdim=True)
        return share * torch.zeros_like(share).scatter_(1, nearest, 1.0)

    def __call__(self, x: Tensor) -> Reading:
        """Read pictures float32 ``[N, 3, H, W]`` in [-1, 1]."""
        check_images(x)
        n, _, height, width = x.shape
        cover = self.covers(x)
        # each area carries the largest number of its pixels
        area = areas(cover > 0.5)  # [N, C, H, W], 0 outside
        picture, colour, row, column = area.nonzero(as_tuple=True)
        name = area[picture, colour, row, column] + picture * (area.max() + 1)
        names, member = name.unique(return_inverse=True)
        k = len(names)
        weight = cover[picture, colour, row, column]
        mass = torch.zeros(k).index_add(0, member, weight)
        where = torch.stack([column, row], 1) + 0.5
        middle = torch.zeros(k, 2).index_add(0, member, where * weight[:, None])
        middle = middle / mass[:, None].clamp(min=1e-6)
        first = torch.zeros(k, 2, dtype=torch.int64)
        first[member] = torch.stack([picture, colour], 1)
        keep = mass >= SPECK
        mass, middle, first, names = mass[keep], middle[keep], first[keep], names[keep]
        own = (area + torch.arange(n)[:, None, None, None] * (area.max() + 1)).flatten(0, 1)
        shape = self.shapes(cover, first, middle, own, names)
        return collect(n, first, shape, middle, mass)

    def shapes(
        self, cover: Tensor, first: Tensor, middle: Tensor, area: Tensor, names: Tensor
    ) -> Tensor:
        """The nearest template's shape of each area, or -2: int64 ``[K]``."""
        if not len(first):
            return torch.zeros(0, dtype=torch.int64)
        flat = F.pad(cover, (3, 3, 3, 3)).flatten(0, 1)
        mine = F.pad(area, (3, 3, 3, 3))
        plane = first[:, 0] * cover.shape[1] + first[:, 1]  # [K]
        step = torch.arange(7)
        rows = middle[:, 1].floor().long()[:, None, None] + step[:, None]
        columns = middle[:, 0].floor().long()[:, None, None] + step
        patch = flat[plane[:, None, None], rows, columns]  # [K, 7, 7]
        inside = mine[plane[:, None, None], rows, columns]
        inside = (inside == names[:, None, None]).float()[:, None]
        patch = patch * F.max_pool2d(inside, 3, 1, 1)[:, 0]  # itself and its soft edge
        s, m = self.templates.shape[:2]
        far = torch.cdist(patch.flatten(1), self.templates.flatten(2).flatten(0, 1)) / 7
        least, which = far.view(-1, s, m).amin(2).min(1)
        return which.masked_fill(least > UNLIKE, -2)


def areas(mask: Tensor) -> Tensor:
    """A number for each connected area of a bool ``[N, C, H, W]``: int64, 0 outside.

    Two pixels are connected if they share a side.

    >>> areas(torch.tensor([[[[True, True, False, True]]]])).tolist()
    [[[[2, 2, 0, 4]]]]
    """
    n, c, height, width = mask.shape
    own = torch.arange(1, c * height * width + 1, dtype=torch.float32).view(c, height, width)
    x = own * mask
    for _ in range(GROWTH):
        across = F.max_pool2d(x, (1, 3), 1, (0, 1))
        grown = torch.maximum(across, F.max_pool2d(x, (3, 1), 1, (1, 0))) * mask
        if torch.equal(grown, x):
            break
        x = grown
    return x.long()


def collect(n: int, first: Tensor, shape: Tensor, middle: Tensor, mass: Tensor) -> Reading:
    """Areas sorted into their pictures, the largest first."""
    colours = torch.full((n, MOST), -1)
    shapes, places = colours.clone(), torch.zeros(n, MOST, 2)
    counts = torch.bincount(first[:, 0], minlength=n)
    used = [0] * n
    for k in mass.argsort(descending=True).tolist():
        picture = int(first[k, 0])
        if used[picture] < MOST:
            place = used[picture]
            colours[picture, place], shapes[picture, place] = first[k, 1], shape[k]
            places[picture, place] = middle[k]
            used[picture] += 1
    return Reading(colours, shapes, places, counts)


def obeys(reading: Reading, captions: Tensor, *, margin: float = 3.0) -> Obedience:
    """Hold what was read against what was asked for.

    Parameters
    ----------
    reading : Reading
    captions : Tensor
        int64 ``[N, 6]``: number, colour, shape, relation (0 none, 1 left, 2 right, 3 above,
        4 below), colour and shape of the other thing.
    margin : float
        Pixels by which things must be apart in the direction asked for.

    >>> found = Reading(torch.tensor([[0, 2]]), torch.tensor([[0, 1]]),
    ...                 torch.tensor([[[4.0, 4.0], [20.0, 9.0]]]), torch.tensor([2]))
    >>> answer = obeys(found, torch.tensor([[1, 0, 0, 1, 2, 1]]))
    >>> [part.item() for part in answer]
    [True, True, True, True, True, False, True]
    """
    if captions.ndim != 2 or captions.shape[1] != 6 or len(captions) != len(reading.counts):
        raise ShapeError(
            f"captions must be [{len(reading.counts)}, 6], one a picture; yours are "
            f"{list(captions.shape)}."
        )
    rows = [
        _one(*parts)
        for parts in zip(
            reading.colours.tolist(),
            reading.shapes.tolist(),
            reading.places.tolist(),
            reading.counts.tolist(),
            captions.tolist(),
            [margin] * len(captions),
            strict=True,
        )
    ]
    return Obedience(*torch.tensor(rows).unbind(1))


def _one(colours, shapes, places, count, caption, margin) -> tuple[bool, ...]:
    """One picture of :func:`obeys`."""
    number, hue, shape, relation, hue2, shape2 = caption
    asked = [(hue, shape)] * number + [(hue2, shape2)] * bool(relation)
    found = list(zip(colours, shapes, strict=True))[: min(count, MOST)]
    same = [
        sorted(thing[k] for thing in found) == sorted(thing[k] for thing in asked) for k in (0, 1)
    ]
    things = sorted(found) == sorted(asked)
    stands = False
    if relation:
        axis, sign = (relation - 1) // 2, 1 if relation in (1, 3) else -1
        here = zip(found, places, strict=False)
        both = [(thing, sign * place[axis]) for thing, place in here]
        ones = [at for thing, at in both if thing == (hue, shape)]
        others = [at for thing, at in both if thing == (hue2, shape2)]
        stands = bool(ones and others) and max(ones) + margin < min(others)
    whole = things and (stands or not relation)
    bound_wrongly = same[0] and same[1] and not things
    return count == len(asked), *same, things, stands, bound_wrongly, whole
