"""The page's decoder equals torch's: the JavaScript is run by node on exported weights."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch

from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.export import export_network
from widgets.networks import NETWORKS, build

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

RUNNER = """
import { readFileSync, writeFileSync } from "node:fs";
const { layers, output, inputs } = JSON.parse(readFileSync("net.json"));
const run = makeNetwork(layers, new Uint8Array(readFileSync("weights.bin")), output);
const images = [], times = [];
let used = 0;
for (let turn = 0; turn < 40; turn++) {
  if (turn === 10) used = process.cpuUsage().user; // warm by now
  for (const z of inputs) {
    const started = performance.now();
    const image = run(Float32Array.from(z));
    times.push(performance.now() - started);
    if (turn === 0) images.push(...image);
  }
}
writeFileSync("images.bin", Buffer.from(Float32Array.from(images).buffer));
times.sort((a, b) => a - b);
const cpu = (process.cpuUsage().user - used) / 1000 / (30 * inputs.length);
const p50 = times[times.length >> 1], p95 = times[Math.floor(times.length * 0.95)];
console.log(JSON.stringify({ cpu, p50, p95 }));
"""


def run_in_node(folder, page, output, inputs):
    (folder / "net.json").write_text(
        json.dumps({"layers": page.layers, "output": output, "inputs": inputs.tolist()})
    )
    (folder / "weights.bin").write_bytes(page.weights)
    (folder / "run.mjs").write_text(page_script("network") + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    c, h, w = page.image
    images = np.fromfile(folder / "images.bin", dtype="<f4").reshape(-1, h, w, c)
    return torch.from_numpy(images).permute(0, 3, 1, 2), json.loads(done.stdout)  # [N, C, H, W]


@needs_node
@pytest.mark.parametrize("name", NETWORKS)
def test_same_image_as_torch(name, tmp_path):
    network, latents, classes, output = build(name)
    z = torch.randn(12, latents)
    if classes:
        one_hot = torch.eye(classes)[torch.arange(12) % classes]
        z = torch.cat([z, one_hot], dim=1)
    with torch.no_grad():
        expected = network(z)
    if output == "logits":
        expected = 2 * torch.sigmoid(expected) - 1
    images, times = run_in_node(tmp_path, export_network(network, z.shape[1]), output, z)
    assert images.shape == expected.shape
    assert expected.std() > 0.05, "an image without contrast would prove nothing"
    assert (images - expected).abs().max() < 0.02
    print(f"{name}: {times}")
    # processor time, not the clock's: other jobs on the machine must not fail this test
    assert times["cpu"] < 8, f"a frame must fit into 16 ms with room to spare: {times}"


@needs_node
def test_planes_are_orthonormal_and_repeatable(tmp_path):
    script = page_script("network") + (
        "const p = randomPlane(64, 3), q = randomPlane(64, 3), r = randomPlane(64, 4);"
        "const inner = (a, b) => a.reduce((s, v, i) => s + v * b[i], 0);"
        "console.log(JSON.stringify([inner(p.axes[0], p.axes[0]), inner(p.axes[1], p.axes[1]),"
        " inner(p.axes[0], p.axes[1]), inner(p.origin, p.origin), p.origin[5] - q.origin[5],"
        " p.origin[5] - r.origin[5]]));"
    )
    (tmp_path / "plane.mjs").write_text(script)
    out = subprocess.run(
        [NODE, "plane.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    one, other, across, length, same, different = json.loads(out)
    assert abs(one - 1) < 1e-9 and abs(other - 1) < 1e-9 and abs(across) < 1e-9
    assert 30 < length < 110  # 64 numbers of N(0, 1)
    assert same == 0 and different != 0


@needs_node
def test_half_floats_are_read_exactly(tmp_path):
    values = np.array([0, -0.0, 1, -2.5, 65504, 6e-8, 6.1e-5, -0.333], dtype="<f2")
    (tmp_path / "half.bin").write_bytes(values.tobytes())
    (tmp_path / "half.mjs").write_text(
        page_script("network")
        + 'import { readFileSync } from "node:fs";'
        + 'console.log(JSON.stringify([...halfToFloat(readFileSync("half.bin"))]));'
    )
    out = subprocess.run(
        [NODE, "half.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(out) == values.astype(float).tolist()
