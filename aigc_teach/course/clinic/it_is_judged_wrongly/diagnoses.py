"""How often the diagnosis is right: every case and healthy trainings, measured by `make clinic`."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ....core.measured import read_measured
from ....train import SYMPTOMS
from ..common.gan_plan import GanPlan
from ..common.training import TrainingCase
from ..common.vae_plan import VaePlan
from ..it_runs_and_lies import CASES as CASES_THAT_LIE
from ..the_protocol_is_wrong import CASES as CASES_OF_PROTOCOL

PATH = Path(__file__).with_name("diagnoses.json")


def one_picture_for_all(pixels: Tensor) -> Tensor:
    """The first picture again and again, as from a data set that ignores the index: [-1, 1]."""
    return 2 * pixels[:1].expand_as(pixels) - 1


def scaled_by_pixel(pixels: Tensor) -> Tensor:
    """Each pixel minus its mean, over its deviation; where a pixel never varies, 0 / 0."""
    return (pixels - pixels.mean(0)) / pixels.std(0)


PLANTED: dict[str, tuple[GanPlan | VaePlan, tuple[str, ...]]] = {
    "data set ignores the index": (GanPlan(prepare=one_picture_for_all), ("constant_data",)),
    "pixels over deviation 0": (GanPlan(prepare=scaled_by_pixel), ("not_finite",)),
}
"""Two defects that are no case of a lesson, each with the symptom that it should show."""


def all_cases() -> dict[str, TrainingCase]:
    """Every case with a plan, by its name."""
    return CASES_THAT_LIE | CASES_OF_PROTOCOL


def diagnosed() -> list[dict]:
    """One row a training, as measured.

    Returns
    -------
    list of dict
        Keys ``kind`` ("case" or "healthy"), ``name``, ``seed``, ``meant`` (the symptoms of the
        defect that was planted) and ``found``.

    Raises
    ------
    WeightsError
        Where the file is missing or damaged.

    Examples
    --------
    >>> sorted({row["kind"] for row in diagnosed()})
    ['case', 'healthy']
    """
    return read_measured(PATH, "make clinic")["rows"]


def confusion(rows: list[dict]) -> dict[str, dict[str, int]]:
    """Hits, misses and alarms of each symptom.

    Parameters
    ----------
    rows : list of dict
        As :func:`diagnosed` gives them.

    Returns
    -------
    dict
        For each symptom of these rows: ``hits`` and ``misses`` among the cases that mean it,
        ``besides`` (found in a case that means something else: right or wrong, a consequence)
        and ``false`` (found in a healthy training).

    >>> row = {"kind": "case", "meant": ["no_gradient"], "found": ["no_gradient"]}
    >>> confusion([row])["no_gradient"]
    {'hits': 1, 'misses': 0, 'besides': 0, 'false': 0}
    """
    told = {name for row in rows for name in (*row["meant"], *row["found"])}
    table = {
        name: dict.fromkeys(("hits", "misses", "besides", "false"), 0)
        for name in SYMPTOMS
        if name in told
    }
    for row in rows:
        for name in row["meant"]:
            table[name]["hits" if name in row["found"] else "misses"] += 1
        for name in set(row["found"]) - set(row["meant"]):
            table[name]["besides" if row["kind"] == "case" else "false"] += 1
    return table
