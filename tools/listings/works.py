"""The eight listings made to work: the idea of each article with what it needs for good pictures.

Plain PyTorch, meant to be read: the page of the book prints these functions as they stand here.
Each takes pictures and their labels and trains from nothing on one thread; each returns two
samplers out of one training. The first is the one to use, the second leaves its last device out.

Legend: N batch, L = 100 noise, K classes, C channels, S side of a picture.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aigc_teach.models import GaussianMixture

LATENT = 100


class Generator(nn.Module):
    """Draws the picture of a class: the label stands beside the noise, one-hot."""

    def __init__(self, labels: Tensor, *layers: nn.Module):
        super().__init__()
        self.labels, self.classes = labels, int(labels.max()) + 1
        self.net = nn.Sequential(*layers)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        told = F.one_hot(labels, self.classes).to(z)
        return self.net(torch.cat([z, told], dim=1))  # [N, C, S, S]

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Pictures ``[n, C, S, S]`` of classes that are as frequent as in the data."""
        self.eval()
        rows = torch.randint(len(self.labels), (n,), generator=generator)
        return self(torch.randn(n, LATENT, generator=generator), self.labels[rows])


class Critic(nn.Module):
    """Says whether a picture looks real and like its label's class: two answers, added."""

    def __init__(self, labels: Tensor, features: int, *layers: nn.Module):
        super().__init__()
        self.net, self.real = nn.Sequential(*layers), nn.Linear(features, 1)
        self.alike = nn.Embedding(int(labels.max()) + 1, features)
        nn.init.normal_(self.alike.weight, std=0.02)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        f = self.net(x)  # [N, F]
        return self.real(f).squeeze(1) + (self.alike(labels) * f).sum(1)  # [N]


def train_gan(generator, critic, x, labels, *, steps, seed, batch=64, lr=2e-3, decay=1.0):
    """The loop of all the GANs; returns the averaged generator and the last one."""
    draw = torch.Generator().manual_seed(seed)
    players = [
        torch.optim.Adam(net.parameters(), lr, (0.0, 0.99), fused=True)
        for net in (critic, generator)
    ]
    average = copy.deepcopy(generator)
    for step in range(steps):
        rows = torch.randint(len(x), (batch,), generator=draw)
        real, told = x[rows], labels[rows]
        fake = generator(torch.randn(batch, LATENT, generator=draw), told)

        both = critic(torch.cat([real, fake.detach()]), torch.cat([told, told]))  # logits [2 N]
        on_real, on_fake = both.chunk(2)
        move(players[0], F.softplus(-on_real).mean() + F.softplus(on_fake).mean())

        critic.requires_grad_(False)  # this turn is the generator's alone
        move(players[1], F.softplus(-critic(fake, told)).mean())
        critic.requires_grad_(True)

        keep = min(decay, (1 + step) / (10 + step))  # looks back over a ninth of the steps so far
        for mine, new in zip(average.parameters(), generator.parameters(), strict=True):
            mine.data.lerp_(new.data, 1 - keep)
        for mine, new in zip(average.buffers(), generator.buffers(), strict=True):
            mine.copy_(new)  # batch norm's statistics are averages already
    return average, generator


def move(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of one player."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def dense_gan(x, labels, *, widths, down, **settings):
    """A GAN of dense layers, batch norm in the generator: the three dense listings."""
    sizes, layers = [LATENT + int(labels.max()) + 1, *widths], []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU()]
    last = [nn.Linear(sizes[-1], 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))]
    generator = Generator(labels, *layers, *last)

    sizes, layers = [784, *down], [nn.Flatten()]
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2)]
    return train_gan(generator, Critic(labels, sizes[-1], *layers), x, labels, **settings)


