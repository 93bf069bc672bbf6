"""Attention against torch's own, the mask, the cache, and the order of time."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from aigc_teach.core import DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.nn import KVCache, SelfAttention, attention, causal_mask
from aigc_teach.nn.attention import by_hand, by_kernel


def qkv(*, steps=5, places=7, size=4, out=3, dtype=torch.float64):
    g = make_generator(0)
    shapes = [(2, 3, steps, size), (2, 3, places, size), (2, 3, places, out)]
    return [torch.randn(shape, generator=g, dtype=dtype, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("mask", [None, "causal", "random", "per head"])
def test_attention_is_torchs_in_value_and_gradient(mask):
    q, k, v = qkv()
    if mask == "causal":
        mask = causal_mask(5, 7)
    elif mask is not None:
        shape = (5, 7) if mask == "random" else (2, 3, 5, 7)
        mask = torch.rand(shape, generator=make_generator(1)) < 0.5
        mask[..., 0] = True
    ours, weights = attention(q, k, v, mask)
    theirs = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    assert torch.allclose(ours, theirs, atol=1e-12)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3, 5, dtype=torch.float64))
    for a, b in zip(
        torch.autograd.grad(ours.square().sum(), (q, k, v)),
        torch.autograd.grad(theirs.square().sum(), (q, k, v)),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-12)


def test_a_query_that_may_look_nowhere_gets_zeros_and_clean_gradients():
    q, k, v = qkv()
    mask = causal_mask(5, 7).clone()
    mask[2] = False
    out, weights = attention(q, k, v, mask)
    assert not out[:, :, 2].any() and not weights[:, :, 2].any() and out[:, :, 3].any()
    out.sum().backward()
    assert q.grad.isfinite().all() and k.grad.isfinite().all()


def test_masks():
    assert causal_mask(3).tolist() == torch.ones(3, 3).tril().bool().tolist()
    assert causal_mask(1, 4).all() and causal_mask(2, like=torch.zeros(1, device="meta")).is_meta
    with pytest.raises(RangeError, match="5 queries and 4 keys"):
        causal_mask(5, 4)


def test_shapes_that_do_not_fit_are_sentences():
    q, k, v = qkv()
    with pytest.raises(ShapeError, match="with one D"):
        attention(q, v, v)
    with pytest.raises(ShapeError, match="the same S places"):
        attention(q, k, v[:, :, 1:])
    with pytest.raises(DtypeError, match="must be bool"):
        attention(q, k, v, torch.zeros(5, 7))
    with pytest.raises(ShapeError, match=r"\[..., 5, 7\]"):
        attention(q, k, v, causal_mask(7))
    with pytest.raises(RangeError, match="choose a divisor"):
        SelfAttention(8, heads=3)
    with pytest.raises(RangeError, match="which is odd"):
        SelfAttention(6, heads=2, rotary=True)


@pytest.mark.parametrize("rotary", [False, True])
def test_several_heads_are_torchs_multihead_attention(rotary):
    torch.manual_seed(0)
    layer, x = SelfAttention(12, heads=3, rotary=rotary).double(), torch.randn(2, 5, 12).double()
    q, k, v = layer.split(x)
    by_hand = layer.c_proj(attention(q, k, v, causal_mask(5))[0].transpose(1, 2).flatten(2))
    assert torch.allclose(layer(x), by_hand, atol=1e-12)
    assert torch.allclose(layer.weights(x) @ v, attention(q, k, v, causal_mask(5))[0])
    if not rotary:
        theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True).double()
        theirs.load_state_dict(
            {
                "in_proj_weight": layer.c_attn.weight,
                "in_proj_bias": layer.c_attn.bias,
                "out_proj.weight": layer.c_proj.weight,
                "out_proj.bias": layer.c_proj.bias,
            }
        )
        out, weights = theirs(x, x, x, attn_mask=~causal_mask(5), average_attn_weights=False)
        assert torch.allclose(layer(x), out, atol=1e-12)
        assert torch.allclose(layer.weights(x), weights, atol=1e-12)


@pytest.mark.parametrize("rotary", [False, True])
@pytest.mark.parametrize("pieces", [(1,) * 6, (3, 3), (4, 1, 1), (1, 5)])
def test_in_pieces_through_the_cache_it_is_the_same(rotary, pieces):
    torch.manual_seed(0)
    layer, x = SelfAttention(8, heads=2, rotary=rotary).double(), torch.randn(2, 6, 8).double()
    cache = KVCache(8)
    with torch.no_grad():
        out = torch.cat([layer(part, cache) for part in x.split(pieces, dim=1)], dim=1)
    assert torch.allclose(out, layer(x), atol=1e-12) and cache.length == 6


@pytest.mark.parametrize("steps, places", [(1, 1), (1, 7), (3, 7), (7, 7)])
def test_by_hand_and_by_the_kernel_it_is_the_same(steps, places):
    q, k, v = qkv(steps=steps, places=places, out=4)
    both = by_hand(q, k, v), by_kernel(q, k, v)
    assert torch.allclose(*both, atol=1e-12)
    assert torch.allclose(both[0], attention(q, k, v, causal_mask(steps, places))[0], atol=1e-12)
    for a, b in zip(*(torch.autograd.grad(x.square().sum(), (q, k, v)) for x in both), strict=True):
        assert torch.allclose(a, b, atol=1e-12)


def test_a_full_cache_is_told():
    cache = KVCache(2)
    keys = torch.zeros(1, 1, 2, 4)
    cache.append(keys, keys)
    with pytest.raises(RangeError, match="holds 2 of at most 2 tokens; 1 more"):
        cache.append(keys[:, :, :1], keys[:, :, :1])


@pytest.mark.parametrize("changed", range(6))
def test_a_later_token_changes_nothing_before_it(changed):
    torch.manual_seed(0)
    layer, x = SelfAttention(8, heads=2), torch.randn(1, 6, 8)
    other = x.clone()
    other[:, changed] += 1
    same = (layer(x) == layer(other)).all(dim=-1)[0]
    assert same[:changed].all() and not same[changed:].any()
