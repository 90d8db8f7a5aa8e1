// Learning in the browser, a picture at a time: the recipe of 1998, with a step of its own for each weight
// (appendix C), and plain descent, with one step for all. Runs in a worker; nothing is allocated for a picture.

import { changed } from "./changes.js";
import { lossesOf } from "./losses.js";
import { likeParameters, penaltiesOf } from "./machine.js";
import { scaled } from "./network.js";

const SIZE = 28 * 28;
const MU = 0.02; // keeps a step finite where the curvature is small (eq. 21)
// How many pictures h is estimated on before each pass. The paper takes 500 of 60,000, and with so few as here a fifth
// must do, or the estimate would take longer than the pass.
const curvaturePictures = (total) => Math.min(500, total, Math.max(100, Math.round(total / 5)));
const ETA_1998 = [5e-4, 5e-4, 2e-4, 2e-4, 2e-4, 1e-4, 1e-4, 1e-4, 5e-5, 5e-5, 5e-5, 5e-5, 1e-5]; // the last one stays
// Not in the paper: a tenth of the published steps, j of eq. 9, the start of weights; as in the package's recipe "1998".
const [SHARE, RUBBISH, COEFFICIENT] = [0.1, 5, 0.5];
const BASELINE = 26.4 - 15.5; // of Figure 7's distortions: the row that stays where it is, from the centre

// Random numbers from 0 to 1 from a seed, the same in every browser (mulberry32).
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

// The weights of a network that has learnt nothing: uniform within ±1/√F, F a unit's inputs (appendix A has 2.4/F).
export function firstWeights(network, random) {
  const centred = network.architecture.c1.squash === "logistic"; // Not in the paper, which has tanh alone
  const tensors = {};
  for (const [name, like] of Object.entries(network.tensors)) {
    const [layer, part] = name.split(".");
    const { kind, squash, table } = network.architecture[layer] ?? {};
    const values = new Float64Array(like.length);
    const gain = squash === "logistic" || squash === "softmax" ? 4 : 1; // a logistic's slope at 0 is a quarter
    if (name === "rbf.codes") values.set(like);
    if (part === "coefficient") values.fill((centred ? gain : COEFFICIENT) * (kind === "average" ? 4 : 1));
    if (part === "weight") {
      const kernels = table && layer !== "c5" ? table.flatMap((from) => from.map(() => 25 * from.length)) : null;
      const inputs = like.length / network.layer[layer].maps;
      for (let k = 0; k < values.length; k += 1) {
        const fanIn = kernels ? kernels[Math.floor(k / 25)] : inputs;
        values[k] = gain * (2 * random() - 1) * Math.sqrt((centred ? 3 : 1) / fanIn);
      }
    }
    tensors[name] = Object.assign(values, { shape: like.shape });
  }
  if (centred) centre(network, tensors);
  return tensors;
}

// Logistic units start in the middle of their slope: biases take back the ½ that the units below answer to 0.
function centre(network, tensors) {
  let rest = 0;
  for (const { name, maps } of network.layers.slice(1)) {
    const { kind, squash, table } = network.architecture[name];
    const bias = tensors[`${name}.bias`];
    if (!bias) continue;
    const coefficient = tensors[`${name}.coefficient`];
    const weight = tensors[`${name}.weight`];
    let at = 0;
    for (let m = 0; m < maps; m += 1) {
      const count = coefficient ? 0 : name === "c1" || name === "c3" ? 25 * table[m].length : weight.length / maps;
      let sum = coefficient ? coefficient[m] * (kind === "average" ? 1 : 4) : 0;
      for (const end = at + count; at < end; at += 1) sum += weight[at];
      bias[m] -= rest * sum;
      if (name === "output" && squash === "logistic") bias[m] -= Math.log(maps - 1);
    }
    rest = squash === "logistic" ? 0.5 : 0;
  }
}

