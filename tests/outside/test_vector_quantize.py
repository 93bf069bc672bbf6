"""Our codebook against vector-quantize-pytorch: indices, losses, gradients, the running means.

Its losses are means over all numbers, ours sums over the D numbers of a vector: D times theirs.
"""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.nn import VectorQuantizer

CODES, SIZE = 12, 5


def pair(truth, *, learnable: bool = False, decay: float = 0.9):
    """Ours and theirs with one codebook, in training mode."""
    torch.manual_seed(0)
    theirs = truth.VectorQuantize(
        dim=SIZE,
        codebook_size=CODES,
        decay=decay,
        eps=1e-5,
        rotation_trick=False,
        learnable_codebook=learnable,
        ema_update=not learnable,
    )
    ours = VectorQuantizer(CODES, SIZE, decay=decay, update="gradient" if learnable else "ema")
    with torch.no_grad():
        ours.codebook.copy_(theirs.codebook)
        if not learnable:
            ours.sums.copy_(theirs.codebook)
    return ours.train(), theirs.train()


def batches(count: int) -> list[torch.Tensor]:
    g = make_generator(1)
    return [torch.randn(6, 7, SIZE, generator=g) for _ in range(count)]


def test_indices_and_values(truth, agree):
    ours, theirs = (one.eval() for one in pair(truth))
    for z in batches(5):
        found, (vectors, indices, _) = ours(z), theirs(z)
        agree(found.indices.numpy(), indices.numpy(), "indices")
        agree(found.vectors.numpy(), vectors.numpy(), "vectors")


@pytest.mark.parametrize("decay", [0.5, 0.9, 0.99])
def test_thirty_running_means(truth, agree, decay):
    ours, theirs = pair(truth, decay=decay)
    start = ours.codebook.clone()
    for z in batches(30):
        found, (_, indices, loss) = ours(z), theirs(z)
        agree(found.indices.numpy(), indices.numpy(), "indices")
        agree(found.commitment.item() / SIZE, loss.item(), "commitment loss")
        agree(ours.codebook.numpy(), theirs.codebook.numpy(), "codebook")
        agree(ours.counts.numpy(), theirs._codebook.cluster_size[0].numpy(), "running counts")
    assert (ours.codebook - start).abs().max() > 0.1, "the codebook stands still"


@pytest.mark.parametrize("learnable", [False, True])
def test_gradients(truth, agree, learnable):
    """Straight through to the vectors; by both losses to vectors and codes."""
    ours, theirs = pair(truth, learnable=learnable)
    weights = torch.randn(6, 7, SIZE, generator=make_generator(2))
    found = []
    for one in (ours, theirs):
        z = batches(1)[0].requires_grad_()
        vectors, _, *losses = one(z)
        loss = losses[0]  # theirs: one mean, which pulls both where the codebook is learnt
        if one is ours:
            loss = (losses[1] + (losses[0] if learnable else 0)) / SIZE
        if one is ours and learnable:
            loss = loss - losses[0].detach() / SIZE
        agree(loss.item(), losses[0].item() / (SIZE if one is ours else 1), "loss")
        ((vectors * weights).sum() + loss).backward()
        found.append([z.grad, one.codebook.grad if one is ours else one._codebook.embed.grad])
    agree(found[0][0].numpy(), found[1][0].numpy(), "gradient by the vectors")
    if learnable:
        agree(found[0][1].numpy(), found[1][1].reshape(CODES, SIZE).numpy(), "by the codebook")
