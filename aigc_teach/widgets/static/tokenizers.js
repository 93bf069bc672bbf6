// Tokenizers in the page, alike to Python's: characters, bytes with merges, or a mere table.

const utf8 = new TextEncoder();
const readUtf8 = (bytes) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
// Python's \s: what JavaScript's \s means differs by a few characters
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const WORD = new RegExp(`${SPACE}?${SPACE.replace("[", "[^")}+|${SPACE}`, "gu");
const SIGNS = { " ": "\u2423", "\n": "\u21b5", "\t": "\u21e5", "\r": "\u240d" };

const hex = (b) => b.toString(16).toUpperCase().padStart(2, "0");

/** A token's text for a box: blanks get a sign, what cannot be seen its number. */
function readable(text, bytes) {
  if (text.includes("\ufffd") && bytes) return bytes.map(hex).join(" ");
  const shown = (c) => {
    if (/[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}]/u.test(c)) return hex(c.codePointAt(0));
    return /\p{Mn}/u.test(c) ? `\u25cc${c}` : c; // a mark without a letter gets a ring to sit on
  };
  return Array.from(text, (c) => SIGNS[c] || shown(c)).join("") || "\u2205";
}

function makeCharacters({ characters }) {
  const table = Array.from(characters), ids = new Map(table.map((c, k) => [c, k]));
  return {
    encode: (text) => Array.from(text, (c) => ids.get(c) ?? 0),
    unknown: (text) => [...new Set(Array.from(text).filter((c) => !ids.has(c)))],
    decode: (numbers) => numbers.map((k) => table[k]).join(""),
    shown: (k) => readable(table[k]),
  };
}

function makeBytes({ merges }) {
  const table = Array.from({ length: 256 }, (_, b) => [b]), rank = new Map();
  merges.forEach(([a, b], k) => {
    table.push([...table[a], ...table[b]]);
    rank.set(`${a} ${b}`, k);
  });
  function word(text) {
    let ids = Array.from(utf8.encode(text));
    for (;;) {
      let best = Infinity;
      for (let i = 0; i + 1 < ids.length; i++) best = Math.min(best, rank.get(`${ids[i]} ${ids[i + 1]}`) ?? Infinity);
      if (best === Infinity) return ids;
      const [a, b] = merges[best], out = [];
      for (let i = 0; i < ids.length; i++) {
        if (ids[i] === a && ids[i + 1] === b) {
          out.push(256 + best);
          i++;
        } else out.push(ids[i]);
      }
      ids = out;
    }
  }
  return {
    encode: (text) => (text.match(WORD) || []).flatMap(word),
    unknown: () => [],
    decode: (numbers) => readUtf8(numbers.flatMap((k) => table[k])),
    shown: (k) => readable(readUtf8(table[k]), table[k]),
  };
}

function makeTable({ tokens }) {
  return {
    encode: null, // a text cannot be cut here
    unknown: () => [],
    decode: (numbers) => numbers.map((k) => tokens[k]).join(""),
    shown: (k) => readable(tokens[k]),
  };
}

const makeTokenizer = (given) => ({ characters: makeCharacters, bytes: makeBytes, table: makeTable })[given.kind](given);

/** The sentence about characters that a tokenizer never saw; "" where there are none. */
function unknownWords(tokenizer, text) {
  const strange = tokenizer.unknown(text);
  if (!strange.length) return "";
  const named = strange.slice(0, 10).map((c) => `\u201c${c}\u201d`).join(", ");
  const more = strange.length > 10 ? ` and ${strange.length - 10} others` : "";
  const [each, those] = strange.length === 1 ? ["It is", "this character"] : ["Each is", "these characters"];
  return `The tokenizer never saw ${those}: ${named}${more}. ${each} read as token 0, \u201cunknown\u201d.`;
}
