// A box level in three dimensions, drawn by three.js: walls, floor, crates, marks, light and a sky.
// Used after core.js, level_rules.js and level_tiles.js.

const WALK_EYE = 0.66, WALK_BACK = 0.4; // the eye's height; how far behind the tile's middle
const WALK_CRATE = 0.7, WALK_ANGLE = 74; // nobody looks over a crate; degrees from top to bottom
const WALK_COLOURS = { zenith: "#56b4e9", haze: "#eaf5ff", cloud: "#ffffff", hill: "#3f8f3a", far: "#7fb89a", joint: "#cdbda9", mortar: "#5d616b" };

/** three.js out of what Python packed: once a page, whatever asks for it. */
function loadThree(packed) {
  globalThis.aigcThree170 ??= unpack(packed).then((code) => {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    return import(url).finally(() => URL.revokeObjectURL(url));
  });
  return globalThis.aigcThree170;
}

/** Whether this browser draws in three dimensions at all. */
const hasWebGL = () => Boolean(make("canvas").getContext("webgl2"));

/** Whether one of the eight tiles round a place is free. */
const boxesBeside = (game, x, y) => [-1, 0, 1].some((dy) => [-1, 0, 1].some((dx) => boxesFree(game, x + dx, y + dy)));

/** A canvas that `paint(context, width, height)` has filled. */
function painted(width, height, paint) {
  const canvas = make("canvas", { width, height });
  paint(canvas.getContext("2d"), width, height);
  return canvas;
}

/** All round: a sky, clouds of blocks, and two rows of hills at its foot. */
function paintSky(context, width, height) {
  const { zenith, haze, cloud, far, hill } = WALK_COLOURS, horizon = height / 2;
  const sky = context.createLinearGradient(0, 0, 0, horizon);
  sky.addColorStop(0.2, zenith);
  sky.addColorStop(1, haze);
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  context.fillStyle = cloud;
  for (let k = 0; k < 11; k++) {
    const x = ((k * 97) % width) + 4, y = Math.round(horizon * (0.5 + 0.28 * Math.sin(k * 2.4)));
    const long = 14 + (k * 7) % 17;
    context.globalAlpha = 0.85;
    context.fillRect(x, y, long, 3);
    context.fillRect(x + 3, y - 2, long - 8, 2);
    context.fillRect(x + 5, y + 3, long - 9, 1);
  }
  context.globalAlpha = 1;
  for (let x = 0; x < width; x++) { // whole turns, so that both ends meet
    const turn = (2 * Math.PI * x) / width;
    context.fillStyle = far;
    const back = Math.round(10 + 4 * Math.sin(3 * turn) + 3 * Math.sin(7 * turn + 1));
    context.fillRect(x, horizon - back, 1, back + horizon);
    context.fillStyle = hill;
    const front = Math.round(5 + 3 * Math.sin(4 * turn + 2) + 1.5 * Math.sin(11 * turn));
    context.fillRect(x, horizon - front, 1, front + horizon);
  }
}

/** A flag of the floor: `colour` with a joint round it. */
const paintFlag = (colour) => (context, width, height) => {
  context.fillStyle = WALK_COLOURS.joint;
  context.fillRect(0, 0, width, height);
  context.fillStyle = colour;
  context.fillRect(1, 1, width - 2, height - 2);
};

/** Light that stands over a mark: it fades upwards. */
const paintGlow = (colour) => (context, width, height) => {
  const glow = context.createLinearGradient(0, height, 0, 0);
  glow.addColorStop(0, `${colour}77`);
  glow.addColorStop(1, `${colour}00`);
  context.fillStyle = glow;
  context.fillRect(0, 0, width, height);
};

/**
 * The scene on `canvas`. `build(game)` puts a level up; `draw({ x, y, turns, pitch, crates })`
 * shows it from a place, with `crates` as [x, y, home]; `end()` gives the graphics memory back.
 */
