"""The fourth table, set D: text, diffusion, autoencoders and GANs in the style of people's code.

It was written after the rules for networks that predict, and before anything was run on it. The
defects are those of published reports: targets that are not shifted or shifted twice, masks without
effect, averages without their batch norm, few steps with the betas of many, batches of one.
"""

from __future__ import annotations

import copy
import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim

from aigc_teach import train
from train.strangers_kit import Case, Trained, blobs, digits, feed, labels, moons
from train.strangers_third import small

SENTENCES = (
    "the cat sat on the mat. the dog ran to the cat. a bird sang on a tree. "
    "the sun is warm and the day is long. we go to the sea and we sit on the sand. "
    "one day a dog sat on a mat and the cat ran up the tree. it is warm in the sun. "
)
CHARS = sorted(set(SENTENCES))
V = len(CHARS)


class Held(Case):
    """A training that belongs to set D."""

    half = "D"


def corpus() -> Tensor:
    """A text as ids, [L]: the sentences in an order drawn once."""
    parts = [s + ". " for s in SENTENCES.strip().rstrip(".").split(". ")]
    draw = torch.Generator().manual_seed(5)
    text = "".join(parts[int(k)] for k in torch.randint(len(parts), (60,), generator=draw))
    return torch.tensor([CHARS.index(c) for c in text])


def windows(length: int, n: int = 256) -> Tensor:
    """Pieces of the text, [n, length]."""
    ids = corpus()
    start = torch.linspace(0, len(ids) - length - 1, n).long()
    return torch.stack([ids[k : k + length] for k in start])


# --------------------------------------------------------------------------------------- text


class Head(nn.Module):
    """One head of self-attention, as in the lecture."""

    def __init__(self, n_embd, size, block, masked):
        super().__init__()
        self.key, self.query, self.value = (nn.Linear(n_embd, size, bias=False) for _ in range(3))
        self.register_buffer("tril", torch.tril(torch.ones(block, block)))
        self.masked = masked

    def forward(self, x):
        T = x.shape[1]
        wei = self.query(x) @ self.key(x).transpose(-2, -1) * x.shape[-1] ** -0.5
        if self.masked:
            wei = wei.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        return F.softmax(wei, dim=-1) @ self.value(x)


class LectureGPT(nn.Module):
    """forward(idx, targets) -> logits, loss."""

    def __init__(self, block=16, masked=True):
        super().__init__()
        self.token_embedding_table = nn.Embedding(V, 32)
        self.position_embedding_table = nn.Embedding(block, 32)
        self.sa = nn.ModuleList(Head(32, 16, block, masked) for _ in range(2))
        self.ff = nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 32))
        self.drop = nn.Dropout(0.1)
        self.lm_head = nn.Linear(32, V)

    def forward(self, idx, targets=None):
        B, T = idx.shape
        x = self.token_embedding_table(idx) + self.position_embedding_table(torch.arange(T))
        x = x + self.drop(torch.cat([head(x) for head in self.sa], dim=-1))
        x = x + self.ff(x)
        logits = self.lm_head(x)
        if targets is None:
            return logits, None
        logits = logits.view(B * T, V)
        return logits, F.cross_entropy(logits, targets.reshape(B * T))


def lecture(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Trained:
    """Random windows of a text, a model that returns its loss."""
    torch.manual_seed(seed)
    data, block = corpus(), 16
    model = LectureGPT(block, masked=sick != "no tril")
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)

    def get_batch(n=32):
        ix = torch.randint(len(data) - block - 1, (n,))
        x = torch.stack([data[i : i + block] for i in ix])
        shift = 0 if sick == "x for y" else 1
        return x, torch.stack([data[i + shift : i + block + shift] for i in ix])

    with train.watch(model=model, optimizers=optimizer) as seen:
        for _ in range(steps):
            xb, yb = get_batch()
            _, loss = model(xb, yb)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            seen.step({"train": loss})
    x, y = get_batch(128)
    given = {
        "real": x, "labels": y, "model": model, "losses": lambda a, b: model(a, b)[1],
        "optimizers": optimizer,
    }  # fmt: skip
    return Trained(given, seen.report())


class TutorialTransformer(nn.Module):
    """The well-known tutorial's: time in front, the mask comes from outside."""

    def __init__(self, d=32):
        super().__init__()
        self.encoder = nn.Embedding(V, d)
        self.pos = nn.Parameter(0.1 * torch.randn(32, 1, d))
        layer = nn.TransformerEncoderLayer(d, 2, 64, dropout=0.1)
        self.transformer_encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.decoder = nn.Linear(d, V)

    def forward(self, src, src_mask):
        h = self.encoder(src) * math.sqrt(32) + self.pos[: len(src)]
        return self.decoder(self.transformer_encoder(h, src_mask))


def tutorial(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Trained:
    """A tutorial's language model, its gradients clipped, SGD in place of Adam."""
    torch.manual_seed(seed)
    x = windows(17)
    net = TutorialTransformer()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.5)
    size = -1e-9 if sick == "a mask of -1e-9" else float("-inf")
    mask = torch.triu(torch.full((16, 16), size), diagonal=1)

    def step_loss(batch):
        source, target = batch[:, :-1].t(), batch[:, 1:].t()
        output = net(source, None if sick == "mask is None" else mask)
        return criterion(output.reshape(-1, V), target.reshape(-1))

    with train.watch(transformer=net, optimizers={"sgd": optimizer}) as seen:
        for _, batch in zip(range(steps), feed(x, 20), strict=False):
            optimizer.zero_grad()
            loss = step_loss(batch)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            optimizer.step()
    given = {"real": x, "model": net, "losses": {"lm": step_loss}, "optimizers": optimizer}
    return Trained(given, seen.report())


