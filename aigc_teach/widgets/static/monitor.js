// TrainingMonitor: curves, newest samples, progress; drawn from what Python sends now and then.

const WIDTH = 420, HEIGHT = 236, EDGE = { left: 52, right: 12, top: 10, bottom: 26 };
const CLOUD = 236; // CSS pixels of the samples' side, as high as the curves

/** A range that shows the bulk of the values: early spikes are cut, not squeezed upon. */
function robustRange(values) {
  const sorted = Float32Array.from(values.filter(Number.isFinite)).sort();
  if (!sorted.length) return [0, 1];
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  const low = at(0), high = sorted.length > 40 ? at(0.985) : at(1);
  const room = 0.06 * (high - low) || 0.5;
  return [low - room, high + room];
}

/** Axes up to `step`, then one line per series; [series][2][points] lies flat in `curves`. */
function paintCurves(canvas, curves, series, step, ink) {
  const context = sharpContext(canvas, WIDTH, HEIGHT);
  const points = curves.length / (2 * series);
  const row = (s, k) => curves.subarray((2 * s + k) * points, (2 * s + k + 1) * points);
  const all = [];
  for (let s = 0; s < series; s++) all.push(...row(s, 1));
  const [low, high] = robustRange(all), last = Math.max(2, step); // the bar shows what is to come
  const px = (step) => EDGE.left + (step / last) * (WIDTH - EDGE.left - EDGE.right);
  const py = (v) => HEIGHT - EDGE.bottom - ((v - low) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  paintScales(context, low, high, last, px, py, ink);
  context.save();
  context.beginPath();
  context.rect(EDGE.left, EDGE.top, WIDTH - EDGE.left - EDGE.right, HEIGHT - EDGE.top - EDGE.bottom);
  context.clip();
  context.lineWidth = 2;
  context.lineJoin = "round";
  for (let s = 0; s < series; s++) paintLine(context, row(s, 0), row(s, 1), px, py, s);
  context.restore();
}

function paintLine(context, xs, ys, px, py, s) {
  context.strokeStyle = COLOURS[s % COLOURS.length];
  context.setLineDash(DASHES[s % DASHES.length]);
  context.beginPath();
  let pen = false;
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(ys[i])) { pen = false; continue; }
    if (pen) context.lineTo(px(xs[i]), py(ys[i]));
    else context.moveTo(px(xs[i]), py(ys[i]));
    pen = true;
  }
  context.stroke();
  context.setLineDash([]);
}

function paintScales(context, low, high, last, px, py, ink) {
  context.fillStyle = context.strokeStyle = ink;
  context.font = "12px system-ui, sans-serif";
  context.lineWidth = 1;
  const up = ticks(low, high, 4), along = ticks(0, last, 6);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const v of up.values) {
    faint(context, 0.14, () => context.fillRect(EDGE.left, Math.round(py(v)), WIDTH - EDGE.left - EDGE.right, 1));
    faint(context, 0.8, () => context.fillText(number(v, up.digits), EDGE.left - 8, py(v)));
  }
  context.textBaseline = "alphabetic";
  for (const v of along.values) {
    context.textAlign = v === 0 ? "left" : px(v) > WIDTH - 40 ? "right" : "center";
    faint(context, 0.8, () => context.fillText(v.toLocaleString("en"), px(v), HEIGHT - 8));
  }
}

/** "about 40 s left", in the coarse words a waiting reader needs. */
function timeLeft(seconds) {
  if (seconds < 0) return "";
  if (seconds < 90) return `${Math.ceil(seconds)} s left`;
  return `${Math.round(seconds / 60)} min left`;
}

/** A line's sample, name and last value. */
function legendItem(name, value, s) {
  const line = make("canvas", { class: "aigc-swatch", "aria-hidden": "true" });
  const context = sharpContext(line, 28, 10);
  context.lineWidth = 2.5;
  context.strokeStyle = COLOURS[s % COLOURS.length];
  context.setLineDash(DASHES[s % DASHES.length]);
  context.beginPath();
  context.moveTo(0, 5);
  context.lineTo(28, 5);
  context.stroke();
  const words = value === null || value === undefined ? "not finite" : number(value, Math.abs(value) < 10 ? 3 : 1);
  return make("li", {}, line, make("span", {}, name), make("span", { class: "aigc-value" }, words));
}

