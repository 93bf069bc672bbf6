"""Train the zoo again: ``python -m aigc_teach.zoo.remake [name ...]``.

Each model is trained with seeds 0, 1 and 2, or with those of ``--seeds``. The first is shipped,
good or bad, and the range over all of them is recorded beside its figures. The judge comes first,
because it measures the others.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy
import torch
from torch import nn

from aigc_teach import data
from aigc_teach.core import AigcError, check_choice
from aigc_teach.metrics import score_digits

from . import (
    denoiser_recipe,
    enlarger_recipe,
    judge_recipe,
    language_recipe,
    painter_recipe,
    reader_recipe,
    store,
)
from .negatives import UNSEEN
from .recipes import RECIPES, measure_model, train_model

SEEDS = (0, 1, 2)
PLAIN_STEPS = 800
WRITERS = language_recipe.WRITERS
ORDER = (
    "judge",
    *RECIPES,
    *reader_recipe.SUBJECTS,
    *enlarger_recipe.SIZES,
    "denoiser",
    "painter",
    *WRITERS,
)
# the first of these that a model has is said
HEADLINES = ("good", "over_lanczos", "over_means", "kept", "below_count")


def remake(
    chosen: Sequence[str] = ORDER,
    *,
    seeds: Sequence[int] = SEEDS,
    folder: Path | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Train, measure and store the chosen models.

    Parameters
    ----------
    chosen : sequence of str
        Names among :data:`ORDER`; all if left out.
    seeds : sequence of int
        One training each.
    folder : path, optional
        Where to; the package's own shelf if left out.
    say : callable
        Told one line a training.

    Raises
    ------
    ChoiceError
        For an unknown name, before anything is trained.
    """
    for name in chosen:
        check_choice("name", name, ORDER)
    for name in sorted(chosen, key=ORDER.index):
        make = MAKERS.get(name, make_generative)
        trained = [_timed(make, name, seed, folder, say) for seed in seeds]
        model, entry = ship_first(trained, seeds)
        entry = entry | {"command": command(name, seeds)} | versions()
        signs = language_recipe.tokenizer_of(name) if name in WRITERS else None
        stored = store.save(name, model, entry, folder, half=name in HALVED, tokenizer=signs)
        head, figure = headline(entry["quality"])
        say(f"{name}: stored, {stored['bytes'] / 1e6:.2f} MB, {head} {figure}")


def headline(quality: dict) -> tuple[str, object]:
    """The figure that says most about a model, with its name.

    >>> headline({"error": 0.1, "good": 0.9})
    ('good', 0.9)
    """
    return next((name, quality[name]) for name in HEADLINES if name in quality)


def command(name: str, seeds: Sequence[int]) -> str:
    """What makes a model again.

    >>> command("vae", (0, 1, 2)), command("vae", (0,))
    ('python -m aigc_teach.zoo.remake vae', 'python -m aigc_teach.zoo.remake vae --seeds 0')
    """
    told = "" if tuple(seeds) == SEEDS else f" --seeds {' '.join(map(str, seeds))}"
    return f"python -m aigc_teach.zoo.remake {name}{told}"


def _timed(make: Callable, name: str, seed: int, folder: Path | None, say: Callable) -> tuple:
    """Make one model; returns it with its entry and quality, the seconds noted."""
    start = time.perf_counter()
    model, entry, quality = make(name, seed, folder)
    seconds = round(time.perf_counter() - start, 1)
    head, figure = headline(quality)
    say(f"{name}, seed {seed}: {seconds} s, {head} {figure:.3f}")
    return model, entry | {"seconds": seconds}, quality


def make_judge(name: str, seed: int, folder: Path | None) -> tuple[nn.Module, dict, dict]:
    """Train and measure a judge."""
    train_set, held_out = data.digits("train"), data.digits("held_out")
    judge = judge_recipe.train_judge(train_set, seed=seed)
    measured = judge_recipe.measure_judge(judge, held_out)
    quality = {key: value for key, value in measured.items() if key != "confusion"}
    entry = {
        "class": "Judge",
        "arguments": {"classes": 11},
        "summary": "Names a 28x28 digit, or declines: class 10 is 'not a digit'.",
        "recipe": judge_recipe.settings(),
        "confusion": measured["confusion"],
        "never_trained_on": list(UNSEEN),
        "ten_class_judge": plain_judge(train_set, held_out, seed),
        "real_digits": real_digits(judge, train_set, held_out),
    }
    return judge, entry, quality


def plain_judge(train_set, held_out, seed: int) -> dict:
    """What an ordinary ten-class judge makes of the same pictures: it cannot decline."""
    judge = judge_recipe.train_judge(train_set, seed=seed, steps=PLAIN_STEPS, classes=10)
    measured = judge_recipe.measure_judge(judge, held_out)
    return {key: measured[key] for key in ("accuracy", "good", "called_a_digit")}


def make_generative(name: str, seed: int, folder: Path | None) -> tuple[nn.Module, dict, dict]:
    """Train one of :data:`RECIPES` and let the stored judge measure it."""
    recipe, digits, held_out = RECIPES[name], data.digits("train"), data.digits("held_out")
    model = train_model(recipe, digits, seed=seed)
    if name in HALVED:
        store.round_to_half(model)
    entry = {
        "class": recipe.class_name,
        "arguments": recipe.arguments,
        "summary": recipe.summary,
        "recipe": recipe.as_dict(),
        "judged_by": store.manifest(folder)["judge"]["sha256"],
    }
    judge = store.load("judge", folder)
    figures = measure_model(model, judge, digits, held_out, components=recipe.components)
    return model, entry, figures


