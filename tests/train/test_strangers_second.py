"""The second table of strangers: a small fixed sample of it, its rule, and its page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aigc_teach import train
from aigc_teach.train.watched import WATCHED
from train.strangers_second import HEALTHY, SICK, table
from train.strangers_third import SICK as SICK_C
from train.strangers_third import third

CASES = {case.name: case for case in table()}
SET_C = {case.name: case for case in third()}
BOOK = Path(__file__).resolve().parents[2] / "book"
SAMPLE_SICK = (
    "pix2pix: True for both",
    "hub: ones for both",
    "two_class: 1 for both",
    "wgan_gp: real half alone",
    "dcgan: fake label in G",
    "conditional: label times 0",
    "autoencoder: python list",
    "autoencoder: same batch",
    "vae: sign of KLD",
    "hub_vae: zero to one",
)
SAMPLE_HEALTHY = (
    "vae",
    "gan",
    "pix2pix",
    "two_class",
    "cut_vae: light",
    "hub_vae",
    "style: accumulated gradients",
)


@pytest.mark.parametrize("name", SAMPLE_SICK)
def test_a_planted_defect_is_named(name):
    assert {*CASES[name].meant} & CASES[name].build(0).found()


@pytest.mark.parametrize("name", SAMPLE_HEALTHY)
def test_a_sound_training_is_left_in_peace(name):
    assert CASES[name].build(0).found() == set()


def test_the_table_is_large_and_each_defect_is_planted_in_two_trainings():
    sick = [case for case in CASES.values() if case.meant]
    assert len(sick) >= 60 and len(CASES) - len(sick) >= 40
    assert len(CASES) == sum(len(planted) for *_, planted in SICK) + len(HEALTHY)
    alone = [defect for defect, _, planted in SICK if len(planted) < 2]
    assert len(alone) <= 5
    for half in "AB":
        assert len([case for case in sick if case.half == half]) >= 30


def test_the_half_follows_from_the_name_alone():
    assert {CASES["vae"].half, CASES["dcgan"].half} == {"A", "B"}
    assert CASES["vae"].half == "A"


def test_each_public_script_is_sound_and_broken_in_four_ways():
    for script in ("dcgan", "vae", "gan", "wgan_gp"):
        broken = [c for c in CASES.values() if c.name.startswith(f"{script}:") and c.meant]
        assert len(broken) >= 4 and not CASES[script].meant


def test_the_page_shows_what_was_measured():
    stored = json.loads((BOOK / "diagnose.json").read_text("utf-8"))
    known = {*train.SYMPTOMS, *(rule.__name__ for rule in WATCHED)}
    for rows in (stored["first"], stored["now"]):
        assert {row["name"] for row in rows} == CASES.keys()
        assert len({row["seed"] for row in rows}) >= 2
        assert {name for row in rows for name in row["found"]} <= known
    sick = [row for row in stored["now"] if CASES[row["name"]].meant]
    hits = sum(row["result"] == "hit" for row in sick)
    page = (BOOK / "diagnose.md").read_text("utf-8")
    assert f"{hits} of {len(sick)}" in page


def test_set_c_plants_each_defect_in_two_styles_and_belongs_to_no_half():
    sick = [case for case in SET_C.values() if case.meant]
    assert (len(sick), len(SET_C) - len(sick)) == (14, 26)
    assert len(SICK_C) == 7
    for _, _, planted in SICK_C:
        assert len({build for build, _ in planted}) == len(planted) == 2
    assert {case.half for case in SET_C.values()} == {"C"}
    assert not SET_C.keys() & CASES.keys()


def test_the_page_shows_what_was_measured_of_set_c():
    rows = json.loads((BOOK / "diagnose.json").read_text("utf-8"))["C"]
    assert {(row["name"], row["seed"]) for row in rows} == {(n, k) for n in SET_C for k in range(3)}
    told = []
    for ill, result in ((True, "hit"), (False, "alarm")):
        own = [row for row in rows if bool(SET_C[row["name"]].meant) is ill]
        told.append(f"| {sum(row['result'] == result for row in own)} of {len(own)} (")
    (line,) = [
        line
        for line in (BOOK / "diagnose.md").read_text("utf-8").splitlines()
        if line.startswith("| C, written after the rules")
    ]
    assert all(part in line for part in told)


def test_a_network_frozen_for_a_feature_loss_is_left_in_peace():
    assert CASES["odd_critics: frozen features"].build(0).found() == set()


def test_noise_on_the_real_data_is_left_in_peace():
    assert CASES["conditional: noisy"].build(0).found() == set()