def up(inputs: int, outputs: int, stride: int = 2, *, norm: bool = True) -> list[nn.Module]:
    """A 5x5 transposed convolution that multiplies the side, batch norm, a leaky rectifier."""
    conv = nn.ConvTranspose2d(inputs, outputs, 5, stride, 2, output_padding=stride - 1)
    return [conv, *([nn.BatchNorm2d(outputs)] if norm else []), nn.LeakyReLU(0.2)]


def start(labels: Tensor, channels: int, side: int, *, norm: bool = True) -> list[nn.Module]:
    """Noise and label to the first small picture ``[N, channels, side, side]``."""
    dense = nn.Linear(LATENT + int(labels.max()) + 1, channels * side**2)
    picture = [dense, nn.Unflatten(1, (channels, side, side))]
    return [*picture, *([nn.BatchNorm2d(channels)] if norm else []), nn.LeakyReLU(0.2)]


def conv_critic(labels: Tensor, colours: int, first: int, second: int, side: int) -> Critic:
    """Two 5x5 convolutions of stride 2 down from a picture with sides of `side`."""
    layers = [nn.Conv2d(colours, first, 5, 2, 2), nn.LeakyReLU(0.2)]
    layers += [nn.Conv2d(first, second, 5, 2, 2), nn.LeakyReLU(0.2), nn.Flatten()]
    return Critic(labels, second * (side // 4) ** 2, *layers)


# --- the eight


def s0a(x, labels, *, seed=0, steps=900):
    """A DCGAN: a quarter of the printed channels, no dropout."""
    torch.manual_seed(seed)
    layers = [*start(labels, 64, 7), *up(64, 32, 1), *up(32, 16)]
    last = nn.ConvTranspose2d(16, 1, 5, 2, 2, output_padding=1)
    generator = Generator(labels, *layers, last, nn.Tanh())
    critic = conv_critic(labels, 1, 16, 32, side=28)
    return train_gan(generator, critic, x, labels, steps=steps, seed=seed)


def s0b(x, labels, *, seed=0, steps=4000):
    """A dense GAN: half the printed widths, batch norm before the rectifier."""
    torch.manual_seed(seed)
    widths, down = (128, 256, 512), (256, 128)
    return dense_gan(x, labels, widths=widths, down=down, steps=steps, seed=seed)


def s1(x, labels, *, seed=0, steps=900, norm=True):
    """A convolutional GAN: an eighth of the printed channels, batch norm behind each layer."""
    torch.manual_seed(seed)
    layers = [*start(labels, 16, 7, norm=norm), *up(16, 16, norm=norm), *up(16, 16, norm=norm)]
    generator = Generator(labels, *layers, nn.Conv2d(16, 1, 1), nn.Tanh())
    critic = conv_critic(labels, 1, 16, 16, side=28)
    return train_gan(generator, critic, x, labels, steps=steps, seed=seed)


def s2_gan(x, labels, *, seed=0, steps=4000):
    """The five empty functions filled in: two dense layers each way."""
    torch.manual_seed(seed)
    return dense_gan(x, labels, widths=(128, 256), down=(256, 128), steps=steps, seed=seed)


def s3(x, labels, *, seed=0, steps=4000, widths=(128, 256, 256)):
    """A dense GAN whose generator widens; the critic has twice the printed widths."""
    torch.manual_seed(seed)
    return dense_gan(x, labels, widths=widths, down=(256, 128), steps=steps, seed=seed)


def s4_colour(x, labels, *, seed=0, steps=900):
    """A DCGAN in colour, told the category: a quarter of the printed channels, no dropout."""
    torch.manual_seed(seed)
    layers = [*start(labels, 32, 4), *up(32, 32, 1), *up(32, 32), *up(32, 32)]
    last = nn.ConvTranspose2d(32, 3, 5, 2, 2, output_padding=1)
    generator = Generator(labels, *layers, last, nn.Tanh())
    critic = conv_critic(labels, 3, 16, 32, side=32)
    return train_gan(generator, critic, x, labels, steps=steps, seed=seed, decay=0.99)


def s4_mnist(x, labels, *, seed=0, steps=900, channels=32):
    """A DCGAN with as many channels in every layer: a quarter of the printed ones, no dropout."""
    torch.manual_seed(seed)
    layers = [*start(labels, channels, 7), *up(channels, channels, 1), *up(channels, channels)]
    last = nn.ConvTranspose2d(channels, 1, 5, 2, 2, output_padding=1)
    generator = Generator(labels, *layers, last, nn.Tanh())
    critic = conv_critic(labels, 1, channels // 2, channels, side=28)
    return train_gan(generator, critic, x, labels, steps=steps, seed=seed)


class Decoder(Generator):
    """The VAE's half that draws: codes from the prior or, once fitted, from its own mixtures."""

    def __init__(self, labels: Tensor, *layers: nn.Module, code: int):
        super().__init__(labels, *layers)
        self.code, self.mixtures = code, []

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Pictures ``[n, 1, 28, 28]`` of classes that are as frequent as in the data."""
        told = self.labels[torch.randint(len(self.labels), (n,), generator=generator)]
        z = torch.randn(n, self.code, generator=generator)  # the prior
        for k, mixture in enumerate(self.mixtures):
            if (told == k).any():
                z[told == k] = mixture.sample(int((told == k).sum()), generator=generator)
        return 2 * self(z, told).sigmoid().unflatten(1, (1, 28, 28)) - 1


def s2_vae(x, labels, *, seed=0, steps=1500, code=20, hidden=400, components=6):
    """A VAE that is told the digit; its codes are drawn from what was fitted to its own."""
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    hidden_layer = [nn.Linear(784, hidden), nn.ReLU()]
    encoder = nn.Sequential(nn.Flatten(), *hidden_layer, nn.Linear(hidden, 2 * code))
    layers = [nn.Linear(code + int(labels.max()) + 1, hidden), nn.ReLU(), nn.Linear(hidden, 784)]
    decoder = Decoder(labels, *layers, code=code)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 2e-3, fused=True)
    for _ in range(steps):
        rows = torch.randint(len(x), (128,), generator=draw)
        z, mu, logvar = drawn_codes(encoder, x[rows], draw)
        ink = ((x[rows] + 1) / 2).flatten(1)  # [-1, 1] to [0, 1]
        logits = decoder(z, labels[rows])  # [N, 784]
        rebuilt = F.binary_cross_entropy_with_logits(logits, ink, reduction="none").sum(1)
        kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(1)  # both summed over their axis
        move(optimiser, (rebuilt + 0.5 * kl).mean())

    with torch.no_grad():
        codes = drawn_codes(encoder, x, draw)[0]  # [M, 20]
    prior = copy.deepcopy(decoder)
    for k in range(decoder.classes):  # one mixture of Gaussians a digit
        mixture = GaussianMixture(components, noise=1e-3)
        decoder.mixtures.append(mixture.fit(codes[labels == k], generator=draw))
    return decoder, prior


def drawn_codes(encoder, x, draw) -> tuple[Tensor, Tensor, Tensor]:
    """One code of each picture's cloud ``[N, L]``; the cloud's mean and log variance."""
    mu, logvar = encoder(x).chunk(2, dim=1)
    return mu + (logvar / 2).exp() * torch.randn(mu.shape, generator=draw), mu, logvar


# --- what the page says of each


@dataclass(frozen=True)
class Work:
    """A listing that works, and what was taken away from it to see what it does.

    Attributes
    ----------
    make : callable
        ``(x, labels, *, seed, steps) -> (sampler, sampler without its last device)``.
    parts : tuple of callable
        Functions of this module that the page prints with it.
    changes : tuple of str
        What was changed against the mended version, in plain words.
    reached : str
        What is to be said about how far it gets.
    device : str
        What the second sampler lacks.
    without : str
        What another training lacks, all else alike.
    lacking : mapping
        Arguments of that training; ``labels=False`` gives all pictures the same label.
    """

    make: Callable
    parts: tuple[Callable, ...]
    changes: tuple[str, ...]
    without: str = ""
    lacking: Mapping = field(default_factory=dict)
    reached: str = ""
    device: str = "same training, its last weights in place of their average"

    def train(self, x: Tensor, labels: Tensor, seed: int, *, lacking: bool = False, **settings):
        """Train it, whole or without what `lacking` names; the two samplers."""
        settings = (dict(self.lacking) if lacking else {}) | settings
        told = labels if settings.pop("labels", True) else torch.zeros_like(labels)
        return self.make(x, told, seed=seed, **settings)

    def steps(self, *, lacking: bool = False) -> int:
        """How many steps a training has."""
        own = signature(self.make).parameters["steps"].default
        return self.lacking.get("steps", own) if lacking else own


LABEL = (
    "Both networks are told which digit it is to be: the generator by a one-hot label beside the "
    "noise, the critic by a product of its features with a vector for each digit."
)
LOOP = (
    "Adam with the factors 0 and 0.99 at a constant rate of 2e-3; what is sampled from is the "
    "average of the weights over the last {about} steps or so."
)
NO_LABEL = {"labels": False}
ALL_ALIKE = "not told the label"
DENSE, CONV = (dense_gan,), (start, up, conv_critic)
WORKS = {
    "S0a": Work(
        s0a,
        CONV,
        (
            LABEL,
            "A quarter of the channels, batch norm by channel, no dropout.",
            LOOP.format(about=100),
        ),
        ALL_ALIKE,
        NO_LABEL,
    ),
    "S0b": Work(
        s0b,
        DENSE,
        (
            LABEL,
            "Half the widths, with batch norm before the rectifier.",
            LOOP.format(about=450),
        ),
        ALL_ALIKE,
        NO_LABEL,
    ),
    "S1": Work(
        s1,
        CONV,
        (
            LABEL,
            "16 channels in place of 128, and batch norm behind each layer that has a rectifier.",
            LOOP.format(about=100),
        ),
        "no batch norm, as printed",
        {"norm": False},
    ),
    "S2-GAN": Work(
        s2_gan,
        DENSE,
        (
            LABEL,
            "One more hidden layer each way, batch norm in the generator.",
            LOOP.format(about=450),
        ),
    ),
    "S2-VAE": Work(
        s2_vae,
        (Decoder, drawn_codes),
        (
            "The decoder is told which digit it is to be: a one-hot label beside the code.",
            "Six Gaussians a digit are fitted to the codes of the training digits, and codes are "
            "drawn from these in place of the prior.",
            "The KL counts half, since the prior is no longer drawn from; Adam at 2e-3.",
        ),
        device="same training, codes drawn from the prior",
    ),
    "S3": Work(
        s3,
        DENSE,
        (
            LABEL,
            "The generator widens, 128-256-256, where the printed one narrows, 128-64-32-16; it "
            "has batch norm. The critic has 256 and 128.",
            LOOP.format(about=450),
        ),
        "128-64-32-16 up, as printed",
        {"widths": (128, 64, 32, 16)},
    ),
    "S4-CIFAR": Work(
        s4_colour,
        CONV,
        (
            LABEL.replace("digit", "category"),
            "A quarter of the channels, batch norm by channel, no dropout.",
            LOOP.format(about=100),
        ),
        reached=(
            "By eye it has the colours and rough outlines of a category; a face or a flag can be "
            "told, other things hardly. It is as far as this course got with so small a GAN"
        ),
    ),
    "S4-MNIST": Work(
        s4_mnist,
        CONV,
        (
            LABEL,
            "A quarter of the channels, and so many more steps; batch norm by channel, no dropout.",
            LOOP.format(about=100),
        ),
        "128 channels, as printed, and as many steps as fit into the same time",
        {"channels": 128, "steps": 130},
    ),
}
