// The failing game's arithmetic: a critic that can be penalised, normalised, clipped or shown
// its whole batch; the targets; one turn; what is measured. Used after core.js and dense.js.
// Nothing here touches the page.

const H = 32, HEAD = H * 3 + H * (H + 1); // hidden width; where the last layer's weights begin
const CRITIC_SIZE = HEAD + H + 2; // w3 [H], its bias, the weight of the minibatch statistic
const MAKER = [2, H, H, 2]; // the generator
const TINY = 1e-8, SPREAD = 0.08, PROBE = 400, ROWS = 400;

/** Repeatable centres of the targets, [x, y] each. */
const CENTRES = {
  ring: Array.from({ length: 8 }, (_, k) => [2 * Math.cos((k * Math.PI) / 4), 2 * Math.sin((k * Math.PI) / 4)]),
  grid: Array.from({ length: 25 }, (_, k) => [Math.floor(k / 5) - 2, (k % 5) - 2]),
  clusters: [[-1.5, 0], [1.5, 0]],
};

/** What each failure and each cure does to the plain game. */
const PLAIN = {
  critic: 2e-3, generator: 2e-3, beta: 0.5, turns: 1, head: 0, latent: 2, loss: "non_saturating",
  penalty: "", weight: 0, spectral: false, statistic: false, clip: 0,
};
const FAILURES = {
  none: {}, ratio: { critic: 2.5e-4 }, beta: { beta: 0.9 }, saturating: { loss: "saturating" },
  strong: { head: 400, loss: "saturating" }, latent: { latent: 1 },
};
const CURES = {
  none: {}, ttur: { critic: 2e-3, generator: 5e-4 }, r1: { penalty: "r1", weight: 0.1 },
  gradient: { loss: "wasserstein", penalty: "gradient", weight: 0.1 },
  spectral: { spectral: true }, hinge: { loss: "hinge" }, statistic: { statistic: true },
  clip: { loss: "wasserstein", clip: 0.1 },
};
const settings = (failure, cure) => ({ ...PLAIN, ...FAILURES[failure], ...CURES[cure] });

/** One item's part of the critic's loss, and its derivative by the logit. */
function criticPays(t, real, kind) {
  const s = real ? -1 : 1; // the critic wants s * t small
  if (kind === "wasserstein") return [s * t, s];
  if (kind === "hinge") return 1 + s * t > 0 ? [1 + s * t, s] : [0, 0];
  return [softplus(s * t), s * sigmoid(s * t)];
}
const makerPays = (t, kind) =>
  kind === "hinge" || kind === "wasserstein" ? [-t, -1] : [generatorPays(t, kind), generatorSlope(t, kind)];

