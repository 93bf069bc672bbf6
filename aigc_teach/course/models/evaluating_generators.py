"""Exercises of the lesson on evaluating generators."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ... import data, metrics, zoo
from ...lab.checkers import Wrong, call, require, same_on, tensor
from ...lab.register import exercise, question
from ...lab.words import kind


def _apart(x: Tensor, y: Tensor) -> Tensor:
    # not by way of x^2 + y^2 - 2 x y, which does not give exactly 0 for equal rows
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _reach(x: Tensor, k: int) -> Tensor:
    return _apart(x, x).kthvalue(k, dim=1).values


def _coverage(samples: Tensor, real: Tensor, k: int) -> float:
    inside = _apart(real, samples) <= _reach(real, k + 1)[:, None]  # [M, N]
    return inside.any(1).double().mean().item()


def _precision(samples: Tensor, real: Tensor, k: int) -> float:
    inside = _apart(real, samples) <= _reach(real, k + 1)[:, None]
    return inside.any(0).double().mean().item()


def _recall(samples: Tensor, real: Tensor, k: int) -> float:
    return _precision(real, samples, k)


def _density(samples: Tensor, real: Tensor, k: int) -> float:
    inside = _apart(real, samples) <= _reach(real, k + 1)[:, None]
    return inside.double().sum().item() / (k * len(samples))


def _itself_counted(samples: Tensor, real: Tensor, k: int) -> float:
    return (_apart(real, samples) <= _reach(real, k)[:, None]).any(1).double().mean().item()


def _one_reach(samples: Tensor, real: Tensor, k: int) -> float:
    return (_apart(real, samples) <= _reach(real, k + 1).mean()).any(1).double().mean().item()


def _own_balls(samples: Tensor, real: Tensor, k: int) -> float:
    return _precision(samples=samples, real=real, k=k) * len(samples)


def _clouds() -> list[tuple]:
    random = torch.Generator().manual_seed(5)
    real = torch.randn(30, 2, generator=random)
    samples = 0.6 * torch.randn(20, 2, generator=random) + 0.8
    line = torch.tensor([[0.0], [1.0], [2.0], [3.5], [9.0], [15.0], [16.0]])
    return [(samples, real, 1), (samples, real, 3), (line[:4] + 0.4, line, 2)]


@exercise(
    "models/evaluating_generators/coverage",
    not_yet="Write the body of `coverage(samples, real, k)` and return one number.",
    right="And a sample far away changes nothing: the balls are the real points' own.",
    hints=[
        "torch.cdist(real, real) gives all distances between real points, [M, M].",
        "The nearest point to a real point is itself, at distance 0, so the k-th nearest other "
        "one stands at place k + 1: kthvalue(k + 1, dim=1).values.",
        "Compare torch.cdist(real, samples) [M, N] with the reach as a column [M, 1]; any(1) "
        "asks whether a ball holds a sample; then take the mean.",
    ],
)
def coverage(answer) -> None:
    """Coverage of samples [N, D] and real points [M, D]."""
    mistakes = {
        "That is precision: the share of samples inside a ball. Coverage is the share of balls "
        "with a sample inside.": _precision,
        "That is recall: the balls must belong to the real points, not to the samples.": _recall,
        "That is density. A ball counts once, however many samples it holds.": _density,
        "A real point's nearest neighbour at distance 0 is itself: take place k + 1, or your "
        "balls are one neighbour too small.": _itself_counted,
        "Your balls reach one neighbour too far: place k + 1 is the k-th other point.": (
            lambda s, r, k: _coverage(s, r, k + 1)
        ),
        "You counted the balls; give their share.": lambda s, r, k: len(r) * _coverage(s, r, k),
        "You counted samples; the share of real balls is asked for.": _own_balls,
        "You gave the share of balls that stay empty: one minus coverage.": (
            lambda s, r, k: 1 - _coverage(s, r, k)
        ),
        "Every real ball has a reach of its own; you gave all the same.": _one_reach,
        "You took k = 5 whatever k says.": lambda s, r, _: _coverage(s, r, 5),
        "You divided by the number of samples; the share of real balls is asked for.": (
            lambda s, r, k: _coverage(s, r, k) * len(r) / len(s)
        ),
        "Real points and samples have changed places.": lambda s, r, k: _coverage(r, s, k),
    }
    same_on(answer, _coverage, _clouds(), mistakes=mistakes, rtol=1e-6)


BELOW = "The values scatter, so their limit may fall below 0: give it as it comes out."


def _limit(d1: float, n1: int, d2: float, n2: int) -> float:
    return (n1 * d1 - n2 * d2) / (n1 - n2)


@exercise(
    "models/evaluating_generators/limit",
    not_yet="Write the body of `limit_of(d1, n1, d2, n2)` and return one number.",
    right="Two points make a line. With more of them, fit it: single values scatter.",
    hints=[
        "You have two equations, d1 = a/n1 + b and d2 = a/n2 + b, and want b.",
        "Multiply each by its n: n1 d1 = a + b n1. Now subtract, and a is gone.",
        "b = (n1 d1 - n2 d2) / (n1 - n2).",
    ],
)
def limit(answer) -> None:
    """The limit b of d(n) = a/n + b from two values."""
    same_on(
        answer,
        _limit,
        [
            (17.0, 200, 7.2, 2000),
            (7.2, 2000, 17.0, 200),
            (9.0, 500, 6.5, 1000),
            (20.0, 100, 1.0, 1000),  # two values that scatter: their limit is below 0
        ],
        mistakes={
            "That is the mean of the two. Both are too large: the bias has only one sign.": (
                lambda d1, n1, d2, n2: (d1 + d2) / 2
            ),
            "That is a straight line over n, carried on to n = 0; the law is a line over 1/n.": (
                lambda d1, n1, d2, n2: (n1 * d2 - n2 * d1) / (n1 - n2)
            ),
            "That is a, the slope over 1/n. b is asked for.": (
                lambda d1, n1, d2, n2: (d1 - d2) / (1 / n1 - 1 / n2)
            ),
            "That is minus b: the two differences have opposite signs in your fraction.": (
                lambda d1, n1, d2, n2: -_limit(d1, n1, d2, n2)
            ),
            "That is a/n, the bias. The rest of the value is asked for.": (
                lambda d1, n1, d2, n2: d1 - _limit(d1, n1, d2, n2)
            ),
            "You added the bias once more; take it away.": (
                lambda d1, n1, d2, n2: 2 * d1 - _limit(d1, n1, d2, n2)
            ),
            BELOW: lambda d1, n1, d2, n2: max(0.0, _limit(d1, n1, d2, n2)),
            BELOW + " (Yours changes sign there.)": (
                lambda d1, n1, d2, n2: abs(_limit(d1, n1, d2, n2))
            ),
            "You took roots, and squared at the end. It is the squared distance itself that is a "
            "line over 1/n.": lambda d1, n1, d2, n2: _limit(d1**0.5, n1, d2**0.5, n2) ** 2,
            "That is the difference of n d; divide it by the difference of n.": (
                lambda d1, n1, d2, n2: n1 * d1 - n2 * d2
            ),
            "You assumed a law of 1 over the root of n; the squared distance falls as 1/n.": (
                lambda d1, n1, d2, n2: (n1**0.5 * d1 - n2**0.5 * d2) / (n1**0.5 - n2**0.5)
            ),
            "You weighted the two by n. That is a mean, and lies between them; the limit lies "
            "below both.": lambda d1, n1, d2, n2: (n1 * d1 + n2 * d2) / (n1 + n2),
            "You kept the value of the larger n. It still holds its own bias.": (
                lambda d1, n1, d2, n2: d1 if n1 > n2 else d2
            ),
        },
    )


GOOD, FRECHET, COVERAGE = 0.9, 130.0, 0.2


@cache
def _judged() -> tuple[Tensor, Tensor, Tensor]:
    """Features of the training digits and of the held-out ones, and which of these are good."""
    judge = zoo.load("judge")
    known, _ = metrics.judge_images(judge, data.digits("train").x)
    features, probabilities = metrics.judge_images(judge, data.digits("held_out").x)
    sure, name = probabilities.max(1)
    return known, features, (sure > 0.9) & (name != metrics.REJECT)


@exercise(
    "models/evaluating_generators/fool",
    not_yet="Replace None by 300 places in held_out.x, for example torch.arange(300).",
    right="A few real digits, handed out again and again: quality of real ones, mean and "
    "covariance nearly theirs, and most of the real balls stay empty.",
    hints=[
        "Real digits have a good share near 0.98 anyway. Which measure counts how many "
        "different ones there are?",
        "The Frechet distance sees mean and covariance only. A few dozen digits have them nearly "
        "right, if every class is among them.",
        "torch.arange(300) % u repeats the first u digits, which go 0, 1, ..., 9 in turn. Try "
        "different u: too many, and coverage rises; too few, and Frechet does.",
    ],
)
def fool(answer) -> None:
    """300 places in held_out.x: good share, Frechet and coverage within the asked bounds."""
    places = _places(answer)
    known, features, good = _judged()
    own, share = features[places], good[places].double().mean().item()
    distance = metrics.frechet_distance(*metrics.gaussian_of(own), *metrics.gaussian_of(known))
    covered = metrics.neighbour_scores(own, known[:1500]).coverage
    kinds = len(places.unique())
    kinds_do = "1 digit does" if kinds == 1 else f"{kinds} different digits do"
    measured = f"(good share {share:.2f}, Frechet {distance:.0f}, coverage {covered:.2f}.)"
    require(
        covered < COVERAGE,
        f"Coverage is too high: {kinds} different digits reach too many of the real balls. "
        + measured,
    )
    require(
        distance < FRECHET,
        f"The Frechet distance is too large: {kinds_do} not have the mean and covariance of "
        f"all. Is every class among them? {measured}",
    )
    require(share >= GOOD, f"The good share is too low: the judge declines some. {measured}")


def _places(answer: object) -> Tensor:
    if isinstance(answer, np.ndarray):
        answer = answer.tolist()
    if isinstance(answer, list | tuple | range):
        answer = torch.as_tensor(list(answer))
    if not isinstance(answer, Tensor):
        raise Wrong(f"A tensor of 300 whole numbers is needed; this is {kind(answer)}.")
    if answer.is_floating_point() and answer.ndim > 1:
        raise Wrong("Give the places of the digits in held_out.x, not the pictures themselves.")
    places = tensor(answer, shape=(300,))
    require(bool((places == places.round()).all()), "Places must be whole numbers.")
    require(
        bool((places >= 0).all() and (places < 500).all()),
        "Places must lie between 0 and 499: there are 500 held-out digits.",
    )
    return places.long()


@cache
def _copy_cases() -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Training digits, unseen ones, and sets of samples by what they are."""
    digits, held_out = data.digits("train").x, data.digits("held_out").x
    known, unseen, fresh = digits[:400], held_out[:100], held_out[200:240]
    random = torch.Generator().manual_seed(3)
    noisy = (known[80:120] + 0.1 * torch.randn(40, 1, 28, 28, generator=random)).clamp(-1, 1)
    one = known[120:160]
    shifts = [s for s in itertools.product((-1, 0, 1), repeat=2) if s != (0, 0)]
    moved = {s: one[5 * i : 5 * i + 5].roll(s, (2, 3)) for i, s in enumerate(shifts)}
    straight = torch.cat([x for s, x in moved.items() if 0 in s])
    diagonal = torch.cat([x for s, x in moved.items() if 0 not in s])
    sets = {"fresh": fresh, "plain": known[:40], "noisy": noisy, "straight": straight}
    return known, unseen, sets | {"diagonal": diagonal}


