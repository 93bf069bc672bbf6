"""Set E, second half (E2): other families and styles than E1, run once when the rules are mended.

Reported defects: an average without its batch norm (FastGAN-pytorch #4), few diffusion steps with
the betas of a thousand (EngiOpt #67), targets that the model may copy, an optimizer that holds
both players, a mask of plain zeros, a loader that is begun anew at each step.
"""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset

from aigc_teach import train
from train.strangers_fifth import cases_of
from train.strangers_kit import Case, blobs, digits, feed, labels, moons
from train.strangers_shown import (
    Samples,
    Shown,
    bars,
    chain,
    colours,
    cut,
    entropy_of,
    exam,
    held_out,
    melodies,
    people,
    spare,
    sums,
    told,
    waves,
)


class Held(Case):
    """A training of the second half: run once, and reported."""

    half = "E2"


def loader(size: int, *parts: Tensor, shuffle: bool = True):
    """A DataLoader that begins again for ever."""
    data = DataLoader(TensorDataset(*parts), batch_size=size, shuffle=shuffle, drop_last=True)
    return itertools.chain.from_iterable(itertools.repeat(data))


# ------------------------------------------------------------------------------------- GANs


class Skip(nn.Module):
    """A small U: down, down, up with what was there before."""

    def __init__(self, norm=nn.InstanceNorm2d):
        super().__init__()
        self.e1 = nn.Conv2d(1, 12, 4, 2, 1)
        self.e2 = nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(12, 24, 4, 2, 1), norm(24))
        self.d2 = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(24, 12, 4, 2, 1), norm(12))
        self.d1 = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(24, 1, 4, 2, 1), nn.Tanh())

    def forward(self, a):
        e1 = self.e1(a)
        return self.d1(torch.cat([self.d2(self.e2(e1)), e1], 1))


def paint(seed: int, sick: str = "", how: str = "", steps: int = 120) -> Shown:
    """Outlines to digits: L1 and a patch critic that sees both pictures."""
    torch.manual_seed(seed)
    B = digits()
    A = F.max_pool2d(B, 3, 1, 1) - B - 1  # the rim: bright where the neighbours are brighter
    (a, a_held), (b, b_held) = cut(A, 128), cut(B, 128)
    G = Skip(nn.BatchNorm2d)
    D = nn.Sequential(nn.Conv2d(2, 16, 4, 2, 1), nn.LeakyReLU(0.2, True), nn.Conv2d(16, 1, 4, 2, 1))
    optG, optD = (optim.Adam(net.parameters(), 2e-3, (0.5, 0.999)) for net in (G, D))
    gan = nn.BCEWithLogitsLoss()

    def backward_D(real_B, real_A):
        fake = D(torch.cat((real_A, G(real_A).detach()), 1))
        real = D(torch.cat((real_A, real_B), 1))
        return (gan(fake, torch.zeros_like(fake)) + gan(real, torch.ones_like(real))) / 2

    def backward_G(real_B, real_A):
        made = G(real_A)
        fake = D(torch.cat((real_A, made), 1))
        return gan(fake, torch.ones_like(fake)) + 50 * F.l1_loss(made, real_B)

    with train.watch(G=G, D=D, optimizers={"G": optG, "D": optD}) as seen:
        for k, (real_B, real_A) in enumerate(itertools.islice(loader(16, b, a), steps)):
            if sick == "eval() after the first look" and k == 5:
                G.eval()
                with torch.no_grad():
                    G(a_held[:16])
            optD.zero_grad()
            backward_D(real_B, real_A).backward()
            optD.step()
            optG.zero_grad()
            backward_G(real_B, real_A).backward()
            optG.step()
    given = {
        "real": b, "labels": a, "generator": G, "critic": lambda y, x: D(torch.cat((x, y), 1)),
        "losses": {"D": backward_D, "G": backward_G}, "optimizers": {"G": optG, "D": optD},
    }  # fmt: skip
    with exam(G):
        error = float((G(a_held) - b_held).square().mean())
    return Shown(given, seen.report(), {"held-out error": (error, 0.5 * spare(b, b_held))})


def there_and_back(seed: int, sick: str = "", how: str = "", steps: int = 500) -> Shown:
    """Two sets of points, two generators, two critics, and the way there and back."""
    torch.manual_seed(seed)
    X, Y = blobs(768), 0.8 * moons(768)
    x, y = X[:512], Y[:512]

    def net(out):
        return nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
                             nn.Linear(64, out))  # fmt: skip

    G_XY, G_YX, D_X, D_Y = net(2), net(2), net(1), net(1)
    opt_G = optim.Adam(itertools.chain(G_XY.parameters(), G_YX.parameters()), 1e-3, (0.5, 0.99))
    opt_D = optim.Adam(itertools.chain(D_X.parameters(), D_Y.parameters()), 1e-3, (0.5, 0.99))

    def critics(b, a):
        loss = 0
        for D, real, fake in ((D_X, a, G_YX(b)), (D_Y, b, G_XY(a))):
            loss = loss + (D(real) - 1).square().mean() + D(fake.detach()).square().mean()
        return loss / 2

    def makers(b, a):
        to_y, to_x = G_XY(a), G_YX(b)
        adv = (D_Y(to_y) - 1).square().mean() + (D_X(to_x) - 1).square().mean()
        return adv + 1.0 * ((G_YX(to_y) - a).abs().mean() + (G_XY(to_x) - b).abs().mean())

    check = Samples(Y[512:], lambda n: G_XY(X[512 : 512 + n]), G_XY)
    nets = {"G_XY": G_XY, "G_YX": G_YX, "D_X": D_X, "D_Y": D_Y}
    with train.watch(**nets, optimizers={"G": opt_G, "D": opt_D}) as seen:
        for _, (b, a) in zip(range(steps), feed(y, 64, x), strict=False):
            opt_G.zero_grad()
            makers(b, a).backward()
            opt_G.step()
            opt_D.zero_grad()
            critics(b, a[torch.randperm(64)]).backward()
            opt_D.step()
    given = {
        "real": y, "generator": G_XY, "critic": D_Y, "noise": lambda n: x[torch.randint(512, (n,))],
        "losses": {"D": lambda b: critics(b, x[: len(b)]), "G": lambda b: makers(b, x[: len(b)])},
        "optimizers": {"G": opt_G, "D": opt_D},
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome())


