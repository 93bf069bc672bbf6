"""Files are there whole or not at all, and a failure names its true reason."""

import errno
import os
import signal
import stat
import threading

import pytest

from aigc_teach.core import (
    AigcError,
    FileWriteError,
    check_writable,
    files,
    locked,
    make_folder,
    remove_file,
    write_atomically,
)

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
on_posix = pytest.mark.skipif(os.name == "nt", reason="rights and links are POSIX's here")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    return path


def in_child(work):
    """Fork, run, and give the exit status; what it raises is printed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def only(path):
    return [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_bytes_and_functions(path):
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    write_atomically(path, lambda file: file.write(b"newer"))
    assert path.read_bytes() == b"newer" and only(path)
    write_atomically(path.with_name("other"), b"")
    assert path.with_name("other").read_bytes() == b""


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), KeyboardInterrupt(), OSError("source")])
def test_an_error_of_the_content_passes_through_and_changes_nothing(path, error):
    def write(file):
        file.write(b"half")
        raise error

    with pytest.raises(type(error)) as caught:
        write_atomically(path, write)
    assert caught.value is error and path.read_bytes() == b"old" and only(path)


def test_a_missing_source_is_not_taken_for_a_missing_folder(path):
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(path, lambda file: file.write(open("no such source", "rb").read()))  # noqa: SIM115
    assert not isinstance(caught.value, FileWriteError) and path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; make room"),
        (errno.EDQUOT, "your share of the disk is used up"),
        (errno.EROFS, "the disk can only be read"),
        (errno.EACCES, "you have no permission to write there"),
        (errno.EMFILE, "this process has too many files open"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_the_reason_is_the_true_one(path, monkeypatch, number, words):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(FileWriteError, match=f"file.bin cannot be written: {words}") as caught:
        write_atomically(path, b"new")
    assert isinstance(caught.value, (AigcError, OSError)) and caught.value.errno == number
    assert ("room" in caught.value.reason) == (number in (errno.ENOSPC, errno.EDQUOT))
    with pytest.raises(FileWriteError, match=words):
        check_writable(path)
    assert path.read_bytes() == b"old" and only(path)


def test_what_stands_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    cases = {
        tmp_path: "a folder stands there",
        tmp_path / "none" / "f": "its folder does not exist",
        tmp_path / "file" / "f": "a part of its path is a file",
        tmp_path / ("x" * 300): "its name is too long",
    }
    for place, words in cases.items():
        for act in (lambda p: write_atomically(p, b""), check_writable, locked_once):
            with pytest.raises(FileWriteError, match=words):
                act(place)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]  # nothing was made on the way
    with pytest.raises(FileWriteError, match="a part of its path is a file"):
        make_folder(tmp_path / "file" / "folder")
    with pytest.raises(FileWriteError, match="NUL"):
        write_atomically(str(tmp_path / "a\0b"), b"")


def locked_once(path):
    with locked(path):
        pass


@on_posix
def test_devices_and_pipes_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", "/dev/null"):
        with pytest.raises(FileWriteError, match="no ordinary file"):
            write_atomically(place, b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@on_posix
def test_links_are_followed_and_rights_kept(path, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(path)
    path.chmod(0o640)
    write_atomically(link, b"new")
    assert link.is_symlink() and path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@needs_fork
@pytest.mark.parametrize("place", ["closed folder", "read-only disk"])
def test_a_folder_that_cannot_be_written(tmp_path, place):
    """A closed folder for an ordinary user; for root, who may write anywhere, also a sealed one."""
    (tmp_path / "file.bin").write_bytes(b"old")

    def work():
        if place == "closed folder":
            os.chmod(tmp_path, 0o555)
            if os.getuid() == 0:
                os.chmod(tmp_path.parent, 0o755)
                os.setuid(65534)
        elif not read_only(tmp_path):
            os._exit(77)
        for act in (lambda p: write_atomically(p, b"new"), check_writable, locked_once):
            with pytest.raises(FileWriteError, match="no permission|can only be read") as caught:
                act(tmp_path / "file.bin")
            assert "room" not in str(caught.value)

    status = os.waitstatus_to_exitcode(os.waitpid(in_child(work), 0)[1])
    os.chmod(tmp_path, 0o755)
    if status == 77:
        pytest.skip("sealing a folder needs rights that this process lacks")
    assert status == 0 and (tmp_path / "file.bin").read_bytes() == b"old"


def read_only(folder):
    """Mount `folder` on itself read-only, for this process alone; False where that may not be."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    name, bind, remount = str(folder).encode(), 4096, 32
    return (
        not libc.unshare(0x00020000)
        and not libc.mount(b"none", b"/", None, (1 << 18) | (1 << 14), None)
        and not libc.mount(name, name, None, bind, None)
        and not libc.mount(b"none", name, None, bind | remount | 1, None)
    )


