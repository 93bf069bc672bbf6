"""What everything else stands on: the contract, errors, device and randomness."""

from .contract import GenerativeModel, Labelled, Loss, refuse_condition
from .device import Machine, choose_machine
from .errors import (
    AigcError,
    CheckpointError,
    ChoiceError,
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    TrainingDiverged,
    WeightsError,
    check_choice,
    check_count,
    check_images,
    check_values,
)
from .random import drawn_on, make_generator, seed_everything

__all__ = [
    "AigcError",
    "CheckpointError",
    "ChoiceError",
    "DataError",
    "DtypeError",
    "GenerativeModel",
    "Labelled",
    "Loss",
    "Machine",
    "RangeError",
    "ShapeError",
    "TrainingDiverged",
    "WeightsError",
    "check_choice",
    "check_count",
    "check_images",
    "check_values",
    "choose_machine",
    "drawn_on",
    "make_generator",
    "refuse_condition",
    "seed_everything",
]
