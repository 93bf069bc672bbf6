"""Full MNIST on request, served by a loopback server that can be made to misbehave."""

from __future__ import annotations

import errno
import gzip
import hashlib
import http.server
import importlib
import os
import socket
import threading
import time

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, DtypeError
from aigc_teach.core.files import locked
from aigc_teach.data import download

mnist = importlib.import_module("aigc_teach.data.mnist")  # data.mnist is the function
IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


rng = np.random.default_rng(0)
PIXELS = rng.integers(0, 256, (400, 28, 28), dtype=np.uint8)  # noise: its .gz stays large
DIGITS = np.arange(400, dtype=np.uint8) % 10
UNPACKED = {IMAGES: idx(PIXELS), LABELS: idx(DIGITS)}


class Mirror(http.server.ThreadingHTTPServer):
    """Serves .gz files with Range; `cuts` and `statuses` are used up request by request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {f"/{name}.gz": gzip.compress(raw) for name, raw in UNPACKED.items()}
        self.cuts: list[int] = []  # break off after so many bytes of the body
        self.statuses: list[int] = []  # answer with this instead
        self.ranges = True
        self.log: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, name: str) -> list[str | None]:
        """The Range headers of the requests for one file, in order."""
        return [header for path, header in self.log if path == f"/{name}.gz"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.log.append((self.path, wanted))
        body = server.files.get(self.path)
        if server.statuses or body is None:
            return self.send_error(server.statuses.pop(0) if server.statuses else 404)
        start = int(wanted[6:-1]) if wanted and server.ranges else 0
        if start and start >= len(body):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else None
        self.wfile.write(body[start:] if cut is None else body[start : start + cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def mirrors(monkeypatch):
    """Two running mirrors, and MNIST's checksums replaced by those of what they serve."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    md5s = {name: hashlib.md5(raw).hexdigest() for name, raw in UNPACKED.items()}
    monkeypatch.setitem(mnist.FILES, "test", md5s)
    servers = [Mirror(), Mirror()]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def load(mirrors, tmp_path):
    def load(*addresses: str) -> data.ImageSet:
        addresses = addresses or [mirror.url for mirror in mirrors]
        return data.mnist("test", cache=tmp_path, progress=False, mirrors=addresses)

    return load


def dead_address() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def assert_right(images: data.ImageSet) -> None:
    assert images.x.shape == (400, 1, 28, 28) and images.x.dtype == torch.float32
    assert images.labels.tolist() == DIGITS.tolist() and images.labels.dtype == torch.int64
    pixels = ((images.x + 1) * 127.5).round().to(torch.uint8).squeeze(1)
    assert torch.equal(pixels, torch.from_numpy(PIXELS))


