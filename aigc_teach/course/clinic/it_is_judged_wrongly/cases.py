"""Cases in which the training is what it is, and the report about it is wrong."""

from __future__ import annotations

from ..common.case import Hypothesis
from . import experiments as probes
from . import reports
from .case import JudgedCase
from .reports import Bench, Drawn, Hearing, copies_of

__all__ = ["CASES", "Bench", "Drawn", "Hearing", "JudgedCase", "copies_of"]

LUCK = "The other one had better luck with its latents."


LINE_BY_LINE = JudgedCase(
    name="line_by_line",
    complaint=(
        "Two VAEs, A and B. Every ten steps the program prints a loss for each, the one that "
        "it has just computed. The winner changes from line to line, to the very end."
    ),
    faulty=reports.printed_last,
    mended=reports.all_unseen,
    hypotheses={
        "overfits": Hypothesis(
            "One of the two knows its training pictures by heart and fails on others.",
            probes.seen_and_unseen,
            "Both are about as good on unseen pictures as on those of the training. Nobody has "
            "learnt anything by heart.",
        ),
        "draws": Hypothesis(
            "The codes are drawn at random, and the draw decides.",
            probes.draws,
            "It adds a little. What the printed losses scatter by is several times as much.",
        ),
        "mode": Hypothesis(
            "The loss is computed in training mode, and that makes it jump.",
            probes.modes,
            "These networks have no layer with two modes: the loss is the same in both.",
        ),
        "batch": Hypothesis(
            "A line tells of 64 pictures, and those differ more than the two models do.",
            probes.scatter("total"),
            "The two means are closer together than one line is to the next. Some batches hold "
            "many plain ones, which are cheap, some hold few.",
        ),
    },
    truth="batch",
)

LOWER = JudgedCase(
    name="lower",
    complaint=(
        "Two GANs. The generator of B has the lower loss through most of the last 200 steps. The "
        "table says: B. The pictures of A are poor digits; those of B are none."
    ),
    faulty=reports.own_opponent,
    mended=reports.one_judge,
    hypotheses={
        "batch": Hypothesis(
            "A line tells of one batch; another step would have said the opposite.",
            probes.how_often_lower("generator.total"),
            "Not once or twice, but most of the time. The report takes the median of 200 steps.",
        ),
        "units": Hypothesis(
            "The two losses are counted in different units.",
            probes.units,
            "The same answer costs both the same: ln 2.",
        ),
        "taste": Hypothesis(
            "The pictures of B are good, in a way that you do not like.",
            probes.second_witness,
            "The distance to the nearest digit knows nothing of taste or of losses, and it agrees "
            "with your eyes.",
        ),
        "opponents": Hypothesis(
            "Each loss is the opinion of another critic.",
            probes.crossed,
            "Before the critic of B the pictures of A cost as little as B's own: it lets all of "
            "them pass. A low loss says that one's own opponent is weak.",
        ),
    },
    truth="opponents",
)

CERTIFIED = JudgedCase(
    name="certified",
    complaint=(
        "After the training the program shows the test set to the critic and prints 'test "
        "loss'. For A it is about 0.7, for B 0.00. The pictures of B are noise."
    ),
    faulty=reports.evaluated,
    mended=reports.evaluated_on_both,
    hypotheses={
        "heart": Hypothesis(
            "The critic of B knows the training pictures by heart.",
            probes.by_heart,
            "Then it would do worse on the test set than on them. It does not.",
        ),
        "few": Hypothesis(
            "The test set is too small for such a statement.",
            probes.error_of_the_mean,
            "The error of the mean is far smaller than the difference.",
        ),
        "label": Hypothesis(
            "The label of the test pictures is the wrong one.",
            probes.other_label,
            "1 is what the critics were trained to say to real pictures. With 0 the order would "
            "turn round, and the number would mean as little.",
        ),
        "absent": Hypothesis(
            "No generated picture has any part in this number.",
            probes.without_generator,
            "Exactly 0: whatever the generator paints, the number is the same. And a critic need "
            "not look at a picture to make it as low as you like.",
        ),
    },
    truth="absent",
)

CERTAIN = JudgedCase(
    name="certain",
    complaint=(
        "A classifier of digits says of which share of the samples it is more than 90 % sure: of "
        "more than half of A's, and of less of B's. B draws poor digits; A draws none at all."
    ),
    faulty=reports.sure_of_ten,
    mended=reports.sure_of_eleven,
    hypotheses={
        "bad": Hypothesis(
            "The classifier is a bad one.",
            probes.knows_digits,
            "It is good at what it was made for: real digits.",
        ),
        "alike": Hypothesis(
            "There is something of a digit in the samples of A.",
            probes.second_witness,
            "They are farther from any digit than those of B, by far.",
        ),
        "bound": Hypothesis(
            "90 % is not strict enough.",
            probes.stricter,
            "A stricter bound lowers both shares and does not make digits of A's samples. It is "
            "not a little doubt that is missing.",
        ),
        "decline": Hypothesis(
            "The classifier must name a digit, whatever it is shown.",
            probes.may_decline,
            "Ten probabilities that add up to 1: one of the ten is the largest, whatever the "
            "picture. A judge that may decline, declines.",
        ),
    },
    truth="decline",
)

