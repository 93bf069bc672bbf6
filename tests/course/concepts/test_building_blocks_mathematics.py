"""The formulas of the lesson on building blocks, against torch's layers, SciPy and differences."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import optimize
from scipy.signal import correlate2d
from torch import nn

from aigc_teach.nn.recurrent import lstm_cell, rnn_cell
from aigc_teach.nn.shapes import conv_size, conv_transpose_size, overlap_counts


@pytest.mark.parametrize("size", [1, 2, 5, 7, 12, 28])
def test_convolution_sizes_equal_torch(size):
    tried = 0
    for k, s, p, d in itertools.product((1, 2, 3, 4, 5), (1, 2, 3), (0, 1, 2), (1, 2, 3)):
        if d * (k - 1) + 1 > size + 2 * p:
            continue
        layer = nn.Conv2d(1, 1, k, s, p, d)
        assert layer(torch.zeros(1, 1, size, size)).shape[-1] == conv_size(size, k, s, p, d)
        tried += 1
    assert tried > 20


@pytest.mark.parametrize("size", [1, 2, 5, 7, 14])
def test_transposed_sizes_and_counts_equal_torch(size):
    tried = 0
    for k, s, p, a, d in itertools.product((1, 2, 3, 4, 5), (1, 2, 3), (0, 1, 2), (0, 1), (1, 2)):
        full = (size - 1) * s + d * (k - 1) + 1
        if a >= max(s, d) or full - 2 * p + a < 1:
            continue
        layer = nn.ConvTranspose2d(1, 1, k, s, p, a, bias=False, dilation=d)
        nn.init.ones_(layer.weight)
        with torch.no_grad():
            out = layer(torch.ones(1, 1, size, size))[0, 0]  # every tap adds one
        counts = overlap_counts(size, k, s, p, a, d)
        assert len(counts) == conv_transpose_size(size, k, s, p, a, d) == out.shape[-1]
        assert len(counts) == (size - 1) * s + d * (k - 1) + 1 - 2 * p + a
        assert torch.equal(counts[:, None] * counts, out.round().long())
        tried += 1
    assert tried > 50


def test_torch_refuses_what_the_sentences_refuse():
    with pytest.raises(RuntimeError):
        nn.Conv2d(1, 1, 5)(torch.zeros(1, 1, 4, 4))
    with pytest.raises(RuntimeError):
        nn.ConvTranspose2d(1, 1, 4, 2, 1, output_padding=2)(torch.zeros(1, 1, 4, 4))
    with pytest.raises(RuntimeError):
        nn.ConvTranspose2d(1, 1, 2, 1, 1)(torch.zeros(1, 1, 1, 1))


def test_a_layer_correlates_as_scipy_does():
    x, w = torch.randn(9, 8, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)
    ours = nn.functional.conv2d(x[None, None], w[None, None])[0, 0]
    assert np.allclose(ours, correlate2d(x.numpy(), w.numpy(), mode="valid"))


def test_transposed_is_the_transpose_of_the_matrix():
    w = torch.randn(1, 1, 4, dtype=torch.float64)
    eye = torch.eye(8, dtype=torch.float64)[:, None]  # [8, 1, 8]
    matrix = nn.functional.conv1d(eye, w, stride=2, padding=1)[:, 0].T  # [4, 8]
    y = torch.randn(4, dtype=torch.float64)
    up = nn.functional.conv_transpose1d(y[None, None], w, stride=2, padding=1)[0, 0]
    assert torch.allclose(up, matrix.T @ y)


@pytest.mark.parametrize("seed", range(5))
def test_cells_equal_torch(seed):
    torch.manual_seed(seed)
    x, h, c = torch.randn(6, 3), torch.randn(6, 5), torch.randn(6, 5)
    simple, gated = nn.RNNCell(3, 5), nn.LSTMCell(3, 5)
    assert torch.allclose(rnn_cell(x, h, *simple.parameters()), simple(x, h), atol=1e-6)
    for ours, theirs in zip(
        lstm_cell(x, (h, c), *gated.parameters()), gated(x, (h, c)), strict=True
    ):
        assert torch.allclose(ours, theirs, atol=1e-6)


def test_gradient_through_one_recurrent_step():
    """dh'/dh = diag(1 - h'^2) W, the factor that is multiplied step after step."""
    cell = nn.RNNCell(2, 4).double()
    x, h = torch.randn(1, 2, dtype=torch.float64), torch.randn(1, 4, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda v: cell(x, v)[0], h)[:, 0]  # [4, 4]
    new = cell(x, h)[0].detach()
    assert torch.allclose(jacobian, (1 - new**2)[:, None] * cell.weight_hh.detach())


def test_memory_is_multiplied_by_the_forget_gate():
    """dc'/dc = f, at fixed h: the number that takes the place of the matrix."""
    parts = [p.detach() for p in nn.LSTMCell(2, 3).double().parameters()]
    x, h = torch.randn(1, 2).double(), torch.randn(1, 3).double()
    c = torch.randn(1, 3).double()
    jacobian = torch.autograd.functional.jacobian(lambda v: lstm_cell(x, (h, v), *parts)[1][0], c)
    f = (x @ parts[0].T + parts[2] + h @ parts[1].T + parts[3]).chunk(4, 1)[1].sigmoid()
    assert torch.allclose(jacobian[:, 0], torch.diag(f[0]))


