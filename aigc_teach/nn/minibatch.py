"""A look at the whole batch, for critics: many alike pictures give a collapsed generator away.

Salimans et al. 2016 (arXiv:1606.03498, section 3.2) in the simple form of Karras et al. 2018
(arXiv:1710.10196, section 3).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..core import ShapeError

TINY = 1e-8  # the slope of a square root is infinite at 0


class MinibatchStatistic(nn.Module):
    """Appends one number to each item's features: how much the batch varies.

    The number is the standard deviation over the batch, averaged over the features; it is
    the same for all items of a batch, and next to 0 where all of them are alike.

    Examples
    --------
    >>> features = torch.tensor([[0.0, 5.0], [2.0, 5.0]])  # spreads 1 and 0
    >>> MinibatchStatistic()(features).round(decimals=3).tolist()
    [[0.0, 5.0, 0.5], [2.0, 5.0, 0.5]]
    """

    def forward(self, features: Tensor) -> Tensor:
        """``[N, F] -> [N, F + 1]``."""
        if features.ndim != 2:
            raise ShapeError(f"Features must be [N, F]; yours are {list(features.shape)}.")
        spread = (features.var(dim=0, correction=0) + TINY).sqrt().mean()  # a scalar
        return torch.cat([features, spread.expand(len(features), 1)], dim=1)  # [N, F + 1]
