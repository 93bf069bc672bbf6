"""Whatever is not such images, codes or histories is refused with a sentence."""

import numpy as np
import pytest
import torch

from aigc_teach import viz
from aigc_teach.core.errors import (
    AigcError,
    ChoiceError,
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
)

from .test_figures import CODES, LABELS, Series, images

BYTES = (torch.rand(2, 1, 4, 4) * 255).round()
CASES = {
    "no tensor": (DtypeError, lambda: viz.image_grid([1, 2])),
    "bytes": (DtypeError, lambda: viz.image_grid(BYTES.byte())),
    "0 to 255": (RangeError, lambda: viz.image_grid(BYTES)),
    "nan": (RangeError, lambda: viz.image_grid(images() * torch.nan)),
    "nan, clipped": (RangeError, lambda: viz.image_grid(images() * torch.nan, clip=True)),
    "one image": (ShapeError, lambda: viz.image_grid(images()[0])),
    "two channels": (ShapeError, lambda: viz.image_grid(images(2, 2))),
    "channels last": (ShapeError, lambda: viz.image_grid(torch.zeros(2, 8, 8, 3))),
    "no image": (DataError, lambda: viz.image_grid(images()[:0])),
    "too many": (DataError, lambda: viz.image_grid(torch.zeros(1001, 1, 1, 1))),
    "columns 0": (RangeError, lambda: viz.image_grid(images(), columns=0)),
    "columns 1.5": (DtypeError, lambda: viz.image_grid(images(), columns=1.5)),
    "few labels": (ShapeError, lambda: viz.image_grid(images(), labels=[1])),
    "no alt": (DtypeError, lambda: viz.image_grid(images(), alt=7)),
    "unequal rows": (ShapeError, lambda: viz.before_after(images(3), images(4))),
    "three names": (ShapeError, lambda: viz.before_after(images(), images(), names="abc")),
    "same names": (ShapeError, lambda: viz.before_after(images(), images(), names=("a", "a"))),
    "no rows": (DtypeError, lambda: viz.image_rows({})),
    "rows as list": (DtypeError, lambda: viz.image_rows([images()])),
    "row of text": (DtypeError, lambda: viz.image_rows({"a": "text"})),
    "no decoder": (DtypeError, lambda: viz.manifold(images())),
    "decoder's shape": (ShapeError, lambda: viz.manifold(lambda z: z)),
    "decoder's number": (ShapeError, lambda: viz.manifold(lambda z: images(3))),
    "decoder's range": (RangeError, lambda: viz.manifold(lambda z: images(225) * 9)),
    "n 1": (RangeError, lambda: viz.manifold(lambda z: z, n=1)),
    "n 100": (RangeError, lambda: viz.manifold(lambda z: z, n=100)),
    "reach 0": (RangeError, lambda: viz.manifold(lambda z: z, reach=0.0)),
    "three axes": (ShapeError, lambda: viz.manifold(lambda z: z, axes=torch.eye(3))),
    "origin": (ShapeError, lambda: viz.manifold(lambda z: z, origin=torch.zeros(5))),
    "no history": (DtypeError, lambda: viz.loss_curves([1, 2, 3])),
    "empty history": (DataError, lambda: viz.loss_curves(Series())),
    "no runs": (DataError, lambda: viz.loss_curves({})),
    "label without runs": (DataError, lambda: viz.loss_curves({"a": []})),
    "unknown series": (ChoiceError, lambda: viz.loss_curves(Series(kl=[1.0]), ["lk"])),
    "nothing in common": (
        ChoiceError,
        lambda: viz.loss_curves({"a": Series(kl=[1.0]), "b": Series(total=[1.0])}),
    ),
    "smooth 0": (RangeError, lambda: viz.loss_curves(Series(kl=[1.0]), smooth=0)),
    "codes of 3": (ShapeError, lambda: viz.latent_map(torch.zeros(4, 3), [1] * 4)),
    "codes as list": (DtypeError, lambda: viz.latent_map([[0, 0]], [1])),
    "no codes": (DataError, lambda: viz.latent_map(torch.zeros(0, 2), [])),
    "infinite codes": (RangeError, lambda: viz.latent_map(CODES / 0, LABELS)),
    "labels": (ShapeError, lambda: viz.latent_map(CODES, LABELS[:-1])),
    "50 classes": (DataError, lambda: viz.latent_map(CODES, range(50))),
    "bars of nothing": (DtypeError, lambda: viz.bars({})),
    "bars as list": (DtypeError, lambda: viz.bars([1, 2])),
    "bar of text": (DtypeError, lambda: viz.bars({"a": "much"})),
    "empty bar": (DataError, lambda: viz.bars({"a": []})),
    "nan bar": (RangeError, lambda: viz.bars({"a": [1, np.nan]})),
    "reference": (DtypeError, lambda: viz.bars({"a": 1}, reference=0.9)),
    "infinite line": (RangeError, lambda: viz.bars({"a": 1}, reference=("real", np.inf))),
    "samples in 2-D": (ShapeError, lambda: viz.histogram_with_curve(CODES)),
    "no samples": (DataError, lambda: viz.histogram_with_curve(torch.zeros(0))),
    "nan samples": (RangeError, lambda: viz.histogram_with_curve(torch.tensor([torch.nan]))),
    "list of samples": (DtypeError, lambda: viz.histogram_with_curve([1.0])),
    "no density": (DtypeError, lambda: viz.histogram_with_curve(CODES[:, 0], 3.0)),
    "density's shape": (ShapeError, lambda: viz.histogram_with_curve(CODES[:, 0], lambda x: x[:3])),
    "negative density": (RangeError, lambda: viz.histogram_with_curve(CODES[:, 0], lambda x: x)),
    "lines as list": (DtypeError, lambda: viz.lines([1, 2], [1, 2])),
    "no lines": (DtypeError, lambda: viz.lines([1, 2], {})),
    "empty panel": (DtypeError, lambda: viz.lines([1, 2], {"a": {}})),
    "lines and panels": (DtypeError, lambda: viz.lines([1, 2], {"a": [1, 2], "b": {"c": [1, 2]}})),
    "line of text": (DtypeError, lambda: viz.lines([1, 2], {"a": "much"})),
    "short line": (ShapeError, lambda: viz.lines([1, 2], {"a": [1, 2, 3]})),
    "line in 2-D": (ShapeError, lambda: viz.lines([1, 2], {"a": CODES})),
    "unknown log": (ChoiceError, lambda: viz.lines([1, 2], {"a": [1, 2]}, log="z")),
    "limits": (RangeError, lambda: viz.lines([1, 2], {"a": [1, 2]}, limits=(1, 0))),
    "points as list": (DtypeError, lambda: viz.scatter([CODES])),
    "points of 3": (ShapeError, lambda: viz.scatter({"a": torch.zeros(4, 3)})),
    "nan points": (RangeError, lambda: viz.scatter({"a": CODES * torch.nan})),
    "points of text": (DtypeError, lambda: viz.scatter({"a": "many"})),
    "few arrows": (ShapeError, lambda: viz.scatter({"a": CODES}, arrows=(CODES, CODES[:3]))),
    "no heat": (DtypeError, lambda: viz.heatmap({})),
    "heat of text": (DtypeError, lambda: viz.heatmap("much")),
    "heat in 1-D": (ShapeError, lambda: viz.heatmap([1.0, 2.0])),
    "nan heat": (RangeError, lambda: viz.heatmap([[torch.nan]])),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refused_with_a_sentence(case):
    kind, build = CASES[case]
    with pytest.raises(kind) as caught:
        build()
    assert isinstance(caught.value, AigcError)
    text = str(caught.value)
    assert text.endswith(".") and len(text.split()) > 5
