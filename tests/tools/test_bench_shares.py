"""The multiply-adds of a training step against formulas written by hand."""

from __future__ import annotations

import torch

import bench_shares
from aigc_teach.core import Labelled
from aigc_teach.models import DCGAN, VAE


def test_a_vae_pays_for_every_gradient_but_the_datas():
    model = VAE((3,), latent_size=2, hidden=(5,))
    forward, by_data = 3 * 5 + 5 * 4 + 2 * 5 + 5 * 3, 3 * 5
    expected = 7 * (3 * forward - by_data)
    assert bench_shares.step_multiply_adds(model, torch.zeros(7, 3)) == expected


def test_a_gan_pays_four_generators_and_eight_critics_less_the_gradients_nobody_needs():
    model = DCGAN((1, 8, 8), latent_size=3, width=4, n_classes=2)
    wide = 8 * 2 * 2
    generator = 5 * wide + 4 * 16 * 8 * 4 + 16 * 16 * 4
    first = 16 * 16 * 2
    critic = first + 4 * 16 * 2 * 4 + 16 * 4 * 8 + 8
    batch = Labelled(torch.zeros(6, 1, 8, 8), torch.zeros(6, dtype=torch.long))
    # nobody needs the gradient by the noise, nor in the critic's turn that by the pixels
    expected = 6 * (4 * generator - 5 * wide + 8 * critic - 2 * first)
    assert bench_shares.step_multiply_adds(model, batch) == expected
