"""Exercises, questions and small helpers of the lesson on poems, couplets and a story's manner."""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ... import data
from ...core import DataError, DtypeError, check_count, check_text, check_texts
from ...lab.checkers import Wrong, call, require, same_on
from ...lab.register import exercise, question
from ...lab.words import kind
from ...models import KneserNey

# --- English: a count of words, and a judge of metre that shares no code with the grammar

END = "\ue000"  # stands between two sentences


def spoken() -> dict[str, frozenset[tuple[str, str]]]:
    """Stresses and rhyme of each word's pronunciations, as `nn.forms.Couplet` wants them.

    >>> sorted(spoken()["ocean"])
    [('10', 'OW SH AH N')]
    """
    return {
        word: frozenset((data.stresses(s), data.rhyme_part(s)) for s in sounds)
        for word, sounds in data.pronunciations().items()
    }


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence or clause; empty ones left out.

    >>> sentences("Call me Ishmael. Some years ago")
    [['call', 'me', 'ishmael'], ['some', 'years', 'ago']]
    """
    return [
        found
        for part in re.split(r"[.;:!?\n]+", check_text("text", text))
        if (found := data.words(part))
    ]


class Words:
    """A count of words of order 3, smoothed as by Kneser and Ney: one sign stands for a word.

    >>> count = Words([["a", "whale"], ["a", "sail"]])
    >>> round(float(count.next(["a"]).sum()), 1)
    1.0
    """

    def __init__(self, texts: Iterable[Sequence[str]], order: int = 3):
        if isinstance(texts, str) or not isinstance(texts, Iterable):
            raise DtypeError("Words takes a list of texts, each a list of words.")
        texts = [check_texts("texts", text) for text in texts]
        self.vocabulary = sorted({word for text in texts for word in text})
        self._signs = {word: chr(0x10000 + k) for k, word in enumerate(self.vocabulary)}
        self._all, self.order = [*self._signs.values(), END], order
        rows = ("".join(self._signs[word] for word in text) for text in texts)
        self._count = KneserNey(order).fit(END + END.join(rows) + END)

    def next(self, words: Sequence[str]) -> Tensor:
        """P of each word of the vocabulary after `words`, then of a sentence's end: ``[V + 1]``."""
        before = check_texts("words", words)[1 - self.order :]
        before = "".join(self._signs.get(word, END) for word in before)
        before = before.rjust(self.order - 1, END)
        text = "".join(before + sign for sign in self._all)
        return torch.from_numpy(np.exp(self._count.log_probs(text)[self.order - 1 :: self.order]))


def scans(line: Sequence[str], how: Mapping, syllables: int = 8) -> bool:
    """Whether a line can be spoken as iambs: read from a dictionary of sounds, by a pattern.

    >>> how = spoken()
    >>> scans(["the", "whale", "was", "white"], how, 4), scans(["ocean", "water"], how, 4)
    (True, False)
    """
    wanted = re.compile(rf"(?:[02.].){{{syllables // 2}}}")
    line = check_texts("line", line)
    if len(line) > syllables:  # a word has one at least; and readings multiply
        return False
    for readings in itertools.product(*(sorted(how.get(word, ())) for word in line)):
        marks = ["." if len(stress) == 1 else stress for stress, _ in readings]
        if wanted.fullmatch("".join(marks)) and readings[-1][0][-1] != "0":
            return True
    return False


def first_line(words: Sequence[str], how: Mapping, syllables: int = 8) -> list[str]:
    """The fewest words that have so many syllables, each spoken in its first way.

    >>> first_line(["the", "white", "whale", "sank"], spoken(), 2)
    ['the', 'white']
    """
    total, line = 0, []
    for word in words:
        if total >= syllables:
            break
        line.append(word)
        total += min((len(stress) for stress, _ in how.get(word, ())), default=99)
    return line


def rhyming(one: str, other: str, how: Mapping) -> bool:
    """Whether two different words share all sounds from the last stressed vowel on.

    >>> rhyming("whale", "sail", spoken()), rhyming("whale", "whale", spoken())
    (True, False)
    """
    sounds = [{rhyme for _, rhyme in how.get(word, ())} for word in (one, other)]
    return one != other and bool(sounds[0] & sounds[1])


# --- copies


