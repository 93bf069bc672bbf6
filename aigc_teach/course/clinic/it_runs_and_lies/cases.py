"""Cases that run to the end, raise nothing, and show a loss that means something else."""

from __future__ import annotations

from pathlib import Path

from ..common.case import join_texts, pick
from ..common.gan_plan import GanPlan, critic_cross_entropy, dense_critic
from ..common.training import TrainingCase
from ..common.vae_plan import VaePlan
from . import pieces
from .experiments import EXPERIMENTS, sample_diversity

_CASES = {
    "loss_at_ln4_grey_noise": TrainingCase(
        faulty=GanPlan(critic=pieces.sigmoid_critic, critic_loss=pieces.two_cross_entropies),
        mended=GanPlan(critic=pieces.sigmoid_critic, critic_loss=critic_cross_entropy),
        experiments=pick(
            EXPERIMENTS, "at_equilibrium", "reused_noise", "learning_rate", "same_label"
        ),
        truth="same_label",
        symptoms=("labels_alike",),
    ),
    "loss_still_at_ln4": TrainingCase(
        faulty=GanPlan(critic=pieces.sigmoid_critic),
        mended=GanPlan(critic=dense_critic),
        experiments=pick(
            EXPERIMENTS, "same_label", "critic_has_won", "learning_rate", "double_sigmoid"
        ),
        truth="double_sigmoid",
        symptoms=("squashed_twice",),
    ),
    "critic_loss_zero_noise": TrainingCase(
        faulty=GanPlan(critic_loss=pieces.two_cross_entropies),
        mended=GanPlan(critic_loss=critic_cross_entropy),
        experiments=pick(
            EXPERIMENTS, "critic_has_won", "learning_rate", "different_ranges", "same_label"
        ),
        truth="same_label",
        symptoms=("labels_alike",),
    ),
    "critic_loss_zero_grey": TrainingCase(
        faulty=GanPlan(generator=pieces.sigmoid_generator),
        mended=GanPlan(),
        experiments=pick(
            EXPERIMENTS, "critic_too_strong", "same_label", "mode_collapse", "different_ranges"
        ),
        truth="different_ranges",
        symptoms=("range_mismatch",),
    ),
    "unclean_background": TrainingCase(
        faulty=GanPlan(prepare=pieces.unit_range, show=pieces.unit_range_to_pictures),
        mended=GanPlan(
            prepare=pieces.unit_range,
            show=pieces.unit_range_to_pictures,
            generator=pieces.sigmoid_generator,
        ),
        experiments=pick(
            EXPERIMENTS, "too_few_steps", "same_label", "reused_noise", "different_ranges"
        ),
        truth="different_ranges",
        symptoms=("range_mismatch",),
    ),
    "jumping_losses_blots": TrainingCase(
        faulty=GanPlan(prepare=pieces.to_byte_range),
        mended=GanPlan(),
        experiments=pick(
            EXPERIMENTS, "learning_rate", "same_label", "reused_noise", "different_ranges"
        ),
        truth="different_ranges",
        symptoms=("range_mismatch",),
    ),
    "torn_strokes": TrainingCase(
        faulty=GanPlan(generator=pieces.linear_generator),
        mended=GanPlan(),
        experiments=pick(
            EXPERIMENTS, "too_few_steps", "different_ranges", "reused_noise", "linear_generator"
        ),
        truth="linear_generator",
    ),
    "speckled_samples": TrainingCase(
        faulty=GanPlan(generator=pieces.narrowing_generator),
        mended=GanPlan(),
        experiments=pick(
            EXPERIMENTS, "too_few_steps", "linear_generator", "critic_has_won", "narrow_last_layer"
        ),
        truth="narrow_last_layer",
    ),
    "loss_at_one_quarter": TrainingCase(
        faulty=GanPlan(
            critic_loss=pieces.least_squares_loss,
            generator_loss=pieces.least_squares_generator_loss,
        ),
        mended=GanPlan(
            critic_loss=pieces.least_squares_loss_by_row,
            generator_loss=pieces.least_squares_generator_loss,
        ),
        experiments=pick(
            EXPERIMENTS, "at_equilibrium", "same_label", "different_ranges", "broadcast_labels"
        )
        | {"at_equilibrium": sample_diversity},
        truth="broadcast_labels",
    ),
    "vae_one_grey_blot": TrainingCase(
        faulty=VaePlan(reconstruction=pieces.averaged_cross_entropy),
        mended=VaePlan(),
        experiments=pick(
            EXPERIMENTS, "wrong_kl", "codes_not_random", "learning_rate", "different_units"
        ),
        truth="different_units",
        symptoms=("posterior_collapse",),
    ),
    "vae_loss_without_floor": TrainingCase(
        faulty=VaePlan(kl=pieces.printed_kl),
        mended=VaePlan(),
        experiments=pick(
            EXPERIMENTS, "learning_rate", "different_units", "codes_not_random", "wrong_kl"
        ),
        truth="wrong_kl",
    ),
}

CASES = join_texts(Path(__file__).with_name("cases.toml"), _CASES)
"""The cases of this lesson, by name."""
