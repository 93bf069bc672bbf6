"""Set E: its checks decide first, its rules' relatives, and its rows on the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach import train
from aigc_teach.train.watched import WATCHED
from train.strangers_fifth import SICK as SICK_1
from train.strangers_fifth import fifth
from train.strangers_fourth import fourth
from train.strangers_shown import Shown, chain, colours, grid, people
from train.strangers_sixth import SICK as SICK_2
from train.strangers_sixth import sixth

SET_E = {case.name: case for case in [*fifth(), *sixth()]}
BOOK = Path(__file__).resolve().parents[2] / "book"


# ------------------------------------------------------------------------------- the scripts


@pytest.mark.parametrize(
    "name",
    [
        "E1 wave_cleaner: adagrad",
        "E1 counting",
        "E1 scores",
        "E2 there_and_back",
        "E2 wae: critic of codes",
        "E2 paint",
    ],
)
def test_a_sound_training_is_left_in_peace(name):
    made = SET_E[name].build(0)
    assert made.sound, made.outcome
    assert made.found() == set()


@pytest.mark.parametrize(
    "name",
    [
        "E1 wave_cleaner: rate of 3",
        "E1 x_zero: the time divided twice",
        "E1 arithmetic: softmax before cross entropy",
        "E1 slope_gan: the sign of the generator's loss",
        "E2 weighted: a logarithm of 0",
        "E2 paint: eval() after the first look",
    ],
)
def test_a_planted_defect_is_named(name):
    assert {*SET_E[name].meant} & SET_E[name].build(0).found()


def test_set_e_is_large_and_its_halves_share_no_script():
    for cases, half in ((fifth(), "E1"), (sixth(), "E2")):
        sick = [case for case in cases if case.meant]
        assert len(sick) >= 12 and len(cases) - len(sick) >= 24
        assert {case.half for case in cases} == {half}
    one, two = ({case.build.func for case in cases} for cases in (fifth(), sixth()))
    assert not one & two
    known = {*train.SYMPTOMS, *(rule.__name__ for rule in WATCHED)}
    assert {name for sick in (SICK_1, SICK_2) for _, m, _ in sick for name in m.split()} <= known


def test_a_training_that_fails_its_check_is_not_sound():
    given, watched = {}, train.Diagnosis({})
    assert Shown(given, watched, {"loss": (0.5, 0.9)}).sound
    for outcome in ({}, {"loss": (0.9, 0.9)}, {"loss": (float("nan"), 0.9)}):
        assert not Shown(given, watched, outcome).sound


# ------------------------------------------------------------------- relatives of what was mended


def regress(make, step, n=40, size=64):
    """A linear map that is learnt, watched: ``step(optimizer, closure)`` makes each step."""
    torch.manual_seed(0)
    x = people(256)
    y = x @ torch.randn(6, 2)
    net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = make(net.parameters())
    with train.watch(net=net, optimizers=optimizer) as seen:
        for _ in range(n):
            k = torch.randint(256, (size,))
            step(optimizer, lambda k=k: F.mse_loss(net(x[k]), y[k]))
    return {*seen.report().findings}


def cleared_inside(optimizer, loss):
    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)


def cleared_outside(optimizer, loss):
    def closure():
        value = loss()
        value.backward()
        return value

    optimizer.step(closure=closure)
    optimizer.zero_grad(set_to_none=True)


def never_cleared(optimizer, loss):
    def closure():
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)


ADAM = lambda weights: torch.optim.Adam(weights, lr=1e-2)  # noqa: E731
LBFGS = lambda weights: torch.optim.LBFGS(weights, lr=0.5, max_iter=4)  # noqa: E731


@pytest.mark.parametrize(
    ("make", "step"), [(ADAM, cleared_inside), (ADAM, cleared_outside), (LBFGS, cleared_inside)]
)
def test_a_closure_makes_fresh_gradients(make, step):
    assert regress(make, step) == set()


def test_a_closure_that_never_clears_is_named():
    assert "gradients_pile_up" in regress(ADAM, never_cleared)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_a_descent_that_has_arrived_may_rest(momentum):
    torch.manual_seed(0)
    x = people(128).double()
    net = nn.Linear(6, 2).double()
    y = (x @ torch.randn(6, 2).double()).detach()
    sgd = torch.optim.SGD(net.parameters(), lr=0.2, momentum=momentum)
    with train.watch(net=net, optimizers=sgd) as seen:
        for _ in range(3000):
            sgd.zero_grad()
            F.mse_loss(net(x), y).backward()
            sgd.step()
    assert "stopped_moving" not in seen.report().findings


class Told(nn.Module):
    """Items and the logarithm of the noise's size in, noise out."""

    def __init__(self, d, ear=1.0):
        super().__init__()
        self.ear, self.net = ear, nn.Sequential(nn.Linear(d + 1, 64), nn.SiLU(), nn.Linear(64, d))

    def forward(self, x, t):
        return self.net(torch.cat([x, self.ear * t.view(-1, 1)], 1))


