"""A variational autoencoder for lines of text: a code for the whole line, and a language model.

Bowman et al. 2016. The encoder reads a line and gives q(z|x); the decoder is a recurrent language
model that is told z at every token. It could do without: a decoder that sees all tokens before
is able to model every language alone, and then z stays unused (posterior collapse). Three cures
are arguments here: the weight of the KL (`beta`, to be raised slowly by a callback), blanks in
what the decoder reads (`word_dropout`) and a free allowance of KL (`free_bits`).

Legend: N batch, T tokens, V vocabulary, C width, L latents, K draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import torch
from torch import Tensor, nn

from ..core import (
    GenerativeModel,
    Loss,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    check_number,
    drawn_on,
    evaluating,
    refuse_condition,
)
from ..losses import sequence
from ..losses.bound import gaussian_log_prob, importance_weighted_bound
from ..losses.elbo import kl_of_each_latent
from ..nn import reparameterise, sampling, standard_normal
from .checks import check_codes
from .language import LanguageModel


@final
class TextVAE(GenerativeModel):
    """A VAE for lines of T tokens, or of at most T where an `end` token fills the rest.

    Parameters
    ----------
    vocabulary : int
        V; tokens are 0 to V - 1.
    length : int
        T. Every line of a batch has T tokens.
    end : int, optional
        The token that ends a line. What stands after the first of them costs nothing and is
        filled with it in samples. Without it all T tokens count.
    latent_size : int
        L.
    width : int
        C, of a token's vector and of both LSTMs.
    beta : float
        Weight of the KL; 1 is the bound itself. A callback may change it between steps.
    free_bits : float
        KL a latent that costs nothing, in *nats* for all its old name (Kingma et al. 2016): a
        latent pays for the larger of this and its KL, averaged over the batch.
    word_dropout : float
        Share of the tokens, from 0 to 1, that the decoder reads as a blank in training (Bowman
        et al. 2016, section 3.1). 1 leaves it the code and its own memory.

    Examples
    --------
    >>> model = TextVAE(10, length=5, latent_size=2, width=8)
    >>> model.sample(3).shape, model.encode(torch.zeros(4, 5).long())[0].shape
    (torch.Size([3, 5]), torch.Size([4, 2]))
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        length: int,
        end: int | None = None,
        latent_size: int = 16,
        width: int = 128,
        beta: float = 1.0,
        free_bits: float = 0.0,
        word_dropout: float = 0.0,
    ):
        super().__init__()
        self.vocabulary, self.length = check_count("vocabulary", vocabulary), length
        check_count("length", length)
        check_count("latent_size", latent_size)
        check_count("width", width)
        self.latent_size, self.width = latent_size, width
        self.beta = check_number("beta", beta)
        self.free_bits = check_number("free_bits", free_bits)
        if check_number("word_dropout", word_dropout) > 1:
            raise RangeError(f"word_dropout={word_dropout} is too large; a share is at most 1.")
        if end is not None and check_count("end", end, at_least=0) >= vocabulary:
            raise RangeError(f"end={end} is no token; tokens are 0 to {vocabulary - 1}.")
        self.word_dropout, self.end = word_dropout, end
        self.embedding = nn.Embedding(vocabulary, width)
        self.start = nn.Parameter(torch.zeros(width))
        self.reader = nn.LSTM(width, width, batch_first=True)
        self.code = nn.Linear(width, 2 * latent_size)
        self.writer = nn.LSTM(width + latent_size, width, batch_first=True)
        self.head = nn.Linear(width, vocabulary)

    check_tokens = LanguageModel.check_tokens  # the same sentences for the same mistakes

    def loss(
        self,
        batch: Tensor,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Minus the evidence lower bound in nats a line, averaged over the batch.

        Parameters
        ----------
        batch : Tensor
            int64 ``[N, T]``.
        player : {"model"}
        generator : torch.Generator, optional
            For the draw of z, and for the blanks.

        Returns
        -------
        Loss
            Parts ``reconstruction`` and ``kl``, both in nats a line; the KL before its weight
            and without allowance. With `beta` 1 and no `free_bits` the total is their sum.
        """
        check_choice("player", player, self.players)
        tokens = self.check_lines(batch)
        mu, logvar = self.encode(tokens)  # [N, L] each
        z = reparameterise(mu, logvar, generator=generator)  # [N, L]
        logits = self.forward(tokens, z, generator=generator)
        reconstruction = self.nll(logits, tokens).mean()
        kl = kl_of_each_latent(mu, logvar).mean(0)  # [L]
        paid = kl.clamp_min(self.free_bits) if self.free_bits else kl
        total = reconstruction + self.beta * paid.sum()
        return Loss(total, {"reconstruction": reconstruction.detach(), "kl": kl.sum().detach()})

    def forward(
        self, tokens: Tensor, z: Tensor, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Logits of each token given z and the tokens before it: ``[N, T], [N, L] -> [N, T, V]``.

        In training a share `word_dropout` of what is read is blank.
        """
        before = self.embedding(tokens[:, :-1])  # [N, T - 1, C]
        if self.training and self.word_dropout:
            drawn = drawn_on(tokens.device, generator)
            luck = torch.rand(*before.shape[:2], 1, device=drawn, generator=generator)
            before = before * (luck.to(tokens.device) >= self.word_dropout)
        x = torch.cat([self.start.expand(len(z), 1, -1), before], dim=1)  # [N, T, C]
        return self._write(x, z, None)[0]

    def encode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x): int64 ``[N, T]`` -> two tensors ``[N, L]``."""
        h, _ = self.reader(self.embedding(self.check_lines(tokens)))  # [N, T, C]
        mu, logvar = self.code(h[:, -1]).float().chunk(2, dim=1)  # [N, L] each
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """The line that takes the likeliest token at each place: ``[N, L]`` -> int64 ``[N, T]``."""
        *_, lines = self.write(z, temperature=0)
        return lines

    def write(
        self, z: Tensor, *, temperature: float = 1.0, generator: torch.Generator | None = None
    ) -> Iterator[Tensor]:
        """The lines of given codes as they grow: int64 ``[N, 1]``, ``[N, 2]``, ... ``[N, T]``.

        Parameters
        ----------
        z : Tensor
            ``[N, L]``.
        temperature : float
            See `nn.sampling.temperature`; 0 takes the likeliest token each time.
        generator : torch.Generator, optional
        """
        check_codes(z, self.latent_size, weights=self.weights_dtype)
        z, x, state = z.to(self.device), self.start.expand(len(z), 1, -1), None
        lines = torch.zeros(len(z), 0, dtype=torch.int64, device=self.device)
        ended = torch.zeros(len(z), 1, dtype=torch.bool, device=self.device)
        for _ in range(self.length):
            with torch.no_grad():
                logits, state = self._write(x, z, state)  # [N, 1, V]
                logits = sampling.temperature(logits[:, 0], temperature)
                token = sampling.draw(logits, generator=generator)[:, None]  # [N, 1]
                if self.end is not None:
                    token = token.masked_fill(ended, self.end)
                    ended = token == self.end
                x = self.embedding(token)
            lines = torch.cat([lines, token], dim=1)
            yield lines

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """The code from the prior, then the growing lines: int64 ``[n, 1]`` to ``[n, T]``."""
        refuse_condition(self, condition)
        z = standard_normal(n, self.latent_size, like=self.start, generator=generator)
        yield from self.write(z.to(self.start.dtype), generator=generator)

    @torch.no_grad()
    def log_prob(
        self, tokens: Tensor, *, draws: int = 16, generator: torch.Generator | None = None
    ) -> Tensor:
        """Log p of each line in nats, estimated from below: ``[N, T] -> [N]``.

        The importance-weighted bound of Burda et al. 2016, equation 8: the logarithm of the
        mean over K draws of p(x|z) p(z) / q(z|x). With one draw it is the ELBO on average;
        with more it rises towards log p. No blanks are read.
        """
        check_count("draws", draws)
        tokens = self.check_lines(tokens)
        zero, weights = torch.zeros(self.latent_size, device=self.device), []
        with evaluating(self):
            mu, logvar = self.encode(tokens)
            for _ in range(draws):
                z = reparameterise(mu, logvar, generator=generator)  # [N, L]
                ratio = gaussian_log_prob(z, zero, zero) - gaussian_log_prob(z, mu, logvar)  # [N]
                weights.append(ratio - self.nll(self.forward(tokens, z), tokens))
        return importance_weighted_bound(torch.stack(weights))

    def nll(self, logits: Tensor, tokens: Tensor) -> Tensor:
        """Minus log p of each line, in nats, up to its end: ``[N, T, V], [N, T] -> [N]``."""
        mask = None
        if self.end is not None:
            ends = (tokens == self.end).long()  # [N, T]
            mask = ends.cumsum(1) - ends == 0  # until the first end, that one included
        return sequence.sequence_nll(logits, tokens, mask)

    def check_lines(self, tokens: Tensor) -> Tensor:
        """Lines of this model's length on its device, or a sentence."""
        self.check_tokens(tokens)
        if tokens.shape[1] != self.length:
            raise ShapeError(
                f"This model takes lines of {self.length} tokens; yours have {tokens.shape[1]}. "
                "Fill shorter lines up with the end token."
            )
        return tokens.to(self.device)

    def _write(self, x: Tensor, z: Tensor, state: tuple | None) -> tuple[Tensor, tuple]:
        z = z.to(x.dtype)[:, None].expand(-1, x.shape[1], -1)  # [N, T, L]
        h, state = self.writer(torch.cat([x, z], dim=2), state)
        return self.head(h), state
