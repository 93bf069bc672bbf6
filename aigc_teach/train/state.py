"""What decides how a training goes on: taken out of a run, compared with another, put back.

Everything is kept by name: a weight under its name in the model, the optimizer's averages of it
under the player's and the weight's. `check_state` compares names, shapes, types and values and
touches nothing; `restore` comes after it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ..core import AigcError, CheckpointError
from .callbacks import callback_states
from .config import TrainConfig
from .differences import data_fingerprint
from .optimizers import KEEPS
from .run import Run, read_randomness, set_randomness


def capture(run: Run, *, history: bool = True) -> tuple[dict[str, Tensor], dict]:
    """Everything that decides how `run` goes on, as live tensors (not copies) and plain values.

    Without `history` only what changes from step to step, for one and the same run.
    """
    batches = dict(batches_state(run.batches))
    parts = {
        "model": run.model.state_dict(),
        "optimizer": averages_of(run),
        "batches": {k: batches.pop(k) for k, v in list(batches.items()) if isinstance(v, Tensor)},
        "history": run.history.state_dict() if history else {},
        "random": {"generator": run.generator.get_state()},
        "random_global": read_randomness(run.machine.device) if run.running else run.random,
        "callback": callback_states(run.callbacks),
    }
    tensors = {f"{part}/{k}": v for part, state in parts.items() for k, v in state.items()}
    facts = {"step": run.step, "seconds": run.seconds, "batches": batches}
    if history:
        facts |= facts_of_the_training(run)
    return tensors, facts


def facts_of_the_training(run: Run) -> dict:
    """Plain values that stay the same over a training, and the names of its series."""
    return {
        "config": run.config.to_dict(),
        "data": data_fingerprint(run.batches),
        "series": run.history.names,
        "trained": {player: names_of(run.model, w) for player, w in run.weights.items()},
        "optimizer": optimizers_in_words(run.config),
        "device": run.machine.device.type,
        "precision": run.machine.precision,
        "training": run.training,
    }


def names_of(model: nn.Module, weights: Iterable[nn.Parameter]) -> list[str]:
    """The names that `weights` have in their model."""
    names = {weight: name for name, weight in model.named_parameters()}
    return [names[weight] for weight in weights]


def averages_of(run: Run) -> dict[str, Tensor]:
    """The optimizers' averages under ``"<player>/<weight>/<average>"``."""
    return {
        f"{player}/{name}/{average}": value
        for player, optimizer in run.optimizers.items()
        for name, weight in zip(
            names_of(run.model, run.weights[player]), run.weights[player], strict=True
        )
        for average, value in optimizer.state.get(weight, {}).items()
    }


