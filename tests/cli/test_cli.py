"""The four commands do what they say, and refuse in sentences."""

from __future__ import annotations

import subprocess
import sys

import pytest

import aigc_teach
from aigc_teach import zoo
from aigc_teach.cli import RECIPES, main
from aigc_teach.core import GenerativeModel

PNG = b"\x89PNG\r\n"


def test_help_and_version(capsys):
    assert main([]) == 0
    assert "doctor" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert aigc_teach.__version__ in capsys.readouterr().out


def test_the_command_is_installed():
    code = "from importlib.metadata import entry_points as e; print(e(name='aigc-teach'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "aigc_teach.cli:main" in done.stdout


@pytest.mark.parametrize("model", list(RECIPES))
def test_train_draws_a_picture(model, tmp_path, capsys):
    out = tmp_path / "a.png"
    assert main(["train", model, "--steps", "2", "--device", "cpu", "--out", str(out)]) == 0
    assert out.read_bytes().startswith(PNG)
    assert "2 steps" in capsys.readouterr().out


def test_train_goes_on_where_it_was_stopped(tmp_path, capsys):
    kept, out = tmp_path / "a.safetensors", str(tmp_path / "a.png")
    start = ["train", "vae", "--device", "cpu", "--out", out]
    assert main([*start, "--steps", "2", "--save", str(kept)]) == 0
    assert main([*start, "--steps", "5", "--resume", str(kept)]) == 0
    assert "5 steps" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_picture(tmp_path):
    pictures = []
    for name in ("a", "b"):
        out = tmp_path / f"{name}.png"
        main(["train", "vae", "--steps", "2", "--device", "cpu", "--seed", "3", "--out", str(out)])
        pictures.append(out.read_bytes())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "vaee"], "invalid choice"),
        (["train", "vae", "--steps", "0"], "not a whole number from 1"),
        (["train", "vae", "--seed", "-1"], "not a whole number from 0"),
        (["train", "vae", "--out", "a.txt"], "must end in .png"),
        (["sample", "vae", "--out", "nowhere/a.png"], "does not exist"),
        (["sample", "dcgan", "--digit", "11"], "invalid choice"),
    ],
)
def test_bad_options_are_refused_before_any_work(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sample", "nobody"], "Choose one of"),
        (["sample", "judge"], "does not make any"),
        (["sample", "vae", "--digit", "7"], "condition"),
        (["train", "vae", "--device", "tpu"], "Choose one of"),
        (["train", "vae", "--batch-size", "5000"], "5000"),
    ],
)
def test_bad_wishes_end_in_a_sentence(arguments, words, tmp_path, capsys):
    assert main([*arguments, "--out", str(tmp_path / "a.png")]) == 1
    error = capsys.readouterr().err
    assert words in error and "Traceback" not in error
    assert not (tmp_path / "a.png").exists()


def generators() -> list[str]:
    return [name for name in zoo.names() if name != "judge"]


def test_sample_draws_from_every_generator_of_the_zoo(tmp_path):
    assert generators()
    for name in generators():
        assert isinstance(zoo.load(name), GenerativeModel)
        out = tmp_path / f"{name}.png"
        assert main(["sample", name, "--n", "5", "--out", str(out)]) == 0
        assert out.read_bytes().startswith(PNG)


def test_sample_draws_the_digit_asked_for(tmp_path):
    out = tmp_path / "a.svg"
    assert main(["sample", "dcgan", "--digit", "7", "--n", "3", "--out", str(out)]) == 0
    assert "<svg" in out.read_text("utf-8")


def test_status_names_what_is_here(capsys):
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "5,000 real digits" in shown and "dcgan" in shown and "solved" in shown
