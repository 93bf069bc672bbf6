"""The formula clinic's exercises and its judge in the kernel."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core.errors import ChoiceError
from aigc_teach.course.mathematics import formula_clinic as formulas
from course.answers import Answers


def fits(steps):
    whole = all(a[1] == b[0] for a, b in zip(steps, steps[1:], strict=False))
    return steps[-1][1] if whole else 0


def fits_by_walking(steps):
    size = steps[0][0]
    for into, out in steps:
        if into != size:
            return 0
        size = out
    return size


def kl(mu, sigma, tau):
    ratio = (sigma / tau) ** 2
    return (0.5 * (ratio + (mu / tau) ** 2 - 1 - ratio.log())).sum(1).mean()


def kl_of_torch(mu, sigma, tau):
    q, p = torch.distributions.Normal(mu, sigma), torch.distributions.Normal(0.0, tau)
    return torch.distributions.kl_divergence(q, p).sum(1).mean()


def differences(f, theta, h=1e-5, ahead=1.0, behind=1.0):
    out = []
    for k in range(len(theta)):
        up, down = theta.clone(), theta.clone()
        up[k] += ahead * h
        down[k] -= behind * h
        out.append((f(up) - f(down)) / ((ahead + behind) * h))
    return torch.stack(out)


def gap(f, gradient, theta):
    return (gradient(theta) - differences(f, theta)).abs().max()


def gap_by_autograd(f, gradient, theta):
    leaf = theta.clone().requires_grad_()
    return (gradient(theta) - torch.autograd.grad(f(leaf), leaf)[0]).abs().max().item()


def gap_in_place(f, gradient, theta):
    worst = gap(f, gradient, theta)
    theta += 1e-5
    return worst


def first_two_weights(f, gradient, theta):
    return (gradient(theta) - differences(f, theta))[:2].abs().max()


def all_at_once(f, gradient, theta, h=1e-5):
    return (gradient(theta) - (f(theta + h) - f(theta - h)) / (2 * h)).abs().max()


RIGHT = {
    "mathematics/formula_clinic/fits": [fits, fits_by_walking],
    "mathematics/formula_clinic/mend": [kl, kl_of_torch],
    "mathematics/formula_clinic/gap": [gap, gap_by_autograd, lambda f, g, t: float(gap(f, g, t))],
}

WRONG = [
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s, t) - 2 * torch.log(t / s).sum(1).mean(),
        "upside down",
    ),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s.detach(), t),
        "every mu and sigma",
    ),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: gap(f, g, torch.ones_like(t)),
        "off by theta[1]",
    ),
    ("mathematics/formula_clinic/fits", lambda s: s[-1][1], "0 is asked for"),
    ("mathematics/formula_clinic/fits", lambda s: fits(s) > 0, "True or False"),
    ("mathematics/formula_clinic/fits", lambda s: s[0][0] if fits(s) else 0, "what goes in"),
    (
        "mathematics/formula_clinic/fits",
        lambda s: s[-1][1] if s[0][1] == s[min(1, len(s) - 1)][0] else 0,
        "every",
    ),
    (
        "mathematics/formula_clinic/fits",
        lambda s: s[-1][1] if s[0][0] == s[-1][1] else 0,
        "NEXT step's in",
    ),
    (
        "mathematics/formula_clinic/fits",
        lambda s: s[-1][1] if {a for _, a in s[:-1]} == {b for b, _ in s[1:]} else 0,
        "3 to 3, then 2 to 5",
    ),
    (
        "mathematics/formula_clinic/fits",
        lambda s: s[-1][1] if all(a[1] >= b[0] for a, b in zip(s, s[1:], strict=False)) else 0,
        "100 to 200, then 100 to 1",
    ),
    (
        "mathematics/formula_clinic/fits",
        lambda s: fits(s) or None,
        "return nothing (None); 0 is due",
    ),
    (
        "mathematics/formula_clinic/fits",
        lambda s: fits(s) if s[0][1] == s[1][0] else 0,
        "64 to 64: Your function stopped",
    ),
    ("mathematics/formula_clinic/mend", lambda m, s, t: -kl(m, s, t), "never is"),
    ("mathematics/formula_clinic/mend", lambda m, s, t: 2 * kl(m, s, t), "factor 1/2 is missing"),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s, t) * len(m) / m.shape[1],
        "exchanged",
    ),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: ((s**2 + m**2 - 1) / 2 - (s / t).log()).sum(1).mean(),
        "divide it by 2 only",
    ),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: ((s**2 + m**2 - t**2) / 2 - (s / t).log()).sum(1).mean(),
        "in units of tau",
    ),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s, t) + (s / t).log().sum(1).mean() / 2,
        "Half of log",
    ),
    ("mathematics/formula_clinic/mend", lambda m, s, t: kl(m, s, t).clamp(min=0.15), "too large"),
    ("mathematics/formula_clinic/mend", lambda m, s, t: kl(m, s, 1.0), "depend on tau"),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s, t) / m.shape[1],
        "over the latents",
    ),
    ("mathematics/formula_clinic/mend", lambda m, s, t: kl(m, s, t) * m.shape[0], "over them"),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s, t) + 0.5 * m.shape[1],
        "-1/2 is missing",
    ),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s, t) + 0.5 * (m.shape[1] - 1),
        "every latent",
    ),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s, t) + (torch.log(t / s)).sum(1).mean(),
        "factor 1/2 before it",
    ),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: kl(m, s, t) - torch.log(torch.tensor(t)) * m.shape[1],
        "log tau is missing",
    ),
    (
        "mathematics/formula_clinic/mend",
        lambda m, s, t: (
            torch.distributions.kl_divergence(
                torch.distributions.Normal(torch.zeros_like(m), t), torch.distributions.Normal(m, s)
            )
            .sum(1)
            .mean()
        ),
        "KL(p || q)",
    ),
    ("mathematics/formula_clinic/gap", lambda f, g, t: (g(t) - differences(f, t)).max(), "signed"),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) - differences(f, t)).abs().mean(),
        "the mean of",
    ),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) - differences(f, t)).abs().sum(),
        "added",
    ),
    ("mathematics/formula_clinic/gap", lambda f, g, t: (g(t) - differences(f, t)).norm(), "length"),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) - 2 * differences(f, t)).abs().max(),
        "2h apart",
    ),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) + differences(f, t)).abs().max(),
        "sign reversed",
    ),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) - differences(f, t, 1e-4, behind=0.0)).abs().max(),
        "one side only",
    ),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) - differences(f, t)).abs().min(),
        "smallest",
    ),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) - differences(f, t))[-1].abs(),
        "the last weight's",
    ),
    ("mathematics/formula_clinic/gap", first_two_weights, "range(len(theta))"),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) - differences(f, t, 1e-3)).abs().max(),
        "h near 1e-5",
    ),
    (
        "mathematics/formula_clinic/gap",
        lambda f, g, t: (g(t) - differences(f, t)).sum().abs(),
        "is 0.4; that",
    ),
    ("mathematics/formula_clinic/gap", all_at_once, "all weights at once"),
    ("mathematics/formula_clinic/gap", gap_in_place, "theta.clone()"),
    ("mathematics/formula_clinic/gap", lambda f, g, t: 0.0, "wrong gradient"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.fixture
def fresh():
    formulas.forget()
    yield
    formulas.forget()


def test_the_kernels_judge_tells_verdict_numbers_correction_and_score(fresh, capsys):
    formulas.judge("F43", "right")
    words = capsys.readouterr().out
    assert "F43 is wrong, not right." in words and "−1.447" in words and "0.4358" in words
    assert "Correct: L_KL" in words and "The sign is reversed" in words
    assert "Score: 0 of 1 so far." in words
    formulas.judge("5", "right")
    words = capsys.readouterr().out
    assert "F05 is right, as you said." in words and "Correct:" not in words
    assert "Score: 1 of 2 so far." in words


def test_only_the_first_judgement_counts(fresh, capsys):
    formulas.judge("F43", "right")
    formulas.judge("F43", "wrong")
    assert "Score: 0 of 1 so far." in capsys.readouterr().out


@pytest.mark.parametrize(("name", "verdict"), [("F66", "right"), ("F01", "false"), ("x", "wrong")])
def test_bad_names_are_told_in_words_and_do_not_count(name, verdict, fresh, capsys):
    formulas.judge(name, verdict)
    words = capsys.readouterr().out
    assert "F01 to F65" in words or "'right', 'wrong', 'incomplete'" in words
    assert formulas.score() == "Score: 0 of 0 so far."


def test_unknown_groups_are_refused():
    with pytest.raises(ChoiceError, match="gan_gradients"):
        formulas.group("gradients")