def test_the_page_s_function_has_the_page_s_derivative():
    """f(a, b) = a b + tanh(a): df/da = b + 1 - tanh(a)^2, df/db = a."""

    def f(v):
        return v[0] * v[1] + np.tanh(v[0])

    place = np.array([0.5, -2.0])
    expected = np.array([-2.0 + 1 - math.tanh(0.5) ** 2, 0.5])
    assert np.allclose(optimize.approx_fprime(place, f, 1e-7), expected, atol=1e-5)


def test_best_step_of_the_differences():
    """Cut-off error h^2 |f'''| / 6 and rounding u |f| / h meet near the cube root of u."""
    x, u = 1.0, np.finfo(float).eps
    steps = 10.0 ** np.arange(-12, 0, 0.25)
    errors = [abs((math.exp(x + h) - math.exp(x - h)) / (2 * h) - math.e) for h in steps]
    best = steps[int(np.argmin(np.convolve(errors, np.ones(5) / 5, mode="same")[3:-3])) + 3]
    assert 0.1 < best / u ** (1 / 3) < 10
    assert math.isclose(errors[-1], steps[-1] ** 2 * math.e / 6, rel_tol=0.05)


def test_batch_norm_by_hand_equals_torch():
    torch.manual_seed(0)
    layer = nn.BatchNorm1d(4)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    x = 3 * torch.randn(10, 4) + 2
    out = layer(x)
    mean, variance = x.mean(0), x.var(0, unbiased=False)
    by_hand = layer.weight * (x - mean) / (variance + layer.eps).sqrt() + layer.bias
    assert torch.allclose(out, by_hand, atol=1e-5)
    assert torch.allclose(layer.running_mean, 0.1 * mean)
    assert torch.allclose(layer.running_var, 0.9 + 0.1 * x.var(0, unbiased=True))
    layer.eval()
    at_rest = (x - layer.running_mean) / (layer.running_var + layer.eps).sqrt()
    assert torch.allclose(layer(x), layer.weight * at_rest + layer.bias, atol=1e-5)


def test_running_statistics_after_n_steps():
    """r_n = (1 - 0.9^n) m from r_0 = 0: what is still missing of the mean is 0.9^n of it."""
    layer, x = nn.BatchNorm1d(1), torch.full((8, 1), 5.0) + torch.randn(8, 1)
    for _ in range(20):
        layer(x)
    assert layer.running_mean.item() == pytest.approx((1 - 0.9**20) * x.mean().item(), rel=1e-5)


def test_leaky_relu_has_a_gradient_everywhere():
    x = torch.tensor([-2.0, 3.0], requires_grad=True)
    nn.functional.leaky_relu(x, 0.2).sum().backward()
    assert x.grad.tolist() == pytest.approx([0.2, 1.0])


def test_gradient_of_a_linear_layer():
    """For L = sum(G * (X W^T + b)): dL/dW = G^T X, dL/db = sum of G, dL/dX = G W."""
    layer = nn.Linear(3, 2).double()
    x = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    g = torch.randn(5, 2, dtype=torch.float64)
    (g * layer(x)).sum().backward()
    assert torch.allclose(layer.weight.grad, g.T @ x.detach())
    assert torch.allclose(layer.bias.grad, g.sum(0))
    assert torch.allclose(x.grad, g @ layer.weight.detach())


def test_adam_s_first_step_is_the_learning_rate():
    w = torch.tensor([5.0, -0.01], requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=0.1)
    (w * torch.tensor([300.0, -0.02])).sum().backward()
    before = w.detach().clone()
    optimizer.step()
    assert torch.allclose(w.detach() - before, torch.tensor([-0.1, 0.1]), rtol=1e-4)


