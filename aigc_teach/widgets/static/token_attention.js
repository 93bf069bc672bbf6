// The view of attention: for each layer and head a map, and for one token whom it looks at.

const MAP = 300; // CSS pixels of the large map
const PAINTING = 5; // milliseconds of small maps between two frames

/** The map of one head: a row for each token that looks, a column for each that is looked at. */
function paintLooks(canvas, reader, layer, head, places, colours) {
  if (canvas.width !== places || canvas.height !== places) canvas.width = canvas.height = places;
  const context = canvas.getContext("2d"), image = context.createImageData(places, places);
  const [r, g, b] = colours.blue;
  for (let t = 0; t < places; t++) {
    const looks = reader.looks(layer, t), from = head * (t + 1);
    for (let s = 0; s <= t; s++) {
      const i = 4 * (t * places + s);
      image.data.set([r, g, b, 255 * (0.05 + 0.95 * Math.sqrt(looks[from + s]))], i);
    }
  }
  context.putImageData(image, 0, 0);
}

function makeAttention({ model, net, reader, keep, nameOf }) {
  const layers = net.blocks.length, heads = net.heads;
  const map = make("canvas", { class: "aigc-canvas aigc-plane", tabindex: 0, role: "application", "aria-roledescription": "map of attention" });
  map.style.width = `${MAP}px`;
  const small = document.createElement("canvas"); // one pixel a pair of places
  const caption = make("figcaption"), table = makeReadout("Where the token looks");
  const slider = makeSlider({
    label: "Token", min: 0, max: 1, step: 1, value: 0, format: (v) => String(v), oninput: (v) => keep({ at: v }),
  });
  const thumbs = Array.from({ length: layers * heads }, (_, k) => make("canvas", { "aria-hidden": "true" }));
  const buttons = thumbs.map((thumb, k) => make("button", {
    type: "button", class: "aigc-button aigc-tokens-head", "aria-label": `Layer ${Math.floor(k / heads)}, head ${k % heads}`,
    title: `layer ${Math.floor(k / heads)}, head ${k % heads}`,
    onclick: () => keep({ layer: Math.floor(k / heads), head: k % heads }),
  }, thumb));
  const grid = make("div", { class: "aigc-tokens-heads", role: "group", "aria-label": "Layer and head" }, ...buttons);
  grid.style.gridTemplateColumns = `repeat(${heads}, minmax(1.5rem, 4.4rem))`;
  const box = make("div", { class: "aigc-tokens-two" },
    make("figure", {}, map, caption),
    make("div", {}, make("div", {}, "Layers (from above) and heads"), grid, slider.row, make("div", { class: "aigc-bar" }, table.row)));
  let places = 0, drawn = "", due = 0, painting = 0, colours = null;

  const chosen = () => { // the place that looks
    const at = model.get("at");
    return at < 0 || at >= places ? places - 1 : at;
  };

  function drawThumbs() {
    const until = performance.now() + PAINTING;
    while (due > 0 && performance.now() < until) {
      const k = thumbs.length - due--;
      if (reader.places() === places) paintLooks(thumbs[k], reader, Math.floor(k / heads), k % heads, places, colours);
    }
    painting = due > 0 ? requestAnimationFrame(drawThumbs) : 0;
  }

  function drawMap(at) {
    const context = sharpContext(map, MAP, MAP), side = MAP / places;
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, MAP, MAP);
    context.lineWidth = 2;
    context.strokeStyle = COLOURS[3];
    context.strokeRect(1, Math.max(1, at * side), Math.max(2, (at + 1) * side - 2), Math.max(2, side - 1));
  }

  function draw({ fresh, ink, boxes }) {
    const layer = model.get("layer"), head = model.get("head");
    places = reader.places();
    colours = { ink, blue: [0, 114, 178] };
    const key = `${layer} ${head}`;
    if (fresh || key !== drawn) paintLooks(small, reader, layer, head, places, colours);
    if (fresh) {
      due = thumbs.length;
      if (!painting) painting = requestAnimationFrame(drawThumbs);
    }
    drawn = key;
    const at = chosen(), looks = reader.looks(layer, at).subarray(head * (at + 1), (head + 1) * (at + 1));
    drawMap(at);
    slider.input.max = places - 1;
    slider.input.disabled = places < 2;
    slider.set(at);
    buttons.forEach((button, k) => button.setAttribute("aria-pressed", k === layer * heads + head));
    boxes.forEach((element, s) => {
      const share = s <= at ? Math.round(100 * Math.sqrt(looks[s])) : 0;
      element.style.background = share ? `color-mix(in srgb, #0072b2 ${share}%, transparent)` : "";
      element.style.color = share > 60 ? "#fff" : "";
      element.toggleAttribute("data-at", s === at);
      element.title = s <= at ? `place ${s}: ${percent(looks[s])}` : `place ${s}`;
    });
    const order = Array.from(looks.keys()).sort((a, b) => looks[b] - looks[a]).slice(0, 6);
    table.show([
      [`Place ${at}, \u201c${nameOf(at)}\u201d, looks at`, "weight"],
      ...order.map((s) => [`${s}: ${nameOf(s)}${s === at ? " (itself)" : ""}`, percent(looks[s])]),
      ["As wide as evenly over", `${number(2 ** Math.max(0, entropy(looks)), 1)} of ${at + 1}`],
    ]);
    caption.textContent = `Layer ${layer}, head ${head}: each row is a token and shows where it looks. Stronger blue is more; framed is place ${at}.`;
    const words = `layer ${layer}, head ${head}: \u201c${nameOf(at)}\u201d looks most at place ${order[0]}, \u201c${nameOf(order[0])}\u201d, ${percent(looks[order[0]])}`;
    map.setAttribute("aria-label", `Map of attention, ${words}`);
    return words;
  }

  makeDraggable(map, {
    onmove(event) {
      const edge = map.getBoundingClientRect(), share = (event.clientY - edge.top) / edge.height;
      keep({ at: Math.max(0, Math.min(places - 1, Math.floor(share * places))) });
    },
  });
  map.addEventListener("keydown", (event) => {
    const step = arrowStep(event), ends = { Home: 0, End: places - 1 };
    if (!step && !(event.key in ends)) return;
    const wanted = step ? chosen() + step[0] - step[1] : ends[event.key];
    keep({ at: Math.max(0, Math.min(places - 1, wanted)) });
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    box, draw, pick: (place) => keep({ at: place }),
    leave: () => cancelAnimationFrame(painting),
    help: "Choose a token: click it above, drag over the map, or focus the map and use the arrow keys (Home, End: the ends). "
      + "A token looks at itself and at earlier ones; place 0 is the start.",
  };
}
