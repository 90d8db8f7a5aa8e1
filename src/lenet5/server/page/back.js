// The way back of one picture: the loss, the error at every unit, the gradient of every parameter, its second
// derivative h and its step ε (eq. 21), and the products that each of them is made of.

import { throughSquash } from "./layers.js";
import { lossesOf } from "./losses.js";
import { likeParameters } from "./machine.js";
import { look, scaled } from "./network.js";

const AT_ONCE = 8; // milliseconds of computing, before the page may do something else
export const MU = 0.02; // keeps a step finite where the curvature is small (eq. 21)
export const RUBBISH = 5; // j of eq. 9: the paper gives no number, the package's recipe takes this one
export const ETAS = [0.0005, 0.0002, 0.0001, 0.00005, 0.00001]; // the global steps of the paper's passes

// looked: what the units answer. wanted: the right class. loss: its name.
export function goBack(network, looked, wanted, loss) {
  const { machine, tensors } = network;
  const by = likeParameters(tensors);
  machine.forward(tensors, looked.maps.input);
  const e = machine.backward(tensors, by, { loss: lossesOf(network)[loss], right: wanted, j: RUBBISH, toInput: true });
  const kept = (of) => Object.fromEntries(Object.entries(of).map(([name, values]) => [name, values.slice()]));
  const errors = kept(machine.byA);
  errors.input = machine.byO.input.slice();
  if (network.rbf) errors.output = machine.byO.output.slice();
  return { loss: e, by, byA: errors, byO: kept(machine.byO), looked };
}

// h_kk: the second derivatives, summed over the connections that share a weight, averaged over pictures (eqs. 23 to 27).
// Other work of the page goes on meanwhile.
export async function curvature(network, pictures, labels, loss) {
  const { machine, tensors } = network;
  const h = likeParameters(tensors);
  const squares = Object.fromEntries(Object.entries(tensors).map(([name, w]) => [name, w.map((x) => x * x)]));
  const how = { loss: lossesOf(network)[loss], j: RUBBISH, power: 2 };
  let since = performance.now();
  for (let k = 0; k < pictures.length; k += 1) {
    if (performance.now() - since > AT_ONCE) {
      await new Promise((done) => setTimeout(done));
      since = performance.now();
    }
    machine.forward(tensors, scaled(network, pictures[k]));
    machine.backward(squares, h, { ...how, right: labels[k] });
  }
  for (const values of Object.values(h)) values.forEach((sum, k) => (values[k] = sum / pictures.length));
  return h;
}

// The network after w − ε ∂E/∂w for each parameter (eq. 18), with ε = η / (μ + h).
export function stepped(network, by, h, eta) {
  const tensors = { ...network.tensors };
  for (const name of Object.keys(by)) {
    tensors[name] = Object.assign(
      network.tensors[name].map((w, k) => w - (eta / (MU + h[name][k])) * by[name][k]),
      { shape: network.tensors[name].shape },
    );
  }
  return { ...network, tensors };
}

// The answer of a network to what was looked at before: {name, penalties, loss}.
export function answerOf(network, looked, wanted, loss) {
  const { penalties } = look(network, looked.maps.input);
  return {
    name: network.classes[penalties.indexOf(Math.min(...penalties))],
    distance: penalties[wanted],
    loss: goBack(network, looked, wanted, loss).loss,
  };
}

const slopeAt = (squash, o) => {
  const out = new Float64Array(1);
  throughSquash(squash.slope, Float64Array.of(o), Float64Array.of(1), out, 1);
  return out[0];
};

// The error at a unit: ∂E/∂x as a sum over what the unit gives to, then times f'(a).
// {terms: [{from, weight, error}], sum, slope, error}; a term without a weight is the loss's own slope.
export function explainError(network, back, unit) {
  const { name, at } = { name: unit.layer, at: placeOf(network, unit) };
  const squash = network.squashes[network.architecture[name]?.squash] ?? network.squashes.none;
  const terms = consumers(network, back, unit);
  const sum = terms.reduce((total, { weight, error }) => total + weight * error, 0);
  const squashed = name !== "input" && name !== "output";
  return {
    terms,
    sum,
    slope: squashed ? slopeAt(squash, back.looked.maps[name][at]) : 1,
    seen: name === "output" ? back.byA.output[at] : back.byO[name][at],
    error: back.byA[name][at],
  };
}

export const placeOf = (network, { layer, map, x, y }) =>
  map * network.layer[layer].size + y * network.layer[layer].width + x;

