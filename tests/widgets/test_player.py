"""Player: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
import torch

from aigc_teach.core.errors import AigcError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.widgets import Player


def frames(t=5, n=4, c=1):
    return torch.rand(t, n, c, 6, 7, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("channels", [1, 3])
def test_the_page_gets_the_images(channels):
    x = frames(c=channels)
    film = Player(x)
    stored = np.frombuffer(zlib.decompress(film.data), np.uint8).reshape(film.shape)
    shown = torch.from_numpy(stored / 127.5 - 1).permute(0, 1, 4, 2, 3)  # [T, N, C, H, W]
    assert film.shape == [5, 4, 6, 7, channels]
    assert (shown - x).abs().max() <= 1 / 255 + 1e-6


def test_points_keep_their_places_and_the_reference_its_scale():
    points = torch.randn(3, 50, 2, generator=torch.Generator().manual_seed(0))
    film = Player(points, reference=torch.tensor([[9.0, -9.0]]))
    low, high = film.limits
    stored = np.frombuffer(zlib.decompress(film.data), "<u2").reshape(film.shape)
    shown = low + (high - low) * stored / 65535
    assert np.abs(shown - points.numpy()).max() < 1e-3
    assert high > 9 and len(film.backdrop) > 0


def test_an_iterable_of_frames_is_a_film():
    film = Player(frame for frame in frames())
    assert film.shape == [5, 4, 6, 7, 1]
    assert film.captions == [f"frame {t} of 5" for t in range(1, 6)]


def test_the_frame_stays_inside_the_film():
    film = Player(frames())
    assert film.frame == 4
    film.frame = 99
    assert film.frame == 4
    film.frame = -3
    assert film.frame == 0


def test_the_frames_given_are_not_changed():
    x = frames()
    before = x.clone()
    Player(x)
    assert x.equal(before)


def test_words_stand_beside_the_view():
    film = Player(frames(), title="Noise to digits")
    bundle = film._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"].startswith("Noise to digits. A film of 5 frames, each a grid of 4")
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (torch.rand(5, 4, 1, 6, 6) * 255, RangeError, "must lie in"),
        (torch.zeros(5, 4, 1, 6, 6, dtype=torch.uint8), DtypeError, "floating point"),
        (torch.zeros(4, 1, 6, 6), ShapeError, r"\[T, N, 1 or 3, H, W\]"),
        (torch.zeros(5, 4, 2, 6, 6), ShapeError, r"\[5, 4, 2, 6, 6\]"),
        (torch.full((5, 4, 1, 6, 6), float("nan")), RangeError, "NaN"),
        (torch.full((5, 4, 2), float("inf")), RangeError, "NaN or infinite"),
        (torch.zeros(0, 4, 1, 6, 6), DataError, "empty"),
        ([], DataError, "no frames"),
        ([torch.zeros(4, 2), torch.zeros(5, 2)], ShapeError, "same shape"),
        (torch.zeros(400, 100, 1, 28, 28), DataError, r"frames\[::2"),
    ],
)
def test_bad_frames_are_refused_in_words(bad, error, words):
    with pytest.raises(error, match=words):
        Player(bad)


@pytest.mark.parametrize(
    "options",
    [
        {"captions": ["one"]},
        {"columns": -1},
        {"frames_per_second": 0},
        {"reference": torch.zeros(3, 2)},
    ],
)
def test_bad_options_are_refused_in_words(options):
    with pytest.raises(AigcError):
        Player(frames(), **options)
