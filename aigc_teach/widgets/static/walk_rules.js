// Walking through a box level with a heading: north is up on the map. Used after level_rules.js.

const WALK_WAYS = [[0, -1], [1, 0], [0, 1], [-1, 0]];
const WALK_NAMES = ["north", "east", "south", "west"];

/** 0 to 3 for any number of quarter turns, however far someone has turned round. */
const walkHeading = (turns) => ((Math.round(turns) % 4) + 4) % 4;

/** How many free tiles lie ahead, and what comes after them: "#" for a wall, "$" for a box. */
function walkAhead(game, state, heading) {
  const [dx, dy] = WALK_WAYS[heading];
  let { x, y } = state, free = 0;
  for (;;) {
    x += dx;
    y += dy;
    if (!boxesFree(game, x, y)) return { free, what: "#", x, y };
    if (state.boxes.includes(`${x},${y}`)) return { free, what: "$", x, y };
    free += 1;
  }
}

/** The same in words, with what a step would do. */
function walkWords(game, state, heading) {
  const { free, what, x, y } = walkAhead(game, state, heading);
  const [dx, dy] = WALK_WAYS[heading], home = boxesGoal(game, x, y) ? " that is home" : "";
  const thing = what === "#" ? "a wall" : `a crate${home}`;
  if (free) return `${free} free ${free > 1 ? "tiles" : "tile"}, then ${thing}`;
  const stuck = what === "$" && boxesStep(game, state, dx, dy) === state;
  return what === "#" ? thing : `${thing}${stuck ? ", which does not move" : ", to push"}`;
}

/** The heading with the widest view from the first place. */
function walkFirst(game) {
  const free = WALK_WAYS.map((_, heading) => walkAhead(game, game.first, heading).free);
  return free.indexOf(Math.max(...free));
}
