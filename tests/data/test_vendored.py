"""What comes with the package loads only as what is on record: hash, shapes, and no bombs."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import time
import zipfile

import numpy as np
import pytest

from aigc_teach import data
from aigc_teach.core import DataError
from aigc_teach.data import vendored
from aigc_teach.data.arrays import read_npz

digits = importlib.import_module("aigc_teach.data.digits")  # data.digits is the function
colour = importlib.import_module("aigc_teach.data.colour")
course_notes = importlib.import_module("aigc_teach.data.course_notes")
photographs = importlib.import_module("aigc_teach.data.photographs")
pronunciations = importlib.import_module("aigc_teach.data.pronunciations")
docstrings = importlib.import_module("aigc_teach.data.docstrings")
phrases = importlib.import_module("aigc_teach.data.phrases")
quatrains = importlib.import_module("aigc_teach.data.quatrains")
records = importlib.import_module("aigc_teach.data.records")
sorting = importlib.import_module("aigc_teach.data.sorting_gpt")
speech = importlib.import_module("aigc_teach.data.speech")
text = importlib.import_module("aigc_teach.data.text")
tunes = importlib.import_module("aigc_teach.data.tunes")
weather = importlib.import_module("aigc_teach.data.weather")
LOADS = [
    (digits, data.digits),
    (colour, data.emoji),
    (colour, data.emoji_words),
    (colour, data.emoji_families),
    (text, data.poems),
    (text, data.prose),
    (docstrings, data.docstrings),
    (phrases, data.phrases),
    (quatrains, data.quatrains),
    (quatrains, data.rhyme_groups),
    (sorting, data.sorting_gpt),
    (photographs, data.photographs),
    (photographs, data.photograph_patches),
    (pronunciations, data.pronunciations),
    (tunes, data.tunes),
    (weather, data.weather),
    (speech, data.speech),
    (records, data.records),
    (course_notes, data.course_notes),
]


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@pytest.fixture
def forge(tmp_path, monkeypatch):
    """Put other bytes in place of a module's file, with a record that vouches for them."""

    def forge(module, content: bytes, *, honest: bool = True) -> None:
        record = json.loads(module.RECORD.read_text("utf-8"))
        if honest:
            record |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name in ("FILE", "RECORD"):
            copy = tmp_path / getattr(module, name).name
            copy.write_bytes(content if name == "FILE" else json.dumps(record).encode())
            monkeypatch.setattr(module, name, copy)

    return forge


@pytest.mark.parametrize(("module", "load"), LOADS, ids=lambda value: value.__name__)
def test_one_changed_byte_anywhere_is_noticed_at_every_load(module, load, forge):
    raw = bytearray(module.FILE.read_bytes())
    raw[-1] ^= 1  # ZIP's own comment length: no checksum of ZIP's looks at it
    forge(module, bytes(raw), honest=False)
    with pytest.raises(DataError, match="damaged .other sha256.*Install aigc-teach again"):
        load()


@pytest.mark.parametrize(
    ("images", "labels"),
    [((2, 28, 28), (6,)), ((6, 28, 28), (6,)), ((5000, 28, 28), (4999,)), ((5000, 784), (5000,))],
)
def test_images_and_labels_of_other_shapes_are_refused_under_a_right_hash(images, labels, forge):
    forge(digits, npz(images=np.zeros(images, np.uint8), labels=np.zeros(labels, np.uint8)))
    with pytest.raises(DataError, match="digits28.npz cannot be read.*Install"):
        data.digits()


def test_pictures_of_another_number_or_type_are_refused(forge):
    few = {"labels": np.zeros(3, np.uint8), "images": np.zeros((3, 32, 32, 3), np.uint8)}
    forge(colour, npz(**few))
    with pytest.raises(DataError, match="emoji32.npz cannot be read"):
        data.emoji()
    forge(digits, npz(images=np.zeros((5000, 28, 28)), labels=np.zeros(5000)))
    with pytest.raises(DataError, match="float64"):
        data.digits()


@pytest.mark.parametrize(
    "poems", [b"[", b"[1]", b'[{"title": "a"}]', b"\xff", b"[" * 100_000],
    ids=["half", "number", "title", "no text", "deep"],
)  # fmt: skip
def test_poems_that_are_none_are_refused(poems, forge):
    forge(text, npz(poems=np.frombuffer(poems, np.uint8)))
    with pytest.raises(DataError, match=r"texts\.npz holds no"):
        data.poems()


