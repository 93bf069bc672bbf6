"""LatentExplorer: drag a point in the latent plane and see the decoded image at once.

The decoder itself runs in the page, so a drag costs a millisecond or two, not a round trip
to the kernel, and the explorer is alive in the static book.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import traitlets
from torch import Tensor, nn

from ..core import evaluating
from ..core.errors import DtypeError, RangeError, ShapeError, check_choice, check_count
from ..core.random import make_generator
from .base import PageWidget, packed, page_script
from .export import export_network

MOST_POINTS = 4_000


class LatentExplorer(PageWidget):
    """A plane to drag in, and beside it the image that the network makes of the point.

    The network's input is ``z = origin + x * axes[0] + y * axes[1]``, followed by a one-hot
    label where `n_classes` is not 0. With two latents the plane is the latent space itself;
    with more it is one plane through it, and a button draws another.

    Parameters
    ----------
    network : nn.Sequential
        ``[N, latent_size + n_classes]`` -> images ``[N, 1 or 3, H, W]``; at most 1 MB as
        float16. `vae.decoder` or `dcgan.generator`, for example.
    latent_size : int
        How many latents, labels not counted; at least 2.
    n_classes : int
        How many labels, at most 10; 0 for none.
    output : {"image", "logits"}
        What the network returns: images in [-1, 1], or logits of a pixel being on.
    points : Tensor, optional
        ``[M, 2]`` codes to draw in the plane; beyond 4,000 an even selection is shown.
    point_labels : Tensor, optional
        ``[M]`` whole numbers from 0 to 9, drawn as digits and as colours.
    origin : Tensor, optional
        ``[latent_size]``: the middle of the plane. Zero for two latents, else a typical
        draw of N(0, 1): the middle of a large Gaussian is a place where no sample ever lies.
    axes : Tensor, optional
        ``[2, latent_size]``: the plane's directions; orthonormal by default.
    reach : float
        The plane shows x and y in [-reach, reach].
    title, alt : str
        Heading, and what is shown in words.
    seed : int
        Draws the default origin and axes.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run the network.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(2, 784), nn.Unflatten(1, (1, 28, 28)))
    >>> explorer = LatentExplorer(net, latent_size=2, output="logits")
    >>> explorer.x, explorer.y, explorer.image_shape
    (0.0, 0.0, [1, 28, 28])
    """

    _esm = page_script("core", "network", "explorer")

    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # float16
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [C, H, W]
    output = traitlets.Unicode("image").tag(sync=True)
    n_classes = traitlets.Int(0).tag(sync=True)
    origin = traitlets.List(traitlets.Float()).tag(sync=True)
    axes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    reach = traitlets.Float(3.0).tag(sync=True)
    points = traitlets.Bytes(b"").tag(sync=True)  # float32 [M, 2]
    point_labels = traitlets.Bytes(b"").tag(sync=True)  # uint8 [M]
    # what the learner changes; written back when the pointer rests
    x = traitlets.Float(0.0).tag(sync=True)
    y = traitlets.Float(0.0).tag(sync=True)
    label = traitlets.Int(0).tag(sync=True)
    plane = traitlets.Int(0).tag(sync=True)  # 0 is the given plane, k the k-th drawn one
    z = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(
        self,
        network: nn.Sequential,
        *,
        latent_size: int,
        n_classes: int = 0,
        output: str = "image",
        points: Tensor | None = None,
        point_labels: Tensor | None = None,
        origin: Tensor | None = None,
        axes: Tensor | None = None,
        reach: float = 3.0,
        title: str = "Latent explorer",
        alt: str | None = None,
        seed: int = 0,
    ):
        check_count("latent_size", latent_size, at_least=2)
        if check_count("n_classes", n_classes, at_least=0) > 10:
            raise RangeError(f"n_classes={n_classes} is too large; there are keys for 10.")
        check_choice("output", output, ("image", "logits"))
        if not (math.isfinite(reach) and reach > 0):
            raise RangeError(f"reach={reach} must be a positive number.")
        page = export_network(network, latent_size + n_classes)
        tried = torch.randn(16, latent_size + n_classes, generator=make_generator(0))
        check_output(network, tried, output, name="network")
        origin, axes = choose_plane(latent_size, origin, axes, seed)
        point_bytes, label_bytes = _point_bytes(points, point_labels)
        super().__init__(
            layers=page.layers,
            weights=page.weights,
            image_shape=list(page.image),
            output=output,
            n_classes=n_classes,
            origin=origin.tolist(),
            axes=axes.tolist(),
            reach=float(reach),
            points=point_bytes,
            point_labels=label_bytes,
            z=origin.tolist(),
            title=title,
            alt=alt or _describe(latent_size, n_classes, page.image, reach),
        )


def choose_plane(
    latent_size: int, origin: Tensor | None, axes: Tensor | None, seed: int
) -> tuple[Tensor, Tensor]:
    """Check the given origin and axes, or choose them.

    Returns
    -------
    origin : Tensor
        ``[latent_size]``
    axes : Tensor
        ``[2, latent_size]``

    Examples
    --------
    >>> choose_plane(2, None, None, 0)[1].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    generator = make_generator(seed)
    if origin is None:
        flat = latent_size == 2 or axes is not None
        origin = torch.zeros(latent_size)
        if not flat:
            origin = torch.randn(latent_size, generator=generator)
    if axes is None:
        axes = torch.eye(2)
        if latent_size > 2:
            directions = torch.randn(latent_size, 2, generator=generator)
            axes = torch.linalg.qr(directions).Q.T  # [2, latent_size], orthonormal
    origin, axes = torch.as_tensor(origin).float().cpu(), torch.as_tensor(axes).float().cpu()
    if origin.shape != (latent_size,) or axes.shape != (2, latent_size):
        raise ShapeError(
            f"With latent_size={latent_size} the origin must be [{latent_size}] and the axes "
            f"[2, {latent_size}]; yours are {list(origin.shape)} and {list(axes.shape)}."
        )
    if not (torch.isfinite(origin).all() and torch.isfinite(axes).all()):
        raise RangeError("The origin and the axes must be finite numbers.")
    return origin.detach(), axes.detach()


