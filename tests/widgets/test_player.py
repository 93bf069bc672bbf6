"""Player: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
import torch

from aigc_teach.core.errors import AigcError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.data import ByteTokenizer, CharacterTokenizer
from aigc_teach.models import CharRNN
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


def stored_texts(film: Player) -> list[list[str]]:
    return json.loads(zlib.decompress(film.data).decode("utf-8"))


def test_growing_texts_are_shown_by_the_same_player():
    letters = CharacterTokenizer("春眠不覺曉\U0001f600")
    rows = torch.tensor([letters.encode("春眠不覺曉"), letters.encode("曉\U0001f600春§眠")])
    film = Player([rows[:, :n] for n in range(1, 6)], tokenizer=letters, columns=1)
    assert film.kind == "text" and film.shape == [5, 2] and film.frame == 4
    assert stored_texts(film)[0] == ["春", "曉"]
    assert stored_texts(film)[4] == ["春眠不覺曉", "曉\U0001f600春\ufffd眠"]
    assert film.alt == "A film of 5 frames, each of 2 texts."
    halves = torch.tensor([list("月".encode())])
    film = Player([halves[:, :n] for n in (1, 2, 3)], tokenizer=ByteTokenizer())
    assert stored_texts(film) == [["\ufffd"], ["\ufffd"], ["月"]]


def test_the_trajectory_of_a_language_model_is_a_film():
    model = CharRNN(256, width=8, length=7)
    film = Player(model.trajectory(3), tokenizer=ByteTokenizer())
    assert film.shape == [7, 3]


@pytest.mark.parametrize(
    ("frames", "error", "words"),
    [
        ([torch.zeros(2, 3)], DtypeError, "frame 0 is torch.float32"),
        ([torch.zeros(3).long()], ShapeError, r"\[N, L\]"),
        ([torch.zeros(2, 1).long(), torch.zeros(3, 2).long()], ShapeError, "first has N = 2"),
        ([["a"]], DtypeError, "a list"),
        ([], DataError, "no frames"),
        ([torch.full((1, 2), 300)], RangeError, "300 is no id"),
    ],
)
def test_bad_tokens_are_refused_in_words(frames, error, words):
    with pytest.raises(error, match=words):
        Player(frames, tokenizer=ByteTokenizer())


def test_tokens_without_a_tokenizer_are_told_what_they_need():
    with pytest.raises(DtypeError, match="tokens need tokenizer"):
        Player(torch.zeros(3, 2, 4).long())
    with pytest.raises(DtypeError, match="decode"):
        Player([torch.zeros(2, 1).long()], tokenizer="letters")
    with pytest.raises(DataError, match="images or texts"):
        Player([torch.zeros(2, 1).long()], tokenizer=ByteTokenizer(), reference=torch.zeros(3, 2))
