"""`make lesson` makes a draft that passes every check at once; `make where` finds its files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import lesson
import where
from house import rules
from house.clone import clone, git, run_in
from lessons.places import Places
from lessons.source import LessonError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def places(tmp_path):
    """A course of three empty lessons in two parts."""
    for name in (
        "03_models/01_autoencoder",
        "03_models/02_vae",
        "03_models/14_evaluating",
        "04_x/01_y",
    ):
        path = tmp_path / "book" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return Places(tmp_path)


@pytest.mark.parametrize(
    ("folder", "number", "file"),
    [
        ("05_images", None, "01_inpaint"),
        ("03_models", None, "03_inpaint"),  # the last lesson of a part may keep a high number
        ("03_models", 7, "07_inpaint"),
        ("05_images", 0, "00_inpaint"),
    ],
)
def test_the_number_is_the_next_free_one_or_the_one_given(places, folder, number, file):
    assert lesson.plan(folder, "inpaint", number, places).file == file


@pytest.mark.parametrize(
    ("folder", "name", "number", "words"),
    [
        ("images", "inpaint", None, "should look like 05_images"),
        ("05_Images", "inpaint", None, "should look like 05_images"),
        ("../05_images", "inpaint", None, "should look like 05_images"),
        ("05_images", "01_inpaint", None, "unnumbered"),
        ("05_images", "in-paint", None, "unnumbered"),
        ("05_images", "x" * 45, None, "too long"),
        ("03_images", "inpaint", None, "There is a part 03_models"),
        ("05_models", "inpaint", None, "There is a part 03_models"),
        ("03_models", "vae", None, "make where LESSON=vae"),
        ("03_models", "inpaint", 2, "Number 02 is taken"),
    ],
)
def test_a_name_that_will_not_do_is_refused_in_words(places, folder, name, number, words):
    with pytest.raises(LessonError, match=words):
        lesson.plan(folder, name, number, places)


def test_nothing_is_written_over_and_nothing_half_made(places):
    made = lesson.plan("05_images", "inpaint", None, places)
    test = places.root / "tests/course/images/test_inpaint.py"
    test.parent.mkdir(parents=True)
    test.write_text("mine")
    with pytest.raises(LessonError, match=r"test_inpaint\.py is there already; nothing was made"):
        lesson.make(made, places)
    assert test.read_text() == "mine" and not (places.book / "05_images").exists()


def test_the_longest_name_fits_the_lines(places):
    name = "x" * (lesson.LONGEST_NAME - len("images"))
    texts = lesson.new_files(lesson.plan("05_images", name, None, places), places)
    assert len(texts) == 4
    for path, text in texts.items():
        lines = text.splitlines() if path.suffix == ".py" else code_of(text)
        assert max(map(len, lines)) <= 100, path
        assert "@" not in text.replace("@exercise", "").replace("# @title", "").replace("x @ x", "")


def code_of(source: str) -> list[str]:
    """The lines of a lesson's cells."""
    cells = source.split("```{code-cell} python\n")[1:]
    return [line for cell in cells for line in cell.split("```")[0].splitlines()]


TABLE = """| part | lesson | minutes | you |
|---|---|---:|---|
| start | [a](notebooks/00_start/00_a.ipynb) | 9 | see |
| models | [b](notebooks/03_models/02_b.ipynb) | 9 | see |
| | [c](notebooks/03_models/14_c.ipynb) | 9 | see |

words
"""


