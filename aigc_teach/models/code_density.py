"""A density fitted to the codes of a trained model, to draw codes from instead of the prior.

The prior says where codes should lie; all clouds of codes together, the aggregate posterior,
say where they do lie. Ghosh et al. 2020 (arXiv:1903.12436) fit the density after
the training is over.

Legend: N items, L latent size, K classes.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from ..core import AigcError, DataError, check_count, refuse_condition
from ..nn import reparameterise
from .density import GaussianMixture


class Coder(Protocol):
    """What is needed of a model: a VAE or an autoencoder of this package has it."""

    def encode(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Codes ``[N, L]``, or their means and log variances."""

    def decode(self, z: Tensor) -> Tensor:
        """Data of codes ``[N, L]``; a conditional model also takes ``condition``."""


class CodeDensity:
    """Draws codes from Gaussian mixtures fitted to a model's own codes, and decodes them.

    A model with labels gets one mixture a class.

    Parameters
    ----------
    model : VAE, ConvVAE or Autoencoder
        Trained.
    components : int
        Gaussians of the mixture; of each class's mixture for a model with labels.
    shrinkage : float
        How far each covariance is moved towards their average, in [0, 1].

    Examples
    --------
    >>> from aigc_teach.models import VAE
    >>> x = torch.rand(40, 1, 28, 28) * 2 - 1
    >>> CodeDensity(VAE(hidden=(16,)), components=2).fit(x).sample(3).shape
    torch.Size([3, 1, 28, 28])
    """

    def __init__(self, model: Coder, components: int = 10, *, shrinkage: float = 0.1):
        self.model = model
        self.components = check_count("components", components)
        self.shrinkage = shrinkage
        self.n_classes = getattr(model, "n_classes", 0)
        self.mixtures: list[GaussianMixture] = []
        self.shares = torch.ones(1)  # of the classes, [K]

    @torch.no_grad()
    def fit(
        self, x: Tensor, labels: Tensor | None = None, *, generator: torch.Generator | None = None
    ) -> CodeDensity:
        """Encode `x` ``[N, ...]`` and fit; returns itself.

        Parameters
        ----------
        x : Tensor
            Training data.
        labels : Tensor, optional
            int64 ``[N]``, for a model with labels.
        generator : torch.Generator, optional
            Draws one code from each cloud, and the first centres.

        Raises
        ------
        DataError
            Where a class has fewer items than the mixture has components.
        """
        codes = self.model.encode(x)
        if isinstance(codes, tuple):  # a cloud each: one code drawn from it
            codes = reparameterise(*codes, generator=generator)  # [N, L]
        groups = [codes.cpu()]
        if self.n_classes:
            labels = self.model.check_labels(labels, len(x)).cpu()
            groups = [codes.cpu()[labels == k] for k in range(self.n_classes)]
        elif labels is not None:
            raise AigcError("The model has no labels; leave out `labels`.")
        for k, group in enumerate(groups):
            if len(group) < self.components:
                of = f" of class {k}" if self.n_classes else ""
                raise DataError(
                    f"{len(group)} items{of} cannot fill {self.components} components; "
                    "give more data or ask for fewer components."
                )
        self.mixtures = [self._mixture().fit(group, generator=generator) for group in groups]
        self.shares = torch.tensor([len(group) / len(x) for group in groups])
        return self

    @torch.no_grad()
    def sample(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Draw `n` decoded samples ``[n, ...]``; without labels, with the data's frequencies."""
        check_count("n", n)
        if not self.mixtures:
            raise DataError("Nothing is fitted yet: call fit(x) first.")
        if not self.n_classes:
            refuse_condition(self, condition)
            return self.model.decode(self.mixtures[0].sample(n, generator=generator))
        if condition is None:
            condition = torch.multinomial(self.shares, n, replacement=True, generator=generator)
        labels = self.model.check_labels(condition, n).cpu()
        codes = torch.empty(n, self.model.latent_size)  # [n, L]
        for k in labels.unique().tolist():
            own = labels == k
            codes[own] = self.mixtures[k].sample(int(own.sum()), generator=generator)
        return self.model.decode(codes, labels)

    def _mixture(self) -> GaussianMixture:
        return GaussianMixture(self.components, noise=1e-3, shrinkage=self.shrinkage)
