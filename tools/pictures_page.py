"""The part on pictures, on the pages of quality and of speed: `python tools/pictures_page.py`.

Quality is read, not measured again: from the numbers that `make status` found with its seeds, and
from the zoo's list. With ``--speed`` the seconds are measured (half a minute) and kept in
book/pictures.json. Either section is written anew at the end of its page.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aigc_teach import data, zoo  # noqa: E402
from aigc_teach.core import make_generator  # noqa: E402
from aigc_teach.core.turns import in_eight_turns  # noqa: E402
from aigc_teach.course.images.style_transfer import Painter  # noqa: E402
from aigc_teach.losses.diffusion import Estimate  # noqa: E402
from aigc_teach.models import AttributeVAE, masked_ddpm, samplers  # noqa: E402
from lessons.pace import one_thread, processor  # noqa: E402

BOOK = ROOT / "book"
KEPT, STATUS = BOOK / "pictures.json", BOOK / "status.json"
RESTORE = "05_images/01_restore_and_inpaint"
ENLARGE = "05_images/02_super_resolution"
STYLE = "05_images/03_style_transfer"
FACES = "05_images/04_faces_and_scenes"
TIMES = samplers.even_times(1000, 10)
SIDE, MOST = 512, 1.0  # pixels, and the seconds that such a picture may take
LESSON, ZOO = "trained in the lesson", "the zoo's weights"
TITLE = "## Pictures restored, enlarged, edited"
QUALITY_HEAD = f"""{TITLE}

As the lessons of part 5 measure them, on photographs, digits and drawn faces that nobody trained
on. What a lesson trains takes a part of the minutes that it promises; the zoo's weights took
minutes more, and their list says what each of their seeds gave. Each figure: of a lesson the median
of its seeds, of the zoo what is shipped; then the range. Made by `python tools/pictures_page.py`.

| what | by | seeds | measured | target | met |
|---|---|---:|---|---|---|"""
SPEED_HEAD = f"""{TITLE}

Seconds of one thread, float32, trained weights as the zoo gives them where not said otherwise (the
seconds do not depend on them); the median of {{rounds}}.
A picture of {SIDE} x {SIDE} may take {MOST:g} s. Made by `python tools/pictures_page.py --speed` on
{{date}}, {{processor}}.

| what | seconds | a core-second makes | target | met |
|---|---:|---:|---|---|"""


@dataclass(frozen=True)
class Row:
    """A figure on the page of quality, and its target where there is one."""

    what: str
    by: str
    seeds: int
    middle: float
    low: float
    high: float
    at_least: float | None = None
    at_most: float | None = None

    def short(self) -> float | None:
        """By how much the target is missed; at most 0 where it is met."""
        if self.at_least is not None:
            return self.at_least - self.middle
        return None if self.at_most is None else self.middle - self.at_most

    def line(self) -> str:
        """The row of the table."""
        target = met = ""
        if (short := self.short()) is not None:
            low = self.at_least is not None
            target = f"at least {self.at_least:g}" if low else f"at most {self.at_most:g}"
            met = "yes" if short <= 0 else f"NO, by {short:.2g}"
        spread = f"{self.middle:.3g} ({self.low:.3g} to {self.high:.3g})"
        return f"| {self.what} | {self.by} | {self.seeds} | {spread} | {target} | {met} |"


def values_of(lesson: str, name: str) -> list[float]:
    """A number that a lesson states, for each of its seeds."""
    rows = json.loads(STATUS.read_text("utf-8"))["lessons"]
    claims = next(row["claims"] for row in rows if row["lesson"] == lesson)
    return list(next(claim["values"] for claim in claims if claim["name"] == name).values())


def row_of(values: list[float], what: str, by: str, **target) -> Row:
    """The median of some seeds, and their range."""
    middle = statistics.median(values)
    return Row(what, by, len(values), middle, min(values), max(values), **target)


def of_lesson(lesson: str, name: str, what: str, by: str = LESSON, **target) -> Row:
    """A number that a lesson states, over the seeds of its status."""
    return row_of(values_of(lesson, name), what, by, **target)


def of_zoo(name: str, figure: str, what: str, by: str = ZOO, **target) -> Row:
    """A figure of the zoo's list."""
    entry = zoo.manifest()[name]
    found = entry["quality"][figure]
    ends = found["shipped"], found["low"], found["high"]
    return Row(what, by, len(entry["seeds"]), *ends, **target)


