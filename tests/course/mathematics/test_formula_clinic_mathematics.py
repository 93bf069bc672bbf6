"""Every one of the 65 verdicts is established by its experiment, and the experiments are sound."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import integrate, optimize
from scipy.spatial.distance import jensenshannon

from aigc_teach.core.errors import DataError
from aigc_teach.course.mathematics import formula_clinic as formulas
from aigc_teach.course.mathematics.formula_clinic import (
    bound,
    coding,
    entry,
    gan_gradients,
    losses,
    maps,
    toys,
    vae_gradients,
)
from aigc_teach.course.mathematics.formula_clinic.entry import Check

LESSON = Path(__file__).parents[3] / "book/02_mathematics/05_formula_clinic.md"
ALL = formulas.FORMULAS
FAULTY = [formula for formula in ALL if formula.verdict != "right"]
READABLE = [formula for formula in ALL if formula.as_printed is not None]


def named(formula):
    return formula.name


# --- the verdicts


@pytest.mark.parametrize("formula", ALL, ids=named)
def test_the_stored_verdict_is_what_the_experiment_establishes(formula):
    assert formula.established() == formula.verdict


@pytest.mark.parametrize("formula", ALL, ids=named)
def test_the_corrected_form_passes_the_same_experiment(formula):
    assert formula.established("corrected") == "right"
    assert entry.unmatched(formula.corrected) == entry.unmatched(formula.corrected_text) == 0


@pytest.mark.parametrize("formula", FAULTY, ids=named)
def test_the_printed_form_in_the_corrected_ones_place_fails(formula):
    swapped = replace(formula, corrected=formula.printed, as_corrected=formula.as_printed)
    assert swapped.established("corrected") == formula.verdict != "right"


@pytest.mark.parametrize("formula", FAULTY, ids=named)
def test_the_corrected_form_in_the_printed_ones_place_is_right(formula):
    swapped = replace(formula, printed=formula.corrected, as_printed=formula.as_corrected)
    assert swapped.established() == "right"


@pytest.mark.parametrize("formula", [f for f in ALL if f.verdict == "right"], ids=named)
def test_a_right_form_with_its_sign_turned_is_wrong(formula):
    def turned(*given):
        out = formula.as_printed(*given)
        return tuple(-part for part in out) if isinstance(out, tuple) else -out

    assert replace(formula, as_printed=turned).established() == "wrong"


@pytest.mark.parametrize("formula", READABLE, ids=named)
def test_no_verdict_rests_on_brackets_where_values_can_be_computed(formula):
    assert len(formula.run()) >= 2
    assert all(math.isfinite(check.truth) for check in formula.run())


def test_only_unbalanced_formulas_are_not_evaluated():
    for formula in ALL:
        assert (formula.as_printed is None) == (entry.unmatched(formula.printed) > 0)


# --- the list


def test_there_are_65_in_order_each_from_a_place_of_its_own():
    assert [formula.number for formula in ALL] == list(range(1, 66))
    assert len({formula.source for formula in ALL}) == 65
    by_article = [f.source.removeprefix("article ").split(",")[0] for f in ALL]
    counts = {name: by_article.count(name) for name in sorted(set(by_article))}
    assert counts == {"S0a": 2, "S0b": 16, "S1": 16, "S2": 2, "S3": 9, "S4": 20}


def test_the_printed_forms_are_those_that_were_copied():
    lines = sorted(f"{f.source}: {re.sub(chr(92) + 's+', '', f.printed)}" for f in ALL)
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] == "07f3f0034556f4e8"


def test_equal_prints_share_one_verdict_and_one_experiment():
    for first in ALL:
        for second in ALL:
            if first.printed == second.printed:
                assert first.experiment is second.experiment
                assert first.as_printed is second.as_printed
                assert first.verdict == second.verdict


def test_the_tally():
    table = formulas.tally()
    total = {v: sum(row[v] for row in table.values()) for v in formulas.VERDICTS}
    assert total == {"right": 28, "wrong": 26, "incomplete": 11}
    assert (
        table["gan_gradients"]
        == table["vae_gradients"]
        == {
            "right": 1,
            "wrong": 5,
            "incomplete": 0,
        }
    )


DISPLAY = r"^\$\$\n(?:\\(?:small|scriptsize) )?(.*?) \\tag\{(.*?)\}\n\$\$$"


def test_the_lesson_shows_exactly_these_formulas_and_their_corrected_forms():
    found = re.findall(DISPLAY, LESSON.read_text("utf-8"), re.M)
    shown = {label: latex for latex, label in found}
    assert len(shown) == len(found)
    expected = {}
    for first in ALL:
        label = formulas.label([f for f in ALL if f.printed == first.printed])
        expected[label] = first.printed
        if first.verdict != "right":
            expected[f"{label}, mended"] = first.corrected
    assert shown == expected


# --- the tools


@pytest.mark.parametrize(
    ("text", "alone"),
    [("", 0), ("(a[b]{c})", 0), ("(", 1), (")", 1), ("([)]", 2), ("((a)", 1), ("f(x))", 1)],
)
def test_brackets(text, alone):
    assert entry.unmatched(text) == alone


def test_deciding():
    yes, no = Check("", "", 1.0, 1.0), Check("", "", 2.0, 1.0)
    a_yes, a_no = replace(yes, reading="a"), replace(no, reading="a")
    b_yes, b_no = replace(yes, reading="b"), replace(no, reading="b")
    assert entry.decides([yes]) == entry.decides([yes, a_yes, b_yes]) == "right"
    assert entry.decides([no]) == entry.decides([no, a_yes]) == "wrong"
    assert entry.decides([yes, a_no, b_no]) == entry.decides([a_no]) == "wrong"
    assert entry.decides([yes, a_yes, b_no]) == entry.decides([b_yes, a_no]) == "incomplete"
    with pytest.raises(DataError, match="single check"):
        entry.decides([])


def test_nan_never_agrees():
    assert not Check("", "", math.nan, math.nan).agrees
    assert not Check("", "", math.inf, 1.0).agrees


def test_slopes_equal_autograd():
    x = torch.tensor([0.3, -1.2], dtype=torch.float64, requires_grad=True)
    f = (x[0] ** 2 * x[1]).exp() + torch.tanh(x).sum()
    f.backward()

    def again(x):
        return np.exp(x[0] ** 2 * x[1]) + np.tanh(x).sum()

    assert np.allclose(toys.gradient(again, x.detach().numpy()), x.grad.numpy(), atol=1e-8)
    assert math.isclose(toys.slope(math.exp, 1.0), math.e, rel_tol=1e-9)


def test_the_error_of_a_central_difference():
    for h in (0.1, 0.01):  # h^2 f''' / 6, the lesson's derivation
        assert math.isclose(toys.slope(math.sin, 0.5, h) - math.cos(0.5),
                            -(h**2) * math.cos(0.5) / 6, rel_tol=0.01)  # fmt: skip


def test_quadrature_and_divergences():
    expected, _ = integrate.quad(
        lambda z: math.cos(z) * math.exp(-((z - 0.4) ** 2) / 0.5) / math.sqrt(0.5 * math.pi), -9, 9
    )
    assert math.isclose(toys.normal_mean(np.cos, 0.4, 0.5), expected, rel_tol=1e-9)
    q, p = torch.distributions.Normal(0.7, 0.6), torch.distributions.Normal(-0.2, 1.4)
    truth = torch.distributions.kl_divergence(q, p).item()
    assert math.isclose(toys.kl_normals(0.7, 0.6, -0.2, 1.4), truth, rel_tol=1e-5)
    p, q = [0.75, 0.25, 0.0], [0.2, 0.3, 0.5]
    assert math.isclose(toys.jensen_shannon(p, q), jensenshannon(p, q) ** 2, rel_tol=1e-12)


@pytest.mark.parametrize("x", [-1.3, 0.4, 3.0])
def test_the_model_of_one_pixel(x):
    line = toys.LINE

    def joint(z, power=0):
        density = math.exp(line.log_likelihood(x, z) - z * z / 2) / math.sqrt(2 * math.pi)
        return z**power * density

    evidence, mean, square = (integrate.quad(joint, -9, 9, (k,))[0] for k in range(3))
    assert math.isclose(math.log(evidence), line.log_p(x), rel_tol=1e-8)
    assert math.isclose(mean / evidence, line.mean(x), rel_tol=1e-8)
    spread = math.sqrt(square / evidence - (mean / evidence) ** 2)
    assert math.isclose(spread, line.spread, rel_tol=1e-7)


# --- what the lesson says about single formulas


def test_the_printed_kl_is_unbounded_and_turned_round_has_its_best_variance_at_2():
    one = np.array([[1.0]])
    assert bound.printed_kl(1e4 * one, one) < -1e7
    best = optimize.minimize_scalar(
        lambda s: -bound.printed_kl(0 * one, s * one), bounds=(0.2, 4), method="bounded"
    )
    assert math.isclose(best.x**2, 2.0, rel_tol=1e-3)
    q = torch.distributions.Normal(0.7, 0.6)
    truth = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).item()
    assert math.isclose(bound.corrected_kl(0.7 * one, 0.6 * one), truth, rel_tol=1e-5)


def test_with_two_arguments_the_best_critics_loss_is_the_same_for_every_generator():
    generators = [(0, 0), (0, 1), (1, 0), (1, 1)]
    both = losses.P_REAL, losses.P_FAKE
    printed = {round(losses.least_loss(losses.two_arguments, *both, g), 12) for g in generators}
    right = {round(losses.least_loss(losses.one_argument, *both, g), 12) for g in generators}
    assert len(printed) == 1 and len(right) > 2
    truth = 2 * math.log(2) - 2 * jensenshannon(*both) ** 2
    assert math.isclose(printed.pop(), truth, rel_tol=1e-9)


def test_a_certain_code_is_refused_even_where_all_codes_together_follow_the_prior():
    def stretched(x, eps):  # variance 1 over all pictures, spread 0 for each
        return x / np.sqrt(toys.LINE.evidence) + 0 * eps

    codes = stretched(coding.OVER_X, coding.OVER_EPS)
    assert math.isclose((coding.BOTH * codes**2).sum(), 1.0, rel_tol=1e-9)
    spread, kl = coding.code_experiment(stretched)
    assert spread.got == 0 and math.isinf(kl.got) and not kl.agrees


def test_two_names_for_one_thing_are_judged_by_one_standard():
    for pair in (("F24", "F25"), ("F30", "F31")):
        for name in pair:
            readings = {c.reading for c in formulas.find(name).run() if c.reading}
            assert len(readings) == 2 and formulas.find(name).verdict == "incomplete"


def test_a_critic_of_pairs_fits_the_square_generator_and_the_articles_example_does_not():
    for n in (1, 100, 784):
        into, out, read = maps.double_critic(n)
        assert read == into + out != out
    into, out, read = maps.right_sizes(0)
    assert read == out != into + out


def test_the_bound_with_a_density_of_the_data_exceeds_log_p():
    line, x = toys.LINE, 3.0
    inside = toys.normal_mean(lambda z: line.log_likelihood(x, z), line.mean(x), line.spread)
    assert inside - bound.against_data(x) > line.log_p(x) + 0.1
    assert math.isclose(inside - bound.against_prior(x), line.log_p(x), rel_tol=1e-9)


def test_the_numbers_of_f55_and_f56_in_the_text():
    assert math.isclose(formulas.find("F55").as_printed(0.7, 0.2)[1], 0.1786, abs_tol=1e-4)
    assert math.isclose(formulas.find("F55").as_corrected(0.7, 0.2)[1], -1.4286, abs_tol=1e-4)
    middle, right = formulas.find("F56").as_printed(0.7, 0.2)
    assert math.isclose(middle, -3.75, rel_tol=1e-6) and math.isclose(right, 6.25)


def test_the_gan_gradients_against_autograd():
    for z, theta in gan_gradients.PLACES:
        weight = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
        d = torch.sigmoid(1.3 * (torch.tanh(weight * z) + 0.3 * z) - 0.4)
        (-d.log()).backward()
        parts = gan_gradients.pieces(z, theta)
        for name in ("F51", "F54"):
            assert math.isclose(
                formulas.find(name).as_corrected(parts), weight.grad.item(), rel_tol=1e-6
            )


def test_the_vae_gradients_against_autograd():
    x = torch.from_numpy(vae_gradients.X)
    theta = torch.tensor(vae_gradients.THETA, requires_grad=True)
    mu, logvar = theta[0] * x, theta[2] * x - 0.5
    rebuilt = theta[1] * (mu + (0.5 * logvar).exp() * torch.from_numpy(vae_gradients.EPS))
    parts = vae_gradients.parts(vae_gradients.X)
    for name, loss in [
        ("F61", ((x - rebuilt) ** 2).mean()),
        ("F62", 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean()),
    ]:
        (truth,) = torch.autograd.grad(loss, theta, retain_graph=True)
        got = formulas.find(name).as_corrected(parts)
        assert np.allclose(got, truth.numpy(), rtol=1e-6)
    q, p = torch.tensor(vae_gradients.Q, requires_grad=True), torch.tensor(vae_gradients.P)
    (truth,) = torch.autograd.grad((q * (q / p).log()).sum(1).mean(), q)
    assert np.allclose(formulas.find("F58").as_corrected(vae_gradients.Q, p.numpy()), truth.numpy())
