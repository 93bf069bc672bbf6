"""The contenders of `tools/bench.py` that are written by hand, and our nets of their shapes.

By hand means the ordinary way: a DataLoader, Adam as it comes, the cross-entropy of a sigmoid
and ``loss.item()`` in each step. Three of them are peers, programs that a learner finds first:
the dense GAN of PyTorch-GAN (``gan.py``, batches of 64), the VAE of pytorch/examples, and the
DCGAN of TensorFlow's tutorials, which many articles print, written in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from aigc_teach.models.adversarial import AdversarialModel
from aigc_teach.nn import CheapDropout, FourierConvTranspose2d, mlp

BATCH = 128
Work = Callable[[int], None]  # takes this many steps
Nets = tuple[nn.Module, nn.Module]  # generator, critic


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """A fresh model: one trained for long may hold denormal numbers, slow to compute with."""
    torch.manual_seed(0)
    return make()


# --- by hand


class PlainVAE(nn.Module):
    """The 784-400-20 VAE as it is usually written; images in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.fc3, self.fc4 = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = F.relu(self.fc1(x.view(-1, 784)))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar


def plain_vae(images: Tensor, device: torch.device, source: str) -> Work:
    """Train `PlainVAE` as the usual example does: Adam as it comes, loss.item() each step."""
    batches, fused = endless((images + 1) / 2, device, source), source == "tensor" or None

    def work(steps: int) -> None:
        model, train_loss = seeded(PlainVAE).to(device), 0.0
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused)
        for _ in range(steps):
            x = next(batches)
            optimizer.zero_grad()
            out, mu, logvar = model(x)
            bce = F.binary_cross_entropy(out, x.view(-1, 784), reduction="sum")
            loss = bce - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            loss.backward()
            train_loss += loss.item()
            optimizer.step()

    return work


def small_gan() -> Nets:
    """Two dense networks 64-256-512-784 as they are usually written, the critic with a sigmoid."""
    g = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(),
                      nn.Linear(512, 784), nn.Tanh())  # fmt: skip
    return g, nn.Sequential(dense_critic(), nn.Sigmoid())


def dense_generator() -> nn.Sequential:
    """100-128-256-512-1024-784 with batch norm between, as PyTorch-GAN's first GAN has it."""
    layers = [nn.Linear(100, 128), nn.LeakyReLU(0.2)]
    for inputs, outputs in ((128, 256), (256, 512), (512, 1024)):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(1024, 784), nn.Tanh())


def dense_critic() -> nn.Sequential:
    """784-512-256-1."""
    return nn.Sequential(nn.Flatten(), *mlp([784, 512, 256, 1], "leaky_relu"))


def dense_gan() -> Nets:
    """PyTorch-GAN's first GAN."""
    return dense_generator(), nn.Sequential(dense_critic(), nn.Sigmoid())


def deep_generator(first: nn.Module) -> nn.Sequential:
    """Dense to 256 x 7 x 7, then three 5x5 transposed convolutions; `first` is the first one."""
    up = {"padding": 2, "stride": 2, "output_padding": 1, "bias": False}
    return nn.Sequential(
        nn.Linear(100, 256 * 7 * 7, bias=False),
        nn.BatchNorm1d(256 * 7 * 7),
        nn.LeakyReLU(0.3),
        nn.Unflatten(1, (256, 7, 7)),
        first,  # [N, 128, 7, 7]
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, **up),  # [N, 64, 14, 14]
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, 1, 5, **up),  # [N, 1, 28, 28]
        nn.Tanh(),
    )


def deep_critic(dropout: Callable[[float], nn.Module]) -> nn.Sequential:
    """Two 5x5 convolutions of stride 2 with dropout, then one logit."""
    return nn.Sequential(
        nn.Conv2d(1, 64, 5, stride=2, padding=2),  # [N, 64, 14, 14]
        nn.LeakyReLU(0.3),
        dropout(0.3),
        nn.Conv2d(64, 128, 5, stride=2, padding=2),  # [N, 128, 7, 7]
        nn.LeakyReLU(0.3),
        dropout(0.3),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 1),
    )


def deep_gan() -> Nets:
    """The tutorials' DCGAN."""
    first = nn.ConvTranspose2d(256, 128, 5, padding=2, bias=False)
    return deep_generator(first), nn.Sequential(deep_critic(nn.Dropout), nn.Sigmoid())


def plain_gan(
    images: Tensor,
    device: torch.device,
    source: str,
    *,
    make: Callable[[], Nets] = small_gan,
    latent: int = 64,
    batch: int = BATCH,
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
) -> Work:
    """Train a GAN as the usual example does: BCE of a sigmoid, fakes used twice."""
    batches, bce = endless(images, device, source, batch), nn.BCELoss()
    settings = {"lr": lr, "betas": betas, "fused": source == "tensor" or None}

    def work(steps: int) -> None:
        g, d = seeded(lambda: nn.ModuleList(make())).to(device)
        g_adam = torch.optim.Adam(g.parameters(), **settings)
        d_adam = torch.optim.Adam(d.parameters(), **settings)
        totals = [0.0, 0.0]
        for _ in range(steps):
            x = next(batches)
            real = torch.ones(len(x), 1, device=device)
            fake = torch.zeros(len(x), 1, device=device)
            d_adam.zero_grad()
            made = g(torch.randn(len(x), latent, device=device))
            d_loss = bce(d(x), real) + bce(d(made.detach()), fake)
            d_loss.backward()
            d_adam.step()
            g_adam.zero_grad()
            g_loss = bce(d(made), real)
            g_loss.backward()
            g_adam.step()
            totals = [totals[0] + d_loss.item(), totals[1] + g_loss.item()]

    return work


def endless(x: Tensor, device: torch.device, source: str, batch: int = BATCH) -> Iterator[Tensor]:
    """Batches without end: from a DataLoader as is usual, or indexed out of a tensor."""
    if source == "tensor":
        x = x.to(device)
        while True:
            for index in torch.randperm(len(x), device=device).split(batch)[: len(x) // batch]:
                yield x[index]
    loader = DataLoader(TensorDataset(x), batch_size=batch, shuffle=True, drop_last=True)
    while True:
        for (found,) in loader:
            yield found.to(device)


# --- ours, of the peers' shapes


class Critic(nn.Module):
    """A net to one logit, called as the package calls its critics."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, labels: None = None) -> Tensor:
        """``[N, 1, 28, 28] -> [N]``."""
        return self.net(x).squeeze(1)


def our_dense_gan(share_fakes: bool) -> AdversarialModel:
    """The layers of `dense_gan`."""
    generator = nn.Sequential(dense_generator(), nn.Unflatten(1, (1, 28, 28)))
    return our_gan(generator, dense_critic(), share_fakes)


def our_deep_gan(share_fakes: bool) -> AdversarialModel:
    """The layers of `deep_gan`; the widest one by Fourier, the dropout's mask drawn cheaply."""
    first = FourierConvTranspose2d(256, 128, kernel=5, size=7)
    return our_gan(deep_generator(first), deep_critic(CheapDropout), share_fakes)


def our_gan(generator: nn.Module, critic: nn.Module, share_fakes: bool) -> AdversarialModel:
    """Two nets as a model of the package."""
    return AdversarialModel(
        generator, Critic(critic), data_shape=(1, 28, 28), latent_size=100, share_fakes=share_fakes
    )
