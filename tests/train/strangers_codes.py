"""VAEs and autoencoders of five people: encoders give a pair, a Normal, a dict, one tensor."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.distributions import Normal, kl_divergence

from aigc_teach import train
from train.strangers_kit import Trained, blobs, digits, feed


class NormalVAE(nn.Module):
    """encode gives a Normal, decode a mean; the prior is N(0, 1)."""

    def __init__(self, size=256, latents=6, sick=""):
        super().__init__()
        self.sick = sick
        self.enc = nn.Sequential(nn.Linear(size, 96), nn.SiLU())
        self.loc, self.raw = nn.Linear(96, latents), nn.Linear(96, latents)
        self.dec = nn.Sequential(nn.Linear(latents, 96), nn.SiLU(), nn.Linear(96, size))

    def encode(self, x):
        h = self.enc(x)
        return Normal(self.loc(h), F.softplus(self.raw(h)) + 1e-3)

    def decode(self, z):
        return self.dec(z)

    def elbo(self, x):
        q = self.encode(x)
        z = q.sample() if self.sick == "sample for rsample" else q.rsample()
        kl = kl_divergence(q, Normal(0.0, 1.0)).sum(-1)
        log_lik = -((x - self.decode(z)) ** 2).sum(-1) / 2
        beta = {"beta 300": 300.0}.get(self.sick, 1.0)
        return (log_lik - beta * kl).mean()


def normal_vae(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Trained:
    """The probabilist's VAE: distributions, rsample, -elbo."""
    torch.manual_seed(seed)
    x = digits().flatten(1)
    if how == "points":
        x = blobs()
    if how == "standardised":
        x = (x - x.mean()) / x.std()
    if sick == "bytes":
        x = (x + 1) * 127.5
    model = NormalVAE(x.shape[1], 2 if how == "points" else 6, sick)
    if how == "spare latents":
        model = NormalVAE(256, 24)
    opt = optim.Adam(model.parameters(), lr=2e-3)
    if how == "sgd":
        opt = optim.SGD(model.parameters(), lr=2e-3, momentum=0.9)

    def negative_elbo(batch):
        return -model.elbo(batch)

    trace = []
    with train.watch(vae=model, optimizers=opt) as seen:
        for _, batch in zip(range(steps), feed(x, 32), strict=False):
            opt.zero_grad()
            loss = negative_elbo(batch)
            loss.backward()
            if how == "sgd":
                nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            opt.step()
            trace.append(loss.item())
    given = {
        "history": {"-elbo": trace},
        "real": x,
        "model": model,
        "losses": negative_elbo,
        "optimizers": opt,
    }
    return Trained(given, seen.report())


class DictEncoder(nn.Module):
    def __init__(self, momentum=0.1):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 12, 3, 2, 1), nn.BatchNorm2d(12, momentum=momentum), nn.ReLU(),
            nn.Conv2d(12, 24, 3, 2, 1), nn.BatchNorm2d(24, momentum=momentum), nn.ReLU(),
            nn.Flatten(),
        )  # fmt: skip
        self.mu, self.logvar = nn.Linear(384, 8), nn.Linear(384, 8)

    def forward(self, x):
        h = self.net(x)
        return {"mu": self.mu(h), "logvar": self.logvar(h).clamp(-10, 10)}


class ConvDecoder(nn.Module):
    def __init__(self, momentum=0.1):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(8, 384), nn.Unflatten(1, (24, 4, 4)),
            nn.ConvTranspose2d(24, 12, 4, 2, 1), nn.BatchNorm2d(12, momentum=momentum), nn.ReLU(),
            nn.ConvTranspose2d(12, 1, 4, 2, 1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z):
        return self.net(z)


