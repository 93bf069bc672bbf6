"""Pictures that are not digits: what the judge learns to reject.

Each kind is a function ``(digits, n, generator) -> [n, 1, 28, 28]`` in [-1, 1]. The kinds
in :data:`UNSEEN` are never trained on; they show how far the judge generalises.

Shapes: n pictures of 1x28x28; `digits` is an ``ImageSet`` (x, labels).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_teach.core import check_choice, check_count

SIZE = 28


def uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """`n` random numbers in [low, high), shaped to scale pictures: ``[n, 1, 1, 1]``."""
    return low + (high - low) * torch.rand(n, 1, 1, 1, generator=generator)


def pick(digits, n: int, generator: torch.Generator) -> Tensor:
    """`n` digits drawn with replacement, each moved a little (see :func:`jitter`)."""
    chosen = torch.randint(len(digits.x), (n,), generator=generator)
    return jitter(digits.x[chosen], generator)  # [n, 1, 28, 28]


def pick_pairs(digits, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """`n` pairs of digits; the two of a pair are of different classes."""
    first = torch.randint(len(digits.x), (n,), generator=generator)
    second = torch.randint(len(digits.x), (n,), generator=generator)
    while (same := digits.labels[first] == digits.labels[second]).any():
        again = torch.randint(len(digits.x), (int(same.sum()),), generator=generator)
        second[same] = again
    return jitter(digits.x[first], generator), jitter(digits.x[second], generator)


def jitter(x: Tensor, generator: torch.Generator) -> Tensor:
    """Shift up to 2 pixels, turn up to 12 degrees, scale and slant by up to a tenth.

    Small enough that a digit keeps its name.
    """
    n = len(x)
    angle = math.radians(12) * (2 * torch.rand(n, generator=generator) - 1)
    scale = 1 + 0.1 * (2 * torch.rand(2, n, generator=generator) - 1)
    slant = 0.1 * (2 * torch.rand(n, generator=generator) - 1)
    shift = 2 * 2 / SIZE * (2 * torch.rand(2, n, generator=generator) - 1)
    cos, sin = angle.cos(), angle.sin()
    rows = [scale[0] * cos, slant - sin, shift[0], sin, scale[1] * cos, shift[1]]
    theta = torch.stack(rows, dim=1).view(n, 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    moved = F.grid_sample(x + 1, grid, align_corners=False)  # +1: what comes in is black
    return (moved - 1).clamp(-1, 1)  # [n, 1, 28, 28]


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur with standard deviation `sigma` pixels."""
    reach = torch.arange(-13.0, 14.0)
    kernel = torch.exp(-0.5 * (reach / sigma) ** 2)
    kernel = kernel / kernel.sum()
    x = F.conv2d(F.pad(x, (13, 13, 0, 0), mode="replicate"), kernel.view(1, 1, 1, -1))
    return F.conv2d(F.pad(x, (0, 0, 13, 13), mode="replicate"), kernel.view(1, 1, -1, 1))


def soften(x: Tensor, generator: torch.Generator) -> Tensor:
    """Blur every third picture by up to 1.3 pixels, and dim each to 60 to 100 %."""
    sigma = 0.3 + float(torch.rand(1, generator=generator))
    chosen = torch.rand(len(x), 1, 1, 1, generator=generator) < 1 / 3
    x = torch.where(chosen, blur(x, sigma), x)
    return (x + 1) * uniform(len(x), 0.6, 1, generator) - 1


def full_noise(digits, n: int, generator: torch.Generator) -> Tensor:
    """Uniform noise over the whole range from black to white."""
    return 2 * torch.rand(n, 1, SIZE, SIZE, generator=generator) - 1


def uniform_noise(digits, n: int, generator: torch.Generator) -> Tensor:
    """Uniform noise around any grey, at any contrast."""
    grey, contrast = uniform(n, -1, 1, generator), uniform(n, 0.05, 1, generator)
    noise = 2 * torch.rand(n, 1, SIZE, SIZE, generator=generator) - 1
    return (grey * (1 - contrast) + contrast * noise).clamp(-1, 1)


def gaussian_noise(digits, n: int, generator: torch.Generator) -> Tensor:
    """Gaussian noise around any grey, at any contrast, clipped."""
    grey, contrast = uniform(n, -1, 1, generator), uniform(n, 0.05, 1, generator)
    noise = torch.randn(n, 1, SIZE, SIZE, generator=generator)
    return (grey + contrast * noise).clamp(-1, 1)


