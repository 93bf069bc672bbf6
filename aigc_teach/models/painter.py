"""A diffusion model that is trained to fill holes: it sees what is known, and where the hole is.

Masked sampling (`masked_ddpm`) asks a model of whole pictures, which was never told of holes. Here
the net is told in training (Saharia et al. 2022, "Palette", arXiv:2111.05826): the known pixels
stand in its input clean, the hole is noised, and the mask lies beside them. So each step sees all
that is known, and no step need be done twice.

Legend: N pictures of C channels, H x B pixels; T noise steps; a mask is True where a pixel is
missing.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ..core import ShapeError, check_choice, check_count, drawn_on
from ..core.filters import check_mask
from ..losses import diffusion
from ..losses.diffusion import Estimate
from ..nn import UNet, standard_normal
from .samplers import SAMPLERS, even_times

TARGET = "v"


class Painter(nn.Module):
    """Fills holes of any shape in pictures of one size, in as many ways as you ask for.

    Parameters
    ----------
    data_shape : (int, int, int)
        C, H, B; both sides multiples of 4 and at least 8.
    width, depth : int
        Of the U-Net.
    noise_steps : int
        T.
    sample_steps : int
        How many times a filling asks the net, if nothing else is said.

    Raises
    ------
    ShapeError, RangeError, DtypeError

    Examples
    --------
    >>> painter = Painter((1, 28, 28), width=8, depth=1, sample_steps=3)
    >>> x, mask = torch.zeros(2, 1, 28, 28), torch.ones(1, 1, 28, 28, dtype=torch.bool)
    >>> mask[..., :14, :] = False
    >>> y = painter.fill(x, mask)
    >>> list(y.shape), torch.equal(y[:, :, :14], x[:, :, :14])
    ([2, 1, 28, 28], True)
    """

    def __init__(
        self,
        data_shape: tuple[int, int, int] = (1, 28, 28),
        *,
        width: int = 24,
        depth: int = 2,
        noise_steps: int = 1000,
        sample_steps: int = 16,
    ):
        super().__init__()
        self.data_shape = tuple(data_shape)
        self.noise_steps = check_count("noise_steps", noise_steps)
        self.sample_steps = check_count("sample_steps", sample_steps, at_most=noise_steps)
        channels, height, breadth = data_shape
        self.net = UNet((channels + 1, height, breadth), width=width, depth=depth)
        self.register_buffer(
            "abar", diffusion.cosine_schedule(noise_steps).float(), persistent=False
        )

    def loss(self, x: Tensor, mask: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """The mean squared error of the net's answer, in the hole alone.

        Parameters
        ----------
        x : Tensor
            Whole pictures ``[N, C, H, B]``.
        mask : Tensor
            bool ``[N, 1, H, B]``.
        generator : torch.Generator, optional
            Draws times and noise.

        Returns
        -------
        Tensor
            One number.
        """
        x, mask = self._checked(x, mask)
        where = drawn_on(x.device, generator)
        t = torch.randint(1, self.noise_steps + 1, (len(x),), generator=generator, device=where)
        t = t.to(x.device)
        eps = standard_normal(*x.shape, like=x, generator=generator)
        abar = self.abar[t]  # [N]
        answer = self._answer(torch.where(mask, diffusion.noised(x, eps, abar), x), mask, t)
        wrong = (answer.float() - diffusion.target(TARGET, x, eps, abar)).square() * mask
        return wrong.sum() / (mask.sum() * x.shape[1]).clamp(min=1)

    def denoise(self, x_t: Tensor, mask: Tensor, t: int) -> Estimate:
        """What the net takes for the data and for the noise in the hole; the rest is known."""
        times = torch.full((len(x_t),), t, device=x_t.device)
        return diffusion.estimate(TARGET, self._answer(x_t, mask, times), x_t, self.abar[t])

    def trajectory(
        self,
        x: Tensor,
        mask: Tensor,
        *,
        steps: int | None = None,
        sampler: str = "ddpm",
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """The pictures after each step, from noise in the hole to a filling.

        Parameters
        ----------
        x : Tensor
            ``[N, C, H, B]`` in [-1, 1]; what stands in the hole does not matter.
        mask : Tensor
            bool ``[N, 1, H, B]`` or ``[1, 1, H, B]``, True where a pixel is missing.
        steps : int, optional
            How often the net is asked.
        sampler : {"ddpm", "ddim", "heun"}
        generator : torch.Generator, optional

        Yields
        ------
        Tensor
            ``[N, C, H, B]`` in [-1, 1], known pixels bit for bit.

        Raises
        ------
        ShapeError, DtypeError, DataError, ChoiceError, RangeError
            With a sentence.
        """
        x, mask = self._checked(x, mask)
        check_choice("sampler", sampler, tuple(SAMPLERS))
        noise = standard_normal(*x.shape, like=x, generator=generator)
        times = even_times(self.noise_steps, self.sample_steps if steps is None else steps)

        def denoise(x_t: Tensor, t: int) -> Estimate:
            return self.denoise(torch.where(mask, x_t, x), mask, t)

        with torch.no_grad():
            for drawn in SAMPLERS[sampler](denoise, noise, self.abar, times, generator=generator):
                yield torch.where(mask, drawn.clamp(-1, 1), x)

    def fill(self, x: Tensor, mask: Tensor, **how) -> Tensor:
        """The last of `trajectory`: pictures ``[N, C, H, B]`` with their holes filled."""
        *_, filled = self.trajectory(x, mask, **how)
        return filled

    def _answer(self, x_t: Tensor, mask: Tensor, t: Tensor) -> Tensor:
        told = torch.cat([x_t, mask.to(x_t.dtype)], 1)
        time = (t / self.noise_steps).to(x_t)
        return self.net(told, time)[:, :-1]

    def _checked(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures and a mask for each, or a sentence."""
        check_mask(x, mask)
        if x.shape[1:] != self.data_shape:
            raise ShapeError(
                f"This Painter fills pictures [N, {', '.join(map(str, self.data_shape))}]; "
                f"yours are {list(x.shape)}."
            )
        mask = mask.expand(len(x), -1, -1, -1)
        return x.to(self.abar.device), mask.to(self.abar.device)
