"""CodePainter: pick a code, paint it into a grid of codes, see at once what the decoder draws.

The decoder runs in the page, so the painter is alive in the static book.
"""

from __future__ import annotations

import torch
import traitlets
from torch import Tensor, nn

from ..core.errors import DtypeError, RangeError, ShapeError, check_choice, check_count
from .base import PageWidget, page_script
from .explorer import check_output
from .export import export_network

MOST_CODES = 256

CSS = """
.aigc-painter .aigc-pair { gap: 1.25rem 2.5rem; }
.aigc-painter .aigc-pair canvas { margin: 0 auto; }
.aigc-painter figcaption { max-width: 18rem; min-height: 2.7em; }
.aigc-painter-palette {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(2.3rem, 1fr));
  gap: 0.25rem;
  margin-top: 0.5rem;
}
.aigc .aigc-painter-code { padding: 0.15rem; min-width: 0; }
.aigc .aigc-painter-code canvas { width: 28px; }
.aigc .aigc-painter-code[aria-pressed="true"] {
  background: var(--aigc-accent);
  border-color: var(--aigc-accent);
}
"""


class CodePainter(PageWidget):
    """A grid of codes to paint in, the decoded picture, and the codes to paint with.

    Each button of the palette shows what its code draws alone, in the middle of a grid of the
    first code of `order`.

    Parameters
    ----------
    decoder : nn.Sequential
        ``[N, D H W]``, a grid of vectors with its D channels first -> images ``[N, 1 or 3, h,
        w]``; at most 1 MB as float16. ``VQVAE.codec.decoder`` is one.
    codebook : Tensor
        ``[K, D]``, K at most 256.
    codes : Tensor
        int64 ``[H, W]``: the grid to begin with.
    order : sequence of int, optional
        The codes of the palette, the paper first; 0 to K - 1 if left out.
    output : {"image", "logits"}
        What the decoder returns: images in [-1, 1], or logits of a pixel being on.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run the decoder or a setting is impossible.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(3 * 4, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    >>> CodePainter(net, torch.randn(5, 3), torch.zeros(2, 2).long()).codes
    [0, 0, 0, 0]
    """

    _esm = page_script("core", "controls", "network", "painter")
    _css = PageWidget._css + CSS

    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # float16
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [C, h, w]
    output = traitlets.Unicode("image").tag(sync=True)
    codebook = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    grid = traitlets.List(traitlets.Int()).tag(sync=True)  # [H, W]
    order = traitlets.List(traitlets.Int()).tag(sync=True)
    start = traitlets.List(traitlets.Int()).tag(sync=True)  # where "back" returns to
    # what the learner changes
    codes = traitlets.List(traitlets.Int()).tag(sync=True)  # row by row
    brush = traitlets.Int(0).tag(sync=True)  # the code to paint with
    at = traitlets.Int(0).tag(sync=True)  # the place of the keyboard

    def __init__(
        self,
        decoder: nn.Sequential,
        codebook: Tensor,
        codes: Tensor,
        *,
        order: list[int] | None = None,
        output: str = "image",
        title: str = "Paint with codes",
        alt: str | None = None,
    ):
        check_choice("output", output, ("image", "logits"))
        if not isinstance(codebook, Tensor) or codebook.ndim != 2:
            raise ShapeError("The codebook must be a tensor [K, D].")
        many, size = codebook.shape
        check_count("the number of codes", many, at_most=MOST_CODES)
        if not torch.isfinite(codebook).all():
            raise RangeError("The codebook holds numbers that are NaN or infinite.")
        if not isinstance(codes, Tensor) or codes.dtype != torch.int64:
            raise DtypeError("The grid must be an int64 tensor [H, W] of codes.")
        if codes.ndim != 2 or not codes.numel():
            raise ShapeError(f"The grid must be [H, W]; yours is {[*codes.shape]}.")
        if codes.min() < 0 or codes.max() >= many:
            raise RangeError(f"Codes must lie in 0..{many - 1}.")
        order = list(range(many)) if order is None else [int(k) for k in order]
        if not order or len(set(order)) < len(order) or not all(0 <= k < many for k in order):
            raise RangeError(f"order must name different codes in 0..{many - 1}, at least one.")
        inputs = size * codes.numel()
        page = export_network(decoder, inputs)
        book = codebook.detach().float().cpu()
        vectors = book[codes.cpu()].movedim(-1, 0).flatten()  # [D H W]
        check_output(decoder, vectors[None], output, name="decoder")
        super().__init__(
            layers=page.layers,
            weights=page.weights,
            image_shape=list(page.image),
            output=output,
            codebook=book.tolist(),
            grid=list(codes.shape),
            order=order,
            start=codes.flatten().tolist(),
            codes=codes.flatten().tolist(),
            brush=order[min(1, len(order) - 1)],
            title=title,
            alt=alt or _describe(codes, many, page.image),
        )


def _describe(codes: Tensor, many: int, image: tuple[int, ...]) -> str:
    h, w = codes.shape
    return (
        f"A grid of {h} x {w} places, each with one of {many} codes, beside the {image[1]} x "
        f"{image[2]} image that the decoder draws from it. A palette shows what each code draws "
        "alone; a click on a place paints it with the code chosen."
    )
