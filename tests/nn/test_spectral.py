"""Spectral normalisation: against the SVD, against torch's own, and its gradient."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from aigc_teach.core.errors import DtypeError
from aigc_teach.nn import SpectralNorm, mlp, spectral_norm

LAYERS = {
    "linear": (lambda: nn.Linear(7, 5), lambda w: w),
    "conv": (lambda: nn.Conv2d(3, 6, 4), lambda w: w.flatten(1)),  # [O, I k k], as in the paper
    "transposed": (lambda: nn.ConvTranspose2d(6, 3, 4), lambda w: w.transpose(0, 1).flatten(1)),
}


def converged(layer, rounds=400):
    for _ in range(rounds):
        weight = layer.weight  # one round of the iteration each, in training mode
    return weight


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_weight_is_divided_by_its_largest_singular_value(kind, seed):
    make, matrix = LAYERS[kind]
    torch.manual_seed(seed)
    layer = make()
    before = layer.weight.detach().clone()
    spectral_norm(layer)
    exact = torch.linalg.svdvals(matrix(before))[0]
    assert torch.allclose(converged(layer), before / exact, rtol=1e-4, atol=1e-6)
    assert torch.linalg.svdvals(matrix(layer.weight.detach()))[0].item() == pytest.approx(
        1, abs=1e-4
    )


@pytest.mark.parametrize("kind", LAYERS)
def test_weight_and_gradient_equal_torch(kind):
    torch.manual_seed(3)
    ours = LAYERS[kind][0]()
    theirs = copy.deepcopy(ours)
    spectral_norm(ours)
    parametrizations.spectral_norm(theirs)
    assert torch.allclose(converged(ours), converged(theirs), rtol=1e-4, atol=1e-6)
    above = torch.randn(ours.weight.shape)
    gradients = []
    for layer in (ours, theirs):
        raw = layer.parametrizations.weight.original
        gradients.append(torch.autograd.grad((layer.weight * above).sum(), raw)[0])
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-4)
    assert gradients[0].abs().max() > 1e-2


def test_the_gradient_equals_finite_differences():
    """With u and v at their fixed point, holding them constant gives the whole derivative."""
    torch.manual_seed(4)
    W = torch.randn(4, 3, dtype=torch.float64)
    norm = SpectralNorm(W)
    for _ in range(500):
        norm(W)
    norm.eval()  # u and v stay
    above = torch.randn(4, 3, dtype=torch.float64)
    x = W.clone().requires_grad_()
    (gradient,) = torch.autograd.grad((norm(x) * above).sum(), x)
    for place in range(12):
        step = torch.zeros(12, dtype=torch.float64)
        step[place] = 1e-6
        step = step.view(4, 3)
        exact = [  # the whole function: a fresh SVD at both ends
            ((W + s * step) / torch.linalg.svdvals(W + s * step)[0] * above).sum() for s in (1, -1)
        ]
        slope = (exact[0] - exact[1]) / 2e-6
        assert gradient.flatten()[place].item() == pytest.approx(slope.item(), abs=1e-5)


def test_evaluation_moves_nothing_and_two_uses_can_be_differentiated():
    torch.manual_seed(5)
    layer = spectral_norm(nn.Linear(4, 3))
    layer.eval()
    assert torch.equal(layer.weight, layer.weight)
    layer.train()
    x = torch.randn(5, 4)
    (layer(x).mean() - layer(2 * x).mean()).backward()  # u and v moved between the two
    assert torch.isfinite(layer.parametrizations.weight.original.grad).all()


def test_a_normalised_critic_has_a_slope_of_at_most_one():
    torch.manual_seed(6)
    critic = spectral_norm(mlp([2, 32, 32, 1], "leaky_relu"))
    x, y = 3 * torch.randn(2000, 2), 3 * torch.randn(2000, 2)
    for _ in range(300):
        critic(x[:2])
    with torch.no_grad():
        steep = (critic(x) - critic(y)).abs().squeeze(1) / (x - y).norm(dim=1)
    assert 0 < steep.max() <= 1 + 1e-4


def test_a_network_without_weights_is_told():
    with pytest.raises(DtypeError, match="no linear or convolutional layer"):
        spectral_norm(nn.ReLU())
