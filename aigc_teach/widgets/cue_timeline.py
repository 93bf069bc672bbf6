"""CueTimeline: a wave, words and cues; drag an edge, and see error and reading speed change.

Nothing plays before it is asked to. The page holds samples, words and cues and counts the broken
rules itself, so it works in the static book.
"""

from __future__ import annotations

from collections.abc import Sequence

import traitlets
from torch import Tensor

from ..core.errors import DataError, DtypeError, ShapeError, check_count, check_number
from ..core.film import check_cues
from .base import PageWidget, packed, page_script
from .sound_player import page_samples

RULES = ("speed", "width", "lines", "shortest", "longest", "gap")
MOST_ITEMS = 400
REMEDY = "Give a part of it, or resample it to 8,000 a second."


class CueTimeline(PageWidget):
    """Words where an aligner put them, the truth, and cues, under the wave that they belong to.

    Left and right move the chosen edge by 10 milliseconds, up and down choose another edge; the
    mouse drags. For the chosen edge stand the error against the truth, the reading speed of its
    cue and the rules that it breaks; and for all words and cues their sums.

    Parameters
    ----------
    wave : Tensor
        Floating point ``[T]``; at most 160,000 samples, kept on the mu-law scale of 8 bits.
    rate : int
        Samples a second; from 8,000 to 48,000.
    words, cues : sequence of (start, end, text)
        Seconds; at least one of each, at most 400.
    truth : sequence of (start, end)
        The true times of the words, one pair for each.
    rules : named tuple
        With ``speed``, ``width``, ``lines``, ``shortest``, ``longest`` and ``gap``, as
        `metrics.Rules` has them.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, for what cannot be shown.

    Examples
    --------
    >>> import torch
    >>> from aigc_teach.metrics import Rules
    >>> timeline = CueTimeline(
    ...     torch.zeros(8000), rate=8000, words=[(0.1, 0.5, "rain")], truth=[(0.1, 0.4)],
    ...     cues=[(0.1, 1.0, "rain")], rules=Rules(),
    ... )
    >>> timeline.words, timeline.rules["speed"]
    ([[0.1, 0.5, 'rain']], 17.0)
    """

    _esm = page_script("core", "chart", "controls", "speaker", "cue_timeline")
    _css = PageWidget._css + (
        ".aigc-cue-timeline .aigc-icon { width: 2.5rem; height: 2.5rem; flex: none; }"
        ".aigc-cue-timeline .aigc-bar { row-gap: 0.35rem; }"
        ".aigc-cue-timeline .aigc-stage { margin-top: 0.5rem; }"
    )

    wave = traitlets.Bytes(b"").tag(sync=True)
    rate = traitlets.Int(16_000).tag(sync=True)
    truth = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    rules = traitlets.Dict().tag(sync=True)
    # what the learner changes; written back when things come to rest
    words = traitlets.List(traitlets.List()).tag(sync=True)
    cues = traitlets.List(traitlets.List()).tag(sync=True)
    row = traitlets.Enum(("words", "cues"), "words").tag(sync=True)
    edge = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        wave: Tensor,
        *,
        rate: int,
        words: Sequence[Sequence],
        truth: Sequence[Sequence[float]],
        cues: Sequence[Sequence],
        rules: tuple,
        title: str = "Words and cues",
        alt: str | None = None,
    ):
        check_count("rate", rate, at_least=8_000, at_most=48_000)
        sound = page_samples(wave, "timeline", REMEDY)
        spoken, shown = (
            check_cues(items, f"of {name!r}", written=False)
            for name, items in (("words", words), ("cues", cues))
        )
        for name, items in (("words", spoken), ("cues", shown)):
            if not 1 <= len(items) <= MOST_ITEMS:
                raise DataError(f"There are {len(items)} {name}; it must be 1 to {MOST_ITEMS}.")
        if len(truth) != len(spoken):
            raise ShapeError(f"There are {len(spoken)} words and {len(truth)} true times.")
        if any(len(pair) != 2 for pair in truth):
            raise ShapeError("Each true time must be a start and an end.")
        if not all(hasattr(rules, name) for name in RULES):
            raise DtypeError(f"rules must have {', '.join(RULES)}, as metrics.Rules has.")
        super().__init__(
            wave=packed(sound),
            rate=rate,
            truth=[[float(start), float(end)] for start, end in truth],
            rules={name: check_number(name, getattr(rules, name)) for name in RULES},
            words=[list(word) for word in spoken],
            cues=[list(cue) for cue in shown],
            title=title,
            alt=alt
            or f"A wave of {len(sound) / rate:.1f} seconds, {len(spoken)} words under it with "
            f"their true times, and {len(shown)} cues.",
        )