@exercise(
    "models/evaluating_generators/copies",
    not_yet="Write the body of `is_copy(samples, train_images, unseen)`: one bool a sample.",
    right="Plain, noisy and shifted copies are found, and unseen digits pass. Turned copies "
    "would need turns among the moves.",
    hints=[
        "For each sample take the distance to the nearest training digit, over all nine shifts "
        "(up, down, left, right, diagonals, none): x.roll((dy, dx), dims=(2, 3)).",
        "Do the same for `unseen`. Copies are nearer than almost all of them.",
        "A threshold such as the 2 % quantile of the unseen digits' own distances calls at most "
        "about one unseen digit in fifty a copy. Then compare: distance < threshold.",
    ],
)
def copies(answer) -> None:
    """A detector of copies: samples, training digits, unseen digits -> bool [N]."""
    known, unseen, sets = _copy_cases()
    share = {}
    for name, x in sets.items():
        said = call(answer, x.clone(), known.clone(), unseen.clone())
        places = isinstance(said, Tensor) and said.dtype == torch.long and said.shape != (len(x),)
        require(not places, "Give True or False for each sample, not the places of the copies.")
        share[name] = tensor(said, shape=(len(x),), what="Your result").mean().item()
        require(0 <= share[name] <= 1, "Give True or False for each sample, not a distance.")
    if max(share.values()) == 0:
        raise Wrong("You call nothing a copy, not even a plain one.")
    require(
        share["fresh"] <= 0.1,
        f"You call {share['fresh']:.0%} of unseen digits copies; at most 10 % are allowed.",
    )
    for name, words in SLIPPED.items():
        require(share[name] >= 0.9, words.format(share[name]))
    faint = [(x + 1) / 8 - 1 for x in (sets["fresh"], known, unseen)]
    said = tensor(call(answer, *faint), shape=(len(faint[0]),), what="Your result")
    require(
        said.mean().item() <= 0.1,
        f"Of unseen digits at an eighth of the brightness you call {said.mean().item():.0%} "
        "copies, though `unseen` is as faint: learn the threshold from it; a fixed number fits one "
        "contrast.",
    )
    alone = call(answer, sets["plain"][:1].clone(), known.clone(), unseen.clone())
    alone = tensor(alone, shape=(1,), what="For a single sample your result")
    require(alone.item() == 1, "A single copy, given alone, must be found as well.")
    others = data.digits("train").x[400:500]
    said = tensor(call(answer, others[:9].clone(), others.clone(), unseen.clone()), shape=(9,))
    require(bool(said.all()), "With other training digits their copies are not found.")


