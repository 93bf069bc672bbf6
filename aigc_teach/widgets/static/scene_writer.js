// SceneWriter: a sentence, its words as buttons, and pictures that come out of noise in the page.
// Used after core.js, controls.js, network.js, timed.js and word_unet.js.

const SCENE_PICTURES = 3, SCENE_SIDE = 168; // how many; CSS pixels of one
const SCENE_PADDING = 2; // words of the vocabulary that are none

/** The numbers of a sentence's words, the begin sign first; or what is wrong with it. */
function readSentence(text, vocabulary, length) {
  const words = text.toLowerCase().replaceAll(",", " ").split(/\s+/).filter((word) => word);
  const known = vocabulary.slice(SCENE_PADDING);
  const unknown = [...new Set(words.filter((word) => !known.includes(word)))];
  if (unknown.length) return { words, wrong: `Unknown ${unknown.length > 1 ? "words" : "word"}: ${unknown.join(", ")}.` };
  if (words.length >= length) return { words, wrong: `${words.length} words; at most ${length - 1} have room.` };
  return { words, numbers: [1, ...words.map((word) => vocabulary.indexOf(word))] };
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "scene-writer");
  const plan = model.get("plan"), net = makeWordUNet(plan, bytesOf(model.get("weights")));
  const vocabulary = model.get("vocabulary"), keep = makeKeeper(model), { side } = net;
  const empty = net.read([1]), usual = model.get("guidance");
  const line = make("input", {
    type: "text", id: `${id}-line`, autocomplete: "off", spellcheck: "false", "aria-label": "Sentence",
    onkeydown: (event) => { if (event.key === "Enter") write(line.value); },
  });
  const told = make("output", { class: "aigc-scene-told" });
  const add = (word) => write(`${line.value.trim()} ${word}`.trim());
  const chips = model.get("chips").map(([name, words]) => make("div", { class: "aigc-scene-chips", role: "group", "aria-label": name },
    make("span", { class: "aigc-choices-name" }, name), ...words.map((word) => makeButton(word, () => add(word)))));
  const canvases = Array.from({ length: SCENE_PICTURES }, () => make("canvas", { class: "aigc-canvas aigc-picture", role: "img" }));
  const spoken = make("div", { class: "aigc-scene-chips", role: "group", "aria-label": "Where the net looks" });
  const slider = makeSlider({
    label: "Guidance", min: 1, max: 8, step: 0.5, value: model.get("guidance"),
    oninput: (guidance) => keep({ guidance }),
  });
  help.textContent = "Write and press Enter, or press words: each is added at the end. Below the pictures, press a word "
    + "to see where the net looks at it. All of it runs in this page.";
  root.append(
    make("div", { class: "aigc-scene-words" }, line, makeButton("Draw", () => write(line.value)),
      makeButton("Clear", () => write(""))),
    ...chips, told,
    make("div", { class: "aigc-scene-row" }, ...canvases), spoken,
    make("div", { class: "aigc-bar" }, slider.row),
    make("div", { class: "aigc-bar" },
      makeButton("Other noise", () => keep({ noise: model.get("noise") + 1 })),
      makeButton("Back to the start", () => { line.value = model.get("first"); keep({ sentence: model.get("first"), noise: 0, guidance: usual }); })),
    help,
  );
  const say = makeVoice(root);
  let turn = 0, states = [], shown = -1, words = [];

  function write(text) {
    line.value = text;
    if (text === model.get("sentence")) begin(); else keep({ sentence: text });
  }

  /** Paint a state: the picture, or where it looks at the chosen word. */
  function paint(k) {
    const { x, maps } = states[k], bytes = new Uint8ClampedArray(side * side * 3);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (x[i] + 1) * 127.5;
    if (shown >= 0 && maps[net.looks - 1]) {
      const half = side / 2, n = maps[net.looks - 1].length / (half * half);
      let most = 1e-9;
      for (let p = 0; p < half * half; p++) most = Math.max(most, maps[net.looks - 1][p * n + shown + 1]);
      for (let p = 0; p < side * side; p++) {
        const place = (Math.floor(p / side) >> 1) * half + ((p % side) >> 1);
        const share = maps[net.looks - 1][place * n + shown + 1] / most;
        for (let c = 0; c < 3; c++) bytes[3 * p + c] = bytes[3 * p + c] * 0.25 + 190 * share;
      }
    }
    paintGrid(canvases[k], bytes, [1, side, side, 3], 1);
  }

  function showWords() {
    spoken.replaceChildren(...(states.length ? [make("span", { class: "aigc-choices-name" }, "looks at"),
      ...words.map((word, t) => makeButton(word, () => {
        shown = shown === t ? -1 : t;
        showWords();
        states.forEach((_, k) => paint(k));
      }, { "aria-pressed": shown === t }))] : []));
  }

  function begin() {
    const mine = ++turn, read = readSentence(model.get("sentence"), vocabulary, plan.length);
    const fresh = read.words.filter((word) => model.get("untrained").includes(word));
    words = read.words;
    shown = -1;
    if (read.wrong) {
      told.textContent = read.wrong;
      say(read.wrong);
      return;
    }
    const said = net.read(read.numbers), guidance = model.get("guidance"), steps = model.get("steps");
    const name = read.words.length ? read.words.join(" ") : "no words: anything";
    told.textContent = fresh.length ? `${name} (no training sentence held “${fresh.join(", ")}”)` : name;
    states = canvases.map((_, k) => {
      const normal = normalSource(1000 * model.get("noise") + k + 1);
      return { x: Float32Array.from({ length: side * side * 3 }, normal), maps: [] };
    });
    canvases.forEach((canvas) => canvas.setAttribute("aria-label", `Drawn for: ${name}`));
    showWords();
    states.forEach((_, k) => paint(k));
    let step = 0, k = 0;
    const go = () => {
      if (mine !== turn) return;
      const started = performance.now();
      net.step(states[k].x, 1 - step / steps, 1 - (step + 1) / steps, said, empty, guidance, states[k].maps);
      paint(k);
      report(root, started);
      if (++k === states.length) { k = 0; step++; }
      if (step < steps) requestAnimationFrame(go);
      else say(`Drawn: ${name}.`);
    };
    requestAnimationFrame(go);
  }

  const watched = ["sentence", "guidance", "noise"].map((name) => `change:${name}`);
  const again = oncePerFrame(() => { slider.set(model.get("guidance")); begin(); });
  watched.forEach((name) => model.on(name, again));
  line.value = model.get("sentence");
  canvases.forEach((canvas) => { canvas.style.width = `min(${SCENE_SIDE}px, 30%)`; });
  begin();
  return () => {
    turn++;
    watched.forEach((name) => model.off(name, again));
  };
}

export default { render };
