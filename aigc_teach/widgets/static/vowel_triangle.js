// Vowel triangle: pulses or breath through three resonators, computed and played in the page.
// Used after core.js, chart.js, controls.js and speaker.js.

const VOICE_RATE = 16000, SECONDS = 0.7, PEAK = 0.7; // -3 decibels of full scale
const LIMITS = [[200, 900], [600, 2600], [1500, 3300]];

/** A, B and C of one resonator (Klatt 1980). */
function resonator(frequency, bandwidth, rate = VOICE_RATE) {
  const c = -Math.exp((-2 * Math.PI * bandwidth) / rate);
  const b = 2 * Math.exp((-Math.PI * bandwidth) / rate) * Math.cos((2 * Math.PI * frequency) / rate);
  return [1 - b - c, b, c];
}

/** `wave` through a resonator, in place. */
function resonate(wave, frequency, bandwidth, rate = VOICE_RATE) {
  const [a, b, c] = resonator(frequency, bandwidth, rate);
  let one = 0, two = 0;
  for (let n = 0; n < wave.length; n++) {
    const y = a * wave[n] + b * one + c * two;
    two = one;
    one = y;
    wave[n] = y;
  }
  return wave;
}

/** By what a resonator multiplies a tone of frequency `f`. */
function gain(f, frequency, bandwidth, rate = VOICE_RATE) {
  const [a, b, c] = resonator(frequency, bandwidth, rate), w = (2 * Math.PI * f) / rate;
  const re = 1 - b * Math.cos(w) - c * Math.cos(2 * w), im = b * Math.sin(w) + c * Math.sin(2 * w);
  return a / Math.hypot(re, im);
}

/** One pulse a period, shared by two samples, softened; or noise. */
function source(pitch, seconds, whispered, rate = VOICE_RATE) {
  const wave = new Float64Array(Math.round(seconds * rate));
  if (whispered) return wave.map(() => Math.random() + Math.random() + Math.random() - 1.5);
  for (let phase = 0, n = 0; n < wave.length; n++) {
    phase += pitch / rate;
    if (phase < 1) continue;
    phase -= 1;
    const late = phase / (pitch / rate); // samples since the pulse
    wave[n] += 1 - late;
    if (n) wave[n - 1] += late;
  }
  return resonate(wave, 0, 100, rate);
}

