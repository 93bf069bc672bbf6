"""SceneWriter: write a sentence, or press its words, and watch the picture appear.

The net runs in the page, so the writer is alive in the static book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets
from torch import nn

from ..core.errors import DataError, RangeError, check_count, check_number
from .base import PageWidget, page_script
from .export_words import export_word_unet

CSS = """
.aigc-scene-words { display: flex; gap: 0.5rem; flex-wrap: wrap; align-items: baseline; }
.aigc-scene-words input { flex: 1 1 16rem; font: inherit; padding: 0.35rem 0.5rem; min-width: 0; }
.aigc-scene-chips { display: flex; flex-wrap: wrap; gap: 0.25rem; margin: 0.4rem 0; }
.aigc-scene-chips .aigc-choices-name { min-width: 5.5rem; }
.aigc .aigc-scene-chips .aigc-button { padding: 0.25rem 0.6rem; }
.aigc .aigc-scene-chips .aigc-button[aria-pressed="true"] {
  background: var(--aigc-accent);
  border-color: var(--aigc-accent);
  color: #fff;
}
.aigc-scene-row { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0.75rem 0; }
.aigc-scene-told { display: block; min-height: 1.5em; font-weight: 550; }
"""
PICTURES = 3  # drawn at once, from different noise


class SceneWriter(PageWidget):
    """A line to write a sentence in, its words as buttons, and the pictures that come of it.

    Unknown words are named, and nothing is drawn. A word of the sentence can be pressed: the
    pictures then show where the net looks at it.

    Parameters
    ----------
    net : nn.Module
        A trained `nn.WordUNet`; at most 1 MB as float16.
    vocabulary : sequence of str
        All words, in the order of their numbers; the first two are padding and the begin sign.
    chips : mapping of str to sequence of str
        Names of rows of buttons, and the words on them.
    sentence : str
        What is written at first.
    guidance : float
        From 1 to 8.
    steps : int
        Of Euler's method, 2 to 40.
    untrained : sequence of str
        Known words that no training sentence held; the page says so where they are used.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run the net or a setting is impossible.
    """

    _esm = page_script("core", "controls", "network", "timed", "word_unet", "scene_writer")
    _css = PageWidget._css + CSS

    plan = traitlets.Dict().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # float16
    vocabulary = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chips = traitlets.List().tag(sync=True)
    untrained = traitlets.List(traitlets.Unicode()).tag(sync=True)
    first = traitlets.Unicode().tag(sync=True)  # where "back" returns to
    steps = traitlets.Int(12).tag(sync=True)
    # what the learner changes
    sentence = traitlets.Unicode().tag(sync=True)
    guidance = traitlets.Float(3.0).tag(sync=True)
    noise = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        net: nn.Module,
        *,
        vocabulary: Sequence[str],
        chips: Mapping[str, Sequence[str]],
        sentence: str,
        guidance: float = 3.0,
        steps: int = 12,
        untrained: Sequence[str] = (),
        title: str = "Write a sentence",
        alt: str | None = None,
    ):
        page = export_word_unet(net)
        known = page.plan["encoder"]["words"]
        if len(vocabulary) != known:
            raise DataError(f"The net knows {known} words; the vocabulary has {len(vocabulary)}.")
        words = [word for row in chips.values() for word in row] + list(untrained)
        words += sentence.lower().replace(",", " ").split()
        lost = [word for word in dict.fromkeys(words) if word not in vocabulary[2:]]
        if lost:
            raise DataError(f"Unknown words: {', '.join(lost)}. They are not in the vocabulary.")
        if not 1 <= check_number("guidance", guidance) <= 8:
            raise RangeError(f"guidance={guidance} must lie from 1 to 8.")
        super().__init__(
            plan=page.plan,
            weights=page.weights,
            vocabulary=list(vocabulary),
            chips=[[name, list(row)] for name, row in chips.items()],
            untrained=list(untrained),
            first=sentence,
            sentence=sentence,
            guidance=float(guidance),
            steps=check_count("steps", steps, at_least=2, at_most=40),
            title=title,
            alt=alt or f"A line for sentences of {known - 2} words, and {PICTURES} drawn scenes.",
        )
