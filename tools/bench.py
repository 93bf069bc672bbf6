"""Measure the training loop against plain PyTorch: `make bench`.

Every figure is a ratio of two contenders that take turns (A B B A ...) in one process, so
that a busy machine slows both alike. A round gives one ratio; the table shows the median
and the middle half of all rounds. CPU time decides on a CPU, wall time on a GPU and where
threads are compared.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import aigc_teach  # noqa: E402
from aigc_teach import data, models  # noqa: E402
from aigc_teach.core import GenerativeModel, Machine, choose_machine, make_generator  # noqa: E402
from aigc_teach.train import TrainConfig, fit  # noqa: E402

BATCH = 128
Work = Callable[[int], None]  # takes this many steps


@dataclass
class Ratio:
    """Time of A over time of B, and what it was meant to be."""

    name: str
    a: str
    b: str
    cpu: float
    cpu_low: float
    cpu_high: float
    wall: float
    wall_low: float
    wall_high: float
    clock: str  # which of the two decides: "cpu" or "wall"
    at_most: float | None = None

    @property
    def met(self) -> str:
        """In a word: whether the target was met."""
        if self.at_most is None:
            return ""
        return "yes" if getattr(self, self.clock) <= self.at_most else "NO"


def paired(a: Work, b: Work, *, steps: int, rounds: int) -> dict[str, float]:
    """Let A and B take turns; the median and quartiles of their ratios by both clocks."""
    a(max(steps // 4, 3)), b(max(steps // 4, 3))  # warm up
    cpu, wall = [], []
    for i in range(rounds):
        order = (a, b) if i % 2 == 0 else (b, a)
        times = {work: clocked(work, steps) for work in order}
        cpu.append(times[a][0] / times[b][0])
        wall.append(times[a][1] / times[b][1])
    result = {}
    for clock, ratios in (("cpu", cpu), ("wall", wall)):
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        result |= {clock: middle, f"{clock}_low": low, f"{clock}_high": high}
    return result


def clocked(work: Work, steps: int) -> tuple[float, float]:
    """CPU and wall seconds of so many steps, the device's own work included."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    work(steps)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.process_time() - cpu, time.perf_counter() - wall


# --- ours


def ours(make: Callable[[], GenerativeModel], batches: data.Batches, machine: Machine) -> Work:
    """Training with `fit`, each time from the same untrained weights."""

    def work(steps: int) -> None:
        model = seeded(make)
        fit(model, batches, TrainConfig(steps=steps, schedule="constant"), machine=machine)

    return work


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """A fresh model: one trained for long may hold denormal numbers, slow to compute with."""
    torch.manual_seed(0)
    return make()


def bare_loop(make: Callable[[], GenerativeModel], batches, machine: Machine) -> Work:
    """The same model and the same Adam in the shortest loop one can write by hand."""
    batches.to(machine.device)

    def work(steps: int) -> None:
        model = seeded(make).to(machine.device)
        players = {p: model.player_parameters(p) for p in model.players}
        adams = {p: torch.optim.Adam(w, lr=2e-3, fused=True) for p, w in players.items()}
        generator = make_generator(0, machine.device)
        for _ in range(steps):
            batch = next(batches)
            for player, adam in adams.items():
                loss = model.loss(batch, player, generator=generator).total
                adam.zero_grad()
                loss.backward(inputs=players[player])
                adam.step()

    return work


# --- by hand, the ordinary way


