// AdversarialGame: a critic and a generator in the plane, stepped by hand or left to run.
// Used after core.js, chart.js, controls.js and dense.js.

const REACH = 3; // the plane shows [-3, 3] on both axes
const CELLS = 26; // the critic is asked at CELLS x CELLS places
const ARROWS = 48;
const STEPS_A_FRAME = 2, PATIENCE = 3; // while running: turns of both, and milliseconds for them
const DATASETS = [["ring", "ring"], ["blobs", "two blobs"], ["line", "line"], ["own", "your own"]];
const LOSSES = [["non_saturating", "non-saturating"], ["saturating", "saturating"]];
const MOST_DRAWN = 300, APART = 0.12; // drawn points, and the least distance between two of a stroke
const FAKE_COLOUR = COLOURS[3];

/** The real points' blue: the lighter one where the page is dark, that is, its ink bright. */
const realColour = ({ ink }) => COLOURS[(ink.match(/\d+/g) || []).slice(0, 3).every((v) => Number(v) > 128) ? 4 : 0];

/** The critic's logits on a grid of the plane, row 0 at the bottom: [CELLS * CELLS]. */
function makeField() {
  const places = new Float64Array(2 * CELLS * CELLS);
  const at = (k) => REACH * (2 * (k + 0.5) / CELLS - 1);
  for (let i = 0; i < CELLS * CELLS; i++) places.set([at(i % CELLS), at(Math.floor(i / CELLS))], 2 * i);
  return (critic) => critic.forward(places, CELLS * CELLS).slice(0, CELLS * CELLS);
}

/** The soft ground: towards `real` in one colour, towards `generated` in the other. */
function paintField(chart, logits, tile) {
  tile.width = tile.height = CELLS;
  const context = tile.getContext("2d"), picture = context.createImageData(CELLS, CELLS);
  for (let j = 0; j < CELLS; j++) {
    for (let i = 0; i < CELLS; i++) {
      const d = sigmoid(logits[j * CELLS + i]), to = 4 * ((CELLS - 1 - j) * CELLS + i);
      picture.data.set(d > 0.5 ? [0, 114, 178] : [230, 159, 0], to);
      picture.data[to + 3] = 230 * Math.abs(d - 0.5);
    }
  }
  context.putImageData(picture, 0, 0);
  chart.inside((page) => {
    page.imageSmoothingEnabled = true;
    const left = chart.px(-REACH), top = chart.py(REACH);
    page.drawImage(tile, left, top, chart.px(REACH) - left, chart.py(-REACH) - top);
  });
}

/** The line where the critic says 1/2: one short stroke for each cell that it crosses. */
function paintBorder(chart, logits, { ink }) {
  const at = (k) => REACH * (2 * (k + 0.5) / CELLS - 1), t = (i, j) => logits[j * CELLS + i];
  chart.inside((page) => {
    Object.assign(page, { strokeStyle: ink, lineWidth: 1.6, globalAlpha: 0.75 });
    page.beginPath();
    for (let j = 0; j + 1 < CELLS; j++) {
      for (let i = 0; i + 1 < CELLS; i++) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]], ends = [];
        corners.forEach(([a, b], k) => {
          const [c, d] = corners[(k + 1) % 4], from = t(a, b), to = t(c, d);
          if (from > 0 === to > 0) return;
          const share = from / (from - to);
          ends.push([chart.px(at(a) + share * (at(c) - at(a))), chart.py(at(b) + share * (at(d) - at(b)))]);
        });
        for (let k = 0; k + 1 < ends.length; k += 2) {
          page.moveTo(...ends[k]);
          page.lineTo(...ends[k + 1]);
        }
      }
    }
    page.stroke();
  });
}