def dict_vae(seed: int, sick: str = "", how: str = "", steps: int = 100) -> Trained:
    """A convolutional VAE whose encoder returns a dict; squared error, warm-up of the KL."""
    torch.manual_seed(seed)
    train_x = digits()
    if sick == "nan":
        train_x[40, 0, 3, 3] = float("nan")
    momentum = 0.0005 if sick == "momentum" else 0.1
    encoder, decoder = DictEncoder(momentum), ConvDecoder(momentum)
    params = [*encoder.parameters(), *decoder.parameters()]
    optimizer = optim.AdamW(params, lr=1.0 if sick == "huge rate" else 2e-3)

    def compute(batch, weight=1.0):
        stats = encoder(batch)
        mu, logvar = stats["mu"], stats["logvar"]
        z = mu + torch.randn_like(mu) * torch.exp(logvar / 2)
        if sick == "zeros for z":
            z = torch.zeros_like(mu)
        error = (decoder(z) - batch).pow(2).sum((1, 2, 3)).mean()
        if sick == "mean for sum":
            error = (decoder(z) - batch).pow(2).mean()
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
        return {"loss": error + weight * kl, "rec": error.detach(), "kl": kl.detach()}

    if sick == "eval":
        encoder.eval()
        decoder.eval()
    curves = {"rec": [], "kl": []}
    with train.watch(encoder=encoder, decoder=decoder, optimizers={"all": optimizer}) as seen:
        for k, batch in zip(range(steps), feed(train_x, 32), strict=False):
            if sick != "never zeroed":
                optimizer.zero_grad()
            out = compute(batch, weight=min(1.0, k / 50) if how == "warm-up" else 1.0)
            out["loss"].backward()
            optimizer.step()
            for name in curves:
                curves[name].append(out[name].item())
    given = {
        "history": curves,
        "real": train_x,
        "encoder": encoder,
        "decoder": decoder,
        "noise": lambda n: torch.randn(n, 8),
        "losses": {"vae": compute},
        "optimizers": optimizer,
    }
    return Trained(given, seen.report())