class PlainVAE(nn.Module):
    """The 784-400-20 VAE as it is usually written; images in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.fc3, self.fc4 = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = F.relu(self.fc1(x.view(-1, 784)))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar


def plain_vae(images: Tensor, device: torch.device, source: str) -> Work:
    """Train `PlainVAE` as the usual example does: Adam as it comes, loss.item() each step."""
    batches, fused = endless((images + 1) / 2, device, source), source == "tensor" or None

    def work(steps: int) -> None:
        model, train_loss = seeded(PlainVAE).to(device), 0.0
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused)
        for _ in range(steps):
            x = next(batches)
            optimizer.zero_grad()
            out, mu, logvar = model(x)
            bce = F.binary_cross_entropy(out, x.view(-1, 784), reduction="sum")
            loss = bce - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            loss.backward()
            train_loss += loss.item()
            optimizer.step()

    return work


def generator_and_critic() -> nn.ModuleList:
    """Two dense networks as they are usually written, the critic with a sigmoid."""
    g = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(),
                      nn.Linear(512, 784), nn.Tanh())  # fmt: skip
    d = nn.Sequential(nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256),
                      nn.LeakyReLU(0.2), nn.Linear(256, 1), nn.Sigmoid())  # fmt: skip
    return nn.ModuleList([g, d])


def plain_gan(images: Tensor, device: torch.device, source: str) -> Work:
    """Train a dense GAN as the usual example does: BCE of a sigmoid, fakes used twice."""
    batches, bce = endless(images, device, source), nn.BCELoss()
    settings = {"lr": 2e-4, "betas": (0.5, 0.999), "fused": source == "tensor" or None}

    def work(steps: int) -> None:
        g, d = seeded(generator_and_critic).to(device)
        g_adam = torch.optim.Adam(g.parameters(), **settings)
        d_adam = torch.optim.Adam(d.parameters(), **settings)
        totals = [0.0, 0.0]
        for _ in range(steps):
            x = next(batches).view(-1, 784)
            real = torch.ones(len(x), 1, device=device)
            fake = torch.zeros(len(x), 1, device=device)
            d_adam.zero_grad()
            made = g(torch.randn(len(x), 64, device=device))
            d_loss = bce(d(x), real) + bce(d(made.detach()), fake)
            d_loss.backward()
            d_adam.step()
            g_adam.zero_grad()
            g_loss = bce(d(made), real)
            g_loss.backward()
            g_adam.step()
            totals = [totals[0] + d_loss.item(), totals[1] + g_loss.item()]

    return work


def endless(x: Tensor, device: torch.device, source: str) -> Iterator[Tensor]:
    """Batches without end: from a DataLoader as is usual, or indexed out of a tensor."""
    if source == "tensor":
        x = x.to(device)
        while True:
            for index in torch.randperm(len(x), device=device).split(BATCH)[: len(x) // BATCH]:
                yield x[index]
    loader = DataLoader(TensorDataset(x), batch_size=BATCH, shuffle=True, drop_last=True)
    while True:
        for (batch,) in loader:
            yield batch.to(device)


# --- what is measured


MAKE = {
    "VAE 784-400-20": lambda: models.VAE(latent_size=20, hidden=(400,)),
    "dense GAN 64-256-512-784": lambda: models.GAN(latent_size=64, hidden=(256, 512)),
    "GAN in the plane": lambda: models.GAN(data_shape=(2,), latent_size=2, hidden=(64, 64)),
    "ConvVAE": lambda: models.ConvVAE(),
    "DCGAN": lambda: models.DCGAN(n_classes=10),
}
VAE, DENSE, PLANE, CONV, DEEP = MAKE


@contextmanager
def one_thread() -> Iterator[None]:
    """Everything on one CPU thread, unless a contender says otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def measure(quick: bool, only: str = "") -> list[Ratio]:
    """All ratios, one after the other, printed as they come."""
    machine = replace(choose_machine(precision="float32"), threads=1)
    digits, on_gpu = data.digits("train"), machine.device.type != "cpu"
    rounds, scale = (3, 0.15) if quick else (11, 1.0)
    found: list[Ratio] = []

    def batches(name: str) -> data.Batches:
        if name == PLANE:
            ring = data.toy2d("ring", 4096, generator=make_generator(0))
            return data.Batches(ring, batch_size=BATCH)
        labels = digits.labels if name == DEEP else None
        return data.Batches(digits.x, labels, batch_size=BATCH)

    def our(name: str, **changes) -> Work:
        return ours(MAKE[name], batches(name), replace(machine, **changes))

    def compare(name, label, a, b, *, steps, clock="cpu", at_most=None) -> None:
        if only not in f"{name}: {label[0]} / {label[1]}":
            return
        clock = "wall" if on_gpu else clock
        steps = max(int(steps * scale), 5)
        ratios = paired(a(), b(), steps=steps, rounds=rounds)
        found.append(Ratio(name, *label, **ratios, clock=clock, at_most=at_most))
        print(row(found[-1]), flush=True)

    for name, steps in ((VAE, 150), (DENSE, 100), (PLANE, 1000)):
        bare = lambda name=name: bare_loop(MAKE[name], batches(name), machine)  # noqa: E731
        label = ("fit", "bare loop, same model")
        compare(name, label, lambda n=name: our(n), bare, steps=steps, at_most=1.05)
    for name, plain in ((VAE, plain_vae), (DENSE, plain_gan)):
        for source, text in (
            ("loader", "plain PyTorch (DataLoader, Adam as it comes)"),
            ("tensor", "plain PyTorch (indexed tensor, fused Adam)"),
        ):
            hand = lambda p=plain, s=source: p(digits.x, machine.device, s)  # noqa: E731
            compare(name, ("fit", text), lambda n=name: our(n), hand, steps=80)
    for name, steps in ((VAE, 80), (DENSE, 60), (CONV, 25), (DEEP, 12)):
        bf16 = lambda n=name: our(n, precision="bfloat16")  # noqa: E731
        compare(name, ("bf16", "float32"), bf16, lambda n=name: our(n), steps=steps)
    for name, steps in ((CONV, 25), (DEEP, 12)):
        for precision in ("float32", "bfloat16"):
            last = lambda n=name, p=precision: our(n, precision=p, channels_last=True)  # noqa: E731
            first = lambda n=name, p=precision: our(n, precision=p)  # noqa: E731
            label = (f"channels-last, {precision}", f"channels-first, {precision}")
            compare(name, label, last, first, steps=steps)
    for name, steps in ((PLANE, 150), (VAE, 80), (DENSE, 60), (DEEP, 12)) if not on_gpu else ():
        two = lambda n=name: our(n, threads=2)  # noqa: E731
        label = ("2 threads", "1 thread")
        compare(name, label, two, lambda n=name: our(n), steps=steps, clock="wall")
    return found


