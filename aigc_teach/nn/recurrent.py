"""One step of a recurrent network, as plain functions: weights in, new state out.

The weights have the shapes and the order of ``torch.nn.RNNCell``, ``GRUCell`` and ``LSTMCell``.
Shapes: N batch, D input features, H hidden features.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..core.errors import ShapeError


def rnn_cell(
    x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    """The new state of a simple recurrent cell, h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

    Parameters
    ----------
    x, h : Tensor
        Input ``[N, D]`` and state ``[N, H]``.
    w_ih, w_hh : Tensor
        ``[H, D]`` and ``[H, H]``.
    b_ih, b_hh : Tensor
        ``[H]`` each.

    Returns
    -------
    Tensor
        ``[N, H]``, in (-1, 1).

    Raises
    ------
    ShapeError
        If the weights do not fit input and state.

    >>> one = torch.ones(1, 1)
    >>> rnn_cell(one, one, one, -one, torch.zeros(1), torch.zeros(1))
    tensor([[0.]])
    """
    _check(x, h, w_ih, w_hh, b_ih, b_hh, parts=1)
    return torch.tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)  # [N, H]


def gru_cell(
    x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    """The new state of a gated recurrent unit, h' = (1 - z) * n + z * h.

    The gates r (reset) and z (update) are sigmoids, linear in x and h; the candidate is
    n = tanh(W_in x + b_in + r * (W_hn h + b_hn)). Cho et al. 2014, with the reset gate applied
    after the product, as in cuDNN and ``torch.nn.GRUCell``.

    Parameters
    ----------
    x, h : Tensor
        Input ``[N, D]`` and state ``[N, H]``.
    w_ih, w_hh : Tensor
        ``[3H, D]`` and ``[3H, H]``; blocks of H rows in the order r, z, n.
    b_ih, b_hh : Tensor
        ``[3H]`` each.

    Returns
    -------
    Tensor
        ``[N, H]``.

    Raises
    ------
    ShapeError
        If the weights do not fit input and state.

    >>> zero = torch.zeros
    >>> gru_cell(zero(1, 2), torch.ones(1, 1), zero(3, 2), zero(3, 1), *zero(2, 3))
    tensor([[0.5000]])
    """
    _check(x, h, w_ih, w_hh, b_ih, b_hh, parts=3)
    r, z, n = (x @ w_ih.T + b_ih).chunk(3, dim=1)  # [N, H] each
    r_h, z_h, n_h = (h @ w_hh.T + b_hh).chunk(3, dim=1)  # [N, H] each
    z = (z + z_h).sigmoid()  # the share of the old that stays
    n = (n + (r + r_h).sigmoid() * n_h).tanh()
    return (1 - z) * n + z * h


def lstm_cell(
    x: Tensor,
    state: tuple[Tensor, Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
) -> tuple[Tensor, Tensor]:
    """The new state (h', c') of a long short-term memory cell with a forget gate.

    c' = f * c + i * g and h' = o * tanh(c'), with the gates i, f, o = sigmoid(...) and the
    candidate g = tanh(...), each linear in x and h. Hochreiter & Schmidhuber 1997; the gate f
    is from Gers et al. 2000.

    Parameters
    ----------
    x : Tensor
        ``[N, D]``.
    state : (Tensor, Tensor)
        Output h and memory c, ``[N, H]`` each.
    w_ih, w_hh : Tensor
        ``[4H, D]`` and ``[4H, H]``; blocks of H rows in the order i, f, g, o.
    b_ih, b_hh : Tensor
        ``[4H]`` each.

    Returns
    -------
    (Tensor, Tensor)
        h' in (-1, 1) and c', ``[N, H]`` each.

    Raises
    ------
    ShapeError
        If the weights do not fit input and state.

    >>> zero = torch.zeros
    >>> lstm_cell(zero(1, 2), (zero(1, 1), torch.ones(1, 1)), zero(4, 2), zero(4, 1), *zero(2, 4))
    (tensor([[0.2311]]), tensor([[0.5000]]))
    """
    h, c = state
    _check(x, h, w_ih, w_hh, b_ih, b_hh, parts=4)
    if c.shape != h.shape:
        raise ShapeError(f"h and c must have one shape; they have {[*h.shape]} and {[*c.shape]}.")
    i, f, g, o = (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, dim=1)  # [N, H] each
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()  # keep a share of the old, add some new
    return o.sigmoid() * c.tanh(), c


def _check(x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, *biases: Tensor, parts: int) -> None:
    if x.ndim != 2 or h.ndim != 2 or len(x) != len(h):
        raise ShapeError(
            f"x and h must be [N, D] and [N, H] with one N; they are {[*x.shape]} and {[*h.shape]}."
        )
    rows = parts * h.shape[1]
    wanted = {"w_ih": (rows, x.shape[1]), "w_hh": (rows, h.shape[1])}
    wanted |= {"b_ih": (rows,), "b_hh": (rows,)}
    for (name, shape), weight in zip(wanted.items(), (w_ih, w_hh, *biases), strict=True):
        if tuple(weight.shape) != shape:
            raise ShapeError(
                f"{name} must have shape {list(shape)} for input {[*x.shape]} and state "
                f"{[*h.shape]}; yours has {[*weight.shape]}."
            )
