"""Trainings as strangers write them: plain PyTorch, their own names, sound ones and sick ones.

Each function trains for a moment and returns the arguments for ``train.diagnose`` and the report
of ``train.watch``. ``sick`` plants one defect. The styles follow four well-known public scripts
(a convolutional GAN, a VAE, a dense GAN, a WGAN with gradient penalty), in our own words.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_teach import train

SIDE = 8


@dataclass
class Trained:
    """What a stranger has after a training."""

    given: dict  # for train.diagnose
    watched: train.Diagnosis

    def found(self) -> set[str]:
        """All symptoms that the two helpers name."""
        return {*train.diagnose(**self.given).findings, *self.watched.findings}


@dataclass(frozen=True)
class Stranger:
    """One training of the table: who, and which symptoms the planted defect should show."""

    name: str
    build: Callable[[int], Trained]
    meant: tuple[str, ...] = ()  # any of them is a hit; none for a healthy training


def pictures(n: int = 256) -> Tensor:
    """Soft blobs at random places, [n, 1, 8, 8] in [-1, 1]; the same at each call."""
    draw = torch.Generator().manual_seed(7)
    place = torch.rand(n, 2, 1, 1, generator=draw) * 1.2 - 0.6
    size = torch.rand(n, 1, 1, generator=draw) * 0.2 + 0.15
    axis = torch.linspace(-1, 1, SIDE)
    far = (axis.view(1, -1, 1) - place[:, 0]) ** 2 + (axis.view(1, 1, -1) - place[:, 1]) ** 2
    return (2 * torch.exp(-far / size) - 1)[:, None]


def ring(n: int = 256) -> Tensor:
    """Points on a ring, [n, 2]."""
    draw = torch.Generator().manual_seed(7)
    angle = torch.rand(n, generator=draw) * 6.283
    return torch.stack([angle.cos(), angle.sin()], 1) + 0.05 * torch.randn(n, 2, generator=draw)


def batches(x: Tensor, size: int):
    """Shuffled batches without end."""
    while True:
        for index in torch.randperm(len(x)).split(size):
            if len(index) == size:
                yield x[index]


def dcgan(seed: int, sick: str = "", steps: int = 60) -> Trained:
    """A convolutional GAN: netG, netD with a sigmoid, BCELoss, two backwards in netD's turn."""
    torch.manual_seed(seed)
    nz, x = 16, pictures()
    if sick == "bytes":
        x = (x + 1) * 127.5
    if sick == "unit range":
        x = (x + 1) / 2
    end = nn.Sigmoid() if sick == "sigmoid generator" else nn.Tanh()
    netG = nn.Sequential(
        nn.ConvTranspose2d(nz, 16, 4, 1, 0, bias=False),
        nn.BatchNorm2d(16, momentum=0.001 if sick == "slow statistics" else 0.1),
        nn.ReLU(True),
        nn.ConvTranspose2d(16, 1, 4, 2, 1, bias=False),
        end,
    )
    netD = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 1, 4, 1, 0, bias=False),
        nn.Sigmoid(),
    )
    criterion = nn.BCEWithLogitsLoss() if sick == "two sigmoids" else nn.BCELoss()
    fixed = torch.randn(32, nz, 1, 1)

    def noise(n):
        return (
            fixed[:n].repeat(n // len(fixed[:n]), 1, 1, 1)
            if sick == "fixed noise"
            else (torch.randn(n, nz, 1, 1))
        )

    def d_losses(real):
        fake = netG(noise(len(real)))
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        if sick == "same labels":
            zeros = ones
        return (
            criterion(netD(real).view(-1), ones),
            criterion(netD(fake.detach()).view(-1), zeros),
        )

    def g_loss(real):
        fake = netG(noise(len(real)))
        if sick == "detached":
            fake = fake.detach().requires_grad_()
        return criterion(netD(fake).view(-1), torch.ones(len(real)))

    both = itertools.chain(netG.parameters(), netD.parameters())
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
    optimizerG = torch.optim.Adam(
        both if sick == "bribed" else netG.parameters(), lr=2e-3, betas=(0.5, 0.999)
    )
    if sick == "new critic":
        netD = nn.Sequential(
            nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 1, 4), nn.Sigmoid()
        )
    if sick == "eval":
        netG.eval()
    optimizers = {"D": optimizerD, "G": optimizerG}
    with train.watch(netG=netG, netD=netD, optimizers=optimizers) as seen:
        for _, real in zip(range(steps), batches(x, 32), strict=False):
            if sick != "no zero_grad":
                netD.zero_grad()
            errD_real, errD_fake = d_losses(real)
            errD_real.backward()
            errD_fake.backward()
            optimizerD.step()
            if sick != "no zero_grad":
                netG.zero_grad()
            errG = g_loss(real)
            errG.backward()
            if sick != "no step":
                optimizerG.step()
            seen.step({"errD": errD_real + errD_fake, "errG": errG})
    losses = {"errD": lambda real: sum(d_losses(real)), "errG": g_loss}
    return Trained(
        {
            "real": x,
            "generator": netG,
            "critic": netD,
            "noise": noise,
            "losses": losses,
            "optimizers": optimizers,
        },
        seen.report(),
    )


