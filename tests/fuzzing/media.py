"""Fuzzed readers of media: sound, subtitles, notes, films, pictures, levels and sentences."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

from aigc_teach import data
from aigc_teach.core.levels import read_level, write_level
from aigc_teach.data.captioned_scenes import read_sentence, sentence
from aigc_teach.data.film import film_missing
from fuzzing.case import Target
from fuzzing.mutate import mutate_bytes

PASTED = (
    "\ufeff", "\u2028", "\0", "\r\n", "\t", "月", "\ud800", " " * 5000, "9" * 400, "(" * 400
)  # fmt: skip


def damaged_text(valid: bytes, rng: random.Random) -> str:
    """Text whose bytes were damaged, and what a paste may bring along."""
    text = mutate_bytes(valid, rng).decode("utf-8", "replace")
    if rng.random() < 0.2:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(PASTED) + text[at:]
    return text


def sine() -> torch.Tensor:
    return 0.5 * torch.sin(torch.arange(1600) / 9)


def wav(folder: Path) -> Target:
    """A sound of two channels."""
    path = folder / "a.wav"
    data.write_wav(path, torch.stack([sine(), -0.5 * sine()]), 16_000, note="a tone")

    def read(raw: bytes) -> None:
        for mono in (True, False):
            found = data.read_wav(raw, mono=mono)
            assert found.wave.isfinite().all() and found.wave.abs().max() <= 1
            assert 1 <= found.wave.ndim <= (1 if mono else 2) and found.rate > 0

    return Target("wav", path.read_bytes(), mutate_bytes, read)


def mark(folder: Path) -> Target:
    """The words in a sound's file that say it was made by a machine."""
    path = folder / "marked.wav"
    data.write_wav(path, sine()[:99], 16_000, note="a tone")

    def read(raw: bytes) -> None:
        found = data.read_mark(raw)
        assert found is None or all(isinstance(text, str) for text in found.values())

    return Target("mark", path.read_bytes(), mutate_bytes, read)


def subtitles(name: str, write: Callable, readers: list[Callable]) -> Callable[[Path], Target]:
    """A target for one format of subtitles, read in several ways."""

    def target(folder: Path) -> Target:
        path = folder / f"a.{name}"
        write(path, [(0.5, 2.0, "rain & <wind>"), (2.5, 4.0, "月\nsun"), (3661.0, 3662.5, "end")])

        def read(raw: bytes) -> None:
            for reader in readers:
                for cue in reader(raw):
                    assert cue.start >= 0 and cue.end >= 0 and isinstance(cue.text, str)

        return Target(name, path.read_bytes(), mutate_bytes, read)

    return target


def strict_vtt(raw: bytes) -> list:
    return data.read_vtt(raw, strict=True, plain=False)


def abc(folder: Path) -> Target:
    """A tune in letters."""
    bars = [[(67, 2), (None, 1), (71, 3)], [(66, 6)]]
    valid = data.write_abc([(bars, True), (bars, False)], unit=8).encode()

    def read(text: str) -> None:
        for bar in data.read_abc(text).bars:
            assert all(note.length > 0 for note in bar.notes)

    return Target("abc", valid, damaged_text, lambda raw: read(as_text(raw)))


def as_text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode()


def own_picture(folder: Path) -> Target:
    """The bytes that an upload button gives."""
    image, stored = Image.effect_noise((24, 16), 60), []
    for kind, mode in (("png", "P"), ("gif", "L"), ("jpeg", "CMYK"), ("tiff", "RGB"),
                       ("webp", "RGBA"), ("bmp", "1"), ("png", "LA")):  # fmt: skip
        buffer = io.BytesIO()
        image.convert("RGB").convert(mode if mode != "LA" else "L").save(buffer, kind)
        stored.append(buffer.getvalue())

    def damage(_, rng: random.Random) -> bytes:
        return mutate_bytes(rng.choice(stored), rng)

    def read(raw: bytes) -> None:
        found = data.picture(raw, longest=16)
        assert found.x.shape[0] == 3 and max(found.x.shape) <= 16 and found.x.abs().max() <= 1

    return Target("own_picture", stored[0], damage, read)


def level(folder: Path) -> Target:
    """A level of a game, typed or pasted."""

    def read(raw: bytes | str) -> None:
        found = read_level(as_text(raw))
        assert torch.equal(read_level(write_level(found)), found)

    return Target("level", b"S....o.F\n..=.^...\n########", damaged_text, read)


def scene(folder: Path) -> Target:
    """A sentence that asks for a picture."""

    def read(raw: bytes | str) -> None:
        caption = read_sentence(as_text(raw))
        assert read_sentence(sentence(caption)) == caption

    def damage(valid: bytes, rng: random.Random) -> str:
        if rng.random() < 0.5:
            return damaged_text(valid, rng)
        return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 8)))

    return Target("scene", b"a red circle left of a blue square", damage, read)


WORDS = ("a", "two", "red", "green", "circle", "circles", "square", "left", "of", "above", ",")


def film(folder: Path) -> Target:
    """A film with sound and subtitles."""
    path = folder / "a.webm"
    frames = torch.linspace(-1, 1, 4 * 16 * 16).reshape(4, 1, 16, 16)
    cues = {"en": [(0.0, 0.3, "rain")]}
    data.write_film(path, frames, 10, sound=sine(), subtitles=cues, note="a test")

    def read(raw: bytes) -> None:
        found = data.read_film(raw)
        assert found.frames.ndim == 4 and found.frames.abs().max() <= 1 and found.fps > 0
        assert found.wave is None or found.wave.ndim == 1

    return Target("film", path.read_bytes(), mutate_bytes, read)


MEDIA = [
    wav,
    mark,
    subtitles("vtt", data.write_vtt, [data.read_vtt, strict_vtt]),
    subtitles("srt", data.write_srt, [data.read_srt]),
    abc,
    own_picture,
    level,
    scene,
    *([] if film_missing() else [film]),
]
