// TokenViewer: the text, what can be done with it, and three views of what the model makes of it.

const READING = 8; // milliseconds of reading between two frames
const LONGEST_TYPED = 4000;
const VIEWS = [["distribution", "next token"], ["attention", "attention"], ["cache", "cache"]];

/** The boxes of the text: place 0 is the start; only what changed is made anew. */
function makeStrip(tokenizer, pick) {
  const start = make("span", { class: "aigc-token" }, "start");
  const box = make("div", { class: "aigc-tokens-strip", tabindex: 0, role: "group", "aria-label": "The text in tokens" }, start);
  const boxes = [start];
  let known = [];
  box.addEventListener("click", (event) => {
    const place = boxes.indexOf(event.target);
    if (place >= 0) pick(place);
  });
  function show(ids, added) {
    let same = 0;
    while (same < known.length && same < ids.length && known[same] === ids[same]) same++;
    boxes.splice(same + 1).forEach((element) => element.remove());
    for (const id of ids.slice(same)) boxes.push(make("span", { class: "aigc-token" }, tokenizer.shown(id)));
    box.append(...boxes.slice(same + 1));
    boxes.forEach((element, k) => element.toggleAttribute("data-new", k > 0 && k > ids.length - added));
    if (same < ids.length) box.scrollTop = box.scrollHeight;
    known = ids;
  }
  return { box, boxes, show };
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "tokens");
  const net = model.get("net"), tokenizer = makeTokenizer(model.get("tokenizer")), keep = makeKeeper(model);
  const reader = makeReader(net, readWeights(net, await unpack(model.get("weights"))));
  const recurrent = net.kind === "rnn", room = recurrent ? Infinity : net.context - 1;
  const tokens = () => model.get("ids");
  const outside = () => Math.max(0, tokens().length - room); // tokens that the model no longer sees
  const nameOf = (place) => (place === 0 ? "start" : tokenizer.shown(tokens()[outside() + place - 1]));
  let added = 0, pending = 0, read = null, known = null, colours = inkAndPaper(root), typed = model.get("strange");

  const append = (token) => { added = 1; typed = ""; keep({ ids: [...tokens(), token], at: -1 }); };
  const shared = { model, net, tokenizer, reader, keep, append, nameOf, tokens };
  const views = { distribution: makeDistribution(shared) };
  if (!recurrent) Object.assign(views, { attention: makeAttention(shared), cache: makeCache(shared) });
  const strip = makeStrip(tokenizer, (place) => {
    if (model.get("show") === "attention" && (place === 0 || place > outside())) views.attention.pick(place && place - outside());
  });
  const choice = makeChoice({ label: "Show", options: VIEWS, value: model.get("show"), onchange: (show) => keep({ show }) });
  const input = make("textarea", {
    class: "aigc-tokens-input", rows: 1, maxlength: LONGEST_TYPED, spellcheck: "false", "aria-label": "Your text",
    oninput() {
      typed = input.value;
      added = 0;
      keep({ ids: tokenizer.encode(typed), at: -1 });
    },
  });
  const draw1 = makeButton("Draw a token", () => begin(1)), draw20 = makeButton("Draw 20", () => begin(20));
  const undo = makeButton("Take back", () => { added = 0; typed = ""; keep({ ids: tokens().slice(0, -1), at: -1 }); });
  const back = makeButton("Back to the start", () => {
    added = pending = 0;
    typed = model.get("strange");
    keep({ ids: model.get("start"), at: -1, places: 0 });
  });
  const note = make("p", { class: "aigc-tokens-note", role: "note" }), stage = make("div");
  root.append(
    ...(recurrent ? [] : [make("div", { class: "aigc-bar aigc-tokens-top" }, choice.row)]),
    strip.box, note,
    make("div", { class: "aigc-bar aigc-tokens-top" },
      ...(tokenizer.encode ? [make("label", { class: "aigc-tokens-typed" }, "Your text", input)] : []), draw1, draw20, undo, back),
    stage, help,
  );
  const say = makeVoice(root);

  function begin(count) {
    pending = count;
    added = 0;
    redraw();
  }

  /** Append a token by the sliders' distribution. */
  function drawToken() {
    const { p } = shapedBy(read.logits, read.order, views.distribution.settings());
    const rank = drawnRank(p, luck(model.get("seed"), model.get("draws"))), before = added;
    append(read.order[rank]);
    added = before + 1;
    keep({ draws: model.get("draws") + 1 });
  }

  function noteWords() {
    const words = [unknownWords(tokenizer, typed)], count = tokens().length;
    if (!count) words.push("The text is empty: the model predicts the first token, from its start alone.");
    if (outside()) {
      words.push(`The text has ${count} tokens and the model sees ${room ? `the last ${room}` : "none of them"}; it does not see the pale ones.`);
    }
    if (model.get("difference") > 0.0005) {
      words.push(`The page has rounded weights (12 bits): its logits differ from the model\u2019s by up to ${model.get("difference").toPrecision(2)}.`);
    }
    return words.filter(Boolean).join(" ");
  }

  function draw() {
    const started = performance.now(), ids = tokens();
    const done = reader.sync(ids, READING);
    root.setAttribute("aria-busy", !done);
    if (done) show(ids);
    report(root, started);
    if (done && pending > 0) {
      pending--;
      drawToken();
    }
    if (!done || pending > 0) redraw();
  }

  function show(ids) {
    const name = views[model.get("show")] ? model.get("show") : "distribution", view = views[name];
    let fresh = ids !== known;
    if (fresh || !read) {
      const logits = reader.logits().slice(), order = ranked(logits);
      read = { logits, order, own: shapedBy(logits, order, {}).p };
      strip.show(ids, added);
      const text = tokenizer.decode(ids);
      if (document.activeElement !== input || !typed) input.value = typed || text;
      undo.disabled = !ids.length;
      strip.boxes.forEach((element, k) => element.toggleAttribute("data-out", k > 0 && k <= outside()));
    }
    if (stage.firstChild !== view.box) {
      stage.replaceChildren(view.box);
      strip.boxes[0].hidden = name !== "attention";
      strip.box.toggleAttribute("data-pick", name === "attention");
      help.textContent = view.help;
      choice.set(name);
      fresh = true;
    }
    if (name !== "attention") strip.boxes.forEach((element) => {
      element.removeAttribute("style");
      element.removeAttribute("data-at");
      element.removeAttribute("title");
    });
    known = ids;
    const words = noteWords(), seen = [strip.boxes[0], ...strip.boxes.slice(outside() + 1)];
    if (note.textContent !== words) note.textContent = words;
    say(view.draw({ ...read, fresh, boxes: seen, ...colours }));
  }

  const redraw = oncePerFrame(draw);
  const watched = ["ids", "show", "temperature", "top_k", "top_p", "layer", "head", "at", "places"].map((name) => `change:${name}`);
  watched.forEach((name) => model.on(name, redraw));
  const forgetTheme = onTheme(root, () => { colours = inkAndPaper(root); known = null; redraw(); });
  draw();
  return () => {
    pending = 0;
    views.attention?.leave();
    forgetTheme();
    watched.forEach((name) => model.off(name, redraw));
  };
}

export default { render };
