"""Decks for the lecture room, from the same sources as the book: `make slides [LESSON=...]`.

python tools/slides.py [LESSON ...]             write slides/<part>/<lesson>.html
python tools/slides.py --check [LESSON ...]     also fail where a class would wait too long

A lesson is named as 03_models/02_vae, 02_vae, models/vae or vae. It is run once in ``lecture``
budget, and the executed notebook is kept with the seconds of its cells; the next deck of the same
text needs no run. Open a page in a browser: arrow keys move (down: what is not in the 45 minutes),
S opens the speaker's notes, Escape shows all slides; ?print-pdf before the browser's Print makes a
PDF.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lessons.deck import Deck, make_deck
from lessons.deck_page import copy_static, write_deck
from lessons.named import find_one
from lessons.places import Places, here
from lessons.source import LessonError, read_lesson
from lessons.timed import executed


def write(source: Path, places: Places, budget: str, folder: Path) -> tuple[Deck, Path]:
    """Make the deck of one lesson; return it and its page."""
    notebook = executed(source, places, budget)
    deck = make_deck(read_lesson(source), notebook, budget)
    return deck, write_deck(deck, notebook, places, folder)


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Write decks; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="which ones; else all")
    parser.add_argument("--check", action="store_true", help="fail where a class would wait")
    parser.add_argument("--budget", default="lecture", choices=("lecture", "learn", "ci"))
    parser.add_argument("--to", type=Path, help="the folder; else slides/")
    asked = parser.parse_args(arguments)
    places = places or here()
    folder = (asked.to or places.root / "slides").resolve()
    complaints = []
    try:
        sources = [find_one(name, places) for name in asked.lessons] or places.sources()
        copy_static(folder)
        for source in sources:
            deck, path = write(source, places, asked.budget, folder)
            spare = sum(slide.spare for slide in deck.slides)
            print(
                f"{path}: {len(deck.slides) - spare} slides, {deck.minutes:.0f} minutes, "
                f"{spare} more below. {deck.running()}",
                flush=True,
            )
            complaints += deck.complaints()
    except LessonError as problem:
        print(problem, file=sys.stderr)
        return 1
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    return 1 if asked.check and complaints else 0


if __name__ == "__main__":
    sys.exit(main())
