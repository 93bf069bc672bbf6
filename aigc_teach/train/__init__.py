"""Training: one loop for every model, its settings, and what may happen around its steps."""

from . import private
from .callbacks import Callback, ClipWeights, EarlyStop, Progress, Snapshots
from .checkpoint import Checkpoint, load_weights, write_checkpoint
from .checkpoint_file import read_checkpoint, read_header
from .config import TrainConfig
from .diagnose import SYMPTOMS, Diagnosis, diagnose
from .ema import EMA
from .fit import fit
from .guard import NaNGuard
from .history import History
from .run import Run
from .watch import Watch, watch

__all__ = [
    "EMA",
    "SYMPTOMS",
    "Callback",
    "Checkpoint",
    "ClipWeights",
    "Diagnosis",
    "EarlyStop",
    "History",
    "NaNGuard",
    "Progress",
    "Run",
    "Snapshots",
    "TrainConfig",
    "Watch",
    "diagnose",
    "fit",
    "load_weights",
    "private",
    "read_checkpoint",
    "read_header",
    "watch",
    "write_checkpoint",
]
