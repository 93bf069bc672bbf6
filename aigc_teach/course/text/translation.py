"""Exercises, questions and small helpers of the lesson on translation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ... import metrics
from ...core import DataError, check_text, check_texts, make_generator
from ...data import CharacterTokenizer, RowTokenizer, placeholders
from ...lab.checkers import call, require, same_gradients, same_on
from ...lab.register import exercise, question
from ...models import Translator
from ...widgets.alignment_viewer import Written

Pairs = Sequence[tuple[str, str]]


def tokenizers(pairs: Pairs, *, words: bool = False) -> list[RowTokenizer]:
    """Of the sources and of the targets; `words` cuts the sources into words.

    >>> [rows.size for rows in tokenizers([("12", "a"), ("3", "b")])]
    [6, 5]
    """
    if not pairs:
        raise DataError("There are no pairs to take a vocabulary from.")
    sources, targets = zip(*pairs, strict=True)
    return [RowTokenizer(sources, words=words), RowTokenizer(targets)]


def lowered(pairs: Pairs) -> list[tuple[str, str]]:
    """Pairs whose sources are in small letters.

    >>> lowered([("Open File", "Ouvrir")])
    [('open file', 'Ouvrir')]
    """
    return [(check_text("source", source).lower(), target) for source, target in pairs]


def edit_distances(query: Sequence[int], rows: Tensor) -> Tensor:
    """Edit distance of one text's tokens [S] to each row [K, L], over the longer one's length.

    Parameters
    ----------
    query : sequence of int
        Neither padding (0) nor end (1).
    rows : Tensor
        int64 ``[K, L]``, ended and filled up.

    Returns
    -------
    Tensor
        ``[K]``, from 0 (the same) to 1.

    >>> edit_distances([5, 6, 7], torch.tensor([[5, 6, 7, 1], [5, 7, 1, 0], [8, 9, 1, 0]]))
    tensor([0.0000, 0.3333, 1.0000])
    """
    places = torch.arange(rows.shape[1] + 1.0)
    table = places.expand(len(rows), -1)  # [K, L + 1]: to the first 0, 1, ... tokens of each
    for i, token in enumerate(query):
        better = torch.minimum(table[:, 1:] + 1, table[:, :-1] + (rows != token))
        better = F.pad(better, (1, 0), value=i + 1.0)
        table = (better - places).cummin(1).values + places  # inserting one after another
    size = (rows > 1).sum(1)  # neither padding nor end
    return table.gather(1, size[:, None])[:, 0] / size.clamp(min=len(query))


def remembered(asked: Sequence[str], pairs: Pairs) -> list[str]:
    """For each text asked, the target of the known pair whose source is nearest to it.

    >>> remembered(["open a file"], [("open the file", "A"), ("quit", "B")])
    ['A']
    """
    if not pairs:
        raise DataError("A memory needs at least one known pair.")
    asked = check_texts("asked", asked)
    rows = RowTokenizer([*asked, *(source for source, _ in pairs)], words=True)
    table = rows.encode([source for source, _ in pairs])
    queries = [row[: row.index(1)] for row in rows.encode(asked).tolist()]
    return [pairs[int(edit_distances(query, table).argmin())][1] for query in queries]


def scores(
    asked: Sequence[str], found: Sequence[str], references: Sequence[str], tokens: str
) -> dict[str, float]:
    """Exact match, BLEU, chrF, and the share of texts whose placeholders were kept.

    >>> scores(["Open %1"], ["打开 %1"], ["打开 %1"], "char")["exact"]
    1.0
    """
    return {
        "exact": metrics.exact_match(found, references),
        "BLEU": metrics.bleu(found, references, tokens=tokens),
        "chrF": metrics.chrf(found, references),
        "kept": metrics.placeholders_kept(asked, found),
    }


def label_letters(figure, read: str, written: str):
    """Put the letters of two texts beside the columns and rows of an alignment map."""
    for axes in figure.axes:
        if axes.images:
            axes.set_xticks(range(len(read)), list(read))
            axes.set_yticks(range(len(written)), list(written))
    return figure


def looked(model: Translator, signs: Sequence[RowTokenizer], texts: Sequence[str]):
    """What a translator writes for each text, letter by letter, and where each letter looked.

    Both vocabularies are of letters. The ends of source and target are left out; where nothing is
    written, that is said.

    Returns
    -------
    list of list of widgets.alignment_viewer.Written
        For each text, with a weight for each of its letters.

    Examples
    --------
    >>> signs = tokenizers([("12", "ab")])
    >>> model = Translator(signs[0].size, signs[1].size, length=4, width=8)
    >>> [len(letter.weights) for letter in looked(model, signs, ["21"])[0]][:1]
    [2]
    """
    sources = signs[0].encode(list(texts))
    targets = model.translate(sources)
    weights, rows = model.align(sources, targets), []
    for n, (text, made) in enumerate(zip(texts, signs[1].decode(targets), strict=True)):
        looks = weights[n, :, : len(text)].tolist()
        row = [Written(*pair) for pair in zip(made, looks, strict=False)]
        rows.append(row or [Written("(nothing)", [0.0] * len(text))])
    return rows


def as_running_text(pairs: Pairs) -> tuple[CharacterTokenizer, Tensor, Tensor]:
    r"""Pairs for a model of one text: source, "=", target, and a line's end up to one length.

    Returns
    -------
    CharacterTokenizer, Tensor, Tensor
        The letters, the rows int64 ``[N, T]``, and where the answers stand, bool ``[N, T]``.

    Examples
    --------
    >>> letters, rows, answers = as_running_text([("1", "a"), ("23", "b")])
    >>> [letters.decode(row) for row in rows.tolist()], answers.sum(1).tolist()
    (['1=a\n\n', '23=b\n'], [2, 2])
    """
    if not pairs:
        raise DataError("There are no pairs to write as texts.")
    texts = ["{}={}\n".format(*check_texts("pair", pair)) for pair in pairs]
    longest = max(map(len, texts))
    texts = [text.ljust(longest, "\n") for text in texts]
    letters = CharacterTokenizer("".join(texts))
    rows = torch.tensor([letters.encode(text) for text in texts])
    return letters, rows, answers_only(rows, letters.ids["="], letters.ids["\n"])


def answers_only(tokens: Tensor, equals: int, newline: int) -> Tensor:
    """Where the answer stands in rows ``[N, T]``: after "=", up to the first line's end.

    >>> answers_only(torch.tensor([[5, 1, 6, 7, 0, 0]]), equals=1, newline=0).int()
    tensor([[0, 0, 1, 1, 1, 0]], dtype=torch.int32)
    """
    after = ((tokens == equals).cumsum(1) > 0) & (tokens != equals)
    ended = (tokens == newline).cumsum(1)
    return after & ((ended == 0) | ((ended == 1) & (tokens == newline)))


def placeholders_wanted(
    signs: Sequence[RowTokenizer], sources: Sequence[str]
) -> tuple[Tensor, Tensor]:
    """How often each token of the target must be written, ``[N, V]``, and which are placeholders.

    >>> signs = tokenizers([("open %1", "%1 ouvrir")], words=True)
    >>> wanted, governed = placeholders_wanted(signs, ["%1 and %1", "open"])
    >>> wanted[:, governed].tolist()
    [[2], [0]]
    """
    table = signs[1].ids
    governed = torch.zeros(signs[1].size, dtype=torch.bool)
    governed[[number for piece, number in table.items() if placeholders(piece)]] = True
    sources = check_texts("sources", sources)
    wanted = torch.zeros(len(sources), signs[1].size, dtype=torch.int64)
    for row, source in zip(wanted, sources, strict=True):
        for piece in placeholders(source):
            if piece in table:
                row[table[piece]] += 1
    return wanted, governed


# --- what the decoder reads

TARGETS = [(torch.tensor([[5, 6, 1, 0], [7, 8, 9, 1]]), 2), (torch.tensor([[4, 1, 0]]), 3)]


def _read(y: Tensor, start: int) -> Tensor:
    return torch.cat([torch.full_like(y[:, :1], start), y[:, :-1]], dim=1)


READ_MISTAKES = {
    "That is the target itself: at each place the decoder would read the token it must predict.": (
        lambda y, start: y
    ),
    "The last token has to go: what stands there is predicted, and nothing after it.": (
        lambda y, start: torch.cat([torch.full_like(y[:, :1], start), y], dim=1)
    ),
    "You put the start in the place of the first token, and kept the rest where it was; move all "
    "by one.": lambda y, start: torch.cat([torch.full_like(y[:, :1], start), y[:, 1:]], dim=1),
    "You moved to the left: then the decoder reads the token *after* the one it must predict.": (
        lambda y, start: torch.cat([y[:, 1:], torch.full_like(y[:, :1], start)], dim=1)
    ),
    "The first token comes from the end of the row: roll goes round. Put the start there.": (
        lambda y, start: y.roll(1, 1)
    ),
    "You wrote a start of your own: its number is given, `start`.": (
        lambda y, start: torch.cat([torch.full_like(y[:, :1], 1), y[:, :-1]], dim=1)
    ),
    "The row is as long as it was, but the start stands at its end.": (
        lambda y, start: torch.cat([y[:, :-1], torch.full_like(y[:, :1], start)], dim=1)
    ),
    "The start is missing: the row begins with the first token, and is one short.": (
        lambda y, start: y[:, :-1]
    ),
    "You moved the rows, not the tokens: the second axis is the text.": (
        lambda y, start: torch.cat([torch.full_like(y[:1], start), y[:-1]], dim=0)
    ),
}


@exercise(
    "text/translation/read",
    not_yet="Write the body of `read_before(y, start)` and return rows of the same shape.",
    right="Each place reads what stands before it, the first the start.",
    hints=[
        "When token t is predicted, which token was read last?",
        "y[:, :-1] leaves out the last token of each row.",
        "torch.cat([torch.full_like(y[:, :1], start), y[:, :-1]], dim=1)",
    ],
)
def read(answer) -> None:
    """What the decoder reads in training: [N, T] -> [N, T]."""
    same_on(answer, _read, TARGETS, mistakes=READ_MISTAKES)


# --- a loss that leaves the padding out

_g = make_generator(3)
NLL = 3 * torch.rand(3, 5, generator=_g)
ROWS = torch.tensor([[5, 6, 1, 0, 0], [7, 8, 9, 4, 1], [3, 1, 0, 0, 0]])


def _loss(nll: Tensor, y: Tensor) -> Tensor:
    return nll[y != 0].mean()


LOSS_MISTAKES = {
    "You averaged over the padding, too: a long text in the batch then changes the loss of all.": (
        lambda nll, y: nll.mean()
    ),
    "You put zeros for the padding, and divided by all places; divide by those that count.": (
        lambda nll, y: (nll * (y != 0)).mean()
    ),
    "END (1) is a token that must be learnt, or no translation would ever stop: keep it.": (
        lambda nll, y: nll[y > 1].mean()
    ),
    "You left END out of the sum and counted it below: it costs as any token, keep it.": (
        lambda nll, y: nll[y > 1].sum() / (y != 0).sum()
    ),
    "It is turned round: that is the mean over the padding.": lambda nll, y: nll[y == 0].mean(),
    "You averaged each text first: then a token of a short text counts more. Here all count "
    "alike.": lambda nll, y: ((nll * (y != 0)).sum(1) / (y != 0).sum(1)).mean(),
    "You added up; take the mean of the tokens that count.": lambda nll, y: nll[y != 0].sum(),
    "You divided by the number of texts; divide by the number of tokens.": (
        lambda nll, y: nll[y != 0].sum() / len(y)
    ),
}


@exercise(
    "text/translation/loss",
    not_yet="Write the body of `masked(nll, y)` and return one number.",
    right="Padding costs nothing, and the end of a text costs as any token.",
    hints=[
        "Which places count? Padding is 0.",
        "A tensor can be indexed with a mask: nll[y != 0].",
        "nll[y != 0].mean()",
    ],
)
def loss(answer) -> None:
    """The mean cost of a token that is no padding: [N, T], [N, T] -> one number."""
    cases = [(NLL, ROWS), (NLL[:, :3], ROWS[:, :3]), (NLL[2:], ROWS[2:])]
    same_on(answer, _loss, cases, mistakes=LOSS_MISTAKES)
    same_gradients(answer, _loss, (NLL, ROWS), [0], "Each token that counts is learnt from.")


# --- clipped precision

TEXTS = [
    (found.split(), reference.split(), n)
    for found, reference, n in (
        ("the the the", "the cat", 1),
        ("open the file", "open the file now", 2),
        ("a b a b a", "a b c a b", 2),
        ("save as file as now", "save file as", 1),
    )
]


def _runs(tokens: Sequence, n: int) -> Counter:
    return Counter(tuple(tokens[k : k + n]) for k in range(len(tokens) - n + 1))


def _precision(found: Sequence, reference: Sequence, n: int) -> float:
    runs = _runs(found, n)
    return (runs & _runs(reference, n)).total() / runs.total()


def _unclipped(found, reference, n):
    runs, there = _runs(found, n), _runs(reference, n)
    return sum(count for run, count in runs.items() if run in there) / runs.total()


def _recall(found, reference, n):
    return _precision(reference, found, n)


def _kinds(found, reference, n):
    runs, there = set(_runs(found, n)), set(_runs(reference, n))
    return len(runs & there) / len(runs)


PRECISION_MISTAKES = {
    "You counted each run as often as it was written. It counts at most as often as it stands in "
    "the reference: else 'the the the' would be perfect.": _unclipped,
    "You divided by the runs of the reference: that is recall. BLEU divides by those written.": (
        _recall
    ),
    "You counted each kind of run once; a run written twice that stands there twice counts "
    "twice.": _kinds,
    "You divided by the number of tokens; there are n - 1 fewer runs.": (
        lambda f, r, n: (_runs(f, n) & _runs(r, n)).total() / len(f)
    ),
    "You took single tokens whatever n is.": lambda f, r, n: _precision(f, r, 1),
    "That is how many match; divide by how many were written.": (
        lambda f, r, n: float((_runs(f, n) & _runs(r, n)).total())
    ),
    "One run is missing: the last begins at len(found) - n.": (
        lambda f, r, n: _precision(f[:-1], r, n)
    ),
}


@exercise(
    "text/translation/precision",
    not_yet="Write the body of `precision(found, reference, n)` and return one number.",
    right="A run counts at most as often as it stands in the reference.",
    hints=[
        "Count the runs of n tokens of both: tuple(found[k : k + n]) for each k.",
        "Two Counters joined by & keep the smaller count of each key.",
        "(runs & wanted).total() / runs.total()",
    ],
)
def precision(answer) -> None:
    """BLEU's clipped precision of runs of n tokens: list, list, int -> one number."""
    for case in TEXTS[:1]:
        given = call(answer, *case)
        require(
            not isinstance(given, Counter | dict),
            "That is a table of counts; one number is needed: matches over runs written.",
        )
    same_on(answer, _precision, TEXTS, mistakes=PRECISION_MISTAKES)


