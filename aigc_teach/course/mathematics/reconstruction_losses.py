"""Exercises of the lesson on reconstruction losses."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ...lab.checkers import Wrong, call, close, function, number, require, same_gradients, same_on
from ...lab.register import exercise, question

ANSWERS = torch.tensor([[0.1, 0.9, 0.4], [0.5, 0.2, 0.7]])
TRUTH = torch.tensor([[0.0, 0.3, 1.0], [0.9, 0.2, 0.6]])
SINGLE = (torch.tensor([[2.0, -1.0, 0.5, 4.0]]), torch.tensor([[0.0, 0.0, 3.0, 0.5]]))

FLOOR = math.log(1 + math.exp(-1)) + math.log(2)


@exercise(
    "mathematics/reconstruction_losses/floor",
    not_yet="Replace None by the least sum of the two losses, a number in nats.",
    right="0.313 + 0.693 = 1.006: a game that seems stuck at 1.006 has two sigmoids, not a critic "
    "that is still unsure.",
    hints=[
        "The second sigmoid sees a number between 0 and 1. Which probabilities can come out?",
        "They run from 1/2 to sigmoid(1) = 0.731. Which end is best for a real picture, which for "
        "a generated one?",
        "-ln 0.731 for the real one; -ln(1 - 1/2) for the generated one. Add the two.",
    ],
)
def floor(answer) -> None:
    """The least sum of a critic's two losses, with the sigmoid applied twice."""
    value = number(answer)
    require(value >= 0, "Yours is negative; a cross-entropy of a probability never is.")
    close(value, FLOOR, rtol=4e-3, mistakes=FLOOR_MISTAKES)


FLOOR_MISTAKES = {
    "0.313 is the real picture's share alone; the generated one costs something as well.": 0.3133,
    "0.693 is the generated picture's share alone; the real one costs something as well.": 0.692,
    "2 ln 2 is the loss of a critic that says 1/2 to everything; a perfect one does better for "
    "real pictures.": 2 * math.log(2),
    "You counted 0.313 twice. For a generated picture the probability would have to fall below "
    "1/2, and it cannot.": 2 * 0.31326,
    "Zero would need the probabilities 1 and 0; the second sigmoid reaches neither.": 0.0,
    "You took the worst of a generated picture, 1.313: a perfect critic says 1/2 there.": 1.62652,
    "That is the mean of the two losses; their sum is asked for.": FLOOR / 2,
    "That is in bits; divide by log2(e), or use the natural logarithm.": FLOOR / math.log(2),
}


def _advise(look: Callable[[], None], advice: dict[str, str]) -> None:
    """Run a comparison; an error whose text holds a key of `advice` is told in its words."""
    try:
        look()
    except Wrong as wrong:
        for part, words in advice.items():
            if part in str(wrong):
                raise Wrong(words) from wrong
        raise


def _scale(x_hat: Tensor, x: Tensor) -> Tensor:
    return (x - x_hat).abs().mean()


@exercise(
    "mathematics/reconstruction_losses/scale",
    not_yet="Write the body of `best_scale(x_hat, x)` and return one number.",
    right="The mean absolute error: the loss states its own typical error, as the Gaussian does.",
    hints=[
        "Write A for the sum of the absolute errors and D for how many there are. Which function "
        "of b is to be made smallest?",
        "A / b + D ln(2 b). Its derivative is -A / b^2 + D / b.",
        "So b = A / D, the mean of |x - x_hat| over everything.",
    ],
)
def scale(answer) -> None:
    """The best scale of a Laplace density, as a function of x_hat and x [N, D]."""
    same_on(answer, _scale, cases=[(ANSWERS, TRUTH), SINGLE], mistakes=SCALE_MISTAKES)


