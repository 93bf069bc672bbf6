"""A language whose truth is known, and the exercises and questions of the text VAE's lesson."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ...core import make_generator
from ...lab.checkers import same_gradients, same_on
from ...lab.register import exercise, question

# --- a small grammar: eight choices make a line, and every line has one reading

SUBJECTS = {"cat": "cats", "dog": "dogs", "child": "children", "king": "kings", "thief": "thieves"}
VERBS = {  # one today: several today, yesterday
    "sees": ("see", "saw"),
    "takes": ("take", "took"),
    "hides": ("hide", "hid"),
    "draws": ("draw", "drew"),
    "finds": ("find", "found"),
}
FACTORS = {
    "time": ("today", "yesterday"),
    "order": ("time first", "time last"),
    "number": ("one", "two"),
    "subject": tuple(SUBJECTS),
    "verb": tuple(VERBS),
    "adjective": ("", "red", "small", "old", "heavy"),
    "object": ("apple", "box", "key", "letter", "map"),
    "place": ("", "outside", "upstairs", "nearby"),
}
END = "."


def say(reading: dict[str, str]) -> str:
    """The line of a reading: one choice for each of the eight factors.

    >>> say({"time": "yesterday", "order": "time first", "number": "two", "subject": "cat",
    ...      "verb": "sees", "adjective": "red", "object": "box", "place": "outside"})
    'yesterday two cats saw the red box outside .'
    """
    several, past = reading["number"] == "two", reading["time"] == "yesterday"
    noun = SUBJECTS[reading["subject"]] if several else reading["subject"]
    plural, before = VERBS[reading["verb"]]
    verb = before if past else plural if several else reading["verb"]
    words = [reading["number"], noun, verb, "the", reading["adjective"], reading["object"]]
    words.append(reading["place"])
    first = reading["order"] == "time first"
    words = [reading["time"], *words] if first else [*words, reading["time"]]
    return " ".join([*filter(None, words), END])


READINGS = {
    say(reading): reading
    for choices in itertools.product(*FACTORS.values())
    for reading in [dict(zip(FACTORS, choices, strict=True))]
}
"""Each line of the language with its reading. All lines are equally likely."""

LINES = tuple(READINGS)
WORDS = (END, *sorted({word for line in LINES for word in line.split()} - {END}))
NUMBERS = {word: number for number, word in enumerate(WORDS)}
LENGTH = max(len(line.split()) for line in LINES)  # tokens of the longest line, its end included
NATS = math.log(len(LINES))  # what a line costs at least, on average


def split(seed: int, train: int = 8000, held_out: int = 2000) -> tuple[list[str], list[str]]:
    """Lines to learn from and other lines to judge with, drawn without replacement.

    >>> [len(part) for part in split(0)]
    [8000, 2000]
    """
    order = torch.randperm(len(LINES), generator=make_generator(seed)).tolist()
    chosen = [LINES[place] for place in order[: train + held_out]]
    return chosen[:train], chosen[train:]


def tokens(lines: Sequence[str]) -> Tensor:
    """Lines as numbers of words, filled up with the end: int64 ``[N, 9]``.

    >>> tokens(["one cat sees the box today ."]).tolist()
    [[26, 3, 31, 35, 2, 38, 0, 0, 0]]
    """
    rows = [[NUMBERS[word] for word in line.split()] for line in lines]
    return torch.tensor([row + [0] * (LENGTH - len(row)) for row in rows])


def words(lines: Tensor) -> list[str]:
    """What `tokens` undoes, each line up to its first end.

    >>> words(tokens(["one cat sees the box today ."]))
    ['one cat sees the box today .']
    """
    found = []
    for row in lines.tolist():
        row = row[: row.index(0) + 1] if 0 in row else row
        found.append(" ".join(WORDS[number] for number in row))
    return found


def share_of_lines(lines: Sequence[str]) -> float:
    """Which share of some texts are lines of the language.

    >>> share_of_lines(["one cat sees the box today .", "one cats sees the box today ."])
    0.5
    """
    return sum(line in READINGS for line in lines) / len(lines)


def edit_walk(a: Sequence, b: Sequence) -> list[list]:
    """From `a` to `b` by the fewest insertions, deletions and changes, made from left to right.

    Levenshtein's distance with the path that goes along it; both ends are included.

    >>> ["".join(step) for step in edit_walk("cat", "coats")]
    ['cat', 'coat', 'coats']
    """
    cost = [[i + j for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i, j in itertools.product(range(1, len(a) + 1), range(1, len(b) + 1)):
        change = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])
        cost[i][j] = min(change, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    i, j, steps = len(a), len(b), [list(b)]
    while i or j:  # backwards: what is left of the place is of b, what is right of it of a
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]):
            i, j = i - 1, j - 1
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
        step = [*b[:j], *a[i:]]
        if step != steps[-1]:
            steps.append(step)
    return steps[::-1]


def alone_and_together(mu: Tensor, logvar: Tensor) -> tuple[float, float]:
    """How far all clouds together are from the prior, in nats, as two parts of one KL.

    A Gaussian with the mean m and the covariance C of the average of all clouds is compared with
    N(0, I). Its KL is a sum: of what each latent pays alone, for its mean and variance, and of
    -log det(R) / 2, R being the correlations: what latents pay that repeat each other.

    Parameters
    ----------
    mu, logvar : Tensor
        ``[N, L]``, mean and log variance of each line's cloud.

    Returns
    -------
    (float, float)
        Both at least 0.

    >>> twice = torch.randn(1000, 1, generator=make_generator(0)).expand(-1, 2)  # one code, twice
    >>> alone, together = alone_and_together(twice, torch.full((1000, 2), -4.0))
    >>> alone < 0.05 < 1 < together
    True
    """
    mean, covariance = mu.mean(0), mu.T.cov(correction=0) + logvar.exp().mean(0).diag()  # [L, L]
    variance = covariance.diag()
    alone = 0.5 * (mean**2 + variance - 1 - variance.log()).sum()
    return alone.item(), 0.5 * (variance.log().sum() - covariance.logdet()).item()


# --- exercises


def _weight(step: int, begin: int, end: int) -> float:
    return min(1.0, max(0.0, (step - begin) / (end - begin)))


RISE = (100, 300)
WEIGHT_CASES = [*((step, *RISE) for step in (0, 100, 150, 300, 900)), (20, 10, 50), (90, 50, 90)]


@exercise(
    "models/text_vae/weight",
    not_yet="Write the body of `weight(step, begin, end)` and return one number.",
    right="0 until the beginning, 1 from the end on, and straight in between.",
    hints=[
        "Which share of the way from begin to end has been gone at this step?",
        "(step - begin) / (end - begin) is that share; before begin it is negative, after end "
        "above 1.",
        "min(1.0, max(0.0, (step - begin) / (end - begin)))",
    ],
)
def weight(answer) -> None:
    """The KL's weight at a step, raised straight from 0 at `begin` to 1 at `end`."""
    mistakes = {
        "Before `begin` your weight is negative: the KL would be rewarded.": (
            lambda s, b, e: min(1.0, (s - b) / (e - b))
        ),
        "After `end` your weight goes on growing: it stays at 1.": (
            lambda s, b, e: max(0.0, (s - b) / (e - b))
        ),
        "Your weight is neither held at 0 before `begin` nor at 1 after `end`.": (
            lambda s, b, e: (s - b) / (e - b)
        ),
        "Your weight falls from 1 to 0; it is to rise.": lambda s, b, e: 1 - _weight(s, b, e),
        "You count from step 0: the rise begins at `begin`.": (
            lambda s, b, e: min(1.0, max(0.0, s / e))
        ),
        "You divide by `end`; the rise takes end - begin steps.": (
            lambda s, b, e: min(1.0, max(0.0, (s - b) / e))
        ),
        "That is a jump at `end`: a straight rise is asked for.": lambda s, b, e: float(s >= e),
        "That is a jump at `begin`: a straight rise is asked for.": lambda s, b, e: float(s > b),
        "After `end` your weight falls back to 0: it stays at 1.": (
            lambda s, b, e: (s - b) / (e - b) if b <= s <= e else 0.0
        ),
        "The rise starts at `begin`: take it away from the step.": (
            lambda s, b, e: min(1.0, max(0.0, s / (e - b)))
        ),
        "min and max are swapped: max(1, ...) is never below 1.": (
            lambda s, b, e: max(1.0, min(0.0, (s - b) / (e - b)))
        ),
        "Your weight rises along a cosine; a straight rise is asked for.": (
            lambda s, b, e: 0.5 - 0.5 * math.cos(math.pi * _weight(s, b, e))
        ),
        "Your weight rises along a parabola; a straight rise is asked for.": (
            lambda s, b, e: _weight(s, b, e) ** 2
        ),
        "You go up in two jumps: a straight rise is asked for.": (
            lambda s, b, e: 0.5 if b < s < e else float(s >= e)
        ),
    }
    same_on(answer, _weight, cases=WEIGHT_CASES, mistakes=mistakes)


