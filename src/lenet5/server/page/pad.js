// The paper to draw on, for mouse, pen, touch and keyboard, with undo. Ink is the canvas's opacity.

import { ink, inkImage } from "./colour.js";
import { h } from "./dom.js";
import { onGrid, pictureOfText, pictureText, plainer, strokesOf, strokesText } from "./strokes.js";
import { t } from "./words.js";

const SIDE = 280;
const PEN = 21; // of 280: MNIST's pens, once the digit fills 20 of 28 pixels

export function makePad(
  { onChange, width = SIDE, height = SIDE, pen = PEN, label = "pad.label", hint: words = "pad.hint" },
) {
  const canvas = h("canvas.draw", {
    width,
    height,
    tabIndex: 0,
    role: "application", // arrows are the pencil's, not the screen reader's
    "aria-label": t(label),
    "aria-describedby": "pad-keys",
  });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const hint = h("p.hint", {}, t(words));
  const pencil = h("i.pencil", { hidden: true });
  const paper = h("div.paper", {}, canvas, hint, pencil);
  let strokes = [];
  let base = null; // a 28×28 picture that was put here, bytes
  let current = null;

  function segment(a, b) {
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = `rgb(${ink()})`;
    context.lineWidth = pen * (b.pressure ? 0.55 + 0.9 * b.pressure : 1);
    context.beginPath();
    context.moveTo(a.x, a.y);
    context.lineTo(b.x + 0.01, b.y);
    context.stroke();
  }

  function redraw() {
    context.clearRect(0, 0, width, height);
    if (base) drawBase();
    for (const stroke of strokes) stroke.forEach((point, k) => segment(stroke[Math.max(0, k - 1)], point));
    hint.hidden = Boolean(base) || strokes.length > 0;
  }

  function drawBase() {
    const small = new OffscreenCanvas(28, 28);
    small.getContext("2d").putImageData(inkImage(base, 28, 28), 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(small, 0, 0, width, height);
  }

  function changed() {
    hint.hidden = Boolean(base) || strokes.length > 0;
    onChange();
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return onGrid({
      x: ((event.clientX - box.left) / box.width) * width,
      y: ((event.clientY - box.top) / box.height) * height,
      pressure: event.pointerType === "pen" ? event.pressure : 0,
    }, width);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    current = [place(event)];
    strokes.push(current);
    segment(current[0], current[0]);
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      current.push(place(each));
      segment(current.at(-2), current.at(-1));
    }
    changed();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      if (current) {
        strokes[strokes.length - 1] = plainer(current);
        redraw();
        changed();
      }
      current = null;
    });
  }

  // The keyboard's pencil: arrows move it, space sets it down and lifts it.
  const at = { x: width / 2, y: height / 2, pressure: 0 };
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") pad.undo();
    else if (event.key === "Delete" || event.key === "Backspace") pad.clear();
    else if (event.key === " ") {
      current = current ? null : [{ ...at }];
      if (current) strokes.push(current), segment(at, at), changed();
    } else if (steps[event.key]) {
      const [dx, dy] = steps[event.key].map((d) => d * (event.shiftKey ? 3 : 10));
      at.x = Math.max(0, Math.min(width, at.x + dx));
      at.y = Math.max(0, Math.min(height, at.y + dy));
      if (current) current.push({ ...at }), segment(current.at(-2), current.at(-1)), changed();
    } else return;
    event.preventDefault();
    showPencil();
  });
  function showPencil() {
    pencil.hidden = document.activeElement !== canvas;
    pencil.classList.toggle("down", Boolean(current));
    pencil.style.left = `${(100 * at.x) / width}%`;
    pencil.style.top = `${(100 * at.y) / height}%`;
  }
  canvas.addEventListener("blur", () => {
    pencil.hidden = true;
    current = null;
  });

  const pad = {
    element: paper,
    canvas,
    redraw,
    get empty() {
      return !base && strokes.length === 0;
    },
    clear() {
      strokes = [];
      base = null;
      current = null;
      redraw();
      changed();
    },
    undo() {
      if (strokes.length) strokes.pop();
      else base = null;
      redraw();
      changed();
    },
    // Show a 28×28 picture, without telling that anything changed.
    put(bytes) {
      strokes = [];
      base = bytes;
      redraw();
    },
    // What is on the paper, as text for an address: a picture, and strokes on it.
    get text() {
      return (base ? pictureText(base) : "") + strokesText(strokes, width);
    },
    set text(text) {
      const picture = text.match(/^[^$~]+/)?.[0];
      strokes = strokesOf(text, width);
      base = picture ? pictureOfText(picture, 28 * 28) : null;
      redraw();
    },
    // The ink as the server wants it: an untouched picture as it is, else every pixel's opacity.
    ink() {
      if (base && !strokes.length) return base;
      const { data } = context.getImageData(0, 0, width, height);
      const bytes = new Uint8Array(width * height);
      for (let k = 0; k < bytes.length; k += 1) bytes[k] = data[4 * k + 3];
      return bytes;
    },
  };
  return pad;
}
