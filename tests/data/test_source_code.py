"""The standard library as a text: a fixed list, its version and licence, its split."""

from __future__ import annotations

import ast
import importlib
import platform

import pytest

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError

source_code = importlib.import_module("aigc_teach.data.source_code")


def test_every_file_is_python_and_says_its_version():
    source = data.python_source("all")
    assert source.version == platform.python_version() and source.licence == "PSF-2.0"
    assert 200 < len(source.files) == len(source_code.FILES) == len(set(source_code.FILES))
    assert 4_000_000 < sum(map(len, source.files.values())) < 12_000_000
    for name in source_code.HELD_OUT:
        ast.parse(source.files[name])


def test_the_parts_share_no_file():
    train, held_out = (data.python_source(split).files for split in ("train", "held_out"))
    assert not train.keys() & held_out.keys()
    assert [*data.python_source("all").files] == [*source_code.FILES]
    assert {*train, *held_out} == {*source_code.FILES}
    with pytest.raises(ChoiceError, match="'train', 'held_out', 'all'"):
        data.python_source("test")


def test_a_python_without_its_source_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(source_code.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(DataError, match=r"has no readable .*\.py in its library .No such file"):
        data.python_source()
    (tmp_path / "abc.py").write_bytes(b"\xff")
    with pytest.raises(DataError, match="has no readable abc.py"):
        data.python_source()
