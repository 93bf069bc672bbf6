"""The comparison of all families: the stored figures are whole, and the page shows them."""

from __future__ import annotations

import json

import pytest

import compare_families as families
import families_page
from aigc_teach import data, zoo
from aigc_teach.core import WeightsError
from aigc_teach.zoo import families as stored

SHARES = ("good", "rarest", "precision", "recall", "coverage", "copies", "grey")


@pytest.fixture(scope="module")
def rows():
    return zoo.family_scores()


def test_every_family_has_three_seeds_at_every_time(rows):
    for family in families.FAMILIES:
        for name in family.views:
            found = {(r["seed"], r["core_seconds"]) for r in rows if r["family"] == name}
            assert found == {(seed, s) for seed in families.SEEDS for s in family.seconds}, name
    assert {r["family"] for r in rows} == {
        stored.REAL,
        *(name for family in families.FAMILIES for name in family.views),
    }


def test_each_row_holds_all_figures_in_range(rows):
    keys = {"family", "seed", "core_seconds", "steps", *stored.FIGURES}
    for row in rows:
        assert row.keys() == keys
        assert all(0 <= row[key] <= 1 for key in SHARES)
        assert row["frechet"] >= 0 and row["nearest"] > 0
    likely = {row["family"].startswith("VAE") for row in rows if row["held_out_nats"] is not None}
    assert likely == {True}


def test_the_steps_are_those_that_the_seconds_hold(rows):
    rates = zoo.family_facts()["steps_a_second"]
    for family in families.FAMILIES:
        for row in (row for row in rows if row["family"] in family.views):
            rate = rates[families.name_of(family)]
            assert row["steps"] == pytest.approx(rate * row["core_seconds"], abs=1)


def test_the_yardstick_is_measured_again_alike(rows):
    old = next(row for row in rows if row["family"] == stored.REAL)
    new = families.real_row()
    assert new.keys() == old.keys()
    assert new["family"] == old["family"] and new["held_out_nats"] is None
    for key in set(stored.FIGURES) - {"held_out_nats"}:
        assert new[key] == pytest.approx(old[key], rel=1e-3, abs=2e-3), key


def test_the_page_shows_the_stored_figures():
    text = families_page.page(zoo.family_scores(), zoo.family_facts(), samples=families.SAMPLES)
    assert families_page.PAGE.read_text("utf-8") == text


def test_a_training_gives_its_rows_and_they_are_stored(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "PATH", tmp_path / "families.json")
    monkeypatch.setattr(families, "PATH", tmp_path / "families.json")
    monkeypatch.setattr(families, "PAGE", tmp_path / "quality.md")
    monkeypatch.setattr(families, "SETS", 1)
    quick = families.Family(
        lambda: families.models.VAE(hidden=(8,)), {"a": families.as_it_is}, seconds=(1, 2)
    )
    rows = families.train_and_measure(quick, seed=0, rate=2.0)
    assert [(row["core_seconds"], row["steps"]) for row in rows] == [(1, 2), (2, 4)]
    facts = {"command": "x", "steps_a_second": {"a": 2.0}}
    families.write([families.real_row(), *rows], facts)
    assert zoo.family_facts() == facts
    assert [row["family"] for row in zoo.family_scores()] == [stored.REAL, "a", "a"]
    assert "| a | 1 |" in (tmp_path / "quality.md").read_text("utf-8")


def test_copies_are_found_and_real_digits_are_none():
    known, real = data.digits("train").x, data.digits("held_out").x
    assert families.figures_of(known[:200], real)["copies"] == 1.0
    assert families.figures_of(real[:200], real)["copies"] < 0.05


def test_a_damaged_file_is_told_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "PATH", tmp_path / "families.json")
    with pytest.raises(WeightsError, match="make families"):
        zoo.family_scores()
    (tmp_path / "families.json").write_text(json.dumps({})[:-1])
    with pytest.raises(WeightsError, match="missing or damaged"):
        zoo.family_facts()


def test_rates_are_positive_and_labels_reach_the_model():
    family = families.Family(
        lambda: families.models.ConvVAE(latent_size=2, width=2, n_classes=10),
        {"labels": families.as_it_is},
    )
    rates = families.measure_rates([family], rounds=1, seconds=0.2)
    assert rates["labels"] > 0
