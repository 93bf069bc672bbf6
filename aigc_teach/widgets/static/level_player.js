// LevelPlayer: levels to play in the page, by keys or by buttons. Used after core.js, controls.js,
// level_rules.js and level_tiles.js.

const LEVEL_TICK = 115; // milliseconds
const LEVEL_KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "jump", " ": "jump", ArrowDown: "down" };

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "level");
  const game = model.get("game"), names = model.get("names"), all = model.get("levels");
  const boxes = game === "boxes", tiles = levelTiles(model.get("art"), model.get("palette"));
  const say = makeVoice(root);
  let which = 0, level = null, state = null, before = null, fate = null, ticks = 0, pushes = 0, wins = 0, tries = 0;
  let timer = 0, tickAt = 0, coins = new Set(), shown = null, hopeless = false, undo = [];
  const held = { left: false, right: false, jump: false };
  const pressed = { left: false, right: false, jump: false }; // since the last tick, however short
  const canvas = make("canvas", {
    class: "aigc-canvas aigc-level-field", tabindex: 0, role: "application",
    "aria-roledescription": "game", "aria-describedby": `${id}-help`,
  });
  const readout = makeReadout("The game");
  const choice = makeChoice({
    label: "Level", value: 0, options: names.map((name, k) => [k, name]), onchange: (k) => { which = k; wins = 0; tries = 0; begin(); },
  });
  const words = boxes ? { left: "\u25c0", right: "\u25b6", jump: "\u25b2", down: "\u25bc" } : { left: "\u25c0", right: "\u25b6", jump: "Jump" };
  const spoken = { left: "left", right: "right", jump: boxes ? "up" : "jump", down: "down" };
  const pads = Object.entries(words).map(([key, label]) => {
    const button = makeButton(label, () => {}, { "aria-label": spoken[key], class: "aigc-button aigc-level-pad" });
    button.addEventListener("pointerdown", (event) => { event.preventDefault(); press(key); });
    for (const name of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(name, () => { held[key] = false; });
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      press(key);
    });
    button.addEventListener("keyup", () => { held[key] = false; });
    return button;
  });
  const again = makeButton("Again", begin), show = makeButton("Show a way", demo);
  const back = makeButton("Take back", () => { if (undo.length) { state = undo.pop(); fate = null; redraw(); } });
  help.textContent = boxes
    ? "Click the picture or move the focus to it. Arrows walk and push; R begins again. Every box wants a goal."
    : "Click the picture or move the focus to it. Left and right run, Space or up jumps (hold it to rise), R begins again.";
  root.append(make("div", { class: "aigc-bar aigc-level-names" }, choice.row), make("div", { class: "aigc-stage" }, canvas),
    make("div", { class: "aigc-bar" }, ...pads, again, ...(boxes ? [back] : []), ...(model.get("ways").length ? [show] : [])),
    readout.row, help);

  function begin() {
    stop();
    const rows = all[which];
    level = boxes ? boxesOpen(rows) : levelOpen(rows);
    state = level.first;
    before = state;
    fate = null;
    ticks = 0;
    pushes = 0;
    shown = null;
    hopeless = false;
    undo = [];
    coins = new Set();
    Object.assign(held, { left: false, right: false, jump: false });
    Object.assign(pressed, { left: false, right: false, jump: false });
    redraw();
  }

  function press(key) {
    if (boxes) return walk({ left: [-1, 0], right: [1, 0], jump: [0, -1], down: [0, 1] }[key]);
    if (key === "down" || fate || shown) return undefined;
    held[key] = true;
    pressed[key] = true;
    if (!timer) { tickAt = performance.now(); tick(); timer = setInterval(tick, LEVEL_TICK); follow(); }
    return undefined;
  }

  function walk([dx, dy]) {
    if (fate || shown) return;
    const after = boxesStep(level, state, dx, dy);
    if (after === state) return;
    undo.push(state);
    pushes += after.boxes !== state.boxes;
    ticks += 1;
    state = after;
    if (boxesSolved(level, state)) end("won");
    redraw();
  }

  function tick() {
    if (!root.isConnected) { stop(); return; }
    let side = Number(held.right || pressed.right) - Number(held.left || pressed.left);
    let jump = held.jump || pressed.jump;
    if (shown) {
      if (!shown.length) { stop(); return; }
      [side, jump] = shown.shift();
    }
    Object.assign(pressed, { left: false, right: false, jump: false });
    before = state;
    tickAt = performance.now();
    const after = levelStep(level, state, side, Boolean(jump));
    ticks += 1;
    if (after === "won" || after === "lost") { end(after); return; }
    state = after;
    const [x, y] = state;
    if (level.rows[y][x] === "o") coins.add(`${x},${y}`);
    redraw();
  }

  function end(how) {
    fate = how;
    if (!shown) { tries += 1; wins += how === "won"; }
    stop();
    say(how === "won" ? `Won after ${ticks} ${boxes ? "steps" : "ticks"}.` : "Lost: press Again.");
    redraw();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
  }

  function demo() {
    begin();
    const way = model.get("ways")[which];
    hopeless = !way || !way.length;
    if (hopeless) { say("There is no way."); redraw(); return; }
    shown = way.map((action) => [...action]);
    tickAt = performance.now();
    timer = setInterval(tick, LEVEL_TICK);
    follow();
  }

  function follow() { // between two ticks the figure glides
    if (!timer) { draw(); return; }
    draw();
    requestAnimationFrame(follow);
  }

  function draw() {
    const started = performance.now(), rows = all[which], across = rows[0].length;
    const room = Math.max(240, Math.min(690, (root.clientWidth || 690) - 40));
    const size = boxes ? Math.min(44, room / across) : room / across;
    canvas.style.width = `${size * across}px`;
    const context = sharpContext(canvas, size * across, size * rows.length);
    context.imageSmoothingEnabled = false;
    const put = (sign, x, y) => context.drawImage(tiles[sign], x * size, y * size, size + 0.6, size + 0.6);
    if (boxes) {
      paintRoom(put, level, state);
      put("@", state.x, state.y);
    } else {
      rows.forEach((row, y) => [...row].forEach((sign, x) => {
        put(sign === "S" || (sign === "o" && coins.has(`${x},${y}`)) ? "." : sign, x, y);
      }));
      const part = timer && !calm() ? Math.min(1, (performance.now() - tickAt) / LEVEL_TICK) : 1;
      put("S", before[0] + (state[0] - before[0]) * part, before[1] + (state[1] - before[1]) * part);
    }
    const told = model.get("told")[which] || "";
    const [x, y] = boxes ? [state.x, state.y] : state;
    const now = fate === "won" ? "won" : fate === "lost" ? "lost" : shown ? "the solver plays" : "under way";
    readout.show([
      ["Game", now],
      [boxes ? "Steps, pushes" : "Ticks, coins", boxes ? `${ticks}, ${pushes}` : `${ticks}, ${coins.size}`],
      ["Won, of your tries", `${wins} of ${tries}`],
      ...(told || hopeless ? [["Solver", hopeless ? "there is no way: no key helps here" : told]] : []),
    ]);
    canvas.setAttribute("aria-label", `${names[which]}: ${now}. Column ${x + 1} of ${across}, row ${y + 1} of ${rows.length}.`);
    root.dataset.state = JSON.stringify({ x, y, rise: boxes ? 0 : state[2], fate, ticks });
    report(root, started);
  }
  const redraw = oncePerFrame(draw);

  canvas.addEventListener("pointerdown", () => canvas.focus({ preventScroll: true }));
  canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const key = LEVEL_KEYS[event.key];
    if (key) { if (boxes || !event.repeat) press(key); } else if (event.key === "r" || event.key === "R") begin();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("keyup", (event) => { if (LEVEL_KEYS[event.key]) held[LEVEL_KEYS[event.key]] = false; });
  canvas.addEventListener("blur", () => Object.assign(held, { left: false, right: false, jump: false }));
  const undoTheme = onTheme(root, redraw);
  begin();
  draw();
  return () => { stop(); undoTheme(); };
}

export default { render };
