"""StyleMixer: for each layer of a style-based generator, choose the face whose style it takes.

The generator runs in the page, so the mixer is alive in the static book.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor, nn

from ..core.errors import RangeError, ShapeError, check_count
from .base import PageWidget, page_script
from .export_style import export_style_generator

FACES = 8

CSS = """
.aigc-style-mixer .aigc-pair { gap: 1.25rem 2.5rem; align-items: start; }
.aigc-style-mixer figcaption { max-width: 17rem; min-height: 4em; }
.aigc-style-table { border-collapse: collapse; }
.aigc-style-table th, .aigc-style-table td { padding: 0.2rem; text-align: center; }
.aigc .aigc-style-face {
  display: grid;
  gap: 0.2rem;
  justify-items: center;
  padding: 0.25rem;
}
.aigc .aigc-style-face canvas { max-width: 12vw; }
.aigc .aigc-style-face[aria-pressed="true"] {
  background: var(--aigc-accent);
  border-color: var(--aigc-accent);
  color: #fff;
}
.aigc-style-table input { width: 1.2rem; height: 1.2rem; }
"""


class StyleMixer(PageWidget):
    """Faces side by side, and a table that says which of them steers which layer.

    Parameters
    ----------
    generator : nn.Module
        `models.StyleGAN(...).generator`; at most 1 MB as float16.
    styles : Tensor
        ``[K, S]``: the faces to begin with, 2 to 8.
    mean : Tensor
        ``[S]``: what truncation draws towards, `StyleGAN.mean_style`.
    picks : sequence of int, optional
        For each layer the face it begins with; the first half of the layers from the first
        face and the others from the second if left out.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run the generator or a setting is impossible.
    """

    _esm = page_script("core", "controls", "network", "style_mixer")
    _css = PageWidget._css + CSS

    plan = traitlets.Dict().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # float16
    styles = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    mean = traitlets.List(traitlets.Float()).tag(sync=True)
    start = traitlets.List(traitlets.Int()).tag(sync=True)  # where "back" returns to
    # what the learner changes
    picks = traitlets.List(traitlets.Int()).tag(sync=True)
    truncation = traitlets.Float(1.0).tag(sync=True)
    noise = traitlets.Bool(False).tag(sync=True)
    noise_seed = traitlets.Int(0).tag(sync=True)
    faces = traitlets.Int(0).tag(sync=True)  # 0: the given ones, k: the k-th drawn in the page

    def __init__(
        self,
        generator: nn.Module,
        styles: Tensor,
        *,
        mean: Tensor,
        picks: Sequence[int] | None = None,
        title: str = "Mix the styles",
        alt: str | None = None,
    ):
        page = export_style_generator(generator)
        layers, size = len(page.plan["layers"]), page.plan["mapping"][-1]["out"][0]
        if styles.ndim != 2 or styles.shape[1] != size or not 2 <= len(styles) <= FACES:
            raise ShapeError(
                f"styles must be [K, {size}] with 2 to {FACES} faces; you gave "
                f"{list(styles.shape)}."
            )
        if mean.shape != (size,):
            raise ShapeError(f"mean must be [{size}]; you gave {list(mean.shape)}.")
        if not (styles.isfinite().all() and mean.isfinite().all()):
            raise RangeError("styles or mean hold numbers that are NaN or infinite.")
        picks = _picks(picks, layers, len(styles))
        super().__init__(
            plan=page.plan,
            weights=page.weights,
            styles=styles.detach().cpu().float().tolist(),
            mean=mean.detach().cpu().float().tolist(),
            start=picks,
            picks=picks,
            title=title,
            alt=alt or _describe(len(styles), layers),
        )


def pick_styles(styles: Tensor, picks: Sequence[int]) -> Tensor:
    """The styles of all layers, ``[1, J, S]``, that `picks` chooses out of ``[K, S]``.

    >>> pick_styles(torch.tensor([[1.0], [2.0]]), [0, 1, 1])[0, :, 0].tolist()
    [1.0, 2.0, 2.0]
    """
    return styles[torch.tensor(list(picks))].unsqueeze(0)


def _picks(picks: Sequence[int] | None, layers: int, faces: int) -> list[int]:
    if picks is None:
        return [int(place >= (layers + 1) // 2) for place in range(layers)]
    picks = list(picks)
    if len(picks) != layers:
        raise ShapeError(f"picks must be {layers} numbers, one for each layer; you gave {picks}.")
    return [check_count("picks", pick, at_least=0, at_most=faces - 1) for pick in picks]


def _describe(faces: int, layers: int) -> str:
    return (
        f"A mixer of styles: {faces} drawn faces, a table with {layers} layers in which each "
        "layer takes the style of one face, and the face that comes of it."
    )
