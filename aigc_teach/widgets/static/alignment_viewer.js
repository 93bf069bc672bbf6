// AlignmentViewer: a source above what was written from it; lines from the chosen word to where it
// looked, or all weights as a map. Used after core.js and controls.js.

const COPY_SIGNS = { copied: "\u2193", invented: "\u2717", own: "" };
const LOOKED = 0.15; // a source's word with at least this weight is underlined and named
const THINNEST = 0.03; // below it no line is drawn
const SVG = "http://www.w3.org/2000/svg";

/** What is said of one written word, in words; of letters the place is told, too. */
function lookedCaption([word, kind, copied, weights], source, close, name) {
  const best = weights.map((weight, place) => [weight, place]).filter(([weight]) => weight >= LOOKED)
    .sort((a, b) => b[0] - a[0]).slice(0, 3)
    .map(([weight, place]) => `\u201c${source[place]}\u201d${close ? ` at place ${place + 1}` : ""} ${weight.toFixed(2)}`);
  const where = best.length ? `looked at ${best.join(", ")}` : "looked at no place in particular";
  const chance = copied === null ? "" : `copied with probability ${copied.toFixed(2)}, `;
  const lacks = kind === "invented" ? `; the ${name} lacks this name` : "";
  return `\u201c${word}\u201d: ${chance}${where}${lacks}`;
}

/** Lines from the written words' tops to the source's words: faint ones, and the chosen word's. */
function drawLines(svg, stage, marks, buttons, written, at) {
  const frame = stage.getBoundingClientRect();
  const from = buttons.map((each) => each.getBoundingClientRect());
  const to = marks.map((each) => each.getBoundingClientRect());
  const lines = [];
  written.forEach(([, , , weights], row) => weights.forEach((weight, place) => {
    if (weight < (row === at ? THINNEST : LOOKED)) return;
    const line = document.createElementNS(SVG, "line");
    const ends = {
      x1: from[row].left + from[row].width / 2 - frame.left, y1: from[row].top - frame.top,
      x2: to[place].left + to[place].width / 2 - frame.left, y2: to[place].bottom - frame.top,
      "stroke-width": (row === at ? 1 + 5 * weight : 1).toFixed(2),
      "stroke-opacity": (row === at ? 0.35 + 0.6 * weight : 0.1 + 0.12 * weight).toFixed(2),
    };
    for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value);
    if (row === at) line.dataset.chosen = place;
    lines.push(line);
  }));
  svg.replaceChildren(...lines.sort((a, b) => ("chosen" in a.dataset) - ("chosen" in b.dataset)));
}

