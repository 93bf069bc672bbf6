// Runs a small language model in the page, one token at a time, and shapes what it predicts.
// A matrix lies as torch keeps it, [out][in]. Nothing here knows of a page's elements.

/** The bytes of Python's export -> one Float32Array with all arrays, where net says they begin. */
function readWeights(net, buffer) {
  const bytes = new Uint8Array(buffer), view = new DataView(buffer);
  const size = net.arrays.reduce((sum, [rows, columns]) => sum + rows * columns, 0);
  const out = new Float32Array(size);
  let from = 0, to = 0;
  for (const [rows, columns, bits] of net.arrays) {
    const n = rows * columns;
    if (bits === 32) {
      for (let i = 0; i < n; i++, from += 4) out[to + i] = view.getFloat32(from, true);
    } else {
      const scales = from;
      from += 4 * rows;
      for (let i = 0; i < n; i++) {
        const at = from + 3 * (i >> 1);
        const whole = i & 1 ? (bytes[at + 1] >> 4) | (bytes[at + 2] << 4) : bytes[at] | ((bytes[at + 1] & 15) << 8);
        out[to + i] = view.getFloat32(scales + 4 * Math.floor(i / columns), true) * (whole - 2048);
      }
      from += 3 * Math.ceil(n / 2);
    }
    to += n;
  }
  return out;
}

/** y = W x + b for one dense layer; `counter` is told the multiplications. */
function makeDense(weights, { weight, bias }, outputs, inputs, counter) {
  const w = weights.subarray(weight, weight + outputs * inputs);
  const b = bias < 0 ? null : weights.subarray(bias, bias + outputs);
  return (x, at, y) => {
    for (let o = 0, i = 0; o < outputs; o++, i += inputs) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, k = 0;
      for (; k + 4 <= inputs; k += 4) {
        s0 += w[i + k] * x[at + k];
        s1 += w[i + k + 1] * x[at + k + 1];
        s2 += w[i + k + 2] * x[at + k + 2];
        s3 += w[i + k + 3] * x[at + k + 3];
      }
      for (; k < inputs; k++) s0 += w[i + k] * x[at + k];
      y[o] = s0 + s1 + s2 + s3 + (b ? b[o] : 0);
    }
    counter.multiplications += outputs * inputs;
    return y;
  };
}

/** Layer norm over x[0 .. size). */
function makeNorm(weights, { weight, bias }, size, eps) {
  return (x, y) => {
    let mean = 0, variance = 0;
    for (let i = 0; i < size; i++) mean += x[i];
    mean /= size;
    for (let i = 0; i < size; i++) variance += (x[i] - mean) ** 2;
    const scale = 1 / Math.sqrt(variance / size + eps);
    for (let i = 0; i < size; i++) y[i] = (x[i] - mean) * scale * weights[weight + i] + (bias < 0 ? 0 : weights[bias + i]);
    return y;
  };
}

const gelu = (v) => 0.5 * v * (1 + Math.tanh(0.7978845608028654 * (v + 0.044715 * v * v * v)));
const logistic = (v) => 1 / (1 + Math.exp(-v));

/** Turn the pairs (i, i + D / 2) of each head's features by the angle of a place: rotary positions. */
function turn(x, heads, size, place) {
  for (let i = 0; i < size / 2; i++) {
    const angle = place * 10000 ** ((-2 * i) / size), cos = Math.cos(angle), sin = Math.sin(angle);
    for (let at = i; at < heads * size; at += size) {
      const a = x[at], b = x[at + size / 2];
      x[at] = a * cos - b * sin;
      x[at + size / 2] = a * sin + b * cos;
    }
  }
}

/**
 * A GPT with its cache. `step` reads one token (-1 is the start); `rewind(n)` forgets all places but
 * the first n; `logits()` is the prediction after the last place; `looks(l, t)` are the weights with
 * which place t of layer l looks at places 0 .. t, head after head.
 */
