"""Cross-attention against torch's own; what an encoder without places cannot know; the U-Net."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach.core import DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.nn import CrossAttention, PairedEncoders, UNet, WordEncoder, WordUNet

SENTENCES = torch.tensor([[1, 2, 3, 4, 0], [1, 4, 3, 2, 0], [1, 2, 0, 0, 0]])


def test_cross_attention_is_torchs():
    torch.manual_seed(0)
    layer = CrossAttention(8, context=6, heads=2)
    theirs = nn.MultiheadAttention(8, 2, kdim=6, vdim=6, bias=False, batch_first=True)
    with torch.no_grad():
        theirs.q_proj_weight.copy_(layer.query.weight)
        k, v = layer.key_value.weight.chunk(2)
        theirs.k_proj_weight.copy_(k)
        theirs.v_proj_weight.copy_(v)
        theirs.out_proj.weight.copy_(layer.out.weight)
    x, words = torch.randn(3, 8, 4, 4), torch.randn(3, 5, 6)
    there = torch.arange(5) < torch.tensor([[5], [3], [1]])
    places = F.group_norm(x, 8).flatten(2).transpose(1, 2)
    mixed, weights = theirs(places, words, words, key_padding_mask=~there)
    wanted = x + (mixed + layer.out.bias).transpose(1, 2).view_as(x)
    assert torch.allclose(layer(x, words, there), wanted, atol=1e-5)
    assert torch.allclose(layer.weights(x, words, there).mean(1), weights, atol=1e-6)


def test_without_places_a_sentence_is_a_bag():
    torch.manual_seed(0)
    with_places, bag = (WordEncoder(5, length=5, width=8, places=p) for p in (True, False))
    order = torch.tensor([0, 3, 2, 1, 4])
    for encoder, same in ((with_places, False), (bag, True)):
        a, b = (encoder(SENTENCES[k : k + 1])[0] for k in (0, 1))
        assert torch.allclose(a[:, order], b, atol=1e-6) == same


def test_padding_does_not_count():
    torch.manual_seed(0)
    encoder = WordEncoder(5, length=5, width=8)
    before, there = encoder(SENTENCES)
    with torch.no_grad():
        encoder.word.weight[0] += 1
    after, _ = encoder(SENTENCES)
    assert torch.equal(before[there], after[there])


def made(**settings):
    torch.manual_seed(0)
    net = WordUNet((3, 16, 16), SENTENCES, vocabulary=5, width=8, depth=1, context=8, **settings)
    with torch.no_grad():
        for weight in net.parameters():
            weight += 0.1 * torch.randn(weight.shape)
    return net


def test_the_net_reads_other_sentences_with_the_same_weights():
    net, x, t = made(), torch.randn(2, 3, 16, 16), torch.tensor([0.2, 0.8])
    other = net.reading(SENTENCES.flip(0))
    assert torch.equal(net(x, t, torch.tensor([0, 2])), other(x, t, torch.tensor([2, 0])))
    assert {id(p) for p in net.parameters()} == {id(p) for p in other.parameters()}
    assert torch.equal(net(x, t, None), net(x, t, torch.tensor([3, 3])))  # the empty sentence
    assert not torch.allclose(net(x, t, torch.tensor([0, 0])), net(x, t, torch.tensor([1, 1])))


def test_a_u_net_that_looks_at_nothing_is_a_u_net():
    torch.manual_seed(0)
    net, x, t = UNet((3, 16, 16), width=8), torch.randn(2, 3, 16, 16), torch.rand(2)
    seen = []
    answer = net.draw(x, net.condition(t), lambda k, h: seen.append((k, h.shape[1:])) or h)
    assert torch.equal(answer, net(x, t))
    assert seen == [(0, (16, 4, 4)), (1, (16, 4, 4)), (2, (8, 8, 8)), (3, (8, 8, 8))]


def test_maps_are_shares():
    net = made()
    x, t = torch.randn(2, 3, 16, 16), torch.rand(2)
    low, high = net.attention_maps(x, t, torch.tensor([0, 2]))
    assert low.shape == (2, 5, 4, 4) and high.shape == (2, 5, 8, 8)
    assert torch.allclose(high.sum(1), torch.ones(2, 8, 8), atol=1e-5)
    assert high[1, 2:].abs().max() == 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: CrossAttention(6, context=4, heads=4), RangeError, "divisor"),
        (lambda: WordEncoder(5, length=5, width=6, heads=4), RangeError, "divisor"),
        (lambda: WordEncoder(5, length=5, width=8)(SENTENCES[:, :4]), ShapeError, r"\[N, 5\]"),
        (lambda: WordUNet((3, 16, 16), SENTENCES.float(), vocabulary=5), DtypeError, "int64"),
        (lambda: WordUNet((3, 16, 16), SENTENCES[0], vocabulary=5), ShapeError, r"\[K, T\]"),
        (lambda: WordUNet((3, 16, 16), SENTENCES, vocabulary=4), RangeError, r"0\.\.3"),
        (lambda: made().reading(SENTENCES[:, :3]), ShapeError, r"\[K, 5\]"),
        (lambda: PairedEncoders(5, length=5, side=18), ShapeError, "multiple of 4"),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_two_encoders_learn_which_belongs_to_which():
    from aigc_teach.losses import contrastive

    torch.manual_seed(0)
    pair, g = PairedEncoders(5, length=5, size=8, side=16, width=8), make_generator(0)
    x, optimizer = torch.randn(3, 3, 16, 16, generator=g), None
    optimizer = torch.optim.Adam(pair.parameters(), 1e-2)
    for _ in range(60):
        logits = contrastive.scores(pair.pictures(x), pair.sentences(SENTENCES), 10.0)
        loss = contrastive.info_nce(logits)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert logits.argmax(1).tolist() == [0, 1, 2] and loss < 0.3
