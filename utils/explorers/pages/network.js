"use strict";
// The forward pass of a network whose layers Python has written down. A stack of maps is an object
// { shape: [rows, columns, maps], values }, row by row, all maps of a pixel side by side; a list of numbers has the shape [units].

/** Unpack the weights of all layers, once. */
function readNetwork(layers) {
  const isArray = value => value && value.shape && value.float16 !== undefined;
  return layers.map(layer => Object.fromEntries(Object.entries(layer).map(([name, value]) =>
    [name, isArray(value) ? { shape: value.shape, values: unpack(value) } : value])));
}

/** Return the output of every layer, in order. */
function forward(layers, image) {
  const outputs = [];
  for (const layer of layers) outputs.push(applyLayer(layer, outputs.at(-1) ?? image));
  return outputs;
}

function applyLayer(layer, input) {
  const { shape, values } = LAYERS[layer.kind](input, layer);
  return { shape, values: ACTIVATIONS[layer.activation ?? "linear"](values) };
}

const LAYERS = {
  conv: convolve,
  pool,
  dense: ({ values }, { kernel, bias }) => {
    const sums = bias.values.slice(), units = sums.length;
    values.forEach((x, i) => { if (x) for (let k = 0; k < units; k++) sums[k] += x * kernel.values[i * units + k]; });
    return { shape: [units], values: sums };
  },
  global: (input, { mode }) => {
    const [rows, columns, maps] = input.shape;
    return { shape: [maps], values: pool(input, { size: [rows, columns], strides: [1, 1], padding: "valid", mode }).values };
  },
  flatten: ({ values }) => ({ shape: [values.length], values }),
  activation: input => input,
  normalize: ({ shape, values }, { gain, offset }) => {
    const maps = shape.at(-1);
    return { shape, values: values.map((x, i) => x * gain.values[i % maps] + offset.values[i % maps]) };
  },
  pad: ({ shape: [rows, columns, maps], values }, { sides: [[top, bottom], [left, right]] }) => {
    const width = columns + left + right, padded = new Float32Array((rows + top + bottom) * width * maps);
    for (let i = 0; i < rows; i++) {
      padded.set(values.subarray(i * columns * maps, (i + 1) * columns * maps), ((i + top) * width + left) * maps);
    }
    return { shape: [rows + top + bottom, width, maps], values: padded };
  },
};

const ACTIVATIONS = {
  linear: values => values,
  relu: values => values.map(z => Math.max(z, 0)),
  tanh: values => values.map(Math.tanh),
  sigmoid: values => values.map(z => 1 / (1 + Math.exp(-z))),
  softmax: values => {
    const largest = Math.max(...values), powers = values.map(z => Math.exp(z - largest));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map(power => power / sum);
  },
};

/** How many windows fit along an axis, and where the first one begins: before 0 if zeros are put around ("same"). */
function windows(length, size, stride, padding) {
  if (padding === "valid") return [Math.floor((length - size) / stride) + 1, 0];
  const count = Math.ceil(length / stride), missing = Math.max((count - 1) * stride + size - length, 0);
  return [count, -Math.floor(missing / 2)];
}

/** Call visit(output, input) for every pixel (as index) of every window; what lies outside of the image is left out. */
function slide([rows, columns], [m, n], [down, right], padding, visit) {
  const [outRows, top] = windows(rows, m, down, padding), [outColumns, left] = windows(columns, n, right, padding);
  for (let i = 0; i < outRows; i++) for (let j = 0; j < outColumns; j++) {
    for (let a = 0; a < m; a++) for (let b = 0; b < n; b++) {
      const row = i * down + top + a, column = j * right + left + b;
      if (row >= 0 && row < rows && column >= 0 && column < columns) {
        visit(i * outColumns + j, row * columns + column, a * n + b);
      }
    }
  }
  return [outRows, outColumns];
}

