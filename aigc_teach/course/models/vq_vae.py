"""Exercises and questions of the lesson on the VQ-VAE, and files to measure it against."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from ...core import check_choice
from ...lab.checkers import call, require, same_gradients, same_on
from ...lab.register import exercise, question


class Stored(NamedTuple):
    """A grey picture as a file.

    Attributes
    ----------
    data : int
        Bits that describe this picture: JPEG's scan, PNG's compressed rows.
    header : int
        All other bits: signatures, sizes, tables, palette, check sums.
    picture : Tensor
        What comes back, ``[1, H, W]`` in [-1, 1].
    """

    data: int
    header: int
    picture: Tensor


def stored(picture: Tensor, kind: str, setting: int) -> Stored:
    """Write a grey picture ``[1, H, W]`` in [-1, 1] by Pillow, and read it again.

    `setting`: JPEG's quality, 1 to 95; PNG's number of grey levels, 2, 4, 16 or 256.

    >>> stored(torch.zeros(1, 28, 28), "PNG", 256).picture.unique().tolist()
    [0.003921627998352051]
    """
    check_choice("kind", kind, ("JPEG", "PNG"))
    most = 255 if kind == "JPEG" else setting - 1
    levels = ((picture[0] + 1) / 2 * most).round().to(torch.uint8)  # [H, W], 0 to most
    more = {"quality": setting} if kind == "JPEG" else {}
    if most < 255:  # a palette: 1, 2 or 4 bits a pixel
        image = Image.fromarray(levels.numpy()).convert("P")
        image.putpalette([grey for k in range(setting) for grey in [round(255 * k / most)] * 3])
        more["bits"] = int(math.log2(setting))
    else:
        image = Image.fromarray(levels.numpy())
    file = io.BytesIO()
    image.save(file, kind, optimize=True, **more)
    raw = file.getvalue()
    again = Image.open(io.BytesIO(raw)).convert("L")
    back = torch.tensor(list(again.tobytes())).reshape(1, *levels.shape) / 127.5 - 1
    payload = 8 * (_scan(raw) if kind == "JPEG" else _rows(raw))
    return Stored(payload, 8 * len(raw) - payload, back)


def bits_at(error: float, sizes: Sequence[float], errors: Sequence[float]) -> float:
    """Bits that a codec needs at an error, on a straight line of logarithms between two settings.

    Parameters
    ----------
    error : float
        Above 0. Beyond the settings the nearest two are continued.
    sizes, errors : sequence of float
        Bits and errors of each setting, from coarse to fine.

    Returns
    -------
    float

    Examples
    --------
    >>> round(bits_at(0.01, [100.0, 400.0, 900.0], [0.1, 0.001, 0.0001]))
    200
    """
    wanted = math.log(error)
    falls = [math.log(each) for each in errors]
    right = min(max(sum(each > wanted for each in falls), 1), len(falls) - 1)
    a, b = falls[right - 1], falls[right]
    u, v = math.log(sizes[right - 1]), math.log(sizes[right])
    return math.exp(u + (wanted - a) / (b - a) * (v - u))


def _scan(raw: bytes) -> int:
    """Bytes of a JPEG after its last table: from the scan's header on, the end mark left out."""
    at = raw.index(b"\xff\xda")
    return len(raw) - (at + 2 + int.from_bytes(raw[at + 2 : at + 4], "big")) - 2


def _rows(raw: bytes) -> int:
    """Bytes inside a PNG's IDAT chunks."""
    at, inside = 8, 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        inside += size if raw[at + 4 : at + 8] == b"IDAT" else 0
        at += 12 + size
    return inside


# --- exercises

Z = torch.tensor([[0.2, 0.1], [3.0, -1.0], [-0.9, 0.4], [0.6, 2.0]])
BOOK = torch.tensor([[0.0, 0.0], [4.0, -4.0], [-1.0, 0.5], [1.0, 1.5], [2.0, 0.0]])
LONG = torch.tensor([[0.5, 0.0], [5.0, 0.0], [9.0, 9.0]])  # a long code beside short ones
ORIGIN = torch.zeros(1, 2)
OBLIQUE = torch.tensor([[3.0, 0.0], [2.0, 2.0]])  # the second is nearer, but not in city blocks
WIDE = torch.tensor([[2.5, 2.5], [3.0, 0.0]])  # the second is nearer, but not in its largest step


def _nearest(z: Tensor, codes: Tensor) -> Tensor:
    return (z[:, None] - codes).square().sum(2).argmin(1)


