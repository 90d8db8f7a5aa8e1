// The four kinds of layers, each with its way forward and its way back, as in the package's reference.py.
//
// Going back, power 1 carries the gradient and power 2 the diagonal second derivative of appendix C, which is the
// same with every factor squared (eqs. 25 and 27): the caller hands in squares of x and of the weights. What comes
// back for the parameters is added to `by`, what comes back for the layer below is written.

// The steps that squashes and their slopes are made of; each is walked over a whole layer.
const STEPS = {
  times(values, c) {
    for (let k = 0; k < values.length; k += 1) values[k] *= c;
  },
  plus(values, c) {
    for (let k = 0; k < values.length; k += 1) values[k] += c;
  },
  maximum(values, c) {
    for (let k = 0; k < values.length; k += 1) if (!(values[k] > c)) values[k] = c;
  },
  // The exponential is three times as quick as Math.tanh, and as exact to 1e-15.
  tanh(values) {
    for (let k = 0; k < values.length; k += 1) values[k] = 1 - 2 / (Math.exp(2 * values[k]) + 1);
  },
  square(values) {
    for (let k = 0; k < values.length; k += 1) values[k] *= values[k];
  },
  above(values, c) {
    for (let k = 0; k < values.length; k += 1) values[k] = values[k] > c ? 1 : 0;
  },
  constant(values, c) {
    values.fill(c);
  },
};

export function walk(chain, values) {
  for (const [step, c] of chain) STEPS[step](values, c);
}

// What arrives at the sums a, from what arrives at the outputs o: times the slope f'(a), to the power.
export function throughSquash(slope, o, byO, byA, power) {
  byA.set(o);
  walk(slope, byA);
  if (power === 2) walk([["square"]], byA);
  for (let k = 0; k < byA.length; k += 1) byA[k] *= byO[k];
}

// ---- C: convolution, 5×5. `source[p]` is the map that kernel p looks at; map m has the kernels first[m] to
// first[m + 1].

export function convolve({ maps, first, source, below, width, height }, weight, bias, x, a) {
  const size = width * height;
  const belowSize = below.width * below.height;
  for (let m = 0; m < maps; m += 1) {
    a.fill(bias[m], m * size, (m + 1) * size);
    for (let p = first[m]; p < first[m + 1]; p += 1) {
      for (let row = 0; row < 5; row += 1) {
        const w = p * 25 + row * 5;
        const w0 = weight[w];
        const w1 = weight[w + 1];
        const w2 = weight[w + 2];
        const w3 = weight[w + 3];
        const w4 = weight[w + 4];
        for (let y = 0; y < height; y += 1) {
          const at = source[p] * belowSize + (y + row) * below.width;
          const out = m * size + y * width;
          let x0 = x[at];
          let x1 = x[at + 1];
          let x2 = x[at + 2];
          let x3 = x[at + 3];
          for (let k = 0; k < width; k += 1) {
            const x4 = x[at + 4 + k];
            a[out + k] += w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3 + w4 * x4;
            x0 = x1;
            x1 = x2;
            x2 = x3;
            x3 = x4;
          }
        }
      }
    }
  }
}

// A weight serves every place of its map, so its derivatives are summed over the places (eqs. 19 and 23).
export function convolveBackToWeights({ maps, first, source, below, width, height }, x, byA, by) {
  const size = width * height;
  const belowSize = below.width * below.height;
  for (let m = 0; m < maps; m += 1) {
    let sum = 0;
    for (let k = m * size; k < (m + 1) * size; k += 1) sum += byA[k];
    by.bias[m] += sum;
    for (let p = first[m]; p < first[m + 1]; p += 1) {
      for (let row = 0; row < 5; row += 1) {
        let g0 = 0;
        let g1 = 0;
        let g2 = 0;
        let g3 = 0;
        let g4 = 0;
        for (let y = 0; y < height; y += 1) {
          const at = source[p] * belowSize + (y + row) * below.width;
          const out = m * size + y * width;
          let x0 = x[at];
          let x1 = x[at + 1];
          let x2 = x[at + 2];
          let x3 = x[at + 3];
          for (let k = 0; k < width; k += 1) {
            const x4 = x[at + 4 + k];
            const g = byA[out + k];
            g0 += g * x0;
            g1 += g * x1;
            g2 += g * x2;
            g3 += g * x3;
            g4 += g * x4;
            x0 = x1;
            x1 = x2;
            x2 = x3;
            x3 = x4;
          }
        }
        const w = p * 25 + row * 5;
        by.weight[w] += g0;
        by.weight[w + 1] += g1;
        by.weight[w + 2] += g2;
        by.weight[w + 3] += g3;
        by.weight[w + 4] += g4;
      }
    }
  }
}

