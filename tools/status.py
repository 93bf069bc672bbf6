"""Run every lesson as a learner would and write the public status page.

python tools/status.py             run all in learn budget, then write book/status.{json,md}
python tools/status.py --page      write the page from the stored figures only
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from lessons.measure import Measured, measure
from lessons.places import Places, here
from lessons.source import Lesson, read_lesson

SHOWN_VERSIONS = ("torch", "numpy", "matplotlib", "ipywidgets", "anywidget", "jupyterlab")
PAGE = """# Status

Every lesson, run from its first cell to its last in a fresh kernel, as a learner would run it, by
`make status`. The promised figures stand in each lesson's budget line.

| lesson | minutes | promised | peak memory (GB) | promised | |
|---|---:|---:|---:|---:|---|
{rows}

Measured on {date} on {cpu}, {cores} cores, Python {python}, {system}.

| package | version |
|---|---|
{versions}
"""


def run_lesson(source: Path, places: Places) -> dict:
    """Run one lesson in ``learn`` budget (its lead picture is stored on the way)."""
    lesson = read_lesson(source)
    pipeline = str(Path(__file__).with_name("notebooks.py"))
    command = [sys.executable, pipeline, "--root", str(places.root), "picture", str(source)]
    measured = measure(command, lesson.name, budget="learn")
    if fault := measured.complaint(minutes=lesson.budget.learn, memory_gb=lesson.budget.memory_gb):
        print(fault)
    return row(lesson, measured)


def row(lesson: Lesson, measured: Measured) -> dict:
    """Return what the page says about one lesson."""
    title = next(c.text for c in lesson.cells if c.kind == "markdown").splitlines()[0]
    return {
        "lesson": lesson.name,
        "title": title.removeprefix("# "),
        "minutes": round(measured.minutes, 2),
        "promised_minutes": lesson.budget.learn,
        "memory_gb": round(measured.memory_gb, 2),
        "promised_memory_gb": lesson.budget.memory_gb,
        "passed": measured.passed,
    }


def cpu_name() -> str:
    """Return the processor's name as the system gives it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine() -> dict:
    """Return date, processor, system and versions of this run."""
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "versions": {name: version(name) for name in SHOWN_VERSIONS},
    }


def page(figures: dict) -> str:
    """Return the status page's text."""
    rows = [
        f"| [{r['title']}]({r['lesson']}.md) | {r['minutes']:.1f} | {r['promised_minutes']:g} "
        f"| {r['memory_gb']:.2f} | {r['promised_memory_gb']:.1f} | {verdict(r)} |"
        for r in figures["lessons"]
    ]
    versions = [f"| {name} | {number} |" for name, number in figures["versions"].items()]
    about = {key: value for key, value in figures.items() if key not in ("lessons", "versions")}
    return PAGE.format(rows="\n".join(rows), versions="\n".join(versions), **about)


def verdict(r: dict) -> str:
    """Return one word or two on a lesson's run."""
    if not r["passed"]:
        return "fails"
    if r["minutes"] > r["promised_minutes"] or r["memory_gb"] > r["promised_memory_gb"]:
        return "above its budget"
    return "runs"


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Run the lessons unless only the page is asked for; return the exit code."""
    places = places or here()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", action="store_true", help="write the page, run nothing")
    stored = places.book / "status.json"
    if parser.parse_args(arguments).page:
        figures = json.loads(stored.read_text("utf-8"))
    else:
        figures = {**machine(), "lessons": [run_lesson(s, places) for s in places.sources()]}
        stored.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (places.book / "status.md").write_text(page(figures), "utf-8")
    verdicts = {r["lesson"]: verdict(r) for r in figures["lessons"]}
    print("\n".join(f"{name}: {word}" for name, word in verdicts.items()))
    return 0 if set(verdicts.values()) <= {"runs"} else 1


if __name__ == "__main__":
    sys.exit(main())
