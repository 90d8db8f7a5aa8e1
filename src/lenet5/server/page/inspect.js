// The inspector of the unit that one points at: its formula, the formula with its numbers, and every product.

import { explain, receptiveField, valueOf, written } from "./arithmetic.js";
import { cellColours } from "./colour.js";
import { h, number } from "./dom.js";
import { scaleOf } from "./network.js";
import { t } from "./words.js";

const sub = (text, below) => h("span", {}, h("i", {}, text), h("sub", {}, below));

export function nameOf(network, unit) {
  const layer = network.layer[unit.layer];
  const title = unit.layer === "input" ? t("input") : unit.layer.toUpperCase();
  if (unit.layer === "output") return t("unit.output", { layer: title, name: network.classes[unit.map] });
  return layer.size > 1
    ? t("unit.map", { layer: title, map: unit.map, row: unit.y, column: unit.x })
    : t("unit.one", { layer: title, unit: unit.map });
}

// The formula in two lines: symbols above, this unit's numbers below.
function formula(network, unit, told) {
  const pairs = [];
  const add = (symbol, value) => pairs.push([symbol, value]);
  const sign = (text) => add(text, text);
  const value = (x) => h("span.n", {}, number(x, 4));
  add(
    sub(told.kind === "rbf" ? "y" : "x", unit.layer === "output" ? network.classes[unit.map] : unit.layer),
    value(told.value),
  );
  sign("=");
  if (told.kind === "rbf") {
    add(h("span", {}, "Σ", h("sub", {}, "j"), " (", sub("x", "j"), " − ", sub("w", "j"), ")²"), value(told.value));
  } else if (told.kind === "maximum") {
    add("max", value(told.value));
  } else {
    const [before, after] = told.softmax ? ["softmax(", ")"] : written(told.squash, (c) => number(c, 4));
    if (before) add(h("span", {}, h("i", {}, told.softmax ? "softmax" : "f"), "("), before);
    if (told.coefficient !== undefined) {
      add(h("i", {}, t("coefficient")), value(told.coefficient));
      sign("·");
    }
    add(
      told.coefficient === undefined
        ? h("span", {}, "Σ ", h("i", {}, "w"), "·", h("i", {}, "x"))
        : told.kind === "average"
        ? t("average")
        : h("span", {}, "Σ ", h("i", {}, "x")),
      value(told.sum),
    );
    sign("+");
    add(h("i", {}, t("bias")), value(told.bias));
    if (before) add(")", after);
  }
  return h("div.formula", {
    role: "math",
    tabIndex: 0,
    "aria-label": pairs.map(([, low]) => (typeof low === "string" ? low : low.textContent)).join(" "),
  }, pairs.flatMap(([above, below]) => [h("span", {}, above), h("span", {}, below)]));
}

function cells(values, width, limit, numbers) {
  const grid = h(numbers ? "div.cells" : "div.cells.small", {
    style: { "grid-template-columns": `repeat(${width}, auto)` },
  });
  for (const value of values) {
    const { background, text } = cellColours(value, limit);
    grid.append(
      h("span", { title: number(value, 4), style: { background, color: text } }, numbers ? number(value, 2) : ""),
    );
  }
  return grid;
}

const captioned = (caption, body) => h("figure", {}, h("figcaption", {}, caption), body);
const op = (text) => h("span.op", { "aria-hidden": "true" }, text);

function parts(network, told) {
  const limit = scaleOf(network);
  if (told.kind === "rbf") {
    const { inputs, weights, squares } = told.terms[0];
    return [
      h(
        "div.term",
        {},
        captioned("F6", cells(inputs, 7, limit, false)),
        op("−"),
        captioned(t("code"), cells(weights, 7, limit, false)),
        op("→"),
        captioned(t("squares"), cells(squares, 7, 4, false)),
        op("="),
        h("span.sum", {}, number(told.value, 4)),
      ),
    ];
  }
  if (told.terms.length && !told.terms[0].side) {
    const { inputs, weights, sum } = told.terms[0];
    const width = told.from.layer === "f6" ? 7 : 6;
    const largest = Math.max(...weights.map(Math.abs));
    const products = inputs.map((x, k) => x * weights[k]);
    return [
      h(
        "div.term",
        {},
        captioned(told.from.layer.toUpperCase(), cells(inputs, width, limit, false)),
        op("×"),
        captioned(t("weights"), cells(weights, width, largest, false)),
        op("→"),
        captioned(t("products"), cells(products, width, Math.max(...products.map(Math.abs)), false)),
        op("="),
        h("span.sum", {}, number(sum, 4)),
      ),
    ];
  }
  const largest = Math.max(...told.terms.flatMap((term) => (term.weights ?? [1]).map(Math.abs)));
  const numbers = told.terms.length <= 6;
  return told.terms.map((term) => {
    const source = told.from.layer === "input" ? t("input") : `${told.from.layer.toUpperCase()} ${term.map}`;
    const inputs = captioned(source, cells(term.inputs, term.side, limit, numbers));
    if (!term.weights) {
      return h(
        "div.term",
        {},
        inputs,
        op(told.kind === "maximum" ? "max" : "Σ ="),
        h("span.sum", {}, number(told.kind === "maximum" ? told.value : term.inputs.reduce((a, b) => a + b, 0), 4)),
      );
    }
    return h(
      "div.term",
      {},
      inputs,
      op("×"),
      captioned(t("kernel"), cells(term.weights, term.side, largest, numbers)),
      op("="),
      h("span.sum", {}, number(term.sum, 4)),
    );
  });
}

