// A drawn glyph as a picture like MNIST's (III-A): in a box of 20×20, anti-aliased, centred by its mass in 28×28.
//
// The same steps as the package's pictures/normalise.py, which tells the reasons of each number.

const [BOX, FIELD, MIDDLE] = [20, 28, 14];
const [FAINTEST, THIN] = [0.05, 200];

// To the nearest whole number, halves to the even one, as the package rounds.
export function rounded(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

// How much of each pixel of a line of `from` goes into each of `to`: [[[index, share], …], …].
export function shares(from, to) {
  const scale = from / to;
  return Array.from({ length: to }, (_, k) => {
    if (scale <= 1) { // growing: linear between the two nearest, by their centres
      const place = Math.min(Math.max((k + 0.5) * scale - 0.5, 0), from - 1);
      const low = Math.min(Math.floor(place), from - 1);
      return [[low, 1 - (place - low)], [Math.min(low + 1, from - 1), place - low]];
    }
    const [begin, end] = [k * scale, Math.min((k + 1) * scale, from)];
    const parts = [];
    for (let at = Math.floor(begin); at < end - 1e-3; at += 1) {
      const part = Math.min(at + 1, end) - Math.max(at, begin);
      if (part > 1e-3) parts.push([at, part / (end - begin)]);
    }
    return parts;
  });
}

// values, width×height, as the area average (or, growing, linearly) of another size.
export function resized(values, width, height, toWidth, toHeight) {
  if (width === toWidth && height === toHeight) return Float64Array.from(values);
  const across = shares(width, toWidth);
  const down = shares(height, toHeight);
  const lines = new Float64Array(height * toWidth);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < toWidth; x += 1) {
      let sum = 0;
      for (const [at, share] of across[x]) sum += share * values[y * width + at];
      lines[y * toWidth + x] = sum;
    }
  }
  const out = new Float64Array(toWidth * toHeight);
  for (let y = 0; y < toHeight; y += 1) {
    for (const [at, share] of down[y]) {
      for (let x = 0; x < toWidth; x += 1) out[y * toWidth + x] += share * lines[at * toWidth + x];
    }
  }
  return out;
}

// The smallest box around what is above `least`, or null.
function boxOf(ink, width, height, least) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (ink[y * width + x] <= least) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), y];
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

// ink: width×height bytes, 0 for paper. Gives 28×28 bytes as MNIST has them; 28×28 stays as it is.
export function normalised(ink, width, height) {
  if (width === FIELD && height === FIELD) return Uint8Array.from(ink);
  const field = new Uint8Array(FIELD * FIELD);
  const darkest = ink.reduce((most, value) => Math.max(most, value), 0);
  const box = boxOf(ink, width, height, FAINTEST * darkest);
  if (!darkest || !box) return field;
  const cut = new Float64Array(box.width * box.height);
  for (let y = 0; y < box.height; y += 1) {
    for (let x = 0; x < box.width; x += 1) {
      cut[y * box.width + x] = ink[(box.y + y) * width + box.x + x] * (255 / darkest);
    }
  }
  const scale = BOX / Math.max(box.width, box.height);
  const wide = Math.max(1, rounded(box.width * scale));
  const high = Math.max(1, rounded(box.height * scale));
  const glyph = resized(cut, box.width, box.height, wide, high);
  const highest = glyph.reduce((most, value) => Math.max(most, value), 0);
  const gain = highest < THIN ? 255 / highest : 1;
  const bytes = glyph.map((value) => Math.min(255, rounded(gain * value)));
  putByMass(field, bytes, wide, high);
  return field;
}

// The centre of mass falls on the middle, to a whole pixel; nothing is cut off.
function putByMass(field, glyph, width, height) {
  let [mass, x, y] = [0, 0, 0];
  glyph.forEach((value, k) => {
    mass += value;
    x += value * (k % width);
    y += value * Math.floor(k / width);
  });
  const within = (place, side) => Math.min(Math.max(rounded(MIDDLE - place / mass), 0), FIELD - side);
  const [left, top] = [within(x, width), within(y, height)];
  for (let row = 0; row < height; row += 1) {
    for (let k = 0; k < width; k += 1) field[(top + row) * FIELD + left + k] = glyph[row * width + k];
  }
}
