"""A recurrent net that looks at frames and says how the last one moves on.

Its memory is a picture: an LSTM cell whose products are convolutions. What it answers is not a
picture but a small kernel, by which the last frame is moved; so what the frame shows need not be
drawn anew.

Legend: N films, T frames, C channels, H height, W width of a frame, F features, K kernel's side.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import RangeError, ShapeError, check_count, check_number

State = tuple[Tensor, Tensor]
BLOCK = 4  # pixels of a side that become channels: the net works on a quarter of the sides


def conv_lstm_cell(x: Tensor, state: State, weight: Tensor, bias: Tensor) -> State:
    """The new state (h', c') of a convolutional LSTM cell.

    As `nn.recurrent.lstm_cell`, with one convolution over input and state in place of the
    products. Shi et al. 2015, equation 3, without its peepholes.

    Parameters
    ----------
    x : Tensor
        ``[N, C, H, W]``.
    state : (Tensor, Tensor)
        Output h and memory c, ``[N, F, H, W]`` each.
    weight : Tensor
        ``[4F, C + F, k, k]``, k odd; blocks of F rows in the order i, f, g, o.
    bias : Tensor
        ``[4F]``.

    Returns
    -------
    (Tensor, Tensor)
        h' in (-1, 1) and c', ``[N, F, H, W]`` each.

    Raises
    ------
    ShapeError

    >>> zero = torch.zeros
    >>> state = zero(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    >>> h, c = conv_lstm_cell(zero(1, 1, 2, 2), state, zero(4, 2, 3, 3), zero(4))
    >>> c.unique()
    tensor([0.5000])
    """
    h, c = state
    if x.ndim != 4 or h.shape != c.shape or x.shape[0] != h.shape[0] or x.shape[2:] != h.shape[2:]:
        raise ShapeError(
            "x must be [N, C, H, W], h and c [N, F, H, W] with the same N, H and W; they are "
            f"{[*x.shape]}, {[*h.shape]} and {[*c.shape]}."
        )
    features, channels = h.shape[1], x.shape[1] + h.shape[1]
    side = weight.shape[-1]
    if weight.shape != (4 * features, channels, side, side) or not side % 2:
        raise ShapeError(
            f"weight must be [{4 * features}, {channels}, k, k] with k odd; yours is "
            f"{[*weight.shape]}."
        )
    if bias.shape != (4 * features,):
        raise ShapeError(f"bias must be [{4 * features}]; yours is {[*bias.shape]}.")
    gates = F.conv2d(torch.cat([x, h], dim=1), weight, bias, padding=side // 2)
    i, f, g, o = gates.chunk(4, dim=1)  # [N, F, H, W] each
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()  # keep a share of the old, add some new
    return o.sigmoid() * c.tanh(), c


def moved_by(frame: Tensor, kernels: Tensor) -> Tensor:
    """Each frame moved by its own kernel of shares.

    Where the share is 1 at one place of the kernel, the frame is shifted from the kernel's middle
    to there; several shares give several faint copies, one over the other. De Brabandere et al.
    2016; Finn et al. 2016, section 3. What comes in from outside the frame is background, -1.

    Parameters
    ----------
    frame : Tensor
        ``[N, 1, H, W]`` in [-1, 1].
    kernels : Tensor
        ``[N, K, K]``, K odd, not negative, each with the sum 1.

    Returns
    -------
    Tensor
        ``[N, 1, H, W]`` in [-1, 1].

    Raises
    ------
    ShapeError

    >>> frame = torch.full((1, 1, 3, 3), -1.0)
    >>> frame[0, 0, 1, 1] = 1.0
    >>> kernel = torch.zeros(1, 3, 3)
    >>> kernel[0, 2, 1] = 1.0  # one down
    >>> moved_by(frame, kernel)[0, 0, :, 1]
    tensor([-1., -1.,  1.])
    """
    n, side = len(frame), kernels.shape[-1]
    if frame.ndim != 4 or frame.shape[1] != 1 or kernels.shape != (n, side, side) or side % 2 == 0:
        raise ShapeError(
            "frame must be [N, 1, H, W] and kernels [N, K, K] with K odd; they are "
            f"{[*frame.shape]} and {[*kernels.shape]}."
        )
    ink = (frame + 1).transpose(0, 1)  # [1, N, H, W]: a group for each film; 0 is background
    weight = kernels.flip(1, 2).unsqueeze(1)  # [N, 1, K, K]; torch's convolution does not turn it
    return F.conv2d(ink, weight, padding=side // 2, groups=n).transpose(0, 1) - 1


class NextFrame(nn.Module):
    """Says from the frames so far how the last one moves on.

    Parameters
    ----------
    size : int
        H = W, a multiple of 4, at least 8.
    width : int
        F.
    reach : int
        The furthest that a picture can move in a frame, in pixels; K is 2 `reach` + 1.
    sharpness : float
        Above 0: the kernel's logits are multiplied by it. A plain attribute that may be changed
        after training; a large one leaves the largest share alone.

    Raises
    ------
    RangeError, DtypeError

    Examples
    --------
    >>> net = NextFrame(width=4)
    >>> net(torch.zeros(2, 5, 1, 32, 32)).shape  # one guess for each frame but the first
    torch.Size([2, 4, 1, 32, 32])
    >>> net.free(torch.zeros(2, 5, 1, 32, 32), 20).shape
    torch.Size([2, 20, 1, 32, 32])
    """

    def __init__(self, size: int = 32, *, width: int = 32, reach: int = 2, sharpness: float = 1.0):
        super().__init__()
        if check_count("size", size, at_least=8) % BLOCK:
            raise RangeError(f"size={size} must be a multiple of {BLOCK}.")
        self.size, self.width = size, check_count("width", width)
        self.reach = check_count("reach", reach)
        self.sharpness = check_number("sharpness", sharpness, above=True)
        self.inward = nn.Conv2d(BLOCK**2, width, 3, padding=1)
        self.cell = nn.Conv2d(2 * width, 4 * width, 3, padding=1)
        self.before = nn.Conv2d(width, width, 3, padding=1)
        self.outward = nn.Linear(2 * width, (2 * reach + 1) ** 2)
        with torch.no_grad():
            self.cell.bias[width : 2 * width] = 1.0  # begin by keeping what is remembered

    def start(self, n: int) -> State:
        """The state before any frame: zeros."""
        side = self.size // BLOCK
        zero = self.cell.weight.new_zeros(n, self.width, side, side)
        return zero, zero

    def step(self, frame: Tensor, state: State) -> tuple[Tensor, State]:
        """``[N, 1, H, W]`` and a state -> the guess of the next frame, the new state."""
        if frame.ndim != 4 or frame.shape[1:] != (1, self.size, self.size):
            raise ShapeError(
                f"A frame must be [N, 1, {self.size}, {self.size}]; yours is {[*frame.shape]}."
            )
        seen = F.silu(self.inward(F.pixel_unshuffle(frame, BLOCK)))  # [N, F, H / 4, W / 4]
        h, c = conv_lstm_cell(seen, state, self.cell.weight, self.cell.bias)
        said = F.silu(self.before(h))
        said = torch.cat([said.mean((2, 3)), said.amax((2, 3))], dim=1)  # [N, 2F]
        side = 2 * self.reach + 1
        kernels = (self.sharpness * self.outward(said)).softmax(1).unflatten(1, (side, side))
        return moved_by(frame, kernels), (h, c)

    def forward(self, film: Tensor, own: Callable[[int], bool] | None = None) -> Tensor:
        """A guess of each frame from those before it.

        Parameters
        ----------
        film : Tensor
            ``[N, T, 1, H, W]`` in [-1, 1].
        own : callable, optional
            ``own(t)``: whether the net gets its own guess in place of frame t, counted from 0;
            frame 0 is always given. Never, if left out.

        Returns
        -------
        Tensor
            ``[N, T - 1, 1, H, W]``: guess t is of frame t + 1.
        """
        if film.ndim != 5 or film.shape[1] < 2:
            raise ShapeError(f"A film must be [N, T, 1, H, W], T from 2; yours is {[*film.shape]}.")
        state, guesses = self.start(len(film)), []
        for t in range(film.shape[1] - 1):
            frame = guesses[-1] if guesses and own is not None and own(t) else film[:, t]
            guess, state = self.step(frame, state)
            guesses.append(guess)
        return torch.stack(guesses, dim=1)

    @torch.no_grad()
    def free(self, past: Tensor, frames: int) -> Tensor:
        """Go on alone after some given frames, each guess made from the guesses before it.

        Parameters
        ----------
        past : Tensor
            ``[N, P, 1, H, W]``.
        frames : int
            How many.

        Returns
        -------
        Tensor
            ``[N, frames, 1, H, W]``.
        """
        check_count("frames", frames)
        if past.ndim != 5 or not past.shape[1]:
            raise ShapeError(f"The past must be [N, P, 1, H, W]; yours is {[*past.shape]}.")
        empty = past[:, :1].expand(-1, frames, -1, -1, -1)
        film = torch.cat([past, empty], dim=1)
        return self.forward(film, lambda t: t >= past.shape[1])[:, past.shape[1] - 1 :]
