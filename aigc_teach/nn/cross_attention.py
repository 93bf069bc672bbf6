"""Words for a U-Net: an encoder of sentences, and attention of a picture's places to the words.

Vaswani et al. 2017, section 3.2.3; as the condition of a diffusion model: Rombach et al. 2022,
section 3.3. Legend: N batch, T words, C width of a word, P places of a picture, H heads.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import DtypeError, RangeError, ShapeError, check_count
from .attention import attention
from .unet import UNet, _groups

PADDING = 0  # the number of no word


class CrossAttention(nn.Module):
    """Every place of a picture asks all words, and adds what it learns.

    Parameters
    ----------
    width : int
        Channels of the picture, a multiple of `heads`.
    context : int
        C, of a word.
    heads : int
        H.

    Examples
    --------
    >>> layer = CrossAttention(8, context=6, heads=2)
    >>> words, there = torch.zeros(1, 5, 6), torch.tensor([[True, True, True, False, False]])
    >>> layer(torch.zeros(1, 8, 4, 4), words, there).shape
    torch.Size([1, 8, 4, 4])
    >>> layer.weights(torch.zeros(1, 8, 4, 4), words, there)[0, 0, 0].tolist()
    [0.3333333432674408, 0.3333333432674408, 0.3333333432674408, 0.0, 0.0]
    """

    def __init__(self, width: int, *, context: int, heads: int = 2):
        super().__init__()
        check_count("width", width)
        check_count("context", context)
        if width % check_count("heads", heads):
            raise RangeError(f"width={width} cannot be shared by heads={heads}; choose a divisor.")
        self.heads = heads
        self.normalise = nn.GroupNorm(_groups(width), width, affine=False)
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(context, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, words: Tensor, there: Tensor) -> Tensor:
        """``[N, W, H, B]``, words ``[N, T, C]``, which are there ``[N, T]`` -> as `x`."""
        mixed, _ = self._ask(x, words, there)  # [N, H, P, D]
        told = self.out(mixed.transpose(1, 2).flatten(2))  # [N, P, W]
        return x + told.transpose(1, 2).unflatten(2, x.shape[2:])

    def weights(self, x: Tensor, words: Tensor, there: Tensor) -> Tensor:
        """How much each place looks at each word: ``[N, H, P, T]``, 1 in sum over the words."""
        return self._ask(x, words, there)[1]

    def _ask(self, x: Tensor, words: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        q = self.query(self.normalise(x).flatten(2).transpose(1, 2))  # [N, P, W]
        k, v = self.key_value(words).chunk(2, dim=2)  # [N, T, W] each
        q, k, v = (a.unflatten(2, (self.heads, -1)).transpose(1, 2) for a in (q, k, v))
        return attention(q, k, v, there[:, None, None, :])


class WordEncoder(nn.Module):
    """Words and their places, mixed by one layer of a transformer.

    Without places the layer cannot know an order: what it makes of a sentence is then that of a
    bag of the same words, each in its turn.

    Parameters
    ----------
    vocabulary : int
        V; the number 0 is no word.
    length : int
        T, words of a sentence at most.
    width : int
        C, a multiple of `heads`.
    heads : int
    places : bool
        False takes the words' places from it.

    Examples
    --------
    >>> encoder = WordEncoder(9, length=5, width=8)
    >>> words, there = encoder(torch.tensor([[1, 4, 0, 0, 0]]))
    >>> words.shape, there.tolist()
    (torch.Size([1, 5, 8]), [[True, True, False, False, False]])
    """

    def __init__(
        self, vocabulary: int, *, length: int, width: int = 48, heads: int = 2, places: bool = True
    ):
        super().__init__()
        check_count("vocabulary", vocabulary, at_least=2)
        check_count("length", length)
        check_count("width", width)
        if width % check_count("heads", heads):
            raise RangeError(f"width={width} cannot be shared by heads={heads}; choose a divisor.")
        self.heads, self.length = heads, length
        self.word = nn.Embedding(vocabulary, width)
        self.place = nn.Parameter(torch.randn(length, width)) if places else None
        self.first = nn.LayerNorm(width)
        self.mix = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.second = nn.LayerNorm(width)
        self.think = nn.Sequential(
            nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width)
        )
        self.last = nn.LayerNorm(width)

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers of words ``[N, T]`` -> words ``[N, T, C]`` and which are there ``[N, T]``."""
        if numbers.ndim != 2 or numbers.shape[1] != self.length:
            raise ShapeError(
                f"Sentences must be [N, {self.length}] numbers of words; yours are "
                f"{list(numbers.shape)}."
            )
        there = numbers != PADDING  # [N, T]
        h = self.word(numbers)
        if self.place is not None:
            h = h + self.place
        q, k, v = self.mix(self.first(h)).chunk(3, dim=2)
        q, k, v = (a.unflatten(2, (self.heads, -1)).transpose(1, 2) for a in (q, k, v))
        mixed, _ = attention(q, k, v, there[:, None, None, :])  # [N, H, T, D]
        h = h + self.join(mixed.transpose(1, 2).flatten(2))
        h = h + self.think(self.second(h))
        return self.last(h), there


def mean_word(words: Tensor, there: Tensor) -> Tensor:
    """The mean of the words that are there: ``[N, T, C]``, ``[N, T]`` -> ``[N, C]``."""
    share = there.to(words.dtype) / there.sum(1, keepdim=True)
    return (words * share[:, :, None]).sum(1)