def rows_gan(seed: int, sick: str = "", how: str = "clipped", steps: int = 250) -> Shown:
    """A table by a Wasserstein GAN with clipped weights; or one that packs two rows at a time."""
    torch.manual_seed(seed)
    x, held = cut(people(1024))
    pack = 2 if how == "packed" else 1
    fake_maker = nn.Sequential(nn.Linear(6, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, 6))
    scorer = nn.Sequential(nn.Linear(6 * pack, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    if how == "packed":
        o1, o2 = (optim.Adam(n.parameters(), 1e-3, (0.5, 0.9)) for n in (fake_maker, scorer))
    else:
        o1, o2 = (optim.RMSprop(n.parameters(), 1e-3) for n in (fake_maker, scorer))
    if sick == "the critic's optimizer holds both":
        o2 = optim.RMSprop([*scorer.parameters(), *fake_maker.parameters()], 1e-3)

    def score(rows):
        return scorer(rows.reshape(-1, 6 * pack))

    def scorer_loss(rows):
        made = fake_maker(torch.randn(len(rows), 6))
        if not sick:
            made = made.detach()
        if how == "packed":
            return F.softplus(-score(rows)).mean() + F.softplus(score(made)).mean()
        return score(made).mean() - score(rows).mean()

    def maker_loss(rows):
        s = score(fake_maker(torch.randn(len(rows), 6)))
        return F.softplus(-s).mean() if how == "packed" else -s.mean()

    check = Samples(held, lambda n: fake_maker(torch.randn(n, 6)), fake_maker)
    optimizers = {"maker": o1, "scorer": o2}
    with train.watch(generator=fake_maker, critic=scorer, optimizers=optimizers) as seen:
        batches = loader(64, x)
        for _ in range(steps):
            for _ in range(2 if how == "packed" else 4):
                (rows,) = next(batches)
                o2.zero_grad()
                scorer_loss(rows).backward()
                o2.step()
                if how != "packed":
                    for p in scorer.parameters():
                        p.data.clamp_(-0.1, 0.1)
            o1.zero_grad()
            maker_loss(rows).backward()
            o1.step()
    given = {
        "real": x, "generator": fake_maker, "critic": score, "noise": 6,
        "losses": {"scorer": scorer_loss, "maker": maker_loss}, "optimizers": optimizers,
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome())


class Mapped(nn.Module):
    """A mapping network, and a style for each layer; its batch norm counts, or there is none."""

    def __init__(self, norm):
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(8, 24), nn.LeakyReLU(0.2), nn.Linear(24, 24))
        self.const = nn.Parameter(torch.randn(1, 24, 4, 4))
        self.c1, self.c2 = nn.Conv2d(24, 24, 3, 1, 1), nn.Conv2d(24, 3, 3, 1, 1)
        self.s1 = nn.Linear(24, 48)
        self.norm = nn.BatchNorm2d(24) if norm else nn.InstanceNorm2d(24)

    def forward(self, z):
        w = self.mapping(F.normalize(z, dim=1) * 8**0.5)
        scale, shift = self.s1(w)[..., None, None].chunk(2, 1)
        h = self.norm(self.c1(self.const.expand(len(z), -1, -1, -1))) * (1 + scale) + shift
        return torch.tanh(self.c2(F.interpolate(F.leaky_relu(h, 0.2), scale_factor=2)))


def styled(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Shown:
    """Styles, the logistic loss with R1 at every 8th step, and torch's own averaged model."""
    torch.manual_seed(seed)
    x, held = cut(colours(768))
    g = Mapped(norm=bool(sick))
    d = nn.Sequential(
        nn.Conv2d(3, 24, 3, 1, 1), nn.LeakyReLU(0.2), nn.AvgPool2d(2), nn.Conv2d(24, 32, 3, 1, 1),
        nn.LeakyReLU(0.2), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(128, 1),
    )  # fmt: skip
    ema = AveragedModel(g, multi_avg_fn=get_ema_multi_avg_fn(0.95))
    g_opt = optim.Adam(g.parameters(), 2e-3, (0.0, 0.99))
    d_opt = optim.Adam(d.parameters(), 2e-3, (0.0, 0.99))

    def d_logistic(real):
        with torch.no_grad():
            fake = g(torch.randn(len(real), 8))
        return F.softplus(d(fake)).mean() + F.softplus(-d(real)).mean()

    def g_nonsaturating(real):
        return F.softplus(-d(g(torch.randn(len(real), 8)))).mean()

    check = Samples(held, lambda n: ema(torch.randn(n, 8)), ema)
    with train.watch(g=g, d=d, optimizers={"g": g_opt, "d": d_opt}) as seen:
        for i, real in zip(range(steps), feed(x, 24), strict=False):
            d_opt.zero_grad()
            d_logistic(real).backward()
            d_opt.step()
            if i % 8 == 0:
                d_opt.zero_grad()
                real.requires_grad_(True)
                (slope,) = torch.autograd.grad(d(real).sum(), real, create_graph=True)
                (0.05 * 8 * slope.square().sum((1, 2, 3)).mean()).backward()
                d_opt.step()
                real.requires_grad_(False)
            g_opt.zero_grad()
            g_nonsaturating(real).backward()
            g_opt.step()
            ema.update_parameters(g)
    given = {
        "real": x, "generator": ema, "critic": d, "noise": (8,),
        "losses": {"d": d_logistic, "g": g_nonsaturating}, "optimizers": {"g": g_opt, "d": d_opt},
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome())


def both_ways(seed: int, sick: str = "", how: str = "", steps: int = 400) -> Shown:
    """An encoder beside the generator; the critic sees pairs of item and code."""
    torch.manual_seed(seed)
    x, held = cut(moons(1024))
    dec, enc = (nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(), nn.Linear(64, 2)) for _ in "ab")
    pair = nn.Sequential(nn.Linear(4, 96), nn.LeakyReLU(0.2), nn.Linear(96, 1))
    opt_pair = optim.Adam(pair.parameters(), 1e-3, (0.5, 0.9))
    opt_both = optim.Adam([*dec.parameters(), *enc.parameters()], 1e-3, (0.5, 0.9))

    def logits(real):
        z = torch.randn(len(real), 2)
        return pair(torch.cat([real, enc(real)], 1)), pair(torch.cat([dec(z), z], 1))

    def critic_loss(real):
        a, b = logits(real)
        return F.softplus(-a).mean() + F.softplus(b).mean()

    def joint_loss(real):
        a, b = logits(real)
        return F.softplus(a).mean() + F.softplus(-b).mean()

    check = Samples(held, lambda n: dec(torch.randn(n, 2)), dec)
    with train.watch(dec=dec, enc=enc, pair=pair, optimizers=[opt_pair, opt_both]) as seen:
        for _, real in zip(range(steps), feed(x, 64), strict=False):
            for opt, loss in ((opt_pair, critic_loss), (opt_both, joint_loss)):
                opt.zero_grad()
                loss(real).backward()
                opt.step()
    given = {
        "real": x, "generator": dec, "noise": 2, "optimizers": {"pair": opt_pair, "both": opt_both},
        "losses": {"pair": critic_loss, "both": joint_loss},
    }  # fmt: skip
    return Shown(given, seen.report(), check.outcome())


# ------------------------------------------------------------------------------------ codes


class Ladder(nn.Module):
    """Two codes, one above the other."""

    def __init__(self):
        super().__init__()
        self.q1, self.q2 = nn.Linear(32, 32), nn.Linear(32, 4)
        self.q1out = nn.Linear(32, 8)
        self.p1 = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 8))
        self.p0 = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 32))

    def forward(self, x):
        h = F.relu(self.q1(x.flatten(1)))
        m1, l1 = self.q1out(h).chunk(2, 1)
        m2, l2 = self.q2(h).chunk(2, 1)
        z2 = m2 + (l2 / 2).exp() * torch.randn_like(m2)
        z1 = m1 + (l1 / 2).exp() * torch.randn_like(m1)
        pm, pl = self.p1(z2).chunk(2, 1)
        kl2 = 0.5 * (m2**2 + l2.exp() - 1 - l2).sum(1)
        kl1 = 0.5 * (pl - l1 + (l1.exp() + (m1 - pm) ** 2) / pl.exp() - 1).sum(1)
        return self.p0(z1), kl1 + kl2


