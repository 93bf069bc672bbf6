"""Set E, first half (E1): trainings written before the rules were read, each shown sound or sick.

The defects are reported ones: data in [0, 1] beside a tanh (voletiv/self-attention-GAN-pytorch
#6), a loss shifted by hand and again by the model (huggingface/transformers #47394), a decoder
without its causal mask (#48745), a mean where the formula sums (WorldModels #12), a critic that
stays frozen (keras #4943), an average that is never renewed (zea #172), a rate that is too high.
"""

from __future__ import annotations

import copy
import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim
from torch.nn.utils.parametrizations import spectral_norm

from aigc_teach import train
from train.strangers_kit import Case, blobs, digits, feed, labels
from train.strangers_shown import (
    GRID,
    SUMS,
    Samples,
    Shown,
    bars,
    bits,
    chain,
    colours,
    cut,
    entropy_of,
    flow_of,
    grid,
    held_out,
    missed,
    people,
    spare,
    spiral,
    sums,
    told,
    waves,
)


class Held(Case):
    """A training of the first half: rules may be mended after its first run is noted."""

    half = "E1"


# ------------------------------------------------------------------------------------- GANs


class BarGen(nn.Module):
    def __init__(self, latent, end):
        super().__init__()
        self.l1 = nn.Sequential(nn.Linear(latent, 64), nn.BatchNorm1d(64))
        self.l2 = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128))
        self.l3, self.end = nn.Linear(128, 64), end

    def forward(self, code):
        h = F.relu(self.l1(code))
        return self.end(self.l3(F.relu(self.l2(h)))).reshape(-1, 1, 8, 8)


class GanTrainer:
    """A trainer as a class: its networks and optimizers are attributes."""

    def __init__(self, latent=16, end=torch.tanh, rate=1e-3):
        self.latent = latent
        self.gen = BarGen(latent, end)
        self.dis = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 96), nn.ELU(), nn.Dropout(0.2), nn.Linear(96, 1)
        )
        self.opt = {
            "gen": optim.RMSprop(self.gen.parameters(), lr=rate),
            "dis": optim.RMSprop(self.dis.parameters(), lr=rate),
        }

    def code(self, n):
        return torch.rand(n, self.latent) * 2 - 1

    def loss_dis(self, img):
        with torch.no_grad():
            made = self.gen(self.code(len(img)))
        return F.softplus(-self.dis(img)).mean() + F.softplus(self.dis(made)).mean()

    def loss_gen(self, img):
        return F.softplus(-self.dis(self.gen(self.code(len(img))))).mean()

    def step(self, who, img):
        loss = self.loss_dis(img) if who == "dis" else self.loss_gen(img)
        self.opt[who].zero_grad()
        loss.backward()
        self.opt[who].step()
        return loss.item()


