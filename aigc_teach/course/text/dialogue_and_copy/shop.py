"""A made-up shop: product records, a seller's words in two manners, and a lookup of claims.

The records and the words are drawn by the code; no product, firm or advertisement is real. What
a text claims is looked up in the record: a claim that the record does not hold is a lie, whether
the field holds something else or nothing at all.

>>> product = products(1, seed=0)[0]
>>> lies("it weighs 123456 g .", product)
[Claim(field='weight', value='123456')]
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from aigc_teach.core import DataError, check_choice, check_count, check_seed, check_text

NAMES = [a + b for a in ("lu", "ve", "tor", "mi", "ka", "so") for b in ("mo", "ran", "dix", "pel")]
KINDS = ("lamp", "kettle", "radio", "clock", "speaker", "fan")
COLOURS = ("red", "blue", "green", "black", "white", "grey", "yellow", "brown")
FIELDS = {
    "kind": KINDS,
    "colour": COLOURS,
    "weight": tuple(str(n) for n in range(120, 960, 60)),  # g
    "price": tuple(str(n) for n in range(19, 99, 5)),  # euro
    "battery": tuple(str(n) for n in range(3, 30, 2)),  # hours
    "warranty": tuple(str(n) for n in range(1, 6)),  # years
    "material": ("steel", "bamboo", "glass", "cork", "aluminium"),
}
MAY_LACK = ("colour", "weight", "battery", "warranty", "material")
MANNERS = ("polite", "curt")

ASKED = {
    "colour": ("what colour is it ?", "which colour does it have ?", "in which colour is it ?"),
    "weight": ("how heavy is it ?", "what does it weigh ?", "what is its weight ?"),
    "price": ("how much is it ?", "what does it cost ?", "what is its price ?"),
    "battery": ("how long does it run ?", "how long does the battery last ?", "what is its runtime ?"),
    "warranty": ("how long is the warranty ?", "what is its warranty ?", "which warranty has it ?"),
    "material": ("what is it made of ?", "which material is it ?", "what is its material ?"),
}
SAID = {
    "colour": "it is {} .",
    "weight": "it weighs {} g .",
    "price": "it costs {} euro .",
    "battery": "it runs {} hours .",
    "warranty": "it has a warranty of {} years .",
    "material": "it is made of {} .",
}
BRIEF = {
    "colour": "{} .",
    "weight": "{} g .",
    "price": "{} euro .",
    "battery": "{} hours .",
    "warranty": "{} years .",
    "material": "{} .",
}
OPENERS = ("thank you for asking .", "happy to help .", "with pleasure .")
CLOSERS = ("please ask me anything else .", "have a lovely day .", "please let me know more .")
UNKNOWN = {"polite": "i am sorry , the record does not say .", "curt": "not in the record ."}
COURTEOUS = {"thank", "happy", "pleasure", "please", "lovely", "sorry"}

AD_HEADS = ("meet {name} , the {kind} for you .", "new : {name} , a {kind} to love .")
AD_LINES = {
    "colour": ("in beautiful {} .", "it comes in {} ."),
    "weight": ("light at {} g .", "it weighs only {} g ."),
    "battery": ("{} hours on one charge .", "it runs for {} hours ."),
    "warranty": ("with a warranty of {} years .", "{} years of warranty ."),
    "material": ("made of fine {} .", "honest {} all over ."),
}
AD_ENDS = ("yours for {price} euro .", "only {price} euro .")


class Claim(NamedTuple):
    """What a text says about one field."""

    field: str
    value: str


class Product(dict):
    """A record: field to value, and ``name``. What it lacks is not in it.

    >>> Product(name="lumo", kind="lamp", price="24").words()
    'name lumo kind lamp price 24'
    """

    def words(self) -> str:
        """The record as words, in the order of the fields."""
        return " ".join(f"{field} {self[field]}" for field in ("name", *FIELDS) if field in self)


class Turn(NamedTuple):
    """One exchange: a record, a control code, what is asked, what is answered."""

    product: Product
    manner: str
    asked: str
    answer: str
    field: str  # "" for an advertisement

    @property
    def prompt(self) -> str:
        """What the model reads before it answers."""
        return f"{self.product.words()} {self.asked} < {self.manner} >"


def products(n: int, *, seed: int) -> list[Product]:
    """`n` made-up records; each lacks about a third of the fields that may be lacking.

    Raises
    ------
    AigcError
        For an impossible number or seed.
    """
    check_count("n", n)
    rng = random.Random(check_seed("seed", seed))
    made = []
    for _ in range(n):
        record = Product(name=rng.choice(NAMES))
        for field, values in FIELDS.items():
            value, lacking = rng.choice(values), rng.random() < 1 / 3
            if not (lacking and field in MAY_LACK):
                record[field] = value
        made.append(record)
    return made


def answer(product: Mapping[str, str], field: str, manner: str, rng: random.Random) -> str:
    """The template's answer to a question for a field, in a manner.

    >>> answer({"name": "lumo", "price": "24"}, "price", "curt", random.Random(0))
    '24 euro .'
    """
    check_choice("field", field, ASKED)
    check_choice("manner", manner, MANNERS)
    if field not in product:
        return UNKNOWN[manner]
    if manner == "curt":
        return BRIEF[field].format(product[field])
    said = SAID[field].format(product[field])
    return f"{rng.choice(OPENERS)} {said} {rng.choice(CLOSERS)}"


def advertisement(product: Mapping[str, str], rng: random.Random) -> str:
    """The template's copy: a head, up to three held fields, the price."""
    if not {"name", "kind", "price"} <= set(product):
        raise DataError("An advertisement needs a record with name, kind and price.")
    held = [field for field in AD_LINES if field in product]
    told = rng.sample(held, min(3, len(held)))
    lines = [rng.choice(AD_LINES[field]).format(product[field]) for field in told]
    head, end = rng.choice(AD_HEADS), rng.choice(AD_ENDS)
    return " ".join([head.format(**product), *lines, end.format(**product)])


