"""What is often suspected: claims that several cases share, each with its experiment."""

from __future__ import annotations

from ..common.case import Hypothesis
from . import experiments as probes

STEADY = 2e-4  # a tenth of the plans' rate

LABELS = "Real and generated data carry the same label."
RATE = "The learning rate is too high."
STEPS = "It needs more steps."
RANGES = "Data and samples do not have the same range."
NOISE = "It is fed the same noise again and again."
WON = "The discriminator has won: it is never wrong, and teaches nothing."
CLOUDS = "The codes are not drawn at random."
UNITS = "The two terms of the loss are not in the same unit."
PRICE = "The term that prices the codes is wrong."


def labels(verdict: str) -> Hypothesis:
    """Whether the labels are alike."""
    return Hypothesis(LABELS, probes.tug, verdict)


def rate(verdict: str) -> Hypothesis:
    """Whether the rate is too high."""
    return Hypothesis(
        RATE, probes.again("Trained again at a tenth of the rate", lr=STEADY), verdict
    )


def ranges(verdict: str) -> Hypothesis:
    """Whether the ranges differ."""
    return Hypothesis(RANGES, probes.ranges, verdict)


def longer(verdict: str) -> Hypothesis:
    """Whether it was stopped too soon."""
    return Hypothesis(STEPS, probes.again("Trained twice as long", steps=2), verdict)


ORDERED = (
    "It pulls real answers up (a negative slope) and generated ones down, as it should: the "
    "labels are in order."
)
NEW_NOISE = "The noise is new at every call."
SAME_RANGE = "Both fill the same range, as they should."
