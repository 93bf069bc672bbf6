"""CIFAR-10 on request: 60,000 small colour photographs in ten classes.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", technical
report, University of Toronto, 2009. The archive is the "binary version", plain bytes: one
byte for the label, then 1,024 of red, of green and of blue, row by row. (The better-known
"python version" holds pickles, which may run code when they are opened.)
"""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from ..core import DataError, check_choice
from ..core.outside import MB, check_ordinary, refusing
from .digits import ImageSet
from .download import fetch

ARCHIVE = "cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"  # of the archive, as its authors' page states it
MIRRORS = (
    "https://www.cs.toronto.edu/~kriz",
    "https://cave.cs.toronto.edu/kriz",
    "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10",
)
INSIDE = "cifar-10-batches-bin"
FILES = {
    "train": [f"data_batch_{i}.bin" for i in range(1, 6)],
    "test": ["test_batch.bin"],
}
IMAGES = 10_000  # in one file
RECORD = 1 + 3 * 32 * 32  # bytes: a label and three colours
PACKED, UNPACKED = 180 * MB, 200 * MB  # more than the archive has
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
INSTEAD = "use data.emoji(), 1,873 colour pictures that need no network"


def cifar10(
    split: str = "train",
    *,
    cache: Path | str | None = None,
    progress: bool = True,
    mirrors: Sequence[str] | None = None,
) -> ImageSet:
    """Load CIFAR-10, downloading it (170 MB) the first time it is asked for.

    Later calls need no network. A damaged archive is fetched again; a transfer that broke
    off goes on where it stopped. Nothing is unpacked to disk and nothing is unpickled.
    Without a network use :func:`emoji`.

    Parameters
    ----------
    split : {"train", "test"}
        50,000 images (614 MB of memory) or 10,000 (123 MB).
    cache : Path or str, optional
        Folder for the archive; the user's own cache folder if None. For a class without
        internet, copy this folder from a machine that has the archive.
    progress : bool
        Show a progress bar while downloading.
    mirrors : sequence of str, optional
        Other addresses to put before the archive's name, tried in order.

    Returns
    -------
    ImageSet
        x float32 ``[N, 3, 32, 32]`` in [-1, 1], labels int64 ``[N]``: places in
        :func:`cifar10_names`.

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where the archive can neither be found nor downloaded, not be stored, or holds
        something else than its authors say.

    Examples
    --------
    >>> x, labels = cifar10("test")  # doctest: +SKIP
    >>> list(x.shape)  # doctest: +SKIP
    [10000, 3, 32, 32]
    """
    check_choice("split", split, FILES)
    folder = default_cache() if cache is None else cache
    mirrors = MIRRORS if mirrors is None else mirrors
    path = fetch(
        ARCHIVE,
        mirrors,
        MD5,
        at_most=PACKED,
        folder=folder,
        instead=INSTEAD,
        packed=False,
        progress=progress,
    )
    return read_archive(path, FILES[split])


def cifar10_names() -> list[str]:
    """The names of the ten classes; a label is a place in this list.

    >>> cifar10_names()[3]
    'cat'
    """
    return list(NAMES)


def default_cache() -> Path:
    """Return the folder that holds the archive where the caller names none."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("aigc-teach")) / "cifar10"


def read_archive(path: Path, names: Sequence[str]) -> ImageSet:
    """Read some of the archive's files, without unpacking them to disk.

    Parameters
    ----------
    path : Path
        The archive.
    names : sequence of str
        Its files, without their folder, in the order wanted.

    Returns
    -------
    ImageSet
        x float32 ``[N, 3, 32, 32]`` in [-1, 1], labels int64 ``[N]``.

    Raises
    ------
    DataError
        Where the archive cannot be read, lacks a file, or a file is no list of records.
    """
    x = torch.empty(len(names) * IMAGES, 3, 32, 32)
    labels = torch.empty(len(x), dtype=torch.int64)
    left = {f"{INSIDE}/{name}": i * IMAGES for i, name in enumerate(names)}  # where each begins
    check_ordinary(path)
    with (
        refusing(f"{path.name} cannot be read", remedy="Delete it to get it anew."),
        gzip.open(path) as unpacked,
        tarfile.open(fileobj=Bounded(unpacked, UNPACKED), mode="r|") as archive,
    ):
        for member in archive:  # one pass from the front
            if not left:
                break
            start = left.pop(member.name, None)
            if start is not None:
                part = slice(start, start + IMAGES)
                x[part], labels[part] = _records(archive.extractfile(member), member.name)
    if left:
        raise DataError(f"{path.name} lacks {', '.join(sorted(left))}.")
    return ImageSet(x, labels)


class Bounded:
    """A file that gives no more than so many bytes: a small archive may unpack to a huge one.

    >>> import io
    >>> Bounded(io.BytesIO(b"abcdef"), 4).read(3)
    b'abc'
    """

    def __init__(self, file: BinaryIO, at_most: int):
        self.file, self.left = file, at_most

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them."""
        if size > self.left:
            raise DataError("it unpacks to more than it should hold")
        block = self.file.read(size)
        self.left -= len(block)
        return block


def _records(file, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """One file's images ``[10000, 3, 32, 32]`` in [-1, 1] and labels ``[10000]``."""
    raw = b"" if file is None else file.read(IMAGES * RECORD + 1)
    if len(raw) != IMAGES * RECORD:
        raise DataError(
            f"{name} should hold {IMAGES} records of {RECORD} bytes; "
            f"it holds {'more' if len(raw) > IMAGES * RECORD else len(raw)} bytes."
        )
    records = np.frombuffer(raw, dtype=np.uint8).reshape(IMAGES, RECORD)
    if records[:, 0].max() > 9:
        raise DataError(f"{name} holds a label above 9: these are not CIFAR-10's records.")
    pixels = torch.from_numpy(records[:, 1:].astype(np.float32)).view(-1, 3, 32, 32)
    return pixels.div_(127.5).sub_(1), torch.from_numpy(records[:, 0].astype(np.int64))
