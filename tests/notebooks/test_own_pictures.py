"""A reader's own picture, put in as the lesson says it: every shape goes through or is a sentence.

The line to write is read from the lesson's prose, and takes the place of the line that begins alike
in its code.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from PIL import Image

from aigc_teach.core import ShapeError
from lessons.source import Lesson, read_lesson, sections

BOOK = Path(__file__).resolve().parents[2] / "book" / "05_images"
OFFERED = re.compile(r"`((\w+) = [^`]*data\.picture\([^`]*)`")
# How far a lesson goes with the reader's picture: the sections whose code uses it.
SECTIONS = {
    "01_restore_and_inpaint": (
        "Set-up",
        "From nothing: two measures",
        "Take the noise out",
        "Holes in photographs",
    ),
    "02_super_resolution": (
        "Set-up",
        "Shrink and enlarge",
        "A fair measure",
        "From nothing: a network for what is missing",
    ),
    "03_style_transfer": (
        "Set-up",
        "Two measures, before any method",
        "Colours: three methods that move no edge",
        "From nothing: sorting is the whole plan",
        "Pixels that walk towards the style",
    ),
}
PORTRAIT = (301, 397)  # odd sides, width x height


def code_with_own_picture(lesson: Lesson, side: int) -> list[str]:
    """The code of the lesson's sections, cell by cell, with the offered line in its place.

    `side` stands there instead of 256.
    """
    prose = "\n".join(part.prose for part in sections(lesson))
    ((offered, name),) = OFFERED.findall(prose)
    offered = offered.replace("256", str(side))
    named = {part.title: part.code for part in sections(lesson)}
    cells = [cell.text for title in SECTIONS[lesson.path.stem] for cell in named[title]]
    pattern, put_in = re.compile(rf"^{name} = .*$", re.MULTILINE), 0
    for k, text in enumerate(cells):
        cells[k], found = pattern.subn(lambda _: offered, text)
        put_in += found
    assert put_in == 1, f"`{name} = ...` stands in {put_in} places of the lesson's code"
    return cells


def through(
    stem: str, picture: Image.Image, folder: Path, patch, *, side: int = 256, cells=None
) -> dict:
    """Run the lesson's first `cells` on `picture` in `folder`; return the names that are left."""
    picture.save(folder / "mine.jpg")
    patch.chdir(folder)
    patch.setenv("AIGC_BUDGET", "ci")
    names: dict = {}
    for text in code_with_own_picture(read_lesson(BOOK / f"{stem}.md"), side)[:cells]:
        exec(compile(text, stem, "exec"), names)
    return names


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 60).convert("RGB")


def test_a_portrait_of_odd_sides_is_restored(tmp_path, monkeypatch):
    found = through("01_restore_and_inpaint", noise(PORTRAIT), tmp_path, monkeypatch, cells=1)
    assert found["true"].shape == (1, 1, 256, 256)


def test_a_small_picture_is_restored_in_a_smaller_square(tmp_path, monkeypatch):
    small = noise((103, 77))
    found = through("01_restore_and_inpaint", small, tmp_path, monkeypatch, side=72)
    assert found["true"].shape == (1, 1, 72, 72)
    assert all(x.shape == (1, 1, 72, 72) for x in found["results"].values())
    assert all(v > 0 for v in found["scores"].values())
    assert {how for _, how in found["in_holes"]} == {"biharmonic", "U-Net", "mean"}


def test_a_portrait_of_odd_sides_is_enlarged(tmp_path, monkeypatch):
    found = through("02_super_resolution", noise(PORTRAIT), tmp_path, monkeypatch)
    assert found["camera"].shape == found["by_net"].shape == (1, 1, 256, 256)
    assert found["shown"].shape == (5, 1, 192, 192)


@pytest.mark.parametrize("size", [PORTRAIT, (5, 3), (900, 11)])
def test_a_picture_of_any_size_is_painted(size, tmp_path, monkeypatch):
    found = through("03_style_transfer", noise(size), tmp_path, monkeypatch)
    assert found["content"].shape == (1, 3, 32, 32)
    assert all(torch.isfinite(x).all() for x in found["stages"])


@pytest.mark.parametrize(
    ("stem", "cells"), [("01_restore_and_inpaint", 1), ("02_super_resolution", None)]
)
def test_a_tiny_picture_is_refused_with_what_to_do(stem, cells, tmp_path, monkeypatch):
    words = r"of 90 x 120 pixels has no middle of 256 x 256\. Take a larger picture, or side=90"
    with pytest.raises(ShapeError, match=words):
        through(stem, noise((120, 90)), tmp_path, monkeypatch, cells=cells)
