"""Experiments on reports that judge wrongly: ``Comparison -> str`` each.

Each measures something on the models of a comparison and says it in one sentence.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....core import make_generator
from ....metrics import judge_images
from . import reports
from .reports import Comparison, Report

DRAWS = 20


def each(comparison: Comparison, measure: Callable[[str], float], form: str = ".3g") -> str:
    """What is measured for each model: ``A 0.7, B 0.2``."""
    return ", ".join(f"{name} {measure(name):{form}}" for name in comparison.models)


def loss_scatter(series: str) -> Callable[[Comparison], str]:
    """An experiment: how much a printed loss changes from step to step."""

    def experiment(comparison: Comparison) -> str:
        values = []
        for name, model in comparison.models.items():
            late = model.history[series][-50:]
            values.append(f"{name} {late.mean():.4g} (standard deviation {late.std():.2g})")
        return f"Mean of the last {len(late)} printed losses: {', '.join(values)}."

    return experiment


def share_of_lower_steps(series: str) -> Callable[[Comparison], str]:
    """An experiment: in how many of the last steps the second model has the lower loss."""

    def experiment(comparison: Comparison) -> str:
        one, other = (model.history[series][-200:] for model in comparison.models.values())
        return f"In {100 * (other < one).mean():.0f} % of the last {len(one)} steps B's is lower."

    return experiment


def loss_on_seen_and_unseen(comparison: Comparison) -> str:
    """A VAE's loss on pictures it was trained on, and on others."""
    evaluation = comparison.evaluation
    trained = reports.EvaluationSet(
        evaluation.judge, evaluation.train, evaluation.train[: len(evaluation.unseen)]
    )
    on = {"training": replace(comparison, evaluation=trained), "unseen": comparison}
    values = [
        f"on {len(evaluation.unseen)} {words} pictures "
        + each(comparison, lambda name, h=h: reports.mean_unseen_loss(h, name), ".1f")
        for words, h in on.items()
    ]
    return f"Loss of the finished models {'; '.join(values)}."


def scatter_over_codes(comparison: Comparison) -> str:
    """How much of the scatter comes from the draw of the codes."""
    values = each(
        comparison,
        lambda name: (
            torch.tensor([reports.one_batch_loss(comparison, name, k) for k in range(DRAWS)])
            .std()
            .item()
        ),
        ".2f",
    )
    return (
        f"One batch of 64 pictures, {DRAWS} draws of its codes: the loss has standard deviation "
        f"{values}."
    )


def difference_between_modes(comparison: Comparison) -> str:
    """Whether a VAE's loss depends on the mode."""
    gaps = []
    for name, training in comparison.models.items():
        in_eval = reports.one_batch_loss(comparison, name, 0)
        training.model.train()
        gaps.append(abs(reports.one_batch_loss(comparison, name, 0) - in_eval))
        training.model.eval()
    return f"In training and in evaluation mode its loss on one batch differs by {max(gaps):.1g}."


def loss_of_undecided_critic(comparison: Comparison) -> str:
    """What the generators' losses say of one answer."""
    undecided = torch.zeros(64, 1)
    values = each(
        comparison, lambda n: comparison.models[n].plan.generator_loss(undecided).item(), ".4f"
    )
    return f"To a critic that answers 1/2 to everything each of them would say: {values}."


def nearest_distances(comparison: Comparison) -> str:
    """Distance to the nearest training picture, without any judge."""
    values = each(comparison, lambda n: comparison.evaluation.nearest(comparison.pictures(n, 500)))
    unseen = comparison.evaluation.nearest(comparison.evaluation.unseen)
    return f"Distance to the nearest training picture: {values}; unseen real ones {unseen:.3g}."


def loss_under_each_critic(comparison: Comparison) -> str:
    """Every generator's loss before every critic."""
    values = []
    for name, training in comparison.models.items():
        with torch.no_grad():
            pictures = training.model.sample(500, generator=make_generator(comparison.seed))
            before = each(
                comparison,
                lambda n, x=pictures, p=training: p.plan.generator_loss(
                    comparison.models[n].model.critic(x)
                ).item(),
                ".2f",
            )
        values.append(f"the pictures of {name} before the critic of {before}")
    return f"Loss of {'; '.join(values)}."


