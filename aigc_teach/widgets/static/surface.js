// LossSurface: five losses of one pixel, as functions of the prediction or of its logit.
// Used after core.js, chart.js and controls.js. A loss is the mean over the targets.

const LOSS_KINDS = ["mse", "l1", "bce", "twice", "cb"];
const LOGIT_EDGE = 10;
const PRESETS = [["white", [1]], ["black", [0]], ["0 or 1", [0, 1]], ["skewed", [0, 0, 0, 0.3, 1]]];

const sigmoid = (a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a)));
const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
const clampTo = (v, low, high) => Math.max(low, Math.min(high, v));
const mean = (values) => values.reduce((s, v) => s + v, 0) / values.length;

/** The logit of a grey, kept within the edges (black and white have none). */
function logitOf(p, edge = LOGIT_EDGE) {
  if (p <= 0) return -edge;
  if (p >= 1) return edge;
  return clampTo(Math.log(p) - Math.log1p(-p), -edge, edge);
}

/** log C of the continuous Bernoulli and its slope, near 0 by their series. */
function logNormaliser(a) {
  const b = Math.abs(a), a2 = a * a;
  if (b < 0.25) return Math.LN2 + a2 / 12 - (7 * a2 * a2) / 1440 + (31 * a2 ** 3) / 90720;
  return Math.log(b) - Math.log(Math.tanh(b / 2));
}

/** The mean of a continuous Bernoulli with logit `a`. */
function greyMean(a) {
  if (Math.abs(a) < 0.25) return 0.5 + a / 12 - a ** 3 / 720 + a ** 5 / 30240;
  return 0.5 + 0.5 / Math.tanh(a / 2) - 1 / a;
}

/** One loss at logit `a` for one target: { value, slope }, the slope with respect to a. */
function lossAt(kind, a, x) {
  const p = sigmoid(a), bend = p * sigmoid(-a);
  if (kind === "mse") return { value: (p - x) ** 2, slope: 2 * (p - x) * bend };
  if (kind === "l1") return { value: Math.abs(p - x), slope: Math.sign(p - x) * bend };
  if (kind === "bce") return { value: softplus(a) - x * a, slope: p - x };
  if (kind === "twice") return { value: softplus(p) - x * p, slope: (sigmoid(p) - x) * bend };
  return { value: softplus(a) - x * a - logNormaliser(a), slope: greyMean(a) - x };
}

/** The mean over the targets; `axis` says with respect to what the slope is taken. */
function lossOver(kind, a, targets, axis) {
  const each = targets.map((x) => lossAt(kind, a, x));
  const slope = mean(each.map((one) => one.slope));
  return {
    value: mean(each.map((one) => one.value)),
    slope: axis === "logit" ? slope : slope / (sigmoid(a) * sigmoid(-a)),
  };
}

/** Where a loss is lowest: [low, high] as logits, a single place unless L1 has a whole interval. */
function lowest(kind, targets) {
  const m = mean(targets);
  if (kind === "l1") {
    const sorted = [...targets].sort((s, t) => s - t), n = sorted.length;
    return [sorted[(n - 1) >> 1], sorted[n >> 1]].map((p) => logitOf(p));
  }
  let at = logitOf(m);
  if (kind === "twice") at = logitOf(clampTo(logitOf(m), 0, 1)); // its logit is a p in (0, 1)
  if (kind === "cb") {
    let low = -LOGIT_EDGE, high = LOGIT_EDGE;
    for (let i = 0; i < 50; i++) {
      at = (low + high) / 2;
      if (greyMean(at) < m) low = at;
      else high = at;
    }
  }
  return [at, at];
}

/** `count` steps of gradient descent on the logit. */
function descend(kind, a, targets, count = 20, rate = 0.5) {
  for (let i = 0; i < count; i++) a = clampTo(a - rate * lossOver(kind, a, targets, "logit").slope, -LOGIT_EDGE, LOGIT_EDGE);
  return a;
}

