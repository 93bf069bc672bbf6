"""The losses of the adversarial game, on logits.

Legend: t = critic's logit, D = sigmoid(t) = its probability of "real". The sigmoid is
never computed; with softplus(t) = log(1 + exp(t)),

    -log D       = softplus(-t)
    -log (1 - D) = softplus(t)

which stays exact where log(sigmoid(t)) would already be minus infinity.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ..core import ShapeError, check_choice

KINDS = ("non_saturating", "saturating", "least_squares", "hinge", "wasserstein")


def critic_loss(real_logits: Tensor, fake_logits: Tensor, kind: str = "non_saturating") -> Tensor:
    """What the critic (discriminator) minimises.

    Parameters
    ----------
    real_logits, fake_logits : Tensor
        The critic's logits for real and for generated data, each ``[N]`` or ``[N, 1]``.
    kind : {"non_saturating", "saturating", "least_squares", "hinge", "wasserstein"}
        The first two have the same critic; they differ in the generator.

        * (non_)saturating: ``-E log D(x) - E log(1 - D(G(z)))``, minus the value function
          of Goodfellow et al. 2014, eq. 1. Its value where D = 1/2 everywhere is 2 ln 2.
        * least_squares: Mao et al. 2017, eq. 9 (targets 1 and 0).
        * hinge: Lim & Ye 2017; Miyato et al. 2018, eq. 16.
        * wasserstein: ``-E t(x) + E t(G(z))``, Arjovsky et al. 2017, eq. 2: minus the
          Wasserstein distance if no critic of slope 1 does better. Without a bound on the
          slope it has no minimum.

    Returns
    -------
    Tensor
        A scalar.

    >>> import torch
    >>> f"{critic_loss(torch.zeros(4), torch.zeros(4)).item():.4f}"  # 2 ln 2
    '1.3863'
    """
    check_choice("kind", kind, KINDS)
    _check_logits(real_logits)
    _check_logits(fake_logits)
    if kind == "least_squares":
        return 0.5 * ((real_logits - 1) ** 2).mean() + 0.5 * (fake_logits**2).mean()
    if kind == "wasserstein":
        return fake_logits.mean() - real_logits.mean()
    if kind == "hinge":
        return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor, kind: str = "non_saturating") -> Tensor:
    """What the generator minimises.

    Parameters
    ----------
    fake_logits : Tensor
        The critic's logits for generated data, ``[N]`` or ``[N, 1]``.
    kind : {"non_saturating", "saturating", "least_squares", "hinge", "wasserstein"}

        * saturating: ``E log(1 - D(G(z)))``, the generator's side of eq. 1. Its gradient
          with respect to t is -D: it vanishes just where the critic is sure of a fake.
        * non_saturating: ``-E log D(G(z))`` (section 3 of the same paper). Its gradient is
          D - 1: strongest where the critic is sure. Same fixed point, other dynamics.
        * least_squares: Mao et al. 2017, eq. 9. hinge: ``-E t``, Miyato et al. 2018, eq. 17.
        * wasserstein: ``-E t`` too, Arjovsky et al. 2017, algorithm 1.

    Returns
    -------
    Tensor
        A scalar.

    >>> import torch
    >>> f"{generator_loss(torch.zeros(4)).item():.4f}"  # ln 2
    '0.6931'
    """
    check_choice("kind", kind, KINDS)
    _check_logits(fake_logits)
    if kind == "saturating":
        return -F.softplus(fake_logits).mean()
    if kind == "least_squares":
        return 0.5 * ((fake_logits - 1) ** 2).mean()
    if kind in ("hinge", "wasserstein"):
        return -fake_logits.mean()
    return F.softplus(-fake_logits).mean()


def _check_logits(logits: Tensor) -> None:
    is_column = logits.ndim == 2 and logits.shape[1] == 1
    if not (logits.ndim == 1 or is_column) or logits.shape[0] == 0:
        raise ShapeError(
            "The critic must give one logit for each item, [N] or [N, 1] with N at least 1; "
            f"it gave {list(logits.shape)}."
        )
