"""Full MNIST on request, served by a loopback server that can be made to misbehave."""

from __future__ import annotations

import errno
import gzip
import hashlib
import http.server
import importlib
import logging
import socket
import threading

import numpy as np
import pooch
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError
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
    return {path.name for path in folder.iterdir()}


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
    download.part_of(tmp_path, IMAGES, url).write_bytes(mirrors[0].files[f"/{IMAGES}.gz"])
    assert_right(load())
    assert len(mirrors[0].asked(IMAGES)) == 1 and not mirrors[1].log


def test_a_part_of_other_bytes_is_dropped_and_fetched_anew(load, mirrors, tmp_path):
    url = f"{mirrors[0].url}/{IMAGES}.gz"
    download.part_of(tmp_path, IMAGES, url).write_bytes(b"\x1f\x8b" + b"old" * 1000)
    assert_right(load())
    assert mirrors[0].asked(IMAGES) == ["bytes=3002-", None] and not mirrors[1].log


def test_offline_is_one_sentence_that_says_what_to_do(load):
    with pytest.raises(DataError) as caught:
        load(dead_address(), dead_address())
    text = str(caught.value)
    assert text.count("no connection") == 2
    assert "connect to the internet" in text and "use data.digits()" in text
    assert text.endswith("network.") and text.count(". ") == 0
    assert caught.value.__context__ is None  # no page of urllib3's traceback


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


def test_a_full_disk_is_a_sentence(load, monkeypatch):
    def full(packed, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "unpack", full)
    with pytest.raises(DataError, match=r"cannot be stored.*No space left.*`cache`"):
        load()


def test_a_cache_that_is_no_folder_is_a_sentence(mirrors, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be stored"):
        data.mnist("test", cache=tmp_path / "file", mirrors=[mirrors[0].url])


def test_progress_is_shown_only_when_asked_for(load, mirrors, tmp_path, capsys):
    lines, logger = [], pooch.get_logger()
    handler = logging.Handler()
    handler.emit = lines.append
    logger.addHandler(handler)
    logger.setLevel("INFO")
    load()
    logger.removeHandler(handler)
    assert capsys.readouterr() == ("", "") and lines == [] and logger.level == logging.INFO
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
)
def test_read_idx_refuses_damage(raw, words, tmp_path):
    (tmp_path / "labels").write_bytes(raw)
    with pytest.raises(DataError, match=words):
        mnist.read_idx(tmp_path / "labels")
