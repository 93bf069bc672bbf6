// The tiles of the small games, and a room of boxes seen from above. Used after core.js and
// level_rules.js.

/** Every tile once, drawn from its 8x8 signs. `clear` leaves the sign for air transparent. */
function levelTiles(art, palette, clear = false) {
  const tiles = {};
  for (const [sign, rows] of Object.entries(art)) {
    const canvas = make("canvas", { width: 8, height: 8 }), context = canvas.getContext("2d");
    rows.forEach((row, y) => [...row].forEach((pixel, x) => {
      if (clear && pixel === " ") return;
      context.fillStyle = palette[pixel];
      context.fillRect(x, y, 1, 1);
    }));
    tiles[sign] = canvas;
  }
  return tiles;
}

/** Call `put(sign, x, y)` for floor, walls and goals of a box level, then for its boxes. */
function paintRoom(put, { rows }, { boxes }) {
  rows.forEach((row, y) => [...row].forEach((sign, x) => {
    put(boxesGoal({ rows }, x, y) ? "." : sign === "#" ? "#" : "-", x, y);
  }));
  for (const box of boxes) {
    const [x, y] = box.split(",").map(Number);
    put(boxesGoal({ rows }, x, y) ? "*" : "$", x, y);
  }
}
