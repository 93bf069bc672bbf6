"""Run every lesson as a learner would, with five seeds, and write the public status page.

python tools/status.py             run all in learn budget, then write book/status.{json,md}
python tools/status.py NAME ...    run these lessons only, for example 03_models/02_vae
python tools/status.py --page      write the page from the stored figures only
python tools/status.py NAME --check 5 6 7 8 9
                                   run with these seeds, say which numbers leave their range,
                                   and store nothing
python tools/status.py NAME --also 0
                                   run with these seeds on another processor than the row's, and
                                   store what they gave beside it
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from lessons.measure import Measured, measure
from lessons.pace import processor
from lessons.places import Places, here
from lessons.source import Lesson, read_lesson
from mutation.records import read_records, total

SEEDS = (4, 3, 2, 1, 0)  # the last one, the lesson's own, leaves the lead picture
SHOWN_VERSIONS = ("torch", "numpy", "matplotlib", "ipywidgets", "anywidget", "jupyterlab")
PAGE = """# Status

Every lesson, run from its first cell to its last in a fresh kernel, as a learner would run it, by
`make status`: with three seeds or five; the slowest run counts. Minutes are the processor's, of all
processes together: a lesson works on one thread, so that a machine with nothing else to do shows
about the same on its clock. Memory is that of PyTorch's CPU build; a CUDA build takes up to 0.3 GB
more from its import on. The promised figures stand in each lesson's budget line.

| lesson | minutes | promised | peak memory (GB) | promised | measured | processor | verdict |
|---|---:|---:|---:|---:|---|---|---|
{rows}

## Numbers that the lessons state

Each lesson holds its own numbers against the ranges in its text. These are what its seeds gave, in
their order from 0 up. A number that the seed does not change, to a thousandth (a closed form, a
count over fixed data, or where a training must come to rest), is called exact and stands once.
Unfold a lesson to see its own.

{claims}

{others}{checks}{suite}{fuzz}## Where

Measured with {cores} cores, Python {python}, {system}, on the processor in each row.

| package | version |
|---|---|
{versions}
"""
NUMBERS = """<details>
<summary>{title}: {count}</summary>

[The lesson]({lesson}.md)

| what | measured | stated | verdict |
|---|---|---|---|
{claims}

</details>
"""
CHECKS = """## Checks

`make mutants` changes each exercise's stored solution in one place at a time (an argument ignored,
a number 10 % off, two results swapped, a gradient cut off, ...) and hands it to the exercise's own
check. Each of these answers must be refused, or stand in `tests/lab/equivalents.toml` with the
reason why it is right all the same. {share}

| lesson | exercises | made | refused | right all the same | accepted |
|---|---:|---:|---:|---:|---:|
{rows}

"""
OTHERS = """## On other processors

The same lessons run where floats are added in another order, or are shorter: `make status
LESSONS="--also 0"`. A lesson runs there, too, if no number left its range. Minutes are not
compared: these machines had other work.

| lesson | processor | seeds | measured | numbers | verdict |
|---|---|---|---|---:|---|
{rows}

"""
SUITE = """## The suite

Measured by `make suite` on {date}: {lessons} lessons, {cpu}, {cores} cores.

| stage | minutes | CPU minutes |
|---|---:|---:|
{stages}

Together {minutes:.1f} minutes; stages that stand side by side ran at once.

The ten slowest files:

| file | seconds |
|---|---:|
{slowest}

"""

FUZZ = """## Damaged input

Measured by `{command}` on {date}: in {minutes:.0f} minutes of a shared core {cases:,} damaged
files and silly inputs, {faults} faults (seed {seed}). A fault is anything but the right value or a
sentence.

| read by | cases | read | refused in a sentence | faults |
|---|---:|---:|---:|---:|
{rows}

