"""Whether layers may compute by faster routes of their own, which round otherwise than torch's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ALLOWED = ContextVar("own_routes_allowed", default=True)


def own_routes_allowed() -> bool:
    """Whether a layer that has a faster route may take it.

    >>> own_routes_allowed()
    True
    """
    return _ALLOWED.get()


@contextmanager
def usual_routes() -> Iterator[None]:
    """Inside, layers go torch's own way, and round as torch's layers do.

    For a training that must be repeated bit for bit, whatever the faster routes become later.

    >>> with usual_routes():
    ...     own_routes_allowed()
    False
    """
    token = _ALLOWED.set(False)
    try:
        yield
    finally:
        _ALLOWED.reset(token)
