"""The learner's file: atomic, healed when damaged, never in the way."""

import json
import os
import random
import signal
import time

import pytest
import torch

from aigc_teach import lab
from aigc_teach.core import files
from aigc_teach.lab import record

pytestmark = pytest.mark.usefixtures("demo")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork, to be quick")


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
    assert lab.progress(every=True) is None
    shown = capsys.readouterr().out
    assert "Passed: 0 of 3 lessons" in shown and str(own_folder) in shown.replace("\n", "")
    rows = {line.split()[0]: line.split() for line in shown.splitlines() if line.startswith("99")}
    assert rows["99/tensor"] == ["99/tensor", "exercise", "-", "1"]
    assert rows["99/number"][2] != "-"


def test_forget(own_folder, capsys):
    lab.check("99/number", 4)
    lab.check("99/tensor", 4)
    capsys.readouterr()
    assert lab.forget() is None and not (own_folder / "progress.json").exists()
    said = capsys.readouterr().out.replace("\n", " ")
    assert "1 of 2 exercises that you tried are solved" in said  # first what, then the deed
    assert said.index("1 of 2") < said.index("deleted")
    assert lab.forget() is None  # nothing there: still calm
    assert "nothing has been kept" in capsys.readouterr().out.replace("\n", " ")
    lab.progress()
    shown = capsys.readouterr().out
    assert "Next: begin 00_a/01_98" in shown and "To repeat: nothing." in shown


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

    monkeypatch.setattr(files.os, "fsync", refuse)
    lab.check("99/number", 4)
    reason = "you have no permission" if error.errno == 13 else "the disk is full"
    shown = capsys.readouterr().out.replace("\n", " ")
    assert reason in shown and "checks work all the same" in shown
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


@needs_fork
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
        deadline = time.monotonic() + 120  # a busy machine may take its time
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


def in_children(work, n):
    """Run work(0) ... work(n - 1), each in a process of its own; their exit statuses."""
    children = []
    for number in range(n):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                work(number)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    return [os.waitpid(child, 0)[1] for child in children]


@needs_fork
@pytest.mark.parametrize("names", ["the same", "different"])
def test_two_kernels_lose_no_record(own_folder, names, capsys):
    """The reproducer: of 60 records by two kernels 10 were lost."""
    each = round(30 * float(os.environ.get("AIGC_ATTACKS", "1")))

    def kernel(number):
        for i in range(each):
            name = "99/number" if names == "the same" else f"99/{number}/{i}"
            record.record("exercises", name, solved=False)

    assert in_children(kernel, 2) == [0, 0]
    entries = stored(own_folder)["exercises"]
    assert sum(entry["tries"] for entry in entries.values()) == 2 * each
    assert len(entries) == (1 if names == "the same" else 2 * each)
    assert [p.name for p in own_folder.iterdir()] == ["progress.json"]
    with capsys.disabled():
        if each != 30:
            print(f"\n{2 * each} of {2 * each} records kept, of two kernels at once")


@needs_fork
def test_a_damaged_file_is_set_aside_once(own_folder, capsys):
    """A kernel that sees the damage late does not set aside what another has begun."""
    path = own_folder / "progress.json"
    path.write_bytes(b"{")
    statuses = in_children(lambda i: record.record("exercises", f"99/{i}", solved=True), 4)
    assert statuses == [0] * 4 and set(stored(own_folder)["exercises"]) == {
        f"99/{i}" for i in range(4)
    }
    assert (own_folder / "progress.json.bak").read_bytes() == b"{"


@needs_fork
def test_a_kernel_that_hangs_is_told(own_folder, monkeypatch, capsys):
    monkeypatch.setattr(record, "WAIT", 0.1)
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        with files.locked(own_folder / "progress.json"):
            os.write(sink, b"!")
            signal.pause()
    try:
        assert os.read(source, 1) == b"!"
        lab.check("99/number", 4)
        shown = capsys.readouterr().out.replace("\n", " ")
        assert "Right." in shown and "another process has been writing it" in shown
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_an_error_in_mid_write_keeps_the_old_file(own_folder, monkeypatch):
    path = own_folder / "progress.json"
    record.write_progress(path, {"exercises": {}, "questions": {}})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        record.write_progress(path, {"exercises": {"a": object()}, "questions": {}})
    assert path.read_bytes() == before and len(list(own_folder.iterdir())) == 1


