"""How near translations are to references: exact match, BLEU, chrF, placeholders kept.

All are functions of two lists of texts, of which the k-th belong together. BLEU and chrF are
those of sacrebleu (Post 2018) with one reference: the corpus's counts are added up first, then
divided, which is not the mean of the sentences' scores.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from ..core import DataError, DtypeError, check_choice, check_count

PLACEHOLDER = re.compile(r"%\d+|%[sd]|\{\w*\}")
MARKS = (  # mteval-v13a: punctuation becomes a word of its own, unless inside a number
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
# What sacrebleu's "zh" cuts into single characters. U+2001 to U+2A6D (dashes, quotes, arrows) is
# there because its range for the rare U+20000 to U+2A6D6 is written with four digits; equal scores
# need the same mistake.
CHINESE = re.compile(
    "[\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef\u3200-\u4db5"
    "\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef]"
)
ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


def exact_match(found: Sequence[str], references: Sequence[str]) -> float:
    """The share of translations that equal their reference, character by character.

    Parameters
    ----------
    found, references : sequence of str

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    DtypeError, DataError
        If they are no texts, none at all, or not equally many.

    >>> exact_match(["a", "b "], ["a", "b"])
    0.5
    """
    pairs = _pairs(found, references)
    return sum(a == b for a, b in pairs) / len(pairs)


def bleu(found: Sequence[str], references: Sequence[str], *, tokens: str = "13a") -> float:
    """BLEU of a corpus: how many runs of one to four tokens also stand in the reference.

    Papineni et al. 2002: the geometric mean of the four precisions, times a penalty
    exp(1 - r / c) where all translations together (c tokens) are shorter than all references
    (r). A precision without any match counts as 1 / (2^k total), the k-th time (Chen & Cherry
    2014, method 3), as sacrebleu does.

    Parameters
    ----------
    found, references : sequence of str
    tokens : {"13a", "char", "zh"}
        Words and punctuation, for languages with spaces; single characters; or, for Chinese with
        foreign words in it, Chinese characters one by one and all else as "13a" cuts it.

    Returns
    -------
    float
        0 to 100.

    Examples
    --------
    >>> round(bleu(["the cat sat on a mat"], ["the cat sat on the mat"]), 2)
    53.73
    """
    check_choice("tokens", tokens, TOKENS)
    matched, total, sizes = [0] * 4, [0] * 4, [0, 0]
    for a, b in _pairs(found, references):
        mine, theirs = TOKENS[tokens](a), TOKENS[tokens](b)
        sizes = [sizes[0] + len(mine), sizes[1] + len(theirs)]
        for n in range(4):
            runs, wanted = ngrams(mine, n + 1), ngrams(theirs, n + 1)
            matched[n] += (runs & wanted).total()
            total[n] += runs.total()
    if not any(matched) or not all(total):
        return 0.0
    precisions, missing = [], 0
    for hits, all_of_them in zip(matched, total, strict=True):
        missing += not hits
        precisions.append((hits or 0.5**missing) / all_of_them)
    penalty = math.exp(min(0.0, 1 - sizes[1] / sizes[0]))
    return 100 * penalty * math.exp(sum(map(math.log, precisions)) / 4)


def chrf(found: Sequence[str], references: Sequence[str], *, order: int = 6) -> float:
    """chrF2 of a corpus: runs of one to six characters, recall counted twice.

    Popović 2015, equation 1 with beta = 2: precision and recall are averaged over the lengths of
    runs, (1 + 4) P R / (4 P + R). Blanks are left out first.

    Parameters
    ----------
    found, references : sequence of str
    order : int
        The longest run.

    Returns
    -------
    float
        0 to 100.

    Examples
    --------
    >>> round(chrf(["the cat sat on a mat"], ["the cat sat on the mat"]), 2)
    65.98
    """
    check_count("order", order)
    mine, theirs, both = [0] * order, [0] * order, [0] * order
    for a, b in _pairs(found, references):
        a, b = "".join(a.split()), "".join(b.split())
        for n in range(order):
            runs, wanted = ngrams(a, n + 1), ngrams(b, n + 1)
            mine[n] += runs.total() if wanted else 0
            theirs[n] += wanted.total()
            both[n] += (runs & wanted).total()
    used = [n for n in range(order) if mine[n] and theirs[n]]
    if not any(both):
        return 0.0
    precision = sum(both[n] / mine[n] for n in used) / len(used)
    recall = sum(both[n] / theirs[n] for n in used) / len(used)
    return 100 * 5 * precision * recall / (4 * precision + recall)


def placeholders_kept(sources: Sequence[str], found: Sequence[str]) -> float:
    """Of the texts whose source has placeholders, the share that has exactly the same ones.

    ``%1``, ``%s``, ``%d``, ``{}``, ``{name}``; the order may change, none may be lost or added.

    Parameters
    ----------
    sources, found : sequence of str

    Returns
    -------
    float
        In [0, 1]; 1 where no source has any.

    >>> placeholders_kept(["Open %1", "Save %1 as %2", "Quit"], ["打开 %1", "保存 %1", "%s"])
    0.5
    """
    counted = [
        (Counter(PLACEHOLDER.findall(a)), Counter(PLACEHOLDER.findall(b)))
        for a, b in _pairs(sources, found)
    ]
    kept = [a == b for a, b in counted if a]
    return sum(kept) / len(kept) if kept else 1.0


def ngrams(tokens: Sequence, n: int) -> Counter:
    """How often each run of n tokens occurs.

    >>> ngrams("abab", 2)
    Counter({('a', 'b'): 2, ('b', 'a'): 1})
    """
    return Counter(tuple(tokens[k : k + n]) for k in range(len(tokens) - n + 1))


def words(text: str) -> list[str]:
    """Words and punctuation, as the script mteval-v13a of NIST cuts them.

    >>> words("Open %1, please: 3.5 GB.")
    ['Open', '%', '1', ',', 'please', ':', '3.5', 'GB', '.']
    """
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in ENTITIES:
        text = text.replace(entity, sign)
    return _cut(f" {text} ")


def chinese_words(text: str) -> list[str]:
    """Chinese characters one by one, and what stands between them as `words` cuts it.

    The "zh" of sacrebleu. A name in Latin letters is one token, where single characters would
    count each of its letters.

    >>> chinese_words("打开 README.md")
    ['打', '开', 'README', '.', 'md']
    """
    return _cut(CHINESE.sub(r" \g<0> ", text.strip()))


def _cut(text: str) -> list[str]:
    for pattern, by in MARKS:
        text = pattern.sub(by, text)
    return text.split()


TOKENS: dict[str, Callable[[str], list[str]]] = {
    "13a": words,
    "char": lambda text: list("".join(text.split())),
    "zh": chinese_words,
}


def _pairs(found: Sequence[str], references: Sequence[str]) -> list[tuple[str, str]]:
    """Texts side by side, or a sentence."""
    for texts in (found, references):
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise DtypeError("Give two lists of texts: of each list every item must be a str.")
    if len(found) != len(references) or not len(found):
        raise DataError(
            f"There are {len(found)} and {len(references)} texts; they must be equally many, at "
            "least one."
        )
    return list(zip(found, references, strict=True))
