"""The five commands do what they say, and refuse in sentences."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import aigc_teach
from aigc_teach import models, zoo
from aigc_teach.cli import RECIPES, main
from aigc_teach.core import GenerativeModel
from aigc_teach.data import synthetic_mark
from aigc_teach.lab import record, register
from aigc_teach.zoo.language_recipe import WRITERS

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
    kind = RECIPES[model][0]
    assert synthetic_mark(out) == {"synthetic": "made by aigc-teach", "model": kind, "seed": 0}
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


BIG, LONG = "9" * 26, "9" * 5000
NUMBERS = ["", "-1", "nan", "inf", "1e5", "1.5", "0x10", "²", "one", LONG, "\0"]
TRAIN, SAMPLE = ["train", "vae", "--steps", "2"], ["sample", "vae"]
BAD = [
    *([*SAMPLE, "--seed", number] for number in [*NUMBERS, BIG, str(2**63)]),
    *([*TRAIN, "--seed", number] for number in [*NUMBERS, BIG, str(2**63)]),
    *([*SAMPLE, "--n", number] for number in [*NUMBERS, BIG, "0", "1001"]),
    *(["train", "vae", "--steps", number] for number in [*NUMBERS, BIG, "0"]),
    *([*TRAIN, "--batch-size", number] for number in [*NUMBERS, BIG, "0", "5000"]),
    *(["sample", "dcgan", "--digit", number] for number in [*NUMBERS, BIG, "10"]),
    *([*command, "--out", name] for command in (TRAIN, SAMPLE) for name in
      ["", "a.txt", "a", ".png", "nowhere/a.png", "folder.png", "a" * 300 + ".png", "a\0.png",
       "file/a.png", "pipe.png"]),
    *([*TRAIN, "--save", name] for name in
      ["", "folder.png", "a" * 300, "a\0", "file", "file/a", "pipe.png", "samples.png"]),
    *([*TRAIN, "--resume", name] for name in
      ["", "folder.png", "a" * 300, "a\0", "file", "file/a", "pipe.png", "samples.png", "gone"]),
    *([*TRAIN, "--device", name] for name in ["", "tpu", "meta", "cuda:99", "\0"]),
    *(["sample", name] for name in ["", "nobody", "../judge", "judge", "\0", "\udcff", LONG]),
    *(["train", name] for name in ["", "vaee", "\0", LONG]),
    ["sample", "vae", "--digit", "7"],
    ["train"], ["sample"], ["nonsense"], [""], ["status", "more"], ["doctor", "--more"],
    ["progress", "more"], ["progress", "--path"], ["progress", "--path", "year"],
    ["progress", "--path", "\0"], ["progress", "--path", "week", "--for", "poets"],
    ["progress", "--for", "artists"], ["progress", "--forget", "--path", "week"],
    ["train", "vae", "--lr", "1"], ["sample", "vae", "--n"],
]  # fmt: skip


def refusal(arguments: list[str], capsys) -> str:
    """Run a command that must be refused; the last line of what it says."""
    try:
        code = main(arguments)
    except SystemExit as stop:  # argparse's own way
        code = stop.code
    said = capsys.readouterr()
    assert code == 2, said
    *_, last = said.err.strip().splitlines()
    assert "Traceback" not in said.err and last.startswith("aigc-teach")
    return last


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    """Stand in a folder with a file, a folder and a pipe in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("junk")
    (tmp_path / "folder.png").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe.png")
    else:
        (tmp_path / "pipe.png").mkdir()
    return tmp_path


@pytest.mark.timeout(60)
@pytest.mark.parametrize("arguments", BAD, ids=lambda a: ascii(" ".join(a))[:60])
def test_every_option_refuses_in_a_sentence_before_any_work(
    arguments, in_a_folder, capsys, monkeypatch
):
    def work(*_, **__):
        raise AssertionError("this is work")

    monkeypatch.setattr(models.VAE, "loss", work)
    monkeypatch.setattr(models.VAE, "decode", work)
    before = sorted(p.name for p in in_a_folder.glob("[!.]*"))
    sentence = refusal(arguments, capsys)
    assert 20 < len(sentence) < 1000
    assert sorted(p.name for p in in_a_folder.glob("[!.]*")) == before, "nothing is left behind"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "vaee"], "invalid choice"),
        (["train", "vae", "--steps", "0"], "not a whole number, 1 to"),
        (["train", "vae", "--seed", "-1"], "not a whole number from 0"),
        (["train", "vae", "--out", "a.txt"], "must end in .png"),
        (["sample", "vae", "--out", "nowhere/a.png"], "folder does not exist"),
        (["sample", "dcgan", "--digit", "11"], "invalid choice"),
        (["sample", "nobody"], "Choose one of"),
        (["sample", "judge"], "does not make any"),
        (["sample", "vae", "--digit", "7"], "condition"),
        (["train", "vae", "--device", "tpu"], "Choose one of"),
        (["train", "vae", "--batch-size", "5000"], "5000"),
        (["progress", "--path", "year"], "'afternoon', 'week', 'term'"),
        (["progress", "--path", "week", "--for", "poets"], "'engineers', 'artists', 'teachers'"),
        (["progress", "--forget", "--all"], "stands alone"),
        (["sample", "vae", "--seed", BIG], "too large; it must be at most"),
        (["train", "vae", "--save", "samples.png"], "name the same file"),
        (["train", "vae", "--resume", "pipe.png"], "is a pipe, not a file"),
        (["train", "vae", "--save", "a" * 300], "cannot be looked at: File name too long"),
        (["train", "vae", "--resume", "a" * 300], "cannot be looked at: File name too long"),
    ],
)
def test_the_sentence_says_what_is_wrong(arguments, words, in_a_folder, capsys):
    if not hasattr(os, "mkfifo") and "pipe" in words:
        words = "is a folder"
    assert words in refusal(arguments, capsys)


