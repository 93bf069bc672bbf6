"""Exercises and questions of the lesson on the variational autoencoder."""

from __future__ import annotations

import torch
from torch import Tensor

from ...lab.checkers import Wrong, call, function, same_gradients, same_on
from ...lab.register import exercise, question

MU = torch.tensor([[0.5, -1.0, 2.0], [0.0, 0.3, -0.7]])
LOGVAR = torch.tensor([[0.2, -0.3, 0.5], [0.0, -1.2, 0.8]])
EPS = torch.tensor([[1.0, -0.5, 0.3], [-2.0, 0.7, 0.1]])


def _kl(mu: Tensor, logvar: Tensor) -> Tensor:
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


@exercise(
    "models/vae/kl",
    not_yet="Write the body of `kl(mu, logvar)` and return one number for each row.",
    right="Each term is 0 where mu = 0 and logvar = 0, and greater anywhere else.",
    hints=[
        "One dimension gives 1/2 (mu^2 + sigma^2 - 1 - log sigma^2). What are sigma^2 and "
        "log sigma^2 in terms of logvar?",
        "logvar is already log sigma^2, and logvar.exp() is sigma^2.",
        "Independent dimensions add up: .sum(1) over the latents, and no mean.",
    ],
)
def kl(answer) -> None:
    """The closed-form KL, as a function of mu and logvar [N, L]."""
    cases = [(MU, LOGVAR), (MU[:1, :2], LOGVAR[:1, :2])]  # two shapes: no size may be built in
    same_on(answer, _kl, cases=cases, mistakes=KL_MISTAKES)
    same_gradients(answer, _kl, cases[0], (0, 1), "The KL depends on mu, and twice on logvar.")


KL_MISTAKES = {
    "Your KL is negative; a KL never is. The sign of all its terms is reversed.": (
        lambda m, v: -_kl(m, v)
    ),
    "Your KL is averaged over the latents; independent dimensions add up, so sum.": (
        lambda m, v: _kl(m, v) / m.shape[1]
    ),
    "You averaged over the batch as well: one number for each row is asked for.": (
        lambda m, v: _kl(m, v).mean()
    ),
    "You summed over the batch as well: one number for each row is asked for.": (
        lambda m, v: _kl(m, v).sum()
    ),
    "You summed over the batch, .sum(0); the latents are axis 1.": (
        lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v).sum(0)
    ),
    "Each latent's KL is right; add them up, .sum(1), to one number for each row.": (
        lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v)
    ),
    "The factor 1/2 is missing: yours is twice too large.": lambda m, v: 2 * _kl(m, v),
    "The -1 is missing, so your KL is not 0 where q is the prior.": (
        lambda m, v: 0.5 * (m**2 + v.exp() - v).sum(1)
    ),
    "The -1 belongs to every latent: write it inside the sum.": (
        lambda m, v: 0.5 * ((m**2 + v.exp() - v).sum(1) - 1)
    ),
    "The sign of logvar is wrong: - log sigma^2 is asked for.": (
        lambda m, v: 0.5 * (m**2 + v.exp() - 1 + v).sum(1)
    ),
    "exp(logvar / 2) is sigma; the formula needs sigma^2 = exp(logvar).": (
        lambda m, v: 0.5 * (m**2 + (v / 2).exp() - 1 - v).sum(1)
    ),
    "log sigma^2 is logvar itself, not half of it.": (
        lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v / 2).sum(1)
    ),
    "logvar is already a logarithm: sigma^2 is exp(logvar), and no log is needed.": (
        lambda m, v: 0.5 * (m**2 + v - 1 - v.log()).sum(1)
    ),
    "You used exp(2 logvar): logvar is log sigma^2, so exp(logvar) is already squared.": (
        lambda m, v: 0.5 * (m**2 + (2 * v).exp() - 1 - 2 * v).sum(1)
    ),
    "The term mu^2 is missing: a cloud away from 0 costs something, however wide it is.": (
        lambda m, v: 0.5 * (v.exp() - 1 - v).sum(1)
    ),
    "The 1 is taken away, not added: the KL must be 0 where q is the prior.": (
        lambda m, v: 0.5 * (m**2 + v.exp() + 1 - v).sum(1)
    ),
    "The term sigma^2 = exp(logvar) is missing: nothing keeps the cloud from growing.": (
        lambda m, v: 0.5 * (m**2 - 1 - v).sum(1)
    ),
    "mu must be squared.": lambda m, v: 0.5 * (m + v.exp() - 1 - v).sum(1),
    "That is KL(p || q), from the prior to the cloud; the bound needs KL(q || p).": (
        lambda m, v: 0.5 * ((1 + m**2) / v.exp() - 1 + v).sum(1)
    ),
}


