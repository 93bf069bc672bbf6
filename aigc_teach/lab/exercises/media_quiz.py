"""Questions of the lesson on the data of four media."""

from __future__ import annotations

from . import question

question(
    "media/q1",
    "Pictures in bytes are brightened by adding 60 to a uint8 tensor. What happens to white?",
    options={
        "a": ("It stays white.", "That would need clamping; whole-number bytes count on from 0."),
        "b": (
            "It becomes a dark grey.",
            "255 + 60 = 315, and a byte keeps 315 - 256 = 59. No error is raised.",
        ),
        "c": ("An error is raised.", "uint8 arithmetic wraps around silently."),
    },
    answer="b",
)

question(
    "media/q2",
    "A byte-level BPE was trained on English only. What does it do with a Chinese poem?",
    options={
        "a": (
            "It writes it with about three tokens a character.",
            "No merge fits, so the bytes remain. Everything can be written; it only gets long.",
        ),
        "b": ("It cannot encode it.", "Its first 256 ids are the bytes, and every text is bytes."),
        "c": (
            "It gives every character the id 'unknown'.",
            "That is what a tokenizer of characters does.",
        ),
    },
    answer="a",
)

question(
    "media/q3",
    "At 16,000 samples a second, which tone has the same samples (but for the sign) as 3,000 Hz?",
    options={
        "a": ("8,000 Hz.", "That is half the rate, the mirror itself."),
        "b": ("6,000 Hz.", "Twice the frequency lies below 8,000 Hz and is told apart."),
        "c": ("13,000 Hz.", "16,000 - 13,000 = 3,000: mirrored at half the rate."),
    },
    answer="c",
)

question(
    "media/q4",
    "You make the window four times as long. What happens to the lines of pure tones?",
    options={
        "a": (
            "Four times as narrow; and events in time are smeared four times as far.",
            "Duration times width is a constant of the window's shape.",
        ),
        "b": (
            "Four times as narrow, at no cost.",
            "The window is also what decides how exactly you know when.",
        ),
        "c": ("Nothing: the rate decides.", "The rate decides only how high frequencies may go."),
    },
    answer="a",
)

question(
    "media/q5",
    "A data set holds 50 photographs of each of 200 people. How do you hold out a tenth?",
    options={
        "a": (
            "Every tenth photograph.",
            "Then each held-out person also stands in the training set: the score is inflated.",
        ),
        "b": (
            "All photographs of every tenth person.",
            "Whole groups: what is asked is how it goes with people it has never seen.",
        ),
        "c": (
            "A random tenth of the photographs.",
            "Random does not mean independent: nearly every person would be on both sides.",
        ),
    },
    answer="b",
)
