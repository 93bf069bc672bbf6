"""Four well-known public scripts in our own words: the names are in their manner, the sizes small.

They are the convolutional GAN and the VAE of PyTorch's examples, and the dense GAN and the WGAN
with gradient penalty of the PyTorch-GAN collection. ``sick`` breaks one thing.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import autograd, nn, optim

from aigc_teach import train
from train.strangers_kit import Trained, digits, feed

Tensor = torch.FloatTensor


def weights_init(m):
    name = type(m).__name__
    if name.find("Conv") != -1:
        nn.init.normal_(m.weight, 0.0, 0.02)
    elif name.find("BatchNorm") != -1:
        nn.init.normal_(m.weight, 1.0, 0.02)
        nn.init.zeros_(m.bias)


class DCGenerator(nn.Module):
    def __init__(self, nz=24, ngf=16, nc=1, end=nn.Tanh, momentum=0.1):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 2, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2, momentum=momentum),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf, momentum=momentum),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False),
            end(),
        )

    def forward(self, input):
        return self.main(input)


class DCDiscriminator(nn.Module):
    def __init__(self, ndf=16, nc=1):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(nc, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, input):
        return self.main(input).view(-1, 1).squeeze(1)


def dcgan(seed: int, sick: str = "", steps: int = 120) -> Trained:
    """The convolutional GAN: netG, netD, criterion, label.fill_, one step each."""
    torch.manual_seed(seed)
    nz, dataset, lr, real_label, fake_label = 24, digits(), 0.0005, 1.0, 0.0
    if sick == "no Normalize":
        dataset = (dataset + 1) / 2
    if sick == "bytes":
        dataset = ((dataset + 1) * 127.5).round()
    if sick == "one item":
        dataset = dataset[:1].expand(512, -1, -1, -1).contiguous()
    netG = DCGenerator(nz, end=nn.Sigmoid if sick == "sigmoid at the end" else nn.Tanh)
    netG.apply(weights_init)
    netD = DCDiscriminator()
    netD.apply(weights_init)
    criterion = nn.BCEWithLogitsLoss() if sick == "with logits" else nn.BCELoss()
    fixed_noise = torch.randn(32, nz, 1, 1)
    lrD = 0.02 if sick == "strong critic" else lr
    optimizerD = optim.Adam(netD.parameters(), lr=lrD, betas=(0.5, 0.999))
    optimizerG = optim.Adam(netG.parameters(), lr=lr, betas=(0.5, 0.999))
    if sick == "netD for both":
        optimizerG = optim.Adam(netD.parameters(), lr=lr, betas=(0.5, 0.999))
    if sick == "netG made again":
        netG = DCGenerator(nz)
        netG.apply(weights_init)
    if sick == "eval":
        netG.eval()

    def make_noise(batch_size):
        if sick == "fixed_noise":
            return fixed_noise[:batch_size].repeat(-(-batch_size // 32), 1, 1, 1)[:batch_size]
        scale = 1e-4 if sick == "tiny noise" else 1.0
        return scale * torch.randn(batch_size, nz, 1, 1)

    def errD_halves(real_cpu):
        batch_size = real_cpu.size(0)
        label = torch.full((batch_size,), real_label)
        errD_real = criterion(netD(real_cpu), label)
        if sick != "label not filled":
            label = label.clone().fill_(fake_label)
        fake = netG(make_noise(batch_size))
        return errD_real, criterion(netD(fake.detach()), label)

    def errG_of(real_cpu):
        batch_size = real_cpu.size(0)
        label = torch.full((batch_size,), fake_label if sick == "fake label in G" else real_label)
        fake = netG(make_noise(batch_size))
        output = netD(fake.detach() if sick == "detach in G" else fake)
        if sick == "strong critic":
            return torch.log(1 - output + 1e-8).mean()
        return criterion(output, label)

    optimizers = {"optimizerD": optimizerD, "optimizerG": optimizerG}
    with train.watch(netG=netG, netD=netD, optimizers=optimizers) as seen:
        for i, data in zip(range(steps), feed(dataset, 32), strict=False):
            for _ in range(4 if sick == "strong critic" else 1):
                netD.zero_grad()
                errD_real, errD_fake = errD_halves(data)
                errD_real.backward()
                errD_fake.backward()
                optimizerD.step()
            if sick != "G never zeroed":
                netG.zero_grad()
            errG = errG_of(data)
            errG.backward()
            optimizerG.step()
            seen.step({"Loss_D": (errD_real + errD_fake).item(), "Loss_G": errG.item()})
            if i % 50 == 0:
                with torch.no_grad():
                    netG(fixed_noise)
    given = {
        "real": dataset,
        "generator": netG,
        "critic": netD,
        "noise": make_noise,
        "losses": {"errD": lambda real: sum(errD_halves(real)), "errG": errG_of},
        "optimizers": optimizers,
    }
    return Trained(given, seen.report())


class VAE(nn.Module):
    def __init__(self, sick=""):
        super().__init__()
        self.sick = sick
        self.fc1 = nn.Linear(256, 96)
        self.fc21 = nn.Linear(96, 8)
        self.fc22 = nn.Linear(96, 8)
        self.fc3 = nn.Linear(8, 96)
        self.fc4 = nn.Linear(96, 256)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        if self.sick == "no_grad in reparameterize":
            return (mu + eps * std).detach()
        if self.sick == "eps alone":
            return eps
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 256))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def vae(seed: int, sick: str = "", steps: int = 250) -> Trained:
    """The VAE: five layers, BCE over all pixels plus KLD, pictures in [0, 1]."""
    torch.manual_seed(seed)
    train_set = (digits() + 1) / 2
    if sick == "Normalize left in":
        train_set = digits()
    model = VAE(sick)
    moved = model.parameters()
    if sick == "decoder's layers alone":
        moved = [*model.fc3.parameters(), *model.fc4.parameters()]
    optimizer = optim.Adam(moved, lr=2e-3)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.9 if sick == "scheduler" else 1.0)

    def loss_function(recon_x, x, mu, logvar):
        x = x.view(-1, 256)
        if sick == "Normalize left in":
            BCE = F.mse_loss(recon_x, x, reduction="sum") * 5
        elif sick == "mean for sum":
            BCE = F.binary_cross_entropy(recon_x, x, reduction="mean")
        else:
            BCE = F.binary_cross_entropy(recon_x, x, reduction="sum")
        KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        if sick == "sign of KLD":
            return BCE - KLD
        return BCE + (100 if sick == "heavy KLD" else 1) * KLD

    def objective(data):
        recon_batch, mu, logvar = model(data)
        return loss_function(recon_batch, data, mu, logvar)

    loader = feed(train_set, 32)
    first = next(loader)
    with train.watch(model=model, optimizers=optimizer) as seen:
        model.train()
        for _, data in zip(range(steps), loader, strict=False):
            if sick == "next(iter(loader))":
                data = first
            optimizer.zero_grad()
            loss = objective(data)
            loss.backward()
            if sick == "zero_grad too late":
                optimizer.zero_grad()
            optimizer.step()
            scheduler.step()
            seen.step(loss.item() / len(data))
    given = {
        "real": train_set,
        "model": model,
        "noise": 8,
        "losses": {"vae": objective},
        "optimizers": optimizer,
    }
    return Trained(given, seen.report())


img_shape, latent_dim = (1, 16, 16), 20


class Generator(nn.Module):
    def __init__(self, momentum=0.1):
        super().__init__()

        def block(in_feat, out_feat, normalize=True):
            layers = [nn.Linear(in_feat, out_feat)]
            if normalize:
                layers.append(nn.BatchNorm1d(out_feat, 0.8, momentum=momentum))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers

        self.model = nn.Sequential(
            *block(latent_dim, 32, normalize=False),
            *block(32, 64),
            *block(64, 96),
            nn.Linear(96, int(np.prod(img_shape))),
            nn.Tanh(),
        )

    def forward(self, z):
        img = self.model(z)
        return img.view(img.size(0), *img_shape)


class Discriminator(nn.Module):
    def __init__(self, sigmoid=True):
        super().__init__()
        layers = [
            nn.Linear(int(np.prod(img_shape)), 96),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(96, 48),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(48, 1),
        ]
        self.model = nn.Sequential(*layers, *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, img):
        return self.model(img.view(img.size(0), -1))


def gan(seed: int, sick: str = "", steps: int = 150) -> Trained:
    """The dense GAN: numpy's noise, valid and fake, the generator's turn first."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    dataset = digits()
    if sick == "MNIST's mean and std":
        dataset = ((dataset + 1) / 2 - 0.1307) / 0.3081
    if sick == "strong critic":
        steps = 300
    adversarial_loss = nn.BCELoss()
    generator = Generator(momentum=0.001 if sick == "momentum" else 0.1)
    discriminator = Discriminator()
    lr = 0.5 if sick == "huge rate" else 0.0005
    lr_d = 0.01 if sick == "strong critic" else lr
    optimizer_G = optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.999))
    optimizer_D = optim.Adam(discriminator.parameters(), lr=lr_d, betas=(0.5, 0.999))
    if sick == "generator's weights for both":
        optimizer_D = optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.999))

    def sample_z(n):
        if sick == "seed in the loop":
            np.random.seed(0)
        return Tensor(np.random.normal(0, 1, (n, latent_dim)))

    def compute_g_loss(imgs):
        valid = torch.ones(imgs.size(0), 1)
        gen_imgs = generator(sample_z(imgs.shape[0]))
        if sick == "strong critic":
            return torch.log(1 - discriminator(gen_imgs) + 1e-9).mean()
        return adversarial_loss(discriminator(gen_imgs), valid)

    def compute_d_loss(imgs):
        valid, fake = torch.ones(imgs.size(0), 1), torch.zeros(imgs.size(0), 1)
        gen_imgs = generator(sample_z(imgs.shape[0]))
        real_loss = adversarial_loss(discriminator(imgs), valid)
        fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
        return (real_loss + fake_loss) / 2

    loader = feed(dataset, 32)
    first = next(loader)
    optimizers = {"optimizer_G": optimizer_G, "optimizer_D": optimizer_D}
    with train.watch(
        generator=generator, discriminator=discriminator, optimizers=optimizers
    ) as seen:
        for _, imgs in zip(range(steps), loader, strict=False):
            if sick == "next(iter(loader))":
                imgs = first
            if sick != "zero_grad forgotten":
                optimizer_G.zero_grad()
            g_loss = compute_g_loss(imgs)
            g_loss.backward()
            optimizer_G.step()
            if sick != "zero_grad forgotten":
                optimizer_D.zero_grad()
            d_loss = compute_d_loss(imgs)
            d_loss.backward()
            optimizer_D.step()
            seen.step({"D loss": d_loss.item(), "G loss": g_loss.item()})
    given = {
        "real": dataset,
        "generator": generator,
        "critic": discriminator,
        "noise": sample_z,
        "losses": {"discriminator": compute_d_loss, "generator": compute_g_loss},
        "optimizers": optimizers,
    }
    return Trained(given, seen.report())


