"""LabelMixer: the one-hot label of a conditional decoder taken apart into sliders.

The decoder runs in the page, so the mixer is alive in the static book.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor, nn

from ..core.errors import RangeError, ShapeError, check_choice, check_count
from ..core.random import make_generator
from .base import PageWidget, page_script
from .explorer import check_output, choose_plane
from .export import export_network

CSS = """
.aigc-mixer .aigc-pair { gap: 1.25rem 2.5rem; }
.aigc-mixer .aigc-pair canvas { margin: 0 auto; }
.aigc-mixer figcaption { max-width: 17rem; min-height: 2.7em; }
.aigc-mixer-head { margin: 0.7rem 0 0.4rem; }
.aigc-mixer-asks {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(3.3rem, 1fr));
  gap: 0.4rem;
}
.aigc .aigc-mixer-ask {
  display: grid;
  gap: 0.25rem;
  justify-items: center;
  min-width: 0;
  padding: 0.3rem;
}
.aigc .aigc-mixer-ask[aria-pressed="true"] {
  background: var(--aigc-accent);
  border-color: var(--aigc-accent);
  color: #fff;
  font-weight: 650;
}
.aigc-mixer-ask canvas { width: 42px; }
.aigc-mixer-sliders {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr));
  gap: 0 2rem;
  margin-top: 0.9rem;
}
.aigc-mixer .aigc-slider-name { min-width: 6.4em; }
.aigc-mixer .aigc-slider-value { min-width: 3.2em; }
"""


class LabelMixer(PageWidget):
    """Sliders for the parts of the label, a plane for the style, and the decoded image.

    The network's input is ``z = origin + x * axes[0] + y * axes[1]`` followed by the
    condition: the sliders' weights, divided by their sum or as they are. With all sliders at
    0 there is no sum to divide by; the decoder is then told equal parts. Ten small images,
    one for each pure label, keep the style and are the buttons "draw me a ...".

    Parameters
    ----------
    decoder : nn.Sequential
        ``[N, latent_size + n_classes]`` -> images ``[N, 1 or 3, H, W]``; dense is best, and at
        most 1 MB as float16.
    latent_size : int
        How many latents, labels not counted; at least 2.
    n_classes : int
        How many labels, 2 to 10.
    output : {"image", "logits"}
        What the decoder returns: images in [-1, 1], or logits of a pixel being on.
    names : sequence of str, optional
        The labels in words; "0", "1", ... if left out.
    mix : sequence of float, optional
        The weights to begin with, each in [0, 2]; the last label alone if left out.
    origin, axes : Tensor, optional
        ``[latent_size]`` and ``[2, latent_size]``: the plane of styles. Zero and the axes
        themselves for two latents, else a draw of N(0, 1) and two directions drawn.
    reach : float
        The plane shows x and y in [-reach, reach].
    title, alt : str
        Heading, and what is shown in words.
    seed : int
        Draws the default origin and axes.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run the decoder or a setting is impossible.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(2 + 3, 784), nn.Unflatten(1, (1, 28, 28)))
    >>> LabelMixer(net, latent_size=2, n_classes=3, mix=[1, 1, 0]).names
    ['0', '1', '2']
    """

    _esm = page_script("core", "controls", "network", "mixer")
    _css = PageWidget._css + CSS

    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # float16
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [C, H, W]
    output = traitlets.Unicode("image").tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    start = traitlets.List(traitlets.Float()).tag(sync=True)  # where "back" returns to
    origin = traitlets.List(traitlets.Float()).tag(sync=True)
    axes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    reach = traitlets.Float(2.5).tag(sync=True)
    # what the learner changes
    mix = traitlets.List(traitlets.Float()).tag(sync=True)
    normalise = traitlets.Bool(True).tag(sync=True)
    x = traitlets.Float(0.0).tag(sync=True)
    y = traitlets.Float(0.0).tag(sync=True)
    plane = traitlets.Int(0).tag(sync=True)  # 0 is the given plane, k the k-th drawn one
    z = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(
        self,
        decoder: nn.Sequential,
        *,
        latent_size: int,
        n_classes: int = 10,
        output: str = "image",
        names: Sequence[str] | None = None,
        mix: Sequence[float] | None = None,
        origin: Tensor | None = None,
        axes: Tensor | None = None,
        reach: float = 2.5,
        title: str = "Mix the label",
        alt: str | None = None,
        seed: int = 0,
    ):
        check_count("latent_size", latent_size, at_least=2)
        if check_count("n_classes", n_classes, at_least=2) > 10:
            raise RangeError(f"n_classes={n_classes} is too large; there are keys for 10.")
        check_choice("output", output, ("image", "logits"))
        if not (math.isfinite(reach) and reach > 0):
            raise RangeError(f"reach={reach} must be a positive number.")
        names = _names(names, n_classes)
        mix = _mix(mix, n_classes)
        page = export_network(decoder, latent_size + n_classes)
        z = torch.randn(n_classes, latent_size, generator=make_generator(0))
        labelled = torch.cat([z, torch.eye(n_classes)], dim=1)  # [n_classes, latents + n_classes]
        check_output(decoder, labelled, output, name="decoder")
        origin, axes = choose_plane(latent_size, origin, axes, seed)
        super().__init__(
            layers=page.layers,
            weights=page.weights,
            image_shape=list(page.image),
            output=output,
            names=names,
            start=mix,
            mix=mix,
            origin=origin.tolist(),
            axes=axes.tolist(),
            reach=float(reach),
            z=origin.tolist(),
            title=title,
            alt=alt or _describe(names, page.image),
        )


def condition_of(mix: Sequence[float] | Tensor, normalise: bool = True) -> Tensor:
    """What the decoder is told for the sliders' weights `mix` ``[K]``: float32 ``[K]``.

    >>> condition_of([1.0, 3.0]).tolist(), condition_of([0.0, 0.0]).tolist()
    ([0.25, 0.75], [0.5, 0.5])
    """
    mix = torch.as_tensor(mix, dtype=torch.float32)
    if not normalise:
        return mix.clone()
    total = mix.sum()
    return mix / total if total > 0 else torch.full_like(mix, 1 / len(mix))


def _names(names: Sequence[str] | None, n_classes: int) -> list[str]:
    names = [str(k) for k in range(n_classes)] if names is None else [str(name) for name in names]
    if len(names) != n_classes:
        raise ShapeError(f"There are {n_classes} classes but {len(names)} names: {names}.")
    return names


def _mix(mix: Sequence[float] | None, n_classes: int) -> list[float]:
    if mix is None:
        return [0.0] * (n_classes - 1) + [1.0]
    mix = [float(weight) for weight in mix]
    if len(mix) != n_classes or not all(0 <= weight <= 2 for weight in mix):
        raise RangeError(f"mix must be {n_classes} numbers in [0, 2], one a label; you gave {mix}.")
    return mix


def _describe(names: list[str], image: tuple[int, ...]) -> str:
    return (
        f"A mixer of {len(names)} labels ({', '.join(names)}): sliders weigh them, a plane holds "
        f"the style, and the {image[1]} x {image[2]} image decoded from both is shown."
    )