class VAE(nn.Module):
    """The variational autoencoder of the well-known example: five layers and a forward."""

    def __init__(self, sick: str):
        super().__init__()
        self.sick = sick
        self.fc1, self.fc21, self.fc22 = nn.Linear(64, 48), nn.Linear(48, 4), nn.Linear(48, 4)
        self.fc3, self.fc4 = nn.Linear(4, 48), nn.Linear(48, 64)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 64))
        if self.sick == "no gradient to the encoder":
            mu, logvar = mu.detach(), logvar.detach()
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return self.decode(z), mu, logvar


def vae(seed: int, sick: str = "", steps: int = 250) -> Trained:
    """The VAE: BCE summed over everything plus KLD, pictures in [0, 1]."""
    torch.manual_seed(seed)
    x = (pictures() + 1) / 2
    if sick == "minus one to one":
        x = 2 * x - 1
    if sick == "one picture":
        x = x[:1].repeat(256, 1, 1, 1)
    if sick == "nan data":
        x[3] = float("nan")
    model = VAE(sick)
    beta = {"heavy kl": 200.0}.get(sick, 1.0)

    def loss_function(real):
        recon, mu, logvar = model(real)
        if sick == "minus one to one":
            BCE = -(
                real.view(-1, 64) * (recon + 1e-6).log()
                + (1 - real.view(-1, 64)) * (1 - recon + 1e-6).log()
            ).sum()
        else:
            BCE = (
                F.mse_loss(recon, real.view(-1, 64), reduction="sum")
                if sick == "nan data"
                else (F.binary_cross_entropy(recon, real.view(-1, 64), reduction="sum"))
            )
        KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return BCE + beta * KLD

    lr = {"huge rate": 30.0, "rate zero": 0.0}.get(sick, 3e-3)
    moved = model.fc3.parameters() if sick == "forgotten layers" else model.parameters()
    optimizer = torch.optim.Adam(moved, lr=lr)
    with train.watch(model=model, optimizers=optimizer) as seen:
        for _, data in zip(range(steps), batches(x, 32), strict=False):
            optimizer.zero_grad()
            loss = loss_function(data)
            loss.backward()
            optimizer.step()
            seen.step(loss)
    given = {"real": x, "model": model, "noise": 4, "losses": {"vae": loss_function}}
    return Trained(given | {"optimizers": optimizer}, seen.report())


