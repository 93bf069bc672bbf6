"""Attacks on a checkpoint: two writers and a reader, kills in mid-write, damage at random places.

A few seconds in the suite. ``AIGC_ATTACKS=20 pytest tests/train/test_attacks.py -s`` runs
twenty times as many and prints the counts.
"""

import os
import random
import signal
import time

import pytest
import torch

from aigc_teach.core import AigcError, CheckpointError
from aigc_teach.train import (
    EMA,
    Callback,
    Checkpoint,
    TrainConfig,
    fit,
    read_checkpoint,
    read_header,
    write_checkpoint,
)

TIMES = float(os.environ.get("AIGC_ATTACKS", "1"))
READS, KILLS, DAMAGES = (max(1, round(n * TIMES)) for n in (50, 4, 500))
CONFIG = TrainConfig(steps=30, lr=0.01, log_every=4)

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.usefixtures("one_thread"),
]


def forked(work):
    """The number of a child process that does `work`."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def end(children):
    """Kill and bury children; how many were still alive."""
    for child in children:
        os.kill(child, signal.SIGKILL)
    return sum(os.WIFSIGNALED(os.waitpid(child, 0)[1]) for child in children)


def wait_for(happened, seconds=120):
    """Wait until `happened()`; a busy machine may take its time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_two_writers_and_a_reader(toys, tmp_path, capsys):
    path = tmp_path / "game"
    runs = [fit(toys.ToyGame(seed), toys.batches(), TrainConfig(steps=2)) for seed in (0, 1)]

    def write(run):
        while True:
            write_checkpoint(path, run)

    children = [forked(lambda run=run: write(run)) for run in runs]
    seen, versions = set(), 0
    try:
        wait_for(path.exists)
        for _ in range(READS):
            tensors, facts = read_checkpoint(path)
            seen.add(facts["training"])
            versions += 1
            assert set(tensors) and facts["step"] == 2
            time.sleep(0.002)
        wait_for(lambda: seen.add(read_header(path)["training"]) or len(seen) == 2)
    finally:
        alive = end(children)
    assert alive == 2  # neither writer met an error
    assert seen == {run.training for run in runs}
    write_checkpoint(path, runs[0])
    assert os.listdir(tmp_path) == ["game"]
    with capsys.disabled():
        if TIMES != 1:
            print(f"\n{versions} of {READS} reads whole, beside two writers")


def train(toys, path, *others):
    """One training that writes after every step, from the checkpoint if there is one."""
    model, ema = toys.ToyGame(), EMA(0.9)
    callbacks = [ema, Checkpoint(path, every=1), *others]
    resume = path if path.exists() else None
    return fit(model, toys.batches(), CONFIG, callbacks=callbacks, resume=resume), ema


class Rewrite(Callback):
    """After step 20, write for ever: whatever moment a kill comes at, it comes in a write."""

    order = 2

    def __init__(self, path):
        self.path = path

    def on_step(self, run):
        while run.step == 20:
            write_checkpoint(self.path, run)


def test_killed_while_writing(toys, same, tmp_path, capsys):
    dice = random.Random(9)
    whole, average = train(toys, tmp_path / "whole")
    equal = cut_short = 0
    for kill in range(KILLS):
        folder = tmp_path / str(kill)
        folder.mkdir()
        path = folder / "game"
        child = forked(lambda path=path: train(toys, path, Rewrite(path)))
        wait_for(lambda path=path: path.exists() and read_header(path)["step"] == 20)
        time.sleep(dice.uniform(0.0, 0.03))
        assert end([child]) == 1
        cut_short += len(list(folder.glob("*.new"))) + len(list(folder.glob(".*.new")))
        run, ema = train(toys, path)
        same(run.model, whole.model)
        same(ema.model, average.model)
        for name in whole.history.names:
            assert (run.history[name] == whole.history[name]).all()
        assert os.listdir(folder) == ["game"]  # what the killed one left is gone
        equal += 1
    with capsys.disabled():
        if TIMES != 1:
            print(f"\n{equal} of {KILLS} resumes equal to the bit; {cut_short} writes cut short")


def damage(content, dice):
    """Flip bits, overwrite, cut, repeat or drop: anywhere, or in the head."""
    where = dice.randrange(len(content) if dice.random() < 0.5 else min(3000, len(content)))
    kind, n = dice.randrange(5), dice.randint(1, 40)
    if kind == 0:
        flipped = bytes([content[where] ^ (1 << dice.randrange(8))])
        return content[:where] + flipped + content[where + 1 :]
    if kind == 1:
        return content[:where] + dice.randbytes(n) + content[where + n :]
    if kind == 2:
        return content[:where]
    if kind == 3:
        return content[: where + n] + content[where:]
    return content[:where] + content[where + n :]


def test_damage_at_random_places(toys, tmp_path, capsys):
    path, dice = tmp_path / "game", random.Random(2)
    fit(toys.ToyGame(), toys.batches(), TrainConfig(steps=4), callbacks=[Checkpoint(path)])
    content, model, refused = path.read_bytes(), toys.ToyGame(seed=3), 0
    before = toys.weights_of(model)
    for _ in range(DAMAGES):
        harmed = damage(content, dice)
        path.write_bytes(harmed)
        try:
            read_header(path)  # the head may be whole: then this is no error
        except CheckpointError as error:
            assert str(error).endswith((".", ".)"))
        try:
            fit(model, toys.batches(), TrainConfig(steps=4), resume=path)
        except AigcError as error:
            assert str(error).endswith((".", ".)"))
            refused += 1
        else:
            assert same_tensors(path, content, tmp_path)  # the harm is in what nobody reads
            model = toys.ToyGame(seed=3)
    assert torch.equal(before, toys.weights_of(model)) and refused > 0.95 * DAMAGES
    with capsys.disabled():
        if TIMES != 1:
            print(f"\n{refused} of {DAMAGES} damaged files refused, each in a sentence")


def same_tensors(path, content, folder):
    """Whether a file that was read despite its damage says what the undamaged one says."""
    (folder / "good").write_bytes(content)
    mine, good = read_checkpoint(path)[0], read_checkpoint(folder / "good")[0]
    return set(mine) == set(good) and all(torch.equal(mine[k], good[k]) for k in good)
