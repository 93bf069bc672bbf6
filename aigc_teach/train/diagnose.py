"""What is wrong with this training? Symptoms that can be established, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..core import GenerativeModel, Labelled
from .history import History
from .probe import look
from .symptoms import RULES

SYMPTOMS = tuple(RULES)


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes
    ----------
    findings : dict of str to str
        For each symptom found (one of :data:`SYMPTOMS`) a sentence with its evidence.
    checked : int
        How many symptoms were looked for.

    >>> print(Diagnosis({}, 10))
    Nothing found: none of the 10 symptoms that can be established here.
    """

    findings: dict[str, str]
    checked: int = len(SYMPTOMS)

    def __contains__(self, symptom: str) -> bool:
        return symptom in self.findings

    def __bool__(self) -> bool:
        """True if anything was found."""
        return bool(self.findings)

    def __str__(self) -> str:
        if not self.findings:
            return (
                f"Nothing found: none of the {self.checked} symptoms that can be established here."
            )
        return "\n".join(
            f"{symptom.replace('_', ' ')}: {evidence}"
            for symptom, evidence in self.findings.items()
        )


def diagnose(history: History, model: GenerativeModel, batch: Tensor | Labelled) -> Diagnosis:
    """Look for the symptoms of a training that went wrong.

    Each symptom has one rule, which speaks only where it has evidence in the history or in a
    harmless experiment with the model. That nothing is found does not mean that all is well:
    see the clinic's table of hits and misses.

    Parameters
    ----------
    history : History
        ``run.history``; an empty one leaves out what needs a history.
    model : GenerativeModel
        As the training left it. It is not changed.
    batch : Tensor or Labelled
        Real data ``[N, ...]`` as the training saw it, N at least 16 (256 are enough).

    Returns
    -------
    Diagnosis

    Raises
    ------
    DtypeError, DataError
        With a sentence, where the arguments are something else.

    Examples
    --------
    >>> import torch
    >>> from aigc_teach.models import VAE
    >>> x = torch.rand(64, 1, 28, 28) * 2 - 1
    >>> "posterior_collapse" in diagnose(History(), VAE(latent_size=2, hidden=[8]), x)
    False
    """
    probe = look(history, model, batch)
    findings = {name: rule(probe) for name, rule in RULES.items()}
    return Diagnosis({name: sentence for name, sentence in findings.items() if sentence})
