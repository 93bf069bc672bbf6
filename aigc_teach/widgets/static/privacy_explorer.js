// PrivacyExplorer: stored synthetic records, each beside its nearest real one, chosen by sliders.
// Used after core.js and controls.js.

/** How near a record lies to a real one, in words, against what is usual. */
function nearness(distance, typical) {
  const share = distance / typical;
  if (share < 0.25) return "almost the same record";
  if (share < 0.75) return "nearer than a stranger's record";
  return "no nearer than a stranger's record";
}

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "privacy");
  const columns = model.get("columns"), runs = model.get("runs"), typical = model.get("typical");
  const many = runs[0].records.length;
  const keep = makeKeeper(model), say = makeVoice(root);
  const run = makeSlider({
    label: model.get("name"), min: 0, max: runs.length - 1, step: 1, value: model.get("run"),
    format: (v) => runs[v].name, oninput: (v) => keep({ run: v }),
  });
  const record = makeSlider({
    label: "synthetic record", min: 0, max: many - 1, step: 1, value: model.get("record"),
    format: (v) => `${v + 1} of ${many}`, oninput: (v) => keep({ record: v }),
  });
  const figures = makeReadout("figures of this run");
  const body = make("tbody");
  const head = make("thead", {}, make("tr", {},
    make("td"), make("th", { scope: "col" }, "synthetic"), make("th", { scope: "col" }, "nearest real")));
  const pair = make("table", { class: "aigc-privacy-pair", "aria-label": "a synthetic record and the nearest real one" }, head, body);
  const words = make("output", { class: "aigc-caption" });
  help.textContent = "These runs were made before the page was: nothing is computed here. "
    + "= marks a value that is the same in both records.";
  root.append(make("div", { class: "aigc-bar" }, run.row, record.row), figures.row, pair, words, help);

  function draw() {
    const started = performance.now();
    const chosen = runs[model.get("run")];
    const [made, real, distance] = chosen.records[model.get("record")];
    body.replaceChildren(...columns.map((column, i) =>
      make("tr", { class: made[i] === real[i] ? "aigc-privacy-same" : null },
        make("th", { scope: "row" }, column), make("td", {}, made[i]), make("td", {}, real[i]))));
    figures.show(chosen.figures);
    words.textContent = `distance ${distance.toFixed(2)}, a stranger's is ${typical.toFixed(2)}: ${nearness(distance, typical)}`;
    run.set(model.get("run"));
    record.set(model.get("record"));
    say(`${model.get("name")} ${chosen.name}, ${words.textContent}`);
    report(root, started);
  }

  const redraw = oncePerFrame(draw);
  const watched = ["run", "record"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, redraw);
  draw();
  return () => { for (const event of watched) model.off(event, redraw); };
}

export default { render };
