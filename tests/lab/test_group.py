"""A class's progress: read from the files handed in; nothing of theirs is changed."""

import json

import pytest

from aigc_teach.cli import main
from aigc_teach.core import AigcError
from aigc_teach.lab.group import class_progress, save_progress

pytestmark = pytest.mark.usefixtures("demo")


def entry(tries, solved=None):
    return {"tries": tries, "solved": solved}


ADA = {name: entry(1, "2026-01-02") for name in ("99/number", "99/tensor", "99/function")}
BEN = {"99/number": entry(4), "99/tensor": entry(2, "2026-01-01")}


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    for name, exercises in (("ada", ADA), ("ben", BEN)):
        known = {"exercises": exercises, "questions": {}}
        (folder / f"{name}.json").write_text(json.dumps(known))
    return folder


def test_a_row_a_student_and_the_hardest_exercise_first(handed_in, capsys):
    class_progress(handed_in)
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.startswith(("ada", "ben"))}
    assert rows == {
        "ada": ["1", "0", "3", "3", "2026-01-02"],
        "ben": ["0", "1", "1", "6", "2026-01-01"],
    }
    hardest = lines[lines.index(next(line for line in lines if line.startswith("exercise "))) + 1]
    assert hardest.split() == ["99/number", "1", "of", "2", "2.5"]


def test_what_is_no_progress_file_is_named_and_left_alone(handed_in, capsys):
    for name, text in (
        ("torn.json", '{"exercises": {'),
        ("other.json", "[1, 2]"),
        ("empty.json", ""),
    ):
        (handed_in / name).write_text(text)
    before = {path.name: path.read_text() for path in handed_in.iterdir()}
    class_progress(handed_in)
    said = capsys.readouterr().out
    assert all(
        f"{name} is no progress file" in said for name in ("torn.json", "other.json", "empty.json")
    )
    assert "2 students" in said
    assert {path.name: path.read_text() for path in handed_in.iterdir()} == before


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_files_is_a_sentence(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(AigcError, match="is no folder|holds no progress file"):
        class_progress(tmp_path / folder)


def test_a_student_saves_and_the_lecturer_reads(own_folder, handed_in, capsys):
    with pytest.raises(AigcError, match="nothing to hand in"):
        save_progress(handed_in / "cleo.json")
    known = {"exercises": {"99/number": entry(1, "2026-01-03")}, "questions": {}}
    (own_folder / "progress.json").write_text(json.dumps(known))
    assert main(["progress", "--save", str(handed_in / "cleo.json")]) == 0
    assert "no answers" in capsys.readouterr().out
    with pytest.raises(AigcError, match="is there already"):
        save_progress(handed_in / "cleo.json")
    with pytest.raises(AigcError, match="could not be written"):
        save_progress(handed_in / "no folder" / "cleo.json")
    assert main(["progress", "--class", str(handed_in)]) == 0
    assert "3 students" in capsys.readouterr().out


def test_one_thing_at_a_time(handed_in, capsys):
    assert main(["progress", "--class", str(handed_in), "--forget"]) != 0
    assert "stands alone" in capsys.readouterr().err
