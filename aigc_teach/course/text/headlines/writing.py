"""What a network may write, how often it repeats itself, and its words for the instrument."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ....core import check_count, check_text, check_texts
from ....data import CopyPairs, CopyWords
from ....metrics import invented_names
from ....models import PointerGenerator
from ....widgets.alignment_viewer import Written

END, UNKNOWN = 1, 2
_OFTEN = "a an the of to in for and or on with by from as is be that this if"
OFTEN = frozenset(_OFTEN.split())


def first_words(text: str, n: int) -> str:
    """The first `n` words of a text.

    >>> first_words("one two three", 2)
    'one two'
    """
    return " ".join(check_text("text", text).split()[: check_count("n", n)])


def repeated(summaries: Sequence[str]) -> float:
    """The share of words that stood in the same summary before; `OFTEN` and marks are left out.

    >>> repeated(["the node of the node", "a graph"])
    0.3333333333333333
    """
    rows = [
        [word for word in text.lower().split() if word not in OFTEN and word[0].isalnum()]
        for text in check_texts("summaries", summaries)
    ]
    return sum(len(row) - len(set(row)) for row in rows) / max(1, sum(map(len, rows)))


def forbidding(
    words: CopyWords, extra: int, *, unknown: bool = True, twice: bool = False
) -> Callable[[Tensor, Tensor], Tensor]:
    """A rule for `PointerGenerator.write`: no unknown word, no empty text, no word twice.

    Parameters
    ----------
    words : CopyWords
    extra : int
        E of the model.
    unknown : bool
        Whether the unknown word is forbidden.
    twice : bool
        Whether a word of the same summary is forbidden, but for those of `OFTEN` and marks.

    Examples
    --------
    >>> words = CopyWords(["the net the"], known=5)  # 3 is "the", 4 "net"
    >>> forbidding(words, 0, twice=True)(torch.zeros(1, 5), torch.tensor([[3, 4]]))
    tensor([[0., 0., -inf, 0., -inf]])
    """
    free = [n <= UNKNOWN or not word[0].isalnum() or word.lower() in OFTEN
            for n, word in enumerate(words.words)]  # fmt: skip
    free = torch.tensor(free + [False] * extra)  # [V]

    def rule(logits: Tensor, made: Tensor) -> Tensor:
        barred = torch.zeros_like(logits, dtype=torch.bool)
        if twice:
            barred = barred.scatter(1, made, True) & ~free
        barred[:, UNKNOWN] = unknown
        barred[:, END] = made.shape[1] == 0
        return logits.masked_fill(barred, -torch.inf)

    return rule


def written(
    model: PointerGenerator, words: CopyWords, pairs: CopyPairs, made: Tensor
) -> tuple[list[list[str]], list[list[Written]]]:
    """The words of each body, and of each summary the words with where they looked.

    Parameters
    ----------
    model : PointerGenerator
    words : CopyWords
    pairs : CopyPairs
        The bodies, as they were read.
    made : Tensor
        int64 ``[N, T]``, what was written for each.
    """
    step = model.look(pairs.sources, made)
    bodies, summaries = [], []
    for n, (source, row) in enumerate(zip(pairs.sources.tolist(), made.tolist(), strict=True)):
        own = [*words.words, *pairs.strange[n]]
        body = [own[k] for k in source[: source.index(1)]]
        text = row[: row.index(1)] if 1 in row else row
        lacking = invented_names(" ".join(own[k] for k in text), " ".join(body))
        bodies.append(body)
        summaries.append(
            [
                Written(
                    own[k],
                    step.weights[n, t, : len(body)].tolist(),
                    copied=1 - step.gate[n, t].item(),
                    invented=own[k] in lacking,
                )
                for t, k in enumerate(text)
            ]
        )
    return bodies, summaries
