"""Questions with numbers on concepts, the clinic, and applications: images, text, sound, tables."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import torch
from scipy import stats
from torch import nn

from exams.template import shares, signed, template

# What is generative AI


def by_table(prior: list[float], likely: list[float]) -> float:
    """The share of class 0 among those of 10,000 that show the sign; classes as counts."""
    hits = [round(1e4 * share) * rate for share, rate in zip(prior, likely, strict=True)]
    return hits[0] / sum(hits)


template(
    "concepts/what_is_generative_ai",
    "bayes",
    draw=lambda r: {
        "prior": shares(r, 2),
        "likely": [r.randint(5, 95) / 100, r.randint(5, 95) / 100],
    },
    ask=lambda prior, likely: (
        f"Two classes have the shares {prior[0]:g} and {prior[1]:g}. A picture $x$ has the density "
        f"{likely[0]:g} under the model of the first and {likely[1]:g} under that of the second. "
        "What is the probability of the first class, given $x$?"
    ),
    formula=lambda prior, likely: (
        prior[0] * likely[0] / sum(a * b for a, b in zip(prior, likely, strict=True))
    ),
    solve=by_table,
    why=lambda prior, likely: "Bayes' rule: likelihood times share, over the sum of both products.",
)

# Building blocks

template(
    "concepts/building_blocks",
    "gradient",
    draw=lambda r: {"w": signed(r, 20), "x": signed(r, 20), "b": signed(r, 10), "t": signed(r, 10)},
    ask=lambda w, x, b, t: (
        f"$y = \\tanh(w x + b)$ with $w = {w:g}$, $x = {x:g}$, $b = {b:g}$, and the loss "
        f"is $(y - t)^2$ with $t = {t:g}$. What is its derivative with respect to $w$?"
    ),
    formula=lambda w, x, b, t: 2 * (math.tanh(w * x + b) - t) * (1 - math.tanh(w * x + b) ** 2) * x,
    solve=lambda w, x, b, t: torch.autograd.functional.jacobian(
        lambda v: (torch.tanh(v * x + b) - t) ** 2, torch.tensor(w, dtype=torch.float64)
    ).item(),
    why=lambda w, x, b, t: "The chain rule, backwards: $2(y - t)\\,(1 - y^2)\\,x$.",
)

template(
    "concepts/building_blocks",
    "lstm_weights",
    draw=lambda r: {"d": r.randint(3, 30), "h": r.randint(3, 40)},
    ask=lambda d, h: (
        f"An LSTM cell with {d} inputs and {h} units has two bias vectors, as PyTorch's. How many "
        "numbers are trained?"
    ),
    formula=lambda d, h: 4 * h * (d + h + 2),
    solve=lambda d, h: sum(p.numel() for p in nn.LSTMCell(d, h).parameters()),
    why=lambda d, h: "$W$ is $[4H, D]$, $U$ is $[4H, H]$, and there are two biases of $4H$.",
)

# Data for four media


def loudest(tone: int, rate: int) -> float:
    """The frequency at which the spectrum of one second of sampled tone is largest."""
    wave = np.sin(2 * np.pi * tone * np.arange(rate) / rate + 0.3)
    return float(np.abs(np.fft.rfft(wave)).argmax())


template(
    "concepts/data_for_four_media",
    "alias",
    draw=lambda r: {
        "rate": (rate := 100 * r.randint(20, 80)),
        "tone": rate // 2 + r.randint(1, 9) * 60,
    },
    ask=lambda rate, tone: (
        f"A tone of {tone} Hz is sampled {rate} times a second, without a filter. Which frequency "
        "is heard?"
    ),
    formula=lambda rate, tone: abs(tone - rate * round(tone / rate)),
    solve=lambda rate, tone: loudest(tone, rate),
    why=lambda rate, tone: "Frequencies above half the rate are mirrored there: $r - f$.",
)

# The first GAN

template(
    "models/gan_mlp",
    "push",
    draw=lambda r: {"t": signed(r, 40), "slope": r.randint(2, 40) / 10},
    ask=lambda t, slope: (
        f"At a generated point the critic's logit is {t:g}, and its gradient has the length "
        f"{slope:g}. How long is the push on the point under the non-saturating loss?"
    ),
    formula=lambda t, slope: (1 - 1 / (1 + math.exp(-t))) * slope,
    solve=lambda t, slope: torch.autograd.functional.jacobian(
        lambda y: -nn.functional.softplus(-(t + slope * y)), torch.tensor(0.0).double()
    ).item(),
    why=lambda t, slope: "$(1 - D)\\,|\\nabla t|$ with $D = \\sigma(t)$.",
)

template(
    "models/gan_mlp",
    "stranger",
    draw=lambda r: {"n": 100 * r.randint(5, 60), "a": r.randint(520, 700) / 1000},
    ask=lambda n, a: (
        f"A critic that was trained apart is right on a share {a:g} of {n} answers, half of them "
        "real. By how many of the largest possible standard deviations does that lie above chance?"
    ),
    formula=lambda n, a: (a - 0.5) * 2 * math.sqrt(n),
    solve=lambda n, a: (a * n - n / 2) / stats.binom(n, 0.5).std(),
    why=lambda n, a: "The standard deviation is at most $1/(2\\sqrt n)$.",
)

# Style-based generator

template(
    "models/style_based_generator",
    "demodulated",
    draw=lambda r: {
        "w": [signed(r, 20) for _ in range(3)],
        "s": [r.randint(2, 30) / 10 for _ in range(3)],
    },
    ask=lambda w, s: (
        f"One output channel of a 1x1 convolution has the weights {', '.join(map(str, w))}; the "
        f"style scales its inputs by {', '.join(map(str, s))}. What is the first weight after "
        "modulation and demodulation?"
    ),
    formula=lambda w, s: (
        w[0] * s[0] / math.sqrt(sum((a * b) ** 2 for a, b in zip(w, s, strict=True)))
    ),
    solve=lambda w, s: nn.functional.normalize(
        torch.tensor(w).double() * torch.tensor(s).double(), dim=0
    )[0].item(),
    why=lambda w, s: "Each weight times its style, over the length of the whole row.",
)

# It is judged wrongly

template(
    "clinic/it_is_judged_wrongly",
    "one_batch",
    draw=lambda r: {
        "gap": r.randint(5, 60) / 10,
        "s": r.randint(20, 50),
        "n": 2 ** r.randint(4, 9),
    },
    ask=lambda gap, s, n: (
        f"Model A is better than B by {gap:g} nats a picture. The losses of single pictures "
        f"scatter by {s} nats for both, and each printed loss is a mean of {n} pictures of its "
        "own. How often does the printed line call B the better one?"
    ),
    formula=lambda gap, s, n: 0.5 * math.erfc(gap / math.sqrt(2 * s * s / n) / math.sqrt(2)),
    solve=lambda gap, s, n: stats.norm(gap, s * math.sqrt(2 / n)).cdf(0),
    why=lambda gap, s, n: "$\\Phi(-\\Delta / \\sqrt{2 s^2 / B})$.",
)

template(
    "clinic/it_is_judged_wrongly",
    "best_of",
    draw=lambda r: {"g": r.randint(2, 20) / 100, "n": r.randint(5, 40)},
    ask=lambda g, n: (
        f"A share {g:g} of a model's samples is good. With what probability is at least one of "
        f"{n} good?"
    ),
    formula=lambda g, n: 1 - (1 - g) ** n,
    solve=lambda g, n: sum(stats.binom(n, g).pmf(k) for k in range(1, n + 1)),
    why=lambda g, n: "One minus the probability that all are bad, $1 - (1 - g)^N$.",
)

# Super-resolution

template(
    "images/super_resolution",
    "decibels",
    draw=lambda r: {"a": r.randint(240, 320) / 10, "gain": r.randint(3, 40) / 10},
    ask=lambda a, gain: (
        f"A network raises the PSNR from {a:g} to {a + gain:g} dB. By what factor is the mean "
        "squared error multiplied?"
    ),
    formula=lambda a, gain: 10 ** (-gain / 10),
    solve=lambda a, gain: 4 / 10 ** ((a + gain) / 10) / (4 / 10 ** (a / 10)),
    why=lambda a, gain: "Ten decibels are a factor of ten: $10^{-\\Delta / 10}$.",
)

template(
    "images/super_resolution",
    "bicubic",
    draw=lambda r: {"u": r.randint(5, 95) / 100, "v": [r.randint(0, 25) for _ in range(4)]},
    ask=lambda u, v: (
        f"Four neighbouring pixels of a row are {', '.join(map(str, v))}. What does bicubic "
        f"interpolation (the kernel of the page) give a share {u:g} of the way from the second to "
        "the third?"
    ),
    formula=lambda u, v: sum(
        value * bicubic(u - place) for place, value in zip((-1, 0, 1, 2), v, strict=True)
    ),
    solve=lambda u, v: hermite(u, v),
    why=lambda u, v: "Each pixel times $k$ of its distance; the four weights sum to 1.",
)


def bicubic(t: float) -> float:
    t = abs(t)
    if t <= 1:
        return 1.5 * t**3 - 2.5 * t**2 + 1
    return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0


def hermite(u: float, v: list[float]) -> float:
    """The cubic with the two middle values and, there, the slopes of their neighbours (Catmull)."""
    slopes = [(v[2] - v[0]) / 2, (v[3] - v[1]) / 2]
    system = [[0, 0, 0, 1], [1, 1, 1, 1], [0, 0, 1, 0], [3, 2, 1, 0]]
    return float(np.polyval(np.linalg.solve(system, [v[1], v[2], *slopes]), u))


# Data to news

template(
    "text/data_to_news",
    "mass",
    draw=lambda r: {"p": shares(r, 4), "kept": sorted(r.sample(range(4), 2))},
    ask=lambda p, kept: (
        f"The next token has the probabilities {', '.join(map(str, p))}; the record allows only "
        f"numbers {kept[0] + 1} and {kept[1] + 1} of them. How many nats of the network's own "
        "belief does that overrule?"
    ),
    formula=lambda p, kept: -math.log(sum(p[k] for k in kept)),
    solve=lambda p, kept: math.log(
        masked(p, kept)[kept[0]] / p[kept[0]]
    ),  # what every allowed one gains
    why=lambda p, kept: "$-\\log Z$, with $Z$ the sum of what is allowed.",
)


def masked(p: list[float], kept: list[int]) -> list[float]:
    """Softmax of the logits after the others were set to minus infinity."""
    logits = torch.full((len(p),), -math.inf).double()
    logits[kept] = torch.tensor(p).double().log()[kept]
    return logits.softmax(0).tolist()


# Poems, couplets, stories

template(
    "text/poems_lyrics_stories",
    "rejection",
    draw=lambda r: {"z": [r.randint(2, 19) / 20 for _ in range(4)]},
    ask=lambda z: (
        f"A form of four places. At each place, whatever was written before, the model gives "
        f"{', '.join(map(str, z))} of its probability to characters that the form allows. How many "
        "free draws does rejection take on average for one text in the form?"
    ),
    formula=lambda z: 1 / math.prod(z),
    solve=lambda z: stats.geom(float(math.prod(map(Fraction, map(str, z))))).mean(),
    why=lambda z: "$1 / p(F)$; here $p(F)$ is the product of the four masses.",
)

# Headlines

WORDS = ("return", "the", "mean", "of", "a", "list", "number", "each")


def overlap(a: list[str], b: list[str]) -> int:
    """How many words can be paired with an equal one, each used once: by crossing out."""
    left, found = list(b), 0
    for word in a:
        if word in left:
            left.remove(word)
            found += 1
    return found


template(
    "text/headlines",
    "rouge",
    draw=lambda r: {
        "a": [r.choice(WORDS) for _ in range(r.randint(4, 7))],
        "b": ["return", *(r.choice(WORDS) for _ in range(r.randint(4, 8)))],
    },
    ask=lambda a, b: (
        f"The summary is “{' '.join(a)}”, the reference “{' '.join(b)}”. What is $F_1$ of ROUGE-1?"
    ),
    formula=lambda a, b: 2 * (Counter(a) & Counter(b)).total() / (len(a) + len(b)),
    solve=lambda a, b: 0.0 if not (c := overlap(a, b)) else stats.hmean([c / len(a), c / len(b)]),
    why=lambda a, b: "$c$ shared words, each as often as it stands in both: $2c / (m + n)$.",
)

# Dialogue and copy

template(
    "text/dialogue_and_copy",
    "auroc",
    draw=lambda r: {"right": r.sample(range(20, 100), 4), "wrong": r.sample(range(5, 80), 4)},
    ask=lambda right, wrong: (
        f"Scores of questions that the notes answer: {', '.join(map(str, right))}; of questions "
        f"out of scope: {', '.join(map(str, wrong))}. What is the AUROC of the score (ties count "
        "half)?"
    ),
    formula=lambda right, wrong: (
        sum((a > b) + (a == b) / 2 for a, b in itertools.product(right, wrong)) / 16
    ),
    solve=lambda right, wrong: stats.mannwhitneyu(right, wrong).statistic / 16,
    why=lambda right, wrong: "The share of pairs in which the answerable question scores higher.",
)

template(
    "text/dialogue_and_copy",
    "bm25",
    draw=lambda r: {
        "n": r.randint(20, 200),
        "holds": r.randint(1, 15),
        "f": r.randint(1, 5),
        "size": r.randint(10, 60),
    },
    ask=lambda n, holds, f, size: (
        f"Of {n} notes, {holds} hold the word; in one of {size} words it stands {f} times, and "
        "notes have 30 words on average. What does the word add to the BM25 score "
        "($k_1 = 1.5$, $b = 0.75$)?"
    ),
    formula=lambda n, holds, f, size: (
        math.log(1 + (n - holds + 0.5) / (holds + 0.5))
        * f
        / (f + 1.5 * (1 - 0.75 + 0.75 * size / 30))
    ),
    solve=lambda n, holds, f, size: (
        (math.log(n + 1) - math.log(holds + 0.5)) / (1 + (0.375 + 0.0375 * size) / f)
    ),
    why=lambda n, holds, f, size: "The idf times $f / (f + k_1(1 - b + b\\,|d| / 30))$.",
)

# Translation


def sacre(c: int, r: int, p: list[int]) -> float:
    from sacrebleu.metrics import BLEU

    totals = [c, c - 1, c - 2, c - 3]
    return BLEU.compute_bleu(p, totals, c, r, smooth_method="none").score


template(
    "text/translation",
    "bleu",
    draw=lambda r: {
        "c": (c := r.randint(20, 40)),
        "r": c + r.randint(1, 8),
        "p": sorted((r.randint(4, c - 4) for _ in range(4)), reverse=True),
    },
    ask=lambda c, r, p: (
        f"A translation of {c} tokens, its reference of {r}. Of its runs of one to four tokens "
        f"({c}, {c - 1}, {c - 2} and {c - 3}), {', '.join(map(str, p))} stand in the reference. "
        "What is its BLEU?"
    ),
    formula=lambda c, r, p: (
        100 * math.exp(1 - r / c) * math.prod(k / (c - i) for i, k in enumerate(p)) ** 0.25
    ),
    solve=sacre,
    why=lambda c, r, p: (
        "The geometric mean of the four shares, times $e^{1 - r/c}$ for being short."
    ),
)

# Code completion

template(
    "text/code_completion",
    "pass_at_k",
    draw=lambda r: {"n": (n := r.randint(6, 12)), "c": r.randint(1, n - 4), "k": r.randint(2, 4)},
    ask=lambda n, c, k: (
        f"Of {n} completions of a function, {c} pass its tests. You take {k} different ones at "
        "random. With what probability does at least one of them pass?"
    ),
    formula=lambda n, c, k: 1 - math.comb(n - c, k) / math.comb(n, k),
    solve=lambda n, c, k: np.mean([min(s) < c for s in itertools.combinations(range(n), k)]),
    why=lambda n, c, k: "One minus the share of choices in which all fail.",
)

# Speech synthesis

template(
    "audio/speech_synthesis",
    "resonator",
    draw=lambda r: {"f": 10 * r.randint(25, 300), "w": 10 * r.randint(4, 20)},
    ask=lambda f, w: (
        f"A resonator at {f} Hz with a bandwidth of {w} Hz, 16,000 samples a second. What is its "
        "coefficient $B$?"
    ),
    formula=lambda f, w: 2 * math.exp(-math.pi * w / 16_000) * math.cos(2 * math.pi * f / 16_000),
    solve=lambda f, w: (
        -np.poly(np.exp(-math.pi * w / 16_000 + np.array([2j, -2j]) * math.pi * f / 16_000))[1].real
    ),
    why=lambda f, w: "$2 e^{-\\pi W / r} \\cos(2 \\pi F / r)$: the sum of its two poles.",
)

# Music

template(
    "audio/music",
    "interval",
    draw=lambda r: {"low": r.randint(55, 70), "up": r.choice([3, 4, 5, 7, 8, 9, 11])},
    ask=lambda low, up: (
        f"Note 69 is 440 Hz, twelve notes are an octave. What is the frequency of the note {up} "
        f"above note {low}, in Hz?"
    ),
    formula=lambda low, up: 440 * 2 ** ((low + up - 69) / 12),
    solve=lambda low, up: (
        440 * math.prod([2 ** (math.copysign(1, low + up - 69) / 12)] * abs(low + up - 69))
    ),
    why=lambda low, up: "$440 \\cdot 2^{(n - 69) / 12}$.",
)

# Enhancement

template(
    "audio/enhancement",
    "si_sdr",
    draw=lambda r: {
        "s": (clean := [r.choice([-1, 1]) * r.randint(5, 9) / 10 for _ in range(4)]),
        "x": [round(value + signed(r, 4), 1) for value in clean],
    },
    ask=lambda s, x: (
        f"The clean sound is {', '.join(map(str, s))}, the restored one {', '.join(map(str, x))}. "
        "What is its SI-SDR, in decibels?"
    ),
    formula=lambda s, x: si_sdr(np.array(s), np.array(x)),
    solve=lambda s, x: from_angle(np.array(s), np.array(x)),
    why=lambda s, x: (
        "$\\alpha = x \\cdot s / s \\cdot s$; then the decibels of $\\alpha s$ over the rest."
    ),
)


def si_sdr(s: np.ndarray, x: np.ndarray) -> float:
    target = (x @ s) / (s @ s) * s
    return float(10 * np.log10((target @ target) / ((x - target) @ (x - target))))


def from_angle(s: np.ndarray, x: np.ndarray) -> float:
    """The same from the angle between the two: cos^2 / sin^2."""
    cosine = x @ s / np.linalg.norm(s) / np.linalg.norm(x)
    return float(20 * np.log10(abs(cosine) / np.sqrt(1 - cosine**2)))


template(
    "audio/enhancement",
    "subtraction",
    draw=lambda r: {"x": r.randint(5, 60) / 10, "n": r.randint(2, 50) / 10},
    ask=lambda x, n: (
        f"In one cell of the spectrogram the noisy sound has the size {x:g}; in that row "
        f"the noise alone has {n:g} on average. What size does spectral subtraction with "
        "$\\beta = 0.05$ leave?"
    ),
    formula=lambda x, n: x * max(1 - n / x, 0.05),
    solve=lambda x, n: max(x - n, 0.05 * x),
    why=lambda x, n: "The factor $\\max(1 - N/|X|, \\beta)$ times the size.",
)

# Synthetic records

template(
    "interactive/synthetic_records",
    "scores",
    draw=lambda r: {"column": (c := r.sample(range(10, 99), 5)), "asked": r.choice(c)},
    ask=lambda column, asked: (
        f"A column holds {', '.join(map(str, column))}. What is the normal score of {asked} in "
        "the copula of the page?"
    ),
    formula=lambda column, asked: stats.norm.ppf((sorted(column).index(asked) + 0.5) / len(column)),
    solve=lambda column, asked: root(
        lambda z: 0.5 * math.erfc(-z / math.sqrt(2)) - np.mean(np.array(column) < asked) - 0.1
    ),
    why=lambda column, asked: "$\\Phi^{-1}((r + 1/2) / N)$, ranks from 0.",
)


def root(f) -> float:
    """Where f crosses 0 between -5 and 5, by halving."""
    low, high = -5.0, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) < 0 else (low, middle)
    return low


template(
    "interactive/synthetic_records",
    "clip",
    draw=lambda r: {"g": [signed(r, 30) for _ in range(3)], "c": r.randint(2, 20) / 10},
    ask=lambda g, c: (
        f"One record's gradient is ({', '.join(map(str, g))}); gradients are clipped to the length "
        f"{c:g}. What is its first number afterwards?"
    ),
    formula=lambda g, c: g[0] * min(1, c / math.sqrt(sum(a * a for a in g))),
    solve=lambda g, c: clipped(g, c),
    why=lambda g, c: "The whole vector is scaled by $\\min(1, C / |g|)$; its direction stays.",
)


def clipped(g: list[float], c: float) -> float:
    weight = nn.Parameter(torch.zeros(3, dtype=torch.float64))
    weight.grad = torch.tensor(g, dtype=torch.float64)
    nn.utils.clip_grad_norm_([weight], c)
    return weight.grad[0].item()
