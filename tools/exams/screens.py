"""Questions with numbers on edited faces, films, and what answers to a person."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import torch
from scipy import optimize
from torch import nn
from torch.nn import functional as F

from exams.template import listed, signed, template

# Faces and scenes

template(
    "images/faces_and_scenes",
    "direction",
    draw=lambda r: {
        "codes": [signed(r, 30) for _ in range(6)],
        "worn": sorted(r.sample(range(6), r.randint(2, 3))),
        "z": signed(r, 20),
    },
    ask=lambda codes, worn, z: (
        f"Six faces have the codes {listed(codes)} (one number each); number "
        f"{' and '.join(str(k + 1) for k in worn)} wear glasses. Where does the code {z:g} of "
        "a face without glasses go when the direction of glasses is added once?"
    ),
    formula=lambda codes, worn, z: (
        z
        + sum(codes[k] for k in worn) / len(worn)
        - sum(c for k, c in enumerate(codes) if k not in worn) / (len(codes) - len(worn))
    ),
    solve=lambda codes, worn, z: z + np.polyfit([k in worn for k in range(6)], codes, 1)[0],
    why=lambda codes, worn, z: "$z + d$, with $d$ the mean code with glasses less that without.",
)

# Moving pictures


def gates(i: float, f: float, g: float, o: float, c: float) -> float:
    """The new output of PyTorch's own cell, whose sums are set by its bias alone."""
    cell = nn.LSTMCell(1, 1).double()
    for weight in cell.parameters():
        nn.init.zeros_(weight)
    cell.bias_ih.data = torch.tensor([i, f, g, o]).double()
    state = torch.zeros(1, 1).double(), torch.tensor([[c]]).double()
    return cell(torch.zeros(1, 1).double(), state)[0].item()


template(
    "video/moving_pictures",
    "memory",
    draw=lambda r: {name: signed(r, 30) for name in "ifgoc"},
    ask=lambda i, f, g, o, c: (
        f"In one pixel of a convolutional LSTM the sums before the gates are $i = {i:g}$, "
        f"$f = {f:g}$, $g = {g:g}$, $o = {o:g}$, and the memory is $c = {c:g}$. What is $h'$?"
    ),
    formula=lambda i, f, g, o, c: (
        sigmoid(o) * math.tanh(sigmoid(f) * c + sigmoid(i) * math.tanh(g))
    ),
    solve=gates,
    why=lambda i, f, g, o, c: (
        "$c' = \\sigma(f)\\,c + \\sigma(i) \\tanh g$, then $h' = \\sigma(o) \\tanh c'$."
    ),
)


def sigmoid(t: float) -> float:
    return 1 / (1 + math.exp(-t))


template(
    "video/moving_pictures",
    "two_futures",
    draw=lambda r: {k: [r.randint(-10, 10) / 10 for _ in range(3)] for k in "ab"},
    ask=lambda a, b: (
        f"A film goes on with the pixels {listed(a)} or {listed(b)}, each every second time. What "
        "is the lowest squared distance, on average, that one fixed prediction can have?"
    ),
    formula=lambda a, b: sum((u - v) ** 2 for u, v in zip(a, b, strict=True)) / 4,
    solve=lambda a, b: (
        optimize.minimize(
            lambda m: (((m - np.array(a)) ** 2).sum() + ((m - np.array(b)) ** 2).sum()) / 2,
            np.zeros(3),
        ).fun
    ),
    why=lambda a, b: "At the mean of both, which is neither: $\\frac14 |a - b|^2$.",
)

# Subtitles


def best_way(x: list[int], m: list[int]) -> float:
    """The last number of the lesson's table, filled frame by frame."""
    costs = [(x[0] - m[0]) ** 2, *[math.inf] * (len(m) - 1)]
    for frame in x[1:]:
        costs = [
            (frame - here) ** 2 + min(costs[s], costs[s - 1] if s else math.inf)
            for s, here in enumerate(m)
        ]
    return costs[-1]