@pytest.mark.parametrize(
    ("folder", "name", "number", "place"),
    [
        (
            "00_start",
            "new",
            1,
            "| see |\n| | [new](notebooks/00_start/01_new.ipynb) | – | *draft* |\n| m",
        ),
        (
            "03_models",
            "new",
            3,
            "02_b.ipynb) | 9 | see |\n| | [new](notebooks/03_models/03_new",
        ),
        (
            "03_models",
            "new",
            1,
            "| models | [new](notebooks/03_models/01_new.ipynb) | – | *draft* |\n| | [b]",
        ),
        (
            "02_images",
            "new",
            1,
            "| images | [new](notebooks/02_images/01_new.ipynb) | – | *draft* |\n| models",
        ),
        (
            "05_images",
            "new",
            1,
            "14_c.ipynb) | 9 | see |\n| images | [new](notebooks/05_images/01",
        ),
    ],
)
def test_the_row_stands_in_reading_order(folder, name, number, place):
    made = lesson.with_row(TABLE, lesson.Plan(folder, name, number))
    assert place in made
    assert len(made.splitlines()) == len(TABLE.splitlines()) + 1
    assert lesson.with_row(made, lesson.Plan(folder, name, number)) == made


def test_a_new_part_gets_its_contents_in_order():
    index = (ROOT / "book" / "index.md").read_text("utf-8")
    parts = [match[1] for match in lesson.CONTENTS.finditer(index)]
    assert parts == sorted(parts) and len(parts) >= 5
    for folder in ("00_a", "02_mathematicz", "97_images"):
        made = lesson.with_contents(index, lesson.Plan(folder, "new", 1))
        now = [match[1] for match in lesson.CONTENTS.finditer(made)]
        assert now == sorted([*parts, folder])
        assert made.index(":caption: About") > made.index(f"{folder}/*")
    assert lesson.with_contents(index, lesson.Plan("03_models", "new", 1)) == index


NAME = "98_part_of_a_test/01_lesson_of_a_test"
CHECKS = [
    *("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/course/part_of_a_test"),
    *("tests/house/test_course.py", "tests/notebooks/test_status.py"),
    # both ask something of every finished lesson
    "tests/notebooks/test_exams.py::test_every_finished_lesson_has_one",
    "tests/browser/test_sample.py::test_the_first_lesson_and_one_of_each_part_are_run",
]
NBVAL = [
    "-m",
    "pytest",
    "-q",
    "-p",
    "nbval",
    "-p",
    "no:cacheprovider",
    "--nbval-lax",
    "-o",
    "timeout=0",
]
# nbval has just run the lesson: the book shows that its pages, links and contents are in order
BOOK = ["-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-D", "nb_execution_mode=off"]


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory):
    """A clone of the course in which a lesson was begun."""
    root = clone(tmp_path_factory.mktemp("clone"))
    done = run_in(root, "tools/lesson.py", *NAME.replace("/01_", "/").split("/"), AIGC_BUDGET="ci")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def good(done) -> str:
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_every_place_of_the_lesson_is_made_and_found(skeleton, capsys):
    assert where.main(["lesson_of_a_test"], Places(skeleton)) == 0
    told = capsys.readouterr().out
    for place in (
        f"source    book/{NAME}.md",
        f"notebook  notebooks/{NAME}.ipynb",
        "picture   book/98_part_of_a_test/figures/01_lesson_of_a_test.png",
        "course    aigc_teach/course/part_of_a_test/lesson_of_a_test.py",
        "test      tests/course/part_of_a_test/test_lesson_of_a_test.py",
        "figures   book/status.json",
        "widget    aigc_teach/widgets/surface.py (LossSurface)",
    ):
        assert place in told, told
    assert "no row yet" not in told
    for line in told.splitlines():
        assert (skeleton / line.split()[1].split(":")[0]).exists(), line


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_draft_passes_every_check_at_once(skeleton):
    good(run_in(skeleton, "tools/notebooks.py", "check"))
    changed = git(skeleton, "ls-files", "--others", "--exclude-standard").split()
    python = [name for name in changed if name.endswith((".py", ".ipynb"))]
    assert len(python) == 4
    good(run_in(skeleton, "-m", "ruff", "check", *python))
    good(run_in(skeleton, "-m", "ruff", "format", "--check", *python))
    assert " failed" not in good(run_in(skeleton, *CHECKS))
    good(run_in(skeleton, *NBVAL, f"notebooks/{NAME}.ipynb", AIGC_BUDGET="ci"))


