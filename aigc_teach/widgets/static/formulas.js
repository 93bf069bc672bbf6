// FormulaJudge: the reader judges a formula; only then its experiment's numbers are shown.

const VERDICTS = [["right", "right"], ["wrong", "wrong"], ["incomplete", "incomplete"]];

/** Formulas agreed on, judged, and in all; a row may stand for several that print the same. */
function countScore(rows, answers) {
  let agreed = 0, judged = 0, total = 0;
  for (const { number: own, verdict, count } of rows) {
    total += count;
    if (!Object.hasOwn(answers, own)) continue;
    judged += count;
    if (answers[own] === verdict) agreed += count;
  }
  return { agreed, judged, total };
}

/** The score as a sentence. */
function scoreWords({ agreed, judged, total }) {
  if (judged === 0) return `${total} formulas to judge.`;
  if (judged < total) return `${agreed} of ${judged} so far; ${total - judged} still to judge.`;
  return `${agreed} of ${total}. All are judged.`;
}

/** What the experiment says, beside what the reader said. */
const outcomeWords = (row, said) =>
  (said === row.verdict ? `Yes: ${row.verdict}.` : `Not ${said}: ${row.verdict}.`);

/** The numbers of an experiment as a table. */
function evidenceTable(row) {
  const head = ["What was computed", "printed", "truth", "verdict"].map((words) => make("th", { scope: "col" }, words));
  const lines = row.evidence.map(([what, printed, truth, agrees]) =>
    make("tr", { "data-agrees": agrees ? "yes" : "no" },
      make("th", { scope: "row" }, what), make("td", {}, printed), make("td", {}, truth),
      make("td", {}, agrees ? "agrees" : "differs")));
  return make("table", { class: "aigc-evidence", "aria-label": `Experiment on ${row.number}` },
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines));
}

/** What is shown of a row once it is judged. */
function answerParts(row, said) {
  const parts = [make("p", {}, make("strong", {}, outcomeWords(row, said)), ` ${row.why}`)];
  if (row.evidence.length) parts.push(evidenceTable(row));
  if (row.verdict !== "right") {
    parts.push(make("p", {}, "Correct: "), make("p", { class: "aigc-formula-text" }, row.corrected_text));
  }
  return parts;
}

/** One formula with its three buttons; show(said) reveals the answer or hides it again. */
function makeRow(row, id, onjudge) {
  const choice = makeChoice({
    label: `Your judgement of ${row.number}`, options: VERDICTS, value: null, onchange: (said) => onjudge(row, said),
  });
  const answer = make("div", { class: "aigc-formula-answer", hidden: "" });
  const section = make("section", { class: "aigc-formula", "aria-labelledby": id, "data-number": row.number },
    make("div", {}, make("span", { class: "aigc-formula-name", id }, row.number),
      make("span", { class: "aigc-formula-place" }, row.place)),
    make("div", { class: "aigc-formula-text" }, row.text), choice.row, answer);
  let known = null;
  function show(said) {
    choice.set(said);
    if (said === known) return;
    known = said;
    for (const button of choice.row.querySelectorAll("button")) {
      button.setAttribute("aria-disabled", String(Boolean(said))); // stays reachable by keyboard
    }
    answer.hidden = !said;
    section.setAttribute("data-agreed", said ? (said === row.verdict ? "yes" : "no") : "");
    answer.replaceChildren(...(said ? answerParts(row, said) : []));
  }
  return { section, show };
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "formulas");
  const rows = model.get("rows"), keep = makeKeeper(model), score = make("output", { class: "aigc-caption" });
  const list = rows.map((row, i) => makeRow(row, `${id}-row-${i}`, judge));
  const again = makeButton("Start again", () => {
    keep({ answers: {} });
    redraw();
    list[0].section.querySelector("button").focus();
    say("All judgements are cleared.");
  });
  help.textContent = "Your first judgement of a formula counts. Tab moves between the buttons; Enter or Space presses one.";
  root.append(...list.map(({ section }) => section), make("div", { class: "aigc-formulas-foot" }, score, again), help);
  const say = makeVoice(root);

  function judge(row, said) {
    const answers = model.get("answers");
    if (!Object.hasOwn(answers, row.number)) {
      const now = { ...answers, [row.number]: said };
      keep({ answers: now });
      say(`${row.number}. ${outcomeWords(row, said)} ${scoreWords(countScore(rows, now))}`);
    }
    redraw();
  }

  function draw() {
    const started = performance.now(), answers = model.get("answers");
    rows.forEach((row, i) => list[i].show(answers[row.number] ?? null));
    score.textContent = scoreWords(countScore(rows, answers));
    again.disabled = Object.keys(answers).length === 0;
    report(root, started);
  }

  const redraw = oncePerFrame(draw);
  model.on("change:answers", redraw);
  draw();
  return () => model.off("change:answers", redraw);
}

export default { render };
