"""Fill a hole with a diffusion model that was never told of holes: masked sampling.

Legend: s the time after t (an earlier one), abar the schedule of ``losses.diffusion``; a mask is
True where a value is missing, as in ``data.degrade``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ..core import DataError, DtypeError, ShapeError, check_count
from ..losses.diffusion import noised, posterior
from ..nn import standard_normal
from .samplers import Denoiser, falling_pairs


def masked_ddpm(
    denoise: Denoiser,
    known: Tensor,
    mask: Tensor,
    abar: Tensor,
    times: Sequence[int],
    *,
    rounds: int = 1,
    generator: torch.Generator | None = None,
) -> Iterator[Tensor]:
    """Sample what is missing; where the data are known, put them in at every step.

    Lugmayr et al. 2022 (RePaint), algorithm 1, around the sampler ``samplers.ddpm``. Each step from
    t to s draws the hole from the model and the rest from the known data, noised to the time s.
    Then it may go back to t by adding noise, and do the step again: the hole sees once more what
    stands around it. Both parts have the noise of time s when they are put together.

    Parameters
    ----------
    denoise : callable
        ``(x_t, t) -> Estimate``.
    known : Tensor
        Floating-point ``[N, ...]``; what stands in the hole does not matter, not even NaN.
    mask : Tensor
        bool, True where a value is missing; of a shape that broadcasts to that of `known`.
    abar : Tensor
        ``[T + 1]``.
    times : sequence of int
        Falling, ending in 0.
    rounds : int
        How often each step is done, at least 1: the paper's U. The last step is done once.
    generator : torch.Generator, optional

    Yields
    ------
    Tensor
        x_s ``[N, ...]``, once a step (after its last round). In the last the known values are
        those of `known` bit for bit; the others may leave the data's range a little.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> from aigc_teach.losses.diffusion import cosine_schedule
    >>> from aigc_teach.models import IdealDenoiser
    >>> from aigc_teach.models.samplers import even_times
    >>> abar = cosine_schedule()
    >>> ideal = IdealDenoiser(torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), abar)
    >>> mask = torch.tensor([False, True])  # the second number is missing
    >>> known, g = torch.tensor([[1.0, torch.nan]]), torch.Generator().manual_seed(0)
    >>> *_, x = masked_ddpm(ideal, known, mask, abar, even_times(1000, 50), rounds=3, generator=g)
    >>> x.round(decimals=2)
    tensor([[1., 1.]])
    """
    known = _check(known, mask)
    check_count("rounds", rounds)
    x = _normal(known, generator)
    for t, s in falling_pairs(times, abar):
        again = rounds if s > 0 else 1
        for done in range(1, again + 1):
            mean, variance = posterior(denoise(x, t).x0, x, abar[t], abar[s])
            around = known
            if s > 0:
                mean = mean + (variance.sqrt() * _normal(known, generator)).to(mean.dtype)
                around = noised(known, _normal(known, generator), abar[s])
            x = torch.where(mask, mean, around)
            if done < again:  # back to t: the share of x_s that is left in x_t
                x = noised(x, _normal(known, generator), abar[t] / abar[s])
        yield x


def _normal(like: Tensor, generator: torch.Generator | None) -> Tensor:
    return standard_normal(*like.shape, like=like, generator=generator).to(like.dtype)


def _check(known: object, mask: object) -> Tensor:
    """The known data with zeros in the hole, or a sentence."""
    if not isinstance(known, Tensor) or not known.dtype.is_floating_point:
        raise DtypeError("known must be a floating-point tensor [N, ...].")
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        raise DtypeError("mask must be a bool tensor: True where a value is missing.")
    try:
        fits = torch.broadcast_shapes(mask.shape, known.shape) == known.shape
    except RuntimeError:
        fits = False
    if known.ndim < 2 or not fits:
        raise ShapeError(
            f"mask {[*mask.shape]} must broadcast to the shape of known, [N, ...]; "
            f"that is {[*known.shape]}."
        )
    known = known.masked_fill(mask, 0)
    if known.device.type != "meta" and not known.isfinite().all():
        raise DataError("known holds NaN or infinity at a place that is not masked.")
    return known
