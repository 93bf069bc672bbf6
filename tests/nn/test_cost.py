"""The counted cost against formulas written by hand, and a network left as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aigc_teach.core import DtypeError, ShapeError
from aigc_teach.models import DCGAN
from aigc_teach.nn import MinibatchStatistic, spectral_norm
from aigc_teach.nn.cost import multiply_adds


@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize(
    "layer, shape, expected",
    [
        (nn.Linear(64, 3136), (64,), 64 * 3136),
        (nn.Linear(64, 3136, bias=False), (64,), 64 * 3136),
        (nn.Conv2d(3, 16, 4, stride=2, padding=1), (3, 32, 32), 16 * 16 * 16 * 3 * 16),
        (nn.Conv2d(3, 16, 5, padding=2), (3, 9, 7), 9 * 7 * 25 * 3 * 16),
        (nn.Conv2d(8, 16, 3, groups=4), (8, 6, 6), 4 * 4 * 9 * 2 * 16),
        (nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), (64, 7, 7), 7 * 7 * 16 * 64 * 32),
        (nn.ConvTranspose2d(4, 2, 5, 2, 2, 1), (4, 3, 5), 3 * 5 * 25 * 4 * 2),
        (nn.ReLU(), (4,), 0),
        (nn.BatchNorm2d(4), (4, 8, 8), 0),
    ],
)
def test_one_layer(layer, shape, expected, n):
    cost = multiply_adds(layer, torch.zeros(n, *shape))
    assert cost == (expected, sum(w.numel() for w in layer.parameters()))
    assert type(cost.multiply_adds) is int


def test_a_dcgan_by_hand():
    model = DCGAN((3, 32, 32), latent_size=10, width=8, n_classes=4)
    up = 14 * 16 * 64 + 64 * 16 * 16 * 8 + 256 * 16 * 8 * 3
    down = 256 * 16 * 3 * 4 + 64 * 16 * 4 * 8 + 16 * 16 * 8 * 16 + 256
    assert multiply_adds(model.generator, torch.zeros(2, 14)).multiply_adds == up
    labels = torch.zeros(2, dtype=torch.long)
    assert multiply_adds(model.critic, torch.zeros(2, 3, 32, 32), labels).multiply_adds == down


def test_an_even_kernel_over_stride_costs_what_a_loop_counts():
    """Each input pixel meets every tap of the kernel once, for every pair of channels."""
    height, width, inputs, outputs, kernel = 3, 4, 2, 5, 4
    taps = sum(1 for _ in range(height * width) for _ in range(kernel**2))
    layer = nn.ConvTranspose2d(inputs, outputs, kernel, stride=2, padding=1)
    x = torch.zeros(1, inputs, height, width)
    assert multiply_adds(layer, x).multiply_adds == taps * inputs * outputs


@pytest.mark.parametrize("training", [True, False])
def test_the_network_stays_as_it_was(training):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(), nn.Linear(6, 1))
    network.train(training)
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    multiply_adds(network, torch.randn(8, 4, generator=torch.Generator().manual_seed(0)))
    assert [part.training for part in network.children()] == [training, False, training, training]
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert torch.is_grad_enabled()


def test_modes_come_back_after_an_error():
    network = nn.Linear(4, 6).train()
    with pytest.raises(RuntimeError):
        multiply_adds(network, torch.zeros(2, 5))
    assert network.training


def test_spectral_norm_pays_one_product_a_weight_and_a_minibatch_statistic_nothing():
    plain = nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 2))
    normed = spectral_norm(nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 2)))
    x = torch.zeros(3, 6)
    assert multiply_adds(plain, x) == (32, 38)
    assert multiply_adds(normed, x) == (32 + 32, 38)  # u'W once for each of the two
    assert multiply_adds(MinibatchStatistic(), x) == (0, 0)


@pytest.mark.parametrize(
    "arguments, kind, words",
    [
        ((lambda x: x, torch.zeros(1, 2)), DtypeError, r"nn.Module\) is needed; you gave a func"),
        ((nn.Linear(2, 1),), ShapeError, "no input"),
        ((nn.Linear(2, 1), [1.0, 2.0]), DtypeError, "must be a tensor; you gave a list"),
        ((nn.Linear(2, 1), torch.zeros(0, 2)), ShapeError, r"N >= 1; yours: \[0, 2\]"),
        ((nn.Linear(2, 1), torch.tensor(1.0)), ShapeError, r"yours: \[\]"),
    ],
)
def test_bad_input(arguments, kind, words):
    with pytest.raises(kind, match=words):
        multiply_adds(*arguments)
