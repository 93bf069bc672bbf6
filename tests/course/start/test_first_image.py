"""Lesson 00's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

from course.answers import Answers

RANGES = {
    "0 to 1": (lambda p: p / 255, "between 0 and 1"),
    "0 to 2": (lambda p: p / 127.5, "between 0 and 2"),
    "half the width": (lambda p: p / 255 - 0.5, "between -0.5 and 0.5"),
    "negative": (lambda p: 1 - p / 127.5, "negative"),
    "128": (lambda p: p / 128 - 1, "divided by 128"),
    "whole numbers": (lambda p: p // 127 - 1, "whole numbers"),
    "127": (lambda p: p / 127 - 1, "divided by 127"),
    "floor": (lambda p: p // 127.5 - 1, "drops the fraction"),
    "wrapped": (lambda p: (p - 128) / 128, "wrapped round"),
    "wrapped above": (lambda p: p * 2 / 255 - 1, "far above 255"),
    "own maximum": (lambda p: p.float() / p.max() * 2 - 1, "own brightest"),
    "own range": (
        lambda p: (p.float() - p.min()) / (p.max() - p.min()) * 2 - 1,
        "own darkest and brightest",
    ),
    "standardised": (lambda p: (p.float() - p.float().mean()) / p.float().std(), "it should be"),
    "clipped": (lambda p: (p.float() - 127).clamp(-1, 1), "it should be"),
    "a loop": (lambda p: [int(x) / 127.5 - 1 for x in p], "whole tensor"),
}


def right_share(p):
    surest, verdict = p.max(dim=1)
    return ((verdict < 10) & (surest > 0.9)).float().mean()


SHARES = {
    "refusals counted": (lambda p: (p.max(1).values > 0.9).float().mean(), "sure refusals"),
    "unsure counted": (lambda p: (p.argmax(1) < 10).float().mean(), "unsure digits"),
    "a number": (lambda p: right_share(p) * len(p), "divided by N"),
    "per cent": (lambda p: 100 * right_share(p), "percentage"),
    "bad share": (lambda p: 1 - right_share(p), "bad pictures"),
    "or": (lambda p: ((p.argmax(1) < 10) | (p.max(1).values > 0.9)).float().mean(), "meets both"),
    "over 11": (lambda p: right_share(p) * len(p) / 11, "number of classes"),
    "all entries": (lambda p: (p > 0.9).float().mean(), "one verdict"),
    "no nine": (lambda p: (p[:, :9].max(1).values > 0.9).float().mean(), "digit 9"),
    "no eight, no nine": (lambda p: (p[:, :8].max(1).values > 0.9).float().mean(), "too small"),
    "no zero": (lambda p: (p[:, 1:10].max(1).values > 0.9).float().mean(), "digit 0"),
    "bool mean": (lambda p: (p.max(1).values > 0.9).mean(), ".float().mean()"),
    "and": (lambda p: p.argmax(1) < 10 and p.max(1).values > 0.9, "Join two comparisons"),
    "constant": (lambda p: 0.5, "too small"),
    "a row each": (lambda p: p.max(1).values, "number is needed"),
}


RIGHT = {
    "start/first_image/to_model_range": [
        lambda p: p.float() / 127.5 - 1,
        lambda p: 2 * (p / 255.0) - 1,
    ],
    "start/first_image/good_share": [right_share, lambda p: right_share(p).item()],
}
TABLES = {"start/first_image/to_model_range": RANGES, "start/first_image/good_share": SHARES}


class TestAnswers(Answers):
    right = RIGHT
    wrong = [(name, *case) for name, table in TABLES.items() for case in table.values()]
