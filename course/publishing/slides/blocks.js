"use strict";
// Cut the notebook into blocks: what may stand on a slide of its own, such as a paragraph, the item of a list, code, a
// figure. Blocks between two places where a slide must begin form a group: it begins with a cell of the type `slide`,
// with a heading, and after a question. Where a cell of the type `subslide` begins, a new slide is welcome.

const SLIDE = { width: 1208, height: 694 - 20 }; // what the padding of a slide leaves to its title and blocks
const SIZES = [0, 1, 2, 3]; // of words and code, from large to small; slides.css says how large

/** List the groups of a notebook: { column, title, blocks }; those with the same column are one section. */
function groupsOf(notebook) {
  const groups = [];
  let column = 0, steps = 0, title = null, section = null;
  const begin = () => groups.push({ column, title, blocks: [] });
  const current = () => groups.at(-1);
  for (const cell of [...notebook.children]) {
    if (cell.matches("aside")) { current()?.blocks.at(-1)?.notes.push(cell); continue; }
    const type = cell.dataset.step;
    if (isExercise(title) && type !== "-") title = section; // what follows an exercise goes on with the section
    if (type === "slide" || !groups.length) { column += 1; begin(); }
    else if (title !== current().title) begin();
    if (type !== "-" && !current().blocks.at(-1)?.opens) steps += 1; // what a colon announces comes with it
    let last = null;
    for (const block of [...cell.children].flatMap(blocksOf)) {
      if (block.kind === "title") {
        title = block.element;
        if (!isExercise(title)) section = title;
        if (current().blocks.length) begin(); else current().title = title;
        continue;
      }
      const before = current().blocks.at(-1);
      if (before?.asks) begin(); // what answers a question stands on the next slide
      block.step = steps;
      block.tie = tieOf(current().blocks.at(-1), block, last !== null);
      if (!last && type === "subslide" && block.tie < 4) block.tie = -0.8;
      current().blocks.push(block);
      last = block;
    }
  }
  return groups.filter(group => group.blocks.length || group.title?.matches("h1"));
}

function isExercise(title) {
  return /^Exercise \d/.test(title?.textContent ?? "");
}

/** Make blocks of one element of a cell. */
function blocksOf(element) {
  if (element.matches("h1, h2, h3, h4")) return [{ kind: "title", element }];
  if (element.matches("ul, ol")) return [...element.children].map((item, number) => listOf(element, item, number));
  return [newBlock(kindOf(element), element)];
}

function kindOf(element) {
  if (element.matches(".figure")) return "figure";
  if (element.matches(".explorer")) return "explorer";
  if (element.matches(".code")) return "code";
  if (element.matches(".table, table")) return "table";
  return element.matches("pre") ? "print" : "text";
}

function newBlock(kind, element) {
  const box = document.createElement("div");
  box.className = kind === "item" ? "block item" : "block";
  element.replaceWith(box);
  box.append(element);
  const asks = kind === "text" && [...element.querySelectorAll("strong")].some(one => /^Predict\b/.test(one.textContent));
  if (asks) element.classList.add("predict");
  const opens = kind === "text" && /:\s*$/.test(element.textContent);
  return { kind, element, box, asks, opens, notes: [], heights: [], list: null };
}

/** A list with a single item; deck.js joins those that meet on a slide. */
function listOf(list, item, number) {
  const own = list.cloneNode(false);
  if (list.matches("ol")) own.start = list.start + number;
  list.before(own);
  own.append(item);
  const block = newBlock("item", own);
  block.list = list;
  if (!list.children.length) list.remove();
  return block;
}

/** How much it costs to begin a slide between two blocks: 0 between ideas, more within one. */
function tieOf(before, block, sameCell) {
  if (!before) return 0;
  if (before.opens) return 4;
  if (before.kind === "code") return { explorer: 0.4, print: 3 }[block.kind] ?? 1.3;
  if (block.list) return before.list === block.list ? 1.5 : 1;
  if (before.kind === "text" && block.kind === "text") return sameCell ? 0.8 : 0.2;
  if (sameCell) return before.kind === "print" && block.kind === "print" ? 3 : 1;
  return ["figure", "explorer", "table", "print"].includes(before.kind) ? 2 : 0.2; // torn from its explanation
}

/** Measure all blocks in all sizes, and cut those that fit on no slide into pieces that do. */
function measure(notebook, groups) {
  const titles = measureTitles(notebook, groups);
  notebook.className = `size-${SIZES.at(-1)}`;
  groups.forEach((group, number) => {
    group.room = SLIDE.height - titles[number];
    group.blocks = group.blocks.flatMap(block => pieces(block, group.room));
  });
  for (const size of SIZES) {
    notebook.className = `size-${size}`;
    for (const { blocks } of groups)
      for (const block of blocks) block.heights[size] = isTooWide(block) ? Infinity : block.box.getBoundingClientRect().height;
  }
  for (const { blocks, room } of groups)
    for (const block of blocks) if (["figure", "explorer"].includes(block.kind)) block.natural = naturalSize(block, room);
}

function isTooWide(block) {
  return tableOf(block)?.getBoundingClientRect().width > SLIDE.width + 0.5;
}

function tableOf({ element }) {
  return element.matches("table") ? element : element.querySelector("table");
}

function measureTitles(notebook, groups) {
  return groups.map(group => {
    const header = headerOf(group.title, 1);
    notebook.append(header);
    const height = header.getBoundingClientRect().height + 4;
    header.remove();
    return height;
  });
}

/** The header of a slide; from the second one on with a number behind the title. */
function headerOf(title, number) {
  const header = document.createElement("header");
  if (!title) return header;
  const again = document.createElement(title.matches("h1") && number === 1 ? "h1" : "h2");
  again.innerHTML = title.innerHTML;
  if (number > 1) again.insertAdjacentHTML("beforeend", ` <span class="again">(${number})</span>`);
  header.append(again);
  return header;
}

/** The largest size of a figure: as wide as the slide, as high as there is room for, at most half as large again. */
function naturalSize(block, room) {
  const { element } = block, explorer = block.kind === "explorer", padding = 14;
  const own = explorer ? element.firstElementChild.getBoundingClientRect()
    : { width: element.naturalWidth, height: element.naturalHeight };
  const scale = Math.min(SLIDE.width / own.width, (room - padding) / own.height, explorer ? 1 : 1.5);
  return { own, scale, height: own.height * scale, least: explorer ? 0.65 : 0.5 };
}

/** Give a figure its size. An explorer keeps its layout, that of a wide notebook, and is drawn smaller. */
function resize({ kind, element, natural }, scale) {
  const { own } = natural, drawn = natural.scale * scale;
  element.style.width = `${(own.width * drawn).toFixed(1)}px`;
  if (kind !== "explorer") return;
  element.style.height = `${(own.height * drawn).toFixed(1)}px`;
  element.firstElementChild.style.transform = `scale(${drawn.toFixed(4)})`;
}
