"""Cases in which every part is right and the order of work, the protocol, is wrong."""

from __future__ import annotations

from dataclasses import replace

from ..common.case import Case
from ..common.gan_plan import GanPlan
from . import pieces
from .experiments import suspect

PLAN = GanPlan()
WITH_DROPOUT = replace(PLAN, critic=pieces.dropout_critic)

FEW_LATENTS = Case(
    name="few_latents",
    complaint=(
        "Both losses rest where a fair game puts them, near 1.386 and 0.693, and the samples "
        "are about as good as in the tutorial. But the grid that the program shows after each "
        "epoch looks better than any grid you draw afterwards."
    ),
    faulty=replace(PLAN, noise=pieces.from_shelf),
    mended=PLAN,
    hypotheses=suspect(
        norm=(
            "Batch normalisation worked in training mode throughout, and it counted every batch. "
            "This is as it should be."
        ),
        latents=(
            "There are infinitely many latents, and this training has met 64. The grid of the "
            "program is made of those; yours is made of others."
        ),
        company=(
            "The finished network gives one latent one picture, whoever stands beside it. The "
            "two grids differ for another reason."
        ),
        won=(
            "It says about one half to both kinds: the game is fair, for the pictures that it is "
            "shown. It has never been shown yours."
        ),
    ),
    truth="latents",
    symptoms=("reused_noise",),
)

ONE_SWEEP = Case(
    name="one_sweep",
    complaint=(
        "The generator's loss is the lowest that you have ever had, a third below the tutorial's. "
        "Its pictures are no better than the tutorial's, rather worse."
    ),
    faulty=replace(PLAN, step=pieces.turns_with_one_sweep),
    mended=PLAN,
    hypotheses=suspect(
        old_answer="The generator uses each answer before the critic moves again.",
        leftover="Each step uses what has just arrived. Ask for whom it was meant.",
        both_move=(
            "The generator's loss runs back through the critic, and the critic takes a step on it "
            "too: towards calling generated pictures real. The loss falls without better pictures."
        ),
        latents="Every latent was new.",
    ),
    truth="both_move",
)

ONE_FOR_ALL = Case(
    name="one_for_all",
    complaint=(
        'The critic says "real" to most generated pictures, although they are noise. '
        "The generator's loss is low for most of the time."
    ),
    faulty=replace(PLAN, lay=pieces.lay_for_all),
    mended=PLAN,
    hypotheses=suspect(
        rate="With a quarter of the rate the pictures are noise as well.",
        still="Both move, each in its own turn. The question is what else moves.",
        both_move=(
            "One of the two optimizers holds all the weights. The generator's loss falls when its "
            "pictures get better, and also when the critic gets worse: it takes the shorter way."
        ),
        unheard="A gradient arrives in every turn. The generator is told enough.",
    ),
    truth="both_move",
)

STRANGER = Case(
    name="stranger",
    complaint=(
        "The generator's loss drops in the first few dozen turns and stays very low. All "
        "pictures are the same one, and it is no digit. The critic's loss only rises."
    ),
    faulty=replace(PLAN, lay=pieces.lay_and_rerun),
    mended=PLAN,
    hypotheses=suspect(
        unheard=(
            "Gradients reach both networks, in every turn. For one of them nobody uses what "
            "arrives."
        ),
        won=(
            "The opposite: it says nearly the same to real pictures and to generated ones, or "
            "prefers the generated ones."
        ),
        still=(
            "The critic's optimizer works, and the critic stays where it is: the optimizer holds "
            "the weights of another network. A critic that never learns is beaten by one picture."
        ),
        rate="With a quarter of the rate the one picture is found a little later.",
    ),
    truth="still",
)

STILL_STATISTICS = Case(
    name="still_statistics",
    complaint=(
        "The losses look like those of a healthy game with a little more noise. The pictures "
        "are blotches, and many of them are nearly the same."
    ),
    faulty=replace(PLAN, step=pieces.turns_with_still_statistics),
    mended=PLAN,
    hypotheses=suspect(
        latents="Every latent was new. If pictures are alike, then not for want of latents.",
        norm=(
            "It never normalised by a batch, and it never counted one: mean 0 and variance 1 "
            "since birth. The layers are there, and do next to nothing."
        ),
        leftover="The gradients used are those that arrived, for both. Nothing is left over.",
        flat="Hardly a pixel is saturated at the start: the tanh has all its slope.",
    ),
    truth="norm",
    symptoms=("batch_norm_never_updated",),
)

