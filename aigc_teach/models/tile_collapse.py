"""Wave function collapse: maps in which every 2x2 piece stands somewhere in the examples.

Gumin 2016; as a constraint problem: Karth & Smith 2017 (doi:10.1145/3102071.3110566). Nothing is
trained. Every place of the new map may at first hold any piece of the examples. The place with the
fewest pieces left is decided by a draw; then neighbours lose the pieces that no longer fit, and
theirs in turn. A place with no piece left is a contradiction: the map is begun anew.

Sets of pieces are whole numbers, one bit a piece: to unite or to cut them is one operation.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, DtypeError, ShapeError, check_count
from ..core.levels import pieces

WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # down, up, right, left
Piece = tuple[int, int, int, int]  # upper left, upper right, lower left, lower right


class Collapsed(NamedTuple):
    """What came of one map.

    Attributes
    ----------
    map : Tensor or None
        int64 ``[H, W]``; None where every try ended in a contradiction.
    restarts : int
        Contradictions on the way.
    """

    map: Tensor | None
    restarts: int


class TileCollapse:
    """Wave function collapse with overlapping pieces of 2x2 tiles.

    Attributes
    ----------
    pieces : list of (int, int, int, int)
        Each piece that stands in the examples.
    counts : list of int
        How often it does.

    Examples
    --------
    A chessboard has two pieces, and so has what comes of it:

    >>> board = (torch.arange(4)[:, None] + torch.arange(4)) % 2
    >>> made = TileCollapse().fit(board[None]).sample((3, 3))
    >>> made.restarts, int((made.map[0] - made.map[1]).abs().sum())
    (0, 3)
    """

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.counts: list[int] = []

    def fit(self, maps: Tensor) -> TileCollapse:
        """Collect the pieces of example maps, int64 ``[N, H, W]``; returns itself."""
        if not isinstance(maps, Tensor) or maps.dtype != torch.int64:
            given = maps.dtype if isinstance(maps, Tensor) else f"a {type(maps).__name__}"
            raise DtypeError(f"Maps must be an int64 tensor [N, H, W]; you gave {given}.")
        if maps.ndim != 3 or min(maps.shape[1:]) < 2 or not len(maps):
            raise ShapeError(
                f"Maps must be [N, H, W], both sides at least 2; you gave {list(maps.shape)}."
            )
        found = Counter(map(tuple, pieces(maps).flatten(0, 2).tolist()))
        self.pieces, self.counts = list(found), list(found.values())
        self._fits = [[self._matches(piece, way) for piece in self.pieces] for way in WAYS]
        self._allowed: list[dict[int, int]] = [{} for _ in WAYS]
        return self

    def _matches(self, piece: Piece, way: tuple[int, int]) -> int:
        """The pieces that may stand one place further in a direction, as bits."""
        a, b, c, d = piece
        own = {(1, 0): (c, d), (-1, 0): (a, b), (0, 1): (b, d), (0, -1): (a, c)}[way]
        side = {(1, 0): (0, 1), (-1, 0): (2, 3), (0, 1): (0, 2), (0, -1): (1, 3)}[way]
        return sum(1 << k for k, p in enumerate(self.pieces) if (p[side[0]], p[side[1]]) == own)

    def sample(
        self,
        shape: tuple[int, int],
        *,
        fixed: dict[tuple[int, int], int] | None = None,
        tries: int = 50,
        generator: torch.Generator | None = None,
    ) -> Collapsed:
        """One map of a shape.

        Parameters
        ----------
        shape : (int, int)
            H and W, at least 2 each.
        fixed : mapping of (row, column) to tile, optional
            Tiles that are settled before; nothing else forbids or demands a tile anywhere.
        tries : int
            After so many contradictions the map is given up.
        generator : torch.Generator, optional
        """
        if not self.pieces:
            raise DataError("No piece is known yet: call fit(maps) first.")
        height, width = (check_count("a side", side, at_least=2) for side in shape)
        check_count("tries", tries)
        for restarts in range(tries):
            wave = self._begin(height - 1, width - 1, fixed or {})
            if wave is not None and self._collapse(wave, generator):
                return Collapsed(self._as_map(wave, height, width), restarts)
        return Collapsed(None, tries)

    def _begin(self, rows: int, columns: int, fixed: dict) -> list[list[int]] | None:
        """All pieces everywhere, but for what is fixed; None if that cannot be."""
        wave = [[(1 << len(self.pieces)) - 1] * columns for _ in range(rows)]
        for (row, column), tile in fixed.items():
            for corner in range(4):
                y, x = row - corner // 2, column - corner % 2
                if 0 <= y < rows and 0 <= x < columns:
                    wave[y][x] &= sum(
                        1 << k for k, p in enumerate(self.pieces) if p[corner] == tile
                    )
        todo = {(y, x) for y in range(rows) for x in range(columns)}
        return wave if self._spread(wave, todo) else None

    def _collapse(self, wave: list[list[int]], generator) -> bool:
        """Decide place after place; False at a contradiction."""
        places = [(y, x) for y in range(len(wave)) for x in range(len(wave[0]))]
        noise = torch.rand(len(places), generator=generator).tolist()  # breaks ties
        while True:
            left = [
                (wave[y][x].bit_count(), noise[k], y, x)
                for k, (y, x) in enumerate(places)
                if wave[y][x] & (wave[y][x] - 1)
            ]
            if not left:
                return True
            _, _, y, x = min(left)
            options = [k for k in range(len(self.pieces)) if wave[y][x] >> k & 1]
            shares = torch.tensor([self.counts[k] for k in options], dtype=torch.float64)
            at = int(torch.multinomial(shares, 1, generator=generator))
            wave[y][x] = 1 << options[at]
            if not self._spread(wave, {(y, x)}):
                return False

    def _spread(self, wave: list[list[int]], todo: set[tuple[int, int]]) -> bool:
        """Take from all neighbours what no longer fits; False where nothing is left."""
        while todo:
            y, x = todo.pop()
            for k, (dy, dx) in enumerate(WAYS):
                v, u = y + dy, x + dx
                if not (0 <= v < len(wave) and 0 <= u < len(wave[0])):
                    continue
                new = wave[v][u] & self._fitting(k, wave[y][x])
                if not new:
                    return False
                if new != wave[v][u]:
                    wave[v][u] = new
                    todo.add((v, u))
        return True

    def _fitting(self, way: int, pieces: int) -> int:
        """The union over a set of pieces of what fits beside them; looked up once known."""
        known = self._allowed[way]
        if pieces not in known:
            union, rest = 0, pieces
            while rest:
                low = rest & -rest
                union |= self._fits[way][low.bit_length() - 1]
                rest ^= low
            known[pieces] = union
        return known[pieces]

    def _as_map(self, wave: list[list[int]], height: int, width: int) -> Tensor:
        out = torch.zeros(height, width, dtype=torch.int64)
        for y, row in enumerate(wave):
            for x, piece in enumerate(row):
                a, b, c, d = self.pieces[piece.bit_length() - 1]
                out[y, x], out[y, x + 1], out[y + 1, x], out[y + 1, x + 1] = a, b, c, d
        return out
