"""A place to try things: networks, gradients and random numbers are as before after it."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle


@contextlib.contextmanager
def untouched(tops: Iterable[nn.Module]) -> Iterator[None]:
    """Whatever happens inside, these networks and the global random numbers are as before.

    Parameters
    ----------
    tops : iterable of Module
        Weights, buffers, gradients, modes and ``requires_grad`` of all their parts are put back.

    Examples
    --------
    >>> net = nn.Linear(2, 1)
    >>> before = net.weight.clone()
    >>> with untouched([net]):
    ...     _ = nn.init.zeros_(net.weight), net.eval()
    >>> torch.equal(net.weight, before), net.training
    (True, True)
    """
    modules = parts_of_all(tops)
    places = [(m, dict(m._buffers)) for m in modules]  # some layers put a new buffer in place
    modes = [(m, m.training) for m in modules]
    kept = [remembered(tensor) for tensor in tensors_of(modules)]
    with untouched_randomness():
        try:
            yield
        finally:
            for module, buffers in places:
                module._buffers.update(buffers)
            for tensor, value, gradient, needs in kept:
                with torch.no_grad():
                    tensor.copy_(value)
                tensor.requires_grad_(needs)
                tensor.grad = gradient
            for module, training in modes:
                module.training = training


@contextlib.contextmanager
def hooked(hooks: Sequence[RemovableHandle]) -> Iterator[None]:
    """Within it these hooks are there; whatever happens, they are taken away after it."""
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def parts_of_all(tops: Iterable[nn.Module]) -> list[nn.Module]:
    """The modules inside some networks, those included, each once.

    >>> net = nn.Sequential(nn.Linear(2, 1))
    >>> len(parts_of_all([net, net[0]]))
    2
    """
    return list({id(m): m for top in tops for m in top.modules()}.values())


def tensors_of(modules: Iterable[nn.Module]) -> list[Tensor]:
    """The weights and buffers of some modules, each once."""
    every = [t for m in modules for t in (*m._parameters.values(), *m._buffers.values())]
    return list({id(t): t for t in every if t is not None}.values())


def remembered(tensor: Tensor) -> tuple[Tensor, Tensor, Tensor | None, bool]:
    """A tensor with copies of its values and of its gradient."""
    gradient = None if tensor.grad is None else tensor.grad.clone()
    return tensor, tensor.detach().clone(), gradient, tensor.requires_grad


@contextlib.contextmanager
def untouched_randomness() -> Iterator[None]:
    """The global random numbers of torch, NumPy and Python go on as if none had been drawn."""
    numpy, plain = np.random.get_state(), random.getstate()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            np.random.set_state(numpy)
            random.setstate(plain)