KL = torch.tensor([[0.1, 1.4, 0.3], [0.5, 2.0, 0.1], [0.9, 0.2, 0.2]])  # [N, L]


def _paid(kl: Tensor, free: float) -> Tensor:
    return kl.mean(0).clamp_min(free).sum()


@exercise(
    "models/text_vae/paid",
    not_yet="Write the body of `paid(kl, free)` and return a tensor of one number.",
    right="Each latent pays for the larger of its mean KL and the allowance.",
    hints=[
        "Three steps: a mean over the lines, a maximum for each latent, a sum over the latents.",
        "kl.mean(0) is [L]. Which function gives the larger of each entry and a number?",
        "kl.mean(0).clamp_min(free).sum()",
    ],
)
def paid(answer) -> None:
    """What the KL costs with free bits: kl [N, L] of each line and latent, and the allowance."""
    mistakes = {
        "You took the maximum for each line; first take the mean over the lines.": (
            lambda kl, f: kl.clamp_min(f).mean(0).sum()
        ),
        "You took the maximum of the sum: the allowance is each latent's own.": (
            lambda kl, f: kl.mean(0).sum().clamp_min(f)
        ),
        "You compared the sum with the sum of the allowances: each latent's own KL is compared.": (
            lambda kl, f: kl.mean(0).sum().clamp_min(f * kl.shape[1])
        ),
        "Below its allowance a latent costs you nothing; the larger of the two is asked for.": (
            lambda kl, f: (kl.mean(0) * (kl.mean(0) > f)).sum()
        ),
        "You took the allowance away from the KL of each line: the larger of the allowance and the "
        "mean over the lines is asked for.": lambda kl, f: (kl - f).clamp_min(0).mean(0).sum(),
        "You averaged over lines and latents at once: the mean is over the lines, for each "
        "latent.": lambda kl, f: kl.mean().clamp_min(f),
        "You took the smaller one: that would free what lies *above* the allowance.": (
            lambda kl, f: kl.mean(0).clamp_max(f).sum()
        ),
        "You took the allowance away from each KL: then a latent pays less everywhere. The "
        "larger of the two is asked for (the gradient is the same, the number is not).": (
            lambda kl, f: (kl.mean(0) - f).clamp_min(0).sum()
        ),
        "The allowance is missing: that is the plain KL.": lambda kl, f: kl.mean(0).sum(),
        "You averaged over the latents as well: their costs add up.": (
            lambda kl, f: kl.mean(0).clamp_min(f).mean()
        ),
        "You summed over the lines: take their mean.": lambda kl, f: kl.sum(0).clamp_min(f).sum(),
        "Each latent's cost is right; add them up to one number.": (
            lambda kl, f: kl.mean(0).clamp_min(f)
        ),
        "The lines are axis 0 and the latents axis 1: you have them the other way round.": (
            lambda kl, f: kl.mean(1).clamp_min(f).sum()
        ),
    }
    cases = [(KL, 0.4), (KL[:2], 0.25), (KL, 5.0)]  # lines and latents are not as many
    same_on(answer, _paid, cases=cases, mistakes=mistakes)
    same_gradients(answer, _paid, cases[0], (0,), "Above the allowance the KL must be pulled at.")


