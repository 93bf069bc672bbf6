"""A small GPT: tokens that look back at all earlier tokens. Radford et al. 2019.

The parts are called as in GPT-2, nanoGPT and minGPT, so that their weights load here under
their own names and you find your way there afterwards:

    wte   vectors of the tokens              h.0.attn.c_attn   queries, keys, values
    wpe   vectors of the places              h.0.attn.c_proj   back into the stream
    h     the blocks                         h.0.mlp.c_fc      out to four times the width
    ln_f  the last layer norm                h.0.mlp.c_proj    and back
    lm_head  logits; where tied there is none, and wte serves

Only ``start`` is ours: the vector that stands before the first token.

Legend: N batch, T tokens, V vocabulary, C width, L layers, H heads.
"""

from __future__ import annotations

from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import RangeError, ShapeError, check_choice, check_count, check_number
from ..losses import sequence
from ..nn import CheapDropout, KVCache, SelfAttention
from ..nn.positions import KINDS, sinusoidal
from .language import LanguageModel


class MLP(nn.Module):
    """Two layers, four times as wide between them, with the tanh form of GELU."""

    def __init__(self, width: int):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.act = nn.GELU(approximate="tanh")
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, T, C] -> [N, T, C]``."""
        return self.c_proj(self.act(self.c_fc(x)))


class Block(nn.Module):
    """Attention, then an MLP; each reads the stream through a layer norm and adds to it.

    Parameters
    ----------
    width, heads : int
    rotary : bool
        Whether positions are turned into queries and keys.
    dropout : float
        Share of what each part adds that is dropped in training.
    """

    def __init__(self, width: int, heads: int, *, rotary: bool = False, dropout: float = 0.0):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = SelfAttention(width, heads=heads, rotary=rotary)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = MLP(width)
        self.drop = CheapDropout(dropout)

    def forward(self, x: Tensor, cache: KVCache | None = None) -> Tensor:
        """``[N, T, C] -> [N, T, C]``."""
        x = x + self.drop(self.attn(self.ln_1(x), cache))
        return x + self.drop(self.mlp(self.ln_2(x)))


class Reading(NamedTuple):
    """How far a text was read: the last tokens, and what each block keeps of them.

    Attributes
    ----------
    tokens : Tensor
        ``[N, T]``, at most the context.
    caches : list of KVCache
    """

    tokens: Tensor
    caches: list[KVCache]


@final
class GPT(LanguageModel):
    """A decoder-only transformer.

    Parameters
    ----------
    vocabulary : int
        V.
    context : int
        How many tokens it sees at once, the start counted.
    width, heads, layers : int
        C, H and L; H a divisor of C.
    positions : {"learnt", "sinusoidal", "rotary"}
        See `nn.positions`.
    length : int, optional
        How many tokens `sample` draws; `context` if left out.
    tied : bool
        One table serves as ``wte`` and ``lm_head``.
    dropout : float
        Share dropped in training of the vectors and of what each part of a block adds.
    spread : float
        Standard deviation of the tokens' first vectors; .02 is GPT-2's. Where tied and above
        ``1 / sqrt(C)``, the first logits have a spread of about 1; but that of the token just
        read begins with up to ``sqrt(C)``, so the first loss lies above ``log V``.

    Raises
    ------
    RangeError, ChoiceError

    Examples
    --------
    >>> model = GPT(10, context=6, width=8, heads=2, layers=1)
    >>> model.sample(3).shape, model(torch.zeros(1, 4).long()).shape
    (torch.Size([3, 6]), torch.Size([1, 4, 10]))
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        context: int = 64,
        width: int = 128,
        heads: int = 4,
        layers: int = 2,
        positions: str = "learnt",
        length: int | None = None,
        tied: bool = True,
        dropout: float = 0.0,
        spread: float = 0.02,
    ):
        super().__init__(vocabulary, context if length is None else length)
        check_choice("positions", positions, KINDS)
        check_count("layers", layers)
        self.context, self.width = check_count("context", context), width
        self.positions, self.tied = positions, tied
        self.wte = nn.Embedding(vocabulary, width)
        self.start = nn.Parameter(torch.zeros(width))
        if positions == "learnt":
            self.wpe = nn.Embedding(context, width)
        self.drop = CheapDropout(dropout)
        rotary = positions == "rotary"
        self.h = nn.ModuleList(
            Block(width, heads, rotary=rotary, dropout=dropout) for _ in range(layers)
        )
        self.ln_f = nn.LayerNorm(width)
        if not tied:
            self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self._begin(layers, check_number("spread", spread, above=True))

    def _begin(self, layers: int, spread: float) -> None:
        """First weights as GPT-2's: spread .02, what is added to the stream over sqrt(2 L)."""
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                narrow = (2 * layers) ** -0.5 if name.endswith("c_proj.weight") else 1.0
                nn.init.normal_(weight, std=0.02 * narrow)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)
        nn.init.normal_(self.wte.weight, std=spread)
        nn.init.normal_(self.start, std=spread)
        if self.tied:  # logits begin with about 1, but that of the token just read with sqrt(C)
            nn.init.constant_(self.ln_f.weight, min(1.0, 1 / (spread * self.width**0.5)))

    def forward(self, tokens: Tensor, *, start: bool = False) -> Tensor:
        """Logits of what follows: ``[N, T] -> [N, T, V]``, or ``[N, T + 1, V]`` with the start.

        T, the start counted, is at most the context.
        """
        x = self.embed(tokens, start=start)  # [N, T, C]
        for block in self.h:
            x = block(x)
        return self.head(x)

    def head(self, x: Tensor) -> Tensor:
        """The stream after the last block as logits: ``[..., C] -> [..., V]``."""
        return F.linear(self.ln_f(x), (self.wte if self.tied else self.lm_head).weight)

    def embed(self, tokens: Tensor, *, start: bool = False, place: int = 0) -> Tensor:
        """The vectors that enter the first block: tokens and, unless rotary, places."""
        x = self.wte(tokens)  # [N, T, C]
        if start:
            x = torch.cat([self.start.expand(len(x), 1, -1), x], dim=1)
        if place + x.shape[1] > self.context:
            raise ShapeError(
                f"This GPT sees {self.context} tokens at once, the start counted; "
                f"you gave {place + x.shape[1]}. Cut the text, or use generate() or score()."
            )
        places = torch.arange(place, place + x.shape[1], device=x.device)  # [T]
        if self.positions == "learnt":
            x = x + self.wpe(places)
        elif self.positions == "sinusoidal":
            x = x + sinusoidal(places, self.width).to(x.dtype)
        return self.drop(x)

    def read(self, tokens: Tensor, state: Reading | None = None) -> tuple[Tensor, Reading]:
        """Logits ``[N, V]`` of the next token, and the reading to go on from.

        As long as the text fits into the context, each token is computed once. Beyond it the
        text moves through the window, all places change, and the window is read anew. A reading
        can be gone on from once: its caches are written to.
        """
        before = tokens[:, :0] if state is None else state.tokens
        seen = torch.cat([before, tokens], dim=1)  # [N, T]
        room = self.context - 1  # the start has a place, too
        if state is None or seen.shape[1] > room:
            seen = seen[:, max(0, seen.shape[1] - room) :]
            caches = [KVCache(self.context) for _ in self.h]
            x = self.embed(seen, start=True)
        else:
            if not tokens.shape[1]:
                raise ShapeError("There is nothing to read: give at least 1 token.")
            caches = state.caches
            x = self.embed(tokens, place=caches[0].length)
        for block, cache in zip(self.h, caches, strict=True):
            x = block(x, cache)
        return self.head(x[:, -1]), Reading(seen, caches)

    @torch.no_grad()
    def score(self, tokens: Tensor, *, stride: int | None = None) -> Tensor:
        """Log p of each token of one long text, in nats: ``[T] -> [T]``.

        Windows of `context` tokens, each `stride` further on; of each but the first only its
        last `stride` predictions count, so that every token has at least context - stride
        others before it.

        Parameters
        ----------
        tokens : Tensor
            int64 ``[T]``.
        stride : int, optional
            1 to `context`; half the context if left out. Smaller is slower and better.
        """
        text = self.check_text(tokens)
        stride = max(1, self.context // 2) if stride is None else check_count("stride", stride)
        if stride > self.context:
            raise RangeError(f"stride={stride} leaves gaps: the context is {self.context}.")
        first = text[:, : self.context]  # [1, W]
        scores = [-sequence.token_nll(self(first[:, :-1], start=True), first)[0]]
        ends = range(self.context + stride, text.shape[1] + stride, stride)
        windows = [
            text[0, min(end, text.shape[1]) - self.context :][: self.context] for end in ends
        ]
        fresh = [stride] * len(windows)
        if windows:
            fresh[-1] = text.shape[1] - self.context - stride * (len(windows) - 1)
        for at in range(0, len(windows), 32):
            batch = torch.stack(windows[at : at + 32])  # [B, W]
            nll = sequence.token_nll(self(batch[:, :-1], start=True), batch)
            scores += [-row[-n:] for row, n in zip(nll, fresh[at : at + 32], strict=True)]
        return torch.cat(scores)
