// The view of the next token's distribution: bars, and three sliders that reshape them.

const ROWS = 12; // tokens with a bar of their own
const KS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000];

/** "12.3 %", and never "0.0 %" for what can come. */
function percent(p) {
  if (p === 0) return "0 %";
  return p < 0.0005 ? "< 0.1 %" : `${(100 * p).toFixed(1)} %`;
}

/** The shares that a bar's full width may stand for. */
const fullWidth = (p) => [0.02, 0.05, 0.1, 0.2, 0.5].find((v) => p <= v) || 1;

/** A bar's row: the token, the shaped probability, a mark for the model's own. */
function makeRow(append) {
  const name = make("span", { class: "aigc-token" }), now = make("span", { class: "aigc-tokens-bar" });
  const own = make("span", { class: "aigc-tokens-own" }), words = make("span", { class: "aigc-tokens-percent" });
  const spoken = (text = "") => make("span", { class: "aigc-spoken" }, text), model = spoken();
  let token = 0;
  const row = make("button", { type: "button", class: "aigc-tokens-row", onclick: () => append(token) },
    spoken("Append "), name, make("span", { class: "aigc-tokens-track" }, now, own), spoken(": "), words, model);
  const show = (k, shown, p, before, full) => {
    token = k;
    if (name.textContent !== shown) name.textContent = shown;
    now.style.width = `${(100 * p) / full}%`;
    own.style.width = `${Math.min(100, (100 * before) / full)}%`;
    words.textContent = percent(p);
    row.toggleAttribute("data-cut", p === 0);
    model.textContent = `, of the model itself ${percent(before)}`;
  };
  return { row, show };
}

function makeDistribution({ model, net, tokenizer, keep, append }) {
  const V = net.vocabulary, given = model.get("top_k");
  const ks = [...new Set([...KS.filter((k) => k < V), ...(given ? [given] : []), V])].sort((a, b) => a - b);
  const place = (k) => { // of a k in the slider; 0 means all
    const found = ks.findIndex((v) => v >= k);
    return k === 0 || found < 0 ? ks.length - 1 : found;
  };
  const rows = Array.from({ length: Math.min(ROWS, V) }, () => makeRow(append));
  const rest = make("div", { class: "aigc-tokens-rest" });
  const sliders = {
    temperature: makeSlider({
      label: "Temperature", min: 0, max: 2, step: 0.05, value: model.get("temperature"), oninput: (v) => keep({ temperature: v }),
    }),
    top_k: makeSlider({
      label: "Top-k", min: 0, max: ks.length - 1, step: 1, value: place(given),
      format: (v) => (ks[v] === V ? `all ${V.toLocaleString("en")}` : String(ks[v])),
      oninput: (v) => keep({ top_k: ks[v] === V ? 0 : ks[v] }),
    }),
    top_p: makeSlider({
      label: "Nucleus p", min: 0, max: 1, step: 0.01, value: model.get("top_p"), oninput: (v) => keep({ top_p: v }),
    }),
  };
  const table = makeReadout("The distribution in numbers");
  const code = make("code"), asCode = make("details", { class: "aigc-tokens-code" },
    make("summary", {}, "The same in Python"), make("pre", {}, code));
  const box = make("div", {},
    make("div", { class: "aigc-tokens-two" },
      make("div", {}, ...Object.values(sliders).map(({ row }) => row), make("div", { class: "aigc-bar" }, table.row)),
      make("div", {},
        make("div", { class: "aigc-tokens-bars", role: "group", "aria-label": "The likeliest tokens" }, ...rows.map(({ row }) => row)),
        rest)),
    asCode);

  const settings = () => ({ temperature: model.get("temperature"), topK: model.get("top_k"), topP: model.get("top_p") });

  function draw({ logits, order, own }) {
    const { temperature, topK, topP } = settings(), { p, kept } = shapedBy(logits, order, settings());
    sliders.temperature.set(temperature);
    sliders.top_k.set(place(topK));
    sliders.top_p.set(topP);
    const full = fullWidth(Math.max(p[0], own[0]));
    rows.forEach(({ show }, r) => show(order[r], tokenizer.shown(order[r]), p[r], own[r], full));
    let others = 0;
    for (let r = rows.length; r < V; r++) others += p[r];
    const more = V > rows.length ? `The other ${(V - rows.length).toLocaleString("en")} tokens: ${percent(others)}. ` : "";
    rest.textContent = `${more}A full bar is ${100 * full} %; the stroke is the model\u2019s own probability.`;
    table.show([
      ["Tokens that can come", `${kept.toLocaleString("en")} of ${V.toLocaleString("en")}`],
      ["Entropy now", `${number(Math.max(0, entropy(p)))} bits`],
      ["Entropy of the model", `${number(Math.max(0, entropy(own)))} bits`],
    ]);
    code.textContent = [
      "logits, _ = model.read(torch.tensor([viewer.ids]))",
      `logits = sampling.temperature(logits, ${temperature})`,
      ...(topK ? [`logits = sampling.top_k(logits, ${topK})`] : []),
      ...(topP < 1 ? [`logits = sampling.nucleus(logits, ${topP || "1e-9"})`] : []),
      "logits.softmax(-1).topk(5)  # or sampling.draw(logits)",
    ].join("\n");
    const first = rows.slice(0, 3).filter((_, r) => p[r] > 0)
      .map((_, r) => `${tokenizer.shown(order[r])} ${percent(p[r])}`).join(", ");
    return `${kept} tokens can come: ${first}`;
  }

  return {
    box, draw, settings,
    help: "Click a token to append it, also one that the sliders rule out. Temperature first, then top-k, then nucleus. "
      + "At temperature 0 and at nucleus 0 only the likeliest token is left.",
  };
}
