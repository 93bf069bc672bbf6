// TrainingReplay: a recorded training in the plane. Nothing is computed, only unpacked and drawn.
// Used after core.js, chart.js and controls.js.

const LAYERS = [["surface", "critic's opinion"], ["real", "real points"], ["points", "generated points"], ["arrows", "arrows"]];
const BLUE = [0, 114, 178], ORANGE = [230, 159, 0]; // "real" and "generated", without red and green
const ARROW_UNIT = 0.06, LONGEST = 0.16; // of the plane's width: an arrow of length 1, and the longest drawn
const REPLAY_HELP = "Space plays and pauses. Left and right step (Shift: five frames), Home and End jump; "
  + "or drag in the chart of the losses. The four buttons show and hide what is drawn.";

/** The probability that a byte stands for: finest near one half (see surface_bytes in Python). */
function probabilityOf(byte) {
  const root = byte / 127.5 - 1;
  return 0.5 + 0.5 * Math.sign(root) * root * root;
}

/** All frames from the traits' bytes. `get` is model.get. Returns { count, at(t), real }. */
async function unpackReplay(get) {
  const [count, p, a, h, w] = get("shape");
  const [points, surfaces, arrows, real] = await Promise.all(["points", "surfaces", "arrows", "real"].map((name) => unpack(get(name))));
  const dots = new Float32Array(points), bytes = new Uint8Array(surfaces), ways = new Float32Array(arrows);
  const part = (array, t, n) => array.subarray(t * n, (t + 1) * n);
  return {
    count, size: [h, w], real: new Float32Array(real),
    at: (t) => ({
      points: part(dots, t, 2 * p),
      surface: Float64Array.from(part(bytes, t, h * w), probabilityOf), // [h * w], row 0 at the bottom
      arrows: part(ways, t, 4 * a),
    }),
  };
}

/** Pairs of places, [x, y, x, y] in the grid's units (0..w-1, 0..h-1), where the surface crosses 1/2. */
function halfLine(surface, [h, w]) {
  const out = [], t = (i, j) => surface[j * w + i] - 0.5;
  for (let j = 0; j + 1 < h; j++) {
    for (let i = 0; i + 1 < w; i++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]], ends = [];
      for (let k = 0; k < 4; k++) {
        const [a, b] = corners[k], [c, d] = corners[(k + 1) % 4], from = t(a, b), to = t(c, d);
        if (from > 0 === to > 0) continue;
        const share = from / (from - to);
        ends.push([a + share * (c - a), b + share * (d - b)]);
      }
      for (let k = 0; k + 1 < ends.length; k += 2) out.push([...ends[k], ...ends[k + 1]]);
    }
  }
  return out;
}

/** Where an arrow ends: as long as its push, but never longer than `longest`. */
function arrowOf(dx, dy, unit, longest) {
  const size = Math.hypot(dx, dy) * unit;
  const scale = size > longest ? (unit * longest) / size : unit;
  return [scale * dx, scale * dy];
}

/** Colour and opacity (0..255) of a probability. */
const tint = (p) => [...(p > 0.5 ? BLUE : ORANGE), Math.round(340 * Math.abs(p - 0.5))];

/** The digits that show all values of a readout: none for whole numbers, three if some are small. */
function digitsFor(column) {
  if (column.every(Number.isInteger)) return 0;
  return Math.min(...column.map(Math.abs)) < 0.05 ? 3 : 2;
}

/** The real points' blue: the lighter one where the page is dark, that is, its ink bright. */
const crossColour = ({ ink }) => COLOURS[(ink.match(/\d+/g) || []).slice(0, 3).every((v) => Number(v) > 128) ? 4 : 0];

/** The soft ground: one small picture, enlarged; grid places are the centres of its pixels. */
function paintSurface(chart, surface, [h, w], [x0, x1, y0, y1], tile) {
  tile.width = w;
  tile.height = h;
  const context = tile.getContext("2d"), picture = context.createImageData(w, h);
  for (let j = 0; j < h; j++) {
    for (let i = 0; i < w; i++) picture.data.set(tint(surface[j * w + i]), 4 * ((h - 1 - j) * w + i));
  }
  context.putImageData(picture, 0, 0);
  const dx = (x1 - x0) / (w - 1) / 2, dy = (y1 - y0) / (h - 1) / 2;
  chart.inside((page) => {
    page.imageSmoothingEnabled = true;
    const left = chart.px(x0 - dx), top = chart.py(y1 + dy);
    page.drawImage(tile, left, top, chart.px(x1 + dx) - left, chart.py(y0 - dy) - top);
  });
}

