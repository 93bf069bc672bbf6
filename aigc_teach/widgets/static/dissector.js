// BoundDissector: z ~ N(0, 1), x | z ~ N(w z, s^2), and a Gaussian q(z) that the reader moves.
// Every term of the bound is exact; only the bound of K draws is estimated, from seeded noise.

const LIMITS = {
  x: [-3, 3], weight: [-3, 3], noise: [0.4, 3], beta: [0, 4], mean: [-4, 4], spread: [0.05, 3],
};
const ROUNDS = 300, MOST_DRAWS = 64; // estimates of the K-draw bound, and draws in each
const LOG_2PI = Math.log(2 * Math.PI);
const ROLE = { prior: "#7f7f7f", likelihood: "#009e73", posterior: "#0072b2", q: "#d55e00" };
const PIECE = { level: "#0072b2", off: "#e69f00", on: "#009e73", draws: "#cc79a7" };

/** p(z|x), exactly: { mean, spread }. */
function posteriorOf({ x, weight, noise }) {
  const precision = weight * weight + noise * noise;
  return { mean: (weight * x) / precision, spread: noise / Math.sqrt(precision) };
}

/** The q at which reconstruction - beta KL is largest; beta = 1 gives the posterior. */
function bestFor({ x, weight, noise, beta }) {
  const clip = (v, [low, high]) => Math.max(low, Math.min(high, v));
  const precision = weight * weight + beta * noise * noise;
  if (precision < 1e-12) return { mean: 0, spread: 1 }; // nothing pulls at q: leave it at the prior
  return {
    mean: clip((weight * x) / precision, LIMITS.mean),
    spread: clip((Math.sqrt(beta) * noise) / Math.sqrt(precision), LIMITS.spread),
  };
}

const logNormal = (z, mean, spread) =>
  -0.5 * (((z - mean) / spread) ** 2 + LOG_2PI) - Math.log(spread);

/** KL between two Gaussians given by mean and spread. */
function klOf(q, p) {
  const ratio = (q.spread / p.spread) ** 2;
  return 0.5 * (ratio + ((q.mean - p.mean) / p.spread) ** 2 - 1 - Math.log(ratio));
}

/** All terms in nats, each by a formula of its own. */
function dissect({ x, weight, noise, beta, mean, spread }) {
  const q = { mean, spread }, posterior = posteriorOf({ x, weight, noise });
  const error = (x - weight * mean) ** 2 + (weight * spread) ** 2;
  const reconstruction = -0.5 * (LOG_2PI + error / (noise * noise)) - Math.log(noise);
  const kl = klOf(q, { mean: 0, spread: 1 });
  const energy = reconstruction - 0.5 * (LOG_2PI + mean * mean + spread * spread);
  const entropy = 0.5 * (LOG_2PI + 1) + Math.log(spread);
  const evidence = logNormal(x, 0, Math.sqrt(weight * weight + noise * noise));
  const gap = klOf(q, posterior);
  return {
    evidence, gap, reconstruction, kl, energy, entropy, posterior,
    bound: reconstruction - kl, weighted: reconstruction - beta * kl,
  };
}

/** Standard normal numbers from a seed (mulberry32, then Box and Muller). */
function seededNormals(count, seed) {
  const out = new Float64Array(count);
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
  for (let i = 0; i < count; i += 2) {
    const far = Math.sqrt(-2 * Math.log(uniform())), turn = 2 * Math.PI * uniform();
    out[i] = far * Math.cos(turn);
    if (i + 1 < count) out[i + 1] = far * Math.sin(turn);
  }
  return out;
}

/**
 * The importance-weighted bound of K draws and its standard error. The mean of log w over the
 * same draws is known exactly (the bound), so only the difference is estimated: K = 1 is exact.
 */
