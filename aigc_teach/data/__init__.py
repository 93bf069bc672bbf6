"""Data: real digits that come with the package, toy sets, MNIST on request, batches."""

from .batches import Batches
from .digits import ImageSet, digits, verify
from .mnist import mnist
from .toy import MODE_STD, toy1d, toy1d_centres, toy1d_names, toy2d, toy2d_centres, toy2d_names

__all__ = [
    "MODE_STD",
    "Batches",
    "ImageSet",
    "digits",
    "mnist",
    "toy1d",
    "toy1d_centres",
    "toy1d_names",
    "toy2d",
    "toy2d_centres",
    "toy2d_names",
    "verify",
]