def loss_on_training_pictures(comparison: Comparison) -> str:
    """The same loss on the pictures of the training."""
    values = each(
        comparison,
        reports.cross_entropy_with_label(comparison, comparison.evaluation.train[:500], 1.0),
    )
    unseen = each(
        comparison, reports.cross_entropy_with_label(comparison, comparison.evaluation.unseen, 1.0)
    )
    return f"The same loss on 500 training pictures: {values}; on the test set: {unseen}."


def loss_with_other_label(comparison: Comparison) -> str:
    """The same loss with the other label."""
    values = each(
        comparison, reports.cross_entropy_with_label(comparison, comparison.evaluation.unseen, 0.0)
    )
    return f"With the label 0 for real pictures it would be: {values}."


def standard_error_of_mean(comparison: Comparison) -> str:
    """How far the mean over the test set may be off."""

    def measure(name: str) -> float:
        losses = F.softplus(-reports.critic_logits(comparison, name)[0])  # [N, 1]
        return (losses.std() / len(losses) ** 0.5).item()

    return f"Standard error of this mean over the test set: {each(comparison, measure, '.1g')}."


def change_without_generator(comparison: Comparison) -> str:
    """What the number says of another generator, and of another critic."""
    gaps = []
    for name, training in comparison.models.items():
        zeroed = copy.deepcopy(training)
        with torch.no_grad():
            for weight in zeroed.model.generator.parameters():
                weight.zero_()
        other = replace(comparison, models={name: zeroed})
        gaps.append(
            abs(
                reports.cross_entropy_real_only(other, name)
                - reports.cross_entropy_real_only(comparison, name)
            )
        )
    constant = F.softplus(torch.tensor(-20.0)).item()
    return (
        f"With all weights of the generators set to 0 the numbers change by {max(gaps):.1g}. A "
        f"critic that answers 20 to everything gets {constant:.0e}."
    )


def accuracy_on_real_digits(comparison: Comparison) -> str:
    """How good the classifier is on real digits."""
    names = [
        judge_images(judge, comparison.evaluation.unseen)[1].argmax(1)
        for judge in (comparison.evaluation.ten_class_judge, comparison.evaluation.judge)
    ]
    agree = (names[0] == names[1]).float().mean()
    unseen = Comparison(
        comparison.evaluation, {"": reports.copies_of(comparison.evaluation.unseen)}
    )
    sure = reports.confident_share_of_ten_classes(unseen, "")
    return (
        f"Of unseen real digits it is sure in {100 * sure:.0f} % of "
        f"cases, and names {100 * agree:.0f} % of them as another judge does."
    )


def share_at_99_percent(comparison: Comparison) -> str:
    """The same share with a higher bound."""

    def measure(name: str) -> float:
        _, p = judge_images(comparison.evaluation.ten_class_judge, comparison.pictures(name, 500))
        return (p.amax(1) > 0.99).float().mean().item()

    return f"With 99 % in place of 90 % the shares are: {each(comparison, measure, '.2f')}."


def share_with_reject_class(comparison: Comparison) -> str:
    """What a judge with an eleventh class says of the same pictures."""
    blank = torch.full((1, 1, 28, 28), -1.0)
    _, p = judge_images(comparison.evaluation.ten_class_judge, blank)
    values = each(
        comparison, lambda n: reports.confident_share_with_reject_class(comparison, n), ".2f"
    )
    return (
        f"Shown an empty page, its probabilities of ten digits add up to {p.sum():.2f}. A judge "
        f"with an eleventh class, 'no digit', is sure of a digit for: {values}."
    )


def over_other_latents(
    report: Report, words: str, form: str = ".2f"
) -> Callable[[Comparison], str]:
    """An experiment: the same report over other draws of the first model's pictures."""

    def experiment(comparison: Comparison) -> str:
        name = next(iter(comparison.models))
        values = [report(replace(comparison, seed=comparison.seed + k), name) for k in range(1, 11)]
        return (
            f"{words} of {name} with ten other sets of latents: between {min(values):{form}} and "
            f"{max(values):{form}}."
        )

    return experiment


