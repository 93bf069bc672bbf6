// MelodyPad: four bars to click notes into; they sound, are counted, and a kernel may go on.
// Used after core.js and controls.js.

const PAD_MAJOR = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const PAD_MINOR = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];
const PAD_TONICS = ["C", "C\u266f", "D", "E\u266d", "E", "F", "F\u266f", "G", "A\u266d", "A", "B\u266d", "B"];
const PAD_NAMES = ["C", "C\u266f", "D", "D\u266f", "E", "F", "F\u266f", "G", "G\u266f", "A", "A\u266f", "B"];
const PAD_EIGHTHS = 6; // in a bar
const PAD_LEFT = 44, PAD_ROW = 13; // CSS pixels
const PAD_WAIT = 4000; // milliseconds for an answer of the kernel
const PAD_LOUD = 0.25; // peak of a note: -12 dBFS

const padName = (pitch) => `${PAD_NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

/** Eighths that each bar's notes last, by the bar in which they begin. */
function padSums(notes, bars) {
  const sums = new Array(bars).fill(0);
  for (const [start, , length] of notes) sums[Math.floor(start / PAD_EIGHTHS)] += length;
  return sums;
}

/** The key by Krumhansl and Schmuckler: how long each note sounds against 24 profiles. */
function padKey(notes) {
  const time = new Array(12).fill(0);
  for (const [, pitch, length] of notes) time[pitch % 12] += length;
  const mean = time.reduce((a, b) => a + b, 0) / 12;
  const spread = Math.sqrt(time.reduce((sum, t) => sum + (t - mean) ** 2, 0));
  if (spread < 1e-9) return null;
  let best = null;
  for (const [mode, profile] of [["major", PAD_MAJOR], ["minor", PAD_MINOR]]) {
    const middle = profile.reduce((a, b) => a + b, 0) / 12;
    const width = Math.sqrt(profile.reduce((sum, p) => sum + (p - middle) ** 2, 0));
    for (let tonic = 0; tonic < 12; tonic++) {
      let dot = 0;
      for (let k = 0; k < 12; k++) dot += (time[(k + tonic) % 12] - mean) * (profile[k] - middle);
      const fit = dot / (spread * width);
      if (!best || fit > best.fit + 1e-12) best = { name: `${PAD_TONICS[tonic]} ${mode}`, fit };
    }
  }
  return best;
}

/** "bars 1, 2 and 4 add up; bar 3 has 5 of 6 eighths" */
function padBarWords(sums) {
  const wrong = sums.map((sum, k) => [k + 1, sum]).filter(([, sum]) => sum !== PAD_EIGHTHS);
  if (!wrong.length) return `all ${sums.length} bars add up`;
  return wrong.map(([bar, sum]) => `bar ${bar} has ${sum} of ${PAD_EIGHTHS} eighths`).join("; ");
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "pad");
  const bars = model.get("count"), columns = bars * PAD_EIGHTHS;
  const low = model.get("low"), high = model.get("high"), rows = high - low + 1;
  const keep = makeKeeper(model), say = makeVoice(root);
  let length = 1, at = [0, Math.floor(rows / 2)], head = -1, sound = null, asked = 0, patience = 0;
  const canvas = make("canvas", {
    class: "aigc-canvas aigc-pad-roll", tabindex: 0, role: "application",
    "aria-roledescription": "piano roll", "aria-describedby": `${id}-help`,
  });
  const readout = makeReadout("What is counted");
  const lengths = makeChoice({
    label: "New note", value: 1,
    options: [[1, "eighth"], [2, "quarter"], [3, "dotted quarter"]], onchange: (v) => { length = v; },
  });
  const play = makeButton("Play", () => (sound ? stop() : start()));
  const clear = makeButton("Clear", () => put([]));
  const again = makeButton("Back to the start", () => put(model.get("first")));
  const more = makeButton("Let the model go on", ask);
  const kernel = make("p", { class: "aigc-pad-kernel", role: "status" });
  help.textContent = "Click to place a note or to take it away. By keys: arrows move the frame, Enter places or "
    + "takes away, 1, 2 and 3 choose the length. Nothing sounds before you press Play.";
  root.append(make("div", { class: "aigc-stage" }, canvas), make("div", { class: "aigc-bar" }, lengths.row),
    make("div", { class: "aigc-bar" }, play, clear, again, more), readout.row, kernel, help);

  const own = () => model.get("own");
  const answer = () => model.get("answer"); // [pitch or -1, sixteenths]

  /** New notes: a continuation of the old ones is no longer theirs. */
  function put(notes) {
    stop();
    keep({ own: notes.map((note) => [...note]).sort((a, b) => a[0] - b[0]), answer: [] });
    kernel.textContent = "";
    say(`${notes.length} notes; ${padBarWords(padSums(notes, bars))}`);
    redraw();
  }

  function toggle(column, pitch) {
    const hit = own().find(([start, p, n]) => p === pitch && start <= column && column < start + n);
    if (hit) return put(own().filter((note) => note !== hit));
    const bar = Math.floor(column / PAD_EIGHTHS);
    const free = own().filter(([start, , n]) => { // a new note takes the place of those under it
      const under = start < column + length && column < start + n;
      return !under || Math.floor(start / PAD_EIGHTHS) !== bar;
    });
    return put([...free, [column, pitch, length]]);
  }

  /** Everything that sounds: [begin, pitch, eighths], the continuation behind the own bars. */
  function all() {
    const notes = own().map((note) => [...note]);
    let begin = columns;
    for (const [pitch, sixteenths] of answer()) {
      if (pitch >= 0) notes.push([begin, pitch, sixteenths / 2]);
      begin += sixteenths / 2;
    }
    return { notes, end: Math.max(columns, begin) };
  }

  function start() {
    const { notes, end } = all(), Audio = window.AudioContext || window.webkitAudioContext;
    if (!notes.length || !Audio) { say(notes.length ? "This browser plays no sound." : "No note to play."); return; }
    const context = new Audio(), step = model.get("eighth"), t0 = context.currentTime + 0.06;
    for (const [begin, pitch, eighths] of notes) {
      const from = t0 + begin * step, to = from + eighths * step * 0.95;
      const tone = context.createOscillator(), loud = context.createGain();
      tone.type = "triangle";
      tone.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
      loud.gain.setValueAtTime(0, from);
      loud.gain.linearRampToValueAtTime(PAD_LOUD, from + 0.015);
      loud.gain.setValueAtTime(PAD_LOUD, Math.max(from + 0.015, to - 0.04));
      loud.gain.linearRampToValueAtTime(0, to);
      tone.connect(loud).connect(context.destination);
      tone.start(from);
      tone.stop(to + 0.01);
    }
    sound = { context, t0, step, end };
    play.textContent = "Stop";
    follow();
  }

  function follow() {
    if (!sound || !root.isConnected) { stop(); return; }
    head = (sound.context.currentTime - sound.t0) / sound.step;
    if (head > sound.end + 0.3) { stop(); return; }
    draw();
    requestAnimationFrame(follow);
  }

  function stop() {
    if (sound) sound.context.close();
    sound = null;
    head = -1;
    play.textContent = "Play";
    redraw();
  }

  function ask() {
    const sums = padSums(own(), bars);
    if (sums.some((sum) => sum !== PAD_EIGHTHS)) {
      kernel.textContent = `The model is asked once all bars add up: ${padBarWords(sums)}.`;
      return;
    }
    stop();
    asked = 1 + Math.floor(Math.random() * 1e9);
    kernel.textContent = "Asked \u2026";
    keep({ answer: [], asked });
    clearTimeout(patience);
    patience = setTimeout(() => {
      if (model.get("answered") === asked) return;
      kernel.textContent = "No kernel answers here: you can write and play, but no model goes on. Open the "
        + "notebook and run this cell.";
    }, PAD_WAIT);
  }

  function hear() {
    if (model.get("answered") !== asked) return;
    kernel.textContent = model.get("told");
    redraw();
  }

  function geometry() {
    const { end } = all(), width = Math.max(300, Math.min(690, (root.clientWidth || 690) - 40));
    return { end, width, wide: (width - PAD_LEFT) / end, height: rows * PAD_ROW + 20 };
  }

  function draw() {
    const started = performance.now(), { end, width, wide, height } = geometry();
    canvas.style.width = `${width}px`;
    const context = sharpContext(canvas, width, height), { ink } = inkAndPaper(root);
    const top = (pitch) => (high - pitch) * PAD_ROW, left = (column) => PAD_LEFT + column * wide;
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = ink;
    context.strokeStyle = ink;
    for (let pitch = low; pitch <= high; pitch++) {
      const inKey = [0, 2, 4, 6, 7, 9, 11].includes(pitch % 12);
      if (!inKey) faint(context, 0.1, () => context.fillRect(PAD_LEFT, top(pitch), width - PAD_LEFT, PAD_ROW));
      if (inKey) context.fillText(padName(pitch), 4, top(pitch) + 10);
    }
    for (let column = 0; column <= end; column++) {
      const line = column % PAD_EIGHTHS === 0 ? 0.75 : column % 3 === 0 ? 0.3 : 0.12;
      faint(context, line, () => context.fillRect(left(column), 0, column === columns ? 3 : 1, rows * PAD_ROW));
    }
    for (let bar = 0; bar * PAD_EIGHTHS < end; bar++) {
      context.fillText(`bar ${bar + 1}`, left(bar * PAD_EIGHTHS) + 3, rows * PAD_ROW + 14);
    }
    for (const [begin, pitch, eighths] of all().notes) {
      const made = begin >= columns;
      context.fillStyle = made ? COLOURS[1] : COLOURS[0];
      context.fillRect(left(begin) + 1, top(pitch) + 1, eighths * wide - 2, PAD_ROW - 2);
      if (made) context.strokeRect(left(begin) + 1.5, top(pitch) + 1.5, eighths * wide - 3, PAD_ROW - 3);
    }
    if (document.activeElement === canvas) {
      context.lineWidth = 2;
      context.strokeRect(left(at[0]), at[1] * PAD_ROW, wide, PAD_ROW);
      context.lineWidth = 1;
    }
    if (head >= 0) context.fillRect(left(Math.min(head, end)), 0, 2, rows * PAD_ROW);
    const sums = padSums(own(), bars), key = padKey(own());
    readout.show([
      ["Bars", padBarWords(sums)],
      ["Key, as it seems", key ? `${key.name}, correlation ${number(key.fit)}` : "none yet"],
      ["Gone on by the model", answer().length ? `${answer().filter(([p]) => p >= 0).length} notes (orange, framed)` : "nothing"],
    ]);
    canvas.setAttribute("aria-label", `${model.get("alt")} Frame at bar ${1 + Math.floor(at[0] / PAD_EIGHTHS)}, eighth `
      + `${1 + (at[0] % PAD_EIGHTHS)}, ${padName(high - at[1])}; ${padBarWords(sums)}.`);
    report(root, started);
  }
  const redraw = oncePerFrame(draw);

  canvas.addEventListener("pointerdown", (event) => {
    const box = canvas.getBoundingClientRect(), { width, wide } = geometry();
    const scale = width / box.width;
    const column = Math.floor(((event.clientX - box.left) * scale - PAD_LEFT) / wide);
    const row = Math.floor(((event.clientY - box.top) * scale) / PAD_ROW);
    if (column < 0 || column >= columns || row < 0 || row >= rows) return;
    at = [column, row];
    toggle(column, high - row);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = arrowStep(event);
    if (step) {
      at = [Math.max(0, Math.min(columns - 1, at[0] + step[0])), Math.max(0, Math.min(rows - 1, at[1] - step[1]))];
      redraw();
    } else if (event.key === "Enter" || event.key === " ") {
      toggle(at[0], high - at[1]);
    } else if (["1", "2", "3"].includes(event.key)) {
      length = Number(event.key);
      lengths.set(length);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("focus", redraw);
  canvas.addEventListener("blur", redraw);
  const undo = onTheme(root, redraw);
  model.on("change:own", redraw);
  model.on("change:answer", redraw);
  model.on("change:answered", hear);
  draw();
  return () => {
    clearTimeout(patience);
    stop();
    undo();
    model.off("change:own", redraw);
    model.off("change:answer", redraw);
    model.off("change:answered", hear);
  };
}

export default { render };
