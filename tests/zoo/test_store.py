"""Loading from the zoo: what is whole loads, what is not gets one sentence."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import threading

import pytest
import torch
from safetensors.torch import save as to_safetensors

from aigc_teach import data, models, zoo
from aigc_teach.core import (
    ChoiceError,
    DataError,
    DtypeError,
    FileWriteError,
    WeightsError,
    make_generator,
)
from aigc_teach.metrics import Judge
from aigc_teach.zoo import store
from aigc_teach.zoo.enlarger_recipe import SIZES
from aigc_teach.zoo.language_recipe import WRITERS
from aigc_teach.zoo.reader_recipe import SUBJECTS
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
    assert set(zoo.names()) == {
        *("judge", "denoiser", "painter"),
        *(*RECIPES, *SUBJECTS, *SIZES, *WRITERS),
    }
    sizes = [entry["bytes"] for entry in zoo.manifest().values()]
    assert max(sizes) <= 3e6 and sum(sizes) <= 20e6
    on_disk = {path.name for path in (store.FOLDER / "weights").glob("[!.]*")}
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
    assert sorted(path.name for path in tmp_path.rglob("[!.]*.*")) == [
        "judge.safetensors",
        "manifest.json",
    ]


def test_a_full_disk_while_saving_leaves_the_old_weights_whole(shelf, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    entry = {"class": "Judge", "arguments": {"classes": 11}}
    with pytest.raises(FileWriteError, match="judge.safetensors cannot be written: the disk is"):
        store.save("judge", Judge(), entry, shelf)
    monkeypatch.undo()
    assert zoo.verify(shelf) == []
    assert not list(shelf.rglob("*.new"))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vae", {"latent_size": 2, "hidden": [100_000]}),
        ("vae", {"latent_size": 2, "hidden": [256], "data_shape": [1, 280, 280]}),
        ("conv_vae", {"latent_size": 16, "width": 500}),
        ("dcgan", {"latent_size": 64, "width": 500, "n_classes": 10}),
        ("judge", {"classes": 2_000_000}),
        ("vae", {"latent_size": 2, "hidden": [256] * 50}),
    ],
)
def test_shapes_are_compared_before_a_model_takes_memory(shelf, name, arguments, monkeypatch):
    """One line of the list asked for a layer of a thousand million numbers, and got it."""
    made = []
    for layer in (torch.nn.Linear, torch.nn.Conv2d, torch.nn.ConvTranspose2d):

        def note(self, *, _reset=layer.reset_parameters):
            made.append(self.weight.device.type)
            return _reset(self)

        monkeypatch.setattr(layer, "reset_parameters", note)
    change_entry(shelf, name, arguments=arguments)
    assert f"do not belong to {name}" in complaint(shelf, name)
    assert set(made) <= {"meta", "cpu"} and made.count("meta") > 0
    made.clear()
    with pytest.raises(WeightsError):
        zoo.load(name, shelf)
    assert set(made) == {"meta"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"classes": 10**30},
        {"classes": 2**40},
        {"classes": [[11]]},
        {"classes": {"a": 1}},
        {"classes": "a" * 100},
        {"classes": [1] * 1000},
        {"classes": -5},
        {"classes": 1.5},
        {"classes": None},
        {"self": 1},
    ],
    ids=lambda arguments: str(arguments)[:40],
)
def test_arguments_that_no_model_has(shelf, arguments):
    change_entry(shelf, "judge", arguments=arguments)
    said = complaint(shelf)
    assert "The zoo's list gives judge sizes" in said or "cannot be built" in said


@pytest.mark.parametrize(
    "file",
    ["a\0b.safetensors", "\0", "../judge.safetensors", "/etc/passwd", "a/b.safetensors", "",
     ".hidden.safetensors", "judge.pt", "a\\b.safetensors", "judge.safetensors\n", "x" * 300],
    ids=lambda file: ascii(file)[:40],
)  # fmt: skip
def test_a_manifest_cannot_name_other_files(shelf, file):
    change_entry(shelf, "judge", file=file)
    assert "which the zoo does not know" in complaint(shelf)


@pytest.mark.parametrize("size", [-1, 10**12, 1.5, None, True])
def test_a_manifest_cannot_ask_for_any_number_of_bytes(shelf, size):
    change_entry(shelf, "judge", bytes=size)
    complaint(shelf)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.timeout(30)
def test_a_pipe_or_a_folder_in_a_files_place_does_not_wait(shelf):
    weights(shelf, "judge").unlink()
    os.mkfifo(weights(shelf, "judge"))
    assert "is a pipe" in complaint(shelf)
    weights(shelf, "judge").unlink()
    weights(shelf, "judge").mkdir()
    assert "is a folder" in complaint(shelf)
    (shelf / "manifest.json").unlink()
    os.mkfifo(shelf / "manifest.json")
    assert "is a pipe" in complaint(shelf)


@pytest.mark.parametrize("text", ["[" * 10**5, '{"judge": ' + "9" * 5000 + "}", "[1, 2]", "\0"],
                         ids=["deep", "long", "list", "NUL"])  # fmt: skip
def test_a_manifest_that_no_reader_can_read(shelf, text):
    (shelf / "manifest.json").write_text(text)
    assert "manifest.json is damaged" in complaint(shelf)


def test_a_head_that_claims_more_than_the_file_holds(shelf):
    head = (
        b'{"head.weight":{"dtype":"F32","shape":[1000000000,64],"data_offsets":[0,256000000000]}}'
    )
    for content in (len(head).to_bytes(8, "little") + head, (2**62).to_bytes(8, "little") + head):
        replace_weights(shelf, "judge", content)
        assert "no safetensors file" in complaint(shelf)


@pytest.mark.parametrize("folder", ["a\0b", 5, ["."]])
def test_a_folder_that_is_no_path_is_a_sentence(folder):
    with pytest.raises((DataError, DtypeError), match="path"):
        zoo.load("judge", folder)


def test_two_trainings_that_store_at_once_lose_no_entry(tmp_path):
    entry = {"class": "Judge", "arguments": {"classes": 11}}
    judge = Judge()
    names = [f"judge{i}" for i in range(8)]
    saving = [threading.Thread(target=store.save, args=(n, judge, entry, tmp_path)) for n in names]
    for thread in saving:
        thread.start()
    for thread in saving:
        thread.join()
    assert sorted(zoo.names(tmp_path)) == names and zoo.verify(tmp_path) == []


def test_loading_draws_no_more_random_numbers_than_building():
    """A lesson that loads a model goes on with the same numbers as ever."""
    torch.manual_seed(0)
    store.build("Judge", {"classes": 11})
    after_building = torch.rand(3)
    torch.manual_seed(0)
    zoo.load("judge")
    assert torch.equal(torch.rand(3), after_building)


def test_half_the_bytes_and_the_tokenizer_beside_the_weights(tmp_path):
    """A language model is stored in float16, computes in float32, and keeps its tokenizer."""
    letters = data.CharacterTokenizer("春風又綠江南岸\n")
    model = models.CharRNN(letters.size, width=8, length=5).eval()
    entry = {"class": "CharRNN", "arguments": {"vocabulary": letters.size, "width": 8, "length": 5}}
    whole = store.save("whole", model, entry, tmp_path)
    half = store.save("half", model, entry, tmp_path, half=True, tokenizer=letters)
    assert half["bytes"] < 0.75 * whole["bytes"]
    again = zoo.load("half", tmp_path)
    assert all(weight.dtype == torch.float32 for weight in again.parameters())
    for key, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[key], value.half().float())
    assert zoo.tokenizer("half", tmp_path).characters == letters.characters
    with pytest.raises(WeightsError, match="whole has no tokenizer"):
        zoo.tokenizer("whole", tmp_path)
    assert zoo.verify(tmp_path) == []


def test_merges_are_stored_too(tmp_path):
    bpe = data.BPE.train("low lower lowest " * 5, size=262)
    model = models.CharRNN(bpe.size, width=4)
    entry = {"class": "CharRNN", "arguments": {"vocabulary": bpe.size, "width": 4}}
    store.save("words", model, entry, tmp_path, half=True, tokenizer=bpe)
    assert zoo.tokenizer("words", tmp_path).merges == bpe.merges


def test_a_byte_tokenizer_needs_no_storing(tmp_path):
    with pytest.raises(WeightsError, match="ByteTokenizer cannot be stored"):
        store.as_metadata(data.ByteTokenizer())