def largest_weight_difference(comparison: Comparison) -> str:
    """How far the weights of the first two models are apart."""
    one, other = (list(p.model.parameters()) for p in list(comparison.models.values())[:2])
    gap = max((a - b).abs().max().item() for a, b in zip(one, other, strict=True))
    return f"The largest difference of two weights is {gap:.1g}."


def confidence_of_all_drawn(comparison: Comparison) -> str:
    """How sure the judge is of all that was drawn."""
    values = each(comparison, lambda n: reports.mean_confidence(comparison, n), ".2f")
    counts = ", ".join(f"{name} {comparison.count(name)}" for name in comparison.models)
    return (
        f"Pictures drawn: {counts}; on show, 10 of each. How sure the judge is of a picture, "
        f"over all that were drawn: {values}."
    )


def frechet_at_sizes(*sizes: int) -> Callable[[Comparison], str]:
    """An experiment: the Frechet distance with equally many pictures of each."""

    def experiment(comparison: Comparison) -> str:
        values = [
            f"with {n} pictures of each: "
            + each(
                comparison,
                lambda m, n=n: comparison.evaluation.frechet(comparison.pictures(m, n)),
            )
            for n in sizes
        ]
        return f"Frechet distance {'; '.join(values)}."

    return experiment


def frechet_of_unseen(comparison: Comparison) -> str:
    """The same score for real pictures that nobody was trained on."""
    unseen = comparison.evaluation.unseen
    score = comparison.evaluation.frechet(unseen)
    return (
        f"By the same judge {len(unseen)} real digits that it never saw have a Frechet distance of "
        f"{score:.1f}."
    )


def sample_diversity(comparison: Comparison) -> str:
    """How different the pictures of a model are among themselves."""
    real = torch.pdist(comparison.evaluation.unseen[:300].flatten(1)).mean()
    values = each(
        comparison,
        lambda n: (torch.pdist(comparison.pictures(n, 300).flatten(1)).mean() / real).item(),
        ".2f",
    )
    return f"Two pictures of one model, in units of two real digits, are apart by: {values}."


def share_of_rarest_digit(comparison: Comparison) -> str:
    """The share of the rarest digit."""

    def measure(name: str) -> float:
        _, p = judge_images(comparison.evaluation.judge, comparison.pictures(name, 1000))
        return p[:, :10].argmax(1).bincount(minlength=10).min().item() / len(p)

    return f"Share of the rarest digit among 1000 pictures: {each(comparison, measure, '.3f')}."


def effect_of_batch_size(generator: nn.Module, latent_size: int) -> Tensor:
    """Difference of the same 64 pictures drawn two at a time and all at once."""
    two, all_at_once = (
        reports.generate_in_batches(generator, 64, size, latent_size) for size in (2, 64)
    )
    return two - all_at_once


def batch_effect_in_eval_mode(comparison: Comparison) -> str:
    """How much the batch size of the sampling matters in evaluation mode."""
    model = next(iter(comparison.models.values())).model
    gap = effect_of_batch_size(model.generator, model.latent_size)
    return (
        "In evaluation mode, pictures drawn two at a time and all at once differ by at most "
        f"{gap.abs().max():.0e} a pixel."
    )


def batch_effect_in_train_mode(comparison: Comparison) -> str:
    """How much it matters in the mode in which the loop left the network."""
    model = next(iter(comparison.models.values())).model
    net = copy.deepcopy(model.generator).train()
    before = [b.clone().float() for b in net.buffers()]
    gap = effect_of_batch_size(net, model.latent_size)
    moved = sum(
        int(not torch.equal(a, b.float())) for a, b in zip(before, net.buffers(), strict=True)
    )
    return (
        "As the loop left it, the same pictures differ by "
        f"{gap.abs().mean():.2f} a pixel on average, and drawing them has changed {moved} of its "
        f"{len(before)} stored statistics."
    )
