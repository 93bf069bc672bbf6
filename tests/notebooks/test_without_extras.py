"""Lessons that know optional extras run without them, and say once what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lessons.places import here
from lessons.source import read_lesson, sections

HIDE = """
import sys
from importlib.machinery import PathFinder

HIDDEN = ("av", "pocketsphinx", "espeakng_loader", "speechmos", "onnxruntime")


class Poor(PathFinder):  # an installation without the extras
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            return None
        return super().find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Poor
import matplotlib

matplotlib.use("Agg")
"""
AUDIO, VIDEO = "pip install 'aigc-teach[audio]'", "pip install 'aigc-teach[video]'"
DNSMOS = "pip install speechmos onnxruntime"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("07_audio/01_speech_synthesis", (AUDIO, DNSMOS, "Without it this page reports no words")),
        ("07_audio/03_enhancement", (AUDIO, "The rest of the page runs without it.")),
        ("08_video/02_subtitles", (AUDIO, VIDEO, "FilmPlayer shows a film in the page")),
    ],
)
def test_a_lesson_runs_to_its_exercises(name, sentences, tmp_path, monkeypatch):
    monkeypatch.setenv("AIGC_BUDGET", "ci")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    lesson, cells = read_lesson(here().book / f"{name}.md"), []
    for part in sections(lesson):
        if part.title.startswith("Exercises"):
            break
        cells += [cell.text for cell in part.code]
    script = tmp_path / "lesson.py"
    script.write_text("\n".join([HIDE, *cells]), "utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    for sentence in sentences:
        assert done.stdout.count(sentence) == 1, sentence