# --- locks


@needs_fork
def test_who_waits_too_long_is_told_and_a_killed_holder_blocks_nobody(path):
    ready, go = os.pipe()

    def hold():
        with locked(path):
            os.write(go, b"!")
            signal.pause()

    child = in_child(hold)
    assert os.read(ready, 1) == b"!"
    try:
        with pytest.raises(FileWriteError, match="another process has been writing it for 0.1 sec"):
            write_atomically(path, b"new", wait=0.1)
        assert path.read_bytes() == b"old"  # readers are not kept waiting
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    write_atomically(path, b"new", wait=20)
    assert path.read_bytes() == b"new" and only(path)


def test_changes_within_a_lock_and_from_many_threads_are_all_kept(path):
    path.write_bytes(b"0")

    def count():
        for _ in range(10):
            with locked(path):
                write_atomically(path, str(int(path.read_bytes()) + 1).encode())

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == b"40" and only(path)


@needs_fork
def test_changes_of_several_processes_are_all_kept(path):
    path.write_bytes(b"0")

    def count():
        for _ in range(15):
            with locked(path):
                write_atomically(path, str(int(path.read_bytes()) + 1).encode())

    children = [in_child(count) for _ in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert path.read_bytes() == b"45" and only(path)


@needs_fork
def test_what_a_killed_writer_left_is_removed_by_the_next(path):
    def die_in_the_middle():
        write_atomically(path, lambda file: os.kill(os.getpid(), signal.SIGKILL))

    os.waitpid(in_child(die_in_the_middle), 0)
    assert len(list(path.parent.iterdir())) == 3 and path.read_bytes() == b"old"
    neighbour = path.with_name(".file.binary.0badcafe.new")
    neighbour.write_bytes(b"of another file")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert sorted(p.name for p in path.parent.iterdir()) == [neighbour.name, path.name]
    remove_file(path)
    remove_file(path)
    assert [p.name for p in path.parent.iterdir()] == [neighbour.name]


@pytest.mark.parametrize("error", [NotImplementedError(), OSError(errno.ENOLCK, "no locks")])
def test_without_locks_files_are_still_whole(path, monkeypatch, error):
    def no_locks(*_, **__):
        raise error

    monkeypatch.setattr(files.filelock.FileLock, "acquire", no_locks)
    with locked(path) as alone:
        assert alone is False
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new" and only(path)


def test_windows_refuses_for_a_moment_while_somebody_reads(path, monkeypatch):
    refusals = [PermissionError(13, "in use")] * 3
    rename = os.replace

    def replace(*names):
        if refusals:
            raise refusals.pop()
        rename(*names)

    monkeypatch.setattr(files.os, "replace", replace)
    monkeypatch.setattr(files, "PAUSE", 0.0)
    with pytest.raises(FileWriteError, match="no permission"):
        write_atomically(path, b"new")  # elsewhere such a refusal is final
    files.replace_patiently(path, path.with_name("moved"), tries=3)
    assert path.with_name("moved").read_bytes() == b"old" and not refusals
