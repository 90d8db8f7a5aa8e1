// The picture with a box around everything that was read, and a part of it that one draws to crop it.

import { h, svg } from "./dom.js";
import { textOf } from "./results.js";
import { t } from "./words.js";

const LARGER = 3; // times, how much a small picture is enlarged
const TALLEST = 66; // of the window's height, in hundredths
const LETTER = 1.25; // of the page's own
const LEAST = 8; // pixels of the screen that a part must be wide and high

// onChoose(entry): one points at its box; onCrop([x, y, width, height]): a part was drawn.
export function makeBoxes({ onChoose, onCrop }) {
  const image = h("img", { alt: t("read.opened") });
  const over = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const part = svg("rect", { class: "part" });
  const element = h("div.boxed", {}, image, over);
  const drawn = new Map(); // of each entry, its group
  let start = null;
  let cropping = false;

  function show(address, entries) {
    image.onload = () => {
      const [width, height] = [image.naturalWidth, image.naturalHeight];
      over.setAttribute("viewBox", `0 0 ${width} ${height}`);
      element.style.width = `min(100%, ${LARGER * width}px, ${(TALLEST * width) / height}vh)`;
      label();
    };
    if (image.src !== address) image.src = address;
    over.replaceChildren();
    drawn.clear();
    for (const entry of entries) {
      const group = svg("g", { class: kind(entry) });
      for (const cell of entry.cells.filter((c) => c.reason !== "blank")) group.append(rect(cell.box, "cell"));
      group.append(rect(entry.box, "whole"), svg("text"));
      group.addEventListener("pointerenter", () => !cropping && onChoose(entry, false));
      group.addEventListener("click", () => !cropping && onChoose(entry, true));
      drawn.set(entry, group);
      over.append(group);
    }
    if (image.complete && image.naturalWidth) image.onload();
    resized.observe(document.documentElement);
  }

  const resized = new ResizeObserver(() => (element.isConnected ? label() : resized.disconnect()));

  // The text stands above its box, as high as the page's own.
  function label() {
    const own = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const size = (LETTER * own * image.naturalWidth) / Math.max(1, image.clientWidth);
    for (const [entry, group] of drawn) {
      const [x, y] = entry.box;
      const text = group.querySelector("text");
      text.textContent = textOf(entry) || (entry.rejected ? "?" : "");
      text.style.fontSize = `${size}px`;
      text.setAttribute("x", x);
      text.setAttribute("y", Math.max(size, y - size * 0.2));
      group.setAttribute("class", kind(entry));
    }
  }

  function choose(chosen) {
    for (const [entry, group] of drawn) group.classList.toggle("chosen", entry === chosen);
  }

  function place(event) {
    const box = image.getBoundingClientRect();
    const inside = (value, size) => Math.max(0, Math.min(size, value));
    return [
      inside(((event.clientX - box.left) / box.width) * image.naturalWidth, image.naturalWidth),
      inside(((event.clientY - box.top) / box.height) * image.naturalHeight, image.naturalHeight),
    ];
  }

  const between = ([ax, ay], [bx, by]) =>
    [Math.min(ax, bx), Math.min(ay, by), Math.abs(ax - bx), Math.abs(ay - by)].map(Math.round);

  element.addEventListener("pointerdown", (event) => {
    if (!cropping) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    start = place(event);
    over.append(part);
  });
  element.addEventListener("pointermove", (event) => {
    if (start) setRect(part, between(start, place(event)));
  });
  element.addEventListener("pointerup", (event) => {
    if (!start) return;
    const box = between(start, place(event));
    const scale = image.getBoundingClientRect().width / image.naturalWidth;
    start = null;
    part.remove();
    if (Math.min(box[2], box[3]) * scale >= LEAST) onCrop(box);
  });

  return {
    element,
    show,
    label,
    choose,
    get cropping() {
      return cropping;
    },
    set cropping(on) {
      cropping = on;
      element.classList.toggle("cropping", on);
    },
  };
}

function kind(entry) {
  if (entry.right !== null) return "corrected";
  if (entry.rejected) return "rejected";
  return entry.reason === "blank" ? "blank" : "answered";
}

function setRect(element, [x, y, width, height]) {
  for (const [name, value] of Object.entries({ x, y, width, height })) element.setAttribute(name, value);
}

function rect(box, name) {
  const element = svg("rect", { class: name });
  setRect(element, box);
  return element;
}
