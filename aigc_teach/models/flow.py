"""Flow matching: a net learns a velocity, and a solver follows it from noise to data.

Lipman et al. 2023, Liu et al. 2023; pairs by minibatch optimal transport (Tong et al. 2023).
Legend: N batch, K classes, t a time from 0 (data) to 1 (noise), as in ``losses.flow``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import torch
from torch import Tensor, nn

from ..core import (
    AigcError,
    Labelled,
    Loss,
    RangeError,
    check_choice,
    check_count,
)
from ..losses import flow, transport
from ..nn import standard_normal
from . import ode
from .guided import Guided

PAIRINGS = ("independent", "optimal")
LEAST = {"eps": 0.05, "x0": 0.001}
"""What an answer is divided by at least: 1 - t for "eps", t for "x0". At t = 1 the first would be
infinite, and sampling begins there; the second is met only where a density is asked for."""
HEAVIEST = 0.05
"""The same in a loss with another view's weighting, where a rare large factor would only shake."""


@final
class Flow(Guided):
    """A flow for pictures (a small U-Net) or for points (an MLP).

    How it samples is decided when it samples: `solver`, `sample_steps` and `guidance` are plain
    attributes that you may change at any time, and arguments of `trajectory` as well.

    Parameters
    ----------
    data_shape : tuple of int
        ``(1, 28, 28)`` for digits in [-1, 1], sides multiples of 4; ``(2,)`` for points, best
        of variance about 1.
    width : int, optional
        Of the net: 24 for pictures, 128 for points if left out.
    depth : int
        Of the net, in residual blocks.
    n_classes : int
        K; 0 for a model without labels.
    class_shares : sequence of float, optional
        How frequent each class is in the data; equal if left out.
    target : {"velocity", "eps", "x0"}
        What the net answers and is scored on; see :func:`aigc_teach.losses.flow.target`.
    weighting : {"velocity", "eps", "x0"}, optional
        Whose squared error the loss is, whatever the net answers; that of `target` if left out.
    pairing : {"independent", "optimal"}
        Which noise goes with which item of a batch: any, or the nearest by
        :func:`aigc_teach.losses.transport.paired`. "optimal" is for models without labels.
    label_dropout : float
        In [0, 1): the share of items of a batch whose label is hidden, which guidance needs.
    solver : {"euler", "midpoint", "heun"}
    sample_steps : int
        At least 1. Euler asks the net once a step, the others twice; Heun's last step, which
        ends in the data, is left to Euler.
    guidance : float
        At least 0. 1 takes the label as it is, 0 ignores it, more exaggerates it.
    net : nn.Module, optional
        Your own, called ``net(x, time, labels)`` as ``nn.UNet`` is; it is asked with the label
        K for "no label". Then `width` and `depth` are not used.

    Raises
    ------
    ShapeError, RangeError, ChoiceError, DtypeError, AigcError

    Examples
    --------
    >>> model = Flow(width=8, depth=1, n_classes=10, sample_steps=3)
    >>> model.sample(2, condition=torch.tensor([7, 7])).shape
    torch.Size([2, 1, 28, 28])
    >>> len(list(model.trajectory(2, steps=5, guidance=2.0)))  # the noise, then five steps
    6
    """

    def __init__(
        self,
        data_shape: tuple[int, ...] = (1, 28, 28),
        *,
        width: int | None = None,
        depth: int = 2,
        n_classes: int = 0,
        class_shares=None,
        target: str = "velocity",
        weighting: str | None = None,
        pairing: str = "independent",
        label_dropout: float = 0.1,
        solver: str = "heun",
        sample_steps: int = 8,
        guidance: float = 1.0,
        net: nn.Module | None = None,
    ):
        check_choice("target", target, flow.TARGETS)
        check_choice("weighting", target if weighting is None else weighting, flow.TARGETS)
        check_choice("pairing", pairing, PAIRINGS)
        check_choice("solver", solver, ode.KINDS)
        check_count("sample_steps", sample_steps)
        super().__init__(
            data_shape,
            width=width,
            depth=depth,
            n_classes=n_classes,
            class_shares=class_shares,
            label_dropout=label_dropout,
            guidance=guidance,
            net=net,
        )
        if pairing == "optimal" and n_classes:
            raise AigcError(
                'pairing="optimal" moves noise between the classes of a batch, so that each class '
                "would learn to start from its own part of the noise, and sampling does not. Use "
                '"independent", or a model without classes.'
            )
        self.target, self.weighting = target, target if weighting is None else weighting
        self.pairing, self.solver, self.sample_steps = pairing, solver, sample_steps

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Mean squared error of the net's answer at a random time of each item.

        Conditional flow matching: Lipman et al. 2023, equation 9.

        Parameters
        ----------
        batch : Tensor or Labelled
            Data ``[N, *data_shape]``, with labels ``[N]`` for a conditional model.
        player : {"model"}
        generator : torch.Generator, optional
            Draws times, noise and the labels that are hidden.

        Returns
        -------
        Loss
            ``parts``: ``error``, the same number.
        """
        check_choice("player", player, self.players)
        x0, labels = self.split(batch)
        x0 = x0.to(self.device)
        t = self.even_parts(len(x0), generator)  # [N]
        eps = standard_normal(*x0.shape, like=x0, generator=generator).to(x0.dtype)
        if self.pairing == "optimal":
            eps = transport.paired(x0, eps)
        x_t = flow.between(x0, eps, t)
        answer = self.net(x_t, t.to(x0.dtype), self.hide_labels(labels, generator))
        error = flow.conditional_loss(answer, flow.target(self.target, x0, eps), self._weights(t))
        return Loss(error, {"error": error.detach()})

    def velocity(
        self,
        x_t: Tensor,
        t: float,
        condition: Tensor | None = None,
        *,
        guidance: float | None = None,
    ) -> Tensor:
        """The velocity d x / d t that the model sees at x_t: from data to noise.

        Parameters
        ----------
        x_t : Tensor
            ``[N, *data_shape]``.
        t : float
            In [0, 1].
        condition : Tensor, optional
            Labels ``[N]``; none are known if left out.
        guidance : float, optional
            The model's own if left out.

        Returns
        -------
        Tensor
            ``[N, *data_shape]``. Answers of the views "eps" and "x0" are divided by 1 - t and t,
            held to at least 0.05 and 0.001.
        """
        if not 0 <= t <= 1:
            raise RangeError(f"t={t} must lie in [0, 1]: 0 is the data, 1 the noise.")
        times = torch.full((len(x_t),), float(t), device=x_t.device, dtype=x_t.dtype)
        answer = self.answer(x_t, times, condition, guidance)
        held = {"velocity": t, "eps": min(t, 1 - LEAST["eps"]), "x0": max(t, LEAST["x0"])}
        return flow.velocity(self.target, answer, x_t, torch.full_like(times, held[self.target]))

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        solver: str | None = None,
    ) -> Iterator[Tensor]:
        """Yield the noise, then x after each step of the solver; the last is the sample.

        Parameters
        ----------
        n : int
            How many samples.
        condition : Tensor, optional
            Labels ``[n]``; drawn with the data's frequencies if left out.
        generator : torch.Generator, optional
        guidance, steps, solver : optional
            In the place of the model's `guidance`, `sample_steps` and `solver`.

        Yields
        ------
        Tensor
            ``[n, *data_shape]``; `steps` + 1 of them.
        """
        check_count("n", n)
        kind = self.solver if solver is None else solver
        check_choice("solver", kind, ode.KINDS)
        times = ode.even_steps(self.sample_steps if steps is None else steps)
        weight = self.check_guidance(self.guidance if guidance is None else guidance)
        condition = self.labels_for(n, condition, generator)
        x = self.first_noise(n, generator)
        yield x

        def field(x_t: Tensor, t: float) -> Tensor:
            return self.velocity(x_t, t, condition, guidance=weight)

        own = {"correct_last": False} if kind == "heun" else {}
        frames = ode.SOLVERS[kind](field, x, times, **own)
        yield from self.finished(frames, times)

    def _weights(self, t: Tensor) -> Tensor | None:
        """What turns the squared error of the answer into that of `weighting`: ``[N]`` or None."""
        if self.weighting == self.target:
            return None
        own = flow.weight(self.target, t.clamp(HEAVIEST, 1 - HEAVIEST))
        return flow.weight(self.weighting, t) / own
