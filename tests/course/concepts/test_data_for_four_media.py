"""The exercises on data: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach.data.tokens import merge
from aigc_teach.lab.judge import judge
from aigc_teach.lab.register import QUESTIONS
from course.answers import Answers


def to_bytes(x):
    return torch.clamp((x + 1) / 2 * 255, 0, 255).round().byte().movedim(1, -1)


def apply_merges(ids, merges):
    for k, pair in enumerate(merges):
        ids = merge(ids, pair, 256 + k)
    return list(ids)


def heard(f, rate):
    return abs(f - rate * round(f / rate))


def held_out(groups, every):
    seen = []
    for group in groups.tolist():
        if group not in seen:
            seen.append(group)
    return torch.tensor([seen.index(g) % every == every - 1 for g in groups.tolist()])


RIGHT = {
    "concepts/data_for_four_media/to_bytes": [
        to_bytes,
        lambda x: ((x.clamp(-1, 1) + 1) * 127.5 + 0.5).to(torch.uint8).permute(0, 2, 3, 1),
    ],
    "concepts/data_for_four_media/apply_merges": [
        apply_merges,
        lambda i, m: tuple(apply_merges(i, m)),
    ],
    "concepts/data_for_four_media/heard": [
        heard,
        lambda f, r: torch.tensor(min(f % r, -f % r)),
    ],
    "concepts/data_for_four_media/held_out": [
        held_out,
        lambda g, n: held_out(g, n).tolist(),
        lambda g, n: held_out(g, n).numpy(),
        lambda g, n: held_out(g, n).int().tolist(),
    ],
}


def reverse_order(ids, merges):
    for k in reversed(range(len(merges))):
        ids = merge(ids, merges[k], 256 + k)
    return ids


def in_place(ids, merges):
    out = apply_merges(ids, merges)
    ids[:] = out
    return ids


def only_once(ids, merges):
    ids = list(ids)
    for k, pair in enumerate(merges):
        for i in range(len(ids) - 1):
            if tuple(ids[i : i + 2]) == pair:
                ids[i : i + 2] = [256 + k]
                break
    return ids


def from_the_right(ids, merges):
    ids = list(ids)
    for k, pair in enumerate(merges):
        i = len(ids) - 2
        while i >= 0:
            if tuple(ids[i : i + 2]) == pair:
                ids[i : i + 2] = [256 + k]
                i -= 1
            i -= 1
    return ids


def by_position(ids, merges):
    out, i = [], 0
    while i < len(ids):
        pair = tuple(ids[i : i + 2])
        hit = pair in merges
        out.append(256 + merges.index(pair) if hit else ids[i])
        i += 2 if hit else 1
    return out


def without_the_end(ids, merges):
    ids = list(ids)
    for k, pair in enumerate(merges):
        i = 0
        while i < len(ids) - 2:  # should be - 1
            if tuple(ids[i : i + 2]) == pair:
                ids[i : i + 2] = [256 + k]
            i += 1
    return ids


WRONG = [
    (
        "concepts/data_for_four_media/to_bytes",
        lambda x: ((x + 1) * 127.5).round().to(torch.int16),
        "int16",
    ),
    ("concepts/data_for_four_media/to_bytes", lambda x: (x.clamp(-1, 1) + 1) * 127.5, "float32"),
    ("concepts/data_for_four_media/to_bytes", lambda x: to_bytes(x).movedim(-1, 1), "still axis 1"),
    (
        "concepts/data_for_four_media/to_bytes",
        lambda x: to_bytes(x).transpose(1, 2),
        "Height and width",
    ),
    ("concepts/data_for_four_media/to_bytes", lambda x: to_bytes(x)[0], "must become [2, 2, 4, 3]"),
    (
        "concepts/data_for_four_media/to_bytes",
        lambda x: to_bytes(x).movedim(-1, 1).reshape(2, 2, 4, 3),
        "scrambles",
    ),
    (
        "concepts/data_for_four_media/to_bytes",
        lambda x: ((x.clamp(-1, 1) + 1) * 127.5).to(torch.uint8).permute(0, 2, 3, 1),
        "do not cut",
    ),
    (
        "concepts/data_for_four_media/to_bytes",
        lambda x: ((x + 1) * 127.5).round().long().to(torch.uint8).permute(0, 2, 3, 1),
        "Strays",
    ),
    (
        "concepts/data_for_four_media/to_bytes",
        lambda x: (x.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1),
        "middle grey",
    ),
    (
        "concepts/data_for_four_media/to_bytes",
        lambda x: (x.clamp(-1, 1) * 127.5).round().to(torch.int).to(torch.uint8).movedim(1, -1),
        "-1 must become 0",
    ),
    (
        "concepts/data_for_four_media/to_bytes",
        lambda x: to_bytes((x - x.min()) / (x.max() - x.min()) * 2 - 1),
        "stretched the range",
    ),
    ("concepts/data_for_four_media/apply_merges", reverse_order, "last merge first"),
    ("concepts/data_for_four_media/apply_merges", by_position, "merge by merge"),
    ("concepts/data_for_four_media/apply_merges", without_the_end, "very end"),
    ("concepts/data_for_four_media/apply_merges", only_once, "only once"),
    ("concepts/data_for_four_media/apply_merges", from_the_right, "from the right"),
    ("concepts/data_for_four_media/apply_merges", in_place, "of your own"),
    ("concepts/data_for_four_media/apply_merges", lambda i, m: list(i), "Nothing is merged"),
    (
        "concepts/data_for_four_media/apply_merges",
        lambda i, m: apply_merges(i, m[:1]),
        "first merge only",
    ),
    (
        "concepts/data_for_four_media/apply_merges",
        lambda i, m: [k + (k > 255) for k in apply_merges(i, m)],
        "begin at 257",
    ),
    ("concepts/data_for_four_media/apply_merges", lambda i, m: 5, "list of ids"),
    (
        "concepts/data_for_four_media/apply_merges",
        lambda i, m: apply_merges(i, m)[::-1],
        "you return",
    ),
    ("concepts/data_for_four_media/heard", lambda f, r: f % r, "fold the upper half"),
    ("concepts/data_for_four_media/heard", lambda f, r: min(f, r / 2), "not cut off"),
    (
        "concepts/data_for_four_media/heard",
        lambda f, r: f if f <= r / 2 else abs(r - f),
        "folds once only",
    ),
    ("concepts/data_for_four_media/heard", lambda f, r: f % (r / 2), "after the whole rate"),
    ("concepts/data_for_four_media/heard", lambda f, r: r - f % r, "even those below"),
    ("concepts/data_for_four_media/heard", lambda f, r: abs(f - r / 2), "distance to half"),
    ("concepts/data_for_four_media/heard", lambda f, r: heard(f, r) + 1, "you say"),
    ("concepts/data_for_four_media/heard", lambda f, r: "low", "text"),
    (
        "concepts/data_for_four_media/held_out",
        lambda g, n: [i % n == n - 1 for i in range(len(g))],
        "every n-th item",
    ),
    (
        "concepts/data_for_four_media/held_out",
        lambda g, n: [k % n == n - 1 for k in g.tolist()],
        "group's number",
    ),
    (
        "concepts/data_for_four_media/held_out",
        lambda g, n: [k in sorted(set(g.tolist()))[n - 1 :: n] for k in g.tolist()],
        "sorted numbers",
    ),
    ("concepts/data_for_four_media/held_out", lambda g, n: ~held_out(g, n), "other part"),
    (
        "concepts/data_for_four_media/held_out",
        lambda g, n: [k in list(dict.fromkeys(g.tolist()))[::n] for k in g.tolist()],
        "begin with the first",
    ),
    (
        "concepts/data_for_four_media/held_out",
        lambda g, n: held_out(g, n)[:-1],
        "one each; you return",
    ),
    (
        "concepts/data_for_four_media/held_out",
        lambda g, n: [i == 0 for i in range(len(g))],
        "on both sides: a leak",
    ),
    ("concepts/data_for_four_media/held_out", lambda g, n: [False] * len(g), "you hold out none"),
    (
        "concepts/data_for_four_media/held_out",
        lambda g, n: [k in list(dict.fromkeys(g.tolist()))[n::n] for k in g.tolist()],
        "hold out [3, 1]; you hold out [9, 4]",
    ),
    (
        # the group's number or nothing: neither True nor False
        "concepts/data_for_four_media/held_out",
        lambda g, n: [k if h else None for k, h in zip(g.tolist(), held_out(g, n), strict=True)],
        "not None",
    ),
    ("concepts/data_for_four_media/held_out", lambda g, n: (g * held_out(g, n)).tolist(), "not 3"),
    (
        "concepts/data_for_four_media/held_out",
        lambda g, n: [str(bool(h)) for h in held_out(g, n)],
        "not 'False'",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_five_questions():
    judge("concepts/data_for_four_media/heard", None)  # loads the modules
    mine = [name for name in QUESTIONS if name.startswith("concepts/data_for_four_media/")]
    assert len(mine) == 5
    assert len({QUESTIONS[name].answer for name in mine}) == 3
