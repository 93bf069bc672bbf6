// FailureLab: a small adversarial game, broken by one switch and cured by another, live.
// Used after core.js, chart.js, controls.js, dense.js and failures_game.js.

const REACH = 3, PATIENCE = 3; // the plane shows [-3, 3]; milliseconds of training in a frame
const TARGET_WORDS = [["ring", "ring of 8"], ["grid", "grid of 25"], ["clusters", "2 clusters"]];
const FAILURE_WORDS = [
  ["none", "none"], ["ratio", "generator 8\u00d7 faster"], ["beta", "\u03b21 = 0.9"], ["saturating", "saturating loss"],
  ["strong", "saturating, critic 400 turns ahead"], ["latent", "one latent number"],
];
const CURE_WORDS = [
  ["none", "none"], ["ttur", "two time scales"], ["r1", "R1"], ["gradient", "WGAN-GP"], ["spectral", "spectral norm"],
  ["hinge", "hinge loss"], ["statistic", "minibatch statistic"], ["clip", "WGAN, clipped"],
];
const LAB_HELP = "A cure may be switched while the game runs; a new target, failure or seed starts it afresh. "
  + "Cures that bring a loss of their own (hinge, WGAN) replace the saturating one. By keyboard, with the plane in "
  + "focus: P plays or pauses, S makes 10 steps, R resets, arrow up and down change the seed.";

/** Circles of 3 sigma round the centres: filled where a mode is covered. */
function paintModes(chart, game, { ink }) {
  chart.inside((page) => {
    const radius = chart.px(3 * SPREAD) - chart.px(0);
    Object.assign(page, { strokeStyle: ink, fillStyle: COLOURS[2], lineWidth: 1.3 });
    game.centres.forEach(([x, y], k) => {
      page.beginPath();
      page.arc(chart.px(x), chart.py(y), radius, 0, 7);
      if (game.covered[k]) { page.globalAlpha = 0.45; page.fill(); }
      page.globalAlpha = 0.8;
      page.stroke();
    });
  });
}

/** Modes covered, and the generator's gradient, over the steps. */
function makeRecords() {
  const size = { width: 340, xTicks: 4, margin: { left: 42, right: 16, top: 8, bottom: 26 } };
  const modes = makeChart({ ...size, height: 190, yLabel: "modes covered" });
  const norm = makeChart({ ...size, height: 160, yTicks: 3, yLabel: "generator's gradient, log10", xLabel: "steps" });
  function draw(game, colours) {
    const { record, centres } = game, steps = record.map((row) => row[0]);
    const x = [0, Math.max(100, steps[steps.length - 1] || 0)];
    modes.scale({ x, y: [-0.04 * centres.length, 1.08 * centres.length] });
    modes.begin(colours);
    modes.horizontal(centres.length);
    modes.line(steps, record.map((row) => row[1]), { series: 2, dash: [] });
    modes.line(steps, record.map((row) => row[2] * centres.length), { series: 1, dash: [5, 3], width: 1.6 });
    norm.scale({ x, y: [-4, 2] });
    norm.begin(colours);
    norm.line(steps, record.map((row) => (row[3] ? Math.log10(Math.max(row[3], 1e-4)) : NaN)), { series: 3, dash: [] });
  }
  return { modes, norm, draw };
}

