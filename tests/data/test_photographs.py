"""The photographs are those of scikit-image's wheel, split by photograph, and cut into patches."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError

pytest.importorskip("skimage", reason="the photographs are remade from scikit-image")

home = importlib.import_module("aigc_teach.data.photographs")
TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_photographs", TOOLS / "make_photographs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(tool):
    return tool.make()


@pytest.fixture
def stored(tool, made, tmp_path, monkeypatch):
    """The tool pointed at a copy of the stored files; its source is read only once."""
    for name in ("FILE", "RECORD"):
        copy = tmp_path / getattr(tool, name).name
        copy.write_bytes(getattr(tool, name).read_bytes())
        monkeypatch.setattr(tool, name, copy)
    monkeypatch.setattr(tool, "make", lambda: made)
    return tool


def test_the_stored_files_are_as_made_and_small(stored, capsys):
    assert stored.main(["--check"]) == 0
    assert "photographs.npz" in capsys.readouterr().out
    assert stored.FILE.stat().st_size < 1_200_000
    with zipfile.ZipFile(stored.FILE) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_writing_gives_what_check_accepts_and_another_pixel_is_noticed(stored, capsys):
    stored.FILE.unlink()
    assert stored.main(["--check"]) == 1
    assert stored.main([]) == 0
    assert stored.main(["--check"]) == 0
    arrays = {name: pixels.copy() for name, pixels in stored.stored_pixels().items()}
    arrays["gravel"][0, 0] ^= 1
    file = stored.npz_bytes(**{name: stored.png(pixels) for name, pixels in arrays.items()})
    stored.FILE.write_bytes(file)
    stored.RECORD.write_text(stored.record_text(file, arrays), encoding="utf-8")
    assert stored.main(["--check"]) == 1
    assert "other pixels" in capsys.readouterr().out


def test_other_bytes_of_the_same_pixels_pass_with_their_own_record(stored, capsys):
    arrays = stored.stored_pixels()
    with np.load(stored.FILE) as packed:
        np.savez(stored.FILE, **packed)
    assert stored.main(["--check"]) == 1
    stored.RECORD.write_text(stored.record_text(stored.FILE.read_bytes(), arrays), encoding="utf-8")
    assert stored.main(["--check"]) == 0
    assert "packs them differently" in capsys.readouterr().out


def test_a_picture_that_was_not_shrunk_is_skimages_own_bit_for_bit():
    from skimage import data as theirs

    ours = {photo.name: photo.x for photo in data.photographs("all", low=0)}
    for name, crop in {"chelsea": np.s_[:, :], "coffee": np.s_[40:360, 100:500]}.items():
        pixels = getattr(theirs, name)()[crop].astype(np.float32) / 255
        assert np.abs(ours[name].permute(1, 2, 0).numpy() - pixels).max() < 1e-7


def test_every_photograph_has_its_licence_on_record_in_skimages_own_words():
    from skimage import data as theirs

    told = (home.FOLDER / "DATA_LICENSES.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| (?:train|held out) \| (.*?) \|", told, re.MULTILINE))
    assert list(rows) == data.photograph_names()
    plain = re.compile(r"[`\s]+|<[^>]*>_*")
    for name, words in rows.items():
        function = getattr(theirs, {"hubble": "hubble_deep_field"}.get(name, name))
        text = plain.sub(" ", function.__doc__)
        quoted = re.findall(r'"(.*?)"', words)
        assert quoted and re.search("CC0|public domain", words)
        for quote in quoted:
            assert plain.sub(" ", quote) in text, (name, quote)
    entries = json.loads(home.RECORD.read_text("utf-8"))["photographs"]
    assert {each["licence"] for each in entries} == {"CC0", "public domain"}


@pytest.mark.parametrize(("low", "channels"), [(-1, 3), (-1.0, 1), (0, 3), (0.0, 1)])
def test_range_channels_and_split(low, channels):
    train, held_out = (data.photographs(s, channels=channels, low=low) for s in home.SPLITS[:2])
    assert (len(train), len(held_out)) == (6, 3)
    assert not {p.name for p in train} & {p.name for p in held_out}
    for photo in train + held_out:
        assert photo.x.dtype == torch.float32 and len(photo.x) == channels and photo.shows
        assert photo.x.min() >= low and photo.x.max() <= 1
        assert min(photo.x.shape[1:]) >= home.LARGEST
    assert min(photo.x.min() for photo in train) < low + 0.01
    smallest = min(min(photo.x.shape[1:]) for photo in train + held_out)
    assert smallest == home.LARGEST


def test_a_patch_is_a_piece_of_a_photograph_of_its_own_part():
    photos = {s: [p.x for p in data.photographs(s)] for s in ("train", "held_out")}
    for split, other in (("train", "held_out"), ("held_out", "train")):
        for patch in data.photograph_patches(12, 6, split, seed=3):
            assert any(holds(x, patch) for x in photos[split])
            assert not any(holds(x, patch) for x in photos[other])


def holds(x: torch.Tensor, patch: torch.Tensor) -> bool:
    """Whether a photograph contains a patch; its corner is looked for first."""
    size = patch.shape[-1]
    corners = (x == patch[:, :1, :1]).all(0).nonzero().tolist()
    return any(x[:, i : i + size, j : j + size].equal(patch) for i, j in corners)


def test_patches_are_repeatable_and_every_photograph_gives_some_by_its_area():
    x = data.photograph_patches(32, 50, seed=1)
    assert x.equal(data.photograph_patches(32, 50, seed=1))
    assert not x.equal(data.photograph_patches(32, 50, seed=2))
    grey = data.photograph_patches(213, 3, "held_out", channels=1, low=0)
    assert grey.shape == (3, 1, 213, 213) and grey.min() >= 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: data.photographs("test"), ChoiceError, "'train', 'held_out', 'all'"),
        (lambda: data.photographs(channels=4), ChoiceError, "3 .colour., 1 .grey."),
        (lambda: data.photographs(low=0.5), ChoiceError, "-1 .to 1., 0 .to 1."),
        (lambda: data.photograph_patches(214), RangeError, "at most 213"),
        (lambda: data.photograph_patches(32.0), DtypeError, "whole number"),
        (lambda: data.photograph_patches(32, 0), RangeError, "at least 1"),
        (lambda: data.photograph_patches(32, 1, seed=-1), RangeError, "seed"),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("entries", [[1], [{"name": "a"}], ["x"]])
def test_a_forged_record_is_a_sentence(entries, tmp_path, monkeypatch):
    record = json.loads(home.RECORD.read_text("utf-8")) | {"photographs": entries}
    (tmp_path / "photographs.json").write_text(json.dumps(record))
    monkeypatch.setattr(home, "RECORD", tmp_path / "photographs.json")
    with pytest.raises(DataError, match=r"photographs\.json is damaged.*Install"):
        data.photographs()
