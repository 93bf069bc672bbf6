"""AdversarialGame: what Python refuses, and the page's arithmetic against torch's."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch
from torch import nn

from aigc_teach.core.errors import ChoiceError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.losses import game, gan
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.game import AdversarialGame

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")


def test_defaults_and_words():
    widget = AdversarialGame(seed=3)
    assert (widget.dataset, widget.loss, widget.seed, widget.log_rate) == (
        "ring",
        "non_saturating",
        3,
        pytest.approx(-2.0),
    )
    assert "arrows" in widget.alt and "The adversarial game" in repr(widget)
    assert len(widget._esm) < 60_000


def test_the_kept_game_comes_back_as_bytes():
    """A front end sends bytes as a memoryview."""
    widget = AdversarialGame()
    widget.set_state({"kept": memoryview(b"\x00\x01\x02\x03")})
    assert widget.kept == b"\x00\x01\x02\x03"


def test_own_points_reach_the_page():
    points = torch.tensor([[1.0, 2.0], [-3.0, 0.5]])
    assert AdversarialGame(dataset="own", points=points).points == points.tolist()
    assert AdversarialGame(points=torch.zeros(0, 2)).points == []


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"dataset": "rings"}, ChoiceError, "'ring', 'blobs'"),
        ({"loss": "hinge"}, ChoiceError, "'saturating'"),
        ({"learning_rate": 0.5}, RangeError, "0.0001, 0.1"),
        ({"learning_rate": float("nan")}, RangeError, "must lie in"),
        ({"seed": -1}, RangeError, "seed=-1"),
        ({"seed": 1.5}, DtypeError, "whole number"),
        ({"points": [[0.0, 1.0]]}, DtypeError, "torch.Tensor"),
        ({"points": torch.zeros(3)}, ShapeError, r"\[M, 2\]"),
        ({"points": torch.zeros(301, 2)}, DataError, "at most 300"),
        ({"points": torch.full((1, 2), 4.0)}, RangeError, "plane shown"),
        ({"points": torch.full((1, 2), float("nan"))}, RangeError, "plane shown"),
    ],
)
def test_bad_input_is_a_sentence(options, error, words):
    with pytest.raises(error, match=words):
        AdversarialGame(**options)


# --- the arithmetic, run by node ----------------------------------------------------------


def run(folder, script, given=None):
    (folder / "given.json").write_text(json.dumps(given or {}))
    (folder / "run.mjs").write_text(
        page_script("core", "dense")
        + '\nimport { readFileSync } from "node:fs";\n'
        + 'const given = JSON.parse(readFileSync("given.json"));\n'
        + script
    )
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def dense(sizes):
    layers = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


def flat(tensors):
    return torch.cat([t.detach().flatten() for t in tensors])


def players(seed):
    torch.manual_seed(seed)
    critic, generator = dense([2, 24, 24, 1]), dense([2, 16, 16, 2])
    with torch.no_grad():
        for weight in [*critic.parameters(), *generator.parameters()]:
            weight.mul_(2)
    return critic, generator


SETUP = """
const critic = makeDense(CRITIC, Float32Array.from(given.critic));
const generator = makeDense(GENERATOR, Float32Array.from(given.generator));
const players = makePlayers(critic, generator);
const real = Float64Array.from(given.real), noise = Float64Array.from(given.noise);
"""


def given(seed, n=40):
    critic, generator = players(seed)
    real, noise = torch.randn(n, 2), torch.randn(n, 2)
    data = {"critic": flat(critic.parameters()), "generator": flat(generator.parameters())}
    data |= {"real": real.flatten(), "noise": noise.flatten()}
    return critic, generator, real, noise, {k: v.tolist() for k, v in data.items()}


@needs_node
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", game.GENERATOR_KINDS)
def test_losses_and_gradients_equal_autograd(tmp_path, seed, kind):
    critic, generator, real, noise, data = given(seed)
    got = run(
        tmp_path,
        SETUP
        + """
const fake = generator.forward(noise, noise.length / 2).slice(0, noise.length);
const lossC = players.criticGradient(real, fake), gradC = [...critic.gradient];
critic.gradient.fill(0);
const lossG = players.generatorGradient(noise, given.kind);
console.log(JSON.stringify({ fake: [...fake], lossC, gradC, lossG, gradG: [...generator.gradient],
  left: critic.gradient.some((g) => g !== 0), push: [...players.push(real, given.kind)] }));
