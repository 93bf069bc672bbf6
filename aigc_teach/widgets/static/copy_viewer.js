// CopyViewer: a summary beside its body; the body is shaded by where the chosen word looked.
// Used after core.js and controls.js.

const COPY_SIGNS = { copied: "\u2193", invented: "\u2717", own: "" };
const COPY_LOOKED = 0.15; // a body's word with at least this weight is underlined and named

/** What is said of one written word, in words. */
function copyCaption([word, kind, copied, weights], body) {
  const best = weights.map((weight, place) => [weight, place]).filter(([weight]) => weight >= COPY_LOOKED)
    .sort((a, b) => b[0] - a[0]).slice(0, 3).map(([weight, place]) => `\u201c${body[place]}\u201d ${weight.toFixed(2)}`);
  const where = best.length ? `looked at ${best.join(", ")}` : "looked at no word in particular";
  const lacks = kind === "invented" ? "; the body lacks this name" : "";
  return `\u201c${word}\u201d: copied with probability ${copied.toFixed(2)}, ${where}${lacks}`;
}

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "copies");
  const bodies = model.get("bodies"), writers = model.get("writers"), table = model.get("table");
  const keep = makeKeeper(model), say = makeVoice(root);
  const body = make("div", { class: "aigc-copies-body" });
  const summary = make("div", { class: "aigc-copies-summary" });
  const caption = make("output", { class: "aigc-caption" });
  const rows = () => table[model.get("writer")][model.get("body")];
  const which = makeSlider({
    label: "body", min: 0, max: bodies.length - 1, step: 1, value: model.get("body"),
    format: (v) => `${v + 1} of ${bodies.length}`, oninput: (v) => keep({ body: v, word: 0 }),
  });
  const who = makeSlider({
    label: "writer", min: 0, max: writers.length - 1, step: 1, value: model.get("writer"),
    format: (v) => writers[v], oninput: (v) => keep({ writer: v, word: 0 }),
  });
  help.textContent = "These summaries were written before the page was made. Choose a word: the body is shaded by "
    + "how much it looked at each place. \u2193 rather copied than not, \u2717 a name that the body lacks.";
  root.append(body, summary, caption, make("div", { class: "aigc-bar" }, which.row, who.row), help);

  function draw() {
    const started = performance.now();
    const words = bodies[model.get("body")], written = rows();
    const at = Math.min(model.get("word"), written.length - 1), weights = written[at][3];
    const focused = summary.contains(document.activeElement) || summary.contains(el.getRootNode().activeElement);
    body.replaceChildren(...words.flatMap((word, place) => {
      const alpha = Math.round(70 * Math.sqrt(weights[place]));
      const mark = make("mark", { style: `background: color-mix(in srgb, #0072b2 ${alpha}%, transparent)` }, word);
      if (weights[place] >= COPY_LOOKED) mark.dataset.looked = weights[place].toFixed(2);
      return [mark, " "];
    }));
    const buttons = written.map(([word, kind], place) => make("button", {
      type: "button", "data-kind": kind, "data-sign": COPY_SIGNS[kind], "aria-pressed": String(place === at),
      "aria-label": kind === "own" ? word : `${word} (${kind})`, onclick: () => keep({ word: place }),
    }, word));
    summary.replaceChildren(...buttons);
    if (focused) buttons[at].focus();
    caption.textContent = copyCaption(written[at], words);
    which.set(model.get("body"));
    who.set(model.get("writer"));
    say(caption.textContent);
    report(root, started);
  }

  const redraw = oncePerFrame(draw);
  const watched = ["body", "writer", "word"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, redraw);
  draw();
  return () => { for (const event of watched) model.off(event, redraw); };
}

export default { render };