def make_reader(name: str, seed: int, folder: Path | None) -> tuple[nn.Module, dict, dict]:
    """Train a reader of drawn pictures and measure it on others."""
    reader = store.round_to_half(reader_recipe.train_reader(name, seed=seed))
    entry = {
        "class": "AttributeReader",
        "arguments": reader_recipe.SUBJECTS[name].arguments(),
        "summary": reader_recipe.SUMMARIES[name],
        "recipe": reader_recipe.settings(),
    }
    return reader, entry, reader_recipe.measure_reader(name, reader)


def make_enlarger(name: str, seed: int, folder: Path | None) -> tuple[nn.Module, dict, dict]:
    """Train an enlarger of photographs and measure it on others."""
    net = store.round_to_half(enlarger_recipe.train_enlarger(name, seed=seed))
    size = enlarger_recipe.SIZES[name]
    entry = {
        "class": "Enlarger",
        "arguments": size.arguments(),
        "summary": enlarger_recipe.SUMMARY.format(size.factor),
        "recipe": enlarger_recipe.settings(name),
    }
    return net, entry, enlarger_recipe.measure_enlarger(name, net)


def make_denoiser(name: str, seed: int, folder: Path | None) -> tuple[nn.Module, dict, dict]:
    """Train a denoiser of photographs and measure it on others."""
    net = store.round_to_half(denoiser_recipe.train_denoiser(seed=seed))
    entry = {
        "class": "Restorer",
        "arguments": denoiser_recipe.ARGUMENTS,
        "summary": denoiser_recipe.SUMMARY,
        "recipe": denoiser_recipe.settings(),
    }
    return net, entry, denoiser_recipe.measure_denoiser(net)


def make_painter(name: str, seed: int, folder: Path | None) -> tuple[nn.Module, dict, dict]:
    """Train a painter of digits and let the stored judge read what it fills in."""
    painter = store.round_to_half(painter_recipe.train_painter(seed=seed))
    entry = {
        "class": "Painter",
        "arguments": painter_recipe.ARGUMENTS,
        "summary": painter_recipe.SUMMARY,
        "recipe": painter_recipe.settings(),
        "judged_by": store.manifest(folder)["judge"]["sha256"],
    }
    return painter, entry, painter_recipe.measure_painter(painter, folder)


def make_writer(name: str, seed: int, folder: Path | None) -> tuple[nn.Module, dict, dict]:
    """Train a language model and measure it on text kept back."""
    model, curve = language_recipe.train_writer(name, seed=seed)
    store.round_to_half(model)
    entry = {
        "class": "CharRNN",
        "arguments": WRITERS[name].arguments(language_recipe.tokenizer_of(name).size),
        "summary": WRITERS[name].summary,
        "recipe": language_recipe.settings(name),
        "curve": curve,
    }
    return model, entry, language_recipe.measure_writer(name, model)


PICTURES = ("diffusion", "denoiser", "painter", *enlarger_recipe.SIZES)
HALVED = frozenset({*PICTURES, *reader_recipe.SUBJECTS, *WRITERS})
"""What is stored in float16. It is rounded before it is measured."""

MAKERS = (
    {"judge": make_judge, "denoiser": make_denoiser, "painter": make_painter}
    | dict.fromkeys(reader_recipe.SUBJECTS, make_reader)
    | dict.fromkeys(enlarger_recipe.SIZES, make_enlarger)
    | dict.fromkeys(WRITERS, make_writer)
)
"""Who makes what is no generative model."""


def real_digits(judge: nn.Module, train_set, held_out) -> dict:
    """The held-out real digits' own scores: the yardstick for every other figure."""
    scores = score_digits(held_out.x, judge, train_images=train_set.x)
    rounded = {key: round(v, 4) for key, v in scores._asdict().items() if isinstance(v, float)}
    return rounded | {"shares": [round(s, 4) for s in scores.shares], "n": scores.n}


def ship_first(trained: list[tuple], seeds: Sequence[int]) -> tuple[nn.Module, dict]:
    """The first training, unpicked, with the range over all seeds and everyone's seconds."""
    model, entry, quality = trained[0]
    every = [figures for _, _, figures in trained]
    seconds = [entry["seconds"] for _, entry, _ in trained]
    entry = entry | {"seed": seeds[0], "seeds": list(seeds), "seconds": seconds}
    if "ten_class_judge" in entry:
        plain = [entry["ten_class_judge"] for _, entry, _ in trained]
        entry["ten_class_judge"] = ranges(plain[0], plain)
    return model, entry | {"quality": ranges(quality, every)}


def ranges(shipped: dict, every: list[dict]) -> dict:
    """Each figure as shipped, lowest and highest over the seeds; tables go one level down.

    >>> ranges({"good": 0.5}, [{"good": 0.25}, {"good": 0.5}])
    {'good': {'shipped': 0.5, 'low': 0.25, 'high': 0.5}}
    """
    result = {}
    for key, value in shipped.items():
        values = [figures[key] for figures in every]
        if isinstance(value, dict):
            result[key] = ranges(value, values)
        else:
            low, high = min(values), max(values)
            figures = {"shipped": value, "low": low, "high": high}
            result[key] = {name: round(figure, 4) for name, figure in figures.items()}
    return result


def versions() -> dict:
    """What the weights were made with: other versions may give other last digits."""
    python = platform.python_version()
    made_with = {"python": python, "torch": torch.__version__, "numpy": numpy.__version__}
    return {"made_with": made_with | {"processor": torch.backends.cpu.get_cpu_capability()}}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit code 1 with a sentence where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m aigc_teach.zoo.remake", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(ORDER)}")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="one training each")
    asked = parser.parse_args(arguments)
    try:
        remake(asked.names or ORDER, seeds=asked.seeds)
    except AigcError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
