"""A pointer-generator: each word is written from a vocabulary, or copied from the source.

See, Liu & Manning 2017, equations 8 and 9. A gate g (their p_gen) shares the probability between
the two:

    p(w) = g * p_vocabulary(w) + (1 - g) * sum of a_j over the places j of the source where w stands

a_j are the weights of attention, which the model has anyway. A word outside the vocabulary has no
p_vocabulary, and can only be copied. Reader, writer and attention are `Translator`'s; new is the
gate alone, so that a model without it is the same model otherwise.

Legend: N pairs, S places of the source, T tokens of the target, K known words, V = K + E words,
C width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import (
    DtypeError,
    Labelled,
    Loss,
    ShapeError,
    check_choice,
    check_count,
    evaluating,
)
from .sourced import PAD, SourceToTarget, State
from .translator import Translator

UNKNOWN = 2
LEAST = 1e-12  # added to a probability before its logarithm


class Step(NamedTuple):
    """What the model believes of each token.

    Attributes
    ----------
    vocabulary : Tensor
        Log p of each known word if it is not copied, ``[N, T, K]``.
    gate : Tensor
        g, the share that is not copied, ``[N, T]``; 1 of a model that does not copy.
    weights : Tensor
        a, ``[N, T, S]``.
    """

    vocabulary: Tensor
    gate: Tensor
    weights: Tensor


@final
class PointerGenerator(SourceToTarget):
    """Writes a target for a source, and may copy words out of it.

    Numbers of tokens: `PAD` 0, `END` 1, `UNKNOWN` 2, known words up to K - 1; from K on, words of
    that row's source only, such as `data.CopyWords` makes them.

    Parameters
    ----------
    known : int
        K.
    extra : int
        E: how many unknown words one source may have.
    length : int
        T: how long a target may be, its `END` counted.
    copies : bool
        False takes the gate away: g is 1.
    width : int
        C.
    dropout : float
        Share dropped in training.
    examples : Tensor, optional
        int64 ``[M, S]``: the sources that `sample` draws from where it is asked for none.

    Raises
    ------
    RangeError, ShapeError, DtypeError

    Examples
    --------
    >>> model = PointerGenerator(6, 3, length=4, width=8)
    >>> sources = torch.tensor([[6, 3, 7, 1], [4, 6, 1, 0]])
    >>> model.write(sources).shape, model.look(sources, sources).weights.shape
    (torch.Size([2, 4]), torch.Size([2, 4, 4]))
    """

    def __init__(
        self,
        known: int,
        extra: int,
        *,
        length: int,
        copies: bool = True,
        width: int = 64,
        dropout: float = 0.0,
        examples: Tensor | None = None,
    ):
        check_count("known", known, at_least=UNKNOWN + 1)
        both = known + check_count("extra", extra, at_least=0)
        super().__init__(both, both, length, examples)
        self.known, self.extra, self.copies = known, extra, copies
        self.net = Translator(known, known, length=length, width=width, dropout=dropout)
        self.gate = nn.Linear(2 * width, 1) if copies else None  # last: the rest begins alike

    def loss(
        self,
        batch: Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Minus log p of a target's token in nats, averaged over all tokens but the padding.

        A word of the target that the model cannot write (it is not known, and, if the model
        copies, does not stand in the source) counts as `UNKNOWN`.

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
            Part ``generated``: the mean of g.
        """
        check_choice("player", player, self.players)
        targets, sources = self.check_pair(batch)
        counts = targets != PAD
        step = self._steps(sources, targets)
        nll = self._nll(step, sources, targets)
        many = counts.sum().clamp_min(1)
        share = torch.where(counts, step.gate, 0).sum() / many
        return Loss(torch.where(counts, nll, 0).sum() / many, {"generated": share.detach()})

    def _steps(self, sources: Tensor, targets: Tensor) -> Step:
        memory, real, h = self.net.begin(self._seen(sources))
        before = self.net.write_table(self._seen(targets[:, :-1]))  # [N, T - 1, C]
        y = torch.cat([self.net.start.expand(len(targets), 1, -1), before], dim=1)
        return self._step(y, memory, real, h)[0]

    def _step(self, y: Tensor, memory: Tensor, real: Tensor, h: Tensor) -> tuple[Step, Tensor]:
        out, h, weights = self.net.writer(self.net.drop(y), memory, real, h)
        gate = torch.ones_like(out[:, :, 0])  # [N, T]
        if self.gate is not None:
            gate = self.gate(torch.cat([out, y], dim=2))[:, :, 0].sigmoid()  # equation 8
        logits = self.net.head(self.net.drop(out))  # [N, T, K]
        return Step(F.log_softmax(logits.float(), dim=2), gate, weights), h

    def _nll(self, step: Step, sources: Tensor, targets: Tensor) -> Tensor:
        """Minus log p of each token, ``[N, T]``: equation 9 for one word."""
        same = sources[:, None] == targets[:, :, None]  # [N, T, S]
        copied = (step.weights * same).sum(2) * self.copies  # [N, T]
        possible = (targets < self.known) | (copied > 0)
        word = torch.where(possible, targets, UNKNOWN)
        told = step.vocabulary.gather(2, self._seen(word)[:, :, None])[:, :, 0]
        told = torch.where(word < self.known, told.exp(), 0) * step.gate
        return -(told + copied * (1 - step.gate) + LEAST).log()

    def _seen(self, rows: Tensor) -> Tensor:
        """The same rows with every word that is not known as `UNKNOWN`."""
        return torch.where(rows < self.known, rows, UNKNOWN)

    @torch.no_grad()
    def look(self, sources: Tensor, targets: Tensor) -> Step:
        """What the model believed of each token of a target, given those before it.

        Parameters
        ----------
        sources, targets : Tensor
            int64 ``[N, S]`` and ``[N, T]``.
        """
        sources, targets = self.check_sources(sources), self.check_targets(targets)
        with evaluating(self):
            return self._steps(sources, targets)

    def begin(self, sources: Tensor) -> State:
        """The state before the first token: for `nn.search`, and to be handed to `follow`."""
        return *self.net.begin(self._seen(sources)), sources

    def follow(self, tokens: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Log p ``[N, V]`` of the token after `tokens` ``[N]`` (None at the beginning).

        Those of `PAD` are minus infinity: it is no word to be written.
        """
        memory, real, h, sources = state
        y = self.net.start.expand(len(memory), 1, -1)
        if tokens is not None:
            y = self.net.write_table(self._seen(tokens))[:, None]  # [N, 1, C]
        step, h = self._step(y, memory, real, h)
        p = step.vocabulary[:, 0].exp()  # [N, K]
        p = mixture(p, step.gate[:, 0], step.weights[:, 0], sources, extra=self.extra)
        padding = torch.arange(p.shape[1], device=p.device) == PAD  # [V]
        return p.log().masked_fill(padding, -torch.inf), (memory, real, h, sources)

    def write(
        self,
        sources: Tensor,
        *,
        length: int | None = None,
        width: int = 1,
        rule: Callable[[Tensor, Tensor], Tensor] | None = None,
    ) -> Tensor:
        """The likeliest targets that greedy or beam search finds: int64 ``[N, length]``.

        Parameters
        ----------
        sources : Tensor
            int64 ``[N, S]``.
        length : int, optional
            The longest allowed; the model's own if left out.
        width : int
            The beam's; 1 is greedy.
        rule : callable, optional
            See `nn.search.greedy`; only with width 1.
        """
        return self.likeliest(sources, length=length, width=width, penalty=1.0, rule=rule)

    @torch.no_grad()
    def log_prob(self, batch: Labelled) -> Tensor:
        """Log p of each target given its source, in nats: ``[N]``."""
        targets, sources = self.check_pair(batch)
        with evaluating(self):
            nll = self._nll(self._steps(sources, targets), sources, targets)
        return -torch.where(targets != PAD, nll, 0).sum(1)


def mixture(
    p_vocabulary: Tensor, gate: Tensor, weights: Tensor, sources: Tensor, *, extra: int = 0
) -> Tensor:
    """P of every word: from the vocabulary, or copied (See et al. 2017, equation 9).

    Parameters
    ----------
    p_vocabulary : Tensor
        ``[N, K]``, each row summing to 1.
    gate : Tensor
        g, the share that is not copied, ``[N]``, in [0, 1].
    weights : Tensor
        Of the places of the source, ``[N, S]``, each row summing to 1.
    sources : Tensor
        int64 ``[N, S]``: which word stands there; numbers from K on are words not known.
    extra : int
        E: how many words that are not known a source may have.

    Returns
    -------
    Tensor
        ``[N, K + E]``, each row summing to 1.

    Raises
    ------
    ShapeError, DtypeError

    Examples
    --------
    A word that stands twice gets the weights of both places.

    >>> p, g = torch.tensor([[0.5, 0.5]]), torch.tensor([0.5])
    >>> weights, words = torch.tensor([[0.25, 0.25, 0.5]]), torch.tensor([[1, 2, 1]])
    >>> mixture(p, g, weights, words, extra=1)
    tensor([[0.2500, 0.6250, 0.1250]])
    """
    for name, given in {"p_vocabulary": p_vocabulary, "weights": weights}.items():
        if not isinstance(given, Tensor) or given.ndim != 2:
            raise ShapeError(f"{name} must be rows of probabilities, two axes.")
    if not isinstance(sources, Tensor) or sources.dtype != torch.int64:
        raise DtypeError("sources must be an int64 tensor: the numbers of words.")
    if sources.shape != weights.shape or len(p_vocabulary) != len(weights):
        raise ShapeError(
            f"Weights {[*weights.shape]} and sources {[*sources.shape]} must be alike, with as "
            f"many rows as p_vocabulary {[*p_vocabulary.shape]}."
        )
    g = gate[:, None]  # [N, 1]
    p = F.pad(g * p_vocabulary, (0, check_count("extra", extra, at_least=0)))  # [N, K + E]
    return p.scatter_add(1, sources, (1 - g) * weights)