def test_what_broadcasting_makes_of_a_perfect_prediction():
    """E (a - b)^2 = 2 for independent a, b of variance 1; over all pairs of one sample 2 v."""
    truth = torch.randn(1000, dtype=torch.float64)
    difference = truth[:, None] - truth
    assert difference.shape == (1000, 1000)
    assert difference.square().mean() == pytest.approx(2 * truth.var(unbiased=False).item())


def test_the_page_s_numbers_of_weights():
    def count(*blocks):
        return sum(p.numel() for block in blocks for p in block.parameters())

    assert count(nn.Linear(784, 64), nn.Linear(64, 10)) == 50_890
    assert count(nn.Conv2d(1, 8, 3)) == 80
    assert count(nn.Linear(784, 8 * 784, device="meta")) == 4_923_520
    assert count(nn.Conv2d(16, 16, 3)) == 16 * 16 * 9 + 16 == 2320
    assert count(nn.RNNCell(3, 8)) == 104 and count(nn.LSTMCell(3, 8)) == 4 * 104


def test_a_layer_adds_the_results_of_its_input_channels():
    layer, x = nn.Conv2d(3, 1, 3, bias=False).double(), torch.randn(1, 3, 6, 6).double()
    parts = [
        correlate2d(p, w, mode="valid") for p, w in zip(x[0], layer.weight[0].detach(), strict=True)
    ]
    assert np.allclose(layer(x)[0, 0].detach(), sum(parts))


def test_where_the_two_sums_of_errors_are_least():
    """h + 10^-16 / h and h^2 + 10^-16 / h, minimised by SciPy over log10 h."""
    for power, expected in ((1, -8.0), (2, math.log10(5e-17) / 3)):
        found = optimize.minimize_scalar(
            lambda e, power=power: math.log10(10 ** (e * power) + 10 ** (-16 - e)),
            bounds=(-12, -2),
            method="bounded",
        )
        assert found.x == pytest.approx(expected, abs=0.01)
        assert round(found.x) in (-8, -5)


def test_backward_starts_from_one_number():
    with pytest.raises(RuntimeError, match="scalar"):
        nn.Linear(3, 2)(torch.zeros(4, 3)).backward()


def test_two_linear_layers_are_one():
    first, second = nn.Linear(5, 7, bias=False).double(), nn.Linear(7, 3, bias=False).double()
    x = torch.randn(4, 5, dtype=torch.float64)
    assert torch.allclose(second(first(x)), x @ (second.weight @ first.weight).T)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_taps_are_even_exactly_where_the_stride_divides_the_kernel(stride):
    for kernel in range(1, 10):
        counts = overlap_counts(40, kernel, stride)
        inside = counts[20 * stride : 20 * stride + stride]
        assert (len(set(inside.tolist())) == 1) == (kernel % stride == 0)


def test_adjoint_of_a_convolution():
    w = torch.randn(1, 1, 4, 4, dtype=torch.float64)
    x, y = (torch.randn(1, 1, n, n, dtype=torch.float64) for n in (28, 14))
    left = (nn.functional.conv2d(x, w, None, 2, 1) * y).sum()
    right = (x * nn.functional.conv_transpose2d(y, w, None, 2, 1)).sum()
    assert torch.isclose(left, right)


def test_a_dead_relu_unit_gets_no_gradient():
    layer = nn.Linear(3, 2)
    nn.init.constant_(layer.bias, -100.0)
    layer(torch.randn(50, 3)).relu().sum().backward()
    assert layer.weight.grad.abs().max() == 0 and layer.bias.grad.abs().max() == 0


def test_torch_refuses_to_normalise_a_single_row():
    with pytest.raises(ValueError, match="more than 1 value"):
        nn.BatchNorm1d(3)(torch.zeros(1, 3))


def test_softmax_and_cross_entropy():
    scores, labels = torch.randn(6, 10, dtype=torch.float64), torch.randint(10, (6,))
    probability = scores.exp() / scores.exp().sum(1, keepdim=True)
    by_hand = -probability[torch.arange(6), labels].log().mean()
    assert torch.isclose(nn.functional.cross_entropy(scores, labels), by_hand)
    blind = nn.functional.cross_entropy(torch.zeros(6, 10), labels)
    assert blind.item() == pytest.approx(math.log(10), rel=1e-5)
