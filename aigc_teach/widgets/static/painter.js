// CodePainter: a grid of codes to paint in, and what the decoder draws from it.
// Used after core.js, controls.js and network.js.

const PAINTER_SIDE = 252; // CSS pixels of the picture, about
const PAINTER_MARK = "#d55e00";
const PAINTER_PATIENCE = 4; // milliseconds of small pictures between two frames

/** The page's own copy of the decoder: codes, row by row -> bytes [h, w, c]. */
function makePainterDecoder(model) {
  const network = makeNetwork(model.get("layers"), bytesOf(model.get("weights")), model.get("output"));
  const [c, h, w] = model.get("image_shape"), book = model.get("codebook");
  const [rows, columns] = model.get("grid"), places = rows * columns, size = book[0].length;
  const input = new Float32Array(size * places), bytes = new Uint8Array(h * w * c);
  return (codes) => {
    for (let t = 0; t < places; t++) {
      const vector = book[codes[t]];
      for (let d = 0; d < size; d++) input[d * places + t] = vector[d]; // channels first
    }
    const image = network(input);
    for (let i = 0; i < bytes.length; i++) {
      const v = (image[i] + 1) * 127.5;
      bytes[i] = v < 0 ? 0 : v > 255 ? 255 : v;
    }
    return bytes;
  };
}

/** A grid of `paper` with one code in its middle. */
function aloneInTheMiddle(code, paper, [rows, columns]) {
  const codes = new Array(rows * columns).fill(paper);
  codes[Math.floor(rows / 2) * columns + Math.floor(columns / 2)] = code;
  return codes;
}

