"""Exercises and questions of the lesson on music."""

from __future__ import annotations

import torch
from torch import Tensor

from ....core import make_generator
from ....lab.checkers import same_on
from ....lab.register import exercise, question
from ....metrics.music import MAJOR, MINOR

# lengths in sixteenths and the number of each note's bar, from 0 on
BARS = [
    ([2, 2, 2, 6, 4, 2, 4, 12, 2, 4, 7], [0, 0, 0, 0, 1, 1, 1, 2, 3, 3, 3]),
    ([6, 6, 4, 4, 6, 3, 9], [0, 0, 1, 1, 1, 2, 2]),
    ([12, 5, 5, 2, 12, 11], [0, 1, 1, 1, 2, 3]),
]
BARS = [tuple(map(torch.tensor, pair)) for pair in BARS]


def _sums(lengths: Tensor, bar: Tensor) -> Tensor:
    return torch.bincount(bar, weights=lengths.double())


def _right_bars(lengths: Tensor, bar: Tensor) -> Tensor:
    return (_sums(lengths, bar) == 12).double().mean()


RIGHT_BARS_MISTAKES = {
    "You counted a bar's notes; add their lengths up: `weights=lengths`.": (
        lambda lengths, bar: (torch.bincount(bar) == 12).double().mean()
    ),
    "Those are the bars that are wrong; one minus it is asked for.": (
        lambda n, b: 1 - _right_bars(n, b)
    ),
    "That is how many bars are right; divide by how many there are.": (
        lambda n, b: (_sums(n, b) == 12).double().sum()
    ),
    "A bar that is too short is wrong as well: at most 12 is not enough.": (
        lambda n, b: (_sums(n, b) <= 12).double().mean()
    ),
    "A bar that is too long is wrong as well: at least 12 is not enough.": (
        lambda n, b: (_sums(n, b) >= 12).double().mean()
    ),
    "You compared single notes with a bar: add the lengths of a bar's notes up first.": (
        lambda n, b: (n == 12).double().mean()
    ),
    "You divided by the number of notes; divide by the number of bars.": (
        lambda n, b: (_sums(n, b) == 12).double().sum() / len(n)
    ),
    "That is the mean over bars of how full they are. A bar is right or wrong, nothing between.": (
        lambda n, b: _sums(n, b).mean() / 12
    ),
    "You averaged over notes: a bar of many notes counts more often. Average over bars.": (
        lambda n, b: (_sums(n, b) == 12)[b].double().mean()
    ),
    "You say of each bar whether it is right; give the share.": (lambda n, b: _sums(n, b) == 12),
}


@exercise(
    "audio/music/bars",
    not_yet="Write the body of `right_bars(lengths, bar)` and return one number.",
    right="A bar adds up or it does not: that is all the metre asks.",
    hints=[
        "First a sum for each bar. torch.bincount adds up weights by number.",
        "torch.bincount(bar, weights=lengths) is how long each bar lasts.",
        "(torch.bincount(bar, weights=lengths) == 12).double().mean()",
    ],
)
def bars(answer) -> None:
    """The share of bars that last twelve sixteenths."""
    same_on(answer, _right_bars, BARS, mistakes=RIGHT_BARS_MISTAKES)


_g = make_generator(5)
TIMES = [torch.rand(12, generator=_g) * torch.tensor(MAJOR).roll(k) for k in (7, 2, 9)]
PROFILES = [torch.tensor(profile) for profile in (MAJOR, MINOR, MAJOR)]


def _fits(time: Tensor, profile: Tensor) -> Tensor:
    x = (time - time.mean()).double()
    p = torch.stack([profile.roll(k) for k in range(12)]).double()
    p = p - p.mean(1, keepdim=True)
    return p @ x / (p.norm(dim=1) * x.norm())


def _uncentred(time: Tensor, profile: Tensor) -> Tensor:
    p = torch.stack([profile.roll(k) for k in range(12)]).double()
    return p @ time.double() / (p.norm(dim=1) * time.double().norm())


def _covariances(time: Tensor, profile: Tensor) -> Tensor:
    x = (time - time.mean()).double()
    p = torch.stack([profile.roll(k) for k in range(12)]).double()
    return (p - p.mean(1, keepdim=True)) @ x / 12


FITS_MISTAKES = {
    "That is not divided by the two norms; a correlation lies between -1 and 1.": (
        lambda time, profile: (
            _fits(time, profile) * (time - time.mean()).norm() * (profile - profile.mean()).norm()
        )
    ),
    "The profile turns the wrong way: for a tonic k its first value belongs to note k.": (
        lambda t, p: _fits(t, p)[torch.arange(0, -12, -1) % 12]
    ),
    "Take the mean away from both first; without that it is a cosine, not a correlation.": (
        _uncentred
    ),
    "That is the covariance; divide by both standard deviations.": _covariances,
    "Those are plain sums of products; a correlation lies between -1 and 1.": (
        lambda t, p: torch.stack([p.roll(k) for k in range(12)]).double() @ t.double()
    ),
    "That is the best tonic alone; give the correlation of all twelve.": (
        lambda t, p: _fits(t, p).argmax()
    ),
    "That is the highest correlation alone; give all twelve.": lambda t, p: _fits(t, p).max(),
    "You squared them: a correlation keeps its sign.": lambda t, p: _fits(t, p) ** 2,
    "That is the fit of tonic 0 alone; turn the profile to all twelve.": (
        lambda t, p: _fits(t, p)[0]
    ),
    "The norms must be those without the means: divide by (time - mean) and (profile - mean).": (
        lambda t, p: _covariances(t, p) * 12 / (p.norm() * t.norm())
    ),
}


