// Cue timeline: a wave, words with their true times, and cues; edges are dragged, and errors,
// reading speed and broken rules follow. Used after core.js, chart.js, controls.js and speaker.js.

const SPAN = 4, LEAST = 0.02, TOLERANCE = 5e-4; // seconds: shown at once, of a word, of rounding
const WORDS_ROW = [1.05, 1.75], CUES_ROW = [0.1, 0.8], WAVE_ROW = [2.1, 3.9]; // places from below

/** The rules that cue number `k` breaks, by name: like metrics.broken_rules. */
function brokenBy(cues, k, rules) {
  const [start, end, text] = cues[k], lines = text.split("\n"), seconds = end - start, found = [];
  const speed = [...text.replaceAll("\n", "")].length / seconds;
  if (speed > rules.speed * (1 + (2 * TOLERANCE) / seconds)) found.push("speed");
  if (Math.max(...lines.map((line) => [...line].length)) > rules.width) found.push("width");
  if (lines.length > rules.lines) found.push("lines");
  if (seconds > rules.longest + TOLERANCE) found.push("longest");
  if (seconds < rules.shortest - TOLERANCE) found.push("shortest");
  if (k > 0) {
    const apart = start - cues[k - 1][1];
    if (start < cues[k - 1][0]) found.push("order");
    else if (apart < -TOLERANCE) found.push("overlap");
    else if (apart < rules.gap - TOLERANCE) found.push("gap");
  }
  return found;
}

/** The value below which a share of the numbers lies. */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b), at = share * (sorted.length - 1), low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