SLIPPED = {
    "plain": "Of plain copies you find only {:.0%}. With no shift at all their distance is 0, but "
    "for rounding.",
    "noisy": "Of copies with a little noise you find only {:.0%}: is your threshold too strict?",
    "straight": "Of copies shifted by a pixel you find only {:.0%}: compare after undoing the "
    "shift.",
    "diagonal": "Of copies shifted diagonally you find only {:.0%}: there are nine shifts, not "
    "five.",
}


question(
    "models/evaluating_generators/q1",
    "A paper reports a squared Frechet distance of 12 from 10,000 samples; yours is 15 from "
    "1,000. Whose model is better?",
    options={
        "a": ("The paper's: 12 is below 15.", "Your value carries about ten times as much bias."),
        "b": (
            "One cannot say, since the bias falls about as 1/n.",
            "Measure both at the same large n, with the same network and reference.",
        ),
        "c": (
            "Yours, since it came so near with a tenth of the samples.",
            "The number of samples is your choice.",
        ),
    },
    answer="b",
)

question(
    "models/evaluating_generators/q2",
    "A generator has precision 0.95, density 1.0 and coverage 0.1; as many real digits have 0.93, "
    "1.0 and 0.9. What is it doing?",
    options={
        "a": (
            "It draws good pictures of few kinds.",
            "Quality is that of real data, variety a fraction of it: mode collapse.",
        ),
        "b": ("It draws blurs of all kinds.", "Then coverage would not be 0.1."),
        "c": (
            "It copies its training data.",
            "Copies of all of them would have a high coverage; these measures cannot tell.",
        ),
    },
    answer="a",
)

