"""The exercises on conditional generation: right answers accepted, wrong ones told why."""

from __future__ import annotations

import torch

from aigc_teach.lab import register as exercises
from aigc_teach.lab.judge import judge
from course.answers import Answers


def beside(z, row):
    return torch.cat([z, row.expand(len(z), -1)], dim=1)


def logits(f, w, b, v):
    return f @ v.T + (f * w).sum(1, keepdim=True) + b


def by_hand(a, s):
    logs = a + s.log()
    joint = (logs - logs.max(1, keepdim=True).values).exp()
    return joint / joint.sum(1, keepdim=True)


def largest_first(a, s):  # the largest likelihood may belong to a label of share 0
    joint = (a - a.max(1, keepdim=True).values).exp() * s
    return joint / joint.sum(1, keepdim=True)


def by_loop(f, w, b, v):
    return torch.stack([(f * (w + row)).sum(1) + b for row in v], dim=1)


RIGHT = {
    "models/conditional_generation/mix": [
        lambda z, w: beside(z, w / w.sum()),
        lambda z, w: torch.cat([z, torch.stack([w / w.sum()] * len(z))], 1),
        lambda z, w: torch.cat([z, (w / w.sum()).repeat(len(z), 1)], 1),
    ],
    "models/conditional_generation/all_logits": [logits, by_loop],
    "models/conditional_generation/posterior": [
        by_hand,
        lambda a, s: (a + s.log() - (a + s.log()).logsumexp(1, keepdim=True)).exp(),
    ],
}

MIX, ALL = "models/conditional_generation/mix", "models/conditional_generation/all_logits"
POSTERIOR = "models/conditional_generation/posterior"


def unit(rows):
    return rows / rows.norm(dim=1, keepdim=True)


def whole_rows(z, w):
    x = beside(z, w)
    return x / x.sum(1, keepdim=True)


WRONG = [
    (MIX, whole_rows, "common sum"),
    (MIX, lambda z, w: beside(z, w / w.mean()), "mean of the weights"),
    (MIX, lambda z, w: beside(z, (w > 0) / (w > 0).sum()), "equally among"),
    (MIX, lambda z, w: beside(z, (w - w.min()) / (w - w.min()).sum()), "smallest weight"),
    (ALL, lambda f, w, b, v: logits(f, w, -b, v), "added, not subtracted"),
    (ALL, lambda *a: logits(*a).log_softmax(1), "leave the log_softmax out"),
    (ALL, lambda f, w, b, v: (f * w).sum(1, keepdim=True) + b + f @ v.T / 3, "took their mean"),
    (
        ALL,
        lambda f, w, b, v: (f * w).sum(1, keepdim=True) + b + unit(f) @ unit(v).T,
        "not a cosine",
    ),
    (ALL, lambda f, w, b, v: (f @ w + b)[:, None] * (f @ v.T), "added, not multiplied"),
    (ALL, lambda f, w, b, v: w.sum() + b + f @ v.T, "needs the features"),
    (ALL, lambda *a: logits(*a).argmax(1), "logits of all"),
    (POSTERIOR, lambda a, s: (a + s.log()).log_softmax(1), "log_softmax gives"),
    (POSTERIOR, lambda a, s: (a - a.max(1, keepdim=True).values).exp() * s, "do not add up to 1"),
    (POSTERIOR, lambda a, s: torch.eye(len(s))[(a + s.log()).argmax(1)], "label alone"),
    (POSTERIOR, lambda a, s: (a + 2 * s.log()).softmax(1), "shares twice"),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: logits(f.detach(), w, b, v),
        "f in both of its parts",
    ),
    ("models/conditional_generation/mix", beside, "do not sum to 1"),
    ("models/conditional_generation/mix", lambda z, w: beside(z, w.softmax(0)), "softmax"),
    ("models/conditional_generation/mix", lambda z, w: beside(z, w / w.max()), "largest weight"),
    (
        "models/conditional_generation/mix",
        lambda z, w: beside(z, w / w.norm()),
        "length of the weights",
    ),
    ("models/conditional_generation/mix", lambda z, w: beside(z, w / len(w)), "number of labels"),
    (
        "models/conditional_generation/mix",
        lambda z, w: beside(z, w / w.sum()).roll(len(w), 1),
        "code comes first",
    ),
    (
        "models/conditional_generation/mix",
        lambda z, w: (w / w.sum()).expand(len(z), -1),
        "label alone",
    ),
    (
        "models/conditional_generation/mix",
        lambda z, w: beside(z, torch.eye(len(w))[w.argmax()]),
        "keep all",
    ),
    (
        "models/conditional_generation/mix",
        lambda z, w: beside(z, w / w.sum().clamp(min=1)),
        "should be 0.75",
    ),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: f @ v.T,
        "without a label is missing",
    ),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: logits(f, w, 0, v),
        "bias b is missing",
    ),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: logits(f, w, b, 0 * v),
        "same for every label",
    ),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: logits(f, w, b, -v),
        "subtracted",
    ),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: logits(f, w, b, v).softmax(1),
        "softmax out",
    ),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: logits(f, w, b, v).sigmoid(),
        "sigmoid out",
    ),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: logits(f, w, b, v).T,
        "in rows",
    ),
    (
        "models/conditional_generation/all_logits",
        lambda f, w, b, v: logits(f, w, 2 * b, v),
        "twice",
    ),
    ("models/conditional_generation/posterior", lambda a, s: a.softmax(1), "shares are missing"),
    (
        "models/conditional_generation/posterior",
        lambda a, s: (a + s).softmax(1),
        "logarithms are asked",
    ),
    ("models/conditional_generation/posterior", lambda a, s: (a + s.log()).softmax(0), "dim=0"),
    (
        "models/conditional_generation/posterior",
        lambda a, s: (-a + s.log()).softmax(1),
        "sign is turned",
    ),
    (
        "models/conditional_generation/posterior",
        lambda a, s: a.softmax(1) * s,
        "no longer sum to 1",
    ),
    (
        "models/conditional_generation/posterior",
        lambda a, s: a.exp() * s / (a.exp() * s).sum(1, True),
        "0 / 0",
    ),
    ("models/conditional_generation/posterior", lambda a, s: a.exp() * s, "divide each row"),
    ("models/conditional_generation/posterior", largest_first, "best label has share 0"),
    (
        "models/conditional_generation/posterior",
        lambda a, s: (a + (s + 1e-8).log()).softmax(1),
        "however well",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_a_share_of_zero_must_not_break_the_posterior():
    def cautious(a, s):
        return (a + (s + 0.01).log()).softmax(1)

    def exact_but_for_zero(a, s):
        if (s == 0).any():
            return (a + (s + 0.01).log()).softmax(1)
        return by_hand(a, s)

    def softmax_first(a, s):
        joint = a.softmax(1) * s
        return joint / joint.sum(1, keepdim=True)

    def in_double(a, s):
        joint = a.double().exp() * s
        return joint / joint.sum(1, keepdim=True)

    def finite_log(a, s):
        return (a + s.log().clamp(min=-100)).softmax(1)

    for answer in (cautious, exact_but_for_zero, softmax_first, in_double, finite_log):
        assert judge("models/conditional_generation/posterior", answer).state == "wrong"


def test_five_questions_are_there():
    exercises.load_all()
    names = [
        name for name in exercises.QUESTIONS if name.startswith("models/conditional_generation/")
    ]
    assert names == [f"models/conditional_generation/q{i}" for i in range(1, 6)]
