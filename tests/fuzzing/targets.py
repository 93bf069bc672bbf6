"""What is fuzzed: each target has something valid, a way to damage it, and a reader (case.py)."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib
import io
import json
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image

from aigc_teach import cli, data, models, train, zoo
from aigc_teach.core import AigcError, DataError, GenerativeModel
from aigc_teach.data.arrays import read_npz
from aigc_teach.lab import judge, record, register, way
from aigc_teach.zoo import store
from fuzzing.case import Target, quiet
from fuzzing.media import MEDIA
from fuzzing.mutate import NASTY_VALUES, mutate_bytes, mutate_json

cifar10 = importlib.import_module("aigc_teach.data.cifar10")
mnist = importlib.import_module("aigc_teach.data.mnist")


def targets(folder: Path) -> list[Target]:
    """All of them, with their valid files made in `folder`."""
    makers = [checkpoint, kept_beside, manifest, weights, npz, idx, archive]
    makers += [pictures, merges, ids, progress, handed_in, arguments, answers, *MEDIA]
    return [make(folder) for make in makers]


def tiny() -> models.VAE:
    """A model of a few hundred numbers, the same each time."""
    torch.manual_seed(0)
    return models.VAE((1, 4, 4), latent_size=2, hidden=(4,))


def checkpoint(folder: Path) -> Target:
    """A training kept on disk."""
    path = folder / "kept.safetensors"
    model = tiny()
    batches = data.Batches(torch.zeros(8, 1, 4, 4), batch_size=4)
    with quiet():
        train.fit(model, batches, train.TrainConfig(steps=2), callbacks=[train.Checkpoint(path)])
    weights = {key: value.clone() for key, value in model.state_dict().items()}

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        again = tiny()
        before = {key: value.clone() for key, value in again.state_dict().items()}
        start = data.Batches(torch.zeros(8, 1, 4, 4), batch_size=4)
        try:
            train.fit(again, start, train.TrainConfig(steps=2), resume=path)
        except AigcError:
            same(again.state_dict(), before)
            raise
        same(again.state_dict(), weights)

    def damage(raw: bytes, rng: random.Random) -> bytes:
        return rng.choice((mutate_bytes, damage_head))(raw, rng)

    return Target("checkpoint", path.read_bytes(), damage, read)


def damage_head(raw: bytes, rng: random.Random) -> bytes:
    """A safetensors file whose head is whole JSON that says something else."""
    size = int.from_bytes(raw[:8], "little")
    head, rest = raw[8 : 8 + size], raw[8 + size :]
    if rng.random() < 0.5:
        head = mutate_json(head, rng)
    else:  # what stands as text inside it
        table = json.loads(head)
        facts = table["__metadata__"]
        key = rng.choice(sorted(facts))
        change = mutate_json if facts[key].startswith("{") else mutate_bytes
        facts[key] = change(facts[key].encode(), rng).decode("utf-8", "replace")
        head = json.dumps(table).encode()
    return len(head).to_bytes(8, "little") + head + rest


def kept_beside(folder: Path) -> Target:
    """A checkpoint in the place where a new training is to be kept."""
    path = folder / "beside/kept.safetensors"
    path.parent.mkdir()

    def fit(**how) -> None:
        batches = data.Batches(torch.zeros(8, 1, 4, 4), batch_size=4)
        train.fit(tiny(), batches, train.TrainConfig(steps=1), **how)

    with quiet():
        fit(callbacks=[train.Checkpoint(path)])

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            fit(callbacks=[train.Checkpoint(path)])
        except AigcError:
            assert path.read_bytes() == raw, "what was refused was changed"
            raise
        fit(resume=path)  # what was written is whole

    return Target("kept_beside", path.read_bytes(), damage_head, read)


def same(found: dict, wanted: dict) -> None:
    """Assert that two sets of weights are equal."""
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)


def put_on_shelf(folder: Path) -> tuple[Path, dict]:
    """A zoo with one tiny model; its folder and its manifest."""
    shelf = folder / "shelf"
    arguments = {"data_shape": [1, 4, 4], "latent_size": 2, "hidden": [4]}
    store.save("tiny", tiny(), {"class": "VAE", "arguments": arguments}, shelf)
    return shelf, zoo.manifest(shelf)


def manifest(folder: Path) -> Target:
    """The zoo's list."""
    shelf, _ = put_on_shelf(folder / "manifest")
    wanted = tiny().state_dict()

    def read(raw: bytes) -> None:
        (shelf / "manifest.json").write_bytes(raw)
        same(zoo.load("tiny", shelf).state_dict(), wanted)

    return Target("manifest", (shelf / "manifest.json").read_bytes(), mutate_json, read)


