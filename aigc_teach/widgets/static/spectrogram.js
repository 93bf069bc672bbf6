// Spectrogram viewer: the short-time Fourier transform is computed here, cached, and painted
// through one small image. Used after core.js, chart.js, controls.js and fourier.js.

const LENGTHS = [64, 128, 256, 512, 1024, 2048];
const CACHED = 24;

const hertz = (f) => (f < 1000 ? `${number(f, f < 100 && f % 1 ? 1 : 0)} Hz` : `${number(f / 1000)} kHz`);
const millis = (s) => `${number(1000 * s, 1)} ms`;

async function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "spectrogram");
  // a phone gets charts of its own width: shrunk ones would have letters too small to read
  const WIDTH = Math.max(300, Math.min(600, (el.clientWidth || 644) - 44));
  const names = model.get("names"), rate = model.get("rate"), top = rate / 2000;
  const data = new Int16Array(await unpack(model.get("waves")));
  const keep = makeKeeper(model), ramp = makeRamp(), picture = make("canvas"), cache = new Map();
  let start = 0;
  const sounds = model.get("lengths").map((length) => {
    const wave = Float64Array.from(data.subarray(start, start + length), (v) => v / 32767);
    start += length;
    return { wave, seconds: length / rate, outline: envelope(wave, WIDTH, rate) };
  });

  const waveChart = makeChart({ width: WIDTH, height: 110, y: [-1.05, 1.05], yTicks: 2, xTicks: 0, margin: { left: 48, right: 12, top: 8, bottom: 6 } });
  const chart = makeChart({ width: WIDTH, height: 290, y: [0, top], xLabel: "time in seconds", yLabel: "frequency in kHz" });
  chart.canvas.setAttribute("tabindex", "0");
  chart.canvas.setAttribute("role", "application");

  const soundChoice = makeChoice({
    label: "Sound", options: names.map((name, i) => [i, name]), value: model.get("sound"),
    onchange: (sound) => keep({ sound, time: Math.min(model.get("time"), sounds[sound].seconds) }),
  });
  const shapeChoice = makeChoice({
    label: "Window", options: Object.entries(SHAPES).map(([name, { words }]) => [name, words]),
    value: model.get("shape"), onchange: (shape) => keep({ shape }),
  });
  const hopChoice = makeChoice({
    label: "Hop", options: [[1, "whole window"], [2, "1/2"], [4, "1/4"], [8, "1/8"]],
    value: model.get("hops_per_window"), onchange: (n) => keep({ hops_per_window: n }),
  });
  const lengthSlider = makeSlider({
    label: "Window length", min: 0, max: LENGTHS.length - 1, step: 1, value: LENGTHS.indexOf(model.get("window_length")),
    format: (i) => `${LENGTHS[i]}`, oninput: (i) => keep({ window_length: LENGTHS[i] }),
  });
  const floorSlider = makeSlider({
    label: "Dark below", min: -120, max: -20, step: 5, value: model.get("floor"),
    format: (v) => `${number(v, 0)} dB`, oninput: (floor) => keep({ floor }),
  });
  const readout = makeReadout("What the cursor and the window say");
  const scale = make("canvas", { width: 256, height: 1, "aria-hidden": "true" }), faintest = make("span");
  const strip = scale.getContext("2d").createImageData(256, 1);
  new Uint32Array(strip.data.buffer).set(ramp);
  scale.getContext("2d").putImageData(strip, 0, 0);
  const play = makeButton("Play", () => listen());
  help.textContent = "Click in the picture, or focus it and use the arrow keys (with Shift five steps; Home, End).";
  root.append(
    make("div", { class: "aigc-bar" }, soundChoice.row, play),
    make("div", { class: "aigc-stage" }, waveChart.canvas),
    make("div", { class: "aigc-stage" }, chart.canvas),
    make("div", { class: "aigc-scale" }, faintest, scale, make("span", {}, "0 dB")),
    readout.row,
    make("div", { class: "aigc-bar" }, lengthSlider.row, floorSlider.row),
    make("div", { class: "aigc-bar" }, shapeChoice.row, hopChoice.row), help,
  );
  const say = makeVoice(root);

  /** The spectrogram at the present settings, computed once. */
  function spectrum() {
    const length = model.get("window_length"), shape = model.get("shape"), at = model.get("sound");
    const key = [at, length, model.get("hops_per_window"), shape].join();
    if (!cache.has(key)) {
      if (cache.size >= CACHED) cache.delete(cache.keys().next().value);
      cache.set(key, makeSpectrogram(sounds[at].wave, length, length / model.get("hops_per_window"), shape));
    }
    return { key, ...cache.get(key) };
  }

  let painted = "";
  function draw() {
    const started = performance.now();
    const { outline, seconds } = sounds[model.get("sound")], spec = spectrum(), floor = model.get("floor");
    const length = model.get("window_length"), step = spec.hop / rate, width = length / rate;
    if (painted !== `${spec.key},${floor}`) paintLevels(picture, spec, floor, ramp);
    painted = `${spec.key},${floor}`;
    const frame = Math.max(0, Math.min(spec.frames - 1, Math.round(model.get("time") / step)));
    const bin = Math.max(0, Math.min(spec.bins - 1, Math.round((model.get("frequency") * length) / rate)));
    const time = frame * step, frequency = (bin * rate) / length, level = spec.levels[frame * spec.bins + bin];
    const colours = inkAndPaper(root);

    waveChart.scale({ x: [0, seconds] });
    waveChart.begin(colours);
    waveChart.area(outline.xs, outline.low, outline.high, { colour: COLOURS[0], alpha: 0.95 });
    waveChart.area([time - width / 2, time + width / 2], -1.05, 1.05, { colour: COLOURS[1], alpha: 0.75 });
    chart.scale({ x: [0, seconds] });
    chart.begin(colours);
    chart.inside((context) => {
      context.imageSmoothingEnabled = false;
      const left = chart.px(-step / 2), right = chart.px((spec.frames - 0.5) * step);
      const high = chart.py(top * (1 + 1 / length)), low = chart.py(-top / length);
      context.drawImage(picture, left, high, right - left, low - high);
    });
    for (const [colour, thick] of [["#000", 3.4], ["#fff", 1.4]]) { // seen on any colour
      chart.vertical(time, { colour, dash: [], width: thick });
      chart.horizontal(frequency / 1000, { colour, dash: [], width: thick });
    }

    const lobe = (SHAPES[model.get("shape")].lobe * rate) / length, words = level <= FAINTEST ? "silent" : `${number(level, 1)} dB`;
    readout.show([
      ["Cursor", `${number(time, 3)} s, ${hertz(frequency)}, ${words}`],
      ["Window (orange)", `${millis(width)}, moved on by ${spec.hop} samples`],
      ["A pure tone's line", `${hertz(lobe)} wide`],
      ["Product", `${millis(width)} × ${hertz(lobe)} = ${number(width * lobe, 0)}`],
    ]);
    faintest.textContent = `${number(floor, 0)} dB`;
    const spoken = `${number(time, 3)} seconds, ${hertz(frequency)}: ${words}`;
    waveChart.canvas.setAttribute("aria-label", `The wave of ${names[model.get("sound")]}, ${number(seconds)} seconds; the window at the cursor is marked.`);
    chart.canvas.setAttribute("aria-label", `Spectrogram of ${names[model.get("sound")]}. Cursor at ${spoken}. Arrow keys move it.`);
    say(`${names[model.get("sound")]}, window of ${millis(width)}. At ${spoken}.`);
    report(root, started);
  }

  function moveTo(time, frequency) {
    const { seconds } = sounds[model.get("sound")];
    keep({ time: Math.max(0, Math.min(seconds, time)), frequency: Math.max(0, Math.min(rate / 2, frequency)) });
  }
  makeDraggable(chart.canvas, { onmove: (event) => { const { x, y } = chart.locate(event); moveTo(x, 1000 * y); } });
  chart.canvas.addEventListener("keydown", (event) => {
    const move = arrowStep(event), { hop } = spectrum(), step = hop / rate, bin = rate / model.get("window_length");
    const time = Math.round(model.get("time") / step) * step, frequency = Math.round(model.get("frequency") / bin) * bin;
    if (move) moveTo(time + move[0] * step, frequency + move[1] * bin);
    else if (event.key === "Home") moveTo(0, frequency);
    else if (event.key === "End") moveTo(Infinity, frequency);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const speaker = makeSpeaker(root, rate);
  const listen = () => speaker.begin(Float32Array.from(sounds[model.get("sound")].wave, (v) => 0.6 * v));

  const redraw = oncePerFrame(draw);
  const sync = () => {
    soundChoice.set(model.get("sound"));
    shapeChoice.set(model.get("shape"));
    hopChoice.set(model.get("hops_per_window"));
    lengthSlider.set(LENGTHS.indexOf(model.get("window_length")));
    floorSlider.set(model.get("floor"));
    redraw();
  };
  const traits = ["sound", "window_length", "hops_per_window", "shape", "floor", "time", "frequency"];
  for (const name of traits) model.on(`change:${name}`, sync);
  const forgetTheme = onTheme(root, redraw);
  draw();
  return () => {
    forgetTheme();
    speaker.close();
    for (const name of traits) model.off(`change:${name}`, sync);
  };
}

export default { render };
