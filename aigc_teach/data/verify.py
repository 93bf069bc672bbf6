"""Whether all the data files that come with the package are whole."""

from __future__ import annotations

from .colour import verify as verify_emoji
from .course_notes import verify as verify_course_notes
from .digits import verify as verify_digits
from .docstrings import verify as verify_docstrings
from .photographs import verify as verify_photographs
from .phrases import verify as verify_phrases
from .pronunciations import verify as verify_pronunciations
from .quatrains import verify as verify_quatrains
from .records import verify as verify_records
from .sorting_gpt import verify as verify_sorting_gpt
from .speech import verify as verify_speech
from .text import verify as verify_texts
from .tunes import verify as verify_tunes
from .weather import verify as verify_weather


def verify() -> list[str]:
    """Compare every data file of the package with the sha256 on its record.

    Returns
    -------
    list of str
        The problems, one sentence each; empty when all is well.

    Examples
    --------
    >>> verify()
    []
    """
    return [
        *verify_digits(),
        *verify_emoji(),
        *verify_texts(),
        *verify_quatrains(),
        *verify_sorting_gpt(),
        *verify_photographs(),
        *verify_pronunciations(),
        *verify_weather(),
        *verify_course_notes(),
        *verify_phrases(),
        *verify_speech(),
        *verify_tunes(),
        *verify_docstrings(),
        *verify_records(),
    ]
