"""Measure the training loop against plain PyTorch: `make bench`.

Every figure is a ratio of two contenders that take turns (A B B A ...) in one process, so
that a busy machine slows both alike. A round gives one ratio; the table shows the median
and the middle half of all rounds. CPU time decides on a CPU, wall time on a GPU and where
threads are compared.

Peers and shares are measured for each setting of the processor (`bench_settings`).
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
from functools import partial
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import aigc_teach  # noqa: E402
from aigc_teach import data, models  # noqa: E402
from aigc_teach.core import GenerativeModel, Machine, choose_machine, make_generator  # noqa: E402
from aigc_teach.train import TrainConfig, fit  # noqa: E402

sys.path.insert(1, str(ROOT / "tools"))
import bench_language as language  # noqa: E402
import bench_peers as peers  # noqa: E402
import bench_pictures as pictures  # noqa: E402
import bench_settings  # noqa: E402
import bench_shares  # noqa: E402
import pictures_page  # noqa: E402
from bench_peers import BATCH, Work, plain_gan, plain_vae, seeded  # noqa: E402
from bench_shares import Share, share_of  # noqa: E402
from lessons.pace import processor  # noqa: E402


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


@dataclass
class Race:
    """How many images a second ours and a peer of the same shape learn from."""

    setting: str  # of the processor
    name: str
    ours: str
    peer: str
    our_rate: float
    peer_rate: float
    times: float  # how many times as fast ours is: the median of the rounds
    low: float
    high: float
    clock: str
    at_least: float | None = None

    @property
    def met(self) -> str:
        """In a word: whether the target was met."""
        if self.at_least is None:
            return ""
        return "yes" if self.times >= self.at_least else "NO"


Seconds = tuple[float, float]  # by the CPU's clock and by the wall's


def in_turns(a: Work, b: Work, *, steps: int, rounds: int) -> list[tuple[Seconds, Seconds]]:
    """Let A and B take turns; what each took in each round."""
    a(max(steps // 4, 3)), b(max(steps // 4, 3))  # warm up
    result = []
    for i in range(rounds):
        order = (a, b) if i % 2 == 0 else (b, a)
        times = {work: clocked(work, steps) for work in order}
        result.append((times[a], times[b]))
    return result


def paired(a: Work, b: Work, *, steps: int, rounds: int) -> dict[str, float]:
    """The median and quartiles of A's time over B's by both clocks."""
    times, result = in_turns(a, b, steps=steps, rounds=rounds), {}
    for i, clock in enumerate(("cpu", "wall")):
        low, middle, high = quartiles([ta[i] / tb[i] for ta, tb in times])
        result |= {clock: middle, f"{clock}_low": low, f"{clock}_high": high}
    return result


def quartiles(values: list[float]) -> list[float]:
    """The three that cut the sorted values into quarters."""
    return statistics.quantiles(values, n=4, method="inclusive")


def clocked(work: Work, steps: int) -> tuple[float, float]:
    """CPU and wall seconds of so many steps, the device's own work included."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    work(steps)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.process_time() - cpu, time.perf_counter() - wall


# --- ours


def ours(
    make: Callable[[], GenerativeModel], batches: data.Batches, machine: Machine, **settings
) -> Work:
    """Training with `fit`, each time from the same untrained weights."""

    def work(steps: int) -> None:
        model = seeded(make)
        config = TrainConfig(steps=steps, schedule="constant", **settings)
        fit(model, batches, config, machine=machine)

    return work


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


# --- what is measured


MAKE = {
    "VAE 784-400-20": lambda: models.VAE(latent_size=20, hidden=(400,)),
    "dense GAN 64-256-512-784": lambda: models.GAN(latent_size=64, hidden=(256, 512)),
    "GAN in the plane": lambda: models.GAN(data_shape=(2,), latent_size=2, hidden=(64, 64)),
    "ConvVAE": lambda: models.ConvVAE(),
    "DCGAN": lambda: models.DCGAN(n_classes=10),
}
VAE, DENSE, PLANE, CONV, DEEP = MAKE
FIRST = "small DCGAN of the first lesson, batches of 64"
DENSE_PEER = "dense GAN of PyTorch-GAN, batches of 64"
VAE_PEER = "VAE 784-400-20 of pytorch/examples, batches of 128"
DEEP_PEER = "DCGAN of TensorFlow's tutorials, batches of 256"
PLAIN = "plain PyTorch (DataLoader, Adam as it comes)"


