"""Exercises and questions of the lesson on subtitles."""

from __future__ import annotations

import torch
from torch import Tensor

from ....core import make_generator
from ....lab.checkers import call, require, same_on
from ....lab.register import exercise, question

_g = make_generator(8)
BEST = torch.tensor([2.0, 5.0, 1.5, 7.0, 6.0], dtype=torch.float64)
PRICE = torch.tensor([0.5, 1.0, 4.0, 0.25, 3.0], dtype=torch.float64)


def _moved(best: Tensor) -> Tensor:
    return torch.cat([best.new_full((1,), torch.inf), best[:-1]])


def _step(best: Tensor, cost: Tensor) -> Tensor:
    return torch.minimum(best, _moved(best)) + cost


STEP_MISTAKES = {
    "The new frame's own cost is missing: add `cost`.": lambda b, c: torch.minimum(b, _moved(b)),
    "You took the dearer of the two ways; take the cheaper one.": (
        lambda b, c: torch.maximum(b, torch.cat([b[:1], b[:-1]])) + c
    ),
    "Your path moves from right to left: state s is entered from state s - 1.": (
        lambda b, c: torch.minimum(b, torch.cat([b[1:], b.new_full((1,), torch.inf)])) + c
    ),
    "Your first state is entered from the last one: nothing stands before the first.": (
        lambda b, c: torch.minimum(b, b.roll(1)) + c
    ),
    "Your path jumps over states: it may stay, or move on by one.": (
        lambda b, c: b.cummin(0).values + c
    ),
    "Your path never moves: it may enter state s from state s - 1, too.": lambda b, c: b + c,
    "The cost belongs to the state that is reached, not to the one that is left.": (
        lambda b, c: torch.minimum(b + c, _moved(b + c))
    ),
    "Nothing stands before the first state, so moving into it costs infinity, not 0.": (
        lambda b, c: torch.minimum(b, torch.cat([b.new_zeros(1), b[:-1]])) + c
    ),
    "A state is entered from itself or from the one before, not from the cheapest of all.": (
        lambda b, c: b.min() + c
    ),
    "A path that stays pays for its frame, too: add `cost` to both ways.": (
        lambda b, c: torch.minimum(b, _moved(b) + c)
    ),
    "A path that moves pays for its frame, too: add `cost` to both ways.": (
        lambda b, c: torch.minimum(b + c, _moved(b))
    ),
    "Compare what the two ways have cost so far, `best`; `cost` is the same for both.": (
        lambda b, c: b + torch.minimum(c, _moved(c))
    ),
    "Your path always moves: it may stay in its state, too.": (
        lambda b, c: torch.cat([b[:1], b[:-1]]) + c
    ),
    "The first state is missing: it is entered from itself.": (lambda b, c: _step(b, c)[1:]),
}


@exercise(
    "video/subtitles/step",
    not_yet="Write the body of `step(best, cost)` and return the costs after one more frame.",
    right="Stay or move on, whichever was cheaper, and then pay for this frame.",
    hints=[
        "State s is reached from s itself, or from s - 1.",
        "Move all by one place: torch.cat([torch.tensor([torch.inf]), best[:-1]]).",
        "torch.minimum(best, moved) + cost",
    ],
)
def step(answer) -> None:
    """One step of Viterbi's algorithm on a chain."""
    cases = [(BEST, PRICE), (PRICE, BEST), (BEST.flip(0), 2 * PRICE)]
    same_on(answer, _step, cases, mistakes=STEP_MISTAKES)


PATHS = [
    (torch.tensor([0, 0, 0, 1, 2, 2, 3]),),
    (torch.tensor([0, 1, 1, 1, 1, 2]),),
    (torch.tensor([0, 0, 1, 1, 2, 3, 3, 3, 4]),),
]


def _starts(path: Tensor) -> Tensor:
    return torch.cat([path.new_zeros(1), (path.diff() > 0).nonzero()[:, 0] + 1])


def _lengths(path: Tensor) -> Tensor:
    return torch.bincount(path)


