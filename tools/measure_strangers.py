"""The second table of `train.diagnose` and `train.watch`: fresh trainings, in two halves.

    python tools/measure_strangers.py --out rows.json          # all cases, three seeds
    python tools/measure_strangers.py --half A --names vae     # some

Rules may be changed by looking at half A alone. `--out` keeps the rows; `--page` writes the table
of a file of rows as Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from train.strangers_second import table  # noqa: E402

from aigc_teach import train  # noqa: E402


def judge(case, seed: int) -> dict:
    """Train one stranger and look at it: one row."""
    start = time.process_time()
    row = {
        "name": case.name,
        "defect": case.defect,
        "meant": list(case.meant),
        "half": case.half,
        "seed": seed,
    }
    try:
        trained = case.build(seed)
    except Exception as error:  # a fault of the table, not of the helpers
        return row | {"found": {}, "unknown": {}, "result": f"BROKEN {error}"[:200], "seconds": 0.0}
    inside = trained.watched
    after = train.diagnose(**trained.given)
    found = {**after.findings, **inside.findings}
    unknown = {**after.unknown, **inside.unknown}
    looked = {*after.absent, *inside.absent}
    row |= {"found": found, "unknown": {k: v for k, v in unknown.items() if k not in found}}
    row["result"] = result(case.meant, set(found), looked)
    return row | {"seconds": round(time.process_time() - start, 2)}


def result(meant: tuple[str, ...], found: set[str], looked: set[str]) -> str:
    """hit, miss, unlooked for a sick training; right or alarm for a healthy one."""
    if not meant:
        return "alarm" if found else "right"
    if found & {*meant}:
        return "hit"
    return "miss" if looked & {*meant} or not told_unknown(meant) else "unlooked"


def told_unknown(meant: tuple[str, ...]) -> bool:
    """Whether any of the symptoms is one that the helpers know."""
    known = {*train.SYMPTOMS, *(rule.__name__ for rule in train.watched.WATCHED)}
    return bool(known & {*meant})


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--names", default="")
    parser.add_argument("--half", choices=("A", "B", "AB"), default="AB")
    parser.add_argument("--kind", choices=("sick", "healthy", "all"), default="all")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = []
    for case in table():
        kind = "sick" if case.meant else "healthy"
        if options.kind not in (kind, "all") or case.half not in options.half:
            continue
        if options.names not in case.name:
            continue
        for seed in options.seeds:
            row = judge(case, seed)
            rows.append(row)
            mark = {"hit": "  ", "right": "  ", "unlooked": "??"}.get(row["result"], "!!")
            print(
                f"{mark} {case.half} {kind:8}{row['name']:44} {seed} {row['seconds']:5.1f} s  "
                f"{', '.join(row['found']) or 'nothing'}",
                flush=True,
            )
        if options.out:
            options.out.write_text(json.dumps(rows, indent=0))
    for half in "AB":
        own = [row for row in rows if row["half"] == half]
        counts = {k: sum(r["result"] == k for r in own) for k in ("hit", "miss", "unlooked", "alarm", "right")}
        print(half, counts)
    return 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    sys.exit(main())