function boundOfDraws(state, draws, eps) {
  const { x, weight, noise, mean, spread } = state, logs = new Float64Array(draws);
  const constant = -0.5 * LOG_2PI - Math.log(noise) + Math.log(spread);
  let sum = 0, squares = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let top = -Infinity, total = 0;
    for (let k = 0; k < draws; k++) {
      const e = eps[round * MOST_DRAWS + k], z = mean + spread * e, miss = (x - weight * z) / noise;
      logs[k] = constant + 0.5 * (e * e - z * z - miss * miss);
      total += logs[k];
      if (logs[k] > top) top = logs[k];
    }
    let weights = 0;
    for (let k = 0; k < draws; k++) weights += Math.exp(logs[k] - top);
    const gain = top + Math.log(weights / draws) - total / draws;
    sum += gain;
    squares += gain * gain;
  }
  const gain = sum / ROUNDS, variance = Math.max(0, squares / ROUNDS - gain * gain);
  return { value: dissect(state).bound + gain, error: Math.sqrt(variance / (ROUNDS - 1)) };
}

/** The columns: each a list of [from, to, name, colour], with the height at which it ends. */
function columnsOf(t, beta, several) {
  return [
    [[0, t.evidence, "log p(x)", PIECE.level], [t.evidence, t.bound, "gap", PIECE.off]],
    [[0, t.reconstruction, "recon.", PIECE.level],
      [t.reconstruction, t.weighted, beta === 1 ? "KL" : "β KL", PIECE.off]],
    [[0, t.energy, "energy", PIECE.level],
      [t.energy, t.bound, "entropy", t.entropy >= 0 ? PIECE.on : PIECE.off]],
    [[0, several.value, "K draws", PIECE.draws]],
  ];
}

/** A calm range for the columns: it changes in jumps, not at every movement. */
function rangeOf(columns) {
  const ends = columns.flat().flatMap(([from, to]) => [from, to]);
  const low = Math.max(1, -Math.min(...ends) * 1.1), power = 10 ** Math.floor(Math.log10(low));
  const round = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((m) => m * power >= low) * power;
  return [-round, Math.max(0.08 * round, 1.1 * Math.max(...ends))];
}

function paintColumns(chart, columns, t) {
  columns.forEach((pieces, i) => {
    pieces.forEach(([from, to, , colour], part) => chart.inside((context) => {
      const left = chart.px(i + 0.55 + 0.16 * part), right = chart.px(i + 1.45 - 0.16 * (pieces.length - 1 - part));
      context.fillStyle = colour;
      context.globalAlpha = part ? 0.95 : 0.6;
      const top = Math.min(chart.py(from), chart.py(to));
      context.fillRect(left, top, right - left, Math.max(1, Math.abs(chart.py(from) - chart.py(to))));
    }));
  });
  chart.horizontal(t.evidence, { colour: PIECE.level });
  chart.horizontal(t.bound, { dash: [] });
  columns.forEach((pieces, i) => pieces.forEach(([from, end, name], part) => {
    const to = name === "energy" && t.entropy > 0 ? t.bound : end; // entropy covers the rest of it
    const middle = (chart.py(from) + chart.py(to)) / 2, tall = Math.abs(chart.py(from) - chart.py(to));
    if (part && tall < 15) chart.label(name, i + 1, Math.min(from, to), { align: "center", dy: 10 });
    else chart.label(name, i + 1, 0, { align: "center", dy: middle - chart.py(0) });
  }));
}

