"use strict";
// Find the best slides for a group of blocks, as TeX finds the lines of a paragraph: every way to cut the group is
// given its costs, and the cheapest one is taken. Small type, small figures, ties cut and slides nearly empty cost;
// a figure that is made smaller to fit costs much more where it becomes smaller than in the notebook.

const COSTS = { slide: 1, sizes: [0, 0.2, 0.5, 1.2], figure: 6, tiny: 12, explorer: 40, empty: 1.5, tooTall: 1000 };

/** Cut a group into slides: [{ blocks, size, scale }]; scale is that of figures, at most 1. */
function arrange({ blocks, room }) {
  const best = [{ cost: 0, slides: [] }];
  for (let end = 1; end <= blocks.length; end++) {
    best[end] = { cost: Infinity };
    for (let start = end - 1; start >= 0; start--) {
      const slide = cheapest(blocks.slice(start, end), room);
      const cost = best[start].cost + slide.cost + (start ? blocks[start].tie : 0) + lonely(slide, room, blocks.length);
      if (cost < best[end].cost) best[end] = { cost, slides: [...best[start].slides, slide] };
    }
  }
  return best[blocks.length].slides;
}

/** Choose the size of type for blocks that share a slide. */
function cheapest(blocks, room) {
  const choices = SIZES.map(size => {
    const figures = blocks.filter(block => block.natural);
    const words = sum(blocks.filter(block => !block.natural), block => block.heights[size]);
    const gaps = 14 * figures.length, full = sum(figures, figure => figure.natural.height);
    const scale = full ? Math.min(1, (room - words - gaps) / full) : 1;
    const least = Math.max(0, ...figures.map(figure => figure.natural.least));
    const fits = words + gaps <= room && scale >= least;
    const smaller = Math.max(0, ...figures.map(figure => shrinking(figure, Math.max(scale, 0))));
    const cost = COSTS.slide + COSTS.sizes[size] + smaller + (fits ? 0 : COSTS.tooTall);
    return { blocks, size, scale: Math.max(scale, least), cost, height: words + gaps + full * scale };
  });
  return choices.reduce((one, other) => (other.cost < one.cost ? other : one));
}

/** What it costs to draw a figure at a part of its largest size. */
function shrinking({ kind, natural }, scale) {
  const lost = (1 - scale) ** 1.3;
  if (kind === "explorer") return COSTS.explorer * lost;
  return COSTS.figure * lost / natural.scale + COSTS.tiny * Math.max(0, 1 - natural.scale * scale);
}

/** What a slide with next to nothing on it costs, where the group has more than that. */
function lonely(slide, room, total) {
  return slide.blocks.length < total && slide.height < room / 4 ? COSTS.empty : 0;
}

function sum(list, value) {
  return list.reduce((total, entry) => total + value(entry), 0);
}

/** Cut what is taller than a slide, or wider, into pieces: tables by rows and columns, printed text by lines. */
function pieces(block, room) {
  const table = tableOf(block);
  if (isTooWide(block)) return byColumns(block, table).flatMap(piece => pieces(piece, room));
  const height = block.box.getBoundingClientRect().height;
  if (height <= room) return [block];
  const count = Math.ceil(height / (room - 60));
  if (table) return copies(block, count, copy => [...copy.querySelectorAll("tbody > tr")], count);
  if (block.kind === "print") return byLines(block, count);
  return [block];
}

/** Copy a block `count` times; each copy keeps its share of what list(copy) gives. */
function copies(block, count, list) {
  const total = list(block.box).length, share = Math.ceil(total / count);
  const made = [];
  for (let from = 0; from < total; from += share) {
    const box = block.box.cloneNode(true);
    list(box).forEach((part, number) => { if (number < from || number >= from + share) part.remove(); });
    block.box.before(box);
    made.push({ ...block, box, element: box.firstElementChild, heights: [], notes: block.notes, tie: from ? 0 : block.tie });
  }
  block.box.remove();
  return made;
}

/** Cut a table that is too wide: each piece has the first column, and as many others as there is room for. */
function byColumns(block, table) {
  const widths = [...table.rows[0].cells].map(cell => cell.getBoundingClientRect().width);
  const count = Math.ceil(sum(widths.slice(1), width => width) / (SLIDE.width - widths[0] - 40));
  const share = Math.ceil((widths.length - 1) / count);
  const made = [];
  for (let from = 1; from < widths.length; from += share) {
    const box = block.box.cloneNode(true);
    for (const row of box.querySelectorAll("tr"))
      [...row.cells].forEach((cell, number) => { if (number && (number < from || number >= from + share)) cell.remove(); });
    block.box.before(box);
    made.push({ ...block, box, element: box.firstElementChild, heights: [], tie: from > 1 ? 0 : block.tie });
  }
  block.box.remove();
  return made;
}

function byLines(block, count) {
  const lines = block.element.textContent.split("\n"), share = Math.ceil(lines.length / count);
  return Array.from({ length: Math.ceil(lines.length / share) }, (_, number) => {
    const box = block.box.cloneNode(true), element = box.firstElementChild;
    element.textContent = lines.slice(number * share, (number + 1) * share).join("\n");
    block.box.before(box);
    if ((number + 1) * share >= lines.length) block.box.remove();
    return { ...block, box, element, heights: [], tie: number ? 0 : block.tie };
  });
}