""",
        data | {"kind": kind},
    )
    fake = generator(noise)
    assert torch.allclose(torch.tensor(got["fake"]), fake.flatten(), atol=1e-5)
    loss = gan.critic_loss(critic(real), critic(fake.detach()))
    gradient = flat(torch.autograd.grad(loss, list(critic.parameters())))
    assert got["lossC"] == pytest.approx(loss.item(), abs=1e-5)
    assert torch.allclose(torch.tensor(got["gradC"]), gradient, atol=1e-5)
    loss = gan.generator_loss(critic(generator(noise)), kind)
    gradient = flat(torch.autograd.grad(loss, list(generator.parameters())))
    assert got["lossG"] == pytest.approx(loss.item(), abs=1e-5)
    assert torch.allclose(torch.tensor(got["gradG"]), gradient, atol=1e-5)
    assert gradient.abs().max() > 1e-3 and got["left"] is False
    x = real.clone().requires_grad_()
    (slope,) = torch.autograd.grad(gan.generator_loss(critic(x), kind) * len(x), x)
    assert torch.allclose(torch.tensor(got["push"]), -slope.flatten(), atol=1e-5)


@needs_node
def test_five_turns_of_adam_equal_torch(tmp_path):
    critic, generator, real, noise, data = given(4)
    got = run(
        tmp_path,
        SETUP
        + """
for (let k = 0; k < 5; k++) {
  players.stepCritic(real, noise, 0.01);
  players.stepGenerator(noise, 0.01, "non_saturating");
}
console.log(JSON.stringify({ c: [...critic.weights], g: [...generator.weights] }));
""",
        data,
    )
    of_critic = torch.optim.Adam(critic.parameters(), lr=0.01, betas=(0.5, 0.99))
    of_generator = torch.optim.Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.99))
    for _ in range(5):
        of_critic.zero_grad()
        gan.critic_loss(critic(real), critic(generator(noise).detach())).backward()
        of_critic.step()
        of_generator.zero_grad()
        gan.generator_loss(critic(generator(noise))).backward()
        of_generator.step()
    assert torch.allclose(torch.tensor(got["c"]), flat(critic.parameters()), atol=2e-4)
    assert torch.allclose(torch.tensor(got["g"]), flat(generator.parameters()), atol=2e-4)


@needs_node
def test_energy_distance_and_slopes_equal_the_package(tmp_path):
    torch.manual_seed(0)
    a, b = torch.randn(50, 2).double(), (torch.randn(70, 2) + 0.7).double()
    t = torch.linspace(-800, 800, 161).double()
    got = run(
        tmp_path,
        """
const a = Float64Array.from(given.a), b = Float64Array.from(given.b);
const all = (f) => given.t.map(f);
console.log(JSON.stringify({ distance: energyDistance(a, b), few: energyDistance(a, b.slice(0, 2)),
  non_saturating: all((t) => generatorSlope(t, "non_saturating")),
  saturating: all((t) => generatorSlope(t, "saturating")), soft: all(softplus) }));
""",
        {"a": a.flatten().tolist(), "b": b.flatten().tolist(), "t": t.tolist()},
    )
    assert got["distance"] == pytest.approx(game.energy_distance(a, b).item(), abs=1e-9)
    assert got["few"] is None  # one point has no distance within
    for kind in game.GENERATOR_KINDS:
        slopes = torch.tensor(got[kind], dtype=torch.float64)
        assert torch.allclose(slopes, game.generator_slope(t, kind))
    assert torch.allclose(
        torch.tensor(got["soft"], dtype=torch.float64), nn.functional.softplus(t), atol=1e-8
    )


PLAY = """
const options = { seed: 5, dataset: "ring", own: [] };
const play = (game, turns) => {
  for (let k = 0; k < turns; k++) {
    game.stepCritic(0.01);
    game.stepGenerator(0.01, "non_saturating");
  }
  game.measure("non_saturating");
  game.note();
};
"""


@needs_node
def test_a_game_is_repeatable_and_goes_on_where_it_was_kept(tmp_path):
    got = run(
        tmp_path,
        PLAY
        + """