@contextmanager
def one_thread() -> Iterator[None]:
    """Everything on one CPU thread, unless a contender says otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def measure(quick: bool, only: str = "", rounds: int = 11) -> list[Ratio]:
    """All ratios, one after the other, printed as they come."""
    machine = replace(choose_machine(precision="float32"), threads=1)
    digits, on_gpu = data.digits("train"), machine.device.type != "cpu"
    rounds, scale = (3, 0.15) if quick else (rounds, 1.0)
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
            ("loader", PLAIN),
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


def race(quick: bool, only: str = "", rounds: int = 11) -> list[Race]:
    """Ours against programs of the same shape that a learner finds elsewhere."""
    machine = replace(choose_machine(), threads=1)
    images, on_gpu = data.digits("train").x, machine.device.type != "cpu"
    clock, found = ("wall" if on_gpu else "cpu"), []
    rounds = 2 if quick else min(rounds, 7)
    adam, vae = {"lr": 2e-4, "betas": (0.5, 0.999)}, {"lr": 1e-3}
    deep = {"lr": 1e-4, "betas": (0.9, 0.999)}
    shared, fresh = "fit, fakes used twice", "fit, fresh fakes for each turn"
    gan = partial(plain_gan, images, machine.device, "loader", latent=100)
    dense_peer = partial(gan, make=peers.dense_gan, batch=64, **adam)
    deep_peer = partial(gan, make=peers.deep_gan, batch=256, **deep)
    vae_peer = partial(plain_vae, images, machine.device, "loader")
    noise_peer = partial(pictures.plain_diffusion, images, machine.device)
    same_peer, many = partial(noise_peer, pictures.our_unet), pictures.BATCH
    rows = [
        (DENSE_PEER, shared, partial(peers.our_dense_gan, True), dense_peer, 64, adam, 60, 1.6),
        (DENSE_PEER, fresh, partial(peers.our_dense_gan, False), dense_peer, 64, adam, 60, None),
        (VAE_PEER, "fit", MAKE[VAE], vae_peer, BATCH, vae, 150, 1.5),
        (DEEP_PEER, shared, partial(peers.our_deep_gan, True), deep_peer, 256, deep, 8, 1.7),
        (DEEP_PEER, fresh, partial(peers.our_deep_gan, False), deep_peer, 256, deep, 8, None),
        (pictures.SHAPE, "fit", models.Diffusion, noise_peer, many, vae, 12, 1.3),
        (pictures.SAME, "fit", models.Diffusion, same_peer, many, vae, 12, None),
    ]
    for name, label, make, peer, batch, settings, steps, target in rows:
        if only not in f"{name}: {label} / {PLAIN}":
            continue
        steps = max(steps // 4, 2) if quick else steps
        work = ours(make, data.Batches(images, batch_size=batch), machine, **settings)
        names = (name, label, PLAIN)
        found.append(run_race(names, work, peer(), steps, batch, rounds, clock, target))
    return found


def run_race(
    names: tuple[str, str, str],
    work: Work,
    peer: Work,
    steps: int,
    amount: int,
    rounds: int,
    clock: str,
    target: float | None,
) -> Race:
    """One row, printed as it comes; a step works on `amount` images or tokens."""
    times = in_turns(work, peer, steps=steps, rounds=rounds)
    times = [(a[clock == "wall"], b[clock == "wall"]) for a, b in times]
    rates = [steps * amount / statistics.median(one) for one in zip(*times, strict=True)]
    low, middle, high = quartiles([b / a for a, b in times])
    row = Race(bench_settings.own_setting(), *names, *rates, middle, low, high, clock, target)
    print(race_row(row), flush=True)
    return row


def race_of_words(quick: bool, only: str = "", rounds: int = 11) -> list[Race]:
    """A GPT's training against nanoGPT's loop, in both precisions; and the cache against none."""
    machine = replace(choose_machine(), threads=1)
    clock = "cpu" if machine.device.type == "cpu" else "wall"
    chosen = choose_machine(matrix_bound=True).precision
    settings = {"lr": 1e-3, "betas": (0.9, 0.99), "clip_norm": 1.0}

    def training(precision: str) -> Work:
        make = language.our_gpt
        return ours(make, language.our_batches(), machine, precision=precision, **settings)

    plain, writing = partial(language.plain_gpt, machine.device), language.writing
    rows = [
        (language.SHAPE, f"fit, {precision}", language.PEER, partial(training, precision), plain,
         24, language.TOKENS, 1.3 if precision == chosen else None)
        for precision in ("float32", "bfloat16")
    ]  # fmt: skip
    rows.append(
        (language.SHAPE + ", 256 tokens written", "with the cache of keys and values",
         "the whole text read again", partial(writing, True), partial(writing, False), 1, 256, 5.0)
    )  # fmt: skip
    rounds, found = 2 if quick else min(rounds, 7), []
    for name, label, peer, make, make_peer, steps, amount, target in rows:
        if only not in f"{name}: {label} / {peer}":
            continue
        steps = max(steps // 4, 1) if quick else steps
        names = (name, label, peer)
        found.append(run_race(names, make(), make_peer(), steps, amount, rounds, clock, target))
    return found


def shares(quick: bool, only: str = "", rounds: int = 11) -> list[Share]:
    """What share of the core's own matrix product each family's training reaches, in float32."""
    machine = replace(choose_machine("cpu", precision="float32"), threads=1)
    digits, found = data.digits("train"), []
    first = lambda: models.DCGAN(width=16, n_classes=10)  # noqa: E731
    for name, make, batch_size, steps in (
        (VAE, MAKE[VAE], BATCH, 120),
        (DENSE, MAKE[DENSE], BATCH, 60),
        (FIRST, first, 64, 40),
        (DEEP, MAKE[DEEP], BATCH, 12),
        (CONV, MAKE[CONV], BATCH, 50),
    ):
        if only not in f"{name}: share":
            continue
        labels = digits.labels if make().n_classes else None
        batches = data.Batches(digits.x, labels, batch_size=batch_size)
        work = ours(make, batches, machine)
        stretch = (
            {"steps": max(steps // 6, 2), "rounds": 3}
            if quick
            else {"steps": steps, "rounds": rounds}
        )
        found.append(share_of(name, make, next(batches), work, **stretch))
        print(bench_shares.row(found[-1]), flush=True)
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


WORD_NOTE = """Tokens a second, by the same clock. Both train in float32 unless the row says
otherwise; the target stands at the precision that is chosen on this processor."""


RACE_HEAD = """| setting | shape | ours | peer | images/s | peer | times as fast | target | met |
|---|---|---|---|---|---|---|---|---|"""


RACE_NOTE = """Images of training a second, by the clock of one CPU core (on a GPU by the wall), in
the precision chosen here. Here a number above 1 means that ours is faster. The losses and the
nets compute the same as the peers' to rounding; a dropout mask is drawn by another route. Peers
use a step's fakes for both turns, and so does ours where it says so; the course's own default
draws fresh ones for each turn."""


def race_row(r: Race) -> str:
    """One line of the table of peers."""
    target = "" if r.at_least is None else f"at least {r.at_least:g}"
    times = f"{r.times:.2f} ({r.low:.2f} to {r.high:.2f})"
    rates = f"{r.our_rate:,.0f} | {r.peer_rate:,.0f}"
    start = f"| {r.setting} | {r.name} | {r.ours} | {r.peer}"
    return f"{start} | {rates} | {times} | {target} | {r.met} |"


HEAD = """| model | time of A / time of B | CPU time | wall time | decides | target | met |
|---|---|---|---|---|---|---|"""


def facts(command: str) -> dict[str, str]:
    """Where and with what this was measured."""
    where = {
        "date": date.today().isoformat(),
        "processor": f"{processor()}, torch uses {torch.backends.cpu.get_cpu_capability()}",
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


SETTINGS_NOTE = """The tables below have a row for each setting of the processor: what it can do,
and, where that is AVX512, what it does when torch, oneDNN and MKL are held to AVX2, all that
many processors have. Each setting was measured in a process of its own."""


def page(figures: dict) -> str:
    """The page of the book."""
    where, rates = figures["where"], figures["images_per_second"]
    ratios = [Ratio(**one) for one in figures["ratios"]]
    races = [Race(**one) for one in figures["races"]]
    words = [Race(**one) for one in figures.get("words", [])]
    parts = [Share(**one) for one in figures["shares"]]
    lines = ["# How fast it is", ""]
    lines += ["This page is written by `make bench`. " + " ".join(__doc__.split("\n\n")[1].split())]
    lines += ["A ratio below 1 means that A is faster. Our GAN draws fresh noise for each player's"]
    lines += ["turn, one pass through the generator more than loops that use their fakes twice."]
    lines += ["", f"Measured on: {where['processor']}.", ""]
    lines += [HEAD, *map(row, ratios), "", SETTINGS_NOTE, ""]
    lines += ["## Ours against peers of the same shape", "", RACE_NOTE, ""]
    lines += [RACE_HEAD, *map(race_row, races), ""]
    lines += ["## Language models", "", WORD_NOTE, ""]
    lines += [RACE_HEAD.replace("images", "tokens"), *map(race_row, words), ""]
    lines += ["## Measured against the processor itself", "", bench_shares.NOTE, ""]
    lines += [bench_shares.HEAD, *map(bench_shares.row, parts), ""]
    lines += ["## Images a second", ""]
    lines += ["| model | images a second, machine chosen here |", "|---|---|"]
    lines += [f"| {name} | {rate:,} |" for name, rate in rates.items()]
    lines += ["", *(f"* {name}: {value}" for name, value in where.items()), ""]
    return "\n".join([*lines, pictures_page.speed_section(pictures_page.stored_speed())])


def measured(options: argparse.Namespace) -> dict:
    """All figures of this process, and of a child for each narrower setting, unless it is one."""
    asked = (options.quick, options.only, options.rounds)
    child = options.figures is not None
    with one_thread():
        print(HEAD)
        ratios = [] if child or options.peers else measure(*asked)
        print(RACE_HEAD)
        races = race(*asked)
        words = race_of_words(*asked)
        print(bench_shares.HEAD)
        parts = shares(*asked)
        rates = {} if child or options.only or options.peers else speeds(options.quick)
    figures = {"setting": bench_settings.own_setting(), "images_per_second": rates}
    figures |= {"ratios": list(map(asdict, ratios)), "races": list(map(asdict, races))}
    figures |= {"words": list(map(asdict, words)), "shares": list(map(asdict, parts))}
    own, on_gpu = figures["setting"], torch.cuda.is_available()
    for setting in [] if child or on_gpu else bench_settings.narrower(own):
        more = bench_settings.measured_as(setting, sys.argv[1:])
        for table in ("races", "words", "shares"):
            figures[table] += more[table]
    return figures


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, for a smoke test")
    parser.add_argument("--rounds", type=int, default=11, help="fewer take less time")
    parser.add_argument("--only", default="", help="only ratios whose line holds this text")
    parser.add_argument("--peers", action="store_true", help="only the tables of all settings")
    parser.add_argument("--out", type=Path, help="page to write; its figures go beside it as JSON")
    parser.add_argument("--figures", type=Path, help=argparse.SUPPRESS)  # a child's, for its parent
    options = parser.parse_args()
    partial_run = options.quick or options.only or options.peers
    out = options.out or (None if partial_run else ROOT / "book" / "bench.md")
    figures = measured(options)
    if options.figures:
        options.figures.write_text(json.dumps(figures), encoding="utf-8")
        return 0
    figures["where"] = facts(" ".join(["python tools/bench.py", *sys.argv[1:]]))
    rates = figures["images_per_second"]
    print(*(f"{name}: {rate:,} images/s" for name, rate in rates.items()), sep="\n")
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page(figures), encoding="utf-8")
        out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
