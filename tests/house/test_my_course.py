"""A learner's own copies: made once, never lost, and nothing that the tests ever see."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

import my_course
from house import rules
from house.clone import clone, git, run_in
from lessons.places import Places

ROOT = Path(__file__).resolve().parents[2]
VAE, GAN = "03_models/02_vae", "03_models/03_gan_mlp"


def notebook(*texts: str) -> str:
    """A stored notebook: Markdown first, then code."""
    cells = [nbformat.v4.new_markdown_cell(texts[0])]
    cells += [nbformat.v4.new_code_cell(text) for text in texts[1:]]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


@pytest.fixture
def course(tmp_path):
    """Two lessons, a page and a picture."""
    for name in (VAE, GAN):
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = f"../../book/{path.parent.name}/figures/{path.stem}.png"
        path.write_text(notebook(f"![four good words here]({picture})", "1 + 1"), "utf-8")
        figure = tmp_path / "book" / path.parent.name / "figures" / f"{path.stem}.png"
        figure.parent.mkdir(parents=True, exist_ok=True)
        figure.write_bytes(name.encode())
    return tmp_path


def copy_of(root: Path, lesson: str, ending: str = "") -> Path:
    return root / "my_course/notebooks" / f"{lesson}{ending}.ipynb"


def work(path: Path, *, run: bool = False, edit: str = "") -> bytes:
    """What JupyterLab saves after a learner has run or edited the copy; gives the file's bytes."""
    saved = nbformat.read(path, as_version=4)
    saved.metadata["language_info"] = {"name": "python", "version": "3.11"}  # it always adds that
    if run:
        saved.cells[1].execution_count = 1
        saved.cells[1].outputs = [nbformat.v4.new_output("stream", text="2\n")]
    if edit:
        saved.cells[1].source = edit
    nbformat.write(saved, path)
    return path.read_bytes()


def update(root: Path, lesson: str, text: str = "2 + 2") -> None:
    """The course changes."""
    path = root / "notebooks" / f"{lesson}.ipynb"
    path.write_text(path.read_text("utf-8").replace("1 + 1", text), "utf-8")


def test_the_first_time_makes_copies_and_has_no_news(course):
    report = my_course.make_copies(course)
    assert list(report.sentences()) == []
    for name in (VAE, GAN):
        assert copy_of(course, name).read_bytes() == (
            (course / "notebooks" / f"{name}.ipynb").read_bytes()
        )
    assert (course / "my_course/book/03_models/figures/02_vae.png").read_bytes() == VAE.encode()


@pytest.mark.parametrize("how", [{"run": True}, {"edit": "3"}, {"run": True, "edit": "3"}])
def test_a_copy_that_was_worked_in_is_never_written_over(course, how):
    my_course.make_copies(course)
    mine = work(copy_of(course, VAE), **how)
    assert list(my_course.make_copies(course).sentences()) == []
    update(course, VAE)
    update(course, GAN)
    report = my_course.make_copies(course)
    assert (report.kept, report.renewed, report.new) == ([VAE], [GAN], [])
    assert copy_of(course, VAE).read_bytes() == mine
    assert "2 + 2" in copy_of(course, GAN).read_text("utf-8")
    told = " ".join(report.sentences())
    assert VAE in told and GAN in told and "make lab FRESH=1" in told


def test_a_copy_that_was_only_opened_and_saved_is_renewed(course):
    my_course.make_copies(course)
    work(copy_of(course, VAE))
    update(course, VAE)
    assert my_course.make_copies(course).renewed == [VAE]
    assert "2 + 2" in copy_of(course, VAE).read_text("utf-8")


