// Shape calculator: sizes of (transposed) convolutions, which pixels feed which, how many taps.
// The first half is arithmetic along one axis, without the page; a picture is the product of two axes.

/** Output size of one layer, or the sentence that says why there is none. */
function layerSize(size, { transposed, kernel, stride, padding, output_padding, dilation }) {
  const reach = dilation * (kernel - 1) + 1;
  if (!transposed) {
    const room = size + 2 * padding;
    if (reach <= room) return { size: Math.floor((room - reach) / stride) + 1 };
    return { problem: `A kernel that reaches over ${reach} pixels does not fit into ${room} `
      + `(size ${size} + 2 * padding ${padding}). Use a smaller kernel or more padding.` };
  }
  if (output_padding >= Math.max(stride, dilation)) {
    return { problem: `output_padding=${output_padding} must be smaller than the stride ${stride} or the `
      + `dilation ${dilation}: it only chooses among sizes that one convolution joins.` };
  }
  const full = (size - 1) * stride + reach, out = full - 2 * padding + output_padding;
  if (out >= 1) return { size: out };
  return { problem: `The padding cuts ${2 * padding} pixels off an output of ${full + output_padding}: `
    + "nothing is left. Use less padding, or a larger kernel." };
}

/** The sizes before, between and after `layers` equal layers; stops at a problem. */
function sizeChain(settings) {
  const sizes = [settings.size];
  for (let layer = 1; layer <= settings.layers; layer++) {
    const next = layerSize(sizes[layer - 1], settings);
    if (next.problem) return { sizes, problem: next.problem, layer };
    sizes.push(next.size);
  }
  return { sizes, problem: "", layer: 0 };
}

/** Spread `weights` of the small side over the large side: what a transposed convolution does. */
function spread(weights, length, { kernel, stride, padding, dilation }) {
  const out = new Array(length).fill(0);
  weights.forEach((weight, n) => {
    for (let m = 0; m < kernel; m++) {
      const at = n * stride + m * dilation - padding;
      if (at >= 0 && at < length) out[at] += weight;
    }
  });
  return out;
}

/**
 * Ways from one side to the other along one axis. Transposed: from any input pixel to each output
 * pixel. Convolution: from each input pixel to any output pixel (its share in the backward pass).
 */
function pathCounts(sizes, settings) {
  const order = settings.transposed ? sizes : [...sizes].reverse();
  let counts = new Array(order[0]).fill(1);
  for (const length of order.slice(1)) counts = spread(counts, length, settings);
  return counts;
}

/** The input indices that output index `at` of one layer reads (a convolution's may lie outside). */
function feeders(at, size, { transposed, kernel, stride, padding, dilation }) {
  const found = [];
  for (let m = 0; m < kernel; m++) {
    if (!transposed) found.push(at * stride + m * dilation - padding);
    else {
      const n = (at + padding - m * dilation) / stride;
      if (Number.isInteger(n) && n >= 0 && n < size) found.push(n);
    }
  }
  return found;
}

/** Taps on a pixel far from the edges, for each position within a stride. */
function tapsInside({ kernel, stride, dilation }) {
  const taps = new Array(stride).fill(0);
  for (let m = 0; m < kernel; m++) taps[(m * dilation) % stride] += 1;
  return taps;
}

/** The formula with its numbers filled in, for an input of `size`. */
function formula(size, s) {
  const out = layerSize(size, s).size ?? "?";
  return s.transposed
    ? `(${size} \u2212 1)\u00b7${s.stride} \u2212 2\u00b7${s.padding} + ${s.dilation}\u00b7(${s.kernel} \u2212 1) + ${s.output_padding} + 1 = ${out}`
    : `\u230a(${size} + 2\u00b7${s.padding} \u2212 ${s.dilation}\u00b7(${s.kernel} \u2212 1) \u2212 1) / ${s.stride}\u230b + 1 = ${out}`;
}

// ---- the page

