// Changes of a digit that test how robust the network is (III-E, Figure 13): the same as the package's
// kernels/distortion.py and server/trials.py make, where the reasons of each number stand.

import { resized, rounded } from "./normalise.js";

const [SIDE, INNER, FRAME] = [32, 28, 2];
const CENTRE = (SIDE - 1) / 2;

// Where a pixel came from when the picture was scaled, sheared and moved, then turned, about its centre.
function backward({ scale, squeeze, shear, rotation, shift_x: dx, shift_y: dy }) {
  const [a, d] = [scale * squeeze, scale / squeeze];
  const k = (shear * d) / (a * d);
  const [cos, sin] = [Math.cos((rotation * Math.PI) / 180), Math.sin((rotation * Math.PI) / 180)];
  return [cos / a + k * sin, sin / a - k * cos, k * dy - dx / a, -sin / d, cos / d, -dy / d];
}

// Bilinear; what lies outside of the picture is paper, as its border is.
function sample(x, [xx, xy, x0, yx, yy, y0]) {
  const most = SIDE - 1.001;
  const out = new Float64Array(SIDE * SIDE);
  for (let k = 0; k < out.length; k += 1) {
    const [u, v] = [(k % SIDE) - CENTRE, Math.floor(k / SIDE) - CENTRE];
    const px = Math.min(Math.max(xx * u + xy * v + x0 + CENTRE, 0), most);
    const py = Math.min(Math.max(yx * u + yy * v + y0 + CENTRE, 0), most);
    const [fx, fy] = [px - Math.floor(px), py - Math.floor(py)];
    const at = Math.floor(py) * SIDE + Math.floor(px);
    const above = x[at] + fx * (x[at + 1] - x[at]);
    const below = x[at + SIDE] + fx * (x[at + SIDE + 1] - x[at + SIDE]);
    out[k] = above + fy * (below - above);
  }
  return out;
}

// Each pixel moves towards the darkest, or the lightest, of itself and its four neighbours, by this share of the way.
function thicken(x, thickness) {
  const [share, sign] = [Math.abs(thickness), Math.sign(thickness)];
  const out = x.slice();
  for (let k = SIDE; k < SIDE * (SIDE - 1); k += 1) {
    if (k % SIDE === 0 || k % SIDE === SIDE - 1) continue;
    const far = Math.max(...[k, k - SIDE, k + SIDE, k - 1, k + 1].map((n) => sign * x[n]));
    out[k] = x[k] + share * (sign * far - x[k]);
  }
  return out;
}

// 16 random bits for every pixel, by splitmix64 from seed 0: the same in every browser, and on the server.
let noiseBits = null;
function bits() {
  if (noiseBits) return noiseBits;
  const word = (n) => BigInt.asUintN(64, n);
  const golden = 0x9E3779B97F4A7C15n;
  const mix = (z) => {
    z = word((z ^ (z >> 30n)) * 0xBF58476D1CE4E5B9n);
    z = word((z ^ (z >> 27n)) * 0x94D049BB133111EBn);
    return z ^ (z >> 31n);
  };
  let state = mix(mix(golden));
  noiseBits = new Uint16Array(SIDE * SIDE);
  for (let k = 0; k < noiseBits.length; k += 4) {
    state = word(state + golden);
    let drawn = mix(state);
    for (let part = 0; part < 4; part += 1, drawn >>= 16n) noiseBits[k + part] = Number(drawn & 0xFFFFn);
  }
  return noiseBits;
}

// x: 32×32 in the paper's scale; settings: a number for each change. Gives 32×32 in the paper's scale.
export function changed(network, x, settings) {
  const { paper, ink } = network.scale;
  let out = sample(x, backward(settings));
  if (settings.thickness) out = thicken(out, settings.thickness);
  const threshold = Math.floor(Math.fround(settings.noise) * 65536);
  if (threshold) out = out.map((value, k) => (bits()[k] < threshold ? paper + ink - value : value));
  return out;
}

// ---- Patterns: pictures that people still read as the digit, although no pen makes such strokes.

const each = (picture, of) => picture.map((value, k) => of(value, k % INNER, Math.floor(k / INNER)));
// The pixels that noise of 10 % inverts: a bit for each, in the order of the rows.
const SALT =
  "0020040010000822008800000000800b10040020210000080081042004110400006081000004008800012000040200744020440001" +
  "410802424020408020a824000500200080040010000004102000030004010404008c00084002008000c0012000";
const salted = (k) => (parseInt(SALT.substr((k >> 3) * 2, 2), 16) >> (7 - (k % 8))) & 1;

function outline(picture) {
  const square = (x, y) =>
    [[x, y], [x - 1, y], [x, y - 1], [x - 1, y - 1]].filter(([a, b]) => a >= 0 && b >= 0).map(([a, b]) =>
      picture[b * INNER + a]
    );
  return each(picture, (_, x, y) => Math.max(...square(x, y)) - Math.min(...square(x, y)));
}

function blocks(picture) {
  const small = resized(picture, INNER, INNER, 9, 9).map(rounded);
  return each(picture, (_, x, y) => small[Math.floor((y * 9) / INNER) * 9 + Math.floor((x * 9) / INNER)]);
}

const wrapped = (k) => (k + INNER) % INNER;

export const PATTERNS = {
  salt: (picture) => picture.map((value, k) => (salted(k) ? 255 - value : value)),
  outline,
  dots: (picture) => each(picture, (value, x, y) => (x % 2 || y % 2 ? 0 : value)),
  stripes: (picture) => each(picture, (value, _, y) => (y % 3 < 2 ? value : 0)),
  pieces: (picture) => each(picture, (value, x, y) => (y === 9 || y === 10 || x === 13 || x === 14 ? 0 : value)),
  double: (picture) =>
    each(picture, (value, x, y) => Math.max(value, picture[wrapped(y - 2) * INNER + wrapped(x - 3)])),
  crossed: (picture) => each(picture, (value, x, y) => ((x + y) % 14 ? value : 255)),
  underlined: (picture) => each(picture, (value, x, y) => ((y === 25 || y === 26) && x >= 3 && x < 25 ? 255 : value)),
  framed: (picture) =>
    each(picture, (value, x, y) => (x === 0 || y === 0 || x === INNER - 1 || y === INNER - 1 ? 255 : value)),
  blocks,
  faint: (picture) => picture.map((value) => Math.floor(value / 3)),
  negative: (picture) => picture.map((value) => 255 - value),
};

// 32×32 in the paper's scale, as the 28×28 bytes inside its frame.
export function inkOf(network, x) {
  const { paper, ink } = network.scale;
  return Uint8Array.from(
    x,
    (value) => rounded(255 * Math.min(1, Math.max(0, (value - paper) / (ink - paper)))),
  );
}

export function unframed(bytes) {
  return Uint8Array.from(
    { length: INNER * INNER },
    (_, k) => bytes[(Math.floor(k / INNER) + FRAME) * SIDE + (k % INNER) + FRAME],
  );
}
