"""The reports on trial: each wrong one misleads as stated over three seeds, each better one not."""

from __future__ import annotations

import copy
import functools
import re
import statistics
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from aigc_teach import data, zoo
from aigc_teach.course import clinic
from aigc_teach.course.clinic import it_is_judged_wrongly as judging
from aigc_teach.course.clinic.it_is_judged_wrongly import experiments, reports
from aigc_teach.course.clinic.the_protocol_is_wrong import cases as protocol
from aigc_teach.metrics import damage
from aigc_teach.zoo import judge_recipe, negatives

SEEDS = (0, 1, 2)
STEPS = 250


@functools.cache
def digits(split):
    return data.digits(split)


@functools.cache
def evaluation():
    ten_class_judge = judge_recipe.train_judge(digits("train"), steps=250, classes=10, seed=0)
    pictures = [digits(split).x for split in ("train", "held_out")]
    return judging.EvaluationSet(zoo.load("judge"), *pictures, ten_class_judge)


@functools.cache
def train_plan(plan, seed, steps=STEPS):
    return clinic.train_plan(plan, (digits("train").x + 1) / 2, steps=steps, seed=seed)


def draw(n, random):
    classes = torch.randint(10, (n,), generator=random)
    return zoo.load("dcgan").sample(n, condition=classes, generator=random)


def blurred(n, random):
    return damage.blur(draw(n, random), 0.6)


def noisy(n, random):
    return negatives.make_negatives("full_noise", n, digits("held_out"), generator=random)


SOUND, SLOW = clinic.GanPlan(), replace(clinic.VaePlan(), lr=1.5e-3)


@functools.cache
def comparison(name, seed):
    counts = {}
    if name == "winner_changes_each_line":
        models = {
            "A": train_plan(clinic.VaePlan(), seed, 400),
            "B": train_plan(SLOW, seed + 10, 400),
        }
    elif name == "blurred_scores_better":
        models = {"A": judging.FunctionSampler(draw), "B": judging.FunctionSampler(blurred)}
        counts = {"A": 100, "B": 1000}
    elif name == "worse_two_at_a_time":
        models = {"A": train_plan(SOUND, seed)}
    elif name == "confident_without_digits":
        models = {"A": judging.FunctionSampler(noisy), "B": train_plan(SOUND, seed)}
    else:
        sound, other = train_plan(SOUND, seed), train_plan(SOUND, seed)
        if name == "lower_loss_no_digits":
            other = train_plan(protocol.CASES["noise_called_real"].faulty, seed)
        elif name == "test_loss_zero_noise":
            other = train_plan(protocol.CASES["samples_stay_noise"].faulty, seed, 100)
        elif name == "nearly_perfect_frechet":
            other = judging.copies_of(digits("train").x)
        else:
            counts = {"A": 10, "B": 1000}
        models = {"A": sound, "B": other}
    return judging.Comparison(evaluation(), models, counts, seed)


def numbers(name, seed, which):
    return comparison(name, seed).measure(getattr(judging.CASES[name], which))


def medians(name, which):
    """What a report says of each model: the median over the seeds, for one training is one draw."""
    told = [numbers(name, seed, which) for seed in SEEDS]
    return {key: statistics.median(one[key] for one in told) for key in told[0]}


