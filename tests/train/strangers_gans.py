"""GANs of ten people: each function is one person's script, with that person's names and habits."""

from __future__ import annotations

import copy
import itertools
from collections import OrderedDict
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

from aigc_teach import train
from aigc_teach.core import Labelled
from train.strangers_kit import Trained, blobs, digits, feed, labels, moons


class HingeGAN(nn.Module):
    """One class that holds both networks, both optimizers and the step."""

    def __init__(self, sick="", z_dim=16, how=""):
        super().__init__()
        self.sick, self.z_dim, self.how = sick, z_dim, how
        sn = (
            nn.utils.spectral_norm
            if how == "old spectral"
            else nn.utils.parametrizations.spectral_norm
        )
        norm = nn.InstanceNorm1d(64, affine=True) if how == "layer norm" else nn.BatchNorm1d(64)
        if how == "layer norm":
            norm = nn.LayerNorm(64)
        self.gen = nn.Sequential(
            nn.Linear(z_dim, 64), norm, nn.GELU(), nn.Linear(64, 128), nn.GELU(),
            nn.Linear(128, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)),
        )  # fmt: skip
        self.disc = nn.Sequential(
            sn(nn.Conv2d(1, 12, 4, 2, 1)), nn.LeakyReLU(0.1),
            sn(nn.Conv2d(12, 24, 4, 2, 1)), nn.LeakyReLU(0.1),
            nn.Flatten(), sn(nn.Linear(24 * 16, 1)),
        )  # fmt: skip
        if how == "dropout":
            self.disc.insert(4, nn.Dropout(0.3))
        make = {"adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}.get(
            how, torch.optim.Adam
        )
        gen_params = self.gen.parameters()
        if sick == "last layer":
            gen_params = self.gen[5].parameters()
        if sick == "wrong optimizer":
            gen_params = self.disc.parameters()
        self.opt_gen = make(gen_params, lr=1e-3)
        self.opt_disc = make(self.disc.parameters(), lr=2e-3)
        self.constant = torch.randn(32, z_dim)
        if how == "ema":
            self.gen_ema = copy.deepcopy(self.gen).requires_grad_(False)
        if sick == "twin stands":
            self.gen_ema = copy.deepcopy(self.gen).requires_grad_(False)

    def latent(self, n):
        if self.sick == "one latent":
            return self.constant[0].expand(n, -1)
        if self.sick == "same latents":
            return self.constant.repeat(n // 32 + 1, 1)[:n]
        if self.how == "uniform":
            return torch.rand(n, self.z_dim) * 2 - 1
        return torch.randn(n, self.z_dim)

    def disc_loss(self, real):
        fake = self.gen(self.latent(len(real))).detach()
        on_real = F.relu(1.0 - self.disc(real)).mean()
        on_fake = F.relu(1.0 + self.disc(fake)).mean()
        if self.sick == "both halves alike":
            on_fake = F.relu(1.0 - self.disc(fake)).mean()
        if self.sick == "real half alone":
            return on_real
        return on_real + on_fake

    def gen_loss(self, real):
        fake = self.gen(self.latent(len(real)))
        if self.sick == "no_grad":
            with torch.no_grad():
                fake = self.gen(self.latent(len(real)))
        sign = 1 if self.sick == "sign" else -1
        return sign * self.disc(fake).mean()

    def train_step(self, real, i):
        self.opt_disc.zero_grad()
        d = self.disc_loss(real)
        d.backward()
        if self.how == "clipped gradients":
            nn.utils.clip_grad_norm_(self.disc.parameters(), 1.0)
        self.opt_disc.step()
        if self.how == "frozen in turn":
            self.disc.requires_grad_(False)
        if self.sick != "gen never zeroed":
            self.opt_gen.zero_grad()
        g = self.gen_loss(real)
        if g.requires_grad:
            g.backward()
        if self.sick == "zeroed before the step":
            self.opt_gen.zero_grad()
        if self.sick != "gen never steps":
            self.opt_gen.step()
        if self.how == "frozen in turn":
            self.disc.requires_grad_(True)
        if self.how == "ema":
            with torch.no_grad():
                for slow, fast in zip(
                    self.gen_ema.parameters(), self.gen.parameters(), strict=True
                ):
                    slow.lerp_(fast, 0.05)
                for slow, fast in zip(self.gen_ema.buffers(), self.gen.buffers(), strict=True):
                    slow.copy_(fast)
        return {"d": d.detach(), "g": g.detach()}


def holder(seed: int, sick: str = "", how: str = "", steps: int = 120) -> Trained:
    """Everything in one class: hinge losses and spectral norm."""
    torch.manual_seed(seed)
    x = digits()
    if how == "few":
        x = x[:100]
    if sick == "twice normalised":
        x = (x - 0.5) / 0.5
    model = HingeGAN(sick, how=how)
    batch = {"few": 25, "tiny batch": 4}.get(how, 32)
    if how == "cosine":
        schedules = [
            torch.optim.lr_scheduler.CosineAnnealingLR(o, steps)
            for o in (model.opt_gen, model.opt_disc)
        ]
    opts = {"gen": model.opt_gen, "disc": model.opt_disc}
    nets = {"gen": model.gen, "disc": model.disc}
    if how == "ema" or sick == "twin stands":
        nets["gen_ema"] = model.gen_ema
    history = {"d": [], "g": []}
    with train.watch(**nets, optimizers=opts) as seen:
        for i, real in zip(range(steps), feed(x, batch), strict=False):
            for name, value in model.train_step(real, i).items():
                history[name].append(float(value))
            if how == "cosine":
                for schedule in schedules:
                    schedule.step()
    given = {
        "history": history,
        "real": x,
        "model": model,
        "noise": model.latent,
        "losses": {"disc": model.disc_loss, "gen": model.gen_loss},
        "optimizers": opts,
    }
    if sick == "twin stands":
        given = {**given, "model": None, "generator": model.gen_ema, "critic": model.disc}
    return Trained(given, seen.report())


class UnetLike(nn.Module):
    """A small U-Net: a picture in, a picture out."""

    def __init__(self, end=None):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.LeakyReLU(0.2))
        self.down2 = nn.Sequential(
            nn.Conv2d(8, 16, 4, 2, 1), nn.InstanceNorm2d(16), nn.LeakyReLU(0.2)
        )
        self.up1 = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.InstanceNorm2d(8), nn.ReLU()
        )
        self.up2 = nn.Sequential(nn.ConvTranspose2d(16, 1, 4, 2, 1), end or nn.Tanh())

    def forward(self, a):
        d1 = self.down1(a)
        u1 = self.up1(self.down2(d1))
        return self.up2(torch.cat([u1, d1], 1))


