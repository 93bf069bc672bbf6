"""The flow matching lesson's exercises: right answers pass, each planted wrong one is told why."""

from __future__ import annotations

from aigc_teach.losses import transport
from aigc_teach.losses.diffusion import beside
from aigc_teach.losses.flow import velocity
from aigc_teach.models import ode
from course.answers import Answers

LESSON = "models/flow_matching"


def view(x_t, x0, t):
    return velocity("x0", x0, x_t, t)


def heun(field, x, t, s):
    return ode.solve(field, x, [t, s], "heun")


def pair(x0, eps):
    return transport.paired(x0[:, None], eps[:, None])[:, 0]


RIGHT = {
    f"{LESSON}/view": [
        view,
        lambda x, x0, t: (x - (1 - beside(t, x)) * x0) / beside(t, x) - x0,  # eps - x_0
    ],
    f"{LESSON}/heun": [heun],
    f"{LESSON}/pair": [pair],
}

WRONG = [
    (f"{LESSON}/view", lambda x, x0, t: -view(x, x0, t), "sign"),
    (f"{LESSON}/view", lambda x, x0, t: x - x0, "divide by t"),
    (f"{LESSON}/view", lambda x, x0, t: (x - x0) / (1 - beside(t, x)), "it took t"),
    (f"{LESSON}/view", lambda x, x0, t: view(x, x0, t) + x0, "noise that goes"),
    (f"{LESSON}/view", lambda x, x0, t: view(x, x0, t[0]), "each has its own"),
    (f"{LESSON}/heun", lambda f, x, t, s: ode.solve(f, x, [t, s], "euler"), "Euler step"),
    (f"{LESSON}/heun", lambda f, x, t, s: ode.solve(f, x, [t, s], "midpoint"), "half way"),
    (
        f"{LESSON}/heun",
        lambda f, x, t, s: x + (s - t) / 2 * (f(x, t) + f(x, s)),
        "where the trial step led",
    ),
    (f"{LESSON}/heun", lambda f, x, t, s: x + 2 * (heun(f, x, t, s) - x), "twice as long"),
    (f"{LESSON}/pair", lambda x0, eps: eps, "by index"),
    (f"{LESSON}/pair", lambda x0, eps: eps.sort().values, "x0 is not"),
    (f"{LESSON}/pair", lambda x0, eps: pair(-x0, eps), "crossed"),
    (f"{LESSON}/pair", lambda x0, eps: eps.sort().values[x0.argsort()], "ranks"),
    (
        f"{LESSON}/pair",
        lambda x0, eps: eps[(x0[:, None] - eps[None]).abs().argmin(1)],
        "used twice",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
