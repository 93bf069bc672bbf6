"""PipelineBreaker: the seven stages of a generative pipeline, each of which can be broken."""

from __future__ import annotations

import numpy as np
import torch
import traitlets
from torch import Tensor

from ..core.errors import DataError, ShapeError, check_choice, check_count, check_images
from .base import PageWidget, packed, page_script

# stage -> (choice, words, what it does); the first choice of each stage is the whole one
STAGES: dict[str, list[tuple[str, str, str]]] = {
    "data": [
        ("all", "all ten digits", ""),
        ("no_sevens", "no sevens", "No model draws what its data lack: asked for a seven, it "
         "draws some other digit."),
        ("few", "three of each", "Three pictures a digit are too few to know what varies. The "
         "judge is content; the surprise at unseen digits shows the damage, most of all."),
        ("shuffled", "labels shuffled", "The pictures are right and the labels wrong, so every "
         "class learns the same blend of all digits."),
    ],
    "preprocess": [
        ("signed", "to [\u22121, 1]", ""),
        ("unit", "to [0, 1]", "Post-processing expects [\u22121, 1], so black comes out as middle "
         "grey: two stages disagree about a range, and nothing crashes."),
        ("flip", "upside down", "The model learns upside-down digits just as well: its surprise, "
         "measured on digits turned in the same way, does not change."),
    ],
    "model": [
        ("class", "one per class", ""),
        ("single", "one for all", "One Gaussian for all digits knows how pixels go together, but "
         "cannot be asked for a digit: its samples are blends of all ten."),
        ("pixelwise", "pixel by pixel", "Each pixel has the right mean and spread, and none "
         "knows its neighbours: snow in the shape of a digit."),
    ],
    "generate": [
        ("one", "temperature 1", ""),
        ("cold", "temperature 0", "No chance is left: the same mean picture three times. The "
         "judge likes each of them; the variety is 0."),
        ("hot", "temperature 2", "Twice the spread that the data have: strokes break, and most "
         "samples are too far from every real digit for the judge."),
    ],
    "post-process": [
        ("bytes", "scale, clip", ""),
        ("unscaled", "no scaling back", "Values from \u22121 to 1 become the bytes 0 and 1 of 255: "
         "black. This judge goes by distance, and takes black for a thin 1."),
        ("wrap", "no clipping", "A byte that passes 255 begins again at 0, and one below 0 ends "
         "at 255: white specks in the black, black ones in the ink."),
    ],
    "evaluate": [
        ("unseen", "strict, unseen", ""),
        ("seen", "on training data", "The surprise is now measured on digits that the model was "
         "fitted to. It falls, and not one sample has changed."),
        ("polite", "judge can't refuse", "A judge that must name some digit calls everything a "
         "digit: 30 of 30, whatever you break elsewhere."),
    ],
    "feedback": [
        ("none", "none", ""),
        ("own", "refit on its own", "Ten rounds, each fitted to 20 samples a class of the round "
         "before: what is rare is lost for good, and the variety falls."),
        ("best", "on its favourites", "Ten rounds, each fitted to the more typical half of its "
         "own samples: most of the variety goes, and the judge applauds."),
    ],
}  # fmt: skip

CSS = """
.aigc-pipeline .aigc-stages {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9.8rem, 1fr)); align-items: end;
  gap: 0.6rem 0.8rem; margin: 0 0 0.9rem; padding: 0; list-style: none;
}
.aigc-pipeline .aigc-stages li { margin: 0; min-width: 0; }
.aigc-pipeline .aigc-stages label { display: block; font-size: 0.875rem; }
.aigc-pipeline .aigc-stages select {
  width: 100%; padding: 0.25rem 0.4rem; font-size: 0.875rem; font-weight: 400;
}
.aigc-pipeline .aigc-stages [data-broken] { font-weight: 650; }
.aigc.aigc-pipeline .aigc-stages [data-broken] select { border: 2px solid #d55e00; }
.aigc-pipeline figure { margin-top: 0.6rem; }
.aigc-pipeline figcaption { margin: 0 0 0.2rem; text-align: left; }
.aigc-pipeline .aigc-why { margin: 0.6rem 0; padding: 0 0 0 1.1rem; min-height: 3.2em; }
.aigc-pipeline .aigc-why li { margin: 0 0 0.2rem; }
.aigc-pipeline .aigc-readout td { white-space: nowrap; }
"""


