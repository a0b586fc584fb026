"use strict";
// What all explorers share. A page calls draw() after every change; nothing here keeps a state of its own.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = id => document.getElementById(id);
const range = n => Array.from({ length: n }, (_, i) => i);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// From 760 pixels on, a page is drawn as a picture is: always with the same layout, as large as there is room for.
function fit() {
  const zoom = innerWidth < 760 ? 1 : Math.min(innerWidth / 1264, 1), root = document.documentElement.style;
  root.zoom = zoom;
  root.setProperty("--page", `${innerWidth / zoom}px`);
}
fit();
new ResizeObserver(fit).observe(document.documentElement); // a frame that opens out of sight may begin without a width

/** Write a number with at most `digits` decimals, commas between thousands and a proper minus sign. */
function text(value, digits = 2) {
  const rounded = Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value;
  text.formats[digits] ??= new Intl.NumberFormat("en", { maximumFractionDigits: digits }); // to make one takes long
  return text.formats[digits].format(rounded).replace("-", "\u2212");
}
text.formats = {};

/** Read a number as people type it: comma or point, minus sign or hyphen. NaN for anything else. */
function read(typed) {
  const plain = typed.trim().replace(",", ".").replace("\u2212", "-");
  return /^-?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : NaN;
}

/** The numbers of an array that Python has packed; `shape` is in packed.shape. */
function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed.uint8 ?? packed.float16), letter => letter.charCodeAt(0));
  if (packed.uint8 !== undefined) return bytes;
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => half(bytes[2 * i] | (bytes[2 * i + 1] << 8)));
}

/** A number of 16 bits, as IEEE 754 has them: sign, five bits of exponent, ten of fraction. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** Say a sentence to those who listen, once nothing has changed for half a second. */
function say(sentence) {
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { if (byId("said").textContent !== sentence) byId("said").textContent = sentence; }, 500);
}

/** Call move(rows, columns) for the arrow keys; Home, End and page keys stay the browser's. */
function onArrows(element, move) {
  element.addEventListener("keydown", event => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(...step);
  });
}

/** Where an event is inside an element, in the element's own pixels. */
function placeOf(event, element) {
  const box = element.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * element.clientWidth, (event.clientY - box.top) / box.height * element.clientHeight];
}

/**
 * Call move(x, y, event) while a mouse button or a finger is down; x and y run from 0 to 1 inside the element.
 * `touch` says what a finger's swipe does instead: nothing, or with "pan-y" it scrolls where it goes up or down.
 */
function onDrag(element, move, start = () => {}, touch = "none") {
  const call = event => {
    const box = element.getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, event);
  };
  const mayScroll = event => touch !== "none" && event.pointerType === "touch"; // then only a tap is meant for here
  element.style.touchAction = touch;
  element.addEventListener("pointerdown", event => {
    element.setPointerCapture(event.pointerId);
    start(event);
    if (!mayScroll(event)) call(event);
  });
  element.addEventListener("click", event => { if (mayScroll(event)) call(event); });
  element.addEventListener("pointermove", event => { if (element.hasPointerCapture(event.pointerId)) call(event); });
}

/**
 * Build a table of cells of which one is in the Tab order; arrow keys move on to the next.
 * cell(element, row, column) fills each; an element is "input" or "button". Returns rows of elements.
 */
function buildGrid(table, rows, columns, element, cell) {
  table.tBodies[0]?.remove();
  table.setAttribute("role", "grid");
  const body = table.createTBody();
  const cells = range(rows).map(i => {
    const line = body.insertRow();
    line.setAttribute("role", "row");
    return range(columns).map(j => {
      const place = line.insertCell(), inside = place.appendChild(document.createElement(element));
      place.setAttribute("role", "gridcell");
      inside.tabIndex = i || j ? -1 : 0;
      inside.addEventListener("focus", () => enter(cells, i, j));
      onArrows(inside, (down, right) => cells[clamp(i + down, 0, rows - 1)][clamp(j + right, 0, columns - 1)].focus());
      cell(inside, i, j);
      return inside;
    });
  });
  return cells;
}

/** Let the cell in row i and column j be the one that Tab reaches. */
function enter(cells, i, j) {
  cells.flat().forEach(cell => { cell.tabIndex = -1; });
  cells[i][j].tabIndex = 0;
}

/** Draw values (row by row) as pixels; colour(value) gives [red, green, blue] from 0 to 255. */
function paint(canvas, values, width, colour = value => [value, value, value]) {
  const height = values.length / width;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  for (let i = 0; i < values.length; i++) {
    const [red, green, blue] = colour(values[i]);
    pixels.data[4 * i] = red; pixels.data[4 * i + 1] = green; pixels.data[4 * i + 2] = blue; pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

/** Write how many there are: "1 block", "2 blocks", "1 path is", "2 paths are". */
function plural(n, one, many = `${one}s`) {
  return `${text(n)} ${n === 1 ? one : many}`;
}

/** Read a whole number from low to high, with or without commas between thousands. NaN for anything else. */
function whole(typed, low, high) {
  const plain = typed.trim(), number = read(/^\d{1,3}(,\d{3})+$/.test(plain) ? plain.replaceAll(",", "") : plain);
  return Number.isInteger(number) && number >= low && number <= high ? number : NaN;
}

/** Read a number, or a fraction such as 1/9. NaN for anything else. */
function readFraction(typed) {
  const [above, below = 1, ...more] = typed.split("/").map(read);
  return more.length || below === 0 ? NaN : above / below;
}

/** A number as it can be typed. */
const typable = value => text(value, 3).replaceAll(",", "");

/**
 * Let a number below 10,000 in size be typed into a field, or a fraction; keep(number) is called for each, kept() gives it.
 * Any other puts the one back that was there before somebody began to type: a beginning of what is typed was never meant.
 * What is wrong, and what is kept, stands in byId("hint") until a right one is typed.
 */
function numberField(field, kept, keep) {
  let before = kept();
  const mark = wrong => {
    field.classList.toggle("wrong", wrong);
    field.setAttribute("aria-invalid", wrong);
  };
  field.oninput = () => {
    const typed = field.value.trim(), number = readFraction(typed), right = Math.abs(number) < 1e4;
    mark(!right);
    if (!right) {
      if (kept() !== before) keep(before);
      const name = typed.length > 12 ? `${typed.slice(0, 12)}…` : typed;
      const what = typed ? `${name} is ${Number.isFinite(number) ? "out of range" : "not a number"}` : "The cell is empty";
      hint(`${what}: ${typable(before)} is kept.`);
      return;
    }
    hint();
    keep(number);
  };
  for (const begin of ["focus", "change"]) field.addEventListener(begin, () => { before = kept(); });
  field.onblur = () => { field.value = typable(kept()); mark(false); };
  field.setAttribute("aria-describedby", "hint");
}

/** Say which numbers can be typed, after what is wrong with the last one. */
function hint(wrong) {
  const range = "numbers between \u221210,000 and 10,000, or fractions such as 1/9.";
  byId("hint").textContent = wrong ? `${wrong} Type ${range}` : `Type ${range}`;
  byId("hint").className = wrong ? "hot" : "quiet";
  if (wrong) say(byId("hint").textContent);
}