def noise_of(x, most, ear=1.0, steps=60):
    """Noise of up to `most` is added to items and predicted; what is found."""
    torch.manual_seed(0)
    net = Told(x.shape[1], ear)
    adam = torch.optim.Adam(net.parameters(), 2e-3)

    def loss(y):
        t = torch.rand(len(y))
        eps = torch.randn_like(y)
        return F.mse_loss(net(y + (most * t)[:, None] * eps, t), eps)

    for _ in range(steps):
        adam.zero_grad()
        loss(x[torch.randint(len(x), (64,))]).backward()
        adam.step()
    return {*train.diagnose(real=x, model=net, losses=loss, optimizers=adam).findings}


def test_noise_that_hides_points_is_strong_enough():
    x = grid(512)
    assert "noise_too_weak" not in noise_of(x, 2.5)
    assert "noise_too_weak" not in noise_of(people(512), 2.5)  # a fifth is data, round as noise is
    assert "noise_too_weak" in noise_of(x, 0.5)


def test_noise_that_hides_points_need_not_hide_pictures():
    x = colours(256).flatten(1)
    assert "noise_too_weak" in noise_of(x, 1.0)
    assert "noise_too_weak" not in noise_of(x, 20.0)


def test_fifty_steps_stay_named_though_points_are_nearly_round_in_them():
    (case,) = [case for case in fourth() if case.name == "D tiny_ddpm: 50 steps"]
    assert "noise_too_weak" in case.build(0).found()


@pytest.mark.parametrize(("ear", "deaf"), [(1.0, False), (1e-3, True), (0.0, True)])
def test_a_step_that_is_hardly_used_is_named(ear, deaf):
    assert ("step_ignored" in noise_of(grid(512), 3.0, ear)) is deaf


@pytest.mark.parametrize("end", ["softmax", "logits", "log of softmax"])
@pytest.mark.parametrize("kind", ["table", "recurrent"])
def test_a_softmax_before_a_cross_entropy_is_named(kind, end):
    torch.manual_seed(0)
    ends = {"softmax": nn.Softmax(-1), "logits": nn.Identity(), "log of softmax": nn.LogSoftmax(-1)}

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.look, self.say = nn.Embedding(6, 16), nn.Linear(16, 6)
            self.cell = nn.GRU(16, 16, batch_first=True) if kind == "recurrent" else None

        def forward(self, ids):
            h = self.look(ids)
            return ends[end](self.say(h if self.cell is None else self.cell(h)[0]))

    net, x = Net(), chain(64, 12)
    adam = torch.optim.Adam(net.parameters(), 1e-2)

    def loss(rows):
        return F.cross_entropy(net(rows[:, :-1]).transpose(1, 2), rows[:, 1:])

    found = train.diagnose(real=x, model=net, losses=loss, optimizers=adam).findings
    assert ("squashed_twice" in found) is (end == "softmax")


@pytest.mark.parametrize("rate", [1e-2, 30.0])
@pytest.mark.parametrize("kind", ["dense", "convolutions"])
def test_an_autoencoder_worse_than_the_mean_is_named(kind, rate):
    torch.manual_seed(0)
    x = colours(256)
    if kind == "dense":
        encoder = nn.Sequential(nn.Flatten(), nn.Linear(192, 6))
        decoder = nn.Sequential(nn.Linear(6, 192), nn.Unflatten(1, (3, 8, 8)))
    else:
        encoder = nn.Conv2d(3, 2, 4, 4)
        decoder = nn.ConvTranspose2d(2, 3, 4, 4)
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], rate)
    for _ in range(220):
        adam.zero_grad()
        part = x[torch.randint(256, (32,))]
        F.mse_loss(decoder(encoder(part)), part).backward()
        adam.step()
    found = train.diagnose(real=x, encoder=encoder, decoder=decoder, optimizers=adam).findings
    assert ("dead_code" in found) is (rate > 1)


