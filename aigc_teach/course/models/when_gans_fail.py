"""Exercises and questions of the lesson on what goes wrong with GANs, and its cures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...lab.checkers import call, function, number, require, same_gradients, same_on
from ...lab.register import exercise, question

LOGITS = torch.tensor([0.0, 0.3, -0.4, 1.2, 1.3, 0.1])
OTHER = torch.tensor([2.0, 0.5, 0.6, 3.1])
FLAT = torch.tensor([0.2, 0.2, 0.1])  # nowhere too steep: exactly 0


def _one_sided(t: Tensor, dx: float) -> Tensor:
    return F.relu((t.diff() / dx).abs() - 1).square().mean()


@exercise(
    "models/when_gans_fail/one_sided",
    not_yet="Write the body of `one_sided(t, dx)` and return one number.",
    right="A critic that is flatter than 1 pays nothing here; the two-sided penalty pulls it up.",
    hints=[
        "The slope between two neighbours is their difference over dx: t.diff() / dx, [K - 1].",
        "How much is it too steep? F.relu(slope.abs() - 1): 0 where the slope is at most 1.",
        "Square, then take the mean over all K - 1 slopes, the flat ones included.",
    ],
)
def one_sided(answer) -> None:
    """The one-sided penalty of a critic on a grid: logits [K], spacing -> one number."""
    cases = [(LOGITS, 0.5), (OTHER, 0.8), (LOGITS, 0.25), (FLAT, 1.0)]
    same_on(answer, _one_sided, cases=cases, mistakes=ONE_SIDED_MISTAKES)
    same_gradients(
        answer, _one_sided, cases[0], (0,), "Each logit beside a steep slope pays.", True
    )


ONE_SIDED_MISTAKES = {
    "That is the two-sided penalty: it punishes slopes below 1 as well.": (
        lambda t, dx: ((t.diff() / dx).abs() - 1).square().mean()
    ),
    "You did not divide by dx: a difference is no slope.": lambda t, dx: _one_sided(t, 1.0),
    "You multiplied by dx; a slope is the difference divided by dx.": (
        lambda t, dx: _one_sided(t, 1 / dx)
    ),
    "Falling slopes are steep as well: take the absolute value.": (
        lambda t, dx: F.relu(t.diff() / dx - 1).square().mean()
    ),
    "The excess must be squared.": lambda t, dx: F.relu((t.diff() / dx).abs() - 1).mean(),
    "You squared before you took 1 away: (|slope| - 1)^2 is not slope^2 - 1.": (
        lambda t, dx: F.relu((t.diff() / dx).square() - 1).mean()
    ),
    "You summed; take the mean over the K - 1 slopes.": (
        lambda t, dx: F.relu((t.diff() / dx).abs() - 1).square().sum()
    ),
    "You divided by K; there are only K - 1 slopes between K values.": (
        lambda t, dx: F.relu((t.diff() / dx).abs() - 1).square().sum() / len(t)
    ),
    "The mean is over all slopes, those that are flat enough included.": (
        lambda t, dx: _steep_only((t.diff() / dx).abs() - 1)
    ),
    "You take the mean before the square: each slope's excess is squared by itself.": (
        lambda t, dx: F.relu((t.diff() / dx).abs() - 1).mean().square()
    ),
    "That is the penalty for slopes that are too flat; yours must punish those above 1.": (
        lambda t, dx: F.relu(1 - (t.diff() / dx).abs()).square().mean()
    ),
    "Take the slope between two neighbours, t.diff() / dx; yours reaches over three values.": (
        lambda t, dx: F.relu(torch.gradient(t, spacing=float(dx))[0].abs() - 1).square().mean()
    ),
    "You took the steepest slope alone; the mean over all slopes is asked for.": (
        lambda t, dx: F.relu((t.diff() / dx).abs() - 1).square().max()
    ),
    "You did not divide by dx, and you summed: divide, and take the mean over the slopes.": (
        lambda t, dx: F.relu(t.diff().abs() - 1).square().sum()
    ),
    "A slope below 1 costs exactly 0: F.relu, not F.leaky_relu.": (
        lambda t, dx: F.leaky_relu((t.diff() / dx).abs() - 1).square().mean()
    ),
}


def _steep_only(excess: Tensor) -> Tensor:
    steep = excess[excess > 0]
    return steep.square().mean() if len(steep) else torch.tensor(0.0)


def _matrix(singular: list[float], outputs: int, inputs: int, seed: int) -> Tensor:
    """A matrix with known singular values, well apart, so that few rounds are enough."""
    random = torch.Generator().manual_seed(seed)
    left, _ = torch.linalg.qr(torch.randn(outputs, outputs, generator=random))
    right, _ = torch.linalg.qr(torch.randn(inputs, inputs, generator=random))
    k = len(singular)
    return left[:, :k] @ torch.diag(torch.tensor(singular)) @ right[:, :k].T


MATRICES = [
    (_matrix([5.0, 3.0, 1.0], 4, 3, 0), torch.tensor([1.0, -0.5, 0.7]), 60),
    (_matrix([2.0, 0.6, 0.2, 0.1], 4, 6, 1), torch.tensor([0.4, 1.0, -1.0, 0.3, 0.8, 0.2]), 60),
    (_matrix([4.0, 2.5], 2, 2, 2), torch.tensor([0.3, 0.9]), 60),
    (torch.diag(torch.tensor([4.0, 1.0])), torch.tensor([0.6, 0.8]), 200),  # v found: (1, 0)
]


# Singular values so near to each other that one round shows where it began.
SLOW = torch.diag(torch.tensor([3.0, 2.8, 0.5]))
ROUNDS = [
    (torch.tensor([0.7, 0.2, 0.6]), 1),
    (torch.tensor([0.7, 0.2, 0.6]), 60),
    (torch.tensor([0.3, 0.7, 0.2]), 1),
]


def _iterate(W: Tensor, v: Tensor, rounds: int) -> tuple[Tensor, Tensor, Tensor]:
    for _ in range(rounds):
        u = F.normalize(W @ v, dim=0)
        v = F.normalize(W.T @ u, dim=0)
    return u, u @ W @ v, v


def _second(W: Tensor, v: Tensor, rounds: int) -> Tensor:
    u, sigma, first = _iterate(W, v, rounds)
    return _iterate(W - sigma * torch.outer(u, first), v, rounds)[1]


@exercise(
    "models/when_gans_fail/second",
    not_yet="Write the body of `second(W, v, rounds)` and return one number.",
    right="Taking sigma u v^T away leaves all other singular values as they were.",
    hints=[
        "First find sigma, u and v as the lesson's power_iteration does; u = W v, made length 1.",
        "Take away what you found: W - sigma * torch.outer(u, v).",
        "Iterate on the rest, from the start v that you were given, and return its u @ rest @ v.",
    ],
)
def second(answer) -> None:
    """The second largest singular value: W [O, I], v [I], rounds -> one number."""
    W, v, rounds = MATRICES[0]
    call(function(answer), W.clone(), v.clone(), rounds)
    same_on(answer, _second, cases=MATRICES, mistakes=SECOND_MISTAKES)
    found = [number(call(answer, SLOW.clone(), start.clone(), n)) for start, n in ROUNDS]
    require(
        abs(found[0] - found[1]) > 0.01 * found[1],
        "One round and sixty give the same for you: the power iteration is asked for, with as "
        "many rounds as you are given.",
    )
    require(
        abs(found[0] - found[2]) > 0.01,
        "After one round the start still shows, and yours does not: begin at the v that is given.",
    )


SECOND_MISTAKES = {
    "That is the largest singular value: take its part away from W and iterate again.": (
        lambda W, v, rounds: _iterate(W, v, rounds)[1]
    ),
    "That is the smallest singular value; the second largest is asked for.": (
        lambda W, v, rounds: torch.linalg.svdvals(W)[-1]
    ),
    "That is the square of the singular value: W^T W has squares. Take the root, or u @ W @ v.": (
        lambda W, v, rounds: _second(W, v, rounds) ** 2
    ),
    "You took u v^T away without its factor sigma.": (
        lambda W, v, rounds: _undeflated(W, v, rounds, lambda u, s, x: torch.outer(u, x))
    ),
    "Your u is too long: u = W v must be cut to length 1, or sigma counts twice.": (
        lambda W, v, rounds: _undeflated(W, v, rounds, lambda u, s, x: s * torch.outer(W @ x, x))
    ),
    "You added the part that you had found; it must be taken away.": (
        lambda W, v, rounds: _undeflated(W, v, rounds, lambda u, s, x: -s * torch.outer(u, x))
    ),
    "You took sigma away from every entry; the part to take away is sigma * torch.outer(u, v).": (
        lambda W, v, rounds: _undeflated(W, v, rounds, lambda u, s, x: s)
    ),
    "The difference of the two largest values is not asked for.": (
        lambda W, v, rounds: _iterate(W, v, rounds)[1] - _second(W, v, rounds)
    ),
    "You made the second value relative to the first; return it as it is.": (
        lambda W, v, rounds: _second(W, v, rounds) / _iterate(W, v, rounds)[1]
    ),
    "Start again from the given v; the one you found is at right angles to all that is left.": (
        lambda W, v, rounds: _again(W, v, rounds)
    ),
    "One round is not enough: use as many as you are given, for each of the two values.": (
        lambda W, v, rounds: _second(W, v, 1)
    ),
}


def _undeflated(W: Tensor, v: Tensor, rounds: int, part) -> Tensor:
    u, sigma, first = _iterate(W, v, rounds)
    return _iterate(W - part(u, sigma, first), v, rounds)[1]


def _again(W: Tensor, v: Tensor, rounds: int) -> Tensor:
    u, sigma, first = _iterate(W, v, rounds)
    return _iterate(W - sigma * torch.outer(u, first), first, rounds)[1]


WORDS = ("vanishing", "oscillation", "collapse", "unfinished", "healthy")
HALF = torch.tensor([[0.5, 0.5], [0.48, 0.52], [0.52, 0.48]])  # two modes, both reached
STUCK = torch.tensor([[0.98, 0.02], [0.99, 0.01], [0.98, 0.02]])  # the second one is lost
SWING = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
LATE = torch.tensor([[1.0, 0.0], [0.75, 0.25], [0.6, 0.4]])  # lost at first, found at the end
GONE = torch.tensor([[0.45, 0.55], [0.6, 0.4], [0.8, 0.2], [0.94, 0.06]])  # lost only at the end
FEW = torch.tensor([[0.32, 0.32, 0.04, 0.32], [0.31, 0.31, 0.06, 0.32]])  # 0.06 is enough of 4
ONCE = torch.tensor([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.85, 0.15]])  # one late jump
MOVES = torch.tensor([[70, 10, 10, 10], [0, 80, 10, 10], [0, 70, 20, 10], [10, 60, 20, 10]]) / 100
STRONG, WEAK = torch.tensor([1.0, 2.0, 1.5]), torch.tensor([1.0, 0.5, 0.002])
RISING = torch.tensor([0.001, 0.5, 1.0])  # small at first only
FALLING = torch.tensor([1.0, 0.1, 0.02])  # small, but not yet a hundredth
LATER = torch.tensor([0.01, 2.0, 0.015])  # above its first value, a hundredth of its largest
GOOD, SMEAR = torch.tensor([0.8, 0.9, 0.85]), torch.tensor([0.02, 0.05, 0.1])
BETTER, WORSE = torch.tensor([0.1, 0.3, 0.6]), torch.tensor([0.9, 0.8, 0.4])
CASES = [
    (HALF, GOOD, STRONG, "healthy"),
    (STUCK, GOOD, STRONG, "collapse"),
    (HALF, SMEAR, STRONG, "unfinished"),
    (SWING, GOOD, STRONG, "oscillation"),
    (HALF, GOOD, WEAK, "vanishing"),
    (SWING, SMEAR, WEAK, "vanishing"),  # the first rule that holds
    (SWING, SMEAR, STRONG, "oscillation"),
    (STUCK, SMEAR, STRONG, "collapse"),
    (LATE, BETTER, RISING, "healthy"),
    (HALF, WORSE, STRONG, "unfinished"),
    (GONE, torch.full((4,), 0.9), torch.ones(4), "collapse"),
    (FEW, torch.full((2,), 0.9), torch.ones(2), "healthy"),
    (HALF, GOOD, FALLING, "healthy"),
    (HALF, GOOD, LATER, "vanishing"),
    (ONCE, torch.full((4,), 0.9), torch.ones(4), "healthy"),
    (MOVES, torch.full((4,), 0.9), torch.ones(4), "oscillation"),
    (HALF, GOOD, torch.tensor([1.0, 0.5, 0.0105]), "healthy"),  # here and below: near a threshold
    (torch.tensor([[0.7, 0.3], [0.46, 0.54]]), GOOD[:2], torch.ones(2), "healthy"),
    (torch.tensor([[0.7, 0.3], [0.44, 0.56]]), GOOD[:2], torch.ones(2), "oscillation"),
    (torch.tensor([[0.895, 0.105], [0.895, 0.105]]), GOOD[:2], torch.ones(2), "healthy"),
    (torch.tensor([[0.905, 0.095], [0.905, 0.095]]), GOOD[:2], torch.ones(2), "collapse"),
    (HALF, torch.tensor([0.9, 0.9, 0.5]), STRONG, "healthy"),
    (HALF, torch.tensor([0.9, 0.9, 0.49]), STRONG, "unfinished"),
]
WHY = [
    "Both modes are reached in every snapshot, the quality is high and the gradient strong.",
    "One of two modes holds 2 %, less than a fifth of its fair share; that the quality is high "
    "does not help it.",
    "Both modes are reached, but only a tenth of the points lies near a centre: a smear, not a "
    "collapse.",
    "All points jump from one mode to the other at each snapshot; rule 2 comes before rule 3.",
    "The last gradient is 0.002 and the largest was 1.",
    "The points jump, but the gradient has vanished too: the first rule that holds counts.",
    "The points jump, a mode is lost and the quality is low: the first rule that holds counts.",
    "The quality is low, but a mode is lost as well: rule 3 comes before rule 4.",
    "The second mode is missing in the first snapshot only, the quality was low at first only, "
    "and the gradient grew: only the last snapshot decides on collapse and on quality, only the "
    "last gradient on vanishing. A fifth of the points moves on average, which is no oscillation: "
    "the sum of the changes is halved.",
    "The quality was 0.9 once; in the last snapshot it is 0.4, and only the last one counts.",
    "The second mode was reached at first; in the last snapshot it holds 6 % of a fair share of "
    "50 %.",
    "With 4 modes the fair share is 1/4, so 0.06 is more than a fifth of it.",
    "The gradient fell to a fiftieth, not below a hundredth of the largest one.",
    "The last gradient is above the first one, but below a hundredth of the largest: compare "
    "with the largest.",
    "A third of the points moves once, at the end; on average it is less than an eighth.",
    "70 %, 10 %, 10 % of the points move: 30 % on average. Sum over the modes and halve, for each "
    "pair of snapshots; then take the mean over the pairs.",
    "The last gradient is 1.05 % of the largest, not below a hundredth.",
    "24 % of the points move: not above 0.25.",
    "26 % of the points move: above 0.25.",
    "A fifth of 1/2 is 0.1, and both modes hold more.",
    "A fifth of 1/2 is 0.1, and the second mode holds less.",
    "The last quality is 0.5, not below 0.5.",
    "The last quality is 0.49, below 0.5.",
]


@exercise(
    "models/when_gans_fail/diagnose",
    not_yet="Write the body of `diagnose(shares, quality, gradient)` and return one of five words.",
    right="Four numbers, five names; neither loss was needed.",
    hints=[
        "Four ifs, each with its own return, in the order of the rules; healthy comes last.",
        "Rule 2: 0.5 * shares.diff(dim=0).abs().sum(1) is one number for each pair of "
        "neighbouring snapshots; take the mean.",
        "Rule 3: (shares[-1] >= 0.2 / K).all() says that every mode is reached, K = "
        "shares.shape[1]; rule 4 looks at quality[-1].",
    ],
)
def diagnose(answer) -> None:
    """Name the failure: shares [T, K], quality [T], gradient [T] -> a word."""
    for (shares, quality, gradient, expected), why in zip(CASES, WHY, strict=True):
        said = call(function(answer), shares.clone(), quality.clone(), gradient.clone())
        require(isinstance(said, str), "Return one of the five words, as text.")
        require(
            said in WORDS, f"You said {said!r}; the five words are {', '.join(map(repr, WORDS))}."
        )
        require(said == expected, f"You said {said!r}, and it is {expected!r}. {why}")


question(
    "models/when_gans_fail/q1",
    "A run reaches 2 of 8 modes in every snapshot, but never the same 2 for long. Which of the "
    "measured numbers shows that best?",
    options={
        "a": ("The modes reached.", "They stand at 2 and do not tell that the 2 change."),
        "b": ("The churn.", "It counts the points that move to another mode."),
        "c": ("The critic's loss.", "It may look the same in a collapse that stands still."),
    },
    answer="b",
)

question(
    "models/when_gans_fail/q2",
    "Three layers have spectral norms 2, 0.5 and 3, with leaky ReLUs between. The slope is",
    options={
        "a": ("exactly 3.", "The directions stretched most need not meet: it may be smaller."),
        "b": ("at most 5.5.", "Stretching factors along a chain multiply; they do not add."),
        "c": ("at most 3.", "2 * 0.5 * 3, and the leaky ReLUs stretch nothing."),
    },
    answer="c",
)

question(
    "models/when_gans_fail/q3",
    "A critic's slope is 1 everywhere. What are its gradient penalty and its R1 penalty?",
    options={
        "a": ("0 and 1.", "The first asks for slope 1, the second for slope 0 on real data."),
        "b": ("0 and 0.", "R1 is the mean squared slope on real data: 1."),
        "c": ("1 and 0.", "It is the gradient penalty that is 0 at slope 1."),
    },
    answer="a",
)

question(
    "models/when_gans_fail/q4",
    "A critic with clipped weights reports 0.4 as its estimate. What is the Wasserstein distance?",
    options={
        "a": ("0.4.", "Only if the clipping bounded the slope by exactly 1."),
        "b": ("At most 0.4.", "With K below 1 the distance is larger than the estimate."),
        "c": ("Unknown, as the estimate is K times it.", "And K depends on clip and network."),
    },
    answer="c",
)

question(
    "models/when_gans_fail/q5",
    "A GAN reaches 2 of 8 modes at a quality of 0.9, churn 0, and more steps change nothing. In "
    "this lesson's table, which of these made such a collapse no better?",
    options={
        "a": ("R1.", "It healed both failures of the table."),
        "b": ("Five turns of the generator.", "It made up for a critic that is too fast."),
        "c": (
            "Five turns of the critic.",
            "They heal a critic that is too slow, which wanders; this one stands.",
        ),
    },
    answer="c",
)
