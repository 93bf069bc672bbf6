"""Exercises and questions of the lesson on the data of four media."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...lab.checkers import NotYet, Wrong, call, function, number, require
from ...lab.register import exercise, question

IMAGES = [[-1.0, -0.6, 0.0, 0.31, 0.999, 1.0, -0.2, 0.7], [1.2, -1.3, 0.5, 0.1, 9, -9, 0.45, 1]]
IMAGES = torch.tensor(IMAGES).view(2, 1, 2, 4)
IMAGES = torch.cat([IMAGES, -IMAGES, IMAGES.flip(-1)], dim=1)  # [2, 3, 2, 4]


def _to_bytes(x: Tensor) -> Tensor:
    x = ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return x.permute(0, 2, 3, 1)


@exercise(
    "concepts/data_for_four_media/to_bytes",
    not_yet="Write the body of `to_bytes(x)` and return a uint8 tensor [N, H, W, C].",
    right="It rounds to the nearest byte, keeps strays inside, and puts the colours last.",
    hints=[
        "First the numbers: -1 must become 0, 1 must become 255, and 1.2 must not wrap around.",
        "clamp(-1, 1), then (x + 1) * 127.5, then round(), and only then .to(torch.uint8).",
        "Then the axes: [N, C, H, W] becomes [N, H, W, C] by x.permute(0, 2, 3, 1).",
    ],
)
def to_bytes(answer) -> None:
    """Images [N, C, H, W] in about [-1, 1] -> bytes [N, H, W, C]."""
    result = _as_tensor(call(function(answer), IMAGES.clone()))
    require(isinstance(result, Tensor), "Return a torch.Tensor.")
    require(
        result.dtype == torch.uint8,
        f"Your result is {result.dtype}; bytes are asked for: .to(torch.uint8).",
    )
    expected, shape = _to_bytes(IMAGES), tuple(result.shape)
    if shape != expected.shape:
        other = f"Images [2, 3, 2, 4] must become [2, 2, 4, 3]; yours became {list(shape)}."
        raise Wrong(SHAPE_MISTAKES.get(shape, other))
    if torch.equal(result, expected):
        _also_one_picture(answer)
        return
    for sentence, wrong in BYTE_MISTAKES.items():
        if torch.equal(result, wrong(IMAGES)):
            raise Wrong(sentence)
    inside = (IMAGES.abs() <= 1).permute(0, 2, 3, 1)
    if torch.equal(result[inside], expected[inside]):
        raise Wrong("Strays come out wrong: 1.2 must become 255, and -1.3 must become 0.")
    difference = (result.int() - expected.int())[inside].abs().max().item()
    if difference == 1:
        raise Wrong("Some bytes are off by one: round (x + 1) * 127.5 to the nearest, do not cut.")
    raise Wrong(f"Some bytes are wrong, by up to {difference}: -1 must become 0, 1 become 255.")


def _as_tensor(result: object) -> object:
    return torch.from_numpy(result) if isinstance(result, np.ndarray) else result


def _also_one_picture(answer) -> None:
    one = IMAGES[:1, :1, :, :3].flip(3)
    result = _as_tensor(call(function(answer), one.clone()))
    same = isinstance(result, Tensor) and torch.equal(result, _to_bytes(one))
    require(same, "Right for one batch, wrong for the next: a grey picture, [1, 1, 2, 3].")


SHAPE_MISTAKES = {
    (2, 3, 2, 4): "The colours are still axis 1; [N, H, W, C] is asked for, see permute.",
    (2, 4, 2, 3): "Height and width are exchanged: permute(0, 2, 3, 1) keeps rows before columns.",
}
BYTE_MISTAKES = {
    "You reshaped instead of moving the axis, which scrambles the pixels: use permute.": (
        lambda x: ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).reshape(2, 2, 4, 3)
    ),
    "You took [0, 1] for the range of the images: 0 is middle grey here, and must become 128.": (
        lambda x: (x.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    ),
    "You stretched the range of these images; the range is always -1 to 1, whatever they hold.": (
        lambda x: _to_bytes((x - x.min()) / (x.max() - x.min()) * 2 - 1)
    ),
}

MERGE_CASES = [
    ([97, 98, 99], [(98, 99), (97, 98)]),
    ([97, 98, 99], [(97, 98), (98, 99)]),
    ([97, 98, 97, 98, 98], [(97, 98)]),
    ([97, 97, 97, 97, 97], [(97, 97), (256, 97)]),
    ([1, 2, 3, 1, 2], [(1, 2), (256, 3), (257, 256)]),
    ([5], [(5, 5)]),
    ([4, 3, 2, 1], []),
]


def _merge_all(ids: Sequence[int], pair: tuple[int, int], new: int) -> list[int]:
    out, i = [], 0
    while i < len(ids):
        hit = i + 1 < len(ids) and (ids[i], ids[i + 1]) == tuple(pair)
        out.append(new if hit else ids[i])
        i += 2 if hit else 1
    return out


def _apply(ids: Sequence[int], merges: Sequence[tuple[int, int]]) -> list[int]:
    for k, pair in enumerate(merges):
        ids = _merge_all(ids, pair, 256 + k)
    return list(ids)


def _last_first(ids, merges):
    for k, pair in reversed(list(enumerate(merges))):
        ids = _merge_all(ids, pair, 256 + k)
    return list(ids)


def _once(ids, merges):
    for k, pair in enumerate(merges):
        at = next((i for i in range(len(ids)) if tuple(ids[i : i + 2]) == tuple(pair)), len(ids))
        ids = _merge_all(ids[: at + 2], pair, 256 + k) + list(ids[at + 2 :])
    return list(ids)


def _from_the_right(ids, merges):
    return _apply(list(ids)[::-1], [(b, a) for a, b in merges])[::-1]


def _not_the_end(ids, merges):
    for k, pair in enumerate(merges):
        ids = _merge_all(ids[:-1], pair, 256 + k) + list(ids[-1:])
    return list(ids)


MERGE_MISTAKES = {
    "You apply the last merge first; they must be applied in the order they were learnt.": (
        _last_first
    ),
    "You replace a pair only once; every occurrence must be replaced.": _once,
    "You look for pairs from the right; in [97, 97, 97] the left two belong together.": (
        _from_the_right
    ),
    "Your new ids begin at 257; the first merge makes 256.": lambda ids, m: [
        i + (i > 255) for i in _apply(ids, m)
    ],
    "A pair at the very end is missed: the last place for i is len(ids) - 2.": _not_the_end,
    "Nothing is merged: the ids come back as they were given.": lambda ids, m: list(ids),
    "You apply the first merge only.": lambda ids, m: _apply(ids, m[:1]),
}


def _name_it(given, mistakes, cases) -> None:
    for sentence, wrong in mistakes.items():
        if given == [wrong(*case) for case in cases]:
            raise Wrong(sentence)


@exercise(
    "concepts/data_for_four_media/apply_merges",
    not_yet="Write the body of `apply_merges(ids, merges)` and return a list of ids.",
    right="Earlier merges first, every occurrence, from the left: as it was learnt.",
    hints=[
        "Go through the merges in their order; merge k makes the id 256 + k.",
        "For one merge, walk through the ids with an index i: where ids[i] and ids[i + 1] are the "
        "pair, append the new id and go on by two; else append ids[i] and go on by one.",
        "The list after one merge is what the next merge works on.",
    ],
)
def apply_merges(answer) -> None:
    """Encode: a list of ids and a list of pairs -> a list of ids."""
    given = []
    for ids, merges in MERGE_CASES:
        copy = list(ids)
        result = call(function(answer), copy, list(merges))
        if result is None:
            raise NotYet()
        result = result.tolist() if hasattr(result, "tolist") else result
        require(isinstance(result, list | tuple), "Return a list of ids.")
        require(copy == ids, "You changed the list that was given: work on one of your own.")
        given.append(list(result))
    expected = [_apply(*case) for case in MERGE_CASES]
    if given == expected:
        return
    _name_it(given, MERGE_MISTAKES, MERGE_CASES)
    words = "In [97, 98, 99] you merge (97, 98), which stands first; but (98, 99) was learnt first."
    require(given[0] != [257, 99], words + " Go merge by merge, each through all ids.")
    k = next(k for k in range(len(given)) if given[k] != expected[k])
    ids, merges = MERGE_CASES[k]
    raise Wrong(f"For ids {ids} and merges {merges} you return {given[k]}, not {expected[k]}.")


TONES = [(1000.0, 8000), (7000.0, 8000), (9000.0, 8000), (15_500.0, 8000), (4000.0, 8000)]
TONES += [(0.0, 8000), (30_000.0, 16_000), (8000.0, 8000), (13_000.0, 8000)]
TONES += [(10_000.0, 16_000), (9000.0, 10_000)]


def _heard(frequency: float, rate: float) -> float:
    rest = frequency % rate
    return min(rest, rate - rest)


ALIAS_MISTAKES = {
    "Your frequencies are negative; a heard frequency is at least 0.": (lambda f, r: -_heard(f, r)),
    "Your answer may lie above half the rate: after the remainder, fold the upper half back.": (
        lambda f, r: f % r
    ),
    "A tone above half the rate is not cut off at half the rate: it comes back from there.": (
        lambda f, r: min(f, r / 2)
    ),
    "That folds once only: 15,500 Hz at 8,000 a second needs the remainder first.": (
        lambda f, r: f if f <= r / 2 else abs(r - f)
    ),
    "You take the remainder by half the rate; frequencies repeat after the whole rate.": (
        lambda f, r: f % (r / 2)
    ),
    "Every tone is folded, even those below half the rate, which are heard as they are.": (
        lambda f, r: r - f % r
    ),
    "That is the distance to half the rate. The mirror stands there, but 7,000 becomes 1,000.": (
        lambda f, r: abs(f - r / 2)
    ),
}


@exercise(
    "concepts/data_for_four_media/heard",
    not_yet="Write the body of `heard(frequency, rate)` and return a number of hertz.",
    right="Frequencies repeat after the rate and are mirrored at half of it.",
    hints=[
        "Adding the rate to a frequency adds a whole turn between two samples: nothing changes.",
        "So the remainder, frequency % rate, has the same samples. It lies between 0 and the rate.",
        "If it is above half the rate, the samples are also those of rate - remainder.",
    ],
)
def heard(answer) -> None:
    """Which frequency, at most half the rate, has the same samples as a given one."""
    given = [round(number(call(function(answer), f, r)), 2) for f, r in TONES]
    _name_it(given, ALIAS_MISTAKES, TONES)
    for (f, r), mine in zip(TONES, given, strict=True):
        expected = _heard(f, r)
        words = f"{f:,.0f} Hz at {r:,} a second: you say {mine:g}, not {expected:g}."
        require(mine == expected, words)


SPLITS = [
    ([7, 7, 3, 3, 3, 9, 9, 1, 1, 4, 4, 4], 2),
    ([5, 2, 5, 2, 8, 8, 6, 6, 5], 3),
    ([0, 0, 1, 1, 2, 2, 3, 3], 2),
]


def _held_out(groups: Sequence[int], every: int) -> list[bool]:
    chosen = list(dict.fromkeys(groups))[every - 1 :: every]
    return [group in chosen for group in groups]


SPLIT_MISTAKES = {
    "You hold out every n-th item, so a group lies on both sides: choose whole groups.": (
        lambda g, n: [i % n == n - 1 for i in range(len(g))]
    ),
    "You chose by the group's number; count the groups in the order they first appear.": (
        lambda g, n: [group % n == n - 1 for group in g]
    ),
    "You chose by the sorted numbers; count the groups in the order they first appear.": (
        lambda g, n: [group in sorted(set(g))[n - 1 :: n] for group in g]
    ),
    "You begin with the first group; hold out the n-th, the 2n-th and so on.": (
        lambda g, n: [group in list(dict.fromkeys(g))[::n] for group in g]
    ),
    "Yours is the other part: True means held out.": (
        lambda g, n: [not held for held in _held_out(g, n)]
    ),
}


@exercise(
    "concepts/data_for_four_media/held_out",
    not_yet="Write the body of `held_out(groups, every)` and return one True or False an item.",
    right="No group lies on both sides, and no random number decided.",
    hints=[
        "First list the groups in the order in which they first appear, each once.",
        "list(dict.fromkeys(groups)) does that for a list; groups.tolist() makes one of a tensor.",
        "Hold out order[every - 1 :: every], and answer for each item whether its group is there.",
    ],
)
def held_out(answer) -> None:
    """Which items are held out, whole groups at a time: [N] and a number -> [N] booleans."""
    given = []
    for groups, every in SPLITS:
        result = call(function(answer), torch.tensor(groups), every)
        if result is None:
            raise NotYet()
        result = result.tolist() if hasattr(result, "tolist") else result
        require(isinstance(result, list | tuple), "Return a list or a tensor of True and False.")
        require(
            len(result) == len(groups),
            f"{len(groups)} items need {len(groups)} answers, one each; you return {len(result)}.",
        )
        for held in result:
            require(held in (True, False), f"Answer True or False for each item, not {held!r}.")
        given.append([bool(held) for held in result])
    if given == [_held_out(*case) for case in SPLITS]:
        return
    _name_it(given, SPLIT_MISTAKES, SPLITS)
    for (groups, every), mine in zip(SPLITS, given, strict=True):
        asked = list(dict.fromkeys(groups))[every - 1 :: every]
        chosen = list(dict.fromkeys(g for g, held in zip(groups, mine, strict=True) if held))
        for group, held in zip(groups, mine, strict=True):
            leak = group in chosen and not held
            require(not leak, f"Group {group} of {groups} is on both sides: a leak.")
        words = f"Of the groups in {groups} with every = {every} hold out {asked}"
        require(chosen == asked, f"{words}; you hold out {chosen or 'none'}.")


question(
    "concepts/data_for_four_media/q1",
    "Pictures in bytes are brightened by adding 60 to a uint8 tensor. What happens to white?",
    options={
        "a": (
            "It stays white: 255 is the largest value a byte has.",
            "That would need clamping; whole-number bytes count on from 0.",
        ),
        "b": (
            "It becomes a dark grey.",
            "255 + 60 = 315, and a byte keeps 315 - 256 = 59. No error is raised.",
        ),
        "c": ("An error is raised: 315 is no byte.", "uint8 arithmetic wraps around silently."),
    },
    answer="b",
)

question(
    "concepts/data_for_four_media/q2",
    "A byte-level BPE was trained on English only. What does it do with a Chinese poem?",
    options={
        "a": (
            "It writes it with about three tokens a character.",
            "No merge fits, so the bytes remain. Everything can be written; it only gets long.",
        ),
        "b": (
            "It cannot encode it: no Chinese character is in its vocabulary.",
            "Its first 256 ids are the bytes, and every text is bytes.",
        ),
        "c": (
            "It gives every single character the id of 'unknown'.",
            "That is what a tokenizer of characters does.",
        ),
    },
    answer="a",
)

question(
    "concepts/data_for_four_media/q3",
    "At 16,000 samples a second, which tone has the same samples (but for the sign) as 3,000 Hz?",
    options={
        "a": ("8,000 Hz.", "That is half the rate, the mirror itself."),
        "b": (
            "11,000 Hz.",
            "That is 8,000 + 3,000; mirrored at half the rate it becomes 5,000 Hz.",
        ),
        "c": ("13,000 Hz.", "16,000 - 13,000 = 3,000: mirrored at half the rate."),
    },
    answer="c",
)

question(
    "concepts/data_for_four_media/q4",
    "You make the window four times as long. What happens to the lines of pure tones?",
    options={
        "a": (
            "Four times as narrow; events smear four times as far.",
            "Duration times width is a constant of the window's shape.",
        ),
        "b": (
            "Four times as narrow, at no cost in time.",
            "The window is also what decides how exactly you know when.",
        ),
        "c": ("Nothing: the rate decides.", "The rate decides only how high frequencies may go."),
    },
    answer="a",
)

question(
    "concepts/data_for_four_media/q5",
    "A data set holds 50 photographs of each of 200 people. How do you hold out a tenth?",
    options={
        "a": (
            "Every tenth photograph.",
            "Then each held-out person also stands in the training set: the score is inflated.",
        ),
        "b": (
            "All photographs of every tenth person.",
            "Whole groups: what is asked is how it goes with people it has never seen.",
        ),
        "c": (
            "A random tenth of the photographs.",
            "Random does not mean independent: nearly every person would be on both sides.",
        ),
    },
    answer="b",
)