def turns(records: list[Product], *, seed: int, each: int = 4) -> list[Turn]:
    """Exchanges about each record: questions in either manner, and one advertisement of `each`."""
    rng, made = random.Random(check_seed("seed", seed)), []
    for product in records:
        for _ in range(check_count("each", each) - 1):
            field, manner = rng.choice(list(ASKED)), rng.choice(MANNERS)
            asked = rng.choice(ASKED[field])
            made.append(Turn(product, manner, asked, answer(product, field, manner, rng), field))
        made.append(Turn(product, "copy", "advertise it !", advertisement(product, rng), ""))
    return made


PATTERNS = {
    "weight": r"(\d+) g\b",
    "price": r"(\d+) euro\b",
    "battery": r"(\d+) hours\b",
    "warranty": r"(\d+) years\b",
    "colour": rf"\b({'|'.join(COLOURS)})\b",
    "material": rf"\b({'|'.join(FIELDS['material'])})\b",
    "kind": rf"\b({'|'.join(KINDS)})\b",
    "name": rf"\b({'|'.join(NAMES)})\b",
}


def claims(text: str) -> Iterator[Claim]:
    """What a text claims, field by field; words that state nothing are passed over.

    >>> list(claims("meet lumo , it weighs only 180 g and is a joy ."))
    [Claim(field='weight', value='180'), Claim(field='name', value='lumo')]
    """
    for field, pattern in PATTERNS.items():
        for match in re.finditer(pattern, check_text("text", text).lower()):
            yield Claim(field, match[1])


def lies(text: str, record: Mapping[str, str]) -> list[Claim]:
    """The claims of a text that the record does not hold."""
    return [claim for claim in claims(text) if record.get(claim.field) != claim.value]


def is_polite(text: str) -> bool:
    """Whether a courteous word stands in the text: the measure of the manner.

    >>> is_polite("happy to help . it is red ."), is_polite("red .")
    (True, False)
    """
    return not COURTEOUS.isdisjoint(check_text("text", text).lower().split())


def vocabulary() -> list[str]:
    """Every word that records, questions and answers can hold, and the marks of the form."""
    texts = [*ASKED, *FIELDS, *MANNERS, "name copy advertise it ! < >"]
    for values in FIELDS.values():
        texts += values
    for lines in (SAID, BRIEF, UNKNOWN):
        texts += lines.values()
    for group in (*ASKED.values(), *AD_LINES.values(), OPENERS, CLOSERS, AD_HEADS, AD_ENDS, NAMES):
        texts += group
    held = {word for text in texts for word in re.sub(r"\{\w*\}", "", text).split()}
    return ["<end>", *sorted(held)]
