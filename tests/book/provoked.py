"""Mistakes that people make, each in a line: what `book/symptoms.md` says of them is held by these.

The key begins the entry's title. What cannot be provoked on every machine stands in ELSEWHERE.
"""

from __future__ import annotations

import copy
import importlib
import io

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from aigc_teach.core import check_images

NAN = float("nan")


def in_place() -> None:
    """The critic's weights move between the generator's loss and its backward pass."""
    critic = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    optimiser = torch.optim.SGD(critic.parameters(), 0.1)
    fake = nn.Linear(2, 2)(torch.randn(4, 2))
    logits = critic(fake)
    logits.mean().backward(retain_graph=True)
    optimiser.step()
    (-logits.mean()).backward()


def shared_pass() -> None:
    """One pass through the generator serves both turns."""
    generator, critic = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    fake = generator(torch.randn(4, 2)).tanh()
    critic(fake).mean().backward()
    critic(fake).mean().backward()


def leaf() -> None:
    weight = torch.ones(2, requires_grad=True)
    weight -= 0.1


def load(stored: nn.Module, model: nn.Module) -> None:
    model.load_state_dict(stored.state_dict())


def load_object() -> None:
    file = io.BytesIO()
    torch.save(nn.Linear(1, 1), file)
    file.seek(0)
    torch.load(file)


def load_optimiser() -> None:
    small, large = nn.Linear(1, 1), nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    state = torch.optim.Adam(small.parameters()).state_dict()
    torch.optim.Adam(large.parameters()).load_state_dict(state)


