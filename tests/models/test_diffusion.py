"""The diffusion model: what it learns, how it is asked, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aigc_teach.core import AigcError, ChoiceError, Labelled, RangeError, ShapeError, make_generator
from aigc_teach.losses.diffusion import TARGETS, target
from aigc_teach.models import Diffusion, IdealDenoiser

DATA = torch.randn(8, 1, 8, 8, generator=make_generator(0)).clamp(-1, 1)
SMALL = {"data_shape": (1, 8, 8), "width": 4, "depth": 1}


class Ideal(nn.Module):
    """The closed-form best answer for DATA, in the place of a net."""

    def __init__(self, kind: str, abar):
        super().__init__()
        self.kind, self.ideal = kind, IdealDenoiser(DATA, abar)
        self.weight = nn.Parameter(torch.zeros(1))
        self.asked = []

    def forward(self, x, time, labels=None):
        self.asked.append((len(x), labels))
        t = round(time[0].item() * (len(self.ideal.abar) - 1))
        guess = self.ideal(x, t)
        return target(self.kind, guess.x0, guess.eps, self.ideal.abar[t]) + 0 * self.weight


def with_ideal(kind: str, **options) -> Diffusion:
    model = Diffusion((1, 8, 8), target=kind, net=nn.Linear(1, 1), **options)
    model.net = Ideal(kind, model.abar)
    return model


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "heun"])
@pytest.mark.parametrize("schedule", ["linear", "cosine"])
@pytest.mark.parametrize("clip", [False, True])
def test_with_the_ideal_net_it_reproduces_the_data(kind, sampler, schedule, clip):
    """The whole path: time, target, clip, sampler. "eps" is divided by sqrt(abar) at T."""
    model = with_ideal(kind, sampler=sampler, schedule=schedule, sample_steps=100, clip=clip)
    x = model.sample(16, generator=make_generator(1))
    error = torch.cdist(x.flatten(1), DATA.flatten(1)).amin(1).max().item()
    assert error < 5e-3


def test_a_sample_is_clipped_and_a_guess_only_where_it_is_asked():
    torch.manual_seed(0)
    model = Diffusion(**SMALL, sample_steps=2)
    nn.init.normal_(model.net.outward.bias, std=9)
    x_t = torch.randn(4, 1, 8, 8, generator=make_generator(1))
    with torch.no_grad():
        assert model.denoise(x_t, 500).x0.abs().max() > 1
        assert model.sample(4, generator=make_generator(1)).abs().max() <= 1
        model.clip = True
        assert model.denoise(x_t, 500).x0.abs().max() <= 1


def test_guidance_asks_once_or_twice():
    model = with_ideal("v", n_classes=3, sample_steps=1)
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
    model = Diffusion(**SMALL, n_classes=2)
    nn.init.normal_(model.net.outward.weight)
    x, labels = DATA[:2], torch.tensor([0, 1])
    at = {g: model.guided(x, torch.full((2,), 0.5), labels, g) for g in (0, 1, 3)}
    assert torch.allclose(at[3], at[0] + 3 * (at[1] - at[0]), atol=1e-5)


def test_arguments_and_attributes_are_the_same():
    model = Diffusion(**SMALL, n_classes=2, sample_steps=5)
    nn.init.normal_(model.net.outward.weight)
    labels = torch.tensor([0, 1])
    with torch.no_grad():
        *_, a = model.eval().trajectory(
            2, condition=labels, generator=make_generator(3), guidance=2.0, steps=3, sampler="heun"
        )
    model.guidance, model.sample_steps, model.sampler = 2.0, 3, "heun"
    assert torch.equal(a, model.sample(2, condition=labels, generator=make_generator(3)))


def test_label_dropout_hides_its_share():
    seen = []

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(()))

        def forward(self, x, time, labels):
            seen.append(labels)
            assert time.min() > 0 and time.max() <= 1
            return x * self.weight

    model = Diffusion((2,), n_classes=3, label_dropout=0.25, net=Spy())
    labels = torch.zeros(8000, dtype=torch.long)
    model.loss(Labelled(torch.zeros(8000, 2), labels), generator=make_generator(0))
    assert (seen[0] == 3).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert labels.max() == 0


def test_times_are_uniform_and_cover_everything():
    model = Diffusion(**SMALL, noise_steps=10, sample_steps=5)
    g = make_generator(0)
    times = torch.stack([model._draw_times(5, g) for _ in range(4000)])  # [4000, 5]
    shares = torch.stack([torch.bincount(t, minlength=11)[1:] for t in times.T]) / 4000
    assert (shares - 0.1).abs().max() < 0.02  # each place of a batch meets each time
    assert (times.sort(1).values.diff(dim=1) >= 1).all()


def test_one_class_and_one_step():
    model = Diffusion(**SMALL, n_classes=1, sample_steps=1, guidance=3)
    total, _ = model.loss(Labelled(DATA, torch.zeros(8, dtype=torch.long)))
    assert total.isfinite() and model.sample(2).isfinite().all()


def test_double_precision():
    model = Diffusion(**SMALL, n_classes=2, guidance=2).double()
    batch = Labelled(DATA.double(), torch.zeros(8, dtype=torch.long))
    assert model.loss(batch).total.isfinite() and model.sample(2).dtype == torch.float64


@pytest.mark.parametrize(
    "call, kind, words",
    [
        (lambda: Diffusion(**SMALL, target="noise"), ChoiceError, "'eps', 'x0', 'v'"),
        (lambda: Diffusion(**SMALL, schedule="sigmoid"), ChoiceError, "'linear', 'cosine'"),
        (lambda: Diffusion(**SMALL, sampler="euler"), ChoiceError, "'ddpm', 'ddim', 'heun'"),
        (lambda: Diffusion(**SMALL, sample_steps=0), RangeError, "sample_steps=0"),
        (lambda: Diffusion(**SMALL, sample_steps=1001), RangeError, "at most 1000"),
        (lambda: Diffusion(**SMALL, noise_steps=1), RangeError, "at least 2"),
        (lambda: Diffusion(**SMALL, label_dropout=1.0), RangeError, "label_dropout"),
        (lambda: Diffusion(**SMALL, guidance=2.0), AigcError, "without classes"),
        (lambda: Diffusion(**SMALL, n_classes=2, guidance=-1), RangeError, "guidance=-1"),
        (
            lambda: Diffusion(**SMALL, n_classes=2, guidance=2, label_dropout=0),
            AigcError,
            "never learns to answer without",
        ),
        (lambda: Diffusion((1, 27, 29)), ShapeError, "multiples of 4"),
        (lambda: next(Diffusion(**SMALL).trajectory(2, steps=0)), RangeError, "steps=0"),
        (lambda: next(Diffusion(**SMALL).trajectory(2, sampler="x")), ChoiceError, "'heun'"),
        (lambda: Diffusion(**SMALL).denoise(DATA, 0), RangeError, "t=0"),
        (lambda: Diffusion(**SMALL).denoise(DATA, 5, torch.zeros(8)), AigcError, "conditions"),
    ],
)
def test_bad_input(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
