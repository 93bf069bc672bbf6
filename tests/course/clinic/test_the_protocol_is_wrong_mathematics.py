"""The formulas of the lesson on a wrong protocol, against SciPy and torch's own layers."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import optimize, stats
from torch import nn

from aigc_teach.core import make_generator
from aigc_teach.course.clinic.common.gan_plan import dense_generator, fresh_noise
from aigc_teach.course.clinic.the_protocol_is_wrong import cases as protocol
from aigc_teach.course.clinic.the_protocol_is_wrong.exercises import _rest


@pytest.mark.parametrize("p, q, w", [(1.0, 1.0, 1.0), (0.3, 0.9, 1.0), (2.0, 0.5, 0.25), (1, 1, 0)])
def test_where_a_bribed_critic_rests(p, q, w):
    def paid(s):
        return -(p + w * q) * math.log(s) - q * math.log(1 - s)

    found = optimize.minimize_scalar(paid, bounds=(1e-6, 1 - 1e-6), method="bounded").x
    assert float(_rest(torch.tensor(p), torch.tensor(q), w)) == pytest.approx(found, abs=1e-4)


def test_a_perfect_generator_is_called_real_by_two_thirds():
    rest = float(_rest(torch.tensor(1.0), torch.tensor(1.0), 1.0))
    assert rest == pytest.approx(2 / 3) and -math.log(rest) == pytest.approx(0.405, abs=1e-3)


def test_share_of_flat_pixels():
    tau = 5 * math.sqrt(256 / 2)
    formula = 1 - math.erf(math.atanh(0.999) / (tau * math.sqrt(2)))
    assert formula == pytest.approx(2 * stats.norm.sf(math.atanh(0.999), scale=tau), rel=1e-9)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = protocol.CASES["black_and_white_speckles"].faulty.generator().train()
    with torch.no_grad():
        pictures = net(fresh_noise(2000, make_generator(0)))
    assert (pictures.abs() > 0.999).float().mean().item() == pytest.approx(formula, abs=0.01)


def test_half_of_a_standard_normal_is_left_by_a_relu():
    assert stats.norm.expect(lambda x: max(x, 0) ** 2) == pytest.approx(0.5, abs=1e-6)


def test_evaluation_mode_from_birth_is_a_factor_and_a_shift():
    norm = nn.BatchNorm1d(3).eval()
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([0.5, 1.0, 2.0]))
        norm.bias.copy_(torch.tensor([1.0, 0.0, -1.0]))
    y = torch.randn(6, 3, generator=make_generator(0))
    by_hand = norm.weight * y / math.sqrt(1 + 1e-5) + norm.bias
    assert torch.allclose(norm(y), by_hand, atol=1e-6)


def test_without_statistics_the_batch_at_hand_decides():
    norm = nn.BatchNorm1d(4, track_running_stats=False).eval()
    y = torch.randn(10, 4, generator=make_generator(1))
    by_hand = (y - y.mean(0)) / torch.sqrt(y.var(0, unbiased=False) + 1e-5)
    assert torch.allclose(norm(y), by_hand, atol=1e-5)


def test_the_first_weights_of_the_sound_generator_are_narrow():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        spread = dense_generator()[-3].weight.std().item()
    assert spread == pytest.approx(1 / 16 / math.sqrt(3), rel=0.01)  # uniform, +-1/sqrt(256)


def test_gradients_add_up():
    weight = torch.ones(2, requires_grad=True)
    for k in range(1, 4):
        (weight * torch.tensor([1.0, 2.0])).sum().backward()
        assert torch.equal(weight.grad, k * torch.tensor([1.0, 2.0]))


def test_torch_counts_the_plain_steps_of_adam():
    weight, x = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    adam = torch.optim.Adam([weight], lr=0.1)
    late = (weight * x).sum()
    weight.grad = torch.ones(2)
    adam.step()
    with pytest.raises(RuntimeError, match="inplace operation"):
        late.backward()