// A pixel gave to the unit k before it through tap k, and takes from it through tap k.
export function convolveBackToInputs({ maps, first, source, below, width, height }, weight, byA, byX) {
  const size = width * height;
  const belowSize = below.width * below.height;
  byX.fill(0);
  for (let m = 0; m < maps; m += 1) {
    for (let p = first[m]; p < first[m + 1]; p += 1) {
      for (let row = 0; row < 5; row += 1) {
        const w = p * 25 + row * 5;
        const w0 = weight[w];
        const w1 = weight[w + 1];
        const w2 = weight[w + 2];
        const w3 = weight[w + 3];
        const w4 = weight[w + 4];
        for (let y = 0; y < height; y += 1) {
          const at = source[p] * belowSize + (y + row) * below.width;
          const out = m * size + y * width;
          let a1 = 0;
          let a2 = 0;
          let a3 = 0;
          let a4 = 0;
          for (let k = 0; k < width; k += 1) {
            const a0 = byA[out + k];
            byX[at + k] += w0 * a0 + w1 * a1 + w2 * a2 + w3 * a3 + w4 * a4;
            a4 = a3;
            a3 = a2;
            a2 = a1;
            a1 = a0;
          }
          const end = at + width;
          byX[end] += w1 * a1 + w2 * a2 + w3 * a3 + w4 * a4;
          byX[end + 1] += w2 * a1 + w3 * a2 + w4 * a3;
          byX[end + 2] += w3 * a1 + w4 * a2;
          byX[end + 3] += w4 * a1;
        }
      }
    }
  }
}

// ---- S: subsampling, 2×2. `pooled` is the sum of four, its mean, or the largest.

export function pool({ kind, maps, below, width, height }, x, pooled) {
  const share = kind === "average" ? 0.25 : 1;
  for (let m = 0, k = 0; m < maps; m += 1) {
    for (let y = 0; y < height; y += 1) {
      let at = (m * below.height + 2 * y) * below.width;
      for (let column = 0; column < width; column += 1, k += 1, at += 2) {
        const a = x[at];
        const b = x[at + 1];
        const c = x[at + below.width];
        const d = x[at + below.width + 1];
        pooled[k] = kind === "maximum" ? Math.max(a, b, c, d) : share * (a + b + c + d);
      }
    }
  }
}

export function subsample({ maps, width, height }, coefficient, bias, pooled, a) {
  for (let m = 0, k = 0; m < maps; m += 1) {
    for (const end = k + width * height; k < end; k += 1) a[k] = coefficient[m] * pooled[k] + bias[m];
  }
}

// The coefficient's input is the sum as a whole, as in the authors' own code.
export function subsampleBack({ kind, maps, below, width, height }, coefficient, pooled, byA, byX, by, power) {
  const share = (kind === "average" ? 0.25 : 1) ** power;
  for (let m = 0, k = 0; m < maps; m += 1) {
    const factor = share * coefficient[m];
    let sum = 0;
    let sumOfProducts = 0;
    for (let y = 0; y < height; y += 1) {
      let at = (m * below.height + 2 * y) * below.width;
      for (let column = 0; column < width; column += 1, k += 1, at += 2) {
        sum += byA[k];
        sumOfProducts += byA[k] * pooled[k];
        byX[at] =
          byX[at + 1] =
          byX[at + below.width] =
          byX[at + below.width + 1] =
            factor * byA[k];
      }
    }
    by.bias[m] += sum;
    by.coefficient[m] += sumOfProducts;
  }
}

// The largest takes all; of equals the first, row by row.
export function maximumBack({ maps, below, width, height }, x, pooled, byO, byX) {
  byX.fill(0);
  for (let m = 0, k = 0; m < maps; m += 1) {
    for (let y = 0; y < height; y += 1) {
      let at = (m * below.height + 2 * y) * below.width;
      for (let column = 0; column < width; column += 1, k += 1, at += 2) {
        const places = [at, at + 1, at + below.width, at + below.width + 1];
        byX[places.find((place) => x[place] === pooled[k])] = byO[k];
      }
    }
  }
}

// ---- F: full connection, and C5, whose kernels cover all of S4.

export function weigh(units, inputs, weight, bias, x, a) {
  for (let i = 0, at = 0; i < units; i += 1, at += inputs) {
    let s0 = bias[i];
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let j = 0;
    for (; j + 3 < inputs; j += 4) {
      s0 += weight[at + j] * x[j];
      s1 += weight[at + j + 1] * x[j + 1];
      s2 += weight[at + j + 2] * x[j + 2];
      s3 += weight[at + j + 3] * x[j + 3];
    }
    for (; j < inputs; j += 1) s0 += weight[at + j] * x[j];
    a[i] = s0 + s1 + s2 + s3;
  }
}

export function weighBack(units, inputs, weight, x, byA, byX, by) {
  const byW = by.weight;
  byX.fill(0);
  for (let i = 0, at = 0; i < units; i += 1, at += inputs) {
    const g = byA[i];
    by.bias[i] += g;
    for (let j = 0; j < inputs; j += 1) {
      byW[at + j] += g * x[j];
      byX[j] += g * weight[at + j];
    }
  }
}

// ---- OUTPUT: Euclidean RBF, y_i = Σ_j (x_j − w_ij)² (eq. 7).

export function measure(units, inputs, codes, x, y) {
  for (let i = 0, at = 0; i < units; i += 1, at += inputs) {
    let sum = 0;
    for (let j = 0; j < inputs; j += 1) sum += (x[j] - codes[at + j]) ** 2;
    y[i] = sum;
  }
}

export function measureBack(units, inputs, codes, x, byY, byX) {
  byX.fill(0);
  for (let i = 0, at = 0; i < units; i += 1, at += inputs) {
    for (let j = 0; j < inputs; j += 1) byX[j] += byY[i] * 2 * (x[j] - codes[at + j]);
  }
}