def names(folder) -> set[str]:
    """What lies in a folder, but for the locks."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_downloads_once_and_then_needs_no_network(load, mirrors, tmp_path):
    assert_right(load())
    assert len(mirrors[0].log) == 2 and not mirrors[1].log
    assert names(tmp_path) == {IMAGES, LABELS}
    assert_right(load(dead_address()))
    assert len(mirrors[0].log) == 2


def test_another_packing_of_the_same_bytes_will_do(load, mirrors):
    mirrors[0].files[f"/{IMAGES}.gz"] = gzip.compress(UNPACKED[IMAGES], 1, mtime=9)
    mirrors[0].files[f"/{LABELS}.gz"] = UNPACKED[LABELS]  # unpacked by the server on the way
    assert_right(load())
    assert not mirrors[1].log


def test_a_dead_first_mirror(load, mirrors):
    assert_right(load(dead_address(), mirrors[1].url))


@pytest.mark.parametrize("status", [403, 404, 416, 503])
def test_a_first_mirror_that_refuses(load, mirrors, status):
    mirrors[0].statuses = [status] * 2
    assert_right(load())
    assert mirrors[1].asked(IMAGES) == [None]


def test_a_wrong_checksum_sends_to_the_next_mirror(load, mirrors, tmp_path):
    mirrors[0].files[f"/{IMAGES}.gz"] = gzip.compress(UNPACKED[IMAGES][:-1] + b"?")
    assert_right(load())
    assert mirrors[1].asked(IMAGES) == [None] and mirrors[1].asked(LABELS) == []
    assert names(tmp_path) == {IMAGES, LABELS}


@pytest.mark.parametrize("body", [b"<html>log in first</html>", b"\x1f\x8bno gzip", b""])
def test_wrong_bytes_everywhere_are_a_sentence_and_leave_nothing(load, mirrors, body, tmp_path):
    for mirror in mirrors:
        mirror.files[f"/{IMAGES}.gz"] = body
    with pytest.raises(DataError, match=r"wrong checksum.*wrong checksum.*data\.digits\(\)"):
        load()
    assert names(tmp_path) == set()


def test_a_truncated_cached_file_is_healed(load, mirrors, tmp_path):
    load()
    (tmp_path / IMAGES).write_bytes(UNPACKED[IMAGES][:1000])
    assert_right(load())
    assert mirrors[0].asked(IMAGES) == [None, None] and mirrors[0].asked(LABELS) == [None]
    assert (tmp_path / IMAGES).read_bytes() == UNPACKED[IMAGES]


def test_a_truncated_cached_file_is_never_used_offline(load, tmp_path):
    load()
    (tmp_path / IMAGES).write_bytes(UNPACKED[IMAGES][:1000])
    with pytest.raises(DataError, match="no connection"):
        load(dead_address())


def test_an_interrupted_transfer_goes_on_at_once(load, mirrors):
    mirrors[0].cuts = [200_000]
    assert_right(load())
    first, second = mirrors[0].asked(IMAGES)
    assert first is None and 0 < int(second[6:-1]) <= 200_000
    assert not mirrors[1].log


def test_an_interrupted_transfer_goes_on_in_a_later_session(load, mirrors, tmp_path):
    mirrors[0].cuts = [200_000]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(download, "ATTEMPTS", 1)
        with pytest.raises(DataError, match="broke off.*what arrived is kept"):
            load(mirrors[0].url)
    (part,) = tmp_path.glob("*.part")
    have = part.stat().st_size
    assert have > 100_000
    assert_right(load())
    assert mirrors[0].asked(IMAGES) == [None, f"bytes={have}-"]
    assert names(tmp_path) == {IMAGES, LABELS}


def test_a_mirror_that_gets_no_further_is_left(load, mirrors, tmp_path):
    mirrors[0].cuts = [200_000, 0, 0, 0, 0]
    assert_right(load())
    assert len(mirrors[0].asked(IMAGES)) == 2 and mirrors[1].asked(IMAGES) == [None]
    assert names(tmp_path) == {IMAGES, LABELS}  # the first mirror's part is cleared away


def test_a_server_without_ranges_starts_again(load, mirrors):
    mirrors[0].ranges, mirrors[0].cuts = False, [200_000]
    assert_right(load())
    assert len(mirrors[0].asked(IMAGES)) == 2 and not mirrors[1].log


def test_a_part_that_is_complete_needs_no_more_bytes(load, mirrors, tmp_path):
    """The process died between the last byte and the unpacking."""
    url = f"{mirrors[0].url}/{IMAGES}.gz"
    download.part_of(tmp_path / IMAGES, url).write_bytes(mirrors[0].files[f"/{IMAGES}.gz"])
    assert_right(load())
    assert len(mirrors[0].asked(IMAGES)) == 1 and not mirrors[1].log


def test_a_part_of_other_bytes_is_dropped_and_fetched_anew(load, mirrors, tmp_path):
    url = f"{mirrors[0].url}/{IMAGES}.gz"
    download.part_of(tmp_path / IMAGES, url).write_bytes(b"\x1f\x8b" + b"old" * 1000)
    assert_right(load())
    assert mirrors[0].asked(IMAGES) == ["bytes=3002-", None] and not mirrors[1].log


def test_offline_is_one_sentence_that_says_what_to_do(load):
    with pytest.raises(DataError) as caught:
        load(dead_address(), dead_address())
    text = str(caught.value)
    assert text.count("no connection") == 2
    assert "connect to the internet" in text and "use data.digits()" in text
    assert text.endswith("network.") and text.count(". ") == 0
    assert caught.value.__cause__ is None  # no page of urllib3's traceback


def test_a_silent_server_is_given_up(load, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (0.2, 0.2))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(DataError, match="no answer in time"):
            load(f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_no_mirror_at_all(load, mirrors, tmp_path):
    with pytest.raises(DataError, match="no mirror was given"):
        data.mnist("test", cache=tmp_path, mirrors=[])


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full; make room"), (errno.EROFS, "can only be read"),
     (errno.EIO, "Input/output error")],
)  # fmt: skip
def test_a_disk_that_refuses_is_a_sentence_with_its_own_reason(load, number, words, monkeypatch):
    def refuse(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DataError, match=rf"cannot be stored.*{words}.*`cache`") as caught:
        load()
    assert ("make room" in str(caught.value)) == (number == errno.ENOSPC)


def test_a_cache_that_is_no_folder_is_a_sentence(mirrors, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be stored"):
        data.mnist("test", cache=tmp_path / "file", mirrors=[mirrors[0].url])


def test_progress_is_shown_only_when_asked_for(load, mirrors, tmp_path, capsys):
    load()
    assert capsys.readouterr() == ("", "")
    data.mnist("test", cache=tmp_path / "other", mirrors=[mirrors[0].url])
    assert "t10k-images-idx3-ubyte: 100%" in capsys.readouterr().err


def test_unknown_split():
    with pytest.raises(ChoiceError, match="'train', 'test'"):
        data.mnist("held_out")


def test_the_checksums_and_mirrors_on_record():
    md5s = [md5 for files in mnist.FILES.values() for md5 in files.values()]
    assert len(set(md5s)) == 4 and all(len(md5) == 32 for md5 in md5s)
    assert len(mnist.MIRRORS) >= 3 and all(url.startswith("https://") for url in mnist.MIRRORS)


@pytest.mark.parametrize("shape", [(7,), (2, 3, 4)])
def test_read_idx(shape, tmp_path):
    array = rng.integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "file").write_bytes(idx(array))
    assert np.array_equal(mnist.read_idx(tmp_path / "file"), array)


@pytest.mark.parametrize(
    "raw, words",
    [
        (b"", "not an IDX file"),
        (b"\0\0\x08", "not an IDX file"),
        (b"\0\0\x0d\x01\0\0\0\x01....", "not an IDX file of bytes"),  # 0x0d: floats
        (b"\0\0\x08\x03\0\0\0\x01", "not an IDX file"),
        (UNPACKED[LABELS][:-1], "announces .400. bytes, but 399 follow"),
        (UNPACKED[LABELS] + b"?", "but 401 follow"),
        (UNPACKED[LABELS][:8], "but 0 follow"),
    ],
    ids=["nothing", "three bytes", "floats", "half a header", "short", "long", "header alone"],
)
def test_read_idx_refuses_damage(raw, words, tmp_path):
    (tmp_path / "labels").write_bytes(raw)
    with pytest.raises(DataError, match=words):
        mnist.read_idx(tmp_path / "labels")


@pytest.mark.parametrize(
    "shape",
    [(0, 2**32 - 1, 2**32 - 1), (2**32 - 1, 2**32 - 1, 0), (2**16, 2**16, 2**32 - 1), (1,) * 4],
)
def test_read_idx_refuses_shapes_that_overflow(shape, tmp_path):
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    (tmp_path / "images").write_bytes(bytes([0, 0, 8, len(shape)]) + sizes)
    with pytest.raises(DataError, match="announces"):
        mnist.read_idx(tmp_path / "images")


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        ((2, 28, 28), (6,), "do not belong together"),
        ((6, 28, 27), (6,), "do not belong together"),
        ((6,), (6,), "do not belong together"),
        ((6, 28, 28), (6, 1), "do not belong together"),
    ],
)
def test_images_and_labels_must_agree(images, labels, words):
    with pytest.raises(DataError, match=words):
        mnist.as_image_set(np.zeros(images, np.uint8), np.zeros(labels, np.uint8))


def test_a_label_is_a_digit():
    with pytest.raises(DataError, match="A label is 200"):
        mnist.as_image_set(np.zeros((1, 28, 28), np.uint8), np.array([200], np.uint8))


@pytest.mark.parametrize("round_", range(10))
def test_four_that_ask_at_once_share_one_download(mirrors, tmp_path, round_):
    """Threads stand for programs here: each opens the lock for itself, as a program does."""
    begin, answers = threading.Barrier(4), []

    def ask() -> None:
        begin.wait()
        try:
            answers.append(data.mnist("test", cache=tmp_path, mirrors=urls, progress=False))
        except DataError as error:
            answers.append(error)

    urls = [mirror.url for mirror in mirrors]
    mirrors[0].cuts = [200_000] if round_ % 2 else []  # a transfer that breaks off, in half of them
    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert [type(answer) for answer in answers] == [data.ImageSet] * 4, answers
    for answer in answers:
        assert_right(answer)
    assert len(mirrors[0].log) == 2 + round_ % 2 and not mirrors[1].log
    assert names(tmp_path) == {IMAGES, LABELS}


def test_who_waits_for_another_download_is_told_so_once(mirrors, tmp_path, capsys):
    urls = [mirror.url for mirror in mirrors]
    asking = threading.Thread(
        target=lambda: data.mnist("test", cache=tmp_path, mirrors=urls, progress=True)
    )
    with locked(tmp_path / IMAGES):
        asking.start()
        said = ""
        while "waiting" not in said:
            said += capsys.readouterr().out
            time.sleep(0.01)
    asking.join()
    said += capsys.readouterr().out
    assert said.count(f"Another program is fetching {IMAGES} already; waiting for it.") == 1
    assert LABELS not in said  # nobody held that one
    assert names(tmp_path) == {IMAGES, LABELS}


def in_the_way(kind: str, path) -> None:
    """Put something else than a file at `path`."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(path))
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "socket"])
@pytest.mark.parametrize("place", ["file", "part", "cache"])
def test_something_else_in_the_files_place_is_a_sentence(
    load, mirrors, tmp_path, monkeypatch, kind, place
):
    part = download.part_of(tmp_path / IMAGES, f"{mirrors[0].url}/{IMAGES}.gz")
    if place == "cache":
        kind = "socket" if kind == "folder" else kind  # a folder is what it should be
        monkeypatch.chdir(tmp_path)
        in_the_way(kind, tmp_path / "cache")
        with pytest.raises(DataError, match="cannot be (read|stored)"):
            data.mnist("test", cache=tmp_path / "cache", mirrors=[mirrors[0].url], progress=False)
        return
    monkeypatch.chdir(tmp_path)
    in_the_way(kind, {"file": tmp_path / IMAGES, "part": part}[place])
    with pytest.raises(DataError, match=rf"is a {kind}, where a file is kept.*`cache`"):
        load()


