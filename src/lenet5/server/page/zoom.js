// The map that a finger touched, large enough to point at one unit, with arrows from unit to unit.

import { h } from "./dom.js";
import { t } from "./words.js";

const ARROWS = [["up", "↑", 0, -1], ["left", "←", -1, 0], ["right", "→", 1, 0], ["down", "↓", 0, 1]];

// point(unit): another unit of the map; close(): it is put away.
export function makeZoom({ point, close }) {
  const canvas = h("canvas.pixels");
  const mark = h("i");
  const large = h("div.large", {}, canvas, mark);
  const arrow = ([name, sign, x, y]) =>
    h(
      "button",
      { type: "button", className: name, "aria-label": t(`zoom.${name}`), onclick: () => go(at.x + x, at.y + y) },
      sign,
    );
  const put = h("button.close", { type: "button", "aria-label": t("close"), onclick: close }, "×");
  const element = h("div.zoom", { hidden: true }, large, h("div.arrows", {}, ARROWS.map(arrow)), put);
  let map = null; // of the flow
  let at = { x: 0, y: 0 };

  function go(x, y) {
    const inside = (value, size) => Math.max(0, Math.min(size - 1, value));
    point(map.unitAt(inside(x, map.width), inside(y, map.height)));
  }

  function touched(event) {
    if (event.type === "pointermove" && !event.buttons) return;
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    const place = (value, from, size, count) => Math.floor(((value - from) / size) * count);
    go(
      place(event.clientX, box.left, box.width, map.width),
      place(event.clientY, box.top, box.height, map.height),
    );
  }
  for (const name of ["pointerdown", "pointermove"]) large.addEventListener(name, touched);

  // The map of a unit as it is painted now; an output has none.
  function show(of, unit) {
    map = of;
    for (const part of element.children) part.hidden = !map && part !== put;
    if (!map) return;
    const { width, height } = map;
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").drawImage(map.canvas, 0, 0);
    large.style.aspectRatio = `${width} / ${height}`;
    at = map.units ? { x: unit.map % width, y: Math.floor(unit.map / width) } : { x: unit.x, y: unit.y };
    const share = (value) => `${100 * value}%`;
    Object.assign(mark.style, {
      left: share(at.x / width),
      top: share(at.y / height),
      width: share(1 / width),
      height: share(1 / height),
    });
  }

  return { element, show };
}
