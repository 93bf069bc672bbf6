"""A picture of one's own: every kind is read and told, or a sentence says what to do."""

from __future__ import annotations

import io
import os
import struct
import zlib
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError

picture = partial(data.picture, low=0)
RED, GREEN = (255, 0, 0), (0, 255, 0)


def packed(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def halves(mode: str, left, right, size=(30, 20)) -> Image.Image:
    image = Image.new(mode, size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def test_a_picture_keeps_its_size_its_place_and_its_values(tmp_path):
    image = halves("RGB", RED, GREEN, (31, 17))
    image.save(tmp_path / "a.png")
    for source in (str(tmp_path / "a.png"), tmp_path / "a.png", packed(image)):
        x, changed = picture(source)
        assert x.shape == (3, 17, 31) and x.dtype == torch.float32 and changed == ()
        assert x[:, 0, 0].tolist() == [1, 0, 0] and x[:, 16, 30].tolist() == [0, 1, 0]
        assert x.is_contiguous()
    assert picture(bytearray(packed(image))).x.equal(x)
    assert data.picture(memoryview(packed(image))).x.equal(x * 2 - 1)  # the package's own range


@pytest.mark.parametrize(
    ("mode", "kind", "left", "right", "seen"),
    [
        ("L", "PNG", 0, 255, (0, 1)),
        ("1", "PNG", 0, 1, (0, 1)),
        ("CMYK", "TIFF", (0, 0, 0, 255), (0, 0, 0, 0), (0, 1)),
        ("I", "TIFF", 0, 65535, (0, 1)),
        ("LA", "PNG", (0, 255), (255, 255), (0, 1)),
        ("RGBA", "PNG", (0, 0, 0, 255), (0, 0, 0, 0), (0, 1)),
        ("P", "GIF", 0, 1, (0, 0)),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_becomes_grey_or_colour(mode, kind, left, right, seen, channels):
    image = halves(mode, left, right)
    if mode == "P":
        image.putpalette([0, 0, 0, 0, 0, 0])
    x, changed = picture(packed(image, kind), channels=channels)
    assert x.shape == (channels, 20, 30)
    assert (round(x[0, 9, 2].item(), 2), round(x[0, 9, 27].item(), 2)) == seen
    assert any("16 bits" in each for each in changed) == (mode == "I")
    assert any("white shows through" in each for each in changed) == (mode == "RGBA")


def test_16_bits_of_png_and_a_half_transparent_palette():
    deep = Image.fromarray(np.full((6, 5), 32768, np.uint16))
    x, changed = picture(packed(deep), channels=1)
    assert x.mean().item() == pytest.approx(0.5, abs=0.003) and "8" in changed[0]
    image = halves("P", 0, 1)
    image.putpalette([*RED, *GREEN])
    x, changed = picture(packed(image, "GIF", transparency=1))
    assert x[:, 5, 2].tolist() == [1, 0, 0] and x[:, 5, 27].tolist() == [1, 1, 1] and changed


def deep_png(kind: int, channels: int, value: int) -> bytes:
    """A PNG of 5 x 6 pixels with 16 bits a value; Pillow writes none in colour."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 5, 6, 16, kind, 0, 0, 0)
    rows = 6 * (b"\0" + 5 * channels * struct.pack(">H", value))
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("kind", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("seen", [1, 3])
def test_16_bits_of_colour_are_told_once(kind, channels, seen):
    x, changed = picture(deep_png(kind, channels, 0xFFFF), channels=seen)
    assert x.shape == (seen, 6, 5) and x.min() == 1
    assert changed == ("It had 16 bits a value; now it has 8.",)
    half = picture(deep_png(kind, channels, 0x8000)).x[0, 0, 0].item()
    on_white = 0.5 + 0.5 * (channels in (2, 4)) * 0.5  # its transparency is a half, too
    assert half == pytest.approx(on_white, abs=0.005)


def test_16_bits_of_portable_pixmaps_are_told():
    for bits, white in ((8, 255), (16, 65535)):
        _, changed = picture(b"P6 1 1 %d " % white + bytes(3 * bits // 8))
        assert any("16 bits" in each for each in changed) == (bits == 16)


@pytest.mark.parametrize("note", range(1, 9))
def test_a_turned_picture_stands_upright(note):
    upright = halves("RGB", RED, GREEN)
    stored = [None, None, *(getattr(Image.Transpose, name) for name in (
        "FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_90",
        "TRANSVERSE", "ROTATE_270"))]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = note
    image = upright.transpose(stored[note]) if note > 1 else upright
    x, changed = picture(packed(image, exif=exif))
    assert x.shape == (3, 20, 30) and x[0, 9, 2] == 1 and x[1, 9, 27] == 1
    assert bool(changed) == (note > 1)


def test_of_an_animation_the_first_frame():
    frames = [Image.new("RGB", (9, 8), colour) for colour in (RED, GREEN, GREEN)]
    x, changed = picture(packed(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert x[:, 0, 0].tolist() == [1, 0, 0] and changed == (
        "It has several frames; this is the first.",
    )


@pytest.mark.parametrize(
    ("size", "new"), [((5472, 3648), (1024, 683)), ((9000, 2), (1024, 1)), ((7, 2000), (4, 1024))]
)
def test_20_megapixels_and_strips_are_scaled_to_the_stated_longest(size, new):
    x, changed = picture(packed(Image.new("RGB", size, GREEN), "JPEG"))
    assert x.shape == (3, new[1], new[0])
    assert changed == (
        f"It was scaled from {size[0]} x {size[1]} to {new[0]} x {new[1]} pixels (width x height).",
    )
    assert picture(packed(Image.new("L", (1, 1)))).x.shape == (3, 1, 1)


def broken() -> dict[str, tuple[bytes, str]]:
    whole = packed(Image.effect_noise((64, 64), 50))
    floats = packed(Image.fromarray(np.full((4, 4), 0.5, np.float32)), "TIFF")
    return {
        "cut": (whole[: len(whole) // 2], "truncated|broken"),
        "page": (b"<html>404</html>", "no picture that Pillow knows"),
        "empty": (b"", "no picture that Pillow knows"),
        "floats": (floats, "fractions"),
        "signed": (packed(Image.new("I", (3, 3), -5), "TIFF"), "from -5 to -5"),
    }


@pytest.mark.parametrize("name", list(broken()))
def test_what_is_broken_says_what_to_do(name, tmp_path):
    content, words = broken()[name]
    with pytest.raises(DataError, match=f"^This picture cannot be used: .*({words}).*save it as"):
        picture(content)
    (tmp_path / "mine.jpg").write_bytes(content)
    with pytest.raises(DataError, match=r"^mine\.jpg cannot be used"):
        picture(tmp_path / "mine.jpg")


def test_what_claims_to_be_enormous_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("aigc_teach.data.opened.MOST_PIXELS", 100)
    with pytest.raises(DataError, match="it says that it has 80 x 80 pixels"):
        picture(packed(Image.new("L", (80, 80))))
    monkeypatch.setattr("aigc_teach.data.own_picture.LARGEST_FILE", 10)
    (tmp_path / "a.png").write_bytes(b"0" * 11)
    with pytest.raises(DataError, match="larger than the 10 bytes"):
        picture(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"source": "no such picture.png"}, DataError, "There is no picture: 'no such picture"),
        ({"source": os.curdir}, DataError, "A folder is no picture"),
        ({"source": 3}, DtypeError, "source=3 must be a path"),
        ({"channels": 4}, ChoiceError, "channels=4"),
        ({"low": 0.5}, ChoiceError, "low=0.5"),
        ({"longest": 0}, RangeError, "at least 1"),
        ({"longest": 10_000}, RangeError, "at most 8192"),
    ],
)
def test_what_cannot_be_is_said(arguments, error, words):
    with pytest.raises(error, match=words):
        picture(**{"source": packed(Image.new("L", (3, 3))), **arguments})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
@pytest.mark.timeout(20)
def test_a_pipe_does_not_wait(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DataError, match="A pipe is no picture"):
        picture(tmp_path / "a.png")