class NLayerDiscriminator(nn.Module):
    def __init__(self, in_ch=2):
        super().__init__()
        self.seq = nn.Sequential(
            nn.Conv2d(in_ch, 12, 4, 2, 1), nn.LeakyReLU(0.2, True),
            nn.Conv2d(12, 24, 4, 2, 1), nn.InstanceNorm2d(24), nn.LeakyReLU(0.2, True),
            nn.Conv2d(24, 1, 3, 1, 1),
        )  # fmt: skip

    def forward(self, ab):
        return self.seq(ab)  # [N, 1, 4, 4]


def pix2pix(seed: int, sick: str = "", how: str = "", steps: int = 100) -> Trained:
    """Picture to picture: real_A is the lower half, real_B all of it; patch critic of the pair."""
    torch.manual_seed(seed)
    B = digits()
    end = nn.Sigmoid() if sick == "sigmoid at the end" else None
    if sick == "twice normalised":
        B = (B - 0.5) / 0.5
    A = B.clone()
    A[:, :, :8] = -1
    netG, netD = UnetLike(end), NLayerDiscriminator()
    criterionL1 = nn.L1Loss()

    def criterionGAN(prediction, target_is_real):
        target = torch.tensor(1.0 if target_is_real else 0.0).expand_as(prediction)
        if how == "bce":
            return F.binary_cross_entropy_with_logits(prediction, target)
        return F.mse_loss(prediction, target)

    def backward_D(real_B, real_A):
        fake_B = netG(real_A)
        pred_fake = netD(torch.cat((real_A, fake_B), 1).detach())
        pred_real = netD(torch.cat((real_A, real_B), 1))
        wrong = sick == "True for both"
        return (criterionGAN(pred_fake, wrong) + criterionGAN(pred_real, True)) * 0.5

    def backward_G(real_B, real_A):
        fake_B = netG(real_A)
        if sick == "detached":
            fake_B = fake_B.detach()
        pred_fake = netD(torch.cat((real_A, fake_B), 1))
        l1 = 0.0 if sick == "detached" else 5.0 * criterionL1(fake_B, real_B)
        return criterionGAN(pred_fake, True) + l1

    optimizer_G = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optims = {"optimizer_G": optimizer_G, "optimizer_D": optimizer_D}
    with train.watch(netG=netG, netD=netD, optimizers=optims) as seen:
        for _, (real_B, real_A) in zip(range(steps), feed(B, 16, A), strict=False):
            netD.requires_grad_(True)
            optimizer_D.zero_grad()
            backward_D(real_B, real_A).backward()
            optimizer_D.step()
            netD.requires_grad_(sick == "detached")
            optimizer_G.zero_grad()
            backward_G(real_B, real_A).backward()
            optimizer_G.step()
            netD.requires_grad_(True)
    given = {
        "real": B[:256],
        "labels": A[:256],
        "generator": netG,
        "critic": lambda b, a: netD(torch.cat((a, b), 1)),
        "losses": {"D": backward_D, "G": backward_G},
        "optimizers": optims,
    }
    if how == "samples alone":
        given = {
            "real": B[:256],
            "fake": netG(A[:256]).detach(),
            "critic": lambda b: netD(torch.cat((A[: len(b)], b), 1)),
            "optimizers": optims,
        }
    return Trained(given, seen.report())