"""


def run_lesson(source: Path, places: Places, seeds: tuple[int, ...] = ()) -> dict:
    """Run one lesson in ``learn`` budget, once a seed.

    Its lead picture is stored on the way, unless other seeds than the usual ones are asked for.
    """
    lesson = read_lesson(source)
    pipeline = str(Path(__file__).with_name("notebooks.py"))
    what = "try" if seeds else "picture"
    command = [sys.executable, pipeline, "--root", str(places.root), what, str(source)]
    runs, claims = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds or SEEDS:
            file = Path(folder) / f"{seed}.jsonl"
            settings = {"AIGC_SEED": str(seed), "AIGC_MEASURED": str(file)}
            runs.append(measure(command, lesson.name, budget="learn", **settings))
            add_claims(claims, seed, file)
    slowest = max(runs, key=lambda run: (not run.passed, run.cpu_seconds))
    slowest.memory_gb = max(run.memory_gb for run in runs)
    limits = {"minutes": lesson.budget.learn, "memory_gb": lesson.budget.memory_gb}
    print(slowest.complaint(**limits), end="")
    return row(lesson, slowest) | {"claims": list(claims.values())}


def run_lessons(names: list[str], figures: dict, places: Places) -> list[dict]:
    """Run the lessons named, or all; keep the stored rows of the others."""
    sources = {read_lesson(source).name: source for source in places.sources()}
    if unknown := [name for name in names if name not in sources]:
        sys.exit(f"There is no lesson {unknown[0]!r}. There are: {', '.join(sources)}.")
    rows = {row["lesson"]: row for row in figures.get("lessons", [])}
    for name in names or sources:
        lesson = read_lesson(sources[name])
        others = {"also": row["also"]} if "also" in (row := rows.get(name, {})) else {}
        new = draft_row(lesson) if lesson.draft else run_lesson(sources[name], places)
        rows[name] = new | others
    return [rows[name] for name in sources if name in rows]


def run_elsewhere(names: list[str], seeds: tuple[int, ...], stored: Path, places: Places) -> None:
    """Run lessons on another processor than their rows' and store what they gave, one by one."""
    sources = {read_lesson(source).name: source for source in places.sources()}
    cpu = setting()
    for name in names or sources:
        measured = run_lesson(sources[name], places, seeds)
        entry = {key: measured[key] for key in ("passed", "date")}
        values = {claim["name"]: claim["values"] for claim in measured["claims"]}
        figures = json.loads(stored.read_text("utf-8"))  # anew: another run may have written
        for row in figures["lessons"]:
            if row["lesson"] == name:
                others = [old for old in row.get("also", []) if old["cpu"] != cpu]
                row["also"] = [*others, {"cpu": cpu, **entry, "values": values}]
                print(f"{name}: {other_verdict(row, row['also'][-1])}", flush=True)
        write_json(stored, figures)


def write_json(stored: Path, figures: dict) -> None:
    """Write the figures as they are kept in the repository."""
    stored.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")


def setting() -> str:
    """Return the processor's name and what torch takes it for: instructions and precision."""
    import torch  # slow to import, and most who read this module only want the page made

    from aigc_teach.core import choose_machine

    instructions, precision = (
        torch.backends.cpu.get_cpu_capability(),
        choose_machine("cpu").precision,
    )
    return f"{processor()}, {instructions}, {precision}"


def add_claims(claims: dict, seed: int, file: Path) -> None:
    """Add the numbers that one run of a lesson held against its text."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    for line in lines:
        told = json.loads(line)
        about = {key: told[key] for key in ("name", "low", "high")} | {
            "exact": told.get("exact", False)
        }
        claim = claims.setdefault(told["name"], about | {"values": {}})
        claim["values"][str(seed)] = float(f"{told['value']:.4g}")


def outside(claim: dict) -> bool:
    """Whether a seed's number leaves the stated range."""
    return not all(claim["low"] <= v <= claim["high"] for v in claim["values"].values())


def miscalled(claim: dict) -> bool:
    """Whether a number is called exact and varies, or is called random and never does.

    A count, or a share that is full or empty at every seed, may well be the same by chance.
    """
    values = set(claim["values"].values())
    if claim.get("exact"):
        return max(values) - min(values) > 1e-3 * max(map(abs, values))  # rounding differs
    return len(claim["values"]) > 1 and len(values) == 1 and not values.pop().is_integer()


def row(lesson: Lesson, measured: Measured) -> dict:
    """Return what the page says about one lesson."""
    title = next(c.text for c in lesson.cells if c.kind == "markdown").splitlines()[0]
    return {
        "lesson": lesson.name,
        "title": title.removeprefix("# "),
        "minutes": round(measured.cpu_seconds / 60, 2),
        "promised_minutes": lesson.budget.learn,
        "memory_gb": round(measured.memory_gb, 2),
        "promised_memory_gb": lesson.budget.memory_gb,
        "passed": measured.passed,
        "cpu": processor(),
        "date": datetime.date.today().isoformat(),
    }


def draft_row(lesson: Lesson) -> dict:
    """Return what the page says about a lesson that is being written: its promises alone."""
    nothing = Measured(lesson.name, minutes=0, memory_gb=0, passed=False, offline=True)
    measured = ("minutes", "memory_gb", "passed", "cpu", "date")
    promises = {key: value for key, value in row(lesson, nothing).items() if key not in measured}
    return promises | {"draft": True}


