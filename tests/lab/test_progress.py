"""The learner's file: atomic, healed when damaged, never in the way."""

import json
import os
import random
import signal
import time

import pytest

from aigc_teach import lab
from aigc_teach.lab import record

pytestmark = pytest.mark.usefixtures("demo")


def stored(folder):
    return json.loads((folder / "progress.json").read_text())


def test_tries_count_until_solved(own_folder):
    for answer in (..., 3, 5, 4, 3):
        lab.check("99/number", answer)
    lab.quiz("99/q1")
    lab.quiz("99/q1", "b")
    known = stored(own_folder)
    assert known["exercises"]["99/number"]["tries"] == 3
    assert known["exercises"]["99/number"]["solved"]
    assert known["questions"]["99/q1"]["tries"] == 1
    assert "4" not in known["exercises"]  # names and counts, never an answer


def test_table(capsys, own_folder):
    lab.check("99/number", 4)
    lab.check("99/tensor", 4)
    capsys.readouterr()
    assert lab.progress() is None
    shown = capsys.readouterr().out
    assert "1 of 4 solved." in shown and str(own_folder) in shown.replace("\n", "")
    rows = {line.split()[0]: line.split() for line in shown.splitlines() if line.startswith("99")}
    assert rows["99/tensor"] == ["99/tensor", "exercise", "-", "1"]
    assert rows["99/number"][2] != "-"


def test_forget(own_folder, capsys):
    lab.check("99/number", 4)
    assert lab.forget() is None and not (own_folder / "progress.json").exists()
    assert lab.forget() is None  # nothing there: still calm
    capsys.readouterr()
    lab.progress()
    assert "0 of 4 solved." in capsys.readouterr().out


@pytest.mark.parametrize(
    "damage",
    [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'{"exercises": []}', b"[" * 100_000),
        b'{"exercises": {"a/b": 3}, "questions": {}}',
        b'{"exercises": {"a/b": {"tries": "x", "solved": null}}, "questions": {}}',
    ],
)
def test_damaged_file_is_healed_and_kept(damage, own_folder, capsys):
    path = own_folder / "progress.json"
    path.write_bytes(damage)
    lab.check("99/number", 4)
    shown = capsys.readouterr().out
    assert "was damaged" in shown and "Right." in shown
    assert (own_folder / "progress.json.bak").read_bytes() == damage
    assert stored(own_folder)["exercises"]["99/number"]["solved"]


def test_unwritable_folder_is_told_once(own_folder, monkeypatch, capsys):
    (own_folder / "file").write_text("a file, not a folder")
    monkeypatch.setenv("AIGC_PROGRESS", str(own_folder / "file" / "progress.json"))
    for _ in range(2):
        lab.check("99/number", 4)
    lab.progress()
    lab.forget()
    shown = capsys.readouterr().out.replace("\n", " ")
    assert shown.count("checks work all the same") == 1 and shown.count("Right.") == 2


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), OSError(28, "No space left")])
def test_full_disk_or_forbidden(error, own_folder, monkeypatch, capsys):
    lab.check("99/tensor", 3)
    before = (own_folder / "progress.json").read_bytes()

    def refuse(*args):
        raise error

    monkeypatch.setattr(record.os, "fsync", refuse)
    lab.check("99/number", 4)
    assert error.strerror in capsys.readouterr().out
    assert (own_folder / "progress.json").read_bytes() == before
    assert [p.name for p in own_folder.iterdir()] == ["progress.json"]  # no debris


def test_progress_path_is_a_folder(own_folder, monkeypatch, capsys):
    monkeypatch.setenv("AIGC_PROGRESS", str(own_folder))
    lab.check("99/number", 4)
    lab.forget()
    assert "Right." in capsys.readouterr().out


def test_off_keeps_nothing(own_folder, monkeypatch, capsys):
    monkeypatch.setenv("AIGC_PROGRESS", "off")
    lab.check("99/number", 4)
    lab.progress()
    lab.forget()
    assert "Nothing is kept" in capsys.readouterr().out
    assert list(own_folder.iterdir()) == []


def test_default_place_is_the_user_data_folder(monkeypatch, own_folder):
    monkeypatch.delenv("AIGC_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", str(own_folder))
    path = record.progress_path()
    assert path.name == "progress.json" and "aigc-teach" in str(path)


def write_for_ever(path):
    while True:
        known = record.read_progress(path)
        for entry in known["exercises"].values():
            entry["tries"] += 1
        record.write_progress(path, known)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork, to be quick")
def test_killed_in_mid_write_keeps_a_whole_file(own_folder, capsys):
    path = own_folder / "progress.json"
    many = {f"99/e{i}": {"tries": 1, "solved": None} for i in range(2000)}
    record.write_progress(path, {"exercises": many, "questions": {}})
    dice = random.Random(0)
    for _ in range(15):
        before = path.stat().st_mtime_ns
        child = os.fork()
        if child == 0:
            write_for_ever(path)
        deadline = time.monotonic() + 20
        while path.stat().st_mtime_ns == before and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        entries = stored(own_folder)["exercises"]
        assert len(entries) == 2000 and len({e["tries"] for e in entries.values()}) == 1
    assert entries["99/e0"]["tries"] > 15  # the children did write
    lab.forget()
    assert list(own_folder.iterdir()) == []  # what the killed ones left behind, too


def test_an_error_in_mid_write_keeps_the_old_file(own_folder, monkeypatch):
    path = own_folder / "progress.json"
    record.write_progress(path, {"exercises": {}, "questions": {}})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        record.write_progress(path, {"exercises": {"a": object()}, "questions": {}})
    assert path.read_bytes() == before and len(list(own_folder.iterdir())) == 1
