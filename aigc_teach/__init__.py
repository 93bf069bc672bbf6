"""aigc_teach: a small library of generative models that all speak one contract.

Every public name is resolved on first use, so ``import aigc_teach`` takes
milliseconds and loads neither torch nor matplotlib nor ipywidgets.
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

_SUBPACKAGES = (
    "core",
    "course",
    "data",
    "lab",
    "losses",
    "metrics",
    "models",
    "nn",
    "train",
    "viz",
    "widgets",
    "zoo",
)

_NAMES = {
    "DCGAN": "models",
    "GAN": "models",
    "VAE": "models",
    "ConvVAE": "models",
    "Diffusion": "models",
    "GenerativeModel": "core",
    "Labelled": "core",
    "Loss": "core",
    "TrainConfig": "train",
    "fit": "train",
}

__all__ = ["__version__", *_SUBPACKAGES, *_NAMES]


def __getattr__(name: str):
    """Import a subpackage, or take a name out of its subpackage, on first use (PEP 562)."""
    if name in _SUBPACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _NAMES:
        home = importlib.import_module(f"{__name__}.{_NAMES[name]}")
        value = globals()[name] = getattr(home, name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Everything public, loaded yet or not."""
    return sorted({*globals(), *__all__})
