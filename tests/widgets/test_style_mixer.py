"""The mixer of styles: the page computes what torch computes; bad input is told."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.core.errors import AigcError, DtypeError, RangeError, ShapeError
from aigc_teach.models import DCGAN, StyleGAN
from aigc_teach.widgets import StyleMixer
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.style_mixer import pick_styles

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

RUNNER = """
import { readFileSync, writeFileSync } from "node:fs";
const given = JSON.parse(readFileSync("given.json"));
const generator = makeStyleGenerator(given.plan, new Uint8Array(readFileSync("weights.bin")));
const pixels = [], times = [], words = [];
for (const { picks, share, noise } of given.cases) {
  const layers = picks.map((k) => truncated(given.styles[k], given.mean, share));
  pixels.push(...generator.draw(layers, noise));
  words.push(pickWords(picks, generator.sides, "ABCDEFGH"));
}
const used = process.cpuUsage().user, layers = given.cases[0].picks.map(() => given.styles[0]);
for (let turn = 0; turn < 20; turn++) generator.draw(layers, null);
const cpu = (process.cpuUsage().user - used) / 1000 / 20;
writeFileSync("pixels.bin", Uint8Array.from(pixels));
const mapped = given.codes.map((z) => generator.map(z));
console.log(JSON.stringify({ mapped, words, cpu, sides: generator.sides }));
"""


def model(**settings) -> StyleGAN:
    torch.manual_seed(0)
    made = StyleGAN(mapping_rate=1.0, **settings).eval()
    for layer in made.generator.layers:
        layer.noise.strength.data.fill_(0.3)
        layer.bias.data.normal_(0, 0.3)
    made.mean_style.normal_()
    return made


def in_page(mixer: StyleMixer, cases: list[dict], codes, folder):
    given = {name: getattr(mixer, name) for name in ("plan", "styles", "mean")}
    given |= {"cases": cases, "codes": codes.tolist()}
    (folder / "given.json").write_text(json.dumps(given))
    (folder / "weights.bin").write_bytes(mixer.weights)
    script = page_script("core", "controls", "network", "style_mixer")
    (folder / "run.mjs").write_text(script.replace("export default", "void") + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return np.fromfile(folder / "pixels.bin", dtype=np.uint8), json.loads(done.stdout)


@needs_node
@pytest.mark.parametrize("settings", [{}, {"data_shape": (1, 16, 16), "demodulate": False}])
def test_styles_and_images_equal_torch(settings, tmp_path):
    made, g = model(**settings), make_generator(1)
    codes = torch.randn(4, 64, generator=g)
    styles = made.style(codes).detach()
    mixer = StyleMixer(made.generator, styles, mean=made.mean_style)
    noise = made.draw_noise(1, generator=g)
    grain = [part.flatten().tolist() for part in noise]
    rows = [[0] * made.n_layers, [3, 2, 1, 0][: made.n_layers], mixer.picks]
    cases = [
        {"picks": row, "share": share, "noise": fresh}
        for row in rows
        for share, fresh in ((1.0, None), (0.5, None), (0.7, grain))
    ]
    pixels, page = in_page(mixer, cases, codes, tmp_path)
    assert page["sides"] == made.sides
    assert torch.allclose(torch.tensor(page["mapped"]), styles, atol=0.01)
    c, h, w = made.data_shape
    pixels = torch.from_numpy(pixels).reshape(len(cases), h, w, c).permute(0, 3, 1, 2)
    for case, image in zip(cases, pixels, strict=True):
        chosen = made.truncate(pick_styles(styles, case["picks"]), case["share"])
        with torch.no_grad():
            x = made.synthesise(chosen, noise=noise if case["noise"] else None)[0]
        assert x.std() > 0.05, "an image without contrast would prove nothing"
        assert (image - (x + 1) * 127.5).abs().max() < 5, case
    # processor time, not the clock's: other jobs on the machine must not fail this test
    assert page["cpu"] < 60


@needs_node
def test_words_name_runs_of_layers(tmp_path):
    made = model()
    mixer = StyleMixer(made.generator, torch.randn(3, 64), mean=made.mean_style)
    rows = [[0, 0, 0, 0], [0, 0, 2, 2], [0, 1, 1, 0]]
    cases = [{"picks": row, "share": 1, "noise": None} for row in rows]
    words = in_page(mixer, cases, torch.randn(1, 64), tmp_path)[1]["words"]
    assert words[0] == "4 × 4 to 32 × 32 from A"
    assert words[1] == "4 × 4 to 8 × 8 from A, 16 × 16 to 32 × 32 from C"
    assert words[2] == "4 × 4 from A, 8 × 8 to 16 × 16 from B, 32 × 32 from A"


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"styles": torch.zeros(1, 64)}, ShapeError, "2 to 8 faces"),
        ({"styles": torch.zeros(9, 64)}, ShapeError, "2 to 8 faces"),
        ({"styles": torch.zeros(3, 5)}, ShapeError, r"\[K, 64\]"),
        ({"styles": torch.full((3, 64), torch.nan)}, RangeError, "NaN"),
        ({"mean": torch.zeros(3)}, ShapeError, r"mean must be \[64\]"),
        ({"picks": [0, 1]}, ShapeError, "4 numbers"),
        ({"picks": [0, 1, 2, 3]}, RangeError, "picks=3"),
        ({"generator": DCGAN(width=2).generator}, DtypeError, "model.generator"),
        ({"generator": StyleGAN(style_size=512).generator}, AigcError, "Use fewer channels"),
    ],
)
def test_bad_input_is_a_sentence(change, error, words):
    settings = {"generator": model().generator, "styles": torch.zeros(3, 64)}
    settings |= {"mean": torch.zeros(64)} | change
    with pytest.raises(error, match=words):
        StyleMixer(**settings)


def test_state_and_words():
    mixer = StyleMixer(model().generator, torch.zeros(3, 64), mean=torch.zeros(64))
    assert mixer.picks == mixer.start == [0, 0, 1, 1] and mixer.truncation == 1.0
    assert repr(mixer).startswith("Mix the styles. A mixer of styles: 3 drawn faces, a table with")
    mixer.picks, mixer.truncation = [2, 2, 0, 0], 0.5  # as a saved notebook hands it back
    assert mixer.get_state(["picks"]) == {"picks": [2, 2, 0, 0]}
