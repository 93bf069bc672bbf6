"""Exercises and questions of the lesson on recurrent language models."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...core import make_generator
from ...lab.checkers import Wrong, call, require, same_gradients, same_on
from ...lab.register import exercise, question
from ...nn import gru_cell

# --- the gated recurrent unit


def _cell(n: int, inputs: int, width: int, seed: int) -> tuple[Tensor, ...]:
    """Input, state and weights of a unit: x, h, w_ih, w_hh, b_ih, b_hh."""
    g = make_generator(seed)
    shapes = [(n, inputs), (n, width), (3 * width, inputs), (3 * width, width)]
    return tuple(torch.randn(s, generator=g) for s in [*shapes, (3 * width,), (3 * width,)])


def _gru(order="rzn", *, keep=True, reset="after", bias=True):
    """The unit, or one with a mistake."""

    def step(x, h, w_ih, w_hh, b_ih, b_hh):
        b_ih, b_hh = (b_ih, b_hh) if bias else (0 * b_ih, 0 * b_hh)
        mine = dict(zip(order, (x @ w_ih.T + b_ih).chunk(3, 1), strict=True))
        past = dict(zip(order, (h @ w_hh.T + b_hh).chunk(3, 1), strict=True))
        r, z = ((mine[k] + past[k]).sigmoid() for k in "rz")
        if reset == "after":
            n = (mine["n"] + r * past["n"]).tanh()
        elif reset == "before":
            size, at = h.shape[1], order.index("n")
            w, b = (t[at * size : (at + 1) * size] for t in (w_hh, b_hh))
            n = (mine["n"] + (r * h) @ w.T + b).tanh()
        elif reset == "both":
            n = (r * (mine["n"] + past["n"])).tanh()
        else:
            n = (mine["n"] + past["n"]).tanh()
        return (1 - z) * n + z * h if keep else z * n + (1 - z) * h

    return step


GRU_MISTAKES = {
    "z and 1 - z are swapped: in torch z is the share of the old state that stays.": (
        _gru(keep=False)
    ),
    "The blocks come in the order r, z, n; you read them as z, r, n.": _gru("zrn"),
    "The reset gate r is missing from the candidate n.": _gru(reset="none"),
    "r multiplies only what comes from the state, W_hn h + b_hn, not the input's part.": (
        _gru(reset="both")
    ),
    "You reset h before the product; torch multiplies by r after it (the values differ).": (
        _gru(reset="before")
    ),
    "The two biases are missing.": _gru(bias=False),
    "The candidate n alone is the new state: mix it with the old, (1 - z) n + z h.": (
        lambda x, h, w, u, b, c: (
            (_gru()(x, h, w, u, b, c) - _z(x, h, w, u, b, c) * h) / (1 - _z(x, h, w, u, b, c))
        )
    ),
}


def _z(x, h, w_ih, w_hh, b_ih, b_hh):
    rows = slice(h.shape[1], 2 * h.shape[1])
    return (x @ w_ih[rows].T + b_ih[rows] + h @ w_hh[rows].T + b_hh[rows]).sigmoid()


@exercise(
    "models/recurrent_language_model/gru",
    not_yet="Write the body of `gru(x, h, w_ih, w_hh, b_ih, b_hh)` and return the new state.",
    right="Values and gradients are those of torch.nn.GRUCell.",
    hints=[
        "x @ w_ih.T + b_ih has 3H columns: .chunk(3, dim=1) gives the parts of r, z and n. "
        "The same for h @ w_hh.T + b_hh.",
        "r and z: add the two parts, then sigmoid. n: the input's part plus r times the "
        "state's part, then tanh.",
        "The new state is (1 - z) * n + z * h.",
    ],
)
def gru(answer) -> None:
    """One step of a gated recurrent unit."""
    cases = [_cell(2, 3, 4, 0), _cell(3, 2, 5, 1)]
    same_on(answer, gru_cell, cases=cases, mistakes=GRU_MISTAKES)
    same_gradients(answer, gru_cell, cases[0], range(6), "All six arguments reach the new state.")


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


NUCLEUS_MISTAKES = {
    "What is kept must add up to 1 again: divide by its sum.": (
        lambda p, share: p * (_nucleus(p, share) > 0)
    ),
    "The token that crosses the share is missing: the set must reach it.": _one_short,
    "You keep one token too many: stop with the first that reaches the share.": _one_more,
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
    for size, vocabulary in ((9, 5), (6, 4)):
        tokens = torch.randint(vocabulary, (2, size), generator=make_generator(size))
        for leaky, models in ((False, SOUND), (True, LEAKY)):
            for name, weights in models.items():
                given = tokens.clone()
                found = call(answer, _reader(weights, vocabulary), given)
                if isinstance(found, Tensor | np.ndarray) and found.size != 1:
                    require(found.shape in ((), (1,)), "Return one True or False, not a table.")
                if not isinstance(found, bool | np.bool_ | Tensor):
                    raise Wrong(f"Return True or False; you gave a {type(found).__name__}.")
                require(
                    torch.equal(given, tokens), "You changed the tokens themselves: clone first."
                )
                if bool(found) and not leaky:
                    raise Wrong(
                        f"You accuse {name}. Rows after t may change with token t: compare rows "
                        "0 to t alone."
                    )
                require(bool(found) == leaky, f"You missed {name}.")


question(
    "models/recurrent_language_model/q1",
    "A tokenizer of 2,048 pieces gives 3.2 characters a token, and a model pays 6.4 bits a token. "
    "Another model works on characters and pays 2.1 bits a character. Which is better?",
    options={
        "a": ("The first: 2.0 bits a character.", "6.4 / 3.2; both now pay for the same text."),
        "b": ("The second: 2.1 is less than 6.4.", "The units differ: a token is 3.2 characters."),
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
        "a": ("Overfitting.", "Then the held-out loss would be high."),
        "b": ("The temperature is too high.", "A model of 0.05 bits leaves nothing to temper."),
        "c": (
            "The model reads what it should predict.",
            "Held-out text leaks as well; only generation, where the future is not there, shows it",
        ),
    },
    answer="c",
)

question(
    "models/recurrent_language_model/q4",
    "You train on windows of 32 tokens, and carry the state from window to window. Can the model "
    "use a token that lies 40 back?",
    options={
        "a": ("No: the gradient ends at 32.", "The gradient does; the state goes on."),
        "b": (
            "Yes, if its state keeps it; but no gradient ever asked it to keep it that long.",
            "What it learnt to keep for 30 steps may last 40.",
        ),
        "c": ("Yes, and it learns to as well as at 20.", "No error at 40 reaches that token."),
    },
    answer="b",
)

question(
    "models/recurrent_language_model/q5",
    "Your network beats an n-gram by 0.4 bits on verse of a fixed form. What do you ask first?",
    options={
        "a": (
            "What an n-gram pays that was told the form.",
            "Counting places in a line is easy for one of the two, and may be all of the lead.",
        ),
        "b": ("Whether a wider network leads by more.", "Later: first see what the lead is."),
        "c": ("Nothing: it is better.", "Better at what: words, or punctuation?"),
    },
    answer="a",
)
