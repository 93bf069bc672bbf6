"""The docstrings: whole, small, split by package, without near-copies, and made again alike."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError

home = importlib.import_module("aigc_teach.data.docstrings")  # data.docstrings is the function
TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_docstrings", TOOLS / "make_docstrings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_the_one_on_record_and_small():
    record = json.loads(home.RECORD.read_text("utf-8"))
    content = home.FILE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == record["sha256"]
    assert len(content) == record["bytes"] < 600_000
    assert [len(data.docstrings(split)) for split in home.SPLITS] == [4000, 300, 300, 4600]


def test_each_is_short_and_plain():
    for row in data.docstrings("all"):
        assert 3 <= len(row.summary.split()) <= 16 and 15 <= len(row.body.split()) <= 50
        assert (row.summary + row.body).isascii() and "\n" not in row.summary + row.body
        assert row.summary[0].isupper() and not row.summary.endswith(".")


def test_nothing_is_learnt_of_the_unseen_packages():
    learnt = {row.package for row in data.docstrings()}
    assert {row.package for row in data.docstrings("held_out")} == learnt
    unseen = {row.package for row in data.docstrings("unseen")}
    assert unseen == {"networkx", "pandas"} and not unseen & learnt


def test_no_first_line_and_no_near_copy_stands_twice(tool):
    rows = data.docstrings("all")
    lines = [" ".join(re.findall(r"[a-z0-9]+", row.summary.lower())) for row in rows]
    assert len(set(lines)) == len(rows)
    known = [tool.pairs_of(row.body) for row in rows[:4000]]
    for row in rows[4000::7]:
        own = tool.pairs_of(row.body)
        assert all(len(own & other) < tool.ALIKE * len(own | other) for other in known)


BODY = "It has as many words as are needed here, which is fifteen of them or a few more."


@pytest.mark.parametrize(
    ("docstring", "wanted"),
    [
        (f"Return a thing.\n\n{BODY}", (BODY, "Return a thing")),
        (f"Return a\nthing.\n\n{BODY}", None),  # the first line goes on
        (f"Two words.\n\n{BODY}", None),
        ("Return a thing.\n\nToo short.", None),
        (f"Return a `%s` thing.\n\n{BODY}", None),
        (f"Return a thing.\n\n{BODY}\n\n>>> f(1)\n2", (BODY, "Return a thing")),
        (f"Return a thing.\n\n    {BODY}\n\nReturns\n-------\nint", (BODY + " Returns int", None)),
        (f"Return :func:`~os.path`.\n\n{BODY} \u4e86", None),
    ],
)
def test_what_is_kept_of_a_docstring(tool, docstring, wanted):
    found = tool.pair(docstring)
    assert (found is None) == (wanted is None)
    if wanted:
        assert found[0] == wanted[0] and found[1] == "Return a thing"


def test_near_copies_are_dropped(tool):
    rows = [
        ("a", "one two three four", "First line"),
        ("b", "one two three five", "Another line"),  # two of four pairs of words in common
        ("c", "seven eight nine", "First, line!"),
        ("d", "seven eight nine", "A third line"),
    ]
    assert tool.without_copies(rows) == [rows[0], rows[3]]


def test_the_stored_file_is_noticed_when_it_holds_something_else(
    tool, tmp_path, monkeypatch, capsys
):
    for name in ("FILE", "RECORD"):
        copy = tmp_path / getattr(tool, name).name
        copy.write_bytes(getattr(tool, name).read_bytes())
        monkeypatch.setattr(tool, name, copy)
    made = tool.FILE.read_bytes(), tool.RECORD.read_text("utf-8")
    monkeypatch.setattr(tool, "make", lambda: made)
    monkeypatch.setattr(tool, "installed", lambda: None)
    assert tool.main(["--check"]) == 0
    packed = np.frombuffer(b"[]", np.uint8)
    file = tool.npz_bytes(docstrings=packed)
    tool.FILE.write_bytes(file)
    tool.RECORD.write_text(tool.record_text(file, packed, 0), encoding="utf-8")
    assert tool.main(["--check"]) == 1
    assert "other docstrings" in capsys.readouterr().out
    assert tool.main([]) == 0 and tool.main(["--check"]) == 0


def test_another_version_of_a_package_is_named(tool, monkeypatch):
    monkeypatch.setitem(tool.VERSIONS, "numpy", "1.0")
    monkeypatch.setitem(tool.VERSIONS, "python", tool.platform.python_version())
    with pytest.raises(SystemExit, match="numpy .* is installed; the docstrings are those of 1.0"):
        tool.installed()


@pytest.mark.parametrize("content", [b"[", b"[[1]]", b"{}", b"\xff"], ids=str)
def test_docstrings_that_are_none_are_refused(content, tmp_path, monkeypatch):
    file = io.BytesIO()
    np.savez(file, docstrings=np.frombuffer(content, np.uint8))
    raw = file.getvalue()
    record = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
    for name, text in (("FILE", raw), ("RECORD", json.dumps(record).encode())):
        path = tmp_path / getattr(home, name).name
        path.write_bytes(text)
        monkeypatch.setattr(home, name, path)
    with pytest.raises(DataError, match=r"docstrings\.npz holds no docstrings"):
        data.docstrings()


def test_unknown_splits_are_answered_with_the_list():
    with pytest.raises(ChoiceError, match="'train', 'held_out', 'unseen', 'all'"):
        data.docstrings("test")
