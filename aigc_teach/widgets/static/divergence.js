// DivergenceExplorer: two densities to drag, six measures of how far they are apart.
// The arithmetic first (plain functions, tested against Python), then the instrument.

const HALF = 18, CELL = 0.02; // the grid of all integrals; five widths beyond any mode
const PLACES = Float64Array.from({ length: Math.round((2 * HALF) / CELL) + 1 }, (_, i) => i * CELL - HALF);
const SEEN = [...PLACES.keys()].filter((i) => Math.abs(PLACES[i]) < 7.03 && i % 2 === 0); // what is drawn
const LIMITS = { mean: [-5, 5], width: [0.2, 2] };
const VIEW = [-7, 7];
const MEASURES = [
  ["kl_pq", "KL(p\u2016q)"], ["kl_qp", "KL(q\u2016p)"], ["js", "JS"],
  ["tv", "Total variation"], ["w1", "Wasserstein"], ["mmd", "MMD\u00b2"],
];
const INTEGRANDS = {
  kl_pq: "p log(p/q)", kl_qp: "q log(q/p)", js: "\u00bd p log(p/m) + \u00bd q log(q/m)", tv: "\u00bd |p \u2212 q|",
  w1: "|P \u2212 Q|", mmd: "(blurred p \u2212 blurred q)\u00b2, scaled",
};

const logNormal = (x, mean, width) => -0.5 * ((x - mean) / width) ** 2 - Math.log(width) - 0.5 * Math.log(2 * Math.PI);

const clip = (v, [low, high]) => Math.max(low, Math.min(high, v));
/** The means of p's modes. */
const modesOf = (s) => (s.modes === 1 ? [s.p_mean] : [s.p_mean - s.gap / 2, s.p_mean + s.gap / 2]);

/** The log of p's density: of one Gaussian, or of the mean of two. */
function logP(x, means, width) {
  const one = logNormal(x, means[0], width);
  if (means.length === 1) return one;
  const two = logNormal(x, means[1], width);
  return Math.max(one, two) + Math.log((1 + Math.exp(-Math.abs(one - two))) / 2);
}

// t log(t / m) where m is half the sum, and 0 log 0 is 0 (half of the smallest number would be 0)
const xLogX = (t, sum) => (t > 0 ? t * Math.log((2 * t) / sum) : 0);

/** What each place of the grid adds to each measure, and what it adds to the slopes. */
function curvesOf(s) {
  const n = PLACES.length, means = modesOf(s);
  const c = {};
  for (const name of ["p", "q", "P", "Q", "blurred", "kl_pq", "kl_qp", "js", "tv", "w1", "mmd"]) c[name] = new Float64Array(n);
  // a Gaussian kernel of bandwidth h: blur both by h / sqrt(2), square what differs, scale
  const blur = s.bandwidth ** 2 / 2, scale = Math.sqrt(2 * Math.PI) * s.bandwidth;
  const wideP = Math.sqrt(s.p_width ** 2 + blur), wideQ = Math.sqrt(s.q_width ** 2 + blur);
  let P = 0, Q = 0;
  for (let i = 0; i < n; i++) {
    const x = PLACES[i], lp = logP(x, means, s.p_width), lq = logNormal(x, s.q_mean, s.q_width);
    const p = Math.exp(lp), q = Math.exp(lq);
    [c.p[i], c.q[i], c.P[i], c.Q[i]] = [p, q, P + (p * CELL) / 2, Q + (q * CELL) / 2]; // half of this cell lies before
    P += p * CELL;
    Q += q * CELL;
    c.kl_pq[i] = p * (lp - lq);
    c.kl_qp[i] = q * (lq - lp);
    c.js[i] = 0.5 * (xLogX(p, p + q) + xLogX(q, p + q));
    c.tv[i] = 0.5 * Math.abs(p - q);
    c.w1[i] = Math.abs(c.P[i] - c.Q[i]);
    c.blurred[i] = Math.exp(logNormal(x, s.q_mean, wideQ)) - Math.exp(logP(x, means, wideP));
    c.mmd[i] = scale * c.blurred[i] ** 2;
  }
  return c;
}

/** The mean sign over a cell of what is `gap` in its middle and changes by `change` across it. */
const sideOf = (gap, change) => (gap === 0 ? 0 : clip((2 * gap) / Math.abs(change), [-1, 1]));

