"""check_contract: every family keeps every clause, and each planted flaw is named."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from aigc_teach.core import (
    DtypeError,
    GenerativeModel,
    Loss,
    check_choice,
    check_contract,
    refuse_condition,
)
from aigc_teach.models.adversarial import AdversarialModel
from aigc_teach.nn import standard_normal

sys.path.insert(0, str(Path(__file__).parent))
from families import FAMILIES, ring

POINTS = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_keeps_every_clause(family):
    found = check_contract(family.build, family.batch(16))
    assert set(found.values()) == {"kept"}, found


def test_a_plain_critic_keeps_every_clause():
    def build():
        generator = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
        critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
        return AdversarialModel(generator, critic, data_shape=(2,), latent_size=3)

    found = check_contract(build, ring(16))
    assert set(found.values()) == {"kept"}, found


class Sound(GenerativeModel):
    """Points by a linear map, with one flaw at most."""

    flaw = ""

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(2, 2)
        if self.flaw == "lost tensor":
            self.shift = torch.randn(2)
        if self.flaw == "idle weight":
            self.idle = nn.Parameter(torch.zeros(1))

    def loss(self, batch: Tensor, player="model", *, generator=None) -> Loss:
        if self.flaw != "any player":
            check_choice("player", player, self.players)
        if self.flaw == "batch written":
            batch.mul_(2)
        eps = standard_normal(*batch.shape, like=batch, generator=generator)
        if self.flaw == "loss draws":
            eps = torch.randn_like(batch)
        error = (self.net(batch + 0.1 * eps) - batch).square()
        total = error.sum(1) if self.flaw == "a row of losses" else error.mean()
        if self.flaw == "value":
            total = total * total.item()
        if self.flaw == "no gradient":
            total = total.detach()
        part = total if self.flaw == "part with gradient" else total.detach()
        return (total, {}) if self.flaw == "tuple" else Loss(total, {"error": part})

    def trajectory(self, n, *, condition=None, generator=None):
        if self.flaw != "any condition":
            refuse_condition(self, condition)
        z = standard_normal(n, 2, like=self.net.weight, generator=generator)
        if self.flaw == "sample draws":
            z = torch.randn_like(z)
        if self.flaw == "fixed seed":
            z = torch.randn(z.shape, generator=torch.Generator().manual_seed(0))
        if self.flaw == "also global":
            torch.rand(1, device=z.device)
        x = self.net(z)
        x = x + self.shift.to(x.device) if self.flaw == "lost tensor" else x
        if self.flaw == "stops":
            raise ZeroDivisionError("a mistake")
        yield x.double() if self.flaw == "double" else x[:, :1] if self.flaw == "shape" else x


@pytest.mark.parametrize(
    ("flaw", "clause", "words"),
    [
        ("tuple", "a loss is one number", "gave a tuple"),
        ("a row of losses", "a loss is one number", "average or sum"),
        ("no gradient", "a loss is one number", "depend on any weight"),
        ("part with gradient", "a loss is one number", "'error' must be one number without"),
        ("idle weight", "each weight has one owner", "reaches idle"),
        ("batch written", "a loss leaves its batch", "changed its batch"),
        ("shape", "samples have the data's", r"gave \[3, 1\]; it should be \[3, 2\]"),
        ("double", "samples have the data's", "float64"),
        ("stops", "samples have the data's", "stopped with ZeroDivisionError: a mistake"),
        ("sample draws", "the same generator gives the same sample", "differ"),
        ("fixed seed", "the same generator gives the same sample", "two seeds are equal"),
        ("loss draws", "the same generator gives the same loss", "differ"),
        ("also global", "torch's global random numbers", "were used"),
        ("lost tensor", "the state_dict holds everything", "register_buffer"),
        ("any player", "an unknown player is refused", "check_choice"),
        ("any condition", "conditions are obeyed, or refused", "refuse_condition"),
        ("value", "no value is asked for", "leave out .item"),
    ],
)
def test_a_planted_flaw_is_named(flaw, clause, words):
    found = check_contract(type("Flawed", (Sound,), {"flaw": flaw}), POINTS)
    (told,) = [text for name, text in found.items() if name.startswith(clause)]
    assert re.search(words, told), told


def test_the_sound_one_keeps_all_and_nothing_is_touched():
    before, state = POINTS.clone(), torch.get_rng_state()
    assert set(check_contract(Sound, POINTS).values()) == {"kept"}
    check_contract(type("Flawed", (Sound,), {"flaw": "batch written"}), POINTS)
    assert torch.equal(before, POINTS) and torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("build", "batch", "words"),
    [
        (Sound(), POINTS, "without brackets"),
        (nn.Identity, POINTS, "it made a Identity"),
        (Sound, [1, 2], "you gave a list"),
    ],
)
def test_what_is_no_model_or_no_batch(build, batch, words):
    with pytest.raises(DtypeError, match=words):
        check_contract(build, batch)
