"""One suite over all samplers, driven by the closed-form best denoiser of a finite data set.

The data are known, so the right answer is known: every sample must be one of them. A trained net
would be off by 0.2 and more, and would hide the mistakes that are planted below.
"""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.losses.diffusion import Estimate, noised, schedule
from aigc_teach.models import IdealDenoiser
from aigc_teach.models.samplers import SAMPLERS, ddim, ddpm, evaluations, even_times

DATA = torch.randn(12, 3, 4, generator=make_generator(5))
NOISE = torch.randn(64, 3, 4, generator=make_generator(6))


@pytest.fixture(params=SAMPLERS)
def sampler(request):
    return SAMPLERS[request.param]


def last(frames):
    *_, x = frames
    return x


def farthest(x) -> float:
    """The largest distance of a sample from the data set."""
    return torch.cdist(x.flatten(1), DATA.flatten(1)).amin(1).max().item()


def run(sampler, abar, steps, seed=0, denoise=None):
    denoise = denoise or IdealDenoiser(DATA, abar)
    times = even_times(len(abar) - 1, steps)
    return list(sampler(denoise, NOISE, abar, times, generator=make_generator(seed)))


@pytest.mark.parametrize("kind", ["linear", "cosine"])
@pytest.mark.parametrize("steps", [5, 50, 400])
def test_the_data_are_reproduced(sampler, kind, steps):
    frames = run(sampler, schedule(kind, 400), steps)
    assert len(frames) == steps
    if steps >= 50:
        assert farthest(frames[-1]) < 5e-3  # 0.00
        assert len(torch.cdist(frames[-1].flatten(1), DATA.flatten(1)).argmin(1).unique()) >= 8
    assert frames[-1].isfinite().all()


def test_float64_schedules_and_float32_ones_agree(sampler):
    a, b = (run(sampler, abar, 20)[-1] for abar in (schedule(), schedule().float()))
    assert a.dtype == b.dtype == torch.float32
    assert torch.allclose(a, b, atol=1e-4)


def test_the_start_is_untouched_and_a_generator_repeats(sampler):
    before = NOISE.clone()
    a, b = (run(sampler, schedule(), 20)[-1] for _ in range(2))
    assert torch.equal(a, b) and torch.equal(NOISE, before)


def test_only_ddpm_draws():
    abar = schedule()
    for name, sampler in SAMPLERS.items():
        a, b = (run(sampler, abar, 10, seed)[3] for seed in (0, 1))
        assert torch.equal(a, b) == (name != "ddpm")


def test_how_often_the_denoiser_is_asked(sampler):
    abar, calls = schedule(), []

    def denoise(x, t):
        calls.append(t)
        return IdealDenoiser(DATA, abar)(x, t)

    run(sampler, abar, 8, denoise=denoise)
    assert len(calls) == evaluations(sampler.__name__, 8) and min(calls) >= 1


def test_one_point_is_met_at_once(sampler):
    """With one data point the guess never changes: one step is enough, and many agree."""
    abar = schedule()
    ideal = IdealDenoiser(DATA[:1], abar)
    for steps in (1, 2, 30):
        x = run(sampler, abar, steps, denoise=ideal)[-1]
        assert torch.allclose(x, DATA[:1].expand_as(x), atol=1e-4)


def test_ddim_with_eta_1_has_the_moments_of_ddpm():
    """DDIM, equation 16: at eta 1 both draw x_s from the same Gaussian."""
    abar, x = schedule(), NOISE[:1].repeat(4000, 1, 1)
    ideal = IdealDenoiser(DATA, abar)
    drawn = [
        next(iter(f(ideal, x, abar, [400, 300, 0], generator=make_generator(1), **options)))
        for f, options in ((ddpm, {}), (ddim, {"eta": 1.0}))
    ]
    for moment in (torch.mean, torch.std):
        assert torch.allclose(*(moment(each, 0) for each in drawn), atol=1e-4)


def test_gaussian_data_keep_their_spread():
    """With the exact denoiser of N(0, c^2) samples have the spread c; Heun gets there first."""
    abar, spread = schedule(), 0.5
    x = torch.randn(4000, 2, generator=make_generator(0))

    def denoise(x, t):
        a = abar[t]
        x0 = (a.sqrt() * spread**2 / (a * spread**2 + 1 - a)).float() * x
        return Estimate(x0, ((x - a.sqrt() * x0) / (1 - a).sqrt()).float())

    errors = {}
    for name, sampler in SAMPLERS.items():
        for steps in (5, 10, 200):
            times = even_times(1000, steps)
            made = last(sampler(denoise, x, abar, times, generator=make_generator(1)))
            errors[name, steps] = abs(made.std().item() - spread)
    assert all(errors[name, 200] < 0.015 for name in SAMPLERS)
    assert errors["heun", 10] < errors["ddim", 10] < errors["ddpm", 10]


