"""The layers that halve and double an image, by routes that are fast on a CPU.

`Halve` and `Double` compute what torch's convolutions of stride 2 compute, with all their
gradients, to rounding. Torch gives such layers to the library oneDNN, which works on blocks of
8 or 16 channels; where one side is an image of 1 or 3 channels, most of a block is empty.
There, two of the three products of a training step go another way:

    y = fold(w x)     the transposed convolution, also the gradient by a convolution's input
    dw                the gradient by the weight: that of the transposed layer, channels last

Thick layers keep oneDNN's route, with the channels last in memory. All is decided in `fast`.

Legend: N batch, I channels in, O channels out, H height, W width, k kernel, p padding.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.routes import own_routes_allowed

STRIDE = 2
THIN = 3  # channels of an image; the layers of this course have 1 or 3, or else 4 and more


def fast(x: Tensor) -> bool:
    """Whether this file's routes serve `x`: float32 images on a CPU, outside autocast.

    ``core.routes.usual_routes`` forbids them.

    >>> x = torch.zeros(2, 1, 8, 8)
    >>> fast(x), fast(x.double()), fast(x[0])
    (True, False, False)
    """
    plain = x.device.type == "cpu" and x.dtype == torch.float32 and x.ndim == 4
    return plain and own_routes_allowed() and not torch.is_autocast_enabled("cpu")


class Halve(nn.Conv2d):
    """``nn.Conv2d(I, O, k, stride=2, padding=p)``: halves height and width.

    Weights, their names and their first values are torch's own; so are the results, to
    rounding (a few 1e-7 of the largest entry), and those of further derivatives.

    Parameters
    ----------
    inputs, outputs : int
        Channels I and O.
    kernel, padding : int
        k and p; an even side H becomes ``H / 2`` with 4 and 1, or with 5 and 2.

    >>> layer, usual = Halve(1, 8), nn.Conv2d(1, 8, 4, stride=2, padding=1)
    >>> _ = usual.load_state_dict(layer.state_dict())
    >>> x = torch.randn(2, 1, 28, 28)
    >>> torch.allclose(layer(x), usual(x), atol=1e-5)
    True
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 4, padding: int = 1):
        super().__init__(inputs, outputs, kernel, STRIDE, padding)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, I, H, W] -> [N, O, H / 2, W / 2]``, rounded down."""
        if not fast(x):
            return super().forward(x)
        if self.in_channels > THIN:
            return super().forward(channels_last(x))
        return _Down.apply(x, self.weight, self.bias, self.padding[0])


class Double(nn.ConvTranspose2d):
    """``nn.ConvTranspose2d(I, O, k, stride=2, padding=p)``: doubles height and width.

    Weights, names, first values and results are torch's own, as in :class:`Halve`.

    Parameters
    ----------
    inputs, outputs : int
        Channels I and O.
    kernel, padding : int
        k and p; a side H becomes ``2 (H - 1) - 2 p + k``, which is 2 H with 4 and 1.
    output_padding : int
        What is added to that side, 0 or 1: 1 for kernel 5 and padding 2.
    bias : bool
        Whether there is one.

    >>> layer, usual = Double(8, 1), nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1)
    >>> _ = usual.load_state_dict(layer.state_dict())
    >>> x = torch.randn(2, 8, 14, 14)
    >>> torch.allclose(layer(x), usual(x), atol=1e-5)
    True
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 4,
        padding: int = 1,
        *,
        output_padding: int = 0,
        bias: bool = True,
    ):
        super().__init__(inputs, outputs, kernel, STRIDE, padding, output_padding, bias=bias)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """``[N, I, H, W] -> [N, O, 2 H, 2 W]``."""
        if not fast(x):
            return super().forward(x, output_size)
        if self.out_channels > THIN or output_size is not None:
            return super().forward(channels_last(x), output_size)
        padding, kernel = self.padding[0], self.kernel_size[0]
        more = kernel - 2 * padding - STRIDE + self.output_padding[0]
        size = [STRIDE * side + more for side in x.shape[2:]]
        return _Up.apply(x, self.weight, self.bias, padding, size)


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
        return channels_last(y) if fast(y) else y


