// MetricBreaker: spoil a set of samples with sliders; see which measures notice.
// Used after core.js and controls.js. Every score is looked up in a table made in Python.

const FAR = 1e6; // the farthest standing, as in Python
const BAND = 0.16; // the share of half a track that the real digits' own range takes
const DECADES = 3; // how many powers of ten beyond that range the track shows

/** The place of a combination in a table whose last fault changes fastest. */
function placeOf(levels, sizes) {
  return sizes.reduce((place, size, i) => place * size + Math.max(0, Math.min(size - 1, levels[i])), 0);
}

/** How far a score lies from the real digits' own, in units of their range; above 0 is worse. */
function standingOf(value, { real, low, high, better }) {
  const gap = value - real, room = gap > 0 ? high - real : real - low;
  const size = gap === 0 ? 0 : Math.min(FAR, room > 0 ? Math.abs(gap) / room : FAR);
  return gap * better > 0 ? -size : size;
}

/** "same" within the real digits' own range, else "worse" or "better". */
const verdictOf = (standing) => (Math.abs(standing) <= 1 ? "same" : standing > 0 ? "worse" : "better");

/** A standing as a place on the track, from -1 to 1: straight inside the band, then by powers of ten. */
function trackPlace(standing) {
  const size = Math.abs(standing);
  const share = size <= 1 ? BAND * size : BAND + (1 - BAND) * Math.min(1, Math.log10(size) / DECADES);
  return Math.sign(standing) * share;
}

/** Three figures that matter, and no more than the column holds. */
function short(value) {
  const size = Math.abs(value);
  if (size >= 99.95) return number(value, 0);
  if (size >= 9.995) return number(value, 1);
  return number(value, 2);
}

/** All scores of one combination: [{ name, value, standing, says }]. */
function readScores(table, measures, levels, sizes) {
  const first = placeOf(levels, sizes) * measures.length;
  return measures.map((measure, i) => {
    const value = table[first + i], standing = standingOf(value, measure);
    return { name: measure.name, value, standing, says: verdictOf(standing) };
  });
}

/** One measure's row: name, value, real value, a bar, a word. */
function makeScoreRow(measure) {
  const value = make("td", { class: "aigc-right" }), word = make("td");
  const fill = make("span", { class: "aigc-fill" });
  const half = 50 * BAND, band = make("span", { class: "aigc-band", style: `left: ${50 - half}%; width: ${2 * half}%` });
  const marks = [-100, -10, 10, 100].map((at) => make("span", { class: "aigc-mark", style: `left: ${50 + 50 * trackPlace(at)}%` }));
  const track = make("span", { class: "aigc-track", "aria-hidden": "true" }, band, ...marks, fill, make("span", { class: "aigc-middle" }));
  const row = make("tr", {}, make("th", { scope: "row" }, measure.name), value,
    make("td", { class: "aigc-right" }, short(measure.real)), make("td", {}, track), word);
  function show({ value: score, standing, says }) {
    const at = 50 * trackPlace(standing);
    value.textContent = short(score);
    fill.dataset.says = says;
    fill.style.left = `${50 + Math.min(0, at)}%`;
    fill.style.width = `${Math.max(0.4, Math.abs(at))}%`;
    word.textContent = says;
    word.style.fontWeight = says === "same" ? 400 : 600;
  }
  return { row, show };
}

/** Which measures noticed, which did not, and which were fooled: [[heading, names], ...]. */
function sortOut(scores, faulty) {
  const named = (says) => scores.filter((score) => score.says === says).map(({ name }) => name).join(", ") || "none";
  if (!faulty) return [["Nothing is broken. Outside the real digits\u2019 own range", [named("worse"), named("better")].filter((w) => w !== "none").join(", ") || "none"]];
  return [["Noticed it", named("worse")], ["Did not notice", named("same")], ["Fooled: say better than real", named("better")]];
}

/** A table for the scores, with a heading that says which way is worse. */
function makeBars(rows) {
  const head = (words, right) => make("th", { scope: "col", class: right ? "aigc-right" : null }, words);
  return make("table", { class: "aigc-bars", "aria-label": "Scores beside the real digits\u2019 own" },
    make("colgroup", {}, make("col", { class: "aigc-named" }), make("col", { class: "aigc-own" }), make("col", { class: "aigc-own" }),
      make("col"), make("col", { class: "aigc-said" })),
    make("thead", {}, make("tr", {}, head("measure"), head("yours", true), head("real", true), make("th", { scope: "col", class: "aigc-centre" }, "\u2190 better | worse \u2192"), head("it says"))),
    make("tbody", {}, ...rows.map(({ row }) => row)));
}

async function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "breaker");
  const faults = model.get("faults"), measures = model.get("measures"), keep = makeKeeper(model);
  const sizes = faults.map(([, words]) => words.length), [count, height, width] = model.get("pictures");
  const sliders = faults.map(([name, words], i) => makeSlider({
    label: name, min: 0, max: words.length - 1, step: 1, value: model.get("levels")[i], format: (v) => words[v],
    oninput: (v) => keep({ levels: model.get("levels").map((old, j) => (j === i ? v : old)) }),
  }));
  const mend = makeButton("Mend everything", () => keep({ levels: sizes.map(() => 0) }));
  const worst = makeButton("Everything at once", () => keep({ levels: sizes.map((size) => size - 1) }));
  const canvas = make("canvas", { class: "aigc-canvas aigc-picture", role: "img" });
  const rows = measures.map(makeScoreRow), aim = make("div", { class: "aigc-aim" });
  help.textContent = "Each slider spoils the same set of digits in one way; Tab goes from slider to slider, the arrow keys move it. " +
    "The grey band is the range of real digits against real digits; the fine lines beyond it lie at 10 and 100 times as far.";
  root.append(
    make("div", { class: "aigc-faults" }, ...sliders.map(({ row }) => row)),
    make("figure", {}, make("figcaption", {}, `${count} of the spoilt pictures`), canvas),
    makeBars(rows), aim, make("div", { class: "aigc-bar" }, mend, worst), help,
  );
  const say = makeVoice(root);
  const [scores, pixels] = await Promise.all(["table", "strips"].map((name) => unpack(model.get(name))));
  const table = new Float32Array(scores), strips = new Uint8Array(pixels), size = count * height * width;

  function draw() {
    const started = performance.now(), levels = model.get("levels"), place = placeOf(levels, sizes);
    const now = readScores(table, measures, levels, sizes), faulty = levels.some((level) => level > 0);
    rows.forEach(({ show }, i) => show(now[i]));
    sliders.forEach(({ set }, i) => set(levels[i]));
    paintGrid(canvas, strips.subarray(place * size, (place + 1) * size), [count, height, width, 1], 10);
    const sorted = sortOut(now, faulty);
    aim.replaceChildren(...sorted.map(([heading, names]) => make("p", {}, make("strong", {}, `${heading}: `), names)));
    mend.disabled = !faulty;
    const broken = faults.flatMap(([name, words], i) => (levels[i] ? [`${name} ${words[levels[i]]}`] : []));
    canvas.setAttribute("aria-label", `${count} digits, ${broken.length ? `spoilt by ${broken.join(", ")}` : "not spoilt"}.`);
    say(`${broken.join(", ") || "No fault"}. ${sorted.map(([heading, names]) => `${heading}: ${names}`).join(". ")}.`);
    report(root, started);
  }

  const redraw = oncePerFrame(draw), forgetTheme = onTheme(root, redraw);
  model.on("change:levels", redraw);
  draw();
  enlarge(canvas, 640);
  return () => {
    forgetTheme();
    model.off("change:levels", redraw);
  };
}

export default { render };
