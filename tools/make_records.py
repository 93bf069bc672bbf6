"""Remake the package's records from scikit-learn's copy of the breast-cancer table.

    python tools/make_records.py            write the files
    python tools/make_records.py --check    compare, write nothing

Needs scikit-learn (for this step only; the package never imports it). Every number is stored as
a whole number and how many decimals it has, so nothing is rounded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from functools import partial
from pathlib import Path

import numpy as np

from make_data import Pair, array_sha256, npz_bytes, settle, stored_sha256

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "records.npz"
RECORD = FOLDER / "records.json"
SOURCE = "scikit-learn, sklearn.datasets.load_breast_cancer(): Wisconsin Diagnostic Breast Cancer"
ROWS, COLUMNS = 569, 30
MOST_DECIMALS = 7


def source() -> tuple[np.ndarray, np.ndarray]:
    """The table of scikit-learn: float64 ``[569, 30]``, and 1 for malignant, ``[569]``."""
    try:
        from sklearn.datasets import load_breast_cancer
    except ImportError:
        sys.exit("make_records needs scikit-learn. Install it with: pip install scikit-learn")
    bunch = load_breast_cancer()
    if bunch.data.shape != (ROWS, COLUMNS) or list(bunch.target_names) != ["malignant", "benign"]:
        sys.exit("scikit-learn's table has other rows, columns or names: the source has changed.")
    return bunch.data, (bunch.target == 0).astype(np.uint8)


def arrays_of(numbers: np.ndarray, malignant: np.ndarray) -> dict[str, np.ndarray]:
    """``whole`` int32 ``[569, 30]``, ``decimals`` uint8 ``[30]``, ``malignant`` uint8 ``[569]``."""
    decimals = np.zeros(numbers.shape[1], dtype=np.uint8)
    whole = np.zeros(numbers.shape, dtype=np.int32)
    for column, values in enumerate(numbers.T):
        for places in range(MOST_DECIMALS + 1):
            whole[:, column] = np.rint(values * 10.0**places)
            if np.array_equal(whole[:, column] / 10.0**places, values):
                decimals[column] = places
                break
        else:
            sys.exit(f"Column {column} has a number with more than {MOST_DECIMALS} decimals.")
    return {"whole": whole, "decimals": decimals, "malignant": malignant}


def record_text(file: bytes, arrays: dict[str, np.ndarray]) -> str:
    """The record kept beside the file, as JSON."""
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_arrays": array_sha256(*arrays.values()),
        "bytes": len(file),
        "rows": ROWS,
        "source": SOURCE,
        "licence": "CC BY 4.0, see DATA_LICENSES.md",
        "made_by": "python tools/make_records.py",
    }
    return json.dumps(record, indent=2) + "\n"


def make() -> tuple[bytes, str]:
    """The file's bytes and the record's text, made afresh from the source."""
    arrays = arrays_of(*source())
    file = npz_bytes(**arrays)
    return file, record_text(file, arrays)


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's records.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    pair = Pair(FILE, RECORD, "sha256_of_arrays", partial(stored_sha256, FILE), "arrays", "numbers")
    return settle(pair, *make(), check=given.check)


if __name__ == "__main__":
    sys.exit(main())
