"""What we write as SRT, read by srt; and what it writes, read by us."""

from __future__ import annotations

from datetime import timedelta

from aigc_teach.data import read_srt, write_srt

CUES = [
    (0.0, 1.25, "rain\nand wind"),
    (1.3, 3661.009, "\u5341\u4e8c\u70b9"),
    (3661.5, 3662.0, "sun"),
]


def test_cues(agree, truth, tmp_path):
    write_srt(tmp_path / "film.srt", CUES)
    found = list(truth.parse((tmp_path / "film.srt").read_text("utf-8")))
    agree(float(len(found)), float(len(CUES)))
    for cue, (start, end, text) in zip(found, CUES, strict=True):
        agree(cue.start.total_seconds(), start)
        agree(cue.end.total_seconds(), end)
        agree(float(cue.content == text), 1.0)


def test_and_back(agree, truth):
    items = [
        truth.Subtitle(k, timedelta(seconds=a), timedelta(seconds=b), text)
        for k, (a, b, text) in enumerate(CUES, 1)
    ]
    for found, wanted in zip(read_srt(truth.compose(items).encode()), CUES, strict=True):
        agree(found.start, wanted[0])
        agree(found.end, wanted[1])
        agree(float(found.text == wanted[2]), 1.0)
