"""The symptoms that a diagnosis knows: one rule each, a probe in, a sentence or nothing out.

A rule says something only where it has evidence, with its numbers; it never asks which model
this is. The bounds are in one place, :data:`BOUNDS`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .probe import BATCH_NORMS, NEUTRAL, Probe

BOUNDS = {
    "certain": 0.97,  # mean probability of "real": for real data minus for generated data
    "spread": 0.3,  # mean distance of two samples over the same of two real items
    "copies": 0.005,  # distance to the next sample, over the same (a latent line has about 0.01)
    "still": 1e-8,  # gradient a weight; below Adam's epsilon no step is made of it
    "at_the_ends": 0.1,  # share of values at the ends of the range, minus the same of the data
    "beside": 0.25,  # how far beside a range is far, in lengths of the data's range
    "outside": 0.02,  # share of the samples' values so far beside the data's range
    "missed": 0.12,  # share of the data's values so far beside the samples' range
    "inactive": 0.01,  # variance of a mean code over the data (Burda et al. 2016, section 5.3)
    "silent": 1.0,  # nats of KL an item
}

RULES: dict[str, Callable[[Probe], str | None]] = {}


def rule(function: Callable[[Probe], str | None]) -> Callable[[Probe], str | None]:
    """Enter a rule under its own name."""
    RULES[function.__name__] = function
    return function


@rule
def discriminator_won(probe: Probe) -> str | None:
    """The critic is certain of both kinds, and has been for a tenth of the training."""
    real, fake = probe.late("critic.real"), probe.late("critic.fake")
    if real is None or fake is None or not (0 <= fake <= 1 and 0 <= real <= 1):
        return None  # no probabilities: not a critic, or one that gives scores
    if real - fake <= BOUNDS["certain"]:
        return None
    return (
        f"Over the last tenth of the steps the critic takes real data for real with probability "
        f"{real:.3f} and generated data with {fake:.3f}: it is hardly ever wrong."
    )


@rule
def generator_collapsed(probe: Probe) -> str | None:
    """The samples are nearly the same few items."""
    spread = mean_distance(probe.samples) / (mean_distance(probe.real) or 1.0)
    copies = next_one(probe.samples) / (next_one(probe.real) or 1.0)
    if spread >= BOUNDS["spread"] and copies >= BOUNDS["copies"]:
        return None
    return (
        f"Two samples are on average {spread:.3f} times as far apart as two items of the real "
        f"data, and the one most like it is {copies:.3f} times as far off: few different items."
    )


@rule
def labels_alike(probe: Probe) -> str | None:
    """The critic's loss pulls the answers for real and for generated data the same way."""
    if probe.pull is None or not probe.pull.any():
        return None
    real, made = probe.pull.chunk(2)
    ups = [(part > 0).float().mean().item() for part in (real, made)]  # share pulled down
    if not (min(ups) > 0.99 or max(ups) < 0.01):
        return None
    way = "down" if ups[0] > 0.5 else "up"
    total = probe.late("critic.total")
    floor = "" if total is None else f" Its loss stood at {total:.3f} in the end."
    return (
        f"The critic's loss pulls its answers {way} for real data and {way} for generated data: "
        f"one constant answer is the best it can give.{floor}"
    )


