// The computation of one unit in 64-bit floats: the products, their sum, the bias, the squashing.

import { squashOf } from "./network.js";

const STRIDES = { input: 1, c1: 1, s2: 2, c3: 2, s4: 4, c5: 4 };
const FIELDS = { input: 1, c1: 5, s2: 6, c3: 14, s4: 16, c5: 32 };

// The square of the 32×32 input that a unit sees.
export function receptiveField(unit) {
  const side = FIELDS[unit.layer] ?? 32;
  const step = STRIDES[unit.layer] ?? 0;
  const convolved = unit.layer === "c5" || !(unit.layer in FIELDS);
  return { x: convolved ? 0 : unit.x * step, y: convolved ? 0 : unit.y * step, side };
}

// Where a unit's inputs lie in the layer below: {layer, maps, x, y, side}; side 0 is the whole layer.
export function sourcesOf(network, unit) {
  const a = network.architecture;
  const names = network.layers.map((layer) => layer.name);
  const layer = names[names.indexOf(unit.layer) - 1];
  const square = (maps, x, y, side) => ({ layer, maps, x, y, side });
  switch (unit.layer) {
    case "c1":
    case "c3":
      return square(a[unit.layer].table[unit.map], unit.x, unit.y, network.kernel);
    case "s2":
    case "s4":
      return square([unit.map], unit.x * network.pool, unit.y * network.pool, network.pool);
    case "c5":
      return square(a.c5.table[unit.map], 0, 0, network.kernel);
    case "f6":
    case "output":
      return { layer, maps: null, x: 0, y: 0, side: 0 };
    default:
      return null;
  }
}

export function valueOf(network, looked, unit) {
  const layer = network.layer[unit.layer];
  return looked.maps[unit.layer][unit.map * layer.size + unit.y * layer.width + unit.x];
}

function patch(network, looked, from, map) {
  const { width, size } = network.layer[from.layer];
  const values = [];
  for (let y = 0; y < from.side; y += 1) {
    for (let x = 0; x < from.side; x += 1) {
      values.push(looked.maps[from.layer][map * size + (from.y + y) * width + from.x + x]);
    }
  }
  return values;
}

function kernelOf(network, unit, index) {
  const { table } = network.architecture[unit.layer];
  const k2 = network.kernel ** 2;
  let first = index;
  for (let map = 0; map < unit.map; map += 1) first += table[map].length;
  return Array.from(network.tensors[`${unit.layer}.weight`].subarray(first * k2, (first + 1) * k2));
}

const dot = (a, b) => a.reduce((sum, value, k) => sum + value * b[k], 0);
const row = (tensor, index, length) => Array.from(tensor.subarray(index * length, (index + 1) * length));

// Every number of one unit. kind says which formula: convolution, full, rbf, sum, average, maximum, input.
export function explain(network, looked, unit) {
  const seen = valueOf(network, looked, unit);
  const from = sourcesOf(network, unit);
  if (from === null) return { kind: "input", seen, terms: [], value: seen };
  const told = { from, field: receptiveField(unit), seen, squash: squashOf(network, unit.layer) };
  if (unit.layer[0] === "s") return subsampled(network, looked, unit, told);
  let terms;
  if (from.side) {
    terms = from.maps.map((map, k) => {
      const inputs = patch(network, looked, from, map);
      const weights = kernelOf(network, unit, k);
      return { map, inputs, weights, side: from.side, sum: dot(inputs, weights) };
    });
  } else {
    const inputs = Array.from(looked.maps[from.layer]);
    const rbf = unit.layer === "output" && network.rbf;
    const weights = row(network.tensors[rbf ? "rbf.codes" : `${unit.layer}.weight`], unit.map, inputs.length);
    const squares = inputs.map((x, k) => (x - weights[k]) ** 2);
    terms = [{
      map: null,
      inputs,
      weights,
      squares,
      side: 0,
      sum: rbf ? squares.reduce((a, b) => a + b, 0) : dot(inputs, weights),
    }];
    if (rbf) return { ...told, kind: "rbf", terms, value: terms[0].sum };
  }
  const sum = terms.reduce((total, term) => total + term.sum, 0);
  const bias = network.tensors[`${unit.layer}.bias`][unit.map];
  const kind = from.side ? "convolution" : "full";
  if (network.architecture[unit.layer].squash === "softmax") {
    return softmax(network, { ...told, kind, terms, sum, bias });
  }
  return { ...told, kind, terms, sum, bias, a: sum + bias, value: squash(told.squash, sum + bias) };
}

function subsampled(network, looked, unit, told) {
  const inputs = patch(network, looked, told.from, unit.map);
  const terms = [{ map: unit.map, inputs, weights: null, side: told.from.side }];
  const { kind } = network.architecture[unit.layer];
  if (kind === "maximum") return { ...told, kind, terms, value: Math.max(...inputs) };
  const sum = inputs.reduce((a, b) => a + b, 0) / (kind === "average" ? inputs.length : 1);
  const coefficient = network.tensors[`${unit.layer}.coefficient`][unit.map];
  const bias = network.tensors[`${unit.layer}.bias`][unit.map];
  const a = coefficient * sum + bias;
  return { ...told, kind, terms, sum, coefficient, bias, a, value: squash(told.squash, a) };
}

function softmax(network, told) {
  const inputs = told.terms[0].inputs;
  const sums = network.classes.map((_, k) =>
    dot(inputs, row(network.tensors["output.weight"], k, inputs.length)) + network.tensors["output.bias"][k]
  );
  const a = told.sum + told.bias;
  const all = sums.reduce((total, other) => total + Math.exp(other - a), 0);
  return { ...told, softmax: true, a, value: 1 / all };
}

// The steps that squashes are made of; a squash is a list of them, as the server has declared it.
const STEPS = { times: (x, c) => c * x, plus: (x, c) => x + c, maximum: Math.max, tanh: Math.tanh };

export function squash(curve, a) {
  return curve.value.reduce((x, [operation, c]) => STEPS[operation](x, c), a);
}

// What stands before and after the sum that is squashed: "1.7159 tanh(0.6667 (" and "))".
export function written(curve, number) {
  let [before, after, sum] = ["", "", true];
  for (const [operation, c] of curve.value) {
    if (operation === "plus") {
      after += c ? ` + ${number(c)}` : "";
      sum ||= c !== 0;
    } else {
      const name = operation === "times"
        ? `${number(c)} `
        : operation === "maximum"
        ? `max(${number(c)}, `
        : `${operation}(`;
      const opened = operation === "times" && sum;
      [before, after] = [name + (opened ? "(" : "") + before, after + (operation !== "times" || opened ? ")" : "")];
      sum = false;
    }
  }
  return [before, after];
}
