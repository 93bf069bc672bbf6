"""Questions of the lesson on reconstruction losses."""

from __future__ import annotations

from . import question

question(
    "reconstruction/q1",
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
    "reconstruction/q2",
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
    "reconstruction/q3",
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
    "reconstruction/q4",
    "A model draws from exactly the right distribution. How does its squared error compare with "
    "that of the best single prediction, the mean?",
    options={
        "a": ("It is the same: both are optimal.", "They are optimal for different questions."),
        "b": ("It is half.", "Adding noise to the mean cannot make the error smaller."),
        "c": ("It is twice as large.", "Truth and draw err independently, and variances add."),
    },
    answer="c",
)

question(
    "reconstruction/q5",
    "A network's cross-entropy for black and white pixels stays at 0.69. What do you look at "
    "first?",
    options={
        "a": ("The learning rate.", "Perhaps, but 0.69 is a telling number: ln 2."),
        "b": (
            "Whether a sigmoid stands before a loss that says with_logits.",
            "Then the probability lies between 0.5 and 0.731, and black costs at least ln 2.",
        ),
        "c": (
            "Whether the sum was written as a mean.",
            "That changes the number, not its movement.",
        ),
    },
    answer="b",
)
