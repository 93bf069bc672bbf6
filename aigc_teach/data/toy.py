"""Toy sets in one and two dimensions: a model's success or failure is visible at a glance.

The plane's sets lie within about [-2.5, 2.5] on both axes. Mode collapse shows as a
missing blob of ``ring`` or ``grid``, a distorted manifold as a torn ``spiral``, an edge
that a net cannot draw as a blurred ``checkerboard``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..core import check_choice, check_count

MODE_STD = 0.05  # of each Gaussian of `ring` and `grid`

Sampler = Callable[["Draw"], Tensor]


class Draw:
    """How many points to draw, and from which source of randomness."""

    def __init__(self, n: int, generator: torch.Generator | None):
        check_count("n", n)
        self.n = n
        self.generator = generator
        self.device = torch.device("cpu") if generator is None else generator.device

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers, ``[n, *shape]``."""
        return torch.randn(self.n, *shape, generator=self.generator, device=self.device)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Uniform numbers in [low, high), ``[n, *shape]``."""
        u = torch.rand(self.n, *shape, generator=self.generator, device=self.device)
        return low + (high - low) * u

    def pick(self, k: int) -> Tensor:
        """Whole numbers in 0..k-1, all equally likely, ``[n]``."""
        return torch.randint(k, (self.n,), generator=self.generator, device=self.device)


def toy1d(name: str, n: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw `n` numbers from a known distribution on the line.

    Parameters
    ----------
    name : {"gaussian", "two_gaussians", "uniform", "exponential"}
        N(0, 1); half N(-1.5, 0.3^2) and half N(1.5, 0.3^2); uniform on [-2, 2);
        density exp(-x) for x > 0.
    n : int
        How many; at least 1.
    generator : torch.Generator, optional
        Makes the draw repeatable; the numbers lie on its device.

    Returns
    -------
    Tensor
        float32 ``[n, 1]``.

    Raises
    ------
    ChoiceError, RangeError, DtypeError
        For an unknown name, or an `n` that is no whole number of at least 1.

    Examples
    --------
    >>> toy1d("two_gaussians", 5).shape
    torch.Size([5, 1])
    """
    check_choice("name", name, TOY1D)
    return TOY1D[name](Draw(n, generator))


