// AttributeEditor: a picture, a control for each told attribute, and what a reader sees of both.
// Used after core.js, controls.js and network.js. A picture lies as [H][W][C] in [-1, 1].

const EDITOR_SIDE = 192; // CSS pixels of a large picture
const EDITOR_THUMB = 56;
const EDITOR_MOVED = 0.15; // an amount that differs by more has moved, as metrics.moved has it

const plainName = (name) => name.replaceAll("_", " ");

/** The page's own copy of the decoder: (code, values) -> a picture, a fresh array. */
function makeTold(model) {
  const network = makeNetwork(model.get("layers"), bytesOf(model.get("weights")), "image");
  const told = model.get("told");
  return (code, values) => {
    const input = [...code];
    told.forEach(({ names }, k) => {
      if (names.length) names.forEach((_, place) => input.push(place === values[k] ? 1 : 0));
      else input.push(values[k]);
    });
    return Float32Array.from(network(Float32Array.from(input)));
  };
}

/** The page's own copy of the reader: a picture -> for each attribute an amount, or a place. */
function makeReader(model) {
  const network = makeNetwork(model.get("reader_layers"), bytesOf(model.get("reader_weights")), "numbers");
  const read = model.get("read");
  return (x) => {
    const out = network(Float32Array.from(x));
    let from = 0;
    return read.map(({ names }) => {
      if (!names.length) return Math.min(1, Math.max(0, out[from++]));
      let best = 0;
      for (let k = 1; k < names.length; k++) if (out[from + k] > out[from + best]) best = k;
      from += names.length;
      return best;
    });
  };
}

/** x' = x + D(z, t') - D(z, t), cut to [-1, 1]; or D(z, t') alone. */
function editPicture(x, was, now, carry) {
  if (!carry) return now;
  return now.map((v, i) => Math.min(1, Math.max(-1, x[i] + v - was[i])));
}

/** What became of an attribute: "asked" for and there, "missed", "moved", or "same". */
function fateOf({ names }, before, after, wanted) {
  const differs = names.length ? after !== before : Math.abs(after - before) > EDITOR_MOVED;
  if (wanted === null) return differs ? "moved" : "same";
  const there = names.length ? after === wanted : Math.abs(after - wanted) < 0.25;
  return there ? "asked" : "missed";
}

const FATES = { asked: "asked for, and there", missed: "asked for, not there", moved: "moved, though not asked", same: "" };