/** Points as small crosses, which differ from the generated dots without colour. */
function paintCrosses(chart, points, colour) {
  chart.inside((page) => {
    Object.assign(page, { strokeStyle: colour, lineWidth: 1.5, globalAlpha: 0.85 });
    page.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const x = chart.px(points[i]), y = chart.py(points[i + 1]);
      page.moveTo(x - 2.5, y - 2.5);
      page.lineTo(x + 2.5, y + 2.5);
      page.moveTo(x + 2.5, y - 2.5);
      page.lineTo(x - 2.5, y + 2.5);
    }
    page.stroke();
  });
}

/** What each generated point is told: an arrow as long as the slope, cut at 0.9. */
function paintArrows(chart, points, pushes) {
  for (let i = 0; i < pushes.length; i += 2) {
    const size = Math.hypot(pushes[i], pushes[i + 1]), scale = 0.5 * Math.min(1, 1.8 / (size + 1e-12));
    if (size * scale < 0.02) continue; // no longer than the dot itself
    chart.arrow(points[i], points[i + 1], scale * pushes[i], scale * pushes[i + 1], { colour: FAKE_COLOUR, width: 1.3, head: 5 });
  }
}

/** The two curves charts: losses with the lines of the equilibrium, and the distance. */
function makeCurves() {
  const size = { width: 340, height: 190, xTicks: 4, margin: { left: 40, right: 10, top: 8, bottom: 26 } };
  const losses = makeChart({ ...size, yLabel: "losses" });
  const distance = makeChart({ ...size, height: 150, yTicks: 3, yLabel: "distance", xLabel: "turns" });
  function draw(record, kind, colours) {
    const turns = record.map((row) => row[0]), end = Math.max(20, turns[turns.length - 1] || 0);
    const saturating = kind === "saturating", goal = saturating ? -Math.LN2 : Math.LN2;
    losses.scale({ x: [0, end], y: saturating ? [-2, 2.5] : [0, 3] });
    losses.begin(colours);
    losses.horizontal(2 * Math.LN2);
    losses.horizontal(goal);
    losses.line(turns, record.map((row) => row[1]), { colour: realColour(colours), dash: [] });
    losses.line(turns, record.map((row) => row[2]), { series: 3 });
    losses.label("2 ln 2", 0, 2 * Math.LN2, { dx: 6, dy: -10 });
    losses.label(saturating ? "\u2212ln 2" : "ln 2", 0, goal, { dx: 6, dy: 11 });
    const highest = record.reduce((most, row) => Math.max(most, row[3] || 0), 0.2);
    distance.scale({ x: [0, end], y: [-0.05 * highest, 1.1 * highest] });
    distance.begin(colours);
    distance.horizontal(0);
    distance.line(turns, record.map((row) => row[3]), { series: 2 });
  }
  return { losses, distance, draw };
}

const GAME_HELP = "Drag in the plane to draw data of your own. By keyboard, with the plane in focus: arrows "
  + "move the pen (Shift: farther), Enter places a point, Backspace takes the last one back; "
  + "C steps the critic, G the generator, B both, P runs or pauses, R resets.";

