// What the instruments share: building elements, unpacking bytes, drawing, announcing.
// Plain functions without imports; Python joins this file with each widget's own.

// Okabe and Ito's colours, lengthened to ten; neighbours differ in lightness as well as in hue.
const COLOURS = [
  "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9",
  "#cc79a7", "#8c6d1f", "#7a5fb5", "#5aa02c", "#7f7f7f",
];
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [1, 2]]; // curves differ without colour

/** An element with attributes and children; `on*` attributes become listeners. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

let instruments = 0; // for ids, which must differ between views of one widget

/** The frame of every instrument: a titled group. JupyterLab's shortcuts stay outside. */
function makeInstrument(model, el, kind) {
  const id = `aigc-${kind}-${instruments++}-${Math.random().toString(36).slice(2, 7)}`;
  const heading = make("div", { class: "aigc-title", id: `${id}-title` }, model.get("title"));
  const help = make("p", { class: "aigc-help", id: `${id}-help` });
  const root = make("div", {
    class: `aigc aigc-${kind}`, role: "group",
    "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-help`,
    "data-lm-suppress-shortcuts": "true",
  }, heading);
  el.append(root);
  model.on("change:title", () => { heading.textContent = model.get("title"); });
  return { id, root, help };
}

/** The bytes of a trait, whichever form the notebook's front end hands them over in. */
function bytesOf(value) {
  if (!value) return new Uint8Array(0);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(value);
}

/** Inflate what Python packed. Returns a fresh, aligned ArrayBuffer. */
async function unpack(value) {
  const bytes = bytesOf(value);
  if (bytes.length === 0) return new ArrayBuffer(0);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/** Paint images [n, h, w, c] of bytes as a grid, one canvas pixel per image pixel. */
function paintGrid(canvas, bytes, [n, h, w, c], columns, gap = 2) {
  const rows = Math.ceil(n / columns);
  const width = columns * (w + gap) - gap, height = rows * (h + gap) - gap;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.classList.add("aigc-pixels");
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height); // transparent between the images
  const out = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < n; i++) {
    const top = Math.floor(i / columns) * (h + gap), left = (i % columns) * (w + gap);
    for (let y = 0; y < h; y++) {
      let from = ((i * h + y) * w) * c, to = (top + y) * width + left;
      for (let x = 0; x < w; x++, from += c, to++) {
        const r = bytes[from], g = c === 1 ? r : bytes[from + 1], b = c === 1 ? r : bytes[from + 2];
        out[to] = 0xff000000 | (b << 16) | (g << 8) | r; // little-endian RGBA
      }
    }
  }
  context.putImageData(picture, 0, 0);
}

/** Show a canvas of `width` pixels at a whole multiple of its size, near `wanted` CSS pixels. */
function enlarge(canvas, wanted) {
  const factor = Math.max(1, Math.round(wanted / canvas.width));
  canvas.style.width = `${factor * canvas.width}px`;
}

/** A context whose units are CSS pixels, sharp on any screen. */
function sharpContext(canvas, width, height) {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** The page's own text colour and paper, so that a dark theme stays dark. */
function inkAndPaper(element) {
  const ink = getComputedStyle(element).color;
  let paper = "rgba(0, 0, 0, 0)";
  for (let e = element; e && /rgba\(.*, 0\)|transparent/.test(paper); e = e.parentElement) {
    paper = getComputedStyle(e).backgroundColor;
  }
  return { ink, paper: /rgba\(.*, 0\)|transparent/.test(paper) ? "#fff" : paper };
}

/** The same colour, fainter. */
function faint(context, alpha, draw) {
  context.save();
  context.globalAlpha = alpha;
  draw();
  context.restore();
}

/** Dots at [m, 2] values between `low` and `high`, on a square of `size` CSS pixels. */
function paintDots(context, values, low, high, size, { colour, radius = 1.8, alpha = 0.8 }) {
  context.save();
  context.fillStyle = colour;
  context.globalAlpha = alpha;
  const scale = size / (high - low);
  for (let i = 0; i + 1 < values.length; i += 2) {
    context.beginPath();
    context.arc((values[i] - low) * scale, size - (values[i + 1] - low) * scale, radius, 0, 7);
    context.fill();
  }
  context.restore();
}

/**
 * Call `redraw` whenever the element's colours change: a new theme, or its first moment on the
 * page (before that it has no colours at all). Returns what undoes it.
 */
function onTheme(element, redraw) {
  let known = "";
  const look = () => requestAnimationFrame(() => {
    const now = Object.values(inkAndPaper(element)).join();
    if (now !== known && element.isConnected) redraw();
    known = now;
  });
  const observer = new MutationObserver(look), size = new ResizeObserver(look);
  const attributeFilter = ["class", "data-theme", "data-jp-theme-light", "theme"];
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  observer.observe(document.body, { attributes: true, attributeFilter });
  size.observe(element);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", look);
  return () => {
    observer.disconnect();
    size.disconnect();
    dark.removeEventListener("change", look);
  };
}

/** Does the reader ask for less motion? */
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A live region that speaks once things have come to rest, instead of at every movement. */
function makeVoice(root, rest = 500) {
  const region = make("div", { class: "aigc-voice", role: "status", "aria-live": "polite" });
  root.append(region);
  let timer = 0;
  return (words) => {
    clearTimeout(timer);
    timer = setTimeout(() => { region.textContent = words; }, rest);
  };
}

/** Run `work` at most once per displayed frame, however often it is asked for. */
function oncePerFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; work(); });
  };
}

/** Tell tests and the curious what a frame cost, in milliseconds. */
function report(root, started) {
  root.dispatchEvent(new CustomEvent("aigc-frame", { detail: performance.now() - started }));
}

/** "1.50", with a real minus sign. */
const number = (value, digits = 2) => value.toFixed(digits).replace("-", "\u2212");

/** About `count` round values between low and high. */
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const out = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9 * step; v += step) out.push(v);
  return { values: out, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}