LOG_Q = torch.tensor([[-0.2, -3.0, -9.0], [-4.0, -0.5, -1.0], [-6.0, -2.0, -0.1]])  # [N, N]


def _information(log_q: Tensor) -> Tensor:
    return (log_q.diagonal() - log_q.logsumexp(1) + math.log(len(log_q))).mean()


@exercise(
    "models/text_vae/information",
    not_yet="Write the body of `estimate(log_q)` and return one number.",
    right="How much likelier the own line makes the code than lines do on average.",
    hints=[
        "Row i has the code z_i. Its own line's entry stands on the diagonal: log_q.diagonal().",
        "log q(z_i) is the logarithm of a mean of N densities: logsumexp over the row, minus "
        "log N.",
        "(log_q.diagonal() - (log_q.logsumexp(1) - math.log(len(log_q)))).mean()",
    ],
)
def information(answer) -> None:
    """I(x; z) from log_q [N, N]: entry i, j is log q(z_i | x_j)."""
    mistakes = {
        "log N is missing: q(z) is the *mean* of the densities, not their sum.": (
            lambda q: (q.diagonal() - q.logsumexp(1)).mean()
        ),
        "log N has the wrong sign: log of a mean is log of the sum *minus* log N.": (
            lambda q: (q.diagonal() - q.logsumexp(1)).mean() - math.log(len(q))
        ),
        "You took the mean of the logarithms; q(z) is the mean of the densities.": (
            lambda q: (q.diagonal() - q.mean(1)).mean()
        ),
        "You summed over the codes (axis 0); for one code the lines are axis 1.": (
            lambda q: (q.diagonal() - q.logsumexp(0)).mean() + math.log(len(q))
        ),
        "The sign is reversed: the own line makes its code likelier, so I is positive.": (
            lambda q: -_information(q)
        ),
        "You summed over the codes; I is a mean.": lambda q: len(q) * _information(q),
        "You gave one number for each code: take their mean.": (
            lambda q: q.diagonal() - q.logsumexp(1) + math.log(len(q))
        ),
        "The own line's term is missing: that is minus log q(z) alone.": (
            lambda q: -q.logsumexp(1).mean() + math.log(len(q))
        ),
        "log q(z) is missing: that is the own line's term alone.": (lambda q: q.diagonal().mean()),
        "You left the own line out of q(z), which is the average over all N lines.": (
            lambda q: (
                q.diagonal()
                - q.masked_fill(torch.eye(len(q), dtype=torch.bool), -math.inf).logsumexp(1)
                + math.log(len(q) - 1)
            ).mean()
        ),
        "That is in bits: leave out the division by log 2.": (
            lambda q: _information(q) / math.log(2)
        ),
        "You took densities for logarithms of densities: I is a mean of differences of "
        "logarithms.": lambda q: (q.exp().diagonal() - q.exp().mean(1)).mean(),
        "You summed the whole table: each code z_i has a q(z_i) of its own, the mean of its row.": (
            lambda q: (q.diagonal() - q.logsumexp((0, 1)) + math.log(q.numel())).mean()
        ),
        "You took the mean over all pairs; each code's own line is on the diagonal.": (
            lambda q: (q - q.logsumexp(1, keepdim=True) + math.log(len(q))).mean()
        ),
    }
    cases = [(LOG_Q,), (LOG_Q[:2, :2],)]
    same_on(answer, _information, cases=cases, mistakes=mistakes)