DAMAGE = {
    "empty": "",
    "cut off": "{",
    "a list": "[1]",
    "no cells": '{"cells": 3}',
    "no cell": '{"cells": [3]}',
    "too deep": "[" * 10**5,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_copy_is_the_learners_too(course, damage):
    my_course.make_copies(course)
    copy_of(course, VAE).write_text(damage, "utf-8")
    update(course, VAE)
    assert my_course.make_copies(course).kept == [VAE]
    assert copy_of(course, VAE).read_text("utf-8") == damage


@pytest.mark.parametrize("record", [None, "", "{", "[]", '{"notebooks/x": 3}'])
def test_a_lost_record_loses_no_work(course, record):
    my_course.make_copies(course)
    mine = work(copy_of(course, VAE), edit="my own words")  # edited, and saved before it was run
    file = course / "my_course" / my_course.RECORD
    file.unlink() if record is None else file.write_text(record, "utf-8")
    for _ in range(2):
        report = my_course.make_copies(course)
        assert (report.kept, report.renewed) == ([VAE], [])
        assert copy_of(course, VAE).read_bytes() == mine
    update(course, GAN)
    assert my_course.make_copies(course).renewed == [GAN]  # as stored: taken up again


def test_a_new_lesson_is_told_and_a_deleted_copy_comes_back(course):
    my_course.make_copies(course)
    shutil.copy(course / f"notebooks/{VAE}.ipynb", course / "notebooks/03_models/04_dcgan.ipynb")
    copy_of(course, GAN).unlink()
    report = my_course.make_copies(course)
    assert list(report.sentences()) == ["New lessons: 03_models/04_dcgan."]
    assert copy_of(course, GAN).exists()


def test_an_edit_that_was_carried_into_the_course_is_no_news(course):
    my_course.make_copies(course)
    work(copy_of(course, VAE), edit="2 + 2", run=True)
    update(course, VAE)  # as `make pull` does
    assert list(my_course.make_copies(course).sentences()) == []


def test_a_lesson_that_left_the_course_leaves_what_was_worked_in(course):
    shutil.copy(course / f"notebooks/{VAE}.ipynb", course / "notebooks/03_models/09_old.ipynb")
    shutil.copy(course / f"notebooks/{VAE}.ipynb", course / "notebooks/03_models/10_old.ipynb")
    my_course.make_copies(course)
    mine = work(copy_of(course, "03_models/10_old"), run=True)
    for name in ("09_old", "10_old"):
        (course / f"notebooks/03_models/{name}.ipynb").unlink()
    told = list(my_course.make_copies(course).sentences())
    assert told == [
        "No longer part of the course; your copies stay: notebooks/03_models/10_old.ipynb."
    ]
    assert not copy_of(course, "03_models/09_old").exists()
    assert copy_of(course, "03_models/10_old").read_bytes() == mine
    assert list(my_course.make_copies(course).sentences()) == []  # told once


def test_fresh_puts_an_untouched_copy_beside_an_edited_one(course):
    my_course.make_copies(course)
    mine = work(copy_of(course, VAE), run=True)
    report = my_course.make_copies(course, fresh="")
    assert report.fresh == [f"my_course/notebooks/{VAE}.fresh-2.ipynb"]
    assert my_course.make_copies(course, fresh="").fresh == []  # it is there already
    second = work(copy_of(course, VAE, ".fresh-2"), edit="4")
    assert my_course.make_copies(course, fresh="gan").fresh == []  # another lesson was asked for
    assert my_course.make_copies(course, fresh="vae").fresh[0].endswith("02_vae.fresh-3.ipynb")
    assert copy_of(course, VAE).read_bytes() == mine
    assert copy_of(course, VAE, ".fresh-2").read_bytes() == second
    stored = (course / "notebooks" / f"{VAE}.ipynb").read_bytes()
    assert copy_of(course, VAE, ".fresh-3").read_bytes() == stored


def test_after_an_update_one_fresh_copy_ends_the_reminder(course):
    my_course.make_copies(course)
    work(copy_of(course, VAE), edit="3")
    update(course, VAE)
    assert my_course.make_copies(course).kept == [VAE]
    assert len(my_course.make_copies(course, fresh="").fresh) == 1
    assert list(my_course.make_copies(course).sentences()) == []
    update_again = course / "notebooks" / f"{VAE}.ipynb"
    update_again.write_text(update_again.read_text("utf-8").replace("2 + 2", "5"), "utf-8")
    assert my_course.make_copies(course).renewed == [VAE]
    assert '"5"' in copy_of(course, VAE, ".fresh-2").read_text("utf-8")


def test_what_an_editor_leaves_is_no_lesson_and_what_a_learner_adds_stays(course):
    for place in ("notebooks/.ipynb_checkpoints", "notebooks/03_models/.ipynb_checkpoints"):
        (course / place).mkdir()
        (course / place / "02_vae-checkpoint.ipynb").write_text("{")
    (course / "notebooks/03_models/Untitled.ipynb").write_text("{")
    my_course.make_copies(course)
    own = copy_of(course, "03_models/my_own_trial")
    own.write_text("mine")
    my_course.make_copies(course, fresh="")
    names = {path.name for path in own.parent.iterdir()}
    assert names == {"02_vae.ipynb", "03_gan_mlp.ipynb", "my_own_trial.ipynb"}
    assert own.read_text() == "mine"


def test_an_unknown_lesson_is_refused_in_words(course):
    with pytest.raises(SystemExit, match=r"No lesson's name holds 'vea'\. There are: .*02_vae"):
        my_course.main(["--fresh", "vea", "--only-copies"], course)


def test_the_command_tells_what_it_did(course, capsys):
    assert my_course.main(["--only-copies"], course) == 0
    assert "You work in my_course/" in capsys.readouterr().out
    my_course.main(["--fresh", "--only-copies"], course)
    assert "has an untouched copy already" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_told_in_words(course):
    (course / "my_course").write_text("a file in the way")
    with pytest.raises(SystemExit, match=r"Your copies cannot be made in .*my_course"):
        my_course.main(["--only-copies"], course)


def test_jupyterlab_sees_the_learners_folder_only(tmp_path):
    options = my_course.jupyter_options(tmp_path / "my_course")
    assert f"--ServerApp.root_dir={tmp_path / 'my_course'}" in options
    assert "--ServerApp.ip=127.0.0.1" in options
    assert (ROOT / my_course.FIRST).exists()


@pytest.mark.parametrize(
    ("own", "ours"),
    [
        ("--ip=0.0.0.0", "--ServerApp.ip"),
        ("--ServerApp.ip=0.0.0.0", "--ServerApp.ip"),
        ("--notebook-dir=/elsewhere", "--ServerApp.root_dir"),
        ("--LabApp.default_url=/lab", "--LabApp.default_url"),
    ],
)
def test_a_setting_of_the_learners_own_stands_alone(tmp_path, own, ours):
    """JupyterLab refuses a setting that is given twice."""
    options = my_course.jupyter_options(tmp_path, [own])
    assert own in options
    assert not [o for o in options if o.startswith(f"{ours}=") and o != own]
    assert len(options) == len(my_course.jupyter_options(tmp_path))


LINKS = re.compile(r"\]\(([^)#\s]+)")
ELSEWHERE = ("http://", "https://", "mailto:", "data:")


def broken_links(home: Path) -> list[str]:
    """Links of copies that lead out of the learner's folder, or nowhere."""
    wrong = []
    for path in sorted([*home.rglob("*.ipynb"), *home.rglob("*.md")]):
        text = path.read_text("utf-8")
        if path.suffix == ".ipynb":
            cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "markdown"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
        for target in LINKS.findall(text):
            place = (path.parent / target).resolve()
            if target.startswith(ELSEWHERE) or (place.exists() and place.is_relative_to(home)):
                continue
            wrong.append(f"{path.relative_to(home)}: {target}")
    return wrong


def test_every_link_and_picture_of_the_copies_works(tmp_path):
    for name in ("notebooks", "book"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("_*"))
    my_course.make_copies(tmp_path)
    assert len(list((tmp_path / "my_course").rglob("*.png"))) >= len(
        Places(ROOT).stored_notebooks()
    )
    assert broken_links(tmp_path / "my_course") == []


def test_a_broken_link_would_be_seen(course):
    my_course.make_copies(course)
    (course / "my_course/book/03_models/figures/02_vae.png").unlink()
    stray = course / "my_course/book/page.md"
    stray.write_text("[out](../../notebooks/03_models/02_vae.ipynb)", "utf-8")
    assert len(broken_links(course / "my_course")) == 2


EDITORS = {
    "notebooks/.ipynb_checkpoints/Untitled-checkpoint.ipynb": "{",
    "notebooks/00_start/.ipynb_checkpoints/00_first_image-checkpoint.ipynb": '{"cells": []}',
    "notebooks/00_start/Untitled.ipynb": "",
    "notebooks/.virtual_documents/00_start/00_first_image.ipynb": "see /ho" + "me/ann",
    ".virtual_documents/notebooks/00_start/00_first_image.ipynb": "# no JSON",
    "notebooks/.DS_Store": "\x00",
    "book/.ipynb_checkpoints/index-checkpoint.md": "make dinner\n",
    "book/00_start/.ipynb_checkpoints/00_first_image-checkpoint.md": "see /ho" + "me/ann",
    "aigc_teach/core/.ipynb_checkpoints/device-checkpoint.py": "import aigc_teach.widgets\nprint(",
    "aigc_teach/.DS_Store": "\x00",
    ".vscode/settings.json": "see /ho" + "me/ann",
    "my_course/notebooks/00_start/Untitled.ipynb": "see /ho" + "me/ann",
}
# what a learner's work used to break: stored without outputs, in step with the source, no odd files
CHECKS = [
    *("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/notebooks/test_pipeline.py"),
    *("-k", "in_step or odd_files"),
]


def complaints(root: Path) -> dict[str, list[str]]:
    """What each house rule says of a checkout."""
    found = {rule.__name__: rule(root / "aigc_teach") for rule in rules.PACKAGE_RULES}
    found |= {rule.__name__: rule(root) for rule in rules.ROOT_RULES}
    return found | {"outputs": rules.outputs(root / "notebooks")}


def run_first_cells(path: Path, many: int) -> None:
    """Run the first cells of a copy and save it as JupyterLab does, outputs and counts."""
    from nbclient import NotebookClient

    saved = nbformat.read(path, as_version=4)
    client = NotebookClient(saved, timeout=120, resources={"metadata": {"path": str(path.parent)}})
    with client.setup_kernel():
        for index, cell in enumerate(saved.cells[:many]):
            client.execute_cell(cell, index)
    saved.metadata["language_info"] = {"name": "python", "version": "3"}
    nbformat.write(saved, path)


@pytest.mark.slow
def test_after_a_learners_day_the_checks_are_green_and_git_sees_nothing(
    tmp_path, tmp_path_factory, monkeypatch
):
    monkeypatch.setenv("AIGC_BUDGET", "ci")
    root = clone(tmp_path)
    before = complaints(root)
    done = run_in(root, "tools/my_course.py", "--only-copies")
    assert done.returncode == 0, done.stderr
    elsewhere = tmp_path_factory.mktemp("elsewhere")  # a terminal may stand anywhere
    done = run_in(root, str(root / "tools/my_course.py"), "--only-copies", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert not [*elsewhere.iterdir()]
    mine = root / "my_course" / my_course.FIRST
    run_first_cells(mine, 5)
    assert my_course.was_run(mine.read_bytes())
    for name, text in EDITORS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    assert git(root, "status", "--porcelain") == ""
    checks = run_in(root, *CHECKS)
    assert checks.returncode == 0, checks.stdout[-6000:]
    assert "2 passed" in checks.stdout, checks.stdout[-600:]
    assert complaints(root) == before
    done = run_in(root, "tools/my_course.py", "--only-copies", "--fresh")
    assert "00_first_image.fresh-2.ipynb" in done.stdout, done.stdout + done.stderr
    assert git(root, "status", "--porcelain") == ""


def test_a_stored_lesson_that_was_run_would_be_seen(tmp_path):
    stored = tmp_path / "notebooks/00_start/00_first_image.ipynb"
    stored.parent.mkdir(parents=True)
    stored.write_text(notebook("words", "1 + 1"), "utf-8")
    work(stored, run=True)
    assert len(rules.outputs(tmp_path / "notebooks")) == 1