def cut_vae(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Trained:
    """One tensor out of the encoder, cut in two outside; logits out of the decoder."""
    torch.manual_seed(seed)
    X = (digits().flatten(1) + 1) / 2
    L = 5
    enc = nn.Sequential(nn.Linear(256, 96), nn.Tanh(), nn.Linear(96, 2 * L))
    dec = nn.Sequential(nn.Linear(L, 96), nn.Tanh(), nn.Linear(96, 256))

    def negelbo(x):
        m, s = enc(x).split(L, dim=1)
        z = m + torch.randn_like(m) * (0.5 * s).exp()
        if sick == "randn for z":
            z = torch.randn_like(m)
        rec = F.binary_cross_entropy_with_logits(dec(z), x, reduction="none").sum(1)
        if sick == "broadcast":
            rec = ((dec(z).sigmoid()[:, None] - x) ** 2).mean((1, 2)) * 256
        kl = 0.5 * (m.pow(2) + s.exp() - s - 1).sum(1)
        if sick == "minus kl":
            return (rec - kl).mean()
        free = how == "free bits"
        return (rec + (kl.clamp(min=1.0) if free else (0.2 if how == "light" else 1.0) * kl)).mean()

    opt = optim.RMSprop([*enc.parameters(), *dec.parameters()], lr=1e-3)
    with train.watch(enc=enc, dec=dec, optimizers=[opt]) as seen:
        for _, x in zip(range(steps), feed(X, 32), strict=False):
            opt.zero_grad()
            loss = negelbo(x)
            loss.backward()
            if sick != "no step":
                opt.step()
            seen.step({"negelbo": loss})
    given = {
        "real": X,
        "encoder": enc,
        "decoder": lambda z: torch.sigmoid(dec(z)),
        "noise": L,
        "losses": negelbo,
        "optimizers": [opt],
    }
    return Trained(given, seen.report())


class HiddenLayers(nn.Module):
    """Layers kept in a plain Python list: parameters() does not see them."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(256, 96), nn.Linear(96, 12)]

    def forward(self, x):
        return self.layers[1](F.relu(self.layers[0](x.flatten(1))))


def autoencoder(seed: int, sick: str = "", how: str = "", steps: int = 150) -> Trained:
    """An autoencoder: convolutions with batch norm, or dense layers; nothing random."""
    torch.manual_seed(seed)
    imgs = digits()
    if sick == "one item":
        imgs = imgs[7:8].repeat(512, 1, 1, 1)
    if how == "dense" or sick in ("python list", "broadcast"):
        encoder = nn.Sequential(nn.Flatten(), nn.Linear(256, 96), nn.ReLU(), nn.Linear(96, 12))
        decoder = nn.Sequential(nn.Linear(12, 96), nn.ReLU(), nn.Linear(96, 256), nn.Tanh())
    else:
        encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 12, 3, 2, 1), nn.BatchNorm2d(12), nn.ReLU(),
            nn.Flatten(), nn.Linear(192, 12),
        )  # fmt: skip
        decoder = nn.Sequential(
            nn.Linear(12, 192), nn.Unflatten(1, (12, 4, 4)), nn.BatchNorm2d(12), nn.ReLU(),
            nn.ConvTranspose2d(12, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ReLU(),
            nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Tanh(),
        )  # fmt: skip
    if sick == "sigmoid at the end":
        decoder[-1] = nn.Sigmoid()
    if sick == "python list":
        encoder = HiddenLayers()
    weights = [*encoder.parameters(), *decoder.parameters()]
    if sick == "decoder alone":
        weights = list(decoder.parameters())
    optimizer = optim.Adam(weights, lr=2e-3)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.8 if sick == "scheduler" else 1.0)

    def loss_fn(x):
        noisy = x + 0.2 * torch.randn_like(x) if how == "denoising" else x
        out = decoder(encoder(noisy))
        if sick == "item":
            return torch.tensor(F.mse_loss(out, x).item(), requires_grad=True)
        if sick == "broadcast":
            return ((out[:, None] - x.flatten(1)) ** 2).mean()
        if sick == "shuffled target":
            return F.mse_loss(out, x[torch.randperm(len(x))])
        return F.mse_loss(out.view_as(x), x)

    if sick == "eval":
        encoder.eval()
        decoder.eval()
    first = imgs[:32]
    losses = []
    with train.watch(encoder=encoder, decoder=decoder, optimizers=optimizer) as seen:
        for _, batch in zip(range(steps), feed(imgs, 32), strict=False):
            batch = first if sick == "same batch" else batch
            optimizer.zero_grad()
            loss = loss_fn(batch)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
    given = {
        "history": {"mse": losses},
        "real": imgs,
        "encoder": encoder,
        "decoder": decoder,
        "losses": {"ae": loss_fn},
        "optimizers": optimizer,
    }
    return Trained(given, seen.report())


@dataclass
class VaeOutput:
    """What a hub's VAE returns."""

    sample: torch.Tensor
    latent_mean: torch.Tensor
    latent_logvar: torch.Tensor
    loss: torch.Tensor | None = None


class HubVAE(nn.Module):
    """encode returns an object with .latent_dist, decode one with .sample."""

    def __init__(self, sick=""):
        super().__init__()
        self.sick = sick
        self.encoder_net = nn.Sequential(
            nn.Flatten(), nn.Linear(256, 96), nn.GELU(), nn.Linear(96, 12)
        )
        self.decoder_net = nn.Sequential(
            nn.Linear(6, 96), nn.GELU(), nn.Linear(96, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16))
        )

    def encode(self, x):
        mean, logvar = self.encoder_net(x).chunk(2, 1)
        return VaeOutput(sample=mean, latent_mean=mean, latent_logvar=logvar.clamp(-12, 12))

    def decode(self, z):
        made = self.decoder_net(z)
        return VaeOutput(sample=made, latent_mean=z, latent_logvar=torch.zeros_like(z))

    def forward(self, x):
        post = self.encode(x)
        z = post.latent_mean + torch.randn_like(post.latent_mean) * (post.latent_logvar / 2).exp()
        out = self.decode(z)
        error = (out.sample - x).square().sum((1, 2, 3)).mean()
        kl = 0.5 * (post.latent_mean**2 + post.latent_logvar.exp() - 1 - post.latent_logvar)
        out.loss = error + (200 if self.sick == "heavy kl" else 1) * kl.sum(1).mean()
        return out


def hub_vae(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Trained:
    """A VAE in the manner of a model hub: every answer is an object."""
    torch.manual_seed(seed)
    x = digits()
    if sick == "zero to one":
        x = (x + 1) / 2
    model = HubVAE(sick)
    optimizer = optim.AdamW(model.parameters(), lr=2e-3)
    with train.watch(model=model, optimizers=optimizer) as seen:
        for _, batch in zip(range(steps), feed(x, 32), strict=False):
            optimizer.zero_grad()
            model(batch).loss.backward()
            optimizer.step()
    given = {
        "real": x,
        "model": model,
        "noise": 6,
        "losses": {"vae": lambda batch: model(batch).loss},
        "optimizers": optimizer,
    }
    return Trained(given, seen.report())
