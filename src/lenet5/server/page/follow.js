// One kernel, followed while it learns: its 25 numbers now, and the way that each of them has gone.

import { cellColours } from "./colour.js";
import { h, number, svg } from "./dom.js";
import { t } from "./words.js";

const [WIDTH, HEIGHT, POINTS] = [300, 120, 300];

export function followKernel(network) {
  let followed = { tensor: "c1.weight", index: 0, joins: "C1 0" };
  let history = []; // [{at, values}]
  let newest = network.tensors;
  const title = h("h3");
  const cells = h("div.cells", { style: { "grid-template-columns": "repeat(5, auto)" } });
  const lines = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("follow.lines") });
  const element = h(
    "div.follow",
    {},
    title,
    h("div.parts", {}, cells, h("figure", {}, lines, h("figcaption", {}, t("follow.lines")))),
  );

  const valuesOf = (tensors) => tensors[followed.tensor].slice(25 * followed.index, 25 * followed.index + 25);

  function choose(tensor, index, joins) {
    followed = { tensor, index, joins };
    history = history.length ? [{ at: history.at(-1).at, values: valuesOf(newest) }] : [];
    draw();
  }

  // at: how many pictures were learnt.
  function show(tensors, at) {
    newest = tensors;
    if (history.at(-1)?.at !== at) history.push({ at, values: valuesOf(tensors) });
    if (history.length > POINTS) history = history.filter((_, k) => k % 2 === 0);
    draw();
  }

  function draw() {
    const values = valuesOf(newest);
    const largest = Math.max(1e-6, ...values.map(Math.abs));
    title.textContent = t("follow.title", { kernel: followed.joins });
    cells.replaceChildren(...[...values].map((value) => {
      const { background, text } = cellColours(value, largest);
      return h("span", { style: { background, color: text } }, number(value, 2));
    }));
    if (history.length < 2) {
      lines.replaceChildren();
      return;
    }
    const [from, to] = [history[0].at, history.at(-1).at];
    const most = Math.max(...history.map((point) => Math.max(...point.values.map(Math.abs))));
    const x = (at) => ((at - from) / Math.max(1, to - from)) * WIDTH;
    const y = (value) => HEIGHT / 2 - (value / most) * (HEIGHT / 2 - 4);
    lines.replaceChildren(
      svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
      ...[...values].map((_, k) =>
        svg("polyline", {
          points: history.map((point) => `${x(point.at).toFixed(1)},${y(point.values[k]).toFixed(1)}`).join(" "),
        })
      ),
    );
  }

  draw();
  return { element, choose, show };
}
