"""The bench's page names the processor and has a row for each of its settings."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

import bench
import bench_language as language
import bench_pictures
import bench_settings
from aigc_teach import models

RACE = {
    "name": "a net", "ours": "fit", "peer": "by hand", "our_rate": 20.0, "peer_rate": 10.0,
    "times": 2.0, "low": 1.9, "high": 2.1, "clock": "cpu", "at_least": 1.5,
}  # fmt: skip
SHARE = {"name": "a net", "per_image": 2e6, "rate": 3e9, "share": 0.5, "low": 0.4, "high": 0.6}


def test_a_processor_acts_as_a_narrower_one_only():
    assert bench_settings.narrower("AVX512") == ["AVX2"]
    assert bench_settings.narrower("AVX2") == bench_settings.narrower("something else") == []


def test_every_limit_is_an_environment_of_texts():
    for setting, limits in bench_settings.LIMITS.items():
        variables = bench_settings.environment(setting)
        assert limits.items() <= variables.items()
        assert all(isinstance(text, str) for text in limits.values())


@pytest.mark.skipif(
    bench_settings.own_setting() not in bench_settings.LIMITS, reason="no x86 with AVX2 here"
)
def test_a_limited_process_says_its_setting():
    code = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=bench_settings.environment("AVX2"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "AVX2"


def test_the_page_has_a_row_for_each_setting():
    figures = {
        "where": {"processor": "Some Processor", "command": "python tools/bench.py"},
        "images_per_second": {"a net": 1234},
        "ratios": [],
        "races": [{"setting": s, **RACE} for s in ("AVX512", "AVX2")],
        "words": [{"setting": s, **RACE, "name": "a GPT"} for s in ("AVX512", "AVX2")],
        "shares": [{"setting": s, **SHARE} for s in ("AVX512", "AVX2")],
    }
    page = bench.page(figures)
    assert "Measured on: Some Processor." in page
    for setting in ("AVX512", "AVX2"):
        for name in ("a net", "a GPT"):
            assert f"| {setting} | {name} | fit | by hand | 20 | 10 | 2.00 (1.90 to 2.10) |" in page
        assert f"| {setting} | a net | 2.00 | 3.0 | 0.50 (0.40 to 0.60) |" in page


def test_the_gpt_by_hand_computes_what_ours_does():
    torch.manual_seed(0)
    plain, our = language.PlainGPT().eval(), language.our_gpt().eval()
    weights = our.state_dict()
    assert any("bias" in name for name in weights)  # ours has biases, which begin at 0
    for name, weight in plain.state_dict().items():
        same = name.replace("c_fc", "mlp.c_fc") if "c_fc" in name else name
        if name.endswith("c_proj.weight") and "attn" not in name:
            same = name.replace("c_proj", "mlp.c_proj")
        weights[same].copy_(weight)
    for name in weights:
        if name.endswith("bias"):
            weights[name].zero_()
    tokens = torch.randint(language.VOCABULARY, (2, 20))
    with torch.no_grad():
        ours, by_hand = our(tokens), plain(tokens)
    # GPT-2's GELU is the one by tanh, nanoGPT's the exact one
    torch.testing.assert_close(ours, by_hand, rtol=0, atol=3e-4)
    assert by_hand.std() > 0.1


def test_the_usual_unet_is_of_our_size_and_learns():
    nets = bench_pictures.PlainUNet(), bench_pictures.our_unet()
    weights = [sum(p.numel() for p in net.parameters()) for net in nets]
    assert 0.85 < weights[0] / weights[1] < 1.2
    torch.manual_seed(0)
    net, x = bench_pictures.PlainUNet(), torch.randn(4, 1, 28, 28)
    adam, losses = torch.optim.Adam(net.parameters(), lr=3e-3), []
    for _ in range(6):
        loss = (net(x, torch.full((4,), 0.5)) - x).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_our_unet_in_the_plain_loop_is_the_one_that_fit_trains():
    ours = models.Diffusion().net.state_dict()
    same = bench_pictures.our_unet().state_dict()
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in same.items()}
