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

import torch
from safetensors import torch as safetensors_torch
from torch import Tensor, nn

from aigc_teach.core import (
    DataError,
    WeightsError,
    check_choice,
    locked,
    make_folder,
    write_atomically,
)
from aigc_teach.core.outside import MB, check_ordinary, check_path, read_json, refusing
from aigc_teach.data.code_tokens import CodeBPE
from aigc_teach.data.tokens import BPE, CharacterTokenizer, Tokenizer

FOLDER = Path(__file__).parent
"""Holds ``manifest.json`` and ``weights/``."""

CLASSES = {
    "AttributeReader": "aigc_teach.metrics",
    "Judge": "aigc_teach.metrics",
    "VAE": "aigc_teach.models",
    "ConvVAE": "aigc_teach.models",
    "DCGAN": "aigc_teach.models",
    "Diffusion": "aigc_teach.models",
    "Enlarger": "aigc_teach.models",
    "Painter": "aigc_teach.models",
    "Restorer": "aigc_teach.nn",
    "CharRNN": "aigc_teach.models",
    "GPT": "aigc_teach.models",
}
"""The only classes that a manifest may name, and where they live."""

FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}\.safetensors")
"""What a weights file may be called: a plain name, no path, no odd character."""

LARGEST = 64 * MB
"""Bytes of one weights file at most."""

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
    path = shelf(folder) / "manifest.json"
    try:
        entries = read_json(path)
    except FileNotFoundError:
        raise WeightsError(f"The zoo's list {path.name} is missing. {REMEDY}") from None
    except DataError as error:
        raise WeightsError(f"The zoo's list {path.name} is damaged: {error} {REMEDY}") from None
    if not isinstance(entries, dict):
        raise WeightsError(f"The zoo's list {path.name} is damaged: no table. {REMEDY}")
    return entries


def shelf(folder: str | os.PathLike | None) -> Path:
    """The folder that holds the manifest and the weights; the package's own for None."""
    return FOLDER if folder is None else check_path("folder", folder)


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
    entry, data = stored(name, folder)
    tensors = read_tensors(data, name)
    if entry.get("stored_as") == "float16":  # half the bytes; it computes in float32 all the same
        tensors = {k: t.float() if t.dtype == torch.float16 else t for k, t in tensors.items()}
    with torch.device("meta"):  # shapes without memory: a list may ask for a model of terabytes
        check_belongs(build(entry["class"], entry["arguments"]), tensors, name)
    model = build(entry["class"], entry["arguments"])
    model.load_state_dict(tensors)
    return model.eval()


def tokenizer(name: str, folder: str | os.PathLike | None = None) -> Tokenizer:
    """The tokenizer that a language model of the zoo was trained with.

    It lies in the head of the weights' own file, so that the two cannot part.

    Parameters
    ----------
    name : str
        A language model among :func:`names`.
    folder : path, optional
        Another shelf; the package's own if left out.

    Returns
    -------
    data.CharacterTokenizer, data.BPE or data.CodeBPE

    Raises
    ------
    ChoiceError
        For an unknown name.
    WeightsError
        Where the file is missing or damaged, or holds no tokenizer.
    """
    _, data = stored(name, folder)
    with refusing(f"{name} has no tokenizer", WeightsError, remedy=REMEDY):
        size = int.from_bytes(data[:8], "little")
        told = json.loads(data[8 : 8 + size])["__metadata__"]
        if "code_merges" in told:
            return CodeBPE(BPE(json.loads(told["code_merges"])))
        if "merges" in told:
            return BPE(json.loads(told["merges"]))
        return CharacterTokenizer(told["characters"])


def as_metadata(tokenizer: Tokenizer) -> dict[str, str]:
    """A tokenizer as the words that :func:`save` writes into a file's head.

    >>> as_metadata(CharacterTokenizer("abba"))
    {'characters': 'ab'}
    """
    if isinstance(tokenizer, CodeBPE):
        return {"code_merges": json.dumps(tokenizer.bpe.merges)}
    if isinstance(tokenizer, BPE):
        return {"merges": json.dumps(tokenizer.merges)}
    if isinstance(tokenizer, CharacterTokenizer):
        return {"characters": "".join(tokenizer.characters[1:])}
    raise WeightsError(f"A {type(tokenizer).__name__} cannot be stored beside a model.")


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


def stored(name: str, folder: str | os.PathLike | None) -> tuple[dict, bytes]:
    """A model's entry in the list, and the bytes of its file; both checked."""
    entries = manifest(folder)
    check_choice("name", name, entries)
    entry = check_entry(name, entries[name])
    return entry, read_checked(shelf(folder) / "weights" / entry["file"], entry)


def check_entry(name: str, entry: object) -> dict:
    """Refuse a manifest entry that lacks what :func:`load` needs, or asks for something else."""
    needed = {"file": str, "sha256": str, "bytes": int, "class": str, "arguments": dict}
    for key, kind in needed.items():
        if not isinstance(entry, dict) or not isinstance(entry.get(key), kind):
            raise WeightsError(f"The zoo's list says nothing usable about {name}'s {key}. {REMEDY}")
    if entry["class"] not in CLASSES or not FILE_NAME.fullmatch(entry["file"]):
        raise WeightsError(
            f"The zoo's list gives {name} the class {entry['class']!r:.80} and the file "
            f"{entry['file']!r:.80}, which the zoo does not know. {REMEDY}"
        )
    if not 0 <= entry["bytes"] <= LARGEST or not all(map(is_plain, entry["arguments"].values())):
        raise WeightsError(f"The zoo's list gives {name} sizes that no model has. {REMEDY}")
    return entry


