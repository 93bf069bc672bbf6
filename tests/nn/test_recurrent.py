"""The cells refuse weights that do not fit, and gradients reach every weight."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core.errors import ShapeError
from aigc_teach.nn.recurrent import gru_cell, lstm_cell, rnn_cell


def weights(parts, inputs=3, hidden=2):
    rows = parts * hidden
    sizes = [(rows, inputs), (rows, hidden), (rows,), (rows,)]
    return [torch.randn(size, requires_grad=True) for size in sizes]


@pytest.mark.parametrize("place, name", [(0, "w_ih"), (1, "w_hh"), (2, "b_ih"), (3, "b_hh")])
def test_a_weight_of_the_wrong_shape_is_named(place, name):
    wrong = weights(1)
    wrong[place] = torch.zeros(5)
    with pytest.raises(ShapeError, match=f"{name} must have shape"):
        rnn_cell(torch.zeros(4, 3), torch.zeros(4, 2), *wrong)


def test_an_rnn_weight_does_not_fit_an_lstm():
    state = (torch.zeros(4, 2), torch.zeros(4, 2))
    with pytest.raises(ShapeError, match=r"\[8, 3\]"):
        lstm_cell(torch.zeros(4, 3), state, *weights(1))


def test_input_and_state_must_have_one_batch_size():
    with pytest.raises(ShapeError, match="with one N"):
        rnn_cell(torch.zeros(4, 3), torch.zeros(5, 2), *weights(1))
    with pytest.raises(ShapeError, match="must have one shape"):
        lstm_cell(torch.zeros(4, 3), (torch.zeros(4, 2), torch.zeros(4, 1)), *weights(4))


def test_gradients_reach_every_weight():
    x, h, c = torch.randn(4, 3), torch.randn(4, 2), torch.randn(4, 2)
    for result, given in (
        (rnn_cell(x, h, *(w := weights(1))), w),
        (gru_cell(x, h, *(w := weights(3))), w),
        (lstm_cell(x, (h, c), *(w := weights(4)))[0], w),
    ):
        for gradient in torch.autograd.grad(result.sum(), given):
            assert gradient.abs().sum() > 0


CELLS = {
    "rnn": (torch.nn.RNNCell, rnn_cell),
    "gru": (torch.nn.GRUCell, gru_cell),
    "lstm": (torch.nn.LSTMCell, lstm_cell),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_torchs_in_value_and_gradient(name):
    """Ten steps in a row, so that the gradient runs through the state, too."""
    kind, ours = CELLS[name]
    torch.manual_seed(0)
    cell, x = kind(3, 4).double(), torch.randn(10, 2, 3).double().requires_grad_()
    given = (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)

    def run(step):
        state = torch.zeros(2, 4).double()
        state, total = (state, state) if name == "lstm" else state, 0.0
        for row in x:
            state = step(row, state)
            total = total + (state[0] if name == "lstm" else state).square().sum()
        return total

    results = [run(cell), run(lambda row, state: ours(row, state, *given))]
    assert torch.allclose(*results, atol=1e-12)
    gradients = [torch.autograd.grad(result, (x, *given)) for result in results]
    for a, b in zip(*gradients, strict=True):
        assert torch.allclose(a, b, atol=1e-12)
