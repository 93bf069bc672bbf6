"""SceneWriter: the page computes what torch computes; bad input is told."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch
from torch import nn

from aigc_teach.core import AigcError, DataError, DtypeError, RangeError, make_generator
from aigc_teach.nn import WordUNet
from aigc_teach.widgets import SceneWriter
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
WORDS = ["", "<begin>", "a", "red", "circle"]
SENTENCES = torch.tensor([[1, 2, 3, 4, 0], [1, 4, 3, 0, 0]])

RUNNER = """
import { readFileSync, writeFileSync } from "node:fs";
const given = JSON.parse(readFileSync("given.json"));
const net = makeWordUNet(given.plan, new Uint8Array(readFileSync("weights.bin")));
const x = Float32Array.from(given.x), maps = [];
const answer = (numbers) => Array.from(net.velocity(x, given.time, net.read(numbers), maps));
const told = given.sentences.map(answer);
const looks = maps.map((map) => Array.from(map));
const stepped = Float32Array.from(x);
net.step(stepped, 0.75, 0.5, net.read(given.sentences[0]), net.read([1]), 3);
const said = given.texts.map((text) => readSentence(text, given.vocabulary, 5));
const begun = process.cpuUsage().user;
for (let turn = 0; turn < 20; turn++) net.velocity(x, 0.5, net.read(given.sentences[0]));
const cpu = (process.cpuUsage().user - begun) / 1000 / 20;
console.log(JSON.stringify({ told, looks, said, cpu, stepped: Array.from(stepped) }));
"""


def net(**settings) -> WordUNet:
    torch.manual_seed(0)
    sizes = {"vocabulary": 5, "width": 8, "depth": 1, "context": 12, **settings}
    made = WordUNet((3, 16, 16), SENTENCES, **sizes).eval()
    with torch.no_grad():
        for weight in made.parameters():  # layers that start at zero, too
            weight += 0.15 * torch.randn(weight.shape)
            weight.copy_(weight.half().float())
    return made


def writer(**options) -> SceneWriter:
    given = {"vocabulary": WORDS, "chips": {"thing": ["a", "red"]}, "sentence": "a red circle"}
    return SceneWriter(options.pop("net", None) or net(), **{**given, **options})


def last(x):  # [1, C, H, W] -> channels last
    return x[0].permute(1, 2, 0).flatten()


def in_page(made, x, folder):
    widget = writer(net=made)
    given = {"plan": widget.plan, "x": last(x).tolist(), "time": 0.75, "vocabulary": WORDS}
    given |= {"sentences": [[1, 2, 3, 4], [1, 4, 3]]}
    given |= {"texts": ["A red, circle", "a purple cow cow", "a a a a a", ""]}
    (folder / "given.json").write_text(json.dumps(given))
    (folder / "weights.bin").write_bytes(widget.weights)
    script = page_script("core", "controls", "network", "timed", "word_unet", "scene_writer")
    (folder / "run.mjs").write_text(script.replace("export default", "void") + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
@pytest.mark.parametrize("places", [True, False])
def test_the_page_computes_what_torch_computes(tmp_path, places):
    made = net(places=places)
    x = torch.randn(1, 3, 16, 16, generator=make_generator(3))
    found, time = in_page(made, x, tmp_path), torch.tensor([0.75])
    with torch.no_grad():
        for k, mine in enumerate(found["told"]):
            theirs = last(made(x, time, torch.tensor([k])))
            assert np.allclose(mine, theirs, atol=2e-3 * theirs.abs().max().item())
        told, untold = (made(x, time, torch.tensor([k])) for k in (0, 2))
        stepped = last(x - 0.25 * (untold + 3 * (told - untold)))
    assert np.allclose(found["stepped"], stepped, atol=5e-3)
    maps = made.attention_maps(x, time, torch.tensor([1]))
    for mine, theirs in zip(found["looks"], maps, strict=True):
        flat = theirs[0, :3].flatten(1).T.flatten()  # [P, T] of the words that are there
        assert np.allclose(mine, flat, atol=2e-3)
    said = found["said"]
    assert said[0]["numbers"] == [1, 2, 3, 4] and said[3]["numbers"] == [1]
    assert said[1]["wrong"] == "Unknown words: purple, cow." and "at most 4" in said[2]["wrong"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"net": nn.Linear(2, 2)}, DtypeError, "model.net"),
        ({"vocabulary": WORDS[:4]}, DataError, "knows 5 words"),
        ({"sentence": "a cow"}, DataError, "Unknown words: cow"),
        ({"chips": {"thing": ["dog"]}}, DataError, "dog"),
        ({"guidance": 0.0}, RangeError, "from 1 to 8"),
        ({"steps": 1}, RangeError, "steps"),
        ({"net": net(width=96, depth=2)}, AigcError, "at most 1 MB"),
    ],
)
def test_what_cannot_be_is_a_sentence(options, error, words):
    with pytest.raises(error, match=words):
        writer(**options)
