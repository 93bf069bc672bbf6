"""Before the first step: everything on its device, an optimizer each player, a resume in place.

First everything is compared, and then it is changed: where `fit` refuses, model, batches, run and
files are what they were.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from ..core import (
    AigcError,
    DtypeError,
    GenerativeModel,
    Machine,
    RangeError,
    choose_machine,
    make_generator,
)
from .callbacks import callback_states, check_callbacks
from .checkpoint_file import read_checkpoint
from .config import TrainConfig
from .differences import (
    data_fingerprint,
    differences,
    differences_of_callbacks,
    differences_of_data,
    differences_of_machine,
    differences_of_weights,
    say_differences,
)
from .guard import NaNGuard
from .optimizers import check_same_averages, make_optimizer
from .run import Run
from .state import (
    batches_of,
    batches_state,
    check_state,
    names_of,
    part_of,
    restore,
    set_batches,
)


def prepare(
    model: GenerativeModel,
    batches: Iterator,
    config: TrainConfig,
    callbacks: Sequence,
    resume: Run | str | os.PathLike | None,
    machine: Machine | None,
) -> Run:
    """A run that is ready for its next step: a new one, or one that goes on."""
    check_arguments(model, batches, config, resume)
    callbacks = in_order(callbacks)
    turns = config.turns_of(model.players)
    moving = list(dict.fromkeys(player for player, _ in turns))
    weights = {player: trainable(model, player) for player in moving}
    if isinstance(resume, Run):
        run = resume
        go_on(run, model, batches, config, callbacks, weights, machine)
    else:
        machine = machine_for(model, config, machine)
        run = Run(model, batches, config, machine, make_generator(config.seed, machine.device))
        run.weights = weights
        if resume is None:
            check_callbacks(run, callbacks, {})
            get_ready(run)
        else:
            go_on_from_file(run, callbacks, resume)
    run.turns, run.callbacks = turns, callbacks
    return run


def check_arguments(model: object, batches: object, config: object, resume: object) -> None:
    """Raise a sentence if the arguments of `fit` are not what they should be."""
    if not isinstance(model, GenerativeModel):
        raise DtypeError(f"model must be a GenerativeModel; you gave a {type(model).__name__}.")
    if not isinstance(config, TrainConfig):
        raise DtypeError(
            f"config must be a TrainConfig, such as TrainConfig(steps=1000); "
            f"you gave a {type(config).__name__}."
        )
    if not hasattr(batches, "__next__"):
        raise DtypeError(
            "batches must be an endless iterator, such as data.Batches(x); you gave a "
            f"{type(batches).__name__}. Around a list or a DataLoader put data.Epochs(...)."
        )
    if not isinstance(resume, (Run, str, os.PathLike, type(None))):
        raise DtypeError(
            "resume must be a Run, as fit returns it, or the path of a checkpoint; "
            f"you gave a {type(resume).__name__}."
        )


def in_order(callbacks: Sequence) -> list:
    """The callbacks in the order of their calls, a NaN guard among them; or a sentence."""
    if not isinstance(callbacks, (list, tuple)):
        raise DtypeError(
            f"callbacks must be a list, such as [train.Progress()]; you gave {callbacks!r}."
        )
    for callback in callbacks:
        methods = ("on_start", "on_step", "on_end")
        if isinstance(callback, type) or not all(hasattr(callback, m) for m in methods):
            raise DtypeError(
                f"A callback is an object with the methods {', '.join(methods)}; {callback!r} "
                "is not. Write train.Progress(), with the brackets."
            )
    guarded = any(isinstance(callback, NaNGuard) for callback in callbacks)
    together = [*callbacks] if guarded else [*callbacks, NaNGuard()]
    return sorted(together, key=lambda callback: getattr(callback, "order", 0))


def get_ready(run: Run) -> None:
    """Put model and batches on the run's machine, and make an optimizer for each player."""
    move(run.model, run.machine)
    run.batches = move_batches(run.batches, run.machine)
    run.optimizers = {
        player: make_optimizer(own, run.config, player, run.machine.device)
        for player, own in run.weights.items()
    }


def go_on_from_file(run: Run, callbacks: list, path: str | os.PathLike) -> None:
    """Put a new run where a checkpoint's stood, if it can be; else nothing is changed."""
    tensors, facts = read_checkpoint(path)
    check_steps(facts["step"], run.config)
    then = check_state(run, tensors, facts)
    check_same_averages(then, run.config, [p for p in run.weights if p in facts["trained"]])
    states = part_of(tensors, "callback")
    words = [
        *differences(then, run.config),
        *differences_of_machine(facts["device"], facts["precision"], run.machine),
        *differences_of_data(facts["data"], data_fingerprint(run.batches)),
        *differences_of_weights(facts["trained"], trained_names(run.model, run.weights)),
        *differences_of_callbacks(states, callbacks),
        *put_batches(run, batches_of(tensors, facts), callbacks, states),
    ]
    get_ready(run)
    restore(run, tensors, facts)
    run.history.load_state_dict(part_of(tensors, "history"), facts["series"])
    run.callback_states, run.training = states, facts["training"]
    say_differences(words)


