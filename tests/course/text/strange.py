"""What anybody may type into a box, and what a function may answer: something, or one sentence."""

from __future__ import annotations

from aigc_teach.core import AigcError

LONG = "whale sea " * 1000  # ten thousand characters
TYPED = {"empty": "", "long": LONG, "Chinese": "春风又绿江南岸", "signs": "\x00🙂%s{}\n"}
NO_TEXT = (None, 3)


def answered(call, typed) -> bool:
    """Whether there is a result; a refusal must be a sentence of the package's own."""
    try:
        call(typed)
    except AigcError as refusal:
        assert str(refusal).endswith(".") and len(str(refusal)) < 1000, refusal
        return False
    return True


def takes_any_text(call):
    """Every text is answered or refused in a sentence; what is no text is refused."""
    for typed in TYPED.values():
        answered(call, typed)
    for thing in NO_TEXT:
        assert not answered(call, thing), thing