@rule
def squashed_twice(probe: Probe) -> str | None:
    """The critic's answers are probabilities already, and its loss squashes them again."""
    if probe.pull is None:
        return None
    every = torch.cat([probe.answers, *probe.provoked])
    if every.min() < 0 or every.max() > 1:
        return None
    pull = probe.pull * (len(probe.pull) // 2)
    squashed = torch.sigmoid(torch.tensor(NEUTRAL))  # what a log loss makes of a neutral logit
    slopes = [(pull - squashed + target).abs() for target in (0.0, 1.0)]
    if torch.minimum(*slopes).max() > 1e-3:
        return None
    return (
        f"Whatever the critic is shown, even data made a thousand times larger, its answers lie "
        f"between {every.min():.2f} and {every.max():.2f}, like probabilities; and its loss takes "
        "them for logits: they are squashed twice."
    )


@rule
def no_gradient(probe: Probe) -> str | None:
    """A player is not told which way to go."""
    said = []
    for player, push in probe.push.items():
        if isinstance(push, str):
            said.append(f"No gradient reaches {player!r}: {push}.")
        elif push < BOUNDS["still"]:
            said.append(
                f"The gradient of {player!r} is {push:.1e} a weight, below Adam's epsilon of "
                f"{BOUNDS['still']:.0e}: hardly a step is made of it."
            )
    return " ".join(said) or None


@rule
def saturated_outputs(probe: Probe) -> str | None:
    """Nearly all the model's values lie at the two ends of their range; the data's do not."""
    made, real = at_the_ends(probe.samples), at_the_ends(probe.real)
    if made <= max(0.5, real + BOUNDS["at_the_ends"]):
        return None
    return (
        f"{100 * made:.1f} % of the values in the samples lie at the ends of their range "
        f"(real data: {100 * real:.1f} %): there the output's slope is nearly 0."
    )


@rule
def range_mismatch(probe: Probe) -> str | None:
    """The samples leave the data's range, or never come near much of it."""
    low, high = (v.item() for v in torch.aminmax(probe.real))
    bottom, top = (v.item() for v in torch.aminmax(probe.samples))
    slack = BOUNDS["beside"] * (high - low)
    outside = ((probe.samples < low - slack) | (probe.samples > high + slack)).float().mean()
    missed = ((probe.real < bottom - slack) | (probe.real > top + slack)).float().mean()
    if outside < BOUNDS["outside"] and missed < BOUNDS["missed"]:
        return None
    return (
        f"The data lie in [{low:.2f}, {high:.2f}] and the samples in [{bottom:.2f}, {top:.2f}]: "
        f"{100 * missed:.0f} % of the data's values are far from any of the samples', and "
        f"{100 * outside:.0f} % of the samples' far outside."
    )


@rule
def batch_norm_never_updated(probe: Probe) -> str | None:
    """Batch normalisation still has the statistics it was born with."""
    norms = [m for m in probe.model.modules() if isinstance(m, BATCH_NORMS)]
    kept = [m for m in norms if m.track_running_stats]
    stale = [m for m in kept if m.num_batches_tracked == 0]
    if not stale or not len(probe.history):
        return None
    return (
        f"{len(stale)} of {len(kept)} batch normalisations have counted 0 batches in "
        f"{len(probe.history)} steps: their mean is still 0 and their variance still 1."
    )


@rule
def reused_noise(probe: Probe) -> str | None:
    """Two turns with different seeds feed the generator the same noise."""
    if len(probe.noises) < 2 or not probe.noises[0].numel():
        return None
    one, other = probe.noises
    if one.shape != other.shape or not torch.equal(one, other):
        return None
    return (
        f"Two turns, seeded differently, fed the generator the same {len(one)} noise vectors: "
        "it only ever learns these."
    )


@rule
def posterior_collapse(probe: Probe) -> str | None:
    """The code no longer depends on the data."""
    if probe.spread is None:
        return None
    kl, active = probe.late("kl"), int((probe.spread > BOUNDS["inactive"]).sum())
    if active or (kl is not None and kl > BOUNDS["silent"]):
        return None
    told = "" if kl is None else f", and the KL term is {kl:.3f} nats an item"
    return (
        f"None of the {len(probe.spread)} coordinates of the mean code varies with the data "
        f"(largest variance {probe.spread.max():.1e}){told}: the decoder is told nothing."
    )


def next_one(x: Tensor) -> float:
    """Median distance from an item to its nearest neighbour in the same set."""
    flat = x.detach().flatten(1).double()  # [N, D]
    distances = torch.cdist(flat, flat)  # [N, N]
    distances.fill_diagonal_(float("inf"))
    return distances.min(dim=1).values.median().item()


def mean_distance(x: Tensor) -> float:
    """Mean distance of two items of a set."""
    return torch.pdist(x.detach().flatten(1).double()).mean().item()


def at_the_ends(x: Tensor) -> float:
    """Share of the values within a thousandth of the range from one of its ends."""
    low, high = torch.aminmax(x)
    slack = 1e-3 * (high - low)
    return ((x <= low + slack) | (x >= high - slack)).float().mean().item()
