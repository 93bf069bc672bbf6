"""The lesson on speech: right answers pass, each wrong one is told why; its helpers."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach import data, metrics
from aigc_teach.course.audio import speech_synthesis as speech
from aigc_teach.models import Durations, Speaker, formant
from course.answers import Answers

LESSON = "audio/speech_synthesis"


def fade(a, b, over, up, down):
    return torch.cat([a[:-over], a[-over:] * down + b[:over] * up, b[over:]])


def up(over):
    return torch.arange(1, over + 1) / (over + 1)


def distance(found, said):
    return metrics.sound.edit_distance(found.tolist(), said.tolist())


def klatt(f, w, rate, turn=2 * math.pi, twice=2.0, decay=2.0, sign=-1.0, wave=math.cos):
    c = sign * math.exp(-decay * math.pi * w / rate)
    b = twice * math.exp(-math.pi * w / rate) * wave(turn * f / rate)
    return 1 - b - c, b, c


RIGHT = {
    f"{LESSON}/pressed": [
        lambda x: x.sign() * (1 + 255 * x.abs()).log() / math.log(256),
        lambda x: torch.where(x < 0, -1.0, 1.0) * torch.log2(1 + 255 * x.abs()) / 8,
    ],
    f"{LESSON}/resonator": [klatt, lambda *x: list(klatt(*x))],
    f"{LESSON}/stretched": [
        lambda x, d: torch.cat([row.expand(int(n), -1) for row, n in zip(x, d, strict=True)]),
        lambda x, d: x[torch.repeat_interleave(torch.arange(len(d)), d)],
    ],
    f"{LESSON}/faded": [
        lambda a, b, n: fade(a, b, n, up(n), 1 - up(n)),
        lambda a, b, n: fade(a, b, n, up(n), up(n).flip(0)),
    ],
    f"{LESSON}/error_rate": [
        lambda x, s: distance(x, s) / len(s),
        lambda x, s: metrics.word_error_rate(
            [" ".join(map(str, x.tolist()))], [" ".join(map(str, s.tolist()))]
        ),
    ],
}


def pressed(x):
    return x.sign() * torch.log1p(255 * x.abs()) / math.log(256)


WRONG = [
    (f"{LESSON}/pressed", lambda x: (x * 127.5).round() / 127.5, "even steps"),
    (f"{LESSON}/faded", lambda a, b, over: torch.cat([a, b[over:]]), "a cut, no fade"),
    (f"{LESSON}/pressed", lambda x: torch.log1p(255 * x.abs()) / math.log(256), "sign is lost"),
    (f"{LESSON}/pressed", lambda x: x.sign() * torch.log1p(255 * x.abs()), "divide by log(256)"),
    (
        f"{LESSON}/pressed",
        lambda x: x.sign() * torch.log1p(255 * x.abs()) / math.log(255),
        "not by log(255)",
    ),
    (
        f"{LESSON}/pressed",
        lambda x: x.sign() * (256 ** x.abs() - 1) / 255,
        "softer",
    ),
    (f"{LESSON}/pressed", lambda x: x.sign() * torch.log2(1 + x.abs()), "belongs inside"),
    (f"{LESSON}/resonator", lambda *x: klatt(*x, sign=1.0), "nothing swings"),
    (f"{LESSON}/resonator", lambda *x: klatt(*x, decay=1.0), "square of the decay"),
    (f"{LESSON}/resonator", lambda *x: klatt(*x, twice=1.0), "factor 2"),
    (f"{LESSON}/resonator", lambda *x: klatt(*x, turn=math.pi), "full turn"),
    (f"{LESSON}/resonator", lambda *x: (1.0, *klatt(*x)[1:]), "left it at 1"),
    (f"{LESSON}/resonator", lambda *x: klatt(*x, wave=math.sin), "wants a cosine"),
    (f"{LESSON}/resonator", lambda f, w, r: klatt(w, f, r), "changed places"),
    (f"{LESSON}/stretched", lambda x, d: x.repeat(int(d.sum()), 1)[: int(d.sum())], "whole row"),
    (
        f"{LESSON}/stretched",
        lambda x, d: x[torch.arange(int(d.sum())) * len(x) // int(d.sum())],
        "the same time",
    ),
    (f"{LESSON}/stretched", lambda x, d: x.repeat_interleave(d, 0).flip(0), "turned round"),
    (f"{LESSON}/stretched", lambda x, d: x.repeat_interleave(d + 1, 0), "One frame too many"),
    (f"{LESSON}/stretched", lambda x, d: x.repeat_interleave(d.roll(1), 0), "neighbours"),
    (f"{LESSON}/stretched", lambda x, d: x, "nothing was stretched"),
    (f"{LESSON}/faded", lambda a, b, n: torch.cat([a, b]), "must overlap"),
    (f"{LESSON}/faded", lambda a, b, n: fade(a, b, n, 1 - up(n), up(n)), "wrong way"),
    (f"{LESSON}/faded", lambda a, b, n: fade(a, b, n, 1, 1), "full strength"),
    (f"{LESSON}/faded", lambda a, b, n: fade(a, b, n, 0.5, 0.5), "equal weights"),
    (f"{LESSON}/faded", lambda a, b, n: fade(a, b, n, 1 - up(n), 1 - up(n)), "Both pieces"),
    (f"{LESSON}/faded", lambda a, b, n: torch.cat([a[:-n], b[n:]]), "cut the overlap"),
    (f"{LESSON}/error_rate", lambda x, s: distance(x, s), "number of errors"),
    (f"{LESSON}/error_rate", lambda x, s: distance(x, s) / len(x), "not by how many were heard"),
    (f"{LESSON}/error_rate", lambda x, s: 1 - distance(x, s) / len(s), "share of right"),
    (
        f"{LESSON}/error_rate",
        lambda x, s: (
            (
                sum(a != b for a, b in zip(x.tolist(), s.tolist(), strict=False))
                + abs(len(x) - len(s))
            )
            / len(s)
        ),
        "place by place",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.fixture(scope="module")
def some():
    return data.speech("words")[:3]


def test_frames_and_levels_have_one_length(some):
    for one, ready in zip(some, speech.prepared(some), strict=True):
        frames = 1 + len(one.wave) // speech.HOP
        assert len(ready.near) == len(ready.numbers) == len(ready.levels) == frames
        assert ready.levels.shape[1] == speech.BANDS


def test_padding_is_marked(some):
    ready = speech.prepared(some)
    near, numbers, levels, real = speech.padded(ready)
    assert real.sum(1).tolist() == [len(one.levels) for one in ready]
    for k, one in enumerate(ready):
        assert torch.equal(levels[k][real[k]], one.levels)
        assert torch.equal(near[k][real[k]], one.near)


def test_speed_divides_durations_and_pitch_is_a_number_of_its_own(some):
    torch.manual_seed(0)
    durations = Durations(44)
    durations.measure(speech.timed(some).seconds.log())
    slow = speech.guess_ends(durations, some[0], speed=0.5)
    fast = speech.guess_ends(durations, some[0], speed=2.0)
    assert torch.allclose(slow, 4 * fast)
    numbers = speech.inputs(some[0], pitch=65)[1]
    assert (numbers[:, 6] == 1).all()
    speaker = Speaker(44, speech.BANDS).eval()
    assert len(speech.speak(speaker, some[0], ends=slow)) == 1 + int(slow[-1]) // speech.HOP


def test_the_way_out_keeps_levels_safe(some):
    wave = speech.to_sound(speech.levels(some[0].wave), len(some[0].wave), steps=5)
    assert len(wave) == len(some[0].wave) and abs(wave.abs().max().item() - 0.5) < 1e-5
    assert speech.understood([wave], some[:1]) > 0.8


def test_the_pitch_of_a_known_voice():
    for pitch in (85.0, 110.0, 140.0):
        wave = formant.vowel(formant.VOWELS["had"], 0.5, pitch=pitch)
        assert abs(speech.pitch_of([wave]) - pitch) < 2


def test_without_a_recogniser_the_jury_says_so(some, monkeypatch):
    monkeypatch.setattr(metrics, "recogniser_missing", lambda: "It is not installed.")
    jury = speech.Jury()
    assert jury.missing and jury.right([one.wave for one in some], some) is None


def test_the_jury_understands_the_teacher(some):
    pytest.importorskip("pocketsphinx", reason="the recogniser is not installed")
    jury = speech.Jury()
    assert jury.right([one.wave for one in some], some) > 0.5
    assert jury.right([torch.zeros(8000)] * 3, some) == 0
