"""The lesson on pictures from words: its exercises and questions."""

from . import exercises as _exercises  # noqa: F401  (registers them)