def quality_rows() -> list[Row]:
    """All rows of the page of quality."""
    rows = []
    for times, least in ((2, 2.0), (4, 1.2)):
        for rival, name in (("lanczos", "Lanczos"), ("sharpened", "sharpened")):
            what = f"enlarging {times} times, dB over {'bicubic, ' * (name != 'Lanczos')}{name}"
            rows += [
                of_zoo(f"enlarger_{times}", f"over_{rival}", what, at_least=least),
                of_lesson(ENLARGE, f"{times} times, over {name} (dB)", what, at_least=least),
            ]
    what = "noise of sigma 25, dB over tuned non-local means"
    rows += [
        of_zoo("denoiser", "over_means", f"{what}, eight turns", at_least=0.3),
        of_zoo("denoiser", "one_turn_over_means", what, at_least=0.3),
        of_lesson(RESTORE, "network minus non-local means", what, at_least=0.3),
    ]
    for kind, what in (("blocks", "holes of 16 x 16 pixels"), ("scratches", "scratches")):
        what = f"{what}, dB of the U-Net *below* biharmonic filling"
        rows.append(of_lesson(RESTORE, f"biharmonic minus U-Net, {kind}", what))
    half, nearest = "half a digit, share that keeps its label", 0.89
    rows += [
        of_zoo("painter", "kept", half, at_least=nearest),
        of_zoo("painter", "kept_majority", f"{half}, most of five", at_least=nearest),
    ]
    for name, by in (
        ("name read, 5 rounds", "masked sampling, told the name that was read"),
        ("no label, 5 rounds", "masked sampling, told nothing"),
        ("nearest of that name", "nearest training digit of the name that was read"),
    ):
        rows.append(of_lesson(RESTORE, f"kept, {name}", half, by, at_least=nearest))
    for name, by in (
        ("rotated", "colours alone"),
        ("quilting", "quilting"),
        ("Gram, lambda 0", "Gram matrices, random features"),
        ("patches, lambda 0.003", "patches, sliced transport"),
        ("network", "a network for one style, trained in the lesson"),
    ):
        what = "style transfer of 128 x 128"
        rows += [
            of_lesson(STYLE, f"{name}: content kept", f"{what}, content kept", by),
            of_lesson(STYLE, f"{name}: style missed", f"{what}, style missed", by),
        ]
    for name in ("glasses", "hair", "hair_colour"):
        what = f"editing {name.replace('_', ' ')}"
        rows += [
            of_lesson(FACES, f"success, {name}", f"{what}, as asked", at_least=0.95),
            of_lesson(FACES, f"side effects, {name}", f"{what}, others moved", at_most=0.05),
        ]
    return [
        *rows,
        of_lesson(FACES, "success, smile, carried", "editing smile, as asked", at_least=0.95),
        of_lesson(FACES, "side effects, skin", "editing skin, others moved", at_most=0.05),
    ]


def quality_section() -> str:
    """The section on the page of quality."""
    return "\n".join([QUALITY_HEAD, *(row.line() for row in quality_rows()), ""])


def speed_section(figures: dict) -> str:
    """The section on the page of speed."""
    lines = [SPEED_HEAD.format(**figures["facts"])]
    for row in figures["rows"]:
        seconds, target, met = row["seconds"], "", ""
        if row["picture"]:
            target = f"at most {MOST:g} s"
            met = "yes" if seconds <= MOST else f"NO, by {seconds - MOST:.2g} s"
        rate = row["made"] / seconds
        rate = f"{rate:,.0f} {row['of']}" if rate >= 100 else f"{rate:.3g} {row['of']}"
        lines.append(f"| {row['what']} | {seconds:.3g} | {rate} | {target} | {met} |")
    return "\n".join([*lines, ""])


