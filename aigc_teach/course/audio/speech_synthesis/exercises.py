"""Exercises and questions of the lesson on speech."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ....lab.checkers import same_on
from ....lab.register import exercise, question

# ------------------------------------------------------------------ 1: mu-law

SAMPLES = torch.tensor([-1.0, -0.5, -0.02, 0.0, 0.001, 0.1, 0.8])


def _pressed(x: Tensor) -> Tensor:
    return x.sign() * torch.log1p(255 * x.abs()) / math.log(256)


PRESSED_MISTAKES = {
    "Those are even steps; mu-law is logarithmic, and is not rounded here.": (
        lambda x: (x * 127.5).round() / 127.5
    ),
    "The sign is lost: a loudspeaker goes both ways. Multiply by x.sign().": (
        lambda x: _pressed(x).abs()
    ),
    "At 1 it must be 1: divide by log(256).": lambda x: _pressed(x) * math.log(256),
    "log(255 |x|) is minus infinity at silence; it is log(1 + 255 |x|).": (
        lambda x: x.sign() * (255 * x.abs()).clamp_min(1e-9).log() / math.log(256)
    ),
    "Divide by log(256), not by log(255): at 1 the logarithm is log(1 + 255).": (
        lambda x: _pressed(x) * math.log(256) / math.log(255)
    ),
    "That is the way back, which makes soft sounds softer.": (
        lambda x: x.sign() * torch.expm1(x.abs() * math.log(256)) / 255
    ),
    "255 belongs inside, beside |x|: log(1 + 255 |x|).": (
        lambda x: x.sign() * torch.log1p(x.abs()) / math.log(2)
    ),
}


@exercise(
    "audio/speech_synthesis/pressed",
    not_yet="Write the body of `pressed(x)` and return as many numbers as you were given.",
    right="Soft sounds get most of the codes, as the ear would have it.",
    hints=[
        "The formula needs the size of x, and gives the sign back at the end.",
        "torch.log1p(255 * x.abs()) is log(1 + 255 |x|).",
        "x.sign() * torch.log1p(255 * x.abs()) / math.log(256)",
    ],
)
def pressed(answer) -> None:
    """The mu-law without rounding."""
    same_on(
        answer, _pressed, [(SAMPLES,), (SAMPLES.flip(0) / 2,)], rtol=1e-4, mistakes=PRESSED_MISTAKES
    )


# ------------------------------------------------------------------ 2: a resonator


def _resonator(f: float, w: float, rate: float) -> tuple[float, float, float]:
    return _with_b(2 * _decay(w, rate) * math.cos(2 * math.pi * f / rate), w, rate)


def _decay(w: float, rate: float) -> float:
    return math.exp(-math.pi * w / rate)


def _with_b(b: float, w: float, rate: float) -> tuple[float, float, float]:
    c = -(_decay(w, rate) ** 2)
    return 1 - b - c, b, c


def _positive_c(f: float, w: float, rate: float) -> tuple[float, float, float]:
    _, b, c = _resonator(f, w, rate)
    return 1 - b + c, b, -c


def _slow_c(f: float, w: float, rate: float) -> tuple[float, float, float]:
    b, c = _resonator(f, w, rate)[1], -_decay(w, rate)
    return 1 - b - c, b, c


RESONATOR_MISTAKES = {
    "C is negative: with a positive one nothing swings.": _positive_c,
    "C is the square of the decay of one sample: -exp(-2 pi W / rate).": _slow_c,
    "B lacks its factor 2: two poles, one above and one below.": (
        lambda f, w, r: _with_b(_resonator(f, w, r)[1] / 2, w, r)
    ),
    "The angle is 2 pi F / rate: a full turn a period.": (
        lambda f, w, r: _with_b(2 * _decay(w, r) * math.cos(math.pi * f / r), w, r)
    ),
    "A is 1 - B - C, so that a constant passes unchanged; you left it at 1.": (
        lambda f, w, r: (1.0, *_resonator(f, w, r)[1:])
    ),
    "B decays, too: 2 exp(-pi W / rate) cos(2 pi F / rate).": (
        lambda f, w, r: _with_b(2 * math.cos(2 * math.pi * f / r), w, r)
    ),
    "B wants a cosine: at F = 0 it is 2 exp(-pi W / rate), not 0.": (
        lambda f, w, r: _with_b(2 * _decay(w, r) * math.sin(2 * math.pi * f / r), w, r)
    ),
    "F and W have changed places: F sets the angle, W the decay.": (
        lambda f, w, r: _resonator(w, f, r)
    ),
}


@exercise(
    "audio/speech_synthesis/resonator",
    not_yet="Write the body of `resonator(f, w, rate)` and return A, B and C.",
    right="Three numbers, and a row of them is a voice.",
    hints=[
        "Begin with C, then B, and A last: it needs both.",
        "c = -exp(-2 pi w / rate); b = 2 exp(-pi w / rate) cos(2 pi f / rate).",
        "1 - b - c, b, c",
    ],
)
def resonator(answer) -> None:
    """Klatt's three coefficients."""
    numbers = [(500.0, 60.0, 10_000.0), (2290.0, 90.0, 11_025.0), (270.0, 400.0, 8000.0)]
    same_on(answer, _resonator, numbers, mistakes=RESONATOR_MISTAKES)