function paintHalf(chart, surface, [h, w], [x0, x1, y0, y1], ink) {
  const x = (i) => chart.px(x0 + (i / (w - 1)) * (x1 - x0)), y = (j) => chart.py(y0 + (j / (h - 1)) * (y1 - y0));
  chart.inside((page) => {
    Object.assign(page, { strokeStyle: ink, lineWidth: 1.6, globalAlpha: 0.75 });
    page.beginPath();
    for (const [a, b, c, d] of halfLine(surface, [h, w])) {
      page.moveTo(x(a), y(b));
      page.lineTo(x(c), y(d));
    }
    page.stroke();
  });
}

/** Real points as crosses, which differ from dots without colour. */
function paintReal(chart, points, colour) {
  chart.inside((page) => {
    Object.assign(page, { strokeStyle: colour, lineWidth: 1.4, globalAlpha: 0.8 });
    page.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const x = chart.px(points[i]), y = chart.py(points[i + 1]);
      for (const side of [-2.5, 2.5]) {
        page.moveTo(x - 2.5, y - side);
        page.lineTo(x + 2.5, y + side);
      }
    }
    page.stroke();
  });
}

/** The scale of the ground: from "generated" over one half to "real". */
function paintScale(canvas, colours) {
  const width = 300, context = sharpContext(canvas, width, 34);
  canvas.style.width = `${width}px`;
  for (let i = 0; i < width; i++) {
    const [r, g, b, alpha] = tint(i / (width - 1));
    context.fillStyle = `rgba(${r}, ${g}, ${b}, ${alpha / 255})`;
    context.fillRect(i, 0, 1, 12);
  }
  Object.assign(context, { fillStyle: colours.ink, font: "12px system-ui, sans-serif", textBaseline: "top" });
  [["left", "0 generated"], ["center", "1/2"], ["right", "1 real"]].forEach(([align, words], i) => {
    context.textAlign = align;
    context.fillText(words, (i * width) / 2, 17);
  });
}

