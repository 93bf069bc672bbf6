"""A training on disk: one safetensors file from which it goes on bit for bit.

The tensors of the file are the weights, Adam's averages, the history, the states of the
random number generators and of the callbacks, each under its name. Plain values (the step, the
settings) stand as JSON in its head.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import warnings
from pathlib import Path

from torch import Tensor, nn

from ..core import (
    CheckpointError,
    DtypeError,
    FileWriteError,
    check_count,
    check_writable,
    locked,
    make_folder,
    write_atomically,
)
from .callbacks import Callback
from .checkpoint_file import (
    as_text,
    check_is_checkpoint,
    read_checkpoint,
    read_header,
    write_file,
)
from .run import Run
from .state import batches_state, capture, check_same_model, part_of


class Checkpoint(Callback):
    """Write the training to `path` every `every` steps and at the end.

    The file is replaced in one go: at every moment, even through a power cut, it holds one
    whole checkpoint. Whether it can be written is tried before the training starts. Where it
    cannot be written later (a full disk), a warning says why, the earlier file stays and the
    training goes on.

    A training replaces its own earlier checkpoints, also after a resume. That of *another*
    training is kept beside it, ``vae.safetensors`` as ``vae.1.safetensors``, and a warning at
    the end says so. If the new training comes to the very same state, as it does when a cell is
    run twice, the kept file holds nothing of its own and is removed again.

    Parameters
    ----------
    path : str or Path
        The file, for example ``"vae.safetensors"``; its folder is made if need be. A file there
        that is no checkpoint is never overwritten.
    every : int
        Steps between two writes.
    replace : bool
        True: another training's checkpoint is replaced, and not kept.

    Raises
    ------
    CheckpointError
        If a file stands there that is no checkpoint.
    FileWriteError
        If the file cannot be written, with the reason.

    Examples
    --------
    >>> Checkpoint("vae.safetensors", every=100).path.name
    'vae.safetensors'
    """

    order = 1  # after those that change state in a step, such as EMA

    def __init__(self, path: str | os.PathLike, every: int = 500, *, replace: bool = False) -> None:
        self.path, self.every = Path(path), check_count("every", every)
        self.replace = replace
        self._written: int | None = None  # the step of the newest file
        self._kept: Path | None = None  # where another training's checkpoint went

    def check(self, run: Run, state: dict[str, Tensor]) -> None:
        """Find out now, not after an hour, that the file cannot be written."""
        as_text({k: v for k, v in batches_state(run.batches).items() if not isinstance(v, Tensor)})
        if os.path.lexists(self.path) and not self.path.is_dir():
            check_is_checkpoint(self.path)
        make_folder(self.path.parent)
        check_writable(self.path)

    def on_start(self, run: Run) -> None:
        """Nothing is written yet."""
        self._written = self._kept = None

    def on_step(self, run: Run) -> None:
        """Write if it is time."""
        if run.step % self.every == 0:
            self.write(run)

    def on_end(self, run: Run) -> None:
        """Write the last step, unless an error cut it in half."""
        if run.error is None and self._written != run.step:
            self.write(run)
        if self._kept is not None:
            self._settle()

    def write(self, run: Run) -> None:
        """Write now; on failure warn, and keep the earlier file."""
        weights = run.model.state_dict().values()
        if not all(w.isfinite().all() for w in weights if w.is_floating_point()):
            return  # NaNGuard speaks about it; the file keeps the last good weights
        try:
            with locked(self.path):
                if not self.replace and self._kept is None and is_anothers(self.path, run):
                    self._kept = keep(self.path)
                write_checkpoint(self.path, run)
            self._written = run.step
        except FileWriteError as error:
            kept = "The earlier checkpoint is untouched" if self.path.exists() else "None is kept"
            warnings.warn(
                f"The checkpoint of step {run.step} was not written; {error} {kept}. "
                "The training goes on.",
                stacklevel=2,
            )

    def _settle(self) -> None:
        """Remove the kept file if the new one holds the same; else say where it is."""
        with contextlib.suppress(CheckpointError, OSError):  # unreadable: it stays, and is named
            old, new = read_header(self._kept), read_header(self.path)
            if (old["step"], old["content"]) == (new["step"], new["content"]):
                self._kept.unlink()
                return
        warnings.warn(
            f"{self.path} held the checkpoint of another training; it is kept as {self._kept}. "
            "With Checkpoint(..., replace=True) it would have been replaced.",
            stacklevel=2,
        )


def write_checkpoint(path: str | os.PathLike, run: Run) -> None:
    """Write `run` to `path`, in one go.

    Raises
    ------
    FileWriteError
        Where it cannot be written, with the reason; the earlier file is untouched.
    """
    write_file(path, *capture(run))


def load_weights(path: str | os.PathLike, model: nn.Module) -> nn.Module:
    """The model with the weights of a checkpoint, in eval mode: ready to sample.

    Parameters
    ----------
    path : str or Path
        A checkpoint, as `Checkpoint` writes it.
    model : Module
        A new model of the same class and sizes as then; it is changed in place.

    Returns
    -------
    Module
        `model` itself.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged or no checkpoint, or belongs to another model; then
        nothing is changed.
    DtypeError
        If `model` is no model: a class without brackets after it, say.

    Examples
    --------
    ``load_weights("vae.safetensors", VAE()).sample(16)`` makes pictures of a checkpoint.

    >>> load_weights("none.safetensors", nn.Linear(1, 1))
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.CheckpointError: There is no checkpoint at none.safetensors.
    """
    if not isinstance(model, nn.Module):
        told = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise DtypeError(f"model must be a model, with its brackets: VAE(); you gave {told}.")
    tensors, _ = read_checkpoint(path)
    weights = part_of(tensors, "model")
    check_same_model(model, weights)
    model.load_state_dict(weights)
    return model.eval()


def is_anothers(path: Path, run: Run) -> bool:
    """Whether `path` holds what `run` would lose: another training, or its own further on."""
    if not path.exists():
        return False
    try:
        facts = read_header(path)
    except CheckpointError:
        return True  # damaged, or of another version: not ours to throw away
    return facts["training"] != run.training or facts["step"] > run.step


def keep(path: Path) -> Path:
    """Give the file a second name, the first free one of ``vae.1.safetensors``, ``vae.2...``.

    Its first name stays as well, so there is no moment without a checkpoint.
    """
    number = 1
    while os.path.lexists(second := path.with_name(f"{path.stem}.{number}{path.suffix}")):
        number += 1
    try:
        os.link(os.path.realpath(path), second)
    except OSError:  # a file system without second names, such as FAT
        with open(path, "rb") as old:
            write_atomically(second, lambda new: shutil.copyfileobj(old, new))
    return second
