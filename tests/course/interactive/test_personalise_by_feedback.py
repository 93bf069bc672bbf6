"""Personalising by feedback: right answers pass, each wrong one is told why; its simulations."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, make_generator
from aigc_teach.course.interactive import personalise_by_feedback as lesson
from aigc_teach.models import AttributeVAE, SearchGaussian
from course.answers import Answers

LESSON = "interactive/personalise_by_feedback"


def step(m, s, z, r, *, about=None, rate=0.5, mean_of=None):
    w = r / r.sum()
    middle = (w[:, None] * z).sum(0)
    off = z - (m if about is None else middle)
    wide = (w[:, None] * off**2).sum(0)
    return m + rate * (middle - m), (s**2 + 0.15 * (wide - s**2)).sqrt()


def by_number_shown(m, s, z, r):
    off = r[:, None] * (z - m)
    wide = (r[:, None] * ((z - m) ** 2 - s**2)).mean(0)
    return m + 0.5 * off.mean(0), (s**2 + 0.15 * wide).sqrt()


def solve(k, f, y, *, left=None, right=None):
    p = torch.sigmoid(f)
    w = p * (1 - p)
    left = torch.eye(len(f)) + k * w if left is None else left(k, w, p)
    right = k @ (w * f + y - p) if right is None else right(k, w, p)
    return torch.linalg.solve(left, right)


def parabola(k, f, y):
    p = torch.sigmoid(f)
    return f + (y - p) / (p * (1 - p))


def by_inverse(k, f, y):
    w = torch.sigmoid(f) * (1 - torch.sigmoid(f))
    b = (w * f + y - torch.sigmoid(f)).double()
    return torch.linalg.solve(torch.linalg.inv(k.double()) + w.double().diag(), b)


def seen(p, c, g, s):
    yes, no = torch.where(c, 1 - s, s), torch.where(c, g, 1 - g)
    return p * yes / (p * yes + (1 - p) * no)


def by_odds(p, c, g, s, t):
    odds = p / (1 - p) * torch.where(c, (1 - s) / g, s / (1 - g))
    return 1 - (1 - t) / (1 + odds)


def trace(p, c, g, s, t):
    q = seen(p, c, g, s)
    return q + (1 - q) * t


def unnormalised(p, c, g, s, t):
    q = p * torch.where(c, 1 - s, s)
    return q + (1 - q) * t


def gaps(s):
    return (s[:, None] - s).abs()


def by_pairs(s):
    w = len(s)
    found = [(s[a] - s[b]).abs().mean() for a in range(w) for b in range(a)]
    return sum(found) / len(found)


def within(s):
    k = s.shape[1]
    return (s[:, :, None] - s[:, None]).abs().sum() / (len(s) * k * (k - 1))


RIGHT = {
    f"{LESSON}/follow": [
        step,
        lambda m, s, z, r: SearchGaussian(m, s).follow(z, r),
    ],
    f"{LESSON}/newton": [solve, by_inverse],
    f"{LESSON}/trace": [trace, by_odds],
    f"{LESSON}/unpredictable": [
        by_pairs,
        lambda s: gaps(s).sum() / (len(s) * (len(s) - 1) * s.shape[1]),
    ],
}

WRONG = [
    (f"{LESSON}/follow", lambda m, s, z, r: step(m, s, z, r, about="new"), "*old* mean"),
    (f"{LESSON}/follow", lambda m, s, z, r: step(m, s, z, r, rate=1.0), "half the way"),
    (f"{LESSON}/follow", lambda m, s, z, r: (m, step(m, s, z, r)[1]), "mean does not move"),
    (f"{LESSON}/follow", lambda m, s, z, r: (step(m, s, z, r)[0], s), "spread does not change"),
    (f"{LESSON}/follow", lambda m, s, z, r: step(m, s, z, r * 0 + 1), "must not pull"),
    (f"{LESSON}/follow", lambda m, s, z, r: step(m, s, z, 1 - r), "the disliked"),
    (
        f"{LESSON}/follow",
        lambda m, s, z, r: (step(m, s, z, r)[0], step(m, s, z, r)[1] ** 2),
        "That is the variance",
    ),
    (f"{LESSON}/follow", by_number_shown, "divide by the number liked"),
    (f"{LESSON}/follow", lambda m, s, z, r: step(m, s, z, r, rate=-0.5), "away from"),
    (
        f"{LESSON}/newton",
        lambda k, f, y: solve(k, f, y, right=lambda k, w, p: k @ (y - p)),
        "left W f out",
    ),
    (
        f"{LESSON}/newton",
        lambda k, f, y: solve(k, f, y, left=lambda k, w, p: torch.eye(len(f))),
        "gradient step",
    ),
    (
        f"{LESSON}/newton",
        lambda k, f, y: solve(k, f, y, right=lambda k, w, p: k @ (w * f - y + p)),
        "other sign",
    ),
    (
        f"{LESSON}/newton",
        lambda k, f, y: solve(
            k,
            f,
            y,
            left=lambda k, w, p: torch.eye(len(f)) + k * p,
            right=lambda k, w, p: k @ (p * f + y - p),
        ),
        "you used pi",
    ),
    (f"{LESSON}/newton", parabola, "left the prior out"),
    (
        f"{LESSON}/newton",
        lambda k, f, y: solve(k, f, y, right=lambda k, w, p: w * f + y - p),
        "forgot the K",
    ),
    (
        f"{LESSON}/newton",
        lambda k, f, y: solve(k, f, y, left=lambda k, w, p: torch.eye(len(f)) + k * w[:, None]),
        "wrong side",
    ),
    (f"{LESSON}/trace", lambda p, c, g, s, t: seen(p, c, g, s), "also have taught"),
    (f"{LESSON}/trace", lambda p, c, g, s, t: seen(p + (1 - p) * t, c, g, s), "came before"),
    (f"{LESSON}/trace", lambda p, c, g, s, t: p + (1 - p) * t, "left the answer out"),
    (f"{LESSON}/trace", lambda p, c, g, s, t: trace(p, ~c, g, s, t), "the other way round"),
    (f"{LESSON}/trace", lambda p, c, g, s, t: trace(p, c, s, g, t), "exchanged guess"),
    (f"{LESSON}/trace", lambda p, c, g, s, t: trace(p, c | True, g, s, t), "every answer as right"),
    (f"{LESSON}/trace", lambda p, c, g, s, t: seen(p, c, g, s) + t, "not the rate"),
    (f"{LESSON}/trace", unnormalised, "divide by the evidence"),
    (f"{LESSON}/unpredictable", lambda s: gaps(s).mean(), "no pair with itself"),
    (f"{LESSON}/unpredictable", lambda s: 2 * by_pairs(s), "every pair twice"),
    (f"{LESSON}/unpredictable", lambda s: by_pairs(s) * s.shape[1], "not their sum"),
    (f"{LESSON}/unpredictable", within, "between two worlds"),
    (f"{LESSON}/unpredictable", lambda s: (s[:, None] - s).mean(), "differences cancel"),
    (f"{LESSON}/unpredictable", lambda s: s.std(0).mean(), "standard deviation"),
    (
        f"{LESSON}/unpredictable",
        lambda s: gaps(s).square().sum() / (len(s) * (len(s) - 1) * s.shape[1]),
        "squared the differences",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.fixture(scope="module")
def viewers():
    world = lesson.Banners()
    return world, lesson.people(12, world, make_generator(0))


def run(viewers, way, **more):
    more = {"pages": 8, "pool": 60, "generator": make_generator(1)} | more
    return lesson.search(*viewers, way, **more)


def test_the_best_banner_is_worth_one_and_an_average_one_nothing(viewers):
    world, persons = viewers
    worth = persons.utility(world.draw(12, 4000, make_generator(2)))
    assert worth.mean(1).abs().max() < 0.05 and worth.max() <= 1 + 1e-6
    best = torch.zeros(12, 1, 19)
    best[:, 0, :4] = persons.ideal
    at = 4
    for size in world.groups:
        place = persons.weights[:, at - 4 : at - 4 + size].argmax(1)
        best[torch.arange(12), 0, at + place] = 1
        at += size
    assert torch.allclose(persons.utility(best), torch.ones(12, 1), atol=1e-5)
    assert (persons.weights[:, -1] < persons.weights[:, -3:-1].amin(1)).all(), "no glad burst"


def test_a_banner_s_numbers_are_its_picture():
    world = lesson.Banners()
    items = world.draw(1, 6, make_generator(3))[0]
    again = data.banner_numbers(data.banners(6, generator=make_generator(4)).attributes)
    assert torch.equal(lesson.as_banners(again), data.banners(6, generator=make_generator(4)).x)
    near = world.near(items[None], make_generator(5))[0]
    assert (near[:, 4:].sum(1) == 4).all() and 0 < (near != items).float().mean() < 0.5


def test_a_belief_serves_better_than_chance_and_greed_narrows(viewers):
    found = {way: run(viewers, way) for way in ("random", "greedy", "thompson")}
    look = viewers[0].look
    assert found["greedy"].late(3) > found["random"].late(3) + 0.1
    assert found["greedy"].spread(look)[-1] < 0.7 * found["random"].spread(look)[-1]
    assert found["thompson"].spread(look)[-1] > found["greedy"].spread(look)[-1]
    kept = run(viewers, "greedy", explore=3)
    assert kept.spread(look)[-1] > found["greedy"].spread(look)[-1]
    assert found["greedy"].items.shape == (12, 8, lesson.PAGE, 19)


def test_regret_and_views_count_what_they_say():
    utility = torch.tensor([[[0.0, 0.5], [0.9, 0.2]], [[0.1, 0.1], [0.2, 0.3]]])
    made = lesson.Run(utility, utility[..., None], utility)
    assert made.page().tolist() == pytest.approx([0.175, 0.4])
    assert made.regret().tolist() == pytest.approx([0.825, 1.425])
    assert made.views(0.8).tolist() == [3, 4]
    assert made.spread(lambda x: x).tolist() == pytest.approx([0.25, 0.4])


def test_a_bait_is_clicked_on_and_worth_nothing(viewers):
    def baited(utility, seen):
        return torch.sigmoid(6 * (utility - 0.3) + 3 * seen[..., -1])

    plain, bait = run(viewers, "thompson"), run(viewers, "thompson", chance=baited)
    bursts = [made.items[:, -3:, :, -1].mean() for made in (plain, bait)]
    assert bursts[1] > bursts[0] + 0.1


def test_a_later_taste_counts_from_its_page_on(viewers):
    world, persons = viewers
    other = lesson.people(12, world, make_generator(9))
    made = run(viewers, "random", later=other, turn=4)
    for t, who in ((3, persons), (4, other)):
        assert torch.allclose(made.utility[:, t], who.utility(made.items[:, t]))
    assert torch.isfinite(run(viewers, "greedy", forget=0.5).utility).all()


def test_codes_of_faces_are_standardised():
    torch.manual_seed(0)
    vae = AttributeVAE(latent_size=4, width=4).eval()
    x = data.faces(60).x
    space = lesson.FaceSpace(vae, x)
    g = make_generator(0)
    z = torch.randn(4000, 4, generator=g)
    with torch.no_grad():
        codes, truth = space.whole[0](z), vae.encode(x)[0]
        assert torch.allclose(space(z[:5]), vae.decode(codes[:5]).clamp(-1, 1), atol=1e-5)
    assert torch.allclose(torch.cov(codes.T), torch.cov(truth.T), rtol=0.2, atol=1e-3)


def test_worlds_without_a_list_are_alike_and_measures_are_exact():
    quality = torch.linspace(0.05, 0.5, 12)
    shares = {
        order: lesson.market(quality, order, worlds=6, visitors=300, generator=make_generator(0))
        for order in ("random", "clicks", "rate")
    }
    assert all(torch.allclose(s.sum(1), torch.ones(6)) for s in shares.values())
    wild = {order: lesson.unpredictability(s) for order, s in shares.items()}
    assert wild["clicks"] > 1.5 * wild["random"]
    assert lesson.gini(shares["clicks"]) > lesson.gini(shares["random"])
    assert lesson.unpredictability(shares["random"]) == pytest.approx(
        float(by_pairs(shares["random"])), rel=1e-5
    )


def test_a_policy_that_looks_is_the_best_and_prerequisites_turn_the_order_round():
    def known(policy, needs):
        more = {"learners": 300, "exercises": 24, "needs_earlier": needs}
        return lesson.study(lesson.topics(), policy, generator=make_generator(2), **more)[-1]

    for needs in (False, True):
        assert known("oracle", needs) == max(known(way, needs) for way in lesson.ORDERS)
    assert known("gain", False) > known("fixed", False) > known("random", False)
    assert known("fixed", True) > known("gain", True)


@pytest.mark.parametrize(
    "do",
    [
        lambda: lesson.search(None, None, "luck", pages=1, generator=None),
        lambda: lesson.market(None, "luck", worlds=1, visitors=1, generator=None),
        lambda: lesson.study(lesson.topics(), "x", learners=1, exercises=1, generator=None),
    ],
)
def test_an_unknown_way_is_named(do):
    with pytest.raises(ChoiceError):
        do()