NEAREST_MISTAKES = {
    "You chose the farthest code: argmin, not argmax.": (
        lambda z, e: (z[:, None] - e).square().sum(2).argmax(1)
    ),
    "You chose the code with the largest inner product, which favours long codes. Take the "
    "distance.": lambda z, e: (z @ e.T).argmax(1),
    "You gave the codes themselves; give their numbers.": lambda z, e: e[_nearest(z, e)],
    "You gave the distance to the nearest code; give its number.": (
        lambda z, e: (z[:, None] - e).square().sum(2).sqrt().amin(1)
    ),
    "You gave the squared distance to the nearest code; give its number.": (
        lambda z, e: (z[:, None] - e).square().sum(2).amin(1)
    ),
    "That is, for each code, the nearest vector. Each vector must choose a code.": (
        lambda z, e: (z[:, None] - e).square().sum(2).argmin(0)
    ),
    "You added up the differences without squares: those of different sign cancel.": (
        lambda z, e: (z[:, None] - e).sum(2).argmin(1)
    ),
    "You added up signed differences and took their size: square each one first.": (
        lambda z, e: (z[:, None] - e).sum(2).abs().argmin(1)
    ),
    "You added up absolute differences: that is another distance. Square them.": (
        lambda z, e: (z[:, None] - e).abs().sum(2).argmin(1)
    ),
    "You took the largest difference only: that is another distance.": (
        lambda z, e: (z[:, None] - e).abs().amax(2).argmin(1)
    ),
    "You looked at the first number of each vector only.": (
        lambda z, e: (z[:, None, 0] - e[:, 0]).abs().argmin(1)
    ),
    "z + e is no difference: subtract.": (lambda z, e: (z[:, None] + e).square().sum(2).argmin(1)),
}


@exercise(
    "models/vq_vae/nearest",
    not_yet="Write the body of `nearest_of(z, codes)` and return one number for each vector.",
    right="Each vector has become a whole number: that is all the compression there is.",
    hints=[
        "You need the distance of every vector to every code: [M, K].",
        "z[:, None] - codes is [M, K, D]: square it and sum over the last axis.",
        "(z[:, None] - codes).square().sum(2).argmin(1)",
    ],
)
def nearest(answer) -> None:
    """The number of the nearest code for each vector, int64 [M]."""
    same_on(
        answer,
        _nearest,
        cases=[
            (Z, BOOK),
            (Z[:2], LONG),
            (Z, BOOK[1:2]),
            (ORIGIN, OBLIQUE),
            (ORIGIN, WIDE),
        ],
        mistakes=NEAREST_MISTAKES,
    )


def _through(z: Tensor, e: Tensor) -> Tensor:
    return z + (e - z).detach()


@exercise(
    "models/vq_vae/through",
    not_yet="Write the body of `through(z, e)` and return what the decoder reads.",
    right="The codes in value, the encoder's vectors in gradient.",
    hints=[
        "In value it must be e. What can you add to z so that it becomes e?",
        "z + (e - z) is e. Which part must not be differentiated?",
        "z + (e - z).detach()",
    ],
)
def through(answer) -> None:
    """Values of e; derivative 1 by z and 0 by e."""
    e = BOOK[_nearest(Z, BOOK)]
    same_on(
        answer,
        _through,
        cases=[(Z, e), (Z[:1], e[1:2])],
        mistakes={
            "You return z: the decoder must read the codes.": lambda z, e: z + 0 * e,
            "You return z + e; in value it must be e.": lambda z, e: z + e,
            "You return e - z, what must be added to z.": lambda z, e: e - z,
            "You subtract the way from z to e; add it.": lambda z, e: z - (e - z),
        },
    )
    same_gradients(
        answer,
        _through,
        (Z, e),
        [0],
        "By z the derivative must be 1, so that the decoder's gradient goes on to the encoder.",
    )
    given = e.clone().requires_grad_()
    found = call(answer, Z.clone(), given)
    reached = torch.zeros(1)
    if found.requires_grad:
        (reached,) = torch.autograd.grad(found.sum(), given, allow_unused=True)
    require(
        reached is None or not reached.any(),
        "Values and the gradient by z are right, but a gradient reaches e, too: the codebook has "
        "a term of its own. Put e inside .detach().",
    )


def _perplexity(batches: Tensor) -> Tensor:
    p = torch.bincount(batches.flatten()) / batches.numel()
    return torch.special.entr(p).sum().exp()


def _each(batches: Tensor) -> Tensor:
    return torch.stack([_perplexity(batch) for batch in batches])


BATCHES = [
    (torch.tensor([[0, 0, 1, 1], [2, 3, 2, 3], [0, 0, 0, 1]]),),
    (torch.tensor([[0, 1], [2, 3]]),),
    (torch.tensor([[5, 5, 5]]),),
]