/** A critic 2-32-32-1 whose weights may be divided by their largest singular values. */
function makeJudge(raw) {
  const used = new Float32Array(raw.length); // what the layers use: raw, or raw over its norm
  const gradient = new Float64Array(raw.length);
  const body = makeDense([2, H, H], used.subarray(0, HEAD));
  const shapes = [[0, H, 2], [3 * H, H, H], [HEAD, 1, H]]; // [start, outputs, inputs]
  const pairs = shapes.map(([, o, i]) => ({ u: new Float64Array(o), v: new Float64Array(i).fill(1), sigma: 1 }));
  const spread = new Float64Array(H), mean = new Float64Array(H);
  let room = 0, z = null, h = null, known = null;

  const unit = (vector) => {
    const size = Math.hypot(...vector) || 1;
    vector.forEach((x, i) => { vector[i] = x / size; });
  };
  /** One round of the power iteration (Miyato et al. 2018, algorithm 1). */
  function iterate() {
    shapes.forEach(([at, o, i], k) => {
      const { u, v } = pairs[k];
      for (let r = 0; r < o; r++) { u[r] = 0; for (let c = 0; c < i; c++) u[r] += raw[at + r * i + c] * v[c]; }
      unit(u);
      v.fill(0);
      for (let r = 0; r < o; r++) for (let c = 0; c < i; c++) v[c] += raw[at + r * i + c] * u[r];
      unit(v);
      let sigma = 0;
      for (let r = 0; r < o; r++) for (let c = 0; c < i; c++) sigma += u[r] * raw[at + r * i + c] * v[c];
      pairs[k].sigma = sigma || 1;
    });
  }
  /** Fill the weights in use, after every change of the raw ones. */
  function prepare(how, rounds = 1) {
    used.set(raw);
    known = how;
    if (!how.spectral) return;
    for (let k = 0; k < rounds; k++) iterate();
    shapes.forEach(([at, o, i], k) => { for (let w = at; w < at + o * i; w++) used[w] /= pairs[k].sigma; });
  }

  /** Points [n, 2] -> logits [n]. */
  function forward(points, n) {
    if (n > room) { room = n; z = new Float64Array(n * H); h = new Float64Array(n * H); }
    z.set(body.forward(points, n).subarray(0, n * H));
    const logits = new Float64Array(n);
    for (let k = 0; k < n * H; k++) h[k] = z[k] < 0 ? LEAK * z[k] : z[k];
    const look = known.statistic ? used[HEAD + H + 1] * statistic(n) : 0;
    for (let i = 0; i < n; i++) {
      let sum = used[HEAD + H] + look;
      for (let k = 0, f = i * H; k < H; k++, f++) sum += used[HEAD + k] * h[f];
      logits[i] = sum;
    }
    return logits;
  }
  /** How much the batch varies: the standard deviation of each feature, averaged. */
  function statistic(n) {
    mean.fill(0);
    spread.fill(0);
    for (let i = 0; i < n; i++) for (let k = 0; k < H; k++) mean[k] += h[i * H + k] / n;
    for (let i = 0; i < n; i++) for (let k = 0; k < H; k++) spread[k] += (h[i * H + k] - mean[k]) ** 2 / n;
    let sum = 0;
    for (let k = 0; k < H; k++) sum += (spread[k] = Math.sqrt(spread[k] + TINY)) / H;
    return sum;
  }
  /** From derivatives by the logits of the last forward pass to those by weights and points. */
  function backward(slopes, n, learning = true) {
    const down = new Float64Array(n * H);
    let total = 0;
    for (let i = 0; i < n; i++) total += slopes[i];
    const byLook = known.statistic ? total * used[HEAD + H + 1] : 0;
    if (learning && known.statistic) gradient[HEAD + H + 1] += total * spread.reduce((sum, s) => sum + s / H, 0);
    if (learning) gradient[HEAD + H] += total;
    for (let i = 0; i < n; i++) {
      for (let k = 0, f = i * H; k < H; k++, f++) {
        if (learning) gradient[HEAD + k] += slopes[i] * h[f];
        const g = slopes[i] * used[HEAD + k] + (byLook ? (byLook * (h[f] - mean[k])) / (H * n * spread[k]) : 0);
        down[f] = z[f] < 0 ? LEAK * g : g;
      }
    }
    return body.backward(down, n, learning);
  }

  /**
   * A penalty on the slope at points [n, 2]: R1, or the gradient penalty. The critic is
   * piecewise linear, so its slope is W1' D1 W2' D2 w3 with D diagonal and constant; the
   * derivative of q . slope by the weights needs one chain forwards and one backwards.
   */
  function penalty(points, n, kind, weight) {
    forward(points, n);
    const ones = new Float64Array(n).fill(1), slope = backward(ones, n, false);
    const first = firstLayer(points, n), q = [0, 0], a1 = new Float64Array(H), a2 = new Float64Array(H), e2 = new Float64Array(H);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const gx = slope[2 * i], gy = slope[2 * i + 1], size = Math.hypot(gx, gy);
      const off = kind === "r1" ? 1 : (size - 1) / Math.max(size, 1e-12);
      sum += (kind === "r1" ? size ** 2 : (size - 1) ** 2) / n;
      q[0] = (2 * weight * off * gx) / n;
      q[1] = (2 * weight * off * gy) / n;
      for (let k = 0; k < H; k++) a1[k] = (used[2 * k] * q[0] + used[2 * k + 1] * q[1]) * (first[i * H + k] < 0 ? LEAK : 1);
      for (let o = 0, w = 3 * H; o < H; o++) {
        const bend = z[i * H + o] < 0 ? LEAK : 1;
        a2[o] = 0;
        e2[o] = bend * used[HEAD + o];
        for (let k = 0; k < H; k++, w++) { a2[o] += used[w] * a1[k]; gradient[w] += e2[o] * a1[k]; }
        gradient[HEAD + o] += bend * a2[o];
      }
      for (let k = 0; k < H; k++) {
        let e1 = 0;
        for (let o = 0; o < H; o++) e1 += used[3 * H + o * H + k] * e2[o];
        if (first[i * H + k] < 0) e1 *= LEAK;
        gradient[2 * k] += e1 * q[0];
        gradient[2 * k + 1] += e1 * q[1];
      }
    }
    return sum;
  }
  function firstLayer(points, n) {
    const out = new Float64Array(n * H);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < H; k++) out[i * H + k] = used[2 * k] * points[2 * i] + used[2 * k + 1] * points[2 * i + 1] + used[2 * H + k];
    }
    return out;
  }

  /** The derivatives by the raw weights, u and v held constant; clears what was collected. */
  function collect() {
    const out = Float64Array.from(gradient);
    for (let w = 0; w < HEAD; w++) out[w] += body.gradient[w];
    gradient.fill(0);
    body.gradient.fill(0);
    if (!known.spectral) return out;
    shapes.forEach(([at, o, i], k) => {
      const { u, v, sigma } = pairs[k];
      let along = 0;
      for (let w = at; w < at + o * i; w++) along += out[w] * used[w];
      for (let r = 0; r < o; r++) for (let c = 0; c < i; c++) out[at + r * i + c] = (out[at + r * i + c] - along * u[r] * v[c]) / sigma;
    });
    return out;
  }
  return { raw, used, pairs, prepare, forward, backward, penalty, collect };
}

