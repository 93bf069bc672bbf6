"""Drawing from a language model under a grammar, and what that does to its probabilities.

At each place the tokens that the grammar forbids get probability 0, and the others are divided
by their sum Z_t, so that they add up to 1 again. The text x is then drawn from

    q(x) = product over t of p(x_t | x_<t) / Z_t(x_<t),

which is *not* p given the grammar: a beginning that leaves little room (a small Z later) is as
likely as before. The ratio of the two is known, the importance weight

    w(x) = p(x) / q(x) = product over t of Z_t(x_<t),

whose mean under q is the probability that p follows the grammar by chance. Drawing several and
picking one by its weight leads back to p given the grammar as their number grows.

Legend: n texts, T tokens, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, ShapeError, check_count
from ..nn import sampling
from .language import LanguageModel


class Constrained(NamedTuple):
    """Texts drawn under a grammar.

    Attributes
    ----------
    texts : list of str
        n of them.
    tokens : Tensor
        int64 ``[n, T]``.
    log_mass : Tensor
        Log Z_t: the share of the probability that the grammar allowed, ``[n, T]``, at most 0.
    """

    texts: list[str]
    tokens: Tensor
    log_mass: Tensor

    @property
    def log_weights(self) -> Tensor:
        """Log w = log p - log q of each text, in nats: ``[n]``."""
        return self.log_mass.sum(1)


@torch.no_grad()
def constrained(
    model: LanguageModel,
    tokenizer: object,
    allowed: Callable[[str], Collection[str]],
    n: int,
    *,
    length: int,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Constrained:
    """Draw texts in which each token is one that the grammar allows.

    Parameters
    ----------
    model : LanguageModel
        In evaluation mode.
    tokenizer : CharacterTokenizer
        With which it was trained: one token a character.
    allowed : callable
        The text so far -> the characters that may follow, `nn.forms.Form.allowed` for example.
    n, length : int
        How many texts, and of how many characters.
    temperature : float
        0 takes the likeliest of the allowed characters. The masses are those of the model at
        this temperature (at 0, those of the model as it is).
    generator : torch.Generator, optional

    Returns
    -------
    Constrained

    Raises
    ------
    DataError
        With a sentence, where the grammar allows nothing that the model knows.

    Examples
    --------
    >>> from aigc_teach import data
    >>> letters = data.CharacterTokenizer("ab")
    >>> from aigc_teach.models import CharRNN
    >>> drawn = constrained(CharRNN(3, width=4), letters, lambda text: "ab"[len(text)], 3, length=2)
    >>> drawn.texts, drawn.log_mass.shape
    (['ab', 'ab', 'ab'], torch.Size([3, 2]))
    """
    check_count("n", n)
    check_count("length", length)
    masks = _Masks(tokenizer, model.vocabulary)
    texts, state = [""] * n, None
    token = torch.zeros(n, 0, dtype=torch.int64, device=model.device)
    tokens, masses = [], []
    for _ in range(length):
        logits, state = model.read(token, state)  # [n, V]
        mask = torch.stack([masks.of(allowed(text), text) for text in texts]).to(logits.device)
        warm = logits / temperature if temperature else logits
        masses.append(warm.logsumexp(1).neg() + warm.masked_fill(~mask, -math.inf).logsumexp(1))
        kept = sampling.temperature(logits.masked_fill(~mask, -math.inf), temperature)
        token = sampling.draw(kept, generator=generator)[:, None]  # [n, 1]
        tokens.append(token)
        texts = [
            text + tokenizer.decode([k])
            for text, k in zip(texts, token[:, 0].tolist(), strict=True)
        ]
    return Constrained(texts, torch.cat(tokens, 1), torch.stack(masses, 1).clamp_max(0))


def effective_size(log_weights: Tensor) -> float:
    """How many equally weighted draws n weighted ones are worth: (sum w)^2 / sum w^2.

    Kong 1992. From 1, where one weight outweighs all others, to n, where all are equal.

    >>> round(effective_size(torch.zeros(5)), 3), effective_size(torch.tensor([0.0, -50.0]))
    (5.0, 1.0)
    """
    w = _normalised(log_weights)
    return float(1 / w.square().sum())


def pick(log_weights: Tensor, k: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Of each k texts in a row one, with a chance proportional to its weight.

    Sampling and importance resampling (Rubin 1987): the larger k, the nearer the picked ones are
    to p given the grammar.

    Parameters
    ----------
    log_weights : Tensor
        ``[n]``, n a multiple of k.
    k : int

    Returns
    -------
    Tensor
        Which texts, int64 ``[n / k]``.

    >>> pick(torch.tensor([0.0, -99.0, -99.0, 0.0]), 2)
    tensor([0, 3])
    """
    _normalised(log_weights)
    if len(log_weights) % check_count("k", k):
        raise ShapeError(f"{len(log_weights)} texts cannot be cut into groups of {k}.")
    groups = log_weights.view(-1, k)
    return sampling.draw(groups, generator=generator) + k * torch.arange(
        len(groups), device=log_weights.device
    )


def _normalised(log_weights: Tensor) -> Tensor:
    if not isinstance(log_weights, Tensor) or log_weights.ndim != 1 or not len(log_weights):
        raise ShapeError("Log weights must be a tensor [n] of at least one number.")
    return log_weights.double().softmax(0)


class _Masks:
    """Sets of characters as masks over the vocabulary; those of late are kept."""

    kept = 200  # sets of a thousand characters are large: not all are worth their memory

    def __init__(self, tokenizer: object, vocabulary: int):
        self.places = {tokenizer.decode([k]): k for k in range(vocabulary)}
        self.made: dict[frozenset, Tensor] = {}

    def of(self, characters: Collection[str], text: str) -> Tensor:
        """Bool ``[V]``: True where the token is one of `characters`."""
        key = frozenset(characters)
        if key not in self.made:
            if len(self.made) >= self.kept:
                self.made.clear()
            mask = torch.zeros(len(self.places), dtype=torch.bool)
            mask[[self.places[c] for c in key if c in self.places]] = True
            self.made[key] = mask
        if not self.made[key].any():
            raise DataError(
                f"After {len(text)} characters ({text[-8:]!r}) the form allows nothing that the "
                "model knows: is the text complete, or do two rules contradict each other?"
            )
        return self.made[key]
