"""How the zoo's three language models are trained, and what they pay beside the best count.

One reads *Moby-Dick* in pairs of bytes as one running text, one whole quatrains character by
character, one Python's standard library, file after file. All are judged in bits a character on
text that they were not trained on, and beside an interpolated Kneser-Ney count of the same training
text: the last tenth of the novel, 500 poems kept back, the beginning of each module held out. Verse
has a form that a count can be told: then it sees single lines, and gets the punctuation free.

They compute in bfloat16 where the processor can, so other processors give other last digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain

import torch
from torch import Tensor

from aigc_teach import data, train
from aigc_teach.core import choose_machine
from aigc_teach.core.routes import usual_routes
from aigc_teach.data.tokens import Tokenizer
from aigc_teach.metrics import bits_per_character
from aigc_teach.models import CharRNN, KneserNey, TokenCounts

from .judge_recipe import one_thread

KNOWN_SHARE, KEPT_POEMS, POEM, BEGINNING = 0.9, 500, 28, 10_000
"""Of the novel's characters, what is trained on; poems that judge; Chinese characters of one;
characters of each module that judge."""
DOUBLINGS = 6
LINE_ENDS = re.compile("[，。\n]+")


@dataclass(frozen=True)
class Writer:
    """A language model and its training.

    Attributes
    ----------
    summary : str
        One sentence for the manifest.
    source : {"prose", "verse", "code"}
        What it reads.
    width, length : int
        Of the `CharRNN`; the tokens that `sample` draws.
    dropout : float
    rows, steps : int
        Of a batch; batches of the training.
    lr, weight_decay, ema : float
        AdamW's, and the decay of the running average that is shipped.
    pairs : int
        Tokens of byte-pair encoding; 0 for characters.
    window : int
        Tokens of a row, of a running text; 0 for whole poems.
    """

    summary: str
    source: str
    width: int
    length: int
    dropout: float
    rows: int
    steps: int
    lr: float = 5e-3
    weight_decay: float = 0.01
    ema: float = 0.998
    pairs: int = 0
    window: int = 0

    def arguments(self, size: int) -> dict:
        """For `models.CharRNN`, as it is shipped."""
        return {"vocabulary": size, "width": self.width, "length": self.length}

    def config(self, seed: int) -> train.TrainConfig:
        """For `train.fit`."""
        return train.TrainConfig(
            self.steps,
            lr=self.lr,
            optimizer="adamw",
            weight_decay=self.weight_decay,
            clip_norm=1.0,
            seed=seed,
        )


WRITERS = {
    "prose_writer": Writer(
        "LSTM on Moby-Dick in pairs of bytes: it goes on from an English beginning.", "prose",
        width=192, length=100, dropout=0.3, rows=32, steps=12_000, pairs=2048, window=32,
    ),
    "verse_writer": Writer(
        "LSTM on Chinese quatrains of seven characters a line: it writes whole poems.", "verse",
        width=256, length=34, dropout=0.25, rows=24, steps=9_600,
    ),
    "code_writer": Writer(
        "LSTM on Python's standard library in pairs of bytes: it completes code.", "code",
        width=352, length=100, dropout=0.1, rows=32, steps=11_000, pairs=1024, window=32,
    ),
}  # fmt: skip


def settings(name: str) -> dict:
    """What the list records of a training."""
    kept = {key: value for key, value in asdict(WRITERS[name]).items() if key != "summary"}
    return kept | {"cell": "lstm", "optimizer": "AdamW", "schedule": "cosine", "clip_norm": 1.0,
                   "precision": "bfloat16"}  # fmt: skip


def texts(name: str) -> tuple[list[str], list[str]]:
    """What a writer learns from and what judges it: one text each, or poems, or files."""
    source = WRITERS[name].source
    if source == "prose":
        prose = data.prose()
        cut = int(KNOWN_SHARE * len(prose))
        return [prose[:cut]], [prose[cut:]]
    if source == "code":
        known, kept = (data.python_source(split).files for split in ("train", "held_out"))
        return [*known.values()], [text[:BEGINNING] for text in kept.values()]
    poems, kept = data.quatrains(), data.quatrains("held_out")[:KEPT_POEMS]
    return [poem + "\n" for poem in poems], [poem + "\n" for poem in kept]


@lru_cache
def tokenizer_of(name: str) -> Tokenizer:
    """Made from the training text alone; of code, from a tenth of its files."""
    (known, _), writer = texts(name), WRITERS[name]
    if writer.source == "code":
        return data.CodeBPE.train("".join(known[::10]), writer.pairs)
    if writer.pairs:
        return data.BPE.train("".join(known), writer.pairs)
    return data.CharacterTokenizer("".join(known))


class Curve(train.Callback):
    """What the running average pays on the text kept back, at each doubling of the steps.

    Attributes
    ----------
    points : list of [int, float]
        Tokens read, and bits a character.
    """

    def __init__(self, name: str, average: train.EMA):
        self.name, self.average, self.points = name, average, []
        self.marks = {WRITERS[name].steps >> k for k in range(DOUBLINGS)}

    def on_step(self, run: train.Run) -> None:
        """Measure, where it is time."""
        if run.step in self.marks:
            writer = WRITERS[self.name]
            read = run.step * writer.rows * (writer.window or writer.length)
            bits = bits_of(self.name, self.average.model, tokenizer_of(self.name))
            self.points.append([read, round(bits, 4)])


def train_writer(name: str, *, seed: int = 0) -> tuple[CharRNN, list]:
    """Train one of :data:`WRITERS` from nothing, on one thread; returns it and its `Curve`."""
    writer, known, tokenizer = WRITERS[name], texts(name)[0], tokenizer_of(name)
    streams = writer.rows if writer.window else 0
    with one_thread(), usual_routes(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        arguments = writer.arguments(tokenizer.size)
        model = CharRNN(**arguments, dropout=writer.dropout, streams=streams)
        batches = batches_of(writer, [tokenizer.encode(text) for text in known], seed)
        average = train.EMA(writer.ema)
        machine = choose_machine("cpu", precision="bfloat16")
        curve = Curve(name, average)
        train.fit(model, batches, writer.config(seed), callbacks=[average, curve], machine=machine)
        shipped = CharRNN(**arguments)
        kept = average.model.state_dict()
        shipped.load_state_dict({key: kept[key] for key in shipped.state_dict()})
    return shipped.eval(), curve.points


def bits_of(name: str, model: CharRNN, tokenizer: Tokenizer) -> float:
    """What a writer pays for a character of the text kept back."""
    bits = running_bits if WRITERS[name].window else verse_bits
    return bits(model, tokenizer, texts(name)[1])


def batches_of(writer: Writer, ids: list[list[int]], seed: int) -> Iterator[Tensor]:
    """Streams of one running text, or of all files one after another; or whole poems."""
    if writer.window:
        running = torch.tensor(list(chain.from_iterable(ids)))
        return data.Streams(running, batch_size=writer.rows, steps=writer.window)
    return data.Batches(torch.tensor(ids), batch_size=writer.rows, seed=seed)


def measure_writer(name: str, model: CharRNN) -> dict:
    """What a writer pays on text kept back, and how far that lies below the counts.

    Returns
    -------
    dict
        ``bits`` a character; ``count``, what the best count pays, and ``below_count``, the share of
        it that is saved. For verse the best count is the one that was told the form, and
        ``as_printed`` and ``below_printed`` say the same of one that reads the poems as printed.
    """
    measure = MEASURES[WRITERS[name].source]
    figures = measure(model, tokenizer_of(name), *texts(name))
    return {key: round(value, 4) for key, value in figures.items()}


def measure_prose(model: CharRNN, tokenizer: Tokenizer, known: list, unseen: list) -> dict:
    """The novel's last tenth; the better of a count of characters and one of the same pairs."""
    bits = running_bits(model, tokenizer, unseen)
    (known,), (unseen,) = known, unseen
    signs = ["".join(map(chr, tokenizer.encode(text))) for text in (known, unseen)]
    pairs = KneserNey(4).fit(signs[0]).bits(signs[1]) * len(signs[1]) / len(unseen)
    count = min(KneserNey(8).fit(known).bits(unseen), pairs)
    return {"bits": bits, "count": count, "below_count": 1 - bits / count}