@exercise(
    "audio/music/key",
    not_yet="Write the body of `fits(time, profile)` and return twelve numbers.",
    right="The key with the highest of them is the one that is named.",
    hints=[
        "profile.roll(k) is the profile of the key whose tonic is note k.",
        "A correlation: take both means away, multiply, divide by both lengths (norms).",
        "x = time - time.mean(); q = profile - profile.mean(); torch.stack([(q.roll(k) * x).sum() "
        "for k in range(12)]) / (q.norm() * x.norm())",
    ],
)
def key(answer) -> None:
    """The correlation of the time of twelve notes with twelve keys of one profile."""
    same_on(answer, _fits, list(zip(TIMES, PROFILES, strict=True)), mistakes=FITS_MISTAKES)


_g = make_generator(8)
LOGITS = [2 * torch.randn(3, 6, generator=_g) for _ in range(3)]
MASKS = [torch.rand(3, 6, generator=_g) < 0.6 for _ in range(3)]
for _mask in MASKS:
    _mask[:, 1], _mask[:, 4] = True, False


def _left(logits: Tensor, allowed: Tensor) -> Tensor:
    return (logits.double().softmax(1) * allowed).sum(1)


def _price(logits: Tensor, allowed: Tensor) -> Tensor:
    return -_left(logits, allowed).log().sum()


PRICE_MISTAKES = {
    "The sign is wrong: a share below 1 has a negative logarithm, and a price is not negative.": (
        lambda x, m: -_price(x, m)
    ),
    "Those are bits; take the natural logarithm for nats.": lambda x, m: _price(x, m) / 0.6931472,
    "That is the price of what was allowed: the mask is True where a token may come.": (
        lambda x, m: _price(x, ~m)
    ),
    "You added up the shares that were removed; the price adds up logarithms.": (
        lambda x, m: (1 - _left(x, m)).sum()
    ),
    "That is the mean a step; the price of a tune is the sum over its steps.": (
        lambda x, m: _price(x, m) / len(x)
    ),
    "You multiplied the logits by the mask. The share is of probabilities: softmax first.": (
        lambda x, m: -(x.double() * m).softmax(1).logsumexp(1).sum()
    ),
    "You counted forbidden tokens. What matters is how much the model believed in them.": (
        lambda x, m: (~m).double().sum()
    ),
    "That is the chance that a free tune keeps the rule; minus its logarithm is the price.": (
        lambda x, m: _left(x, m).prod()
    ),
    "Those are the prices of single steps; add them up.": (lambda x, m: -_left(x, m).log()),
    "Wrong axis: at each step the shares of all tokens add up to 1, softmax(1).": (
        lambda x, m: -(x.double().softmax(0) * m).sum(1).log().sum()
    ),
    "Take the logarithm step by step, and then the sum; not the logarithm of a sum over steps.": (
        lambda x, m: -_left(x, m).sum().log()
    ),
    "Add up the shares of a step first, and take the logarithm of that; not of each share.": (
        lambda x, m: -(x.double().log_softmax(1) * m).sum()
    ),
    "exp of a logit is no share yet: softmax divides by the sum over all tokens.": (
        lambda x, m: -(x.double().exp() * m).sum(1).log().sum()
    ),
}


@exercise(
    "audio/music/price",
    not_yet="Write the body of `price_of(logits, allowed)` and return one number.",
    right="It is minus the log of the chance that a free draw would have kept the rule.",
    hints=[
        "At each step: how much probability do the allowed tokens have together?",
        "(logits.softmax(1) * allowed).sum(1) is that share, one a step.",
        "-(logits.softmax(1) * allowed).sum(1).log().sum()",
    ],
)
def price(answer) -> None:
    """The nats that a mask overrules in one tune."""
    cases = list(zip(LOGITS, MASKS, strict=True))
    same_on(answer, _price, cases, mistakes=PRICE_MISTAKES)


RUNS = [
    ([60, 62, 64, 65, 67, 64, 60, 59], [70, 65, 67, 69, 70, 72, 71, 66]),
    ([67, 71, 74, 71, 67, 66, 67], [72, 69, 73, 76, 73, 69, 70, 69, 60]),
    ([67, 69, 71, 72], [67, 69, 71, 72, 74]),
    ([60, 64, 67, 65], [72, 76, 79, 60]),
    ([60, 62], [60, 63, 60]),
    (
        [60, 61, 63, 60, 59, 62, 60, 64, 62, 67, 69, 71, 72, 60],
        [72, 60, 71, 66, 72, 63, 75, 60, 67, 65, 60, 67, 69, 71, 72],
    ),
    ([60, 65, 67, 69, 70], [67, 69, 71, 72, 60]),
    ([60, 65, 67, 69, 70, 60], [60, 63, 65, 67, 68, 80]),
]
RUNS = [tuple(map(torch.tensor, pair)) for pair in RUNS]


