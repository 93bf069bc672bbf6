"""The mark of a synthetic picture: written, read, kept by a copy, lost by saving again."""

from __future__ import annotations

import io
import shutil
import warnings

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from aigc_teach import data
from aigc_teach.core import (
    ChoiceError,
    DataError,
    DtypeError,
    FileWriteError,
    RangeError,
    ShapeError,
    make_generator,
)
from aigc_teach.data.marked import with_mark


def picture(channels=3, low=-1):
    x = torch.rand(channels, 9, 7, generator=make_generator(0))
    return x * (1 - low) + low


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("low", [-1, 0])
def test_pixels_and_mark_come_back(tmp_path, channels, low):
    x = picture(channels, low)
    data.save_synthetic(tmp_path / "a.png", x, model="diffusion (猫)", seed=7, low=low)
    again = data.picture(tmp_path / "a.png", channels=channels, low=low).x
    assert (again - x).abs().max() <= (1 - low) / 255 / 2 + 1e-6
    assert data.synthetic_mark(tmp_path / "a.png") == {
        "synthetic": "made by aigc-teach",
        "model": "diffusion (猫)",
        "seed": 7,
    }
    with Image.open(tmp_path / "a.png") as opened:
        assert "made by aigc-teach" in opened.text["synthetic"]  # other programs see it, too


def test_the_mark_survives_a_copy_and_is_gone_when_saved_again(tmp_path):
    data.save_synthetic(tmp_path / "a.png", picture()[None])
    shutil.copy(tmp_path / "a.png", tmp_path / "b.png")
    assert data.synthetic_mark((tmp_path / "b.png").read_bytes()) == {
        "synthetic": "made by aigc-teach"
    }
    for name in ("c.png", "c.jpg"):
        with Image.open(tmp_path / "b.png") as opened:
            opened.save(tmp_path / name)
        assert data.synthetic_mark(tmp_path / name) is None
    with Image.open(tmp_path / "b.png") as old, Image.open(tmp_path / "c.png") as new:
        assert np.array_equal(np.asarray(old), np.asarray(new))  # and nobody sees a difference


def test_a_mark_is_put_into_a_file_without_touching_the_rest(tmp_path):
    frames = [Image.new("RGB", (9, 7), (k, 0, 0)) for k in (10, 20)]
    file = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "a program")
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:], pnginfo=info)
    marked = with_mark(file.getvalue(), "VAE", 3)
    assert data.synthetic_mark(marked) == {
        "synthetic": "made by aigc-teach", "model": "VAE", "seed": 3,
    }  # fmt: skip
    assert marked[:33] == file.getvalue()[:33] and marked.endswith(file.getvalue()[33:])
    with Image.open(io.BytesIO(marked)) as opened:
        assert opened.n_frames == 2 and opened.info["Software"] == "a program"
    assert with_mark(marked, "another") == marked  # the first mark stays
    with pytest.raises(DataError, match="no PNG"):
        jpeg = io.BytesIO()
        frames[0].save(jpeg, "JPEG")
        with_mark(jpeg.getvalue())


@pytest.mark.parametrize("text", ["", "yes", "[1]", '{"by": 3}', "[" * 10_000, "{"])
def test_some_other_programs_chunk_is_no_mark(text):
    info = PngImagePlugin.PngInfo()
    info.add_text("synthetic", text)
    file = io.BytesIO()
    Image.new("L", (3, 3)).save(file, "PNG", pnginfo=info)
    assert data.synthetic_mark(file.getvalue()) is None


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"x": torch.zeros(2, 3, 4, 4)}, ShapeError, "one by one"),
        ({"x": torch.zeros(2, 4, 4)}, ShapeError, "1 or 3 channels"),
        ({"x": torch.full((1, 4, 4), 3.0)}, RangeError, r"\[-1, 1\]"),
        ({"x": torch.full((1, 4, 4), -1.0), "low": 0}, RangeError, r"\[0, 1\]"),
        ({"x": [1]}, DtypeError, "torch.Tensor"),
        ({"low": 0.5}, ChoiceError, "low=0.5"),
        ({"model": 3}, DtypeError, "model must be text"),
        ({"seed": -1}, RangeError, "seed=-1"),
        ({"path": "no/such/folder/a.png"}, FileWriteError, "folder does not exist"),
    ],
)
def test_what_cannot_be_is_a_sentence(tmp_path, options, error, words):
    given = {"path": tmp_path / "a.png", "x": picture(), **options}
    with pytest.raises(error, match=words):
        data.save_synthetic(given.pop("path"), given.pop("x"), **given)
    assert not list(tmp_path.iterdir())


def test_what_is_no_picture():
    with pytest.raises(DataError, match="no picture that Pillow knows.*save it as"):
        data.synthetic_mark(b"hello")
    with pytest.raises(DataError, match="There is no picture"):
        data.synthetic_mark("no such.png")


def test_a_picture_in_the_other_range_is_warned_of(tmp_path):
    x = torch.rand(3, 6, 6, generator=torch.Generator().manual_seed(0))
    with pytest.warns(UserWarning, match="low=0"):
        data.save_synthetic(tmp_path / "a.png", x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.save_synthetic(tmp_path / "a.png", x, low=0)
        data.save_synthetic(tmp_path / "a.png", 2 * x - 1)
