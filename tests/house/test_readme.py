"""What the README shows really runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from aigc_teach import data, train
from aigc_teach.cli import make_parser
from aigc_teach.data import synthetic_mark

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


DOZEN, OWN = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_dozen_lines_run(capfd):
    code = DOZEN
    short = code.replace("steps=1000", "steps=3")
    assert short != code and len(code.splitlines()) <= 14
    names: dict = {}
    exec(compile(short, "README.md", "exec"), names)
    assert names["run"].step == 3
    assert names["images"].shape == (16, 1, 28, 28)
    assert -1 <= names["images"].min() <= names["images"].max() <= 1


def test_the_lines_on_your_own_pictures_and_training_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my pictures").mkdir()
    for number in range(3):
        Image.effect_noise((70, 80), 50 + number).save(tmp_path / f"my pictures/{number}.png")
    G, D = nn.Linear(4, 2), nn.Linear(2, 1)
    names = {
        **{"data": data, "train": train, "G": G, "D": D},
        **{"x": torch.randn(64, 2), "z": torch.randn(64, 4)},
        **{"optG": torch.optim.Adam(G.parameters()), "optD": torch.optim.Adam(D.parameters())},
    }
    loop = """
    for _ in range(3):
        for net, sign, fake in ((D, 1, G(z).detach()), (G, -1, G(z))):
            optimizer = optD if net is D else optG
            optimizer.zero_grad()
            (sign * (D(fake).mean() - D(x).mean())).backward()
            optimizer.step()
"""
    assert OWN.count("    ...") == 1
    exec(compile(re.sub(r"    \.\.\..*\n", loop, OWN), "README.md", "exec"), names)
    assert names["pictures"].x.shape == (3, 3, 64, 64) and names["pictures"].report()
    assert len(capsys.readouterr().out.splitlines()) > 4


def test_the_shapes_beside_the_lines_are_true():
    assert "# x: [4500, 1, 28, 28] in [-1, 1]" in README
    assert data.digits("train").x.shape == (4500, 1, 28, 28)


COMMANDS = re.findall(r"^aigc-teach (.+?)\s*(?:#.*)?$", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_are_known(command):
    assert make_parser().parse_args(shlex.split(command)).command == command.split()[0]


def test_all_five_commands_are_shown():
    assert {c.split()[0] for c in COMMANDS} == {"doctor", "train", "sample", "status", "progress"}


def test_the_film_is_small_stops_says_what_it_is_and_has_a_still():
    film, still = (
        ROOT / "book" / "figures" / name for name in ("training.png", "training_still.png")
    )
    assert film.stat().st_size < 1.5e6
    for path in (film, still):
        assert path.relative_to(ROOT).as_posix() in README
        assert synthetic_mark(path)["model"] == "DCGAN"
    moving = Image.open(film)
    assert moving.n_frames > 20 and moving.info["loop"] == 2  # it plays twice, then it stops
    moving.seek(0)
    first = np.array(moving.convert("L"))
    moving.seek(moving.n_frames - 1)
    last = np.array(moving.convert("L"))
    assert (last == np.array(Image.open(still).convert("L"))).all()
    assert abs(last.astype(float) - first).mean() > 10
    picture = re.search(r"<picture>.*?</picture>", README, re.DOTALL)[0]
    assert (
        "prefers-reduced-motion: reduce" in picture
        and len(re.search(r'alt="(.*?)"', picture)[1]) > 40
    )