@pytest.mark.slow
def test_the_draft_keeps_the_house_rules(skeleton, tmp_path):
    room = Path("course/part_of_a_test")  # alone: the rest is looked at in test_rules.py
    shutil.copytree(skeleton / "aigc_teach" / room, tmp_path / room)
    for rule in rules.PACKAGE_RULES:
        assert rule(tmp_path) == [], rule.__name__
    for rule in rules.ROOT_RULES:
        assert rule(skeleton) == rule(ROOT), rule.__name__  # nothing that was not said before


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_book_with_the_draft_builds_without_a_warning(skeleton, tmp_path):
    good(run_in(skeleton, *BOOK, "-b", "html", "book", str(tmp_path), AIGC_BUDGET="ci"))
    assert (tmp_path / f"{NAME}.html").exists()
    assert "Part of a test" in (tmp_path / "index.html").read_text("utf-8")


@pytest.mark.slow
def test_a_release_refuses_the_draft_and_a_finished_lesson_its_marks(skeleton, tmp_path):
    assert rules.drafts(skeleton) == []
    shutil.copytree(skeleton / "book" / "98_part_of_a_test", tmp_path / "book/98_part_of_a_test")
    log = tmp_path / "CHANGELOG.md"
    log.write_text("# Changes\n\n## [9.0] - 2030-01-01\n\n## [8.0] - Unreleased\n")
    assert rules.drafts(tmp_path) == [
        f"{NAME} is a draft, but CHANGELOG.md says this is a release."
    ]
    source = tmp_path / "book" / f"{NAME}.md"
    source.write_text(source.read_text("utf-8").replace("draft: true\n", ""), "utf-8")
    assert rules.drafts(tmp_path) == [f"{NAME} is no draft, but [draft] stands in it."]
    source.write_text(source.read_text("utf-8").replace("[draft]", ""), "utf-8")
    assert rules.drafts(tmp_path) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("", "01_y has 0 rows"),
        ("| | [y](notebooks/04_x/01_y.ipynb) | see |\n" * 2, "01_y has 2 rows"),
        ("| | [y](notebooks/04_x/01_y.ipynb) | *draft* |", "disagree on *draft*"),
        ("| | [y](notebooks/04_x/01_z.ipynb) | see |", "01_z, which is not there"),
    ],
)
def test_a_row_out_of_step_is_seen(tmp_path, row, words):
    (tmp_path / "book/04_x").mkdir(parents=True)
    (tmp_path / "book/04_x/01_y.md").write_text("---\nkernelspec: x\n---\n\n# Y\n")
    readme = tmp_path / "README.md"
    readme.write_text("| | [y](notebooks/04_x/01_y.ipynb) | see |\n")
    assert rules.readme_lessons(tmp_path) == []
    readme.write_text(row)
    assert words in " ".join(rules.readme_lessons(tmp_path))


@pytest.mark.parametrize("name", ["vae", "02_vae", "models/vae", "03_models/02_vae"])
def test_a_lesson_is_found_by_each_of_its_names(name, capsys):
    assert where.main([name], Places(ROOT)) == 0
    told = capsys.readouterr().out
    assert "book/03_models/02_vae.md" in told and "aigc_teach/course/models/vae.py" in told
    assert "tests/course/models/test_vae.py" in told
    assert "aigc_teach/zoo/weights/vae.safetensors" in told
    assert "aigc_teach/widgets/explorer.py (LatentExplorer)" in told


@pytest.mark.parametrize(
    "path", ["notebooks/03_models/02_vae.ipynb", "book/03_models/02_vae.md", "03_models/02_vae.md"]
)
def test_a_path_will_do_too(path):
    assert [source.stem for source in where.find(path, Places(ROOT))] == ["02_vae"]


