"""The phrases: whole, small, split apart, and made again alike from small packages."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError

home = importlib.import_module("aigc_teach.data.phrases")  # data.phrases is the function
TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_phrases", TOOLS / "make_phrases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_the_one_on_record_and_small():
    record = json.loads(home.RECORD.read_text("utf-8"))
    content = home.FILE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == record["sha256"]
    assert len(content) == record["bytes"] < 150_000
    assert [len(data.phrases(split)) for split in home.SPLITS] == [2000, 300, 2300]


@pytest.mark.parametrize("to", ["zh", "fr"])
def test_every_phrase_is_short_translated_and_keeps_its_placeholders(to):
    everything = data.phrases("all", to=to)
    assert data.phrases(to=to) + data.phrases("held_out", to=to) == everything
    assert len({source for source, _ in everything}) == 2300
    for source, target in everything:
        assert 0 < len(source) <= 46 and 0 < len(target) <= 70 and "\n" not in source + target
        assert source == source.strip() and source != target
        assert data.placeholders(source) == data.placeholders(target)


def test_no_near_copy_lies_on_both_sides(tool):
    def runs(text):
        padded = f" {tool.letters(text)} "
        return {padded[k : k + 3] for k in range(len(padded) - 2)}

    known = [runs(source) for source, _ in data.phrases()]
    for source, _ in data.phrases("held_out"):
        own = runs(source)
        assert all(len(own & other) < tool.ALIKE * len(own | other) for other in known if other)


def wheel(entries) -> zipfile.ZipFile:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("p/locale/x/LC_MESSAGES/a.json", json.dumps({"": {}} | entries))
        archive.writestr("p/locale/x/LC_MESSAGES/a.mo", b"no catalogue")
    return zipfile.ZipFile(file)


def test_the_tool_keeps_what_is_short_translated_and_whole(tool):
    zh = {
        "Open": ["打开"],
        "menu\x04Save %1": ["保存 %1"],
        "Lost %1": ["丢失"],
        "Same": ["Same"],
        "Two\nlines": ["两行"],
        "open": ["打开"],
        "Only here": ["只有"],
        "Empty": [""],
    }
    fr = {
        "Open": ["Ouvrir"],
        "menu\x04Save %1": ["Enregistrer\u00a0%1 "],
        "Lost %1": ["Perdu %1"],
        "Same": ["Pareil"],
        "Two\nlines": ["Deux\nlignes"],
        "open": ["ouvrir"],
        "Empty": ["Vide"],
    }
    rows = tool.collect(wheel(zh), wheel(fr))
    assert rows == [("Open", "打开", "Ouvrir"), ("Save %1", "保存 %1", "Enregistrer %1")]


def test_phrases_much_alike_are_together(tool):
    found = tool.groups(["Delete the file", "Delete the files", "Zoom", "Delete the files!"])
    assert sorted(map(sorted, found)) == [[0, 1, 3], [2]]


def test_the_stored_file_is_noticed_when_it_holds_something_else(
    tool, tmp_path, monkeypatch, capsys
):
    for name in ("FILE", "RECORD"):
        copy = tmp_path / getattr(tool, name).name
        copy.write_bytes(getattr(tool, name).read_bytes())
        monkeypatch.setattr(tool, name, copy)
    made = tool.FILE.read_bytes(), tool.RECORD.read_text("utf-8")
    monkeypatch.setattr(tool, "make", lambda *wheels: made)
    assert tool.main(["a.whl", "b.whl", "--check"]) == 0
    packed = np.frombuffer(b"[]", np.uint8)
    file = tool.npz_bytes(phrases=packed)
    tool.FILE.write_bytes(file)
    tool.RECORD.write_text(tool.record_text(file, packed, 0), encoding="utf-8")
    assert tool.main(["a.whl", "b.whl", "--check"]) == 1
    assert "other phrases" in capsys.readouterr().out
    assert tool.main(["a.whl", "b.whl"]) == 0
    assert tool.main(["a.whl", "b.whl", "--check"]) == 0


@pytest.mark.parametrize("content", [b"[", b"[[1]]", b"{}", b"\xff"], ids=str)
def test_phrases_that_are_none_are_refused(content, tmp_path, monkeypatch):
    file = io.BytesIO()
    np.savez(file, phrases=np.frombuffer(content, np.uint8))
    raw = file.getvalue()
    record = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
    for name, text in (("FILE", raw), ("RECORD", json.dumps(record).encode())):
        path = tmp_path / getattr(home, name).name
        path.write_bytes(text)
        monkeypatch.setattr(home, name, path)
    with pytest.raises(DataError, match=r"phrases\.npz holds no phrases"):
        data.phrases()


def test_unknown_choices_are_answered_with_the_list():
    with pytest.raises(ChoiceError, match="'train', 'held_out', 'all'"):
        data.phrases("test")
    with pytest.raises(ChoiceError, match="'zh', 'fr'"):
        data.phrases(to="de")
