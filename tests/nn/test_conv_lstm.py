"""The convolutional LSTM cell beside torch's, kernels that move, and the net that runs on."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.nn import NextFrame, conv_lstm_cell, moved_by


def test_on_one_pixel_it_is_torchs_lstm_cell():
    cell = torch.nn.LSTMCell(3, 5, dtype=torch.float64)
    x, h, c = (torch.randn(4, n, dtype=torch.float64) for n in (3, 5, 5))
    weight = torch.cat([cell.weight_ih, cell.weight_hh], 1)[:, :, None, None]
    ours = conv_lstm_cell(
        x[:, :, None, None],
        (h[:, :, None, None], c[:, :, None, None]),
        weight,
        cell.bias_ih + cell.bias_hh,
    )
    for a, b in zip(ours, cell(x, (h, c)), strict=True):
        assert torch.allclose(a[:, :, 0, 0], b)


def test_it_moves_with_its_input_away_from_the_edges():
    g = make_generator(0)
    x, weight = torch.zeros(1, 2, 12, 12), torch.randn(12, 5, 3, 3, generator=g)
    x[:, :, 4:7, 4:7] = torch.randn(1, 2, 3, 3, generator=g)
    zero, bias = torch.zeros(1, 3, 12, 12), torch.randn(12, generator=g)
    h, _ = conv_lstm_cell(x, (zero, zero), weight, bias)
    moved, _ = conv_lstm_cell(x.roll((2, 1), (2, 3)), (zero, zero), weight, bias)
    assert torch.allclose(h.roll((2, 1), (2, 3)), moved, atol=1e-6)


@pytest.mark.parametrize(("down", "right"), [(0, 0), (2, -1), (-2, 2), (1, 0)])
def test_a_kernel_of_one_share_is_a_shift(down, right):
    frame = torch.full((2, 1, 16, 16), -1.0)
    frame[:, :, 5:9, 6:9] = torch.rand(2, 1, 4, 3, generator=make_generator(1))
    kernels = torch.zeros(2, 5, 5)
    kernels[:, 2 + down, 2 + right] = 1.0
    shifted = frame.roll((down, right), (2, 3))
    assert torch.allclose(moved_by(frame, kernels), shifted, atol=1e-6)


def test_each_film_has_its_own_kernel():
    frame = torch.full((2, 1, 8, 8), -1.0)
    frame[:, :, 4, 4] = 1.0
    kernels = torch.zeros(2, 3, 3)
    kernels[0, 1, 2] = kernels[1, 0, 1] = 1.0
    moved = moved_by(frame, kernels)[:, 0].flatten(1).argmax(1)
    assert moved.tolist() == [4 * 8 + 5, 3 * 8 + 4]


def test_on_its_own_it_sees_nothing_but_its_past():
    torch.manual_seed(0)
    net = NextFrame(16, width=4)
    film = torch.rand(3, 9, 1, 16, 16, generator=make_generator(5)) * 2 - 1
    alone = net.free(film[:, :4], 5)
    changed = film.clone()
    changed[:, 4:] = -1.0
    assert torch.equal(alone, net(changed, lambda t: t >= 4)[:, 3:])
    assert alone.amin() >= -1 - 1e-5 and alone.amax() <= 1 + 1e-5
    given = net(film)
    assert torch.equal(given[:, :4], net(film, lambda t: t >= 4)[:, :4])
    assert not torch.equal(given[:, 4:], alone[:, 1:])


def test_a_sharp_kernel_is_a_shift():
    torch.manual_seed(0)
    net = NextFrame(16, width=4, sharpness=1e6)
    film = torch.full((2, 3, 1, 16, 16), -1.0)
    film[:, :, :, 6:10, 6:10] = torch.rand(2, 1, 1, 4, 4) * 2 - 1
    for guess, last in zip(net(film)[:, -1], film[:, -2], strict=True):
        shifts = [last.roll((y, x), (1, 2)) for y in range(-2, 3) for x in range(-2, 3)]
        assert min((guess - shift).abs().max() for shift in shifts) < 1e-4


def test_a_gradient_comes_back_through_its_own_frames():
    torch.manual_seed(0)
    net = NextFrame(8, width=2)
    film = torch.rand(1, 4, 1, 8, 8) * 2 - 1
    net(film, lambda t: True)[:, -1].square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: NextFrame(30), "multiple of 4"),
        (lambda: NextFrame(32, width=0), "width"),
        (lambda: NextFrame(32, sharpness=0.0), "sharpness=0.0"),
        (lambda: NextFrame(8)(torch.zeros(2, 1, 1, 8, 8)), "T from 2"),
        (lambda: NextFrame(8)(torch.zeros(2, 3, 1, 8, 12)), r"\[N, 1, 8, 8\]"),
        (lambda: NextFrame(8).free(torch.zeros(2, 1, 8, 8), 3), "past"),
        (lambda: NextFrame(8).free(torch.zeros(2, 1, 1, 8, 8), 0), "frames"),
        (lambda: moved_by(torch.zeros(1, 1, 4, 4), torch.zeros(1, 2, 2)), "K odd"),
        (lambda: conv_lstm_cell(*cell(channels=2)), "weight must be"),
        (lambda: conv_lstm_cell(*cell(rows=6)), "bias must be"),
        (lambda: conv_lstm_cell(*cell(side=5)), "same N, H and W"),
    ],
)
def test_bad_input_in_a_sentence(call, words):
    with pytest.raises(AigcError, match=words):
        call()


def cell(channels=1, rows=8, side=4):
    """Arguments of a cell of one channel and two features on 4x4, spoilt in one place."""
    state = torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)
    weight, bias = torch.zeros(8, 3, 3, 3), torch.zeros(rows)
    return torch.zeros(1, channels, side, side), state, weight, bias
