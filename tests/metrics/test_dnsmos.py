"""DNSMOS: what it hears of a sound, how marks are made, and what is said where it is missing."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from aigc_teach.core import AigcError, DataError, make_generator
from aigc_teach.metrics import dnsmos as module_function
from aigc_teach.metrics import dnsmos_missing

MODULE = importlib.import_module("aigc_teach.metrics.dnsmos")
noise = 0.1 * torch.randn(16_000, generator=make_generator(0))


def test_without_the_packages_it_says_so(monkeypatch):
    find = importlib.util.find_spec
    for hidden in ("speechmos", "onnxruntime"):
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda n, *a, h=hidden: None if n == h else find(n, *a)
        )
        assert "pip install speechmos onnxruntime" in dnsmos_missing()
        with pytest.raises(DataError, match="predicts what listeners say"):
            module_function(noise, 16_000)


@pytest.mark.parametrize(
    ("wave", "words"),
    [
        (torch.zeros(900), "silent"),
        (torch.full((900,), 1.5), r"leaves \[-1, 1\]"),
        (torch.ones(3600 * 8000), "lasts 3,600 seconds; at most 120"),
        (torch.ones(2, 9), "1 axis"),
        ([0.0], "list"),
    ],
)
def test_what_cannot_be_judged_is_a_sentence(wave, words):
    with pytest.raises(AigcError, match=words):
        module_function(wave, 8000)


def test_marks_are_means_over_windows_of_the_polynomials(monkeypatch):
    """By a network whose answer is the window's first sample."""

    class First:
        def run(self, names, given):
            x = float(given["input_1"][0, 0])
            return [[[x, x, x]]]

    monkeypatch.setattr(MODULE, "dnsmos_missing", lambda: "")
    monkeypatch.setattr(MODULE, "_network", First)
    wave = torch.zeros(176_000)
    wave[16_000] = 1.0  # the second of two windows begins here
    found = module_function(wave, 16_000)
    assert found.speech == pytest.approx(0.0052439 + (1.22083953 - 0.08397278) / 2)
    assert found.background == pytest.approx(-0.39604546 + (1.60915514 - 0.13166888) / 2)
    assert found.overall == pytest.approx(0.04602535 + (1.11546468 - 0.06766283) / 2)


def test_the_network_hears_noise_as_worse_than_speech():
    pytest.importorskip("onnxruntime")
    if not importlib.util.find_spec("speechmos"):  # it cannot be imported without librosa
        pytest.skip("speechmos is not installed")
    from aigc_teach.data import speech

    one = speech("words")[0].wave.float()
    loud = one + one.std() * torch.randn(len(one), generator=make_generator(0))
    clean, noisy = (module_function(x / x.abs().max(), 11_025) for x in (one, loud))
    assert 1 <= noisy.overall < clean.overall <= 5 and noisy.background < clean.background
