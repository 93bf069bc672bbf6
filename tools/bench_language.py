"""Language models for `tools/bench.py`: training against nanoGPT's shape, the cache against none.

`PlainGPT` is written by hand in the shape of nanoGPT's small model (MIT, Karpathy 2022): fused
attention, no biases, one table for tokens and logits; `plain_gpt` trains it as its loop does.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_teach import data, models
from aigc_teach.core import make_generator
from bench_peers import Work, seeded

VOCABULARY, CONTEXT, WIDTH, HEADS, LAYERS, BATCH = 65, 64, 128, 4, 4, 12
SHAPE = f"GPT of nanoGPT's small recipe: {LAYERS} layers, width {WIDTH}, context {CONTEXT}"
PEER = "plain PyTorch (nanoGPT's loop)"
TOKENS = CONTEXT * BATCH  # of a step


class PlainAttention(nn.Module):
    """Causal self-attention with one matrix for queries, keys and values."""

    def __init__(self) -> None:
        super().__init__()
        self.c_attn = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.c_proj = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        n, t, c = x.shape
        q, k, v = (
            part.view(n, t, HEADS, c // HEADS).transpose(1, 2)
            for part in self.c_attn(x).split(WIDTH, dim=2)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(n, t, c))


class PlainBlock(nn.Module):
    """Attention, then two layers with GELU between; both add to the stream."""

    def __init__(self) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = (nn.LayerNorm(WIDTH, bias=False) for _ in range(2))
        self.attn = PlainAttention()
        self.c_fc = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.c_proj = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.c_proj(F.gelu(self.c_fc(self.ln_2(x))))


class PlainGPT(nn.Module):
    """Tokens ``[N, T]`` to logits ``[N, T, V]``."""

    def __init__(self) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.h = nn.Sequential(*(PlainBlock() for _ in range(LAYERS)))
        self.ln_f = nn.LayerNorm(WIDTH, bias=False)
        for weight in self.parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1], device=tokens.device))
        return F.linear(self.ln_f(self.h(x)), self.wte.weight)


def text() -> Tensor:
    """100,000 tokens: what they are does not change the time."""
    return torch.randint(VOCABULARY, (100_000,), generator=make_generator(0))


def plain_gpt(device: torch.device) -> Work:
    """Train `PlainGPT` as nanoGPT does: windows from anywhere, AdamW, gradients clipped."""
    tokens = text()

    def work(steps: int) -> None:
        model = seeded(PlainGPT).to(device)
        adam = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
        for _ in range(steps):
            starts = torch.randint(len(tokens) - CONTEXT, (BATCH,))
            x = torch.stack([tokens[i : i + CONTEXT] for i in starts]).to(device)
            y = torch.stack([tokens[i + 1 : i + 1 + CONTEXT] for i in starts]).to(device)
            loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            adam.zero_grad(set_to_none=True)

    return work


def our_gpt() -> models.GPT:
    """The package's GPT of the same sizes."""
    return models.GPT(VOCABULARY, context=CONTEXT, width=WIDTH, heads=HEADS, layers=LAYERS)


def our_batches() -> data.Batches:
    """Windows of the same text, as many a step."""
    return data.Batches(text().unfold(0, CONTEXT, 1), batch_size=BATCH)


def writing(cache: bool, *, tokens: int = 256) -> Work:
    """Write so many tokens, from nothing, as often as `steps` says."""
    model = models.GPT(VOCABULARY, context=tokens + 1, width=WIDTH, heads=HEADS, layers=LAYERS)

    def work(steps: int) -> None:
        for _ in range(steps):
            nothing = torch.zeros(1, 0, dtype=torch.int64)
            for _text in model.eval().generate(nothing, tokens, cache=cache):
                pass

    return work
