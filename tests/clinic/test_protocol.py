"""The cases of a wrong protocol: each shows its symptom, its twin does not, over three seeds."""

from __future__ import annotations

import re
from functools import cache

import pytest
import torch

from aigc_teach import data
from aigc_teach.clinic import admit, protocol
from aigc_teach.clinic.protocol_probes import apart, distinct, neighbour_gap, own_and_new, watch
from aigc_teach.core import AigcError
from aigc_teach.metrics import nearest_distance
from aigc_teach.train import diagnose

SEEDS = (0, 1, 2)
STEPS = 80
CASES = protocol.CASES


@cache
def pixels():
    return (data.digits("train").x[:2000] + 1) / 2


@cache
def trained(plan, seed):
    return admit(plan, pixels(), steps=STEPS, seed=seed)


@cache
def distance(plan, seed):
    pictures = trained(plan, seed).pictures(100)
    return nearest_distance(pictures, 2 * pixels() - 1).mean().item()


def late(patient, name):
    return patient.history[name][-30:].mean().item()


def spread(pictures):
    return torch.pdist(pictures.flatten(1)).mean()


def both(name, seed):
    case = CASES[name]
    return trained(case.faulty, seed), trained(case.mended, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_few_latents_repeat(seed):
    sick, well = (watch(p, steps=3) for p in both("few_latents", seed))
    assert len(distinct(sick.latents)) == 64
    assert len(distinct(well.latents)) == len(well.latents) == 3 * 64


def test_its_own_latents_and_new_ones_are_different_pictures():
    own, new = own_and_new(both("few_latents", 0)[0], 100)
    assert own.shape == (64, 1, 28, 28) and new.shape == (100, 1, 28, 28)
    assert (torch.cdist(own.flatten(1), new.flatten(1)).min(1).values > 0.1).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bribed_critic_says_two_thirds(seed):
    sick, well = both("one_sweep", seed)
    for series in ("critic.real", "critic.fake"):
        assert 0.6 < late(sick, series) < 0.72
        assert 0.4 < late(well, series) < 0.6
    assert late(sick, "generator.total") < 0.6 < late(well, "generator.total")
    assert watch(sick, steps=2).works["critic"] == 2
    assert watch(well, steps=2).works == {"critic": 1, "generator": 1}


@pytest.mark.parametrize("seed", SEEDS)
def test_one_optimizer_for_all_moves_the_critic(seed):
    sick, well = both("one_for_all", seed)
    assert watch(sick, steps=2).moves["generator", "critic"] > 1e-4
    assert watch(well, steps=2).moves["generator", "critic"] == 0
    assert late(sick, "critic.fake") > 0.7 > 0.6 > late(well, "critic.fake")
    assert far("one_for_all", seed, 13.0)


def far(name, seed, bound):
    """Whether the faulty plan's samples lie beyond a distance that the mended ones keep."""
    case = CASES[name]
    return distance(case.faulty, seed) > bound > distance(case.mended, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_stranger_never_moves_and_one_picture_wins(seed):
    sick, well = both("stranger", seed)
    assert watch(sick, steps=2).moves["critic", "critic"] == 0
    assert watch(well, steps=2).moves["critic", "critic"] > 1e-4
    assert spread(sick.pictures(100)) < 0.5 * spread(well.pictures(100))
    assert far("stranger", seed, 20.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_statistics_stand_still_in_evaluation_mode(seed):
    sick, well = both("still_statistics", seed)
    for patient, batches in ((sick, 0), (well, STEPS)):
        norms = [m for m in patient.model.modules() if isinstance(m, torch.nn.BatchNorm1d)]
        assert len(norms) == 2 and all(m.num_batches_tracked == batches for m in norms)
    assert watch(sick, steps=1).training["BatchNorm1d"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_calm_critic_is_one_without_dropout(seed):
    sick, well = both("calm_critic", seed)
    plain = trained(protocol.PLAN, seed)
    for player in ("critic", "generator"):
        series = f"{player}.total"
        assert (sick.history[series] == plain.history[series]).all()
        assert (well.history[series] != plain.history[series]).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_leftover_gradients_are_too_long(seed):
    sick, well = (watch(p, steps=8) for p in both("leftovers", seed))
    assert sick.held["generator"] > 2 and sick.held["critic"] > 1.2
    assert well.held == pytest.approx({"critic": 1.0, "generator": 1.0}, rel=1e-4)
    loud, calm = (p.history["critic.total"].max() for p in both("leftovers", seed))
    assert loud > 3 > calm


@pytest.mark.parametrize("seed", SEEDS)
def test_the_unheard_never_moves(seed):
    sick, _ = both("unheard", seed)
    assert watch(sick, steps=2).heard == {"critic": 1.0, "generator": 0.0}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        born = type(sick.model)(sick.plan)
    ends = [list(game.generator.parameters()) for game in (born, sick.model)]
    assert apart(*ends) == 0
    assert late(sick, "critic.total") < 0.05
    assert far("unheard", seed, 20.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_moving_at_once_uses_an_old_answer(seed):
    sick, well = (watch(p, steps=3) for p in both("at_once", seed))
    assert sick.age == pytest.approx(sick.moves["critic", "critic"]) and sick.age > 1e-4
    assert well.age == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wide_start_is_flat(seed):
    sick, well = (watch(p, steps=1).pictures for p in both("wide_start", seed))
    assert 0.92 < (sick.abs() > 0.999).float().mean() < 0.96
    assert (well.abs() > 0.999).float().mean() < 0.01
    assert far("wide_start", seed, 20.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_company_changes_a_picture_and_nothing_else(seed):
    sick, well = both("company", seed)
    assert (sick.history["critic.total"] == well.history["critic.total"]).all()
    assert neighbour_gap(sick.model) > 0.004  # 0.015 to 0.08 over ten seeds
    assert neighbour_gap(well.model) == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="more than 1 value"):
        sick.model.generator(torch.zeros(1, 32))
    well.model.generator(torch.zeros(1, 32))


@pytest.mark.parametrize("name", CASES)
def test_diagnose_finds_what_it_can_and_not_in_the_twin(name):
    case = CASES[name]
    for seed in SEEDS:
        sick, well = both(name, seed)
        found = diagnose(sick.history, sick.model, sick.batch).findings
        assert set(case.symptoms) <= set(found)
        healthy = diagnose(well.history, well.model, well.batch).findings
        assert not set(case.symptoms) & set(healthy)


@pytest.mark.parametrize("name", CASES)
def test_every_experiment_says_a_number_and_one_claim_is_true(name):
    case = CASES[name]
    short = admit(case.faulty, pixels()[:500], steps=12, seed=0)
    entries = case.examine(short)
    assert 3 <= len(entries) <= 5 and sum(e["true"] for e in entries) == 1
    for entry in entries:
        assert re.search(r"\d", entry["seen"]) and entry["verdict"]
        assert not re.search(rf"\b{case.piece}s?\b", entry["claim"], re.IGNORECASE)
    assert not re.search(rf"\b{case.piece}\b", case.complaint, re.IGNORECASE)
    assert case.source().startswith("def ") and '"""' in case.source()


def test_watching_changes_nothing():
    patient = trained(protocol.PLAN, 0)
    before = {k: v.clone() for k, v in patient.model.state_dict().items()}
    state = torch.get_rng_state()
    seen = watch(patient, steps=2)
    assert all(torch.equal(v, before[k]) for k, v in patient.model.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert seen.training == {"BatchNorm1d": 1.0} and seen.heard["generator"] == 1


def test_a_coder_has_no_turns_to_watch():
    from aigc_teach.clinic import VaePlan

    coder = admit(VaePlan(), pixels()[:200], steps=1)
    with pytest.raises(AigcError, match="two players"):
        watch(coder)
