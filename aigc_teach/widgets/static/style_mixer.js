// StyleMixer: a few faces, and for each layer the one whose style it takes.
// Used after core.js, controls.js and network.js. An activation lies as [H][W][C].

const STYLE_SIDE = 256; // CSS pixels of the large picture
const STYLE_THUMB = 64;
const STYLE_SLOPE = 0.2, STYLE_GAIN = Math.SQRT2, STYLE_TINY = 1e-8; // as models/style_gan.py has them
const STYLE_PATIENCE = 4; // milliseconds of small pictures between two frames

/** A convolution scaled by a style: (x, style [I]) -> [side, side, O], without bias. */
function makeModulated(layer, side, weights) {
  const { inputs, outputs, kernel } = layer, area = side * side, taps = kernel * kernel;
  const shared = new Float32Array(taps * inputs * outputs + outputs); // zeros at the end: no bias
  shared.set(weights.subarray(layer.weight, layer.weight + taps * inputs * outputs));
  const pad = kernel >> 1;
  const convolve = makeConvolution({
    kind: "conv", in: [inputs, side, side], out: [outputs, side, side], kernel_size: [kernel, kernel],
    stride: [1, 1], padding: [pad, pad], weight: 0, bias: taps * inputs * outputs,
  }, shared);
  const energy = new Float32Array(inputs * outputs); // sum over the kernel of w squared
  for (let t = 0; t < taps; t++) {
    for (let k = 0; k < inputs * outputs; k++) energy[k] += shared[t * inputs * outputs + k] ** 2;
  }
  const scaled = new Float32Array(area * inputs), factor = new Float32Array(outputs);
  return (x, style) => {
    for (let p = 0; p < area; p++) {
      for (let i = 0; i < inputs; i++) scaled[p * inputs + i] = x[p * inputs + i] * style[i];
    }
    const y = convolve(scaled);
    if (!layer.demodulate) return y;
    factor.fill(STYLE_TINY);
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) factor[o] += style[i] * style[i] * energy[i * outputs + o];
    }
    for (let o = 0; o < outputs; o++) factor[o] = 1 / Math.sqrt(factor[o]);
    for (let k = 0; k < y.length; k++) y[k] *= factor[k % outputs];
    return y;
  };
}

/** Twice the height and width, bilinear: places between pixels, and the edge's own value beyond. */
function makeDouble(channels, small) {
  const side = 2 * small, y = new Float32Array(side * side * channels);
  const places = Array.from({ length: side }, (_, o) => {
    const at = Math.max(0, (o + 0.5) / 2 - 0.5), low = Math.floor(at);
    return [low, Math.min(low + 1, small - 1), at - low];
  });
  return (x) => {
    let to = 0;
    for (const [top, bottom, down] of places) {
      for (const [left, right, across] of places) {
        const a = (top * small + left) * channels, b = (top * small + right) * channels;
        const c = (bottom * small + left) * channels, d = (bottom * small + right) * channels;
        for (let k = 0; k < channels; k++) {
          const upper = x[a + k] + across * (x[b + k] - x[a + k]);
          y[to++] = upper + down * (x[c + k] + across * (x[d + k] - x[c + k]) - upper);
        }
      }
    }
    return y;
  };
}

