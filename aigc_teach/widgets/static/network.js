// Runs a small decoder in the page, one sample at a time.
//
// An activation lies in memory as [H][W][C] (channels last) and a convolution's kernel as
// [kh][kw][C_in][C_out], so that inner loops read neighbours and need no copied patches.

/** IEEE half floats -> Float32Array. */
function halfToFloat(bytes) {
  const out = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < out.length; i++) {
    const half = bytes[2 * i] | (bytes[2 * i + 1] << 8);
    const exponent = (half >> 10) & 31, fraction = half & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    out[i] = half & 0x8000 ? -size : size;
  }
  return out;
}

/** Sum of a[i + k] * b[j + k], k < n; four sums at once, so that additions need not queue. */
function dot(a, i, b, j, n) {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  const stop = i + (n & ~3), end = i + n;
  for (; i < stop; i += 4, j += 4) {
    s0 += a[i] * b[j];
    s1 += a[i + 1] * b[j + 1];
    s2 += a[i + 2] * b[j + 2];
    s3 += a[i + 3] * b[j + 3];
  }
  for (; i < end; i++, j++) s0 += a[i] * b[j];
  return s0 + s1 + s2 + s3;
}

function makeLinear(layer, weights) {
  const inputs = layer.in[0], outputs = layer.out[0];
  const weight = weights.subarray(layer.weight, layer.weight + inputs * outputs); // [out, in]
  const bias = weights.subarray(layer.bias, layer.bias + outputs);
  const y = new Float32Array(outputs);
  return (x) => {
    for (let o = 0; o < outputs; o++) y[o] = bias[o] + dot(x, 0, weight, o * inputs, inputs);
    return y;
  };
}

/** For each output position along one axis: pairs (kernel index, input index) that meet there. */
function meetings(size, outSize, kernel, stride, padding, transposed) {
  return Array.from({ length: outSize }, (_, o) => {
    const pairs = [];
    for (let k = 0; k < kernel; k++) {
      const shifted = transposed ? (o + padding - k) / stride : o * stride + k - padding;
      if (Number.isInteger(shifted) && shifted >= 0 && shifted < size) pairs.push([k, shifted]);
    }
    return pairs;
  });
}

/** Which channels of each position are not zero: after a ReLU about half need no work. */
function makeLiveList(positions, channels) {
  const live = new Int32Array(positions * channels), starts = new Int32Array(positions + 1);
  return (x) => {
    let n = 0;
    for (let p = 0; p < positions; p++) {
      starts[p] = n;
      for (let c = 0; c < channels; c++) if (x[p * channels + c] !== 0) live[n++] = c;
    }
    starts[positions] = n;
    return { live, starts };
  };
}

/** Convolution or transposed convolution: they differ only in which inputs meet an output. */
function makeConvolution(layer, weights) {
  const [cIn, h, w] = layer.in, [cOut, outH, outW] = layer.out;
  const [kh, kw] = layer.kernel_size, transposed = layer.kind === "conv_transpose";
  const weight = weights.subarray(layer.weight, layer.weight + cOut * kh * kw * cIn);
  const bias = weights.subarray(layer.bias, layer.bias + cOut);
  const rows = meetings(h, outH, kh, layer.stride[0], layer.padding[0], transposed);
  const columns = meetings(w, outW, kw, layer.stride[1], layer.padding[1], transposed);
  const y = new Float32Array(outH * outW * cOut), findLive = makeLiveList(h * w, cIn);
  const inputs = new Int32Array(kh * kw), taps = new Int32Array(kh * kw);

  /** Four output channels of one position at once, so that each input is read once for four. */
  function sumFour(x, { live, starts }, n, o, to) {
    let s0 = bias[o], s1 = bias[o + 1], s2 = bias[o + 2], s3 = bias[o + 3];
    for (let t = 0; t < n; t++) {
      const p = inputs[t], from = p * cIn, kernel = taps[t] * cIn * cOut + o, stop = starts[p + 1];
      for (let q = starts[p]; q < stop; q++) {
        const c = live[q], v = x[from + c], k = kernel + c * cOut;
        s0 += v * weight[k];
        s1 += v * weight[k + 1];
        s2 += v * weight[k + 2];
        s3 += v * weight[k + 3];
      }
    }
    y[to] = s0;
    y[to + 1] = s1;
    y[to + 2] = s2;
    y[to + 3] = s3;
  }

  function sumOne(x, n, o, to) {
    let sum = bias[o];
    for (let t = 0; t < n; t++) {
      const from = inputs[t] * cIn, kernel = taps[t] * cIn * cOut + o;
      for (let c = 0; c < cIn; c++) sum += x[from + c] * weight[kernel + c * cOut];
    }
    y[to] = sum;
  }

  return (x) => {
    const list = findLive(x);
    let to = 0;
    for (const row of rows) {
      for (const column of columns) {
        let n = 0, o = 0;
        for (const [ky, iy] of row) {
          for (const [kx, ix] of column) {
            inputs[n] = iy * w + ix;
            taps[n++] = ky * kw + kx;
          }
        }
        for (; o + 4 <= cOut; o += 4, to += 4) sumFour(x, list, n, o, to);
        for (; o < cOut; o++, to++) sumOne(x, n, o, to);
      }
    }
    return y;
  };
}