function products(told) {
  if (!told.terms.length || !told.terms[0].weights) return null;
  const details = h(
    "details.products",
    {},
    h("summary", {}, t("every", { count: told.terms.reduce((n, term) => n + term.inputs.length, 0) })),
  );
  details.addEventListener("toggle", () => {
    if (details.querySelector("table")) return;
    const head = [t("from"), "x", "w", told.kind === "rbf" ? "(x − w)²" : "x·w"];
    const rows = told.terms.flatMap((term) =>
      term.inputs.map((x, k) => {
        const place = term.side
          ? `${told.from.layer.toUpperCase()}${told.from.layer === "input" ? "" : ` ${term.map}`} (${
            told.from.y + Math.floor(k / term.side)
          }, ${told.from.x + (k % term.side)})`
          : `${told.from.layer.toUpperCase()} ${k}`;
        return [
          place,
          number(x, 5),
          number(term.weights[k], 5),
          number(told.kind === "rbf" ? term.squares[k] : x * term.weights[k], 5),
        ];
      })
    );
    details.append(
      h(
        "div.scroll",
        { tabIndex: 0 },
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, head.map((text) => h("th", {}, text)))),
          h(
            "tbody",
            {},
            rows.map((row) => h("tr", {}, row.map((text) => h("td", {}, text)))),
          ),
        ),
      ),
    );
  });
  return details;
}

// Table I, with the columns of a C3 map or the row of an S2 map lit.
export function tableOne(network, { map = null, source = null } = {}) {
  const { table } = network.architecture.c3;
  const sources = network.layer.s2.maps;
  const head = h(
    "tr",
    {},
    h("td"),
    table.map((_, m) => h("th", { scope: "col", className: m === map ? "lit" : "" }, String(m))),
  );
  const rows = Array.from(
    { length: sources },
    (_, s) =>
      h(
        "tr",
        {},
        h("th", { scope: "row", className: s === source ? "lit" : "" }, String(s)),
        table.map((connected, m) =>
          h("td", { className: m === map || s === source ? "lit" : "" }, connected.includes(s) ? "×" : "")
        ),
      ),
  );
  return h(
    "table.table-one",
    {},
    h("caption", {}, t(network.table_i ? "table1" : "table")),
    h("thead", {}, head),
    h("tbody", {}, rows),
  );
}

export function showUnit(panel, network, looked, unit) {
  const told = explain(network, looked, unit);
  const seen = valueOf(network, looked, unit);
  const field = receptiveField(unit);
  const agrees = Math.abs(told.value - seen) <= 1e-4 * Math.max(1, Math.abs(seen));
  panel.classList.add("pointed");
  panel.dataset.sum = told.value;
  panel.dataset.seen = seen;
  panel.replaceChildren(
    h(
      "header",
      {},
      h("h2", {}, `${nameOf(network, unit)} = `, h("span.number", {}, number(seen, 4))),
      h(
        "small",
        {},
        unit.layer === "input" ? t("unit.input") : t("field", { side: field.side, x: field.x, y: field.y }),
      ),
    ),
    ...(told.kind === "input" ? [h("p.muted", {}, t("input.scale", network.scale))] : [
      formula(network, unit, told),
      h(
        "div.parts",
        {},
        parts(network, told),
        unit.layer === "c3"
          ? tableOne(network, { map: unit.map })
          : unit.layer === "s2"
          ? tableOne(network, { source: unit.map })
          : null,
      ),
      h(
        "p.agrees",
        {},
        agrees ? "✓ " : "✗ ",
        t("agrees", { difference: Math.abs(told.value - seen).toExponential(1) }),
      ),
      products(told),
    ].filter(Boolean)),
  );
}

export function showLayer(panel, network, layer) {
  panel.classList.remove("pointed");
  const number_ = (n) => n.toLocaleString("en");
  const rows = network.counts.map((row) =>
    h(
      "tr",
      { className: row.name === layer?.name ? "lit" : "" },
      h("th", { scope: "row" }, row.name.toUpperCase()),
      h("td", {}, t(`kind.${row.kind}`)),
      h("td.n", {}, row.height * row.width > 1 ? `${row.maps}@${row.height}×${row.width}` : row.maps),
      h("td.n", {}, number_(row.neurons)),
      h("td", {}, row.trainable_sum),
      h("td", {}, row.connections_sum),
    )
  );
  const total = h(
    "tr",
    {},
    h("th", { scope: "row" }, t("total")),
    h("td"),
    h("td"),
    h("td"),
    h("td", {}, h("b", {}, number_(network.parameters))),
    h("td", {}, h("b", {}, number_(network.connections))),
  );
  const heads = ["layer", "kind", "maps", "neurons", "trainable", "connections"].map((key) =>
    h("th", { scope: "col" }, t(`counts.${key}`))
  );
  panel.replaceChildren(
    h("header", {}, h("h2", {}, t("counts.title")), h("small", {}, t("counts.note"))),
    h(
      "div.parts",
      {},
      h(
        "div",
        { style: { "overflow-x": "auto" }, tabIndex: 0, role: "region", "aria-label": t("counts.title") },
        h("table.counts", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows, total)),
      ),
      !layer || layer.name === "c3" || layer.name === "s2" ? tableOne(network) : null,
    ),
  );
}
