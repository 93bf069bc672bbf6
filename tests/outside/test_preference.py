"""The belief about a taste against scikit-learn's Gaussian process classifier (Laplace)."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.models import PreferenceGP


@pytest.mark.parametrize(("seed", "length", "scale"), [(0, 1.0, 2.0), (1, 2.5, 1.0), (2, 4.0, 3.0)])
def test_peak_evidence_and_spread(agree, truth, seed, length, scale):
    process = pytest.importorskip("sklearn.gaussian_process")
    kernels = process.kernels
    g = make_generator(seed)
    x = torch.randn(25, 4, generator=g, dtype=torch.float64)
    y = (x[:, 0] + torch.randn(25, generator=g) > 0).double()
    kernel = kernels.ConstantKernel(scale**2) * kernels.RBF(length)
    theirs = process.GaussianProcessClassifier(kernel, optimizer=None, max_iter_predict=100)
    theirs.fit(x.numpy(), y.numpy())
    inner = theirs.base_estimator_
    ours = PreferenceGP(length=length, scale=scale).fit(x, y)
    value, peak = inner._posterior_mode(kernel(x.numpy()), return_temporaries=True)
    agree(ours.evidence, float(inner.log_marginal_likelihood_value_))
    agree(ours.slope, torch.as_tensor(y.numpy() - peak[0]))
    other = torch.randn(7, 4, generator=g, dtype=torch.float64)
    mean, covariance = ours.predict(other)
    points = torch.tensor([0.41, 0.4, 0.37, 0.44, 0.39], dtype=torch.float64)  # theirs, eq. 3.25
    weights = torch.tensor(
        [-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654],
        dtype=torch.float64,
    )
    alpha = 1 / (2 * covariance.diagonal())
    gamma = points[:, None] * mean
    error = torch.erf(gamma * (alpha / (alpha + points[:, None] ** 2)).sqrt())
    integral = (
        (torch.pi / alpha).sqrt() * error / (2 * (covariance.diagonal() * 2 * torch.pi).sqrt())
    )
    chance = (weights[:, None] * integral).sum(0) + 0.5 * weights.sum()
    agree(chance, torch.as_tensor(theirs.predict_proba(other.numpy())[:, 1]))
