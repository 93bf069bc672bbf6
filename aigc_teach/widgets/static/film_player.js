// Film player: films side by side in step, with one sound and the subtitles of one language.
// Used after core.js, controls.js and speaker.js.

/** Which of the cues [start, end, text] are shown at `time`, in their order. */
const cuesAt = (cues, time) => cues.filter(([start, end]) => start <= time && time < end).map(([, , text]) => text);

/** The frame that is shown at `time`; of a film of `count` frames the last one stays. */
const frameAt = (time, fps, count) => Math.max(0, Math.min(count - 1, Math.floor(time * fps + 1e-6)));

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "film-player");
  const names = model.get("names"), shapes = model.get("shapes"), fps = model.get("fps"), tracks = model.get("subtitles");
  const languages = Object.keys(tracks), keep = makeKeeper(model, 250);
  const [bytes, samples] = await Promise.all([unpack(model.get("data")), unpack(model.get("sound"))]);
  const wave = samples.byteLength ? decodeSamples(samples, 8) : null, rate = model.get("rate");
  const count = Math.max(...shapes.map(([t]) => t)), end = count / fps;
  let start = 0;
  const films = shapes.map(([t, h, w, c]) => {
    const length = h * w * c, frames = new Uint8Array(bytes, start, t * length);
    start += t * length;
    const canvas = make("canvas", { class: "aigc-canvas", role: "img" });
    return { canvas, t, size: [1, h, w, c], frame: (at) => frames.subarray(at * length, (at + 1) * length) };
  });
  const room = Math.max(260, Math.min(640, (el.clientWidth || 644) - 44));
  const wanted = Math.max(96, Math.min(320, (films.length > 1 ? (room - 20 * (films.length - 1)) / Math.min(films.length, 4) : 320)));

  const play = make("button", { type: "button", class: "aigc-button aigc-icon aigc-play", onclick: () => toggle() });
  const slider = make("input", {
    type: "range", class: "aigc-slider", id: `${id}-slider`, min: 0, max: count - 1, step: 1,
    "aria-label": "Frame", oninput: () => moveTo(Number(slider.value) / fps),
  });
  const clock = make("output", { class: "aigc-caption", for: `${id}-slider` });
  const words = make("div", { class: "aigc-cue", lang: "" });
  const language = makeChoice({
    label: "Subtitles", value: model.get("language"), options: [["", "off"], ...languages.map((l) => [l, l])],
    onchange: (l) => keep({ language: l }),
  });
  help.textContent = `Space plays and pauses. Left and right step a frame; Home and End jump.${wave ? " The sound plays along." : ""}`;
  root.append(
    make("div", { class: "aigc-pair" }, ...films.map((film, k) => make("figure", {}, film.canvas,
      ...(names.length > 1 ? [make("figcaption", {}, names[k])] : [])))),
    ...(languages.length ? [words] : []),
    make("div", { class: "aigc-bar" }, play, slider, clock),
    ...(languages.length ? [make("div", { class: "aigc-bar" }, language.row)] : []), help,
  );
  const say = makeVoice(root);

  // the sound's own clock leads where there is one, so that the two stay together
  const speaker = wave ? makeSpeaker(root, rate, { onother: (at) => stop(at) }) : null;
  let running = false, began = 0, from = 0;
  const now = () => {
    if (!running) return model.get("time");
    if (speaker && speaker.playing()) return speaker.now();
    return Math.min(end, from + (performance.now() - began) / 1000);
  };

  function begin(at) {
    running = true;
    [began, from] = [performance.now(), at];
    if (speaker && at < wave.length / rate) speaker.begin(wave, at);
    else if (speaker) speaker.silence();
    root.dataset.state = "playing";
    setIcon(play, "pause", "Pause");
    follow();
  }

  function stop(at = now()) {
    running = false;
    if (speaker) speaker.silence();
    root.dataset.state = "paused";
    setIcon(play, "play", "Play");
    keep({ time: Math.min(at, end) });
  }

  function toggle() {
    if (running) {
      stop();
      say(`Paused at ${number(model.get("time"), 1)} seconds`);
    } else {
      begin(frameAt(now(), fps, count) >= count - 1 ? 0 : now());
      say("Playing");
    }
  }

  /** To a moment; what plays goes on from there. */
  function moveTo(time) {
    const at = Math.max(0, Math.min((count - 1) / fps, time));
    keep({ time: at });
    if (running) begin(at);
  }

  function follow() {
    if (!running) return;
    if (now() >= end) return stop(end);
    draw();
    requestAnimationFrame(follow);
  }

  let shown = "";
  function draw() {
    const started = performance.now(), time = now(), at = frameAt(time, fps, count), track = model.get("language");
    const state = [at, track].join();
    const cues = tracks[track] ? cuesAt(tracks[track], time) : [];
    if (state !== shown) {
      films.forEach((film, k) => {
        paintGrid(film.canvas, film.frame(Math.min(at, film.t - 1)), film.size, 1);
        film.canvas.setAttribute("aria-label", `${names.length > 1 ? `${names[k]}. ` : ""}${model.get("alt")} Now: frame ${at + 1} of ${count}.`);
      });
      shown = state;
    }
    words.replaceChildren(...cues.map((cue) => make("p", {}, cue)));
    root.dataset.cue = cues.join(" / ");
    root.dataset.time = time.toFixed(3);
    root.dataset.frame = at;
    slider.value = at;
    clock.textContent = `${number(Math.min(time, end), 1)} of ${number(end, 1)} s`;
    slider.setAttribute("aria-valuetext", `frame ${at + 1} of ${count}, ${clock.textContent}`);
    language.set(track);
    report(root, started);
  }

  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = frameAt(now(), fps, count);
    const goal = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: count - 1 }[event.key];
    if (goal !== undefined) {
      if (running) stop();
      moveTo(goal / fps);
    } else if (event.key === " " && event.target.tagName !== "BUTTON") {
      toggle();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw);
  for (const name of ["time", "language"]) model.on(`change:${name}`, redraw);
  root.dataset.state = "paused";
  setIcon(play, "play", "Play");
  draw();
  for (const film of films) enlarge(film.canvas, Math.max(film.canvas.width, wanted));
  return () => {
    running = false;
    if (speaker) speaker.close();
    for (const name of ["time", "language"]) model.off(`change:${name}`, redraw);
  };
}

export default { render };