def gan(seed: int, sick: str = "", steps: int = 80) -> Trained:
    """A dense GAN: generator first, adversarial_loss, valid and fake; it takes rows."""
    torch.manual_seed(seed)
    latent_dim, imgs = 10, pictures().flatten(1)
    if sick == "normalised":
        imgs = (imgs - imgs.mean()) / (0.5 * imgs.std())
    generator = nn.Sequential(
        nn.Linear(latent_dim, 48),
        nn.BatchNorm1d(48, 0.8, momentum=0.001 if sick == "slow statistics" else 0.1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(48, 64),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Linear(64, 48), nn.LeakyReLU(0.2, inplace=True), nn.Linear(48, 1), nn.Sigmoid()
    )
    adversarial_loss = nn.BCELoss()
    if sick == "two sigmoids":
        adversarial_loss = nn.BCEWithLogitsLoss()
    bank = torch.randn(64, latent_dim)

    def sample_z(n):
        if sick == "bank of noise":
            return bank[torch.randint(len(bank), (n,))]
        if sick == "seeded noise":
            return torch.randn(n, latent_dim, generator=torch.Generator().manual_seed(1))
        return torch.randn(n, latent_dim)

    def valid(n):
        return torch.ones(n, 1)

    def g_loss(real):
        return adversarial_loss(discriminator(generator(sample_z(len(real)))), valid(len(real)))

    def d_loss(real):
        made = generator(sample_z(len(real))).detach()
        fake = valid(len(real)) if sick == "same labels" else 1 - valid(len(real))
        real_loss = adversarial_loss(discriminator(real), valid(len(real)))
        return (real_loss + adversarial_loss(discriminator(made), fake)) / 2

    optimizer_G = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    if sick == "frozen critic":
        discriminator.requires_grad_(False)
    if sick == "huge weights":
        nn.init.normal_(generator[3].weight, std=60.0)
    if sick == "new generator":
        generator = nn.Sequential(nn.Linear(latent_dim, 64), nn.Tanh())
    if sick == "eval":
        generator.eval()
    optimizers = {"optimizer_G": optimizer_G, "optimizer_D": optimizer_D}
    with train.watch(
        generator=generator, discriminator=discriminator, optimizers=optimizers
    ) as seen:
        for _, real in zip(range(steps), batches(imgs, 32), strict=False):
            optimizer_G.zero_grad()
            loss = g_loss(real)
            if loss.requires_grad:
                loss.backward()
            optimizer_G.step()
            if sick != "zero_grad forgotten":
                optimizer_D.zero_grad()
            loss = d_loss(real)
            if loss.requires_grad:
                loss.backward()
            if sick != "critic never steps":
                optimizer_D.step()
    return Trained(
        {
            "real": imgs,
            "generator": generator,
            "critic": discriminator,
            "noise": sample_z,
            "losses": {"g_loss": g_loss, "d_loss": d_loss},
            "optimizers": optimizers,
        },
        seen.report(),
    )


def wgan_gp(seed: int, sick: str = "", steps: int = 15) -> Trained:
    """A Wasserstein GAN with gradient penalty: five moves of the critic, then one."""
    torch.manual_seed(seed)
    data = pictures()
    if sick == "unit range":
        data = (data + 1) / 2
    gen = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Linear(48, 64), nn.Tanh())
    gen.append(nn.Unflatten(1, (1, SIDE, SIDE)))
    disc = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))

    def z(n):
        if sick == "seeded noise":
            torch.manual_seed(0)
        return torch.randn(n, 10)

    def d_loss(real):
        fake = gen(z(len(real))).detach()
        alpha = torch.rand(len(real), 1, 1, 1)
        between = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
        slope = torch.autograd.grad(disc(between).sum(), between, create_graph=True)[0]
        penalty = ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
        sign = 1 if sick == "same sign" else -1
        return sign * disc(real).mean() + disc(fake).mean() + 10 * penalty

    def g_loss(real):
        fake = gen(z(len(real)))
        if sick == "detached":
            with torch.no_grad():
                fake = gen(z(len(real)))
        return -disc(fake).mean()

    opt_d = torch.optim.Adam(disc.parameters(), lr=1e-3, betas=(0.5, 0.9))
    moved = [*gen.parameters(), *disc.parameters()] if sick == "bribed" else gen.parameters()
    opt_g = torch.optim.Adam(moved, lr=1e-3, betas=(0.5, 0.9))
    feed = batches(data, 32)
    with train.watch(gen=gen, disc=disc, optimizers={"gen": opt_g, "disc": opt_d}) as seen:
        for _ in range(steps):
            for _ in range(5):
                opt_d.zero_grad()
                d_loss(next(feed)).backward()
                opt_d.step()
            opt_g.zero_grad()
            g_loss(next(feed)).backward()
            opt_g.step()
    return Trained(
        {
            "real": data,
            "generator": gen,
            "critic": disc,
            "noise": z,
            "losses": {"disc": d_loss, "gen": g_loss},
            "optimizers": [opt_g, opt_d],
        },
        seen.report(),
    )


