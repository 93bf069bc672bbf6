// The rules of the platform game and of the box game, as in core/platform_rules.py and
// core/box_rules.py; a test compares them on random keys. Used before level_tiles.js.

const LEVEL_RISE = 3; // ticks that a jump rises

/** A platform level from its rows of signs, with the first state [x, y, rise]. */
function levelOpen(rows) {
  const y = rows.findIndex((row) => row.includes("S"));
  return { rows, first: [rows[y].indexOf("S"), y, 0] };
}

function levelSolid({ rows }, x, y) {
  if (x < 0 || y < 0 || x >= rows[0].length) return true;
  return y < rows.length && (rows[y][x] === "#" || rows[y][x] === "=");
}

function levelFate({ rows }, x, y) {
  if (y >= rows.length || rows[y][x] === "^") return "lost";
  return rows[y][x] === "F" ? "won" : null;
}

/** The state after one tick, or "won" or "lost". `side` is -1, 0 or 1; `jump` is held or not. */
function levelStep(game, [x, y, rise], side, jump) {
  if (jump && !rise && levelSolid(game, x, y + 1)) rise = LEVEL_RISE;
  if (rise && jump) {
    if (levelSolid(game, x, y - 1)) rise = 0;
    else { y -= 1; rise -= 1; }
  } else {
    rise = 0;
    if (!levelSolid(game, x, y + 1)) y += 1;
  }
  let fate = levelFate(game, x, y);
  if (!fate && side && !levelSolid(game, x + side, y)) {
    x += side;
    fate = levelFate(game, x, y);
  }
  return fate || [x, y, rise];
}

/** A box level: what stands in each cell, and the first state { x, y, boxes }. */
function boxesOpen(rows) {
  const first = { x: 0, y: 0, boxes: [] };
  rows.forEach((row, y) => [...row].forEach((sign, x) => {
    if (sign === "@" || sign === "+") { first.x = x; first.y = y; }
    if (sign === "$" || sign === "*") first.boxes.push(`${x},${y}`);
  }));
  return { rows, first };
}

const boxesFree = ({ rows }, x, y) => Boolean(rows[y]) && x >= 0 && x < rows[y].length && rows[y][x] !== "#";
const boxesGoal = ({ rows }, x, y) => Boolean(rows[y]) && ".*+".includes(rows[y][x]);
const boxesHome = (game, { boxes }) => boxes.filter((box) => boxesGoal(game, ...box.split(",").map(Number)));
const boxesSolved = (game, state) => boxesHome(game, state).length === state.boxes.length;

/** The state after a step; the same one where a wall or a box is in the way. */
function boxesStep(game, state, dx, dy) {
  const x = state.x + dx, y = state.y + dy, to = `${x},${y}`, beyond = `${x + dx},${y + dy}`;
  if (!boxesFree(game, x, y)) return state;
  if (!state.boxes.includes(to)) return { x, y, boxes: state.boxes };
  if (!boxesFree(game, x + dx, y + dy) || state.boxes.includes(beyond)) return state;
  return { x, y, boxes: state.boxes.map((box) => (box === to ? beyond : box)) };
}
