// Strokes and pictures as text, short enough for an address.
// "$" + two letters for x, two for y, of each point; with a pen's pressure, "~" + one letter more for each.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUE = Object.fromEntries([...LETTERS].map((letter, k) => [letter, k]));
const FINEST = 4095; // steps over the paper's width
const TOLERANCE = 0.5; // pixels that a point of a stroke may lie beside the line through its neighbours

// A point on the grid that the text can hold.
export function onGrid({ x, y, pressure = 0 }, width) {
  const step = width / FINEST;
  return { x: Math.round(x / step) * step, y: Math.round(y / step) * step, pressure: Math.round(pressure * 63) / 63 };
}

// A stroke without the points that lie on the way between others (Ramer, Douglas, Peucker).
export function plainer(points) {
  if (points.length < 3 || points.some((p) => p.pressure)) return points;
  const [a, b] = [points[0], points.at(-1)];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const away = (p) =>
    length
      ? Math.abs((b.x - a.x) * (a.y - p.y) - (a.x - p.x) * (b.y - a.y)) / length
      : Math.hypot(p.x - a.x, p.y - a.y);
  let far = 0;
  for (let k = 1; k < points.length - 1; k += 1) if (away(points[k]) > away(points[far])) far = k;
  if (!far || away(points[far]) <= TOLERANCE) return [a, b];
  return [...plainer(points.slice(0, far + 1)), ...plainer(points.slice(far)).slice(1)];
}

export function strokesText(strokes, width) {
  const two = (v) => {
    const steps = Math.max(0, Math.min(FINEST, Math.round((v / width) * FINEST)));
    return LETTERS[steps >> 6] + LETTERS[steps & 63];
  };
  return strokes.map((stroke) => {
    const pressed = stroke.some((p) => p.pressure);
    const one = (p) => two(p.x) + two(p.y) + (pressed ? LETTERS[Math.round(63 * p.pressure)] : "");
    return (pressed ? "~" : "$") + stroke.map(one).join("");
  }).join("");
}

export function strokesOf(text, width) {
  return [...text.matchAll(/([$~])([\w-]*)/g)].map(([, kind, points]) => {
    const size = kind === "~" ? 5 : 4;
    const value = (at) => ((VALUE[points[at]] << 6) | VALUE[points[at + 1]]) * (width / FINEST);
    return Array.from({ length: Math.floor(points.length / size) }, (_, k) => ({
      x: value(size * k),
      y: value(size * k + 2),
      pressure: size === 5 ? VALUE[points[size * k + 4]] / 63 : 0,
    }));
  }).filter((stroke) => stroke.length);
}

// Bytes of ink: two letters a byte, and a run of paper as "." and its length in two letters.
export function pictureText(bytes) {
  const two = (v) => LETTERS[v >> 6] + LETTERS[v & 63];
  let text = "";
  for (let k = 0; k < bytes.length;) {
    let run = 0;
    while (bytes[k + run] === 0 && run < FINEST) run += 1;
    text += run ? `.${two(run)}` : two(bytes[k]);
    k += run || 1;
  }
  return text;
}

export function pictureOfText(text, size) {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const [, run, byte] of text.matchAll(/\.([\w-]{2})|([\w-]{2})/g)) {
    const value = (VALUE[(run ?? byte)[0]] << 6) | VALUE[(run ?? byte)[1]];
    if (run) at += value;
    else if (at < size) bytes[at++] = value;
  }
  return bytes;
}
