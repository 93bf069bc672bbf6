"""The DCGAN lesson's formulas against matrices, loops, SciPy and torch's own layers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.signal import lfilter
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from aigc_teach import train
from aigc_teach.core import choose_machine, make_generator
from aigc_teach.data import Batches
from aigc_teach.models import DCGAN
from aigc_teach.nn import multiply_adds


def product_cost(a: torch.Tensor, b: torch.Tensor) -> int:
    """Multiply-adds of the matrix product ``[R, K] @ [K, S]``: R sums of K products, S times."""
    assert a.shape[1] == b.shape[0]
    return a.shape[0] * a.shape[1] * b.shape[1]


@pytest.mark.parametrize("k, s, p", [(4, 2, 1), (5, 2, 2), (3, 1, 1)])
def test_a_convolution_is_a_matrix_product_with_as_many_multiply_adds(k, s, p):
    x = torch.randn(1, 3, 8, 6, generator=make_generator(0))
    layer = nn.Conv2d(3, 5, k, s, p, bias=False)
    patches = F.unfold(x, k, padding=p, stride=s)[0]  # [3 k k, H' W']
    kernels = layer.weight.detach().flatten(1)  # [5, 3 k k]
    y = layer(x)
    assert torch.allclose((kernels @ patches).view_as(y), y, atol=1e-5)
    places = y.shape[2] * y.shape[3]
    assert product_cost(kernels, patches) == places * k * k * 3 * 5
    assert multiply_adds(layer, x).multiply_adds == places * k * k * 3 * 5


@pytest.mark.parametrize("k, s, p, extra", [(4, 2, 1, 0), (5, 2, 2, 1), (3, 1, 1, 0)])
def test_a_transposed_convolution_is_one_too_over_its_inputs(k, s, p, extra):
    x = torch.randn(1, 3, 4, 5, generator=make_generator(0))
    layer = nn.ConvTranspose2d(3, 2, k, s, p, extra, bias=False)
    kernels = layer.weight.detach().flatten(1).T  # [2 k k, 3]
    written = kernels @ x[0].flatten(1)  # [2 k k, H W]: a patch for each input place
    y = layer(x)
    folded = F.fold(written[None], y.shape[2:], k, padding=p, stride=s)
    assert torch.allclose(folded, y, atol=1e-5)
    assert product_cost(kernels, x[0].flatten(1)) == 4 * 5 * k * k * 3 * 2
    assert multiply_adds(layer, x).multiply_adds == 4 * 5 * k * k * 3 * 2


def test_the_published_generators_count():
    """Figure 1 of Radford et al. 2016: 100 -> 4 x 4 x 1024 -> ... -> 64 x 64 x 3, kernels 5 x 5."""
    channels = [1024, 512, 256, 128, 3]
    total, side = 100 * 1024 * 16, 4
    for a, b in zip(channels[:-1], channels[1:], strict=True):
        total, side = total + side**2 * 25 * a * b, 2 * side
    assert side == 64 and total == 640_614_400
    small = multiply_adds(DCGAN(width=16).generator, torch.zeros(1, 64)).multiply_adds
    assert small == 64 * 1568 + 49 * 16 * 32 * 16 + 196 * 16 * 16 == 551_936


def test_a_training_step_costs_4_g_and_8_c():
    """Less what nobody needs: the gradients by the pixels (twice) and by the noise."""
    model, x = DCGAN(width=4), torch.zeros(2, 1, 28, 28)
    G = multiply_adds(model.generator, torch.zeros(1, 64)).multiply_adds
    C = multiply_adds(model.critic, x).multiply_adds
    first_convolution, first_dense = 14 * 14 * 16 * 1 * 2, 64 * 8 * 49
    counter = FlopCounterMode(display=False)
    with counter:
        for player in model.players:
            weights = list(model.player_parameters(player))
            model.loss(x, player).total.backward(inputs=weights)
    a_picture = counter.get_total_flops() / 2 / len(x)
    assert a_picture == 4 * G + 8 * C - 2 * first_convolution - first_dense


@pytest.mark.parametrize("d", [0.9, 0.98, 0.995])
def test_what_an_average_remembers(d):
    k = np.arange(200_000)
    shares = (1 - d) * d**k
    assert shares.sum() == pytest.approx(1)
    assert (shares * k).sum() == pytest.approx(d / (1 - d))
    half = math.log(2) / -math.log(d)
    assert d**half == pytest.approx(0.5)
    assert half == pytest.approx(0.69 / (1 - d), rel=0.06)  # "about" on the page
    assert (shares**2).sum() == pytest.approx((1 - d) / (1 + d))  # variance of averaged noise


@pytest.mark.parametrize("d", [0.5, 0.99])
def test_the_recursion_is_the_sum(d):
    w = np.random.default_rng(0).normal(size=300)
    by_filter = lfilter([1 - d], [1, -d], w)  # SciPy's first-order filter, started at 0
    t = len(w)
    by_sum = (1 - d) * sum(d**k * w[t - 1 - k] for k in range(t))
    assert by_filter[-1] == pytest.approx(by_sum)


def test_the_packages_average_is_the_recursion_with_a_shorter_start():
    model, seen = DCGAN(width=2), []

    class See(train.Callback):
        def on_step(self, run):
            seen.append(torch.cat([w.detach().flatten() for w in run.model.parameters()]))

    average = train.EMA(0.9)
    a = torch.cat([w.detach().flatten() for w in model.parameters()]).double()
    x = torch.rand(64, 1, 28, 28, generator=make_generator(0)) * 2 - 1
    cpu, callbacks = choose_machine("cpu"), [average, See()]
    train.fit(
        model, Batches(x, batch_size=8), train.TrainConfig(25), callbacks=callbacks, machine=cpu
    )
    for t, w in enumerate(seen, start=1):
        d = min(0.9, (1 + t) / (10 + t))
        a = d * a + (1 - d) * w
    got = torch.cat([w.flatten() for w in average.model.parameters()])
    assert torch.allclose(got.double(), a, atol=1e-6)


def test_the_packages_average_remembers_a_tenth_of_the_steps_until_its_start_is_over():
    """On the page: 889 of 1,000 steps at d = 0.99; a tenth of the steps made, then about 100."""
    shares, starting = np.zeros(1001), 0
    for t in range(1, 1001):
        d = min(0.99, (1 + t) / (10 + t))
        starting += d < 0.99
        shares *= d
        shares[t] = 1 - d
        age = (shares * (t - np.arange(1001))).sum()
        if t in (100, 300, 500, 889):
            assert age == pytest.approx(0.1 * t, abs=0.2)
    assert starting == 889 and 90 < age < 99


def test_batch_norm_does_not_see_the_scale_of_the_weights_before_it():
    layer = nn.ConvTranspose2d(3, 4, 4, 2, 1, bias=False)
    norm = nn.BatchNorm2d(4, eps=1e-12)
    x = torch.randn(8, 3, 5, 5, generator=make_generator(0))
    once = norm(layer(x))
    with torch.no_grad():
        layer.weight.mul_(2)
    assert torch.allclose(norm(layer(x)), once, atol=1e-5)


def test_folding_batch_norm_into_the_layer_before():
    layer, norm = nn.ConvTranspose2d(5, 3, 4, 2, 1), nn.BatchNorm2d(3)
    both = nn.Sequential(layer, norm)
    for _ in range(3):
        both(torch.randn(16, 5, 6, 6))
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    both.eval()
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    x = torch.randn(2, 5, 6, 6)
    weight = layer.weight * scale[:, None, None]
    bias = (layer.bias - norm.running_mean) * scale + norm.bias
    assert torch.allclose(F.conv_transpose2d(x, weight, bias, 2, 1), both(x), atol=1e-5)


def test_unevenness_is_0_without_and_1_for_nothing_but_a_period_of_two():
    def unevenness(x):  # as on the page, on a 20 x 20 picture
        means = x.reshape(10, 2, 10, 2).mean((0, 2)).flatten()
        return (means.std() / x.std()).item()

    rows, columns = torch.meshgrid(torch.arange(20), torch.arange(20), indexing="ij")
    board = ((rows + columns) % 2).float()
    assert unevenness(board) == pytest.approx(1.155, abs=0.01)  # 4 means, 400 pixels: n - 1
    blocks = ((rows // 2 + columns // 2) % 2).float()
    assert unevenness(blocks) == 0