STARTS_MISTAKES = {
    "Those are the last frames of the states; give the first ones.": (
        lambda p: _lengths(p).cumsum(0) - 1
    ),
    "That is how many frames each state has; add them up, from 0.": _lengths,
    "You give where the next state begins: the first state begins at frame 0.": (
        lambda p: _lengths(p).cumsum(0)
    ),
    "The first state begins, too: at frame 0.": lambda p: _starts(p)[1:],
    "One frame early: diff()[f] compares frames f and f + 1.": (
        lambda p: torch.cat([p.new_zeros(1), (p.diff() > 0).nonzero()[:, 0]])
    ),
    "One frame late.": lambda p: _starts(p) + 1,
    "Those are the states; give the frame at which each begins.": (lambda p: p.unique()),
    "You mark the frames with True and False; give their numbers.": (
        lambda p: torch.cat([p.new_ones(1), p.diff()])
    ),
    "The last of them is where the path ends; no state begins there.": (
        lambda p: torch.cat([p.new_zeros(1), _lengths(p).cumsum(0)])
    ),
    "One frame early, and the first state is missing, which begins at frame 0.": (
        lambda p: (p.diff() > 0).nonzero()[:, 0]
    ),
}


@exercise(
    "video/subtitles/starts",
    not_yet="Write the body of `starts(path)` and return the first frame of each state.",
    right="Where the path moves, a state begins; the first one begins at 0.",
    hints=[
        "path.diff() is 1 where the next frame has another state.",
        "(path.diff() > 0).nonzero()[:, 0] + 1: where each state but the first begins.",
        "torch.cat([torch.zeros(1, dtype=torch.long), ...])",
    ],
)
def starts(answer) -> None:
    """From a path of states to the first frame of each."""
    same_on(answer, _starts, PATHS, mistakes=STARTS_MISTAKES)


TRUE = torch.tensor([0.5, 2.0, 3.5, 7.0, 11.0], dtype=torch.float64)
LATE = 0.25 + 1.001 * TRUE + 0.01 * torch.randn(5, generator=_g, dtype=torch.float64)
ROUGH = 0.4 + 1.05 * TRUE + torch.tensor([0.9, -0.7, -0.9, 1.1, -0.6], dtype=torch.float64)
FAST = 0.96 * TRUE - 0.1 + 0.02 * torch.randn(5, generator=_g, dtype=torch.float64)


def _fitted(found: Tensor, true: Tensor) -> Tensor:
    away = true - true.mean()
    rate = (away @ found) / (away @ away)
    return torch.stack([found.mean() - rate * true.mean(), rate])


def _through(found: Tensor, true: Tensor, rate: Tensor) -> Tensor:
    """The line of this rate through the middle of the points."""
    return torch.stack([found.mean() - rate * true.mean(), rate])


def _ends(found: Tensor, true: Tensor) -> Tensor:
    rate = (found[-1] - found[0]) / (true[-1] - true[0])
    return torch.stack([found[0] - rate * true[0], rate])