def two_floors(seed: int, sick: str = "", how: str = "", steps: int = 400) -> Shown:
    """A VAE with two floors, on waves, with a fixed narrow width."""
    torch.manual_seed(seed)
    x, held = cut(waves(1024))
    net = Ladder()
    opt = optim.Adamax(net.parameters(), lr=5e-3)
    if sick == "the upper part is forgotten":
        opt = optim.Adamax([*net.q1.parameters(), *net.q2.parameters(), *net.q1out.parameters(),
                            *net.p1.parameters()], lr=5e-3)  # fmt: skip

    def bound(signal):
        out, kl = net(signal)
        fit = 0.5 * ((out - signal.flatten(1)) / 0.15).square().sum(1)
        return (fit + kl).mean()

    with train.watch(net=net, optimizers=opt) as seen:
        for (signal,) in itertools.islice(loader(32, x), steps):
            opt.zero_grad()
            loss = bound(signal)
            loss.backward()
            opt.step()
            seen.step({"bound": loss})
    given = {"real": x, "model": net, "losses": {"bound": bound}, "optimizers": opt}
    constant = 0.5 * spare(x, held) * 32 / 0.15**2
    return Shown(given, seen.report(), held_out(lambda: bound(held), constant, net))


def distance_of_kernels(a: Tensor, b: Tensor) -> Tensor:
    """MMD with an inverse multiquadratic kernel."""

    def k(u, v):
        return (8.0 / (8.0 + torch.cdist(u, v).square())).mean()

    return k(a, a) + k(b, b) - 2 * k(a, b)


