"""The one training loop of the course, for every model; read `fit` and you have read it.

What changes from one training to another arrives from outside: the model brings its
players and their losses, `TrainConfig` the settings, callbacks all that is not learning.
"""

from __future__ import annotations

import numbers
import os
from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from ..core import AigcError, ChoiceError, DtypeError, GenerativeModel, Loss, Machine, ShapeError
from ..core.device import repeatable
from .callbacks import call_on_turn
from .config import TrainConfig
from .prepare import prepare
from .run import Run
from .under_way import under_way


def fit(
    model: GenerativeModel,
    batches: Iterator,
    config: TrainConfig,
    *,
    callbacks: Sequence = (),
    resume: Run | str | os.PathLike | None = None,
    machine: Machine | None = None,
) -> Run:
    """Train `model` on `batches`.

    In each step the players take their turns; a turn changes the weights of its player and
    no others. All turns of a step see the same batch, except that a player who moves again
    gets a new one. Stopping the kernel (Ctrl-C) ends the training after the step under way;
    stopping it twice ends it at once. Training is repeatable: it draws from generators
    seeded with ``config.seed`` and leaves torch's global one as it was.

    Parameters
    ----------
    model : GenerativeModel
        Moved to the machine's device; in eval mode afterwards.
    batches : iterator of Tensor or Labelled
        Endless, such as ``data.Batches(x)``.
    config : TrainConfig
    callbacks : sequence of Callback
        Progress bar, snapshots, checkpoints and so on. A `NaNGuard` is added.
    resume : Run or path, optional
        Goes on with a run that was stopped or needs more steps, or with a checkpoint's, bit for
        bit as if it had never been interrupted. What differs from then is said in one warning:
        settings (the learning rate, say; another seed changes nothing, for the random numbers go
        on), data of the same form with other values, precision, another kind of device, weights
        that were frozen (the optimizer's averages of them are left out) or set free (they begin
        anew). Refused are another model, an optimizer with other averages, another number of
        items or batch size, fewer steps than are done, a damaged file. A resume that is refused
        changes nothing.
    machine : Machine, optional
        Default: the best one here.

    Returns
    -------
    Run
        With the history; its ``.stopped`` says why if the end was not reached.

    Raises
    ------
    TrainingDiverged
        If a loss became NaN; the last good weights are back in the model.
    AigcError
        One of its subclasses, for arguments that do not fit together.
    """
    run = prepare(model, batches, config, callbacks, resume, machine)
    with under_way(run), repeatable():  # train mode, seeds, stop button; eval mode afterwards
        while run.step < config.steps and not run.stopped:
            for player, draw in run.turns:
                optimizer, weights = run.optimizers[player], run.weights[player]
                optimizer.param_groups[0]["lr"] = config.learning_rate(player, step=run.step)
                if draw:
                    batch = run.next_batch()
                with run.machine.autocast():
                    loss = model.loss(batch, player, generator=run.generator)
                check_loss(loss, model, player)
                optimizer.zero_grad()
                loss.total.backward(inputs=weights)  # gradients of this player's weights only
                check_reached(weights, model, player)
                if config.clip_norm:
                    nn.utils.clip_grad_norm_(weights, config.clip_norm)
                optimizer.step()
                run.history.append(run.step + 1, loss, run.prefix(player))
                call_on_turn(run, player)
            run.step += 1
            for callback in run.callbacks:
                callback.on_step(run)
    return run


def check_loss(loss: object, model: GenerativeModel, player: str) -> None:
    """Raise a sentence unless `loss` is a Loss: one number with a gradient, and named numbers."""
    who = f"{type(model).__name__}.loss for player {player!r}"
    if not isinstance(loss, Loss):
        raise DtypeError(f"{who} gave a {type(loss).__name__}; it must give a Loss(total, parts).")
    total = loss.total
    if not isinstance(total, Tensor):
        raise DtypeError(
            f"{who} gave a total that is a {type(total).__name__}; it must be a tensor that is "
            "computed from the weights, without .item() or float()."
        )
    if total.ndim:
        raise ShapeError(
            f"{who} gave a total of shape {list(total.shape)}; it must be one number. "
            "Average or sum it."
        )
    if not total.requires_grad:
        raise AigcError(f"{who} does not depend on any weight, so there is nothing to learn from.")
    check_parts(loss.parts, who)


def check_parts(parts: object, who: str) -> None:
    """Raise a sentence unless `parts` are named numbers."""
    if not isinstance(parts, dict):
        raise DtypeError(
            f"{who} gave parts that are a {type(parts).__name__}; they must be a dict of named "
            'numbers, such as {"kl": kl.detach()}, or {}.'
        )
    for name, value in parts.items():
        if not isinstance(name, str) or name == "total":
            raise ChoiceError(f"{who} gave a part called {name!r}; choose a text, but not 'total'.")
        if isinstance(value, Tensor) and value.numel() == 1 and not value.is_complex():
            continue
        if isinstance(value, Tensor):
            raise ShapeError(
                f"{who} gave the part {name!r} as {value.dtype} of shape {list(value.shape)}; it "
                "must be one number. Average or sum it."
            )
        if not isinstance(value, numbers.Real):  # NumPy's numbers are among them
            raise DtypeError(
                f"{who} gave the part {name!r} as a {type(value).__name__}; it must be a number."
            )


def check_reached(weights: list[nn.Parameter], model: GenerativeModel, player: str) -> None:
    """Raise a sentence if the gradient reached none of the player's weights."""
    if all(weight.grad is None for weight in weights):
        raise AigcError(
            f"{type(model).__name__}.loss for player {player!r} does not depend on the weights of "
            f"{player!r}, so that player cannot learn. Is a detach() or no_grad() in the way?"
        )
