// Sound player: plays the samples that the page holds, and shows where it is in wave and
// spectrogram. Used after core.js, chart.js, controls.js, fourier.js and speaker.js.

const FLOOR = -80; // decibels

/** 0 .. n - 1 in an order that nobody knows. */
function shuffled(n) {
  const order = [...Array(n).keys()];
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

async function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "sound-player");
  const WIDTH = Math.max(300, Math.min(600, (el.clientWidth || 644) - 44));
  const names = model.get("names"), rate = model.get("rate"), blind = model.get("blind");
  const all = decodeSamples(await unpack(model.get("waves")), model.get("bits"));
  const keep = makeKeeper(model), ramp = makeRamp();
  const length = 2 ** Math.round(Math.log2(0.032 * rate)), hop = length / 4; // about 32 ms
  let start = 0;
  const sounds = model.get("lengths").map((n) => {
    const wave = all.subarray(start, start + n);
    start += n;
    return { wave, seconds: n / rate, outline: envelope(wave, WIDTH, rate), spectrum: null, picture: make("canvas") };
  });
  const longest = Math.max(...sounds.map((sound) => sound.seconds));
  const order = blind ? shuffled(names.length) : [...names.keys()]; // place on the page -> sound
  const hidden = () => blind && !model.get("revealed");
  const nameOf = (sound) => {
    const letter = String.fromCharCode(65 + order.indexOf(sound));
    return hidden() ? letter : blind ? `${letter}: ${names[sound]}` : names[sound];
  };
  if (blind && !model.get("revealed")) model.set("sound", order[0]);

  const margin = { left: 48, right: 12 };
  const waveChart = makeChart({ width: WIDTH, height: 96, x: [0, longest], y: [-1.05, 1.05], yTicks: 2, xTicks: 0, margin: { ...margin, top: 8, bottom: 6 } });
  const chart = makeChart({ width: WIDTH, height: 230, x: [0, longest], y: [0, rate / 2000], xLabel: "time in seconds", yLabel: "frequency in kHz", margin: { ...margin, top: 10, bottom: 28 } });
  chart.canvas.setAttribute("tabindex", "0");
  chart.canvas.setAttribute("role", "slider");
  chart.canvas.setAttribute("aria-valuemin", "0");

  const play = make("button", { type: "button", class: "aigc-button aigc-icon aigc-play", onclick: () => toggle() });
  const clock = make("output", { class: "aigc-caption" });
  const choices = make("div", { class: "aigc-choices", role: "group", "aria-label": "Sound" });
  const buttons = order.map((sound, place) => make("button", {
    type: "button", class: "aigc-button aigc-choice", "aria-keyshortcuts": `${place + 1}`, onclick: () => choose(sound),
  }));
  choices.append(...buttons);
  const reveal = makeButton("Show the names", () => { keep({ revealed: !model.get("revealed") }); });
  help.textContent = `Space plays and pauses${names.length > 1 ? `; ${names.length > 2 ? `1 to ${names.length}` : "1 and 2"} choose a sound, also while one plays` : ""}. Click in a picture, or focus it and use the arrow keys (with Shift five steps; Home, End).${blind ? " Wave and spectrogram come with the names." : ""}`;
  root.append(
    make("div", { class: "aigc-bar" }, play, clock, ...(names.length > 1 ? [choices] : []), ...(blind ? [reveal] : [])),
    make("div", { class: "aigc-stage" }, waveChart.canvas),
    make("div", { class: "aigc-stage" }, chart.canvas), help,
  );
  const say = makeVoice(root);

  const speaker = makeSpeaker(root, rate, { onend: () => stop(0), onother: (at) => stop(at) });
  const current = () => sounds[model.get("sound")];
  const now = () => (speaker.playing() ? Math.min(current().seconds, speaker.now()) : Math.min(model.get("time"), current().seconds));

  function begin(at) {
    speaker.begin(current().wave, at);
    root.dataset.state = "playing";
    setIcon(play, "pause", "Pause");
    follow();
  }

  function stop(at = now()) {
    speaker.silence();
    root.dataset.state = "paused";
    setIcon(play, "play", "Play");
    keep({ time: at });
    redraw();
  }

  function toggle() {
    if (speaker.playing()) {
      stop();
      say(`Paused at ${number(model.get("time"), 1)} seconds`);
    } else {
      begin(now() >= current().seconds - 0.01 ? 0 : now());
      say(`Playing ${nameOf(model.get("sound"))}`);
    }
  }

  function choose(sound) {
    const at = now(), playing = speaker.playing();
    speaker.silence();
    keep({ sound, time: Math.min(at, sounds[sound].seconds) });
    if (playing && at < sounds[sound].seconds) begin(at);
    else if (playing) stop(0);
    say(nameOf(sound));
  }

  function moveTo(time) {
    const at = Math.max(0, Math.min(current().seconds, time));
    keep({ time: at });
    if (speaker.playing() && at < current().seconds) begin(at);
    else if (speaker.playing()) stop(at);
  }

  function follow() {
    if (!speaker.playing()) return;
    draw();
    requestAnimationFrame(follow);
  }

  function draw() {
    const started = performance.now();
    const sound = model.get("sound"), { outline, wave, seconds, picture } = sounds[sound], time = now();
    const colours = inkAndPaper(root);
    waveChart.begin(colours);
    chart.begin(colours);
    if (!hidden()) {
      if (!sounds[sound].spectrum) {
        sounds[sound].spectrum = makeSpectrogram(wave, length, hop, "hann");
        paintLevels(picture, sounds[sound].spectrum, FLOOR, ramp);
      }
      const step = hop / rate, { frames } = sounds[sound].spectrum, top = rate / 2000;
      waveChart.area(outline.xs, outline.low, outline.high, { colour: COLOURS[0], alpha: 0.95 });
      chart.inside((context) => {
        context.imageSmoothingEnabled = false;
        const left = chart.px(-step / 2), right = chart.px((frames - 0.5) * step);
        const high = chart.py(top * (1 + 1 / length)), low = chart.py(-top / length);
        context.drawImage(picture, left, high, right - left, low - high);
      });
    }
    waveChart.vertical(time, { colour: COLOURS[3], dash: [], width: 2 });
    for (const [colour, thick] of [["#000", 3.4], ["#fff", 1.4]]) chart.vertical(time, { colour, dash: [], width: thick });

    const words = `${number(time, 1)} of ${number(seconds, 1)} s`;
    clock.textContent = words;
    root.dataset.time = time.toFixed(3);
    buttons.forEach((button, place) => {
      button.textContent = nameOf(order[place]);
      button.setAttribute("aria-pressed", order[place] === sound);
    });
    reveal.textContent = model.get("revealed") ? "Hide the names" : "Show the names";
    waveChart.canvas.setAttribute("aria-label", `The wave of ${nameOf(sound)}${hidden() ? ", hidden" : ""}.`);
    chart.canvas.setAttribute("aria-label", `Place in ${nameOf(sound)}`);
    chart.canvas.setAttribute("aria-valuemax", seconds.toFixed(2));
    chart.canvas.setAttribute("aria-valuenow", time.toFixed(2));
    chart.canvas.setAttribute("aria-valuetext", words);
    report(root, started);
  }

  for (const { canvas, locate } of [waveChart, chart]) {
    let resume = false; // while the cursor is held nothing plays
    makeDraggable(canvas, {
      onstart: () => { resume = speaker.playing(); if (resume) stop(); },
      onmove: (event) => moveTo(locate(event).x),
      onend: () => { if (resume && now() < current().seconds) begin(now()); },
    });
  }
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const place = Number(event.key), arrow = event.target === chart.canvas ? arrowStep(event) : null;
    const onButton = event.target.tagName === "BUTTON";
    if (event.key === " " && !onButton) toggle();
    else if (place >= 1 && place <= order.length) choose(order[place - 1]);
    else if (arrow) moveTo(now() + 0.1 * (arrow[0] + arrow[1]));
    else if (event.target === chart.canvas && event.key === "Home") moveTo(0);
    else if (event.target === chart.canvas && event.key === "End") moveTo(Infinity);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw);
  for (const name of ["sound", "time", "revealed"]) model.on(`change:${name}`, redraw);
  const forgetTheme = onTheme(root, redraw);
  root.dataset.state = "paused";
  setIcon(play, "play", "Play");
  draw();
  return () => {
    speaker.close();
    forgetTheme();
    for (const name of ["sound", "time", "revealed"]) model.off(`change:${name}`, redraw);
  };
}

export default { render };