/** The page's own copy of the generator: `map` makes a style of a code, `draw` bytes of styles. */
function makeStyleGenerator(plan, bytes) {
  const weights = halfToFloat(bytes);
  const dense = plan.mapping.map((layer) => makeLinear(layer, weights));
  let side = 4;
  const layers = plan.layers.map((layer) => {
    if (layer.up) side *= 2;
    const enlarge = layer.up ? makeDouble(layer.inputs, side / 2) : (x) => x;
    return {
      side, enlarge, run: makeModulated(layer, side, weights), style: makeLinear(layer.style, weights),
      strength: layer.noise, outputs: layer.outputs,
      bias: weights.subarray(layer.bias, layer.bias + layer.outputs),
    };
  });
  const colour = plan.colour, paint = makeModulated(colour, side, weights);
  const colourStyle = makeLinear(colour.style, weights);
  const constant = weights.subarray(plan.constant, plan.constant + 16 * plan.layers[0].inputs);
  const picture = new Uint8ClampedArray(side * side * colour.outputs);

  function map(z) {
    const size = Math.sqrt(z.reduce((s, v) => s + v * v, 0) / z.length + STYLE_TINY);
    let x = Float32Array.from(z, (v) => v / size);
    for (const layer of dense) x = layer(x).map((v) => (v > 0 ? v : STYLE_SLOPE * v));
    return Array.from(x);
  }

  /** `styles`: one for each layer; `noise`: one array [side * side] for each layer, or null. */
  function draw(styles, noise) {
    let x = constant;
    layers.forEach((layer, j) => {
      const y = layer.run(layer.enlarge(x), layer.style(Float32Array.from(styles[j])));
      for (let p = 0, k = 0; p < layer.side * layer.side; p++) {
        const grain = noise ? layer.strength * noise[j][p] : 0;
        for (let o = 0; o < layer.outputs; o++, k++) {
          const v = y[k] + grain + layer.bias[o];
          y[k] = (v > 0 ? v : STYLE_SLOPE * v) * STYLE_GAIN;
        }
      }
      x = y;
    });
    const y = paint(x, colourStyle(Float32Array.from(styles[layers.length - 1])));
    for (let k = 0; k < y.length; k++) {
      picture[k] = (Math.tanh(y[k] + weights[colour.bias + (k % colour.outputs)]) + 1) * 127.5;
    }
    return picture;
  }

  return { map, draw, sides: layers.map((layer) => layer.side), channels: colour.outputs, latents: plan.mapping[0].in[0] };
}

/** w drawn towards the mean: 1 leaves it, 0 gives the mean. */
const truncated = (w, mean, share) => w.map((v, i) => mean[i] + share * (v - mean[i]));

