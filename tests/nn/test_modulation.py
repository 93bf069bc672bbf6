"""Modulated convolution: against one convolution an item, and closed forms of its variance."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from aigc_teach.core import RangeError, ShapeError, make_generator
from aigc_teach.nn import (
    ModulatedConv2d,
    NoiseInjection,
    PixelNorm,
    ScaledLinear,
    demodulation,
    mixed_styles,
)


def one_by_one(conv: ModulatedConv2d, x, w):
    """The definition: build each item's own weights, convolve it alone."""
    images = []
    for item, style in zip(x, conv.style(w), strict=True):
        weight = conv.weight * conv.scale * style[None, :, None, None]  # [O, I, k, k]
        if conv.demodulate:
            lengths = [math.sqrt(row.square().sum().item() + 1e-8) for row in weight.detach()]
            weight = torch.stack(
                [row / length for row, length in zip(weight, lengths, strict=True)]
            )
        images.append(F.conv2d(item[None], weight, padding=conv.kernel // 2))
    return torch.cat(images)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("kernel", [1, 3])
def test_it_equals_one_convolution_an_item(kernel, demodulate):
    torch.manual_seed(0)
    conv = ModulatedConv2d(5, 7, kernel, style_size=4, demodulate=demodulate).double()
    x, w = torch.randn(6, 5, 8, 8).double(), torch.randn(6, 4).double()
    assert torch.allclose(conv(x, w), one_by_one(conv, x, w), atol=1e-9)


def test_so_do_the_gradients():
    torch.manual_seed(0)
    conv = ModulatedConv2d(3, 4, 3, style_size=2).double()
    w = torch.randn(2, 2).double().requires_grad_()
    x = torch.randn(2, 3, 4, 4).double()
    aim = torch.randn(2, 4, 4, 4).double()
    wanted = [conv.weight, conv.style.weight, w]
    mine = torch.autograd.grad((conv(x, w) * aim).sum(), wanted)
    style = conv.style(w)[:, None, :, None, None]  # [N, 1, I, 1, 1]
    weight = conv.weight * conv.scale * style  # [N, O, I, k, k]
    weight = weight / (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
    grouped = F.conv2d(x.reshape(1, 6, 4, 4), weight.reshape(8, 3, 3, 3), padding=1, groups=2)
    theirs = torch.autograd.grad((grouped.reshape(2, 4, 4, 4) * aim).sum(), wanted)
    for a, b in zip(mine, theirs, strict=True):
        assert torch.allclose(a, b, atol=1e-9)


def test_demodulated_weights_have_length_one_and_outputs_variance_one():
    g = make_generator(0)
    weight, style = torch.randn(6, 8, 3, 3, generator=g), 5 * torch.randn(4, 8, generator=g)
    scaled = weight * style[:, None, :, None, None]  # [N, O, I, k, k]
    scaled = scaled * demodulation(weight, style)[:, :, None, None, None]
    assert torch.allclose(scaled.square().sum((2, 3, 4)), torch.ones(4, 6), atol=1e-5)
    conv = ModulatedConv2d(8, 6, 3, style_size=8)
    x = torch.randn(4, 8, 200, 200, generator=g)  # independent, variance 1
    y = conv(x, 9 * style)[:, :, 1:-1, 1:-1]  # padding has no variance
    assert torch.allclose(y.var((2, 3)), torch.ones(4, 6), atol=0.05)


def test_a_style_of_any_size_gives_the_same_output():
    conv = ModulatedConv2d(4, 3, 3, style_size=2)
    conv.style.bias.data.zero_()
    x, w = torch.randn(2, 4, 6, 6), torch.randn(2, 2)
    assert torch.allclose(conv(x, w), conv(x, 7 * w), atol=1e-4)


def test_a_new_layers_style_is_near_one():
    conv = ModulatedConv2d(4, 3, 3, style_size=2)
    assert torch.equal(conv.style(torch.zeros(5, 2)), torch.ones(5, 4))


@pytest.mark.parametrize("rate", [1.0, 0.01])
def test_a_scaled_layer_begins_alike_and_learns_at_its_rate(rate):
    torch.manual_seed(0)
    layer = ScaledLinear(400, 300, rate=rate)
    assert layer(torch.randn(50, 400)).std().item() == pytest.approx(1, abs=0.05)
    x = torch.randn(1, 400)
    before = layer(x)
    step = torch.optim.Adam(layer.parameters(), lr=1e-3)
    layer(x).sum().backward()
    step.step()
    moved = (layer(x) - before).abs().mean().item()
    # Adam's first step moves every stored weight and bias by 0.001
    assert moved == pytest.approx(rate * 1e-3 * (x.abs().sum().item() / 20 + 1), rel=0.02)


def test_pixel_norm_puts_codes_on_one_sphere():
    x = PixelNorm()(torch.randn(7, 64) * 9)
    assert torch.allclose(x.square().mean(1), torch.ones(7), atol=1e-4)


def test_noise_begins_without_effect_and_is_the_same_in_all_channels():
    layer, x = NoiseInjection(), torch.randn(2, 3, 4, 4)
    noise = torch.randn(2, 1, 4, 4)
    assert torch.equal(layer(x, noise), x)
    layer.strength.data.fill_(2.0)
    assert torch.allclose(layer(x, noise) - x, 2 * noise.expand(2, 3, 4, 4), atol=1e-6)


def test_mixing_keeps_the_first_layer_and_counts_its_share():
    w = torch.arange(4000.0)[:, None]  # each item is its own number
    mixed = mixed_styles(w, 4, 0.6, generator=make_generator(0))[:, :, 0]  # [N, J]
    assert torch.equal(mixed[:, 0], w[:, 0])
    other = w[:, 0].roll(1)
    cuts = (mixed == w).sum(1)  # layers of its own
    for row, cut, partner in zip(mixed, cuts, other, strict=True):
        assert (row[cut:] == partner).all()  # the rest is the neighbour's, in one piece
    assert (cuts < 4).float().mean().item() == pytest.approx(0.6, abs=0.03)
    for cut in (1, 2, 3):  # each place as often
        assert (cuts == cut).float().mean().item() == pytest.approx(0.2, abs=0.03)
    assert torch.equal(mixed_styles(w, 1, 1.0)[:, 0], w)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: ModulatedConv2d(2, 2, 4, style_size=2), RangeError, "kernel=4 must be odd"),
        (lambda: ModulatedConv2d(0, 2, style_size=2), RangeError, "inputs=0"),
        (lambda: ScaledLinear(2, 2, rate=0.0), RangeError, "rate=0"),
        (lambda: mixed_styles(torch.zeros(2, 2), 3, 1.5), RangeError, r"share=1.5"),
        (
            lambda: ModulatedConv2d(2, 2, style_size=2)(torch.zeros(1, 3, 4, 4), torch.zeros(1, 2)),
            ShapeError,
            r"\[N, 2, H, W\]",
        ),
        (
            lambda: ModulatedConv2d(2, 2, style_size=2)(torch.zeros(3, 2, 4, 4), torch.zeros(1, 2)),
            ShapeError,
            r"w must be \[3, 2\], one style an item",
        ),
        (
            lambda: NoiseInjection()(torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)),
            ShapeError,
            r"noise must be \[2, 1, 4, 4\]",
        ),
    ],
)
def test_mistakes_are_sentences(call, error, words):
    with pytest.raises(error, match=words):
        call()
