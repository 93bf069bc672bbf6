"""Where the work runs, and in which precision: chosen here and nowhere else.

bf16 and channels-last are switched on only where the project measured them to be faster
(``make bench`` repeats the measurement); everywhere else the plain float32 path runs.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass

import torch

from .errors import AigcError, check_choice

DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Machine:
    """A choice of device, precision, memory layout and threads, with the reasons in words.

    Attributes
    ----------
    device : torch.device
    precision : str
        ``"bfloat16"`` (autocast: weights stay float32) or ``"float32"``.
    channels_last : bool
        Memory layout for convolutions.
    threads : int
        CPU threads inside one operation.
    why : str
        One sentence a learner can read.
    """

    device: torch.device
    precision: str
    channels_last: bool
    threads: int
    why: str

    def autocast(self):
        """A context manager: bf16 autocast, or nothing at all in float32."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)


def cpu_has_fast_bf16() -> bool:
    """True where the processor multiplies bf16 matrices in hardware (AMX tiles)."""
    return _cpu_can("_is_amx_tile_supported")


def cpu_has_bf16_products() -> bool:
    """True where AVX512 has instructions for bf16: they pay in large matrix products only."""
    return _cpu_can("_is_avx512_bf16_supported")


def _cpu_can(probe: str) -> bool:
    """What torch says of the processor, unless it is held to a narrower one (AVX2)."""
    ask = getattr(torch.cpu, probe, None)
    return bool(ask and ask()) and torch.backends.cpu.get_cpu_capability() != "AVX2"


def has_fused_adam(device: torch.device) -> bool:
    """True where the project tried torch's Adam in one kernel: CPU and CUDA.

    >>> has_fused_adam(torch.device("cpu"))
    True
    """
    return device.type in ("cpu", "cuda")


def usable_cores() -> int:
    """How many cores this process may use (a container may grant fewer than exist)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def repeatable():
    """Within it a GPU's convolutions give the same bits each time; on a CPU they always do.

    cuDNN may choose a faster algorithm that adds numbers in no fixed order. Training and
    sampling run in this context, so that a seed means on a GPU what it means on a CPU.

    >>> with repeatable():
    ...     torch.backends.cudnn.deterministic
    True
    """
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before


def choose_machine(
    device: str = "auto", *, precision: str = "auto", matrix_bound: bool = False
) -> Machine:
    """Choose where and how to compute.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda", "mps"}
        ``"auto"`` takes what the environment variable ``AIGC_DEVICE`` says, else CUDA, else
        Apple's MPS, else the CPU.
    precision : {"auto", "bfloat16", "float32"}
        ``"auto"`` takes bf16 where it was measured faster.
    matrix_bound : bool
        True where most of the work is products of large matrices, as in a language model: AVX512's
        bf16 instructions then suffice (1.6 to 1.9 times; small nets and convolutions lose by them).

    Returns
    -------
    Machine
    """
    check_choice("device", device, DEVICES)
    check_choice("precision", precision, ("auto", "bfloat16", "float32"))
    if device == "auto":
        device = os.environ.get("AIGC_DEVICE", "").strip() or "auto"
        check_choice("AIGC_DEVICE", device, DEVICES)
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if device == "auto":
        device = "cuda" if has_cuda else "mps" if has_mps else "cpu"
    if (device == "cuda" and not has_cuda) or (device == "mps" and not has_mps):
        raise AigcError(f"You asked for device={device!r}, but torch finds none here. Use 'cpu'.")
    fast = products = False
    if device == "cuda":
        reason = f"the GPU {torch.cuda.get_device_name()} is there; these small models run faster"
        reason += " in float32 than in bf16 where it was measured (an H200)"
    elif device == "mps":
        reason = "Apple's GPU is there; bf16 was not measured on it"
    else:
        fast, products = cpu_has_fast_bf16(), matrix_bound and cpu_has_bf16_products()
        reason = "no GPU was found" if not (has_cuda or has_mps) else "you asked for the CPU"
        reason += (
            "; this processor multiplies bf16 in hardware (AMX)"
            if fast
            else "; this processor has AVX512's bf16 instructions, and the work is large products"
            if products
            else "; this processor has no bf16 matrix unit (AMX), and without it bf16 is slower"
        )
    if precision == "auto":
        precision = "bfloat16" if fast or products else "float32"
    return Machine(
        device=torch.device(device),
        precision=precision,
        channels_last=device == "cpu" and precision == "bfloat16",  # the pair as measured
        threads=choose_threads(),
        why=f"{device}, because {reason}.",
    )


def choose_threads() -> int:
    """Threads for one operation: AIGC_THREADS or OMP_NUM_THREADS if set, else half the cores.

    On a busy two-core machine two threads wait for each other in a spin: small models
    took up to eight times as long with two threads as with one. Where it matters, measure
    (`fastest_threads`) and set the variable.
    """
    for name in ("AIGC_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdigit():
            return max(1, int(os.environ[name]))
    return max(1, usable_cores() // 2)


def fastest_threads(*, rounds: int = 5) -> int:
    """Measure, in about a quarter of a second, whether all cores beat one, here and now.

    Returns
    -------
    int
        The number of usable cores (at most 4) if a small convolution's forward and backward
        pass is at least 1.2 times as fast with them, else 1.
    """
    most = min(usable_cores(), 4)
    before = torch.get_num_threads()
    try:
        best = {n: min(_seconds_of_a_convolution(n) for _ in range(rounds)) for n in (1, most)}
    finally:
        torch.set_num_threads(before)
    return most if best[1] > 1.2 * best[most] else 1


def _seconds_of_a_convolution(threads: int) -> float:
    torch.set_num_threads(threads)
    x, weight = torch.ones(64, 32, 14, 14), torch.ones(32, 32, 4, 4, requires_grad=True)
    start = time.perf_counter()
    torch.nn.functional.conv2d(x, weight, padding=1).sum().backward()
    return time.perf_counter() - start