def weights(folder: Path) -> Target:
    """A weights file under an honest hash: what is in it alone decides."""
    shelf, entries = put_on_shelf(folder / "weights")
    path = shelf / "weights/tiny.safetensors"
    shapes = {key: value.shape for key, value in tiny().state_dict().items()}

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        honest = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
        entry = {"tiny": entries["tiny"] | honest}
        (shelf / "manifest.json").write_text(json.dumps(entry))
        found = zoo.load("tiny", shelf).state_dict()
        assert {key: value.shape for key, value in found.items()} == shapes

    def damage(raw: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.5:
            return mutate_bytes(raw, rng)
        size = int.from_bytes(raw[:8], "little")
        head = mutate_json(raw[8 : 8 + size], rng)
        return len(head).to_bytes(8, "little") + head + raw[8 + size :]

    return Target("weights", path.read_bytes(), damage, read)


def npz(folder: Path) -> Target:
    """Arrays as the vendored data are stored."""
    arrays = {
        "images": np.arange(6 * 28 * 28, dtype=np.uint8).reshape(6, 28, 28),
        "labels": np.arange(6, dtype=np.uint8),
    }
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)

    def read(raw: bytes) -> None:
        shapes = {"images": (6, 28, 28), "labels": (6,)}
        found = read_npz(raw, shapes, name="the file", at_most=100_000)
        assert all(np.array_equal(found[key], arrays[key]) for key in arrays)

    return Target("npz", file.getvalue(), mutate_bytes, read)


def idx(folder: Path) -> Target:
    """MNIST's format. It has no checksum of its own: the sizes must agree with what follows."""
    path = folder / "idx"
    valid = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (6, 28, 28))
    valid += bytes(6 * 28 * 28)

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        found = mnist.read_idx(path)
        assert found.tobytes() == raw[4 + 4 * found.ndim :] and found.ndim == raw[3]

    return Target("idx", valid, mutate_bytes, read)


