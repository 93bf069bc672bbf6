"""The lesson on turning records into text: reports, tokens, a writer, exercises."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .front_page import FrontPage, skeleton, variety
from .lies import A_STORY, FALSE_IN_OTHER_WORDS, LIES, TRUE_IN_OTHER_WORDS, planted
from .pieces import END, Pieces, batch_of, vocabulary
from .reports import (
    Story,
    date_words,
    fill,
    is_extreme,
    nearest,
    planned,
    prompt,
    reference,
    split_stories,
    stories,
    template,
)
from .writer import (
    OnlyNumerals,
    Written,
    corpus,
    encoded,
    lies,
    may_follow,
    new_model,
    numerals,
    write,
    write_checked,
    wrong_by_value,
)

__all__ = [
    "A_STORY",
    "FALSE_IN_OTHER_WORDS",
    "TRUE_IN_OTHER_WORDS",
    "LIES",
    "FrontPage",
    "END",
    "OnlyNumerals",
    "Pieces",
    "Story",
    "Written",
    "batch_of",
    "corpus",
    "date_words",
    "encoded",
    "fill",
    "is_extreme",
    "lies",
    "may_follow",
    "nearest",
    "new_model",
    "numerals",
    "planned",
    "planted",
    "prompt",
    "reference",
    "skeleton",
    "split_stories",
    "stories",
    "template",
    "variety",
    "vocabulary",
    "write",
    "write_checked",
    "wrong_by_value",
]
