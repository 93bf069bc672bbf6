"""The label mixer: bad input is told; the page computes what torch computes."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess

import numpy as np
import pytest
import torch
from torch import nn

from aigc_teach.core.errors import DtypeError, RangeError, ShapeError
from aigc_teach.widgets import LabelMixer
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.mixer import condition_of

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

RUNNER = """
import { readFileSync, writeFileSync } from "node:fs";
const given = JSON.parse(readFileSync("given.json"));
const traits = { ...given.traits, weights: new Uint8Array(readFileSync("weights.bin")) };
const decode = makeMixerDecoder({ get: (name) => traits[name] });
const plane = { origin: traits.origin, axes: traits.axes };
const pixels = [], conditions = [], words = [];
for (const { mix, normalise, x, y } of given.cases) {
  const condition = conditionOf(mix, normalise);
  conditions.push(condition);
  words.push(mixtureWords(condition, traits.names));
  pixels.push(...decode(plane, x, y, condition));
}
writeFileSync("pixels.bin", Uint8Array.from(pixels));
console.log(JSON.stringify({ conditions, words }));
"""


def decoder(latents: int = 2, classes: int = 10) -> nn.Sequential:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(latents + classes, 64),
        nn.ReLU(),
        nn.Linear(64, 784),
        nn.Unflatten(1, (1, 28, 28)),
    )
    for p in net.parameters():
        p.data.mul_(3)  # contrast
    return net


def in_page(mixer: LabelMixer, cases: list[dict], folder):
    names = ("layers", "output", "image_shape", "origin", "axes", "names", "mix")
    traits = {name: getattr(mixer, name) for name in names}
    (folder / "given.json").write_text(json.dumps({"traits": traits, "cases": cases}))
    (folder / "weights.bin").write_bytes(mixer.weights)
    script = page_script("core", "controls", "network", "mixer").replace("export default", "void")
    (folder / "run.mjs").write_text(script + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    pixels = np.fromfile(folder / "pixels.bin", dtype=np.uint8).reshape(len(cases), 28, 28)
    return torch.from_numpy(pixels), json.loads(done.stdout)


def mixes() -> list[dict]:
    generator = torch.Generator().manual_seed(1)
    rows = [torch.rand(10, generator=generator) * 2 for _ in range(12)]
    rows += [torch.zeros(10), torch.full((10,), 2.0), *torch.eye(10), 2 * torch.eye(10)[7]]
    places = itertools.cycle([(0.0, 0.0), (1.3, -0.4), (-2.5, 2.5)])
    return [
        {"mix": row.tolist(), "normalise": normalise, "x": x, "y": y}
        for normalise in (True, False)
        for row, (x, y) in zip(rows, places, strict=False)
    ]


@needs_node
@pytest.mark.parametrize("latents", [2, 5])
def test_conditions_and_images_equal_torch(latents, tmp_path):
    net, cases = decoder(latents), mixes()
    mixer = LabelMixer(net, latent_size=latents, output="logits", seed=3)
    pixels, page = in_page(mixer, cases, tmp_path)
    origin, axes = torch.tensor(mixer.origin), torch.tensor(mixer.axes)
    for case, picture, condition in zip(cases, pixels, page["conditions"], strict=True):
        want = condition_of(case["mix"], case["normalise"])
        assert torch.allclose(torch.tensor(condition).float(), want, atol=1e-6)
        z = origin + case["x"] * axes[0] + case["y"] * axes[1]
        with torch.no_grad():
            expected = net(torch.cat([z, want]).unsqueeze(0)).sigmoid()[0, 0] * 255
        assert (picture.float() - expected).abs().max() < 4, case


@needs_node
def test_words_name_the_largest_parts_first(tmp_path):
    mixer = LabelMixer(decoder(), latent_size=2, output="logits")
    rows = [[0] * 9 + [2], [0, 0, 0, 0, 1, 0, 0, 0, 0, 3], [1] * 10, [0] * 10]
    cases = [{"mix": row, "normalise": True, "x": 0, "y": 0} for row in rows]
    cases.append({"mix": [0] * 10, "normalise": False, "x": 0, "y": 0})
    words = in_page(mixer, cases, tmp_path)[1]["words"]
    assert words[0] == "1.00 of 9"
    assert words[1] == "0.75 of 9, 0.25 of 4"
    assert words[2] == "0.10 of 0, 0.10 of 1, 0.10 of 2, and 7 more" == words[3]
    assert words[4] == "no label at all"


def test_the_condition_sums_to_one_unless_asked_otherwise():
    mix = torch.rand(10) * 2
    assert condition_of(mix).sum().item() == pytest.approx(1)
    assert torch.equal(condition_of(mix, False), mix)
    assert condition_of(torch.zeros(4)).tolist() == [0.25] * 4
    assert condition_of(torch.zeros(4), False).tolist() == [0.0] * 4


@pytest.mark.parametrize(
    "settings, error, words",
    [
        ({"latent_size": 1}, RangeError, "latent_size=1"),
        ({"n_classes": 11}, RangeError, "keys for 10"),
        ({"n_classes": 1}, RangeError, "n_classes=1"),
        ({"n_classes": 9}, ShapeError, None),
        ({"output": "pixels"}, Exception, "pixels"),
        ({"names": ["a", "b"]}, ShapeError, "10 classes but 2 names"),
        ({"mix": [1.0, 0.0]}, RangeError, "10 numbers"),
        ({"mix": [3.0] + [0.0] * 9}, RangeError, "0, 2"),
        ({"mix": [float("nan")] + [0.0] * 9}, RangeError, "0, 2"),
        ({"reach": 0.0}, RangeError, "positive"),
        ({"origin": torch.zeros(3)}, ShapeError, "origin"),
    ],
)
def test_bad_input_is_a_sentence(settings, error, words):
    arguments = {"latent_size": 2, "output": "logits"} | settings
    with pytest.raises(error, match=words):
        LabelMixer(decoder(), **arguments)


def test_a_decoder_that_the_page_cannot_run_is_refused():
    with pytest.raises(DtypeError, match=r"nn\.Sequential"):
        LabelMixer(nn.Linear(12, 784), latent_size=2)
    with pytest.raises(RangeError, match="look like logits"):
        LabelMixer(decoder(), latent_size=2, output="image")
    broken = decoder()
    broken[2].bias.data[0] = float("nan")
    with pytest.raises(RangeError, match="NaN"):
        LabelMixer(broken, latent_size=2, output="logits")


def test_state_and_words():
    net = decoder(3, 4).train()
    mixer = LabelMixer(
        net, latent_size=3, n_classes=4, output="logits", names=["cat", "dog", "fox", "owl"]
    )
    assert net.training, "the decoder gets its own mode back"
    assert mixer.mix == mixer.start == [0, 0, 0, 1] and mixer.normalise
    assert len(mixer.z) == 3 and mixer.image_shape == [1, 28, 28]
    assert repr(mixer).startswith("Mix the label. A mixer of 4 labels (cat, dog, fox, owl)")
    mixer.mix, mixer.x = [1, 1, 0, 0], 0.7  # as a saved notebook hands it back
    assert mixer.get_state(["mix", "x"]) == {"mix": [1, 1, 0, 0], "x": 0.7}