def wae(seed: int, sick: str = "", how: str = "mmd", steps: int = 350) -> Shown:
    """Codes that follow a normal law on the whole: by a kernel, or by a critic of codes."""
    torch.manual_seed(seed)
    x, held = cut(F.avg_pool2d(digits(), 2), 128)
    Q = nn.Sequential(nn.Flatten(), nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 6))
    P = nn.Sequential(nn.Linear(6, 96), nn.ReLU(), nn.Linear(96, 64), nn.Unflatten(1, (1, 8, 8)))
    T = nn.Sequential(nn.Linear(6, 48), nn.LeakyReLU(), nn.Linear(48, 1))
    ae_opt = optim.Adam([*Q.parameters(), *P.parameters()], 2e-3)
    t_opt = optim.Adam(T.parameters(), 1e-3)

    def ae_loss(img):
        code = Q(img)
        if sick == "the code is detached":
            code = code.detach()
        fit = (P(code) - img).square().mean()
        if sick or how == "mmd":
            return fit + distance_of_kernels(code, torch.randn_like(code))
        return fit + 0.01 * F.softplus(-T(code)).mean()

    def code_critic(img):
        code = Q(img).detach()
        return F.softplus(-T(torch.randn_like(code))).mean() + F.softplus(T(code)).mean()

    critics = how == "critic of codes"
    nets = {"Q": Q, "P": P} | ({"T": T} if critics else {})
    optimizers = {"ae": ae_opt} | ({"t": t_opt} if critics else {})
    with train.watch(**nets, optimizers=optimizers) as seen:
        for _, img in zip(range(steps), feed(x, 32), strict=False):
            ae_opt.zero_grad()
            ae_loss(img).backward()
            ae_opt.step()
            if critics:
                t_opt.zero_grad()
                code_critic(img).backward()
                t_opt.step()
    given = {
        "real": x, "encoder": Q, "decoder": P, "noise": 6, "optimizers": optimizers,
        "losses": {"ae": ae_loss} | ({"t": code_critic} if critics else {}),
    }  # fmt: skip
    outcome = held_out(lambda: (P(Q(held)) - held).square().mean(), spare(x, held), Q, P)
    return Shown(given, seen.report(), outcome)


class Patches(nn.Module):
    """A masked autoencoder: some of 16 patches are hidden."""

    def __init__(self, d=32):
        super().__init__()
        self.embed, self.pos = nn.Linear(16, d), nn.Parameter(0.02 * torch.randn(1, 16, d))
        self.token = nn.Parameter(0.02 * torch.randn(1, 1, d))
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(d, 16)

    def forward(self, patches, hidden):
        h = torch.where(hidden[..., None], self.token, self.embed(patches)) + self.pos
        return self.head(self.body(h))


def hidden_patches(seed: int, sick: str = "", how: str = "", steps: int = 350) -> Shown:
    """A quarter of the patches of a digit are hidden, and only these count."""
    torch.manual_seed(seed)
    x = F.unfold(digits(), 4, stride=4).transpose(1, 2).contiguous()
    x, held = cut(x, 128)
    mae = Patches()
    opt = optim.AdamW(mae.parameters(), lr=4e-3, betas=(0.9, 0.95))

    def loss_of(patches):
        hidden = torch.rand(patches.shape[:2]) < 0.25
        return (mae(patches, hidden) - patches).square().mean(-1)[hidden].mean()

    with train.watch(mae=mae, optimizers=opt) as seen:
        for _, patches in zip(range(steps), feed(x, 32), strict=False):
            loss = loss_of(patches)
            opt.zero_grad()
            loss.backward()
            opt.step()
    given = {"real": x, "model": mae, "losses": {"mae": loss_of}, "optimizers": opt}
    return Shown(given, seen.report(), held_out(lambda: loss_of(held), spare(x, held), mae))


def plain_coder(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Shown:
    """Layers in a list, hidden sizes from a list, tanh; and Rprop-like small steps by Adam."""
    torch.manual_seed(seed)
    x, held = cut(people(900))
    sizes = [6, 24, 2]
    down = nn.Sequential(*[m for a, b in itertools.pairwise(sizes) for m in
                           (nn.Linear(a, b), nn.Tanh() if b != 2 else nn.Identity())])  # fmt: skip
    up = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 6))
    if sick == "ReLU on the code":
        down = nn.Sequential(*down, nn.ReLU())
        nn.init.constant_(down[2].bias, -3.0)
    opt = optim.NAdam([*down.parameters(), *up.parameters()], lr=4e-3)
    rate = optim.lr_scheduler.StepLR(opt, 1 if sick == "the schedule at each batch" else 100, 0.5)

    def loss_of(rows):
        return F.huber_loss(up(down(rows)), rows)

    with train.watch(down=down, up=up, optimizers=opt) as seen:
        for (rows,) in itertools.islice(loader(32, x), steps):
            opt.zero_grad()
            loss_of(rows).backward()
            opt.step()
            rate.step()
    given = {"real": x, "encoder": down, "decoder": up, "losses": loss_of, "optimizers": opt}
    constant = float(F.huber_loss(x.mean(0).expand_as(held), held))
    return Shown(given, seen.report(), held_out(lambda: loss_of(held), constant, down, up))