def _draw(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    return mu + (0.5 * logvar).exp() * eps


@exercise(
    "models/vae/draw",
    not_yet="Write the body of `draw(mu, logvar, eps)` and return the codes z.",
    right="z has mean mu and spread sigma, and the gradient reaches both.",
    hints=[
        "z = mu + sigma * eps. You have mu and eps; how do you get sigma from logvar?",
        "logvar = log sigma^2 = 2 log sigma, so log sigma is half of it.",
        "sigma = (0.5 * logvar).exp(): halve first, then exp.",
    ],
)
def draw(answer) -> None:
    """The reparameterised draw, as a function of mu, logvar and eps [N, L]."""
    cases = [(MU, LOGVAR, EPS), (MU[:1, :2], LOGVAR[:1, :2], EPS[:1, :2])]
    first, again = (call(function(answer), *(t.clone() for t in cases[0])) for _ in range(2))
    if isinstance(first, Tensor) and not torch.equal(first.nan_to_num(), again.nan_to_num()):
        raise Wrong("You drew noise of your own: use the eps that you are given.")
    same_on(answer, _draw, cases=cases, mistakes=DRAW_MISTAKES)
    same_gradients(answer, _draw, cases[0], (0, 1), "z depends on mu and on logvar.")


DRAW_MISTAKES = {
    "You multiplied by the variance exp(logvar); the spread is its square root.": (
        lambda m, v, e: m + v.exp() * e
    ),
    "You multiplied by logvar itself, which is a logarithm, not a spread.": (
        lambda m, v, e: m + v * e
    ),
    "You multiplied by half of exp(logvar): halve before exp, not after.": (
        lambda m, v, e: m + 0.5 * v.exp() * e
    ),
    "You multiplied by exp(2 logvar); half of logvar is the logarithm of the spread.": (
        lambda m, v, e: m + (2 * v).exp() * e
    ),
    "logvar may be negative and has no root: take exp first.": lambda m, v, e: m + v.sqrt() * e,
    "The mean mu is missing.": lambda m, v, e: (0.5 * v).exp() * e,
    "The noise is missing: this is the mean, so every draw would be the same.": (lambda m, v, e: m),
    "eps is missing: mu + sigma is the same at every draw.": lambda m, v, e: m + (0.5 * v).exp(),
    "The spread is missing: every code would have spread 1.": lambda m, v, e: m + e,
    "Scale the noise alone, and then add mu: you scaled mu as well.": (
        lambda m, v, e: (m + e) * (0.5 * v).exp()
    ),
    "Scale the noise, not the mean.": lambda m, v, e: m * (0.5 * v).exp() + e,
    "You divided by eps; the noise is multiplied by the spread.": (
        lambda m, v, e: m + (0.5 * v).exp() / e
    ),
    "You subtracted the noise. It has the same distribution, but here the sign counts.": (
        lambda m, v, e: m - (0.5 * v).exp() * e
    ),
}


def _walk(z_a: Tensor, z_b: Tensor, n: int) -> Tensor:
    t = torch.linspace(0, 1, n).unsqueeze(1)  # [n, 1]
    return (1 - t) * z_a + t * z_b


def _open_ended(z_a: Tensor, z_b: Tensor, n: int) -> Tensor:
    t = torch.arange(n).unsqueeze(1) / n
    return (1 - t) * z_a + t * z_b


@exercise(
    "models/vae/walk",
    not_yet="Write the body of `walk(z_a, z_b, n)` and return n codes, one a row.",
    right="It begins at z_a, ends at z_b, and goes in equal steps.",
    hints=[
        "torch.linspace(0, 1, n) gives n numbers from 0 to 1, both included.",
        "A column t of shape [n, 1] times a code [L] gives [n, L].",
        "(1 - t) * z_a + t * z_b is z_a at t = 0 and z_b at t = 1.",
    ],
)
def walk(answer) -> None:
    """A straight walk between two codes [L], n places: [n, L]."""
    same_on(
        answer,
        _walk,
        cases=[
            (torch.tensor([0.0, 1.0, -1.0]), torch.tensor([2.0, -1.0, 0.5]), 5),
            (torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), 2),
        ],
        mistakes={
            "Your walk goes the other way: it must begin at z_a.": lambda a, b, n: _walk(b, a, n),
            "Your walk never arrives: z_b must be the last row. (linspace includes the end.)": (
                _open_ended
            ),
            "You gave n + 1 places; n are asked for, both ends included.": (
                lambda a, b, n: _walk(a, b, n + 1)
            ),
            "You gave only the places between: both ends belong to the walk.": (
                lambda a, b, n: _walk(a, b, n + 2)[1:-1]
            ),
            "You gave n + 2 places; both ends are among the n.": lambda a, b, n: _walk(a, b, n + 2),
            "Your codes stand in columns: one code a row, [n, L], is asked for.": (
                lambda a, b, n: _walk(a, b, n).T
            ),
            "z_a is missing: the walk must begin there, not at 0.": (
                lambda a, b, n: _walk(a, b, n) - a
            ),
            "The two weights must add up to 1: t for one code, 1 - t for the other.": (
                lambda a, b, n: torch.linspace(0, 1, n).unsqueeze(1) * (a + b)
            ),
        },
    )


