// Cut finder: a threshold through a curve of change, and what it finds, misses, and finds wrongly.
// Used after core.js, chart.js and controls.js.

/** Frames above the threshold that nothing within `apart` frames exceeds. */
function peaksOf(curve, threshold, apart) {
  const found = [];
  curve.forEach((value, t) => {
    if (value <= threshold) return;
    for (let s = Math.max(0, t - apart); s <= Math.min(curve.length - 1, t + apart); s++) if (curve[s] > value) return;
    if (!found.length || t - found[found.length - 1] > apart) found.push(t);
  });
  return found;
}

/** Which found frame answers for which true span: {right: [t], wrong: [t], missed: [span]}. */
function matchSpans(found, spans, tolerance) {
  const free = [...spans].sort((a, b) => a[2] - b[2]), right = [], wrong = [];
  for (const t of found) {
    const k = free.findIndex(([, first, last]) => first - tolerance <= t && t <= last + tolerance);
    if (k < 0) wrong.push(t);
    else { right.push(t); free.splice(k, 1); }
  }
  return { right, wrong, missed: free };
}

async function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "cut-finder");
  const [count, h, w, c] = model.get("shape"), names = model.get("names"), curves = model.get("curves");
  const truth = model.get("truth"), apart = model.get("apart"), tolerance = model.get("tolerance");
  const bytes = new Uint8Array(await unpack(model.get("data")));
  const keep = makeKeeper(model), say = makeVoice(root), length = h * w * c;
  const tops = curves.map((curve) => 1.08 * Math.max(...curve));
  const width = Math.max(280, Math.min(640, (el.clientWidth || 684) - 44)); // letters keep their size
  const chart = makeChart({ width, height: 250, x: [0, count - 1], y: [0, 1], xLabel: "frame", yLabel: "change" });
  const strip = [-2, -1, 0, 1, 2].map((step) => make("canvas", { class: `aigc-canvas${step ? "" : " aigc-now"}`, role: "img" }));
  const share = (k = model.get("curve")) => Math.round((1000 * model.get("thresholds")[k]) / tops[k]);
  const threshold = makeSlider({
    label: "Threshold", min: 0, max: 1000, step: 1, value: share(),
    format: (v) => ((v / 1000) * tops[model.get("curve")]).toFixed(3),
    oninput: (v) => {
      const k = model.get("curve");
      keep({ thresholds: model.get("thresholds").map((old, j) => (j === k ? (v / 1000) * tops[k] : old)) });
    },
  });
  const frame = makeSlider({
    label: "Frame", min: 0, max: count - 1, step: 1, value: model.get("frame"),
    format: (v) => `${v} of ${count - 1}`, oninput: (v) => keep({ frame: v }),
  });
  const which = makeChoice({
    label: "Curve", value: model.get("curve"), options: names.map((name, k) => [k, name]),
    onchange: (k) => keep({ curve: k }),
  });
  const figures = makeReadout("what the threshold finds");
  help.textContent = "Shaded: true changes. Dot: found. Cross: false alarm. In brackets: missed. Click the curve to see the frames there.";
  root.append(
    ...(names.length > 1 ? [make("div", { class: "aigc-bar" }, which.row)] : []),
    make("div", { class: "aigc-stage" }, chart.canvas),
    make("div", { class: "aigc-bar" }, threshold.row, frame.row),
    make("div", { class: "aigc-strip" }, ...strip), figures.row, help,
  );

  function draw() {
    const started = performance.now(), k = model.get("curve"), curve = curves[k], level = model.get("thresholds")[k];
    const found = peaksOf(curve, level, apart), { right, wrong, missed } = matchSpans(found, truth, tolerance);
    const at = model.get("frame"), top = tops[k];
    chart.scale({ y: [0, top] });
    chart.begin(inkAndPaper(root));
    for (const span of truth) {
      const [what, first, last] = span;
      chart.area([first - 0.5, last + 0.5], 0, top, { colour: COLOURS[2], alpha: 0.3 });
      const words = missed.includes(span) ? `(${what})` : what;
      chart.label(words, (first + last) / 2, top * 0.95, { align: "center" });
    }
    chart.line(curve.map((_, t) => t), curve, { width: 1.6 });
    chart.horizontal(level, { colour: COLOURS[3] });
    chart.vertical(at, { dash: [2, 3], width: 1 });
    chart.dots(right, right.map((t) => curve[t]), { colour: COLOURS[2], radius: 5, alpha: 1 });
    for (const t of wrong) chart.label("\u2715", t, curve[t], { align: "center", colour: COLOURS[3] });
    strip.forEach((canvas, j) => {
      const t = Math.max(0, Math.min(count - 1, at + j - 2));
      paintGrid(canvas, bytes.subarray(t * length, (t + 1) * length), [1, h, w, c], 1);
      canvas.setAttribute("aria-label", `Frame ${t}`);
    });
    const precision = found.length ? right.length / found.length : 1, recall = truth.length ? right.length / truth.length : 1;
    figures.show([
      ["found", String(right.length)], ["missed", String(missed.length)], ["false", String(wrong.length)],
      ["precision", precision.toFixed(2)], ["recall", recall.toFixed(2)],
    ]);
    const words = `${right.length} of ${truth.length} changes found, ${wrong.length} false alarms`;
    chart.canvas.setAttribute("aria-label", `${names[k]} over ${count} frames, threshold ${level.toFixed(3)}: ${words}.`);
    root.dataset.counts = [right.length, missed.length, wrong.length].join();
    threshold.set(share());
    frame.set(at);
    which.set(k);
    say(words);
    report(root, started);
  }

  chart.canvas.addEventListener("pointerdown", (event) => keep({ frame: Math.round(chart.locate(event).x) }));
  const redraw = oncePerFrame(draw), watched = ["curve", "thresholds", "frame"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, redraw);
  const forgetTheme = onTheme(root, redraw);
  draw();
  return () => {
    forgetTheme();
    for (const event of watched) model.off(event, redraw);
  };
}

export default { render };
