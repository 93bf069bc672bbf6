// The pipeline's arithmetic, stage by stage; used after gaussians.js, needs no page.
//
// A digit is a code of D numbers: picture = mean + code x directions, and distances between
// codes are distances between pictures, because the directions are orthonormal. `which` lists
// rows of codes; a group is one fitted Gaussian, of one class or of all.

const SHOWN = 30, PIXELS = 784, SIDE = 28; // samples, asked for as 0 1 ... 9, 0 1 ... 9, ...
const NOISE = 0.1; // spread of the noise that every density assumes on each number
const SHRINKAGE = 0.2; // of a class's covariance towards the average of all
const ROUNDS = 10, KEPT = 20; // of the feedback; samples a class that each round is fitted to
const LOG2 = Math.log(2);

function makePipework({ mean, directions, codes, labels, sizes: [D, N, M] }) {
  const FIRST = Math.min(8, D);
  const known = Array.from({ length: N }, (_, i) => i), unseen = Array.from({ length: M }, (_, i) => N + i);
  const pictures = new Float32Array((N + M) * PIXELS);
  for (let r = 0; r < N + M; r++) rebuild(codes, r * D, pictures, r * PIXELS);
  const nearestUnseen = unseen.map((r) => nearest(codes, r * D, 0).distance).sort((a, b) => a - b);
  const limit = nearestUnseen[Math.floor(0.95 * M)]; // the judge refuses beyond it
  const realSpread = withinClasses(unseen, (a, b) => gap(codes, a * D, codes, b * D, D), (r) => labels[r]);
  const fitted = new Map();
  let snow = null; // enough noise for all pixels, drawn once and begun at another place each time

  function rebuild(from, at, to, start) {
    for (let p = 0; p < PIXELS; p++) to[start + p] = mean[p];
    for (let d = 0; d < D; d++) {
      const c = from[at + d], row = d * PIXELS;
      for (let p = 0; p < PIXELS; p++) to[start + p] += c * directions[row + p];
    }
  }

  function part(from, at, row, d, stop) {
    let sum = 0;
    for (; d < stop; d++) sum += (from[at + d] - codes[row + d]) * (from[at + d] - codes[row + d]);
    return sum;
  }

  /** The training digit nearest to a code; `beside` is the squared distance out of the codes' space. */
  function nearest(from, at, beside) {
    let best = Infinity, row = 0;
    for (let r = 0; r < N; r++) {
      let sum = part(from, at, r * D, 0, FIRST); // the first directions settle most comparisons
      if (sum < best) sum += part(from, at, r * D, FIRST, D);
      if (sum < best) [best, row] = [sum, r];
    }
    return { distance: Math.sqrt(best + beside), label: labels[row] };
  }

  // Stages 1, 3 and 7: data, model, feedback -------------------------------------------------

  function chooseData(choice) {
    const names = Array.from(labels.subarray(0, N)), count = new Array(10).fill(0);
    if (choice === "no_sevens") return { which: known.filter((r) => names[r] !== 7), names };
    if (choice === "few") return { which: known.filter((r) => count[names[r]]++ < 3), names };
    if (choice === "shuffled") {
      const random = makeRandom(1);
      for (let i = N - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [names[i], names[j]] = [names[j], names[i]];
      }
    }
    return { which: known, names };
  }

  /** Rows sorted into groups: [{ label, which }]; label -1 stands for all in one. */
  function groupsOf(which, names, single) {
    if (single) return [{ label: -1, which }];
    return Array.from({ length: 10 }, (_, label) => ({ label, which: which.filter((r) => names[r] === label) }))
      .filter((group) => group.which.length > 0);
  }

  /** One Gaussian a group, each covariance shrunk towards the average. */
  function fitCodes(rows, groups) {
    const total = groups.reduce((sum, group) => sum + group.which.length, 0);
    const parts = groups.map((group) => meanAndCovariance(rows, group.which, D));
    const weights = groups.map((group) => group.which.length / total);
    const pooled = new Float64Array(D * D);
    parts.forEach(({ covariance }, g) => covariance.forEach((v, i) => { pooled[i] += weights[g] * v; }));
    return parts.map((part, g) => {
      const covariance = part.covariance.map((v, i) => (1 - SHRINKAGE) * v + SHRINKAGE * pooled[i]);
      return {
        label: groups[g].label, weight: weights[g], mean: part.mean,
        root: cholesky(covariance, D, 0.03 * NOISE), noisy: cholesky(covariance, D, NOISE),
      };
    });
  }

  function drawCode(group, temperature, random, to, start) {
    const z = Float64Array.from({ length: D }, random.normal);
    for (let i = 0; i < D; i++) {
      let sum = 0;
      for (let k = 0; k <= i; k++) sum += group.root[i * D + k] * z[k];
      to[start + i] = group.mean[i] + temperature * sum;
    }
    return z.reduce((sum, v) => sum + v * v, 0);
  }

  /** Fit again and again to what the model itself has drawn. */
  function feedBack(model, choice) {
    const random = makeRandom(2), drawn = choice === "best" ? 2 * KEPT : KEPT;
    for (let round = 0; round < ROUNDS; round++) {
      const times = model.length === 1 ? 10 : 1;
      const rows = new Float64Array(model.length * times * drawn * D);
      const groups = model.map((group, g) => {
        const all = Array.from({ length: times * drawn }, (_, i) => {
          const row = g * times * drawn + i;
          return { row, size: drawCode(group, 1, random, rows, row * D) };
        });
        all.sort((a, b) => a.size - b.size); // the surest come first
        return { label: group.label, which: all.slice(0, times * KEPT).map(({ row }) => row) };
      });
      model = fitCodes(rows, groups);
    }
    return model;
  }

  /** Mean and spread of every pixel, for each group. */
  function fitPixels(groups, feedback) {
    const total = groups.reduce((sum, group) => sum + group.which.length, 0), random = makeRandom(3);
    return groups.map(({ label, which }) => {
      const middle = new Float64Array(PIXELS), variance = new Float64Array(PIXELS);
      for (const r of which) for (let p = 0; p < PIXELS; p++) middle[p] += pictures[r * PIXELS + p] / which.length;
      for (const r of which) for (let p = 0; p < PIXELS; p++) variance[p] += (pictures[r * PIXELS + p] - middle[p]) ** 2 / which.length;
      if (feedback !== "none") refitPixels(middle, variance, feedback, random);
      return { label, weight: which.length / total, middle, variance };
    });
  }

  /** What refitting does to independent pixels: the mean wanders, the variance is drawn anew
   *  as chi-squared / KEPT (Wilson and Hilferty's cube), times what the surest half leaves. */
  function refitPixels(middle, variance, feedback, random) {
    const free = KEPT - 1, left = feedback === "best" ? 1 - 0.8 * Math.sqrt(2 / PIXELS) : 1;
    for (let p = 0; p < PIXELS; p++) {
      for (let round = 0; round < ROUNDS; round++) {
        middle[p] += Math.sqrt(variance[p] / KEPT) * random.normal();
        const cube = 1 - 2 / (9 * free) + random.normal() * Math.sqrt(2 / (9 * free));
        variance[p] *= left * (free / KEPT) * Math.max(0, cube) ** 3;
      }
    }
  }

  function fit(choices) {
    const key = [choices.data, choices.model, choices.feedback].join();
    if (!fitted.has(key)) {
      const { which, names } = chooseData(choices.data), pixelwise = choices.model === "pixelwise";
      const groups = groupsOf(which, names, choices.model === "single");
      let model = pixelwise ? fitPixels(groups, choices.feedback) : fitCodes(codes, groups);
      if (!pixelwise && choices.feedback !== "none") model = feedBack(model, choices.feedback);
      fitted.set(key, { model, which, pixelwise, surprises: {} });
    }
    return fitted.get(key);
  }

  // Stages 2, 4 and 5: preprocess, generate, post-process -------------------------------------

  /** SHOWN pictures as the model draws them, in the range and the order it was trained on. */
  function generate({ model, pixelwise }, choices, seed) {
    const random = makeRandom(1000 + seed), temperature = { cold: 0, one: 1, hot: 2 }[choices.generate];
    const out = new Float32Array(SHOWN * PIXELS), code = new Float64Array(D);
    for (let i = 0; i < SHOWN; i++) {
      const any = model[random.below(model.length)];
      const group = model.find(({ label }) => label === i % 10) || any;
      const at = i * PIXELS;
      if (pixelwise) {
        snow ??= Float32Array.from({ length: 1 << 15 }, makeRandom(5).normal);
        let next = random.below(snow.length);
        for (let p = 0; p < PIXELS; p++, next++) out[at + p] = group.middle[p] + temperature * Math.sqrt(group.variance[p]) * snow[next & 32767];
      } else {
        drawCode(group, temperature, random, code, 0);
        rebuild(code, 0, out, at);
      }
      preprocess(out.subarray(at, at + PIXELS), choices.preprocess);
    }
    return out;
  }

  /** A Gaussian fitted to changed pictures draws pictures changed in the same way. */
  function preprocess(picture, choice) {
    if (choice === "unit") picture.forEach((v, p) => { picture[p] = (v + 1) / 2; });
    if (choice !== "flip") return;
    const copy = picture.slice();
    for (let y = 0; y < SIDE; y++) picture.set(copy.subarray(y * SIDE, (y + 1) * SIDE), (SIDE - 1 - y) * SIDE);
  }

  /** To bytes; also the share of values that no byte can hold. */
  function postprocess(values, choice) {
    const bytes = new Uint8Array(values.length);
    let outside = 0;
    for (let i = 0; i < values.length; i++) {
      const v = Math.round(choice === "unscaled" ? values[i] : (values[i] + 1) * 127.5);
      if (v < 0 || v > 255) outside++;
      bytes[i] = choice === "wrap" ? ((v % 256) + 256) % 256 : Math.max(0, Math.min(255, v));
    }
    return { bytes, outside: outside / values.length };
  }

  // Stage 6: evaluate --------------------------------------------------------------------------

  /** How far `rest` [PIXELS] goes along direction d; four sums, so that additions need not queue. */
  function along(d, rest) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let p = 0, i = d * PIXELS; p < PIXELS; p += 4, i += 4) {
      s0 += directions[i] * rest[p];
      s1 += directions[i + 1] * rest[p + 1];
      s2 += directions[i + 2] * rest[p + 2];
      s3 += directions[i + 3] * rest[p + 3];
    }
    return s0 + s1 + s2 + s3;
  }

  function judge(bytes, mayRefuse) {
    const result = { digits: 0, asked: 0, distance: 0 }, code = new Float64Array(D), rest = new Float64Array(PIXELS);
    for (let i = 0; i < SHOWN; i++) {
      let beside = 0;
      for (let p = 0; p < PIXELS; p++) {
        rest[p] = bytes[i * PIXELS + p] / 127.5 - 1 - mean[p];
        beside += rest[p] ** 2;
      }
      for (let d = 0; d < D; d++) {
        code[d] = along(d, rest);
        beside -= code[d] ** 2;
      }
      const { distance, label } = nearest(code, 0, Math.max(0, beside)), accepted = !mayRefuse || distance <= limit;
      result.distance += distance / SHOWN;
      if (accepted) result.digits++;
      if (accepted && label === i % 10) result.asked++;
    }
    return result;
  }

  /** Bits a digit beyond those of the noise, mean over the rows `which`. */
  function surprise({ model, pixelwise }, which) {
    const n = pixelwise ? PIXELS : D, rows = pixelwise ? pictures : codes, random = makeRandom(4);
    const x = new Float64Array(n), floor = 0.5 * n * Math.log(2 * Math.PI * Math.E * NOISE * NOISE);
    let nats = 0;
    for (const r of which) {
      for (let i = 0; i < n; i++) x[i] = rows[r * n + i] + NOISE * random.normal();
      nats -= floor + logSumExp(model.map((group) => Math.log(group.weight) + (pixelwise
        ? logPixels(x, group) : logGaussian(x, 0, group.mean, group.noisy, D))));
    }
    return nats / LOG2 / which.length;
  }

  function logPixels(x, { middle, variance }) {
    let sum = -0.5 * PIXELS * Math.log(2 * Math.PI);
    for (let p = 0; p < PIXELS; p++) {
      const v = variance[p] + NOISE * NOISE;
      sum -= 0.5 * ((x[p] - middle[p]) ** 2 / v + Math.log(v));
    }
    return sum;
  }

  /** The samples as bytes, and the share of pixels that no byte can hold. */
  const draw = (choices, seed) => postprocess(generate(fit(choices), choices, seed), choices["post-process"]);

  /** What the evaluation says about drawn samples. */
  function measure(choices, { bytes, outside }) {
    const { surprises, which, ...fit_ } = fit(choices), seen = choices.evaluate === "seen" ? "seen" : "unseen";
    surprises[seen] ??= surprise(fit_, seen === "seen" ? which.slice(0, M) : unseen);
    const shown = Array.from({ length: SHOWN }, (_, i) => i);
    const apart = (a, b) => gap(bytes, a * PIXELS, bytes, b * PIXELS, PIXELS) / 127.5;
    const variety = withinClasses(shown, apart, (i) => i % 10) / realSpread;
    return { outside, variety, surprise: surprises[seen], ...judge(bytes, choices.evaluate !== "polite") };
  }

  return { fit, draw, measure, limit, realDistance: nearestUnseen.reduce((a, b) => a + b) / M };
}

/** Euclidean distance of a[i ...] and b[j ...], n numbers each. */
function gap(a, i, b, j, n) {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += (a[i + k] - b[j + k]) ** 2;
  return Math.sqrt(sum);
}

/** Mean distance of two items of one class, over all such pairs. */
function withinClasses(items, distance, label) {
  let sum = 0, pairs = 0;
  items.forEach((a, i) => items.slice(0, i).forEach((b) => {
    if (label(a) !== label(b)) return;
    sum += distance(a, b);
    pairs++;
  }));
  return pairs ? sum / pairs : 0;
}
