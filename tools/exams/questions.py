"""The questions with numbers, lesson by lesson, in the course's order."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F
from scipy import linalg, optimize, stats
from torch import nn
from torch.distributions import Bernoulli, Categorical, Normal, kl_divergence

from exams.template import listed, shares, signed, template

# Your first generated images

template(
    "start/first_image",
    "critic",
    draw=lambda r: {k: [r.randint(5, 95) / 100 for _ in range(3)] for k in ("real", "made")},
    ask=lambda real, made: (
        f"A critic says how probable it is that a picture is real. Of three real digits it says "
        f"{listed(real)}, of three generated ones {listed(made)}. What is its loss (the mean it "
        "pays for a real one, and the mean it pays for a generated one, added), in nats?"
    ),
    formula=lambda real, made: (
        -sum(math.log(p) for p in real) / 3 - sum(math.log(1 - p) for p in made) / 3
    ),
    solve=lambda real, made: sum(
        F.binary_cross_entropy(p, torch.full_like(p, label)).item()
        for label, p in ((1, torch.tensor(real).double()), (0, torch.tensor(made).double()))
    ),
    why=lambda real, made: (
        "It pays $-\\ln p$ for a real and $-\\ln(1 - p)$ for a generated one; 50 : 50 would cost "
        "$2 \\ln 2$."
    ),
)

# Distances between distributions

template(
    "mathematics/distances_between_distributions",
    "kl",
    draw=lambda r: {"p": shares(r, 3), "q": shares(r, 3)},
    ask=lambda p, q: (
        f"Three outcomes have the probabilities {listed(p)} under $p$ and {listed(q)} under $q$. "
        "What is $\\mathrm{KL}(p\\,\\|\\,q)$, in nats?"
    ),
    formula=lambda p, q: sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)),
    solve=lambda p, q: kl_divergence(
        Categorical(torch.tensor(p).double()), Categorical(torch.tensor(q).double())
    ).item(),
    why=lambda p, q: "$\\sum_i p_i \\log (p_i / q_i)$, with the natural logarithm.",
)

template(
    "mathematics/distances_between_distributions",
    "total_variation",
    draw=lambda r: {"p": shares(r, 4), "q": shares(r, 4)},
    ask=lambda p, q: (
        f"Four outcomes have the probabilities {listed(p)} under $p$ and {listed(q)} under $q$. "
        "What is the total variation distance?"
    ),
    formula=lambda p, q: sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2,
    solve=lambda p, q: max(
        sum(p[i] - q[i] for i in event)
        for size in range(5)
        for event in itertools.combinations(range(4), size)
    ),
    why=lambda p, q: "Half the sum of $|p_i - q_i|$: the largest difference over all events.",
)

template(
    "mathematics/distances_between_distributions",
    "transport",
    draw=lambda r: {k: r.sample(range(-9, 10), 4) for k in ("u", "v")},
    ask=lambda u, v: (
        f"Four points lie at {listed(u)} on a line, four others at {listed(v)}; each carries a "
        "quarter. What is the transport distance $W_1$ between them?"
    ),
    formula=lambda u, v: (
        sum(abs(a - b) for a, b in zip(sorted(u), sorted(v), strict=True)) / len(u)
    ),
    solve=lambda u, v: stats.wasserstein_distance(u, v),
    why=lambda u, v: "Sort both and pair them in order; the mean of the distances.",
)

# Reconstruction losses

template(
    "mathematics/reconstruction_losses",
    "cross_entropy",
    draw=lambda r: {"a": [r.randint(-3, 4) for _ in range(3)], "k": r.randint(0, 2)},
    ask=lambda a, k: (
        f"A network gives the logits {listed(a)} for the classes 0, 1 and 2. The label is {k}. "
        "What is the cross-entropy, in nats?"
    ),
    formula=lambda a, k: math.log(sum(math.exp(value) for value in a)) - a[k],
    solve=lambda a, k: F.cross_entropy(torch.tensor([a]).double(), torch.tensor([k])).item(),
    why=lambda a, k: "$\\log \\sum_j e^{a_j} - a_k$.",
)

template(
    "mathematics/reconstruction_losses",
    "pixel",
    draw=lambda r: {"x": r.randint(1, 9) / 10, "p": r.randint(1, 9) / 10},
    ask=lambda x, p: (
        f"A pixel has the grey value {x:g} between 0 and 1, and the decoder says {p:g}. What is "
        "the binary cross-entropy of this pixel, in nats?"
    ),
    formula=lambda x, p: -x * math.log(p) - (1 - x) * math.log(1 - p),
    solve=lambda x, p: (
        kl_divergence(Bernoulli(torch.tensor(x).double()), Bernoulli(torch.tensor(p).double()))
        + Bernoulli(torch.tensor(x).double()).entropy()
    ).item(),
    why=lambda x, p: "$-x \\log p - (1 - x) \\log (1 - p)$; it is not 0 at $p = x$.",
)

# The adversarial game

template(
    "mathematics/the_adversarial_game",
    "best_critic",
    draw=lambda r: {"p": r.randint(1, 19) / 20, "q": r.randint(1, 19) / 20},
    ask=lambda p, q: (
        f"At a point the real data have the density {p:g} and the generated ones {q:g}. What does "
        "the best critic say there, as a probability of real?"
    ),
    formula=lambda p, q: p / (p + q),
    solve=lambda p, q: (
        optimize.minimize_scalar(
            lambda d: -p * math.log(d) - q * math.log(1 - d),
            bounds=(1e-9, 1 - 1e-9),
            method="bounded",
            options={"xatol": 1e-10},
        ).x
    ),
    why=lambda p, q: "$p / (p + q)$ makes $p \\log D + q \\log (1 - D)$ largest.",
)

template(
    "mathematics/the_adversarial_game",
    "value",
    draw=lambda r: {"p": shares(r, 2), "q": shares(r, 2)},
    ask=lambda p, q: (
        f"Two outcomes have the probabilities {listed(p)} in the data and {listed(q)} from the "
        "generator. Against the best critic, what is the value "
        "$\\mathrm{E}_p \\log D + \\mathrm{E}_q \\log (1 - D)$?"
    ),
    formula=lambda p, q: sum(
        a * math.log(a / (a + b)) + b * math.log(b / (a + b)) for a, b in zip(p, q, strict=True)
    ),
    solve=lambda p, q: 2 * float(np.square(jensen_shannon_distance(p, q))) - 2 * math.log(2),
    why=lambda p, q: "Put $D = p / (p + q)$ in: it is $2\\,\\mathrm{JS}(p, q) - 2 \\log 2$.",
)


def jensen_shannon_distance(p, q) -> float:
    from scipy.spatial.distance import jensenshannon

    return jensenshannon(p, q)  # the root of the divergence, in nats


# The evidence lower bound

template(
    "mathematics/the_elbo",
    "bound",
    draw=lambda r: {
        "prior": shares(r, 2),
        "likelihood": [r.randint(1, 9) / 10, r.randint(1, 9) / 10],
        "q": shares(r, 2),
    },
    ask=lambda prior, likelihood, q: (
        f"A hidden coin has the prior {listed(prior)} for $z = 0, 1$; what you see has the "
        f"probability {listed(likelihood)} given $z = 0, 1$. For $q(z) = ${listed(q)}: what is the "
        "evidence lower bound, in nats?"
    ),
    formula=lambda prior, likelihood, q: sum(
        c * math.log(b * a / c) for a, b, c in zip(prior, likelihood, q, strict=True)
    ),
    solve=lambda prior, likelihood, q: evidence_minus_gap(prior, likelihood, q),
    why=lambda prior, likelihood, q: (
        "$\\sum_z q(z) \\log \\frac{p(x|z)\\,p(z)}{q(z)}$; it is $\\log p(x)$ less "
        "$\\mathrm{KL}(q \\,\\|\\, p(z|x))$."
    ),
)


def evidence_minus_gap(prior, likelihood, q) -> float:
    joint = np.multiply(prior, likelihood)
    return math.log(joint.sum()) - stats.entropy(q, joint / joint.sum())


template(
    "mathematics/the_elbo",
    "kl_of_gaussians",
    draw=lambda r: {
        "m": signed(r, 20),
        "s": r.randint(2, 20) / 10,
        "n": signed(r, 20),
        "t": r.randint(2, 20) / 10,
    },
    ask=lambda m, s, n, t: (
        f"What is the KL of a Gaussian with mean {m:g} and standard deviation {s:g} from one with "
        f"mean {n:g} and standard deviation {t:g}, in nats?"
    ),
    formula=lambda m, s, n, t: math.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5,
    solve=lambda m, s, n, t: kl_divergence(
        *(Normal(torch.tensor(a).double(), torch.tensor(b).double()) for a, b in ((m, s), (n, t)))
    ).item(),
    why=lambda m, s, n, t: (
        "$\\log \\frac{t}{s} + \\frac{s^2 + (m - n)^2}{2 t^2} - \\frac12$, with $m, s$ of the "
        "first and $n, t$ of the second."
    ),
)

# Autoencoder, VAE

template(
    "models/autoencoder",
    "weights",
    draw=lambda r: {"sizes": [r.choice([16, 64, 784]), r.choice([32, 100]), r.randint(2, 20)]},
    ask=lambda sizes: (
        f"An encoder has dense layers {sizes[0]} to {sizes[1]} to {sizes[2]}, with biases; the "
        "decoder has the same sizes backwards. How many weights and biases are there in all?"
    ),
    formula=lambda sizes: (
        sum((a + 1) * b for a, b in itertools.pairwise(sizes))
        + sum((a + 1) * b for a, b in itertools.pairwise(sizes[::-1]))
    ),
    solve=lambda sizes: sum(
        w.numel()
        for a, b in [*itertools.pairwise(sizes), *itertools.pairwise(sizes[::-1])]
        for w in nn.Linear(a, b).parameters()
    ),
    why=lambda sizes: "A layer from $a$ to $b$ has $a b$ weights and $b$ biases.",
)

template(
    "models/vae",
    "kl",
    draw=lambda r: {
        "mu": [signed(r, 20) for _ in range(2)],
        "logvar": [signed(r, 15) for _ in range(2)],
    },
    ask=lambda mu, logvar: (
        f"An encoder gives $\\mu = ({listed(mu)})$ and $\\log \\sigma^2 = ({listed(logvar)})$. "
        "What does this picture pay for its code, $\\mathrm{KL}(q \\,\\|\\, \\mathcal N(0, I))$, "
        "in nats?"
    ),
    formula=lambda mu, logvar: (
        0.5 * sum(m**2 + math.exp(v) - 1 - v for m, v in zip(mu, logvar, strict=True))
    ),
    solve=lambda mu, logvar: (
        kl_divergence(
            Normal(torch.tensor(mu).double(), (torch.tensor(logvar).double() / 2).exp()),
            Normal(torch.zeros(2).double(), 1.0),
        )
        .sum()
        .item()
    ),
    why=lambda mu, logvar: (
        "$\\frac12 \\sum (\\mu^2 + \\sigma^2 - 1 - \\log \\sigma^2)$, summed over the two codes."
    ),
)

template(
    "models/vae",
    "draw",
    draw=lambda r: {
        "mu": signed(r, 20),
        "logvar": signed(r, 25),
        "eps": signed(r, 20),
    },
    ask=lambda mu, logvar, eps: (
        f"For one code $\\mu = {mu:g}$, $\\log \\sigma^2 = {logvar:g}$, and the noise drawn is "
        f"$\\varepsilon = {eps:g}$. What is $z$?"
    ),
    formula=lambda mu, logvar, eps: mu + math.exp(logvar / 2) * eps,
    solve=lambda mu, logvar, eps: stats.norm.ppf(
        stats.norm.cdf(eps), loc=mu, scale=math.sqrt(math.exp(logvar))
    ),
    why=lambda mu, logvar, eps: (
        "$\\mu + \\sigma\\varepsilon$ with $\\sigma = e^{(\\log \\sigma^2)/2}$."
    ),
)

# DCGAN

template(
    "models/dcgan",
    "side",
    draw=lambda r: {
        "side": r.randint(3, 14),
        "kernel": r.choice([3, 4, 5]),
        "stride": r.choice([1, 2, 3]),
        "padding": r.choice([0, 1]),
    },
    ask=lambda side, kernel, stride, padding: (
        f"A transposed convolution with kernel {kernel}, stride {stride} and padding {padding} "
        f"gets maps of {side} x {side}. What is the side of the maps that it gives?"
    ),
    formula=lambda side, kernel, stride, padding: (side - 1) * stride - 2 * padding + kernel,
    solve=lambda side, kernel, stride, padding: nn.ConvTranspose2d(1, 1, kernel, stride, padding)(
        torch.zeros(1, 1, side, side)
    ).shape[-1],
    why=lambda **numbers: "(side - 1) x stride - 2 x padding + kernel.",
)

template(
    "models/dcgan",
    "half_life",
    draw=lambda r: {"d": r.choice([0.9, 0.95, 0.99, 0.995, 0.999])},
    ask=lambda d: (
        f"An average of weights decays by {d:g} a step. After how many steps has the share of "
        "today's weights in it fallen to a half? (Give a decimal.)"
    ),
    formula=lambda d: math.log(2) / -math.log(d),
    solve=lambda d: optimize.brentq(lambda n: d**n - 0.5, 0, 10_000),
    why=lambda d: "$d^n = 1/2$, so $n = \\log 2 / (-\\log d)$.",
)

# Language

template(
    "models/recurrent_language_model",
    "bits",
    draw=lambda r: {"p": [r.randint(1, 9) / 10 for _ in range(4)]},
    ask=lambda p: (
        f"A model gives the four characters of a text the probabilities {listed(p)}. How many bits "
        "a character is that?"
    ),
    formula=lambda p: -sum(math.log2(each) for each in p) / len(p),
    solve=lambda p: -math.log2(stats.gmean(p)),
    why=lambda p: "The mean of $-\\log_2 p$.",
)

template(
    "models/recurrent_language_model",
    "temperature",
    draw=lambda r: {"p": shares(r, 3), "t": r.choice([0.5, 2.0])},
    ask=lambda p, t: (
        f"Three characters have the probabilities {listed(p)} at temperature 1. What is the "
        f"probability of the first at temperature {t:g}?"
    ),
    formula=lambda p, t: p[0] ** (1 / t) / sum(each ** (1 / t) for each in p),
    solve=lambda p, t: (torch.tensor(p).double().log() / t).softmax(0)[0].item(),
    why=lambda p, t: "Raise each to the power $1/T$ and divide by the sum.",
)

template(
    "models/attention_and_gpt",
    "weight",
    draw=lambda r: {
        "q": [r.randint(-3, 3) for _ in range(4)],
        "keys": [[r.randint(-3, 3) for _ in range(4)] for _ in range(3)],
    },
    ask=lambda q, keys: (
        f"A head of width 4 has the query ({listed(q)}) and three keys "
        + ", ".join(f"({listed(key)})" for key in keys)
        + ". What weight does the first key get?"
    ),
    formula=lambda q, keys: softmax_share(
        [sum(a * b for a, b in zip(q, key, strict=True)) / 2 for key in keys]
    ),
    solve=lambda q, keys: F.scaled_dot_product_attention(
        torch.tensor([[q]]).double(), torch.tensor([keys]).double(), torch.eye(3).double()[None]
    )[0, 0, 0].item(),
    why=lambda q, keys: "Scores $q \\cdot k / \\sqrt 4$, then a softmax over the three.",
)


def softmax_share(scores) -> float:
    return math.exp(scores[0]) / sum(math.exp(each) for each in scores)


template(
    "models/text_vae",
    "free_bits",
    draw=lambda r: {"kl": [r.randint(0, 20) / 10 for _ in range(4)], "floor": r.choice([0.5, 1.0])},
    ask=lambda kl, floor: (
        f"Four codes cost {listed(kl)} nats. Free bits with a floor of {floor:g} nats a code: what "
        "does the loss count for the KL?"
    ),
    formula=lambda kl, floor: sum(max(each, floor) for each in kl),
    solve=lambda kl, floor: torch.tensor(kl).double().clamp(min=floor).sum().item(),
    why=lambda kl, floor: "Each code counts at least the floor.",
)

# Diffusion, flow

template(
    "models/diffusion",
    "clean",
    draw=lambda r: {
        "abar": r.randint(1, 19) / 20,
        "x": signed(r, 20),
        "eps": signed(r, 20),
    },
    ask=lambda abar, x, eps: (
        f"At a time with $\\bar\\alpha = {abar:g}$ a pixel is $x_t = {x:g}$, and the network says "
        f"that its noise is $\\varepsilon = {eps:g}$. Which clean value $x_0$ follows?"
    ),
    formula=lambda abar, x, eps: (x - math.sqrt(1 - abar) * eps) / math.sqrt(abar),
    solve=lambda abar, x, eps: linalg.solve(
        [[math.sqrt(abar), math.sqrt(1 - abar)], [0, 1]], [x, eps]
    )[0],
    why=lambda abar, x, eps: (
        "$x_t = \\sqrt{\\bar\\alpha}\\, x_0 + \\sqrt{1 - \\bar\\alpha}\\,\\varepsilon$, solved for "
        "$x_0$."
    ),
)

template(
    "models/diffusion",
    "left",
    draw=lambda r: {"beta": r.choice([0.01, 0.02, 0.05]), "steps": r.randint(5, 100)},
    ask=lambda beta, steps: (
        f"Each of {steps} steps adds noise with $\\beta = {beta:g}$. What share of the picture's "
        "variance is left, $\\bar\\alpha$?"
    ),
    formula=lambda beta, steps: (1 - beta) ** steps,
    solve=lambda beta, steps: math.prod(1 - beta for _ in range(steps)),
    why=lambda beta, steps: "$\\prod (1 - \\beta)$.",
)

template(
    "models/flow_matching",
    "euler",
    draw=lambda r: {
        "x": signed(r, 20),
        "a": r.choice([-2.0, -1.0, 1.0]),
        "steps": r.choice([2, 4, 5]),
    },
    ask=lambda x, a, steps: (
        f"The field is $v(x, t) = {a:g}\\,x$. Start at $x = {x:g}$ and take {steps} equal Euler "
        "steps over a time of 1. Where do you arrive?"
    ),
    formula=lambda x, a, steps: x * (1 + a / steps) ** steps,
    solve=lambda x, a, steps: [x := x + (a * x) / steps for _ in range(steps)][-1],
    why=lambda x, a, steps: "Each step multiplies by $1 + a / n$.",
)

template(
    "models/vq_vae",
    "perplexity",
    draw=lambda r: {"counts": [r.randint(1, 40) for _ in range(4)]},
    ask=lambda counts: (
        f"Four codes were used {listed(counts)} times. What is the perplexity of the codebook?"
    ),
    formula=lambda counts: math.exp(
        -sum(n / sum(counts) * math.log(n / sum(counts)) for n in counts)
    ),
    solve=lambda counts: 2 ** stats.entropy(counts, base=2),
    why=lambda counts: "e to the entropy of the shares (or 2 to the entropy in bits).",
)

# Judging

template(
    "models/evaluating_generators",
    "frechet",
    draw=lambda r: {k: [r.randint(1, 30) / 10 for _ in range(2)] for k in ("m", "n", "s", "t")},
    ask=lambda m, n, s, t: (
        f"Two Gaussians in two dimensions have the means ({listed(m)}) and ({listed(n)}), and "
        f"standard deviations ({listed(s)}) and ({listed(t)}) along the axes, without correlation. "
        "What is the *squared* Fréchet distance?"
    ),
    formula=lambda m, n, s, t: sum(
        (a - b) ** 2 + (c - d) ** 2 for a, b, c, d in zip(m, n, s, t, strict=True)
    ),
    solve=lambda m, n, s, t: float(
        np.sum(np.subtract(m, n) ** 2)
        + np.trace(
            np.diag(s) ** 2
            + np.diag(t) ** 2
            - 2 * linalg.sqrtm(np.diag(s) ** 2 @ np.diag(t) ** 2).real
        )
    ),
    why=lambda m, n, s, t: "The squared distance of the means plus that of the deviations.",
)

# Images

template(
    "images/restore_and_inpaint",
    "psnr",
    draw=lambda r: {"off": r.randint(1, 20) / 50},
    ask=lambda off: (
        f"A picture with values from -1 to 1 is off by {off:g} at every pixel. What is its PSNR, "
        "in decibels?"
    ),
    formula=lambda off: 20 * math.log10(2 / off),
    solve=lambda off: psnr_by_scikit_image(off),
    why=lambda off: "$10 \\log_{10} (2^2 / \\text{mean squared error})$.",
)


def psnr_by_scikit_image(off: float) -> float:
    from skimage.metrics import peak_signal_noise_ratio

    return peak_signal_noise_ratio(np.zeros((8, 8)), np.full((8, 8), off), data_range=2)


template(
    "images/style_transfer",
    "transport",
    draw=lambda r: {k: r.sample(range(-9, 10), 4) for k in ("u", "v")},
    ask=lambda u, v: (
        f"What is the squared transport distance $W_2^2$ between the numbers {listed(u)} and the "
        f"numbers {listed(v)}?"
    ),
    formula=lambda u, v: (
        sum((a - b) ** 2 for a, b in zip(sorted(u), sorted(v), strict=True)) / len(u)
    ),
    solve=lambda u, v: min(
        sum((a - b) ** 2 for a, b in zip(u, order, strict=True)) / len(u)
        for order in itertools.permutations(v)
    ),
    why=lambda u, v: "Sort both, pair them in order, and take the mean of the squares.",
)

# The formula clinic

template(
    "mathematics/formula_clinic",
    "turned_sign",
    draw=lambda r: {
        "mu": signed(r, 20),
        "sigma": r.choice([3, 4, 5, 6, 7, 8, 12, 15, 18, 25]) / 10,
    },
    ask=lambda mu, sigma: (
        "A page prints $\\mathrm{KL}(\\mathcal N(\\mu, \\sigma^2)\\,\\|\\,\\mathcal N(0, 1)) = "
        "\\frac12(\\mu^2 + \\sigma^2 - 1 + \\ln \\sigma^2)$. You test it at "
        f"$\\mu = {mu:g}$, $\\sigma = {sigma:g}$. What is the printed number less the true one?"
    ),
    formula=lambda mu, sigma: math.log(sigma**2),
    solve=lambda mu, sigma: (
        (mu**2 + sigma**2 - 1 + math.log(sigma**2)) / 2
        - kl_divergence(
            Normal(torch.tensor(mu).double(), torch.tensor(sigma).double()),
            Normal(torch.tensor(0.0).double(), torch.tensor(1.0).double()),
        ).item()
    ),
    why=lambda mu, sigma: (
        "The logarithm's sign is turned: true is $-\\frac12 \\ln\\sigma^2$, so the two differ by "
        "$\\ln\\sigma^2$, by nothing at $\\sigma = 1$."
    ),
)