def machine() -> dict:
    """Return system and versions of this run."""
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "versions": {name: version(name) for name in SHOWN_VERSIONS},
    }


def page(figures: dict, suite: Path | None = None, checks: Path | None = None) -> str:
    """Return the status page's text; `suite` and `checks` say where these figures lie."""
    rows = [page_row(r) for r in figures["lessons"]]
    claims = [numbers_section(r) for r in figures["lessons"] if r.get("claims")]
    versions = [f"| {name} | {number} |" for name, number in figures["versions"].items()]
    about = {key: value for key, value in figures.items() if key not in ("lessons", "versions")}
    tables = {"rows": "\n".join(rows), "claims": "\n".join(claims)}
    tables["checks"] = checks_section(figures, checks or here().book / "mutants.json")
    tables["others"] = others_section(figures)
    suite = suite or here().book / "suite.json"
    tables["suite"] = suite_section(suite)
    tables["fuzz"] = fuzz_section(suite.with_name("fuzz.json"))
    return PAGE.format(**tables, versions="\n".join(versions), **about)


def numbers_section(row: dict) -> str:
    """Return a lesson's numbers, folded under how many they are and how many do not hold."""
    verdicts = [claim_verdict(claim) for claim in row["claims"]]
    bad = len(verdicts) - verdicts.count("holds")
    said = f"{len(verdicts)} numbers, " + (f"{bad} not as stated" if bad else "all as stated")
    lines = [
        f"| {escaped(claim['name'])} | {measured_values(claim)} "
        f"| {claim['low']:g} to {claim['high']:g} | {verdict} |"
        for claim, verdict in zip(row["claims"], verdicts, strict=True)
    ]
    return NUMBERS.format(**row | {"claims": "\n".join(lines), "count": said})


def escaped(name: str) -> str:
    r"""Return a number's name for a cell of a table: a bar in it is no border.

    >>> print(escaped("|mean| / spread"))
    \|mean\| / spread
    """
    return name.replace("|", "\\|")


def measured_values(claim: dict) -> str:
    """Return what the seeds gave, or the one value of an exact number."""
    values = [f"{v:.3g}" for _, v in sorted(claim["values"].items())]
    return f"{values[0]} (exact)" if claim.get("exact") else ", ".join(values)


def claim_verdict(claim: dict) -> str:
    """Return a word on a number."""
    if outside(claim):
        return "OUTSIDE"
    return "does not vary as it is called" if miscalled(claim) else "holds"


def page_row(r: dict) -> str:
    """Return a lesson's row of the table; a draft has promises and no figures."""
    minutes, memory = (
        ("", "") if r.get("draft") else (f"{r['minutes']:.1f}", f"{r['memory_gb']:.2f}")
    )
    return (
        f"| [{r['title']}]({r['lesson']}.md) | {minutes} | {r['promised_minutes']:g} "
        f"| {memory} | {r['promised_memory_gb']:.1f} | {r.get('date', '')} | {r.get('cpu', '')} "
        f"| {verdict(r)} |"
    )


def others_section(figures: dict) -> str:
    """Return what the page says about runs on other processors, or nothing where none were made."""
    rows = [other_row(r, entry) for r in figures["lessons"] for entry in r.get("also", [])]
    return OTHERS.format(rows="\n".join(rows)) if rows else ""


def other_row(r: dict, entry: dict) -> str:
    """Return one lesson's row of the table of other processors."""
    seeds = sorted({seed for values in entry["values"].values() for seed in values}, key=int)
    return (
        f"| [{r['title']}]({r['lesson']}.md) | {entry['cpu']} | {', '.join(seeds)} "
        f"| {entry['date']} | {len(entry['values'])} | {other_verdict(r, entry)} |"
    )


def other_verdict(r: dict, entry: dict) -> str:
    """Return a word or a sentence on a lesson's run on another processor."""
    if not entry["passed"]:
        return "fails"
    if gone := [
        f"{claim['name']}: {measured_values(there)}, stated {claim['low']:g} to {claim['high']:g}"
        for claim in r["claims"]
        if claim["name"] in entry["values"]
        and outside(there := {**claim, "values": entry["values"][claim["name"]]})
    ]:
        return "OUTSIDE: " + escaped("; ".join(gone))
    return "runs"


