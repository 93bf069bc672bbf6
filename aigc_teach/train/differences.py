"""What differs between a training as it was and as it goes on, in words."""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from collections.abc import Iterable

import torch
from torch import Tensor

from ..core import Machine
from .callbacks import by_name
from .config import TrainConfig


def differences(then: TrainConfig, now: TrainConfig) -> list[str]:
    """In words, each setting that is not what it was and changes how the training goes on.

    >>> differences(TrainConfig(steps=5), TrainConfig(steps=9, lr=0.01))
    ['lr was 0.002 and is 0.01']
    """
    words = []
    for field in dataclasses.fields(TrainConfig):
        old, new = getattr(then, field.name), getattr(now, field.name)
        if old == new or field.name in ("steps", "log_every", "precision"):
            continue
        told = f"{field.name} was {old} and is {new}"
        if field.name == "seed":
            told += ", which changes nothing: the random numbers go on where they were"
        words.append(told)
    return words


def differences_of_machine(device: str, precision: str, machine: Machine) -> list[str]:
    """In words, whether the training goes on on another kind of device or in another precision."""
    words = []
    if device != machine.device.type:
        words.append(
            f"it was on {device} and is on {machine.device.type}, so the random numbers begin "
            "anew from the seed"
        )
    if precision != machine.precision:
        words.append(f"precision was {precision} and is {machine.precision}")
    return words


def differences_of_data(then: dict, now: dict) -> list[str]:
    """In words, whether two fingerprints are those of different data."""
    words = []
    for name in sorted({*then, *now}):
        old, new = then.get(name), now.get(name)
        if old != new and old is not None and new is not None:
            same_form = old[:2] == new[:2]
            what = "other values" if same_form else f"{new[:2]} for {old[:2]}"
            words.append(f"the data's {name} is not that of the checkpoint ({what})")
        elif old != new:
            words.append(f"the data have {'no' if new is None else 'a'} {name} now")
    return words


def differences_of_weights(trained: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    """In words, which weights were frozen or set free since."""
    words = []
    for player, names in now.items():
        then = trained.get(player, [])
        if free := [name for name in names if name not in then]:
            words.append(f"{listed(free)} could not be trained then, so their averages begin anew")
    for player, names in trained.items():
        if frozen := [name for name in names if name not in now.get(player, [])]:
            words.append(f"{listed(frozen)} are not trained now, so their averages are left out")
    return words


def listed(names: list[str]) -> str:
    """At most three names, and how many more there are.

    >>> listed(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def differences_of_callbacks(states: Iterable[str], callbacks: list) -> list[str]:
    """In words, which callbacks had a state that none takes up now."""
    lost = sorted({key.split("/", 1)[0] for key in states} - set(by_name(callbacks)))
    return [f"nothing takes up the state of {listed(lost)}"] if lost else []


def say_differences(words: list[str]) -> None:
    """Warn, in one sentence, if anything differs."""
    if words:  # stacklevel: the line that called fit
        warnings.warn(f"The training goes on, but not as it was: {'; '.join(words)}.", stacklevel=5)


def data_fingerprint(batches: object) -> dict[str, list]:
    """What data the batches are made of, in a few bytes, from a sample of them.

    For each of the tensors ``x`` and ``condition`` that the batches have: shape, type, and the
    SHA-256 of up to 16 items, spread over the whole, and of up to 4,096 numbers in each.

    >>> from types import SimpleNamespace
    >>> data_fingerprint(SimpleNamespace(x=torch.zeros(3, 2)))["x"][:2]
    [[3, 2], 'float32']
    """
    found = {}
    for name in ("x", "condition"):
        data = getattr(batches, name, None)
        if not isinstance(data, Tensor) or data.ndim == 0 or not len(data):
            continue
        rows = torch.linspace(0, len(data) - 1, min(16, len(data))).long().unique()
        items = data.detach()[rows.to(data.device)].reshape(len(rows), -1)  # [16, D]
        sample = items[:, :: max(1, -(-items.shape[1] // 4096))]  # at most 4,096 of D
        content = sample.cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        digest = hashlib.sha256(content).hexdigest()[:16]
        found[name] = [list(data.shape), str(data.dtype)[6:], digest]
    return found
