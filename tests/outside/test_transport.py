"""Our pairs cost what the exact plan of POT costs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.losses.transport import assignment, paired, squared_distances


@pytest.mark.parametrize("n", [1, 2, 17, 64, 150])
@pytest.mark.parametrize("seed", [0, 1])
def test_cost_of_points(agree, truth, n, seed):
    x, y = torch.randn(2, n, 2, generator=make_generator(seed), dtype=torch.float64)
    weights = np.full(n, 1 / n)
    cost = truth.dist(x.numpy(), y.numpy())  # squared Euclidean
    ours = (x - paired(x, y)).square().sum(1).mean().item()
    agree(ours, float((truth.emd(weights, weights, cost) * cost).sum()))


def test_the_plan_itself_where_it_is_the_only_one(agree, truth):
    x = torch.randn(40, 30, generator=make_generator(3), dtype=torch.float64)
    y = torch.randn(40, 30, generator=make_generator(4), dtype=torch.float64)
    cost = squared_distances(x, y)
    plan = truth.emd(np.full(40, 1 / 40), np.full(40, 1 / 40), cost.numpy())
    agree(assignment(cost).numpy(), plan.argmax(1))


def test_costs_that_are_no_distances(agree, truth):
    cost = torch.randn(60, 60, generator=make_generator(5), dtype=torch.float64)
    plan = truth.emd(np.full(60, 1 / 60), np.full(60, 1 / 60), cost.numpy())
    ours = cost[torch.arange(60), assignment(cost)].mean().item()
    agree(ours, float((plan * cost.numpy()).sum()))
