"""What the lesson on subtitles needs: a clip that speaks, its Chinese lines, ways to cut cues."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .chinese import chinese
from .clip import (
    BANDS,
    FPS,
    HOP,
    RATE,
    WINDOW,
    Clip,
    Said,
    by_letters,
    clip,
    film,
    levels,
    loudness,
    word_samples,
    word_times,
)
from .segmenting import (
    Judged,
    at_edges,
    best_cues,
    best_edges,
    cost_of,
    cue_of,
    greedy,
    judge,
    lines_of,
)

__all__ = [
    "BANDS",
    "Clip",
    "FPS",
    "HOP",
    "Judged",
    "RATE",
    "Said",
    "WINDOW",
    "at_edges",
    "best_cues",
    "best_edges",
    "by_letters",
    "chinese",
    "clip",
    "cost_of",
    "cue_of",
    "film",
    "greedy",
    "judge",
    "levels",
    "lines_of",
    "loudness",
    "word_samples",
    "word_times",
]
