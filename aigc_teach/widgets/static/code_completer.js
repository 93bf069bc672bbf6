// CodeCompleter: names completed in the page, from a table of counts and from the text itself.
// The same sums as widgets/code_completer.py. Used after core.js and controls.js.

const COMPLETER_WORD = /[A-Za-z_][A-Za-z_0-9]*|[0-9]+|\n|[^\sA-Za-z_0-9]/gu;
const COMPLETER_NAME = /^[A-Za-z_][A-Za-z_0-9]*$/;
const COMPLETER_SHOWN = 5;
const COMPLETER_LONGEST = 20000;

/** Scale what lies below and add counts. */
function completerLay(below, pairs, total, strength) {
  for (const [name, value] of below) below.set(name, (value * strength) / (total + strength));
  for (const [name, count] of pairs) below.set(name, (below.get(name) || 0) + count / (total + strength));
}

/** The likeliest names after `head`: [{ name, p, own }], the best first. */
function completerSuggest(head, table, [model, ...file]) {
  const typed = head.match(/[A-Za-z_0-9]*$/)[0];
  if (/^[0-9]/.test(typed)) return { typed, found: [] };
  const words = ["\n", "\n", ...(head.slice(0, head.length - typed.length).match(COMPLETER_WORD) || [])];
  const p = new Map(), own = new Map();
  for (let k = 0; k < 3; k++) {
    const context = words.slice(words.length - k, words.length).join(" ");
    if (!Object.hasOwn(table, context)) continue;
    const held = table[context], pairs = [];
    for (let i = 1; i < held.length; i += 2) pairs.push([held[i], held[i + 1]]);
    completerLay(p, pairs, held[0], k ? model : 0);
  }
  file.forEach((strength, k) => {
    const followers = new Map();
    let total = 0;
    for (let at = 2; at < words.length; at++) {
      if (!COMPLETER_NAME.test(words[at])) continue;
      let same = true;
      for (let j = 1; j <= k && same; j++) same = words[at - j] === words[words.length - j];
      if (!same) continue;
      followers.set(words[at], (followers.get(words[at]) || 0) + 1);
      total += 1;
    }
    if (!total) return;
    completerLay(p, [], total, strength);
    completerLay(own, followers, total, strength);
  });
  const found = [...new Set([...p.keys(), ...own.keys()])]
    .filter((name) => name.startsWith(typed) && name !== typed)
    .map((name) => ({ name, p: (p.get(name) || 0) + (own.get(name) || 0), own: (own.get(name) || 0) > (p.get(name) || 0) }));
  const order = (a, b) => Number(b.p.toFixed(12)) - Number(a.p.toFixed(12)) || (a.name < b.name ? -1 : 1);
  const mass = found.reduce((sum, { p: each }) => sum + each, 0); // of the names that begin as it is typed
  const shown = found.sort(order).slice(0, COMPLETER_SHOWN);
  return { typed, found: shown.map((each) => ({ ...each, p: each.p / mass })) };
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "completer");
  const table = JSON.parse(new TextDecoder().decode(await unpack(model.get("table"))));
  const strengths = model.get("strengths");
  const keep = makeKeeper(model), say = makeVoice(root);
  const box = make("textarea", {
    id: `${id}-code`, maxlength: COMPLETER_LONGEST, spellcheck: "false", autocomplete: "off",
    autocapitalize: "off", "aria-describedby": `${id}-help`,
  });
  const list = make("ol", { class: "aigc-completer-list", "aria-label": "Suggestions" });
  const more = make("ol", { class: "aigc-completer-list", "aria-label": "Suggestions of the kernel" });
  const count = make("p", { class: "aigc-completer-count" });
  const again = makeButton("Count again", () => { keep({ saved: 0, presses: 0 }); redraw(); });
  help.textContent = "Tab takes the first suggestion; Escape and then Tab leaves the box. The others are buttons. "
    + "The names of the text itself are suggested, too: that is the cache.";
  root.append(make("label", { for: `${id}-code` }, "Your code"), box, list, more, count,
    make("div", { class: "aigc-bar" }, again), help);
  let free = false; // after Escape the Tab key moves on

  const head = () => box.value.slice(0, box.selectionStart);

  function take(words, drop) {
    const at = box.selectionStart;
    box.value = box.value.slice(0, at) + words + box.value.slice(box.selectionEnd);
    box.selectionStart = box.selectionEnd = at + words.length;
    keep({ text: box.value, cursor: box.selectionStart, presses: model.get("presses") + 1,
      saved: model.get("saved") + words.length - 1 });
    if (drop) box.focus();
    redraw();
  }

  function row(words, shown, p, from, own) {
    return make("li", {}, make("button", {
      type: "button", class: `aigc-button${own ? " aigc-completer-file" : ""}`, onclick: () => take(words, true),
    }, make("code", {}, shown), make("span", {}, number(p, 2)), make("span", {}, from)));
  }

  function draw() {
    const started = performance.now();
    const { typed, found } = completerSuggest(head(), table, strengths);
    list.replaceChildren(...found.map(({ name, p, own }) => (
      row(name.slice(typed.length), name, p, own ? "this text" : "source", own))));
    const [asked, answers] = model.get("answer").length ? model.get("answer") : ["", []];
    const fresh = asked === head().slice(-2000) ? answers : [];
    more.hidden = !fresh.length;
    more.replaceChildren(...fresh.map(([words, p, from]) => (
      row(words, `\u2026${words.replaceAll("\n", "\u21b5")}`, p, `kernel: ${from}`, from === "file"))));
    const saved = model.get("saved"), keys = model.get("presses");
    count.textContent = `${keys} ${keys === 1 ? "key" : "keys"}, ${saved + keys} characters: ${saved} saved`
      + `${keys ? ` (${Math.round((100 * saved) / (saved + keys))} %)` : ""}.`;
    say(found.length ? `${found[0].name}, ${number(found[0].p, 2)}` : "no suggestion");
    report(root, started);
  }
  const redraw = oncePerFrame(draw);

  box.addEventListener("input", (event) => {
    free = false;
    const typed = event.inputType === "insertFromPaste" ? 0 : 1;
    keep({ text: box.value, cursor: box.selectionStart, presses: model.get("presses") + typed });
    redraw();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") free = true;
    if (event.key !== "Tab" || event.shiftKey || free) return;
    const { typed, found } = completerSuggest(head(), table, strengths);
    if (!found.length) return;
    event.preventDefault();
    take(found[0].name.slice(typed.length), false);
  });
  const moved = () => {
    if (document.activeElement !== box || model.get("cursor") === box.selectionStart) return;
    keep({ cursor: box.selectionStart });
    redraw();
  };
  for (const event of ["keyup", "click"]) box.addEventListener(event, moved);
  const fromOutside = () => {
    if (document.activeElement !== box && box.value !== model.get("text")) {
      box.value = model.get("text");
      box.selectionStart = box.selectionEnd = model.get("cursor");
    }
    redraw();
  };
  const watched = ["change:text", "change:answer", "change:presses"];
  for (const event of watched) model.on(event, fromOutside);
  box.value = model.get("text");
  box.selectionStart = box.selectionEnd = model.get("cursor");
  draw();
  return () => { for (const event of watched) model.off(event, fromOutside); };
}

export default { render };
