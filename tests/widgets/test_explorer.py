"""LatentExplorer: what it exports, its planes, and what it refuses in words."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
import torch
from torch import nn

from aigc_teach.core.errors import AigcError, ChoiceError, DtypeError, RangeError, ShapeError
from aigc_teach.widgets import LatentExplorer
from aigc_teach.widgets.export import MOST_BYTES, export_network
from widgets.networks import build


def small(inputs=2, *last):
    return nn.Sequential(nn.Linear(inputs, 16), nn.Unflatten(1, (1, 4, 4)), *last)


@pytest.mark.parametrize(("name", "most"), [("dcgan", 560_000), ("dense", 650_000)])
def test_weights_are_small(name, most):
    network, latents, classes, _ = build(name)
    page = export_network(network, latents + classes)
    assert len(page.weights) < most < MOST_BYTES
    assert "affine" not in [layer["kind"] for layer in page.layers], "batch norms were not folded"


def test_export_leaves_the_network_alone():
    network, latents, classes, output = build("dcgan")
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    LatentExplorer(network, latent_size=latents, n_classes=classes, output=output)
    assert all(module.training for module in network.modules())
    assert all(before[name].equal(value) for name, value in network.state_dict().items())


def test_two_latents_are_the_plane_itself():
    explorer = LatentExplorer(small(), latent_size=2)
    assert explorer.origin == [0, 0]
    assert explorer.axes == [[1, 0], [0, 1]]


def test_many_latents_give_a_typical_plane():
    explorer = LatentExplorer(small(64), latent_size=64)
    axes = torch.tensor(explorer.axes)
    assert (axes @ axes.T - torch.eye(2)).abs().max() < 1e-5
    assert 5 < torch.tensor(explorer.origin).norm() < 11  # the typical length is 8
    again = LatentExplorer(small(64), latent_size=64)
    other = LatentExplorer(small(64), latent_size=64, seed=1)
    assert again.axes == explorer.axes and other.axes != explorer.axes


def test_points_reach_the_page():
    points = torch.randn(9000, 2)
    labels = torch.arange(9000) % 10
    explorer = LatentExplorer(small(), latent_size=2, points=points, point_labels=labels)
    shown = np.frombuffer(zlib.decompress(explorer.points), "<f4").reshape(-1, 2)
    digits = np.frombuffer(zlib.decompress(explorer.point_labels), np.uint8)
    assert len(shown) == len(digits) == 3000  # every third
    assert np.array_equal(shown, points[::3].numpy())
    assert np.array_equal(digits, labels[::3].numpy())


class Unknown(nn.Module):
    def forward(self, x):
        return x


@pytest.mark.parametrize(
    ("network", "options", "error", "words"),
    [
        (nn.Linear(2, 16), {}, DtypeError, "nn.Sequential"),
        (small(2, Unknown()), {}, AigcError, "cannot run a Unknown"),
        (nn.Sequential(nn.Linear(2, 16)), {}, ShapeError, "nn.Unflatten"),
        (small(3), {}, ShapeError, "latent_size"),
        (small(2, nn.Upsample(scale_factor=2, mode="bilinear")), {}, AigcError, "nearest"),
        (small(2, nn.Conv2d(1, 1, 3, padding=2, dilation=2)), {}, AigcError, "dilation=1"),
        (nn.Sequential(nn.Linear(2, 900_000)), {}, AigcError, "at most 1 MB"),
        (small(), {"output": "picture"}, ChoiceError, "'image', 'logits'"),
        (small(), {"reach": 0.0}, RangeError, "positive"),
        (small(), {"n_classes": 11}, RangeError, "10"),
        (small(), {"origin": torch.zeros(3)}, ShapeError, r"\[2, 2\]"),
        (small(), {"points": torch.zeros(4, 3)}, ShapeError, r"\[M, 2\]"),
        (small(), {"points": torch.full((4, 2), float("nan"))}, RangeError, "NaN"),
        (small(), {"point_labels": torch.zeros(4)}, ShapeError, "without"),
        (
            small(),
            {"points": torch.zeros(4, 2), "point_labels": torch.zeros(4)},
            DtypeError,
            "whole numbers",
        ),
        (
            small(),
            {"points": torch.zeros(4, 2), "point_labels": torch.full((4,), 12)},
            RangeError,
            "between 0 and 9",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_words(network, options, error, words):
    with pytest.raises(error, match=words):
        LatentExplorer(network, **{"latent_size": 2, **options})


def test_logits_taken_for_an_image_are_noticed():
    network = small()
    with torch.no_grad():
        network[0].bias.fill_(-14)
    with pytest.raises(RangeError, match="output='logits'"):
        LatentExplorer(network, latent_size=2)
    LatentExplorer(network, latent_size=2, output="logits")


def test_broken_weights_are_noticed():
    network = small()
    with torch.no_grad():
        network[0].weight[0, 0] = float("nan")
    with pytest.raises(RangeError, match="NaN"):
        LatentExplorer(network, latent_size=2)
