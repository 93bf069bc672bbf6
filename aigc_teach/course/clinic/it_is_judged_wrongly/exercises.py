"""Exercises of the clinic's lesson on reports that judge wrongly."""

from __future__ import annotations

import copy
import functools
import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from ....core import make_generator
from ....data import digits
from ....lab.checkers import Wrong, call, function, require, same_on
from ....lab.register import exercise, question
from .. import GanPlan, VaePlan, train_plan
from ..common.gan_plan import fresh_noise
from .reports import Comparison, EvaluationSet, loss_per_unseen_picture


@functools.cache
def pixels(split: str) -> Tensor:
    """Digits in [0, 1]."""
    return (digits(split).x + 1) / 2


@functools.cache
def two_lengths() -> tuple[Tensor, Tensor]:
    """Losses of two VAEs on the unseen digits: 60 steps at the usual rate and at a quarter."""
    plans = VaePlan(), replace(VaePlan(), lr=5e-4)
    models = {str(k): train_plan(plan, pixels("train"), steps=60) for k, plan in enumerate(plans)}
    comparison = Comparison(EvaluationSet(nn.Identity(), None, 2 * pixels("held_out") - 1), models)
    return loss_per_unseen_picture(comparison, "0"), loss_per_unseen_picture(comparison, "1")


