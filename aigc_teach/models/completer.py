"""What comes next in a file: a count, a network and the open file itself, in one distribution.

`TokenCounts` is Kneser-Ney over tokens. `next_rows` gives any model's probabilities at each place
of a file. `Completer` reads a file token by token, mixes what it is given, and suggests.

Legend: V vocabulary, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core import DataError, RangeError, check_count, check_number, check_text
from ..nn import sampling
from .cache import FileCache
from .char_rnn import CharRNN
from .gpt import GPT
from .kneser_ney import KneserNey
from .language import LanguageModel

FIRST = 0x10000  # KneserNey counts characters: each token gets one of its own from here on


class TokenCounts:
    """Interpolated Kneser-Ney over tokens.

    Parameters
    ----------
    vocabulary : int
        V; tokens are 0 to V - 1.
    order : int
        How many tokens a gram has.

    Examples
    --------
    >>> counts = TokenCounts(4, order=2).fit([[0, 1, 0, 1, 0, 1]])
    >>> p = counts.distribution([0])
    >>> int(p.argmax()), round(float(p.sum()), 6)
    (1, 1.0)
    """

    def __init__(self, vocabulary: int, *, order: int = 5):
        self.vocabulary = check_count("vocabulary", vocabulary)
        self.model = KneserNey(order)
        self.order = self.model.order

    def fit(self, files: Iterable[Sequence[int]]) -> TokenCounts:
        """Count files of tokens; returns itself."""
        self.model.fit(_signs(file) for file in files)
        self._ids = np.array([ord(sign) - FIRST for sign in self.model.alphabet])
        if self._ids.min() < 0 or self._ids.max() >= self.vocabulary:
            raise RangeError(f"A token lies outside of 0..{self.vocabulary - 1}.")
        self._unseen = np.setdiff1d(np.arange(self.vocabulary), self._ids)
        return self

    def distribution(self, before: Sequence[int]) -> np.ndarray:
        """P of each token after the last ones of `before`: float64 ``[V]``, adding up to 1."""
        found = self.model.distribution(_signs(before[max(0, len(before) - self.order) :]))
        p = np.empty(self.vocabulary)
        p[self._ids] = found[:-1]
        p[self._unseen] = found[-1] / max(1, len(self._unseen))
        return p / p.sum()

    def log_probs(self, tokens: Sequence[int]) -> np.ndarray:
        """Log p of each token of a file, in nats: ``[T]``; all at once, so fast.

        The tokens never seen share one place here.
        """
        return self.model.log_probs(_signs(tokens))


def _signs(tokens: Iterable[int]) -> str:
    return "".join(chr(FIRST + int(token)) for token in tokens)


@torch.no_grad()
def next_rows(model: TokenCounts | LanguageModel, tokens: Sequence[int]) -> np.ndarray:
    """The probabilities of each token of a file before it is read: float64 ``[T, V]``.

    Parameters
    ----------
    model : TokenCounts, CharRNN or GPT
        A GPT reads windows of its context, each half a context further on.
    tokens : sequence of int
        T at least 1.

    Returns
    -------
    array

    Examples
    --------
    >>> rows = next_rows(CharRNN(5, width=4).eval(), [0, 1, 2])
    >>> rows.shape, rows.sum(1).round(5).tolist()
    ((3, 5), [1.0, 1.0, 1.0])
    """
    tokens = [int(token) for token in tokens]
    if not tokens:
        raise DataError("There is no token: give 1 at least.")
    if isinstance(model, TokenCounts):
        reach = model.order
        return np.stack(
            [model.distribution(tokens[max(0, t - reach) : t]) for t in range(len(tokens))]
        )
    text = torch.tensor(tokens, device=model.device)[None]  # [1, T]
    if not isinstance(model, GPT):
        return _rows(model(text[:, :-1], start=True)[0])
    context, step = model.context, max(1, model.context // 2)
    rows = [_rows(model(text[:, : min(context, len(tokens)) - 1], start=True)[0])]
    for end in range(context + step, len(tokens) + step, step):
        last = min(end, len(tokens))
        window, fresh = text[:, last - context : last], last - (end - step)
        rows.append(_rows(model(window[:, :-1], start=True)[0, -fresh:]))
    return np.concatenate(rows)


def _rows(logits: Tensor) -> np.ndarray:
    return logits.double().softmax(-1).cpu().numpy()


def cached_rows(
    rows: np.ndarray, tokens: Sequence[int], cache: FileCache, *, before: Sequence[int] = ()
) -> np.ndarray:
    """A file's rows changed by what the file has shown up to each place: ``[T, V] -> [T, V]``.

    Parameters
    ----------
    rows : array
        Of `next_rows`.
    tokens : sequence of int
    cache : FileCache
        Cleared first.
    before : sequence of int
        What of the file stands before the first row.

    Returns
    -------
    array
    """
    cache.clear()
    cache.extend(before)
    mixed = np.empty_like(rows)
    for t, token in enumerate(tokens):
        mixed[t] = cache.mix(rows[t])
        cache.add(token)
    return mixed


class Suggestion(NamedTuple):
    """One way to go on.

    Attributes
    ----------
    text : str
    p : float
        Its probability.
    source : str
        Which part gave it most: "counts", "network" or "file".
    """

    text: str
    p: float
    source: str


class Completer:
    r"""Reads a file and says what may follow.

    Parameters
    ----------
    tokenizer : data.CodeBPE or another with ``encode``, ``decode``, ``token`` and ``size``
    counts : TokenCounts
    network : LanguageModel, optional
        In evaluation mode.
    weight : float
        The network's share of the mixture, 0 to 1.
    cache : FileCache, optional
        Laid over the mixture.

    Examples
    --------
    >>> from aigc_teach import data
    >>> bytes_ = data.ByteTokenizer()
    >>> counts = TokenCounts(256, order=3).fit([bytes_.encode("self.x = self.y\n" * 9)])
    >>> completer = Completer(bytes_, counts)
    >>> completer.suggest("sel", 1)[0].text
    'f'
    """

    def __init__(
        self,
        tokenizer: object,
        counts: TokenCounts,
        *,
        network: CharRNN | GPT | None = None,
        weight: float = 0.0,
        cache: FileCache | None = None,
    ):
        if check_number("weight", weight) > 1 or (weight and network is None):
            raise RangeError(f"weight={weight} must be 0 to 1, and 0 without a network.")
        self.tokenizer, self.counts, self.network = tokenizer, counts, network
        self.weight, self.cache = float(weight), cache
        self.open([])

    def open(self, tokens: Sequence[int]) -> Completer:
        """Begin with another file, of which these tokens stand; returns itself."""
        self.tokens: list[int] = []
        self._state = self._logits = None
        if self.cache is not None:
            self.cache.clear()
        self.read(tokens)
        return self

    def read(self, tokens: Sequence[int]) -> None:
        """The file goes on with these tokens."""
        tokens = [int(token) for token in tokens]
        self.tokens += tokens
        if self.cache is not None:
            self.cache.extend(tokens)
        if self.weight:
            self._look(tokens)

    @torch.no_grad()
    def _look(self, tokens: list[int]) -> None:
        device = self.network.device
        if not tokens and self._state is None:  # the beginning: the start alone
            logits = self.network(torch.zeros(1, 0, dtype=torch.int64, device=device), start=True)
            self._logits = logits[0, -1]
        elif tokens:
            unread = torch.tensor([tokens], device=device)
            logits, self._state = self.network.read(unread, self._state)
            self._logits = logits[0]

    def parts(self) -> dict[str, np.ndarray]:
        """What each part adds to the next token's probability: ``[V]`` each, their sum is p."""
        mass = {"counts": (1 - self.weight) * self.counts.distribution(self.tokens)}
        if self.weight:
            mass["network"] = self.weight * _rows(self._logits)
        if self.cache is not None:
            own, matched = self.cache.distribution()
            share = self.cache.weights[matched] if matched >= 0 else 0.0
            mass = {name: (1 - share) * part for name, part in mass.items()} | {"file": share * own}
        return mass

    def distribution(self) -> np.ndarray:
        """P of the next token: float64 ``[V]``."""
        return sum(self.parts().values())

    def suggest(self, text: str, k: int = 5, *, typed: str = "") -> list[Suggestion]:
        """The k likeliest next tokens after a text, of those that begin with what is typed.

        Parameters
        ----------
        text : str
            All that stands before the cursor, but `typed`.
        k : int
        typed : str
            The beginning of the word at the cursor.

        Returns
        -------
        list of Suggestion
            Without `typed`; fewer than k where fewer begin so.
        """
        check_count("k", k)
        wanted = check_text("typed", typed).encode()
        self.open(self.tokenizer.encode(check_text("text", text)))
        parts = self.parts()
        p = sum(parts.values())
        found = []
        for token in np.argsort(-p, kind="stable"):
            raw = self.tokenizer.token(int(token))
            if len(raw) > len(wanted) and raw.startswith(wanted):
                source = max(parts, key=lambda name, at=token: parts[name][at])
                rest = raw[len(wanted) :].decode("utf-8", "replace").replace("\t", "    ")
                found.append(Suggestion(rest, float(p[token]), source))
            if len(found) == k:
                break
        return found

    def write(
        self,
        new: int,
        *,
        temperature: float = 1.0,
        stop: Callable[[str], bool] | None = None,
        rule: object | None = None,
        generator: torch.Generator | None = None,
    ) -> str:
        """Go on from what was read, and read what is written.

        Parameters
        ----------
        new : int
            How many tokens at most.
        temperature : float
            0 takes the likeliest each time.
        stop : callable, optional
            Told the text written so far; True ends it.
        rule : nn.python_prefix.OnlyPython, optional
            Draws in place of plain sampling; where it gives up, the text ends.
        generator : torch.Generator, optional

        Returns
        -------
        str
        """
        made: list[int] = []
        for _ in range(check_count("new", new)):
            p = torch.from_numpy(self.distribution())
            logits = sampling.temperature(p.log(), temperature)
            if rule is None:
                token = int(sampling.draw(logits, generator=generator))
            else:
                soft = p if temperature == 0 else logits.softmax(0)
                token = rule.draw(soft, greedy=temperature == 0, generator=generator)
            if token is None:
                break
            made.append(token)
            self.read([token])
            if stop is not None and stop(self.tokenizer.decode(made)):
                break
        return self.tokenizer.decode(made)
