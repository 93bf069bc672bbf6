"""Experiments for the cases of :mod:`aigc_teach.clinic.judging`: ``Hearing -> str`` each.

Each measures something on the models of a hearing and says it in one sentence.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F

from ....core import make_generator
from ....metrics import judge_images
from . import reports
from .reports import Hearing, Report

DRAWS = 20


def each(hearing: Hearing, measure: Callable[[str], float], form: str = ".3g") -> str:
    """What is measured for each model: ``A 0.7, B 0.2``."""
    return ", ".join(f"{name} {measure(name):{form}}" for name in hearing.models)


def scatter(series: str) -> Callable[[Hearing], str]:
    """An experiment: how much a printed loss changes from step to step."""

    def experiment(hearing: Hearing) -> str:
        said = []
        for name, model in hearing.models.items():
            late = model.history[series][-50:]
            said.append(f"{name} {late.mean():.4g} (standard deviation {late.std():.2g})")
        return f"Mean of the last {len(late)} printed losses: {', '.join(said)}."

    return experiment


def how_often_lower(series: str) -> Callable[[Hearing], str]:
    """An experiment: in how many of the last steps the second model has the lower loss."""

    def experiment(hearing: Hearing) -> str:
        one, other = (model.history[series][-200:] for model in hearing.models.values())
        return f"In {100 * (other < one).mean():.0f} % of the last {len(one)} steps B's is lower."

    return experiment


def seen_and_unseen(hearing: Hearing) -> str:
    """A VAE's loss on pictures it was trained on, and on others."""
    bench = hearing.bench
    trained = reports.Bench(bench.judge, bench.train, bench.train[: len(bench.unseen)])
    on = {"training": Hearing(trained, hearing.models), "unseen": hearing}
    said = [
        f"on {len(bench.unseen)} {words} pictures "
        + each(hearing, lambda name, h=h: reports.all_unseen(h, name), ".1f")
        for words, h in on.items()
    ]
    return f"Loss of the finished models {'; '.join(said)}."


def draws(hearing: Hearing) -> str:
    """How much of the scatter comes from the draw of the codes."""
    said = each(
        hearing,
        lambda name: (
            torch.tensor([reports.one_batch(hearing, name, k) for k in range(DRAWS)]).std().item()
        ),
        ".2f",
    )
    return (
        f"One batch of 64 pictures, {DRAWS} draws of its codes: the loss has standard deviation "
        f"{said}."
    )


def modes(hearing: Hearing) -> str:
    """Whether a VAE's loss depends on the mode."""
    gaps = []
    for name, patient in hearing.models.items():
        calm = reports.one_batch(hearing, name, 0)
        patient.model.train()
        gaps.append(abs(reports.one_batch(hearing, name, 0) - calm))
        patient.model.eval()
    return f"In training and in evaluation mode its loss on one batch differs by {max(gaps):.1g}."


def units(hearing: Hearing) -> str:
    """What the generators' losses say of one answer."""
    undecided = torch.zeros(64, 1)
    said = each(hearing, lambda n: hearing.models[n].plan.generator_loss(undecided).item(), ".4f")
    return f"To a critic that answers 1/2 to everything each of them would say: {said}."


def second_witness(hearing: Hearing) -> str:
    """Distance to the nearest training picture, without any judge."""
    said = each(hearing, lambda n: hearing.bench.nearest(hearing.models[n].pictures(500)))
    unseen = hearing.bench.nearest(hearing.bench.unseen)
    return f"Distance to the nearest training picture: {said}; unseen real ones {unseen:.3g}."


def crossed(hearing: Hearing) -> str:
    """Every generator's loss before every critic."""
    said = []
    for name, patient in hearing.models.items():
        with torch.no_grad():
            pictures = patient.model.sample(500, generator=make_generator(0))
            before = each(
                hearing,
                lambda n, x=pictures, p=patient: p.plan.generator_loss(
                    hearing.models[n].model.critic(x)
                ).item(),
                ".2f",
            )
        said.append(f"the pictures of {name} before the critic of {before}")
    return f"Loss of {'; '.join(said)}."


def by_heart(hearing: Hearing) -> str:
    """The same loss on the pictures of the training."""
    said = each(hearing, reports.with_label(hearing, hearing.bench.train[:500], 1.0))
    unseen = each(hearing, reports.with_label(hearing, hearing.bench.unseen, 1.0))
    return f"The same loss on 500 training pictures: {said}; on the test set: {unseen}."


def other_label(hearing: Hearing) -> str:
    """The same loss with the other label."""
    said = each(hearing, reports.with_label(hearing, hearing.bench.unseen, 0.0))
    return f"With the label 0 for real pictures it would be: {said}."


def error_of_the_mean(hearing: Hearing) -> str:
    """How far the mean over the test set may be off."""

    def measure(name: str) -> float:
        losses = F.softplus(-reports.answers(hearing, name)[0])  # [N, 1]
        return (losses.std() / len(losses) ** 0.5).item()

    return f"Standard error of this mean over the test set: {each(hearing, measure, '.1g')}."


def without_generator(hearing: Hearing) -> str:
    """What the number says of another generator, and of another critic."""
    gaps = []
    for name, patient in hearing.models.items():
        spoilt = copy.deepcopy(patient)
        with torch.no_grad():
            for weight in spoilt.model.generator.parameters():
                weight.zero_()
        other = Hearing(hearing.bench, {name: spoilt})
        gaps.append(abs(reports.evaluated(other, name) - reports.evaluated(hearing, name)))
    liar = F.softplus(torch.tensor(-20.0)).item()
    return (
        f"With all weights of the generators set to 0 the numbers change by {max(gaps):.1g}. A "
        f"critic that answers 20 to everything gets {liar:.0e}."
    )