function makeAffine(layer, weights) {
  const channels = layer.in[0];
  const scale = weights.subarray(layer.scale, layer.scale + channels);
  const shift = weights.subarray(layer.shift, layer.shift + channels);
  return (x) => {
    for (let i = 0; i < x.length; i += channels) {
      for (let c = 0; c < channels; c++) x[i + c] = x[i + c] * scale[c] + shift[c];
    }
    return x;
  };
}

/** [C, H, W] in torch's order <-> [H, W, C] in ours. */
function makeReorder(shape, toChannelsLast) {
  const [c, h, w] = shape, area = h * w, y = new Float32Array(c * area);
  return (x) => {
    for (let k = 0; k < c; k++) {
      for (let p = 0; p < area; p++) {
        if (toChannelsLast) y[p * c + k] = x[k * area + p];
        else y[k * area + p] = x[p * c + k];
      }
    }
    return y;
  };
}

/** Nearest-neighbour enlargement by whole factors. */
function makeUpsample(layer) {
  const [c, , w] = layer.in, [, outH, outW] = layer.out, [fy, fx] = layer.factors;
  const y = new Float32Array(outH * outW * c);
  return (x) => {
    for (let oy = 0, to = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        let from = (Math.floor(oy / fy) * w + Math.floor(ox / fx)) * c;
        for (let k = 0; k < c; k++) y[to++] = x[from++];
      }
    }
    return y;
  };
}

const sigmoid = (v) => 1 / (1 + Math.exp(-v));

/** Apply a function of one number in place. */
const each = (f) => (x) => {
  for (let i = 0; i < x.length; i++) x[i] = f(x[i]);
  return x;
};

const LAYERS = {
  linear: makeLinear,
  conv: makeConvolution,
  conv_transpose: makeConvolution,
  affine: makeAffine,
  upsample: makeUpsample,
  unflatten: (layer) => makeReorder(layer.out, true),
  flatten: (layer) => makeReorder(layer.in, false),
  same: () => (x) => x,
  relu: () => each((v) => (v > 0 ? v : 0)),
  leaky_relu: (layer) => each((v) => (v > 0 ? v : v * layer.slope)),
  silu: () => each((v) => v * sigmoid(v)),
  tanh: () => each(Math.tanh),
  sigmoid: () => each(sigmoid),
};

/**
 * A function from z (Float32Array) to an image [H, W, C] with values in [-1, 1].
 * It may overwrite z, and every call returns the same array with new values.
 */
function makeNetwork(layers, halfBytes, output) {
  const weights = halfToFloat(halfBytes);
  const steps = layers.map((layer) => LAYERS[layer.kind](layer, weights));
  if (output === "logits") steps.push(each((v) => 2 * sigmoid(v) - 1));
  return (z) => {
    let x = z;
    for (const step of steps) x = step(x);
    return x;
  };
}

/** A repeatable source of N(0, 1) numbers (mulberry32, then Box and Muller). */
function normalSource(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A random plane: a typical point as its origin and two orthonormal directions. */
function randomPlane(size, seed) {
  const normal = normalSource(seed);
  const draw = () => Array.from({ length: size }, normal);
  const inner = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const unit = (a) => a.map((v) => v / Math.sqrt(inner(a, a)));
  const origin = draw(), first = unit(draw());
  const second = draw(), overlap = inner(first, second);
  return { origin, axes: [first, unit(second.map((v, i) => v - overlap * first[i]))] };
}

/** z = origin + x * axes[0] + y * axes[1], then the one-hot label, written into `out`. */
function fillInput(out, { origin, axes }, x, y, label, classes) {
  const size = origin.length;
  for (let i = 0; i < size; i++) out[i] = origin[i] + x * axes[0][i] + y * axes[1][i];
  for (let k = 0; k < classes; k++) out[size + k] = k === label ? 1 : 0;
  return out;
}
