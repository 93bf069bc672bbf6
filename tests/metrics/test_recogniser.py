"""The recogniser: its words, what it needs, and that nothing carries over between utterances."""

from __future__ import annotations

import importlib.util
import sys

import pytest
import torch

from aigc_teach.core import AigcError, DataError
from aigc_teach.data import sound
from aigc_teach.metrics import Recogniser, recogniser_missing, word_times

installed = importlib.util.find_spec("pocketsphinx") is not None
needs_it = pytest.mark.skipif(not installed, reason="pocketsphinx is not installed")


def test_without_the_extra_it_says_so(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "pocketsphinx" else find(name)
    )
    assert "aigc-teach[audio]" in recogniser_missing()
    with pytest.raises(DataError, match=r"pip install 'aigc-teach\[audio\]'"):
        Recogniser(["one two"])


def test_importing_the_package_loads_nothing_of_it():
    import subprocess

    code = "import sys, aigc_teach.metrics; sys.exit('pocketsphinx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@needs_it
def test_the_same_sound_is_heard_the_same_whatever_came_before():
    recogniser = Recogniser(["one two three four", "five six seven"])
    spoken = 0.3 * sound.tone(150.0, 0.5) * sound.tone(3.0, 0.5)
    first = recogniser(spoken, 16_000)
    recogniser(0.9 * sound.chirp(50, 4000), 16_000)
    assert recogniser(spoken, 16_000) == first
    assert set(first.split()) <= set(recogniser.words)


@needs_it
def test_silence_and_short_sounds_are_no_error():
    recogniser = Recogniser(["one two"])
    assert recogniser(torch.zeros(16_000), 16_000) == ""
    assert isinstance(recogniser(torch.ones(1), 8000), str)


@needs_it
def test_unknown_words_need_a_pronunciation():
    with pytest.raises(DataError, match="how to say: grblx. Write numbers"):
        Recogniser(["one grblx"])
    assert Recogniser(["one grblx"], pronunciations={"grblx": "G ER B"}).words == ["grblx", "one"]


@pytest.mark.parametrize(
    ("sentences", "words"),
    [("one two", "list of texts"), ([1], "list of texts"), ([], "no word"), (["  "], "no word")],
)
def test_bad_sentences(sentences, words):
    with pytest.raises(AigcError, match=words):
        Recogniser(sentences)


@needs_it
def test_bad_sounds():
    recogniser = Recogniser(["one"])
    for wave, words in (
        (torch.zeros(2, 9), "1 axis"),
        ([0.0], "list"),
        (torch.zeros(0), "empty"),
        (torch.zeros(3600 * 16_000), "lasts 3,600 seconds; at most 120"),
    ):
        for call in (recogniser, lambda wave, rate: word_times(wave, rate, "one")):
            with pytest.raises(AigcError, match=words):
                call(wave, 16_000)
