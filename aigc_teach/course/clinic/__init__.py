"""The clinic: trainings taken apart, one planted defect each, and what it does."""

from .common.case import Case, Hypothesis
from .common.gan_plan import (
    GanPlan,
    PlannedGan,
    TrainingState,
    fresh_noise,
    gradient_step,
    make_training_state,
    train_gan,
)
from .common.own import OwnExperiment, open_case, try_own
from .common.source import code_of
from .common.training import FinishedTraining, TrainingCase, train_plan
from .common.vae_plan import PlannedVae, VaePlan, train_vae

__all__ = [
    "Case",
    "FinishedTraining",
    "GanPlan",
    "Hypothesis",
    "OwnExperiment",
    "PlannedGan",
    "PlannedVae",
    "TrainingCase",
    "TrainingState",
    "VaePlan",
    "code_of",
    "fresh_noise",
    "gradient_step",
    "make_training_state",
    "open_case",
    "train_gan",
    "train_plan",
    "train_vae",
    "try_own",
]