function makeWalkScene(three, canvas, art, palette) {
  const renderer = new three.WebGLRenderer({ canvas, antialias: true });
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = three.PCFSoftShadowMap;
  const scene = new three.Scene(), camera = new three.PerspectiveCamera(WALK_ANGLE, 1.6, 0.05, 120);
  camera.rotation.order = "YXZ";
  const tiles = levelTiles(art, { ...palette, k: WALK_COLOURS.mortar }, true), room = new three.Group(), owned = [];
  const keep = (thing) => { owned.push(thing); return thing; };
  const texture = (picture) => {
    const made = keep(new three.CanvasTexture(picture));
    made.colorSpace = three.SRGBColorSpace;
    made.magFilter = three.NearestFilter;
    made.anisotropy = 4;
    return made;
  };
  const matt = (picture, more = {}) => keep(new three.MeshLambertMaterial({ map: texture(picture), ...more }));
  const box = (w, h, d) => keep(new three.BoxGeometry(w, h, d));

  const sky = keep(new three.MeshBasicMaterial({ map: texture(painted(512, 256, paintSky)), side: three.BackSide, fog: false }));
  const dome = new three.Mesh(keep(new three.SphereGeometry(60, 48, 24)), sky);
  const side = matt(tiles["#"]), cap = matt(painted(8, 8, paintFlag(palette.m)));
  side.map.wrapS = side.map.wrapT = three.RepeatWrapping;
  side.map.repeat.set(2, 2); // stones half as large as on the map
  const flags = [palette.m, "#decdb9"].map((colour) => matt(painted(32, 32, paintFlag(colour))));
  const crate = matt(tiles.$), home = matt(tiles["*"]);
  const mark = matt(tiles["."], { transparent: true, polygonOffset: true, polygonOffsetFactor: -2 });
  const glow = keep(new three.MeshBasicMaterial({
    map: texture(painted(2, 32, paintGlow(palette.x))), transparent: true, side: three.DoubleSide, depthWrite: false,
  }));
  const wallBox = box(1, 1, 1), flag = keep(new three.PlaneGeometry(1, 1)), crateBox = box(WALK_CRATE, WALK_CRATE, WALK_CRATE);
  const column = keep(new three.CylinderGeometry(0.28, 0.28, 0.8, 24, 1, true));

  const sun = new three.DirectionalLight("#fff3d6", 2.1);
  sun.castShadow = true;
  sun.shadow.mapSize.set(1024, 1024);
  sun.shadow.bias = -0.0015;
  scene.add(dome, room, sun, sun.target, new three.HemisphereLight("#eef6ff", "#c8b49c", 2.3));

  let crates = [], glows = [], middle = [0, 0];

  function build(game) {
    const { rows } = game, across = rows[0].length, down = rows.length;
    for (const thing of room.children) if (thing.isInstancedMesh) thing.dispose();
    room.clear();
    middle = [(across - 1) / 2, (down - 1) / 2];
    const walls = [], floors = [[], []], goals = [];
    for (let y = -1; y <= down; y++) for (let x = -1; x <= across; x++) { // a wall round what is open, too
      const inside = rows[y] && x >= 0 && x < across;
      if (!boxesFree(game, x, y)) { if (inside || boxesBeside(game, x, y)) walls.push([x, y]); continue; }
      floors[(x + y) % 2].push([x, y]);
      if (boxesGoal(game, x, y)) goals.push([x, y]);
    }
    const blocks = new three.InstancedMesh(wallBox, [side, side, cap, cap, side, side], Math.max(1, walls.length));
    const place = new three.Matrix4(), tint = new three.Color();
    blocks.count = walls.length;
    walls.forEach(([x, y], k) => {
      blocks.setMatrixAt(k, place.makeTranslation(x, 0.5, y));
      blocks.setColorAt(k, tint.setScalar(0.9 + 0.1 * ((x * 7 + y * 13) % 5) / 4)); // stones differ a little
    });
    blocks.castShadow = blocks.receiveShadow = true;
    room.add(blocks);
    floors.forEach((places, k) => places.forEach(([x, y]) => room.add(lay(flags[k], x, 0, y))));
    goals.forEach(([x, y]) => room.add(lay(mark, x, 0.006, y)));
    glows = goals.map(([x, y]) => {
      const light = new three.Mesh(column, glow);
      light.position.set(x, 0.4, y);
      light.userData = { x, y };
      return light;
    });
    crates = game.first.boxes.map(() => {
      const made = new three.Mesh(crateBox, crate);
      made.castShadow = made.receiveShadow = true;
      return made;
    });
    room.add(...glows, ...crates);
    const reach = 0.75 * Math.max(across, down);
    sun.position.set(middle[0] + 0.45 * reach, 1.5 * reach, middle[1] + 0.75 * reach);
    sun.target.position.set(middle[0], 0, middle[1]);
    Object.assign(sun.shadow.camera, { left: -reach, right: reach, top: reach, bottom: -reach, near: 0.1, far: 4 * reach });
    sun.shadow.camera.updateProjectionMatrix();
    dome.position.set(middle[0], 0, middle[1]);
  }

  function lay(material, x, height, y) {
    const made = new three.Mesh(flag, material);
    made.rotation.x = -Math.PI / 2;
    made.position.set(x, height, y);
    made.receiveShadow = true;
    return made;
  }

  function draw(view) {
    const width = canvas.clientWidth || 640, height = canvas.clientHeight || 400;
    renderer.setPixelRatio(Math.min(2, window.devicePixelRatio || 1));
    renderer.setSize(width, height, false);
    camera.aspect = width / height;
    camera.updateProjectionMatrix();
    const yaw = (-view.turns * Math.PI) / 2;
    camera.rotation.set(view.pitch, yaw, 0);
    camera.position.set(view.x + WALK_BACK * Math.sin(yaw), WALK_EYE, view.y + WALK_BACK * Math.cos(yaw));
    view.crates.forEach(([x, y, isHome], k) => {
      crates[k].position.set(x, WALK_CRATE / 2, y);
      crates[k].material = isHome ? home : crate;
    });
    for (const light of glows) {
      light.visible = !view.crates.some(([x, y]) => Math.hypot(x - light.userData.x, y - light.userData.y) < 0.5);
    }
    renderer.render(scene, camera);
  }

  function end() {
    for (const thing of owned) thing.dispose();
    renderer.dispose();
  }

  return { build, draw, end };
}
