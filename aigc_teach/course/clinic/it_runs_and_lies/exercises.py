"""Exercises of the clinic's lesson on trainings that run and lie."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F
from torch import Tensor

from ....data import digits
from ....lab.checkers import Wrong, call, function, same_gradients, same_on
from ....lab.register import exercise, question
from ....losses import elbo
from .. import GanPlan, VaePlan, train_plan
from . import experiments, pieces

REAL = torch.tensor([[0.9], [0.6], [0.7]])
FAKE = torch.tensor([[0.2], [0.1], [0.45]])


@functools.cache
def pixels() -> Tensor:
    """The training digits in [0, 1]."""
    return (digits("train").x + 1) / 2


def _learns(plan: GanPlan, steps: int, farthest: float) -> None:
    """Train a little with the learner's function; Wrong, with the number, if nothing is learnt."""
    training = train_plan(plan, pixels(), steps=steps)
    away = experiments.digit_distance(training)
    if not away <= farthest:
        raise Wrong(
            f"The function passes by itself, but a training of {steps} steps with it leaves the "
            f"samples {away:.1f} from the nearest training digit; at most {farthest:g} is asked."
        )


def _pair(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return -real.log().mean() - (1 - fake).log().mean(), -fake.log().mean()


def _squashed(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return F.softplus(-real).mean() + F.softplus(fake).mean(), F.softplus(-fake).mean()


@exercise(
    "clinic/it_runs_and_lies/pair",
    not_yet="Write the body of `pair(real, fake)` and return two losses.",
    right=(
        "One squash, one logarithm. In a training of 200 steps with your pair the samples come "
        "to within 16 of a training digit; squashed twice, they stay beyond 20."
    ),
    hints=[
        "The answers are probabilities p already. Which is the cross-entropy of p with label 1?",
        "-log p for label 1, and -log(1 - p) for label 0; real data have label 1 in the critic's "
        "turn, generated data 0.",
        "F.binary_cross_entropy takes probabilities; F.binary_cross_entropy_with_logits does not.",
    ],
)
def pair(answer) -> None:
    """Both losses of the game for a critic that answers with probabilities."""
    cases = [(REAL, FAKE), (REAL[:2], FAKE[1:])]
    same_on(answer, _pair, cases, mistakes=PAIR_MISTAKES)
    for place, who, inputs in ((0, "critic", [0, 1]), (1, "generator", [1])):
        same_gradients(
            lambda r, f, place=place: call(answer, r, f)[place],
            lambda r, f, place=place: _pair(r, f)[place],
            (REAL, FAKE),
            inputs,
            f"All answers in the {who}'s loss count: do not detach any.",
        )
    plan = GanPlan(
        critic=pieces.sigmoid_critic,
        critic_loss=lambda real, fake: answer(_inside(real), _inside(fake))[0],
        generator_loss=lambda fake: answer(_inside(fake), _inside(fake))[1],
    )
    _learns(plan, steps=200, farthest=16)


def _inside(p: Tensor) -> Tensor:
    return p.clamp(1e-6, 1 - 1e-6)  # whose logarithm is finite


PAIR_MISTAKES = {
    "These are probabilities already, and you squash them once more: with_logits, or softplus, "
    "is for logits.": _squashed,
    "Both kinds of data have the label 0 in your critic's loss. Real data have 1.": (
        lambda r, f: (-(1 - r).log().mean() - (1 - f).log().mean(), -f.log().mean())
    ),
    "Your critic's loss calls real data 0 and generated data 1: the labels are swapped.": (
        lambda r, f: (-(1 - r).log().mean() - f.log().mean(), -f.log().mean())
    ),
    "Your generator's loss is the critic's view, -log(1 - p): it would learn to be caught.": (
        lambda r, f: (_pair(r, f)[0], -(1 - f).log().mean())
    ),
    "Your generator's loss is the saturating one, log(1 - p); -log p is asked for.": (
        lambda r, f: (_pair(r, f)[0], (1 - f).log().mean())
    ),
    "The minus signs are missing: log p is to be large, so -log p is the loss.": (
        lambda r, f: (-_pair(r, f)[0], -_pair(r, f)[1])
    ),
    "You halved the critic's loss; the sum of its two terms is asked for.": (
        lambda r, f: (_pair(r, f)[0] / 2, _pair(r, f)[1])
    ),
    "You summed over the batch; a mean over it is asked for.": (
        lambda r, f: tuple(len(r) * part for part in _pair(r, f))
    ),
}

BYTES = torch.tensor([[0, 51, 102], [204, 254, 255]], dtype=torch.uint8)


def _prepare(picture_bytes: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * (picture_bytes.float() / 255)


@exercise(
    "clinic/it_runs_and_lies/prepare",
    not_yet="Write the body of `prepare(picture_bytes, low, high)`.",
    right=(
        "0 becomes low and 255 becomes high. In a training of 200 steps on your data a tanh "
        "generator comes to within 16 of a training digit; on bytes it stays beyond 20."
    ),
    hints=[
        "Make floats first: uint8 counts from 0 to 255 and then begins again at 0.",
        "picture_bytes.float() / 255 lies in [0, 1]. Which line carries 0 to low, 1 to high?",
        "low + (high - low) * share.",
    ],
)
def prepare(answer) -> None:
    """Bytes to floats in [low, high]."""
    cases = [(BYTES, -1.0, 1.0), (BYTES, 0.0, 1.0), (BYTES[:1], -0.5, 2.0)]
    same_on(answer, _prepare, cases, mistakes=PREPARE_MISTAKES)
    result = call(answer, BYTES.clone(), -1.0, 1.0)
    if result.dtype != torch.float32:
        raise Wrong(f"The values are right, but their type is {result.dtype}; float32 is needed.")

    def from_file(picture: Tensor) -> Tensor:
        return answer((255 * picture).round().to(torch.uint8), -1.0, 1.0)

    _learns(GanPlan(prepare=from_file), steps=200, farthest=16)


PREPARE_MISTAKES = {
    "The largest byte is 255, not 256: yours never reaches `high`.": (
        lambda b, low, high: low + (high - low) * b.float() / 256
    ),
    "You multiplied while they were bytes, and bytes begin again at 0 after 255. Make floats "
    "first.": lambda b, low, high: low + (int(high - low) * b).float() / 255,
    "These are [0, 1] whatever `low` and `high` say.": lambda b, low, high: b.float() / 255,
    "These are [-1, 1] whatever `low` and `high` say.": (
        lambda b, low, high: b.float() / 127.5 - 1
    ),
    "You scaled by `high` instead of by the width, high - low.": (
        lambda b, low, high: low + high * b.float() / 255
    ),
    "`low` is missing: black would become 0.": lambda b, low, high: (high - low) * b.float() / 255,
    "The division by 255 is missing.": lambda b, low, high: low + (high - low) * b.float(),
    "Black and white are exchanged.": lambda b, low, high: high - (high - low) * (b.float() / 255),
}

ANSWERS, LABELS = torch.tensor([0.9, 0.3, 0.4, 0.6]), torch.tensor([1.0, 1.0, 0.0, 0.0])


def _miss(answers: Tensor, labels: Tensor) -> Tensor:
    return (answers.flatten() - labels.flatten()).square().mean()


@exercise(
    "clinic/it_runs_and_lies/miss",
    not_yet="Write the body of `miss(answers, labels)` and return one number.",
    right=(
        "Each answer meets its own label, and nothing else passes. In a training of 200 steps "
        "with it the samples come to within 16 of a training digit; with a table, not to 20."
    ),
    hints=[
        "Bring both to one axis before you subtract: .flatten().",
        "Compare answers.numel() with labels.numel() first, and raise ValueError if they differ.",
        "(answers.flatten() - labels.flatten()).square().mean() is the rest.",
    ],
)
def miss(answer) -> None:
    """The mean squared miss, safe against a superfluous axis."""
    column, row = (ANSWERS[:, None], LABELS[:, None]), (ANSWERS, LABELS)
    cases = [(a, y) for a in (row[0], column[0]) for y in (row[1], column[1])]
    same_on(answer, _miss, cases, mistakes=MISS_MISTAKES)
    same_gradients(answer, _miss, (ANSWERS, LABELS), [0], "Every answer is to learn from its miss.")
    for many, few in ((ANSWERS[:, None], LABELS[:1]), (ANSWERS, LABELS[:2])):
        _refuses(answer, many, few)
    plan = GanPlan(
        critic_loss=lambda real, fake: answer(
            torch.cat([real, fake]), torch.cat([torch.ones(len(real)), torch.zeros(len(fake))])
        ),
        generator_loss=pieces.least_squares_generator_loss,
    )
    _learns(plan, steps=200, farthest=16)


def _refuses(answer, answers: Tensor, labels: Tensor) -> None:
    try:
        function(answer)(answers, labels)
    except ValueError:
        return
    except Exception as error:
        raise Wrong(
            f"{answers.numel()} answers and {labels.numel()} labels: it stops with a "
            f"{type(error).__name__}; a ValueError is asked for."
        ) from error
    raise Wrong(
        f"It takes {answers.numel()} answers and {labels.numel()} labels without a word; it "
        "should raise a ValueError. (A single label is spread over all answers silently.)"
    )


MISS_MISTAKES = {
    "Where one has a column and the other none, yours is a table: each answer meets all labels. "
    "Bring both to one axis.": lambda a, y: (a - y).square().mean(),
    "You squeeze the answers only; labels may have a column as well.": (
        lambda a, y: (a.flatten() - y).square().mean()
    ),
    "You squeeze the labels only; answers may have a column as well.": (
        lambda a, y: (a - y.flatten()).square().mean()
    ),
    "You summed; the mean is asked for.": lambda a, y: len(a) * _miss(a, y),
    "You took sizes instead of squares.": lambda a, y: (a.flatten() - y.flatten()).abs().mean(),
    "You took the square of the mean; the mean of the squares is asked for.": (
        lambda a, y: (a.flatten() - y.flatten()).mean().square()
    ),
}


question(
    "clinic/it_runs_and_lies/q1",
    "A critic's loss is 1.386294 at each of the last thousand steps. What do you conclude?",
    options={
        "a": (
            "The game is at its equilibrium: 2 ln 2 is its value there.",
            "There the batches still differ, and the loss moves with them.",
        ),
        "b": (
            "Nothing is learnt: all pictures get the same answer.",
            "Only a constant answer makes the loss the same on every batch.",
        ),
        "c": (
            "The learning rate is too low for the loss to move at all.",
            "At a low rate the loss would still differ from batch to batch.",
        ),
    },
    answer="b",
)

question(
    "clinic/it_runs_and_lies/q2",
    "A critic ends in a sigmoid, its loss takes logits, and it separates real from generated "
    "data perfectly. What is its loss?",
    options={
        "a": ("0", "It would need answers of plus and minus infinity; it has those in (0, 1)."),
        "b": ("1.386", "That is two equal answers of 0."),
        "c": ("1.006", "softplus(-1) + softplus(0): the lowest that such a critic can have."),
    },
    answer="c",
)

question(
    "clinic/it_runs_and_lies/q3",
    "You mend a line that is certainly wrong, and no curve changes. What now?",
    options={
        "a": (
            "Keep the mend, as it was wrong, and go on looking.",
            "A second defect can hold the curves where they are.",
        ),
        "b": (
            "Undo it: it was not the cause.",
            "It was certainly wrong; that another defect hides it does not make it right.",
        ),
        "c": ("Train longer.", "A loss that stands still to six digits has nothing to go by."),
    },
    answer="a",
)

question(
    "clinic/it_runs_and_lies/q4",
    "Answers have shape [64, 1] and labels [64]. When does ((answers - labels) ** 2).mean() do no "
    "harm?",
    options={
        "a": (
            "Always: the mean over all numbers takes care of it.",
            "With mixed labels the table mixes them.",
        ),
        "b": (
            "Never: the shapes differ, so the table is wrong.",
            "There is one case in which all rows of the table are alike.",
        ),
        "c": (
            "When all labels of the call are the same.",
            "Each answer then meets 64 copies of its own label.",
        ),
    },
    answer="c",
)

question(
    "clinic/it_runs_and_lies/q5",
    "train.diagnose says 'nothing found'. What do you know?",
    options={
        "a": (
            "None of the symptoms that it has a rule for could be established.",
            "That is all. Compare with a twin, and ask the four questions.",
        ),
        "b": (
            "The training is sound: what is wrong leaves a symptom.",
            "A generator without a single bend passes as well.",
        ),
        "c": (
            "The history is too short for any of its rules to apply.",
            "It says so of any history, where no rule applies.",
        ),
    },
    answer="a",
)


LOGITS = torch.tensor([[[[0.5, -1.0], [2.0, 0.0], [1.0, -0.3]]], [[[1.5, 1], [-2, 0.7], [0.1, 3]]]])
X = torch.tensor([[[[1.0, 0.0], [1.0, 0.5], [0.0, 0.0]]], [[[1.0, 1], [0, 0], [0.2, 1]]]])
MU = torch.tensor([[0.5, -1.0, 2.0, 0.1], [0.0, 0.3, -0.7, 1.0]])
LOGVAR = torch.tensor([[0.2, -0.3, 0.5, 0.0], [0.0, -1.2, 0.8, -0.4]])


def _terms(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    n = x[0].numel()
    return elbo.bernoulli_nll(logits, x) / n, elbo.kl_to_standard_normal(mu, logvar) / n


def _with(picture: float | str, code: float | str):
    """The two sums, divided: by a number, by "pixels" or by "codes"."""

    def wrong(logits, x, mu, logvar):
        sizes = {"pixels": x[0].numel(), "codes": mu.shape[1]}
        p, c = (sizes.get(size, size) for size in (picture, code))
        nll, kl = elbo.bernoulli_nll(logits, x), elbo.kl_to_standard_normal(mu, logvar)
        return nll / p, kl / c

    return wrong


@exercise(
    "clinic/it_runs_and_lies/terms",
    not_yet="Write the body of `terms(logits, x, mu, logvar)` and return two terms, [N] each.",
    right=(
        "One factor before both terms changes the unit, not the model. In a training of 200 steps "
        "with yours the codes are worth more than 5 nats a picture; with the mean and the sum, 0."
    ),
    hints=[
        "A factor before the whole loss does not move its lowest point. Which factor makes the "
        "first term a mean?",
        "The mean is the sum divided by the number of pixels of one picture, x[0].numel().",
        "Divide the KL, summed over the codes, by the same number of pixels.",
    ],
)
def terms(answer) -> None:
    """Both terms of the VAE's loss in nats a pixel."""
    cases = [(LOGITS, X, MU, LOGVAR), (LOGITS[:1, :, :2], X[:1, :, :2], MU[:1, :2], LOGVAR[:1, :2])]
    same_on(answer, _terms, cases, mistakes=TERMS_MISTAKES)
    same_gradients(
        lambda *given: sum(call(answer, *given)),
        lambda *given: sum(_terms(*given)),
        (LOGITS, X, MU, LOGVAR),
        [0, 2, 3],
        "Logits, mu and logvar all learn from the loss: do not detach any.",
    )

    def picture(logits: Tensor, x: Tensor) -> Tensor:
        nothing = torch.zeros(len(x), 8)
        return tuple(answer(logits, x, nothing, nothing))[0]

    def code(mu: Tensor, logvar: Tensor) -> Tensor:
        blank = torch.zeros(len(mu), 1, 28, 28)
        return tuple(answer(blank, blank, mu, logvar))[1]

    training = train_plan(VaePlan(reconstruction=picture, kl=code), pixels(), steps=200)
    nats = 784 * training.late("kl")
    if not nats > 5:
        raise Wrong(f"After 200 steps the codes are worth {nats:.2f} nats a picture: a collapse.")


TERMS_MISTAKES = {
    "The picture's term is a mean and the code's is a sum: the two are not in one unit, and the "
    "codes will collapse.": _with("pixels", 1),
    "You divided the KL by the number of latents. Both terms need the same divisor.": (
        _with("pixels", "codes")
    ),
    "Both terms are sums: right, but in nats a picture. Nats a pixel are asked for.": _with(1, 1),
    "Only the KL is divided by the number of pixels; the picture's term is still a sum.": (
        _with(1, "pixels")
    ),
    "The KL is to be divided by the number of pixels; you multiplied.": (
        lambda a, x, m, v: (
            elbo.bernoulli_nll(a, x) / x[0].numel(),
            elbo.kl_to_standard_normal(m, v) * x[0].numel(),
        )
    ),
    "You divided by 784, whatever the picture's size: use x[0].numel().": _with(784, 784),
    "The sign of your KL is reversed.": (
        lambda a, x, m, v: (_terms(a, x, m, v)[0], -_terms(a, x, m, v)[1])
    ),
    "The printed formula again, with its sign turned round: its lowest point is at variance 2.": (
        lambda a, x, m, v: (
            _terms(a, x, m, v)[0],
            -pieces.printed_kl(m, v) / x[0].numel(),
        )
    ),
}
