"""Read the arrays of an .npz that came from outside: never more than was announced.

An .npz is a ZIP archive of .npy files. Both say in a header how large they are, and both may
lie: a megabyte of ZIP unpacks to a gigabyte, and a shape of a line asks for all of memory. So
the caller says which shape is right, and only its bytes are unpacked.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np

from ..core import DataError
from ..core.outside import refusing

Shape = Sequence[int | None]


def read_npz(
    content: bytes, shapes: Mapping[str, Shape], *, name: str, at_most: int, kinds: str = "u"
) -> dict[str, np.ndarray]:
    """The arrays of an .npz, each of the shape it should have.

    Parameters
    ----------
    content : bytes
        The file.
    shapes : mapping of str to sequence of (int or None)
        Of each array wanted; None in a place allows any size there.
    name : str
        The file's, for the sentence.
    at_most : int
        Bytes that one array may have.
    kinds : str
        Which of NumPy's kinds of type are allowed: u for unsigned whole numbers, S for bytes.

    Raises
    ------
    DataError
        Where it is no .npz, is encrypted, lacks an array, or one is of another shape or kind.

    Examples
    --------
    >>> file = io.BytesIO()
    >>> np.savez(file, images=np.zeros((6, 28, 28), np.uint8))
    >>> read_npz(file.getvalue(), {"images": (6, 28, 28)}, name="a", at_most=9999)["images"].shape
    (6, 28, 28)
    """
    with refusing(f"{name} cannot be read"), zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            array: _read_array(archive, array, shape, at_most, kinds)
            for array, shape in shapes.items()
        }


def _read_array(
    archive: zipfile.ZipFile, name: str, wanted: Shape, at_most: int, kinds: str
) -> np.ndarray:
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise DataError(f"{name} has format {version}, not (1, 0)")
        shape, by_columns, kind = np.lib.format.read_array_header_1_0(file)
        size = math.prod(shape) * kind.itemsize
        if not fits(shape, wanted) or by_columns or kind.kind not in kinds or size > at_most:
            raise DataError(f"{name} is {kind} {list(shape)}, not {list(wanted)}")
        values = file.read(size + 1)  # to the end, where ZIP's own checksum is compared
    if len(values) != size:
        raise DataError(f"{name} holds more or fewer bytes than its header says")
    return np.frombuffer(values, dtype=kind).reshape(shape)


def fits(shape: Shape, wanted: Shape) -> bool:
    """Whether a shape is the one wanted, None standing for any size.

    >>> fits((5, 28), (None, 28)), fits((5, 28), (28,))
    (True, False)
    """
    return len(shape) == len(wanted) and all(
        want in (None, size) for size, want in zip(shape, wanted, strict=True)
    )
