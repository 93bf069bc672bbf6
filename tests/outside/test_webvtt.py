"""What we write as WebVTT, read by webvtt-py."""

from __future__ import annotations

from aigc_teach.data import write_vtt

CUES = [
    (0.0, 1.25, "rain & wind <now>\nand later"),
    (1.3, 3661.009, "\u5341\u4e8c\u70b9\u5dee\u4e09\u5206"),
    (3661.5, 3662.0, "sun"),
]


def test_cues(agree, truth, tmp_path):
    write_vtt(tmp_path / "film.vtt", CUES, note="a test")
    found = truth.read(str(tmp_path / "film.vtt"))
    agree(float(len(found)), float(len(CUES)))
    for cue, (start, end, text) in zip(found, CUES, strict=True):
        agree(cue.start_in_seconds + cue.start_time.milliseconds / 1000, start)
        agree(cue.end_in_seconds + cue.end_time.milliseconds / 1000, end)
        plain = cue.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        agree(float(plain == text), 1.0)
