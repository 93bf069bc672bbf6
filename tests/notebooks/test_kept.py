"""What nbval runs is kept whole, is found again, and only where nothing has changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError

from lessons import kept, measure

TOOLS = Path(__file__).resolve().parents[2] / "tools"

# All that a lesson sends: text, a figure, widgets with binary state, an output that is replaced,
# one that is cleared, one caught by a widget, an error that is meant.
CELLS = [
    "import sys, ipywidgets, IPython.display as show\nprint('out'); print('err', file=sys.stderr)",
    "show.display({'image/png': 'aGVsbG8=', 'text/plain': 'a figure'}, raw=True)",
    "slider = ipywidgets.IntSlider(3)\nslider",
    "slider.value = 5\nipywidgets.Image(value=bytes(range(256)))",
    "shown = show.display('first', display_id='one')",
    "show.update_display('second', display_id='one')",
    "print('gone')\nshow.clear_output(wait=True)\nprint('stays')",
    "caught = ipywidgets.Output()\nwith caught:\n    print('inside')\ncaught",
    "raise ValueError('meant')",
    "_ = 1\n'the last value'",
]


def notebook_of(*cells: str, raises: int = -1) -> nbformat.NotebookNode:
    made = [nbformat.v4.new_code_cell(text) for text in cells]
    made[raises].metadata["tags"] = ["raises-exception"] if raises >= 0 else []
    notebook = nbformat.v4.new_notebook(cells=made)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return notebook


def run(folder: Path, *cells: str, raises: int = -1) -> tuple[subprocess.CompletedProcess, Path]:
    """Run a notebook of these cells under nbval; how that went, and where it would be kept."""
    nbformat.write(notebook_of(*cells, raises=raises), folder / "a.ipynb")
    target = folder / "kept" / "a.ipynb"
    command = [sys.executable, str(TOOLS / "notebooks.py"), "run", str(folder / "a.ipynb")]
    return (
        subprocess.run([*command, "--keep", str(target)], capture_output=True, text=True),
        target,
    )


def comparable(notebook) -> list:
    """A notebook's outputs, and its widgets' states by kind, without names drawn at random."""
    text = json.dumps([cell.outputs for cell in notebook.cells])
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    for name, state in states.items():
        text = text.replace(name, state["model_name"])
    models = sorted(
        (
            state["model_name"],
            state["state"].get("value"),
            [buffer["data"] for buffer in state.get("buffers", [])],
            [output["text"] for output in state["state"].get("outputs", [])],
        )
        for state in states.values()
        if state["model_name"] in ("IntSliderModel", "ImageModel", "OutputModel")
    )
    return [json.loads(text), models]


def by_nbclient(tries: int = 3):
    """The same cells, run by nbclient, which may wait for ever on widgets (its issue 312)."""
    for left in reversed(range(tries)):
        notebook = notebook_of(*CELLS, raises=8)
        try:
            NotebookClient(notebook, timeout=60).execute()
            return notebook
        except CellTimeoutError:
            if not left:
                raise


@pytest.mark.slow
def test_what_is_kept_is_what_nbclient_makes_of_the_same_notebook(tmp_path):
    done, target = run(tmp_path, *CELLS, raises=8)
    assert done.returncode == 0, done.stdout
    mine = nbformat.read(target, as_version=4)
    nbformat.validate(mine)
    theirs = by_nbclient()
    assert [cell.execution_count for cell in mine.cells] == list(range(1, len(CELLS) + 1))
    for cell in (*mine.cells, *theirs.cells):  # streams are cut where the clock cuts them
        cell.outputs = [one for one in cell.outputs if one.output_type != "stream"] + sorted(
            (one.name, one.text) for one in cell.outputs if one.output_type == "stream"
        )
    assert comparable(mine) == comparable(theirs)
    (replaced,) = mine.cells[4].outputs
    assert "second" in replaced.data["text/plain"]
    assert mine.cells[1].outputs[0].data["image/png"] == "aGVsbG8="
    assert "inside" in str(mine.metadata.widgets) and "gone" not in str(mine.cells[6].outputs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("death", "words"),
    [
        (f"os.kill(os.getpid(), {int(signal.SIGKILL)})", "died by signal 9 (often: the system ran"),
        (f"os.kill(os.getpid(), {int(signal.SIGSEGV)})", "died by signal 11"),
        ("os._exit(3)", "the kernel died while it ran code cell 2"),
    ],
    ids=["killed", "crashed", "left"],
)
def test_a_dead_kernel_is_told_in_words_and_nothing_is_kept(tmp_path, death, words):
    done, target = run(tmp_path, "import os", death, "print('never')")
    assert done.returncode == 1
    assert words in " ".join(done.stdout.split()) and "code cell 2" in done.stdout
    assert not target.exists()


@pytest.mark.slow
def test_a_failed_cell_takes_what_was_kept_before_away(tmp_path):
    target = tmp_path / "kept" / "a.ipynb"
    target.parent.mkdir()
    target.write_text("of yesterday")
    done, _ = run(tmp_path, "x = 1", "assert x == 2, 'planted'")
    assert done.returncode == 1 and "planted" in done.stdout
    assert not target.exists()


def test_what_never_ends_is_ended_with_its_family_and_told():
    child = "import time; time.sleep(3600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", parent],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while len(members := measure.family(process.pid)) < 2:
        time.sleep(0.05)
    _, _, output = measure.watch(process, minutes=0)
    assert "It was stuck: still running after 0 minutes" in output
    assert process.returncode != 0
    while any(alive(member) for member in members):  # it takes a moment; else the test times out
        time.sleep(0.05)


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def lesson(course):
    """The sample course with an executed notebook kept; (places, source, path)."""
    import notebooks

    notebooks.generate(course)
    source = course.sources()[0]
    notebook = nbformat.read(course.notebook_of(source), as_version=4)
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        cell.execution_count = number + 1
    path = kept.place(source, course, "ci")
    kept.save(notebook, path)
    return course, source, path


def test_a_kept_notebook_is_found_again(lesson):
    places, source, path = lesson
    assert kept.place(source, places, "ci") == path
    assert kept.load(path, source) is not None
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # no half-written file beside it


@pytest.mark.parametrize("damage", ["absent", "cut", "empty", "other code", "other tag", "unrun"])
def test_a_damaged_one_is_not(lesson, damage):
    _, source, path = lesson
    text = path.read_text("utf-8")
    changed = {
        "cut": text[: len(text) // 2],
        "empty": "",
        "other code": text.replace("print(1 + 1)", "print(1 + 2)"),
        "other tag": text.replace('"exercise"', '"solution"'),
        "unrun": text.replace('"execution_count": 3', '"execution_count": null'),
    }
    if damage == "absent":
        path.unlink()
    else:
        assert changed[damage] != text
        path.write_text(changed[damage], "utf-8")
    assert kept.load(path, source) is None


def test_prose_does_not_change_the_key_and_code_does(lesson):
    places, source, path = lesson
    text = source.read_text("utf-8")
    source.write_text(text.replace("You added.", "You have added."), "utf-8")
    assert kept.place(source, places, "ci") == path
    source.write_text(text.replace("print(1 + 1)", "print(1 + 2)"), "utf-8")
    assert kept.place(source, places, "ci") != path


@pytest.mark.parametrize(
    "setting", ["AIGC_SEED", "AIGC_DEVICE", "OMP_NUM_THREADS", "ATEN_CPU_CAPABILITY"]
)
def test_a_setting_that_changes_results_changes_the_key(lesson, monkeypatch, setting):
    places, source, path = lesson
    monkeypatch.setenv(setting, "7")
    assert kept.place(source, places, "ci") != path


def test_budget_package_and_versions_change_the_key(lesson, monkeypatch):
    places, source, path = lesson
    keys = {path.name, kept.place(source, places, "learn").name}
    package = places.root / "aigc_teach"
    package.mkdir()
    for name in ("a.py", "b.json"):
        (package / name).write_text("x = 1\n")
        kept.surroundings.cache_clear()
        keys.add(kept.place(source, places, "ci").name)
    (package / "__pycache__").mkdir()
    for name in ("a.pyc", "__pycache__/a.cpython-313.pyc.140052"):  # the second: half written
        (package / name).write_text("compiled")
        kept.surroundings.cache_clear()
        keys.add(kept.place(source, places, "ci").name)  # no new one
    monkeypatch.setattr(kept, "version", lambda name: "99")
    kept.surroundings.cache_clear()
    keys.add(kept.place(source, places, "ci").name)
    kept.surroundings.cache_clear()
    assert len(keys) == 5


def test_the_seed_of_a_lesson_is_the_key_s(course):
    from lessons.places import here

    for source in here().sources():
        assert "seed=0)" in source.read_text("utf-8"), f"{source.name}: AIGC_SEED=0 means its own"


def test_the_oldest_go(lesson):
    _, _, path = lesson
    notebook = nbformat.read(path, as_version=4)
    for number in range(kept.MOST + 2):
        other = path.with_name(f"{number}.ipynb")
        kept.save(notebook, other)
        other.with_suffix(".json").write_text("{}")
        os.utime(other, (number, number))
    left = {p.name for p in path.parent.iterdir()}
    assert path.name in left and "0.ipynb" not in left and "0.json" not in left
    assert len([name for name in left if name.endswith(".ipynb")]) == kept.MOST


def test_a_lesson_runs_once_until_something_changes(lesson, monkeypatch):
    places, source, path = lesson
    ran = []

    def run_tests_of(notebook, root, keep):
        ran.append(notebook)
        return measure.Measured("a", minutes=1, memory_gb=1, passed=not broken, offline=True)

    monkeypatch.setattr(measure, "run_tests_of", run_tests_of)
    monkeypatch.delenv("AIGC_FRESH", raising=False)
    broken = False
    for earlier in (False, True, True):  # the notebook alone is no proof of how it went
        measured, was_earlier = measure.run_lesson_tests(source, places)
        assert measured.passed and was_earlier is earlier
    assert len(ran) == 1
    monkeypatch.setenv("AIGC_FRESH", "1")
    assert measure.run_lesson_tests(source, places)[1] is False
    monkeypatch.delenv("AIGC_FRESH")
    path.write_text(path.read_text("utf-8")[:-40], "utf-8")
    broken = True
    assert measure.run_lesson_tests(source, places)[1] is False
    assert measure.run_lesson_tests(source, places)[1] is False  # a failure is never recalled
    assert len(ran) == 4