async function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "editor");
  const decode = makeTold(model), read = makeReader(model), keep = makeKeeper(model);
  const [c, h, w] = model.get("image_shape"), told = model.get("told"), shown = model.get("read");
  const codes = model.get("codes"), tables = model.get("tables"), size = c * h * w;
  const bytes = new Uint8Array(await unpack(model.get("pictures")));
  const pictures = codes.map((_, k) => Float32Array.from(bytes.subarray(k * size, (k + 1) * size), (v) => v / 127.5 - 1));
  const letters = codes.map((_, k) => String.fromCharCode(65 + k));
  const toBytes = (x) => Uint8ClampedArray.from(x, (v) => (v + 1) * 127.5);
  const canvas = () => make("canvas", { class: "aigc-canvas aigc-picture", role: "img" });
  const before = canvas(), after = canvas();
  const thumbs = letters.map(() => make("canvas", { class: "aigc-canvas aigc-picture", "aria-hidden": "true" }));
  const chosen = letters.map((letter, k) => make("button", {
    type: "button", class: "aigc-button", "aria-label": `Picture ${letter}`,
    onclick: () => keep({ face: k, values: [...tables[k]] }),
  }, thumbs[k]));
  const ask = (k) => (value) => keep({ values: model.get("values").map((v, i) => (i === k ? value : v)) });
  const controls = told.map(({ name, names }, k) => (names.length
    ? makeChoice({ label: plainName(name), options: names.map((word, place) => [place, word]), value: 0, onchange: ask(k) })
    : makeSlider({ label: plainName(name), min: 0, max: 1, step: 0.05, value: 0, oninput: ask(k) })));
  const carry = makeChoice({
    label: "Detail that the code lost", options: [[true, "carried over"], [false, "left out"]],
    value: model.get("carry"), onchange: (value) => keep({ carry: value }),
  });
  const back = makeButton("Back to what it was", () => keep({ values: [...tables[model.get("face")]] }));
  const body = make("tbody");
  const table = make("table", { class: "aigc-editor-table", "aria-label": "What the reader sees" },
    make("thead", {}, make("tr", {}, ...["attribute", "before", "after", "outcome"].map((word) => make("th", { scope: "col" }, word)))), body);
  help.textContent = "Choose a picture, then ask for another value. All controls can be reached with the Tab key. "
    + "The reader errs a little; the table shows what it sees, not what is true. All pictures are synthetic drawings.";
  root.append(
    make("div", { class: "aigc-bar", role: "group", "aria-label": "Picture to edit" }, ...chosen),
    make("div", { class: "aigc-pair" },
      make("figure", {}, before, make("figcaption", {}, "before")),
      make("figure", {}, after, make("figcaption", {}, "after (synthetic)")), table),
    make("div", { class: "aigc-editor-asks" }, ...controls.map((control) => control.row)),
    make("div", { class: "aigc-bar" }, carry.row, back),
    help,
  );
  const say = makeVoice(root);
  const word = ({ names }, value) => (names.length ? names[value] : number(value));

  function draw() {
    const started = performance.now(), k = model.get("face"), values = model.get("values"), was = tables[k];
    const x = pictures[k], edited = values.some((v, i) => v !== was[i]);
    const y = edited || !model.get("carry")
      ? editPicture(x, decode(codes[k], was), decode(codes[k], values), model.get("carry")) : x;
    paintGrid(before, toBytes(x), [1, h, w, c], 1);
    paintGrid(after, toBytes(y), [1, h, w, c], 1);
    const seen = read(x), then = read(y);
    const fates = shown.map((attribute, j) => {
      const at = told.findIndex(({ name }) => name === attribute.name);
      return fateOf(attribute, seen[j], then[j], at >= 0 && values[at] !== was[at] ? values[at] : null);
    });
    body.replaceChildren(...shown.map((attribute, j) => make("tr", { "data-state": fates[j] },
      make("th", { scope: "row" }, plainName(attribute.name)),
      make("td", {}, word(attribute, seen[j])), make("td", {}, word(attribute, then[j])), make("td", {}, FATES[fates[j]]))));
    controls.forEach((control, i) => control.set(values[i]));
    carry.set(model.get("carry"));
    chosen.forEach((button, i) => button.setAttribute("aria-pressed", i === k));
    const listed = (fate) => shown.filter((_, j) => fates[j] === fate).map(({ name }) => plainName(name)).join(", ") || "none";
    const words = `Asked for and there: ${listed("asked")}. Not there: ${listed("missed")}. Moved though not asked: ${listed("moved")}.`;
    before.setAttribute("aria-label", `Picture ${letters[k]} before the edit.`);
    after.setAttribute("aria-label", `Picture ${letters[k]} after the edit, synthetic. ${words}`);
    say(words);
    report(root, started);
  }

  const redraw = oncePerFrame(draw);
  const watched = ["face", "values", "carry"].map((name) => `change:${name}`);
  watched.forEach((name) => model.on(name, redraw));
  thumbs.forEach((thumb, k) => {
    paintGrid(thumb, toBytes(pictures[k]), [1, h, w, c], 1);
    thumb.style.width = `${EDITOR_THUMB}px`;
  });
  for (const big of [before, after]) big.style.width = `${Math.max(1, Math.round(EDITOR_SIDE / w)) * w}px`;
  draw();
  return () => watched.forEach((name) => model.off(name, redraw));
}

export default { render };