FITTED_MISTAKES = {
    "You gave the rate first; give the offset first, then the rate.": (
        lambda f, t: _fitted(f, t).flip(0)
    ),
    "You fitted the true times to the found ones; it is the other way round.": (
        lambda f, t: _fitted(t, f)
    ),
    "That offset is the mean difference: it holds a part of the drift. Take rate * mean(true) "
    "from mean(found).": lambda f, t: torch.stack([(f - t).mean(), _fitted(f, t)[1]]),
    "You used the first and the last word alone; fit all of them by least squares.": _ends,
    "That is the drift, the rate minus 1; give the rate itself.": (
        lambda f, t: _fitted(f, t) - torch.tensor([0.0, 1.0], dtype=f.dtype)
    ),
    "Your line goes through the origin: there may be an offset, so take the means away first.": (
        lambda f, t: torch.stack([f.mean() - t.mean() * (t @ f) / (t @ t), (t @ f) / (t @ t)])
    ),
    "Give the offset in seconds, not in milliseconds.": (
        lambda f, t: _fitted(f, t) * torch.tensor([1000.0, 1.0], dtype=f.dtype)
    ),
    "You divided the spreads, which takes the scatter for a rate: divide the covariance by the "
    "variance of `true`.": (lambda f, t: _through(f, t, f.std() / t.std())),
    "You averaged found / true, and an offset spoils each of these ratios.": (
        lambda f, t: _through(f, t, (f / t).mean())
    ),
    "One of them was divided by N, the other by N - 1: take sums for both.": (
        lambda f, t: _through(f, t, _fitted(f, t)[1] * (1 - 1 / len(t)))
    ),
    "That rate is the correlation: it has no unit, and says how well they fit, not how steeply.": (
        lambda f, t: _through(f, t, torch.corrcoef(torch.stack([f, t]))[0, 1])
    ),
    "The offset has the wrong sign: found = offset + rate * true.": (
        lambda f, t: _fitted(f, t) * torch.tensor([-1.0, 1.0], dtype=f.dtype)
    ),
    "That offset is how late the first word is. Take rate * mean(true) from mean(found).": (
        lambda f, t: torch.stack([(f - t)[0], _fitted(f, t)[1]])
    ),
    "You left the offset out, so that your line goes through the origin.": (
        lambda f, t: torch.stack([f.new_zeros(()), (t @ f) / (t @ t)])
    ),
    "You gave the rate alone; give offset and rate.": (lambda f, t: _fitted(f, t)[1]),
}


@exercise(
    "video/subtitles/fitted",
    not_yet="Write the body of `fitted(found, true)` and return two numbers as a tensor.",
    right="An offset moves all cues alike; a rate beside 1 moves the later ones more.",
    hints=[
        "A line through points: the slope is the covariance over the variance of `true`.",
        "away = true - true.mean(); rate = (away @ found) / (away @ away)",
        "torch.stack([found.mean() - rate * true.mean(), rate])",
    ],
)
def fitted(answer) -> None:
    """Offset and rate of shifted times, by least squares."""
    cases = [(LATE, TRUE), (FAST, TRUE), (LATE[:4], TRUE[:4]), (ROUGH, TRUE)]
    same_on(answer, _fitted, cases, mistakes=FITTED_MISTAKES)


def _table(n: int) -> Tensor:
    table = 1 + 3 * torch.rand(n + 1, n + 1, generator=_g, dtype=torch.float64)
    length = torch.arange(n + 1) - torch.arange(n + 1)[:, None]
    table = table + (length - 2).abs() * 0.7
    return table.where(length > 0, torch.inf)


TABLES = [(_table(n),) for n in (4, 5, 7)]


def _best(cost: Tensor) -> list[Tensor]:
    best = [cost.new_zeros(())]
    for k in range(1, len(cost)):
        best.append(torch.stack([best[j] + cost[j, k] for j in range(k)]).min())
    return best


def _cheapest(cost: Tensor) -> Tensor:
    return _best(cost)[-1]


def _greedy(cost: Tensor) -> Tensor:
    total, at = cost.new_zeros(()), 0
    while at < len(cost) - 1:
        price, far = cost[at].min(0)
        total, at = total + price, int(far)
    return total


CHEAPEST_MISTAKES = {
    "That is one single cue for all words; cuts are allowed.": lambda c: c[0, -1],
    "That is a cue for every word; a cue may hold more.": lambda c: c.diagonal(1).sum(),
    "You took the cheapest next cue each time. That is greedy: what it leaves for later may be "
    "dear.": _greedy,
    "You took the dearest way to cut; take the cheapest.": lambda c: _dearest(c),
    "You cut once at most; there may be several cuts.": (
        lambda c: torch.cat([c[0, -1:], c[0, 1:-1] + c[1:-1, -1]]).min()
    ),
    "The costs of the cues before are missing: best[j] + cost[j, k].": (lambda c: c[:-1, -1].min()),
    "You cut exactly once; there may be several cuts, or none.": (
        lambda c: (c[0, 1:-1] + c[1:-1, -1]).min()
    ),
    "That is the cheapest cue of all; the words before and behind it need cues, too.": (
        lambda c: c.min()
    ),
    "You added the cheapest cue from each word; cues follow each other and do not overlap.": (
        lambda c: c[:-1].amin(1).sum()
    ),
    "You added the cheapest cue up to each word; cues follow each other and do not overlap.": (
        lambda c: c[:, 1:].amin(0).sum()
    ),
    "Those are the costs up to each word; give the last one.": (lambda c: torch.stack(_best(c))),
    "The last word is left out: the answer is the cost of all n words, the last of the list.": (
        lambda c: _best(c)[-2]
    ),
}


