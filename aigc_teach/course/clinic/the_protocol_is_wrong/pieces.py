"""Pieces of a GAN's training, as they are found in programs that raise no error.

Legend: N batch, L latent size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ....core import make_generator
from ....nn import standard_normal
from ..common.gan_plan import (
    LATENT_SIZE,
    GanPlan,
    PlannedGan,
    TrainingState,
    alternating_step,
    dense_generator,
    gradient_step,
    make_training_state,
)

FIXED_NOISE = standard_normal(64, LATENT_SIZE, like=torch.empty(0), generator=make_generator(0))


def reused_noise(n: int, generator: torch.Generator | None) -> Tensor:
    """Noise for n pictures: ``[n, 32]``."""
    return FIXED_NOISE[torch.arange(n) % len(FIXED_NOISE)]


def make_state_with_shared_optimizer(plan: GanPlan, random: torch.Generator) -> TrainingState:
    """Fresh networks and Adam for each."""
    gan = PlannedGan(plan)
    adams = [
        torch.optim.Adam(weights, lr=plan.lr, betas=(0.0, 0.99), fused=True)
        for weights in (gan.critic.parameters(), gan.parameters())
    ]
    return TrainingState(gan, *adams, random)


def make_state_with_replaced_critic(plan: GanPlan, random: torch.Generator) -> TrainingState:
    """Fresh networks and Adam for each; then one more look at the cell with the critic."""
    state = make_training_state(plan, random)
    state.gan.critic = plan.critic()
    return state


def step_both_optimizers(state: TrainingState, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers."""
    gan = state.gan
    fake = gan.generator(gan.plan.noise(len(real), state.random))  # [N, 1, 28, 28]
    critic_loss = gan.plan.critic_loss(gan.critic(real), gan.critic(fake.detach()))
    gradient_step(state.critic_optimizer, critic_loss)
    generator_loss = gan.plan.generator_loss(gan.plan.score_fake(gan.critic, fake))
    gan.zero_grad()
    generator_loss.backward()
    for optimizer in (state.generator_optimizer, state.critic_optimizer):
        optimizer.step()
    return critic_loss, generator_loss


def step_with_generator_in_eval_mode(state: TrainingState, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers."""
    state.gan.generator.eval()
    return alternating_step(state, real)


def step_with_critic_in_eval_mode(state: TrainingState, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers."""
    state.gan.critic.eval()
    return alternating_step(state, real)


def step_without_zero_grad(state: TrainingState, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers."""
    gan = state.gan
    fake = gan.generator(gan.plan.noise(len(real), state.random))  # [N, 1, 28, 28]
    critic_loss = gan.plan.critic_loss(gan.critic(real), gan.critic(fake.detach()))
    critic_loss.backward()
    state.critic_optimizer.step()
    generator_loss = gan.plan.generator_loss(gan.plan.score_fake(gan.critic, fake))
    generator_loss.backward()
    state.generator_optimizer.step()
    return critic_loss, generator_loss


def simultaneous_step(state: TrainingState, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step of both players."""
    gan = state.gan
    fake = gan.generator(gan.plan.noise(len(real), state.random))  # [N, 1, 28, 28]
    critic_loss = gan.plan.critic_loss(gan.critic(real), gan.critic(fake.detach()))
    generator_loss = gan.plan.generator_loss(gan.plan.score_fake(gan.critic, fake))
    gan.zero_grad()
    critic_loss.backward(inputs=list(gan.critic.parameters()))
    generator_loss.backward(inputs=list(gan.generator.parameters()))
    state.critic_optimizer.step()
    state.generator_optimizer.step()
    return critic_loss, generator_loss


def score_fake_detached(critic: nn.Module, fake: Tensor) -> Tensor:
    """The critic's answers in the generator's turn: ``[N, 1]``."""
    return critic(fake.detach())


def generator_with_wide_weights() -> nn.Module:
    """Noise ``[N, 32]`` to pictures ``[N, 1, 28, 28]`` in [-1, 1]."""
    net = dense_generator()
    nn.init.normal_(net[-3].weight, std=5.0)
    return net


def generator_without_running_statistics() -> nn.Module:
    """Noise ``[N, 32]`` to pictures ``[N, 1, 28, 28]`` in [-1, 1]."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((LATENT_SIZE, 128), (128, 256)):
        norm = nn.BatchNorm1d(outputs, track_running_stats=False)
        layers += [nn.Linear(inputs, outputs), norm, nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def dropout_critic() -> nn.Module:
    """Pictures ``[N, 1, 28, 28]`` to logits ``[N, 1]``; three tenths of the units drop out."""
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in ((784, 256), (256, 128)):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2), nn.Dropout(0.3)]
    return nn.Sequential(*layers, nn.Linear(128, 1))
