"""Exercises and questions of the lesson on recurrent language models."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ...core import make_generator
from ...lab.checkers import Wrong, call, number, require, same_on
from ...lab.register import exercise, question
from ...lab.words import kind

# --- a price for what was never seen

AFTER = ({"a": 4, "b": 1, "c": 3}, {"x": 2, "y": 1, "z": 1, "w": 6}, {})
"""What followed three contexts, and how often; the last one was never seen."""


def _shared(followers: dict, character: str, lower: float, d: float) -> float:
    total = sum(followers.values())
    if not total:
        return lower
    return (max(followers.get(character, 0) - d, 0) + d * len(followers) * lower) / total


def _sloppy(*, floor=True, kinds=True, backed_off=False, lend=True, discount=True):
    """The mixture with one thing left out."""

    def p(followers: dict, character: str, lower: float, d: float) -> float:
        total, count = sum(followers.values()), followers.get(character, 0)
        if not total:
            return lower
        kept = count - d if discount else count
        lent = d * (len(followers) if kinds else 1) * lower if lend else 0.0
        if backed_off and count:
            return kept / total
        return (max(kept, 0) if floor else kept + 0.0) / total + lent / total

    return p


def _mixed(formula):
    """A mixture after a seen context by `formula(count, total, kinds, lower, d)`."""

    def p(followers: dict, character: str, lower: float, d: float) -> float:
        count = followers.get(character, 0)
        return formula(count, sum(followers.values()), len(followers), lower, d)

    return p


SHARED_MISTAKES = {
    "A character that never followed has count 0: 0 - d is below 0, take 0 there.": (
        _sloppy(floor=False)
    ),
    "Each *different* follower gave d away: the share is d times how many there are.": (
        _sloppy(kinds=False)
    ),
    "The shorter context's p is missing, so the unseen cost infinitely many bits.": (
        _sloppy(lend=False)
    ),
    "You lend, but nobody gave: take d from each count.": _sloppy(discount=False),
    "That is back-off; interpolation adds the lent share to seen characters as well.": (
        _sloppy(backed_off=True)
    ),
    "You lend d itself: the share that is free is d times the number of different followers, over "
    "the sum of all counts.": _mixed(lambda c, n, k, p, d: max(c - d, 0) / n + d * p),
    "You lend 1 - d: the share that is free is d times the number of different followers, over "
    "the sum of all counts.": _mixed(lambda c, n, k, p, d: max(c - d, 0) / n + (1 - d) * p),
    "d is taken from the count, before the division by the sum of all counts.": (
        _mixed(lambda c, n, k, p, d: max(c / n - d, 0) + d * k / n * p)
    ),
    "You divide by the number of different followers; count(h) is the sum of all counts.": (
        _mixed(lambda c, n, k, p, d: (max(c - d, 0) + d * k * p) / k)
    ),
    "The free share is shared out as `lower` says: multiply it by `lower`.": (
        _mixed(lambda c, n, k, p, d: (max(c - d, 0) + d * k) / n)
    ),
    "All different followers gave d away, the character itself too if it is one of them.": (
        _mixed(lambda c, n, k, p, d: (max(c - d, 0) + d * (k - (c > 0)) * p) / n)
    ),
    "You gave log p: give p itself.": _mixed(
        lambda c, n, k, p, d: math.log((max(c - d, 0) + d * k * p) / n)
    ),
    "You gave the price in bits: give p itself.": _mixed(
        lambda c, n, k, p, d: -math.log2((max(c - d, 0) + d * k * p) / n)
    ),
}


@exercise(
    "models/recurrent_language_model/shared",
    not_yet="Write the body of `shared(followers, character, lower, d)` and return p.",
    right="All characters together add up to 1, and none has probability 0.",
    hints=[
        "count(h) is the sum of all counts: sum(followers.values()). If it is 0, the context was "
        "never seen, and everything is left to the shorter one.",
        "followers.get(character, 0) - d, but not below 0, over the sum.",
        "Each of the len(followers) different characters gave d: so d * len(followers) / sum is "
        "lent, times `lower`.",
    ],
)
def shared(answer) -> None:
    """Interpolation with one discount: counts after a context, a character, p of the rest, d."""
    cases = [
        (AFTER[0], "a", 0.2, 0.75),
        (AFTER[0], "q", 0.1, 0.75),
        (AFTER[1], "y", 0.05, 0.5),
        (AFTER[1], "q", 0.3, 0.5),
    ]
    _told_of(answer, cases[1], "KeyError", "That character never followed: its count is 0.")
    same_on(answer, _shared, cases=cases, mistakes=SHARED_MISTAKES)
    never = (AFTER[2], "a", 0.2, 0.75)
    unseen = "After a context that was never seen, all is left to the shorter one: return lower."
    given = _told_of(answer, never, "ZeroDivisionError", unseen)
    require(abs(number(given) - never[2]) < 1e-5, unseen)
    same_on(answer, _shared, cases=[never])  # and the counts are as they were


def _told_of(answer, case: tuple, error: str, why: str) -> object:
    """What the answer gives; where it stops with that error, `why` is said as well."""
    try:
        return call(answer, dict(case[0]), *case[1:])
    except Wrong as stopped:
        if error in str(stopped):
            raise Wrong(f"{stopped}. {why}") from stopped
        raise


# --- the nucleus


def _nucleus(p: Tensor, share: float) -> Tensor:
    sizes, order = p.sort(descending=True)
    kept = torch.zeros_like(p).scatter(0, order, (sizes.cumsum(0) - sizes < share).to(p.dtype))
    return p * kept / (p * kept).sum()


def _sorted_out(p: Tensor, share: float) -> Tensor:
    return _nucleus(p, share).sort(descending=True).values


def _one_short(p: Tensor, share: float) -> Tensor:
    sizes, order = p.sort(descending=True)
    kept = torch.zeros_like(p).scatter(0, order, (sizes.cumsum(0) < share).to(p.dtype))
    return p * kept / (p * kept).sum()


def _one_more(p: Tensor, share: float) -> Tensor:
    sizes, order = p.sort(descending=True)
    before = sizes.cumsum(0) - 2 * sizes
    kept = torch.zeros_like(p).scatter(0, order, (before < share - sizes).to(p.dtype))
    kept[order[min(int(kept.sum()), len(p) - 1)]] = 1
    return p * kept / (p * kept).sum()


def _threshold(p: Tensor, share: float) -> Tensor:
    kept = p * (p >= 1 - share)
    return kept / kept.sum()


def _unlikely(p: Tensor, share: float) -> Tensor:
    sizes, order = p.sort()
    kept = torch.zeros_like(p).scatter(0, order, (sizes.cumsum(0) - sizes < share).to(p.dtype))
    return p * kept / (p * kept).sum()


def _kept(p: Tensor, stays) -> Tensor:
    """The tokens that `stays(sizes, sums)` keeps, in sorted order, with sum 1 again."""
    sizes, order = p.sort(descending=True)
    kept = torch.zeros_like(p).scatter(0, order, stays(sizes, sizes.cumsum(0)).to(p.dtype))
    return p * kept / (p * kept).sum()


def _never_put_back(p: Tensor, share: float) -> Tensor:
    sizes = p.sort(descending=True).values
    kept = p * (sizes.cumsum(0) - sizes < share)
    return kept / kept.sum()


def _places(p: Tensor, share: float) -> Tensor:
    kept = p * (p >= p.topk(max(1, int(share * len(p)))).values[-1])
    return kept / kept.sum()


NUCLEUS_MISTAKES = {
    "What is kept must add up to 1 again: divide by its sum.": (
        lambda p, share: p * (_nucleus(p, share) > 0)
    ),
    "The token that crosses the share is missing: the set must reach it.": _one_short,
    "You keep the tokens up to the share, and not the one that crosses it: compare the sum of "
    "those *before* a token with the share, cumsum minus the token's own.": (
        lambda p, share: _kept(p, lambda sizes, sums: sums <= share)
    ),
    "You keep one token too many: stop with the first that reaches the share.": _one_more,
    "Where the sum meets the share exactly you keep one token more: the set has reached it by "
    "then (<, not <=).": lambda p, share: _kept(p, lambda sizes, sums: sums - sizes <= share),
    "Your mask is in sorted order and p is not: kept[order[mask]] = 1 puts it back to the "
    "tokens' places.": _never_put_back,
    "A softmax makes other proportions: divide what is kept by its sum.": (
        lambda p, share: p.masked_fill(_nucleus(p, share) == 0, -math.inf).softmax(0)
    ),
    "What is kept adds up to more than the share: divide by its own sum.": (
        lambda p, share: p * (_nucleus(p, share) > 0) / share
    ),
    "All that you keep is equally likely: the kept tokens keep their proportions.": (
        lambda p, share: (kept := (_nucleus(p, share) > 0).to(p.dtype)) / kept.sum()
    ),
    "That says which tokens are kept: return their probabilities, with sum 1 again.": (
        lambda p, share: (_nucleus(p, share) > 0).to(p.dtype)
    ),
    "You keep a share of the *tokens* (top-k); the share is one of the probability.": _places,
    "The probabilities come back in sorted order: put each back to its token's place.": _sorted_out,
    "You keep the unlikeliest tokens: sort with descending=True.": _unlikely,
    "That compares each probability with a threshold; the sum of the likelier ones counts.": (
        _threshold
    ),
}


@exercise(
    "models/recurrent_language_model/nucleus",
    not_yet="Write the body of `nucleus(p, share)` and return the new probabilities.",
    right="The smallest set of likeliest tokens that reaches the share, and no other.",
    hints=[
        "p.sort(descending=True) gives the sizes, and `order`: which token each belongs to.",
        "A token stays if the tokens likelier than it have not reached the share yet: "
        "sizes.cumsum(0) - sizes < share.",
        "kept = torch.zeros_like(p); kept[order[stays]] = 1; then p * kept over its sum.",
    ],
)
def nucleus(answer) -> None:
    """The nucleus of a distribution, [V] and a share -> [V]."""
    cases = [
        (torch.tensor([0.1, 0.4, 0.05, 0.3, 0.15]), 0.6),
        (torch.tensor([0.08, 0.02, 0.5, 0.25, 0.05, 0.1]), 0.78),
        (torch.tensor([0.2, 0.45, 0.35]), 0.5),
        (torch.tensor([0.25, 0.125, 0.5, 0.125]), 0.75),  # two reach it, to the last bit
    ]
    same_on(answer, _nucleus, cases=cases, mistakes=NUCLEUS_MISTAKES)


# --- does it read ahead?


def _reader(weights, vocabulary: int):
    """A 'model' whose row t is a sum over tokens u, weighted by weights(t, u)."""

    def read(tokens: Tensor) -> Tensor:
        n = tokens.shape[1]
        table = torch.randn(vocabulary, vocabulary, generator=make_generator(3))
        w = torch.tensor([[float(weights(t, u, n)) for u in range(n)] for t in range(n)])
        return torch.einsum("tu,buv->btv", w, table[tokens])

    return read


SOUND = {
    "a model that reads all tokens before t": lambda t, u, n: u < t,
    "a model that reads one token": lambda t, u, n: u == t - 1,
    "a model that reads nothing at all": lambda t, u, n: 0,
}
LEAKY = {
    "one that reads the very token it predicts: row t must not change with token t": (
        lambda t, u, n: u <= t
    ),
    "one that reads in both directions": lambda t, u, n: u < t or u == t + 1,
    "one that looks three tokens ahead": lambda t, u, n: u < t or u == t + 3,
    "one whose first rows alone look ahead: change each token, not the last alone": (
        lambda t, u, n: u < t or (t == 1 and u == 2)
    ),
    "one whose last row alone reads its own token": (
        lambda t, u, n: u < t or (t == n - 1 and u == t)
    ),
}


@exercise(
    "models/recurrent_language_model/leaks",
    not_yet="Write the body of `leaks(read, tokens)` and return True or False.",
    right="Three sound models pass, five leaky ones are found.",
    hints=[
        "Row t is the prediction of token t. Which rows may change when you change token t?",
        "Only rows after t. So change one token, and compare rows 0 to t, row t included.",
        "for t in range(T): changed = tokens.clone(); changed[:, t] = another token; compare "
        "read(changed)[:, :t+1] with read(tokens)[:, :t+1].",
    ],
)
def leaks(answer) -> None:
    """Whether a model reads what it must not: a function [N, T] -> [N, T, V], and tokens."""
    drawn = [torch.randint(v, (2, n), generator=make_generator(n)) for n, v in ((9, 5), (6, 4))]
    for tokens, vocabulary in ((drawn[0], 5), (drawn[1], 4), (torch.zeros_like(drawn[1]), 4)):
        for leaky, models in ((False, SOUND), (True, LEAKY)):
            for name, weights in models.items():
                given = tokens.clone()
                found = call(answer, _reader(weights, vocabulary), given)
                if isinstance(found, Tensor | np.ndarray) and found.size != 1:
                    require(found.shape in ((), (1,)), "Return one True or False, not a table.")
                if not isinstance(found, bool | np.bool_ | np.ndarray | Tensor):
                    raise Wrong(f"Return True or False; you gave {kind(found)}.")
                require(
                    torch.equal(given, tokens), "You changed the tokens themselves: clone first."
                )
                if bool(found) and not leaky:
                    raise Wrong(
                        f"You accuse {name}. Rows after t may change with token t: compare rows "
                        "0 to t alone."
                    )
                same = " Is what you put in for a token another one?" if not tokens.any() else ""
                require(bool(found) == leaky, f"You missed {name}.{same}")


question(
    "models/recurrent_language_model/q1",
    "A tokenizer of 2,048 pieces gives 3.2 characters a token, and a model pays 6.4 bits a token. "
    "Another model works on characters and pays 2.1 bits a character. Which is better?",
    options={
        "a": (
            "The first, since it pays 2.0 bits a character.",
            "6.4 / 3.2; both now pay for the same text.",
        ),
        "b": ("The second: 2.1 is below 6.4.", "The units differ: a token is 3.2 characters."),
        "c": ("They cannot be compared.", "They can, in bits for the same characters."),
    },
    answer="a",
)

question(
    "models/recurrent_language_model/q2",
    "An LSTM starts with a forget bias of 0. About which share of a memory's gradient is left "
    "after 20 steps, by the gate alone?",
    options={
        "a": ("All of it: that is what an LSTM is for.", "Only if the gate is open, near 1."),
        "b": ("One millionth.", "sigmoid(0) = 1/2, and 2^-20 is about 1e-6."),
        "c": ("One twentieth.", "It is multiplied at each step, not divided by their number."),
    },
    answer="b",
)

question(
    "models/recurrent_language_model/q3",
    "Training and held-out loss both fall to 0.05 bits a character, and the samples are garbage. "
    "What do you suspect?",
    options={
        "a": (
            "Overfitting: the network knows its text by heart.",
            "Then the held-out loss would be high.",
        ),
        "b": (
            "The temperature of the draws is far too high.",
            "A model of 0.05 bits leaves nothing to temper.",
        ),
        "c": (
            "A leak: it reads what it should predict.",
            "Held-out text leaks as well; only generation, where the future is not there, shows "
            "it.",
        ),
    },
    answer="c",
)

question(
    "models/recurrent_language_model/q4",
    "You train on windows of 32 tokens, and carry the state from window to window. Can the model "
    "use a token that lies 40 back?",
    options={
        "a": (
            "No: the gradient ends at 32, and so does memory.",
            "The gradient does; the state goes on.",
        ),
        "b": (
            "Yes, if its state has kept it that long.",
            "No gradient ever asked for that; but what it learnt to keep for 30 steps may last 40.",
        ),
        "c": (
            "Yes, and it learns to use it as well as one 20 back.",
            "No error at 40 reaches that token.",
        ),
    },
    answer="b",
)

question(
    "models/recurrent_language_model/q5",
    "Your network beats an n-gram by 0.4 bits on verse of a fixed form. What do you ask first?",
    options={
        "a": (
            "The form: what pays an n-gram that was told it?",
            "Counting places in a line is easy for one of the two, and may be all of the lead.",
        ),
        "b": ("Whether a wider network leads by more.", "Later: first see what the lead is."),
        "c": ("Nothing: it is better.", "Better at what: words, or punctuation?"),
    },
    answer="a",
)
