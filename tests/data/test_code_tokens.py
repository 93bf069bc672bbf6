"""Tokens of code: indentation as one sign, and back."""

from __future__ import annotations

import pytest

from aigc_teach import data
from aigc_teach.core import DtypeError
from aigc_teach.data.code_tokens import packed

SOURCE = data.python_source("held_out").files["fnmatch.py"]
CODE = data.CodeBPE.train(SOURCE, size=400)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        SOURCE,
        "if x:\n        y\n",
        "  two\n   three",
        "月\n    火",
        "\n\n    \n",
        "'" * 99,
    ],
)
def test_what_is_encoded_comes_back(text):
    assert CODE.decode(CODE.encode(text)) == text


def test_indentation_is_one_token_a_level_and_only_at_the_beginning():
    assert packed("        x =    1\n   y") == "\t\tx =    1\n   y"
    assert len(CODE.encode("\n        return x")) < len(CODE.bpe.encode("\n        return x"))
    assert CODE.size == CODE.bpe.size == 400 and CODE.token(9) == b"\t"
    with pytest.raises(DtypeError, match="must be text"):
        CODE.encode(None)
