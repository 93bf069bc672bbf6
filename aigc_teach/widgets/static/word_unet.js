// A U-Net whose places look at the words of a sentence, one picture at a time, as nn/unet.py and
// nn/cross_attention.py have it. Used after network.js and timed.js. An activation lies as [H][W][C].

const WORD_TINY = 1e-5; // what torch adds to a variance
/** [P][C], normalised in groups of channels over all places; a new array. */
function groupNormal(x, channels, groups) {
  const y = new Float32Array(x.length), places = x.length / channels, each = channels / groups;
  for (let g = 0; g < groups; g++) {
    let sum = 0, square = 0;
    for (let p = 0; p < places; p++) {
      for (let c = g * each, i = p * channels + c; c < (g + 1) * each; c++, i++) { sum += x[i]; square += x[i] * x[i]; }
    }
    const n = places * each, mean = sum / n, rate = 1 / Math.sqrt(square / n - mean * mean + WORD_TINY);
    for (let p = 0; p < places; p++) {
      for (let c = g * each, i = p * channels + c; c < (g + 1) * each; c++, i++) y[i] = (x[i] - mean) * rate;
    }
  }
  return y;
}

function makeLayerNormal(layer, weights) {
  const { size, weight, bias } = layer;
  return (x) => {
    const y = groupNormal1(x, size);
    for (let i = 0; i < y.length; i++) y[i] = y[i] * weights[weight + (i % size)] + weights[bias + (i % size)];
    return y;
  };
}

/** Each row by itself: mean 0, variance 1. */
function groupNormal1(x, size) {
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += size) y.set(groupNormal(x.subarray(at, at + size), size, 1), at);
  return y;
}

/**
 * Attention of P rows to the first `there` of T rows; queries [P][W], keys and values [T][W] lie at
 * `from` in rows of `stride`. Returns [P][W] and, for each row, the weights' mean over the heads [P][T].
 */
function attend(queries, places, width, heads, keys, keyFrom, valueFrom, stride, queryStride, queryFrom, there) {
  const size = width / heads, mixed = new Float32Array(places * width), weights = new Float32Array(places * there);
  const score = new Float64Array(there);
  for (let p = 0; p < places; p++) {
    for (let h = 0; h < heads; h++) {
      let most = -Infinity, sum = 0;
      for (let t = 0; t < there; t++) {
        score[t] = dot(queries, p * queryStride + queryFrom + h * size, keys, t * stride + keyFrom + h * size, size) / Math.sqrt(size);
        most = Math.max(most, score[t]);
      }
      for (let t = 0; t < there; t++) sum += score[t] = Math.exp(score[t] - most);
      for (let t = 0; t < there; t++) {
        const share = score[t] / sum, from = t * stride + valueFrom + h * size, to = p * width + h * size;
        weights[p * there + t] += share / heads;
        for (let d = 0; d < size; d++) mixed[to + d] += share * keys[from + d];
      }
    }
  }
  return { mixed, weights };
}