@dataclass(frozen=True)
class Work:
    """What is timed, how many it makes of what, and whether that is a large picture."""

    what: str
    do: Callable[[], object]
    made: int = 1
    of: str = "pictures"
    picture: bool = True


def works() -> list[Work]:
    """All that is timed."""
    photo = data.photographs("held_out", channels=1)[0].x[None]  # 512 x 512
    denoiser = zoo.load("denoiser")
    found = [
        Work("noise, the net alone", partial(denoiser, photo)),
        Work("noise, eight turns", partial(in_eight_turns(denoiser), photo)),
    ]
    for times in (2, 4):
        net = zoo.load(f"enlarger_{times}")
        small = photo[..., : SIDE // times, : SIDE // times]
        for how, each in (("the net alone", net), ("eight turns", in_eight_turns(net))):
            what = f"enlarging {times} times to {SIDE} x {SIDE}, {how}"
            found.append(Work(what, partial(each, small)))
    what = f"a style onto {SIDE} x {SIDE}, the network for one style, untrained"
    found.append(Work(what, partial(Painter().eval(), photo.expand(-1, 3, -1, -1))))
    digits, labels = (part[:50] for part in data.digits("held_out")[:2])
    lower = torch.zeros(1, 1, 28, 28, dtype=torch.bool)
    lower[:, :, 14:] = True
    model, g = zoo.load("diffusion"), make_generator(0)

    def denoise(x_t: torch.Tensor, t: int) -> Estimate:
        return model.denoise(x_t, t, labels, guidance=1.0)

    def complete() -> list[torch.Tensor]:  # as the lesson on restoring does
        return list(masked_ddpm(denoise, digits, lower, model.abar, TIMES, rounds=5, generator=g))

    edit = partial(AttributeVAE(amounts=1).eval().edit, data.faces(50).x, torch.zeros(50, 1))
    fill = partial(zoo.load("painter").fill, digits, lower, generator=g)
    return [
        *found,
        Work("halves of 50 digits, the painter in 16 steps", fill, 50, "digits", False),
        Work("halves of 50 digits, masked sampling in 46 steps", complete, 50, "digits", False),
        Work("edits of 50 faces of 32 x 32", edit, 50, "faces", False),
    ]


@torch.no_grad()
def measure_speed(rounds: int = 7) -> dict:
    """Processor seconds of one thread, what they make, and where this was."""
    rows = []
    with one_thread():
        for work in works():
            work.do()
            seconds = []
            for _ in range(rounds):
                start = time.process_time()
                work.do()
                seconds.append(time.process_time() - start)
            row = {key: value for key, value in vars(work).items() if key != "do"}
            rows.append(row | {"seconds": round(statistics.median(seconds), 4)})
    facts = {"rounds": rounds, "date": date.today().isoformat(), "processor": processor()}
    return {"facts": facts, "rows": rows}


def stored_speed() -> dict:
    """The seconds as they were measured last."""
    return json.loads(KEPT.read_text("utf-8"))


def with_section(page: str, section: str) -> str:
    r"""The page with the section of that heading written anew, or added at its end.

    >>> print(with_section("# A page\n\n## Another\n", TITLE))
    # A page
    <BLANKLINE>
    ## Another
    <BLANKLINE>
    ## Pictures restored, enlarged, edited
    """
    before, _, old = page.partition(section.partition("\n")[0])
    _, heading, after = old.partition("\n## ")
    return before.rstrip() + "\n\n" + section + heading + after


def main(arguments: list[str] | None = None) -> int:
    """Write both sections."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speed", action="store_true", help="measure the seconds, too")
    if parser.parse_args(arguments).speed:
        KEPT.write_text(json.dumps(measure_speed(), indent=1) + "\n", "utf-8")
    speed = speed_section(stored_speed())
    for name, section in (("quality.md", quality_section()), ("bench.md", speed)):
        path = BOOK / name
        path.write_text(with_section(path.read_text("utf-8"), section), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
