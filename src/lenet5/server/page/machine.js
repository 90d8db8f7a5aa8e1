// One picture through the seven layers, and its error back: the network computed in the browser, exact to the paper.
//
// A machine has its room once, and computes for one network as often as asked. Every number is a 64-bit float.

import {
  convolve,
  convolveBackToInputs,
  convolveBackToWeights,
  maximumBack,
  measure,
  measureBack,
  pool,
  subsample,
  subsampleBack,
  throughSquash,
  walk,
  weigh,
  weighBack,
} from "./layers.js";

const room = (size) => new Float64Array(size);

// What is drawn from a network's description for one layer, so that loops need not look it up.
function planned(network, name, below) {
  const layer = network.layer[name];
  const told = network.architecture[name];
  const squash = network.squashes[told.squash] ?? network.squashes.none;
  const plan = { name, maps: layer.maps, width: layer.width, height: layer.height, below, kind: told.kind, squash };
  if (name === "c1" || name === "c3") {
    plan.first = Int32Array.from({ length: layer.maps + 1 }, (_, m) => told.table.slice(0, m).flat().length);
    plan.source = Int32Array.from(told.table.flat());
  }
  plan.size = layer.maps * layer.size;
  return plan;
}

export function makeMachine(network) {
  const names = ["c1", "s2", "c3", "s4", "c5", "f6", "output"];
  const plans = { input: { ...network.layer.input, size: network.side ** 2 } };
  names.forEach((name, k) => {
    plans[name] = planned(network, name, plans[["input", ...names][k]]);
  });
  const { c1, s2, c3, s4, c5, f6, output } = plans;
  const each = (of) => Object.fromEntries(Object.keys(plans).map((name) => [name, of(plans[name])]));
  const o = each((plan) => room(plan.size)); // what every unit answers
  const pooled = { s2: room(s2.size), s4: room(s4.size) };
  const sums = room(output.size); // what the output holds before its squash
  const byO = each((plan) => room(plan.size)); // the derivative by what every unit answers …
  const byA = each((plan) => room(plan.size)); // … and by the sum that it squashes
  const slope = room(output.size);
  const second = room(output.size);
  const squared = each((plan) => room(plan.size));
  const squaredPooled = { s2: room(s2.size), s4: room(s4.size) };

  // The tensors of a layer, of one set of parameters: {weight, bias} or {coefficient, bias}.
  const own = (tensors, name) => ({
    weight: tensors[`${name}.weight`],
    coefficient: tensors[`${name}.coefficient`],
    bias: tensors[`${name}.bias`],
  });

  function convolution(plan, tensors, x) {
    const { weight, bias } = own(tensors, plan.name);
    convolve(plan, weight, bias, x, o[plan.name]);
    walk(plan.squash.value, o[plan.name]);
  }

  function subsampling(plan, tensors, x) {
    pool(plan, x, pooled[plan.name]);
    if (plan.kind === "maximum") {
      o[plan.name].set(pooled[plan.name]);
      return;
    }
    const { coefficient, bias } = own(tensors, plan.name);
    subsample(plan, coefficient, bias, pooled[plan.name], o[plan.name]);
    walk(plan.squash.value, o[plan.name]);
  }

  function full(plan, tensors, x) {
    const { weight, bias } = own(tensors, plan.name);
    weigh(plan.maps, x.length, weight, bias, x, o[plan.name]);
  }

  // x: 32×32 in the paper's scale. Answers are in `o`, the output's sums in `sums`.
  function forward(tensors, x) {
    o.input.set(x);
    convolution(c1, tensors, o.input);
    subsampling(s2, tensors, o.c1);
    convolution(c3, tensors, o.s2);
    subsampling(s4, tensors, o.c3);
    full(c5, tensors, o.s4);
    walk(c5.squash.value, o.c5);
    full(f6, tensors, o.c5);
    walk(f6.squash.value, o.f6);
    if (network.rbf) {
      measure(output.maps, f6.size, tensors["rbf.codes"], o.f6, o.output);
      sums.set(o.output);
      return;
    }
    full(output, tensors, o.f6);
    sums.set(o.output);
    if (network.architecture.output.squash === "softmax") softmax(o.output);
    else walk(output.squash.value, o.output);
  }

  // After `forward`: the loss, and what it has by every unit (byO, byA) and parameter, which is added to `by`.
  // Power 2 gives second derivatives, and takes the tensors with every number squared. `toInput` goes on to the picture.
  function backward(tensors, by, { loss, right, j, power = 1, toInput = false }) {
    const e = loss(sums, right, j, slope, second);
    const x = power === 1 ? o : squared;
    const p = power === 1 ? pooled : squaredPooled;
    if (power === 2) {
      for (const name in o) square(o[name], squared[name]);
      for (const name in pooled) square(pooled[name], squaredPooled[name]);
    }
    const { codes } = { codes: tensors["rbf.codes"] };
    if (!network.rbf) {
      byA.output.set(power === 1 ? slope : second);
      weighBack(output.maps, f6.size, own(tensors, "output").weight, x.f6, byA.output, byO.f6, own(by, "output"));
    } else {
      byO.output.set(slope);
      if (power === 1) measureBack(output.maps, f6.size, codes, o.f6, slope, byO.f6);
      else byO.f6.fill(second[0]);
    }
    fullBack(f6, tensors, x.c5, "c5", by, power);
    fullBack(c5, tensors, x.s4, "s4", by, power);
    subsamplingBack(s4, tensors, o.c3, p.s4, "c3", by, power);
    convolutionBack(c3, tensors, x.s2, "s2", by, power, true);
    subsamplingBack(s2, tensors, o.c1, p.s2, "c1", by, power);
    convolutionBack(c1, tensors, x.input, "input", by, power, toInput);
    return e;
  }

  function fullBack(plan, tensors, x, below, by, power) {
    const { name } = plan;
    throughSquash(plan.squash.slope, o[name], byO[name], byA[name], power);
    weighBack(plan.maps, x.length, own(tensors, name).weight, x, byA[name], byO[below], own(by, name));
  }

  function subsamplingBack(plan, tensors, x, p, below, by, power) {
    const { name } = plan;
    if (plan.kind === "maximum") {
      byA[name].set(byO[name]);
      maximumBack(plan, x, pooled[name], byO[name], byO[below]);
      return;
    }
    throughSquash(plan.squash.slope, o[name], byO[name], byA[name], power);
    subsampleBack(plan, own(tensors, name).coefficient, p, byA[name], byO[below], own(by, name), power);
  }

  function convolutionBack(plan, tensors, x, below, by, power, on) {
    const { name } = plan;
    throughSquash(plan.squash.slope, o[name], byO[name], byA[name], power);
    convolveBackToWeights(plan, x, byA[name], own(by, name));
    if (on) convolveBackToInputs(plan, own(tensors, name).weight, byA[name], byO[below]);
  }

  return { forward, backward, o, sums, byO, byA };
}

