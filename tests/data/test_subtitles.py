"""WebVTT and SRT: what is written is read back, and what cannot be is a sentence."""

from __future__ import annotations

import pytest

from aigc_teach.core import AigcError
from aigc_teach.data import check_cues, read_srt, read_vtt, vtt_text, write_srt, write_vtt

CUES = [
    (0.0, 1.5, "rain & <wind>\nsecond line"),
    (1.25, 3661.0004, "\u5341\u4e8c\u70b9\u5dee\u4e09\u5206\u3000\u96e8"),
    (360000.5, 360001.0, "a \u2192 b; 5 > 4"),
]


def test_both_formats_give_back_what_was_written(tmp_path):
    write_vtt(tmp_path / "a.vtt", CUES, note="two\nlines --> here")
    write_srt(tmp_path / "a.srt", CUES)
    assert read_vtt(tmp_path / "a.vtt") == read_srt(tmp_path / "a.srt") == check_cues(CUES)
    assert "synthetic: made by aigc-teach" in (tmp_path / "a.vtt").read_text("utf-8")
    assert read_vtt(vtt_text([]).encode()) == [] and read_srt(b"") == []


@pytest.mark.parametrize(
    ("cues", "sentence"),
    [
        ("cues", "as a list"),
        (7, "as a list"),
        ([(0, 1)], "three things"),
        (["abc"], "three things"),
        ([("0", 1, "a")], "number of seconds"),
        ([(-1, 1, "a")], "at least 0"),
        ([(float("nan"), 1, "a")], "at least 0"),
        ([(0, 4_000_000, "a")], "1,000 hours"),
        ([(1, 1, "a")], "must end after"),
        ([(1, 1.0004, "a")], "millisecond"),
        ([(0, 1, 5)], "must be text"),
        ([(0, 1, "")], "blank line"),
        ([(0, 1, "a\n\nb")], "blank line"),
        ([(0, 1, "a\x00b")], "cannot be printed"),
        ([(0, 1, "a\ud800b")], "cannot be printed"),
        ([(2, 3, "a"), (1, 4, "b")], "sort them"),
    ],
)
def test_what_is_no_cue_is_a_sentence(tmp_path, cues, sentence):
    for write in (write_vtt, write_srt):
        with pytest.raises(AigcError, match=sentence):
            write(tmp_path / "no", cues)
    assert not list(tmp_path.iterdir())


def test_srt_has_no_place_for_an_arrow(tmp_path):
    with pytest.raises(AigcError, match="no escape"):
        write_srt(tmp_path / "no.srt", [(0, 1, "a --> b")])
    assert read_vtt(vtt_text([(0, 1, "a --> b")]).encode())[0].text == "a --> b"


@pytest.mark.parametrize(
    ("read", "content", "sentence"),
    [
        (read_vtt, b"1\n00:00:00,000 --> 00:00:01,000\na", "no WebVTT"),
        (read_vtt, b"\xff\xfeW", "not UTF-8"),
        (read_srt, b"\xff\xfeW", "not UTF-8"),
        (read_srt, b"WEBVTT\n\n00:00.000 --> 00:01.000\na", "line 1"),
        (read_srt, b"1\n00:00:02,000 --> 00:00:01,000\na", "before it begins"),
        (read_vtt, b" " * 10_000_001, "at most"),
        (read_vtt, "there is no such.vtt", "cannot be read"),
        (read_srt, 5, "must be a path"),
    ],
)
def test_what_is_no_file_of_subtitles_is_a_sentence(read, content, sentence):
    with pytest.raises(AigcError, match=sentence):
        read(content)


def test_strict_names_the_line_that_the_standard_passes_over():
    content = b"WEBVTT\n\n00:00.000 --> 00:01.000\none\n\n00:00.00 --> 00:02.000\ntwo"
    assert [cue.text for cue in read_vtt(content)] == ["one"]
    with pytest.raises(AigcError, match="line 6: the times"):
        read_vtt(content, strict=True)


def test_settings_tags_notes_and_styles_are_left_out():
    content = (
        b"\xef\xbb\xbfWEBVTT - a film\r\nKind: captions\r\n\r\n"
        b"STYLE\r\n::cue { color: red }\r\n\r\nNOTE nobody\r\n\r\n"
        b"first\r\n1:00:00.000 --> 1:00:01.000 align:start\r\n<v Ann>it&nbsp;is <c.a>so"
    )
    assert read_vtt(content) == [(3600.0, 3601.0, "it\u00a0is so")]
    assert read_vtt(content, plain=False)[0].text.startswith("<v Ann>")