@pytest.mark.parametrize(
    "notes", [b"[", b"[1]", b'[{"title": "a"}]', b"\xff", b"[" * 100_000,
              b'[{"kind": "term", "title": 3, "text": "", "page": ""}]'],
    ids=["half", "number", "title", "no text", "deep", "other type"],
)  # fmt: skip
def test_notes_that_are_none_are_refused(notes, forge):
    forge(course_notes, notes)
    with pytest.raises(DataError, match=r"course_notes\.json holds no"):
        data.course_notes()


def test_an_array_without_end_is_not_unpacked(forge, monkeypatch):
    monkeypatch.setattr(vendored, "UNPACKED", 10_000)
    forge(text, npz(prose=np.zeros(50_000_000, np.uint8)))
    with pytest.raises(DataError, match="prose is uint8"):
        data.prose()


def locked_zip() -> bytes:
    """An archive whose entry says that it is encrypted."""
    raw = bytearray(npz(images=np.zeros(3, np.uint8)))
    central = raw.index(b"PK\x01\x02")
    raw[6] |= 1
    raw[central + 8] |= 1
    return bytes(raw)


def odd_compression() -> bytes:
    """An archive whose entry names a way to pack that nobody knows."""
    raw = bytearray(npz(images=np.zeros(3, np.uint8)))
    central = raw.index(b"PK\x01\x02")
    raw[8] = raw[central + 10] = 77
    return bytes(raw)


def lying(shape: tuple[int, ...]) -> bytes:
    """Six pictures under a header that says something else; ZIP's checksum is right."""
    array = io.BytesIO()
    np.lib.format.write_array(array, np.zeros((6, 28, 28), np.uint8))
    content = array.getvalue().replace(b"(6, 28, 28)", repr(shape).encode().ljust(11))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("images.npy", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b"", "not a zip"),
        (lambda: npz(labels=np.zeros(3, np.uint8)), "no item named"),
        (locked_zip, "encrypted"),
        (odd_compression, "compression"),
        (lambda: lying((2, 28, 28)), "more or fewer bytes"),
        (lambda: lying((7, 28, 28)), "more or fewer bytes"),
        (lambda: lying((-1, 28, 28)), "images is uint8|more or fewer"),
        (lambda: lying((9**9, 9, 9)), "images is uint8"),
        (lambda: npz(images=np.array([{}] * 3, dtype=object)), "images is object"),
    ],
    ids=["empty", "lacking", "encrypted", "packing", "two", "seven", "minus", "huge", "object"],
)
def test_an_archive_that_lies_is_one_sentence(make, words):
    shape = {"images": (None,) * (3 if words.count("bytes") or "uint8" in words else 1)}
    with pytest.raises(DataError, match=f"^it cannot be read .*({words})"):
        read_npz(make(), shape, name="it", at_most=10**6)


@pytest.mark.parametrize(
    "record",
    [None, "", "[]", "{}", '{"sha256": 1, "bytes": 2}', "[" * 10**5],
    ids=["gone", "empty", "list", "nothing", "numbers", "deep"],
)
def test_a_damaged_record_is_a_sentence(record, tmp_path, monkeypatch):
    path = tmp_path / "digits28.json"
    if record is not None:
        path.write_text(record)
    monkeypatch.setattr(digits, "RECORD", path)
    with pytest.raises(DataError, match=r"digits28\.json is (missing|damaged).*Install"):
        data.digits()
    assert len(data.verify()) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
@pytest.mark.timeout(20)
def test_a_pipe_in_a_files_place_does_not_wait(tmp_path, monkeypatch):
    for name in ("digits28.npz", "digits28.json"):
        os.mkfifo(tmp_path / name)
    monkeypatch.setattr(digits, "FILE", tmp_path / "digits28.npz")
    with pytest.raises(DataError, match="is a pipe, not a file"):
        data.digits()
    monkeypatch.setattr(digits, "RECORD", tmp_path / "digits28.json")
    with pytest.raises(DataError, match="is damaged"):
        data.digits()


def test_the_hash_costs_little_beside_the_load():
    """Compared in one process at one time: the ratio is the same on a busy machine."""
    raw = digits.FILE.read_bytes()
    hashing = min(seconds(lambda: hashlib.sha256(raw).hexdigest()) for _ in range(9))
    loading = min(seconds(lambda: data.digits("all")) for _ in range(9))
    assert hashing < loading / 2


def seconds(work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
