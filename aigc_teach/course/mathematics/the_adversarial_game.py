"""Exercises and questions of the lesson on the adversarial game."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...lab.checkers import Wrong, call, function, number, require, same_gradients, same_on
from ...lab.register import exercise, question

P = torch.tensor([0.30, 0.05, 0.40, 0.00])
Q = torch.tensor([0.10, 0.25, 0.40, 0.20])


def _diet(p: Tensor, q: Tensor, r: float) -> Tensor:
    return r * p / (r * p + (1 - r) * q)


@exercise(
    "mathematics/the_adversarial_game/diet",
    not_yet="Write the body of `best_answer(p, q, r)` and return one probability for each place.",
    right="Shown more fakes, it trusts less: the share is a prior, and D* is Bayes' rule.",
    hints=[
        "What does the critic earn at one place? r p(x) log d + (1 - r) q(x) log(1 - d).",
        "You know the maximum of a log d + b log(1 - d). What are a and b now?",
        "a = r p and b = (1 - r) q; the best d is a / (a + b).",
    ],
)
def diet(answer) -> None:
    """The best critic where a share r of what it sees is real: densities [K] -> [K]."""
    cases = [(P, Q, 0.5), (P, Q, 0.2), (P[:2], Q[:2], 0.9)]
    result = call(function(answer), P.clone(), Q.clone(), 0.2)
    if isinstance(result, Tensor) and result.is_floating_point():
        require(
            not bool(((result < -1e-6) | (result > 1 + 1e-6)).any()),
            "Your answers leave [0, 1]: a probability is asked for, not a ratio or a logit.",
        )
    same_on(answer, _diet, cases=cases, mistakes=DIET_MISTAKES)


DIET_MISTAKES = {
    "You left out the share r: this is the critic that sees as many real as generated points.": (
        lambda p, q, r: p / (p + q)
    ),
    "That is the probability of being generated; the critic says how probable *real* is.": (
        lambda p, q, r: (1 - r) * q / (r * p + (1 - r) * q)
    ),
    "The two weights are exchanged: r belongs to the real density p.": (
        lambda p, q, r: _diet(p, q, 1 - r)
    ),
    "Only p is weighted; the generated points are a share 1 - r, so q needs its weight too.": (
        lambda p, q, r: r * p / (r * p + q)
    ),
    "Only q is weighted; the real points are a share r, so p needs its weight too.": (
        lambda p, q, r: p / (p + (1 - r) * q)
    ),
    "The weight is missing below the line: both parts of the sum need theirs.": (
        lambda p, q, r: r * p / (p + q)
    ),
    "The weight is missing above the line: a / (a + b) has the same a twice.": (
        lambda p, q, r: p / (r * p + (1 - r) * q)
    ),
    "You mixed D* with r afterwards; the share weighs the densities, before the ratio.": (
        lambda p, q, r: r * p / (p + q) + (1 - r) * 0.5
    ),
}

REAL = torch.tensor([1.5, -0.5, 3.0])
FAKE = torch.tensor([-2.0, 0.4, 1.0, -0.3])


def _smooth(real: Tensor, fake: Tensor, s: float) -> Tensor:
    return (s * F.softplus(-real) + (1 - s) * F.softplus(real)).mean() + F.softplus(fake).mean()


@exercise(
    "mathematics/the_adversarial_game/smooth",
    not_yet="Write the body of `smoothed_loss(real_logits, fake_logits, s)`; return one number.",
    right="Its best critic says s p / (p + q): never surer than s, however bad the generator.",
    hints=[
        "-log D = softplus(-t) and -log(1 - D) = softplus(t), with t the logit.",
        "A real point pays s softplus(-t) + (1 - s) softplus(t).",
        "Take the mean over real points and the mean over generated points, and add the two.",
    ],
)
def smooth(answer) -> None:
    """The critic's loss with the label s for real points: logits [N], [M] -> one number."""
    far = torch.tensor([200.0, -200.0])
    cases = [(REAL, FAKE, 0.9), (REAL, FAKE, 1.0), (REAL[:2], FAKE, 0.7)]
    same_on(answer, _smooth, cases=cases, mistakes=SMOOTH_MISTAKES)
    result = call(function(answer), far.clone(), far.clone(), 0.9)
    try:
        loss = number(result)
    except Wrong as wrong:
        raise Wrong(FAR) from wrong
    exact = _smooth(far, far, 0.9).item()
    require(abs(loss - exact) < 0.1, CUT.format(exact, loss))
    same_gradients(answer, _smooth, cases[0], (0, 1), "Both kinds of logits push.", or_none=True)


