"""The texts that come with the package: whole, clean, and as their record says."""

from __future__ import annotations

import hashlib
import json

import pytest

from aigc_teach import data
from aigc_teach.core.errors import DataError
from aigc_teach.data import text


def test_the_file_is_the_one_on_record():
    record = json.loads(text.FILE.with_name("texts.json").read_text("utf-8"))
    assert hashlib.sha256(text.FILE.read_bytes()).hexdigest() == record["sha256"]
    assert (len(data.poems()), len(data.prose())) == (
        record["poems"],
        record["characters_of_prose"],
    )


def test_every_poem_has_title_author_and_clean_verses():
    poems = data.poems()
    assert len(poems) == 320 and all(all(poem) for poem in poems)
    characters = set("".join(poem.text for poem in poems))
    other = {c for c in characters if not "\u4e00" <= c <= "\u9fff"}
    assert other == set("，。？！：；《》\n")
    assert "白日依山盡，黃河入海流。" in {line for p in poems for line in p.text.splitlines()}


def test_the_novel_begins_and_ends_where_it_should():
    prose = data.prose()
    assert prose.startswith("Loomings.\n\nCall me Ishmael.")
    assert prose.endswith("rolled five thousand years ago.")


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_damaged_file_is_told(content, tmp_path, monkeypatch):
    broken = tmp_path / "texts.npz"
    broken.write_bytes(content)
    monkeypatch.setattr(text, "FILE", broken)
    with pytest.raises(DataError, match="Install aigc-teach again"):
        data.poems()
    assert data.verify() == [
        "texts.npz is damaged (other sha256). Install aigc-teach again to get it back."
    ]