class Flat(nn.Module):
    """A critic with parts to choose from: labels first or last, features, a projection."""

    def __init__(self, size: int, kind: str = "", sigmoid: bool = False):
        super().__init__()
        self.kind, labels = kind, 4 if kind == "labels first" else 0
        self.body = nn.Sequential(nn.Linear(size + labels, 48), nn.LeakyReLU(0.2))
        self.head = nn.Sequential(nn.Linear(48, 1), *([nn.Sigmoid()] if sigmoid else []))
        if kind == "projection":
            self.embed = nn.Embedding(4, 48)

    def forward(self, *given):
        x = next(part for part in given if part.is_floating_point() and part.shape[1] != 4)
        x = x.flatten(1)
        if self.kind == "labels first":
            x = torch.cat([given[0], x], 1)
        h = self.body(x)
        score = self.head(h)
        if self.kind == "projection":
            score = score + (self.embed(given[1]) * h).sum(1, keepdim=True)
        return (score, h) if self.kind == "features" else score


class Maker(nn.Module):
    """A generator that may take a label."""

    def __init__(self, size: int, nz: int, end: nn.Module, labels: bool):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(nz + 4 * labels, 48), nn.ReLU(), nn.Linear(48, size), end
        )

    def forward(self, z, y=None):
        if y is not None:
            y = F.one_hot(y, 4).float() if y.ndim == 1 else y
            z = torch.cat([z, y], 1)
        return self.net(z)