def _dearest(cost: Tensor) -> Tensor:
    best = [cost.new_zeros(())]
    for k in range(1, len(cost)):
        best.append(torch.stack([best[j] + cost[j, k] for j in range(k)]).max())
    return best[-1]


@exercise(
    "video/subtitles/cheapest",
    not_yet="Write the body of `cheapest(cost)` and return one number.",
    right="What is best up to word k is best up to the cue's first word, and the cue itself.",
    hints=[
        "best[0] = 0: no words cost nothing. Then best[1], best[2], ...",
        "best[k] is the least of best[j] + cost[j, k] over all j below k.",
        "for k in range(1, len(cost)): best.append(min(best[j] + cost[j, k] for j in range(k)))",
    ],
)
def cheapest(answer) -> None:
    """The least total cost of cutting n words into cues."""

    def finite(cost: Tensor) -> object:
        total = call(answer, cost)
        endless = isinstance(total, Tensor | float) and bool(torch.as_tensor(total).isinf().any())
        require(
            not endless,
            "Your total is infinite: it holds a cue that ends before it begins. In cost[j, k] the "
            "first word comes first, and k lies above j.",
        )
        return total

    same_on(finite if callable(answer) else answer, _cheapest, TABLES, mistakes=CHEAPEST_MISTAKES)


question(
    "video/subtitles/q1",
    "All words are found 40 milliseconds late. The median error is 40. What else would show it?",
    options={
        "a": ("The share within 50 ms.", "It is 1: all of them are within 50."),
        "b": ("The error with its sign.", "Its median is 40, too: all on one side."),
        "c": ("The reading speed of the cues.", "Moving all cues alike changes no duration."),
    },
    answer="b",
)

question(
    "video/subtitles/q2",
    "A text is aligned to a sound in which other words were said. What does the aligner do?",
    options={
        "a": (
            "It finds no path, and says so.",
            "There is always a cheapest one, as long as there are frames.",
        ),
        "b": (
            "It gives every word a place.",
            "The costs of the words say that they do not fit; the times do not.",
        ),
        "c": (
            "It puts all words at the start of the sound.",
            "Each word still takes what fits it best.",
        ),
    },
    answer="b",
)

question(
    "video/subtitles/q3",
    "Why does digital silence break an aligner that works on noisy recordings?",
    options={
        "a": (
            "The logarithm of zero is minus infinity.",
            "Every path pays infinity there, so all are alike.",
        ),
        "b": ("Silence has no words, and the text goes on.", "Recorded silence has none either."),
        "c": (
            "The frames are too short to hear that nothing is said.",
            "Any frame of zeros has the logarithm of zero.",
        ),
    },
    answer="a",
)

question(
    "video/subtitles/q4",
    "The first cue is right, and the last one comes 2 seconds late after half an hour. Why?",
    options={
        "a": (
            "An offset: the film has a longer beginning.",
            "An offset would move the first cue as well.",
        ),
        "b": ("A rate: the sound was taken as slower than it is.", "The error grows with time."),
        "c": (
            "A missing sentence, somewhere in the middle of it.",
            "That would make a step, and nothing before it.",
        ),
    },
    answer="b",
)

question(
    "video/subtitles/q5",
    "A greedy cutter fills every cue. Why can dynamic programming do better at the same rules?",
    options={
        "a": ("It knows more rules.", "Both are judged by the same ones."),
        "b": (
            "It compares all ways to cut together.",
            "A shorter cue now may leave the sentences after it whole.",
        ),
        "c": (
            "It may break the rules where that helps the reader.",
            "It pays for a broken rule as the other does.",
        ),
    },
    answer="b",
)