# ------------------------------------------------------------- planted mistakes


def noise_at_the_end(denoise, x, abar, times, generator):
    """DDPM whose last step adds noise as the others do, with the spread of the step before."""
    *_, x = ddpm(denoise, x, abar, times, generator=generator)
    return x + (1 - abar[1]).sqrt().float() * torch.randn(x.shape, generator=generator)


def missing_root(denoise, x, abar, times):
    """DDIM whose signal is multiplied by abar instead of its root."""
    for t, s in zip(times[:-1], times[1:], strict=True):
        x0, eps = denoise(x, t)
        x = (abar[s] * x0 + (1 - abar[s]).sqrt() * eps).float()
    return x


def test_the_suite_sees_noise_at_the_last_step():
    abar = schedule("cosine", 400)
    ideal, times = IdealDenoiser(DATA, abar), even_times(400, 400)
    wrong = noise_at_the_end(ideal, NOISE, abar, times, make_generator(0))
    assert farthest(wrong) > 0.01


def test_the_suite_sees_a_missing_root():
    """At the last step abar is 1, and so is its root: look one step earlier, where it is not."""
    abar = schedule("cosine", 400)
    ideal = IdealDenoiser(DATA, abar)
    good = run(ddim, abar, 400)
    wrong = missing_root(ideal, NOISE, abar, even_times(400, 400))
    nearest = torch.cdist(wrong.flatten(1), DATA.flatten(1)).argmin(1)
    right = torch.cdist(good[-1].flatten(1), DATA.flatten(1)).argmin(1)
    assert (nearest != right).any()


# ------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "times", [[1000], [], [10, 20, 0], [10, 5], [10, 10, 0], [1001, 0]], ids=str
)
def test_times_must_fall_to_0(sampler, times):
    abar = schedule()
    with pytest.raises(RangeError):
        next(sampler(IdealDenoiser(DATA, abar), NOISE, abar, times))


@pytest.mark.parametrize("steps", [0, -1, 1001])
def test_steps(steps):
    with pytest.raises(RangeError, match="steps="):
        even_times(1000, steps)


def test_every_number_of_steps_gives_falling_times():
    for steps in range(1, 41):
        times = even_times(40, steps)
        assert times[0] == 40 and times[-1] == 0 and len(set(times)) == steps + 1


def test_eta():
    with pytest.raises(RangeError, match="eta=1.5"):
        next(ddim(IdealDenoiser(DATA, schedule()), NOISE, schedule(), [5, 0], eta=1.5))


def test_the_ideal_denoisers_sentences():
    abar = schedule()
    with pytest.raises(DtypeError, match="floating-point"):
        IdealDenoiser(torch.zeros(3, 2, dtype=torch.long), abar)
    with pytest.raises(DataError, match="one point or more"):
        IdealDenoiser(torch.zeros(0, 2), abar)
    with pytest.raises(RangeError, match=r"1\.\.1000"):
        IdealDenoiser(DATA, abar)(NOISE, 0)
    with pytest.raises(ShapeError, match=r"\[N, 3, 4\]"):
        IdealDenoiser(DATA, abar)(torch.zeros(2, 5), 3)


def test_the_ideal_denoiser_is_the_mean_over_the_posterior():
    """Against Bayes' rule written out with torch's own normal density."""
    abar, t = schedule(), 300
    x_t = noised(DATA[:5], NOISE[:5], abar[t])
    ideal = IdealDenoiser(DATA, abar)
    density = torch.distributions.Normal(
        abar[t].sqrt() * DATA.double()[None], (1 - abar[t]).sqrt()
    ).log_prob(x_t.double()[:, None])
    weights = density.flatten(2).sum(2).softmax(1)  # [N, M]
    assert torch.allclose(ideal.weights(x_t, t).double(), weights, atol=1e-4)
    mean = torch.einsum("nm,mij->nij", weights, DATA.double())
    assert torch.allclose(ideal(x_t, t).x0.double(), mean, atol=1e-4)
    assert torch.allclose(noised(*ideal(x_t, t), abar[t]), x_t, atol=1e-5)
