from __future__ import annotations

import base64
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def sample_text() -> str:
    """The sample lesson, which keeps every rule."""
    return (Path(__file__).parent / "sample_lesson.md").read_text("utf-8")


@pytest.fixture
def course(tmp_path, sample_text):
    """A course of two lessons in a folder of its own."""
    from lessons.places import Places

    places = Places(tmp_path)
    lessons = places.book / "01_sample"
    (lessons / "figures").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "book" / "references.bib", places.book)
    (places.book / "glossary.md").write_text("# Glossary\n\n## Latent space\n\nwords\n", "utf-8")
    (lessons / "figures" / "01_sample.png").write_bytes(PIXEL)
    (lessons / "01_sample.md").write_text(sample_text, "utf-8")
    (lessons / "02_other.md").write_text(sample_text, "utf-8")
    return places
