"""The dialogue lesson: questions written by hand, a made-up shop, a word model, exercises."""

from . import asked, shop, speaking
from . import exercises as _exercises  # noqa: F401  (registers them)

__all__ = ["asked", "shop", "speaking"]
