"""The painter: what is known stays, the hole alone is judged, and what is hidden is not seen."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError, DtypeError, ShapeError, make_generator
from aigc_teach.models import Painter


def small(**how) -> Painter:
    torch.manual_seed(0)
    painter = Painter((1, 8, 8), width=4, depth=1, sample_steps=3, **how).eval()
    torch.nn.init.normal_(painter.net.outward.weight, std=0.1)  # a new net answers with zeros
    return painter


X = 2 * torch.rand(3, 1, 8, 8, generator=make_generator(1)) - 1
MASK = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
MASK[..., 4:, :] = True


@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "heun"])
def test_known_pixels_stay_and_the_same_seed_fills_alike(sampler):
    painter = small()
    one, two, other = (
        painter.fill(X, MASK, sampler=sampler, generator=make_generator(s)) for s in (0, 0, 1)
    )
    assert torch.equal(one[..., :4, :], X[..., :4, :])
    assert torch.equal(one, two) and not torch.equal(one, other)
    assert one.abs().max() <= 1


def test_what_stands_in_the_hole_is_not_seen():
    painter = small()
    other = torch.where(MASK, -X, X)
    filled = [painter.fill(x, MASK, generator=make_generator(0)) for x in (X, other)]
    assert torch.equal(*filled)
    known = torch.where(MASK, X, -X)  # but what stands around it is
    assert not torch.equal(filled[0][..., 4:, :], painter.fill(known, MASK)[..., 4:, :])


def test_each_picture_may_have_a_hole_of_its_own():
    painter, masks = small(), torch.zeros(3, 1, 8, 8, dtype=torch.bool)
    masks[1, :, :2] = True
    filled = painter.fill(X, masks, generator=make_generator(0))
    changed = (filled != X).flatten(1).any(1)
    assert changed.tolist() == [False, True, False]


def test_the_loss_is_that_of_the_hole_alone_and_falls():
    torch.manual_seed(0)
    painter = Painter((1, 8, 8), width=8, depth=1)
    nothing = torch.zeros(3, 1, 8, 8, dtype=torch.bool)
    assert painter.loss(X, nothing, generator=make_generator(0)) == 0
    optimizer = torch.optim.Adam(painter.parameters(), 1e-2)
    losses = []
    for step in range(60):
        loss = painter.loss(X, MASK, generator=make_generator(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])
    gradients = [p.grad for p in painter.parameters()]
    assert all(g is not None and g.isfinite().all() for g in gradients)


def test_a_trajectory_has_a_frame_a_step():
    assert len(list(small().trajectory(X, MASK, steps=5))) == 5


def test_mistakes_are_told_in_words():
    painter = small()
    with pytest.raises(ShapeError, match=r"fills pictures \[N, 1, 8, 8\]"):
        painter.fill(torch.zeros(1, 1, 12, 12), torch.zeros(1, 1, 12, 12, dtype=torch.bool))
    with pytest.raises(DtypeError, match="boolean"):
        painter.fill(X, MASK.float())
    with pytest.raises(ShapeError, match="mask"):
        painter.fill(X, MASK[..., :4])
    with pytest.raises(AigcError, match="ddpm"):
        painter.fill(X, MASK, sampler="euler")
