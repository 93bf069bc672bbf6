"""Figures for lessons: tensors and histories in, a matplotlib Figure with alt text out.

Nothing here shows a figure or touches matplotlib's global settings. Give the figure back as
the last line of a cell, and the notebook shows it with its description.
"""

from .charts import bars, histogram_with_curve
from .curves import loss_curves
from .figure import COLOURS, alt_text, describe
from .heat import heatmap
from .images import before_after, image_grid, image_rows
from .levels import levels
from .lines import lines
from .melody import piano_roll, score
from .plane import latent_map, manifold
from .scatter import scatter

__all__ = [
    "COLOURS",
    "alt_text",
    "bars",
    "before_after",
    "describe",
    "heatmap",
    "histogram_with_curve",
    "image_grid",
    "image_rows",
    "latent_map",
    "levels",
    "lines",
    "loss_curves",
    "manifold",
    "piano_roll",
    "scatter",
    "score",
]
