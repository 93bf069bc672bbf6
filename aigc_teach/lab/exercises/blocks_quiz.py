"""Questions of the lesson on building blocks."""

from __future__ import annotations

from . import question

question(
    "blocks/q1",
    "A prediction [64, 1] minus a truth [64]. Which shape has the difference?",
    options={
        "a": ("[64]", "The axes are lined up at the right: the 1 stands over the 64."),
        "b": ("[64, 64]", "Both are stretched: every prediction against every truth."),
        "c": ("None: an error is raised.", "No error: 1 and 64 fit by broadcasting."),
    },
    answer="b",
)

question(
    "blocks/q2",
    "Why is the smallest step not the best for a finite difference?",
    options={
        "a": (
            "Two nearly equal numbers are subtracted, and only their noisy last digits remain.",
            "And the division by h makes that noise larger.",
        ),
        "b": ("The function bends too much.", "Over a shorter step it bends less, not more."),
        "c": ("A small step takes longer.", "It is the same two evaluations for every step."),
    },
    answer="a",
)

question(
    "blocks/q3",
    "Which transposed convolution writes equally often on all pixels away from the edges?",
    options={
        "a": ("kernel 5, stride 2", "2 or 3 taps in turn: 2 does not divide 5."),
        "b": ("kernel 3, stride 2", "1 or 2 taps in turn: 2 does not divide 3."),
        "c": ("kernel 6, stride 3", "Two taps along an axis, everywhere inside."),
    },
    answer="c",
)

question(
    "blocks/q4",
    "Why can an LSTM remember for longer than a simple cell?",
    options={
        "a": ("It has more weights.", "More weights would not stop a product from shrinking."),
        "b": (
            "Along its memory the gradient is multiplied by the forget gate, which may be near 1.",
            "And where the gate is at 0.5, it forgets as fast as a simple cell.",
        ),
        "c": ("It has no tanh.", "It has two: around the candidate and around the memory."),
    },
    answer="b",
)

question(
    "blocks/q5",
    "After a long training, the running mean of a batch normalisation is exactly 0. Why?",
    options={
        "a": ("The data have mean 0.", "Then it would be near 0, never exactly."),
        "b": ("The optimiser set it to 0.", "It is no weight: no optimiser ever touches it."),
        "c": (
            "The layer was never called in training mode.",
            "Only such calls move it; until then the layer does next to nothing.",
        ),
    },
    answer="c",
)
