// The colour of a number. One fixed scale: paper is zero, blue is above, orange below, full at ± the squashing's limit.

const LEVELS = 255;
let table = null;
let pen = null;

export function forgetColours() {
  table = pen = null;
}

function colours() {
  if (table) return table;
  const style = getComputedStyle(document.documentElement);
  const [zero, plus, minus] = ["--zero", "--plus", "--minus"].map((name) =>
    style.getPropertyValue(name).trim().split(/\s+/).map(Number)
  );
  table = new Uint32Array(2 * LEVELS + 1);
  for (let k = -LEVELS; k <= LEVELS; k += 1) {
    const end = k < 0 ? minus : plus;
    const share = Math.abs(k) / LEVELS;
    const [r, g, b] = zero.map((from, c) => Math.round(from + (end[c] - from) * share));
    table[k + LEVELS] = (255 << 24) | (b << 16) | (g << 8) | r; // little-endian RGBA
  }
  return table;
}

const index = (value, limit) => Math.round(Math.max(-1, Math.min(1, value / limit)) * LEVELS) + LEVELS;

export function paint(canvas, values, width, height, limit) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const lut = colours();
  for (let k = 0; k < pixels.length; k += 1) pixels[k] = lut[index(values[k], limit)];
  context.putImageData(image, 0, 0);
}

// Background and readable text for a cell that holds a number.
export function cellColours(value, limit) {
  const rgba = colours()[index(value, limit)];
  const [r, g, b] = [rgba & 255, (rgba >> 8) & 255, (rgba >> 16) & 255];
  const light = (c) => ((c / 255) <= 0.04045 ? c / 255 / 12.92 : (((c / 255) + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  return { background: `rgb(${r},${g},${b})`, text: luminance > 0.179 ? "#000" : "#fff" };
}

// The colour of ink as [red, green, blue].
export function ink() {
  const hex = () => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  pen ??= hex().match(/[0-9a-f]{2}/gi).map((pair) => parseInt(pair, 16));
  return pen;
}

// A picture of ink on whatever paper lies below: bytes, 0 for paper to 255.
export function inkImage(bytes, width, height) {
  const [r, g, b] = ink();
  const image = new ImageData(width, height);
  for (let k = 0; k < bytes.length; k += 1) image.data.set([r, g, b, bytes[k]], 4 * k);
  return image;
}