def _longest(one: Tensor, other: Tensor) -> int:
    """Equal items in a row, at most."""
    one, other = one.tolist(), other.tolist()
    best = 0
    for a in range(len(one)):
        for b in range(len(other)):
            n = 0
            while a + n < len(one) and b + n < len(other) and one[a + n] == other[b + n]:
                n += 1
            best = max(best, n)
    return best


def _run(a: Tensor, b: Tensor) -> int:
    return _longest(a.diff(), b.diff()) + 1


def _aligned(a: Tensor, b: Tensor) -> int:
    n = min(len(a), len(b)) - 1
    best = now = 0
    for same in (a.diff()[:n] == b.diff()[:n]).tolist():
        now = now + 1 if same else 0
        best = max(best, now)
    return best + 1


RUN_MISTAKES = {
    "You compared pitches, so a copy in another key goes unseen. Compare steps.": _longest,
    "Those are steps; a run of n steps has n + 1 notes.": lambda a, b: _run(a, b) - 1,
    "You compared notes at the same place only; a run may stand anywhere in the other tune.": (
        _aligned
    ),
    "You counted all steps that both have; they must be in a row.": lambda a, b: (
        torch.isin(a.diff(), b.diff()).double().sum() + 1
    ),
    "Up and down are not alike: keep the sign of a step.": (
        lambda a, b: _longest(a.diff().abs(), b.diff().abs()) + 1
    ),
    "Notes were compared without their octave; that finds no copy in another key.": (
        lambda a, b: _longest(a % 12, b % 12)
    ),
    "You compared only up and down; keep the size of a step.": (
        lambda a, b: _longest(a.diff().sign(), b.diff().sign()) + 1
    ),
    "That counts notes that both have, wherever they stand; a run is in a row.": (
        lambda a, b: len({*a.tolist()} & {*b.tolist()})
    ),
}


@exercise(
    "audio/music/run",
    not_yet="Write the body of `longest_run(a, b)` and return a number of notes.",
    right="A copy is found in whatever key it hides.",
    hints=[
        "Two tunes in different keys have the same steps: a.diff().",
        "Try every pair of beginnings and count how far the steps agree.",
        "s, t = a.diff().tolist(), b.diff().tolist(); for each i, j let n grow while s[i + n] == "
        "t[j + n] (and both exist); keep the largest n and return it plus 1.",
    ],
)
def run(answer) -> None:
    """How many notes the longest run has that two tunes share, in any key."""
    same_on(answer, _run, RUNS, mistakes=RUN_MISTAKES)


question(
    "audio/music/q1",
    "Every bar of a tune adds up and it parses. What do you know about it?",
    options={
        "a": ("That it is a good tune.", "A random choice of notes can add up, too."),
        "b": ("That it can be written down and counted.", "No more: pitch was never looked at."),
        "c": (
            "That it stays in its key to the end.",
            "A parser looks at lengths; a wrong note it does not see.",
        ),
    },
    answer="b",
)

question(
    "audio/music/q2",
    "A mask makes every bar add up. What does it not change?",
    options={
        "a": ("The weights of the model.", "It works at the time of drawing alone."),
        "b": ("The tunes that come out.", "They differ wherever a token was forbidden."),
        "c": ("The likelihood of what comes out.", "It overrules the model; that is the price."),
    },
    answer="a",
)

question(
    "audio/music/q3",
    "Pitch is written as the step from the note before. A tune is moved up by five semitones. How "
    "do its tokens change?",
    options={
        "a": ("All grow by five.", "That is what pitches do, not steps."),
        "b": ("Only the first changes.", "It would, if the first were written as a pitch."),
        "c": ("Not at all.", "The first step counts from the tonic, which moves as well."),
    },
    answer="c",
)

question(
    "audio/music/q4",
    "A written tune shares 40 notes in a row with a tune of the training set. Held-out tunes "
    "share 12 at most. What do you say?",
    options={
        "a": (
            "The model copied a tune that it had read.",
            "It is far more than real tunes have in common by themselves.",
        ),
        "b": ("That is normal in folk music.", "That is what the held-out tunes are there to say."),
        "c": ("One cannot tell without the titles.", "A title is no part of a melody."),
    },
    answer="a",
)

question(
    "audio/music/q5",
    "A model reads a part of eight bars and then the same part again. What would a model that "
    "knows about repeats pay for the second time?",
    options={
        "a": ("As much as the first time.", "Then it did not use that it had read it."),
        "b": (
            "Nothing at all, from its first note on.",
            "At the first notes it cannot know yet that the part begins again.",
        ),
        "c": ("Nearly nothing.", "Once it sees that the part begins again, nothing is open."),
    },
    answer="c",
)