function makeDensities() {
  const chart = makeChart({ width: 330, height: 268, x: [-4, 4], y: [0, 1], xLabel: "z", yLabel: "density" });
  const zs = Float64Array.from({ length: 321 }, (_, i) => -4 + i / 40);
  const curve = (mean, spread) => Float64Array.from(zs, (z) => Math.exp(logNormal(z, mean, spread)));

  function draw(state, t, colours) {
    const tallest = Math.max(0.45, 0.4 / t.posterior.spread, Math.min(0.4 / state.spread, 0.8 / t.posterior.spread));
    const top = 1.25 * tallest;
    chart.scale({ y: [-0.2 * top, top] });
    chart.begin(colours);
    const likelihood = Float64Array.from(zs, (z) => // scaled to the posterior's height
      (0.4 / t.posterior.spread) * Math.exp(-0.5 * ((state.x - state.weight * z) / state.noise) ** 2));
    const q = curve(state.mean, state.spread);
    chart.area(zs, 0, q, { colour: ROLE.q, alpha: 0.22 });
    chart.line(zs, curve(0, 1), { colour: ROLE.prior, dash: [7, 3] });
    chart.line(zs, likelihood, { colour: ROLE.likelihood, dash: [2, 3] });
    chart.line(zs, curve(t.posterior.mean, t.posterior.spread), { colour: ROLE.posterior, dash: [] });
    chart.line(zs, q, { colour: ROLE.q, dash: [9, 3, 2, 3] });
    const rail = -0.1 * top, end = shoulder(state);
    chart.line([state.mean - state.spread, state.mean + state.spread], [rail, rail], { colour: ROLE.q, dash: [], width: 3 });
    chart.handle(state.mean, rail, { colour: ROLE.q, active: true });
    chart.handle(end, rail, { colour: ROLE.q });
    return { mean: [state.mean, rail], spread: [end, rail] };
  }
  return { chart, draw };
}

/** The end of q's bar that is on the picture: to the right, or to the left where there is no room. */
const shoulder = ({ mean, spread }) => (mean + spread <= 4 ? mean + spread : mean - spread);

