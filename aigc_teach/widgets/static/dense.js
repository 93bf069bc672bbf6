// A small dense network in plain JavaScript: forward, backward, Adam; and the two players of
// the adversarial game made of it. Used after core.js. Nothing here touches the page.

const LEAK = 0.2; // slope of the hidden layers' LeakyReLU below zero

/** Repeatable random numbers (mulberry32); `state` can be kept and given back. */
function makeRandom(seed) {
  const random = { state: seed >>> 0 };
  random.uniform = () => {
    random.state = (random.state + 0x6d2b79f5) >>> 0;
    let t = random.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  random.normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  return random;
}

/** How many weights and biases a chain of layers has. */
const countWeights = (sizes) => sizes.slice(1).reduce((sum, out, i) => sum + out * (sizes[i] + 1), 0);

/** Weights as PyTorch draws them, times `gain`: uniform within 1 / sqrt(inputs); biases too. */
function drawWeights(sizes, random, gain = 1) {
  const weights = new Float32Array(countWeights(sizes));
  let at = 0;
  for (let i = 0; i + 1 < sizes.length; i++) {
    const reach = gain / Math.sqrt(sizes[i]);
    for (let k = 0; k < sizes[i + 1] * (sizes[i] + 1); k++) weights[at++] = (2 * random.uniform() - 1) * reach;
  }
  return weights;
}

/**
 * A network of `sizes`, LeakyReLU between its layers. `weights` lie as torch's parameters() do:
 * for each layer the matrix [out, in], then the bias [out].
 */
function makeDense(sizes, weights) {
  const gradient = new Float64Array(weights.length);
  const last = sizes.length - 1;
  let values = [], slopes = [], room = -1;

  function makeRoom(n) {
    if (n <= room) return;
    room = n;
    values = sizes.map((size) => new Float64Array(n * size));
    slopes = sizes.map((size) => new Float64Array(n * size));
  }

  /** Inputs [n, in] -> outputs [n, out]; the outputs are overwritten by the next call. */
  function forward(inputs, n) {
    makeRoom(n);
    values[0].set(inputs.length === n * sizes[0] ? inputs : inputs.subarray(0, n * sizes[0]));
    for (let layer = 0, at = 0; layer < last; layer++) {
      const size = sizes[layer], out = sizes[layer + 1], bias = at + size * out;
      const from = values[layer], to = values[layer + 1], bend = layer + 1 < last;
      for (let i = 0; i < n; i++) {
        for (let o = 0, w = at; o < out; o++) {
          let sum = weights[bias + o];
          for (let k = i * size, end = k + size; k < end; k++, w++) sum += weights[w] * from[k];
          to[i * out + o] = bend && sum < 0 ? LEAK * sum : sum;
        }
      }
      at = bias + out;
    }
    return values[last];
  }

  /**
   * From the derivatives by the outputs [n, out] of the last forward pass: adds up the
   * derivatives by the weights in `gradient` (unless told not to), returns those by the inputs.
   */
  function backward(byOutput, n, learning = true) {
    slopes[last].set(byOutput.subarray(0, n * sizes[last]));
    for (let layer = last - 1, at = weights.length; layer >= 0; layer--) {
      const size = sizes[layer], out = sizes[layer + 1], bias = at - out;
      at = bias - size * out;
      const from = values[layer], down = slopes[layer], up = slopes[layer + 1];
      down.fill(0, 0, n * size);
      for (let i = 0; i < n; i++) {
        for (let o = 0; o < out; o++) {
          const g = up[i * out + o];
          if (g === 0) continue;
          if (learning) gradient[bias + o] += g;
          for (let k = 0, w = at + o * size, f = i * size; k < size; k++, w++, f++) {
            if (learning) gradient[w] += g * from[f];
            down[f] += g * weights[w];
          }
        }
      }
      // the sign of a value is the sign of what it was before the bend
      if (layer > 0) for (let k = 0; k < n * size; k++) if (from[k] < 0) down[k] *= LEAK;
    }
    return slopes[0];
  }

  return { sizes, weights, gradient, forward, backward };
}

/** Adam (Kingma & Ba 2015, algorithm 1). `moments` is [2 * weights + 1]: m, v, and t. */
function adamStep(network, moments, rate, [b1, b2] = [0.5, 0.99]) {
  const { weights, gradient } = network, n = weights.length;
  const t = ++moments[2 * n], c1 = 1 - b1 ** t, c2 = 1 - b2 ** t;
  for (let i = 0; i < n; i++) {
    const g = gradient[i];
    moments[i] = b1 * moments[i] + (1 - b1) * g;
    moments[n + i] = b2 * moments[n + i] + (1 - b2) * g * g;
    weights[i] -= (rate * (moments[i] / c1)) / (Math.sqrt(moments[n + i] / c2) + 1e-8);
  }
  gradient.fill(0);
}

const sigmoid = (t) => (t >= 0 ? 1 / (1 + Math.exp(-t)) : Math.exp(t) / (1 + Math.exp(t)));
const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));