def archive(folder: Path) -> Target:
    """CIFAR-10's tar inside a gzip; damaged inside as well as outside."""
    path, rng = folder / "cifar.tar.gz", np.random.default_rng(0)
    records = rng.integers(0, 10, (4, cifar10.RECORD), dtype=np.uint8)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("readme.html", "test_batch.bin"):
            member = tarfile.TarInfo(f"{cifar10.INSIDE}/{name}")
            member.size = records.size
            tar.addfile(member, io.BytesIO(records.tobytes()))

    def damage(raw: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.5:
            return mutate_bytes(gzip.compress(raw, 1, mtime=0), rng)
        return gzip.compress(mutate_bytes(raw, rng), 1, mtime=0)

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        with mock.patch.object(cifar10, "IMAGES", 4):
            x, labels = cifar10.read_archive(path, ["test_batch.bin"])
        assert x.shape == (4, 3, 32, 32) and x.abs().max() <= 1
        assert labels.shape == (4,) and labels.min() >= 0 and labels.max() <= 9

    return Target("archive", buffer.getvalue(), damage, read)


def pictures(folder: Path) -> Target:
    """A folder of somebody's pictures, one of them damaged: the other one is always loaded."""
    place, kinds = folder / "pictures", ("png", "gif", "jpeg", "tiff", "bmp", "webp")
    place.mkdir()
    picture = Image.effect_noise((24, 16), 60)
    stored = []
    for kind in kinds:
        buffer = io.BytesIO()
        picture.save(buffer, kind)
        stored.append(buffer.getvalue())
    picture.save(place / "whole.png")

    def damage(raw: bytes, rng: random.Random) -> bytes:
        return mutate_bytes(rng.choice(stored), rng)

    def read(raw: bytes) -> None:
        (place / "damaged.png").write_bytes(raw)
        found = data.folder(place, 8)
        assert {file.name for file in [*found.files, *found.skipped]} == {
            "damaged.png",
            "whole.png",
        }
        assert found.files[-1].name == "whole.png" and found.x.shape == (len(found.files), 3, 8, 8)
        assert found.x.abs().max() <= 1
        for why in found.skipped.values():
            raise DataError(f"The picture was left out: {why}.")

    return Target("pictures", stored[0], damage, read)


def as_json(raw: bytes) -> object:
    """The value of some JSON; what is none is refused here, for it is not the target's matter."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise AigcError("This is no JSON at all.") from None


def merges(folder: Path) -> Target:
    """A tokenizer's merges, read from a file of one's own."""
    text = "low lower lowest 月"
    valid = json.dumps(data.BPE.train(text * 3, size=270).merges).encode()

    def read(raw: bytes) -> None:
        found = data.BPE(as_json(raw))
        assert found.decode(found.encode(text)) == text
        assert all(0 <= number < found.size for number in found.encode(text))

    return Target("merges", valid, mutate_json, read)


def ids(folder: Path) -> Target:
    """Ids to decode."""
    bpe = data.BPE.train("low lower lowest", size=259)
    tokenizers = (bpe, data.ByteTokenizer(), data.CharacterTokenizer("abc"))

    def read(raw: bytes) -> None:
        value = as_json(raw)
        refused = []
        for tokenizer in tokenizers:
            try:
                text = tokenizer.decode(value)
            except AigcError as error:
                refused.append(error)
            else:
                assert isinstance(text, str) and all(type(i) is int for i in value)
        if refused:
            raise refused[0]

    return Target("ids", json.dumps([0, 1, 2, 3, 1, 0]).encode(), mutate_json, read)


def progress(folder: Path) -> Target:
    """A learner's progress file: never an error, and never a table of another form."""
    path = folder / "progress/progress.json"
    path.parent.mkdir()
    known = {"exercises": {"models/vae/kl": {"tries": 2, "solved": "2026-01-01"}},
             "questions": {"models/vae/1": {"tries": 1, "solved": None}}}  # fmt: skip

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        with mock.patch.dict(os.environ, {"AIGC_PROGRESS": str(path)}):
            found = record.read_progress(path)
            assert {"exercises", "questions"} <= found.keys()
            record.record("exercises", "models/vae/kl", solved=True)
            again = record.read_progress(path)
            assert again["exercises"]["models/vae/kl"]["solved"] is not None
            way.progress()

    return Target("progress", json.dumps(known).encode(), mutate_json, read)


def handed_in(folder: Path) -> Target:
    """A student's progress file: refused, or a table of this form; the file stays as it is."""
    path = folder / "handed_in.json"
    known = {"exercises": {"models/vae/kl": {"tries": 2, "solved": "2026-01-01"}},
             "questions": {"models/vae/1": {"tries": 1, "solved": None}}}  # fmt: skip

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            found = record.read_handed_in(path)
        finally:
            assert path.read_bytes() == raw, "what was handed in was changed"
        assert {"exercises", "questions"} <= found.keys()
        assert all(entry["tries"] >= 0 for kind in found.values() for entry in kind.values())

    return Target("handed_in", json.dumps(known).encode(), mutate_json, read)


WORDS = (
    "train", "sample", "status", "progress", "vae", "gan", "dcgan", "judge", "nobody",
    "--path", "week", "--for", "artists", "--all",
    "--steps", "--seed", "--n", "--digit", "--out", "--save", "--resume", "--device",
    "--batch-size", "--help", "--version", "--n=3", "--", "-", "=", "@file",
    "1", "2", "0", "-1", "7", "9" * 26, "9" * 5000, "nan", "1e5", "", "\0", "\ud800",
    "a.png", "a.txt", "folder.png", "nowhere/a.png", "a" * 300, "cpu", "cuda", "auto",
)  # fmt: skip


def arguments(folder: Path) -> Target:
    """The command line; what would train or draw is stopped at its door."""
    home = folder / "arguments"
    (home / "folder.png").mkdir(parents=True)

    def damage(valid: list[list[str]], rng: random.Random) -> list[str]:
        words = list(rng.choice(valid))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(words) + 1)
            words[at : at + rng.randrange(2)] = [rng.choice(WORDS)]
        return words

    def read(words: list[str]) -> None:
        said = io.StringIO()
        with (
            contextlib.chdir(home),
            mock.patch.object(
                GenerativeModel, "sample", lambda self, n, **_: torch.zeros(1, 1, 4, 4)
            ),
            mock.patch.object(train, "fit", stopped),
            contextlib.redirect_stderr(said),
        ):
            try:
                code = cli.main(words)
            except SystemExit as stop:
                code = stop.code
        assert code in (0, None, 2), code
        if code == 2:
            raise AigcError(said.getvalue().strip().splitlines()[-1])

    valid = [
        ["train", "vae", "--steps", "2", "--out", "a.png"],
        ["sample", "dcgan", "--n", "2", "--digit", "3", "--seed", "1"],
        ["sample", "vae", "--out", "a.png"],
    ]
    return Target("arguments", valid, damage, read)


