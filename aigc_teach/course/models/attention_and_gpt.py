"""Exercises and questions of the lesson on attention and GPT."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...core import make_generator
from ...lab.checkers import call, require, same_gradients, same_on
from ...lab.register import exercise, question

# --- a mask for several texts in one row

TEXTS = [(torch.tensor([0, 0, 0, 1, 1]),), (torch.tensor([3, 5, 5, 2, 2, 2]),)]


def _packed(texts: Tensor) -> Tensor:
    same = texts[:, None] == texts[None, :]
    return same & torch.ones_like(same).tril()


def _ones(texts: Tensor) -> Tensor:
    return torch.ones(len(texts), len(texts), dtype=torch.bool)


PACKED_MISTAKES = {
    "The texts see each other: a token may look only at tokens of its own text.": (
        lambda texts: _ones(texts).tril()
    ),
    "Tokens see the future: of its own text a token may look at itself and at earlier ones.": (
        lambda texts: texts[:, None] == texts[None, :]
    ),
    "Rows and columns are swapped: row t says where query t may look; the lower half is True.": (
        lambda texts: _packed(texts).T
    ),
    "A token cannot see itself: keep the diagonal.": (lambda texts: _packed(texts).tril(-1)),
    "It is turned round: True is where a query *may* look.": (lambda texts: ~_packed(texts)),
    "Either condition is enough for you; both are needed: own text *and* not later.": (
        lambda texts: (texts[:, None] == texts[None, :]) | _ones(texts).tril()
    ),
    "A token sees the one after it: tril() without a number keeps it from that.": (
        lambda texts: (texts[:, None] == texts[None, :]).tril(1)
    ),
    "The numbers of the texts are names, not an order: compare them with ==.": (
        lambda texts: (texts[:, None] >= texts[None, :]).tril()
    ),
    "The numbers of the texts are names, not an order: compare them with ==; and a token may not "
    "look at later ones.": lambda texts: texts[:, None] >= texts[None, :],
}


@exercise(
    "models/attention_and_gpt/packed",
    not_yet="Write the body of `packed(texts)` and return a bool tensor [T, T].",
    right="Several texts share a row, and none of them can see another.",
    hints=[
        "Two conditions, joined by &: the key is not later, and it belongs to the same text.",
        "texts[:, None] == texts[None, :] compares each query's text with each key's.",
        "same & torch.ones_like(same).tril()",
    ],
)
def packed(answer) -> None:
    """Which keys each query may see where several texts lie in one row: [T] -> bool [T, T]."""
    for case in TEXTS:
        given = call(answer, case[0].clone())
        require(
            not isinstance(given, Tensor) or given.dtype == torch.bool,
            f"A mask is bool; yours is {getattr(given, 'dtype', None)}. Compare with == and join "
            "with &, then it is.",
        )
    same_on(answer, _packed, TEXTS, mistakes=PACKED_MISTAKES)


# --- one step with a cache


def _qkv(n: int, heads: int, before: int, size: int, seed: int) -> tuple[Tensor, ...]:
    """q, k, v of one new token ``[n, heads, 1, size]``, keys and values of `before` others."""
    generator = make_generator(seed)
    new = (torch.randn(n, heads, 1, size, generator=generator) for _ in range(3))
    old = (torch.randn(n, heads, before, size, generator=generator) for _ in range(2))
    return *new, *old


def _attend(q: Tensor, k: Tensor, v: Tensor, scale: float | None = None) -> Tensor:
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    return (scale * q @ k.transpose(-2, -1)).softmax(-1) @ v


def _step(q, k, v, keys, values):
    keys, values = torch.cat([keys, k], dim=2), torch.cat([values, v], dim=2)
    return _attend(q, keys, values), keys, values


def _first_only(q, k, v, keys, values):
    _, keys, values = _step(q, k, v, keys, values)
    return values[:, :, :1], keys, values


def _mixed(weigh):
    """`step` whose shares are `weigh(scores)`, the scores being divided as they should."""

    def run(q, k, v, keys, values):
        _, keys, values = _step(q, k, v, keys, values)
        scores = q @ keys.transpose(-2, -1) / math.sqrt(q.shape[-1])
        return weigh(scores) @ values, keys, values

    return run


def _scaled(size):
    """`step` whose scores are divided by the root of `size(keys)`."""

    def run(q, k, v, keys, values):
        _, keys, values = _step(q, k, v, keys, values)
        return _attend(q, keys, values, scale=1 / math.sqrt(size(keys))), keys, values

    return run


def _oldest_dropped(q, k, v, keys, values):
    keys, values = (torch.cat([a[:, :, 1:], b], dim=2) for a, b in ((keys, k), (values, v)))
    return _attend(q, keys, values), keys, values


def _shares(q, k, v, keys, values):
    _, keys, values = _step(q, k, v, keys, values)
    return (q @ keys.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1), keys, values


STEP_MISTAKES = {
    "The softmax is missing: scores become shares first.": _mixed(lambda scores: scores),
    "The softmax runs over the one query, so each share is 1; take the keys, softmax(-1).": (
        _mixed(lambda scores: scores.softmax(2))
    ),
    "The softmax runs over the heads: it runs over the keys, softmax(-1).": (
        _mixed(lambda scores: scores.softmax(1))
    ),
    "You divide by the root of the number of keys: D is the last axis of q.": (
        _scaled(lambda keys: keys.shape[2])
    ),
    "You divide by the root of the number of heads: D is the last axis of q.": (
        _scaled(lambda keys: keys.shape[1])
    ),
    "You dropped the oldest token: the cache grows by one with each step.": _oldest_dropped,
    "Those are the shares: mix the values with them, shares @ values.": _shares,
    "The new token sees itself alone: it looks at all keys, old and new.": (
        lambda q, k, v, keys, values: (_attend(q, k, v), *_step(q, k, v, keys, values)[1:])
    ),
    "Return out first, then keys, then values.": (
        lambda q, k, v, keys, values: (*(r := _step(q, k, v, keys, values))[1:], r[0])
    ),
    "You return values and keys: keys come before values.": (
        lambda q, k, v, keys, values: ((r := _step(q, k, v, keys, values))[0], r[2], r[1])
    ),
    "The new key and value come last: cat([keys, k]), not cat([k, keys]).": (
        lambda q, k, v, keys, values: (
            _step(q, k, v, keys, values)[0],
            torch.cat([k, keys], dim=2),
            torch.cat([v, values], dim=2),
        )
    ),
    "The new token does not see itself: append its key and value first, then attend.": (
        lambda q, k, v, keys, values: (
            _attend(q, keys, values),
            *_step(q, k, v, keys, values)[1:],
        )
    ),
    "The new token sees only the first: a causal mask [1, S] made as for whole texts hides all "
    "others. One query that comes last needs no mask.": _first_only,
    "The division by sqrt(D) is missing.": (
        lambda q, k, v, keys, values: (
            _attend(q, *_step(q, k, v, keys, values)[1:], scale=1.0),
            *_step(q, k, v, keys, values)[1:],
        )
    ),
    "You divided by D; it is its root.": (
        lambda q, k, v, keys, values: (
            _attend(q, *_step(q, k, v, keys, values)[1:], scale=1 / q.shape[-1]),
            *_step(q, k, v, keys, values)[1:],
        )
    ),
    "The cache does not grow: return the longer keys and values, or the next step forgets this "
    "token.": (lambda q, k, v, keys, values: (_step(q, k, v, keys, values)[0], keys, values)),
    "Keys and values are swapped: scores come from keys, what is mixed are values.": (
        lambda q, k, v, keys, values: (
            _attend(q, *_step(q, k, v, keys, values)[:0:-1]),
            *_step(q, k, v, keys, values)[1:],
        )
    ),
}


@exercise(
    "models/attention_and_gpt/step",
    not_yet="Write the body of `step(q, k, v, keys, values)` and return out, keys, values.",
    right="One row of scores a token: what was computed once is kept.",
    hints=[
        "Three things: append k to keys and v to values, along the axis of places; then attend.",
        "keys = torch.cat([keys, k], dim=2), values likewise. The query comes last of all, so it "
        "may see every key.",
        "scores = q @ keys.transpose(-2, -1) / math.sqrt(q.shape[-1]); "
        "return scores.softmax(-1) @ values, keys, values",
    ],
)
def step(answer) -> None:
    """Attention of one new token with a cache: [N, H, 1, D] and the longer keys and values."""
    cases = [_qkv(2, 3, 4, 8, 0), _qkv(1, 2, 6, 4, 1)]
    same_on(answer, _step, cases, mistakes=STEP_MISTAKES)


# --- rotary positions


def _angles(x: Tensor, places: Tensor, base: float = 10_000.0) -> Tensor:
    pairs = torch.arange(0, x.shape[-1], 2, dtype=torch.float32)
    return places.float()[:, None] * base ** (-pairs / x.shape[-1])


def _turned(x: Tensor, theta: Tensor) -> Tensor:
    cos, sin = theta.cos(), theta.sin()
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def _turn(x: Tensor, places: Tensor) -> Tensor:
    return _turned(x, _angles(x, places))


def _neighbours(x: Tensor, places: Tensor) -> Tensor:
    theta = _angles(x, places)
    a, b = x[..., ::2], x[..., 1::2]
    pairs = (a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos())
    return torch.stack(pairs, dim=-1).flatten(-2)


def _one_speed(x: Tensor, places: Tensor) -> Tensor:
    return _turned(x, places.float()[:, None].expand(-1, x.shape[-1] // 2))


def _added(x: Tensor, places: Tensor) -> Tensor:
    theta = _angles(x, places)
    return x + torch.cat([theta.sin(), theta.cos()], dim=-1)


def _made(first, second):
    """Halves (a, b) turned into first(a, b, cos, sin) and second(...)."""

    def run(x: Tensor, places: Tensor) -> Tensor:
        theta, (a, b) = _angles(x, places), x.chunk(2, dim=-1)
        parts = [make(a, b, theta.cos(), theta.sin()) for make in (first, second)]
        return torch.cat(parts, dim=-1)

    return run


def _a(a, b, cos, sin):
    return a * cos - b * sin


def _b(a, b, cos, sin):
    return a * sin + b * cos


def _interleaved(x: Tensor, places: Tensor) -> Tensor:
    return torch.stack(_turn(x, places).chunk(2, dim=-1), dim=-1).flatten(-2)


def _from_neighbours(x: Tensor, places: Tensor) -> Tensor:
    return _turn(torch.cat([x[..., ::2], x[..., 1::2]], dim=-1), places)


def _at_speed(speed):
    """Halves turned by place * speed(i, D)."""

    def run(x: Tensor, places: Tensor) -> Tensor:
        i = torch.arange(x.shape[-1] // 2, dtype=torch.float32)
        return _turned(x, places.float()[:, None] * speed(i, x.shape[-1]))

    return run


TURN_MISTAKES = {
    "The second of a pair becomes a sin + b cos: its sign is wrong.": (
        _made(_a, lambda a, b, cos, sin: a * sin - b * cos)
    ),
    "The first of a pair becomes a cos - b sin, with a minus.": (
        _made(lambda a, b, cos, sin: a * cos + b * sin, _b)
    ),
    "Cosine and sine are swapped: at place 0, where theta is 0, nothing is turned.": (
        _made(lambda a, b, cos, sin: a * sin - b * cos, lambda a, b, cos, sin: a * cos + b * sin)
    ),
    "The turned a was used to turn b: compute both from the old a and b.": (
        _made(_a, lambda a, b, cos, sin: _a(a, b, cos, sin) * sin + b * cos)
    ),
    "Only the first of each pair is turned: the second becomes a sin + b cos.": (
        _made(_a, lambda a, b, cos, sin: b)
    ),
    "You multiplied by the cosines alone; a turn mixes a and b.": (
        _made(lambda a, b, cos, sin: a * cos, lambda a, b, cos, sin: b * cos)
    ),
    "Your pairs come back side by side: put all first ones before all second ones, cat and not "
    "stack.": _interleaved,
    "You took neighbours for pairs; feature i goes with feature i + D/2.": _from_neighbours,
    "You counted the places yourself, 0, 1, 2, ...: they are given, and need not begin at 0.": (
        lambda x, places: _turn(x, torch.arange(len(places)))
    ),
    "The factor 2 is there twice: with arange(0, D, 2) the exponent is that over D.": (
        _at_speed(lambda i, D: 10_000.0 ** (-4 * i / D))
    ),
    "i counts from 0: the first pair turns by the place itself.": (
        _at_speed(lambda i, D: 10_000.0 ** (-2 * (i + 1) / D))
    ),
    "The exponent was rounded: divide with /, not with //.": (
        _at_speed(lambda i, D: 10_000.0 ** (-2 * i // D))
    ),
    "You turned backwards: the first of a pair becomes a cos - b sin.": (
        lambda x, places: _turn(x, -places)
    ),
    "You paired neighbours, as the paper does; here feature i goes with feature i + D/2.": (
        _neighbours
    ),
    "All pairs turn at one speed: the angle of pair i is place * 10000 ** (-2 i / D).": _one_speed,
    "The exponent is -i / D; pair i turns by place * 10000 ** (-2 i / D).": (
        lambda x, places: _turned(
            x,
            places.float()[:, None]
            * 10_000.0 ** (-torch.arange(x.shape[-1] // 2).float() / x.shape[-1]),
        )
    ),
    "The exponent has the wrong sign: later pairs turn more slowly.": (
        lambda x, places: _turned(x, _angles(x, places, base=1e-4))
    ),
    "You added sines and cosines, as sinusoidal positions do; here x is turned.": _added,
    "You turned by the place's angle without its place: theta is place times frequency.": (
        lambda x, places: _turn(x, torch.ones_like(places))
    ),
}


@exercise(
    "models/attention_and_gpt/turn",
    not_yet="Write the body of `turn(x, places)` and return a tensor like x.",
    right="The product of a turned query and a turned key depends on their distance alone.",
    hints=[
        "a, b = x.chunk(2, dim=-1) gives both halves: a[i] and b[i] are a pair.",
        "theta = places[:, None] * 10000 ** (-torch.arange(0, D, 2) / D) is [T, D/2].",
        "torch.cat([a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos()], dim=-1)",
    ],
)
def turn(answer) -> None:
    """Rotary positions: [..., T, D] and places [T] -> [..., T, D]."""
    cases = [
        (torch.randn(2, 5, 8, generator=make_generator(0)), torch.arange(5)),
        (torch.randn(1, 2, 3, 4, generator=make_generator(1)), torch.tensor([7, 0, 30])),
    ]
    same_on(answer, _turn, cases, mistakes=TURN_MISTAKES)
    same_gradients(answer, _turn, cases[0], [0], "Queries and keys are trained through the turn.")


question(
    "models/attention_and_gpt/q1",
    "A GPT is trained without its causal mask. Training loss and held-out loss fall to nearly "
    "nothing. Which measurement shows the fault?",
    options={
        "a": (
            "A larger held-out set, of books that the model never saw.",
            "It leaks in the same way: every text holds its answers.",
        ),
        "b": ("A plot of both losses, over the whole of the training.", "They look splendid."),
        "c": (
            "Changing token t and watching the outputs before t.",
            "They change, so they have read what they should predict.",
        ),
    },
    answer="c",
)

question(
    "models/attention_and_gpt/q2",
    "Queries and keys have D = 256 features of variance 1, and you leave out the division by the "
    "root of D. What are the weights of attention like at the start?",
    options={
        "a": (
            "Nearly all on one key.",
            "Scores then spread with a standard deviation of 16, and softmax picks the largest.",
        ),
        "b": ("Nearly even over the keys.", "They are more even the *smaller* the scores are."),
        "c": ("Negative for some keys.", "Softmax gives no negative numbers."),
    },
    answer="a",
)

question(
    "models/attention_and_gpt/q3",
    "You double the length of the text that is generated, without a cache. How does the number of "
    "tokens that pass through the network grow?",
    options={
        "a": ("Twofold.", "That is so with a cache: each token passes once."),
        "b": ("Fourfold.", "Each new token reads the whole text again: about T squared over 2."),
        "c": ("Not at all.", "Each new token needs at least one pass."),
    },
    answer="b",
)

question(
    "models/attention_and_gpt/q4",
    "What does rotary position add to the tokens' vectors?",
    options={
        "a": ("A learnt vector for each place.", "That is wpe, the learnt table."),
        "b": ("Sines and cosines of the place.", "That is the sinusoidal kind."),
        "c": (
            "Nothing, as it turns queries and keys instead.",
            "Their product then depends on the distance of the two places.",
        ),
    },
    answer="c",
)

question(
    "models/attention_and_gpt/q5",
    "One of your three scaling arms is flat: 8 times the data changes the held-out bits by less "
    "than the noise. What may you say?",
    options={
        "a": (
            "At this size and these steps data are not the limit.",
            "Another size or more steps may give another answer.",
        ),
        "b": ("More data never helps.", "You measured one size and one number of steps."),
        "c": ("The model is perfect.", "The other two arms still fall."),
    },
    answer="a",
)
