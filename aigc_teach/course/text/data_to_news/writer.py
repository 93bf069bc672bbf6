"""Training on (record, text), drawing texts for many records at once, numerals that may follow."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ....core import ShapeError, check_count, check_text, evaluating, make_generator
from ....metrics import find_claims
from ....models import GPT
from ....nn import sampling
from .pieces import Pieces, batch_of
from .reports import EXTREME, Story, fill, is_missing, prompt, reference

LONGEST = 80  # tokens of a text; the longest reference has about 70
CONTEXT = 128
TAIL = re.compile(r"(?:-?\d+\.?\d*\.?|-)$")  # a numeral begun, perhaps with a sentence's point


class Written(NamedTuple):
    """Texts that were drawn, one a record.

    Attributes
    ----------
    texts : list of str
        With their slots filled.
    stopped : Tensor
        bool ``[N]``: whether the end was drawn before `LONGEST` tokens.
    removed : Tensor
        ``[N]``, nats a text that a constraint cost: minus the log of the probability that it
        left, added up over the tokens. 0 without one.
    """

    texts: list[str]
    stopped: Tensor
    removed: Tensor


def corpus(stories: Sequence[Story], copies: int, *, slots: bool, seed: int) -> list[str]:
    """`copies` references for each story in turn, filled or with slots.

    >>> from .reports import stories
    >>> corpus(stories()[:1], 2, slots=True, seed=0)[1][:6]
    '{date}'
    """
    g = make_generator(seed)
    check_count("copies", copies)
    texts = []
    for story in stories:
        drawn = [reference(story, g) for _ in range(copies)]
        texts += drawn if slots else [fill(text, story.day) for text in drawn]
    return texts


def encoded(
    stories: Sequence[Story],
    texts: Sequence[str],
    pieces: Pieces,
    *,
    read: Callable[[Story], str] = prompt,
) -> tuple[Tensor, Tensor]:
    """Prompts and texts as one padded batch; of each story there are equally many texts.

    Raises
    ------
    ShapeError
        Where there is no text, or the texts cannot be dealt out evenly.
    """
    if not stories or not texts or len(texts) % len(stories):
        raise ShapeError(
            f"{len(texts)} texts for {len(stories)} stories: give each story equally many, at "
            "least one."
        )
    copies = len(texts) // len(stories)
    prompts = [pieces.encode(read(story)) for story in stories]
    rows = [(prompts[k // copies], pieces.encode(text)) for k, text in enumerate(texts)]
    return batch_of(rows, pieces)


def new_model(pieces: Pieces, seed: int) -> GPT:
    """The small GPT of this lesson, untrained."""
    torch.manual_seed(seed)
    return GPT(pieces.size, context=CONTEXT, width=96, heads=4, layers=3, positions="rotary")


def numerals(story: Story) -> list[str]:
    """Every number of a prompt, as it is written there.

    >>> from .reports import stories
    >>> numerals(stories()[0])
    ['7', '7.2', '2.8', '0.0', '2.3', '4.4', '6.1']
    """
    first, *rest = prompt(story).split(" | ")
    return [first.split()[1], *(value.removesuffix(" |") for value in rest)]


def may_follow(tail: str, piece: str, allowed: Iterable[str]) -> bool:
    """Whether a piece may come after `tail`, the numeral begun so far, if only `allowed` may stand.

    >>> [may_follow("12", piece, ["12.8"]) for piece in (".", "3", " mm", " rain")]
    [True, False, False, False]
    >>> may_follow("", " 1", ["12.8"]), may_follow("", " 7", ["12.8"])
    (True, False)
    """
    body = check_text("piece", piece).strip(" ")
    numeric = body != "" and set(body) <= set("-0123456789")
    if tail and not piece.startswith(" ") and (numeric or body == "."):
        longer = any(numeral.startswith(tail + body) for numeral in allowed)
        return longer or (body == "." and tail in allowed)
    if tail and tail not in allowed and not (tail[-1] == "." and tail[:-1] in allowed):
        return False
    return not numeric or any(numeral.startswith(body) for numeral in allowed)


class OnlyNumerals:
    """Which pieces may follow a text, if every number must be one of a record's.

    >>> from .reports import stories
    >>> rule = OnlyNumerals(Pieces(["It was 7.2 mm"]))
    >>> rule(" 7", stories()[0]).sum().item() < rule("It", stories()[0]).sum().item()
    True
    """

    def __init__(self, pieces: Pieces):
        self.pieces, self.known = pieces, {}

    def __call__(self, text: str, story: Story) -> Tensor:
        """Which pieces may come next, bool ``[V]``."""
        begun = TAIL.search(check_text("text", text))
        tail = begun.group() if begun else ""
        key = tail, *numerals(story)
        if key not in self.known:
            marks = [may_follow(tail, piece, key[1:]) for piece in self.pieces.names]
            self.known[key] = torch.tensor(marks)
        return self.known[key]


@torch.no_grad()
def write(
    model: GPT,
    pieces: Pieces,
    stories: Sequence[Story],
    *,
    temperature: float = 1.0,
    rule: Callable[[str, Story], Tensor] | None = None,
    read: Callable[[Story], str] = prompt,
    generator: torch.Generator | None = None,
) -> Written:
    """Draw a text for each record; those whose prompts are equally long are drawn together.

    Parameters
    ----------
    model : GPT
    pieces : Pieces
    stories : sequence of Story
    temperature : float
    rule : callable, optional
        ``rule(text so far, story)`` gives bool ``[V]``: which pieces may come next.
    read : callable
        How a story becomes the prompt.
    generator : torch.Generator, optional
    """
    prompts = [pieces.encode(read(story)) for story in stories]
    groups = defaultdict(list)
    for place, ids in enumerate(prompts):
        groups[len(ids)].append(place)
    texts, stopped = [""] * len(stories), torch.zeros(len(stories), dtype=torch.bool)
    removed = torch.zeros(len(stories))
    with evaluating(model):
        for places in groups.values():
            unread, state = torch.tensor([prompts[k] for k in places]), None
            rows = torch.zeros(len(places), 0, dtype=torch.long)
            done = torch.zeros(len(places), dtype=torch.bool)
            for _ in range(LONGEST):
                logits, state = model.read(unread, state)  # [n, V]
                if rule is not None:
                    so_far = [pieces.decode(row) for row in rows.tolist()]
                    marks = [rule(t, stories[k]) for t, k in zip(so_far, places, strict=True)]
                    marks = torch.stack(marks)  # [n, V]
                    left = logits.log_softmax(1).masked_fill(~marks, -math.inf).logsumexp(1)
                    removed[places] -= left.masked_fill(done, 0.0)
                    logits = logits.masked_fill(~marks, -math.inf)
                unread = sampling.draw(
                    sampling.temperature(logits, temperature), generator=generator
                )[:, None]
                rows = torch.cat([rows, unread], dim=1)
                done |= unread[:, 0] == pieces.end
                if done.all():
                    break
            for place, row in zip(places, rows.tolist(), strict=True):
                texts[place] = fill(pieces.decode(row), stories[place].day)
            stopped[places] = done
    return Written(texts, stopped, removed)


def lies(text: str, story: Story) -> int:
    """How many claims of a text the record contradicts.

    >>> from .reports import stories
    >>> lies("It was sunny, up to 30 °C.", stories()[0])
    2
    """
    return sum(claim.verdict == "wrong" for claim in find_claims(text, *story))


def wrong_by_value(texts: Sequence[str], stories: Sequence[Story]) -> tuple[float, float]:
    """Share wrong of the number claims about extreme values, and of those about all others.

    Both from the same texts, so that nothing differs but the value. 0 where there is no claim; a
    value that the record lacks is neither.

    >>> from .reports import split_stories
    >>> story = split_stories()["extreme"][0]
    >>> wrong_by_value([f"The high was {story.day.high} °C, the wind 0.1 m/s."], [story])
    (1.0, 0.0)
    """
    wrong = {True: [], False: []}
    for text, story in zip(texts, stories, strict=True):
        for claim in find_claims(text, *story):
            value = getattr(story.day, claim.field, None)
            if claim.kind == "number" and claim.field in EXTREME and not is_missing(value):
                wrong[EXTREME[claim.field](value)].append(claim.verdict == "wrong")
    return tuple(sum(marks) / len(marks) if marks else 0.0 for marks in wrong.values())


def write_checked(
    draw: Callable[[Sequence[Story]], list[str]], stories: Sequence[Story], *, tries: int
) -> tuple[list[str], list[int]]:
    """Draw again until a text has no wrong claim, at most `tries` times; the last draw stays.

    Returns
    -------
    texts : list of str
    counts : list of int
        How many draws each took.
    """
    check_count("tries", tries)
    texts, counts = draw(stories), [1] * len(stories)
    for _ in range(tries - 1):
        bad = [k for k, story in enumerate(stories) if lies(texts[k], story)]
        if not bad:
            break
        for k, text in zip(bad, draw([stories[k] for k in bad]), strict=True):
            texts[k] = text
            counts[k] += 1
    return texts, counts
