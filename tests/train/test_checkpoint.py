"""A checkpoint file: whole or not there, and every damage is named."""

import ctypes
import json
import os
import struct
import warnings

import pytest
import torch
from safetensors.torch import save_file

from aigc_teach.core import CheckpointError, FileWriteError, files
from aigc_teach.train import (
    Callback,
    Checkpoint,
    TrainConfig,
    fit,
    read_checkpoint,
    read_header,
)

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def saved(toys, tmp_path):
    """The path of a checkpoint of a finished training of 6 steps."""
    path = tmp_path / "run" / "fit.safetensors"
    fit(toys.ToyGame(), toys.batches(), TrainConfig(steps=6), callbacks=[Checkpoint(path)])
    return path


def test_the_header_says_what_it_is(saved):
    facts = read_header(saved)
    assert facts["step"] == 6 and facts["config"]["steps"] == 6 and facts["seconds"] > 0
    tensors, same_facts = read_checkpoint(saved)
    assert same_facts == facts and "model/critic.0.weight" in tensors
    assert os.listdir(saved.parent) == [saved.name]  # no half-written file lies about


def test_written_every_so_often_and_at_the_end(toys, tmp_path):
    path, seen = tmp_path / "fit.safetensors", []

    class Watch(Callback):
        order = 3

        def on_step(self, run):
            seen.append(read_header(path)["step"] if path.exists() else 0)

    callbacks = [Checkpoint(path, every=3), Watch()]
    fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=8), callbacks=callbacks)
    assert seen == [0, 0, 3, 3, 3, 6, 6, 6] and read_header(path)["step"] == 8


def cut(content):
    return content[: len(content) // 2]


def flip(content):
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


def flip_a_fact(content):
    return content.replace(b'\\"step\\": 6', b'\\"step\\": 5')


def no_head(content):
    return b"\xff" * 8 + content[8:]


@pytest.mark.parametrize("harm", [cut, flip, flip_a_fact, no_head, lambda _: b"", lambda c: c[:5]])
def test_damage_is_found_and_named(toys, saved, harm):
    content = saved.read_bytes()
    assert harm(content) != content
    saved.write_bytes(harm(content))
    model = toys.ToyGame()
    before = toys.weights_of(model)
    with pytest.raises(CheckpointError, match=r"is damaged|its head is damaged"):
        fit(model, toys.batches(), TrainConfig(steps=8), resume=saved)
    assert torch.equal(before, toys.weights_of(model))


def test_foreign_files_are_refused_and_never_overwritten(toys, tmp_path):
    weights, picture = tmp_path / "weights.safetensors", tmp_path / "cat.png"
    save_file({"w": torch.ones(3)}, weights)
    picture.write_bytes(b"\x89PNG" + bytes(100))
    huge = struct.pack("<Q", 2**60) + json.dumps({}).encode()
    (tmp_path / "huge").write_bytes(huge)
    for path in (weights, picture, tmp_path / "huge"):
        content = path.read_bytes()
        for settings in ({"resume": path}, {"callbacks": [Checkpoint(path)]}):
            with pytest.raises(CheckpointError, match="is not a checkpoint of aigc-teach"):
                fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=2), **settings)
        assert path.read_bytes() == content


def test_missing_files_and_folders_are_named(toys, tmp_path):
    fresh = (toys.GaussianFit(), toys.batches(), TrainConfig(steps=2))
    with pytest.raises(CheckpointError, match="There is no checkpoint at .*none"):
        fit(*fresh, resume=tmp_path / "none")
    with pytest.raises(CheckpointError, match="cannot be read"):
        fit(*fresh, resume=tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileWriteError, match="a part of its path is a file"):
        fit(*fresh, callbacks=[Checkpoint(tmp_path / "file" / "fit")])
    with pytest.raises(FileWriteError, match="a folder stands there"):
        fit(*fresh, callbacks=[Checkpoint(tmp_path)])


def test_another_model_is_refused(toys, saved):
    with pytest.raises(CheckpointError, match="belongs to another model: critic.0.bias is"):
        fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=8), resume=saved)


def test_weights_that_are_nan_never_replace_good_ones(toys, tmp_path):
    path, model = tmp_path / "fit.safetensors", toys.GaussianFit()

    class Spoil(Callback):
        def on_step(self, run):
            if run.step == 5:
                with torch.no_grad():
                    model.mean.fill_(float("nan"))

    callbacks = [Spoil(), Checkpoint(path, every=1)]
    with pytest.raises(RuntimeError, match="NaN"):
        config = TrainConfig(steps=9, log_every=9)
        fit(model, toys.batches(), config, callbacks=callbacks)
    assert read_header(path)["step"] == 4


def tiny_disk(folder):
    """Mount a file system of 24 KB on `folder`, seen by this process only."""
    libc = ctypes.CDLL(None, use_errno=True)
    new_namespace, private = 0x00020000, (1 << 18) | (1 << 14)
    if libc.unshare(new_namespace) or libc.mount(b"none", b"/", None, private, None):
        return False
    return not libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, b"size=24k")


def limited_files():
    """Let no file grow beyond what the first steps need."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (24 * 1024, resource.RLIM_INFINITY))
    return True


@needs_fork
@pytest.mark.parametrize("kind", ["full disk", "limited files"])
def test_a_full_disk_costs_neither_training_nor_file(toys, same, in_child, tmp_path, kind):
    path = tmp_path / "fit.safetensors"

    def train():
        small = tiny_disk(tmp_path) if kind == "full disk" else limited_files()
        if not small:
            return "not allowed"
        config = TrainConfig(steps=1200, lr=0.01)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = toys.GaussianFit()
            run = fit(model, toys.batches(), config, callbacks=[Checkpoint(path, every=100)])
        assert run.step == 1200 and run.stopped is None
        step = read_checkpoint(path)[1]["step"]  # whole, with a right fingerprint
        assert 0 < step < 1200 and step % 100 == 0
        assert os.listdir(tmp_path) == [path.name]
        again = toys.GaussianFit()
        fit(again, toys.batches(), config, resume=path)
        same(model, again)
        return str(caught[0].message)

    status, words = in_child(train)
    assert status == 0, words
    if words == "not allowed":
        pytest.skip("mounting a small file system needs rights that this process lacks")
    reason = "the disk is full" if kind == "full disk" else "larger than this system allows"
    assert "was not written" in words and reason in words
    assert "The earlier checkpoint is untouched. The training goes on." in words


def test_where_nothing_was_written_the_warning_says_so(toys, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    class FillUp(Callback):
        def on_start(self, run):
            monkeypatch.setattr(files.os, "fsync", full)

    callbacks = [Checkpoint(tmp_path / "fit.safetensors"), FillUp()]
    with pytest.warns(UserWarning, match="step 2 was not written.*disk is full.*None is kept"):
        fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=2), callbacks=callbacks)
    assert os.listdir(tmp_path) == []
