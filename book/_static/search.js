/* The site's search, made for people who paste a whole error message or ask a whole question.
 *
 * Sphinx asks that a page hold every word of a search: one number, path or name of the reader's
 * own, and nothing is found. Here a word counts by how rare it is in the book, one that the book
 * does not hold counts nothing, and headings and entries are compared too, so that a hit leads to
 * the entry. ENTRIES, the words of each entry of symptoms and FAQ, comes from `conf.py`.
 */
"use strict";

(() => {
  const ENTRY = 20; // points of an entry that says all that was asked
  const PAGE = 12; // of a page that alone holds all the words; less, the more pages do
  const LEAST = 0.5; // of the best one's points: what has fewer is not shown
  const MOST = 4; // entries that are shown
  const TELLING = new Set(["own", "same", "not", "no", "after", "before"]); // of Sphinx's stop words

  /** One spelling for words that pages and readers spell in two ways. */
  const spelt = (text) =>
    text
      .replaceAll("colour", "color")
      .replaceAll("grey", "gray")
      .replaceAll("data set", "dataset")
      .replaceAll(/(optim|normal)is/g, "$1iz");

  /** The stems of a text's words, without numbers and "how", "do", "the"; names end at underscores. */
  const stems = (text) => {
    const stemmer = new Stemmer();
    const words = splitQuery(spelt(text.toLowerCase()).replaceAll(/_|['’]s\b/g, " "));
    const telling = words.filter((w) => TELLING.has(w) || !(stopwords.has(w) || /^\d+$/.test(w)));
    return new Set(telling.map((word) => stemmer.stemWord(word)));
  };

  /** How much some words weigh together. */
  const sum = (words, weight) => [...words].reduce((all, word) => all + weight(word), 0);

  /** The hits that come near the best one, at most `most` of them. */
  const best = (hits, most) => {
    hits.sort((a, b) => b[4] - a[4]);
    return hits.filter((hit) => hit[4] >= LEAST * hits[0][4]).slice(0, most);
  };

  /** Headings by the rare words that they, and the entries below them, share with the query. */
  const entries = (query) => {
    const { alltitles, titles, docnames, filenames } = Search._index;
    const units = [];
    for (const [title, places] of Object.entries(alltitles))
      for (const [file, id] of places) {
        const body = (ENTRIES[docnames[file]] || {})[id] || "";
        units.push({ file, id, title, head: stems(title), words: stems(`${title} ${body}`) });
      }
    const count = new Map();
    for (const { words } of units)
      for (const word of words) count.set(word, (count.get(word) || 0) + 1);
    const weight = (word) => (count.has(word) ? Math.log(1 + units.length / count.get(word)) : 0);
    const asked = stems(query);
    const whole = sum(asked, weight);
    const hits = units.map(({ file, id, title, head, words }) => {
      const shared = (some) => sum([...some].filter((word) => asked.has(word)), weight);
      const told = shared(words) / whole; // how much of the query the entry holds,
      const heading = shared(head) / Math.sqrt(whole * sum(head, weight)); // how alike the heading is
      const page = titles[file];
      return [
        docnames[file],
        page === title ? title : `${page} > ${title}`,
        id === null ? "" : `#${id}`,
        null,
        ENTRY * (0.65 * told + 0.35 * heading) || 0,
        filenames[file],
        SearchResultKind.title,
      ];
    });
    return best(hits.filter((hit) => hit[4] > 0), MOST);
  };

  /** Pages by the words they hold, rare ones first. */
  const pages = (asked, excluded) => {
    const { terms, titleterms, docnames, titles, filenames } = Search._index;
    const files = (word) =>
      new Set([terms, titleterms].flatMap((all) => (Object.hasOwn(all, word) ? all[word] : [])));
    const weight = (word) => {
      const found = files(word).size;
      return found ? Math.log(1 + docnames.length / found) : 0;
    };
    const whole = sum(asked, weight);
    const without = new Set([...excluded].flatMap((word) => [...files(word)]));
    const points = new Map();
    for (const word of asked)
      for (const file of files(word))
        points.set(file, (points.get(file) || 0) + (PAGE * weight(word)) / whole);
    const most = Math.max(...points.values());
    const alike = [...points.values()].filter((all) => all > 0.95 * most).length;
    const told = 1 - alike / docnames.length; // what every page holds tells nothing
    const hits = [...points]
      .filter(([file]) => !without.has(file))
      .map(([file, all]) => {
        const name = filenames[file];
        return [docnames[file], titles[file], "", null, told * all, name, SearchResultKind.text];
      });
    return best(hits, Infinity);
  };

  document.addEventListener("DOMContentLoaded", () => {
    let query = "";
    const parse = Search._parseQuery;
    Search._parseQuery = (text) => {
      query = text;
      return parse(text);
    };
    const strict = Search.performTermsSearch; // it knows the beginnings and middles of words, too
    Search.performTermsSearch = (asked, excluded) => {
      const found = [...entries(query), ...pages(asked, excluded)];
      return found.length ? found : strict(asked, excluded);
    };
  });
})();
