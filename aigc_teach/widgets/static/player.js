// Player: frames were handed over once; this draws one of them and steps through time.
// Used after core.js and controls.js.

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const CLOUD = 360; // CSS pixels of a scatter's side

/** Texts side by side; each keeps the room of its last form, so that nothing below moves. */
function makeTexts(frames, columns, label) {
  const last = frames.at(-1), box = make("div", { class: "aigc-texts", role: "group", "aria-label": label });
  box.style.setProperty("--columns", columns);
  const shown = last.map(() => make("div", { class: "aigc-text-now" }));
  box.append(...shown.map((now, n) => make("div", { class: "aigc-text" },
    make("div", { class: "aigc-text-room", "aria-hidden": "true" }, last[n]), now)));
  /** Draw frame `at`; what it has beyond the frame before is marked. */
  function show(at) {
    shown.forEach((now, n) => {
      const text = Array.from(frames[at][n]), before = at ? Array.from(frames[at - 1][n]) : [];
      let same = 0;
      while (same < before.length && before[same] === text[same]) same++;
      now.replaceChildren(text.slice(0, same).join(""), make("mark", {}, text.slice(same).join("")));
    });
  }
  return { box, show };
}

async function render({ model, el }) {
  const { id, root, help } = makeInstrument(model, el, "player");
  const shape = model.get("shape"), count = shape[0], kind = model.get("kind"), points = kind === "points";
  const canvas = make("canvas", { class: "aigc-canvas", role: "img" });
  const caption = make("output", { class: "aigc-caption", for: `${id}-slider` });
  const play = make("button", { type: "button", class: "aigc-button aigc-icon", onclick: toggle });
  const slider = make("input", {
    type: "range", class: "aigc-slider", id: `${id}-slider`, min: 0, max: count - 1, step: 1,
    "aria-label": "Frame", oninput: () => { stop(); show(Number(slider.value)); },
  });
  const speed = make("select", {
    class: "aigc-select", "aria-label": "Speed",
    onchange: () => { model.set("speed", Number(speed.value)); model.save_changes(); },
  }, ...SPEEDS.map((s) => make("option", { value: s }, `${s}\u00d7`)));
  help.textContent = "Space plays and pauses. Left and right step; Home and End jump.";
  const stage = make("div", { class: "aigc-stage" }, canvas);
  root.append(
    stage,
    make("div", { class: "aigc-bar" }, play, slider, caption, speed), help,
  );
  const say = makeVoice(root);

  const [film, behind] = await Promise.all([unpack(model.get("data")), unpack(model.get("backdrop"))]);
  const texts = kind === "text"
    ? makeTexts(JSON.parse(new TextDecoder().decode(film)), model.get("columns"), model.get("alt")) : null;
  if (texts) stage.replaceChildren(texts.box);
  const frames = points ? new Uint16Array(film) : new Uint8Array(film);
  const backdrop = new Uint16Array(behind);
  const length = frames.length / count;
  let timer = 0;

  function draw() {
    const started = performance.now();
    const at = model.get("frame"), frame = frames.subarray(at * length, (at + 1) * length);
    if (texts) texts.show(at);
    else if (points) drawCloud(frame);
    else paintGrid(canvas, frame, shape.slice(1), model.get("columns"));
    const words = model.get("captions")[at];
    canvas.setAttribute("aria-label", `${model.get("alt")} Now: ${words}.`);
    slider.value = at;
    slider.setAttribute("aria-valuetext", words);
    caption.textContent = words;
    report(root, started);
  }

  function drawCloud(frame) {
    const context = sharpContext(canvas, CLOUD, CLOUD), { ink } = inkAndPaper(root);
    paintDots(context, backdrop, 0, 65535, CLOUD, { colour: ink, alpha: 0.22 });
    paintDots(context, frame, 0, 65535, CLOUD, { colour: COLOURS[3], radius: 2.2 });
  }

  /** Put frame `at` on the stage; the model holds it, so that a saved page reopens there. */
  function show(at) {
    model.set("frame", Math.max(0, Math.min(count - 1, at)));
    settle();
  }

  let saving = 0;
  function settle() {
    clearTimeout(saving);
    saving = setTimeout(() => model.save_changes(), 250);
  }

  function toggle() {
    if (timer) {
      stop();
      say(`Paused at ${model.get("captions")[model.get("frame")]}`);
    } else {
      if (model.get("frame") === count - 1) show(0);
      setIcon(play, "pause", "Pause");
      say("Playing");
      tick();
    }
  }

  function tick() {
    const rate = model.get("frames_per_second") * model.get("speed");
    timer = setTimeout(() => {
      if (model.get("frame") >= count - 1) return stop();
      show(model.get("frame") + 1);
      tick();
    }, 1000 / (calm() ? Math.min(rate, 2) : rate));
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    setIcon(play, "play", "Play");
  }

  root.addEventListener("keydown", (event) => {
    if (event.target === speed || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = model.get("frame");
    const goal = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: count - 1 }[event.key];
    if (goal !== undefined) {
      stop();
      show(goal);
    } else if (event.key === " " && event.target !== play) {
      toggle();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = oncePerFrame(draw);
  const showSpeed = () => { speed.value = String(model.get("speed")); };
  model.on("change:frame", redraw);
  model.on("change:speed", showSpeed);
  const forgetTheme = onTheme(root, redraw);
  stop();
  showSpeed();
  draw();
  if (points) {
    canvas.style.width = `${CLOUD}px`;
    canvas.classList.add("aigc-cloud");
  } else if (!texts) {
    enlarge(canvas, Math.min(640, Math.max(2 * canvas.width, Math.min(360, 5 * canvas.width))));
  }
  return () => {
    stop();
    forgetTheme();
    model.off("change:frame", redraw);
    model.off("change:speed", showSpeed);
  };
}

export default { render };
