"""The diagnosis of plain things: anybody's names and shapes, and each experiment by itself."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach.core import DataError, DtypeError, GenerativeModel, Labelled, Loss, ShapeError
from aigc_teach.models import GAN, VAE
from aigc_teach.train import EMA, SYMPTOMS, History, TrainConfig, diagnose, fit
from aigc_teach.train.probe import kind_of
from aigc_teach.train.reading import READING, reading
from aigc_teach.train.watched import WATCHED
from train import strangers

ROOT = Path(__file__).resolve().parents[2]
TABLE = {stranger.name: stranger for stranger in strangers.table()}
DATA = strangers.ring()
GIVEN = ("generator", "critic")


def pair(seed: int = 0, *, sigmoid: bool = False) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(seed)
    netG = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
    netD = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    nn.init.normal_(netG[2].weight, std=0.5)  # untrained, but not all samples alike
    return netG, netD.append(nn.Sigmoid()) if sigmoid else netD


def losses(netG, netD) -> dict:
    def fakes(x):
        return netG(torch.randn(len(x), 3))

    return {
        "D": lambda x: (F.softplus(-netD(x)) + F.softplus(netD(fakes(x).detach()))).mean(),
        "G": lambda x: F.softplus(-netD(fakes(x))).mean(),
    }


@pytest.mark.parametrize("name", [n for n, case in TABLE.items() if case.meant])
def test_a_sick_training_of_a_stranger_is_seen(name):
    assert {*TABLE[name].meant} & TABLE[name].build(0).found()


@pytest.mark.parametrize("name", [n for n, case in TABLE.items() if not case.meant])
def test_a_sound_training_of_a_stranger_is_left_in_peace(name):
    assert TABLE[name].build(0).found() == set()


def test_the_table_is_large_enough_and_names_known_symptoms():
    sick = [case for case in TABLE.values() if case.meant]
    assert len(sick) >= 24 and len(TABLE) - len(sick) >= 16
    known = {*SYMPTOMS, *(rule.__name__ for rule in WATCHED)}
    assert {name for case in sick for name in case.meant} <= known


def test_every_finding_names_a_lesson_and_a_section_that_are_there():
    assert {*SYMPTOMS, *(rule.__name__ for rule in WATCHED)} == READING.keys()
    for symptom, (place, section) in READING.items():
        text = (ROOT / "book" / f"{place}.md").read_text("utf-8")
        assert re.search(rf"^## {re.escape(section)}$", text, re.MULTILINE), (symptom, section)
        assert f"{place}.md#" in reading(symptom)


class Named(GenerativeModel):
    """A model of the contract whose networks are called as its owner likes."""

    def __init__(self, names: tuple[str, str], *, twice: bool = False):
        super().__init__()
        self.players = names
        self.kept_losses = {}
        for name, net in zip(names, reversed(pair(sigmoid=twice)), strict=True):
            setattr(self, name, net)

    def loss(self, batch, player="", *, generator=None):
        judge, maker = (getattr(self, name) for name in self.players)
        fake = maker(torch.randn(len(batch), 3, generator=generator))
        if player == self.players[1]:
            return Loss(F.softplus(-judge(fake)).mean(), {})
        return Loss((F.softplus(-judge(batch)) + F.softplus(judge(fake.detach()))).mean(), {})

    def trajectory(self, n, *, condition=None, generator=None):
        yield getattr(self, self.players[1])(torch.randn(n, 3, generator=generator))


@pytest.mark.parametrize(
    "names", [("netD", "netG"), ("discriminator", "gen"), ("D", "G"), ("alice", "bob")]
)
def test_names_are_learned_from_the_players(names):
    sick = diagnose(History(), Named(names, twice=True), DATA)
    assert set(sick.findings) == {"squashed_twice"}
    sound = diagnose(History(), Named(names), DATA)
    assert not sound and {"labels_alike", "reused_noise", "no_gradient"} <= {*sound.absent}


def test_what_is_not_given_is_said_not_guessed():
    netG, netD = pair()
    found = diagnose(real=DATA, critic=netD)
    assert "give losses=" in found.unknown["labels_alike"]
    assert "give generator=" in found.unknown["generator_collapsed"]
    assert "Could not be looked for" in str(found)
    assert found.checked + len(found.unknown) == len(SYMPTOMS)
    more = diagnose(real=DATA, critic=netD, generator=netG, noise=3, losses=losses(netG, netD))
    assert more.checked > found.checked and not more


def noisy_losses(netG, netD, sigma, where, turned=False) -> dict:
    """Softplus losses of a pair whose critic sees data with noise added."""

    def see(x, kind):
        return x + sigma * torch.randn_like(x) if kind in where else x

    def fakes(x):
        return netG(torch.randn(len(x), 3))

    sign = 1 if turned else -1
    return {
        "D": lambda x: (
            F.softplus(-netD(see(x, "real"))) + F.softplus(netD(see(fakes(x).detach(), "made")))
        ).mean(),
        "G": lambda x: F.softplus(sign * netD(see(fakes(x), "made"))).mean(),
    }


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("where", [("real",), ("real", "made")])
@pytest.mark.parametrize("turned", [False, True])
def test_noise_added_to_the_data_does_not_hide_whose_they_are(sigma, where, turned):
    netG, netD = pair()
    report = diagnose(
        real=DATA, generator=netG, critic=netD, noise=lambda n: torch.randn(n, 3),
        losses=noisy_losses(netG, netD, sigma, where, turned),
    )  # fmt: skip
    assert ("generator_pulls_with_critic" in report) is turned
    assert "labels_alike" in report.absent


def test_the_kind_of_a_batch_is_told_by_the_items_that_it_was_made_of():
    torch.manual_seed(0)
    real, made = torch.randn(32, 1, 4, 4), torch.randn(32, 1, 4, 4)
    noise = 0.7 * torch.randn_like(real)
    for x, kind in ((real, "real"), (made, "made"), (real + noise, "real"), (made + noise, "made")):
        assert kind_of(x, False, real, [made]) == kind
        assert kind_of(x, False, real, []) == kind  # the generator is a function
    copied = real + 0.1 * torch.randn_like(real)  # a generator that copies its input
    assert kind_of(copied + noise / 100, False, real, [copied]) == "made"
    assert kind_of(real + noise / 100, False, real, [copied]) == "real"
    alike = made[:1].expand(32, 1, 4, 4)  # a generator that has collapsed
    assert kind_of(alike + noise, False, real, [alike]) == "made"
    assert kind_of(real + noise, False, real, [alike]) == "real"
    assert kind_of(real + noise, True, real, [made]) == "between"


@pytest.mark.parametrize("broken", ["critic", "generator", "encoder"])
def test_one_failure_costs_no_other(broken):
    netG, netD = pair()
    netG[2] = nn.Sequential(netG[2], nn.Sigmoid())  # cannot reach the left half of the ring

    def fail(*given):
        raise KeyError("somebody's own mistake")

    given = {"generator": netG, "critic": netD, "encoder": lambda x: x[:, :1]}
    given["losses"] = losses(netG, netD)
    if broken == "encoder":
        given["encoder"] = fail
    else:
        given[broken].register_forward_pre_hook(fail)
    found = diagnose(real=DATA, noise=3, **given)
    assert any("somebody's own mistake" in why for why in found.unknown.values())
    assert found.checked >= 3
    assert ("range_mismatch" in found) == (broken != "generator")


@pytest.mark.parametrize(
    "answer",
    [
        lambda score: score.squeeze(1),
        lambda score: score.repeat(1, 9).view(-1, 1, 3, 3),
        lambda score: score.repeat(1, 4).view(-1),
        lambda score: (score, torch.zeros(len(score), 30)),
        lambda score: {"features": torch.zeros(len(score), 30), "score": score},
        lambda score: score.mean(0).view(1),
    ],
)
@pytest.mark.parametrize("alike", [True, False])
def test_a_critic_may_answer_as_it_likes(answer, alike):
    netG, body = pair()

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = body

        def forward(self, x):
            return answer(self.body(x))

    netD = Critic()

    def score(x):
        out = netD(x)
        return out["score"] if isinstance(out, dict) else out[0] if isinstance(out, tuple) else out

    def d_loss(x):
        fake = netG(torch.randn(len(x), 3)).detach()
        sign = -1 if alike else 1
        return F.softplus(-score(x)).mean() + F.softplus(sign * score(fake)).mean()

    found = diagnose(real=DATA, generator=netG, critic=netD, losses={"netD": d_loss})
    assert ("labels_alike" in found) == alike
    assert alike or "labels_alike" in found.absent


@pytest.mark.parametrize("collapsed", [True, False])
@pytest.mark.parametrize(
    "returns",
    [
        lambda mu, logvar, z: mu,
        lambda mu, logvar, z: (mu, logvar),
        lambda mu, logvar, z: (z, mu, logvar),
        lambda mu, logvar, z: [mu, logvar, z],
        lambda mu, logvar, z: z,
        lambda mu, logvar, z: {"mean": mu, "logvar": logvar},
        lambda mu, logvar, z: torch.distributions.Normal(mu, logvar.exp().sqrt()),
    ],
)
def test_an_encoder_may_return_what_people_return(returns, collapsed):
    torch.manual_seed(0)
    net, decoder = nn.Linear(64, 8), nn.Linear(4, 64)
    net.weight.data *= 1e-4 if collapsed else 3.0

    def encode(rows):
        mu, logvar = net(rows).chunk(2, dim=1)  # takes rows only
        return returns(mu, logvar, mu + torch.randn_like(mu) * (logvar / 2).exp())

    found = diagnose(real=strangers.pictures(), encoder=encode, decoder=decoder)
    alone = (
        isinstance(returns(*torch.zeros(3, 2, 4)), torch.Tensor)
        and "dead_code" not in found.unknown
    )
    name = "dead_code" if alone else "posterior_collapse"
    assert (name in found) == collapsed
    assert collapsed or name in found.absent


def test_diagnosing_plain_things_changes_nothing():
    trained = strangers.dcgan(0, steps=5)
    netG, netD = (trained.given[role] for role in GIVEN)
    netG[1].eval()
    nets = (netG, netD)
    before = [{k: v.clone() for k, v in net.state_dict().items()} for net in nets]
    grads = [w.grad.clone() for net in nets for w in net.parameters()]
    modes = [m.training for net in nets for m in net.modules()]
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    diagnose(**trained.given)
    for net, kept in zip(nets, before, strict=True):
        assert all(torch.equal(kept[k], v) for k, v in net.state_dict().items())
    weights = [w for net in nets for w in net.parameters()]
    assert all(torch.equal(w.grad, g) for w, g in zip(weights, grads, strict=True))
    assert [m.training for net in nets for m in net.modules()] == modes
    assert torch.equal(torch.get_rng_state(), states[0]) and random.getstate() == states[1]
    assert np.array_equal(np.random.get_state()[1], states[2])
    hooks = [h for net in nets for m in net.modules() for h in m._forward_hooks]
    assert not hooks


def test_values_that_are_not_finite_are_called_so_and_nothing_else():
    model = GAN((2,), latent_size=2, hidden=(16,))
    model.critic.load_state_dict(
        {name: torch.full_like(w, torch.nan) for name, w in model.critic.state_dict().items()}
    )
    found = diagnose(History(), model, DATA)
    assert set(found.findings) == {"not_finite"}
    assert "not finite" in found.unknown["labels_alike"]


def test_data_that_do_not_vary_are_called_so_and_nothing_else():
    netG, netD = pair()
    same = torch.full((64, 2), 0.5)
    found = diagnose(real=same, generator=netG, critic=netD, losses=losses(netG, netD))
    assert set(found.findings) == {"constant_data"}


def test_a_run_is_enough_and_an_averaged_twin_raises_no_alarm():
    x = strangers.ring()
    average = EMA(0.9)
    feed = iter(lambda: x[torch.randint(256, (32,))], None)
    torch.manual_seed(0)
    model = GAN((2,), latent_size=2, hidden=(16,))
    run = fit(model, feed, TrainConfig(steps=40), callbacks=[average])
    found = diagnose(run, real=x)
    assert "weights_without_optimizer" in found.absent and "no_gradient" not in found
    twin = diagnose(run.history, average.model, x)
    assert "optimizer_of_both" in twin.unknown


@pytest.mark.parametrize("schedule", [True, False])
def test_a_learning_rate_of_0_is_found_unless_a_schedule_led_there(schedule):
    netG, netD = pair()
    moves = torch.optim.SGD(netD.parameters(), 0.1 if schedule else 0.0)
    if schedule:
        torch.optim.lr_scheduler.LambdaLR(moves, lambda step: 0.0)
    found = diagnose(real=DATA, critic=netD, optimizers=moves)
    assert moves.param_groups[0]["lr"] == 0
    assert ("weights_without_optimizer" in found) != schedule


@pytest.mark.parametrize(("momentum", "slow"), [(0.001, True), (0.1, False), (None, False)])
def test_statistics_that_hardly_moved_are_found(momentum, slow):
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2, momentum=momentum))
    for _ in range(40):
        net(torch.randn(8, 3))
    found = diagnose({"loss": [1.0] * 40}, real=DATA, generator=net, noise=3)
    assert not slow or "96 %" in found.findings["batch_norm_never_updated"]
    assert ("batch_norm_never_updated" in found) == slow


def test_what_enters_a_generator_of_pictures_from_pictures_is_no_noise():
    x = strangers.pictures()
    net = nn.Sequential(nn.Conv2d(1, 4, 3, 1, 1), nn.ReLU(), nn.Conv2d(4, 1, 3, 1, 1))
    loss = {"G": lambda real: (net(x.flip(3)) - real).abs().mean()}
    found = diagnose(real=x, generator=net, noise=lambda n: x.flip(3)[:n], losses=loss)
    assert "no noise" in found.unknown["reused_noise"]


def test_a_loss_made_for_one_batch_size_says_what_to_do():
    netG, netD = pair()
    valid = torch.ones(32, 1)
    loss = {"D": lambda x: F.mse_loss(netD(x) + 0 * valid, valid)}
    found = diagnose(real=DATA, critic=netD, losses=loss)
    assert "give real= of this size" in found.unknown["labels_alike"]
    assert diagnose(real=DATA[:32], critic=netD, losses=loss).unknown.get("no_gradient") is None


def test_what_was_logged_is_understood_under_its_own_names():
    netG, netD = pair()
    logged = {"D(x)": [0.999] * 40, "D(G(z))": [torch.tensor(0.001)] * 40}
    assert "discriminator_won" in diagnose(logged, real=DATA, generator=netG, critic=netD)


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_pictures_in_the_unit_range_are_noticed_by_the_package_itself(low):
    x = low + (1 - low) * torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    found = diagnose(History(), GAN(latent_size=4, hidden=(8,)), x)
    assert ("range_mismatch" in found) == (low == 0)


def test_labels_come_in_a_pair_in_a_loader_and_as_one_hot_rows():
    case = TABLE["one-hot labels first"].build(0).given
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(case["real"], case["labels"]), batch_size=50
    )
    rest = {name: case[name] for name in (*GIVEN, "noise", "losses")}
    for real in (loader, (case["real"], case["labels"]), Labelled(case["real"], case["labels"])):
        found = diagnose(real=real, **rest)
        assert not found and "no_gradient" in found.absent
    without = diagnose(real=case["real"], **rest)
    assert "labels" in without.unknown["no_gradient"]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"real": DATA}, DtypeError, "nothing to look at"),
        ({"critic": nn.Linear(2, 1)}, DtypeError, "floating-point tensor"),
        ({"real": DATA[:, 0], "critic": nn.Linear(2, 1)}, ShapeError, "counts the items"),
        ({"real": DATA, "critic": "netD"}, DtypeError, "critic= must be a network"),
        ({"real": DATA, "critic": nn.Linear(2, 1), "losses": [1]}, DtypeError, "losses= must"),
        ({"real": DATA, "critic": nn.Linear(2, 1), "optimizers": [1]}, DtypeError, "a int in it"),
        ({"real": DATA, "critic": nn.Linear(2, 1), "labels": [1]}, ShapeError, "needs one"),
        ({"real": DATA, "model": nn.Linear(2, 1)}, DtypeError, "in a Linear"),
        ({"real": DATA, "model": 3}, DtypeError, "a int for the model"),
        (
            {"real": DATA, "model": VAE((2,), hidden=(4,)), "critic": nn.Linear(2, 1)},
            DtypeError,
            "not critic=",
        ),
        (
            {"real": torch.utils.data.DataLoader([]), "critic": nn.Linear(2, 1)},
            DataError,
            "no batch",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence(given, error, words):
    with pytest.raises(error, match=words):
        diagnose(**given)
