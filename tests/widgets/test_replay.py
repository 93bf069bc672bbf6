"""TrainingReplay: what it hands to the page, what it refuses, and how the page unpacks it."""

from __future__ import annotations

import json
import shutil
import subprocess
import zlib

import numpy as np
import pytest
import torch

from aigc_teach import widgets
from aigc_teach.core.errors import ChoiceError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.core.random import make_generator
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.replay import ReplayFrame, TrainingReplay, surface_bytes

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")


def frame(step=0, p=7, a=3, h=5, w=6, seed=0, **changes):
    random = make_generator(seed + abs(step))
    parts = {
        "points": 3 * torch.randn(p, 2, generator=random),
        "surface": torch.rand(h, w, generator=random),
        "arrows_at": torch.randn(a, 2, generator=random),
        "arrows": torch.randn(a, 2, generator=random),
        "readouts": {"critic": 1.25 + step, "generator": 0.75, "modes": step},
    }
    return ReplayFrame(step, **(parts | changes))


def film(n=4):
    return [frame(10 * t) for t in range(n)]


def test_names_are_exported():
    assert widgets.TrainingReplay is TrainingReplay and widgets.ReplayFrame is ReplayFrame


def test_what_the_page_is_handed():
    replay = TrainingReplay(film(), real=torch.ones(9, 2))
    assert replay.shape == [4, 7, 3, 5, 6] and replay.steps == [0, 10, 20, 30]
    assert replay.names == ["critic", "generator", "modes"]
    assert replay.curves == ["critic", "generator"] and replay.values[2] == [21.25, 0.75, 20.0]
    stored = np.frombuffer(zlib.decompress(replay.points), "<f4").reshape(4, 7, 2)
    assert torch.equal(torch.from_numpy(stored.copy())[3], film()[3].points)
    assert replay.levels["2 ln 2"] == pytest.approx(1.386294, abs=1e-6)
    assert replay.frame == 3 and "step 0 to step 30 in 4 frames" in repr(replay)


def test_the_frame_stays_inside():
    replay = TrainingReplay(film())
    for asked, got in [(99, 3), (-1, 0), (2, 2)]:
        replay.frame = asked
        assert replay.frame == got


def test_a_lesson_of_forty_frames_stays_small():
    n = 41
    frames = [frame(t, p=200, a=48, h=31, w=31) for t in range(n)]  # noise packs worst
    replay = TrainingReplay(frames, real=torch.randn(300, 2))
    state = replay.get_state()
    size = sum(4 * len(state[k]) / 3 for k in ("points", "surfaces", "arrows", "real"))
    assert size + len(state["_esm"]) + len(state["_css"]) < 310_000


def test_surfaces_are_kept_to_a_255th_and_finest_at_one_half():
    p = np.linspace(0, 1, 100_001)
    root = surface_bytes(p) / 127.5 - 1
    error = np.abs(0.5 + 0.5 * np.sign(root) * root**2 - p)
    assert error.max() <= 1 / 255
    assert error[np.abs(p - 0.5) < 1e-5].max() < 1 / 30_000


def test_given_tensors_are_not_changed_and_gradients_do_no_harm():
    one = frame(points=torch.randn(7, 2).requires_grad_())
    before = one.points.clone()
    TrainingReplay([one])
    assert torch.equal(one.points, before)


@pytest.mark.parametrize(
    ("frames", "options", "error", "words"),
    [
        ([], {}, DataError, "at least 1"),
        ([torch.zeros(3, 2)], {}, DtypeError, "ReplayFrame"),
        ([frame(5), frame(5)], {}, RangeError, "rise"),
        ([frame(-1)], {}, RangeError, "step=-1"),
        ([frame(0), frame(1, p=8)], {}, ShapeError, r"`points`.*\[7, 2\], \[8, 2\]"),
        ([frame(points=torch.zeros(7, 3))], {}, ShapeError, r"\[7, 3\]"),
        ([frame(points=[[0.0, 0.0]])], {}, DtypeError, "`points`"),
        ([frame(points=torch.full((7, 2), float("nan")))], {}, RangeError, "NaN"),
        ([frame(surface=torch.full((5, 6), 1.5))], {}, RangeError, "sigmoid"),
        ([frame(surface=torch.zeros(1, 6))], {}, ShapeError, r"\[1, 6\]"),
        ([frame(arrows=torch.zeros(4, 2))], {}, ShapeError, "3 feet of arrows but 4"),
        ([frame(readouts={"critic": float("inf")})], {}, RangeError, "step 0"),
        ([frame(), frame(1, readouts={"critic": 1.0})], {}, DataError, "same order"),
        (film(), {"curves": ["critics"]}, ChoiceError, "'critics'"),
        (film(), {"extent": (-3, 3)}, ShapeError, "four numbers"),
        (film(), {"extent": (3, -3, -3, 3)}, RangeError, "rise on both"),
        (film(), {"extent": (-9, 9, -1, 1)}, RangeError, "twice"),
        (film(), {"frames_per_second": 0}, RangeError, "frames_per_second=0"),
        (film(), {"real": torch.zeros(3)}, ShapeError, "`real`"),
        ([frame(p=200_000)], {}, DataError, "MB"),
    ],
)
def test_bad_input_is_refused_in_words(frames, options, error, words):
    with pytest.raises(error, match=words):
        TrainingReplay(frames, **options)