/** "4 × 4 to 8 × 8 from A, 16 × 16 to 32 × 32 from C". */
function pickWords(picks, sides, letters) {
  const parts = [], size = (j) => `${sides[j]} × ${sides[j]}`;
  for (let j = 0; j < picks.length;) {
    let end = j;
    while (end + 1 < picks.length && picks[end + 1] === picks[j]) end++;
    parts.push(`${size(j)}${end > j ? ` to ${size(end)}` : ""} from ${letters[picks[j]]}`);
    j = end + 1;
  }
  return parts.join(", ");
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "style-mixer");
  const generator = makeStyleGenerator(model.get("plan"), bytesOf(model.get("weights")));
  const { sides, channels } = generator, side = sides[sides.length - 1];
  const mean = model.get("mean"), given = model.get("styles"), keep = makeKeeper(model);
  const letters = given.map((_, k) => String.fromCharCode(65 + k));
  const picture = make("canvas", { class: "aigc-canvas aigc-picture", role: "img" });
  const told = make("output", { class: "aigc-style-told" });
  const thumbs = letters.map(() => make("canvas", { class: "aigc-canvas aigc-picture", "aria-hidden": "true" }));
  const whole = letters.map((letter, k) => make("button", {
    type: "button", class: "aigc-button aigc-style-face", "aria-label": `All layers from face ${letter}`,
    onclick: () => keep({ picks: sides.map(() => k) }),
  }, thumbs[k], make("span", {}, letter)));
  const radios = sides.map((s, j) => letters.map((letter, k) => make("input", {
    type: "radio", name: `${id}-${j}`, "aria-label": `Layer ${s} × ${s} from face ${letter}`,
    onchange: () => keep({ picks: model.get("picks").map((old, i) => (i === j ? k : old)) }),
  })));
  const table = make("table", { class: "aigc-style-table" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "layer"), ...whole.map((b) => make("th", { scope: "col" }, b)))),
    make("tbody", {}, ...sides.map((s, j) => make("tr", { role: "radiogroup", "aria-label": `Style of layer ${s} × ${s}` },
      make("th", { scope: "row" }, `${s} × ${s}`), ...radios[j].map((r) => make("td", {}, r))))));
  const slider = makeSlider({
    label: "Truncation", min: 0, max: 1, step: 0.05, value: model.get("truncation"),
    oninput: (truncation) => keep({ truncation }),
  });
  const grain = makeChoice({
    label: "Noise", options: [[false, "none"], [true, "fresh"]], value: model.get("noise"),
    onchange: (noise) => keep({ noise }),
  });
  const again = makeButton("Other noise", () => keep({ noise: true, noise_seed: model.get("noise_seed") + 1 }));
  const others = makeButton("Other faces", () => keep({ faces: model.get("faces") + 1 }));
  const back = makeButton("Back to the start", () => keep({
    faces: 0, picks: model.get("start"), truncation: 1, noise: false, noise_seed: 0,
  }));
  help.textContent = "A face's button gives all layers its style; the arrow keys move along a row. The letters "
    + `${letters[0]} to ${letters[letters.length - 1]} on the keyboard press the faces' buttons. Drawings, nobody's faces.`;
  root.append(
    make("div", { class: "aigc-pair" }, make("figure", {}, picture, make("figcaption", {}, told)), table),
    make("div", { class: "aigc-bar" }, slider.row, grain.row),
    make("div", { class: "aigc-bar" }, again, others, back),
    help,
  );
  const say = makeVoice(root);
  let styles = given, drawnFaces = 0, drawnThumbs = "", due = 0, thumbing = 0;

  function currentStyles() {
    const faces = model.get("faces");
    if (faces !== drawnFaces) {
      const normal = normalSource(faces);
      styles = faces === 0 ? given : given.map(() => generator.map(Array.from({ length: generator.latents }, normal)));
      drawnFaces = faces;
    }
    return styles;
  }

  function currentNoise() {
    if (!model.get("noise")) return null;
    const normal = normalSource(1000 + model.get("noise_seed"));
    return sides.map((s) => Float32Array.from({ length: s * s }, normal));
  }

  function draw() {
    const started = performance.now();
    const picks = model.get("picks"), share = model.get("truncation"), all = currentStyles();
    const layers = picks.map((k) => truncated(all[k], mean, share));
    paintGrid(picture, generator.draw(layers, currentNoise()), [1, side, side, channels], 1);
    radios.forEach((row, j) => row.forEach((radio, k) => { radio.checked = picks[j] === k; }));
    whole.forEach((button, k) => button.setAttribute("aria-pressed", picks.every((p) => p === k)));
    slider.set(share);
    grain.set(model.get("noise"));
    const thumbState = `${model.get("faces")} ${share}`;
    if (thumbState !== drawnThumbs) {
      drawnThumbs = thumbState;
      due = letters.length;
      if (!thumbing) thumbing = requestAnimationFrame(drawThumbs);
    }
    const words = `${pickWords(picks, sides, letters)}; truncation ${number(share)}; noise ${model.get("noise") ? "fresh" : "none"}`;
    told.textContent = words;
    picture.setAttribute("aria-label", `Generated face: ${words}.`);
    say(words);
    report(root, started);
  }

  /** The small pictures, a few a frame. */
  function drawThumbs() {
    const until = performance.now() + STYLE_PATIENCE, share = model.get("truncation");
    while (due > 0 && performance.now() < until) {
      const k = letters.length - due, w = truncated(currentStyles()[k], mean, share);
      paintGrid(thumbs[k], generator.draw(sides.map(() => w), null), [1, side, side, channels], 1);
      due--;
    }
    thumbing = due > 0 ? requestAnimationFrame(drawThumbs) : 0;
  }

  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const k = letters.indexOf(event.key.toUpperCase());
    if (k < 0) return;
    keep({ picks: sides.map(() => k) });
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw);
  const watched = ["picks", "truncation", "noise", "noise_seed", "faces"].map((name) => `change:${name}`);
  watched.forEach((name) => model.on(name, redraw));
  picture.style.width = `${Math.max(1, Math.round(STYLE_SIDE / side)) * side}px`;
  thumbs.forEach((thumb) => { thumb.style.width = `${STYLE_THUMB}px`; });
  draw();
  return () => {
    cancelAnimationFrame(thumbing);
    watched.forEach((name) => model.off(name, redraw));
  };
}

export default { render };
