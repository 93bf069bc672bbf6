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
from .common.training import FinishedTraining, TrainingCase, train_plan
from .common.vae_plan import PlannedVae, VaePlan, train_vae

__all__ = [
    "Case",
    "FinishedTraining",
    "GanPlan",
    "Hypothesis",
    "PlannedGan",
    "PlannedVae",
    "TrainingCase",
    "TrainingState",
    "VaePlan",
    "fresh_noise",
    "gradient_step",
    "make_training_state",
    "train_gan",
    "train_plan",
    "train_vae",
]
