"""AttributeEditor: change what a decoder is told about a picture, and see what else moved.

Decoder and reader run in the page, so the editor is alive in the static book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import traitlets
from torch import Tensor, nn

from ..core.errors import AigcError, RangeError, ShapeError, check_choice
from .base import PageWidget, packed, page_script
from .explorer import check_output
from .export import export_network
from .export_reader import export_reader

FACES = 8

CSS = """
.aigc-editor .aigc-pair { gap: 1.25rem 2rem; align-items: start; }
.aigc-editor figcaption { max-width: 13rem; }
.aigc-editor-asks { display: grid; gap: 0.45rem; margin: 0.6rem 0; }
.aigc-editor-asks .aigc-slider-row { max-width: 26rem; }
.aigc-editor-asks .aigc-choices-name, .aigc-editor-asks .aigc-slider-name { min-width: 6rem; }
.aigc-editor-table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.aigc-editor-table th, .aigc-editor-table td { padding: 0.1rem 0.8rem 0.1rem 0; text-align: left; }
.aigc-editor-table thead th { font-weight: 550; }
.aigc-editor-table tbody th { font-weight: 400; }
.aigc-editor-table tr[data-state="moved"] { color: #b3460a; font-weight: 650; }
.aigc-editor-table tr[data-state="asked"] { font-weight: 650; }
.aigc-dark .aigc-editor-table tr[data-state="moved"] { color: #ff9d5c; }
"""


class AttributeEditor(PageWidget):
    """A picture before and after an edit, a control for each told attribute, and a table.

    Parameters
    ----------
    model : nn.Module
        With ``encode``, ``decoder`` and ``spread``, as `models.AttributeVAE`; the decoder holds
        at most 1 MB as float16.
    x : Tensor
        ``[K, C, H, W]`` in [-1, 1]: the pictures to edit, 1 to 8.
    table : Tensor
        ``[K, T]``: their told attributes, amounts first.
    told : sequence of str
        The T names.
    kinds : mapping of str
        All attributes that the reader reads, amounts first; one with ``names`` is a choice, any
        other an amount.
    reader : nn.Module
        With ``body`` and ``head``, as `metrics.AttributeReader`.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run a network or the parts do not fit.
    """

    _esm = page_script("core", "controls", "network", "attribute_editor")
    _css = PageWidget._css + CSS

    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # float16
    reader_layers = traitlets.List().tag(sync=True)
    reader_weights = traitlets.Bytes(b"").tag(sync=True)
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [C, H, W]
    pictures = traitlets.Bytes(b"").tag(sync=True)  # uint8 [K, H, W, C], deflated
    codes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    tables = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    told = traitlets.List(traitlets.Dict()).tag(sync=True)  # {"name", "names"}; [] is an amount
    read = traitlets.List(traitlets.Dict()).tag(sync=True)
    # what the learner changes
    face = traitlets.Int(0).tag(sync=True)
    values = traitlets.List(traitlets.Float()).tag(sync=True)
    carry = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        model: nn.Module,
        x: Tensor,
        table: Tensor,
        *,
        told: Sequence[str],
        kinds: Mapping[str, object],
        reader: nn.Module,
        title: str = "Edit an attribute",
        alt: str | None = None,
    ):
        for part in ("encode", "decoder", "spread"):
            if not hasattr(model, part):
                raise AigcError(f"The model has no `{part}`; give a models.AttributeVAE.")
        for name in told:
            check_choice("told", name, list(kinds))
        if x.ndim != 4 or not 1 <= len(x) <= FACES or table.shape != (len(x), len(told)):
            raise ShapeError(
                f"Give 1 to {FACES} pictures [K, C, H, W] and a table [K, {len(told)}]; you gave "
                f"{list(x.shape)} and {list(table.shape)}."
            )
        asks = [_as_control(name, kinds[name]) for name in told]
        shows = [_as_control(name, kind) for name, kind in kinds.items()]
        was_training = model.training
        model.eval()
        with torch.no_grad():
            codes = model.encode(x)[0].cpu()
            spread = model.spread(table, len(x)).cpu()
        model.train(was_training)
        wanted = sum(len(ask["names"]) or 1 for ask in asks)
        if spread.shape[1] != wanted:
            raise ShapeError(
                f"The model is told {spread.shape[1]} numbers and `told` describes {wanted}."
            )
        page = export_network(model.decoder, codes.shape[1] + wanted)
        check_output(model.decoder, torch.cat([codes, spread], 1), "image", name="decoder")
        eyes = export_reader(reader, page.image)
        if eyes.outputs != sum(len(show["names"]) or 1 for show in shows):
            raise ShapeError(f"The reader says {eyes.outputs} numbers; `kinds` describe others.")
        if tuple(x.shape[1:]) != page.image or not bool(((x >= -1) & (x <= 1)).all()):
            raise RangeError(f"x must be pictures {list(page.image)} in [-1, 1].")
        grey = ((x.detach().cpu() + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1)
        super().__init__(
            layers=page.layers,
            weights=page.weights,
            reader_layers=eyes.layers,
            reader_weights=eyes.weights,
            image_shape=list(page.image),
            pictures=packed(np.ascontiguousarray(grey.numpy())),
            codes=codes.float().tolist(),
            tables=table.detach().cpu().float().tolist(),
            told=asks,
            read=shows,
            values=table[0].detach().cpu().float().tolist(),
            title=title,
            alt=alt or _describe(len(x), list(told)),
        )


def _as_control(name: str, kind: object) -> dict:
    return {"name": name, "names": list(getattr(kind, "names", []))}


def _describe(pictures: int, told: list[str]) -> str:
    return (
        f"An editor: {pictures} pictures to choose from, a control for each of "
        f"{', '.join(told).replace('_', ' ')}, the picture before and after, and a table of what "
        "a reader sees in both."
    )
