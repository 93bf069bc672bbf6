// LabelMixer: a one-hot label taken apart into sliders, and the style to put beside it.
// Used after core.js, controls.js and network.js.

const MIXER_PLANE = 224; // CSS pixels of the style's plane, and of the picture beside it
const MIXER_MOST = 2; // where a slider ends: twice a label is allowed
const MIXER_MARK = "#d55e00";
const MIXER_PATIENCE = 3; // milliseconds of small pictures between two frames

/** What the decoder is told: the weights as they are, or divided by their sum. */
function conditionOf(mix, normalise) {
  const sum = mix.reduce((s, w) => s + w, 0);
  if (!normalise) return [...mix];
  return mix.map((w) => (sum > 0 ? w / sum : 1 / mix.length)); // of nothing: the same of each
}

/** The network's input: a place in the plane of styles, then the condition. */
function mixerInput(out, plane, x, y, condition) {
  fillInput(out, plane, x, y, 0, 0);
  condition.forEach((c, k) => { out[plane.origin.length + k] = c; });
  return out;
}

/** "0.60 of 4, 0.40 of 9": what is told, largest first, small parts left out. */
function mixtureWords(condition, names) {
  const parts = condition.map((c, k) => [c, names[k]]).filter(([c]) => c >= 0.005);
  if (!parts.length) return "no label at all";
  parts.sort((a, b) => b[0] - a[0]);
  const shown = parts.slice(0, 3).map(([c, name]) => `${number(c)} of ${name}`);
  return shown.join(", ") + (parts.length > 3 ? `, and ${parts.length - 3} more` : "");
}

/** The page's own copy of the decoder: bytes [h, w, c] for a style and a condition. */
function makeMixerDecoder(model) {
  const network = makeNetwork(model.get("layers"), bytesOf(model.get("weights")), model.get("output"));
  const [c, h, w] = model.get("image_shape");
  const input = new Float32Array(model.get("origin").length + model.get("mix").length);
  const bytes = new Uint8Array(h * w * c);
  return (plane, x, y, condition) => {
    const image = network(mixerInput(input, plane, x, y, condition));
    for (let i = 0; i < bytes.length; i++) {
      const v = (image[i] + 1) * 127.5;
      bytes[i] = v < 0 ? 0 : v > 255 ? 255 : v;
    }
    return bytes;
  };
}