def salt_noise(digits, n: int, generator: torch.Generator) -> Tensor:
    """White specks on black; up to half of the pixels."""
    density = uniform(n, 0.01, 0.5, generator)
    specks = torch.rand(n, 1, SIZE, SIZE, generator=generator) < density
    return 2 * specks.float() * uniform(n, 0.4, 1, generator) - 1


def coarse_noise(digits, n: int, generator: torch.Generator) -> Tensor:
    """Noise of 4, 7 or 14 cells a side, enlarged: patches of grey."""
    cells = (4, 7, 14)[int(torch.randint(3, (1,), generator=generator))]
    noise = 2 * torch.rand(n, 1, cells, cells, generator=generator) - 1
    contrast = uniform(n, 0.2, 1, generator)
    grey = uniform(n, -1, 1, generator) * (1 - contrast)
    return (grey + contrast * F.interpolate(noise, size=(SIZE, SIZE))).clamp(-1, 1)


def blank(digits, n: int, generator: torch.Generator) -> Tensor:
    """One grey everywhere: a quarter quite black, the others at any level."""
    level = uniform(n, -1, 1, generator)
    level[torch.rand(n, generator=generator) < 0.25] = -1
    return level.expand(n, 1, SIZE, SIZE).clone()


def overlay(digits, n: int, generator: torch.Generator) -> Tensor:
    """Two digits of different classes written over each other."""
    first, second = pick_pairs(digits, n, generator)
    return torch.maximum(first, second)


def average(digits, n: int, generator: torch.Generator) -> Tensor:
    """The mean of two digits of different classes, as a bad latent walk makes it."""
    first, second = pick_pairs(digits, n, generator)
    weight = uniform(n, 0.35, 0.65, generator)
    return weight * first + (1 - weight) * second


