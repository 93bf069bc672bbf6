"""Two cases of a VAE whose loss means something else; part of :mod:`aigc_teach.clinic.lies`."""

from __future__ import annotations

from ..common.case import Case, Hypothesis
from ..common.vae_plan import VaePlan
from . import experiments as probes
from . import pieces as nets
from .hypotheses import CLOUDS, PRICE, UNITS, rate

BARGAIN = Case(
    name="bargain",
    complaint="A VAE's loss falls below 0.3, and all samples are the same grey blot.",
    faulty=VaePlan(reconstruction=nets.averaged_cross_entropy),
    mended=VaePlan(),
    hypotheses={
        "price": Hypothesis(PRICE, probes.price, "The two agree: the price is right."),
        "clouds": Hypothesis(CLOUDS, probes.clouds, "They are drawn, with the spread asked for."),
        "rate": rate("The same blot, more slowly."),
        "units": Hypothesis(
            UNITS,
            probes.unit,
            "The picture's term is a mean over 784 pixels, the code's a sum over its "
            "coordinates: a nat of code costs as much as 784 nats of picture. So none is bought.",
        ),
    },
    truth="units",
    symptoms=("posterior_collapse",),
)

ABYSS = Case(
    name="abyss",
    complaint=(
        "A VAE's loss falls, and falls, below minus a million, and does not stop. The samples are "
        "blots."
    ),
    faulty=VaePlan(kl=nets.printed_price),
    mended=VaePlan(),
    hypotheses={
        "rate": rate(
            "It falls without end at this rate too: there is no lowest value to arrive at."
        ),
        "units": Hypothesis(UNITS, probes.unit, "The picture's term is in nats, as it should be."),
        "clouds": Hypothesis(CLOUDS, probes.clouds, "They are drawn, with the spread asked for."),
        "price": Hypothesis(
            PRICE,
            probes.price,
            "A divergence is never negative. This term has the opposite sign, so it pays for codes "
            "far away, and pays more the farther they are: there is no lowest value.",
        ),
    },
    truth="price",
)