def pairs_of(text: str) -> set[str]:
    r"""The pairs of characters that stand side by side in a poem, none over a mark or a line's end.

    >>> sorted(pairs_of("春風來，\n春風去"))
    ['春風', '風來', '風去']
    """
    pairs = (one + other for one, other in itertools.pairwise(check_text("text", text)))
    return {pair for pair in pairs if pair.isalpha()}


def most_alike(
    texts: Sequence[str], poems: Sequence[str], n: int = 3
) -> list[tuple[int, str, str]]:
    """The texts that share most pairs with one of the poems, the likest first.

    Parameters
    ----------
    texts, poems : sequence of str
    n : int
        How many texts.

    Returns
    -------
    list of (int, str, str)
        How many different pairs they have in common, the text, the poem; of poems that share
        equally many the first.

    >>> most_alike(["春風來", "秋月白"], ["秋月明", "白日盡"], 1)
    [(1, '秋月白', '秋月明')]
    """
    if not len(check_texts("poems", poems)):
        raise DataError("There are no poems to compare with.")
    home = defaultdict(list)
    for k, poem in enumerate(poems):
        for pair in pairs_of(poem):
            home[pair].append(k)
    found = []
    for text in check_texts("texts", texts):
        counts = Counter(k for pair in pairs_of(text) for k in home.get(pair, ()))
        best = min(counts, key=lambda k: (-counts[k], k), default=0)
        found.append((counts[best], text, poems[best]))
    return sorted(found, key=lambda row: -row[0])[: check_count("n", n)]


# --- a story in a given manner


def plain(text: str) -> str:
    r"""Letters and common punctuation alone, blanks for all else, each blank once.

    >>> plain("The\n whale\u2019s `x` = 3")
    "The whale's x "
    """
    text = check_text("text", text).translate(
        str.maketrans("\u2018\u2019\u201c\u201d\u2014", "''\"\"-")
    )
    return re.sub(r"[^a-zA-Z.,;:!?'\"()-]+", " ", text)


def help_text(split: str = "all") -> str:
    """The docstrings of Python's standard library, as the Python that runs has them.

    >>> len(help_text("held_out")) > 50_000
    True
    """
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        ast.get_docstring(node)
        for _, source in sorted(data.python_source(split).files.items())
        for node in ast.walk(ast.parse(source))
        if isinstance(node, kinds)
    ]
    return plain("\n".join(words for words in found if words and ">>>" not in words))


def next_log_probs(count: KneserNey, texts: Sequence[str], alphabet: Sequence[str]) -> Tensor:
    """Log p of each character of `alphabet` after each text, by a count: ``[texts, V]``.

    >>> next_log_probs(KneserNey(2).fit("abab"), ["a", "b"], "ab").argmax(1).tolist()
    [1, 0]
    """
    seen, texts = count.order - 1, check_texts("texts", texts)
    rows = "".join(
        text[len(text) - seen :].rjust(seen) + character for text in texts for character in alphabet
    )
    return torch.from_numpy(count.log_probs(rows)[seen :: seen + 1]).view(len(texts), -1)


class Judge:
    """Two texts told apart by their words (naive Bayes, each count plus one).

    >>> judge = Judge("the whale the sea", "the string the list")
    >>> judge("whale sea") > 0 > judge("list")
    True
    """

    def __init__(self, one: str, other: str):
        self.counts = [Counter(data.words(text)) for text in (one, other)]
        kinds = len(set().union(*self.counts))
        self._totals = [count.total() + kinds for count in self.counts]

    def __call__(self, text: str) -> float:
        """Mean log odds a word, in nats: above 0 for the first text."""
        odds = [
            math.log((self.counts[0][word] + 1) / self._totals[0])
            - math.log((self.counts[1][word] + 1) / self._totals[1])
            for word in data.words(text)
        ]
        return sum(odds) / max(1, len(odds))


# --- exercise 1: one step under a mask

LOGITS = torch.tensor([1.2, -0.3, 0.4, 2.0, -1.1])
MAY = torch.tensor([True, False, True, False, True])
STEP_CASES = [
    (LOGITS, MAY),
    (torch.tensor([0.5, 3.0, -2.0, 0.1]), torch.tensor([False, True, False, True])),
]