GALLERY = JudgedCase(
    name="gallery",
    complaint=(
        "Two people report on one file of weights, and both show ten samples. Those of B are "
        "ten clean digits; of A's, many are torn."
    ),
    faulty=reports.gallery,
    mended=reports.first_come,
    hypotheses={
        "luck": Hypothesis(
            LUCK,
            probes.luck(reports.gallery, "How sure the judge is of ten pictures"),
            "Ten draws of ten pictures, and none comes near B's. It is not luck.",
        ),
        "weights": Hypothesis(
            "It is not the same file: B was trained for longer.",
            probes.same_weights,
            "It is the same file.",
        ),
        "heart": Hypothesis(
            "B shows training pictures.",
            probes.second_witness,
            "The samples of both are equally far from the training pictures.",
        ),
        "chosen": Hypothesis(
            "B drew more than it shows.",
            probes.everything_drawn,
            "Over everything drawn there is no difference. The ten are the ten best of very many.",
        ),
    },
    truth="chosen",
)

PERFECT = JudgedCase(
    name="perfect",
    complaint=(
        "A has a Frechet distance of several hundred. B's is near that of real digits, "
        "with all ten kinds of them in equal shares, and every sample is sharp."
    ),
    faulty=reports.one_judge,
    mended=reports.beside_unseen,
    hypotheses={
        "few": Hypothesis(
            "500 pictures are too few for this distance.",
            probes.at_sizes(250, 500, 1000),
            "B stays near real digits at every size.",
        ),
        "partial": Hypothesis(
            "The judge was trained on these digits and likes nothing else.",
            probes.unseen_score,
            "It likes digits that it has never seen just as well.",
        ),
        "one": Hypothesis(
            "B draws the same few pictures again and again.",
            probes.likeness,
            "Its pictures are as different from each other as real ones.",
        ),
        "heart": Hypothesis(
            "B hands out what it has stored.",
            probes.second_witness,
            "Distance 0: every sample is a training picture. The score compares with those very "
            "pictures, and cannot see it.",
        ),
    },
    truth="heart",
)

SHORT_OF = JudgedCase(
    name="short_of",
    complaint=(
        "B makes the pictures of A, and then blurs them a little. The table says that B is "
        "better: less than half the Frechet distance."
    ),
    faulty=reports.all_there_are,
    mended=reports.equally_many,
    hypotheses={
        "luck": Hypothesis(
            LUCK,
            probes.luck(reports.all_there_are, "The distance", ".1f"),
            "Other latents give about the same: the number is not unlucky, it is always too high.",
        ),
        "kinds": Hypothesis(
            "A leaves out some of the digits.",
            probes.rarest,
            "All ten occur in both, about as often.",
        ),
        "heart": Hypothesis(
            "Blurred pictures are nearer to the training pictures.",
            probes.second_witness,
            "A little, for blurred pictures are nearer to everything. The distance of the table "
            "goes by other features; look at what it says of equally many.",
        ),
        "size": Hypothesis(
            "The two distances come from different numbers of pictures.",
            probes.at_sizes(100, 1000),
            "With equally many, few or many, A is ahead. With fewer pictures both are worse: an "
            "estimate from few is too high, by about a constant over their number.",
        ),
    },
    truth="size",
)

BY_TWOS = JudgedCase(
    name="by_twos",
    complaint=(
        "One file of weights, the same 500 latents. Drawn two at a time, the samples have a "
        "clearly worse Frechet distance than drawn all at once. One at a time is an error."
    ),
    faulty=reports.as_it_was_left,
    mended=reports.put_in_order,
    hypotheses={
        "few": Hypothesis(
            "There are too few pictures for this distance.",
            probes.at_sizes(500, 1000),
            "There are 500 either way. More of them move the number by less than the two ways of "
            "drawing differ, and there the number is the same.",
        ),
        "luck": Hypothesis(
            "It is the luck of the latents.",
            probes.luck(reports.one_judge, "The distance", ".0f"),
            "Other latents change the number a little. But here the latents are the same.",
        ),
        "rounding": Hypothesis(
            "Small batches are computed with other rounding errors.",
            probes.calm_rounding,
            "Rounding is that small. No score can see it.",
        ),
        "company": Hypothesis(
            "A sample depends on the one that is drawn beside it.",
            probes.company,
            "Batch normalisation is still in training mode: mean and spread are taken over the two "
            "at hand. And looking changes the network: each batch enters its statistics.",
        ),
    },
    truth="company",
)

CASES: dict[str, JudgedCase] = {
    case.name: case
    for case in (LINE_BY_LINE, LOWER, CERTIFIED, CERTAIN, GALLERY, PERFECT, SHORT_OF, BY_TWOS)
}
"""Eight ways of judging wrongly, by name."""
