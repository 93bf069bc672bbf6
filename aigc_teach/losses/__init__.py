"""Losses as pure functions of tensors: a notebook can call them bare, a test compare them."""

from . import elbo, gan

__all__ = ["elbo", "gan"]
