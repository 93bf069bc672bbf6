"""Spectral normalisation: a weight divided by its largest singular value.

A linear layer then stretches no vector, so a critic made of such layers and of activations
of slope at most 1 has a slope of at most 1. Miyato et al. 2018 (arXiv:1802.05957), eq. 8 and
algorithm 1.

Legend: W weight as a matrix ``[O, I]``, u and v its left and right singular vectors.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ..core import DtypeError

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


class SpectralNorm(nn.Module):
    """Divides a weight by an estimate of its largest singular value.

    One round of the power iteration for each use in training mode is enough, because the
    weight changes little from one step to the next and u, v are kept.

    Parameters
    ----------
    weight : Tensor
        The layer's weight; its shape and the axis of its outputs are taken from it.
    axis : int
        Which axis counts the outputs: 0, or 1 for a transposed convolution.
    """

    def __init__(self, weight: Tensor, axis: int = 0):
        super().__init__()
        self.axis = axis
        matrix = self._as_matrix(weight.detach())  # [O, I]
        start = torch.randn(len(matrix)).to(matrix)  # of the weight's dtype and device
        self.register_buffer("u", F.normalize(start, dim=0))
        self.register_buffer("v", F.normalize(matrix.T @ self.u, dim=0))
        for _ in range(15):
            self._iterate(matrix)

    def forward(self, weight: Tensor) -> Tensor:
        """The weight over its largest singular value; u and v count as constants."""
        matrix = self._as_matrix(weight)  # [O, I]
        if self.training:
            self._iterate(matrix.detach())
        # copies: a second use before the backward pass moves u and v on
        sigma = self.u.clone() @ matrix @ self.v.clone()
        return weight / sigma

    @torch.no_grad()
    def _iterate(self, matrix: Tensor) -> None:
        self.u.copy_(F.normalize(matrix @ self.v, dim=0))  # [O]
        self.v.copy_(F.normalize(matrix.T @ self.u, dim=0))  # [I]

    def _as_matrix(self, weight: Tensor) -> Tensor:
        return weight.movedim(self.axis, 0).flatten(1)  # [O, I]


def spectral_norm(network: nn.Module) -> nn.Module:
    """Put spectral normalisation on every linear and convolutional layer of `network`.

    Parameters
    ----------
    network : nn.Module
        Changed in place; the layers keep their names, ``layer.weight`` is the divided weight.

    Returns
    -------
    nn.Module
        The network itself.

    Raises
    ------
    DtypeError
        Where there is no layer to normalise.

    Examples
    --------
    >>> layer = spectral_norm(nn.Linear(3, 2))
    >>> round(torch.linalg.svdvals(layer.weight)[0].item(), 3)
    1.0
    """
    layers = [layer for layer in network.modules() if isinstance(layer, LAYERS)]
    if not layers:
        raise DtypeError(f"{type(network).__name__} has no linear or convolutional layer.")
    for layer in layers:
        axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        parametrize.register_parametrization(layer, "weight", SpectralNorm(layer.weight, axis))
    return network
