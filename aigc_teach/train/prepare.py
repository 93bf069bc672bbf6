"""Before the first step: everything on its device, Adam for each player, a resume in place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import nn

from ..core import (
    AigcError,
    DtypeError,
    GenerativeModel,
    Machine,
    RangeError,
    choose_machine,
    make_generator,
)
from ..core.device import has_fused_adam
from .callbacks import callback_states
from .checkpoint import part_of, read_checkpoint, restore, set_batches
from .config import TrainConfig
from .run import Run


def prepare(
    model: GenerativeModel,
    batches: Iterator,
    config: TrainConfig,
    resume: Run | str | os.PathLike | None,
    machine: Machine | None,
) -> Run:
    """A run that is ready for its next step: a new one, or one that goes on."""
    check_arguments(model, batches, config, resume)
    turns = config.turns_of(model.players)
    if isinstance(resume, Run):
        run = go_on(resume, model, batches, config, machine)
    else:
        machine = machine_for(model, config, machine)
        move(model, machine)
        batches = move_batches(batches, machine)
        run = Run(model, batches, config, machine, make_generator(config.seed, machine.device))
    run.turns = turns
    for player in dict.fromkeys(player for player, _ in turns):
        if player not in run.optimizers:
            run.weights[player] = trainable(model, player)
            run.optimizers[player] = make_adam(run.weights[player], config, machine or run.machine)
    if resume is not None and resume is not run:
        tensors, facts = read_checkpoint(resume)
        restore(run, tensors, facts)
        run.history.load_state_dict(part_of(tensors, "history"), facts["series"])
        run.callback_states = part_of(tensors, "callback")
    if run.step > config.steps:
        raise RangeError(
            f"The training to resume has {run.step} steps already, and steps={config.steps} is "
            f"less. `steps` counts the whole training: ask for more than {run.step}."
        )
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
            f"{type(batches).__name__}. Around a list or a DataLoader put itertools.cycle(...)."
        )
    if not isinstance(resume, (Run, str, os.PathLike, type(None))):
        raise DtypeError(
            "resume must be a Run, as fit returns it, or the path of a checkpoint; "
            f"you gave a {type(resume).__name__}."
        )


def go_on(
    run: Run,
    model: GenerativeModel,
    batches: Iterator,
    config: TrainConfig,
    machine: Machine | None,
) -> Run:
    """Make a run that was interrupted ready to go on."""
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
    state = run.batches_state
    run.config, run.machine, run.batches = config, machine, move_batches(batches, machine)
    if state:
        set_batches(run.batches, state)
    for optimizer in run.optimizers.values():
        optimizer.param_groups[0]["betas"] = config.betas
    run.history.truncate(run.step)  # a NaN guard may have gone back some steps
    run.callback_states = callback_states(run.callbacks)
    return run


def machine_for(model: nn.Module, config: TrainConfig, machine: Machine | None) -> Machine:
    """The machine to use: the given or the best one, in the precision the config asks for."""
    if machine is None:
        machine = choose_machine(precision=config.precision)
    elif config.precision not in ("auto", machine.precision):
        bf16 = config.precision == "bfloat16"
        machine = replace(machine, precision=config.precision, channels_last=bf16)
    has_images = any(weight.ndim == 4 for weight in model.parameters())
    return replace(machine, channels_last=machine.channels_last and has_images)


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


def make_adam(
    weights: list[nn.Parameter], config: TrainConfig, machine: Machine
) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba 2015) over one player's weights, fused into one kernel if it can be."""
    fused = has_fused_adam(machine.device)
    return torch.optim.Adam(weights, lr=1.0, betas=config.betas, fused=fused)  # fit sets the rate