class WordUNet(nn.Module):
    """A small U-Net whose places look at the words of a sentence: ``net(x, time, labels)``.

    A label is the number of a sentence in `sentences`; one past the last is the empty sentence. So
    every model that is told a class can be told a sentence. :meth:`reading` gives the same net
    other sentences.

    Parameters
    ----------
    data_shape : (int, int, int)
        As for :class:`UNet`.
    sentences : Tensor
        int64 ``[K, T]``: numbers of words, 0 where there is none. The first is a begin sign: the
        empty sentence holds it alone.
    vocabulary : int
        V.
    width, depth : int
        Of the U-Net.
    context : int
        C, of a word.
    heads : int
        Of every attention.
    places : bool
        False for a bag of words.

    Examples
    --------
    >>> sentences = torch.tensor([[1, 4, 2, 0], [1, 2, 4, 0]])
    >>> net = WordUNet((3, 16, 16), sentences, vocabulary=5, width=8, depth=1)
    >>> net(torch.zeros(2, 3, 16, 16), torch.rand(2), torch.tensor([1, 2])).shape
    torch.Size([2, 3, 16, 16])
    """

    def __init__(
        self,
        data_shape: tuple[int, int, int],
        sentences: Tensor,
        *,
        vocabulary: int,
        width: int = 24,
        depth: int = 2,
        context: int = 48,
        heads: int = 2,
        places: bool = True,
    ):
        super().__init__()
        self.vocabulary = check_count("vocabulary", vocabulary, at_least=2)
        self.unet = UNet(data_shape, width=width, depth=depth)
        self.encoder = WordEncoder(
            vocabulary, length=self._length(sentences), width=context, heads=heads, places=places
        )
        self.sentence = nn.Linear(context, self.unet.condition.size)
        self.looks = nn.ModuleList(
            CrossAttention(w, context=context, heads=heads)
            for w in [2 * width] * depth + [width] * depth
        )
        self._write(sentences)

    def reading(self, sentences: Tensor) -> WordUNet:
        """The same net, with the same weights, for other sentences ``[K, T]``."""
        other = WordUNet.__new__(WordUNet)
        nn.Module.__init__(other)
        other.vocabulary = self.vocabulary
        for name in ("unet", "encoder", "sentence", "looks"):
            setattr(other, name, getattr(self, name))
        if self._length(sentences) != self.encoder.length:
            raise ShapeError(
                f"Sentences must be [K, {self.encoder.length}]; yours are {list(sentences.shape)}."
            )
        other._write(sentences)
        return other.train(self.training)

    def forward(self, x: Tensor, time: Tensor, labels: Tensor | None = None) -> Tensor:
        """``[N, C, H, B]``, times ``[N]``, numbers of sentences ``[N]`` or None -> as `x`."""
        words, there = self.words(x, labels)
        e = self.carried(time, words, there)
        return self.unet.draw(x, e, lambda k, h: self.looks[k](h, words, there))

    def words(self, x: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        """What the encoder makes of the sentences: ``[N, T, C]`` and ``[N, T]``."""
        if labels is None:
            labels = torch.full((len(x),), len(self.sentences) - 1, device=x.device)
        return self.encoder(self.sentences[labels])

    def carried(self, time: Tensor, words: Tensor, there: Tensor) -> Tensor:
        """Time and the mean of the words as one vector: ``[N, E]``."""
        return self.unet.condition(time) + F.silu(self.sentence(mean_word(words, there)))

    @torch.no_grad()
    def attention_maps(self, x: Tensor, time: Tensor, labels: Tensor) -> list[Tensor]:
        """How much each place looks at each word, at each of the layers that look.

        Returns
        -------
        list of Tensor
            ``[N, T, h, b]`` each, the mean over the heads.
        """
        words, there = self.words(x, labels)
        maps = []

        def look(k: int, h: Tensor) -> Tensor:
            weights = self.looks[k].weights(h, words, there).mean(1)  # [N, P, T]
            maps.append(weights.transpose(1, 2).unflatten(2, h.shape[2:]))
            return self.looks[k](h, words, there)

        self.unet.draw(x, self.carried(time, words, there), look)
        return maps

    def _write(self, sentences: Tensor) -> None:
        """Keep the sentences, and the empty one after the last."""
        near = sentences.device.type == "cpu"
        if near and (sentences.min() < 0 or sentences.max() >= self.vocabulary):
            raise RangeError(
                f"Numbers of words must lie in 0..{self.vocabulary - 1}; yours lie in "
                f"{int(sentences.min())}..{int(sentences.max())}."
            )
        empty = torch.zeros_like(sentences[:1])
        empty[:, 0] = sentences[:1, 0]
        self.register_buffer("sentences", torch.cat([sentences, empty]), persistent=False)

    @staticmethod
    def _length(sentences: Tensor) -> int:
        """T, or a sentence on what is wrong with the table."""
        if not isinstance(sentences, Tensor) or sentences.dtype != torch.int64:
            raise DtypeError("Sentences must be an int64 tensor [K, T] of numbers of words.")
        if sentences.ndim != 2 or not sentences.numel():
            raise ShapeError(f"Sentences must be [K, T]; yours are {list(sentences.shape)}.")
        return sentences.shape[1]
