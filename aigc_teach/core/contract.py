"""The contract: three verbs that every generative model of the course speaks.

``loss`` scores a batch, ``trajectory`` shows a sample coming to be, ``sample`` is its
last step. One training loop, one test suite and one player widget therefore serve a
VAE, a GAN, a language model and a diffusion model alike.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, final

import torch
from torch import Tensor, nn

from .device import repeatable
from .errors import AigcError, DtypeError, check_choice, check_count


class Loss(NamedTuple):
    """What a model's ``loss`` returns.

    Attributes
    ----------
    total : Tensor
        A scalar, to call ``backward`` on.
    parts : dict of str to Tensor
        Named, detached scalars for the curves, for example ``{"kl": ...}``.
    """

    total: Tensor
    parts: dict[str, Tensor]


class Labelled(NamedTuple):
    """A batch with a condition.

    Attributes
    ----------
    x : Tensor
        The data, ``[N, ...]``.
    condition : Tensor
        What each item is conditioned on: class labels (int64, ``[N]``), a prompt, a mask.
    """

    x: Tensor
    condition: Tensor


class GenerativeModel(nn.Module, ABC):
    """Base class of every generative model.

    A subclass says who takes turns (`players`), how a player is scored (`loss`) and how
    a sample comes to be (`trajectory`). Everything else, `sample` included, is given.
    """

    players: tuple[str, ...] = ("model",)
    matrix_bound: bool = False  # its work is mostly products of large matrices: see choose_machine

    @abstractmethod
    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Score one batch for one player; never changes the batch.

        Parameters
        ----------
        batch : Tensor or Labelled
            Data as the model's own docstring describes it.
        player : str
            Whose turn it is: one of `players`.
        generator : torch.Generator, optional
            Source of the randomness that the loss needs; torch's global one if None.
        """

    @abstractmethod
    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """Yield `n` samples as they come to be; the last item is the finished sample.

        One item for a VAE or a GAN, growing text for a language model, denoising frames
        for diffusion.
        """

    @final
    def sample(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Draw `n` finished samples: evaluation mode, no gradients, mode restored.

        Parameters
        ----------
        n : int
            How many; at least 1.
        condition : Tensor, optional
            One condition per sample, for a conditional model. Without it, a conditional
            model draws conditions with the data's own frequencies.
        generator : torch.Generator, optional
            Makes the draw repeatable.

        Returns
        -------
        Tensor
            The last item of `trajectory`, ``[n, ...]``.
        """
        check_count("n", n)
        if not isinstance(generator, (torch.Generator, type(None))):
            raise DtypeError(
                f"generator={generator!r} is a {type(generator).__name__}; it must be a "
                "torch.Generator, such as core.make_generator(0)."
            )
        finished = None
        with evaluating(self), torch.no_grad(), repeatable():
            for stage in self.trajectory(n, condition=condition, generator=generator):
                finished = stage
        if finished is None:
            raise AigcError(f"{type(self).__name__}.trajectory yielded nothing.")
        return finished

    @final
    def player_parameters(self, player: str) -> list[nn.Parameter]:
        """The parameters that `player` may change: those of the attribute of that name.

        The only player of a one-player model, ``"model"``, owns all of them.
        """
        check_choice("player", player, self.players)
        owner = self if player == "model" else getattr(self, player, None)
        if not isinstance(owner, nn.Module):
            kind = type(self).__name__
            raise AigcError(
                f"{kind} has the player {player!r}, but no network of that name: set "
                f"self.{player} = ... in its __init__, or correct {kind}.players."
            )
        return list(owner.parameters())

    @property
    def device(self) -> torch.device:
        """The device that the model's parameters lie on."""
        return next(self.parameters()).device

    @property
    def weights_dtype(self) -> torch.dtype:
        """The number type of the model's parameters: float32, unless you changed it."""
        return next(self.parameters()).dtype


@contextmanager
def evaluating(network: nn.Module) -> Iterator[nn.Module]:
    """Within it a network is in evaluation mode; then each part gets its own mode back.

    >>> net = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
    >>> with evaluating(net):
    ...     net[0].training
    False
    >>> net[0].training, net[1].training
    (True, False)
    """
    modes = [(part, part.training) for part in network.modules()]
    network.eval()
    try:
        yield network
    finally:
        for part, training in modes:
            part.training = training


def refuse_condition(model: nn.Module, condition: Tensor | None) -> None:
    """Raise a sentence if a model that has no conditions was given one."""
    if condition is not None:
        raise AigcError(
            f"{type(model).__name__} was built without conditions, so it cannot be asked for "
            "a particular one. Leave out `condition`, or build a conditional model."
        )
