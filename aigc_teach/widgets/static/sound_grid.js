// Sound grid: two sliders choose one of the stored sounds. Used after core.js, chart.js,
// controls.js and speaker.js.

async function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "sound-grid");
  const WIDTH = Math.max(280, Math.min(560, (el.clientWidth || 644) - 44));
  const rate = model.get("rate"), names = model.get("names"), values = model.get("values");
  const all = decodeSamples(await unpack(model.get("waves")), 8);
  const keep = makeKeeper(model), say = makeVoice(root);
  let start = 0;
  const sounds = model.get("lengths").map((n) => {
    start += n;
    return all.subarray(start - n, start);
  });
  const longest = Math.max(...sounds.map((wave) => wave.length)) / rate;
  const chart = makeChart({ width: WIDTH, height: 130, x: [0, longest], y: [-1, 1], yTicks: 0, xLabel: "seconds", margin: { left: 12, right: 12, top: 8, bottom: 26 } });
  const traits = ["row", "column"];
  const current = () => sounds[model.get("row") * values[1].length + model.get("column")];
  const words = () => traits.map((trait, k) => `${names[k]} ${number(values[k][model.get(trait)], 2).replace(/\.?0+$/, "")}`).join(", ");

  let after = false;
  const rest = () => { root.dataset.state = "quiet"; };
  const speaker = makeSpeaker(root, rate, { onend: rest, onother: rest });
  const play = makeButton("Speak", () => speak(), { "aria-keyshortcuts": "Space" });
  const always = makeButton("Speak after each change", () => {
    after = !after;
    always.setAttribute("aria-pressed", after);
  }, { "aria-pressed": "false", class: "aigc-button aigc-choice" });
  const sliders = traits.map((trait, k) => makeSlider({
    label: names[k], min: 0, max: values[k].length - 1, step: 1, value: model.get(trait),
    format: (v) => number(values[k][v], 2).replace(/\.?0+$/, ""), oninput: (v) => { keep({ [trait]: v }); say(words()); },
  }));
  for (const { input } of sliders) input.addEventListener("change", () => { if (after) speak(); });
  help.textContent = "Every setting was spoken before this page was made, and is stored in it. Space speaks.";
  root.append(
    make("div", { class: "aigc-bar" }, ...sliders.map((slider) => slider.row)),
    make("div", { class: "aigc-bar" }, play, always),
    make("div", { class: "aigc-stage" }, chart.canvas), help,
  );

  function speak() {
    speaker.begin(current());
    root.dataset.state = "speaking";
    say(`Speaking: ${words()}`);
  }

  function draw() {
    const started = performance.now(), wave = current();
    chart.begin(inkAndPaper(root));
    const step = Math.max(1, Math.ceil(wave.length / (2 * WIDTH))), xs = [], low = [], high = [];
    for (let n = 0; n < wave.length; n += step) {
      const part = wave.subarray(n, n + step);
      xs.push(n / rate);
      low.push(Math.min(...part));
      high.push(Math.max(...part));
    }
    chart.area(xs, low, high, { colour: COLOURS[0], alpha: 0.95 });
    chart.canvas.setAttribute("aria-label", `The wave at ${words()}, ${number(wave.length / rate, 2)} seconds.`);
    sliders.forEach((slider, k) => slider.set(model.get(traits[k])));
    root.dataset.setting = traits.map((trait) => model.get(trait)).join();
    report(root, started);
  }

  root.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target.tagName === "BUTTON") return;
    speak();
    event.preventDefault();
    event.stopPropagation();
  });
  const redraw = oncePerFrame(draw);
  for (const trait of traits) model.on(`change:${trait}`, redraw);
  const forgetTheme = onTheme(root, redraw);
  rest();
  draw();
  return () => {
    speaker.close();
    forgetTheme();
    for (const trait of traits) model.off(`change:${trait}`, redraw);
  };
}

export default { render };
