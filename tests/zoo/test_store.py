"""Loading from the zoo: what is whole loads, what is not gets one sentence."""

from __future__ import annotations

import json
import pickle
import shutil

import pytest
import torch
from safetensors.torch import save as to_safetensors

from aigc_teach import zoo
from aigc_teach.core import ChoiceError, FileWriteError, WeightsError, files, make_generator
from aigc_teach.metrics import Judge
from aigc_teach.zoo import store
from aigc_teach.zoo.recipes import RECIPES


@pytest.fixture
def shelf(tmp_path):
    """A copy of the zoo that a test may damage."""
    shutil.copytree(store.FOLDER / "weights", tmp_path / "weights")
    shutil.copy(store.FOLDER / "manifest.json", tmp_path)
    return tmp_path


def change_entry(shelf, name, **changes):
    entries = json.loads((shelf / "manifest.json").read_text())
    entries[name].update(changes)
    (shelf / "manifest.json").write_text(json.dumps(entries))


def weights(shelf, name):
    return shelf / "weights" / f"{name}.safetensors"


def replace_weights(shelf, name, content: bytes):
    """Other weights with an honest manifest: only the contents are wrong."""
    weights(shelf, name).write_bytes(content)
    digest = store.hashlib.sha256(content).hexdigest()
    change_entry(shelf, name, sha256=digest, bytes=len(content))


def complaint(shelf, name="judge") -> str:
    with pytest.raises(WeightsError) as caught:
        zoo.load(name, shelf)
    sentence = str(caught.value)
    assert "\n" not in sentence and "make zoo" in sentence, "one sentence, with the remedy"
    assert len(zoo.verify(shelf)) == 1, "verify reports exactly the one that is wrong"
    return sentence


def test_the_zoo_is_whole_and_small():
    assert zoo.verify() == []
    assert set(zoo.names()) == {"judge", *RECIPES}
    assert sum(entry["bytes"] for entry in zoo.manifest().values()) <= 6e6
    on_disk = {path.name for path in (store.FOLDER / "weights").iterdir()}
    assert on_disk == {entry["file"] for entry in zoo.manifest().values()}


@pytest.mark.parametrize("name", RECIPES)
def test_a_model_loads_in_eval_mode_and_samples(name):
    model = zoo.load(name)
    samples = model.sample(4, generator=make_generator(0))
    assert not any(module.training for module in model.modules())
    assert samples.shape == (4, 1, 28, 28) and samples.abs().max() <= 1
    assert torch.equal(samples, zoo.load(name).sample(4, generator=make_generator(0)))


def test_every_call_gives_a_model_of_its_own():
    one, two = zoo.load("judge"), zoo.load("judge")
    one.head.weight.data.zero_()
    assert two.head.weight.abs().sum() > 0
    zoo.manifest().clear()
    assert zoo.manifest()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ChoiceError, match="name='vea' is not known.*'judge'.*'vae'"):
        zoo.load("vea")


def test_missing(shelf):
    weights(shelf, "judge").unlink()
    assert "cannot be read (No such file" in complaint(shelf)


def test_one_changed_byte(shelf):
    content = bytearray(weights(shelf, "judge").read_bytes())
    content[-1] ^= 1
    weights(shelf, "judge").write_bytes(content)
    assert "damaged: its sha256" in complaint(shelf)


@pytest.mark.parametrize("keep", [0, 5, 1000])
def test_cut_short(shelf, keep):
    content = weights(shelf, "judge").read_bytes()
    weights(shelf, "judge").write_bytes(content[:keep])
    assert f"has {keep} bytes where {len(content)} are expected" in complaint(shelf)


def test_another_models_file_in_its_place(shelf):
    shutil.copy(weights(shelf, "vae"), weights(shelf, "judge"))
    assert "another file" in complaint(shelf)


def test_foreign_tensors_under_a_right_hash(shelf):
    replace_weights(shelf, "judge", to_safetensors({"head.weight": torch.zeros(3)}))
    assert "do not belong to judge, a Judge" in complaint(shelf)


def test_right_names_with_wrong_shapes_under_a_right_hash(shelf):
    replace_weights(shelf, "judge", to_safetensors(Judge(classes=10).state_dict()))
    assert "2 tensors differ, 'head.bias' first" in complaint(shelf)


def test_a_pickle_is_not_opened(shelf, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    replace_weights(shelf, "judge", pickle.dumps(Trap()))
    assert "no safetensors file" in complaint(shelf)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "changes",
    [{"class": "Popen"}, {"file": "../../secret"}, {"sha256": None}, {"arguments": [1]}],
)
def test_a_manifest_cannot_name_other_classes_or_paths(shelf, changes):
    change_entry(shelf, "judge", **changes)
    assert "The zoo's list" in complaint(shelf)


@pytest.mark.parametrize("text", ["", "{", "[]", "\ufffd{}"])
def test_a_damaged_manifest(shelf, text):
    (shelf / "manifest.json").write_text(text)
    assert "manifest.json is damaged" in complaint(shelf)


def test_a_missing_manifest(tmp_path):
    assert "manifest.json is missing" in complaint(tmp_path)


def test_arguments_that_the_class_does_not_take(shelf):
    change_entry(shelf, "judge", arguments={"colour": 3})
    assert "cannot be built" in complaint(shelf)


def test_saving_and_loading_gives_the_same_weights(tmp_path):
    judge = Judge().eval()
    store.save("judge", judge, {"class": "Judge", "arguments": {"classes": 11}}, tmp_path)
    again = zoo.load("judge", tmp_path).state_dict()
    assert all(torch.equal(value, again[key]) for key, value in judge.state_dict().items())
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == [
        "judge.safetensors",
        "manifest.json",
    ]


def test_a_full_disk_while_saving_leaves_the_old_weights_whole(shelf, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    entry = {"class": "Judge", "arguments": {"classes": 11}}
    with pytest.raises(FileWriteError, match="cannot be written: the disk is full"):
        store.save("judge", Judge(), entry, shelf)
    monkeypatch.undo()
    assert zoo.verify(shelf) == []
    assert not list(shelf.rglob("*.new"))