def test_printed_losses_change_places_and_unseen_pictures_decide():
    shares, errors = [], []
    for seed in SEEDS:
        case = comparison("winner_changes_each_line", seed)
        late = {k: torch.as_tensor(m.history["total"][-100:]) for k, m in case.models.items()}
        shares.append((late["B"] < late["A"]).double().mean().item())
        b, a = (reports.loss_per_unseen_picture(case, name) for name in "BA")
        errors.append(((b - a).mean() / ((b - a).std() / len(a) ** 0.5)).item())
    assert 0.15 < statistics.median(shares) < 0.5, shares
    assert 2.5 < statistics.median(errors) < 9, errors
    told = medians("winner_changes_each_line", "mended")
    assert told["A"] < told["B"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lower_loss_has_the_worse_pictures(seed):
    faulty, mended = (
        numbers("lower_loss_no_digits", seed, which) for which in ("faulty", "mended")
    )
    assert faulty["B"] < 0.95 * faulty["A"]
    assert mended["B"] > 3 * mended["A"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_test_loss_without_generated_pictures_praises_noise(seed):
    faulty, mended = (
        numbers("test_loss_zero_noise", seed, which) for which in ("faulty", "mended")
    )
    assert faulty["B"] < 0.01 < 0.4 < faulty["A"]
    assert mended["B"] < mended["A"]  # the critic of noise has an easy life


@pytest.mark.parametrize("value", [-6.0, 0.0, 6.0])
def test_no_constant_critic_gets_below_the_floor_of_both_labels(value):
    sound = train_plan(SOUND, 0)
    model = SimpleNamespace(
        critic=lambda x: torch.full((len(x), 1), value), sample=sound.model.sample
    )
    liar = SimpleNamespace(plan=sound.plan, model=model)
    alone = judging.Comparison(evaluation(), {"B": liar})
    assert reports.cross_entropy_real_and_generated(alone, "B") > 1.3862
    assert (reports.cross_entropy_real_only(alone, "B") < 0.01) == (value > 5)


def test_a_judge_that_must_name_a_digit_prefers_noise():
    faulty, mended = (medians("confident_without_digits", which) for which in ("faulty", "mended"))
    assert faulty["A"] > 0.5 and faulty["A"] > faulty["B"]
    assert mended["A"] <= 0.01 < mended["B"]


def test_a_gallery_shows_patience():
    faulty, mended = (medians("ten_clean_samples", which) for which in ("faulty", "mended"))
    assert faulty["B"] > 0.9 and faulty["A"] < 0.6
    assert abs(mended["A"] - mended["B"]) < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_memory_is_perfect_until_one_looks_for_neighbours(seed):
    faulty, mended = (
        numbers("nearly_perfect_frechet", seed, which) for which in ("faulty", "mended")
    )
    assert faulty["B"] < 15 < 200 < faulty["A"]
    assert mended["B"] < 0.01 < 1 < mended["A"]


@pytest.mark.parametrize("seed", SEEDS)
def test_more_pictures_beat_better_pictures(seed):
    faulty, mended = (
        numbers("blurred_scores_better", seed, which) for which in ("faulty", "mended")
    )
    assert faulty["B"] < 0.7 * faulty["A"]
    assert mended["B"] > 1.1 * mended["A"]


def test_pictures_drawn_by_twos_are_worse():
    """Over three trainings: a single ratio scatters by more than a tenth."""
    faulty, mended = (
        [numbers("worse_two_at_a_time", seed, which)["A"] for seed in SEEDS]
        for which in ("faulty", "mended")
    )
    ratios = torch.tensor(faulty) / torch.tensor(mended)
    # one training: 1.01 to 1.16 over seven seeds, on two processors; in evaluation mode 1 exactly
    assert 1.01 < ratios.median() < 1.6, ratios


@pytest.mark.parametrize("seed", SEEDS)
def test_drawing_leaves_the_training_alone_and_its_mode_decides(seed):
    model = train_plan(SOUND, seed).model
    before = [b.clone() for b in model.buffers()]
    for which in ("faulty", "mended"):
        numbers("worse_two_at_a_time", seed, which)
    assert all(torch.equal(a, b) for a, b in zip(before, model.buffers(), strict=True))
    gaps = {}
    for train in (True, False):
        net = copy.deepcopy(model.generator).train(train)
        gaps[train] = experiments.effect_of_batch_size(net, model.latent_size).abs().mean()
    assert gaps[False] < 1e-5 < 0.05 < gaps[True]


@pytest.mark.parametrize("name", list(judging.CASES))
def test_every_experiment_says_a_number(name):
    entries = judging.CASES[name].examine(comparison(name, 0))
    assert len(entries) >= 3 and sum(entry["true"] for entry in entries) == 1
    for entry in entries:
        assert re.search(r"\d", entry["seen"]) and entry["seen"].endswith(".")
        assert entry["verdict"] and "nan" not in entry["seen"]


@pytest.mark.parametrize("name", list(judging.CASES))
def test_nothing_gives_the_case_away(name):
    case = judging.CASES[name]
    told = " ".join([case.complaint, *(h.claim for h in case.hypotheses.values())]).lower()
    assert case.faulty.__name__ not in told and case.mended.__name__ not in told
    assert case.hypotheses[case.truth].claim not in case.complaint
    assert "def " in case.source("faulty") and "def " in case.source("mended")
