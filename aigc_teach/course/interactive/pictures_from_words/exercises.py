"""Exercises and questions of the lesson on pictures from words."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ....core import make_generator
from ....lab.checkers import same_gradients, same_on
from ....lab.register import exercise, question

LESSON = "interactive/pictures_from_words"
_g = make_generator(5)
Q, K, V = (torch.randn(n, d, generator=_g) for n, d in ((5, 4), (3, 4), (3, 2)))
LOOKS = [(Q, K, V), (2 * Q[:2], K, V[:, :1]), (Q[1:], K[:2], V[:2].repeat(1, 3))]
LOOKS += [(Q[:, :2], K[:, :2], V)]  # another D


def _look(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q @ k.T / q.shape[1] ** 0.5).softmax(1) @ v


def _normalised(scores: Tensor) -> Tensor:
    return scores / scores.sum(1, keepdim=True)


def _causal(scores: Tensor) -> Tensor:
    return scores.masked_fill(torch.ones_like(scores).triu(1) > 0, -torch.inf).softmax(1)


LOOK_MISTAKES = {
    "You did not divide by the root of D: the larger D, the sharper the softmax.": (
        lambda q, k, v: (q @ k.T).softmax(1) @ v
    ),
    "You divided by D; it is the root of D.": lambda q, k, v: (q @ k.T / q.shape[1]).softmax(1) @ v,
    "Your softmax runs over the places; each place shares its look out over the words.": (
        lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).softmax(0) @ v
    ),
    "You divided by the root of the number of words; D is the size of a query.": (
        lambda q, k, v: (q @ k.T / len(k) ** 0.5).softmax(1) @ v
    ),
    "There is no softmax: the weights must be positive and add up to 1.": (
        lambda q, k, v: q @ k.T / q.shape[1] ** 0.5 @ v
    ),
    "Those are the weights; multiply them with the values.": (
        lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).softmax(1)
    ),
    "That is the mean of all words: nobody looked at anything.": (
        lambda q, k, v: v.mean(0).expand(len(q), -1)
    ),
    "You took the one best word; a softmax mixes all of them.": (
        lambda q, k, v: v[(q @ k.T).argmax(1)]
    ),
    "You multiplied by the root of D; divide by it.": (
        lambda q, k, v: (q @ k.T * q.shape[1] ** 0.5).softmax(1) @ v
    ),
    "You divided after the softmax: then the weights no longer add up to 1. Divide the scores.": (
        lambda q, k, v: (q @ k.T).softmax(1) / q.shape[1] ** 0.5 @ v
    ),
    "You divided by the sum of the scores, which may be 0 or less; a softmax takes exp first.": (
        lambda q, k, v: _normalised(q @ k.T) @ v
    ),
    "A sigmoid judges each word alone; with a softmax the weights of a place add up to 1.": (
        lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).sigmoid() @ v
    ),
    "exp is half of a softmax: divide by the sum over the words.": (
        lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).exp() @ v
    ),
    "You took the size of a value for D; D is the size of a query and a key.": (
        lambda q, k, v: (q @ k.T / v.shape[1] ** 0.5).softmax(1) @ v
    ),
    "You divided by the root of the number of places; D is the size of a query.": (
        lambda q, k, v: (q @ k.T / len(q) ** 0.5).softmax(1) @ v
    ),
    "You hid words that come later, as a GPT does; here every place may look at every word.": (
        lambda q, k, v: _causal(q @ k.T / q.shape[1] ** 0.5) @ v
    ),
}


@exercise(
    f"{LESSON}/look",
    not_yet="Write the body of `look(q, k, v)` and return a tensor [P, E].",
    right="Each place gets its own mixture of the words.",
    hints=[
        "q @ k.T holds, for each place, how well each word answers its question.",
        "Divide by the root of q.shape[1], then softmax over the words (dim=1).",
        "(q @ k.T / q.shape[1] ** 0.5).softmax(1) @ v",
    ],
)
def look(answer) -> None:
    """Cross-attention with one head."""
    same_on(answer, _look, LOOKS, mistakes=LOOK_MISTAKES)
    same_gradients(answer, _look, LOOKS[0], (0, 1, 2), "Questions, keys and values are learnt.")


# pictures of three things, each a colour and a shape
ASKED = torch.tensor([[0, 1], [1, 0], [1, 0]])
PICTURES = torch.tensor(
    [
        [[0, 1], [1, 0], [1, 0]],  # right
        [[1, 0], [0, 1], [1, 0]],  # right, in another order
        [[1, 1], [0, 0], [1, 0]],  # bound wrongly
        [[0, 0], [1, 1], [1, 0]],  # bound wrongly, in another order
        [[0, 1], [0, 1], [1, 0]],  # one thing too often, another too seldom
        [[0, 1], [1, 2], [1, 0]],  # a shape is wrong
        [[2, 1], [1, 0], [1, 0]],  # a colour is wrong
        [[1, 1], [1, 0], [1, 0]],  # the colours are wrong, the shapes are right
        [[0, 0], [1, 0], [1, 0]],  # the shapes are wrong, the colours are right
    ]
)
# the same sums of colour and shape, bound otherwise
OTHER = torch.tensor([[0, 2], [1, 0], [2, 1]])
OTHERS = torch.tensor(
    [[[0, 1], [2, 0], [1, 2]], [[1, 0], [0, 2], [2, 1]], [[0, 2], [1, 1], [2, 1]]]
)
BATCHES = [
    (PICTURES[rows], ASKED.expand(len(rows), 3, 2))
    for rows in ([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 4, 8, 5], [3, 1, 1, 4, 4, 7, 6])
]
BATCHES += [(OTHERS, OTHER.expand(3, 3, 2))]


def _rows(x: Tensor) -> list:
    return sorted(map(tuple, x.tolist()))


def _same(a: Tensor, b: Tensor) -> bool:
    return sorted(a.tolist()) == sorted(b.tolist())


def _sides(a: Tensor, b: Tensor) -> bool:
    return _same(a[:, 0], b[:, 0]) and _same(a[:, 1], b[:, 1])


def _sets(a: Tensor, b: Tensor) -> bool:
    return all(set(a[:, k].tolist()) == set(b[:, k].tolist()) for k in (0, 1))


def _in_place(a: Tensor, b: Tensor) -> bool:
    return bool((a == b).all(0).all()) and not bool((a == b).all())


def _halves(a: Tensor, b: Tensor) -> Tensor:
    """Of one picture, the share of places in the three sorted lists that look bound wrongly."""
    colour, shape = ((a[:, k].sort().values == b[:, k].sort().values) for k in (0, 1))
    whole = [(10 * x[:, 0] + x[:, 1]).sort().values for x in (a, b)]
    return (colour & shape & (whole[0] != whole[1])).float().mean()


def _share(says):
    """From a judgement of one picture to the share of a batch."""

    def share(found: Tensor, asked: Tensor) -> Tensor:
        pairs = zip(found, asked, strict=True)
        return torch.tensor([float(says(a, b)) for a, b in pairs]).mean()

    return share


_binding = _share(lambda a, b: _sides(a, b) and _rows(a) != _rows(b))

BINDING_MISTAKES = {
    "That is the share of all wrong pictures. Here colours and shapes must be right.": _share(
        lambda a, b: _rows(a) != _rows(b)
    ),
    "That counts right pictures as well: the things themselves must be wrong.": _share(_sides),
    "That is the share of the pictures that are *not* bound wrongly.": (
        lambda a, b: 1 - _binding(a, b)
    ),
    "You looked at the colours and not at the shapes.": _share(
        lambda a, b: _same(a[:, 0], b[:, 0]) and _rows(a) != _rows(b)
    ),
    "You looked at the shapes and not at the colours.": _share(
        lambda a, b: _same(a[:, 1], b[:, 1]) and _rows(a) != _rows(b)
    ),
    "You compared sets: a colour that is there once too often goes unseen. Sort, and compare.": (
        _share(lambda a, b: _sets(a, b) and _rows(a) != _rows(b))
    ),
    "The parser finds things in any order: sort before you compare.": _share(
        lambda a, b: _sides(a, b) and a.tolist() != b.tolist()
    ),
    "That is how many pictures; divide by how many there are.": (
        lambda a, b: _binding(a, b) * len(a)
    ),
    "Place by place, right colours and right shapes are right things: sort each list by itself.": (
        _share(_in_place)
    ),
    "That is the share with a wrong colour or a wrong shape; these must be right.": _share(
        lambda a, b: not _sides(a, b)
    ),
    "That is a share of things, place by place; count pictures, and in any order.": (
        lambda a, b: (a != b).any(2).float().mean()
    ),
    "Colours *and* shapes must be right; you asked for one of both.": _share(
        lambda a, b: (_same(a[:, 0], b[:, 0]) or _same(a[:, 1], b[:, 1])) and _rows(a) != _rows(b)
    ),
    "The sum of colour and shape does not name a thing: 0 + 1 is 1 + 0.": _share(
        lambda a, b: _sides(a, b) and not _same(a.sum(1), b.sum(1))
    ),
    "You averaged over the three places of each list: ask `.all(1)` of each comparison first.": (
        _share(_halves)
    ),
}


@exercise(
    f"{LESSON}/binding",
    not_yet="Write the body of `bound_wrongly(found, asked)` and return one number, a share.",
    right="All words are in the picture, and it is wrong all the same.",
    hints=[
        "Three comparisons: colours with colours, shapes with shapes, whole rows with whole rows.",
        "x.sort(1).values does not care for the order; 10 * colour + shape is a whole thing.",
        "Colours equal, shapes equal (over dim 1), whole things unequal: & and ~, then the mean.",
    ],
)
def binding(answer) -> None:
    """The share of pictures whose colours and shapes are right and bound to each other wrongly."""
    same_on(answer, _binding, BATCHES, mistakes=BINDING_MISTAKES)


LOGITS = torch.tensor([[2.0, 0.5, -1.0], [0.0, 1.0, 3.0], [-0.5, 0.2, 1.5]])
SCORES = [(LOGITS,), (3 * LOGITS[:2, :2],), (LOGITS + torch.tensor([0.0, 2.0, -1.0]),)]


def _ways(x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.double()
    right = x.diagonal()
    return x.logsumexp(1) - right, x.logsumexp(0) - right


def _nce(x: Tensor) -> Tensor:
    rows, columns = _ways(x)
    return (rows.mean() + columns.mean()) / 2


NCE_MISTAKES = {
    "You asked from one side (which sentence?); ask from the other as well (which picture?).": (
        lambda x: _ways(x)[0].mean()
    ),
    "You asked from one side (which picture?); ask from the other as well (which sentence?).": (
        lambda x: _ways(x)[1].mean()
    ),
    "You added both ways up: take their mean.": lambda x: 2 * _nce(x),
    "The sign is turned: the loss is minus a log-probability.": lambda x: -_nce(x),
    "You summed over the pairs: take the mean.": lambda x: _nce(x) * len(x),
    "One softmax over all pairs of the table: make one for each row, one for each column.": (
        lambda x: x.double().flatten().logsumexp(0) - x.double().diagonal().mean()
    ),
    "You left the wrong pairs out: without them all scores may as well be large.": (
        lambda x: -x.double().diagonal().mean()
    ),
    "Your softmax leaves the right partner out; it is one of those to choose from.": (
        lambda x: (
            sum(
                (y.double() - 1e9 * torch.eye(len(y)).double()).logsumexp(1).mean()
                - y.double().diagonal().mean()
                for y in (x, x.T)
            )
            / 2
        )
    ),
    "Two softmaxes: logsumexp, or a cross-entropy, makes one of the bare scores already.": (
        lambda x: _ways(x.double().softmax(1))[0].mean()
    ),
    "You judged each pair alone, with a sigmoid; here the partners of a row compete.": (
        lambda x: F.binary_cross_entropy_with_logits(x.double(), torch.eye(len(x)).double())
    ),
    "You took the largest score in place of logsumexp: then a loss of 0 teaches nothing more.": (
        lambda x: sum((x.double().amax(d) - x.double().diagonal()).mean() for d in (0, 1)) / 2
    ),
    "You took the mean of both probabilities, then the log; take the logs, then their mean.": (
        lambda x: -(sum(x.double().softmax(d).diagonal() for d in (0, 1)) / 2).log().mean()
    ),
    "Those are probabilities; the loss is the mean of their logs, with a minus.": (
        lambda x: -sum(x.double().softmax(d).diagonal() for d in (0, 1)).mean() / 2
    ),
    "You added the scores up in place of logsumexp, which is log(sum(exp)).": (
        lambda x: sum((x.double().sum(d) - x.double().diagonal()).mean() for d in (0, 1)) / 2
    ),
    "That is how often the right partner wins: it has no gradient. Take the log-probability.": (
        lambda x: (x.argmax(1) == torch.arange(len(x))).double().mean()
    ),
}


@exercise(
    f"{LESSON}/nce",
    not_yet="Write the body of `my_info_nce(logits)` and return one number.",
    right="A classification of N, with the batch as its classes; asked both ways.",
    hints=[
        "The right partner's scores are logits.diagonal().",
        "-log softmax of a row at its partner: logits.logsumexp(1) - logits.diagonal().",
        "Mean over the rows, the same over the columns (logsumexp(0)), and half their sum.",
    ],
)
def nce(answer) -> None:
    """InfoNCE of a table of scores."""
    same_on(answer, _nce, SCORES, mistakes=NCE_MISTAKES)
    same_gradients(answer, _nce, SCORES[0], (0,), "Every score is learnt from.")


TOLD, UNTOLD = torch.randn(2, 3, 4, generator=_g)
STEPS = [
    (TOLD, TOLD, UNTOLD, 3.0, 0.5, 0.25),
    (UNTOLD, TOLD[:2].repeat(2, 1)[:3], UNTOLD, 1.0, 1.0, 0.8),
    (TOLD + 1, UNTOLD, TOLD, 5.0, 0.25, 0.0),
]


def _step(x: Tensor, told: Tensor, untold: Tensor, w: float, t: float, s: float) -> Tensor:
    return x + (s - t) * (untold + w * (told - untold))


STEP_MISTAKES = {
    "The step is turned round: time runs down, and s - t is negative, as it should be.": (
        lambda x, a, b, w, t, s: x + (t - s) * (b + w * (a - b))
    ),
    "You told and untold the wrong way round: go from `untold` towards `told`.": (
        lambda x, a, b, w, t, s: x + (s - t) * (a + w * (b - a))
    ),
    "With w = 1 nothing may be exaggerated: yours adds w times the difference to `told`.": (
        lambda x, a, b, w, t, s: x + (s - t) * (a + w * (a - b))
    ),
    "There is no guidance in it: w was not used.": lambda x, a, b, w, t, s: x + (s - t) * a,
    "You left `untold` out: the difference is exaggerated, and starts from `untold`.": (
        lambda x, a, b, w, t, s: x + (s - t) * w * (a - b)
    ),
    "You multiplied `told` by w: then the sentence's part and all the rest grow together.": (
        lambda x, a, b, w, t, s: x + (s - t) * w * a
    ),
    "You did not multiply by the length of the step.": (
        lambda x, a, b, w, t, s: x + b + w * (a - b)
    ),
    "A bracket is missing: only `untold` is multiplied by the length of the step.": (
        lambda x, a, b, w, t, s: x + (s - t) * b + w * (a - b)
    ),
    "A bracket is missing: w multiplies `told` alone, not the way from `untold` to `told`.": (
        lambda x, a, b, w, t, s: x + (s - t) * (b + w * a)
    ),
    "The step is s - t long; s alone is where it ends.": (
        lambda x, a, b, w, t, s: x + s * (b + w * (a - b))
    ),
    "The step is s - t long; -t alone goes to time 0 at once.": (
        lambda x, a, b, w, t, s: x - t * (b + w * (a - b))
    ),
    "x itself is not shrunk: the velocity says all that changes.": (
        lambda x, a, b, w, t, s: x * (s / t) + (s - t) * (b + w * (a - b))
    ),
    "You went from `untold` away from the sentence: the difference is `told - untold`.": (
        lambda x, a, b, w, t, s: x + (s - t) * (b + w * (b - a))
    ),
    "That is half of each: w says how far to go from `untold` towards `told`, and beyond.": (
        lambda x, a, b, w, t, s: x + (s - t) * (a + b) / 2
    ),
    "You started from x in place of `untold`: the bracket holds velocities.": (
        lambda x, a, b, w, t, s: x + (s - t) * (x + w * (a - b))
    ),
    "The sentence was never used: that is the step without it.": (
        lambda x, a, b, w, t, s: x + (s - t) * b
    ),
    "That is the guided velocity; take the step, too.": lambda x, a, b, w, t, s: b + w * (a - b),
    "That is how far to go: add it to x.": lambda x, a, b, w, t, s: (s - t) * (b + w * (a - b)),
}


@exercise(
    f"{LESSON}/step",
    not_yet="Write the body of `guided_step(x, told, untold, w, t, s)` and return the new x.",
    right="w = 1 takes the sentence as it is, w = 0 forgets it, more exaggerates it.",
    hints=[
        "The guided velocity starts at `untold` and goes w times the way to `told`.",
        "untold + w * (told - untold).",
        "x + (s - t) * (untold + w * (told - untold))",
    ],
)
def step(answer) -> None:
    """One Euler step with guidance."""
    same_on(answer, _step, STEPS, mistakes=STEP_MISTAKES)


question(
    f"{LESSON}/q1",
    "An encoder sees the words without their places. What can no training teach it?",
    options={
        "a": ("The difference between red and blue.", "Those are different words."),
        "b": (
            "The difference between “red above blue” and “blue above red”.",
            "The same words, so the same answer, whatever the weights.",
        ),
        "c": ("To count.", "“two” is a word like others, and is in the bag."),
    },
    answer="b",
)

question(
    f"{LESSON}/q2",
    "A picture shows a blue circle and a red square; asked for were a red circle and a blue "
    "square. Which score of this page sees it?",
    options={
        "a": ("Colours right.", "They are right."),
        "b": ("Things right.", "It holds colour and shape together."),
        "c": ("Number right.", "There are two things, as asked."),
    },
    answer="b",
)

question(
    f"{LESSON}/q3",
    "The guidance is raised. What is paid for more obedience?",
    options={
        "a": ("Variety.", "The pictures of one sentence become more alike."),
        "b": ("Nothing.", "Measure the pictures of one sentence against each other."),
        "c": ("Seconds of training.", "Guidance belongs to sampling alone."),
    },
    answer="a",
)

question(
    f"{LESSON}/q4",
    "A contrastive judge was trained on batches of random sentences. Why may it overlook a "
    "swapped binding?",
    options={
        "a": (
            "Random batches hardly ever hold the swapped sentence.",
            "So nothing in the loss asks for the difference.",
        ),
        "b": (
            "Its temperature is wrong, so that all scores come too near each other.",
            "It scales all scores alike; the order stays.",
        ),
        "c": (
            "Its vectors are too short to hold colours and shapes.",
            "It finds one sentence of 64 by them in most cases.",
        ),
    },
    answer="a",
)

question(
    f"{LESSON}/q5",
    "A detector gets generated pictures of a rare case. What must it be compared with?",
    options={
        "a": (
            "With the detector trained without them, on all other pictures.",
            "That alone may credit what repeating does.",
        ),
        "b": (
            "With repeating the rare pictures, and with true ones.",
            "The first costs nothing, the second says what could be had at best.",
        ),
        "c": (
            "With nothing: its rate of found cases says it all.",
            "A rate says nothing of where it comes from.",
        ),
    },
    answer="b",
)