FAR = (
    "Right for small logits, but NaN or infinite for 200 and -200: a sigmoid rounds to 0 or 1 "
    "there, and its log is lost. Use softplus, or binary_cross_entropy_with_logits."
)
CUT = (
    "Right for small logits; but with 200 and -200 the loss is {:.0f}, and yours is {:.4g}. "
    "Something holds it down: a clamp of the logits, of the probabilities or of their log, or "
    "a small number that is added inside the log. softplus needs none of them."
)

SMOOTH_MISTAKES = {
    "Both halves of the real points' term are softplus(t); the one with s is softplus(-t).": (
        lambda r, f, s: F.softplus(r).mean() + F.softplus(f).mean()
    ),
    "You left out s: this is the loss with the label 1.": lambda r, f, s: _smooth(r, f, 1.0),
    "The second half, (1 - s) times -log(1 - D), is missing for the real points.": (
        lambda r, f, s: s * F.softplus(-r).mean() + F.softplus(f).mean()
    ),
    "You smoothed both labels; generated points keep the label 0.": (
        lambda r, f, s: (
            _smooth(r, f, s)
            - F.softplus(f).mean()
            + (s * F.softplus(f) + (1 - s) * F.softplus(-f)).mean()
        )
    ),
    "You gave both kinds the label s; generated points keep the label 0.": (
        lambda r, f, s: _smooth(r, f, s) - s * f.mean()  # softplus(f) - f = softplus(-f)
    ),
    "The half with 1 - s belongs to the real points too: there it is softplus(t) of theirs.": (
        lambda r, f, s: s * F.softplus(-r).mean() + (1 - s) * F.softplus(f).mean()
    ),
    "The term of the generated points is missing.": (
        lambda r, f, s: _smooth(r, f, s) - F.softplus(f).mean()
    ),
    "The two kinds are exchanged: the label s is for the real points.": (
        lambda r, f, s: _smooth(f, r, s)
    ),
    "s and 1 - s are exchanged: s belongs to -log D of the real points.": (
        lambda r, f, s: _smooth(r, f, 1 - s)
    ),
    "The signs are reversed: this is the value, which the critic wants large; a loss is asked "
    "for.": lambda r, f, s: -_smooth(r, f, s),
    "You summed over the points; take the mean over each kind.": (
        lambda r, f, s: (s * F.softplus(-r) + (1 - s) * F.softplus(r)).sum() + F.softplus(f).sum()
    ),
    "You took one mean over all points together: real and generated points each get their own.": (
        lambda r, f, s: torch.cat(
            [s * F.softplus(-r) + (1 - s) * F.softplus(r), F.softplus(f)]
        ).mean()
    ),
    "You halved the loss: the two means are added, not averaged.": (
        lambda r, f, s: _smooth(r, f, s) / 2
    ),
    "The generated points are paid for saying 'real': their term is -log(1 - D) = softplus(t).": (
        lambda r, f, s: _smooth(r, -f, s)
    ),
    "You took a sigmoid before a loss that takes logits: the double sigmoid of this lesson.": (
        lambda r, f, s: _smooth(r.sigmoid(), f.sigmoid(), s)
    ),
}

NOW = torch.tensor([0.8, -0.6])
BEFORE = torch.tensor([1.0, -0.2])


def _step(x_slope: Tensor, y_slope: Tensor, now: Tensor, eta: float) -> Tensor:
    return torch.stack([now[0] - eta * x_slope, now[1] + eta * y_slope])


def _optimistic(now: Tensor, before: Tensor, eta: float) -> Tensor:
    return _step(2 * now[1] - before[1], 2 * now[0] - before[0], now, eta)


@exercise(
    "mathematics/the_adversarial_game/optimistic",
    not_yet="Write the body of `optimistic(now, before, eta)` and return the next place, [2].",
    right="Twice the new slope minus the old one looks ahead, for the price of one slope a step.",
    hints=[
        "The slope of V = xy is y for the player x, and x for the player y.",
        "For x: twice the present slope minus the previous one is 2 * now[1] - before[1].",
        "x goes down: now[0] - eta * (...); y goes up: now[1] + eta * (2 * now[0] - before[0]).",
    ],
)
def optimistic(answer) -> None:
    """One optimistic simultaneous step of V = xy: [2], [2], eta -> [2]."""
    cases = [(NOW, BEFORE, 0.1), (BEFORE, NOW, 0.3), (NOW, NOW, 0.2)]
    same_on(answer, _optimistic, cases=cases, mistakes=OPTIMISTIC_MISTAKES)


