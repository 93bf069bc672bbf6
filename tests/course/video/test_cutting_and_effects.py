"""The lesson on cutting and effects: right answers pass, wrong ones are told why; its parts."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, RangeError, make_generator
from aigc_teach.course.video import cutting_and_effects as cutting
from aigc_teach.data import shots
from aigc_teach.metrics import match_events
from aigc_teach.nn import Hourglass
from course.answers import Answers

LESSON = "video/cutting_and_effects"


def running(x, keep, resets, first=None, at_reset=None, old=lambda rows, x, t: rows[-1]):
    rows = [x[0] if first is None else first(x[0])]
    for t in range(1, len(x)):
        if t in resets:
            rows.append(x[t] if at_reset is None else at_reset(x, t))
        else:
            rows.append(keep * old(rows, x, t) + (1 - keep) * x[t])
    return torch.stack(rows)


def plain(x, keep, resets):
    rows, since = [], 0
    for t in range(len(x)):
        since = t if t in resets else since
        rows.append(x[since : t + 1].mean())
    return torch.stack(rows)


RIGHT = {
    f"{LESSON}/difference": [
        lambda h: (h[1:] - h[:-1]).abs().sum(1) / 2,
        lambda h: 1 - torch.minimum(h[1:], h[:-1]).sum(1),
        lambda h: (h[1:] - h[:-1]).clamp(min=0).sum(1),
    ],
    f"{LESSON}/agreement": [
        lambda s, lag: s[lag:] @ s[:-lag],
        lambda s, lag: sum(s[t] * s[t - lag] for t in range(lag, len(s))),
    ],
    f"{LESSON}/alpha": [
        lambda b, w: 1 - (w - b) / 2,
        lambda b, w: (2 + b - w) / 2,
    ],
    f"{LESSON}/running": [running, lambda x, k, r: running(x, k, set(r))],
}
WRONG = [
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).abs().sum(1), "twice too much"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).sum(1) / 2, "cancel"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).abs().mean(1), "add them up"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).abs().mean(1) / 2, "halve the sum"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).norm(dim=1), "Euclidean"),
    (f"{LESSON}/difference", lambda h: torch.minimum(h[1:], h[:-1]).sum(1), "in common"),
    (f"{LESSON}/difference", lambda h: h.diff(dim=1).abs().sum(1) / 2, "each frame to the next"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:1]).abs().sum(1) / 2, "with the first"),
    (f"{LESSON}/agreement", lambda s, lag: s @ s.roll(lag), "round"),
    (f"{LESSON}/agreement", lambda s, lag: s @ s, "lag 0"),
    (f"{LESSON}/agreement", lambda s, lag: s[lag + 1 :] @ s[: -lag - 1], "one too many"),
    (f"{LESSON}/agreement", lambda s, lag: (s[lag:] - s[:-lag]).abs().sum(), "product is"),
    (f"{LESSON}/agreement", lambda s, lag: s[lag:].sum() * s[:-lag].sum(), "moment by moment"),
    (f"{LESSON}/agreement", lambda s, lag: (s[lag:] * s[:-lag]).mean(), "averaged"),
    (f"{LESSON}/agreement", lambda s, lag: s[lag:] * s[:-lag], "add them up"),
    (f"{LESSON}/alpha", lambda b, w: (w - b) / 2, "one minus it"),
    (f"{LESSON}/alpha", lambda b, w: 1 - (w - b), "2 apart"),
    (f"{LESSON}/alpha", lambda b, w: 1 + (w - b) / 2, "Wrong sign"),
    (f"{LESSON}/alpha", lambda b, w: (b + w) / 2, "mean of both"),
    (f"{LESSON}/alpha", lambda b, w: 1 - (w - b) ** 2 / 2, "no square"),
    (f"{LESSON}/alpha", lambda b, w: torch.relu(1 - (w - b)), "in [0, 1]"),
    (f"{LESSON}/running", lambda x, k, r: running(x, k, []), "forget"),
    (f"{LESSON}/running", lambda x, k, r: running(x, 1 - k, r), "swapped"),
    (
        f"{LESSON}/running",
        lambda x, k, r: running(x, k, r, at_reset=lambda x, t: k * x[t - 1] + (1 - k) * x[t]),
        "counts alone",
    ),
    (
        f"{LESSON}/running",
        lambda x, k, r: running(x, k, r, at_reset=lambda x, t: (1 - k) * x[t]),
        "from 0",
    ),
    (
        f"{LESSON}/running",
        lambda x, k, r: running(x, k, r, old=lambda rows, x, t: x[t - 1]),
        "mean before",
    ),
    (f"{LESSON}/running", lambda x, k, r: x.clone(), "unchanged"),
    (
        f"{LESSON}/running",
        lambda x, k, r: torch.cat([(1 - k) * x[:1], running(x, k, r)[1:]]),
        "first frame",
    ),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).abs().sum(0) / 2, "over time"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).abs().max(1).values, "largest change"),
    (f"{LESSON}/difference", lambda h: ((h[1:] - h[:-1]) ** 2).sum(1) / 2, "squared the"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).norm(dim=1) / 2, "half the Euclidean"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).abs().sum() / 2, "whole film"),
    (f"{LESSON}/difference", lambda h: (h[1:] - h[:-1]).abs() / 2, "each colour"),
    (f"{LESSON}/difference", lambda h: (h[2:] - h[:-2]).abs().sum(1) / 2, "two before"),
    (f"{LESSON}/agreement", lambda s, lag: s[lag:] @ s[:-lag] / (s @ s), "divided by"),
    (
        f"{LESSON}/agreement",
        lambda s, lag: (s - s.mean())[lag:] @ (s - s.mean())[:-lag],
        "mean away",
    ),
    (
        f"{LESSON}/agreement",
        lambda s, lag: torch.corrcoef(torch.stack([s[lag:], s[:-lag]]))[0, 1],
        "correlation",
    ),
    (f"{LESSON}/agreement", lambda s, lag: s[0] * s[lag], "two moments"),
    (
        f"{LESSON}/agreement",
        lambda s, lag: ((s[lag:] - s[:-lag]) ** 2).sum(),
        "squared differences",
    ),
    (f"{LESSON}/agreement", lambda s, lag: (s[lag:] + s[:-lag]).sum(), "added the two"),
    (f"{LESSON}/agreement", lambda s, lag: s[lag - 1 :] @ s[: len(s) - lag + 1], "one too few"),
    (
        f"{LESSON}/agreement",
        lambda s, lag: torch.stack([s[k:] @ s[: len(s) - k] for k in range(lag + 1)]),
        "all lags",
    ),
    (f"{LESSON}/alpha", lambda b, w: (b + 1) / 2, "On black alone"),
    (f"{LESSON}/alpha", lambda b, w: (1 - w) / 2, "On white alone"),
    (f"{LESSON}/alpha", lambda b, w: (1 - (w - b)) / 2, "not all of it"),
    (f"{LESSON}/alpha", lambda b, w: w - b, "solve it"),
    (f"{LESSON}/alpha", lambda b, w: (w - b < 1).float(), "cut-out"),
    (f"{LESSON}/alpha", lambda b, w: b / w, "subtract them"),
    (f"{LESSON}/running", lambda x, k, r: running(x, k, {t + 1 for t in r}), "too late"),
    (f"{LESSON}/running", lambda x, k, r: running(x, k, {t - 1 for t in r}), "too early"),
    (
        f"{LESSON}/running",
        lambda x, k, r: running(x, k, r, at_reset=lambda x, t: k * x[t]),
        "counts whole",
    ),
    (f"{LESSON}/running", plain, "plain mean"),
    (f"{LESSON}/running", lambda x, k, r: running(x, k, r)[-1], "last mean alone"),
    (f"{LESSON}/running", lambda x, k, r: running(x, k, r)[1:], "first frame is missing"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.fixture(scope="module")
def film():
    return shots.cut_film(6, transitions=("cut",), flashes=0.0, generator=make_generator(2))


def test_differences_see_cuts_and_histograms_do_not_see_where(film):
    change = cutting.frame_difference(film.frames)
    cuts = [t.first for t in film.transitions]
    assert change[0] == 0 and change[cuts].min() > change.median()
    rolled = torch.cat([film.frames[:1], film.frames[:1].roll(5, 3)])
    assert cutting.histogram_difference(rolled)[1] == 0 < cutting.frame_difference(rolled)[1]
    assert cutting.histograms(film.frames[:2]).sum(1).allclose(torch.ones(2))


def test_peaks_are_apart_and_above_the_threshold():
    change = torch.tensor([0, 3, 0, 2, 0, 0, 0, 0, 0, 2.5, 0, 0])
    assert cutting.peaks(change, 1.0) == [1, 9] and cutting.peaks(change, 2.7) == [1]
    level = cutting.adaptive(change, factor=2.0, least=0.1)
    assert torch.equal(level, torch.full((12,), 0.1))  # the median around is 0


def test_the_net_sees_twelve_frames_either_way(film):
    net = cutting.ChangeNet(8)
    x = cutting.features(film.frames)[None]
    assert x.shape[1] == 10 and net(x).shape == (1, 4, len(film.frames))
    other = x.clone()
    other[..., 60] += 1
    moved = (net(other) - net(x)).abs().sum(1)[0].nonzero()[:, 0]
    assert moved.min() == 48 and moved.max() == 72


def test_its_targets_and_its_loss(film):
    looks, says = cutting.examples([film])
    assert (says == 1).sum() == 5 and set(says.tolist()) == {0, 1}
    loss = cutting.change_loss(cutting.ChangeNet(8), looks, says, make_generator(0))
    assert torch.isfinite(loss)


def test_false_alarms_are_named():
    lit = shots.cut_film(2, flashes=1.0, transitions=("cut",), generator=make_generator(0))
    cut = lit.transitions[0].first
    counted = cutting.judged([lit], [[cut, lit.flashes[0]]])
    assert counted.false["flash"] == 1 and counted.kinds == {"cut": 1.0}
    assert counted.precision == 0.5 and counted.recall == 1


def test_beats_of_clicks_are_found_at_any_tempo_people_tap():
    for tempo in (90.0, 120.0, 150.0):
        wave = torch.zeros(16_000 * 8)
        beats = [k * 60 / tempo for k in range(int(8 * tempo / 60))]
        for beat in beats[1:]:
            wave[round(beat * 16_000) :][:200] = torch.randn(200, generator=make_generator(1))
        strength = cutting.onset_strength(wave)
        guess = cutting.tempo_of(strength)
        assert guess == pytest.approx(tempo, rel=0.02)
        assert match_events(cutting.beat_times(strength, guess), beats, tolerance=0.07).f > 0.9


def test_the_f_measure_of_beats_is_that_of_mir_eval():
    beat = pytest.importorskip("mir_eval.beat", reason="mir_eval is not installed")
    g = make_generator(0)
    for _ in range(20):
        true = torch.rand(15, generator=g).mul(8).sort().values
        made = torch.rand(12, generator=g).mul(8).sort().values
        theirs = beat.f_measure(true.numpy(), made.numpy())
        ours = match_events(made.tolist(), true.tolist(), tolerance=0.07).f
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_music_knows_its_beats():
    tune = data.tunes("held_out")[0]
    music = cutting.music(tune, 120.0, bars=4)
    assert music.beats == pytest.approx([0.5 * k for k in range(8)])
    assert len(music.wave) == 4 * cutting.RATE
    with pytest.raises(RangeError, match="tempo"):
        cutting.music(tune, 20.0)
    with pytest.raises(ChoiceError, match="accompanied"):
        cutting.music(tune, 100.0, accompanied="drums")


def test_a_reel_takes_the_liveliest_part_of_each_shot():
    frames = torch.full((60, 3, 8, 8), -1.0)
    frames[20] = 1.0  # something happens in frame 20
    made = cutting.reel(frames, [(0, 30), (30, 34), (34, 60)], [0.0, 0.4, 0.8], 25)
    assert len(made.frames) == 20 and made.taken[0][0] <= 20 < made.taken[0][1]
    assert made.taken[1][0] > 34 and len(made.cuts) == 1  # the short one is left out
    assert cutting.hidden(made.taken, [(20, 20), (50, 50)]) >= 1
    assert cutting.nearest([0.41], [0.0, 0.4])[0] == pytest.approx(0.01, abs=1e-6)


@pytest.fixture(scope="module")
def clips():
    return shots.moving_shapes(6, speed=1.0, radius=cutting.RADIUS, generator=make_generator(0))


def test_the_true_frame_is_judged_right(clips):
    perfect = cutting.placed(clips.frames[:, 1], clips)
    assert perfect.error == 0 and perfect.match == 0 and perfect.ghost < 0.02
    assert perfect.middle < 0.1


def test_what_block_matching_and_copying_do_to_slow_shapes(clips):
    before, _, after = clips.frames.unbind(1)
    matched = cutting.placed(cutting.block_matched(before, after, search=2), clips)
    copied = cutting.placed(cutting.copied(before, after), clips)
    blend = cutting.placed(cutting.blended(before, after), clips)
    assert matched.error < blend.error < copied.error
    assert copied.match == pytest.approx(1, abs=0.5)


def test_a_moved_picture_is_moved(clips):
    x = clips.frames[:, 0]
    assert torch.equal(cutting.moved(x, 2, -1)[:, :, 2:, :-1], x[:, :, :-2, 1:])


def test_the_net_between_stays_within_its_frames(clips):
    net, (before, _, after) = cutting.Between(width=8), clips.frames.unbind(1)
    out = net(before, after)
    both = torch.stack([before, after])
    assert out.shape == before.shape and out.min() >= both.min() and out.max() <= both.max()
    assert torch.isfinite(cutting.between_loss(net, clips.frames, make_generator(0), n=2))


def test_a_clean_plate_that_holds_gives_the_matte_and_one_that_drifts_does_not():
    g = make_generator(0)
    still, drifted = cutting.portraits(20, g), cutting.portraits(20, g, drift=0.3)
    good = cutting.matte_error(cutting.by_plate(still.x, still.plate), still.alpha)
    bad = cutting.matte_error(cutting.by_plate(drifted.x, drifted.plate), drifted.alpha)
    assert good.whole < 0.1 < bad.whole
    green = cutting.portraits(20, g, ground="green")
    assert cutting.matte_error(cutting.by_key(green.x), green.alpha).whole < 0.05


def test_hair_that_is_kept_out_is_kept_out():
    names = data.FACE["hair"].names
    assert all(name in names for name in cutting.HELD_OUT)
    pool = cutting.both(
        cutting.portraits(3, make_generator(0)), cutting.portraits(2, make_generator(1))
    )
    assert len(pool.x) == len(pool.alpha) == 5
    net = Hourglass(3, 1, width=4)
    assert torch.isfinite(cutting.matte_loss(net, pool, make_generator(0), n=2))
    matte = cutting.by_net(net, pool.x)
    assert matte.shape == (5, 1, 32, 32) and matte.min() >= 0 and matte.max() <= 1


def test_flicker_is_of_what_did_not_change(film):
    wall = torch.zeros(4, 3, 8, 8)
    wall[2, :, :4] = 1.0  # changes in the film
    styled = torch.zeros(4, 3, 8, 8)
    assert cutting.flicker(styled, wall) == 0
    styled[2, :, :4] = 1.0  # follows it
    assert cutting.flicker(styled, wall) == 0
    styled[2, :, 4:] = 0.5  # does not
    assert cutting.flicker(styled, wall) > 0


def test_smoothing_begins_anew_where_it_is_told():
    edges = torch.cat([torch.zeros(5, 2), torch.ones(5, 2)])
    assert cutting.smoothed(edges, 0.9)[5, 0] == pytest.approx(0.1)
    assert cutting.smoothed(edges, 0.9, [5])[5, 0] == 1
    with pytest.raises(RangeError, match="keep"):
        cutting.smoothed(edges, 1.0)


def test_a_poster_has_fifths(film):
    frames = film.frames[:3]
    inks = cutting.poster(frames, cutting.edges_of(frames)).flatten(2)
    for picture in inks:
        _, counts = torch.unique(picture, dim=1, return_counts=True)
        assert len(counts) == 5 and (counts / counts.sum()).max() < 0.3
