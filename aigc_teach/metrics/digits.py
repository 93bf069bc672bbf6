"""How good a set of generated digits is, measured with the judge and beside real ones.

No figure here means anything alone: real digits that nobody trained on do not reach 1.0
either. :func:`compare` therefore always shows theirs first, and every other figure as a
ratio to theirs as well. A better figure than the real digits' means "more typical", not
"better than real".

Shapes: N samples, M training images, R reference images, each 1x28x28.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from aigc_teach.core import (
    ChoiceError,
    DataError,
    DtypeError,
    ShapeError,
    check_count,
    check_images,
)

from .frechet import frechet_distance, gaussian_of
from .judge import IMAGE_SHAPE, REJECT, judge_images

SURE = 0.9
"""A sample counts as a good digit where the judge names one with more than this."""

REAL = "real digits (held out)"
"""Name of the yardstick in :func:`compare`."""


class DigitScores(NamedTuple):
    """Figures of one set of samples.

    Attributes
    ----------
    good : float
        Share that the judge takes for some digit with p > 0.9; in [0, 1].
    rarest : float
        Smallest of `shares`: 0 where a digit never appears (mode collapse).
    shares : tuple of float
        Good samples of each digit, as shares of all N; they sum to `good`.
    frechet : float
        Squared Frechet distance of the judge's features to the reference's. It grows as N
        shrinks, even for perfect samples: compare sets of one size.
    nearest : float
        Mean Euclidean distance, in pixels of [-1, 1], to the nearest training image; much
        below the real digits' own means copying.
    diversity : float
        Mean distance of two samples, over the same of two reference images; 0 where all
        samples are one picture.
    within : float
        The same inside each class (as judged), averaged over the classes that have at least
        2 samples; NaN where none has.
    n : int
        Number of samples.
    """

    good: float
    rarest: float
    shares: tuple[float, ...]
    frechet: float
    nearest: float
    diversity: float
    within: float
    n: int

    def table(self) -> str:
        """The figures as text, one a line.

        >>> print(DigitScores(0.9, 0.08, (0.09,) * 10, 2.5, 5.0, 1.0, 0.9, 500).table())
        good        0.900   ...
        """
        lines = [f"{name:<10}{getattr(self, name):>7.3f}   {text}" for name, text in MEANING]
        shares = "  ".join(f"{digit}: {share:.3f}" for digit, share in enumerate(self.shares))
        return "\n".join([*lines, f"shares of good samples   {shares}", f"samples   {self.n}"])


MEANING = [
    ("good", "share taken for a digit with p > 0.9"),
    ("rarest", "share of the rarest digit"),
    ("frechet", "Frechet classifier distance (lower is nearer)"),
    ("nearest", "mean distance to the nearest training image"),
    ("diversity", "spread of the samples over that of real digits"),
    ("within", "the same inside each class"),
]


def score_digits(
    samples: Tensor, judge: nn.Module, *, train_images: Tensor, reference: Tensor | None = None
) -> DigitScores:
    """Score generated digits.

    Parameters
    ----------
    samples : Tensor
        Generated images, float32 ``[N, 1, 28, 28]`` in [-1, 1], N at least 2.
    judge : Judge
        Eleven classes, for example ``zoo.load("judge")``.
    train_images : Tensor
        ``[M, 1, 28, 28]``: what the generator was trained on.
    reference : Tensor, optional
        ``[R, 1, 28, 28]``: real images to be near to; `train_images` if left out.

    Returns
    -------
    DigitScores

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence: wrong shapes, pixels outside [-1, 1], NaN, too few samples, a
        judge without a reject class.
    """
    reference = train_images if reference is None else reference
    sets = {"samples": samples, "train_images": train_images, "reference": reference}
    for name, images in sets.items():
        check_images(images, shape=IMAGE_SHAPE)
        if name != "train_images" and len(images) < 2:
            raise DataError(f"`{name}` holds 1 image; a spread needs at least 2.")
    if getattr(judge, "classes", None) != REJECT + 1:
        raise DtypeError(
            "The judge must be a metrics.Judge with 11 classes, ten digits and 'not a digit'; "
            f"you gave a {type(judge).__name__} with {getattr(judge, 'classes', 'no')} classes."
        )
    real_spread = spread(reference)
    if real_spread == 0:
        raise DataError("All `reference` images are the same; real digits differ.")
    features, probabilities = judge_images(judge, samples)  # [N, 64], [N, 11]
    real_features, real_probabilities = judge_images(judge, reference)
    shares = good_shares(probabilities)
    classes, real_classes = probabilities.argmax(dim=1).cpu(), real_probabilities.argmax(dim=1)
    return DigitScores(
        good=sum(shares),
        rarest=min(shares),
        shares=shares,
        frechet=frechet_distance(*gaussian_of(features), *gaussian_of(real_features)),
        nearest=nearest_distance(samples, train_images).mean().item(),
        diversity=spread(samples) / real_spread,
        within=within_classes(samples, classes, reference, real_classes.cpu()),
        n=len(samples),
    )


def good_shares(probabilities: Tensor) -> tuple[float, ...]:
    """Share of all samples that are a good 0, a good 1, ..., a good 9.

    >>> good_shares(torch.eye(11)[[3, 3, 10, 7]])[3]
    0.5
    """
    sure, verdict = probabilities.max(dim=1)  # [N], [N]
    good = verdict[(sure > SURE) & (verdict != REJECT)]
    counts = torch.bincount(good, minlength=REJECT)  # [10]
    return tuple(count / len(probabilities) for count in counts.tolist())


def nearest_distance(x: Tensor, others: Tensor, *, chunk: int = 500) -> Tensor:
    """Euclidean distance of each image to the nearest of `others`, a chunk at a time.

    Parameters
    ----------
    x : Tensor
        ``[N, ...]``.
    others : Tensor
        ``[M, ...]`` with items of the same size.
    chunk : int
        Rows of `x` compared at once: memory is chunk x M numbers.

    Returns
    -------
    Tensor
        ``[N]``.

    Raises
    ------
    DtypeError, ShapeError
        With a sentence.

    Examples
    --------
    >>> nearest_distance(torch.tensor([[0.0], [9.0]]), torch.tensor([[1.0], [5.0]])).tolist()
    [1.0, 4.0]
    """
    check_count("chunk", chunk)
    for name, value in {"x": x, "others": others}.items():
        if not isinstance(value, Tensor):
            raise DtypeError(f"{name} must be a torch.Tensor; you gave {kind_of(value)}.")
    if not len(others) or x.shape[1:].numel() != others.shape[1:].numel():
        raise ShapeError(
            f"x {list(x.shape)} and others {list(others.shape)} must hold items of one size, and "
            "others at least one."
        )
    x, others = x.detach().flatten(1).float(), others.detach().flatten(1).float()
    others = others.to(x.device)
    return torch.cat([torch.cdist(part, others).amin(dim=1) for part in x.split(chunk)])  # [N]


def spread(x: Tensor, *, at_most: int = 1000) -> float:
    """Mean Euclidean distance of two different images among the first `at_most` of `x`.

    >>> spread(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    5.0
    """
    x = x[:at_most].detach().flatten(1).float()
    return torch.pdist(x).mean().item()


def within_classes(x: Tensor, classes: Tensor, real: Tensor, real_classes: Tensor) -> float:
    """Spread inside each digit class over that of real images, averaged over the classes."""
    ratios = []
    for digit in range(REJECT):
        ours, theirs = x[classes == digit], real[real_classes == digit]
        if len(ours) > 1 and len(theirs) > 1 and spread(theirs) > 0:
            ratios.append(spread(ours) / spread(theirs))
    return sum(ratios) / len(ratios) if ratios else math.nan


def compare(scores: dict[str, DigitScores], *, real: DigitScores | None = None) -> str:
    """A Markdown table: held-out real digits first, then the others with ratios to them.

    Parameters
    ----------
    scores : dict of str to DigitScores
        One entry a model. The real digits' own figures may be among them under the name
        :data:`REAL`, or be given as `real`.
    real : DigitScores, optional
        ``score_digits(data.digits("held_out").x, ...)``.

    Returns
    -------
    str
        The first line of figures is always the real digits'; each figure of a model is
        followed by its ratio to theirs, as in ``0.80 (0.85x)``.

    Raises
    ------
    ChoiceError
        Where the real digits' own figures are missing: a figure alone says nothing.
    DtypeError
        Where a value is something else than DigitScores.
    """
    if not isinstance(scores, dict):
        raise DtypeError(f"compare takes a dict, name to scores; you gave {kind_of(scores)}.")
    for name, value in scores.items():
        if not isinstance(value, DigitScores):
            raise DtypeError(f"The scores of {name!r} must be DigitScores, not {kind_of(value)}.")
    real = scores.get(REAL) if real is None else real
    if not isinstance(real, DigitScores):
        raise ChoiceError(
            "compare needs the held-out real digits' own figures to show first: "
            f"give real=score_digits(...), or an entry named {REAL!r}."
        )
    names = [name for name, _ in MEANING]
    lines = ["| samples | n | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    rows = {REAL: real} | {name: value for name, value in scores.items() if name != REAL}
    for name, value in rows.items():
        cells = [_cell(value, real, column, alone=name == REAL) for column in names]
        lines.append("| " + " | ".join([name, str(value.n), *cells]) + " |")
    return "\n".join(lines)


def kind_of(value: object) -> str:
    """What something is, for a sentence.

    >>> kind_of([])
    'a list'
    """
    return f"a {type(value).__name__}"


def _cell(value: DigitScores, real: DigitScores, name: str, *, alone: bool) -> str:
    """One figure, with its ratio to the real digits' own."""
    figure, yardstick = getattr(value, name), getattr(real, name)
    if math.isnan(figure):
        return "-"
    text = f"{figure:.3f}" if figure < 1 else f"{figure:.2f}"
    if alone or not yardstick:
        return text
    return f"{text} ({figure / yardstick:.2f}x)"