function makeLabPanel(model, act) {
  const choice = (name, label, options) =>
    makeChoice({ label, options, value: model.get(name), onchange: (v) => act.set({ [name]: v }) });
  const run = makeButton("Play", act.toggle);
  const target = choice("target", "Target", TARGET_WORDS);
  const failure = choice("failure", "Failure", FAILURE_WORDS);
  const cure = choice("cure", "Cure", CURE_WORDS);
  const seed = makeSlider({ label: "Seed", min: 0, max: 20, step: 1, value: model.get("seed"), format: (v) => String(v), oninput: (v) => act.set({ seed: v }) });
  const numbers = makeReadout("Where the game stands");
  const bar = (...children) => make("div", { class: "aigc-bar" }, ...children);
  const rows = [
    bar(run, makeButton("1 step", () => act.steps(1)), makeButton("50 steps", () => act.steps(50)), makeButton("Reset", act.reset)),
    bar(target.row), bar(failure.row), bar(cure.row), bar(seed.row), bar(numbers.row),
  ];
  return { rows, run, target, failure, cure, seed, numbers };
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "failures");
  const plane = makeChart({ width: 340, height: 340, x: [-REACH, REACH], y: [-REACH, REACH], xTicks: 6, yTicks: 6, margin: { left: 26, right: 6, top: 6, bottom: 24 } });
  const records = makeRecords(), keep = makeKeeper(model, 400), say = makeVoice(root);
  let game = null, running = 0, frames = 0, left = 0;
  const choices = () => ({ seed: model.get("seed"), target: model.get("target"), failure: model.get("failure"), cure: model.get("cure") });
  const store = () => keep({ kept: new DataView(game.save().buffer) });
  const look = () => { game.measure(); game.note(); };

  function begin() {
    stop();
    game = makeFailing(choices());
    look();
  }
  function stop() {
    if (running) {
      cancelAnimationFrame(running);
      while (game.turns && game.steps) game.turn(); // only whole steps are kept
      look();
      store();
      redraw();
    }
    running = left = 0;
    panel.run.textContent = "Play";
  }
  /** Train for a few milliseconds, then draw; `left` counts the steps asked for. */
  function tick() {
    if (!root.isConnected || !game.finite()) return stop();
    const started = performance.now();
    do { if (game.turn()) left--; } while (left > 0 && performance.now() - started < PATIENCE);
    frames++;
    const done = left <= 0;
    if (done || frames % 3 === 0) look(); // measuring costs as much as a turn: in its own frames
    if (done || !calm() || frames % 20 === 0) draw(started, done);
    if (done) { left = 0; return stop(); }
    running = requestAnimationFrame(tick);
  }
  function go(steps) {
    left = steps;
    if (!running) running = requestAnimationFrame(tick);
    panel.run.textContent = "Pause";
  }
  const act = {
    toggle: () => (running ? stop() : go(Infinity)),
    steps: (n) => go(Number.isFinite(left) ? Math.max(left, 0) + n : n),
    reset: () => { begin(); store(); redraw(); },
    set: (values) => keep(values),
  };
  const panel = makeLabPanel(model, act);

  function tell() {
    const { centres } = game, size = (v) => (Math.abs(v) < 0.005 ? v.toExponential(0).replace("-", "\u2212") : number(v, 2));
    panel.numbers.show([
      ["steps", String(game.steps)],
      ["modes covered", `${game.modes} of ${centres.length}`],
      ["good points", `${Math.round(100 * game.good)} %`],
      ["generator's gradient", game.steps ? size(game.norm) : "\u2013"],
      ["critic's loss", game.steps ? number(game.critic, 2) : "\u2013"],
      ["generator's loss", game.steps ? number(game.generator, 2) : "\u2013"],
    ]);
    const words = `${game.steps} steps, ${game.modes} of ${centres.length} modes covered, ${Math.round(100 * game.good)} percent good points.`;
    plane.canvas.setAttribute("aria-label", `The plane, seed ${model.get("seed")}. ${words}`);
    return words;
  }
  function draw(started = performance.now(), everything = true) {
    const colours = inkAndPaper(root), { fake } = game;
    plane.begin(colours);
    paintModes(plane, game, colours);
    plane.dots(fake.filter((_, i) => i % 2 === 0), fake.filter((_, i) => i % 2), { colour: COLOURS[3], radius: 1.9, alpha: 0.75 });
    if (everything || frames % 3 === 2) records.draw(game, colours);
    const words = everything || frames % 3 === 1 ? tell() : "";
    report(root, started);
    return words;
  }
  const redraw = oncePerFrame(() => { const words = draw(); if (!running) say(words); });

  plane.canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const key = event.key.toLowerCase(), move = arrowStep(event);
    const keys = { p: act.toggle, s: () => act.steps(10), r: act.reset };
    if (keys[key]) keys[key]();
    else if (move && move[1]) act.set({ seed: Math.max(0, Math.min(20, model.get("seed") + Math.sign(move[1]))) });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const afresh = () => {
    for (const name of ["target", "failure", "seed"]) panel[name].set(model.get(name));
    begin();
    store();
    redraw();
  };
  const cured = () => {
    panel.cure.set(model.get("cure"));
    game.setCure(model.get("cure"));
    redraw();
  };
  const anew = "change:target change:failure change:seed";
  plane.canvas.tabIndex = 0;
  plane.canvas.setAttribute("role", "application");
  plane.canvas.setAttribute("aria-describedby", `${id}-help`);
  records.modes.canvas.setAttribute("aria-label", "Modes covered and good share over the steps; the numbers stand in the table below.");
  records.norm.canvas.setAttribute("aria-label", "Length of the generator's gradient over the steps; its number stands in the table below.");
  help.textContent = LAB_HELP;
  root.append(
    make("div", { class: "aigc-pair" },
      make("figure", {}, plane.canvas, make("figcaption", {}, "circles: three spreads round each mode, green once covered; dots: generated points")),
      make("figure", {}, records.modes.canvas, records.norm.canvas,
        make("figcaption", {}, "solid green: modes covered; dashed: good share (top line: 100 %); red: gradient"))),
    ...panel.rows, help,
  );
  game = makeFailing(choices());
  game.load(new Float32Array(bytesOf(model.get("kept")).slice().buffer)); // none the first time
  game.measure();
  if (!game.record.length) game.note();
  model.on(anew, afresh);
  model.on("change:cure", cured);
  const forgetTheme = onTheme(root, redraw);
  redraw();
  return () => {
    stop();
    forgetTheme();
    model.off(anew, afresh);
    model.off("change:cure", cured);
  };
}

export default { render };
