"""A machine that writes down what was said: pocketsphinx, told which words there are.

It judges generated or restored speech by a use of it. It is a recogniser of the year 2000
(Gaussian mixtures and hidden Markov models; D. Huggins-Daines and others, "Pocketsphinx: a free,
real-time continuous speech recognition system for hand-held devices", ICASSP 2006): a list of
words and how frequent each is must be given. It wants English, 16,000 samples a second, and no
digital silence.

pocketsphinx is an optional extra. Nothing of it is loaded before a `Recogniser` is made.
"""

from __future__ import annotations

import importlib.util
import math
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..core import DataError, DtypeError, check_text, make_generator
from ..core.resample import check_length, check_sound, resample

RATE = 16_000
FRAMES = 100  # of an alignment, a second
PADDING = 8_000  # samples of soft noise before and after: it may not begin with a word
NOISE = 60 / 32_768  # its size; digital silence, all zeros, upsets the recogniser
LOUDEST = 0.5  # every sound is brought to this peak, so that the noise is equally soft beside it
MOST_SECONDS = 120.0  # of one call
CUT = "Cut it at its pauses, and give part by part."
MISSING = (
    "pocketsphinx, the recogniser of speech, is not installed. It is an optional extra: "
    "pip install 'aigc-teach[audio]'."
)


def recogniser_missing() -> str:
    """A sentence that says what is missing, and how to get it; empty where it is there.

    >>> recogniser_missing() in ("", MISSING)
    True
    """
    return "" if importlib.util.find_spec("pocketsphinx") else MISSING