def is_plain(value: object) -> bool:
    """Whether a value may be an argument of a model: a number, a word, or a short list of them.

    >>> is_plain([256, 256]), is_plain([[256]]), is_plain([2] * 1000)
    (True, False, False)
    """
    if isinstance(value, list):
        return len(value) <= 64 and not any(isinstance(v, list) or not is_plain(v) for v in value)
    if isinstance(value, int):  # a whole number that torch takes for a size
        return abs(value) < 2**40
    return value is None or isinstance(value, float) or (isinstance(value, str) and len(value) < 80)


def read_checked(path: Path, entry: dict) -> bytes:
    """The bytes of a weights file, after their sha256 was found right."""
    with refusing(f"{path.name} cannot be read", WeightsError, remedy=REMEDY):
        check_ordinary(path)
        with path.open("rb") as file:
            data = file.read(entry["bytes"] + 1)  # and no more: the file may be of any size
            have = os.fstat(file.fileno()).st_size
    if have != entry["bytes"]:
        raise WeightsError(
            f"{path.name} has {have} bytes where {entry['bytes']} are expected: it is cut "
            f"short or another file. {REMEDY}"
        )
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise WeightsError(f"{path.name} is damaged: its sha256 is not the one on record. {REMEDY}")
    return data


def read_tensors(data: bytes, name: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file: together as large as the file, whatever its head says."""
    with refusing(f"{name}'s weights are no safetensors file", WeightsError, remedy=REMEDY):
        return safetensors_torch.load(data)


def build(class_name: str, arguments: dict) -> nn.Module:
    """An untrained model of a known class."""
    check_choice("class_name", class_name, CLASSES)
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
    kind = getattr(importlib.import_module(CLASSES[class_name]), class_name)
    with refusing(f"{class_name} cannot be built from the zoo's list", WeightsError, remedy=REMEDY):
        return kind(**arguments)


def check_belongs(model: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Refuse another model's tensors, and a model larger than its tensors.

    Parameters
    ----------
    model : nn.Module
        On the meta device, where a tensor has a shape and no memory.
    tensors : dict of str to Tensor
    name : str
        For the sentence.
    """
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
            f"{len(differing)} tensors differ, {differing[0]!r:.80} first. {REMEDY}"
        )
    has = sum(tensor.numel() for tensor in [*model.parameters(), *model.buffers()])
    on_file = sum(tensor.numel() for tensor in tensors.values())
    if has > on_file + 10_000:  # tables that are kept out of the file, as of a noise schedule
        raise WeightsError(f"{name} would need {has} numbers; its file has {on_file}. {REMEDY}")


def save(
    name: str,
    model: nn.Module,
    entry: dict,
    folder: str | os.PathLike | None = None,
    *,
    half: bool = False,
    tokenizer: Tokenizer | None = None,
) -> dict:
    """Put a model on the shelf: write its weights, then its entry in the manifest.

    Both files are there whole or not at all, so a crash leaves the old ones.

    Parameters
    ----------
    name : str
    model : nn.Module
    entry : dict
        ``class``, ``arguments`` and whatever else is to be recorded.
    half : bool
        Stores float32 as float16: half the bytes, and about three digits of each number.
    tokenizer : data.Tokenizer, optional
        Of a language model; see :func:`tokenizer`.

    Returns
    -------
    dict
        The entry, with file, sha256 and bytes.

    Raises
    ------
    FileWriteError
        Where a file cannot be written; the sentence names the reason.
    WeightsError
        For a name or an entry that :func:`load` would refuse.
    """
    folder = shelf(folder)
    make_folder(folder / "weights")
    tensors = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    if half:
        tensors = halved(tensors)
        entry = {"stored_as": "float16"} | entry
    data = safetensors_torch.save(tensors, as_metadata(tokenizer) if tokenizer else None)
    digest = hashlib.sha256(data).hexdigest()
    entry = {"file": f"{name}.safetensors", "sha256": digest, "bytes": len(data)} | entry
    check_entry(name, entry)
    write_atomically(folder / "weights" / entry["file"], data)
    place = folder / "manifest.json"
    with locked(place):  # from reading to writing: another training may be storing its model
        entries = manifest(folder) if place.is_file() else {}
        write_atomically(place, as_text(entries | {name: entry}).encode())
    return entry


def halved(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Float32 as float16; other types as they are."""
    return {k: t.half() if t.dtype == torch.float32 else t for k, t in tensors.items()}


def round_to_half(model: nn.Module) -> nn.Module:
    """Give a model the weights that come back from a file of float16, so as to measure those.

    >>> round_to_half(nn.Linear(1, 1)).weight.dtype
    torch.float32
    """
    kept = halved(model.state_dict())
    model.load_state_dict(kept)  # copied into float32 again
    return model


def as_text(entries: dict) -> str:
    """The manifest as JSON, each list of plain values on one line.

    >>> print(as_text({"counts": [[1, 2], [3, 4]]}).splitlines()[2])
      [1, 2],
    """
    text = json.dumps(entries, indent=1)
    inner = re.compile(r"\[\s+([^\[\]{}]*?)\s+\]")
    return inner.sub(lambda found: "[" + re.sub(r"\s*\n\s*", " ", found[1]) + "]", text) + "\n"
