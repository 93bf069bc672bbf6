"""The diagnosis: each rule speaks where its defect is planted, and only there."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach.core import (
    DataError,
    DtypeError,
    GenerativeModel,
    Labelled,
    Loss,
    make_generator,
)
from aigc_teach.models import DCGAN, GAN, VAE
from aigc_teach.train import SYMPTOMS, Diagnosis, History, diagnose
from aigc_teach.train.probe import look
from aigc_teach.train.subject import of_model
from aigc_teach.train.symptoms import at_the_ends, next_one

REAL = torch.rand(64, 2, generator=make_generator(0)) * 2 - 1  # [64, 2] in [-1, 1]


class Game(GenerativeModel):
    """Two tiny networks, and one fault at a time."""

    players = ("critic", "generator")

    def __init__(self, fault: str | None = None):
        super().__init__()
        self.fault = fault
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.generator = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 2), nn.Tanh())
            nn.init.normal_(self.generator[2].weight, std=30.0 if fault == "saturated" else 0.7)
            self.critic = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
        if fault in ("squashed", "squashed_alike"):
            self.critic.append(nn.Sigmoid())
        if fault == "frozen":
            self.critic.requires_grad_(False)
        if fault == "collapsed":
            self.generator[2].weight.data *= 1e-4
        if fault == "small_range":
            self.generator[3] = nn.Sigmoid()  # never below 0
        if fault == "settled":  # every answer below -200: a log loss has no slope left there
            self.critic[2].bias.data.fill_(-1000.0)
        if fault == "norm":
            self.critic.insert(1, nn.BatchNorm1d(32))

    def noise(self, n, generator):
        if self.fault == "reused":
            generator = make_generator(3)
        return torch.randn(n, 3, generator=generator)

    def loss(self, batch, player="critic", *, generator=None):
        fake = self.generator(self.noise(len(batch), generator))
        if player == "generator":
            if self.fault == "detached":
                fake = fake.detach()
            scale = 1e-12 if self.fault == "faint" else 1.0
            return Loss(scale * F.softplus(-self.critic(fake)).mean(), {})
        real, fake = self.critic(batch), self.critic(fake.detach())
        sign = 1 if self.fault in ("alike", "squashed_alike", "settled") else -1
        return Loss(F.softplus(sign * real).mean() + F.softplus(fake).mean(), {})

    def trajectory(self, n, *, condition=None, generator=None):
        yield self.generator(torch.randn(n, 3, generator=generator))


def history(**series: list[float]) -> History:
    kept = History()
    for name, values in series.items():
        *prefix, last = name.split("__")
        for step, value in enumerate(values, 1):
            parts = {} if last == "total" else {last: torch.tensor(value)}
            total = torch.tensor(value if last == "total" else 1.0)
            kept.append(step, Loss(total, parts), "".join(f"{p}." for p in prefix))
    return kept


def found(fault: str | None, kept: History | None = None) -> set[str]:
    return set(diagnose(kept or history(critic__real=[0.6] * 50), Game(fault), REAL).findings)


def test_a_game_without_a_fault_has_no_symptom():
    assert found(None) == set()
    found_here = diagnose(History(), Game(), REAL)
    assert str(found_here).startswith("Nothing found")
    assert found_here.checked + len(found_here.unknown) == len(SYMPTOMS)
    assert found_here.unknown["weights_without_optimizer"] == "give optimizers="


@pytest.mark.parametrize(
    ("fault", "symptoms"),
    [
        ("alike", {"labels_alike"}),
        ("settled", {"labels_alike", "no_gradient"}),
        ("squashed", {"squashed_twice"}),
        ("squashed_alike", {"labels_alike", "squashed_twice"}),
        ("frozen", {"no_gradient"}),
        ("detached", {"no_gradient"}),
        ("faint", {"no_gradient"}),
        ("reused", {"reused_noise"}),
        ("saturated", {"saturated_outputs"}),
        ("small_range", {"range_mismatch"}),
        ("norm", {"batch_norm_never_updated"}),
    ],
)
def test_a_planted_fault_is_found_and_nothing_else(fault, symptoms):
    assert found(fault) - {"generator_collapsed"} == symptoms


def test_samples_that_are_nearly_one_are_a_collapse():
    assert "generator_collapsed" in found("collapsed")
    copies = REAL[:1].repeat(64, 1) + 1e-4 * torch.randn(64, 2, generator=make_generator(1))
    assert next_one(copies) < 0.01 * next_one(REAL)
    assert next_one(torch.tensor([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5.0)


@pytest.mark.parametrize(("real", "fake", "won"), [(0.99, 0.01, True), (0.9, 0.05, False)])
def test_who_won_is_read_from_the_last_tenth(real, fake, won):
    early, late = 400, 100
    kept = History()
    for step in range(1, early + late + 1):
        parts = {"real": torch.tensor(real), "fake": torch.tensor(fake)}
        if step <= early:
            parts = {"real": torch.tensor(0.6), "fake": torch.tensor(0.4)}
        kept.append(step, Loss(torch.tensor(1.0), parts), "critic.")
    assert ("discriminator_won" in found(None, kept)) == won
    assert f"{real:.3f}" in str(diagnose(kept, Game(), REAL)) or not won


def test_scores_that_are_no_probabilities_are_not_judged():
    kept = history(critic__real=[7.0] * 50, critic__fake=[-7.0] * 50)
    assert "discriminator_won" not in found(None, kept)


@pytest.mark.parametrize("told", [True, False])
def test_a_code_that_tells_nothing_is_a_collapse_of_the_posterior(told):
    vae = VAE((2,), latent_size=3, hidden=(16,), likelihood="gaussian", sigma=0.1)
    kept = history(kl=[4.0] * 50 if told else [0.01] * 50)
    last = vae.encoder[-1]
    last.weight.data *= 20.0 if told else 1e-3
    assert ("posterior_collapse" in diagnose(kept, vae, REAL)) != told


def test_batch_norm_that_has_counted_is_not_reported_nor_one_that_never_trained():
    counted = Game("norm")
    counted.loss(REAL, "critic")  # in training mode: the statistics move
    assert not diagnose(history(critic__real=[0.6] * 50), counted, REAL)
    assert not diagnose(History(), Game("norm"), REAL)


@pytest.mark.parametrize("fault", [None, "norm", "saturated", "frozen"])
def test_a_diagnosis_changes_nothing(fault):
    game = Game(fault)
    game.critic.eval()
    before = {name: value.clone() for name, value in game.state_dict().items()}
    modes = [module.training for module in game.modules()]
    batch, state = REAL.clone(), torch.get_rng_state()
    diagnose(History(), game, batch)
    assert all(torch.equal(before[name], value) for name, value in game.state_dict().items())
    assert [module.training for module in game.modules()] == modes
    assert torch.equal(batch, REAL) and torch.equal(torch.get_rng_state(), state)
    assert all(weight.grad is None for weight in game.parameters())
    assert len(game.critic._forward_hooks) == len(game.generator._forward_pre_hooks) == 0


@pytest.mark.parametrize(
    "model",
    [
        lambda: GAN((2,), latent_size=2, hidden=(16,), loss="wasserstein", penalty="gradient"),
        lambda: GAN((2,), latent_size=2, hidden=(16,), penalty="r1", spectral_norm=True),
        lambda: GAN((2,), latent_size=2, hidden=(16,), minibatch_statistic=True),
        lambda: GAN((2,), latent_size=2, hidden=(16,), share_fakes=True),
        lambda: GAN((2,), latent_size=2, hidden=(16,), loss="least_squares"),
        lambda: GAN((2,), latent_size=2, hidden=(16,), loss="hinge"),
    ],
)
def test_every_kind_of_gan_can_be_looked_at(model):
    probe = look(of_model(model(), REAL, None, {}))
    real, made = probe.pull.chunk(2)
    assert (real < 0).all() and (made > 0).all()
    assert probe.answers.shape == probe.pull.shape == probe.further.shape == (128,)
    others = {
        "modes",
        "reads",
        "shares",
        "by_step",
        "constant",
        "chances",
    }  # of predictors, of batch norm
    assert not probe.missing.keys() - {"by_label", "spread", "decoded", "rebuilt"} - others
    assert all(isinstance(push, float) and push > 0 for push in probe.push.values())
    assert not torch.equal(*probe.noises)


def test_a_model_with_labels_takes_a_batch_with_labels():
    x = torch.rand(32, 1, 28, 28, generator=make_generator(0)) * 2 - 1
    batch = Labelled(x, torch.arange(32) % 10)
    model = DCGAN(latent_size=4, width=4, n_classes=10)
    assert "reused_noise" not in diagnose(History(), model, batch)


def test_the_share_at_the_ends():
    assert at_the_ends(torch.tensor([-1.0, -1.0, 0.0, 0.5, 1.0])) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([1.0, 2.0], Game(), REAL), DtypeError, "takes a History"),
        ((History(), nn.Linear(1, 1), REAL), DtypeError, "a Linear"),
        ((History(), Game(), REAL[:3]), DataError, "3 items"),
        ((History(), Game(), [1, 2]), DtypeError, "floating-point tensor"),
        ((History(), Game(), (255 * REAL).byte()), DtypeError, "floating-point"),
    ],
)
def test_what_cannot_be_diagnosed_is_refused_in_a_sentence(arguments, error, words):
    with pytest.raises(error, match=words):
        diagnose(*arguments)


def test_a_diagnosis_reads_as_sentences():
    diagnosis = Diagnosis({"reused_noise": "The same noise twice."})
    lines = str(diagnosis).splitlines()
    assert lines[:2] == ["Found (1):", "reused noise: The same noise twice."]
    assert lines[2].strip().startswith('Read "the protocol is wrong", section')
    assert lines[3].strip().startswith("book/04_clinic/03_the_protocol_is_wrong.md#")
    assert diagnosis and "reused_noise" in diagnosis and "no_gradient" not in diagnosis
