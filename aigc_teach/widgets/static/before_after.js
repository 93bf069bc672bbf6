// BeforeAfter: two pictures in one place, and a line between them that is dragged or moved by keys.
// Used after core.js and controls.js.

const WIPE_STEP = 0.02;

/** Pixels of one picture as a canvas of its own size. */
function canvasOf(bytes, shape) {
  const canvas = document.createElement("canvas");
  paintGrid(canvas, bytes, [1, ...shape], 1);
  return canvas;
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "wipe");
  const shape = model.get("shape"), [h, w] = shape, names = model.get("names");
  const [left, right] = (await Promise.all([unpack(model.get("before")), unpack(model.get("after"))]))
    .map((buffer) => canvasOf(new Uint8Array(buffer), shape));
  const canvas = make("canvas", {
    class: "aigc-canvas aigc-wipe-picture", width: w, height: h, tabindex: 0, role: "slider",
    "aria-valuemin": 0, "aria-valuemax": 100, "aria-describedby": `${id}-help`,
    "aria-label": `${model.get("alt")} The line between ${names[0]} and ${names[1]}`,
  });
  if (w <= 256) canvas.classList.add("aigc-pixels");
  const line = make("div", { class: "aigc-wipe-line", "aria-hidden": "true" },
    make("span", { class: "aigc-wipe-grip" }));
  const stage = make("div", { class: "aigc-wipe-stage" }, canvas, line);
  const factor = w < 480 ? Math.max(1, Math.round(480 / w)) : 1;
  const labels = names.map((name) => make("span", {}, name));
  const above = make("div", { class: "aigc-wipe-names" }, ...labels);
  for (const box of [above, stage]) box.style.width = `min(100%, ${factor * w}px)`;
  const keep = makeKeeper(model), say = makeVoice(root);
  const show = (position) => keep({ position: Math.max(0, Math.min(1, position)) });
  const bar = make("div", { class: "aigc-bar aigc-wipe-bar" },
    makeButton(names[0], () => show(1), { "aria-label": `${names[0]} alone` }),
    makeButton("half and half", () => show(0.5)),
    makeButton(names[1], () => show(0), { "aria-label": `${names[1]} alone` }));
  help.textContent = "Drag the line. On it: left and right arrows (with Shift: farther), Home and End.";
  root.append(above, stage, bar, help);

  function draw() {
    const started = performance.now(), position = model.get("position"), cut = Math.round(position * w);
    const context = canvas.getContext("2d");
    context.drawImage(right, 0, 0);
    if (cut > 0) context.drawImage(left, 0, 0, cut, h, 0, 0, cut, h);
    line.style.left = `${100 * position}%`;
    labels[0].style.opacity = position > 0.02 ? 1 : 0.4;
    labels[1].style.opacity = position < 0.98 ? 1 : 0.4;
    const words = `${Math.round(100 * position)} % ${names[0]}, ${Math.round(100 - 100 * position)} % ${names[1]}`;
    canvas.setAttribute("aria-valuenow", Math.round(100 * position));
    canvas.setAttribute("aria-valuetext", words);
    say(words);
    report(root, started);
  }

  makeDraggable(canvas, {
    onmove: (event) => {
      const box = canvas.getBoundingClientRect();
      show((event.clientX - box.left) / box.width);
    },
  });
  canvas.style.touchAction = "pan-y"; // a finger may still scroll the page
  canvas.addEventListener("keydown", (event) => {
    const step = arrowStep(event);
    if (step) show(model.get("position") + WIPE_STEP * (step[0] || step[1]));
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const redraw = oncePerFrame(draw);
  model.on("change:position", redraw);
  draw();
  return () => model.off("change:position", redraw);
}

export default { render };