def check_output(network: nn.Sequential, inputs: Tensor, output: str, *, name: str) -> None:
    """Catch the commonest mistake, logits shown as an image, and values that are not finite.

    Parameters
    ----------
    network : nn.Sequential
        Called `name` in the messages.
    inputs : Tensor
        What to try it with, ``[N, inputs]``; moved to its device and precision.
    output : {"image", "logits"}

    >>> check_output(nn.Sequential(nn.Linear(2, 4)), torch.zeros(1, 2), "logits", name="network")
    """
    weight = next(network.parameters())
    with evaluating(network), torch.no_grad():
        images = network(inputs.to(weight.device, weight.dtype))
    largest = images.abs().max().item()
    if not math.isfinite(largest):
        raise RangeError(f"The {name}'s images hold NaN or infinite values; train it again.")
    if output == "image" and largest > 3:
        raise RangeError(
            f"Images must lie in [-1, 1]; this {name}'s values reach {largest:.1f}, so they "
            "look like logits. Pass output='logits'."
        )


def _point_bytes(points: Tensor | None, labels: Tensor | None) -> tuple[bytes, bytes]:
    if points is None:
        if labels is not None:
            raise ShapeError("`point_labels` were given without `points`.")
        return b"", b""
    points = torch.as_tensor(points).detach().float().cpu()
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ShapeError(f"`points` must be [M, 2], M at least 1; yours are {list(points.shape)}.")
    if not torch.isfinite(points).all():
        raise RangeError("`points` hold values that are NaN or infinite; all must be finite.")
    every = math.ceil(len(points) / MOST_POINTS)
    point_bytes = packed(points[::every].numpy().astype(np.float32))
    if labels is None:
        return point_bytes, b""
    return point_bytes, packed(_check_labels(labels, len(points))[::every])


def _check_labels(labels: Tensor, count: int) -> np.ndarray:
    labels = torch.as_tensor(labels).detach().cpu()
    if labels.dtype.is_floating_point or labels.dtype == torch.bool:
        raise DtypeError(f"`point_labels` must be whole numbers; yours are {labels.dtype}.")
    if labels.shape != (count,):
        raise ShapeError(f"There are {count} points but labels of shape {list(labels.shape)}.")
    if labels.min() < 0 or labels.max() > 9:
        raise RangeError("`point_labels` must lie between 0 and 9.")
    return labels.numpy().astype(np.uint8)


def _describe(latent_size: int, n_classes: int, image: tuple[int, ...], reach: float) -> str:
    where = "the latent plane" if latent_size == 2 else f"a plane through {latent_size} latents"
    classes = f", for each of {n_classes} labels" if n_classes else ""
    return (
        f"An explorer of {where}, from {-reach:g} to {reach:g} on both axes: it shows the "
        f"{image[1]} x {image[2]} image decoded at a point that you move{classes}."
    )
