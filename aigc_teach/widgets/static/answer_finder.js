// AnswerFinder: BM25 in the page. Python hands over each word's weight in each note; the page
// splits the question by the same rules and adds up. Used after core.js and controls.js.

const FINDER_WORD = /[a-z0-9]+|[\p{L}\p{Nl}\p{No}]/gu;
const FINDER_SHOWN = 3;
const FINDER_MOST = 20; // the threshold slider's end
const FINDER_LONGEST = 10000; // characters of a question

/** The words of a text, by the rules of the index. */
function finderSplit(text, { endings, left_out, shortest }) {
  const found = text.slice(0, FINDER_LONGEST).toLowerCase().match(FINDER_WORD) || [];
  return found.filter((word) => !left_out.includes(word)).map((word) => {
    const ending = endings.find((e) => word.endsWith(e) && word.length - e.length >= shortest);
    return ending ? word.slice(0, -ending.length) : word;
  });
}

/** The best notes for a question: [{ note, score, words }], the best first. */
function finderTop(question, count, weights, rules, most) {
  const scores = new Float64Array(count), why = new Map();
  for (const word of finderSplit(question, rules)) {
    const held = Object.hasOwn(weights, word) ? weights[word] : [];
    for (let i = 0; i < held.length; i += 2) {
      scores[held[i]] += held[i + 1];
      if (!why.has(held[i])) why.set(held[i], new Map());
      why.get(held[i]).set(word, (why.get(held[i]).get(word) || 0) + held[i + 1]);
    }
  }
  return [...why.keys()].sort((a, b) => scores[b] - scores[a] || a - b).slice(0, most)
    .map((note) => ({ note, score: scores[note], words: [...why.get(note)].sort((a, b) => b[1] - a[1]) }));
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "finder");
  const read = async (name) => JSON.parse(new TextDecoder().decode(await unpack(model.get(name))));
  const notes = await read("notes"), weights = await read("weights"), rules = model.get("rules");
  const keep = makeKeeper(model), say = makeVoice(root);
  const box = make("input", {
    type: "text", id: `${id}-question`, maxlength: FINDER_LONGEST, autocomplete: "off",
    "aria-describedby": `${id}-help`,
  });
  const form = make("form", {
    class: "aigc-finder-form",
    onsubmit: (event) => { event.preventDefault(); ask(box.value); },
  }, make("label", { for: `${id}-question` }, "Your question", box),
  make("button", { type: "submit", class: "aigc-button" }, "Ask"));
  const examples = make("div", { class: "aigc-bar", role: "group", "aria-label": "Examples" },
    ...model.get("questions").map((words) => makeButton(words, () => { box.value = words; ask(words); })));
  const slider = makeSlider({
    label: "Threshold", min: 0, max: FINDER_MOST, step: 0.1, value: model.get("threshold"),
    format: (v) => number(v, 1), oninput: (threshold) => { keep({ threshold }); redraw(); },
  });
  const answer = make("div", { class: "aigc-finder-answer" });
  const list = make("ol", { class: "aigc-finder-list", "aria-label": "The best notes" });
  help.textContent = "Type a question and press Enter. Below the threshold it says that it does not know. "
    + "Words that no note holds count nothing.";
  root.append(form, examples, slider.row, answer, list, help);

  function ask(question) {
    keep({ question });
    redraw();
  }

  function draw() {
    const started = performance.now();
    const question = model.get("question"), threshold = model.get("threshold");
    const top = finderTop(question, notes.length, weights, rules, FINDER_SHOWN);
    const known = top.length > 0 && top[0].score >= threshold;
    answer.classList.toggle("aigc-finder-none", !known);
    answer.replaceChildren(...(known
      ? [make("p", {}, make("strong", {}, notes[top[0].note][0])), make("p", {}, notes[top[0].note][1])]
      : [make("p", {}, make("strong", {}, "I do not know.")), make("p", {}, top.length
        ? `The best note has ${number(top[0].score, 1)}, below the threshold of ${number(threshold, 1)}.`
        : "No word of the question stands in any note.")]));
    const widest = Math.max(FINDER_MOST, ...top.map((found) => found.score));
    list.replaceChildren(...top.map(({ note, score, words }) => {
      const fill = make("div", { class: "aigc-finder-fill" }), line = make("div", { class: "aigc-finder-line" });
      fill.style.width = `${(100 * score) / widest}%`;
      line.style.left = `${(100 * threshold) / widest}%`;
      const why = words.map(([word, weight]) => `${word} ${number(weight, 1)}`).join(", ");
      return make("li", { class: score >= threshold ? "" : "aigc-finder-below" },
        make("div", {}, `${number(score, 1)}  ${notes[note][0]} (${why})`),
        make("div", { class: "aigc-finder-bar", "aria-hidden": "true" }, fill, line));
    }));
    say(`${answer.innerText} ${top.length ? `Score ${number(top[0].score, 1)}.` : ""}`);
    report(root, started);
  }
  const redraw = oncePerFrame(draw);
  const fromOutside = () => {
    if (document.activeElement !== box) box.value = model.get("question");
    slider.set(model.get("threshold"));
    redraw();
  };
  model.on("change:question", fromOutside);
  model.on("change:threshold", fromOutside);
  box.value = model.get("question");
  draw();
  return () => {
    model.off("change:question", fromOutside);
    model.off("change:threshold", fromOutside);
  };
}

export default { render };