function square(from, to) {
  for (let k = 0; k < from.length; k += 1) to[k] = from[k] * from[k];
}

function softmax(values) {
  const most = Math.max(...values);
  let sum = 0;
  for (let k = 0; k < values.length; k += 1) sum += values[k] = Math.exp(values[k] - most);
  for (let k = 0; k < values.length; k += 1) values[k] /= sum;
}

// One penalty a class, the smallest wins: RBF distances, or −log p of a full output, from the output's sums.
export function penaltiesOf(network, sums) {
  if (network.rbf) return Float64Array.from(sums);
  const { squash } = network.architecture.output;
  const score = Float64Array.from(sums);
  if (squash === "logistic") {
    for (let k = 0; k < score.length; k += 1) {
      score[k] = -(Math.max(-sums[k], 0) + Math.log1p(Math.exp(-Math.abs(sums[k]))));
    }
  } else if (squash !== "softmax") walk(network.squashes[squash].value, score);
  const most = Math.max(...score);
  const all = most + Math.log(score.reduce((sum, s) => sum + Math.exp(s - most), 0));
  return score.map((s) => all - s);
}

// e^−penalty over its sum; the sharpness multiplies penalties first.
export function probabilitiesOf(penalties, sharpness = 1) {
  const least = Math.min(...penalties);
  const share = penalties.map((p) => Math.exp(sharpness * (least - p)));
  const sum = share.reduce((a, b) => a + b, 0);
  return share.map((p) => p / sum);
}

// Room for one number for every parameter, shaped and named as the network's own; the codes are no parameters.
export function likeParameters(tensors) {
  const names = Object.keys(tensors).filter((name) => name !== "rbf.codes");
  return Object.fromEntries(names.map((name) => [name, room(tensors[name].length)]));
}