def halves(digits, n: int, generator: torch.Generator) -> Tensor:
    """Half of one digit beside half of another class, displaced so that no stroke joins."""
    first, second = pick_pairs(digits, n, generator)
    aside = int(torch.randint(4, 7, (1,), generator=generator))
    second = second.roll(aside if torch.rand(1, generator=generator) < 0.5 else -aside, dims=3)
    x = torch.cat([first[:, :, : SIZE // 2], second[:, :, SIZE // 2 :]], dim=2)  # above, below
    sideways = torch.rand(n, 1, 1, 1, generator=generator) < 0.5
    return torch.where(sideways, _halves_sideways(first, second, aside), x)


def _halves_sideways(first: Tensor, second: Tensor, aside: int) -> Tensor:
    """Left half of one, right half of the other, one of them lower."""
    left, right = first[..., : SIZE // 2], second.roll(aside, dims=2)[..., SIZE // 2 :]
    return torch.cat([left, right], dim=3)


def erased(digits, n: int, generator: torch.Generator) -> Tensor:
    """Two blocks of 9x9 pixels wiped out, each around a pixel of the stroke."""
    x = pick(digits, n, generator)
    ink = (x + 1).flatten(1)  # [n, 784]
    centre = torch.multinomial(ink, 2, replacement=True, generator=generator)  # [n, 2]
    place = torch.arange(SIZE)
    for spot in centre.T:
        rows = (place - spot[:, None] // SIZE).abs() < 5  # [n, 28]
        columns = (place - spot[:, None] % SIZE).abs() < 5
        x = torch.where((rows[:, :, None] & columns[:, None, :])[:, None], -1.0, x)
    return x


def shuffled(digits, n: int, generator: torch.Generator) -> Tensor:
    """The sixteen 7x7 patches of a digit in random order."""
    patches = F.unfold(pick(digits, n, generator), 7, stride=7)  # [n, 49, 16]
    order = torch.rand(n, 1, 16, generator=generator).argsort(dim=2)
    patches = patches.gather(2, order.expand_as(patches))
    return F.fold(patches, (SIZE, SIZE), 7, stride=7)


def cut(digits, n: int, generator: torch.Generator) -> Tensor:
    """Strokes cut by three bands of 3 pixels, all across or all down."""
    x = pick(digits, n, generator)
    start = torch.randint(5, 8, (n, 1), generator=generator)
    place = torch.arange(SIZE) - start  # [n, 28]
    gap = (place >= 0) & (place < 18) & (place % 6 < 3)
    across = torch.rand(n, 1, 1, 1, generator=generator) < 0.5
    gap = torch.where(across, gap[:, None, :, None], gap[:, None, None, :])
    return torch.where(gap, -1.0, x)


def smeared(digits, n: int, generator: torch.Generator) -> Tensor:
    """Digits blurred beyond reading, at any brightness."""
    sigma = 3 + 2 * float(torch.rand(1, generator=generator))
    x = blur(pick(digits, n, generator), sigma) + 1
    peak = x.amax(dim=(1, 2, 3), keepdim=True).clamp_min(1e-3)
    return x / peak * uniform(n, 0.4, 2, generator) - 1


def blobs(digits, n: int, generator: torch.Generator) -> Tensor:
    """Smooth random spots with about as much ink as a digit."""
    sigma = 1.2 + 2.3 * float(torch.rand(1, generator=generator))
    field = blur(torch.randn(n, 1, SIZE, SIZE, generator=generator), sigma)
    field = field / field.std(dim=(1, 2, 3), keepdim=True)
    return torch.tanh(4 * (field - uniform(n, 0.6, 1.6, generator)))


def inverted(digits, n: int, generator: torch.Generator) -> Tensor:
    """Black digits on white."""
    return -pick(digits, n, generator)


def pixel_shuffle(digits, n: int, generator: torch.Generator) -> Tensor:
    """A digit's own pixels in random order (never trained on)."""
    x = pick(digits, n, generator).flatten(1)  # [n, 784]
    order = torch.rand(x.shape, generator=generator).argsort(dim=1)
    return x.gather(1, order).view(n, 1, SIZE, SIZE)


def stripes(digits, n: int, generator: torch.Generator) -> Tensor:
    """Sine gratings of any direction and period (never trained on)."""
    angle, period = uniform(n, 0, math.pi, generator), uniform(n, 4, 14, generator)
    place = torch.arange(SIZE, dtype=torch.float32)
    across = place * angle.cos() + place[:, None] * angle.sin()  # [n, 1, 28, 28]
    return torch.sin(2 * math.pi * across / period + uniform(n, 0, 6, generator))


def scribbles(digits, n: int, generator: torch.Generator) -> Tensor:
    """A pen's path through seven random points (never trained on; a few resemble digits)."""
    points = 4 + 19 * torch.rand(n, 7, 2, generator=generator)
    t = torch.linspace(0, 1, 25)[:, None]
    path = points[:, :-1, None] * (1 - t) + points[:, 1:, None] * t  # [n, 6, 25, 2]
    place = torch.arange(SIZE, dtype=torch.float32)
    pixels = torch.cartesian_prod(place, place)  # [784, 2]
    distance = torch.cdist(pixels, path.flatten(1, 2)).amin(dim=2)  # [n, 784]
    return torch.tanh(2 * (1.7 - distance)).view(n, 1, SIZE, SIZE)


KINDS = {
    function.__name__: function
    for function in (
        full_noise,
        uniform_noise,
        gaussian_noise,
        salt_noise,
        coarse_noise,
        blank,
        overlay,
        average,
        halves,
        erased,
        shuffled,
        cut,
        smeared,
        blobs,
        inverted,
    )
}
UNSEEN = {function.__name__: function for function in (pixel_shuffle, stripes, scribbles)}


def make_negatives(kind: str, n: int, digits, *, generator: torch.Generator) -> Tensor:
    """`n` pictures of one kind.

    Parameters
    ----------
    kind : str
        A name in :data:`KINDS` or :data:`UNSEEN`.
    n : int
        How many.
    digits : ImageSet
        Real digits with labels, from which broken and blended ones are made.
    generator : torch.Generator
        Makes the draw repeatable.

    Returns
    -------
    Tensor
        ``[n, 1, 28, 28]`` in [-1, 1].
    """
    check_count("n", n)
    check_choice("kind", kind, KINDS | UNSEEN)
    return (KINDS | UNSEEN)[kind](digits, n, generator)


def mixed_negatives(n: int, digits, *, generator: torch.Generator) -> Tensor:
    """`n` pictures, as evenly as possible of all the kinds in :data:`KINDS`."""
    each = -(-n // len(KINDS))
    parts = [make_negatives(kind, each, digits, generator=generator) for kind in KINDS]
    everything = torch.cat(parts)
    order = torch.randperm(len(everything), generator=generator)[:n]
    return everything[order]  # [n, 1, 28, 28]
