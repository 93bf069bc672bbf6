"""Several kernels on one lesson at once, as on a class's hub: `python tools/hub.py LESSON ...`.

Measures memory and processor time of 1, 5 and 10 kernels in ``ci`` budget, stores them in
book/hub.json; `make notebooks` makes the lecturer's page on hubs from it.
"""

from __future__ import annotations

import argparse
import os
import sys

from lessons.named import find_one
from lessons.places import Places, here
from lessons.source import LessonError
from lessons.together import BUDGET, run_together, store


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Measure the lessons; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="+", help="such as first_image")
    parser.add_argument("--kernels", type=int, nargs="+", default=[1, 5, 10])
    asked = parser.parse_args(arguments)
    places = places or here()
    os.environ.update({"AIGC_BUDGET": BUDGET, "AIGC_PROGRESS": "off", "OMP_NUM_THREADS": "1"})
    try:
        sources = [find_one(name, places) for name in asked.lessons]
    except LessonError as problem:
        print(problem, file=sys.stderr)
        return 1
    for source in sources:
        name = source.relative_to(places.book).with_suffix("").as_posix()
        for kernels in asked.kernels:
            took = run_together(places.notebook_of(source), name, kernels)
            store([took], places)
            print(
                f"{name}, {kernels} at once: {took.memory_gb} GB, {took.cpu_seconds} s of "
                f"processor time",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
