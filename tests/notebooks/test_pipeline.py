"""Sources become notebooks, notebooks go back, and nothing is lost on the way."""

from __future__ import annotations

import ast
import subprocess
import sys
import types

import nbformat
import pytest


@pytest.fixture
def commands(course):
    """The command line, bound to the sample course."""
    import notebooks

    return lambda *arguments: notebooks.main(list(arguments), course)


@pytest.fixture
def made(course, commands):
    """The first sample lesson's notebook, and the path it lies at."""
    assert commands("generate") == 0
    path = course.notebooks / "01_sample" / "01_sample.ipynb"
    return nbformat.read(path, as_version=4), path


def save(notebook, path):
    nbformat.write(notebook, path)


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def test_a_generated_notebook_is_valid_and_holds_no_outputs(made):
    notebook, _ = made
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert notebook.metadata.kernelspec == {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }


def test_the_first_cell_launches_and_shows_no_picture(made, course):
    first = made[0].cells[0]
    assert first.metadata.tags == ["badges"]
    assert "urlpath=lab/tree/notebooks/01_sample/01_sample.ipynb" in first.source
    assert "colab.research.google.com/github/" in first.source
    assert "kaggle.com/kernels/welcome?src=" in first.source
    assert "![" not in first.source and "<img" not in first.source
    owner = course.repository.removeprefix("https://github.com/")
    assert first.source.count(owner) == 3


def test_the_colab_cell_stands_before_the_set_up_and_leaves_torch_alone(made):
    notebook, _ = made
    (colab,) = tagged(notebook, "colab")
    at = notebook.cells.index(colab)
    assert notebook.cells[at + 1].metadata.tags == ["setup"]
    assert '"--no-deps"' in colab.source and "google.colab" in colab.source
    assert "enable_custom_widget_manager" in colab.source
    ast.parse(colab.source)
    exec(compile(colab.source, "colab", "exec"), {})  # elsewhere it does nothing at all


@pytest.mark.parametrize("service", ["colab", "kaggle"])
def test_the_colab_cell_installs_the_package_alone_and_lets_widgets_in(made, monkeypatch, service):
    ran, asked = [], []
    monkeypatch.setattr(subprocess, "run", lambda command, **options: ran.append(command))
    output = types.SimpleNamespace(enable_custom_widget_manager=lambda: asked.append(True))
    if service == "colab":
        colab = types.SimpleNamespace(output=output)
        monkeypatch.setitem(sys.modules, "google", types.SimpleNamespace(colab=colab))
        monkeypatch.setitem(sys.modules, "google.colab", colab)
    else:
        monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    (cell,) = tagged(made[0], "colab")
    exec(compile(cell.source, service, "exec"), {})
    (command,) = ran
    assert command[1:4] == ["-m", "pip", "install"] and "--no-deps" in command
    assert command[-1].startswith("git+https://") and len(asked) == (service == "colab")


def test_solutions_are_folded_in_jupyterlab_and_in_colab(made):
    solutions = tagged(made[0], "solution")
    assert len(solutions) == 3
    for cell in solutions:
        assert cell.metadata.jupyter.source_hidden is True
        assert cell.metadata.cellView == "form"
        assert cell.source.startswith("# @title Solution")


def test_links_point_at_papers_and_notebooks(made):
    text = "\n".join(cell.source for cell in made[0].cells)
    assert "[Kingma & Welling 2014](https://arxiv.org/abs/1312.6114)." in text
    assert "*Auto-Encoding Variational Bayes*, International Conference" in text
    assert "[the other sample](02_other.ipynb)" in text
    assert "[glossary](../../book/glossary.md#latent-space)" in text
    assert "references.md" not in text


def test_ids_survive_an_insertion(course, commands, made):
    before = {cell.id for cell in made[0].cells}
    source = course.book / "01_sample" / "01_sample.md"
    source.write_text(source.read_text("utf-8").replace("## Draw", "More.\n\n+++\n\n## Draw"))
    commands("generate")
    after = [cell.id for cell in nbformat.read(made[1], as_version=4).cells]
    assert len(set(after)) == len(after)
    assert len(before - set(after)) == 1  # the cell that was cut in two


def test_a_lesson_read_twice_is_each_readers_own_and_a_new_text_is_seen(course):
    from lessons.source import read_lesson

    path = course.sources()[0]
    whole = len(read_lesson(path).cells)
    read_lesson(path).cells.clear()
    assert len(read_lesson(path).cells) == whole > 0
    path.write_text(path.read_text("utf-8") + "\n```{code-cell}\n1\n```\n", "utf-8")
    assert len(read_lesson(path).cells) > whole


def test_generating_twice_changes_nothing(course, commands, made):
    import notebooks

    text = made[1].read_text("utf-8")
    assert notebooks.generate(course) == []
    assert made[1].read_text("utf-8") == text


def test_pull_gives_the_very_source_back(course, commands, made, sample_text):
    assert commands("pull", str(made[1])) == 0
    assert (course.book / "01_sample" / "01_sample.md").read_text("utf-8") == sample_text