def style(seed: int, sick: str = "", how: str = "", steps: int = 120) -> Trained:
    """Logistic losses with softplus, R1 on the real data, and g_ema for the pictures."""
    torch.manual_seed(seed)
    data = digits()
    if sick == "zero to one":
        data = (data + 1) / 2
    if sick == "twice normalised":
        data = (data - 0.5) / 0.5

    def dense(i, o, act=True):
        return nn.Sequential(nn.Linear(i, o), nn.LeakyReLU(0.2) if act else nn.Identity())

    def make_g():
        return nn.Sequential(
            OrderedDict(
                mapping=dense(16, 64),
                synthesis=dense(64, 96),
                to_rgb=nn.Sequential(nn.Linear(96, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16))),
            )
        )

    g, g_ema = make_g(), make_g()
    g_ema.load_state_dict(g.state_dict())
    g_ema.requires_grad_(False)
    d = nn.Sequential(nn.Flatten(), dense(256, 96), dense(96, 48), nn.Linear(48, 1))
    g_optim = torch.optim.Adam(g.parameters(), lr=1e-3, betas=(0.0, 0.99))
    d_optim = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.0, 0.99))

    def d_logistic_loss(real_img):
        fake_img = g(torch.randn(len(real_img), 16)).detach()
        real_img = real_img.detach().requires_grad_(True)
        real_pred, fake_pred = d(real_img), d(fake_img)
        (grad,) = torch.autograd.grad(
            real_pred.sum(), real_img, create_graph=sick != "no create_graph", retain_graph=True
        )
        r1 = grad.flatten(1).square().sum(1).mean()
        return F.softplus(-real_pred).mean() + F.softplus(fake_pred).mean() + 0.05 * r1

    def g_nonsaturating_loss(real_img):
        return F.softplus(-d(g(torch.randn(len(real_img), 16)))).mean()

    def accumulate(decay=0.95):
        if sick == "decay of 1":
            decay = 1.0
        pairs = zip(g_ema.parameters(), g.parameters(), strict=True)
        for slow, fast in pairs:
            slow.data.mul_(decay).add_(fast.data, alpha=1 - decay)

    with train.watch(
        g=g, d=d, g_ema=g_ema, optimizers={"g_optim": g_optim, "d_optim": d_optim}
    ) as seen:
        for k, real_img in zip(range(steps), feed(data, 32), strict=False):
            if how == "accumulated gradients":
                d_logistic_loss(real_img).backward()
                if k % 4 == 3:
                    d_optim.step()
                    d_optim.zero_grad()
                loss = g_nonsaturating_loss(real_img)
                grads = torch.autograd.grad(loss, list(g.parameters()))
                for p, new in zip(g.parameters(), grads, strict=True):
                    p.grad = new if p.grad is None else p.grad + new
                if k % 4 == 3:
                    g_optim.step()
                    g_optim.zero_grad()
                    d_optim.zero_grad()
            else:
                d.zero_grad()
                d_logistic_loss(real_img).backward()
                d_optim.step()
                g.zero_grad()
                g_nonsaturating_loss(real_img).backward()
                g_optim.step()
            accumulate()
    given = {
        "real": data,
        "generator": g_ema,
        "critic": d,
        "noise": lambda n: torch.randn(n, 16),
        "losses": {"d": d_logistic_loss, "g": g_nonsaturating_loss},
        "optimizers": [g_optim, d_optim],
    }
    return Trained(given, seen.report())