/** The chart of the readouts named in `curves`; draw(t) puts the marker at frame t. */
function makeCurves(get) {
  const steps = get("steps"), values = get("values"), levels = Object.entries(get("levels"));
  const columns = get("curves").map((name) => values.map((row) => row[get("names").indexOf(name)]));
  const all = [...columns.flat(), ...levels.map(([, v]) => v)];
  const low = Math.min(0, ...all), high = Math.min(4, Math.max(1, ...all));
  const end = Math.max(steps[steps.length - 1], steps[0] + 1);
  const y = [low < 0 ? Math.max(-4, 1.1 * low) : 0, 1.12 * high];
  const chart = makeChart({ width: 340, height: 210, x: [steps[0], end], y, xTicks: 4, margin: { left: 40, right: 12, top: 8, bottom: 26 }, yLabel: "losses", xLabel: "step" });
  const series = [{ series: 0 }, { series: 3 }, { series: 2 }, { series: 5 }];
  function draw(t, colours) {
    chart.begin(colours);
    levels.forEach(([words, value], k) => { // the first above its line, the others below
      chart.horizontal(value, { width: 1 });
      chart.label(words, end, value, { align: "right", dx: -4, dy: k ? 10 : -9 });
    });
    const look = (k) => (k ? series[k % 4] : { colour: crossColour(colours), dash: [] });
    columns.forEach((column, k) => chart.line(steps, column, look(k)));
    chart.vertical(steps[t], { dash: [], width: 1.2 });
    columns.forEach((column, k) => chart.dots([steps[t]], [column[t]], { colour: look(k).colour || COLOURS[look(k).series], radius: 5, alpha: 1 }));
  }
  /** The frame nearest to a step. */
  const nearest = (step) => steps.reduce((best, s, t) => (Math.abs(s - step) < Math.abs(steps[best] - step) ? t : best), 0);
  return { chart, draw, nearest };
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "replay");
  const get = (name) => model.get(name), extent = get("extent"), [x0, x1, y0, y1] = extent;
  const steps = get("steps"), names = get("names"), values = get("values");
  const film = await unpackReplay(get), last = film.count - 1, unit = x1 - x0;
  const plane = makeChart({ width: 340, height: Math.round((308 * (y1 - y0)) / unit) + 30, x: [x0, x1], y: [y0, y1], xTicks: 6, yTicks: 6, margin: { left: 26, right: 6, top: 6, bottom: 24 } });
  const curves = makeCurves(get), scale = make("canvas", { class: "aigc-canvas", role: "img", "aria-label": "Scale of the ground: orange 0, generated; blank one half; blue 1, real" });
  const tile = document.createElement("canvas"), readout = makeReadout("Numbers of this step"), say = makeVoice(root);
  const keep = makeKeeper(model, 250), digits = names.map((_, k) => digitsFor(values.map((row) => row[k])));
  let timer = 0;

  const slider = makeSlider({ label: "Step", min: 0, max: last, step: 1, value: get("frame"), format: (t) => String(steps[t]), oninput: (t) => { stop(); show(t); } });
  const play = makeButton("Play", toggle, { class: "aigc-button aigc-play" });
  const layers = LAYERS.map(([name, words]) => makeButton(words, () => flip(name), { class: "aigc-button aigc-choice" }));

  function words(t) {
    return `Step ${steps[t]}. ${names.map((name, k) => `${name} ${number(values[t][k], digits[k])}`).join(", ")}.`;
  }

  function draw() {
    const started = performance.now(), t = get("frame"), frame = film.at(t), colours = inkAndPaper(root);
    const on = (name) => get("shown").includes(name);
    plane.begin(colours);
    if (on("surface")) {
      paintSurface(plane, frame.surface, film.size, extent, tile);
      paintHalf(plane, frame.surface, film.size, extent, colours.ink);
    }
    if (on("real")) paintReal(plane, film.real, crossColour(colours));
    const { points, arrows } = frame;
    if (on("points")) plane.dots(points.filter((_, i) => i % 2 === 0), points.filter((_, i) => i % 2), { colour: COLOURS[3], radius: 2.6, alpha: 0.9 });
    for (let i = 0; on("arrows") && i < arrows.length; i += 4) {
      const [dx, dy] = arrowOf(arrows[i + 2], arrows[i + 3], ARROW_UNIT * unit, LONGEST * unit);
      if (Math.hypot(dx, dy) > 0.004 * unit) plane.arrow(arrows[i], arrows[i + 1], dx, dy, { colour: colours.ink, width: 1.2, head: 5 });
    }
    curves.draw(t, colours);
    paintScale(scale, colours);
    readout.show([["step", String(steps[t])], ...names.map((name, k) => [name, number(values[t][k], digits[k])])]);
    plane.canvas.setAttribute("aria-label", `${get("alt")} Now: ${words(t)}`);
    curves.chart.canvas.setAttribute("aria-label", `The losses over the steps, with a marker. ${words(t)}`);
    slider.set(t);
    layers.forEach((button, k) => button.setAttribute("aria-pressed", on(LAYERS[k][0])));
    report(root, started);
    if (!timer) say(words(t));
  }

  const show = (t) => keep({ frame: Math.max(0, Math.min(last, t)) });
  function flip(name) {
    const now = get("shown");
    keep({ shown: now.includes(name) ? now.filter((other) => other !== name) : [...now, name] });
  }
  function toggle() {
    if (timer) {
      stop();
      redraw();
      return;
    }
    if (get("frame") === last) show(0);
    play.textContent = "Pause";
    tick();
  }
  function tick() {
    const rate = calm() ? Math.min(2, get("frames_per_second")) : get("frames_per_second");
    timer = setTimeout(() => {
      if (!root.isConnected || get("frame") >= last) {
        stop();
        redraw();
        return;
      }
      show(get("frame") + 1);
      tick();
    }, 1000 / rate);
  }
  function stop() {
    clearTimeout(timer);
    timer = 0;
    play.textContent = "Play";
  }
  const go = (t) => { stop(); show(t); };

  makeDraggable(curves.chart.canvas, { onstart: stop, onmove: (event) => show(curves.nearest(curves.chart.locate(event).x)) });
  root.addEventListener("keydown", (event) => {
    const t = get("frame"), move = arrowStep(event), jump = { Home: 0, End: last }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (move && move[0]) go(t + move[0]);
    else if (jump !== undefined) go(jump);
    else if (event.key === " " && event.target.tagName !== "BUTTON") toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw), bar = (...children) => make("div", { class: "aigc-bar" }, ...children);
  const { canvas } = curves.chart;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-describedby", `${id}-help`);
  help.textContent = REPLAY_HELP;
  const drawn = get("curves").map((name, k) => `${["solid blue", "dash-dotted red", "dotted green", "dashed"][k % 4]}: ${name}`);
  root.append(
    make("div", { class: "aigc-pair" },
      make("figure", {}, plane.canvas, scale, make("figcaption", {}, "\u00d7 real, \u25cf generated; ground: the critic's probability of \u201creal\u201d, line: 1/2; arrows: where it pushes")),
      make("figure", {}, canvas, make("figcaption", {}, drawn.join("; ")), readout.row)),
    bar(play, makeButton("Back", () => go(get("frame") - 1), { "aria-label": "One frame back" }), makeButton("On", () => go(get("frame") + 1), { "aria-label": "One frame on" }), slider.row),
    bar(make("div", { class: "aigc-choices", role: "group", "aria-label": "Show" }, make("span", { class: "aigc-choices-name" }, "Show"), ...layers)),
    help,
  );
  model.on("change:frame change:shown", redraw);
  const forgetTheme = onTheme(root, redraw);
  redraw();
  return () => {
    stop();
    forgetTheme();
    model.off("change:frame change:shown", redraw);
  };
}

export default { render };