# ------------------------------------------------------------------ 3: durations to frames

DURATIONS = torch.tensor([2, 1, 3, 2])
OTHERS = torch.tensor([1, 4, 2])
LINES = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]])


def _stretched(rows: Tensor, frames: Tensor) -> Tensor:
    return rows.repeat_interleave(frames, 0)


def _blocks(rows: Tensor, frames: Tensor) -> Tensor:
    """All rows, one after the other, again and again: as many frames as are wanted."""
    total = int(frames.sum())
    return rows.repeat(total, 1)[:total]


def _even(rows: Tensor, frames: Tensor) -> Tensor:
    """Every phoneme the same share of the time."""
    total = int(frames.sum())
    return rows[torch.arange(total) * len(rows) // total]


STRETCHED_MISTAKES = {
    "You repeated the whole row of phonemes; each phoneme must be repeated by itself.": _blocks,
    "Every phoneme got the same time; its own duration counts.": _even,
    "The order is turned round: the first phoneme comes first.": (
        lambda x, d: _stretched(x, d).flip(0)
    ),
    "One frame too many for each phoneme: a phoneme of 2 frames has 2.": (
        lambda x, d: _stretched(x, d + 1)
    ),
    "The durations went to their neighbours: the first number belongs to the first phoneme.": (
        lambda x, d: _stretched(x, d.roll(1))
    ),
    "That is one row a phoneme, as before: nothing was stretched.": lambda x, d: x,
}


@exercise(
    "audio/speech_synthesis/stretched",
    not_yet="Write the body of `stretched(rows, frames)` and return one row a frame.",
    right="That is all that a network with durations needs in place of attention.",
    hints=[
        "[a, b] with durations [2, 1] becomes [a, a, b].",
        "torch has a function that repeats each row by its own number.",
        "rows.repeat_interleave(frames, 0)",
    ],
)
def stretched(answer) -> None:
    """From one row a phoneme to one row a frame."""
    cases = [(LINES, DURATIONS), (LINES[1:], OTHERS), (LINES[:2], DURATIONS[2:])]
    same_on(answer, _stretched, cases, mistakes=STRETCHED_MISTAKES)


# ------------------------------------------------------------------ 4: a cross-fade

ONE, TWO = torch.tensor([1.0, 2.0, 3.0, 4.0, 6.0]), torch.tensor([-1.0, 0.5, 2.0, 8.0])


def _rising(over: int) -> Tensor:
    return torch.arange(1, over + 1) / (over + 1)


def _half(over: int) -> Tensor:
    return torch.full((over,), 0.5)


def _faded(a: Tensor, b: Tensor, over: int, up=None, down=None) -> Tensor:
    n = int(over)
    up = _rising(n) if up is None else up(n)
    down = 1 - _rising(n) if down is None else down(n)
    return torch.cat([a[:-n], a[-n:] * down + b[:n] * up, b[n:]])


FADED_MISTAKES = {
    "That is a cut, no fade: from the overlap you kept a alone.": (
        lambda a, b, over: torch.cat([a, b[over:]])
    ),
    "The weights begin at 0: the first sample of the overlap has 1/(over + 1) of b.": (
        lambda a, b, over: torch.cat(
            [
                a[:-over],
                a[-over:] * (1 - torch.arange(over) / over) + b[:over] * torch.arange(over) / over,
                b[over:],
            ]
        )
    ),
    "You put one piece behind the other; the last `over` samples of a must overlap b.": (
        lambda a, b, n: torch.cat([a, b])
    ),
    "The fade runs the wrong way: a goes out while b comes in.": (
        lambda a, b, n: _faded(a, b, n, lambda k: 1 - _rising(k), _rising)
    ),
    "You added both at full strength: the weights must add up to 1.": (
        lambda a, b, n: _faded(a, b, n, torch.ones, torch.ones)
    ),
    "You averaged them with equal weights: that is a step, not a fade.": (
        lambda a, b, n: _faded(
            a, b, n, lambda k: torch.full((k,), 0.5), lambda k: torch.full((k,), 0.5)
        )
    ),
    "Both pieces fade out: b's weight is one minus a's.": (
        lambda a, b, n: _faded(a, b, n, lambda k: 1 - _rising(k))
    ),
    "You cut the overlap away: the result is shorter by `over`, not by twice that.": (
        lambda a, b, n: torch.cat([a[: -int(n)], b[int(n) :]])
    ),
}


@exercise(
    "audio/speech_synthesis/faded",
    not_yet="Write the body of `faded(a, b, over)` and return one sound.",
    right="No click, and no gap.",
    hints=[
        "Three parts: a without its end, the overlap, b without its beginning.",
        "up = torch.arange(1, over + 1) / (over + 1) is the weight of b.",
        "torch.cat([a[:-over], a[-over:] * (1 - up) + b[:over] * up, b[over:]])",
    ],
)
def faded(answer) -> None:
    """Two pieces joined without a click."""
    cases = [(ONE, TWO, 3), (TWO, ONE, 2), (ONE, TWO, 1)]
    same_on(answer, _faded, cases, mistakes=FADED_MISTAKES)


# ------------------------------------------------------------------ 5: word error rate

SAID = torch.tensor([7, 3, 3, 9])
HEARD = torch.tensor([7, 3, 9])
NOISY = torch.tensor([7, 2, 3, 9, 5])


def _edits(found: Tensor, said: Tensor, *, place=1, drop=1, put=1) -> float:
    row = [put * j for j in range(len(found) + 1)]
    for i, word in enumerate(said.tolist(), 1):
        above, row = row, [drop * i]
        for j, other in enumerate(found.tolist(), 1):
            swap = above[j - 1] + (place if word != other else 0)
            row.append(min(swap, above[j] + drop, row[-1] + put))
    return float(row[-1])


def _rate(found: Tensor, said: Tensor) -> Tensor:
    return torch.tensor(_edits(found, said) / len(said))


def _same_places(found: Tensor, said: Tensor) -> Tensor:
    n = min(len(found), len(said))
    wrong = int((found[:n] != said[:n]).sum()) + abs(len(found) - len(said))
    return torch.tensor(wrong / len(said))


RATE_MISTAKES = {
    "You compared place by place: after a lost word everything would count as wrong.": _same_places,
    "Divide by how many words were said, not by how many were heard.": (
        lambda x, s: torch.tensor(_edits(x, s) / len(x))
    ),
    "That is the number of errors; divide by how many words were said.": (
        lambda x, s: torch.tensor(_edits(x, s))
    ),
    "That is the share of right words; the error rate is asked for.": (
        lambda x, s: 1 - _rate(x, s)
    ),
    "A replaced word counts once, not as one lost and one put in.": (
        lambda x, s: torch.tensor(_edits(x, s, place=2) / len(s))
    ),
    "Words that were put in count, too.": lambda x, s: torch.tensor(_edits(x, s, put=0) / len(s)),
    "Words that were lost count, too.": lambda x, s: torch.tensor(_edits(x, s, drop=0) / len(s)),
}


@exercise(
    "audio/speech_synthesis/error_rate",
    not_yet="Write the body of `error_rate(found, said)` and return one number.",
    right="Fewest changes, by dynamic programming; it may be above 1.",
    hints=[
        "It is the edit distance of two rows of words, divided by the length of what was said.",
        "metrics.sound.edit_distance(found.tolist(), said.tolist()) counts; or write the table.",
        "metrics.sound.edit_distance(found.tolist(), said.tolist()) / len(said)",
    ],
)
def error_rate(answer) -> None:
    """Word error rate of one sentence, its words as numbers."""
    more = torch.tensor([4, 4, 4, 4, 4])
    cases = [(HEARD, SAID), (NOISY, SAID), (SAID.flip(0), HEARD), (more, HEARD), (SAID[3:], SAID)]
    same_on(answer, _rate, cases, mistakes=RATE_MISTAKES)


# ------------------------------------------------------------------ questions

question(
    "audio/speech_synthesis/q1",
    "You raise the pitch of a vowel from 100 to 200 Hz and keep the three formants. What changes?",
    options={
        "a": ("The vowel.", "The vowel is where the formants are; they stayed."),
        "b": ("The melody, not the vowel.", "Source and filter are set apart: the peaks stay."),
        "c": ("Nothing.", "The lines of the spectrum now stand 200 Hz apart, not 100."),
    },
    answer="b",
)
question(
    "audio/speech_synthesis/q2",
    "A recogniser understands 97 of 100 words of your voice. The teacher's own sound gets 85. What "
    "do you conclude?",
    options={
        "a": ("Yours speaks better than the teacher.", "It may only lie nearer to what the "
              "recogniser was trained on."),
        "b": ("Look at the grammar and at the sample: such a jury cannot tell.", "A grammar that "
              "repairs everything, or chance: the ceiling is the first thing to look at."),
    },
    answer="b",
)  # fmt: skip
question(
    "audio/speech_synthesis/q3",
    "Why does the network need no attention between phonemes and frames?",
    options={
        "a": ("Durations say which phoneme each frame lies in.", "The alignment is given, and at "
              "the end predicted by a second small network."),
        "b": ("Convolutions are attention.", "They mix neighbours, they do not align."),
        "c": ("The sentences are short.", "Length is not the reason."),
    },
    answer="a",
)  # fmt: skip
question(
    "audio/speech_synthesis/q4",
    "A network that is trained with the squared error gives the best guess, and leaves an error of "
    "0.2 of a band's variance. How much of the variance do its own levels have?",
    options={
        "a": ("All of it.", "A mean of what is possible varies less than what is possible."),
        "b": ("0.8.", "Total variance is that of the mean and what is left around it."),
        "c": ("0.2.", "That is what is missing."),
    },
    answer="b",
)
question(
    "audio/speech_synthesis/q5",
    "Somebody plays you a stranger's minute of speech and asks for a voice that sounds so. What is "
    "missing before the technique is even discussed?",
    options={
        "a": ("More minutes.", "That is a technical matter; it comes later."),
        "b": ("The stranger's consent.", "A voice is a person's mark. No course needs a clone."),
        "c": ("A better vocoder.", "That is a technical matter; it comes later."),
    },
    answer="b",
)
