"""A folder of pictures as people have them: every kind is read, or told why not."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError

RED, GREEN = (255, 0, 0), (0, 255, 0)


def split(mode: str, left, right, size=(40, 40)) -> Image.Image:
    """A picture of two halves."""
    picture = Image.new(mode, size, left)
    picture.paste(right, (size[0] // 2, 0, size[0], size[1]))
    return picture


def only(path, **options) -> torch.Tensor:
    """The one picture of a folder, ``[C, 8, 8]``."""
    pictures = data.folder(path, 8, **options)
    assert pictures.skipped == {} and len(pictures.x) == 1
    return pictures.x[0]


def test_red_left_and_green_right_stay_there(tmp_path):
    split("RGB", RED, GREEN).save(tmp_path / "a.png")
    x = only(tmp_path)
    assert x.dtype == torch.float32 and x.shape == (3, 8, 8)
    assert x[:, 4, 0].tolist() == [1, -1, -1] and x[:, 4, 7].tolist() == [-1, 1, -1]


@pytest.mark.parametrize(
    ("mode", "left", "right", "seen"),
    [
        ("L", 0, 255, (-1, 1)),
        ("1", 0, 1, (-1, 1)),
        ("RGB", (0, 0, 0), (255, 255, 255), (-1, 1)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0, 0), (-1, 1)),
        ("I;16", 0, 65535, (-1, 1)),
        ("I", 0, 65535, (-1, 1)),
        ("LA", (0, 255), (255, 255), (-1, 1)),
        ("RGBA", (0, 0, 0, 255), (0, 0, 0, 0), (-1, 1)),  # the ground, white, shows through
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_becomes_grey_or_colour(tmp_path, mode, left, right, seen, channels):
    if mode == "I;16":
        values = np.zeros((40, 40), np.uint16)
        values[:, 20:] = right
        Image.fromarray(values).save(tmp_path / "a.png")
    else:
        suffix = "tif" if mode in ("CMYK", "I") else "png"
        split(mode, left, right).save(tmp_path / f"a.{suffix}")
    x = only(tmp_path, channels=channels)
    assert x.shape == (channels, 8, 8)
    assert (round(x[0, 4, 0].item(), 2), round(x[0, 4, 7].item(), 2)) == seen


def test_a_middle_grey_of_16_bits_is_a_middle_grey(tmp_path):
    Image.fromarray(np.full((40, 40), 32768, np.uint16)).save(tmp_path / "a.png")
    assert only(tmp_path, channels=1).mean().item() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("ground", [-1.0, 0.0, 1.0])
def test_what_is_transparent_shows_the_ground(tmp_path, ground):
    picture = split("RGBA", (255, 0, 0, 255), (9, 9, 9, 0))
    picture.save(tmp_path / "a.png")
    assert only(tmp_path, ground=ground)[:, 4, 7].tolist() == pytest.approx([ground] * 3, abs=0.01)


def test_a_palette_with_a_transparent_colour(tmp_path):
    picture = split("P", 0, 1)
    picture.putpalette([*RED, *GREEN])
    picture.save(tmp_path / "a.gif", transparency=1)
    x = only(tmp_path)
    assert x[:, 4, 0].tolist() == [1, -1, -1] and x[:, 4, 7].tolist() == [1, 1, 1]


@pytest.mark.parametrize("note", range(1, 9))
def test_a_turned_picture_stands_upright(tmp_path, note):
    """All eight EXIF notes: what a viewer shows is what a model gets."""
    upright = split("RGB", RED, GREEN)
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    picture = upright.transpose(stored[note]) if note > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = note
    picture.save(tmp_path / "a.png", exif=exif)
    pictures = data.folder(tmp_path, 8)
    assert pictures.x[0, 0, 4, 0] > 0.9 and pictures.x[0, 1, 4, 7] > 0.9
    assert ("were turned as their EXIF note says" in pictures.changed) == (note > 1)


def test_of_an_animation_the_first_frame(tmp_path):
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, GREEN, GREEN)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    pictures = data.folder(tmp_path, 8)
    assert pictures.x[0, :, 0, 0].tolist() == [1, -1, -1]
    assert pictures.changed == {"are the first frame of several": 1}


@pytest.mark.parametrize(
    ("fit", "corner", "middle_edge"),
    [("crop", "red", "red"), ("pad", "ground", "red"), ("stretch", "blue", "red")],
)
def test_what_is_not_square(tmp_path, fit, corner, middle_edge):
    """A wide red picture between two blue ends."""
    picture = Image.new("RGB", (80, 20), (0, 0, 255))
    picture.paste(RED, (20, 0, 60, 20))
    picture.save(tmp_path / "a.png")
    x = only(tmp_path, fit=fit, ground=0.0)
    colours = {"red": [1, -1, -1], "blue": [-1, -1, 1], "ground": [0, 0, 0]}
    assert x[:, 0, 0].tolist() == pytest.approx(colours[corner], abs=0.02)
    assert x[:, 4, 4].tolist() == pytest.approx(colours[middle_edge], abs=0.02)


def test_broken_files_are_told_and_the_others_loaded(tmp_path):
    Image.effect_noise((64, 64), 50).save(tmp_path / "good.png")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "page.jpg").write_text("<html>404</html>")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("names of the cats")
    (tmp_path / ".hidden.png").write_bytes(b"x")
    Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(tmp_path / "floats.tif")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
    pictures = data.folder(tmp_path, 8, channels=1)
    assert [file.name for file in pictures.files] == ["good.png"]
    told = {file.name: why for file, why in pictures.skipped.items()}
    pipes = {"pipe.png"} if hasattr(os, "mkfifo") else set()
    assert set(told) == {"cut.png", "page.jpg", "empty.png", "notes.txt", "floats.tif"} | pipes
    assert told["page.jpg"] == "it is no picture that Pillow knows"
    assert "fractions" in told["floats.tif"]
    report = pictures.report()
    assert "1 pictures of 8 x 8, grey." in report and "cut.png" in report


def test_a_file_that_claims_to_be_enormous_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("aigc_teach.data.opened.MOST_PIXELS", 100)
    Image.new("L", (8, 8)).save(tmp_path / "small.png")
    Image.new("L", (80, 80)).save(tmp_path / "vast.png")
    (why,) = data.folder(tmp_path, 8, channels=1).skipped.values()
    assert why == "it says that it has 80 x 80 pixels"


def test_subfolders_are_classes_whatever_their_script(tmp_path):
    for place in ("猫", "dogs/young", "dogs"):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(tmp_path / place / "bild ä.png")
    pictures = data.folder(tmp_path, 8)
    assert pictures.classes == ["dogs", "猫"] and pictures.labels.tolist() == [0, 0, 1]
    assert "Classes: dogs (2), 猫 (1)." in pictures.report()


def test_it_feeds_batches(tmp_path):
    for k in range(6):
        Image.new("RGB", (9, 9), (40 * k, 0, 0)).save(tmp_path / f"{k}.png")
    pictures = data.folder(tmp_path, 8)
    batch = next(iter(data.Batches(pictures.x, pictures.labels, batch_size=4)))
    assert batch[0].shape == (4, 3, 8, 8)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"path": "no such folder"}, DataError, "There is no folder of pictures: 'no such folder'"),
        ({"path": __file__}, DataError, "A file is no folder of pictures"),
        ({"path": "9" * 300}, DataError, "cannot be looked at: File name too long"),
        ({"path": 3}, DtypeError, "must be a path"),
        ({"size": 0}, RangeError, "size=0 is too small"),
        ({"size": 5000}, RangeError, "too large"),
        ({"channels": 4}, ChoiceError, "channels=4 is not known"),
        ({"fit": "squash"}, ChoiceError, "crop"),
        ({"ground": 255}, RangeError, "from -1"),
        ({}, DataError, "no file at all"),
    ],
)
def test_what_cannot_be_is_said(tmp_path, options, error, words):
    with pytest.raises(error, match=words):
        data.folder(**{"path": tmp_path, **options})


def test_a_folder_without_a_picture_says_what_is_there(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DataError, match=r"a\.txt: it is no picture"):
        data.folder(tmp_path)
