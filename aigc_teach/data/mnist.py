"""The full MNIST set, on request: 60,000 digits to learn from, 10,000 to judge with.

Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten
digits"; the files' IDX format is the one described there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ..core import DataError, check_choice
from ..core.outside import read_bounded, refusing
from .digits import ImageSet, to_images
from .download import fetch

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://raw.githubusercontent.com/fgnt/mnist/master",
)
# Of each split: the images' file and the labels' file, each with the md5 of its unpacked bytes.
FILES = {
    "train": {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    },
    "test": {
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
}
LARGEST = 16 + 60_000 * 28 * 28  # bytes of the largest of them, unpacked
INSTEAD = "use data.digits(), 5,000 real digits that need no network"


def mnist(
    split: str = "train",
    *,
    cache: Path | str | None = None,
    progress: bool = True,
    mirrors: Sequence[str] | None = None,
) -> ImageSet:
    """Load the full MNIST set, downloading it (10 MB) the first time it is asked for.

    Later calls need no network. A damaged cached file is fetched again; a transfer that
    broke off goes on where it stopped. Without a network use :func:`digits`.

    Parameters
    ----------
    split : {"train", "test"}
        60,000 or 10,000 images.
    cache : Path or str, optional
        Folder for the files; the user's own cache folder if None. For a class without
        internet, copy this folder from a machine that has the files.
    progress : bool
        Show a progress bar while downloading.
    mirrors : sequence of str, optional
        Other addresses to download from, tried in order.

    Returns
    -------
    ImageSet
        x float32 ``[N, 1, 28, 28]`` in [-1, 1], labels int64 ``[N]``.

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where the files can neither be found nor downloaded, or not be stored.

    Examples
    --------
    >>> x, labels = mnist("test")  # doctest: +SKIP
    >>> list(x.shape)  # doctest: +SKIP
    [10000, 1, 28, 28]
    """
    check_choice("split", split, FILES)
    folder = default_cache() if cache is None else cache
    mirrors = MIRRORS if mirrors is None else mirrors
    images, labels = (
        read_idx(
            fetch(
                name,
                mirrors,
                md5,
                at_most=LARGEST,
                folder=folder,
                instead=INSTEAD,
                progress=progress,
            )
        )
        for name, md5 in FILES[split].items()
    )
    return as_image_set(images, labels)


def as_image_set(images: np.ndarray, labels: np.ndarray) -> ImageSet:
    """Bytes ``[N, 28, 28]`` and ``[N]`` as images with labels, or a sentence if they are not so."""
    if images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
        raise DataError(
            f"Images {list(images.shape)} and labels {list(labels.shape)} do not belong together; "
            "[N, 28, 28] and [N] are needed."
        )
    if len(labels) and labels.max() > 9:
        raise DataError(f"A label is {labels.max()}; digits go from 0 to 9.")
    return ImageSet(to_images(images), torch.from_numpy(labels.astype(np.int64)))


def default_cache() -> Path:
    """Return the folder that holds MNIST where the caller names none."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("aigc-teach")) / "mnist"


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file of bytes.

    Its header is two zeros, the type (8: unsigned byte), the number of axes D, and D
    sizes, each of four bytes, the most significant first; then come the values.

    Parameters
    ----------
    path : Path
        The unpacked file.

    Returns
    -------
    numpy.ndarray
        uint8 with D axes: ``[N, 28, 28]`` for images, ``[N]`` for labels. Read-only.

    Raises
    ------
    DataError
        Where the file is no IDX file of bytes, or is shorter or longer than its header says,
        or has more than three axes.
    """
    with refusing(f"{path.name} cannot be read"):
        raw = read_bounded(path, LARGEST)
    start = 4 + 4 * raw[3] if len(raw) > 3 else 4
    if raw[:3] != b"\0\0\x08" or len(raw) < start:
        raise DataError(f"{path.name} is not an IDX file of bytes.")
    if raw[3] not in (1, 2, 3):
        raise DataError(f"{path.name} announces {raw[3]} axes; labels have 1, images 3.")
    shape = [int(size) for size in np.frombuffer(raw[4:start], dtype=">u4")]
    values = np.frombuffer(raw, dtype=np.uint8)[start:]
    if len(values) != math.prod(shape):  # whole numbers of Python's: they do not overflow
        raise DataError(f"{path.name} announces {shape} bytes, but {len(values)} follow.")
    with refusing(f"{path.name} announces {shape}"):  # 0 x 4294967295 x 4294967295 makes 0, too
        return values.reshape(shape)
