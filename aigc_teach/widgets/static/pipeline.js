// PipelineBreaker: seven stages to break, the samples that come out, and six measures of them.

/** The packed digits, as numbers. */
async function unpackDigits(model) {
  const [basis, codes, labels] = await Promise.all(["basis", "codes", "labels"].map((name) => unpack(model.get(name))));
  const [basisScale, codeScale] = model.get("scales");
  const numbers = (buffer, scale) => Float32Array.from(new Int16Array(buffer), (v) => v * scale);
  const all = numbers(basis, basisScale);
  return {
    mean: all.subarray(0, PIXELS), directions: all.subarray(PIXELS),
    codes: numbers(codes, codeScale), labels: new Uint8Array(labels), sizes: model.get("sizes"),
  };
}

/** One stage: its name and its choices; `show` marks it broken, in words and by its frame. */
function makeStage(id, place, stage, options, onchange) {
  const name = make("label", { for: `${id}-${place}` });
  const select = make("select", {
    class: "aigc-select", id: `${id}-${place}`, onchange: () => onchange(select.value),
  }, ...options.map(([value, words]) => make("option", { value }, words)));
  const row = make("li", {}, name, select);
  const show = (choice) => {
    const broken = choice !== options[0][0];
    select.value = choice;
    name.textContent = `${place} ${stage}${broken ? ": broken" : ""}`;
    row.toggleAttribute("data-broken", broken);
  };
  return { row, show };
}

/** The measures in words: [name, this pipeline, the whole one]. */
function measureRows(now, whole, choices) {
  const of = (count) => `${count} of ${SHOWN}`;
  return [
    ["the judge calls a digit", of(now.digits), of(whole.digits)],
    ["... and the digit asked for", of(now.asked), of(whole.asked)],
    ["distance to the nearest real digit", number(now.distance, 1), number(whole.distance, 1)],
    ["variety within a class (real digits: 1)", number(now.variety), number(whole.variety)],
    ["pixels that no byte can hold", `${number(100 * now.outside, 0)} %`, `${number(100 * whole.outside, 0)} %`],
    [`surprise at ${choices.evaluate === "seen" ? "training" : "unseen"} digits`, `${number(now.surprise, 0)} bits`, `${number(whole.surprise, 0)} bits`],
  ];
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "pipeline");
  const stages = model.get("stages"), names = Object.keys(stages), keep = makeKeeper(model);
  const whole = Object.fromEntries(names.map((name) => [name, stages[name][0][0]]));
  const rows = names.map((name, i) => makeStage(id, i + 1, name, stages[name],
    (choice) => keep({ choices: { ...model.get("choices"), [name]: choice } })));
  const canvases = [0, 1].map(() => make("canvas", { class: "aigc-canvas aigc-picture", role: "img" }));
  const why = make("ul", { class: "aigc-why" });
  const readout = makeReadout("Measures of the samples");
  const mend = makeButton("Mend everything", () => keep({ choices: { ...whole } }));
  const again = makeButton("Draw others", () => keep({ seed: model.get("seed") + 1 }));
  help.textContent = "Each list breaks one stage; Tab goes from list to list, the arrow keys choose. "
    + "Both pictures come from the same random numbers.";
  root.append(
    make("ol", { class: "aigc-stages" }, ...rows.map(({ row }) => row)),
    make("figure", {}, make("figcaption", {}, "The whole pipeline, asked for 0 to 9"), canvases[0]),
    make("figure", {}, make("figcaption", {}, "Yours, asked for 0 to 9 three times"), canvases[1]),
    why, readout.row, make("div", { class: "aigc-bar" }, mend, again), help,
  );
  const say = makeVoice(root);
  const work = makePipework(await unpackDigits(model));
  const single = names.flatMap((name) => stages[name].slice(1).map(([choice]) => ({ ...whole, [name]: choice })));
  const ideal = { seed: -1 };
  let now = null, preparing = 0;

  /** Fit every single break ahead of time, one at a time, so that a choice answers at once. */
  function prepare(next) {
    if (next === single.length) return;
    preparing = setTimeout(() => {
      work.measure(single[next], work.draw(single[next], 0));
      prepare(next + 1);
    }, 30);
  }

  function draw() {
    const started = performance.now(), choices = model.get("choices"), seed = model.get("seed");
    if (seed !== ideal.seed) Object.assign(ideal, { seed, drawn: work.draw(whole, seed), measured: null });
    now = work.draw(choices, seed);
    rows.forEach(({ show }, i) => show(choices[names[i]]));
    paintGrid(canvases[0], ideal.drawn.bytes.subarray(0, 10 * PIXELS), [10, SIDE, SIDE, 1], 10);
    paintGrid(canvases[1], now.bytes, [SHOWN, SIDE, SIDE, 1], 10);
    const broken = names.filter((name) => choices[name] !== whole[name]);
    why.replaceChildren(...explain(broken, stages, choices));
    mend.disabled = broken.length === 0;
    report(root, started);
    measureSoon();
  }

  /** The numbers follow the pictures one frame later. */
  function measure() {
    const started = performance.now(), choices = model.get("choices");
    ideal.measured ??= work.measure(whole, ideal.drawn);
    const table = measureRows(work.measure(choices, now), ideal.measured, choices);
    readout.show([["", "yours", "whole"], ...table]);
    const broken = names.filter((name) => choices[name] !== whole[name]);
    const words = `${broken.length ? `Broken: ${broken.join(", ")}` : "Nothing is broken"}. `
      + table.map(([name, value]) => `${name}: ${value}`).join("; ");
    canvases[1].setAttribute("aria-label", `Thirty samples. ${words}.`);
    say(words);
    report(root, started);
  }

  canvases[0].setAttribute("aria-label", "Ten samples of the whole pipeline, one of each digit.");
  const redraw = oncePerFrame(draw), measureSoon = oncePerFrame(measure);
  model.on("change:choices change:seed", redraw);
  draw();
  prepare(0);
  for (const canvas of canvases) enlarge(canvas, 640);
  return () => {
    clearTimeout(preparing);
    model.off("change:choices change:seed", redraw);
  };
}

/** A sentence for each broken stage. */
function explain(broken, stages, choices) {
  if (!broken.length) return [make("li", {}, "Nothing is broken. Choose something else in one of the seven lists.")];
  return broken.map((name) => {
    const sentence = stages[name].find(([choice]) => choice === choices[name])[2];
    return make("li", {}, make("strong", {}, `${name}: `), sentence);
  });
}

export default { render };
