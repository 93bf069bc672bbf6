"""The flow model: what it learns, how it is asked, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aigc_teach.core import AigcError, ChoiceError, Labelled, RangeError, ShapeError, make_generator
from aigc_teach.losses import flow, transport
from aigc_teach.models import Flow, IdealVelocity, ode

DATA = torch.randn(8, 1, 8, 8, generator=make_generator(0)).clamp(-1, 1)
SMALL = {"data_shape": (1, 8, 8), "width": 4, "depth": 1}


class Ideal(nn.Module):
    """The closed-form best answer for DATA, in the place of a net."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind, self.field = kind, IdealVelocity(DATA)
        self.weight = nn.Parameter(torch.zeros(1))
        self.asked = []

    def forward(self, x, time, labels=None):
        self.asked.append((len(x), labels))
        t = max(time[0].item(), 0.01)  # at 0 there is no velocity
        v = self.field(x, t)
        guess = flow.estimate(v, x, torch.tensor(t))
        return {"velocity": v, "eps": guess.eps, "x0": guess.x0}[self.kind] + 0 * self.weight


def with_ideal(kind: str, **options) -> Flow:
    return Flow((1, 8, 8), target=kind, net=Ideal(kind), **options)


@pytest.mark.parametrize("kind", flow.TARGETS)
@pytest.mark.parametrize("solver", ode.KINDS)
def test_with_the_ideal_net_it_reproduces_the_data(kind, solver):
    """The whole path: time, view, solver. "eps" is held back where it would be infinite."""
    model = with_ideal(kind, solver=solver, sample_steps=100)
    x = model.sample(16, generator=make_generator(1))
    off = torch.cdist(x.flatten(1), DATA.flatten(1)).amin(1).max().item() / 8
    assert off < 0.01


@pytest.mark.parametrize("kind", flow.TARGETS)
def test_one_nets_velocity_is_the_same_in_every_view(kind):
    model, x = with_ideal(kind), torch.randn(4, 1, 8, 8, generator=make_generator(2))
    for t in (0.1, 0.5, 0.9):
        assert torch.allclose(model.velocity(x, t), IdealVelocity(DATA)(x, t), atol=1e-4)


@pytest.mark.parametrize("kind", flow.TARGETS)
def test_the_loss_is_the_formula(kind):
    torch.manual_seed(0)
    model = Flow((2,), width=8, target=kind)
    nn.init.normal_(model.net.outward.weight)
    x0, g = torch.randn(16, 2, generator=make_generator(1)), make_generator(5)
    t = (torch.rand((), generator=g) + torch.arange(16) / 16) % 1
    eps = torch.randn(16, 2, generator=g)
    error = model.net(flow.between(x0, eps, t), t) - flow.target(kind, x0, eps)
    found = model.loss(x0, generator=make_generator(5)).total
    assert torch.allclose(found, error.square().mean())


@pytest.mark.parametrize("kind", flow.TARGETS)
@pytest.mark.parametrize("weighting", flow.TARGETS)
def test_a_weighting_is_the_loss_of_that_view(kind, weighting):
    """The net's answer, turned into the other view, has the other view's squared error."""
    torch.manual_seed(0)
    model = Flow((2,), width=8, target=kind, weighting=weighting)
    nn.init.normal_(model.net.outward.weight)
    model.even_parts = lambda n, generator: torch.linspace(0.1, 0.9, n)
    x0, eps = torch.randn(2, 9, 2, generator=make_generator(1))
    t = torch.linspace(0.1, 0.9, 9)
    eps = torch.randn(9, 2, generator=make_generator(4))
    x_t = flow.between(x0, eps, t)
    v = flow.velocity(kind, model.net(x_t, t), x_t, t)
    guess = flow.estimate(v, x_t, t)
    answer = {"velocity": v, "eps": guess.eps, "x0": guess.x0}[weighting]
    wanted = (answer - flow.target(weighting, x0, eps)).square().mean()
    assert torch.allclose(model.loss(x0, generator=make_generator(4)).total, wanted, rtol=1e-4)


def test_optimal_pairs_are_those_of_the_batch():
    seen = []
    model = Flow((2,), width=8, pairing="optimal")
    model.net.register_forward_pre_hook(lambda net, args: seen.append(args))
    x0 = torch.randn(32, 2, generator=make_generator(1))
    assert model.loss(x0, generator=make_generator(5)).total.isfinite()
    x_t, t, _ = seen[0]
    eps = (x_t - (1 - t)[:, None] * x0) / t[:, None]
    own = transport.squared_distances(x0, eps)
    assert transport.assignment(own).tolist() == list(range(32))


