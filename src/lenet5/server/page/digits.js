// Digits to look at and to learn from: the server's, or those that are packed along with the page.

import { floats, get } from "./api.js";
import { packed, unzipped } from "./packed.js";

const SIZE = 28 * 28;
const LEARNT = 1200; // of which the last 200 are held out
const HELD_OUT = 200;
let kept = null;

// A digit as 28×28 bytes; source: drawn, or mnist where the server has it.
export async function randomDigit(source) {
  if (!packed) return Uint8Array.from((await get(`digits?source=${source}`)).image.flat());
  const { images } = await digitsToLearn();
  const k = Math.floor((Math.random() * images.length) / SIZE);
  return images.slice(k * SIZE, (k + 1) * SIZE);
}

// {images: a byte a pixel, labels, heldOut: how many of the last are not learnt from}; fetched once.
export async function digitsToLearn() {
  kept ??= await (packed ? unpacked() : asked());
  return kept;
}

async function unpacked() {
  const { labels, held_out: heldOut, images } = packed.digits;
  const pairs = await unzipped(images); // two pixels a byte, 16 steps of ink each
  const bytes = new Uint8Array(2 * pairs.length);
  pairs.forEach((pair, k) => {
    bytes[2 * k] = 17 * (pair >> 4);
    bytes[2 * k + 1] = 17 * (pair & 15);
  });
  return { images: bytes, labels: Uint8Array.from(labels, Number), heldOut };
}

async function asked() {
  const rows = await floats(`digits/many?count=${LEARNT}`);
  const images = new Uint8Array(LEARNT * SIZE);
  const labels = new Uint8Array(LEARNT);
  for (let k = 0; k < LEARNT; k += 1) {
    labels[k] = rows[k * (SIZE + 1)];
    images.set(rows.subarray(k * (SIZE + 1) + 1, (k + 1) * (SIZE + 1)), k * SIZE);
  }
  return { images, labels, heldOut: HELD_OUT };
}
