// The view of the cache: what is computed for one more token with it, and without.

const MEMORY = { width: 300, row: 13 }; // CSS pixels of the picture of keys and values

/** "123,456", or "12.3 million". */
function count(n) {
  return n < 1e6 ? n.toLocaleString("en") : `${(n / 1e6).toPrecision(3)} million`;
}

/** A row for keys and one for values of each layer, a cell a place; orange is computed now. */
function paintMemory(canvas, layers, places, context, computed, { ink }) {
  const height = layers * (2 * MEMORY.row + 8) + 4, pen = sharpContext(canvas, MEMORY.width, height);
  canvas.style.width = `${MEMORY.width}px`;
  const edge = 18, cell = (MEMORY.width - edge) / context, gap = cell > 4 ? 1 : 0;
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  for (let row = 0; row < 2 * layers; row++) {
    const y = 2 + row * MEMORY.row + (row >> 1) * 8;
    pen.fillStyle = ink;
    pen.fillText(row % 2 ? "V" : "K", 2, y + MEMORY.row / 2);
    for (let s = 0; s < context; s++) {
      const now = s < places && computed(s);
      pen.globalAlpha = s < places ? 1 : 0.1;
      pen.fillStyle = s >= places ? ink : now ? COLOURS[3] : COLOURS[4];
      pen.fillRect(edge + s * cell, y, Math.max(0.5, cell - gap), MEMORY.row - 2);
    }
    pen.globalAlpha = 1;
  }
}

function makeCache({ model, net, reader, keep, tokens }) {
  const { context, width: C } = net, L = net.blocks.length, most = multiplications(net, context).anew;
  const canvases = [0, 1].map(() => make("canvas", { class: "aigc-canvas", role: "img" }));
  const captions = [0, 1].map(() => make("figcaption"));
  const power = most >= 1e6 ? 1e6 : 1e3, unit = power === 1e6 ? "million" : "thousand";
  const chart = makeChart({
    width: 420, height: 210, x: [1, Math.max(2, context)], y: [0, (1.08 * most) / power],
    xLabel: "places read, the start counted", yLabel: `${unit} multiplications for one more token`,
  });
  const lengths = Array.from({ length: context }, (_, k) => k + 1);
  const costs = lengths.map((places) => multiplications(net, places));
  const slider = makeSlider({
    label: "Places read", min: 1, max: context, step: 1, value: 1, format: (v) => `${v} of ${context}`, oninput: (v) => keep({ places: v }),
  });
  const follow = makeButton("As long as the text", () => keep({ places: 0 }));
  const table = makeReadout("What one more token costs");
  const watch = makeButton("Do both now", compare), told = make("output", { class: "aigc-soft" });
  const box = make("div", {},
    make("div", { class: "aigc-bar aigc-tokens-top" }, slider.row, follow),
    make("div", { class: "aigc-pair" },
      ...canvases.map((canvas, i) => make("figure", { class: "aigc-tokens-memory" }, make("div", {}, i ? "Without the cache" : "With the cache"), canvas, captions[i]))),
    make("div", { class: "aigc-bar" }, chart.canvas),
    make("div", { class: "aigc-bar" }, table.row),
    make("div", { class: "aigc-bar" }, watch, told));
  canvases.forEach((canvas) => { canvas.style.borderRadius = "0"; });

  /** Read the text to its last token and then that one, with the cache and anew; and say how long. */
  function compare() {
    const ids = tokens(), before = ids.slice(0, -1), times = { cached: [], anew: [] }, until = performance.now() + 600;
    let apart = 0;
    if (!ids.length) {
      told.textContent = "The text is empty: there is nothing to keep yet.";
      return;
    }
    do {
      reader.forget();
      const begun = performance.now();
      reader.sync(ids);
      const anew = reader.logits().slice();
      times.anew.push(performance.now() - begun);
      reader.sync(before);
      const again = performance.now();
      reader.sync(ids);
      const cached = reader.logits();
      times.cached.push(performance.now() - again);
      apart = Math.max(...anew.map((v, k) => Math.abs(v - cached[k])));
    } while (performance.now() < until && times.anew.length < 15);
    const best = (list) => Math.min(...list);
    told.textContent = `In this page, ${reader.places()} places: ${number(best(times.cached))} ms with the cache, `
      + `${number(best(times.anew))} ms without. The logits differ by ${apart === 0 ? "nothing" : apart.toExponential(0)}.`;
  }

  function draw({ fresh, ink, paper }) {
    if (fresh) told.textContent = "";
    const moved = tokens().length > context - 1; // the window has begun to move: nothing can be kept
    const places = model.get("places") || reader.places(), cost = costs[places - 1];
    const anew = moved && !model.get("places");
    slider.set(places);
    follow.disabled = !model.get("places");
    paintMemory(canvases[0], L, places, context, (s) => anew || s === places - 1, { ink });
    paintMemory(canvases[1], L, places, context, () => true, { ink });
    const now = anew ? places : 1, cells = 2 * L;
    captions[0].textContent = anew
      ? "The window has moved: every place has changed, and the cache begins anew."
      : `${count(cells * now)} cells of ${C} numbers computed (orange), ${count(cells * (places - now))} kept (blue).`;
    captions[1].textContent = `${count(cells * places)} cells of ${C} numbers computed.`;
    [0, 1].forEach((i) => canvases[i].setAttribute("aria-label", `Keys and values of ${L} layers. ${captions[i].textContent}`));
    chart.begin({ ink, paper });
    chart.line(lengths, costs.map((c) => c.anew / power), { series: 3, dash: [] });
    chart.line(lengths, costs.map((c) => c.cached / power), { series: 0, dash: [7, 3] });
    chart.vertical(places, {});
    chart.label("without", lengths.at(-1), costs.at(-1).anew / power, { align: "right", dx: -60, dy: 6 });
    chart.label("with the cache", lengths.at(-1), costs.at(-1).cached / power, { align: "right", dx: -8, dy: -12 });
    const with_ = anew ? cost.anew : cost.cached, ratio = cost.anew / with_;
    chart.canvas.setAttribute("aria-label", `Multiplications for one more token, from 1 to ${context} places: without the cache `
      + `from ${count(costs[0].anew)} to ${count(most)}, with it from ${count(costs[0].cached)} to ${count(costs.at(-1).cached)}.`);
    table.show([
      ["For one more token", "with the cache", "without"],
      ["Places computed", count(now), count(places)],
      ["Multiplications", count(with_), count(cost.anew)],
      ["Kept in memory", `${count(cells * places * C)} numbers`, "0"],
    ]);
    return `${places} places: ${count(with_)} multiplications with the cache, ${count(cost.anew)} without, ${number(ratio, 1)} times as many`;
  }

  return {
    box, draw,
    help: "Each place has a key and a value in every layer, and neither changes when a token is added behind it. "
      + "Draw a token, or move the slider. The cost of the logits (vocabulary times width) is in both.",
  };
}
