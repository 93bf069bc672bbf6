"""The published GPT on our shelf: it loads into ours, computes what minGPT computed, and sorts."""

from __future__ import annotations

import torch

from aigc_teach import data
from aigc_teach.models import GPT


@torch.no_grad()
def test_ours_computes_their_tensors_and_sorts():
    weights, tensors = data.sorting_gpt()
    model = GPT(3, context=11, width=48, heads=3, layers=3, tied=False).eval()
    missing, unknown = model.load_state_dict(weights, strict=False)
    assert (missing, unknown) == (["start"], [])
    assert torch.allclose(model(tensors["idx"]), tensors["lm_head"], atol=1e-4)
    assert torch.allclose(model(tensors["idx"]).softmax(-1), tensors["probs"], atol=1e-5)
    text = torch.tensor([[2, 1, 0, 1, 0, 2]])
    for _ in range(6):
        text = torch.cat([text, model(text)[:, -1].argmax(-1, keepdim=True)], dim=1)
    assert text[0, 6:].tolist() == [0, 0, 1, 1, 2, 2]


def test_each_call_gives_fresh_tensors():
    data.sorting_gpt().weights["wte.weight"].zero_()
    assert data.sorting_gpt().weights["wte.weight"].any()
