// Files that are opened, dropped or pasted: each becomes a picture that the server can open, or a message.

import { h } from "./dom.js";
import { Trouble } from "./messages.js";

const LARGEST = 12_000_000; // bytes that are sent as they are
const MOST_PIXELS = 64_000_000; // that the server takes
const LARGEST_SIDE = 4000; // pixels of a picture that is made smaller before it is sent
// The first bytes of what the server opens itself; a browser opens other kinds. Of HEIC some servers and some browsers do.
const KNOWN = [
  [0, "\x89PNG", "image/png"],
  [0, "\xff\xd8\xff", "image/jpeg"],
  [0, "GIF8", "image/gif"],
  [8, "WEBP", "image/webp"],
  [0, "BM", "image/bmp"],
  [0, "II*\0", "image/tiff"],
  [0, "MM\0*", "image/tiff"],
  [0, "%PDF", "application/pdf"],
];
const HEIC = /^ftyp(heic|heix|hevc|hevx|mif1|msf1|heim|heis)/;

// {name, blob}: a blob that can be sent. Throws a Trouble that says what to do.
export async function prepared(file) {
  const name = file.name ?? "";
  if (!file.size) throw new Trouble("empty", { name });
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 32).arrayBuffer()));
  const type = KNOWN.find(([at, bytes]) => start.startsWith(bytes, at))?.[2];
  if (type && file.size <= LARGEST && pixelsIn(start, type) <= MOST_PIXELS) {
    return { name, blob: file.type === type ? file : new Blob([file], { type }) };
  }
  const image = await opened(file).catch(() => null);
  if (image) return { name, blob: await smaller(image) };
  if (HEIC.test(start.slice(4))) return { name, blob: new Blob([file], { type: "image/heic" }) };
  throw new Trouble(type ? "too-large" : "no-picture", { name });
}

// How many pixels a PNG says that it has: it alone packs so many into a small file.
function pixelsIn(start, type) {
  const number = (at) => [...start.slice(at, at + 4)].reduce((sum, byte) => 256 * sum + byte.charCodeAt(0), 0);
  return type === "image/png" ? number(16) * number(20) : 0;
}

// An image element with the picture in it, as the browser opens it: turned upright.
export async function opened(blob) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function smaller(image) {
  const [w, high] = [image.naturalWidth || 1000, image.naturalHeight || 1000]; // a drawing may have no size
  const scale = Math.min(1, LARGEST_SIDE / Math.max(w, high));
  const canvas = h("canvas", { width: Math.round(w * scale), height: Math.round(high * scale) });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // paper, where the picture lets it through
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => {
    canvas.toBlob(done, "image/jpeg", 0.95);
  });
}

// Everything dropped on the window, or pasted into it, is handed over as files.
export function onFiles(take) {
  const over = (on) => document.body.classList.toggle("over", on);
  const dragged = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragover", (event) => {
    if (!dragged(event)) return;
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  addEventListener("drop", (event) => {
    over(false);
    if (!dragged(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) take([...event.dataTransfer.files]);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files);
  });
}
