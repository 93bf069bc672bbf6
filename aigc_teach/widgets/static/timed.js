// What nets that are told a time share, as nn/unet.py has it. Used after network.js.

const TIME_FASTEST = 100, TIME_SLOWEST = 0.25; // turns over the whole time

const siluOf = (x) => Float32Array.from(x, (v) => v / (1 + Math.exp(-v)));

/** Sines and cosines of a time, [size]. */
function timeFeatures(time, size) {
  const half = size / 2, out = new Float32Array(size);
  for (let k = 0; k < half; k++) {
    const angle = 2 * Math.PI * time * TIME_SLOWEST * (TIME_FASTEST / TIME_SLOWEST) ** (k / (half - 1));
    out[k] = Math.sin(angle);
    out[half + k] = Math.cos(angle);
  }
  return out;
}

/** A dense layer on each row: [n][in] -> [n][out]. */
function makeRows(layer, weights) {
  const run = makeLinear(layer, weights), inputs = layer.in[0], outputs = layer.out[0];
  return (x) => {
    const n = x.length / inputs, y = new Float32Array(n * outputs);
    for (let i = 0; i < n; i++) y.set(run(x.subarray(i * inputs, (i + 1) * inputs)), i * outputs);
    return y;
  };
}
