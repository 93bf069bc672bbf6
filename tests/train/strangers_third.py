"""The third table, set C: trainings in styles that neither of the first two tables has.

It was written when the rules of the day were finished and before they were read, and is only ever
reported: no rule and no bound may be changed by looking at it.
"""

from __future__ import annotations

import copy
import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from aigc_teach import train
from train.strangers_kit import Case, Trained, blobs, digits, feed, labels, moons
from train.strangers_second import CUT, NOISE


def small() -> Tensor:
    """Digits of 8 x 8, [512, 1, 8, 8] in [-1, 1]."""
    return F.avg_pool2d(digits(), 2)


class Held(Case):
    """A training that belongs to no half of the second table."""

    half = "C"


class MLP(nn.Module):
    """The dense network that everybody writes first."""

    def __init__(self, *sizes, out=None, shape=None):
        super().__init__()
        layers = []
        for a, b in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers[:-1], *([out] if out is not None else []))
        self.shape = shape

    def forward(self, x):
        x = self.layers(x.flatten(1))
        return x if self.shape is None else x.view(-1, *self.shape)


def adams(G, D, lr_g=1e-3, lr_d=5e-4):
    """Adam for each, as most GANs have it."""
    return (
        optim.Adam(G.parameters(), lr=lr_g, betas=(0.5, 0.999)),
        optim.Adam(D.parameters(), lr=lr_d, betas=(0.5, 0.999)),
    )


# ------------------------------------------------------------------------------------- GANs