@exercise(
    "models/vq_vae/perplexity",
    not_yet="Write the body of `perplexity_of(batches)` and return one number.",
    right="Counted over all data: it does not change if you cut them into other batches.",
    hints=[
        "First shares of all data, then one entropy: flatten the batches.",
        "torch.bincount(..., ) counts; torch.special.entr(p) is -p log p, 0 at 0.",
        "p = counts / counts.sum(); the exponential of its entropy in nats.",
    ],
)
def perplexity(answer) -> None:
    """The perplexity of all codes [B, M] together."""
    mistakes = {
        "You averaged the perplexities of single batches: a batch of M vectors cannot show more "
        "than M codes. Count all data first.": lambda b: _each(b).mean(),
        "You averaged the entropies of single batches; count all data first.": (
            lambda b: _each(b).log().mean().exp()
        ),
        "You used the last batch alone.": lambda b: _perplexity(b[-1]),
        "You used the first batch alone.": lambda b: _perplexity(b[0]),
        "That is the entropy in nats; take its exponential.": (lambda b: _perplexity(b).log()),
        "The sign is on the whole: -(...).sum().exp() turns the exponential. The minus belongs to "
        "the sum, before exp.": lambda b: -1 / _perplexity(b),
        "That is the entropy in bits; take two to its power.": (lambda b: _perplexity(b).log2()),
        "You mixed bases: an entropy in nats needs e to its power, one in bits needs 2.": (
            lambda b: 2 ** _perplexity(b).log()
        ),
        "You mixed the bases: an entropy in bits needs 2 to its power.": (
            lambda b: _perplexity(b).log2().exp()
        ),
        "That is how many codes are used at all; weigh them by how often.": (
            lambda b: b.unique().numel()
        ),
        "The entropy has the wrong sign: it is minus the sum of p log p.": (
            lambda b: 1 / _perplexity(b)
        ),
    }
    same_on(answer, _perplexity, cases=BATCHES, mistakes=mistakes)


question(
    "models/vq_vae/q1",
    "Why does the encoder of a VQ-VAE learn nothing from the true gradient?",
    options={
        "a": (
            "The choice of the nearest code is constant almost everywhere.",
            "A small move of z changes no code, so it changes no loss.",
        ),
        "b": ("The codes are too far away.", "Near or far, the choice is piecewise constant."),
        "c": (
            "The EMA has no gradient.",
            "That concerns the codebook; the encoder lacks one with a learnt codebook, too.",
        ),
    },
    answer="a",
)

question(
    "models/vq_vae/q2",
    "A codebook is started on vectors of the first batch, and later most of it is unused. Why?",
    options={
        "a": (
            "The start was random: most codes never lay near any vector.",
            "They lay on vectors of the data: as good as a start can be.",
        ),
        "b": (
            "There are more codes than a picture has places.",
            "Over all pictures there is work for them: with restarts most are used.",
        ),
        "c": (
            "The encoder moved: unchosen codes did not follow.",
            "Only chosen codes move, by EMA and by gradient alike.",
        ),
    },
    answer="c",
)

question(
    "models/vq_vae/q3",
    "A log shows the mean perplexity of batches. It rises when the batch is made larger. Progress?",
    options={
        "a": (
            "Yes: more codes are used, which is what restarts are for.",
            "The same model on the same data has the same use.",
        ),
        "b": (
            "Perhaps not: small batches cannot show all codes.",
            "Count over all data, then take the entropy.",
        ),
        "c": (
            "No: larger batches use fewer codes of the codebook.",
            "A larger batch shows more of them.",
        ),
    },
    answer="b",
)

question(
    "models/vq_vae/q4",
    "49 codes of 64 are 294 bits. How can a file of the same codes be a third as long?",
    options={
        "a": ("By leaving out rare codes.", "Then the picture would change; nothing is lost here."),
        "b": ("By a smaller codebook.", "The codes are the same."),
        "c": (
            "By an arithmetic coder, which uses the prior's probabilities.",
            "A code of probability p costs -log2 p bits, and the prior foresees most of them.",
        ),
    },
    answer="c",
)

question(
    "models/vq_vae/q5",
    "The VQ-VAE needs fewer bits than JPEG at the same error. What was not counted?",
    options={
        "a": (
            "The decoder and the prior, which know digits alone.",
            "Their weights must be sent once; JPEG draws anything.",
        ),
        "b": (
            "JPEG's header, which makes up most of so small a file.",
            "It was left out in JPEG's favour.",
        ),
        "c": (
            "The label, which the prior is told before the first code.",
            "It costs 3.3 bits, which changes little.",
        ),
    },
    answer="a",
)
