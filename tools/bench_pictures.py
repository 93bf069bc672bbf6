"""A diffusion model of pictures for `tools/bench.py`: its training against the usual U-Net's.

`PlainUNet` is written by hand in the shape of denoising-diffusion-pytorch's U-Net (MIT, Wang 2020):
at each of three sizes two residual blocks of normalised convolutions that time scales and shifts, a
bridge from each to the way up, and a block between. Its attention is left out, which makes it
faster. Its width is such that it has about as many weights as ours (214,145 against 192,892); ours
computes on a quarter of the places, because it folds 2 x 2 pixels into channels first. So a second
row trains our own net in the same loop, `plain_diffusion`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_teach.losses import diffusion
from aigc_teach.nn import UNet
from aigc_teach.nn.unet import time_features
from bench_peers import Work, endless, seeded

WIDTH, GROUPS, BATCH = 8, 4, 64
LEVELS = (WIDTH, 2 * WIDTH, 4 * WIDTH)
SHAPE = f"diffusion by a U-Net in the shape of denoising-diffusion-pytorch's, batches of {BATCH}"
SAME = f"diffusion by the U-Net of this course, batches of {BATCH}"


class PlainBlock(nn.Module):
    """Two convolutions, each normalised; time scales and shifts after the first."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norms = nn.ModuleList(nn.GroupNorm(GROUPS, outputs) for _ in range(2))
        self.time = nn.Sequential(nn.SiLU(), nn.Linear(4 * WIDTH, 2 * outputs))
        self.straight = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        scale, shift = self.time(time)[:, :, None, None].chunk(2, dim=1)
        h = F.silu(self.norms[0](self.first(x)) * (scale + 1) + shift)
        return F.silu(self.norms[1](self.second(h))) + self.straight(x)


class PlainUNet(nn.Module):
    """Noised digits ``[N, 1, 28, 28]`` and times ``[N]`` in [0, 1] to the noise in them."""

    def __init__(self) -> None:
        super().__init__()
        size, (one, two, four) = 4 * WIDTH, LEVELS
        self.time = nn.Sequential(nn.Linear(WIDTH, size), nn.GELU(), nn.Linear(size, size))
        self.first = nn.Conv2d(1, one, 7, padding=3)
        self.down = nn.ModuleList(
            nn.ModuleList([PlainBlock(c, c), PlainBlock(c, c), step])
            for c, step in (
                (one, nn.Conv2d(one, two, 4, stride=2, padding=1)),
                (two, nn.Conv2d(two, four, 4, stride=2, padding=1)),
                (four, nn.Conv2d(four, four, 3, padding=1)),
            )
        )
        self.middle = nn.ModuleList(PlainBlock(four, four) for _ in range(2))
        self.up = nn.ModuleList(
            nn.ModuleList([PlainBlock(2 * c, c), PlainBlock(2 * c, c), step])
            for c, step in (
                (four, self.larger(four, two)),
                (two, self.larger(two, one)),
                (one, nn.Conv2d(one, one, 3, padding=1)),
            )
        )
        self.last, self.outward = PlainBlock(2 * one, one), nn.Conv2d(one, 1, 1)

    @staticmethod
    def larger(inputs: int, outputs: int) -> nn.Sequential:
        """Twice the side, then a convolution."""
        return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(inputs, outputs, 3, padding=1))

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        t, x, bridges = self.time(time_features(time, WIDTH)), self.first(x), []
        begun = x
        for first, second, step in self.down:
            bridges.append(x := first(x, t))
            bridges.append(x := second(x, t))
            x = step(x)
        for block in self.middle:
            x = block(x, t)
        for first, second, step in self.up:
            x = first(torch.cat([x, bridges.pop()], dim=1), t)
            x = step(second(torch.cat([x, bridges.pop()], dim=1), t))
        return self.outward(self.last(torch.cat([x, begun], dim=1), t))


def plain_diffusion(
    images: Tensor, device: torch.device, make: Callable[[], nn.Module] = PlainUNet
) -> Work:
    """Train a net to say the noise: a DataLoader, Adam as it comes, loss.item() each step."""
    batches, abar = endless(images, device, "loader", BATCH), diffusion.schedule("cosine").float()
    abar = abar.to(device)

    def work(steps: int) -> None:
        model, total = seeded(make).to(device), 0.0
        adam = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(steps):
            x = next(batches)
            t, eps = torch.randint(1, 1001, (len(x),), device=device), torch.randn_like(x)
            share = abar[t][:, None, None, None]
            noised = share.sqrt() * x + (1 - share).sqrt() * eps
            loss = F.mse_loss(model(noised, t / 1000), eps)
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item()

    return work


def our_unet() -> nn.Module:
    """The net of `models.Diffusion()`."""
    return UNet((1, 28, 28), width=24, depth=2)