def points(seed: int, sick: str = "", how: str = "", steps: int = 400) -> Trained:
    """Points, least squares, everything in closures and one dict."""
    torch.manual_seed(seed)
    X = {"moons": moons, "standardised": blobs}.get(how, blobs)()
    if how == "standardised":
        X = (X - X.mean(0)) / X.std(0)
    if sick == "nan":
        X[17, 1] = float("nan")
    head = [nn.Softmax(dim=1)] if sick == "softmax" else []
    nets = {
        "G": nn.Sequential(
            nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2)
        ),
        "D": nn.Sequential(
            nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1), *head
        ),
    }
    lr = {"sgd": 0.05}.get(how, 1e-3)
    if sick == "tiny rate":
        lr = 1e-12
    make = torch.optim.SGD if how == "sgd" else torch.optim.Adam
    opts = {k: make(net.parameters(), lr=lr) for k, net in nets.items()}
    if sick == "made again":
        nets["D"] = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))

    def z(n):
        return torch.randn(n, 4)

    def loss_D(x):
        out_r, out_f = nets["D"](x), nets["D"](nets["G"](z(len(x))).detach())
        if sick == "ones for both":
            return 0.5 * (out_r - 1).pow(2).mean() + 0.5 * (out_f - 1).pow(2).mean()
        if how == "smoothed":
            return 0.5 * (out_r - 0.9).pow(2).mean() + 0.5 * out_f.pow(2).mean()
        if how == "relativistic":
            return F.softplus(-(out_r - out_f)).mean()
        return 0.5 * (out_r - 1).pow(2).mean() + 0.5 * out_f.pow(2).mean()

    def loss_G(x):
        out = nets["D"](nets["G"](z(len(x))))
        if sick == "item":
            return torch.tensor(0.5 * (out.detach() - 1).pow(2).mean().item(), requires_grad=True)
        if how == "relativistic":
            return F.softplus(-(out - nets["D"](x))).mean()
        target = 0.0 if sick == "zeros in G" else 1.0
        return 0.5 * (out - target).pow(2).mean()

    turns = {"D": loss_D, "G": loss_G}
    size = len(X) if how == "full batch" else 64
    curves = {"D": [], "G": []}
    with train.watch(G=nets["G"], D=nets["D"], optimizers=opts) as seen:
        for _, x in zip(range(steps), feed(X, size), strict=False):
            for who in ("D", "G"):
                opts[who].zero_grad()
                value = turns[who](x)
                value.backward()
                opts[who].step()
                curves[who].append(value.item())
    given = {
        "history": curves,
        "real": X,
        "generator": nets["G"],
        "critic": nets["D"],
        "noise": z,
        "losses": turns,
        "optimizers": opts,
    }
    return Trained(given, seen.report())