def game(
    seed: int,
    kind: str = "",
    loss: str = "logits",
    sick: str = "",
    *,
    points: bool = False,
    steps: int = 80,
    items: int = 256,
) -> Trained:
    """Two networks called actor and judge, in one loop with functions; many kinds of critics."""
    torch.manual_seed(seed)
    data = ring(items) if points else pictures(items)
    nz, size = 6, data[0].numel()
    y = torch.arange(items) % 4 if kind in ("labels first", "projection") else None
    onehot = y is not None and kind == "labels first"
    if onehot:
        y = F.one_hot(y, 4).float()
    netG = Maker(size, nz, nn.Identity() if points else nn.Tanh(), y is not None)
    if kind == "patch":
        netD = nn.Sequential(
            nn.Conv2d(1, 24, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(24, 1, 3, 1, 1)
        )
        if sick == "two sigmoids":
            netD.append(nn.Sigmoid())
    else:
        netD = Flat(size, kind, sigmoid=sick == "two sigmoids" or loss == "probabilities")
    if kind == "spectral":
        netD.body[0] = nn.utils.parametrizations.spectral_norm(netD.body[0])

    def draw(n):
        if sick == "bank of noise":
            return BANK[torch.randint(len(BANK), (n,))]
        return torch.randn(n, nz)

    def score(x, labels):
        x = x.reshape(-1, *data.shape[1:])
        given = (x,) if labels is None else ((labels, x) if onehot else (x, labels))
        answer = netD(*given)
        return answer if not isinstance(answer, tuple) else answer[0]

    def d_loss(x, labels=y):
        labels = None if labels is None else labels[: len(x)]
        fake = netG(draw(len(x)), *(() if labels is None else (labels,))).detach()
        if kind == "R1":
            x = x.clone().requires_grad_()
        if kind == "noisy":
            x, fake = x + 0.05 * torch.randn_like(x), fake + 0.05 * torch.randn_like(fake)
        real, made = score(x, labels), score(fake, labels)
        if sick == "same labels":
            total = F.softplus(-real).mean() + F.softplus(-made).mean()
        elif loss == "hinge":
            total = F.relu(1 - real).mean() + F.relu(1 + made).mean()
        elif loss == "least squares":
            total = ((real - 1) ** 2).mean() + (made**2).mean()
        elif loss == "relativistic":
            total = F.softplus(made.mean() - real).mean() + F.softplus(made - real.mean()).mean()
        elif loss == "wasserstein":
            total = made.mean() - real.mean()
        elif loss == "probabilities":
            total = -(real + 1e-8).log().mean() - (1 - made + 1e-8).log().mean()
        else:
            total = F.softplus(-real).mean() + F.softplus(made).mean()
        if kind == "R1":
            slope = torch.autograd.grad(score(x, labels).sum(), x, create_graph=True)[0]
            total = total + 0.5 * (slope**2).sum(1).mean()
        return total

    def g_loss(x, labels=y):
        labels = None if labels is None else labels[: len(x)]
        fake = netG(draw(len(x)), *(() if labels is None else (labels,)))
        if sick == "detached":
            fake = fake.data.requires_grad_()
        answer = score(fake, labels)
        if loss in ("hinge", "wasserstein"):
            return -answer.mean()
        if loss == "least squares":
            return ((answer - 1) ** 2).mean()
        if loss == "probabilities":
            return -(answer + 1e-8).log().mean()
        return F.softplus(-answer).mean()

    both = [*netG.parameters(), *netD.parameters()]
    slow = {"lr": 1e-3, "betas": (0.5, 0.99)}
    opts = {
        "netD": torch.optim.Adam(netD.parameters(), **slow),
        "netG": torch.optim.Adam(both if sick == "bribed" else netG.parameters(), **slow),
    }
    if sick == "rate zero":
        opts["netG"].param_groups[0]["lr"] = 0.0
    index = torch.arange(items)
    size = min(32, 2 * items // 3)  # all data in every batch would be one batch again and again
    with train.watch(netG=netG, netD=netD, optimizers=opts) as seen:
        for _, rows in zip(range(steps), batches(index, size), strict=False):
            labels = None if y is None else y[rows]
            for name, one in (("netD", d_loss), ("netG", g_loss)):
                if sick != "no zero_grad":
                    opts[name].zero_grad(set_to_none=True)
                value = one(data[rows], labels)
                value.backward()
                opts[name].step()
                if name == "netD" and loss == "wasserstein":
                    for w in netD.parameters():
                        w.data.clamp_(-0.05, 0.05)
    if kind == "twin":
        own = netG
        netG = Maker(2 if points else 64, nz, nn.Tanh(), False)
        netG.load_state_dict(own.state_dict())
        netG.eval().requires_grad_(False)
        losses = {
            "D": lambda x: (
                F.softplus(netD(own(draw(len(x))).detach())).mean() + F.softplus(-netD(x)).mean()
            ),
            "G": lambda x: F.softplus(-netD(own(draw(len(x))))).mean(),
        }
    else:
        losses = {"D": d_loss, "G": g_loss}
        if y is not None:
            losses = {
                "D": lambda x, labels: d_loss(x, labels),
                "G": lambda x, labels: g_loss(x, labels),
            }
    given = {"real": data, "generator": netG, "critic": netD, "noise": draw, "losses": losses}
    if y is not None:
        given["labels"] = y
    if kind != "twin":
        given["optimizers"] = opts
    return Trained(given, seen.report())


BANK = torch.randn(48, 6, generator=torch.Generator().manual_seed(3))


def coder(seed: int, kind: str = "autoencoder", sick: str = "", steps: int = 250) -> Trained:
    """Encoders of all manners: a code alone, (z, mu, logvar), a mean alone; squared error."""
    torch.manual_seed(seed)
    x = pictures()
    if sick == "unit range":
        x = (x + 1) / 2
    enc = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 8))
    end = {"sigmoid": nn.Sigmoid(), "unit range": nn.Tanh()}.get(sick, nn.Identity())
    dec = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 64), end)
    beta = 100.0 if sick == "heavy kl" else 0.02 if kind != "autoencoder" else 0.0

    def encode(data):
        mu, logvar = enc(data).chunk(2, dim=1)
        z = mu if kind == "autoencoder" else mu + torch.randn_like(mu) * (logvar / 2).exp()
        return {"triple": (z, mu, logvar), "draw alone": z}.get(kind, mu)

    def objective(data):
        mu, logvar = enc(data).chunk(2, dim=1)
        z = mu if kind == "autoencoder" else mu + torch.randn_like(mu) * (logvar / 2).exp()
        if sick == "code cut":
            z = 0 * z
        kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
        return ((dec(z) - data.flatten(1)) ** 2).mean() * 8 + beta * kl

    optimizer = torch.optim.AdamW([*enc.parameters(), *dec.parameters()], lr=3e-3)
    with train.watch(enc=enc, dec=dec, optimizers=[optimizer]) as seen:
        for _, data in zip(range(steps), batches(x, 32), strict=False):
            optimizer.zero_grad()
            loss = objective(data)
            loss.backward()
            optimizer.step()
            seen.step({"loss": loss})
    given = {"real": x, "encoder": encode, "decoder": dec, "noise": 4, "optimizers": optimizer}
    if kind == "autoencoder":
        given |= {"encoder": nn.Sequential(*enc, FirstHalf())}
    return Trained(given, seen.report())