function makeGPT(net, weights, counter) {
  const { width: C, heads: H, context, vocabulary: V } = net, D = C / H, rotary = net.positions === "rotary";
  const dense = (layer, outputs, inputs) => makeDense(weights, layer, outputs, inputs, counter);
  const blocks = net.blocks.map((b) => ({
    norm1: makeNorm(weights, b.ln_1, C, net.eps), ask: dense(b.c_attn, 3 * C, C), mix: dense(b.c_proj, C, C),
    norm2: makeNorm(weights, b.ln_2, C, net.eps), widen: dense(b.fc, 4 * C, C), narrow: dense(b.proj, C, 4 * C),
    keys: new Float32Array(context * C), values: new Float32Array(context * C), looks: [],
  }));
  const norm = makeNorm(weights, net.ln_f, C, net.eps), head = dense(net.head, V, C);
  const x = new Float32Array(C), n = new Float32Array(C), y = new Float32Array(C), mixed = new Float32Array(C);
  const qkv = new Float32Array(3 * C), wide = new Float32Array(4 * C), out = new Float32Array(V);
  const streams = new Float32Array(context * C); // the stream after the last block, of each place
  let length = 0;

  function attend(block, t) {
    const q = qkv.subarray(0, C), k = qkv.subarray(C, 2 * C), rows = new Float32Array(H * (t + 1));
    if (rotary) [q, k].forEach((part) => turn(part, H, D, t));
    block.keys.set(k, t * C);
    block.values.set(qkv.subarray(2 * C), t * C);
    mixed.fill(0);
    for (let h = 0; h < H; h++) {
      const row = rows.subarray(h * (t + 1), (h + 1) * (t + 1)), from = h * D;
      let largest = -Infinity, sum = 0;
      for (let s = 0; s <= t; s++) {
        let score = 0;
        for (let i = 0; i < D; i++) score += q[from + i] * block.keys[s * C + from + i];
        row[s] = score / Math.sqrt(D);
        largest = Math.max(largest, row[s]);
      }
      for (let s = 0; s <= t; s++) sum += row[s] = Math.exp(row[s] - largest);
      for (let s = 0; s <= t; s++) {
        const w = row[s] /= sum;
        for (let i = 0; i < D; i++) mixed[from + i] += w * block.values[s * C + from + i];
      }
    }
    counter.multiplications += 2 * (t + 1) * C;
    block.looks[t] = rows;
  }

  function step(token) {
    const t = length, from = token < 0 ? net.start : net.wte + token * C;
    for (let i = 0; i < C; i++) x[i] = weights[from + i];
    if (net.positions === "learnt") for (let i = 0; i < C; i++) x[i] += weights[net.wpe + t * C + i];
    if (net.positions === "sinusoidal") {
      for (let i = 0; i < C; i += 2) {
        const angle = t * 10000 ** (-i / C);
        x[i] += Math.sin(angle);
        x[i + 1] += Math.cos(angle);
      }
    }
    for (const block of blocks) {
      block.ask(block.norm1(x, n), 0, qkv);
      attend(block, t);
      block.mix(mixed, 0, y);
      for (let i = 0; i < C; i++) x[i] += y[i];
      block.widen(block.norm2(x, n), 0, wide);
      for (let i = 0; i < 4 * C; i++) wide[i] = gelu(wide[i]);
      block.narrow(wide, 0, y);
      for (let i = 0; i < C; i++) x[i] += y[i];
    }
    streams.set(x, t * C);
    length++;
  }

  return {
    step,
    rewind(places) { length = Math.min(length, places); },
    logits: () => head(norm(streams.subarray((length - 1) * C, length * C), n), 0, out),
    looks: (layer, t) => blocks[layer].looks[t],
    length: () => length,
  };
}

/** The gates' arithmetic: from what input and state say to a new state [h] (and c of an LSTM). */
const CELLS = {
  rnn: { gates: 1, mix(a, b, h, c, C) { for (let i = 0; i < C; i++) h[i] = Math.tanh(a[i] + b[i]); } },
  gru: {
    gates: 3,
    mix(a, b, h, c, C) {
      for (let i = 0; i < C; i++) {
        const reset = logistic(a[i] + b[i]), keep = logistic(a[C + i] + b[C + i]);
        h[i] = (1 - keep) * Math.tanh(a[2 * C + i] + reset * b[2 * C + i]) + keep * h[i];
      }
    },
  },
  lstm: {
    gates: 4,
    mix(a, b, h, c, C) {
      for (let i = 0; i < C; i++) {
        const gate = (k) => a[k * C + i] + b[k * C + i];
        c[i] = logistic(gate(1)) * c[i] + logistic(gate(0)) * Math.tanh(gate(2));
        h[i] = logistic(gate(3)) * Math.tanh(c[i]);
      }
    },
  },
};