class ACDiscriminator(nn.Module):
    """Conv blocks, then two heads: (validity, label)."""

    def __init__(self, sigmoid):
        super().__init__()
        self.conv_blocks = nn.Sequential(
            nn.Conv2d(1, 12, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.1),
            nn.Conv2d(12, 24, 3, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(),
        )  # fmt: skip
        self.adv_layer = nn.Sequential(nn.Linear(384, 1), *([nn.Sigmoid()] if sigmoid else []))
        self.aux_layer = nn.Linear(384, 10)

    def forward(self, img):
        out = self.conv_blocks(img)
        return self.adv_layer(out), self.aux_layer(out)


class ACGenerator(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.label_emb = nn.Embedding(10, dim)
        self.l1 = nn.Sequential(nn.Linear(dim, 16 * 16))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(16), nn.Upsample(scale_factor=2), nn.Conv2d(16, 16, 3, 1, 1),
            nn.BatchNorm2d(16, 0.8), nn.LeakyReLU(0.2), nn.Upsample(scale_factor=2),
            nn.Conv2d(16, 1, 3, 1, 1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, noise, labels):
        out = self.l1(self.label_emb(labels) * noise)
        return self.conv_blocks(out.view(len(out), 16, 4, 4))


def acgan(seed: int, sick: str = "", how: str = "", steps: int = 80) -> Trained:
    """The auxiliary classifier: a critic that returns a tuple, labels for the generator."""
    torch.manual_seed(seed)
    imgs_all, labels_all = digits(), labels()
    generator, discriminator = ACGenerator(), ACDiscriminator(sigmoid=how != "logits")
    wants_logits = sick == "with logits" or how == "logits"
    adversarial_loss = nn.BCEWithLogitsLoss() if wants_logits else nn.BCELoss()
    auxiliary_loss = nn.CrossEntropyLoss()
    parameters = generator.parameters()
    if sick == "chain":
        parameters = itertools.chain(generator.parameters(), discriminator.parameters())
    optimizer_G = torch.optim.Adam(parameters, lr=5e-4, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=5e-4, betas=(0.5, 0.999))
    bank = torch.randn(100, 16)

    def z(n):
        if sick == "bank":
            return bank[torch.randint(0, 100, (n,))]
        return torch.randn(n, 16)

    def g_loss(imgs):
        gen_labels = torch.randint(0, 10, (len(imgs),))
        validity, pred_label = discriminator(generator(z(len(imgs)), gen_labels))
        target = torch.ones(len(imgs), 1)
        return 0.5 * (adversarial_loss(validity, target) + auxiliary_loss(pred_label, gen_labels))

    def d_loss(imgs, labels):
        gen_labels = torch.randint(0, 10, (len(imgs),))
        gen_imgs = generator(z(len(imgs)), gen_labels).detach()
        valid, fake = torch.ones(len(imgs), 1), torch.zeros(len(imgs), 1)
        if sick == "valid for both":
            fake = valid
        real_pred, real_aux = discriminator(imgs)
        fake_pred, fake_aux = discriminator(gen_imgs)
        d_real = adversarial_loss(real_pred, valid) + auxiliary_loss(real_aux, labels)
        d_fake = adversarial_loss(fake_pred, fake) + auxiliary_loss(fake_aux, gen_labels)
        return (d_real / 2 + d_fake / 2) / 2

    optimizers = {"G": optimizer_G, "D": optimizer_D}
    with train.watch(
        generator=generator, discriminator=discriminator, optimizers=optimizers
    ) as seen:
        for _, (imgs, lab) in zip(range(steps), feed(imgs_all, 32, labels_all), strict=False):
            optimizer_G.zero_grad()
            g_loss(imgs).backward()
            optimizer_G.step()
            optimizer_D.zero_grad()
            d_loss(imgs, lab).backward()
            optimizer_D.step()
    given = {
        "real": (imgs_all, labels_all),
        "generator": generator,
        "critic": discriminator,
        "noise": z,
        "losses": {"g_loss": g_loss, "d_loss": d_loss},
        "optimizers": optimizers,
    }
    return Trained(given, seen.report())


class CGenerator(nn.Module):
    """Noise and a one-hot label, glued."""

    def __init__(self, sick=""):
        super().__init__()
        self.sick = sick
        self.net = nn.Sequential(
            nn.Linear(26, 64),
            nn.ReLU(),
            nn.Linear(64, 96),
            nn.ReLU(),
            nn.Linear(96, 256),
            nn.Tanh(),
        )

    def forward(self, z, y):
        onehot = F.one_hot(y, 10).float()
        if self.sick == "label times 0":
            onehot = onehot * 0
        return self.net(torch.cat([z, onehot], 1))


class CDiscriminator(nn.Module):
    """A picture as a row and a label: labels before or after."""

    def __init__(self, sick=""):
        super().__init__()
        end = nn.Softmax(dim=-1) if sick == "softmax" else nn.Sigmoid()
        self.net = nn.Sequential(nn.Linear(266, 96), nn.LeakyReLU(0.2), nn.Linear(96, 1), end)

    def forward(self, x, y):
        return self.net(torch.cat([x, F.one_hot(y, 10).float()], 1))


def conditional(seed: int, sick: str = "", how: str = "", steps: int = 150) -> Trained:
    """The conditional GAN of rows: G(z, y), D(x, y), BCELoss."""
    torch.manual_seed(seed)
    x_all, y_all = digits().flatten(1), labels()
    G, D = CGenerator(sick), CDiscriminator(sick)
    if sick == "old bank":
        stored = torch.randn(64, 16)
    bce = nn.BCELoss()
    opt = {
        "G": torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.999)),
        "D": torch.optim.Adam(D.parameters(), lr=5e-4, betas=(0.5, 0.999)),
    }

    def latent(n):
        return stored[torch.randint(64, (n,))] if sick == "old bank" else torch.randn(n, 16)

    def loss_d(x, y):
        one, zero = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        if how == "noisy":
            x = x + 0.1 * torch.randn_like(x)
        return bce(D(x, y), one) + bce(D(G(latent(len(x)), y).detach(), y), zero)

    def loss_g(x, y):
        fakes = G(latent(len(x)), y)
        return bce(D(fakes, y), torch.ones(len(x), 1))

    with train.watch(G=G, D=D, optimizers=opt) as seen:
        for _, (x, y) in zip(range(steps), feed(x_all, 32, y_all), strict=False):
            opt["D"].zero_grad()
            loss_d(x, y).backward()
            opt["D"].step()
            opt["G"].zero_grad()
            loss_g(x, y).backward()
            if sick != "G never steps":
                opt["G"].step()
    given = {
        "real": x_all,
        "labels": y_all,
        "generator": G,
        "critic": D,
        "noise": latent,
        "losses": {"D": loss_d, "G": loss_g},
        "optimizers": opt,
    }
    return Trained(given, seen.report())