def bar_gan(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Shown:
    """Dense networks, batch norm in the generator, RMSprop, uniform noise."""
    torch.manual_seed(seed)
    x, held = cut(bars(768))
    t = GanTrainer(end=torch.sigmoid if sick == "data -1 to 1, output 0 to 1" else torch.tanh)
    if how == "few steps":
        steps = 100
    check = Samples(held, lambda n: t.gen(t.code(n)), t.gen)
    with train.watch(gen=t.gen, dis=t.dis, optimizers=t.opt) as seen:
        for img in flow_of(x, 48, steps):
            seen.step({"dis": t.step("dis", img), "gen": t.step("gen", img)})
    given = {
        "real": x, "generator": t.gen, "critic": t.dis, "noise": t.code,
        "losses": {"dis": t.loss_dis, "gen": t.loss_gen}, "optimizers": t.opt,
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome(0.8))


class PatchCritic(nn.Module):
    """An answer for each patch."""

    def __init__(self, c=3):
        super().__init__()
        self.a, self.b, self.c = (
            spectral_norm(nn.Conv2d(i, o, 3, stride, 1))
            for i, o, stride in ((c, 24, 2), (24, 32, 1), (32, 1, 1))
        )

    def forward(self, x):
        return self.c(F.leaky_relu(self.b(F.leaky_relu(self.a(x), 0.2)), 0.2))


def colour_gan(seed: int, sick: str = "", how: str = "squares", steps: int = 300) -> Shown:
    """Pictures in colour, a critic that judges patches; squares, or a hinge."""
    torch.manual_seed(seed)
    x, held = cut(colours(768))
    net_g = nn.Sequential(
        nn.Linear(12, 32 * 16), nn.Unflatten(1, (32, 4, 4)), nn.SiLU(),
        nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(32, 16, 3, 1, 1), nn.SiLU(),
        nn.Conv2d(16, 3, 3, 1, 1), nn.Tanh(),
    )  # fmt: skip
    net_d = PatchCritic()
    d_optim = optim.Adam(net_d.parameters(), 2e-3, (0.0, 0.9))
    g_optim = optim.Adam(net_g.parameters(), 1e-3, (0.0, 0.9))

    def real_fake(real):
        return net_d(real), net_d(net_g(torch.randn(real.shape[0], 12)).detach())

    def critic_objective(real):
        r, f = real_fake(real)
        if how == "hinge":
            return F.relu(1 - r).mean() + F.relu(1 + f).mean()
        return 0.5 * ((r - 1).square().mean() + f.square().mean())

    def generator_objective(real):
        f = net_d(net_g(torch.randn(real.shape[0], 12)))
        return -f.mean() if how == "hinge" else 0.5 * (f - 1).square().mean()

    if sick == "frozen and never thawed":
        net_d.requires_grad_(False)
    check = Samples(held, lambda n: net_g(torch.randn(n, 12)), net_g)
    with train.watch(net_g=net_g, net_d=net_d, optimizers=[d_optim, g_optim]) as seen:
        for _, real in zip(range(steps), feed(x, 24), strict=False):
            if not sick:
                net_d.requires_grad_(True)
                d_loss = critic_objective(real)
                d_optim.zero_grad()
                d_loss.backward()
                d_optim.step()
                net_d.requires_grad_(False)
            g_loss = generator_objective(real)
            g_optim.zero_grad()
            g_loss.backward()
            g_optim.step()
    if not sick:
        net_d.requires_grad_(True)
    given = {
        "real": x, "generator": net_g, "critic": net_d, "noise": 12,
        "losses": {"critic": critic_objective, "generator": generator_objective},
        "optimizers": {"d": d_optim, "g": g_optim},
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome())


def slope_gan(seed: int, sick: str = "", how: str = "penalty", steps: int = 300) -> Shown:
    """Points around nine places: a gradient penalty, one-sided or with R1; several critic steps."""
    torch.manual_seed(seed)
    x, held = cut(grid(1024))
    G = nn.Sequential(nn.Linear(4, 64), nn.Softplus(), nn.Linear(64, 64), nn.Softplus(),
                      nn.Linear(64, 2))  # fmt: skip
    C = nn.Sequential(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
    a = optim.AdamW(G.parameters(), lr=1e-3, betas=(0.0, 0.9), weight_decay=1e-4)
    b = optim.AdamW(C.parameters(), lr=2e-3, betas=(0.0, 0.9), weight_decay=1e-4)
    turns = 5 if how == "penalty" else 3
    sign = -1 if sick == "the sign of the generator's loss" else 1

    def penalty(real, made):
        if how == "R1":
            real = real.detach().requires_grad_(True)
            (slope,) = torch.autograd.grad(C(real).sum(), real, create_graph=True)
            return 0.2 * slope.square().sum(1).mean()
        u = torch.rand(len(real), 1)
        mid = (u * real + (1 - u) * made).requires_grad_(True)
        (slope,) = torch.autograd.grad(C(mid).sum(), mid, create_graph=True)
        over = slope.norm(dim=1) - 1
        return 2 * (over.clamp(min=0) if how == "one-sided" else over).square().mean()

    def critic_loss(real):
        made = G(torch.randn(len(real), 4)).detach()
        if how == "R1":
            fit = F.softplus(-C(real)).mean() + F.softplus(C(made)).mean()
        else:
            fit = C(made).mean() - C(real).mean()
        return fit + penalty(real, made)

    def generator_loss(real):
        score = C(G(torch.randn(len(real), 4)))
        return F.softplus(-score).mean() if how == "R1" else -sign * score.mean()

    check = Samples(held, lambda n: G(torch.randn(n, 4)), G)
    with train.watch(G=G, C=C, optimizers={"G": a, "C": b}) as seen:
        for k, real in enumerate(flow_of(x, 64, steps * turns)):
            b.zero_grad(set_to_none=True)
            critic_loss(real).backward()
            b.step()
            if k % turns == turns - 1:
                a.zero_grad(set_to_none=True)
                generator_loss(real).backward()
                a.step()
    given = {
        "real": x, "generator": G, "critic": C, "noise": lambda n: torch.randn(n, 4),
        "losses": {"C": critic_loss, "G": generator_loss}, "optimizers": {"G": a, "C": b},
    }  # fmt: skip
    made = G(torch.randn(512, 4)).detach()
    return Shown(given, seen.report(), check.outcome() | {
        "places missed": (missed(made, 1.5 * GRID, 0.4), 0.5)})  # fmt: skip


class WaveMaker(nn.Module):
    """Noise to waves by transposed convolutions."""

    def __init__(self, z=10, wide=24):
        super().__init__()
        self.first = nn.Linear(z, wide * 8)
        self.up1 = nn.ConvTranspose1d(wide, wide, 4, 2, 1)
        self.up2 = nn.ConvTranspose1d(wide, 1, 4, 2, 1)
        self.norm = nn.GroupNorm(4, wide)

    def forward(self, z):
        h = F.leaky_relu(self.first(z)).unflatten(1, (-1, 8))
        return torch.tanh(self.up2(F.leaky_relu(self.norm(self.up1(h)))))


def wave_gan(seed: int, sick: str = "", how: str = "averaged", steps: int = 250) -> Shown:
    """Series by one-dimensional convolutions; the average of the weights is what is kept."""
    torch.manual_seed(seed)
    x, held = cut(waves(768))
    maker = WaveMaker()
    judge = nn.Sequential(
        nn.utils.spectral_norm(nn.Conv1d(1, 24, 5, 2, 2)), nn.LeakyReLU(0.1),
        nn.utils.spectral_norm(nn.Conv1d(24, 24, 5, 2, 2)), nn.LeakyReLU(0.1),
        nn.Flatten(), nn.Linear(192, 1),
    )  # fmt: skip
    ema = copy.deepcopy(maker).requires_grad_(False)
    om = optim.Adam(maker.parameters(), 2e-3, (0.0, 0.99))
    oj = optim.Adam(judge.parameters(), 2e-3, (0.0, 0.99))

    def seed_vector(n):
        if sick == "manual_seed in the function":
            torch.manual_seed(7)
        return torch.randn(n, 10)

    def judge_loss(real):
        with torch.no_grad():
            made = maker(seed_vector(len(real)))
        return F.relu(1 - judge(real)).mean() + F.relu(1 + judge(made)).mean()

    def maker_loss(real):
        return -judge(maker(seed_vector(len(real)))).mean()

    kept = maker if how == "itself" else ema
    check = Samples(held, lambda n: kept(torch.randn(n, 10)), kept)
    watched = {"generator": maker, "discriminator": judge, "ema": ema}
    with train.watch(**watched, optimizers={"generator": om, "discriminator": oj}) as seen:
        for _, real in zip(range(steps), feed(x, 32), strict=False):
            for optimizer, loss in ((oj, judge_loss), (om, maker_loss)):
                optimizer.zero_grad()
                loss(real).backward()
                optimizer.step()
            if sick != "the average is never renewed":
                with torch.no_grad():
                    for e, p in zip(ema.parameters(), maker.parameters(), strict=True):
                        e.lerp_(p, 0.05)
    given = {
        "real": x, "generator": kept, "critic": judge, "noise": seed_vector,
        "losses": {"discriminator": judge_loss, "generator": maker_loss},
        "optimizers": {"generator": om, "discriminator": oj},
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome())


def shiver(img: Tensor) -> Tensor:
    """The same change for real and made pictures: a shift and a brightness."""
    img = torch.roll(img, int(torch.randint(-1, 2, (1,))), dims=3)
    return img + 0.1 * torch.randn(len(img), 1, 1, 1)


def twenty(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Shown:
    """Twenty digits are all there is; what the critic sees is augmented."""
    torch.manual_seed(seed)
    x = F.avg_pool2d(digits(), 2)
    few = x[:20]
    generator = nn.Sequential(
        nn.Linear(8, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.Tanh(),
        nn.Unflatten(1, (1, 8, 8)),
    )  # fmt: skip
    critic = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Dropout(0.3),
        nn.Linear(256, 1),
    )  # fmt: skip
    og, oc = optim.Adam(generator.parameters(), 1e-3), optim.Adam(critic.parameters(), 5e-4)
    bce = nn.BCEWithLogitsLoss()

    def z(n):
        return torch.randn(n, 8)

    def loss_c(real):
        yes, no = critic(shiver(real)), critic(shiver(generator(z(len(real))).detach()))
        return bce(yes, 0.9 * torch.ones_like(yes)) + bce(no, torch.zeros_like(no))

    def loss_g(real):
        no = critic(shiver(generator(z(len(real)))))
        return bce(no, torch.ones_like(no))

    check = Samples(x[20:276], lambda n: generator(z(n)), generator)
    with train.watch(generator=generator, critic=critic, optimizers={"g": og, "c": oc}) as seen:
        for _ in range(steps):
            real = few[torch.randperm(20)[:16]]
            oc.zero_grad()
            loss_c(real).backward()
            oc.step()
            og.zero_grad()
            loss_g(real).backward()
            og.step()
    given = {
        "real": few, "generator": generator, "critic": critic, "noise": z,
        "losses": {"c": loss_c, "g": loss_g}, "optimizers": {"g": og, "c": oc},
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome(0.8))


class ByName(nn.Module):
    """A network for points that is told a class by an embedding."""

    def __init__(self, inp, out, classes=8):
        super().__init__()
        self.tell = nn.Embedding(classes, 12)
        self.net = nn.Sequential(
            nn.Linear(inp + 12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, out)
        )

    def forward(self, x, y):
        return self.net(torch.cat([x, self.tell(y)], 1))


def class_points(seed: int, sick: str = "", how: str = "", steps: int = 500) -> Shown:
    """Eight heaps of points, each with its own number as the condition."""
    torch.manual_seed(seed)
    x = blobs(768)
    y = (torch.atan2(x[:, 1], x[:, 0]) / 0.7854).round().long() % 8
    gen, disc = ByName(3, 2), ByName(2, 1)
    opt_gen = optim.Adam(gen.parameters(), lr=1e-3, betas=(0.5, 0.9))
    opt_disc = optim.Adam(disc.parameters(), lr=1e-3, betas=(0.5, 0.9))

    def disc_loss(points, kinds):
        made = gen(torch.randn(len(points), 3), kinds)
        if sick == "another label for the critic":
            kinds = kinds[torch.randperm(len(kinds))]
        right, wrong = disc(points, kinds), disc(made.detach(), kinds)
        return -F.logsigmoid(right).mean() - F.logsigmoid(-wrong).mean()

    def gen_loss(points, kinds):
        return -F.logsigmoid(disc(gen(torch.randn(len(points), 3), kinds), kinds)).mean()

    def some(n):
        return gen(torch.randn(n, 3), torch.arange(n) % 8)

    check = Samples(x[512:], some, gen)
    with train.watch(gen=gen, disc=disc, optimizers={"gen": opt_gen, "disc": opt_disc}) as seen:
        for _, (points, kinds) in zip(range(steps), feed(x[:512], 64, y[:512]), strict=False):
            opt_disc.zero_grad()
            disc_loss(points, kinds).backward()
            opt_disc.step()
            opt_gen.zero_grad()
            gen_loss(points, kinds).backward()
            opt_gen.step()
    given = {
        "real": x[:512], "labels": y[:512], "generator": gen, "critic": disc, "noise": 3,
        "losses": {"disc": disc_loss, "gen": gen_loss},
        "optimizers": {"gen": opt_gen, "disc": opt_disc},
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome())


# ------------------------------------------------------------------------------------ codes


class ConvCoder(nn.Module):
    """encode gives mean and log variance; forward all three."""

    def __init__(self, z=6):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Flatten())
        self.mean, self.log_var = nn.Linear(256, z), nn.Linear(256, z)
        self.up = nn.Sequential(
            nn.Linear(z, 256), nn.ReLU(), nn.Unflatten(1, (16, 4, 4)),
            nn.ConvTranspose2d(16, 1, 4, 2, 1),
        )  # fmt: skip

    def encode(self, x):
        h = self.down(x)
        return self.mean(h), self.log_var(h)

    def decode(self, z):
        return self.up(z)

    def forward(self, x):
        mean, log_var = self.encode(x)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        return self.decode(z), mean, log_var


def binary_vae(seed: int, sick: str = "", how: str = "sum", steps: int = 350) -> Shown:
    """Bars as bits: a convolutional VAE with logits; all at once, or the KL phased in."""
    torch.manual_seed(seed)
    x, held = cut((bars(1024) + 1) / 2)
    vae = ConvCoder()
    adam = optim.Adam(vae.parameters(), lr=4e-3)
    now = 0

    def loss_function(data):
        out, mean, log_var = vae(data)
        kl = -0.5 * (1 + log_var - mean.square() - log_var.exp()).sum(1).mean()
        if sick == "mean over pixels, sum over the code":
            return F.binary_cross_entropy_with_logits(out, data) + kl
        weight = min(1.0, now / (steps / 2)) if how == "phased in" else 1.0
        return bits(out, data) + weight * kl

    with train.watch(vae=vae, optimizers=adam) as seen:
        for data in flow_of(x, 32, steps):
            now += 1
            adam.zero_grad()
            loss = loss_function(data)
            loss.backward()
            adam.step()
            seen.step({"loss": loss})
    given = {"real": x, "model": vae, "losses": {"vae": loss_function}, "optimizers": adam}
    outcome = held_out(lambda: loss_function(held), entropy_of(x, held), vae)
    return Shown(given, seen.report(), outcome)


def table_vae(seed: int, sick: str = "", how: str = "", steps: int = 500) -> Shown:
    """A table with six columns; the decoder gives mean and log deviation, a learnt width."""
    torch.manual_seed(seed)
    x, held = cut(people(1024))
    encoder = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 4))
    decoder = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 6))
    log_sd = nn.Parameter(torch.zeros(6))
    opt = optim.Adam([*encoder.parameters(), *decoder.parameters(), log_sd], lr=5e-3)

    def nelbo(rows):
        mu, width = encoder(rows).chunk(2, -1)
        if sick == "the width is not made positive":
            posterior_var = width
        else:
            posterior_var = F.softplus(width)
        z = mu + posterior_var.sqrt() * torch.randn_like(mu)
        kl = 0.5 * (mu**2 + posterior_var - 1 - posterior_var.log()).sum(-1)
        fit = 0.5 * ((rows - decoder(z)) / log_sd.exp()) ** 2 + log_sd
        return (fit.sum(-1) + kl).mean()

    def encode(rows):
        mu, width = encoder(rows).chunk(2, -1)
        return mu, F.softplus(width).log()

    with train.watch(encoder=encoder, decoder=decoder, optimizers=opt) as seen:
        for rows in flow_of(x, 64, steps):
            loss = nelbo(rows)
            opt.zero_grad()
            loss.backward()
            opt.step()
    given = {"real": x, "encoder": encode, "decoder": decoder, "losses": nelbo, "optimizers": opt}
    constant = float(0.5 * held.square().sum(1).mean())  # a Gaussian a column: log sd is 0
    return Shown(given, seen.report(), held_out(lambda: nelbo(held), constant, encoder, decoder))