/** All that stands below the drawing: buttons, choices, the slider, the numbers. */
function makeGamePanel(model, act) {
  const run = makeButton("Run", act.toggle);
  const dataset = makeChoice({ label: "Data", options: DATASETS, value: model.get("dataset"), onchange: (v) => act.set({ dataset: v }) });
  const loss = makeChoice({ label: "Generator's loss", options: LOSSES, value: model.get("loss"), onchange: (v) => act.set({ loss: v }) });
  const rate = makeSlider({
    label: "Learning rate", min: -4, max: -1, step: 0.1, value: model.get("log_rate"),
    format: (v) => (10 ** v).toPrecision(2).replace(/^1\.0e-4$/, "0.0001"), oninput: (v) => act.set({ log_rate: v }),
  });
  const numbers = makeReadout("Where the game stands");
  const bar = (...children) => make("div", { class: "aigc-bar" }, ...children);
  const rows = [
    bar(makeButton("Step critic", act.critic), makeButton("Step generator", act.generator), makeButton("Both", act.both),
      run, makeButton("Reset", act.reset), makeButton("New start", act.renew)),
    bar(dataset.row, makeButton("Clear drawing", act.clear)), bar(loss.row), bar(rate.row), bar(numbers.row),
  ];
  return { rows, run, dataset, loss, rate, numbers };
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "game");
  const plane = makeChart({ width: 340, height: 340, x: [-REACH, REACH], y: [-REACH, REACH], xTicks: 6, yTicks: 6, margin: { left: 26, right: 6, top: 6, bottom: 24 } });
  const curves = makeCurves(), askField = makeField(), tile = document.createElement("canvas");
  const keep = makeKeeper(model, 400), say = makeVoice(root);
  let game = null, running = 0, frames = 0, pen = null, stroke = null;
  const own = () => model.get("points");
  const start = () => { game = makeGame({ seed: model.get("seed"), dataset: model.get("dataset"), own: own() }); };
  const look = () => { game.measure(model.get("loss")); if (game.ready()) game.note(); };
  const store = () => keep({ kept: new DataView(game.save().buffer) });

  function turn(critic, generator) {
    if (!game.ready()) return;
    const rate = 10 ** model.get("log_rate");
    if (critic) game.stepCritic(rate);
    if (generator) game.stepGenerator(rate, model.get("loss"));
  }
  const rest = () => { look(); store(); redraw(); };
  const once = (critic, generator) => { stop(); turn(critic, generator); rest(); };
  function stop() {
    if (running) { cancelAnimationFrame(running); store(); redraw(); }
    running = 0;
    panel.run.textContent = "Run";
  }
  function tick() {
    if (!root.isConnected) return stop();
    const started = performance.now();
    for (let k = 0; k < STEPS_A_FRAME && performance.now() - started < PATIENCE; k++) turn(true, true);
    frames++;
    if (!calm() || frames % 20 === 0) { look(); draw(started); }
    running = requestAnimationFrame(tick);
  }
  const begin = (seed) => { stop(); model.set("seed", seed); start(); rest(); };

  const act = {
    critic: () => once(true, false),
    generator: () => once(false, true),
    both: () => once(true, true),
    toggle: () => {
      if (running) stop();
      else if (game.ready()) { running = requestAnimationFrame(tick); panel.run.textContent = "Pause"; }
      redraw();
    },
    reset: () => begin(model.get("seed")),
    renew: () => begin((model.get("seed") + 1) % 1000),
    clear: () => { stop(); act.set({ points: [] }); },
    set: (values) => keep(values),
  };
  const panel = makeGamePanel(model, act);

  /** Numbers in words, for the table, the picture's label and the voice. */
  function tell() {
    const { now, turns } = game, empty = !game.ready();
    const show = (v) => (empty || !Number.isFinite(v) ? "\u2013" : number(Math.abs(v) < 0.005 ? 0 : v, 2));
    panel.numbers.show([
      ["", "critic", "generator"],
      ["loss", show(now.critic), show(now.generator)],
      ["steps", String(turns.critic), String(turns.generator)],
      ["critic's right answers", empty ? "\u2013" : `${Math.round(100 * now.right)} %`],
      ["energy distance", show(now.distance)],
    ]);
    const words = empty ? "No data yet: drag in the plane, or use the arrow keys and Enter."
      : `Critic ${turns.critic} steps, generator ${turns.generator} steps. Critic's loss ${show(now.critic)}, `
        + `generator's loss ${show(now.generator)}, critic right ${Math.round(100 * now.right)} percent, distance ${show(now.distance)}.`;
    plane.canvas.setAttribute("aria-label", `The plane. ${words}`);
    return words;
  }

  function draw(started = performance.now()) {
    const colours = inkAndPaper(root), { players, real, fake } = game;
    const logits = askField(players.critic);
    plane.begin(colours);
    paintField(plane, logits, tile);
    paintBorder(plane, logits, colours);
    paintCrosses(plane, real, realColour(colours));
    plane.dots(fake.filter((_, i) => i % 2 === 0), fake.filter((_, i) => i % 2), { colour: FAKE_COLOUR, radius: 2.6, alpha: 0.9 });
    const some = fake.subarray(0, 2 * ARROWS);
    paintArrows(plane, some, players.push(some, model.get("loss")));
    if (pen) plane.handle(...pen, { colour: realColour(colours) });
    const both = !running || calm(); // a run shares the rest out over two frames
    if (both || frames % 2) curves.draw(game.record, model.get("loss"), colours);
    const words = both || frames % 2 === 0 ? tell() : "";
    report(root, started);
    return words;
  }
  const redraw = oncePerFrame(() => { const words = draw(); if (!running) say(words); });

  function addPoint(x, y) {
    if (own().length >= MOST_DRAWN) return;
    act.set({ points: [...own(), [x, y]], dataset: "own" });
  }
  makeDraggable(plane.canvas, {
    onstart: () => { stroke = null; pen = null; },
    onmove: (event) => {
      const { x, y } = plane.locate(event);
      if (stroke && Math.hypot(x - stroke[0], y - stroke[1]) < APART) return;
      stroke = [x, y];
      addPoint(x, y);
    },
  });
  const KEYS = { c: act.critic, g: act.generator, b: act.both, p: act.toggle, r: act.reset };
  plane.canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = arrowStep(event), { key } = event;
    const inside = (v) => Math.max(-REACH, Math.min(REACH, Math.round(10 * v) / 10));
    if (move) {
      const [x, y] = pen || [0, 0];
      pen = [inside(x + 0.1 * move[0]), inside(y + 0.1 * move[1])];
      say(`Pen at ${number(pen[0], 1)}, ${number(pen[1], 1)}`);
      redraw();
    } else if (key === "Enter") {
      pen = pen || [0, 0];
      addPoint(...pen);
    } else if (key === "Backspace" || key === "Delete") {
      act.set({ points: own().slice(0, -1) });
    } else if (KEYS[key.toLowerCase()]) {
      KEYS[key.toLowerCase()]();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });

  const changed = () => {
    for (const name of ["dataset", "loss"]) panel[name].set(model.get(name));
    panel.rate.set(model.get("log_rate"));
    game.setData(model.get("dataset"), own());
    if (!game.ready()) stop();
    look();
    redraw();
  };
  const traits = "change:dataset change:loss change:log_rate change:points";
  plane.canvas.tabIndex = 0;
  plane.canvas.setAttribute("role", "application");
  plane.canvas.setAttribute("aria-describedby", `${id}-help`);
  curves.losses.canvas.setAttribute("aria-label", "Both losses over the turns, with the lines 2 ln 2 and ln 2; the numbers stand in the table below.");
  curves.distance.canvas.setAttribute("aria-label", "Energy distance between real and generated points over the turns; its number stands in the table below.");
  help.textContent = GAME_HELP;
  root.append(
    make("div", { class: "aigc-pair" },
      make("figure", {}, plane.canvas, make("figcaption", {}, "\u00d7 real, \u25cf generated with the critic's arrows; blue: \u201creal\u201d, orange: \u201cgenerated\u201d, line: 1/2")),
      make("figure", {}, curves.losses.canvas, curves.distance.canvas,
        make("figcaption", {}, "solid blue: critic's loss; dash-dotted red: generator's; green: distance"))),
    ...panel.rows, help,
  );
  start();
  game.load(new Float32Array(bytesOf(model.get("kept")).slice().buffer)); // none the first time
  look();
  model.on(traits, changed);
  const forgetTheme = onTheme(root, redraw);
  redraw();
  return () => {
    stop();
    forgetTheme();
    model.off(traits, changed);
  };
}

export default { render };