def _step(logits: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
    p = logits.softmax(0) * allowed
    return p / p.sum(), p.sum()


def _at_zero(logits: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
    return (logits * allowed).softmax(0), (logits.softmax(0) * allowed).sum()


STEP_MISTAKES = {
    "The first part must add up to 1 again: divide by what is left.": (
        lambda x, a: (x.softmax(0) * a, (x.softmax(0) * a).sum())
    ),
    "A logit of 0 is no probability of 0: e to the 0 is 1. Minus infinity forbids.": _at_zero,
    "You kept what is forbidden: `allowed` is True where a token may come.": (
        lambda x, a: _step(x, ~a)
    ),
    "The two parts are swapped: first the probabilities, then their share.": (
        lambda x, a: _step(x, a)[::-1]
    ),
    "The second part is the share that is forbidden; give the share that is allowed.": (
        lambda x, a: (_step(x, a)[0], 1 - _step(x, a)[1])
    ),
    "The second part is the number of allowed tokens; add up their probabilities.": (
        lambda x, a: (_step(x, a)[0], a.sum())
    ),
    "The second part is the share of allowed tokens; add up their probabilities.": (
        lambda x, a: (_step(x, a)[0], a.double().mean())
    ),
    "The second part is 1 whatever the mask: add up before you divide.": (
        lambda x, a: (_step(x, a)[0], torch.tensor(1.0))
    ),
    "The second part is a logarithm; give the share itself.": (
        lambda x, a: (_step(x, a)[0], _step(x, a)[1].log())
    ),
    "The second part adds up exponentials of logits; add up probabilities.": (
        lambda x, a: (_step(x, a)[0], (x.exp() * a).sum())
    ),
    "All allowed tokens have the same probability in your answer; keep the model's ratios.": (
        lambda x, a: (a / a.sum(), _step(x, a)[1])
    ),
}


@exercise(
    "text/poems_lyrics_stories/step",
    not_yet="Write the body of `step(logits, allowed)` and return the probabilities and Z.",
    right="Z is what the form costs at this place: minus log2 Z bits.",
    hints=[
        "softmax first: what are the probabilities without a mask?",
        "Set those that are forbidden to 0. Their sum is Z.",
        "p = logits.softmax(0) * allowed; return p / p.sum(), p.sum()",
    ],
)
def step(answer) -> None:
    """One masked step: probabilities of the tokens, and the share that was allowed."""
    same_on(answer, _step, STEP_CASES, mistakes=STEP_MISTAKES)


# --- exercise 2: what weighted poems are worth

MASSES = torch.tensor([[0.9, 0.5, 1.0], [0.2, 0.5, 0.8], [1.0, 0.3, 0.6]])
EVEN = torch.tensor([[0.5, 0.2], [0.2, 0.5]])


def _effective(mass: Tensor) -> Tensor:
    w = mass.prod(1)
    return w.sum() ** 2 / (w * w).sum()


EFFECTIVE_MISTAKES = {
    "A weight is the product over the places, not their sum.": (
        lambda m: m.sum(1).sum() ** 2 / m.sum(1).square().sum()
    ),
    "You multiplied over the poems; a weight is the product over one poem's places: dim 1.": (
        lambda m: m.prod(0).sum() ** 2 / m.prod(0).square().sum()
    ),
    "The last place alone is no weight: all places of a poem count.": (
        lambda m: m[:, -1].sum() ** 2 / m[:, -1].square().sum()
    ),
    "That is turned upside down: between 1 and n poems are wanted.": lambda m: 1 / _effective(m),
    "You divided by n: that is a share. The number of poems is asked for.": (
        lambda m: _effective(m) / len(m)
    ),
    "The sum above is squared as well.": lambda m: m.prod(1).sum() / m.prod(1).square().sum(),
    "Your answer is 1 whatever the weights: below stands the sum of the squares, and there is one "
    "weight a poem, not one for all.": (lambda m: m.prod(1).sum() ** 2 / m.prod(1).sum() ** 2),
    "That is n itself, whatever the weights.": lambda m: torch.tensor(float(len(m))),
    "You gave the sum of the weights.": lambda m: m.prod(1).sum(),
    "You gave the mean weight: that is the chance that the model follows the form by itself.": (
        lambda m: m.prod(1).mean()
    ),
    "Square above, not below as well: (sum of w)^2 over the sum of w^2.": (
        lambda m: m.prod(1).sum() ** 2 / m.prod(1).sum()
    ),
    "You took logarithms: they turn the product into a sum, but the weights are what is summed.": (
        lambda m: m.log().sum(1).sum() ** 2 / m.log().sum(1).square().sum()
    ),
    "The weight is the product of Z, not of 1 / Z: a poem that was forced counts less.": (
        lambda m: (1 / m.prod(1)).sum() ** 2 / (1 / m.prod(1)).square().sum()
    ),
    "You took the mean above: it is the sum of the weights that is squared.": (
        lambda m: m.prod(1).mean() ** 2 / m.prod(1).square().sum()
    ),
    "You took the mean below: it is the sum of the squares.": (
        lambda m: m.prod(1).sum() ** 2 / m.prod(1).square().mean()
    ),
}


@exercise(
    "text/poems_lyrics_stories/effective",
    not_yet="Write the body of `effective(mass)` and return one number.",
    right="It lies between 1 and n. Where it is near 1, one poem stands for all.",
    hints=[
        "One weight a poem: multiply its Z over all places.",
        "w = mass.prod(1) has one number a poem.",
        "w.sum() ** 2 / (w * w).sum()",
    ],
)
def effective(answer) -> None:
    """The effective number of weighted draws, from the allowed shares of each place."""
    same_on(answer, _effective, [(MASSES,), (EVEN,), (MASSES[:2],)], mistakes=EFFECTIVE_MISTAKES)


# --- exercise 3: a form of your own

BEGINS = {8: 6, 17: 14, 25: 23}  # where lines 2 to 4 begin: where the line before ended
SAMPLE = "一二三四五六七，八九十甲乙丙丁。\n戊己庚辛壬癸子，丑寅卯辰巳午未。"
BASE = frozenset(SAMPLE)


def _linked(text: str, base: frozenset) -> frozenset:
    before = BEGINS.get(len(text))
    return base if before is None else base & {text[before]}


def _misplaced(shift: int):
    def linked(text: str, base: frozenset) -> frozenset:
        before = BEGINS.get(len(text) - shift)
        return base if before is None else base & {text[before]}

    return linked


def _reading(shift: int):
    def linked(text: str, base: frozenset) -> frozenset:
        before = BEGINS.get(len(text))
        return base if before is None else base & {text[before + shift]}

    return linked


LINKED_MISTAKES = {
    "Your form binds nothing: at the beginning of lines 2 to 4 one character is allowed.": (
        lambda text, base: base
    ),
    "You bind one place too late: a line begins right after the line end.": _misplaced(1),
    "You bind one place too early, where the line before still ends.": _misplaced(-1),
    "You read the punctuation behind the last character; the last one stands before it.": (
        _reading(1)
    ),
    "You read the last character but one.": _reading(-1),
    "You read the first character of the line before; its last is wanted.": _reading(-6),
    "You forgot `base`: at all other places what the form allowed must stay.": (
        lambda text, base: _linked(text, base) if len(text) in BEGINS else frozenset()
    ),
    "You give the last character even where `base` forbids it: intersect with `base`.": (
        lambda text, base: base if len(text) not in BEGINS else frozenset({text[BEGINS[len(text)]]})
    ),
    "You add the last character to what `base` allows: nothing else may follow. Intersect.": (
        lambda text, base: base if len(text) not in BEGINS else base | {text[BEGINS[len(text)]]}
    ),
    "You forbid the character; it is the only one allowed.": (
        lambda text, base: base if len(text) not in BEGINS else base - {text[BEGINS[len(text)]]}
    ),
    "You bound the second line alone; lines 3 and 4 are linked as well.": (
        lambda text, base: _linked(text, base) if len(text) == 8 else base
    ),
    "Between lines 2 and 3 there are two signs, the full stop and the line end: line 3 begins at "
    "place 17.": (
        lambda text, base: base if len(text) not in (8, 16, 24) else base & {text[len(text) - 2]}
    ),
    "After line 2 there are two signs, so the last character stands three places back there.": (
        lambda text, base: base if len(text) not in BEGINS else base & {text[len(text) - 2]}
    ),
}


def _set_of(answer, text: str, base: frozenset) -> frozenset:
    """What the answer allows, as a set of characters."""
    given = call(answer, text, base)
    if isinstance(given, np.ndarray):
        given = given.item() if given.ndim == 0 else given.tolist()
    if isinstance(given, str | list | tuple | set | frozenset):
        require(len(given) <= 10_000, "No form allows so many characters: give a set of them.")
        require(
            all(isinstance(each, str) and len(each) == 1 for each in given),
            "Your set holds something that is not one single character.",
        )
        return frozenset(given)
    raise Wrong(f"Give a set of characters; yours is {kind(given)}.")


@exercise(
    "text/poems_lyrics_stories/linked",
    not_yet="Write the body of `linked(text, base)` and return the set of what may follow.",
    right="That is a grammar of your own. Any rule that can be asked of what stands will do.",
    hints=[
        "len(text) is the place of what comes next. Lines 2 to 4 begin at 8, 17 and 25.",
        "The lines before them end at the places 6, 14 and 23: text[6] is the last of line 1.",
        "base & {text[6]} is what may stand at place 8; elsewhere base as it is.",
    ],
)
def linked(answer) -> None:
    """A quatrain whose lines begin with the character that ended the line before (頂真)."""
    cases = [(SAMPLE[:k], BASE) for k in range(len(SAMPLE))]
    cases += [(SAMPLE[:k], frozenset("甲乙丁")) for k in (8, 17, 25)]
    found = [_set_of(answer, *case) for case in cases]
    if found == [_linked(*case) for case in cases]:
        return
    for sentence, wrong in LINKED_MISTAKES.items():
        try:
            explained = found == [frozenset(wrong(*case)) for case in cases]
        except IndexError:
            explained = False
        if explained:
            raise Wrong(sentence)
    for (text, base), got in zip(cases, found, strict=True):
        wanted = _linked(text, base)
        if got != wanted:
            shown = "the whole of base" if wanted == base else f"{set(wanted) or 'nothing'}"
            raise Wrong(
                f"After {len(text)} characters your form allows {len(got)} characters; "
                f"it should allow {shown}."
            )


question(
    "text/poems_lyrics_stories/q1",
    "At some place the model gives the allowed tokens 1 % together. What does the mask cost there?",
    options={
        "a": ("About 6.6 bits.", "Minus log2 of 0.01: so much likelier the token became."),
        "b": ("Nothing: the form holds.", "It holds, and the draw is not the model's any more."),
        "c": ("1 bit.", "Each bit is a halving; 0.01 is between six and seven halvings."),
    },
    answer="a",
)

question(
    "text/poems_lyrics_stories/q2",
    "One free poem of 14 rhymes. How many must be drawn, on average, until one does?",
    options={
        "a": ("7.", "That would be half of them."),
        "b": ("14.", "The mean of the tries is 1 over the chance of one."),
        "c": ("196.", "That is for two that rhyme in a row."),
    },
    answer="b",
)

question(
    "text/poems_lyrics_stories/q3",
    "Poems drawn under a mask all have the form. Are they draws from the model, given the form?",
    options={
        "a": (
            "Yes: nothing else of the model has been changed.",
            "The beginnings were drawn as if no form came.",
        ),
        "b": (
            "No: some that lack the form pass the mask as well.",
            "All have the form; it is how often each comes that differs.",
        ),
        "c": (
            "No: beginnings with little room come too often.",
            "Each has the weight product of Z, and those differ.",
        ),
    },
    answer="c",
)

question(
    "text/poems_lyrics_stories/q4",
    "A checker built from the same grammar says that all poems rhyme; another program says 7 %. "
    "Which do you believe?",
    options={
        "a": ("The other program.", "A grammar with a fault finds its own work faultless."),
        "b": ("The checker, which knows the rule.", "It shares the fault with what it checks."),
        "c": (
            "Both: a rhyme by the one need not be one by the other.",
            "The grammar was to enforce this rhyme; 7 % is what luck gives without a rule.",
        ),
    },
    answer="a",
)

question(
    "text/poems_lyrics_stories/q5",
    "Of 1,000 weighted poems the effective number is 2. What do you do?",
    options={
        "a": ("Use their weighted mean.", "It rests on two poems."),
        "b": (
            "Weigh and choose at the end of each line already.",
            "Then beginnings without a future are given up early. To draw many more would help as "
            "well.",
        ),
        "c": ("Leave the weights out.", "Then the bias is back, and nothing says so."),
    },
    answer="b",
)