def wave_cleaner(seed: int, sick: str = "", how: str = "adagrad", steps: int = 250) -> Shown:
    """A denoising autoencoder for series."""
    torch.manual_seed(seed)
    x, held = cut(waves(768))
    compress = nn.Sequential(nn.Conv1d(1, 16, 5, 2, 2), nn.GELU(), nn.Conv1d(16, 4, 5, 2, 2))
    restore = nn.Sequential(
        nn.ConvTranspose1d(4, 16, 4, 2, 1), nn.GELU(), nn.ConvTranspose1d(16, 1, 4, 2, 1)
    )
    weights = [*compress.parameters(), *restore.parameters()]
    if how == "adagrad":
        opt = optim.Adagrad(weights, lr=0.03)
    elif how == "momentum":
        opt = optim.SGD(weights, lr=0.3, momentum=0.9, nesterov=True)
    if sick == "rate of 3":
        opt = optim.Adam(weights, lr=3.0)

    def error(signal):
        return (restore(compress(signal + 0.1 * torch.randn_like(signal))) - signal).pow(2).mean()

    with train.watch(compress=compress, restore=restore, optimizers=opt) as seen:
        for _, signal in zip(range(steps), feed(x, 16), strict=False):

            def closure(signal=signal):
                opt.zero_grad()
                loss = error(signal)
                loss.backward()
                return loss

            opt.step(closure)
    given = {
        "real": x, "encoder": compress, "decoder": restore, "losses": {"ae": error},
        "optimizers": opt,
    }  # fmt: skip
    outcome = held_out(lambda: error(held), spare(x, held), compress, restore)
    return Shown(given, seen.report(), outcome)


