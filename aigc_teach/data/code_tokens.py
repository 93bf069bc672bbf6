"""Tokens of source code: byte pairs, with each four spaces of indentation as one sign.

A third of the tokens of Python's library would otherwise be single spaces at the beginning of
lines, which are easy to predict and which an editor writes by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .tokens import BPE, Tokenizer, check_whole_text

INDENT = re.compile(r"(?m)^(?: {4})+")


class CodeBPE(Tokenizer):
    r"""Byte-pair encoding of Python source; four spaces at a line's beginning become a tab.

    A tab is written back as four spaces. Source that is indented by tabs comes back indented by
    spaces.

    Parameters
    ----------
    bpe : BPE
        Trained on `packed` text.

    Examples
    --------
    >>> code = CodeBPE.train("if x:\n        return x\n" * 9, size=270)
    >>> code.decode(code.encode("if x:\n        return"))
    'if x:\n        return'
    """

    def __init__(self, bpe: BPE):
        self.bpe, self.size = bpe, bpe.size

    @classmethod
    def train(cls, text: str, size: int = 1024) -> CodeBPE:
        """Learn the merges from source; see `BPE.train`."""
        return cls(BPE.train(packed(text), size))

    def encode(self, text: str) -> list[int]:
        """Ids of a text."""
        return self.bpe.encode(packed(check_whole_text(text)))

    def decode(self, ids: Iterable[int]) -> str:
        """The text, tabs as four spaces; U+FFFD where the bytes are no UTF-8."""
        return self.bpe.decode(ids).replace("\t", "    ")

    def _table(self) -> list[bytes]:
        return self.bpe.table


def packed(text: str) -> str:
    r"""A text with a tab for each four spaces of indentation.

    >>> packed("if x:\n        y")
    'if x:\n\t\ty'
    """
    return INDENT.sub(lambda found: "\t" * (len(found[0]) // 4), text)
