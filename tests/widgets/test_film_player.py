"""FilmPlayer and VideoPlayer: what is handed to the page, and what cannot be played."""

from __future__ import annotations

import json
import shutil
import subprocess
import zlib

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError
from aigc_teach.data import write_film
from aigc_teach.widgets import FilmPlayer, VideoPlayer
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")
FILM = torch.linspace(-1, 1, 20).view(-1, 1, 1, 1).expand(20, 1, 16, 16)


def test_what_is_handed_to_the_page():
    player = FilmPlayer({"a": FILM, "b": FILM[:5].expand(-1, 3, -1, -1)}, fps=10, title="See")
    assert player.shapes == [[20, 16, 16, 1], [5, 16, 16, 3]]
    frames = np.frombuffer(zlib.decompress(player.data), np.uint8)
    assert len(frames) == 20 * 256 + 5 * 768 and frames[0] == 0 and frames[20 * 256 - 1] == 255
    assert repr(player) == "See. 2 films side by side of 20 frames, 2 seconds: a, b."


def test_sound_is_safe_and_subtitles_begin_with_the_first_language():
    cues = {"en": [(0, 1, "Hello")], "zh": [(0, 1, "\u4f60\u597d")]}
    player = FilmPlayer(FILM, fps=10, sound=9 * torch.sin(torch.arange(8000.0)), subtitles=cues)
    assert np.abs(np.frombuffer(zlib.decompress(player.sound), np.int8)).max() <= 126
    assert player.language == "en" and player.subtitles["zh"] == [[0.0, 1.0, "\u4f60\u597d"]]


@pytest.mark.parametrize(
    ("films", "options", "sentence"),
    [
        (FILM[None], {}, "give one clip"),
        ({}, {}, "Give a film"),
        ("film.webm", {}, "Give a film"),
        ({str(k): FILM for k in range(7)}, {}, "at most 6"),
        (FILM, {"fps": 0}, "fps=0"),
        (FILM, {"fps": 61}, "at most 60"),
        (FILM, {"sound": torch.zeros(2, 9)}, "wave.mean"),
        (FILM, {"sound": torch.zeros(200_000)}, "write_film"),
        (FILM, {"subtitles": {"en": [(1, 0, "a")]}}, "end after it begins"),
        (torch.zeros(9000, 1, 64, 64), {}, "at most 24"),
    ],
)
def test_what_cannot_be_played_is_refused(films, options, sentence):
    with pytest.raises(AigcError, match=sentence):
        FilmPlayer(films, **({"fps": 10} | options))


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
def test_which_frame_and_which_cue_belong_to_a_moment(tmp_path):
    """The arithmetic of the page: no frame is lost to rounding, a cue ends where it ends."""
    script = page_script("core", "controls", "speaker", "film_player").replace(
        "export default", "void"
    )
    script += """
    const frames = Array.from({ length: 300 }, (_, k) => frameAt(k / 29.97, 29.97, 300));
    const cues = [[0, 1, "a"], [0.5, 2, "b"]];
    console.log(JSON.stringify([frames, [0, 0.5, 1, 2].map((t) => cuesAt(cues, t))]));
    """
    (tmp_path / "run.mjs").write_text(script)
    out = subprocess.run([NODE, "run.mjs"], cwd=tmp_path, capture_output=True, check=True)
    frames, cues = json.loads(out.stdout)
    assert frames == list(range(300))
    assert cues == [["a"], ["a", "b"], ["b"], []]


def test_a_film_file_goes_into_the_page(tmp_path):
    pytest.importorskip("av")
    path = tmp_path / "film.webm"
    write_film(path, FILM, 10)
    player = VideoPlayer(path, subtitles={"en": [(0, 1.5, "Hello")]})
    assert bytes(player.data) == path.read_bytes() == bytes(VideoPlayer(path.read_bytes()).data)
    assert player.subtitles == {"en": [[0.0, 1.5, "Hello"]]}


def test_what_is_no_film_file_is_refused(tmp_path):
    (tmp_path / "large.webm").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(3_000_000))
    for film, sentence in (
        (tmp_path / "none.webm", "no file"),
        (tmp_path / "large.webm", "larger than"),
        (b"RIFF", "no WebM"),
        (bytes(4_000_000), "at most 3,000,000"),
        (5, "must be a path"),
    ):
        with pytest.raises(AigcError, match=sentence):
            VideoPlayer(film)
