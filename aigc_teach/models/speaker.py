"""From phonemes to the levels of a mel spectrogram: one network for durations, one for frames.

No attention has to find out which phoneme is heard when: the durations say it. (So do FastSpeech,
Ren et al., NeurIPS 2019, and the older statistical synthesis, H. Zen, A. Senior and M. Schuster,
"Statistical parametric speech synthesis using deep neural networks", ICASSP 2013.) Nothing is
drawn at random: the answer is one guess of the mean, so these are no `GenerativeModel`.

Legend: P phonemes, N sentences, F frames, B bands; a phoneme is a number, its place in a list.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import DtypeError, RangeError, ShapeError, check_count

NEIGHBOURS = 2  # phonemes to either side that the networks are told
FRAME_NUMBERS, PHONEME_NUMBERS = 10, 5


def frames_of(ends: Tensor, hop: int, n: int | None = None) -> Tensor:
    """Which phoneme each frame lies in: frame m at sample ``m hop``.

    Parameters
    ----------
    ends : Tensor
        ``[P]``, rising: the sample (or part of one) at which each phoneme ends.
    hop : int
        Samples from one frame to the next.
    n : int, optional
        F; ``1 + ends[-1] // hop`` unless given, as `data.log_mel` has it.

    Returns
    -------
    Tensor
        int64 ``[F]``, from 0 to P - 1.

    Examples
    --------
    >>> frames_of(torch.tensor([200, 250, 600]), hop=100).tolist()
    [0, 0, 1, 2, 2, 2, 2]
    """
    check_count("hop", hop)
    if ends.ndim != 1 or not len(ends) or bool((ends.diff() < 0).any()):
        raise ShapeError("ends must be [P], at least one, and never fall.")
    n = 1 + int(ends[-1]) // hop if n is None else check_count("n", n)
    at = torch.arange(n, dtype=ends.dtype) * hop
    return torch.searchsorted(ends.contiguous(), at, right=True).clamp(max=len(ends) - 1)


def neighbours(signs: Tensor, silence: int) -> Tensor:
    """Each phoneme with two before and two behind it; beyond the ends is silence.

    >>> neighbours(torch.tensor([4, 7]), silence=0).tolist()
    [[0, 0, 4, 7, 0], [0, 4, 7, 0, 0]]
    """
    return F.pad(signs, (NEIGHBOURS, NEIGHBOURS), value=silence).unfold(0, 2 * NEIGHBOURS + 1, 1)


def frame_inputs(
    signs: Tensor,
    stress: Tensor,
    ends: Tensor,
    pitch: float,
    *,
    silence: int,
    hop: int,
    rate: int,
) -> tuple[Tensor, Tensor]:
    """What the frame network is told of each frame.

    Parameters
    ----------
    signs, stress : Tensor
        int64 ``[P]``: phonemes, and 0, 1 or 2.
    ends : Tensor
        ``[P]`` samples at which they end.
    pitch : float
        Any number that is higher for a higher voice; about -1 to 1.
    silence : int
        The number of the silence.
    hop, rate : int
        Samples from frame to frame, and a second.

    Returns
    -------
    tuple of Tensor
        int64 ``[F, 5]``, the phoneme between its neighbours; float32 ``[F, 10]``: place in the
        phoneme (from both ends, as a share and in frames), logarithm of its duration, stress,
        pitch, place in the sentence (a share, and seconds from both ends).

    Raises
    ------
    ShapeError, DtypeError
        With a sentence.

    Examples
    --------
    >>> signs, ends = torch.tensor([0, 3, 0]), torch.tensor([200, 250, 600])
    >>> near, numbers = frame_inputs(
    ...     signs, torch.zeros(3), ends, 0.0, silence=0, hop=100, rate=1000
    ... )
    >>> near[2].tolist(), numbers.shape, numbers[2, :2].tolist()
    ([0, 0, 3, 0, 0], torch.Size([7, 10]), [0.0, 1.0])
    """
    if not len(signs) == len(stress) == len(ends):
        raise ShapeError(
            f"There are {len(signs)} phonemes, {len(stress)} stresses and {len(ends)} ends: "
            "there must be one of each for every phoneme."
        )
    if signs.is_floating_point():
        raise DtypeError(f"Phonemes are whole numbers; these are {signs.dtype}.")
    ends = ends.double()
    place = frames_of(ends, hop)
    t = hop * torch.arange(len(place), dtype=torch.float64)
    start = torch.cat([ends.new_zeros(1), ends[:-1]])[place]
    long = (ends[place] - start).clamp(min=1)
    left = ends[-1] - t
    columns = [
        (t - start) / long,
        1 - (t - start) / long,
        ((t - start) / hop / 8).clamp(max=2),
        ((start + long - t) / hop / 8).clamp(max=2),
        (long / hop / 8).log(),
        stress.double()[place] / 2,
        torch.full_like(t, float(pitch)),
        t / ends[-1],
        (2 * t / rate).clamp(max=3),
        (2 * left / rate).clamp(max=3),
    ]
    return neighbours(signs, silence)[place], torch.stack(columns, 1).float()


class Speaker(nn.Module):
    """Frames of a mel spectrogram from phonemes with times: three residual convolutions.

    Parameters
    ----------
    signs : int
        How many phonemes there are.
    bands : int
        B.
    width : int
        Of every layer.
    context : bool
        False: it is told the phoneme alone, no neighbours, and its convolutions see one frame.

    Examples
    --------
    >>> speaker = Speaker(44, 64)
    >>> speaker(torch.zeros(2, 30, 5, dtype=torch.long), torch.zeros(2, 30, 10)).shape
    torch.Size([2, 30, 64])
    """

    def __init__(self, signs: int, bands: int, *, width: int = 128, context: bool = True) -> None:
        super().__init__()
        self.signs = check_count("signs", signs)
        check_count("bands", bands)
        check_count("width", width)
        self.context = context
        seen, size = 2 * NEIGHBOURS + 1, 24
        self.names = nn.Embedding(seen * signs, size)  # a phoneme, in one of five places
        self.inward = nn.Linear(seen * size + FRAME_NUMBERS, width)
        kernel = 5 if context else 1
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding=kernel // 2) for _ in range(3)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.outward = nn.Linear(width, bands)
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("spread", torch.ones(bands))

    def measure(self, levels: Tensor) -> None:
        """Take mean and standard deviation of each band from training frames ``[F, B]``."""
        self.mean.copy_(levels.mean(0))
        self.spread.copy_(levels.std(0).clamp(min=1e-3))

    def forward(self, near: Tensor, numbers: Tensor) -> Tensor:
        """Levels ``[N, F, B]`` for what `frame_inputs` made, padded to one length.

        Parameters
        ----------
        near : Tensor
            int64 ``[N, F, 5]``.
        numbers : Tensor
            float ``[N, F, 10]``.
        """
        _check_inputs(near, numbers, 3, FRAME_NUMBERS, self.signs)
        if not self.context:
            near = near[..., NEIGHBOURS, None].expand(near.shape)
        places = self.signs * torch.arange(near.shape[-1], device=near.device)
        told = self.names(near + places).flatten(-2)  # [N, F, 5 * 24]
        h = self.inward(torch.cat([told, numbers], -1))  # [N, F, width]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            h = h + F.gelu(layer(norm(h).transpose(1, 2)).transpose(1, 2))
        return self.outward(h) * self.spread + self.mean


def phoneme_inputs(
    signs: Tensor, stress: Tensor, word: Tensor, *, silence: int
) -> tuple[Tensor, Tensor]:
    """What the duration network is told of each phoneme.

    Parameters
    ----------
    signs, stress, word : Tensor
        int64 ``[P]``; `word` is the place of the word in the sentence, -1 for silence.
    silence : int

    Returns
    -------
    tuple of Tensor
        int64 ``[P, 5]`` and float32 ``[P, 5]``: stress, whether the word is the first and the
        last, how many phonemes lie before and behind.

    Examples
    --------
    >>> near, numbers = phoneme_inputs(
    ...     torch.tensor([0, 3, 0]), torch.tensor([0, 2, 0]), torch.tensor([-1, 0, -1]), silence=0
    ... )
    >>> near[1].tolist(), numbers[1].tolist()
    ([0, 0, 3, 0, 0], [1.0, 1.0, 1.0, 0.125, 0.125])
    """
    if not len(signs) == len(stress) == len(word):
        raise ShapeError("There must be one stress and one word for every phoneme.")
    p = torch.arange(len(signs), dtype=torch.float32)
    last = (word == word.max()).float()
    columns = [stress / 2, (word == 0).float(), last, p / 8, (len(signs) - 1 - p) / 8]
    return neighbours(signs, silence), torch.stack([c.float().clamp(max=2) for c in columns], 1)


class Durations(nn.Module):
    """How long each phoneme lasts: two hidden layers on it and its neighbours.

    Parameters
    ----------
    signs : int
        How many phonemes there are.
    width : int

    Examples
    --------
    >>> durations = Durations(44)
    >>> durations(torch.zeros(7, 5, dtype=torch.long), torch.zeros(7, 5)).shape
    torch.Size([7])
    """

    def __init__(self, signs: int, *, width: int = 64) -> None:
        super().__init__()
        self.signs = check_count("signs", signs)
        check_count("width", width)
        seen, size = 2 * NEIGHBOURS + 1, 12
        self.names = nn.Embedding(seen * signs, size)
        self.layers = nn.Sequential(
            nn.Linear(seen * size + PHONEME_NUMBERS, width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Linear(width, 1),
        )
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))

    def measure(self, logarithms: Tensor) -> None:
        """Take mean and standard deviation from the training durations' logarithms ``[P]``."""
        self.mean.copy_(logarithms.mean())
        self.spread.copy_(logarithms.std().clamp(min=1e-3))

    def forward(self, near: Tensor, numbers: Tensor) -> Tensor:
        """Natural logarithms of the durations ``[P]``, in the unit they were trained in."""
        _check_inputs(near, numbers, 2, PHONEME_NUMBERS, self.signs)
        told = self.names(near + self.signs * torch.arange(near.shape[-1], device=near.device))
        out = self.layers(torch.cat([told.flatten(-2), numbers], -1))[..., 0]
        return out * self.spread + self.mean


def _check_inputs(near: Tensor, numbers: Tensor, axes: int, width: int, signs: int) -> None:
    """Raise, with a sentence, unless both belong to the same frames or phonemes."""
    if near.ndim != axes or near.shape[-1] != 2 * NEIGHBOURS + 1:
        raise ShapeError(
            f"The phonemes must have {axes} axes, the last of {2 * NEIGHBOURS + 1}; they have "
            f"shape {list(near.shape)}."
        )
    if numbers.shape != (*near.shape[:-1], width):
        raise ShapeError(
            f"The numbers must have shape {[*near.shape[:-1], width]}; they have "
            f"{list(numbers.shape)}."
        )
    if near.is_floating_point():
        raise DtypeError(f"Phonemes are whole numbers; these are {near.dtype}.")
    if near.device.type != "meta" and near.numel() and not 0 <= near.min() <= near.max() < signs:
        raise RangeError(f"Phonemes must be numbers from 0 to {signs - 1}.")