def cheapest_cut(x: list[int], m: list[int]) -> float:
    """The same by trying every way to cut the frames into as many pieces as there are places."""
    return min(
        sum(
            (frame - place) ** 2
            for place, (a, b) in zip(m, itertools.pairwise([0, *cuts, len(x)]), strict=True)
            for frame in x[a:b]
        )
        for cuts in itertools.combinations(range(1, len(x)), len(m) - 1)
    )


template(
    "video/subtitles",
    "path",
    draw=lambda r: {
        "x": [r.randint(0, 9) for _ in range(5)],
        "m": [r.randint(0, 9) for _ in range(3)],
    },
    ask=lambda x, m: (
        f"Five frames of a sound have the levels {listed(x)}; three phonemes have the templates "
        f"{listed(m)}. What does the cheapest alignment cost (squared distances, every phoneme "
        "has a frame, in order)?"
    ),
    formula=best_way,
    solve=cheapest_cut,
    why=lambda x, m: (
        "Fill $D_f(s) = |x_f - m_s|^2 + \\min(D_{f-1}(s), D_{f-1}(s-1))$; the last number counts."
    ),
)

# Cutting and effects

template(
    "video/cutting_and_effects",
    "matte",
    draw=lambda r: {
        "black": r.randint(-90, 0) / 100,
        "gain": r.randint(5, 90) / 100,
        "ground": signed(r, 9),
    },
    ask=lambda black, gain, ground: (
        f"Before black (-1) a pixel is {black:g}, before white (1) it is {black + gain:g}. "
        f"What is it before a background of {ground:g}?"
    ),
    formula=lambda black, gain, ground: black + gain / 2 + gain / 2 * ground,
    solve=lambda black, gain, ground: float(
        np.dot(np.linalg.solve([[1, -1], [1, 1]], [black, black + gain]), [1, ground])
    ),
    why=lambda black, gain, ground: (
        "$1 - \\alpha$ is half the difference, $\\alpha F$ the mean; then $\\alpha F + "
        "(1 - \\alpha) B$."
    ),
)

# Game levels


def by_hands(safe: list[int], slip: float) -> float:
    """The chance summed over all that six keys can do in these ticks: 0 is the right one."""
    likely = [1 - slip + slip / 6, *[slip / 6] * 5]
    ways = itertools.product(*(range(good) for good in safe))
    return sum(math.prod(likely[key] for key in way) for way in ways)


template(
    "interactive/game_levels",
    "slips",
    draw=lambda r: {
        "safe": [r.randint(1, 5) for _ in range(4)],
        "slip": r.randint(5, 60) / 100,
    },
    ask=lambda safe, slip: (
        f"The last four ticks of a level: of the six actions, {listed(safe)} lead on (the right "
        "one among them) and the rest into the spikes. A player does the right thing with "
        f"probability {1 - slip:g}, else one of the six by chance. What is the chance to win?"
    ),
    formula=lambda safe, slip: math.prod(1 - slip + slip * good / 6 for good in safe),
    solve=by_hands,
    why=lambda safe, slip: (
        "Each tick multiplies the chance by $1 - \\epsilon + \\epsilon\\,n / 6$, $n$ actions "
        "leading on."
    ),
)

# Personalise by feedback

template(
    "interactive/personalise_by_feedback",
    "step",
    draw=lambda r: {
        "z": [signed(r, 30) for _ in range(4)],
        "likes": [1, 0, *(r.randint(0, 1) for _ in range(2))],
        "m": signed(r, 10),
        "v": r.randint(3, 20) / 10,
    },
    ask=lambda z, likes, m, v: (
        f"A page shows the codes {listed(z)}, drawn from a Gaussian of mean {m:g} and variance "
        f"{v:g}. Liked: {listed(itertools.compress(z, likes))}. Which estimate of "
        "$\\nabla_m J$ does the page give, $J$ the expected share of likes?"
    ),
    formula=lambda z, likes, m, v: (
        sum(r * (c - m) / v for c, r in zip(z, likes, strict=True)) / len(z)
    ),
    solve=lambda z, likes, m, v: torch.autograd.functional.jacobian(
        lambda mean: (
            torch.distributions.Normal(mean, v**0.5).log_prob(torch.tensor(z).double())
            * torch.tensor(likes)
        ).mean(),
        torch.tensor(m).double(),
    ).item(),
    why=lambda z, likes, m, v: "The page's mean of $r\\,(z - m)/v$; a dislike adds 0.",
)