question(
    "text/translation/q1",
    "Training: 99 % of the tokens are right. Translating: nothing is. What do you look at first?",
    options={
        "a": (
            "Whether the decoder reads the token that it must predict.",
            "Without the shift the training is copying, and in the search there is nothing to "
            "copy.",
        ),
        "b": ("Whether the network is large enough.", "It was large enough for 99 %."),
        "c": ("Whether the beam is wide enough.", "A beam finds likelier texts, not other laws."),
    },
    answer="a",
)

question(
    "text/translation/q2",
    "A text is translated alone, and then in a batch with a much longer one. The two answers "
    "differ. Where is the fault?",
    options={
        "a": (
            "In the loss, which counted the padding as well.",
            "No loss is computed while translating.",
        ),
        "b": (
            "Nowhere: batches always differ in the order of their sums.",
            "By rounding perhaps, not in letters.",
        ),
        "c": (
            "In a mask: padding was read, or looked at.",
            "In the mask of the encoder, or in that of the attention.",
        ),
    },
    answer="c",
)

question(
    "text/translation/q3",
    "On 10,000 new dates of the trained years a model makes no error. What does that say of 2035, "
    "a year it never saw?",
    options={
        "a": ("It will be right: 10,000 is a large test.", "Large, and of old years alone."),
        "b": ("It will be wrong.", "The model of many years was right there."),
        "c": (
            "Nothing: it was asked about other years.",
            "Hold out years, and you ask about years.",
        ),
    },
    answer="c",
)

question(
    "text/translation/q4",
    "A French translation has the right stems and wrong endings in every word. Which score is the "
    "kinder one?",
    options={
        "a": ("BLEU.", "A word with another ending is another word: no match at all."),
        "b": ("chrF.", "Most runs of characters inside the words match."),
        "c": ("Exact match.", "It is 0."),
    },
    answer="b",
)

question(
    "text/translation/q5",
    "You have 2,000 translated phrases and must translate the next one. What do you try first?",
    options={
        "a": (
            "A look at the nearest phrase that is translated already.",
            "It costs nothing, and a person can see at once whether it fits.",
        ),
        "b": ("A transformer, trained from nothing.", "2,000 pairs are very few for it."),
        "c": ("A wider beam.", "That needs a model first."),
    },
    answer="a",
)