def go_on(
    run: Run,
    model: GenerativeModel,
    batches: Iterator,
    config: TrainConfig,
    callbacks: list,
    weights: dict[str, list[nn.Parameter]],
    machine: Machine | None,
) -> None:
    """Make a run that was interrupted ready to go on, if it can be; else nothing is changed."""
    if model is not run.model:
        raise AigcError(
            "resume=run goes on with the model of that run, but you gave another one. "
            "Write fit(run.model, ...), or leave out resume to train anew."
        )
    machine = machine_for(model, config, machine or run.machine)
    if machine.device != run.machine.device:
        raise AigcError(
            f"The run lies on {run.machine.device} and cannot go on on {machine.device}. "
            "Write a checkpoint and resume from its path."
        )
    check_steps(run.step, config)
    check_same_averages(run.config, config, [p for p in weights if p in run.optimizers])
    states = callback_states(run.callbacks)
    then = {player: run.weights[player] for player in weights if player in run.weights}
    words = [
        *differences(run.config, config),
        *differences_of_machine(machine.device.type, run.machine.precision, machine),
        *differences_of_data(data_fingerprint(run.batches), data_fingerprint(batches)),
        *differences_of_weights(trained_names(model, then), trained_names(model, weights)),
        *differences_of_callbacks(states, callbacks),
    ]
    following = dataclasses.replace(run, batches=batches, config=config, machine=machine)
    words += put_batches(following, run.batches_state, callbacks, states)
    run.config, run.machine, run.batches = config, machine, move_batches(batches, machine)
    for player, own in weights.items():
        run.optimizers[player] = carry_on(run, player, own)
        run.weights[player] = own
    run.history.truncate(run.step)  # a NaN guard may have gone back some steps
    run.callback_states = states
    say_differences(words)


def trained_names(model: nn.Module, weights: dict[str, list[nn.Parameter]]) -> dict[str, list[str]]:
    """For each player the names of the weights that it trains."""
    return {player: names_of(model, own) for player, own in weights.items()}


def check_steps(done: int, config: TrainConfig) -> None:
    """Raise a sentence if a training that is to go on is past its end."""
    if done > config.steps:
        raise RangeError(
            f"The training to resume has {done} steps already, and steps={config.steps} is "
            f"less. `steps` counts the whole training: ask for more than {done}."
        )


def put_batches(run: Run, state: dict, callbacks: list, states: dict[str, Tensor]) -> list[str]:
    """Put the batches where they stood and let the callbacks look; refused by either, undo it.

    Returns in words what differs.
    """
    before = batches_state(run.batches)
    if state or run.step == 0:  # a run in memory whose batches have no state says so but once
        set_batches(run.batches, state)
    try:
        check_callbacks(run, callbacks, states)
    except BaseException:
        if state and before:
            run.batches.load_state_dict(before)
        raise
    old, new = state.get("seed"), before.get("seed")
    if None in (old, new) or old == new:
        return []
    return [f"the batches' seed was {old} and is {new}, which changes nothing: their order goes on"]


def carry_on(run: Run, player: str, weights: list[nn.Parameter]) -> torch.optim.Optimizer:
    """The player's optimizer; a new one, with the same averages, for other weights or settings."""
    old = run.optimizers.get(player)
    new = make_optimizer(weights, run.config, player, run.machine.device)
    if type(old) is type(new) and [*map(id, weights)] == [*map(id, run.weights[player])]:
        old.param_groups[0].update(new.defaults)
        return old
    if old is not None:
        new.state.update({w: old.state[w] for w in weights if w in old.state})
    return new


def machine_for(model: nn.Module, config: TrainConfig, machine: Machine | None) -> Machine:
    """The machine to use: the given or the best one, in the precision the config asks for."""
    if machine is None:
        matrix_bound = getattr(model, "matrix_bound", False)  # a bare module has no such word
        machine = choose_machine(precision=config.precision, matrix_bound=matrix_bound)
    elif config.precision not in ("auto", machine.precision):
        bf16 = config.precision == "bfloat16"
        machine = dataclasses.replace(machine, precision=config.precision, channels_last=bf16)
    has_images = any(weight.ndim == 4 for weight in model.parameters())
    return dataclasses.replace(machine, channels_last=machine.channels_last and has_images)


def move(model: nn.Module, machine: Machine) -> None:
    """Put the model on the machine's device, in its memory layout."""
    model.to(machine.device)
    if machine.channels_last:
        model.to(memory_format=torch.channels_last)


def move_batches(batches: Iterator, machine: Machine) -> Iterator:
    """Put batches that can be moved as a whole on the device, once."""
    if not hasattr(batches, "to"):
        return batches  # each batch is moved when it is drawn
    moved = batches.to(machine.device, channels_last=machine.channels_last)
    return batches if moved is None else moved


def trainable(model: GenerativeModel, player: str) -> list[nn.Parameter]:
    """The weights of a player that are not frozen."""
    weights = [w for w in model.player_parameters(player) if w.requires_grad]
    if not weights:
        raise AigcError(f"The player {player!r} has no weights that can be trained.")
    return weights