/** The six values, and their slopes with respect to q's mean and q's width. */
function measure(s) {
  const c = curvesOf(s), wide = s.q_width ** 2 + s.bandwidth ** 2 / 2, scale = Math.sqrt(2 * Math.PI) * s.bandwidth;
  const values = {}, slopes = {};
  for (const [name] of MEASURES) [values[name], slopes[name]] = [CELL * c[name].reduce((a, b) => a + b), [0, 0]];
  const add = (slope, byMean, byWidth) => {
    slope[0] += byMean * CELL;
    slope[1] += byWidth * CELL;
  };
  for (let i = 0; i < PLACES.length; i++) {
    const z = PLACES[i] - s.q_mean, p = c.p[i], q = c.q[i];
    const byMean = z / s.q_width ** 2, byWidth = z ** 2 / s.q_width ** 3 - 1 / s.q_width; // of log q
    add(slopes.kl_pq, -p * byMean, -p * byWidth);
    const qMean = q * byMean, qWidth = q * byWidth; // of q
    if (q > 0) { // each measure's derivative by q at this place, times q's own
      const ratio = c.kl_qp[i] / q + 1, half = 0.5 * Math.log((2 * q) / (p + q));
      add(slopes.kl_qp, ratio * qMean, ratio * qWidth);
      add(slopes.js, half * qMean, half * qWidth);
    }
    const turn = i ? (q - c.q[i - 1]) - (p - c.p[i - 1]) : 0; // how q - p changes over this cell
    const side = 0.5 * sideOf(q - p, turn), ahead = sideOf(c.Q[i] - c.P[i], (q - p) * CELL);
    add(slopes.tv, side * qMean, side * qWidth);
    add(slopes.w1, -ahead * q, (-ahead * q * z) / s.q_width); // of the cumulative Q
    const blurredQ = 2 * scale * c.blurred[i] * Math.exp(logNormal(PLACES[i], s.q_mean, Math.sqrt(wide)));
    add(slopes.mmd, (blurredQ * z) / wide, blurredQ * (z ** 2 / wide - 1) * (s.q_width / wide));
  }
  return { values, slopes, curves: c };
}

/** One step of q downhill on measure `name`, shortened until the value falls; null at rest. */
function stepDownhill(s, name, rate = 1, longest = 0.25) {
  const { values, slopes } = measure(s), [dMean, dWidth] = slopes[name], steep = Math.hypot(dMean, dWidth);
  for (let size = Math.min(rate * steep, longest); size > 5e-5; size /= 2) {
    const next = { ...s, ...keepInside("q", s.q_mean - (size * dMean) / steep, s.q_width - (size * dWidth) / steep) };
    if (measure(next).values[name] < values[name]) return next;
  }
  return null;
}

const keepInside = (who, mean, width) => ({ [`${who}_mean`]: clip(mean, LIMITS.mean), [`${who}_width`]: clip(width, LIMITS.width) });

const seen = (curve) => SEEN.map((i) => curve[i]);
/** Three or four digits, whatever the size. */
function brief(v) {
  const size = Math.abs(v);
  return number(size < 5e-4 ? 0 : v, size < 9.9995 ? 3 : size < 99.95 ? 1 : 0);
}

/** The next round number above `v`, so that the axis stays calm while things move. */
function roundUp(v) {
  const power = 10 ** Math.floor(Math.log10(v));
  return [1, 2, 5, 10].find((m) => m * power >= v) * power;
}

