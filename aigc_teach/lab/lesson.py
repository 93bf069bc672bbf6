"""``setup``: the one line at the top of every notebook."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

import torch

from ..core import Machine, check_choice, choose_machine, seed_everything
from ..core.device import fastest_threads
from ..core.errors import DtypeError
from .expect import expect

BUDGETS = ("learn", "ci", "lecture")
_SAME_AS_LEARN = object()


@dataclass(frozen=True)
class Lesson:
    """What a notebook needs to know about where and how it runs.

    Attributes
    ----------
    name : str
        For example ``"00_start/00_first_image"``.
    seed : int
    machine : Machine
        Device, precision and threads, chosen by ``core.choose_machine``.
    budget : {"learn", "ci", "lecture"}
        How much time there is: train for real, train a little, or load what was trained.
    """

    name: str
    seed: int
    machine: Machine
    budget: str
    _shortened: list = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def shortened(self) -> bool:
        """Whether something was picked for ``lecture`` that is not what ``learn`` has."""
        return bool(self._shortened)

    def pick(self, *, learn, ci, lecture=_SAME_AS_LEARN):
        """The value that belongs to this budget; `lecture` is `learn` unless given.

        >>> from aigc_teach.core import choose_machine
        >>> Lesson("demo", 0, choose_machine("cpu"), "ci").pick(learn=3000, ci=50)
        50
        """
        if self.budget == "lecture" and lecture is _SAME_AS_LEARN:
            return learn
        if self.budget == "lecture":
            self._shortened.append(lecture)
        return {"learn": learn, "ci": ci, "lecture": lecture}[self.budget]

    def expect(self, name: str, value, low: float, high: float, *, exact: bool = False) -> None:
        """Say whether a measured number lies in the range that the lesson's text states.

        A number that owes nothing to chance is marked ``exact=True``.

        >>> from aigc_teach.core import choose_machine
        >>> Lesson("demo", 0, choose_machine("cpu"), "learn").expect("share", 0.95, 0.9, 1)
        share: 0.95, inside the 0.9 to 1 that the text states
        """
        expect(self, name, value, low, high, exact=exact)


def setup(lesson: str, *, seed: int = 0) -> Lesson:
    """Prepare this notebook: seeds, device, threads and budget, told in one line.

    Lessons run on the CPU unless the environment variable ``AIGC_DEVICE`` names another device
    (auto, cuda, mps).

    Parameters
    ----------
    lesson : str
        The lesson's name, for example ``"00_start/00_first_image"``.
    seed : int
        Seeds Python's, NumPy's and torch's global generators; at least 0. The environment
        variable ``AIGC_SEED`` takes its place, to run a lesson with another seed.

    Returns
    -------
    Lesson

    Raises
    ------
    ChoiceError
        If the environment variable ``AIGC_BUDGET`` is none of learn, ci, lecture.
    DtypeError, RangeError
        If the name is not text or the seed not a whole number of at least 0.
    """
    if not isinstance(lesson, str) or not lesson.strip():
        raise DtypeError(f"The lesson's name must be text, such as '00_start/...'; not {lesson!r}.")
    budget = os.environ.get("AIGC_BUDGET", "").strip() or "learn"
    check_choice("AIGC_BUDGET", budget, BUDGETS)
    if os.environ.get("AIGC_SEED", "").isdigit():  # another seed, without editing the lesson
        seed = int(os.environ["AIGC_SEED"])
    seed_everything(seed)
    os.environ.setdefault("AIGC_DEVICE", "cpu")  # lessons are sized for it, and measured on it
    if not os.environ.get("OMP_NUM_THREADS"):
        os.environ["AIGC_THREADS"] = str(fastest_threads())
    machine = choose_machine()
    torch.set_num_threads(machine.threads)
    torch.set_flush_denormal(True)  # Adam's averages of dead weights sink there, and crawl
    _enable_colab_widgets()
    prepared = Lesson(lesson, seed, machine, budget)
    print(summary(prepared))
    return prepared


def summary(lesson: Lesson) -> str:
    """The one line that ``setup`` prints."""
    machine = lesson.machine
    precision = {"bfloat16": "bf16"}.get(machine.precision, machine.precision)
    threads = f"{machine.threads} thread" + ("s" if machine.threads > 1 else "")
    where = f"{machine.device.type}, {precision}"
    return (
        f"lesson {lesson.name} · seed {lesson.seed} · {where} · {threads} · budget {lesson.budget}"
    )


def _enable_colab_widgets() -> None:
    # Colab shows widgets that are not its own only after this call; elsewhere nothing happens
    if "google.colab" not in sys.modules:
        return
    try:
        from google.colab import output

        output.enable_custom_widget_manager()
    except (ImportError, AttributeError):
        print("This Colab does not show interactive widgets; the figures beside them remain.")
