"""A case: a training with one planted defect, what might be wrong, and how to find out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from ....core import AigcError, GenerativeModel, check_choice
from ....train import History
from .gan_plan import GanPlan, train_gan
from .vae_plan import VaePlan, train_vae


@dataclass(frozen=True)
class Patient:
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
    """

    plan: GanPlan | VaePlan
    model: GenerativeModel
    history: History
    batch: Tensor
    pixels: Tensor
    steps: int
    seed: int

    def again(self, **pieces) -> Patient:
        """The same training with some pieces of its plan replaced."""
        return admit(replace(self.plan, **pieces), self.pixels, steps=self.steps, seed=self.seed)

    def pictures(self, n: int, *, seed: int = 0) -> Tensor:
        """Samples as pictures in [-1, 1]: ``[n, C, H, W]``."""
        generator = torch.Generator().manual_seed(seed)
        samples = self.model.sample(n, generator=generator)
        if isinstance(self.plan, VaePlan):
            return 2 * samples - 1
        return self.plan.show(samples)


def admit(plan: GanPlan | VaePlan, pixels: Tensor, *, steps: int, seed: int = 0) -> Patient:
    """Train a plan and keep all that a diagnosis may ask for.

    Parameters
    ----------
    plan : GanPlan or VaePlan
    pixels : Tensor
        ``[M, C, H, W]`` in [0, 1].
    steps, seed : int
    """
    train = train_vae if isinstance(plan, VaePlan) else train_gan
    model, history, batch = train(plan, pixels, steps=steps, seed=seed)
    return Patient(plan, model, history, batch, pixels, steps, seed)


@dataclass(frozen=True)
class Hypothesis:
    """What might be wrong, and how to find out.

    Attributes
    ----------
    claim : str
        One sentence a learner could say.
    experiment : callable
        ``Patient -> str``: what is measured on the sick training, as one sentence with numbers.
        (In other kinds of case it takes the notebook, or the hearing.)
    verdict : str
        Why this is, or is not, what is wrong.
    """

    claim: str
    experiment: Callable[..., str]
    verdict: str


@dataclass(frozen=True)
class Case:
    """One planted defect.

    Attributes
    ----------
    name : str
    complaint : str
        What the learner sees, without saying what it is.
    faulty, mended : GanPlan or VaePlan
        They differ in one piece.
    hypotheses : dict of str to Hypothesis
    truth : str
        The key of the right one.
    symptoms : tuple of str
        What ``train.diagnose`` must find in the faulty training; () where it knows no symptom
        for this defect.
    """

    name: str
    complaint: str
    faulty: GanPlan | VaePlan
    mended: GanPlan | VaePlan
    hypotheses: dict[str, Hypothesis]
    truth: str
    symptoms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_choice("truth", self.truth, self.hypotheses)
        self.piece  # noqa: B018  (raises where the plans differ in more than one piece)

    @property
    def piece(self) -> str:
        """The name of the piece in which the two plans differ."""
        names = [field.name for field in fields(self.faulty)]
        different = [n for n in names if getattr(self.faulty, n) is not getattr(self.mended, n)]
        if len(different) != 1:
            raise AigcError(f"Case {self.name!r} must differ in one piece; it does in {different}.")
        return different[0]

    def source(self, which: str = "faulty") -> str:
        """The lines of the piece in which the plans differ, as they are run."""
        check_choice("which", which, ("faulty", "mended"))
        return inspect.getsource(getattr(getattr(self, which), self.piece))

    def examine(self, patient: Patient) -> list[dict[str, str | bool]]:
        """Every hypothesis with what its experiment shows on `patient`, for the case file."""
        return examine(self, patient)


def examine(case, subject) -> list[dict[str, str | bool]]:
    """Every hypothesis of a case with what its experiment shows on `subject`.

    Any kind of case: it has ``hypotheses`` and the key of the right one, ``truth``.
    """
    return [
        {
            "claim": hypothesis.claim,
            "seen": hypothesis.experiment(subject),
            "verdict": hypothesis.verdict,
            "true": key == case.truth,
        }
        for key, hypothesis in case.hypotheses.items()
    ]
