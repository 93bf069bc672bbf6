"""Instruments that live in the page: drawing, and even decoding, needs no kernel.

Player
    Scrubs a sample coming to be, or a training, frame by frame.
LatentExplorer
    Drag a point in the latent plane, see the decoded image at once.
TrainingMonitor
    A callback that shows curves, newest samples and the time left while `fit` runs.

Names are resolved when first used, so that importing the package loads no ipywidgets.
"""

from __future__ import annotations

import importlib

_HOMES = {
    "LatentExplorer": "explorer",
    "Player": "player",
    "TrainingMonitor": "monitor",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