def checks_section(figures: dict, stored: Path) -> str:
    """Return what the page says about wrong answers, or nothing where none were made."""
    lessons = read_records(stored)
    if not lessons:
        return ""
    titles = {r["lesson"]: r["title"] for r in figures["lessons"]}
    rows = [
        f"| [{titles.get(name, name)}]({name}.md) | {len(exercises)} | "
        + " | ".join(str(number) for number in total(exercises).values())
        + " |"
        for name, exercises in lessons.items()
    ]
    sums = total({key: r for exercises in lessons.values() for key, r in exercises.items()})
    wrong = sums["refused"] + sums["survived"]
    share = f"Of {wrong:,} wrong ones the checks refuse {sums['refused']:,}."
    return CHECKS.format(rows="\n".join(rows), share=share)


def suite_section(stored: Path) -> str:
    """Return what the page says about the suite, or nothing where it was never measured."""
    if not stored.exists():
        return ""
    figures = json.loads(stored.read_text("utf-8"))
    stages = [
        f"| {stage['name']} | {stage['minutes']:.1f} | {stage['cpu_minutes']:.1f} |"
        for stage in figures["stages"]
    ]
    slowest = [f"| `{name}` | {seconds:.0f} |" for name, seconds in figures["slowest"].items()]
    return SUITE.format(
        **{key: figures[key] for key in ("date", "lessons", "cpu", "cores", "minutes")},
        stages="\n".join(stages),
        slowest="\n".join(slowest),
    )


def fuzz_section(stored: Path) -> str:
    """Return what the page says about damaged input, or nothing where it was never tried."""
    if not stored.exists():
        return ""
    figures = json.loads(stored.read_text("utf-8"))
    keys = ("target", "cases", "right", "refused", "faults")
    rows = ["| " + " | ".join(f"{row[key]}" for key in keys) + " |" for row in figures["rows"]]
    return FUZZ.format(rows="\n".join(rows), **figures["facts"])


def verdict(r: dict) -> str:
    """Return one word or two on a lesson's run."""
    if r.get("draft"):
        return "draft"
    if not r["passed"]:
        return "fails"
    if any(outside(claim) for claim in r.get("claims", [])):
        return "states a range that a seed leaves"
    if any(miscalled(claim) for claim in r.get("claims", [])):
        return "calls a number random that never varies, or one exact that does"
    if r["minutes"] > r["promised_minutes"] or r["memory_gb"] > r["promised_memory_gb"]:
        return "above its budget"
    if any(other_verdict(r, entry) != "runs" for entry in r.get("also", [])):
        return "does not run so on another processor"
    return "runs"


def check(names: list[str], seeds: tuple[int, ...], places: Places) -> int:
    """Run lessons with other seeds, and print every number with a word; store nothing."""
    sources = {read_lesson(source).name: source for source in places.sources()}
    bad = 0
    for name in names or sources:
        for claim in run_lesson(sources[name], places, seeds)["claims"]:
            word = claim_verdict(claim)
            bad += word != "holds"
            stated = f"{claim['low']:g} to {claim['high']:g}"
            print(f"{name}: {claim['name']}: {measured_values(claim)} ({stated}): {word}")
    print(f"{bad} numbers do not hold.")
    return 1 if bad else 0


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Run the lessons unless only the page is asked for; return the exit code."""
    places = places or here()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", action="store_true", help="write the page, run nothing")
    parser.add_argument("--check", nargs="+", type=int, metavar="SEED", help="store nothing")
    parser.add_argument("--also", nargs="+", type=int, metavar="SEED", help="store beside the row")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the lessons to run; default: all")
    given = parser.parse_args(arguments)
    if given.check:
        return check(given.names, tuple(given.check), places)
    stored = places.book / "status.json"
    if given.also:
        run_elsewhere(given.names, tuple(given.also), stored, places)
    kept = given.page or given.names or given.also
    figures = json.loads(stored.read_text("utf-8")) if kept else {}
    if not (given.page or given.also):
        figures = {**machine(), "lessons": run_lessons(given.names, figures, places)}
        write_json(stored, figures)
    (places.book / "status.md").write_text(
        page(figures, places.book / "suite.json", places.book / "mutants.json"), "utf-8"
    )
    verdicts = {r["lesson"]: verdict(r) for r in figures["lessons"]}
    print("\n".join(f"{name}: {word}" for name, word in verdicts.items()))
    return 0 if set(verdicts.values()) <= {"runs", "draft"} else 1


if __name__ == "__main__":
    sys.exit(main())