def part_of(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    """Those tensors whose name begins with `part`, under the rest of their name.

    >>> list(part_of({"model/weight": torch.ones(1), "batches/order": torch.ones(1)}, "model"))
    ['weight']
    """
    return {k.removeprefix(part + "/"): v for k, v in tensors.items() if k.startswith(part + "/")}


def averages_by_weight(tensors: dict[str, Tensor], player: str) -> dict[str, dict[str, Tensor]]:
    """What a checkpoint holds of a player's optimizer: for each weight its averages."""
    found: dict[str, dict[str, Tensor]] = {}
    for key, value in part_of(tensors, f"optimizer/{player}").items():
        name, _, average = key.rpartition("/")
        found.setdefault(name, {})[average] = value
    return found


def batches_of(tensors: dict[str, Tensor], facts: dict) -> dict:
    """The state of the batches, its plain values and its tensors together."""
    return {**facts["batches"], **part_of(tensors, "batches")}


# --- comparing: nothing is touched


def check_state(run: Run, tensors: dict[str, Tensor], facts: dict) -> TrainConfig:
    """Raise a sentence unless `restore` can put all of this into `run`; return its config then."""
    check_same_model(run.model, part_of(tensors, "model"))
    then = check_config(facts)
    weights = dict(run.model.named_parameters())
    for player in {*facts["trained"], *run.weights}:
        names = facts["trained"].get(player, [])
        for name, averages in averages_by_weight(tensors, player).items():
            if name not in names or name not in weights:
                raise forged(f"it has averages of {name!r:.80}, which {player!r:.40} never trained")
            check_averages(name, averages, weights[name], then.optimizer_of(player))
    check_history(part_of(tensors, "history"), facts)
    check_randomness(run, tensors, facts)
    return then


def check_config(facts: dict) -> TrainConfig:
    """The settings that a checkpoint names, or a sentence on what is wrong with them."""
    try:
        config = TrainConfig(**facts["config"])
        for player in facts["trained"]:
            config.optimizer_of(player)
    except (AigcError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise forged(f"its settings are none that this version knows ({error})") from error
    if facts["optimizer"].lower() != optimizers_in_words(config).lower():
        raise forged(f"it names the optimizer {facts['optimizer']!r:.40}, and its settings do not")
    return config


def optimizers_in_words(config: TrainConfig) -> str:
    """The optimizers of a training in one text, for a checkpoint's head.

    >>> optimizers_in_words(TrainConfig(steps=1, optimizer={"critic": "sgd", "generator": "adam"}))
    'critic: sgd, generator: adam'
    """
    if isinstance(config.optimizer, str):
        return config.optimizer
    return ", ".join(f"{player}: {kind}" for player, kind in sorted(config.optimizer.items()))


def check_same_model(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Raise a sentence unless `weights` have names, shapes and types of the model's own."""

    def described(state: dict[str, Tensor]) -> dict[str, str]:
        return {k: f"{list(v.shape)} {str(v.dtype)[6:]}" for k, v in state.items()}

    mine, theirs = described(model.state_dict()), described(weights)
    for name in sorted(set(mine) | set(theirs)):
        if mine.get(name) != theirs.get(name):
            raise CheckpointError(
                f"The checkpoint belongs to another model: {name} is {theirs.get(name)} there "
                f"and {mine.get(name)} in your {type(model).__name__}. Build the model with the "
                "same sizes as then."
            )
    for name, weight in weights.items():
        if weight.is_floating_point() and not weight.isfinite().all():
            raise forged(f"{name} holds numbers that are NaN or infinite")


def check_averages(name: str, averages: dict[str, Tensor], weight: Tensor, kind: str) -> None:
    """Raise a sentence unless `averages` are what this kind of optimizer keeps for this weight."""
    if set(averages) != KEEPS[kind]:
        raise forged(
            f"for {name} it holds {sorted(averages)!r:.80} where {kind} keeps {sorted(KEEPS[kind])}"
        )
    step = averages["step"]
    counted = step.shape == () and step.dtype == torch.float32 and step.isfinite() and step >= 1
    if not counted or step != step.floor():
        raise forged(f"the optimizer's count of steps for {name} is no whole number from 1 on")
    for average in sorted(KEEPS[kind] - {"step"}):
        value = averages[average]
        if value.shape != weight.shape or value.dtype != weight.dtype:
            raise forged(
                f"the optimizer's {average} of {name} is {list(value.shape)} {value.dtype}, the "
                f"weight {list(weight.shape)} {weight.dtype}"
            )
        if not value.isfinite().all() or ("sq" in average and (value < 0).any()):
            raise forged(
                f"the optimizer's {average} of {name} holds numbers that no training gives"
            )


def check_history(history: dict[str, Tensor], facts: dict) -> None:
    """Raise a sentence unless every series has one value for each of its steps."""
    if set(history) != {f"{n}/{kind}" for n in facts["series"] for kind in ("steps", "values")}:
        raise forged("its history does not have the series that it names")
    for name in facts["series"]:
        steps, values = history[f"{name}/steps"], history[f"{name}/values"]
        good = (
            (steps.dtype, values.dtype) == (torch.int64, torch.float32)
            and steps.ndim == 1
            and steps.shape == values.shape
            and bool((steps.diff() > 0).all())
            and (not len(steps) or (steps[0] >= 1 and steps[-1] <= facts["step"]))
        )
        if not good:
            raise forged(f"the series {name!r:.60} of its history is no series of steps and values")


def check_randomness(run: Run, tensors: dict[str, Tensor], facts: dict) -> None:
    """Raise a sentence unless the states of the random number generators can be set here."""
    if facts["device"] != run.machine.device.type:
        return  # they are not taken over
    kinds = read_randomness(run.machine.device)
    if set(part_of(tensors, "random_global")) != set(kinds):
        raise forged("its random_global is not that of one device")
    trials = {f"random_global/{kind}": torch.Generator(kind) for kind in kinds}
    trials["random/generator"] = torch.Generator(run.machine.device)
    for name, generator in trials.items():
        try:
            generator.set_state(tensors[name])
        except (KeyError, TypeError, RuntimeError):
            raise forged(f"its {name} is no state of a random number generator") from None


def forged(what: str) -> CheckpointError:
    """The sentence for a file that is whole, but that no training wrote."""
    return CheckpointError(
        f"The checkpoint is damaged or forged: {what}. Use an earlier copy, or train anew."
    )


# --- putting back


def restore(run: Run, tensors: dict[str, Tensor], facts: dict) -> None:
    """Put a run where `capture` saw it, all but its batches, history and callbacks."""
    run.model.load_state_dict(part_of(tensors, "model"))
    for player, optimizer in run.optimizers.items():
        found = averages_by_weight(tensors, player)
        for name, weight in zip(
            names_of(run.model, run.weights[player]), run.weights[player], strict=True
        ):
            if name in found:
                optimizer.state[weight] = {k: like(weight, v) for k, v in found[name].items()}
            else:
                optimizer.state.pop(weight, None)
    if facts.get("device", run.machine.device.type) == run.machine.device.type:
        run.generator.set_state(tensors["random/generator"].cpu())
        run.random = part_of(tensors, "random_global")
        if run.running:
            set_randomness(run.random)
    run.step, run._seconds = facts["step"], facts["seconds"]


def like(weight: Tensor, value: Tensor) -> Tensor:
    """A copy of an average on the weight's device, laid out in memory as the weight is."""
    if value.shape == weight.shape:  # fused Adam walks through memory, strides must agree
        return torch.empty_like(weight, dtype=value.dtype).copy_(value)
    return value.to(weight.device, copy=True)


# --- batches


def batches_state(batches: object) -> dict:
    """Where the batches stand, or nothing for an iterator that cannot tell."""
    return batches.state_dict() if hasattr(batches, "state_dict") else {}


def set_batches(batches: object, state: dict) -> None:
    """Put the batches where they stood, or refuse and change nothing; warn where that cannot be."""
    if not state or not hasattr(batches, "load_state_dict"):
        warnings.warn(
            "These batches cannot say or take up where they stood, so the training goes on with "
            "whatever they give next. data.Batches resumes exactly.",
            stacklevel=6,
        )
        return
    try:
        batches.load_state_dict(state)
    except AigcError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise CheckpointError(
            f"These batches cannot take up where those of the checkpoint stood ({error})."
        ) from error
