"""Small networks that predict, each with a slip that can be planted: text, diffusion, pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_teach import train
from train.strangers import pictures, ring

WORDS = 11


def text(rows: int = 128, length: int = 12) -> Tensor:
    """Rows of tokens in which the next one mostly follows from the one before, [rows, length]."""
    draw = torch.Generator().manual_seed(3)
    row = [torch.randint(WORDS, (rows,), generator=draw)]
    for _ in range(length - 1):
        step = torch.randint(1, 3, (rows,), generator=draw)
        row.append((row[-1] * 3 + step) % WORDS)
    return torch.stack(row, dim=1)


class Attends(nn.Module):
    """One block of attention, [N, T] -> [N, T, V]."""

    def __init__(self, causal: bool = True):
        super().__init__()
        self.causal = causal
        self.embed, self.place = nn.Embedding(WORDS, 24), nn.Embedding(32, 24)
        self.attend = nn.MultiheadAttention(24, 2, batch_first=True)
        self.more = nn.Sequential(nn.LayerNorm(24), nn.Linear(24, 48), nn.ReLU(), nn.Linear(48, 24))
        self.decoder = nn.Linear(24, WORDS)  # as people call it; it is no autoencoder's

    def forward(self, ids: Tensor) -> Tensor:
        length = ids.shape[1]
        h = self.embed(ids) + self.place(torch.arange(length))
        mask = torch.ones(length, length).triu(1).bool() if self.causal else None
        h = h + self.attend(h, h, h, attn_mask=mask, need_weights=False)[0]
        return self.decoder(h + self.more(h))


class Remembers(nn.Module):
    """A recurrent network with time in front, [T, N] -> ([T, N, V], state)."""

    def __init__(self, both: bool = False):
        super().__init__()
        self.encoder = nn.Embedding(WORDS, 24)
        self.rnn = nn.GRU(24, 32, bidirectional=both)
        self.decoder = nn.Linear(64 if both else 32, WORDS)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        h, state = self.rnn(self.encoder(ids))
        return self.decoder(h), state


class WithLoss(nn.Module):
    """A model that computes its own loss, and shifts the labels itself."""

    def __init__(self, causal: bool = True):
        super().__init__()
        self.transformer = Attends(causal)

    def forward(self, input_ids: Tensor, labels: Tensor) -> dict[str, Tensor]:
        logits, target = self.transformer(input_ids), labels[:, 1:].flatten()
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), target, ignore_index=-100)
        return {"loss": loss, "logits": logits}


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Of [N, T, V] and [N, T]."""
    return F.cross_entropy(logits.flatten(0, 1), target.flatten())


def words_loss(net: nn.Module, slip: str = ""):
    """The loss of a row of tokens, with its shift."""

    def loss(x: Tensor) -> Tensor:
        if isinstance(net, WithLoss):
            labels = x.masked_fill(torch.arange(x.shape[1]) > 8, -100)  # as where padding is
            if slip == "twice":
                labels = labels.roll(-1, 1).masked_fill(torch.arange(x.shape[1]) > 7, -100)
            return net(input_ids=x, labels=labels)["loss"]
        if isinstance(net, Remembers):
            logits = net(x[:, :-1].t())[0]  # [T - 1, N, V]
            target = x[:, :-1] if slip == "same" else x[:, 1:]
            return F.cross_entropy(logits.flatten(0, 1), target.t().flatten())
        logits = net(x)
        if slip == "same":
            return cross_entropy(logits, x)
        if slip == "back":
            return cross_entropy(logits[:, 1:], x[:, :-1])
        if slip == "twice":
            return cross_entropy(logits[:, :-2], x[:, 2:])
        if slip == "unrelated":
            return cross_entropy(logits[:, :-1], torch.randint(WORDS, x[:, 1:].shape))
        return cross_entropy(logits[:, :-1], x[:, 1:])

    return loss


class Denoiser(nn.Module):
    """A dense noise predictor for points or small pictures."""

    def __init__(self, size: int, blind: bool = False):
        super().__init__()
        self.blind = blind
        self.net = nn.Sequential(
            nn.Linear(size + 1, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, size)
        )

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        t = t.view(-1, 1).float() * (0 if self.blind else 1)
        return self.net(torch.cat([x.flatten(1), t / 100], dim=1)).view_as(x)


def noise_loss(net: nn.Module, slip: str = "", steps: int = 1000, kind: str = "noise"):
    """The loss of a noise predictor, of a flow, or of one that is given the step as a column."""
    abar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, steps), dim=0)

    def loss(x: Tensor) -> Tensor:
        eps, shape = torch.randn_like(x), (-1, *[1] * (x.ndim - 1))
        if kind == "flow":
            t = torch.rand(len(x))
            s = t.view(shape)
            return F.mse_loss(net((1 - s) * x + s * eps, 100 * t), eps - x)
        t = torch.randint(steps, (len(x),))
        a = abar[t].view(shape)
        noisy = a.sqrt() * x + (1 - a).sqrt() * eps
        target = torch.randn_like(x) if slip == "another noise" else eps
        if kind == "column":
            return F.mse_loss(net(torch.cat([noisy, t[:, None] / steps], dim=1)), target)
        return F.mse_loss(net(noisy, t), target)

    return loss


def fit(net: nn.Module, loss, x: Tensor, steps: int = 220, lr: float = 3e-3, size: int = 32):
    """Train for a moment: the arguments for the diagnosis, and the report of the watch."""
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    with train.watch(net=net, optimizers=opt) as seen:
        for _ in range(steps):
            opt.zero_grad()
            value = loss(x[torch.randint(len(x), (size,))])
            value.backward()
            opt.step()
            seen.step(value)
    return {"real": x, "model": net, "losses": loss, "optimizers": opt}, seen.report()


def data_of(name: str) -> Tensor:
    """Points or flat pictures."""
    return ring() if name == "points" else pictures().flatten(1)
