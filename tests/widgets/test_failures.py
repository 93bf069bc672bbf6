"""FailureLab: what Python refuses, and the page's arithmetic against torch's."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import torch
from torch import nn

from aigc_teach.core.errors import ChoiceError, DtypeError, RangeError
from aigc_teach.losses import gan, penalty
from aigc_teach.nn import MinibatchStatistic
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.failures import CURES, FAILURES, TARGETS, FailureLab

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")


def test_defaults_and_words():
    widget = FailureLab(seed=3)
    state = (widget.target, widget.failure, widget.cure, widget.seed)
    assert state == ("ring", "none", "none", 3)
    assert "modes are covered" in widget.alt and "Break it" in repr(widget)
    assert len(widget._esm) < 80_000


def test_the_kept_game_comes_back_as_bytes():
    widget = FailureLab()
    widget.set_state({"kept": memoryview(b"\x00\x01\x02\x03")})
    assert widget.kept == b"\x00\x01\x02\x03"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"target": "rings"}, ChoiceError, "'ring', 'grid', 'clusters'"),
        ({"failure": "collapse"}, ChoiceError, "'ratio'"),
        ({"cure": "wgan"}, ChoiceError, "'gradient'"),
        ({"seed": -1}, RangeError, "seed=-1"),
        ({"seed": 1.5}, DtypeError, "whole number"),
    ],
)
def test_bad_input_is_a_sentence(options, error, words):
    with pytest.raises(error, match=words):
        FailureLab(**options)


# --- the arithmetic, run by node ----------------------------------------------------------


def run(folder, script, given=None):
    (folder / "given.json").write_text(json.dumps(given or {}))
    (folder / "run.mjs").write_text(
        page_script("core", "dense", "failures_game")
        + '\nimport { readFileSync } from "node:fs";\n'
        + 'const given = JSON.parse(readFileSync("given.json"));\n'
        + script
    )
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_python_and_page_know_the_same_switches(tmp_path):
    got = run(
        tmp_path,
        "console.log(JSON.stringify([CENTRES, FAILURES, CURES].map((all) => Object.keys(all))));",
    )
    assert got == [list(TARGETS), list(FAILURES), list(CURES)]


class Critic(nn.Module):
    """The page's critic in torch; with the statistic, one more feature for the last layer."""

    def __init__(self, seed, statistic=False):
        super().__init__()
        torch.manual_seed(seed)
        self.body = nn.Sequential(
            nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2)
        )
        self.head, self.look = nn.Linear(32, 1), nn.Parameter(torch.tensor([0.3]))
        self.statistic = statistic
        with torch.no_grad():
            for weight in self.body.parameters():
                weight.mul_(1.5)

    def forward(self, x):
        features = self.body(x)
        logits = self.head(features).squeeze(1)
        if not self.statistic:
            return logits
        return logits + self.look * MinibatchStatistic()(features)[:, -1]


def flat(tensors):
    return torch.cat([t.detach().flatten() for t in tensors])


def case(seed, n=24, **options):
    critic = Critic(seed, **options)
    maker = nn.Sequential(
        nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2)
    )
    real, noise, share = torch.randn(n, 2), torch.randn(n, 2), torch.rand(n)
    names = ["body.0.weight", "body.0.bias", "body.2.weight", "body.2.bias", "head.weight"]
    weights = dict(critic.named_parameters())
    weights = [weights[name] for name in [*names, "head.bias", "look"]]
    given = {"critic": flat(weights), "maker": flat(maker.parameters())}
    given |= {"real": real.flatten(), "noise": noise.flatten(), "share": share}
    return critic, maker, weights, real, noise, share, {k: v.tolist() for k, v in given.items()}


GRADIENTS = """
const game = makeFailing({ seed: 0, target: "ring", failure: given.failure, cure: given.cure });
game.judge.raw.set(given.critic);
game.maker.weights.set(given.maker);
game.judge.prepare(game.how, 400);
const real = Float64Array.from(given.real), noise = Float64Array.from(given.noise);
const n = real.length / 2;
const fake = Float64Array.from(game.maker.forward(noise, n).subarray(0, 2 * n));
const critic = game.criticGradient(real, fake, given.share);
const lossG = game.makerGradient(noise);
console.log(JSON.stringify({ lossC: critic.loss, gradC: [...critic.gradient], lossG,
  gradG: [...game.maker.gradient], left: [...game.judge.collect()].some((g) => g !== 0),
  sigma: game.judge.pairs.map((p) => p.sigma) }));
"""


def compare(got, critic, maker, weights, real, noise, share, loss, how=None, weight=0.0, net=None):
    judge = net or critic
    fake = maker(noise)
    lossC = gan.critic_loss(judge(real), judge(fake.detach()), loss)
    if how == "r1":
        lossC = lossC + weight * penalty.r1_penalty(judge, real)
    if how == "gradient":
        between = fake.detach() + share.unsqueeze(1) * (real - fake.detach())
        lossC = lossC + weight * ((penalty.slopes(judge, between) - 1) ** 2).mean()
    gradient = torch.autograd.grad(lossC, weights, allow_unused=True)
    gradient = flat(
        [torch.zeros_like(w) if g is None else g for w, g in zip(weights, gradient, strict=True)]
    )
    assert got["lossC"] == pytest.approx(lossC.item(), abs=2e-5)
    assert torch.allclose(torch.tensor(got["gradC"]), gradient, atol=3e-5)
    lossG = gan.generator_loss(judge(fake), loss)
    gradient = flat(torch.autograd.grad(lossG, list(maker.parameters())))
    assert got["lossG"] == pytest.approx(lossG.item(), abs=2e-5)
    assert torch.allclose(torch.tensor(got["gradG"]), gradient, atol=3e-5)
    assert gradient.abs().max() > 1e-4 and got["left"] is False


