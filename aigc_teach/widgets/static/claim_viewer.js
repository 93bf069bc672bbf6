// ClaimViewer: stored texts about records, each claim with a sign, chosen by sliders.
// Used after core.js and controls.js.

const CLAIM_SIGNS = { right: "\u2713", wrong: "\u2717", unknown: "?" };

/** How many claims of a text there are of each verdict, in words. */
function claimCounts(parts) {
  const count = (wanted) => parts.filter(([, verdict]) => verdict === wanted).length;
  const unknown = count("unknown");
  return `${count("right")} right, ${count("wrong")} wrong${unknown ? `, ${unknown} unknown` : ""}`;
}

/** One piece of a text: plain, or a marked claim. */
function claimPiece([words, verdict]) {
  if (!verdict) return words;
  return make("mark", {
    "data-verdict": verdict, "data-sign": CLAIM_SIGNS[verdict], title: verdict, "aria-label": `${words} (${verdict})`,
  }, words);
}

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "claims");
  const records = model.get("records"), settings = model.get("settings"), table = model.get("table");
  const draws = table[0][0].length;
  const keep = makeKeeper(model), say = makeVoice(root);
  const about = make("p", { class: "aigc-claims-record" });
  const text = make("div", { class: "aigc-claims-text" });
  const count = make("output", { class: "aigc-caption" });
  const which = makeSlider({
    label: "record", min: 0, max: records.length - 1, step: 1, value: model.get("record"),
    format: (v) => `${v + 1} of ${records.length}`, oninput: (v) => keep({ record: v }),
  });
  const setting = makeSlider({
    label: model.get("name"), min: 0, max: settings.length - 1, step: 1, value: model.get("setting"),
    format: (v) => settings[v], oninput: (v) => keep({ setting: v }),
  });
  const next = makeButton("Another draw", () => keep({ draw: (model.get("draw") + 1) % draws }));
  help.textContent = `These texts were drawn and looked up before the page was made: ${draws} of each. `
    + "\u2713 right, \u2717 wrong, ? not to be looked up.";
  root.append(about, text, make("div", { class: "aigc-bar" }, which.row, setting.row),
    make("div", { class: "aigc-bar" }, next, count), help);

  function draw() {
    const started = performance.now();
    const r = model.get("record"), s = model.get("setting"), d = model.get("draw") % draws;
    const parts = table[r][s][d];
    about.textContent = records[r];
    text.replaceChildren(...parts.map(claimPiece));
    count.textContent = `draw ${d + 1} of ${draws}: ${claimCounts(parts)}`;
    which.set(r);
    setting.set(s);
    say(count.textContent);
    report(root, started);
  }

  const redraw = oncePerFrame(draw);
  const watched = ["record", "setting", "draw"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, redraw);
  draw();
  return () => { for (const event of watched) model.off(event, redraw); };
}

export default { render };
