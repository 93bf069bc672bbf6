// A chart that the instruments draw on: scales, axes, lines, areas, arrows, a handle to drag.
// Used after core.js. Values are in the data's units; the chart knows where they lie on the page.

/**
 * A chart with its own canvas. `x` and `y` are [low, high]; labels are optional.
 * Draw with begin(), then line(), area(), ...; all of it is clipped to the frame.
 */
function makeChart({
  width = 420, height = 240, x = [0, 1], y = [0, 1], xLabel = "", yLabel = "", xTicks = 6, yTicks = 4,
  margin = { left: 48, right: 12, top: 10, bottom: 28 },
}) {
  const canvas = make("canvas", { class: "aigc-canvas aigc-drawing", role: "img" });
  canvas.style.width = `${width}px`;
  const edge = { ...margin, bottom: margin.bottom + (xLabel ? 16 : 0), top: margin.top + (yLabel ? 16 : 0) };
  const inner = { width: width - edge.left - edge.right, height: height - edge.top - edge.bottom };
  const range = { x, y };
  let context = null, colours = { ink: "#000", paper: "#fff" };

  const px = (v) => edge.left + ((v - range.x[0]) / (range.x[1] - range.x[0])) * inner.width;
  const py = (v) => edge.top + inner.height - ((v - range.y[0]) / (range.y[1] - range.y[0])) * inner.height;

  /** Clear the canvas, draw grid and axes in the page's colours. */
  function begin(pageColours) {
    colours = pageColours;
    context = sharpContext(canvas, width, height);
    context.fillStyle = colours.ink;
    context.font = "12px system-ui, sans-serif";
    paintTicks();
    context.textBaseline = "alphabetic";
    faint(context, 0.9, () => {
      context.textAlign = "center";
      if (xLabel) context.fillText(xLabel, edge.left + inner.width / 2, height - 4);
      context.textAlign = "left";
      if (yLabel) context.fillText(yLabel, 4, 12);
    });
  }

  function paintTicks() {
    const up = ticks(...range.y, yTicks), along = ticks(...range.x, xTicks);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const v of yTicks ? up.values : []) {
      faint(context, 0.14, () => context.fillRect(edge.left, Math.round(py(v)), inner.width, 1));
      faint(context, 0.8, () => context.fillText(number(v, up.digits), edge.left - 7, py(v)));
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const v of xTicks ? along.values : []) {
      faint(context, 0.14, () => context.fillRect(Math.round(px(v)), edge.top, 1, inner.height));
      faint(context, 0.8, () => context.fillText(number(v, along.digits), px(v), edge.top + inner.height + 6));
    }
  }

  /** Run `draw` clipped to the frame; the context's settings come back afterwards. */
  function inside(draw) {
    context.save();
    context.beginPath();
    context.rect(edge.left, edge.top, inner.width, inner.height);
    context.clip();
    draw(context);
    context.restore();
  }

  /** A curve; NaN lifts the pen. `series` picks colour and dash, unless they are given. */
  function line(xs, ys, { series = 0, colour = COLOURS[series % COLOURS.length], width = 2.2, dash = DASHES[series % DASHES.length], alpha = 1 } = {}) {
    inside(() => {
      Object.assign(context, { strokeStyle: colour, lineWidth: width, lineJoin: "round", globalAlpha: alpha });
      context.setLineDash(dash);
      context.beginPath();
      let pen = false;
      for (let i = 0; i < xs.length; i++) {
        const finite = Number.isFinite(ys[i]);
        if (finite && pen) context.lineTo(px(xs[i]), py(ys[i]));
        else if (finite) context.moveTo(px(xs[i]), py(ys[i]));
        pen = finite;
      }
      context.stroke();
    });
  }

  /** The region between two curves (numbers or arrays). */
  function area(xs, lower, upper, { colour = COLOURS[0], alpha = 0.25 } = {}) {
    const at = (v, i) => py(typeof v === "number" ? v : v[i]);
    inside(() => {
      Object.assign(context, { fillStyle: colour, globalAlpha: alpha });
      context.beginPath();
      for (let i = 0; i < xs.length; i++) context.lineTo(px(xs[i]), at(upper, i));
      for (let i = xs.length - 1; i >= 0; i--) context.lineTo(px(xs[i]), at(lower, i));
      context.fill();
    });
  }

  /** Upright bars from `base`, each `share` of the distance to its neighbour wide. */
  function bars(xs, heights, { colour = COLOURS[0], alpha = 0.85, base = 0, share = 0.8 } = {}) {
    const step = xs.length > 1 ? Math.abs(px(xs[1]) - px(xs[0])) : inner.width / 3;
    inside(() => {
      Object.assign(context, { fillStyle: colour, globalAlpha: alpha });
      for (let i = 0; i < xs.length; i++) {
        const top = Math.min(py(base), py(heights[i]));
        context.fillRect(px(xs[i]) - (share * step) / 2, top, share * step, Math.abs(py(base) - py(heights[i])));
      }
    });
  }

  function dots(xs, ys, { colour = COLOURS[0], radius = 2.2, alpha = 0.8 } = {}) {
    inside(() => {
      Object.assign(context, { fillStyle: colour, globalAlpha: alpha });
      for (let i = 0; i < xs.length; i++) {
        context.beginPath();
        context.arc(px(xs[i]), py(ys[i]), radius, 0, 7);
        context.fill();
      }
    });
  }

  /** An arrow from (x, y) along (dx, dy), all in the data's units. */
  function arrow(x, y, dx, dy, { colour = COLOURS[3], width = 1.6, head = 5 } = {}) {
    const [x0, y0, x1, y1] = [px(x), py(y), px(x + dx), py(y + dy)];
    const turn = Math.atan2(y1 - y0, x1 - x0), size = Math.min(head, Math.hypot(x1 - x0, y1 - y0));
    inside(() => {
      Object.assign(context, { strokeStyle: colour, fillStyle: colour, lineWidth: width });
      context.beginPath();
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      context.stroke();
      context.beginPath();
      context.moveTo(x1, y1);
      for (const side of [2.6, -2.6]) context.lineTo(x1 + size * Math.cos(turn + side), y1 + size * Math.sin(turn + side));
      context.fill();
    });
  }

  /** A straight line right across the frame: where x, or where y, has the value `v`. */
  function vertical(v, { colour = colours.ink, dash = [4, 3], width = 1.4 } = {}) {
    line([v, v], range.y, { colour, dash, width });
  }

  function horizontal(v, { colour = colours.ink, dash = [4, 3], width = 1.4 } = {}) {
    line(range.x, [v, v], { colour, dash, width });
  }

  /** Words at a place; drawn over a halo of paper, so that curves do not cross them out. */
  function label(words, x, y, { colour = colours.ink, align = "left", dx = 0, dy = 0 } = {}) {
    context.save();
    Object.assign(context, { font: "12.5px system-ui, sans-serif", textAlign: align, textBaseline: "middle" });
    Object.assign(context, { strokeStyle: colours.paper, fillStyle: colour, lineWidth: 3.5, lineJoin: "round" });
    context.strokeText(words, px(x) + dx, py(y) + dy);
    context.fillText(words, px(x) + dx, py(y) + dy);
    context.restore();
  }

  /** A round handle that can be dragged, with a halo, which shows on any ground. */
  function handle(x, y, { colour = COLOURS[3], active = false } = {}) {
    context.save();
    context.beginPath();
    context.arc(px(x), py(y), active ? 10 : 8, 0, 7);
    Object.assign(context, { fillStyle: colour, strokeStyle: colours.paper, lineWidth: 3 });
    context.fill();
    context.stroke();
    context.restore();
  }

  /** Where on the chart a pointer's event lies: { x, y } in the data's units, kept inside. */
  function locate(event) {
    const box = canvas.getBoundingClientRect(), zoom = width / box.width;
    const shareX = ((event.clientX - box.left) * zoom - edge.left) / inner.width;
    const shareY = 1 - ((event.clientY - box.top) * zoom - edge.top) / inner.height;
    const at = ([low, high], share) => low + Math.max(0, Math.min(1, share)) * (high - low);
    return { x: at(range.x, shareX), y: at(range.y, shareY) };
  }

  /** How far, in CSS pixels, a pointer's event is from a place given in the data's units. */
  function distance(event, x, y) {
    const box = canvas.getBoundingClientRect(), zoom = width / box.width;
    return Math.hypot((event.clientX - box.left) * zoom - px(x), (event.clientY - box.top) * zoom - py(y));
  }

  return {
    canvas, px, py, begin, inside, line, area, bars, dots, arrow, vertical, horizontal, label, handle,
    locate, distance,
    scale(next) { Object.assign(range, next); }, // new ranges, for example { y: [0, 3] }
  };
}
