// CaseFile: choose a hypothesis, run its experiment, name the cause; every step stays in the file.

const UNCHOSEN = "Choose a hypothesis first.";
const UNWRITTEN = "Write a few words first, or ask for the menu.";
const WATCHED = ["picked", "log", "plan", "opened"];
const ASK = "Before the menu: what would you measure, and what would it show if you are right?";

/** What a log of [kind, entry] pairs amounts to; what follows the right diagnosis is not counted. */
function readLog(entries, log) {
  const end = log.findIndex(([kind, i]) => kind === "diagnosis" && entries[i].true);
  const before = end < 0 ? log : log.slice(0, end);
  const count = (wanted) => before.filter(([kind]) => kind === wanted).length;
  return {
    found: end >= 0,
    experiments: count("experiment"),
    wrong: count("diagnosis"),
    proved: log.some(([kind, i]) => kind === "experiment" && entries[i].true),
  };
}

/** "1 experiment", "2 experiments". */
const counted = (n, word, many = `${word}s`) => `${n} ${n === 1 ? word : many}`;

/** Where the reader stands, as a sentence. */
function standWords({ found, experiments, wrong, proved }) {
  const missed = counted(wrong, "wrong diagnosis", "wrong diagnoses");
  if (!found && !experiments && !wrong) return "No experiment yet.";
  if (!found) return `${counted(experiments, "experiment")} so far${wrong ? `, ${missed}` : ""}.`;
  if (experiments) return `Found with ${counted(experiments, "experiment")}${wrong ? ` and ${missed}` : ""}.`;
  const guess = wrong ? `A guess, after ${missed}` : "A guess";
  return proved ? `${guess}; now its experiment is in the file.` : `${guess}: run the experiment before you believe it.`;
}

/** One step of the log in words: what kind of line it is, its head and its text. */
function lineOf(entries, [kind, i]) {
  const { claim, code, seen, verdict, true: right } = entries[i];
  if (kind === "experiment") return { kind, head: "Experiment", claim, code, text: seen };
  return { kind: right ? "right" : "wrong", head: right ? "This is it" : "Not this", claim, code: "", text: verdict };
}

/** The reader's own lines, which stand above the log: what was planned, and what was measured. */
function ownLines(plan, own) {
  const lines = plan ? [["Your plan", plan]] : [];
  return own ? [...lines, ["Your experiment", own]] : lines;
}

/** What stands behind a claim once something is known of it. */
function markOf(entries, log, i) {
  const did = (wanted) => log.some(([kind, own]) => kind === wanted && own === i);
  if (did("diagnosis")) return entries[i].true ? "the cause" : "not this";
  return did("experiment") ? "examined" : "";
}

/** The claims as a list to choose from, each with a mark; show(picked, log) brings it up to date. */
function makeClaims(entries, onchange) {
  const marks = entries.map(() => make("span", { class: "aigc-mark" }));
  const words = ({ claim }, i) => {
    const both = document.createDocumentFragment();
    both.append(make("span", { class: "aigc-claim" }, claim), " ", marks[i]);
    return both;
  };
  const choice = makeChoice({
    label: "What might be the cause?", options: entries.map((entry, i) => [i, words(entry, i)]), value: -1, onchange,
  });
  function show(picked, log) {
    choice.set(picked);
    marks.forEach((mark, i) => { mark.textContent = markOf(entries, log, i); });
  }
  return { row: choice.row, show, first: choice.row.querySelector("button") };
}

/** What the reader would measure, asked before the menu is shown. */
function makeAsk(id, onplan, onopen) {
  const words = make("textarea", { class: "aigc-plan-words", id, rows: 2 });
  // Keys typed here are text, and no commands of the notebook.
  words.addEventListener("keydown", (event) => event.stopPropagation());
  const section = make("div", { class: "aigc-ask" },
    make("label", { for: id }, ASK), words,
    make("div", { class: "aigc-bar" },
      makeButton("Write it into the file", () => onplan(words.value.trim())),
      makeButton("Show me the menu", onopen)));
  return { section, words };
}