@pytest.mark.parametrize("names", [("scores", "makes"), ("C", "G"), ("loss one", "loss generator")])
def test_of_two_losses_the_one_left_over_is_the_critics(names):
    torch.manual_seed(0)
    makes, scores = nn.Linear(3, 2), nn.Linear(2, 1)
    pair = {
        names[0]: lambda x: (
            -scores(makes(torch.randn(len(x), 3)).detach()).mean() + scores(x).mean()
        ),
        names[1]: lambda x: -scores(makes(torch.randn(len(x), 3))).mean(),
    }
    given = {"real": grid(64), "generator": makes, "critic": scores, "noise": 3, "losses": pair}
    found = train.diagnose(**given)
    told = "generator_pulls_with_critic"
    assert told in (found.unknown if names[1] == "makes" else found.findings)


@pytest.mark.parametrize("kind", ["data", "normal", "uniform"])
def test_what_enters_a_generator_is_noise_or_data(kind):
    torch.manual_seed(0)
    makes = nn.Linear(2, 2)
    bank = {
        "data": grid(200), "normal": torch.randn(200, 2), "uniform": torch.rand(200, 2)
    }[kind]  # fmt: skip

    def noise(n):
        return bank[torch.randint(200, (n,))]

    found = train.diagnose(real=grid(256), generator=makes, noise=noise)
    assert ("reused_noise" in found.unknown) is (kind == "data")
    assert ("reused_noise" in found.findings) is (kind != "data")


@pytest.mark.parametrize("kind", ["log", "root", "sound"])
def test_a_loss_that_is_no_number_is_named(kind):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 6), nn.ReLU())
    last = {"log": torch.log, "root": lambda y: (-y - 1).sqrt(), "sound": lambda y: y}[kind]
    found = train.diagnose(
        real=people(64), model=net, losses=lambda x: (last(net(x)) * 0).mean()
    ).findings
    assert ("not_finite" in found) is (kind != "sound")


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.LayerNorm])
def test_an_evaluation_mode_left_on_is_named(kind, back):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16), kind(16), nn.ReLU(), nn.Linear(16, 2))
    adam, x = torch.optim.Adam(net.parameters(), 1e-3), people(128)
    with train.watch(net=net, optimizers=adam) as seen:
        for k in range(40):
            if k == 3:
                net.eval()
                with torch.no_grad():
                    net(x)
                net.train(back)
            adam.zero_grad()
            net(x[torch.randint(128, (32,))]).square().mean().backward()
            adam.step()
    named = "statistics_never_update" in seen.report().findings
    assert named is (kind is nn.BatchNorm1d and not back)


def test_a_loss_of_a_network_that_was_not_given_is_not_judged():
    torch.manual_seed(0)
    encoder, decoder, other = nn.Linear(6, 2), nn.Linear(2, 6), nn.Linear(2, 1)
    losses = {
        "ae": lambda x: F.mse_loss(decoder(encoder(x)), x),
        "of codes": lambda x: other(encoder(x).detach()).mean(),
    }
    found = train.diagnose(real=people(64), encoder=encoder, decoder=decoder, losses=losses)
    assert "no_gradient" in found.unknown and "was not given" in found.unknown["no_gradient"]


# ------------------------------------------------------------------------------------- the page


def test_the_page_shows_what_was_measured_of_set_e():
    rows = json.loads((BOOK / "diagnose.json").read_text("utf-8"))
    page = (BOOK / "diagnose.md").read_text("utf-8").splitlines()
    titles = {"E1": "| E1, first run", "E2": "| E2, its one run", "E1now": "| E1, as the rules"}
    for which, begin in (titles | {"E2now": "| E2, after what"}).items():
        cases = {name: case for name, case in SET_E.items() if case.half == which[:2]}
        assert {(r["name"], r["seed"]) for r in rows[which]} == {
            (n, k) for n in cases for k in range(3)
        }
        told = []
        for ill, result in ((True, "hit"), (False, "alarm")):
            own = [r for r in rows[which] if bool(cases[r["name"]].meant) is ill]
            own = [r for r in own if r["result"] != "unsound"]
            told.append(f"{sum(r['result'] == result for r in own)} of {len(own)} (")
        (line,) = [line for line in page if line.startswith(begin)]
        assert all(part in line for part in told)