def test_pull_carries_an_edit_and_drops_outputs_and_added_cells(course, commands, made):
    notebook, path = made
    (cell,) = [c for c in notebook.cells if c.source == "print(1 + 1)"]
    cell.source = "print(2 + 2)"
    cell.outputs = [nbformat.v4.new_output("stream", text="4\n")]
    notebook.cells.append(nbformat.v4.new_markdown_cell("See [it](02_other.ipynb)."))
    save(notebook, path)
    assert commands("pull", str(path)) == 0
    text = (course.book / "01_sample" / "01_sample.md").read_text("utf-8")
    assert "print(2 + 2)" in text and "print(1 + 1)" not in text
    assert "See [it](02_other.md)." in text
    assert "google.colab" not in text and "mybinder" not in text
    again = nbformat.read(path, as_version=4)
    assert all(not c.get("outputs") for c in again.cells)


def test_pull_takes_a_learners_copy_too(course, commands, made):
    import my_course

    my_course.make_copies(course.root)
    copies = course.root / "my_course/notebooks/01_sample"
    notebook, path = made
    (cell,) = [c for c in notebook.cells if c.source == "print(1 + 1)"]
    cell.source = "print(3)"
    cell.outputs = [nbformat.v4.new_output("stream", text="3\n")]
    save(notebook, copies / "01_sample.fresh-2.ipynb")
    stored = path.read_text("utf-8")
    source = course.book / "01_sample" / "01_sample.md"
    before = source.read_text("utf-8")
    assert commands("pull", str(copies / "01_sample.ipynb")) == 0
    assert source.read_text("utf-8") == before and path.read_text("utf-8") == stored
    assert commands("pull", str(copies / "01_sample.fresh-2.ipynb")) == 0
    assert source.read_text("utf-8") == before.replace("print(1 + 1)", "print(3)")
    assert not outputs_of(path)
    save(notebook, copies / "my_own_trial.ipynb")
    assert commands("pull", str(copies / "my_own_trial.ipynb")) == 1


def outputs_of(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.get("outputs")]


def test_pull_refuses_what_has_no_source(course, commands, made, capsys, tmp_path):
    notebook, path = made
    lonely = path.with_name("03_lonely.ipynb")
    save(notebook, lonely)
    assert commands("pull", str(lonely)) == 1
    assert "does not exist" in capsys.readouterr().err
    assert commands("pull", str(tmp_path / "elsewhere.ipynb")) == 1
    assert "not one of the notebooks" in capsys.readouterr().err


def test_check_finds_a_notebook_out_of_step(course, commands, made, capsys):
    assert commands("check") == 0
    notebook, path = made
    notebook.cells[-1].source += " edited"
    save(notebook, path)
    assert commands("check") == 1
    assert "not in step" in capsys.readouterr().out


def test_check_finds_an_orphan_and_generate_removes_it(course, commands, made, capsys):
    orphan = made[1].with_name("09_orphan.ipynb")
    save(made[0], orphan)
    assert commands("check") == 1
    assert "09_orphan.ipynb is an orphan" in capsys.readouterr().out
    commands("generate")
    assert not orphan.exists()


def test_the_lead_picture_comes_from_the_cell_tagged_picture(made):
    from lessons.pictures import lead_picture
    from lessons.source import LessonError

    notebook, _ = made
    with pytest.raises(LessonError, match="no cell tagged picture shows a figure"):
        lead_picture(notebook, "01_sample")
    (cell,) = tagged(notebook, "picture")
    shown = nbformat.v4.new_output("display_data", data={"image/png": "aGVsbG8="})
    cell.outputs = [shown]
    assert lead_picture(notebook, "01_sample") == b"hello"


def test_a_stored_lead_picture_carries_the_mark(made, course):
    import base64
    import io

    from PIL import Image

    from aigc_teach.data import synthetic_mark
    from lessons.pictures import write_picture

    file = io.BytesIO()
    Image.new("L", (4, 3), 7).save(file, "PNG")
    notebook, _ = made
    (cell,) = tagged(notebook, "picture")
    png = base64.b64encode(file.getvalue()).decode()
    cell.outputs = [nbformat.v4.new_output("display_data", data={"image/png": png})]
    path = write_picture(notebook, course.book / "01_sample" / "01_sample.md")
    assert synthetic_mark(path) == {"synthetic": "made by aigc-teach"}
    assert Image.open(path).getextrema() == (7, 7)


def test_every_lead_picture_of_this_course_carries_the_mark():
    from aigc_teach.data import synthetic_mark
    from lessons.places import here

    places = here()
    for source in places.sources():
        path = source.parent / "figures" / f"{source.stem}.png"
        assert synthetic_mark(path), f"{path.relative_to(places.root)}: `data.marked.with_mark`"


def test_the_lessons_of_this_course_are_in_order_and_in_step():
    from lessons.places import here
    from notebooks import check

    problems = check(here())
    assert problems == [], "\n".join(problems)


def test_no_stored_notebook_holds_outputs_or_odd_files():
    from lessons.places import here

    places = here()
    tracked = subprocess.run(
        ["git", "ls-files", "notebooks"], cwd=places.root, capture_output=True, text=True
    ).stdout.split()
    assert all(name.endswith(".ipynb") for name in tracked)
    for path in places.stored_notebooks():
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs") and cell.get("execution_count") is None, path
