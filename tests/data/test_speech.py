"""The training speech: times that fit the waves, splits that keep their promise, mu-law codes."""

from __future__ import annotations

import importlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError

home = importlib.import_module("aigc_teach.data.speech")
TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_speech", TOOLS / "make_speech.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def parts():
    return {name: data.speech(name) for name in home.SIZES}


def words_of(utterances):
    return {word for one in utterances for word in one.text.split()}


def pairs_of(one):
    words = one.text.split()
    return set(zip(words, words[1:], strict=False))


def test_every_split_is_as_long_as_it_says(parts):
    assert {name: len(part) for name, part in parts.items()} == home.SIZES
    texts = [one.text for one in data.speech("all")]
    assert len(set(texts)) == len(texts) == 188
    assert [one.text for one in data.speech("held_out")] == texts[140:]
    with pytest.raises(ChoiceError, match="sentences"):
        data.speech("test")


def test_what_was_held_out_was_not_heard(parts):
    known = words_of(parts["train"])
    heard = set().union(*map(pairs_of, parts["train"]))
    for one in parts["sentences"]:
        assert set(one.text.split()) <= known and pairs_of(one) <= heard
    for one in parts["pairs"]:
        assert set(one.text.split()) <= known and pairs_of(one) - heard
    for one in parts["words"]:
        assert set(one.text.split()) - known
    signs = set(data.phoneme_signs())
    assert all(set(one.signs) <= signs for one in data.speech("held_out"))


def test_phonemes_follow_each_other_from_the_first_sample_to_the_last(parts):
    for one in data.speech("all"):
        assert one.wave.dtype == torch.float32 and one.wave.abs().max() <= 0.9
        assert one.starts[0] == 0 and one.ends[-1] == len(one.wave)
        assert torch.equal(one.starts[1:], one.ends[:-1]) and (one.ends > one.starts).all()
        assert one.signs[0] == one.signs[-1] == home.SILENCE
        assert {len(part) for part in one[2:7]} == {len(one.signs)}
        places = one.word[one.word >= 0]
        assert places.unique().tolist() == list(range(len(one.text.split())))
        assert torch.equal(places, places.sort().values)
        assert ((one.word < 0) == torch.tensor([s == "_" for s in one.signs])).all()
        assert one.pitch in home.HERTZ and 0.4 < len(one.wave) / home.RATE < 2


def test_times_are_where_the_sound_is(parts):
    """Vowels are loud, silences quiet: half a phoneme's shift of all times would break this."""
    vowels = {"i:", "E", "V", "aI", "aa", "u:", "O@", "a"}
    loud, quiet = [], []
    for one in data.speech("all"):
        for sign, start, end in zip(one.signs, one.starts, one.ends, strict=True):
            level = one.wave[start:end].square().mean().sqrt().item()
            if sign in vowels:
                loud.append(level)
            if sign == home.SILENCE and start == 0:
                quiet.append(level)
    assert np.percentile(loud, 5) > 50 * np.percentile(quiet, 95)


def test_the_pitch_follows_the_setting(parts):
    """Autocorrelation of vowels: a higher setting, a shorter period."""
    found = {setting: [] for setting in home.HERTZ}
    for one in parts["train"]:
        for sign, start, end in zip(one.signs, one.starts, one.ends, strict=True):
            if sign in ("i:", "E", "aI", "O@", "aa", "V", "a", "i") and end - start > 600:
                x = one.wave[start:end].double().numpy()
                x = x[len(x) // 2 - 300 : len(x) // 2 + 300]
                x = x - x.mean()
                r = np.correlate(x, x, "full")[len(x) - 1 :] / np.arange(len(x), 0, -1)
                lag = 65 + r[65:170].argmax()
                if r[lag] > 0.7 * r[0]:
                    found[one.pitch].append(home.RATE / lag)
    for setting, hertz in home.HERTZ.items():
        assert abs(np.median(found[setting]) - hertz) < 1.5


def test_mu_law_against_its_formula():
    x = torch.linspace(-1, 1, 4001, dtype=torch.float64)
    codes = data.mu_law(x)
    y = np.sign(x.numpy()) * np.log(1 + 255 * np.abs(x.numpy())) / np.log(256)
    assert np.abs(codes.numpy() / 127.5 - 1 - y).max() <= 0.5 / 127.5 + 1e-12
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(data.mu_law(data.from_mu_law(every)), every)
    error = (data.from_mu_law(codes) - x).abs()
    assert (error <= 0.023 * x.abs() + 1e-4).all()  # fine where it is quiet
    assert data.mu_law(torch.tensor([7.0, -7.0])).tolist() == [255, 0]


def test_mu_law_refuses_in_sentences():
    with pytest.raises(DtypeError, match="floating point"):
        data.mu_law(torch.zeros(3, dtype=torch.int16))
    with pytest.raises(RangeError, match="finite"):
        data.mu_law(torch.tensor([0.0, float("nan")]))
    with pytest.raises(DtypeError, match="uint8"):
        data.from_mu_law(torch.zeros(3))


def test_a_damaged_file_is_refused(tmp_path, monkeypatch, tool):
    with np.load(home.FILE) as stored:
        arrays = {name: stored[name].copy() for name in stored.files}
    assert tool.npz_bytes(**arrays) == home.FILE.read_bytes()
    assert home.about()["sha256_of_arrays"] == tool.stored_sha256(tool.FILE)
    arrays["start"][3] = 0  # a phoneme that begins before the one ahead of it
    file = tool.npz_bytes(**arrays)
    for name, content in (("FILE", file), ("RECORD", tool.record_text(file, arrays).encode())):
        copy = tmp_path / getattr(home, name).name
        copy.write_bytes(content)
        monkeypatch.setattr(home, name, copy)
    with pytest.raises(DataError, match=r"speech\.npz is damaged"):
        data.speech()


def test_the_tool_draws_the_sentences_that_are_stored(tool):
    chosen = tool.texts()
    assert chosen == {name: [one.text for one in data.speech(name)] for name in home.SIZES}


def test_the_tools_codes_are_the_packages(tool):
    wave = np.arange(-32_768, 32_768, 7)
    ours = data.mu_law(torch.from_numpy(wave / 32_768))
    assert (tool.mu_law(wave) == ours.numpy()).all()
    tone = np.rint(20_000 * np.sin(np.arange(2000) * 2 * np.pi * 400 / 22_050)).astype(np.int16)
    half = tool.half_rate(tone)
    assert len(half) == 1000 and np.abs(half[50:-50] - tone[100:-100:2]).max() < 120
    hiss = np.rint(20_000 * np.sin(np.arange(2000) * 2 * np.pi * 9_000 / 22_050)).astype(np.int16)
    assert np.abs(tool.half_rate(hiss)[50:-50]).max() < 120  # no alias of what lies above


def test_without_the_synthesiser_the_hash_is_still_checked(tool, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(tool.importlib.util, "find_spec", lambda name: None)
    assert tool.main(["--check"]) == 0
    assert "not installed" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="pip install"):
        tool.main([])
    record = json.loads(tool.RECORD.read_text()) | {"sha256": "0"}
    monkeypatch.setattr(tool, "RECORD", tmp_path / "speech.json")
    tool.RECORD.write_text(json.dumps(record))
    assert tool.main(["--check"]) == 1


def test_the_file_is_spoken_again_bit_for_bit(tool, capsys):
    pytest.importorskip("espeakng_loader", reason="the synthesiser is not installed")
    assert tool.main(["--check"]) == 0, capsys.readouterr().out
