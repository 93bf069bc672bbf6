// HolePainter: paint over a picture what is to be filled; the mask goes back to Python.
// Used after core.js and controls.js.

const HOLE_TONES = [0xff005ed5, 0xffffffff]; // orange and white, little-endian RGBA: a chessboard
const HOLE_TILE = 4; // pixels of a square of it
const HOLE_MOST = 40; // the largest brush
const HOLE_UNDO = 50;
const HOLE_WAIT = 4000; // milliseconds for an answer of the kernel

/** Set every pixel within `radius` of the way from `a` to `b` to `value`. */
function paintStroke(mask, w, h, a, b, radius, value) {
  const steps = Math.max(1, Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1])));
  const reach = Math.floor(radius);
  for (let s = 0; s <= steps; s++) {
    const cx = Math.round(a[0] + ((b[0] - a[0]) * s) / steps);
    const cy = Math.round(a[1] + ((b[1] - a[1]) * s) / steps);
    for (let y = Math.max(0, cy - reach); y <= Math.min(h - 1, cy + reach); y++) {
      for (let x = Math.max(0, cx - reach); x <= Math.min(w - 1, cx + reach); x++) {
        if ((x - cx) ** 2 + (y - cy) ** 2 <= radius * radius) mask[y * w + x] = value;
      }
    }
  }
}

/** "12.3 % of the picture is missing" */
function holeWords(mask) {
  let missing = 0;
  for (const value of mask) missing += value;
  if (!missing) return "nothing is missing";
  if (missing === mask.length) return "everything is missing: leave something to fill from";
  return `${number((100 * missing) / mask.length, 1)} % of the picture is missing`;
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "holes");
  const [h, w, c] = model.get("shape"), keep = makeKeeper(model), say = makeVoice(root);
  const picture = document.createElement("canvas");
  paintGrid(picture, new Uint8Array(await unpack(model.get("picture"))), [1, h, w, c], 1);
  const pixels = new Uint32Array(picture.getContext("2d").getImageData(0, 0, w, h).data.buffer);
  const canvas = make("canvas", {
    class: "aigc-canvas aigc-holes-picture", width: w, height: h, tabindex: 0, role: "application",
    "aria-roledescription": "picture to paint on", "aria-describedby": `${id}-help`,
  });
  if (w <= 256) canvas.classList.add("aigc-pixels");
  const factor = w < 480 ? Math.max(1, Math.round(480 / w)) : 1;
  const ring = make("div", { class: "aigc-holes-ring", "aria-hidden": "true" });
  const stage = make("div", { class: "aigc-holes-stage" }, canvas, ring);
  stage.style.width = `min(100%, ${factor * w}px)`;
  const told = make("output", {}), kernel = make("p", { class: "aigc-holes-kernel", role: "status" });
  let mask = readMask(), past = [], erasing = false, down = false, at = [Math.floor(w / 2), Math.floor(h / 2)];

  const tool = makeChoice({
    label: "Brush", value: false, options: [[false, "paint a hole"], [true, "erase"]],
    onchange: (value) => { erasing = value; },
  });
  const size = makeSlider({
    label: "Radius", min: 1, max: HOLE_MOST, step: 1, value: model.get("radius"),
    format: (v) => `${v} px`, oninput: (radius) => { keep({ radius }); redraw(); },
  });
  const undo = makeButton("Undo", () => { if (past.length) { mask = past.pop(); tell(); } });
  const clear = makeButton("Clear", () => { remember(); mask.fill(0); tell(); });
  help.textContent = "Paint with the mouse or a finger. By keys: arrows move the brush (with Shift: farther), "
    + "the space bar puts it down and lifts it.";
  root.append(stage, make("div", { class: "aigc-bar" }, tool.row, size.row),
    make("div", { class: "aigc-bar" }, undo, clear, told), kernel, help);

  function readMask() {
    const stored = bytesOf(model.get("painted"));
    return stored.length === w * h ? Uint8Array.from(stored) : new Uint8Array(w * h);
  }

  function remember() {
    past.push(Uint8Array.from(mask));
    if (past.length > HOLE_UNDO) past.shift();
  }

  /** Hand the mask over: to the page's model at once, to the kernel when the stroke rests. */
  function tell() {
    keep({ painted: new DataView(Uint8Array.from(mask).buffer) });
    say(holeWords(mask));
    redraw();
  }

  function stroke(from, to) {
    paintStroke(mask, w, h, from, to, model.get("radius"), erasing ? 0 : 1);
    redraw();
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * w - 0.5, ((event.clientY - box.top) / box.height) * h - 0.5];
  }

  function draw() {
    const started = performance.now(), context = canvas.getContext("2d");
    const image = context.createImageData(w, h), out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < out.length; i++) {
      const x = i % w, y = (i - x) / w;
      out[i] = mask[i] ? HOLE_TONES[(Math.floor(x / HOLE_TILE) + Math.floor(y / HOLE_TILE)) % 2] : pixels[i];
    }
    context.putImageData(image, 0, 0);
    told.textContent = holeWords(mask);
    undo.disabled = past.length === 0;
    ring.style.left = `${(100 * (at[0] + 0.5)) / w}%`;
    ring.style.top = `${(100 * (at[1] + 0.5)) / h}%`;
    ring.style.width = `${(100 * (2 * model.get("radius") + 1)) / w}%`;
    canvas.setAttribute("aria-label", `${model.get("alt")} Brush at ${Math.round(at[0])}, ${Math.round(at[1])}, `
      + `${down ? "down" : "lifted"}; ${holeWords(mask)}.`);
    report(root, started);
  }
  const redraw = oncePerFrame(draw);

  let dragging = false;
  makeDraggable(canvas, {
    onstart: (event) => { remember(); dragging = true; at = place(event); },
    onmove: (event) => { const to = place(event); stroke(at, to); at = to; },
    onend: () => { dragging = false; down = false; tell(); },
  });
  canvas.addEventListener("keydown", (event) => {
    const step = arrowStep(event);
    if (step) {
      const to = [Math.max(0, Math.min(w - 1, at[0] + step[0])), Math.max(0, Math.min(h - 1, at[1] - step[1]))];
      if (down) stroke(at, to);
      at = to;
      if (down) tell(); else redraw();
    } else if (event.key === " ") {
      down = !down;
      if (down) { remember(); stroke(at, at); tell(); } else { say("Brush lifted"); redraw(); }
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  const fromOutside = () => { if (!dragging) { mask = readMask(); redraw(); } };
  model.on("change:painted", fromOutside);

  // is anybody there? Only a kernel answers
  const question = 1 + Math.floor(Math.random() * 1e9);
  const hear = () => { if (model.get("answered") === question) kernel.textContent = ""; };
  model.on("change:answered", hear);
  keep({ asked: question });
  const patience = setTimeout(() => {
    if (model.get("answered") === question) return;
    kernel.textContent = "No kernel answers here: you can paint, but no Python gets the hole. Open the "
      + "notebook to fill it.";
  }, HOLE_WAIT);
  draw();
  return () => {
    clearTimeout(patience);
    model.off("change:painted", fromOutside);
    model.off("change:answered", hear);
  };
}

export default { render };