/** Axes, circles of radius 1 and 2, and where the style is now. */
function paintStyle(canvas, x, y, reach, { ink, paper }) {
  const context = sharpContext(canvas, MIXER_PLANE, MIXER_PLANE), half = MIXER_PLANE / 2;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  faint(context, 0.3, () => {
    context.beginPath();
    context.moveTo(0, half);
    context.lineTo(MIXER_PLANE, half);
    context.moveTo(half, 0);
    context.lineTo(half, MIXER_PLANE);
    context.stroke();
    context.setLineDash([3, 4]);
    for (let r = 1; r <= reach; r++) {
      context.beginPath();
      context.arc(half, half, (r / reach) * half, 0, 7);
      context.stroke();
    }
  });
  const px = half + (x / reach) * half, py = half - (y / reach) * half;
  for (const [colour, width] of [[paper, 7], [MIXER_MARK, 3]]) {
    context.beginPath();
    context.arc(px, py, 9, 0, 7);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
  context.beginPath();
  context.arc(px, py, 2.5, 0, 7);
  context.fillStyle = MIXER_MARK;
  context.fill();
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "mixer");
  const names = model.get("names"), reach = model.get("reach"), size = model.get("origin").length;
  const [c, h, w] = model.get("image_shape"), keep = makeKeeper(model);
  const decode = makeMixerDecoder(model);
  const oneHot = (k) => names.map((_, j) => (j === k ? 1 : 0));
  const picture = make("canvas", { class: "aigc-canvas aigc-picture", role: "img" });
  const pad = make("canvas", {
    class: "aigc-canvas aigc-plane", tabindex: 0, role: "application",
    "aria-roledescription": "two-dimensional slider", "aria-describedby": `${id}-help`,
  });
  const told = make("output", { class: "aigc-mixer-told" });
  const where = make("output", {});
  const thumbs = names.map(() => make("canvas", { class: "aigc-canvas aigc-picture", "aria-hidden": "true" }));
  const asks = names.map((name, k) => make("button", {
    type: "button", class: "aigc-button aigc-mixer-ask", "aria-label": `Draw me a ${name}`,
    onclick: () => keep({ mix: oneHot(k) }),
  }, thumbs[k], make("span", {}, name)));
  const sliders = names.map((name, k) => makeSlider({
    label: `Weight of ${name}`, min: 0, max: MIXER_MOST, step: 0.05, value: model.get("mix")[k],
    format: (v) => (model.get("normalise") ? share(k) : number(v)),
    oninput: (v) => keep({ mix: model.get("mix").map((old, j) => (j === k ? v : old)) }),
  }));
  const rule = makeChoice({
    label: "The decoder is told", value: model.get("normalise"),
    options: [[true, "weights ÷ their sum"], [false, "the weights themselves"]],
    onchange: (normalise) => keep({ normalise }),
  });
  const another = makeButton("Another z", () => place(0, 0, { plane: model.get("plane") + 1 }));
  const back = makeButton("Back to the start", () => place(0, 0, { plane: 0, mix: model.get("start"), normalise: true }));
  help.textContent = `Keys 0 to ${names.length - 1} ask for the label in that place; drag in the plane, or use `
    + "the arrow keys there (with Shift: farther; Home: the middle), to change the style.";
  root.append(
    make("div", { class: "aigc-pair" },
      make("figure", {}, picture, make("figcaption", {}, told)),
      make("figure", {}, pad, make("figcaption", {}, where))),
    make("p", { class: "aigc-mixer-head", id: `${id}-ask` }, "Draw me a …"),
    make("div", { class: "aigc-mixer-asks", role: "group", "aria-labelledby": `${id}-ask` }, ...asks),
    make("div", { class: "aigc-mixer-sliders", role: "group", "aria-label": "Weights of the labels" },
      ...sliders.map(({ row }) => row)),
    make("div", { class: "aigc-bar" }, rule.row),
    make("div", { class: "aigc-bar" }, another, back),
    help,
  );
  const say = makeVoice(root);
  let given = null, drawnPlane = -1, drawnStyle = "", drawnMix = "", due = 0, nextThumb = 0, thumbing = 0, colours = null;

  function share(k) { // the words beside a slider: its share of the sum
    return `${Math.round(100 * conditionOf(model.get("mix"), true)[k])} %`;
  }

  function currentPlane() {
    if (model.get("plane") !== drawnPlane) {
      drawnPlane = model.get("plane");
      given = drawnPlane === 0
        ? { origin: model.get("origin"), axes: model.get("axes") } : randomPlane(size, drawnPlane);
    }
    return given;
  }

  /** Move the style (and whatever else), and tell the kernel which z it is. */
  function place(x, y, others = {}) {
    const inside = (v) => Math.max(-reach, Math.min(reach, v));
    keep({ x: inside(x), y: inside(y), ...others });
    keep({ z: fillInput([], currentPlane(), model.get("x"), model.get("y"), 0, 0) });
  }

  function draw() {
    const started = performance.now();
    const x = model.get("x"), y = model.get("y"), mix = model.get("mix"), plane = currentPlane();
    const normalise = model.get("normalise"), condition = conditionOf(mix, normalise);
    paintGrid(picture, decode(plane, x, y, condition), [1, h, w, c], 1);
    const style = `${drawnPlane} ${x} ${y}`, asked = `${normalise} ${mix}`;
    if (style !== drawnStyle) {
      paintStyle(pad, x, y, reach, colours);
      due = names.length; // the pure labels change with the style alone
      if (!thumbing) thumbing = requestAnimationFrame(drawThumbs);
    }
    if (asked !== drawnMix) showMix(mix, normalise, condition);
    drawnStyle = style;
    drawnMix = asked;
    const words = mixtureWords(condition, names), at = `${number(x)}, ${number(y)}`;
    where.textContent = `style: z number ${drawnPlane}, at ${at}`;
    picture.setAttribute("aria-label", `Decoded image. The decoder is told ${words}.`);
    pad.setAttribute("aria-label", `Plane of styles, x ${number(x)}, y ${number(y)}`);
    say(`${words}; style ${drawnPlane}, ${at}`);
    report(root, started);
  }

  function showMix(mix, normalise, condition) {
    sliders.forEach(({ set }, k) => set(mix[k]));
    asks.forEach((button, k) => button.setAttribute("aria-pressed", condition.every((v, j) => v === (j === k ? 1 : 0))));
    rule.set(normalise);
    const sum = condition.reduce((s, v) => s + v, 0);
    const empty = normalise && mix.every((v) => v === 0) ? " (all sliders at 0: equal parts)" : "";
    told.textContent = `told: ${mixtureWords(condition, names)}; sum ${number(sum)}${empty}`;
  }

  /** The small pictures, a few a frame, in turn: a drag is never kept waiting. */
  function drawThumbs() {
    const until = performance.now() + MIXER_PATIENCE;
    while (due > 0 && performance.now() < until) {
      const k = nextThumb++ % names.length;
      paintGrid(thumbs[k], decode(currentPlane(), model.get("x"), model.get("y"), oneHot(k)), [1, h, w, c], 1);
      due--;
    }
    thumbing = due > 0 ? requestAnimationFrame(drawThumbs) : 0;
  }

  function redrawAll() {
    colours = inkAndPaper(root);
    drawnStyle = drawnMix = "";
    draw();
  }

  makeDraggable(pad, {
    onmove(event) {
      const box = pad.getBoundingClientRect();
      const right = (event.clientX - box.left) / box.width, down = (event.clientY - box.top) / box.height;
      place((2 * right - 1) * reach, (1 - 2 * down) * reach);
    },
  });
  root.addEventListener("keydown", (event) => {
    const step = event.target === pad ? arrowStep(event) : null, digit = Number(event.key);
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (step) place(model.get("x") + 0.1 * step[0], model.get("y") + 0.1 * step[1]);
    else if (event.key === "Home" && event.target === pad) place(0, 0);
    else if (/^[0-9]$/.test(event.key) && digit < names.length) keep({ mix: oneHot(digit) });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw);
  const watched = ["mix", "normalise", "x", "y", "plane"].map((name) => `change:${name}`);
  watched.forEach((name) => model.on(name, redraw));
  const forgetTheme = onTheme(root, redrawAll);
  pad.style.width = `${MIXER_PLANE}px`;
  picture.style.width = `${Math.max(1, Math.round(MIXER_PLANE / w)) * w}px`;
  redrawAll();
  return () => {
    cancelAnimationFrame(thumbing);
    forgetTheme();
    watched.forEach((name) => model.off(name, redraw));
  };
}

export default { render };
