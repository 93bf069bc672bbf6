"""A GAN's training as tutorials write it, taken apart into the pieces where it goes wrong.

:class:`GanPlan` names the pieces; each is a plain function of a few lines that can be replaced
by another. A case of the clinic is one plan with one piece replaced by a faulty one.

Legend: N batch, L latent size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from ....core import GenerativeModel, Loss, check_choice, check_count, make_generator
from ....losses import gan as gan_losses
from ....nn import mlp, standard_normal
from ....train import History

LATENT_SIZE = 32


def dense_generator() -> nn.Module:
    """Noise ``[N, 32]`` to pictures ``[N, 1, 28, 28]`` in [-1, 1]."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((LATENT_SIZE, 128), (128, 256)):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def dense_critic() -> nn.Module:
    """Pictures ``[N, 1, 28, 28]`` to logits ``[N, 1]``."""
    return nn.Sequential(nn.Flatten(), mlp([784, 256, 128, 1], "leaky_relu"))


def to_minus_one_one(pixels: Tensor) -> Tensor:
    """Pixels in [0, 1] to the range of a tanh."""
    return 2 * pixels - 1


def as_pictures(x: Tensor) -> Tensor:
    """What the networks work with back to pictures in [-1, 1]."""
    return x.clamp(-1, 1)


def fresh_noise(n: int, generator: torch.Generator | None) -> Tensor:
    """New noise each time: ``[n, 32]``."""
    return standard_normal(n, LATENT_SIZE, like=torch.empty(0), generator=generator)


def critic_cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's loss on logits: real data are labelled 1, generated data 0."""
    return gan_losses.critic_loss(real, fake)


def non_saturating_loss(fake: Tensor) -> Tensor:
    """The generator's loss on logits: its data shall be called real."""
    return gan_losses.generator_loss(fake)


def score_fake(critic: nn.Module, fake: Tensor) -> Tensor:
    """The critic's answers in the generator's turn: ``[N, 1]``, and a way back for gradients."""
    return critic(fake)


def gradient_step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the gradient of `loss`."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def make_training_state(plan: GanPlan, random: torch.Generator) -> TrainingState:
    """Fresh networks and Adam for each."""
    gan = PlannedGan(plan)
    adams = [
        torch.optim.Adam(net.parameters(), lr=plan.lr, betas=(0.0, 0.99), fused=True)
        for net in (gan.critic, gan.generator)
    ]
    return TrainingState(gan, *adams, random)


def alternating_step(state: TrainingState, real: Tensor) -> tuple[Tensor, Tensor]:
    """One step: the critic moves, then the generator answers the critic as it now is.

    Parameters
    ----------
    state : TrainingState
        The two networks and their optimizers.
    real : Tensor
        ``[N, 1, 28, 28]``.

    Returns
    -------
    tuple of Tensor
        The critic's and the generator's loss.
    """
    gan = state.gan
    fake = gan.generator(gan.plan.noise(len(real), state.random))  # [N, 1, 28, 28]
    critic_loss = gan.plan.critic_loss(gan.critic(real), gan.critic(fake.detach()))
    gradient_step(state.critic_optimizer, critic_loss)
    generator_loss = gan.plan.generator_loss(gan.plan.score_fake(gan.critic, fake))
    gradient_step(state.generator_optimizer, generator_loss)
    return critic_loss, generator_loss


@dataclass(frozen=True)
class GanPlan:
    """The pieces of a GAN's training.

    Attributes
    ----------
    generator, critic : callable
        Make the two networks: ``() -> nn.Module``.
    prepare : callable
        Pixels ``[N, C, H, W]`` in [0, 1] to what the critic sees.
    show : callable
        What the networks work with, back to pictures in [-1, 1].
    noise : callable
        ``(n, generator) -> [n, L]``.
    critic_loss : callable
        ``(answers to real [N, 1], answers to generated [N, 1]) -> scalar``.
    generator_loss : callable
        ``(answers to generated [N, 1]) -> scalar``.
    score_fake : callable
        ``(critic, generated pictures) -> answers [N, 1]``, in the generator's turn.
    make_state : callable
        ``(plan, torch.Generator) -> TrainingState``: makes networks and optimizers.
    step : callable
        ``(state, real) -> (critic's loss, generator's loss)``; changes the weights.
    lr : float
        Adam's rate, for both; its averages have the factors 0 and 0.99.
    batch_size : int
    """

    generator: Callable[[], nn.Module] = dense_generator
    critic: Callable[[], nn.Module] = dense_critic
    prepare: Callable[[Tensor], Tensor] = to_minus_one_one
    show: Callable[[Tensor], Tensor] = as_pictures
    noise: Callable[[int, torch.Generator | None], Tensor] = fresh_noise
    critic_loss: Callable[[Tensor, Tensor], Tensor] = critic_cross_entropy
    generator_loss: Callable[[Tensor], Tensor] = non_saturating_loss
    score_fake: Callable[[nn.Module, Tensor], Tensor] = score_fake
    make_state: Callable[[GanPlan, torch.Generator], TrainingState] = make_training_state
    step: Callable[[TrainingState, Tensor], tuple[Tensor, Tensor]] = alternating_step
    lr: float = 2e-3
    batch_size: int = 64


