"""A training on disk: one safetensors file from which it goes on bit for bit.

The tensors of the file are the weights, Adam's averages, the history, the states of the
random number generators and of the callbacks. Plain values (the step, the settings) stand
as JSON in its header. Nothing is unpickled, so a file from a stranger can do no harm.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ..core import CheckpointError, check_count
from .callbacks import Callback, callback_states
from .run import Run, read_randomness, set_randomness

FORMAT = "aigc-teach checkpoint 1"


class Checkpoint(Callback):
    """Write the training to `path` every `every` steps and at the end.

    The file is replaced in one go: at every moment, even through a power cut, it holds one
    whole checkpoint. Where it cannot be written (a full disk), a warning says so, the
    earlier file stays and the training goes on.

    Parameters
    ----------
    path : str or Path
        The file, for example ``"vae.safetensors"``. A file there that is no checkpoint is
        never overwritten.
    every : int
        Steps between two writes.

    Examples
    --------
    >>> Checkpoint("vae.safetensors", every=100).path.name
    'vae.safetensors'
    """

    order = 1  # after those that change state in a step, such as EMA

    def __init__(self, path: str | os.PathLike, every: int = 500) -> None:
        self.path, self.every = Path(path), check_count("every", every)
        self._written: int | None = None  # the step of the newest file

    def on_start(self, run: Run) -> None:
        """Find out now, not after an hour, that the file cannot be written."""
        self._written = None
        if self.path.exists():
            read_header(self.path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(
                f"The folder {self.path.parent} cannot be made ({error.strerror}). "
                "Choose another path for the checkpoint."
            ) from error

    def on_step(self, run: Run) -> None:
        """Write if it is time."""
        if run.step % self.every == 0:
            self.write(run)

    def on_end(self, run: Run) -> None:
        """Write the last step, unless an error cut it in half."""
        if run.error is None and self._written != run.step:
            self.write(run)

    def write(self, run: Run) -> None:
        """Write now; on failure warn, and keep the earlier file."""
        weights = run.model.state_dict().values()
        if not all(w.isfinite().all() for w in weights if w.is_floating_point()):
            return  # NaNGuard speaks about it; the file keeps the last good weights
        try:
            write_checkpoint(self.path, run)
            self._written = run.step
        except OSError as error:
            kept = "the earlier checkpoint is untouched" if self.path.exists() else "none is kept"
            warnings.warn(
                f"The checkpoint of step {run.step} could not be written to {self.path} "
                f"({error.strerror}); {kept}. The training goes on. Make room on the disk "
                "before it ends.",
                stacklevel=2,
            )


def write_checkpoint(path: str | os.PathLike, run: Run) -> None:
    """Write `run` to `path`, in one go.

    Raises
    ------
    OSError
        Where the disk is full or the folder is closed; the earlier file is untouched.
    """
    tensors, facts = capture(run)
    tensors = {k: v.detach().to("cpu", copy=True).contiguous() for k, v in tensors.items()}
    text = json.dumps(facts)
    header = {"format": FORMAT, "facts": text, "sha256": fingerprint(tensors, text)}
    replace_file(Path(path), save(tensors, header))


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in place of `path`: a reader finds the old file or the new, never half."""
    part = path.with_name(path.name + ".part")  # same folder: a rename there is atomic
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the bytes reach the disk before the name does
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def read_header(path: str | os.PathLike) -> dict:
    """The plain values of a checkpoint: step, config, seconds.

    Raises
    ------
    CheckpointError
        If there is no such file, or it is not a checkpoint.
    """
    return json.loads(_metadata(path, _read(path, head_only=True))["facts"])


def read_checkpoint(path: str | os.PathLike) -> tuple[dict[str, Tensor], dict]:
    """The tensors and the plain values of a checkpoint, whole and unaltered.

    Raises
    ------
    CheckpointError
        If the file is missing, foreign or damaged.
    """
    content = _read(path)
    header = _metadata(path, content)
    try:
        tensors = load(content)
    except SafetensorError:
        tensors = None
    if tensors is None or fingerprint(tensors, header["facts"]) != header["sha256"]:
        raise CheckpointError(
            f"The checkpoint {path} is damaged: its content does not match its fingerprint. "
            "Use an earlier copy, or train anew."
        )
    return tensors, json.loads(header["facts"])


def _read(path: str | os.PathLike, *, head_only: bool = False) -> bytes:
    try:
        with open(path, "rb") as file:
            length = file.read(8)  # safetensors: the header's length, then the header as JSON
            size = int.from_bytes(length, "little")
            fits = size <= os.fstat(file.fileno()).st_size  # a foreign file claims anything
            return length + (file.read(size) if head_only and fits else file.read())
    except FileNotFoundError:
        raise CheckpointError(f"There is no checkpoint at {path}.") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}).") from error