def speeds(quick: bool) -> dict[str, float]:
    """Images a second of every model on the machine that would be chosen here."""
    machine = choose_machine()
    digits, result = data.digits("train"), {}
    for name in (VAE, DENSE, CONV, DEEP):
        labels = digits.labels if name == DEEP else None
        work = ours(MAKE[name], data.Batches(digits.x, labels, batch_size=BATCH), machine)
        steps = (5 if quick else 40) * (10 if machine.device.type == "cuda" else 1)
        work(steps)
        seconds = min(clocked(work, steps)[1] for _ in range(1 if quick else 3))
        result[name] = round(steps * BATCH / seconds)
    return result


# --- the page


def row(r: Ratio) -> str:
    """One line of the table."""
    target = "" if r.at_most is None else f"at most {r.at_most:g}"
    cpu = f"{r.cpu:.3f} ({r.cpu_low:.3f} to {r.cpu_high:.3f})"
    wall = f"{r.wall:.3f} ({r.wall_low:.3f} to {r.wall_high:.3f})"
    return f"| {r.name} | {r.a} / {r.b} | {cpu} | {wall} | {r.clock} | {target} | {r.met} |"


HEAD = """| model | time of A / time of B | CPU time | wall time | decides | target | met |
|---|---|---|---|---|---|---|"""


def facts(command: str) -> dict[str, str]:
    """Where and with what this was measured."""
    where = {
        "date": date.today().isoformat(),
        "processor": processor(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "aigc_teach": aigc_teach.__version__,
        "machine chosen": choose_machine().why,
        "command": command,
    }
    if torch.cuda.is_available():
        where["GPU"] = torch.cuda.get_device_name()
    return where


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def page(ratios: list[Ratio], rates: dict[str, float], where: dict[str, str]) -> str:
    """The page of the book."""
    lines = ["# How fast it is", ""]
    lines += ["This page is written by `make bench`. " + " ".join(__doc__.split("\n\n")[1].split())]
    lines += ["A ratio below 1 means that A is faster. Our GAN draws fresh noise for each player's"]
    lines += ["turn, one pass through the generator more than loops that use their fakes twice."]
    lines += ["", HEAD, *map(row, ratios), ""]
    lines += ["| model | images a second, machine chosen here |", "|---|---|"]
    lines += [f"| {name} | {rate:,} |" for name, rate in rates.items()]
    lines += ["", *(f"* {name}: {value}" for name, value in where.items()), ""]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, for a smoke test")
    parser.add_argument("--only", default="", help="only ratios whose line holds this text")
    parser.add_argument("--out", type=Path, help="page to write; its figures go beside it as JSON")
    options = parser.parse_args()
    out = options.out or (None if options.quick or options.only else ROOT / "book" / "bench.md")
    print(HEAD)
    with one_thread():
        ratios = measure(options.quick, options.only)
        rates = {} if options.only else speeds(options.quick)
    where = facts(" ".join(["python tools/bench.py", *sys.argv[1:]]))
    print(*(f"{name}: {rate:,} images/s" for name, rate in rates.items()), sep="\n")
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page(ratios, rates, where), encoding="utf-8")
        figures = {"where": where, "images_per_second": rates, "ratios": list(map(asdict, ratios))}
        out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