/** A vowel, float32 in [-PEAK, PEAK], faded in and out. */
function vowel(formants, bandwidths, pitch, whispered, rate = VOICE_RATE) {
  const wave = source(pitch, SECONDS, whispered, rate);
  formants.forEach((frequency, k) => resonate(wave, frequency, bandwidths[k], rate));
  const out = new Float32Array(wave.length), fade = Math.round(rate / 25);
  let peak = 1e-9;
  for (let n = 0; n < out.length; n++) {
    const edge = Math.min(1, n / fade, (out.length - 1 - n) / fade);
    out[n] = edge * (wave[n] - (n ? wave[n - 1] : 0)); // the lips
    peak = Math.max(peak, Math.abs(out[n]));
  }
  return out.map((v) => (PEAK * v) / peak);
}

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "vowel-triangle");
  const WIDTH = Math.max(280, Math.min(420, (el.clientWidth || 644) - 44));
  const names = model.get("names"), places = model.get("places"), bandwidths = model.get("bandwidths");
  const keep = makeKeeper(model), say = makeVoice(root);
  // F2 runs from right to left and F1 downwards, as phoneticians draw it: like the tongue's place
  const plane = makeChart({ width: WIDTH, height: 300, x: [LIMITS[1][1], LIMITS[1][0]], y: [LIMITS[0][1], LIMITS[0][0]], xTicks: 0, yTicks: 0, xLabel: `second formant, ${LIMITS[1][1]} to ${LIMITS[1][0]} Hz`, yLabel: `first formant, ${LIMITS[0][0]} (top) to ${LIMITS[0][1]} Hz` });
  const curve = makeChart({ width: WIDTH, height: 190, x: [0, 4], y: [-45, 35], xLabel: "frequency in kHz", yLabel: "gain of the resonators in decibels" });
  plane.canvas.setAttribute("tabindex", "0");
  plane.canvas.setAttribute("role", "application");

  let after = false;
  const rest = () => { root.dataset.state = "quiet"; };
  const speaker = makeSpeaker(root, VOICE_RATE, { onend: rest, onother: rest });
  const play = makeButton("Speak", () => speak(), { "aria-keyshortcuts": "Space" });
  const always = makeButton("Speak after each change", () => {
    after = !after;
    always.setAttribute("aria-pressed", after);
  }, { "aria-pressed": "false", class: "aigc-button aigc-choice" });
  const whisper = makeButton("Whisper", () => change({ whispered: !model.get("whispered") }), { "aria-pressed": "false", class: "aigc-button aigc-choice" });
  const sliders = [0, 1, 2].map((k) => makeSlider({
    label: `Formant ${k + 1}`, min: LIMITS[k][0], max: LIMITS[k][1], step: 10, value: model.get("formants")[k],
    format: (v) => `${Math.round(v)} Hz`, oninput: (v) => change({ formants: model.get("formants").map((f, j) => (j === k ? v : f)) }, false),
  }));
  const pitch = makeSlider({ label: "Pitch", min: 60, max: 300, step: 1, value: model.get("pitch"), format: (v) => `${Math.round(v)} Hz`, oninput: (v) => change({ pitch: v }, false) });
  for (const { input } of [...sliders, pitch]) input.addEventListener("change", () => { if (after) speak(); });
  const choices = makeChoice({ label: "Vowel", options: names.map((name, k) => [k, name]), value: -1, onchange: (k) => change({ formants: [...places[k]] }) });
  help.textContent = "Drag the point, or focus the plane and use the arrow keys (with Shift five steps); Space speaks.";
  root.append(
    make("div", { class: "aigc-pair" }, make("div", { class: "aigc-stage" }, plane.canvas), make("div", { class: "aigc-stage" }, curve.canvas)),
    make("div", { class: "aigc-bar" }, play, whisper, always),
    make("div", { class: "aigc-bar" }, choices.row),
    make("div", { class: "aigc-bar" }, ...sliders.map((s) => s.row), pitch.row), help,
  );

  /** Change something; `done` says that the hand has come to rest. */
  function change(values, done = true) {
    keep(values);
    if (done && after) speak();
  }

  function speak() {
    const wave = vowel(model.get("formants"), bandwidths, model.get("pitch"), model.get("whispered"));
    root.dataset.peak = Math.max(...wave.map(Math.abs)).toFixed(3);
    speaker.begin(wave);
    root.dataset.state = "speaking";
    say(`Speaking: ${words()}`);
  }

  /** The known vowel that is nearest in the plane, and the two formants. */
  function words() {
    const [f1, f2] = model.get("formants");
    const far = places.map(([a, b]) => Math.hypot(Math.log(a / f1), Math.log(b / f2)));
    const near = far.indexOf(Math.min(...far));
    return `${Math.round(f1)} and ${Math.round(f2)} Hz, ${far[near] < 0.02 ? "as" : "nearest to"} in ${names[near]}`;
  }

  function draw() {
    const started = performance.now(), colours = inkAndPaper(root), formants = model.get("formants");
    plane.begin(colours);
    places.forEach(([f1, f2], k) => {
      plane.dots([f2], [f1], { colour: COLOURS[0], radius: 4 });
      plane.label(names[k], f2, f1, { dx: 9 });
    });
    plane.handle(formants[1], formants[0]);
    plane.canvas.setAttribute("aria-label", `Plane of vowels; the point is at ${words()}.`);
    curve.begin(colours);
    const xs = Array.from({ length: 201 }, (_, i) => i / 50);
    curve.line(xs, xs.map((x) => 20 * Math.log10(formants.reduce((g, f, k) => g * gain(1000 * x, f, bandwidths[k]), 1))));
    formants.forEach((f, k) => {
      curve.vertical(f / 1000, { colour: COLOURS[3] });
      curve.label(`F${k + 1}`, f / 1000, 29, { dx: 4 });
    });
    curve.canvas.setAttribute("aria-label", `Gain of the resonators, with peaks at ${formants.map((f) => `${Math.round(f)} Hz`).join(", ")}.`);
    sliders.forEach((slider, k) => slider.set(formants[k]));
    pitch.set(model.get("pitch"));
    whisper.setAttribute("aria-pressed", model.get("whispered"));
    choices.set(places.findIndex((place) => place.every((f, k) => f === formants[k])));
    root.dataset.formants = formants.map(Math.round).join();
    report(root, started);
  }

  const round = (v) => 10 * Math.round(v / 10);
  makeDraggable(plane.canvas, {
    onmove: (event) => {
      const { x, y } = plane.locate(event);
      change({ formants: [round(y), round(x), model.get("formants")[2]] }, false);
    },
    onend: () => { if (after) speak(); },
  });
  root.addEventListener("keydown", (event) => {
    const step = event.target === plane.canvas ? arrowStep(event) : null;
    if (event.key === " " && event.target.tagName !== "BUTTON") speak();
    else if (step) {
      const [f1, f2, f3] = model.get("formants"), hold = (v, [low, high]) => Math.max(low, Math.min(high, v));
      change({ formants: [hold(f1 - 10 * step[1], LIMITS[0]), hold(f2 - 10 * step[0], LIMITS[1]), f3] });
      say(words());
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw);
  for (const name of ["formants", "pitch", "whispered"]) model.on(`change:${name}`, redraw);
  const forgetTheme = onTheme(root, redraw);
  rest();
  draw();
  return () => {
    speaker.close();
    forgetTheme();
    for (const name of ["formants", "pitch", "whispered"]) model.off(`change:${name}`, redraw);
  };
}

export default { render };
