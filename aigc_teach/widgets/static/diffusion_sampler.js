// DiffusionSampler: points come out of noise, step by step, asked of a net that runs in the page.
// Used after core.js, controls.js, network.js, timed.js and denoiser.js.

const SAMPLER_SIDE = 360, SAMPLER_REACH = 3; // CSS pixels; the cloud shows -3 to 3 on both axes
const SAMPLER_PATIENCE = 4; // milliseconds of asking between two frames
const SAMPLER_RATE = 8; // steps a second when played
const SAMPLER_NAMES = [["ddpm", "DDPM"], ["ddim", "DDIM"], ["heun", "Heun"]];

/** How often the net answered for one point after k of `total` steps; guidance wants two answers. */
function answersOf(kind, k, total, guidance) {
  const asked = kind === "heun" ? 2 * k - (k === total) : k; // Heun's last step is not corrected
  return guidance === 0 || guidance === 1 ? asked : 2 * asked;
}

/** For points [n][2] and their labels: whose nearest data point has the same label, and the spread within a label. */
function judgePoints(x, labels, data, dataLabels) {
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    let best = Infinity, at = 0;
    for (let j = 0; j < dataLabels.length; j++) {
      const d = (x[2 * i] - data[2 * j]) ** 2 + (x[2 * i + 1] - data[2 * j + 1]) ** 2;
      if (d < best) { best = d; at = j; }
    }
    right += dataLabels[at] === labels[i];
  }
  return { obeys: right / labels.length, spread: spreadWithin(x, labels) / spreadWithin(data, dataLabels) };
}

