"""The lesson on music: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach import data, models
from aigc_teach.core import DataError, RangeError, make_generator
from aigc_teach.course.audio import music
from course.answers import Answers

LESSON = "audio/music"


def sums(lengths, bar):
    return torch.stack([lengths[bar == k].sum() for k in range(int(bar.max()) + 1)])


def fits(time, profile):
    rows = torch.stack([torch.stack([time, profile.roll(k)]) for k in range(12)])
    return torch.stack([torch.corrcoef(row)[0, 1] for row in rows])


def left(logits, allowed):
    return (logits.softmax(1) * allowed).sum(1)


def run_by_text(a, b):
    """Steps as letters, and the longest piece that both have."""
    s, t = (["".join(chr(200 + int(k)) for k in x.diff())] for x in (a, b))
    n = len(s[0])
    found = [s[0][i:j] for i in range(n) for j in range(i + 1, n + 1) if s[0][i:j] in t[0]]
    return max(map(len, found), default=0) + 1


def steps_alike(a, b, key=lambda x: x):
    s, t, best = key(a).tolist(), key(b).tolist(), 0
    for i in range(len(s)):
        for j in range(len(t)):
            n = 0
            while i + n < len(s) and j + n < len(t) and s[i + n] == t[j + n]:
                n += 1
            best = max(best, n)
    return best


RIGHT = {
    f"{LESSON}/bars": [
        lambda n, b: (sums(n, b) == 12).float().mean(),
        lambda n, b: sum(int(n[b == k].sum()) == 12 for k in set(b.tolist())) / len(b.unique()),
    ],
    f"{LESSON}/key": [
        fits,
        lambda t, p: torch.nn.functional.cosine_similarity(
            (t - t.mean())[None], torch.stack([(p - p.mean()).roll(k) for k in range(12)])
        ),
    ],
    f"{LESSON}/price": [
        lambda x, m: -left(x, m).log().sum(),
        lambda x, m: (x.logsumexp(1) - x.masked_fill(~m, -torch.inf).logsumexp(1)).sum(),
        lambda x, m: -left(x, m).prod().log(),
    ],
    f"{LESSON}/run": [run_by_text, lambda a, b: 1 + steps_alike(a.diff(), b.diff())],
}

WRONG = [
    (f"{LESSON}/bars", lambda n, b: (torch.bincount(b) == 12).double().mean(), "weights=lengths"),
    (f"{LESSON}/bars", lambda n, b: (sums(n, b) != 12).float().mean(), "one minus it"),
    (f"{LESSON}/bars", lambda n, b: (sums(n, b) == 12).sum(), "divide by how many"),
    (f"{LESSON}/bars", lambda n, b: (sums(n, b) < 13).float().mean(), "too short"),
    (f"{LESSON}/bars", lambda n, b: (sums(n, b) > 11).float().mean(), "too long"),
    (f"{LESSON}/bars", lambda n, b: (n == 12).float().mean(), "single notes"),
    (f"{LESSON}/bars", lambda n, b: (sums(n, b) == 12).sum() / len(b), "number of notes"),
    (f"{LESSON}/bars", lambda n, b: sums(n, b).float().mean() / 12, "right or wrong"),
    (f"{LESSON}/key", lambda t, p: fits(t, p).roll(-1).flip(0), "wrong way"),
    (
        f"{LESSON}/key",
        lambda t, p: torch.stack([(t * p.roll(k)).sum() for k in range(12)]) / t.norm() / p.norm(),
        "cosine",
    ),
    (
        f"{LESSON}/key",
        lambda t, p: torch.stack([((t - t.mean()) * p.roll(k)).mean() for k in range(12)]),
        "covariance",
    ),
    (
        f"{LESSON}/key",
        lambda t, p: torch.stack([(t * p.roll(k)).sum() for k in range(12)]),
        "between -1 and 1",
    ),
    (f"{LESSON}/key", lambda t, p: fits(t, p).argmax(), "best tonic alone"),
    (f"{LESSON}/key", lambda t, p: fits(t, p).max(), "highest correlation alone"),
    (f"{LESSON}/key", lambda t, p: fits(t, p).square(), "keeps its sign"),
    (f"{LESSON}/price", lambda x, m: left(x, m).log().sum(), "sign is wrong"),
    (f"{LESSON}/price", lambda x, m: -left(x, m).log2().sum(), "bits"),
    (f"{LESSON}/price", lambda x, m: -left(x, ~m).log().sum(), "True where"),
    (f"{LESSON}/price", lambda x, m: left(x, ~m).sum(), "shares that were removed"),
    (f"{LESSON}/price", lambda x, m: -left(x, m).log().mean(), "mean a step"),
    (f"{LESSON}/price", lambda x, m: (~m).sum(), "forbidden tokens"),
    (f"{LESSON}/price", lambda x, m: left(x, m).prod(), "keeps the rule"),
    (f"{LESSON}/run", steps_alike, "Compare steps"),
    (f"{LESSON}/run", lambda a, b: steps_alike(a.diff(), b.diff()), "n + 1 notes"),
    (
        f"{LESSON}/run",
        lambda a, b: 1 + steps_alike(a.diff(), b.diff(), torch.abs),
        "keep the sign",
    ),
    (f"{LESSON}/run", lambda a, b: steps_alike(a, b, lambda x: x % 12), "without their octave"),
    (f"{LESSON}/bars", lambda n, b: (sums(n, b) == 12)[b].float().mean(), "averaged over notes"),
    (f"{LESSON}/bars", lambda n, b: sums(n, b) == 12, "each bar whether"),
    (f"{LESSON}/key", lambda t, p: fits(t, p)[0], "tonic 0 alone"),
    (
        f"{LESSON}/key",
        lambda t, p: (
            fits(t, p) * (t - t.mean()).norm() * (p - p.mean()).norm() / t.norm() / p.norm()
        ),
        "without the means",
    ),
    (f"{LESSON}/price", lambda x, m: -left(x, m).log(), "single steps"),
    (f"{LESSON}/price", lambda x, m: -(x.softmax(0) * m).sum(1).log().sum(), "Wrong axis"),
    (f"{LESSON}/price", lambda x, m: -left(x, m).sum().log(), "step by step"),
    (f"{LESSON}/price", lambda x, m: -(x.log_softmax(1) * m).sum(), "not of each share"),
    (f"{LESSON}/price", lambda x, m: -(x.exp() * m).sum(1).log().sum(), "no share yet"),
    (
        f"{LESSON}/run",
        lambda a, b: 1 + steps_alike(a.diff(), b.diff(), torch.sign),
        "size of a step",
    ),
    (f"{LESSON}/run", lambda a, b: len(set(a.tolist()) & set(b.tolist())), "in a row"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.fixture(scope="module")
def cut():
    return data.TuneTokens()


@pytest.mark.parametrize("kind", ["absolute", "steps"])
def test_every_true_tune_passes_the_rule(kind):
    cut = data.TuneTokens(kind)
    batch = cut.batch(data.tunes("held_out"))
    rule = music.BarRule(cut, len(batch))
    for token in batch.T:
        here = token != cut.pad
        assert rule.allowed()[here, token[here]].all()
        rule.read(token.where(here, torch.tensor(cut.end)))
    assert rule.ended.all()


def test_what_the_mask_lets_through_is_valid(cut):
    torch.manual_seed(0)
    for model in (
        models.CharRNN(len(cut.names), width=8),
        models.GPT(len(cut.names), context=120, width=8, heads=2, layers=1, positions="rotary"),
    ):
        drawn = music.write(model, cut, 8, masked=True, longest=100, generator=make_generator(1))
        for ids in drawn.ids:
            bars = music.bars_in(cut, ids)
            assert bars and all(sum(n for _, n in bar) == 12 for bar in bars)
        assert (drawn.removed > 0).all() and torch.isfinite(drawn.removed).all()
        free = music.write(model, cut, 8, longest=100, generator=make_generator(1))
        assert free.removed.eq(0).all() and music.valid(cut, free) == 0


def test_the_price_is_minus_the_log_of_what_is_left(cut):
    """A model that gives every token the same chance, asked for its first two tokens."""
    model = models.CharRNN(len(cut.names), width=4)
    for p in model.parameters():
        torch.nn.init.zeros_(p)
    drawn = music.write(model, cut, 1, masked=True, longest=2, generator=make_generator(0))
    v, sounds = len(cut.names), len(cut.names) - cut.rest
    assert drawn.removed.item() == pytest.approx(math.log(v / sounds) + math.log(v / 12), rel=1e-4)


def test_a_prompt_is_gone_on_from(cut):
    bars = data.tunes()[0].parts[0].bars[:4]
    prompt = music.first_bars(bars, cut)
    model = models.CharRNN(len(cut.names), width=8)
    drawn = music.write(model, cut, 2, prompt=prompt, masked=True, longest=len(prompt) + 40)
    assert all(ids[: len(prompt)] == prompt for ids in drawn.ids)
    assert music.bars_in(cut, drawn.ids[0])[:4] == list(bars)
    with pytest.raises(RangeError, match="must be shorter"):
        music.write(model, cut, prompt=prompt, longest=10)
    with pytest.raises(DataError, match="at least one part"):
        music.first_bars([], cut)


def test_ten_thousand_bars_are_refused(cut):
    with pytest.raises(RangeError, match="must be shorter than 420"):
        bars = [((67, 12),)] * 10_000
        music.write(models.CharRNN(len(cut.names)), cut, prompt=music.first_bars(bars, cut))
    assert "more than 1,000 bars" in music.fault(cut, [cut.rest, 16, 2] * 10_000)


def test_faults_are_told(cut):
    tune = data.tunes()[5]
    ids = cut.encode(tune.parts)
    assert music.fault(cut, ids) == ""
    assert music.fault(cut, ids, ended=False) == "The tune does not end."
    assert "Bar 1" in music.fault(cut, [ids[0], *ids[2:]])  # a note without its length
    assert "has no notes" in music.fault(cut, [cut.end])
    assert music.valid(cut, music.Written([ids, ids[1:]], [True, True], torch.zeros(2))) == 0.5


@pytest.mark.parametrize("how", music.SPOILT)
def test_spoilt_tunes_have_one_fault_or_look_right(cut, how):
    for k, tune in enumerate(data.tunes("held_out")[:20]):
        text = cut.to_abc(cut.encode(tune.parts))
        bad = music.spoilt(text, how, make_generator(k))
        assert bad != text
        if how == "a strange sign":
            with pytest.raises(DataError, match="not ABC notation"):
                data.read_abc(bad)
        else:
            faults = data.bar_faults(data.read_abc(bad), upbeats=False)
            assert len(faults) == (how != "a wrong note")


def test_what_is_counted_is_that_of_hand_made_tunes():
    a, b = ((67, 12),), ((71, 12),)
    part = data.Part((a, b, b, b, a, a, b, a), True)
    tune = data.Tune("t", "b", (part, part))
    counted = music.counted([tune])
    assert (counted.ends, counted.span, counted.eights) == (1, 4, 1)
    assert counted.returns == 0.5 and counted.rhymes == 1
    assert music.form_played(tune) == "AAAA"
    assert music.form_played(data.tunes()[0])[:2] in ("AA", "AB")
    with pytest.raises(DataError, match="nothing to count"):
        music.counted([])


def test_what_can_be_played_of_written_tunes(cut):
    tune = data.tunes()[0]
    ids = cut.encode(tune.parts)
    broken = music.Written([ids, ids[:-1], ids[:60], ids[1:]], [True, False, False, True], None)
    found = music.tunes_of(cut, broken)
    assert [t.parts for t in found[:2]] == [tune.parts, tune.parts]
    assert all(len(part.bars) == 8 for t in found for part in t.parts)


def test_a_repeat_is_half_of_what_is_played_out(cut):
    played = music.played_out(data.tunes("held_out")[:5])
    batch = cut.batch(played)
    each = torch.ones(batch.shape)
    assert music.twice(batch, each) == (1, 1)
    half = batch.ne(cut.pad).sum(1).sub(1) // 2
    each[torch.arange(batch.shape[1]) >= half[:, None]] = 0
    assert music.twice(batch, each) == (1, 0)


def test_moving_a_batch_is_moving_the_tunes(cut):
    tunes = data.tunes()[:3]
    moved = music.transposed(cut.batch(tunes), torch.full((3,), -5), cut)
    assert torch.equal(moved, cut.batch(tunes, up=-5))
    with pytest.raises(DataError, match="same in every key"):
        music.transposed(moved, torch.zeros(3).long(), data.TuneTokens("steps"))
    with pytest.raises(RangeError, match="leaves the range"):
        music.transposed(moved, torch.full((3,), 60), cut)


def test_written_tunes_say_so():
    assert "synthetic" in music.as_abc(data.tunes()[0])
    assert data.read_abc(music.as_abc(data.tunes()[0])).tonic == 7
