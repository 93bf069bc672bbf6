"""The clinic: trainings taken apart, one planted defect each, and what it does."""

from .case import Case, Hypothesis, Patient, admit
from .gan import Game, GanPlan, train_gan
from .listings import listing_results
from .vae import Coder, VaePlan, train_vae

__all__ = [
    "Case",
    "Coder",
    "Game",
    "GanPlan",
    "Hypothesis",
    "Patient",
    "VaePlan",
    "admit",
    "listing_results",
    "train_gan",
    "train_vae",
]
