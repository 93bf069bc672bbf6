"""DiffusionSampler: points come out of noise in the page, step by step.

The net runs in the page, so the sampler is alive in the static book.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import traitlets
from torch import Tensor, nn

from ..core.errors import DataError, RangeError, ShapeError, check_choice, check_count, check_number
from .base import PageWidget, page_script
from .export_denoiser import export_denoiser

MOST_POINTS, MOST_STEPS, MOST_GUIDANCE = 500, 50, 8
SAMPLERS, TARGETS = ("ddpm", "ddim", "heun"), ("eps", "x0", "v")

CSS = """
.aigc-diffusion-sampler .aigc-pair { gap: 1.25rem 2.5rem; align-items: start; }
.aigc-sampler-key { margin: 0.4rem 0 0; text-align: center; white-space: pre-wrap; }
.aigc-diffusion-sampler .aigc-readout { min-width: 15rem; }
.aigc-diffusion-sampler .aigc-slider-value { min-width: 2.5em; }
"""


class DiffusionSampler(PageWidget):
    """A cloud of points between noise and data: choose steps, guidance, sampler and noise.

    As many points as there are data come out of the noise, as many of each label. Two numbers are
    read off at each step: the share of points whose nearest data point has the label that was asked
    for, and the spread within a label beside that of the data.

    Parameters
    ----------
    net : nn.Module
        A trained `nn.DenoisingMLP` of points in the plane, at most 150 kB as float16: of a
        `models.Diffusion` the part ``net``.
    abar : Tensor
        The schedule ``[T + 1]``, falling from 1: ``Diffusion.abar``.
    points : Tensor
        Data ``[N, 2]``, 2 to 500 of them, best within -3 and 3.
    labels : Tensor, optional
        int64 ``[N]``, each label of the net at least once; needed where the net has labels.
    names : sequence of str, optional
        The labels' names; their numbers if left out.
    target : {"eps", "x0", "v"}
        What the net answers.
    steps : int
        In all, 1 to 50.
    guidance : float
        0 to 8.
    sampler : {"ddpm", "ddim", "heun"}
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run the net or a setting is impossible.

    Examples
    --------
    >>> from aigc_teach.losses.diffusion import schedule
    >>> from aigc_teach.nn import DenoisingMLP
    >>> net = DenoisingMLP(width=8, depth=1)
    >>> DiffusionSampler(net, schedule("cosine", 100), points=torch.randn(9, 2), steps=5).at
    5
    """

    _esm = page_script("core", "controls", "network", "timed", "denoiser", "diffusion_sampler")
    _css = PageWidget._css + CSS

    plan = traitlets.Dict().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # float16
    abar = traitlets.Bytes(b"").tag(sync=True)  # float32
    points = traitlets.Bytes(b"").tag(sync=True)  # float32
    labels = traitlets.Bytes(b"").tag(sync=True)  # one byte each
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    target = traitlets.Unicode("v").tag(sync=True)
    first = traitlets.Dict().tag(sync=True)  # where "back" returns to
    # what the learner changes
    at = traitlets.Int(0).tag(sync=True)
    steps = traitlets.Int(12).tag(sync=True)
    guidance = traitlets.Float(1.0).tag(sync=True)
    sampler = traitlets.Unicode("ddpm").tag(sync=True)
    noise = traitlets.Int(0).tag(sync=True)
    guess = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        net: nn.Module,
        abar: Tensor,
        *,
        points: Tensor,
        labels: Tensor | None = None,
        names: Sequence[str] = (),
        target: str = "v",
        steps: int = 12,
        guidance: float = 1.0,
        sampler: str = "ddpm",
        title: str = "Out of the noise",
        alt: str | None = None,
    ):
        page = export_denoiser(net)
        classes = page.plan["classes"]
        check_choice("target", target, TARGETS)
        check_choice("sampler", sampler, SAMPLERS)
        if check_number("guidance", guidance) > MOST_GUIDANCE:
            raise RangeError(f"guidance={guidance} must lie from 0 to {MOST_GUIDANCE}.")
        if guidance != 1 and not classes:
            raise RangeError("guidance exaggerates a label, and this net was built without any.")
        names = list(names) or [str(k) for k in range(classes)]
        if len(names) != classes:
            raise DataError(f"The net knows {classes} labels; you gave {len(names)} names.")
        start = {
            "at": check_count("steps", steps, at_most=MOST_STEPS),
            "steps": steps,
            "guidance": float(guidance),
            "sampler": sampler,
            "noise": 0,
            "guess": False,
        }
        super().__init__(
            plan=page.plan,
            weights=page.weights,
            abar=_floats(_schedule(abar)),
            points=_floats(_points(points)),
            labels=_labels(labels, len(points), classes),
            names=names,
            target=target,
            first=start,
            title=title,
            alt=alt or _describe(len(points), names),
            **start,
        )


def _floats(values: Tensor) -> bytes:
    return values.detach().cpu().numpy().astype("<f4").tobytes()


def _schedule(abar: Tensor) -> Tensor:
    falls = abar.ndim == 1 and len(abar) > MOST_STEPS and bool((abar[1:] < abar[:-1]).all())
    if not falls or abar[0] != 1 or not abar[-1] > 0:
        raise ShapeError(
            f"abar must be [T + 1] with T at least {MOST_STEPS}, falling from 1 and above 0, as "
            f"losses.diffusion.schedule makes it; you gave {list(abar.shape)}."
        )
    return abar


def _points(points: Tensor) -> Tensor:
    if points.ndim != 2 or points.shape[1] != 2 or not 2 <= len(points) <= MOST_POINTS:
        raise ShapeError(
            f"points must be [N, 2] with 2 to {MOST_POINTS} of them; you gave {list(points.shape)}."
        )
    if not points.isfinite().all():
        raise RangeError("points hold numbers that are NaN or infinite.")
    return points


def _labels(labels: Tensor | None, n: int, classes: int) -> bytes:
    labels = torch.zeros(n, dtype=torch.int64) if labels is None else labels
    wanted = list(range(classes)) or [0]
    if labels.shape != (n,) or sorted(set(labels.tolist())) != wanted:
        raise DataError(
            f"labels must be [{n}] and hold each of {wanted} at least once; you gave "
            f"{list(labels.shape)} with {sorted(set(labels.tolist()))[:12]}."
        )
    return labels.numpy().astype(np.uint8).tobytes()


def _describe(n: int, names: Sequence[str]) -> str:
    asked = f", as many of each of: {', '.join(names)}" if names else ""
    return f"A cloud of {n} points that come out of noise, step by step{asked}, before the data."
