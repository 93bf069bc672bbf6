"""The rules of the platform game: one function from a state and a key press to the next state.

The solver, the players that are simulated and the page all use these rules; the page's are the
same in JavaScript, and a test compares them. A state is (x, y, rise): column, row from above, and
how many ticks a jump still rises. In one tick,

    1. who stands and presses jump gets rise = 3;
    2. who rises and holds jump goes up by one tile, unless a tile is in the way (then the rise
       ends); who lets go stops rising; who neither rises nor stands falls by one tile;
    3. then one tile to the left or right, unless a tile is in the way.

After 2 and after 3, spikes and the depth below the lowest row lose, and the flag wins. Ground and
brick are solid; so are both sides and the top of the level.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from .levels import PLATFORM, check_platform

RISE = 3
WON, LOST = "won", "lost"
ACTIONS = ((0, 0), (-1, 0), (1, 0), (0, 1), (-1, 1), (1, 1))  # (left or right, jump)
State = tuple[int, int, int]


class PlatformGame(NamedTuple):
    """One level, ready to be played.

    Attributes
    ----------
    rows : tuple of str
        The level's signs.
    start, flag : (int, int)
        Column and row.
    rise : int
        Ticks that a jump rises: 3 in the game; other numbers are another game.

    Examples
    --------
    >>> from aigc_teach.core.levels import read_level
    >>> game = open_game(read_level("..../S..F/####"))
    >>> game.step(game.first, (1, 0)), game.step((2, 1, 0), (1, 0))
    ((1, 1, 0), 'won')
    """

    rows: tuple[str, ...]
    start: tuple[int, int]
    flag: tuple[int, int]
    rise: int = RISE

    @property
    def first(self) -> State:
        """The state at the start."""
        return (*self.start, 0)

    def solid(self, x: int, y: int) -> bool:
        """Whether nobody can be in this place."""
        if x < 0 or y < 0 or x >= len(self.rows[0]):
            return True
        return y < len(self.rows) and self.rows[y][x] in "#="

    def stands(self, x: int, y: int) -> bool:
        """Whether the tile below carries."""
        return self.solid(x, y + 1)

    def fate(self, x: int, y: int) -> str | None:
        """`WON`, `LOST`, or None where the game goes on."""
        if y >= len(self.rows) or self.rows[y][x] == "^":
            return LOST
        return WON if self.rows[y][x] == "F" else None

    def step(self, state: State, action: tuple[int, int]) -> State | str:
        """The state after one tick, or `WON` or `LOST`.

        Parameters
        ----------
        state : (x, y, rise)
        action : (-1, 0 or 1; 0 or 1)
            Left or right, and whether jump is held.
        """
        (x, y, rise), (side, jump) = state, action
        if jump and not rise and self.stands(x, y):
            rise = self.rise
        if rise and jump:
            blocked = self.solid(x, y - 1)
            y, rise = (y, 0) if blocked else (y - 1, rise - 1)
        else:
            rise = 0
            y += not self.stands(x, y)
        fate = self.fate(x, y)
        if fate is None and side and not self.solid(x + side, y):
            x += side
            fate = self.fate(x, y)
        return fate or (x, y, rise)


def open_game(level: Tensor, *, rise: int = RISE) -> PlatformGame:
    """A game on `level`, int64 ``[H, W]`` with one start and one flag.

    Raises
    ------
    AigcError
        With a sentence, for what is no level.
    """
    tiles = check_platform(level).tolist()
    places = {k: (x, y) for y, row in enumerate(tiles) for x, k in enumerate(row)}
    start, flag = (places[PLATFORM.index(sign)] for sign in "SF")
    return PlatformGame(
        tuple("".join(PLATFORM[k] for k in row) for row in tiles), start, flag, rise
    )
