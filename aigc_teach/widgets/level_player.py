"""LevelPlayer: levels of the course's two small games, to be played in the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets
from torch import Tensor

from ..core.errors import DataError, DtypeError, ShapeError, check_choice
from ..core.levels import BOXES, PLATFORM, check_boxes, check_platform, write_level
from ..viz.levels import ART, PALETTE
from .base import PageWidget, page_script

MOST_LEVELS = 12
CSS = """
.aigc-level .aigc-level-field { touch-action: manipulation; border-radius: 0.25rem; }
.aigc-level .aigc-level-names { margin: 0 0 0.9rem; }
.aigc-level .aigc-level-pad { min-width: 3.25rem; touch-action: none; user-select: none; }
.aigc-level .aigc-readout { margin-top: 0.9rem; }
.aigc.aigc-level .aigc-readout td { text-align: left; }
"""


class LevelPlayer(PageWidget):
    """A game in the page, without a kernel: by keys, or by buttons under the picture.

    The rules in the page are those of `core.platform_rules` and `core.box_rules`.

    Parameters
    ----------
    levels : mapping of str to Tensor
        Up to 12 levels, int64 ``[H, W]``.
    game : {"platform", "boxes"}
    ways : mapping of str to sequence of (int, int), optional
        For the platform game, a solver's actions for a level: one more button shows them. An
        empty sequence says that there is no way.
    told : mapping of str to str, optional
        What the solver says of a level.
    title, alt : str, optional

    Raises
    ------
    AigcError
        With a sentence, for levels that cannot be played.

    Examples
    --------
    >>> from aigc_teach.core.levels import read_level
    >>> player = LevelPlayer({"short": read_level("S..F/####")})
    >>> player.names, player.levels
    (['short'], [['S..F', '####']])
    """

    _esm = page_script("core", "controls", "level_rules", "level_tiles", "level_player")
    _css = PageWidget._css + CSS

    game = traitlets.Unicode("platform").tag(sync=True)
    names = traitlets.List().tag(sync=True)
    levels = traitlets.List().tag(sync=True)  # rows of signs
    ways = traitlets.List().tag(sync=True)  # [side, jump] a tick
    told = traitlets.List().tag(sync=True)
    art = traitlets.Dict().tag(sync=True)
    palette = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        levels: Mapping[str, Tensor],
        *,
        game: str = "platform",
        ways: Mapping[str, Sequence[tuple[int, int]]] | None = None,
        told: Mapping[str, str] | None = None,
        title: str = "Play the level",
        alt: str | None = None,
    ):
        check_choice("game", game, ("platform", "boxes"))
        if not isinstance(levels, Mapping):
            raise DtypeError("LevelPlayer takes a dict like {'the first': level}.")
        if not 1 <= len(levels) <= MOST_LEVELS:
            raise ShapeError(
                f"LevelPlayer takes 1 to {MOST_LEVELS} levels; you gave {len(levels)}."
            )
        check, signs = (check_platform, PLATFORM) if game == "platform" else (check_boxes, BOXES)
        strange = [name for name in {**(ways or {}), **(told or {})} if name not in levels]
        if strange:
            raise DataError(f"There is no level called {strange[0]!r}.")
        if ways and game != "platform":
            raise DataError("ways are shown for the platform game alone.")
        rows = [write_level(check(level), signs).split("\n") for level in levels.values()]
        super().__init__(
            game=game,
            names=[str(name) for name in levels],
            levels=rows,
            ways=[[list(a) for a in (ways or {}).get(name, ())] for name in levels] if ways else [],
            told=[(told or {}).get(name, "") for name in levels],
            art={sign: list(art) for sign, art in ART[game].items()},
            palette=PALETTE,
            title=title,
            alt=alt or f"A game to play: {len(rows)} levels, among them {next(iter(levels))}.",
        )
