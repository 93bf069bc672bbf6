// Sliders, choices, buttons, dragging and a table of values, alike in every instrument.
// Used after core.js.

/** A slider with its name and its value in words. `format` makes the words; `set` moves it. */
function makeSlider({ label, min, max, step, value, format = (v) => number(v), oninput }) {
  const output = make("output", { class: "aigc-slider-value" });
  const input = make("input", { type: "range", class: "aigc-slider", min, max, step, "aria-label": label });
  const show = () => {
    output.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => { show(); oninput(Number(input.value)); });
  const row = make("label", { class: "aigc-slider-row" }, make("span", { class: "aigc-slider-name" }, label), input, output);
  const set = (v) => { input.value = v; show(); };
  set(value);
  return { row, input, set };
}

/** Buttons of which one is pressed. `options` are [value, words] pairs. */
function makeChoice({ label, options, value, onchange }) {
  const buttons = options.map(([own, words]) => make("button", {
    type: "button", class: "aigc-button aigc-choice", onclick: () => { set(own); onchange(own); },
  }, words));
  const row = make("div", { class: "aigc-choices", role: "group", "aria-label": label },
    make("span", { class: "aigc-choices-name" }, label), ...buttons);
  function set(chosen) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", options[i][0] === chosen));
  }
  set(value);
  return { row, set };
}

/** One button. */
const makeButton = (words, onclick, attributes = {}) =>
  make("button", { type: "button", class: "aigc-button", onclick, ...attributes }, words);

/** Icons of a button, drawn so that no font is needed. */
const ICONS = { play: "M3 1.5 L13 8 L3 14.5 Z", pause: "M3 2 H6.5 V14 H3 Z M9.5 2 H13 V14 H9.5 Z" };

/** Draw an icon into `button`, and give the button its words. */
function setIcon(button, name, words) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg"), path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  button.replaceChildren(svg);
  button.setAttribute("aria-label", words);
  button.title = words;
}

/** A small table of names and values; show([["KL", "0.43 nats"], ...]) fills it, a row without name is its head. */
function makeReadout(caption) {
  const body = make("tbody");
  const row = make("table", { class: "aigc-readout", "aria-label": caption }, body);
  let known = "";
  function show(pairs) {
    const text = JSON.stringify(pairs);
    if (text === known) return;
    known = text;
    body.replaceChildren(...pairs.map(([name, ...values]) => (name
      ? make("tr", {}, make("th", { scope: "row" }, name), ...values.map((v) => make("td", {}, v)))
      : make("tr", {}, make("td"), ...values.map((v) => make("th", { scope: "col" }, v))))));
  }
  return { row, show };
}

/** Let `target` be dragged: `onstart` and `onmove` get the pointer's event, `onend` comes last. */
function makeDraggable(target, { onstart = () => {}, onmove, onend = () => {} }) {
  let dragging = false;
  target.style.touchAction = "none";
  target.addEventListener("pointerdown", (event) => {
    dragging = true;
    target.setPointerCapture(event.pointerId);
    target.focus({ preventScroll: true });
    onstart(event);
    onmove(event);
    event.preventDefault();
  });
  target.addEventListener("pointermove", (event) => { if (dragging) onmove(event); });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    target.addEventListener(name, () => {
      if (dragging) onend();
      dragging = false;
    });
  }
}

/** Set traits at once, and tell the kernel (where there is one) when things have come to rest. */
function makeKeeper(model, rest = 200) {
  let timer = 0;
  return (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    clearTimeout(timer);
    timer = setTimeout(() => model.save_changes(), rest);
  };
}

/** The step that an arrow key asks for: [dx, dy] in whole steps, with Shift five; or null. */
function arrowStep(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const far = event.shiftKey ? 5 : 1;
  const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] };
  return moves[event.key] || null;
}
