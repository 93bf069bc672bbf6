"""Questions of the clinic's lesson on trainings that run and lie."""

from __future__ import annotations

from . import question

question(
    "lies/q1",
    "A critic's loss is 1.386294 at each of the last thousand steps. What do you conclude?",
    options={
        "a": (
            "The game is at its equilibrium.",
            "There the batches still differ, and the loss moves with them.",
        ),
        "b": (
            "The critic gives every picture the same answer, and is told nothing.",
            "Only a constant answer makes the loss the same on every batch.",
        ),
        "c": (
            "The learning rate is too low.",
            "At a low rate the loss would still differ from batch to batch.",
        ),
    },
    answer="b",
)

question(
    "lies/q2",
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
    "lies/q3",
    "You mend a line that is certainly wrong, and no curve changes. What now?",
    options={
        "a": (
            "Keep the mend and go on looking.",
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
    "lies/q4",
    "Answers have shape [64, 1] and labels [64]. When does ((answers - labels) ** 2).mean() do "
    "no harm?",
    options={
        "a": ("Always: the mean takes care of it.", "With mixed labels the table mixes them."),
        "b": ("Never.", "There is one case in which all rows of the table are alike."),
        "c": (
            "When all labels of the call are the same.",
            "Each answer then meets 64 copies of its own label.",
        ),
    },
    answer="c",
)

question(
    "lies/q5",
    "train.diagnose says 'nothing found'. What do you know?",
    options={
        "a": ("The training is sound.", "A generator without a single bend passes as well."),
        "b": (
            "None of the symptoms that it has a rule for could be established.",
            "That is all. Compare with a twin, and ask the four questions.",
        ),
        "c": ("The history is too short.", "It says so of any history, where no rule applies."),
    },
    answer="b",
)
