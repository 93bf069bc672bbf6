"""The maker of the texts, on two small packages of the same form as the real ones."""

from __future__ import annotations

import importlib.util
import io
import json
import tarfile
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "make_text.py"
POEMS = {
    "title": "唐詩三百首",
    "content": [
        {
            "type": "五言絕句",
            "content": [
                {
                    "chapter": "送別",
                    "subchapter": None,
                    "author": "王維",
                    "paragraphs": ["王孫歸不歸?(明年 一作：年年)"],
                },
                {
                    "chapter": "兵車行",
                    "subchapter": "兵車行·其一",
                    "author": "杜甫",
                    "paragraphs": ["耶孃妻子走相送。(", "娘 一作：爺)", "塵埃不見咸陽橋。"],
                },
            ],
        }
    ],
}


@pytest.fixture
def tool(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    spec = importlib.util.spec_from_file_location("make_text", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FILE", tmp_path / "texts.npz")
    monkeypatch.setattr(module, "RECORD", tmp_path / "texts.json")
    return module


def pack(path: Path, files: dict) -> str:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = json.dumps(content).encode("utf-8")
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return str(path)


@pytest.fixture
def packages(tmp_path):
    chapters = {
        f"data/chapter_{n}.json": {"chapter": str(n), "title": f"Title {n}.", "text": f"Text {n}. "}
        for n in range(1, 136)
    }
    return [
        pack(tmp_path / "poetry.tgz", {"dist/mengxue/tangshisanbaishou.json": POEMS}),
        pack(tmp_path / "novel.tgz", chapters),
    ]


def test_notes_are_taken_out_and_punctuation_is_of_one_width(tool, packages):
    with tarfile.open(packages[0]) as package:
        poems = tool.read_poems(package)
    assert [poem["text"] for poem in poems] == [
        "王孫歸不歸？",
        "耶孃妻子走相送。\n塵埃不見咸陽橋。",
    ]
    assert [poem["title"] for poem in poems] == ["送別", "兵車行·其一"]


def test_chapters_stand_in_their_order(tool, packages):
    with tarfile.open(packages[1]) as package:
        novel = tool.read_novel(package)
    assert novel.startswith("Title 1.\n\nText 1.\n\nTitle 2.") and novel.endswith("Text 135.")


def test_check_accepts_what_was_written_and_notices_another_source(tool, packages, tmp_path):
    assert tool.main(packages) == 0
    first = tool.FILE.read_bytes()
    assert tool.main(packages) == 0 and tool.FILE.read_bytes() == first
    assert tool.main([*packages, "--check"]) == 0
    changed = json.loads(json.dumps(POEMS).replace("\\u6b78", "\\u56de"))
    other = pack(tmp_path / "other.tgz", {"dist/mengxue/tangshisanbaishou.json": changed})
    assert tool.main([other, packages[1], "--check"]) == 1
