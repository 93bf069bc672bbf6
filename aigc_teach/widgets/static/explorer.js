// LatentExplorer: a plane to drag in, and the image that the decoder makes of the point.

const PLANE = 308; // CSS pixels of the plane's side: 11 cells of 28
const CELLS = 11; // decoded images along a side of the plane's map
const MARKER = "#d55e00";
const PATIENCE = 5; // milliseconds of map-making between two frames

/** The page's own copy of the decoder, and the picture it paints. */
function makeDecoder(model) {
  const network = makeNetwork(model.get("layers"), bytesOf(model.get("weights")), model.get("output"));
  const [c, h, w] = model.get("image_shape"), classes = model.get("n_classes");
  const z = new Float32Array(model.get("origin").length + classes);
  const bytes = new Uint8Array(h * w * c);
  return (plane, x, y, label) => {
    const image = network(fillInput(z, plane, x, y, label, classes));
    for (let i = 0; i < bytes.length; i++) {
      const v = (image[i] + 1) * 127.5;
      bytes[i] = v < 0 ? 0 : v > 255 ? 255 : v;
    }
    return bytes; // [h, w, c]
  };
}

/** A row of buttons, one per label, of which one is pressed. */
function makeLabels(model, choose) {
  const buttons = Array.from({ length: model.get("n_classes") }, (_, k) =>
    make("button", {
      type: "button", class: "aigc-button aigc-label", "aria-label": `Label ${k}`,
      onclick: () => choose(k),
    }, String(k)));
  const row = make("div", { class: "aigc-labels", role: "group", "aria-label": "Label" }, ...buttons);
  const mark = () => buttons.forEach((b, k) => b.setAttribute("aria-pressed", k === model.get("label")));
  return { row, mark };
}

/** Codes as small digits in their colours, and each label once, large, where most of it lies. */
function paintCodes(context, codes, labels, reach, { ink, paper }) {
  const place = (v) => ((v + reach) / (2 * reach)) * PLANE;
  if (!labels.length) {
    paintDots(context, codes, -reach, reach, PLANE, { colour: COLOURS[0], alpha: 0.5 });
    return;
  }
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = "600 9px system-ui, sans-serif";
  const sums = Array.from({ length: 10 }, () => ({ xs: [], ys: [] }));
  faint(context, labels.length > 1500 ? 0.5 : 0.75, () => labels.forEach((label, i) => {
    const x = place(codes[2 * i]), y = PLANE - place(codes[2 * i + 1]);
    sums[label].xs.push(x);
    sums[label].ys.push(y);
    context.fillStyle = COLOURS[label];
    context.fillText(label, x, y);
  }));
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  context.font = "700 13px system-ui, sans-serif";
  sums.forEach(({ xs, ys }, label) => {
    if (!xs.length) return;
    const x = middle(xs), y = middle(ys);
    context.beginPath();
    context.arc(x, y, 10, 0, 7);
    context.fillStyle = paper;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = COLOURS[label];
    context.stroke();
    context.fillStyle = ink;
    context.fillText(label, x, y + 1);
  });
}

/** Thin lines through zero, and the reach at the edges. */
function paintAxes(context, reach, { ink }) {
  context.strokeStyle = context.fillStyle = ink;
  context.lineWidth = 1;
  faint(context, 0.28, () => {
    context.beginPath();
    context.moveTo(PLANE / 2, 0);
    context.lineTo(PLANE / 2, PLANE);
    context.moveTo(0, PLANE / 2);
    context.lineTo(PLANE, PLANE / 2);
    context.stroke();
  });
}

