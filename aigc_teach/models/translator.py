"""Sequence to sequence: a source is read whole, then the target is written token by token.

    log p(y | x) = sum over t of log p(y_t | y_1 ... y_(t-1), x)

Two kinds. *rnn*: a GRU reads the source in both directions, another GRU writes; before each token
it looks back at all places of the source (Luong et al. 2015, with the dot product; the idea is
Bahdanau et al. 2015), or, without attention, sees the reader's last state alone (Cho et al.
2014). *transformer*: layers of attention and dense layers on both sides (Vaswani et al. 2017),
each layer norm before its part.

Rows of tokens are filled up to one length: `PAD` is 0, `END` is 1. What stands in the padding
never changes an output, and costs nothing.

Legend: N pairs, S places of the source, T tokens of the target, V vocabulary, C width, H heads.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from ..core import (
    Labelled,
    Loss,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    evaluating,
)
from ..losses import sequence
from ..nn import CheapDropout, attention, causal_mask
from ..nn.positions import rotate, sinusoidal
from .gpt import MLP
from .sourced import PAD, SourceToTarget, State

KINDS = ("rnn", "transformer")
POSITIONS = ("learnt", "sinusoidal", "rotary")


class Reader(nn.Module):
    """A GRU in both directions; the backward one starts at each row's own last token."""

    def __init__(self, width: int):
        super().__init__()
        self.forwards = nn.GRU(width, width, batch_first=True)
        self.backwards = nn.GRU(width, width, batch_first=True)
        self.join = nn.Linear(2 * width, width)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        """``[N, S, C]`` and which places are real, bool ``[N, S]`` -> ``[N, S, C]``."""
        places = torch.arange(x.shape[1], device=x.device)  # [S]
        turned = (real.sum(1, keepdim=True) - 1 - places).clamp_min(0)  # [N, S]: last to first
        turned = turned[:, :, None].expand_as(x)
        there = self.forwards(x)[0]
        back = self.backwards(x.gather(1, turned))[0].gather(1, turned)
        return torch.tanh(self.join(torch.cat([there, back], dim=2)))