function makeKey() {
  const swatch = (role, style) => (style === "fill"
    ? `background:${ROLE[role]}` : `height:0;border-top:3px ${style} ${ROLE[role]}`);
  const entries = [["prior", "p(z)", "dashed"], ["likelihood", "p(x|z), scaled", "dotted"],
    ["posterior", "p(z|x)", "solid"], ["q", "q(z)", "fill"]];
  return make("ul", { class: "aigc-legend", style: "margin-left: 0" }, ...entries.map(([role, words, style]) =>
    make("li", {}, make("span", { class: "aigc-swatch", style: swatch(role, style) }), words)));
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "dissector");
  const eps = seededNormals(ROUNDS * MOST_DRAWS, 7), keep = makeKeeper(model);
  const { chart, draw: drawDensities } = makeDensities();
  const bars = makeChart({ width: 330, height: 268, x: [0.4, 4.6], y: [-4, 0.35], yLabel: "nats", xTicks: 0 });
  const names = ["x", "weight", "noise", "beta", "mean", "spread", "draws"];
  const state = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const readout = makeReadout("The terms of the bound, in nats"), say = makeVoice(root);
  let colours = inkAndPaper(root), places = null, held = "mean";

  function change(values) {
    for (const [name, value] of Object.entries(values)) {
      const [low, high] = LIMITS[name] ?? [1, MOST_DRAWS];
      values[name] = Math.max(low, Math.min(high, value));
    }
    keep(values);
  }

  const slider = (label, name, step, format) => makeSlider({
    label, min: (LIMITS[name] ?? [1])[0], max: (LIMITS[name] ?? [1, MOST_DRAWS])[1], step,
    value: model.get(name), format, oninput: (v) => change({ [name]: v }),
  });
  const sliders = {
    mean: slider("q's mean", "mean", 0.01), spread: slider("q's spread", "spread", 0.01),
    x: slider("observation x", "x", 0.05), weight: slider("weight w", "weight", 0.05),
    noise: slider("noise s", "noise", 0.05), beta: slider("β", "beta", 0.05),
    draws: slider("K draws", "draws", 1, (v) => String(v)),
  };
  const button = (words, find) => makeButton(words, () => change(find()));
  const canvas = chart.canvas;
  for (const [name, value] of Object.entries({
    tabindex: 0, role: "application", "aria-roledescription": "handles on a curve", "aria-describedby": `${id}-help`,
  })) canvas.setAttribute(name, value);
  help.textContent = "Drag the large handle (q's mean) or the small one (its spread). With the curves in focus: left and "
    + "right move the mean, up and down change the spread, Shift goes farther, Home puts q on the posterior.";
  root.append(
    make("div", { class: "aigc-pair" },
      make("figure", {}, canvas, makeKey()),
      make("figure", {}, bars.canvas, make("figcaption", {}, "dashed: log p(x); full line: the bound"))),
    make("div", { class: "aigc-bar" }, sliders.mean.row, sliders.spread.row),
    make("div", { class: "aigc-bar" }, sliders.x.row, sliders.weight.row, sliders.noise.row,
      sliders.beta.row, sliders.draws.row),
    make("div", { class: "aigc-bar" },
      button("Put q on the posterior", () => posteriorOf(state())),
      button("Put q on the prior", () => ({ mean: 0, spread: 1 })),
      button("Best q for this β", () => bestFor(state()))),
    make("div", { class: "aigc-bar" }, readout.row), help,
  );

  function draw() {
    const started = performance.now(), now = state(), t = dissect(now);
    const several = boundOfDraws(now, now.draws, eps);
    places = drawDensities(now, t, colours);
    const columns = columnsOf(t, now.beta, several);
    bars.scale({ y: rangeOf(columns) });
    bars.begin(colours);
    paintColumns(bars, columns, t);
    const words = tell(now, t, several);
    report(root, started);
    return words;
  }

  function tell(now, t, several) {
    const n = (v) => (Math.abs(v) < 0.005 ? "0.00" : number(v)), b = now.beta === 1 ? "" : `${number(now.beta)} × `;
    const plus = t.entropy < 0 ? `\u2212 ${n(-t.entropy)}` : `+ ${n(t.entropy)}`;
    readout.show([
      ["log p(x) \u2212 gap", `${n(t.evidence)} \u2212 ${n(t.gap)}`, `= ${n(t.bound)}`],
      [`reconstruction \u2212 ${b ? "β " : ""}KL`, `${n(t.reconstruction)} \u2212 ${b}${n(t.kl)}`, `= ${n(t.weighted)}`],
      ["energy + entropy", `${n(t.energy)} ${plus}`, `= ${n(t.bound)}`],
      [`K = ${now.draws} draw${now.draws > 1 ? "s" : ""}`, `± ${number(several.error, 3)}`, `= ${n(several.value)}`],
    ]);
    const where = `q has mean ${n(now.mean)} and spread ${n(now.spread)}`;
    canvas.setAttribute("aria-label", `${where}; the posterior has mean ${n(t.posterior.mean)} and spread ${n(t.posterior.spread)}`);
    const sum = `bound ${n(t.bound)}, gap ${n(t.gap)}, evidence ${n(t.evidence)} nats`;
    bars.canvas.setAttribute("aria-label", `Reconstruction ${n(t.reconstruction)}, KL ${n(t.kl)}, ${sum}; `
      + `with ${now.draws} draws ${n(several.value)}`);
    return `${where}: ${sum}`;
  }

  makeDraggable(canvas, {
    onstart(event) {
      const far = Object.fromEntries(Object.entries(places).map(([name, at]) => [name, chart.distance(event, ...at)]));
      held = far.spread < far.mean && far.spread < 24 ? "spread" : "mean";
    },
    onmove(event) {
      const { x: z } = chart.locate(event);
      change(held === "mean" ? { mean: z } : { spread: Math.abs(z - model.get("mean")) });
    },
  });
  canvas.addEventListener("keydown", (event) => {
    const step = arrowStep(event);
    if (step) change({ mean: model.get("mean") + 0.05 * step[0], spread: model.get("spread") + 0.05 * step[1] });
    else if (event.key === "Home") change(posteriorOf(state()));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(() => {
    for (const [name, { set }] of Object.entries(sliders)) set(model.get(name));
    say(draw());
  });
  const changes = names.map((name) => `change:${name}`).join(" ");
  model.on(changes, redraw);
  const forgetTheme = onTheme(root, () => { colours = inkAndPaper(root); redraw(); });
  redraw();
  return () => {
    forgetTheme();
    model.off(changes, redraw);
  };
}

export default { render };
