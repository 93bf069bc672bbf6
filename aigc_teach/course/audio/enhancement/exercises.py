"""Exercises and questions of the lesson on enhancement."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ....core import make_generator
from ....lab.checkers import same_on
from ....lab.register import exercise, question

_g = make_generator(7)
CLEAN = 0.2 * torch.randn(60, generator=_g, dtype=torch.float64)
NOISE = 1.5 * torch.randn(60, generator=_g, dtype=torch.float64)
NOISY = 0.5 * (CLEAN + 0.1 * NOISE)


def _mixed(clean: Tensor, noise: Tensor, decibels: float, *, step: float = 20.0) -> Tensor:
    return clean + clean.norm() / noise.norm() * 10 ** (-decibels / step) * noise


MIXED_MISTAKES = {
    "You added the noise as it came; scale it first, so that the ratio is what was asked for.": (
        lambda s, n, d: s + n
    ),
    "You compared the largest samples; the ratio compares powers, so use the norms.": (
        lambda s, n, d: s + s.abs().max() / n.abs().max() * 10 ** (-d / 20) * n
    ),
    "The noise is too loud by the ratio once more: 10 decibels are a factor of 10 in power, and "
    "of 10 ** (10 / 20) in size.": lambda s, n, d: _mixed(s, n, d, step=10),
    "Wrong sign: at more decibels there must be less noise.": lambda s, n, d: _mixed(s, n, -d),
    "The noise has a loudness of its own: divide by its size first.": (
        lambda s, n, d: s + s.norm() * 10 ** (-d / 20) * n
    ),
    "The sound's loudness is missing: the noise must be as loud as the sound at 0 decibels.": (
        lambda s, n, d: s + n / n.norm() * 10 ** (-d / 20)
    ),
    "That is the noise alone; add the clean sound.": lambda s, n, d: _mixed(s, n, d) - s,
    "You scaled the clean sound. Scale the noise, so that the clean one stays the reference.": (
        lambda s, n, d: n.norm() / s.norm() * 10 ** (d / 20) * s + n
    ),
    "A ratio of powers needs a root before it scales samples.": (
        lambda s, n, d: s + (s @ s) / (n @ n) * 10 ** (-d / 10) * n
    ),
    "The noise is not made as loud as the sound first: times clean.norm() / noise.norm().": (
        lambda s, n, d: s + 10 ** (-d / 20) * n
    ),
    "A ratio of powers needs a root before it scales samples; the decibels you have right.": (
        lambda s, n, d: s + (s @ s) / (n @ n) * 10 ** (-d / 20) * n
    ),
    "Upside down: times the size of the clean sound, divided by that of the noise.": (
        lambda s, n, d: s + n.norm() / s.norm() * 10 ** (-d / 20) * n
    ),
    "A standard deviation takes the mean away; the ratio compares powers, so use the norms.": (
        lambda s, n, d: s + s.std() / n.std() * 10 ** (-d / 20) * n
    ),
}


@exercise(
    "audio/enhancement/mixed",
    not_yet="Write the body of `mixed(clean, noise, decibels)` and return the noisy sound.",
    right="Powers for the ratio, roots for the samples.",
    hints=[
        "At 0 decibels both are equally loud: noise * clean.norm() / noise.norm().",
        "At 20 decibels the noise is a tenth as large.",
        "clean + clean.norm() / noise.norm() * 10 ** (-decibels / 20) * noise",
    ],
)
def mixed(answer) -> None:
    """Noise at a given signal-to-noise ratio."""
    cases = [(CLEAN, NOISE, 10.0), (CLEAN, NOISE, -5.0), (NOISE, CLEAN, 3.0)]
    same_on(answer, _mixed, cases, mistakes=MIXED_MISTAKES)


def _si_sdr(x: Tensor, s: Tensor) -> Tensor:
    target = s * (x @ s) / (s @ s)
    return 10 * torch.log10(target.square().sum() / (x - target).square().sum())


SI_SDR_MISTAKES = {
    "That is the natural logarithm; decibels are 10 times the logarithm to base 10.": (
        lambda x, s: _si_sdr(x, s) / 10 * math.log(10)
    ),
    "That is the plain ratio, which counts a wrong loudness as noise: scale the clean sound "
    "first.": lambda x, s: 10 * torch.log10(s.square().sum() / (x - s).square().sum()),
    "You scaled `x` to the clean sound by the wrong factor: divide by s @ s, not by x @ x.": (
        lambda x, s: (lambda t: 10 * torch.log10(t.square().sum() / (x - t).square().sum()))(
            s * (x @ s) / (x @ x)
        )
    ),
    "Above the line stands the scaled clean sound, not the clean sound itself.": (
        lambda x, s: 10 * torch.log10(s.square().sum() / (x - s * (x @ s) / (s @ s)).square().sum())
    ),
    "Twice too many decibels: squares take 10 log10, sizes 20.": lambda x, s: 2 * _si_sdr(x, s),
    "Upside down: the sound stands above the line, the distortion below.": (
        lambda x, s: -_si_sdr(x, s)
    ),
    "That is the ratio; give decibels: 10 * torch.log10(...).": (
        lambda x, s: 10 ** (_si_sdr(x, s) / 10)
    ),
    "That is the natural logarithm; decibels take log10.": (
        lambda x, s: _si_sdr(x, s) * torch.log(torch.tensor(10.0))
    ),
    "Half the decibels: of sizes take 20 log10, or square them.": (lambda x, s: _si_sdr(x, s) / 2),
    "Equally loud is not the best scale: project, (x @ s) / (s @ s).": (
        lambda x, s: -20 * torch.log10((x / x.norm() - s / s.norm()).norm())
    ),
    "Above the line stands the scaled clean sound, not all that was heard.": (
        lambda x, s: 10 * torch.log10((x @ x) / (x - s * (x @ s) / (s @ s)).square().sum())
    ),
    "Below the line stands what the scaled sound leaves over, not what the clean one does.": (
        lambda x, s: (
            10 * torch.log10((s * (x @ s) / (s @ s)).square().sum() / (x - s).square().sum())
        )
    ),
}


@exercise(
    "audio/enhancement/si_sdr",
    not_yet="Write the body of `si_sdr_of(x, s)` and return one number.",
    right="The clean sound may be scaled, and everything else is distortion.",
    hints=[
        "Which multiple of s is nearest to x? a = (x @ s) / (s @ s).",
        "target = a * s; what is left is x - target.",
        "10 * torch.log10(target.square().sum() / (x - target).square().sum())",
    ],
)
def si_sdr(answer) -> None:
    """The scale-invariant ratio."""
    cases = [(NOISY, CLEAN), (3 * NOISY, CLEAN), (CLEAN + NOISE, NOISE)]
    same_on(answer, _si_sdr, cases, mistakes=SI_SDR_MISTAKES)


SIZE = torch.tensor([[0.9, 1.4, 3.0, 6.0], [0.2, 0.5, 0.1, 2.0]], dtype=torch.float64)
MEAN = torch.tensor([1.0, 0.3], dtype=torch.float64)


def _factors(size: Tensor, noise: Tensor, floor: float) -> Tensor:
    return (1 - noise[:, None] / size).clamp(min=floor)


FACTORS_MISTAKES = {
    "Those are the cleaned magnitudes; a factor is what they are multiplied by: divide.": (
        lambda size, noise, floor: (size - noise[:, None]).clamp(min=floor)
    ),
    "Some factors are negative: where the noise was larger than the whole, give the floor.": (
        lambda x, n, f: 1 - n[:, None] / x
    ),
    "Those are magnitudes; give factors: divide by `size`.": (
        lambda x, n, f: x * _factors(x, n, f)
    ),
    "The floor is a least factor, not a least magnitude: clamp after dividing.": (
        lambda x, n, f: (x - n[:, None]).clamp(min=f) / x
    ),
    "The floor is added; take the larger of the two.": (
        lambda x, n, f: (1 - n[:, None] / x).clamp(min=0) + f
    ),
    "Without the floor: where the noise was larger than the whole, the factor is `floor`, not 0.": (
        lambda x, n, f: (1 - n[:, None] / x).clamp(min=0)
    ),
    "That is the noise's share; one minus it is asked for.": (
        lambda x, n, f: (n[:, None] / x).clamp(min=f)
    ),
    "You subtracted powers. That is the Wiener filter; here magnitudes are subtracted.": (
        lambda x, n, f: (1 - (n[:, None] / x).square()).clamp(min=f)
    ),
    "You subtracted powers and took the root; here magnitudes are subtracted.": (
        lambda x, n, f: (1 - (n[:, None] / x).square()).clamp(min=f * f).sqrt()
    ),
    "The floor is the least factor, not the largest: clamp(min=floor).": (
        lambda x, n, f: (1 - n[:, None] / x).clamp(max=f)
    ),
    "Each row has a noise of its own: do not average it over the rows.": (
        lambda x, n, f: (1 - n.mean() / x).clamp(min=f)
    ),
}


@exercise(
    "audio/enhancement/factors",
    not_yet="Write the body of `factors(size, noise, floor)` and return a factor for each place.",
    right="Take the noise's mean size away, and never more than all.",
    hints=[
        "What is left is size - noise[:, None]; as a share of size, one minus a quotient.",
        "Where that is below the floor, the floor: .clamp(min=floor).",
        "(1 - noise[:, None] / size).clamp(min=floor)",
    ],
)
def factors(answer) -> None:
    """Factors of spectral subtraction."""
    cases = [(SIZE, MEAN, 0.1), (SIZE, 2 * MEAN, 0.02), (SIZE[:, :2], MEAN.flip(0), 0.3)]
    same_on(answer, _factors, cases, mistakes=FACTORS_MISTAKES)


POWER = torch.tensor([0.5, 1.0, 2.0, 5.0, 40.0], dtype=torch.float64)


def _wiener(power: Tensor, noise: float) -> Tensor:
    ratio = (power / noise - 1).clamp(min=0)
    return ratio / (1 + ratio)


WIENER_MISTAKES = {
    "`power / noise` holds the noise itself: the sound's own ratio is one less.": (
        lambda p, n: p / n / (1 + p / n)
    ),
    "Some ratios are negative: a power is at least 0, so clamp the ratio.": (
        lambda p, n: (p / n - 1) / (p / n)
    ),
    "That is what it would take away; give what it lets through.": lambda p, n: 1 - _wiener(p, n),
    "That is the ratio, which grows without end; a factor is at most 1.": (
        lambda p, n: (p / n - 1).clamp(min=0)
    ),
    "These are sizes already: the Wiener factor is not a root.": lambda p, n: _wiener(p, n).sqrt(),
    "You took the noise's size for its power: do not square it.": (lambda p, n: _wiener(p, n**2)),
    "Upside down: the ratio is the sound's power to the noise's, power / noise - 1.": (
        lambda p, n: (n / p - 1).clamp(min=0) / (1 + (n / p - 1).clamp(min=0))
    ),
    "power - noise is a power; divide it by the noise to have a ratio.": (
        lambda p, n: (p - n).clamp(min=0) / (1 + (p - n).clamp(min=0))
    ),
    "You took roots: that is the factor of subtracted magnitudes.": (
        lambda p, n: (1 - (n / p).sqrt()).clamp(min=0)
    ),
    "You squared the factor; it is xi / (1 + xi) as it stands.": (
        lambda p, n: _wiener(p, n).square()
    ),
}


@exercise(
    "audio/enhancement/wiener",
    not_yet="Write the body of `wiener_factor(power, noise)` and return the factors.",
    right="Nearly 1 where the sound is far above the noise, 0 where there is none.",
    hints=[
        "The sound's power is what the noise leaves: power - noise, at least 0.",
        "ratio = (power / noise - 1).clamp(min=0)",
        "ratio / (1 + ratio)",
    ],
)
def wiener(answer) -> None:
    """Factors of a Wiener filter."""
    cases = [(POWER, 1.0), (POWER.sqrt(), 0.25), (POWER[1:], 3.0)]
    same_on(answer, _wiener, cases, mistakes=WIENER_MISTAKES)


question(
    "audio/enhancement/q1",
    "An output is the clean sound exactly, at half its loudness. What do SI-SDR and SNR say?",
    options={
        "a": (
            "SI-SDR is very high, SNR is 6 dB.",
            "The half that is missing has a quarter of the power.",
        ),
        "b": (
            "Both are very high, as nothing but the sound is there.",
            "SNR compares sample by sample, loudness included.",
        ),
        "c": ("Both are 6 dB, as half is missing.", "SI-SDR scales the clean sound first."),
    },
    answer="a",
)

question(
    "audio/enhancement/q2",
    "Spectral subtraction leaves short tones that come and go. Why?",
    options={
        "a": (
            "The window is too short to tell a tone from a noise.",
            "With any window single places of noise stand out.",
        ),
        "b": (
            "Places of noise far above the mean stay, alone.",
            "Only the mean is taken away. Their neighbours are gone, so each is heard as a tone.",
        ),
        "c": (
            "The phases are those of the noise, not of the sound.",
            "They are, but that is not heard as tones.",
        ),
    },
    answer="b",
)

question(
    "audio/enhancement/q3",
    "SI-SDR rises by 8 dB, and the recogniser understands fewer words. Is one of them broken?",
    options={
        "a": (
            "Yes, the recogniser: less noise is easier to hear.",
            "Not where sounds went with the noise.",
        ),
        "b": ("Yes: SI-SDR, computed wrongly.", "It does what its formula says."),
        "c": (
            "No: soft sounds can go with the noise.",
            "Sounds such as f and t hold little power, so the ratio hardly misses them.",
        ),
    },
    answer="c",
)

question(
    "audio/enhancement/q4",
    "A telephone cut off all above 1.5 kHz. What can a factor from 0 to 1 bring back?",
    options={
        "a": ("Nothing of it.", "A factor times nothing is nothing."),
        "b": ("All of it.", "There is nothing there to be multiplied."),
        "c": (
            "The soft parts of it.",
            "A factor makes softer; and where nothing is, there are no soft parts.",
        ),
    },
    answer="a",
)

question(
    "audio/enhancement/q5",
    "You test a network on the noises that it was trained with. What do you learn?",
    options={
        "a": ("How good it is.", "On the next street there is another noise."),
        "b": (
            "How good it is on any noise.",
            "Babble was not among those noises, and there it hardly helped.",
        ),
        "c": (
            "How good it is on those noises.",
            "Keep kinds of noise out of the training, and test on them.",
        ),
    },
    answer="c",
)
