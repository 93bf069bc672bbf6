"""Pieces of a GAN's training, as they are found in programs that raise no error.

Legend: N batch, L latent size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ....core import make_generator
from ....nn import standard_normal
from ..common.gan_plan import (
    LATENT,
    Game,
    GanPlan,
    Table,
    dense_generator,
    lay_table,
    move,
    take_turns,
)

SHELF = standard_normal(64, LATENT, like=torch.empty(0), generator=make_generator(0))


def from_shelf(n: int, generator: torch.Generator | None) -> Tensor:
    """Noise for n pictures: ``[n, 32]``."""
    return SHELF[torch.arange(n) % len(SHELF)]


def lay_for_all(plan: GanPlan, random: torch.Generator) -> Table:
    """Fresh networks and Adam for each."""
    game = Game(plan)
    adams = [
        torch.optim.Adam(weights, lr=plan.lr, betas=(0.0, 0.99), fused=True)
        for weights in (game.critic.parameters(), game.parameters())
    ]
    return Table(game, *adams, random)


def lay_and_rerun(plan: GanPlan, random: torch.Generator) -> Table:
    """Fresh networks and Adam for each; then one more look at the cell with the critic."""
    table = lay_table(plan, random)
    table.game.critic = plan.critic()
    return table


def turns_with_one_sweep(table: Table, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers."""
    game = table.game
    fake = game.generator(game.plan.noise(len(real), table.random))  # [N, 1, 28, 28]
    critic_loss = game.plan.critic_loss(game.critic(real), game.critic(fake.detach()))
    move(table.critic_optimizer, critic_loss)
    generator_loss = game.plan.generator_loss(game.plan.ask(game.critic, fake))
    game.zero_grad()
    generator_loss.backward()
    for optimizer in (table.generator_optimizer, table.critic_optimizer):
        optimizer.step()
    return critic_loss, generator_loss


def turns_with_still_statistics(table: Table, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers."""
    table.game.generator.eval()
    return take_turns(table, real)


def turns_with_calm_critic(table: Table, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers."""
    table.game.critic.eval()
    return take_turns(table, real)


def turns_by_hand(table: Table, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers."""
    game = table.game
    fake = game.generator(game.plan.noise(len(real), table.random))  # [N, 1, 28, 28]
    critic_loss = game.plan.critic_loss(game.critic(real), game.critic(fake.detach()))
    critic_loss.backward()
    table.critic_optimizer.step()
    generator_loss = game.plan.generator_loss(game.plan.ask(game.critic, fake))
    generator_loss.backward()
    table.generator_optimizer.step()
    return critic_loss, generator_loss


def turns_at_once(table: Table, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step of both players."""
    game = table.game
    fake = game.generator(game.plan.noise(len(real), table.random))  # [N, 1, 28, 28]
    critic_loss = game.plan.critic_loss(game.critic(real), game.critic(fake.detach()))
    generator_loss = game.plan.generator_loss(game.plan.ask(game.critic, fake))
    game.zero_grad()
    critic_loss.backward(inputs=list(game.critic.parameters()))
    generator_loss.backward(inputs=list(game.generator.parameters()))
    table.critic_optimizer.step()
    table.generator_optimizer.step()
    return critic_loss, generator_loss


def ask_a_copy(critic: nn.Module, fake: Tensor) -> Tensor:
    """What the generator hears from the critic: ``[N, 1]``."""
    return critic(fake.detach())


def wide_start_generator() -> nn.Module:
    """Noise ``[N, 32]`` to pictures ``[N, 1, 28, 28]`` in [-1, 1]."""
    net = dense_generator()
    nn.init.normal_(net[-3].weight, std=5.0)
    return net


def company_generator() -> nn.Module:
    """Noise ``[N, 32]`` to pictures ``[N, 1, 28, 28]`` in [-1, 1]."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((LATENT, 128), (128, 256)):
        norm = nn.BatchNorm1d(outputs, track_running_stats=False)
        layers += [nn.Linear(inputs, outputs), norm, nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def dropout_critic() -> nn.Module:
    """Pictures ``[N, 1, 28, 28]`` to logits ``[N, 1]``; three tenths of the units drop out."""
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in ((784, 256), (256, 128)):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2), nn.Dropout(0.3)]
    return nn.Sequential(*layers, nn.Linear(128, 1))
