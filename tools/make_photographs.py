"""Remake the package's photographs from scikit-image's wheel.

    python tools/make_photographs.py            write the files
    python tools/make_photographs.py --check    compare, write nothing; exit code 1 on a difference

Needs scikit-image (a tool for this step only; the package never imports it). The pixels are the
same with every version of it that holds the same pictures; the bytes of the PNGs depend on the
zlib at hand.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from make_data import Pair, array_sha256, npz_bytes, settle

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "photographs.npz"
RECORD = FOLDER / "photographs.json"
SOURCE = "scikit-image 0.26.0"


class Photograph(NamedTuple):
    """One picture of the wheel: its file, what is kept of it, and whose it is."""

    file: str
    crop: tuple[slice, slice]
    shrink: int  # so many pixels a side are averaged to one
    held_out: bool
    licence: str
    by: str
    shows: str


ALL = slice(None)
PHOTOGRAPHS = {
    "chelsea": Photograph(
        "chelsea.png", (ALL, ALL), 1, False, "CC0", "Stefan van der Walt", "a cat's face"
    ),
    "astronaut": Photograph(
        "astronaut.png", (ALL, ALL), 2, False, "public domain", "NASA",
        "the astronaut Eileen Collins",
    ),
    "rocket": Photograph(
        "rocket.jpg", (ALL, ALL), 2, False, "public domain", "SpaceX",
        "a rocket on its launch pad at dusk",
    ),
    "hubble": Photograph(
        "hubble_deep_field.jpg", (ALL, ALL), 4, False, "public domain", "NASA",
        "galaxies in a dark sky",
    ),
    "grass": Photograph("grass.png", (ALL, ALL), 2, False, "CC0", "linolafett", "grass"),
    "brick": Photograph("brick.png", (ALL, ALL), 2, False, "CC0", "CC0Textures", "a brick wall"),
    "camera": Photograph(
        "camera.png", (ALL, ALL), 1, True, "CC0", "Lav Varshney",
        "a man with a camera on a tripod",
    ),
    "coffee": Photograph(
        "coffee.png", (slice(40, 360), slice(100, 500)), 1, True, "CC0", "Rachel Michetti",
        "a cup of coffee on wood",
    ),
    "gravel": Photograph("gravel.png", (ALL, ALL), 2, True, "CC0", "CC0Textures", "gravel"),
}  # fmt: skip


def source(file: str) -> np.ndarray:
    """One picture of the wheel, uint8 ``[H, W]`` or ``[H, W, 3]``."""
    try:
        import skimage
    except ImportError:
        sys.exit("make_photographs needs scikit-image. Install it with: pip install scikit-image")
    path = Path(skimage.__file__).parent / "data" / file
    if not path.is_file():
        sys.exit(f"This scikit-image holds no data/{file}: the source has changed ({SOURCE} does).")
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L" if picture.mode == "L" else "RGB"))


def shrunk(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Squares of `factor` x `factor` pixels averaged to one, rounded; a rest at the edge goes."""
    if factor == 1:
        return pixels
    height, width = (size // factor for size in pixels.shape[:2])
    squares = pixels[: height * factor, : width * factor].astype(np.uint32)
    squares = squares.reshape(height, factor, width, factor, *pixels.shape[2:])
    area = factor * factor
    return ((squares.sum((1, 3)) + area // 2) // area).astype(np.uint8)


def collect() -> dict[str, np.ndarray]:
    """Every photograph as it is kept, uint8 ``[H, W]`` or ``[H, W, 3]``."""
    return {
        name: np.ascontiguousarray(shrunk(source(it.file)[it.crop], it.shrink))
        for name, it in PHOTOGRAPHS.items()
    }


def png(pixels: np.ndarray) -> np.ndarray:
    """A picture packed as PNG, uint8 ``[bytes]``."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return np.frombuffer(file.getvalue(), np.uint8)


def record_text(file: bytes, arrays: dict[str, np.ndarray]) -> str:
    """The record kept beside the file, as JSON."""
    about = [
        {
            "name": name,
            "split": "held_out" if it.held_out else "train",
            "size": list(arrays[name].shape[:2]),
            "channels": 1 if arrays[name].ndim == 2 else 3,
            "shows": it.shows,
            "licence": it.licence,
            "by": it.by,
            "source": f"{SOURCE}, data/{it.file}",
        }
        for name, it in PHOTOGRAPHS.items()
    ]
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_pixels": array_sha256(*arrays.values()),
        "bytes": len(file),
        "photographs": about,
        "licence": "CC0 or public domain, one by one in DATA_LICENSES.md",
        "made_by": "python tools/make_photographs.py",
    }
    return json.dumps(record, indent=2) + "\n"


def make() -> tuple[bytes, str]:
    """The file's bytes and the record's text, made afresh from the source."""
    arrays = collect()
    file = npz_bytes(**{name: png(pixels) for name, pixels in arrays.items()})
    return file, record_text(file, arrays)


def stored_pixels() -> dict[str, np.ndarray]:
    """The photographs of the stored file."""
    with np.load(FILE, allow_pickle=False) as packed:
        return {name: np.asarray(Image.open(io.BytesIO(packed[name].tobytes()))) for name in packed}


def stored_digest() -> str:
    """The sha256 of the pixels inside the stored file."""
    return array_sha256(*stored_pixels().values())


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's photographs.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args(arguments).check
    pair = Pair(FILE, RECORD, "sha256_of_pixels", stored_digest, "pixels", "pixels")
    return settle(pair, *make(), check=check)


if __name__ == "__main__":
    sys.exit(main())