/** A recurrent network with the same verbs; its state after each place is kept, for `rewind`. */
function makeRNN(net, weights, counter) {
  const { width: C, vocabulary: V } = net, { gates, mix } = CELLS[net.cell], size = 2 * C * net.layers.length;
  const layers = net.layers.map((layer) => ({
    input: makeDense(weights, layer.input, gates * C, C, counter),
    state: makeDense(weights, layer.state, gates * C, C, counter),
  }));
  const head = makeDense(weights, net.head, V, C, counter), out = new Float32Array(V);
  const a = new Float32Array(gates * C), b = new Float32Array(gates * C), states = [new Float32Array(size)];
  return {
    step(token) {
      const state = states.at(-1).slice(); // [layer][h, c][C]
      let x = weights, at = token < 0 ? net.start : net.wte + token * C;
      layers.forEach((layer, l) => {
        const h = state.subarray(2 * l * C, (2 * l + 1) * C), c = state.subarray((2 * l + 1) * C, 2 * (l + 1) * C);
        layer.input(x, at, a);
        layer.state(h, 0, b);
        mix(a, b, h, c, C);
        [x, at] = [h, 0];
      });
      states.push(state);
    },
    rewind(places) { states.length = Math.min(states.length, places + 1); },
    logits: () => head(states.at(-1), size - 2 * C, out),
    length: () => states.length - 1,
  };
}

/**
 * Reads texts with as little work as the cache allows. `sync(ids, ms)` goes on for so many
 * milliseconds and says whether the whole text is read; `logits()` then predicts what follows.
 */
function makeReader(net, weights) {
  const counter = { multiplications: 0 };
  const network = net.kind === "gpt" ? makeGPT(net, weights, counter) : makeRNN(net, weights, counter);
  const room = net.kind === "gpt" ? net.context - 1 : Infinity; // the start has a place, too
  let read = []; // the start (-1) and the tokens read
  const windowOf = (ids) => ids.slice(Math.max(0, ids.length - room));
  function sync(ids, ms = Infinity) {
    const wanted = [-1, ...windowOf(ids)], until = performance.now() + ms;
    let same = 0;
    while (same < read.length && same < wanted.length && read[same] === wanted[same]) same++;
    network.rewind(same);
    read.length = same;
    while (read.length < wanted.length) {
      network.step(wanted[read.length]);
      read.push(wanted[read.length]);
      if (performance.now() >= until) break;
    }
    return read.length === wanted.length;
  }
  return {
    sync, windowOf, counter, logits: network.logits, looks: network.looks,
    places: () => read.length,
    forget() { network.rewind(0); read = []; },
  };
}

/** Multiplications for the logits after `places` places (the start counted): with the cache, and anew. */
function multiplications(net, places) {
  const C = net.width, L = net.blocks.length, head = net.vocabulary * C;
  const last = L * (12 * C * C + 2 * places * C) + head;
  return { cached: last, anew: L * (12 * C * C * places + places * (places + 1) * C) + head };
}

/** Ids from the likeliest to the least likely; of equal ones the first comes first. */
function ranked(logits) {
  return Uint32Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
}

/**
 * Probabilities by rank: temperature, then top-k, then nucleus, as models' generate() does.
 * Temperature 0, and nucleus 0, leave the likeliest token alone; topK 0 keeps all.
 */
function shapedBy(logits, order, { temperature = 1, topK = 0, topP = 1 }) {
  const p = new Float64Array(order.length), last = topK ? Math.min(topK, order.length) : order.length;
  let sum = 0, kept = 0, before = 0;
  if (temperature === 0) {
    p[0] = 1;
    return { p, kept: 1 };
  }
  for (let r = 0; r < last; r++) sum += p[r] = Math.exp((logits[order[r]] - logits[order[0]]) / temperature);
  while (kept < last && (kept === 0 || topP === 1 || before / sum < topP)) before += p[kept++];
  p.fill(0, kept);
  for (let r = 0; r < kept; r++) p[r] /= before;
  return { p, kept: p.findLastIndex((v) => v > 0) + 1 };
}

/** Bits of a distribution. */
const entropy = (p) => p.reduce((sum, v) => (v > 0 ? sum - v * Math.log2(v) : sum), 0);

/** The rank that a number in [0, 1) falls on. */
function drawnRank(p, u) {
  let sum = 0, last = 0;
  for (let r = 0; r < p.length; r++) {
    if (p[r] > 0) last = r;
    sum += p[r];
    if (u < sum) return r;
  }
  return last;
}

/** Number `k` of a repeatable row of numbers in [0, 1) (mulberry32). */
function luck(seed, k) {
  let t = (Math.imul(seed + 1, 0x9e3779b1) + Math.imul(k + 1, 0x6d2b79f5)) | 0;
  t = Math.imul(t ^ (t >>> 15), 1 | t);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