/** All weights: a row for each written word, a column for each of the source; where they lie. */
function drawMap(canvas, width, source, written, at) {
  const context = canvas.getContext("2d");
  context.font = "13px system-ui, sans-serif";
  const wide = (words) => Math.max(...words.map((word) => context.measureText(word).width));
  const left = Math.min(0.3 * width, wide(written.map(([word]) => word)) + 10), longest = wide(source);
  const turned = longest > 16, top = (turned ? Math.min(120, longest) : 14) + 8;
  const side = Math.max(4, Math.min(24, (width - left - 2) / source.length)), tall = Math.max(15, Math.min(24, side));
  const height = top + tall * written.length + 4;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const c = sharpContext(canvas, width, height), { ink } = inkAndPaper(canvas);
  c.font = "13px system-ui, sans-serif";
  c.fillStyle = ink;
  c.textBaseline = "middle";
  source.forEach((word, place) => {
    if (side < 8) return;
    c.save();
    c.translate(left + (place + 0.5) * side, top - 6);
    if (turned) c.rotate(-Math.PI / 2);
    c.textAlign = turned ? "left" : "center";
    c.fillText(word, 0, turned ? 0 : -6, 120);
    c.restore();
  });
  c.textAlign = "right";
  written.forEach(([word, , , weights], row) => {
    const y = top + row * tall;
    c.fillText(word, left - 6, y + tall / 2, left - 8);
    weights.forEach((weight, place) => {
      c.globalAlpha = 0.06;
      c.fillRect(left + place * side, y, side - 1, tall - 1);
      c.fillStyle = COLOURS[0];
      c.globalAlpha = weight;
      c.fillRect(left + place * side, y, side - 1, tall - 1);
      c.fillStyle = ink;
    });
    c.globalAlpha = 1;
    if (row === at) {
      c.strokeStyle = ink;
      c.lineWidth = 2;
      c.strokeRect(1, y, left + source.length * side - 1, tall - 1);
    }
  });
  return { top, tall, rows: written.length };
}

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "alignment");
  const sources = model.get("sources"), writers = model.get("writers"), table = model.get("table");
  const close = model.get("letters"), [sourceName, textName] = model.get("names");
  const keep = makeKeeper(model), say = makeVoice(root);
  const source = make("div", { class: "aigc-alignment-source" });
  const text = make("div", { class: "aigc-alignment-written", role: "group", "aria-label": textName });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  const stage = make("div", { class: "aigc-alignment-stage" }, source, text);
  const map = make("canvas", { class: "aigc-canvas", role: "img" });
  const caption = make("output", { class: "aigc-caption" });
  if (close) { source.dataset.close = ""; text.dataset.close = ""; }
  stage.append(svg);
  const rows = () => table[model.get("writer")][model.get("source")];
  const place = () => Math.min(model.get("word"), rows().length - 1);
  const view = makeChoice({
    label: "weights as", options: [["lines", "lines"], ["map", "a map"]], value: model.get("view"),
    onchange: (v) => keep({ view: v }),
  });
  const which = makeSlider({
    label: sourceName, min: 0, max: sources.length - 1, step: 1, value: model.get("source"),
    format: (v) => `${v + 1} of ${sources.length}`, oninput: (v) => keep({ source: v, word: 0 }),
  });
  const who = makeSlider({
    label: "writer", min: 0, max: writers.length - 1, step: 1, value: model.get("writer"),
    format: (v) => writers[v], oninput: (v) => keep({ writer: v, word: 0 }),
  });
  const copies = table.some((part) => part.some((list) => list.some((row) => row[2] !== null)));
  help.textContent = `Written before the page was made. Point at a word of the ${textName}, or walk with the arrow keys: `
    + `lines lead to where it looked in the ${sourceName}; the map shows all weights at once.`
    + (copies ? ` \u2193 rather copied than not, \u2717 a name that the ${sourceName} lacks.` : "");
  const bar = make("div", { class: "aigc-bar" }, view.row, which.row);
  if (writers.length > 1) bar.append(who.row);
  root.append(stage, map, caption, bar, help);
  let marks = [], buttons = [], lying = null, built = "";

  function choose(word) { if (word !== place()) keep({ word }); }

  function walk(event) {
    const step = arrowStep(event), last = rows().length - 1;
    const ends = { Home: 0, End: last };
    if (!step && !(event.key in ends)) return;
    event.preventDefault();
    choose(step ? Math.max(0, Math.min(last, place() + step[0] - step[1])) : ends[event.key]);
  }

  function build() { // the words of another source, or of another writer
    marks = sources[model.get("source")].map((word) => make("mark", {}, word));
    source.replaceChildren(...marks.flatMap((mark) => (close ? [mark] : [mark, " "])));
    buttons = rows().map(([word, kind], own) => make("button", {
      type: "button", "data-kind": kind, "data-sign": COPY_SIGNS[kind],
      "aria-label": kind === "own" ? (word.trim() || "space") : `${word} (${kind})`, onclick: () => choose(own),
      onpointermove: (event) => { if (event.pointerType === "mouse") choose(own); },
    }, word));
    text.replaceChildren(...buttons);
  }

  function light() {
    const written = rows(), at = place(), weights = written[at][3];
    marks.forEach((mark, own) => {
      const alpha = Math.round(70 * Math.sqrt(weights[own]));
      mark.style.background = `color-mix(in srgb, #0072b2 ${alpha}%, transparent)`;
      if (weights[own] >= LOOKED) mark.dataset.looked = weights[own].toFixed(2);
      else delete mark.dataset.looked;
    });
    const focused = buttons.includes(el.getRootNode().activeElement);
    buttons.forEach((button, own) => {
      button.setAttribute("aria-pressed", String(own === at));
      button.tabIndex = own === at ? 0 : -1;
    });
    if (focused) buttons[at].focus();
    drawLines(svg, stage, marks, buttons, written, at);
  }

  function draw() {
    const started = performance.now(), mapped = model.get("view") === "map";
    const now = `${model.get("source")} ${model.get("writer")}`;
    if (now !== built) build();
    built = now;
    stage.hidden = mapped;
    map.hidden = !mapped;
    map.tabIndex = mapped ? 0 : -1;
    const words = sources[model.get("source")], at = place();
    if (mapped) lying = drawMap(map, bar.clientWidth, words, rows(), at);
    else light();
    caption.textContent = lookedCaption(rows()[at], words, close, sourceName);
    map.setAttribute("aria-label", `Map of weights; arrow keys move. ${caption.textContent}`);
    view.set(model.get("view"));
    which.set(model.get("source"));
    who.set(model.get("writer"));
    say(caption.textContent);
    report(root, started);
  }

  text.addEventListener("keydown", walk);
  map.addEventListener("keydown", walk);
  map.addEventListener("pointermove", (event) => {
    const row = Math.floor((event.offsetY - lying.top) / lying.tall);
    if (row >= 0 && row < lying.rows) choose(row);
  });
  const redraw = oncePerFrame(draw);
  const watched = ["source", "writer", "word", "view"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, redraw);
  draw();
  const undo = onTheme(root, redraw), sizes = new ResizeObserver(redraw);
  sizes.observe(bar);
  return () => {
    for (const event of watched) model.off(event, redraw);
    undo();
    sizes.disconnect();
  };
}

export default { render };