CALM_CRITIC = Case(
    name="calm_critic",
    complaint=(
        "You gave the critic dropout layers. Both loss curves are, number for number, those "
        "that you had without them."
    ),
    faulty=replace(WITH_DROPOUT, step=pieces.turns_with_calm_critic),
    mended=WITH_DROPOUT,
    hypotheses=suspect(
        still="Both players move in every turn, as they should.",
        norm=(
            "Batch normalisation belongs to the other network, and is in the right mode. You "
            "look for a layer of the critic."
        ),
        no_dropout=(
            "A dropout layer in evaluation mode hands its input on unchanged. The critic is "
            "exactly the one without the layers, and the same seed gives the same numbers."
        ),
        old_answer="The generator uses each answer before the critic moves again. Age 0.",
    ),
    truth="no_dropout",
)

LEFTOVERS = Case(
    name="leftovers",
    complaint=(
        "Both losses swing between 0 and more than 10, and do not come to rest. The samples "
        "are dark blotches, most of them alike."
    ),
    faulty=replace(PLAN, step=pieces.turns_by_hand),
    mended=PLAN,
    hypotheses=suspect(
        rate=(
            "A quarter of the rate makes the swings slower. It treats the fever: each move still "
            "points along the sum of all gradients so far."
        ),
        both_move="Each optimizer moves its own network only.",
        norm="In training mode throughout, with every batch counted.",
        leftover=(
            "Nothing was set to zero, so a gradient holds all that ever arrived: the older moves "
            "outweigh the new one, and the networks run on past the goal."
        ),
    ),
    truth="leftover",
)

UNHEARD = Case(
    name="unheard",
    complaint=(
        "The critic's loss is 0.000 after a few dozen turns, the generator's climbs to about "
        "15. The pictures are the noise they were at the start."
    ),
    faulty=replace(PLAN, ask=pieces.ask_a_copy),
    mended=PLAN,
    hypotheses=suspect(
        too_strong=(
            "It wins, and it is not too strong: eight units win as well, against pictures that "
            "never change. Its victory is the consequence."
        ),
        rate="At a quarter of the rate the pictures stay just as they were.",
        unheard=(
            "The way back from the critic's answer to the pictures is cut. The loss is "
            "computed, printed, and moves nothing."
        ),
        flat="Hardly a pixel is saturated: if a gradient came, it would get through.",
    ),
    truth="unheard",
    symptoms=("no_gradient", "discriminator_won"),
)

AT_ONCE = Case(
    name="at_once",
    complaint=(
        "It trains, and both losses stay near the fair values. But the pictures are less clear "
        "than those of the same program on your friend's machine, at the same number of turns."
    ),
    faulty=replace(PLAN, step=pieces.turns_at_once),
    mended=PLAN,
    hypotheses=suspect(
        leftover="Each move uses what has just arrived and nothing else.",
        both_move="Each optimizer moves its own network only.",
        old_answer=(
            "Both losses are computed before anybody moves. By the time the generator uses its "
            "gradient, it answers a critic that is gone: one move too old."
        ),
        norm="In training mode throughout, with every batch counted.",
    ),
    truth="old_answer",
)

WIDE_START = Case(
    name="wide_start",
    complaint=(
        "From the first picture on there is only black and white, in speckles. After the "
        "training the speckles are still there."
    ),
    faulty=replace(PLAN, generator=pieces.wide_start_generator),
    mended=PLAN,
    hypotheses=suspect(
        rate="With a quarter of the rate the speckles are still there.",
        unheard=(
            "A gradient arrives in every turn. How much of it is left behind the last layer is "
            "another matter."
        ),
        norm="In training mode throughout, with every batch counted.",
        flat=(
            "The numbers that enter the tanh are so large that it answers -1 or 1, with no slope. "
            "A pixel there does not hear what the critic wants of it."
        ),
    ),
    truth="flat",
    symptoms=("saturated_outputs",),
)

COMPANY = Case(
    name="company",
    complaint=(
        "The losses and the grid of samples are those of a healthy game. But the same latent "
        "gives another picture every time, a walk between two latents does not end at the "
        "pictures that you know, and the order for a single picture ends in an error."
    ),
    faulty=replace(PLAN, generator=pieces.company_generator),
    mended=PLAN,
    hypotheses=suspect(
        latents="Every latent of the training was new.",
        norm=(
            "During training it is in training mode, as it should be. Look at what happens "
            "afterwards."
        ),
        short="More steps do not make a picture independent of its neighbours.",
        company=(
            "The layers normalise by the batch at hand, in use as in training. What stands "
            "beside a latent decides on its mean and its spread, and so on its picture."
        ),
    ),
    truth="company",
)

CASES = {
    case.name: case
    for case in (
        FEW_LATENTS,
        ONE_SWEEP,
        ONE_FOR_ALL,
        STRANGER,
        STILL_STATISTICS,
        CALM_CRITIC,
        LEFTOVERS,
        UNHEARD,
        AT_ONCE,
        WIDE_START,
        COMPANY,
    )
}
"""Eleven trainings with one wrong habit each, by name."""