def infogan(seed: int, steps: int = 60) -> Trained:
    """Three optimizers, one of them for both players, and pictures to look at with gradients on."""
    torch.manual_seed(seed)
    x = pictures()
    generator = nn.Sequential(nn.Linear(10, 48), nn.LeakyReLU(0.2), nn.Linear(48, 64), nn.Tanh())
    discriminator = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.LeakyReLU(0.2), TwoHeads())

    def code(n):
        return torch.cat([torch.randn(n, 6), F.one_hot(torch.randint(4, (n,)), 4).float()], 1)

    def g_loss(real):
        return ((discriminator(generator(code(len(real))))[0] - 1) ** 2).mean()

    def d_loss(real):
        made = discriminator(generator(code(len(real))).detach())[0]
        return ((discriminator(real)[0] - 1) ** 2).mean() + (made**2).mean()

    def info_loss(real):
        z = code(len(real))
        return F.cross_entropy(discriminator(generator(z))[1], z[:, 6:].argmax(1))

    both = itertools.chain(generator.parameters(), discriminator.parameters())
    optimizers = {
        "optimizer_G": torch.optim.Adam(generator.parameters(), lr=1e-3),
        "optimizer_D": torch.optim.Adam(discriminator.parameters(), lr=1e-3),
        "optimizer_info": torch.optim.Adam(both, lr=1e-3),
    }
    shown = code(100)
    turns = list(zip(optimizers.values(), (g_loss, d_loss, info_loss), strict=True))
    with train.watch(
        generator=generator, discriminator=discriminator, optimizers=optimizers
    ) as seen:
        for _, real in zip(range(steps), batches(x, 32), strict=False):
            for optimizer, loss in turns:
                optimizer.zero_grad()
                loss(real).backward()
                optimizer.step()
            generator(shown)
    losses = {"g_loss": g_loss, "d_loss": d_loss, "info": info_loss}
    given = {"real": x, "generator": generator, "critic": discriminator, "noise": code}
    return Trained(given | {"losses": losses, "optimizers": optimizers}, seen.report())


class TwoHeads(nn.Module):
    """An opinion and a guess of the class."""

    def __init__(self):
        super().__init__()
        self.adv_layer, self.aux_layer = nn.Linear(48, 1), nn.Linear(48, 4)

    def forward(self, h):
        return self.adv_layer(h), self.aux_layer(h)