/** Every filter times the window below it, summed over the window and over all maps, plus the bias. */
function convolve({ shape: [rows, columns, maps], values }, { kernel, bias, strides, padding }) {
  const [m, n, , filters] = kernel.shape, [outRows] = windows(rows, m, strides[0], padding);
  const [outColumns] = windows(columns, n, strides[1], padding);
  const sums = new Float32Array(outRows * outColumns * filters), weights = kernel.values;
  for (let i = 0; i < sums.length; i++) sums[i] = bias.values[i % filters];
  slide([rows, columns], [m, n], strides, padding, (output, pixel, place) => {
    for (let c = 0; c < maps; c++) {
      const x = values[pixel * maps + c], first = (place * maps + c) * filters;
      if (x !== 0) for (let k = 0; k < filters; k++) sums[output * filters + k] += x * weights[first + k];
    }
  });
  return { shape: [outRows, outColumns, filters], values: sums };
}

/** The largest value or the mean of every window, map by map. */
function pool({ shape: [rows, columns, maps], values }, { size, strides, padding, mode }) {
  const [outRows] = windows(rows, size[0], strides[0], padding), [outColumns] = windows(columns, size[1], strides[1], padding);
  const pooled = new Float32Array(outRows * outColumns * maps).fill(mode === "max" ? -Infinity : 0);
  const counts = new Uint32Array(outRows * outColumns);
  slide([rows, columns], size, strides, padding, (output, pixel) => {
    counts[output]++;
    for (let c = 0; c < maps; c++) {
      const x = values[pixel * maps + c], at = output * maps + c;
      pooled[at] = mode === "max" ? Math.max(pooled[at], x) : pooled[at] + x;
    }
  });
  if (mode === "average") for (let i = 0; i < pooled.length; i++) pooled[i] /= counts[Math.floor(i / maps)];
  return { shape: [outRows, outColumns, maps], values: pooled };
}

/** Dark violet, green, yellow: the colours of the maps, from 0 to 1. */
const VIRIDIS = range(256).map(k => {
  const stops = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  const at = k / 256 * 4, first = Math.floor(at), part = at - first;
  return stops[first].map((value, i) => value + part * (stops[first + 1][i] - value));
});

/** Paint the maps of a stack side by side, `across` in a row; the background stays free between them. */
function paintMaps(canvas, { shape, values }, across, low, high) {
  const [rows, columns, maps] = shape.length === 3 ? shape : [1, 1, shape[0]];
  const gap = rows > 1 ? 1 : 0, down = Math.ceil(maps / across);
  const width = across * (columns + gap) - gap, height = down * (rows + gap) - gap;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  for (let k = 0; k < maps; k++) {
    const top = Math.floor(k / across) * (rows + gap), left = k % across * (columns + gap);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) {
      const value = (values[(i * columns + j) * maps + k] - low) / (high - low || 1);
      const colour = VIRIDIS[clamp(Math.floor(value * 256), 0, 255)], at = 4 * ((top + i) * width + left + j);
      [pixels.data[at], pixels.data[at + 1], pixels.data[at + 2]] = colour;
      pixels.data[at + 3] = 255;
    }
  }
  context.putImageData(pixels, 0, 0);
}

/** Build a table with a row for each class: its name, a bar for the probability, the probability, the score. */
function buildScores(table, names) {
  return names.map(name => {
    const row = table.insertRow(), head = row.appendChild(document.createElement("th"));
    head.textContent = name;
    head.scope = "row";
    const bar = row.insertCell(), [percent, score] = range(2).map(() => row.insertCell());
    bar.className = "bar";
    percent.className = score.className = "number";
    score.classList.add("quiet");
    return { row, bar: bar.appendChild(document.createElement("div")), percent, score };
  });
}

const givesProbabilities = network => network.at(-1).activation === "softmax";

/** Fill such a table with a network's output, and return the probabilities: the output itself, or its softmax. */
function showScores(table, scores, network) {
  const already = givesProbabilities(network), best = scores.indexOf(Math.max(...scores));
  const probabilities = already ? scores : ACTIVATIONS.softmax(Float64Array.from(scores));
  table.forEach(({ row, bar, percent, score }, k) => {
    row.className = k === best ? "best" : "";
    bar.style.width = `${100 * probabilities[k]}%`;
    percent.textContent = `${text(100 * probabilities[k], 1)} %`;
    score.textContent = already ? "" : text(scores[k], 1);
  });
  return probabilities;
}
