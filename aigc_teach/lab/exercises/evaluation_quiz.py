"""Questions of the lesson on evaluating generators."""

from __future__ import annotations

from . import question

question(
    "evaluation/q1",
    "A paper reports a Frechet distance of 12 from 10,000 samples; yours is 15 from 1,000. "
    "Whose model is better?",
    options={
        "a": ("The paper's: 12 is below 15.", "Your value carries ten times as much bias."),
        "b": (
            "One cannot say: the bias falls as 1/n.",
            "Measure both at the same n, with the same network and reference.",
        ),
        "c": ("Yours, since it needed fewer samples.", "The number of samples is your choice."),
    },
    answer="b",
)

question(
    "evaluation/q2",
    "A generator has precision 0.95, density 1.0 and coverage 0.1. What is it doing?",
    options={
        "a": (
            "It draws good pictures of few kinds.",
            "Quality is that of real data, variety a fraction of it: mode collapse.",
        ),
        "b": ("It draws blurred pictures of all kinds.", "Then coverage would not be 0.1."),
        "c": (
            "It copies its training data.",
            "Copies of all of them would have a high coverage; these measures cannot tell.",
        ),
    },
    answer="a",
)

question(
    "evaluation/q3",
    "Your samples are as far from the nearest training picture as unseen digits are. Does that "
    "rule out memorisation?",
    options={
        "a": ("Yes.", "Shift a copy by one pixel: it is as far away as an unseen digit."),
        "b": ("No: shifted copies pass that test.", "It rules out plain copies only."),
        "c": (
            "Yes, if precision is below 1.",
            "Precision asks where samples lie among features, not whether they are copies.",
        ),
    },
    answer="b",
)

question(
    "evaluation/q4",
    "Half of a model's samples become noise. By how much can its held-out log-likelihood fall?",
    options={
        "a": ("By half of it.", "The logarithm of a mixture is not the mixture of logarithms."),
        "b": ("Without limit.", "log(q/2 + u/2) is at least log(q/2)."),
        "c": ("By ln 2 nats at most.", "log(q/2 + u/2) >= log q - ln 2, and ln 2 is 0.69."),
    },
    answer="c",
)

question(
    "evaluation/q5",
    "You keep the best of ten seeds by Frechet distance, and report that distance. What is wrong?",
    options={
        "a": ("Nothing: the model did reach it.", "On these samples; part of it was luck."),
        "b": (
            "The number was a target: the luckiest of ten.",
            "Report the range, or choose by one measure and report another.",
        ),
        "c": ("Ten seeds are too few.", "With a hundred the luckiest would flatter even more."),
    },
    answer="b",
)