// digits: {images, labels, heldOut}. recipe: "1998" or "descent". rate: multiplies the steps of 1998, or is the step.
// distorted: each picture anew, as in Figure 7. start: "scratch", or the network's weights as they are.
export function makeLearner(network, digits, { recipe, rate, distorted = false, start = "scratch", seed = 0 }) {
  const random = randomFrom(seed + 1);
  const { machine } = network;
  if (start === "scratch") network.tensors = firstWeights(network, random);
  const { tensors } = network;
  const losses = lossesOf(network);
  const how = { loss: losses.map ?? losses.cross_entropy ?? losses.mse, j: RUBBISH, right: 0 };
  const second = { ...how, power: 2 };
  const by = likeParameters(tensors);
  const epsilon = likeParameters(tensors);
  const squares = Object.fromEntries(Object.entries(tensors).map(([name, w]) => [name, new Float64Array(w.length)]));
  const names = Object.keys(by);
  const picture = (k) => scaled(network, digits.images.subarray(k * SIZE, (k + 1) * SIZE));
  const total = digits.labels.length - digits.heldOut;
  const pictures = Array.from({ length: digits.labels.length }, (_, k) => picture(k));
  const order = shuffled(total, random); // a constant random order (III-B)
  const told = { pass: 1, done: 0, total, wrong: 0, loss: 0, last: null, passes: [], eta: 0 };
  let spent = 0; // milliseconds of this pass, with the estimate of h and the digits held out
  let wrong = wrongOnes();

  function shuffled(count, draw) {
    const list = Int32Array.from({ length: count }, (_, k) => k);
    for (let k = count - 1; k > 0; k -= 1) {
      const other = Math.floor(draw() * (k + 1));
      [list[k], list[other]] = [list[other], list[k]];
    }
    return list;
  }

  function beginPass() {
    Object.assign(told, { done: 0, wrong: 0, loss: 0 });
    spent = 0;
    if (recipe === "descent") {
      told.eta = rate;
      for (const name of names) epsilon[name].fill(rate);
      return;
    }
    told.eta = ETA_1998[Math.min(told.pass, ETA_1998.length) - 1] * SHARE * rate;
    curvature();
    for (const name of names) {
      const values = epsilon[name];
      for (let k = 0; k < values.length; k += 1) values[k] = told.eta / (MU + values[k]);
    }
  }

  // h_kk into `epsilon`: the mean over some pictures (eqs. 23 to 27).
  function curvature() {
    for (const name in tensors) {
      const [w, square] = [tensors[name], squares[name]];
      for (let k = 0; k < w.length; k += 1) square[k] = w[k] * w[k];
    }
    for (const name of names) epsilon[name].fill(0);
    const count = curvaturePictures(total);
    for (let n = 0; n < count; n += 1) {
      machine.forward(tensors, pictures[order[n]]);
      second.right = digits.labels[order[n]];
      machine.backward(squares, epsilon, second);
    }
    for (const name of names) {
      const values = epsilon[name];
      for (let k = 0; k < values.length; k += 1) values[k] /= count;
    }
  }

  function distortedPicture(k) {
    if (random() < 0.1) return pictures[k];
    const between = (low, high) => low + (high - low) * random();
    const scale = Math.exp(between(Math.log(0.72), Math.log(1.3)));
    const squeeze = Math.exp(between(-Math.log(1.105), Math.log(1.105)));
    return changed(network, pictures[k], {
      scale,
      squeeze,
      shear: between(-0.15, 0.15),
      rotation: 0,
      shift_x: between(-2.4, 2.4),
      shift_y: (1 - scale / squeeze) * BASELINE + between(-2.4, 2.4),
      thickness: 0,
      noise: 0,
    });
  }

  // One picture: forward, back, and w − ε ∂E/∂w for every parameter (eq. 18).
  function one() {
    const k = order[told.done];
    const x = distorted ? distortedPicture(k) : pictures[k];
    how.right = digits.labels[k];
    machine.forward(tensors, x);
    const answer = best();
    told.loss += machine.backward(tensors, by, how);
    if (answer !== how.right) told.wrong += 1;
    for (let n = 0; n < names.length; n += 1) {
      const w = tensors[names[n]];
      const g = by[names[n]];
      const e = epsilon[names[n]];
      for (let i = 0; i < w.length; i += 1) {
        w[i] -= e[i] * g[i];
        g[i] = 0;
      }
    }
    told.done += 1;
    told.last = { index: k, right: how.right, answer, x };
  }

  // The class of the picture that has just gone forward.
  function best() {
    const { sums } = machine;
    let at = 0;
    for (let k = 1; k < sums.length; k += 1) if (network.rbf ? sums[k] < sums[at] : sums[k] > sums[at]) at = k;
    return at;
  }

  // Learn this many pictures, to the end of the pass at most. Gives how many it were.
  function learn(count) {
    const begun = performance.now();
    if (told.done === 0) beginPass();
    const until = Math.min(total, told.done + count);
    const from = told.done;
    while (told.done < until) one();
    const learnt = told.done - from;
    const ended = told.done === total;
    if (ended) wrong = wrongOnes();
    spent += performance.now() - begun;
    if (ended) endPass();
    return learnt;
  }

  function endPass() {
    told.passes.push({
      pass: told.pass,
      train_error: (100 * told.wrong) / total,
      held_out_error: (100 * wrong.length) / digits.heldOut,
      steps: Object.fromEntries(names.map((name) => [name, median(epsilon[name])])),
      milliseconds: spent / total, // a picture
    });
    told.pass += 1;
    told.done = 0;
  }

  // The digits held out that are answered wrongly now: [{index, right, answer}].
  function wrongOnes() {
    const wrong = [];
    for (let k = total; k < digits.labels.length; k += 1) {
      machine.forward(tensors, pictures[k]);
      const answer = best();
      if (answer !== digits.labels[k]) wrong.push({ index: k, right: digits.labels[k], answer });
    }
    return wrong;
  }

  return { learn, wrong: () => wrong, told, tensors, penalties: () => penaltiesOf(network, machine.sums) };
}

function median(values) {
  return Float64Array.from(values).sort()[values.length >> 1];
}
