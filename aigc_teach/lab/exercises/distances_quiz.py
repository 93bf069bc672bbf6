"""Questions of the lesson on distances between distributions."""

from __future__ import annotations

from . import question

question(
    "distances/q1",
    "A coin falls heads with probability 1; your model says 0.9. What is the cross-entropy?",
    options={
        "a": ("0, as the outcome is certain.", "That is the entropy. Your model did not know."),
        "b": ("-ln 0.9, about 0.105.", "Here it equals the KL, as the entropy is 0."),
        "c": ("-0.9 ln 0.9.", "The mean is over the truth, which gives heads probability 1."),
    },
    answer="b",
)

question(
    "distances/q2",
    "The model gives probability 0 to pictures that do occur in the data. What does that make "
    "infinite?",
    options={
        "a": ("KL(data || model).", "There p > 0 and q = 0."),
        "b": ("KL(model || data).", "There these pictures add 0 log 0 = 0."),
        "c": ("The JS divergence.", "It never exceeds ln 2."),
    },
    answer="a",
)

question(
    "distances/q3",
    "A model draws sharp digits, but no sevens. Which divergence was probably minimised?",
    options={
        "a": ("KL(data || model).", "That one covers: a missing digit would cost very much."),
        "b": ("KL(model || data).", "It seeks modes: missing some costs little."),
        "c": ("The Wasserstein distance.", "The sevens' sand would have to travel: it covers."),
    },
    answer="b",
)

question(
    "distances/q4",
    "Two samples of 100 numbers, each of width about 1, have a Wasserstein distance of 0.2. "
    "Are the distributions different?",
    options={
        "a": ("Yes: equal distributions have distance 0.", "Distributions, not samples of them."),
        "b": ("No: 0.2 is small.", "Small compared with what?"),
        "c": (
            "You cannot tell.",
            "Two samples of 100 from one standard normal give 0.15 to 0.21 on average.",
        ),
    },
    answer="c",
)

question(
    "distances/q5",
    "A loss stands at 0.6931 from the first step on, and nothing changes. What is likely?",
    options={
        "a": ("The training has converged.", "From the first step on?"),
        "b": (
            "JS between supports that do not meet: the gradient is 0.",
            "Add noise, or use a measure that looks at places.",
        ),
        "c": ("The learning rate is too small.", "Any learning rate times 0 is 0."),
    },
    answer="b",
)
