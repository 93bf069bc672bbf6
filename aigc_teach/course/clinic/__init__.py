"""The clinic: trainings taken apart, one planted defect each, and what it does."""

from .common.case import Case, Hypothesis, Patient, admit
from .common.gan_plan import Game, GanPlan, train_gan
from .common.vae_plan import Coder, VaePlan, train_vae

__all__ = [
    "Case",
    "Coder",
    "Game",
    "GanPlan",
    "Hypothesis",
    "Patient",
    "VaePlan",
    "admit",
    "train_gan",
    "train_vae",
]