function consumers(network, back, unit) {
  const next = { input: "c1", c1: "s2", s2: "c3", c3: "s4", s4: "c5", c5: "f6", f6: "output" }[unit.layer];
  if (!next) return [];
  if (next === "c1" || next === "c3") return windows(network, back, unit, next);
  if (next[0] === "s") return pooledInto(network, back, unit, next);
  const inputs = back.looked.maps[unit.layer].length;
  const at = placeOf(network, unit);
  const rbf = next === "output" && network.rbf;
  const weights = network.tensors[rbf ? "rbf.codes" : `${next}.weight`];
  return Array.from(back.byA[next], (error, i) => {
    const weight = weights[i * inputs + at];
    const from = next === "output" ? `OUTPUT ${network.classes[i]}` : `${next.toUpperCase()} ${i}`;
    return { from, weight: rbf ? 2 * (back.looked.maps.f6[at] - weight) : weight, error };
  });
}

function windows(network, back, unit, next) {
  const { width, height, size } = network.layer[next];
  const weights = network.tensors[`${next}.weight`];
  const terms = [];
  let kernel = 0;
  network.architecture[next].table.forEach((sources, map) =>
    sources.forEach((source) => {
      for (let tap = 0; source === unit.map && tap < 25; tap += 1) {
        const [x, y] = [unit.x - (tap % 5), unit.y - Math.floor(tap / 5)];
        if (x < 0 || y < 0 || x >= width || y >= height) continue;
        const error = back.byA[next][map * size + y * width + x];
        terms.push({ from: `${next.toUpperCase()} ${map} (${y}, ${x})`, weight: weights[kernel * 25 + tap], error });
      }
      kernel += 1;
    })
  );
  return terms;
}

function pooledInto(network, back, unit, next) {
  const { width, height, size } = network.layer[next];
  const [x, y] = [unit.x >> 1, unit.y >> 1];
  if (x >= width || y >= height) return [];
  const { kind } = network.architecture[next];
  const at = unit.map * size + y * width + x;
  const from = `${next.toUpperCase()} ${unit.map} (${y}, ${x})`;
  if (kind === "maximum") {
    const taken = back.byO[unit.layer][placeOf(network, unit)] !== 0;
    return [{ from, weight: taken ? 1 : 0, error: back.byA[next][at] }];
  }
  const share = kind === "average" ? 0.25 : 1;
  return [{ from, weight: share * network.tensors[`${next}.coefficient`][unit.map], error: back.byA[next][at] }];
}

// The parameters that a unit's map has: [{tensor, from, side, first, count}], one for each kernel or row of weights.
export function parametersOf(network, { layer, map }) {
  const has = (part) => network.tensors[`${layer}.${part}`];
  const groups = [];
  if (layer === "c1" || layer === "c3") {
    const { table } = network.architecture[layer];
    const first = table.slice(0, map).flat().length;
    const below = layer === "c1" ? "" : "S2 ";
    table[map].forEach((source, k) =>
      groups.push({
        tensor: `${layer}.weight`,
        from: below + (below ? source : ""),
        side: 5,
        first: (first + k) * 25,
        count: 25,
      })
    );
  } else if (has("weight")) {
    const count = has("weight").length / network.layer[layer].maps;
    groups.push({ tensor: `${layer}.weight`, from: "", side: layer === "c5" ? 25 : 20, first: map * count, count });
  }
  if (has("coefficient")) groups.push({ tensor: `${layer}.coefficient`, from: "", side: 1, first: map, count: 1 });
  if (has("bias")) groups.push({ tensor: `${layer}.bias`, from: "", side: 1, first: map, count: 1 });
  return groups;
}

// What a gradient is made of: [{from, x, error}], a product for each place that the parameter serves (eq. 19).
export function explainGradient(network, back, { layer, map }, tensor, index) {
  const { size, width } = network.layer[layer];
  const { maps } = back.looked;
  const places = Array.from({ length: size }, (_, k) => ({
    from: `${layer.toUpperCase()} ${map}${size > 1 ? ` (${Math.floor(k / width)}, ${k % width})` : ""}`,
    error: back.byA[layer][map * size + k],
    x: 1,
    k,
  }));
  const part = tensor.split(".")[1];
  if (part === "bias") return places;
  const below = network.layers[network.layers.findIndex((other) => other.name === layer) - 1];
  if (part === "coefficient") {
    const share = network.architecture[layer].kind === "average" ? 0.25 : 1;
    return places.map((place) => {
      const at = map * below.size + 2 * Math.floor(place.k / width) * below.width + 2 * (place.k % width);
      const four = [at, at + 1, at + below.width, at + below.width + 1].map((n) => maps[below.name][n]);
      return { ...place, x: share * four.reduce((a, b) => a + b, 0) };
    });
  }
  if (layer === "c1" || layer === "c3") {
    const source = network.architecture[layer].table.flat()[Math.floor(index / 25)];
    const [tx, ty] = [index % 5, Math.floor((index % 25) / 5)];
    return places.map((place) => {
      const [x, y] = [(place.k % width) + tx, Math.floor(place.k / width) + ty];
      return { ...place, x: maps[below.name][source * below.size + y * below.width + x] };
    });
  }
  const inputs = maps[below.name].length;
  return [{ ...places[0], x: maps[below.name][index % inputs] }];
}
