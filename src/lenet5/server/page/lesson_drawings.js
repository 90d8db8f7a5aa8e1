// The drawings of the lesson: each is made of the numbers of the network that stands beside it.

import { explain, squash, valueOf } from "./arithmetic.js";
import { paint } from "./colour.js";
import { h, number, percent, svg } from "./dom.js";
import { tableOne } from "./inspect.js";
import { scaleOf, squashOf } from "./network.js";
import { t } from "./words.js";

const PACE = 180; // milliseconds from place to place of the kernel
const [WIDE, HIGH, REACH] = [360, 190, 4]; // of the squash's curve: pixels, and sums from −4 to 4
const FAR = 1.6; // from here on a unit of ±1.7159 is saturated

const picture = (width, height, label) =>
  h("canvas.pixels", { width, height, ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }) });

// Mean and variance of the picture.
function numbers() {
  const line = h("p.now");
  return {
    element: line,
    update({ looked }) {
      const values = [...looked.maps.input];
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
      line.textContent = t("lesson.picture.now", { mean: number(mean, 2), variance: number(variance, 2) });
    },
  };
}

// The kernel goes from place to place, and its map fills. Each place is pointed at in the network as well.
function sliding({ network, point }) {
  const layer = network.layer.c1;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = picture(layer.width, layer.height, t("lesson.kernel"));
  const place = h("output");
  const play = h("button", { type: "button", onclick: () => run(!timer) });
  const one = h("button", { type: "button", onclick: () => (run(false), step()) }, t("lesson.one"));
  let [at, timer, values] = [0, 0, null];

  function run(on) {
    clearInterval(timer);
    timer = on ? setInterval(step, PACE) : 0;
    play.textContent = t(on ? "lesson.pause" : "lesson.play");
  }

  function step() {
    if (!map.isConnected) return run(false);
    at = (at + 1) % layer.size;
    point({ layer: "c1", map: 0, x: at % layer.width, y: Math.floor(at / layer.width) });
    return show();
  }

  // What the kernel has been over already; the rest of the map is paper.
  function show() {
    const known = Float64Array.from({ length: layer.size }, (_, k) => (k <= at ? values[k] : 0));
    paint(map, known, layer.width, layer.height, scaleOf(network));
    place.textContent = `${number(values[at], 3)}`;
  }

  run(false);
  return {
    element: h("div.sliding", {}, map, h("div", {}, h("div.row", {}, play, one), place)),
    update({ looked, pointed }) {
      values = looked.maps.c1;
      if (pointed?.layer === "c1" && pointed.map === 0) at = pointed.y * layer.width + pointed.x;
      show();
    },
    start() {
      at = layer.width * 9 + 6;
      if (!still) run(true);
    },
    stop: () => run(false),
  };
}

// The six kernels of C1, as buttons that point at the middle of their maps.
function kernels({ network, point }) {
  const weights = network.tensors["c1.weight"];
  const size = network.kernel ** 2;
  const limit = Math.max(...weights.map(Math.abs));
  const all = Array.from({ length: network.layer.c1.maps }, (_, map) => {
    const canvas = picture(network.kernel, network.kernel);
    const onclick = () => point({ layer: "c1", map, x: 14, y: 9 });
    const button = h("button.kernel", { type: "button", onclick, "aria-label": `${t("kernel")} ${map}` }, canvas);
    paint(canvas, weights.subarray(map * size, (map + 1) * size), network.kernel, network.kernel, limit);
    return button;
  });
  return { element: h("div.row", {}, all), update() {} };
}

const across = (a) => WIDE / 2 + (a / REACH) * (WIDE / 2 - 8);
const up = (y, most) => HIGH / 2 - (y / most) * (HIGH / 2 - 22);

function line(points, name) {
  return svg("polyline", { class: name, points: points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ") });
}

// A curve of sums from −4 to 4, with axes, a dot where the unit is, and a mark for each value of its layer.
function curve(f, most, { a, marks = [], label }) {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label });
  const sums = Array.from({ length: 121 }, (_, k) => ((k - 60) / 60) * REACH);
  drawing.append(line([[0, HIGH / 2], [WIDE, HIGH / 2]], "axis"), line([[WIDE / 2, 6], [WIDE / 2, HIGH - 14]], "axis"));
  drawing.append(line(sums.map((s) => [across(s), up(f(s), most)]), "curve"));
  for (const mark of marks) drawing.append(line([[across(mark), HIGH - 12], [across(mark), HIGH - 2]], "mark"));
  const dot = Math.max(-REACH, Math.min(REACH, a));
  drawing.append(svg("circle", { cx: across(dot), cy: up(f(dot), most), r: 6 }));
  for (
    const [text, x, y] of [[`+${number(most, 2)}`, WIDE / 2 + 5, 16], [`−${number(most, 2)}`, WIDE / 2 + 5, HIGH - 18]]
  ) {
    const words = svg("text", { x, y });
    words.textContent = text;
    drawing.append(words);
  }
  return drawing;
}

