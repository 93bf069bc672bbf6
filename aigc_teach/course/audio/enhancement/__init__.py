"""What the lesson on enhancement needs: ways to spoil a sound, and ways to clean it."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .cleaning import (
    FLOOR,
    HOP,
    LEAD_FRAMES,
    WINDOW,
    MaskNet,
    back,
    network,
    new_net,
    spectrum,
    subtraction,
    wiener,
)
from .spoiling import (
    LEAD,
    RATE,
    SEEN,
    UNSEEN,
    Scene,
    clip,
    narrow,
    noise,
    scene,
    tune,
    utterances,
)

__all__ = [
    "FLOOR",
    "HOP",
    "LEAD",
    "LEAD_FRAMES",
    "MaskNet",
    "RATE",
    "SEEN",
    "Scene",
    "UNSEEN",
    "WINDOW",
    "back",
    "clip",
    "narrow",
    "network",
    "new_net",
    "noise",
    "scene",
    "spectrum",
    "subtraction",
    "tune",
    "utterances",
    "wiener",
]
