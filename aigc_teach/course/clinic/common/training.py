"""Trainings of the clinic: plans are trained, and a case compares a faulty with a mended one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace

import torch
from torch import Tensor

from ....core import AigcError, GenerativeModel, check_choice
from ....train import History
from .case import Case, examine
from .gan_plan import GanPlan, TrainingState, start_gan, train_gan
from .vae_plan import VaePlan, train_vae


@dataclass(frozen=True)
class FinishedTraining:
    """A training that is over, with what an experiment needs.

    Attributes
    ----------
    plan : GanPlan or VaePlan
    model : GenerativeModel
    history : History
    batch : Tensor
        Prepared real data, ``[256, C, H, W]`` at most.
    pixels : Tensor
        All training pictures in [0, 1].
    steps, seed : int
    optimizers : dict of str to Optimizer
        What moved the weights, under the players' names.
    """

    plan: GanPlan | VaePlan
    model: GenerativeModel
    history: History
    batch: Tensor
    pixels: Tensor
    steps: int
    seed: int
    optimizers: dict[str, torch.optim.Optimizer] = field(default_factory=dict)

    def start_again(self) -> tuple[TrainingState, Iterator[Tensor]]:
        """The networks and optimizers as they were before the first step, and the batches.

        One turn more is ``self.plan.step(state, next(batches))``.

        Raises
        ------
        AigcError
            For a training without two players.
        """
        if not isinstance(self.plan, GanPlan):
            raise AigcError(
                f"Only a game of two players has turns to watch; not {self.plan!r:.20}."
            )
        with torch.random.fork_rng(devices=[]):
            return start_gan(self.plan, self.pixels, self.seed)

    def train_again(self, *, steps: int | None = None, **pieces) -> FinishedTraining:
        """The same training with some pieces of its plan replaced, or over other `steps`."""
        plan = replace(self.plan, **pieces)
        return train_plan(plan, self.pixels, steps=steps or self.steps, seed=self.seed)

    def late(self, name: str, steps: int = 50) -> float:
        """Mean of a series of the history, such as ``"critic.total"``, over its last steps."""
        return float(self.history[name][-steps:].mean())

    def pictures(self, n: int, *, seed: int = 0) -> Tensor:
        """Samples as pictures in [-1, 1]: ``[n, C, H, W]``."""
        generator = torch.Generator().manual_seed(seed)
        samples = self.model.sample(n, generator=generator)
        if isinstance(self.plan, VaePlan):
            return 2 * samples - 1
        return self.plan.show(samples)


def train_plan(
    plan: GanPlan | VaePlan, pixels: Tensor, *, steps: int, seed: int = 0
) -> FinishedTraining:
    """Train a plan and keep all that a diagnosis may ask for.

    Parameters
    ----------
    plan : GanPlan or VaePlan
    pixels : Tensor
        ``[M, C, H, W]`` in [0, 1].
    steps, seed : int
    """
    if isinstance(plan, VaePlan):
        model, history, optimizer = train_vae(plan, pixels, steps=steps, seed=seed)
        moved_by = {"model": optimizer}
    else:
        state, history = train_gan(plan, pixels, steps=steps, seed=seed)
        model = state.gan
        moved_by = {"critic": state.critic_optimizer, "generator": state.generator_optimizer}
    batch = plan.prepare(pixels[:256])
    return FinishedTraining(plan, model, history, batch, pixels, steps, seed, moved_by)


@dataclass(frozen=True, kw_only=True)
class TrainingCase(Case):
    """A training with one faulty piece, and its mended twin.

    Attributes
    ----------
    faulty, mended : GanPlan or VaePlan
        They differ in one piece.
    symptoms : tuple of str
        What ``train.diagnose`` must find in the faulty training; () where it knows no symptom
        for this defect.
    """

    faulty: GanPlan | VaePlan
    mended: GanPlan | VaePlan
    symptoms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.piece  # noqa: B018  (raises where the plans differ in more than one piece)

    @property
    def piece(self) -> str:
        """The name of the piece in which the two plans differ."""
        names = [piece.name for piece in fields(self.faulty)]
        different = [n for n in names if getattr(self.faulty, n) is not getattr(self.mended, n)]
        if len(different) != 1:
            raise AigcError(f"The plans of a case differ in one piece; these do in {different}.")
        return different[0]

    def source(self, which: str = "faulty") -> str:
        """The lines of the piece in which the plans differ, as they are run."""
        check_choice("which", which, ("faulty", "mended"))
        return inspect.getsource(getattr(getattr(self, which), self.piece))

    def examine(self, training: FinishedTraining) -> list[dict[str, str | bool]]:
        """Every hypothesis with what its experiment shows on `training`, for the case file."""
        return examine(self, training)
