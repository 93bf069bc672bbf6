"""A GPT that sorts, trained by others: with their weights ours computes their tensors.

Bycroft's page "LLM Visualization" ships the weights of a GPT (3 blocks, 3 heads, width 48) that
sorts six letters, and 25 tensors on the way from three sequences to their probabilities, all
written by minGPT.
"""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import torch

from aigc_teach.models import GPT
from aigc_teach.nn import attention, causal_mask

SORTED = [0, 0, 1, 1, 2, 2]  # what the letters C B A B A C must become


def tensors(path) -> dict[str, torch.Tensor]:
    """The tensors of one of their files: float32, little-endian, in base64."""
    found = {}
    for name, stored in json.loads(path.read_text("utf-8")).items():
        if isinstance(stored, dict) and "data" in stored:
            values = np.frombuffer(base64.b64decode(stored["data"]), dtype="<f4")
            found[name] = torch.from_numpy(values.copy()).view(stored["shape"])
    return found


@pytest.fixture
def sorter(truth) -> GPT:
    model = GPT(3, context=11, width=48, heads=3, layers=3, tied=False).eval()
    weights = {
        name.removeprefix("transformer."): tensor
        for name, tensor in tensors(truth).items()
        if not name.endswith(".attn.bias")  # their causal mask, which we make
    }
    missing, unknown = model.load_state_dict(weights, strict=False)
    assert (missing, unknown) == (["start"], [])  # only the start is ours
    return model


@pytest.fixture
def theirs(truth) -> dict[str, torch.Tensor]:
    path = truth.with_name("gpt-nano-sort-t0-partials.json")
    if not path.is_file():
        pytest.skip(f"llm_viz: {path.name} is not beside {truth.name}.")
    return tensors(path)


@torch.no_grad()
def test_every_tensor_on_the_way(agree, sorter, theirs):
    idx, block = theirs["idx"].long(), sorter.h[0]
    ours = {"tok_emb": sorter.wte(idx), "pos_emb": sorter.wpe(torch.arange(11))[None]}
    ours["x"] = sorter.embed(idx)
    ours["ln1"] = block.ln_1(ours["x"])
    ours["qkv"] = block.attn.c_attn(ours["ln1"])
    q, k, v = block.attn.split(ours["ln1"])
    mixed, ours["attSm"] = attention(q, k, v, causal_mask(11))
    scores = (q @ k.transpose(-2, -1) / 4).masked_fill(~causal_mask(11), -torch.inf)  # sqrt(16)
    ours |= {"q": q, "k": k, "v": v, "y": mixed.transpose(1, 2).flatten(2)}
    ours["yProj"] = block.attn.c_proj(ours["y"])
    ours["attnResid"] = ours["x"] + ours["yProj"]
    ours["ln2"] = block.ln_2(ours["attnResid"])
    ours["fc"] = block.mlp.c_fc(ours["ln2"])
    ours["gelu"] = block.mlp.act(ours["fc"])
    ours["mlp"] = block.mlp.c_proj(ours["gelu"])
    ours["mlpResid"] = ours["attnResid"] + ours["mlp"]
    stream = ours["x"]
    for number, layer in enumerate(sorter.h):
        stream = ours[f"block{number}"] = layer(stream)
    ours["ln_f"] = sorter.ln_f(stream)
    ours["lm_head"] = sorter(idx)
    ours["probs"] = ours["lm_head"].softmax(-1)
    looked = causal_mask(11).expand_as(scores)
    agree(scores[looked].numpy(), theirs["att"][looked].numpy(), "att")
    compared = {"idx", "att"}
    for name, tensor in ours.items():
        agree(tensor.numpy(), theirs[name].numpy(), name)
        compared.add(name)
    assert compared == theirs.keys()


@torch.no_grad()
def test_it_sorts(agree, sorter):
    """The likeliest letter each time, without the start, which their model does not know."""
    texts = torch.tensor([[2, 1, 0, 1, 0, 2], [0, 2, 2, 1, 1, 0]])
    for _ in range(6):
        texts = torch.cat([texts, sorter(texts)[:, -1].argmax(-1, keepdim=True)], dim=1)
    agree(texts[:, 6:].tolist(), [SORTED, SORTED])
