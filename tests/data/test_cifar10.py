"""CIFAR-10 on request, served by a loopback server that can be made to misbehave."""

from __future__ import annotations

import errno
import gzip
import hashlib
import http.server
import importlib
import io
import os
import socket
import tarfile
import threading

import numpy as np
import pytest
import torch

from aigc_teach.core import ChoiceError, DataError

cifar10 = importlib.import_module("aigc_teach.data.cifar10")
PER_FILE = 40  # records a file, where the real one has 10,000
rng = np.random.default_rng(0)
RECORDS = {
    name: np.concatenate(
        [
            rng.integers(0, 10, (PER_FILE, 1), dtype=np.uint8),
            rng.integers(0, 256, (PER_FILE, 3072), dtype=np.uint8),
        ],
        axis=1,
    )
    for names in cifar10.FILES.values()
    for name in names
}


def packed(files: dict[str, bytes]) -> bytes:
    """A .tar.gz with CIFAR-10's folder, its texts and `files`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        folder = tarfile.TarInfo(cifar10.INSIDE)
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, raw in {"batches.meta.txt": b"airplane\n", **files}.items():
            member = tarfile.TarInfo(f"{cifar10.INSIDE}/{name}")
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return buffer.getvalue()


# the real archive, too, does not hold its files in the order of their names
WHOLE = packed({name: RECORDS[name].tobytes() for name in sorted(RECORDS, reverse=True)})


class Mirror(http.server.ThreadingHTTPServer):
    """Serves one archive with Range; `cuts` and `statuses` are used up request by request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.cuts, self.statuses, self.log = WHOLE, [], [], []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.log.append((self.path, wanted))
        if server.statuses:
            return self.send_error(server.statuses.pop(0))
        start = int(wanted[6:-1]) if wanted else 0
        if start and start >= len(server.body):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(server.body) - start))
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else None
        self.wfile.write(server.body[start:] if cut is None else server.body[start : start + cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def mirrors(monkeypatch):
    """Two running mirrors, and the size and the checksum of what they serve."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(cifar10, "IMAGES", PER_FILE)
    monkeypatch.setattr(cifar10, "MD5", hashlib.md5(WHOLE).hexdigest())
    servers = [Mirror(), Mirror()]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def load(mirrors, tmp_path):
    def load(*addresses: str, split: str = "test"):
        addresses = addresses or [mirror.url for mirror in mirrors]
        return cifar10.cifar10(split, cache=tmp_path, progress=False, mirrors=addresses)

    return load


def dead_address() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def assert_right(images, split: str = "test") -> None:
    want = np.concatenate([RECORDS[name] for name in cifar10.FILES[split]])
    assert images.x.shape == (len(want), 3, 32, 32) and images.x.dtype == torch.float32
    assert images.labels.tolist() == want[:, 0].tolist() and images.labels.dtype == torch.int64
    pixels = ((images.x + 1) * 127.5).round().to(torch.uint8)
    assert torch.equal(pixels.flatten(1), torch.from_numpy(want[:, 1:].copy()))
    assert images.x.min() >= -1 and images.x.max() <= 1


def names(folder) -> set[str]:
    """What lies in a folder, but for the locks."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_downloads_once_and_then_needs_no_network(load, mirrors, tmp_path):
    assert_right(load())
    assert [path for path, _ in mirrors[0].log] == [f"/{cifar10.ARCHIVE}"]
    assert not mirrors[1].log and names(tmp_path) == {cifar10.ARCHIVE}
    assert_right(load(dead_address()))
    assert_right(load(dead_address(), split="train"), "train")


def test_the_training_files_come_in_the_order_of_their_numbers(load):
    assert_right(load(split="train"), "train")


def test_red_green_and_blue_planes_row_by_row(load):
    x, _ = load()
    first = RECORDS["test_batch.bin"][0]
    for channel, row, column in [(0, 0, 1), (1, 5, 0), (2, 31, 31)]:
        value = first[1 + channel * 1024 + row * 32 + column] / 127.5 - 1
        assert x[0, channel, row, column].item() == pytest.approx(value, abs=1e-6)


def test_a_dead_first_mirror(load, mirrors):
    assert_right(load(dead_address(), mirrors[1].url))


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_first_mirror_that_refuses(load, mirrors, status):
    mirrors[0].statuses = [status] * 2
    assert_right(load())
    assert len(mirrors[1].log) == 1


def test_a_wrong_checksum_sends_to_the_next_mirror(load, mirrors, tmp_path):
    mirrors[0].body = WHOLE[:-1] + b"?"
    assert_right(load())
    assert len(mirrors[1].log) == 1 and names(tmp_path) == {cifar10.ARCHIVE}


@pytest.mark.parametrize(
    "body",
    [b"<html>log in first</html>", b"\x1f\x8bno gzip", b""],
    ids=["a page", "no gzip", "nothing"],
)
def test_wrong_bytes_everywhere_are_a_sentence_and_leave_nothing(load, mirrors, body, tmp_path):
    for mirror in mirrors:
        mirror.body = body
    with pytest.raises(DataError, match=r"wrong checksum.*wrong checksum.*data\.emoji\(\)"):
        load()
    assert names(tmp_path) == set()


def test_a_truncated_archive_is_healed_and_never_used_offline(load, mirrors, tmp_path):
    load()
    (tmp_path / cifar10.ARCHIVE).write_bytes(WHOLE[:1000])
    with pytest.raises(DataError, match="no connection"):
        load(dead_address())
    assert_right(load())
    assert (tmp_path / cifar10.ARCHIVE).read_bytes() == WHOLE


def test_an_interrupted_transfer_goes_on_where_it_stopped(load, mirrors):
    mirrors[0].cuts = [200_000]
    assert_right(load())
    (_, first), (_, second) = mirrors[0].log
    assert first is None and 0 < int(second[6:-1]) <= 200_000
    assert not mirrors[1].log


def test_a_mirror_that_gets_no_further_is_left(load, mirrors, tmp_path):
    mirrors[0].cuts = [200_000, 0, 0, 0, 0]
    assert_right(load())
    assert len(mirrors[0].log) == 2 and len(mirrors[1].log) == 1
    assert names(tmp_path) == {cifar10.ARCHIVE}  # the first mirror's part is cleared away


def test_offline_is_one_sentence_that_says_what_to_do(load):
    with pytest.raises(DataError) as caught:
        load(dead_address(), dead_address())
    text = str(caught.value)
    assert text.count("no connection") == 2
    assert "connect to the internet" in text and "use data.emoji()" in text
    assert text.endswith("network.") and text.count(". ") == 0
    assert caught.value.__cause__ is None


def test_no_mirror_at_all(mirrors, tmp_path):
    with pytest.raises(DataError, match="no mirror was given"):
        cifar10.cifar10("test", cache=tmp_path, mirrors=[])


def test_a_full_disk_is_a_sentence(load, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"cannot be stored.*make room.*`cache`"):
        load()


def test_unknown_split():
    with pytest.raises(ChoiceError, match="'train', 'test'"):
        cifar10.cifar10("held_out")


TEST = "test_batch.bin"
LABEL_TEN = np.full((PER_FILE, 3073), 10, dtype=np.uint8).tobytes()


@pytest.mark.parametrize(
    "raw, words",
    [
        (packed({}), "lacks cifar-10-batches-bin/test_batch.bin"),
        (packed({TEST: RECORDS[TEST].tobytes()[:-1]}), "40 records of 3073.*holds 122919 bytes"),
        (packed({TEST: RECORDS[TEST].tobytes() + b"?"}), "holds more bytes"),
        (packed({TEST: LABEL_TEN}), "label above 9"),
        (WHOLE[:5000], "cannot be read"),
        (gzip.compress(b"no tar"), "cannot be read"),
        (b"nothing of the kind", "cannot be read"),
    ],
    # a gzip file holds the second of its making: named by its bytes, a test is called otherwise
    # in every process, and two workers refuse to share the work
    ids=["lacks the file", "too short", "too long", "label ten", "cut", "no tar", "no gzip"],
)
def test_an_archive_that_is_not_what_it_should_be(raw, words, tmp_path, monkeypatch):
    monkeypatch.setattr(cifar10, "IMAGES", PER_FILE)
    path = tmp_path / cifar10.ARCHIVE
    path.write_bytes(raw)
    with pytest.raises(DataError, match=words):
        cifar10.read_archive(path, cifar10.FILES["test"])


def test_what_is_on_record():
    assert len(cifar10.MD5) == 32 and len(cifar10.MIRRORS) >= 3
    assert all(url.startswith("https://") for url in cifar10.MIRRORS)
    assert len(cifar10.cifar10_names()) == 10 and cifar10.RECORD == 3073
    assert cifar10.IMAGES == 10_000 and sum(map(len, cifar10.FILES.values())) == 6


def test_an_archive_that_unpacks_without_end_is_left_before_memory_is(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar10, "UNPACKED", 10**6)
    path = tmp_path / cifar10.ARCHIVE
    path.write_bytes(packed({"filler": bytes(30_000_000), TEST: RECORDS[TEST].tobytes()}))
    with pytest.raises(DataError, match="unpacks to more"):
        cifar10.read_archive(path, cifar10.FILES["test"])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_or_a_pipe_in_the_archive_is_a_sentence(kind, tmp_path):
    member = tarfile.TarInfo(f"{cifar10.INSIDE}/{TEST}")
    member.type, member.linkname = kind, "/etc/passwd"
    path = tmp_path / cifar10.ARCHIVE
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(member)
    with pytest.raises(DataError, match="cannot be read|should hold"):
        cifar10.read_archive(path, cifar10.FILES["test"])
