"""Training with differential privacy: gradients example by example, clipped, and with noise.

DP-SGD (Abadi et al. 2016, algorithm 1): every example's gradient is cut to a norm of at most C,
the cut ones are added up, and Gaussian noise of spread sigma C is added to the sum. Whatever one
record says, it moves the sum by at most C; the noise hides such a move. `epsilon` is the price of
all steps together, by Renyi differential privacy (Mironov 2017; Mironov, Talwar & Zhang 2019).

What the promise covers is this training only. Statistics that were computed from the records
beforehand (means, ranges, a vocabulary), settings that were chosen by looking, and every further
use of the same records cost extra, and are in no epsilon here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from ..core import DataError, RangeError, ShapeError, check_count, check_number, drawn_on

ORDERS = range(2, 257)

RowLoss = Callable[..., Tensor]


class _Scored(nn.Module):
    """A network together with a loss of its own, as one module that can be called."""

    def __init__(self, network: nn.Module, loss: RowLoss):
        super().__init__()
        self.network, self._loss = network, loss

    def forward(self, *rows: Tensor) -> Tensor:
        """The loss of one example, whose rows are ``[1, ...]`` each."""
        return self._loss(self.network, *rows)


def per_example_gradients(network: nn.Module, loss: RowLoss, *batch: Tensor) -> dict[str, Tensor]:
    """The gradient of each example's own loss.

    Parameters
    ----------
    network : nn.Module
        Without batch norm: there one example's loss depends on the others.
    loss : callable
        ``loss(network, *rows)`` with rows of *one* example, ``[1, ...]`` each, and one number as
        its result. It must not draw random numbers (hand noise in as part of the batch), nor
        branch on values.
    *batch : Tensor
        ``[B, ...]`` each, B at least 1.

    Returns
    -------
    dict of str to Tensor
        For each parameter by its name: ``[B, *shape]``.

    Examples
    --------
    >>> line = nn.Linear(1, 1, bias=False)
    >>> x = torch.tensor([[1.0], [3.0]])
    >>> found = per_example_gradients(line, lambda net, row: net(row).sum(), x)
    >>> found["weight"].flatten().tolist()
    [1.0, 3.0]
    """
    sizes = {len(part) for part in batch}
    if len(sizes) != 1 or 0 in sizes:
        raise ShapeError(f"Each part of the batch needs equally many rows, at least 1: {sizes}.")
    scored = _Scored(network, loss)
    names = {name: p.detach() for name, p in network.named_parameters()}

    def of_one(parameters: dict, *rows: Tensor) -> Tensor:
        own = {f"network.{name}": value for name, value in parameters.items()}
        return functional_call(scored, own, tuple(row[None] for row in rows)).squeeze()

    return vmap(grad(of_one), in_dims=(None, *(0 for _ in batch)))(names, *batch)


def gradient_norms(gradients: Mapping[str, Tensor]) -> Tensor:
    """The Euclidean norm of each example's gradient, over all parameters together: ``[B]``.

    >>> gradient_norms({"a": torch.tensor([[3.0], [0.0]]), "b": torch.tensor([[4.0], [1.0]])})
    tensor([5., 1.])
    """
    return torch.stack([g.flatten(1).square().sum(1) for g in gradients.values()]).sum(0).sqrt()


def clipped_sum(gradients: Mapping[str, Tensor], max_norm: float) -> dict[str, Tensor]:
    """The sum of the gradients, each first scaled down to a norm of at most `max_norm`.

    Shorter ones stay as they are. Abadi et al. 2016, algorithm 1, "clip gradient".

    >>> clipped_sum({"a": torch.tensor([[3.0, 4.0], [0.0, 0.5]])}, 1.0)["a"]
    tensor([0.6000, 1.3000])
    """
    check_number("max_norm", max_norm, above=True)
    scale = (max_norm / gradient_norms(gradients).clamp_min(1e-12)).clamp(max=1.0)  # [B]
    return {name: torch.einsum("b,b...->...", scale, g) for name, g in gradients.items()}


def private_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: RowLoss,
    *batch: Tensor,
    max_norm: float,
    sigma: float,
    expected: float,
    generator: torch.Generator | None = None,
) -> float:
    """One step: clip each gradient, add them up, add noise, divide by the *expected* batch size.

    The true size of a Poisson batch is itself a secret, so the sum is not divided by it. An empty
    batch is allowed: then only noise is stepped along.

    Parameters
    ----------
    network, optimizer, loss
        As for `per_example_gradients`; the optimizer may be any: it sees the noisy gradient only.
    *batch : Tensor
        ``[B, ...]`` each, B may be 0.
    max_norm : float
        C, above 0.
    sigma : float
        Noise in units of C, at least 0; 0 clips only, and promises nothing.
    expected : float
        Records times sampling rate.
    generator : torch.Generator, optional

    Returns
    -------
    float
        Share of the gradients that were cut; 0 for an empty batch.
    """
    check_number("sigma", sigma)
    check_number("expected", expected, above=True)
    cut = 0.0
    total = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    if batch and len(batch[0]):
        gradients = per_example_gradients(network, loss, *batch)
        cut = (gradient_norms(gradients) > max_norm).double().mean().item()
        total = clipped_sum(gradients, max_norm)
    for name, p in network.named_parameters():
        spot = drawn_on(p.device, generator)
        noise = torch.randn(p.shape, device=spot, generator=generator).to(p)
        p.grad = (total[name] + sigma * max_norm * noise) / expected
    optimizer.step()
    return cut


def poisson_rows(n: int, rate: float, *, generator: torch.Generator | None = None) -> Tensor:
    """Which of `n` records are in this batch, each with probability `rate` by itself: ``[B]``.

    The accountant's sampling; a shuffled pass through the data is another one.

    >>> poisson_rows(3, 1.0).tolist()
    [0, 1, 2]
    """
    check_count("n", n)
    _check_rate(rate)
    return (torch.rand(n, generator=generator) < rate).nonzero().flatten()


def renyi(order: int, sigma: float, rate: float) -> float:
    r"""Renyi divergence that one noisy step costs, in nats, of a whole order.

    .. math:: \frac{1}{a - 1} \log \sum_{k=0}^{a} \binom{a}{k} (1-q)^{a-k} q^k
              \exp\!\left(\frac{k^2 - k}{2 \sigma^2}\right)

    Parameters
    ----------
    order : int
        a, at least 2.
    sigma : float
        Noise in units of the clipping norm, above 0.
    rate : float
        q, the probability of each record to be in the batch, in (0, 1]. At 1 this is
        ``a / (2 sigma^2)``.

    References
    ----------
    Mironov, Talwar & Zhang 2019, arXiv:1908.10530, section 3.3; Abadi et al. 2016, lemma 3.

    Examples
    --------
    >>> renyi(8, 2.0, 1.0)
    1.0
    """
    check_count("order", order, at_least=2)
    check_number("sigma", sigma, above=True)
    _check_rate(rate)
    terms = []
    for k in range(order + 1):
        if rate == 1 and k < order:
            continue
        log = math.lgamma(order + 1) - math.lgamma(k + 1) - math.lgamma(order - k + 1)
        log += k * math.log(rate) + ((order - k) * math.log1p(-rate) if k < order else 0.0)
        terms.append(log + (k * k - k) / (2 * sigma**2))
    most = max(terms)
    return (most + math.log(math.fsum(math.exp(t - most) for t in terms))) / (order - 1)


def epsilon(sigma: float, rate: float, steps: int, delta: float = 1e-5, *, orders=ORDERS) -> float:
    """The epsilon of `steps` noisy steps, for a given delta; infinite without noise.

    Renyi costs add up; each order then gives an epsilon, and the least of them holds:
    ``steps * renyi(a) + log((a - 1) / a) - (log delta + log a) / (a - 1)``.

    Parameters
    ----------
    sigma : float
        Noise in units of the clipping norm, at least 0.
    rate : float
        Probability of each record to be in a batch, in (0, 1].
    steps : int
        At least 1.
    delta : float
        In (0, 1); well below one over the number of records.
    orders : sequence of int
        The whole orders that are tried.

    References
    ----------
    Mironov 2017, arXiv:1702.07476; the conversion is proposition 12 of Canonne, Kamath & Steinke
    2020, arXiv:2004.00010.

    Examples
    --------
    >>> round(epsilon(1.5, 0.04, 2250, 1e-5), 2)
    7.33
    """
    check_number("sigma", sigma)
    _check_rate(rate)
    check_count("steps", steps)
    if not 0 < check_number("delta", delta) < 1:
        raise RangeError(f"delta={delta} must lie between 0 and 1.")
    orders = list(orders)
    if not orders:
        raise DataError("orders is empty; give whole numbers from 2 on.")
    if sigma == 0:
        return math.inf
    found = [
        steps * renyi(a, sigma, rate)
        + math.log((a - 1) / a)
        - (math.log(delta) + math.log(a)) / (a - 1)
        for a in orders
    ]
    return max(0.0, min(found))


def _check_rate(rate: float) -> None:
    if not 0 < check_number("rate", rate) <= 1:
        raise RangeError(f"rate={rate} must lie above 0 and be at most 1.")
