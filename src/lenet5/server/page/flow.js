// The drawing of the network: every map of every layer in the paper's order, and the marks where one points.

import { paint } from "./colour.js";
import { receptiveField, sourcesOf } from "./arithmetic.js";
import { h, number, small, svg, write } from "./dom.js";
import { scaleOf } from "./network.js";
import { t } from "./words.js";

const REST = 130; // milliseconds that the pointer rests on another map before that one is meant
const ROWS = { input: 1, c1: 6, s2: 6, c3: 8, s4: 8, c5: 1, f6: 1 };
const GRID = { c5: [6, 20], f6: [7, 12] }; // units that are no map, laid out as a picture: width, height

// onPoint(unit), onLayer(layer): what one points at; onHold(held): whether pointing elsewhere changes nothing; onTouch():
// a finger points, which covers what it points at.
export function makeFlow(network, { onPoint, onLayer, onHold = () => {}, onTouch = () => {} }) {
  const limit = scaleOf(network);
  const lines = svg("svg", { "aria-hidden": "true" });
  const maps = []; // {layer, map, button, canvas, width, height}
  const columns = network.layers.map((layer) => (layer.name === "output" ? outputs(layer) : column(layer)));
  const element = h("div.flow", {}, lines, columns);
  const bars = [...element.querySelectorAll(".outputs li")];
  let resting = 0;
  let meant = null; // the map that was pointed at last
  let seen = null; // what the units answer
  let pinned = false; // whether pointing elsewhere changes nothing
  const hold = (held) => {
    pinned = held;
    element.classList.toggle("held", held);
    onHold(held);
  };
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hold(false);
  });

  function sizeOf(layer) {
    return layer.size > 1 ? `${layer.maps}@${layer.height}×${layer.width}` : `${layer.maps}`;
  }

  function title(layer) {
    const text = layer.name === "input" ? t("input") : layer.name.toUpperCase();
    const kind = layer.name === "input" ? "" : `: ${t(`kind.${layer.kind}`)}`;
    return h(
      "button.title",
      {
        type: "button",
        title: `${text}${kind}`,
        onclick: () => onLayer(layer),
        dataset: { layer: layer.name },
      },
      h("b", {}, text),
      h("span", {}, sizeOf(layer)),
    );
  }

  function column(layer) {
    const [width, height] = GRID[layer.name] ?? [layer.width, layer.height];
    const count = GRID[layer.name] ? 1 : layer.maps;
    const buttons = Array.from(
      { length: count },
      (_, map) => mapButton(layer, map, width, height, GRID[layer.name] !== undefined),
    );
    const legend = layer.name === "input" ? makeLegend() : null;
    return h(
      "section.layer",
      { dataset: { name: layer.name, rows: ROWS[layer.name] }, "aria-label": layer.name },
      title(layer),
      h("div.maps", {}, legend ? h("div", {}, buttons, legend) : buttons),
    );
  }

  function mapButton(layer, map, width, height, units) {
    const canvas = h("canvas.pixels", { width, height });
    const button = h("button.map", {
      type: "button",
      role: "slider", // arrows choose a unit, also where a screen reader listens
      "aria-valuemin": 0,
      "aria-valuemax": layer.size * (units ? layer.maps : 1) - 1,
      "aria-valuenow": 0,
      tabIndex: map ? -1 : 0,
      "aria-label": units ? layer.name.toUpperCase() : t("map.label", { layer: layer.name.toUpperCase(), map }),
    }, canvas);
    const entry = { layer, map, button, canvas, width, height, units, at: { x: width >> 1, y: height >> 1 } };
    maps.push(entry);
    entry.unitAt = (x, y) =>
      units ? { layer: layer.name, map: y * width + x, x: 0, y: 0 } : { layer: layer.name, map, x, y };
    const unit = () => entry.unitAt(entry.at.x, entry.at.y);
    const find = (event) => {
      const box = canvas.getBoundingClientRect();
      entry.at = {
        x: Math.max(0, Math.min(width - 1, Math.floor(((event.clientX - box.left) / box.width) * width))),
        y: Math.max(0, Math.min(height - 1, Math.floor(((event.clientY - box.top) / box.height) * height))),
      };
    };
    // On the way to the inspector the pointer crosses maps that are not meant: another map is meant where it rests.
    canvas.addEventListener("pointermove", (event) => {
      clearTimeout(resting);
      if (pinned) return;
      const take = () => {
        if (pinned) return;
        find(event);
        meant = entry;
        onPoint(unit());
      };
      if (meant === entry) take();
      else resting = setTimeout(take, REST);
    });
    canvas.addEventListener("pointerleave", () => clearTimeout(resting));
    canvas.addEventListener("pointerdown", (event) => {
      find(event);
      clearTimeout(resting);
      meant = entry;
      hold(event.pointerType === "mouse" && !pinned);
      if (event.pointerType === "touch") onTouch();
      onPoint(unit());
    });
    button.addEventListener("focus", () => {
      if (button.matches(":focus-visible")) onPoint(unit());
    });
    button.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        hold(true);
        onPoint(unit());
        return;
      }
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (moves[event.key]) {
        entry.at.x = Math.max(0, Math.min(width - 1, entry.at.x + moves[event.key][0]));
        entry.at.y = Math.max(0, Math.min(height - 1, entry.at.y + moves[event.key][1]));
        onPoint(unit());
      } else if (event.key === "PageDown" || event.key === "PageUp") {
        const own = maps.filter((other) => other.layer === layer);
        const next = own[(own.indexOf(entry) + (event.key === "PageDown" ? 1 : own.length - 1)) % own.length];
        Object.assign(next.at, entry.at);
        own.forEach((other) => {
          other.button.tabIndex = other === next ? 0 : -1;
        });
        next.button.focus();
        onPoint({ layer: layer.name, map: next.map, ...next.at });
      } else return;
      event.preventDefault();
    });
    return button;
  }

  function makeLegend() {
    const canvas = h("canvas.pixels");
    const step = limit === 1 ? 1 : limit.toFixed(limit < 2 ? 2 : 0);
    return h(
      "div.legend",
      { dataset: { legend: "" }, title: t("legend.title") },
      canvas,
      h("div", {}, h("span", {}, `−${step}`), h("span", {}, "0"), h("span", {}, `+${step}`)),
      h("div", {}, t("legend", { limit })),
    );
  }

  function outputs(layer) {
    const items = network.classes.map((name, k) => {
      const code = network.rbf ? h("canvas.pixels", { width: 7, height: 12 }) : h("span");
      const button = h(
        "button",
        {
          type: "button",
          onclick: (event) => {
            hold(event.pointerType !== "touch" && !pinned);
            if (event.pointerType === "touch") onTouch();
            onPoint({ layer: "output", map: k, x: 0, y: 0 });
          },
          onpointerenter: () => {
            if (!pinned) onPoint({ layer: "output", map: k, x: 0, y: 0 });
          },
        },
        code,
        h("b", {}, name),
        h("span.bar", {}, h("i")),
        h("span.value"),
      );
      return h("li", { dataset: { class: name } }, button);
    });
    return h(
      "section.layer",
      { dataset: { name: "output" }, "aria-label": "output" },
      title(layer),
      h("ol.outputs", {}, items),
    );
  }

  function paintCodes() {
    if (!network.rbf) return;
    bars.forEach((bar, k) =>
      paint(bar.querySelector("canvas"), network.tensors["rbf.codes"].subarray(k * 84, (k + 1) * 84), 7, 12, limit)
    );
  }

  // Every map of a look; or, with limits, of the errors on the way back, each layer on a scale of its own.
  function show(looked, errors = null, limits = null) {
    seen = errors ?? looked.maps;
    for (const { layer, map, canvas, width, height, units } of maps) {
      const size = units ? layer.maps : layer.size;
      const values = (errors ?? looked.maps)[layer.name].subarray(map * size, (map + 1) * size);
      paint(canvas, values, width, height, limits?.[layer.name] ?? limit);
    }
    element.classList.toggle("back", Boolean(limits));
    element.querySelectorAll(".title").forEach((button, k) => {
      const { name } = network.layers[k];
      write(button.querySelector("span"), limits ? `±${small(limits[name])}` : sizeOf(network.layers[k]));
    });
    write(element.querySelector("[data-legend] > div:last-child"), t(limits ? "legend.back" : "legend", { limit }));
    const least = Math.min(...looked.penalties);
    const most = network.rbf ? 336 : Math.max(10, ...looked.penalties); // 336: the distance between opposite codes
    bars.forEach((bar, k) => {
      const value = looked.penalties[k];
      bar.classList.toggle("best", value === least);
      bar.querySelector("i").style.width = `${Math.min(100, (100 * value) / most)}%`;
      bar.querySelector(".value").textContent = number(value, value < 100 ? 2 : 1);
    });
    const order = [...bars].sort((a, b) => looked.penalties[bars.indexOf(a)] - looked.penalties[bars.indexOf(b)]);
    order.forEach((bar, k) => {
      bar.style.order = k;
    });
  }

  function repaint() {
    const legend = element.querySelector("[data-legend] canvas");
    paint(legend, Float32Array.from({ length: 101 }, (_, k) => ((k - 50) / 50) * limit), 101, 1, limit);
    paintCodes();
  }

  function box(node) {
    const outer = element.getBoundingClientRect();
    const inner = node.getBoundingClientRect();
    return { x: inner.left - outer.left, y: inner.top - outer.top, w: inner.width, h: inner.height };
  }

  function frame(entry, x, y, w, h_) {
    const b = box(entry.canvas);
    const [sx, sy] = [b.w / entry.width, b.h / entry.height];
    const rect = { x: b.x + x * sx, y: b.y + y * sy, width: w * sx, height: h_ * sy };
    lines.append(svg("rect", rect));
    return { x: rect.x + rect.width, y: rect.y + rect.height / 2, left: rect.x };
  }

  // A screen reader says which unit was chosen, and its value.
  function say({ button, layer, width, units }, unit) {
    const at = units ? unit.map : unit.y * width + unit.x;
    const value = seen ? number(seen[layer.name][units ? at : unit.map * layer.size + at], 3) : "";
    button.setAttribute("aria-valuenow", at);
    button.setAttribute(
      "aria-valuetext",
      units ? t("map.unit", { unit: at, value }) : t("map.place", { row: unit.y, column: unit.x, value }),
    );
  }

  const mapOf = (unit) => maps.find((m) => m.layer.name === unit.layer && (m.units || m.map === unit.map));

  function light(unit) {
    lines.replaceChildren();
    for (const { button } of maps) button.classList.remove("lit", "source");
    bars.forEach((bar) => bar.classList.remove("lit"));
    if (!unit) return;
    const own = mapOf(unit);
    own?.button.classList.add("lit");
    if (own) say(own, unit);
    if (unit.layer === "output") bars[unit.map].classList.add("lit");
    const target = own
      ? (own.units
        ? frame(own, unit.map % own.width, Math.floor(unit.map / own.width), 1, 1)
        : frame(own, unit.x, unit.y, 1, 1))
      : { left: box(bars[unit.map]).x, y: box(bars[unit.map]).y + box(bars[unit.map]).h / 2 };
    const from = sourcesOf(network, unit);
    if (!from) return;
    for (
      const entry of maps.filter((m) =>
        m.layer.name === from.layer && (m.units || from.maps === null || from.maps.includes(m.map))
      )
    ) {
      entry.button.classList.add("source");
      const end = from.side
        ? frame(entry, from.x, from.y, from.side, from.side)
        : { x: box(entry.canvas).x + box(entry.canvas).w, y: box(entry.canvas).y + box(entry.canvas).h / 2 };
      lines.append(svg("line", { x1: end.x, y1: end.y, x2: target.left, y2: target.y }));
    }
    if (from.layer !== "input") {
      const field = receptiveField(unit);
      frame(maps[0], field.x, field.y, field.side, field.side);
    }
  }

  return { element, show, repaint, light, hold, mapOf };
}
