"""Masked sampling against laws that are known: two correlated numbers, and a finite data set."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.losses.diffusion import cosine_schedule, estimate, noised, posterior
from aigc_teach.models import IdealDenoiser, masked_ddpm
from aigc_teach.models.samplers import ddpm, even_times

ABAR = cosine_schedule()
COV = torch.tensor([[1.0, 0.9], [0.9, 1.0]], dtype=torch.float64)
SECOND = torch.tensor([False, True])


def gaussian(x_t, t):
    """The best denoiser for two numbers of variance 1 and correlation 0.9."""
    a, unit = ABAR[t], torch.eye(2, dtype=torch.float64)
    x0 = x_t @ (a.sqrt() * COV @ torch.linalg.inv(a * COV + (1 - a) * unit))
    return estimate("x0", x0, x_t, a)


def fill(denoise, known, mask, steps=50, seed=0, **kwargs):
    times = even_times(1000, steps)
    generator = make_generator(seed)
    *_, x = masked_ddpm(denoise, known, mask, ABAR, times, generator=generator, **kwargs)
    return x


@pytest.fixture(scope="module")
def pairs():
    return torch.full((2000, 2), 1.5, dtype=torch.float64)


def test_more_rounds_come_nearer_to_the_known_mean(pairs):
    off = [1.35 - fill(gaussian, pairs, SECOND, rounds=k)[:, 1].mean().item() for k in (1, 3, 12)]
    assert off[0] > 0.35 and off[0] > off[1] > off[2] and abs(off[2]) < 0.07


def test_mean_and_spread_are_right_with_many_short_steps(pairs):
    x = fill(gaussian, pairs[:1000], SECOND, steps=300, rounds=8)[:, 1]
    assert abs(x.mean() - 1.35) < 0.08 and abs(x.std() - 0.436) < 0.04


def test_rounds_that_do_not_go_back_would_be_seen(pairs):
    """The commonest mistake: the step is done again, and x is never noised to the time t."""
    g, times = make_generator(0), even_times(1000, 50)
    x = torch.randn(2000, 2, generator=g, dtype=torch.float64)
    for t, s in zip(times[:-1], times[1:], strict=True):
        for _ in range(12):
            mean, variance = posterior(gaussian(x, t).x0, x, ABAR[t], ABAR[s])
            z, eps = torch.randn(2, 2000, 2, generator=g, dtype=torch.float64)
            x = torch.where(SECOND, mean + variance.sqrt() * z, noised(pairs, eps, ABAR[s]))
    assert abs(x[:, 1].mean() - 1.35) > 0.1 or abs(x[:, 1].std() - 0.436) > 0.1


def test_of_a_finite_set_the_point_that_fits_is_found():
    data = torch.randn(6, 8, generator=make_generator(1))
    mask = torch.arange(8) >= 5
    x = fill(IdealDenoiser(data, ABAR), data, mask, steps=100, rounds=6)
    assert (x - data).abs().max() < 0.05


def test_the_known_values_come_back_bit_for_bit_and_nothing_is_changed():
    data = torch.randn(6, 1, 4, 4, generator=make_generator(1))
    mask = torch.rand(6, 1, 4, 4, generator=make_generator(2)) > 0.5
    given = data.masked_fill(mask, torch.nan)
    before = given.clone()
    x = fill(IdealDenoiser(data, ABAR), given, mask, steps=5, rounds=2)
    assert torch.equal(x[~mask], data[~mask]) and x.isfinite().all()
    assert torch.equal(given.nan_to_num(9), before.nan_to_num(9))


def test_a_mask_of_everything_is_the_sampler_without_a_mask():
    """Where nothing is known one round gives samples of the data: DDPM's."""
    data = torch.randn(5, 3, generator=make_generator(1))
    ideal, known = IdealDenoiser(data, ABAR), torch.zeros(40, 3)
    x = fill(ideal, known, torch.ones(3, dtype=torch.bool), steps=100)
    assert torch.cdist(x, data).amin(1).max() < 0.05
    *_, other = ddpm(ideal, torch.randn(40, 3), ABAR, even_times(1000, 100))
    assert other.shape == x.shape


def test_a_mask_of_nothing_gives_back_what_is_known():
    known = torch.randn(5, 3, generator=make_generator(1))
    ideal, nothing = IdealDenoiser(known, ABAR), torch.zeros(3, dtype=torch.bool)
    assert torch.equal(fill(ideal, known, nothing, steps=7, rounds=2), known)


def test_it_repeats_under_a_generator_and_yields_once_a_step():
    data = torch.randn(5, 3, generator=make_generator(1))
    ideal, mask = IdealDenoiser(data, ABAR), torch.tensor([False, True, True])
    runs = [fill(ideal, data, mask, steps=7, rounds=2, seed=3) for _ in range(2)]
    assert torch.equal(*runs)
    frames = list(masked_ddpm(ideal, data, mask, ABAR, even_times(1000, 7)))
    assert len(frames) == 7


@pytest.mark.parametrize(
    "known, mask, kwargs, error, words",
    [
        ([1.0], SECOND, {}, DtypeError, "floating-point"),
        (torch.zeros(3, 2).long(), SECOND, {}, DtypeError, "floating-point"),
        (torch.zeros(3, 2), SECOND.float(), {}, DtypeError, "bool"),
        (torch.zeros(3, 2), torch.ones(3, dtype=torch.bool), {}, ShapeError, "broadcast"),
        (torch.zeros(3, 2), torch.ones(2, 3, 2, dtype=torch.bool), {}, ShapeError, "broadcast"),
        (torch.full((3, 2), torch.nan), SECOND, {}, DataError, "not masked"),
        (torch.zeros(3, 2), SECOND, {"rounds": 0}, RangeError, "rounds"),
    ],
)
def test_what_it_refuses(known, mask, kwargs, error, words):
    with pytest.raises(error, match=words):
        fill(lambda x, t: None, known, mask, **kwargs)


def test_times_must_fall():
    with pytest.raises(RangeError, match="must fall"):
        list(masked_ddpm(gaussian, torch.zeros(2, 2), SECOND, ABAR, [0, 500]))
