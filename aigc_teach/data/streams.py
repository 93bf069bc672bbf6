"""A long text cut into streams that are read side by side, batch after batch."""

from __future__ import annotations

import torch
from torch import Tensor

from ..core import CheckpointError, DataError, DtypeError, check_count


class Streams:
    """An endless iterator over one long text: row r of a batch goes on where row r ended.

    The text is cut into `batch_size` equal parts. Each batch holds the next `steps` tokens of
    each part; at the end of a part the row goes on with the part after it, so no text is lost
    and every row reads the whole text in time.

    Parameters
    ----------
    tokens : Tensor
        int64 ``[T]``.
    batch_size, steps : int
        S and the tokens of a row in a batch; S * steps at most T.

    Examples
    --------
    >>> batches = Streams(torch.arange(10), batch_size=2, steps=3)
    >>> next(batches).tolist(), next(batches).tolist()
    ([[0, 1, 2], [5, 6, 7]], [[3, 4, 5], [8, 9, 0]])
    """

    def __init__(self, tokens: Tensor, *, batch_size: int, steps: int):
        if not isinstance(tokens, Tensor) or tokens.dtype != torch.int64 or tokens.ndim != 1:
            raise DtypeError("The text must be an int64 tensor [T] of tokens.")
        check_count("batch_size", batch_size)
        check_count("steps", steps)
        if batch_size * steps > len(tokens):
            raise DataError(
                f"batch_size={batch_size} rows of steps={steps} tokens are more than the text has: "
                f"{len(tokens)}."
            )
        self.tokens, self.batch_size, self.steps = tokens, batch_size, steps
        self.position = 0

    @property
    def device(self) -> torch.device:
        """Where the text lies, and so where the batches come out."""
        return self.tokens.device

    def __len__(self) -> int:
        """Batches until each row has read its own part."""
        return -(-len(self.tokens) // (self.batch_size * self.steps))

    def __iter__(self) -> Streams:
        return self

    def __next__(self) -> Tensor:
        begins = torch.arange(self.batch_size, device=self.device)[:, None]  # [S, 1]
        begins = begins * (len(self.tokens) // self.batch_size)
        places = begins + torch.arange(
            self.position, self.position + self.steps, device=self.device
        )
        self.position = (self.position + self.steps) % len(self.tokens)
        return self.tokens[places % len(self.tokens)]  # [S, steps]

    def to(self, device: torch.device | str, channels_last: bool = False) -> Streams:
        """Move the text, in place, and return self; the place in it stays."""
        self.tokens = self.tokens.to(device)
        return self

    def state_dict(self) -> dict[str, int]:
        """All that is needed to go on exactly here."""
        names = ("batch_size", "steps", "position")
        return {"n": len(self.tokens)} | {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where another Streams of the same text and sizes stood.

        Raises
        ------
        CheckpointError
        """
        missing = sorted(self.state_dict().keys() - state.keys())
        if missing:
            raise CheckpointError(f"The streams' state lacks {missing}; it cannot be resumed.")
        for name, here in self.state_dict().items():
            if name != "position" and int(state[name]) != here:
                raise CheckpointError(
                    f"The state was saved with {name}={int(state[name])}, these streams have "
                    f"{name}={here}. Resume with the same text and the same sizes."
                )
        if not 0 <= int(state["position"]) < len(self.tokens):
            raise CheckpointError(f"The streams' state is damaged: {state}.")
        self.position = int(state["position"])
