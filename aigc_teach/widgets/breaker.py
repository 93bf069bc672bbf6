"""MetricBreaker: spoil a set of samples in several ways, and see which measure notices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from ..core.errors import (
    ChoiceError,
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    check_values,
)
from ..viz.figure import SIZE, describe, new_figure, tidy, titled
from .base import PageWidget, packed, page_script

GREYS = 16  # shades that the pictures keep, so that noise stays small in a saved notebook
FAR = 1e6  # the farthest standing: where real digits all agree, any difference is this far
CSS = """
.aigc-breaker .aigc-faults {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 0.35rem 1.5rem;
}
.aigc-breaker .aigc-slider-name { min-width: 6.5em; }
.aigc-breaker .aigc-slider-value { min-width: 6.5em; }
.aigc-breaker figure { margin: 0.8rem 0; }
.aigc-breaker figcaption { margin: 0 0 0.2rem; text-align: left; }
.aigc.aigc-breaker table.aigc-bars {
  width: 100%; margin: 0; border: 0; border-collapse: collapse; table-layout: fixed;
  color: inherit; font: inherit; font-size: 0.875rem; font-variant-numeric: tabular-nums;
}
.aigc.aigc-breaker .aigc-bars tr, .aigc.aigc-breaker .aigc-bars th,
.aigc.aigc-breaker .aigc-bars td { background: none; border: 0; color: inherit; }
.aigc.aigc-breaker .aigc-bars th, .aigc.aigc-breaker .aigc-bars td {
  padding: 0.1rem 0.35rem 0.1rem 0; font-weight: 400; text-align: left; vertical-align: middle;
}
.aigc.aigc-breaker .aigc-bars td.aigc-right, .aigc.aigc-breaker .aigc-bars th.aigc-right {
  text-align: right;
}
.aigc.aigc-breaker .aigc-bars thead th { font-size: 0.8125rem; opacity: 0.8; }
.aigc-breaker .aigc-bars col.aigc-own { width: 4.4rem; }
.aigc-breaker .aigc-bars col.aigc-named { width: 8.6rem; }
.aigc-breaker .aigc-bars col.aigc-said { width: 5.2rem; }
.aigc-breaker .aigc-track {
  position: relative; display: block; height: 1rem; background: var(--aigc-wash);
}
.aigc-breaker .aigc-band {
  position: absolute; top: 0; bottom: 0; background: var(--aigc-hair);
}
.aigc-breaker .aigc-fill { position: absolute; top: 0.2rem; bottom: 0.2rem; }
.aigc-breaker .aigc-fill[data-says="same"] { background: currentColor; opacity: 0.55; }
.aigc-breaker .aigc-fill[data-says="worse"] { background: #d55e00; }
.aigc-breaker .aigc-fill[data-says="better"] { background: #56b4e9; }
.aigc-breaker .aigc-mark {
  position: absolute; top: 0; bottom: 0; width: 1px; background: var(--aigc-hair);
}
.aigc.aigc-breaker .aigc-bars th.aigc-centre { text-align: center; }
.aigc.aigc-breaker .aigc-bars td.aigc-right + td:not(.aigc-right) { padding: 0.1rem 0.7rem; }
.aigc-breaker .aigc-middle {
  position: absolute; top: 0; bottom: 0; left: 50%; width: 1px; background: currentColor;
}
.aigc-breaker .aigc-aim { margin: 0.7rem 0 0; min-height: 4.4em; }
.aigc-breaker .aigc-aim p { margin: 0 0 0.15rem; }
@media (max-width: 560px) {
  .aigc-breaker .aigc-bars col.aigc-named { width: 6.4rem; }
  .aigc-breaker .aigc-bars col.aigc-own { width: 3.4rem; }
  .aigc-breaker .aigc-bars col.aigc-said { width: 3.6rem; }
}
"""


class MetricBreaker(PageWidget):
    """One slider for each fault; the page looks up what each measure said.

    Nothing is measured in the page: the table holds every combination of levels, so that the
    instrument lives without a kernel.

    Parameters
    ----------
    table : array or Tensor
        ``[L_1, ..., L_F, M]``: M measures at every combination of the F faults' levels.
    strips : Tensor
        ``[L_1, ..., L_F, K, H, W]`` or ``[..., K, 1, H, W]``: K pictures of each combination,
        in [-1, 1]; kept in 16 shades.
    faults : dict of str to list
        The faults in the table's order, each with the words (or numbers) of its levels; the
        first level is "no fault".
    real : dict of str to float
        The measures in the table's order, with what real digits score.
    noise : dict of str to (float, float)
        For each measure the lowest and highest score of real digits against real digits. A
        change within this range is not noticed.
    better : dict of str to int, optional
        1 where higher is better, -1 where lower is better, 0 (the default) where any departure
        from the real digits' own is suspect.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the parts do not fit together.

    Examples
    --------
    >>> breaker = MetricBreaker(torch.tensor([[0.9], [0.1]]), torch.zeros(2, 4, 8, 8),
    ...     faults={"blur": [0, 3]}, real={"good": 0.9}, noise={"good": (0.8, 1.0)},
    ...     better={"good": 1})
    >>> breaker.verdicts([0]), breaker.verdicts([1])
    ({'good': 'same'}, {'good': 'worse'})
    """

    _esm = page_script("core", "controls", "breaker")
    _css = PageWidget._css + CSS

    faults = traitlets.List().tag(sync=True)  # [[name, [words of the levels]], ...]
    measures = traitlets.List().tag(sync=True)  # [{name, real, low, high, better}, ...]
    table = traitlets.Bytes(b"").tag(sync=True)  # float32, the last axis the measures
    strips = traitlets.Bytes(b"").tag(sync=True)  # uint8 [combinations, K, H, W]
    pictures = traitlets.List(traitlets.Int()).tag(sync=True)  # K, H, W
    levels = traitlets.List(traitlets.Int()).tag(sync=True)  # what the learner changes

    def __init__(
        self,
        table,
        strips: Tensor,
        *,
        faults: Mapping[str, Sequence],
        real: Mapping[str, float],
        noise: Mapping[str, tuple[float, float]],
        better: Mapping[str, int] | None = None,
        title: str = "Break the measures",
        alt: str | None = None,
    ):
        names = _check_faults(faults)
        measures = _check_measures(real, noise, better or {})
        sizes = [len(words) for _, words in names]
        self.values = _check_table(table, [*sizes, len(measures)])
        images = _check_strips(strips, sizes)
        shades = ((images + 1) * (GREYS - 1) / 2).round().clamp(0, GREYS - 1)
        super().__init__(
            faults=names,
            measures=measures,
            table=packed(self.values.numpy()),
            strips=packed((shades * (255 // (GREYS - 1))).byte().numpy()),
            pictures=list(images.shape[1:]),
            levels=[0] * len(sizes),
            title=title,
            alt=alt or _describe(names, measures),
        )

    @traitlets.validate("levels")
    def _known(self, proposal) -> list[int]:
        return _check_levels(proposal["value"], [len(words) for _, words in self.faults])

    def standings(self) -> Tensor:
        """How far every entry lies from the real digits' score: ``[L_1, ..., L_F, M]``.

        In units of the real digits' own range, see :func:`standing`; above 0 the measure says
        "worse than real", below 0 "better than real".
        """
        flat = self.values.reshape(-1, len(self.measures)).tolist()
        rows = [[standing(v, m) for v, m in zip(row, self.measures, strict=True)] for row in flat]
        return torch.tensor(rows).view(self.values.shape)

    def verdicts(self, levels: Sequence[int]) -> dict[str, str]:
        """What each measure says of one combination: ``"same"``, ``"worse"`` or ``"better"``.

        Parameters
        ----------
        levels : list of int
            One level for each fault, from 0.
        """
        where = _check_levels(levels, [len(words) for _, words in self.faults])
        values = self.values[tuple(where)].tolist()
        pairs = zip(values, self.measures, strict=True)
        return {measure["name"]: verdict(standing(v, measure)) for v, measure in pairs}

    def chart(self, places: Mapping[str, Sequence[int]], *, title: str | None = None) -> Figure:
        """What each measure says of some combinations: a row a measure, a column a combination.

        Parameters
        ----------
        places : dict of str to list of int
            A name for each combination, and its levels.
        title : str, optional

        Returns
        -------
        matplotlib.figure.Figure
            The words of :meth:`verdicts`; the deeper the colour, the farther from real digits.

        Examples
        --------
        >>> breaker = MetricBreaker(torch.tensor([[0.9], [0.1]]), torch.zeros(2, 4, 8, 8),
        ...     faults={"blur": [0, 3]}, real={"good": 0.9}, noise={"good": (0.8, 1.0)})
        >>> [text.get_text() for text in breaker.chart({"blurred": [1]}).axes[0].texts]
        ['worse']
        """
        if not isinstance(places, Mapping) or not places:
            raise DtypeError("places must be a dict such as {'blurred': [1, 0, 0, 0]}.")
        told = {str(name): self.verdicts(levels) for name, levels in places.items()}
        far = torch.stack([self.standings()[tuple(levels)] for levels in places.values()], 1)
        figure = new_figure(min(9.0, 1.6 + 1.4 * len(told)), 0.9 + 0.38 * len(far))
        axes = figure.subplots()
        tidy(axes, title)
        depth = (far.sign() * (1 + far.abs()).log10()).numpy()
        axes.imshow(depth, cmap="RdBu_r", vmin=-2.5, vmax=2.5, aspect="auto")
        axes.set_xticks(range(len(told)), told)
        axes.set_yticks(range(len(far)), [measure["name"] for measure in self.measures])
        for column, said in enumerate(told.values()):
            for row, word in enumerate(said.values()):
                ink = "white" if abs(far[row, column]) > 30 else "black"
                axes.text(column, row, word, ha="center", va="center", fontsize=SIZE, color=ink)
        words = "; ".join(
            f"{name}: " + ", ".join(f"{measure} {word}" for measure, word in said.items())
            for name, said in told.items()
        )
        return describe(figure, titled(title, f"What each measure says. {words}."))


def standing(value: float, measure: Mapping) -> float:
    """How far a score lies from the real digits' own, in units of their own range.

    Within -1 and 1 real digits score so too. Above 0 the measure says "worse".

    >>> measure = {"real": 5.0, "low": 4.0, "high": 7.0, "better": -1}
    >>> standing(9.0, measure), standing(3.0, measure)
    (2.0, -2.0)
    """
    gap = value - measure["real"]
    room = measure["high"] - measure["real"] if gap > 0 else measure["real"] - measure["low"]
    size = 0.0 if gap == 0 else min(FAR, abs(gap) / room if room > 0 else FAR)
    return -size if gap * measure["better"] > 0 else size


def verdict(where: float) -> str:
    """``"same"`` within the real digits' own range, else ``"worse"`` or ``"better"``.

    >>> [verdict(where) for where in (-3.0, 0.9, 1.5)]
    ['better', 'same', 'worse']
    """
    return "same" if abs(where) <= 1 else "worse" if where > 0 else "better"


def _check_faults(faults: Mapping[str, Sequence]) -> list:
    if not isinstance(faults, Mapping) or not faults:
        raise DtypeError("faults must be a dict such as {'blur': [0, 1, 2]}.")
    for name, words in faults.items():
        if isinstance(words, str) or not hasattr(words, "__len__") or len(words) < 2:
            raise DataError(f"The fault {name!r} needs at least two levels, the first without it.")
    return [[str(name), [_word(word) for word in words]] for name, words in faults.items()]


def _word(word) -> str:
    return f"{word:g}" if isinstance(word, int | float) else str(word)


def _check_measures(real: Mapping, noise: Mapping, better: Mapping) -> list[dict]:
    if not isinstance(real, Mapping) or not real:
        raise DtypeError("real must be a dict such as {'good': 0.98}.")
    for name in better:
        check_choice("better", name, real)
    measures = []
    for name, value in real.items():
        if name not in noise:
            raise ChoiceError(f"noise holds no range for {name!r}: give (lowest, highest).")
        low, high = (_finite(f"noise[{name!r}]", v) for v in noise[name])
        value, sign = _finite(f"real[{name!r}]", value), better.get(name, 0)
        if not low <= value <= high:
            raise RangeError(f"{name!r}: {value:g} lies outside its range {low:g} to {high:g}.")
        check_choice(f"better[{name!r}]", sign, (-1, 0, 1))
        own = {"name": str(name), "real": value, "low": low, "high": high, "better": sign}
        measures.append(own)
    return measures


def _finite(what: str, value) -> float:
    try:
        value = float(value)
    except (TypeError, ValueError):
        raise DtypeError(f"{what} must be a number.") from None
    if not math.isfinite(value):
        raise RangeError(f"{what} is {value}; it must be finite.")
    return value


def _check_table(table, shape: list[int]) -> Tensor:
    values = torch.as_tensor(np.asarray(table) if not isinstance(table, Tensor) else table)
    values = values.detach().float().cpu()
    if list(values.shape) != shape:
        raise ShapeError(
            f"The table must be {shape}, one axis a fault and the measures last; "
            f"yours is {list(values.shape)}."
        )
    if not values.isfinite().all():
        raise RangeError("The table holds values that are NaN or infinite.")
    return values


def _check_strips(strips: Tensor, sizes: list[int]) -> Tensor:
    """The pictures as ``[combinations, K, H, W]``."""
    if not isinstance(strips, Tensor) or not strips.is_floating_point():
        raise DtypeError("strips must be a floating-point torch.Tensor in [-1, 1].")
    if strips.ndim == len(sizes) + 4 and strips.shape[-3] == 1:
        strips = strips.squeeze(-3)
    if list(strips.shape[: len(sizes)]) != sizes or strips.ndim != len(sizes) + 3:
        raise ShapeError(f"strips must be {sizes} and then [K, H, W]; yours: {list(strips.shape)}.")
    check_count("K", strips.shape[len(sizes)])
    check_values("The strips", strips, low=-1, high=1)
    return strips.detach().float().cpu().flatten(0, len(sizes) - 1)


def _check_levels(levels: Sequence[int], sizes: list[int]) -> list[int]:
    if len(levels) != len(sizes):
        raise ShapeError(f"There are {len(sizes)} faults; you gave {len(levels)} levels.")
    for level, size in zip(levels, sizes, strict=True):
        if check_count("level", level, at_least=0) >= size:
            raise RangeError(f"level={level} is too large; the last level is {size - 1}.")
    return list(levels)


def _describe(faults: list, measures: list[dict]) -> str:
    words = "; ".join(f"{name}: {', '.join(levels)}" for name, levels in faults)
    return (
        f"Sliders for {len(faults)} faults ({words}), a strip of pictures spoilt by them, and "
        f"{len(measures)} measures as bars beside the real digits' own: "
        + ", ".join(measure["name"] for measure in measures)
        + "."
    )