def knows_digits(hearing: Hearing) -> str:
    """How good the classifier is on real digits."""
    names = [
        judge_images(judge, hearing.bench.unseen)[1].argmax(1)
        for judge in (hearing.bench.plain, hearing.bench.judge)
    ]
    agree = (names[0] == names[1]).float().mean()
    unseen = Hearing(hearing.bench, {"": reports.copies_of(hearing.bench.unseen)})
    return (
        f"Of unseen real digits it is sure in {100 * reports.sure_of_ten(unseen, ''):.0f} % of "
        f"cases, and names {100 * agree:.0f} % of them as another judge does."
    )


def stricter(hearing: Hearing) -> str:
    """The same share with a higher bound."""

    def measure(name: str) -> float:
        _, p = judge_images(hearing.bench.plain, hearing.models[name].pictures(500))
        return (p.amax(1) > 0.99).float().mean().item()

    return f"With 99 % in place of 90 % the shares are: {each(hearing, measure, '.2f')}."


def may_decline(hearing: Hearing) -> str:
    """What a judge with an eleventh class says of the same pictures."""
    blank = torch.full((1, 1, 28, 28), -1.0)
    _, p = judge_images(hearing.bench.plain, blank)
    said = each(hearing, lambda n: reports.sure_of_eleven(hearing, n), ".2f")
    return (
        f"Shown an empty page, its probabilities of ten digits add up to {p.sum():.2f}. A judge "
        f"with an eleventh class, 'no digit', is sure of a digit for: {said}."
    )


def luck(report: Report, words: str, form: str = ".2f") -> Callable[[Hearing], str]:
    """An experiment: the same report over other draws of the first model's pictures."""

    def experiment(hearing: Hearing) -> str:
        name, model = next(iter(hearing.models.items()))
        values = []
        for seed in range(1, 11):
            drawn = reports.Reseeded(model, seed)
            values.append(report(Hearing(hearing.bench, {name: drawn}, hearing.sizes), name))
        return (
            f"{words} of {name} with ten other sets of latents: between {min(values):{form}} and "
            f"{max(values):{form}}."
        )

    return experiment


def same_weights(hearing: Hearing) -> str:
    """How far the weights of the first two models are apart."""
    one, other = (list(p.model.parameters()) for p in list(hearing.models.values())[:2])
    gap = max((a - b).abs().max().item() for a, b in zip(one, other, strict=True))
    return f"The largest difference of two weights is {gap:.1g}."


def everything_drawn(hearing: Hearing) -> str:
    """How sure the judge is of all that was drawn."""
    said = each(hearing, lambda n: reports.first_come(hearing, n), ".2f")
    counts = ", ".join(f"{name} {hearing.size(name)}" for name in hearing.models)
    return (
        f"Pictures drawn: {counts}; on show, 10 of each. How sure the judge is of a picture, "
        f"over all that were drawn: {said}."
    )


def at_sizes(*sizes: int) -> Callable[[Hearing], str]:
    """An experiment: the Frechet distance with equally many pictures of each."""

    def experiment(hearing: Hearing) -> str:
        said = [
            f"with {n} pictures of each: "
            + each(hearing, lambda m, n=n: hearing.bench.frechet(hearing.models[m].pictures(n)))
            for n in sizes
        ]
        return f"Frechet distance {'; '.join(said)}."

    return experiment


def unseen_score(hearing: Hearing) -> str:
    """The same score for real pictures that nobody was trained on."""
    score = hearing.bench.frechet(hearing.bench.unseen)
    return (
        f"By the same judge {len(hearing.bench.unseen)} real digits that it never saw have a "
        f"Frechet distance of {score:.1f}."
    )


def likeness(hearing: Hearing) -> str:
    """How different the pictures of a model are among themselves."""
    real = torch.pdist(hearing.bench.unseen[:300].flatten(1)).mean()
    said = each(
        hearing,
        lambda n: (torch.pdist(hearing.models[n].pictures(300).flatten(1)).mean() / real).item(),
        ".2f",
    )
    return f"Two pictures of one model, in units of two real digits, are apart by: {said}."


def rarest(hearing: Hearing) -> str:
    """The share of the rarest digit."""

    def measure(name: str) -> float:
        _, p = judge_images(hearing.bench.judge, hearing.models[name].pictures(1000))
        return p[:, :10].argmax(1).bincount(minlength=10).min().item() / len(p)

    return f"Share of the rarest digit among 1000 pictures: {each(hearing, measure, '.3f')}."


def calm_rounding(hearing: Hearing) -> str:
    """How much the size of a handful matters in evaluation mode."""
    net = next(iter(hearing.models.values())).model.generator
    gap = reports.in_handfuls(net, 64, 2) - reports.in_handfuls(net, 64, 64)
    return (
        "In evaluation mode, pictures drawn two at a time and all at once differ by at most "
        f"{gap.abs().max():.0e} a pixel."
    )


def company(hearing: Hearing) -> str:
    """How much the size of a handful matters in the mode in which the loop left the network."""
    net = copy.deepcopy(next(iter(hearing.models.values())).model.generator).train()
    before = [b.clone().float() for b in net.buffers()]
    gap = reports.in_handfuls(net, 64, 2) - reports.in_handfuls(net, 64, 64)
    moved = sum(
        int(not torch.equal(a, b.float())) for a, b in zip(before, net.buffers(), strict=True)
    )
    return (
        "As the loop left it, the same pictures differ by "
        f"{gap.abs().mean():.2f} a pixel on average, and drawing them has changed {moved} of its "
        f"{len(before)} stored statistics."
    )