question(
    "models/text_vae/q1",
    "A language has 20,000 equally likely lines. A language model without any code reaches log "
    "20,000 nats a line. What can a code add to the bound?",
    options={
        "a": (
            "Nothing, since no model costs less on average, with or without a code.",
            "So a code that is used can at best be free.",
        ),
        "b": ("As many nats as the KL.", "The KL is a cost in the bound."),
        "c": (
            "A better reconstruction, hence a better bound.",
            "What the reconstruction saves, the KL pays.",
        ),
    },
    answer="a",
)

question(
    "models/text_vae/q2",
    "A text VAE has 16 latents and a KL of 8 nats, held up by free bits. Is the code used?",
    options={
        "a": (
            "Yes: a code of which nothing is read would have a KL near 0.",
            "A KL says that q differs from the prior; not that anything is told.",
        ),
        "b": ("No: 8 nats are too few to tell the lines apart.", "8 nats name one line of 3,000."),
        "c": (
            "Not known: measure the information and rebuild lines.",
            "q can differ from the prior in the same way for every line.",
        ),
    },
    answer="c",
)

question(
    "models/text_vae/q3",
    "Model A's samples are lines more often than model B's. A's KL is 0.01, B's is 8 nats. Which "
    "is the better text VAE?",
    options={
        "a": (
            "A: its samples are better lines of text.",
            "A is a language model; its code is not read.",
        ),
        "b": (
            "It depends on what the code is for.",
            "Samples of a collapsed model say nothing about its code.",
        ),
        "c": (
            "B: the larger KL is the better code.",
            "A KL need not be information; and for samples alone a language model will do.",
        ),
    },
    answer="b",
)

question(
    "models/text_vae/q4",
    "Between two lines, every line that a model writes is a line of the language. What else must "
    "you look at?",
    options={
        "a": ("Nothing: that is perfect.", "A model that ignores the code passes, too."),
        "b": ("The length of the walk.", "It says nothing about what is between."),
        "c": (
            "The two ends: whether they are rebuilt.",
            "If the ends are not the two lines, the walk is not between them.",
        ),
    },
    answer="c",
)

question(
    "models/text_vae/q5",
    "Why is the squared error of token numbers no loss for text?",
    options={
        "a": (
            "Its best answer is a mean, and words have no order.",
            "The mean of two words' numbers is a third word. Renumber them, and it is another.",
        ),
        "b": (
            "It is too large, as tokens' numbers go up to 3,000.",
            "Its size is not the fault: a factor changes nothing.",
        ),
        "c": (
            "Its gradient vanishes, since tokens are whole numbers.",
            "It does not; it leads to the mean.",
        ),
    },
    answer="a",
)