def noisy_gan(seed: int, sick: str = "", how: str = "annealed", steps: int = 250) -> Trained:
    """Noise for the critic's eyes: on both kinds and fading, or on the real data alone."""
    torch.manual_seed(seed)
    x = digits()
    gen = MLP(20, 96, 256, out=nn.Tanh(), shape=(1, 16, 16))
    dis = nn.Sequential(
        nn.Conv2d(1, 12, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(12, 24, 4, 2, 1),
        nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(384, 1),
    )  # fmt: skip
    gen_opt, dis_opt = adams(gen, dis)
    sigma = 0.3

    def see(img, generated):
        if how == "annealed":
            return img + sigma * torch.randn_like(img)
        if how == "uniform on real":  # the bytes' rounding is filled with noise
            return img if generated else img + (torch.rand_like(img) - 0.5) * (2 / 16)
        return img if generated else img + 0.15 * torch.randn_like(img)

    def discriminator_loss(img):
        with torch.no_grad():
            made = gen(torch.randn(len(img), 20))
        right, wrong = dis(see(img, False)), dis(see(made, True))
        target = torch.ones_like(wrong) if sick == "ones for both" else torch.zeros_like(wrong)
        return F.binary_cross_entropy_with_logits(
            right, torch.ones_like(right)
        ) + F.binary_cross_entropy_with_logits(wrong, target)

    def generator_loss(img):
        wrong = dis(see(gen(torch.randn(len(img), 20)), True))
        if sick == "zeros in G":
            return F.binary_cross_entropy_with_logits(wrong, torch.zeros_like(wrong))
        return F.binary_cross_entropy_with_logits(wrong, torch.ones_like(wrong))

    logs = {"loss_d": [], "loss_g": []}
    with train.watch(gen=gen, dis=dis, optimizers={"gen": gen_opt, "dis": dis_opt}) as seen:
        for k, img in zip(range(steps), feed(x, 32), strict=False):
            sigma = 0.3 * max(0.0, 1 - k / (0.8 * steps))
            dis_opt.zero_grad()
            d = discriminator_loss(img)
            d.backward()
            dis_opt.step()
            gen_opt.zero_grad()
            g = generator_loss(img)
            g.backward()
            gen_opt.step()
            logs["loss_d"].append(d.item())
            logs["loss_g"].append(g.item())
    given = {
        "history": logs, "real": x, "generator": gen, "critic": dis,
        "noise": lambda n: torch.randn(n, 20),
        "losses": {"dis": discriminator_loss, "gen": generator_loss},
        "optimizers": {"gen": gen_opt, "dis": dis_opt},
    }  # fmt: skip
    return Trained(given, seen.report())


def twice(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Trained:
    """One-sided labels of 0.9 for real data, and two updates of the generator for one of D."""
    torch.manual_seed(seed)
    x = small().flatten(1)
    G = MLP(12, 64, 64, out=nn.Tanh())
    D = MLP(64, 64, 1, out=nn.Sigmoid())
    optimizerG, optimizerD = adams(G, D)
    criterion = nn.BCELoss()

    def errD(real):
        label = torch.full((len(real), 1), 0.9)
        loss = criterion(D(real), label)
        label = label if sick == "0.9 for both" else torch.zeros(len(real), 1)
        return loss + criterion(D(G(torch.randn(len(real), 12)).detach()), label)

    def errG(real):
        return criterion(D(G(torch.randn(len(real), 12))), torch.ones(len(real), 1))

    with train.watch(G=G, D=D, optimizers={"G": optimizerG, "D": optimizerD}) as seen:
        for _, real in zip(range(steps), feed(x, 64), strict=False):
            D.zero_grad()
            errD(real).backward()
            optimizerD.step()
            for _ in range(2):
                G.zero_grad()
                errG(real).backward()
                optimizerG.step()
    given = {
        "real": x, "generator": G, "critic": D, "noise": lambda n: torch.randn(n, 12),
        "losses": {"errD": errD, "errG": errG}, "optimizers": [optimizerG, optimizerD],
    }  # fmt: skip
    return Trained(given, seen.report())


class Features(nn.Module):
    """A critic that also gives its inner features."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten())
        self.head = nn.Linear(1024, 1)

    def forward(self, img):
        return self.head(self.body(img))


def pretrained(x: Tensor, y: Tensor) -> nn.Module:
    """A small classifier, trained for a moment and then frozen; without its last layer."""
    body = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 24))
    whole = nn.Sequential(body, nn.ReLU(), nn.Linear(24, 10))
    moves = optim.Adam(whole.parameters(), 3e-3)
    for _, (a, b) in zip(range(60), feed(x, 64, y), strict=False):
        moves.zero_grad()
        F.cross_entropy(whole(a), b).backward()
        moves.step()
    return body.eval().requires_grad_(False)


def perceptual(seed: int, sick: str = "", how: str = "frozen net", steps: int = 150) -> Trained:
    """A generator with two teachers: the critic, and features of real data to be matched."""
    torch.manual_seed(seed)
    x = digits()
    net_g = MLP(16, 96, 256, out=nn.Tanh(), shape=(1, 16, 16))
    net_d = Features()
    watched = {"net_g": net_g, "net_d": net_d}
    if how == "frozen net":
        lossnet = watched["lossnet"] = pretrained(x, labels())
    else:
        lossnet = net_d.body
    o_g, o_d = adams(net_g, net_d)

    def d_loss(real):
        fake = net_g(torch.randn(len(real), 16)).detach()
        return F.relu(1 - net_d(real)).mean() + F.relu(1 + net_d(fake)).mean()

    def g_loss(real):
        fake = net_g(torch.randn(len(real), 16))
        match = F.l1_loss(lossnet(fake).mean(0), lossnet(real).mean(0).detach())
        return -net_d(fake).mean() + match

    with train.watch(**watched, optimizers={"g": o_g, "d": o_d}) as seen:
        for _, real in zip(range(steps), feed(x, 32), strict=False):
            o_d.zero_grad(set_to_none=True)
            d_loss(real).backward()
            o_d.step()
            o_g.zero_grad(set_to_none=True)
            g_loss(real).backward()
            o_g.step()
    given = {
        "real": x, "generator": net_g, "critic": net_d, "noise": lambda n: torch.randn(n, 16),
        "losses": {"d": d_loss, "g": g_loss}, "optimizers": {"g": o_g, "d": o_d},
    }  # fmt: skip
    return Trained(given, seen.report())


def averaged(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Trained:
    """Samples come from an average of the generator's weights; OneCycle for both rates."""
    torch.manual_seed(seed)
    x = small()
    G = MLP(16, 64, 64, out=nn.Tanh(), shape=(1, 8, 8))
    D = MLP(64, 64, 1)
    og, od = adams(G, D)
    plans = [lr_scheduler.OneCycleLR(o, max_lr=2e-3, total_steps=steps) for o in (og, od)]
    ema = AveragedModel(G, multi_avg_fn=get_ema_multi_avg_fn(0.95))

    def lossD(real):
        fake = G(torch.randn(real.size(0), 16)).detach()
        return F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()

    def lossG(real):
        return F.softplus(-D(G(torch.randn(real.size(0), 16)))).mean()

    with train.watch(G=G, D=D, G_ema=ema, optimizers={"G": og, "D": od}) as seen:
        for _, real in zip(range(steps), feed(x, 32), strict=False):
            if sick == "never thawed":
                G.requires_grad_(False)
            od.zero_grad()
            lossD(real).backward()
            od.step()
            og.zero_grad()
            loss = lossG(real)
            if loss.requires_grad:
                loss.backward()
            og.step()
            ema.update_parameters(G)
            for plan in plans:
                plan.step()
    given = {
        "real": x, "generator": G if sick else ema, "critic": D,
        "noise": lambda n: torch.randn(n, 16),
        "losses": {"D": lossD, "G": lossG}, "optimizers": [og, od],
    }  # fmt: skip
    return Trained(given, seen.report())


def accumulate(seed: int, sick: str = "", how: str = "", steps: int = 120) -> Trained:
    """Three small batches of three sizes add their gradients before each step."""
    torch.manual_seed(seed)
    x = small()
    netG = MLP(16, 64, 64, out=nn.Tanh(), shape=(1, 8, 8))
    netD = MLP(64, 64, 1)
    optG, optD = adams(netG, netD, 1e-3, 1e-3)
    once = torch.randn(24, 16)

    def latent(n):
        return once[torch.arange(n) % 24] if sick == "drawn once" else torch.randn(n, 16)

    def critic_loss(real):
        fake = netG(latent(len(real))).detach()
        return F.relu(1 - netD(real)).mean() + F.relu(1 + netD(fake)).mean()

    def gen_loss(real):
        return -netD(netG(latent(len(real)))).mean()

    with train.watch(netG=netG, netD=netD, optimizers={"G": optG, "D": optD}) as seen:
        for _ in range(steps):
            for moves, loss in ((optD, critic_loss), (optG, gen_loss)):
                moves.zero_grad()
                for size in (8, 24, 16):
                    (loss(x[torch.randint(len(x), (size,))]) / 3).backward()
                moves.step()
    given = {
        "real": x, "generator": netG, "critic": netD, "noise": latent,
        "losses": {"d": critic_loss, "g": gen_loss}, "optimizers": {"G": optG, "D": optD},
    }  # fmt: skip
    return Trained(given, seen.report())


def clipping(seed: int, sick: str = "", how: str = "", steps: int = 120) -> Trained:
    """The first Wasserstein GAN on points: RMSprop, five turns of the critic, weights clipped."""
    torch.manual_seed(seed)
    x = moons()
    generator, critic = MLP(4, 48, 48, 2), MLP(2, 48, 48, 1)
    og = optim.RMSprop(generator.parameters(), lr=1e-3)
    oc = optim.RMSprop(critic.parameters(), lr=1e-3)

    def critic_loss(real):
        return critic(generator(torch.randn(len(real), 4)).detach()).mean() - critic(real).mean()

    def generator_loss(real):
        return -critic(generator(torch.randn(len(real), 4))).mean()

    source = feed(x, 64)
    moved = {"generator": og, "critic": oc}
    with train.watch(generator=generator, critic=critic, optimizers=moved) as seen:
        for _ in range(steps):
            for _ in range(5):
                oc.zero_grad()
                critic_loss(next(source)).backward()
                oc.step()
                with torch.no_grad():
                    for p in critic.parameters():
                        p.clamp_(-0.1, 0.1)
            og.zero_grad()
            generator_loss(next(source)).backward()
            og.step()
    given = {
        "real": x, "generator": generator, "critic": critic, "noise": 4,
        "losses": {"critic": critic_loss, "generator": generator_loss}, "optimizers": moved,
    }  # fmt: skip
    return Trained(given, seen.report())


def lazy_r1(seed: int, sick: str = "", how: str = "", steps: int = 160) -> Trained:
    """Softplus losses, and the gradient penalty on real data at every 16th step alone."""
    torch.manual_seed(seed)
    x = digits()
    mapping = nn.Sequential(nn.Linear(16, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32))
    G = nn.Sequential(mapping, MLP(32, 96, 256, shape=(1, 16, 16)))
    D = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(1024, 1)
    )
    opt_g = optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.99))
    opt_d = optim.Adam(D.parameters(), lr=5e-4, betas=(0.0, 0.99))

    def d_main(img):
        fake = G(torch.randn(img.shape[0], 16)).detach()
        return F.softplus(D(fake)).mean() + F.softplus(-D(img)).mean()

    def g_main(img):
        fake = G(torch.randn(img.shape[0], 16))
        if sick == "detached":
            fake = fake.detach()
        return F.softplus(-D(fake)).mean()

    def r1(img):
        img = img.detach().requires_grad_(True)
        (grad,) = torch.autograd.grad(D(img).sum(), img, create_graph=True)
        return grad.square().sum([1, 2, 3]).mean()

    with train.watch(G=G, D=D, optimizers={"G": opt_g, "D": opt_d}) as seen:
        for k, img in zip(range(steps), feed(x, 32), strict=False):
            opt_g.zero_grad(set_to_none=True)
            g_main(img).backward()
            opt_g.step()
            opt_d.zero_grad(set_to_none=True)
            d_main(img).backward()
            opt_d.step()
            if k % 16 == 0:
                opt_d.zero_grad(set_to_none=True)
                (16 * 0.05 * r1(img)).backward()
                opt_d.step()
    given = {
        "real": x, "generator": G, "critic": D, "noise": lambda n: torch.randn(n, 16),
        "losses": {"D": d_main, "G": g_main}, "optimizers": {"G": opt_g, "D": opt_d},
    }  # fmt: skip
    return Trained(given, seen.report())


