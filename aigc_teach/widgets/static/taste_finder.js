// TasteFinder: like some pictures of a page, and a Gaussian over codes follows the likes.
// Used after core.js, controls.js, chart.js and network.js.

const TASTE_SIDE = 96; // CSS pixels of a picture
const TASTE_PAGES = 20; // shown on the curve at first

/** One step along the natural gradient of the expected likes, as models.SearchGaussian takes it. */
function tasteStep({ mean, spread }, codes, liked, rate, spreadRate, floor) {
  const mine = codes.filter((_, k) => liked[k]);
  if (!mine.length) return { mean, spread: spread.map((s) => Math.max(floor, s)) };
  const average = (f) => mean.map((m, i) => mine.reduce((sum, z) => sum + f(z[i] - m), 0) / mine.length);
  const step = average((d) => d), square = average((d) => d * d);
  return {
    mean: mean.map((m, i) => m + rate * step[i]),
    spread: spread.map((s, i) => Math.max(floor, Math.sqrt(s * s + spreadRate * (square[i] - s * s)))),
  };
}

/** Root mean squared difference between two pictures of a page, over all pairs. */
function pageSpread(pictures) {
  let sum = 0, pairs = 0;
  for (let a = 0; a < pictures.length; a++) {
    for (let b = 0; b < a; b++, pairs++) {
      let square = 0;
      for (let i = 0; i < pictures[a].length; i++) square += (pictures[a][i] - pictures[b][i]) ** 2;
      sum += Math.sqrt(square / pictures[a].length);
    }
  }
  return sum / pairs;
}

/** What the step did, in a sentence that names an empty or an all-embracing page. */
function tasteWords(likes, count, moved) {
  if (likes === 0) return "You liked none: without a like there is no direction. The same Gaussian, a new page.";
  if (likes === count) return `You liked all ${count}: that tells no difference, so the Gaussian followed chance.`;
  const one = likes === 1 ? " One like says little, so take it as a start." : "";
  return `You liked ${likes} of ${count}. The mean moved by ${number(moved)}.${one}`;
}

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "taste");
  const [c, h, w] = model.get("image_shape"), size = model.get("latent_size"), count = model.get("count");
  const decode = makeNetwork(model.get("layers"), bytesOf(model.get("weights")), "image");
  const keep = makeKeeper(model), say = makeVoice(root);
  let normal, gaussian, codes, pictures, liked, curve;
  const canvases = Array.from({ length: count }, () => make("canvas", { class: "aigc-canvas aigc-picture", "aria-hidden": "true" }));
  const verdicts = canvases.map(() => make("span", { class: "aigc-taste-verdict" }));
  const buttons = canvases.map((canvas, k) => make("button", {
    type: "button", class: "aigc-button", onclick: () => toggle(k),
  }, canvas, verdicts[k]));
  const chart = makeChart({ width: 300, height: 200, x: [1, TASTE_PAGES], y: [0, 1.4], xLabel: "page", yLabel: "spread, first page = 1", xTicks: 4 });
  const readout = makeReadout("Your search");
  const said = make("p", { class: "aigc-taste-said", role: "status" });
  const next = makeButton("Next page", step);
  const again = makeButton("Forget everything", begin);
  const floor = makeSlider({
    label: "Least spread", min: 0, max: 1, step: 0.1, value: model.get("floor"),
    oninput: (v) => { keep({ floor: v }); redraw(); },
  });
  help.textContent = `Click a picture, or press its number (1 to ${count}), to like it or to take the like back; all others count as `
    + "disliked. N shows the next page. All pictures are synthetic drawings; your likes stay in this page and are gone when it closes.";
  root.append(
    make("div", { class: "aigc-pair" },
      make("div", { class: "aigc-taste-page", role: "group", "aria-label": "Pictures to like" }, ...buttons),
      make("div", {}, make("div", { class: "aigc-stage" }, chart.canvas), readout.row)),
    said, make("div", { class: "aigc-bar" }, next, again), floor.row, help);

  function begin() {
    normal = normalSource(model.get("seed"));
    gaussian = { mean: new Array(size).fill(0), spread: new Array(size).fill(1) };
    curve = [];
    said.textContent = "Which do you like?";
    show();
  }

  /** A new page from the Gaussian. */
  function show() {
    codes = Array.from({ length: count }, () => gaussian.mean.map((m, i) => m + gaussian.spread[i] * normal()));
    pictures = codes.map((z) => Float32Array.from(decode(Float32Array.from(z)), (v) => Math.min(1, Math.max(-1, v))));
    liked = new Array(count).fill(false);
    curve.push(pageSpread(pictures));
    draw();
  }

  function step() {
    const before = gaussian.mean, likes = liked.filter(Boolean).length;
    gaussian = tasteStep(gaussian, codes, liked, model.get("rate"), model.get("spread_rate"), model.get("floor"));
    const moved = Math.hypot(...gaussian.mean.map((m, i) => m - before[i]));
    said.textContent = tasteWords(likes, count, moved);
    show();
  }

  function toggle(k) {
    liked[k] = !liked[k];
    draw();
    say(`Picture ${k + 1}: ${liked[k] ? "liked" : "not liked"}; ${liked.filter(Boolean).length} of ${count} liked.`);
  }

  function draw() {
    const started = performance.now(), page = curve.length;
    canvases.forEach((canvas, k) => {
      paintGrid(canvas, Uint8ClampedArray.from(pictures[k], (v) => (v + 1) * 127.5), [1, h, w, c], 1);
      canvas.style.width = `${Math.max(1, Math.round(TASTE_SIDE / w)) * w}px`;
      verdicts[k].textContent = `${k + 1}: ${liked[k] ? "\u2665 like" : "\u2013"}`;
      buttons[k].setAttribute("aria-pressed", liked[k]);
      buttons[k].setAttribute("aria-label", `Picture ${k + 1}, synthetic`);
    });
    const relative = curve.map((v) => v / (curve[0] || 1)), pages = relative.map((_, k) => k + 1);
    chart.scale({ x: [1, Math.max(TASTE_PAGES, page)], y: [0, Math.max(1.4, ...relative)] });
    chart.begin(inkAndPaper(root));
    chart.horizontal(1);
    if (model.get("floor") > 0) chart.horizontal(model.get("floor"), { colour: COLOURS[3], dash: [2, 3] });
    chart.line(pages, relative);
    chart.dots(pages, relative, { radius: 3.2 });
    const away = Math.hypot(...gaussian.mean), wide = gaussian.spread.reduce((a, b) => a + b, 0) / size;
    readout.show([
      ["Page", `${page}`],
      ["Spread of this page", number(relative[page - 1])],
      ["Spread of the Gaussian", number(wide)],
      ["Mean, distance from the start", number(away)],
    ]);
    chart.canvas.setAttribute("aria-label", `${model.get("alt")} Page ${page}: spread ${number(relative[page - 1])} of the first page's.`);
    report(root, started);
  }
  const redraw = oncePerFrame(draw);

  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const k = Number(event.key) - 1;
    if (event.key.length === 1 && k >= 0 && k < count) toggle(k);
    else if (event.key === "n" || event.key === "N") step();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const undo = onTheme(root, redraw);
  begin();
  return () => undo();
}

export default { render };
