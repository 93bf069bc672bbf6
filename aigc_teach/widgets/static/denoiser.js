// A small denoiser of points and the samplers that ask it, as nn/unet.py (DenoisingMLP) and
// models/samplers.py have them. Used after network.js and timed.js. Points lie as [n][D].

/** The page's own copy of the net: answer(x, time in (0, 1], labels); label K means "none". */
function makeDenoiser(plan, bytes) {
  const weights = halfToFloat(bytes), rows = (layer) => makeRows(layer, weights);
  const time = plan.time.map(rows), inward = rows(plan.inward), outward = rows(plan.outward);
  const blocks = plan.blocks.map(({ layer, modulate }) => ({ layer: rows(layer), modulate: rows(modulate) }));
  const width = plan.inward.out[0], size = plan.time[0].in[0];

  /** What each block scales and shifts by at this time, for one label. */
  function told(features, label) {
    const from = plan.label < 0 ? -1 : plan.label + label * size;
    const carried = siluOf(from < 0 ? features : features.map((v, i) => v + weights[from + i]));
    return blocks.map((block) => block.modulate(carried));
  }

  function answer(x, t, labels) {
    const features = time[1](siluOf(time[0](timeFeatures(t, size)))), n = x.length / plan.inward.in[0];
    const known = new Map(labels.map((label) => [label, null]));
    for (const label of known.keys()) known.set(label, told(features, label));
    const h = inward(x);
    blocks.forEach((block, b) => {
      const bent = new Float32Array(h.length);
      for (let i = 0, k = 0; i < n; i++) {
        const by = known.get(labels[i])[b];
        for (let c = 0; c < width; c++, k++) {
          const v = h[k] * (1 + by[c]) + by[width + c];
          bent[k] = v / (1 + Math.exp(-v));
        }
      }
      const more = block.layer(bent);
      for (let k = 0; k < h.length; k++) h[k] += more[k];
    });
    return outward(siluOf(h));
  }

  /** The guided answer: without the label, plus `guidance` times the difference that it makes. */
  function guided(x, t, labels, guidance) {
    const none = labels.map(() => plan.classes);
    if (guidance === 0 || !plan.classes) return answer(x, t, none);
    if (guidance === 1) return answer(x, t, labels);
    const withLabel = answer(x, t, labels), without = answer(x, t, none);
    return without.map((v, i) => v + guidance * (withLabel[i] - v));
  }

  return { guided, classes: plan.classes };
}

/** Data and noise out of a net's answer of any kind: losses.diffusion.estimate. */
function noiseEstimate(target, output, x, abar) {
  const signal = Math.sqrt(abar), noise = Math.sqrt(1 - abar), by = (f) => x.map((v, i) => f(v, output[i]));
  if (target === "eps") return { x0: by((v, o) => (v - noise * o) / signal), eps: output };
  if (target === "x0") return { x0: output, eps: by((v, o) => (v - signal * o) / noise) };
  return { x0: by((v, o) => signal * v - noise * o), eps: by((v, o) => noise * v + signal * o) };
}

/** `steps` + 1 whole times from T down to 0; a half is rounded to the even number, as in Python. */
function evenTimes(T, steps) {
  const nearest = (v) => (v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
  return Array.from({ length: steps + 1 }, (_, k) => nearest((T * (steps - k)) / steps));
}

const mixedAnew = (x0, eps, abar) => x0.map((v, i) => Math.sqrt(abar) * v + Math.sqrt(1 - abar) * eps[i]);

/**
 * One step of a sampler from time t to s: { x, x0 }, the points and what the net took for the data.
 * `ask(x, t)` gives { x0, eps }; `normal()` draws the noise of DDPM, one number after another.
 */
function samplerStep(kind, ask, x, t, s, abar, normal) {
  const first = ask(x, t);
  if (kind === "ddpm") {
    const alpha = abar[t] / abar[s], share = (1 - abar[s]) / (1 - abar[t]);
    const fromX0 = (Math.sqrt(abar[s]) * (1 - alpha)) / (1 - abar[t]), fromX = Math.sqrt(alpha) * share;
    const spread = s > 0 ? Math.sqrt(share * (1 - alpha)) : 0;
    return { x: x.map((v, i) => fromX0 * first.x0[i] + fromX * v + (spread ? spread * normal() : 0)), x0: first.x0 };
  }
  const tried = mixedAnew(first.x0, first.eps, abar[s]);
  if (kind === "ddim" || s === 0) return { x: tried, x0: first.x0 };
  const second = ask(tried, s).x0, mean = first.x0.map((v, i) => (v + second[i]) / 2); // Heun
  const eps = x.map((v, i) => (v - Math.sqrt(abar[t]) * mean[i]) / Math.sqrt(1 - abar[t]));
  return { x: mixedAnew(mean, eps, abar[s]), x0: mean };
}
