"""The accountant against the number of another library, and against closed forms."""

from __future__ import annotations

import math

import pytest

from aigc_teach.train.private import epsilon, renyi

OPACUS = 7.32911  # sigma 1.5, rate .04, 2,250 steps, delta 1e-5


def test_the_case_that_a_widely_used_library_publishes(agree):
    agree(epsilon(1.5, 0.04, 2250, 1e-5), OPACUS)


@pytest.mark.parametrize("sigma", [0.7, 1.0, 3.0])
@pytest.mark.parametrize("order", [2, 5, 64])
def test_without_sampling_it_is_the_gaussian_mechanism(agree, sigma, order):
    """Mironov 2017, proposition 7: a / (2 sigma^2)."""
    agree(renyi(order, sigma, 1.0), order / (2 * sigma**2))


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.9])
def test_the_order_two_has_a_closed_form(agree, rate):
    """log(1 + q^2 (exp(1 / sigma^2) - 1)): Mironov, Talwar & Zhang 2019, section 3."""
    sigma = 1.3
    agree(renyi(2, sigma, rate), math.log1p(rate**2 * math.expm1(1 / sigma**2)))
