"""All that is wrong with the eight published listings, one sentence each.

`case` names the clinic's case that shows the same mistake, as ``module.name``, where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong.

    Attributes
    ----------
    text : str
        What it is, and what it does.
    stops : bool
        True where Python or Keras stops with an error; all others are silent.
    case : str
        ``module.name`` of the clinic's case that shows it; "" where there is none.
    """

    text: str
    stops: bool = False
    case: str = ""


def stops(text: str, case: str = "") -> Defect:
    """A defect that stops the program."""
    return Defect(text, True, case)


def silent(text: str, case: str = "") -> Defect:
    """A defect that raises no error."""
    return Defect(text, False, case)


LAST_BATCH = silent(
    "The loss that is printed is that of an epoch's last batch alone.",
    "it_is_judged_wrongly.winner_changes_each_line",
)
NO_CHECKPOINT = silent(
    "Nothing is saved on the way, so an error after the training costs all of it.",
    "it_crashes.index_error_after_training",
)
STALE = silent(
    "Both losses are taken before either player has moved, so the generator answers a "
    "discriminator that is no longer there. Common, and harmless where steps are small.",
    "the_protocol_is_wrong.samples_less_clear",
)
BETA = silent("Adam's first factor is left at 0.9; GANs are usually trained with 0.5 or less.")
SLOW = silent("The training step is not compiled, so Keras runs it operation by operation.")

S0A = (
    stops("`train_dataset` is used and never made.", "it_crashes.runs_for_the_author_only"),
    stops("`BATCH_SIZE` is used and never set.", "it_crashes.runs_for_the_author_only"),
    stops(
        "`display` is called and never imported: found only after one whole epoch.",
        "it_crashes.stops_after_an_epoch",
    ),
    silent(
        "The noise has always `BATCH_SIZE` rows, the last batch of an epoch has fewer: real and "
        "generated pictures then have unequal weights."
    ),
    silent(
        "`seed`, drawn to see the same sixteen pictures grow, is never used: each picture shows "
        "other noise."
    ),
    silent(
        "Pictures are asked for at epochs 0, 10, 20, 30 and 40 of 50: the finished model is never "
        "shown."
    ),
    LAST_BATCH,
    NO_CHECKPOINT,
    STALE,
    BETA,
    SLOW,
)

S0B = (
    stops("The width of the last layer is a numpy integer, which Keras 3 refuses."),
    stops("`Reshape` is used and not imported.", "it_crashes.name_not_in_this_cell"),
    stops("The discriminator is trained and was never compiled."),
    stops(
        "128 pictures are asked of a figure with 10 x 10 places: an error after the training is "
        "over.",
        "it_crashes.index_error_after_training",
    ),
    silent(
        "The discriminator is not frozen in the generator's step, which therefore also trains it "
        'to call pictures real. Nor does the well-known cure (compile, then "not trainable") '
        "work in Keras 3, where it freezes the discriminator for ever.",
        "the_protocol_is_wrong.noise_called_real",
    ),
    silent(
        "The noise is drawn once for the whole training: the generator sees the same 128 points "
        "over and over, and the pictures at the end are asked of others.",
        "the_protocol_is_wrong.own_grid_looks_better",
    ),
    silent(
        "The data lie in [0, 1], the generator's tanh reaches from -1 to 1: black is the middle of "
        "its range, where it must be hit exactly, and not its end.",
        "it_runs_and_lies.unclean_background",
    ),
    silent(
        "`range(batch_size)` counts the steps of an epoch: 128, where the data hold 469 batches."
    ),
    silent(
        "`predict` makes the pictures for the discriminator with batch norm's averages, the "
        "generator's own step uses the batch's: the two players meet different generators."
    ),
    silent(
        '"Test loss" is the discriminator alone, asked whether real digits are real: one that '
        "always says yes scores 0, and the generator is not looked at.",
        "it_is_judged_wrongly.test_loss_zero_noise",
    ),
    silent("The discriminator takes two steps a turn, one on each half of its task."),
    silent(
        "The discriminator's loss is printed halved: where both players are even it reads 0.69, "
        "and the textbooks' sum is 1.39."
    ),
    silent(
        "The weights are saved once, after the loop, under a name with an epoch in it: there is "
        "one file, of the last.",
        "it_crashes.index_error_after_training",
    ),
    silent("One line is printed a step (6,400), with a progress bar of `predict` between them."),
    silent("Convolutions and `Model` are imported and not used; every layer is dense."),
    silent("`alpha=` is an old name of the rectifier's slope."),
)

S1 = (
    stops(
        "`Flatten` stands between the dense layer and a transposed convolution, which needs a "
        "picture.",
        "it_crashes.expected_3d_or_4d",
    ),
    stops("A second `Flatten` stands before the last convolution.", "it_crashes.expected_3d_or_4d"),
    stops("`LeakyReLU` is used and not imported.", "it_crashes.name_not_in_this_cell"),
    stops(
        "Four doublings make 7 into 112; the discriminator takes 28.",
        "it_crashes.shapes_cannot_be_multiplied",
    ),
    stops("Arrays are cast to TensorFlow's type where numpy wants its own (twice)."),
    silent(
        "No nonlinearity between the transposed convolutions: behind its first rectifier the "
        "generator is one linear map.",
        "it_runs_and_lies.torn_strokes",
    ),
    silent(
        "The generator ends in a sigmoid, the data lie in [-1, 1]: black is out of its reach, and "
        "the discriminator needs no more than the background.",
        "it_runs_and_lies.critic_loss_zero_grey",
    ),
    silent("No batch normalisation anywhere, in a generator of four transposed convolutions."),
    silent("Nothing is printed and nothing shown during the training."),
    silent(
        "Both networks are called without saying that this is training. No harm here: no layer "
        "of them cares."
    ),
    silent("`gan`, the two networks in a row, is built and not used; nor is the test set."),
    silent("128 channels at 28 x 28 cost more than all the rest: very slow without a GPU."),
    NO_CHECKPOINT,
    STALE,
    BETA,
)