class PipelineBreaker(PageWidget):
    """A pipeline from data to feedback that runs in the page; break a stage, see the damage.

    The page holds `train_size` digits and `test_size` unseen ones as codes of their first
    principal components, fits class-wise Gaussians to them, draws, post-processes and judges:
    all of it is computed anew at each choice, without a kernel.

    Parameters
    ----------
    images, labels : Tensor
        Training digits ``[N, 1, 28, 28]`` in [-1, 1] and their classes ``[N]``, 0 to 9. The
        first `train_size` travel with the page.
    unseen, unseen_labels : Tensor
        Held-out digits, likewise; the first `test_size` travel with the page.
    components : int
        How many principal components.
    train_size, test_size : int
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, for digits that do not fit.

    Examples
    --------
    >>> x, labels = torch.rand(200, 1, 28, 28), torch.arange(200) % 10
    >>> breaker = PipelineBreaker(x, labels, x, labels, components=5)
    >>> breaker.choices["generate"]
    'one'
    """

    _esm = page_script("core", "controls", "gaussians", "pipework", "pipeline")
    _css = PageWidget._css + CSS

    stages = traitlets.Dict().tag(sync=True)
    basis = traitlets.Bytes(b"").tag(sync=True)  # int16 [1 + components, 784]: mean, directions
    codes = traitlets.Bytes(b"").tag(sync=True)  # int16 [train_size + test_size, components]
    labels = traitlets.Bytes(b"").tag(sync=True)  # uint8 [train_size + test_size]
    scales = traitlets.List(traitlets.Float()).tag(sync=True)  # what 1 means in basis, in codes
    sizes = traitlets.List(traitlets.Int()).tag(sync=True)  # components, train_size, test_size
    # what the learner changes
    choices = traitlets.Dict().tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        unseen: Tensor,
        unseen_labels: Tensor,
        *,
        components: int = 40,
        train_size: int = 1000,
        test_size: int = 100,
        title: str = "Break the pipeline",
        alt: str | None = None,
    ):
        counts = {"components": components, "train_size": train_size, "test_size": test_size}
        for name, count in counts.items():
            check_count(name, count, at_least=2)
        x, classes = _check_digits(images, labels, train_size)
        y, unseen_classes = _check_digits(unseen, unseen_labels, test_size)
        mean, directions = principal_components(x, components)
        codes = (torch.cat([x, y]) - mean) @ directions.T  # [M, components]
        basis, basis_scale = _quantise(torch.cat([mean[None], directions]))
        small, code_scale = _quantise(codes)
        super().__init__(
            stages=STAGES,
            basis=packed(basis),
            codes=packed(small),
            labels=packed(torch.cat([classes, unseen_classes]).numpy().astype(np.uint8)),
            scales=[basis_scale, code_scale],
            sizes=[components, len(x), len(y)],
            choices={stage: options[0][0] for stage, options in STAGES.items()},
            title=title,
            alt=alt or _describe(),
        )

    @traitlets.validate("choices")
    def _known(self, proposal) -> dict:
        given = proposal["value"]
        for stage, choice in given.items():
            check_choice("stage", stage, STAGES)
            check_choice(stage, choice, [option[0] for option in STAGES[stage]])
        return {stage: given.get(stage, options[0][0]) for stage, options in STAGES.items()}


def principal_components(x: Tensor, components: int) -> tuple[Tensor, Tensor]:
    """Mean and directions of largest variance.

    Parameters
    ----------
    x : Tensor
        ``[N, D]``.
    components : int
        At most N and D.

    Returns
    -------
    mean : Tensor
        ``[D]``.
    directions : Tensor
        ``[components, D]``, orthonormal rows, largest variance first.

    Examples
    --------
    >>> principal_components(torch.tensor([[0.0, 1.0], [0.0, 5.0]]), 1)[1].abs().tolist()
    [[0.0, 1.0]]
    """
    if components > min(x.shape):
        raise DataError(f"{len(x)} rows of {x.shape[1]} hold no {components} components.")
    mean = x.mean(0)
    directions = torch.linalg.eigh(torch.cov((x - mean).T, correction=0))[1].flip(1).T
    return mean, directions[:components]


def _check_digits(images: Tensor, labels: Tensor, most: int) -> tuple[Tensor, Tensor]:
    check_images(images, shape=(1, 28, 28))
    labels = torch.as_tensor(labels)
    if labels.shape != (len(images),):
        raise ShapeError(f"{len(images)} images need as many labels; yours: {list(labels.shape)}.")
    x, classes = images[:most].flatten(1).float().cpu(), labels[:most].cpu()
    counts = torch.bincount(classes.long(), minlength=10)
    if len(counts) != 10 or counts.min() < 4:
        raise DataError("Each of the digits 0 to 9 must appear at least 4 times.")
    return x, classes


def _quantise(values: Tensor) -> tuple[np.ndarray, float]:
    """Whole numbers of 16 bits, and what 1 of them means."""
    scale = values.abs().max().item() / 32767 or 1.0
    return (values / scale).round().numpy().astype(np.int16), scale


def _describe() -> str:
    return (
        "A pipeline of seven stages: " + ", ".join(STAGES) + ". Each has a choice of ways to "
        "break it; below, thirty generated digits and six measures, beside those of the whole "
        "pipeline."
    )
