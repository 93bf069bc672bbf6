"""A person's likes in one file on the person's own machine, and nothing left after `forget`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from ..core import DataError, ShapeError
from ..core.files import locked, make_folder, remove_file, write_atomically

NAME = "preferences.json"


@final
class PreferenceStore:
    """Likes and dislikes of codes, kept as JSON in a folder of the person's own.

    Nothing is sent anywhere. What a model has learnt from them is another thing: fit it again
    without them, or it still knows.

    Parameters
    ----------
    folder : path
        It is made where it is missing; the file in it is called ``preferences.json``.

    Examples
    --------
    >>> import tempfile
    >>> store = PreferenceStore(tempfile.mkdtemp())
    >>> store.add(torch.zeros(2, 3), [1, 0])
    >>> codes, liked = store.read()
    >>> codes.shape, liked.tolist()
    (torch.Size([2, 3]), [1.0, 0.0])
    >>> store.forget()
    >>> store.read()[0].shape, sorted(os.listdir(store.folder))
    (torch.Size([0, 0]), [])
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        make_folder(self.folder)
        self.path = self.folder / NAME

    def add(self, codes: Tensor, liked: Sequence[int] | Tensor) -> None:
        """Add judgements: codes ``[N, D]``, and for each 1 (liked) or 0.

        Raises
        ------
        ShapeError, DataError
            With a sentence, where they do not fit each other or what is kept.
        """
        verdicts = [int(one) for one in torch.as_tensor(liked).flatten()]
        if codes.ndim != 2 or len(codes) != len(verdicts):
            raise ShapeError(
                f"Give codes [N, D] and N judgements; you gave {list(codes.shape)} and "
                f"{len(verdicts)}."
            )
        if set(verdicts) - {0, 1}:
            raise DataError("A judgement is 1 for a like and 0 for a dislike, nothing else.")
        with locked(self.path):
            kept = self._load()
            rows = codes.detach().cpu().float().tolist()
            if kept and rows and len(kept[0]["code"]) != len(rows[0]):
                raise ShapeError(
                    f"The store holds codes of {len(kept[0]['code'])} numbers; these have "
                    f"{len(rows[0])}. Forget the old ones first, or take another folder."
                )
            new = [{"code": c, "liked": y} for c, y in zip(rows, verdicts, strict=True)]
            write_atomically(self.path, json.dumps(kept + new).encode())

    def read(self) -> tuple[Tensor, Tensor]:
        """All that is kept: codes ``[N, D]`` and likes ``[N]``; both empty where nothing is."""
        kept = self._load()
        codes = torch.tensor([one["code"] for one in kept], dtype=torch.float32)
        return codes.reshape(len(kept), -1 if kept else 0), torch.tensor(
            [float(one["liked"]) for one in kept]
        )

    def forget(self) -> None:
        """Delete the file and all that was half-written; the folder itself stays."""
        remove_file(self.path)
        self.path.with_name(f".{NAME}.lock").unlink(missing_ok=True)

    def _load(self) -> list[dict]:
        if not self.path.exists():
            return []
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            whole = isinstance(kept, list) and all(set(one) == {"code", "liked"} for one in kept)
        except (ValueError, TypeError):
            whole = False
        if not whole:
            raise DataError(
                f"{self.path.name} holds no preferences of this store; move it away or call "
                "forget()."
            )
        return kept
