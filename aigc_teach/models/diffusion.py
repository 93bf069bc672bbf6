"""Diffusion: a net learns to take noise away, and a sampler asks it again and again.

Ho et al. 2020 (DDPM); labels are dropped in training for the sake of guidance (Ho & Salimans
2022). Legend: N batch, K classes, T noise steps, t a time in 1..T.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import torch
from torch import Tensor, nn

from ..core import Labelled, Loss, check_choice, check_count
from ..losses import diffusion
from ..losses.diffusion import Estimate
from ..nn import standard_normal
from .guided import Guided
from .samplers import KINDS, SAMPLERS, even_times


@final
class Diffusion(Guided):
    """A diffusion model for pictures (a small U-Net) or for points (an MLP).

    How it samples is decided when it samples: `sampler`, `sample_steps`, `guidance` and `clip` are
    plain attributes that you may change at any time. The first three are arguments of `trajectory`
    as well.

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
    target : {"eps", "x0", "v"}
        What the net answers; see :func:`aigc_teach.losses.diffusion.target`.
    schedule : {"linear", "cosine"}
    noise_steps : int
        T.
    label_dropout : float
        In [0, 1): the share of items of a batch whose label is hidden, which guidance needs.
    sampler : {"ddpm", "ddim", "heun"}
    sample_steps : int
        From 1 to T.
    guidance : float
        At least 0. 1 takes the label as it is, 0 ignores it, more exaggerates it: the answer
        without the label plus `guidance` times the difference that the label makes.
    clip : bool
        For pictures: hold each guess of x_0 to [-1, 1], and compute the noise anew from it. The
        finished sample lies there in any case; where this was measured, it was better without.
    net : nn.Module, optional
        Your own, called ``net(x, time, labels)`` as ``nn.UNet`` is; it is asked with the label
        K for "no label". Then `width` and `depth` are not used.

    Raises
    ------
    ShapeError, RangeError, ChoiceError, DtypeError

    Examples
    --------
    >>> model = Diffusion(width=8, depth=1, n_classes=10, sample_steps=3)
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
        target: str = "v",
        schedule: str = "cosine",
        noise_steps: int = 1000,
        label_dropout: float = 0.1,
        sampler: str = "ddpm",
        sample_steps: int = 16,
        guidance: float = 1.0,
        clip: bool = False,
        net: nn.Module | None = None,
    ):
        check_choice("target", target, diffusion.TARGETS)
        check_choice("sampler", sampler, KINDS)
        abar = diffusion.schedule(schedule, noise_steps)
        check_count("sample_steps", sample_steps, at_most=noise_steps)
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
        self.register_buffer("abar", abar.float(), persistent=False)  # [T + 1]
        self.target, self.schedule, self.noise_steps = target, schedule, noise_steps
        self.sampler, self.sample_steps, self.clip = sampler, sample_steps, clip

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Mean squared error of the net's answer at a random time of each item.

        Ho et al. 2020, algorithm 1; with `target` "eps" it is their equation 14.

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
        t = self._draw_times(len(x0), generator)
        eps = standard_normal(*x0.shape, like=x0, generator=generator).to(x0.dtype)
        labels = self.hide_labels(labels, generator)
        abar = self.abar[t]  # [N]
        x_t = diffusion.noised(x0, eps, abar)
        answer = self.net(x_t, self._time(t, x0), labels)
        wanted = diffusion.target(self.target, x0, eps, abar)
        error = (answer.float() - wanted.float()).square().mean()
        return Loss(error, {"error": error.detach()})

    def denoise(
        self, x_t: Tensor, t: int, condition: Tensor | None = None, *, guidance: float | None = None
    ) -> Estimate:
        """What the model takes for the data and for the noise in x_t.

        Parameters
        ----------
        x_t : Tensor
            ``[N, *data_shape]``.
        t : int
            From 1 to T.
        condition : Tensor, optional
            Labels ``[N]``; none are known if left out.
        guidance : float, optional
            The model's own if left out.

        Returns
        -------
        Estimate
        """
        check_count("t", t, at_most=self.noise_steps)
        times = torch.full((len(x_t),), t, device=x_t.device)
        answer = self.answer(x_t, self._time(times, x_t), condition, guidance)
        guess = diffusion.estimate(self.target, answer, x_t, self.abar[t])
        clip = self.clip and self.pictures
        return diffusion.clipped(guess, x_t, self.abar[t], -1, 1) if clip else guess

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        sampler: str | None = None,
    ) -> Iterator[Tensor]:
        """Yield the noise, then x after each denoising step; the last is the sample.

        Parameters
        ----------
        n : int
            How many samples.
        condition : Tensor, optional
            Labels ``[n]``; drawn with the data's frequencies if left out.
        generator : torch.Generator, optional
        guidance, steps, sampler : optional
            In the place of the model's `guidance`, `sample_steps` and `sampler`.

        Yields
        ------
        Tensor
            ``[n, *data_shape]``; `steps` + 1 of them.
        """
        check_count("n", n)
        kind = self.sampler if sampler is None else sampler
        check_choice("sampler", kind, KINDS)
        times = even_times(self.noise_steps, self.sample_steps if steps is None else steps)
        weight = self.check_guidance(self.guidance if guidance is None else guidance)
        condition = self.labels_for(n, condition, generator)
        x = self.first_noise(n, generator)
        yield x

        def denoise(x_t: Tensor, t: int) -> Estimate:
            return self.denoise(x_t, t, condition, guidance=weight)

        frames = SAMPLERS[kind](denoise, x, self.abar, times, generator=generator)
        yield from self.finished(frames, times)

    def _draw_times(self, n: int, generator: torch.Generator | None) -> Tensor:
        """`n` times from 1 to T, one from each of `n` equal parts: int64 ``[n]``."""
        t = 1 + (self.even_parts(n, generator) * self.noise_steps).long()
        return t.clamp(max=self.noise_steps)

    def _time(self, t: Tensor, like: Tensor) -> Tensor:
        """Whole times ``[N]`` as the net takes them, in (0, 1]."""
        return t.to(like.dtype) / self.noise_steps