class NoSuper(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(1, 1)


def png(size: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.effect_noise((size, size), 9).save(file, "png")
    return file.getvalue()


def open_image(data: bytes) -> None:
    from PIL import Image

    Image.open(io.BytesIO(data)).load()


def show(picture) -> None:
    from matplotlib.figure import Figure

    Figure().subplots().imshow(picture)


def unequal() -> list:
    return [torch.zeros(1, 28, 28), torch.zeros(1, 30, 28)]


def pairs() -> DataLoader:
    return DataLoader(TensorDataset(torch.zeros(4, 1), torch.zeros(4)), batch_size=2)


# fmt: off
PROVOKED = {
    # shapes
    "mat1 and mat2 shapes": lambda: nn.Linear(128, 10)(torch.zeros(64, 784)),
    "Given groups=1": lambda: nn.Conv2d(1, 16, 3)(torch.zeros(8, 3, 28, 28)),
    "Expected 3D": lambda: nn.Conv2d(1, 16, 3)(torch.zeros(8, 784)),
    "shape '": lambda: torch.zeros(40 * 784).view(64, 1, 28, 28),
    "view size is not": lambda: torch.zeros(4, 3, 2).transpose(1, 2).view(4, 6),
    "The size of tensor a": lambda: torch.zeros(8, 1, 28, 28) - torch.zeros(8, 1, 32, 32),
    "output with shape": lambda: torch.zeros(1, 28, 28).sub_(torch.zeros(3, 1, 1)),
    "Calculated padded": lambda: nn.Conv2d(1, 1, 4)(torch.zeros(1, 1, 2, 2)),
    "Sizes of tensors must": lambda: torch.cat([torch.zeros(1, 4, 7), torch.zeros(1, 4, 8)], 1),
    "stack expects": lambda: next(iter(DataLoader(unequal(), batch_size=2))),
    "Target size": lambda: F.binary_cross_entropy_with_logits(torch.zeros(8, 1), torch.zeros(8)),
    "Using a target size": lambda: F.mse_loss(torch.zeros(4, 1), torch.zeros(4)),
    "Expected input batch_size": lambda: F.cross_entropy(torch.zeros(6, 2), torch.zeros(4).long()),
    "Expected more than 1": lambda: nn.BatchNorm1d(4)(torch.zeros(1, 4)),
    "running_mean should": lambda: nn.BatchNorm2d(8)(torch.zeros(2, 4, 5, 5)),
    "Dimension out of range": lambda: torch.zeros(2, 2).sum(2),
    "unflatten:": lambda: torch.zeros(4, 100).unflatten(1, (1, 28, 28)),
    "Invalid shape": lambda: show(torch.zeros(1, 28, 28).numpy()),
    "iteration over a 0-d": lambda: list(torch.tensor(1.0)),
    "too many values": lambda: [0 for x, y in DataLoader(torch.zeros(4, 1), batch_size=3)],
    "linear(): argument": lambda: nn.Linear(1, 1)(next(iter(pairs()))),
    # gradients
    "one of the variables": in_place,
    "Trying to backward": shared_pass,
    "element 0 of tensors": lambda: torch.zeros(2).sum().backward(),
    "grad can be": lambda: torch.zeros(2, requires_grad=True).backward(),
    "a leaf Variable": leaf,
    "appears to not": lambda: torch.autograd.grad(
        torch.ones(1, requires_grad=True).sum(), torch.ones(1, requires_grad=True)),
    "Can't call numpy()": lambda: torch.zeros(2, requires_grad=True).numpy(),
    "invalid index": lambda: torch.tensor(1.0)[0],
    "'NoneType' object": lambda: torch.ones(1, requires_grad=True).grad.zero_(),
    "Only Tensors of floating": lambda: torch.zeros(2, dtype=torch.int64, requires_grad=True),
    "optimizer got an empty": lambda: torch.optim.Adam([]),
    "cannot assign module": NoSuper,
    "module '": lambda: np.float,
    "Only Tensors created": lambda: copy.deepcopy(torch.ones(2, requires_grad=True) * 2),
    # types, ranges, labels
    "mat1 and mat2 must": lambda: nn.Linear(2, 2)(torch.zeros(1, 2, dtype=torch.float64)),
    "Input type": lambda: nn.Conv2d(1, 1, 3)(torch.zeros(1, 1, 8, 8, dtype=torch.uint8)),
    "mean():": lambda: torch.zeros(3, dtype=torch.uint8).mean(),
    "result type Float": lambda: torch.zeros(2, dtype=torch.int64).add_(torch.ones(2)),
    "expected target dtype": lambda: F.cross_entropy(torch.zeros(4, 10), torch.zeros(4)),
    "Expected floating point": lambda: F.cross_entropy(torch.zeros(4, 2), torch.zeros(4, 2).long()),
    "Target …": lambda: F.cross_entropy(torch.zeros(1, 10), torch.tensor([10])),
    "index out of range": lambda: nn.Embedding(10, 2)(torch.tensor([10])),
    "Expected tensor for": lambda: nn.Embedding(10, 2)(torch.tensor([1.0])),
    "Class values": lambda: F.one_hot(torch.tensor([10]), 10),
    "all elements of input": lambda: F.binary_cross_entropy(torch.full((2,), 1.5), torch.zeros(2)),
    "probability tensor": lambda: torch.multinomial(torch.tensor([NAN, 1.0]), 1),
    "to satisfy": lambda: torch.distributions.Normal(torch.tensor([NAN]), 1.0, validate_args=True),
    "Boolean value": lambda: bool(torch.zeros(2) > 0),
    "a Tensor with": lambda: torch.zeros(2).item(),
    "tensors used as": lambda: torch.zeros(3)[torch.tensor([1.0])],
    "Images must lie": lambda: check_images(torch.full((1, 1, 2, 2), 255.0)),
    # files, devices, loaders
    "Error(s) in loading": lambda: load(nn.Linear(1, 1), nn.Sequential(nn.Linear(1, 1))),
    "size mismatch": lambda: load(nn.Linear(2, 1), nn.Linear(3, 1)),
    "Weights only": load_object,
    "loaded state dict": load_optimiser,
    "num_samples should": lambda: DataLoader([], shuffle=True),
    "cannot identify": lambda: open_image(b"<html>"),
    "image file is": lambda: open_image(png(64)[:2000]),
    "object has no attribute 'next'": lambda: iter(pairs()).next(),
    "At least one stride": lambda: torch.from_numpy(np.zeros((2, 2))[::-1]),
    # notebook
    "No module": lambda: importlib.import_module("not_installed"),
    "name '": lambda: train_dataset,  # noqa: F821  (this is the point)
}
# fmt: on
ELSEWHERE = {
    "Torch not compiled": "only where torch knows no CUDA",
    "Expected all tensors": "needs a second device",
    "CUDA out of memory": "needs CUDA",
    "CUDA error": "needs CUDA",
    "HTTP Error": "said by a server",
    "Couldn't find": "said by torchvision, which the course does not use",
    "An attempt has": "said by a process of its own, on systems that spawn",
    "Error displaying widget": "said by the browser",
    "The kernel appears": "said by JupyterLab",
}