@final
class PlannedGan(GenerativeModel):
    """The two networks of a plan, speaking the contract of all models.

    Parameters
    ----------
    plan : GanPlan
        Its networks are made here, from torch's global random numbers.
    """

    players = ("critic", "generator")

    def __init__(self, plan: GanPlan):
        super().__init__()
        self.plan = plan
        self.generator, self.critic = plan.generator(), plan.critic()

    def loss(
        self,
        batch: Tensor,
        player: str = "critic",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """The plan's loss of one player on prepared data ``[N, C, H, W]``."""
        check_choice("player", player, self.players)
        fake = self.generator(self.plan.noise(len(batch), generator))  # [N, C, H, W]
        if player == "generator":
            return Loss(self.plan.generator_loss(self.plan.score_fake(self.critic, fake)), {})
        answers = self.critic(batch), self.critic(fake.detach())  # [N, 1] each
        parts = {name: probability(a) for name, a in zip(("real", "fake"), answers, strict=True)}
        return Loss(self.plan.critic_loss(*answers), parts)

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item, from new noise whatever the plan trained with: ``[n, C, H, W]``."""
        yield self.generator(self.new_latents(n, generator))

    def new_latents(self, n: int, generator: torch.Generator | None) -> Tensor:
        """Standard normal latents, as long as those that the plan trains with: ``[n, L]``."""
        return standard_normal(n, self.latent_size, like=torch.empty(0), generator=generator)

    @property
    def latent_size(self) -> int:
        """The length L of the plan's latents."""
        return self.plan.noise(1, make_generator(0)).shape[1]


def probability(answers: Tensor) -> Tensor:
    """Mean probability of "real", the answers taken for logits: a scalar."""
    return answers.detach().sigmoid().mean()


@dataclass
class TrainingState:
    """What a step needs and changes.

    Attributes
    ----------
    gan : PlannedGan
    critic_optimizer, generator_optimizer : torch.optim.Optimizer
    random : torch.Generator
        For the noise.
    """

    gan: PlannedGan
    critic_optimizer: torch.optim.Optimizer
    generator_optimizer: torch.optim.Optimizer
    random: torch.Generator


def start_gan(plan: GanPlan, pixels: Tensor, seed: int) -> tuple[TrainingState, Iterator[Tensor]]:
    """A training as it is before its first step; torch's global random numbers begin anew.

    Parameters
    ----------
    plan : GanPlan
    pixels : Tensor
        ``[M, C, H, W]`` in [0, 1].
    seed : int

    Returns
    -------
    TrainingState
        Fresh networks, in training mode, and their optimizers.
    iterator of Tensor
        Prepared batches ``[N, C, H, W]``, in the order in which the training takes them.
    """
    torch.manual_seed(seed)
    state = plan.make_state(plan, make_generator(seed))
    state.gan.train()
    return state, draw_batches(plan.prepare(pixels), plan.batch_size, seed + 1)


def draw_batches(data: Tensor, n: int, seed: int) -> Iterator[Tensor]:
    """Batches of `n` items drawn with replacement, without end.

    >>> len(next(draw_batches(torch.zeros(10, 2), 4, seed=0)))
    4
    """
    order = make_generator(seed)
    while True:
        yield data[torch.randint(len(data), (n,), generator=order)]


def train_gan(
    plan: GanPlan, pixels: Tensor, *, steps: int, seed: int = 0
) -> tuple[TrainingState, History]:
    """Train a plan on pictures, step by step, as a tutorial does.

    Parameters
    ----------
    plan : GanPlan
    pixels : Tensor
        ``[M, C, H, W]`` in [0, 1].
    steps, seed : int

    Returns
    -------
    TrainingState
        The networks, in evaluation mode, and the optimizers that moved them.
    History
        Series ``critic.total``, ``critic.real``, ``critic.fake``, ``generator.total``.
    """
    check_count("steps", steps)
    history = History()
    with torch.random.fork_rng(devices=[]):
        state, batches = start_gan(plan, pixels, seed)
        for step in range(1, steps + 1):
            real = next(batches)
            with record_calls(state.gan.critic) as calls:
                critic_loss, generator_loss = plan.step(state, real)
            parts = {
                "real": next(probability(answers) for x, answers in calls if x is real),
                "fake": next(probability(answers) for x, answers in calls if x is not real),
            }
            history.append(step, Loss(critic_loss, parts), "critic.")
            history.append(step, Loss(generator_loss, {}), "generator.")
    state.gan.eval()
    return state, history


@contextmanager
def record_calls(network: nn.Module) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """The inputs that a network gets inside, each with its output."""
    calls: list[tuple[Tensor, Tensor]] = []
    hook = network.register_forward_hook(lambda module, x, out: calls.append((x[0], out)))
    try:
        yield calls
    finally:
        hook.remove()
