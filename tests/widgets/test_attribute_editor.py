"""The editor of attributes: the page computes what torch computes; bad input is told."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch

from aigc_teach import data, zoo
from aigc_teach.core.errors import AigcError, ChoiceError, DtypeError, RangeError, ShapeError
from aigc_teach.metrics import moved, read_attributes
from aigc_teach.models import AttributeVAE, ConvVAE
from aigc_teach.widgets import AttributeEditor
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
TOLD = ["smile", "glasses"]

RUNNER = """
import { readFileSync, writeFileSync } from "node:fs";
const given = JSON.parse(readFileSync("given.json"));
for (const name of ["weights", "reader_weights"]) {
  given[name] = new Uint8Array(readFileSync(`${name}.bin`));
}
const model = { get: (name) => given[name] };
const decode = makeTold(model), read = makeReader(model);
const xs = new Float32Array(readFileSync("x.bin").buffer.slice(0));
const out = [], seen = [], fates = [], size = xs.length / given.codes.length;
given.codes.forEach((code, k) => {
  const x = xs.subarray(k * size, (k + 1) * size);
  const was = decode(code, given.tables[k]), now = decode(code, given.asked[k]);
  for (const carry of [false, true]) out.push(...editPicture(Array.from(x), was, now, carry));
  seen.push(read(x));
});
const used = process.cpuUsage().user;
for (let turn = 0; turn < 10; turn++) {
  decode(given.codes[0], given.tables[0]);
  read(xs.subarray(0, size));
}
const cpu = (process.cpuUsage().user - used) / 1000 / 10;
const choice = { names: ["a", "b"] }, amount = { names: [] };
fates.push(fateOf(choice, 0, 1, 1), fateOf(choice, 0, 0, 1), fateOf(choice, 0, 1, null),
  fateOf(amount, 0.5, 0.6, null), fateOf(amount, 0.5, 0.7, null), fateOf(amount, 0.5, 0.8, 0.9));
writeFileSync("out.bin", new Uint8Array(Float32Array.from(out).buffer));
console.log(JSON.stringify({ seen, fates, cpu }));
"""


def model(**settings) -> AttributeVAE:
    torch.manual_seed(0)
    made = AttributeVAE(amounts=1, choices=(3,), latent_size=6, width=8, **settings)
    with torch.no_grad():  # far from the start, and batch norms with statistics
        made.train()
        for _ in range(3):
            made.decode(*(torch.randn(16, 6), made.draw_attributes(16)))
            made.encode(data.faces(16).x)
    return made.eval()


def table(faces) -> torch.Tensor:
    return torch.stack([(faces.attributes.smile + 1) / 2, faces.attributes.glasses.float()], 1)


def build(made=None, n=3, **change) -> AttributeEditor:
    faces = data.faces(n)
    given = {"model": made or model(), "x": faces.x, "table": table(faces), "told": TOLD}
    given |= {"kinds": data.FACE, "reader": zoo.load("face_reader")}
    return AttributeEditor(**(given | change))


@needs_node
def test_edits_and_readings_equal_torch(tmp_path):
    made, faces = model(), data.faces(3)
    editor = build(made)
    asked = table(faces).flip(0).contiguous()
    names = ("layers", "reader_layers", "codes", "tables", "told", "read")
    given = {name: getattr(editor, name) for name in names} | {"asked": asked.tolist()}
    (tmp_path / "given.json").write_text(json.dumps(given))
    for name in ("weights", "reader_weights"):
        (tmp_path / f"{name}.bin").write_bytes(getattr(editor, name))
    x = faces.x.permute(0, 2, 3, 1).contiguous().numpy().astype("<f4")
    (tmp_path / "x.bin").write_bytes(x.tobytes())
    script = page_script("core", "controls", "network", "attribute_editor")
    (tmp_path / "run.mjs").write_text(script.replace("export default", "void") + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    page = json.loads(done.stdout)
    out = torch.from_numpy(np.fromfile(tmp_path / "out.bin", dtype="<f4"))
    out = out.reshape(3, 2, 32, 32, 3).permute(1, 0, 4, 2, 3)
    with torch.no_grad():
        z = made.encode(faces.x)[0]
        was, now = made.decode(z, table(faces)), made.decode(z, asked)
    assert now.std() > 0.05 and (now - was).abs().max() > 0.01
    assert (out[0] - now).abs().max() < 0.02
    assert (out[1] - (faces.x + now - was).clamp(-1, 1)).abs().max() < 0.03
    amounts, choices = read_attributes(zoo.load("face_reader"), faces.x)
    want = torch.cat([amounts, torch.stack(choices, 1)], 1)
    seen = torch.tensor(page["seen"])
    assert (seen - want).abs().max() < 0.02
    assert not moved(want, seen, amounts=6).any()
    assert page["fates"] == ["asked", "missed", "moved", "same", "moved", "asked"]
    assert page["cpu"] < 120  # processor milliseconds: other jobs must not fail this test


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"model": ConvVAE((3, 32, 32), latent_size=2, width=4)}, AigcError, "spread"),
        ({"model": model(), "told": ["smile", "hats"]}, ChoiceError, "hats"),
        ({"told": ["smile", "hair"]}, ShapeError, "told 4 numbers"),
        ({"told": ["smile"]}, ShapeError, r"table \[K, 1\]"),
        ({"x": torch.zeros(9, 3, 32, 32)}, ShapeError, "1 to 8 pictures"),
        ({"x": torch.zeros(3, 3, 32, 32) + 1.5}, RangeError, "-1, 1"),
        ({"table": torch.full((3, 2), 9.0)}, RangeError, "other numbers"),
        ({"reader": torch.nn.Linear(2, 2)}, DtypeError, "AttributeReader"),
        ({"reader": "landscapes"}, ShapeError, "reader says 19"),
        ({"model": "large"}, AigcError, "narrower decoder"),
    ],
)
def test_bad_input_is_a_sentence(change, error, words):
    if change.get("reader") == "landscapes":
        change = {"reader": zoo.load("landscape_reader")}
    if change.get("model") == "large":
        change = {"made": AttributeVAE(amounts=1, choices=(3,), width=64)}
    made = change.pop("made", None) if "made" in change else None
    with pytest.raises(error, match=words):
        build(made, **change)


def test_state_and_words():
    editor = build()
    assert editor.face == 0 and editor.carry and editor.values == editor.tables[0]
    assert repr(editor).startswith("Edit an attribute. An editor: 3 pictures to choose from")
    editor.values = [0.5, 1.0]  # as a saved notebook hands it back
    assert editor.get_state(["values"]) == {"values": [0.5, 1.0]}
