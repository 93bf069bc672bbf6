"""Damage on purpose: bytes, JSON and Python values, changed by a seeded random generator."""

from __future__ import annotations

import json
import math
import random

NASTY_NUMBERS = (0, 1, 7, 127, 128, 255, 256, 65535, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1)
NASTY_VALUES = (
    None, True, False, 0, -1, 1, 2, 255, 256, 2**31, 2**63, 10**30, -(10**30), 0.5, 1e308, -1e-320,
    math.nan, math.inf, "", "0", "\0", "\ud800", "a" * 5000, "../../x", "/", "月", "\n", [], {},
    [[]], {"": None}, [None] * 70, "nan", "1e5",
)  # fmt: skip


def mutate_bytes(raw: bytes, rng: random.Random) -> bytes:
    """`raw` with one to four changes, most of them near its head, where parsers decide."""
    data = bytearray(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if data:
            rng.choice(BYTE_CHANGES)(data, rng)
    return bytes(data)


def place(data: bytearray, rng: random.Random) -> int:
    """Somewhere in the data; every other time in its first or last two hundred bytes."""
    near = min(len(data), 200)
    return rng.choice(
        (rng.randrange(len(data)), rng.randrange(near), len(data) - 1 - rng.randrange(near))
    )


def flip(data: bytearray, rng: random.Random) -> None:
    """One bit."""
    data[place(data, rng)] ^= 1 << rng.randrange(8)


def put(data: bytearray, rng: random.Random) -> None:
    """One byte that often means something."""
    data[place(data, rng)] = rng.choice(b'\x00\x01\x7f\x80\xff"{}[],:0123456789PK\x1f\x8b')


def put_number(data: bytearray, rng: random.Random) -> None:
    """A size of two, four or eight bytes, either way round."""
    size, at = rng.choice((2, 4, 8)), place(data, rng)
    number = rng.choice(NASTY_NUMBERS) % 2 ** (8 * size)
    data[at : at + size] = number.to_bytes(size, rng.choice(("little", "big")))


def cut(data: bytearray, rng: random.Random) -> None:
    """The end is lost."""
    del data[place(data, rng) :]


def remove(data: bytearray, rng: random.Random) -> None:
    """A piece is lost."""
    at = place(data, rng)
    del data[at : at + rng.randrange(1, 40)]


def repeat(data: bytearray, rng: random.Random) -> None:
    """A piece stands twice."""
    at = place(data, rng)
    data[at:at] = data[at : at + rng.randrange(1, 40)]


def digits(data: bytearray, rng: random.Random) -> None:
    """A written number becomes another."""
    places = [i for i, byte in enumerate(data[:4000]) if 48 <= byte <= 57]
    if places:
        at = rng.choice(places)
        data[at : at + 1] = rng.choice((b"-1", b"0", b"1e9", b"9" * 25, b"99999", b"1.5", b"null"))


BYTE_CHANGES = (flip, flip, put, put_number, cut, remove, repeat, digits)


def mutate_value(value: object, rng: random.Random) -> object:
    """A copy of a JSON value in which one node is another, gone, or there twice."""
    copy = json.loads(json.dumps(value))
    holders = [(holder, key) for holder, key in nodes(copy)]
    if not holders or rng.random() < 0.05:
        return rng.choice(NASTY_VALUES)
    holder, key = rng.choice(holders)
    change = rng.random()
    if change < 0.7:
        holder[key] = rng.choice(NASTY_VALUES)
    elif change < 0.85:
        del holder[key]
    elif isinstance(holder, list):
        holder.insert(key, holder[key])
    else:
        holder[rng.choice(("", "a", "\0", "__class__", key + "x"))] = holder[key]
    return copy


def nodes(value: object):
    """Every place in a JSON value: what holds it, and its key there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value or ())
    if isinstance(value, dict | list):
        for key, child in list(inner):
            yield value, key
            if isinstance(child, dict | list):
                yield from nodes(child)


def mutate_json(raw: bytes, rng: random.Random) -> bytes:
    """JSON as text: another value inside it, or damaged bytes, or nested beyond all measure."""
    if rng.random() < 0.3:
        return mutate_bytes(raw, rng)
    if rng.random() < 0.03:
        return b"[" * 100_000
    return json.dumps(mutate_value(json.loads(raw), rng)).encode("utf-8", "surrogatepass")