const one = makeGame(options), two = makeGame(options), other = makeGame({ ...options, seed: 6 });
play(one, 20); play(two, 10); play(other, 20);
const kept = two.save(), three = makeGame(options);
three.load(kept); play(three, 10);
const weights = (game) => game.players.critic.weights;
const before = makeGame(options); before.load(new Float32Array(0)); before.measure("saturating");
console.log(JSON.stringify({ one: one.now, three: three.now, other: other.now, turns: three.turns,
  rows: three.record.length, same: weights(one).every((w, i) => w === weights(three)[i]),
  fresh: before.turns }));
""",
    )
    assert got["one"] == got["three"] != got["other"]
    assert got["same"] and got["turns"] == {"critic": 20, "generator": 20} and got["rows"] == 2
    assert got["fresh"] == {"critic": 0, "generator": 0}


@needs_node
@pytest.mark.parametrize("dataset", ["ring", "blobs", "line", "own"])
def test_the_players_learn_every_data_set(tmp_path, dataset):
    got = run(
        tmp_path,
        PLAY
        + """
const own = [[-2, -2], [-2, -1.8], [2, 2], [1.8, 2]];
const out = [0, 1, 2].map((seed) => {
  const game = makeGame({ seed, dataset: given.dataset, own });
  play(game, 0);
  const first = game.now.distance, seen = [];
  for (let k = 0; k < 6; k++) { play(game, 100); seen.push(game.now.distance); }
  return [first, Math.min(...seen)];
});
console.log(JSON.stringify(out));
""",
        {"dataset": dataset},
    )
    assert all(best < 0.35 * first for first, best in got), got


@needs_node
def test_both_ends_of_the_slider_stay_finite_and_nothing_drawn_is_no_crash(tmp_path):
    got = run(
        tmp_path,
        """
const states = [1e-4, 1e-1].map((rate) => ["non_saturating", "saturating"].map((kind) => {
  const game = makeGame({ seed: 0, dataset: "line", own: [] });
  for (let k = 0; k < 300; k++) { game.stepCritic(rate); game.stepGenerator(rate, kind); }
  for (let k = 0; k < 50; k++) game.stepCritic(rate);
  return Object.values(game.measure(kind)).every(Number.isFinite);
}));
const empty = makeGame({ seed: 0, dataset: "own", own: [] });
empty.measure("saturating");
const long = makeGame({ seed: 0, dataset: "ring", own: [] });
long.measure("saturating");
for (let k = 0; k < 1200; k++) { long.turns.critic++; long.note(); }
console.log(JSON.stringify({ states, ready: empty.ready(), rows: long.record.length,
  last: long.record[long.record.length - 1][0] }));
""",
    )
    assert got["states"] == [[True, True], [True, True]]
    assert got["ready"] is False and got["rows"] <= 500 and got["last"] == 1200


@needs_node
def test_the_random_numbers_are_normal(tmp_path):
    values = run(
        tmp_path,
        "const r = makeRandom(1);"
        "console.log(JSON.stringify(Array.from({ length: 20000 }, () => r.normal())));",
    )
    values = np.array(values)
    assert abs(values.mean()) < 0.03 and abs(values.std() - 1) < 0.02
    assert abs((np.abs(values) < 1.96).mean() - 0.95) < 0.01


@needs_node
def test_a_sure_critic_makes_long_arrows_or_short_ones(tmp_path):
    """What the lesson says of thirty critic steps before the generator moves."""
    got = run(
        tmp_path,
        """
const lengths = [0, 1, 2].map((seed) => {
  const game = makeGame({ seed, dataset: "ring", own: [] });
  const mean = (kind) => {
    game.measure(kind);
    const p = game.players.push(game.fake.subarray(0, 96), kind);
    let sum = 0;
    for (let i = 0; i < 96; i += 2) sum += Math.hypot(p[i], p[i + 1]) / 48;
    return sum;
  };
  const before = mean("non_saturating");
  for (let k = 0; k < 30; k++) game.stepCritic(0.01);
  return [before, mean("non_saturating"), mean("saturating")];
});
console.log(JSON.stringify(lengths));
""",
    )
    assert all(sure > 5 * before and flat_ < 0.25 * sure for before, sure, flat_ in got), got
