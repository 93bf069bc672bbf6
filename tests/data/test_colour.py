"""The colour pictures: what they are, that families stay together, how they are made."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_teach.core import ChoiceError, DataError
from aigc_teach.data import colour

TOOLS = Path(__file__).parents[2] / "tools"


def test_shapes_types_and_range():
    for split, n in {"train": 1691, "held_out": 182, "all": 1873}.items():
        x, labels = colour.emoji(split)
        assert x.shape == (n, 3, 32, 32) and x.dtype == torch.float32 and x.is_contiguous()
        assert labels.shape == (n,) and labels.dtype == torch.int64
        assert x.min() == -1 and x.max() == 1
        assert labels.unique().tolist() == list(range(9)) == list(range(len(colour.emoji_names())))
        assert len(colour.emoji_words(split)) == len(colour.emoji_families(split)) == n


def test_the_parts_share_neither_picture_nor_family():
    train, held_out, everything = (colour.emoji(s) for s in ("train", "held_out", "all"))
    assert torch.equal(torch.cat([train.x, held_out.x]), everything.x)
    assert len(torch.unique(everything.x.flatten(1), dim=0)) == 1873
    families = colour.emoji_families("train"), colour.emoji_families("held_out")
    assert not torch.isin(families[1], families[0]).any()


def test_pictures_are_in_colour_on_white():
    x = colour.emoji("train").x
    assert (x[:, :, 0, 0] == 1).all(dim=1).float().mean() > 0.8  # the corner
    assert ((x[:, 0] - x[:, 2]).abs() > 0.5).flatten(1).any(1).float().mean() > 0.8


def test_words_families_and_names_belong_to_the_pictures():
    words, families = colour.emoji_words("all"), colour.emoji_families("all")
    names, labels = colour.emoji_names(), colour.emoji("all").labels
    assert names[labels[words.index("grinning face")]] == "Smileys & Emotion"
    assert names[labels[words.index("france flag")]] == "Flags"
    teachers = [k for k, word in enumerate(words) if "teacher" in word]
    assert len(teachers) == 3 and len(families[teachers].unique()) == 1
    red = colour.emoji("all").x[words.index("large red circle"), :, 16, 16]
    assert red[0] > 0.5 and red[1] < 0 and red[2] < 0


def test_each_call_returns_fresh_tensors():
    colour.emoji("held_out").x.fill_(7)
    assert colour.emoji("held_out").x.max() == 1


@pytest.mark.parametrize("ask", [colour.emoji, colour.emoji_words, colour.emoji_families])
def test_unknown_split(ask):
    with pytest.raises(ChoiceError, match="'train', 'held_out', 'all'"):
        ask("test")


def test_the_record_agrees_with_the_file_and_names_the_licence():
    record = json.loads(colour.RECORD.read_text(encoding="utf-8"))
    assert record["sha256"] == hashlib.sha256(colour.FILE.read_bytes()).hexdigest()
    assert record["bytes"] == colour.FILE.stat().st_size < 2_000_000
    assert "CC-BY 4.0" in record["licence"] and "Twemoji" in record["attribution"]
    assert colour.verify() == []


@pytest.mark.parametrize("damage", ["truncated", "no zip", "gone"])
def test_damage_is_a_sentence(damage, tmp_path, monkeypatch):
    raw = colour.FILE.read_bytes()
    path = tmp_path / "emoji32.npz"
    if damage != "gone":
        path.write_bytes(raw[: len(raw) // 2] if damage == "truncated" else b"version 1")
    monkeypatch.setattr(colour, "FILE", path)
    with pytest.raises(DataError, match="Install aigc-teach again"):
        colour.emoji()
    assert len(colour.verify()) == 1


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_colour", TOOLS / "make_colour.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(TOOLS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TOOLS))
    return module


@pytest.fixture
def package(tmp_path):
    """A package like the real one, with forty pictures of one colour each."""
    sheet, table = np.zeros((66 * 10, 66 * 4, 4), np.uint8), []
    for k in range(40):
        x, y = k % 4, k // 4
        sheet[y * 66 + 1 : y * 66 + 65, x * 66 + 1 : x * 66 + 65] = [6 * k, 255 - 6 * k, 9, 255]
        table.append(
            {
                "unified": f"1F9D1-200D-1F3{k // 2:02X}" if k % 2 else f"1F3{k // 2:02X}",
                "name": f"PICTURE {k}",
                "short_name": f"p{k}",
                "category": "Flags" if k < 39 else "Component",
                "sort_order": 40 - k,
                "added_in": "1.0",
                "sheet_x": x,
                "sheet_y": y,
                "has_img_twitter": True,
            }
        )
    image = io.BytesIO()
    Image.fromarray(sheet).save(image, "PNG")
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {
            "emoji.json": json.dumps(table).encode(),
            "package.json": b'{"name": "made-up", "version": "1"}',
            "img/twitter/sheets-clean/64.png": image.getvalue(),
        }.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def test_the_tool_makes_checks_and_notices(tool, package, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tool, "FILE", tmp_path / "emoji32.npz")
    monkeypatch.setattr(tool, "RECORD", tmp_path / "emoji32.json")
    assert tool.main([str(package), "--check"]) == 1  # nothing is there yet
    assert tool.main([str(package)]) == 0
    assert tool.main([str(package), "--check"]) == 0
    record = json.loads(tool.RECORD.read_text())
    assert (record["images"], record["held_out"]) == (39, 4)  # families of two; one in ten
    with np.load(tool.FILE, allow_pickle=False) as arrays:
        images, words = arrays["images"], arrays["words"]
        assert len(np.unique(arrays["families"][-4:])) == 2
        for image, word in zip(images, words, strict=True):
            k = int(word.split()[1])
            assert (image == [6 * k, 255 - 6 * k, 9]).all()
        np.savez(tool.FILE, **{**arrays, "images": 255 - images})
    assert tool.main([str(package), "--check"]) == 1
    assert "other pictures" in capsys.readouterr().out


def test_shrinking_blends_with_white(tool):
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:, :32, 3] = 255  # left half black, right half transparent
    rgba[0, 0, 3] = 0
    small = tool.shrink(rgba)
    assert (small[5, :16] == 0).all() and (small[:, 16:] == 255).all()
    assert (small[0, 0] == 64).all()  # three black, one white: 63.75


@pytest.mark.parametrize(
    ("unified", "family"),
    [
        ("1F469-200D-1F3EB", "1F3EB"),
        ("1F468-200D-1F3EB", "1F3EB"),
        ("1F646-200D-2640-FE0F", "1F646"),
        ("1F646", "1F646"),
        ("2640-FE0F", "2640"),
        ("1F469", "person"),
        ("1F55B", "clock"),
        ("1F1EB-1F1F7", "1F1EB-1F1F7"),
    ],
)
def test_families(tool, unified, family):
    assert tool.family(unified) == family
