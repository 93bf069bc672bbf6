"""Exercises and questions of the lesson on cutting and effects."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from ....core import make_generator
from ....lab.checkers import same_on
from ....lab.register import exercise, question

_g = make_generator(3)
HISTOGRAMS = torch.rand(5, 4, generator=_g, dtype=torch.float64)
HISTOGRAMS = HISTOGRAMS / HISTOGRAMS.sum(1, keepdim=True)
OTHERS = HISTOGRAMS[[3, 0, 4]]


def _difference(h: Tensor) -> Tensor:
    return h.diff(dim=0).abs().sum(1) / 2


DIFFERENCE_MISTAKES = {
    "That is twice too much: two histograms with no colour in common should differ by 1, not "
    "by 2.": lambda h: 2 * _difference(h),
    "Differences of both signs cancel, and the sum is always 0: take absolute values first.": (
        lambda h: h.diff(dim=0).sum(1) / 2
    ),
    "You averaged over the colours; add them up, so that the number of colours does not matter.": (
        lambda h: h.diff(dim=0).abs().mean(1)
    ),
    "You halved the mean over the colours; halve the sum.": (
        lambda h: h.diff(dim=0).abs().mean(1) / 2
    ),
    "That is the Euclidean distance; add absolute values.": lambda h: h.diff(dim=0).norm(dim=1),
    "That is what they have in common; one minus it is asked for.": (lambda h: 1 - _difference(h)),
    "You went from each colour to the next; go from each frame to the next.": (
        lambda h: h.diff(dim=1).abs().sum(1) / 2
    ),
    "You compared every frame with the first; compare it with the one before.": (
        lambda h: (h[1:] - h[:1]).abs().sum(1) / 2
    ),
    "You added up over time; add up over the colours: sum(1).": (
        lambda h: h.diff(dim=0).abs().sum(0) / 2
    ),
    "That is the largest change of one colour; add all of them up.": (
        lambda h: h.diff(dim=0).abs().amax(1)
    ),
    "You squared the differences; take their absolute values.": (
        lambda h: h.diff(dim=0).square().sum(1) / 2
    ),
    "That is half the Euclidean distance; add absolute values.": (
        lambda h: h.diff(dim=0).norm(dim=1) / 2
    ),
    "That is one sum for the whole film; give a number for each pair of frames.": (
        lambda h: h.diff(dim=0).abs().sum() / 2
    ),
    "Those are the changes of each colour; add them up over the colours: sum(1).": (
        lambda h: h.diff(dim=0).abs() / 2
    ),
    "You compared every frame with the one two before it; take the one before it.": (
        lambda h: (h[2:] - h[:-2]).abs().sum(1) / 2
    ),
}


@exercise(
    "video/cutting_and_effects/difference",
    not_yet="Write the body of `difference(h)` and return a number for each pair of frames.",
    right="0 where the colours are the same, wherever they stand; 1 where none is shared.",
    hints=[
        "h[1:] - h[:-1] is what each colour gained from one frame to the next.",
        "What one colour gains another loses: the absolute values count each pixel twice.",
        "(h[1:] - h[:-1]).abs().sum(1) / 2",
    ],
)
def difference(answer) -> None:
    """The difference of colour histograms."""
    same_on(answer, _difference, [(HISTOGRAMS,), (OTHERS,)], mistakes=DIFFERENCE_MISTAKES)


STRENGTH = torch.randn(40, generator=_g, dtype=torch.float64)


def _agreement(s: Tensor, lag: int) -> Tensor:
    return (s[lag:] * s[:-lag]).sum()


AGREEMENT_MISTAKES = {
    "You turned the row round: its end is not followed by its beginning. Leave the ends out.": (
        lambda s, lag: (s * s.roll(lag)).sum()
    ),
    "That is the product at lag 0, the same for every lag: move one of the two.": (
        lambda s, lag: (s * s).sum()
    ),
    "You moved by one too many: s[lag:] and s[:-lag] belong together.": (
        lambda s, lag: (s[lag + 1 :] * s[: -lag - 1]).sum()
    ),
    "That is the difference of the two; where both are large, their product is.": (
        lambda s, lag: (s[lag:] - s[:-lag]).abs().sum()
    ),
    "You multiplied sums; multiply moment by moment, then add up.": (
        lambda s, lag: s[lag:].sum() * s[:-lag].sum()
    ),
    "You averaged; add up, so that a long lag, with fewer products, counts less.": (
        lambda s, lag: (s[lag:] * s[:-lag]).mean()
    ),
    "You gave the products; add them up.": lambda s, lag: s[lag:] * s[:-lag],
    "You divided by the agreement at lag 0; the sum of the products alone is asked for.": (
        lambda s, lag: _agreement(s, lag) / (s @ s)
    ),
    "You took the mean away first; multiply the strengths as they are.": (
        lambda s, lag: _agreement(s - s.mean(), lag)
    ),
    "That is a correlation; the sum of the products alone is asked for.": (
        lambda s, lag: torch.corrcoef(torch.stack([s[lag:], s[:-lag]]))[0, 1]
    ),
    "You multiplied two moments only; multiply all that lie `lag` apart.": (
        lambda s, lag: s[lag] * s[0]
    ),
    "Those are squared differences, small where both agree; products are asked for.": (
        lambda s, lag: (s[lag:] - s[:-lag]).square().sum()
    ),
    "You added the two rows; multiply them.": (lambda s, lag: (s[lag:] + s[:-lag]).sum()),
    "You moved by one too few: s[lag:] and s[:-lag] belong together.": (
        lambda s, lag: s[lag - 1 :] @ s[: len(s) - lag + 1]
    ),
    "Those are all lags up to this one; give that of `lag` alone.": (
        lambda s, lag: torch.stack([s @ s, *(_agreement(s, k) for k in range(1, lag + 1))])
    ),
}


@exercise(
    "video/cutting_and_effects/agreement",
    not_yet="Write the body of `agreement(strength, lag)` and return one number.",
    right="Large where the onsets fall on onsets again: the tempo is the lag of the highest.",
    hints=[
        "Lay the row over itself, moved by `lag`.",
        "strength[lag:] and strength[:-lag] are the two rows.",
        "(strength[lag:] * strength[:-lag]).sum()",
    ],
)
def agreement(answer) -> None:
    """Autocorrelation at one lag."""
    cases = [(STRENGTH, 3), (STRENGTH[5:], 8), (2 * STRENGTH, 1)]
    same_on(answer, _agreement, cases, mistakes=AGREEMENT_MISTAKES)


ALPHA = torch.tensor([[0.0, 0.25, 0.5], [0.75, 1.0, 0.4]], dtype=torch.float64)
FRONT = torch.tensor([[0.3, -0.5, 0.9], [0.1, -0.2, 0.6]], dtype=torch.float64)


def _alpha(black: Tensor, white: Tensor) -> Tensor:
    return 1 - (white - black) / 2


def _shots(alpha: Tensor, front: Tensor) -> tuple[Tensor, Tensor]:
    return alpha * front - (1 - alpha), alpha * front + (1 - alpha)


ALPHA_MISTAKES = {
    "That is how much shines through; alpha is one minus it.": lambda b, w: (w - b) / 2,
    "White is 1 and black is -1: they lie 2 apart, so divide the difference by 2.": (
        lambda b, w: 1 - (w - b)
    ),
    "Wrong sign: the picture on white is the brighter one.": lambda b, w: 1 - (b - w) / 2,
    "That is the mean of both, alpha times the colour.": lambda b, w: (b + w) / 2,
    "The difference needs no absolute values and no square: it is 2 (1 - alpha).": (
        lambda b, w: 1 - (w - b).square() / 2
    ),
    "That is alpha for pictures in [0, 1]; here they lie in [-1, 1].": (
        lambda b, w: (1 - (w - b)).clamp(0, 1)
    ),
    "On black alone a dark front looks like one that lets black through: use both pictures.": (
        lambda b, w: (b + 1) / 2
    ),
    "On white alone a bright front looks like one that lets white through: use both pictures.": (
        lambda b, w: (1 - w) / 2
    ),
    "Halve the difference, not all of it: 1 - (white - black) / 2.": (
        lambda b, w: (1 - (w - b)) / 2
    ),
    "That is the difference, 2 (1 - alpha): solve it for alpha.": (lambda b, w: w - b),
    "That is a cut-out of zeros and ones; at an edge alpha lies between.": (
        lambda b, w: (_alpha(b, w) > 0.5).double()
    ),
    "You divided the pictures; subtract them: the front's colour must fall out.": (
        lambda b, w: b / w
    ),
}


@exercise(
    "video/cutting_and_effects/alpha",
    not_yet="Write the body of `alpha_of(black, white)` and return alpha for each pixel.",
    right="The colour of the front falls out: two backgrounds give the matte exactly.",
    hints=[
        "Write I = a F + (1 - a) B down twice, with B = -1 and with B = 1, and subtract.",
        "white - black = 2 (1 - a).",
        "1 - (white - black) / 2",
    ],
)
def alpha(answer) -> None:
    """Triangulation matting."""
    cases = [_shots(ALPHA, FRONT), _shots(ALPHA.flip(1), FRONT)]
    same_on(answer, _alpha, cases, mistakes=ALPHA_MISTAKES)


VALUES = torch.tensor([1.0, 2.0, 1.5, 8.0, 9.0, 8.5, 3.0], dtype=torch.float64)


def _running(
    x: Tensor, keep: float, resets: list[int], *, whole: float = 1.0, new: float | None = None
) -> Tensor:
    new, rows = 1 - keep if new is None else new, [x[0]]
    for t in range(1, len(x)):
        rows.append(whole * x[t] if t in resets else keep * rows[-1] + new * x[t])
    return torch.stack(rows)


def _plain(x: Tensor, keep: float, resets: list[int]) -> Tensor:
    edges = [0, *resets, len(x)]
    parts = [x[a:b] for a, b in itertools.pairwise(edges)]
    return torch.cat([part.cumsum(0) / torch.arange(1, len(part) + 1) for part in parts])


def _late(x: Tensor, keep: float, resets: list[int]) -> Tensor:
    rows = [x[0]]
    for t in range(1, len(x)):
        old = x[t - 1] if t in resets else rows[-1]
        rows.append(keep * old + (1 - keep) * x[t])
    return torch.stack(rows)


def _zero(x: Tensor, keep: float, resets: list[int]) -> Tensor:
    rows = [x[0]]
    for t in range(1, len(x)):
        old = torch.zeros_like(x[0]) if t in resets else rows[-1]
        rows.append(keep * old + (1 - keep) * x[t])
    return torch.stack(rows)


def _neighbours(x: Tensor, keep: float, resets: list[int]) -> Tensor:
    rows = [x[0]]
    for t in range(1, len(x)):
        rows.append(x[t] if t in resets else keep * x[t - 1] + (1 - keep) * x[t])
    return torch.stack(rows)


RUNNING_MISTAKES = {
    "You forget to begin anew at the resets.": lambda x, k, r: _running(x, k, []),
    "The weights are swapped: `keep` belongs to the old mean.": (
        lambda x, k, r: _running(x, 1 - k, r)
    ),
    "At a reset the new value counts alone, without the frame before.": _late,
    "At a reset you begin from 0, which the film never had: begin from the new value.": _zero,
    "You mixed with the value before; mix with the mean before, which remembers more.": (
        _neighbours
    ),
    "You gave the values back unchanged.": lambda x, k, r: x,
    "The first frame has nothing before it: its mean is its own value, not a part of it.": (
        lambda x, k, r: torch.cat([(1 - k) * x[:1], _running(x, k, r)[1:]])
    ),
    "You begin anew one frame too late.": (lambda x, k, r: _running(x, k, [t + 1 for t in r])),
    "You begin anew one frame too early.": (lambda x, k, r: _running(x, k, [t - 1 for t in r])),
    "At a reset the new value counts whole, not times `keep`.": (
        lambda x, k, r: _running(x, k, r, whole=k)
    ),
    "That is the plain mean since the last reset; weigh the old mean by `keep`.": (_plain),
    "The weights must add up to 1: `keep` for the old mean, 1 - keep for the new value.": (
        lambda x, k, r: _running(x, k, r, new=1.0)
    ),
    "That is the last mean alone; give one for each frame.": (
        lambda x, k, r: _running(x, k, r)[-1]
    ),
    "The first frame is missing: its mean is its own value.": (
        lambda x, k, r: _running(x, k, r)[1:]
    ),
}


@exercise(
    "video/cutting_and_effects/running",
    not_yet="Write the body of `running(x, keep, resets)` and return a mean for each frame.",
    right="Steady within a shot, and without a memory of the one before.",
    hints=[
        "Begin with rows = [x[0]] and go through t = 1, 2, ...",
        "At a reset append x[t], otherwise keep * rows[-1] + (1 - keep) * x[t].",
        "return torch.stack(rows)",
    ],
)
def running(answer) -> None:
    """A running mean that begins anew at cuts."""
    cases = [(VALUES, 0.5, [3]), (VALUES, 0.8, [3, 6]), (VALUES[2:], 0.9, [1])]
    same_on(answer, _running, cases, mistakes=RUNNING_MISTAKES)


question(
    "video/cutting_and_effects/q1",
    "A detector finds every cut of a film, and calls ten flashes cuts as well. Which number falls?",
    options={
        "a": (
            "Recall: ten of what was found are wrong.",
            "Every true cut was found, so recall is 1.",
        ),
        "b": ("Precision.", "Of what it calls a cut, ten are none."),
        "c": ("Both of them, as each counts errors.", "Recall counts true cuts alone."),
    },
    answer="b",
)

question(
    "video/cutting_and_effects/q2",
    "The beats that were found have the right tempo and an F-measure of 0. How can that be?",
    options={
        "a": (
            "They lie between the true ones.",
            "Half a beat late is further than 70 ms, for every one of them.",
        ),
        "b": (
            "It cannot be: with the right tempo some must be right.",
            "The tempo says how far they lie apart, not where.",
        ),
        "c": ("The sound is too soft.", "Loudness was divided out."),
    },
    answer="a",
)

question(
    "video/cutting_and_effects/q3",
    "A ball moves 14 pixels between two frames and is 8 wide. Why does block matching lose it?",
    options={
        "a": (
            "It is out of reach: at most 6 pixels are looked at.",
            "Half of 14 is 7, so that adds to it; but it is lost within the reach, too.",
        ),
        "b": (
            "Half-way, both frames show the background.",
            "So they agree there perfectly if nothing moves.",
        ),
        "c": ("Its colour changes from frame to frame.", "It does not."),
    },
    answer="b",
)

question(
    "video/cutting_and_effects/q4",
    "The matte is right, and yet the head has a bright rim before a dark background. Why?",
    options={
        "a": (
            "The pixels of the edge hold the old background.",
            "I = a F + (1 - a) B: the new picture needs F, and I was put in.",
        ),
        "b": ("The matte is too sharp at the edge of the head.", "It was said to be right."),
        "c": (
            "The net was trained too little, or on too few heads.",
            "It has no part in that: the matte is right.",
        ),
    },
    answer="a",
)

question(
    "video/cutting_and_effects/q5",
    "Smoothing the style's statistics over time made the film flicker more. Where do you look?",
    options={
        "a": ("At the tones' colours.", "They are the same as before."),
        "b": ("At the grain.", "The film had none."),
        "c": (
            "At the frames after each cut.",
            "The statistics of the old shot drift to those of the new, through all tones.",
        ),
    },
    answer="c",
)