def test_every_file_of_every_lesson_is_there():
    places = Places(ROOT)
    for source in places.sources():
        kinds = {}
        for what, path in where.files_of(source, places):
            kinds.setdefault(what, []).append(path)
            assert (ROOT / path.split(":")[0].split(" (")[0]).exists(), path
        assert {"source", "notebook", "picture", "course", "test", "row", "figures"} <= kinds.keys()
        assert len(kinds["row"]) == 2 and "no row" not in " ".join(kinds["row"])


def test_a_lesson_with_a_longer_name_keeps_its_tests(places):
    for name in ("03_gan", "04_gan_mlp"):
        (places.book / "03_models" / f"{name}.md").write_text("")
    tests = places.root / "tests/course/models"
    tests.mkdir(parents=True)
    for name in ("test_gan.py", "test_gan_cases.py", "test_gan_mlp.py", "test_gan_mlp_cases.py"):
        (tests / name).write_text("")

    def tests_of(name: str) -> list[str]:
        (source,) = where.find(name, places)
        found = where.files_of(source, places)
        return [Path(path).name for what, path in found if what == "test"]

    assert tests_of("gan") == ["test_gan.py", "test_gan_cases.py"]
    assert tests_of("gan_mlp") == ["test_gan_mlp.py", "test_gan_mlp_cases.py"]


@pytest.mark.parametrize("wish", ["vea", "va", "the_vae"])
def test_an_unknown_name_gets_the_near_ones(wish, capsys):
    assert where.main([wish], Places(ROOT)) == 1
    said = capsys.readouterr().err
    assert f"There is no lesson '{wish}'" in said and "models/vae" in said
    assert "concepts/data_for_four_media" not in said


def test_one_name_in_two_parts_is_asked_about(places, capsys):
    (places.book / "04_x" / "02_vae.md").write_text("")
    assert where.main(["vae"], places) == 1
    said = capsys.readouterr().err
    assert "Several lessons are called 'vae'. Say one of: models/vae, x/vae." in said
    assert len(where.find("x/vae", places)) == 1


HOUSE = """```text
 8  doctor cli     commands
 7  course         lessons
 6  lab            checks
 5  widgets        instruments
 4  zoo viz        weights; figures
 3  train metrics  loop
 2  models         nets
 1  data nn losses
 0  core           contract
```
"""


@pytest.fixture
def house(tmp_path):
    (tmp_path / "CONTRIBUTING.md").write_text(HOUSE)
    (tmp_path / "aigc_teach/train").mkdir(parents=True)
    return tmp_path


def test_a_true_drawing_is_accepted(house):
    assert rules.drawing(house) == []


@pytest.mark.parametrize(
    ("true", "false", "words"),
    [
        (" 3  train metrics  loop\n", "", "the drawing lacks metrics"),
        ("train metrics", "train metrics attic", "nothing is called attic"),
        (
            " 2  models         nets\n 1",
            " 1  models\n 2",
            "models uses nn, which is not drawn below",
        ),
        (" 6  lab  ", " 6  lab zoo  ", "zoo is drawn twice"),
        (" 4  zoo viz  ", " 9  zoo viz  ", "course uses viz, which is not drawn below it"),
        ("0  core  ", "1  core  ", "data uses core, which is not drawn below it"),
        ("doctor cli", "cli doctor", "cli uses doctor, which is not drawn below it"),
        ("```text", "```", "the drawing lacks core"),
    ],
)
def test_a_false_drawing_is_seen(house, true, false, words):
    assert true in HOUSE
    (house / "CONTRIBUTING.md").write_text(HOUSE.replace(true, false))
    assert words in "\n".join(rules.drawing(house))


def test_an_import_that_climbs_the_drawing_is_seen(house):
    (house / "aigc_teach/train/fit.py").write_text("from ..viz import grid\n")
    assert rules.drawing(house) == ["CONTRIBUTING.md: train uses viz, which is not drawn below it."]
