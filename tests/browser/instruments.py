"""The instruments that the browser tests look at, with real digits where it matters."""

from __future__ import annotations

import torch
from torch import nn

from aigc_teach import data
from aigc_teach.widgets import LatentExplorer, Player, TrainingMonitor
from widgets.networks import build


def principal_decoder() -> tuple[nn.Sequential, torch.Tensor, torch.Tensor]:
    """A linear decoder of digits (their first two principal directions), codes and labels.

    Exact, made in a second, and it shows real digit shapes. The codes have unit variance.
    """
    x, labels = data.digits("held_out")
    flat = x.flatten(1)  # [N, 784]
    mean = flat.mean(0)
    torch.manual_seed(0)  # the directions' signs depend on it
    _, spread, directions = torch.pca_lowrank(flat - mean, q=2, niter=4)
    spread = spread / len(flat) ** 0.5
    linear = nn.Linear(2, 784)
    with torch.no_grad():
        linear.weight.copy_(directions * spread)
        linear.bias.copy_(mean)
    codes = (flat - mean) @ directions / spread
    return nn.Sequential(linear, nn.Unflatten(1, (1, 28, 28))), codes, labels


def dense_explorer(**options) -> LatentExplorer:
    network, latents, classes, output = build("dense")
    return LatentExplorer(
        network, latent_size=latents, output=output, title="Two latents", **options
    )


def code_explorer() -> LatentExplorer:
    network, codes, labels = principal_decoder()
    return LatentExplorer(
        network, latent_size=2, points=codes, point_labels=labels, title="Where the codes lie"
    )


def map_explorer() -> LatentExplorer:
    """Without codes, the plane shows a map of decoded images."""
    network, _, _ = principal_decoder()
    return LatentExplorer(network, latent_size=2, title="Two principal directions of digits")


def label_explorer() -> LatentExplorer:
    network, latents, classes, output = build("dcgan")
    return LatentExplorer(
        network, latent_size=latents, n_classes=classes, title="A conditional generator"
    )


def digit_player() -> Player:
    """Noise that becomes digits in 20 frames."""
    x, _ = data.digits("held_out")
    noise = torch.randn(16, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    shares = torch.linspace(0, 1, 20).view(-1, 1, 1, 1, 1)
    frames = (shares * x[:16] + (1 - shares) * noise).clamp(-1, 1)  # [20, 16, 1, 28, 28]
    captions = [f"step {50 * t}" for t in range(20)]
    return Player(frames, captions=captions, title="From noise to digits", columns=8)


def point_player() -> Player:
    ring = data.toy2d("ring", 500, generator=torch.Generator().manual_seed(0))
    noise = torch.randn(500, 2, generator=torch.Generator().manual_seed(1))
    shares = torch.linspace(0, 1, 12).view(-1, 1, 1)
    return Player(shares * ring + (1 - shares) * noise, reference=ring, title="Points in the plane")


class FakeHistory(dict):
    """As much of a history as the monitor reads."""

    @property
    def names(self):
        return list(self)

    def steps(self, name):
        return torch.arange(1, len(self[name]) + 1).numpy()


def finished_monitor() -> TrainingMonitor:
    """A monitor at the end of an invented training of 900 steps."""
    from types import SimpleNamespace

    x, _ = data.digits("held_out")
    t = torch.arange(900.0)
    noise = torch.randn(2, 900, generator=torch.Generator().manual_seed(0)) * 0.06
    history = FakeHistory(
        {
            "critic.total": (0.45 + 0.9 * torch.exp(-t / 120) + noise[0]).numpy(),
            "generator.total": (1.6 - 0.9 * torch.exp(-t / 200) + noise[1]).numpy(),
        }
    )
    model = SimpleNamespace(device="cpu", sample=lambda n, *, generator: x[:n])
    config = SimpleNamespace(steps=900)
    run = SimpleNamespace(model=model, step=0, history=history, config=config, stopped=None)
    monitor = TrainingMonitor(show=True, title="Training a generator")
    monitor.on_start(run)
    run.step = 900
    monitor.on_end(run)
    return monitor
