"""Experiments on trainings with a wrong protocol: ``FinishedTraining -> str`` each.

The reader sees these lines. Most of them live through the first turns again and look on by hooks:
functions that torch calls beside a network's pass or an optimizer's step.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from ....core import make_generator
from ....metrics import nearest_distance
from ..common.training import FinishedTraining


def count_latents(training: FinishedTraining) -> str:
    """How many different latents went in."""
    state, batches = training.start_again()
    seen = []
    state.gan.generator.register_forward_pre_hook(lambda net, inputs: seen.append(inputs[0]))
    for _ in range(10):
        training.plan.step(state, next(batches))
    latents = torch.cat(seen)  # [K, L]
    return (
        f"In the first 10 turns {len(latents)} latents went in; "
        f"{len(latents.unique(dim=0))} of them differ."
    )


def own_weight_change(training: FinishedTraining) -> str:
    """How far each player goes in a turn."""
    state, batches = training.start_again()
    said = []
    players = {"critic": state.gan.critic, "generator": state.gan.generator}
    before = {name: parameters_to_vector(net.parameters()) for name, net in players.items()}
    training.plan.step(state, next(batches))
    for name, net in players.items():
        moved = parameters_to_vector(net.parameters()) - before[name]
        said.append(f"a weight of the {name} moves by {moved.square().mean().sqrt():.1e}")
    return f"In the first turn {said[0]}, {said[1]} (root mean square)."


def critic_weight_change(training: FinishedTraining) -> str:
    """Which optimizer moves the critic."""
    state, batches = training.start_again()
    before, said = [], []

    def now():
        return parameters_to_vector(state.gan.critic.parameters())

    for name in ("critic", "generator"):
        optimizer = getattr(state, f"{name}_optimizer")
        optimizer.register_step_pre_hook(lambda *_: before.append(now()))
        optimizer.register_step_post_hook(
            lambda *_, name=name: said.append(f"the {name}'s by {(now() - before[-1]).norm():.2g}")
        )
    training.plan.step(state, next(batches))
    return f"The optimizers move the critic's weights, in the order of one turn: {', '.join(said)}."


def gradient_arrival(training: FinishedTraining) -> str:
    """How often a gradient reaches each player."""
    state, batches = training.start_again()
    came = {"critic": 0, "generator": 0}
    for _ in range(10):
        state.gan.zero_grad()
        training.plan.step(state, next(batches))
        for name in came:
            weights = getattr(state.gan, name).parameters()
            came[name] += any(w.grad is not None for w in weights)
    return (
        f"Of the first 10 turns, {came['critic']} brought a gradient to the critic and "
        f"{came['generator']} brought one to the generator."
    )


def gradient_in_use(training: FinishedTraining) -> str:
    """The gradient used, over the gradient that has just arrived."""
    state, batches = training.start_again()
    said = []
    for name in ("critic", "generator"):
        weight, came, ratio = next(getattr(state.gan, name).parameters()), [], []
        weight.register_hook(came.append)  # called with each gradient that arrives
        getattr(state, f"{name}_optimizer").register_step_pre_hook(
            lambda *_, w=weight, c=came, r=ratio: r.append(w.grad.norm() / c[-1].norm())
        )
        said.append((name, ratio))
    for _ in range(10):
        training.plan.step(state, next(batches))
    words = [f"the {name}'s is {torch.stack(r).mean():.2f} times as long" for name, r in said]
    return f"Gradient used, against the one that has just arrived: {', '.join(words)}."


def stale_answer(training: FinishedTraining) -> str:
    """How far the critic goes between its answer and the use of it."""
    state, batches = training.start_again()
    critic, at_answer, at_use = state.gan.critic, [], []

    def now():
        return parameters_to_vector(critic.parameters())

    critic.register_forward_hook(lambda *_: at_answer.append(now()))
    state.generator_optimizer.register_step_pre_hook(lambda *_: at_use.append(now()))
    training.plan.step(state, next(batches))
    gap, turn = at_use[0] - at_answer[-1], now() - at_answer[0]
    return (
        f"Between the critic's answer and the generator's step that uses it, the critic's weights "
        f"move by {gap.norm():.2g}; in the whole turn they move by {turn.norm():.2g}."
    )


def batch_norm_mode(training: FinishedTraining) -> str:
    """How often batch normalisation works in training mode."""
    state, batches = training.start_again()
    modes = []
    for layer in state.gan.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.register_forward_pre_hook(lambda net, inputs: modes.append(net.training))
    for _ in range(10):
        training.plan.step(state, next(batches))
    counts = [b.item() for name, b in training.model.named_buffers() if "num_batches" in name]
    return (
        f"In the first 10 turns {sum(modes)} of {len(modes)} calls of batch normalisation are in "
        f"training mode; batches that its layers have counted in the end: {counts or 'none kept'}."
    )


def dropout_mode(training: FinishedTraining) -> str:
    """How often dropout is in training mode."""
    state, batches = training.start_again()
    modes = []
    for layer in state.gan.modules():
        if isinstance(layer, nn.Dropout):
            layer.register_forward_pre_hook(lambda net, inputs: modes.append(net.training))
    for _ in range(10):
        training.plan.step(state, next(batches))
    return (
        f"In the first 10 turns {sum(modes)} of {len(modes)} calls of the dropout layers are in "
        "training mode."
    )


def saturated_share(training: FinishedTraining) -> str:
    """Share of saturated pixels in the first batch."""
    state, _ = training.start_again()
    with torch.no_grad():
        pictures = state.gan.generator(training.plan.noise(64, state.random))
    flat = (pictures.abs() > 0.999).float().mean()
    return (
        f"In the very first batch {flat:.1%} of the pixels lie beyond 0.999; the mean slope of "
        f"the tanh there is {(1 - pictures.square()).mean():.2f}."
    )


def batch_dependence_of_pictures(training: FinishedTraining) -> str:
    """Whether a picture changes with the rest of its batch."""
    net, size = training.model.generator, training.model.latent_size
    one, other = torch.randn(2, 64, size, generator=make_generator(0))  # [64, L] each
    other[0] = one[0]
    with torch.no_grad():
        gap = (net(one)[0] - net(other)[0]).abs().mean()
    return (
        "One latent in two batches, with different latents beside it: the two pictures differ "
        f"by {gap:.3f} a pixel."
    )


def critic_probabilities(training: FinishedTraining) -> str:
    """What the critic answered in the end."""
    real, fake = training.late("critic.real"), training.late("critic.fake")
    return (
        f'In the last 50 steps the critic says "real" with probability {real:.3f} to real '
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


def with_small_critic(training: FinishedTraining) -> str:
    """A much smaller critic."""

    def small():
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))

    again = training.train_again(critic=small)
    real, fake = again.late("critic.real"), again.late("critic.fake")
    return (
        f"Against a critic with 8 hidden units the samples lie {digit_distance(again):.1f} "
        f"from the nearest training picture; now it is {digit_distance(training):.1f}. That "
        f"critic says {real:.3f} to real pictures and {fake:.3f} to generated ones."
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
    "step_moves_both": critic_weight_change,
    "too_few_steps": with_half_more_steps,
}
"""How each suspicion is looked into, by the name of the hypothesis."""