def _paired(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    gap = b - a
    return gap.mean(), gap.std() / math.sqrt(len(gap))


@exercise(
    "clinic/it_is_judged_wrongly/paired",
    not_yet="Write the body of `paired(a, b)` and return a mean and its standard error.",
    right=(
        "What both models find hard drops out of the difference. On two VAEs of 60 steps your "
        "standard error is less than half of the one that forgets the pairs."
    ),
    hints=[
        "The same picture stands at the same place of a and of b. What is left if you subtract "
        "before you do anything else?",
        "The differences b - a are N numbers. Their mean has the standard error of any mean.",
        "gap.std() divides by N - 1, as it should; then divide by the root of N.",
    ],
)
def paired(answer) -> None:
    """Mean difference of two models' losses on the same pictures, and its standard error."""
    random = make_generator(0)
    base = 40 * torch.randn(9, generator=random)
    cases = [
        (base, base + 2 + torch.randn(9, generator=random)),
        (base[:5] ** 2, base[:5] ** 2 - 3 + torch.randn(5, generator=random)),
    ]
    same_on(answer, _paired, cases, mistakes=PAIRED_MISTAKES)
    a, b = two_lengths()
    gap, error = (float(part) for part in call(answer, a, b))
    apart = math.sqrt((a.var() + b.var()) / len(a))
    require(
        gap > 2 * error and error < apart / 2,
        f"It passes small inputs, but on two VAEs it says {gap:.2f} with error {error:.2f}.",
    )


PAIRED_MISTAKES = {
    "You forgot the pairs: the two variances are added as if each model had pictures of its own. "
    "Subtract first.": lambda a, b: (
        (b - a).mean(),
        ((a.var() + b.var()) / len(a)).sqrt(),
    ),
    "That is the standard deviation of one difference. A mean of N has an error smaller by the "
    "root of N.": lambda a, b: ((b - a).mean(), (b - a).std()),
    "You divided by N; the error of a mean falls with the root of N.": lambda a, b: (
        (b - a).mean(),
        (b - a).std() / len(a),
    ),
    "That is the variance of the mean; its root is asked for.": lambda a, b: (
        (b - a).mean(),
        (b - a).var() / len(a),
    ),
    "The spread of N numbers about their own mean is divided by N - 1, not by N "
    "(correction=1).": lambda a, b: (
        (b - a).mean(),
        (b - a).std(correction=0) / math.sqrt(len(a)),
    ),
    "You took a - b; the difference asked for is b - a, positive where a is better.": (
        lambda a, b: (-_paired(a, b)[0], _paired(a, b)[1])
    ),
}


def _advantage(real: Tensor, fake: Tensor) -> Tensor:
    return (real > 0).double().mean() - (fake > 0).double().mean()


@exercise(
    "clinic/it_is_judged_wrongly/advantage",
    not_yet="Write the body of `advantage(real, fake)` and return one number.",
    right=(
        "No constant answer gets more than 0, however many real and generated pictures there "
        "are, and only a critic that is never wrong gets 1."
    ),
    hints=[
        "A logit above 0 means 'real'. Of which share of the real pictures does it say so? Of "
        "which share of the generated ones?",
        "A critic that says 'real' to everything has both shares at 1; one that never does, at 0.",
        "Subtract the second share from the first. Means, not sums: the sets differ in size.",
    ],
)
def advantage(answer) -> None:
    """Share of real pictures called real, minus the same of generated ones."""
    random = make_generator(1)
    real, fake = torch.randn(18, 1, generator=random) + 1, torch.randn(7, 1, generator=random) - 0.3
    cases = [(real, fake), (real[:4], fake), (fake, 3 * real)]
    same_on(answer, _advantage, cases, mistakes=ADVANTAGE_MISTAKES)
    for value in (-20.0, 20.0):
        told = float(call(answer, torch.full((9, 1), value), torch.full((2, 1), value)))
        require(abs(told) < 1e-6, f"A critic that answers {value:g} to everything gets {told:.2f}.")


ADVANTAGE_MISTAKES = {
    "Only the real pictures count in yours: a critic that says 'real' to everything gets 1.": (
        lambda r, f: (r > 0).double().mean()
    ),
    "That is the share of right answers over all pictures: with many real and few generated "
    "ones, saying 'real' to everything scores high.": (
        lambda r, f: ((r > 0).double().sum() + (f <= 0).double().sum()) / (len(r) + len(f))
    ),
    "You took the mean of the two shares of right answers; there a constant gets 1/2, not 0.": (
        lambda r, f: ((r > 0).double().mean() + (f <= 0).double().mean()) / 2
    ),
    "You compare with 0.5, as for probabilities. These are logits: 0 is the border.": (
        lambda r, f: (r > 0.5).double().mean() - (f > 0.5).double().mean()
    ),
    "You subtracted mean probabilities; the shares of pictures *called* real are asked for.": (
        lambda r, f: r.sigmoid().mean() - f.sigmoid().mean()
    ),
    "You subtracted the generated pictures that it calls generated; subtract those that it calls "
    "real.": lambda r, f: (r > 0).double().mean() - (f <= 0).double().mean(),
    "The sign is turned: a perfect critic must get 1, yours gives it -1.": (
        lambda r, f: -_advantage(r, f)
    ),
}


def _best(scores: Tensor, n: int) -> float:
    ordered, m = scores.double().sort().values.tolist(), len(scores)
    ways = [math.comb(place, n - 1) for place in range(m)]
    return sum(w * s for w, s in zip(ways, ordered, strict=True)) / math.comb(m, n)


def _with_replacement(scores: Tensor, n: int) -> float:
    ordered, m = scores.double().sort().values.tolist(), len(scores)
    return sum(s * (((k + 1) / m) ** n - (k / m) ** n) for k, s in enumerate(ordered))


@exercise(
    "clinic/it_is_judged_wrongly/best",
    not_yet="Write the body of `expected_best(scores, n)` and return one number.",
    right=(
        "With n = 1 it is the mean, with n = M the maximum. Now a gallery of the best of n has a "
        "number that you can compare with."
    ),
    hints=[
        "Put the scores in order. In how many of the sets of n is the score at place k (counting "
        "from 0) the largest one?",
        "The other n - 1 must come from the k below it: math.comb(k, n - 1) sets.",
        "There are math.comb(M, n) sets in all. Sum score times share.",
    ],
)
def best(answer) -> None:
    """The mean, over all sets of n out of M scores, of the largest."""
    scores = torch.tensor([0.1, 0.3, 0.35, 0.9, 0.02, 0.7])
    cases = [(scores, 2), (scores, 3), (scores[:5] ** 2, 4)]
    same_on(answer, _best, cases, mistakes=BEST_MISTAKES)
    many = torch.rand(500, generator=make_generator(2))
    told = float(call(answer, many.clone(), 100))
    if not abs(told - _best(many, 100)) < 1e-6:
        raise Wrong(
            f"Right for six scores; for 500 scores and n = 100 you say {told:.4g}, and it is "
            f"{_best(many, 100):.4f}. Whole numbers (math.comb) do not overflow."
        )


BEST_MISTAKES = {
    "That is the best of all M, whatever n is.": lambda s, n: s.max(),
    "That is the best of the first n: one draw, not the mean over all.": lambda s, n: s[:n].max(),
    "That is the mean score: the best of one.": lambda s, n: s.mean(),
    "That is the mean of the n best of all M; asked is the best one of n that were drawn.": (
        lambda s, n: s.sort().values[-n:].mean()
    ),
    "You draw with replacement: one score may come twice among the n. The n are different ones.": (
        _with_replacement
    ),
    "That is the score at the place n/(n + 1), the right place in the long run; the mean over "
    "all sets is asked for.": lambda s, n: s.double().quantile(n / (n + 1)),
}


class Probe(nn.Module):
    """A small network with both kinds of layers that have two modes; it counts its calls."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.net = nn.Sequential(
                nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
            )
        self.largest = 0

    def forward(self, z: Tensor) -> Tensor:
        """``[N, 4]`` to ``[N, 3]``."""
        self.largest = max(self.largest, len(z))
        return self.net(z)


def _state(net: nn.Module) -> list[Tensor]:
    return [value.clone() for value in net.state_dict().values()]


@exercise(
    "clinic/it_is_judged_wrongly/draw",
    not_yet="Write the body of `draw(net, latents, at_most)` and return one picture a latent.",
    right=(
        "Eval for the time of the drawing, no gradient, and the network left as it was found. On "
        "a GAN of 60 steps, two at a time and all at once give the same pictures."
    ),
    hints=[
        "module.training tells the mode of a layer; net.eval() changes it for all in "
        "net.modules(). What if the caller was in the middle of a training, with one layer frozen?",
        "torch.no_grad() around the calls; latents.split(at_most) gives the handfuls, the last "
        "one smaller.",
        "modes = {m: m.training for m in net.modules()}; net.eval(); made = torch.cat([...]); "
        "then m.training = mode for each pair in modes.items().",
    ],
)
def draw(answer) -> None:
    """Draw pictures from a network, at most so many at a time, and leave no trace."""
    function(answer)
    latents = torch.randn(11, 4, generator=make_generator(3))
    for mode, frozen in ((True, False), (False, False), (True, True)):
        net = Probe().train(mode)
        net.net[1](torch.randn(32, 8, generator=make_generator(4)))  # statistics of its own
        if frozen:
            net.net[1].eval()  # as one does in fine-tuning
        for at_most in (4, 2):
            _check_draw(answer, net, latents, mode, at_most)
    training = train_plan(GanPlan(), pixels("train"), steps=60)
    net, z = training.model.generator.train(), fresh_noise(40, make_generator(5))
    two, all_at_once = (call(answer, net, z.clone(), k) for k in (2, 40))
    gap = (two - all_at_once).abs().max().item()
    require(gap < 1e-4, f"On a GAN, two at a time and all at once differ by {gap:.2g} a pixel.")


def _check_draw(answer, net: Probe, latents: Tensor, mode: bool, at_most: int) -> None:
    net.largest = 0
    before, modes = _state(net), [module.training for module in net.modules()]
    made = call(answer, net, latents.clone(), at_most)
    if not isinstance(made, Tensor):
        raise Wrong(f"A tensor is asked for; you returned {type(made).__name__}.")
    require(not made.requires_grad, "The pictures still carry their gradient: use torch.no_grad().")
    same = all(torch.equal(a, b) for a, b in zip(before, _state(net), strict=True))
    require(
        same,
        "Drawing has changed the network's stored statistics: batch normalisation was in "
        "training mode.",
    )
    require(
        len(made) == len(latents),
        f"{len(latents)} latents went in and {len(made)} pictures came out: mind the last handful.",
    )
    require(
        net.largest <= at_most,
        f"You drew {net.largest} at a time; at most {at_most} were allowed.",
    )
    found = "training" if mode else "evaluation"
    require(
        net.training == mode,
        f"The network was in {found} mode, and you left it in the other one. Put it back.",
    )
    require(
        [module.training for module in net.modules()] == modes,
        "One of its layers, a batch normalisation, was in evaluation mode while the network was in "
        "training mode (frozen), and is so no longer: put back the mode of each module.",
    )
    with torch.no_grad():
        right = copy.deepcopy(net).eval()(latents)
    require(
        torch.allclose(made, right, atol=1e-5),
        "The pictures are not those of evaluation mode, in the order of the latents.",
    )


question(
    "clinic/it_is_judged_wrongly/q1",
    "Losses of single pictures have standard deviation 40. A program prints the loss of the last "
    "batch of 64. What is the scatter of one printed loss?",
    options={
        "a": ("0.6.", "That is 40/64; the error of a mean falls with the root of the number."),
        "b": ("5.", "40/8. A difference of 1 between two models drowns in it."),
        "c": ("40.", "That is the scatter of a single picture."),
    },
    answer="b",
)

question(
    "clinic/it_is_judged_wrongly/q2",
    "A critic's cross-entropy on the test set, all labels 1, is 0.001. What follows for the "
    "generator?",
    options={
        "a": ("It is good.", "No generated picture was asked about."),
        "b": ("It is bad.", "A critic that says 'real' to everything has this number too."),
        "c": ("Nothing.", "The number does not depend on the generator at all."),
    },
    answer="c",
)

question(
    "clinic/it_is_judged_wrongly/q3",
    "Two generators, each trained with a critic of its own. The first has the lower loss. Which "
    "is the better one?",
    options={
        "a": (
            "One cannot say.",
            "Each loss is the opinion of another critic. Let one judge see both.",
        ),
        "b": ("The first.", "Its critic may be weak, or may have been bribed."),
        "c": (
            "The second.",
            "A high loss can also mean that its pictures are easily told from real ones.",
        ),
    },
    answer="a",
)

question(
    "clinic/it_is_judged_wrongly/q4",
    "Three samples in a hundred of a model are good. Somebody shows ten good ones. About how "
    "many were drawn?",
    options={
        "a": ("Ten.", "Of ten, 0.3 would be good on average."),
        "b": ("About 330.", "10/0.03: the gallery tells you how much was thrown away."),
        "c": ("A million.", "Far fewer do."),
    },
    answer="b",
)

question(
    "clinic/it_is_judged_wrongly/q5",
    "`diagnose` had no false alarm in 45 healthy trainings. Is its rate of false alarms 0?",
    options={
        "a": ("Yes.", "With a rate of 3 % one would see none in 45 in a quarter of all cases."),
        "b": (
            "No: 6 % cannot be excluded.",
            "At 6 %, 45 trainings without an alarm still happen in 6 cases of a hundred.",
        ),
        "c": ("It is 1/45.", "That is a common guess, and no bound: 3/45 is one."),
    },
    answer="b",
)