@pytest.mark.parametrize(
    ("cache", "words"), [("a\0b", "NUL"), (b"bytes", "must be a path"), (7, "must be a path")]
)
def test_a_cache_that_is_no_path_is_a_sentence(cache, words):
    with pytest.raises((DataError, DtypeError), match=words):
        data.mnist("test", cache=cache, mirrors=[dead_address()], progress=False)


@pytest.mark.parametrize("mirror", ["", "nowhere", "ftp://a", "http://[", "http://" + "a" * 300])
def test_an_address_that_is_none_is_a_sentence(load, mirror):
    with pytest.raises(DataError, match="could not be downloaded"):
        load(mirror)


def test_one_address_alone_will_do_and_other_things_are_refused(mirrors, tmp_path):
    url = mirrors[0].url
    assert_right(data.mnist("test", cache=tmp_path, mirrors=url, progress=False))
    with pytest.raises(DtypeError, match="must be an address"):
        data.mnist("test", cache=tmp_path / "other", mirrors=[7])


def test_a_file_that_unpacks_to_more_than_it_should_is_cut_off(load, mirrors, monkeypatch):
    """1.5 MB of zeros became 1.5 GB on the disk."""
    written = []
    monkeypatch.setattr(mnist, "LARGEST", 400_000)
    for mirror in mirrors:
        mirror.files[f"/{IMAGES}.gz"] = gzip.compress(bytes(50_000_000))
    write = download.write_atomically

    def count(path, content):
        class Counted:
            def write(self, block):
                written.append(len(block))

        write(path, lambda file: content(Counted()))

    monkeypatch.setattr(download, "write_atomically", count)
    with pytest.raises(DataError, match="more than 400,000 bytes"):
        load()
    assert sum(written) <= 2 * 400_000


def test_a_server_that_sends_without_end_is_left(load, mirrors, monkeypatch):
    monkeypatch.setattr(mnist, "LARGEST", 100_000)
    for mirror in mirrors:
        mirror.files[f"/{IMAGES}.gz"] = os.urandom(300_000)
    with pytest.raises(DataError, match="sends more than"):
        load()


def test_a_cache_that_can_only_be_read_will_do(load, tmp_path, monkeypatch):
    load()

    def refuse(*_, **__):
        raise AssertionError("nothing needs to be written or locked")

    for name in ("locked", "make_folder", "write_atomically"):
        monkeypatch.setattr(download, name, refuse)
    assert_right(load(dead_address()))
