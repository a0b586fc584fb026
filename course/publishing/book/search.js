// What the book adds to Sphinx's search, in whose file this comes last: TERMS has the terms of the glossary.
// A term that is asked for, by any of its names, stands first and once; chapters open where they use it first.
const asSphinxDoes = Search._performSearch;
Search._performSearch = (query, ...rest) => arranged(query, asSphinxDoes(query, ...rest));

// Without case, hyphens, and the plural's s; "1x1" and "1 × 1" are the same.
function plainly(words) {
  return words.trim().toLowerCase().replace(/\s*[×x]\s*(?=\d)/g, "x").replace(/[\s-]+/g, " ").replace(/s$/, "");
}

// The best result is the last; each is [page, title, anchor, description, score, file, kind].
function arranged(words, results) {
  const query = plainly(words);
  const [name, term] = Object.entries(TERMS).find(([, term]) => term.names.some(name => plainly(name) === query)) ?? [];
  const named = [["glossary", `Glossary: ${name}`, `#${term?.id}`, null, 200, "glossary.md", "title"]];
  const terms = new Set(), others = [], objects = [];
  for (const result of results.toReversed()) {
    const [page, title, anchor, , , , kind] = result;
    const exact = kind === "object" && [title, title.split(".").pop()].includes(words.trim());
    if (page === "glossary") {
      const found = Object.entries(TERMS).find(([, term]) => `#${term.id}` === anchor)?.[0];
      if (!found && term || found === name && term || terms.has(anchor)) continue;
      terms.add(anchor);
      if (found) result[1] = `Glossary: ${found}`;
    }
    if (!anchor && term?.uses[page]) result[2] = `#${term.uses[page]}`;
    (exact ? objects : others).push(result);
  }
  return [...objects, ...(term ? named : []), ...others].toReversed();
}
