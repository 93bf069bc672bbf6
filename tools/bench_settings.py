"""Settings of the processor: what its libraries may use of it, each measured in its own process.

Torch, oneDNN and MKL read these variables when they are loaded, so a setting needs a process of
its own. A processor that has AVX512 can act as one that has AVX2, never the other way round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

TOOLS = Path(__file__).resolve().parent
LIMITS = {  # the widest first
    "AVX512": {},
    "AVX2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
}


def own_setting() -> str:
    """What torch uses in this process: "AVX512", "AVX2", or another processor's word."""
    return torch.backends.cpu.get_cpu_capability()


def narrower(own: str) -> list[str]:
    """The settings that a processor of setting `own` can act as, the widest first.

    >>> narrower("AVX512"), narrower("AVX2"), narrower("DEFAULT")
    (['AVX2'], [], [])
    """
    known = list(LIMITS)
    return known[known.index(own) + 1 :] if own in known else []


def environment(setting: str) -> dict[str, str]:
    """Return this process's variables with the limits of `setting`.

    >>> environment("AVX2")["ONEDNN_MAX_CPU_ISA"]
    'AVX2'
    """
    return os.environ | LIMITS[setting]


def measured_as(setting: str, arguments: list[str]) -> dict:
    """The figures that `bench.py` finds in a process limited to `setting`."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        command = [sys.executable, str(TOOLS / "bench.py"), *arguments, "--figures", str(out)]
        subprocess.run(command, env=environment(setting), check=True)
        figures = json.loads(out.read_text("utf-8"))
    if figures["setting"] != setting:
        raise SystemExit(f"Asked for {setting}, torch used {figures['setting']}.")
    return figures