/** The file: a line for each step, the newest last. Lines that stand already are left alone. */
function makeFile(entries, id) {
  const list = make("ol", { "aria-labelledby": id }), first = make("ol", { "aria-labelledby": id });
  const section = make("div", { class: "aigc-file" },
    make("p", { class: "aigc-file-name", id }, "The file"), first, list);
  let known = [], mine = "";
  function showOwn(lines) {
    if (JSON.stringify(lines) === mine) return;
    mine = JSON.stringify(lines);
    first.replaceChildren(...lines.map(([head, text]) => make("li", { "data-kind": "own" },
      make("div", { class: "aigc-line-head" }, head), make("div", { class: "aigc-line-text" }, text))));
  }
  function show(log, lines) {
    section.hidden = log.length === 0 && lines.length === 0;
    showOwn(lines);
    const keys = log.map((step) => step.join());
    let same = 0;
    while (same < known.length && known[same] === keys[same]) same += 1;
    while (list.children.length > same) list.lastChild.remove();
    for (const step of log.slice(same)) {
      const { kind, head, claim, code, text } = lineOf(entries, step);
      list.append(make("li", { "data-kind": kind },
        make("div", { class: "aigc-line-head" }, `${head}: ${claim}`),
        ...(code ? [make("pre", { class: "aigc-line-code", tabindex: "0", "aria-label": "The lines it ran" }, code)] : []),
        make("div", { class: "aigc-line-text" }, text)));
    }
    known = keys;
  }
  return { section, show };
}

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "casefile");
  const entries = model.get("entries"), keep = makeKeeper(model);
  let hint = "";
  const claims = makeClaims(entries, (picked) => { hint = ""; keep({ picked }); draw(); });
  const run = makeButton("Run its experiment", () => step("experiment"));
  const name = makeButton("This is it", () => step("diagnosis"));
  const stand = make("output", { class: "aigc-caption" });
  const file = makeFile(entries, `${id}-file`);
  const ask = makeAsk(`${id}-plan`, (plan) => (plan ? open(plan) : refuse(UNWRITTEN)), () => open(""));
  const again = makeButton("Start again", () => {
    hint = "";
    keep({ picked: -1, log: [], plan: "", opened: !model.get("asks") });
    draw();
    (model.get("opened") ? claims.first : ask.words).focus();
    say("The file is empty again.");
  });
  const acts = make("div", { class: "aigc-bar" }, run, name);
  help.textContent = "Tab moves between the buttons; Enter or Space presses one. Run as few experiments as you need.";
  root.append(
    make("p", { class: "aigc-complaint" }, make("strong", {}, "Complaint: "), model.get("complaint")),
    ask.section, claims.row, acts, file.section,
    make("div", { class: "aigc-bar aigc-foot" }, stand, again), help);
  const say = makeVoice(root);

  function refuse(words) {
    hint = words;
    draw();
    say(words);
  }

  /** Show the menu; the words of a plan go into the file. */
  function open(plan) {
    keep(plan ? { plan, opened: true } : { opened: true });
    hint = "";
    draw();
    claims.first.focus();
    say(plan ? `Your plan: ${plan} Here is the menu.` : "Here is the menu.");
  }

  /** Why this step cannot be done now, or "". */
  function refusal(kind, picked, log) {
    if (!entries[picked]) return UNCHOSEN;
    if (log.some(([own, i]) => own === kind && i === picked)) return "That is in the file already.";
    return kind === "diagnosis" && readLog(entries, log).found ? "The cause is found already." : "";
  }

  function step(kind) {
    const picked = model.get("picked"), log = model.get("log");
    hint = refusal(kind, picked, log);
    if (!hint) {
      const now = [...log, [kind, picked]], { head, text } = lineOf(entries, now.at(-1));
      keep({ log: now });
      say(`${head}. ${text} ${standWords(readLog(entries, now))}`);
    } else {
      say(hint);
    }
    draw();
  }

  // Drawn at once, not in the next frame: it happens once a press, and is a few lines of text.
  function draw() {
    const started = performance.now(), picked = model.get("picked"), log = model.get("log");
    const known = readLog(entries, log);
    const opened = model.get("opened");
    ask.section.hidden = opened;
    claims.row.hidden = acts.hidden = !opened;
    claims.show(picked, log);
    file.show(log, ownLines(model.get("plan"), model.get("own")));
    for (const [button, kind] of [[run, "experiment"], [name, "diagnosis"]]) {
      button.setAttribute("aria-disabled", String(Boolean(refusal(kind, picked, log)))); // keeps the focus
    }
    root.setAttribute("data-found", known.found ? "yes" : "no");
    stand.textContent = hint || standWords(known);
    again.disabled = log.length === 0 && picked < 0 && opened === !model.get("asks");
    report(root, started);
  }

  const redraw = oncePerFrame(draw);
  for (const name of WATCHED) model.on(`change:${name}`, redraw); // the kernel may set them
  draw();
  return () => { for (const name of WATCHED) model.off(`change:${name}`, redraw); };
}

export default { render };
