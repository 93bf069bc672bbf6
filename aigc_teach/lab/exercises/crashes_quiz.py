"""Questions of the lesson on notebooks that crash."""

from __future__ import annotations

from . import question

question(
    "crashes/q1",
    "mat1 and mat2 shapes cannot be multiplied (32x12544 and 784x128). What is wrong?",
    options={
        "a": ("The batch size is 32.", "The first number of mat1 is the batch; it may be any."),
        "b": (
            "Pictures of 112 by 112 arrive where 28 by 28 are expected.",
            "12544 = 112 * 112 and 784 = 28 * 28.",
        ),
        "c": ("The layer must be given 12544 inputs.", "Then it refuses the pictures of 28 by 28."),
    },
    answer="b",
)
question(
    "crashes/q2",
    "A notebook runs for its author and stops for you with a NameError. Restart and Run All on "
    "the author's machine will",
    options={
        "a": ("stop as well.", "A fresh kernel knows only what the cells define."),
        "b": ("run.", "Only a kernel that still knows a deleted cell does."),
        "c": ("give other numbers.", "A name that is missing stops it before any number."),
    },
    answer="a",
)
question(
    "crashes/q3",
    "Answers have shape [64, 1], labels [64]. A squared error by hand",
    options={
        "a": ("raises an error.", "Only if no broadcasting fits; here it does."),
        "b": ("is right, since both hold 64 numbers.", "It makes a table of 64 by 64."),
        "c": (
            "compares every answer with every label.",
            "Its best answer is the labels' mean, whatever the picture.",
        ),
    },
    answer="c",
)
question(
    "crashes/q4",
    "Which crash passes a rehearsal of one batch, and not one of two?",
    options={
        "a": ("A missing import in a function that each step calls.", "The first call finds it."),
        "b": (
            "A critic that is frozen in the generator's turn and not thawed.",
            "It is the critic's second turn that has nothing to learn.",
        ),
        "c": ("Labels shaped like pictures.", "The first loss refuses them."),
    },
    answer="b",
)
question(
    "crashes/q5",
    "A checkpoint every 200 steps, a crash at step 1,130. After the resume the network at its end",
    options={
        "a": (
            "is the one that would have come without the crash.",
            "130 steps are repeated with the same batches, noise and averages.",
        ),
        "b": ("has 130 steps fewer.", "They are done again."),
        "c": (
            "is another one, as good.",
            "So it would be, had the file held the weights alone.",
        ),
    },
    answer="a",
)
