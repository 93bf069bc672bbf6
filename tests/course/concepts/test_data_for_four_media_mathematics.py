"""The formulas of the lesson on data, against torch, SciPy, brute force and closed forms."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import pytest
import scipy.signal
import torch

from aigc_teach.core.random import make_generator
from aigc_teach.data import sound, spectrum, tokens

SETTINGS = [(512, 128, "hann"), (256, 64, "hamming"), (64, 16, "rectangular"), (1024, 256, "hann")]


def noise(n, seed=0, dtype=torch.float64):
    return torch.rand(n, generator=make_generator(seed), dtype=dtype) * 2 - 1


@pytest.mark.parametrize(("length", "hop", "shape"), SETTINGS)
@pytest.mark.parametrize("samples", [1, 100, 1000, 5003])
def test_stft_equals_torch(length, hop, shape, samples):
    x = noise(samples)
    window = {
        "hann": torch.hann_window(length, dtype=torch.float64),
        "hamming": torch.hamming_window(length, dtype=torch.float64),
        "rectangular": torch.ones(length, dtype=torch.float64),
    }[shape]
    expected = torch.stft(
        x, length, hop, window=window, center=True, pad_mode="constant", return_complex=True
    )
    mine = spectrum.stft(x, window_length=length, hop=hop, shape=shape)
    assert torch.allclose(mine, expected, atol=1e-10)


def test_windows_equal_scipy():
    for shape, name in [("hann", "hann"), ("hamming", "hamming"), ("rectangular", "boxcar")]:
        expected = scipy.signal.get_window(name, 64, fftbins=True)
        assert np.allclose(spectrum.window(shape, 64), expected)


def test_stft_is_the_sum_it_says():
    """The docstring's formula, written as the double sum it is."""
    x, length, hop = noise(40), 16, 4
    w = spectrum.window("hann", length)
    mine = spectrum.stft(x, window_length=length, hop=hop)
    for m in range(mine.shape[1]):
        for k in range(length // 2 + 1):
            total = 0
            for n in range(length):
                at = m * hop + n - length // 2
                value = x[at].item() if 0 <= at < len(x) else 0.0
                turn = -2 * math.pi * k * n / length
                total += w[n].item() * value * complex(math.cos(turn), math.sin(turn))
            assert abs(total - mine[k, m].item()) < 1e-10


@pytest.mark.parametrize(("length", "hop", "shape"), SETTINGS)
@pytest.mark.parametrize("samples", [100, 1000, 5003])
def test_the_way_back_is_exact(length, hop, shape, samples):
    x = noise(samples)
    coefficients = spectrum.stft(x, window_length=length, hop=hop, shape=shape)
    back = spectrum.istft(coefficients, length=samples, hop=hop, shape=shape)
    assert torch.allclose(back, x, atol=1e-10)


def test_the_way_back_is_the_least_squares_one():
    """Of all sounds, istft's has the STFT nearest to coefficients that belong to no sound."""
    length, hop, samples = 16, 8, 24
    target = torch.complex(noise(9 * 4, 1), noise(9 * 4, 2)).view(9, 4)
    target[0], target[-1] = target[0].real + 0j, target[-1].real + 0j

    def stretched(c):  # the two ends of a real spectrum occur once in the full one, others twice
        weight = torch.full((9, 1), math.sqrt(2), dtype=torch.float64)
        weight[0] = weight[-1] = 1
        return torch.view_as_real(c * weight).flatten()

    columns = [
        stretched(spectrum.stft(one, window_length=length, hop=hop))
        for one in torch.eye(samples, dtype=torch.float64)
    ]
    best = np.linalg.lstsq(torch.stack(columns, 1), stretched(target), rcond=None)[0]
    mine = spectrum.istft(target, length=samples, hop=hop)
    assert np.allclose(mine, best, atol=1e-10)


@pytest.mark.parametrize("amplitude", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("shape", spectrum.WINDOWS)
def test_decibels_of_a_pure_tone(amplitude, shape):
    x = sound.tone(1000.0, amplitude=amplitude).double()  # bin 32 of 512 at 16,000
    level = spectrum.spectrogram(x, shape=shape)[32, 30]
    assert abs(level.item() - 20 * math.log10(amplitude)) < 0.01


@pytest.mark.parametrize(("shape", "bins"), [("hann", 4), ("hamming", 4), ("rectangular", 2)])
@pytest.mark.parametrize("length", [64, 512])
def test_width_of_a_pure_tones_line(shape, bins, length):
    """Zero to zero: 4/T for Hann and Hamming, 2/T for the rectangle, T the window's duration."""
    padded = torch.fft.rfft(spectrum.window(shape, length), n=64 * length).abs()
    centre_to_zero = bins / 2 * 64
    edge = int(centre_to_zero)
    assert padded[edge] < 1e-9 * padded[0]
    assert (padded[1 : edge - 1] > 1e-6 * padded[0]).all()


def test_aliasing_is_exact():
    """sin(2 pi (r - f) n / r) = -sin(2 pi f n / r): above r/2 the samples are those of a mirror."""
    for f in (100.0, 1000.0, 3999.0):
        low, high = sound.tone(f, rate=8000), sound.tone(8000.0 - f, rate=8000)
        assert torch.allclose(high, -low, atol=1e-4)
        assert torch.allclose(sound.tone(8000.0 + f, rate=8000), low, atol=1e-4)


def test_chirp_equals_scipy():
    t = np.arange(16_000) / 16_000
    expected = scipy.signal.chirp(t, 200, 1.0, 3000, phi=-90)
    assert np.allclose(sound.chirp(200, 3000), expected, atol=1e-5)


def test_pluck_is_the_loop_it_says():
    """Sample by sample, in plain Python, at a pitch where the loop has a whole length."""
    rate, n = 16_000, 80
    mine = sound.pluck(rate / (n + 0.5), 0.1, rate=rate)
    noise = torch.rand(n + 2, generator=make_generator(0), dtype=torch.float64)
    noise -= noise.mean()
    y = (noise / noise.abs().max()).tolist()
    for t in range(n + 2, n + 2 + len(mine)):
        y.append((y[t - n] + y[t - n - 1]) / 2)
    assert np.allclose(mine, y[n + 2 :], atol=1e-4)


@pytest.mark.parametrize("frequency", [110.0, 261.63, 349.23, 440.0, 1000.0])
def test_pluck_is_in_tune(frequency):
    x = sound.pluck(frequency, 2.0).double()
    size = torch.fft.rfft(x * spectrum.window("hann", len(x)), n=8 * len(x)).abs()
    near = slice(int(frequency * 16 * 0.9), int(frequency * 16 * 1.1))
    found = (near.start + size[near].argmax().item()) / 16
    assert abs(1200 * math.log2(found / frequency)) < 5  # cents; a semitone has 100


def brute_force_merges(text, n):
    """Byte-pair encoding with nothing but lists: count everything anew for every merge."""
    words = [list(word.encode()) for word in tokens.WORD.findall(text)]
    merges = []
    for k in range(n):
        pairs = Counter((w[i], w[i + 1]) for w in words for i in range(len(w) - 1))
        if not pairs or max(pairs.values()) < 2:
            break
        most = max(pairs.values())
        pair = min(p for p, times in pairs.items() if times == most)
        merges.append(pair)
        for w in words:
            i = 0
            while i < len(w) - 1:
                if (w[i], w[i + 1]) == pair:
                    w[i : i + 2] = [256 + k]
                i += 1
    return merges, [number for w in words for number in w]


TEXTS = [
    "low lower lowest slow slower slowest",
    "aaaaaaa aaaa aa aaa",
    "the cat sat on the mat and the rat sat on the cat " * 3,
    "牀前明月光，疑是地上霜。\n舉頭望明月，低頭思故鄉。\n" * 2,
    "".join(random.Random(0).choices("abc \n", k=400)),
]


@pytest.mark.parametrize("text", TEXTS)
def test_bpe_equals_brute_force(text):
    """Not quite the counts of Counter on overlaps: "aaa" holds the pair (a, a) twice in both."""
    merges, ids = brute_force_merges(text, 60)
    bpe = tokens.BPE.train(text, size=316)
    assert bpe.merges == merges
    assert bpe.encode(text) == ids  # the training text is encoded as training left it
    assert bpe.decode(ids) == text


def test_signal_to_noise_of_rounding():
    """Rounding to b bits leaves uniform noise: 6.02 b + 1.76 dB below a full sine."""
    x = sound.tone(997.0, 4.0).double()
    for bits in (4, 8, 12):
        step = 2.0 ** (1 - bits)
        error = (x / step).round() * step - x
        ratio = 10 * math.log10((x**2).mean() / (error**2).mean())
        assert abs(ratio - (6.02 * bits + 1.76)) < 0.5


def test_unique_share_closed_form():
    """The expected share of people alone in one of K equally likely boxes: (1 - 1/K)^(n - 1)."""
    n, k = 2000, 3000
    shares = []
    for seed in range(20):
        box = torch.randint(k, (n,), generator=make_generator(seed))
        shares.append((torch.bincount(box, minlength=k)[box] == 1).double().mean().item())
    expected = (1 - 1 / k) ** (n - 1)
    assert abs(np.mean(shares) - expected) < 4 * np.std(shares) / math.sqrt(20)
