"""How a translation is looked for: greedy and beam search, as pure functions.

Both know no model. They are given the first state and a function that reads one token:

    follow(tokens [N], state) -> (logits [N, V], state)

A state is a tuple of tensors whose first axis is N, so that its rows can be taken and repeated.
`tokens` is None at the beginning. What stands after the `end` token is filled with `pad`.

Legend: N sources, K the beam's width, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..core import check_count, check_number
from .sampling import draw

State = tuple[Tensor, ...]
Follow = Callable[[Tensor | None, State], tuple[Tensor, State]]


def greedy(
    follow: Follow,
    state: State,
    *,
    length: int,
    end: int = 1,
    pad: int = 0,
    rule: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Tensor:
    """The likeliest token at each step, until all have ended.

    Parameters
    ----------
    follow : callable
        See above.
    state : tuple of Tensor
        Where the N sources begin.
    length : int
        T: no translation is longer.
    end, pad : int
        The token that ends a translation, and what fills the rest.
    rule : callable, optional
        Changes the logits before the choice: (logits ``[N, V]``, tokens so far ``[N, t]``) ->
        logits ``[N, V]``; minus infinity forbids a token.

    Returns
    -------
    Tensor
        int64 ``[N, T]``.

    Examples
    --------
    Two states that count down to the token 1:

    >>> def follow(tokens, state):
    ...     left = (state[0] - 1).clamp_min(0)
    ...     return torch.nn.functional.one_hot(left, 5).float(), (left,)
    >>> greedy(follow, (torch.tensor([5, 3]),), length=5)
    tensor([[4, 3, 2, 1, 0],
            [2, 1, 0, 0, 0]])
    """
    check_count("length", length)
    n = len(state[0])
    made = torch.full((n, length), pad, dtype=torch.int64, device=state[0].device)
    open_ = torch.ones(n, dtype=torch.bool, device=made.device)
    token = None
    for t in range(length):
        logits, state = follow(token, state)  # [N, V]
        if rule is not None:
            logits = rule(logits, made[:, :t])
        token = logits.argmax(dim=1)  # [N]
        made[:, t] = token.masked_fill(~open_, pad)
        open_ = open_ & (token != end)
        if not open_.any():
            break
    return made


def drawn(
    follow: Follow,
    state: State,
    *,
    length: int,
    end: int = 1,
    pad: int = 0,
    generator: torch.Generator | None = None,
) -> Iterator[Tensor]:
    """Yield the texts after each step, every token drawn from its probabilities: ``[N, T]``.

    Parameters
    ----------
    follow, state, length, end, pad
        As for `greedy`; all `length` steps are taken.
    generator : torch.Generator, optional

    Examples
    --------
    >>> def follow(tokens, state):
    ...     left = (state[0] - 1).clamp_min(0)
    ...     return 99 * torch.nn.functional.one_hot(left, 5).float(), (left,)
    >>> [*drawn(follow, (torch.tensor([3]),), length=3)]
    [tensor([[2, 0, 0]]), tensor([[2, 1, 0]]), tensor([[2, 1, 0]])]
    """
    n, device = len(state[0]), state[0].device
    made = torch.full((n, length), pad, dtype=torch.int64, device=device)
    open_, token = torch.ones(n, dtype=torch.bool, device=device), None
    for t in range(length):
        with torch.no_grad():
            logits, state = follow(token, state)
            token = draw(logits, generator=generator)  # [N]
        made = made.clone()
        made[:, t] = token.masked_fill(~open_, pad)
        open_ = open_ & (token != end)
        yield made


def beam(
    follow: Follow,
    state: State,
    *,
    length: int,
    width: int = 4,
    penalty: float = 0.0,
    end: int = 1,
    pad: int = 0,
) -> Tensor:
    """The best of the K translations that stay alive: their log p over their length to a power.

    At each step every kept beginning is continued by every token, and the K likeliest are kept;
    one that has ended stays as it is. Width 1 is `greedy`.

    Parameters
    ----------
    follow, state, length, end, pad
        As for `greedy`.
    width : int
        K.
    penalty : float
        0 compares log p itself, which favours short translations; 1 its mean a token. The score
        is log p / length^penalty (a simpler form of Wu et al. 2016, equation 14).

    Returns
    -------
    Tensor
        int64 ``[N, T]``.

    Examples
    --------
    The likeliest first token leads astray: 0.6 x 0.5 is less than 0.4 x 1.

    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.5, 0, 0.5], [0, 1, 0, 0]])
    >>> def follow(tokens, state):
    ...     rows = torch.zeros_like(state[0]) if tokens is None else tokens
    ...     return table[rows].log(), state
    >>> start = (torch.zeros(1, dtype=torch.int64),)
    >>> greedy(follow, start, length=3), beam(follow, start, length=3, width=2)
    (tensor([[2, 1, 0]]), tensor([[3, 1, 0]]))
    """
    check_count("length", length)
    check_count("width", width)
    check_number("penalty", penalty)
    n, device = len(state[0]), state[0].device
    state = tuple(part.repeat_interleave(width, dim=0) for part in state)  # [N K, ...]
    made = torch.full((n, width, length), pad, dtype=torch.int64, device=device)
    score = torch.full((n, width), -torch.inf, device=device)
    score[:, 0] = 0.0  # all K begin alike: only one of them counts
    size = torch.zeros(n, width, device=device)  # tokens of each
    open_ = torch.ones(n, width, dtype=torch.bool, device=device)
    token, first = None, torch.arange(n, device=device)[:, None] * width  # [N, 1]
    for t in range(length):
        logits, state = follow(token, state)
        nats = logits.float().log_softmax(dim=1).view(n, width, -1)  # [N, K, V]
        still = torch.full_like(nats, -torch.inf)
        still[:, :, pad] = 0.0  # an ended one goes on with nothing, for nothing
        total = score[:, :, None] + torch.where(open_[:, :, None], nats, still)
        longer = size + open_  # [N, K]
        ranked = (total / longer.clamp_min(1)[:, :, None] ** penalty).flatten(1)
        best = ranked.topk(width, dim=1).indices  # [N, K]
        row, token = best // nats.shape[2], best % nats.shape[2]  # [N, K] each
        made = made.gather(1, row[:, :, None].expand_as(made))
        made[:, :, t] = token
        score = total.flatten(1).gather(1, best)
        size = longer.gather(1, row)
        open_ = open_.gather(1, row) & (token != end)
        state = tuple(part[(first + row).flatten()] for part in state)
        token = token.flatten()
        if not open_.any():
            break
    final = (score / size.clamp_min(1) ** penalty).argmax(dim=1)  # [N]
    return made[torch.arange(n, device=device), final]


def requiring(
    wanted: Tensor, governed: Tensor, *, length: int, end: int = 1
) -> Callable[[Tensor, Tensor], Tensor]:
    """A rule for `greedy`: some tokens are written exactly as often as wanted.

    A governed token cannot come more often; the end cannot come before all have; and where the
    room runs out, nothing else can.

    Parameters
    ----------
    wanted : Tensor
        int64 ``[N, V]``: how often each token is to be written, of the governed ones.
    governed : Tensor
        bool ``[V]``: which tokens the rule is about; not `end`.
    length : int
        The same as that of the search.
    end : int

    Returns
    -------
    callable
        (logits ``[N, V]``, tokens so far ``[N, t]``) -> logits ``[N, V]``.

    Examples
    --------
    >>> rule = requiring(torch.tensor([[0, 0, 1]]), torch.tensor([False, False, True]), length=3)
    >>> rule(torch.zeros(1, 3), torch.tensor([[0]]))  # the room runs out
    tensor([[-inf, -inf, 0.]])
    >>> rule(torch.zeros(1, 3), torch.tensor([[2]]))
    tensor([[0., 0., -inf]])
    """
    check_count("length", length)

    def rule(logits: Tensor, made: Tensor) -> Tensor:
        written = torch.zeros_like(wanted).scatter_add(1, made, torch.ones_like(made))  # [N, V]
        left = (wanted - written).clamp_min(0) * governed  # [N, V]
        owed = left.sum(1, keepdim=True)  # [N, 1]
        forbidden = governed & (left == 0)  # [N, V]
        forbidden[:, end] |= owed[:, 0] > 0
        full = (owed > 0) & (owed >= length - 1 - made.shape[1])  # the end needs a place, too
        return logits.masked_fill(forbidden | (full & (left == 0)), -torch.inf)

    return rule
