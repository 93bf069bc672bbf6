"""Remake the package's training speech with the synthesiser eSpeak NG.

    pip install espeakng-loader==0.2.4      the synthesiser, GPL-3.0-or-later
    python tools/make_speech.py             write the files
    python tools/make_speech.py --check     compare, write nothing

Without the synthesiser ``--check`` says so, and compares the stored file with its record alone.
It is a tool of this step: the package never imports it, and nothing of it is in the package.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import json
import random
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from make_data import Pair, array_sha256, npz_bytes, settle, stored_sha256

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "speech.npz"
RECORD = FOLDER / "speech.json"
SOURCE = "eSpeak NG 1.52.0 as packed in espeakng-loader 0.2.4, voice en-us, 180 words a minute"
VOICE, SPEED = b"en-us", 180
LEVEL = 0.9  # of the synthesiser's own: the peak stays below -1 dB of full scale
PITCHES = (35, 50, 65)  # the synthesiser's own scale, 0 to 99; about 96, 109 and 119 Hz
SPLITS = {"train": 140, "sentences": 16, "pairs": 16, "words": 16}
RATE = 11_025
LEAD = RATE // 50  # samples of silence before the first sound
TAIL = RATE // 25  # and behind the last one
SILENCE = "_"

UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen"]
TEENS += ["fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
MUCH = ["light", "heavy", "cold", "warm", "strong"]
WHAT = ["rain", "snow", "wind", "fog", "sun", "frost"]
HOW = ["wet", "dry", "sunny", "cloudy", "windy", "rainy", "foggy", "warm", "cold"]
WHERE = ["north", "south", "east", "west"]
WHEN = ["tonight", "tomorrow", "this morning", "this evening"]
NEVER_HEARD = [
    "thirteen",
    "nineteen",
    "sixty",
    "eighty",
    "snow",
    "south",
    "rainy",
    "foggy",
]  # in no training
FUNCTION = {"and", "hundred", "past", "to", "moving", "this", "half", "quarter"}


class Spoken(NamedTuple):
    """One utterance, as the synthesiser spoke it, at `RATE`."""

    text: str
    pitch: int
    codes: np.ndarray  # uint8 [T]
    signs: list[str]  # [P]
    stress: list[int]  # [P], 0 none, 1 secondary, 2 primary
    starts: list[int]  # [P], in samples
    words: list[int]  # [P], which word, 255 for silence


# ---------------------------------------------------------------- what is said


def sentence(draw: random.Random) -> str:
    """One sentence of the grammar: a number, a time of day, or the weather."""

    def one(of: list[str]) -> str:  # not draw.choice: only random() is promised to stay the same
        return of[int(draw.random() * len(of))]

    def number() -> str:
        kind = draw.random()
        if kind < 0.5:
            return one(TEENS) if kind < 0.25 else one(TENS)
        return f"{one(TENS)} {one(UNITS)}"

    kind = draw.random()
    if kind < 0.04:
        return f"{one(UNITS)} hundred and {number()}"
    if kind < 0.16:
        return number()
    if kind < 0.3:
        return f"{number()} {one(['past', 'to'])} {one(UNITS + TEENS[:3])}"
    if kind < 0.38:
        return f"{one(['half', 'quarter'])} past {one(UNITS + TEENS[:3])}"
    if kind < 0.56:
        return f"{one(MUCH)} {one(WHAT)} {one(WHEN)}"
    if kind < 0.74:
        return f"{one(HOW)} and {one(HOW)}"
    if kind < 0.88:
        return f"{one(WHAT)} moving {one(WHERE)}"
    return f"{number()} degrees"


def pairs(text: str) -> set[tuple[str, str]]:
    """Its words, two by two."""
    words = text.split()
    return set(zip(words, words[1:], strict=False))


def apart(pair: tuple[str, str]) -> bool:
    """Whether two neighbouring words are kept out of training: one pair in five, by its hash.

    Pairs with a word such as "and" are kept in: without them there would be nothing to hear.
    """
    return not FUNCTION & set(pair) and hashlib.sha256(" ".join(pair).encode()).digest()[0] < 64


def texts() -> dict[str, list[str]]:
    """The sentences of each split; no sentence twice."""
    draw = random.Random(23)
    chosen: dict[str, list[str]] = {name: [] for name in SPLITS}
    seen: set[str] = set()

    def candidates():
        for _ in range(200_000):
            text = sentence(draw)
            words = text.split()
            if text not in seen and (len(words) == 1 or len(set(words)) == len(words)):
                yield text, set(words), any(map(apart, pairs(text)))

    for text, words, is_apart in candidates():
        if len(chosen["train"]) == SPLITS["train"]:
            break
        if not words & set(NEVER_HEARD) and not is_apart:
            seen.add(text)
            chosen["train"].append(text)
    known = {word for text in chosen["train"] for word in text.split()}
    known_pairs = set().union(*map(pairs, chosen["train"]))
    for text, words, is_apart in candidates():
        new = words & set(NEVER_HEARD)
        if len(words) < 2 or words - known - new:
            continue
        if new and not is_apart:
            name = "words"
        elif not new and is_apart:
            name = "pairs"
        elif not new and pairs(text) <= known_pairs:
            name = "sentences"
        else:
            continue
        if len(chosen[name]) < SPLITS[name] and (name != "words" or rarest(chosen[name], new)):
            seen.add(text)
            chosen[name].append(text)
        if all(len(chosen[split]) == number for split, number in SPLITS.items()):
            return chosen
    sys.exit("The grammar is too small for these splits.")


def rarest(so_far: list[str], new: set[str]) -> bool:
    """Whether a sentence has a word never heard that is not yet had more often than another."""
    count = {word: sum(word in text.split() for text in so_far) for word in NEVER_HEARD}
    return any(count[word] <= min(count.values()) for word in new)


# ---------------------------------------------------------------- how it is said


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):  # espeak_EVENT of speak_lib.h
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


WORD, END, PHONEME = 1, 5, 7  # espeak_EVENT_TYPE
RATE_PARAMETER, PITCH_PARAMETER = 1, 3  # espeak_PARAMETER


class Synthesiser:
    """eSpeak NG by ctypes: a sentence to samples at 22,050 a second and its events."""

    def __init__(self) -> None:
        import espeakng_loader

        self.library = espeakng_loader.load_library()
        folder = espeakng_loader.get_data_path().encode()
        if self.library.espeak_Initialize(2, 500, folder, 0x8001) != 2 * RATE:
            sys.exit("This eSpeak NG does not speak at 22,050 samples a second.")
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )
        self.callback = kind(self._receive)  # kept: the library holds only its address
        self.library.espeak_SetSynthCallback(self.callback)
        self.library.espeak_SetVoiceByName(VOICE)
        self.library.espeak_SetParameter(RATE_PARAMETER, SPEED, 0)
        self.waves: list[np.ndarray] = []
        self.events: list[tuple[int, int, str]] = []

    def _receive(self, wave, n: int, events) -> int:
        if wave and n > 0:
            self.waves.append(np.ctypeslib.as_array(wave, (n,)).copy())
        k = 0
        while events[k].type:
            name = events[k].id.string.decode() if events[k].type == PHONEME else ""
            self.events.append((events[k].type, events[k].sample, name))
            k += 1
        return 0

    def say(self, text: str, pitch: int) -> tuple[np.ndarray, list[tuple[int, int, str]]]:
        """Samples, int16 at 22,050 a second, and events ``(type, sample, name)``."""
        self.waves, self.events = [], []
        self.library.espeak_SetParameter(PITCH_PARAMETER, pitch, 0)
        letters = text.encode()
        self.library.espeak_Synth(letters, len(letters) + 1, 0, 1, 0, 1, None, None)
        self.library.espeak_Synchronize()
        return np.concatenate(self.waves), self.events


def half_rate(wave: np.ndarray) -> np.ndarray:
    """Every second sample, behind a low pass at 5 kHz in whole numbers: the same everywhere."""
    n = np.arange(-32, 33)
    cutoff = 5_000 / RATE  # of 22,050 samples a second, in cycles of half of that
    taps = cutoff * np.sinc(cutoff * n) * (0.54 + 0.46 * np.cos(np.pi * n / 32))
    taps = np.rint(taps / taps.sum() * 32_768).astype(np.int64)
    return (np.convolve(wave.astype(np.int64), taps)[32:-32:2] + 16_384) >> 15


def mu_law(wave: np.ndarray) -> np.ndarray:
    """Codes 0 to 255 of samples, -32,768 to 32,768."""
    x = np.clip(wave / 32_768, -1, 1)
    return np.rint((np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256) + 1) * 127.5).astype(
        np.uint8
    )


def spoken(synthesiser: Synthesiser, text: str, pitch: int) -> Spoken:
    """One utterance with its phonemes: stress signs stripped, silences one sign, none empty."""
    wave, events = synthesiser.say(text, pitch)
    signs, stress, starts, words, word = [SILENCE], [0], [0], [255], -1
    for kind, sample, name in events:
        if kind == WORD:
            word += 1
        if kind != PHONEME:
            continue
        sign = SILENCE if name.startswith("_") else name.lstrip("',")
        at, quiet = LEAD + (sample + 1) // 2, sign == SILENCE
        while starts and starts[-1] >= at:  # what began here lasted no time
            for column in (signs, stress, starts, words):
                column.pop()
        if quiet and signs and signs[-1] == SILENCE:
            continue
        signs.append(sign)
        stress.append({"'": 2, ",": 1}.get(name[0], 0))
        starts.append(at)
        words.append(255 if quiet else word)
    if word + 1 != len(text.split()) or signs[-1] != SILENCE:
        sys.exit(f"eSpeak NG read {text!r} as {word + 1} words.")
    codes = mu_law(LEVEL * np.concatenate([np.zeros(LEAD), half_rate(wave)]))[: starts[-1] + TAIL]
    return Spoken(text, pitch, codes, signs, stress, starts, words)


# ---------------------------------------------------------------- what is stored


def arrays_of(said: list[Spoken]) -> dict[str, np.ndarray]:
    """The arrays of the file. Codes are stored as differences, modulo 256, which pack better."""
    names = sorted({sign for one in said for sign in one.signs})
    flat = {
        "sign": [names.index(sign) for one in said for sign in one.signs],
        "stress": [value for one in said for value in one.stress],
        "word": [value for one in said for value in one.words],
    }
    words = {"signs": names, "texts": [one.text for one in said]}
    steps = [np.diff(one.codes, prepend=np.uint8(128)) for one in said]
    return {
        "codes": np.concatenate(steps),
        "samples": np.array([len(one.codes) for one in said], np.uint32),
        "phonemes": np.array([len(one.signs) for one in said], np.uint8),
        "pitch": np.array([one.pitch for one in said], np.uint8),
        **{name: np.array(values, np.uint8) for name, values in flat.items()},
        "start": np.array([at for one in said for at in one.starts], np.uint32),
        "text": np.frombuffer(json.dumps(words).encode(), np.uint8),
    }


def check_coverage(chosen: dict[str, list[str]], said: list[Spoken]) -> None:
    """Stop where a held-out utterance has a sign that training never has."""
    known = {sign for one in said[: SPLITS["train"]] for sign in one.signs}
    for one in said[SPLITS["train"] :]:
        if not set(one.signs) <= known:
            sys.exit(f"{one.text!r} has {set(one.signs) - known}, which training lacks.")


def record_text(file: bytes, arrays: dict[str, np.ndarray]) -> str:
    """The record kept beside the file, as JSON."""
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_arrays": array_sha256(*arrays.values()),
        "bytes": len(file),
        "utterances": len(arrays["samples"]),
        "splits": SPLITS,
        "rate": RATE,
        "seconds": round(int(arrays["samples"].sum()) / RATE, 1),
        "source": SOURCE,
        "licence": "see DATA_LICENSES.md",
        "made_by": "python tools/make_speech.py",
    }
    return json.dumps(record, indent=2) + "\n"


def make() -> tuple[bytes, str]:
    """The file's bytes and the record's text, spoken afresh."""
    synthesiser, chosen = Synthesiser(), texts()
    synthesiser.say("one", 50)  # the first utterance of a process begins later than the others
    lines = [text for split in chosen.values() for text in split]
    said = [spoken(synthesiser, text, PITCHES[k % 3]) for k, text in enumerate(lines)]
    check_coverage(chosen, said)
    arrays = arrays_of(said)
    file = npz_bytes(**arrays)
    return file, record_text(file, arrays)


def check_record() -> int:
    """Compare the stored file with its record, where nothing can be spoken; the exit code."""
    stored = json.loads(RECORD.read_text(encoding="utf-8"))
    same = hashlib.sha256(FILE.read_bytes()).hexdigest() == stored["sha256"]
    same = same and stored_sha256(FILE) == stored["sha256_of_arrays"]
    print(
        "eSpeak NG is not installed (pip install espeakng-loader==0.2.4), so nothing was spoken. "
        f"{FILE.name} is {'' if same else 'not '}the file that {RECORD.name} describes."
    )
    return 0 if same else 1


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's training speech.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args(arguments).check
    if importlib.util.find_spec("espeakng_loader") is None:
        if check:
            return check_record()
        sys.exit("make_speech needs eSpeak NG. Install it: pip install espeakng-loader==0.2.4")
    pair = Pair(FILE, RECORD, "sha256_of_arrays", partial(stored_sha256, FILE), "arrays", "speech")
    return settle(pair, *make(), check=check)


if __name__ == "__main__":
    sys.exit(main())
