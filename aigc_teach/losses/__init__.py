"""Losses as pure functions of tensors: a notebook can call them bare, a test compare them."""

from . import (
    bound,
    contrastive,
    diffusion,
    divergence,
    elbo,
    flow,
    game,
    gan,
    likelihood,
    patches,
    penalty,
    sequence,
    transport,
)

__all__ = [
    "bound",
    "contrastive",
    "diffusion",
    "divergence",
    "elbo",
    "flow",
    "game",
    "gan",
    "likelihood",
    "patches",
    "penalty",
    "sequence",
    "transport",
]
