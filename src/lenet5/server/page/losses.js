// The losses, by name and output layer: E, its slope and its curvature for one picture, as in reference.py.
//
// z is what the output layer holds before its own squash: RBF distances y or weighted sums a. `right` is the right
// class D. slope and second are written; second is by z where z is a weighted sum, and one constant, by F6's outputs,
// for RBF units.

import { walk } from "./layers.js";

// log(e^−j + Σ e^z); without j, −Infinity, log Σ e^z.
function logSumExp(z, sign, j) {
  let most = -j;
  for (let k = 0; k < z.length; k += 1) most = Math.max(most, sign * z[k]);
  let sum = Math.exp(-j - most);
  for (let k = 0; k < z.length; k += 1) sum += Math.exp(sign * z[k] - most);
  return most + Math.log(sum);
}

// E = y_D, the distance to the code of the right class (eq. 8).
function distance(y, right, _j, slope, second) {
  slope.fill(0);
  slope[right] = 1;
  second.fill(2);
  return y[right];
}

// E = y_D + log(e^−j + Σ_i e^−y_i), D among the i (eq. 9).
function mapCriterion(y, right, j, slope, second) {
  const all = logSumExp(y, -1, j);
  for (let k = 0; k < y.length; k += 1) slope[k] = (k === right ? 1 : 0) - Math.exp(-y[k] - all);
  second.fill(1); // Not in the paper: the exact curvature can be negative; the authors' own code takes 1 in its place.
  return y[right] + all;
}

// E = −log p_D, p = softmax(a).
function softmaxCrossEntropy(a, right, _j, slope, second) {
  const all = logSumExp(a, 1, Infinity);
  for (let k = 0; k < a.length; k += 1) {
    const p = Math.exp(a[k] - all);
    slope[k] = p - (k === right ? 1 : 0);
    second[k] = p * (1 - p);
  }
  return all - a[right];
}

// E = −Σ_i t log o + (1 − t) log(1 − o), every unit for itself.
function logisticCrossEntropy(a, right, _j, slope, second) {
  let sum = 0;
  for (let k = 0; k < a.length; k += 1) {
    const o = 1 / (1 + Math.exp(-a[k]));
    const t = k === right ? 1 : 0;
    sum += Math.max(a[k], 0) + Math.log1p(Math.exp(-Math.abs(a[k]))) - t * a[k];
    slope[k] = o - t;
    second[k] = o * (1 - o);
  }
  return sum;
}

// E = ½ Σ_i (o_i − target_i)², targets as the squash has them.
const squaredError = ({ value, slope: chain, targets }) => (a, right, _j, slope, second) => {
  const o = Float64Array.from(a);
  walk(value, o);
  second.set(o);
  walk(chain, second);
  let sum = 0;
  for (let k = 0; k < a.length; k += 1) {
    const error = o[k] - targets[k === right ? 1 : 0];
    sum += 0.5 * error ** 2;
    slope[k] = error * second[k];
  }
  walk([["square"]], second);
  return sum;
};

// The losses that a network can learn by, by name.
export function lossesOf(network) {
  if (network.rbf) {
    return {
      mse: distance,
      map: mapCriterion,
      cross_entropy: (y, d, _j, ...out) => mapCriterion(y, d, Infinity, ...out),
    };
  }
  const { squash } = network.architecture.output;
  const losses = {};
  if (squash === "softmax") losses.cross_entropy = softmaxCrossEntropy;
  if (squash === "logistic") losses.cross_entropy = logisticCrossEntropy;
  if (network.squashes[squash]) losses.mse = squaredError(network.squashes[squash]);
  return losses;
}
