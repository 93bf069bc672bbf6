"""Exercises of the clinic's lesson on trainings that run and lie."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F
from torch import Tensor

from ...clinic import GanPlan, admit, lies_nets, lies_probes
from ...data import digits
from ..checkers import Wrong, call, function, same_on
from . import exercise
from . import lies_quiz as _quiz  # noqa: F401  (registers the questions)

REAL = torch.tensor([[0.9], [0.6], [0.7]])
FAKE = torch.tensor([[0.2], [0.1], [0.45]])


@functools.cache
def pixels() -> Tensor:
    """The training digits in [0, 1]."""
    return (digits("train").x + 1) / 2


def _learns(plan: GanPlan, steps: int, farthest: float) -> None:
    """Train a little with the learner's function; Wrong, with the number, if nothing is learnt."""
    patient = admit(plan, pixels(), steps=steps)
    away = lies_probes.distance(patient)
    if not away <= farthest:
        raise Wrong(
            f"The function passes by itself, but a training of {steps} steps with it leaves the "
            f"samples {away:.1f} from the nearest training digit; at most {farthest:g} is asked."
        )


def reaches(loss, *inputs: Tensor) -> None:
    """Wrong unless a gradient comes back from `loss` to its inputs."""
    grown = [x.clone().requires_grad_() for x in inputs]
    result = loss(*grown)
    if not result.requires_grad:
        raise Wrong(
            "The numbers are right, but no gradient comes back through them: use no detach(), "
            "no item(), and do not rebuild the tensor."
        )


def _pair(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return -real.log().mean() - (1 - fake).log().mean(), -fake.log().mean()


def _squashed(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return F.softplus(-real).mean() + F.softplus(fake).mean(), F.softplus(-fake).mean()


@exercise(
    "lies/pair",
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
    reaches(lambda r, f: call(answer, r, f)[1], REAL, FAKE)
    reaches(lambda r, f: call(answer, r, f)[0], REAL, FAKE)
    plan = GanPlan(
        critic=lies_nets.sworn_critic,
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
    "lies/prepare",
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
    "lies/miss",
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
    reaches(lambda a: call(answer, a, LABELS), ANSWERS)
    for many, few in ((ANSWERS[:, None], LABELS[:1]), (ANSWERS, LABELS[:2])):
        _refuses(answer, many, few)
    plan = GanPlan(
        critic_loss=lambda real, fake: answer(
            torch.cat([real, fake]), torch.cat([torch.ones(len(real)), torch.zeros(len(fake))])
        ),
        generator_loss=lies_nets.called_one,
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
