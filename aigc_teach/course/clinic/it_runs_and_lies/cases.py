"""Cases that run to the end, raise nothing, and show a loss that means something else."""

from __future__ import annotations

from ..common.case import Case, Hypothesis
from ..common.gan_plan import GanPlan, dense_critic, real_is_one
from . import experiments as probes
from . import pieces as nets
from .hypotheses import NEW_NOISE, NOISE, ORDERED, SAME_RANGE, WON, labels, longer, ranges, rate
from .vae_cases import ABYSS, BARGAIN

TEXTBOOK = Case(
    name="textbook",
    complaint=(
        "The discriminator's loss goes to 1.386 and the other one to 0.693, the very numbers "
        "that theory promises at the end of the game, and both stay there. The samples are "
        "grey noise."
    ),
    faulty=GanPlan(critic=nets.sworn_critic, critic_loss=nets.two_cross_entropies),
    mended=GanPlan(critic=nets.sworn_critic, critic_loss=real_is_one),
    hypotheses={
        "finished": Hypothesis(
            "Nothing is wrong: the game has reached its equilibrium.",
            probes.unrest,
            "Players at an equilibrium still move, and the loss jumps from batch to batch. One "
            "that stands still to so many digits belongs to players who are told nothing.",
        ),
        "noise": Hypothesis(NOISE, probes.fresh, NEW_NOISE),
        "rate": rate("A tenth of the rate arrives at the same two numbers, with no digit."),
        "labels": labels(
            "All slopes are positive: it pulls real and generated answers the same way, down. "
            "One constant answer is the best for both, and then the pictures do not matter."
        ),
    },
    truth="labels",
    symptoms=("labels_alike",),
)

RESIDUE = Case(
    name="residue",
    complaint=(
        "A defect was found and mended, and yet nothing has changed: the discriminator's loss "
        "goes to 1.386 and the other one to 0.693, and the samples are grey noise."
    ),
    faulty=GanPlan(critic=nets.sworn_critic),
    mended=GanPlan(critic=dense_critic),
    hypotheses={
        "labels": labels(ORDERED),
        "won": Hypothesis(
            WON,
            probes.beliefs,
            "Both are near one half: the discriminator has not won, it has given up.",
        ),
        "rate": rate(
            "At a tenth of the rate it is not stuck at once, and still makes no digits. Its mended "
            "twin learns at the full rate: the rate only brings out what is wrong."
        ),
        "squashed": Hypothesis(
            "Its answers are probabilities, and its loss takes them for logits.",
            probes.answers_reach,
            "Nothing gets an answer outside [0, 1], so these are probabilities. The loss squashes "
            "them once more, into [0.5, 0.73]. All its answers are near 0 now: there the first "
            "squash is flat, and hardly any gradient comes back.",
        ),
    },
    truth="squashed",
    symptoms=("squashed_twice",),
)

ZERO = Case(
    name="zero",
    complaint=(
        "The discriminator's loss falls to 0 within a few dozen steps and stays there; the other "
        "one rises above 5. The samples are noise."
    ),
    faulty=GanPlan(critic_loss=nets.two_cross_entropies),
    mended=GanPlan(critic_loss=real_is_one),
    hypotheses={
        "won": Hypothesis(
            WON,
            probes.beliefs,
            "A winner calls real data real. This one calls nothing real: its loss is 0 all the "
            "same, so the loss does not ask for it.",
        ),
        "rate": rate("Slower, and to the same end."),
        "ranges": ranges(SAME_RANGE),
        "labels": labels(
            "All slopes are positive: 'generated' is the right answer to every picture, and the "
            "discriminator learns to say it without looking."
        ),
    },
    truth="labels",
    symptoms=("labels_alike",),
)

FOG = Case(
    name="fog",
    complaint=(
        "The discriminator's loss falls to 0 within a few dozen steps and stays there; the other "
        "one rises above 5. All samples are the same even grey."
    ),
    faulty=GanPlan(generator=nets.soft_ended),
    mended=GanPlan(),
    hypotheses={
        "strong": Hypothesis(
            "The discriminator is too strong for its opponent.",
            probes.again("With a discriminator of eight hidden units", critic=nets.small_critic),
            "Even one with eight hidden units leaves no chance, so strength is not the point: "
            "there is something that any discriminator can see.",
        ),
        "labels": labels(ORDERED),
        "modes": Hypothesis(
            "It has collapsed to one mode of the data.",
            probes.likeness,
            "The samples are all alike, but even grey is no mode of the data. That is how it "
            "ends, not why.",
        ),
        "ranges": ranges(
            "Not one sample can be darker than 0, and most pixels of the data are -1. One dark "
            "pixel gives real pictures away; nothing that is learnt can mend that."
        ),
    },
    truth="ranges",
    symptoms=("range_mismatch",),
)

