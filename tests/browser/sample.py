"""Which lessons are run in a real JupyterLab by the suite: the first, and one of each part.

All run under nbval, and all pages of the book are opened; AIGC_ALL=1 (`make test-all`) runs all in
JupyterLab too. A new part needs one entry here: a test sees to it.
"""

from __future__ import annotations

import os

from aigc_teach.lab.register import course_list
from lessons.places import here

SAMPLE = (
    "00_start/00_first_image",
    "01_concepts/02_building_blocks",
    "02_mathematics/03_the_adversarial_game",
    "03_models/02_vae",
    "04_clinic/01_it_crashes",
    "05_images/01_restore_and_inpaint",
    "06_text/01_data_to_news",
    "07_audio/01_speech_synthesis",
    "08_video/01_moving_pictures",
    "09_interactive/03_synthetic_records",
)


def all_lessons() -> list[str]:
    """Every lesson's name, in reading order."""
    return [f"{path.parent.name}/{path.stem}" for path in here().sources()]


def finished_lessons() -> list[str]:
    """The same without drafts."""
    return [row["lesson"] for row in course_list()["lessons"]]


def lessons_in_jupyterlab() -> list[str]:
    """The names of the lessons to run in JupyterLab."""
    return all_lessons() if os.environ.get("AIGC_ALL") else list(SAMPLE)


def faults(sample: tuple[str, ...], lessons: list[str]) -> list[str]:
    """What is wrong with a sample of these lessons, as sentences."""
    parts = {name.partition("/")[0] for name in lessons}
    shown = {name.partition("/")[0] for name in sample}
    wrong = [f"The sample names {name}, which does not exist." for name in {*sample} - {*lessons}]
    wrong += [f"No lesson of {part} is in the sample." for part in sorted(parts - shown)]
    if lessons and lessons[0] not in sample:
        wrong.append(f"The first lesson, {lessons[0]}, is not in the sample.")
    return wrong
