"""Building blocks with explicit sizes. Nets only: how they are trained is decided elsewhere."""

from .conv import downsample, upsample
from .gaussian import reparameterise, standard_normal
from .mlp import activation, mlp

__all__ = ["activation", "downsample", "mlp", "reparameterise", "standard_normal", "upsample"]
