/* The site's search, made for people who paste a whole error message or ask a whole question.
 *
 * Sphinx asks that a page hold every word of a search: one number, path or name of the reader's
 * own, and nothing is found. Here every word counts as much as it is rare; words that the book does not hold
 * are left out; and headings are compared too, so that a hit leads to the entry, not only to the page.
 */
"use strict";

(() => {
  const HEADING = 20; // a heading that says just what was asked
  const PAGE = 12; // a page that holds all the words
  const LEAST = 0.4; // of the best: what fits worse is not shown

  /** The stems of a text's words; names are taken apart at underscores, numbers left out. */
  const stems = (text) => {
    const stemmer = new Stemmer();
    const words = splitQuery(text.toLowerCase().replaceAll(/_|'s\b/g, " "));
    return new Set(words.filter((word) => !/^\d+$/.test(word)).map((word) => stemmer.stemWord(word)));
  };

  /** How much the words of `some` weigh together. */
  const sum = (some, weight) => [...some].reduce((all, word) => all + weight(word), 0);

  /** Headings that share rare words with the query: the part shared of the query, and of them. */
  const headings = (query) => {
    const { alltitles, titles, docnames, filenames } = Search._index;
    const known = Object.entries(alltitles).map(([title, places]) => [title, places, stems(title)]);
    const count = new Map();
    for (const [, , words] of known)
      for (const word of words) count.set(word, (count.get(word) || 0) + 1);
    const weight = (word) => (count.has(word) ? Math.log(1 + known.length / count.get(word)) : 0);
    const asked = stems(query);
    const whole = sum(asked, weight);
    const hits = [];
    for (const [title, places, words] of known) {
      const shared = sum([...words].filter((word) => asked.has(word)), weight);
      if (!shared) continue;
      const fit = shared / Math.sqrt(whole * sum(words, weight)); // 1 for the same words
      for (const [file, id] of places) {
        const page = titles[file];
        hits.push([
          docnames[file],
          page === title ? title : `${page} > ${title}`,
          id === null ? "" : `#${id}`,
          null,
          HEADING * fit,
          filenames[file],
          SearchResultKind.title,
        ]);
      }
    }
    return best(hits, 3);
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
    const score = new Map();
    for (const word of asked)
      for (const file of files(word))
        score.set(file, (score.get(file) || 0) + (PAGE * weight(word)) / whole);
    const hits = [...score].filter(([file]) => !without.has(file));
    return best(
      hits.map(([file, points]) => [
        docnames[file], titles[file], "", null, points, filenames[file], SearchResultKind.text,
      ]),
      Infinity,
    );
  };

  /** The hits that come near the best one, at most `most` of them. */
  const best = (hits, most) => {
    hits.sort((a, b) => b[4] - a[4]);
    return hits.filter((hit) => hit[4] >= LEAST * hits[0][4]).slice(0, most);
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (typeof Search === "undefined") return; // not the page of search results
    let query = "";
    const parse = Search._parseQuery;
    Search._parseQuery = (text) => {
      query = text;
      return parse(text);
    };
    const strict = Search.performTermsSearch;
    Search.performTermsSearch = (asked, excluded) => {
      const partial = strict(asked, excluded); // the beginnings and middles of words
      const found = [...headings(query), ...pages(asked, excluded)];
      return found.length ? found : partial;
    };
  });
})();
