"""Experiments on trainings with a wrong protocol: ``FinishedTraining -> str`` each."""

from __future__ import annotations

from torch import nn

from ....metrics import nearest_distance
from ....nn import mlp
from ..common.training import FinishedTraining
from .recorder import FIRST_STEPS, PLAYERS, batch_dependence, distinct_rows, watch


def count_latents(training: FinishedTraining) -> str:
    """How many different latents went in."""
    latents = watch(training).latents
    return (
        f"In the first {FIRST_STEPS} steps {len(latents)} latents went in; "
        f"{len(distinct_rows(latents))} of them differ."
    )


def own_weight_change(training: FinishedTraining) -> str:
    """How far each player goes in its own step."""
    weight_change = watch(training).weight_change
    parts = [f"a weight of the {p} moves by {weight_change[p, p]:.1e}" for p in PLAYERS]
    return f"In one step of its own optimizer, {parts[0]} and {parts[1]} (root mean square)."


def cross_weight_change(training: FinishedTraining) -> str:
    """Whether a player's step changes the other player."""
    record = watch(training)
    critic, generator = (record.steps_per_turn[player] for player in PLAYERS)
    return (
        f"In a turn the critic's optimizer works {critic:.0f} times and the generator's "
        f"{generator:.0f} times; while the generator's does, a weight of the critic moves by "
        f"{record.weight_change['generator', 'critic']:.1e}."
    )


def gradient_arrival(training: FinishedTraining) -> str:
    """How often a gradient reaches each player."""
    gradient_share = watch(training).gradient_share
    critic, generator = (round(FIRST_STEPS * gradient_share[p]) for p in PLAYERS)
    return (
        f"Of the first {FIRST_STEPS} steps, {critic} brought a gradient to the critic and "
        f"{generator} brought one to the generator."
    )


def gradient_in_use(training: FinishedTraining) -> str:
    """The gradient used, over the gradient that arrived."""
    gradient_ratio, parts = watch(training).gradient_ratio, []
    for player in PLAYERS:
        if player in gradient_ratio:
            parts.append(f"the {player}'s is {gradient_ratio[player]:.2f} times as long")
        else:
            parts.append(f"the {player}'s optimizer has 0 gradients of these weights to use")
    return f"Gradient used, against the one that has just arrived: {parts[0]}, {parts[1]}."


def stale_answer(training: FinishedTraining) -> str:
    """How far the critic goes between its answer and the use of it."""
    record = watch(training)
    return (
        "Between the critic's answer and the generator's step that uses it, a weight of the "
        f"critic moves by {record.critic_drift:.1e}; in a step of its own it moves by "
        f"{record.weight_change['critic', 'critic']:.1e}."
    )


def batch_norm_mode(training: FinishedTraining) -> str:
    """How often batch normalisation works in training mode."""
    share = watch(training).train_mode_share["BatchNorm1d"]
    norms = [m for m in training.model.modules() if isinstance(m, nn.BatchNorm1d)]
    counts = [int(m.num_batches_tracked) for m in norms if m.track_running_stats]
    kept = f"have counted {max(counts)} batches" if counts else "keep no statistics (0 of them do)"
    return (
        f"{share:.0%} of the calls of batch normalisation during training are in training mode; "
        f"in the end the layers {kept}."
    )


def dropout_mode(training: FinishedTraining) -> str:
    """How often dropout is in training mode."""
    share = watch(training).train_mode_share["Dropout"]
    return f"{share:.0%} of the calls of the dropout layers during training are in training mode."


def saturated_share(training: FinishedTraining) -> str:
    """Share of saturated pixels in the first batch."""
    pictures = watch(training).pictures
    flat = (pictures.abs() > 0.999).float().mean().item()
    slope = (1 - pictures.square()).mean().item()
    return (
        f"In the very first batch {flat:.1%} of the pixels lie beyond 0.999; the mean slope of "
        f"the tanh there is {slope:.2f}."
    )


def batch_dependence_of_pictures(training: FinishedTraining) -> str:
    """Whether a picture changes with the rest of its batch."""
    gap = batch_dependence(training.model)
    return (
        "One latent in two batches, with different latents beside it: the two pictures differ "
        f"by {gap:.3f} a pixel."
    )


def critic_probabilities(training: FinishedTraining) -> str:
    """What the critic answered in the end."""
    late = max(20, training.steps // 10)
    real, fake = (training.history[f"critic.{k}"][-late:].mean() for k in ("real", "fake"))
    return (
        f'In the last {late} steps the critic says "real" with probability {real:.3f} to real '
        f"pictures and {fake:.3f} to generated ones."
    )


def digit_distance(training: FinishedTraining) -> float:
    """Mean distance of 200 samples to the training picture nearest to each."""
    return nearest_distance(training.pictures(200), 2 * training.pixels - 1).mean().item()


def with_quarter_of_rate(training: FinishedTraining) -> str:
    """A quarter of the learning rate."""
    slower = training.train_again(lr=training.plan.lr / 4)
    return (
        f"With a quarter of the learning rate the samples lie {digit_distance(slower):.1f} from "
        f"the nearest training picture; now it is {digit_distance(training):.1f}."
    )


def with_half_more_steps(training: FinishedTraining) -> str:
    """Half as many steps again."""
    more = training.train_again(steps=training.steps * 3 // 2)
    return (
        f"After {more.steps} steps in place of {training.steps} the samples lie "
        f"{digit_distance(more):.1f} from the nearest training picture; now it is "
        f"{digit_distance(training):.1f}."
    )


def small_critic() -> nn.Module:
    """Pictures ``[N, 1, 28, 28]`` to logits ``[N, 1]``, with 8 units between."""
    return nn.Sequential(nn.Flatten(), mlp([784, 8, 1], "leaky_relu"))


def with_small_critic(training: FinishedTraining) -> str:
    """A much smaller critic."""
    retrained = training.train_again(critic=small_critic)
    return (
        f"Against a critic with 8 hidden units the samples lie {digit_distance(retrained):.1f} "
        f"from the nearest training picture; now it is {digit_distance(training):.1f}. "
        f"{critic_probabilities(retrained)}"
    )


EXPERIMENTS = {
    "batch_dependence": batch_dependence_of_pictures,
    "batch_norm_mode": batch_norm_mode,
    "critic_has_won": critic_probabilities,
    "critic_too_large": with_small_critic,
    "dropout_off": dropout_mode,
    "learning_rate": with_quarter_of_rate,
    "leftover_gradient": gradient_in_use,
    "no_gradient": gradient_arrival,
    "one_player_never_moves": own_weight_change,
    "reused_noise": count_latents,
    "saturated_tanh": saturated_share,
    "stale_answer": stale_answer,
    "step_moves_both": cross_weight_change,
    "too_few_steps": with_half_more_steps,
}
"""How each suspicion is looked into, by the name of the hypothesis."""
