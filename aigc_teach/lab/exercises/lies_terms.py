"""The exercise on units of the clinic's lesson on trainings that run and lie."""

from __future__ import annotations

import torch
from torch import Tensor

from ...clinic import VaePlan, admit, lies_nets, lies_probes
from ...losses import elbo
from ..checkers import Wrong, call, same_on
from . import exercise
from .lies import pixels, reaches

LOGITS = torch.tensor([[[[0.5, -1.0], [2.0, 0.0], [1.0, -0.3]]], [[[1.5, 1], [-2, 0.7], [0.1, 3]]]])
X = torch.tensor([[[[1.0, 0.0], [1.0, 0.5], [0.0, 0.0]]], [[[1.0, 1], [0, 0], [0.2, 1]]]])
MU = torch.tensor([[0.5, -1.0, 2.0, 0.1], [0.0, 0.3, -0.7, 1.0]])
LOGVAR = torch.tensor([[0.2, -0.3, 0.5, 0.0], [0.0, -1.2, 0.8, -0.4]])


def _terms(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    n = x[0].numel()
    return elbo.bernoulli_nll(logits, x) / n, elbo.kl_to_standard_normal(mu, logvar) / n


def _with(picture: float | str, code: float | str):
    """The two sums, divided: by a number, by "pixels" or by "codes"."""

    def wrong(logits, x, mu, logvar):
        sizes = {"pixels": x[0].numel(), "codes": mu.shape[1]}
        p, c = (sizes.get(size, size) for size in (picture, code))
        nll, kl = elbo.bernoulli_nll(logits, x), elbo.kl_to_standard_normal(mu, logvar)
        return nll / p, kl / c

    return wrong


@exercise(
    "lies/terms",
    not_yet="Write the body of `terms(logits, x, mu, logvar)` and return two terms, [N] each.",
    right=(
        "One factor before both terms changes the unit, not the model. In a training of 200 steps "
        "with yours the codes are worth more than 5 nats a picture; with the mean and the sum, 0."
    ),
    hints=[
        "A factor before the whole loss does not move its lowest point. Which factor makes the "
        "first term a mean?",
        "The mean is the sum divided by the number of pixels of one picture, x[0].numel().",
        "Divide the KL, summed over the codes, by the same number of pixels.",
    ],
)
def terms(answer) -> None:
    """Both terms of the VAE's loss in nats a pixel."""
    cases = [(LOGITS, X, MU, LOGVAR), (LOGITS[:1, :, :2], X[:1, :, :2], MU[:1, :2], LOGVAR[:1, :2])]
    same_on(answer, _terms, cases, mistakes=TERMS_MISTAKES)
    reaches(lambda a, m: sum(call(answer, a, X, m, LOGVAR)).sum(), LOGITS, MU)

    def picture(logits: Tensor, x: Tensor) -> Tensor:
        nothing = torch.zeros(len(x), 8)
        return answer(logits, x, nothing, nothing)[0]

    def code(mu: Tensor, logvar: Tensor) -> Tensor:
        blank = torch.zeros(len(mu), 1, 28, 28)
        return answer(blank, blank, mu, logvar)[1]

    patient = admit(VaePlan(reconstruction=picture, kl=code), pixels(), steps=200)
    nats = 784 * lies_probes.late(patient.history, "kl")
    if not nats > 5:
        raise Wrong(f"After 200 steps the codes are worth {nats:.2f} nats a picture: a collapse.")


TERMS_MISTAKES = {
    "The picture's term is a mean and the code's is a sum: the two are not in one unit, and the "
    "codes will collapse.": _with("pixels", 1),
    "You divided the KL by the number of latents. Both terms need the same divisor.": (
        _with("pixels", "codes")
    ),
    "Both terms are sums: right, but in nats a picture. Nats a pixel are asked for.": _with(1, 1),
    "Only the KL is divided by the number of pixels; the picture's term is still a sum.": (
        _with(1, "pixels")
    ),
    "The KL is to be divided by the number of pixels; you multiplied.": (
        lambda a, x, m, v: (
            elbo.bernoulli_nll(a, x) / x[0].numel(),
            elbo.kl_to_standard_normal(m, v) * x[0].numel(),
        )
    ),
    "You divided by 784, whatever the picture's size: use x[0].numel().": _with(784, 784),
    "The sign of your KL is reversed.": (
        lambda a, x, m, v: (_terms(a, x, m, v)[0], -_terms(a, x, m, v)[1])
    ),
    "The printed formula again, with its sign turned round: its lowest point is at variance 2.": (
        lambda a, x, m, v: (
            _terms(a, x, m, v)[0],
            -lies_nets.printed_price(m, v) / x[0].numel(),
        )
    ),
}
