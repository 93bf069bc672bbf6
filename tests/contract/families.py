"""One row for each family: how to build it small, and a batch it takes.

A new family joins the course's contract suite by adding its row here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_teach.core import GenerativeModel, Labelled, make_generator
from aigc_teach.models import (
    DCGAN,
    GAN,
    GPT,
    VAE,
    VQVAE,
    AttributeVAE,
    Autoencoder,
    CharRNN,
    ConvVAE,
    Diffusion,
    Flow,
    PointerGenerator,
    StyleGAN,
    TableVAE,
    TextVAE,
    TileVAE,
    Translator,
)
from aigc_teach.nn import WordUNet


def images(n: int, seed: int = 0) -> Tensor:
    """Random pictures in [-1, 1] with some structure: a bright square in a random place."""
    g = make_generator(seed)
    x = torch.full((n, 1, 28, 28), -1.0)  # [N, 1, 28, 28]
    for picture, (top, left) in zip(x, torch.randint(4, 12, (n, 2), generator=g), strict=True):
        picture[0, top : top + 10, left : left + 10] = 1.0
    return x


def colour(n: int, seed: int = 0) -> Tensor:
    """The same in one of three colours, 32x32."""
    x = torch.nn.functional.pad(images(n, seed), (2, 2, 2, 2), value=-1.0).repeat(1, 3, 1, 1)
    tint = torch.randint(0, 3, (n,), generator=make_generator(seed))
    x[torch.arange(n), tint] = -1.0
    return x  # [N, 3, 32, 32]


def labelled(n: int, seed: int = 0) -> Labelled:
    g = make_generator(seed)
    return Labelled(images(n, seed), torch.randint(0, 10, (n,), generator=g))


def described(n: int, seed: int = 0) -> Labelled:
    """Pictures with a table of one amount and one choice among three names."""
    g = make_generator(seed)
    table = torch.rand(n, 2, generator=g)
    return Labelled(colour(n, seed), torch.stack([table[:, 0], (3 * table[:, 1]).floor()], dim=1))


def told(n: int, seed: int = 0) -> Labelled:
    """Coloured squares, each with one of four sentences."""
    g = make_generator(seed)
    return Labelled(colour(n, seed), torch.randint(0, 4, (n,), generator=g))


def word_flow() -> Flow:
    """A flow that is told a sentence: a label is its number."""
    table = torch.tensor([[1, 2, 0], [1, 3, 0], [1, 2, 3], [1, 3, 2]])
    net = WordUNet((3, 32, 32), table, vocabulary=4, width=8, depth=1, context=8)
    return Flow((3, 32, 32), n_classes=4, net=net, sample_steps=2, guidance=2.0)


def ring(n: int, seed: int = 0) -> Tensor:
    g = make_generator(seed)
    angle = 2 * torch.pi * torch.rand(n, generator=g)
    points = torch.stack([angle.cos(), angle.sin()], dim=1)  # [N, 2]
    return points + 0.05 * torch.randn(n, 2, generator=g)


def counting(n: int, seed: int = 0) -> Tensor:
    """Texts that count upwards from anywhere, in five tokens: 3 4 0 1 2 3."""
    first = torch.randint(0, 5, (n, 1), generator=make_generator(seed))
    return (first + torch.arange(6)) % 5  # [N, 6]


def counting_to_zero(n: int, seed: int = 0) -> Tensor:
    """The same, with nothing but zeros after the first."""
    lines = counting(n, seed)
    return lines.masked_fill((lines == 0).cumsum(1) > 0, 0)


def backwards(n: int, seed: int = 0) -> Labelled:
    """Sources of four tokens out of 2, 3, 4 and an end; targets: the same backwards."""
    g = make_generator(seed)
    body = torch.randint(2, 5, (n, 4), generator=g)
    end = torch.ones(n, 1, dtype=torch.int64)
    return Labelled(torch.cat([body.flip(1), end], 1), torch.cat([body, end], 1))


def records(n: int, seed: int = 0) -> Tensor:
    """Rows of two numbers that rise together and a category that says which end they are at."""
    g = make_generator(seed)
    z, eps = torch.randn(n, generator=g), torch.randn(n, generator=g)
    code = (z > 0).float() + (z > 1).float()
    return torch.stack([3 + z, 0.8 * z + 0.6 * eps - 3, code], dim=1)  # [N, 3]


def streaming() -> CharRNN:
    """A model in the middle of its streams."""
    model = CharRNN(5, width=16, length=6, layers=2, streams=16, forget=0.5)
    model.last.fill_(0.1)
    return model


def tile_maps(n: int, seed: int = 0) -> Tensor:
    """Maps of three tiles: ground below a height, air above, one mark on it."""
    g = make_generator(seed)
    heights = torch.randint(1, 4, (n, 1, 1), generator=g)
    maps = (torch.arange(4)[:, None] >= heights).long().repeat(1, 1, 6)  # [N, 4, 6]
    maps[torch.arange(n), heights.flatten() - 1, 2] = 2
    return maps


def small_vq_vae(**settings) -> VQVAE:
    sizes = {"codes": 8, "size": 4, "width": 4, "spread": 0.3, "restart": 0.0}
    return VQVAE(**sizes, prior_width=16, prior_heads=2, prior_layers=1, **settings)


@dataclass(frozen=True)
class Family:
    name: str
    build: Callable[[], GenerativeModel]
    batch: Callable[..., Tensor | Labelled]
    low: float | None = -1.0  # stated range of the samples, None where there is none
    high: float | None = 1.0
    steps: int = 150  # enough for the error to halve, on any of a few seeds
    draws: bool = True  # whether the loss draws random numbers
    rows: int = 64  # of a batch in training
    prompts: bool = False  # whether a condition is the beginning of the sample


FAMILIES = [
    Family("vae", lambda: VAE(latent_size=2, hidden=(64,)), images),
    Family(
        "vae_vectors",
        lambda: VAE((2,), latent_size=2, hidden=(32,), likelihood="gaussian", sigma=0.1),
        ring,
        low=None,
        high=None,
        steps=400,
    ),
    Family("autoencoder", lambda: Autoencoder(latent_size=4), images, None, None, draws=False),
    Family("denoising", lambda: Autoencoder((2,), 2, (64,), noise=0.1), ring, None, None, 400),
    Family("conv_vae", lambda: ConvVAE(latent_size=4, width=4), images),
    Family("conv_vae_labels", lambda: ConvVAE(latent_size=4, width=4, n_classes=10), labelled),
    Family("attribute_vae", lambda: AttributeVAE(latent_size=4, width=4), colour),
    Family(
        "attribute_vae_told",
        lambda: AttributeVAE(
            amounts=1, choices=(3,), latent_size=4, width=4, beta=2.0, independence=10.0
        ),
        described,
    ),
    Family(
        "table_vae",
        lambda: TableVAE((0, 0, 3), latent_size=2, hidden=(32,)),
        records,
        low=None,
        high=None,
    ),
    Family(
        "tile_vae",
        lambda: TileVAE(3, shape=(4, 6), latent_size=4, hidden=(64,)),
        tile_maps,
        low=0,
        high=2,
        steps=300,
    ),
    *(  # without restarts: its prior draws nothing; those are tested in tests/models/test_vq_vae.py
        Family(name, lambda kw=kw: small_vq_vae(**kw), batch, draws=False)
        for name, batch, kw in (
            ("vq_vae", images, {}),
            ("vq_vae_gradient", images, {"update": "gradient"}),
            ("vq_vae_labels", labelled, {"n_classes": 10}),
        )
    ),
    Family("gan_points", lambda: GAN((2,), latent_size=2, hidden=(64, 64)), ring, None, None, 800),
    Family(
        "wgan_gp",  # one turn each: with a heavy penalty the critic is slow to move
        lambda: GAN(
            (2,),
            latent_size=2,
            hidden=(64, 64),
            loss="wasserstein",
            penalty="gradient",
            penalty_weight=0.1,
        ),
        ring,
        None,
        None,
        800,
    ),
    Family(
        "gan_spectral",
        lambda: GAN((2,), latent_size=2, hidden=(64, 64), loss="hinge", spectral_norm=True),
        ring,
        None,
        None,
        800,
    ),
    Family(
        "gan_minibatch",
        lambda: GAN((2,), latent_size=2, hidden=(64, 64), minibatch_statistic=True),
        ring,
        None,
        None,
        800,
    ),
    Family("gan_images", lambda: GAN(latent_size=8, hidden=(64,)), images),
    Family("dcgan", lambda: DCGAN(latent_size=8, width=8), images, steps=80),
    Family("dcgan_labels", lambda: DCGAN(latent_size=8, width=8, n_classes=10), labelled, steps=80),
    Family(
        "dcgan_colour",
        lambda: DCGAN((3, 32, 32), latent_size=8, width=8, penalty="r1"),
        colour,
        steps=60,
    ),
    Family(
        "style_gan",
        lambda: StyleGAN(
            (3, 32, 32), latent_size=8, style_size=16, channels=(24, 16, 12, 8), critic_width=8
        ),
        colour,
        steps=80,
    ),
    Family(
        "diffusion_points",
        lambda: Diffusion((2,), width=64, depth=2, sampler="heun", sample_steps=8),
        ring,
        None,
        None,
        400,
    ),
    Family("diffusion", lambda: Diffusion(width=8, depth=1, sample_steps=4), images, steps=80),
    Family(
        "diffusion_labels",
        lambda: Diffusion(
            width=8, depth=1, n_classes=10, sampler="ddpm", sample_steps=4, guidance=2.0
        ),
        labelled,
        steps=80,
    ),
    Family(
        "flow_points", lambda: Flow((2,), width=64, depth=2, target="eps"), ring, None, None, 400
    ),
    Family("flow", lambda: Flow(width=8, depth=1, sample_steps=2, solver="midpoint"), images),
    Family(
        "flow_labels",
        lambda: Flow(width=8, depth=1, n_classes=10, solver="euler", sample_steps=4, guidance=2.0),
        labelled,
    ),
    Family("flow_words", word_flow, told),
    *(
        Family(
            cell,
            lambda cell=cell: CharRNN(5, cell=cell, width=16, length=6, tied=cell != "gru"),
            counting,
            low=0,
            high=4,
            draws=False,
            prompts=True,
        )
        for cell in ("rnn", "gru", "lstm")
    ),
    Family(
        "lstm_streams",
        streaming,
        counting,
        low=0,
        high=4,
        rows=16,
        prompts=True,
    ),
    *(
        Family(
            f"gpt_{positions}",
            lambda p=positions: GPT(
                5, context=6, width=16, heads=2, layers=1, positions=p, tied=p != "rotary"
            ),
            counting,
            low=0,
            high=4,
            draws=False,
            prompts=True,
        )
        for positions in ("learnt", "sinusoidal", "rotary")
    ),
    Family(
        "text_vae", lambda: TextVAE(5, length=6, latent_size=4, width=16), counting, low=0, high=4
    ),
    Family(
        "text_vae_cured",  # every argument in use, and lines that end early
        lambda: TextVAE(
            5, length=6, end=0, latent_size=4, width=16, free_bits=0.1, word_dropout=0.3
        ),
        counting_to_zero,
        low=0,
        high=4,
        steps=300,
    ),
    *(
        Family(
            f"translator_{name}",
            lambda how=how: Translator(
                8, 8, length=5, width=16, heads=2, examples=backwards(64).condition, **how
            ),
            backwards,
            low=0,
            high=7,
            draws=False,
        )
        for name, how in (
            ("attention", {}),
            ("one_vector", {"looks": False}),
            ("transformer", {"kind": "transformer"}),
            ("rotary", {"kind": "transformer", "positions": "rotary"}),
        )
    ),
    *(
        Family(
            f"pointer_generator_{name}",
            lambda how=how: PointerGenerator(
                length=5, width=16, examples=backwards(64).condition, **how
            ),
            backwards,
            low=0,
            high=7,
            draws=False,
        )
        for name, how in (
            ("copies", {"known": 4, "extra": 4}),
            ("vocabulary", {"known": 8, "extra": 0, "copies": False}),
        )
    ),
]