/** The bytes [side, side, c] around the middle place of an image [h, w, c]. */
function cutMiddle(bytes, [c, h, w], [rows, columns]) {
  const top = Math.floor(rows / 2) * (h / rows) + h / rows / 2, left = Math.floor(columns / 2) * (w / columns) + w / columns / 2;
  const side = Math.min(h, w, Math.round(3 * Math.max(h / rows, w / columns)));
  const y0 = Math.max(0, Math.min(h - side, Math.round(top - side / 2)));
  const x0 = Math.max(0, Math.min(w - side, Math.round(left - side / 2)));
  const out = new Uint8Array(side * side * c);
  for (let y = 0; y < side; y++) {
    const from = ((y0 + y) * w + x0) * c;
    out.set(bytes.subarray(from, from + side * c), y * side * c);
  }
  return { cut: out, side };
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "painter");
  const [c, h, w] = model.get("image_shape"), grid = model.get("grid"), [rows, columns] = grid;
  const order = model.get("order"), keep = makeKeeper(model), decode = makePainterDecoder(model);
  const picture = make("canvas", { class: "aigc-canvas aigc-picture", role: "img" });
  const pad = make("canvas", {
    class: "aigc-canvas aigc-plane", tabindex: 0, role: "application",
    "aria-roledescription": "grid of codes", "aria-describedby": `${id}-help`,
  });
  const told = make("output", {}), where = make("output", {});
  const thumbs = order.map(() => make("canvas", { class: "aigc-canvas aigc-picture", "aria-hidden": "true" }));
  const buttons = order.map((k, i) => make("button", {
    type: "button", class: "aigc-button aigc-painter-code", title: `code ${k}`,
    "aria-label": `Paint with code ${k}`, onclick: () => keep({ brush: k }),
  }, thumbs[i]));
  const clear = makeButton("Empty paper", () => keep({ codes: new Array(rows * columns).fill(order[0]) }));
  const back = makeButton("Back to the start", () => keep({ codes: [...model.get("start")] }));
  help.textContent = "Choose a code below, then click or drag in the left grid to paint with it. On the keyboard: "
    + "arrow keys move in the grid, Enter paints, P picks the code of a place, [ and ] choose the code before and after.";
  root.append(
    make("div", { class: "aigc-pair" },
      make("figure", {}, pad, make("figcaption", {}, where)),
      make("figure", {}, picture, make("figcaption", {}, told))),
    make("div", { class: "aigc-painter-palette", role: "group", "aria-label": "Codes to paint with" }, ...buttons),
    make("div", { class: "aigc-bar" }, clear, back),
    help,
  );
  const say = makeVoice(root);
  const factor = Math.max(1, Math.round(PAINTER_SIDE / w)), width = factor * w, height = factor * h;
  const cellWidth = width / columns, cellHeight = height / rows;
  let colours = null, done = 0, thumbing = 0;

  function paint(place) {
    const codes = [...model.get("codes")];
    codes[place] = model.get("brush");
    keep({ codes, at: place });
  }

  function placeOf(event) {
    const box = pad.getBoundingClientRect();
    const inside = (v, n) => Math.max(0, Math.min(n - 1, Math.floor(v * n)));
    const column = inside((event.clientX - box.left) / box.width, columns);
    return inside((event.clientY - box.top) / box.height, rows) * columns + column;
  }

  function drawPad() {
    const context = sharpContext(pad, width, height), codes = model.get("codes"), at = model.get("at");
    context.strokeStyle = context.fillStyle = colours.ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `${Math.round(Math.min(cellHeight * 0.4, 15))}px system-ui, sans-serif`;
    codes.forEach((code, t) => {
      const x = (t % columns) * cellWidth, y = Math.floor(t / columns) * cellHeight;
      faint(context, 0.25, () => context.strokeRect(x + 0.5, y + 0.5, cellWidth - 1, cellHeight - 1));
      if (code !== order[0]) context.fillText(String(code), x + cellWidth / 2, y + cellHeight / 2);
    });
    context.strokeStyle = PAINTER_MARK;
    context.lineWidth = 3;
    context.strokeRect((at % columns) * cellWidth + 1.5, Math.floor(at / columns) * cellHeight + 1.5, cellWidth - 3, cellHeight - 3);
  }

  function draw() {
    const started = performance.now();
    const codes = model.get("codes"), brush = model.get("brush"), at = model.get("at");
    paintGrid(picture, decode(codes), [1, h, w, c], 1);
    picture.style.width = `${width}px`;
    drawPad();
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", order[i] === brush));
    const inked = codes.filter((k) => k !== order[0]).length;
    told.textContent = `${inked} of ${codes.length} places hold another code than empty paper (${order[0]})`;
    where.textContent = `row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}: code ${codes[at]}; painting with ${brush}`;
    picture.setAttribute("aria-label", `Decoded image of the grid. ${told.textContent}.`);
    pad.setAttribute("aria-label", where.textContent);
    say(where.textContent);
    report(root, started);
  }

  /** The palette, a few a frame, so that the page is never kept waiting. */
  function drawThumbs() {
    const until = performance.now() + PAINTER_PATIENCE;
    while (done < order.length && performance.now() < until) {
      const { cut, side } = cutMiddle(decode(aloneInTheMiddle(order[done], order[0], grid)), [c, h, w], grid);
      paintGrid(thumbs[done++], cut, [1, side, side, c], 1);
    }
    thumbing = done < order.length ? requestAnimationFrame(drawThumbs) : 0;
  }

  function redrawAll() {
    colours = inkAndPaper(root);
    draw();
  }

  makeDraggable(pad, { onmove: (event) => paint(placeOf(event)) });
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = event.target === pad ? arrowStep(event) : null, at = model.get("at");
    const turn = { "[": -1, "]": 1 }[event.key];
    if (step) {
      const move = (v, by, n) => Math.max(0, Math.min(n - 1, v + by));
      keep({ at: move(Math.floor(at / columns), -step[1], rows) * columns + move(at % columns, step[0], columns) });
    } else if ((event.key === "Enter" || event.key === " ") && event.target === pad) paint(at);
    else if (event.key.toLowerCase() === "p" && event.target === pad) keep({ brush: model.get("codes")[at] });
    else if (turn) {
      const next = order.indexOf(model.get("brush")) + turn;
      keep({ brush: order[(next + order.length) % order.length] });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw);
  const watched = ["codes", "brush", "at"].map((name) => `change:${name}`);
  watched.forEach((name) => model.on(name, redraw));
  const forgetTheme = onTheme(root, redrawAll);
  pad.style.width = `${width}px`;
  redrawAll();
  thumbing = requestAnimationFrame(drawThumbs);
  return () => {
    cancelAnimationFrame(thumbing);
    forgetTheme();
    watched.forEach((name) => model.off(name, redraw));
  };
}

export default { render };
