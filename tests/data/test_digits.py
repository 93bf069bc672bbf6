"""The digits that come with the package: what they are, and that damage is noticed."""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError
from load import seconds, within

module = importlib.import_module("aigc_teach.data.digits")  # data.digits is the function


def test_shapes_types_and_range():
    for split, n in {"train": 4500, "held_out": 500, "all": 5000}.items():
        x, labels = data.digits(split)
        assert x.shape == (n, 1, 28, 28) and x.dtype == torch.float32 and x.is_contiguous()
        assert labels.shape == (n,) and labels.dtype == torch.int64
        assert x.min() == -1 and x.max() == 1


def test_every_digit_is_there_equally_often():
    assert torch.bincount(data.digits("train").labels).tolist() == [450] * 10
    assert torch.bincount(data.digits("held_out").labels).tolist() == [50] * 10


def test_any_first_ten_show_every_digit():
    for split in ("train", "held_out"):
        assert data.digits(split).labels[:10].tolist() == list(range(10))


def test_the_parts_share_no_image_and_make_the_whole():
    train, held_out, everything = (data.digits(s) for s in ("train", "held_out", "all"))
    assert torch.equal(torch.cat([train.x, held_out.x]), everything.x)
    assert torch.equal(torch.cat([train.labels, held_out.labels]), everything.labels)
    assert len(torch.unique(everything.x.flatten(1), dim=0)) == 5000


def test_pixels_come_back_exactly():
    with np.load(module.FILE) as stored:
        pixels = torch.from_numpy(stored["images"])
    assert pixels.dtype == torch.uint8
    back = ((data.digits("all").x + 1) * 127.5).round().to(torch.uint8)
    assert torch.equal(back.squeeze(1), pixels)


def test_labels_belong_to_the_images():
    """A classifier as plain as the class mean is right far more often than one in ten."""
    train, held_out = data.digits("train"), data.digits("held_out")
    means = torch.stack([train.x[train.labels == k].mean(0) for k in range(10)]).flatten(1)
    guess = torch.cdist(held_out.x.flatten(1), means).argmin(1)
    assert (guess == held_out.labels).float().mean() > 0.75  # 0.1 if they did not belong


def test_each_call_returns_fresh_tensors():
    data.digits("held_out").x.fill_(7)
    assert data.digits("held_out").x.max() == 1


def test_unknown_split():
    with pytest.raises(ChoiceError, match="'train', 'held_out', 'all'"):
        data.digits("test")


def test_loads_in_a_tenth_of_a_second():
    data.digits()
    best = min(seconds(lambda: data.digits("all")) for _ in range(5))
    assert within(best, 0.1)


def test_the_record_agrees_with_the_file():
    record = json.loads(module.RECORD.read_text(encoding="utf-8"))
    assert record["sha256"] == hashlib.sha256(module.FILE.read_bytes()).hexdigest()
    assert (record["images"], record["train"], record["held_out"]) == (5000, 4500, 500)
    assert data.verify() == []


@pytest.mark.parametrize("damage", ["truncated", "one bit", "no zip", "gone"])
def test_damage_is_a_sentence(damage, tmp_path, monkeypatch):
    raw = bytearray(module.FILE.read_bytes())
    if damage == "one bit":
        raw[len(raw) // 2] ^= 1
    bad = {"truncated": raw[: len(raw) // 2], "no zip": b"version https://git-lfs"}
    path = tmp_path / "digits28.npz"
    if damage != "gone":
        path.write_bytes(bad.get(damage, raw))
    monkeypatch.setattr(module, "FILE", path)
    with pytest.raises(DataError, match="Install aigc-teach again"):
        data.digits()
    assert len(data.verify()) == 1


def test_importing_data_loads_no_download_library():
    code = "import sys, aigc_teach.data; print({'pooch', 'requests', 'mlxtend'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