const STATE = ["measure", "modes", "p_mean", "p_width", "q_mean", "q_width"], COLOUR = { p: COLOURS[0], q: COLOURS[3] };
function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "divergence");
  const size = { width: 324, x: VIEW, margin: { left: 36, right: 10, top: 8, bottom: 24 } };
  const top = makeChart({ ...size, height: 170, yTicks: 3, yLabel: "densities p and q" });
  const below = makeChart({ ...size, height: 170, yTicks: 3, yLabel: "what adds up to the value" });
  const plane = makeChart({ ...size, height: 190, y: [0, 2.2], xLabel: "mean", yLabel: "width" });
  Object.entries({ tabindex: 0, role: "application", "aria-roledescription": "two handles to drag", "aria-describedby": `${id}-help` })
    .forEach(([name, value]) => plane.canvas.setAttribute(name, value));
  const table = makeReadout("Six measures: value, slope by q's mean, slope by q's width");
  const say = makeVoice(root), keep = makeKeeper(model);
  let active = "q", trail = [], running = 0, grip = null;

  const state = () => Object.fromEntries([...STATE, "gap", "bandwidth"].map((name) => [name, model.get(name)]));
  const start = state();
  const choice = makeChoice({ label: "Measure", options: MEASURES, value: start.measure, onchange: (measure) => change({ measure }) });
  const counts = [[1, "one mode"], [2, "two modes"]];
  const modes = makeChoice({ label: "p has", options: counts, value: start.modes, onchange: (n) => change({ modes: n }) });
  const follow = makeButton("Follow the gradient", () => (running ? stop() : run()));
  const once = makeButton("One step", () => { stop(); if (!step()) rest(); });
  const again = makeButton("Start again", () => change(start));
  help.textContent = "Drag a handle in the plane (or in the upper chart): sideways moves the mean, up and down the width. "
    + "Keys: arrows (with Shift: farther), P and Q choose the handle, G takes one step down the gradient.";
  root.append(
    make("div", { class: "aigc-bar aigc-ends" }, choice.row),
    make("div", { class: "aigc-divergence-grid" }, make("div", {}, top.canvas, plane.canvas), make("div", {}, below.canvas, table.row)),
    make("div", { class: "aigc-bar" }, modes.row, follow, once, again), help,
  );

  // by hand: what was running stops, and q's old path is forgotten
  function change(values) {
    stop();
    trail = [];
    keep(values);
    redraw();
  }

  const move = (who, mean, width) => change(keepInside(who, mean, width));
  /** One step of q; false where the gradient leads nowhere. */
  function step() {
    const s = state(), next = stepDownhill(s, s.measure);
    if (!next) return false;
    trail.push([s.q_mean, s.q_width]);
    keep({ q_mean: next.q_mean, q_width: next.q_width });
    redraw();
    return true;
  }

  function run() {
    let left = 400;
    while (calm() && left-- && step()); // no motion: only the end
    if (calm()) return rest();
    follow.textContent = "Stop";
    const turn = () => {
      if (left-- && step()) running = requestAnimationFrame(turn);
      else { stop(); rest(); }
    };
    running = requestAnimationFrame(turn);
  }

  function stop() {
    cancelAnimationFrame(running);
    running = 0;
    follow.textContent = "Follow the gradient";
  }

  function rest() {
    const s = state(), [name, words] = MEASURES.find(([m]) => m === s.measure), { values, slopes } = measure(s);
    const flat = Math.hypot(...slopes[name]) < 1e-3;
    say(`At rest: ${words} is ${brief(values[name])}; q has mean ${number(s.q_mean)} and width ${number(s.q_width)}.`
      + (flat ? " The gradient is 0." : " No shorter step makes the value fall."));
  }

  function draw() {
    const started = performance.now(), s = state(), colours = inkAndPaper(root);
    const { values, slopes, curves } = measure(s), words = MEASURES.find(([m]) => m === s.measure)[1];
    drawDensities(s, curves, colours);
    drawParts(s, curves, colours);
    drawPlane(s, slopes[s.measure], colours);
    table.show([["", "value", "by mean", "by width"], ...MEASURES.map(([m, name]) =>
      [(m === s.measure ? "\u25b8 " : "") + name, brief(values[m]), brief(slopes[m][0]), brief(slopes[m][1])])]);
    choice.set(s.measure);
    modes.set(s.modes);
    const both = ["p", "q"].map((who) => `${who}: mean ${number(s[`${who}_mean`])}, width ${number(s[`${who}_width`])}`).join("; ");
    plane.canvas.setAttribute("aria-label", `Means and widths. ${both}. Handle of ${active} chosen. ${words} is ${brief(values[s.measure])}.`);
    top.canvas.setAttribute("aria-label", `The densities. ${both}.`);
    below.canvas.setAttribute("aria-label", `${INTEGRANDS[s.measure]}; its total is ${brief(values[s.measure])}.`);
    say(`${words} is ${brief(values[s.measure])}, slope ${brief(slopes[s.measure][0])} by mean, ${brief(slopes[s.measure][1])} by width.`);
    report(root, started);
  }

  function drawDensities(s, curves, colours) {
    const xs = seen(PLACES), p = seen(curves.p), q = seen(curves.q);
    top.scale({ y: [0, 1.08 * Math.max(...p, ...q)] });
    top.begin(colours);
    const lower = p.map((v, i) => Math.min(v, q[i]));
    top.area(xs, 0, lower, { colour: colours.ink, alpha: 0.12 }); // where they overlap
    top.area(xs, lower, p, { colour: COLOUR.p, alpha: 0.22 });
    top.area(xs, lower, q, { colour: COLOUR.q, alpha: 0.22 });
    top.line(xs, p, { colour: COLOUR.p, dash: [] });
    top.line(xs, q, { colour: COLOUR.q, dash: [7, 3] });
    const peak = (curve, mean) => curve[Math.round((mean + HALF) / CELL)];
    for (const mean of modesOf(s)) top.label("p", mean, peak(curves.p, mean), { colour: COLOUR.p, align: "right", dx: -9, dy: 7 });
    top.label("q", s.q_mean, peak(curves.q, s.q_mean), { colour: COLOUR.q, dx: 9, dy: 7 });
  }

  /** The integrand: above zero it adds to the value, below zero it takes away. */
  function drawParts(s, c, colours) {
    const xs = seen(PLACES), part = seen(c[s.measure]), cumulative = s.measure === "w1";
    const high = cumulative ? 1.05 : roundUp(Math.max(1e-3, ...part)), low = Math.min(0, ...part);
    below.scale({ y: [low < -0.01 * high ? -roundUp(-low) : 0, high] });
    below.begin(colours);
    if (cumulative) {
      const [P, Q] = [seen(c.P), seen(c.Q)];
      below.area(xs, P, Q, { colour: COLOURS[2], alpha: 0.4 });
      below.line(xs, P, { colour: COLOUR.p, dash: [] });
      below.line(xs, Q, { colour: COLOUR.q, dash: [7, 3] });
    } else {
      below.area(xs, 0, part.map((v) => Math.max(0, v)), { colour: COLOURS[2], alpha: 0.45 });
      below.area(xs, 0, part.map((v) => Math.min(0, v)), { colour: COLOURS[5], alpha: 0.55 });
      below.line(xs, part, { colour: colours.ink, width: 1.3, dash: [] });
    }
    below.label(INTEGRANDS[s.measure], VIEW[0], high, { dx: 6, dy: 9 });
  }

  function drawPlane(s, [dMean, dWidth], colours) {
    plane.begin(colours);
    const path = [...trail, [s.q_mean, s.q_width]];
    plane.line(path.map(([m]) => m), path.map(([, w]) => w), { colour: COLOUR.q, width: 1.2, dash: [], alpha: 0.7 });
    plane.dots(trail.map(([m]) => m), trail.map(([, w]) => w), { colour: COLOUR.q, radius: 1.8 });
    const steep = Math.hypot(dMean, dWidth);
    for (const who of ["p", "q"]) {
      const [mean, width] = [s[`${who}_mean`], s[`${who}_width`]];
      plane.line([mean - width, mean + width], [width, width], { colour: COLOUR[who], width: 1.4, dash: [2, 2] });
      if (who === "q" && steep > 1e-3) {
        const room = ((dWidth > 0 ? width : 2.2 - width) / Math.abs(dWidth)) * steep; // the tip stays on the page
        const length = Math.min(1.5 * Math.tanh(4 * steep), 0.95 * room) / steep;
        plane.arrow(mean, width, -length * dMean, -length * dWidth, { colour: colours.ink, width: 2.4, head: 8 });
      }
      plane.handle(mean, width, { colour: COLOUR[who], active: who === active });
      plane.label(who, mean, width, { dx: 13, dy: -13, colour: COLOUR[who] });
    }
  }

  const nearer = (event) => {
    const s = state(), far = (who) => plane.distance(event, s[`${who}_mean`], s[`${who}_width`]);
    return far("p") < far("q") ? "p" : "q";
  };
  makeDraggable(plane.canvas, {
    onstart: (event) => { active = nearer(event); },
    onmove: (event) => { const at = plane.locate(event); move(active, at.x, at.y); },
  });
  makeDraggable(top.canvas, { // relative: the density is dragged along, up makes it wider
    onstart: (event) => {
      const s = state(), at = top.locate(event), far = (means) => Math.min(...means.map((m) => Math.abs(m - at.x)));
      active = far(modesOf(s)) < far([s.q_mean]) ? "p" : "q";
      grip = { x: at.x, y: event.clientY, mean: s[`${active}_mean`], width: s[`${active}_width`] };
    },
    onmove: (event) => move(active, grip.mean + top.locate(event).x - grip.x, grip.width + (grip.y - event.clientY) / 60),
  });
  plane.canvas.addEventListener("keydown", (event) => {
    const by = arrowStep(event), s = state(), key = event.key.toLowerCase();
    if (by) move(active, s[`${active}_mean`] + 0.1 * by[0], s[`${active}_width`] + 0.05 * by[1]);
    else if (event.altKey || event.ctrlKey || event.metaKey) return;
    else if (key === "p" || key === "q") { active = key; redraw(); }
    else if (key === "g") { stop(); if (!step()) rest(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw), watched = STATE.map((name) => `change:${name}`).join(" ");
  model.on(watched, redraw);
  const forgetTheme = onTheme(root, redraw);
  draw();
  return () => {
    stop();
    forgetTheme();
    model.off(watched, redraw);
  };
}

export default { render };