SCALE_MISTAKES = {
    "That is the root of the mean squared error: the best spread of a Gaussian. Start from the "
    "Laplace NLL, |x - x_hat| / b + ln(2 b).": lambda p, x: (x - p).square().mean().sqrt(),
    "That is the b whose variance, 2 b^2, equals the mean squared error. The best b makes "
    "A / b + D ln(2 b) smallest.": lambda p, x: ((x - p).square().mean() / 2).sqrt(),
    "That is a standard deviation of the errors; a Laplace density knows only absolute errors.": (
        lambda p, x: (x - p).std()
    ),
    "That is the largest absolute error; the best scale is a mean of them.": (
        lambda p, x: (x - p).abs().max()
    ),
    "That is the mean squared error; a Laplace density knows only absolute errors.": (
        lambda p, x: (x - p).square().mean()
    ),
    "You summed the absolute errors; the D in D ln(2 b) divides them.": (
        lambda p, x: (x - p).abs().sum()
    ),
    "You summed over the pixels and averaged over the pictures; D counts every number, so "
    "average over both.": lambda p, x: (x - p).abs().sum(1).mean(),
    "You took the median of the absolute errors. The median is the best centre; the best scale "
    "is their mean.": lambda p, x: (x - p).abs().median(),
    "The absolute value is missing: errors of opposite sign cancel.": lambda p, x: (x - p).mean(),
    "You took the absolute value of the mean error; take it of each error, then average.": (
        lambda p, x: (x - p).mean().abs()
    ),
    "Yours is half of it: the 2 in ln(2 b) is a constant factor and drops out of the "
    "derivative.": lambda p, x: (x - p).abs().mean() / 2,
    "Yours is twice too large: the 2 in ln(2 b) is a constant factor and drops out.": (
        lambda p, x: 2 * (x - p).abs().mean()
    ),
    "One number over the whole batch is asked for; you return one for each picture.": (
        lambda p, x: (x - p).abs().mean(1)
    ),
}


def _classes(logits: Tensor, label: Tensor) -> Tensor:
    return logits.logsumexp(1) - logits.gather(1, label[:, None])[:, 0]


LOGITS = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.1, -0.4]])
LABEL = torch.tensor([1, 0])
MANY = (
    torch.tensor([[0.3, 1.2, -0.7, 0.2, 0, 1, 0.5, -2, 0.1, 0.4, 2.5, 0.6]]),
    torch.tensor([11]),
)
HUGE = (
    torch.tensor([[10000.0, 9999.0], [-9999.0, -10000.0], [0.0, 9000.0]]),
    torch.tensor([1, 0, 0]),
)


@exercise(
    "mathematics/reconstruction_losses/classes",
    not_yet="Write the body of `class_loss(logits, label)` and return one loss for each row.",
    right="With the largest logit taken out, no exponential can overflow, and at least one is 1.",
    hints=[
        "-ln(e^a_k / sum_j e^a_j) = ln(sum_j e^a_j) - a_k: a log-sum-exp minus the true logit.",
        "The log-sum-exp: m = logits.max(1, keepdim=True).values; subtract m inside the exp and "
        "add it again outside the log.",
        "The true logits: logits.gather(1, label[:, None])[:, 0], or "
        "logits[torch.arange(len(label)), label].",
    ],
)
def classes(answer) -> None:
    """A stable cross-entropy of K classes, as a function of logits [N, K] and label [N]."""
    cases = [(LOGITS, LABEL), MANY]
    _advise(lambda: same_on(answer, _classes, cases=cases, mistakes=CLASS_MISTAKES), CLASS_ADVICE)
    result = torch.as_tensor(call(function(answer), *(t.clone() for t in HUGE)))
    if not torch.isfinite(result).all():
        if torch.isfinite(result[:2]).all():  # only the class of probability 0 fails
            raise Wrong(
                "The largest logit is out, but the probability of an unlikely true class "
                "underflows to 0, and log(0) is infinite. Take the logarithm of the quotient "
                "apart: ln(sum) minus the true logit."
            )
        raise Wrong(
            "Right for small logits, but for logits near 10,000 it overflows to inf or nan. Take "
            "the largest logit of each row out before exp."
        )
    require(
        result.shape != (3,) or not 10 < float(result[2]) < 75,
        f"Where the true class has a probability of 0 in float32 your loss stops at "
        f"{float(result.flatten()[-1]):.1f}, and it is 9000: a small number added inside the "
        "logarithm hides the underflow. Take the logarithm of the quotient apart: ln(sum) minus "
        "the true logit.",
    )
    same_on(answer, _classes, cases=[HUGE], mistakes=HUGE_MISTAKES)
    why = "Every logit pushes: by its softmax, and the true one by minus 1 as well."
    same_gradients(answer, _classes, (LOGITS, LABEL), (0,), why)


