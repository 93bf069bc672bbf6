// Spectrogram viewer: the short-time Fourier transform is computed here, cached, and painted
// through one small image. Used after core.js, chart.js and controls.js.

const SHAPES = {
  hann: { words: "Hann", share: 0.5, lobe: 4 },
  hamming: { words: "Hamming", share: 0.54, lobe: 4 },
  rectangular: { words: "rectangular", share: 1, lobe: 2 },
}; // lobe: how many 1/(window's duration) wide a pure tone's line is, from zero to zero
const LENGTHS = [64, 128, 256, 512, 1024, 2048];
const FAINTEST = -140; // decibels; smaller levels are not told apart
const CACHED = 24;
const COLUMNS = 600, ROWS = 256;

/** w[n], the same as data.spectrum.window. */
function makeWindow(shape, length) {
  const { share } = SHAPES[shape], w = new Float64Array(length);
  for (let n = 0; n < length; n++) w[n] = share - (1 - share) * Math.cos((2 * Math.PI * n) / length);
  return w;
}

/** A radix-2 Fourier transform of complex numbers in place; `length` is a power of two. */
function makeFourier(length) {
  const cos = new Float64Array(length / 2), sin = new Float64Array(length / 2);
  for (let k = 0; k < length / 2; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / length);
    sin[k] = -Math.sin((2 * Math.PI * k) / length);
  }
  const partner = new Uint16Array(length), bits = Math.log2(length);
  for (let i = 1; i < length; i++) partner[i] = (partner[i >> 1] >> 1) | ((i & 1) << (bits - 1));
  return (re, im) => {
    for (let i = 0; i < length; i++) {
      const j = partner[i];
      if (j > i) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let half = 1; half < length; half *= 2) {
      const stride = length / (2 * half);
      for (let start = 0; start < length; start += 2 * half) {
        for (let k = 0, t = 0, a = start, b = start + half; k < half; k++, t += stride, a++, b++) {
          const x = re[b] * cos[t] - im[b] * sin[t], y = re[b] * sin[t] + im[b] * cos[t];
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  };
}

/**
 * Levels in decibels, frame after frame: { levels [frames * bins], frames, bins, hop }. Two real
 * frames share one complex transform: the first is its real part, the second its imaginary part.
 */
function makeSpectrogram(wave, length, hop, shape) {
  const w = makeWindow(shape, length), fourier = makeFourier(length);
  const bins = length / 2 + 1, frames = 1 + Math.floor(wave.length / hop);
  const scale = 4 / w.reduce((a, b) => a + b, 0) ** 2, least = 10 ** (FAINTEST / 10);
  const levels = new Float32Array(frames * bins), re = new Float64Array(length), im = new Float64Array(length);
  for (let m = 0; m < frames; m += 2) {
    const first = m * hop - length / 2, second = first + hop;
    for (let n = 0; n < length; n++) {
      re[n] = w[n] * (wave[first + n] || 0); // outside the sound there is silence
      im[n] = m + 1 < frames ? w[n] * (wave[second + n] || 0) : 0;
    }
    fourier(re, im);
    for (let k = 0; k < bins; k++) {
      const j = (length - k) % length;
      const own = k % (length / 2) ? scale : scale / 4; // rows 0 and L/2 have no mirror image
      const power = (a, b) => 10 * Math.log10(Math.max(least, (own * (a * a + b * b)) / 4));
      levels[m * bins + k] = power(re[k] + re[j], im[k] - im[j]);
      if (m + 1 < frames) levels[(m + 1) * bins + k] = power(im[k] + im[j], re[j] - re[k]);
    }
  }
  return { levels, frames, bins, hop };
}

/** 256 colours from dark to light (as viridis: lightness alone tells the order). */
function makeRamp() {
  const stops = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(at)), t = at - low;
    const [r, g, b] = stops[low].map((v, c) => Math.round(v + t * (stops[low + 1][c] - v)));
    return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0; // little-endian RGBA
  });
}

/** Paint levels between `floor` and 0 dB into a small image; of several bins in a row the loudest. */
function paintLevels(canvas, { levels, frames, bins }, floor, ramp) {
  canvas.width = Math.min(COLUMNS, frames);
  canvas.height = Math.min(ROWS, bins);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height), out = new Uint32Array(picture.data.buffer);
  for (let x = 0; x < canvas.width; x++) {
    const from = Math.floor(((x + 0.5) * frames) / canvas.width) * bins;
    for (let y = 0; y < canvas.height; y++) {
      const high = Math.ceil(((y + 1) * bins) / canvas.height);
      let level = -Infinity;
      for (let k = Math.floor((y * bins) / canvas.height); k < high; k++) level = Math.max(level, levels[from + k]);
      const share = Math.max(0, Math.min(1, 1 - level / floor));
      out[(canvas.height - 1 - y) * canvas.width + x] = ramp[Math.round(255 * share)];
    }
  }
  context.putImageData(picture, 0, 0);
}

/** The lowest and highest sample in each of `columns` equal parts, and the parts' middles. */
function envelope(wave, columns, rate) {
  const n = Math.min(columns, wave.length), xs = [], low = [], high = [];
  for (let c = 0; c < n; c++) {
    const end = Math.max(Math.floor(((c + 1) * wave.length) / n), Math.floor((c * wave.length) / n) + 1);
    let least = Infinity, most = -Infinity;
    for (let i = Math.floor((c * wave.length) / n); i < Math.min(end + 1, wave.length); i++) {
      least = Math.min(least, wave[i]);
      most = Math.max(most, wave[i]);
    }
    xs.push(((c + 0.5) * wave.length) / n / rate);
    low.push(least - 0.005); // a silent stretch still shows as a line
    high.push(most + 0.005);
  }
  return { xs, low, high };
}

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

  let speaker = null;
  function listen() {
    const { wave } = sounds[model.get("sound")];
    speaker = speaker || new AudioContext();
    const buffer = speaker.createBuffer(1, wave.length, rate), source = speaker.createBufferSource();
    buffer.copyToChannel(Float32Array.from(wave, (v) => 0.6 * v), 0);
    source.buffer = buffer;
    source.connect(speaker.destination);
    source.start();
  }

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
    if (speaker) speaker.close();
    for (const name of traits) model.off(`change:${name}`, sync);
  };
}

export default { render };