class Projection(nn.Module):
    """psi(phi(x)) + <embedding(y), phi(x)>."""

    def __init__(self):
        super().__init__()
        sn = nn.utils.parametrizations.spectral_norm
        self.phi = nn.Sequential(
            sn(nn.Conv2d(1, 12, 4, 2, 1)), nn.ReLU(), sn(nn.Conv2d(12, 24, 4, 2, 1)), nn.ReLU()
        )
        self.psi, self.embed = sn(nn.Linear(24, 1)), sn(nn.Embedding(10, 24))

    def forward(self, x, y):
        h = self.phi(x).sum((2, 3))
        return self.psi(h) + (self.embed(y) * h).sum(1, keepdim=True)


class CondBN(nn.Module):
    """A batch norm whose scale and shift depend on the class."""

    def __init__(self, width, sick):
        super().__init__()
        self.bn, self.sick = nn.BatchNorm2d(width, affine=False), sick
        self.gamma, self.beta = nn.Embedding(10, width), nn.Embedding(10, width)
        nn.init.ones_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)

    def forward(self, h, y):
        if self.sick == "label dropped":
            return self.bn(h)
        return self.bn(h) * self.gamma(y)[..., None, None] + self.beta(y)[..., None, None]


class ResG(nn.Module):
    def __init__(self, sick=""):
        super().__init__()
        self.lin = nn.Linear(16, 16 * 16)
        self.bn1, self.bn2 = CondBN(16, sick), CondBN(16, sick)
        self.c1, self.c2 = nn.Conv2d(16, 16, 3, 1, 1), nn.Conv2d(16, 16, 3, 1, 1)
        self.last = nn.Conv2d(16, 1, 3, 1, 1)

    def forward(self, z, y):
        h = self.lin(z).view(-1, 16, 4, 4)
        h = self.c1(F.interpolate(F.relu(self.bn1(h, y)), scale_factor=2))
        h = self.c2(F.interpolate(F.relu(self.bn2(h, y)), scale_factor=2))
        return torch.tanh(self.last(F.relu(h)))


def projection(seed: int, sick: str = "", how: str = "", steps: int = 60) -> Trained:
    """A class-conditional GAN with a projection critic, conditional batch norm, hinge losses."""
    torch.manual_seed(seed)
    x, y = digits(), labels()
    if sick == "MNIST's mean and std":
        x = ((x + 1) / 2 - 0.1307) / 0.3081
    gen, dis = ResG(sick), Projection()
    opt_gen = torch.optim.Adam(gen.parameters(), 1e-3, betas=(0.0, 0.9))
    opt_dis = torch.optim.Adam(dis.parameters(), 2e-3, betas=(0.0, 0.9))
    if sick == "frozen":
        dis.requires_grad_(False)
    codes = torch.randn(96, 16)

    def sample_z(n):
        return codes[torch.randint(96, (n,))] if sick == "bank" else torch.randn(n, 16)

    def dis_loss(x, y):
        fake = gen(sample_z(len(x)), y).detach()
        return (F.relu(1 - dis(x, y)) + F.relu(1 + dis(fake, y))).mean()

    def gen_loss(x, y):
        return -dis(gen(sample_z(len(x)), y), y).mean()

    both = {"gen": opt_gen, "dis": opt_dis}
    with train.watch(gen=gen, dis=dis, optimizers=both) as seen:
        for _, (bx, by) in zip(range(steps), feed(x, 32, y), strict=False):
            for _ in range(2):
                opt_dis.zero_grad(set_to_none=True)
                loss = dis_loss(bx, by)
                if loss.requires_grad:
                    loss.backward()
                opt_dis.step()
            opt_gen.zero_grad(set_to_none=True)
            gen_loss(bx, by).backward()
            opt_gen.step()
    given = {
        "real": Labelled(x, y),
        "generator": gen,
        "critic": dis,
        "noise": sample_z,
        "losses": {"dis": dis_loss, "gen": gen_loss},
        "optimizers": both,
    }
    return Trained(given, seen.report())


