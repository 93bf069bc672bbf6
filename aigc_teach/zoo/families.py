"""Every family of the course on the same digits with the same time: figures that come along.

They take an hour and more to make (``make families``): a lesson reads them, and adds a dot of
its own.
"""

from __future__ import annotations

from pathlib import Path

from aigc_teach.core.measured import read_measured

PATH = Path(__file__).with_name("families.json")
REAL = "real digits (held out)"
"""The family whose figures are the yardstick of all others."""

FIGURES = (
    "good",
    "rarest",
    "frechet",
    "kernel",
    "precision",
    "recall",
    "density",
    "coverage",
    "nearest",
    "copies",
    "diversity",
    "within",
    "grey",
    "held_out_nats",
)
"""What is measured of each; `held_out_nats` is None where a family has no likelihood."""


def family_scores() -> list[dict]:
    """One row for each family, seed and time of training.

    Returns
    -------
    list of dict
        Keys: ``family``, ``seed``, ``core_seconds`` (of training, one thread), ``steps`` and
        :data:`FIGURES`. The rows of family :data:`REAL` are the held-out real digits' own.

    Raises
    ------
    WeightsError
        Where the file is missing or damaged.

    Examples
    --------
    >>> sorted({row["seed"] for row in family_scores()})
    [0, 1, 2]
    """
    return _read()["rows"]


def family_facts() -> dict:
    """When, where and with which command the figures were made.

    >>> sorted(family_facts())[1:3]
    ['command', 'date']
    """
    return _read()["facts"]


def _read() -> dict:
    return read_measured(PATH, "make families")