def channels_last(x: Tensor) -> Tensor:
    """The same images ``[N, C, H, W]`` with the channels last in memory.

    One channel lies last as well as first; only the strides say which, and oneDNN asks them.
    """
    n, channels, height, width = x.shape
    last = x.reshape(n, height, width, 1) if channels == 1 else x.permute(0, 2, 3, 1).contiguous()
    return last.permute(0, 3, 1, 2)


# --- three products, of which each is the derivative of the other two


class _Product(torch.autograd.Function):
    """What the three share: two factors are kept for the backward pass, and the padding."""

    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        """Keep what the gradients are made of."""
        ctx.save_for_backward(*inputs[:2])
        ctx.padding = inputs[3]


class _Down(_Product):
    """The convolution, from few channels: ``x [N, I, H, W], weight [O, I, k, k]``."""

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor | None, padding: int) -> Tensor:
        """By oneDNN; from one channel, too, this product is fast."""
        pair = channels_last(x), channels_last(weight)
        return F.conv2d(*pair, bias, STRIDE, padding)  # [N, O, h, w]

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple:
        """By the image, the weight, the bias; each only if it is asked for."""
        x, weight = ctx.saved_tensors
        by_x = by_weight = None
        if _asked_for(ctx, 0):
            by_x = _Up.apply(grad, weight, None, ctx.padding, list(x.shape[2:]))
        if _asked_for(ctx, 1):
            by_weight = _ByWeight.apply(grad, x, weight.detach(), ctx.padding)
        return by_x, by_weight, grad.sum((0, 2, 3)) if _asked_for(ctx, 2) else None, None


class _Up(_Product):
    """The transposed convolution, to few channels: ``x [N, I, h, w], weight [I, O, k, k]``."""

    @staticmethod
    def forward(
        x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, size: list[int]
    ) -> Tensor:
        """Each pixel of `x` becomes a patch of k x k pixels; where patches overlap, they add up."""
        patches = weight.flatten(1).T @ x.flatten(2)  # [N, O k k, h w]
        y = F.fold(patches, size, weight.shape[2:], padding=padding, stride=STRIDE)
        return y if bias is None else y + bias[:, None, None]  # [N, O, *size]

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple:
        """By the image, the weight, the bias; each only if it is asked for."""
        x, weight = ctx.saved_tensors
        by_x = by_weight = None
        if _asked_for(ctx, 0):
            by_x = _Down.apply(grad, weight, None, ctx.padding)
        if _asked_for(ctx, 1):
            by_weight = _ByWeight.apply(x, grad, weight.detach(), ctx.padding)
        return by_x, by_weight, grad.sum((0, 2, 3)) if _asked_for(ctx, 2) else None, None, None


class _ByWeight(_Product):
    """Either layer's gradient by its weight: `small` has many channels, `large` few."""

    @staticmethod
    def forward(small: Tensor, large: Tensor, weight: Tensor, padding: int) -> Tensor:
        """The gradient of the transposed layer by its weight, which both layers share."""
        sides = zip(large.shape[2:], small.shape[2:], weight.shape[2:], strict=True)
        more = [big - STRIDE * (little - 1) - k + 2 * padding for big, little, k in sides]
        pair = channels_last(large), channels_last(small)
        shape = [STRIDE] * 2, [padding] * 2, [1, 1], True, more, 1  # dilation 1, one group
        backward = torch.ops.aten.convolution_backward  # of the transposed layer
        return backward(*pair, weight, None, *shape, [False, True, False])[1]

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple:
        """By the two images."""
        small, large = ctx.saved_tensors
        by_small = by_large = None
        if _asked_for(ctx, 0):
            by_small = _Down.apply(large, grad, None, ctx.padding)
        if _asked_for(ctx, 1):
            by_large = _Up.apply(small, grad, None, ctx.padding, list(large.shape[2:]))
        return by_small, by_large, None, None


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
