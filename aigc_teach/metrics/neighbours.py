"""Quality and variety apart: precision, recall, density and coverage by nearest neighbours.

Around each item lies a ball that reaches to its k-th nearest neighbour of its own set; all
balls together say where the set lies. Then

    precision  share of generated items inside a ball of the real ones        (quality)
    recall     share of real items inside a ball of the generated ones        (variety)
    density    mean number of real balls around a generated item, over k      (quality)
    coverage   share of real items with a generated one inside their ball     (variety)

Precision and recall: Kynkaanniemi et al. 2019 (arXiv:1904.06991, section 3). Density and
coverage, which one far-off item cannot inflate: Naeem et al. 2020 (arXiv:2002.09797).

Shapes: N generated and M real items, D features.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aigc_teach.core import DataError, check_count

from .kernel import check_feature_sets


class NeighbourScores(NamedTuple):
    """What the balls say.

    Attributes
    ----------
    precision, recall, coverage : float
        Shares in [0, 1].
    density : float
        At least 0; about 1 where both sets come from one distribution.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbour_scores(features: Tensor, reference: Tensor, *, k: int = 5) -> NeighbourScores:
    """Precision, recall, density and coverage of generated features.

    Parameters
    ----------
    features : Tensor
        Of generated items, floating point ``[N, D]``.
    reference : Tensor
        Of real items, ``[M, D]``. The scores depend on N, M and k: compare like with like.
    k : int
        Which neighbour a ball reaches to; smaller than N and M.

    Returns
    -------
    NeighbourScores

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> real = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> neighbour_scores(real[:2].repeat(2, 1), real, k=1).coverage  # 0, 1 and their neighbour 2
    0.75
    """
    fake, real = check_feature_sets(features, reference)
    check_count("k", k)
    if k >= min(len(fake), len(real)):
        raise DataError(f"k={k} needs more than {k} items in each set.")
    reach_real, reach_fake = _reach(real, k), _reach(fake, k)  # [M], [N]
    distance = _distances(fake, real)  # [N, M]
    in_real, in_fake = distance <= reach_real, distance <= reach_fake[:, None]  # [N, M] each
    return NeighbourScores(
        precision=in_real.any(dim=1).double().mean().item(),
        recall=in_fake.any(dim=0).double().mean().item(),
        density=in_real.double().sum().item() / (k * len(fake)),
        coverage=in_real.any(dim=0).double().mean().item(),
    )


def _reach(x: Tensor, k: int) -> Tensor:
    """Distance of each item to its k-th nearest neighbour, itself left out: ``[N]``."""
    return _distances(x, x).kthvalue(k + 1, dim=1).values  # the nearest of all is itself


def _distances(x: Tensor, y: Tensor) -> Tensor:
    # not by way of x^2 + y^2 - 2 x y, which does not give exactly 0 for equal items
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