def squares(seed: int, sick: str = "", how: str = "", steps: int = 150) -> Trained:
    """Least squares with a critic of patches, and two time-scales."""
    torch.manual_seed(seed)
    x = digits()
    G = nn.Sequential(
        nn.Linear(16, 384), nn.Unflatten(1, (24, 4, 4)), nn.BatchNorm2d(24), nn.ReLU(),
        nn.ConvTranspose2d(24, 12, 4, 2, 1), nn.BatchNorm2d(12), nn.ReLU(),
        nn.ConvTranspose2d(12, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    D = nn.Sequential(
        nn.Conv2d(1, 12, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(12, 24, 4, 2, 1),
        nn.LeakyReLU(0.2), nn.Conv2d(24, 1, 3, 1, 1),
    )  # fmt: skip
    og, od = adams(G, D, 5e-4, 2e-3)
    mse = nn.MSELoss()

    def d_step(real):
        a, b = D(real), D(G(torch.randn(len(real), 16)).detach())
        return 0.5 * (mse(a, torch.ones_like(a)) + mse(b, torch.zeros_like(b)))

    def g_step(real):
        b = D(G(torch.randn(len(real), 16)))
        return mse(b, torch.zeros_like(b) if sick == "zeros in G" else torch.ones_like(b))

    with train.watch(G=G, D=D, optimizers={"G": og, "D": od}) as seen:
        for _, real in zip(range(steps), feed(x, 24), strict=False):
            od.zero_grad()
            d_step(real).backward()
            od.step()
            og.zero_grad()
            g_step(real).backward()
            og.step()
    given = {
        "real": x, "generator": G, "critic": D, "noise": lambda n: torch.randn(n, 16),
        "losses": {"D": d_step, "G": g_step}, "optimizers": {"G": og, "D": od},
    }  # fmt: skip
    return Trained(given, seen.report())


def relative(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Trained:
    """Each answer is compared with the mean answer for the other kind; points; batches vary."""
    torch.manual_seed(seed)
    x = blobs()
    G, D = MLP(8, 64, 64, 2), MLP(2, 64, 64, 1)
    og, od = adams(G, D, 1e-3, 1e-3)

    def pair(real, fake):
        r, f = D(real), D(fake)
        return r - f.mean(), f - r.mean()

    def loss_d(real):
        r, f = pair(real, G(torch.randn(len(real), 8)).detach())
        return F.softplus(-r).mean() + F.softplus(f).mean()

    def loss_g(real):
        r, f = pair(real, G(torch.randn(len(real), 8)))
        return F.softplus(r).mean() + F.softplus(-f).mean()

    with train.watch(G=G, D=D, optimizers={"G": og, "D": od}) as seen:
        for k in range(steps):
            real = x[torch.randint(len(x), (32 + 16 * (k % 4),))]
            od.zero_grad()
            loss_d(real).backward()
            od.step()
            og.zero_grad()
            loss_g(real).backward()
            og.step()
    given = {
        "real": x, "generator": G, "critic": D, "noise": lambda n: torch.randn(n, 8),
        "losses": {"D": loss_d, "G": loss_g}, "optimizers": {"G": og, "D": od},
    }  # fmt: skip
    return Trained(given, seen.report())


class Embedded(nn.Module):
    """A dense network that joins its input with an embedding of the class."""

    def __init__(self, size, out, end=None):
        super().__init__()
        self.emb = nn.Embedding(10, 10)
        self.net = MLP(size + 10, 96, out, out=end)

    def forward(self, inp, y):
        return self.net(torch.cat([inp.flatten(1), self.emb(y)], 1))


class Planes(nn.Module):
    """A convolutional critic that sees the class as ten constant planes."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(11, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(1024, 1)
        )

    def forward(self, img, y):
        planes = F.one_hot(y, 10).float()[:, :, None, None].expand(-1, -1, 16, 16)
        return self.net(torch.cat([img, planes], 1))


class Joined(nn.Module):
    """A generator that takes the class as a one-hot row beside the noise."""

    def __init__(self):
        super().__init__()
        self.net = MLP(26, 96, 256, out=nn.Tanh(), shape=(1, 16, 16))

    def forward(self, z, y):
        return self.net(torch.cat([z, F.one_hot(y, 10).float()], 1))


def by_class(seed: int, sick: str = "", how: str = "embedding", steps: int = 250) -> Trained:
    """A conditional GAN: the class by an embedding, or joined as rows and planes."""
    torch.manual_seed(seed)
    x, y = digits(), labels()
    if how == "embedding":
        x = x.flatten(1)
        G, D = Embedded(16, 256, nn.Tanh()), Embedded(256, 1)
    else:
        G, D = Joined(), Planes()
    og, od = adams(G, D, 1e-3, 5e-4)
    bce = nn.BCEWithLogitsLoss()

    def d_loss(real, which):
        one = torch.ones(len(real), 1)
        fake = G(torch.randn(len(real), 16), which).detach()
        return (bce(D(real, which), one) + bce(D(fake, which), 0 * one)) / 2

    def g_loss(real, which):
        fake = G(torch.randn(len(real), 16), which)
        if sick == "no_grad":
            fake = fake.data
        return bce(D(fake, which), torch.ones(len(real), 1))

    with train.watch(G=G, D=D, optimizers={"G": og, "D": od}) as seen:
        for _, (real, which) in zip(range(steps), feed(x, 32, y), strict=False):
            od.zero_grad()
            d_loss(real, which).backward()
            od.step()
            og.zero_grad()
            g_loss(real, which).backward()
            og.step()
    given = {
        "real": x, "labels": y, "generator": G, "critic": D,
        "noise": lambda n: torch.randn(n, 16),
        "losses": {"D": d_loss, "G": g_loss}, "optimizers": [og, od],
    }  # fmt: skip
    return Trained(given, seen.report())


def growing(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Trained:
    """Pictures begin coarse and become sharp while the training runs."""
    torch.manual_seed(seed)
    x = digits()
    if sick == "zero to one":
        x = (x + 1) / 2
    G = MLP(16, 96, 256, out=nn.Tanh(), shape=(1, 16, 16))
    D = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(1024, 1)
    )
    og, od = adams(G, D)
    alpha = 0.0

    def fade(img):
        coarse = F.interpolate(F.avg_pool2d(img, 4), scale_factor=4)
        return alpha * img + (1 - alpha) * coarse

    def loss_d(img):
        fake = G(torch.randn(len(img), 16)).detach()
        return F.relu(1 - D(fade(img))).mean() + F.relu(1 + D(fade(fake))).mean()

    def loss_g(img):
        return -D(fade(G(torch.randn(len(img), 16)))).mean()

    with train.watch(generator=G, discriminator=D, optimizers={"g": og, "d": od}) as seen:
        for k, img in zip(range(steps), feed(x, 32), strict=False):
            alpha = min(1.0, k / (0.6 * steps))
            od.zero_grad()
            loss_d(img).backward()
            od.step()
            og.zero_grad()
            loss_g(img).backward()
            og.step()
    given = {
        "real": x, "generator": G, "critic": D, "noise": lambda n: torch.randn(n, 16),
        "losses": {"d": loss_d, "g": loss_g}, "optimizers": [og, od],
    }  # fmt: skip
    return Trained(given, seen.report())


def few_items(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Trained:
    """Sixty items, 16 a batch and 12 in the last; both kinds are shifted and brightened alike."""
    torch.manual_seed(seed)
    x = digits()[:60]
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(x), batch_size=16, shuffle=True
    )
    G = MLP(16, 96, 256, out=nn.Tanh(), shape=(1, 16, 16))
    D = MLP(256, 64, 1)
    og, od = adams(G, D, 1e-3, 3e-4)
    fixed = torch.randn(16, 16)

    def latent(n):
        return fixed[torch.arange(n) % 16] if sick == "fixed_noise" else torch.randn(n, 16)

    def augment(img):
        i, j = torch.randint(-2, 3, (2,)).tolist()
        return torch.roll(img, (i, j), (2, 3)) + 0.2 * (torch.rand(len(img), 1, 1, 1) - 0.5)

    def loss_d(img):
        fake = G(latent(len(img))).detach()
        return F.softplus(-D(augment(img))).mean() + F.softplus(D(augment(fake))).mean()

    def loss_g(img):
        return F.softplus(-D(augment(G(latent(len(img)))))).mean()

    with train.watch(G=G, D=D, optimizers={"G": og, "D": od}) as seen:
        for _ in range(steps // 4):
            for (img,) in loader:
                od.zero_grad()
                loss_d(img).backward()
                od.step()
                og.zero_grad()
                loss_g(img).backward()
                og.step()
    given = {
        "real": x, "generator": G, "critic": D, "noise": latent,
        "losses": {"D": loss_d, "G": loss_g}, "optimizers": {"G": og, "D": od},
    }  # fmt: skip
    return Trained(given, seen.report())


# ------------------------------------------------------------------------------- autoencoders


class BernoulliVAE(nn.Module):
    """A dense VAE for pixels in [0, 1]."""

    def __init__(self):
        super().__init__()
        self.encoder = MLP(256, 128, 16)
        self.decoder = MLP(8, 128, 256)

    def encode(self, x):
        return self.encoder(x).chunk(2, 1)

    def decode(self, z):
        return torch.sigmoid(self.decoder(z))

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.decoder(z), mu, logvar


def bernoulli_vae(seed: int, sick: str = "", how: str = "cyclic", steps: int = 400) -> Trained:
    """Cross-entropy and KL, with the schedules of the day for beta and for the rate."""
    torch.manual_seed(seed)
    x = (digits().flatten(1) + 1) / 2
    vae = BernoulliVAE()
    opt = optim.AdamW(vae.parameters(), lr=2e-3)
    plan = {
        "one cycle": lambda: lr_scheduler.OneCycleLR(opt, max_lr=5e-3, total_steps=steps),
        "cosine to 0": lambda: lr_scheduler.CosineAnnealingLR(opt, steps, eta_min=0.0),
    }.get(how, lambda: None)()
    beta = 1.0

    def objective(batch):
        logits, mu, logvar = vae(batch)
        rec = F.binary_cross_entropy_with_logits(logits, batch, reduction="none")
        rec = rec.mean() if sick == "mean for sum" else rec.sum(1).mean()
        kl = (0.5 * (mu**2 + logvar.exp() - logvar - 1)).mean(0)
        if how == "free bits":
            kl = kl.clamp(min=0.25)
        return rec + beta * kl.sum()

    trace = []
    with train.watch(vae=vae, optimizers=opt) as seen:
        for k, batch in zip(range(steps), feed(x, 32), strict=False):
            if how == "cyclic":
                beta = min(1.0, 2 * (k % (steps // 4)) / (steps // 4))
            opt.zero_grad()
            loss = objective(batch)
            loss.backward()
            opt.step()
            if plan is not None:
                plan.step()
            trace.append(loss.item())
    given = {
        "history": {"loss": trace}, "real": x, "model": vae, "losses": objective,
        "optimizers": opt,
    }  # fmt: skip
    return Trained(given, seen.report())


class LearntSigma(nn.Module):
    """A VAE whose decoder has one learnt variance for all that it draws."""

    def __init__(self, size, latents):
        super().__init__()
        self.encoder = MLP(size, 96, 2 * latents)
        self.decoder = MLP(latents, 96, size)
        self.log_sigma = nn.Parameter(torch.zeros(()))

    def encode(self, x):
        return self.encoder(x).chunk(2, -1)

    def decode(self, z):
        return self.decoder(z)

    def loss(self, x):
        mean, logvar = self.encode(x)
        z = mean + torch.randn_like(mean) * (logvar / 2).exp()
        error = (self.decode(z) - x) / self.log_sigma.exp()
        nll = (0.5 * error**2 + self.log_sigma + 0.5 * math.log(2 * math.pi)).sum(-1)
        return (nll + 0.5 * (mean**2 + logvar.exp() - logvar - 1).sum(-1)).mean()


def sigma_vae(seed: int, sick: str = "", how: str = "", steps: int = 500) -> Trained:
    """The Gaussian likelihood with a learnt variance; the rate warms up."""
    torch.manual_seed(seed)
    x = blobs() if how == "points" else digits().flatten(1)
    if how == "points":
        x = (x - x.mean(0)) / x.std(0)
    net = LearntSigma(x.shape[1], 2 if how == "points" else 8)
    opt = optim.Adam(net.parameters(), lr=3e-3)
    warm = lr_scheduler.LambdaLR(opt, lambda k: min(1.0, (k + 1) / 50))
    with train.watch(vae=net, optimizers=[opt]) as seen:
        for _, batch in zip(range(steps), feed(x, 64), strict=False):
            opt.zero_grad()
            net.loss(batch).backward()
            opt.step()
            warm.step()
    given = {"real": x, "model": net, "losses": {"vae": net.loss}, "optimizers": opt}
    return Trained(given, seen.report())


class Deep(nn.Module):
    """A decoder with an answer at every size."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(24, 16 * 16)
        self.up = nn.ModuleList(nn.ConvTranspose2d(16, 16, 4, 2, 1) for _ in range(2))
        self.out = nn.ModuleList(nn.Conv2d(16, 1, 3, 1, 1) for _ in range(3))

    def sizes(self, z):
        h = self.first(z).view(-1, 16, 4, 4)
        yield self.out[0](h)
        for up, out in zip(self.up, self.out[1:], strict=True):
            h = F.relu(up(h))
            yield out(h)

    def forward(self, z):
        return [*self.sizes(z)][-1]


def coder(seed: int, sick: str = "", how: str = "masked", steps: int = 250) -> Trained:
    """Autoencoders: masked input, sparse codes, an answer at every size, a frozen encoder."""
    torch.manual_seed(seed)
    x = digits()
    end = nn.Sigmoid() if sick == "sigmoid at the end" else nn.Tanh()
    encoder = MLP(256, 96, 24)
    decoder = MLP(24, 96, 256, out=end, shape=(1, 16, 16))
    if how == "sparse":
        encoder, decoder = MLP(256, 128, out=nn.ReLU()), MLP(128, 256, shape=(1, 16, 16))
    if how == "deep supervision":
        decoder = Deep()
    if how == "frozen encoder":
        encoder = pretrained(x, labels())
    held = [*decoder.parameters()]
    if how != "frozen encoder" or sick == "frozen by mistake":
        held += [*encoder.parameters()]
    opt = optim.Adam(held, lr=2e-3)

    def loss_of(batch):
        seen_by_it = batch
        if how == "masked":
            seen_by_it = torch.where(torch.rand_like(batch) < 0.3, -1.0, batch)
        code = encoder(seen_by_it)
        if how == "deep supervision":
            return sum(
                F.mse_loss(out, F.adaptive_avg_pool2d(batch, out.shape[-1]))
                for out in decoder.sizes(code)
            )
        loss = F.mse_loss(decoder(code), batch)
        return loss + 1e-3 * code.abs().sum(1).mean() if how == "sparse" else loss

    with train.watch(encoder=encoder, decoder=decoder, optimizers=opt) as seen:
        for _, batch in zip(range(steps), feed(x, 32), strict=False):
            opt.zero_grad()
            loss_of(batch).backward()
            opt.step()
    given = {
        "real": x, "encoder": encoder, "decoder": decoder, "losses": {"ae": loss_of},
        "optimizers": opt,
    }  # fmt: skip
    return Trained(given, seen.report())


class CVAE(nn.Module):
    """The class goes to the encoder and to the decoder."""

    def __init__(self):
        super().__init__()
        self.enc, self.dec = Embedded(256, 12), Embedded(6, 256, nn.Tanh())

    def encode(self, x, y):
        return self.enc(x, y).chunk(2, 1)

    def decode(self, z, y):
        return self.dec(z, y)


def cvae(seed: int, sick: str = "", how: str = "", steps: int = 350) -> Trained:
    """A conditional VAE with squared error; old and new weights are both kept."""
    torch.manual_seed(seed)
    x, y = digits().flatten(1), labels()
    model = CVAE()
    best = copy.deepcopy(model.state_dict())
    opt = optim.Adam(model.parameters(), lr=2e-3)

    def elbo_loss(img, which):
        mu, logvar = model.encode(img, which)
        z = mu + (logvar / 2).exp() * torch.randn_like(mu)
        error = (model.decode(z, which) - img) ** 2
        error = error.mean() if sick == "mean for sum" else error.sum(1).mean()
        return error + 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(1).mean()

    low = math.inf
    with train.watch(model=model, optimizers=opt) as seen:
        for k, (img, which) in zip(range(steps), feed(x, 32, y), strict=False):
            opt.zero_grad()
            loss = elbo_loss(img, which)
            loss.backward()
            opt.step()
            if k % 50 == 49 and loss.item() < low:
                low, best = loss.item(), copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    given = {
        "real": x, "labels": y, "encoder": model.encode, "decoder": model.decode,
        "losses": {"cvae": elbo_loss}, "optimizers": opt,
    }  # fmt: skip
    return Trained(given, seen.report())


SICK = [
    ("fake is labelled real", "labels_alike", [
        (noisy_gan, {"sick": "ones for both"}), (twice, {"sick": "0.9 for both"})]),
    ("the generator is rewarded for being recognised", "generator_pulls_with_critic", [
        (noisy_gan, {"sick": "zeros in G", "how": "gauss on real"}),
        (squares, {"sick": "zeros in G"})]),
    ("fakes detached in the generator's turn", CUT, [
        (lazy_r1, {"sick": "detached"}), (by_class, {"sick": "no_grad", "how": "planes"})]),
    ("frozen and never thawed", CUT, [
        (averaged, {"sick": "never thawed"}),
        (coder, {"sick": "frozen by mistake", "how": "frozen encoder"})]),
    ("the same noise at every step", NOISE, [
        (accumulate, {"sick": "drawn once"}), (few_items, {"sick": "fixed_noise"})]),
    ("a mean where the formula sums", "posterior_collapse", [
        (bernoulli_vae, {"sick": "mean for sum", "how": "cosine to 0"}),
        (cvae, {"sick": "mean for sum"})]),
    ("the data's range and the output's differ", "range_mismatch", [
        (growing, {"sick": "zero to one"}), (coder, {"sick": "sigmoid at the end"})]),
]  # fmt: skip

HEALTHY = [
    (noisy_gan, {"how": "annealed"}), (noisy_gan, {"how": "uniform on real"}),
    (noisy_gan, {"how": "gauss on real"}), (twice, {}), (perceptual, {"how": "frozen net"}),
    (perceptual, {"how": "critic's features"}), (averaged, {}), (accumulate, {}), (clipping, {}),
    (lazy_r1, {}), (squares, {}), (relative, {}), (by_class, {"how": "embedding"}),
    (by_class, {"how": "planes"}), (growing, {}), (few_items, {}),
    (bernoulli_vae, {"how": "cyclic"}), (bernoulli_vae, {"how": "free bits"}),
    (bernoulli_vae, {"how": "one cycle"}), (sigma_vae, {"how": "points"}), (sigma_vae, {}),
    (coder, {"how": "masked"}), (coder, {"how": "sparse"}), (coder, {"how": "deep supervision"}),
    (coder, {"how": "frozen encoder"}), (cvae, {}),
]  # fmt: skip


def third() -> list[Case]:
    """Set C, the sick ones first."""
    cases = []
    for defect, meant, planted in SICK:
        for build, options in planted:
            name = f"C {build.__name__}: {', '.join(options[k] for k in sorted(options))}"
            cases.append(Held(name, partial(build, **options), defect, tuple(meant.split())))
    for build, options in HEALTHY:
        name = f"C {build.__name__}" + "".join(f": {how}" for how in options.values())
        cases.append(Held(name, partial(build, **options)))
    return cases
