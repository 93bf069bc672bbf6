"""Questions of the lesson that says what generative AI is."""

from __future__ import annotations

import math

from . import question

question(
    "generative/q1",
    "What two things make a model generative?",
    options={
        "a": (
            "A network, and a large data set.",
            "None of the models of this lesson is a network.",
        ),
        "b": (
            "It describes the distribution of the data, and one can draw from it.",
            "Counting letters does that as well as a network.",
        ),
        "c": (
            "It names what is in a picture, with a probability.",
            "That is a discriminative one.",
        ),
    },
    answer="b",
)

question(
    "generative/q2",
    "A model's surprise is 0.01 bits a pixel on its training digits, and 9 on unseen ones. "
    "What has it done?",
    options={
        "a": ("Memorised.", "Its own digits are likely to it, and all others all but impossible."),
        "b": ("Learnt too little.", "Then it would be surprised by its own digits as well."),
        "c": ("It draws noise.", "A memoriser draws perfect pictures: those that it has seen."),
    },
    answer="a",
)

question(
    "generative/q3",
    "A model has the best held-out likelihood of all. Must its samples be good?",
    options={
        "a": ("Yes, likelihood measures the samples.", "It measures real data under the model."),
        "b": ("Yes, if the data have many dimensions.", "There it says even less."),
        "c": (
            "No: 99 % of snow would cost it less than 0.009 bits a pixel.",
            f"At most log2(100) = {math.log2(100):.1f} bits a picture, whatever its size.",
        ),
    },
    answer="c",
)

question(
    "generative/q4",
    "Why does the pixel-wise model draw snow, although every pixel's mean and spread are right?",
    options={
        "a": ("Its spreads are too large.", "They are exactly those of the data."),
        "b": (
            "A stroke is an agreement between pixels, and the model knows none.",
            "A product of independent densities holds no agreement.",
        ),
        "c": ("4,500 digits are too few.", "For 784 means and spreads they are plenty."),
    },
    answer="b",
)

question(
    "generative/q5",
    "All samples come out with a middle-grey ground; no error was raised. Which two stages do "
    "you compare?",
    options={
        "a": ("Data and model.", "The strokes are right, so both did their part."),
        "b": ("Generate and evaluate.", "Neither changes the range of the pixels."),
        "c": (
            "Preprocess and post-process.",
            "One worked in [0, 1], the other expects [-1, 1].",
        ),
    },
    answer="c",
)