CLASS_ADVICE = {
    "has shape [2, 2]": "Your result is [N, N]: logits[:, label] picks the column of every label "
    "from every row. Each row needs its own: logits[torch.arange(len(label)), label].",
    "must match the size": "Two sizes do not fit: K is logits.shape[1], whatever it is, and a "
    "result for each row becomes a column, [N, 1], by keepdim=True or [:, None].",
    "num_classes": "K is not always the same: read it from logits.shape[1].",
    "out of bounds": "K is not always the same: read it from logits.shape[1].",
}
CLASS_MISTAKES = {
    "You used the first ten classes alone; K is logits.shape[1].": (
        lambda a, k: a[:, :10].logsumexp(1) - a.gather(1, k[:, None])[:, 0]
    ),
    "Outside the logarithm the largest logit is to be added, not subtracted.": (
        lambda a, k: _classes(a, k) - 2 * a.max(1).values
    ),
    "The true logit is to be subtracted, not added.": (
        lambda a, k: a.logsumexp(1) + a.gather(1, k[:, None])[:, 0]
    ),
    "You averaged over the batch: one loss for each row is asked for.": (
        lambda a, k: _classes(a, k).mean()
    ),
    "That is the log-probability; the loss is minus it.": lambda a, k: -_classes(a, k),
    "Your logarithm is not the natural one: the loss is asked for in nats.": (
        lambda a, k: _classes(a, k) / math.log(2)
    ),
    "The true class's logit is missing: that is the log-sum-exp alone.": (
        lambda a, k: a.logsumexp(1)
    ),
    "You took the largest logit out and did not add it again outside the logarithm.": (
        lambda a, k: (
            (a - a.max(1, keepdim=True).values).exp().sum(1).log() - a.gather(1, k[:, None])[:, 0]
        )
    ),
    "You used the largest class instead of the true one: label says which.": (
        lambda a, k: a.logsumexp(1) - a.max(1).values
    ),
    "You applied softmax first and then treated probabilities as logits: a softmax twice.": (
        lambda a, k: _classes(a.softmax(1), k)
    ),
}
HUGE_MISTAKES = {
    "Right for small logits, but large ones are cut off by a clamp. Subtract the largest of each "
    "row instead.": lambda a, k: _classes(a.clamp(-80, 80), k),
}


def _gradient(W: Tensor, c: Tensor, z: Tensor, x: Tensor) -> Tensor:
    return 2 / len(x) * (W @ z + c - x)[:, None] * z[None]


GRADIENT_CASES = [
    (
        torch.tensor([[0.5, -1.0], [0.2, 0.3], [1.0, 0.7]]),
        torch.tensor([0.1, -0.2, 0.3]),
        torch.tensor([1.5, -0.5]),
        torch.tensor([0.3, 0.9, 0.1]),
    ),
    (
        torch.tensor([[0.4, 0.1, -0.6], [0.3, -0.8, 0.2], [0.1, 0.6, 0.5], [-0.2, 0.9, 0.7]]),
        torch.tensor([0.0, 0.5, -0.1, 0.2]),
        torch.tensor([0.7, 1.1, -0.4]),
        torch.tensor([0.2, 0.0, 1.0, 0.4]),
    ),
]


@exercise(
    "mathematics/reconstruction_losses/gradient",
    not_yet="Write the body of `weight_gradient(W, c, z, x)` and return a tensor [D, L].",
    right="Factor 2/D, error, and the Jacobian z: all three are needed, and W changes nothing "
    "where z is 0.",
    hints=[
        "Chain rule: the slope in W_dl is the slope in x_hat_d times dx_hat_d/dW_dl. You know the "
        "first factor.",
        "x_hat_d = sum_l W_dl z_l + c_d, so dx_hat_d/dW_dl = z_l: the Jacobian.",
        "With the residual r = W @ z + c - x [D]: (2 / D) * r[:, None] * z[None] has shape [D, L].",
    ],
)
def gradient(answer) -> None:
    """The gradient of a mean squared error with respect to a layer's weights, [D, L]."""
    with torch.inference_mode():  # here `backward` and `autograd.grad` have nothing to follow
        _advise(
            lambda: same_on(answer, _gradient, cases=GRADIENT_CASES, mistakes=GRADIENT_MISTAKES),
            GRADIENT_ADVICE,
        )