def clip(seed: int, sick: str = "", how: str = "", steps: int = 60) -> Trained:
    """The first Wasserstein GAN: RMSprop, clipped weights, netD(real, one, mone)."""
    torch.manual_seed(seed)
    x = digits()
    netG = nn.Sequential(
        nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 256), nn.Tanh()
    )
    netD = nn.Sequential(
        nn.Linear(256, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU(), nn.Linear(48, 1)
    )
    make = torch.optim.AdamW if how == "adamw" else torch.optim.RMSprop
    optD, optG = make(netD.parameters(), lr=5e-4), make(netG.parameters(), lr=5e-4)

    def noise(n):
        if sick == "manual_seed":
            torch.manual_seed(42)
        return torch.randn(n, 20)

    def lossD(real):
        real = real.view(len(real), -1)
        return netD(netG(noise(len(real))).detach()).mean() - netD(real).mean()

    def lossG(real):
        return -netD(netG(noise(len(real)))).mean()

    with train.watch(netG=netG, netD=netD, optimizers=[optG, optD]) as seen:
        for _, real in zip(range(steps), feed(x, 32), strict=False):
            for _ in range(5):
                optD.zero_grad()
                lossD(real).backward()
                optD.step()
                for p in netD.parameters():
                    p.data.clamp_(-0.1, 0.1)
            optG.zero_grad()
            lossG(real).backward()
            if sick != "netG never steps":
                optG.step()
    given = {
        "real": x.flatten(1),
        "generator": netG,
        "critic": netD,
        "noise": noise,
        "losses": {"lossD": lossD, "lossG": lossG},
        "optimizers": [optG, optD],
    }
    return Trained(given, seen.report())


class Functional(nn.Module):
    """Weights in a ParameterList and a function that uses them."""

    def __init__(self, *sizes, f_end=None, hidden=False):
        super().__init__()
        pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
        made = [nn.Parameter(torch.randn(o, i) / i**0.5) for i, o in pairs]
        self.ws = made if hidden else nn.ParameterList(made)
        self.bs = nn.ParameterList([nn.Parameter(torch.zeros(o)) for _, o in pairs])
        self.f_end = f_end

    def forward(self, h):
        for k, (w, b) in enumerate(zip(self.ws, self.bs, strict=True)):
            h = F.linear(h, w, b)
            if k < len(self.bs) - 1:
                h = F.leaky_relu(h, 0.2)
        return h if self.f_end is None else self.f_end(h)


def two_class(seed: int, sick: str = "", how: str = "", steps: int = 150) -> Trained:
    """A critic with two logits and cross entropy (fake is 0, real is 1); functional networks."""
    torch.manual_seed(seed)
    x = (digits().flatten(1) + 1) / 2
    counterfeiter = Functional(16, 96, 256, f_end=torch.sigmoid, hidden=sick == "python list")
    police = Functional(256, 96, 2)
    step_c = torch.optim.Adam(counterfeiter.parameters(), 1e-3, betas=(0.5, 0.99))
    step_p = torch.optim.Adam(police.parameters(), 1e-3, betas=(0.5, 0.99))

    def kind(n, k):
        return torch.full((n,), k, dtype=torch.long)

    def police_loss(real):
        n = len(real)
        fake = counterfeiter(torch.randn(n, 16)).detach()
        wrong = 1 if sick == "1 for both" else 0
        return F.cross_entropy(police(real), kind(n, 1)) + F.cross_entropy(
            police(fake), kind(n, wrong)
        )

    def counterfeiter_loss(real):
        n = len(real)
        return F.cross_entropy(police(counterfeiter(torch.randn(n, 16))), kind(n, 1))

    moves = {"counterfeiter": step_c, "police": step_p}
    with train.watch(counterfeiter=counterfeiter, police=police, optimizers=moves) as seen:
        for _, real in zip(range(steps), feed(x, 32), strict=False):
            police.zero_grad()
            police_loss(real).backward()
            step_p.step()
            if sick != "never zeroed":
                counterfeiter.zero_grad()
            counterfeiter_loss(real).backward()
            step_c.step()
    given = {
        "real": x,
        "generator": counterfeiter,
        "critic": police,
        "noise": lambda n: torch.randn(n, 16),
        "losses": {"critic": police_loss, "generator": counterfeiter_loss},
        "optimizers": moves,
    }
    return Trained(given, seen.report())


@dataclass
class ClassifierOutput:
    """What a library's model returns: attributes, some of them None."""

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    hidden_states: tuple | None = None


class CriticForSequenceOfPixels(nn.Module):
    """config in, an output object out; called with keywords or without."""

    def __init__(self, width=48, sigmoid=False):
        super().__init__()
        self.backbone = nn.ModuleDict(
            {"embeddings": nn.Linear(16, width), "encoder": nn.Linear(width * 16, width)}
        )
        self.classifier = nn.Sequential(nn.Linear(width, 1), *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, pixel_values, labels=None):
        rows = F.gelu(self.backbone["embeddings"](pixel_values.squeeze(1)))  # [N, 16, W]
        pooled = F.gelu(self.backbone["encoder"](rows.flatten(1)))
        return ClassifierOutput(logits=self.classifier(pooled), hidden_states=(rows, pooled))


def hub(seed: int, sick: str = "", how: str = "", steps: int = 120) -> Trained:
    """A critic in the manner of a model hub: its answer is an object with .logits."""
    torch.manual_seed(seed)
    pixels = digits()
    if sick == "zero to one":
        pixels = (pixels + 1) / 2
    generator = nn.Sequential(
        nn.Linear(16, 64), nn.GELU(), nn.Linear(64, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16))
    )
    critic = CriticForSequenceOfPixels(sigmoid=sick == "with logits")
    optimizers = {
        "critic": torch.optim.AdamW(critic.parameters(), lr=1e-3),
        "generator": torch.optim.AdamW(generator.parameters(), lr=1e-3),
    }
    always = torch.randn(512, 16)

    def draw(n):
        return always[:n] if sick == "same noise" else torch.randn(n, 16)

    def critic_step(batch):
        made = generator(draw(len(batch))).detach()
        target = torch.ones(len(batch), 1)
        real = F.binary_cross_entropy_with_logits(critic(batch).logits, target)
        fake = 0 if sick == "ones for both" else 1
        return real + F.binary_cross_entropy_with_logits(critic(made).logits, target - fake)

    def generator_step(batch):
        out = critic(pixel_values=generator(draw(len(batch)))).logits
        return F.binary_cross_entropy_with_logits(out, torch.ones_like(out))

    with train.watch(generator=generator, critic=critic, optimizers=optimizers) as seen:
        for _, batch in zip(range(steps), feed(pixels, 32), strict=False):
            for who, step in (("critic", critic_step), ("generator", generator_step)):
                optimizers[who].zero_grad()
                step(batch).backward()
                if who == "generator" and sick == "clipped to nothing":
                    nn.utils.clip_grad_value_(generator.parameters(), 0.0)
                optimizers[who].step()
    given = {
        "real": pixels,
        "generator": generator,
        "critic": critic,
        "noise": draw,
        "losses": {"critic": critic_step, "generator": generator_step},
        "optimizers": optimizers,
    }
    return Trained(given, seen.report())