// The squash with the pointed unit's dot; below it all units of that layer.
function squashing({ network }) {
  const element = h("div.curve");
  return {
    element,
    update({ looked, pointed }) {
      const layer = pointed && network.layer[pointed.layer];
      const shape = layer && squashOf(network, layer.name);
      const told = layer && layer.name !== "input" && explain(network, looked, pointed);
      if (!told || told.a === undefined || !Number.isFinite(shape.bounds[1] ?? NaN)) {
        element.replaceChildren(
          h("p.now", {}, pointed ? t("lesson.squash.none", { layer: pointed.layer.toUpperCase() }) : ""),
        );
        return;
      }
      const most = shape.bounds[1];
      const values = looked.maps[layer.name];
      const share = values.filter((x) => Math.abs(x) > FAR).length / values.length;
      const said = t("lesson.squash.share", { layer: layer.name.toUpperCase(), share: percent(share, 0) });
      const marks = [...values].map((y) => inverse(shape, y));
      element.replaceChildren(
        curve((s) => squash(shape, s), most, { a: told.a, marks, label: t("lesson.squash") }),
        h("p.now", {}, `a = ${number(told.a, 3)}, f(a) = ${number(told.value, 3)}. `, most > FAR ? said : ""),
      );
    },
  };
}

// The sum that a value came from, by halving: every squash rises.
function inverse(shape, y) {
  let [low, high] = [-REACH, REACH];
  for (let k = 0; k < 24; k += 1) {
    const middle = (low + high) / 2;
    if (squash(shape, middle) < y) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

// What a map of S2 makes of the mean of its four: nearly a straight line, or a step.
function subsampling({ network }) {
  const element = h("div.curve");
  return {
    element,
    update({ looked, pointed }) {
      const layer = ["s2", "s4"].includes(pointed?.layer) ? pointed.layer : "s2";
      const unit = layer === pointed?.layer ? pointed : { layer, map: 0, x: 6, y: 6 };
      const told = explain(network, looked, unit);
      const shape = squashOf(network, layer);
      if (told.coefficient === undefined) return element.replaceChildren();
      const gain = told.kind === "average" ? 1 : 4;
      const f = (x) => squash(shape, told.coefficient * gain * x + told.bias);
      const inputs = told.terms[0].inputs;
      const a = inputs.reduce((sum, x) => sum + x, 0) / inputs.length;
      const value = valueOf(network, looked, unit);
      const words = `${t("coefficient")} ${number(told.coefficient, 3)}, ${t("bias")} ${number(told.bias, 3)}: ` +
        `${inputs.map((x) => number(x, 2)).join(", ")} → ${number(value, 3)}`;
      return element.replaceChildren(
        curve(f, shape.bounds[1] ?? 1, { a, label: t("lesson.subsampling") }),
        h("p.now", {}, words),
      );
    },
  };
}

// Table I, whose columns and rows point at their maps.
function table({ network, point }) {
  const element = h("div.choose");
  return {
    element,
    update({ pointed }) {
      const map = pointed?.layer === "c3" ? pointed.map : null;
      element.replaceChildren(tableOne(network, { map }));
      element.querySelectorAll("thead th").forEach((head, k) => {
        const onclick =
          () => (point({ layer: "c3", map: k, x: 4, y: 4 }), element.querySelectorAll("button")[k].focus());
        head.replaceChildren(h("button", { type: "button", onclick }, String(k)));
      });
    },
  };
}

// What F6 draws, 7×12.
function drawn({ network }) {
  const canvas = picture(7, 12, "F6");
  return {
    element: h("div.faces", {}, h("figure", {}, canvas, h("figcaption", {}, "F6"))),
    update: ({ looked }) => paint(canvas, looked.maps.f6, 7, 12, scaleOf(network)),
  };
}

// F6 beside the two nearest codes, and where these differ.
function codes({ network, point }) {
  const element = h("div.faces");
  const said = h("p.now");
  const code = (k) => network.tensors["rbf.codes"].subarray(84 * k, 84 * (k + 1));
  const face = (caption, values) => {
    const canvas = picture(7, 12);
    paint(canvas, values, 7, 12, scaleOf(network));
    return h("figure", {}, canvas, h("figcaption", {}, caption));
  };
  return {
    element: h("div", {}, element, said),
    update({ looked }) {
      if (!network.rbf) return;
      const order = [...looked.penalties.keys()].sort((a, b) => looked.penalties[a] - looked.penalties[b]);
      const [first, second] = order;
      const differ = code(first).map((w, k) => (w === code(second)[k] ? 0 : w * scaleOf(network)));
      const button = (k) =>
        h("button", { type: "button", onclick: () => point({ layer: "output", map: k, x: 0, y: 0 }) }, [
          face(network.classes[k], code(k)),
        ]);
      element.replaceChildren(face("F6", looked.maps.f6), button(first), button(second), face("≠", differ));
      said.textContent = t("lesson.codes.between", {
        first: network.classes[first],
        second: network.classes[second],
        near: number(looked.penalties[first], 2),
        far: number(looked.penalties[second], 2),
      });
    },
  };
}

export const DRAWINGS = {
  picture: numbers,
  kernel: sliding,
  maps: kernels,
  subsampling,
  squash: squashing,
  table,
  fold: drawn,
  codes,
};
