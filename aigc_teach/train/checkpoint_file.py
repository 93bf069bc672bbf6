"""The file of a checkpoint: safetensors, with plain values and fingerprints in its head.

Nothing is unpickled, so a file from a stranger can do no harm. Whatever is wrong with a file
is said in a sentence before anything is done with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Callable, Iterator
from typing import BinaryIO

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from .. import __version__
from ..core import CheckpointError, write_atomically

FORMAT = 2
NAME = re.compile(r"aigc-teach checkpoint (\d{1,6})")
LONGEST_HEAD = 100_000_000  # bytes, as in safetensors itself; ours have some thousands


def is_count(value: object) -> bool:
    """Whether `value` is a whole number from 0 on that a float can hold."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def is_amount(value: object) -> bool:
    """Whether `value` is a finite number from 0 on."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return plain and 0 <= value < 2**53 and math.isfinite(value)


def is_text(value: object) -> bool:
    """Whether `value` is a text."""
    return isinstance(value, str)


def is_table(value: object) -> bool:
    """Whether `value` is a dict."""
    return isinstance(value, dict)


def is_names(value: object) -> bool:
    """Whether `value` is a list of different texts."""
    return isinstance(value, list) and all(map(is_text, value)) and len({*value}) == len(value)


def is_names_by_player(value: object) -> bool:
    """Whether `value` has a list of names for each player."""
    return isinstance(value, dict) and all(map(is_names, value.values()))


def is_fingerprints(value: object) -> bool:
    """Whether `value` has shape, type and hash of each tensor of the data."""
    rows = value.values() if isinstance(value, dict) else [None]
    return all(isinstance(row, list) and len(row) == 3 for row in rows)


FACTS: dict[str, Callable[[object], bool]] = {
    "step": is_count,
    "seconds": is_amount,
    "config": is_table,
    "batches": is_table,
    "data": is_fingerprints,
    "series": is_names,
    "trained": is_names_by_player,
    "optimizer": is_text,
    "device": is_text,
    "precision": is_text,
    "training": is_text,
    "content": is_text,
}
"""What the head of a checkpoint says, and how each value is recognised."""


def write_file(path: str | os.PathLike, tensors: dict[str, Tensor], facts: dict) -> None:
    """Write a checkpoint in one go.

    Raises
    ------
    FileWriteError
        Where it cannot be written; the earlier file is untouched.
    CheckpointError
        Where the batches' state holds what a file of plain values and tensors cannot.
    """
    tensors = {k: v.detach().to("cpu", copy=True).contiguous() for k, v in tensors.items()}
    text = as_text({**facts, "content": fingerprint(tensors)})
    head = {"format": f"aigc-teach checkpoint {FORMAT}", "version": __version__}
    write_atomically(path, save(tensors, {**head, "facts": text, "sha256": sha256(text)}))


def as_text(facts: dict) -> str:
    """Plain values as JSON, or a sentence on what is not plain."""
    try:
        return json.dumps(facts, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"The state of these batches cannot be kept in a checkpoint ({error}): their "
            "state_dict() may hold finite numbers, texts, lists and tensors."
        ) from error


def read_header(path: str | os.PathLike) -> dict:
    """The plain values of a checkpoint: step, config, seconds.

    Raises
    ------
    CheckpointError
        If there is no such file, or it is not a checkpoint, or of another version.
    """
    with opened(path) as file:
        return facts_of(path, head_of(path, file))


def read_checkpoint(path: str | os.PathLike) -> tuple[dict[str, Tensor], dict]:
    """The tensors and the plain values of a checkpoint, whole and unaltered.

    Raises
    ------
    CheckpointError
        If the file is missing, foreign, damaged or of another version.
    """
    with opened(path) as file:
        facts = facts_of(path, head_of(path, file))  # a foreign file is not read to its end
        file.seek(0)
        content = file.read()
    try:
        tensors = load(content)
        whole = fingerprint(tensors) == facts["content"]
    except (SafetensorError, KeyError, TypeError, ValueError, OverflowError, RuntimeError):
        whole = False  # safetensors raises each of these for one damage or another
    if not whole:
        raise damaged(path)
    return tensors, facts


def check_is_checkpoint(path: str | os.PathLike) -> None:
    """Raise a sentence unless `path` is a checkpoint, of whatever version."""
    with opened(path) as file:
        head_of(path, file)


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """An ordinary file, open for reading; or a sentence."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would wait for ever
            raise CheckpointError(f"{path} cannot be read: it is a folder or no ordinary file.")
        file = open(path, "rb")  # noqa: SIM115
    except FileNotFoundError:
        raise CheckpointError(f"There is no checkpoint at {path}.") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:  # a NUL in the name
        raise CheckpointError(f"{path!r} is no name of a file ({error}).") from error
    with file:
        try:
            yield file
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read ({error.strerror}).") from error