/** Both players, the target and the record; nothing of the page. */
function makeFailing({ seed, target, failure, cure }) {
  const random = makeRandom(seed);
  const raw = new Float32Array(CRITIC_SIZE);
  raw.set(drawWeights([2, H, H, 1], random));
  raw[CRITIC_SIZE - 1] = (2 * random.uniform() - 1) / Math.sqrt(H + 1);
  const judge = makeJudge(raw), maker = makeDense(MAKER, drawWeights(MAKER, random));
  const moments = { critic: new Float32Array(2 * CRITIC_SIZE + 1), maker: new Float32Array(2 * maker.weights.length + 1) };
  const centres = CENTRES[target], probe = makeRandom(seed + 1);
  const probeNoise = Float64Array.from({ length: 2 * PROBE }, () => probe.normal());
  const game = { judge, maker, moments, steps: 0, turns: 0, record: [], how: settings(failure, cure), critic: 0, generator: 0, norm: 0 };

  game.setCure = (next) => { game.how = settings(failure, next); judge.prepare(game.how, 15); };
  game.noise = (n) => {
    const out = new Float64Array(2 * n);
    for (let i = 0; i < 2 * n; i++) out[i] = i % 2 && game.how.latent === 1 ? 0 : random.normal();
    return out;
  };
  game.real = (n, source = random) => {
    const out = new Float64Array(2 * n);
    for (let i = 0; i < 2 * n; i += 2) {
      const [x, y] = centres[Math.floor(source.uniform() * centres.length)];
      out[i] = x + SPREAD * source.normal();
      out[i + 1] = y + SPREAD * source.normal();
    }
    return out;
  };
  const make = (noise, n) => Float64Array.from(maker.forward(noise, n).subarray(0, 2 * n));
  /** The critic's loss, and its gradient by the raw weights. `shares` place the penalty. */
  game.criticGradient = (real, fake, shares) => {
    const { how } = game, n = real.length / 2;
    let loss = 0;
    [real, fake].forEach((points, k) => {
      const slopes = Float64Array.from(judge.forward(points, n), (t) => {
        const [pays, slope] = criticPays(t, k === 0, how.loss);
        loss += pays / n;
        return slope / n;
      });
      judge.backward(slopes, n);
    });
    if (how.penalty) {
      const at = how.penalty === "r1" ? real : fake.map((f, i) => f + shares[i >> 1] * (real[i] - f));
      loss += how.weight * judge.penalty(at, n, how.penalty, how.weight);
    }
    return { loss, gradient: judge.collect() };
  };
  game.makerGradient = (noise) => {
    const n = noise.length / 2;
    let loss = 0;
    const slopes = Float64Array.from(judge.forward(maker.forward(noise, n), n), (t) => {
      const [pays, slope] = makerPays(t, game.how.loss);
      loss += pays / n;
      return slope / n;
    });
    maker.backward(judge.backward(slopes, n, false), n);
    return loss;
  };
  function criticTurn() {
    const { how } = game;
    judge.prepare(how);
    const shares = how.penalty === "gradient" ? Float64Array.from({ length: BATCH }, () => random.uniform()) : null;
    const { loss, gradient } = game.criticGradient(game.real(BATCH), make(game.noise(BATCH), BATCH), shares);
    game.critic += (loss - game.critic) * (game.steps ? 0.05 : 1);
    adamStep({ weights: raw, gradient }, moments.critic, how.critic, [how.beta, 0.99]);
    if (how.clip) raw.forEach((w, i) => { raw[i] = Math.max(-how.clip, Math.min(how.clip, w)); });
  }
  function makerTurn() {
    judge.prepare(game.how);
    const loss = game.makerGradient(game.noise(BATCH)), share = game.steps ? 0.05 : 1;
    let square = 0;
    for (let i = 0; i < maker.gradient.length; i++) square += maker.gradient[i] ** 2;
    game.generator += (loss - game.generator) * share; // running means: one batch tells little
    game.norm += (Math.sqrt(square) - game.norm) * share;
    adamStep(maker, moments.maker, game.how.generator, [game.how.beta, 0.99]);
    game.steps++;
  }
  /** One player's turn: the critic's, or after enough of those the generator's (true). */
  game.turn = () => {
    const last = game.turns >= (game.steps ? game.how.turns : Math.max(game.how.turns, game.how.head));
    (last ? makerTurn : criticTurn)();
    return (game.turns = last ? 0 : game.turns + 1) === 0;
  };
  game.step = () => { while (!game.turn()); };

  /** Which modes are covered (a fifth of their share within 3 sigma), and the good share. */
  game.measure = () => {
    game.fake = make(probeNoise.map((v, i) => (i % 2 && game.how.latent === 1 ? 0 : v)), PROBE);
    const counts = centres.map(() => 0);
    for (let i = 0; i < 2 * PROBE; i += 2) {
      const hit = centres.findIndex(([x, y]) => Math.hypot(game.fake[i] - x, game.fake[i + 1] - y) < 3 * SPREAD);
      if (hit >= 0) counts[hit]++;
    }
    game.covered = counts.map((c) => c >= (0.2 * PROBE) / centres.length);
    game.modes = game.covered.filter(Boolean).length;
    game.good = counts.reduce((a, b) => a + b, 0) / PROBE;
  };
  game.note = () => {
    game.record.push([game.steps, game.modes, game.good, game.norm]);
    if (game.record.length > ROWS) game.record = game.record.filter((_, i) => i % 2 === 0 || i === ROWS);
  };
  game.finite = () => Number.isFinite(game.critic) && game.fake.every(Number.isFinite);

  const parts = () => [raw, maker.weights, moments.critic, moments.maker];
  game.save = () => Float32Array.of(random.state >>> 16, random.state & 0xffff, game.steps, game.critic,
    game.generator, game.norm, ...parts().flatMap((part) => [...part]), ...game.record.flat());
  game.load = (kept) => {
    if (kept.length < 6 + parts().reduce((sum, part) => sum + part.length, 0)) return;
    random.state = (kept[0] * 65536 + kept[1]) >>> 0;
    [game.steps, game.critic, game.generator, game.norm] = kept.slice(2, 6);
    let at = 6;
    for (const part of parts()) { part.set(kept.subarray(at, at + part.length)); at += part.length; }
    for (; at + 4 <= kept.length; at += 4) game.record.push([...kept.subarray(at, at + 4)]);
    judge.prepare(game.how, 15);
  };
  judge.prepare(game.how, 15);
  game.centres = centres;
  return game;
}