OPTIMISTIC_MISTAKES = {
    "That is the plain simultaneous step: the slope of the step before is not used.": (
        lambda n, b, e: _step(n[1], n[0], n, e)
    ),
    "That is the extragradient step; here the slope of the step *before* is used.": (
        lambda n, b, e: _step(n[1] + e * n[0], n[0] - e * n[1], n, e)
    ),
    "The slope of the step before is not subtracted.": (
        lambda n, b, e: _step(2 * n[1], 2 * n[0], n, e)
    ),
    "The learning rate eta is missing.": (lambda n, b, e: _optimistic(n, b, 1.0)),
    "You averaged the two slopes; twice the present one *minus* the previous one is asked for.": (
        lambda n, b, e: _step((n[1] + b[1]) / 2, (n[0] + b[0]) / 2, n, e)
    ),
    "You added the previous slope; it must be subtracted.": (
        lambda n, b, e: _step(2 * n[1] + b[1], 2 * n[0] + b[0], n, e)
    ),
    "The 2 stands at the wrong slope: twice the *present* one, minus the previous one.": (
        lambda n, b, e: _step(2 * b[1] - n[1], 2 * b[0] - n[0], n, e)
    ),
    "The factor 2 is missing at the present slope.": (
        lambda n, b, e: _step(n[1] - b[1], n[0] - b[0], n, e)
    ),
    "Both players go down: y wants V large, so it adds.": (
        lambda n, b, e: _step(2 * n[1] - b[1], -(2 * n[0] - b[0]), n, e)
    ),
    "Both players go up: x wants V small, so it subtracts.": (
        lambda n, b, e: _step(-(2 * n[1] - b[1]), 2 * n[0] - b[0], n, e)
    ),
    "The directions are exchanged: x goes down and y goes up.": (
        lambda n, b, e: _step(-(2 * n[1] - b[1]), -(2 * n[0] - b[0]), n, e)
    ),
    "The slope of V = xy for x is y, not x: each player's slope is the other's number.": (
        lambda n, b, e: _step(2 * n[0] - b[0], 2 * n[1] - b[1], n, e)
    ),
    "You started from the previous place; the step goes from the present one.": (
        lambda n, b, e: _step(2 * n[1] - b[1], 2 * n[0] - b[0], b, e)
    ),
    "y saw where x went: both step at once here, so y uses the old x.": (
        lambda n, b, e: _step(2 * n[1] - b[1], 2 * (n[0] - e * (2 * n[1] - b[1])) - b[0], n, e)
    ),
}


question(
    "mathematics/the_adversarial_game/q1",
    "At some place generated data are four times as dense as real data. What does the best critic "
    "say there?",
    options={
        "a": (
            "0, as most of it is generated.",
            "It would pay an endless price for the real points that lie there too.",
        ),
        "b": ("0.2, that is, the logit log(1/4).", "p / (p + q) = 1 / (1 + 4)."),
        "c": (
            "0.25, that is, the logit log(1/3).",
            "That is the ratio p / q; the critic says p / (p + q).",
        ),
    },
    answer="b",
)

question(
    "mathematics/the_adversarial_game/q2",
    "During a training the critic's accuracy rises steadily. What does it say of the generator?",
    options={
        "a": ("It is getting better.", "The best critic's accuracy falls then, to 50 %."),
        "b": ("It is getting worse.", "In the page's run the critic was only catching up."),
        "c": (
            "Nothing, unless the critic is at its best.",
            "Measure samples, or hold the generator still and train the critic on.",
        ),
    },
    answer="c",
)

question(
    "mathematics/the_adversarial_game/q3",
    "D(G(z)) = 0.01. How many times harder does the non-saturating loss push the logit?",
    options={
        "a": ("99 times.", "(1 - D) / D = 0.99 / 0.01."),
        "b": ("0.01 times.", "It is the saturating one whose slope is only D = 0.01."),
        "c": ("As hard: they have the same fixed point.", "The same goal, but other slopes."),
    },
    answer="a",
)

question(
    "mathematics/the_adversarial_game/q4",
    "You halve the learning rate of simultaneous steps on V = xy. What happens?",
    options={
        "a": ("They spiral in.", "sqrt(1 + eta^2) is above 1 for every eta > 0."),
        "b": ("They spiral out more slowly.", "The factor stays above 1, but nearer to it."),
        "c": ("They circle for ever.", "That is what alternating steps do."),
    },
    answer="b",
)

question(
    "mathematics/the_adversarial_game/q5",
    "A run shows the losses 1.386 and 0.693 from step 200 on. What do you conclude?",
    options={
        "a": (
            "Nothing yet: the losses alone do not tell.",
            "Equal labels and a double sigmoid show the same numbers and learn nothing: look at "
            "samples, a distance, and the mean D on both kinds.",
        ),
        "b": (
            "The equilibrium is reached: these are its losses, 2 ln 2 and ln 2.",
            "It has these losses, but so has a run that learns nothing.",
        ),
        "c": (
            "The learning rate is too small for the losses to move.",
            "These values are no sign of that.",
        ),
    },
    answer="a",
)
