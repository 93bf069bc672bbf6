"""SoundGrid: stored sounds over two sliders, such as pitch and speed.

The page holds every sound, so the static book speaks without a kernel. Nothing plays before it is
asked to.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from ..core.errors import DataError, DtypeError, RangeError, ShapeError, check_count
from ..core.resample import PEAK, check_sound
from .base import PageWidget, packed, page_script
from .sound_player import stored_samples

MOST_SAMPLES = 500_000  # of all sounds together, one byte each; 45 seconds at 11,025 a second
MOST_STEPS = 9  # of each slider


class SoundGrid(PageWidget):
    """Two sliders choose one of the stored sounds; a button speaks it, and the page draws it.

    The sounds are made before the page is, and stored as 8-bit mu-law. All are made softer by one
    common factor where the loudest sample goes beyond -1 decibel of full scale.

    Parameters
    ----------
    sounds : sequence of sequence of Tensor
        ``[R][C]`` sounds, each floating point ``[T]``; 1 to 9 rows and columns, together at most
        500,000 samples.
    rate : int
        Samples a second, 8,000 to 48,000.
    rows, columns : tuple of (str, sequence of float)
        Name of each slider, and its R or C values.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence.

    Examples
    --------
    >>> tones = [[torch.sin(torch.arange(900) / k / d) for k in (2, 3)] for d in (1, 2, 3)]
    >>> grid = SoundGrid(tones, rate=8000, rows=("depth", (1, 2, 3)), columns=("width", (2, 3)))
    >>> grid.row, grid.column, len(grid.lengths)
    (1, 1, 6)
    """

    _esm = page_script("core", "chart", "controls", "speaker", "sound_grid")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    values = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    lengths = traitlets.List(traitlets.Int()).tag(sync=True)
    waves = traitlets.Bytes(b"").tag(sync=True)  # int8, all sounds one after the other, deflated
    rate = traitlets.Int(11_025).tag(sync=True)
    # what the learner changes; written back when things come to rest
    row = traitlets.Int(0).tag(sync=True)
    column = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        sounds: Sequence[Sequence[Tensor]],
        *,
        rate: int,
        rows: tuple[str, Sequence[float]],
        columns: tuple[str, Sequence[float]],
        title: str = "Two sliders and a voice",
        alt: str | None = None,
    ):
        check_count("rate", rate, at_least=8_000, at_most=48_000)
        (row_name, row_values), (column_name, column_values) = (
            _slider("rows", rows),
            _slider("columns", columns),
        )
        table = _checked(sounds, len(row_values), len(column_values))
        flat = torch.cat(table)
        scale = min(1.0, PEAK / max(flat.abs().max().item(), 1e-12))
        super().__init__(
            names=[row_name, column_name],
            values=[row_values, column_values],
            lengths=[len(wave) for wave in table],
            waves=packed(stored_samples(scale * flat, 8)),
            rate=rate,
            row=len(row_values) // 2,
            column=len(column_values) // 2,
            title=title,
            alt=alt
            or f"{len(table)} stored sounds over two sliders, {row_name} from {row_values[0]:g} to "
            f"{row_values[-1]:g} and {column_name} from {column_values[0]:g} to "
            f"{column_values[-1]:g}.",
        )

    @traitlets.validate("row")
    def _known_row(self, proposal) -> int:
        return max(0, min(proposal["value"], len(self.values[0]) - 1 if self.values else 0))

    @traitlets.validate("column")
    def _known_column(self, proposal) -> int:
        return max(0, min(proposal["value"], len(self.values[1]) - 1 if self.values else 0))


def _slider(what: str, given: object) -> tuple[str, list[float]]:
    try:
        name, values = given  # type: ignore[misc]
        steps = [float(value) for value in values]
    except (TypeError, ValueError):
        raise DtypeError(f"{what} must be a name and numbers: ('pitch', (35, 50, 65)).") from None
    if not 1 <= len(steps) <= MOST_STEPS:
        raise RangeError(f"{what} has {len(steps)} values; it takes 1 to {MOST_STEPS}.")
    return str(name), steps


def _checked(sounds: object, rows: int, columns: int) -> list[Tensor]:
    """All sounds in a row, float32 on the CPU, or a sentence."""
    try:
        table = [list(row) for row in sounds]  # type: ignore[union-attr]
    except TypeError:
        raise DtypeError("Give sounds as rows of tensors: [[a, b], [c, d]].") from None
    if len(table) != rows or any(len(row) != columns for row in table):
        shape = [len(row) for row in table]
        raise ShapeError(f"There must be {rows} rows of {columns} sounds; yours have {shape}.")
    flat = [check_sound(wave).detach().cpu().float() for row in table for wave in row]
    if sum(map(len, flat)) > MOST_SAMPLES:
        raise DataError(
            f"The sounds hold {sum(map(len, flat)):,} samples; the page takes at most "
            f"{MOST_SAMPLES:,}. Give fewer or shorter ones."
        )
    return flat