class Writer(nn.Module):
    """A GRU that looks back at the source after each token it read."""

    def __init__(self, width: int, *, looks: bool):
        super().__init__()
        self.gru = nn.GRU(width, width, batch_first=True)
        self.begin = nn.Linear(2 * width, width)
        self.mix = nn.Linear(2 * width, width)
        self.looks = looks

    def forward(
        self, y: Tensor, memory: Tensor, real: Tensor, h: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors of the tokens before ``[N, T, C]`` -> what predicts ``[N, T, C]``.

        Also the state ``[N, C]`` and the weights ``[N, T, S]``.
        """
        summary = self.summary(memory, real)  # [N, C]
        start = summary if h is None else h
        out, last = self.gru(y, start[None].contiguous())  # [N, T, C], [1, N, C]
        if self.looks:
            found, weights = attention(out, memory, memory, real[:, None])  # [N, T, C], [N, T, S]
        else:
            found = summary[:, None].expand_as(out)
            weights = out.new_zeros(*out.shape[:2], memory.shape[1])
        return torch.tanh(self.mix(torch.cat([out, found], dim=2))), last[0], weights

    def summary(self, memory: Tensor, real: Tensor) -> Tensor:
        """Both ends of what was read, in one vector: ``[N, C]``."""
        last = (real.sum(1) - 1).clamp_min(0)[:, None, None].expand(-1, 1, memory.shape[2])
        ends = torch.cat([memory[:, 0], memory.gather(1, last)[:, 0]], dim=1)  # [N, 2 C]
        return torch.tanh(self.begin(ends))


class Heads(nn.Module):
    """Attention with several heads, from one sequence to itself or to another."""

    def __init__(self, width: int, heads: int, *, rotary: bool = False):
        super().__init__()
        self.heads, self.rotary = heads, rotary
        self.q, self.kv = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """``[N, T, C]``, ``[N, S, C]``, bool ``[N or 1, T or 1, S]`` -> ``[N, T, C]``, weights.

        The weights are ``[N, H, T, S]``.
        """
        q = self.q(x).unflatten(2, (self.heads, -1)).transpose(1, 2)  # [N, H, T, D]
        both = self.kv(memory).unflatten(2, (2 * self.heads, -1)).transpose(1, 2)
        k, v = both.chunk(2, dim=1)  # [N, H, S, D] each
        if self.rotary:
            q = rotate(q, torch.arange(q.shape[2], device=q.device))
            k = rotate(k, torch.arange(k.shape[2], device=k.device))
        y, weights = attention(q, k, v, mask[:, None])
        return self.out(y.transpose(1, 2).flatten(2)), weights


class Layer(nn.Module):
    """Attention to itself, with a second text also to that one, then two dense layers."""

    def __init__(self, width: int, heads: int, *, rotary: bool, looks: bool, dropout: float):
        super().__init__()
        self.ln_1, self.ln_3 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.own = Heads(width, heads, rotary=rotary)
        if looks:
            self.ln_2, self.across = nn.LayerNorm(width), Heads(width, heads)
        self.mlp, self.drop = MLP(width), CheapDropout(dropout)

    def forward(
        self, x: Tensor, mask: Tensor, memory: Tensor | None = None, real: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """``[N, T, C]`` -> ``[N, T, C]``, and the weights across ``[N, H, T, S]`` or None."""
        normed, weights = self.ln_1(x), None
        x = x + self.drop(self.own(normed, normed, mask)[0])
        if memory is not None:
            found, weights = self.across(self.ln_2(x), memory, real[:, None])
            x = x + self.drop(found)
        return x + self.drop(self.mlp(self.ln_3(x))), weights


@final
class Translator(SourceToTarget):
    """Writes a target for a source: p(y | x), one token after another.

    Parameters
    ----------
    sources, targets : int
        Sizes of the two vocabularies, `PAD` (0) and `END` (1) counted.
    length : int
        T: how long a translation may be, its `END` counted. Sources may be of any length, with
        learnt positions of at most `longest`.
    kind : {"rnn", "transformer"}
    looks : bool
        False takes attention away from the rnn: the writer sees one vector of the source.
    width : int
        C.
    heads, layers : int
        Of the transformer: H, a divisor of C; layers on each side.
    positions : {"learnt", "sinusoidal", "rotary"}
        Of the transformer; rotary ones only within a text.
    longest : int, optional
        Places in the table of learnt positions; `length` + 32 if left out.
    dropout : float
        Share dropped in training.
    examples : Tensor, optional
        int64 ``[K, S]``: the sources that `sample` draws from where it is asked for none.

    Raises
    ------
    RangeError, ChoiceError, ShapeError, DtypeError

    Examples
    --------
    >>> model = Translator(9, 8, length=6, width=16, heads=2)
    >>> sources = torch.tensor([[5, 6, 1, 0], [2, 3, 4, 1]])
    >>> model.translate(sources).shape, model.align(sources, sources).shape
    (torch.Size([2, 6]), torch.Size([2, 4, 4]))
    """

    def __init__(
        self,
        sources: int,
        targets: int,
        *,
        length: int,
        kind: str = "rnn",
        looks: bool = True,
        width: int = 64,
        heads: int = 4,
        layers: int = 1,
        positions: str = "learnt",
        longest: int | None = None,
        dropout: float = 0.0,
        examples: Tensor | None = None,
    ):
        super().__init__(sources, targets, length, examples)
        check_choice("kind", kind, KINDS)
        check_choice("positions", positions, POSITIONS)
        self.longest = check_count("longest", length + 32 if longest is None else longest)
        self.kind, self.looks, self.positions = kind, looks, positions
        self.width, self.heads = check_count("width", width), check_count("heads", heads)
        self.read_table = nn.Embedding(sources, width)
        self.write_table = nn.Embedding(targets, width)
        self.start = nn.Parameter(torch.zeros(width))
        self.drop = CheapDropout(dropout)
        if kind == "rnn":
            self.reader, self.writer = Reader(width), Writer(width, looks=looks)
        else:
            self._build_transformer(check_count("layers", layers), dropout)
        self.head = nn.Linear(width, targets)

    def _build_transformer(self, layers: int, dropout: float) -> None:
        if not self.looks:
            raise RangeError("A transformer looks at its source; looks=False is for kind='rnn'.")
        rotary, size = self.positions == "rotary", self.width // self.heads
        if self.width % self.heads or (rotary and size % 2) or self.width % 2:
            raise RangeError(
                f"width={self.width} cannot be shared by heads={self.heads}; choose an even "
                "width and a divisor of it, with rotary positions so that each head gets an "
                "even share."
            )
        like = {"rotary": rotary, "dropout": dropout}
        make = range(layers)
        self.readers = nn.ModuleList(
            Layer(self.width, self.heads, looks=False, **like) for _ in make
        )
        self.writers = nn.ModuleList(
            Layer(self.width, self.heads, looks=True, **like) for _ in make
        )
        self.ln_read, self.ln_write = nn.LayerNorm(self.width), nn.LayerNorm(self.width)
        if self.positions == "learnt":
            self.read_places = nn.Embedding(self.longest, self.width)
            self.write_places = nn.Embedding(self.longest, self.width)
            nn.init.normal_(self.read_places.weight, std=0.1)
            nn.init.normal_(self.write_places.weight, std=0.1)

    def loss(
        self,
        batch: Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Minus log p of a target's token in nats, averaged over all tokens but the padding.

        Parameters
        ----------
        batch : Labelled
            ``x``: targets, int64 ``[N, T]``, each closed by `END`; ``condition``: sources, int64
            ``[N, S]``.
        player : {"model"}
        generator : torch.Generator, optional

        Returns
        -------
        Loss
            Part ``right``: the share of tokens whose likeliest prediction is right, where the
            true ones before it are read.
        """
        check_choice("player", player, self.players)
        targets, sources = self.check_pair(batch)
        logits, counts = self(sources, targets), targets != PAD
        total = sequence.mean_nll(logits, targets, counts)
        right = ((logits.argmax(2) == targets) & counts).sum() / counts.sum().clamp_min(1)
        return Loss(total, {"right": right.detach()})

    def forward(self, sources: Tensor, targets: Tensor) -> Tensor:
        """Logits of each token of the target given those before it: ``[N, T, V]``.

        The shift by one, a start before the first token, is made here.
        """
        return self._write(sources, targets)[0]

    @torch.no_grad()
    def align(self, sources: Tensor, targets: Tensor) -> Tensor:
        """How much each token of the target looked at each place of the source.

        Parameters
        ----------
        sources, targets : Tensor
            int64 ``[N, S]`` and ``[N, T]``.

        Returns
        -------
        Tensor
            ``[N, T, S]``; each row sums to 1, padding has 0. Of a transformer the mean over the
            heads of the last layer; zeros of a model that does not look.
        """
        sources, targets = self.check_sources(sources), self.check_targets(targets)
        with evaluating(self):
            return self._write(sources, targets)[1]

    def _write(self, sources: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        memory, real = self._read(sources)
        before = self.write_table(targets[:, :-1])  # [N, T - 1, C]
        y = torch.cat([self.start.expand(len(targets), 1, -1), before], dim=1)  # [N, T, C]
        if self.kind == "rnn":
            out, _, weights = self.writer(self.drop(y), memory, real)
        else:
            out, weights = self._decode(y, memory, real)
        return self.head(self.drop(out)), weights

    def _read(self, sources: Tensor) -> tuple[Tensor, Tensor]:
        """The source as vectors ``[N, S, C]``, and which of its places are real ``[N, S]``."""
        real = sources != PAD
        x = self.read_table(sources)
        if self.kind == "rnn":
            return self.reader(self.drop(x), real), real
        x = self.drop(self._placed(x, "read_places"))
        for layer in self.readers:
            x, _ = layer(x, real[:, None])
        return self.ln_read(x), real

    def _decode(self, y: Tensor, memory: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        y = self.drop(self._placed(y, "write_places"))
        seen = causal_mask(y.shape[1], like=y)[None]  # [1, T, T]
        for layer in self.writers:
            y, weights = layer(y, seen, memory, real)
        return self.ln_write(y), weights.mean(1)

    def _placed(self, x: Tensor, table: str) -> Tensor:
        """Tokens' vectors with their places added, unless these are rotary."""
        if self.positions == "rotary":
            return x
        places = torch.arange(x.shape[1], device=x.device)  # [T]
        if self.positions == "sinusoidal":
            return x + sinusoidal(places, self.width).to(x.dtype)
        if x.shape[1] > self.longest:
            raise ShapeError(
                f"This model has learnt {self.longest} places; you gave a text of {x.shape[1]}. "
                "Build it with a larger `longest`, or with other positions."
            )
        return x + getattr(self, table)(places)

    def begin(self, sources: Tensor) -> State:
        """The state before the first token: for `nn.search`, and to be handed to `follow`."""
        memory, real = self._read(sources)
        if self.kind == "rnn":
            return memory, real, self.writer.summary(memory, real)
        return memory, real, self.start.expand(len(sources), 1, -1)

    def follow(self, tokens: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Logits ``[N, V]`` of the token after `tokens` ``[N]`` (None at the beginning).

        Those of `PAD` are minus infinity: it is no token to be written.
        """
        memory, real, past = state
        new = self.start.expand(len(memory), 1, -1)
        if tokens is not None:
            new = self.write_table(tokens)[:, None]  # [N, 1, C]
        if self.kind == "rnn":
            out, past, _ = self.writer(new, memory, real, past)
        else:
            past = new if tokens is None else torch.cat([past, new], dim=1)
            out, _ = self._decode(past, memory, real)
        logits = self.head(out[:, -1])  # [N, V]
        padding = torch.arange(self.targets, device=logits.device) == PAD  # [V]
        return logits.masked_fill(padding, -torch.inf), (memory, real, past)

    translate = SourceToTarget.likeliest  # the field's word

    @torch.no_grad()
    def log_prob(self, batch: Labelled) -> Tensor:
        """Log p of each target given its source, in nats: ``[N]``."""
        targets, sources = self.check_pair(batch)
        with evaluating(self):
            return -sequence.sequence_nll(self(sources, targets), targets, targets != PAD)
