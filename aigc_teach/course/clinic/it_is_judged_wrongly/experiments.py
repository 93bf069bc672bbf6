"""Experiments on reports that judge wrongly: ``Comparison -> str`` each.

Each measures something on the models of a comparison and says it in one sentence. The reader sees
these lines.
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
from .reports import Comparison, Report


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
    evaluation, said = comparison.evaluation, []
    for words, x in (("seen", evaluation.train[:500]), ("unseen", evaluation.unseen)):
        for name, vae in comparison.models.items():
            with torch.no_grad():
                random = make_generator(comparison.seed)
                loss = vae.model.loss(vae.plan.prepare((x + 1) / 2), generator=random).total
            said.append(f"{name} on {len(x)} {words} pictures {loss:.1f}")
    return f"Loss of the finished models: {', '.join(said)}."


def scatter_over_codes(comparison: Comparison) -> str:
    """How much of the scatter comes from the draw of the codes."""
    said, x = [], (comparison.evaluation.unseen[:64] + 1) / 2
    for name, vae in comparison.models.items():
        with torch.no_grad():
            losses = [vae.model.loss(x, generator=make_generator(k)).total for k in range(20)]
        said.append(f"{name} {torch.stack(losses).std():.2f}")
    return (
        "One batch of 64 pictures, 20 draws of its codes: the loss has standard deviation "
        f"{', '.join(said)}."
    )


def difference_between_modes(comparison: Comparison) -> str:
    """Whether a VAE's loss depends on the mode."""
    gaps, x = [], (comparison.evaluation.unseen[:64] + 1) / 2
    for training in comparison.models.values():
        vae, losses = copy.deepcopy(training.model), []
        for mode in (True, False):
            with torch.no_grad():
                losses.append(vae.train(mode).loss(x, generator=make_generator(0)).total)
        gaps.append((losses[0] - losses[1]).abs().item())
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
    said = []
    for name, training in comparison.models.items():
        x = comparison.pictures(name, 500)
        for owner, other in comparison.models.items():
            with torch.no_grad():
                cost = training.plan.generator_loss(other.model.critic(x))
            said.append(f"the pictures of {name} before the critic of {owner} {cost:.2f}")
    return f"Loss of {'; '.join(said)}."


def critic_loss(training, pictures: Tensor, label: float) -> float:
    """A critic's cross-entropy on pictures that all carry one label."""
    with torch.no_grad():
        logits = training.model.critic(training.plan.prepare((pictures + 1) / 2))  # [N, 1]
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label)).item()


def loss_on_training_pictures(comparison: Comparison) -> str:
    """The same loss on the pictures of the training."""
    said = []
    for name, gan in comparison.models.items():
        seen = critic_loss(gan, comparison.evaluation.train[:500], 1.0)
        unseen = critic_loss(gan, comparison.evaluation.unseen, 1.0)
        said.append(f"{name} {seen:.3g} on 500 training pictures, {unseen:.3g} on the test set")
    return f"The same loss: {'; '.join(said)}."


def loss_with_other_label(comparison: Comparison) -> str:
    """The same loss with the other label."""
    unseen = comparison.evaluation.unseen
    values = each(comparison, lambda name: critic_loss(comparison.models[name], unseen, 0.0))
    return f"With the label 0 for real pictures it would be: {values}."


def standard_error_of_mean(comparison: Comparison) -> str:
    """How far the mean over the test set may be off."""
    said = []
    for name, gan in comparison.models.items():
        with torch.no_grad():
            real = gan.plan.prepare((comparison.evaluation.unseen + 1) / 2)
            losses = F.softplus(-gan.model.critic(real))  # [N, 1], for the label 1
        said.append(f"{name} {losses.std() / len(losses) ** 0.5:.1g}")
    return f"Standard error of this mean over the test set: {', '.join(said)}."


def change_without_generator(comparison: Comparison) -> str:
    """What the number says of another generator, and of another critic."""
    gaps, unseen = [], comparison.evaluation.unseen
    for gan in comparison.models.values():
        without = copy.deepcopy(gan)
        for weight in without.model.generator.parameters():
            weight.data.zero_()
        gaps.append(abs(critic_loss(without, unseen, 1.0) - critic_loss(gan, unseen, 1.0)))
    return (
        f"With all weights of the generators set to 0 the numbers change by {max(gaps):.1g}. A "
        f"critic that answers 20 to everything gets {F.softplus(torch.tensor(-20.0)):.0e}."
    )


def accuracy_on_real_digits(comparison: Comparison) -> str:
    """How good the classifier is on real digits."""
    evaluation = comparison.evaluation
    _, p = judge_images(evaluation.ten_class_judge, evaluation.unseen)  # [N, 10]
    _, other = judge_images(evaluation.judge, evaluation.unseen)  # [N, 11]
    agree = (p.argmax(1) == other.argmax(1)).float().mean()
    return (
        f"Of unseen real digits it is sure in {100 * (p.amax(1) > 0.9).float().mean():.0f} % of "
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
    evaluation, said = comparison.evaluation, []
    _, p = judge_images(evaluation.ten_class_judge, torch.full((1, 1, 28, 28), -1.0))
    for name in comparison.models:
        _, with_reject = judge_images(evaluation.judge, comparison.pictures(name, 500))  # [N, 11]
        sure = with_reject[:, :10].amax(1) > 0.9
        said.append(f"{name} {sure.float().mean():.2f}")
    return (
        f"Shown an empty page, its probabilities of ten digits add up to {p.sum():.2f}. A judge "
        f"with an eleventh class, 'no digit', is sure of a digit for: {', '.join(said)}."
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
    said = []
    for name in comparison.models:
        n = comparison.count(name)
        sure = comparison.evaluation.digit_confidence(comparison.pictures(name, n))  # [n]
        said.append(f"{name} {n} drawn, {sure.mean():.2f} over all of them")
    return f"On show are 10 of each. How sure the judge is of a picture: {'; '.join(said)}."


def frechet_at_sizes(*sizes: int) -> Callable[[Comparison], str]:
    """An experiment: the Frechet distance with equally many pictures of each."""

    def experiment(comparison: Comparison) -> str:
        said = []
        for n in sizes:
            for name in comparison.models:
                distance = comparison.evaluation.frechet(comparison.pictures(name, n))
                said.append(f"{name} with {n} pictures {distance:.3g}")
        return f"Frechet distance: {', '.join(said)}."

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
    z = torch.randn(64, latent_size, generator=make_generator(0))  # [64, L]
    with torch.no_grad():
        return torch.cat([generator(pair) for pair in z.split(2)]) - generator(z)


def batch_effect_in_eval_mode(comparison: Comparison) -> str:
    """How much the batch size of the sampling matters in evaluation mode."""
    model = next(iter(comparison.models.values())).model
    gap = effect_of_batch_size(model.generator.eval(), model.latent_size)
    return (
        "In evaluation mode, pictures drawn two at a time and all at once differ by at most "
        f"{gap.abs().max():.0e} a pixel."
    )


def batch_effect_in_train_mode(comparison: Comparison) -> str:
    """How much it matters in the mode in which the loop left the network."""
    model = next(iter(comparison.models.values())).model
    net = copy.deepcopy(model.generator).train()
    gap = effect_of_batch_size(net, model.latent_size)
    pairs = zip(model.generator.buffers(), net.buffers(), strict=True)
    changed = [not torch.equal(before, after) for before, after in pairs]
    return (
        f"As the loop left it, the same pictures differ by {gap.abs().mean():.2f} a pixel on "
        f"average, and drawing them has changed {sum(changed)} of its {len(changed)} statistics."
    )