class CharLSTM(nn.Module):
    """The hidden state goes in and comes out."""

    def __init__(self, hidden=48):
        super().__init__()
        self.embed = nn.Embedding(V, 24)
        self.lstm = nn.LSTM(24, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, V)

    def forward(self, x, hc=None):
        out, hc = self.lstm(self.embed(x), hc)
        return self.fc(out), hc


def char_lstm(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Trained:
    """Consecutive pieces of the text, the state is handed on and detached."""
    torch.manual_seed(seed)
    ids = corpus()
    rows = ids[: len(ids) // 16 * 16].view(16, -1)  # 16 streams
    net = CharLSTM()
    opt = optim.Adam(net.parameters(), lr=5e-3)
    sched = optim.lr_scheduler.ExponentialLR(opt, 0.7 if sick == "decays each batch" else 0.999)
    loss_fn = nn.CrossEntropyLoss()
    hc, k = None, 0
    with train.watch(net=net, optimizers=opt) as seen:
        for _ in range(steps):
            if k + 13 > rows.shape[1]:
                hc, k = None, 0
            x, y = rows[:, k : k + 12], rows[:, k + 1 : k + 13]
            out, hc = net(x, hc)
            hc = tuple(h.detach() for h in hc)
            loss = loss_fn(out.transpose(1, 2), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            sched.step()
            k += 12
    real = windows(13)

    def again(batch):
        return loss_fn(net(batch[:, :-1])[0].transpose(1, 2), batch[:, 1:])

    given = {"real": real, "model": net, "losses": again, "optimizers": opt}
    return Trained(given, seen.report())


class CausalLM(nn.Module):
    """A hub's model: labels in, an object with loss and logits out; it shifts them itself."""

    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(V + 1, 32), nn.Embedding(32, 32)
        self.attn = nn.MultiheadAttention(32, 4, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 32))
        self.ln_f = nn.LayerNorm(32)

    def forward(self, input_ids, attention_mask, labels):
        T = input_ids.shape[1]
        h = self.wte(input_ids) + self.wpe(torch.arange(T))
        future = torch.ones(T, T).triu(1).bool()
        h = h + self.attn(h, h, h, attn_mask=future, need_weights=False)[0]
        logits = F.linear(self.ln_f(h + self.mlp(h)), self.wte.weight)  # tied weights
        loss = F.cross_entropy(
            logits[:, :-1].reshape(-1, V + 1), labels[:, 1:].reshape(-1), ignore_index=-100
        )
        return {"loss": loss, "logits": logits}


def hub_lm(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Trained:
    """Rows of several lengths with padding; labels are -100 there."""
    torch.manual_seed(seed)
    x = windows(18)
    kept = torch.arange(18) < torch.randint(10, 19, (len(x), 1))
    x = torch.where(kept, x, V)
    model = CausalLM()
    optimizer = optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)

    def compute_loss(batch):
        label = torch.where(batch == V, -100, batch)
        if sick == "shifted by hand too":
            label = torch.cat([label[:, 1:], torch.full_like(label[:, :1], -100)], dim=1)
        return model(input_ids=batch, attention_mask=(batch != V).long(), labels=label)["loss"]

    with train.watch(model=model, optimizers=optimizer) as seen:
        for _, batch in zip(range(steps), feed(x, 16), strict=False):
            loss = compute_loss(batch)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            seen.step({"loss": loss})
    given = {"real": x, "model": model, "losses": compute_loss, "optimizers": optimizer}
    return Trained(given, seen.report())


def context_mlp(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Trained:
    """Eight characters in, the next one out: embeddings side by side, batch norm, tanh."""
    torch.manual_seed(seed)
    rows = windows(9, 1024)
    X, Y = rows[:, :8], rows[:, 8]
    if sick == "labels in another order":
        Y = Y[torch.randperm(len(Y))]
    model = nn.Sequential(
        nn.Embedding(V, 10), nn.Flatten(), nn.Linear(80, 64, bias=False), nn.BatchNorm1d(64),
        nn.Tanh(), nn.Linear(64, V),
    )  # fmt: skip
    opt = optim.SGD(model.parameters(), lr=0.01 if sick else 0.2)
    with train.watch(model=model, optimizers=opt) as seen:
        for i in range(steps):
            ix = torch.randint(0, len(X), (64,))
            loss = F.cross_entropy(model(X[ix]), Y[ix])
            model.zero_grad()
            loss.backward()
            if i == steps * 2 // 3:
                opt.param_groups[0]["lr"] /= 10
            opt.step()
            seen.step({"loss": loss})
    given = {
        "real": X, "labels": Y, "model": model,
        "losses": lambda a, b: F.cross_entropy(model(a), b), "optimizers": opt,
    }  # fmt: skip
    return Trained(given, seen.report())


class Bert(nn.Module):
    """Reads both ways."""

    def __init__(self):
        super().__init__()
        self.emb, self.pos = nn.Embedding(V + 1, 32), nn.Embedding(24, 32)
        self.enc = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.1, batch_first=True)
        self.out = nn.Linear(32, V + 1)

    def forward(self, ids):
        return self.out(self.enc(self.emb(ids) + self.pos(torch.arange(ids.shape[1]))))


def masked_lm(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Trained:
    """A fifth of the characters is hidden and asked for."""
    torch.manual_seed(seed)
    x = windows(20)
    bert = Bert()
    opt = optim.AdamW(bert.parameters(), lr=2e-3)

    def mlm_loss(batch):
        hide = torch.rand(batch.shape) < 0.2
        logits = bert(torch.where(hide, V, batch))
        return F.cross_entropy(logits[hide], batch[hide])

    with train.watch(bert=bert, optimizers=opt) as seen:
        for _, batch in zip(range(steps), feed(x, 32), strict=False):
            opt.zero_grad()
            loss = mlm_loss(batch)
            loss.backward()
            opt.step()
            seen.step(loss)
    given = {"real": x, "model": bert, "losses": mlm_loss, "optimizers": opt}
    return Trained(given, seen.report())


# ---------------------------------------------------------------------------------- diffusion


class Sinusoidal(nn.Module):
    """A step as sines and cosines."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, t):
        freq = torch.exp(-math.log(1e4) * torch.arange(self.dim // 2) / (self.dim // 2))
        angle = t.float()[:, None] * freq[None]
        return torch.cat([angle.sin(), angle.cos()], dim=-1)


class PointMLP(nn.Module):
    """The tiny repository's: embeddings of both coordinates and of the step."""

    def __init__(self, deaf=False):
        super().__init__()
        self.deaf = deaf
        self.time_mlp, self.input_mlp = Sinusoidal(16), Sinusoidal(16)
        self.joint_mlp = nn.Sequential(
            nn.Linear(48, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 2)
        )

    def forward(self, x, t):
        t_emb = self.time_mlp(t) * (0 if self.deaf else 1)
        both = [self.input_mlp(25 * x[:, k]) for k in (0, 1)]
        return self.joint_mlp(torch.cat([*both, t_emb], dim=-1))


class NoiseScheduler:
    """Betas in a line, and what follows from them."""

    def __init__(self, num_timesteps, beta_start=1e-4, beta_end=0.02):
        self.num_timesteps = num_timesteps
        self.betas = torch.linspace(beta_start, beta_end, num_timesteps)
        self.alphas_cumprod = torch.cumprod(1 - self.betas, dim=0)

    def add_noise(self, x, noise, t):
        a = self.alphas_cumprod[t]
        return a.sqrt()[:, None] * x + (1 - a).sqrt()[:, None] * noise


def tiny_ddpm(seed: int, sick: str = "", how: str = "", steps: int = 400) -> Trained:
    """Diffusion of points in the plane."""
    torch.manual_seed(seed)
    x = moons()
    x = (x - x.mean(0)) / x.std(0)
    model = PointMLP(deaf=sick == "time times 0")
    scheduler = NoiseScheduler(50 if sick == "50 steps" else 1000)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**100, growth_interval=1000)

    def loss_of(batch):
        noise = torch.randn(batch.shape)
        timesteps = torch.randint(0, scheduler.num_timesteps, (batch.shape[0],)).long()
        noisy = scheduler.add_noise(batch, noise, timesteps)
        loss = F.mse_loss(model(noisy, timesteps), noise)
        return (1e6 * loss).half().float() if sick == "half overflows" else loss

    with train.watch(model=model, optimizers=optimizer) as seen:
        for _, batch in zip(range(steps), feed(x, 32), strict=False):
            loss = loss_of(batch)
            if sick == "half overflows":
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
            else:
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
            optimizer.zero_grad()
            seen.step({"loss": loss})
    given = {"real": x, "model": model, "losses": loss_of, "optimizers": optimizer}
    return Trained(given, seen.report())


class SmallUnet(nn.Module):
    """Down, up, one skip; the step and the class are added in the middle."""

    def __init__(self, deaf=False):
        super().__init__()
        self.deaf = deaf
        self.time = nn.Sequential(Sinusoidal(32), nn.Linear(32, 32), nn.SiLU())
        self.label = nn.Embedding(11, 32)
        self.inc = nn.Conv2d(1, 16, 3, 1, 1)
        self.down1 = nn.Sequential(nn.Conv2d(16, 32, 3, 2, 1), nn.GroupNorm(4, 32), nn.SiLU())
        self.mid = nn.Sequential(nn.Conv2d(32, 32, 3, 1, 1), nn.GroupNorm(4, 32), nn.SiLU())
        self.up1 = nn.Upsample(scale_factor=2)
        self.outc = nn.Conv2d(48, 1, 3, 1, 1)

    def forward(self, x, t, y=None):
        emb = self.time(t) * (0 if self.deaf else 1)
        if y is not None:
            emb = emb + self.label(y)
        first = F.silu(self.inc(x))
        h = self.mid(self.down1(first) + emb[:, :, None, None])
        return self.outc(torch.cat([self.up1(h), first], dim=1))


def guided(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Trained:
    """Pictures with classes, a tenth of them dropped; v-prediction or noise."""
    torch.manual_seed(seed)
    x, y = small(), labels()
    unet = SmallUnet(deaf=sick == "time times 0")
    T = 100 if sick == "100 steps" else 1000
    ab = torch.cumprod(1 - torch.linspace(1e-4, 2e-2, T), 0)
    opt = optim.Adam(unet.parameters(), lr=2e-3)

    def noise_images(img, t):
        eps = torch.randn_like(img)
        a = ab[t][:, None, None, None]
        return a.sqrt() * img + (1 - a).sqrt() * eps, eps

    def p_losses(img, which):
        t = torch.randint(T, (len(img),))
        x_t, noise = noise_images(img, t)
        if sick == "noise drawn again":
            noise = torch.randn_like(img)
        which = torch.where(torch.rand(len(img)) < 0.1, 10, which)
        predicted = unet(x_t, t, which)
        if how == "v":
            a = ab[t][:, None, None, None]
            noise = a.sqrt() * noise - (1 - a).sqrt() * img
        return F.mse_loss(predicted, noise)

    losses = []
    with train.watch(unet=unet, optimizers=opt) as seen:
        for _, (img, which) in zip(range(steps), feed(x, 32, y), strict=False):
            opt.zero_grad()
            loss = p_losses(img, which)
            loss.backward()
            opt.step()
            losses.append(loss.item())
            seen.step({"mse": loss})
    given = {
        "history": {"mse": losses}, "real": x, "labels": y, "model": unet, "losses": p_losses,
        "optimizers": opt,
    }  # fmt: skip
    return Trained(given, seen.report())


class GaussianDiffusion(nn.Module):
    """forward(img) is the loss; pictures come in [0, 1]."""

    def __init__(self, model, timesteps=1000, loss_type="l2"):
        super().__init__()
        self.model, self.timesteps, self.loss_type = model, timesteps, loss_type
        s = torch.linspace(0, 1, timesteps + 1)
        f = torch.cos((s + 0.008) / 1.008 * math.pi / 2) ** 2
        self.register_buffer("abar", (f / f[0])[1:].clamp(1e-5, 1))

    def q_sample(self, x_start, t, noise):
        a = self.abar[t].view(-1, 1, 1, 1)
        return a.sqrt() * x_start + (1 - a).sqrt() * noise

    def forward(self, img):
        t = torch.randint(0, self.timesteps, (img.shape[0],)).long()
        img = img * 2 - 1
        noise = torch.randn_like(img)
        out = self.model(self.q_sample(img, t, noise), t)
        error = F.l1_loss if self.loss_type == "l1" else F.mse_loss
        return error(out, noise, reduction="none").flatten(1).mean(1).mean()


def wrapped(seed: int, sick: str = "", how: str = "l2", steps: int = 180) -> Trained:
    """A diffusion object around a network; an average of both; gradients of two batches."""
    torch.manual_seed(seed)
    x = (small() + 1) / 2
    diffusion = GaussianDiffusion(SmallUnet(), loss_type=how)
    ema = copy.deepcopy(diffusion)
    opt = optim.Adam(diffusion.parameters(), lr=2e-3, betas=(0.9, 0.99))
    source = feed(x, 16)
    with train.watch(diffusion=diffusion, ema=ema, optimizers=opt) as seen:
        for _ in range(steps):
            for _ in range(2):
                (diffusion(next(source)) / 2).backward()
            opt.step()
            opt.zero_grad()
            with torch.no_grad():
                for a, b in zip(ema.parameters(), diffusion.parameters(), strict=True):
                    a.lerp_(b, 0.05)
    given = {
        "real": x, "model": diffusion, "losses": {"diffusion": diffusion}, "optimizers": opt,
    }  # fmt: skip
    return Trained(given, seen.report())


def karras(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Trained:
    """Preconditioned denoising with log-normal noise, weighted."""
    torch.manual_seed(seed)
    x = blobs()
    net = nn.Sequential(nn.Linear(3, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, 2))
    opt = optim.Adam(net.parameters(), lr=2e-3)
    sigma_data = x.std().item()

    def denoise(noisy, sigma):
        c_in = 1 / (sigma**2 + sigma_data**2).sqrt()
        c_skip = sigma_data**2 * c_in**2
        c_out = sigma * sigma_data * c_in
        return c_skip * noisy + c_out * net(torch.cat([c_in * noisy, sigma.log() / 4], 1))

    def edm_loss(y):
        sigma = (1.5 * torch.randn(len(y), 1) - 0.5).exp()
        weight = (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2
        return (weight * (denoise(y + sigma * torch.randn_like(y), sigma) - y) ** 2).mean()

    with train.watch(net=net, optimizers=opt) as seen:
        for _, y in zip(range(steps), feed(x, 64), strict=False):
            opt.zero_grad()
            loss = edm_loss(y)
            loss.backward()
            opt.step()
            seen.step(loss)
    given = {"real": x, "model": net, "losses": edm_loss, "optimizers": opt}
    return Trained(given, seen.report())


class VectorField(nn.Module):
    """A velocity at a place and a time."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 96), nn.ELU(), nn.Linear(96, 96), nn.ELU())
        self.last = nn.Linear(96, 2)

    def forward(self, t, x):
        return self.last(self.net(torch.cat([x, t], dim=1)))


def flow(seed: int, sick: str = "", how: str = "", steps: int = 350) -> Trained:
    """Straight lines from noise to data; the time comes first among the arguments."""
    torch.manual_seed(seed)
    x = moons()
    field = VectorField()
    opt = optim.Adam(field.parameters(), lr=2e-3)

    def cfm(x1):
        x0, t = torch.randn_like(x1), torch.rand(len(x1), 1)
        return (field(t, (1 - t) * x0 + t * x1) - (x1 - x0)).pow(2).mean()

    with train.watch(field=field, optimizers=opt) as seen:
        for _, x1 in zip(range(steps), feed(x, 64), strict=False):
            opt.zero_grad()
            loss = cfm(x1)
            loss.backward()
            opt.step()
            seen.step(loss)
    given = {"real": x, "model": field, "losses": {"cfm": cfm}, "optimizers": opt}
    return Trained(given, seen.report())


# ---------------------------------------------------------- autoencoders, VAEs and their kind


class AE(nn.Module):
    """The blog's: four layers by name, forward gives the reconstruction."""

    def __init__(self, size=256):
        super().__init__()
        self.encoder_hidden_layer = nn.Linear(size, 64)
        self.encoder_output_layer = nn.Linear(64, 32)
        self.decoder_hidden_layer = nn.Linear(32, 64)
        self.decoder_output_layer = nn.Linear(64, size)

    def forward(self, features):
        h = torch.relu(self.encoder_hidden_layer(features))
        code = torch.relu(self.encoder_output_layer(h))
        h = torch.relu(self.decoder_hidden_layer(code))
        return torch.sigmoid(self.decoder_output_layer(h))


def blog_ae(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Trained:
    """Rows in [0, 1]; only the whole model is given."""
    torch.manual_seed(seed)
    x = (digits().flatten(1) + 1) / 2
    model = AE()
    optimizer = optim.Adam(model.parameters(), lr=0.5 if sick == "rate of 0.5" else 2e-3)
    criterion = nn.MSELoss()
    with train.watch(model=model, optimizers=optimizer) as seen:
        for _, batch in zip(range(steps), feed(x, 64), strict=False):
            optimizer.zero_grad()
            train_loss = criterion(model(batch), batch)
            train_loss.backward()
            optimizer.step()
            seen.step({"loss": train_loss})
    given = {
        "real": x, "model": model, "losses": lambda b: criterion(model(b), b),
        "optimizers": optimizer,
    }  # fmt: skip
    return Trained(given, seen.report())


def waves() -> Tensor:
    """Sums of cosines scaled to [0, 1), [512, 32]."""
    draw = torch.Generator().manual_seed(9)
    axis = torch.linspace(0, 1, 32)
    freq, phase = (torch.rand(512, 3, 1, generator=draw) for _ in range(2))
    y = torch.cos(2 * math.pi * (4 * freq * axis + phase)).sum(1)
    return (y - y.amin(1, keepdim=True)) / (
        y.amax(1, keepdim=True) - y.amin(1, keepdim=True) + 0.01
    )


def cosines(seed: int, sick: str = "", how: str = "", steps: int = 300) -> Trained:
    """A denoising autoencoder for waves."""
    torch.manual_seed(seed)
    x = waves()
    encoder = nn.Sequential(nn.Linear(32, 24), nn.ReLU(), nn.Linear(24, 10))
    decoder = nn.Sequential(nn.Linear(10, 24), nn.ReLU(), nn.Linear(24, 32))
    if sick:
        encoder.append(nn.ReLU())
        decoder = nn.Sequential(
            nn.Linear(10, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 32), nn.Tanh()
        )
    weights = [*encoder.parameters(), *decoder.parameters()]
    opt = optim.SGD(weights, lr=1e-2) if sick else optim.Adam(weights, lr=3e-3)

    def loss_fn(clean):
        return F.mse_loss(decoder(encoder(clean + 0.1 * torch.randn_like(clean))), clean)

    with train.watch(encoder=encoder, decoder=decoder, optimizers=[opt]) as seen:
        for _, clean in zip(range(steps), feed(x, 32), strict=False):
            opt.zero_grad()
            loss_fn(clean).backward()
            opt.step()
    given = {
        "real": x, "encoder": encoder, "decoder": decoder, "losses": {"dae": loss_fn},
        "optimizers": opt,
    }  # fmt: skip
    return Trained(given, seen.report())


class TiedAE(nn.Module):
    """One matrix for both ways."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(0.02 * torch.randn(24, 256))
        self.b, self.c = nn.Parameter(torch.zeros(24)), nn.Parameter(torch.zeros(256))

    def encode(self, x):
        return torch.tanh(F.linear(x, self.weight, self.b))

    def decode(self, h):
        return F.linear(h, self.weight.t(), self.c)

    def forward(self, x):
        return self.decode(self.encode(x))


def tied(seed: int, sick: str = "", how: str = "", steps: int = 200) -> Trained:
    """Tied weights and a penalty on the code's slope."""
    torch.manual_seed(seed)
    x = digits().flatten(1)
    ae = TiedAE()
    opt = optim.RMSprop(ae.parameters(), lr=1e-3)

    def loss(batch):
        h = ae.encode(batch)
        slope = ((1 - h**2) ** 2 @ ae.weight.square().sum(1)).mean()
        return F.mse_loss(ae.decode(h), batch) + 1e-4 * slope

    with train.watch(ae=ae, optimizers=opt) as seen:
        for _, batch in zip(range(steps), feed(x, 32), strict=False):
            opt.zero_grad()
            loss(batch).backward()
            opt.step()
    given = {"real": x, "model": ae, "losses": loss, "optimizers": opt}
    return Trained(given, seen.report())


class Restorer(nn.Module):
    """A small U-Net with batch norm and dropout, from picture to picture."""

    def __init__(self):
        super().__init__()
        self.d1 = nn.Sequential(nn.Conv2d(1, 12, 4, 2, 1), nn.BatchNorm2d(12), nn.LeakyReLU(0.2))
        self.d2 = nn.Sequential(nn.Conv2d(12, 24, 4, 2, 1), nn.BatchNorm2d(24), nn.LeakyReLU(0.2))
        self.u2 = nn.Sequential(
            nn.ConvTranspose2d(24, 12, 4, 2, 1), nn.BatchNorm2d(12), nn.ReLU(), nn.Dropout(0.3)
        )
        self.u1 = nn.ConvTranspose2d(24, 1, 4, 2, 1)

    def forward(self, x):
        a = self.d1(x)
        return torch.tanh(self.u1(torch.cat([self.u2(self.d2(a)), a], 1)))


def restore(seed: int, sick: str = "", how: str = "", steps: int = 250) -> Trained:
    """Pictures of every exposure are to become plain ones."""
    torch.manual_seed(seed)
    y = digits()[:256]
    x = y * (0.1 + 1.5 * torch.rand(256, 1, 1, 1)) + 1.5 * torch.rand(256, 1, 1, 1)
    net = Restorer()
    opt = optim.Adam(net.parameters(), lr=2e-3)

    def l1(target, source):
        return F.l1_loss(net(source), target)

    size = 1 if sick == "batches of one" else 16
    with train.watch(net=net, optimizers=opt) as seen:
        for _, (target, source) in zip(range(steps), feed(y, size, x), strict=False):
            opt.zero_grad()
            l1(target, source).backward()
            opt.step()
    given = {"real": y, "labels": x, "model": net, "losses": l1, "optimizers": opt}
    return Trained(given, seen.report())


class VQVAE(nn.Module):
    """A codebook between encoder and decoder."""

    def __init__(self, straight=True):
        super().__init__()
        self.straight = straight
        self.encoder = nn.Sequential(nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 32))
        self.codebook = nn.Embedding(24, 8)
        self.decoder = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 256), nn.Tanh())

    def forward(self, x):
        z = self.encoder(x).view(-1, 4, 8)
        nearest = torch.cdist(z.flatten(0, 1), self.codebook.weight).argmin(1)
        q = self.codebook(nearest).view_as(z)
        vq = F.mse_loss(q, z.detach())
        if not self.straight:
            return self.decoder(q.flatten(1)), vq
        vq = vq + 0.25 * F.mse_loss(z, q.detach())
        return self.decoder((z + (q - z).detach()).flatten(1)), vq


def vq_vae(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Trained:
    """Reconstruction and the codebook's two terms."""
    torch.manual_seed(seed)
    x = digits().flatten(1)
    model = VQVAE(straight=sick != "no straight-through")
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def objective(img):
        recon, vq_loss = model(img)
        return F.mse_loss(recon, img) + vq_loss

    with train.watch(vqvae=model, optimizers=optimizer) as seen:
        for _, img in zip(range(steps), feed(x, 32), strict=False):
            optimizer.zero_grad()
            loss = objective(img)
            loss.backward()
            optimizer.step()
    given = {"real": x, "model": model, "losses": objective, "optimizers": optimizer}
    return Trained(given, seen.report())


class CollectionVAE(nn.Module):
    """The collection's: forward gives a list, loss_function takes it apart."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.LeakyReLU(), nn.Flatten()
        )
        self.fc_mu, self.fc_var = nn.Linear(1024, 16), nn.Linear(1024, 16)
        self.decoder_input = nn.Linear(16, 1024)
        self.decoder = nn.Sequential(
            nn.Unflatten(1, (16, 8, 8)), nn.ConvTranspose2d(16, 16, 4, 2, 1), nn.BatchNorm2d(16),
            nn.LeakyReLU(), nn.Conv2d(16, 1, 3, 1, 1), nn.Tanh(),
        )  # fmt: skip

    def encode(self, x):
        h = self.encoder(x)
        return [self.fc_mu(h), self.fc_var(h)]

    def decode(self, z):
        return self.decoder(self.decoder_input(z))

    def forward(self, x):
        mu, log_var = self.encode(x)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * log_var)
        return [self.decode(z), x, mu, log_var]

    def loss_function(self, recons, x, mu, log_var, M_N):
        kld = torch.mean(-0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp(), dim=1), dim=0)
        recon = F.mse_loss(recons, x)
        return {"loss": recon + M_N * kld, "Reconstruction_Loss": recon, "KLD": -kld}


def collection(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Trained:
    """A weight that undoes the mean over pixels, and a schedule."""
    torch.manual_seed(seed)
    x = digits()
    vae = CollectionVAE()
    weight = 1.0 if sick == "kld_weight 1" else 0.001
    optimizer = optim.Adam(vae.parameters(), lr=3e-3)
    gamma = 0.8 if sick == "scheduler each batch" else 0.998
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=gamma)

    def loss_of(img):
        return vae.loss_function(*vae(img), M_N=weight)

    with train.watch(vae=vae, optimizers=optimizer) as seen:
        for _, img in zip(range(steps), feed(x, 32), strict=False):
            optimizer.zero_grad()
            out = loss_of(img)
            out["loss"].backward()
            optimizer.step()
            scheduler.step()
    given = {"real": x, "model": vae, "losses": {"vae": loss_of}, "optimizers": optimizer}
    return Trained(given, seen.report())


# --------------------------------------------------------------------------------------- GANs


class UpGenerator(nn.Module):
    """Upsampling with batch norm."""

    def __init__(self, nz=16):
        super().__init__()
        self.init = nn.Sequential(nn.Linear(nz, 24 * 16), nn.Unflatten(1, (24, 4, 4)))
        self.main = nn.Sequential(
            nn.BatchNorm2d(24), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(24, 16, 3, 1, 1),
            nn.BatchNorm2d(16), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(16, 1, 3, 1, 1),
            nn.Tanh(),
        )  # fmt: skip

    def forward(self, noise):
        return self.main(self.init(noise))


def conv_critic():
    """Two convolutions and a line."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 24, 4, 2, 1),
        nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(384, 1),
    )  # fmt: skip


def fast_gan(seed: int, sick: str = "", how: str = "", steps: int = 160) -> Trained:
    """Hinge, and samples from averaged weights; their batch norm comes along, or not."""
    torch.manual_seed(seed)
    x = digits()
    netG, netD = UpGenerator(), conv_critic()
    average = copy.deepcopy(netG)
    optG = optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optD = optim.Adam(netD.parameters(), lr=5e-4, betas=(0.5, 0.999))

    def train_d(img):
        fake = netG(torch.randn(len(img), 16)).detach()
        return F.relu(1 - netD(img)).mean() + F.relu(1 + netD(fake)).mean()

    def train_g(img):
        return -netD(netG(torch.randn(len(img), 16))).mean()

    with train.watch(netG=netG, netD=netD, optimizers={"G": optG, "D": optD}) as seen:
        for _, img in zip(range(steps), feed(x, 32), strict=False):
            netD.zero_grad()
            train_d(img).backward()
            optD.step()
            netG.zero_grad()
            train_g(img).backward()
            optG.step()
            with torch.no_grad():
                for avg, p in zip(average.parameters(), netG.parameters(), strict=True):
                    avg.mul_(0.9).add_(p, alpha=0.1)
                if not sick:
                    for b, now in zip(average.buffers(), netG.buffers(), strict=True):
                        b.copy_(now)
    given = {
        "real": x, "generator": netG if how == "itself" else average, "critic": netD,
        "noise": lambda n: torch.randn(n, 16), "losses": {"D": train_d, "G": train_g},
        "optimizers": {"G": optG, "D": optD},
    }  # fmt: skip
    return Trained(given, seen.report())


class InfoHead(nn.Module):
    """Critic and guess of the code share their body."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(256, 96), nn.LeakyReLU(0.1))
        self.adv_layer, self.latent_layer = nn.Linear(96, 1), nn.Linear(96, 4)

    def forward(self, img):
        h = self.body(img.flatten(1))
        return self.adv_layer(h), self.latent_layer(h)


def info_gan(seed: int, sick: str = "", how: str = "", steps: int = 220) -> Trained:
    """Noise beside a code that the critic's second answer is to guess; three losses."""
    torch.manual_seed(seed)
    x = digits()
    generator = nn.Sequential(
        nn.Linear(20, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 256), nn.Tanh(),
        nn.Unflatten(1, (1, 16, 16)),
    )  # fmt: skip
    discriminator = InfoHead()
    twin = copy.deepcopy(generator)
    optimizer_G = optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizer_D = optim.Adam(discriminator.parameters(), lr=5e-4, betas=(0.5, 0.999))
    both = [*generator.parameters(), *discriminator.parameters()]
    optimizer_info = optim.Adam(both, lr=5e-4, betas=(0.5, 0.999))
    mse = nn.MSELoss()

    def latent(n):
        return torch.cat([torch.randn(n, 16), torch.rand(n, 4) * 2 - 1], 1)

    def d_loss(img):
        valid, _ = discriminator(img)
        fake, _ = discriminator(generator(latent(len(img))).detach())
        wrong = torch.ones_like(fake) if sick == "1 for both" else torch.zeros_like(fake)
        return (mse(valid, torch.ones_like(valid)) + mse(fake, wrong)) / 2

    def g_loss(img):
        valid, _ = discriminator(generator(latent(len(img))))
        return mse(valid, torch.ones_like(valid))

    optimizers = {"G": optimizer_G, "D": optimizer_D, "info": optimizer_info}
    with train.watch(
        generator=generator, discriminator=discriminator, optimizers=optimizers
    ) as seen:
        for _, img in zip(range(steps), feed(x, 32), strict=False):
            optimizer_G.zero_grad()
            g_loss(img).backward()
            optimizer_G.step()
            optimizer_D.zero_grad()
            d_loss(img).backward()
            optimizer_D.step()
            optimizer_info.zero_grad()
            z = latent(len(img))
            mse(discriminator(generator(z))[1], z[:, 16:]).backward()
            optimizer_info.step()
            with torch.no_grad():
                for a, b in zip(twin.parameters(), generator.parameters(), strict=True):
                    a.lerp_(b, 0.1)
    given = {
        "real": x, "generator": twin if sick == "twin without statistics" else generator,
        "critic": discriminator, "noise": latent,
        "losses": {"discriminator": d_loss, "generator": g_loss}, "optimizers": optimizers,
    }  # fmt: skip
    return Trained(given, seen.report())


class Recurrent(nn.Module):
    """Series from noise at every time, or one answer for a series."""

    def __init__(self, inp, out, last=False):
        super().__init__()
        self.rnn, self.fc, self.last = nn.GRU(inp, 24, batch_first=True), nn.Linear(24, out), last

    def forward(self, x):
        h = self.rnn(x)[0]
        return self.fc(h[:, -1] if self.last else h)


def series_gan(seed: int, sick: str = "", how: str = "", steps: int = 120) -> Trained:
    """Waves as series, [N, 16, 1]; recurrent networks for both."""
    torch.manual_seed(seed)
    x = (2 * waves()[:, ::2, None] - 1).contiguous()
    G, D = Recurrent(4, 1), Recurrent(1, 1, last=True)
    og, od = optim.Adam(G.parameters(), 2e-3), optim.Adam(D.parameters(), 1e-3)
    bce = nn.BCEWithLogitsLoss()

    def noise(n):
        return torch.randn(n, 16, 4)

    def loss_d(real):
        a, b = D(real), D(G(noise(len(real))).detach())
        return bce(a, torch.full_like(a, 0.9)) + bce(b, torch.zeros_like(b))

    def loss_g(real):
        b = D(G(noise(len(real))))
        return bce(b, torch.ones_like(b))

    with train.watch(G=G, D=D, optimizers={"G": og, "D": od}) as seen:
        for _, real in zip(range(steps), feed(x, 32), strict=False):
            od.zero_grad()
            loss_d(real).backward()
            od.step()
            og.zero_grad()
            loss_g(real).backward()
            og.step()
    given = {
        "real": x, "generator": G, "critic": D, "noise": noise,
        "losses": {"D": loss_d, "G": loss_g}, "optimizers": [og, od],
    }  # fmt: skip
    return Trained(given, seen.report())


STOPPED = "stopped_moving never_moves weights_without_optimizer"
MODES = "modes_differ batch_norm_never_updated statistics_never_update"
SICK = [
    ("no causal mask, or one without effect", "sees_the_future", [
        (lecture, "no tril"), (tutorial, "mask is None"), (tutorial, "a mask of -1e-9")]),
    ("the target is not shifted, or twice", "wrong_shift", [
        (lecture, "x for y"), (hub_lm, "shifted by hand too")]),
    ("the target has nothing to do with the input", "loss_of_a_constant", [
        (guided, "noise drawn again"), (context_mlp, "labels in another order")]),
    ("few steps with the betas of a thousand", "noise_too_weak", [
        (tiny_ddpm, "50 steps"), (guided, "100 steps")]),
    ("the step is dropped", "step_ignored", [
        (tiny_ddpm, "time times 0"), (guided, "time times 0")]),
    ("an average without its batch norm", MODES, [
        (fast_gan, "buffers left behind"), (info_gan, "twin without statistics")]),
    ("batches of one in batch norm", MODES, [(restore, "batches of one")]),
    ("the schedule is stepped at every batch", STOPPED, [
        (char_lstm, "decays each batch"), (collection, "scheduler each batch")]),
    ("half precision overflows", "stopped_moving not_finite never_moves", [
        (tiny_ddpm, "half overflows")]),
    ("a dead code", "dead_code loss_of_a_constant", [
        (cosines, "ReLU on the code"), (blog_ae, "rate of 0.5")]),
    ("the KL weighs too much", "posterior_collapse", [(collection, "kld_weight 1")]),
    ("no straight-through gradient", "gradient_does_not_reach no_gradient never_moves", [
        (vq_vae, "no straight-through")]),
    ("fake is labelled real", "labels_alike", [(info_gan, "1 for both")]),
]  # fmt: skip

HEALTHY = [
    (lecture, ""), (tutorial, ""), (char_lstm, ""), (hub_lm, ""), (context_mlp, ""),
    (masked_lm, ""), (tiny_ddpm, ""), (guided, ""), (guided, "v"), (wrapped, "l2"),
    (wrapped, "l1"), (karras, ""), (flow, ""), (blog_ae, ""), (cosines, ""), (tied, ""),
    (restore, ""), (vq_vae, ""), (collection, ""), (fast_gan, ""), (fast_gan, "itself"),
    (info_gan, ""), (series_gan, ""),
]  # fmt: skip


def fourth() -> list[Case]:
    """Set D, the sick ones first."""
    cases = [
        Held(f"D {build.__name__}: {sick}", partial(build, sick=sick), defect, (*meant.split(),))
        for defect, meant, planted in SICK
        for build, sick in planted
    ]
    for build, how in HEALTHY:
        options = {"how": how} if how else {}
        cases.append(
            Held(f"D {build.__name__}" + f": {how}" * bool(how), partial(build, **options))
        )
    return cases
