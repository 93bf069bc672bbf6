"""A clip of some spoken sentences, every word's time known, with a picture that speaks them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .... import data, metrics

RATE = 11_025
WINDOW, HOP, BANDS = 512, 64, 40  # 46 milliseconds, one frame every 5.8
FPS = 12.5
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 0.4  # seconds of digital silence between sentences


class Said(NamedTuple):
    """A word or a sentence, with its time in seconds."""

    start: float
    end: float
    text: str


class Clip(NamedTuple):
    """Sentences one after the other, zeros between them.

    Attributes
    ----------
    wave : Tensor
        float32 ``[T]``, 11,025 samples a second.
    sentences, words : list of Said
        In their order; the synthesiser's own times.
    first : list of int
        Of each sentence the place of its first word.
    signs : list of str
        All phonemes, each sentence with a silence before and behind.
    word : list of int
        Of each phoneme the place of its word; -1 for silence.
    """

    wave: Tensor
    sentences: list[Said]
    words: list[Said]
    first: list[int]
    signs: list[str]
    word: list[int]


def levels(wave: Tensor, floor: float = 1e-3) -> Tensor:
    """Log-mel levels ``[F, 40]``, 172 frames a second; a floor of 0 leaves the zeros as they are.

    >>> levels(torch.zeros(640)).shape, levels(torch.zeros(640), 0.0).isinf().all().item()
    (torch.Size([11, 40]), True)
    """
    size = data.stft(wave, window_length=WINDOW, hop=HOP).abs()
    filters = data.mel_filters(BANDS, rate=RATE, window_length=WINDOW).to(size)
    return (filters @ size).clamp(min=floor).log().T.contiguous()


def clip(utterances: Sequence[data.Utterance], generator: torch.Generator | None = None) -> Clip:
    """Join sentences, with 0.1 to 0.4 s of silence before each and half a second at the end.

    >>> one = clip(data.speech("pairs")[:3], torch.Generator().manual_seed(0))
    >>> [word.text for word in one.words[:4]], one.first
    (['light', 'fog', 'tonight', 'cold'], [0, 3, 6])
    >>> len(one.signs) == len(one.word), one.sentences[1].text
    (True, 'cold frost tomorrow')
    """
    waves, sentences, words, first, signs, word, at = [], [], [], [], [], [], 0
    for one in utterances:
        share = torch.rand((), generator=generator).item()
        pause = int(RATE * (SHORTEST_PAUSE + share * (LONGEST_PAUSE - SHORTEST_PAUSE)))
        at += pause
        first.append(len(words))
        own = [
            Said((at + start) / RATE, (at + end) / RATE, text)
            for (start, end), text in zip(word_samples(one), one.text.split(), strict=True)
        ]
        word += [place + len(words) if place >= 0 else -1 for place in one.word.tolist()]
        words += own
        signs += one.signs
        sentences.append(Said(own[0].start, own[-1].end, one.text))
        waves += [torch.zeros(pause), one.wave]
        at += len(one.wave)
    return Clip(torch.cat([*waves, torch.zeros(RATE // 2)]), sentences, words, first, signs, word)


def word_samples(one: data.Utterance) -> list[tuple[int, int]]:
    """First sample of each word, and the one behind its last.

    >>> word_samples(data.speech("sentences")[0])
    [(352, 3503), (3503, 5612), (5612, 10401)]
    """
    return _spans(one.word, one.starts, one.ends)


def _spans(word: Tensor, starts: Tensor, ends: Tensor) -> list[tuple[int, int]]:
    places = [(word == k).nonzero()[:, 0] for k in range(int(word.max()) + 1)]
    return [(int(starts[p[0]]), int(ends[p[-1]])) for p in places]


def word_times(found, word: Sequence[int]) -> list[tuple[float, float]]:
    """Start and end of each word in seconds, from an `models.Alignment` of its phonemes."""
    spans = _spans(torch.as_tensor(word), found.starts, found.ends)
    return [(start / RATE, end / RATE) for start, end in spans]


def by_letters(words: Sequence[str], start: float, end: float) -> list[tuple[float, float]]:
    """Words spread over a time evenly, each by its letters and one blank.

    >>> by_letters(["one", "two"], 0.0, 4.0)
    [(0.0, 2.0), (2.0, 4.0)]
    """
    sizes = torch.tensor([0] + [len(word) + 1 for word in words], dtype=torch.float64)
    edges = (start + (end - start) * sizes.cumsum(0) / sizes.sum()).tolist()
    return list(zip(edges, edges[1:], strict=False))


def loudness(wave: Tensor, fps: float = FPS) -> Tensor:
    """How loud each picture of a film is, from 0 to 1: ``[frames]``.

    >>> loudness(torch.cat([torch.zeros(RATE), torch.ones(RATE)]), 2.0).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    frames = round(len(wave) * fps / RATE)
    missing = max(0, math.ceil(frames * RATE / fps) - len(wave))  # of the last picture
    loud = metrics.loudness(F.pad(wave, (0, missing)), rate=RATE, fps=fps)
    return loud / loud.max().clamp(min=1e-9)


def film(one: Clip, size: int = 64, fps: float = FPS) -> Tensor:
    """A drawn face that speaks the clip, its background another in every sentence.

    Returns
    -------
    Tensor
        float32 ``[frames, 3, size, size]`` in [-1, 1].

    Examples
    --------
    >>> few = clip(data.speech("words")[:2], torch.Generator().manual_seed(0))
    >>> pictures = film(few, 32)
    >>> pictures.shape[1:], len(pictures) == len(loudness(few.wave))
    (torch.Size([3, 32, 32]), True)
    """
    loud = loudness(one.wave, fps)
    middle = (torch.arange(len(loud)) + 0.5) / fps
    turns = torch.tensor([said.start for said in one.sentences], dtype=middle.dtype)
    sentence = (torch.searchsorted(turns, middle, right=True) - 1).clamp(min=0)
    steady = {"turn": 0.0, "smile": 0.2, "eyes": 0.8, "skin": 0.3, "age": 0.2, "glasses": "round"}
    steady |= {"hair": "short", "hair_colour": "brown", "shirt": "blue"}
    grounds = len(data.FACE["background"].names)
    told = {"mouth": loud.clamp(0, 1), "background": sentence % grounds}
    return data.faces(len(loud), size=size, **steady, **told).x
