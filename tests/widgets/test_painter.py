"""The code painter: bad input is told; the page draws what torch draws."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch
from torch import nn

from aigc_teach.core.errors import DtypeError, RangeError, ShapeError
from aigc_teach.models import VQVAE
from aigc_teach.widgets import CodePainter
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

RUNNER = """
import { readFileSync, writeFileSync } from "node:fs";
const given = JSON.parse(readFileSync("given.json"));
const traits = { ...given.traits, weights: new Uint8Array(readFileSync("weights.bin")) };
const decode = makePainterDecoder({ get: (name) => traits[name] });
const pixels = given.cases.flatMap((codes) => [...decode(codes)]);
writeFileSync("pixels.bin", Uint8Array.from(pixels));
const { cut, side } = cutMiddle(decode(given.cases[0]), traits.image_shape, traits.grid);
console.log(JSON.stringify({
  alone: aloneInTheMiddle(3, 1, traits.grid), cut: [...cut], side,
}));
"""


def model(shape=(1, 28, 28)) -> VQVAE:
    torch.manual_seed(0)
    small = VQVAE(shape, codes=12, size=4, width=8, spread=3.0)
    for p in small.codec.decoder.parameters():
        p.data.mul_(1.5)  # contrast
    return small.eval()


def painter(small: VQVAE, codes: torch.Tensor, **settings) -> CodePainter:
    settings = {"output": "logits"} | settings
    return CodePainter(small.codec.decoder, small.codec.quantizer.codebook, codes, **settings)


def in_page(widget: CodePainter, cases: list[list[int]], folder):
    names = ("layers", "output", "image_shape", "codebook", "grid", "order", "codes")
    traits = {name: getattr(widget, name) for name in names}
    (folder / "given.json").write_text(json.dumps({"traits": traits, "cases": cases}))
    (folder / "weights.bin").write_bytes(widget.weights)
    script = page_script("core", "controls", "network", "painter").replace("export default", "void")
    (folder / "run.mjs").write_text(script + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return np.fromfile(folder / "pixels.bin", dtype=np.uint8), json.loads(done.stdout)


@needs_node
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 16, 24)])
def test_the_page_draws_what_torch_draws(shape, tmp_path):
    small = model(shape)
    grids = torch.randint(0, 12, (5, *small.grid), generator=torch.Generator().manual_seed(1))
    pixels, page = in_page(painter(small, grids[0]), grids.flatten(1).tolist(), tmp_path)
    with torch.no_grad():
        expected = (small.decode(grids) + 1) * 127.5  # [5, C, H, W]
    pixels = torch.from_numpy(pixels).reshape(5, *shape[1:], shape[0]).movedim(-1, 1)
    assert (pixels.float() - expected).abs().max() < 4
    assert expected.std() > 5, "all grey: nothing is compared"
    middle = (small.grid[0] // 2) * small.grid[1] + small.grid[1] // 2
    assert page["alone"] == [3 if t == middle else 1 for t in range(len(page["alone"]))]
    assert page["side"] == 12 and len(page["cut"]) == 12 * 12 * shape[0]


@needs_node
def test_the_palette_shows_the_middle(tmp_path):
    small = model()
    grid = torch.zeros(7, 7, dtype=torch.int64)
    pixels, page = in_page(painter(small, grid), [grid.flatten().tolist()], tmp_path)
    whole = pixels.reshape(28, 28)
    assert np.array_equal(np.array(page["cut"]).reshape(12, 12), whole[8:20, 8:20])


def test_what_it_begins_with():
    grid = torch.arange(49).reshape(7, 7) % 12
    widget = painter(model(), grid, order=[5, 2, 7], title="Codes")
    assert widget.codes == widget.start == grid.flatten().tolist()
    assert widget.brush == 2 and widget.grid == [7, 7] and widget.at == 0
    assert "7 x 7 places" in widget.alt and "12 codes" in widget.alt
    assert painter(model(), grid, order=[5]).brush == 5
    with torch.no_grad():
        vectors = torch.tensor(widget.codebook)
    assert vectors.shape == (12, 4)


GRID = torch.zeros(7, 7, dtype=torch.int64)


@pytest.mark.parametrize(
    "codes, settings, error, words",
    [
        (GRID.float(), {}, DtypeError, "int64"),
        (GRID[0], {}, ShapeError, r"\[H, W\]"),
        (GRID[:0], {}, ShapeError, r"\[H, W\]"),
        (GRID + 12, {}, RangeError, r"0\.\.11"),
        (GRID - 1, {}, RangeError, r"0\.\.11"),
        (GRID[:6], {}, ShapeError, None),
        (GRID, {"order": []}, RangeError, "order"),
        (GRID, {"order": [1, 1]}, RangeError, "different"),
        (GRID, {"order": [12]}, RangeError, "order"),
        (GRID, {"output": "pixels"}, ValueError, "pixels"),
    ],
)
def test_bad_input_is_a_sentence(codes, settings, error, words):
    with pytest.raises(error, match=words):
        painter(model(), codes, **settings)


@pytest.mark.parametrize(
    "codebook, error, words",
    [
        (torch.zeros(4), ShapeError, r"\[K, D\]"),
        (torch.zeros(300, 4), RangeError, "300"),
        (torch.full((12, 4), torch.nan), RangeError, "NaN"),
        (torch.zeros(12, 5), ShapeError, None),
    ],
)
def test_a_codebook_that_does_not_fit_is_refused(codebook, error, words):
    with pytest.raises(error, match=words):
        CodePainter(model().codec.decoder, codebook, GRID, output="logits")


def test_logits_shown_as_images_are_noticed():
    small = model()
    list(small.codec.decoder.parameters())[-1].data.fill_(9.0)
    with pytest.raises(RangeError, match="output='logits'"):
        painter(small, GRID, output="image")


def test_a_decoder_of_another_kind_is_refused():
    with pytest.raises(DtypeError, match=r"nn\.Sequential"):
        CodePainter(nn.Linear(4, 4), torch.zeros(12, 4), GRID)