def head_of(path: str | os.PathLike, file: BinaryIO) -> dict[str, str]:
    """The texts in the head of a checkpoint of any version, or a sentence."""
    size = int.from_bytes(file.read(8), "little")  # safetensors: the head's length, then JSON
    room = os.fstat(file.fileno()).st_size - 8
    head = file.read(size) if size <= min(room, LONGEST_HEAD) else b""  # it may claim anything
    try:
        texts = json.loads(head)["__metadata__"]
        found = NAME.fullmatch(texts["format"])
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None  # no JSON, or JSON of another kind
    if not found:
        raise CheckpointError(f"{path} is not a checkpoint of aigc-teach, or its head is damaged.")
    return {**texts, "format": found[1]}


def facts_of(path: str | os.PathLike, head: dict[str, str]) -> dict:
    """The plain values of a checkpoint of this version, each of the right kind; or a sentence."""
    check_version(path, head)
    text = head.get("facts")
    if not isinstance(text, str) or sha256(text) != head.get("sha256"):
        raise damaged(path)
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        raise damaged(path)
    for name, allowed in FACTS.items():
        if not allowed(facts.get(name)):
            said = f"{facts[name]!r:.60}" if name in facts else "missing"
            raise CheckpointError(
                f"The checkpoint {path} is damaged or forged: its {name} is {said}. "
                "Use an earlier copy, or train anew."
            )
    return facts


def check_version(path: str | os.PathLike, head: dict[str, str]) -> None:
    """Raise a sentence if a newer or a much older version wrote the checkpoint."""
    number = int(head["format"])
    version = head.get("version")
    writer = f"aigc-teach {version:.20}" if isinstance(version, str) else "an aigc-teach"
    if number > FORMAT:
        raise CheckpointError(
            f"The checkpoint {path} was written by a newer version, {writer} (format {number}); "
            f"this one, {__version__}, reads format {FORMAT}. Bring the package up to date, or "
            "train anew. (If no newer version was ever here, its head is damaged.)"
        )
    if number < FORMAT:
        raise CheckpointError(
            f"The checkpoint {path} was written by an older version, {writer} of format {number}, "
            "which kept Adam's averages by position: which weight each belongs to cannot be told "
            f"for certain, so this version ({__version__}, format {FORMAT}) does not go on with "
            "it. Its weights are whole: safetensors.torch.load_file holds them under 'model/'."
        )


def damaged(path: str | os.PathLike) -> CheckpointError:
    """The sentence for a file whose content is not what was written."""
    return CheckpointError(
        f"The checkpoint {path} is damaged: its content does not match its fingerprint. "
        "Use an earlier copy, or train anew."
    )


def sha256(text: str) -> str:
    """SHA-256 of a text.

    >>> sha256("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(tensors: dict[str, Tensor]) -> str:
    """SHA-256 of names, types, shapes and values of CPU tensors.

    >>> fingerprint({"a": torch.zeros(2)}) == fingerprint({"a": torch.zeros(1, 2)})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {list(tensors[name].shape)}".encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