def logits_vae(seed: int, steps: int = 300) -> Trained:
    """A VAE whose decoder gives logits, and whose encoder gives one tensor cut in two outside."""
    torch.manual_seed(seed)
    x = ((pictures() + 1) / 2).flatten(1)
    enc, dec = nn.Linear(64, 8), nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 64))

    def elbo(real):
        mu, logvar = enc(real).chunk(2, 1)
        z = mu + torch.randn_like(mu) * (logvar / 2).exp()
        bce = F.binary_cross_entropy_with_logits(dec(z), real, reduction="sum") / len(real)
        return bce - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()

    optimizer = torch.optim.Adam([*enc.parameters(), *dec.parameters()], lr=3e-3)
    with train.watch(enc=enc, dec=dec, optimizers=optimizer) as seen:
        for _, real in zip(range(steps), batches(x, 32), strict=False):
            optimizer.zero_grad()
            loss = elbo(real)
            loss.backward()
            optimizer.step()
            seen.step(loss)
    given = {"real": x, "encoder": lambda real: enc(real).chunk(2, 1), "decoder": dec}
    return Trained(given | {"losses": elbo, "optimizers": optimizer}, seen.report())


class FirstHalf(nn.Module):
    """The first half of each row."""

    def forward(self, x):
        return x.chunk(2, dim=1)[0]


