"""How fast this machine is at this moment: a fixed piece of work, timed.

A clock says nothing about a lesson on a machine that is slow or shared. A minute in a lesson's
budget therefore means so many times the work below, and both are measured in the same minutes.
"""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Iterator
from pathlib import Path

# What the work took on the two quiet cores on which the lessons' budgets were set.
REFERENCE_SECONDS = 0.5
STEPS = 60


def work(steps: int = STEPS) -> float:
    """Train two small networks and count in plain Python; return a number that depends on all."""
    import torch  # slow to import, and most who read this module only want the page made
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(64, 1, 28, 28, generator=generator)
    dense = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 784))
    conv = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.Flatten()
    )
    optimiser = torch.optim.Adam([*dense.parameters(), *conv.parameters()], lr=1e-3)
    total = 0.0
    for _ in range(steps):
        loss = (dense(pictures) - pictures.flatten(1)).square().mean() + conv(pictures).var()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += sum(i % 7 for i in range(5000)) + loss.item()
    return total


def reference_seconds() -> float:
    """Return the CPU seconds that `work` takes here and now, on one thread."""
    import torch

    with one_thread(), torch.random.fork_rng(devices=[]):
        work(1)  # torch loads much on its first step
        begun = time.process_time()
        work()
        return time.process_time() - begun


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread inside; what was set before comes back."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def processor() -> str:
    """Return the processor's name as the system gives it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
