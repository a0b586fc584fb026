// In which order the search lists what it finds: the glossary and the chapters before the library.
// Sphinx puts this file into the page of the search; the numbers are its own, except in `score`.
const MORE = { glossary: 15, notebooks: 10, library: -10 };

var Scorer = {
  score: ([page, title, anchor, description, score]) => score + (MORE[page.split("/")[0]] ?? 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
