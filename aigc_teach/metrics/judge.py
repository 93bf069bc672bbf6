"""The judge: a small classifier of digits that may also say "this is not a digit".

A classifier with ten classes has to name a digit whatever it sees, noise included, and it
does so with confidence. The eleventh class, :data:`REJECT`, gives it a way to decline.

Shapes: N images, 64 features, K classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aigc_teach.core import DtypeError, check_count, check_images

REJECT = 10
"""Index of the eleventh class, "not a digit"."""

IMAGE_SHAPE = (1, 28, 28)
FEATURES = 64


class Judge(nn.Module):
    """A convolutional classifier of 28x28 digits with a reject class.

    Parameters
    ----------
    classes : int
        11: ten digits and :data:`REJECT`. With 10 it is the plain classifier that the
        course compares it with.

    Examples
    --------
    >>> judge = Judge().eval()
    >>> judge(torch.zeros(2, 1, 28, 28)).shape, judge.features(torch.zeros(2, 1, 28, 28)).shape
    (torch.Size([2, 11]), torch.Size([2, 64]))
    """

    def __init__(self, classes: int = 11):
        super().__init__()
        self.classes = check_count("classes", classes, at_least=2)
        self.body = nn.Sequential(
            *_stage(1, 24, kernel=5),  # [N, 24, 14, 14]
            *_stage(24, 48),  # [N, 48, 7, 7]
            *_stage(48, 64),  # [N, 64, 4, 4]
            nn.Flatten(),  # [N, 1024]
            nn.Linear(64 * 4 * 4, FEATURES),
            nn.ReLU(),  # [N, 64]
        )
        self.head = nn.Linear(FEATURES, classes)

    def features(self, x: Tensor) -> Tensor:
        """What the last layer sees; the Frechet distance is measured here.

        Parameters
        ----------
        x : Tensor
            Images, float32 ``[N, 1, 28, 28]`` in [-1, 1].

        Returns
        -------
        Tensor
            ``[N, 64]``, not negative.
        """
        check_images(x, shape=IMAGE_SHAPE)
        return self.body(x)  # [N, 64]

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``[N, 11]`` of images ``[N, 1, 28, 28]`` in [-1, 1]."""
        return self.head(self.features(x))  # [N, K]


def _stage(inputs: int, outputs: int, *, kernel: int = 3) -> list[nn.Module]:
    """Convolution that halves height and width, normalisation, ReLU."""
    padding = kernel // 2
    conv = nn.Conv2d(inputs, outputs, kernel, stride=2, padding=padding, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]


def device_of(judge: nn.Module) -> torch.device:
    """Where a judge's weights lie; what has no weights or no `features` is no judge."""
    weights = next(judge.parameters(), None) if isinstance(judge, nn.Module) else None
    if weights is None or not all(hasattr(judge, name) for name in ("features", "head")):
        raise DtypeError(
            "A judge is a module with `features` and `head`, such as metrics.Judge; you gave a "
            f"{type(judge).__name__}."
        )
    return weights.device


@torch.no_grad()
def judge_images(judge: nn.Module, x: Tensor, *, chunk: int = 500) -> tuple[Tensor, Tensor]:
    """Features and class probabilities of many images, a chunk at a time.

    The judge works in evaluation mode and gets its own mode back.

    Parameters
    ----------
    judge : Judge
        Or any module with ``features`` and ``head``.
    x : Tensor
        Images, float32 ``[N, 1, 28, 28]`` in [-1, 1].
    chunk : int
        Images at once; bounds the memory.

    Returns
    -------
    features : Tensor
        ``[N, 64]``.
    probabilities : Tensor
        ``[N, 11]``, rows sum to 1.
    """
    check_count("chunk", chunk)
    check_images(x, shape=IMAGE_SHAPE)
    device, training = device_of(judge), judge.training
    judge.eval()
    try:
        features = torch.cat([judge.features(part.to(device).float()) for part in x.split(chunk)])
        return features, judge.head(features).softmax(dim=1)  # [N, 64], [N, K]
    finally:
        judge.train(training)