def toy2d(name: str, n: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw `n` points from a known distribution in the plane.

    Parameters
    ----------
    name : {"ring", "grid", "moons", "spiral", "pinwheel", "checkerboard"}
        8 Gaussians on a circle of radius 2; 25 on a square grid; two interleaved half
        circles; two arms of a spiral; five bent arms; 8 of the 16 squares of a board.
    n : int
        How many; at least 1.
    generator : torch.Generator, optional
        Makes the draw repeatable; the points lie on its device.

    Returns
    -------
    Tensor
        float32 ``[n, 2]``, every set with mean 0.

    Raises
    ------
    ChoiceError, RangeError, DtypeError
        For an unknown name, or an `n` that is no whole number of at least 1.

    Examples
    --------
    >>> toy2d("ring", 5).shape
    torch.Size([5, 2])
    """
    check_choice("name", name, TOY2D)
    return TOY2D[name](Draw(n, generator))


def toy1d_names() -> list[str]:
    """The names that :func:`toy1d` knows."""
    return list(TOY1D)


def toy2d_names() -> list[str]:
    """The names that :func:`toy2d` knows."""
    return list(TOY2D)


def toy1d_centres(name: str) -> Tensor:
    """The means of the equally likely modes of ``gaussian`` or ``two_gaussians``, ``[K, 1]``.

    >>> toy1d_centres("two_gaussians").flatten().tolist()
    [-1.5, 1.5]
    """
    centres = {"gaussian": [0.0], "two_gaussians": [-1.5, 1.5]}
    check_choice("name", name, centres)
    return torch.tensor(centres[name]).unsqueeze(1)  # [K, 1]


def toy2d_centres(name: str) -> Tensor:
    """The centres of the equally likely modes, where a set has them.

    Parameters
    ----------
    name : {"ring", "grid", "checkerboard"}
        Gaussians of standard deviation :data:`MODE_STD` (ring, grid), or squares of side 1.

    Returns
    -------
    Tensor
        ``[8, 2]``, ``[25, 2]`` or ``[8, 2]``.

    Examples
    --------
    >>> toy2d_centres("ring")[0].tolist()
    [2.0, 0.0]
    """
    check_choice("name", name, CENTRES2D)
    return CENTRES2D[name]()


def ring_centres() -> Tensor:
    """Eight points on the circle of radius 2, ``[8, 2]``."""
    angle = torch.arange(8) * (2 * math.pi / 8)  # [8]
    return 2 * polar(torch.ones(8), angle)  # [8, 2]


def grid_centres() -> Tensor:
    """The 25 points with whole-number coordinates from -2 to 2, ``[25, 2]``."""
    line = torch.arange(-2.0, 3.0)  # [5]
    return torch.cartesian_prod(line, line)  # [25, 2]


def checkerboard_centres() -> Tensor:
    """The middles of the 8 filled squares, each of side 1, ``[8, 2]``."""
    squares = [(i, j) for i in range(4) for j in range(4) if (i + j) % 2 == 0]
    return torch.tensor(squares) - 1.5  # [8, 2]


def polar(radius: Tensor, angle: Tensor) -> Tensor:
    """Points from polar coordinates, ``[n, 2]``."""
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


def modes(draw: Draw, centres: Tensor, std: float) -> Tensor:
    """An equal mixture of round Gaussians, ``[n, D]``."""
    centres = centres.to(draw.device)  # [K, D]
    return centres[draw.pick(len(centres))] + std * draw.normal(centres.shape[1])


def checkerboard(draw: Draw) -> Tensor:
    """Uniform over the filled squares of a 4 x 4 board on [-2, 2]^2, ``[n, 2]``."""
    centres = checkerboard_centres().to(draw.device)
    return centres[draw.pick(len(centres))] + draw.uniform(-0.5, 0.5, 2)


def moons(draw: Draw) -> Tensor:
    """Two half circles of radius 1.5 that reach into each other; noise 0.1, ``[n, 2]``."""
    side = 1.0 - 2.0 * draw.pick(2)  # [n], 1 is the upper moon, -1 the lower
    arc = polar(torch.ones_like(side), draw.uniform(0, math.pi))
    # About their common centre the moons are each other's image under x -> -x.
    centred = side.unsqueeze(1) * (1.5 * arc - torch.tensor([0.75, 0.375], device=draw.device))
    return centred + 0.1 * draw.normal(2)


def spiral(draw: Draw) -> Tensor:
    """Two arms of one and a half turns, out to radius 2.2; noise 0.05, ``[n, 2]``."""
    side = 1.0 - 2.0 * draw.pick(2)  # [n]
    t = draw.uniform(0, 1).sqrt()  # sqrt: about as many points per length everywhere
    return polar(side * 2.2 * t, 3 * math.pi * t) + 0.05 * draw.normal(2)


def pinwheel(draw: Draw) -> Tensor:
    """Five arms, bent more the further out (as in Johnson et al., 2016), ``[n, 2]``."""
    arm = draw.pick(5) * (2 * math.pi / 5)  # [n]
    blob = draw.normal(2) * torch.tensor([0.35, 0.08], device=draw.device)  # radial, tangential
    blob = blob + torch.tensor([1.2, 0.0], device=draw.device)
    angle = torch.atan2(blob[:, 1], blob[:, 0]) + arm + 0.8 * blob[:, 0]
    return polar(blob.norm(dim=1), angle)


TOY1D: dict[str, Sampler] = {
    "gaussian": lambda draw: draw.normal(1),
    "two_gaussians": lambda draw: modes(draw, toy1d_centres("two_gaussians"), 0.3),
    "uniform": lambda draw: draw.uniform(-2, 2, 1),
    "exponential": lambda draw: -torch.log1p(-draw.uniform(0, 1, 1)),  # inverse of the CDF
}
TOY2D: dict[str, Sampler] = {
    "ring": lambda draw: modes(draw, ring_centres(), MODE_STD),
    "grid": lambda draw: modes(draw, grid_centres(), MODE_STD),
    "moons": moons,
    "spiral": spiral,
    "pinwheel": pinwheel,
    "checkerboard": checkerboard,
}
CENTRES2D: dict[str, Callable[[], Tensor]] = {
    "ring": ring_centres,
    "grid": grid_centres,
    "checkerboard": checkerboard_centres,
}