/** A name with a short piece of its line before it: colour and dash, as in the chart. */
function swatch(kind, words) {
  const space = "http://www.w3.org/2000/svg", i = LOSS_KINDS.indexOf(kind);
  const svg = document.createElementNS(space, "svg"), line = document.createElementNS(space, "line");
  for (const [name, value] of Object.entries({ class: "aigc-swatch", viewBox: "0 0 30 10", "aria-hidden": "true" })) svg.setAttribute(name, value);
  for (const [name, value] of Object.entries({ x1: 1, x2: 29, y1: 5, y2: 5, stroke: COLOURS[i], "stroke-width": 4, "stroke-dasharray": DASHES[i].join(" ") })) line.setAttribute(name, value);
  svg.append(line);
  const span = make("span", {});
  span.append(svg, words);
  return span;
}

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "surface");
  const names = model.get("names"), keep = makeKeeper(model);
  const FLOOR = -1, CEILING = 2.2, RAIL = -0.8; // the targets lie on the rail
  const charts = {}; // one for each axis and width of page, made when first needed
  function chartOf(axis) {
    const wide = !root.clientWidth || root.clientWidth > 560, key = `${axis} ${wide}`;
    if (charts[key]) return charts[key];
    const across = axis === "logit" ? { x: [-LOGIT_EDGE, LOGIT_EDGE], xLabel: "logit a", xTicks: wide ? 8 : 4 }
      : { x: [0, 1], xLabel: "prediction x\u0302 = sigmoid(a)", xTicks: wide ? 10 : 5 };
    charts[key] = makeChart({ width: wide ? 640 : 340, height: 350, yTicks: 6, y: [FLOOR, CEILING], yLabel: "loss, mean over the targets", ...across });
    listen(axis, charts[key]);
    return charts[key];
  }
  const grid = { prediction: [], logit: [] }; // logits at which the curves are drawn
  for (let i = 0; i <= 240; i++) {
    grid.prediction.push(logitOf(i / 240));
    grid.logit.push(-LOGIT_EDGE + (i / 240) * 2 * LOGIT_EDGE);
  }
  const place = (a) => (model.get("axis") === "logit" ? a : sigmoid(a));
  const readout = makeReadout("Value, slope and lowest point of each loss");
  const stage = make("div", { class: "aigc-stage" });
  const slider = makeSlider({
    label: "Logit a", min: -LOGIT_EDGE, max: LOGIT_EDGE, step: 0.05, value: model.get("logit"),
    format: (a) => `${number(a)}, x\u0302 ${number(sigmoid(a))}`, oninput: (a) => moveLogit(a),
  });
  const grey = makeSlider({
    label: "Chosen target", min: 0, max: 1, step: 0.01, value: 0,
    format: (v) => number(v), oninput: (v) => moveTarget(Math.max(1, model.get("chosen")), v),
  });
  const losses = makeChoice({
    label: "Loss", value: model.get("loss"), options: LOSS_KINDS.map((kind) => [kind, swatch(kind, names[kind])]),
    onchange: (kind) => keep({ loss: kind, steps: 0 }),
  });
  const axes = makeChoice({
    label: "Axis", value: model.get("axis"), options: [["prediction", "prediction"], ["logit", "logit"]],
    onchange: (axis) => keep({ axis }),
  });
  const add = makeButton("Add a target", () => {
    const targets = [...model.get("targets"), 0.5];
    keep({ targets, chosen: targets.length, steps: 0 });
  });
  const remove = makeButton("Remove it", () => {
    const targets = [...model.get("targets")];
    targets.splice(Math.max(1, model.get("chosen")) - 1, 1);
    keep({ targets, chosen: Math.min(model.get("chosen"), targets.length), steps: 0 });
  });
  const down = makeButton("20 steps down", () => keep({
    logit: descend(model.get("loss"), model.get("logit"), model.get("targets")), steps: model.get("steps") + 20,
  }));
  const presets = make("div", { class: "aigc-choices", role: "group", "aria-label": "Targets" },
    make("span", { class: "aigc-choices-name" }, "Targets"),
    ...PRESETS.map(([words, targets]) => makeButton(words, () => keep({ targets, chosen: 0, steps: 0 }))), add, remove);
  help.textContent = "Drag the round handle (the prediction) or a target at the bottom. Keys on the chart: left and right move, " +
    "Shift moves five times as far, up and down or 0 to 7 choose the handle, Enter takes 20 steps down.";
  root.append(losses.row, axes.row, stage, make("div", { class: "aigc-bar" }, slider.row, down),
    make("div", { class: "aigc-bar" }, grey.row, presets), readout.row, help);
  const say = makeVoice(root);

  function moveLogit(a) { keep({ logit: clampTo(a, -LOGIT_EDGE, LOGIT_EDGE), chosen: 0, steps: 0 }); }
  function moveTarget(which, v) {
    const targets = [...model.get("targets")];
    targets[which - 1] = clampTo(v, 0, 1);
    keep({ targets, chosen: which, steps: 0 });
  }

  function draw() {
    const started = performance.now();
    const axis = model.get("axis"), chart = chartOf(axis), kind = model.get("loss"), chosen = model.get("chosen");
    const targets = model.get("targets"), a = model.get("logit");
    if (stage.firstChild !== chart.canvas) {
      const focused = stage.contains(document.activeElement);
      stage.replaceChildren(chart.canvas);
      if (focused) chart.canvas.focus({ preventScroll: true });
    }
    chart.begin(inkAndPaper(root));
    const xs = grid[axis].map(place), best = lowest(kind, targets);
    if (best[1] > best[0]) chart.area(best.map(place), FLOOR, CEILING, { colour: COLOURS[1], alpha: 0.16 });
    LOSS_KINDS.forEach((each, series) => {
      const ys = grid[axis].map((at) => lossOver(each, at, targets, axis).value);
      chart.line(xs, ys, { series, width: each === kind ? 4 : 1.7, alpha: each === kind ? 1 : 0.75 });
    });
    const now = lossOver(kind, a, targets, axis), at = place(a), reach = axis === "logit" ? 4 : 0.2;
    chart.line([at - reach, at + reach], [now.value - reach * now.slope, now.value + reach * now.slope], { colour: inkAndPaper(root).ink, dash: [], width: 2 });
    drawLowest(chart, kind, targets, best);
    chart.label("targets", axis === "logit" ? -LOGIT_EDGE : 0, RAIL, { dx: 10, dy: -17 });
    targets.forEach((x, i) => chart.handle(place(logitOf(x)), RAIL, { colour: COLOURS[0], active: chosen === i + 1 }));
    for (const x of new Set(targets)) { // several in one place: how many
      const same = targets.filter((other) => other === x).length;
      if (same > 1) chart.label(`\u00d7${same}`, place(logitOf(x)), RAIL, { align: x > 0.9 ? "right" : "left", dx: x > 0.9 ? -14 : 14 });
    }
    chart.handle(at, clampTo(now.value, FLOOR + 0.1, CEILING - 0.1), { active: chosen === 0 });
    tell(axis, kind, targets, a, now);
    report(root, started);
  }

  function drawLowest(chart, kind, targets, best) {
    const at = (best[0] + best[1]) / 2, value = lossOver(kind, best[0], targets, "logit").value;
    const left = place(at) > place(0) + 0.3 * (place(LOGIT_EDGE) - place(-LOGIT_EDGE));
    chart.vertical(place(at), { dash: [2, 4] });
    const words = best[1] > best[0] ? `lowest ${number(value)} anywhere here` : `lowest ${number(value)}`;
    chart.label(words, place(at), CEILING, { align: left ? "right" : "left", dx: left ? -8 : 8, dy: 12 });
  }

  function tell(axis, kind, targets, a, now) {
    const grey1 = (logits) => (logits[1] > logits[0] ? logits : logits.slice(1)).map((b) => number(sigmoid(b))).join(" to ");
    const rows = LOSS_KINDS.map((each) => {
      const { value, slope } = lossOver(each, a, targets, axis);
      return [names[each], number(value, 3), number(slope, 3), grey1(lowest(each, targets))];
    });
    readout.show([["", "value", axis === "logit" ? "slope in a" : "slope in x\u0302", "lowest at x\u0302"], ...rows]);
    slider.set(a);
    losses.set(kind);
    axes.set(axis);
    const which = clampTo(model.get("chosen"), 1, targets.length);
    grey.set(targets[which - 1]);
    add.disabled = targets.length >= 7;
    remove.disabled = targets.length <= 1;
    const canvas = chartOf(axis).canvas, steps = model.get("steps");
    const words = `${names[kind]} ${number(now.value, 3)}, slope ${number(now.slope, 3)}, at x\u0302 ${number(sigmoid(a))}` +
      `; lowest at ${grey1(lowest(kind, targets))}${steps ? `; ${steps} steps taken` : ""}`;
    canvas.setAttribute("aria-label", `${model.get("alt")} Now: targets ${targets.map((x) => number(x)).join(", ")}; ${words}.`);
    down.textContent = steps ? `20 steps down (${steps} taken)` : "20 steps down";
    say(words);
  }

  function onKey(event) {
    const targets = model.get("targets"), chosen = model.get("chosen"), step = arrowStep(event);
    if (step && step[0]) {
      if (chosen > 0) moveTarget(chosen, targets[chosen - 1] + 0.01 * step[0]);
      else if (model.get("axis") === "logit") moveLogit(model.get("logit") + 0.1 * step[0]);
      else moveLogit(logitOf(clampTo(sigmoid(model.get("logit")) + 0.01 * step[0], 0, 1)));
    } else if (step) keep({ chosen: clampTo(chosen + Math.sign(step[1]), 0, targets.length) });
    else if (/^[0-7]$/.test(event.key) && Number(event.key) <= targets.length) keep({ chosen: Number(event.key) });
    else if (event.key === "Enter") down.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function listen(axis, chart) {
    const value = (event) => (axis === "logit" ? chart.locate(event).x : logitOf(chart.locate(event).x));
    Object.entries({ tabindex: 0, role: "application" }).forEach(([name, v]) => chart.canvas.setAttribute(name, v));
    chart.canvas.addEventListener("keydown", onKey);
    makeDraggable(chart.canvas, {
      onstart(event) {
        const distances = model.get("targets").map((x) => chart.distance(event, place(logitOf(x)), RAIL));
        const nearest = distances.indexOf(Math.min(...distances));
        model.set("chosen", distances[nearest] < 18 ? nearest + 1 : 0);
      },
      onmove(event) {
        const chosen = model.get("chosen"), a = value(event);
        if (chosen > 0) moveTarget(chosen, axis === "logit" ? (Math.abs(a) >= LOGIT_EDGE ? Number(a > 0) : sigmoid(a)) : chart.locate(event).x);
        else moveLogit(a);
      },
    });
  }
  const redraw = oncePerFrame(draw), watched = ["targets", "logit", "loss", "axis", "chosen", "steps"].map((name) => `change:${name}`);
  watched.forEach((name) => model.on(name, redraw));
  const forgetTheme = onTheme(root, redraw), size = new ResizeObserver(redraw);
  size.observe(root);
  draw();
  return () => {
    size.disconnect();
    forgetTheme();
    watched.forEach((name) => model.off(name, redraw));
  };
}

export default { render };