async function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "cue-timeline");
  const WIDTH = Math.max(300, Math.min(640, (el.clientWidth || 684) - 44));
  const rate = model.get("rate"), rules = model.get("rules"), truth = model.get("truth");
  const wave = decodeSamples(await unpack(model.get("wave")), 8), seconds = wave.length / rate;
  const first = { words: model.get("words"), cues: model.get("cues") }; // to come back to
  const keep = makeKeeper(model), span = Math.min(SPAN, seconds);
  const peak = wave.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);

  const chart = makeChart({ width: WIDTH, height: 230, x: [0, span], y: [0, 4], yTicks: 0, xTicks: 5, xLabel: "seconds", margin: { left: 12, right: 12, top: 8, bottom: 28 } });
  chart.canvas.setAttribute("tabindex", "0");
  chart.canvas.setAttribute("role", "slider");
  chart.canvas.setAttribute("aria-valuemin", "0");
  chart.canvas.setAttribute("aria-valuemax", seconds.toFixed(3));
  let from = 0, playhead = null;
  const play = make("button", { type: "button", class: "aigc-button aigc-icon aigc-play", onclick: () => toggle() });
  const rows = makeChoice({
    label: "Edges of", value: model.get("row"), options: [["words", "words"], ["cues", "cues"]],
    onchange: (row) => { keep({ row, edge: nearest(row) }); },
  });
  const readout = makeReadout("The chosen edge");
  help.textContent = "Drag an edge; or focus the picture: left and right move the chosen edge by 10 ms (with Shift 50), up and down choose another edge. Thin lines are the true times. Space plays from the chosen item on.";
  root.append(
    make("div", { class: "aigc-bar" }, play, rows.row,
      makeButton("Previous edge", () => step(-1)), makeButton("Next edge", () => step(1)),
      makeButton("Undo all", () => { keep({ words: first.words, cues: first.cues }); say("All edges are back"); })),
    make("div", { class: "aigc-stage" }, chart.canvas), make("div", { class: "aigc-stage" }, readout.row), help,
  );
  const say = makeVoice(root);
  const speaker = makeSpeaker(root, rate, { onend: () => stop(), onother: () => stop() });

  const items = () => model.get(model.get("row"));
  const place = () => { const edge = model.get("edge"); return [Math.floor(edge / 2), edge % 2]; };
  const edgeTime = () => { const [k, side] = place(); return items()[k][side]; };

  /** The edge of a row that is nearest to what is seen. */
  function nearest(row) {
    const middle = from + span / 2, starts = model.get(row).map(([start]) => Math.abs(start - middle));
    return 2 * starts.indexOf(Math.min(...starts));
  }

  function step(by) {
    const edge = Math.max(0, Math.min(2 * items().length - 1, model.get("edge") + by));
    keep({ edge });
    show(edgeTime());
    redraw();
    say(spoken());
  }

  /** Move the window until `time` is well inside. */
  function show(time) {
    if (time < from + 0.1 * span || time > from + 0.9 * span) from = Math.max(0, Math.min(seconds - span, time - span / 2));
  }

  function moveTo(time) {
    const [k, side] = place(), changed = items().map((item) => [...item]), item = changed[k];
    const [low, high] = side ? [item[0] + LEAST, seconds] : [0, item[1] - LEAST];
    item[side] = Math.round(1000 * Math.max(low, Math.min(high, time))) / 1000;
    keep({ [model.get("row")]: changed });
    redraw();
  }

  function errors(words = model.get("words")) {
    return words.flatMap(([start, end], k) => [1000 * (start - truth[k][0]), 1000 * (end - truth[k][1])]);
  }

  function facts() {
    const [k, side] = place(), cues = model.get("cues"), all = errors();
    const broken = cues.flatMap((_, n) => brokenBy(cues, n, rules));
    const one = { edge: `${side ? "end" : "start"} of \u201c${items()[k][2].replace("\n", " / ")}\u201d`, at: edgeTime(), broken };
    one.median = quantile(all.map(Math.abs), 0.5);
    one.near = all.filter((e) => Math.abs(e) <= 50).length;
    if (model.get("row") === "words") one.error = all[2 * k + side];
    const cue = model.get("row") === "cues" ? k : Math.max(0, cues.findLastIndex(([start]) => start <= edgeTime() + 1e-6));
    one.cue = cue;
    one.speed = [...cues[cue][2].replaceAll("\n", "")].length / (cues[cue][1] - cues[cue][0]);
    one.faults = brokenBy(cues, cue, rules);
    return one;
  }

  function spoken() {
    const one = facts();
    return one.error === undefined
      ? `${one.edge}, ${number(one.at, 2)} seconds, ${number(one.speed, 1)} characters a second`
      : `${one.edge}, ${number(one.at, 2)} seconds, error ${number(one.error, 0)} milliseconds`;
  }

  function toggle() {
    if (speaker.playing()) return stop();
    playhead = items()[place()[0]][0];
    speaker.begin(wave, playhead);
    root.dataset.state = "playing";
    setIcon(play, "pause", "Pause");
    follow();
  }

  function stop() {
    speaker.silence();
    playhead = null;
    root.dataset.state = "paused";
    setIcon(play, "play", "Play");
    redraw();
  }

  function follow() {
    if (!speaker.playing()) return;
    playhead = speaker.now();
    show(playhead);
    draw();
    requestAnimationFrame(follow);
  }

  function box([start, end, text], [low, high], colour, chosen) {
    if (end < from || start > from + span) return;
    chart.area([start, end], low, high, { colour, alpha: chosen ? 0.5 : 0.25 });
    for (const side of [start, end]) chart.line([side, side], [low, high], { colour, dash: [], width: 1.6 });
    chart.inside((context) => {
      context.beginPath();
      context.rect(chart.px(start) + 3, 0, chart.px(end) - chart.px(start) - 5, 1000);
      context.clip();
      const lines = text.split("\n"), middle = (chart.py(low) + chart.py(high)) / 2;
      context.font = `${lines.length > 1 ? 11 : 12.5}px system-ui, sans-serif`;
      context.fillStyle = inkAndPaper(root).ink;
      context.textBaseline = "middle";
      context.textAlign = "left";
      lines.forEach((line, n) => context.fillText(line, chart.px(Math.max(start, from)) + 5, middle + 13 * (n - (lines.length - 1) / 2)));
    });
  }

  function paintWave() {
    const steps = Math.round(WIDTH), size = span / steps, [low, high] = WAVE_ROW, xs = [], top = [], bottom = [];
    for (let k = 0; k < steps; k++) {
      let least = 0, most = 0;
      for (let n = Math.floor((from + k * size) * rate); n < (from + (k + 1) * size) * rate && n < wave.length; n++) {
        least = Math.min(least, wave[n]);
        most = Math.max(most, wave[n]);
      }
      const middle = (low + high) / 2, scale = (high - low) / 2 / peak;
      xs.push(from + (k + 0.5) * size);
      top.push(middle + scale * most + 0.01);
      bottom.push(middle + scale * least - 0.01);
    }
    chart.area(xs, bottom, top, { colour: COLOURS[0], alpha: 0.95 });
  }

  function draw() {
    const started = performance.now(), [k, side] = place(), row = model.get("row"), one = facts();
    chart.scale({ x: [from, from + span] });
    chart.begin(inkAndPaper(root));
    paintWave();
    model.get("words").forEach((word, n) => box(word, WORDS_ROW, COLOURS[2], row === "words" && n === k));
    model.get("cues").forEach((cue, n) => box(cue, CUES_ROW, brokenBy(model.get("cues"), n, rules).length ? COLOURS[3] : COLOURS[1], row === "cues" && n === k));
    for (const time of truth.flat()) chart.line([time, time], [0.9, WAVE_ROW[1]], { colour: COLOURS[5], dash: [2, 3], width: 1.2 });
    if (playhead !== null) chart.vertical(playhead, { colour: COLOURS[3], dash: [], width: 2 });
    const [low, high] = row === "words" ? WORDS_ROW : CUES_ROW;
    chart.handle(edgeTime(), (low + high) / 2, { active: true });

    readout.show([
      [one.edge, `${number(one.at, 3)} s`, one.error === undefined ? "" : `error ${number(one.error, 0)} ms`],
      [`cue ${one.cue + 1}`, `${number(one.speed, 1)} characters a second`, one.faults.length ? `breaks: ${one.faults.join(", ")}` : "keeps all rules"],
      ["all words", `median error ${number(one.median, 1)} ms`, `${one.near} of ${2 * truth.length} within 50 ms`],
      ["all cues", `${one.broken.length} rules broken`, `at most ${rules.speed} characters a second`],
    ]);
    rows.set(row);
    Object.assign(root.dataset, { edge: model.get("edge"), row, seconds: one.at.toFixed(3), speed: one.speed.toFixed(2), broken: one.broken.length });
    root.dataset.error = one.error === undefined ? "" : one.error.toFixed(1);
    chart.canvas.setAttribute("aria-label", `Time of the ${one.edge}`);
    chart.canvas.setAttribute("aria-valuenow", one.at.toFixed(3));
    chart.canvas.setAttribute("aria-valuetext", spoken());
    report(root, started);
  }

  makeDraggable(chart.canvas, {
    onstart: (event) => {
      const { x, y } = chart.locate(event), row = y < 0.95 ? "cues" : "words";
      const far = model.get(row).flatMap(([start, end]) => [Math.abs(start - x), Math.abs(end - x)]);
      keep({ row, edge: far.indexOf(Math.min(...far)) });
    },
    onmove: (event) => moveTo(chart.locate(event).x),
    onend: () => say(spoken()),
  });
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const arrow = event.target === chart.canvas ? arrowStep(event) : null;
    if (event.key === " " && event.target.tagName !== "BUTTON") toggle();
    else if (arrow && arrow[0]) { moveTo(edgeTime() + 0.01 * arrow[0]); show(edgeTime()); say(spoken()); }
    else if (arrow) step(Math.sign(arrow[1]) === 1 ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw), watched = ["words", "cues", "row", "edge"];
  for (const name of watched) model.on(`change:${name}`, redraw);
  const forgetTheme = onTheme(root, redraw);
  root.dataset.state = "paused";
  setIcon(play, "play", "Play");
  draw();
  return () => {
    speaker.close();
    forgetTheme();
    for (const name of watched) model.off(`change:${name}`, redraw);
  };
}

export default { render };
