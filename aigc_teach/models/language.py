"""What every language model shares: p(text) as a product over its tokens, one after another.

    log p(x_1 ... x_T) = sum over t of log p(x_t | x_1 ... x_(t-1))

The first token has none before it: a learnt vector, the *start*, stands there. A batch is whole
sequences, or pieces of a running text; the shift by one between what is read and what is
predicted is made here, and nowhere else.

Legend: N batch, T tokens, V vocabulary.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, final

import torch
from torch import Tensor

from ..core import (
    DtypeError,
    GenerativeModel,
    Labelled,
    Loss,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
)
from ..losses import sequence
from ..nn import sampling

LONGEST_PIECE = 4096  # tokens of a long text that are scored at once


class LanguageModel(GenerativeModel, ABC):
    """A model of sequences of tokens, read from left to right.

    Parameters
    ----------
    vocabulary : int
        V; tokens are 0 to V - 1.
    length : int
        How many tokens `sample` draws.
    """

    matrix_bound = True

    def __init__(self, vocabulary: int, length: int):
        super().__init__()
        self.vocabulary = check_count("vocabulary", vocabulary)
        self.length = check_count("length", length)

    @abstractmethod
    def forward(self, tokens: Tensor, *, start: bool = False) -> Tensor:
        """Logits of what follows: ``[N, T] -> [N, T, V]``, row t after tokens 0 to t.

        With ``start`` the start stands before the tokens, and the result is ``[N, T + 1, V]``:
        row t is then the prediction *of* token t.
        """

    @abstractmethod
    def read(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Logits ``[N, V]`` of the token after `tokens` ``[N, T]``, and what to go on from.

        Parameters
        ----------
        tokens : Tensor
            int64; T may be 0 only at the beginning.
        state : optional
            What the call before gave back; the beginning of a text without it.
        """

    @abstractmethod
    def score(self, tokens: Tensor) -> Tensor:
        """Log p of each token of one long text, in nats: ``[T] -> [T]``, without gradients."""

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Minus log p of a token in nats, averaged over all tokens of the batch.

        Parameters
        ----------
        batch : Tensor
            int64 ``[N, T]``.
        player : {"model"}
        generator : torch.Generator, optional

        Returns
        -------
        Loss
            Part ``bits``: the same in bits a token.
        """
        check_choice("player", player, self.players)
        self.check_tokens(batch)
        tokens = batch.to(self.device)
        total = sequence.mean_nll(self.predict(tokens, generator=generator), tokens)
        return Loss(total, {"bits": total.detach() / math.log(2)})

    def predict(self, tokens: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Logits of each token given those before it, the start first: ``[N, T, V]``."""
        return self(tokens[:, :-1], start=True)

    @final
    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """The growing text: int64 ``[n, 1]``, ``[n, 2]``, ... up to ``[n, length]``.

        Parameters
        ----------
        n : int
        condition : Tensor, optional
            A prompt for each text, int64 ``[n, P]`` or ``[P]`` for all, P at most `length`:
            every text begins with it, and it is the first item.
        generator : torch.Generator, optional
        """
        prompt = self.check_prompt(condition, n)
        if prompt.shape[1] > self.length:
            raise RangeError(
                f"The prompt has {prompt.shape[1]} tokens, but a sample of this model only "
                f"{self.length}. Use generate(), which goes on from any prompt."
            )
        if prompt.shape[1]:
            yield prompt
        left = self.length - prompt.shape[1]
        yield from self.generate(prompt, left, generator=generator)

    def generate(
        self,
        prompt: Tensor,
        new: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        cache: bool = True,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """Go on from a prompt, token by token; yields the text so far after each.

        Parameters
        ----------
        prompt : Tensor
            int64 ``[n, P]``; P = 0 begins a text. A prompt longer than the model's context is
            read as far back as the context goes.
        new : int
            How many tokens to add.
        temperature, top_k, top_p
            See `nn.sampling`; 0 takes the likeliest token each time.
        cache : bool
            False reads the whole text again for each token: the same tokens, slower.
        generator : torch.Generator, optional

        Yields
        ------
        Tensor
            int64 ``[n, P + 1]``, ``[n, P + 2]``, ...
        """
        check_count("new", new, at_least=0)
        text, state = self.check_prompt(prompt, len(prompt)), None
        unread = text
        for _ in range(new):
            with torch.no_grad():
                logits, state = self.read(unread, state)  # [n, V]
                logits = sampling.temperature(logits, temperature)
                logits = logits if top_k is None else sampling.top_k(logits, top_k)
                logits = logits if top_p is None else sampling.nucleus(logits, top_p)
                token = sampling.draw(logits, generator=generator)[:, None]  # [n, 1]
            text = torch.cat([text, token], dim=1)
            unread, state = (token, state) if cache else (text, None)
            yield text

    @final
    def log_prob(self, tokens: Tensor) -> Tensor:
        """Log p of each whole sequence, in nats: ``[N, T] -> [N]``."""
        self.check_tokens(tokens)
        tokens = tokens.to(self.device)
        return -sequence.sequence_nll(self(tokens[:, :-1], start=True), tokens)

    def check_tokens(self, tokens: Tensor, *, fewest: int = 1) -> None:
        """Raise a sentence unless `tokens` are int64 ``[N, T]``, each of the vocabulary."""
        if isinstance(tokens, Labelled):
            raise DtypeError(
                f"{type(self).__name__} takes a plain tensor of tokens; you gave Labelled."
            )
        if not isinstance(tokens, Tensor) or tokens.dtype != torch.int64:
            given = tokens.dtype if isinstance(tokens, Tensor) else f"a {type(tokens).__name__}"
            raise DtypeError(f"Tokens must be an int64 tensor [N, T]; you gave {given}.")
        if tokens.ndim != 2 or tokens.shape[0] < 1 or tokens.shape[1] < fewest:
            raise ShapeError(
                f"Tokens must be [N, T], N at least 1 and T at least {fewest}; yours are "
                f"{[*tokens.shape]}."
            )
        near = tokens.device.type == "cpu" and tokens.numel()  # elsewhere the CPU would wait
        if near and (tokens.min() < 0 or tokens.max() >= self.vocabulary):
            raise RangeError(
                f"Tokens must lie in 0..{self.vocabulary - 1}; yours lie in "
                f"{int(tokens.min())}..{int(tokens.max())}. Were they made by another tokenizer?"
            )

    def check_prompt(self, prompt: Tensor | None, n: int) -> Tensor:
        """`n` prompts on the model's device, int64 ``[n, P]``, or a sentence."""
        if prompt is None:
            return torch.zeros(n, 0, dtype=torch.int64, device=self.device)
        if isinstance(prompt, str):
            raise DtypeError("A prompt is a tensor of tokens: use data.prompt(tokenizer, text).")
        if isinstance(prompt, Tensor) and prompt.ndim == 1:
            prompt = prompt.expand(n, -1)
        self.check_tokens(prompt, fewest=0)
        if len(prompt) != n:
            raise ShapeError(f"There must be {n} prompts, one a text; there are {len(prompt)}.")
        return prompt.to(self.device)

    def check_text(self, tokens: Tensor) -> Tensor:
        """One text, int64 ``[T]`` with T at least 1, as ``[1, T]`` on the model's device."""
        if not isinstance(tokens, Tensor) or tokens.ndim != 1:
            given = [*tokens.shape] if isinstance(tokens, Tensor) else type(tokens).__name__
            raise ShapeError(f"One text must be a tensor [T] of tokens; you gave {given}.")
        self.check_tokens(tokens[None])
        return tokens[None].to(self.device)