/** Derivative of one generated item's loss by the critic's logit t. */
const generatorSlope = (t, kind) => (kind === "saturating" ? -sigmoid(t) : -sigmoid(-t));

/** What the generator pays for one item. */
const generatorPays = (t, kind) => (kind === "saturating" ? -softplus(t) : softplus(-t));

/** Unbiased energy distance between [n, 2] and [m, 2] points. */
function energyDistance(a, b) {
  const n = a.length / 2, m = b.length / 2;
  const mean = (p, q, same) => {
    let sum = 0;
    for (let i = 0; i < p.length; i += 2) {
      for (let j = same ? i + 2 : 0; j < q.length; j += 2) {
        const dx = p[i] - q[j], dy = p[i + 1] - q[j + 1];
        sum += Math.sqrt(dx * dx + dy * dy);
      }
    }
    return sum;
  };
  if (n < 2 || m < 2) return NaN;
  return (2 * mean(a, b, false)) / (n * m) - (2 * mean(a, a, true)) / (n * (n - 1))
    - (2 * mean(b, b, true)) / (m * (m - 1));
}

/** The two players: a critic and a generator, their Adam moments, and one step for each. */
function makePlayers(criticNetwork, generatorNetwork) {
  const critic = criticNetwork, generator = generatorNetwork;
  const moments = {
    critic: new Float32Array(2 * critic.weights.length + 1),
    generator: new Float32Array(2 * generator.weights.length + 1),
  };
  let slope = new Float64Array(0);
  const slopesFor = (n) => (slope.length < n ? (slope = new Float64Array(n)) : slope);

  /** The critic's loss on real [n, 2] and generated [n, 2] points; fills its gradient. */
  function criticGradient(real, fake) {
    const n = real.length / 2, m = fake.length / 2, s = slopesFor(Math.max(n, m));
    let loss = 0;
    let logits = critic.forward(real, n);
    for (let i = 0; i < n; i++) { loss += softplus(-logits[i]) / n; s[i] = -sigmoid(-logits[i]) / n; }
    critic.backward(s, n);
    logits = critic.forward(fake, m);
    for (let i = 0; i < m; i++) { loss += softplus(logits[i]) / m; s[i] = sigmoid(logits[i]) / m; }
    critic.backward(s, m);
    return loss;
  }

  /** The generator's loss on noise [n, 2]; fills its gradient and leaves the critic alone. */
  function generatorGradient(noise, kind) {
    const n = noise.length / 2, s = slopesFor(n);
    const logits = critic.forward(generator.forward(noise, n), n);
    let loss = 0;
    for (let i = 0; i < n; i++) { loss += generatorPays(logits[i], kind) / n; s[i] = generatorSlope(logits[i], kind) / n; }
    generator.backward(critic.backward(s, n, false), n);
    return loss;
  }

  function stepCritic(real, noise, rate) {
    const fake = Float64Array.from(generator.forward(noise, noise.length / 2).subarray(0, noise.length));
    criticGradient(real, fake);
    adamStep(critic, moments.critic, rate);
  }

  function stepGenerator(noise, rate, kind) {
    generatorGradient(noise, kind);
    adamStep(generator, moments.generator, rate);
  }

  /** Where each point would go to please the critic: minus the loss's slope there, [n, 2]. */
  function push(points, kind) {
    const n = points.length / 2, s = slopesFor(n), logits = critic.forward(points, n);
    for (let i = 0; i < n; i++) s[i] = -generatorSlope(logits[i], kind);
    return Float64Array.from(critic.backward(s, n, false).subarray(0, 2 * n));
  }

  return { critic, generator, moments, criticGradient, generatorGradient, stepCritic, stepGenerator, push };
}

const BATCH = 64, REAL = 200, SHOWN = 160; // points of a step; points on the page
const KEPT = 500; // rows of the record: [turn, critic's loss, generator's loss, distance]
const CRITIC = [2, 24, 24, 1], GENERATOR = [2, 16, 16, 2];

