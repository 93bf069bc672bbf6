"""The cases that run and lie: each symptom within its range over three seeds, each cure works."""

from __future__ import annotations

import functools
import re
import statistics

import pytest
import torch

from aigc_teach import clinic, data, train
from aigc_teach.clinic import lies, lies_probes

SEEDS = (0, 1, 2)
STEPS = 100


@functools.cache
def pixels():
    return (data.digits("train").x + 1) / 2


@functools.cache
def admit(plan, steps, seed):
    return clinic.admit(plan, pixels(), steps=steps, seed=seed)


def twins(name, seed):
    case = lies.CASES[name]
    return admit(case.faulty, STEPS, seed), admit(case.mended, STEPS, seed)


def last(patient, name):
    return float(patient.history[name][-10:].mean())


def reach(patient):
    samples = patient.model.sample(64, generator=torch.Generator().manual_seed(0))
    return samples.min().item()


def bend(patient):
    return float(lies_probes.superposition(patient).split("differ by ")[1].split()[0])


def slope_on_real(patient):
    return lies_probes.slopes(patient, 0.5)[0]


def answers(patient):
    with torch.no_grad():
        return patient.model.critic(1e3 * patient.batch).abs().max().item()


def table(patient):
    one, zero = torch.ones(8, 1), torch.zeros(8, 1)
    return patient.plan.critic_loss(one, zero).item()


def rank(patient):
    return int(re.search(r"in (\d+) independent", lies_probes.directions(patient)).group(1))


def heard(patient):
    """The largest loss that the generator ever had."""
    return patient.history["generator.total"].max()


def brightest(patient):
    return patient.batch.max().item()


def kl(patient):
    return last(patient, "kl")


# case: [(what is measured, range when sick, range when mended)]; the ranges never overlap
RANGES = {
    "textbook": [(slope_on_real, (0.6, 0.65), (-0.4, -0.35))],
    "residue": [(answers, (0.0, 1.0), (5.0, 1e9)), (heard, (0.313, 0.6932), (0.75, 30.0))],
    "zero": [
        (slope_on_real, (0.6, 0.65), (-0.4, -0.35)),
        (lambda p: last(p, "critic.real"), (0.0, 0.1), (0.3, 1.0)),
    ],
    "fog": [(reach, (0.0, 0.1), (-1.0, -0.9))],
    "pale": [(reach, (-1.0, -0.5), (0.0, 0.1))],
    "loud": [(brightest, (255, 255), (1, 1))],
    "plain": [(bend, (0.0, 1e-4), (0.05, 10))],
    "few": [(rank, (1, 16), (100, 256))],
    "quarter": [(table, (0.49, 0.51), (0.0, 0.001))],
    "bargain": [
        (kl, (0.0, 0.02), (5.0, 20.0)),
        (lambda p: last(p, "total"), (0.2, 0.4), (100, 250)),
    ],
    "abyss": [(kl, (-1e30, -1e5), (5.0, 20.0))],
}


# How far pictures are from real ones: one training in ten goes astray, sick or mended.
DISTANCES = {
    "fog": ((24, 30), (8, 17.9)),
    "loud": ((20, 40), (8, 17.9)),
    "quarter": ((18, 40), (8, 16)),
}


@pytest.mark.parametrize("name", DISTANCES)
def test_the_pictures_are_far_off_and_the_cure_brings_them_near(name):
    patients = zip(*(twins(name, seed) for seed in SEEDS), strict=True)
    for group, (low, high) in zip(patients, DISTANCES[name], strict=True):
        measured = [lies_probes.distance(patient) for patient in group]
        assert low <= statistics.median(measured) <= high, measured


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", list(lies.CASES))
def test_the_symptom_is_there_and_the_cure_removes_it(name, seed):
    for measure, sick, mended in RANGES[name]:
        for patient, (low, high) in zip(twins(name, seed), (sick, mended), strict=True):
            assert low <= measure(patient) <= high, (patient.plan, measure(patient))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", list(lies.CASES))
def test_the_diagnosis_finds_what_the_case_names_and_not_in_its_twin(name, seed):
    sick, mended = (train.diagnose(p.history, p.model, p.batch) for p in twins(name, seed))
    for symptom in lies.CASES[name].symptoms:
        assert symptom in sick and symptom not in mended


@pytest.mark.parametrize("name", list(lies.CASES))
def test_every_experiment_says_a_number(name):
    case = lies.CASES[name]
    patient = clinic.admit(case.faulty, pixels(), steps=3)
    entries = case.examine(patient)
    assert len(entries) >= 3 and sum(entry["true"] for entry in entries) == 1
    for entry in entries:
        assert re.search(r"\d", entry["seen"]) and entry["seen"].endswith(".")
        assert entry["verdict"] and "nan" not in entry["seen"]


@pytest.mark.parametrize("name", list(lies.CASES))
def test_nothing_gives_the_case_away(name):
    case = lies.CASES[name]
    told = " ".join([case.complaint, *(h.claim for h in case.hypotheses.values())]).lower()
    assert not re.search(rf"\b{case.piece}\b", told)
    assert case.hypotheses[case.truth].claim not in case.complaint
    assert "def " in case.source("faulty") and "def " in case.source("mended")


@pytest.mark.parametrize("seed", SEEDS)
def test_equilibrium_without_learning_is_exact(seed):
    sick = admit(lies.CASES["textbook"].faulty, 100, seed)
    assert abs(last(sick, "critic.total") - 1.386294) < 2e-3
    assert abs(last(sick, "generator.total") - 0.693147) < 1e-3