const SIDE = 208, MOST = 256; // CSS pixels of a picture; the most pixels of an axis it shows
const SLIDERS = [
  ["size", "Input size", 1, 28], ["kernel", "Kernel", 1, 7], ["stride", "Stride", 1, 4],
  ["padding", "Padding", 0, 3], ["output_padding", "Output padding", 0, 3], ["dilation", "Dilation", 1, 3],
  ["layers", "Equal layers", 1, 4],
];
const DOUBLING = { transposed: true, size: 7, kernel: 4, stride: 2, padding: 1, output_padding: 0, dilation: 1 };
const PRESETS = [
  ["7 \u2192 14 \u2192 28 (right)", { ...DOUBLING, layers: 2 }],
  ["7 \u2192 56", { ...DOUBLING, layers: 3 }],
  ["7 \u2192 112", { ...DOUBLING, layers: 4 }],
  ["checkerboard", { ...DOUBLING, kernel: 3, output_padding: 1, layers: 2 }],
  ["28 \u2192 14 \u2192 7", { ...DOUBLING, transposed: false, size: 28, layers: 2 }],
];

/** [r, g, b] of a CSS colour such as "rgb(1, 2, 3)" or "#0072b2". */
function rgbOf(colour) {
  if (colour.startsWith("#") && colour.length === 7) return [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const parts = (colour.match(/[\d.]+/g) || []).map(Number);
  return parts.length >= 3 ? parts.slice(0, 3) : [255, 255, 255];
}

/** A square picture of rows x columns cells; strength(row, column) in [0, 1] mixes ink into paper. */
function paintCells(canvas, n, strength, colours, marked) {
  const context = sharpContext(canvas, SIDE, SIDE), shown = Math.min(n, MOST), cell = SIDE / shown;
  const small = document.createElement("canvas");
  small.width = small.height = shown;
  const pen = small.getContext("2d"), image = pen.createImageData(shown, shown);
  const paper = rgbOf(colours.paper), blue = rgbOf(COLOURS[0]), red = rgbOf(COLOURS[3]);
  for (let row = 0, to = 0; row < shown; row++) {
    for (let column = 0; column < shown; column++, to += 4) {
      const on = marked(row, column), share = on ? Math.max(0.7, on) : strength(row, column);
      for (let k = 0; k < 3; k++) image.data[to + k] = paper[k] + share * ((on ? red : blue)[k] - paper[k]);
      image.data[to + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, SIDE, SIDE);
  context.fillStyle = colours.ink;
  const lines = cell >= 9 ? shown : 1; // finer lines would hide the shades
  faint(context, lines > 1 ? 0.3 : 0.6, () => {
    for (let i = 0; i <= lines; i++) {
      const at = Math.min(SIDE - 1, Math.round((i * SIDE) / lines));
      context.fillRect(at, 0, 1, SIDE);
      context.fillRect(0, at, SIDE, 1);
    }
  });
  return context;
}

const never = () => 0;
const scaled = (counts) => {
  const most = counts.reduce((a, b) => Math.max(a, b), 1) ** 2; // not Math.max(...): thousands of pixels
  return (row, column) => (0.92 * counts[row] * counts[column]) / most;
};

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "shapes");
  const keep = makeKeeper(model), say = makeVoice(root);
  const redraw = oncePerFrame(draw);
  const NAMES = [...SLIDERS.map(([name]) => name), "transposed", "row", "column"];
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const kind = makeChoice({
    label: "Layer", value: model.get("transposed"),
    options: [[false, "Convolution"], [true, "Transposed convolution"]],
    onchange: (transposed) => keep({ transposed }),
  });
  const sliders = Object.fromEntries(SLIDERS.map(([name, label, min, max]) => [name, makeSlider({
    label, min, max, step: 1, value: model.get(name), format: (v) => String(v),
    oninput: (v) => keep({ [name]: v }),
  })]));
  const presets = PRESETS.map(([words, values]) => makeButton(words, () => keep({ ...values, row: 1, column: 1 })));
  const answer = make("div", { class: "aigc-shapes-answer" });
  const filled = make("div", { class: "aigc-shapes-formula" });
  const problem = make("p", { class: "aigc-shapes-problem" });
  const figure = (canvas, words) => make("figure", {}, canvas, words);
  const canvases = [0, 1, 2].map(() => make("canvas", { class: "aigc-canvas", role: "img", style: `width: ${SIDE}px` }));
  const captions = canvases.map(() => make("figcaption", { style: `max-width: ${SIDE}px` }));
  const figures = canvases.map((canvas, i) => figure(canvas, captions[i]));
  const [input, output, whole] = canvases;
  Object.entries({ tabindex: 0, role: "application" }).forEach(([name, value]) => output.setAttribute(name, value));
  output.classList.add("aigc-plane");
  const table = makeReadout("What the layer does");
  help.textContent = "Drag over the output, or focus it and use the arrow keys (Shift: five pixels; Home: back to the corner): "
    + "orange are the input pixels that this output pixel is made of. Stronger blue: more taps of the kernel.";
  root.append(
    make("div", { class: "aigc-bar aigc-shapes-top" }, kind.row),
    make("div", { class: "aigc-bar aigc-shapes-top", role: "group", "aria-label": "Presets" }, ...presets),
    make("div", { class: "aigc-shapes-sliders" }, ...Object.values(sliders).map((slider) => slider.row)),
    answer, filled, problem, make("div", { class: "aigc-pair" }, ...figures),
    make("div", { class: "aigc-bar" }, table.row), help,
  );

  function draw() {
    const started = performance.now(), settings = read(), chain = sizeChain(settings);
    const { sizes } = chain;
    kind.set(settings.transposed);
    for (const [name] of SLIDERS) sliders[name].set(settings[name]);
    sliders.output_padding.input.disabled = !settings.transposed;
    answer.textContent = sizes.join(" \u2192 ") + (chain.problem ? " \u2192 ?" : "");
    filled.textContent = sizes.slice(0, settings.layers).map((size) => formula(size, settings)).join(";   ");
    const where = settings.layers > 1 ? `Layer ${chain.layer}: ` : "";
    problem.textContent = chain.problem ? where + chain.problem : verdict(sizes.at(-1));
    problem.classList.toggle("aigc-shapes-wrong", Boolean(chain.problem));
    if (sizes.length > 1) paint(settings, sizes, chain.problem);
    for (const [i, shown] of [sizes.length > 1, sizes.length > 1, sizes.length > 2 && !chain.problem].entries()) {
      figures[i].style.display = shown ? "" : "none";
    }
    if (sizes.length < 2) table.show([["result", "none"]]);
    report(root, started);
  }

  /** Does the last size fit the pictures that are wanted? */
  function verdict(size) {
    const wanted = model.get("wanted");
    if (!wanted || size === wanted || !read().transposed) return size === wanted ? `${size} \u00d7 ${size}: the size of the data.` : "";
    return `${size} \u00d7 ${size} is not the ${wanted} \u00d7 ${wanted} of the data: a network built for those refuses it.`;
  }

  function paint(settings, sizes, broken) {
    const colours = inkAndPaper(root), [size, out] = sizes;
    const row = Math.min(settings.row, out - 1), column = Math.min(settings.column, out - 1);
    const rows = feeders(row, size, settings), columns = feeders(column, size, settings);
    const edge = settings.transposed ? 0 : settings.padding;
    const real = (i) => i >= edge && i < size + edge;
    const isFeeder = (list) => { const set = new Set(list.map((i) => i + edge)); return (i) => set.has(i); };
    const [inRow, inColumn] = [isFeeder(rows), isFeeder(columns)];
    const pair = [size, out];
    const counts = pathCounts(pair, settings);
    const shade = scaled(counts), plain = () => 0.3;
    paintCells(input, size + 2 * edge, (r, c) => {
      if (!real(r) || !real(c)) return 0;
      return settings.transposed ? plain() : Math.max(0.06, shade(r - edge, c - edge));
    }, colours, (r, c) => (inRow(r) && inColumn(c) ? (real(r) && real(c) ? 1 : 0.7) : 0));
    const context = paintCells(output, out, settings.transposed ? shade : plain, colours, never);
    const cell = SIDE / Math.min(out, MOST);
    context.strokeStyle = COLOURS[3];
    context.lineWidth = Math.max(2.5, Math.min(4, cell / 4));
    context.strokeRect(column * cell, row * cell, Math.max(cell, 3), Math.max(cell, 3));
    if (sizes.length > 2 && !broken) {
      const paths = pathCounts(sizes, settings);
      paintCells(whole, paths.length, scaled(paths), colours, never);
    }
    words(settings, sizes, rows, columns, { row, column, edge, counts });
  }

  function words(settings, sizes, rows, columns, { row, column, edge, counts }) {
    const [size, out] = sizes, last = sizes.at(-1), square = (n) => `${n}\u00a0\u00d7\u00a0${n}`;
    const taps = rows.length * columns.length, inside = tapsInside(settings);
    const even = inside.every((n) => n === inside[0]);
    const each = [...new Set(inside)].sort((a, b) => a - b).join(" or ");
    captions[0].textContent = `Input ${square(size)}${edge ? `, padded to ${square(size + 2 * edge)}` : ""}`;
    captions[1].textContent = `Output of ${settings.layers > 1 ? "the first layer" : "the layer"}: ${square(out)}`;
    const side = settings.transposed ? last : size;
    captions[2].textContent = `${settings.transposed ? "After" : "Before"} ${sizes.length - 1} layers: ways to each `
      + `of ${square(side)} pixels${side > MOST ? ` (the first ${MOST} \u00d7 ${MOST})` : ""}`;
    const low = counts.reduce((a, b) => Math.min(a, b)), high = counts.reduce((a, b) => Math.max(a, b));
    const what = settings.transposed ? "taps on an output pixel" : "uses of an input pixel";
    const sum = `${taps} tap${taps === 1 ? "" : "s"}`;
    table.show([
      [`output pixel (${row}, ${column}) is made of`, sum],
      [`${what}, over the picture`, `${low * low} to ${high * high}`],
      ["along one axis, away from the edges", even ? `${each}: even` : `${each}: uneven`],
    ]);
    const place = `Output pixel row ${row}, column ${column} is made of ${sum}`;
    output.setAttribute("aria-label", `Output grid, ${square(out)}. ${place}. Arrow keys move.`);
    input.setAttribute("aria-label", `Input grid, ${square(size)}; marked rows ${rows.join(", ") || "none"}, columns ${columns.join(", ") || "none"}.`);
    whole.setAttribute("aria-label", `${captions[2].textContent}; ${even ? "even" : "a checkerboard"} away from the edges.`);
    say(`${answer.textContent}. ${problem.textContent} ${place}.`);
  }

  /** Mark output pixel (row, column), kept inside the picture. */
  function mark(row, column) {
    const out = sizeChain(read()).sizes[1];
    if (out === undefined) return;
    const most = Math.min(out, MOST) - 1, fit = (v) => Math.max(0, Math.min(most, v));
    keep({ row: fit(row), column: fit(column) });
  }

  makeDraggable(output, { onmove: (event) => {
    const box = output.getBoundingClientRect(), out = sizeChain(read()).sizes[1] ?? 1;
    const at = (share) => Math.floor(share * Math.min(out, MOST));
    mark(at((event.clientY - box.top) / box.height), at((event.clientX - box.left) / box.width));
  } });
  output.addEventListener("keydown", (event) => {
    const step = event.key === "Home" ? [-MOST, MOST] : arrowStep(event), out = sizeChain(read()).sizes[1];
    if (!step || out === undefined) return;
    const now = (name) => Math.min(model.get(name), out - 1);
    mark(now("row") - step[1], now("column") + step[0]);
    event.preventDefault();
    event.stopPropagation();
  });
  for (const name of [...NAMES, "wanted"]) model.on(`change:${name}`, redraw);
  const forgetTheme = onTheme(root, redraw);
  draw();
  return () => {
    forgetTheme();
    for (const name of [...NAMES, "wanted"]) model.off(`change:${name}`, redraw);
  };
}

export default { render };