@pytest.mark.parametrize("command", [TRAIN, SAMPLE])
def test_a_folder_that_cannot_be_written_is_found_before_the_work(
    command, in_a_folder, capsys, monkeypatch
):
    def refuse(self, *_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    assert "you have no permission to write there" in refusal(command, capsys)


def test_ctrl_c_is_no_traceback(in_a_folder, capsys, monkeypatch):
    def press(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(GenerativeModel, "sample", press)
    assert main(SAMPLE) == 130
    assert capsys.readouterr().err == "aigc-teach sample: stopped.\n"


def test_a_name_that_the_terminal_cannot_write_is_coded(in_a_folder, monkeypatch):
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    assert main(["sample", "dcgan_plain", "--n", "1", "--out", "月.png"]) == 0
    sys.stdout.flush()
    assert b"\\u6708.png" in buffer.getvalue()


def generators() -> list[str]:
    made = [name for name in zoo.names() if isinstance(zoo.load(name), GenerativeModel)]
    return [name for name in made if name not in WRITERS]


def test_sample_draws_from_every_generator_of_the_zoo(tmp_path):
    assert len(names := generators()) >= 5
    for name in names:
        out = tmp_path / f"{name}.png"
        assert main(["sample", name, "--n", "5", "--seed", "3", "--out", str(out)]) == 0
        assert out.read_bytes().startswith(PNG)
        assert synthetic_mark(out) == {"synthetic": "made by aigc-teach", "model": name, "seed": 3}


@pytest.mark.parametrize("name", WRITERS)
def test_a_language_model_writes_into_the_terminal(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["sample", name, "--n", "2"]) == 0
    texts = capsys.readouterr().out.split("\n\n")
    assert len([text for text in texts if len(text) > 20]) >= 2
    assert not (tmp_path / "samples.png").exists()


def test_sample_draws_the_digit_asked_for(tmp_path):
    for name in ("a.svg", "a.PDF"):
        out = tmp_path / name
        assert main(["sample", "dcgan", "--digit", "7", "--n", "3", "--out", str(out)]) == 0
        assert b"made by aigc-teach, model dcgan, seed 0" in out.read_bytes()
    assert "<svg" in (tmp_path / "a.svg").read_text("utf-8")


def test_status_names_what_is_here(capsys):
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "5,000 real digits" in shown and "dcgan" in shown and "aigc-teach progress" in shown


@pytest.fixture
def own_progress(tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("AIGC_PROGRESS", str(path))
    return path


def test_progress_goes_from_lesson_to_lesson_along_a_path(own_progress, capsys):
    first = [name for name in register_names() if name.startswith("start/first_image/")]
    for name in first:
        record.record("exercises", name, solved=True)
    assert main(["progress", "--path", "afternoon"]) == 0
    shown = capsys.readouterr().out.replace("\n", " ")
    assert "Passed: 1 of 4 lessons" in shown
    assert "Next: begin 01_concepts/01_what_is_generative_ai" in shown
    assert main(["progress", "--path", "afternoon", "--for", "engineers"]) == 0
    assert "Next: begin 01_concepts/02_building_blocks" in capsys.readouterr().out
    assert main(["progress", "--all"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in first) and "models/vae/q5" in shown


def register_names() -> list[str]:
    register.load_lesson("start/first_image")
    return list(register.EXERCISES)


def test_progress_is_forgotten_after_saying_what(own_progress, capsys):
    record.record("exercises", "models/vae/kl", solved=False)
    assert main(["progress", "--forget"]) == 0
    shown = capsys.readouterr().out.replace("\n", " ")
    assert "0 of 1 exercises" in shown and "is deleted" in shown and not own_progress.exists()


def test_progress_that_cannot_be_deleted_is_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AIGC_PROGRESS", str(tmp_path))  # a folder
    assert main(["progress", "--forget"]) == 2
    assert "aigc-teach progress: " in capsys.readouterr().err


def test_the_help_names_the_paths_that_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["progress", "--help"])
    shown, course = " ".join(capsys.readouterr().out.split()), register.course_list()
    for names in (course["paths"], course["audiences"]):
        assert all(name in shown for name in names)
