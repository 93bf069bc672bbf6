"""Measured figures: written so that changes show, read in a sentence where they are broken."""

from __future__ import annotations

import math
import os

import pytest

from aigc_teach.core import FileWriteError, WeightsError
from aigc_teach.core.measured import read_measured, write_measured
from aigc_teach.zoo import families

ROWS = [{"seed": 0, "good": 0.9}, {"seed": 1, "good": None}]


@pytest.mark.parametrize("head", [{"facts": {}}, {"facts": {"a": [1, {"b": "c"}]}, "real": {}}])
@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS])
def test_what_is_written_is_read(head, rows, tmp_path):
    write_measured(tmp_path / "a.json", head, rows)
    assert read_measured(tmp_path / "a.json", "make a") == head | {"rows": rows}


def test_what_lies_in_the_package_is_written_again_byte_for_byte(tmp_path):
    content = read_measured(families.PATH, "make families")
    rows = content.pop("rows")
    write_measured(tmp_path / "a.json", content, rows)
    assert (tmp_path / "a.json").read_bytes() == families.PATH.read_bytes()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '"facts"', "null", '{"rows": []}', '{"facts": {}, "rows": {}}',
     '{"facts": {}, "rows": [1]}', '{"facts": 1, "rows": []}', "[" * 100_000, "\udcff"],
    ids=["empty", "half", "list", "number", "text", "null", "no facts", "table", "number in it",
         "facts", "deep", "bytes"],
)  # fmt: skip
def test_a_broken_file_is_a_sentence(text, tmp_path):
    (tmp_path / "a.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(WeightsError, match=r"a\.json is missing or damaged.*`make a`"):
        read_measured(tmp_path / "a.json", "make a")


@pytest.mark.timeout(20)
def test_what_is_no_file_is_a_sentence_too(tmp_path):
    (tmp_path / "folder").mkdir()
    names = ["folder", "gone"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        names.append("pipe")
    for name in names:
        with pytest.raises(WeightsError, match="missing or damaged"):
            read_measured(tmp_path / name, "make a")


def test_a_write_that_fails_leaves_the_old_figures(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_measured(path, {"facts": {}}, ROWS)
    with pytest.raises(ValueError):
        write_measured(path, {"facts": {}}, [{"good": math.nan}])
    with pytest.raises(ValueError):
        write_measured(path, {"facts": {"good": math.inf}}, [])

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileWriteError, match="the disk is full"):
        write_measured(path, {"facts": {}}, [])
    assert read_measured(path, "make a")["rows"] == ROWS
