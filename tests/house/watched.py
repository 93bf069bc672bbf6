"""A pytest plug-in for a session that collects only: it notes names and lets nobody work.

``WATCHED=names.json python -m pytest --collect-only -p watched``: reading data or weights and
training raise an error that pytest shows with the line that did it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from load import within

DATA = (".npz", ".npy", ".safetensors", ".gz", ".tgz", ".pt", ".pth", ".ckpt", ".wav", ".png")
MOST = 30  # s of a quiet core: 16,000 names take 10, and 20 where two collect at once on busy cores
refused: list[str] = []  # also what somebody catches


def refuse(what: str) -> None:
    refused.append(what)
    raise RuntimeError(f"{what} while tests are collected; do it in a fixture or a test.")


def on_audit(event: str, arguments: tuple) -> None:
    if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(DATA):
        refuse(f"{Path(arguments[0]).name} is opened")


def refusing(what: str):
    return lambda *_, **__: refuse(what)


def pytest_load_initial_conftests() -> None:
    """From here on nobody works. Not at import: other sessions look for doctests in this file."""
    sys.addaudithook(on_audit)
    Path(os.environ["WATCHED"]).with_suffix(".begun").touch()
    register_optimizer_step_pre_hook(refusing("An optimizer steps"))
    torch.autograd.backward = refusing("A gradient is computed")
    torch.autograd.grad = refusing("A gradient is computed")
    # These two open files without Python's knowledge.
    safetensors.safe_open = refusing("Weights are opened")
    safetensors.torch.load_file = safetensors.torch.safe_open = refusing("Weights are opened")


def pytest_collection_finish(session) -> None:
    seconds = time.process_time()
    names = [item.nodeid for item in session.items]
    found = {"names": names, "refused": refused, "seconds": seconds}
    found["in_time"] = within(seconds, MOST)  # compared here, in the same moment
    Path(os.environ["WATCHED"]).write_text(json.dumps(found), "utf-8")
