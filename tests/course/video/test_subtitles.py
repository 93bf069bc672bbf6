"""The lesson on subtitles: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

import itertools

import pytest
import torch

from aigc_teach import data, metrics, models
from aigc_teach.core import DataError, make_generator
from aigc_teach.course.video import subtitles
from course.answers import Answers

LESSON = "video/subtitles"
INF = torch.tensor([torch.inf], dtype=torch.float64)


def before(best):
    return torch.cat([INF, best[:-1]])


def begins(path):
    return torch.tensor([path.tolist().index(s) for s in range(int(path.max()) + 1)])


def line(found, true):
    rows = torch.stack([torch.ones_like(true), true], 1)
    return torch.linalg.lstsq(rows, found[:, None]).solution[:, 0]


def least(cost):
    n = len(cost) - 1
    inner = itertools.chain(*(itertools.combinations(range(1, n), k) for k in range(n)))
    return min(sum(cost[a, b] for a, b in itertools.pairwise([0, *edges, n])) for edges in inner)


def steep(found, true, rate):
    return torch.stack([found.mean() - rate * true.mean(), rate])


def up_to(cost):
    return [cost.new_zeros(()), *(least(cost[: k + 1, : k + 1]) for k in range(1, len(cost)))]


RIGHT = {
    f"{LESSON}/step": [
        lambda b, c: torch.stack([b, before(b)]).min(0).values + c,
        lambda b, c: torch.cat([b[:1] + c[:1], torch.minimum(b[1:], b[:-1]) + c[1:]]),
    ],
    f"{LESSON}/starts": [begins, lambda p: torch.searchsorted(p, torch.arange(int(p.max()) + 1))],
    f"{LESSON}/fitted": [line, lambda f, t: line(f.clone(), t)],
    f"{LESSON}/cheapest": [least, lambda c: float(least(c))],
}
WRONG = [
    (f"{LESSON}/step", lambda b, c: torch.minimum(b, before(b)), "own cost is missing"),
    (f"{LESSON}/step", lambda b, c: b + c, "never moves"),
    (f"{LESSON}/step", lambda b, c: before(b) + c, "NaN or infinite"),
    (f"{LESSON}/step", lambda b, c: torch.minimum(b, b.roll(1)) + c, "from the last one"),
    (f"{LESSON}/step", lambda b, c: b.cummin(0).values + c, "jumps over"),
    (
        f"{LESSON}/step",
        lambda b, c: torch.minimum(b, torch.cat([b[1:], INF])) + c,
        "from right to left",
    ),
    (f"{LESSON}/step", lambda b, c: torch.minimum(b + c, before(b + c)), "state that is reached"),
    (f"{LESSON}/starts", lambda p: torch.bincount(p), "how many frames"),
    (f"{LESSON}/starts", lambda p: torch.bincount(p).cumsum(0) - 1, "last frames"),
    (f"{LESSON}/starts", lambda p: begins(p)[1:], "first state begins, too"),
    (f"{LESSON}/starts", lambda p: torch.bincount(p).cumsum(0), "next state begins"),
    (f"{LESSON}/fitted", lambda f, t: line(f, t).flip(0), "rate first"),
    (f"{LESSON}/fitted", lambda f, t: line(t, f), "other way round"),
    (f"{LESSON}/fitted", lambda f, t: torch.stack([(f - t).mean(), line(f, t)[1]]), "drift"),
    (f"{LESSON}/fitted", lambda f, t: line(f - t, t), "rate minus 1"),
    (f"{LESSON}/cheapest", lambda c: c[0, -1], "one single cue"),
    (f"{LESSON}/cheapest", lambda c: torch.stack(list(c.diagonal(1))).sum(), "every word"),
    (f"{LESSON}/cheapest", lambda c: c[:-1, -1].min(), "cues before"),
    (f"{LESSON}/step", lambda b, c: b.min() + c, "cheapest of all"),
    (f"{LESSON}/step", lambda b, c: torch.minimum(b, before(b) + c), "that stays pays"),
    (f"{LESSON}/step", lambda b, c: torch.minimum(b + c, before(b)), "that moves pays"),
    (f"{LESSON}/step", lambda b, c: b + torch.minimum(c, before(c)), "cost so far"),
    (f"{LESSON}/step", lambda b, c: torch.cat([b[:1], b[:-1]]) + c, "always moves"),
    (f"{LESSON}/step", lambda b, c: torch.minimum(b[1:], b[:-1]) + c[1:], "first state is missing"),
    (f"{LESSON}/starts", lambda p: p.unique(), "Those are the states"),
    (
        f"{LESSON}/starts",
        lambda p: torch.cat([torch.tensor([True]), p.diff() > 0]),
        "True and False",
    ),
    (
        f"{LESSON}/starts",
        lambda p: torch.cat([p.new_zeros(1), torch.bincount(p).cumsum(0)]),
        "path ends",
    ),
    (f"{LESSON}/starts", lambda p: (p.diff() > 0).nonzero()[:, 0], "One frame early, and"),
    (f"{LESSON}/fitted", lambda f, t: steep(f, t, f.std() / t.std()), "scatter"),
    (f"{LESSON}/fitted", lambda f, t: steep(f, t, (f / t).mean()), "spoils"),
    (
        f"{LESSON}/fitted",
        lambda f, t: steep(f, t, ((f - f.mean()) * (t - t.mean())).mean() / t.var()),
        "N - 1",
    ),
    (
        f"{LESSON}/fitted",
        lambda f, t: steep(f, t, torch.corrcoef(torch.stack([f, t]))[0, 1]),
        "no unit",
    ),
    (f"{LESSON}/fitted", lambda f, t: line(f, t) * torch.tensor([-1, 1]), "wrong sign"),
    (f"{LESSON}/fitted", lambda f, t: torch.stack([(f - t)[0], line(f, t)[1]]), "first word is"),
    (
        f"{LESSON}/fitted",
        lambda f, t: torch.stack([0 * f[0], (t @ f) / (t @ t)]),
        "through the origin",
    ),
    (f"{LESSON}/fitted", lambda f, t: line(f, t)[1], "rate alone"),
    (
        f"{LESSON}/cheapest",
        lambda c: min(c[0, k] + c[k, -1] for k in range(1, len(c) - 1)),
        "exactly once",
    ),
    (f"{LESSON}/cheapest", lambda c: c.min(), "cheapest cue of all"),
    (f"{LESSON}/cheapest", lambda c: c[:-1].min(1).values.sum(), "from each word"),
    (f"{LESSON}/cheapest", lambda c: c[:, 1:].min(0).values.sum(), "up to each word; cues"),
    (f"{LESSON}/cheapest", lambda c: torch.stack(up_to(c)), "give the last one"),
    (f"{LESSON}/cheapest", lambda c: least(c[:-1, :-1]), "last word is left out"),
    (f"{LESSON}/cheapest", lambda c: c.diagonal().sum(), "ends before it begins"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.fixture(scope="module")
def clip():
    return subtitles.clip(data.speech("pairs")[:4], make_generator(0))


def test_the_clip_holds_the_utterances_where_it_says(clip):
    one, spoken = data.speech("pairs")[1], clip.sentences[1]
    start = round(spoken.start * subtitles.RATE)
    first = subtitles.word_samples(one)[0][0]
    assert torch.equal(clip.wave[start : start + 500], one.wave[first : first + 500])
    assert (clip.wave[: round(0.1 * subtitles.RATE)] == 0).all()
    assert [w.text for w in clip.words] == " ".join(s.text for s in clip.sentences).split()


def test_the_aligner_finds_words_and_survives_silence(clip):
    aligner = models.Aligner(data.speech("train")[:60], subtitles.levels, hop=subtitles.HOP)
    found = subtitles.word_times(aligner.align(clip.wave, clip.signs), clip.word)
    errors = metrics.time_errors(found, [w[:2] for w in clip.words])
    assert errors.median < 15 and errors.within > 0.9


def test_every_sentence_has_a_chinese_line():
    lines = {one.text: subtitles.chinese(one.text) for one in data.speech("all")}
    assert all(all("\u4e00" <= c <= "\u9fff" for c in line) for line in lines.values())
    assert len(set(lines.values())) == len(lines)


@pytest.mark.parametrize(
    "text",
    [
        "good morning", "", "one hundred and", "hundred", "and five", "forty ten", "twenty and one",
        "five one hundred", "one hundred five", "one hundred and hundred", "seven three",
        "forty ten degrees", "five twenty past one", "ten past forty", "ten past", "sun moving up",
    ],
)  # fmt: skip
def test_what_no_grammar_says_has_no_chinese_line(text):
    with pytest.raises(DataError, match="no Chinese line"):
        subtitles.chinese(text)


def test_the_cheapest_cues_are_the_cheapest_of_all_ways():
    words = [
        (k, k + 0.8, text)
        for k, text in enumerate(["rain", "moving", "north", "cold", "sun", "tonight"])
    ]
    first, rules = [0, 3], metrics.Rules(speed=6.0, width=12, shortest=1.0, longest=4.0)
    best = subtitles.judge(subtitles.best_cues(words, first, rules), words, first, rules).cost
    ways = [
        subtitles.judge(subtitles.at_edges(words, [0, *cut, 6], rules), words, first, rules).cost
        for k in range(6)
        for cut in itertools.combinations(range(1, 6), k)
    ]
    assert best == min(ways) and len(ways) == 32 and max(ways) > best
    greedy = subtitles.greedy(words, rules)
    assert subtitles.judge(greedy, words, first, rules).cost >= best


def test_cues_never_run_into_each_other(clip):
    for rules in (metrics.Rules(), metrics.Rules(speed=12.0)):
        for cues in (
            subtitles.greedy(clip.words, rules),
            subtitles.best_cues(clip.words, clip.first, rules),
        ):
            assert not {"overlap", "gap", "order"} & metrics.rule_counts(cues, rules).keys()
            assert " ".join(c.text for c in cues).split() == [w.text for w in clip.words]


def test_the_mouth_opens_with_the_voice(clip):
    pictures, loud = subtitles.film(clip, 32), subtitles.loudness(clip.wave)
    assert len(pictures) == len(loud)
    quiet, high = int(loud.argmin()), int(loud.argmax())
    assert (pictures[quiet] - pictures[high]).abs().max() > 0.2
