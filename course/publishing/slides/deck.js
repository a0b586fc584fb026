"use strict";
// Build the slides and start reveal.js; let keys reach explorers and come back.

/** Put the notebook's blocks on slides. */
function build(notebook, deck) {
  const groups = groupsOf(notebook);
  measure(notebook, groups);
  let column = null, columnNumber = 0;
  const times = new Map(); // how many slides have a title
  for (const group of groups) {
    if (group.column !== columnNumber) {
      columnNumber = group.column;
      column = deck.appendChild(document.createElement("section"));
    }
    for (const slide of group.blocks.length ? arrange(group) : [{ blocks: [], size: 0, scale: 1 }]) {
      times.set(group.title, (times.get(group.title) ?? 0) + 1);
      column.append(sectionOf(slide, headerOf(group.title, times.get(group.title))));
    }
  }
  notebook.remove();
  const all = [...deck.querySelectorAll(".page")];
  all.forEach((page, number) => { page.dataset.number = `${number + 1}/${all.length}`; });
}

/** Make the section of a slide: what a later cell brings appears with a later step. */
function sectionOf({ blocks, size, scale }, header) {
  const section = document.createElement("section");
  section.className = `page size-${size}`;
  section.append(header);
  const steps = [...new Set(blocks.map(block => block.step))];
  let before = null;
  for (const block of blocks) {
    const step = steps.indexOf(block.step);
    if (block.natural) resize(block, scale);
    if (before?.list && before.list === block.list) {
      before.own.append(...block.element.children);
      continue;
    }
    if (step) {
      block.box.classList.add("fragment");
      block.box.dataset.fragmentIndex = step - 1;
    }
    section.append(block.box);
    before = { list: block.list, own: block.element };
  }
  const notes = new Set(blocks.flatMap(block => block.notes));
  if (notes.size) {
    const aside = section.appendChild(document.createElement("aside"));
    aside.className = "notes";
    for (const code of [...notes].flatMap(note => [...note.querySelectorAll("pre")])) code.style.whiteSpace = "pre-wrap";
    for (const note of notes) aside.insertAdjacentHTML("beforeend", note.innerHTML);
  }
  return section;
}

/** An explorer that has the keyboard keeps it, but for the keys of a presenter; Escape gives it back to the slides. */
function handOnKeys() {
  addEventListener("message", event => {
    const frames = [...document.querySelectorAll(".explorer iframe")];
    const frame = frames.find(one => one.contentWindow === event.source);
    if (!frame || !event.data?.key) return;
    frame.blur();
    focus();
    if (event.data.key === "PageDown") Reveal.next();
    if (event.data.key === "PageUp") Reveal.prev();
  });
  Reveal.on("slidechanged", () => {
    if (document.activeElement?.matches("iframe")) { document.activeElement.blur(); focus(); }
  });
}

/** Forget on which slide a section was left: the next step is always the next slide, also after a jump back. */
function forgetPlaces() {
  Reveal.on("slidechanged", () => {
    for (const section of document.querySelectorAll("[data-previous-indexv]")) section.removeAttribute("data-previous-indexv");
  });
}

/** Open the slide that was chosen in the overview with Enter. */
function openWithEnter() {
  addEventListener("keydown", event => {
    if (event.key !== "Enter" || !Reveal.isOverview() || event.target.matches("input")) return;
    event.preventDefault();
    Reveal.toggleOverview(false);
  });
}

/** Let the page count as loading until the function that is returned is called: who prints it waits for that. */
function holdLoading() {
  const frame = document.body.appendChild(document.createElement("iframe"));
  frame.style.display = "none";
  frame.contentDocument.open();
  return () => { frame.contentDocument.close(); frame.remove(); };
}

/** Wait for fonts and pictures, whose sizes count; then arrange, once and for all. */
async function start() {
  const loaded = holdLoading();
  const reveal = document.querySelector(".reveal"), notebook = document.getElementById("notebook");
  await Promise.all([...document.fonts].map(font => font.load()));
  await Promise.all([...notebook.querySelectorAll("img")].map(picture => picture.decode().catch(() => {})));
  build(notebook, reveal.querySelector(".slides"));
  reveal.classList.remove("arranging");
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0, maxScale: 4, center: false, transition: "none", backgroundTransition: "none",
    controls: false, hash: true, slideNumber: "c/t", navigationMode: "linear",
    scrollActivationWidth: null, plugins: [RevealNotes],
  });
  forgetPlaces();
  openWithEnter();
  handOnKeys();
  loaded();
}

start();
