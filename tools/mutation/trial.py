"""Mutants before the checks: each is built anew and judged, in processes of their own."""

from __future__ import annotations

import contextlib
import io
import os
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import torch

from aigc_teach.core.errors import AigcError
from aigc_teach.lab.judge import judge

from .arguments import Meddler
from .mutants import Mutant
from .solutions import Solution, build

SECONDS = 3.0  # of work for one check at least: a mutant's loop may never end
LIMIT = "AIGC_CHECK_SECONDS"
TIMES = 5  # as long as the stored solution's check takes, where that is more


@dataclass(frozen=True)
class Outcome:
    """What a check said of a mutant.

    `void`: nothing was changed while it ran, so that it is the solution itself. `seconds` of work.
    """

    mutant: Mutant
    state: str
    message: str
    void: bool = False
    seconds: float = 0.0

    @property
    def refused(self) -> bool:
        return self.state == "wrong"


def try_mutant(solution: Solution, mutant: Mutant) -> Outcome:
    """Build one mutant and have it judged; what it prints is lost."""
    meddler, start = Meddler(), time.process_time()
    silent = io.StringIO()
    with (
        contextlib.redirect_stdout(silent),
        contextlib.redirect_stderr(silent),
        warnings.catch_warnings(action="ignore"),
    ):
        try:
            answer = build(solution, mutant.source, **meddler.names)
        except Exception as error:  # a cell that stops with an error hands in nothing
            return Outcome(mutant, "wrong", f"The cell stops: {error}")
        verdict = judge(solution.exercise, answer)
    meddles = any(f"{name}(" in mutant.source for name in meddler.names)
    void = meddles and not meddler.met and verdict.state == "right"
    seconds = time.process_time() - start
    return Outcome(mutant, verdict.state, verdict.message, void, seconds)


def try_mutants(task: tuple[Solution, list[Mutant]]) -> list[Outcome]:
    """Try the mutants of one solution; what a process of the pool does."""
    solution, mutants = task
    begin = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        right = judge(solution.exercise, build(solution))
    if right.state != "right":
        raise AigcError(f"{solution.exercise}: the stored solution is refused: {right.message}")
    seconds = max(SECONDS, TIMES * (time.process_time() - begin))
    before = os.environ.get(LIMIT)
    os.environ[LIMIT] = str(seconds)
    try:
        return [try_mutant(solution, mutant) for mutant in mutants]
    finally:
        os.environ.pop(LIMIT) if before is None else os.environ.update({LIMIT: before})


def try_all(
    tasks: Iterable[tuple[Solution, list[Mutant]]], processes: int = 2
) -> Iterator[tuple[Solution, list[Outcome]]]:
    """Try the mutants of many solutions, in so many processes; yield them in order."""
    tasks = list(tasks)
    if processes < 2:
        prepare()
        for task in tasks:
            yield task[0], try_mutants(task)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), prepare) as pool:
        for (solution, _), outcomes in zip(tasks, pool.map(try_mutants, tasks), strict=True):
            yield solution, outcomes


def prepare() -> None:
    """Set up a process of the pool: small models are faster in one thread."""
    torch.set_num_threads(1)
