"""How well do `train.diagnose` and `train.watch` do on strangers' trainings? Hits, false alarms.

Every second case is "kept": the bounds may be set on the others only. `--names` picks cases by a
part of their name; minutes for all seeds.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from train import strangers  # noqa: E402


def judge(stranger: strangers.Stranger, seed: int, kept: bool) -> dict:
    """Train one stranger and look at it: one row."""
    start = time.process_time()
    found = stranger.build(seed).found()
    right = bool(found & {*stranger.meant}) if stranger.meant else not found
    return {
        "name": stranger.name,
        "seed": seed,
        "kept": kept,
        "sick": bool(stranger.meant),
        "right": right,
        "found": sorted(found),
        "seconds": time.process_time() - start,
    }


def rate(rows: list[dict], sick: bool, kept: bool | None) -> str:
    """Hits among the sick, or false alarms among the healthy, of one half or of all."""
    own = [r for r in rows if r["sick"] == sick and kept in (None, r["kept"])]
    count = sum(r["right"] if sick else not r["right"] for r in own)
    return f"{count} of {len(own)}" + (f" ({count / len(own):.2f})" if own else "")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--names", default="")
    options = parser.parse_args()
    cases = strangers.table()
    place = {True: 0, False: 0}
    rows = []
    for stranger in cases:
        kept = bool(place[bool(stranger.meant)] % 2)
        place[bool(stranger.meant)] += 1
        kind = "sick" if stranger.meant else "healthy"
        if options.names not in f"{kind} {stranger.name}":
            continue
        for seed in options.seeds:
            row = judge(stranger, seed, kept)
            rows.append(row)
            mark = "  " if row["right"] else "!!"
            print(
                f"{mark} {kind:8}{row['name']:28} seed {seed} "
                f"{row['seconds']:5.1f} s  {', '.join(row['found']) or 'nothing'}",
                flush=True,
            )
    for title, kept in (("bounds' half", False), ("kept half", True), ("all", None)):
        print(f"{title:14} hits {rate(rows, True, kept)}, alarms {rate(rows, False, kept)}")
    return 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
