import pytest
import torch

from aigc_teach.lab import group, judge, record, way
from aigc_teach.lab import register as exercises
from aigc_teach.lab.checkers import close, number, require, same_on, tensor

COURSE = {  # as lessons.json holds it
    "lessons": [
        {"lesson": f"00_a/0{i}_{name}", "name": name, "title": name.title(), "work": 50, "run": i}
        for i, name in enumerate(("98", "99", "97"), 1)
    ],
    "paths": {
        "short": {
            "title": "Short",
            "promise": "Two.",
            "lessons": ["00_a/01_98", "00_a/02_99"],
            "for": {"artists": ["00_a/02_99", "00_a/03_97"]},
        }
    },
    "audiences": {"artists": "You draw."},
}


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Every test keeps its progress in its own folder and starts with nothing remembered."""
    monkeypatch.setenv("AIGC_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(record, "_complained", set())
    monkeypatch.setattr(judge, "_hints_given", {})
    return tmp_path


@pytest.fixture
def demo(monkeypatch):
    """A small lesson: a number, a tensor, a function, a question."""
    monkeypatch.setattr(exercises, "EXERCISES", {})
    monkeypatch.setattr(exercises, "QUESTIONS", {})
    monkeypatch.setattr(way, "EXERCISES", exercises.EXERCISES)
    monkeypatch.setattr(way, "QUESTIONS", exercises.QUESTIONS)
    monkeypatch.setattr(group, "EXERCISES", exercises.EXERCISES)
    monkeypatch.setattr(way, "course_list", lambda: COURSE)
    monkeypatch.setattr(group, "course_list", lambda: COURSE)
    monkeypatch.setattr(exercises, "load_all", lambda: None)
    monkeypatch.setattr(way, "load_all", lambda: None)
    monkeypatch.setattr(group, "load_all", lambda: None)
    words = {"not_yet": "Replace the three dots.", "right": "Four is two squared."}

    @exercises.exercise("99/number", hints=["Square it.", "2 * 2", "4"], **words)
    def four(answer):
        value = number(answer)
        require(value >= 0, "Yours is negative; a square never is.")
        close(value, 4.0, mistakes={"You doubled; square instead.": 44.0})

    @exercises.exercise("99/tensor", hints=["Look at the shape."], **words)
    def ones(answer):
        close(tensor(answer, shape=(2, 3)), torch.ones(2, 3))

    @exercises.exercise("99/function", hints=["x * x"], **words)
    def square(answer):
        mistakes = {"You doubled; square instead.": lambda x: 2 * x}
        same_on(answer, lambda x: x * x, [(3.0,), (torch.arange(5.0),)], mistakes=mistakes)

    exercises.question(
        "99/q1",
        "Which one squares?",
        options={"a": ("x + x", "That doubles."), "b": ("x * x", "Times itself.")},
        answer="b",
    )