def table() -> list[Stranger]:
    """All cases; every second sick one and every second healthy one is kept for the report."""
    sick = [
        ("dcgan: two sigmoids", dcgan, {"sick": "two sigmoids"}, "squashed_twice"),
        ("gan: two sigmoids", gan, {"sick": "two sigmoids"}, "squashed_twice"),
        ("patch: two sigmoids", game, {"kind": "patch", "sick": "two sigmoids"}, "squashed_twice"),
        ("dcgan: same labels", dcgan, {"sick": "same labels"}, "labels_alike"),
        ("gan: same labels", gan, {"sick": "same labels"}, "labels_alike"),
        ("wgan: same sign", wgan_gp, {"sick": "same sign"}, "labels_alike"),
        ("patch: same labels", game, {"kind": "patch", "sick": "same labels"}, "labels_alike"),
        ("dcgan: detached", dcgan, {"sick": "detached"}, "no_gradient never_moves"),
        ("wgan: detached", wgan_gp, {"sick": "detached"}, "no_gradient never_moves"),
        (
            "labels: detached",
            game,
            {"kind": "labels first", "sick": "detached"},
            "no_gradient never_moves",
        ),
        ("dcgan: sigmoid at the end", dcgan, {"sick": "sigmoid generator"}, "range_mismatch"),
        ("coder: sigmoid at the end", coder, {"sick": "sigmoid"}, "range_mismatch"),
        ("dcgan: bytes", dcgan, {"sick": "bytes"}, "range_mismatch"),
        ("gan: normalised", gan, {"sick": "normalised"}, "range_mismatch"),
        ("dcgan: unit range", dcgan, {"sick": "unit range"}, "range_mismatch"),
        ("wgan: unit range", wgan_gp, {"sick": "unit range"}, "range_mismatch"),
        ("coder: unit range", coder, {"sick": "unit range"}, "range_mismatch"),
        ("vae: minus one to one", vae, {"sick": "minus one to one"}, "range_mismatch not_finite"),
        ("dcgan: fixed noise", dcgan, {"sick": "fixed noise"}, "reused_noise noise_repeats"),
        ("gan: seeded noise", gan, {"sick": "seeded noise"}, "reused_noise noise_repeats"),
        ("gan: bank of noise", gan, {"sick": "bank of noise"}, "reused_noise noise_repeats"),
        ("wgan: seeded noise", wgan_gp, {"sick": "seeded noise"}, "reused_noise noise_repeats"),
        (
            "features: bank of noise",
            game,
            {"kind": "features", "sick": "bank of noise"},
            "reused_noise noise_repeats",
        ),
        (
            "dcgan: eval",
            dcgan,
            {"sick": "eval"},
            "batch_norm_never_updated statistics_never_update",
        ),
        ("gan: eval", gan, {"sick": "eval"}, "batch_norm_never_updated statistics_never_update"),
        ("dcgan: bribed", dcgan, {"sick": "bribed"}, "optimizer_of_both moves_out_of_turn"),
        ("wgan: bribed", wgan_gp, {"sick": "bribed"}, "optimizer_of_both moves_out_of_turn"),
        (
            "hinge: bribed",
            game,
            {"loss": "hinge", "sick": "bribed"},
            "optimizer_of_both moves_out_of_turn",
        ),
        (
            "dcgan: new critic",
            dcgan,
            {"sick": "new critic"},
            "weights_without_optimizer never_moves",
        ),
        (
            "gan: new generator",
            gan,
            {"sick": "new generator"},
            "weights_without_optimizer never_moves",
        ),
        ("vae: forgotten layers", vae, {"sick": "forgotten layers"}, "weights_without_optimizer"),
        ("dcgan: no step", dcgan, {"sick": "no step"}, "never_moves"),
        ("gan: critic never steps", gan, {"sick": "critic never steps"}, "never_moves"),
        ("vae: rate zero", vae, {"sick": "rate zero"}, "never_moves weights_without_optimizer"),
        ("game: rate zero", game, {"sick": "rate zero"}, "never_moves weights_without_optimizer"),
        ("gan: frozen critic", gan, {"sick": "frozen critic"}, "no_gradient never_moves"),
        ("dcgan: no zero_grad", dcgan, {"sick": "no zero_grad"}, "gradients_pile_up"),
        ("gan: zero_grad forgotten", gan, {"sick": "zero_grad forgotten"}, "gradients_pile_up"),
        ("game: no zero_grad", game, {"sick": "no zero_grad"}, "gradients_pile_up"),
        ("gan: huge weights", gan, {"sick": "huge weights"}, "saturated_outputs"),
        ("vae: heavy kl", vae, {"sick": "heavy kl"}, "posterior_collapse"),
        ("triple: heavy kl", coder, {"kind": "triple", "sick": "heavy kl"}, "posterior_collapse"),
        ("draw: heavy kl", coder, {"kind": "draw alone", "sick": "heavy kl"}, "posterior_collapse"),
        ("vae: one picture", vae, {"sick": "one picture"}, "constant_data"),
        ("vae: nan data", vae, {"sick": "nan data"}, "not_finite"),
        (
            "autoencoder: code cut",
            coder,
            {"sick": "code cut"},
            "gradient_does_not_reach never_moves",
        ),
        (
            "vae: encoder cut off",
            vae,
            {"sick": "no gradient to the encoder"},
            "gradient_does_not_reach",
        ),
        ("dcgan: slow statistics", dcgan, {"sick": "slow statistics"}, "batch_norm_never_updated"),
        ("gan: slow statistics", gan, {"sick": "slow statistics"}, "batch_norm_never_updated"),
    ]
    healthy = [
        ("dcgan", dcgan, {}),
        ("vae", vae, {}),
        ("gan", gan, {}),
        ("wgan_gp", wgan_gp, {}),
        ("patch critic, hinge", game, {"kind": "patch", "loss": "hinge"}),
        ("patch critic, logits", game, {"kind": "patch"}),
        ("points, R1", game, {"kind": "R1", "points": True, "steps": 200}),
        ("points, undertrained", game, {"points": True, "steps": 5}),
        ("points, least squares", game, {"loss": "least squares", "points": True}),
        ("one-hot labels first", game, {"kind": "labels first"}),
        ("projection", game, {"kind": "projection", "loss": "hinge"}),
        ("critic with features", game, {"kind": "features"}),
        ("relativistic", game, {"loss": "relativistic"}),
        ("clipped weights", game, {"loss": "wasserstein"}),
        ("spectral norm", game, {"kind": "spectral", "loss": "hinge"}),
        ("averaged twin", game, {"kind": "twin"}),
        ("small data", game, {"items": 24}),
        ("probabilities", game, {"loss": "probabilities"}),
        ("noisy real data", game, {"kind": "noisy"}),
        ("three optimizers", infogan, {}),
        ("decoder of logits", logits_vae, {}),
        ("autoencoder", coder, {}),
        ("vae, (z, mu, logvar)", coder, {"kind": "triple"}),
        ("vae, a draw alone", coder, {"kind": "draw alone"}),
    ]
    return [
        Stranger(name, lambda seed, build=build, kw=kw: build(seed, **kw), tuple(meant.split()))
        for name, build, kw, meant in sick
    ] + [
        Stranger(name, lambda seed, build=build, kw=kw: build(seed, **kw))
        for name, build, kw in healthy
    ]
