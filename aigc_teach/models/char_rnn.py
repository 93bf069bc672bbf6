"""A recurrent language model: one state, changed by each token that is read.

Mikolov et al. 2010; for characters Graves 2013 and Karpathy 2015. The layers are torch's own
(`nn.RNN`, `nn.GRU`, `nn.LSTM`), whose every step is `nn.rnn_cell`, `gru_cell` or `lstm_cell`
of this package; the tests compare them.

Legend: N batch, T tokens, V vocabulary, C width, L layers.
"""

from __future__ import annotations

from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import ShapeError, check_choice, check_count, check_number, drawn_on
from ..losses import sequence
from ..nn import CheapDropout
from .language import LONGEST_PIECE, LanguageModel

CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


@final
class CharRNN(LanguageModel):
    """A recurrent network over tokens: characters, bytes or pairs of bytes.

    Parameters
    ----------
    vocabulary : int
        V.
    cell : {"rnn", "gru", "lstm"}
    width : int
        C, of the state and of a token's vector.
    layers : int
        L, one on another.
    length : int
        How many tokens `sample` draws; 100 unless told.
    tied : bool
        One table serves as the tokens' vectors and as the weights of the output (Press & Wolf
        2017); else two.
    dropout : float
        Share of the features dropped in training before the layers and after them.
    streams : int
        0: each row of a batch is a text of its own. S: batches have S rows, and each row goes
        on where the same row of the batch before ended (`data.Streams`). The state is carried
        over, the gradient stops there: truncated back-propagation through time.
    forget : float
        With streams: the share of rows that begin anew in each batch all the same, so that the
        model also learns to begin.

    Examples
    --------
    >>> model = CharRNN(10, width=8, length=5)
    >>> model.sample(3).shape, model(torch.zeros(1, 4).long()).shape
    (torch.Size([3, 5]), torch.Size([1, 4, 10]))
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        cell: str = "lstm",
        width: int = 128,
        layers: int = 1,
        length: int = 100,
        tied: bool = True,
        dropout: float = 0.0,
        streams: int = 0,
        forget: float = 0.03,
    ):
        super().__init__(vocabulary, length)
        check_choice("cell", cell, CELLS)
        check_count("width", width)
        check_count("layers", layers)
        check_count("streams", streams, at_least=0)
        self.cell, self.width, self.layers, self.tied = cell, width, layers, tied
        self.streams, self.forget = streams, check_number("forget", forget)
        self.embedding = nn.Embedding(vocabulary, width)
        self.start = nn.Parameter(torch.zeros(width))
        self.drop = CheapDropout(dropout)
        self.body = CELLS[cell](width, width, layers, batch_first=True)
        if tied:
            nn.init.normal_(self.embedding.weight, std=width**-0.5)
            self.bias = nn.Parameter(torch.zeros(vocabulary))
        else:
            self.head = nn.Linear(width, vocabulary)
        if streams:  # where each row of the batch before ended
            parts = 2 if cell == "lstm" else 1
            self.register_buffer("carried", torch.zeros(parts, layers, streams, width))
            self.register_buffer("last", torch.zeros(streams, width))

    def forward(self, tokens: Tensor, *, start: bool = False) -> Tensor:
        """Logits of what follows: ``[N, T] -> [N, T, V]``, or ``[N, T + 1, V]`` with the start."""
        return self._logits(self._vectors(tokens, start), None)[0]

    def predict(self, tokens: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Logits of each token given those before it: ``[N, T, V]``.

        With streams and in training, "before" includes the batches before.
        """
        if not (self.streams and self.training):
            return self(tokens[:, :-1], start=True)
        if len(tokens) != self.streams:
            raise ShapeError(
                f"This model carries the state of {self.streams} streams; the batch has "
                f"{len(tokens)} rows. Use data.Streams(text, batch_size={self.streams}, ...)."
            )
        anew = self._anew(generator)  # [S, 1]
        first = torch.where(anew, self.start, self.last)  # [S, C]
        state = self.carried * ~anew  # [parts, L, S, C]
        x = torch.cat([first[:, None], self.embedding(tokens[:, :-1])], dim=1)  # [S, T, C]
        logits, state = self._logits(x, state)
        self.carried = state.detach().to(self.carried.dtype)
        self.last = self.embedding(tokens[:, -1]).detach()
        return logits

    def read(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Logits ``[N, V]`` of the next token, and the state to go on from."""
        x = self._vectors(tokens, start=state is None)
        if not x.shape[1]:
            raise ShapeError("There is nothing to read: give at least 1 token.")
        logits, state = self._logits(x, state, last=True)
        return logits[:, -1], state

    @torch.no_grad()
    def score(self, tokens: Tensor) -> Tensor:
        """Log p of each token of one long text given *all* before it, in nats: ``[T] -> [T]``."""
        text, state, scores = self.check_text(tokens), None, []
        before = self._vectors(text[:, :0], start=True)  # [1, 1, C]
        for piece in text.split(LONGEST_PIECE, dim=1):
            x = torch.cat([before, self.embedding(piece)], dim=1)  # [1, P + 1, C]
            logits, state = self._logits(x[:, :-1], state)
            scores.append(-sequence.token_nll(logits, piece)[0])
            before = x[:, -1:]
        return torch.cat(scores)

    def _vectors(self, tokens: Tensor, start: bool) -> Tensor:
        x = self.embedding(tokens)  # [N, T, C]
        if not start:
            return x
        return torch.cat([self.start.expand(len(x), 1, -1), x], dim=1)  # [N, T + 1, C]

    def _logits(self, x: Tensor, state: Tensor | None, last: bool = False) -> tuple:
        """Logits, and the state as one tensor ``[parts, L, N, C]``."""
        if state is not None:
            state = tuple(state) if self.cell == "lstm" else state[0]
        h, state = self.body(self.drop(x), state)  # [N, T, C]
        parts = state if self.cell == "lstm" else (state,)
        return self._head(self.drop(h[:, -1:] if last else h)), torch.stack(parts)

    def _head(self, h: Tensor) -> Tensor:
        return F.linear(h, self.embedding.weight, self.bias) if self.tied else self.head(h)

    def _anew(self, generator: torch.Generator | None) -> Tensor:
        """Which streams begin anew: those never begun (``last`` all zero), and a few others."""
        device = self.last.device
        luck = torch.rand(self.streams, 1, device=drawn_on(device, generator), generator=generator)
        return (luck.to(device) < self.forget) | (self.last == 0).all(dim=1, keepdim=True)