class MinibatchStd(nn.Module):
    """Appends the batch's spread as one more feature."""

    def forward(self, h):
        spread = h.std(0).mean().expand(len(h), 1)
        return torch.cat([h, spread], 1)


class MultiScale(nn.Module):
    """Two patch critics at two sizes: a list of answers."""

    def __init__(self):
        super().__init__()
        self.nets = nn.ModuleList(
            nn.Sequential(nn.Conv2d(1, 12, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(12, 1, 3, 1, 1))
            for _ in range(2)
        )

    def forward(self, x):
        return [self.nets[0](x), self.nets[1](F.avg_pool2d(x, 2))]


def odd_critics(seed: int, sick: str = "", how: str = "minibatch", steps: int = 100) -> Trained:
    """Critics of odd forms: minibatch features, several sizes, a frozen net for a feature loss."""
    torch.manual_seed(seed)
    x = digits()
    G = nn.Sequential(nn.Linear(16, 96), nn.SiLU(), nn.Linear(96, 256), nn.Tanh())
    G.append(nn.Unflatten(1, (1, 16, 16)))
    nets = {"generator": G}
    if how == "several sizes":
        D = MultiScale()
    else:
        D = nn.Sequential(
            nn.Flatten(), nn.Linear(256, 64), nn.LeakyReLU(0.2), MinibatchStd(), nn.Linear(65, 1)
        )
    nets["discriminator"] = D
    feature = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU()).requires_grad_(False)
    if how == "frozen features":
        nets["vgg"] = feature
    optG = torch.optim.Adam(G.parameters(), 1e-3, betas=(0.5, 0.999))
    optD = torch.optim.Adam(D.parameters(), 5e-4, betas=(0.5, 0.999))

    def answers(img):
        out = D(img)
        return out if isinstance(out, list) else [out]

    def loss_D(real):
        fake = G(torch.randn(len(real), 16)).detach()
        target = 1.0 if sick == "1 for both" else 0.0
        return sum(((a - 1) ** 2).mean() for a in answers(real)) + sum(
            ((a - target) ** 2).mean() for a in answers(fake)
        )

    def loss_G(real):
        fake = G(torch.randn(len(real), 16))
        loss = sum(((a - 1) ** 2).mean() for a in answers(fake))
        if how == "frozen features":
            loss = loss + (feature(fake).mean(0) - feature(real).mean(0)).square().mean()
        return loss

    with train.watch(**nets, optimizers={"G": optG, "D": optD}) as seen:
        for _, real in zip(range(steps), feed(x, 32), strict=False):
            optD.zero_grad()
            loss_D(real).backward()
            optD.step()
            optG.zero_grad()
            loss_G(real).backward()
            optG.step()
    given = {
        "real": x,
        "generator": G,
        "critic": D,
        "noise": lambda n: torch.randn(n, 16),
        "losses": {"d": loss_D, "g": loss_G},
        "optimizers": [optG, optD],
    }
    return Trained(given, seen.report())
