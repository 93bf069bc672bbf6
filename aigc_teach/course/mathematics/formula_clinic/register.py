"""All 65 formulas in one list, numbered."""

from __future__ import annotations

from dataclasses import replace

from . import bound, coding, gan_gradients, losses, maps, updates, vae_gradients

GROUPS = {
    "losses": "losses of the two players",
    "maps": "functions and domains",
    "coding": "encoder and decoder",
    "reconstruction": "reconstruction",
    "kl": "KL",
    "bound": "the bound",
    "gan_gradients": "gradients of the GAN",
    "vae_gradients": "gradients of the VAE",
    "updates": "the game and its updates",
}
_MODULES = (losses, maps, coding, bound, gan_gradients, vae_gradients, updates)
_UNNUMBERED = [formula for module in _MODULES for formula in module.ENTRIES]

FORMULAS = tuple(replace(formula, number=i) for i, formula in enumerate(_UNNUMBERED, start=1))