/** Root mean squared distance of a point to the mean of its label. */
function spreadWithin(x, labels) {
  const sums = new Map();
  labels.forEach((label, i) => {
    const s = sums.get(label) || [0, 0, 0, 0];
    sums.set(label, [s[0] + 1, s[1] + x[2 * i], s[2] + x[2 * i + 1], s[3] + x[2 * i] ** 2 + x[2 * i + 1] ** 2]);
  });
  let total = 0;
  for (const [n, a, b, square] of sums.values()) total += square - (a * a + b * b) / n;
  return Math.sqrt(total / labels.length);
}

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "diffusion-sampler");
  const net = makeDenoiser(model.get("plan"), bytesOf(model.get("weights"))), target = model.get("target");
  const floats = (name) => new Float32Array(bytesOf(model.get(name)).slice().buffer);
  const abar = floats("abar"), data = floats("points"), names = model.get("names");
  const dataLabels = Array.from(bytesOf(model.get("labels"))), count = dataLabels.length, T = abar.length - 1;
  const labels = Array.from({ length: count }, (_, i) => (net.classes ? i % net.classes : 0));
  const keep = makeKeeper(model), first = { ...model.get("first") };
  const canvas = make("canvas", { class: "aigc-canvas aigc-cloud", role: "img" });
  const readout = makeReadout("This step");
  const key = make("p", { class: "aigc-soft aigc-sampler-key" },
    names.map((name, k) => `${k % 2 ? "○" : "●"} asked for: ${name}`).join("   ") + (names.length ? "   " : "") + "· data");
  const asInts = (value) => Math.round(value).toString();
  const change = (values) => { stop(); keep(values); };
  const at = makeSlider({
    label: "Step", min: 0, max: model.get("steps"), step: 1, value: model.get("at"), format: asInts,
    oninput: (value) => change({ at: value }),
  });
  const steps = makeSlider({
    label: "Steps in all", min: 1, max: 50, step: 1, value: model.get("steps"), format: asInts,
    oninput: (value) => change({ steps: value, at: model.get("at") === model.get("steps") ? value : Math.min(model.get("at"), value) }),
  });
  const guidance = net.classes ? makeSlider({
    label: "Guidance", min: 0, max: 8, step: 0.25, value: model.get("guidance"), oninput: (value) => change({ guidance: value }),
  }) : null;
  const sampler = makeChoice({ label: "Sampler", options: SAMPLER_NAMES, value: model.get("sampler"), onchange: (kind) => change({ sampler: kind }) });
  const shown = makeChoice({
    label: "Show", options: [[false, "the points"], [true, "what the net takes for the data"]], value: model.get("guess"),
    onchange: (guess) => keep({ guess }),
  });
  const play = make("button", { type: "button", class: "aigc-button aigc-icon", onclick: toggle });
  help.textContent = "Space plays and pauses; the arrow keys go a step, Home and End to the noise and to the sample; "
    + "N draws other noise. The net runs in this page.";
  root.append(
    make("div", { class: "aigc-pair" },
      make("div", {}, make("div", { class: "aigc-stage" }, canvas), key),
      make("div", {}, readout.row)),
    make("div", { class: "aigc-bar" }, play, at.row),
    make("div", { class: "aigc-bar" }, steps.row, ...(guidance ? [guidance.row] : [])),
    make("div", { class: "aigc-bar" }, sampler.row, shown.row),
    make("div", { class: "aigc-bar" },
      makeButton("Other noise", otherNoise),
      makeButton("Back to the start", () => change(first))),
    help,
  );
  const say = makeVoice(root);
  let film = [], settings = "", asking = 0, timer = 0;

  /** Begin anew where what the film depends on has changed. */
  function begin() {
    const now = ["steps", "guidance", "sampler", "noise"].map((name) => model.get(name)).join();
    if (now === settings) return;
    settings = now;
    const start = normalSource(2 * model.get("noise") + 1), normal = normalSource(2 * model.get("noise") + 2);
    const times = evenTimes(T, model.get("steps")), kind = model.get("sampler"), weight = model.get("guidance");
    const x = Float32Array.from({ length: 2 * count }, start), none = new Float32Array(2 * count);
    const ask = (p, t) => noiseEstimate(target, net.guided(p, t / T, labels, weight), p, abar[t]);
    film = [{ x, x0: none }];
    film.times = times;
    film.more = () => {
      const k = film.length - 1;
      film.push(samplerStep(kind, ask, film[k].x, times[k], times[k + 1], abar, normal));
    };
  }

  /** Ask the net for a few milliseconds, paint, and go on in the next frame until the step is there. */
  function draw() {
    const started = performance.now();
    begin();
    do {
      if (film.length > model.get("at")) break;
      film.more();
    } while (performance.now() < started + SAMPLER_PATIENCE);
    const missing = film.length <= model.get("at");
    if (missing && !asking) asking = requestAnimationFrame(() => { asking = 0; draw(); });
    if (!missing || !calm()) paint(Math.min(model.get("at"), film.length - 1), missing);
    report(root, started);
  }

  function paint(k, missing) {
    const guess = model.get("guess") && k > 0, points = guess ? film[k].x0 : film[k].x;
    const total = model.get("steps"), t = film.times[k], { ink } = inkAndPaper(root);
    const context = sharpContext(canvas, SAMPLER_SIDE, SAMPLER_SIDE);
    paintDots(context, data, -SAMPLER_REACH, SAMPLER_REACH, SAMPLER_SIDE, { colour: ink, alpha: 0.22, radius: 1.4 });
    paintLabelled(context, points);
    at.input.max = total;
    at.set(k);
    steps.set(total);
    if (guidance) guidance.set(model.get("guidance"));
    sampler.set(model.get("sampler"));
    shown.set(model.get("guess"));
    const rows = [
      ["Step", `${k} of ${total}`], ["Time", `${t} of ${T}`], ["Noise left, √(1 − ᾱ)", number(Math.sqrt(1 - abar[t]))],
      ["Answers for a point", `${answersOf(model.get("sampler"), k, total, model.get("guidance"))}`],
    ];
    if (net.classes) {
      const { obeys, spread } = judgePoints(points, labels, data, dataLabels);
      rows.push(["Obeys", number(obeys)], ["Spread in a label, data = 1", number(spread)]);
    }
    readout.show(rows);
    const words = rows.map((row) => row.join(" ")).join("; ");
    canvas.setAttribute("aria-label", `${model.get("alt")} Now: ${words}.`);
    if (!missing && !timer) say(words);
  }

  /** Even labels as discs, odd ones as rings. */
  function paintLabelled(context, x) {
    const scale = SAMPLER_SIDE / (2 * SAMPLER_REACH);
    context.lineWidth = 1.4;
    for (let i = 0; i < count; i++) {
      const colour = COLOURS[(3 * labels[i]) % COLOURS.length]; // neighbours far apart
      context.beginPath();
      context.arc((x[2 * i] + SAMPLER_REACH) * scale, SAMPLER_SIDE - (x[2 * i + 1] + SAMPLER_REACH) * scale, 2.4, 0, 7);
      if (labels[i] % 2) { context.strokeStyle = colour; context.stroke(); } else { context.fillStyle = colour; context.fill(); }
    }
  }

  function otherNoise() {
    change({ noise: model.get("noise") + 1 });
  }

  function toggle() {
    if (timer) return stop();
    if (model.get("at") >= model.get("steps")) keep({ at: 0 });
    setIcon(play, "pause", "Pause");
    tick();
  }

  function tick() {
    timer = setTimeout(() => {
      if (model.get("at") >= model.get("steps")) return stop();
      keep({ at: model.get("at") + 1 });
      tick();
    }, 1000 / (calm() ? 2 : SAMPLER_RATE));
  }

  function stop() {
    const played = timer !== 0;
    clearTimeout(timer);
    timer = 0;
    setIcon(play, "play", "Play");
    if (played) redraw(); // and say where it stands
  }

  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const slides = event.target.tagName === "INPUT", k = model.get("at"), total = model.get("steps");
    const goal = slides ? undefined : { ArrowLeft: k - 1, ArrowRight: k + 1, Home: 0, End: total }[event.key];
    if (goal !== undefined) change({ at: Math.max(0, Math.min(total, goal)) });
    else if (event.key === " " && event.target.tagName !== "BUTTON") toggle();
    else if (event.key === "n" || event.key === "N") otherNoise();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw);
  const watched = ["at", "steps", "guidance", "sampler", "noise", "guess"].map((name) => `change:${name}`);
  watched.forEach((name) => model.on(name, redraw));
  const forgetTheme = onTheme(root, redraw);
  canvas.style.width = `${SAMPLER_SIDE}px`;
  stop();
  draw();
  return () => {
    stop();
    cancelAnimationFrame(asking);
    forgetTheme();
    watched.forEach((name) => model.off(name, redraw));
  };
}

export default { render };
