"""The small U-Net and the MLP: shapes, what they listen to, and sizes they refuse."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError, RangeError, ShapeError, make_generator
from aigc_teach.nn import DenoisingMLP, UNet, multiply_adds
from aigc_teach.nn.unet import time_features


def awake(net):
    """A net whose layers that start at zero no longer do."""
    g = make_generator(0)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=g))
    return net.eval()


NETS = {
    "unet": (lambda k: UNet((1, 12, 8), width=6, depth=1, n_classes=k), (1, 12, 8)),
    "colour": (lambda k: UNet((3, 8, 8), width=5, n_classes=k), (3, 8, 8)),
    "mlp": (lambda k: DenoisingMLP((2,), width=9, n_classes=k), (2,)),
}


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("classes", [0, 1, 3])
def test_shapes_and_what_is_listened_to(name, classes):
    build, shape = NETS[name]
    net = awake(build(classes))
    x, time = torch.randn(4, *shape, generator=make_generator(1)), torch.full((4,), 0.3)
    labels = torch.zeros(4, dtype=torch.long) if classes else None
    out = net(x, time, labels)
    assert out.shape == x.shape
    assert not torch.allclose(out, net(x, time + 0.2, labels))
    assert not torch.allclose(out, net(x + 1, time, labels))
    if classes:
        assert not torch.allclose(out, net(x, time, labels + 1))
        assert torch.equal(net(x, time), net(x, time, torch.full((4,), classes)))


@pytest.mark.parametrize("name", NETS)
def test_items_do_not_see_each_other(name):
    build, shape = NETS[name]
    net, x, time = awake(build(0)), torch.randn(3, *NETS[name][1]), torch.rand(3)
    assert torch.allclose(net(x, time)[1:], net(x[1:], time[1:]), atol=1e-5)


def test_the_answer_of_a_new_net_is_zero():
    assert UNet(width=4)(torch.ones(2, 1, 28, 28), torch.rand(2)).abs().max() == 0


def test_labels_without_classes():
    with pytest.raises(AigcError, match="without classes"):
        DenoisingMLP()(torch.zeros(1, 2), torch.zeros(1), torch.zeros(1, dtype=torch.long))


@pytest.mark.parametrize("shape", [(1, 27, 28), (1, 30, 30), (1, 4, 4), (28, 28), (2,)])
def test_odd_sizes(shape):
    with pytest.raises(ShapeError, match=r"multiples of 4 and at least 8, such as \(1, 28, 28\)"):
        UNet(shape)


@pytest.mark.parametrize("argument", ["width", "depth"])
def test_sizes_from_1_on(argument):
    for net in (UNet, DenoisingMLP):
        with pytest.raises(RangeError, match=f"{argument}=0"):
            net(**{argument: 0})


def test_time_features_tell_times_apart():
    features = time_features(torch.linspace(0, 1, 1001), 32)
    assert features.abs().max() <= 1
    gaps = torch.cdist(features, features) + 10 * torch.eye(1001)
    assert gaps.min() > 0.05


def test_cost_is_linear_in_pixels():
    """Twice the sides, four times the work; and no convolution runs at full size."""
    time = torch.rand(1)
    small, large = (
        multiply_adds(UNet((1, side, side), width=8), torch.zeros(1, 1, side, side), time)
        for side in (16, 32)
    )
    assert 3.5 < large.multiply_adds / small.multiply_adds < 4.1