/** The page's own copy of the net: `read` makes words of numbers, `velocity` answers. */
function makeWordUNet(plan, bytes) {
  const weights = halfToFloat(bytes), { side, channels, width } = plan, half = side / 2;
  const rows = (layer) => makeRows(layer, weights), conv = (layer) => makeConvolution(layer, weights);
  const e = plan.encoder, size = e.width;
  const encoder = {
    first: makeLayerNormal(e.first, weights), second: makeLayerNormal(e.second, weights),
    last: makeLayerNormal(e.last, weights), mix: rows(e.mix), join: rows(e.join),
    think: e.think.map(rows),
  };
  const time = plan.time.map(rows), sentence = rows(plan.sentence);
  const makeBlock = (block) => ({
    first: conv(block.first), second: conv(block.second), modulate: rows(block.modulate),
    groups: block.groups, channels: block.first.out[0],
  });
  const parts = Object.fromEntries(["down", "bottom", "up"].map((name) => [name, plan[name].map(makeBlock)]));
  const whole = Object.fromEntries(["inward", "shrink", "grow", "join", "outward"].map((name) => [name, conv(plan[name])]));
  const looks = plan.looks.map((look) => ({
    ...look, width: look.query.out[0], query: rows(look.query), keyValue: rows(look.keyValue), out: rows(look.out),
  }));

  /** Numbers of words (without padding) -> what the net needs of the sentence. */
  function read(numbers) {
    const n = numbers.length;
    let h = new Float32Array(n * size);
    numbers.forEach((number, t) => {
      for (let c = 0; c < size; c++) {
        h[t * size + c] = weights[e.word + number * size + c] + (e.place < 0 ? 0 : weights[e.place + t * size + c]);
      }
    });
    const qkv = encoder.mix(encoder.first(h));
    const { mixed } = attend(qkv, n, size, e.heads, qkv, size, 2 * size, 3 * size, 3 * size, 0, n);
    h = plus(h, encoder.join(mixed));
    h = plus(h, encoder.think[1](siluOf(encoder.think[0](encoder.second(h)))));
    const words = encoder.last(h), mean = new Float32Array(size);
    for (let i = 0; i < words.length; i++) mean[i % size] += words[i] / n;
    return { n, mean: siluOf(sentence(mean)), told: looks.map((look) => look.keyValue(words)) };
  }

  const plus = (a, b) => Float32Array.from(a, (v, i) => v + b[i]);

  function runBlock(block, x, carried) {
    const c = block.channels, scaleShift = block.modulate(carried);
    const h = groupNormal(block.first(siluOf(x)), c, block.groups);
    for (let i = 0; i < h.length; i++) {
      const k = i % c, v = h[i] * (1 + scaleShift[k]) + scaleShift[c + k];
      h[i] = v / (1 + Math.exp(-v));
    }
    return plus(x, block.second(h));
  }

  function runLook(k, x, said, maps) {
    const look = looks[k], w = look.width, places = x.length / w;
    const q = look.query(groupNormal(x, w, look.groups));
    const { mixed, weights: shares } = attend(q, places, w, look.heads, said.told[k], 0, w, 2 * w, w, 0, said.n);
    if (maps) maps[k] = shares;
    return plus(x, look.out(mixed));
  }

  /** 2 x 2 blocks of pixels become channels, and back. */
  function shuffle(x, forth) {
    const y = new Float32Array(x.length);
    for (let r = 0, at = 0; r < side; r++) {
      for (let q = 0; q < side; q++) {
        for (let c = 0; c < channels; c++, at++) {
          const deep = ((r >> 1) * half + (q >> 1)) * 4 * channels + 4 * c + 2 * (r & 1) + (q & 1);
          if (forth) y[deep] = x[at]; else y[at] = x[deep];
        }
      }
    }
    return y;
  }

  /** The velocity [side][side][channels] at x and time t for a sentence that was read. */
  function velocity(x, t, said, maps = null) {
    const features = timeFeatures(t, plan.time[0].in[0]);
    const carried = plus(siluOf(time[1](siluOf(time[0](features)))), said.mean);
    let h = Float32Array.from(whole.inward(shuffle(x, true)));
    for (const block of parts.down) h = runBlock(block, h, carried);
    let low = Float32Array.from(whole.shrink(h));
    parts.bottom.forEach((block, k) => { low = runLook(k, runBlock(block, low, carried), said, maps); });
    const grown = whole.grow(low), both = new Float32Array(2 * h.length);
    for (let p = 0; p < half * half; p++) {
      both.set(h.subarray(p * width, (p + 1) * width), 2 * p * width);
      both.set(grown.subarray(p * width, (p + 1) * width), (2 * p + 1) * width);
    }
    h = Float32Array.from(whole.join(both));
    parts.up.forEach((block, k) => { h = runLook(parts.bottom.length + k, runBlock(block, h, carried), said, maps); });
    return shuffle(whole.outward(siluOf(h)), false);
  }

  /** One Euler step from t to s with guidance; x is changed. */
  function step(x, t, s, said, empty, guidance, maps = null) {
    const told = velocity(x, t, said, maps);
    const untold = guidance === 1 ? told : velocity(x, t, empty);
    for (let i = 0; i < x.length; i++) x[i] += (s - t) * (untold[i] + guidance * (told[i] - untold[i]));
  }

  return { read, velocity, step, side, channels, looks: looks.length };
}