class Recogniser:
    """Writes down speech, of the words that occur in `sentences`.

    Any order of the words is possible: a word's chance is its share of all words (a unigram
    model), so that a grammar cannot repair what the sound does not say.

    Parameters
    ----------
    sentences : sequence of str
        Lower case, words divided by blanks, without punctuation. Give those of the training set:
        their words are all that can be recognised.
    pronunciations : mapping of str to str, optional
        How words are spoken that pocketsphinx's dictionary lacks, in its 39 signs:
        ``{"vae": "V IY EY IY"}``.

    Attributes
    ----------
    words : list of str
        What can be recognised, in alphabetical order.

    Raises
    ------
    DataError
        Where pocketsphinx is not installed, there are no words, or a word cannot be spoken.
    DtypeError
        For sentences that are no texts.

    Examples
    --------
    >>> import pytest
    >>> _ = pytest.importorskip("pocketsphinx")
    >>> recogniser = Recogniser(["one two three", "three two"])
    >>> recogniser.words
    ['one', 'three', 'two']
    >>> recogniser(torch.zeros(8000), 8000)
    ''
    """

    def __init__(
        self, sentences: Sequence[str], *, pronunciations: Mapping[str, str] | None = None
    ):
        if isinstance(sentences, str) or not all(isinstance(one, str) for one in sentences):
            raise DtypeError("Give sentences as a list of texts: every item must be a str.")
        counts = Counter(word for sentence in sentences for word in sentence.split())
        if not counts:
            raise DataError("The sentences hold no word: there is nothing to recognise.")
        if recogniser_missing():
            raise DataError(MISSING)
        from pocketsphinx import Config, Decoder, get_model_path

        self.words = sorted(counts)
        models = Path(get_model_path("en-us"))
        spoken = _spoken(self.words, models / "cmudict-en-us.dict", pronunciations or {})
        with tempfile.TemporaryDirectory() as folder:
            dictionary, language = Path(folder, "words.dict"), Path(folder, "words.lm")
            dictionary.write_text("".join(f"{name} {said}\n" for name, said in spoken), "utf-8")
            language.write_text(_unigrams(counts), "utf-8")
            self._decoder = Decoder(
                Config(
                    hmm=str(models / "en-us"),
                    dict=str(dictionary),
                    lm=str(language),
                    cmn="batch",  # every utterance by its own mean: nothing carries over
                    loglevel="FATAL",
                )
            )

    def __call__(self, wave: Tensor, rate: int) -> str:
        """What was said, as words divided by blanks; empty where nothing was understood.

        Parameters
        ----------
        wave : Tensor
            Floating point ``[T]``, at most two minutes; some sentences are sensible.
        rate : int
            Samples a second; it is changed to 16,000.

        Raises
        ------
        DtypeError, ShapeError, DataError, RangeError
            For a sound that is none, or too long.
        """
        samples = _samples(wave, rate)
        self._decoder.start_utt()
        self._decoder.process_raw(samples, full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return found.hypstr if found is not None else ""


def word_times(wave: Tensor, rate: int, text: str) -> list[tuple[float, float]]:
    """When each word of a known text was said, as pocketsphinx aligns it.

    Its templates were learnt from many people. It places a word to 10 milliseconds.

    Parameters
    ----------
    wave : Tensor
        Floating point ``[T]``, at most two minutes; a sentence, or some, are sensible.
    rate : int
        Samples a second; it is changed to 16,000.
    text : str
        Lower case, words divided by blanks, all in pocketsphinx's dictionary.

    Returns
    -------
    list of (float, float)
        Start and end of each word in seconds.

    Raises
    ------
    DataError
        Where pocketsphinx is not installed, the text is empty or holds an unknown word, or the
        words find no place in the sound.
    RangeError
        For more than two minutes of sound.

    Examples
    --------
    >>> import pytest
    >>> _ = pytest.importorskip("pocketsphinx")
    >>> word_times(torch.zeros(800), 8000, "twenty five past one")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: The words find no place in the sound...
    """
    words = check_text("text", text).split()
    if not words:
        raise DataError("The text is empty: there is nothing to align.")
    if recogniser_missing():
        raise DataError(MISSING)
    from pocketsphinx import Config, Decoder, get_model_path

    models = Path(get_model_path("en-us"))
    dictionary = models / "cmudict-en-us.dict"
    _spoken(sorted(set(words)), dictionary, {})
    samples = _samples(wave, rate)
    aligner = Decoder(
        Config(
            hmm=str(models / "en-us"), dict=str(dictionary), lm=None, cmn="batch", loglevel="FATAL"
        )
    )
    aligner.set_align_text(" ".join(words))
    aligner.start_utt()
    aligner.process_raw(samples, full_utt=True)
    aligner.end_utt()
    found = [
        (part.start_frame / FRAMES, (part.end_frame + 1) / FRAMES)
        for part in aligner.seg() or ()
        if part.word.partition("(")[0] in words
    ]
    if len(found) != len(words):
        raise DataError(
            "The words find no place in the sound: it is too short for them, or others were said."
        )
    early = PADDING / RATE
    return [(max(0.0, start - early), max(0.0, end - early)) for start, end in found]


def _samples(wave: Tensor, rate: int) -> bytes:
    """What pocketsphinx reads: 16 bits at 16,000 a second, soft noise around and under it."""
    check_sound(wave)
    check_length(wave, rate, MOST_SECONDS, CUT)
    wave = resample(wave.detach().cpu().double(), rate, RATE)
    wave = LOUDEST * wave / wave.abs().max().clamp(min=1e-9)
    wave = torch.nn.functional.pad(wave, (PADDING, PADDING))
    wave = wave + NOISE * torch.randn(len(wave), generator=make_generator(0)).double()
    return (wave * 32_767).round().clamp(-32_768, 32_767).to(torch.int16).numpy().tobytes()


def _spoken(words: list[str], dictionary: Path, own: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each word, and its variants as ``word(2)``, with its sounds; or a sentence."""
    wanted, found = set(words) - set(own), [(word, own[word]) for word in words if word in own]
    with dictionary.open(encoding="utf-8") as lines:
        for line in lines:
            name, _, said = line.strip().partition(" ")
            if name.partition("(")[0] in wanted:
                found.append((name, said.strip()))
    lost = sorted(wanted - {name for name, _ in found})
    if lost:
        raise DataError(
            f"The dictionary does not know how to say: {', '.join(lost[:10])}. Write numbers in "
            "words and all in lower case, or give pronunciations={'word': 'W ER D'}."
        )
    return found


def _unigrams(counts: Counter) -> str:
    """A language model in ARPA's format: every word by its share, the end like one more word."""
    total = counts.total() + 1
    shares = {"</s>": 1, **counts}
    lines = [f"{math.log10(count / total):.4f} {word}" for word, count in shares.items()]
    lines = ["-99.0 <s>", *lines]
    return "\n".join(
        ["\\data\\", f"ngram 1={len(lines)}", "", "\\1-grams:", *lines, "", "\\end\\", ""]
    )