async function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "monitor");
  const bar = make("div", { class: "aigc-progress", role: "progressbar", "aria-label": "Training progress", "aria-valuemin": 0 },
    make("div", { class: "aigc-progress-done" }));
  const status = make("output", { class: "aigc-caption" }), left = make("span", { class: "aigc-soft" });
  const chart = make("canvas", { class: "aigc-canvas", role: "img" });
  const legend = make("ul", { class: "aigc-legend" });
  const samples = make("canvas", { class: "aigc-canvas", role: "img" });
  const note = make("figcaption", {});
  const gallery = make("figure", { class: "aigc-gallery", hidden: "" }, samples, note);
  root.append(
    make("div", { class: "aigc-bar aigc-ends" }, status, left), bar,
    make("div", { class: "aigc-pair" }, make("figure", { class: "aigc-chart" }, chart, legend), gallery),
    help,
  );
  const say = makeVoice(root, 50);
  chart.style.width = `${WIDTH}px`;
  let quarter = 0;

  function drawProgress() {
    const step = model.get("step"), steps = model.get("steps"), state = model.get("state");
    const running = state === "running" && step > 0;
    status.textContent = running
      ? `Step ${step.toLocaleString("en")} of ${steps.toLocaleString("en")}` : model.get("message");
    left.textContent = running ? timeLeft(model.get("seconds_left")) : "";
    bar.firstChild.style.width = `${steps ? (100 * step) / steps : 0}%`;
    bar.setAttribute("aria-valuemax", steps || 1);
    bar.setAttribute("aria-valuenow", step);
    bar.setAttribute("aria-valuetext", `${status.textContent} ${left.textContent}`.trim());
    root.dataset.state = state;
    help.textContent = running ? "The notebook's stop button ends the training; the model and its history are kept." : "";
    const now = steps ? Math.floor((4 * step) / steps) : 0; // a screen reader hears four words, not four hundred
    if (state !== "running" || now !== quarter) say(`${status.textContent} ${left.textContent}`);
    quarter = now;
  }

  async function drawCurves() {
    const names = model.get("names"), latest = model.get("latest");
    const curves = new Float32Array(await unpack(model.get("curves")));
    const started = performance.now();
    paintCurves(chart, curves, Math.max(1, names.length), model.get("step"), inkAndPaper(root).ink);
    legend.replaceChildren(...names.map((name, s) => legendItem(name, latest[s], s)));
    const words = names.map((name, s) => `${name} ${latest[s] === null ? "not finite" : number(latest[s], 3)}`);
    chart.setAttribute("aria-label", `Loss curves to step ${model.get("step")}. Last values: ${words.join(", ") || "none yet"}.`);
    report(root, started);
  }

  async function drawSamples() {
    const shape = model.get("samples_shape");
    const [drawn, behind] = await Promise.all([unpack(model.get("samples")), unpack(model.get("backdrop"))]);
    gallery.hidden = drawn.byteLength === 0;
    if (gallery.hidden) return;
    const started = performance.now();
    if (shape.length === 4) {
      paintGrid(samples, new Uint8Array(drawn), shape, Math.ceil(Math.sqrt(shape[0])));
      enlarge(samples, CLOUD);
    } else {
      const reach = model.get("samples_reach"), context = sharpContext(samples, CLOUD, CLOUD);
      const { ink } = inkAndPaper(root);
      paintDots(context, new Float32Array(behind), -reach, reach, CLOUD, { colour: ink, alpha: 0.22 });
      paintDots(context, new Float32Array(drawn), -reach, reach, CLOUD, { colour: COLOURS[3] });
      samples.style.width = `${CLOUD}px`;
      samples.classList.add("aigc-cloud");
    }
    note.textContent = `Newest samples, step ${model.get("samples_step").toLocaleString("en")}`;
    samples.setAttribute("aria-label", `${shape[0]} samples drawn at step ${model.get("samples_step")}`);
    report(root, started);
  }

  const progress = oncePerFrame(drawProgress), curves = oncePerFrame(drawCurves), newest = oncePerFrame(drawSamples);
  const progressNames = "change:step change:steps change:state change:message change:seconds_left";
  const curveNames = "change:curves change:names change:latest";
  const sampleNames = "change:samples change:samples_shape change:samples_step";
  model.on(progressNames, progress);
  model.on(curveNames, curves);
  model.on(sampleNames, newest);
  const forgetTheme = onTheme(root, () => { curves(); newest(); });
  progress();
  curves();
  newest();
  return () => {
    forgetTheme();
    model.off(progressNames, progress);
    model.off(curveNames, curves);
    model.off(sampleNames, newest);
  };
}

export default { render };