question(
    "models/vae/q1",
    "What does Jensen's inequality lose in the bound?",
    options={
        "a": (
            "KL(q(z|x) || p(z)).",
            "That is the price of the code: it stands in the bound, it is not lost.",
        ),
        "b": (
            "KL(q(z|x) || p(z|x)).",
            "The bound is exact where the encoder's cloud is the true posterior.",
        ),
        "c": ("Nothing, if beta is 1.", "Even then it is a bound, unless q is the true posterior."),
    },
    answer="b",
)

question(
    "models/vae/q2",
    "Why z = mu + sigma * eps rather than torch.normal(mu, sigma)?",
    options={
        "a": ("Its numbers have another distribution.", "Both are draws from N(mu, sigma^2)."),
        "b": ("It is faster.", "Speed is not the reason."),
        "c": (
            "The gradient flows through mu and sigma.",
            "The draw sits in eps, which no weight touches.",
        ),
    },
    answer="c",
)

question(
    "models/vae/q3",
    "A VAE's loss is 0.27, and its samples are all the same grey blot. What do you look at first?",
    options={
        "a": (
            "The KL by itself, and how the two terms are reduced.",
            "The KL will be 0: the reconstruction was averaged over pixels, the KL was not.",
        ),
        "b": (
            "The learning rate, and whether the loss is still falling.",
            "A loss of 0.27 nats for 784 pixels is a matter of units.",
        ),
        "c": (
            "The number of latents, which may be too small for ten digits.",
            "A collapsed model uses none of those that it has.",
        ),
    },
    answer="a",
)

question(
    "models/vae/q4",
    "With a small beta, reconstructions get better and samples worse. Why?",
    options={
        "a": (
            "The decoder gets weaker: it leans on its codes alone.",
            "The same decoder rebuilds pictures better: it is given better codes.",
        ),
        "b": (
            "The prior becomes wider, so that draws from it miss the codes.",
            "The prior is N(0, I), whatever beta is.",
        ),
        "c": (
            "The codes move outwards: draws fall inside them.",
            "Draws from the prior land inside the codes' shell, where the decoder was hardly "
            "trained.",
        ),
    },
    answer="c",
)

question(
    "models/vae/q5",
    "A linear VAE has a Gaussian decoder with sigma_x = 1.5. The largest variance of its data, "
    "over all directions, is 2.0. What happens?",
    options={
        "a": (
            "Collapse: the KL goes to zero.",
            "1.5^2 = 2.25 exceeds every variance, so no latent is worth its price.",
        ),
        "b": (
            "One latent stays in use.",
            "That would take a variance above 1.5^2 = 2.25; the largest is 2.0.",
        ),
        "c": (
            "That depends on the number of latents.",
            "A latent is worth its price or not, however many there are.",
        ),
    },
    answer="a",
)
