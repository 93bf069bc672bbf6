"""The layers that halve and double an image equal torch's: values and three derivatives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from aigc_teach.core.routes import usual_routes
from aigc_teach.models import DCGAN, ConvVAE
from aigc_teach.nn import Double, Halve, ToImage, halving

SHAPE = {"kernel_size": 4, "stride": 2, "padding": 1}
LAYERS = {
    "grey to many": (Halve, (1, 8), (28, 28)),
    "colour to many": (Halve, (3, 5), (12, 16)),
    "many to many": (Halve, (8, 16), (14, 14)),
    "grey, odd": (Halve, (1, 4), (7, 7)),
    "thick, odd": (Halve, (16, 8), (7, 9)),
    "many to grey": (Double, (16, 1), (14, 14)),
    "few to colour": (Double, (5, 3), (6, 9)),
    "many to more": (Double, (8, 16), (7, 7)),
}


def pair(kind: type, channels: tuple[int, int]) -> tuple[nn.Module, nn.Module]:
    """Ours and torch's with the same weights, given in either direction."""
    ours = kind(*channels)
    usual = (nn.Conv2d if kind is Halve else nn.ConvTranspose2d)(*channels, **SHAPE)
    usual.load_state_dict(ours.state_dict())
    ours.load_state_dict(usual.state_dict())
    return ours, usual


def derivatives(layer: nn.Module, x: Tensor, orders: int = 3) -> list[Tensor]:
    """The result and so many orders of derivatives, each by the input and by both weights."""
    leaves = [x.clone().requires_grad_(), *layer.parameters()]
    found = [layer(leaves[0])]
    total = (found[0] ** 3).sum()
    for _ in range(orders):
        grads = torch.autograd.grad(total, leaves, create_graph=True)
        found += grads
        total = sum((grad**2).sum() for grad in grads)
    return found


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("name", LAYERS)
def test_values_and_derivatives_are_torchs(name, last):
    kind, channels, size = LAYERS[name]
    torch.manual_seed(0)
    ours, usual = pair(kind, channels)
    x = torch.randn(5, channels[0], *size)
    x = halving.channels_last(x) if last else x
    for mine, theirs in zip(derivatives(ours, x), derivatives(usual, x), strict=True):
        assert mine.shape == theirs.shape
        assert (mine - theirs).abs().max() < 2e-5 * theirs.abs().max()


@pytest.mark.parametrize("name", LAYERS)
def test_the_usual_routes_are_torchs_bit_for_bit(name):
    kind, channels, size = LAYERS[name]
    ours, usual = pair(kind, channels)
    x = torch.randn(5, channels[0], *size)
    with usual_routes():
        mine = derivatives(ours, x, 1)
    assert all(map(torch.equal, mine, derivatives(usual, x, 1)))


def test_first_weights_are_torchs():
    torch.manual_seed(0)
    ours = [Halve(1, 8), Double(8, 1)]
    torch.manual_seed(0)
    usual = [nn.Conv2d(1, 8, **SHAPE), nn.ConvTranspose2d(8, 1, **SHAPE)]
    for mine, theirs in zip(ours, usual, strict=True):
        assert mine.state_dict().keys() == theirs.state_dict().keys()
        assert all(map(torch.equal, mine.parameters(), theirs.parameters()))


@pytest.mark.parametrize("kind", [Halve, Double])
def test_what_is_not_float32_on_a_cpu_goes_torchs_way(kind):
    ours, usual = pair(kind, (1, 1))
    x = torch.randn(2, 1, 8, 8)
    assert torch.equal(ours.double()(x.double()), usual.double()(x.double()))
    ours.float(), usual.float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(ours(x), usual(x))
        assert ours(x).dtype == torch.bfloat16
    shape = usual(x).shape
    assert ours.to("meta")(x.to("meta")).shape == shape


def test_other_kernels_such_as_the_tutorials_dcgan_has():
    torch.manual_seed(0)
    wide = {"kernel_size": 5, "stride": 2, "padding": 2}
    pairs = [
        (Halve(1, 8, 5, 2), nn.Conv2d(1, 8, **wide), 28),
        (
            Double(8, 1, 5, 2, output_padding=1),
            nn.ConvTranspose2d(8, 1, output_padding=1, **wide),
            14,
        ),
        (Double(8, 3, 5, 2), nn.ConvTranspose2d(8, 3, **wide), 7),
    ]
    for ours, usual, side in pairs:
        usual.load_state_dict(ours.state_dict())
        x = torch.randn(2, ours.in_channels, side, side)
        orders = 1 if any(usual.output_padding) else 3  # torch's own has no more there
        for mine, theirs in zip(
            derivatives(ours, x, orders), derivatives(usual, x, orders), strict=True
        ):
            assert mine.shape == theirs.shape
            assert (mine - theirs).abs().max() < 2e-5 * theirs.abs().max()


def test_one_image_without_a_batch_axis():
    for kind in (Halve, Double):
        ours, usual = pair(kind, (1, 1))
        x = torch.randn(1, 8, 8)
        assert torch.allclose(ours(x), usual(x), atol=1e-6)


def test_per_item_gradients():
    layer = Halve(1, 4)
    x = torch.randn(3, 1, 8, 8)
    one = torch.func.grad(lambda item: layer(item[None]).square().sum())
    each = torch.func.vmap(one)(x)
    entry = x.clone().requires_grad_()
    (whole,) = torch.autograd.grad(layer(entry).square().sum(), entry)
    assert torch.allclose(each, whole, atol=1e-5)


@pytest.mark.parametrize("kind", [Halve, Double])
def test_no_gradient_is_computed_that_nobody_asks_for(kind):
    layer, x = kind(1, 1), torch.randn(2, 1, 8, 8, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        layer(x).sum().backward(inputs=[x])
    assert layer.weight.grad is None
    small = x.numel() // 4 if kind is Halve else x.numel()
    assert counter.get_total_flops() == 2 * (2 * 16 * small)  # forward, and back by the input


def test_to_image_is_unflatten():
    x = torch.arange(48.0).view(2, 24)
    assert torch.equal(ToImage((2, 3, 4))(x), nn.Unflatten(1, (2, 3, 4))(x))


@pytest.mark.parametrize("make", [lambda: DCGAN(latent_size=4, width=4), lambda: ConvVAE()])
def test_a_training_step_is_torchs_to_rounding(make, monkeypatch):
    x, steps = torch.rand(8, 1, 28, 28) * 2 - 1, []
    for fast in (halving.fast, lambda x: False):
        monkeypatch.setattr(halving, "fast", fast)
        torch.manual_seed(0)
        model = make()
        torch.manual_seed(1)
        model.loss(x, model.players[-1]).total.backward()
        steps.append([w.grad for w in model.player_parameters(model.players[-1])])
    for mine, theirs in zip(*steps, strict=True):
        assert (mine - theirs).abs().max() <= 1e-4 * theirs.abs().max() + 1e-7