def test_what_was_solved_under_an_earlier_name_stays_solved(tmp_path):
    path = tmp_path / "progress.json"
    earlier = {
        "exercises": {"vae/kl": {"tries": 3, "solved": "2026-01-02"}},
        "questions": {
            "00/q1": {"tries": 1, "solved": None},
            "start/first_image/q1": {"tries": 2, "solved": "2026-02-03"},
            "my/own/q1": {"tries": 1, "solved": None},
        },
    }
    path.write_text(json.dumps(earlier))
    known = record.read_progress(path)
    assert known["exercises"] == {"models/vae/kl": {"tries": 3, "solved": "2026-01-02"}}
    assert known["questions"]["start/first_image/q1"] == {"tries": 3, "solved": "2026-02-03"}
    assert known["questions"]["my/own/q1"] == {"tries": 1, "solved": None}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_in_the_place_of_the_file_is_told_and_never_waited_for(own_folder, capsys):
    os.mkfifo(own_folder / "progress.json")
    lab.check("99/number", 4)
    assert "pipe" in capsys.readouterr().out


def test_a_name_that_is_too_long_is_told(own_folder, monkeypatch, capsys):
    monkeypatch.setenv("AIGC_PROGRESS", str(own_folder / ("9" * 300)))
    lab.check("99/number", 4)
    shown = capsys.readouterr().out.replace("\n", " ")
    assert "Right." in shown and "too long" in shown


def test_a_record_solved_on_no_date_can_still_be_solved(own_folder):
    record.record("exercises", "99/number", solved=False)
    known = stored(own_folder)
    known["exercises"]["99/number"]["solved"] = ""
    (own_folder / "progress.json").write_text(json.dumps(known))
    lab.check("99/number", 4)
    assert stored(own_folder)["exercises"]["99/number"]["solved"]


def test_a_second_damage_keeps_the_first_and_forget_removes_both(own_folder, capsys):
    path = own_folder / "progress.json"
    for damage in (b"{", b"[]", b"nul"):
        path.write_bytes(damage)
        lab.progress()
    kept = sorted(p.read_bytes() for p in own_folder.glob("progress.json.bak*"))
    assert kept == [b"[]", b"nul", b"{"]
    path.write_bytes(b"{")
    lab.forget()
    assert "is damaged; what it held cannot be told" in capsys.readouterr().out.replace("\n", " ")
    assert list(own_folder.iterdir()) == []


def test_a_file_that_cannot_be_read_is_never_written_over(own_folder, monkeypatch, capsys):
    lab.check("99/number", 4)
    path = own_folder / "progress.json"
    before = path.read_bytes()

    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(type(path), "read_text", refuse)
        lab.check("99/tensor", torch.ones(2, 3))
        lab.progress()
    shown = capsys.readouterr().out.replace("\n", " ")
    assert "cannot be read" in shown and shown.count("Right.") == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize("failing", ["replace", "lock"])
def test_damage_that_cannot_be_set_aside_stays_as_it_is(failing, own_folder, monkeypatch, capsys):
    path = own_folder / "progress.json"
    path.write_bytes(b"{")

    def refuse(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    target = (
        (record.os, "replace") if failing == "replace" else (files.filelock.FileLock, "acquire")
    )
    with monkeypatch.context() as patch:
        patch.setattr(*target, refuse)
        lab.progress()
        lab.check("99/number", 4)
    shown = capsys.readouterr().out.replace("\n", " ")
    assert "it stays as it is" in shown and "Right." in shown and "A new one begins" not in shown
    assert path.read_bytes() == b"{" and [p.name for p in own_folder.iterdir()] == ["progress.json"]


def test_what_cannot_be_kept_is_said_where_progress_is_asked_for(own_folder, monkeypatch, capsys):
    (own_folder / "file").write_text("a file, not a folder")
    monkeypatch.setenv("AIGC_PROGRESS", str(own_folder / "file" / "progress.json"))
    lab.progress()
    assert "Nothing new can be kept" in capsys.readouterr().out.replace("\n", " ")


@needs_fork
def test_progress_is_shown_while_another_kernel_writes(own_folder, capsys):
    child = os.fork()
    if child == 0:
        try:
            while True:
                record.record("exercises", "99/number", solved=False)
        finally:
            os._exit(1)
    try:
        deadline = time.monotonic() + 120  # a busy machine may take its time
        while not (own_folder / "progress.json").exists() and time.monotonic() < deadline:
            time.sleep(0.002)
        for _ in range(10):
            lab.progress()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    shown = capsys.readouterr().out
    assert shown.count("Passed: 0 of 3") == 10 and "damaged" not in shown
    assert stored(own_folder)["exercises"]["99/number"]["tries"] >= 1