S2_GAN = (
    stops("Five functions hold a comment and nothing else: a syntax error."),
    silent("With bodies of `pass` it runs and does nothing: no network, no data, no call."),
    silent("One function `gan_loss` for two players, who need a loss each."),
    silent("Nowhere is said how long the noise is, nor what shape a picture has."),
)

S2_VAE = (
    stops("Six bodies hold a comment and nothing else: a syntax error."),
    stops(
        "`vae` is handed to the optimizer and never made.", "it_crashes.runs_for_the_author_only"
    ),
    stops(
        "Once made, it has no weights: Adam refuses an empty list.",
        "it_crashes.empty_parameter_list",
    ),
    silent("`train` and `generate_images` are never called, and there are no data."),
    silent(
        "What the loss must say is left out: which likelihood, summed or averaged over pixels, "
        "and what the KL weighs against it."
    ),
)

S3 = (
    stops("The generator ends in one number, the discriminator takes 28 x 28 x 1."),
    silent(
        "Real pictures are labelled 0, as generated ones are: the loss falls without anything "
        "being told apart.",
        "it_runs_and_lies.critic_loss_zero_noise",
    ),
    silent(
        "A sigmoid's output is taken for a logit, so a second sigmoid follows.",
        "it_runs_and_lies.loss_still_at_ln4",
    ),
    silent(
        "Both together: the losses come to rest at 1.386 and 0.693, the textbook's equilibrium, "
        "and nothing is learnt.",
        "it_runs_and_lies.loss_at_ln4_grey_noise",
    ),
    silent(
        "The generator narrows, 128-64-32-16, before 784 pixels: whatever it draws is a mix of 16 "
        "pictures.",
        "it_runs_and_lies.speckled_samples",
    ),
    silent("`compile(loss=...)` and its accuracy are never used."),
    silent("10,000 epochs of 468 steps: 4.7 million steps, not compiled."),
    silent("Each step permutes all 60,000 numbers of pictures to choose 128."),
    silent("Pictures show the last batch's noise: other noise each time."),
    silent("Pictures are drawn without a grey colour map: digits in green and yellow."),
    LAST_BATCH,
    NO_CHECKPOINT,
    STALE,
    BETA,
)

S4_BOTH = (
    stops("`data_loader` is used and never made.", "it_crashes.runs_for_the_author_only"),
    stops(
        "`BATCH_SIZE` and `noise_dim` are used and never set.",
        "it_crashes.runs_for_the_author_only",
    ),
)
S4_LATER = (
    stops("The tape is told to watch a list of Keras variables, which it cannot (twice)."),
    silent(
        "The networks are called without `training=True`: batch normalisation never normalises, "
        "nor are its averages ever updated.",
        "the_protocol_is_wrong.blotches_at_fair_losses",
    ),
    silent("For the same reason dropout is off.", "the_protocol_is_wrong.dropout_without_effect"),
    silent(
        "The data lie in [0, 1], the generator's tanh reaches from -1 to 1: black is the middle of "
        "its range, where it must be hit exactly, and not its end.",
        "it_runs_and_lies.unclean_background",
    ),
    silent("`fake_images` is noise, and is not used."),
    silent("The discriminator's loss is taken twice, once for nothing."),
    silent("Gradients are taken while the tape still records."),
    silent(
        "The discriminator moves after the generator, with losses from before.",
        "the_protocol_is_wrong.samples_less_clear",
    ),
    LAST_BATCH,
    BETA,
    SLOW,
)
S4_CIFAR = (
    *S4_BOTH,
    stops(
        "A fifth axis is put behind colour pictures that have their channels already. Keras "
        "squeezes it away silently where pictures come in; it is the labels that clash."
    ),
    stops(
        "Labels are made in the shape of the pictures, not of the answers (in both losses).",
        "it_crashes.target_size_differs",
    ),
    stops(
        "Three doublings make 7 into 56; the data are 32 wide.",
        "it_crashes.shapes_cannot_be_multiplied",
    ),
    *S4_LATER,
    silent("No picture is ever shown and nothing saved: the training leaves nothing behind."),
)
S4_MNIST = (
    *S4_BOTH,
    stops(
        "The discriminator is built for 32 x 32 in colour; the data are 28 x 28 and grey.",
    ),
    stops(
        "The generator makes 56 x 56 in colour: three doublings of 7, three channels.",
        "it_crashes.shapes_cannot_be_multiplied",
    ),
    stops(
        "Labels are made in the shape of the pictures, not of the answers (in both losses).",
        "it_crashes.target_size_differs",
    ),
    *S4_LATER,
    silent(
        "The weights are saved once, after the loop, in a format that Keras calls legacy.",
        "it_crashes.index_error_after_training",
    ),
    silent("No picture is ever shown."),
)

DEFECTS: dict[str, tuple[Defect, ...]] = {
    "S0a": S0A,
    "S0b": S0B,
    "S1": S1,
    "S2-GAN": S2_GAN,
    "S2-VAE": S2_VAE,
    "S3": S3,
    "S4-CIFAR": S4_CIFAR,
    "S4-MNIST": S4_MNIST,
}
