"""The best denoiser there is for a finite data set, in closed form.

Legend: M data points, N noised ones, abar the schedule of ``losses.diffusion``.
"""

from __future__ import annotations

from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError
from ..losses.diffusion import Estimate, estimate, roots


class IdealDenoiser:
    """The mean of x_0 given x_t, where x_0 is one of M points, each as likely.

    It is what a net would answer that has driven the denoising loss to its least value on these
    M points. The weight of point i is softmax of -|x_t - sqrt(abar) x_i|^2 / (2 (1 - abar)):
    Karras et al. 2022, appendix B.3, in the scaling of Ho et al. 2020.

    Parameters
    ----------
    data : Tensor
        ``[M, ...]``, floating-point.
    abar : Tensor
        A schedule ``[T + 1]``.

    Raises
    ------
    DtypeError, DataError

    Examples
    --------
    >>> import torch
    >>> from aigc_teach.losses.diffusion import cosine_schedule
    >>> ideal = IdealDenoiser(torch.tensor([[-1.0], [1.0]]), cosine_schedule())
    >>> ideal(torch.tensor([[0.9]]), 10).x0  # hardly any noise: the point nearby
    tensor([[1.]])
    >>> ideal(torch.tensor([[0.0]]), 900).x0  # half way: the mean of both
    tensor([[0.]])
    """

    def __init__(self, data: Tensor, abar: Tensor):
        if not isinstance(data, Tensor) or not data.dtype.is_floating_point:
            raise DtypeError("data must be a floating-point tensor [M, ...].")
        if data.ndim < 2 or len(data) == 0:
            raise DataError(f"data must hold one point or more, [M, ...]; it is {[*data.shape]}.")
        self.data, self.abar = data, abar

    def __call__(self, x_t: Tensor, t: int) -> Estimate:
        """The estimate for ``x_t [N, ...]`` at the whole time t, from 1 to T."""
        if not 1 <= t < len(self.abar):
            raise RangeError(f"t={t} must lie in 1..{len(self.abar) - 1}.")
        x0 = (self.weights(x_t, t) @ self.data.flatten(1)).reshape(x_t.shape)
        return estimate("x0", x0, x_t, self.abar[t])

    def weights(self, x_t: Tensor, t: int) -> Tensor:
        """How likely each point is to have become x_t: ``[N, M]``, each row sums to 1."""
        if x_t.shape[1:] != self.data.shape[1:]:
            raise ShapeError(
                f"x_t must be [N, {', '.join(map(str, self.data.shape[1:]))}] as the data are; "
                f"it is {list(x_t.shape)}."
            )
        signal, noise = roots(self.abar[t], x_t)
        points = signal * self.data.flatten(1)  # [M, D]
        # |x|^2 is the same for all points of a row, so the softmax does not need it
        scores = x_t.flatten(1) @ points.T - 0.5 * points.square().sum(1)  # [N, M]
        return (scores / noise**2).softmax(1)