class Importance(nn.Module):
    """Five draws an item."""

    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 12))
        self.dec = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Linear(64, 64))

    def forward(self, x, k=5):
        mu, log_sd = self.enc(x).chunk(2, 1)
        eps = torch.randn(k, *mu.shape)
        z = mu + log_sd.exp() * eps
        logits = self.dec(z)
        log_p = -F.binary_cross_entropy_with_logits(
            logits, x.expand_as(logits), reduction="none"
        ).sum(-1)
        log_w = log_p + (-0.5 * z**2 + 0.5 * eps**2 + log_sd).sum(-1)
        return -(torch.logsumexp(log_w, 0) - math.log(k)).mean()


def weighted(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Shown:
    """The importance-weighted bound: the model's forward is the loss."""
    torch.manual_seed(seed)
    x, held = cut((bars(1024) + 1).flatten(1) / 2)
    iwae = Importance()
    opt = optim.Adam(iwae.parameters(), lr=3e-3, eps=1e-4)
    if sick == "a logarithm of 0":

        def loss_of(rows):
            mu, log_sd = iwae.enc(rows).chunk(2, 1)
            p = torch.relu(iwae.dec(mu + log_sd.exp() * torch.randn_like(mu)))
            return -(rows * p.log() + (1 - rows) * (1 - p).log()).sum(1).mean()
    else:

        def loss_of(rows):
            return iwae(rows)

    with train.watch(iwae=iwae, optimizers=opt) as seen:
        for (rows,) in itertools.islice(loader(32, x), steps):
            opt.zero_grad()
            loss_of(rows).backward()
            opt.step()
    given = {"real": x, "model": iwae, "losses": {"iwae": loss_of}, "optimizers": opt}
    return Shown(given, seen.report(), held_out(lambda: loss_of(held), entropy_of(x, held), iwae))


# -------------------------------------------------------------------------------- diffusion


class Res1d(nn.Module):
    """A convolutional network for series with a residual path and a bias for the time."""

    def __init__(self, wide=24):
        super().__init__()
        self.t = nn.Embedding(1000, wide)
        self.a, self.b = nn.Conv1d(1, wide, 5, 1, 2), nn.Conv1d(wide, wide, 5, 1, 4, dilation=2)
        self.c = nn.Conv1d(wide, 1, 5, 1, 2)
        self.skip = nn.Parameter(torch.tensor(0.5))

    def forward(self, x, t):
        h = F.silu(self.a(x) + self.t(t)[:, :, None])
        return self.c(F.silu(self.b(h) + h)) + self.skip * x


def series_ddpm(seed: int, sick: str = "", how: str = "eps", steps: int = 300) -> Shown:
    """Diffusion of series; the noise, or the velocity; steps drawn in pairs."""
    torch.manual_seed(seed)
    x, held = cut(2 * waves(768))
    if how == "few steps":
        steps, how = 60, "eps"
    T = 50 if sick == "50 steps with the betas of 1000" else 1000
    alphas = torch.cumprod(1 - torch.linspace(1e-4, 0.02, T), 0)
    eps_model = Res1d()
    opt = optim.RAdam(eps_model.parameters(), lr=4e-3)

    def p_losses(x_start):
        half = torch.randint(0, T, (len(x_start) // 2 + 1,))
        t = torch.cat([half, T - 1 - half])[: len(x_start)]
        noise, a = torch.randn_like(x_start), alphas[t].view(-1, 1, 1)
        x_noisy = a.sqrt() * x_start + (1 - a).sqrt() * noise
        target = noise if how == "eps" else a.sqrt() * noise - (1 - a).sqrt() * x_start
        return F.smooth_l1_loss(eps_model(x_noisy, t), target)

    with train.watch(eps_model=eps_model, optimizers=opt) as seen:
        for _, x_start in zip(range(steps), feed(x, 32), strict=False):
            opt.zero_grad()
            loss = p_losses(x_start)
            loss.backward()
            opt.step()
    given = {"real": x, "model": eps_model, "losses": {"p": p_losses}, "optimizers": opt}
    normal = torch.randn(100_000, generator=torch.Generator().manual_seed(1))
    constant = float(F.smooth_l1_loss(torch.zeros_like(normal), normal))
    if how != "eps":
        constant = constant * 0.8  # the data vary less than the noise
    return Shown(given, seen.report(), held_out(lambda: p_losses(held), constant, eps_model))


def preconditioned(seed: int, sick: str = "", how: str = "", steps: int = 350) -> Shown:
    """Scalings around the network that depend on sigma; colours as rows."""
    torch.manual_seed(seed)
    x, held = cut(colours(768).flatten(1))
    F_theta = nn.Sequential(nn.Linear(193, 160), nn.SiLU(), nn.Linear(160, 160), nn.SiLU(),
                            nn.Linear(160, 192))  # fmt: skip
    sd = 0.5
    opt = optim.Adam(F_theta.parameters(), lr=1e-3)

    def D(y, sigma):
        c_skip, c_out = sd**2 / (sigma**2 + sd**2), sigma * sd / (sigma**2 + sd**2).sqrt()
        inside = torch.cat([y / (sigma**2 + sd**2).sqrt(), sigma.log() / 4], 1)
        return c_skip * y + c_out * F_theta(inside)

    def edm_loss(y):
        sigma = (torch.randn(len(y), 1) * 1.2 - 0.8).exp()
        weight = (sigma**2 + sd**2) / (sigma * sd) ** 2
        return (weight * (D(y + sigma * torch.randn_like(y), sigma) - y) ** 2).mean()

    with train.watch(net=F_theta, optimizers=opt) as seen:
        for (y,) in itertools.islice(loader(48, x), steps):
            opt.zero_grad()
            edm_loss(y).backward()
            opt.step()
    given = {"real": x, "model": F_theta, "losses": {"edm": edm_loss}, "optimizers": opt}
    return Shown(given, seen.report(), held_out(lambda: edm_loss(held), 1.0, F_theta))


class Unmask(nn.Module):
    """Letters, some of them hidden; all at once."""

    def __init__(self, vocab, length):
        super().__init__()
        self.e = nn.Embedding(vocab + 1, 32)
        self.p = nn.Parameter(0.1 * torch.randn(length, 32))
        self.l1 = nn.TransformerEncoderLayer(32, 4, 64, 0.0, batch_first=True, norm_first=True)
        self.o = nn.Linear(32, vocab)

    def forward(self, ids):
        return self.o(self.l1(self.e(ids) + self.p))


def absorbing(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Shown:
    """Discrete diffusion: at time t a share t of the letters is hidden, weighted by 1 / t."""
    torch.manual_seed(seed)
    x, held = cut(sums(1024))
    net = Unmask(13, 9)
    opt = optim.AdamW(net.parameters(), lr=3e-3)

    def elbo(rows):
        t = torch.rand(len(rows), 1).clamp(0.1, 1)
        hide = torch.rand(rows.shape) < t
        logits = net(torch.where(hide, 13, rows))
        nats = F.cross_entropy(logits.transpose(1, 2), rows, reduction="none")
        return (nats * hide / t).mean()

    with train.watch(net=net, optimizers=opt) as seen:
        for _, rows in zip(range(steps), feed(x, 32), strict=False):
            opt.zero_grad()
            elbo(rows).backward()
            opt.step()
    given = {"real": x, "model": net, "losses": {"elbo": elbo}, "optimizers": opt}
    return Shown(given, seen.report(), held_out(lambda: elbo(held), told(x, held, 13), net))


# ------------------------------------------------------------------------------------- text


class Seq2Seq(nn.Module):
    """Encoder and decoder: sums in, their answers out."""

    def __init__(self, masked=True):
        super().__init__()
        self.masked = masked
        self.src, self.tgt = nn.Embedding(14, 32), nn.Embedding(14, 32)
        self.pos = nn.Parameter(0.1 * torch.randn(12, 32))
        self.core = nn.Transformer(32, 4, 1, 1, 64, dropout=0.0, batch_first=True)
        self.out = nn.Linear(32, 14)

    def forward(self, src, tgt):
        mask = nn.Transformer.generate_square_subsequent_mask(tgt.shape[1])
        h = self.core(
            self.src(src) + self.pos[: src.shape[1]], self.tgt(tgt) + self.pos[: tgt.shape[1]],
            tgt_mask=mask if self.masked else None,
        )  # fmt: skip
        return self.out(h)


def backwards(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Shown:
    """Letters in, the same letters backwards out, with a start sign and teacher forcing."""
    torch.manual_seed(seed)
    source = chain(1024, 8)
    target = torch.cat([torch.full((1024, 1), 12), source.flip(1)], 1)
    (x, x_held), (y, y_held) = cut(source), cut(target)
    model = Seq2Seq(masked=sick != "no tgt_mask")
    opt = optim.Adam(model.parameters(), lr=2e-3, betas=(0.9, 0.98))

    def loss_of(src, tgt):
        if sick == "the target is its own input":
            return F.cross_entropy(model(src, tgt).flatten(0, 1), tgt.flatten())
        return F.cross_entropy(model(src, tgt[:, :-1]).flatten(0, 1), tgt[:, 1:].flatten())

    with train.watch(model=model, optimizers=opt) as seen:
        for src, tgt in itertools.islice(loader(32, x, y), steps):
            opt.zero_grad()
            loss_of(src, tgt).backward()
            opt.step()
    given = {"real": x, "labels": y, "model": model, "losses": {"ce": loss_of}, "optimizers": opt}
    constant = told(y[:, 1:], y_held[:, 1:], 14)
    return Shown(given, seen.report(), held_out(lambda: loss_of(x_held, y_held), constant, model))


class Dilated(nn.Module):
    """Causal convolutions with holes."""

    def __init__(self, vocab, wide=32):
        super().__init__()
        self.emb = nn.Embedding(vocab, wide)
        self.layers = nn.ModuleList(nn.Conv1d(wide, 2 * wide, 2, dilation=2**k) for k in range(3))
        self.out = nn.Conv1d(wide, vocab, 1)

    def forward(self, ids):
        h = self.emb(ids).transpose(1, 2)
        for layer in self.layers:
            a, b = layer(F.pad(h, (layer.dilation[0], 0))).chunk(2, 1)
            h = h + torch.tanh(a) * torch.sigmoid(b)
        return self.out(h)  # [N, vocab, T], as cross_entropy likes it


def tune(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Shown:
    """Melodies by dilated convolutions; labels are smoothed."""
    torch.manual_seed(seed)
    x, held = cut(melodies(768, 24))
    if how == "forty melodies":
        x = x[:40]
    wavenet = Dilated(12)
    opt = optim.Adam(wavenet.parameters(), 3e-3)
    data = DataLoader(TensorDataset(x), batch_size=16, shuffle=not sick)

    def crit(batch, smooth=0.05):
        return F.cross_entropy(wavenet(batch)[..., :-1], batch[:, 1:], label_smoothing=smooth)

    with train.watch(wavenet=wavenet, optimizers=opt) as seen:
        endless = itertools.chain.from_iterable(itertools.repeat(data))
        for _ in range(steps):
            (batch,) = (
                next(iter(data)) if sick == "next(iter(loader)) at each step" else next(endless)
            )
            opt.zero_grad()
            crit(batch).backward()
            opt.step()
    given = {"real": x, "model": wavenet, "losses": {"ce": crit}, "optimizers": opt}
    constant = told(x[:, 1:], held[:, 1:], 12)
    return Shown(given, seen.report(), held_out(lambda: crit(held, 0.0), constant, wavenet))


class Tied(nn.Module):
    """An LSTM whose output weights are its embedding; dropout between."""

    def __init__(self, vocab):
        super().__init__()
        self.encoder = nn.Embedding(vocab, 40)
        self.rnn = nn.LSTM(40, 40, 2, dropout=0.1)
        self.decoder = nn.Linear(40, vocab)
        self.decoder.weight = self.encoder.weight

    def forward(self, src, hidden=None):
        out, hidden = self.rnn(self.encoder(src), hidden)
        return F.log_softmax(self.decoder(out), -1), hidden


def word_model(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Shown:
    """The example's language model: time comes first, weights are updated by hand."""
    torch.manual_seed(seed)
    x, held = cut(chain(768, 18).contiguous())
    model = Tied(6)
    opt = (
        optim.ASGD(model.parameters(), lr=3.0)
        if how == "ASGD"
        else optim.Adam(model.parameters(), 4e-3)
    )

    def nll(rows):
        out, _ = model(rows.t()[:-1])
        return F.nll_loss(out.reshape(-1, 6), rows.t()[1:].reshape(-1))

    with train.watch(model=model, optimizers=opt) as seen:
        for _, rows in zip(range(steps), feed(x, 24), strict=False):
            model.train()
            opt.zero_grad()
            nll(rows).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            opt.step()
    given = {"real": x, "model": model, "losses": {"nll": nll}, "optimizers": opt}
    constant = told(x[:, 1:], held[:, 1:], 6)
    return Shown(given, seen.report(), held_out(lambda: nll(held), constant, model, share=0.95))


class PixelConv(nn.Conv2d):
    """A convolution that sees only what comes before."""

    def __init__(self, kind, *args):
        super().__init__(*args, padding=args[2] // 2)
        m = torch.ones_like(self.weight)
        m[:, :, args[2] // 2, args[2] // 2 + (kind == "B") :] = 0
        m[:, :, args[2] // 2 + 1 :] = 0
        self.register_buffer("m", m)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.m, self.bias, padding=self.padding)


def pixels(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Shown:
    """Pixel after pixel by masked convolutions, two logits a pixel."""
    torch.manual_seed(seed)
    x, held = cut((bars(768) + 1) / 2)
    if how == "few steps":
        steps = 50
    net = nn.Sequential(
        PixelConv("A", 1, 24, 7), nn.ReLU(), PixelConv("B", 24, 24, 5), nn.ReLU(),
        PixelConv("B", 24, 24, 5), nn.ReLU(), nn.Conv2d(24, 2, 1),
    )  # fmt: skip
    opt = optim.Adam(net.parameters(), 4e-3)

    def nll(img):
        return F.cross_entropy(net(img), img[:, 0].long())

    with train.watch(pixelcnn=net, optimizers=opt) as seen:
        for (img,) in itertools.islice(loader(24, x), steps):
            opt.zero_grad()
            nll(img).backward()
            opt.step()
    given = {"real": x, "model": net, "losses": {"nll": nll}, "optimizers": opt}
    return Shown(given, seen.report(), held_out(lambda: nll(held), entropy_of(x, held) / 64, net))


def mixture(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Shown:
    """A mixture density network: the first coordinate tells the law of the second."""
    torch.manual_seed(seed)
    data = moons(1024)
    (x, x_held), (y, y_held) = cut(data[:, :1].contiguous()), cut(data[:, 1:].contiguous())
    mdn = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 15))
    opt = optim.Adam(mdn.parameters(), 5e-3)

    def nll(a, b):
        logit, mean, log_sd = mdn(a).chunk(3, 1)
        part = -0.5 * ((b - mean) / log_sd.exp()) ** 2 - log_sd - 0.9189
        return -torch.logsumexp(logit.log_softmax(1) + part, 1).mean()

    with train.watch(mdn=mdn, optimizers=opt) as seen:
        for a, b in itertools.islice(loader(48, x, y), steps):
            opt.zero_grad()
            nll(a, b).backward()
            opt.step()
    given = {"real": x, "labels": y, "model": mdn, "losses": {"nll": nll}, "optimizers": opt}
    constant = float(0.5 * ((y_held - y.mean()) / y.std()).square().mean() + y.std().log() + 0.9189)
    return Shown(given, seen.report(), held_out(lambda: nll(x_held, y_held), constant, mdn))


def told_classes(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Shown:
    """A conditional VAE with one-hot labels at both ends; Laplace noise on the pixels."""
    torch.manual_seed(seed)
    x, y = F.avg_pool2d(digits(), 2).flatten(1), F.one_hot(labels(), 10).float()
    enc = nn.Sequential(nn.Linear(74, 96), nn.SiLU(), nn.Linear(96, 12))
    dec = nn.Sequential(nn.Linear(16, 96), nn.SiLU(), nn.Linear(96, 64), nn.Tanh())
    opt = optim.Adam([*enc.parameters(), *dec.parameters()], 3e-3, weight_decay=1e-5)

    def parts(img, kind):
        mu, log_var = enc(torch.cat([img, kind], 1)).chunk(2, 1)
        z = mu + (log_var / 2).exp() * torch.randn_like(mu)
        kl = -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)
        return ((dec(torch.cat([z, kind], 1)) - img).abs() / 0.2).sum(1), kl

    def loss_of(img, kind):
        fit, kl = parts(img, kind)
        return (fit + kl).mean()

    with train.watch(enc=enc, dec=dec, optimizers=opt) as seen:
        for _, (img, kind) in zip(range(steps), feed(x[:384], 32, y[:384]), strict=False):
            opt.zero_grad()
            loss_of(img, kind).backward()
            opt.step()
    given = {
        "real": x[:384], "labels": y[:384], "losses": {"elbo": loss_of}, "optimizers": opt,
        "encoder": lambda img: enc(torch.cat([img, y[: len(img)]], 1)).chunk(2, 1),
        "decoder": lambda z: dec(torch.cat([z, y[: len(z)]], 1)),
    }  # fmt: skip
    middle = x[:384].median(0).values
    constant = float(((x[384:] - middle).abs() / 0.2).sum(1).mean())
    outcome = held_out(lambda: loss_of(x[384:], y[384:]), constant, enc, dec)
    return Shown(given, seen.report(), outcome)


MODES = "modes_differ batch_norm_never_updated statistics_never_update"
SICK = [
    ("eval() and never back", MODES, [(paint, "eval() after the first look", "")]),
    ("an optimizer of both", "optimizer_of_both moves_out_of_turn", [
        (rows_gan, "the critic's optimizer holds both", "")]),
    ("an average without its batch norm", MODES, [(styled, "batch norm, buffers left", "")]),
    ("layers without an optimizer", "weights_without_optimizer never_moves", [
        (two_floors, "the upper part is forgotten", "")]),
    ("a code that is cut off", "gradient_does_not_reach no_gradient never_moves", [
        (wae, "the code is detached", "")]),
    ("a dead code", "dead_code loss_of_a_constant", [(plain_coder, "ReLU on the code", "")]),
    ("the schedule is stepped at every batch",
        "stopped_moving never_moves weights_without_optimizer", [
        (plain_coder, "the schedule at each batch", "")]),
    ("a logarithm of 0", "not_finite", [(weighted, "a logarithm of 0", "")]),
    ("few steps with the betas of a thousand", "noise_too_weak", [
        (series_ddpm, "50 steps with the betas of 1000", "")]),
    ("no causal mask, or one without effect", "sees_the_future", [
        (backwards, "no tgt_mask", "")]),
    ("the target is not shifted, or twice", "wrong_shift sees_the_future", [
        (backwards, "the target is its own input", "")]),
    ("the same batch at every step", "same_batch", [
        (tune, "next(iter(loader)) at each step", "")]),
]  # fmt: skip

HEALTHY = [
    (paint, ""), (there_and_back, ""), (rows_gan, "clipped"), (rows_gan, "packed"),
    (styled, ""), (both_ways, ""), (two_floors, ""), (wae, "mmd"), (wae, "critic of codes"),
    (hidden_patches, ""), (plain_coder, ""), (weighted, ""), (series_ddpm, "eps"),
    (series_ddpm, "few steps"), (series_ddpm, "v"), (preconditioned, ""), (absorbing, ""),
    (backwards, ""), (tune, ""), (tune, "forty melodies"), (word_model, ""),
    (word_model, "ASGD"), (pixels, ""), (pixels, "few steps"), (mixture, ""), (told_classes, ""),
]  # fmt: skip


def sixth() -> list[Case]:
    """The second half of set E."""
    return cases_of(Held, SICK, HEALTHY)
