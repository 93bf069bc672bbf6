"""The lesson on enhancement: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach import metrics
from aigc_teach.core import ChoiceError, make_generator
from aigc_teach.course.audio import enhancement
from course.answers import Answers

LESSON = "audio/enhancement"


def mix(s, n, d, step=20):
    return s + n * (s.norm() / n.norm()) * 10 ** (-d / step)


def ratio(x, s):
    t = s * (x @ s) / (s @ s)
    return 10 * torch.log10(t.pow(2).sum() / (x - t).pow(2).sum())


def unscaled(x, s):
    return 10 * torch.log10(s.pow(2).sum() / (x - s).pow(2).sum())


RIGHT = {
    f"{LESSON}/mixed": [
        mix,
        metrics.add_noise,
        lambda s, n, d: s + n * ((s @ s) / (n @ n) / 10 ** (d / 10)).sqrt(),
    ],
    f"{LESSON}/si_sdr": [ratio, metrics.si_sdr, lambda x, s: ratio(5 * x, 0.1 * s)],
    f"{LESSON}/factors": [
        lambda x, n, f: torch.maximum((x - n[:, None]) / x, torch.tensor(f)),
        lambda x, n, f: torch.where(x - n[:, None] > f * x, 1 - n[:, None] / x, f),
    ],
    f"{LESSON}/wiener": [
        lambda p, n: (p - n).clamp(min=0) / p,
        lambda p, n: torch.relu(1 - n / p),
    ],
}
WRONG = [
    (f"{LESSON}/mixed", lambda s, n, d: s + n, "as it came"),
    (
        f"{LESSON}/mixed",
        lambda s, n, d: s + s.abs().max() / n.abs().max() * 10 ** (-d / 20) * n,
        "largest samples",
    ),
    (f"{LESSON}/factors", lambda z, n, f: (z - n[:, None]).clamp(min=f), "cleaned magnitudes"),
    (f"{LESSON}/mixed", lambda s, n, d: mix(s, n, d, 10), "too loud by the ratio"),
    (f"{LESSON}/mixed", lambda s, n, d: mix(s, n, -d), "Wrong sign"),
    (f"{LESSON}/mixed", lambda s, n, d: s + s.norm() * n * 10 ** (-d / 20), "loudness of its own"),
    (f"{LESSON}/mixed", lambda s, n, d: s + n / n.norm() / 10 ** (d / 20), "sound's loudness"),
    (f"{LESSON}/mixed", lambda s, n, d: mix(s, n, d) - s, "noise alone"),
    (f"{LESSON}/si_sdr", unscaled, "plain ratio"),
    (f"{LESSON}/si_sdr", lambda x, s: 2 * ratio(x, s), "Twice too many"),
    (f"{LESSON}/si_sdr", lambda x, s: -ratio(x, s), "Upside down"),
    (f"{LESSON}/si_sdr", lambda x, s: 10 ** (ratio(x, s) / 10), "give decibels"),
    (f"{LESSON}/si_sdr", lambda x, s: ratio(x, s) * math.log(10), "natural logarithm"),
    (f"{LESSON}/factors", lambda x, n, f: 1 - n[:, None] / x, "negative"),
    (f"{LESSON}/factors", lambda x, n, f: (x - n[:, None]).clamp(min=0) / x, "not 0"),
    (f"{LESSON}/factors", lambda x, n, f: (x - n[:, None]).clamp(min=f) / x, "least factor"),
    (f"{LESSON}/factors", lambda x, n, f: torch.maximum(x - n[:, None], f * x), "magnitudes"),
    (f"{LESSON}/factors", lambda x, n, f: (1 - (n[:, None] / x) ** 2).clamp(min=f), "powers"),
    (f"{LESSON}/wiener", lambda p, n: p / (p + n), "one less"),
    (f"{LESSON}/wiener", lambda p, n: 1 - n / p, "negative"),
    (f"{LESSON}/wiener", lambda p, n: 1 - torch.relu(1 - n / p), "lets through"),
    (f"{LESSON}/wiener", lambda p, n: torch.relu(p / n - 1), "at most 1"),
    (f"{LESSON}/wiener", lambda p, n: torch.relu(1 - n / p).sqrt(), "not a root"),
    (f"{LESSON}/mixed", lambda s, n, d: s + n * 10 ** (-d / 20), "as loud as the sound first"),
    (
        f"{LESSON}/mixed",
        lambda s, n, d: s + n * (s @ s) / (n @ n) * 10 ** (-d / 20),
        "you have right",
    ),
    (
        f"{LESSON}/mixed",
        lambda s, n, d: s + n * n.norm() / s.norm() * 10 ** (-d / 20),
        "Upside down",
    ),
    (
        f"{LESSON}/mixed",
        lambda s, n, d: s + n * s.std() / n.std() * 10 ** (-d / 20),
        "standard deviation",
    ),
    (
        f"{LESSON}/factors",
        lambda x, n, f: (1 - (n[:, None] / x) ** 2).clamp(min=f**2) ** 0.5,
        "took the root",
    ),
    (f"{LESSON}/factors", lambda x, n, f: (1 - n[:, None] / x).clamp(max=f), "not the largest"),
    (f"{LESSON}/factors", lambda x, n, f: (1 - n.mean() / x).clamp(min=f), "noise of its own"),
    (f"{LESSON}/wiener", lambda p, n: torch.relu(1 - p / n), "Upside down"),
    (f"{LESSON}/wiener", lambda p, n: torch.relu(p - n) / (1 + torch.relu(p - n)), "is a power"),
    (f"{LESSON}/wiener", lambda p, n: torch.relu(1 - (n / p).sqrt()), "took roots"),
    (f"{LESSON}/wiener", lambda p, n: torch.relu(1 - n / p) ** 2, "squared the factor"),
    (f"{LESSON}/si_sdr", lambda x, s: ratio(x, s) / 2, "Half the decibels"),
    (f"{LESSON}/si_sdr", lambda x, s: unscaled(x / x.norm(), s / s.norm()), "Equally loud"),
    (
        f"{LESSON}/si_sdr",
        lambda x, s: 10 * torch.log10(x @ x / (x - s * (x @ s) / (s @ s)).pow(2).sum()),
        "all that was heard",
    ),
    (
        f"{LESSON}/si_sdr",
        lambda x, s: unscaled(x, s) + 20 * torch.log10((x @ s / (s @ s)).abs()),
        "what the clean one does",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


VOICES = [torch.sin(torch.arange(9000) / k) for k in (3, 4, 5, 6, 7, 8)]


@pytest.mark.parametrize("kind", [*enhancement.SEEN, *enhancement.UNSEEN])
def test_a_scene_has_the_ratio_that_was_asked_for(kind):
    clean = 0.3 * VOICES[0]
    noisy, wanted, _ = enhancement.scene(clean, kind, 7.0, make_generator(0), VOICES)
    lead = enhancement.LEAD
    assert not wanted[:lead].any() and noisy[:lead].any()
    assert metrics.snr(noisy[lead:], wanted[lead:]) == pytest.approx(7, abs=1e-3)


def test_an_unknown_noise_is_a_sentence():
    with pytest.raises(ChoiceError, match="'babble'"):
        enhancement.noise("wind", 100, make_generator(0))


def test_no_held_out_sentence_is_trained_on():
    parts = enhancement.utterances()
    assert not {u.text for u in parts["train"]} & {u.text for u in parts["held_out"]}
    words = {word for u in parts["train"] for word in u.text.split()}
    assert all(word in words for u in parts["held_out"] for word in u.text.split())


@pytest.mark.parametrize("method", [enhancement.subtraction, enhancement.wiener])
def test_noise_alone_is_softened_and_a_loud_tone_stays(method):
    g = make_generator(0)
    tone = 50 * torch.sin(torch.arange(8000) / 5)
    noisy = torch.cat([torch.zeros(enhancement.LEAD), tone])
    noisy += 0.1 * torch.randn(len(noisy), generator=g)
    spectrum = enhancement.spectrum(noisy)
    sound = enhancement.back(method(spectrum.abs()) * spectrum, len(noisy))
    assert sound[1000:4000].norm() < 0.7 * noisy[1000:4000].norm()
    assert metrics.snr(sound[-6000:], tone[-6000:]) > 25


def test_memory_makes_the_factors_steady():
    size = (-torch.rand(257, 200, generator=make_generator(0)).clamp(1e-3, 0.999).log()).sqrt()
    single, memory = (enhancement.wiener(size, memory=m) for m in (0.0, 0.98))
    assert memory.diff(dim=1).abs().mean() < 0.2 * single.diff(dim=1).abs().mean()


def test_the_network_hears_no_difference_between_loud_and_soft():
    net = enhancement.new_net(0)
    size = torch.rand(257, 50, generator=make_generator(0)) + 0.1
    loud, soft = enhancement.network(net, 10 * size), enhancement.network(net, size)
    assert torch.allclose(loud, soft, atol=1e-5) and loud.min() >= 0 and loud.max() <= 1


def test_clipping_and_a_narrow_band():
    x = torch.sin(torch.arange(4000) / 2.0)
    assert enhancement.clip(x, 0.5).abs().max() == pytest.approx(math.sqrt(0.5), abs=0.01)
    assert enhancement.narrow(x, 500.0).norm() < 0.1 * x.norm()
