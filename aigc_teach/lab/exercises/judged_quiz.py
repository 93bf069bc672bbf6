"""Questions of the clinic's lesson on reports that judge wrongly."""

from __future__ import annotations

from . import question

question(
    "judged/q1",
    "Losses of single pictures have standard deviation 40. A program prints the loss of the last "
    "batch of 64. Two models differ by 1. What is the scatter of one printed loss?",
    options={
        "a": ("0.6", "That is 40/64; the error of a mean falls with the root of the number."),
        "b": ("5", "40/8. A difference of 1 drowns in it."),
        "c": ("40", "That is the scatter of a single picture."),
    },
    answer="b",
)

question(
    "judged/q2",
    "A critic's cross-entropy on the test set, all labels 1, is 0.001. What follows for the "
    "generator?",
    options={
        "a": ("It is good.", "No generated picture was asked about."),
        "b": ("It is bad.", "A critic that says 'real' to everything has this number too."),
        "c": ("Nothing.", "The number does not depend on the generator at all."),
    },
    answer="c",
)

question(
    "judged/q3",
    "Two generators, each trained with a critic of its own. The first has the lower loss. Which "
    "is the better one?",
    options={
        "a": (
            "One cannot say.",
            "Each loss is the opinion of another critic. Let one judge see both.",
        ),
        "b": ("The first.", "Its critic may be weak, or may have been bribed."),
        "c": (
            "The second.",
            "A high loss can also mean that its pictures are easily told from real ones.",
        ),
    },
    answer="a",
)

question(
    "judged/q4",
    "Three samples in a hundred of a model are good. Somebody shows ten good ones. About how "
    "many were drawn?",
    options={
        "a": ("Ten.", "Of ten, 0.3 would be good on average."),
        "b": ("About 330.", "10/0.03: the gallery tells you how much was thrown away."),
        "c": ("A million.", "Far fewer do."),
    },
    answer="b",
)

question(
    "judged/q5",
    "`diagnose` had no false alarm in 45 healthy trainings. Is its rate of false alarms 0?",
    options={
        "a": ("Yes.", "With a rate of 3 % one would see none in 45 in a quarter of all cases."),
        "b": (
            "It may well be as high as 6 %.",
            "At 6.7 %, 45 trainings without an alarm still happen in 4 or 5 cases of a hundred.",
        ),
        "c": ("It is 1/45.", "That is a common guess, and no bound: 3/45 is one."),
    },
    answer="b",
)