def measure_code(model: CharRNN, tokenizer: Tokenizer, known: list, kept: list) -> dict:
    """The beginnings of modules never read; a count of the same pairs, of order 5."""
    bits = running_bits(model, tokenizer, kept)
    counts = TokenCounts(tokenizer.size, order=5).fit([tokenizer.encode(text) for text in known])
    log_probs = [torch.tensor(counts.log_probs(tokenizer.encode(text))) for text in kept]
    count = bits_per_character(torch.cat(log_probs), sum(map(len, kept)))
    return {"bits": bits, "count": count, "below_count": 1 - bits / count}


def running_bits(model: CharRNN, tokenizer: Tokenizer, texts: Sequence[str]) -> float:
    """What texts cost a character, each read from its beginning."""
    scores = [model.score(torch.tensor(tokenizer.encode(text))) for text in texts]
    return bits_per_character(torch.cat(scores), sum(map(len, texts)))


def measure_verse(model: CharRNN, tokenizer: Tokenizer, known: list, kept: list) -> dict:
    """Poems kept back, for each Chinese character; what punctuation costs is added."""
    bits = verse_bits(model, tokenizer, kept)
    printed = KneserNey(4).fit(known).bits(kept) * len(kept[0]) / POEM
    told = KneserNey(4).fit(lines_of(known)).bits(lines_of(kept))
    figures = {"bits": bits, "count": told, "below_count": 1 - bits / told}
    return figures | {"as_printed": printed, "below_printed": 1 - bits / printed}


@torch.no_grad()
def verse_bits(model: CharRNN, tokenizer: Tokenizer, poems: Sequence[str]) -> float:
    """What poems cost, for each Chinese character."""
    ids = torch.tensor([tokenizer.encode(poem) for poem in poems])  # [N, 34]
    log_probs = torch.cat([model.log_prob(part) for part in ids.split(100)])  # [N]
    return bits_per_character(log_probs, POEM * len(poems))


def lines_of(poems: Sequence[str]) -> list[str]:
    """The lines of poems, without their punctuation.

    >>> lines_of(["春眠不覺曉，處處聞啼鳥。"])
    ['春眠不覺曉', '處處聞啼鳥']
    """
    return [line for poem in poems for line in LINE_ENDS.split(poem) if line]


MEASURES = {"prose": measure_prose, "verse": measure_verse, "code": measure_code}
"""What a writer's text is judged by."""