question(
    "models/evaluating_generators/q3",
    "Your samples are as far from the nearest training picture as unseen digits are. Does that "
    "rule out memorisation?",
    options={
        "a": (
            "Yes: a copy would have a distance of 0.",
            "Shift a copy by one pixel: it is as far away as an unseen digit.",
        ),
        "b": ("No: shifted copies pass that test.", "It rules out plain copies only."),
        "c": (
            "No: the samples must be farther away than unseen digits.",
            "Farther away means less like digits, not newer.",
        ),
    },
    answer="b",
)

question(
    "models/evaluating_generators/q4",
    "Half of a model's samples become noise. By how much can its held-out log-likelihood fall?",
    options={
        "a": ("By half of it.", "The logarithm of a mixture is not the mixture of logarithms."),
        "b": ("Without limit.", "log(q/2 + u/2) is at least log(q/2)."),
        "c": ("By ln 2 nats at most.", "log(q/2 + u/2) >= log q - ln 2, and ln 2 is 0.69."),
    },
    answer="c",
)

question(
    "models/evaluating_generators/q5",
    "You keep the best of ten seeds by Frechet distance, and report that distance. What is wrong?",
    options={
        "a": (
            "Nothing: the model did reach it, and others can repeat that.",
            "On these samples; part of it was luck.",
        ),
        "b": (
            "Ten seeds are far too few to find the best model.",
            "With a hundred the luckiest would flatter even more.",
        ),
        "c": (
            "The number was a target: the luckiest of ten.",
            "Report the range, or choose by one measure and report another.",
        ),
    },
    answer="c",
)
