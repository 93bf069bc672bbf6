"""The zoo's shelf: weights as safetensors, a manifest, and checks between the two.

A file is read into memory once, its sha256 is compared with the manifest's, and only then
are the tensors taken out of those same bytes. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
from pathlib import Path

from safetensors import SafetensorError
from safetensors import torch as safetensors_torch
from torch import nn

from aigc_teach.core import (
    AigcError,
    WeightsError,
    check_choice,
    locked,
    make_folder,
    write_atomically,
)

FOLDER = Path(__file__).parent
"""Holds ``manifest.json`` and ``weights/``."""

CLASSES = {
    "Judge": "aigc_teach.metrics",
    "VAE": "aigc_teach.models",
    "ConvVAE": "aigc_teach.models",
    "DCGAN": "aigc_teach.models",
}
"""The only classes that a manifest may name, and where they live."""

REMEDY = "Get the file back with `make zoo`, or install aigc-teach again."


def manifest(folder: str | os.PathLike | None = None) -> dict:
    """The manifest: for each model its file, sha256, recipe, measured quality and command.

    Parameters
    ----------
    folder : path, optional
        Another shelf; the package's own if left out.

    Returns
    -------
    dict
        A fresh copy, keyed by the models' names.

    Raises
    ------
    WeightsError
        Where the manifest is missing or no longer valid.

    Examples
    --------
    >>> manifest()["judge"]["class"]
    'Judge'
    """
    path = Path(folder or FOLDER) / "manifest.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"The zoo's list {path.name} is missing. {REMEDY}") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise WeightsError(f"The zoo's list {path.name} is damaged. {REMEDY}") from None
    if not isinstance(entries, dict):
        raise WeightsError(f"The zoo's list {path.name} is damaged: no table. {REMEDY}")
    return entries


def names(folder: str | os.PathLike | None = None) -> list[str]:
    """The models in the zoo.

    >>> "judge" in names()
    True
    """
    return list(manifest(folder))


def load(name: str, folder: str | os.PathLike | None = None) -> nn.Module:
    """A trained model, in evaluation mode, on the CPU.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    folder : path, optional
        Another shelf; the package's own if left out.

    Returns
    -------
    nn.Module
        For example a ``Judge`` or a ``VAE``. Each call gives a new one.

    Raises
    ------
    ChoiceError
        For an unknown name; the message lists the known ones.
    WeightsError
        Where the weights are missing, damaged or another model's.

    Examples
    --------
    >>> load("judge").classes
    11
    """
    entries = manifest(folder)
    check_choice("name", name, entries)
    entry = check_entry(name, entries[name])
    data = read_checked(Path(folder or FOLDER) / "weights" / entry["file"], entry)
    model = build(entry["class"], entry["arguments"])
    put_weights(model, data, name)
    return model.eval()


def verify(folder: str | os.PathLike | None = None) -> list[str]:
    """Read and check every file of the zoo.

    Returns
    -------
    list of str
        A sentence for each problem; empty where all is well.

    Examples
    --------
    >>> verify()
    []
    """
    try:
        entries = manifest(folder)
    except WeightsError as error:
        return [str(error)]
    problems = []
    for name in entries:
        try:
            load(name, folder)
        except WeightsError as error:
            problems.append(str(error))
    return problems


def check_entry(name: str, entry: object) -> dict:
    """Refuse a manifest entry that lacks what :func:`load` needs."""
    needed = {"file": str, "sha256": str, "class": str, "arguments": dict}
    for key, kind in needed.items():
        if not isinstance(entry, dict) or not isinstance(entry.get(key), kind):
            raise WeightsError(f"The zoo's list says nothing usable about {name}'s {key}. {REMEDY}")
    if entry["class"] not in CLASSES or Path(entry["file"]).name != entry["file"]:
        raise WeightsError(
            f"The zoo's list gives {name} the class {entry['class']!r} and the file "
            f"{entry['file']!r}, which the zoo does not know. {REMEDY}"
        )
    return entry


def read_checked(path: Path, entry: dict) -> bytes:
    """The bytes of a weights file, after their sha256 was found right."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WeightsError(f"{path.name} cannot be read ({reason}). {REMEDY}") from None
    if len(data) != entry.get("bytes", len(data)):
        raise WeightsError(
            f"{path.name} has {len(data)} bytes where {entry['bytes']} are expected: it is cut "
            f"short or another file. {REMEDY}"
        )
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise WeightsError(f"{path.name} is damaged: its sha256 is not the one on record. {REMEDY}")
    return data


def build(class_name: str, arguments: dict) -> nn.Module:
    """An untrained model of a known class."""
    check_choice("class_name", class_name, CLASSES)
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
    kind = getattr(importlib.import_module(CLASSES[class_name]), class_name)
    try:
        return kind(**arguments)
    except (TypeError, AigcError) as error:
        raise WeightsError(
            f"{class_name} cannot be built from the zoo's list ({error}). {REMEDY}"
        ) from None


def put_weights(model: nn.Module, data: bytes, name: str) -> None:
    """Fill `model` with the tensors in `data`; refuse another model's."""
    try:
        tensors = safetensors_torch.load(data)
    except SafetensorError as error:
        raise WeightsError(
            f"{name}'s weights are no safetensors file ({error}). {REMEDY}"
        ) from None
    expected = model.state_dict()
    differing = sorted(expected.keys() ^ tensors.keys())
    differing += [
        key
        for key in sorted(expected.keys() & tensors.keys())
        if expected[key].shape != tensors[key].shape or expected[key].dtype != tensors[key].dtype
    ]
    if differing:
        raise WeightsError(
            f"The weights on file do not belong to {name}, a {type(model).__name__}: "
            f"{len(differing)} tensors differ, {differing[0]!r} first. {REMEDY}"
        )
    model.load_state_dict(tensors)


def save(name: str, model: nn.Module, entry: dict, folder: str | os.PathLike | None = None) -> dict:
    """Put a model on the shelf: write its weights, then its entry in the manifest.

    Both files are written beside their place and moved there, so a crash leaves the old
    ones whole.

    Parameters
    ----------
    name : str
    model : nn.Module
    entry : dict
        ``class``, ``arguments`` and whatever else is to be recorded.

    Returns
    -------
    dict
        The entry, with file, sha256 and bytes.

    Raises
    ------
    FileWriteError
        Where a file cannot be written, with the reason; the old one is untouched.
    """
    folder = Path(folder or FOLDER)
    make_folder(folder / "weights")
    tensors = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    data = safetensors_torch.save(tensors)
    digest = hashlib.sha256(data).hexdigest()
    entry = {"file": f"{name}.safetensors", "sha256": digest, "bytes": len(data)} | entry
    write_atomically(folder / "weights" / entry["file"], data)
    with locked(folder / "manifest.json"):  # another process may add a model meanwhile
        entries = manifest(folder) if (folder / "manifest.json").is_file() else {}
        write_atomically(folder / "manifest.json", as_text(entries | {name: entry}).encode())
    return entry


def as_text(entries: dict) -> str:
    """The manifest as JSON, each list of plain values on one line.

    >>> print(as_text({"counts": [[1, 2], [3, 4]]}).splitlines()[2])
      [1, 2],
    """
    text = json.dumps(entries, indent=1)
    inner = re.compile(r"\[\s+([^\[\]{}]*?)\s+\]")
    return inner.sub(lambda found: "[" + re.sub(r"\s*\n\s*", " ", found[1]) + "]", text) + "\n"