/** A point of the named data set. Drawn points get a little noise, so that they are a density. */
function drawReal(name, random, own) {
  const n = () => random.normal();
  if (name === "blobs") return [(random.uniform() < 0.5 ? -1.4 : 1.4) + 0.25 * n(), 0.25 * n()];
  if (name === "line") {
    const t = 4 * random.uniform() - 2;
    return [t + 0.06 * n(), 0.6 * t + 0.06 * n()];
  }
  if (name === "own") {
    const [x, y] = own[Math.floor(random.uniform() * own.length)];
    return [x + 0.08 * n(), y + 0.08 * n()];
  }
  const angle = 2 * Math.PI * random.uniform(), radius = 1.7 + 0.1 * n();
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

function realPoints(count, name, random, own) {
  if (name === "own" && !own.length) return new Float64Array(0);
  const points = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) points.set(drawReal(name, random, own), 2 * i);
  return points;
}

/** The whole game without a page: players, data, record. `own` is a list of [x, y]. */
function makeGame({ seed, dataset, own }) {
  const random = makeRandom(seed);
  const critic = makeDense(CRITIC, drawWeights(CRITIC, random, 1.5));
  const generator = makeDense(GENERATOR, drawWeights(GENERATOR, random, 1.5));
  const players = makePlayers(critic, generator);
  const noise = (n) => Float64Array.from({ length: 2 * n }, () => random.normal());
  const shownNoise = noise(SHOWN);
  const game = { players, turns: { critic: 0, generator: 0 }, record: [], real: null, fake: null };

  game.setData = (name, points) => {
    dataset = name;
    own = points;
    game.real = realPoints(REAL, name, makeRandom(seed + 1), own);
  };
  game.ready = () => game.real.length > 0; // nothing drawn yet: nothing to learn from
  game.stepCritic = (rate) => {
    players.stepCritic(realPoints(BATCH, dataset, random, own), noise(BATCH), rate);
    game.turns.critic++;
  };
  game.stepGenerator = (rate, kind) => {
    players.stepGenerator(noise(BATCH), rate, kind);
    game.turns.generator++;
  };

  /** Measure both losses, the share of right answers and the distance, on the points shown. */
  game.measure = (kind) => {
    const { real } = game, n = real.length / 2;
    game.fake = Float64Array.from(generator.forward(shownNoise, SHOWN).subarray(0, 2 * SHOWN));
    let loss = 0, pays = 0, right = 0;
    const forReal = critic.forward(real, n);
    for (let i = 0; i < n; i++) { loss += softplus(-forReal[i]) / n; right += (forReal[i] > 0) / n / 2; }
    const forFake = critic.forward(game.fake, SHOWN);
    for (let i = 0; i < SHOWN; i++) {
      loss += softplus(forFake[i]) / SHOWN;
      pays += generatorPays(forFake[i], kind) / SHOWN;
      right += (forFake[i] <= 0) / SHOWN / 2;
    }
    game.now = { critic: loss, generator: pays, right, distance: energyDistance(real, game.fake) };
    return game.now;
  };

  game.note = () => {
    const { critic: c, generator: g, distance } = game.now, turn = game.turns.critic + game.turns.generator;
    if (game.record.length && game.record[game.record.length - 1][0] === turn) game.record.pop();
    game.record.push([turn, c, g, distance]);
    if (game.record.length > KEPT) game.record = game.record.filter((_, i) => i % 2 === 0 || i === KEPT);
  };

  /** Everything needed to go on later, as bytes; and the way back. */
  const parts = () => [critic.weights, generator.weights, players.moments.critic, players.moments.generator];
  game.save = () => {
    const counters = Float32Array.of(random.state >>> 16, random.state & 0xffff, game.turns.critic, game.turns.generator);
    const all = [counters, ...parts(), Float32Array.from(game.record.flat())];
    const out = new Float32Array(all.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of all) { out.set(part, at); at += part.length; }
    return out;
  };
  game.load = (kept) => {
    if (kept.length < 4 + parts().reduce((sum, part) => sum + part.length, 0)) return;
    random.state = (kept[0] * 65536 + kept[1]) >>> 0;
    game.turns = { critic: kept[2], generator: kept[3] };
    let at = 4;
    for (const part of parts()) { part.set(kept.subarray(at, at + part.length)); at += part.length; }
    game.record = [];
    for (; at + 4 <= kept.length; at += 4) game.record.push([...kept.subarray(at, at + 4)]);
  };

  game.setData(dataset, own);
  return game;
}