# --- the page's own part, by node ---------------------------------------------------------------


def run(folder, script, given):
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    (folder / "run.mjs").write_text(
        page_script("core", "chart", "controls", "replay")
        + '\nimport { readFileSync } from "node:fs";\n'
        + 'const given = JSON.parse(readFileSync("given.json"));\n'
        + script,
        encoding="utf-8",
    )
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


UNPACK = """
const bytes = ["points", "surfaces", "arrows", "real"];
const get = (name) => (bytes.includes(name) ? Uint8Array.from(given[name]) : given[name]);
const film = await unpackReplay(get);
const frames = Array.from({ length: film.count }, (_, t) => film.at(t));
console.log(JSON.stringify({ real: [...film.real], frames: frames.map((f) =>
  ({ points: [...f.points], surface: [...f.surface], arrows: [...f.arrows] })) }));
"""


@needs_node
@pytest.mark.parametrize(("h", "w"), [(5, 6), (2, 9), (31, 31)])
def test_the_page_unpacks_what_python_packed(tmp_path, h, w):
    frames = [frame(t, h=h, w=w) for t in range(3)]
    real = torch.randn(11, 2)
    replay = TrainingReplay(frames, real=real)
    parts = ("points", "surfaces", "arrows", "real")
    given = {name: list(getattr(replay, name)) for name in parts} | {"shape": replay.shape}
    got = run(tmp_path, UNPACK, given)
    assert torch.equal(torch.tensor(got["real"]), real.flatten())
    for shown, one in zip(got["frames"], frames, strict=True):
        assert torch.equal(torch.tensor(shown["points"]), one.points.flatten())
        both = torch.cat([one.arrows_at, one.arrows], dim=1)
        assert torch.equal(torch.tensor(shown["arrows"]), both.flatten())
        assert (torch.tensor(shown["surface"]) - one.surface.flatten()).abs().max() < 1 / 250


@needs_node
def test_an_empty_ground_of_real_points_is_no_crash(tmp_path):
    replay = TrainingReplay([frame(a=0)])
    parts = ("points", "surfaces", "arrows", "real")
    given = {name: list(getattr(replay, name)) for name in parts} | {"shape": replay.shape}
    got = run(tmp_path, UNPACK, given)
    assert got["real"] == [] and got["frames"][0]["arrows"] == []


@needs_node
def test_the_border_lies_where_the_surface_is_one_half(tmp_path):
    i, j = torch.meshgrid(torch.arange(12.0), torch.arange(9.0), indexing="xy")
    slanted = (0.5 + 0.04 * (0.7 * i + 0.5 * j - 6.2)).flatten()  # linear: crossings are exact
    got = run(
        tmp_path,
        "console.log(JSON.stringify([halfLine(given.slanted, [9, 12]), halfLine(given.flat, "
        "[9, 12])]));",
        {"slanted": slanted.double().tolist(), "flat": [0.5] * 108},
    )
    ends = torch.tensor(got[0]).view(-1, 2)
    assert len(ends) > 10
    assert torch.allclose(0.7 * ends[:, 0] + 0.5 * ends[:, 1], torch.tensor(6.2), atol=1e-4)
    assert got[1] == []  # a critic that says 1/2 everywhere draws no line


@needs_node
def test_arrows_digits_and_colours(tmp_path):
    got = run(
        tmp_path,
        """
const out = given.ways.map(([x, y]) => arrowOf(x, y, 0.5, 2));
console.log(JSON.stringify({ out, digits: [[1, 2, 8], [0.01, 0.9], [1.39, 0.7]].map(digitsFor),
  bytes: given.bytes.map(probabilityOf), tints: [0, 0.5, 1].map(tint) }));
""",
        {"ways": [[0, 0], [2, 0], [0, -3], [30, 40]], "bytes": list(range(256))},
    )
    assert got["out"] == [[0, 0], [1, 0], [0, -1.5], [pytest.approx(1.2), pytest.approx(1.6)]]
    assert got["digits"] == [0, 3, 2]
    p = np.array(got["bytes"])
    assert p[0] == 0 and p[-1] == 1 and (np.diff(p) > 0).all() and np.allclose(p + p[::-1], 1)
    assert (surface_bytes(p) == np.arange(256)).all()  # there and back
    low, half, high = got["tints"]
    assert half[3] == 0 and low[3] == high[3] > 150 and low[:3] != high[:3]