def test_guidance_asks_once_or_twice():
    model = with_ideal("velocity", n_classes=3, sample_steps=1, solver="euler")
    for guidance, items in ((0, 4), (1, 4), (2.5, 8), (100, 8)):
        model.guidance = guidance
        model.net.asked.clear()
        assert model.sample(4, condition=torch.tensor([0, 1, 2, 0])).isfinite().all()
        ((count, labels),) = model.net.asked
        assert count == items
        if guidance == 0:
            assert (labels == 3).all()
        else:
            assert labels.tolist() == [0, 1, 2, 0, 3, 3, 3, 3][:items]


def test_guidance_is_a_straight_line():
    torch.manual_seed(0)
    model = Flow(**SMALL, n_classes=2)
    nn.init.normal_(model.net.outward.weight)
    labels = torch.tensor([0, 1])
    with torch.no_grad():
        at = {g: model.velocity(DATA[:2], 0.5, labels, guidance=g) for g in (0, 1, 3)}
    assert torch.allclose(at[3], at[0] + 3 * (at[1] - at[0]), atol=1e-5)


def test_arguments_and_attributes_are_the_same():
    torch.manual_seed(0)
    model = Flow(**SMALL, n_classes=2, sample_steps=5)
    nn.init.normal_(model.net.outward.weight)
    labels = torch.tensor([0, 1])
    with torch.no_grad():
        *_, a = model.eval().trajectory(
            2, condition=labels, generator=make_generator(3), guidance=2.0, steps=3, solver="euler"
        )
    model.guidance, model.sample_steps, model.solver = 2.0, 3, "euler"
    assert torch.equal(a, model.sample(2, condition=labels, generator=make_generator(3)))


@pytest.mark.parametrize("solver, asked", [("euler", 4), ("midpoint", 8), ("heun", 7)])
def test_how_often_the_net_is_asked(solver, asked):
    model = with_ideal("velocity", solver=solver, sample_steps=4)
    model.sample(2)
    assert len(model.net.asked) == asked


def test_label_dropout_hides_its_share():
    seen = []
    model = Flow((2,), width=8, n_classes=3, label_dropout=0.25)
    model.net.register_forward_pre_hook(lambda net, args: seen.append(args))
    labels = torch.zeros(8000, dtype=torch.long)
    model.loss(Labelled(torch.zeros(8000, 2), labels), generator=make_generator(0))
    (_, t, hidden) = seen[0]
    assert (hidden == 3).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert t.min() >= 0 and t.max() < 1 and labels.max() == 0


def test_one_class_one_step_and_much_guidance():
    for guidance in (0, 100):
        model = Flow(**SMALL, n_classes=1, sample_steps=1, guidance=guidance)
        total, _ = model.loss(Labelled(DATA, torch.zeros(8, dtype=torch.long)))
        x = model.sample(2)
        assert total.isfinite() and x.isfinite().all() and x.abs().max() <= 1


def test_double_precision():
    model = Flow(**SMALL, n_classes=2, guidance=2).double()
    batch = Labelled(DATA.double(), torch.zeros(8, dtype=torch.long))
    assert model.loss(batch).total.isfinite() and model.sample(2).dtype == torch.float64


@pytest.mark.parametrize(
    "call, kind, words",
    [
        (lambda: Flow(**SMALL, target="v"), ChoiceError, "'velocity', 'eps', 'x0'"),
        (lambda: Flow(**SMALL, weighting="v"), ChoiceError, "'velocity', 'eps', 'x0'"),
        (lambda: Flow(**SMALL, pairing="index"), ChoiceError, "'independent', 'optimal'"),
        (lambda: Flow(**SMALL, solver="rk4"), ChoiceError, "'euler', 'midpoint', 'heun'"),
        (lambda: Flow(**SMALL, sample_steps=0), RangeError, "sample_steps=0"),
        (lambda: Flow(**SMALL, label_dropout=1.0), RangeError, "label_dropout"),
        (lambda: Flow(**SMALL, guidance=2.0), AigcError, "without classes"),
        (lambda: Flow(**SMALL, n_classes=2, guidance=-1), RangeError, "guidance=-1"),
        (lambda: Flow(**SMALL, n_classes=2, pairing="optimal"), AigcError, "between the classes"),
        (
            lambda: Flow(**SMALL, n_classes=2, guidance=2, label_dropout=0),
            AigcError,
            "never learns to answer without",
        ),
        (lambda: Flow((1, 27, 29)), ShapeError, "multiples of 4"),
        (lambda: next(Flow(**SMALL).trajectory(2, steps=0)), RangeError, "steps=0"),
        (lambda: next(Flow(**SMALL).trajectory(2, solver="x")), ChoiceError, "'heun'"),
        (lambda: Flow(**SMALL).velocity(DATA, 1.5), RangeError, "t=1.5"),
        (lambda: Flow(**SMALL).velocity(DATA, 0.5, torch.zeros(8)), AigcError, "conditions"),
    ],
)
def test_bad_input(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
