"""Words with times to cues: greedily, and by dynamic programming over all ways to cut them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ....data import Cue
from ....metrics.subtitles import Rules, broken_rules

LINGER = 0.5  # seconds that a cue may stay after its last word
FAULT, CUT, JOIN = 10.0, 3.0, 1.0  # a broken rule, a cut inside a sentence, a join of two
MOST_WORDS = 30  # of one cue


def lines_of(words: Sequence[str], width: int, blank: str = " ") -> str:
    r"""One line where the words fit; else two, the longer one as short as can be.

    >>> lines_of("two hundred and twenty nine".split(), 16)
    'two hundred\nand twenty nine'
    """
    line = blank.join(words)
    if len(line) <= width or len(words) < 2:
        return line
    ways = [(blank.join(words[:k]), blank.join(words[k:])) for k in range(1, len(words))]
    return "\n".join(min(ways, key=lambda way: max(map(len, way))))


def cue_of(words: Sequence[Sequence], first: int, last: int, rules: Rules, blank: str = " ") -> Cue:
    """The cue of words `first` to `last` - 1, shown as long as it may linger.

    It stays up to half a second after its last word, but leaves the gap before the next word.

    >>> words = [(0.0, 0.5, "rain"), (0.6, 1.0, "moving"), (1.25, 1.75, "north")]
    >>> cue_of(words, 0, 2, Rules(gap=0.125))
    Cue(start=0.0, end=1.125, text='rain moving')
    """
    end = words[last - 1][1] + LINGER
    if last < len(words):
        end = max(words[first][0] + 0.1, min(end, words[last][0] - rules.gap))
    text = lines_of([word[2] for word in words[first:last]], rules.width, blank)
    return Cue(words[first][0], end, text)


def cost_of(cue: Cue, inside: bool, joined: int, rules: Rules) -> float:
    """10 for each rule it breaks, 3 if it ends inside a sentence, 1 for each join of sentences.

    >>> rules = Rules()
    >>> cost_of(Cue(0.0, 2.0, "rain"), False, 0, rules)
    0.0
    >>> cost_of(Cue(0.0, 0.5, "rain"), True, 1, rules)
    14.0
    """
    return FAULT * len(broken_rules([cue], rules)) + CUT * inside + JOIN * joined


def greedy(words: Sequence[Sequence], rules: Rules, blank: str = " ") -> list[Cue]:
    r"""Take words as long as they fit two lines and the longest time; then begin a new cue.

    >>> words = [(0.0, 0.5, "rain"), (0.6, 1.0, "moving"), (1.25, 1.75, "north")]
    >>> [cue.text for cue in greedy(words, Rules(width=6))]
    ['rain\nmoving', 'north']
    """
    edges = [0]
    for k in range(1, len(words)):
        text = lines_of([word[2] for word in words[edges[-1] : k + 1]], rules.width, blank)
        fits = max(map(len, text.split("\n"))) <= rules.width
        if not fits or words[k][1] - words[edges[-1]][0] > rules.longest:
            edges.append(k)
    return at_edges(words, [*edges, len(words)], rules, blank)


def at_edges(
    words: Sequence[Sequence], edges: Sequence[int], rules: Rules, blank: str = " "
) -> list[Cue]:
    """Cues between given places: 0, ..., the number of words."""
    pairs = zip(edges, edges[1:], strict=False)
    return [cue_of(words, a, b, rules, blank) for a, b in pairs]


def best_edges(n: int, cost: Callable[[int, int], float], most: int = MOST_WORDS) -> list[int]:
    """Where to cut n words so that the costs of all pieces add up to the least.

    ``best[k] = min over j of best[j] + cost(j, k)``: dynamic programming.

    >>> best_edges(5, lambda a, b: (b - a - 2) ** 2 + 0.1)
    [0, 2, 5]
    """
    best, came = [0.0] + [math.inf] * n, [0] * (n + 1)
    for k in range(1, n + 1):
        for j in range(max(0, k - most), k):
            total = best[j] + cost(j, k)
            if total < best[k]:
                best[k], came[k] = total, j
    edges = [n]
    while edges[-1]:
        edges.append(came[edges[-1]])
    return edges[::-1]


def best_cues(
    words: Sequence[Sequence], first: Sequence[int], rules: Rules, blank: str = " "
) -> list[Cue]:
    """The cues that cost the least (`cost_of`); `first` says where sentences begin."""

    def cost(a: int, b: int) -> float:
        return _cost(words, a, b, first, rules, blank)

    return at_edges(words, best_edges(len(words), cost), rules, blank)


def _cost(words, a: int, b: int, first: Sequence[int], rules: Rules, blank: str) -> float:
    joined = sum(a < place < b for place in first)
    inside = b not in first and b < len(words)
    return cost_of(cue_of(words, a, b, rules, blank), inside, joined, rules)


class Judged(NamedTuple):
    """A way to cut: broken rules, cuts inside sentences, joins of sentences, and their cost."""

    broken: int
    cuts: int
    joins: int
    cost: float


def judge(
    cues: Sequence[Cue], words: Sequence[Sequence], first: Sequence[int], rules: Rules
) -> Judged:
    """What cues that hold all words, in their order, cost together.

    >>> words = [(0.0, 0.5, "rain"), (0.6, 1.0, "moving"), (1.25, 1.75, "north")]
    >>> judge(greedy(words, Rules()), words, [0], Rules())
    Judged(broken=0, cuts=0, joins=0, cost=0.0)
    """
    starts = [word[0] for word in words]
    edges = [starts.index(cue.start) for cue in cues] + [len(words)]
    cuts = sum(edge not in first for edge in edges[:-1])
    joins = sum(place not in edges for place in first)
    broken = len(broken_rules(cues, rules))
    return Judged(broken, cuts, joins, FAULT * broken + CUT * cuts + JOIN * joins)
