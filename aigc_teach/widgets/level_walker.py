"""LevelWalker: a level of the box game to be walked through, drawn in three dimensions."""

from __future__ import annotations

from collections.abc import Mapping

import traitlets
from torch import Tensor

from ..core.errors import DataError, DtypeError, ShapeError
from ..core.levels import BOXES, check_boxes, write_level
from ..viz.levels import ART, PALETTE
from .base import STATIC, PageWidget, packed_bytes, page_script

MOST_LEVELS = 12
CSS = """
.aigc-walker .aigc-walker-names { margin: 0 0 0.9rem; }
.aigc-walker-stage { position: relative; }
.aigc-walker .aigc-walker-room {
  width: 100%;
  height: auto;
  aspect-ratio: 16 / 10;
  border-radius: 0.5rem;
  background: linear-gradient(#56b4e9, #eaf5ff 55%, #e8d9c8 56%);
  cursor: grab;
}
.aigc-walker .aigc-walker-room:active { cursor: grabbing; }
.aigc-walker .aigc-walker-map {
  position: absolute;
  top: 0.7rem;
  right: 0.7rem;
  border: 2px solid #fff;
  border-radius: 0.35rem;
  box-shadow: 0 1px 6px rgb(0 0 0 / 35%);
  pointer-events: none;
}
.aigc-walker .aigc-walker-map[hidden] { display: none; }
.aigc-walker-flat { display: flex; justify-content: center; }
.aigc-walker .aigc-walker-flat .aigc-walker-map {
  position: static;
  border: 0;
  box-shadow: none;
  pointer-events: auto;
}
.aigc-walker-banner {
  position: absolute;
  top: 38%;
  left: 50%;
  transform: translateX(-50%);
  padding: 0.5rem 1.1rem;
  border-radius: 2rem;
  background: #fff;
  color: #16324a;
  font-weight: 650;
  box-shadow: 0 2px 12px rgb(0 0 0 / 35%);
  white-space: nowrap;
}
.aigc-walker-banner[hidden] { display: none; }
.aigc-walker-note { margin: 0.6rem 0 0; }
.aigc-walker-note:empty { display: none; }
.aigc-walker .aigc-walker-pad { min-width: 3.25rem; font-size: 1.1rem; }
.aigc-walker .aigc-readout { margin-top: 0.9rem; }
.aigc.aigc-walker .aigc-readout td { text-align: left; }
"""


class LevelWalker(PageWidget):
    """Box levels from within: walls, crates and marks under a sky, walked through by keys.

    The rules are those of `core.box_rules`: a step into a crate pushes it, and the level is won
    when every crate stands on a mark. It needs no kernel. three.js travels packed inside the
    instrument and is started once a page, when the instrument comes into view. Where the browser
    has no WebGL, the same walk is drawn from above.

    Parameters
    ----------
    levels : mapping of str to Tensor
        Up to 12 levels of the box game, int64 ``[H, W]``.
    told : mapping of str to str, optional
        What the solver says of a level.
    title, alt : str, optional

    Raises
    ------
    AigcError
        With a sentence, for levels that cannot be walked through.

    Examples
    --------
    >>> from aigc_teach.core.levels import BOXES, read_level
    >>> walker = LevelWalker({"room": read_level("#####/#@$.#/#####", BOXES)})
    >>> walker.names, walker.levels
    (['room'], [['#####', '#@$.#', '#####']])
    """

    _esm = page_script(
        "core", "controls", "level_rules", "level_tiles", "walk_rules", "walk_scene", "level_walker"
    )
    _css = PageWidget._css + CSS

    names = traitlets.List().tag(sync=True)
    levels = traitlets.List().tag(sync=True)  # rows of signs
    told = traitlets.List().tag(sync=True)
    art = traitlets.Dict().tag(sync=True)
    palette = traitlets.Dict().tag(sync=True)
    three = traitlets.Bytes(b"").tag(sync=True)  # three.js, deflated

    def __init__(
        self,
        levels: Mapping[str, Tensor],
        *,
        told: Mapping[str, str] | None = None,
        title: str = "Walk through the level",
        alt: str | None = None,
    ):
        if not isinstance(levels, Mapping):
            raise DtypeError("LevelWalker takes a dict like {'the first': level}.")
        if not 1 <= len(levels) <= MOST_LEVELS:
            raise ShapeError(
                f"LevelWalker takes 1 to {MOST_LEVELS} levels; you gave {len(levels)}."
            )
        strange = [name for name in told or {} if name not in levels]
        if strange:
            raise DataError(f"There is no level called {strange[0]!r}.")
        rows = [write_level(check_boxes(level), BOXES).split("\n") for level in levels.values()]
        super().__init__(
            names=[str(name) for name in levels],
            levels=rows,
            told=[(told or {}).get(name, "") for name in levels],
            art={sign: list(art) for sign, art in ART["boxes"].items()},
            palette=PALETTE,
            three=packed_bytes((STATIC / "three" / "three.module.min.js").read_bytes()),
            title=title,
            alt=alt
            or f"A room in three dimensions to walk through: {len(rows)} "
            f"{'level' if len(rows) == 1 else 'levels'}, among them {next(iter(levels))}.",
        )
