"""Where the course speaks of what a diagnosis finds: a lesson and one of its sections."""

from __future__ import annotations

import re

READING: dict[str, tuple[str, str]] = {
    "not_finite": (
        "02_mathematics/02_reconstruction_losses",
        "Logits: why the network does not answer with a probability",
    ),
    "constant_data": (
        "01_concepts/03_data_for_four_media",
        "Pictures: bytes, and the range a model wants",
    ),
    "discriminator_won": ("03_models/05_when_gans_fail", "A critic that is too good"),
    "generator_collapsed": ("03_models/05_when_gans_fail", "Two collapses and a look-alike"),
    "labels_alike": ("04_clinic/02_it_runs_and_lies", "Labels alone"),
    "one_half_missing": ("02_mathematics/03_the_adversarial_game", "From nothing: the best critic"),
    "generator_pulls_with_critic": (
        "02_mathematics/03_the_adversarial_game",
        "Two losses for the generator",
    ),
    "squashed_twice": (
        "02_mathematics/02_reconstruction_losses",
        "What goes wrong: the sigmoid applied twice",
    ),
    "no_gradient": ("04_clinic/03_the_protocol_is_wrong", "Silence"),
    "saturated_outputs": ("04_clinic/02_it_runs_and_lies", "Networks that cannot"),
    "range_mismatch": ("04_clinic/02_it_runs_and_lies", "Three ranges"),
    "batch_norm_never_updated": (
        "04_clinic/03_the_protocol_is_wrong",
        "Two layers with a switch",
    ),
    "reused_noise": ("04_clinic/03_the_protocol_is_wrong", "Two grids, and a walk"),
    "condition_ignored": (
        "03_models/06_conditional_generation",
        "What goes wrong: the label is there, and nobody reads it",
    ),
    "kl_runs_away": ("03_models/02_vae", "The bound, line by line"),
    "posterior_collapse": ("03_models/02_vae", "What goes wrong: posterior collapse"),
    "dead_code": ("03_models/01_autoencoder", "From nothing: the deep autoencoder"),
    "modes_differ": (
        "01_concepts/02_building_blocks",
        "Batch normalisation: a layer with two modes",
    ),
    "loss_of_a_constant": (
        "02_mathematics/02_reconstruction_losses",
        "One answer for thousands of digits",
    ),
    "wrong_shift": ("03_models/08_attention_and_gpt", "What goes wrong: the leaked future"),
    "sees_the_future": ("03_models/08_attention_and_gpt", "What goes wrong: the leaked future"),
    "noise_too_weak": ("03_models/10_diffusion", "Noise in one stride"),
    "step_ignored": ("03_models/10_diffusion", "From nothing: points"),
    "stopped_moving": ("04_clinic/03_the_protocol_is_wrong", "Silence"),
    "weights_without_optimizer": (
        "04_clinic/03_the_protocol_is_wrong",
        "The lowest loss you have ever had",
    ),
    "optimizer_of_both": (
        "04_clinic/03_the_protocol_is_wrong",
        "From nothing: where does a bribed critic rest?",
    ),
    "never_moves": ("04_clinic/03_the_protocol_is_wrong", "Silence"),
    "moves_out_of_turn": ("02_mathematics/03_the_adversarial_game", "Taking turns"),
    "noise_repeats": ("04_clinic/03_the_protocol_is_wrong", "Two grids, and a walk"),
    "statistics_never_update": (
        "01_concepts/02_building_blocks",
        "What goes wrong: the forgotten eval()",
    ),
    "gradient_does_not_reach": (
        "01_concepts/02_building_blocks",
        "From nothing: a gradient, by writing down what you did",
    ),
    "same_batch": ("01_concepts/03_data_for_four_media", "Splits, and how they leak"),
    "gradients_pile_up": ("04_clinic/03_the_protocol_is_wrong", "Whose gradient, and how old"),
}


def reading(symptom: str) -> str:
    """A line that a person can follow: lesson, section, and the file with its anchor.

    >>> reading("posterior_collapse").splitlines()[0]
    'Read "vae", section "What goes wrong: posterior collapse":'
    """
    place, section = READING[symptom]
    name = re.sub(r"^\d+_", "", place.split("/")[1]).replace("_", " ")
    return f'Read "{name}", section "{section}":\n  book/{place}.md#{anchor(section)}'


def anchor(heading: str) -> str:
    """A heading as the end of an address, as the book makes it.

    >>> anchor("What goes wrong: the forgotten eval()")
    'what-goes-wrong-the-forgotten-eval'
    """
    return re.sub(r"[^\w]+", "-", heading.lower()).strip("-")
