"""The lesson on turning records into text: reports, tokens, a writer, exercises."""

from .pieces import END, Pieces, batch_of, vocabulary
from .reports import (
    Story,
    date_words,
    fill,
    nearest,
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
    fit,
    lies,
    may_follow,
    new_model,
    numerals,
    write,
    write_checked,
)

__all__ = [
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
    "fit",
    "lies",
    "may_follow",
    "nearest",
    "new_model",
    "numerals",
    "prompt",
    "reference",
    "split_stories",
    "stories",
    "template",
    "vocabulary",
    "write",
    "write_checked",
]
