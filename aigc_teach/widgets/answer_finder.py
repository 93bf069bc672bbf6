"""AnswerFinder: ask short notes a question, see the passage that is found, and refuse below a line.

The counting itself runs in the page, so that it answers without a kernel, also in the static book.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import traitlets

from ..core.errors import AigcError, check_number, check_text
from .base import PageWidget, packed_bytes, page_script

CSS = """
.aigc-finder-form { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.aigc-finder-form label { flex: 1 1 16rem; display: flex; flex-direction: column; }
.aigc-finder-form input {
  font: inherit;
  color: inherit;
  background: transparent;
  border: 1px solid currentColor;
  border-radius: 0.25rem;
  padding: 0.4rem 0.5rem;
  min-width: 0;
}
.aigc-finder-form button { align-self: end; }
.aigc-finder-answer {
  border-left: 4px solid #0072b2;
  padding: 0.4rem 0.8rem;
  margin: 0.8rem 0;
  overflow-wrap: anywhere;
}
.aigc-finder-answer.aigc-finder-none { border-left: 4px dashed #d55e00; }
.aigc-finder-answer p { margin: 0.2rem 0; }
.aigc-finder-list { list-style: none; margin: 0.5rem 0; padding: 0; }
.aigc-finder-list li { margin: 0.35rem 0; overflow-wrap: anywhere; }
.aigc-finder-bar { position: relative; height: 0.6rem; border: 1px solid currentColor; }
.aigc-finder-fill { height: 100%; background: #0072b2; }
.aigc-finder-below .aigc-finder-fill {
  background: repeating-linear-gradient(135deg, #d55e00 0 3px, transparent 3px 6px);
}
.aigc-finder-line { position: absolute; top: -0.25rem; bottom: -0.25rem; border-left: 2px solid; }
"""
MOST = 20.0  # the threshold slider's end


class AnswerFinder(PageWidget):
    """A question box over short notes: the best note, its score, and "I do not know" below a line.

    Parameters
    ----------
    index : models.BM25
        Over the notes, in their order; with one of the package's ways to split a text.
    notes : sequence of (str, str)
        Title and text of each; longer tuples of which these are the second and third, as
        `data.Note`, serve as well.
    threshold : float
        0 to 20: from which score on the best note is shown as the answer.
    questions : sequence of str
        Examples to press; the first is asked at the start.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where notes and index do not fit.

    Examples
    --------
    >>> from aigc_teach.models import BM25
    >>> notes = [("cat", "a small animal that purrs"), ("dog", "an animal that barks")]
    >>> index = BM25([" ".join(note) for note in notes])
    >>> finder = AnswerFinder(index, notes, questions=["what barks?"], threshold=0.1)
    >>> finder.answer
    'an animal that barks'
    >>> finder.threshold = 5.0
    >>> finder.answer
    'I do not know.'
    """

    _esm = page_script("core", "controls", "answer_finder")
    _css = PageWidget._css + CSS

    notes = traitlets.Bytes(b"").tag(sync=True)  # JSON, deflated: [[title, text], ...]
    weights = traitlets.Bytes(b"").tag(sync=True)  # JSON, deflated: {word: [note, weight, ...]}
    rules = traitlets.Dict().tag(sync=True)
    questions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # what the learner changes
    question = traitlets.Unicode("").tag(sync=True)
    threshold = traitlets.Float(0.0).tag(sync=True)

    def __init__(
        self,
        index: object,
        notes: Sequence[tuple],
        *,
        threshold: float = 4.0,
        questions: Sequence[str] = ("What is a GAN?",),
        title: str = "Ask the course",
        alt: str | None = None,
    ):
        for needed in ("texts", "weights", "rules", "top"):
            if not hasattr(index, needed):
                raise AigcError("AnswerFinder needs an index like models.BM25.")
        if len(notes) != len(index.texts):
            raise AigcError(
                f"The index holds {len(index.texts)} texts; you gave {len(notes)} notes."
            )
        if isinstance(questions, str) or not questions:
            raise AigcError("questions must be a list of at least one question.")
        pairs = [_pair(note) for note in notes]
        if check_number("threshold", threshold) > MOST:
            raise AigcError(f"threshold={threshold} is too large; the slider ends at {MOST:g}.")
        weights = {
            word: [value for note, weight in held for value in (note, round(weight, 6))]
            for word, held in index.weights.items()
        }
        self._index, self._pairs = index, pairs
        super().__init__(
            notes=_packed(pairs),
            weights=_packed(weights),
            rules=index.rules(),
            questions=[check_text("a question", question) for question in questions],
            question=questions[0],
            threshold=float(threshold),
            title=title,
            alt="",
        )
        self.alt = alt or (
            f"A question box over {len(pairs)} notes. To {self.question!r} it says: {self.answer}"
        )

    @property
    def answer(self) -> str:
        """What is said to the question that stands in the page."""
        best = self._index.top(self.question, 1)[0]
        known = best.score > 0 and best.score >= self.threshold
        return self._pairs[best.number][1] if known else "I do not know."


def _pair(note: tuple) -> tuple[str, str]:
    if isinstance(note, str) or len(note) < 2:
        raise AigcError("Each note must be a pair: title and text.")
    title, text = note[:2] if len(note) == 2 else note[1:3]
    return check_text("a title", title), check_text("a note's text", text)


def _packed(value: object) -> bytes:
    return packed_bytes(json.dumps(value, ensure_ascii=False).encode())