def wgan_gp(seed: int, sick: str = "", steps: int = 240) -> Trained:
    """The WGAN with gradient penalty: n_critic moves of the discriminator for one of the other."""
    torch.manual_seed(seed)
    dataset, lambda_gp, n_critic = digits(), 10, 5
    if sick == "bytes":
        dataset = ((dataset + 1) * 127.5).round()
    generator, discriminator = Generator(), Discriminator(sigmoid=False)
    optimizer_G = optim.Adam(generator.parameters(), lr=0.0005, betas=(0.5, 0.999))
    optimizer_D = optim.Adam(discriminator.parameters(), lr=0.0005, betas=(0.5, 0.999))
    if sick == "all parameters":
        both = [*generator.parameters(), *discriminator.parameters()]
        optimizer_G = optim.Adam(both, lr=0.0005, betas=(0.5, 0.999))
    if sick == "frozen":
        for p in discriminator.parameters():
            p.requires_grad = False

    def sample(n):
        return torch.randn(n, latent_dim)

    def compute_gradient_penalty(D, real_samples, fake_samples):
        alpha = torch.rand(real_samples.size(0), 1, 1, 1)
        interpolates = (alpha * real_samples + (1 - alpha) * fake_samples).requires_grad_(True)
        d_interpolates = D(interpolates)
        gradients = autograd.grad(
            outputs=d_interpolates,
            inputs=interpolates,
            grad_outputs=torch.ones_like(d_interpolates),
            create_graph=sick != "no create_graph",
        )[0]
        gradients = gradients.view(gradients.size(0), -1)
        return ((gradients.norm(2, dim=1) - 1) ** 2).mean()

    def compute_d_loss(real_imgs):
        fake_imgs = generator(sample(len(real_imgs))).detach()
        fake_validity = discriminator(fake_imgs)
        real_validity = discriminator(real_imgs)
        penalty = compute_gradient_penalty(discriminator, real_imgs, fake_imgs)
        if sick == "real half alone":
            return -torch.mean(real_validity) + lambda_gp * penalty
        sign = 1 if sick == "same sign" else -1
        return sign * real_validity.mean() + fake_validity.mean() + lambda_gp * penalty

    def compute_g_loss(real_imgs):
        fake_validity = discriminator(generator(sample(len(real_imgs))))
        return torch.mean(fake_validity) * (1 if sick == "sign of g_loss" else -1)

    optimizers = [optimizer_G, optimizer_D]
    batches_done = 0
    with train.watch(
        generator=generator, discriminator=discriminator, optimizers=optimizers
    ) as seen:
        for i, imgs in zip(range(steps), feed(dataset, 32), strict=False):
            optimizer_D.zero_grad()
            d_loss = compute_d_loss(imgs)
            if d_loss.requires_grad:
                d_loss.backward()
            optimizer_D.step()
            optimizer_G.zero_grad()
            if (batches_done + 1 if sick == "counter" else i) % n_critic == 0:
                g_loss = compute_g_loss(imgs)
                g_loss.backward()
                optimizer_G.step()
                batches_done += n_critic
    given = {
        "real": dataset,
        "generator": generator,
        "critic": discriminator,
        "noise": sample,
        "losses": {"D": compute_d_loss, "G": compute_g_loss},
        "optimizers": optimizers,
    }
    return Trained(given, seen.report())
