"""What models that write a target for a source have in common: pairs, search, growing texts.

Rows of tokens are filled up to one length: `PAD` is 0, `END` is 1.

Legend: N pairs, S places of the source, T tokens of the target, V words that can be written.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..core import (
    AigcError,
    DtypeError,
    GenerativeModel,
    Labelled,
    RangeError,
    ShapeError,
    check_count,
    evaluating,
)
from ..nn import sampling, search

PAD, END = 0, 1
State = tuple[Tensor, ...]


class SourceToTarget(GenerativeModel):
    """A base: whoever inherits says how a source is begun with, and what follows a token.

    Parameters
    ----------
    sources, targets : int
        Sizes of the two vocabularies, `PAD` (0) and `END` (1) counted.
    length : int
        T: how long a target may be, its `END` counted.
    examples : Tensor, optional
        int64 ``[M, S]``: the sources that `sample` draws from where it is asked for none.
    """

    def __init__(self, sources: int, targets: int, length: int, examples: Tensor | None):
        super().__init__()
        self.sources = check_count("sources", sources, at_least=END + 1)
        self.targets = check_count("targets", targets, at_least=END + 1)
        self.length = check_count("length", length)
        self.register_buffer("examples", None)
        if examples is not None:
            self.examples = check_rows("examples", examples, sources).clone()

    @abstractmethod
    def begin(self, sources: Tensor) -> State:
        """The state before the first token: for `nn.search`, and to be handed to `follow`."""

    @abstractmethod
    def follow(self, tokens: Tensor | None, state: State) -> tuple[Tensor, State]:
        """Logits ``[N, V]`` of the token after `tokens` ``[N]`` (None at the beginning)."""

    @torch.no_grad()
    def likeliest(
        self,
        sources: Tensor,
        *,
        length: int | None = None,
        width: int = 1,
        penalty: float = 0.0,
        rule: Callable[[Tensor, Tensor], Tensor] | None = None,
    ) -> Tensor:
        """The likeliest targets that greedy or beam search finds: int64 ``[N, length]``.

        Parameters
        ----------
        sources : Tensor
            int64 ``[N, S]``.
        length : int, optional
            The longest allowed; the model's own if left out.
        width, penalty
            See `nn.search.beam`; width 1 is greedy.
        rule : callable, optional
            See `nn.search.greedy`; only with width 1.
        """
        sources = self.check_sources(sources)
        if rule is not None and width != 1:
            raise AigcError("A rule goes with greedy search: leave out `width`, or the rule.")
        how = {"length": self.length if length is None else length, "end": END, "pad": PAD}
        with evaluating(self):
            state = self.begin(sources)
            if width == 1:
                return search.greedy(self.follow, state, rule=rule, **how)
            return search.beam(self.follow, state, width=width, penalty=penalty, **how)

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """Targets as they grow, drawn token by token: int64 ``[n, T]``, the rest still `PAD`.

        Parameters
        ----------
        n : int
        condition : Tensor, optional
            A source for each, int64 ``[n, S]``, or ``[S]`` for all; drawn from `examples` if left
            out.
        generator : torch.Generator, optional
        """
        state = self.begin(self.sources_for(n, condition, generator))
        how = {"length": self.length, "end": END, "pad": PAD, "generator": generator}
        yield from search.drawn(self.follow, state, **how)

    def sources_for(
        self, n: int, condition: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """The sources of `n` samples: those asked for, or drawn from the examples."""
        if condition is None:
            if self.examples is None:
                raise AigcError(
                    f"This {type(self).__name__} was built without examples: give condition=, the "
                    "sources int64 [n, S]."
                )
            even = self.examples.new_zeros(n, len(self.examples), dtype=torch.float32)
            return self.examples[sampling.draw(even, generator=generator)]
        if isinstance(condition, Tensor) and condition.ndim == 1:
            condition = condition.expand(n, -1)
        rows = self.check_sources(condition)
        if len(rows) != n:
            raise ShapeError(f"There must be {n} sources, one a sample; there are {len(rows)}.")
        return rows

    def check_pair(self, batch: Labelled) -> tuple[Tensor, Tensor]:
        """Targets and sources of a batch on the model's device, or a sentence."""
        if not isinstance(batch, Labelled):
            raise AigcError(
                f"A {type(self).__name__} learns from pairs: its batch must be Labelled(targets, "
                f"sources); you gave a {type(batch).__name__}."
            )
        targets, sources = self.check_targets(batch.x), self.check_sources(batch.condition)
        if len(targets) != len(sources):
            raise ShapeError(
                f"There are {len(targets)} targets and {len(sources)} sources; they are pairs."
            )
        return targets, sources

    def check_sources(self, rows: Tensor) -> Tensor:
        """Sources, int64 ``[N, S]``, on the model's device, or a sentence."""
        return check_rows("sources", rows, self.sources).to(self.device)

    def check_targets(self, rows: Tensor) -> Tensor:
        """Targets, int64 ``[N, T]``, on the model's device, or a sentence."""
        return check_rows("targets", rows, self.targets).to(self.device)


def check_rows(what: str, rows: Tensor, size: int) -> Tensor:
    """Return rows of tokens, int64 ``[N, L]`` below `size`, or raise, with a sentence.

    >>> check_rows("sources", torch.tensor([[0, 5]]), 9)
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: One of the sources is empty: a row begins with padding ...
    """
    if not isinstance(rows, Tensor) or rows.dtype != torch.int64:
        given = rows.dtype if isinstance(rows, Tensor) else f"a {type(rows).__name__}"
        raise DtypeError(f"The {what} must be an int64 tensor [N, L]; you gave {given}.")
    if rows.ndim != 2 or 0 in rows.shape:
        raise ShapeError(f"The {what} must be [N, L], both at least 1; they are {[*rows.shape]}.")
    near = rows.device.type == "cpu"  # elsewhere the CPU would wait
    if near and (rows.min() < 0 or rows.max() >= size):
        raise RangeError(
            f"The {what} must lie in 0..{size - 1}; yours lie in {int(rows.min())}.."
            f"{int(rows.max())}. Were they made by another tokenizer?"
        )
    if near and (rows[:, 0] == PAD).any():
        raise RangeError(
            f"One of the {what} is empty: a row begins with padding ({PAD}). Leave it out, or "
            f"give it its end ({END})."
        )
    return rows
