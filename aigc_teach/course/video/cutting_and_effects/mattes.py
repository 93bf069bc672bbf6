"""Which pixels are the person: a small net, and two old ways; another background put in."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ....core import check_choice
from ....data.faces import FACE
from ....data.landscapes import landscapes
from ....data.shots import cut_out_faces, over
from ....nn.hourglass import Hourglass

GREEN = (-0.9, 0.6, -0.7)  # of the screen, in [-1, 1]
HELD_OUT = ("plaits", "bun")  # hair that no training picture has
GRAIN = 0.03
GROUNDS = ("landscape", "green")


class Portraits(NamedTuple):
    """Faces before a background, with all that made them.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, 3, size, size]`` in [-1, 1]: what the camera sees.
    alpha : Tensor
        ``[N, 1, size, size]``: the true matte.
    front : Tensor
        ``[N, 3, size, size]``: the true colour of the faces.
    plate : Tensor
        The background as the camera took it without the face, a moment earlier.
    """

    x: Tensor
    alpha: Tensor
    front: Tensor
    plate: Tensor


def portraits(
    n: int,
    g: torch.Generator,
    *,
    ground: str = "landscape",
    drift: float = 0.0,
    hair: tuple[str, ...] | None = None,
    size: int = 32,
) -> Portraits:
    """Faces before landscapes or a green screen, with grain.

    Parameters
    ----------
    n : int
    g : torch.Generator
    ground : {"landscape", "green"}
    drift : float
        How far the sun went on after the clean plate was taken, in the landscapes' units.
    hair : tuple of str, optional
        The kinds of hair; those that are trained with unless given.
    """
    check_choice("ground", ground, GROUNDS)
    names = FACE["hair"].names
    kinds = hair or tuple(name for name in names if name not in HELD_OUT)
    which = torch.randint(len(kinds), (n,), generator=g)
    places = torch.tensor([names.index(kind) for kind in kinds])[which]
    layer = cut_out_faces(n, size=size, generator=g, hair=places)
    if ground == "green":
        back = torch.tensor(GREEN).view(1, 3, 1, 1).expand(n, 3, size, size)
        before = back
    else:
        back, show = landscapes(n, size=size, generator=g)
        earlier = torch.where(show.sun > 0.25, show.sun - drift, show.sun + drift)
        before = landscapes(n, size=size, **(show._asdict() | {"sun": earlier})).x
    x = over(layer.colour, layer.alpha, back)
    x, before = ((p + GRAIN * torch.randn(p.shape, generator=g)).clamp(-1, 1) for p in (x, before))
    return Portraits(x, layer.alpha, layer.colour, before)


def by_plate(x: Tensor, plate: Tensor, *, low: float = 0.15, high: float = 0.35) -> Tensor:
    """A matte from the difference to the clean plate: 0 below `low`, 1 above `high`."""
    far = (x - plate).abs().amax(1, keepdim=True)
    return ((far - low) / (high - low)).clamp(0, 1)


def by_key(x: Tensor, *, key: tuple = GREEN, low: float = 0.3, high: float = 0.8) -> Tensor:
    """A matte from the distance to the colour of a screen (chroma key)."""
    far = (x - torch.tensor(key).view(1, 3, 1, 1)).norm(dim=1, keepdim=True)
    return ((far - low) / (high - low)).clamp(0, 1)


def matte_loss(net: Hourglass, pool: Portraits, g: torch.Generator, *, n: int = 16) -> Tensor:
    """Cross-entropy of alpha, on `n` of the portraits."""
    rows = torch.randint(len(pool.x), (n,), generator=g)
    return F.binary_cross_entropy_with_logits(net(pool.x[rows]), pool.alpha[rows])


def both(*pools: Portraits) -> Portraits:
    """Portraits of several kinds in one."""
    return Portraits(*(torch.cat(parts) for parts in zip(*pools, strict=True)))


@torch.no_grad()
def by_net(net: Hourglass, x: Tensor) -> Tensor:
    """The net's matte, ``[N, 1, H, W]``."""
    return net(x).sigmoid()


class MatteError(NamedTuple):
    """Mean absolute errors of a matte: in the whole picture, and within a pixel of the edge."""

    whole: float
    edge: float


def edge_of(alpha: Tensor) -> Tensor:
    """Where the true matte is neither 0 nor 1, and a pixel around, bool ``[N, 1, H, W]``."""
    soft = ((alpha > 0.02) & (alpha < 0.98)).float()
    return F.max_pool2d(soft, 3, 1, 1) > 0


def matte_error(made: Tensor, alpha: Tensor) -> MatteError:
    """How far a matte is from the true one."""
    wrong, edge = (made - alpha).abs(), edge_of(alpha)
    return MatteError(wrong.mean().item(), wrong[edge].mean().item())
