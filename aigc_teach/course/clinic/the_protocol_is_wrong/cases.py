"""Cases in which every part is right and the order of work, the protocol, is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..common.case import join_texts, pick
from ..common.gan_plan import GanPlan
from ..common.training import TrainingCase
from . import pieces
from .experiments import EXPERIMENTS

PLAN = GanPlan()
WITH_DROPOUT = replace(PLAN, critic=pieces.dropout_critic)

_CASES = {
    "own_grid_looks_better": TrainingCase(
        faulty=replace(PLAN, noise=pieces.reused_noise),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "batch_norm_mode", "reused_noise", "batch_dependence", "critic_has_won"
        ),
        truth="reused_noise",
        symptoms=("reused_noise",),
    ),
    "lowest_generator_loss": TrainingCase(
        faulty=replace(PLAN, step=pieces.step_both_optimizers),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "stale_answer", "leftover_gradient", "step_moves_both", "reused_noise"
        ),
        truth="step_moves_both",
    ),
    "noise_called_real": TrainingCase(
        faulty=replace(PLAN, make_state=pieces.make_state_with_shared_optimizer),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "learning_rate", "one_player_never_moves", "step_moves_both", "no_gradient"
        ),
        truth="step_moves_both",
        symptoms=("optimizer_of_both",),
    ),
    "one_picture_low_loss": TrainingCase(
        faulty=replace(PLAN, make_state=pieces.make_state_with_replaced_critic),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "no_gradient", "critic_has_won", "one_player_never_moves", "learning_rate"
        ),
        truth="one_player_never_moves",
        symptoms=("weights_without_optimizer",),
    ),
    "blotches_at_fair_losses": TrainingCase(
        faulty=replace(PLAN, step=pieces.step_with_generator_in_eval_mode),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "reused_noise", "batch_norm_mode", "leftover_gradient", "saturated_tanh"
        ),
        truth="batch_norm_mode",
        symptoms=("batch_norm_never_updated",),
    ),
    "dropout_without_effect": TrainingCase(
        faulty=replace(WITH_DROPOUT, step=pieces.step_with_critic_in_eval_mode),
        mended=WITH_DROPOUT,
        experiments=pick(
            EXPERIMENTS, "one_player_never_moves", "batch_norm_mode", "dropout_off", "stale_answer"
        ),
        truth="dropout_off",
    ),
    "swinging_losses": TrainingCase(
        faulty=replace(PLAN, step=pieces.step_without_zero_grad),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "learning_rate", "step_moves_both", "batch_norm_mode", "leftover_gradient"
        ),
        truth="leftover_gradient",
    ),
    "samples_stay_noise": TrainingCase(
        faulty=replace(PLAN, score_fake=pieces.score_fake_detached),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "critic_too_large", "learning_rate", "no_gradient", "saturated_tanh"
        ),
        truth="no_gradient",
        symptoms=(
            "no_gradient",
            "discriminator_won",
        ),
    ),
    "samples_less_clear": TrainingCase(
        faulty=replace(PLAN, step=pieces.simultaneous_step),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "leftover_gradient", "step_moves_both", "stale_answer", "batch_norm_mode"
        ),
        truth="stale_answer",
    ),
    "black_and_white_speckles": TrainingCase(
        faulty=replace(PLAN, generator=pieces.generator_with_wide_weights),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "learning_rate", "no_gradient", "batch_norm_mode", "saturated_tanh"
        ),
        truth="saturated_tanh",
        symptoms=("saturated_outputs",),
    ),
    "same_latent_other_picture": TrainingCase(
        faulty=replace(PLAN, generator=pieces.generator_without_running_statistics),
        mended=PLAN,
        experiments=pick(
            EXPERIMENTS, "reused_noise", "batch_norm_mode", "too_few_steps", "batch_dependence"
        ),
        truth="batch_dependence",
    ),
}

CASES = join_texts(Path(__file__).with_name("cases.toml"), _CASES)
"""Eleven trainings with one wrong habit each, by name."""
