"""How the zoo's two language models are trained, and what they pay beside the best count.

One reads *Moby-Dick* in pairs of bytes as one running text, the other whole quatrains character
by character. Both are judged in bits a character on text that neither was trained on, and both
beside an interpolated Kneser-Ney count of the same training text: the last tenth of the novel, and
500 poems kept back. Verse has a form that a count can be told: then it sees single lines, and
gets the punctuation free.

They compute in bfloat16 where the processor can, so other processors give other last digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

import torch
from torch import Tensor

from aigc_teach import data, train
from aigc_teach.core import choose_machine
from aigc_teach.core.routes import usual_routes
from aigc_teach.data.tokens import Tokenizer
from aigc_teach.metrics import bits_per_character
from aigc_teach.models import CharRNN, KneserNey

from .judge_recipe import one_thread

KNOWN_SHARE, KEPT_POEMS, POEM = 0.9, 500, 28
"""Of the novel's characters, what is trained on; poems that judge; Chinese characters of one."""
LINE_ENDS = re.compile("[，。\n]+")


@dataclass(frozen=True)
class Writer:
    """A language model and its training.

    Attributes
    ----------
    summary : str
        One sentence for the manifest.
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
        "LSTM on Moby-Dick in pairs of bytes: it goes on from an English beginning.",
        width=192, length=100, dropout=0.3, rows=32, steps=12_000, pairs=2048, window=32,
    ),
    "verse_writer": Writer(
        "LSTM on Chinese quatrains of seven characters a line: it writes whole poems.",
        width=152, length=34, dropout=0.1, rows=24, steps=3_200,
    ),
}  # fmt: skip


def settings(name: str) -> dict:
    """What the list records of a training."""
    kept = {key: value for key, value in asdict(WRITERS[name]).items() if key != "summary"}
    return kept | {"cell": "lstm", "optimizer": "AdamW", "schedule": "cosine", "clip_norm": 1.0,
                   "precision": "bfloat16"}  # fmt: skip


def texts(name: str) -> tuple[list[str], list[str]]:
    """What a writer learns from and what judges it: one text each, or poems."""
    if WRITERS[name].window:
        prose = data.prose()
        cut = int(KNOWN_SHARE * len(prose))
        return [prose[:cut]], [prose[cut:]]
    poems, kept = data.quatrains(), data.quatrains("held_out")[:KEPT_POEMS]
    return [poem + "\n" for poem in poems], [poem + "\n" for poem in kept]


@lru_cache
def tokenizer_of(name: str) -> Tokenizer:
    """Made from the training text alone."""
    known, pairs = "".join(texts(name)[0]), WRITERS[name].pairs
    return data.BPE.train(known, pairs) if pairs else data.CharacterTokenizer(known)


def train_writer(name: str, *, seed: int = 0, callbacks: Sequence[train.Callback] = ()) -> CharRNN:
    """Train one of :data:`WRITERS` from nothing, on one thread."""
    writer, known, tokenizer = WRITERS[name], texts(name)[0], tokenizer_of(name)
    streams = writer.rows if writer.window else 0
    with one_thread(), usual_routes(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        arguments = writer.arguments(tokenizer.size)
        model = CharRNN(**arguments, dropout=writer.dropout, streams=streams)
        batches = batches_of(writer, [tokenizer.encode(text) for text in known], seed)
        average = train.EMA(writer.ema)
        machine = choose_machine("cpu", precision="bfloat16")
        watchers = [*callbacks, average]
        train.fit(model, batches, writer.config(seed), callbacks=watchers, machine=machine)
        shipped = CharRNN(**arguments)
        kept = average.model.state_dict()
        shipped.load_state_dict({key: kept[key] for key in shipped.state_dict()})
    return shipped.eval()


def batches_of(writer: Writer, ids: list[list[int]], seed: int) -> Iterator[Tensor]:
    """Streams of one running text, or whole poems."""
    if writer.window:
        return data.Streams(torch.tensor(ids[0]), batch_size=writer.rows, steps=writer.window)
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
    measure = measure_prose if WRITERS[name].window else measure_verse
    figures = measure(model, tokenizer_of(name), *texts(name))
    return {key: round(value, 4) for key, value in figures.items()}


def measure_prose(model: CharRNN, tokenizer: Tokenizer, known: list, unseen: list) -> dict:
    """The novel's last tenth; the better of a count of characters and one of the same pairs."""
    (known,), (unseen,) = known, unseen
    bits = prose_bits(model, tokenizer, unseen)
    signs = ["".join(map(chr, tokenizer.encode(text))) for text in (known, unseen)]
    pairs = KneserNey(4).fit(signs[0]).bits(signs[1]) * len(signs[1]) / len(unseen)
    count = min(KneserNey(8).fit(known).bits(unseen), pairs)
    return {"bits": bits, "count": count, "below_count": 1 - bits / count}


def prose_bits(model: CharRNN, tokenizer: Tokenizer, text: str) -> float:
    """What one running text costs a character."""
    return bits_per_character(model.score(torch.tensor(tokenizer.encode(text))), len(text))


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