@needs_node
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("failure", "cure", "loss", "how"),
    [
        ("none", "none", "non_saturating", None),
        ("saturating", "none", "saturating", None),
        ("strong", "hinge", "hinge", None),
        ("none", "clip", "wasserstein", None),
        ("none", "r1", "non_saturating", "r1"),
        ("saturating", "r1", "saturating", "r1"),
        ("ratio", "gradient", "wasserstein", "gradient"),
    ],
)
def test_losses_penalties_and_gradients_equal_autograd(tmp_path, seed, failure, cure, loss, how):
    *parts, given = case(seed)
    got = run(tmp_path, GRADIENTS, given | {"failure": failure, "cure": cure})
    compare(got, *parts, loss, how, 0.1)


@needs_node
@pytest.mark.parametrize("seed", [0, 1])
def test_the_statistic_and_its_gradient_equal_autograd(tmp_path, seed):
    *parts, given = case(seed, statistic=True)
    got = run(tmp_path, GRADIENTS, given | {"failure": "none", "cure": "statistic"})
    compare(got, *parts, "non_saturating")
    assert abs(got["gradC"][-1]) > 1e-5


@needs_node
@pytest.mark.parametrize("seed", [0, 1])
def test_the_divided_weights_and_their_gradient_equal_an_svd(tmp_path, seed):
    *parts, given = case(seed)
    critic, _, weights, *_ = parts
    got = run(tmp_path, GRADIENTS, given | {"failure": "none", "cure": "spectral"})
    sigma = [torch.linalg.svdvals(w)[0] for w in weights if w.ndim == 2]
    assert got["sigma"] == pytest.approx([s.item() for s in sigma], rel=1e-4)
    w1, b1, w2, b2, w3, b3, _ = weights

    def divided(x):  # the SVD itself is differentiated here
        h = nn.functional.leaky_relu(x @ (w1 / sigma[0]).T + b1, 0.2)
        h = nn.functional.leaky_relu(h @ (w2 / sigma[1]).T + b2, 0.2)
        return (h @ (w3 / sigma[2]).T + b3).squeeze(1)

    compare(got, *parts, "non_saturating", net=divided)


@needs_node
def test_a_game_is_repeatable_and_goes_on_where_it_was_kept(tmp_path):
    got = run(
        tmp_path,
        """
const options = { seed: 5, target: "ring", failure: "ratio", cure: "gradient" };
const play = (game, steps) => {
  for (let k = 0; k < steps; k++) game.step();
  game.measure();
  game.note();
};
const one = makeFailing(options), two = makeFailing(options);
const other = makeFailing({ ...options, seed: 6 });
play(one, 20); play(two, 10); play(other, 20);
const three = makeFailing(options);
three.load(two.save()); play(three, 10);
const same = (a, b) => a.every((w, i) => w === b[i]);
const fresh = makeFailing(options);
fresh.load(new Float32Array(0));
console.log(JSON.stringify({
  same: same(one.judge.raw, three.judge.raw) && same(one.maker.weights, three.maker.weights),
  differ: !same(one.judge.raw, other.judge.raw), steps: three.steps,
  rows: three.record.length, fresh: fresh.steps }));
""",
    )
    assert got == {"same": True, "differ": True, "steps": 20, "rows": 2, "fresh": 0}


@needs_node
def test_every_failure_with_every_cure_stays_finite(tmp_path):
    got = run(
        tmp_path,
        """
const bad = [];
for (const failure of Object.keys(FAILURES)) for (const cure of Object.keys(CURES)) {
  const game = makeFailing({ seed: 1, target: "clusters", failure, cure });
  for (let k = 0; k < 25; k++) game.step();
  game.measure();
  const counted = game.good >= 0 && game.good <= 1 && game.modes <= 2;
  if (!game.finite() || !counted) bad.push([failure, cure]);
}
const game = makeFailing({ seed: 1, target: "grid", failure: "none", cure: "none" });
for (const cure of Object.keys(CURES)) {
  game.setCure(cure);
  for (let k = 0; k < 5; k++) game.step();
}
game.measure();
for (let k = 0; k < 1000; k++) { game.steps++; game.note(); }
console.log(JSON.stringify({ bad, finite: game.finite(), rows: game.record.length <= ROWS }));
""",
    )
    assert got == {"bad": [], "finite": True, "rows": True}


@needs_node
def test_modes_and_good_share_are_counted_right(tmp_path):
    """A generator whose last layer gives one constant point."""
    got = run(
        tmp_path,
        """
const game = makeFailing({ seed: 1, target: "grid", failure: "none", cure: "none" });
const at = (x, y) => {
  const w = game.maker.weights;
  w.fill(0, w.length - 2 - 2 * H);
  w[w.length - 2] = x;
  w[w.length - 1] = y;
  game.measure();
  return [game.modes, game.good];
};
console.log(JSON.stringify([at(1, 1), at(1.2, 1), at(1.3, 1), at(1.5, 1.5)]));
""",
    )
    assert got == [[1, 1], [1, 1], [0, 0], [0, 0]]


@needs_node
def test_a_head_start_of_the_critic_makes_the_first_gradient_ten_times_shorter(tmp_path):
    """What the lesson says of the failure it opens with, and that Adam gets over it."""
    got = run(
        tmp_path,
        """
console.log(JSON.stringify([0, 1, 2].map((seed) => ["saturating", "strong"].map((failure) => {
  const game = makeFailing({ seed, target: "ring", failure, cure: "none" });
  game.step();
  const first = game.norm;
  for (let k = 0; k < 40; k++) game.step();
  return [first, game.norm];
}))));
""",
    )
    for (free, _), (first, later) in got:
        assert first < 0.1 * free and later > 10 * first