class GumbelCoder(nn.Module):
    """Eight choices out of five, drawn softly."""

    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 40))
        self.dec = nn.Sequential(nn.Linear(40, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, x, tau):
        logits = self.enc(x).view(-1, 8, 5)
        code = F.gumbel_softmax(logits, tau=tau, hard=False)
        q = logits.softmax(-1)
        kl = (q * (q.clamp_min(1e-9).log() + math.log(5))).sum((1, 2))
        return self.dec(code.flatten(1)), kl


def choices(seed: int, sick: str = "", how: str = "", steps: int = 400) -> Shown:
    """A discrete VAE whose temperature falls."""
    torch.manual_seed(seed)
    x, held = cut((bars(1024) + 1).flatten(1) / 2)
    model = GumbelCoder()
    opt = optim.Adam(model.parameters(), lr=3e-3)
    tau = 1.0

    def loss_of(batch):
        logits, kl = model(batch, tau)
        return bits(logits, batch) + kl.mean()

    with train.watch(model=model, optimizers=opt) as seen:
        for k, batch in enumerate(flow_of(x, 32, steps)):
            tau = max(0.5, math.exp(-0.003 * k))
            opt.zero_grad()
            loss_of(batch).backward()
            opt.step()
    given = {"real": x, "model": model, "losses": {"elbo": loss_of}, "optimizers": opt}
    return Shown(given, seen.report(), held_out(lambda: loss_of(held), entropy_of(x, held), model))


# ------------------------------------------------------------------- diffusion and densities


class TimeMLP(nn.Module):
    """Points (or rows) and a time in, the same shape out."""

    def __init__(self, d, wide=96, scale=1.0):
        super().__init__()
        self.scale = scale
        self.time = nn.Sequential(nn.Linear(16, wide), nn.SiLU(), nn.Linear(wide, wide))
        self.inp, self.mid, self.out = (
            nn.Linear(d, wide), nn.Linear(wide, wide), nn.Linear(wide, d)
        )  # fmt: skip

    def forward(self, x, t):
        f = torch.exp(torch.linspace(0, 5, 8)) * self.scale
        angle = t.float().view(-1, 1) * f
        e = self.time(torch.cat([angle.sin(), angle.cos()], -1))
        h = F.silu(self.inp(x) + e)
        return self.out(F.silu(self.mid(h) + e))


def x_zero(seed: int, sick: str = "", how: str = "", steps: int = 500) -> Shown:
    """Diffusion with a cosine schedule; the network predicts the clean points."""
    torch.manual_seed(seed)
    x, held = cut(spiral(1024))
    T = 200
    s = torch.linspace(0, 1, T + 1)[1:]
    alpha_bar = torch.cos((s + 0.008) / 1.008 * math.pi / 2).square().clamp(1e-4, 0.9999)
    denoiser = TimeMLP(2, scale=1e-4 if sick == "the time divided twice" else 1.0)
    opt = optim.Adam(denoiser.parameters(), lr=2e-3)

    def training_loss(x0):
        t = torch.randint(T, (len(x0),))
        a = alpha_bar[t].unsqueeze(1)
        x_t = a.sqrt() * x0 + (1 - a).sqrt() * torch.randn_like(x0)
        return F.mse_loss(denoiser(x_t, t / T), x0)

    with train.watch(denoiser=denoiser, optimizers=opt) as seen:
        for x0 in flow_of(x, 96, steps):
            opt.zero_grad()
            loss = training_loss(x0)
            loss.backward()
            nn.utils.clip_grad_norm_(denoiser.parameters(), 1.0)
            opt.step()
            seen.step({"loss": loss})
    given = {"real": x, "model": denoiser, "losses": {"mse": training_loss}, "optimizers": opt}
    outcome = held_out(lambda: training_loss(held), spare(x, held), denoiser)
    return Shown(given, seen.report(), outcome)


def straight(seed: int, sick: str = "", how: str = "digits", steps: int = 400) -> Shown:
    """Flow matching: a velocity from noise to data, pictures as rows, or a table."""
    torch.manual_seed(seed)
    data = F.avg_pool2d(digits(), 2).flatten(1) if how == "digits" else people(768)
    x, held = cut(data, 128)
    v = TimeMLP(x.shape[1], 128)
    opt = optim.AdamW(v.parameters(), lr=2e-3, weight_decay=0.0)
    sched = optim.lr_scheduler.OneCycleLR(opt, 4e-3, total_steps=steps)

    def cfm(x1):
        x0, t = torch.randn_like(x1), torch.rand(len(x1), 1)
        return (v(t * x1 + (1 - t) * x0, t) - (x1 - x0)).square().mean()

    with train.watch(v=v, optimizers=opt) as seen:
        for x1 in flow_of(x, 64, steps):
            loss = cfm(x1)
            loss.backward()
            opt.step()
            opt.zero_grad()
            sched.step()
    given = {"real": x, "model": v, "losses": cfm, "optimizers": opt}
    constant = spare(x, held) + 1.0  # the noise's variance beside the data's
    return Shown(given, seen.report(), held_out(lambda: cfm(held), constant, v))


def scores(seed: int, sick: str = "", how: str = "", steps: int = 400) -> Shown:
    """Denoising score matching at many noise levels, weighted by sigma squared."""
    torch.manual_seed(seed)
    x, held = cut(grid(1024))
    net = TimeMLP(2)
    opt = optim.Adam(net.parameters(), lr=2e-3)

    def dsm(y):
        log_sigma = torch.rand(len(y), 1) * (math.log(2.0) - math.log(0.1)) + math.log(0.1)
        sigma, eps = log_sigma.exp(), torch.randn_like(y)
        score = net(y + sigma * eps, log_sigma / 4) / sigma
        return (sigma * score + eps).square().sum(1).mean()

    with train.watch(score=net, optimizers={"score": opt}) as seen:
        for y in flow_of(x, 96, steps):
            opt.zero_grad()
            dsm(y).backward()
            opt.step()
    given = {"real": x, "model": net, "losses": {"dsm": dsm}, "optimizers": {"score": opt}}
    return Shown(given, seen.report(), held_out(lambda: dsm(held), 2.0, net))


class Coupling(nn.Module):
    """One half moves the other."""

    def __init__(self, d, flip):
        super().__init__()
        self.flip, h = flip, d // 2
        self.net = nn.Sequential(nn.Linear(h, 48), nn.Tanh(), nn.Linear(48, 2 * h))

    def forward(self, x):
        a, b = x.chunk(2, 1) if not self.flip else x.chunk(2, 1)[::-1]
        s, t = self.net(a).chunk(2, 1)
        s = torch.tanh(s)
        b = b * s.exp() + t
        return torch.cat([a, b] if not self.flip else [b, a], 1), s.sum(1)


class RealNVP(nn.Module):
    """Couplings, and the log density that follows."""

    def __init__(self, d, n=6):
        super().__init__()
        self.parts = nn.ModuleList(Coupling(d, bool(k % 2)) for k in range(n))

    def log_prob(self, x):
        total = torch.zeros(len(x))
        for part in self.parts:
            x, s = part(x)
            total = total + s
        return total - 0.5 * (x.square() + math.log(2 * math.pi)).sum(1)

    forward = log_prob


def coupled(seed: int, sick: str = "", how: str = "spiral", steps: int = 300) -> Shown:
    """A flow of couplings, trained by its likelihood."""
    torch.manual_seed(seed)
    x, held = cut(spiral(1024) if how == "spiral" else people(1024))
    flow = RealNVP(x.shape[1])
    opt = optim.Adam(flow.parameters(), lr=3e-3)

    def nll(batch):
        return -flow.log_prob(batch).mean()

    with train.watch(flow=flow, optimizers=opt) as seen:
        for batch in flow_of(x, 64, steps):
            loss = nll(batch)
            if sick != "zero_grad forgotten":
                opt.zero_grad()
            loss.backward()
            opt.step()
    given = {"real": x, "model": flow, "losses": {"nll": nll}, "optimizers": opt}
    sd = x.std(0)
    constant = float((0.5 * ((held - x.mean(0)) / sd) ** 2 + sd.log()).sum(1).mean())
    constant += 0.5 * x.shape[1] * math.log(2 * math.pi)  # a Gaussian a column
    return Shown(given, seen.report(), held_out(lambda: nll(held), constant, flow, share=0.95))


# ------------------------------------------------------------------------------------- text


class SumGRU(nn.Module):
    def __init__(self, squash=False):
        super().__init__()
        self.look, self.squash = nn.Embedding(13, 24), squash
        self.cell = nn.GRU(24, 64, batch_first=True)
        self.say = nn.Linear(64, 13)

    def forward(self, ids):
        scores = self.say(self.cell(self.look(ids))[0])
        return scores.softmax(-1) if self.squash else scores


def arithmetic(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Shown:
    """Sums as text: a recurrent network and SGD with momentum."""
    torch.manual_seed(seed)
    x, held = cut(sums(1024))
    rnn = SumGRU(squash=sick == "softmax before cross entropy")
    sgd = optim.SGD(rnn.parameters(), lr=0.3, momentum=0.9)

    def next_char(rows):
        out = rnn(rows[:, :-1])
        return F.cross_entropy(out.flatten(0, 1), rows[:, 1:].flatten(), reduction="sum") / (
            rows.shape[0] * (rows.shape[1] - 1)
        )

    with train.watch(rnn=rnn, optimizers={"sgd": sgd}) as seen:
        for rows in flow_of(x, 32, steps):
            sgd.zero_grad()
            loss = next_char(rows)
            loss.backward()
            nn.utils.clip_grad_value_(rnn.parameters(), 0.2)
            sgd.step()
            seen.step(loss.item())
    given = {"real": x, "model": rnn, "losses": {"nll": next_char}, "optimizers": sgd}
    constant = told(x[:, 1:], held[:, 1:], len(SUMS))
    return Shown(given, seen.report(), held_out(lambda: next_char(held), constant, rnn))


class Block(nn.Module):
    def __init__(self, d, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.qkv, self.proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.mlp = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = (
            part.view(B, T, self.heads, -1).transpose(1, 2)
            for part in self.qkv(self.ln1(x)).chunk(3, -1)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        x = x + self.proj(y.transpose(1, 2).reshape(B, T, D))
        return x + self.mlp(self.ln2(x))


class NanoGPT(nn.Module):
    def __init__(self, vocab, block, causal=True, d=32):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab, d), nn.Embedding(block, d)
        self.h = nn.ModuleList(Block(d, 4, causal) for _ in range(2))
        self.ln_f, self.head = nn.LayerNorm(d), nn.Linear(d, vocab, bias=False)

    def forward(self, idx, targets=None):
        x = self.wte(idx) + self.wpe(torch.arange(idx.shape[1]))
        for block in self.h:
            x = block(x)
        logits = self.head(self.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)


def nano(seed: int, sick: str = "", how: str = "sums", steps: int = 160) -> Shown:
    """Warm-up and cosine, two small batches before a step, gradients clipped."""
    torch.manual_seed(seed)
    x, held = cut(sums(1024) if how == "sums" else chain(1024, 20))
    vocab = 13 if how == "sums" else 6
    model = NanoGPT(vocab, x.shape[1], causal=sick != "is_causal forgotten")
    optimizer = optim.AdamW(model.parameters(), lr=4e-3, betas=(0.9, 0.95), weight_decay=0.1)
    rate = optim.lr_scheduler.LambdaLR(
        optimizer, lambda k: min((k + 1) / 20, 0.5 * (1 + math.cos(math.pi * k / steps)) + 0.05)
    )

    def loss_of(rows):
        inputs, targets = rows[:, :-1], rows[:, 1:]
        if sick == "shifted twice":
            inputs, targets = rows[:, :-2], rows[:, 2:]
        return model(inputs, targets)[1]

    with train.watch(model=model, optimizers=optimizer) as seen:
        for k, rows in enumerate(flow_of(x, 16, 2 * steps)):
            (loss_of(rows) / 2).backward()
            if k % 2 == 1:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                rate.step()
    given = {"real": x, "model": model, "losses": {"ce": loss_of}, "optimizers": optimizer}
    constant = told(x[:, 1:], held[:, 1:], vocab)
    return Shown(given, seen.report(), held_out(lambda: loss_of(held), constant, model))


def counting(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Shown:
    """A table of logits, one row a letter; full batches and plain SGD with a high rate."""
    torch.manual_seed(seed)
    x, held = cut(chain(768, 16))
    W = nn.Embedding(6, 6)
    opt = optim.SGD(W.parameters(), lr=20.0)

    def loss_of(rows):
        return F.cross_entropy(W(rows[:, :-1]).reshape(-1, 6), rows[:, 1:].reshape(-1))

    with train.watch(W=W, optimizers=opt) as seen:
        for _ in range(steps):
            opt.zero_grad()
            loss_of(x).backward()
            opt.step()
    given = {"real": x, "model": W, "losses": loss_of, "optimizers": opt}
    constant = told(x[:, 1:], held[:, 1:], 6)
    return Shown(given, seen.report(), held_out(lambda: loss_of(held), constant, W, share=0.97))


class MaskedLinear(nn.Linear):
    def __init__(self, a, b, mask):
        super().__init__(a, b)
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


def made(seed: int, sick: str = "", how: str = "", steps: int = 400) -> Shown:
    """Pixels one after the other by masked layers."""
    torch.manual_seed(seed)
    x, held = cut((bars(1280) + 1).flatten(1) / 2)
    rank, hidden = torch.arange(64), torch.arange(192) % 63
    first, second = hidden[:, None] >= rank[None], rank[:, None] > hidden[None]
    if sick == "the masks are all ones":
        first, second = torch.ones_like(first), torch.ones_like(second)
    net = nn.Sequential(
        MaskedLinear(64, 192, first.float()), nn.ReLU(), MaskedLinear(192, 64, second.float())
    )
    opt = optim.Adam(net.parameters(), lr=3e-3)

    def nll(rows):
        return bits(net(rows), rows)

    with train.watch(made=net, optimizers=opt) as seen:
        for rows in flow_of(x, 64, steps):
            opt.zero_grad()
            nll(rows).backward()
            opt.step()
    given = {"real": x, "model": net, "losses": {"nll": nll}, "optimizers": opt}
    return Shown(given, seen.report(), held_out(lambda: nll(held), entropy_of(x, held), net))


def classes_of_digits(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Shown:
    """Class-conditional denoiser: the class is dropped at a tenth of the items."""
    torch.manual_seed(seed)
    x, y = F.avg_pool2d(digits(), 2).flatten(1), labels()
    net, tell = TimeMLP(64 + 16, 128), nn.Embedding(11, 16)
    opt = optim.Adam([*net.parameters(), *tell.parameters()], lr=2e-3)
    beta = torch.linspace(1e-4, 0.06, 200)
    keep = torch.cumprod(1 - beta, 0)

    def eps_loss(img, kind):
        t, eps = torch.randint(200, (len(img),)), torch.randn_like(img)
        kind = torch.where(torch.rand(len(kind)) < 0.1, 10, kind)
        a = keep[t][:, None]
        noisy = a.sqrt() * img + (1 - a).sqrt() * eps
        return F.mse_loss(net(torch.cat([noisy, tell(kind)], 1), t / 200)[:, :64], eps)

    with train.watch(net=net, tell=tell, optimizers=opt) as seen:
        for _, (img, kind) in zip(range(steps), feed(x[:400], 32, y[:400]), strict=False):
            loss = eps_loss(img, kind)
            opt.zero_grad()
            loss.backward()
            opt.step()
    given = {
        "real": x[:400], "labels": y[:400], "model": net, "losses": {"eps": eps_loss},
        "optimizers": opt,
    }  # fmt: skip
    outcome = held_out(lambda: eps_loss(x[400:], y[400:]), 1.0, net, tell)
    return Shown(given, seen.report(), outcome)


SICK = [
    ("the data's range and the output's differ", "range_mismatch", [
        (bar_gan, "data -1 to 1, output 0 to 1", "")]),
    ("frozen and never thawed", "no_gradient never_moves", [
        (colour_gan, "frozen and never thawed", "")]),
    ("the sign of the generator's loss", "generator_pulls_with_critic", [
        (slope_gan, "the sign of the generator's loss", "one-sided")]),
    ("the same noise at every step", "reused_noise noise_repeats", [
        (wave_gan, "manual_seed in the function", "")]),
    ("an average that is never renewed", "never_moves weights_without_optimizer discriminator_won",
        [(wave_gan, "the average is never renewed", "")]),
    ("the condition does not fit the item", "condition_ignored loss_of_a_constant", [
        (class_points, "another label for the critic", "")]),
    ("a mean where the formula sums", "posterior_collapse", [
        (binary_vae, "mean over pixels, sum over the code", "")]),
    ("a variance that may be negative", "not_finite", [
        (table_vae, "the width is not made positive", "")]),
    ("a rate that is too high", "loss_of_a_constant dead_code not_finite", [
        (wave_cleaner, "rate of 3", "")]),
    ("the step is dropped", "step_ignored", [(x_zero, "the time divided twice", "")]),
    ("gradients are never set to 0", "gradients_pile_up", [
        (coupled, "zero_grad forgotten", "")]),
    ("two squashings", "squashed_twice loss_of_a_constant", [
        (arithmetic, "softmax before cross entropy", "")]),
    ("no causal mask, or one without effect", "sees_the_future", [
        (nano, "is_causal forgotten", ""), (made, "the masks are all ones", "")]),
    ("the target is not shifted, or twice", "wrong_shift", [(nano, "shifted twice", "chain")]),
]  # fmt: skip

HEALTHY = [
    (bar_gan, ""), (bar_gan, "few steps"), (colour_gan, "squares"), (colour_gan, "hinge"),
    (slope_gan, "penalty"), (slope_gan, "one-sided"), (slope_gan, "R1"), (wave_gan, "averaged"),
    (wave_gan, "itself"), (twenty, ""), (class_points, ""), (binary_vae, "sum"),
    (binary_vae, "phased in"), (table_vae, ""), (wave_cleaner, "adagrad"),
    (wave_cleaner, "momentum"), (choices, ""), (x_zero, ""), (straight, "digits"),
    (straight, "table"), (scores, ""), (coupled, "spiral"), (coupled, "table"), (arithmetic, ""),
    (nano, "sums"), (nano, "chain"), (counting, ""), (made, ""), (classes_of_digits, ""),
]  # fmt: skip


def cases_of(half: type[Case], sick: list, healthy: list) -> list[Case]:
    """All cases of a half of set E, the sick ones first."""
    found = []
    for defect, meant, planted in sick:
        for build, what, how in planted:
            options = {"sick": what} | ({"how": how} if how else {})
            name = f"{half.half} {build.__name__}: {what}"
            found.append(half(name, partial(build, **options), defect, (*meant.split(),)))
    for build, how in healthy:
        options = {"how": how} if how else {}
        name = f"{half.half} {build.__name__}" + f": {how}" * bool(how)
        found.append(half(name, partial(build, **options)))
    return found


def fifth() -> list[Case]:
    """The first half of set E."""
    return cases_of(Held, SICK, HEALTHY)