BY_HAND = "Write the formula by hand: automatic derivatives are switched off here."
GRADIENT_ADVICE = {
    "does not require grad": BY_HAND,
    "must match the size": "Two sizes do not fit: make the residual a column, r[:, None], and the "
    "code a row, z[None].",
}
GRADIENT_MISTAKES = {
    BY_HAND: lambda W, c, z, x: torch.zeros_like(W),
    "The Jacobian, z, is missing: every column of yours is the gradient of x_hat.": (
        lambda W, c, z, x: (2 / len(x) * (W @ z + c - x))[:, None].expand(W.shape)
    ),
    "You divided by L, the length of the code; the mean runs over the D pixels.": (
        lambda W, c, z, x: _gradient(W, c, z, x) * len(x) / len(z)
    ),
    "That is the gradient of x_hat, and even there 1/D is missing; the Jacobian, z, is missing "
    "too.": lambda W, c, z, x: 2 * (W @ z + c - x),
    "That is the gradient of x_hat, [D]; the Jacobian of x_hat with respect to W, z, is "
    "missing.": lambda W, c, z, x: 2 / len(x) * (W @ z + c - x),
    "1/D is missing: the loss is the mean over the pixels, not the sum.": (
        lambda W, c, z, x: len(x) * _gradient(W, c, z, x)
    ),
    "You divided by the number of weights; the mean runs over the D pixels.": (
        lambda W, c, z, x: _gradient(W, c, z, x) / len(z)
    ),
    "The factor 2 of the square is missing, and so is 1/D: the loss is a mean over the pixels.": (
        lambda W, c, z, x: len(x) / 2 * _gradient(W, c, z, x)
    ),
    "The factor 2 of the square is missing.": lambda W, c, z, x: _gradient(W, c, z, x) / 2,
    "The sign is reversed: it is answer minus truth.": lambda W, c, z, x: -_gradient(W, c, z, x),
    "Rows and columns are exchanged: W is [D, L], and so is its gradient.": (
        lambda W, c, z, x: _gradient(W, c, z, x).T
    ),
    "The constant c is missing from the answer W z + c.": (
        lambda W, c, z, x: _gradient(W, torch.zeros_like(c), z, x)
    ),
    "That is the gradient of z, [L]; the gradient of W is asked for, [D, L].": (
        lambda W, c, z, x: 2 / len(x) * W.T @ (W @ z + c - x)
    ),
}


question(
    "mathematics/reconstruction_losses/q1",
    "A pixel is black (0) in 70 % of the pictures and white (1) in 30 %. What are the best single "
    "answers under squared error and under absolute error?",
    options={
        "a": ("0.3 and 0.3.", "The absolute error does not weigh how far; it counts sides."),
        "b": ("0.3 and 0.", "The mean, and the median."),
        "c": ("0 and 0.", "Under squared error a far miss is dear, so it pays to move to 0.3."),
        "d": ("0.5 and 0.", "0.5 would be the mean if both were equally frequent."),
    },
    answer="b",
)

question(
    "mathematics/reconstruction_losses/q2",
    "Can the negative log-likelihood of a picture be below zero?",
    options={
        "a": ("Yes, if it comes from a density such as a Gaussian.", "A density may exceed 1."),
        "b": ("No, a loss is never negative.", "MSE is not; minus the logarithm of 4 is."),
        "c": (
            "Yes, if the picture is black or white and the likelihood a Bernoulli.",
            "That is a probability, which never exceeds 1.",
        ),
    },
    answer="a",
)

question(
    "mathematics/reconstruction_losses/q3",
    "You change the sum over 784 pixels to a mean and leave the KL as it is. What did you do?",
    options={
        "a": ("Nothing: a constant factor does not move the minimum.", "It weighs one term only."),
        "b": (
            "Made the Gaussian's spread 28 times larger.",
            "Its square grew 784 times: from 0.5 to 392.",
        ),
        "c": (
            "Made the Gaussian's spread 28 times smaller.",
            "The error now counts less, not more.",
        ),
        "d": ("Made the Gaussian's spread 784 times larger.", "Its square is 784 times larger."),
    },
    answer="b",
)

question(
    "mathematics/reconstruction_losses/q4",
    "A model draws from exactly the right distribution. How does its squared error compare with "
    "that of the best single prediction, the mean?",
    options={
        "a": ("It is the same: both are optimal.", "They are optimal for different questions."),
        "b": (
            "It is half of it, on average.",
            "Adding noise to the mean cannot make the error smaller.",
        ),
        "c": ("Twice as large: both err.", "Truth and draw err independently, and variances add."),
    },
    answer="c",
)

question(
    "mathematics/reconstruction_losses/q5",
    "A network's cross-entropy for black and white pixels stays at 0.69. What do you look at "
    "first?",
    options={
        "a": ("The learning rate.", "Perhaps, but 0.69 is a telling number: ln 2."),
        "b": (
            "Whether the sum was written as a mean.",
            "That changes the number, not its movement.",
        ),
        "c": (
            "Whether a sigmoid stands before a loss that says with_logits.",
            "Then the probability lies between 0.5 and 0.731, and black costs at least ln 2.",
        ),
    },
    answer="c",
)
