"""Right and wrong answers of video/subtitles."""

from __future__ import annotations

from course.answers import Answers

LESSON = "video/subtitles"

RIGHT = {
    f"{LESSON}/mean": [lambda x: x.sum() / len(x), lambda x: float(x.mean())],
    f"{LESSON}/square": [lambda x: (x**2).mean(), lambda x: x @ x / len(x)],
    f"{LESSON}/span": [lambda x: x.max() - x.min(), lambda x: max(x) - min(x)],
}
WRONG = [
    (f"{LESSON}/mean", lambda x: sum(x), "divide by how many"),
    (f"{LESSON}/mean", lambda x: x.sum() / (len(x) - 1), "not by one less"),
    (f"{LESSON}/mean", lambda x: x.sort().values[(len(x) - 1) // 2], "the median"),
    (f"{LESSON}/square", lambda x: x.mean() * x.mean(), "square each number first"),
    (f"{LESSON}/square", lambda x: x @ x, "take their mean"),
    (f"{LESSON}/square", lambda x: x.square().mean() ** 0.5, "root"),
    (f"{LESSON}/span", lambda x: x.min() - x.max(), "wrong sign"),
    (f"{LESSON}/span", lambda x: max(x), "smallest from it"),
    (f"{LESSON}/span", lambda x: x[-1] - x[0], "any order"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
