"""What everything else stands on: the contract, errors, device and randomness."""

from .clauses import check_contract
from .contract import GenerativeModel, Labelled, Loss, evaluating, refuse_condition
from .device import Machine, choose_machine
from .errors import (
    AigcError,
    CheckpointError,
    ChoiceError,
    DataError,
    DtypeError,
    FileWriteError,
    RangeError,
    ShapeError,
    TrainingDiverged,
    WeightsError,
    check_choice,
    check_count,
    check_images,
    check_number,
    check_seed,
    check_sizes,
    check_text,
    check_texts,
    check_values,
)
from .files import check_writable, locked, make_folder, remove_file, write_atomically
from .random import drawn_on, make_generator, seed_everything
from .sandbox import Outcome, run_python

__all__ = [
    "AigcError",
    "CheckpointError",
    "ChoiceError",
    "DataError",
    "DtypeError",
    "FileWriteError",
    "GenerativeModel",
    "Labelled",
    "Loss",
    "Machine",
    "Outcome",
    "RangeError",
    "ShapeError",
    "TrainingDiverged",
    "WeightsError",
    "check_choice",
    "check_contract",
    "check_count",
    "check_images",
    "check_number",
    "check_seed",
    "check_sizes",
    "check_text",
    "check_texts",
    "check_values",
    "check_writable",
    "choose_machine",
    "drawn_on",
    "evaluating",
    "locked",
    "make_folder",
    "make_generator",
    "refuse_condition",
    "run_python",
    "remove_file",
    "seed_everything",
    "write_atomically",
]
