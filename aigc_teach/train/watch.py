"""Somebody's own training loop, watched from outside: who moves whom, and with which noise."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from ..core import DtypeError, check_count
from .diagnose import Diagnosis
from .record_loop import Record
from .watched import judge

CLOSELY = 30  # steps of each optimizer that are looked at closely


class Watch(Record):
    """What :func:`watch` returns: ``with`` it, train, and ask for the report."""

    def report(self) -> Diagnosis:
        """Who moved whom; what does not fit, what fits, and what could not be seen."""
        return judge(self)


def watch(*, optimizers: object, closely: int = CLOSELY, **networks: nn.Module) -> Watch:
    """Watch your own loop: put it inside ``with``, train as always, and print the report.

    It notes which optimizer moves which network and whether it goes on doing so, whether gradients
    reach every weight and are fresh, whether the noise or one batch repeats, whether batch
    normalisation counts and gives the same in both modes, and whether the last loss is better than
    a constant answer's. Networks of every kind are taken, language models and noise predictors
    too. It changes nothing: the training comes out equal to the bit.

    Parameters
    ----------
    optimizers : Optimizer, dict or list
        What moves the weights; in a dict under names that say whose they are.
    closely : int
        How many steps of each optimizer are looked at closely (this copies the weights).
    **networks : Module
        Your networks under your names, ``netG=netG`` for example. Generator and critic are told
        by the name: generator, gen, G, netG; critic, discriminator, D, netD.

    Returns
    -------
    Watch
        For ``with``; then :meth:`Watch.report`. Inside the loop :meth:`Watch.step` may be given the
        losses: the report then shows the first and the last, says from which step on one was NaN,
        and can hold a mean squared error against a constant answer's.

    Raises
    ------
    DtypeError
        With a sentence, where something is no network or no optimizer.

    Examples
    --------
    >>> G, D = nn.Linear(2, 1), nn.Linear(1, 1)
    >>> moves = {"D": torch.optim.SGD(D.parameters(), 0.1)}
    >>> with watch(G=G, D=D, optimizers=moves) as seen:
    ...     for _ in range(3):
    ...         moves["D"].zero_grad()
    ...         loss = D(G(torch.randn(4, 2)).detach()).mean()
    ...         loss.backward()
    ...         moves["D"].step()
    ...         seen.step({"d": loss})
    >>> sorted(seen.report().findings)
    ['never_moves']
    """
    check_count("closely", closely)
    if not networks:
        raise DtypeError("There is nothing to watch: name your networks, such as watch(G=G, D=D).")
    for name, net in networks.items():
        if not isinstance(net, nn.Module):
            raise DtypeError(f"{name}= must be a network; you gave a {type(net).__name__}.")
    if isinstance(optimizers, torch.optim.Optimizer):
        optimizers = {"optimizer": optimizers}
    elif isinstance(optimizers, (tuple, list)):
        optimizers = {f"optimizer {k + 1}": one for k, one in enumerate(optimizers)}
    if not isinstance(optimizers, Mapping) or not optimizers:
        raise DtypeError(
            "optimizers= must be a torch optimizer, or a dict or list of them; you gave a "
            f"{type(optimizers).__name__}."
        )
    for name, optimizer in optimizers.items():
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise DtypeError(
                f"optimizers[{name!r}] must be a torch optimizer; it is a "
                f"{type(optimizer).__name__}."
            )
    return Watch(networks, {str(name): one for name, one in optimizers.items()}, closely)
