"""The layers that halve and double an image, by routes that are fast on a CPU.

`Halve` and `Double` compute what torch's layers of kernel 4, stride 2, padding 1 compute, with
all their gradients, to rounding. Torch gives such layers to the library oneDNN, which works on
blocks of 8 or 16 channels; where one side is an image of 1 or 3 channels, most of a block is
empty. There, two of the three products of a training step go another way:

    y = fold(w x)     the transposed convolution, also the gradient by a convolution's input
    dw                the gradient by the weight: that of the transposed layer, channels last

Thick layers keep oneDNN's route, with the channels last in memory. All is decided in `fast`.

Legend: N batch, I channels in, O channels out, H height, W width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

KERNEL, STRIDE, PADDING = 4, 2, 1
THIN = 3  # channels of an image; the layers of this course have 1 or 3, or else 4 and more


def fast(x: Tensor) -> bool:
    """Whether this file's routes serve `x`: float32 on a CPU, outside autocast.

    >>> fast(torch.zeros(1)), fast(torch.zeros(1, dtype=torch.float64))
    (True, False)
    """
    on_cpu = x.device.type == "cpu" and x.dtype == torch.float32
    return on_cpu and not torch.is_autocast_enabled("cpu")


class Halve(nn.Conv2d):
    """``nn.Conv2d(I, O, 4, stride=2, padding=1)``: halves height and width.

    Weights, their names and their first values are torch's own; so are the results, to
    rounding (a few 1e-7 of the largest entry), and those of further derivatives.

    Parameters
    ----------
    inputs, outputs : int
        Channels I and O.

    >>> layer, usual = Halve(1, 8), nn.Conv2d(1, 8, 4, stride=2, padding=1)
    >>> _ = usual.load_state_dict(layer.state_dict())
    >>> x = torch.randn(2, 1, 28, 28)
    >>> torch.allclose(layer(x), usual(x), atol=1e-5)
    True
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, KERNEL, STRIDE, PADDING)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, I, H, W] -> [N, O, H // 2, W // 2]``."""
        if not fast(x):
            return super().forward(x)
        odd = x.shape[-1] % 2 or x.shape[-2] % 2
        if self.in_channels > THIN or x.ndim != 4 or odd:
            return super().forward(laid_out(x))
        return _Down.apply(x, self.weight, self.bias)


class Double(nn.ConvTranspose2d):
    """``nn.ConvTranspose2d(I, O, 4, stride=2, padding=1)``: doubles height and width.

    Weights, names, first values and results are torch's own, as in :class:`Halve`.

    Parameters
    ----------
    inputs, outputs : int
        Channels I and O.

    >>> layer, usual = Double(8, 1), nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1)
    >>> _ = usual.load_state_dict(layer.state_dict())
    >>> x = torch.randn(2, 8, 14, 14)
    >>> torch.allclose(layer(x), usual(x), atol=1e-5)
    True
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, KERNEL, STRIDE, PADDING)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """``[N, I, H, W] -> [N, O, 2 H, 2 W]``."""
        if not fast(x):
            return super().forward(x, output_size)
        if self.out_channels > THIN or x.ndim != 4 or output_size is not None:
            return super().forward(laid_out(x), output_size)
        return _Up.apply(x, self.weight, self.bias)


class ToImage(nn.Unflatten):
    """``nn.Unflatten(1, shape)``, laid out as the next `Double` reads it.

    Parameters
    ----------
    shape : sequence of int
        Channels, height, width.

    >>> ToImage((8, 2, 2))(torch.zeros(5, 32)).shape
    torch.Size([5, 8, 2, 2])
    """

    def __init__(self, shape: tuple[int, int, int]):
        super().__init__(1, tuple(shape))

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C H W] -> [N, C, H, W]``."""
        y = super().forward(x)
        return laid_out(y) if fast(y) else y


def laid_out(x: Tensor) -> Tensor:
    return channels_last(x)


def channels_last(x: Tensor) -> Tensor:
    """The same images ``[N, C, H, W]`` with the channels last in memory."""
    if x.ndim != 4:
        return x
    return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)  # so that vmap can, too


# --- with a derivative of their own: each is the other's gradient by its input


class _Down(torch.autograd.Function):
    """The convolution, from few channels: ``x [N, I, 2h, 2w], weight [O, I, 4, 4]``."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return laid_out(F.conv2d(x, weight, bias, STRIDE, PADDING))  # [N, O, h, w]

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple:
        x, weight = ctx.saved_tensors
        by_x = _Up.apply(grad, weight, None) if _asked_for(ctx, 0) else None
        by_weight = _weight_gradient(grad, x, weight) if _asked_for(ctx, 1) else None
        return by_x, by_weight, grad.sum((0, 2, 3)) if _asked_for(ctx, 2) else None


class _Up(torch.autograd.Function):
    """The transposed convolution, to few channels: ``x [N, I, h, w], weight [I, O, 4, 4]``."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        size = [2 * side for side in x.shape[2:]]
        patches = weight.flatten(1).T @ x.flatten(2)  # [N, 16 O, h w]
        y = F.fold(patches, size, KERNEL, padding=PADDING, stride=STRIDE)  # [N, O, 2h, 2w]
        return y if bias is None else y + bias[:, None, None]

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple:
        x, weight = ctx.saved_tensors
        by_x = _Down.apply(grad, weight, None) if _asked_for(ctx, 0) else None
        by_weight = _weight_gradient(x, grad, weight) if _asked_for(ctx, 1) else None
        return by_x, by_weight, grad.sum((0, 2, 3)) if _asked_for(ctx, 2) else None


def _weight_gradient(small: Tensor, large: Tensor, weight: Tensor) -> Tensor:
    """Of either layer: `small` is its image of many channels, `large` the one of few."""
    return torch.ops.aten.convolution_backward(
        large, channels_last(small), weight, None, [STRIDE] * 2, [PADDING] * 2, [1, 1], True,
        [0, 0], 1, [False, True, False],
    )[1]  # fmt: skip


def _asked_for(ctx, position: int) -> bool:
    """Whether this backward pass needs the gradient by an input.

    ``ctx.needs_input_grad`` does not hear of ``backward(inputs=...)``: in a generator's turn
    it would have the critic's weights' gradients computed and thrown away.
    """
    if not ctx.needs_input_grad[position]:
        return False
    try:
        return torch._C._will_engine_execute_node(ctx.next_functions[position][0])
    except (AttributeError, RuntimeError):  # another torch; torch.autograd.grad by a weight
        return True