def by_counting(p: int, guess: int, slip: int, learn: int, right: bool) -> float:
    """The share that knows, of exact counts of learners (everything in hundredths)."""
    share = Fraction(1, 100)
    answered = p * share * (1 - slip * share if right else slip * share)
    missed = (1 - p * share) * (guess * share if right else 1 - guess * share)
    return float((answered + missed * learn * share) / (answered + missed))


template(
    "interactive/personalise_by_feedback",
    "tracing",
    draw=lambda r: {
        "p": r.randint(10, 80),
        "guess": r.randint(10, 30),
        "slip": r.randint(5, 20),
        "learn": r.randint(10, 50),
        "right": r.random() < 0.5,
    },
    ask=lambda p, guess, slip, learn, right: (
        f"A learner knows a topic with probability {p / 100:g}. Without it an answer is right with "
        f"{guess / 100:g}, with it wrong with {slip / 100:g}; an exercise teaches it with "
        f"{learn / 100:g}. The answer is {'right' if right else 'wrong'}. With what probability is "
        "the topic known after this exercise?"
    ),
    formula=lambda p, guess, slip, learn, right: traced(
        p / 100, guess / 100, slip / 100, learn / 100, right
    ),
    solve=by_counting,
    why=lambda p, guess, slip, learn, right: (
        "Bayes' rule for the answer gives $p'$; then $p' + (1 - p')\\,\\ell$."
    ),
)


def traced(p: float, guess: float, slip: float, learn: float, right: bool) -> float:
    known, unknown = (1 - slip, guess) if right else (slip, 1 - guess)
    after = p * known / (p * known + (1 - p) * unknown)
    return after + (1 - after) * learn


# Pictures from words

template(
    "interactive/pictures_from_words",
    "pairs",
    draw=lambda r: {"scores": [signed(r, 40) for _ in range(4)]},
    ask=lambda scores: (
        "Two pictures and their two sentences. The scores of picture 1 with sentences 1 and 2 are "
        f"{scores[0]:g} and {scores[1]:g}, those of picture 2 {scores[2]:g} and {scores[3]:g}. "
        "What is the contrastive loss?"
    ),
    formula=lambda scores: (
        sum(
            math.log(1 + math.exp(other - own))
            for own in (scores[0], scores[3])
            for other in (scores[1], scores[2])
        )
        / 4
    ),
    solve=lambda scores: sum(
        F.cross_entropy(table, torch.arange(2)).item() / 2
        for table in (
            torch.tensor(scores).double().view(2, 2),
            torch.tensor(scores).double().view(2, 2).T,
        )
    ),
    why=lambda scores: (
        "Each picture finds its sentence, each sentence its picture: four terms "
        "$\\log(1 + e^{\\mathrm{other} - \\mathrm{own}})$, and their mean."
    ),
)

template(
    "interactive/pictures_from_words",
    "attention",
    draw=lambda r: {
        "q": [r.randint(-5, 5) for _ in range(4)],
        "keys": [[r.randint(-3, 3) for _ in range(4)] for _ in range(2)],
        "v": r.sample(range(-9, 10), 2),
    },
    ask=lambda q, keys, v: (
        f"A place asks with $q = ({listed(q)})$; two words have the keys $({listed(keys[0])})$ and "
        f"$({listed(keys[1])})$ and the values {v[0]} and {v[1]}. What does the place get?"
    ),
    formula=lambda q, keys, v: (
        v[1]
        + (v[0] - v[1])
        * sigmoid(sum(a * (b - c) for a, b, c in zip(q, *keys, strict=True)) / len(q) ** 0.5)
    ),
    solve=lambda q, keys, v: F.scaled_dot_product_attention(
        torch.tensor([q]).double(),
        torch.tensor(keys).double(),
        torch.tensor(v).double()[:, None],
    ).item(),
    why=lambda q, keys, v: "Softmax of $q \\cdot k / \\sqrt 4$, then the values in these shares.",
)
