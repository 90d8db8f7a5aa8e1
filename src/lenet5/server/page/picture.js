// A picture on the desk of Read: the file, how it was cropped and turned, and what came of it.

import { h } from "./dom.js";
import { opened } from "./files.js";

const SHOWN = /^image\/(png|jpeg|gif|webp|bmp)$/; // what every browser shows
const LOSSLESS = 4_000_000; // pixels; larger ones are sent as JPEG

// own: the file is sent as it is, so that its name stands for it; sent: what is sent, a blob; paper: the strokes, as text.
export function makePicture(name, blob, { example = "", paper = "" } = {}) {
  const picture = {
    name,
    blob,
    example,
    paper,
    sent: blob,
    own: Boolean(name) && !paper,
    turned: 0, // quarters, clockwise
    crop: null, // [x, y, width, height] of the turned picture
    ...nothing(),
  };
  return picture;
}

const nothing = () => ({ readings: null, entries: [], steps: [], problem: null });

// Forget what was read; whatever is on its way belongs to what is no more.
export function forget(picture) {
  Object.assign(picture, nothing());
  picture.asked = null;
}

export const shows = (picture) => SHOWN.test(picture.sent.type);

// Turn by a quarter, or crop to a part, or bring back the whole. What was read is forgotten at once, and whatever is
// asked until the picture is drawn anew.
export async function change(picture, { turn = 0, crop = null, whole = false }) {
  if (!SHOWN.test(picture.blob.type)) picture.blob = asTheReaderOpenedIt(picture);
  forget(picture);
  if (turn) Object.assign(picture, { turned: (picture.turned + 1) % 4, crop: null });
  if (whole) picture.crop = null;
  if (crop) {
    const [x, y] = picture.crop ?? [0, 0];
    picture.crop = [x + crop[0], y + crop[1], crop[2], crop[3]];
  }
  picture.own = Boolean(picture.name) && !picture.paper && !picture.turned && !picture.crop;
  picture.sent = picture.turned || picture.crop ? await redrawn(picture) : picture.blob;
  forget(picture);
}

// Of a PDF this is its first page.
function asTheReaderOpenedIt({ steps }) {
  const bytes = Uint8Array.from(atob(steps[0].png), (byte) => byte.charCodeAt(0));
  return new Blob([bytes], { type: "image/png" });
}

async function redrawn({ blob, turned, crop }) {
  const image = await opened(blob);
  const [w, high] = [image.naturalWidth, image.naturalHeight];
  const all = turned % 2 ? [0, 0, high, w] : [0, 0, w, high];
  const [x, y, width, height] = crop ?? all;
  const canvas = h("canvas", { width, height });
  const context = canvas.getContext("2d");
  context.translate(all[2] / 2 - x, all[3] / 2 - y);
  context.rotate((turned * Math.PI) / 2);
  context.drawImage(image, -w / 2, -high / 2);
  const type = width * height > LOSSLESS ? "image/jpeg" : "image/png";
  return new Promise((done) => {
    canvas.toBlob(done, type, 0.95);
  });
}
