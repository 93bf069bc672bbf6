"""Questions of the lesson on trainings whose order of work is wrong."""

from __future__ import annotations

from . import question

question(
    "protocol/q1",
    "The generator's loss is lower than ever, and the pictures are no better. What do you suspect?",
    options={
        "a": ("Nothing: lower is better.", "The loss is the critic's opinion, and it can be bent."),
        "b": (
            "That the critic is moved in the generator's turn.",
            "Then the loss falls by making the critic worse.",
        ),
        "c": ("Too few latents.", "That leaves the losses near their fair values."),
    },
    answer="b",
)

question(
    "protocol/q2",
    "The critic's loss is 0.000 from turn 50 on. A smaller critic changes nothing. What now?",
    options={
        "a": ("Smaller still.", "Eight units won as well, against pictures that stood still."),
        "b": ("Ask whether a gradient reaches the generator.", "The victory may be a consequence."),
        "c": ("Train longer.", "What gets no gradient does not move, however long you wait."),
    },
    answer="b",
)

question(
    "protocol/q3",
    "You run the cell with the critic again, not the one with its optimizer. What fails?",
    options={
        "a": ("backward() raises an error.", "The new critic has weights that want gradients."),
        "b": ("The optimizer raises an error.", "It moves the old weights, or finds no gradient."),
        "c": ("Nothing is raised; the new critic never moves.", "The optimizer holds old weights."),
    },
    answer="c",
)

question(
    "protocol/q4",
    "You freeze the critic by requires_grad=False and forget to free it. When do you hear of it?",
    options={
        "a": ("At the next backward() of the critic's loss.", "Nothing in it requires a gradient."),
        "b": ("Never.", "In torch a loss without any free weight raises; elsewhere it may not."),
        "c": ("When the optimizer is made.", "An optimizer takes frozen weights without a word."),
    },
    answer="a",
)

question(
    "protocol/q5",
    "A sample changes when you draw it with other samples. Its weights do not. What is the reason?",
    options={
        "a": ("The seed.", "The latent was the same."),
        "b": ("Dropout in evaluation mode.", "In evaluation mode it hands its input on."),
        "c": (
            "Batch normalisation that takes the mean and spread of the batch at hand.",
            "Its neighbours are in that mean.",
        ),
    },
    answer="c",
)
