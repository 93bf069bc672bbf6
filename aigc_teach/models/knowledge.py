"""Knowledge tracing: what right and wrong answers say about a learner's skill.

Corbett & Anderson 1995: a skill is known or not; it may be learnt at each exercise and is never
forgotten. A hidden Markov model with two states, of which only one way can be gone.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError


class Skill(NamedTuple):
    """How one skill is learnt and shown; numbers, or tensors ``[K]`` for K skills.

    Attributes
    ----------
    first : float or Tensor
        Probability that it is known before the first exercise.
    learn : float or Tensor
        Probability that an exercise teaches it, if it was not known.
    guess : float or Tensor
        Probability of a right answer without it.
    slip : float or Tensor
        Probability of a wrong answer with it.

    Examples
    --------
    >>> skill = Skill(first=0.3, learn=0.2, guess=0.2, slip=0.1)
    >>> known = torch.tensor(0.3)
    >>> round(skill.right(known).item(), 2)
    0.41
    >>> [round(skill.trace(known, torch.tensor(c)).item(), 2) for c in (True, False)]
    [0.73, 0.24]
    """

    first: float | Tensor
    learn: float | Tensor
    guess: float | Tensor
    slip: float | Tensor

    def right(self, known: Tensor) -> Tensor:
        """Probability that the next answer is right."""
        return known * (1 - self.slip) + (1 - known) * self.guess

    def seen(self, known: Tensor, correct: Tensor) -> Tensor:
        """Probability that the skill was known, after the answer (Bayes' rule)."""
        known = _as_probability(known)
        c = correct.to(known)
        yes = c * (1 - self.slip) + (1 - c) * self.slip
        no = c * self.guess + (1 - c) * (1 - self.guess)
        both = known * yes
        return both / (both + (1 - known) * no).clamp(min=1e-12)

    def trace(self, known: Tensor, correct: Tensor) -> Tensor:
        """Probability that it is known after the answer *and* what the exercise taught.

        Parameters
        ----------
        known : Tensor
            In [0, 1], any shape.
        correct : Tensor
            True or False, of the same shape.

        Raises
        ------
        RangeError
            For a `known` that is no probability.
        """
        seen = self.seen(known, correct)
        return seen + (1 - seen) * self.learn

    def gain(self, known: Tensor) -> Tensor:
        """How many skills one more exercise on it is expected to add: (1 - known) learn."""
        return (1 - known) * self.learn


def _as_probability(known: Tensor) -> Tensor:
    known = torch.as_tensor(known)
    if not bool(((known >= 0) & (known <= 1)).all()):
        raise RangeError("known must hold probabilities, from 0 to 1.")
    return known
