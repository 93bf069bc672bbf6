"""The fast routes compute what the usual ones compute."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aigc_teach.core import RangeError, ShapeError, make_generator
from aigc_teach.models import GAN
from aigc_teach.nn import CheapDropout, FourierConvTranspose2d


@pytest.mark.parametrize(("size", "kernel"), [(7, 5), (4, 3), (5, 5), (2, 1), (3, 7)])
def test_the_fourier_convolution_is_the_usual_one_with_its_gradients(size, kernel):
    torch.manual_seed(0)
    layer = FourierConvTranspose2d(6, 4, kernel=kernel, size=size)
    usual = nn.ConvTranspose2d(6, 4, kernel, padding=kernel // 2, bias=False)
    usual.load_state_dict(layer.state_dict())
    x, grad = torch.randn(3, 6, size, size), torch.randn(3, 4, size, size)
    results = []
    for one in (layer, usual):
        entry = x.clone().requires_grad_()
        y = one(entry)
        results.append([y, *torch.autograd.grad(y, [entry, one.weight], grad)])
    for mine, theirs in zip(*results, strict=True):
        assert (mine - theirs).abs().max() < 3e-6 * theirs.abs().max().clamp(min=1)


def test_a_fourier_convolution_says_what_it_cannot_take():
    with pytest.raises(ShapeError, match="odd"):
        FourierConvTranspose2d(1, 1, kernel=4, size=7)
    with pytest.raises(ShapeError, match="7, 7"):
        FourierConvTranspose2d(1, 1, kernel=5, size=7)(torch.zeros(1, 1, 8, 8))


@pytest.mark.parametrize("p", [0.0, 0.3, 0.9])
def test_cheap_dropout_drops_the_share_and_keeps_the_mean(p):
    torch.manual_seed(0)
    x = torch.ones(1000, 301)
    y = CheapDropout(p)(x)
    n = x.numel()
    assert abs((y == 0).float().mean().item() - p) < 5 * (p * (1 - p) / n) ** 0.5 + 1e-9
    assert y.max().item() == pytest.approx(1 / (1 - p), rel=1e-4)
    neighbours = ((y[:, :-1] == 0) & (y[:, 1:] == 0)).float().mean().item()
    assert neighbours == pytest.approx(p * p, abs=5e-3)  # entries of one draw are independent
    assert CheapDropout(p).eval()(x) is x


def test_cheap_dropout_refuses_a_share_that_is_none():
    with pytest.raises(RangeError, match="share"):
        CheapDropout(1.0)


def test_one_pass_through_the_critic_gives_what_two_give():
    torch.manual_seed(0)
    model, x = GAN((2,), latent_size=2, hidden=(16,)), torch.randn(8, 2)
    fake = torch.randn(8, 2)
    for one, two in zip(
        model._judge(x, fake, None), (model.critic(x), model.critic(fake)), strict=True
    ):
        assert torch.allclose(one, two, atol=1e-5)  # other sizes, other order of the sums


def test_shared_fakes_serve_both_turns_once():
    torch.manual_seed(0)
    model, x = GAN((2,), latent_size=2, hidden=(16,), share_fakes=True), torch.randn(8, 2)
    model.share_fakes, random = False, make_generator(0)
    fresh = [model.loss(x, player, generator=make_generator(0)).total for player in model.players]
    model.share_fakes = True
    critic = model.loss(x, "critic", generator=random).total
    critic.backward()
    assert all(weight.grad is None for weight in model.generator.parameters())
    generator = model.loss(x, "generator", generator=random).total  # drew nothing of its own
    assert torch.allclose(critic, fresh[0])
    assert torch.allclose(generator, fresh[1])  # the same noise gives the same fakes
    generator.backward()
    assert all(weight.grad is not None for weight in model.generator.parameters())
    again = model.loss(x, "generator", generator=random).total
    assert not torch.allclose(again, generator)  # nothing kept: it draws