PALE = Case(
    name="pale",
    complaint=(
        "It trains, no curve looks strange, and some samples can be read; but the ground around "
        "the strokes is not clean, and a judge takes hardly any of them for a digit."
    ),
    faulty=GanPlan(prepare=nets.as_given, show=nets.stretched),
    mended=GanPlan(prepare=nets.as_given, show=nets.stretched, generator=nets.soft_ended),
    hypotheses={
        "longer": longer(
            "The loss moves away from the start, and the samples still have no clean ground. More "
            "steps change the numbers, not what is wrong."
        ),
        "labels": labels(ORDERED),
        "noise": Hypothesis(NOISE, probes.fresh, NEW_NOISE),
        "ranges": ranges(
            "The samples leave the range of the data. Nothing is out of reach, for [0, 1] lies "
            "inside [-1, 1]; but black lies in the middle of the steep part, where it must be "
            "hit exactly, and not at the end, where all large numbers are black."
        ),
    },
    truth="ranges",
    symptoms=("range_mismatch",),
)

LOUD = Case(
    name="loud",
    complaint=(
        "The losses jump, neither stays near 0, and the discriminator is no clear winner. The "
        "samples are dots and blots, and many are nearly the same."
    ),
    faulty=GanPlan(prepare=nets.as_loaded),
    mended=GanPlan(),
    hypotheses={
        "rate": rate("A tenth of the rate makes no digits either."),
        "labels": labels(ORDERED),
        "noise": Hypothesis(NOISE, probes.fresh, NEW_NOISE),
        "ranges": ranges(
            "Real pictures are hundreds of times larger than anything that can be made. "
            "The discriminator's weights serve one size or the other, never both."
        ),
    },
    truth="ranges",
    symptoms=("range_mismatch",),
)

PLAIN = Case(
    name="plain",
    complaint=(
        "The losses look like those of a sound training, and the samples differ from each "
        "other; but strokes are torn, and some look like two digits laid over one another."
    ),
    faulty=GanPlan(generator=nets.three_layers),
    mended=GanPlan(),
    hypotheses={
        "longer": longer("Twice the steps make none of the strokes whole."),
        "ranges": ranges(SAME_RANGE),
        "noise": Hypothesis(NOISE, probes.fresh, NEW_NOISE),
        "straight": Hypothesis(
            "Its layers are one straight map: nothing bends between them.",
            probes.superposition,
            "Equal but for rounding: all layers together are one matrix and one shift. Noise "
            "that is a sum gives a picture that is a sum.",
        ),
    },
    truth="straight",
)

FEW = Case(
    name="few",
    complaint=(
        "The losses are those of a game, but the samples are speckled, and many of them are "
        "nearly the same."
    ),
    faulty=GanPlan(generator=nets.four_layers),
    mended=GanPlan(),
    hypotheses={
        "longer": longer("Twice the steps make no digits."),
        "straight": Hypothesis(
            "Its layers are one straight map: nothing bends between them.",
            probes.superposition,
            "The two differ by much more than rounding: the map is bent.",
        ),
        "won": Hypothesis(
            WON,
            probes.beliefs,
            "It is ahead, as one is against a weak opponent, but it is not certain.",
        ),
        "narrow": Hypothesis(
            "Its last hidden layer is too narrow for all the pictures it should make.",
            probes.directions,
            "Sixteen numbers leave the last hidden layer, so all pictures lie in a flat of 16 "
            "directions before they are squashed. Digits fill many more.",
        ),
    },
    truth="narrow",
)

QUARTER = Case(
    name="quarter",
    complaint=(
        "Squares instead of logarithms. The discriminator's loss goes to 0.25 and the other one "
        "to 0.125, the very numbers of this game's equilibrium. The samples are noise."
    ),
    faulty=GanPlan(critic_loss=nets.squared_misses, generator_loss=nets.called_one),
    mended=GanPlan(critic_loss=nets.squared_misses_by_row, generator_loss=nets.called_one),
    hypotheses={
        "finished": Hypothesis(
            "Nothing is wrong: the game has reached its equilibrium.",
            probes.likeness,
            "An equilibrium has the loss of one, and pictures like the data's. Look at them.",
        ),
        "labels": labels(
            "Real and generated answers are pulled the same way, so they might as well carry one "
            "label. But it is up at 0.1 and down at 0.9: no label 0 or 1 does that."
        ),
        "ranges": ranges(SAME_RANGE),
        "pairs": Hypothesis(
            "Each answer is compared with all labels, not with its own.",
            probes.right_answers,
            "Perfect answers cost more than 'one half' to everything. Answers [2N, 1] minus "
            "labels [2N] is a table [2N, 2N]: each answer is asked to be 0 and 1 at once.",
        ),
    },
    truth="pairs",
)

CASES: dict[str, Case] = {
    case.name: case
    for case in (
        TEXTBOOK,
        RESIDUE,
        ZERO,
        FOG,
        PALE,
        LOUD,
        PLAIN,
        FEW,
        QUARTER,
        BARGAIN,
        ABYSS,
    )
}
"""The cases of this lesson, by name."""