def _metadata(path: str | os.PathLike, content: bytes) -> dict[str, str]:
    try:
        size = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + size])["__metadata__"]
        if metadata["format"] == FORMAT:
            return {key: metadata[key] for key in ("facts", "sha256")}
    except (ValueError, KeyError, TypeError):
        pass  # no JSON, or JSON of another kind: the sentence below says so
    raise CheckpointError(f"{path} is not a checkpoint of aigc-teach, or its head is damaged.")


def fingerprint(tensors: dict[str, Tensor], facts: str) -> str:
    """SHA-256 of everything a checkpoint says.

    >>> fingerprint({}, "")[:8]
    'e3b0c442'
    """
    digest = hashlib.sha256(facts.encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {list(tensors[name].shape)}".encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def capture(run: Run, *, history: bool = True) -> tuple[dict[str, Tensor], dict]:
    """Everything that decides how `run` goes on, as live tensors (not copies) and plain values."""
    batches = dict(batches_state(run.batches))
    parts = {
        "model": run.model.state_dict(),
        "batches": {k: batches.pop(k) for k, v in list(batches.items()) if isinstance(v, Tensor)},
        "history": run.history.state_dict() if history else {},
        "random": {"generator": run.generator.get_state()},
        "random_global": read_randomness(run.machine.device) if run.running else run.random,
        "callback": callback_states(run.callbacks),
    }
    for player, optimizer in run.optimizers.items():
        for i, parameter in enumerate(run.weights[player]):
            parts[f"optimizer/{player}/{i}"] = optimizer.state.get(parameter, {})
    tensors = {f"{part}/{k}": v for part, state in parts.items() for k, v in state.items()}
    facts = {
        "step": run.step,
        "seconds": run.seconds,
        "config": run.config.to_dict(),
        "batches": batches,
        "series": run.history.names if history else [],
    }
    return tensors, facts


def restore(run: Run, tensors: dict[str, Tensor], facts: dict) -> None:
    """Put a run where `capture` saw it; the callbacks' states are left to their owners."""
    weights = part_of(tensors, "model")
    check_same_model(run.model, weights)
    run.model.load_state_dict(weights)
    for player, optimizer in run.optimizers.items():
        for i, parameter in enumerate(run.weights[player]):
            state = part_of(tensors, f"optimizer/{player}/{i}")
            optimizer.state[parameter] = {k: like(parameter, v) for k, v in state.items()}
    run.generator.set_state(tensors["random/generator"].cpu())
    run.random = part_of(tensors, "random_global")
    if run.running:
        set_randomness(run.random)
    run.step, run._seconds = facts["step"], facts["seconds"]
    batches = {**facts["batches"], **part_of(tensors, "batches")}
    set_batches(run.batches, batches)


def part_of(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    """Those tensors whose name begins with `part`, under the rest of their name.

    >>> list(part_of({"model/weight": torch.ones(1), "batches/order": torch.ones(1)}, "model"))
    ['weight']
    """
    return {k.removeprefix(part + "/"): v for k, v in tensors.items() if k.startswith(part + "/")}


def like(parameter: Tensor, value: Tensor) -> Tensor:
    """A copy of Adam's `value` on the parameter's device, laid out in memory as it is."""
    if value.shape == parameter.shape:  # fused Adam walks through memory, strides must agree
        return torch.empty_like(parameter, dtype=value.dtype).copy_(value)
    return value.to(parameter.device, copy=True)


def check_same_model(model: torch.nn.Module, weights: dict[str, Tensor]) -> None:
    """Raise a sentence unless `weights` have the names and shapes of the model's own."""
    mine = {name: list(w.shape) for name, w in model.state_dict().items()}
    theirs = {name: list(w.shape) for name, w in weights.items()}
    for name in sorted(set(mine) | set(theirs)):
        if mine.get(name) != theirs.get(name):
            raise CheckpointError(
                f"The checkpoint belongs to another model: {name} is {theirs.get(name)} there "
                f"and {mine.get(name)} in your {type(model).__name__}. Build the model with the "
                "same sizes as then."
            )


def batches_state(batches: object) -> dict:
    """Where the batches stand, or nothing for an iterator that cannot tell."""
    return batches.state_dict() if hasattr(batches, "state_dict") else {}


def set_batches(batches: object, state: dict) -> None:
    """Put the batches where they stood; warn where they cannot be put there."""
    if state and hasattr(batches, "load_state_dict"):
        batches.load_state_dict(state)
    else:
        warnings.warn(
            "These batches cannot say or take up where they stood, so the training goes on with "
            "whatever they give next. data.Batches resumes exactly.",
            stacklevel=2,
        )
