"""The pronunciations are the dictionary's, and the tool that makes them reads its form."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from aigc_teach import data

TOOL = Path(__file__).parents[2] / "tools" / "make_pronunciations.py"
SOURCE = """/** @type {{ [word: string]: string }} */
export const dictionary = {
  "'tis": "T IH1 Z",
  a: "AH0",
  "a(2)": "EY1",
  "ahab's": "EY1 HH AE2 B Z",
  whale: "W EY1 L",
  "whale(2)": "HH W EY1 L",
  "whale(3)": "W EY1 L",
  zebra: "Z IY1 B R AH0"
}
"""


@pytest.fixture
def tool(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    spec = importlib.util.spec_from_file_location("make_pronunciations", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FILE", tmp_path / "pronunciations.npz")
    monkeypatch.setattr(module, "RECORD", tmp_path / "pronunciations.json")
    return module


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "dictionary.tgz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("package/index.js")
        entry.size = len(SOURCE.encode())
        archive.addfile(entry, io.BytesIO(SOURCE.encode()))
    return path


def test_the_words_of_the_novel_are_kept_with_every_pronunciation_once(tool, package, capsys):
    assert tool.main([str(package)]) == 0
    assert json.loads(tool.RECORD.read_text("utf-8"))["words"] == 3
    with np.load(tool.FILE) as stored:
        lines = stored["lines"].tobytes().decode()
    assert lines.split("\n") == [
        "a\tAH0\tEY1",
        "ahab's\tEY1 HH AE2 B Z",
        "whale\tW EY1 L\tHH W EY1 L",
    ]
    assert tool.main([str(package), "--check"]) == 0
    tool.FILE.unlink()
    assert tool.main([str(package), "--check"]) == 1
    capsys.readouterr()


def test_the_tool_and_the_package_cut_words_alike(tool):
    text = "\u2019Tis Ahab\u2019s\u2014the White-WHALE, 'a' 3rd 'Quohog."
    assert data.words(text) == tool.WORD.findall(text.lower().replace("\u2019", "'"))


def test_what_comes_with_the_package_is_small_and_well_formed():
    spoken = data.pronunciations()
    home = importlib.import_module("aigc_teach.data.pronunciations")
    assert home.FILE.stat().st_size < 200_000
    assert len(spoken) == json.loads(home.RECORD.read_text("utf-8"))["words"] == 13_765
    assert set(spoken) <= set(data.words(data.prose()))
    sounds = [each for how in spoken.values() for each in how]
    assert all(data.stresses(each) for each in sounds if len(each) > 2)
    assert len({data.rhyme_part(each) for each in sounds}) > 1000


@pytest.mark.parametrize(
    ("one", "other", "rhyme"),
    [
        ("whale", "sail", True),
        ("ocean", "motion", True),
        ("sea", "me", True),
        ("sea", "say", False),
    ],
)
def test_words_rhyme_as_they_sound(one, other, rhyme):
    spoken = data.pronunciations()
    parts = [{data.rhyme_part(each) for each in spoken[word]} for word in (one, other)]
    assert bool(parts[0] & parts[1]) == rhyme


@pytest.mark.parametrize("text", ["", "！？", "鯨", "12 34", "x" * 10_000])
def test_words_of_odd_texts(text):
    assert data.words(text) == (["x" * 10_000] if text.startswith("x") else [])
