"""Remake the package's copy of a published sorting GPT from its two files, bit for bit.

    python tools/make_sorting_gpt.py MODEL.json PARTIALS.json            write the file
    python tools/make_sorting_gpt.py MODEL.json PARTIALS.json --check    compare, write nothing

Both come from https://github.com/bbycroft/llm-viz, folder ``public``:
``gpt-nano-sort-model.json`` and ``gpt-nano-sort-t0-partials.json``.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from make_data import array_sha256, npz_bytes, write_pair

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "sorting_gpt.npz"
RECORD = FOLDER / "sorting_gpt.json"


def tensors(path: Path) -> dict[str, np.ndarray]:
    """The tensors of one file: float32, little-endian, in base64."""
    return {
        name: np.frombuffer(base64.b64decode(stored["data"]), "<f4").reshape(stored["shape"])
        for name, stored in json.loads(path.read_text("utf-8")).items()
        if "data" in stored
    }


def make(model: Path, partials: Path) -> tuple[bytes, str]:
    """The file's bytes and the record's text: all weights, and the tensors of one sequence."""
    weights = {
        name.removeprefix("transformer."): tensor
        for name, tensor in tensors(model).items()
        if not name.endswith(".attn.bias")  # the causal mask, which everybody makes anew
    }
    first = {name: tensor[:1] for name, tensor in tensors(partials).items()}
    packed = {"weights": flat(weights), "tensors": flat(first)}
    file = npz_bytes(**packed)
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_numbers": array_sha256(*packed.values()),
        "bytes": len(file),
        "source": "github.com/bbycroft/llm-viz, public/gpt-nano-sort-*.json",
        "licence": "see DATA_LICENSES.md",
        "made_by": "python tools/make_sorting_gpt.py",
        "weights": {name: [*tensor.shape] for name, tensor in weights.items()},
        "tensors": {name: [*tensor.shape] for name, tensor in first.items()},
    }
    return file, json.dumps(record) + "\n"


def flat(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """All numbers in a row."""
    return np.concatenate([array.ravel() for array in arrays.values()])


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's sorting GPT.")
    parser.add_argument("model", type=Path, help="gpt-nano-sort-model.json")
    parser.add_argument("partials", type=Path, help="gpt-nano-sort-t0-partials.json")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    file, record = make(given.model, given.partials)
    if given.check:
        with np.load(FILE, allow_pickle=False) as stored:
            digest = array_sha256(stored["weights"], stored["tensors"])
        same = json.loads(record)["sha256_of_numbers"] == digest
        print(f"{FILE.name} {'holds' if same else 'does not hold'} its source's numbers.")
        return 0 if same else 1
    write_pair(FILE, file, RECORD, record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