/** Where the reader is: a ring with a halo, which shows on light, on dark and on digits. */
function paintMarker(context, x, y, { paper }) {
  for (const [colour, width] of [[paper, 7], [MARKER, 3]]) {
    context.beginPath();
    context.arc(x, y, 10, 0, 7);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
  context.beginPath();
  context.arc(x, y, 2.5, 0, 7);
  context.fillStyle = MARKER;
  context.fill();
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "explorer");
  const reach = model.get("reach"), size = model.get("origin").length;
  const [c, h, w] = model.get("image_shape"), classes = model.get("n_classes");
  const plane = make("canvas", {
    class: "aigc-canvas aigc-plane", tabindex: 0, role: "application",
    "aria-roledescription": "two-dimensional slider", "aria-describedby": `${id}-help`,
  });
  const picture = make("canvas", { class: "aigc-canvas aigc-picture", role: "img" });
  const where = make("output", { class: "aigc-caption" });
  const { row, mark } = makeLabels(model, (label) => change({ label }));
  const another = make("button", {
    type: "button", class: "aigc-button", onclick: () => change({ plane: model.get("plane") + 1 }),
  }, "Another plane");
  const back = make("button", {
    type: "button", class: "aigc-button", onclick: () => change({ x: 0, y: 0, plane: 0 }),
  }, "Back to the start");
  help.textContent = "Drag in the plane, or use the arrow keys (with Shift: farther). Home returns to the middle."
    + (classes ? ` Keys 0 to ${classes - 1} choose the label.` : "");
  root.append(
    make("div", { class: "aigc-pair" },
      make("figure", {}, plane, make("figcaption", {}, size > 2 ? `A plane through ${size} latents` : "The latent plane")),
      make("figure", {}, picture, make("figcaption", {}, where))),
    ...(classes ? [make("div", { class: "aigc-bar" }, row)] : []),
    make("div", { class: "aigc-bar" }, ...(size > 2 ? [another] : []), back),
    help,
  );
  const say = makeVoice(root);
  const decode = makeDecoder(model);
  const [codeBuffer, labelBuffer] = await Promise.all([unpack(model.get("points")), unpack(model.get("point_labels"))]);
  const codes = new Float32Array(codeBuffer), codeLabels = new Uint8Array(labelBuffer);
  const ground = document.createElement("canvas"); // what lies under the marker
  const cell = document.createElement("canvas"); // one small image of the map
  let given = { origin: model.get("origin"), axes: model.get("axes") }, drawnPlane = 0;
  let colours = inkAndPaper(root), queue = [], mapping = 0, dragging = false, saving = 0;

  function currentPlane() {
    if (model.get("plane") !== drawnPlane) {
      drawnPlane = model.get("plane");
      given = drawnPlane === 0
        ? { origin: model.get("origin"), axes: model.get("axes") } : randomPlane(size, drawnPlane);
    }
    return given;
  }

  function draw() {
    const started = performance.now(), x = model.get("x"), y = model.get("y"), label = model.get("label");
    paintGrid(picture, decode(currentPlane(), x, y, label), [1, h, w, c], 1);
    drawPlane(x, y);
    const words = `x ${number(x)}, y ${number(y)}${classes ? `, label ${label}` : ""}`;
    where.textContent = words;
    report(root, started);
    return words;
  }

  function drawPlane(x, y) {
    const context = sharpContext(plane, PLANE, PLANE);
    context.drawImage(ground, 0, 0, PLANE, PLANE);
    const px = ((x + reach) / (2 * reach)) * PLANE, py = PLANE - ((y + reach) / (2 * reach)) * PLANE;
    paintMarker(context, px, py, colours);
  }

  /** Draw afresh what lies under the marker: axes, then codes or a map of decoded images. */
  function drawGround() {
    colours = inkAndPaper(root);
    const context = sharpContext(ground, PLANE, PLANE);
    cancelAnimationFrame(mapping);
    queue = [];
    if (codes.length && model.get("plane") === 0) { // codes lie in the given plane only
      paintAxes(context, reach, colours);
      paintCodes(context, codes, codeLabels, reach, colours);
    } else {
      queue = Array.from({ length: CELLS * CELLS }, (_, i) => [i % CELLS, Math.floor(i / CELLS)]);
      const far = ([i, j]) => (i - CELLS / 2 + 0.5) ** 2 + (j - CELLS / 2 + 0.5) ** 2;
      queue.sort((a, b) => far(b) - far(a)); // taken from the end: the middle first
      mapping = requestAnimationFrame(drawMap);
    }
    redraw();
  }

  /** A few cells of the map, then let the page breathe; a drag goes first. */
  function drawMap() {
    const until = performance.now() + PATIENCE;
    const context = ground.getContext("2d"), side = PLANE / CELLS;
    while (queue.length && !dragging && performance.now() < until) {
      const [i, j] = queue.pop();
      const at = (k) => ((k + 0.5) / CELLS * 2 - 1) * reach;
      paintCell(decode(currentPlane(), at(i), -at(j), model.get("label")));
      faint(context, 0.5, () => context.drawImage(cell, i * side, j * side, side, side));
    }
    if (!queue.length) paintAxes(context, reach, colours);
    else mapping = requestAnimationFrame(drawMap);
    if (!dragging) drawPlane(model.get("x"), model.get("y"));
  }

  /** A small image for the map: grey ones become ink on paper, so that any theme stays calm. */
  function paintCell(bytes) {
    paintGrid(cell, bytes, [1, h, w, c], 1);
    if (c !== 1) return;
    const context = cell.getContext("2d"), image = context.getImageData(0, 0, w, h);
    for (let i = 0; i < bytes.length; i++) image.data[4 * i + 3] = bytes[i]; // bright: opaque
    context.putImageData(image, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = colours.ink;
    context.fillRect(0, 0, w, h);
    context.globalCompositeOperation = "source-over";
  }

  /** Change the model's state; the page redraws at once, the kernel hears when it is over. */
  function change(values) {
    const inside = (v) => Math.max(-reach, Math.min(reach, v));
    for (const [name, value] of Object.entries(values)) {
      model.set(name, name === "x" || name === "y" ? inside(value) : value);
    }
    clearTimeout(saving);
    saving = setTimeout(() => {
      const z = fillInput([], currentPlane(), model.get("x"), model.get("y"), 0, 0);
      model.set("z", z);
      model.save_changes();
    }, 200);
  }

  function follow(event) {
    const box = plane.getBoundingClientRect();
    const zoom = box.width / plane.offsetWidth; // slides scale their page
    const x = ((event.clientX - box.left) / zoom - plane.clientLeft) / plane.clientWidth;
    const y = ((event.clientY - box.top) / zoom - plane.clientTop) / plane.clientHeight;
    change({ x: (2 * x - 1) * reach, y: (1 - 2 * y) * reach });
  }

  plane.addEventListener("pointerdown", (event) => {
    dragging = true;
    plane.setPointerCapture(event.pointerId);
    plane.focus({ preventScroll: true });
    follow(event);
    event.preventDefault();
  });
  plane.addEventListener("pointermove", (event) => { if (dragging) follow(event); });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    plane.addEventListener(name, () => { dragging = false; });
  }

  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = reach / (event.shiftKey ? 6 : 30), { key } = event;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (moves[key] && event.target === plane) {
      change({ x: model.get("x") + moves[key][0] * step, y: model.get("y") + moves[key][1] * step });
    } else if (key === "Home") {
      change({ x: 0, y: 0 });
    } else if (/^[0-9]$/.test(key) && Number(key) < classes) {
      change({ label: Number(key) });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(() => {
    const words = draw();
    plane.setAttribute("aria-label", `Latent plane, ${words}`);
    picture.setAttribute("aria-label", `Image decoded at ${words}`);
    say(words);
  });
  const redrawAll = () => { mark(); drawGround(); };
  model.on("change:x change:y", redraw);
  model.on("change:label change:plane", redrawAll);
  const forgetTheme = onTheme(root, drawGround);
  plane.style.width = `${PLANE}px`;
  picture.style.width = `${Math.round(PLANE / w) * w}px`;
  redrawAll();
  return () => {
    cancelAnimationFrame(mapping);
    forgetTheme();
    model.off("change:x change:y", redraw);
    model.off("change:label change:plane", redrawAll);
  };
}

export default { render };