def stopped(*_, **__):
    """Stand in for a training."""
    raise AigcError("Here a training would begin.")


LESSONS = (
    "models/vae",
    "mathematics/the_elbo",
    "concepts/building_blocks",
    "concepts/data_for_four_media",
)


def answers(folder: Path) -> Target:
    """Answers to exercises: numbers, tensors and functions of all kinds, none of them right."""
    for lesson in LESSONS:
        register.load_lesson(lesson)
    names = sorted(name for name in register.EXERCISES if name.startswith(LESSONS))

    def damage(_, rng: random.Random) -> tuple[str, object]:
        return rng.choice(names), any_answer(rng)

    def read(pair: tuple[str, object]) -> None:
        name, answer = pair
        state = torch.get_rng_state()
        verdict = judge.judge(name, answer)
        assert verdict.state in ("right", "wrong", "not yet"), verdict
        assert verdict.state != "right" or isinstance(answer, float | int | torch.Tensor), verdict
        assert torch.equal(torch.get_rng_state(), state), "the learner's random numbers moved"
        if verdict.state != "right":
            raise AigcError(verdict.message.replace("\n", " ")[:1900])

    return Target("answers", None, damage, read)


def any_answer(rng: random.Random) -> object:
    """Something that somebody might hand in, by mistake or on purpose."""
    value = rng.choice(
        [
            *NASTY_VALUES,
            torch.zeros(3), torch.ones(2, 2), torch.tensor(1.0), torch.tensor([]), torch.eye(3),
            torch.full((3,), torch.nan), torch.ones(2, dtype=torch.int64),
            torch.ones(2, dtype=torch.complex64), torch.zeros(2, 3, requires_grad=True),
            torch.empty(2, device="meta"), torch.ones(1).expand(1000, 1000), np.ones(3),
            np.float32(1), torch.nn.Linear(2, 2), object(), len, print, int, Exception("x"),
            range(3), (1, 2), {1},
            b"abc", bytearray(b"a"), 1j, slice(1), Ellipsis, NotImplemented, Exception,
        ]
    )  # fmt: skip
    shape = rng.random()
    if shape < 0.4:
        return value
    if shape < 0.6:
        return lambda *args, **kwargs: value
    if shape < 0.75:
        return lambda *args, **kwargs: args[0] if args else value
    if shape < 0.9:
        error = rng.choice((ValueError, KeyError, RuntimeError, NotImplementedError, SystemExit,
                            RecursionError, ZeroDivisionError, StopIteration))  # fmt: skip
        return raising(error, value)
    return [value, value] if shape < 0.95 else (value, None)


def raising(error: type[BaseException], value: object) -> Callable:
    """A function that raises."""

    def answer(*_, **__):
        raise error(value)

    return answer
