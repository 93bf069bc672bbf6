// LevelWalker: a box level walked through from within, or seen from above where the browser has no
// WebGL. Used after core.js, controls.js, level_rules.js, level_tiles.js, walk_rules.js, walk_scene.js.

const WALK_GLIDE = 210; // milliseconds from one tile to the next
const WALK_PITCH = [-0.75, 0.5, -0.2]; // radians: lowest, highest, at first
const WALK_KEYS = {
  ArrowUp: "forward", w: "forward", ArrowDown: "back", s: "back",
  ArrowLeft: "left", ArrowRight: "right", a: "aside-left", d: "aside-right",
};
const WALK_STEPS = { forward: 0, "aside-right": 1, back: 2, "aside-left": 3 }; // quarters from the heading
const WALK_WON = "Won: every crate is home.";

function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "walker");
  const names = model.get("names"), tiles = levelTiles(model.get("art"), model.get("palette")), say = makeVoice(root);
  let which = 0, game = null, state = null, fate = null, steps = 0, pushes = 0, undo = [];
  let pose = { x: 0, y: 0, turns: 0 }, glide = null, pitch = WALK_PITCH[2], scene = null, why = "", mapShown = true;

  const room = make("canvas", { class: "aigc-canvas aigc-walker-room" });
  const map = make("canvas", { class: "aigc-canvas aigc-walker-map", "aria-hidden": "true" });
  const banner = make("div", { class: "aigc-walker-banner", "aria-hidden": "true", hidden: "" }, WALK_WON);
  const stage = make("div", { class: "aigc-walker-stage" }, room, map, banner);
  const note = make("p", { class: "aigc-walker-note" });
  const readout = makeReadout("Where you stand");
  const choice = makeChoice({
    label: "Level", value: 0, options: names.map((name, k) => [k, name]), onchange: (k) => { which = k; begin(); },
  });
  const pads = [["\u21b6", "left", "turn left"], ["\u25b2", "forward", "forward"], ["\u25bc", "back", "back"], ["\u21b7", "right", "turn right"]]
    .map(([sign, move, name]) => makeButton(sign, () => go(move), { "aria-label": name, class: "aigc-button aigc-walker-pad" }));
  const back = makeButton("Take back", () => { if (undo.length) { [state, steps, pushes] = undo.pop(); fate = null; arrive(); } });
  const mapButton = makeButton("Hide the map", () => {
    mapShown = !mapShown;
    mapButton.textContent = mapShown ? "Hide the map" : "Show the map";
    redraw();
  });
  help.textContent = "Click the picture or move the focus to it. Up and down walk, left and right turn (or W, S; A and D step aside); "
    + "walking into a crate pushes it; R begins again. Drag to look round.";
  root.append(make("div", { class: "aigc-bar aigc-walker-names" }, choice.row), stage, note,
    make("div", { class: "aigc-bar" }, ...pads, back, makeButton("Again", begin), mapButton), readout.row, help);

  function begin() {
    game = boxesOpen(model.get("levels")[which]);
    state = game.first;
    fate = null;
    steps = 0;
    pushes = 0;
    undo = [];
    pitch = WALK_PITCH[2];
    pose.turns = walkFirst(game);
    if (scene) scene.build(game);
    arrive();
  }

  /** Stand where the state says, at once. */
  function arrive() {
    pose = { x: state.x, y: state.y, turns: Math.round(pose.turns) };
    glide = null;
    redraw();
  }

  function go(move) {
    if (move === "left" || move === "right") { turnTo(Math.round(target().turns) + (move === "left" ? -1 : 1)); return; }
    if (fate) return;
    const heading = walkHeading(target().turns + WALK_STEPS[move]), [dx, dy] = WALK_WAYS[heading];
    const after = boxesStep(game, state, dx, dy);
    if (after === state) { say(`Here is ${walkWords(game, state, heading)}.`); return; }
    undo.push([state, steps, pushes]);
    const pushed = state.boxes.findIndex((place, k) => place !== after.boxes[k]);
    steps += 1;
    pushes += pushed >= 0;
    const before = state;
    state = after;
    glideTo({ x: state.x, y: state.y, turns: Math.round(target().turns) }, pushed, before);
    if (boxesSolved(game, state)) { fate = "won"; say(`${WALK_WON} ${steps} steps, ${pushes} pushes.`); }
  }

  const turnTo = (turns) => glideTo({ x: state.x, y: state.y, turns });
  const target = () => (glide ? glide.to : pose);

  /** Move the eye, and a pushed crate before it, to where they now are: smoothly, unless that is unwanted. */
  function glideTo(to, pushed = -1, before = null) {
    pose = { ...now() };
    glide = { from: pose, to, pushed, before, at: performance.now() };
    if (calm()) { pose = to; glide = null; redraw(); } else follow();
  }

  const share = () => (glide ? Math.min(1, (performance.now() - glide.at) / WALK_GLIDE) : 1);
  const between = (a, b, part) => a + (b - a) * part;

  /** Where the eye is at this moment. */
  function now() {
    if (!glide) return pose;
    const part = share(), soft = part * part * (3 - 2 * part);
    return Object.fromEntries(["x", "y", "turns"].map((name) => [name, between(glide.from[name], glide.to[name], soft)]));
  }

  function follow() {
    const mine = glide;
    const frame = () => {
      if (glide !== mine || !mine || !root.isConnected) return;
      if (share() === 1) { pose = glide.to; glide = null; }
      draw();
      if (glide) requestAnimationFrame(frame);
    };
    frame();
  }

  /** Crates as [x, y, home], the pushed one on its way. */
  function crates() {
    const part = share(), soft = part * part * (3 - 2 * part);
    return state.boxes.map((place, k) => {
      let [x, y] = place.split(",").map(Number);
      const home = boxesGoal(game, x, y);
      if (glide && glide.pushed === k) {
        const [fromX, fromY] = glide.before.boxes[k].split(",").map(Number);
        x = between(fromX, x, soft);
        y = between(fromY, y, soft);
      }
      return [x, y, home];
    });
  }

  function drawMap(view) {
    map.hidden = Boolean(scene) && !mapShown;
    if (map.hidden) return;
    const rows = game.rows, across = rows[0].length, most = scene ? 0.23 * stage.clientWidth : 0.62 * stage.clientWidth;
    const size = Math.max(scene ? 9 : 18, most / Math.max(across, rows.length));
    map.style.width = `${size * across}px`;
    const context = sharpContext(map, size * across, size * rows.length);
    context.imageSmoothingEnabled = false;
    paintRoom((sign, x, y) => context.drawImage(tiles[sign], x * size, y * size, size + 0.6, size + 0.6), game, state);
    context.translate((view.x + 0.5) * size, (view.y + 0.5) * size);
    context.rotate((view.turns * Math.PI) / 2);
    context.beginPath(); // an arrow that points where one looks
    for (const [x, y] of [[0, -0.46], [0.36, 0.38], [0, 0.2], [-0.36, 0.38]]) context.lineTo(x * size, y * size);
    context.closePath();
    context.fillStyle = "#d55e00";
    context.strokeStyle = "#fff";
    context.lineWidth = Math.max(1.5, size / 14);
    context.stroke();
    context.fill();
  }

  function draw() {
    const started = performance.now(), view = now(), heading = walkHeading(view.turns);
    if (scene) scene.draw({ ...view, pitch, crates: crates() });
    drawMap(view);
    const column = state.x + 1, row = state.y + 1, ahead = walkWords(game, state, heading);
    const home = boxesHome(game, state).length, told = model.get("told")[which];
    const where = `column ${column}, row ${row}, facing ${WALK_NAMES[heading]}`;
    readout.show([
      ["You stand in", where],
      ["Ahead", ahead],
      ["Crates home", `${home} of ${state.boxes.length}${fate ? ": won" : ""}`],
      ["Steps, pushes", `${steps}, ${pushes}`],
      ...(told ? [["Solver", told]] : []),
    ]);
    banner.hidden = !fate;
    field().setAttribute("aria-label", `${names[which]}: ${where}. Ahead: ${ahead}. ${fate ? WALK_WON : `${home} of ${state.boxes.length} crates home.`}`);
    root.dataset.state = JSON.stringify({ x: state.x, y: state.y, heading, steps, pushes, fate, view: scene ? "scene" : "map" });
    report(root, started);
  }
  const redraw = oncePerFrame(draw);

  /** The canvas that has the keys: the room, or the map where nothing else can be drawn. */
  const field = () => (why ? map : room);

  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = WALK_KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (move) { if (!event.repeat || !glide) go(move); } else if (event.key === "r" || event.key === "R") begin();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Make a canvas the one that is focused, played by keys and dragged. */
  function equip(canvas) {
    for (const [name, value] of Object.entries({
      tabindex: 0, role: "application", "aria-roledescription": "walk", "aria-describedby": `${id}-help`,
    })) canvas.setAttribute(name, value);
    canvas.removeAttribute("aria-hidden");
    let last = null, moved = false;
    canvas.addEventListener("keydown", onKey);
    makeDraggable(canvas, {
      onstart: (event) => { last = event; moved = false; if (glide) { pose = glide.to; glide = null; } },
      onmove: (event) => {
        const dx = event.clientX - last.clientX, dy = event.clientY - last.clientY;
        if (!dx && !dy) return;
        moved = true;
        last = event;
        pose.turns -= dx / 240;
        pitch = Math.max(WALK_PITCH[0], Math.min(WALK_PITCH[1], pitch + dy / 320));
        redraw();
      },
      onend: () => { if (moved) turnTo(Math.round(pose.turns)); },
    });
    canvas.style.touchAction = "pan-y"; // a finger that moves up or down moves the page
  }

  /** Say why there is no scene, and play on the map. */
  function fallBack(reason) {
    why = reason;
    scene = null;
    note.textContent = reason;
    stage.classList.add("aigc-walker-flat");
    room.remove();
    mapButton.remove();
    equip(map);
    redraw();
  }

  async function raise() {
    try {
      const three = await loadThree(model.get("three"));
      if (!root.isConnected) return;
      scene = makeWalkScene(three, room, model.get("art"), model.get("palette"));
    } catch (problem) {
      fallBack("This page could not start the drawing in three dimensions, so you see the level from above; the keys are the same.");
      return;
    }
    room.addEventListener("webglcontextlost", () => fallBack("The browser has taken the drawing in three dimensions away, so you see the level from above; the keys are the same."));
    scene.build(game);
    redraw();
  }

  const seen = new IntersectionObserver((found) => {
    if (!found.some((one) => one.isIntersecting)) return;
    seen.disconnect();
    raise();
  }, { rootMargin: "300px" });
  const resized = new ResizeObserver(() => redraw());
  begin();
  if (hasWebGL()) { equip(room); seen.observe(root); } else {
    fallBack("This browser has no WebGL, which drawing in three dimensions needs, so you see the level from above; the keys are the same.");
  }
  resized.observe(stage);
  draw();
  return () => {
    seen.disconnect();
    resized.disconnect();
    if (scene) scene.end();
  };
}

export default { render };
